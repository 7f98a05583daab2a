/* The parts of a report about places, times, measurements and people. */
#include "station/report/report_sheet.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static double ratio(int64_t part, int64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

/* How long a bar is, when the longest of its column fills the room. */
static double part_of(double share, double most)
{
	return most > 0 ? share / most : 0;
}

/* ---- when ---- */

static void add_points(struct sheet *sheet, const struct report *r)
{
	static const struct sheet_column columns[] = {
		{ "begin (UTC)", COLUMN_WORD },
		{ "judged", COLUMN_FIGURE },
		{ "failed", COLUMN_FIGURE },
		{ "share", COLUMN_SHARE },
		{ "lower limit", COLUMN_FIGURE },
		{ "upper limit", COLUMN_FIGURE },
		{ "", COLUMN_WORD },
		{ "PASS", COLUMN_FIGURE },
	};
	char text[FIGURE_BYTES], low[FIGURE_BYTES], high[FIGURE_BYTES], when[FIGURE_BYTES];
	char caption[64];
	double most = 0;

	snprintf(caption, sizeof(caption), "Failures by %s", point_word(r->point_ms));
	sheet_table(sheet, caption, columns, COUNT_OF(columns));
	for (size_t i = 0; i < r->point_count; i++)
		most = fmax(most, ratio(r->points[i].failed, r->points[i].judged));
	for (size_t i = 0; i < r->point_count; i++) {
		const struct report_point *p = &r->points[i];

		sheet_cell(sheet, "%.*s", r->point_ms < 86400000 ? 16 : 10,
			   moment_text(p->begin_utc_ms, when));
		sheet_cell(sheet, "%" PRId64, p->judged);
		sheet_cell(sheet, "%" PRId64, p->failed);
		sheet_figure(sheet, part_of(ratio(p->failed, p->judged), most), p->is_outside, "%s",
			     share_text(p->failed, p->judged, text));
		sheet_cell(sheet, "%s", p->judged ? ratio_text(p->limits.low, low) : "-");
		sheet_cell(sheet, "%s", p->judged ? ratio_text(p->limits.high, high) : "-");
		sheet_cell(sheet, "%s", p->is_outside ? "outside" : "");
		sheet_cell(sheet, "%" PRId64, p->passed);
	}
}

static void add_times_row(struct sheet *sheet, const char *name, const struct report_times *t)
{
	const int64_t values[] = { t->least, t->median, t->p90, t->p95, t->greatest };
	char text[FIGURE_BYTES];

	sheet_cell(sheet, "%s", name);
	sheet_cell(sheet, "%" PRId64, t->n);
	for (size_t i = 0; i < COUNT_OF(values); i++)
		sheet_cell(sheet, "%s", t->n ? seconds_text(values[i], text) : "-");
}

static void add_bins(struct sheet *sheet, const struct report_times *t, const char *caption)
{
	static const struct sheet_column columns[] = {
		{ "from (s)", COLUMN_FIGURE },
		{ "to (s)", COLUMN_FIGURE },
		{ "passes", COLUMN_FIGURE },
		{ "share", COLUMN_SHARE },
	};
	char from[FIGURE_BYTES], to[FIGURE_BYTES], text[FIGURE_BYTES];
	double most = ratio(t->above, t->n);

	if (!t->n)
		return;
	for (size_t i = 0; i < t->bin_count; i++)
		most = fmax(most, ratio(t->bins[i], t->n));
	sheet_table(sheet, caption, columns, COUNT_OF(columns));
	for (size_t i = 0; i < t->bin_count + (t->above ? 1 : 0); i++) {
		int64_t begin = t->first_bin_ms + (int64_t)i * t->bin_ms;
		int64_t count = i < t->bin_count ? t->bins[i] : t->above;

		sheet_cell(sheet, "%s", seconds_text(begin, from));
		sheet_cell(sheet, "%s",
			   seconds_text(i < t->bin_count ? begin + t->bin_ms : t->greatest, to));
		sheet_cell(sheet, "%" PRId64, count);
		sheet_figure(sheet, part_of(ratio(count, t->n), most), false, "%s",
			     share_text(count, t->n, text));
	}
}

static void add_takt(struct sheet *sheet, const struct report *r)
{
	static const struct sheet_column columns[] = {
		{ "seconds", COLUMN_WORD },    { "n", COLUMN_FIGURE },
		{ "least", COLUMN_FIGURE },    { "median", COLUMN_FIGURE },
		{ "90 %", COLUMN_FIGURE },     { "95 %", COLUMN_FIGURE },
		{ "greatest", COLUMN_FIGURE },
	};

	sheet_add(sheet, SHEET_PART, "Takt");
	sheet_table(sheet, NULL, columns, COUNT_OF(columns));
	add_times_row(sheet, "a run that passes", &r->run_times);
	add_times_row(sheet, "unit to unit in a slot", &r->unit_times);
	sheet_add(sheet, SHEET_SAY,
		  "%" PRId64 " pass%s in %" PRId64
		  " hour%s of the clock in which something ran: %.1f units an "
		  "hour; %" PRId64 " in the best one.",
		  r->passed, r->passed == 1 ? "" : "es", r->active_hours,
		  r->active_hours == 1 ? "" : "s", ratio(r->passed, r->active_hours),
		  r->best_hour_passed);
	sheet_add(sheet, SHEET_NOTE,
		  "Unit to unit is the time from a verdict PASS to the next one in the same slot, "
		  "with all "
		  "that happened in between; %" PRId64
		  " times of more than %d minutes are left out as "
		  "pauses.",
		  r->pauses, (int)(REPORT_PAUSE_MS / 60000));
	sheet_chart(sheet, CHART_RUN_TIMES);
	add_bins(sheet, &r->run_times, "Runs that pass, by duration");
	sheet_chart(sheet, CHART_UNIT_TIMES);
	add_bins(sheet, &r->unit_times, "From unit to unit");
}

void sheet_when(struct sheet *sheet, const struct report *r)
{
	if (r->judged) {
		sheet_add(sheet, SHEET_PART, "Over time");
		sheet_chart(sheet, CHART_POINTS);
		add_points(sheet, r);
		sheet_add(sheet, SHEET_NOTE,
			  "Limits: three standard deviations around the share of all runs. A point "
			  "of %d runs or more outside of them is more than chance.",
			  REPORT_POINT_LEAST);
	}
	if (r->run_times.n)
		add_takt(sheet, r);
}

/* ---- where ---- */

/* The causes that have columns; what is left stands in the last one. */
static size_t cause_columns(const struct report *r)
{
	return r->failures.count > SHEET_CAUSES ? SHEET_CAUSES : r->failures.count;
}

static void add_group(struct sheet *sheet, const struct report *r, const struct report_group *g,
		      double most)
{
	char text[FIGURE_BYTES];
	int64_t rest = g->failed;

	sheet_figure(sheet, 0, g->is_flagged, "%s", g->name ? g->name : "unknown");
	sheet_cell(sheet, "%" PRId64, g->judged);
	sheet_cell(sheet, "%" PRId64, g->failed);
	sheet_figure(sheet, part_of(ratio(g->failed, g->judged), most), false, "%s",
		     share_text(g->failed, g->judged, text));
	sheet_cell(sheet, "%" PRId64, g->rescued);
	for (size_t i = 0; i < cause_columns(r); i++) {
		sheet_figure(sheet, ratio(g->by_cause[i], g->judged), false, "%" PRId64,
			     g->by_cause[i]);
		rest -= g->by_cause[i];
	}
	if (r->failures.count > SHEET_CAUSES)
		sheet_figure(sheet, ratio(rest, g->judged), false, "%" PRId64, rest);
}

static void add_split(struct sheet *sheet, const struct report *r, enum report_split_kind kind,
		      const char *caption)
{
	static const char *const ranks[SHEET_CAUSES] = { "1", "2", "3", "4", "5" };
	const struct report_split *s = &r->splits[kind];
	struct sheet_column columns[SHEET_COLUMNS_MAX] = {
		{ report_split_name(kind), COLUMN_NAME },
		{ "judged", COLUMN_FIGURE },
		{ "failed", COLUMN_FIGURE },
		{ "share", COLUMN_SHARE },
		{ "rescued", COLUMN_FIGURE },
	};
	size_t count = 5;

	for (size_t i = 0; i < cause_columns(r); i++)
		columns[count++] = (struct sheet_column){ ranks[i], COLUMN_HEAT };
	if (r->failures.count > SHEET_CAUSES)
		columns[count++] = (struct sheet_column){ "rest", COLUMN_HEAT };
	sheet_table(sheet, caption, columns, count);
	for (size_t i = 0; i < s->count; i++)
		add_group(sheet, r, &s->items[i], ratio(s->items[0].failed, s->items[0].judged));
}

static void add_words(struct sheet *sheet, const struct report_words *words, const char *header,
		      int64_t of)
{
	const struct sheet_column columns[] = {
		{ header, COLUMN_NAME },
		{ "passes", COLUMN_FIGURE },
		{ "share", COLUMN_SHARE },
	};
	char text[FIGURE_BYTES];
	const size_t most = 12;

	sheet_table(sheet, NULL, columns, COUNT_OF(columns));
	for (size_t i = 0; i < words->count && i < most; i++) {
		const struct report_word *w = &words->items[i];

		sheet_cell(sheet, "%s", w->text && w->text[0] ? w->text : "unknown");
		sheet_cell(sheet, "%" PRId64, w->count);
		sheet_figure(sheet, ratio(w->count, of), false, "%s",
			     share_text(w->count, of, text));
	}
	if (words->count > most)
		sheet_add(sheet, SHEET_NOTE, "%zu more are not shown.", words->count - most);
}

static void add_rescues(struct sheet *sheet, const struct report *r)
{
	char text[FIGURE_BYTES];

	sheet_add(sheet, SHEET_PART, "Rescues inside passes");
	sheet_add(sheet, SHEET_SAY,
		  "%" PRId64 " of %" PRId64 " passes needed another way than they began with (%s). "
		  "They are good, and each took "
		  "longer.",
		  r->rescued, r->passed, share_text(r->rescued, r->passed, text));
	if (!r->rescued)
		return;
	add_words(sheet, &r->rescue_ways, "the way that passed", r->rescued);
	add_words(sheet, &r->rescue_suspects, "what to look at, the likeliest first", r->rescued);
}

static const char *limit_text(bool has, double limit, char text[static FIGURE_BYTES])
{
	return has ? value_text(limit, text) : "-";
}

static void add_measure_name(struct sheet *sheet, const struct report_measure *m)
{
	sheet_cell(sheet, "%s%s%s", m->name, m->unit ? ", " : "", m->unit ? m->unit : "");
}

static void add_spreads(struct sheet *sheet, const struct report *r)
{
	static const struct sheet_column columns[] = {
		{ "value", COLUMN_NAME }, { "n", COLUMN_FIGURE },     { "mean", COLUMN_FIGURE },
		{ "s", COLUMN_FIGURE },   { "least", COLUMN_FIGURE }, { "greatest", COLUMN_FIGURE },
	};
	char text[FIGURE_BYTES];

	sheet_table(sheet, NULL, columns, COUNT_OF(columns));
	for (size_t i = 0; i < r->measure_count; i++) {
		const struct spread *s = &r->measures[i].spread;

		add_measure_name(sheet, &r->measures[i]);
		sheet_cell(sheet, "%" PRId64, s->n);
		sheet_cell(sheet, "%s", value_text(s->mean, text));
		sheet_cell(sheet, "%s", s->n > 1 ? value_text(spread_deviation(s), text) : "-");
		sheet_cell(sheet, "%s", value_text(s->least, text));
		sheet_cell(sheet, "%s", value_text(s->greatest, text));
	}
}

static void add_limits_row(struct sheet *sheet, const struct report_measure *m)
{
	char text[FIGURE_BYTES], cpk[FIGURE_BYTES] = "-", band[FIGURE_BYTES] = "-";

	if (m->has_capability) {
		snprintf(cpk, sizeof(cpk), "%.2f", m->capability.cpk);
		snprintf(band, sizeof(band), "%.2f - %.2f", m->capability.band.low,
			 m->capability.band.high);
	}
	add_measure_name(sheet, m);
	sheet_cell(sheet, "%s", limit_text(m->has_low, m->low, text));
	sheet_cell(sheet, "%s", limit_text(m->has_high, m->high, text));
	sheet_cell(sheet, "%" PRId64, m->failed);
	sheet_cell(sheet, "%s", cpk);
	sheet_cell(sheet, "%s", band);
}

static void add_limits(struct sheet *sheet, const struct report *r)
{
	static const struct sheet_column columns[] = {
		{ "value", COLUMN_NAME },        { "low limit", COLUMN_FIGURE },
		{ "high limit", COLUMN_FIGURE }, { "beyond", COLUMN_FIGURE },
		{ "Cpk", COLUMN_FIGURE },        { "95 % band", COLUMN_FIGURE },
	};
	bool has_table = false;

	for (size_t i = 0; i < r->measure_count; i++) {
		const struct report_measure *m = &r->measures[i];

		if (!m->has_low && !m->has_high)
			continue;
		if (!has_table)
			sheet_table(sheet, "Against their limits", columns, COUNT_OF(columns));
		has_table = true;
		add_limits_row(sheet, m);
	}
	if (has_table)
		sheet_add(sheet, SHEET_NOTE,
			  "Cpk is told from %d values on, and means something only for a stable "
			  "process "
			  "with bell-shaped values.",
			  CAPABILITY_LEAST);
}

static void add_measures(struct sheet *sheet, const struct report *r)
{
	if (!r->measure_count)
		return;
	sheet_add(sheet, SHEET_PART, "Measurements");
	add_spreads(sheet, r);
	sheet_add(sheet, SHEET_NOTE, "Of all flash runs. s: standard deviation.%s",
		  r->measures_cut ? " More kinds of values are not shown." : "");
	add_limits(sheet, r);
}

void sheet_where(struct sheet *sheet, const struct report *r)
{
	static const struct {
		enum report_split_kind kind;
		const char *caption;
	} rest[] = {
		{ SPLIT_BRIDGE, "By bridge and driver" },
		{ SPLIT_REVISION, "By chip and revision" },
		{ SPLIT_RECIPE, "By recipe" },
		{ SPLIT_OPERATOR, "By operator" },
		{ SPLIT_STATION, "By station" },
	};

	if (r->judged) {
		sheet_add(sheet, SHEET_PART, "Where");
		if (cause_columns(r) > 1)
			sheet_add(
				sheet, SHEET_SAY,
				"The columns 1 to %zu are the causes of that rank under Failures.",
				cause_columns(r));
		else if (cause_columns(r))
			sheet_add(sheet, SHEET_SAY, "Column 1 is the cause under Failures.");
		add_split(sheet, r, SPLIT_SLOT, "By slot");
		for (size_t i = 0; i < COUNT_OF(rest); i++)
			add_split(sheet, r, rest[i].kind, rest[i].caption);
		add_rescues(sheet, r);
	}
	add_measures(sheet, r);
}

/* ---- what people did ---- */

struct list_words {
	const char *title, *what, *text;
	bool has_slot, has_operator;
};

static void add_list(struct sheet *sheet, const struct report_list *list,
		     const struct list_words *words)
{
	struct sheet_column columns[SHEET_COLUMNS_MAX] = { { "time (UTC)", COLUMN_WORD },
							   { words->what, COLUMN_WORD },
							   { "MAC", COLUMN_WORD } };
	char when[FIGURE_BYTES];
	size_t count = 3;

	if (!list->total)
		return;
	if (words->has_slot)
		columns[count++] = (struct sheet_column){ "slot", COLUMN_NAME };
	if (words->has_operator)
		columns[count++] = (struct sheet_column){ "operator", COLUMN_NAME };
	if (words->text)
		columns[count++] = (struct sheet_column){ words->text, COLUMN_PROSE };
	sheet_table(sheet, words->title, columns, count);
	for (size_t i = 0; i < list->count; i++) {
		const struct report_entry *e = &list->items[i];

		sheet_cell(sheet, "%s", moment_text(e->utc_ms, when));
		sheet_cell(sheet, "%s", e->what ? e->what : "");
		sheet_cell(sheet, "%s", e->mac ? e->mac : "-");
		if (words->has_slot)
			sheet_cell(sheet, "%s", e->slot ? e->slot : "-");
		if (words->has_operator)
			sheet_cell(sheet, "%s", e->operator_name ? e->operator_name : "-");
		if (words->text)
			sheet_cell(sheet, "%s", e->text ? e->text : "");
	}
	if ((size_t)list->total > list->count)
		sheet_add(sheet, SHEET_NOTE, "The newest %zu of %" PRId64 ".", list->count,
			  list->total);
}

void sheet_lists(struct sheet *sheet, const struct report *r)
{
	static const struct list_words overrides = {
		.title = "Guards that were overridden",
		.what = "guard",
		.text = "reason",
		.has_slot = true,
		.has_operator = true,
	};
	static const struct list_words dispositions = {
		.title = "Units set aside or released",
		.what = "state",
		.text = "reason",
		.has_operator = true,
	};
	static const struct list_words duplicates = {
		.title = "One MAC in two slots",
		.what = "outcome",
		.has_slot = true,
	};
	static const struct list_words alarms = { .title = "Alarms",
						  .what = "code",
						  .text = "detail" };
	static const struct list_words lockouts = {
		.title = "Lockouts: no units were taken",
		.what = "code",
		.text = "detail, how it ended, and why",
		.has_slot = true,
		.has_operator = true,
	};

	if (r->overrides.total + r->dispositions.total + r->duplicates.total + r->alarms.total +
		    r->lockouts.total ==
	    0)
		return;
	sheet_add(sheet, SHEET_PART, "People and alarms");
	add_list(sheet, &r->alarms, &alarms);
	add_list(sheet, &r->lockouts, &lockouts);
	add_list(sheet, &r->duplicates, &duplicates);
	add_list(sheet, &r->overrides, &overrides);
	add_list(sheet, &r->dispositions, &dispositions);
}
