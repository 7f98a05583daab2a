/* One run as a page for people. Internal to db/. */
#ifndef DB_UNIT_TEXT_H
#define DB_UNIT_TEXT_H

#include "db/export/run_parts.h"

#include <stdio.h>

/* The operator's sentence for a code; NULL for one that a newer program wrote. */
const char *unit_text_sentence(const char *code);

/* Everything: verdict, columns, images, course. row is one of select_runs(), of a
 * run that has ended. */
enum status unit_text(struct db *db, FILE *out, sqlite3_stmt *row, const struct run_parts *parts,
		      struct err *err);

/* Only what happened: steps, measurements, states of its serial number, labels, console, log. */
enum status unit_text_course(struct db *db, FILE *out, const char *run_id,
			     const struct run_parts *parts, struct err *err);

#endif
