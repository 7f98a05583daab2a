/*
 * A fault in the middle of a write: what had arrived is found and kept, the rest is sent
 * again, and nothing is taken on trust.
 */
#include "tests/sim/flash_bench.h"
#include "tests/sim/large_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct way_row {
	enum stub_policy stub;
	bool compress;
} ways[] = {
	{ STUB_ALWAYS, true },
	{ STUB_ALWAYS, false },
	{ STUB_NEVER, true },
	{ STUB_NEVER, false },
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static void init(struct flash_bench *b, struct large_plan *p, const struct way_row *way,
		 const struct sim_fault *fault)
{
	struct sim_unit_config config = bench_unit("esp32");

	if (fault)
		config.faults[config.fault_count++] = *fault;
	large_plan_init(p, config.chip, 1);
	p->small.plan.stub = way->stub;
	p->small.plan.compress = way->compress;
	bench_init(b, &config);
}

static void release(struct flash_bench *b, struct large_plan *p)
{
	bench_release(b);
	large_plan_release(p);
}

static void expect_pass(struct flash_bench *b, struct large_plan *p)
{
	enum status st = bench_run(b, FLASH_RUN_FLASH, &p->small.plan);

	if (st)
		fail_msg("%s: %s\n%s\n%s", status_code(st), b->report.err.text, b->log,
			 sim_unit_journal(b->unit));
	assert_true(bench_holds(b, &p->small));
}

/* What had gone over the line when half of the plan was there. */
static struct sim_counters half_way;
static uint64_t usual_us;

static void note_half_way(struct flash_bench *b, const struct flash_progress *p)
{
	if (p->step == STEP_WRITE && p->done_bytes < p->total_bytes / 2)
		sim_unit_counters(b->unit, &half_way);
}

static void run_without_fault(const struct way_row *way)
{
	struct large_plan p;
	struct flash_bench b;

	init(&b, &p, way, NULL);
	b.on_progress = note_half_way;
	expect_pass(&b, &p);
	usual_us = b.report.total_us;
	release(&b, &p);
}

/* In the same try, and without sending what was there. */
static void a_lost_answer_costs_a_few_sectors_and_no_try(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		struct sim_fault fault = { .kind = SIM_FAULT_LOSE_REPLY };
		struct large_plan p;
		struct flash_bench b;

		run_without_fault(&ways[i]);
		fault.nth = half_way.frames_out + 2;
		init(&b, &p, &ways[i], &fault);
		expect_pass(&b, &p);
		assert_int_equal(b.report.tries, 1);
		if (!strstr(b.log, "sectors need not be sent"))
			fail_msg("way %zu: no search\n%s", i, b.log);
		/* A block's answer is not waited for as long as the whole stream may take. */
		assert_in_range(b.report.total_us, usual_us, usual_us + 9000000);
		/* Two blocks in the unit's hands and a window of 32 KB may be lost. */
		assert_in_range(b.report.raw_bytes, 1, large_plan_bytes(&p) + 0x18000);
		release(&b, &p);
	}
}

static void a_restart_in_the_middle_keeps_what_was_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		struct sim_fault fault = { .kind = SIM_FAULT_BROWN_OUT };
		struct large_plan p;
		struct flash_bench b;

		run_without_fault(&ways[i]);
		fault.nth = half_way.bytes_in + 100;
		init(&b, &p, &ways[i], &fault);
		expect_pass(&b, &p);
		assert_int_equal(b.report.tries, 2);
		assert_in_range(b.report.raw_bytes, large_plan_bytes(&p) / 2,
				large_plan_bytes(&p) + 0x18000);
		release(&b, &p);
	}
}

static void a_damaged_sector_alone_is_written_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		struct large_plan p;
		struct flash_bench b;
		size_t size;

		init(&b, &p, &ways[i], NULL);
		expect_pass(&b, &p);
		p.small.plan.skip = SKIP_UNCHANGED;
		sim_unit_flash_edit(b.unit, &size)[0x10000 + 0x23456] ^= 0x04;
		expect_pass(&b, &p);
		assert_int_equal(b.report.raw_bytes, 2 * FLASH_SECTOR_BYTES);
		release(&b, &p);
	}
}

/*
 * The stub refuses what came damaged without having looked at it, so the same bytes go again
 * in smaller blocks, also in the middle of a stream.
 */
static void blocks_that_are_too_long_shrink_in_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (uint64_t seed = 1; seed <= 5; seed++) {
			struct sim_fault fault = { .kind = SIM_FAULT_LOSSY_WRITES,
						   .amount = 0x2000 };
			struct sim_unit_config config = bench_unit("esp32");
			struct large_plan p;
			struct flash_bench b;

			config.bridge = "ch9102f";
			config.seed = seed;
			config.faults[config.fault_count++] = fault;
			large_plan_init(&p, config.chip, 1);
			p.small.plan.stub = ways[i].stub;
			p.small.plan.compress = ways[i].compress;
			bench_init(&b, &config);
			expect_pass(&b, &p);
			assert_int_equal(b.report.tries, 1);
			assert_in_range(b.report.way.data_block_bytes, 0x400, 0x1000);
			release(&b, &p);
		}
	}
}

/* On a unit that holds the plan already, an MD5 of the plan proves nothing of this write. */
static void no_begin_goes_astray_unnoticed_on_a_unit_that_held_the_plan(void **state)
{
	/* Of a begin's frame: the size, and the address but for its highest byte. */
	static const uint32_t places[] = { 10, 21, 22, 23 };

	(void)state;
	for (size_t turn = 0; turn < 4; turn++) {
		size_t i = turn % 2 * 3;
		unsigned runs = 0, passes = 0;

		for (uint64_t nth = 1;; nth++) {
			struct sim_unit_config config = bench_unit("esp32c3");
			struct sim_counters c;
			struct small_plan p;
			struct flash_bench b;
			uint8_t *flash;
			enum status st;
			size_t size;

			config.flash_bytes = 0x100000;
			config.faults[config.fault_count++] = (struct sim_fault){
				.kind = SIM_FAULT_FLIP_IN,
				.nth = nth,
				.at = places[(nth + turn / 2) % 4],
			};
			small_plan_init(&p, config.chip, 1);
			p.plan.stub = ways[i].stub;
			p.plan.compress = ways[i].compress;
			p.plan.erase = ERASE_ROOMS;
			p.rooms[0] = (struct flash_range){ 0x9000, 0x5000 };
			p.plan.room_count = 1;
			bench_init(&b, &config);
			flash = sim_unit_flash_edit(b.unit, &size);
			small_plan_apply(&p, flash, size);
			memcpy(b.before, flash, size);
			st = bench_run(&b, FLASH_RUN_FLASH, &p.plan);
			runs++;
			passes += !st;
			if (!st && !bench_holds(&b, &p))
				fail_msg("a false PASS: way %zu, frame %u\n%s\n%s", i,
					 (unsigned)nth, b.log, sim_unit_journal(b.unit));
			sim_unit_counters(b.unit, &c);
			bench_release(&b);
			small_plan_release(&p);
			if (nth > c.frames_in)
				break;
		}
		assert_true(runs > 50);
		assert_true(passes > runs / 2);
	}
}

/* Whatever happens, it ends by a name and in the time that was printed. */
static void no_run_outlasts_its_limit(void **state)
{
	static const struct sim_fault faults[] = {
		{ .kind = SIM_FAULT_STALL, .nth = 20000, .amount = 30000 },
		{ .kind = SIM_FAULT_STALL, .nth = 100000, .amount = 30000 },
		{ .kind = SIM_FAULT_SLOW_PROGRAM, .amount = 100000 },
		{ .kind = SIM_FAULT_SLOW_ERASE, .amount = 10000 },
		{ .kind = SIM_FAULT_LOSSY_WRITES, .amount = 16 },
		{ .kind = SIM_FAULT_BROWN_OUT, .nth = 30000, .amount = 30000 },
		{ .kind = SIM_FAULT_LOSE_REPLY, .nth = 0 },
		{ .kind = SIM_FAULT_BAD_SECTOR, .at = 0x20000 },
	};

	(void)state;
	for (size_t i = 0; i < WAYS; i += 3) {
		for (size_t n = 0; n < sizeof(faults) / sizeof(faults[0]); n++) {
			struct large_plan p;
			struct flash_bench b;
			uint32_t limit_ms;
			enum status st;

			init(&b, &p, &ways[i], &faults[n]);
			limit_ms = flasher_limit_ms(&p.small.plan, &b.link);
			st = bench_run(&b, FLASH_RUN_FLASH, &p.small.plan);
			if (b.report.total_us > limit_ms * UINT64_C(1000) + 1000000)
				fail_msg("fault %zu: %s after %.1f s of %.1f\n%s", n,
					 status_code(st), (double)b.report.total_us / 1e6,
					 limit_ms / 1e3, b.log);
			if (st == STATUS_OK)
				assert_true(bench_holds(&b, &p.small));
			release(&b, &p);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lost_answer_costs_a_few_sectors_and_no_try),
		cmocka_unit_test(a_restart_in_the_middle_keeps_what_was_written),
		cmocka_unit_test(a_damaged_sector_alone_is_written_again),
		cmocka_unit_test(blocks_that_are_too_long_shrink_in_place),
		cmocka_unit_test(no_begin_goes_astray_unnoticed_on_a_unit_that_held_the_plan),
		cmocka_unit_test(no_run_outlasts_its_limit),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
