/*
 * Who is to blame: what a bad line does never makes a bad unit. One altered request can make
 * the chip itself say no, so the chip is believed when it said so twice.
 */
#include "tests/sim/flash_bench.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* FLASHLINE_BLAME_CASES draws more. */
#define CASES 250u
#define FAULTS_MOST 5u
/* Frames of a small run, both ways, with what is repeated. */
#define FRAMES_MOST 260u
#define BYTES_MOST 40000u

/* xorshift64*, for the same cases everywhere. */
static uint32_t draw(uint64_t *state, uint32_t below)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

/* Each is done by the way to the unit alone. */
static struct sim_fault draw_line_fault(uint64_t *state)
{
	static const enum sim_fault_kind kinds[] = {
		SIM_FAULT_FLIP_IN,  SIM_FAULT_FLIP_IN,    SIM_FAULT_DROP_IN, SIM_FAULT_DUP_IN,
		SIM_FAULT_FLIP_OUT, SIM_FAULT_DROP_OUT,   SIM_FAULT_DUP_OUT, SIM_FAULT_LOSE_REPLY,
		SIM_FAULT_STALL,    SIM_FAULT_LOSE_REPLY,
	};
	struct sim_fault f = { .kind = kinds[draw(state, sizeof(kinds) / sizeof(kinds[0]))] };

	if (f.kind == SIM_FAULT_STALL) {
		f.nth = 1 + draw(state, BYTES_MOST);
		f.amount = 1 + draw(state, 8000);
		return f;
	}
	f.nth = 1 + draw(state, FRAMES_MOST);
	/* The words of a request stand within these. */
	f.at = draw(state, 4) ? 1 + draw(state, 26) : draw(state, 1200);
	return f;
}

static unsigned cases(void)
{
	const char *text = getenv("FLASHLINE_BLAME_CASES");

	return text ? (unsigned)strtoul(text, NULL, 10) : CASES;
}

static void judge(struct flash_bench *b, const struct small_plan *p, unsigned n, enum status st)
{
	if (status_row(st)->outcome == OUTCOME_FAIL)
		fail_msg("case %u calls the unit bad: %s: %s\n%s\n%s", n, status_code(st),
			 b->report.err.text, b->log, sim_unit_journal(b->unit));
	if (!st && !bench_holds(b, p))
		fail_msg("case %u: a false PASS\n%s\n%s", n, b->log, sim_unit_journal(b->unit));
	if (b->report.total_us / 1000 > flasher_limit_ms(&p->plan, &b->link))
		fail_msg("case %u outlasts its limit\n%s", n, b->log);
}

static void no_fault_of_the_line_calls_the_unit_bad(void **state)
{
	static const char *const chips[] = { "esp32", "esp32c3", "esp32s3" };
	static const enum erase_mode erases[] = { ERASE_SECTORS, ERASE_SECTORS, ERASE_ROOMS };
	unsigned passes = 0;

	(void)state;
	for (unsigned n = 0; n < cases(); n++) {
		uint64_t random = UINT64_C(0x9e3779b97f4a7c15) * (n + 1);
		struct sim_unit_config config = bench_unit(chips[draw(&random, 3)]);
		struct small_plan p;
		struct flash_bench b;
		enum status st;

		config.fault_count = 1 + draw(&random, FAULTS_MOST);
		for (size_t i = 0; i < config.fault_count; i++)
			config.faults[i] = draw_line_fault(&random);
		config.seed = n + 1;
		small_plan_init(&p, config.chip, 1);
		p.plan.tries = 1 + draw(&random, 3);
		p.plan.stub = draw(&random, 2) ? STUB_AUTO : STUB_NEVER;
		p.plan.compress = draw(&random, 2);
		p.plan.erase = erases[draw(&random, 3)];
		if (p.plan.erase == ERASE_ROOMS) {
			p.rooms[0] = (struct flash_range){ 0x9000, 0x5000 };
			p.plan.room_count = 1;
		}
		bench_init(&b, &config);
		st = bench_run(&b, FLASH_RUN_FLASH, &p.plan);
		passes += !st;
		judge(&b, &p, n, st);
		bench_release(&b);
		small_plan_release(&p);
	}
	assert_true(passes > cases() / 2);
}

/* One byte of each request in turn, every word of it, and no try in which it could be cured. */
static void one_altered_request_never_calls_the_unit_bad_even_in_a_single_try(void **state)
{
	static const uint32_t places[] = { 2, 9, 12, 13, 21, 22, 23 };

	(void)state;
	for (int rom = 0; rom < 2; rom++) {
		for (uint64_t nth = 1; nth < FRAMES_MOST; nth++) {
			struct sim_unit_config config = bench_unit("esp32");
			struct sim_counters c;
			struct small_plan p;
			struct flash_bench b;

			config.faults[config.fault_count++] = (struct sim_fault){
				.kind = SIM_FAULT_FLIP_IN,
				.nth = nth,
				.at = places[nth % (sizeof(places) / sizeof(places[0]))],
			};
			config.seed = nth;
			small_plan_init(&p, config.chip, 1);
			p.plan.tries = 1;
			p.plan.stub = rom ? STUB_NEVER : STUB_AUTO;
			bench_init(&b, &config);
			judge(&b, &p, (unsigned)nth, bench_run(&b, FLASH_RUN_FLASH, &p.plan));
			sim_unit_counters(b.unit, &c);
			bench_release(&b);
			small_plan_release(&p);
			if (nth > c.frames_in)
				break;
		}
	}
}

/* A flash that is really worn is named even where the recipe gives one try. */
static void a_worn_sector_fails_the_unit_in_a_single_try_too(void **state)
{
	(void)state;
	for (int rom = 0; rom < 2; rom++) {
		struct sim_unit_config config = bench_unit("esp32");
		struct small_plan p;
		struct flash_bench b;
		enum status st;

		config.faults[config.fault_count++] =
			(struct sim_fault){ .kind = SIM_FAULT_BAD_SECTOR, .at = 0x13000 };
		small_plan_init(&p, config.chip, 1);
		p.plan.tries = 1;
		p.plan.stub = rom ? STUB_NEVER : STUB_AUTO;
		bench_init(&b, &config);
		st = bench_run(&b, FLASH_RUN_FLASH, &p.plan);
		if (st != (rom ? STATUS_WRITE_REFUSED : STATUS_MD5_MISMATCH))
			fail_msg("%s: %s\n%s", status_code(st), b.report.err.text, b.log);
		assert_int_equal(b.report.tries, 1);
		bench_release(&b);
		small_plan_release(&p);
	}
}

/* Every question of first contact, lost or damaged: it costs no try, and no doubt at the end. */
static void a_lost_answer_while_identifying_is_asked_for_again(void **state)
{
	static const enum sim_fault_kind kinds[] = { SIM_FAULT_LOSE_REPLY, SIM_FAULT_FLIP_OUT,
						     SIM_FAULT_DROP_OUT };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (uint64_t nth = 12; nth < 40; nth++) {
			struct sim_unit_config config = bench_unit("esp32");
			struct flash_bench b;

			/* Three of them, as with one error in some hundred bytes. */
			for (uint64_t n = 0; n < 3; n++)
				config.faults[config.fault_count++] = (struct sim_fault){
					.kind = kinds[i], .nth = nth + 9 * n, .at = 10
				};
			bench_init(&b, &config);
			if (bench_run(&b, FLASH_RUN_IDENTIFY, NULL) || b.report.tries != 1)
				fail_msg("kind %zu, frame %" PRIu64 ": %s\n%s", i, nth,
					 b.report.err.text, b.log);
			bench_release(&b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_fault_of_the_line_calls_the_unit_bad),
		cmocka_unit_test(one_altered_request_never_calls_the_unit_bad_even_in_a_single_try),
		cmocka_unit_test(a_worn_sector_fails_the_unit_in_a_single_try_too),
		cmocka_unit_test(a_lost_answer_while_identifying_is_asked_for_again),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
