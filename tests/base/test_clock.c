#include "engine/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint64_t fake_now_us(void *ctx)
{
	return *(uint64_t *)ctx;
}

static void fake_sleep_until_us(void *ctx, uint64_t at_us)
{
	*(uint64_t *)ctx = at_us;
}

static struct clock fake_clock(uint64_t *now_us)
{
	return (struct clock){
		.now_us = fake_now_us,
		.sleep_until_us = fake_sleep_until_us,
		.ctx = now_us,
	};
}

static void a_sleep_ends_when_it_should(void **state)
{
	uint64_t now_us = 5;
	struct clock c = fake_clock(&now_us);

	(void)state;
	clock_sleep_ms(&c, 3);
	assert_int_equal(now_us, 3005);
	clock_sleep_us(&c, 7);
	assert_int_equal(now_us, 3012);
}

static void a_deadline_counts_down_to_nothing_and_stays_there(void **state)
{
	uint64_t now_us = 1000;
	struct clock c = fake_clock(&now_us);
	struct deadline d = deadline_after_ms(&c, 2);

	(void)state;
	assert_int_equal(d.at_us, 3000);
	assert_int_equal(deadline_left_us(d), 2000);
	now_us = 2999;
	assert_false(deadline_passed(d));
	now_us = 3000;
	assert_true(deadline_passed(d));
	now_us = 9000;
	assert_int_equal(deadline_left_us(d), 0);
	assert_true(deadline_passed(d));
}

static void the_earlier_of_two_deadlines_counts(void **state)
{
	uint64_t now_us = 0;
	struct clock c = fake_clock(&now_us);
	struct deadline a = deadline_after_us(&c, 10), b = deadline_after_us(&c, 20);

	(void)state;
	assert_int_equal(deadline_earlier(a, b).at_us, 10);
	assert_int_equal(deadline_earlier(b, a).at_us, 10);
}

static void a_deadline_of_days_does_not_overflow(void **state)
{
	uint64_t now_us = 0;
	struct clock c = fake_clock(&now_us);

	(void)state;
	assert_int_equal(deadline_after_ms(&c, UINT64_C(10) * 24 * 3600 * 1000).at_us,
			 UINT64_C(864000000000));
}

static void the_machines_clock_never_goes_back(void **state)
{
	uint64_t before_us = clock_now_us(&clock_monotonic);

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t now_us = clock_now_us(&clock_monotonic);

		assert_true(now_us >= before_us);
		before_us = now_us;
	}
}

static void a_sleep_of_the_machines_clock_is_not_too_short(void **state)
{
	uint64_t start_us = clock_now_us(&clock_monotonic);

	(void)state;
	clock_sleep_us(&clock_monotonic, 500);
	assert_true(clock_now_us(&clock_monotonic) - start_us >= 500);
}

static void utc_is_after_the_year_2020(void **state)
{
	(void)state;
	assert_true(clock_utc_ms() > INT64_C(1577836800000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sleep_ends_when_it_should),
		cmocka_unit_test(a_deadline_counts_down_to_nothing_and_stays_there),
		cmocka_unit_test(the_earlier_of_two_deadlines_counts),
		cmocka_unit_test(a_deadline_of_days_does_not_overflow),
		cmocka_unit_test(the_machines_clock_never_goes_back),
		cmocka_unit_test(a_sleep_of_the_machines_clock_is_not_too_short),
		cmocka_unit_test(utc_is_after_the_year_2020),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
