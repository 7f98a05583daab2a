/* What a report says, part by part. */
#include "station/report/report_sheet.h"

#include <inttypes.h>
#include <stdio.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the order ---- */

static void add_fact(struct sheet *sheet, const char *name, const char *value)
{
	if (!value || !value[0])
		return;
	sheet_cell(sheet, "%s", name);
	sheet_cell(sheet, "%s", value);
}

static void add_number(struct sheet *sheet, const char *name, int64_t value)
{
	sheet_cell(sheet, "%s", name);
	sheet_cell(sheet, "%" PRId64, value);
}

static void add_moment(struct sheet *sheet, const char *name, int64_t utc_ms)
{
	char text[FIGURE_BYTES];

	sheet_cell(sheet, "%s", name);
	sheet_cell(sheet, "%s UTC", moment_text(utc_ms, text));
}

static void add_order(struct sheet *sheet, const struct report *r)
{
	static const struct sheet_column columns[] = {
		{ "", COLUMN_WORD },
		{ "", COLUMN_NAME },
	};
	const struct batch_state *b = &r->batch;

	if (!r->batch_name)
		return;
	sheet_add(sheet, SHEET_PART, "Order");
	if (!b->is_known) {
		sheet_add(
			sheet, SHEET_SAY,
			"Batch %s was never opened: its name was typed with the runs, and nothing "
			"is "
			"known of its order.",
			r->batch_name);
		return;
	}
	sheet_table(sheet, NULL, columns, COUNT_OF(columns));
	add_fact(sheet, "batch", r->batch_name);
	add_fact(sheet, "work order", b->work_order);
	add_fact(sheet, "part", b->part_number);
	add_fact(sheet, "part revision", b->part_revision);
	add_fact(sheet, "customer", b->customer);
	add_fact(sheet, "only recipe", b->recipe_digest);
	if (b->quantity)
		add_number(sheet, "quantity", b->quantity);
	if (b->quota)
		add_number(sheet, "quota", b->quota);
	add_number(sheet, "passed (units)", b->passed);
	if (b->quantity)
		add_number(sheet, "to go", b->quantity > b->passed ? b->quantity - b->passed : 0);
	add_moment(sheet, "opened", b->opened_utc_ms);
	if (b->closed_utc_ms && !b->is_open)
		add_moment(sheet, "closed", b->closed_utc_ms);
	else
		add_fact(sheet, "closed", "no");
	sheet_add(sheet, SHEET_NOTE,
		  "Of the order as a whole, whatever period or recipe was chosen.");
}

/* ---- runs ---- */

static void add_runs(struct sheet *sheet, const struct report *r)
{
	static const struct sheet_column columns[] = {
		{ "runs", COLUMN_WORD },
		{ "count", COLUMN_FIGURE },
		{ "what they are", COLUMN_PROSE },
	};
	const struct {
		const char *name;
		int64_t count;
		bool always;
		const char *text;
	} rows[] = {
		{ "flash runs", r->flash_runs, true, "that have ended" },
		{ "PASS", r->passed, true, "proven, and the checks after it held" },
		{ "FAIL", r->failed, true, "the chip itself said no" },
		{ "ERROR", r->errors, true, "something kept the station from judging the unit" },
		{ "TIMEOUT", r->timeouts, true, "the run's own limit passed" },
		{ "ABORTED", r->aborted, true, "stopped by a person or a rule: not judged" },
		{ "judged", r->judged, true, "what every share of failures is a share of" },
		{ "not counted", r->excluded, true,
		  "made to end by the station or a person; --strict counts them" },
		{ "without a MAC", r->without_mac, false,
		  "judged, but no unit can be told: only the station yield has them" },
		{ "PASS without proof", r->without_proof, false,
		  "the chip could not prove what it holds, and the recipe accepts that" },
		{ "one MAC twice", r->duplicate_runs, false,
		  "the same MAC was in another slot at the same time" },
		{ "open", r->open_runs, false, "going on, or their station was killed" },
		{ "verify runs", r->verify_runs, false, "write nothing; in no yield" },
		{ "verify PASS", r->verify_passed, false, "of the verify runs" },
		{ "golden runs", r->golden_runs, false,
		  "of units that are known to be good: they judged the station; in no yield" },
		{ "golden PASS", r->golden_passed, false, "of the golden runs" },
	};

	sheet_add(sheet, SHEET_PART, "Runs");
	sheet_table(sheet, NULL, columns, COUNT_OF(columns));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (!rows[i].always && !rows[i].count)
			continue;
		sheet_cell(sheet, "%s", rows[i].name);
		sheet_cell(sheet, "%" PRId64, rows[i].count);
		sheet_cell(sheet, "%s", rows[i].text);
	}
}

/* ---- what stands out ---- */

static void add_flags(struct sheet *sheet, const struct report *r)
{
	char share[FIGURE_BYTES], others[FIGURE_BYTES], chance[FIGURE_BYTES];

	for (size_t kind = 0; kind < SPLIT_COUNT; kind++) {
		const struct report_split *s = &r->splits[kind];

		for (size_t i = 0; i < s->count; i++) {
			const struct report_group *g = &s->items[i];

			if (!g->is_flagged)
				continue;
			sheet_add(sheet, SHEET_POINT,
				  "%s %s: %" PRId64 " of %" PRId64
				  " runs failed (%s), elsewhere %" PRId64 " of %" PRId64
				  " (%s). Chance alone: %s. Most often: %s, %" PRId64 " times.",
				  report_split_name((enum report_split_kind)kind),
				  g->name ? g->name : "unknown", g->failed, g->judged,
				  share_text(g->failed, g->judged, share), s->failed - g->failed,
				  s->judged - g->judged,
				  share_text(s->failed - g->failed, s->judged - g->judged, others),
				  chance_text(g->chance, chance), g->worst, g->worst_count);
		}
	}
}

static int64_t points_outside(const struct report *r)
{
	int64_t count = 0;

	for (size_t i = 0; i < r->point_count; i++)
		count += r->points[i].is_outside;
	return count;
}

static void add_counts(struct sheet *sheet, const struct report *r)
{
	const struct {
		int64_t count;
		const char *one, *many;
	} rows[] = {
		{ r->alarms.total, "alarm: somebody has to look at it",
		  "alarms: somebody has to look at them" },
		{ r->overrides.total, "guard was overridden", "guards were overridden" },
		{ r->duplicate_runs, "run met a MAC that was in another slot as well",
		  "runs met a MAC that was in another slot as well" },
		{ r->golden_runs - r->golden_passed, "golden run did not pass: look at the station",
		  "golden runs did not pass: look at the station" },
		{ r->lockouts.total, "lockout stopped the line or a slot",
		  "lockouts stopped the line or a slot" },
		{ r->without_proof, "run passed without proof", "runs passed without proof" },
		{ r->open_runs, "run has no result", "runs have no result" },
		{ points_outside(r), "point of time lies outside the limits of chance",
		  "points of time lie outside the limits of chance" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].count)
			sheet_add(sheet, SHEET_POINT, "%" PRId64 " %s.", rows[i].count,
				  rows[i].count == 1 ? rows[i].one : rows[i].many);
}

static void add_notable(struct sheet *sheet, const struct report *r)
{
	size_t before;

	sheet_add(sheet, SHEET_PART, "What stands out");
	before = sheet->count;
	if (r->judged && !r->passed)
		sheet_add(sheet, SHEET_POINT, "No run has passed.");
	add_flags(sheet, r);
	add_counts(sheet, r);
	if (sheet->count == before)
		sheet_add(sheet, SHEET_SAY, "Nothing does.");
	else
		sheet_add(
			sheet, SHEET_NOTE,
			"A slot, bridge and so on is named when it fails more often than all "
			"others "
			"together and chance would do that in less than 1 %% of cases, divided by "
			"how "
			"many there are. It says where to look, not why.");
}

/* ---- yields ---- */

static void add_yield(struct sheet *sheet, const struct report_yield *y, const char *name,
		      const struct report_share *s)
{
	char share[FIGURE_BYTES], band[FIGURE_BYTES];

	sheet_cell(sheet, "%s", y->product ? y->product : "no recipe");
	sheet_cell(sheet, "%s", y->process);
	sheet_cell(sheet, "%s", name);
	sheet_cell(sheet, "%" PRId64, s->k);
	sheet_cell(sheet, "%" PRId64, s->n);
	sheet_figure(sheet, s->n ? (double)s->k / (double)s->n : 0, false, "%s",
		     share_text(s->k, s->n, share));
	sheet_cell(sheet, "%s", band_text(s, band));
}

static void add_rolled(struct sheet *sheet, const struct report *r)
{
	char text[FIGURE_BYTES];

	for (size_t i = 0; i < r->rolled_count; i++)
		sheet_add(sheet, SHEET_SAY,
			  "Rolled throughput yield of %s: %s, the product of its first-pass yields "
			  "in "
			  "%zu processes.",
			  r->rolled[i].product, ratio_text(r->rolled[i].yield, text),
			  r->rolled[i].processes);
}

static void add_yield_notes(struct sheet *sheet, const struct report *r)
{
	char text[FIGURE_BYTES];

	for (size_t i = 0; i < r->yield_count; i++) {
		const struct report_yield *y = &r->yields[i];
		const char *product = y->product ? y->product : "no recipe";

		if (y->without_mac && y->first_pass.n)
			sheet_add(sheet, SHEET_NOTE,
				  "%s, %s: %" PRId64
				  " judged runs told no MAC. If each was another unit "
				  "that never passed, the first-pass yield is %s.",
				  product, y->process, y->without_mac,
				  share_text(y->first_pass.k, y->first_pass.n + y->without_mac,
					     text));
		if (y->seen_before)
			sheet_add(sheet, SHEET_NOTE,
				  "%s, %s: %" PRId64
				  " units had their first run before this period or "
				  "outside of this choice: they are not in its first-pass yield.",
				  product, y->process, y->seen_before);
	}
}

static void add_yields(struct sheet *sheet, const struct report *r)
{
	static const struct sheet_column columns[] = {
		{ "product", COLUMN_NAME },     { "process", COLUMN_NAME },
		{ "yield", COLUMN_WORD },       { "passed", COLUMN_FIGURE },
		{ "of", COLUMN_FIGURE },        { "share", COLUMN_SHARE },
		{ "95 % band", COLUMN_FIGURE },
	};

	sheet_add(sheet, SHEET_PART, "Yield");
	if (!r->yield_count) {
		sheet_add(sheet, SHEET_SAY, "No run was judged: there is no yield.");
		return;
	}
	sheet_chart(sheet, CHART_YIELDS);
	sheet_table(sheet, NULL, columns, COUNT_OF(columns));
	for (size_t i = 0; i < r->yield_count; i++) {
		add_yield(sheet, &r->yields[i], "first pass", &r->yields[i].first_pass);
		add_yield(sheet, &r->yields[i], "final", &r->yields[i].final);
		add_yield(sheet, &r->yields[i], "station", &r->yields[i].station);
	}
	add_rolled(sheet, r);
	sheet_add(sheet, SHEET_NOTE,
		  "First pass: units whose first judged run ever passed, of the units first judged "
		  "here. "
		  "Final: units whose newest judged run here passed. Station: runs that passed, of "
		  "all "
		  "judged runs. The band holds the true share with 95 %% confidence (Wilson).");
	add_yield_notes(sheet, r);
}

/* ---- failures ---- */

static void add_causes(struct sheet *sheet, const struct report_causes *causes, const char *caption)
{
	static const struct sheet_column columns[] = {
		{ "rank", COLUMN_FIGURE },      { "code", COLUMN_WORD },
		{ "party", COLUMN_WORD },       { "runs", COLUMN_FIGURE },
		{ "share", COLUMN_SHARE },      { "cumulative", COLUMN_FIGURE },
		{ "what to do", COLUMN_PROSE },
	};
	char share[FIGURE_BYTES], sum_text[FIGURE_BYTES];
	int64_t sum = 0;

	sheet_table(sheet, caption, columns, COUNT_OF(columns));
	for (size_t i = 0; i < causes->count; i++) {
		const struct report_cause *c = &causes->items[i];

		sum += c->count;
		sheet_cell(sheet, "%zu", i + 1);
		sheet_cell(sheet, "%s", c->code);
		sheet_cell(sheet, "%s", c->party);
		sheet_cell(sheet, "%" PRId64, c->count);
		sheet_figure(sheet, (double)c->count / (double)causes->total, false, "%s",
			     share_text(c->count, causes->total, share));
		sheet_cell(sheet, "%s", share_text(sum, causes->total, sum_text));
		sheet_cell(sheet, "%s", report_sentence(c->code));
	}
}

static void add_failures(struct sheet *sheet, const struct report *r)
{
	char share[FIGURE_BYTES];

	sheet_add(sheet, SHEET_PART, "Failures");
	sheet_add(sheet, SHEET_SAY, "%" PRId64 " of %" PRId64 " judged runs did not pass (%s).",
		  r->failures.total, r->judged, share_text(r->failures.total, r->judged, share));
	if (r->yield_count > 1)
		sheet_add(
			sheet, SHEET_NOTE,
			"Failures, places and times are those of all products and processes above; "
			"--recipe chooses.");
	if (r->failures.count) {
		sheet_chart(sheet, CHART_PARETO);
		add_causes(sheet, &r->failures, NULL);
	}
	if (r->not_counted.count)
		add_causes(sheet, &r->not_counted,
			   "Not counted: the station or a person made them end");
	if (r->aborts.count)
		add_causes(sheet, &r->aborts, "Aborted: stopped by a person or a rule");
}

/* ---- where it comes from ---- */

static void add_anchor(struct sheet *sheet, const struct report *r)
{
	char text[FIGURE_BYTES];

	sheet_add(sheet, SHEET_PART, "Where these figures come from");
	sheet_add(sheet, SHEET_SAY,
		  "Counted at %s UTC from the station's records, %s. All times are UTC.",
		  moment_text(r->taken_utc_ms, text),
		  r->is_strict
			  ? "strictly: runs that the station or people made fail count as failures"
			  : "without runs that the station or people made fail");
	if (!r->anchor[0]) {
		sheet_add(sheet, SHEET_SAY, "The ledger of these records is empty.");
		return;
	}
	sheet_add(sheet, SHEET_SAY, "Head of the ledger (%" PRId64 " entries): %s",
		  r->ledger_entries, r->anchor);
	sheet_add(sheet, SHEET_NOTE,
		  "Keep this report, or that line, away from the station. 'flashline ledger verify "
		  "--anchor' compares the records with it: nobody can then change or cut what was "
		  "recorded up to here without being found out.");
}

/* ---- all of it ---- */

void sheet_make(struct sheet *sheet, const struct report *r)
{
	add_order(sheet, r);
	if (r->flash_runs + r->open_runs + r->verify_runs + r->golden_runs == 0) {
		sheet_add(sheet, SHEET_PART, "Runs");
		sheet_add(sheet, SHEET_SAY, "No run is recorded in what was chosen.");
	} else {
		add_notable(sheet, r);
		add_yields(sheet, r);
		add_failures(sheet, r);
		sheet_when(sheet, r);
		sheet_where(sheet, r);
		add_runs(sheet, r);
	}
	sheet_lists(sheet, r);
	add_anchor(sheet, r);
}
