/* The transport over a simulated unit keeps the contract of engine/transport.h. */
#include "tests/sim/sim_transport.h"

#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void plug_in(struct sim_transport *st, struct sim_unit_config config)
{
	char error[128];

	if (!sim_transport_init(st, &config, error, sizeof(error)))
		fail_msg("%s", error);
}

static void silence_lasts_exactly_until_the_deadline(void **state)
{
	struct sim_unit_config config = client_config("esp32");
	struct sim_transport st;
	uint8_t buf[64];
	size_t got = 1;
	uint64_t start_us;
	(void)state;

	config.faults[0].kind = SIM_FAULT_DEAD;
	config.fault_count = 1;
	plug_in(&st, config);
	start_us = clock_now_us(&st.clock);
	assert_int_equal(transport_read(&st.base, buf, sizeof(buf), &got,
					deadline_after_ms(&st.clock, 1234), NULL),
			 STATUS_OK);
	assert_int_equal(got, 0);
	assert_int_equal(clock_now_us(&st.clock) - start_us, 1234000);
	sim_transport_release(&st);
}

static void sleeping_lets_the_unit_go_on(void **state)
{
	struct sim_transport st;
	struct sim_counters n;
	(void)state;

	plug_in(&st, client_config("esp32"));
	transport_set_lines(&st.base, false, true, NULL);
	clock_sleep_ms(&st.clock, 100);
	transport_set_lines(&st.base, true, false, NULL);
	clock_sleep_ms(&st.clock, 50);
	transport_set_lines(&st.base, false, false, NULL);
	sim_unit_counters(st.unit, &n);
	assert_int_equal(n.loader_entries, 1);
	sim_transport_release(&st);
}

static void text_arrives_without_waiting_for_the_deadline(void **state)
{
	struct sim_transport st;
	uint32_t actual;
	uint8_t buf[64];
	size_t got = 0;
	uint64_t start_us;
	(void)state;

	plug_in(&st, client_config("esp32"));
	assert_int_equal(transport_set_baud(&st.base, 115200, &actual, NULL), STATUS_OK);
	assert_int_equal(actual, 115384);
	transport_set_lines(&st.base, false, true, NULL);
	clock_sleep_ms(&st.clock, 100);
	transport_discard(&st.base, NULL);
	transport_set_lines(&st.base, true, false, NULL);
	start_us = clock_now_us(&st.clock);
	transport_read(&st.base, buf, 3, &got, deadline_after_ms(&st.clock, 60000), NULL);
	assert_int_equal(got, 3);
	assert_memory_equal(buf, "ets", 3);
	assert_in_range(clock_now_us(&st.clock) - start_us, 4000, 40000);
	sim_transport_release(&st);
}

static void a_long_write_waits_for_the_wire_and_a_short_deadline_ends_it(void **state)
{
	static uint8_t junk[20000];
	struct sim_transport st;
	uint64_t start_us;
	(void)state;

	plug_in(&st, client_config("esp32"));
	transport_set_baud(&st.base, 115200, &(uint32_t){ 0 }, NULL);
	start_us = clock_now_us(&st.clock);
	assert_int_equal(transport_write(&st.base, junk, sizeof(junk),
					 deadline_after_ms(&st.clock, 10000), NULL),
			 STATUS_OK);
	assert_in_range(clock_now_us(&st.clock) - start_us, 1300000, 1740000);
	assert_int_equal(transport_write(&st.base, junk, sizeof(junk),
					 deadline_after_ms(&st.clock, 100), NULL),
			 STATUS_NO_ANSWER);
	sim_transport_release(&st);
}

static void an_unplugged_unit_is_gone_for_good(void **state)
{
	struct sim_unit_config config = client_config("esp32");
	struct sim_transport st;
	uint8_t junk[20] = { 0 };
	size_t got;
	(void)state;

	config.faults[0] = (struct sim_fault){ .kind = SIM_FAULT_UNPLUG, .nth = 10 };
	config.fault_count = 1;
	plug_in(&st, config);
	for (int i = 0; i < 2; i++) {
		struct deadline d = deadline_after_ms(&st.clock, 100);

		assert_int_equal(transport_write(&st.base, junk, sizeof(junk), d, NULL),
				 STATUS_PORT_GONE);
		assert_int_equal(transport_read(&st.base, junk, sizeof(junk), &got, d, NULL),
				 STATUS_PORT_GONE);
		assert_int_equal(transport_set_lines(&st.base, false, false, NULL),
				 STATUS_PORT_GONE);
	}
	sim_transport_release(&st);
}

static void a_stop_is_noticed_within_50_ms(void **state)
{
	struct sim_unit_config config = client_config("esp32");
	struct sim_transport st;
	uint8_t buf[8];
	size_t got;
	(void)state;

	config.faults[0].kind = SIM_FAULT_DEAD;
	config.fault_count = 1;
	plug_in(&st, config);
	st.cancel_at_us = st.now_us + 1000000;
	assert_int_equal(transport_read(&st.base, buf, sizeof(buf), &got,
					deadline_after_ms(&st.clock, 60000), NULL),
			 STATUS_CANCELLED);
	assert_in_range(st.now_us, st.cancel_at_us, st.cancel_at_us + 50000);
	sim_transport_release(&st);
}

static void a_rate_that_the_bridge_cannot_make_fails(void **state)
{
	struct sim_transport st;
	uint32_t actual = 0;
	(void)state;

	plug_in(&st, client_config("esp32"));
	assert_int_equal(transport_set_baud(&st.base, 3000000, &actual, NULL), STATUS_RATE_FAILED);
	assert_int_equal(actual, 2000000);
	sim_transport_release(&st);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_lasts_exactly_until_the_deadline),
		cmocka_unit_test(sleeping_lets_the_unit_go_on),
		cmocka_unit_test(text_arrives_without_waiting_for_the_deadline),
		cmocka_unit_test(a_long_write_waits_for_the_wire_and_a_short_deadline_ends_it),
		cmocka_unit_test(an_unplugged_unit_is_gone_for_good),
		cmocka_unit_test(a_stop_is_noticed_within_50_ms),
		cmocka_unit_test(a_rate_that_the_bridge_cannot_make_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
