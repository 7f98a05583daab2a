#include "recipes/partition.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct row {
	uint8_t type, subtype;
	uint32_t addr, size_bytes;
	const char *name;
};

/* The table of M5Stack's own Arduino firmware for Core units. */
static const struct row usual[] = {
	{ 1, 0x02, 0x9000, 0x5000, "nvs" },        { 1, 0x00, 0xe000, 0x2000, "otadata" },
	{ 0, 0x10, 0x10000, 0x140000, "app0" },    { 0, 0x11, 0x150000, 0x140000, "app1" },
	{ 1, 0x82, 0x290000, 0x170000, "spiffs" }, { 0, 0, 0, 0, NULL },
};

static size_t put_rows(const struct row *rows, uint8_t *data)
{
	size_t at = 0;

	for (; rows->name; rows++, at += 32) {
		memset(data + at, 0, 32);
		put_le16(data + at, 0x50aa);
		data[at + 2] = rows->type;
		data[at + 3] = rows->subtype;
		put_le32(data + at + 4, rows->addr);
		put_le32(data + at + 8, rows->size_bytes);
		memcpy(data + at + 12, rows->name, strlen(rows->name));
	}
	return at;
}

static void build(const struct row *rows, uint8_t data[static 0xc00], bool with_md5)
{
	size_t at;

	memset(data, 0xff, 0xc00);
	at = put_rows(rows, data);
	if (!with_md5)
		return;
	put_le16(data + at, 0xebeb);
	digest_md5(data, at, data + at + 16);
}

static void m5stacks_own_table_is_read_with_its_md5(void **state)
{
	/* As the rows end in the firmware that M5Stack ships for BALA2. */
	static const char md5[] = "28f14c0945017760a107065db97a2507";
	struct partition_table t;
	uint8_t data[0xc00];
	char text[33];

	(void)state;
	build(usual, data, true);
	hex_text(data + 5 * 32 + 16, 16, text);
	assert_string_equal(text, md5);
	assert_int_equal(partition_parse(data, sizeof(data), 0x8000, &t, NULL), STATUS_OK);
	assert_int_equal(t.count, 5);
	assert_true(t.has_md5);
	assert_int_equal(t.end_addr, 0x400000);
	assert_int_equal(partition_named(&t, "app1")->addr, 0x150000);
	assert_null(partition_named(&t, "app2"));
	assert_string_equal(partition_at(&t, 0xdfff)->name, "nvs");
	assert_string_equal(partition_at(&t, 0xe000)->name, "otadata");
	assert_null(partition_at(&t, 0x8fff));
	assert_null(partition_at(&t, 0x400000));
}

static void a_table_without_md5_is_read(void **state)
{
	struct partition_table t;
	uint8_t data[0xc00];

	(void)state;
	build(usual, data, false);
	assert_int_equal(partition_parse(data, sizeof(data), 0x8000, &t, NULL), STATUS_OK);
	assert_int_equal(t.count, 5);
	assert_false(t.has_md5);
}

static void no_flipped_bit_under_an_md5_goes_unnoticed(void **state)
{
	uint8_t data[0xc00];

	(void)state;
	build(usual, data, true);
	for (size_t bit = 0; bit < 5 * 32 * 8; bit++) {
		struct partition_table t;

		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(partition_parse(data, sizeof(data), 0x8000, &t, NULL),
				 STATUS_RECIPE);
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void a_table_cut_anywhere_is_read_only_up_to_the_cut(void **state)
{
	uint8_t data[0xc00];

	(void)state;
	build(usual, data, true);
	for (size_t size = 0; size < sizeof(data); size++) {
		uint8_t *cut = malloc(size ? size : 1);
		struct partition_table t;

		memcpy(cut, data, size);
		partition_parse(cut, size, 0x8000, &t, NULL);
		assert_true(t.count <= size / 32);
		free(cut);
	}
}

/* clang-format off */
static const struct {
	struct row rows[3];
	const char *text;
} bad_tables[] = {
	{ { { 0, 0, 0x18000, 0x10000, "a" } },
	  "partition 'a' begins at 0x18000: expected a multiple of 0x10000" },
	{ { { 1, 0, 0x9800, 0x1000, "a" } },
	  "partition 'a' begins at 0x9800: expected a multiple of 0x1000" },
	{ { { 1, 0, 0x9000, 0, "a" } },
	  "partition 'a' has 0x0 bytes: expected a multiple of 0x1000" },
	{ { { 1, 0, 0x9000, 0x1800, "a" } },
	  "partition 'a' has 0x1800 bytes: expected a multiple of 0x1000" },
	{ { { 1, 0, 0xfffff000, 0x2000, "a" } },
	  "partition 'a' has 0x2000 bytes: expected a multiple of 0x1000" },
	{ { { 1, 0, 0x9000, 0x3000, "a" }, { 1, 0, 0xb000, 0x1000, "b" } },
	  "partitions 'a' (0x9000 to 0xc000) and 'b' (0xb000 to 0xc000) overlap" },
	{ { { 1, 0, 0xb000, 0x1000, "a" }, { 1, 0, 0x9000, 0x3000, "b" } },
	  "partitions 'a' (0xb000 to 0xc000) and 'b' (0x9000 to 0xc000) overlap" },
	{ { { 1, 0, 0x9000, 0x1000, "a" }, { 1, 0, 0xa000, 0x1000, "a" } },
	  "the partition table has two partitions named 'a'" },
	{ { { 1, 0, 0x9000, 0x1000, "" } },
	  "partition table row 1 has no name" },
	{ { { 1, 0, 0x9000, 0x1000, "a\tb" } },
	  "partition table row 1: the name holds byte 0x09" },
	{ { { 1, 0, 0x8000, 0x1000, "a" } },
	  "partition 'a' begins at 0x8000: expected above the partition table at 0x8000" },
	{ { { 0 } },
	  "the partition table has no rows" },
};
/* clang-format on */

static void a_table_that_cannot_work_is_refused_with_its_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_tables) / sizeof(bad_tables[0]); i++) {
		struct partition_table t;
		uint8_t data[0xc00];
		struct err err;

		build(bad_tables[i].rows, data, true);
		assert_int_equal(partition_parse(data, sizeof(data), 0x8000, &t, &err),
				 STATUS_RECIPE);
		assert_string_equal(err.text, bad_tables[i].text);
	}
}

static void the_boot_loader_may_have_a_row_below_the_table(void **state)
{
	static const struct row rows[] = { { 2, 0, 0x1000, 0x7000, "bootloader" },
					   { 3, 0, 0x8000, 0x1000, "table" },
					   { 0, 0, 0, 0, NULL } };
	struct partition_table t;
	uint8_t data[0xc00];

	(void)state;
	build(rows, data, true);
	assert_int_equal(partition_parse(data, sizeof(data), 0x8000, &t, NULL), STATUS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(m5stacks_own_table_is_read_with_its_md5),
		cmocka_unit_test(a_table_without_md5_is_read),
		cmocka_unit_test(no_flipped_bit_under_an_md5_goes_unnoticed),
		cmocka_unit_test(a_table_cut_anywhere_is_read_only_up_to_the_cut),
		cmocka_unit_test(a_table_that_cannot_work_is_refused_with_its_row),
		cmocka_unit_test(the_boot_loader_may_have_a_row_below_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
