/* Rates, wires and buffers between the host and the chip. docs/bridges.md. */
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct client *behind(const char *bridge)
{
	struct sim_unit_config config = client_config("esp32");

	config.bridge = bridge;
	return client_new(&config);
}

static void drivers_report_what_they_do_or_what_was_asked(void **state)
{
	const struct {
		const char *bridge;
		uint32_t asked, reported;
	} rows[] = {
		{ "cp2104", 115200, 115384 },     { "cp2104", 460800, 461538 },
		{ "cp2104", 921600, 923076 },     { "cp2104", 1500000, 1500000 },
		{ "cp2104", 1152000, 1142857 },   { "cp2104", 3000000, 2000000 },
		{ "ch9102f", 921600, 921600 },    { "ch9102f", 1500000, 1500000 },
		{ "ch340", 921600, 921600 },      { "m5-ftdi", 921600, 921600 },
		{ "m5-ftdi", 1500000, 1500000 },  { "m5-ftdi", 4000000, 9600 },
		{ "usb-jtag", 1234567, 1234567 }, { "usb-otg", 921600, 921600 },
		{ "cp2101", 1500000, 921600 },    { "cp2101", 2000000, 921600 },
		{ "cp2102", 1500000, 1000000 },   { "cp2102", 750000, 921600 },
		{ "cp2103", 512000, 500000 },     { "cp2103", 115200, 115200 },
		{ "cp2102n", 921600, 923076 },    { "cp2102n", 3000000, 3000000 },
		{ "cp2105", 576000, 571428 },     { "cp2105", 3000000, 2000000 },
		{ "cp2108", 921600, 921600 },     { "cp2108", 1500000, 1500000 },
		{ "ch341", 1152000, 1152000 },    { "ch9102x", 4000000, 4000000 },
		{ "ch343", 6000000, 6000000 },    { "ft232r", 921600, 921600 },
		{ "ft232r", 3000001, 9600 },      { "ft231x", 4000000, 9600 },
		{ "ft232h", 4000000, 4000000 },   { "ft232h", 13000000, 9600 },
		{ "pl2303", 921600, 921600 },     { "pl2303", 1500000, 1500000 },
		{ "pl2303", 1152000, 1153153 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_unit_config config = client_config("esp32s3");
		struct client *c;

		config.bridge = rows[i].bridge;
		c = client_new(&config);

		assert_int_equal(sim_unit_rate(c->unit, c->now_us, rows[i].asked),
				 rows[i].reported);
		client_free(c);
	}
}

/* Change both ends, then ask something. */
static bool works_at(const char *bridge, uint32_t baud)
{
	const uint8_t magic[] = { 0, 0x10, 0, 0x40 };
	struct client *c = behind(bridge);
	bool works;

	client_enter_rom(c);
	client_ask_words(c, 0x0F, WORDS(baud, 0));
	client_rate(c, baud);
	client_wait_ms(c, 50);
	client_text(c, 0);
	client_send_command(c, 0x0A, magic, sizeof(magic), 0);
	works = client_receive(c, 200) && c->size == 12 && client_value(c) == 0x00F01D83;
	client_free(c);
	return works;
}

static void rates_work_where_they_do_on_the_bench(void **state)
{
	const uint32_t common[] = { 230400, 460800, 921600, 1500000, 2000000 };
	(void)state;

	for (size_t i = 0; i < 5; i++) {
		assert_true(works_at("cp2104", common[i]));
		assert_true(works_at("ch9102f", common[i]));
		assert_true(works_at("ch340", common[i]));
	}
}

static void the_m5_ftdi_garbles_all_but_its_own_rates(void **state)
{
	const uint32_t good[] = { 115200, 250000, 500000, 750000, 1500000 };
	const uint32_t bad[] = { 230400, 460800, 921600, 2000000 };
	(void)state;

	for (size_t i = 0; i < 5; i++)
		assert_true(works_at("m5-ftdi", good[i]));
	for (size_t i = 0; i < 4; i++)
		assert_false(works_at("m5-ftdi", bad[i]));
}

static void at_another_rate_text_is_garbled_the_same_way_each_time(void **state)
{
	char first[2048] = "";
	(void)state;

	for (int run = 0; run < 2; run++) {
		struct client *c = behind("cp2104");
		const char *text;

		client_text(c, 0);
		client_rate(c, 921600);
		sim_unit_lines(c->unit, c->now_us, false, true);
		client_wait_ms(c, 100);
		sim_unit_lines(c->unit, c->now_us, true, false);
		client_wait_ms(c, 100);
		assert_in_range(c->in_size, 20, sizeof(first) - 1);
		if (run)
			assert_memory_equal(first, c->in, c->in_size);
		memcpy(first, c->in, c->in_size);
		text = client_text(c, 0);
		assert_null(strstr(text, "waiting"));
		client_free(c);
	}
}

static void every_byte_takes_ten_bits_of_the_actual_rate(void **state)
{
	static uint8_t junk[20000];
	struct client *c = behind("cp2104");
	uint64_t start_us;
	(void)state;

	client_rate(c, 921600);
	start_us = c->now_us;
	client_send_raw(c, junk, sizeof(junk));
	/* All but what driver and bridge still hold has gone at 923076 bit/s. */
	assert_in_range(c->now_us - start_us, (20000 - 4672) * 10833ull / 1000, 216700);
	client_free(c);
}

static void a_full_buffer_takes_no_more_and_tells_when_it_does(void **state)
{
	static uint8_t junk[20000];
	struct client *c = behind("cp2104");
	size_t taken = sim_unit_write(c->unit, c->now_us, junk, sizeof(junk));
	(void)state;

	assert_int_equal(taken, 4096 + 576);
	assert_int_equal(sim_unit_write(c->unit, c->now_us, junk, 1), 0);
	/* Half of it is gone after 202 ms at 115384 bit/s. */
	client_wait_ms(c, 204);
	assert_in_range(sim_unit_write(c->unit, c->now_us, junk, sizeof(junk)), 2336, 2400);
	client_free(c);
}

static void what_comes_while_the_port_is_closed_is_lost(void **state)
{
	struct client *c = behind("ch340");
	(void)state;

	sim_unit_close(c->unit, c->now_us, false);
	client_reset(c, true);
	sim_unit_open(c->unit, c->now_us);
	client_wait_ms(c, 10);
	assert_int_equal(c->in_size, 0);
	client_sync(c);
	client_free(c);
}

/* From the question's last byte on; microseconds. */
static uint64_t answer_takes(struct client *c)
{
	uint64_t before;

	client_text(c, 30);
	before = c->now_us;
	client_read_reg(c, 0x40001000);
	return c->now_us - before;
}

static void a_short_answer_waits_for_ftdis_latency_timer(void **state)
{
	const struct {
		const char *bridge;
		bool can_be_set;
	} rows[] = { { "ft232r", true },
		     { "ft231x", true },
		     { "ft232h", true },
		     { "m5-ftdi", false },
		     { "cp2104", false } };
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct client *c = behind(rows[i].bridge);
		uint64_t usual;

		client_enter_rom(c);
		usual = answer_takes(c);
		assert_int_equal(usual > 16000, rows[i].can_be_set);
		assert_false(sim_unit_latency(c->unit, c->now_us, 0));
		assert_int_equal(sim_unit_latency(c->unit, c->now_us, 1), rows[i].can_be_set);
		assert_int_equal(usual - answer_takes(c), rows[i].can_be_set ? 15000 : 0);
		client_free(c);
	}
}

static void discard_drops_what_has_come(void **state)
{
	struct client *c = behind("ch340");
	uint8_t byte;
	(void)state;

	sim_unit_lines(c->unit, c->now_us, false, true);
	sim_unit_advance(c->unit, c->now_us += 100000);
	sim_unit_lines(c->unit, c->now_us, true, false);
	sim_unit_advance(c->unit, c->now_us += 100000);
	sim_unit_discard(c->unit, c->now_us);
	assert_int_equal(sim_unit_read(c->unit, c->now_us, &byte, 1), 0);
	client_free(c);
}

static void nonsense_in_the_config_is_refused_with_a_reason(void **state)
{
	struct sim_unit_config good = client_config("esp32"), bad[6];
	char error[128];
	(void)state;

	for (size_t i = 0; i < 6; i++)
		bad[i] = good;
	bad[0].chip = "esp8266";
	bad[1].bridge = "cp2199";
	bad[2].package = "QFN56";
	bad[3].flash_bytes = 3u << 20;
	bad[4].bridge = "usb-jtag";
	bad[5].secure_download = true;
	for (size_t i = 0; i < 6; i++) {
		error[0] = '\0';
		assert_null(sim_unit_new(&bad[i], error, sizeof(error)));
		assert_non_null(strstr(error, "unit: "));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drivers_report_what_they_do_or_what_was_asked),
		cmocka_unit_test(rates_work_where_they_do_on_the_bench),
		cmocka_unit_test(the_m5_ftdi_garbles_all_but_its_own_rates),
		cmocka_unit_test(at_another_rate_text_is_garbled_the_same_way_each_time),
		cmocka_unit_test(every_byte_takes_ten_bits_of_the_actual_rate),
		cmocka_unit_test(a_full_buffer_takes_no_more_and_tells_when_it_does),
		cmocka_unit_test(what_comes_while_the_port_is_closed_is_lost),
		cmocka_unit_test(a_short_answer_waits_for_ftdis_latency_timer),
		cmocka_unit_test(discard_drops_what_has_come),
		cmocka_unit_test(nonsense_in_the_config_is_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
