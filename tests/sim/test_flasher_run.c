#include "tests/sim/flash_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const char *const chips[] = { "esp32",   "esp32s2", "esp32s3",  "esp32c2", "esp32c3",
				     "esp32c5", "esp32c6", "esp32c61", "esp32h2", "esp32p4" };
#define CHIPS (sizeof(chips) / sizeof(chips[0]))

#define APP_START_MS 2000

static void expect_status(struct flash_bench *b, enum flash_kind kind,
			  const struct flash_plan *plan, enum status expected)
{
	enum status st = bench_run(b, kind, plan);

	assert_int_equal(st, b->report.status);
	if (st != expected)
		fail_msg("%s: %s\n%s", status_code(st), b->report.err.text, b->log);
}

static void expect_application(struct flash_bench *b)
{
	sim_transport_wait_ms(&b->port, APP_START_MS);
	if (!sim_unit_runs_application(b->unit))
		fail_msg("the application does not run\n%s\n%s", b->log, sim_unit_journal(b->unit));
}

static void expect_pass(struct flash_bench *b, const struct small_plan *p)
{
	expect_status(b, FLASH_RUN_FLASH, &p->plan, STATUS_OK);
	assert_int_equal(b->report.proof, FLASH_PROOF_CHIP_MD5);
	assert_true(bench_holds(b, p));
	expect_application(b);
}

static uint64_t flash_changes(const struct flash_bench *b)
{
	struct sim_counters c;

	sim_unit_counters(b->unit, &c);
	return c.bytes_programmed + c.sectors_erased;
}

static size_t plan_bytes(const struct small_plan *p)
{
	size_t bytes = 0;

	for (size_t i = 0; i < SMALL_REGIONS; i++)
		bytes += p->regions[i].size_bytes;
	return bytes;
}

/* ---- ways to write ---- */

static void run_all_chips(enum stub_policy stub, bool compress)
{
	for (size_t i = 0; i < CHIPS; i++) {
		struct sim_unit_config config = bench_unit(chips[i]);
		struct small_plan p;
		struct flash_bench b;

		small_plan_init(&p, chips[i], 1);
		p.plan.stub = stub;
		p.plan.compress = compress;
		bench_init(&b, &config);
		expect_pass(&b, &p);
		assert_int_equal(b.report.used_stub, stub != STUB_NEVER);
		assert_int_equal(b.report.tries, 1);
		bench_release(&b);
		small_plan_release(&p);
	}
}

static void every_chip_is_flashed_through_the_stub(void **state)
{
	(void)state;
	run_all_chips(STUB_ALWAYS, true);
}

static void every_chip_is_flashed_through_the_stub_without_compression(void **state)
{
	(void)state;
	run_all_chips(STUB_ALWAYS, false);
}

static void every_chip_is_flashed_by_its_rom(void **state)
{
	(void)state;
	run_all_chips(STUB_NEVER, true);
}

static void every_chip_is_flashed_by_its_rom_without_compression(void **state)
{
	(void)state;
	run_all_chips(STUB_NEVER, false);
}

/* A unit that a first run has flashed, and the second run's plan. */
static void init_flashed(struct flash_bench *b, struct small_plan *p, const char *chip_key)
{
	struct sim_unit_config config = bench_unit(chip_key);

	small_plan_init(p, chip_key, 1);
	bench_init(b, &config);
	expect_pass(b, p);
	bench_hold_boot_if_gone(b);
}

static void release(struct flash_bench *b, struct small_plan *p)
{
	bench_release(b);
	small_plan_release(p);
}

static void what_is_there_already_is_not_written(void **state)
{
	(void)state;
	for (int rom = 0; rom < 2; rom++) {
		struct small_plan p;
		struct flash_bench b;
		uint64_t before;

		init_flashed(&b, &p, "esp32");
		p.plan.skip = SKIP_UNCHANGED;
		p.plan.stub = rom ? STUB_NEVER : STUB_ALWAYS;
		before = flash_changes(&b);
		expect_pass(&b, &p);
		assert_int_equal(flash_changes(&b), before);
		assert_int_equal(b.report.skipped_bytes, plan_bytes(&p));
		assert_int_equal(b.report.raw_bytes, 0);
		assert_int_equal(b.last_done_bytes, plan_bytes(&p));
		release(&b, &p);
	}
}

static void only_what_differs_is_written_with_the_boot_sector(void **state)
{
	struct small_plan p;
	struct flash_bench b;
	size_t size;

	(void)state;
	init_flashed(&b, &p, "esp32c3");
	p.plan.skip = SKIP_UNCHANGED;
	sim_unit_flash_edit(b.unit, &size)[p.regions[SMALL_TABLE].addr + 7] ^= 1;
	expect_pass(&b, &p);
	assert_int_equal(b.report.raw_bytes, p.regions[SMALL_TABLE].size_bytes +
						     p.regions[SMALL_BOOT_SECTOR].size_bytes);
	assert_int_equal(b.report.skipped_bytes,
			 p.regions[SMALL_APP].size_bytes + p.regions[SMALL_BOOT_REST].size_bytes);
	release(&b, &p);
}

static void without_skip_all_is_written_again(void **state)
{
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init_flashed(&b, &p, "esp32");
	expect_pass(&b, &p);
	assert_int_equal(b.report.raw_bytes, plan_bytes(&p));
	assert_int_equal(b.report.skipped_bytes, 0);
	release(&b, &p);
}

static void rooms_are_erased_beyond_what_is_written(void **state)
{
	(void)state;
	for (int rom = 0; rom < 2; rom++) {
		struct sim_unit_config config = bench_unit("esp32");
		struct small_plan p;
		struct flash_bench b;

		small_plan_init(&p, "esp32", 1);
		p.rooms[0] = (struct flash_range){ 0x9000, 0x5000 };
		p.rooms[1] = (struct flash_range){ 0x10000, 0x20000 };
		p.plan.room_count = 2;
		p.plan.erase = ERASE_ROOMS;
		p.plan.stub = rom ? STUB_NEVER : STUB_ALWAYS;
		bench_init(&b, &config);
		expect_pass(&b, &p);
		release(&b, &p);
	}
}

static void the_whole_flash_can_be_erased(void **state)
{
	(void)state;
	for (int rom = 0; rom < 2; rom++) {
		struct small_plan p;
		struct flash_bench b;

		init_flashed(&b, &p, "esp32c3");
		p.plan.erase = ERASE_ALL;
		p.plan.skip = SKIP_UNCHANGED; /* has nothing left to skip */
		p.plan.stub = rom ? STUB_NEVER : STUB_ALWAYS;
		expect_pass(&b, &p);
		assert_int_equal(b.report.raw_bytes, plan_bytes(&p));
		release(&b, &p);
	}
}

/* A ROM takes its flash for 2 MB until it is told. */
static void a_rom_writes_beyond_2_mb(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	small_plan_init(&p, "esp32", 1);
	p.regions[SMALL_APP].addr = 0x300000;
	p.plan.end_addr = 0x306000;
	p.plan.stub = STUB_NEVER;
	bench_init(&b, &config);
	expect_status(&b, FLASH_RUN_FLASH, &p.plan, STATUS_OK);
	assert_true(bench_holds(&b, &p));
	release(&b, &p);
}

static void the_variant_of_the_unit_s_flash_size_is_taken(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p, other;
	struct flash_variant variants[2];
	struct flash_bench b;

	(void)state;
	small_plan_init(&p, "esp32", 1);
	small_plan_init(&other, "esp32", 2);
	variants[0] = other.variant;
	variants[1] = p.variant;
	variants[1].flash_bytes = 0x400000;
	p.plan.variants = variants;
	p.plan.variant_count = 2;
	bench_init(&b, &config);
	expect_pass(&b, &p);
	small_plan_release(&other);
	release(&b, &p);
}

/* ---- other kinds of run ---- */

static void verify_passes_on_what_was_flashed_and_writes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHIPS; i++) {
		struct small_plan p;
		struct flash_bench b;
		uint64_t before;

		init_flashed(&b, &p, chips[i]);
		before = flash_changes(&b);
		expect_status(&b, FLASH_RUN_VERIFY, &p.plan, STATUS_OK);
		assert_int_equal(b.report.proof, FLASH_PROOF_CHIP_MD5);
		assert_int_equal(flash_changes(&b), before);
		expect_application(&b);
		release(&b, &p);
	}
}

static void verify_fails_on_one_other_bit_and_writes_nothing(void **state)
{
	struct small_plan p;
	struct flash_bench b;
	uint64_t before;
	size_t size;

	(void)state;
	init_flashed(&b, &p, "esp32");
	sim_unit_flash_edit(b.unit, &size)[0x10000 + 0x5a0f] ^= 0x80;
	before = flash_changes(&b);
	expect_status(&b, FLASH_RUN_VERIFY, &p.plan, STATUS_MD5_MISMATCH);
	assert_int_equal(b.report.proof, FLASH_PROOF_NONE);
	assert_int_equal(b.report.tries, 1);
	assert_int_equal(flash_changes(&b), before);
	assert_non_null(strstr(b.report.err.text, "app.bin"));
	release(&b, &p);
}

/* On a bench unit. A C5's is measured on a UART, and it sits on its own USB here. */
static unsigned crystal_mhz(const char *chip_key)
{
	if (strcmp(chip_key, "esp32c5") == 0)
		return 0;
	return strcmp(chip_key, "esp32h2") == 0 ? 32 : 40;
}

static void identify_reads_all_and_writes_nothing(void **state)
{
	static const uint8_t mac[] = { 0x24, 0x0a, 0xc4, 0x00, 0x01, 0x10 };

	(void)state;
	for (size_t i = 0; i < CHIPS; i++) {
		struct small_plan p;
		struct flash_bench b;
		uint64_t before;

		init_flashed(&b, &p, chips[i]);
		before = flash_changes(&b);
		expect_status(&b, FLASH_RUN_IDENTIFY, NULL, STATUS_OK);
		assert_int_equal(b.report.proof, FLASH_PROOF_NONE);
		assert_string_equal(b.report.ident.chip->key, chips[i]);
		assert_memory_equal(b.report.ident.mac, mac, sizeof(mac));
		assert_int_equal(b.report.ident.flash_bytes, 0x400000);
		assert_int_equal(b.report.ident.crystal_mhz, crystal_mhz(chips[i]));
		assert_int_equal(flash_changes(&b), before);
		if (b.link.is_usb_otg) /* held in its loader by hand, and left there */
			assert_false(sim_unit_runs_application(b.unit));
		else
			expect_application(&b);
		release(&b, &p);
	}
}

/* ---- interlocks ---- */

static void expect_refusal(const struct sim_unit_config *config, struct small_plan *p,
			   enum status expected, const char *word)
{
	struct flash_bench b;

	bench_init(&b, config);
	expect_status(&b, FLASH_RUN_FLASH, &p->plan, expected);
	if (!strstr(b.report.err.text, word))
		fail_msg("'%s' does not say '%s'", b.report.err.text, word);
	assert_int_equal(b.report.tries, 1);
	assert_int_equal(b.identified_calls, 0);
	assert_int_equal(flash_changes(&b), 0);
	assert_true(bench_is_untouched(&b));
	bench_release(&b);
}

static void a_unit_that_the_recipe_is_not_for_stays_untouched(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;

	(void)state;
	small_plan_init(&p, "esp32s3", 1);
	expect_refusal(&config, &p, STATUS_WRONG_CHIP, "ESP32-S3");
	small_plan_release(&p);

	small_plan_init(&p, "esp32", 1);
	p.plan.min_rev = 301;
	expect_refusal(&config, &p, STATUS_WRONG_REVISION, "v3.1");
	p.plan.min_rev = 0;
	p.plan.max_rev = 299;
	expect_refusal(&config, &p, STATUS_WRONG_REVISION, "v2.99");
	p.plan.max_rev = 65535;
	p.plan.flash_bytes = 0x1000000;
	expect_refusal(&config, &p, STATUS_WRONG_FLASH_SIZE, "16384 KB");
	p.plan.flash_bytes = 0;
	p.plan.end_addr = 0x400001;
	expect_refusal(&config, &p, STATUS_FLASH_TOO_SMALL, "00400001");
	p.plan.end_addr = 0x20000;
	p.variant.flash_bytes = 0x800000;
	expect_refusal(&config, &p, STATUS_WRONG_FLASH_SIZE, "4096 KB");
	small_plan_release(&p);
}

static void a_locked_unit_stays_untouched(void **state)
{
	static const struct {
		bool boot, encryption, download;
		const char *word;
	} rows[] = {
		{ true, false, false, "secure boot" },
		{ false, true, false, "flash encryption" },
		{ false, false, true, "secure download" },
		{ true, true, false, "secure boot, flash encryption" },
	};

	(void)state;
	for (size_t i = 0; i < CHIPS; i++) {
		for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
			struct sim_unit_config config = bench_unit(chips[i]);
			struct small_plan p;

			if (rows[n].download && strcmp(chips[i], "esp32") == 0)
				continue; /* it has no such mode */
			config.secure_boot = rows[n].boot;
			config.flash_encryption = rows[n].encryption;
			config.secure_download = rows[n].download;
			small_plan_init(&p, chips[i], 1);
			expect_refusal(&config, &p, STATUS_SECURITY_STATE, rows[n].word);
			small_plan_release(&p);
		}
	}
}

static void a_guard_stops_a_run_before_anything_is_written(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	small_plan_init(&p, "esp32", 1);
	bench_init(&b, &config);
	b.identified_status = STATUS_DUPLICATE_MAC;
	expect_status(&b, FLASH_RUN_FLASH, &p.plan, STATUS_DUPLICATE_MAC);
	assert_int_equal(b.identified_calls, 1);
	assert_int_equal(b.programmed_when_identified, 0);
	assert_true(bench_is_untouched(&b));
	release(&b, &p);
}

/* ---- ends ---- */

static void a_dead_unit_gives_no_reply(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.faults[config.fault_count++] = (struct sim_fault){ .kind = SIM_FAULT_DEAD };
	small_plan_init(&p, "esp32", 1);
	bench_init(&b, &config);
	expect_status(&b, FLASH_RUN_FLASH, &p.plan, STATUS_SYNC_NO_REPLY);
	assert_int_equal(b.report.tries, p.plan.tries);
	release(&b, &p);
}

static void a_run_ends_within_its_limit(void **state)
{
	static const uint32_t limits_ms[] = { 200, 1000, 2000, 3000, 3500 };

	(void)state;
	for (size_t i = 0; i < sizeof(limits_ms) / sizeof(limits_ms[0]); i++) {
		struct sim_unit_config config = bench_unit("esp32");
		struct small_plan p;
		struct flash_bench b;

		small_plan_init(&p, "esp32", 1);
		bench_init(&b, &config);
		b.limit_ms = limits_ms[i];
		expect_status(&b, FLASH_RUN_FLASH, &p.plan, STATUS_RUN_TIMEOUT);
		assert_true(b.report.total_us <= (uint64_t)(limits_ms[i] + 800) * 1000);
		release(&b, &p);
	}
}

static void a_cancelled_run_ends_at_once(void **state)
{
	(void)state;
	for (uint64_t ms = 1100; ms < 3200; ms += 150) {
		struct sim_unit_config config = bench_unit("esp32");
		struct small_plan p;
		struct flash_bench b;
		uint64_t cancel_at_us;

		small_plan_init(&p, "esp32", 1);
		bench_init(&b, &config);
		cancel_at_us = ms * 1000;
		b.port.cancel_at_us = cancel_at_us;
		expect_status(&b, FLASH_RUN_FLASH, &p.plan, STATUS_CANCELLED);
		assert_true(b.port.now_us < cancel_at_us + 1000000);
		release(&b, &p);
	}
}

/*
 * Unplugged anywhere: as long as not all of the plan is there, either nothing
 * has changed or the unit finds no boot loader.
 */
static void an_interrupted_unit_never_looks_good(void **state)
{
	struct small_plan p;
	bool was_complete = false;

	(void)state;
	small_plan_init(&p, "esp32", 2);
	for (uint64_t nth = 2000; !was_complete; nth += 397) {
		struct sim_unit_config config = bench_unit("esp32");
		struct flash_bench b;
		const uint8_t *flash;
		enum status st;
		size_t size;

		config.faults[config.fault_count++] =
			(struct sim_fault){ .kind = SIM_FAULT_UNPLUG, .nth = nth };
		bench_init(&b, &config);
		st = bench_run(&b, FLASH_RUN_FLASH, &p.plan);
		flash = sim_unit_flash(b.unit, &size);
		was_complete = st == STATUS_OK;
		if (!was_complete)
			assert_int_equal(st, STATUS_PORT_GONE);
		if (was_complete)
			assert_true(bench_holds(&b, &p));
		else if (memcmp(flash, b.before, size) != 0 && flash[0x1000] == 0xe9)
			assert_true(bench_holds(&b, &p));
		bench_release(&b);
	}
	small_plan_release(&p);
}

/* ---- the report ---- */

static void the_data_phase_keeps_the_wire_busy(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;
	uint64_t ideal_us;

	(void)state;
	small_plan_init(&p, "esp32", 1);
	bench_init(&b, &config);
	expect_pass(&b, &p);
	assert_int_equal(b.report.rate_asked, 921600);
	assert_int_equal(b.report.rate_actual, 923076);
	assert_int_equal(b.report.raw_bytes, plan_bytes(&p));
	assert_true(b.report.wire_bytes < b.report.raw_bytes);
	ideal_us = wire_us(b.report.wire_bytes, b.report.rate_actual);
	assert_true(b.report.data_us >= ideal_us);
	assert_string_equal(b.report.rungs, "");
	assert_non_null(strstr(b.report.evidence, "echoes clean"));
	assert_int_equal(b.report.steps[0].step, STEP_CONNECT);
	assert_int_equal(b.report.steps[b.report.step_count - 1].step, STEP_RESET);
	assert_int_equal(b.last_done_bytes, plan_bytes(&p));
	release(&b, &p);
}

static void the_limit_is_far_above_what_a_good_unit_takes(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;
	double expected_s;

	(void)state;
	small_plan_init(&p, "esp32", 1);
	bench_init(&b, &config);
	expect_pass(&b, &p);
	expected_s = flasher_expected_s(&p.plan, 921600, true);
	assert_true(expected_s > 0.5 && expected_s < 6.0);
	assert_true(flasher_limit_ms(&p.plan, &b.link) > 5 * b.report.total_us / 1000);
	release(&b, &p);
}

/* ---- remedies ---- */

/* M5Stack's own bridge makes five rates only; 921600 is none of them. */
static void a_rate_that_the_bridge_cannot_make_is_left_for_the_next(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.package = "PICO-D4";
	config.revision = 100;
	config.bridge = "m5-ftdi";
	small_plan_init(&p, "esp32", 1);
	bench_init(&b, &config);
	b.link.rates[0] = 921600;
	b.link.rates[1] = 500000;
	expect_pass(&b, &p);
	/* Nothing was written yet: another rate costs no try. */
	assert_int_equal(b.report.tries, 1);
	assert_string_equal(b.report.rungs, "stub 921600; stub 500000");
	assert_int_equal(b.report.rate_asked, 500000);
	assert_non_null(strstr(b.report.evidence, "921600 baud failed"));
	release(&b, &p);
}

static void every_bridge_carries_a_unit(void **state)
{
	static const char *const bridges[] = { "cp2104", "ch9102f", "ch340", "m5-ftdi" };

	(void)state;
	for (size_t i = 0; i < sizeof(bridges) / sizeof(bridges[0]); i++) {
		struct sim_unit_config config = bench_unit("esp32");
		struct small_plan p;
		struct flash_bench b;

		config.bridge = bridges[i];
		small_plan_init(&p, "esp32", 1);
		bench_init(&b, &config);
		b.link.rates[0] = i == 3 ? 1500000 : 460800;
		expect_pass(&b, &p);
		assert_int_equal(b.report.tries, 1);
		release(&b, &p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_chip_is_flashed_through_the_stub),
		cmocka_unit_test(every_chip_is_flashed_through_the_stub_without_compression),
		cmocka_unit_test(every_chip_is_flashed_by_its_rom),
		cmocka_unit_test(every_chip_is_flashed_by_its_rom_without_compression),
		cmocka_unit_test(what_is_there_already_is_not_written),
		cmocka_unit_test(only_what_differs_is_written_with_the_boot_sector),
		cmocka_unit_test(without_skip_all_is_written_again),
		cmocka_unit_test(rooms_are_erased_beyond_what_is_written),
		cmocka_unit_test(the_whole_flash_can_be_erased),
		cmocka_unit_test(a_rom_writes_beyond_2_mb),
		cmocka_unit_test(the_variant_of_the_unit_s_flash_size_is_taken),
		cmocka_unit_test(verify_passes_on_what_was_flashed_and_writes_nothing),
		cmocka_unit_test(verify_fails_on_one_other_bit_and_writes_nothing),
		cmocka_unit_test(identify_reads_all_and_writes_nothing),
		cmocka_unit_test(a_unit_that_the_recipe_is_not_for_stays_untouched),
		cmocka_unit_test(a_locked_unit_stays_untouched),
		cmocka_unit_test(a_guard_stops_a_run_before_anything_is_written),
		cmocka_unit_test(a_dead_unit_gives_no_reply),
		cmocka_unit_test(a_run_ends_within_its_limit),
		cmocka_unit_test(a_cancelled_run_ends_at_once),
		cmocka_unit_test(an_interrupted_unit_never_looks_good),
		cmocka_unit_test(the_data_phase_keeps_the_wire_busy),
		cmocka_unit_test(the_limit_is_far_above_what_a_good_unit_takes),
		cmocka_unit_test(a_rate_that_the_bridge_cannot_make_is_left_for_the_next),
		cmocka_unit_test(every_bridge_carries_a_unit),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
