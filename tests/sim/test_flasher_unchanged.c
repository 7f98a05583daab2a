/*
 * `skip: unchanged`: only the sectors that differ on the unit are written, and without the
 * old file nobody but the unit knows which.
 */
#include "tests/sim/flash_bench.h"
#include "tests/sim/large_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void expect_pass(struct flash_bench *b, struct large_plan *p)
{
	enum status st = bench_run(b, FLASH_RUN_FLASH, &p->small.plan);

	if (st)
		fail_msg("%s: %s\n%s\n%s", status_code(st), b->report.err.text, b->log,
			 sim_unit_journal(b->unit));
	assert_true(bench_holds(b, &p->small));
}

/* A unit that holds the first plan; p is the next one, with skip: unchanged. */
static void init(struct flash_bench *b, struct large_plan *p, const char *chip, uint32_t seed,
		 bool by_rom)
{
	struct sim_unit_config config = bench_unit(chip);
	struct large_plan first;

	large_plan_init(&first, chip, 1);
	bench_init(b, &config);
	expect_pass(b, &first);
	bench_hold_boot_if_gone(b);
	large_plan_release(&first);
	large_plan_init(p, chip, seed);
	p->small.plan.skip = SKIP_UNCHANGED;
	p->small.plan.stub = by_rom ? STUB_NEVER : STUB_ALWAYS;
}

static void release(struct flash_bench *b, struct large_plan *p)
{
	bench_release(b);
	large_plan_release(p);
}

/* The last one is not a whole sector. */
static void expect_written(const struct flash_bench *b, const struct large_plan *p,
			   size_t app_bytes)
{
	uint64_t written = app_bytes + FLASH_SECTOR_BYTES; /* and the boot sector */

	if (b->report.raw_bytes != written)
		fail_msg("%u bytes written, expected %u\n%s", (unsigned)b->report.raw_bytes,
			 (unsigned)written, b->log);
	assert_int_equal(b->report.skipped_bytes, large_plan_bytes(p) - written);
	assert_int_equal(b->last_done_bytes, large_plan_bytes(p));
	assert_int_equal(b->report.tries, 1);
}

static void only_sectors_that_differ_are_written(void **state)
{
	static const size_t changed[][4] = { { 0 }, { 31 }, { 65 }, { 0, 1, 40, 65 } };
	static const size_t counts[] = { 1, 1, 1, 4 };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		size_t row = i / 2, bytes = 0;
		struct large_plan p;
		struct flash_bench b;

		init(&b, &p, i % 4 < 2 ? "esp32" : "esp32c3", 1, i % 2);
		for (size_t n = 0; n < counts[row]; n++) {
			bool is_last = changed[row][n] == LARGE_APP_SECTORS - 1;

			large_plan_change(&p, changed[row][n]);
			bytes +=
				is_last ? LARGE_APP_BYTES % FLASH_SECTOR_BYTES : FLASH_SECTOR_BYTES;
		}
		expect_pass(&b, &p);
		expect_written(&b, &p, bytes);
		release(&b, &p);
	}
}

/* A rework unit: the firmware on it is one that this station has never seen. */
static void what_somebody_else_has_written_is_found_as_well(void **state)
{
	struct large_plan p;
	struct flash_bench b;
	uint8_t *flash;
	size_t size;

	(void)state;
	init(&b, &p, "esp32", 1, false);
	flash = sim_unit_flash_edit(b.unit, &size);
	memset(flash + 0x10000 + 10 * FLASH_SECTOR_BYTES, 0x5a, 3 * FLASH_SECTOR_BYTES);
	memcpy(b.before, flash, size);
	expect_pass(&b, &p);
	expect_written(&b, &p, (size_t)3 * FLASH_SECTOR_BYTES);
	release(&b, &p);
}

static uint64_t run_us(struct flash_bench *b, struct large_plan *p, enum skip_policy skip)
{
	p->small.plan.skip = skip;
	expect_pass(b, p);
	return b->report.total_us;
}

/* Asking may cost a sixteenth of what writing does. */
static void an_image_of_which_nothing_is_alike_costs_little_to_ask_for(void **state)
{
	(void)state;
	for (int rom = 0; rom < 2; rom++) {
		struct large_plan p, other;
		struct flash_bench b;
		uint64_t asking_us, writing_us;

		init(&b, &p, "esp32", 2, rom);
		large_plan_init(&other, "esp32", 3);
		other.small.plan.stub = p.small.plan.stub;
		asking_us = run_us(&b, &p, SKIP_UNCHANGED);
		assert_int_equal(b.report.raw_bytes, LARGE_APP_BYTES + FLASH_SECTOR_BYTES);
		writing_us = run_us(&b, &other, SKIP_NEVER);
		/* SKIP_NEVER writes the boot loader's rest and the table too. */
		if (asking_us > writing_us * 11 / 10)
			fail_msg("%u us instead of %u", (unsigned)asking_us, (unsigned)writing_us);
		large_plan_release(&other);
		release(&b, &p);
	}
}

/* Nothing to write is a question for each region, and no write. */
static void an_image_that_is_there_is_not_written(void **state)
{
	struct sim_counters before, after;
	struct large_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, "esp32", 1, false);
	sim_unit_counters(b.unit, &before);
	expect_pass(&b, &p);
	sim_unit_counters(b.unit, &after);
	assert_int_equal(after.sectors_erased, before.sectors_erased);
	assert_int_equal(b.report.raw_bytes, 0);
	assert_int_equal(b.report.skipped_bytes, large_plan_bytes(&p));
	assert_null(strstr(b.log, "MD5s asked"));
	release(&b, &p);
}

static void cancel_while_writing(struct flash_bench *b, const struct flash_progress *p)
{
	if (p->step == STEP_WRITE)
		b->port.cancel_at_us = b->port.now_us;
}

static void an_interrupted_update_does_not_start(void **state)
{
	struct large_plan p;
	struct flash_bench b;
	const uint8_t *flash;
	size_t size;

	(void)state;
	init(&b, &p, "esp32", 1, false);
	large_plan_change(&p, 50);
	b.on_progress = cancel_while_writing;
	assert_int_equal(bench_run(&b, FLASH_RUN_FLASH, &p.small.plan), STATUS_CANCELLED);
	flash = sim_unit_flash(b.unit, &size);
	for (size_t i = 0; i < FLASH_SECTOR_BYTES; i++)
		assert_int_equal(flash[p.small.plan.chip->boot_addr + i], 0xff);
	release(&b, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_sectors_that_differ_are_written),
		cmocka_unit_test(what_somebody_else_has_written_is_found_as_well),
		cmocka_unit_test(an_image_of_which_nothing_is_alike_costs_little_to_ask_for),
		cmocka_unit_test(an_image_that_is_there_is_not_written),
		cmocka_unit_test(an_interrupted_update_does_not_start),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
