/*
 * What 'flashline trace' says: as text for people, or as JSON, one object per line
 * (docs/trace.md). Everything goes to the end of a text; the caller prints it.
 */
#ifndef STATION_TRACE_VIEW_H
#define STATION_TRACE_VIEW_H

#include "station/json.h"
#include "db/trace/trace.h"
#include "station/long_table.h"
#include "station/textbuf.h"

/* ---- sentences, the same in both: trace_words.c ---- */

#define TRACE_SENTENCE_BYTES 600
#define TRACE_NAME_BYTES 120

/* "core2 r7"; "-" without a name. */
void trace_recipe_name(const char *name, int64_t revision, char text[static TRACE_NAME_BYTES]);
/* One word: the state, or how a person has set the unit aside: "QUARANTINE". */
const char *trace_state_word(const struct trace_unit *unit);
/* Why it stands so, with the run, and what to do. */
void trace_state_sentence(const struct trace_unit *unit, char text[static TRACE_SENTENCE_BYTES]);
void trace_warning_sentence(const struct trace_warning *warning,
			    char text[static TRACE_SENTENCE_BYTES]);
/* "proven", "uncertain: a later run over it did not pass" */
void trace_carry_sentence(enum trace_carry carry, enum trace_cause cause,
			  char text[static TRACE_SENTENCE_BYTES]);

/* ---- for people: trace_unit_text.c, trace_forward_text.c ---- */

void trace_text_unit(const struct trace_unit *unit, const struct trace_window *window,
		     struct textbuf *out);
void trace_text_firmware(const struct trace_target *target, const struct trace_firmware *firmware,
			 const struct trace_window *window, struct textbuf *out);
/* what: "slot"; name as it was found. The runs follow in a table. */
void trace_text_summary(const char *what, const char *name, const struct trace_summary *summary,
			const struct trace_window *window, struct textbuf *out);
void trace_text_runs_begin(struct long_table *t, struct textbuf *out);
void trace_text_run(struct long_table *t, const struct trace_run *run);

/* ---- for programs: trace_json.c ---- */

void trace_json_unit(const struct trace_unit *unit, const char *asked, const char *found_by,
		     const struct trace_window *window, struct textbuf *out);
void trace_json_firmware(const struct trace_target *target, const struct trace_firmware *firmware,
			 const char *asked, const struct trace_window *window, struct textbuf *out);
void trace_json_summary(const char *what, const char *name, const char *asked,
			const struct trace_summary *summary, const struct trace_window *window,
			struct textbuf *out);
void trace_json_run(const struct trace_run *run, struct textbuf *out);

#endif
