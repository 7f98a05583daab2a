/*
 * The founding fault: a bridge that loses bytes of long writes (01070000 for the
 * stub's upload) while short ones pass. How a CH9102 does that is our model.
 */
#include "tests/sim/flash_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct sim_unit_config lossy_unit(uint32_t beyond_bytes, uint64_t seed)
{
	struct sim_unit_config config = bench_unit("esp32");

	config.bridge = "ch9102f";
	config.seed = seed;
	config.faults[config.fault_count++] =
		(struct sim_fault){ .kind = SIM_FAULT_LOSSY_WRITES, .amount = beyond_bytes };
	return config;
}

static void run(struct flash_bench *b, struct small_plan *p, const struct sim_unit_config *config,
		enum stub_policy stub, enum status expected)
{
	small_plan_init(p, config->chip, 1);
	p->plan.stub = stub;
	bench_init(b, config);
	bench_flash(b, p, expected);
}

static void release(struct flash_bench *b, struct small_plan *p)
{
	bench_release(b);
	small_plan_release(p);
}

static void a_bridge_that_loses_long_writes_is_flashed_in_short_ones(void **state)
{
	static const struct {
		uint32_t beyond_bytes;
		const char *accepted, *rung;
	} rows[] = {
		{ 2048, "1024 accepted", "stub 921600, blocks of 1024" },
		{ 576, "256 accepted", "stub 921600, blocks of 256" },
		{ 200, "256 accepted in pieces of 64", "blocks of 256 in pieces of 64" },
		{ 64, "256 accepted in pieces of 64", "blocks of 256 in pieces of 64" },
		{ 40, "256 accepted in pieces of 16", "blocks of 256 in pieces of 16" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint64_t seed = 1; seed <= 5; seed++) {
			struct sim_unit_config config = lossy_unit(rows[i].beyond_bytes, seed);
			struct sim_counters n;
			struct small_plan p;
			struct flash_bench b;

			run(&b, &p, &config, STUB_AUTO, STATUS_OK);
			assert_int_equal(b.report.tries, 1);
			assert_true(b.report.is_rescued);
			expect_word(b.report.evidence, "RAM block of 6144 bytes refused with 07");
			expect_word(b.report.evidence, rows[i].accepted);
			expect_word(b.report.rungs, rows[i].rung);
			expect_word(b.report.advice, rows[i].rung);
			sim_unit_counters(b.unit, &n);
			assert_true(n.faults_fired > 0);
			release(&b, &p);
		}
	}
}

/* The way that it was found in is used at once, and nothing has to be rescued. */
static void the_next_unit_in_the_slot_begins_with_what_worked(void **state)
{
	struct sim_unit_config config = lossy_unit(200, 1);
	struct flash_way way;
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	run(&b, &p, &config, STUB_AUTO, STATUS_OK);
	way = b.report.way;
	assert_true(way.with_stub);
	assert_int_equal(way.rate_baud, 921600);
	assert_int_equal(way.ram_block_bytes, 256);
	assert_int_equal(way.data_block_bytes, 256);
	assert_int_equal(way.pace_bytes, 64);
	release(&b, &p);

	small_plan_init(&p, config.chip, 1);
	bench_init(&b, &config);
	b.start = &way;
	assert_int_equal(bench_run(&b, FLASH_RUN_FLASH, &p.plan), STATUS_OK);
	assert_true(bench_holds(&b, &p));
	assert_false(b.report.is_rescued);
	assert_string_equal(b.report.rungs, "");
	assert_string_equal(b.report.suspects, "");
	assert_string_equal(b.report.advice, "");
	release(&b, &p);
}

/* Noise that hits now and then, at whatever size: what has arrived is not sent again. */
static void an_upload_that_loses_blocks_now_and_then_goes_on_behind_them(void **state)
{
	const struct flash_way small = { .with_stub = true,
					 .rate_baud = 921600,
					 .ram_block_bytes = 256,
					 .data_block_bytes = 256 };
	struct sim_counters clean, noisy;
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	for (int is_noisy = 0; is_noisy < 2; is_noisy++) {
		for (uint64_t n = 0; is_noisy && n < 5; n++)
			config.faults[config.fault_count++] = (struct sim_fault){
				.kind = SIM_FAULT_FLIP_IN, .nth = 58 + 4 * n, .at = 100
			};
		small_plan_init(&p, config.chip, 1);
		bench_init(&b, &config);
		b.start = &small;
		assert_int_equal(bench_run(&b, FLASH_RUN_FLASH, &p.plan), STATUS_OK);
		assert_true(bench_holds(&b, &p));
		if (b.report.tries != 1)
			fail_msg("%s\n%s", b.log, sim_unit_journal(b.unit));
		assert_string_equal(b.report.rungs, "");
		sim_unit_counters(b.unit, is_noisy ? &noisy : &clean);
		if (is_noisy)
			expect_word(b.log, "RAM block of 256 bytes at ");
		release(&b, &p);
	}
	assert_int_equal(noisy.faults_fired, 5);
	/* Each costs its block and a MEM_BEGIN; then all four regions are proven once more. */
	assert_int_equal(noisy.frames_in - clean.frames_in, 10 + SMALL_REGIONS);
}

static void the_founding_case_is_told_with_its_evidence(void **state)
{
	struct sim_unit_config config = lossy_unit(576, 1);
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	small_plan_init(&p, config.chip, 1);
	bench_init(&b, &config);
	b.link.bridge = "CH9102F";
	b.link.driver = "cdc_acm";
	assert_int_equal(bench_run(&b, FLASH_RUN_FLASH, &p.plan), STATUS_OK);
	assert_string_equal(b.report.evidence,
			    "RAM block of 6144 bytes refused with 07, 256 accepted; "
			    "8 sync echoes clean; bridge CH9102F, driver cdc_acm");
	expect_word(b.report.suspects, "bridge, driver, supply");
	expect_word(b.report.advice, "no driver is known to do better with the CH9102");
	release(&b, &p);
}

static void the_refused_upload_is_logged_with_its_code(void **state)
{
	struct sim_unit_config config = lossy_unit(576, 1);
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	run(&b, &p, &config, STUB_ALWAYS, STATUS_OK);
	expect_word(b.log, "RAM block of 6144 bytes at 0 of the stub's text arrived damaged: "
			   "refused with 01 07");
	release(&b, &p);
}

static void the_rom_alone_manages_with_smaller_blocks_and_pieces(void **state)
{
	static const uint32_t beyond_bytes[] = { 576, 200, 64, 40 };

	(void)state;
	for (size_t i = 0; i < sizeof(beyond_bytes) / sizeof(beyond_bytes[0]); i++) {
		for (uint64_t seed = 1; seed <= 5; seed++) {
			struct sim_unit_config config = lossy_unit(beyond_bytes[i], seed);
			struct small_plan p;
			struct flash_bench b;

			run(&b, &p, &config, STUB_NEVER, STATUS_OK);
			assert_int_equal(b.report.tries, 1);
			expect_word(b.report.evidence, "data block of 1024 bytes refused with 07");
			expect_word(b.report.suspects, "bridge, driver, supply");
			release(&b, &p);
		}
	}
}

static void the_rom_alone_manages_where_its_blocks_pass(void **state)
{
	struct sim_unit_config config = lossy_unit(2048, 1);
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	run(&b, &p, &config, STUB_NEVER, STATUS_OK);
	assert_string_equal(b.report.rungs, "");
	release(&b, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bridge_that_loses_long_writes_is_flashed_in_short_ones),
		cmocka_unit_test(the_next_unit_in_the_slot_begins_with_what_worked),
		cmocka_unit_test(an_upload_that_loses_blocks_now_and_then_goes_on_behind_them),
		cmocka_unit_test(the_founding_case_is_told_with_its_evidence),
		cmocka_unit_test(the_refused_upload_is_logged_with_its_code),
		cmocka_unit_test(the_rom_alone_manages_with_smaller_blocks_and_pieces),
		cmocka_unit_test(the_rom_alone_manages_where_its_blocks_pass),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
