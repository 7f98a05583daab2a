/* What goes wrong and is mended, and what goes wrong for good. */
#include "tests/sim/flash_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void init(struct flash_bench *b, struct small_plan *p, const struct sim_unit_config *config)
{
	small_plan_init(p, config->chip, 1);
	bench_init(b, config);
}

static void release(struct flash_bench *b, struct small_plan *p)
{
	bench_release(b);
	small_plan_release(p);
}

/* ---- a link that loses long bursts: result 01070000 ---- */

static void lose_a_byte_of_every_frame(struct sim_unit_config *config, uint32_t at)
{
	config->faults[config->fault_count++] =
		(struct sim_fault){ .kind = SIM_FAULT_DROP_IN, .nth = 0, .at = at };
}

static void a_link_that_loses_long_frames_gets_shorter_ones(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.bridge = "ch9102f";
	lose_a_byte_of_every_frame(&config, 3000);
	init(&b, &p, &config);
	bench_flash(&b, &p, STATUS_OK);
	assert_int_equal(b.report.tries, 1);
	expect_word(b.report.evidence, "RAM block of 6144 bytes refused with 07, 1024 accepted");
	expect_word(b.report.rungs, "stub 921600, blocks of 1024");
	release(&b, &p);
}

static void a_link_that_loses_all_but_short_frames_gets_the_shortest(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	lose_a_byte_of_every_frame(&config, 700);
	init(&b, &p, &config);
	bench_flash(&b, &p, STATUS_OK);
	expect_word(b.report.evidence, "RAM block of 6144 bytes refused with 07, 256 accepted");
	release(&b, &p);
}

static void a_link_that_loses_short_frames_too_is_named(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	lose_a_byte_of_every_frame(&config, 150);
	init(&b, &p, &config);
	p.plan.stub = STUB_ALWAYS;
	bench_flash(&b, &p, STATUS_STUB_UPLOAD_CHECKSUM);
	assert_int_equal(b.report.err.device[1], 0x07);
	expect_word(b.report.evidence, "refused with 07");
	assert_true(bench_is_untouched(&b));
	release(&b, &p);
}

/* ---- flash that does not keep its bytes ---- */

static void flip_app_bit(struct flash_bench *b)
{
	size_t size;

	sim_unit_flash_edit(b->unit, &size)[0x10000 + 0x2345] ^= 0x04;
}

static void damage_first_try(struct flash_bench *b, const struct flash_progress *p)
{
	if (p->step == STEP_VERIFY && p->try_no == 1)
		flip_app_bit(b);
}

/* Between writing and proving, in every try: the step is told once before it begins. */
static void damage_every_try(struct flash_bench *b, const struct flash_progress *p)
{
	if (p->step == STEP_VERIFY)
		flip_app_bit(b);
}

static void a_bit_lost_once_is_written_again(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, &config);
	b.on_progress = damage_first_try;
	bench_flash(&b, &p, STATUS_OK);
	assert_int_equal(b.report.tries, 2);
	/* The second try wrote only the sector that was wrong, and the boot sector. */
	assert_int_equal(b.report.raw_bytes, FLASH_SECTOR_BYTES + p.regions[SMALL_APP].size_bytes +
						     p.regions[SMALL_TABLE].size_bytes +
						     p.regions[SMALL_BOOT_REST].size_bytes +
						     p.regions[SMALL_BOOT_SECTOR].size_bytes);
	release(&b, &p);
}

static void a_bit_lost_every_time_fails_the_unit(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;
	size_t size;

	(void)state;
	init(&b, &p, &config);
	b.on_progress = damage_every_try;
	bench_flash(&b, &p, STATUS_MD5_MISMATCH);
	assert_int_equal(b.report.tries, p.plan.tries);
	assert_int_equal(b.report.proof, FLASH_PROOF_NONE);
	expect_word(b.report.err.text, "app.bin at 00010000");
	/* It must not start what is wrong. */
	assert_int_equal(sim_unit_flash(b.unit, &size)[0x1000], 0xff);
	release(&b, &p);
}

/* ---- a link that alters the answers ---- */

static void an_answer_altered_in_one_bit_is_the_link_s_fault(void **state)
{
	static const enum stub_policy stubs[] = { STUB_ALWAYS, STUB_NEVER };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config = bench_unit("esp32");
		struct small_plan p;
		struct flash_bench b;

		config.faults[config.fault_count++] = (struct sim_fault){
			.kind = SIM_FAULT_FLIP_OUT,
			.nth = 0,
			.at = i ? 30 : 12, /* in the MD5, and in no shorter answer */
		};
		init(&b, &p, &config);
		p.plan.stub = stubs[i];
		bench_flash(&b, &p, STATUS_GARBLED);
		assert_null(strstr(b.report.evidence, "not where it had been sent"));
		release(&b, &p);
	}
}

/* ---- another unit in the same place ---- */

static struct sim_unit *second_unit;

static void swap_unit(struct flash_bench *b, const struct flash_progress *p)
{
	if (p->step != STEP_CONNECT || p->try_no != 2 || !second_unit)
		return;
	sim_unit_open(second_unit, b->port.now_us);
	sim_unit_lines(second_unit, b->port.now_us, false, false);
	b->port.unit = second_unit;
	second_unit = NULL;
}

static void swap_after_damage(struct flash_bench *b, const struct flash_progress *p)
{
	damage_first_try(b, p);
	swap_unit(b, p);
}

static void a_unit_swapped_between_tries_stays_untouched(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct sim_unit *first, *second;
	struct sim_counters c;
	struct small_plan p;
	struct flash_bench b;
	char error[200];

	(void)state;
	init(&b, &p, &config);
	config.mac[5] ^= 1;
	second = second_unit = sim_unit_new(&config, error, sizeof(error));
	assert_non_null(second);
	first = b.unit;
	b.on_progress = swap_after_damage;
	bench_flash(&b, &p, STATUS_UNIT_CHANGED);
	expect_word(b.report.err.text, "24:0a:c4:00:01:10");
	expect_word(b.report.err.text, "24:0a:c4:00:01:11");
	assert_int_equal(b.report.ident.mac[5], 0x10);
	sim_unit_counters(second, &c);
	assert_int_equal(c.bytes_programmed + c.sectors_erased, 0);
	b.port.unit = second;
	sim_unit_free(first);
	release(&b, &p);
}

/* ---- units that are a little different ---- */

static void a_26_mhz_unit_is_flashed_by_stub_and_rom(void **state)
{
	(void)state;
	for (int rom = 0; rom < 2; rom++) {
		struct sim_unit_config config = bench_unit("esp32");
		struct small_plan p;
		struct flash_bench b;

		config.crystal_mhz = 26;
		init(&b, &p, &config);
		p.plan.stub = rom ? STUB_NEVER : STUB_ALWAYS;
		bench_flash(&b, &p, STATUS_OK);
		assert_int_equal(b.report.ident.crystal_mhz, 26);
		release(&b, &p);
	}
}

static void flash_inside_the_package_is_reached(void **state)
{
	static const struct {
		const char *package, *name;
		unsigned revision;
	} rows[] = {
		{ "PICO-D4", "ESP32-PICO-D4", 100 },
		{ "PICO-V3-02", "ESP32-PICO-V3-02", 300 },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config = bench_unit("esp32");
		struct small_plan p;
		struct flash_bench b;

		config.package = rows[i].package;
		config.revision = rows[i].revision;
		init(&b, &p, &config);
		p.plan.stub = STUB_NEVER;
		bench_flash(&b, &p, STATUS_OK);
		assert_string_equal(b.report.ident.package, rows[i].name);
		release(&b, &p);
	}
}

static void flash_that_erases_slowly_is_waited_for(void **state)
{
	(void)state;
	for (int rom = 0; rom < 2; rom++) {
		struct sim_unit_config config = bench_unit("esp32c3");
		struct small_plan p;
		struct flash_bench b;

		config.faults[config.fault_count++] =
			(struct sim_fault){ .kind = SIM_FAULT_SLOW_ERASE, .amount = 8 };
		init(&b, &p, &config);
		p.plan.stub = rom ? STUB_NEVER : STUB_ALWAYS;
		bench_flash(&b, &p, STATUS_OK);
		assert_int_equal(b.report.tries, 1);
		release(&b, &p);
	}
}

/* So slowly that it is still erasing when it is asked for its id again. */
static void a_flash_still_busy_does_not_fail_the_unit(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.faults[config.fault_count++] =
		(struct sim_fault){ .kind = SIM_FAULT_SLOW_ERASE, .amount = 20000 };
	init(&b, &p, &config);
	bench_flash(&b, &p, STATUS_NO_ANSWER);
	assert_int_equal(b.report.tries, p.plan.tries);
	expect_word(b.report.err.text, "still be busy");
	expect_word(b.report.evidence, "try 1 failed in erase, NO_ANSWER: ");
	assert_int_equal(b.report.ident.flash_bytes, config.flash_bytes);
	release(&b, &p);
}

/* A unit that never told its flash's id is still judged. */
static void a_flash_that_never_answered_fails_the_unit(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.flash_id = 0xffffff;
	init(&b, &p, &config);
	bench_flash(&b, &p, STATUS_FLASH_ID_BAD);
	assert_int_equal(b.report.tries, p.plan.tries);
	assert_true(bench_is_untouched(&b));
	release(&b, &p);
}

static void a_unit_that_never_answered_claims_no_stub_and_no_rate(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.faults[config.fault_count++] = (struct sim_fault){ .kind = SIM_FAULT_DEAD };
	init(&b, &p, &config);
	bench_flash(&b, &p, STATUS_SYNC_NO_REPLY);
	assert_int_equal(p.plan.tries, 3);
	assert_string_equal(b.report.rungs,
			    "sync, 'tight' first; sync, 'tight, long' first; sync, 'tight' first");
	release(&b, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_that_loses_long_frames_gets_shorter_ones),
		cmocka_unit_test(a_link_that_loses_all_but_short_frames_gets_the_shortest),
		cmocka_unit_test(a_link_that_loses_short_frames_too_is_named),
		cmocka_unit_test(a_bit_lost_once_is_written_again),
		cmocka_unit_test(a_bit_lost_every_time_fails_the_unit),
		cmocka_unit_test(an_answer_altered_in_one_bit_is_the_link_s_fault),
		cmocka_unit_test(a_unit_swapped_between_tries_stays_untouched),
		cmocka_unit_test(a_26_mhz_unit_is_flashed_by_stub_and_rom),
		cmocka_unit_test(flash_inside_the_package_is_reached),
		cmocka_unit_test(flash_that_erases_slowly_is_waited_for),
		cmocka_unit_test(a_flash_still_busy_does_not_fail_the_unit),
		cmocka_unit_test(a_flash_that_never_answered_fails_the_unit),
		cmocka_unit_test(a_unit_that_never_answered_claims_no_stub_and_no_rate),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
