/*
 * 'flashline log': runs as a table for people, oldest first, one line each.
 *
 * Times are UTC. Anything that a terminal would take as a command is shown as
 * '?'. As JSON lines, the log is export_runs() with the same filter.
 */
#ifndef DB_RUN_LIST_H
#define DB_RUN_LIST_H

#include "db/db.h"
#include "db/query.h"

#include <stdint.h>
#include <stdio.h>

/* *count gets the number of runs; none prints nothing. STATUS_DATABASE, STATUS_FILE. */
enum status run_list(struct db *db, const struct run_filter *filter, FILE *out, uint64_t *count,
		     struct err *err);

#endif
