/*
 * First-pass and final yields: the judged runs by unit, each unit's in order of time. Nothing is
 * kept but the unit that the walk is at.
 */
#include "db/report/report_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A unit in one product and process. */
struct unit_state {
	bool is_met; /* had a judged run */
	bool is_first_chosen, first_passed;
	bool has_chosen, last_passed; /* among the chosen runs */
};

struct unit_walk {
	struct report_build *b;
	char mac[64];
	struct unit_state *states; /* by number of the yield */
};

/* Of what unit a run is, and whether it counts. */
#define JUDGED                                                                                     \
	" AND run.kind = 'FLASH' AND run.purpose IS NULL AND result.mac IS NOT NULL AND outcome "  \
	"<> 'ABORTED'"                                                                             \
	" AND (outcome = 'PASS' OR :strict OR party NOT IN ('STATION', 'OPERATOR'))"

/* When the chosen runs are few, only their units are looked up; this times as many, and
 * reading all runs in their order is faster than finding these one by one. */
#define FEW 8

static bool is_few(const struct report_build *b)
{
	return b->report->judged * FEW < b->all_runs;
}

/* Columns: MAC, recipe, passed, chosen. */
static enum status prepare(struct report_build *b, sqlite3_stmt **stmt, struct err *err)
{
	sqlite3_str *text = sqlite3_str_new(b->db->sql);

	if (is_few(b)) {
		sqlite3_str_appendall(
			text, "WITH few (mac) AS MATERIALIZED (SELECT DISTINCT result.mac"
			      " FROM run CROSS JOIN result USING (run_id) WHERE true" JUDGED);
		report_conditions(text, b->filter, true);
		sqlite3_str_appendall(text, ")");
	}
	sqlite3_str_appendall(text,
			      "SELECT result.mac, run.recipe_digest, outcome = 'PASS', (true");
	report_conditions(text, b->filter, true);
	sqlite3_str_appendall(
		text, is_few(b) ? ") FROM few CROSS JOIN result ON result.mac = few.mac"
				  " CROSS JOIN run ON run.run_id = result.run_id WHERE true" JUDGED
				: ") FROM run CROSS JOIN result USING (run_id) WHERE true" JUDGED);
	/* What came after the period changes neither a first run nor the newest chosen one. */
	if (b->filter->has_to)
		sqlite3_str_appendall(text, " AND run.start_utc_ms < :to");
	sqlite3_str_appendall(text, " ORDER BY result.mac, run.start_utc_ms, run.run_id");
	return report_prepare(b, text, stmt, err);
}

static void count_unit(struct unit_walk *w)
{
	struct report *r = w->b->report;

	for (size_t i = 0; i < r->yield_count; i++) {
		const struct unit_state *s = &w->states[i];
		struct report_yield *y = &r->yields[i];

		if (!s->has_chosen)
			continue;
		y->final.n++;
		y->final.k += s->last_passed;
		y->first_pass.n += s->is_first_chosen;
		y->first_pass.k += s->is_first_chosen && s->first_passed;
		y->seen_before += !s->is_first_chosen;
	}
	memset(w->states, 0, r->yield_count * sizeof(*w->states));
}

static enum status add_run(struct unit_walk *w, sqlite3_stmt *row, struct err *err)
{
	const char *mac = report_column(row, 0);
	bool is_pass = sqlite3_column_int(row, 2), is_chosen = sqlite3_column_int(row, 3);
	size_t recipe;

	if (strcmp(mac, w->mac)) {
		count_unit(w);
		snprintf(w->mac, sizeof(w->mac), "%s", mac);
	}
	TRY(report_recipe_number(w->b, report_column(row, 1), &recipe, err));
	struct unit_state *s = &w->states[w->b->recipe_yields[recipe]];
	if (!s->is_met) {
		s->is_met = true;
		s->is_first_chosen = is_chosen;
		s->first_passed = is_pass;
	}
	if (is_chosen) {
		s->has_chosen = true;
		s->last_passed = is_pass;
	}
	return STATUS_OK;
}

enum status report_read_units(struct report_build *b, struct err *err)
{
	struct unit_walk w = { .b = b };
	sqlite3_stmt *stmt;
	bool has_row = true;
	enum status st;

	if (!b->report->judged)
		return STATUS_OK;
	w.states = calloc(b->report->yield_count + 1, sizeof(*w.states));
	if (!w.states)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the report");
	st = prepare(b, &stmt, err);
	while (!st && has_row) {
		st = report_step(b, stmt, &has_row, err);
		if (!st && has_row)
			st = add_run(&w, stmt, err);
	}
	count_unit(&w);
	sqlite3_finalize(stmt);
	free(w.states);
	return st;
}
