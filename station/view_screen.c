/* The live screen: one line a slot, and a summary line below. */
#include "station/view.h"

#include "engine/base/bytes.h"

#include <stdio.h>
#include <string.h>

#define BAR_COLUMNS_MAX 30
#define BAR_COLUMNS_MIN 6

/* A line that knows how many columns it takes; colours take none. */
struct line {
	struct textbuf *out;
	int columns, room;
};

static void add(struct line *l, const char *string, int width)
{
	int columns = text_columns(string);

	for (; *string && columns > l->room - l->columns; columns--) {
		/* Cut at the edge: drop whole characters from the end. */
		size_t length;
		char cut[256];

		snprintf(cut, sizeof(cut), "%s", string);
		length = strlen(cut);
		while (length && text_columns(cut) > l->room - l->columns)
			cut[--length] = '\0';
		textbuf_add(l->out, "%s", cut);
		l->columns = l->room;
		return;
	}
	textbuf_add(l->out, "%s", string);
	l->columns += columns;
	for (; columns < width && l->columns < l->room; columns++, l->columns++)
		textbuf_add(l->out, " ");
}

static const char *outcome_colour(enum outcome o)
{
	switch (o) {
	case OUTCOME_PASS:
		return "\033[1;32m";
	case OUTCOME_FAIL:
		return "\033[1;31m";
	case OUTCOME_ERROR:
	case OUTCOME_TIMEOUT:
		return "\033[1;33m";
	case OUTCOME_ABORTED:
		return "\033[1;35m";
	}
	return "";
}

static void add_coloured(struct line *l, const struct screen *screen, const char *colour,
			 const char *word, int width)
{
	bool is_coloured = screen->has_colour && colour[0];

	if (is_coloured)
		textbuf_add(l->out, "%s", colour);
	add(l, word, width);
	if (is_coloured)
		textbuf_add(l->out, "\033[0m");
}

static int slot_column(const struct snapshot *s)
{
	int widest = 4;

	for (size_t i = 0; i < s->slot_count; i++) {
		int columns = text_columns(s->slots[i].short_name);

		widest = columns > widest ? columns : widest;
	}
	return widest > 34 ? 34 : widest;
}

static void add_bar(struct line *l, const struct flash_progress *p, int columns)
{
	char bar[BAR_COLUMNS_MAX + 3];
	uint64_t done = p->done_bytes < p->total_bytes ? p->done_bytes : p->total_bytes;
	int full = p->total_bytes ? (int)((uint64_t)columns * done / p->total_bytes) : 0;

	bar[0] = '[';
	memset(bar + 1, '#', (size_t)full);
	memset(bar + 1 + full, '.', (size_t)(columns - full));
	bar[columns + 1] = ']';
	bar[columns + 2] = '\0';
	add(l, bar, columns + 3);
}

static void add_working(struct line *l, const struct slot_view *slot)
{
	const struct flash_progress *p = &slot->progress;
	char rate[16] = "", left[24] = "";
	int bar;

	if (slot->state != SLOT_RUNNING || !slot->has_progress) {
		add(l, slot_state_name(slot->state), 0);
		return;
	}
	if (slot->is_waiting) {
		add(l, "waiting for the port", 0);
		return;
	}
	add(l, flash_step_name(p->step), 9);
	if (p->rate_baud)
		snprintf(rate, sizeof(rate), "%u", (unsigned)p->rate_baud);
	if (slot->left_s >= 0)
		snprintf(left, sizeof(left), "%.0f s", slot->left_s);
	/* The bar takes what rate (8) and seconds (6) leave. */
	bar = l->room - l->columns - 14 - 3;
	bar = bar > BAR_COLUMNS_MAX ? BAR_COLUMNS_MAX : bar;
	if (bar >= BAR_COLUMNS_MIN && p->total_bytes)
		add_bar(l, p, bar);
	add(l, rate, 8);
	add(l, left, 0);
	if (p->step == STEP_CONNECT) {
		snprintf(left, sizeof(left), "at most %.0f s", (double)slot->limit_us / 1e6);
		add(l, left, 0);
	}
	if (p->try_no > 1) {
		snprintf(left, sizeof(left), "  try %u", p->try_no);
		add(l, left, 0);
	}
}

static void add_done(struct line *l, const struct snapshot *s, const struct screen *screen,
		     const struct slot_view *slot)
{
	const struct status_row *row = status_row(slot->status);
	const char *hint = snapshot_download_hint(s, slot);
	char numbers[48];

	add_coloured(l, screen, outcome_colour(row->outcome), outcome_name(row->outcome), 9);
	if (row->outcome == OUTCOME_PASS) {
		snprintf(numbers, sizeof(numbers), "%.1f s", (double)slot->elapsed_us / 1e6);
		add(l, numbers, 0);
		if (slot->report && slot->report->rate_actual) {
			snprintf(numbers, sizeof(numbers), " at %u",
				 (unsigned)slot->report->rate_actual);
			add(l, numbers, 0);
		}
		if (snapshot_is_rescued(slot)) {
			add(l, ", rescued: ", 0);
			add(l, snapshot_sentence(slot), 0);
		}
		return;
	}
	add(l, row->code, 0);
	add(l, ": ", 0);
	add(l, hint ? hint : snapshot_sentence(slot), 0);
}

static void add_slot(const struct snapshot *s, const struct screen *screen,
		     const struct slot_view *slot, int slot_columns, struct textbuf *out)
{
	struct line l = { .out = out, .room = screen->columns };
	char mac[MAC_TEXT_BYTES] = "";

	add(&l, slot->short_name, slot_columns + 1);
	if (screen->columns >= 50)
		add(&l, slot->port->name, 9);
	if (screen->columns >= 60)
		add(&l, slot->ident->chip ? slot->ident->chip->name : "", 9);
	if (slot->ident->has_mac)
		mac_text(slot->ident->mac, mac);
	if (screen->columns >= 70) /* the second half tells units of one batch apart */
		add(&l, mac[0] ? mac + 9 : "", 9);
	switch (slot->state) {
	case SLOT_DONE:
		add_done(&l, s, screen, slot);
		break;
	case SLOT_EMPTY:
	case SLOT_SETTLING:
	case SLOT_WAITING:
	case SLOT_STARTING:
	case SLOT_OPENING:
	case SLOT_RUNNING:
	case SLOT_STORING:
	case SLOT_NOT_STARTED:
		add_working(&l, slot);
		break;
	}
	textbuf_add(out, "\n");
}

/* What an operator looks at first when there is no room for all: 0 comes first. */
static unsigned urgency(const struct slot_view *slot)
{
	switch (slot->state) {
	case SLOT_STARTING:
	case SLOT_OPENING:
	case SLOT_RUNNING:
	case SLOT_STORING:
		return 1;
	case SLOT_EMPTY:
	case SLOT_SETTLING:
	case SLOT_WAITING:
	case SLOT_NOT_STARTED:
		return 2;
	case SLOT_DONE:
		return status_row(slot->status)->outcome == OUTCOME_PASS ? 3 : 0;
	}
	return 3;
}
#define URGENCIES 4

/* The lines for slots that fit, in order of the slots; returns how many were left out. */
static size_t add_slots(const struct snapshot *s, const struct screen *screen, size_t room,
			struct textbuf *out)
{
	size_t quota[URGENCIES], left = room < s->slot_count ? room : s->slot_count;
	int columns = slot_column(s);
	size_t shown = left;

	for (unsigned u = 0; u < URGENCIES; u++) {
		quota[u] = 0;
		for (size_t i = 0; i < s->slot_count && left; i++) {
			if (urgency(&s->slots[i]) == u) {
				quota[u]++;
				left--;
			}
		}
	}
	for (size_t i = 0; i < s->slot_count; i++) {
		unsigned u = urgency(&s->slots[i]);

		if (quota[u]) {
			quota[u]--;
			add_slot(s, screen, &s->slots[i], columns, out);
		}
	}
	return s->slot_count - shown;
}

static void add_summary(const struct snapshot *s, const struct screen *screen, size_t hidden,
			struct textbuf *out)
{
	struct line l = { .out = out, .room = screen->columns };
	struct snapshot_counts counts = snapshot_count(s);
	char text[64];

	if (hidden) { /* first, so that no narrow terminal cuts it off */
		snprintf(text, sizeof(text), "%zu more  ", hidden);
		add(&l, text, 0);
	}
	snprintf(text, sizeof(text), "%u/%zu done  ", counts.done, s->slot_count);
	add(&l, text, 0);
	snprintf(text, sizeof(text), "%u passed", counts.outcomes[OUTCOME_PASS]);
	add_coloured(&l, screen, counts.outcomes[OUTCOME_PASS] ? "\033[32m" : "", text, 0);
	snprintf(text, sizeof(text), "  %u not passed", counts.not_passed);
	add_coloured(&l, screen, counts.not_passed ? "\033[1;31m" : "", text, 0);
	snprintf(text, sizeof(text), "  %.0f s", (double)s->elapsed_us / 1e6);
	add(&l, text, 0);
	if (s->left_s >= 0 && counts.running + counts.waiting) {
		snprintf(text, sizeof(text), ", about %.0f s left", s->left_s);
		add(&l, text, 0);
	}
	if (s->has_batch_count) {
		char batch[128];

		snprintf(batch, sizeof(batch), "  batch %s: %lld of %lld", s->batch,
			 (long long)s->batch_passed, (long long)s->batch_of);
		add(&l, batch, 0);
	}
	if (s->has_plant && s->plant.alarm[0])
		add_coloured(&l, screen, "\033[1;31m", "  plant: ALARM", 0);
	else if (s->has_plant && !s->plant.is_connected)
		add_coloured(&l, screen, "\033[1;33m", "  plant not reached", 0);
	if (s->is_stopping)
		add(&l, "  stopping", 0);
	textbuf_add(out, "\n");
}

void screen_render(const struct snapshot *s, const struct screen *screen, struct textbuf *out)
{
	/* The cursor stands on a line of its own below. */
	size_t room = screen->lines > 3 ? (size_t)screen->lines - 2 : 1;
	size_t hidden = add_slots(s, screen, room, out);

	add_summary(s, screen, hidden, out);
}
