/*
 * A flash that does not take what is written: block-protect bits, and a sector that is worn.
 */
#include "tests/sim/flash_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define ALL_OF_IT 0x1c         /* BP2..0 */
#define TOP_64_KB 0x04         /* BP0 */
#define BOTTOM_64_KB 0x24      /* BP0 and TB */
#define STRANGE_MAKER 0xba4016 /* nobody's bits are known for it */

static struct sim_unit_config unit_with(enum sim_fault_kind kind, uint32_t at, uint32_t amount)
{
	struct sim_unit_config config = bench_unit("esp32");

	config.faults[config.fault_count++] =
		(struct sim_fault){ .kind = kind, .at = at, .amount = amount };
	return config;
}

static void init(struct flash_bench *b, struct small_plan *p, const struct sim_unit_config *config,
		 bool by_rom)
{
	small_plan_init(p, config->chip, 1);
	p->plan.stub = by_rom ? STUB_NEVER : STUB_ALWAYS;
	bench_init(b, config);
}

static void release(struct flash_bench *b, struct small_plan *p)
{
	bench_release(b);
	small_plan_release(p);
}

static void a_protected_flash_is_refused_before_a_byte_is_written(void **state)
{
	static const uint32_t bits[] = { ALL_OF_IT, BOTTOM_64_KB };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct sim_unit_config config = unit_with(SIM_FAULT_BLOCK_PROTECT, 0, bits[i / 2]);
		struct sim_counters before, after;
		struct small_plan p;
		struct flash_bench b;

		init(&b, &p, &config, i % 2);
		sim_unit_counters(b.unit, &before);
		bench_flash(&b, &p, STATUS_FLASH_PROTECTED);
		sim_unit_counters(b.unit, &after);
		assert_int_equal(after.sectors_erased, before.sectors_erased);
		assert_int_equal(after.bytes_programmed, before.bytes_programmed);
		assert_true(bench_is_untouched(&b));
		assert_int_equal(b.report.tries, 1);
		assert_true(b.report.has_status_before);
		assert_int_equal(b.report.status_before[0], bits[i / 2]);
		assert_false(b.report.has_status_after);
		expect_word(b.report.err.text, "status register 1");
		expect_word(b.report.err.text, "clear_protection: yes");
		release(&b, &p);
	}
}

/* For good: after the power was away the flash is open, and a recipe without the key passes. */
static void the_recipe_lets_protection_be_cleared_for_good(void **state)
{
	(void)state;
	for (int rom = 0; rom < 2; rom++) {
		struct sim_unit_config config = unit_with(SIM_FAULT_BLOCK_PROTECT, 0, ALL_OF_IT);
		struct small_plan p, next;
		struct flash_bench b;

		init(&b, &p, &config, rom);
		p.plan.clear_protection = true;
		bench_flash(&b, &p, STATUS_OK);
		assert_int_equal(b.report.tries, 1);
		assert_int_equal(b.report.status_before[0], ALL_OF_IT);
		assert_true(b.report.has_status_after);
		assert_int_equal(b.report.status_after[0], 0);
		assert_memory_equal(b.report.status_after + 1, b.report.status_before + 1, 2);
		sim_unit_press_reset(b.unit, b.port.now_us, false);
		small_plan_init(&next, config.chip, 2);
		bench_flash(&b, &next, STATUS_OK);
		assert_int_equal(b.report.status_before[0], 0);
		assert_false(b.report.has_status_after);
		small_plan_release(&next);
		release(&b, &p);
	}
}

static void bits_that_cover_other_parts_of_the_flash_are_left_alone(void **state)
{
	(void)state;
	for (int clears = 0; clears < 2; clears++) {
		struct sim_unit_config config = unit_with(SIM_FAULT_BLOCK_PROTECT, 0, TOP_64_KB);
		struct small_plan p;
		struct flash_bench b;

		init(&b, &p, &config, false);
		p.plan.clear_protection = clears;
		bench_flash(&b, &p, STATUS_OK);
		assert_int_equal(b.report.tries, 1);
		assert_int_equal(b.report.status_before[0], TOP_64_KB);
		assert_false(b.report.has_status_after);
		release(&b, &p);
	}
}

static void erasing_all_counts_as_writing_all(void **state)
{
	struct sim_unit_config config = unit_with(SIM_FAULT_BLOCK_PROTECT, 0, TOP_64_KB);
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, &config, false);
	p.plan.erase = ERASE_ALL;
	bench_flash(&b, &p, STATUS_FLASH_PROTECTED);
	assert_true(bench_is_untouched(&b));
	release(&b, &p);
}

static void an_unknown_makers_bits_are_named_when_the_write_was_not_taken(void **state)
{
	struct sim_unit_config config = unit_with(SIM_FAULT_BLOCK_PROTECT, 0, ALL_OF_IT);
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.flash_id = STRANGE_MAKER;
	init(&b, &p, &config, false);
	bench_flash(&b, &p, STATUS_FLASH_PROTECTED);
	assert_int_equal(b.report.tries, p.plan.tries);
	assert_true(bench_is_untouched(&b));
	expect_word(b.report.err.text, "status register 1: 1c");
	release(&b, &p);
}

/* Without being asked: the record shows it all the same. */
static void what_a_rom_clears_by_itself_is_recorded(void **state)
{
	static const struct {
		uint32_t flash_id, bits;
	} rows[] = { { STRANGE_MAKER, ALL_OF_IT }, { 0, TOP_64_KB } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config = unit_with(SIM_FAULT_BLOCK_PROTECT, 0, rows[i].bits);
		struct small_plan p;
		struct flash_bench b;

		config.flash_id = rows[i].flash_id;
		init(&b, &p, &config, true);
		bench_flash(&b, &p, STATUS_OK);
		assert_int_equal(b.report.status_before[0], rows[i].bits);
		assert_true(b.report.has_status_after);
		assert_int_equal(b.report.status_after[0], 0);
		release(&b, &p);
	}
}

static void an_unknown_makers_bits_may_mean_something_else(void **state)
{
	struct sim_unit_config config = unit_with(SIM_FAULT_BLOCK_PROTECT, 0, TOP_64_KB);
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.flash_id = STRANGE_MAKER;
	init(&b, &p, &config, false);
	bench_flash(&b, &p, STATUS_OK);
	assert_int_equal(b.report.tries, 1);
	assert_int_equal(b.report.status_before[0], TOP_64_KB);
	assert_false(b.report.has_status_after);
	release(&b, &p);
}

static void an_unknown_makers_bits_are_cleared_where_the_recipe_allows_it(void **state)
{
	struct sim_unit_config config = unit_with(SIM_FAULT_BLOCK_PROTECT, 0, ALL_OF_IT);
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.flash_id = STRANGE_MAKER;
	init(&b, &p, &config, false);
	p.plan.clear_protection = true;
	bench_flash(&b, &p, STATUS_OK);
	assert_int_equal(b.report.tries, 1);
	assert_int_equal(b.report.status_before[1], 0xff); /* not asked for */
	assert_true(b.report.has_status_after);
	assert_int_equal(b.report.status_after[0], 0);
	release(&b, &p);
}

static void an_open_flash_has_its_status_recorded_on_every_chip(void **state)
{
	static const char *const chips[] = {
		"esp32",   "esp32s2", "esp32s3",  "esp32c2", "esp32c3",
		"esp32c5", "esp32c6", "esp32c61", "esp32h2", "esp32p4"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
		struct sim_unit_config config = bench_unit(chips[i]);
		struct small_plan p;
		struct flash_bench b;

		init(&b, &p, &config, false);
		bench_flash(&b, &p, STATUS_OK);
		assert_true(b.report.has_status_before);
		assert_int_equal(b.report.status_before[0], 0);
		release(&b, &p);
	}
}

static void a_worn_sector_is_named_by_its_address(void **state)
{
	(void)state;
	for (int rom = 0; rom < 2; rom++) {
		struct sim_unit_config config = unit_with(SIM_FAULT_BAD_SECTOR, 0x13000, 0);
		struct small_plan p;
		struct flash_bench b;

		init(&b, &p, &config, rom);
		/* The ROM reads back what it was sent raw; the stub does not. */
		bench_flash(&b, &p, rom ? STATUS_WRITE_REFUSED : STATUS_MD5_MISMATCH);
		expect_word(b.report.err.text, "00013000");
		assert_int_equal(b.report.tries, p.plan.tries);
		release(&b, &p);
	}
}

static void a_worn_sector_anywhere_fails_an_erase_of_everything(void **state)
{
	(void)state;
	for (int rom = 0; rom < 2; rom++) {
		struct sim_unit_config config = unit_with(SIM_FAULT_BAD_SECTOR, 0x60000, 0);
		struct small_plan p;
		struct flash_bench b;

		init(&b, &p, &config, rom);
		p.plan.erase = ERASE_ALL;
		bench_flash(&b, &p, STATUS_MD5_MISMATCH);
		expect_word(b.report.err.text, "sector at 00060000 is not blank");
		release(&b, &p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_protected_flash_is_refused_before_a_byte_is_written),
		cmocka_unit_test(the_recipe_lets_protection_be_cleared_for_good),
		cmocka_unit_test(bits_that_cover_other_parts_of_the_flash_are_left_alone),
		cmocka_unit_test(erasing_all_counts_as_writing_all),
		cmocka_unit_test(an_unknown_makers_bits_are_named_when_the_write_was_not_taken),
		cmocka_unit_test(what_a_rom_clears_by_itself_is_recorded),
		cmocka_unit_test(an_unknown_makers_bits_may_mean_something_else),
		cmocka_unit_test(an_unknown_makers_bits_are_cleared_where_the_recipe_allows_it),
		cmocka_unit_test(an_open_flash_has_its_status_recorded_on_every_chip),
		cmocka_unit_test(a_worn_sector_is_named_by_its_address),
		cmocka_unit_test(a_worn_sector_anywhere_fails_an_erase_of_everything),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
