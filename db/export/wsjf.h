/* One run as a WATS report in JSON (WSJF). Internal to db/; docs/exports.md has the sources. */
#ifndef DB_WSJF_H
#define DB_WSJF_H

#include "db/export/run_parts.h"

#include <stdbool.h>
#include <stdio.h>

/* row is one of select_runs(), of a run that has ended. *has_wildcards: an id of it holds a
 * character that WATS takes for a wildcard in its filters. */
enum status wsjf_write(struct db *db, FILE *out, sqlite3_stmt *row, const struct run_parts *parts,
		       int process_code, bool *has_wildcards, struct err *err);

#endif
