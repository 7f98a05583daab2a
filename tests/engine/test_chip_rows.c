/*
 * Every figure of every row, written a second time from the tables of docs/chips.md.
 * A change of a row has to be made in both places, from the source.
 */
#include "engine/chip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* clang-format off */

static const struct {
	const char *key, *name;
	int id;
	uint32_t magics[CHIP_MAGICS];
	const char *stub;
	bool tells_id, has_usb;
} detection[] = { /* section 1 */
	{ "esp32",    "ESP32",     0,  { 0x00F01D83 }, "esp32", false, false },
	{ "esp32s2",  "ESP32-S2",  2,  { 0x000007C6 }, "esp32s2", false, true },
	{ "esp32c3",  "ESP32-C3",  5,  { 0x6921506F, 0x1B31506F, 0x4881606F, 0x4361606F }, "esp32c3", true, true },
	{ "esp32s3",  "ESP32-S3",  9,  { 0x00000009 }, "esp32s3", true, true },
	{ "esp32c2",  "ESP32-C2",  12, { 0x6F51306F, 0x7C41A06F, 0x0C21E06F }, "esp32c2", true, false },
	{ "esp32c6",  "ESP32-C6",  13, { 0x2CE0806F }, "esp32c6", true, true },
	{ "esp32h2",  "ESP32-H2",  16, { 0xD7B73E80, 0x97E30068 }, "esp32h2", true, true },
	{ "esp32p4",  "ESP32-P4",  18, { 0x0ADDBAD0, 0x07039AD9 }, "esp32p4", true, true },
	{ "esp32c61", "ESP32-C61", 20, { 0x33F0206F, 0x2421606F, 0x4F81606F, 0x7211606F }, "esp32c61", true, true },
	{ "esp32c5",  "ESP32-C5",  23, { 0x1101406F, 0x63E1406F, 0x5FD1406F, 0x30E1706F }, "esp32c5", true, true },
};

static const struct {
	const char *key;
	uint32_t efuse_base, mac_low, spi_base, uart_divider;
	unsigned usr, usr1, usr2, mosi, miso, w0;
} registers[] = { /* sections 2 and 3; a divider counts where section 5 measures the crystal */
	{ "esp32",    0x3FF5A000, 0x3FF5A004, 0x3FF42000, 0x3FF40014, 0x1C, 0x20, 0x24, 0x28, 0x2C, 0x80 },
	{ "esp32s2",  0x3F41A000, 0x3F41A044, 0x3F402000, 0,          0x18, 0x1C, 0x20, 0x24, 0x28, 0x58 },
	{ "esp32s3",  0x60007000, 0x60007044, 0x60002000, 0,          0x18, 0x1C, 0x20, 0x24, 0x28, 0x58 },
	{ "esp32c2",  0x60008800, 0x60008840, 0x60002000, 0x60000014, 0x18, 0x1C, 0x20, 0x24, 0x28, 0x58 },
	{ "esp32c3",  0x60008800, 0x60008844, 0x60002000, 0,          0x18, 0x1C, 0x20, 0x24, 0x28, 0x58 },
	{ "esp32c5",  0x600B4800, 0x600B4844, 0x60003000, 0x60000014, 0x18, 0x1C, 0x20, 0x24, 0x28, 0x58 },
	{ "esp32c6",  0x600B0800, 0x600B0844, 0x60003000, 0,          0x18, 0x1C, 0x20, 0x24, 0x28, 0x58 },
	{ "esp32c61", 0x600B4800, 0x600B4844, 0x60003000, 0,          0x18, 0x1C, 0x20, 0x24, 0x28, 0x58 },
	{ "esp32h2",  0x600B0800, 0x600B0844, 0x60003000, 0,          0x18, 0x1C, 0x20, 0x24, 0x28, 0x58 },
	{ "esp32p4",  0x5012D000, 0x5012D044, 0x5008D000, 0,          0x18, 0x1C, 0x20, 0x24, 0x28, 0x58 },
};

static const struct {
	const char *key;
	unsigned crystal_mhz; /* 0: measured */
	uint32_t boot_addr;
	unsigned max_mb;
	struct { unsigned mhz, code; } f[4];
} flash[] = { /* sections 5 and 6 */
	{ "esp32",    0,  0x1000, 16,  { { 80, 0xF }, { 40, 0 }, { 26, 1 }, { 20, 2 } } },
	{ "esp32s2",  40, 0x1000, 128, { { 80, 0xF }, { 40, 0 }, { 26, 1 }, { 20, 2 } } },
	{ "esp32s3",  40, 0,      128, { { 80, 0xF }, { 40, 0 }, { 26, 1 }, { 20, 2 } } },
	{ "esp32c2",  0,  0,      16,  { { 60, 0xF }, { 30, 0 }, { 20, 1 }, { 15, 2 } } },
	{ "esp32c3",  40, 0,      16,  { { 80, 0xF }, { 40, 0 }, { 26, 1 }, { 20, 2 } } },
	{ "esp32c5",  0,  0x2000, 32,  { { 80, 0xF }, { 40, 0 }, { 20, 2 } } },
	{ "esp32c6",  40, 0,      16,  { { 80, 0 }, { 40, 0 }, { 20, 2 } } },
	{ "esp32c61", 40, 0,      32,  { { 80, 0xF }, { 40, 0 }, { 20, 2 } } },
	{ "esp32h2",  32, 0,      16,  { { 48, 0xF }, { 24, 0 }, { 16, 1 }, { 12, 2 } } },
	{ "esp32p4",  40, 0x2000, 64,  { { 80, 0xF }, { 40, 0 }, { 26, 1 }, { 20, 2 } } },
};

static const struct {
	const char *key;
	uint32_t config0, config1, wprotect, super, super_wprotect, super_key;
	unsigned feed_bit;
	bool can_reset;
} watchdogs[] = { /* section 7 */
	{ "esp32",    0, 0, 0, 0, 0, 0, 0, false },
	{ "esp32s2",  0x3F408094, 0x3F408098, 0x3F4080AC, 0, 0, 0, 0, true },
	{ "esp32s3",  0x60008098, 0x6000809C, 0x600080B0, 0x600080B4, 0x600080B8, 0x8F1D312A, 31, true },
	{ "esp32c2",  0, 0, 0, 0, 0, 0, 0, false }, /* no USB: never used */
	{ "esp32c3",  0x60008090, 0x60008094, 0x600080A8, 0x600080AC, 0x600080B0, 0x8F1D312A, 31, true },
	{ "esp32c5",  0x600B1C00, 0x600B1C04, 0x600B1C18, 0x600B1C1C, 0x600B1C20, 0x50D83AA1, 18, true },
	{ "esp32c6",  0x600B1C00, 0x600B1C04, 0x600B1C18, 0x600B1C1C, 0x600B1C20, 0x50D83AA1, 18, false },
	{ "esp32c61", 0x600B1C00, 0x600B1C04, 0x600B1C18, 0x600B1C1C, 0x600B1C20, 0x50D83AA1, 18, true },
	{ "esp32h2",  0x600B1C00, 0x600B1C04, 0x600B1C1C, 0x600B1C20, 0x600B1C24, 0x50D83AA1, 18, false },
	{ "esp32p4",  0x50116000, 0x50116004, 0x50116018, 0x5011601C, 0x50116020, 0x50D83AA1, 18, true },
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct chip *row(const char *key)
{
	const struct chip *c = chip_by_key(key);

	if (!c)
		fail_msg("no row for %s", key);
	return c;
}

static void chips_are_told_apart_as_section_1_says(void **state)
{
	size_t count;

	(void)state;
	chip_rows(&count);
	assert_int_equal(count, COUNT(detection));
	for (size_t i = 0; i < COUNT(detection); i++) {
		const struct chip *c = row(detection[i].key);

		assert_string_equal(c->name, detection[i].name);
		assert_int_equal(c->id, detection[i].id);
		assert_memory_equal(c->magics, detection[i].magics, sizeof(c->magics));
		assert_string_equal(c->stub, detection[i].stub);
		assert_int_equal(c->tells_id, detection[i].tells_id);
		assert_int_equal(c->has_native_usb, detection[i].has_usb);
		assert_int_equal(c->has_short_info, c->id == 2);
	}
}

static void registers_stand_where_sections_2_and_3_say(void **state)
{
	(void)state;
	assert_int_equal(COUNT(registers), COUNT(detection));
	for (size_t i = 0; i < COUNT(registers); i++) {
		const struct chip *c = row(registers[i].key);

		assert_int_equal(c->efuse_base, registers[i].efuse_base);
		assert_int_equal(c->probe_reg, registers[i].mac_low);
		if (c->efuse)
			assert_int_equal(c->efuse_base + c->efuse->mac, registers[i].mac_low);
		assert_int_equal(c->uart_clkdiv_reg, registers[i].uart_divider);
		assert_int_equal(c->spi.base, registers[i].spi_base);
		assert_int_equal(c->spi.usr, registers[i].usr);
		assert_int_equal(c->spi.usr1, registers[i].usr1);
		assert_int_equal(c->spi.usr2, registers[i].usr2);
		assert_int_equal(c->spi.mosi_dlen, registers[i].mosi);
		assert_int_equal(c->spi.miso_dlen, registers[i].miso);
		assert_int_equal(c->spi.w0, registers[i].w0);
	}
}

static void flash_is_described_as_sections_5_and_6_say(void **state)
{
	(void)state;
	assert_int_equal(COUNT(flash), COUNT(detection));
	for (size_t i = 0; i < COUNT(flash); i++) {
		const struct chip *c = row(flash[i].key);
		size_t codes = 0;

		assert_int_equal(c->crystal_mhz, flash[i].crystal_mhz);
		assert_int_equal(c->boot_addr, flash[i].boot_addr);
		assert_int_equal(c->max_flash_bytes, flash[i].max_mb << 20);
		assert_int_equal(c->rom_begin_words, strcmp(c->key, "esp32") == 0 ? 4 : 5);
		while (codes < 4 && flash[i].f[codes].mhz) {
			uint8_t nibble;

			assert_true(chip_frequency_nibble(c, flash[i].f[codes].mhz, &nibble));
			assert_int_equal(nibble, flash[i].f[codes].code);
			codes++;
		}
		assert_int_equal(c->frequencies[codes].mhz, 0);
	}
}

static void watchdogs_stand_where_section_7_says(void **state)
{
	(void)state;
	assert_int_equal(COUNT(watchdogs), COUNT(detection));
	for (size_t i = 0; i < COUNT(watchdogs); i++) {
		const struct watchdog_regs *w = &row(watchdogs[i].key)->watchdog;

		assert_int_equal(w->config0, watchdogs[i].config0);
		assert_int_equal(w->config1, watchdogs[i].config1);
		assert_int_equal(w->wprotect, watchdogs[i].wprotect);
		assert_int_equal(w->swd_conf, watchdogs[i].super);
		assert_int_equal(w->swd_wprotect, watchdogs[i].super_wprotect);
		assert_int_equal(w->swd_key, watchdogs[i].super_key);
		assert_int_equal(w->swd_feed_bit, watchdogs[i].feed_bit);
		assert_int_equal(w->can_reset, watchdogs[i].can_reset);
	}
}

static void the_stub_follows_from_the_revision(void **state)
{
	static const struct {
		const char *key;
		uint16_t revision;
		const char *stub;
	} rows[] = {
		{ "esp32p4", 0, "esp32p4-rev1" }, { "esp32p4", 299, "esp32p4-rev1" },
		{ "esp32p4", 300, "esp32p4" },    { "esp32c2", 100, "esp32c2" },
		{ "esp32c2", 1, "esp32c2" },      { "esp32", 0, "esp32" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(chip_stub_name(row(rows[i].key), rows[i].revision),
				    rows[i].stub);
	assert_null(chip_stub_name(row("esp32c2"), 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chips_are_told_apart_as_section_1_says),
		cmocka_unit_test(registers_stand_where_sections_2_and_3_say),
		cmocka_unit_test(flash_is_described_as_sections_5_and_6_say),
		cmocka_unit_test(watchdogs_stand_where_section_7_says),
		cmocka_unit_test(the_stub_follows_from_the_revision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
