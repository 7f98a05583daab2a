/*
 * Charts of a report as SVG, with no script and nothing from outside.
 *
 * They are 720 units wide and drawn to be read in black and white as well: what is bad
 * is hatched or has another shape, never only another colour. The colours are
 * those of Okabe and Ito, which colour-blind people can tell apart. Every figure of a
 * chart stands in the table below it.
 */
#include "station/report/report_sheet.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 720.0
#define INK "#1d2733"
#define FAINT "#5b6673"
#define RULE "#dfe4ea"
#define BLUE "#0072b2"
#define BAND "#b9d7ea"
#define ORANGE "#d55e00"

enum anchor { START, MIDDLE, END };

static void begin(struct textbuf *out, double height, const char *label)
{
	textbuf_add(out,
		    "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\" "
		    "xmlns=\"http://www.w3.org/2000/svg\">\n",
		    WIDTH, height, label);
}

static void end(struct textbuf *out)
{
	textbuf_add(out, "</svg>\n");
}

static void line(struct textbuf *out, double x1, double y1, double x2, double y2,
		 const char *colour, double width, const char *dashes)
{
	textbuf_add(out,
		    "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
		    "stroke-width=\"%.1f\"%s%s%s/>\n",
		    x1, y1, x2, y2, colour, width, dashes ? " stroke-dasharray=\"" : "",
		    dashes ? dashes : "", dashes ? "\"" : "");
}

static void rect(struct textbuf *out, double x, double y, double width, double height,
		 const char *fill)
{
	textbuf_add(out,
		    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n", x,
		    y, width < 0 ? 0 : width, height, fill);
}

static void dot(struct textbuf *out, double x, double y, double radius, const char *fill)
{
	textbuf_add(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"/>\n", x, y, radius,
		    fill);
}

static void words(struct textbuf *out, double x, double y, enum anchor anchor, const char *colour,
		  const char *text)
{
	static const char *const anchors[] = { "start", "middle", "end" };

	textbuf_add(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">", x, y,
		    anchors[anchor], colour);
	html_text(out, text);
	textbuf_add(out, "</text>\n");
}

static double ratio(int64_t part, int64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

/* 1, 2, 5 times a power of ten, so that at most `most` of them reach up to `end`. */
static double nice_step(double end, int most)
{
	static const double steps[] = { 1, 2, 5 };
	double decade = pow(10, floor(log10(end / most)));

	for (;; decade *= 10)
		for (size_t i = 0; i < 3; i++)
			if (steps[i] * decade * most >= end * (1 - 1e-9))
				return steps[i] * decade;
}

/* ---- yields: a point in its 95 % band ---- */

#define YIELD_ROWS 8 /* products and processes; more stand in the table alone */
#define YIELD_LEFT 210.0
#define YIELD_RIGHT 640.0
#define YIELD_STEP 26.0

/* Where the axis begins: as far right as all bands allow. */
static double yield_begin(const struct report *r, size_t rows)
{
	static const double begins[] = { 0.99, 0.98, 0.95, 0.9, 0.8, 0.5 };
	double least = 1;

	for (size_t i = 0; i < rows; i++) {
		const struct report_share *shares[] = { &r->yields[i].first_pass,
							&r->yields[i].final,
							&r->yields[i].station };
		for (size_t j = 0; j < 3; j++)
			least = shares[j]->n ? fmin(least, shares[j]->band.low) : least;
	}
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (least >= begins[i])
			return begins[i];
	return 0;
}

static void yield_row(struct textbuf *out, const char *name, const struct report_share *s,
		      double from, double y)
{
	const double scale = (YIELD_RIGHT - YIELD_LEFT) / (1 - from);
	char text[FIGURE_BYTES];

	words(out, YIELD_LEFT - 12, y + 4, END, FAINT, name);
	if (!s->n) {
		words(out, YIELD_LEFT, y + 4, START, FAINT, "no unit");
		return;
	}
	double low = YIELD_LEFT + (s->band.low - from) * scale;
	double high = YIELD_LEFT + (s->band.high - from) * scale;
	rect(out, low, y - 6, fmax(high - low, 1), 12, BAND);
	line(out, low, y - 6, low, y + 6, BLUE, 1, NULL);
	line(out, high, y - 6, high, y + 6, BLUE, 1, NULL);
	dot(out, YIELD_LEFT + (ratio(s->k, s->n) - from) * scale, y, 4, BLUE);
	words(out, WIDTH - 4, y + 4, END, INK, share_text(s->k, s->n, text));
}

static void chart_yields(const struct report *r, struct textbuf *out)
{
	const size_t rows = r->yield_count < YIELD_ROWS ? r->yield_count : YIELD_ROWS;
	const bool has_titles = r->yield_count > 1;
	const double block = 3 * YIELD_STEP + (has_titles ? 30 : 8);
	const bool is_cut = rows < r->yield_count;
	const double from = yield_begin(r, rows), height = (double)rows * block + 30;
	char text[FIGURE_BYTES], title[160];

	begin(out, height + (is_cut ? 24 : 0), "Yields with their 95 % bands");
	for (int i = 0; i <= 5; i++) {
		double x = YIELD_LEFT + (YIELD_RIGHT - YIELD_LEFT) * i / 5;

		line(out, x, 4, x, height - 22, RULE, 1, NULL);
		snprintf(text, sizeof(text), "%g %%", 100 * (from + (1 - from) * i / 5));
		words(out, x, height - 6, MIDDLE, FAINT, text);
	}
	for (size_t i = 0; i < rows; i++) {
		const struct report_yield *y = &r->yields[i];
		double top = (double)i * block + (has_titles ? 40 : 18);

		if (has_titles) {
			snprintf(title, sizeof(title), "%.100s, %.40s",
				 y->product ? y->product : "no recipe", y->process);
			text_clean(title);
			words(out, 0, top - 22, START, INK, title);
		}
		yield_row(out, "first pass", &y->first_pass, from, top);
		yield_row(out, "final", &y->final, from, top + YIELD_STEP);
		yield_row(out, "station", &y->station, from, top + 2 * YIELD_STEP);
	}
	if (is_cut) {
		snprintf(text, sizeof(text), "and %zu more, in the table", r->yield_count - rows);
		words(out, 0, height + 18, START, FAINT, text);
	}
	end(out);
}

/* ---- Pareto: bars, and the share of all up to here ---- */

#define PARETO_ROWS 10
#define PARETO_LEFT 200.0
#define PARETO_RIGHT 660.0
#define PARETO_STEP 26.0

static void pareto_row(struct textbuf *out, const char *name, int64_t count, int64_t sum,
		       const struct report *r, double y, double *last_x)
{
	const double width = PARETO_RIGHT - PARETO_LEFT;
	double x = PARETO_LEFT + width * ratio(sum, r->failures.total);
	double bar = width * ratio(count, r->failures.total);
	char text[FIGURE_BYTES];

	words(out, PARETO_LEFT - 12, y + 4, END, INK, name);
	rect(out, PARETO_LEFT, y - 8, fmax(bar, 1), 16, "url(#hatch)");
	textbuf_add(out,
		    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"16\" fill=\"none\" "
		    "stroke=\"" ORANGE "\"/>\n",
		    PARETO_LEFT, y - 8, fmax(bar, 1));
	if (*last_x > 0)
		line(out, *last_x, y - PARETO_STEP, x, y, BLUE, 1.5, NULL);
	*last_x = x;
	snprintf(text, sizeof(text), "%" PRId64, count);
	words(out, WIDTH - 4, y + 4, END, INK, text);
}

static void chart_pareto(const struct report *r, struct textbuf *out)
{
	const size_t count = r->failures.count;
	const size_t shown = count > PARETO_ROWS ? PARETO_ROWS - 1 : count;
	const size_t rows = shown + (count > shown);
	const double height = (double)rows * PARETO_STEP + 40;
	struct textbuf dots = { 0 };
	int64_t sum = 0;
	double last_x = 0;

	begin(out, height, "Failures by cause, the most frequent first, with their sum");
	textbuf_add(out, "<defs><pattern id=\"hatch\" width=\"5\" height=\"5\" "
			 "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
			 "<rect width=\"5\" height=\"5\" fill=\"#fbe6d8\"/>"
			 "<rect width=\"2\" height=\"5\" fill=\"" ORANGE "\"/></pattern></defs>\n");
	for (int i = 0; i <= 4; i++) {
		double x = PARETO_LEFT + (PARETO_RIGHT - PARETO_LEFT) * i / 4;
		char text[FIGURE_BYTES];

		line(out, x, 4, x, height - 30, RULE, 1, NULL);
		snprintf(text, sizeof(text), "%d %%", 25 * i);
		words(out, x, height - 12, MIDDLE, FAINT, text);
	}
	for (size_t i = 0; i < rows; i++) {
		double y = (double)i * PARETO_STEP + 18;
		int64_t runs = i < shown ? r->failures.items[i].count : r->failures.total - sum;

		sum += runs;
		pareto_row(out, i < shown ? r->failures.items[i].code : "all others", runs, sum, r,
			   y, &last_x);
		dot(&dots, last_x, y, 3.5, BLUE);
	}
	textbuf_add(out, "%s", textbuf_string(&dots));
	textbuf_release(&dots);
	end(out);
}

/* ---- p-chart ---- */

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define POINTS_LEFT 54.0
#define POINTS_RIGHT 660.0
#define POINTS_TOP 12.0
#define POINTS_BOTTOM 214.0

struct points_scale {
	double top; /* share at the upper end */
	int64_t from_ms, to_ms;
};

static double point_x(const struct points_scale *s, int64_t utc_ms)
{
	return POINTS_LEFT + (POINTS_RIGHT - POINTS_LEFT) * ((double)(utc_ms - s->from_ms) /
							     (double)(s->to_ms - s->from_ms));
}

static double point_y(const struct points_scale *s, double share)
{
	return POINTS_BOTTOM - (POINTS_BOTTOM - POINTS_TOP) * fmin(share / s->top, 1);
}

static struct points_scale scale_points(const struct report *r)
{
	struct points_scale s = {
		.top = 0.01,
		.from_ms = r->points[0].begin_utc_ms,
		.to_ms = r->points[r->point_count - 1].begin_utc_ms + r->point_ms,
	};

	for (size_t i = 0; i < r->point_count; i++) {
		const struct report_point *p = &r->points[i];

		s.top = fmax(s.top, ratio(p->failed, p->judged));
		/* A point of two runs has limits that tell nothing: they may leave the picture. */
		if (p->judged >= REPORT_POINT_LEAST)
			s.top = fmax(s.top, p->limits.high);
	}
	s.top = fmin(1, s.top * 1.08);
	return s;
}

/* At most 7 labels, at whole hours, days or weeks. */
static int64_t time_tick(int64_t span_ms)
{
	static const int64_t hours[] = { 1, 2, 3, 6, 12, 24, 48, 7 * 24, 14 * 24, 28 * 24 };
	const size_t count = sizeof(hours) / sizeof(hours[0]);
	int64_t tick = HOUR_MS;

	for (size_t i = 0; i < count && span_ms / tick > 6; i++)
		tick = hours[i] * HOUR_MS;
	while (span_ms / tick > 6)
		tick *= 2;
	return tick;
}

static void points_axes(const struct points_scale *s, struct textbuf *out)
{
	const double step = nice_step(s->top, 5);
	const int64_t tick = time_tick(s->to_ms - s->from_ms);
	char text[FIGURE_BYTES];

	for (int i = 0; i * step <= s->top * (1 + 1e-9); i++) {
		double y = point_y(s, i * step);

		line(out, POINTS_LEFT, y, POINTS_RIGHT, y, RULE, 1, NULL);
		snprintf(text, sizeof(text), "%g %%", round(1e6 * i * step) / 1e4);
		words(out, POINTS_LEFT - 8, y + 4, END, FAINT, text);
	}
	for (int64_t at = s->from_ms + (tick - s->from_ms % tick) % tick; at < s->to_ms;
	     at += tick) {
		double x = point_x(s, at);

		line(out, x, POINTS_BOTTOM, x, POINTS_BOTTOM + 4, FAINT, 1, NULL);
		moment_text(at, text);
		words(out, x, POINTS_BOTTOM + 18, x < POINTS_LEFT + 30 ? START : MIDDLE, FAINT,
		      tick < DAY_MS ? text + 5 : (text[10] = '\0', text));
	}
}

static void one_point(const struct report *r, const struct points_scale *s,
		      const struct report_point *p, struct textbuf *out)
{
	double left = point_x(s, p->begin_utc_ms),
	       right = point_x(s, p->begin_utc_ms + r->point_ms);
	double x = (left + right) / 2, y = point_y(s, ratio(p->failed, p->judged));

	if (p->limits.high < s->top)
		line(out, left, point_y(s, p->limits.high), right, point_y(s, p->limits.high),
		     FAINT, 1, "3 2");
	if (p->limits.low > 0)
		line(out, left, point_y(s, p->limits.low), right, point_y(s, p->limits.low), FAINT,
		     1, "3 2");
	if (!p->is_outside) {
		dot(out, x, y, 2.8, BLUE);
		return;
	}
	textbuf_add(out,
		    "<path d=\"M%.1f %.1fl6 6-6 6-6-6z\" fill=\"#fff\" stroke=\"" ORANGE
		    "\" stroke-width=\"2\"/>\n",
		    x, y - 6);
}

static void chart_points(const struct report *r, struct textbuf *out)
{
	const struct report_point *last = NULL;
	struct points_scale s;
	char text[FIGURE_BYTES];

	if (!r->point_count)
		return;
	s = scale_points(r);
	begin(out, POINTS_BOTTOM + 28, "Share of failed runs over time, with 3-sigma limits");
	points_axes(&s, out);
	line(out, POINTS_LEFT, point_y(&s, r->failed_share), POINTS_RIGHT,
	     point_y(&s, r->failed_share), INK, 1, NULL);
	words(out, POINTS_RIGHT + 8, point_y(&s, r->failed_share) + 4, START, INK,
	      ratio_text(r->failed_share, text));
	for (size_t i = 0; i < r->point_count; i++) {
		const struct report_point *p = &r->points[i];

		if (!p->judged)
			continue;
		/* A line between neighbours; none over a time in which nothing ran. */
		if (last && p->begin_utc_ms - last->begin_utc_ms <= r->point_ms)
			line(out, point_x(&s, last->begin_utc_ms + r->point_ms / 2),
			     point_y(&s, ratio(last->failed, last->judged)),
			     point_x(&s, p->begin_utc_ms + r->point_ms / 2),
			     point_y(&s, ratio(p->failed, p->judged)), "#8db9d6", 1, NULL);
		last = p;
	}
	for (size_t i = 0; i < r->point_count; i++)
		if (r->points[i].judged)
			one_point(r, &s, &r->points[i], out);
	end(out);
}

/* ---- distributions of times ---- */

#define BINS_LEFT 54.0
#define BINS_RIGHT 700.0
#define BINS_TOP 46.0
#define BINS_BOTTOM 192.0

static double bin_x(const struct report_times *t, int64_t ms)
{
	const size_t bins = t->bin_count + (t->above ? 1 : 0);
	const double at = (double)(ms - t->first_bin_ms) / (double)t->bin_ms;

	return BINS_LEFT + (BINS_RIGHT - BINS_LEFT) * fmin(at, (double)bins) / (double)bins;
}

static void mark(const struct report_times *t, int64_t ms, const char *name, double y,
		 struct textbuf *out)
{
	char text[2 * FIGURE_BYTES], seconds[FIGURE_BYTES];
	double x = bin_x(t, ms);

	line(out, x, y + 4, x, BINS_BOTTOM, INK, 1.2, "4 3");
	snprintf(text, sizeof(text), "%s %s s", name, seconds_text(ms, seconds));
	words(out, x < 560 ? x + 5 : x - 5, y + 8, x < 560 ? START : END, INK, text);
}

static void chart_times(const struct report_times *t, const char *label, struct textbuf *out)
{
	const size_t bins = t->bin_count + (t->above ? 1 : 0);
	const double width = (BINS_RIGHT - BINS_LEFT) / (double)bins;
	const size_t every = (bins + 9) / 10;
	int64_t most = 1;
	char text[FIGURE_BYTES];

	if (!t->n)
		return;
	for (size_t i = 0; i < t->bin_count; i++)
		most = t->bins[i] > most ? t->bins[i] : most;
	most = t->above > most ? t->above : most;
	begin(out, BINS_BOTTOM + 40, label);
	for (size_t i = 0; i < bins; i++) {
		int64_t count = i < t->bin_count ? t->bins[i] : t->above;
		double height = (BINS_BOTTOM - BINS_TOP) * ratio(count, most);

		rect(out, BINS_LEFT + width * (double)i + 1, BINS_BOTTOM - height, width - 2,
		     height, i < t->bin_count ? "#5aa7d6" : BAND);
		if (i < t->bin_count && i % every)
			continue;
		if (i < t->bin_count)
			words(out, BINS_LEFT + width * (double)i, BINS_BOTTOM + 16, MIDDLE, FAINT,
			      seconds_text(t->first_bin_ms + (int64_t)i * t->bin_ms, text));
	}
	if (t->above)
		words(out, BINS_RIGHT, BINS_BOTTOM + 16, END, FAINT, "more");
	line(out, BINS_LEFT, BINS_BOTTOM, BINS_RIGHT, BINS_BOTTOM, FAINT, 1, NULL);
	words(out, (BINS_LEFT + BINS_RIGHT) / 2, BINS_BOTTOM + 34, MIDDLE, FAINT, "seconds");
	snprintf(text, sizeof(text), "%" PRId64, most);
	words(out, BINS_LEFT - 8, BINS_TOP + 4, END, FAINT, text);
	words(out, BINS_LEFT - 8, BINS_BOTTOM + 4, END, FAINT, "0");
	mark(t, t->median, "median", 6, out);
	mark(t, t->p95, "95 %", 22, out);
	end(out);
}

void chart_print(const struct report *r, enum sheet_chart chart, struct textbuf *out)
{
	switch (chart) {
	case CHART_YIELDS:
		chart_yields(r, out);
		break;
	case CHART_PARETO:
		chart_pareto(r, out);
		break;
	case CHART_POINTS:
		chart_points(r, out);
		break;
	case CHART_RUN_TIMES:
		chart_times(&r->run_times, "How long runs that pass take", out);
		break;
	case CHART_UNIT_TIMES:
		chart_times(&r->unit_times, "From one unit to the next", out);
		break;
	}
}
