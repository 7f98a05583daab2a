/*
 * The parts that make a report, in their order. Internal to db/: db/report/report.h is the public
 * side.
 */
#ifndef DB_REPORT_BUILD_H
#define DB_REPORT_BUILD_H

#include "db/names.h"
#include "db/report/report.h"
#include "db/sql.h"

/* Owner of all texts of a report. */
struct report_texts {
	struct names names;
};

struct report_build {
	struct db *db;
	const struct report_filter *filter;
	struct report *report;
	struct names recipes;  /* digests */
	size_t *recipe_yields; /* by number of the recipe: its row in report->yields */
	const char **recipe_labels;
	size_t recipe_count;
	int64_t all_runs; /* in the database, about */
};

/* The report's own copy of a text, made once; NULL for NULL. */
enum status report_text(struct report_build *b, const char *text, const char **own,
			struct err *err);

/* What is in the columns of a row. */
const char *report_column(sqlite3_stmt *row, int column);

/* " AND run.batch = :batch ..." for what the filter chooses of table run. */
void report_conditions(sqlite3_str *text, const struct report_filter *filter, bool with_times);
/* Prepare and bind; gives up text. */
enum status report_prepare(struct report_build *b, sqlite3_str *text, sqlite3_stmt **stmt,
			   struct err *err);
/* As sqlite3_step: *has_row says whether there is one. */
enum status report_step(struct report_build *b, sqlite3_stmt *stmt, bool *has_row, struct err *err);

/* One more item of size bytes at the end of an array; its members are zero. */
enum status report_grow(void *items, size_t *count, size_t size, void **item, struct err *err);

/* The number of a recipe in recipe_yields; an unknown one has a row as well. */
enum status report_recipe_number(struct report_build *b, const char *digest, size_t *number,
				 struct err *err);

/* Everything that one walk over the chosen runs, in order of time, can tell. */
enum status report_read_runs(struct report_build *b, struct err *err);
/* First-pass and final yields: a walk over the runs by unit. */
enum status report_read_units(struct report_build *b, struct err *err);
enum status report_read_measures(struct report_build *b, struct err *err);
/* Overrides, dispositions, alarms, lockouts; the runs were read before. */
enum status report_read_lists(struct report_build *b, struct err *err);

/* Distribution of values (sorted by the call). */
void report_times_make(struct report_times *times, uint32_t *values_ms, size_t count);
/* Groups that fail more often than the others, worst first; limits of the points. */
void report_judge(struct report *report);
/* Points of hours put together until there are few enough to be looked at. */
void report_fold_points(struct report *report);

#endif
