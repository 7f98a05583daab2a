/*
 * The shrinker, against failures that are known, and the table of kinds.
 */
#include "tests/sim/fault_draw.h"
#include "tests/sim/fault_shrink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define MOST 2000

static const struct sim_fault *find(const struct fault_case *c, enum sim_fault_kind kind)
{
	for (size_t i = 0; i < c->fault_count; i++) {
		if (c->faults[i].kind == kind)
			return &c->faults[i];
	}
	return NULL;
}

/* Needs two faults together, each beyond a mark. */
static bool needs_two(void *ctx, const struct fault_case *c)
{
	const struct sim_fault *drop = find(c, SIM_FAULT_DROP_IN);
	const struct sim_fault *stall = find(c, SIM_FAULT_STALL);

	(void)ctx;
	return drop && stall && drop->nth >= 7 && drop->at >= 9 && stall->amount >= 1234;
}

static struct fault_case six_faults(void)
{
	return (struct fault_case){
		.chip = "esp32c3",
		.bridge = "ch9102f",
		.seed = 77,
		.compress = true,
		.skip = SKIP_UNCHANGED,
		.erase = ERASE_ALL,
		.clear_protection = true,
		.is_half_there = true,
		.can_switch_power = true,
		.tries = 4,
		.faults = {
			{ SIM_FAULT_LOSE_REPLY, 12, 0, 0 },
			{ SIM_FAULT_STALL, 40000, 0, 30000 },
			{ SIM_FAULT_CHATTER, 0, 0, 0 },
			{ SIM_FAULT_DROP_IN, 201, 4711, 0 },
			{ SIM_FAULT_SLOW_ERASE, 0, 0, 300 },
			{ SIM_FAULT_FLIP_OUT, 3, 9, 0 },
		},
		.fault_count = 6,
	};
}

static void what_is_left_is_what_it_takes(void **state)
{
	struct fault_case c = six_faults();
	unsigned asked;

	(void)state;
	asked = fault_shrink(&c, needs_two, NULL, MOST);
	assert_in_range(asked, 1, 300);
	assert_int_equal(c.fault_count, 2);
	assert_int_equal(c.faults[0].kind, SIM_FAULT_STALL);
	assert_int_equal(c.faults[0].nth, 1);
	assert_int_equal(c.faults[0].amount, 1234);
	assert_int_equal(c.faults[1].kind, SIM_FAULT_DROP_IN);
	assert_int_equal(c.faults[1].nth, 7);
	assert_int_equal(c.faults[1].at, 9);
	assert_string_equal(c.chip, "esp32");
	assert_null(c.bridge);
	assert_int_equal(c.skip, SKIP_NEVER);
	assert_int_equal(c.erase, ERASE_SECTORS);
	assert_int_equal(c.tries, 1);
	assert_int_equal(c.seed, 1);
	assert_false(c.compress || c.is_half_there || c.clear_protection || c.can_switch_power);
}

/* Fails on the S3 only, with an option that stays. */
static bool needs_chip_and_option(void *ctx, const struct fault_case *c)
{
	(void)ctx;
	return strcmp(c->chip, "esp32s3") == 0 && c->skip == SKIP_UNCHANGED && c->tries >= 2;
}

static void chip_and_options_stay_where_they_are_needed(void **state)
{
	struct fault_case c = six_faults();

	(void)state;
	c.chip = "esp32s3";
	fault_shrink(&c, needs_chip_and_option, NULL, MOST);
	assert_string_equal(c.chip, "esp32s3");
	assert_int_equal(c.skip, SKIP_UNCHANGED);
	assert_int_equal(c.tries, 4); /* options are simple or as they were */
	assert_int_equal(c.fault_count, 1);
}

static bool fails_always(void *ctx, const struct fault_case *c)
{
	(void)c;
	++*(unsigned *)ctx;
	return true;
}

static void it_asks_no_more_than_it_may(void **state)
{
	struct fault_case c = six_faults();
	unsigned asked = 0;

	(void)state;
	assert_int_equal(fault_shrink(&c, fails_always, &asked, 5), 5);
	assert_int_equal(asked, 5);
}

static void each_kind_stands_at_its_place_with_its_words(void **state)
{
	(void)state;
	for (int i = 0; i < SIM_FAULT_KINDS; i++) {
		const struct fault_kind *k = &fault_kinds[i];

		assert_int_equal(k->kind, i);
		assert_non_null(k->name);
		assert_non_null(k->yaml);
		assert_true(!k->nth_key == (k->counts == FAULT_COUNTS_NOTHING) || k->is_of_m5sim);
		if (k->amount_key)
			assert_true(k->amount.count > 0);
	}
}

/* m5sim is built beside the tests; a build of the tests alone has none to ask. */
static void m5sim_takes_each_kind_as_it_is_printed(void **state)
{
	const char *program = BINARY_DIR "/m5sim";
	char path[] = "/tmp/flashline-kinds.XXXXXX", command[500];
	int fd, status;

	(void)state;
	if (access(program, X_OK) != 0)
		skip();
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	for (int i = 0; i < SIM_FAULT_KINDS; i++) {
		const struct fault_kind *k = &fault_kinds[i];
		struct fault_case c = { .chip = "esp32", .seed = 1, .fault_count = 1 };
		FILE *out = fopen(path, "w");

		assert_non_null(out);
		c.faults[0] = (struct sim_fault){
			.kind = k->kind,
			.nth = k->counts == FAULT_COUNTS_NOTHING ? 0 : 3,
			.at = k->at.count ? k->at.values[0] : 5,
			.amount = k->amount.count ? k->amount.values[0] : 0,
		};
		fault_case_print_yaml(out, &c);
		fclose(out);
		snprintf(command, sizeof(command), "%s check %s >/dev/null", program, path);
		status = system(command);
		if (status)
			fail_msg("%s: see above", k->name);
	}
	unlink(path);
}

static void a_seed_draws_the_same_case_each_time(void **state)
{
	bool seen[SIM_FAULT_KINDS] = { false };

	(void)state;
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		struct fault_case a, b;

		draw_case(seed, &a);
		draw_case(seed, &b);
		assert_memory_equal(&a.faults, &b.faults, sizeof(a.faults));
		assert_string_equal(a.chip, b.chip);
		assert_in_range(a.fault_count, 1, FAULT_CASE_MAX);
		for (size_t i = 0; i < a.fault_count; i++)
			seen[a.faults[i].kind] = true;
	}
	for (int i = 0; i < SIM_FAULT_KINDS; i++)
		assert_true(seen[i] || fault_kinds[i].is_of_m5sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_is_what_it_takes),
		cmocka_unit_test(chip_and_options_stay_where_they_are_needed),
		cmocka_unit_test(it_asks_no_more_than_it_may),
		cmocka_unit_test(each_kind_stands_at_its_place_with_its_words),
		cmocka_unit_test(m5sim_takes_each_kind_as_it_is_printed),
		cmocka_unit_test(a_seed_draws_the_same_case_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
