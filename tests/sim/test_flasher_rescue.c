/* Supplies that dip, ways that stall, units that are stuck or talk: rescued, or named. */
#include "tests/sim/flash_bench.h"
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static struct sim_unit_config unit_with(struct sim_fault fault)
{
	struct sim_unit_config config = bench_unit("esp32");

	config.faults[config.fault_count++] = fault;
	return config;
}

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

static void expect(struct flash_bench *b, const struct small_plan *p, enum status expected)
{
	bench_flash(b, p, expected);
	assert_true(b->report.total_us / 1000 < flasher_limit_ms(&p->plan, &b->link));
	if (expected != STATUS_OK || b->report.is_rescued) {
		assert_true(b->report.suspects[0] != '\0');
		assert_true(b->report.advice[0] != '\0');
		assert_true(b->report.evidence[0] != '\0');
	}
}

/* What it would run by itself. */
static void put_application(struct flash_bench *b)
{
	static const uint8_t app_row[] = { 0xAA, 0x50, 0, 0x10, 0, 0, 1, 0, 0, 0, 1, 0 };
	size_t size;
	uint8_t *flash = sim_unit_flash_edit(b->unit, &size);

	client_put_image(flash + 0x1000, 0);
	memset(flash + 0x8000, 0xff, 0x1000);
	memcpy(flash + 0x8000, app_row, sizeof(app_row));
	client_put_image(flash + 0x10000, 0);
	memcpy(b->before, flash, size);
	sim_transport_wait_ms(&b->port, 3000);
}

/* ---- a clean run ---- */

static void a_clean_run_names_no_suspects(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, &config);
	expect(&b, &p, STATUS_OK);
	assert_false(b.report.is_rescued);
	assert_string_equal(b.report.rungs, "");
	assert_string_equal(b.report.suspects, "");
	assert_string_equal(b.report.advice, "");
	assert_string_equal(b.report.evidence, "8 sync echoes clean");
	assert_int_equal(b.report.way.rate_baud, 921600);
	assert_int_equal(b.report.way.ram_block_bytes, 0x1800);
	assert_int_equal(b.report.way.data_block_bytes, 0x4000);
	assert_int_equal(b.report.way.pace_bytes, 0);
	release(&b, &p);
}

/* ---- supply ---- */

static void a_supply_that_dips_once_is_survived_wherever_it_dips(void **state)
{
	static const enum stub_policy stubs[] = { STUB_AUTO, STUB_NEVER };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (uint64_t nth = 100; nth < 34000; nth += 2600) {
			struct sim_unit_config config = unit_with(
				(struct sim_fault){ .kind = SIM_FAULT_BROWN_OUT, .nth = nth });
			struct small_plan p;
			struct flash_bench b;

			init(&b, &p, &config);
			p.plan.stub = stubs[i];
			expect(&b, &p, STATUS_OK);
			release(&b, &p);
		}
	}
}

/* At the rate of the boot text its words can be read. */
static void a_brown_out_in_mid_write_is_told_by_its_words(void **state)
{
	static const enum stub_policy stubs[] = { STUB_AUTO, STUB_NEVER };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config =
			unit_with((struct sim_fault){ .kind = SIM_FAULT_BROWN_OUT, .nth = 20000 });
		struct small_plan p;
		struct flash_bench b;

		init(&b, &p, &config);
		p.plan.stub = stubs[i];
		b.link.rate_count = 0;
		expect(&b, &p, STATUS_OK);
		assert_true(b.report.is_rescued);
		expect_word(b.report.evidence, "brown-out text");
		assert_memory_equal(b.report.suspects, "supply", 6);
		release(&b, &p);
	}
}

/* At another rate nobody can read them, but the unit is heard starting over and over. */
static void a_restart_at_a_high_rate_still_points_at_the_supply(void **state)
{
	struct sim_unit_config config =
		unit_with((struct sim_fault){ .kind = SIM_FAULT_BROWN_OUT, .nth = 20000 });
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, &config);
	expect(&b, &p, STATUS_OK);
	expect_word(b.report.evidence, "the unit restarted by itself");
	assert_memory_equal(b.report.suspects, "supply", 6);
	assert_string_equal(b.report.rungs, "stub 921600; stub 921600");
	release(&b, &p);
}

/* ---- a way that stalls ---- */

static void a_stall_of_half_a_minute_is_sat_out(void **state)
{
	static const enum stub_policy stubs[] = { STUB_AUTO, STUB_NEVER };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config = unit_with((struct sim_fault){
			.kind = SIM_FAULT_STALL, .nth = 20000, .amount = 30000 });
		struct small_plan p;
		struct flash_bench b;

		init(&b, &p, &config);
		p.plan.stub = stubs[i];
		expect(&b, &p, STATUS_OK);
		assert_true(b.report.is_rescued);
		release(&b, &p);
	}
}

/* ---- a port that leaves ---- */

static void leave_and_come_back(struct flash_bench *b, const struct flash_progress *p)
{
	if (p->step != STEP_WRITE || p->try_no != 1 || b->reopens || b->on_progress == NULL)
		return;
	b->on_progress = NULL;
	sim_unit_pull(b->unit, b->port.now_us);
	sim_unit_plug(b->unit, b->port.now_us);
}

/* Under another number; what was written before counts. */
static void a_bridge_that_leaves_in_mid_write_is_followed(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, &config);
	b.on_progress = leave_and_come_back;
	expect(&b, &p, STATUS_OK);
	assert_int_equal(b.reopens, 1);
	assert_int_equal(b.report.tries, 2);
	expect_word(b.report.evidence, "the port left by itself and came back");
	assert_memory_equal(b.report.suspects, "cable, nest", 11);
	release(&b, &p);
}

/* ---- power ---- */

static void a_stuck_bridge_is_brought_back_by_switching_its_power(void **state)
{
	static const uint64_t nths[] = { 1, 300, 5000, 20000 };
	static const enum stub_policy stubs[] = { STUB_AUTO, STUB_NEVER };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		struct sim_unit_config config = unit_with(
			(struct sim_fault){ .kind = SIM_FAULT_WEDGED, .nth = nths[i / 2] });
		struct small_plan p;
		struct flash_bench b;

		init(&b, &p, &config);
		p.plan.stub = stubs[i % 2];
		b.can_power_cycle = true;
		expect(&b, &p, STATUS_OK);
		assert_int_equal(b.power_cycles, 1);
		assert_int_equal(b.report.tries, 3);
		expect_word(b.report.evidence, "its power was switched off and on");
		assert_memory_equal(b.report.suspects, "bridge", 6);
		release(&b, &p);
	}
}

static void without_a_switch_the_stuck_bridge_is_named(void **state)
{
	struct sim_unit_config config =
		unit_with((struct sim_fault){ .kind = SIM_FAULT_WEDGED, .nth = 20000 });
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, &config);
	expect(&b, &p, STATUS_NO_ANSWER);
	expect_word(b.report.advice, "takes no more bytes");
	assert_memory_equal(b.report.suspects, "bridge", 6);
	release(&b, &p);
}

static void who_is_only_asked_keeps_its_power(void **state)
{
	struct sim_unit_config config =
		unit_with((struct sim_fault){ .kind = SIM_FAULT_WEDGED, .nth = 1 });
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, &config);
	b.can_power_cycle = true;
	assert_int_equal(bench_run(&b, FLASH_RUN_IDENTIFY, NULL), STATUS_SYNC_NO_REPLY);
	assert_int_equal(b.power_cycles, 0);
	release(&b, &p);
}

static void the_power_is_switched_once_and_no_more(void **state)
{
	struct sim_unit_config config = unit_with((struct sim_fault){ .kind = SIM_FAULT_DEAD });
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, &config);
	p.plan.tries = 6;
	b.can_power_cycle = true;
	expect(&b, &p, STATUS_SYNC_NO_REPLY);
	assert_int_equal(b.power_cycles, 1);
	release(&b, &p);
}

/* ---- lines that do nothing ---- */

static void a_stuck_strap_and_a_stuck_reset_are_told_apart(void **state)
{
	static const struct {
		enum sim_fault_kind kinds[2];
		enum status status;
		const char *word;
	} rows[] = {
		{ { SIM_FAULT_STRAP_STUCK, SIM_FAULT_STRAP_STUCK },
		  STATUS_WRONG_BOOT_MODE,
		  "GPIO0" },
		{ { SIM_FAULT_EN_STUCK, SIM_FAULT_CHATTER }, STATUS_WRONG_BOOT_MODE, "EN" },
		{ { SIM_FAULT_EN_STUCK, SIM_FAULT_EN_STUCK },
		  STATUS_SYNC_NO_REPLY,
		  "answers nothing" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_unit_config config = bench_unit("esp32");
		struct small_plan p;
		struct flash_bench b;

		for (size_t n = 0; n < 2; n++)
			config.faults[config.fault_count++] =
				(struct sim_fault){ .kind = rows[i].kinds[n] };
		init(&b, &p, &config);
		put_application(&b);
		expect(&b, &p, rows[i].status);
		expect_word(b.report.advice, rows[i].word);
		assert_true(bench_is_untouched(&b));
		release(&b, &p);
	}
}

static void what_the_text_of_a_deaf_unit_tells_of_stands_in_the_evidence(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.faults[config.fault_count++] = (struct sim_fault){ .kind = SIM_FAULT_STRAP_STUCK };
	init(&b, &p, &config);
	expect(&b, &p, STATUS_WRONG_BOOT_MODE);
	expect_word(b.report.evidence, "the unit's text tells of: nothing to start in flash");
	release(&b, &p);
}

static void a_slow_reset_line_is_met_by_the_long_timing(void **state)
{
	struct sim_unit_config config =
		unit_with((struct sim_fault){ .kind = SIM_FAULT_SLOW_EN, .amount = 300 });
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, &config);
	expect(&b, &p, STATUS_OK);
	expect_word(b.log, "answers after reset 'tight, long'");
	release(&b, &p);
}

/* ---- units that talk ---- */

static void noise_before_the_boot_text_does_no_harm(void **state)
{
	static const uint32_t bytes[] = { 1, 50, 700, 5000, 30000 };

	(void)state;
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		for (uint64_t seed = 1; seed <= 4; seed++) {
			struct sim_unit_config config = unit_with((struct sim_fault){
				.kind = SIM_FAULT_NOISY_BOOT, .amount = bytes[i] });
			struct small_plan p;
			struct flash_bench b;

			config.seed = seed;
			init(&b, &p, &config);
			expect(&b, &p, STATUS_OK);
			release(&b, &p);
		}
	}
}

static void a_unit_that_never_stops_talking_is_identified_and_left_in_time(void **state)
{
	struct sim_unit_config config = unit_with((struct sim_fault){ .kind = SIM_FAULT_CHATTER });
	struct small_plan p;
	struct flash_bench b;
	struct sim_counters n;

	(void)state;
	init(&b, &p, &config);
	put_application(&b);
	assert_true(sim_unit_runs_application(b.unit));
	assert_int_equal(bench_run(&b, FLASH_RUN_IDENTIFY, NULL), STATUS_OK);
	assert_true(b.report.total_us < 5000000);
	sim_transport_wait_ms(&b.port, 1000);
	assert_true(sim_unit_runs_application(b.unit));
	sim_unit_counters(b.unit, &n);
	assert_true(n.faults_fired > 1);
	release(&b, &p);
}

/* ---- what a run says of itself ---- */

static void a_run_that_never_came_to_a_rate_claims_none(void **state)
{
	struct sim_unit_config config =
		unit_with((struct sim_fault){ .kind = SIM_FAULT_DROP_IN, .at = 150 });
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, &config);
	p.plan.stub = STUB_ALWAYS;
	expect(&b, &p, STATUS_STUB_UPLOAD_CHECKSUM);
	assert_null(strstr(b.report.rungs, "stub"));
	assert_memory_equal(b.report.rungs, "upload, blocks of 6144; ", 24);
	expect_word(b.report.evidence,
		    "RAM block of 6144 bytes refused with 07, and none accepted");
	release(&b, &p);
}

/* Its flash has no power, and what would switch it on is forbidden there. */
static void a_dark_flash_in_secure_download_mode_is_no_fault_of_the_flash(void **state)
{
	struct sim_unit_config config = bench_unit("esp32p4");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.revision = 301;
	config.secure_download = true;
	init(&b, &p, &config);
	p.plan.security = SECURITY_SECURE_DOWNLOAD;
	p.plan.accept_unproven = true;
	p.plan.flash_bytes = config.flash_bytes;
	expect(&b, &p, STATUS_SECURITY_STATE);
	expect_word(b.report.err.text, "flash supply");
	assert_int_equal(status_row(b.report.status)->outcome, OUTCOME_ERROR);
	release(&b, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clean_run_names_no_suspects),
		cmocka_unit_test(a_supply_that_dips_once_is_survived_wherever_it_dips),
		cmocka_unit_test(a_brown_out_in_mid_write_is_told_by_its_words),
		cmocka_unit_test(a_restart_at_a_high_rate_still_points_at_the_supply),
		cmocka_unit_test(a_stall_of_half_a_minute_is_sat_out),
		cmocka_unit_test(a_bridge_that_leaves_in_mid_write_is_followed),
		cmocka_unit_test(a_stuck_bridge_is_brought_back_by_switching_its_power),
		cmocka_unit_test(without_a_switch_the_stuck_bridge_is_named),
		cmocka_unit_test(who_is_only_asked_keeps_its_power),
		cmocka_unit_test(the_power_is_switched_once_and_no_more),
		cmocka_unit_test(a_stuck_strap_and_a_stuck_reset_are_told_apart),
		cmocka_unit_test(what_the_text_of_a_deaf_unit_tells_of_stands_in_the_evidence),
		cmocka_unit_test(a_slow_reset_line_is_met_by_the_long_timing),
		cmocka_unit_test(noise_before_the_boot_text_does_no_harm),
		cmocka_unit_test(a_unit_that_never_stops_talking_is_identified_and_left_in_time),
		cmocka_unit_test(a_run_that_never_came_to_a_rate_claims_none),
		cmocka_unit_test(a_dark_flash_in_secure_download_mode_is_no_fault_of_the_flash),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
