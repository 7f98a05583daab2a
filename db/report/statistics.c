#include "db/report/statistics.h"

#include <math.h>

struct interval interval_wilson(int64_t k, int64_t n)
{
	const double z2 = Z_95 * Z_95, count = (double)n, share = n ? (double)k / count : 0;
	double middle, half;

	if (n <= 0)
		return (struct interval){ 0, 1 };
	middle = (share + z2 / (2 * count)) / (1 + z2 / count);
	half = Z_95 / (1 + z2 / count) *
	       sqrt(share * (1 - share) / count + z2 / (4 * count * count));
	/* At the ends the limit is 0 or 1 itself, whatever the rounding says. */
	return (struct interval){ k == 0 ? 0 : fmax(0, middle - half),
				  k == n ? 1 : fmin(1, middle + half) };
}

double binomial_tail(int64_t k, int64_t n, double share)
{
	double term, sum;

	if (k <= 0 || share >= 1)
		return 1;
	if (share <= 0 || k > n)
		return 0;
	term = exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) +
		   (double)k * log(share) + (double)(n - k) * log1p(-share));
	sum = term;
	for (int64_t i = k; i < n; i++) {
		term *= (double)(n - i) / (double)(i + 1) * share / (1 - share);
		sum += term;
		/* Behind the peak the terms only fall. */
		if ((double)i > (double)n * share && term < sum * 1e-17)
			break;
	}
	return sum < 1 ? sum : 1;
}

struct interval p_chart_limits(double share, int64_t n)
{
	double half;

	if (n <= 0)
		return (struct interval){ 0, 1 };
	half = 3 * sqrt(share * (1 - share) / (double)n);
	return (struct interval){ fmax(0, share - half), fmin(1, share + half) };
}

bool capability_of(int64_t n, double mean, double deviation, const double *low, const double *high,
		   struct capability *capability)
{
	double cpk, half;

	if (n < CAPABILITY_LEAST || !(deviation > 0) || (!low && !high))
		return false;
	cpk = INFINITY;
	if (low)
		cpk = fmin(cpk, (mean - *low) / (3 * deviation));
	if (high)
		cpk = fmin(cpk, (*high - mean) / (3 * deviation));
	half = Z_95 * sqrt(1 / (9 * (double)n) + cpk * cpk / (2 * (double)(n - 1)));
	*capability = (struct capability){ cpk, { cpk - half, cpk + half } };
	return true;
}

void spread_add(struct spread *s, double value)
{
	double off = value - s->mean;

	s->least = s->n && s->least < value ? s->least : value;
	s->greatest = s->n && s->greatest > value ? s->greatest : value;
	s->n++;
	s->mean += off / (double)s->n;
	s->squares += off * (value - s->mean);
}

double spread_deviation(const struct spread *s)
{
	return s->n > 1 ? sqrt(s->squares / (double)(s->n - 1)) : 0;
}

uint32_t rank_of(const uint32_t *values, size_t count, double share)
{
	double rank = ceil(share * (double)count);
	size_t at = rank < 1 ? 0 : (size_t)rank - 1;

	return values[at < count ? at : count - 1];
}
