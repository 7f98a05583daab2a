/* What a run may take is known before it starts, and no one waits for it in vain. */
#include "engine/flasher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define KB 1024u

/* The ladder of a CP2104, as the rates of most bridges. */
static const struct link_profile link_cp2104 = {
	.resets = { RESET_TIGHT, RESET_TIGHT_LONG, RESET_CLASSIC, RESET_CLASSIC_LONG },
	.reset_count = 4,
	.rates = { 921600, 460800, 230400 },
	.rate_count = 3,
	.ram_block_bytes = 0x1800,
};

/* Boot loader in two, table, application: none of it can be packed. */
static double limit_s(size_t app_bytes, unsigned tries)
{
	const struct flash_region regions[] = {
		{ .addr = 0x2000, .size_bytes = 2 * KB },
		{ .addr = 0x8000, .size_bytes = 3 * KB },
		{ .addr = 0x10000, .size_bytes = app_bytes },
		{ .addr = 0x1000, .size_bytes = 4 * KB, .is_boot_sector = true },
	};
	const struct flash_variant variant = { .regions = regions, .region_count = 4 };
	const struct flash_plan plan = {
		.variants = &variant, .variant_count = 1, .compress = true, .tries = tries
	};

	return flasher_limit_ms(&plan, &link_cp2104) / 1e3;
}

static void expect_below(double seconds, double most)
{
	if (seconds >= most)
		fail_msg("%.1f s are not below %.1f", seconds, most);
}

static void a_small_plan_has_a_limit_of_minutes(void **state)
{
	(void)state;
	expect_below(limit_s(4, 3), 300);
}

static void a_megabyte_is_over_in_a_quarter_of_an_hour(void **state)
{
	(void)state;
	expect_below(limit_s(1024 * KB, 3), 900);
}

/* At 115200 and in the smallest pieces it fits into one try and what is paid once. */
static void the_slowest_way_fits_into_a_single_try(void **state)
{
	static const size_t sizes[] = { 4 * KB, 256 * KB, 1024 * KB, 8192 * KB };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		double wire_s = (double)paced_us(sizes[i], 115200, 16) / 1e6;
		/* Written by a ROM, 45 ms a sector; compared and proven. docs/protocol.md. */
		double flash_s =
			(double)sizes[i] / 4096 * 0.045 + (double)sizes[i] / 1e6 * 3 * 0.94;

		expect_below(wire_s + flash_s + 30, limit_s(sizes[i], 1));
	}
}

/* What is paid once a run does not grow with the tries. */
static void another_try_adds_less_than_the_first(void **state)
{
	(void)state;
	for (unsigned tries = 1; tries < 10; tries++)
		expect_below(limit_s(256 * KB, tries + 1) - limit_s(256 * KB, tries),
			     limit_s(256 * KB, 1) / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_plan_has_a_limit_of_minutes),
		cmocka_unit_test(a_megabyte_is_over_in_a_quarter_of_an_hour),
		cmocka_unit_test(the_slowest_way_fits_into_a_single_try),
		cmocka_unit_test(another_try_adds_less_than_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
