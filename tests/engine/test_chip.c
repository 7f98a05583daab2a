#include "engine/chip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void every_row_is_complete(void **state)
{
	size_t count;
	const struct chip *rows = chip_rows(&count);

	(void)state;
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		const struct chip *c = &rows[i];

		assert_non_null(c->name);
		assert_non_null(c->key);
		assert_non_null(c->stub);
		assert_non_null(c->source);
		assert_non_null(c->read_ident);
		assert_non_null(c->frequencies);
		assert_true(c->tells_id || c->magics[0]);
		assert_int_equal(c->boot_addr % FLASH_SECTOR_BYTES, 0);
		assert_true(c->rom_begin_words == 4 || c->rom_begin_words == 5);
		assert_true(c->crystal_mhz || c->uart_clkdiv_reg);
		assert_true(c->legacy_rev_scale == 1 || c->legacy_rev_scale == 100);
		assert_int_not_equal(c->spi.base, 0);
		assert_int_not_equal(c->spi.usr, 0);
		assert_int_not_equal(c->spi.w0, 0);
		assert_int_not_equal(c->efuse_base, 0);
		assert_int_not_equal(c->probe_reg, 0);
		/* Over USB of its own a chip's watchdogs matter. */
		assert_int_equal(c->has_native_usb, c->watchdog.config0 != 0);
	}
}

static void no_two_rows_claim_the_same_chip(void **state)
{
	size_t count;
	const struct chip *rows = chip_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(chip_by_key(rows[i].key), &rows[i]);
		assert_ptr_equal(chip_by_id(rows[i].id), &rows[i]);
		for (size_t m = 0; m < CHIP_MAGICS && rows[i].magics[m]; m++)
			assert_ptr_equal(chip_by_magic(rows[i].magics[m]), &rows[i]);
	}
}

static void a_chip_with_a_row_is_no_stranger(void **state)
{
	size_t count;
	const struct chip *rows = chip_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_null(chip_stranger_by_id(rows[i].id));
		for (size_t m = 0; m < CHIP_MAGICS && rows[i].magics[m]; m++)
			assert_null(chip_stranger_by_magic(rows[i].magics[m]));
	}
	assert_null(chip_stranger_by_id(UINT32_MAX));
	assert_null(chip_stranger_by_id(99));
	assert_null(chip_stranger_by_magic(0));
	assert_string_equal(chip_stranger_by_id(28), "ESP32-H4");
	assert_string_equal(chip_stranger_by_magic(0xfff0c101), "ESP8266");
}

static void what_no_row_has_is_not_found(void **state)
{
	(void)state;
	assert_null(chip_by_key("esp8266"));
	assert_null(chip_by_key("ESP32"));
	assert_null(chip_by_id(4));
	assert_null(chip_by_id(200));
	assert_null(chip_by_magic(0));
	assert_null(chip_by_magic(0xfff0c101));
}

static void frequencies_are_coded_as_the_header_wants_them(void **state)
{
	static const struct {
		unsigned mhz;
		uint8_t nibble;
	} codes[] = { { 80, 0xf }, { 40, 0 }, { 26, 1 }, { 20, 2 } };
	uint8_t nibble;

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		assert_true(chip_frequency_nibble(chip_by_key("esp32"), codes[i].mhz, &nibble));
		assert_int_equal(nibble, codes[i].nibble);
	}
	assert_false(chip_frequency_nibble(chip_by_key("esp32"), 48, &nibble));
	assert_false(chip_frequency_nibble(chip_by_key("esp32"), 0, &nibble));
}

static void flash_sizes_are_powers_of_two_from_1_to_128_mb(void **state)
{
	uint8_t nibble;

	(void)state;
	assert_true(chip_flash_size_nibble(0x100000, &nibble));
	assert_int_equal(nibble, 0);
	assert_true(chip_flash_size_nibble(0x1000000, &nibble));
	assert_int_equal(nibble, 4);
	assert_true(chip_flash_size_nibble(0x8000000, &nibble));
	assert_int_equal(nibble, 7);
	assert_false(chip_flash_size_nibble(0x80000, &nibble));
	assert_false(chip_flash_size_nibble(0x300000, &nibble));
	assert_false(chip_flash_size_nibble(0, &nibble));
}

static void a_revision_reads_as_major_and_minor(void **state)
{
	char text[12];

	(void)state;
	chip_revision_text(301, text, sizeof(text));
	assert_string_equal(text, "v3.1");
	chip_revision_text(0, text, sizeof(text));
	assert_string_equal(text, "v0.0");
	chip_revision_text(65535, text, sizeof(text));
	assert_string_equal(text, "v655.35");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(no_two_rows_claim_the_same_chip),
		cmocka_unit_test(a_chip_with_a_row_is_no_stranger),
		cmocka_unit_test(what_no_row_has_is_not_found),
		cmocka_unit_test(frequencies_are_coded_as_the_header_wants_them),
		cmocka_unit_test(flash_sizes_are_powers_of_two_from_1_to_128_mb),
		cmocka_unit_test(a_revision_reads_as_major_and_minor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
