/* The report as one JSON object: docs/report.md describes it. */
#include "station/json.h"
#include "station/report/report_sheet.h"

#include <jansson.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct json_figure {
	const char *name;
	int64_t value;
};

static void set_figures(json_t *object, const struct json_figure *figures, size_t count)
{
	for (size_t i = 0; i < count; i++)
		json_object_set_new(object, figures[i].name, json_integer(figures[i].value));
}

static json_t *json_time(int64_t utc_ms)
{
	char text[UTC_TEXT_BYTES];

	utc_text(utc_ms, text);
	return json_string(text);
}

static json_t *json_ratio(int64_t k, int64_t n)
{
	return n ? json_real((double)k / (double)n) : json_null();
}

static json_t *json_share(const struct report_share *s)
{
	json_t *object = json_object();

	json_object_set_new(object, "k", json_integer(s->k));
	json_object_set_new(object, "n", json_integer(s->n));
	json_object_set_new(object, "share", json_ratio(s->k, s->n));
	json_object_set_new(object, "low", s->n ? json_real(s->band.low) : json_null());
	json_object_set_new(object, "high", s->n ? json_real(s->band.high) : json_null());
	return object;
}

/* ---- head ---- */

static json_t *json_order(const struct report *r)
{
	const struct batch_state *b = &r->batch;
	json_t *object = json_object();

	json_object_set_new(object, "batch", json_text(r->batch_name));
	json_object_set_new(object, "known", json_boolean(b->is_known));
	if (!b->is_known)
		return object;
	json_object_set_new(object, "open", json_boolean(b->is_open));
	json_object_set_new(object, "work_order", json_text(b->work_order));
	json_object_set_new(object, "part_number", json_text(b->part_number));
	json_object_set_new(object, "part_revision", json_text(b->part_revision));
	json_object_set_new(object, "customer", json_text(b->customer));
	json_object_set_new(object, "recipe_digest", json_text(b->recipe_digest));
	json_object_set_new(object, "quantity",
			    b->quantity ? json_integer(b->quantity) : json_null());
	json_object_set_new(object, "quota", b->quota ? json_integer(b->quota) : json_null());
	json_object_set_new(object, "passed_units", json_integer(b->passed));
	json_object_set_new(object, "to_go",
			    !b->quantity              ? json_null()
			    : b->quantity > b->passed ? json_integer(b->quantity - b->passed)
						      : json_integer(0));
	json_object_set_new(object, "opened", json_time(b->opened_utc_ms));
	json_object_set_new(object, "closed",
			    b->closed_utc_ms && !b->is_open ? json_time(b->closed_utc_ms)
							    : json_null());
	return object;
}

static json_t *json_choice(const struct report *r)
{
	json_t *object = json_object();

	json_object_set_new(object, "batch", json_text(r->batch_name));
	json_object_set_new(object, "recipe", json_text(r->recipe_filter));
	json_object_set_new(object, "from", r->has_from ? json_time(r->from_utc_ms) : json_null());
	json_object_set_new(object, "to", r->has_to ? json_time(r->to_utc_ms) : json_null());
	json_object_set_new(object, "strict", json_boolean(r->is_strict));
	return object;
}

static json_t *json_runs(const struct report *r)
{
	const struct json_figure figures[] = {
		{ "flash", r->flash_runs },
		{ "pass", r->passed },
		{ "fail", r->failed },
		{ "error", r->errors },
		{ "timeout", r->timeouts },
		{ "aborted", r->aborted },
		{ "judged", r->judged },
		{ "not_counted", r->excluded },
		{ "without_mac", r->without_mac },
		{ "without_proof", r->without_proof },
		{ "rescued", r->rescued },
		{ "duplicate_mac", r->duplicate_runs },
		{ "open", r->open_runs },
		{ "verify", r->verify_runs },
		{ "verify_pass", r->verify_passed },
		{ "golden", r->golden_runs },
		{ "golden_pass", r->golden_passed },
	};
	json_t *object = json_object();

	json_object_set_new(object, "first_start",
			    r->first_utc_ms ? json_time(r->first_utc_ms) : json_null());
	json_object_set_new(object, "last_start",
			    r->last_utc_ms ? json_time(r->last_utc_ms) : json_null());
	set_figures(object, figures, COUNT_OF(figures));
	return object;
}

/* ---- yields and causes ---- */

static json_t *json_yields(const struct report *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->yield_count; i++) {
		const struct report_yield *y = &r->yields[i];
		const struct json_figure figures[] = {
			{ "seen_before", y->seen_before },
			{ "without_mac", y->without_mac },
			{ "without_proof", y->without_proof },
			{ "rescued", y->rescued },
		};
		json_t *object = json_object();

		json_object_set_new(object, "product", json_text(y->product));
		json_object_set_new(object, "process", json_text(y->process));
		json_object_set_new(object, "first_pass", json_share(&y->first_pass));
		json_object_set_new(object, "final", json_share(&y->final));
		json_object_set_new(object, "station", json_share(&y->station));
		json_object_set_new(object, "first_pass_worst",
				    json_ratio(y->first_pass.k, y->first_pass.n + y->without_mac));
		set_figures(object, figures, COUNT_OF(figures));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *json_rolled(const struct report *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->rolled_count; i++) {
		json_t *object = json_object();

		json_object_set_new(object, "product", json_text(r->rolled[i].product));
		json_object_set_new(object, "processes",
				    json_integer((json_int_t)r->rolled[i].processes));
		json_object_set_new(object, "share", json_real(r->rolled[i].yield));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *json_causes(const struct report_causes *causes)
{
	json_t *array = json_array();
	int64_t sum = 0;

	for (size_t i = 0; i < causes->count; i++) {
		const struct report_cause *c = &causes->items[i];
		json_t *object = json_object();

		sum += c->count;
		json_object_set_new(object, "code", json_text(c->code));
		json_object_set_new(object, "party", json_text(c->party));
		json_object_set_new(object, "runs", json_integer(c->count));
		json_object_set_new(object, "share", json_ratio(c->count, causes->total));
		json_object_set_new(object, "cumulative", json_ratio(sum, causes->total));
		json_object_set_new(object, "sentence", json_text(report_sentence(c->code)));
		json_array_append_new(array, object);
	}
	return array;
}

/* ---- where and when ---- */

static json_t *json_group(const struct report *r, const struct report_group *g)
{
	json_t *object = json_object(), *causes = json_object();

	for (size_t i = 0; i < r->failures.count; i++)
		if (g->by_cause[i])
			json_object_set_new(causes, r->failures.items[i].code,
					    json_integer(g->by_cause[i]));
	json_object_set_new(object, "name", json_text(g->name));
	json_object_set_new(object, "judged", json_integer(g->judged));
	json_object_set_new(object, "failed", json_integer(g->failed));
	json_object_set_new(object, "share", json_ratio(g->failed, g->judged));
	json_object_set_new(object, "rescued", json_integer(g->rescued));
	json_object_set_new(object, "causes", causes);
	json_object_set_new(object, "flagged", json_boolean(g->is_flagged));
	json_object_set_new(object, "chance", json_real(g->chance));
	return object;
}

static json_t *json_splits(const struct report *r)
{
	json_t *object = json_object();

	for (size_t kind = 0; kind < SPLIT_COUNT; kind++) {
		json_t *array = json_array();

		for (size_t i = 0; i < r->splits[kind].count; i++)
			json_array_append_new(array, json_group(r, &r->splits[kind].items[i]));
		json_object_set_new(object, report_split_name((enum report_split_kind)kind), array);
	}
	return object;
}

static json_t *json_points(const struct report *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->point_count; i++) {
		const struct report_point *p = &r->points[i];
		json_t *object = json_object();

		json_object_set_new(object, "begin", json_time(p->begin_utc_ms));
		json_object_set_new(object, "judged", json_integer(p->judged));
		json_object_set_new(object, "failed", json_integer(p->failed));
		json_object_set_new(object, "pass", json_integer(p->passed));
		json_object_set_new(object, "share", json_ratio(p->failed, p->judged));
		json_object_set_new(object, "low",
				    p->judged ? json_real(p->limits.low) : json_null());
		json_object_set_new(object, "high",
				    p->judged ? json_real(p->limits.high) : json_null());
		json_object_set_new(object, "outside", json_boolean(p->is_outside));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *json_times(const struct report_times *t)
{
	const struct json_figure figures[] = {
		{ "min_ms", t->least },    { "median_ms", t->median },
		{ "p90_ms", t->p90 },      { "p95_ms", t->p95 },
		{ "max_ms", t->greatest }, { "bin_ms", t->bin_ms },
		{ "above", t->above },     { "first_bin_ms", t->first_bin_ms },
	};
	json_t *object = json_object(), *bins = json_array();

	json_object_set_new(object, "n", json_integer(t->n));
	if (t->n)
		set_figures(object, figures, COUNT_OF(figures));
	for (size_t i = 0; i < t->bin_count; i++)
		json_array_append_new(bins, json_integer(t->bins[i]));
	json_object_set_new(object, "bins", bins);
	return object;
}

static json_t *json_takt(const struct report *r)
{
	const struct json_figure figures[] = {
		{ "pauses", r->pauses },
		{ "pause_ms", REPORT_PAUSE_MS },
		{ "active_hours", r->active_hours },
		{ "best_hour_pass", r->best_hour_passed },
	};
	json_t *object = json_object();

	json_object_set_new(object, "run", json_times(&r->run_times));
	json_object_set_new(object, "unit_to_unit", json_times(&r->unit_times));
	json_object_set_new(object, "units_per_hour", json_ratio(r->passed, r->active_hours));
	set_figures(object, figures, COUNT_OF(figures));
	return object;
}

/* ---- rescues, measurements, lists ---- */

static json_t *json_words(const struct report_words *words)
{
	json_t *array = json_array();

	for (size_t i = 0; i < words->count; i++) {
		json_t *object = json_object();

		json_object_set_new(object, "text", json_text(words->items[i].text));
		json_object_set_new(object, "passes", json_integer(words->items[i].count));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *json_rescues(const struct report *r)
{
	json_t *object = json_object();

	json_object_set_new(object, "passes", json_integer(r->rescued));
	json_object_set_new(object, "share", json_ratio(r->rescued, r->passed));
	json_object_set_new(object, "ways", json_words(&r->rescue_ways));
	json_object_set_new(object, "suspects", json_words(&r->rescue_suspects));
	return object;
}

static json_t *json_measure(const struct report_measure *m)
{
	const struct capability *c = m->has_capability ? &m->capability : NULL;
	json_t *object = json_object();

	json_object_set_new(object, "name", json_text(m->name));
	json_object_set_new(object, "unit", json_text(m->unit));
	json_object_set_new(object, "n", json_integer(m->spread.n));
	json_object_set_new(object, "mean", json_real(m->spread.mean));
	json_object_set_new(object, "deviation", json_real(spread_deviation(&m->spread)));
	json_object_set_new(object, "min", json_real(m->spread.least));
	json_object_set_new(object, "max", json_real(m->spread.greatest));
	json_object_set_new(object, "low", m->has_low ? json_real(m->low) : json_null());
	json_object_set_new(object, "high", m->has_high ? json_real(m->high) : json_null());
	json_object_set_new(object, "beyond", json_integer(m->failed));
	json_object_set_new(object, "cpk", c ? json_real(c->cpk) : json_null());
	json_object_set_new(object, "cpk_low", c ? json_real(c->band.low) : json_null());
	json_object_set_new(object, "cpk_high", c ? json_real(c->band.high) : json_null());
	return object;
}

static json_t *json_measures(const struct report *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->measure_count; i++)
		json_array_append_new(array, json_measure(&r->measures[i]));
	return array;
}

static json_t *json_list(const struct report_list *list)
{
	json_t *object = json_object(), *array = json_array();

	for (size_t i = 0; i < list->count; i++) {
		const struct report_entry *e = &list->items[i];
		json_t *entry = json_object();

		json_object_set_new(entry, "time", json_time(e->utc_ms));
		json_object_set_new(entry, "what", json_text(e->what));
		json_object_set_new(entry, "mac", json_text(e->mac));
		json_object_set_new(entry, "slot", json_text(e->slot));
		json_object_set_new(entry, "operator", json_text(e->operator_name));
		json_object_set_new(entry, "text", json_text(e->text));
		json_array_append_new(array, entry);
	}
	json_object_set_new(object, "total", json_integer(list->total));
	json_object_set_new(object, "newest", array);
	return object;
}

json_t *report_json(const struct report *r)
{
	json_t *object = json_event("report");

	json_object_set_new(object, "taken", json_time(r->taken_utc_ms));
	json_object_set_new(object, "choice", json_choice(r));
	json_object_set_new(object, "order", r->batch_name ? json_order(r) : json_null());
	json_object_set_new(object, "runs", json_runs(r));
	json_object_set_new(object, "yields", json_yields(r));
	json_object_set_new(object, "rolled_yields", json_rolled(r));
	json_object_set_new(object, "failures", json_causes(&r->failures));
	json_object_set_new(object, "not_counted", json_causes(&r->not_counted));
	json_object_set_new(object, "aborted", json_causes(&r->aborts));
	json_object_set_new(object, "by", json_splits(r));
	json_object_set_new(object, "point_s", json_integer(r->point_ms / 1000));
	json_object_set_new(object, "points", json_points(r));
	json_object_set_new(object, "takt", json_takt(r));
	json_object_set_new(object, "rescues", json_rescues(r));
	json_object_set_new(object, "measurements", json_measures(r));
	json_object_set_new(object, "overrides", json_list(&r->overrides));
	json_object_set_new(object, "dispositions", json_list(&r->dispositions));
	json_object_set_new(object, "duplicates", json_list(&r->duplicates));
	json_object_set_new(object, "alarms", json_list(&r->alarms));
	json_object_set_new(object, "lockouts", json_list(&r->lockouts));
	json_object_set_new(object, "ledger_entries", json_integer(r->ledger_entries));
	json_object_set_new(object, "anchor", json_text(r->anchor));
	return object;
}
