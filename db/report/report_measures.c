/* What was measured in the chosen runs: by name, unit and limits. */
#include "db/report/report_build.h"

#include <stdlib.h>
#include <string.h>

enum column_of_measure { M_NAME, M_UNIT, M_VALUE, M_LOW, M_HIGH };

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_limit(bool has, double limit, sqlite3_stmt *row, int column)
{
	bool is_there = sqlite3_column_type(row, column) != SQLITE_NULL;

	return has == is_there && (!has || limit == sqlite3_column_double(row, column));
}

static bool is_of(const struct report_measure *m, sqlite3_stmt *row)
{
	return same_text(m->name, report_column(row, M_NAME)) &&
	       same_text(m->unit, report_column(row, M_UNIT)) &&
	       same_limit(m->has_low, m->low, row, M_LOW) &&
	       same_limit(m->has_high, m->high, row, M_HIGH);
}

static enum status new_measure(struct report_build *b, sqlite3_stmt *row,
			       struct report_measure **measure, struct err *err)
{
	struct report *r = b->report;
	struct report_measure m = {
		.has_low = sqlite3_column_type(row, M_LOW) != SQLITE_NULL,
		.has_high = sqlite3_column_type(row, M_HIGH) != SQLITE_NULL,
		.low = sqlite3_column_double(row, M_LOW),
		.high = sqlite3_column_double(row, M_HIGH),
	};
	void *item;

	*measure = NULL;
	if (r->measure_count == REPORT_MEASURES_MAX) {
		r->measures_cut = true;
		return STATUS_OK;
	}
	TRY(report_text(b, report_column(row, M_NAME), &m.name, err));
	TRY(report_text(b, report_column(row, M_UNIT), &m.unit, err));
	TRY(report_grow(&r->measures, &r->measure_count, sizeof(m), &item, err));
	*measure = item;
	**measure = m;
	return STATUS_OK;
}

/* Runs measure the same things in the same order: the one behind the last is the likeliest. */
static enum status add_value(struct report_build *b, sqlite3_stmt *row, size_t *next,
			     struct err *err)
{
	struct report *r = b->report;
	struct report_measure *m = NULL;
	double value = sqlite3_column_double(row, M_VALUE);

	for (size_t i = 0; i < r->measure_count && !m; i++) {
		size_t at = (*next + i) % r->measure_count;

		if (is_of(&r->measures[at], row)) {
			m = &r->measures[at];
			*next = at + 1;
		}
	}
	if (!m)
		TRY(new_measure(b, row, &m, err));
	if (!m)
		return STATUS_OK;
	spread_add(&m->spread, value);
	m->failed += (m->has_low && value < m->low) || (m->has_high && value > m->high);
	return STATUS_OK;
}

static int compare_limits(bool has_a, double a, bool has_b, double b)
{
	if (has_a != has_b)
		return has_a ? 1 : -1;
	return has_a && a != b ? (a < b ? -1 : 1) : 0;
}

static int compare_measures(const void *a, const void *b)
{
	const struct report_measure *p = a, *q = b;
	int order = strcmp(p->name, q->name);

	if (!order)
		order = strcmp(p->unit ? p->unit : "", q->unit ? q->unit : "");
	if (!order)
		order = compare_limits(p->has_low, p->low, q->has_low, q->low);
	return order ? order : compare_limits(p->has_high, p->high, q->has_high, q->high);
}

static void finish(struct report *r)
{
	for (size_t i = 0; i < r->measure_count; i++) {
		struct report_measure *m = &r->measures[i];

		m->has_capability = capability_of(
			m->spread.n, m->spread.mean, spread_deviation(&m->spread),
			m->has_low ? &m->low : NULL, m->has_high ? &m->high : NULL, &m->capability);
	}
	if (r->measure_count)
		qsort(r->measures, r->measure_count, sizeof(*r->measures), compare_measures);
}

enum status report_read_measures(struct report_build *b, struct err *err)
{
	sqlite3_str *text = sqlite3_str_new(b->db->sql);
	sqlite3_stmt *stmt;
	bool has_row = true;
	size_t next = 0;

	sqlite3_str_appendall(
		text,
		"SELECT measurement.name, measurement.unit, measurement.value, measurement.low,"
		" measurement.high FROM run JOIN measurement USING (run_id)"
		" WHERE run.kind = 'FLASH' AND run.purpose IS NULL AND measurement.value IS NOT "
		"NULL");
	report_conditions(text, b->filter, true);
	TRY(report_prepare(b, text, &stmt, err));
	enum status st = STATUS_OK;
	while (!st && has_row) {
		st = report_step(b, stmt, &has_row, err);
		if (!st && has_row)
			st = add_value(b, stmt, &next, err);
	}
	sqlite3_finalize(stmt);
	finish(b->report);
	return st;
}
