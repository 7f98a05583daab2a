#include "engine/loader.h"
#include "engine/packet.h"
#include "tests/engine/wire_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CLEAN 0x20120707u
#define SYNC_WIRE_BYTES 46

struct world {
	struct wire_script s;
	struct loader l;
	struct sync_report report;
	struct err err;
};

static struct world w;

static int set_up(void **state)
{
	(void)state;
	script_init(&w.s);
	err_clear(&w.err);
	return loader_init(&w.l, &w.s.base, 115200, deadline_after_ms(&w.s.clock, 60000), &w.err);
}

static int tear_down(void **state)
{
	(void)state;
	loader_release(&w.l);
	return 0;
}

static void echo(int after_write, uint64_t delay_us, unsigned count, uint32_t value, size_t status)
{
	for (unsigned i = 0; i < count; i++)
		script_answer(&w.s, after_write, delay_us + (uint64_t)i * 1000, OP_SYNC, value,
			      "\0\0\0\0", status);
}

static void rom_echoes(int after_write)
{
	echo(after_write, 5000, 8, CLEAN, 4);
}

static void stub_echoes(int after_write)
{
	echo(after_write, 5000, 8, 0, 2);
}

static void text(int after_write, const char *line)
{
	script_bytes(&w.s, after_write, 1000, line, strlen(line));
}

static enum status sync_up(unsigned syncs)
{
	return loader_sync(&w.l, syncs, &w.report, &w.err);
}

/* 's' for each SYNC written and 'c' for each lone C0, in order. */
static const char *writes(void)
{
	static char text_of[65];
	int n;

	for (n = 0; n < w.s.write_count; n++) {
		size_t size;
		const uint8_t *bytes = script_write(&w.s, n, &size);

		text_of[n] = '?';
		if (size == SYNC_WIRE_BYTES && bytes[2] == OP_SYNC)
			text_of[n] = 's';
		else if (size == 1 && bytes[0] == 0xC0)
			text_of[n] = 'c';
	}
	text_of[n] = '\0';
	return text_of;
}

static void the_first_sync_may_be_used_up_by_the_roms_rate_detection(void **state)
{
	(void)state;
	rom_echoes(1);
	assert_int_equal(sync_up(5), STATUS_OK);
	assert_string_equal(writes(), "ss");
	assert_int_equal(w.report.answers, 8);
	assert_int_equal(w.report.altered, 0);
	assert_false(w.report.is_stub);
	assert_int_equal(w.l.kind, LOADER_ROM);
}

static void a_stub_that_runs_already_is_known_by_its_zeros(void **state)
{
	(void)state;
	stub_echoes(0);
	assert_int_equal(sync_up(5), STATUS_OK);
	assert_true(w.report.is_stub);
	assert_int_equal(w.l.kind, LOADER_STUB);
}

static void a_rom_that_echoes_nothing_is_no_stub(void **state)
{
	(void)state;
	echo(0, 5000, 8, 0, 4);
	assert_int_equal(sync_up(5), STATUS_OK);
	assert_false(w.report.is_stub);
	assert_int_equal(w.report.altered, 0);
}

static void a_rom_with_two_status_bytes_is_no_stub(void **state)
{
	(void)state;
	echo(0, 5000, 8, CLEAN, 2);
	assert_int_equal(sync_up(5), STATUS_OK);
	assert_false(w.report.is_stub);
}

static void fewer_than_eight_echoes_are_counted_and_enough(void **state)
{
	(void)state;
	echo(0, 5000, 5, CLEAN, 4);
	assert_int_equal(sync_up(5), STATUS_OK);
	assert_int_equal(w.report.answers, 5);
}

static void a_line_that_alters_bytes_is_told_with_the_value(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		echo(i, 5000, 8, 0x55552007, 4);
	assert_int_equal(sync_up(5), STATUS_SYNC_ALTERED);
	assert_int_equal(w.report.odd_value, 0x55552007);
	assert_int_equal(w.report.altered, w.report.answers);
	assert_non_null(strstr(w.err.text, "55552007"));
}

static void one_altered_set_is_forgiven_when_the_next_is_clean(void **state)
{
	(void)state;
	echo(0, 5000, 8, 0x55552007, 4);
	rom_echoes(1);
	assert_int_equal(sync_up(5), STATUS_OK);
	assert_int_equal(w.report.altered, 8);
	assert_int_equal(w.report.answers, 16);
}

static void altered_echoes_without_a_second_answer_are_not_forgiven(void **state)
{
	(void)state;
	echo(0, 5000, 8, 0x55552007, 4);
	assert_int_equal(sync_up(3), STATUS_SYNC_ALTERED);
}

static void echoes_from_before_do_not_count(void **state)
{
	(void)state;
	echo(SCRIPT_BEFORE, 0, 8, CLEAN, 4);
	clock_sleep_ms(&w.s.clock, 10);
	assert_int_equal(sync_up(2), STATUS_SYNC_NO_REPLY);
	assert_int_equal(w.report.answers, 0);
}

static void silence_is_asked_again_with_lone_delimiters_between(void **state)
{
	(void)state;
	assert_int_equal(sync_up(5), STATUS_SYNC_NO_REPLY);
	assert_string_equal(writes(), "sscscscs");
}

static void a_stub_out_of_step_is_found_behind_one_lone_delimiter(void **state)
{
	(void)state;
	w.l.kind = LOADER_STUB;
	stub_echoes(2);
	stub_echoes(3);
	assert_int_equal(sync_up(5), STATUS_OK);
	assert_string_equal(writes(), "scss");
	assert_int_equal(w.l.kind, LOADER_STUB);
}

static void a_late_echo_does_not_hide_that_the_lone_delimiter_broke_the_step(void **state)
{
	(void)state;
	w.l.kind = LOADER_STUB;
	/* The first SYNC is answered while we wait for the second, which is lost. */
	echo(0, 150000, 8, 0, 2);
	stub_echoes(5);
	stub_echoes(6);
	assert_int_equal(sync_up(5), STATUS_OK);
	assert_string_equal(writes(), "scsscss");
}

static void a_write_error_told_late_is_kept_and_asked_again(void **state)
{
	(void)state;
	w.l.kind = LOADER_STUB;
	script_status(&w.s, 0, OP_SYNC, 2, 0xC4, 0);
	stub_echoes(1);
	assert_int_equal(sync_up(5), STATUS_OK);
	assert_string_equal(writes(), "ss");
	assert_memory_equal(w.report.late_error, "\xC4\0", 2);
	assert_true(w.report.is_stub);
}

static void an_application_that_starts_is_the_wrong_boot_mode(void **state)
{
	(void)state;
	text(SCRIPT_BEFORE, "ets Jun  8 2016 00:22:57\r\n\r\n");
	text(0, "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n");
	assert_int_equal(sync_up(3), STATUS_WRONG_BOOT_MODE);
	assert_non_null(strstr(w.err.text, "boot:0x13 (SPI_FAST_FLASH_BOOT)"));
	assert_string_equal(
		w.report.boot_text,
		"ets Jun 8 2016 00:22:57 rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT) ");
}

static void the_last_reset_decides_the_boot_mode(void **state)
{
	(void)state;
	text(SCRIPT_BEFORE, "rst:0x1,boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n");
	text(0, "rst:0x1,boot:0x3 (DOWNLOAD_BOOT(UART0))\r\nwaiting for download\r\n");
	assert_int_equal(sync_up(3), STATUS_SYNC_NO_REPLY);
	assert_non_null(strstr(w.err.text, "nothing reaches it"));
}

static void a_loader_that_waits_on_usb_or_uart_only_is_a_loader(void **state)
{
	(void)state;
	text(0, "rst:0x1 (POWERON),boot:0x7 (X)\r\nwait uart0 download\r\n");
	assert_int_equal(sync_up(3), STATUS_SYNC_NO_REPLY);
}

static void boot_text_before_the_echoes_does_no_harm_and_is_kept(void **state)
{
	(void)state;
	text(SCRIPT_BEFORE, "rst:0x1,boot:0x3 (DOWNLOAD_BOOT(UART0))\r\nwaiting for download\r\n");
	rom_echoes(0);
	assert_int_equal(sync_up(5), STATUS_OK);
	assert_non_null(strstr(w.report.boot_text, "waiting for download"));
}

static void an_application_that_chatters_does_not_push_the_boot_line_out(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++)
		script_bytes(&w.s, SCRIPT_BEFORE, 0,
			     "I (1234) old: before the reset it printed this ", 47);
	text(0, "rst:0x1,boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n");
	for (unsigned i = 0; i < 30; i++)
		script_bytes(&w.s, 0, 2000, "I (99) new: and after the reset it prints that ", 47);
	assert_int_equal(sync_up(2), STATUS_WRONG_BOOT_MODE);
	assert_non_null(strstr(w.report.boot_text, "boot:0x13"));
}

static void the_runs_limit_ends_the_search(void **state)
{
	(void)state;
	w.l.limit = deadline_after_ms(&w.s.clock, 250);
	assert_int_equal(sync_up(100), STATUS_RUN_TIMEOUT);
	assert_int_equal(w.s.now_us, w.l.limit.at_us);
}

static void a_port_that_vanishes_ends_the_search(void **state)
{
	(void)state;
	w.s.gone_at_write = 2;
	assert_int_equal(sync_up(5), STATUS_PORT_GONE);
}

/* ---- the stub's start ---- */

static const uint8_t greeting[] = { 0xC0, 'O', 'H', 'A', 'I', 0xC0 };

static void greet(int after_write, uint64_t delay_us)
{
	script_bytes(&w.s, after_write, delay_us, greeting, sizeof(greeting));
}

static enum status start_stub(void)
{
	enum status st = loader_mem_end(&w.l, 0x400A902C, &w.err);

	return st ? st : loader_await_stub(&w.l, &w.err);
}

static void a_stub_that_greets_has_started(void **state)
{
	(void)state;
	script_status(&w.s, 0, OP_MEM_END, 4, 0, 0);
	greet(0, 500000);
	assert_int_equal(start_stub(), STATUS_OK);
	assert_int_equal(w.l.kind, LOADER_STUB);
	assert_int_equal(w.s.write_count, 1);
}

static void a_greeting_in_place_of_the_lost_answer_counts(void **state)
{
	(void)state;
	greet(0, 20000);
	assert_int_equal(start_stub(), STATUS_OK);
	assert_int_equal(w.l.kind, LOADER_STUB);
	assert_int_equal(w.s.write_count, 1);
}

static void frames_and_noise_around_the_greeting_do_no_harm(void **state)
{
	uint32_t value;

	(void)state;
	text(0, "\xF8\xC0\x80");
	script_status(&w.s, 0, OP_MEM_END, 4, 0, 0);
	greet(0, 20000);
	script_answer(&w.s, 0, 20001, OP_SYNC, 0, "\0\0", 2);
	script_answer(&w.s, 1, 1000, OP_READ_REG, 3, "\0\0", 2);
	assert_int_equal(start_stub(), STATUS_OK);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 3);
}

static void a_greeting_from_before_mem_end_is_not_believed(void **state)
{
	(void)state;
	greet(SCRIPT_BEFORE, 0);
	script_status(&w.s, 0, OP_MEM_END, 4, 0, 0);
	assert_int_equal(start_stub(), STATUS_STUB_NO_START);
	assert_int_equal(w.l.kind, LOADER_ROM);
}

static void a_lost_greeting_is_made_good_by_a_sync(void **state)
{
	(void)state;
	script_status(&w.s, 0, OP_MEM_END, 4, 0, 0);
	stub_echoes(1);
	assert_int_equal(start_stub(), STATUS_OK);
	assert_int_equal(w.l.kind, LOADER_STUB);
}

static void a_rom_that_still_answers_means_no_start(void **state)
{
	(void)state;
	script_status(&w.s, 0, OP_MEM_END, 4, 0, 0);
	rom_echoes(1);
	assert_int_equal(start_stub(), STATUS_STUB_NO_START);
	assert_non_null(strstr(w.err.text, "the ROM still answers"));
	assert_int_equal(w.l.kind, LOADER_ROM);
}

static void a_stub_that_crashes_is_quoted(void **state)
{
	(void)state;
	script_status(&w.s, 0, OP_MEM_END, 4, 0, 0);
	script_bytes(&w.s, 0, 300000, "Fatal exception (0): epc1=0x400a8000\r\n", 38);
	assert_int_equal(start_stub(), STATUS_STUB_NO_START);
	assert_non_null(strstr(w.err.text, "Fatal exception (0)"));
}

static void a_late_refusal_of_mem_end_is_told(void **state)
{
	(void)state;
	script_answer(&w.s, 0, 400000, OP_MEM_END, 0, "\1\6\0\0", 4);
	assert_int_equal(start_stub(), STATUS_STUB_NO_START);
	assert_memory_equal(w.err.device, "\1\6", 2);
}

static void a_port_that_vanishes_while_the_stub_starts_is_gone(void **state)
{
	(void)state;
	w.s.gone_at_write = 0;
	assert_int_equal(loader_await_stub(&w.l, &w.err), STATUS_PORT_GONE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_sync_may_be_used_up_by_the_roms_rate_detection),
		TEST(a_stub_that_runs_already_is_known_by_its_zeros),
		TEST(a_rom_that_echoes_nothing_is_no_stub),
		TEST(a_rom_with_two_status_bytes_is_no_stub),
		TEST(fewer_than_eight_echoes_are_counted_and_enough),
		TEST(a_line_that_alters_bytes_is_told_with_the_value),
		TEST(one_altered_set_is_forgiven_when_the_next_is_clean),
		TEST(altered_echoes_without_a_second_answer_are_not_forgiven),
		TEST(echoes_from_before_do_not_count),
		TEST(silence_is_asked_again_with_lone_delimiters_between),
		TEST(a_stub_out_of_step_is_found_behind_one_lone_delimiter),
		TEST(a_late_echo_does_not_hide_that_the_lone_delimiter_broke_the_step),
		TEST(a_write_error_told_late_is_kept_and_asked_again),
		TEST(an_application_that_starts_is_the_wrong_boot_mode),
		TEST(the_last_reset_decides_the_boot_mode),
		TEST(a_loader_that_waits_on_usb_or_uart_only_is_a_loader),
		TEST(boot_text_before_the_echoes_does_no_harm_and_is_kept),
		TEST(an_application_that_chatters_does_not_push_the_boot_line_out),
		TEST(the_runs_limit_ends_the_search),
		TEST(a_port_that_vanishes_ends_the_search),
		TEST(a_stub_that_greets_has_started),
		TEST(a_greeting_in_place_of_the_lost_answer_counts),
		TEST(frames_and_noise_around_the_greeting_do_no_harm),
		TEST(a_greeting_from_before_mem_end_is_not_believed),
		TEST(a_lost_greeting_is_made_good_by_a_sync),
		TEST(a_rom_that_still_answers_means_no_start),
		TEST(a_stub_that_crashes_is_quoted),
		TEST(a_late_refusal_of_mem_end_is_told),
		TEST(a_port_that_vanishes_while_the_stub_starts_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
