/*
 * What the views say of a line (snapshot.is_line), inside them: view.h is the door.
 *
 * A line runs all day, so it is told in few lines: what came, what it got, what left, and what a
 * person has to know. Steps and progress stand in the JSON 'state' alone.
 */
#ifndef STATION_VIEW_LINE_H
#define STATION_VIEW_LINE_H

#include "station/snapshot.h"
#include "station/textbuf.h"

struct json_t; /* jansson's */
struct screen;

/* One event as lines for people, with the time of day (UTC); most events of a run are none. */
void line_plain(const struct snapshot *s, const struct event *e, struct textbuf *out);

/* At the end: a row for each slot that had a unit, and what the line did. */
void line_table(const struct snapshot *s, const struct screen *screen, struct textbuf *out);

/* "PASS", "FAIL MD5_MISMATCH" */
#define VERDICT_TEXT_BYTES 64
const char *verdict_text(enum status status, char text[static VERDICT_TEXT_BYTES]);

/* "BATCH_FULL is overridden by ann (last one): ...", with the line's end. */
void override_text(const struct snapshot *s, const struct event *e, struct textbuf *out);

/* The share of first_units that passed at once, percent; below 0: no unit was judged yet. */
double line_first_pass(const struct line_counts *counts);

/* ---- members of JSON objects: docs/json-events.md ---- */

void line_json_start(const struct snapshot *s, struct json_t *object);
void line_json_slot(const struct slot_view *slot, struct json_t *object);
void line_json_result(const struct slot_view *slot, struct json_t *object);
void line_json_summary(const struct snapshot *s, struct json_t *object);
/* Of the kinds that only a line has; of others nothing. */
void line_json_event(const struct snapshot *s, const struct event *e, struct json_t *object);
/* A new reference: how the whole line stands, without the time of it. */
struct json_t *line_json_state(const struct snapshot *s);

/* ---- of view_json.c ---- */

struct json_t *view_json_recipe(const struct plan *plan);
struct json_t *view_json_seconds(double seconds); /* milliseconds are enough, and print short */
void view_json_batch_count(const struct snapshot *s, struct json_t *object);

#endif
