/* What changes nothing may be asked again where the caller allows it; nothing else may. */
#include "engine/loader.h"
#include "engine/packet.h"
#include "tests/engine/wire_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define ROM_STATUS 4

static struct world {
	struct wire_script s;
	struct loader l;
	struct err err;
	unsigned finds;
	enum status found;
} w;

static enum status find_again(void *ctx)
{
	struct world *world = ctx;

	world->finds++;
	return world->found;
}

static int set_up(void **state)
{
	(void)state;
	w = (struct world){ .finds = 0 };
	script_init(&w.s);
	if (loader_init(&w.l, &w.s.base, 115200, deadline_after_ms(&w.s.clock, 600000), &w.err))
		return -1;
	w.l.repeats = (struct loader_repeats){ .left = 3, .find_again = find_again, .ctx = &w };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	loader_release(&w.l);
	return 0;
}

static void a_lost_question_is_put_again_until_it_is_answered(void **state)
{
	uint32_t value = 0;

	(void)state;
	script_answer(&w.s, 2, 1000, OP_READ_REG, 0x1234, "\0\0\0\0", ROM_STATUS);
	assert_int_equal(loader_read_reg(&w.l, 0x40001000, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 0x1234);
	assert_int_equal(w.s.write_count, 3);
	assert_int_equal(w.finds, 2);
	assert_int_equal(w.l.repeats.left, 1);
}

static void it_is_not_put_again_more_often_than_allowed(void **state)
{
	uint32_t value;

	(void)state;
	assert_int_equal(loader_read_reg(&w.l, 0x40001000, &value, &w.err), STATUS_NO_ANSWER);
	assert_int_equal(w.s.write_count, 4);
	assert_int_equal(w.finds, 3);
}

static void a_refusal_is_believed_the_second_time(void **state)
{
	(void)state;
	for (int n = 0; n < 4; n++)
		script_status(&w.s, n, OP_SPI_SET_PARAMS, ROM_STATUS, 1, 6);
	assert_int_equal(loader_spi_params(&w.l, 0x400000, &w.err), STATUS_REFUSED);
	assert_int_equal(w.s.write_count, 2);
}

static void nobody_asks_a_loader_that_is_not_found(void **state)
{
	(void)state;
	w.found = STATUS_PORT_GONE;
	assert_int_equal(loader_spi_attach(&w.l, 0, &w.err), STATUS_PORT_GONE);
	assert_int_equal(w.s.write_count, 1);
}

static void what_writes_is_never_sent_again(void **state)
{
	static const uint8_t block[64];

	(void)state;
	assert_int_equal(loader_flash_begin(&w.l, false, 64, 1, 64, 0x1000, 4, 100, &w.err),
			 STATUS_NO_ANSWER);
	assert_int_equal(loader_flash_data(&w.l, false, block, sizeof(block), 0, 100, &w.err),
			 STATUS_NO_ANSWER);
	w.l.kind = LOADER_STUB;
	assert_int_equal(loader_flash_end(&w.l, false, 100, &w.err), STATUS_NO_ANSWER);
	assert_int_equal(loader_erase_region(&w.l, 0, 0x1000, &w.err), STATUS_NO_ANSWER);
	assert_int_equal(w.s.write_count, 4);
	assert_int_equal(w.finds, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_lost_question_is_put_again_until_it_is_answered,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_is_not_put_again_more_often_than_allowed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_refusal_is_believed_the_second_time, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(nobody_asks_a_loader_that_is_not_found, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_writes_is_never_sent_again, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
