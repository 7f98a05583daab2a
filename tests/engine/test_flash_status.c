/*
 * Which addresses a status register protects: known answers from the block protection tables
 * of W25Q16JV, W25Q32JV and W25Q128JV.
 */
#include "engine/flash_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define MB 0x100000u
#define WINBOND 0x1840efu
#define MACRONIX 0x1820c2u
#define STRANGE 0x1640bau

static void each_row_of_the_tables_protects_its_range_and_no_more(void **state)
{
	static const struct {
		uint32_t flash_bytes;
		uint8_t first, second;
		uint32_t from, to;
	} rows[] = {
		{ 16 * MB, 0x04, 0x00, 0xfc0000, 0x1000000 }, /* upper 64th */
		{ 16 * MB, 0x08, 0x00, 0xf80000, 0x1000000 },
		{ 16 * MB, 0x18, 0x00, 0x800000, 0x1000000 }, /* upper half */
		{ 16 * MB, 0x24, 0x00, 0x000000, 0x040000 },  /* TB: lower 64th */
		{ 16 * MB, 0x38, 0x00, 0x000000, 0x800000 },
		{ 16 * MB, 0x1c, 0x00, 0x000000, 0x1000000 }, /* all */
		{ 16 * MB, 0x44, 0x00, 0xfff000, 0x1000000 }, /* SEC: 4 KB */
		{ 16 * MB, 0x4c, 0x00, 0xffc000, 0x1000000 }, /* 16 KB */
		{ 16 * MB, 0x50, 0x00, 0xff8000, 0x1000000 }, /* 32 KB */
		{ 16 * MB, 0x68, 0x00, 0x000000, 0x002000 },  /* TB and SEC: 8 KB */
		{ 4 * MB, 0x04, 0x00, 0x3f0000, 0x400000 },   /* 64 KB, a 64th */
		{ 2 * MB, 0x04, 0x00, 0x1f0000, 0x200000 },   /* 64 KB, a 32nd */
		{ 2 * MB, 0x18, 0x00, 0x000000, 0x200000 },   /* all */
		{ 16 * MB, 0x00, 0x40, 0x000000, 0x1000000 }, /* CMP: all but nothing */
		{ 16 * MB, 0x04, 0x42, 0x000000, 0xfc0000 },  /* all but the upper 64th */
		{ 16 * MB, 0x24, 0x40, 0x040000, 0x1000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct flash_status s = { { rows[i].first, rows[i].second, 0 } };
		uint32_t size = rows[i].flash_bytes;

		for (uint32_t at = 0; at < size; at += FLASH_SECTOR_BYTES) {
			bool is_protected = at >= rows[i].from && at < rows[i].to;

			if (flash_status_covers(&s, size, at, FLASH_SECTOR_BYTES) != is_protected)
				fail_msg("row %zu, %08x", i, (unsigned)at);
		}
		assert_int_equal(flash_status_judge(WINBOND, size, &s), FLASH_PROTECTED);
	}
}

static void no_bit_no_protection(void **state)
{
	static const struct flash_status open[] = {
		{ { 0x00, 0x00, 0x00 } }, { { 0x00, 0x02, 0x60 } }, /* QE, drive strength */
		{ { 0x80, 0x02, 0x00 } },                           /* a lock alone */
		{ { 0x20, 0x00, 0x00 } },                           /* TB without BP */
		{ { 0xff, 0xff, 0xff } },                           /* nothing answers */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		assert_int_equal(flash_status_judge(WINBOND, 16 * MB, &open[i]), FLASH_OPEN);
}

/* Nobody may be refused for them. */
static void bits_of_makers_without_a_known_map_are_a_hint(void **state)
{
	static const struct flash_status bits = { { 0x1c, 0xff, 0xff } };
	static const struct flash_status quad = { { 0x40, 0xff, 0xff } };

	(void)state;
	assert_int_equal(flash_status_judge(STRANGE, 4 * MB, &bits), FLASH_HINT);
	assert_int_equal(flash_status_judge(MACRONIX, 16 * MB, &bits), FLASH_HINT);
	assert_int_equal(flash_status_judge(MACRONIX, 16 * MB, &quad), FLASH_OPEN);
	assert_int_equal(flash_status_judge(STRANGE, 4 * MB, &quad), FLASH_OPEN);
	/* Above 16 MB the same makers have another map. */
	assert_int_equal(flash_status_judge(WINBOND, 32 * MB, &bits), FLASH_HINT);
}

static void the_text_leaves_out_what_was_not_asked_for(void **state)
{
	static const struct flash_status three = { { 0x1c, 0x02, 0x60 } };
	static const struct flash_status one = { { 0x1c, 0xff, 0xff } };
	char text[9];

	(void)state;
	flash_status_text(&three, text, sizeof(text));
	assert_string_equal(text, "1c 02 60");
	flash_status_text(&one, text, sizeof(text));
	assert_string_equal(text, "1c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_of_the_tables_protects_its_range_and_no_more),
		cmocka_unit_test(no_bit_no_protection),
		cmocka_unit_test(bits_of_makers_without_a_known_map_are_a_hint),
		cmocka_unit_test(the_text_leaves_out_what_was_not_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
