#include "engine/stub.h"

#include "engine/chip.h"

#include "tests/engine/reg_unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static uint8_t text_bytes[6456], data_bytes[212];

static struct stub_image make_stub(void)
{
	for (size_t i = 0; i < sizeof(text_bytes); i++)
		text_bytes[i] = (uint8_t)(i * 13 + 5);
	for (size_t i = 0; i < sizeof(data_bytes); i++)
		data_bytes[i] = (uint8_t)(i ^ 0xc0);
	return (struct stub_image){
		.name = "test",
		.entry = 0x400a902c,
		.text = { 0x400a8000, text_bytes, sizeof(text_bytes) },
		.data = { 0x3ffded6c, data_bytes, sizeof(data_bytes) },
	};
}

static void a_stub_arrives_whole_and_starts(void **state)
{
	struct stub_image stub = make_stub();
	struct stub_place place = { .at = 0 };
	struct reg_unit u;

	(void)state;
	reg_unit_init(&u);
	assert_int_equal(stub_upload(&u.loader, &stub, 0x1800, &place, NULL), STATUS_OK);
	assert_int_equal(stub_start(&u.loader, &stub, NULL), STATUS_OK);
	assert_int_equal(u.ram_begins, 2);
	assert_int_equal(u.ram_addr[0], stub.text.addr);
	assert_int_equal(u.ram_total[0], stub.text.size_bytes);
	assert_int_equal(u.ram_addr[1], stub.data.addr);
	assert_int_equal(u.ram_total[1], stub.data.size_bytes);
	assert_int_equal(u.ram_len, sizeof(text_bytes) + sizeof(data_bytes));
	assert_memory_equal(u.ram, text_bytes, sizeof(text_bytes));
	assert_memory_equal(u.ram + sizeof(text_bytes), data_bytes, sizeof(data_bytes));
	assert_int_equal(u.entry, stub.entry);
	assert_int_equal(u.loader.kind, LOADER_STUB);
	reg_unit_release(&u);
}

static void a_block_refused_with_07_is_a_loss_on_the_way(void **state)
{
	struct stub_image stub = make_stub();
	struct stub_place place = { .at = 0 };
	struct reg_unit u;
	struct err err;

	(void)state;
	reg_unit_init(&u);
	u.largest_block = 0x400;
	assert_int_equal(stub_upload(&u.loader, &stub, 0x1800, &place, &err),
			 STATUS_STUB_UPLOAD_CHECKSUM);
	assert_int_equal(err.device[0], 0x01);
	assert_int_equal(err.device[1], 0x07);
	u.ram_len = 0;
	assert_int_equal(stub_upload(&u.loader, &stub, 0x400, &place, &err), STATUS_OK);
	assert_memory_equal(u.ram, text_bytes, sizeof(text_bytes));
	reg_unit_release(&u);
}

static void an_upload_goes_on_from_the_block_that_failed(void **state)
{
	struct stub_image stub = make_stub();
	struct stub_place place = { .segment = 0, .at = 0x1000 };
	struct reg_unit u;

	(void)state;
	reg_unit_init(&u);
	assert_int_equal(stub_upload(&u.loader, &stub, 0x400, &place, NULL), STATUS_OK);
	assert_int_equal(u.ram_addr[0], stub.text.addr + 0x1000);
	assert_int_equal(u.ram_total[0], stub.text.size_bytes - 0x1000);
	assert_int_equal(u.ram_addr[1], stub.data.addr);
	assert_memory_equal(u.ram, text_bytes + 0x1000, sizeof(text_bytes) - 0x1000);
	reg_unit_release(&u);
}

/* True for a build without stub images too: then there is no row at all. */
static void every_stub_in_this_build_has_words_and_an_entry_in_its_text(void **state)
{
	(void)state;
	for (const struct stub_image *s = stub_images; s->name; s++) {
		assert_ptr_equal(stub_by_name(s->name), s);
		assert_true(s->text.size_bytes > 0);
		assert_int_equal(s->text.size_bytes % 4, 0);
		assert_int_equal(s->data.size_bytes % 4, 0);
		assert_int_equal(s->text.addr % 4, 0);
		assert_true(s->entry >= s->text.addr - 4);
		assert_true(s->entry < s->text.addr + s->text.size_bytes);
	}
	assert_null(stub_by_name("esp33"));
}

/* A build has the images of all chips or none. */
static void every_stub_that_a_chip_s_row_names_is_in_this_build(void **state)
{
	size_t count;
	const struct chip *rows = chip_rows(&count);

	(void)state;
	if (!stub_images[0].name)
		skip();
	for (size_t i = 0; i < count; i++) {
		if (!stub_by_name(rows[i].stub))
			fail_msg("no stub '%s' for %s", rows[i].stub, rows[i].name);
		if (rows[i].early_stub && !stub_by_name(rows[i].early_stub))
			fail_msg("no stub '%s' for %s", rows[i].early_stub, rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stub_arrives_whole_and_starts),
		cmocka_unit_test(a_block_refused_with_07_is_a_loss_on_the_way),
		cmocka_unit_test(an_upload_goes_on_from_the_block_that_failed),
		cmocka_unit_test(every_stub_that_a_chip_s_row_names_is_in_this_build),
		cmocka_unit_test(every_stub_in_this_build_has_words_and_an_entry_in_its_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
