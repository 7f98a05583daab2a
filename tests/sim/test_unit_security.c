/* What secured chips say, allow and refuse. docs/protocol.md, Secure download mode. */
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct bits {
	uint32_t addr, shift, mask;
};

/* docs/chips.md 9. */
struct row {
	const char *chip;
	struct bits crypt_count, secure_boot, no_manual_encrypt, purpose[2];
};

/* clang-format off */
static const struct row rows[] = {
	{ "esp32s2", { 0x3F41A034, 18, 7 }, { 0x3F41A038, 20, 1 }, { 0x3F41A030, 19, 1 },
	  { { 0x3F41A034, 24, 15 }, { 0x3F41A034, 28, 15 } } },
	{ "esp32s3", { 0x60007034, 18, 7 }, { 0x60007038, 20, 1 }, { 0x60007030, 20, 1 },
	  { { 0x60007034, 24, 15 }, { 0x60007034, 28, 15 } } },
	{ "esp32c3", { 0x60008834, 18, 7 }, { 0x60008838, 20, 1 }, { 0x60008830, 20, 1 },
	  { { 0x60008834, 24, 15 }, { 0x60008834, 28, 15 } } },
	{ "esp32c2", { 0x60008830, 7, 7 }, { 0x60008830, 21, 1 }, { 0x60008830, 6, 1 },
	  { { 0, 0, 0 }, { 0, 0, 0 } } },
	{ "esp32c5", { 0x600B4834, 16, 7 }, { 0x600B4838, 25, 1 }, { 0x600B4830, 20, 1 },
	  { { 0x600B4834, 22, 31 }, { 0x600B4834, 27, 31 } } },
	{ "esp32c6", { 0x600B0834, 18, 7 }, { 0x600B0838, 20, 1 }, { 0x600B0830, 20, 1 },
	  { { 0x600B0834, 24, 15 }, { 0x600B0834, 28, 15 } } },
	{ "esp32c61", { 0x600B4830, 23, 7 }, { 0x600B4834, 26, 1 }, { 0x600B4830, 14, 1 },
	  { { 0x600B4834, 0, 15 }, { 0x600B4834, 4, 15 } } },
	{ "esp32h2", { 0x600B0834, 18, 7 }, { 0x600B0838, 20, 1 }, { 0x600B0830, 20, 1 },
	  { { 0x600B0834, 24, 15 }, { 0x600B0834, 28, 15 } } },
	{ "esp32p4", { 0x5012D034, 18, 7 }, { 0x5012D038, 20, 1 }, { 0x5012D030, 20, 1 },
	  { { 0x5012D034, 24, 15 }, { 0x5012D034, 28, 15 } } },
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct client *rom(const struct sim_unit_config *config)
{
	struct client *c = client_new(config);

	client_enter_rom(c);
	return c;
}

static uint32_t field(struct client *c, struct bits b)
{
	return client_read_reg(c, b.addr) >> b.shift & b.mask;
}

static void efuses_tell_encryption_and_secure_boot_apart(void **state)
{
	(void)state;

	for (size_t i = 0; i < 4 * ROWS; i++) {
		const struct row *r = &rows[i / 4];
		struct sim_unit_config config = client_config(r->chip);
		struct client *c;

		config.secure_boot = i & 1;
		config.flash_encryption = i & 2;
		c = rom(&config);
		assert_int_equal(field(c, r->secure_boot), config.secure_boot);
		assert_int_equal(field(c, r->crypt_count), config.flash_encryption);
		assert_int_equal(field(c, r->no_manual_encrypt), config.flash_encryption);
		if (r->purpose[0].mask) {
			assert_int_equal(field(c, r->purpose[0]), config.flash_encryption ? 4 : 0);
			assert_int_equal(field(c, r->purpose[1]), config.secure_boot ? 9 : 0);
		} else {
			assert_int_equal(client_read_reg(c, 0x60008830) & 3,
					 config.flash_encryption);
		}
		client_free(c);
	}
}

static void security_info_says_the_same(void **state)
{
	(void)state;

	for (size_t i = 0; i < 8 * ROWS; i++) {
		struct sim_unit_config config = client_config(rows[i / 8].chip);
		struct client *c;

		config.secure_boot = i & 1;
		config.flash_encryption = i & 2;
		config.secure_download = i & 4;
		c = rom(&config);
		client_ask(c, 0x14, NULL, 0);
		assert_int_equal(c->frame[8], (i & 1) | (i & 4));
		assert_int_equal(c->frame[12], config.flash_encryption);
		assert_int_equal(c->frame[13], config.flash_encryption ? 4 : 0);
		assert_int_equal(c->frame[14], config.secure_boot ? 9 : 0);
		client_free(c);
	}
}

static void secure_download_allows_flashing_and_nothing_else(void **state)
{
	static const uint8_t refused[] = { 0x05, 0x06, 0x07, 0x09, 0x0A, 0x0E,
					   0x10, 0x11, 0x12, 0x13, 0xD0, 0xD2 };
	(void)state;

	for (size_t i = 0; i < ROWS; i++) {
		struct sim_unit_config config = client_config(rows[i].chip);
		uint8_t block[16 + 64] = { 64 };
		struct client *c;

		config.secure_download = true;
		c = rom(&config);
		for (size_t n = 0; n < sizeof(refused); n++) {
			client_ask_words(c, 0x0D, WORDS(0, 0));
			client_ask(c, refused[n], block, sizeof(block));
			assert_int_equal(client_status(c, 0), 0x0105);
			assert_int_equal(c->frame[1], 0x0D);
		}
		client_ask_words(c, 0x0D, WORDS(0, 0));
		client_ask_words(c, 0x0B, WORDS(0, 4u << 20, 0x10000, 0x1000, 0x100, 0xFFFF));
		assert_int_equal(client_status(c, 0) >> 8, 0);
		client_ask_words(c, 0x02, WORDS(64, 1, 64, 0, 0));
		assert_int_equal(client_status(c, 0) >> 8, 0);
		client_ask_block(c, 0x03, 0, block + 16, 64);
		assert_int_equal(client_status(c, 0) >> 8, 0);
		client_ask_words(c, 0x0F, WORDS(115200, 0));
		assert_int_equal(client_status(c, 0) >> 8, 0);
		client_ask_words(c, 0x04, WORDS(1));
		assert_int_equal(client_status(c, 0) >> 8, 0);
		client_free(c);
	}
}

/* docs/chips.md 9: seen on the ROMs of both chips. */
static void a_rom_says_that_its_fuses_forbid_the_loader(void **state)
{
	struct sim_unit_config config = client_config("esp32");
	struct client *c;
	const char *text;
	(void)state;

	config.revision = 300;
	config.download_disabled = true;
	c = client_new(&config);
	client_text(c, 100);
	client_reset(c, true);
	text = client_text(c, 200);
	assert_string_equal(text, "Download mode is disabled. Restart with GPIO0 high.\r\n");
	/* The watchdog reads the strap again, which nobody pulls by now. */
	text = client_text(c, 1200);
	assert_non_null(
		strstr(text, "rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"));
	client_free(c);

	config = client_config("esp32c3");
	config.download_disabled = true;
	c = client_new(&config);
	client_text(c, 100);
	client_reset(c, true);
	text = client_text(c, 200);
	assert_non_null(strstr(text, "rst:0x1 (POWERON),boot:0x4 (DOWNLOAD(USB/UART0/1))\r\n"
				     "Download boot modes disabled\r\n"));
	assert_non_null(strstr(text, "rst:0x3 (RTC_SW_SYS_RST),boot:0x4 (DOWNLOAD(USB/UART0/1))\r\n"
				     "Download boot modes disabled\r\n"));
	client_reset(c, false);
	text = client_text(c, 100);
	assert_non_null(strstr(text, "(SPI_FAST_FLASH_BOOT)"));
	client_free(c);
}

static void a_loader_that_is_barred_from_usb_says_nothing_of_it(void **state)
{
	static const uint8_t sync[36] = { 0x07, 0x07, 0x12, 0x20 };
	struct sim_unit_config config = client_config("esp32c3");
	struct client *c;
	(void)state;

	config.bridge = "usb-jtag";
	config.usb_download_disabled = true;
	c = client_new(&config);
	sim_unit_press_reset(c->unit, c->now_us, true);
	assert_non_null(strstr(client_text(c, 100), "waiting for download"));
	client_send_command(c, 0x08, sync, sizeof(sync), 0);
	assert_false(client_receive(c, 500));
	client_free(c);
}

static void secure_download_mode_is_told_on_the_way_up(void **state)
{
	struct sim_unit_config config = client_config("esp32c3");
	struct client *c;
	(void)state;

	config.secure_download = true;
	c = client_new(&config);
	client_reset(c, true);
	assert_non_null(strstr(client_text(c, 100), "boot:0x4 (DOWNLOAD(USB/UART0/1))\r\n"
						    "wait uart download(secure mode)\r\n"));
	client_free(c);
}

static void a_disabled_download_mode_cannot_be_entered(void **state)
{
	const char *const bridges[] = { "cp2104", "usb-jtag" };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config = client_config("esp32s3");
		struct sim_counters count;
		struct client *c;

		config.bridge = bridges[i];
		config.download_disabled = config.hand_download = true;
		c = client_new(&config);
		client_reset(c, true);
		sim_unit_lines(c->unit, c->now_us, true, false);
		client_wait_ms(c, 100);
		sim_unit_lines(c->unit, c->now_us, false, true);
		client_wait_ms(c, 100);
		sim_unit_press_reset(c->unit, c->now_us, true);
		assert_null(strstr(client_text(c, 500), "waiting for download"));
		sim_unit_counters(c->unit, &count);
		assert_int_equal(count.loader_entries, 0);
		client_free(c);
	}
}

static void upload(struct client *c)
{
	client_ask_words(c, 0x05, WORDS(64, 1, 64, c->ram));
	client_ask_block(c, 0x07, 0, (uint8_t[64]){ 7 }, 64);
	client_ask_words(c, 0x06, WORDS(0, c->ram));
}

static void secure_boot_stops_the_stub_on_s3_and_c3_only(void **state)
{
	(void)state;

	for (size_t i = 0; i < ROWS; i++) {
		bool stops = !strcmp(rows[i].chip, "esp32s3") || !strcmp(rows[i].chip, "esp32c3");
		struct sim_unit_config config = client_config(rows[i].chip);
		struct sim_counters count;
		struct client *c;

		config.secure_boot = true;
		c = rom(&config);
		upload(c);
		client_wait_ms(c, 100);
		sim_unit_counters(c->unit, &count);
		assert_int_equal(count.stub_starts, !stops);
		client_free(c);
	}
}

static void the_s3_starts_it_through_the_pointer_that_it_reads_flash_with(void **state)
{
	struct sim_unit_config config = client_config("esp32s3");
	uint8_t nothing[8] = { 0 };
	struct client *c;
	(void)state;

	config.secure_boot = true;
	c = rom(&config);
	upload(c);
	assert_false(client_receive(c, 100));
	client_write_reg(c, 0x3FCEF688, c->ram);
	client_send_command(c, 0x0E, nothing, sizeof(nothing), 0);
	assert_true(client_receive(c, 100));
	assert_int_equal(c->size, 4);
	assert_memory_equal(c->frame, "OHAI", 4);
	client_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(efuses_tell_encryption_and_secure_boot_apart),
		cmocka_unit_test(security_info_says_the_same),
		cmocka_unit_test(secure_download_allows_flashing_and_nothing_else),
		cmocka_unit_test(a_rom_says_that_its_fuses_forbid_the_loader),
		cmocka_unit_test(a_loader_that_is_barred_from_usb_says_nothing_of_it),
		cmocka_unit_test(secure_download_mode_is_told_on_the_way_up),
		cmocka_unit_test(a_disabled_download_mode_cannot_be_entered),
		cmocka_unit_test(secure_boot_stops_the_stub_on_s3_and_c3_only),
		cmocka_unit_test(the_s3_starts_it_through_the_pointer_that_it_reads_flash_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
