/*
 * The columns of a run and the choice of runs: one table that feeds the log,
 * the exports and docs/records.md.
 */
#ifndef DB_QUERY_H
#define DB_QUERY_H

#include "engine/base/bytes.h"
#include "engine/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum column_type { COLUMN_TEXT, COLUMN_INTEGER, COLUMN_REAL, COLUMN_BOOL };

/* Who says so. */
enum column_source {
	SOURCE_OBSERVED, /* the chip, the bridge, the link or the computer told it */
	SOURCE_DECLARED, /* somebody typed it, and nobody checked */
	SOURCE_INTENDED, /* the recipe or the command asked for it */
	SOURCE_JUDGED,   /* the station chose it, or concluded it from the others */
};
/* "observed" and so on */
const char *column_source_name(enum column_source source);

struct column {
	const char *name; /* of the view 'runs' */
	enum column_type type;
	enum column_source source;
	const char *meaning; /* one line for docs/records.md */
};

/* Every column of the view 'runs', in its order. */
const struct column *column_rows(size_t *count);

/* All members zero: every run. Conditions are joined by "and". Strings are borrowed. */
struct run_filter {
	bool has_since, has_until;
	int64_t since_utc_ms, until_utc_ms; /* started at or after, before */
	const char *batch;
	const char *outcome; /* as filter_outcome gives it */
	const char *mac;     /* as filter_mac gives it */
	const char *run_id;
	bool failed_only; /* ended, and not with PASS */
	uint64_t last;    /* the newest so many; 0 = all */
};

/*
 * What people type. STATUS_USAGE says what was expected.
 * filter_time: "2026-11-22", "2026-11-22T12:30", "2026-11-22 12:30:05.250", each
 * with Z or +01:00 behind it if wanted; without, it is UTC.
 * filter_mac: six bytes in hex, any case, separated by : or - or not at all.
 * filter_outcome: one of the five words in any case; lends the proper one.
 */
enum status filter_time(const char *text, int64_t *utc_ms, struct err *err);
enum status filter_mac(const char *text, char mac[static MAC_TEXT_BYTES], struct err *err);
enum status filter_outcome(const char *text, const char **outcome, struct err *err);

#endif
