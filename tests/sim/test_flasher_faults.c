/*
 * Every frame of a whole run lost or altered, one run each. Whatever the run
 * says: when it says PASS, the flash equals the plan and nothing else changed.
 */
#include "tests/sim/flash_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct sweep {
	const char *chip;
	enum stub_policy stub;
	bool compress;
	enum skip_policy skip;
	enum erase_mode erase;
};

struct tally {
	unsigned runs, passes, fails;
};

static bool is_outward(enum sim_fault_kind kind)
{
	return kind == SIM_FAULT_FLIP_OUT || kind == SIM_FAULT_DROP_OUT ||
	       kind == SIM_FAULT_LOSE_REPLY;
}

/* false: the run was over before frame fault.nth. */
static bool run_with(const struct sweep *s, struct sim_fault fault, struct tally *t)
{
	struct sim_unit_config config = bench_unit(s->chip);
	struct sim_counters c;
	struct small_plan p;
	struct flash_bench b;
	enum status st;

	config.flash_bytes = 0x100000;
	config.faults[config.fault_count++] = fault;
	small_plan_init(&p, s->chip, 1);
	p.plan.stub = s->stub;
	p.plan.compress = s->compress;
	p.plan.skip = s->skip;
	p.plan.erase = s->erase;
	p.rooms[0] = (struct flash_range){ 0x9000, 0x5000 };
	p.plan.room_count = 1;
	bench_init(&b, &config);
	st = bench_run(&b, FLASH_RUN_FLASH, &p.plan);
	sim_unit_counters(b.unit, &c);
	t->runs++;
	t->passes += st == STATUS_OK;
	t->fails += st && status_row(st)->outcome == OUTCOME_FAIL;
	if (st == STATUS_OK && !bench_holds(&b, &p))
		fail_msg("a false PASS: fault %d, frame %u, byte %u\n%s\n%s", (int)fault.kind,
			 (unsigned)fault.nth, (unsigned)fault.at, b.log, sim_unit_journal(b.unit));
	if (st && status_row(st)->outcome == OUTCOME_TIMEOUT)
		fail_msg("out of time: fault %d, frame %u, byte %u\n%s", (int)fault.kind,
			 (unsigned)fault.nth, (unsigned)fault.at, b.log);
	bench_release(&b);
	small_plan_release(&p);
	return fault.nth <= (is_outward(fault.kind) ? c.frames_out : c.frames_in);
}

static struct tally sweep(const struct sweep *s, enum sim_fault_kind kind, uint32_t at)
{
	struct tally t = { .runs = 0 };
	uint64_t nth = 1;

	while (run_with(s, (struct sim_fault){ .kind = kind, .nth = nth, .at = at }, &t))
		nth++;
	assert_true(t.runs > 50);
	return t;
}

static const struct sweep ways[] = {
	{ "esp32", STUB_AUTO, true, SKIP_NEVER, ERASE_SECTORS },
	{ "esp32c3", STUB_ALWAYS, false, SKIP_UNCHANGED, ERASE_ROOMS },
	{ "esp32", STUB_NEVER, true, SKIP_NEVER, ERASE_ROOMS },
	{ "esp32c3", STUB_NEVER, false, SKIP_NEVER, ERASE_SECTORS },
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static void no_lost_reply_makes_a_false_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		struct tally t = sweep(&ways[i], SIM_FAULT_LOSE_REPLY, 0);

		print_message("lost replies: %u runs, %u PASS, %u FAIL\n", t.runs, t.passes,
			      t.fails);
		assert_int_equal(t.passes, t.runs);
	}
}

/*
 * Byte of the frame: opcode, first word (a size), second word, fourth (an address).
 * A build that watches every access is several times slower, and looks for other
 * faults: two places will do.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const uint32_t places[] = { 9, 22 };
#else
static const uint32_t places[] = { 2, 9, 14, 22 };
#endif
#define PLACES (sizeof(places) / sizeof(places[0]))

static void sweep_places(enum sim_fault_kind kind, const char *what)
{
	for (size_t i = 0; i < WAYS; i++) {
		struct tally all = { .runs = 0 };

		for (size_t n = 0; n < PLACES; n++) {
			struct tally t = sweep(&ways[i], kind, places[n]);

			all.runs += t.runs;
			all.passes += t.passes;
			all.fails += t.fails;
		}
		print_message("%s: %u runs, %u PASS, %u FAIL\n", what, all.runs, all.passes,
			      all.fails);
	}
}

static void no_altered_request_makes_a_false_pass(void **state)
{
	(void)state;
	sweep_places(SIM_FAULT_FLIP_IN, "altered requests");
}

static void no_lost_byte_of_a_request_makes_a_false_pass(void **state)
{
	(void)state;
	sweep_places(SIM_FAULT_DROP_IN, "requests with a byte lost");
}

static void no_altered_answer_makes_a_false_pass(void **state)
{
	(void)state;
	sweep_places(SIM_FAULT_FLIP_OUT, "altered answers");
}

static void no_lost_byte_of_an_answer_makes_a_false_pass(void **state)
{
	(void)state;
	sweep_places(SIM_FAULT_DROP_OUT, "answers with a byte lost");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_lost_reply_makes_a_false_pass),
		cmocka_unit_test(no_altered_request_makes_a_false_pass),
		cmocka_unit_test(no_lost_byte_of_a_request_makes_a_false_pass),
		cmocka_unit_test(no_altered_answer_makes_a_false_pass),
		cmocka_unit_test(no_lost_byte_of_an_answer_makes_a_false_pass),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
