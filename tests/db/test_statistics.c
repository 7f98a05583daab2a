#include "tests/db/world.h"

#include "db/report/statistics.h"

#include <math.h>

/* Equal to so many digits behind the point. */
static void expect_near(double got, double wanted, double tolerance)
{
	if (!(fabs(got - wanted) <= tolerance))
		fail_msg("%.12g is not %.12g", got, wanted);
}

/* R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in
 * Medicine 17 (1998), table I, method 3. */
static void wilson_bands_are_the_published_ones(void **state)
{
	static const struct {
		int64_t k, n;
		double low, high;
	} rows[] = {
		{ 81, 263, 0.2553, 0.3662 },
		{ 15, 148, 0.0624, 0.1605 },
		{ 0, 20, 0.0000, 0.1611 },
		{ 1, 29, 0.0061, 0.1718 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct interval band = interval_wilson(rows[i].k, rows[i].n);

		expect_near(band.low, rows[i].low, 0.00005);
		expect_near(band.high, rows[i].high, 0.00005);
	}
}

static void wilson_bands_stay_inside_and_mirror(void **state)
{
	(void)state;
	for (int64_t n = 1; n <= 200; n++) {
		for (int64_t k = 0; k <= n; k++) {
			struct interval band = interval_wilson(k, n);
			struct interval other = interval_wilson(n - k, n);
			double share = (double)k / (double)n;

			assert_true(band.low >= 0 && band.high <= 1);
			assert_true(band.low <= share && share <= band.high);
			expect_near(band.low, 1 - other.high, 1e-12);
		}
	}
	assert_true(interval_wilson(0, 0).low == 0 && interval_wilson(0, 0).high == 1);
	assert_true(interval_wilson(0, 7).low == 0 && interval_wilson(7, 7).high == 1);
}

/* All terms, one by one, from Pascal's rule: the slow way round. */
static double tail_by_hand(int64_t k, int64_t n, double share)
{
	double chances[64] = { 1 }, sum = 0;

	for (int64_t i = 0; i < n; i++)
		for (int64_t j = i + 1; j >= 0; j--)
			chances[j] = (j <= i ? chances[j] * (1 - share) : 0) +
				     (j ? chances[j - 1] * share : 0);
	for (int64_t i = k; i <= n; i++)
		sum += chances[i];
	return sum;
}

static void binomial_tails_equal_the_sum_of_their_terms(void **state)
{
	static const double shares[] = { 0.001, 0.03, 0.2, 0.5, 0.9, 0.999 };

	(void)state;
	for (size_t s = 0; s < 6; s++)
		for (int64_t n = 1; n <= 40; n++)
			for (int64_t k = 0; k <= n; k++)
				expect_near(binomial_tail(k, n, shares[s]),
					    tail_by_hand(k, n, shares[s]), 1e-11);
	expect_near(binomial_tail(8, 10, 0.5), 56.0 / 1024, 1e-15);
	assert_true(binomial_tail(1, 10, 0) == 0 && binomial_tail(0, 10, 0) == 1);
	assert_true(binomial_tail(11, 10, 0.5) == 0 && binomial_tail(10, 10, 1) == 1);
	/* Half of a million: just above one half, and not in a second. */
	expect_near(binomial_tail(500000, 1000000, 0.5), 0.5, 0.001);
}

static void limits_of_a_p_chart_are_three_sigma_and_cut(void **state)
{
	(void)state;
	expect_near(p_chart_limits(0.1, 100).low, 0.01, 1e-12);
	expect_near(p_chart_limits(0.1, 100).high, 0.19, 1e-12);
	assert_true(p_chart_limits(0.01, 10).low == 0);
	assert_true(p_chart_limits(0.99, 10).high == 1);
	assert_true(p_chart_limits(0.5, 0).low == 0 && p_chart_limits(0.5, 0).high == 1);
}

static void capability_is_told_of_the_nearer_limit_with_its_band(void **state)
{
	const double low = 4, high = 18;
	struct capability c;

	(void)state;
	/* (18 - 10) / 3s = 1.3333, (10 - 4) / 3s = 1 for s = 2 */
	assert_true(capability_of(100, 10, 2, &low, &high, &c));
	expect_near(c.cpk, 1, 1e-12);
	/* 1.959964 * sqrt(1/900 + 1/198) */
	expect_near(c.band.high - c.cpk, 0.153849, 0.000001);
	expect_near(c.cpk - c.band.low, 0.153849, 0.000001);
	assert_true(capability_of(100, 10, 2, NULL, &high, &c));
	expect_near(c.cpk, 8.0 / 6, 1e-12);
	assert_true(capability_of(100, 3, 2, &low, NULL, &c));
	expect_near(c.cpk, -1.0 / 6, 1e-12);
}

static void capability_is_refused_where_it_would_say_nothing(void **state)
{
	const double low = 4, high = 18;
	struct capability c;

	(void)state;
	assert_false(capability_of(CAPABILITY_LEAST - 1, 10, 2, &low, &high, &c));
	assert_true(capability_of(CAPABILITY_LEAST, 10, 2, &low, &high, &c));
	assert_false(capability_of(100, 10, 0, &low, &high, &c));
	assert_false(capability_of(100, 10, NAN, &low, &high, &c));
	assert_false(capability_of(100, 10, 2, NULL, NULL, &c));
}

static void a_spread_of_values_one_by_one_equals_that_of_all(void **state)
{
	static const double values[] = { 2, 4, 4, 4, 5, 5, 7, 9 };
	struct spread s = { 0 };

	(void)state;
	assert_true(spread_deviation(&s) == 0);
	for (size_t i = 0; i < 8; i++)
		spread_add(&s, values[i]);
	assert_int_equal(s.n, 8);
	expect_near(s.mean, 5, 1e-12);
	expect_near(spread_deviation(&s), sqrt(32.0 / 7), 1e-12);
	assert_true(s.least == 2 && s.greatest == 9);
	/* Far from zero nothing is lost. */
	s = (struct spread){ 0 };
	for (size_t i = 0; i < 8; i++)
		spread_add(&s, values[i] + 1e9);
	expect_near(spread_deviation(&s), sqrt(32.0 / 7), 1e-6);
}

static void a_rank_is_the_smallest_value_with_that_share_up_to_it(void **state)
{
	static const uint32_t values[] = { 10, 20, 30, 40, 50, 60, 70, 80, 90, 100 };

	(void)state;
	assert_int_equal(rank_of(values, 10, 0.5), 50);
	assert_int_equal(rank_of(values, 10, 0.9), 90);
	assert_int_equal(rank_of(values, 10, 0.91), 100);
	assert_int_equal(rank_of(values, 10, 0), 10);
	assert_int_equal(rank_of(values, 10, 1), 100);
	assert_int_equal(rank_of(values, 1, 0.95), 10);
	assert_int_equal(rank_of(values, 9, 0.5), 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wilson_bands_are_the_published_ones),
		cmocka_unit_test(wilson_bands_stay_inside_and_mirror),
		cmocka_unit_test(binomial_tails_equal_the_sum_of_their_terms),
		cmocka_unit_test(limits_of_a_p_chart_are_three_sigma_and_cut),
		cmocka_unit_test(capability_is_told_of_the_nearer_limit_with_its_band),
		cmocka_unit_test(capability_is_refused_where_it_would_say_nothing),
		cmocka_unit_test(a_spread_of_values_one_by_one_equals_that_of_all),
		cmocka_unit_test(a_rank_is_the_smallest_value_with_that_share_up_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
