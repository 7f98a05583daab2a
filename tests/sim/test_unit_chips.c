/*
 * One row per chip: what a flasher reads out of it, from raw frames. The figures
 * are those of docs/chips.md, as words on the wire.
 */
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* mac 24:0a:c4:00:01:10 */
#define MAC_LOW 0xC4000110u
#define MAC_HIGH 0x240Au

struct expected {
	uint32_t addr, mask, value;
};

#define WORDS_MAX 10

struct row {
	const char *chip, *package, *bridge;
	unsigned revision;
	uint8_t id; /* 255: it does not say; 254: it does not know the command */
	uint32_t spi_base;
	const char *banner, *boot;
	struct expected words[WORDS_MAX];
};

/* clang-format off */
static const struct row rows[] = {
	{ "esp32", "PICO-V3-02", "ch9102f", 301, 254, 0x3FF42000,
	  "ets Jul 29 2019 12:21:46", "boot:0x3 (DOWNLOAD_BOOT(",
	  { { 0x40001000, ~0u, 0x00F01D83 }, { 0x3FF5A004, ~0u, MAC_LOW },
	    { 0x3FF5A008, 0xFFFF, MAC_HIGH }, { 0x3FF5A00C, 0xE04, 6u << 9 },
	    { 0x3FF5A014, 3u << 24, 1u << 24 }, { 0x3FF6607C, 1u << 31, 1u << 31 },
	    { 0x3FF5A014, 0xFFFFF, 6 | 17 << 5 | 8 << 10 | 16 << 15 },
	    { 0x3FF5A00C, 0x1F0, 11 << 4 } } },
	{ "esp32", "S0WD", "ft232r", 100, 254, 0x3FF42000,
	  "ets Jun  8 2016 00:22:57", "boot:0x3 (DOWNLOAD_BOOT(",
	  { { 0x3FF5A00C, 0xE05, 1u << 9 | 1 }, { 0x3FF5A00C, 1u << 15, 1u << 15 },
	    { 0x3FF5A014, 1u << 20, 0 } } },
	{ "esp32", "U4WDH", "cp2102", 300, 254, 0x3FF42000,
	  "ets Jul 29 2019 12:21:46", "boot:0x3 (DOWNLOAD_BOOT(",
	  { { 0x3FF5A00C, 0xE05, 4u << 9 }, { 0x3FF5A014, 0x1F, 6 } } },
	{ "esp32s2", "FNR2", "cp2102n", 109, 255, 0x3F402000,
	  "ESP-ROM:esp32s2-rc4-20191025", "boot:0x0 (DOWNLOAD(USB/UART0))",
	  { { 0x40001000, ~0u, 0x7C6 }, { 0x3F41A044, ~0u, MAC_LOW },
	    { 0x3F41A048, ~0u, MAC_HIGH }, { 0x3F41A050, 3u << 18, 1u << 18 },
	    { 0x3F41A050, 1u << 20, 1u << 20 }, { 0x3F41A054, 7u << 4, 1u << 4 },
	    { 0x3F41A050, 0xFu << 21, 2u << 21 }, { 0x3F41A050, 0xFu << 28, 1u << 28 },
	    { 0x3F404038, 8, 0 } } },
	{ "esp32s3", "PICO-1", "cp2104", 2, 9, 0x60002000,
	  "ESP-ROM:esp32s3-20210327", "boot:0x0 (DOWNLOAD(USB/UART0))",
	  { { 0x40001000, ~0u, 9 }, { 0x60007044, ~0u, MAC_LOW }, { 0x60007048, ~0u, MAC_HIGH },
	    { 0x60007050, 7u << 18, 2u << 18 }, { 0x60007050, 7u << 21, 1u << 21 },
	    { 0x60007050, 7u << 27, 1u << 27 }, { 0x60007054, 0x19F, 2 | 1 << 3 | 1 << 7 },
	    { 0x60007058, 1u << 19 | 3u << 24, 0 } } },
	{ "esp32s3", "PICO-1-N8R4", "cp2104", 102, 9, 0x60002000,
	  "ESP-ROM:esp32s3-20210327", "boot:0x0 (DOWNLOAD(USB/UART0))",
	  { { 0x60007054, 3u << 3, 0 }, { 0x60007058, 1u << 19 | 3u << 24, 1u << 19 | 1u << 24 } } },
	{ "esp32c2", "ESP8684H2", "ch343", 200, 12, 0x60002000,
	  "ESP-ROM:esp8684-api2-20220127", "boot:0x4 (DOWNLOAD(UART0))",
	  { { 0x40001000, ~0u, 0x0C21E06F }, { 0x60008840, ~0u, MAC_LOW },
	    { 0x60008844, 0xFFFF, MAC_HIGH }, { 0x60008844, 0xFu << 16, 0 },
	    { 0x60008844, 3u << 20, 2u << 20 }, { 0x60008844, 7u << 22, 1u << 22 },
	    { 0x6000885C, 7u << 29, 2u << 29 }, { 0x6000885C, 7u << 24, 1u << 24 } } },
	{ "esp32c3", "FH4", "ch9102x", 4, 5, 0x60002000,
	  "ESP-ROM:esp32c3-api1-20210207", "boot:0x4 (DOWNLOAD(USB/UART0/1))",
	  { { 0x40001000, ~0u, 0x1B31506F }, { 0x60008844, ~0u, MAC_LOW },
	    { 0x60008848, ~0u, MAC_HIGH }, { 0x60008850, 7u << 18, 4u << 18 },
	    { 0x60008850, 7u << 27, 1u << 27 }, { 0x60008854, 7, 1 } } },
	{ "esp32c5", "HF4", "cp2104", 100, 23, 0x60003000,
	  "ESP-ROM:esp32c5-eco2-20250121", "boot:0x10 (DOWNLOAD(USB/UART0))",
	  { { 0x600B4844, ~0u, MAC_LOW }, { 0x600B4848, ~0u, 0xFFFEu << 16 | MAC_HIGH },
	    { 0x600B484C, 0x3F, 1 << 4 }, { 0x600B484C, 7u << 26, 0 },
	    { 0x60096110, 0x7Fu << 24, 48u << 24 }, { 0x40001000, ~0u, 0x5FD1406F } } },
	{ "esp32c6", "FH4", "cp2104", 2, 13, 0x60003000,
	  "ESP-ROM:esp32c6-20220919", "boot:0x4 (DOWNLOAD(USB/UART0/SDIO_FEI_FEO))",
	  { { 0x40001000, ~0u, 0x2CE0806F }, { 0x600B0844, ~0u, MAC_LOW },
	    { 0x600B0848, ~0u, 0xFFFEu << 16 | MAC_HIGH }, { 0x600B0850, 0x3Fu << 18, 2u << 18 },
	    { 0x600B0850, 7u << 24, 1u << 24 }, { 0x600B0854, 7, 1 } } },
	{ "esp32c61", "HF4", "ch340", 101, 20, 0x60003000,
	  "ESP-ROM:esp32c61-eco3-20250228", "boot:0x4 (DOWNLOAD(USB/UART0))",
	  { { 0x600B4844, ~0u, MAC_LOW }, { 0x600B4848, ~0u, MAC_HIGH },
	    { 0x600B484C, 0x3F, 1 << 4 | 1 } } },
	{ "esp32h2", "FH4S", "cp2104", 102, 16, 0x60003000,
	  "ESP-ROM:esp32h2-20221101", "boot:0x4 (DOWNLOAD(USB/UART0))",
	  { { 0x40001000, ~0u, 0x97E30068 }, { 0x600B0844, ~0u, MAC_LOW },
	    { 0x600B0848, ~0u, 0xFFFEu << 16 | MAC_HIGH },
	    { 0x600B0850, 0x1Fu << 18, 2u << 18 | 1u << 21 }, { 0x600B0854, 7, 0 } } },
	{ "esp32p4", "NRW32", "cp2104", 103, 18, 0x5008D000,
	  "ESP-ROM:esp32p4-eco2-20240710", "boot:0x107 (DOWNLOAD(USB/UART0/SPI))",
	  { { 0x5012D044, ~0u, MAC_LOW }, { 0x5012D048, ~0u, MAC_HIGH },
	    { 0x5012D04C, 0x80003F | 1u << 23, 3 | 1 << 4 }, { 0x40001000, ~0u, 0x0ADDBAD0 } } },
	{ "esp32p4", "NRW32", "cp2104", 300, 18, 0x5008D000,
	  "ESP-ROM:esp32p4-eco7-20260109", "boot:0x107 (DOWNLOAD(USB/UART0/SPI))",
	  { { 0x5012D04C, 0x3F | 1u << 23, 3 << 4 }, { 0x40001000, ~0u, 0x07039AD9 },
	    { 0x500E0038, 8, 0 } } },
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct sim_unit_config config_of(const struct row *r)
{
	struct sim_unit_config config = client_config(r->chip);

	config.package = r->package;
	config.bridge = r->bridge;
	config.revision = r->revision;
	config.flash_id = 0xEF4016;
	return config;
}

static bool is_esp32(const struct row *r)
{
	return !strcmp(r->chip, "esp32");
}

static void assert_word(struct client *c, const struct row *r, const struct expected *e)
{
	uint32_t value = client_read_reg(c, e->addr) & e->mask;

	if (value != e->value)
		fail_msg("%s %s: 0x%08x & 0x%08x is 0x%08x, not 0x%08x", r->chip, r->package,
			 e->addr, e->mask, value, e->value);
}

static void each_chip_tells_who_it_is(void **state)
{
	(void)state;

	for (size_t i = 0; i < ROWS; i++) {
		struct sim_unit_config config = config_of(&rows[i]);
		struct client *c = client_new(&config);

		client_enter_rom(c);
		for (size_t n = 0; n < WORDS_MAX && rows[i].words[n].addr; n++)
			assert_word(c, &rows[i], &rows[i].words[n]);
		client_free(c);
	}
}

/* docs/chips.md 3, with the example of espefuse's manual. */
static void a_maker_s_mac_stands_beside_the_chip_s(void **state)
{
	static const struct {
		const char *chip;
		struct expected words[3];
	} places[] = {
		{ "esp32",
		  { { 0x3FF5A078, ~0u, 0x92634875 },
		    { 0x3FF5A07C, 0xFFFFFF, 0x167215 },
		    { 0x3FF5A08C, 0xFFu << 24, 1u << 24 } } },
		{ "esp32s2",
		  { { 0x3F41A094, ~0xFFu, 0x92634800 }, { 0x3F41A098, 0xFFFFFF, 0x167215 } } },
		{ "esp32s3",
		  { { 0x60007094, ~0xFFu, 0x92634800 }, { 0x60007098, 0xFFFFFF, 0x167215 } } },
		{ "esp32c3",
		  { { 0x60008894, ~0xFFu, 0x92634800 }, { 0x60008898, 0xFFFFFF, 0x167215 } } },
		{ "esp32c5",
		  { { 0x600B4894, ~0xFFu, 0x92634800 }, { 0x600B4898, 0xFFFFFF, 0x167215 } } },
		{ "esp32c6",
		  { { 0x600B0894, ~0xFFu, 0x92634800 }, { 0x600B0898, 0xFFFFFF, 0x167215 } } },
		{ "esp32c61",
		  { { 0x600B4894, ~0xFFu, 0x92634800 }, { 0x600B4898, 0xFFFFFF, 0x167215 } } },
		{ "esp32h2",
		  { { 0x600B0894, ~0xFFu, 0x92634800 }, { 0x600B0898, 0xFFFFFF, 0x167215 } } },
		{ "esp32p4",
		  { { 0x5012D094, ~0xFFu, 0x92634800 }, { 0x5012D098, 0xFFFFFF, 0x167215 } } },
		{ "esp32c2",
		  { { 0x60008834, ~0u, 0x15926348 },
		    { 0x60008838, 0xFFFF, 0x1672 },
		    { 0x60008830, 1u << 26, 1u << 26 } } },
	};
	static const uint8_t mac[] = { 0x48, 0x63, 0x92, 0x15, 0x72, 0x16 };
	(void)state;

	for (size_t i = 0; i < 2 * sizeof(places) / sizeof(places[0]); i++) {
		struct sim_unit_config config = client_config(places[i / 2].chip);
		struct row r = { .chip = config.chip, .package = "" };
		struct client *c;

		if (i & 1)
			memcpy(config.custom_mac, mac, sizeof(mac));
		c = client_new(&config);
		client_enter_rom(c);
		for (size_t n = 0; n < 3 && places[i / 2].words[n].addr; n++) {
			struct expected e = places[i / 2].words[n];

			e.value = i & 1 ? e.value : 0;
			assert_word(c, &r, &e);
		}
		client_free(c);
	}
}

static void each_chip_says_its_own_text(void **state)
{
	(void)state;

	for (size_t i = 0; i < ROWS; i++) {
		struct sim_unit_config config = config_of(&rows[i]);
		struct client *c = client_new(&config);
		const char *text;

		client_text(c, 0);
		client_reset(c, true);
		text = client_text(c, 100);
		if (!strstr(text, rows[i].banner) || !strstr(text, rows[i].boot))
			fail_msg("%s says %s", rows[i].chip, text);
		assert_non_null(strstr(text, "waiting for download"));
		client_free(c);
	}
}

static uint32_t word_at(const struct client *c, size_t at)
{
	return c->frame[at] | (uint32_t)c->frame[at + 1] << 8 | (uint32_t)c->frame[at + 2] << 16 |
	       (uint32_t)c->frame[at + 3] << 24;
}

static void security_info_has_the_length_of_its_chip(void **state)
{
	(void)state;

	for (size_t i = 0; i < ROWS; i++) {
		struct sim_unit_config config = config_of(&rows[i]);
		struct client *c = client_new(&config);
		size_t size = rows[i].id == 254 ? 0 : rows[i].id == 255 ? 12 : 20;

		client_enter_rom(c);
		client_read_reg(c, 0x40001000);
		client_ask(c, 0x14, NULL, 0);
		assert_int_equal(c->size, 8 + size + 4);
		assert_int_equal(client_status(c, size), size ? 0 : 0x0105);
		if (size == 20)
			assert_int_equal(word_at(c, 8 + 12), rows[i].id);
		client_free(c);
	}
}

/* RDID by hand. */
static uint32_t flash_id(struct client *c, const struct row *r)
{
	uint32_t base = r->spi_base;
	bool old = is_esp32(r);

	client_ask_words(c, 0x0D, WORDS(0, 0));
	client_write_reg(c, base + (old ? 0x2C : 0x28), 23);
	client_write_reg(c, base + (old ? 0x1C : 0x18), 1u << 31 | 1u << 28);
	client_write_reg(c, base + (old ? 0x24 : 0x20), 7u << 28 | 0x9F);
	client_write_reg(c, base + (old ? 0x80 : 0x58), 0);
	client_write_reg(c, base, 1u << 18);
	return client_read_reg(c, base + (old ? 0x80 : 0x58));
}

static void the_flash_hangs_on_each_chips_own_controller(void **state)
{
	(void)state;

	for (size_t i = 0; i < ROWS; i++) {
		struct sim_unit_config config = config_of(&rows[i]);
		struct client *c = client_new(&config);

		client_enter_rom(c);
		assert_int_equal(flash_id(c, &rows[i]), 0x1640EF);
		client_free(c);
	}
}

static void flash_begin_has_four_words_on_the_esp32_and_five_on_all_others(void **state)
{
	(void)state;

	for (size_t i = 0; i < ROWS; i++) {
		struct sim_unit_config config = config_of(&rows[i]);
		struct client *c = client_new(&config);

		client_enter_rom(c);
		client_ask_words(c, 0x0D, WORDS(0, 0));
		client_ask_words(c, 0x02, WORDS(0x400, 1, 0x400, 0));
		assert_int_equal(client_status(c, 0), is_esp32(&rows[i]) ? 0 : 0x0105);
		client_ask_words(c, 0x02, WORDS(0x400, 1, 0x400, 0, 0));
		assert_int_equal(client_status(c, 0) >> 8, is_esp32(&rows[i]));
		client_free(c);
	}
}

static void a_stub_runs_on_each_chip_in_its_own_ram_only(void **state)
{
	(void)state;

	for (size_t i = 0; i < ROWS; i++) {
		struct sim_unit_config config = config_of(&rows[i]);
		struct client *c = client_new(&config);
		struct sim_counters count;

		client_enter_stub(c);
		client_free(c);
		c = client_new(&config);
		c->ram = 0x30000000;
		client_enter_rom(c);
		client_ask_words(c, 0x05, WORDS(4, 1, 4, c->ram));
		client_ask_block(c, 0x07, 0, "abcd", 4);
		client_ask_words(c, 0x06, WORDS(0, c->ram));
		sim_unit_counters(c->unit, &count);
		assert_int_equal(count.crashes, 1);
		client_free(c);
	}
}

static void the_two_stubs_of_the_p4_do_not_run_on_each_others_chips(void **state)
{
	const struct {
		unsigned revision;
		uint32_t text, data;
		uint64_t crashes;
	} tries[] = {
		{ 103, 0x4FF10000, 0x4FF62DB8, 0 },
		{ 103, 0x4FF50000, 0x4FF72DB8, 1 },
		{ 300, 0x4FF50000, 0x4FF72DB8, 0 },
		{ 300, 0x4FF10000, 0x4FF62DB8, 1 },
	};
	(void)state;

	for (size_t i = 0; i < 4; i++) {
		struct sim_unit_config config = client_config("esp32p4");
		struct sim_counters count;
		struct client *c;

		config.revision = tries[i].revision;
		c = client_new(&config);
		client_enter_rom(c);
		client_ask_words(c, 0x05, WORDS(8, 1, 8, tries[i].text));
		client_ask_block(c, 0x07, 0, "stubcode", 8);
		client_ask_words(c, 0x05, WORDS(4, 1, 4, tries[i].data));
		client_ask_block(c, 0x07, 0, "data", 4);
		client_ask_words(c, 0x06, WORDS(0, tries[i].text + 4));
		client_wait_ms(c, 50);
		sim_unit_counters(c->unit, &count);
		assert_int_equal(count.crashes, tries[i].crashes);
		assert_int_equal(count.stub_starts, !tries[i].crashes);
		client_free(c);
	}
}

static void the_first_c2_crashes_under_a_stub(void **state)
{
	struct sim_unit_config config = client_config("esp32c2");
	struct sim_counters count;
	struct client *c;
	(void)state;

	config.revision = 0;
	c = client_new(&config);
	client_enter_rom(c);
	client_ask_words(c, 0x05, WORDS(4, 1, 4, c->ram));
	client_ask_block(c, 0x07, 0, "abcd", 4);
	client_ask_words(c, 0x06, WORDS(0, c->ram));
	sim_unit_counters(c->unit, &count);
	assert_int_equal(count.crashes, 1);
	client_free(c);
}

/* As esptool sees it: the whole part of the divider at a rate that is known. */
static unsigned crystal_seen(const char *chip, unsigned crystal_mhz)
{
	struct sim_unit_config config = client_config(chip);
	uint32_t divider;
	struct client *c;

	config.crystal_mhz = crystal_mhz;
	config.bridge = "ch343"; /* exact */
	c = client_new(&config);
	client_enter_rom(c);
	divider = client_read_reg(c, strcmp(chip, "esp32") ? 0x60000014 : 0x3FF40014) & 0xFFFFF;
	client_free(c);
	return (unsigned)(divider * 115200ull / 1000000);
}

static void crystals_show_in_the_uarts_divider(void **state)
{
	(void)state;

	assert_in_range(crystal_seen("esp32c2", 26), 25, 26);
	assert_in_range(crystal_seen("esp32c2", 0), 39, 40);
	assert_in_range(crystal_seen("esp32c5", 0), 47, 48);
	assert_in_range(crystal_seen("esp32c5", 40), 39, 40);
	assert_in_range(crystal_seen("esp32h2", 0), 31, 32);
}

static bool answers_at(const char *chip, unsigned crystal_mhz, uint32_t asked, uint32_t baud)
{
	const uint8_t magic[] = { 0, 0x10, 0, 0x40 };
	struct sim_unit_config config = client_config(chip);
	struct client *c;
	bool answers;

	config.crystal_mhz = crystal_mhz;
	config.bridge = "ch343";
	c = client_new(&config);
	client_enter_rom(c);
	client_ask_words(c, 0x0F, WORDS(asked, 0));
	client_rate(c, baud);
	client_wait_ms(c, 50);
	client_text(c, 0);
	client_send_command(c, 0x0A, magic, sizeof(magic), 0);
	answers = client_receive(c, 100);
	client_free(c);
	return answers;
}

static void roms_that_believe_in_another_crystal_need_another_rate(void **state)
{
	(void)state;

	assert_true(answers_at("esp32c2", 40, 460800, 460800));
	assert_false(answers_at("esp32c2", 26, 460800, 460800));
	assert_true(answers_at("esp32c2", 26, 460800 * 40 / 26, 460800));
	assert_true(answers_at("esp32c5", 48, 460800, 460800));
	assert_false(answers_at("esp32c5", 40, 460800, 460800));
	assert_true(answers_at("esp32c5", 40, 460800 / 40 * 48, 460800));
}

/* docs/chips.md 6, without its last leftover_steps. */
static void power_flash(struct client *c, unsigned leftover_steps)
{
	static const uint32_t steps[][2] = {
		{ 0x501151BC, 1u << 27 }, { 0x501151B8, 0x40u << 23 | 1u << 7 },
		{ 0x501153FC, 3 },        { 0x501151BC, 0 },
		{ 0x501151B8, 1u << 7 },  { 0x501151B8, 1u << 7 },
		{ 0x501151B8, 0 },
	};

	client_write_reg(c, 0x5011010C, 1);
	client_wait_ms(c, 10);
	for (size_t i = 0; i + leftover_steps < 7; i++)
		client_write_reg(c, steps[i][0], steps[i][1]);
}

static void a_p4_3_1_has_no_flash_until_it_is_powered(void **state)
{
	const struct row *p4 = &rows[ROWS - 1];
	struct sim_unit_config config = config_of(p4);
	struct client *c;
	(void)state;

	config.revision = 301;
	for (unsigned leftover = 0; leftover < 8; leftover++) {
		c = client_new(&config);
		client_enter_rom(c);
		assert_int_equal(flash_id(c, p4), 0);
		power_flash(c, leftover);
		assert_int_equal(flash_id(c, p4), leftover ? 0 : 0x1640EF);
		client_ask_words(c, 0x02, WORDS(0x400, 1, 0x400, 0, 0));
		assert_int_equal(client_status(c, 0), leftover ? 0x0106 : 0);
		client_free(c);
	}
}

static void a_p4_3_2_that_powers_its_flash_wants_to_be_let_go(void **state)
{
	const struct row *p4 = &rows[ROWS - 1];
	struct sim_unit_config config = config_of(p4);
	struct client *c;
	(void)state;

	config.revision = 302;
	config.package = "XPD";
	c = client_new(&config);
	client_enter_rom(c);
	assert_int_equal(client_read_reg(c, 0x5012D034) >> 16 & 1, 1);
	assert_int_equal(client_read_reg(c, 0x501153FC) & 3, 3);
	assert_int_equal(flash_id(c, p4), 0);
	client_write_reg(c, 0x501153FC, 0);
	assert_int_equal(flash_id(c, p4), 0x1640EF);
	client_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_chip_tells_who_it_is),
		cmocka_unit_test(a_maker_s_mac_stands_beside_the_chip_s),
		cmocka_unit_test(each_chip_says_its_own_text),
		cmocka_unit_test(security_info_has_the_length_of_its_chip),
		cmocka_unit_test(the_flash_hangs_on_each_chips_own_controller),
		cmocka_unit_test(flash_begin_has_four_words_on_the_esp32_and_five_on_all_others),
		cmocka_unit_test(a_stub_runs_on_each_chip_in_its_own_ram_only),
		cmocka_unit_test(the_two_stubs_of_the_p4_do_not_run_on_each_others_chips),
		cmocka_unit_test(the_first_c2_crashes_under_a_stub),
		cmocka_unit_test(crystals_show_in_the_uarts_divider),
		cmocka_unit_test(roms_that_believe_in_another_crystal_need_another_rate),
		cmocka_unit_test(a_p4_3_1_has_no_flash_until_it_is_powered),
		cmocka_unit_test(a_p4_3_2_that_powers_its_flash_wants_to_be_let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
