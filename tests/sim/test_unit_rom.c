/* The mask ROM's loader, frame by frame. docs/protocol.md. */
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void the_first_sync_after_a_reset_is_used_up_by_auto_baud(void **state)
{
	struct client *c = client_new(NULL);
	uint8_t data[36] = { 0x07, 0x07, 0x12, 0x20 };
	(void)state;

	memset(data + 4, 0x55, 32);
	client_reset(c, true);
	client_text(c, 0);
	client_send_command(c, 0x08, data, sizeof(data), 0);
	assert_false(client_receive(c, 500));
	client_send_command(c, 0x08, data, sizeof(data), 0);
	for (int i = 0; i < 8; i++) {
		assert_true(client_receive(c, 100));
		assert_int_equal(c->frame[1], 0x08);
		assert_int_equal(client_value(c), 0x20120707);
		assert_int_equal(c->size, 12);
		assert_int_equal(c->frame[8], 0);
	}
	assert_false(client_receive(c, 500));
	client_free(c);
}

static void the_stub_starts_and_greets(void **state)
{
	const char *chips[] = { "esp32", "esp32s3", "esp32c3" };
	(void)state;

	for (int i = 0; i < 3; i++) {
		struct sim_unit_config config = client_config(chips[i]);
		struct client *c = client_new(&config);

		client_enter_stub(c);
		client_sync(c);
		assert_int_equal(client_value(c), 0);
		client_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_sync_after_a_reset_is_used_up_by_auto_baud),
		cmocka_unit_test(the_stub_starts_and_greets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
