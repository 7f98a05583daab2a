/*
 * The three ways to show a session: a live screen, plain lines, JSON lines.
 *
 * Each *_render function is pure: a snapshot in, text out. view_*() puts one of
 * them on a printer.
 */
#ifndef STATION_VIEW_H
#define STATION_VIEW_H

#include "station/printer.h"
#include "station/snapshot.h"
#include "station/textbuf.h"

/* A terminal, as far as the views care. */
struct screen {
	int columns, lines;
	bool has_colour;
};

/* One line a slot and a summary, at most screen->lines - 1 lines, none wider than
 * screen->columns. More slots than lines: those that work or did not pass come first. */
void screen_render(const struct snapshot *s, const struct screen *screen, struct textbuf *out);

/* The final table: a row per slot (of a line: what it did), and what to do about those that did not
 * pass. */
void table_render(const struct snapshot *s, const struct screen *screen, struct textbuf *out);

/* What the tables of results and of identities share: the first four cells of a row (slot, port,
 * MAC, chip), empty ones, and the colour of a verdict. */
struct table;
void table_add_unit(struct table *t, const struct slot_view *slot);
void table_add_empty(struct table *t, unsigned cells);
const char *table_colour(enum outcome outcome, const struct screen *screen);

/* One event as lines for people; nothing for events that are none of their business. */
void plain_render(const struct snapshot *s, const struct event *e, struct textbuf *out);
/* What changed since the last tick; of a line nothing. milestones[i] is what slot i was last shown
 * at, percent. */
void plain_render_tick(const struct snapshot *s, uint8_t *milestones, struct textbuf *out);

/* One event as one JSON object on a line. docs/json-events.md. */
void json_render(const struct snapshot *s, const struct event *e, struct textbuf *out);
void json_render_progress(const struct snapshot *s, const struct slot_view *slot,
			  struct textbuf *out);
/* How a line stands, as one 'state' object; nothing where that is what last says. last gets what
 * was told. */
void json_render_state(const struct snapshot *s, struct textbuf *last, struct textbuf *out);

enum view_kind { VIEW_SCREEN, VIEW_PLAIN, VIEW_JSON };

struct view_state;

/*
 * A view that draws on p. fd: the terminal whose size a screen follows. NULL
 * without memory. view_free does not touch p.
 */
struct view_state *view_new(enum view_kind kind, struct printer *p, int fd, size_t slot_count);
void view_free(struct view_state *v);
struct view view_of(struct view_state *v);

/* VIEW_SCREEN for a terminal that can do it, else VIEW_PLAIN. */
enum view_kind view_kind_for(int fd);

#endif
