/*
 * The statistics of the reports: pure functions, no records. Shares stand between 0 and 1.
 */
#ifndef DB_STATISTICS_H
#define DB_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define Z_95 1.959963984540054 /* of the normal distribution, two-sided 95 % */

struct interval {
	double low, high;
};

/*
 * Between what the true share lies, with 95 % confidence, when k of n were seen: Wilson's
 * score interval without continuity correction (E. B. Wilson 1927). It holds for small n and at
 * both ends, where the usual k/n plus or minus something leaves 0 .. 1. n = 0: 0 .. 1.
 */
struct interval interval_wilson(int64_t k, int64_t n);

/* How likely k or more of n are, when each comes with this share. */
double binomial_tail(int64_t k, int64_t n, double share);

/*
 * The 3-sigma limits of one point of a p-chart: share is that of all points together, n the
 * size of this one. Cut at 0 and 1.
 */
struct interval p_chart_limits(double share, int64_t n);

/*
 * Process capability, min(high - mean, mean - low) / 3s, of the sides that have a limit; and its
 * 95 % band, Cpk +- 1.96 sqrt(1/(9n) + Cpk^2/(2(n - 1))). false: fewer than CAPABILITY_LEAST
 * values, no limit, or no spread - then it would say nothing.
 */
#define CAPABILITY_LEAST 30
struct capability {
	double cpk;
	struct interval band;
};
bool capability_of(int64_t n, double mean, double deviation, const double *low, const double *high,
		   struct capability *capability);

/* Mean and standard deviation of values that come one by one (B. P. Welford 1962). Starts as { 0 }.
 */
struct spread {
	int64_t n;
	double mean, squares, least, greatest;
};
void spread_add(struct spread *s, double value);
/* Of the sample, with n - 1; 0 below two values. */
double spread_deviation(const struct spread *s);

/*
 * The value below or at which a share of the values lies: the smallest one that has at least share
 * * count values up to it (nearest rank). values are in order; count > 0.
 */
uint32_t rank_of(const uint32_t *values, size_t count, double share);

#endif
