/* Reset lines, boot modes and what a unit says by itself. docs/protocol.md, reset sequences. */
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static unsigned resets(const struct client *c)
{
	struct sim_counters n;

	sim_unit_counters(c->unit, &n);
	return (unsigned)n.resets;
}

static void lines(struct client *c, bool dtr, bool rts)
{
	sim_unit_lines(c->unit, c->now_us, dtr, rts);
}

static struct client *behind(const char *chip, const char *bridge)
{
	struct sim_unit_config config = client_config(chip);

	config.bridge = bridge;
	return client_new(&config);
}

/* ---- text ---- */

static void the_esp32_says_that_it_waits_for_download(void **state)
{
	struct client *c = client_new(NULL);
	(void)state;

	client_text(c, 0);
	client_reset(c, true);
	assert_string_equal(client_text(c, 100), "ets Jul 29 2019 12:21:46\r\n\r\n"
						 "rst:0x1 (POWERON_RESET),boot:0x3 "
						 "(DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\n"
						 "waiting for download\r\n");
	client_free(c);
}

static void the_loader_listens_before_its_text_is_out(void **state)
{
	struct client *c = client_new(NULL);
	struct sim_counters n;
	(void)state;

	client_text(c, 0);
	lines(c, false, true);
	client_wait_ms(c, 100);
	lines(c, true, false);
	client_wait_ms(c, 5); /* 4 to rise, 2 to start, 11 for the text */
	sim_unit_counters(c->unit, &n);
	assert_int_equal(n.loader_entries, 0);
	client_wait_ms(c, 3);
	sim_unit_counters(c->unit, &n);
	assert_int_equal(n.loader_entries, 1);
	assert_null(strstr(client_text(c, 0), "waiting"));
	client_free(c);
}

static void an_old_esp32_has_the_older_rom(void **state)
{
	struct sim_unit_config config = client_config("esp32");
	struct client *c;
	(void)state;

	config.revision = 100;
	c = client_new(&config);
	client_text(c, 0);
	client_reset(c, true);
	assert_non_null(strstr(client_text(c, 100), "ets Jun  8 2016 00:22:57"));
	client_free(c);
}

static void the_others_name_themselves_and_their_modes(void **state)
{
	struct client *c = behind("esp32c3", "cp2104");
	const char *text;
	(void)state;

	client_text(c, 0);
	client_reset(c, true);
	text = client_text(c, 100);
	assert_non_null(strstr(text, "ESP-ROM:esp32c3-api1-20210207\r\n"));
	assert_non_null(strstr(text, "boot:0x4 (DOWNLOAD(USB/UART0/1))\r\nwaiting for download"));
	client_free(c);
	c = behind("esp32s3", "cp2104");
	client_text(c, 0);
	client_reset(c, true);
	text = client_text(c, 100);
	assert_non_null(strstr(text, "ESP-ROM:esp32s3-20210327\r\n"));
	assert_non_null(strstr(text, "boot:0x0 (DOWNLOAD(USB/UART0))\r\nwaiting for download"));
	client_free(c);
}

static void without_the_strap_it_boots_from_flash_and_does_not_listen(void **state)
{
	const char *text;
	struct client *c = client_new(NULL);
	(void)state;

	client_text(c, 0);
	client_reset(c, false);
	text = client_text(c, 100);
	assert_non_null(strstr(text, "boot:0x13 (SPI_FAST_FLASH_BOOT)"));
	assert_null(strstr(text, "waiting for download"));
	assert_non_null(strstr(text, "invalid header: 0xffffffff"));
	client_send_command(c, 0x08, (uint8_t[36]){ 7, 7, 0x12, 0x20 }, 36, 0);
	assert_null(strstr(client_text(c, 100), "\xC0"));
	client_free(c);
}

static void an_empty_flash_makes_it_start_over_and_over(void **state)
{
	struct client *c = client_new(NULL);
	unsigned before = resets(c);
	(void)state;

	client_wait_ms(c, 5000);
	assert_in_range(resets(c) - before, 3, 6);
	client_free(c);
}

/* ---- what it takes to run ---- */

static void sound_firmware_runs_and_speaks_now_and_then(void **state)
{
	const char *text;
	unsigned spoken = 0;
	struct client *c = client_new(NULL);
	(void)state;

	client_put_firmware(c, 0x1000, 0);
	client_text(c, 0);
	client_reset(c, false);
	assert_false(sim_unit_runs_application(c->unit));
	text = client_text(c, 12000);
	assert_true(sim_unit_runs_application(c->unit));
	assert_non_null(strstr(text, "load:0x3fff0030,len:16\r\n"));
	assert_non_null(strstr(text, "entry 0x40080400\r\n"));
	assert_non_null(strstr(text, "app: ready"));
	while ((text = strstr(text, "app: alive"))) {
		spoken++;
		text++;
	}
	assert_int_equal(spoken, 2);
	client_free(c);
}

static void a_unit_runs_nothing_that_is_damaged_or_not_its_own(void **state)
{
	const uint32_t spots[] = { 0x1000, 0x1028, 0x103F, 0x8000, 0x10000, 0x10028, 0x10050 };
	struct client *c = client_new(NULL);
	uint8_t *flash = client_put_firmware(c, 0x1000, 0);
	(void)state;

	for (size_t i = 0; i < sizeof(spots) / sizeof(spots[0]); i++) {
		flash[spots[i]] ^= 1;
		client_reset(c, false);
		client_wait_ms(c, 900);
		assert_false(sim_unit_runs_application(c->unit));
		flash[spots[i]] ^= 1;
	}
	client_put_image(flash + 0x10000, 9); /* an application for another chip */
	client_reset(c, false);
	client_wait_ms(c, 900);
	assert_false(sim_unit_runs_application(c->unit));
	client_put_image(flash + 0x10000, 0);
	client_reset(c, false);
	client_wait_ms(c, 900);
	assert_true(sim_unit_runs_application(c->unit));
	client_free(c);
}

/* ---- lines ---- */

static void both_lines_together_are_neutral(void **state)
{
	struct client *c = client_new(NULL);
	unsigned before;
	(void)state;

	client_put_firmware(c, 0x1000, 0);
	client_reset(c, false);
	client_wait_ms(c, 1000);
	before = resets(c);
	lines(c, true, true);
	client_wait_ms(c, 500);
	lines(c, false, false);
	client_wait_ms(c, 500);
	lines(c, true, false); /* only the strap */
	client_wait_ms(c, 500);
	lines(c, false, false);
	client_wait_ms(c, 500);
	assert_int_equal(resets(c), before);
	client_free(c);
}

static void opening_and_closing_the_port_does_not_reset(void **state)
{
	struct client *c = client_new(NULL);
	unsigned before;
	(void)state;

	client_put_firmware(c, 0x1000, 0);
	client_reset(c, false);
	client_wait_ms(c, 1000);
	before = resets(c);
	sim_unit_close(c->unit, c->now_us, true);
	client_wait_ms(c, 500);
	sim_unit_open(c->unit, c->now_us);
	client_wait_ms(c, 500);
	assert_int_equal(resets(c), before);
	client_free(c);
}

static void reset_has_to_be_held_for_five_milliseconds(void **state)
{
	struct client *c = client_new(NULL);
	unsigned before;
	(void)state;

	client_put_firmware(c, 0x1000, 0);
	client_reset(c, false);
	client_wait_ms(c, 1000);
	before = resets(c);
	lines(c, false, true);
	client_wait_ms(c, 4);
	lines(c, false, false);
	client_wait_ms(c, 100);
	assert_int_equal(resets(c), before);
	lines(c, false, true);
	client_wait_ms(c, 6);
	lines(c, false, false);
	client_wait_ms(c, 100);
	assert_int_equal(resets(c), before + 1);
	client_free(c);
}

static void the_strap_counts_when_en_has_risen_not_when_it_was_released(void **state)
{
	struct client *c = client_new(NULL);
	(void)state;

	client_text(c, 0);
	lines(c, false, true);
	client_wait_ms(c, 100);
	lines(c, true, true); /* two separate changes pass through neutral */
	client_wait_ms(c, 1);
	lines(c, true, false);
	client_wait_ms(c, 50);
	lines(c, false, false);
	assert_non_null(strstr(client_text(c, 100), "waiting for download"));
	lines(c, false, true);
	client_wait_ms(c, 100);
	lines(c, false, false);
	client_wait_ms(c, 10);
	lines(c, true, false); /* too late */
	client_wait_ms(c, 50);
	lines(c, false, false);
	assert_null(strstr(client_text(c, 100), "waiting for download"));
	client_free(c);
}

/* ---- USB-Serial/JTAG ---- */

static void the_usb_sequence_enters_the_loader_through_both_asserted(void **state)
{
	struct client *c = behind("esp32c3", "usb-jtag");
	(void)state;

	client_text(c, 0);
	lines(c, false, false);
	client_wait_ms(c, 100);
	lines(c, true, false);
	client_wait_ms(c, 100);
	lines(c, true, true);
	lines(c, false, true);
	client_wait_ms(c, 100);
	lines(c, false, false);
	assert_non_null(strstr(client_text(c, 100), "rst:0x15 (USB_UART_CHIP_RESET),boot:0x4"));
	client_sync(c);
	assert_int_equal(client_value(c), 0x20120707);
	client_free(c);
}

static void through_both_released_the_usb_sequence_ends_in_the_application(void **state)
{
	struct client *c = behind("esp32s3", "usb-jtag");
	(void)state;

	client_text(c, 0);
	lines(c, true, false);
	client_wait_ms(c, 100);
	lines(c, false, false);
	lines(c, false, true);
	client_wait_ms(c, 100);
	lines(c, false, false);
	assert_non_null(strstr(client_text(c, 100), "SPI_FAST_FLASH_BOOT"));
	client_free(c);
}

static void usb_needs_no_auto_baud_and_ignores_the_rate(void **state)
{
	struct client *c = behind("esp32s3", "usb-jtag");
	uint8_t sync[36] = { 7, 7, 0x12, 0x20 };
	(void)state;

	memset(sync + 4, 0x55, 32);
	lines(c, true, false);
	client_wait_ms(c, 100);
	lines(c, true, true);
	lines(c, false, true);
	client_wait_ms(c, 100);
	lines(c, false, false);
	client_text(c, 0);
	client_rate(c, 1200);
	client_send_command(c, 0x08, sync, sizeof(sync), 0);
	assert_true(client_receive(c, 20));
	client_free(c);
}

static void the_watchdog_restarts_a_unit_on_usb(void **state)
{
	struct client *c = behind("esp32c3", "usb-jtag");
	(void)state;

	lines(c, true, false);
	client_wait_ms(c, 100);
	lines(c, true, true);
	lines(c, false, true);
	client_wait_ms(c, 100);
	lines(c, false, false);
	client_sync(c);
	client_write_reg(c, 0x60008090, 0x80000000u | 5u << 28 | 1u << 8 | 2); /* locked */
	client_wait_ms(c, 100);
	client_read_reg(c, 0x40001000);
	client_write_reg(c, 0x600080A8, 0x50D83AA1);
	client_write_reg(c, 0x60008094, 2000);
	client_write_reg(c, 0x60008090, 0x80000000u | 5u << 28 | 1u << 8 | 2);
	client_write_reg(c, 0x600080A8, 0);
	assert_non_null(strstr(client_text(c, 500), "SPI_FAST_FLASH_BOOT"));
	client_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_esp32_says_that_it_waits_for_download),
		cmocka_unit_test(the_loader_listens_before_its_text_is_out),
		cmocka_unit_test(an_old_esp32_has_the_older_rom),
		cmocka_unit_test(the_others_name_themselves_and_their_modes),
		cmocka_unit_test(without_the_strap_it_boots_from_flash_and_does_not_listen),
		cmocka_unit_test(an_empty_flash_makes_it_start_over_and_over),
		cmocka_unit_test(sound_firmware_runs_and_speaks_now_and_then),
		cmocka_unit_test(a_unit_runs_nothing_that_is_damaged_or_not_its_own),
		cmocka_unit_test(both_lines_together_are_neutral),
		cmocka_unit_test(opening_and_closing_the_port_does_not_reset),
		cmocka_unit_test(reset_has_to_be_held_for_five_milliseconds),
		cmocka_unit_test(the_strap_counts_when_en_has_risen_not_when_it_was_released),
		cmocka_unit_test(the_usb_sequence_enters_the_loader_through_both_asserted),
		cmocka_unit_test(through_both_released_the_usb_sequence_ends_in_the_application),
		cmocka_unit_test(usb_needs_no_auto_baud_and_ignores_the_rate),
		cmocka_unit_test(the_watchdog_restarts_a_unit_on_usb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
