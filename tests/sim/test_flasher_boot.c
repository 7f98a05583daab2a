/* The boot check: what a unit says after its restart decides, and nothing else changes. */
#include "tests/sim/flash_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define WITHIN_MS 3000u

/* Waits for one word, and keeps what it was told. */
struct listener {
	const char *wanted, *refused; /* NULL: none */
	bool has_wanted, has_refused;
	unsigned begins, lines;
	uint32_t last_ms;
	char heard[8000];
};

static void begin(void *ctx)
{
	struct listener *l = ctx;

	l->begins++;
	l->has_wanted = l->has_refused = false;
}

static enum boot_heard hear(void *ctx, const char *line, uint32_t at_ms)
{
	struct listener *l = ctx;
	size_t len = strlen(l->heard);

	assert_true(at_ms >= l->last_ms || l->begins > 1);
	l->last_ms = at_ms;
	l->lines++;
	snprintf(l->heard + len, sizeof(l->heard) - len, "%s\n", line);
	l->has_wanted |= l->wanted && strstr(line, l->wanted);
	l->has_refused |= l->refused && strstr(line, l->refused);
	return l->has_refused ? BOOT_FAILED : l->has_wanted ? BOOT_COMPLETE : BOOT_GOES_ON;
}

static enum status judge(void *ctx, struct err *err)
{
	struct listener *l = ctx;

	if (l->has_refused)
		return err_set(err, STATUS_BOOT_TEXT_REJECTED, "'%s' was heard", l->refused);
	return l->has_wanted || !l->wanted
		       ? STATUS_OK
		       : err_set(err, STATUS_BOOT_TEXT_MISSING, "no '%s'", l->wanted);
}

static size_t readings(void *ctx, struct flash_reading told[static FLASH_READINGS_MAX])
{
	const struct listener *l = ctx;

	told[0] = (struct flash_reading){ .name = "word", .text = "seen" };
	return l->has_wanted;
}

/* One unit, and who listens to it. */
struct world {
	struct sim_unit_config config;
	struct small_plan plan;
	struct flash_bench bench;
	struct listener listener;
	struct flash_boot boot;
};

static void prepare(struct world *w, const char *chip)
{
	memset(w, 0, sizeof(*w));
	w->config = bench_unit(chip);
	w->config.app.is_given = true;
	small_plan_init(&w->plan, chip, 1);
	w->plan.plan.boot.within_ms = WITHIN_MS;
	w->listener.wanted = "app ready";
	w->boot = (struct flash_boot){ .ctx = &w->listener,
				       .begin = begin,
				       .hear = hear,
				       .judge = judge,
				       .readings = readings };
}

static void say(struct world *w, const char *text, uint32_t after_ms)
{
	struct sim_app_line *line = &w->config.app.lines[w->config.app.line_count++];

	snprintf(line->text, sizeof(line->text), "%s", text);
	line->after_ms = after_ms;
}

/* Whatever the verdict: what was written is proven, and was written once. */
static void run(struct world *w, enum status expected)
{
	struct flash_bench *b = &w->bench;
	enum status st;

	bench_init(b, &w->config);
	b->boot = &w->boot;
	st = bench_run(b, FLASH_RUN_FLASH, &w->plan.plan);
	if (st != expected)
		fail_msg("%s instead of %s: %s\n%s\n%s\n%s", status_code(st), status_code(expected),
			 b->report.err.text, b->log, w->listener.heard, sim_unit_journal(b->unit));
	assert_true(bench_holds(b, &w->plan));
	assert_int_equal(b->report.proof, FLASH_PROOF_CHIP_MD5);
	assert_int_equal(b->report.tries, 1);
	assert_int_equal(b->report.steps[b->report.step_count - 1].step, STEP_BOOT);
	assert_int_equal(b->report.steps[b->report.step_count - 1].status, expected);
	assert_true(b->report.total_us / 1000 < flasher_limit_ms(&w->plan.plan, &b->link));
}

static void end(struct world *w)
{
	bench_release(&w->bench);
	small_plan_release(&w->plan);
}

/* ---- good units ---- */

static const char *const bridged[] = { "esp32", "esp32c3", "esp32c2" };

static void a_unit_that_says_the_word_passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bridged) / sizeof(bridged[0]); i++) {
		struct world w;

		prepare(&w, bridged[i]);
		say(&w, "\\e[0;32mI ({ms}) main: app ready\\e[0m", 700);
		run(&w, STATUS_OK);
		assert_true(w.bench.report.has_boot_ms);
		assert_in_range(w.bench.report.boot_ms, 700, 1300);
		assert_int_equal(w.bench.report.reading_count, 1);
		assert_int_equal(w.bench.report.own_resets, 0);
		/* The ROM's first words are there: nothing was lost behind the reset. */
		expect_word(w.listener.heard, "rst:0x1 (POWERON");
		expect_word(w.listener.heard, "2nd stage bootloader");
		expect_word(w.listener.heard, ") main: app ready\n");
		assert_true(sim_unit_runs_application(w.bench.unit));
		end(&w);
	}
}

static void without_a_judge_the_plan_is_not_listened_to(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32");
	bench_init(&w.bench, &w.config);
	bench_flash(&w.bench, &w.plan, STATUS_OK);
	assert_int_equal(w.bench.report.steps[w.bench.report.step_count - 1].step, STEP_RESET);
	end(&w);
}

static void a_verify_run_is_not_listened_to(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32");
	say(&w, "app ready", 0);
	run(&w, STATUS_OK);
	assert_int_equal(bench_run(&w.bench, FLASH_RUN_VERIFY, &w.plan.plan), STATUS_OK);
	assert_int_equal(w.listener.begins, 1);
	end(&w);
}

static void a_console_at_another_rate_is_heard_at_that_rate(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32");
	w.config.app.baud = w.plan.plan.boot.rate_baud = 460800;
	say(&w, "app ready", 100);
	run(&w, STATUS_OK);
	end(&w);
}

static void restarts_that_are_normal_do_not_count(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32");
	w.config.app.end = SIM_APP_RESTARTS;
	w.config.app.end_times = 2;
	w.config.app.every_ms = 500;
	w.plan.plan.boot.resets = 2;
	w.plan.plan.boot.within_ms = 5000;
	w.listener.wanted = "run 3";
	say(&w, "starting", 0);
	run(&w, STATUS_BOOT_TEXT_MISSING);
	assert_int_equal(w.bench.report.own_resets, 2);
	end(&w);
}

/* ---- bad ones ---- */

static void a_unit_that_never_says_the_word_fails(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32");
	say(&w, "app starting", 0);
	run(&w, STATUS_BOOT_TEXT_MISSING);
	assert_true(w.bench.report.total_us > WITHIN_MS * 1000ull);
	assert_false(w.bench.report.has_boot_ms);
	assert_true(sim_unit_runs_application(w.bench.unit));
	end(&w);
}

static void a_word_without_an_end_of_line_is_heard(void **state)
{
	struct world w;
	struct sim_app_config *app = &w.config.app;

	(void)state;
	prepare(&w, "esp32");
	/* The line behind it never ends: an application that asks for something. */
	say(&w, "more", 0);
	app->every_ms = 0;
	w.listener.wanted = "more";
	run(&w, STATUS_OK);
	end(&w);
}

static void what_goes_wrong_right_behind_the_word_still_counts(void **state)
{
	static const struct {
		uint32_t after_ms;
		enum status expected;
	} rows[] = { { 200, STATUS_BOOT_TEXT_REJECTED }, { 600, STATUS_OK } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;

		prepare(&w, "esp32");
		w.listener.refused = "sensor";
		say(&w, "app ready", 0);
		say(&w, "E sensor: gone", rows[i].after_ms);
		run(&w, rows[i].expected);
		end(&w);
	}
}

static void a_crash_is_known_by_itself_on_both_kinds_of_processor(void **state)
{
	static const struct {
		const char *chip, *word;
	} rows[] = { { "esp32", "LoadProhibited" }, { "esp32c3", "Load access fault" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;

		prepare(&w, rows[i].chip);
		w.config.app.end = SIM_APP_PANICS;
		say(&w, "app starting", 0);
		run(&w, STATUS_BOOT_PANIC);
		expect_word(w.bench.report.err.text, rows[i].word);
		expect_word(w.listener.heard, "register dump");
		/* It ends soon, not after the whole time. */
		assert_true(w.bench.report.steps[w.bench.report.step_count - 1].took_us < 1500000);
		end(&w);
	}
}

static void a_crash_right_behind_the_word_is_a_crash(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32");
	w.config.app.end = SIM_APP_PANICS;
	say(&w, "app ready", 0);
	run(&w, STATUS_BOOT_PANIC);
	end(&w);
}

static void a_supply_that_dips_is_named(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32");
	w.config.app.end = SIM_APP_BROWNS_OUT;
	say(&w, "radio on", 0);
	run(&w, STATUS_BOOT_BROWN_OUT);
	expect_word(w.bench.report.suspects, "supply");
	end(&w);
}

static void a_unit_that_restarts_again_and_again_is_a_loop(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bridged) / sizeof(bridged[0]); i++) {
		struct world w;

		prepare(&w, bridged[i]);
		w.config.app.end = SIM_APP_RESTARTS;
		say(&w, "app starting", 0);
		run(&w, STATUS_BOOT_LOOP);
		end(&w);
	}
}

/* At another rate the ROM's words are noise; its boot loader's are not. */
static void a_loop_is_noticed_at_another_rate(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32");
	w.config.app.baud = w.plan.plan.boot.rate_baud = 921600;
	w.config.app.end = SIM_APP_RESTARTS;
	say(&w, "app starting", 0);
	run(&w, STATUS_BOOT_LOOP);
	end(&w);
}

static void the_first_trouble_is_the_verdict(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32");
	w.listener.refused = "sensor";
	w.config.app.end = SIM_APP_PANICS;
	say(&w, "E sensor: gone", 0);
	run(&w, STATUS_BOOT_TEXT_REJECTED);
	expect_word(w.listener.heard, "Guru Meditation");
	end(&w);
}

static void a_silent_unit_is_restarted_once_more(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32");
	w.config.app.is_quiet_boot = true;
	run(&w, STATUS_BOOT_SILENT);
	assert_int_equal(w.listener.begins, 2);
	expect_word(w.bench.report.evidence, "a second restart");
	end(&w);
}

static void noise_at_another_rate_is_no_verdict_about_the_unit(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32");
	w.config.app.baud = 460800;
	w.config.app.every_ms = 20;
	say(&w, "I (1234) main: app ready, and so on", 0);
	run(&w, STATUS_BOOT_NOT_SEEN);
	expect_word(w.bench.report.err.text, "is that the rate");
	end(&w);
}

static void crackle(struct world *w)
{
	w->config.faults[w->config.fault_count++] =
		(struct sim_fault){ .kind = SIM_FAULT_NOISY_BOOT, .amount = 1 };
}

/* The line moves with the reset: nobody has said that. */
static void a_silent_unit_behind_a_line_that_crackles_is_silent(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32");
	w.config.app.is_quiet_boot = true;
	crackle(&w);
	run(&w, STATUS_BOOT_SILENT);
	assert_int_equal(w.listener.begins, 2);
	end(&w);
}

/* Who waits for no line still wants firmware that runs, and that can be read. */
static void without_a_word_to_wait_for_no_firmware_is_no_pass(void **state)
{
	static const struct {
		const char *line;
		uint32_t baud;
		enum status status;
	} cases[] = {
		{ "I (300) wav: invalid header", 0, STATUS_OK },
		{ "invalid header: 0xffffffff", 0, STATUS_BOOT_LOOP },
		{ "E (88) boot: No bootable app partitions in the partition table", 0,
		  STATUS_BOOT_LOOP },
		{ "I (1234) main: app ready, and so on", 74880, STATUS_BOOT_NOT_SEEN },
		{ "I (1234) main: app ready, and so on", 921600, STATUS_BOOT_NOT_SEEN },
		{ "", 0, STATUS_BOOT_SILENT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world w;

		prepare(&w, "esp32");
		w.listener.wanted = NULL;
		w.config.app.is_quiet_boot = true;
		w.config.app.baud = cases[i].baud;
		w.config.app.every_ms = 50;
		if (cases[i].line[0])
			say(&w, cases[i].line, 0);
		else
			crackle(&w);
		run(&w, cases[i].status);
		end(&w);
	}
}

/* ---- a chip's own USB ---- */

static void the_chips_own_usb_is_listened_to(void **state)
{
	static const char *const chips[] = { "esp32s3", "esp32c6", "esp32p4" };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(chips) / sizeof(chips[0]); i++) {
		struct world w;

		prepare(&w, chips[i / 2]);
		w.config.reenumerates = i % 2 ? SIM_ON : SIM_USUAL;
		w.config.app.every_ms = 400;
		say(&w, "app ready", 100);
		run(&w, STATUS_OK);
		assert_true(sim_unit_runs_application(w.bench.unit));
		end(&w);
	}
}

/* The application's own port, with an id of its own: what it says before is lost. */
static void an_application_on_usb_otg_is_heard_once_its_port_is_there(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32s2");
	w.config.app_usb = w.config.hand_download = true;
	w.config.app.every_ms = 400;
	say(&w, "first", 0);
	say(&w, "app ready", 400);
	run(&w, STATUS_OK);
	end(&w);
}

static void an_application_without_a_usb_console_is_no_bad_unit(void **state)
{
	static const struct {
		const char *chip;
		const char *word;
	} rows[] = { { "esp32s2", "did not come back" }, { "esp32s3", "its console there" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;

		prepare(&w, rows[i].chip);
		w.config.app.is_quiet_boot = true;
		run(&w, STATUS_BOOT_NOT_SEEN);
		expect_word(w.bench.report.err.text, rows[i].word);
		end(&w);
	}
}

/* No watchdog may restart these: a hand has to. */
static void a_unit_that_stays_in_its_loader_is_no_bad_unit(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32c6");
	w.config.hand_download = true;
	say(&w, "app ready", 0);
	run(&w, STATUS_BOOT_NOT_SEEN);
	expect_word(w.bench.report.err.text, "by hand");
	end(&w);
}

static void an_adapter_without_lines_cannot_be_listened_to(void **state)
{
	struct world w;
	struct flash_bench *b = &w.bench;

	(void)state;
	prepare(&w, "esp32");
	w.config.hand_download = true;
	bench_init(b, &w.config);
	bench_cut_lines(b);
	b->boot = &w.boot;
	assert_int_equal(bench_run(b, FLASH_RUN_FLASH, &w.plan.plan), STATUS_BOOT_NOT_SEEN);
	expect_word(b->report.err.text, "could not be restarted");
	assert_int_equal(b->report.proof, FLASH_PROOF_CHIP_MD5);
	end(&w);
}

/* ---- the end of it ---- */

static void pull(struct flash_bench *b, const struct flash_progress *p)
{
	if (p->step == STEP_BOOT)
		sim_unit_pull(b->unit, b->port.now_us);
}

static void a_unit_that_is_taken_out_meanwhile_has_not_failed(void **state)
{
	struct world w;
	struct flash_bench *b = &w.bench;

	(void)state;
	prepare(&w, "esp32");
	bench_init(b, &w.config);
	b->boot = &w.boot;
	b->on_progress = pull;
	assert_int_equal(bench_run(b, FLASH_RUN_FLASH, &w.plan.plan), STATUS_PORT_GONE);
	assert_int_equal(b->report.proof, FLASH_PROOF_CHIP_MD5);
	end(&w);
}

static void stop(struct flash_bench *b, const struct flash_progress *p)
{
	if (p->step == STEP_BOOT)
		b->port.cancel_at_us = b->port.now_us + 100000;
}

static void a_run_that_is_stopped_meanwhile_leaves_the_unit_running(void **state)
{
	struct world w;
	struct flash_bench *b = &w.bench;

	(void)state;
	prepare(&w, "esp32");
	bench_init(b, &w.config);
	b->boot = &w.boot;
	b->on_progress = stop;
	assert_int_equal(bench_run(b, FLASH_RUN_FLASH, &w.plan.plan), STATUS_CANCELLED);
	sim_transport_wait_ms(&b->port, 1000);
	assert_true(sim_unit_runs_application(b->unit));
	end(&w);
}

/* Talk without a pause does not keep anybody beyond the time. */
static void a_unit_that_never_stops_talking_ends_in_time(void **state)
{
	struct world w;

	(void)state;
	prepare(&w, "esp32");
	w.config.faults[w.config.fault_count++] = (struct sim_fault){ .kind = SIM_FAULT_CHATTER };
	run(&w, STATUS_BOOT_TEXT_MISSING);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_unit_that_says_the_word_passes),
		cmocka_unit_test(without_a_judge_the_plan_is_not_listened_to),
		cmocka_unit_test(a_verify_run_is_not_listened_to),
		cmocka_unit_test(a_console_at_another_rate_is_heard_at_that_rate),
		cmocka_unit_test(restarts_that_are_normal_do_not_count),
		cmocka_unit_test(a_unit_that_never_says_the_word_fails),
		cmocka_unit_test(a_word_without_an_end_of_line_is_heard),
		cmocka_unit_test(what_goes_wrong_right_behind_the_word_still_counts),
		cmocka_unit_test(a_crash_is_known_by_itself_on_both_kinds_of_processor),
		cmocka_unit_test(a_crash_right_behind_the_word_is_a_crash),
		cmocka_unit_test(a_supply_that_dips_is_named),
		cmocka_unit_test(a_unit_that_restarts_again_and_again_is_a_loop),
		cmocka_unit_test(a_loop_is_noticed_at_another_rate),
		cmocka_unit_test(the_first_trouble_is_the_verdict),
		cmocka_unit_test(a_silent_unit_is_restarted_once_more),
		cmocka_unit_test(noise_at_another_rate_is_no_verdict_about_the_unit),
		cmocka_unit_test(a_silent_unit_behind_a_line_that_crackles_is_silent),
		cmocka_unit_test(without_a_word_to_wait_for_no_firmware_is_no_pass),
		cmocka_unit_test(the_chips_own_usb_is_listened_to),
		cmocka_unit_test(an_application_on_usb_otg_is_heard_once_its_port_is_there),
		cmocka_unit_test(an_application_without_a_usb_console_is_no_bad_unit),
		cmocka_unit_test(a_unit_that_stays_in_its_loader_is_no_bad_unit),
		cmocka_unit_test(an_adapter_without_lines_cannot_be_listened_to),
		cmocka_unit_test(a_unit_that_is_taken_out_meanwhile_has_not_failed),
		cmocka_unit_test(a_run_that_is_stopped_meanwhile_leaves_the_unit_running),
		cmocka_unit_test(a_unit_that_never_stops_talking_ends_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
