/* Putting the renderers on a printer. */
#include "station/view.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of a line, in JSON: fewer would hide what a slot does, more would be noise. Our choice. */
#define STATE_EVERY_US 5000000

struct view_state {
	enum view_kind kind;
	struct printer *printer;
	int fd;
	struct textbuf text;
	/* What each slot was last shown at: percent (plain), bytes and time (JSON). */
	uint8_t *milestones;
	uint64_t *shown_bytes;
	struct textbuf state;   /* of a line, as it was told last */
	uint64_t next_state_us; /* of its elapsed_us */
};

static bool is_smart_terminal(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && term[0] && strcmp(term, "dumb") != 0;
}

/* Colours: a terminal, TERM not "dumb", NO_COLOR not set (no-color.org). */
static bool has_colour(int fd)
{
	const char *no_colour = getenv("NO_COLOR");

	return is_smart_terminal(fd) && !(no_colour && no_colour[0]);
}

static struct screen screen_of(int fd)
{
	struct screen screen = { .columns = 80, .lines = 24, .has_colour = has_colour(fd) };
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row) {
		screen.columns = size.ws_col;
		screen.lines = size.ws_row;
	}
	return screen;
}

static void on_event(void *ctx, const struct snapshot *s, const struct event *e)
{
	struct view_state *v = ctx;

	textbuf_clear(&v->text);
	if (v->kind == VIEW_JSON) {
		json_render(s, e, &v->text);
	} else {
		const struct screen screen = screen_of(v->fd);

		/* The live lines tell of runs; the rest stands above them. */
		if (v->kind == VIEW_PLAIN || !e->slot || e->kind == EVENT_WARNING ||
		    e->kind == EVENT_OVERRIDE)
			plain_render(s, e, &v->text);
		if (e->kind == EVENT_SUMMARY) {
			if (v->kind == VIEW_SCREEN)
				printer_frame(v->printer, "", 0);
			table_render(s, &screen, &v->text);
		}
	}
	if (v->text.len)
		printer_text(v->printer, v->text.bytes, v->text.len, e->kind == EVENT_STEP);
}

static void tick_json(struct view_state *v, const struct snapshot *s)
{
	if (s->is_line) {
		if (s->elapsed_us >= v->next_state_us) {
			v->next_state_us = s->elapsed_us + STATE_EVERY_US;
			json_render_state(s, &v->state, &v->text);
		}
		return;
	}
	for (size_t i = 0; i < s->slot_count; i++) {
		const struct slot_view *slot = &s->slots[i];

		if (slot->state != SLOT_RUNNING || !slot->has_progress ||
		    slot->progress.done_bytes == v->shown_bytes[i])
			continue;
		v->shown_bytes[i] = slot->progress.done_bytes;
		json_render_progress(s, slot, &v->text);
	}
}

static void on_tick(void *ctx, const struct snapshot *s)
{
	struct view_state *v = ctx;
	struct screen screen;

	textbuf_clear(&v->text);
	switch (v->kind) {
	case VIEW_SCREEN:
		screen = screen_of(v->fd);
		screen_render(s, &screen, &v->text);
		printer_frame(v->printer, textbuf_string(&v->text), v->text.len);
		return;
	case VIEW_PLAIN:
		plain_render_tick(s, v->milestones, &v->text);
		break;
	case VIEW_JSON:
		tick_json(v, s);
		break;
	}
	if (v->text.len)
		printer_text(v->printer, v->text.bytes, v->text.len, true);
}

struct view_state *view_new(enum view_kind kind, struct printer *p, int fd, size_t slot_count)
{
	struct view_state *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->kind = kind;
	v->printer = p;
	v->fd = fd;
	v->milestones = calloc(slot_count, sizeof(*v->milestones));
	v->shown_bytes = calloc(slot_count, sizeof(*v->shown_bytes));
	if (!v->milestones || !v->shown_bytes) {
		view_free(v);
		return NULL;
	}
	return v;
}

void view_free(struct view_state *v)
{
	if (!v)
		return;
	textbuf_release(&v->text);
	textbuf_release(&v->state);
	free(v->milestones);
	free(v->shown_bytes);
	free(v);
}

struct view view_of(struct view_state *v)
{
	return (struct view){
		.ctx = v,
		.event = on_event,
		.tick = on_tick,
		.tick_ms = v->kind == VIEW_SCREEN ? 100 : 500,
	};
}

enum view_kind view_kind_for(int fd)
{
	return is_smart_terminal(fd) ? VIEW_SCREEN : VIEW_PLAIN;
}
