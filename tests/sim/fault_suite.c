#include "tests/sim/fault_suite.h"

#include "tests/sim/fault_sweep.h"
#include "tests/sim/flash_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

struct suite {
	const struct fault_case *ways;
	size_t count;
};

static const char *way_text(const struct fault_case *c)
{
	if (c->stub == STUB_NEVER)
		return c->compress ? "ROM, packed" : "ROM, raw";
	return c->compress ? "stub, packed" : "stub, raw";
}

/*
 * Kinds with many places to strike take turns: each every other way, one by stub, one by
 * ROM. A lost answer is asked of all: nothing else tempts so much to send a block again.
 */
static bool is_its_turn(size_t way, enum sim_fault_kind kind)
{
	bool has_many = fault_kinds[kind].counts == FAULT_COUNTS_FRAMES_IN ||
			fault_kinds[kind].counts == FAULT_COUNTS_FRAMES_OUT ||
			fault_kinds[kind].counts == FAULT_COUNTS_BYTES_IN;

	return fault_sweep_is_full() || !has_many || kind == SIM_FAULT_LOSE_REPLY ||
	       (way + (size_t)kind) % 2 == 0;
}

/* *all is the sum over the ways. */
static void sweep(const struct suite *s, enum sim_fault_kind kind, struct fault_tally *all)
{
	memset(all, 0, sizeof(*all));
	for (size_t i = 0; i < s->count; i++) {
		struct fault_tally t = { .runs = 0 };
		char what[80];

		if (!is_its_turn(i, kind))
			continue;
		snprintf(what, sizeof(what), "%s (%s, %s)", fault_kinds[kind].yaml, s->ways[i].chip,
			 way_text(&s->ways[i]));
		fault_sweep_kind(&s->ways[i], kind, &t);
		fault_tally_print(what, &t);
		all->runs += t.runs;
		all->fired += t.fired;
		all->passes += t.passes;
		all->fails += t.fails;
		all->accused += t.accused;
		all->timeouts += t.timeouts;
		all->asleep += t.asleep;
	}
	if (!all->fired && fault_kinds[kind].counts != FAULT_COUNTS_NOTHING)
		fail_msg("%s struck nowhere", fault_kinds[kind].yaml);
}

/* One byte or frame is no reason to give up, and none to blame the unit. */
static void sweep_small(void **state, enum sim_fault_kind kind)
{
	struct fault_tally t;

	sweep(*state, kind, &t);
	assert_int_equal(t.fails + t.accused + t.timeouts, 0);
	assert_true(t.passes * 100 >= t.runs * 95);
}

static void no_altered_byte_of_a_request_breaks_a_rule(void **state)
{
	sweep_small(state, SIM_FAULT_FLIP_IN);
}

static void no_lost_byte_of_a_request_breaks_a_rule(void **state)
{
	sweep_small(state, SIM_FAULT_DROP_IN);
}

static void no_doubled_byte_of_a_request_breaks_a_rule(void **state)
{
	sweep_small(state, SIM_FAULT_DUP_IN);
}

static void no_altered_byte_of_an_answer_breaks_a_rule(void **state)
{
	sweep_small(state, SIM_FAULT_FLIP_OUT);
}

static void no_lost_byte_of_an_answer_breaks_a_rule(void **state)
{
	sweep_small(state, SIM_FAULT_DROP_OUT);
}

static void no_doubled_byte_of_an_answer_breaks_a_rule(void **state)
{
	sweep_small(state, SIM_FAULT_DUP_OUT);
}

static void no_lost_answer_breaks_a_rule(void **state)
{
	sweep_small(state, SIM_FAULT_LOSE_REPLY);
}

static void sweep_all(void **state, const enum sim_fault_kind *kinds, size_t count)
{
	struct fault_tally t;

	for (size_t i = 0; i < count; i++)
		sweep(*state, kinds[i], &t);
}

#define SWEEP_ALL(state, kinds) sweep_all((state), (kinds), sizeof(kinds) / sizeof((kinds)[0]))

static void no_late_answer_or_pause_breaks_a_rule(void **state)
{
	static const enum sim_fault_kind kinds[] = { SIM_FAULT_DELAY_REPLY, SIM_FAULT_STALL };

	SWEEP_ALL(state, kinds);
}

static void no_lost_port_or_supply_breaks_a_rule(void **state)
{
	static const enum sim_fault_kind kinds[] = { SIM_FAULT_UNPLUG, SIM_FAULT_WEDGED,
						     SIM_FAULT_BROWN_OUT };

	SWEEP_ALL(state, kinds);
}

static void no_bridge_that_loses_or_garbles_breaks_a_rule(void **state)
{
	static const enum sim_fault_kind kinds[] = { SIM_FAULT_LOSSY_WRITES, SIM_FAULT_GARBLE_RATE,
						     SIM_FAULT_SNAP_RATE, SIM_FAULT_LOSE_RATE };

	SWEEP_ALL(state, kinds);
}

static void no_start_that_goes_wrong_breaks_a_rule(void **state)
{
	static const enum sim_fault_kind kinds[] = {
		SIM_FAULT_DEAD,    SIM_FAULT_EN_STUCK,   SIM_FAULT_STRAP_STUCK,
		SIM_FAULT_SLOW_EN, SIM_FAULT_NOISY_BOOT, SIM_FAULT_CHATTER,
	};

	SWEEP_ALL(state, kinds);
}

static void no_sick_flash_breaks_a_rule(void **state)
{
	static const enum sim_fault_kind kinds[] = {
		SIM_FAULT_SLOW_ERASE, SIM_FAULT_SLOW_PROGRAM, SIM_FAULT_BLOCK_PROTECT,
		SIM_FAULT_BAD_SECTOR, SIM_FAULT_NO_FLASH_ID,
	};

	SWEEP_ALL(state, kinds);
}

int fault_suite(const struct fault_case *ways, size_t count)
{
	struct suite suite = { .ways = ways, .count = count };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(no_altered_byte_of_a_request_breaks_a_rule, &suite),
		cmocka_unit_test_prestate(no_lost_byte_of_a_request_breaks_a_rule, &suite),
		cmocka_unit_test_prestate(no_doubled_byte_of_a_request_breaks_a_rule, &suite),
		cmocka_unit_test_prestate(no_altered_byte_of_an_answer_breaks_a_rule, &suite),
		cmocka_unit_test_prestate(no_lost_byte_of_an_answer_breaks_a_rule, &suite),
		cmocka_unit_test_prestate(no_doubled_byte_of_an_answer_breaks_a_rule, &suite),
		cmocka_unit_test_prestate(no_lost_answer_breaks_a_rule, &suite),
		cmocka_unit_test_prestate(no_late_answer_or_pause_breaks_a_rule, &suite),
		cmocka_unit_test_prestate(no_lost_port_or_supply_breaks_a_rule, &suite),
		cmocka_unit_test_prestate(no_bridge_that_loses_or_garbles_breaks_a_rule, &suite),
		cmocka_unit_test_prestate(no_start_that_goes_wrong_breaks_a_rule, &suite),
		cmocka_unit_test_prestate(no_sick_flash_breaks_a_rule, &suite),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	fault_keep_memory();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
