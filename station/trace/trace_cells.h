/* Cells and lines that the texts of a trace share: used by station/trace_*.c alone. */
#ifndef STATION_TRACE_CELLS_H
#define STATION_TRACE_CELLS_H

#include "station/trace/trace_view.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define DIGEST_SHOWN 12
#define DIGEST_CELL_BYTES (DIGEST_SHOWN + 1)

/* A text from outside, made fit for a terminal; "-" of NULL. */
void cells_clean(struct textbuf *out, const char *text);
/* "  label   text"; nothing of NULL and "". */
void cells_field(struct textbuf *out, const char *label, const char *text);
/* What the window leaves of it: "  only   runs from ...". */
void cells_scope(const struct trace_window *window, const char *what, struct textbuf *out);

void cells_digest(const char *digest, char cell[static DIGEST_CELL_BYTES]);
void cells_number(int64_t number, char cell[static 24]);
void cells_address(int64_t addr, char cell[static 24]);
/* One more remark, behind a semicolon. */
void cells_note(char note[static TRACE_SENTENCE_BYTES], const char *text);

struct run_cells {
	char start[UTC_TEXT_BYTES], recipe[TRACE_NAME_BYTES], result[64], bridge[80];
	char note[TRACE_SENTENCE_BYTES];
};

void cells_of_run(const struct trace_run *run, struct run_cells *c);

#endif
