/* Rates that a bridge takes and garbles, snaps to others, or does not carry out at all. */
#include "tests/sim/flash_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define RATES 4

static const uint32_t rates[RATES] = { 1500000, 921600, 460800, 230400 };

static void init(struct flash_bench *b, struct small_plan *p, const struct sim_unit_config *config,
		 enum stub_policy stub)
{
	small_plan_init(p, config->chip, 1);
	p->plan.stub = stub;
	bench_init(b, config);
	memcpy(b->link.rates, rates, sizeof(rates));
	b->link.rate_count = RATES;
}

static void expect_pass(struct flash_bench *b, const struct small_plan *p)
{
	enum status st = bench_run(b, FLASH_RUN_FLASH, &p->plan);

	if (st)
		fail_msg("%s: %s\n%s\n%s", status_code(st), b->report.err.text, b->log,
			 sim_unit_journal(b->unit));
	assert_true(bench_holds(b, p));
}

static void release(struct flash_bench *b, struct small_plan *p)
{
	bench_release(b);
	small_plan_release(p);
}

static void add_fault(struct sim_unit_config *config, struct sim_fault fault)
{
	config->faults[config->fault_count++] = fault;
}

/* Bit i of bad: rates[i] is garbled. */
static struct sim_unit_config garbling_unit(unsigned bad)
{
	struct sim_unit_config config = bench_unit("esp32");

	for (unsigned i = 0; i < RATES; i++) {
		if (bad >> i & 1)
			add_fault(&config, (struct sim_fault){ .kind = SIM_FAULT_GARBLE_RATE,
							       .amount = rates[i] });
	}
	return config;
}

static uint32_t best_of(unsigned bad)
{
	for (unsigned i = 0; i < RATES; i++) {
		if (!(bad >> i & 1))
			return rates[i];
	}
	return 115200;
}

static void whatever_rates_fail_the_best_of_the_others_is_found_in_one_try(void **state)
{
	static const enum stub_policy stubs[] = { STUB_AUTO, STUB_NEVER };

	(void)state;
	for (unsigned bad = 0; bad < 1u << RATES; bad++) {
		for (size_t i = 0; i < 2; i++) {
			struct sim_unit_config config = garbling_unit(bad);
			struct small_plan p;
			struct flash_bench b;

			init(&b, &p, &config, stubs[i]);
			expect_pass(&b, &p);
			assert_int_equal(b.report.tries, 1);
			assert_int_equal(b.report.way.rate_baud, best_of(bad));
			assert_int_equal(b.report.is_rescued, (bad & 1) != 0);
			assert_int_equal(b.report.advice[0] != '\0', (bad & 1) != 0);
			release(&b, &p);
		}
	}
}

static void a_remembered_rate_that_fails_alone_is_left_for_a_higher_one(void **state)
{
	struct sim_unit_config config = garbling_unit(1u << 3);
	const struct flash_way start = { .with_stub = true, .rate_baud = 230400 };
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, &config, STUB_AUTO);
	b.start = &start;
	expect_pass(&b, &p);
	assert_int_equal(b.report.tries, 1);
	assert_string_equal(b.report.rungs, "stub 230400; stub 460800");
	assert_non_null(strstr(b.report.evidence, "230400 baud failed, 460800 works"));
	release(&b, &p);
}

/* A recipe with one try has the ladder of rates too: nothing was written yet. */
static void one_try_is_enough_for_all_rates(void **state)
{
	struct sim_unit_config config = garbling_unit(0xf);
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, &config, STUB_AUTO);
	p.plan.tries = 1;
	expect_pass(&b, &p);
	assert_string_equal(b.report.rungs, "stub 1500000; stub 921600; stub 460800; "
					    "stub 230400; stub 115200");
	release(&b, &p);
}

static void a_rate_that_the_bridge_snaps_to_another_is_left(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	add_fault(&config, (struct sim_fault){
				   .kind = SIM_FAULT_SNAP_RATE, .at = 1500000, .amount = 1000000 });
	init(&b, &p, &config, STUB_AUTO);
	expect_pass(&b, &p);
	assert_int_equal(b.report.way.rate_baud, 921600);
	release(&b, &p);
}

static void a_rate_change_that_is_lost_anywhere_is_made_again(void **state)
{
	static const enum stub_policy stubs[] = { STUB_AUTO, STUB_NEVER };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (uint64_t nth = 1; nth <= 6; nth++) {
			struct sim_unit_config config = bench_unit("esp32");
			struct small_plan p;
			struct flash_bench b;

			add_fault(&config,
				  (struct sim_fault){ .kind = SIM_FAULT_LOSE_RATE, .nth = nth });
			init(&b, &p, &config, stubs[i]);
			expect_pass(&b, &p);
			release(&b, &p);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_rates_fail_the_best_of_the_others_is_found_in_one_try),
		cmocka_unit_test(a_remembered_rate_that_fails_alone_is_left_for_a_higher_one),
		cmocka_unit_test(one_try_is_enough_for_all_rates),
		cmocka_unit_test(a_rate_that_the_bridge_snaps_to_another_is_left),
		cmocka_unit_test(a_rate_change_that_is_lost_anywhere_is_made_again),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
