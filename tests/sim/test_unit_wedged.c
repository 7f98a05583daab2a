/* A bridge that got stuck stays so until its power is cut. */
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A SYNC's frame has 46 bytes. */
static const struct sim_fault wedged = { .kind = SIM_FAULT_WEDGED, .nth = 60 };

static bool answers(struct client *c)
{
	const uint8_t words[] = { 0x07, 0x07, 0x12, 0x20, 0x55, 0x55, 0x55, 0x55, 0x55,
				  0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
				  0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
				  0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55 };

	client_send_command(c, 0x08, words, sizeof(words), 0);
	return client_receive(c, 500);
}

static void reopen(struct client *c)
{
	client_wait_ms(c, 1000);
	sim_unit_open(c->unit, c->now_us);
	client_rate(c, 115200);
}

static void nothing_passes_from_the_nth_byte_on(void **state)
{
	struct client *c = client_with(1, &wedged);
	(void)state;

	client_reset(c, true);
	assert_true(strstr(client_text(c, 100), "waiting for download") != NULL);
	(void)answers(c); /* auto-baud takes the first */
	assert_false(sim_unit_is_wedged(c->unit));
	(void)answers(c);
	assert_true(sim_unit_is_wedged(c->unit));
	assert_int_equal(client_fired(c), 1);
	client_text(c, 1000);
	assert_false(answers(c));
	/* Nor does a reset come through. */
	client_reset(c, true);
	assert_int_equal(strlen(client_text(c, 1000)), 0);
	client_free(c);
}

static void its_buffer_fills_up_and_takes_no_more(void **state)
{
	struct client *c = client_with(1, &wedged);
	uint8_t junk[1024] = { 0 };
	size_t taken = 0, n;
	(void)state;

	do {
		n = sim_unit_write(c->unit, c->now_us, junk, sizeof(junk));
		taken += n;
		client_wait_ms(c, 1000); /* what came before goes out */
	} while (n);
	client_wait_ms(c, 60000);
	assert_in_range(taken, 61, 65536);
	assert_int_equal(sim_unit_write(c->unit, c->now_us, junk, sizeof(junk)), 0);
	client_free(c);
}

static void only_a_loss_of_power_helps(void **state)
{
	struct client *c = client_with(1, &wedged);
	uint8_t junk[100] = { 0 };
	(void)state;

	client_send_raw(c, junk, sizeof(junk));
	assert_true(sim_unit_is_wedged(c->unit));
	sim_unit_close(c->unit, c->now_us, true);
	sim_unit_press_reset(c->unit, c->now_us, false);
	reopen(c);
	assert_true(sim_unit_is_wedged(c->unit));
	sim_unit_close(c->unit, c->now_us, true);
	sim_unit_pull(c->unit, c->now_us);
	client_wait_ms(c, 1000);
	sim_unit_plug(c->unit, c->now_us);
	assert_false(sim_unit_is_wedged(c->unit));
	reopen(c);
	client_reset(c, true);
	assert_true(strstr(client_text(c, 100), "waiting for download") != NULL);
	client_sync(c);
	/* Once is enough. */
	client_send_raw(c, junk, sizeof(junk));
	assert_false(sim_unit_is_wedged(c->unit));
	client_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_passes_from_the_nth_byte_on),
		cmocka_unit_test(its_buffer_fills_up_and_takes_no_more),
		cmocka_unit_test(only_a_loss_of_power_helps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
