/* Units on their own USB, and adapters that cannot reset a unit. */
#include "tests/sim/flash_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define APP_START_MS 3000

static void expect(struct flash_bench *b, const struct small_plan *p, enum status expected)
{
	enum status st = bench_run(b, FLASH_RUN_FLASH, &p->plan);

	if (st != expected)
		fail_msg("%s instead of %s: %s\n%s\n%s", status_code(st), status_code(expected),
			 b->report.err.text, b->log, sim_unit_journal(b->unit));
}

static void expect_application(struct flash_bench *b)
{
	sim_transport_wait_ms(&b->port, APP_START_MS);
	if (!sim_unit_runs_application(b->unit))
		fail_msg("the application does not run\n%s\n%s", b->log, sim_unit_journal(b->unit));
}

static const char *restart_note(const struct flash_bench *b)
{
	const struct flash_step_report *last = &b->report.steps[b->report.step_count - 1];

	assert_int_equal(last->step, STEP_RESET);
	return last->note;
}

static void a_port_that_leaves_with_the_reset_is_followed(void **state)
{
	struct sim_unit_config config = bench_unit("esp32s3");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.reenumerates = SIM_ON;
	small_plan_init(&p, "esp32s3", 1);
	bench_init(&b, &config);
	expect(&b, &p, STATUS_OK);
	assert_true(bench_holds(&b, &p));
	assert_true(b.reopens >= 1);
	assert_int_equal(b.report.tries, 1);
	assert_non_null(strstr(b.report.evidence, "left and came back"));
	expect_application(&b);
	bench_release(&b);
	small_plan_release(&p);
}

/* Its port comes and goes every second, because it finds nothing to start: at whichever moment. */
static void a_blank_unit_that_comes_and_goes_is_flashed_at_the_first_try(void **state)
{
	(void)state;
	for (uint32_t ms = 50; ms < 2000; ms += 90) {
		struct sim_unit_config config = bench_unit("esp32s3");
		struct small_plan p;
		struct flash_bench b;

		config.reenumerates = SIM_ON;
		small_plan_init(&p, "esp32s3", 1);
		bench_init(&b, &config);
		sim_transport_wait_ms(&b.port, ms);
		expect(&b, &p, STATUS_OK);
		if (b.report.tries != 1)
			fail_msg("%u tries at %u ms\n%s\n%s", b.report.tries, (unsigned)ms, b.log,
				 sim_unit_journal(b.unit));
		bench_release(&b);
		small_plan_release(&p);
	}
}

static void a_port_that_nobody_follows_ends_the_run(void **state)
{
	struct sim_unit_config config = bench_unit("esp32s3");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.reenumerates = SIM_ON;
	small_plan_init(&p, "esp32s3", 1);
	bench_init(&b, &config);
	b.loses_ports = true;
	expect(&b, &p, STATUS_PORT_GONE);
	assert_true(bench_is_untouched(&b));
	bench_release(&b);
	small_plan_release(&p);
}

static void a_unit_pulled_out_for_good_ends_the_run(void **state)
{
	struct sim_unit_config config = bench_unit("esp32s3");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.faults[config.fault_count++] =
		(struct sim_fault){ .kind = SIM_FAULT_UNPLUG, .nth = 20000 };
	small_plan_init(&p, "esp32s3", 1);
	bench_init(&b, &config);
	expect(&b, &p, STATUS_PORT_GONE);
	assert_int_equal(b.reopens, 1);
	bench_release(&b);
	small_plan_release(&p);
}

/* At whichever byte: before the first answer, in the stub's upload, between blocks. */
static void a_unit_pulled_out_at_any_time_is_a_lost_port(void **state)
{
	static const struct {
		const char *chip, *bridge;
	} rows[] = { { "esp32s3", "usb-jtag" }, { "esp32s2", "usb-otg" } };
	static const uint64_t bytes[] = { 1, 45, 46, 300, 700, 900, 1000, 1500, 5000, 20000 };
	struct flash_bench b;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(bytes) / sizeof(bytes[0]); i++) {
		struct sim_unit_config config = bench_unit(rows[i % 2].chip);
		struct small_plan p;

		config.bridge = rows[i % 2].bridge;
		config.faults[config.fault_count++] =
			(struct sim_fault){ .kind = SIM_FAULT_UNPLUG, .nth = bytes[i / 2] };
		small_plan_init(&p, config.chip, 1);
		bench_init(&b, &config);
		expect(&b, &p, STATUS_PORT_GONE);
		bench_release(&b);
		small_plan_release(&p);
	}
}

/* The loader's port leaves with the restart, whether by the lines or by the watchdog. */
static void a_unit_over_usb_otg_is_flashed_and_started(void **state)
{
	static const char *const chips[] = { "esp32s2", "esp32s3", "esp32p4" };

	(void)state;
	for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
		for (int rom = 0; rom < 2; rom++) {
			struct sim_unit_config config = bench_unit(chips[i]);
			struct small_plan p;
			struct flash_bench b;

			config.bridge = "usb-otg";
			small_plan_init(&p, chips[i], 1);
			p.plan.stub = rom ? STUB_NEVER : STUB_ALWAYS;
			bench_init(&b, &config);
			expect(&b, &p, STATUS_OK);
			assert_true(bench_holds(&b, &p));
			expect_application(&b);
			bench_release(&b);
			small_plan_release(&p);
		}
	}
}

/* No watchdog may restart these: somebody has to, and is told so. */
static void a_unit_that_only_a_hand_can_restart_says_so(void **state)
{
	static const char *const chips[] = { "esp32c6", "esp32h2" };

	(void)state;
	for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
		struct sim_unit_config config = bench_unit(chips[i]);
		struct small_plan p;
		struct flash_bench b;

		config.hand_download = true;
		small_plan_init(&p, chips[i], 1);
		bench_init(&b, &config);
		expect(&b, &p, STATUS_OK);
		assert_true(bench_holds(&b, &p));
		assert_non_null(strstr(restart_note(&b), "by hand"));
		sim_unit_press_reset(b.unit, b.port.now_us, false);
		expect_application(&b);
		bench_release(&b);
		small_plan_release(&p);
	}
}

static void a_unit_that_is_in_its_loader_by_hand_is_taken_as_it_is(void **state)
{
	static const char *const chips[] = { "esp32s3", "esp32c3", "esp32c5", "esp32c61",
					     "esp32p4" };

	(void)state;
	for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
		struct sim_unit_config config = bench_unit(chips[i]);
		struct small_plan p;
		struct flash_bench b;

		config.bridge = "usb-jtag";
		config.hand_download = true;
		small_plan_init(&p, chips[i], 1);
		bench_init(&b, &config);
		expect(&b, &p, STATUS_OK);
		assert_true(bench_holds(&b, &p));
		if (!strstr(b.report.steps[0].note, "without a reset"))
			fail_msg("%s\n%s", b.log, sim_unit_journal(b.unit));
		/* The lines would leave it in its loader; the watchdog does not. */
		expect_application(&b);
		bench_release(&b);
		small_plan_release(&p);
	}
}

static void a_unit_in_its_loader_by_hand_stays_there_when_only_asked(void **state)
{
	struct sim_unit_config config = bench_unit("esp32s3");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.hand_download = true;
	small_plan_init(&p, "esp32s3", 1);
	bench_init(&b, &config);
	assert_int_equal(bench_run(&b, FLASH_RUN_IDENTIFY, NULL), STATUS_OK);
	assert_non_null(strstr(restart_note(&b), "left in its loader"));
	expect(&b, &p, STATUS_OK);
	assert_non_null(strstr(b.report.steps[0].note, "without a reset"));
	expect_application(&b);
	bench_release(&b);
	small_plan_release(&p);
}

static void a_unit_that_nothing_brings_into_its_loader_needs_a_hand(void **state)
{
	struct sim_unit_config config = bench_unit("esp32s3");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.faults[config.fault_count++] = (struct sim_fault){ .kind = SIM_FAULT_DEAD };
	small_plan_init(&p, "esp32s3", 1);
	bench_init(&b, &config);
	expect(&b, &p, STATUS_NEEDS_HAND);
	assert_true(bench_is_untouched(&b));
	bench_release(&b);
	small_plan_release(&p);
}

static void an_application_on_its_own_usb_needs_a_hand(void **state)
{
	struct sim_unit_config config = bench_unit("esp32s3");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	small_plan_init(&p, "esp32s3", 1);
	bench_init(&b, &config);
	expect(&b, &p, STATUS_OK);
	bench_release(&b);
	config.app_usb = true;
	bench_init(&b, &config);
	small_plan_apply(&p, sim_unit_flash_edit(b.unit, &b.flash_bytes), b.flash_bytes);
	sim_unit_press_reset(b.unit, b.port.now_us, false);
	sim_transport_wait_ms(&b.port, APP_START_MS);
	assert_true(sim_unit_runs_application(b.unit));
	if (!sim_transport_follow(&b.port, b.port.now_us + 1000000))
		fail_msg("no port\n%s", sim_unit_journal(b.unit));
	expect(&b, &p, STATUS_NEEDS_HAND);
	bench_release(&b);
	small_plan_release(&p);
}

static void an_adapter_without_lines_finds_a_unit_that_waits(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.hand_download = true;
	small_plan_init(&p, "esp32", 1);
	bench_init(&b, &config);
	bench_cut_lines(&b);
	expect(&b, &p, STATUS_OK);
	assert_true(bench_holds(&b, &p));
	assert_non_null(strstr(b.report.evidence, "no DTR and RTS"));
	/* Nothing would bring it back from a rate that fails. */
	assert_int_equal(b.report.rate_asked, 115200);
	assert_non_null(strstr(b.report.evidence, "no reset, so no rate above 115200"));
	assert_non_null(strstr(b.log, "stays at 115200 baud"));
	assert_non_null(strstr(restart_note(&b), "by hand"));
	bench_release(&b);
	small_plan_release(&p);
}

static void an_adapter_without_lines_finds_no_running_application(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	small_plan_init(&p, "esp32", 1);
	bench_init(&b, &config);
	bench_cut_lines(&b);
	expect(&b, &p, STATUS_WRONG_BOOT_MODE);
	assert_true(bench_is_untouched(&b));
	bench_release(&b);
	small_plan_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_that_leaves_with_the_reset_is_followed),
		cmocka_unit_test(a_blank_unit_that_comes_and_goes_is_flashed_at_the_first_try),
		cmocka_unit_test(a_port_that_nobody_follows_ends_the_run),
		cmocka_unit_test(a_unit_pulled_out_for_good_ends_the_run),
		cmocka_unit_test(a_unit_pulled_out_at_any_time_is_a_lost_port),
		cmocka_unit_test(a_unit_over_usb_otg_is_flashed_and_started),
		cmocka_unit_test(a_unit_that_only_a_hand_can_restart_says_so),
		cmocka_unit_test(a_unit_that_is_in_its_loader_by_hand_is_taken_as_it_is),
		cmocka_unit_test(a_unit_in_its_loader_by_hand_stays_there_when_only_asked),
		cmocka_unit_test(a_unit_that_nothing_brings_into_its_loader_needs_a_hand),
		cmocka_unit_test(an_application_on_its_own_usb_needs_a_hand),
		cmocka_unit_test(an_adapter_without_lines_finds_a_unit_that_waits),
		cmocka_unit_test(an_adapter_without_lines_finds_no_running_application),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
