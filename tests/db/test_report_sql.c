/* A report's figures against plain SQL on the view of runs, written apart from it. */
#include "tests/db/report_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS 700

/* A choice of runs, for the report and for SQL. */
struct choice {
	const char *name;
	struct report_filter filter;
	const char *where; /* of the view runs */
};

#define AT(minutes) (REPORT_EPOCH + (minutes)*MINUTE_MS)
static const struct choice choices[] = {
	{ "everything", { 0 }, "true" },
	{ "everything, strictly", { .is_strict = true }, "true" },
	/* Few of all runs: units are looked up one by one. */
	{ "a batch", { .batch = "b4" }, "batch = 'b4'" },
	{ "a batch, strictly", { .batch = "b10", .is_strict = true }, "batch = 'b10'" },
	{ "a period",
	  { .has_from = true, .from_utc_ms = AT(100), .has_to = true, .to_utc_ms = AT(300) },
	  "start_utc_ms >= 1795347600000 AND start_utc_ms < 1795359600000" },
	{ "a short period",
	  { .has_from = true, .from_utc_ms = AT(200), .has_to = true, .to_utc_ms = AT(230) },
	  "start_utc_ms >= 1795353600000 AND start_utc_ms < 1795355400000" },
	{ "a recipe by its name", { .recipe = "a" }, "recipe = 'a'" },
	{ "a recipe by its digest", { .recipe = RECIPE_B }, "recipe_digest = '" RECIPE_B "'" },
	{ "a batch and a recipe",
	  { .batch = "b7", .recipe = "a" },
	  "batch = 'b7' AND recipe = 'a'" },
};
#define CHOICES (sizeof(choices) / sizeof(choices[0]))

/* Judged runs, by the words of docs/report.md; each with its product, its process, whether it is
 * chosen, and its place among all judged runs of its unit there. */
static const char judged_sql[] =
	"CREATE TEMP TABLE judged AS SELECT *, coalesce(product, recipe) AS of_product,"
	" coalesce(process, 'FLASH') AS of_process, (%s) AS chosen,"
	" row_number() OVER (PARTITION BY mac, coalesce(product, recipe), coalesce(process, "
	"'FLASH')"
	"  ORDER BY start_utc_ms, run_id) AS place"
	" FROM runs WHERE kind = 'FLASH' AND outcome IN ('PASS', 'FAIL', 'ERROR', 'TIMEOUT')"
	" AND (%d OR party NOT IN ('STATION', 'OPERATOR'))";

struct asker {
	sqlite3 *sql;
	const char *where;
	const char *name;
};

static void ask_of(struct asker *a, const struct world *w, const struct choice *choice)
{
	char sql[2000];

	a->sql = world_raw(w);
	a->where = choice->where;
	a->name = choice->name;
	snprintf(sql, sizeof(sql), judged_sql, choice->where, choice->filter.is_strict);
	if (sqlite3_exec(a->sql, sql, NULL, NULL, NULL))
		fail_msg("%s: %s", sql, sqlite3_errmsg(a->sql));
}

/* The first column of the only row. */
static double ask(const struct asker *a, const char *query)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(a->sql, query, -1, &stmt, NULL))
		fail_msg("%s: %s", query, sqlite3_errmsg(a->sql));
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	double value = sqlite3_column_double(stmt, 0);
	assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
	sqlite3_finalize(stmt);
	return value;
}

static void expect(const struct asker *a, int64_t got, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void expect(const struct asker *a, int64_t got, const char *format, ...)
{
	char query[2000];
	va_list args;

	va_start(args, format);
	vsnprintf(query, sizeof(query), format, args);
	va_end(args);
	double wanted = ask(a, query);
	if ((double)got != wanted)
		fail_msg("%s: the report says %lld, SQL %.0f: %s", a->name, (long long)got, wanted,
			 query);
}

/* ---- parts ---- */

static void expect_yields(const struct asker *a, const struct report *r)
{
	expect(a, (int64_t)r->yield_count,
	       "SELECT count(*) FROM (SELECT DISTINCT of_product, of_process FROM judged WHERE "
	       "chosen)");
	for (size_t i = 0; i < r->yield_count; i++) {
		const struct report_yield *y = &r->yields[i];
		char of[200];

		snprintf(of, sizeof(of), "of_product = '%s' AND of_process = '%s'", y->product,
			 y->process);
		expect(a, y->station.n, "SELECT count(*) FROM judged WHERE chosen AND %s", of);
		expect(a, y->station.k,
		       "SELECT count(*) FROM judged WHERE chosen AND outcome = 'PASS' AND %s", of);
		expect(a, y->first_pass.n,
		       "SELECT count(*) FROM judged WHERE chosen AND place = 1 AND mac NOT NULL "
		       "AND %s",
		       of);
		expect(a, y->first_pass.k,
		       "SELECT count(*) FROM judged WHERE chosen AND place = 1 AND mac NOT NULL"
		       " AND outcome = 'PASS' AND %s",
		       of);
		expect(a, y->final.n, "SELECT count(DISTINCT mac) FROM judged WHERE chosen AND %s",
		       of);
		expect(a, y->final.k,
		       "SELECT count(*) FROM (SELECT mac, outcome, max(place) FROM judged"
		       " WHERE chosen AND mac NOT NULL AND %s GROUP BY mac) WHERE outcome = 'PASS'",
		       of);
		expect(a, y->seen_before, "SELECT %lld - %lld", (long long)y->final.n,
		       (long long)y->first_pass.n);
		expect(a, y->without_mac,
		       "SELECT count(*) FROM judged WHERE chosen AND mac IS NULL AND %s", of);
		expect(a, y->rescued, "SELECT total(rescued) FROM judged WHERE chosen AND %s", of);
	}
}

static void expect_totals(const struct asker *a, const struct report *r)
{
	expect(a, r->judged, "SELECT count(*) FROM judged WHERE chosen");
	expect(a, r->flash_runs,
	       "SELECT count(*) FROM runs WHERE kind = 'FLASH' AND outcome NOT NULL AND %s",
	       a->where);
	expect(a, r->passed,
	       "SELECT count(*) FROM runs WHERE kind = 'FLASH' AND outcome = 'PASS' AND %s",
	       a->where);
	expect(a, r->failed,
	       "SELECT count(*) FROM runs WHERE kind = 'FLASH' AND outcome = 'FAIL' AND %s",
	       a->where);
	expect(a, r->errors,
	       "SELECT count(*) FROM runs WHERE kind = 'FLASH' AND outcome = 'ERROR' AND %s",
	       a->where);
	expect(a, r->timeouts,
	       "SELECT count(*) FROM runs WHERE kind = 'FLASH' AND outcome = 'TIMEOUT' AND %s",
	       a->where);
	expect(a, r->aborted,
	       "SELECT count(*) FROM runs WHERE kind = 'FLASH' AND outcome = 'ABORTED' AND %s",
	       a->where);
	expect(a, r->open_runs, "SELECT count(*) FROM runs WHERE outcome IS NULL AND %s", a->where);
	expect(a, r->verify_runs,
	       "SELECT count(*) FROM runs WHERE kind = 'VERIFY' AND outcome NOT NULL AND %s",
	       a->where);
	expect(a, r->excluded, "SELECT %lld - %lld - %lld", (long long)r->flash_runs,
	       (long long)r->aborted, (long long)r->judged);
	expect(a, r->without_proof,
	       "SELECT count(*) FROM judged WHERE chosen AND outcome = 'PASS' AND proof = 'NONE'");
	expect(a, r->duplicate_runs,
	       "SELECT count(*) FROM runs WHERE kind = 'FLASH' AND outcome NOT NULL AND "
	       "duplicate_mac"
	       " AND %s",
	       a->where);
	expect(a, r->duplicates.total, "SELECT %lld", (long long)r->duplicate_runs);
}

static void expect_causes(const struct asker *a, const struct report *r)
{
	int64_t before = INT64_MAX, sum = 0;

	for (size_t i = 0; i < r->failures.count; i++) {
		const struct report_cause *c = &r->failures.items[i];

		expect(a, c->count,
		       "SELECT count(*) FROM judged WHERE chosen AND outcome <> 'PASS' AND code = "
		       "'%s'"
		       " AND party = '%s'",
		       c->code, c->party);
		assert_true(c->count <= before);
		before = c->count;
		sum += c->count;
	}
	assert_int_equal(sum, r->failures.total);
	expect(a, sum, "SELECT count(*) FROM judged WHERE chosen AND outcome <> 'PASS'");
	expect(a, r->aborts.total, "SELECT %lld", (long long)r->aborted);
	expect(a, r->not_counted.total, "SELECT %lld", (long long)r->excluded);
}

static const char *const names_of_groups[SPLIT_COUNT] = {
	[SPLIT_SLOT] = "slot",
	[SPLIT_BRIDGE] = "bridge || ', ' || bridge_driver",
	[SPLIT_REVISION] = "chip || ' ' || revision",
	[SPLIT_RECIPE] = "recipe || ' r' || recipe_revision || ' ' || substr(recipe_digest, 1, 8)",
	[SPLIT_OPERATOR] = "replace(operator, '''', '')",
	[SPLIT_STATION] = "station",
};

/* Names have an apostrophe at most, which SQL would take for its own. */
static void plain_name(const char *name, char plain[static 200])
{
	size_t len = 0;

	for (; *name && len < 199; name++)
		if (*name != '\'')
			plain[len++] = *name;
	plain[len] = '\0';
}

static void expect_splits(const struct asker *a, const struct report *r)
{
	for (size_t kind = 0; kind < SPLIT_COUNT; kind++) {
		const struct report_split *s = &r->splits[kind];

		expect(a, (int64_t)s->count,
		       "SELECT count(*) FROM (SELECT DISTINCT %s FROM judged WHERE chosen)",
		       names_of_groups[kind]);
		for (size_t i = 0; i < s->count; i++) {
			const struct report_group *g = &s->items[i];
			char of[400], plain[200] = "";

			if (g->name)
				plain_name(g->name, plain);
			snprintf(of, sizeof(of), "chosen AND %s IS nullif('%s', '')",
				 names_of_groups[kind], plain);
			expect(a, g->judged, "SELECT count(*) FROM judged WHERE %s", of);
			expect(a, g->failed,
			       "SELECT count(*) FROM judged WHERE outcome <> 'PASS' AND %s", of);
			expect(a, g->rescued, "SELECT total(rescued) FROM judged WHERE %s", of);
			for (size_t c = 0; c < r->failures.count; c++)
				expect(a, g->by_cause[c],
				       "SELECT count(*) FROM judged WHERE outcome <> 'PASS'"
				       " AND code = '%s' AND %s",
				       r->failures.items[c].code, of);
		}
	}
}

static void expect_points(const struct asker *a, const struct report *r)
{
	assert_int_equal(r->point_ms, HOUR_MS);
	for (size_t i = 0; i < r->point_count; i++) {
		const struct report_point *p = &r->points[i];
		char of[200];

		snprintf(of, sizeof(of), "chosen AND start_utc_ms / 3600000 * 3600000 = %lld",
			 (long long)p->begin_utc_ms);
		expect(a, p->judged, "SELECT count(*) FROM judged WHERE %s", of);
		expect(a, p->failed, "SELECT count(*) FROM judged WHERE outcome <> 'PASS' AND %s",
		       of);
		expect(a, p->passed, "SELECT count(*) FROM judged WHERE outcome = 'PASS' AND %s",
		       of);
	}
	expect(a, r->active_hours,
	       "SELECT count(DISTINCT start_utc_ms / 3600000) FROM runs WHERE kind = 'FLASH'"
	       " AND outcome NOT NULL AND %s",
	       a->where);
}

/* The value at a place of all in order: the nearest rank. */
static void expect_rank(const struct asker *a, int64_t got, const char *values, double share)
{
	expect(a, got,
	       "SELECT ms FROM (%s) ORDER BY ms LIMIT 1 OFFSET max(0, (SELECT"
	       " CAST(ceil(count(*) * %g) AS INTEGER) - 1 FROM (%s)))",
	       values, share, values);
}

static void expect_times(const struct asker *a, const struct report_times *t, const char *values)
{
	int64_t sum = t->above;

	expect(a, t->n, "SELECT count(*) FROM (%s)", values);
	for (size_t i = 0; i < t->bin_count; i++)
		sum += t->bins[i];
	assert_int_equal(sum, t->n);
	if (!t->n)
		return;
	expect_rank(a, t->least, values, 0);
	expect_rank(a, t->median, values, 0.5);
	expect_rank(a, t->p90, values, 0.9);
	expect_rank(a, t->p95, values, 0.95);
	expect_rank(a, t->greatest, values, 1);
	for (size_t i = 0; i < t->bin_count; i++)
		expect(a, t->bins[i], "SELECT count(*) FROM (%s) WHERE ms >= %lld AND ms < %lld",
		       values, (long long)t->first_bin_ms + (long long)i * t->bin_ms,
		       (long long)t->first_bin_ms + (long long)(i + 1) * t->bin_ms);
}

/* duration_s is a fraction of duration_us: asked of the table itself. */
#define RUN_MS                                                                                     \
	"SELECT (SELECT duration_us / 1000 FROM result WHERE result.run_id = judged.run_id) AS ms" \
	" FROM judged WHERE chosen AND outcome = 'PASS'"
#define UNIT_MS                                                                                    \
	"SELECT ms FROM (SELECT end_utc_ms - lag(end_utc_ms) OVER (PARTITION BY slot"              \
	" ORDER BY start_utc_ms, run_id) AS ms FROM judged WHERE chosen AND outcome = 'PASS')"     \
	" WHERE ms BETWEEN 0 AND 1800000"

static void expect_measures(const struct asker *a, const struct report *r)
{
	char where[600];

	assert_true(r->measure_count <= 1);
	snprintf(where, sizeof(where),
		 "FROM measurement JOIN runs USING (run_id) WHERE kind = 'FLASH' AND %s", a->where);
	if (!r->measure_count) {
		expect(a, 0, "SELECT count(*) %s", where);
		return;
	}
	const struct report_measure *m = &r->measures[0];
	char query[900];

	expect(a, m->spread.n, "SELECT count(*) %s", where);
	expect(a, m->failed, "SELECT count(*) %s AND (value < low OR value > high)", where);
	snprintf(query, sizeof(query), "SELECT avg(value) %s", where);
	double mean = ask(a, query), off = mean - m->spread.mean;
	assert_true(off < 1e-9 && off > -1e-9);
	assert_true(m->has_low && m->has_high && m->low == 1 && m->high == 3);
	assert_int_equal(m->has_capability, m->spread.n >= CAPABILITY_LEAST);
}

static void every_figure_equals_plain_sql_for_every_choice(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);

	report_factory(db, RUNS);
	db_close(db);
	for (size_t i = 0; i < CHOICES; i++) {
		struct report r;
		struct asker a;

		report_of(w, &choices[i].filter, &r);
		ask_of(&a, w, &choices[i]);
		assert_true(r.judged > 15);
		expect_totals(&a, &r);
		expect_yields(&a, &r);
		expect_causes(&a, &r);
		expect_splits(&a, &r);
		expect_points(&a, &r);
		expect_times(&a, &r.run_times, RUN_MS);
		expect_times(&a, &r.unit_times, UNIT_MS);
		expect_measures(&a, &r);
		sqlite3_close(a.sql);
		report_release(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_figure_equals_plain_sql_for_every_choice,
						world_set_up, world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
