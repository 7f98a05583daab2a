/* What the counts of a report mean: pure. */
#include "db/report/report_build.h"

#include <stdlib.h>
#include <string.h>

/* ---- distributions ---- */

static int compare_values(const void *a, const void *b)
{
	const uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;

	return p < q ? -1 : p > q;
}

/* 1, 2, 5, 10, 20 ...: the least that is no smaller than ms. */
static int64_t round_width(int64_t ms)
{
	static const int64_t steps[] = { 1, 2, 5 };

	for (int64_t decade = 1;; decade *= 10)
		for (size_t i = 0; i < 3; i++)
			if (steps[i] * decade >= ms)
				return steps[i] * decade;
}

void report_times_make(struct report_times *t, uint32_t *values, size_t count)
{
	int64_t end;

	*t = (struct report_times){ .n = (int64_t)count };
	if (!count)
		return;
	qsort(values, count, sizeof(*values), compare_values);
	t->least = values[0];
	t->median = rank_of(values, count, 0.5);
	t->p90 = rank_of(values, count, 0.9);
	t->p95 = rank_of(values, count, 0.95);
	t->greatest = values[count - 1];
	/* Up to the 99th of a hundred: the one that took ten times as long shall not press the rest
	 * into one bin. */
	end = rank_of(values, count, 0.99);
	t->bin_ms = round_width((end - t->least) / (REPORT_BINS - 8) + 1);
	t->first_bin_ms = t->least / t->bin_ms * t->bin_ms;
	t->bin_count = (size_t)((end - t->first_bin_ms) / t->bin_ms) + 1;
	for (size_t i = 0; i < count; i++) {
		size_t bin = (size_t)((values[i] - t->first_bin_ms) / t->bin_ms);

		if (bin < t->bin_count)
			t->bins[bin]++;
		else
			t->above++;
	}
}

/* ---- points of time ---- */

#define DAY_MS INT64_C(86400000)
#define POINTS_MAX 100

/* 1970 began on a Thursday; weeks begin on Mondays. */
static int64_t begin_of(int64_t utc_ms, int64_t point_ms)
{
	int64_t shift = point_ms % (7 * DAY_MS) == 0 ? 3 * DAY_MS : 0;
	int64_t rest = (utc_ms + shift) % point_ms;

	return utc_ms - (rest < 0 ? rest + point_ms : rest);
}

static void fold(struct report *r, int64_t point_ms)
{
	size_t count = 0;

	for (size_t i = 0; i < r->point_count; i++) {
		struct report_point p = r->points[i];

		p.begin_utc_ms = begin_of(p.begin_utc_ms, point_ms);
		if (count && r->points[count - 1].begin_utc_ms == p.begin_utc_ms) {
			r->points[count - 1].judged += p.judged;
			r->points[count - 1].failed += p.failed;
			r->points[count - 1].passed += p.passed;
		} else {
			r->points[count++] = p;
		}
	}
	r->point_count = count;
	r->point_ms = point_ms;
}

void report_fold_points(struct report *r)
{
	static const int64_t lengths[] = { DAY_MS, 7 * DAY_MS, 28 * DAY_MS, 364 * DAY_MS };

	r->point_ms = INT64_C(3600000);
	for (size_t i = 0; i < 4 && r->point_count > POINTS_MAX; i++)
		fold(r, lengths[i]);
}

static void judge_points(struct report *r)
{
	r->failed_share = r->judged ? (double)r->failures.total / (double)r->judged : 0;
	for (size_t i = 0; i < r->point_count; i++) {
		struct report_point *p = &r->points[i];
		double share = p->judged ? (double)p->failed / (double)p->judged : 0;

		p->limits = p_chart_limits(r->failed_share, p->judged);
		p->is_outside = p->judged >= REPORT_POINT_LEAST &&
				(share > p->limits.high || share < p->limits.low);
	}
}

/* ---- groups ---- */

/* Fewer runs, here or elsewhere, and nothing is said; fewer failures likewise. */
#define GROUP_LEAST 8
#define FAILURES_LEAST 3
/* How often a sound group may be named, of all splits of that kind: divided by their number,
 * because of many groups one is always the worst. */
#define CHANCE 0.01

static void judge_group(struct report_group *g, int64_t judged, int64_t failed, size_t groups)
{
	int64_t others = judged - g->judged, others_failed = failed - g->failed;
	double share;

	g->chance = 1;
	if (g->judged < GROUP_LEAST || others < GROUP_LEAST || g->failed < FAILURES_LEAST)
		return;
	/* One more granted to the others: what was not seen may still happen. */
	share = (double)(others_failed + 1) / (double)(others + 1);
	if ((double)g->failed / (double)g->judged <= share)
		return;
	g->chance = binomial_tail(g->failed, g->judged, share);
	g->is_flagged = g->chance < CHANCE / (double)groups;
}

/* Runs of which nobody knows where they belong are no place: a chip that never answered has no
 * revision, and failed of course. */
static void judge_split(struct report_split *s)
{
	int64_t judged = 0, failed = 0;
	size_t groups = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct report_group *g = &s->items[i];

		judged += g->name ? g->judged : 0;
		failed += g->name ? g->failed : 0;
		groups += g->name != NULL;
	}
	for (size_t i = 0; i < s->count; i++) {
		s->items[i].chance = 1;
		if (s->items[i].name)
			judge_group(&s->items[i], judged, failed, groups);
	}
	s->judged = judged;
	s->failed = failed;
}

static int compare_groups(const void *a, const void *b)
{
	const struct report_group *p = a, *q = b;
	double left = (double)p->failed * (double)q->judged;
	double right = (double)q->failed * (double)p->judged;

	if (left != right)
		return left < right ? 1 : -1;
	if (p->judged != q->judged)
		return p->judged < q->judged ? 1 : -1;
	return strcmp(p->name ? p->name : "", q->name ? q->name : "");
}

void report_judge(struct report *r)
{
	judge_points(r);
	for (size_t kind = 0; kind < SPLIT_COUNT; kind++) {
		struct report_split *s = &r->splits[kind];

		judge_split(s);
		if (s->count)
			qsort(s->items, s->count, sizeof(*s->items), compare_groups);
	}
}
