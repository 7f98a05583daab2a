/*
 * Runs out of the database: CSV, JSON lines, and one readable file per run.
 *
 * CSV: RFC 4180 with a header line and CRLF; an unknown value is empty, an empty
 * text is "". A text that starts with = + - @, tab, CR or LF gets a ' before it, so that
 * no spreadsheet takes it for a formula. JSON lines: one object a line, every
 * column present, null for unknown. Both are valid UTF-8: bytes that are not
 * become U+FFFD. Rows are ordered by start, oldest first.
 */
#ifndef DB_EXPORT_H
#define DB_EXPORT_H

#include "db/db.h"
#include "db/query.h"

#include <stdint.h>
#include <stdio.h>

enum export_format { EXPORT_CSV, EXPORT_JSONL };

/* "csv", "jsonl"; STATUS_USAGE for anything else. */
enum status export_format_by_name(const char *name, enum export_format *format, struct err *err);

/*
 * *count gets the number of runs. STATUS_DATABASE, STATUS_FILE (out cannot be
 * written; it is flushed before the return), STATUS_NO_MEMORY.
 */
enum status export_runs(struct db *db, enum export_format format, const struct run_filter *filter,
			FILE *out, uint64_t *count, struct err *err);

/*
 * The same into a file, which appears whole or not at all: it is written beside
 * its place and renamed. An existing file is replaced; a folder is refused; a device
 * or pipe (/dev/stdout) is written to as it is.
 */
enum status export_runs_to(struct db *db, enum export_format format,
			   const struct run_filter *filter, const char *path, uint64_t *count,
			   struct err *err);

/*
 * One text file per run that has ended: who it was, what was tried, what came back, how long
 * it took, the verdict. dir is made when missing (its parent has to exist).
 * A file is named after start, MAC and slot, and the end of the run id:
 * 2026-11-22T12-31-18.250Z_24-0a-c4-00-01-10_pci-0000-00-14.0-1.4-1.0_0c41d2.txt
 */
enum status export_unit_logs(struct db *db, const struct run_filter *filter, const char *dir,
			     uint64_t *count, struct err *err);

#endif
