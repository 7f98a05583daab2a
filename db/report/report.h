/*
 * The figures of a report: what was made, how much of it was good, what failed and where, how
 * long it took. Pure figures: station/report_*.c makes text, JSON and a page of them.
 *
 * What is counted, exactly (docs/report.md says why):
 *
 * Chosen are the runs that the filter lets through. A golden run tells how the station is, and is
 * only counted. Another one is *judged* when its kind is FLASH, it has ended, its outcome is not
 * ABORTED, and, unless is_strict, neither the station nor a person made it fail (party STATION,
 * OPERATOR). All shares are shares of judged runs, or of units with one.
 *
 * A unit is a MAC. Its product is the recipe's product, or the recipe's name where it has none;
 * its process is the recipe's, FLASH in records from before recipes told one. Yields are told
 * for each product and process; processes are never added up.
 *
 * First-pass yield: of the units whose first judged run of all times, in this product and
 * process, is among the chosen ones, those where it passed. Final yield: of the units with a
 * chosen judged run, those whose newest chosen one passed. Station yield: of the chosen judged
 * runs, those that passed. Runs without a MAC belong to no unit: they count in the last alone.
 */
#ifndef DB_REPORT_H
#define DB_REPORT_H

#include "db/db.h"
#include "db/decided.h"
#include "db/ledger/ledger.h"
#include "db/report/statistics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: every run. Conditions are joined by "and". Strings are borrowed. */
struct report_filter {
	const char *batch;
	const char *recipe;             /* a name, a digest, or its first 8 hex digits or more */
	bool has_from, has_to;          /* of the next two */
	int64_t from_utc_ms, to_utc_ms; /* started at or after, before */
	bool is_strict;
};

/* k of n, and between what the true share lies with 95 % confidence. */
struct report_share {
	int64_t k, n;
	struct interval band;
};

/* All texts of a report are its own; NULL is unknown. */

/* One product in one process. */
struct report_yield {
	const char *product; /* NULL: runs without a recipe */
	const char *process;
	struct report_share first_pass, final, station;
	int64_t seen_before; /* units with a judged run here, whose first was before or elsewhere */
	int64_t without_mac; /* judged runs that belong to no unit */
	int64_t without_proof; /* passes whose chip could not prove what it holds */
	int64_t rescued;       /* passes that needed another way than they began with */
};

/* First-pass yields of all processes of one product, multiplied. */
struct report_rolled {
	const char *product;
	size_t processes;
	double yield;
};

struct report_cause {
	const char *code, *party;
	int64_t count;
};
struct report_causes {
	struct report_cause *items; /* the most frequent first */
	size_t count;
	int64_t total;
};

/* Runs that have something in common. */
struct report_group {
	const char *name;                /* NULL unknown */
	int64_t judged, failed, rescued; /* rescued: of the passes */
	const char *worst;               /* its most frequent cause; NULL nothing failed */
	int64_t worst_count;
	int64_t *by_cause; /* failures by cause, in the order of report.failures */
	bool is_flagged;   /* fails more often than the others, by more than chance */
	double chance;     /* that so many fail here when it is no worse than the others */
};

enum report_split_kind {
	SPLIT_SLOT,
	SPLIT_BRIDGE,   /* with its driver */
	SPLIT_REVISION, /* of the chip */
	SPLIT_RECIPE,
	SPLIT_OPERATOR,
	SPLIT_STATION,
};
#define SPLIT_COUNT (SPLIT_STATION + 1)

struct report_split {
	struct report_group *items; /* the highest share of failures first */
	size_t count;
	int64_t judged, failed; /* of all groups that have a name: these are compared */
};

/* Judged runs by their start. */
struct report_point {
	int64_t begin_utc_ms;
	int64_t judged, failed, passed;
	struct interval limits; /* 3 sigma around the share of all */
	bool is_outside;        /* beyond them, and of at least REPORT_POINT_LEAST runs */
};
#define REPORT_POINT_LEAST 10

#define REPORT_BINS 24
/* Of durations, milliseconds. n = 0: no figure. */
struct report_times {
	int64_t n;
	int64_t least, median, p90, p95, greatest;
	int64_t bin_ms, first_bin_ms; /* bin i begins at first_bin_ms + i * bin_ms */
	size_t bin_count;
	int64_t bins[REPORT_BINS];
	int64_t above; /* behind the last bin */
};

struct report_word {
	const char *text;
	int64_t count;
};
struct report_words {
	struct report_word *items; /* the most frequent first */
	size_t count;
};

struct report_measure {
	const char *name, *unit;
	bool has_low, has_high;
	double low, high;
	int64_t failed; /* beyond a limit */
	struct spread spread;
	bool has_capability;
	struct capability capability;
};

/* Something that a person did or has to look at. */
struct report_entry {
	int64_t utc_ms;
	const char
		*what; /* override: its guard; disposition: the state; alarm, lockout: its code */
	const char *mac, *slot, *operator_name, *text;
};
#define REPORT_LIST_MAX 100
struct report_list {
	struct report_entry *items; /* oldest first; the newest REPORT_LIST_MAX of them */
	size_t count;
	int64_t total;
};

struct report {
	int64_t taken_utc_ms;
	bool is_strict;
	const char *batch_name, *recipe_filter; /* NULL not chosen by it */
	bool has_from, has_to;
	int64_t from_utc_ms, to_utc_ms;
	struct batch_state batch;         /* of batch_name */
	char anchor[LEDGER_ANCHOR_BYTES]; /* head of the ledger; "" when it is empty */
	int64_t ledger_entries;

	/* Runs. flash_* are of kind FLASH and have ended. */
	int64_t first_utc_ms, last_utc_ms; /* starts of the first and the last one, 0 without any */
	int64_t flash_runs, passed, failed, errors, timeouts, aborted;
	int64_t open_runs; /* without a result, of any kind */
	int64_t verify_runs, verify_passed;
	int64_t golden_runs, golden_passed; /* of any kind; they are in no other count */
	int64_t judged;
	int64_t excluded; /* neither passed nor judged: STATION or OPERATOR */
	int64_t without_mac, without_proof, rescued, duplicate_runs;

	struct report_yield *yields; /* by product and process */
	size_t yield_count;
	struct report_rolled *rolled;
	size_t rolled_count;

	struct report_causes failures;    /* of judged runs */
	struct report_causes not_counted; /* of excluded ones */
	struct report_causes aborts;
	struct report_split splits[SPLIT_COUNT];

	struct report_point *points;
	size_t point_count;
	int64_t point_ms;    /* how long each is: an hour, a day, a week ... */
	double failed_share; /* of all judged runs: the middle of the chart */

	struct report_times run_times;  /* passes, start to verdict */
	struct report_times unit_times; /* from a pass to the next in the same slot */
	int64_t pauses;                 /* longer than REPORT_PAUSE_MS: not in unit_times */
	int64_t active_hours;           /* hours of the clock in which a FLASH run began */
	int64_t best_hour_passed;       /* passes in the best of them */

	struct report_words rescue_ways, rescue_suspects;
	struct report_measure *measures;
	size_t measure_count;
	bool measures_cut; /* there were more kinds than REPORT_MEASURES_MAX */

	struct report_list overrides, duplicates, dispositions, alarms;
	/* Begun in the chosen time; of a batch or a recipe, in the time of its chosen runs. */
	struct report_list lockouts;

	struct report_texts *texts; /* internal: owner of the texts */
};
#define REPORT_PAUSE_MS INT64_C(1800000)
#define REPORT_MEASURES_MAX 200

/*
 * Reads in one read transaction: a station may work meanwhile. Memory grows with units
 * of time, slots and causes, and by 8 bytes for each pass. STATUS_USAGE: neither a run nor
 * an order has that batch, no recipe has that name; STATUS_DATABASE, STATUS_NO_MEMORY. Release in
 * any case.
 */
enum status report_read(struct db *db, const struct report_filter *filter, struct report *report,
			struct err *err);
void report_release(struct report *report);

/* "slot", "bridge", "revision", "recipe", "operator", "station" */
const char *report_split_name(enum report_split_kind kind);
/* The operator's sentence of a code, "" for one that this program does not know. */
const char *report_sentence(const char *code);

#endif
