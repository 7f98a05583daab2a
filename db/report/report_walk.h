/*
 * The walk over the chosen runs: report_runs.c takes it, report_groups.c counts causes and
 * groups on it. Internal to these two.
 */
#ifndef DB_REPORT_WALK_H
#define DB_REPORT_WALK_H

#include "db/report/report_build.h"

/* Columns of the walk, in their order. */
enum column_of_run {
	RUN_KIND,
	RUN_START,
	RUN_SLOT,
	RUN_BRIDGE,
	RUN_DRIVER,
	RUN_RECIPE,
	RUN_OPERATOR,
	RUN_STATION,
	RUN_OUTCOME,
	RUN_CODE,
	RUN_PARTY,
	RUN_PROOF,
	RUN_MAC,
	RUN_CHIP,
	RUN_REVISION,
	RUN_END,
	RUN_DURATION,
	RUN_DUPLICATE,
	RUN_RESCUED,
	RUN_RUNGS,
	RUN_SUSPECTS,
	RUN_PURPOSE,
};

/* Milliseconds, one each pass. */
struct values {
	uint32_t *items;
	size_t count;
};

/* What causes have in common with the three lists of them. */
struct cause_count {
	const char *code, *party;
	int64_t failures, excluded, aborts;
};

struct split_build {
	struct names names; /* numbers are places in items */
	struct report_group *items;
	size_t count;
	size_t cause_room; /* of each by_cause */
};

/* One run, as far as the counts ask. */
struct one_run {
	bool is_flash, has_ended, is_pass, is_aborted, is_judged, is_rescued;
	size_t recipe; /* number */
	size_t cause;
	int64_t start_utc_ms, end_utc_ms;
};

struct walk {
	struct report_build *b;
	struct report *r;
	struct names causes;
	struct cause_count *cause_counts;
	size_t cause_count;
	struct split_build splits[SPLIT_COUNT];
	struct names ways, suspects;
	int64_t *last_pass_ms; /* by slot, 0 none yet */
	size_t slot_room;
	struct values run_times, unit_times;
	int64_t *station_ids;
	const char **station_hosts;
	size_t station_count;
};

/* The number of this run's code among the causes. */
enum status walk_cause(struct walk *w, sqlite3_stmt *row, size_t *cause, struct err *err);
/* One judged run, in its group of every split. */
enum status walk_count_in_groups(struct walk *w, sqlite3_stmt *row, const struct one_run *run,
				 struct err *err);
/* Causes and groups into the report, when all runs were met. */
enum status walk_finish_groups(struct walk *w, struct err *err);
void walk_release_groups(struct walk *w);

#endif
