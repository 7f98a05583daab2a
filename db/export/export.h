/*
 * Runs out of the database, for other programs and for people. docs/exports.md describes every
 * format; the columns are those of db/query.h in all of them. Rows are ordered by
 * start, oldest first; all texts come out as valid UTF-8, bytes that are not as U+FFFD.
 *
 * CSV: RFC 4180 with a header line and CRLF; an unknown value is empty, an empty
 * text is "". A text that starts with = + - @, tab, CR or LF gets a ' before it, so that
 * no spreadsheet takes it for a formula. JSON lines: one object a line, every
 * column present, null for unknown. JUnit XML: for test reporters, a suite per recipe and batch,
 * in that order; runs that have not ended are left out. WSJF: for WATS, one file per run.
 * Measurements: CSV with a row per value, and what is needed of its run beside it.
 */
#ifndef DB_EXPORT_H
#define DB_EXPORT_H

#include "db/db.h"
#include "db/query.h"

#include <stdint.h>
#include <stdio.h>

enum export_format { EXPORT_CSV, EXPORT_JSONL, EXPORT_JUNIT, EXPORT_WSJF, EXPORT_MEASUREMENTS };

/* "csv", "jsonl", "junit", "wsjf", "measurements"; STATUS_USAGE for anything else. */
enum status export_format_by_name(const char *name, enum export_format *format, struct err *err);

/*
 * All but EXPORT_WSJF (STATUS_USAGE). *count gets the number of runs (of measurements: that
 * have one). STATUS_DATABASE,
 * STATUS_FILE (out cannot be written; it is flushed before the return), STATUS_NO_MEMORY.
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

/* What happened in one run, as in such a file: steps, measurements, its number, labels, console,
 * log. Nothing for a run that is not there. */
enum status export_run_course(struct db *db, const char *run_id, FILE *out, struct err *err);

struct export_reports {
	uint64_t reports;   /* written */
	uint64_t open_runs; /* left out: they have no verdict */
	uint64_t wildcards; /* of the reports, with an id that WATS cannot filter for (* ? _ and so
			       on) */
};

/*
 * One WATS report per run that has ended, named as the unit logs are but with the whole run
 * id, so that no two runs have one file. process_code: number of the process in WATS.
 */
#define EXPORT_PROCESS_CODE 10        /* in WATS as delivered */
#define EXPORT_PROCESS_CODE_MAX 32767 /* our choice */
enum status export_wsjf(struct db *db, const struct run_filter *filter, const char *dir,
			int process_code, struct export_reports *done, struct err *err);

#endif
