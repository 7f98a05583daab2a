/* Bridges that double bytes, are late, stand still, or make another rate. */
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAGIC_ADDR 0x40001000
#define MAGIC 0x00F01D83
#define CP2104_460800 461538 /* what it makes of that rate, and its driver reports */

static void put_read_reg(uint8_t frame[14])
{
	const uint8_t bytes[14] = { 0xC0, 0, 0x0A, 4, 0, 0, 0, 0, 0, 0, 0x10, 0, 0x40, 0xC0 };

	memcpy(frame, bytes, sizeof(bytes));
}

/* How long the answer to a READ_REG takes; 0: none comes within 5 s, or a wrong one. */
static uint64_t answer_us(struct client *c)
{
	uint64_t start_us = c->now_us;
	uint8_t frame[14];

	put_read_reg(frame);
	client_send_raw(c, frame, sizeof(frame));
	if (!client_receive(c, 5000) || c->size != 12 || c->frame[1] != 0x0A ||
	    client_value(c) != MAGIC)
		return 0;
	return c->now_us - start_us;
}

/* ---- doubled bytes ---- */

static void a_doubled_byte_to_the_unit_changes_that_frame_alone(void **state)
{
	(void)state;

	/* Frames 1 and 2 are the SYNCs, 3 is a READ_REG; behind the address nobody looks. */
	for (uint32_t at = 1; at < 13; at++) {
		struct client *c =
			client_with(FAULTS({ .kind = SIM_FAULT_DUP_IN, .nth = 3, .at = at }));
		bool is_same = at == 1 || (at >= 5 && at <= 8) || at >= 12;

		client_enter_rom(c);
		assert_int_equal(client_fired(c), 0);
		/* A doubled 00 in front of the address moves it by a byte. */
		assert_int_equal(answer_us(c) != 0, is_same && at != 1 && (at < 5 || at > 8));
		assert_int_equal(client_fired(c), 1);
		client_wait_ms(c, 50);
		c->in_size = 0;
		assert_true(answer_us(c) != 0);
		client_free(c);
	}
}

static void a_doubled_byte_from_the_unit_makes_its_frame_longer(void **state)
{
	struct client *c = client_with(FAULTS({ .kind = SIM_FAULT_DUP_OUT, .nth = 9, .at = 6 },
					      { .kind = SIM_FAULT_DUP_OUT, .nth = 9, .at = 6 },
					      { .kind = SIM_FAULT_DUP_OUT, .nth = 10, .at = 1 }));
	(void)state;

	client_enter_rom(c);
	assert_true(answer_us(c) == 0);
	assert_int_equal(c->size, 14);
	assert_int_equal(c->frame[5], 0x1D);
	assert_int_equal(c->frame[6], 0x1D);
	assert_int_equal(c->frame[7], 0x1D);
	assert_int_equal(client_fired(c), 2);
	assert_true(answer_us(c) == 0);
	assert_int_equal(c->size, 13);
	assert_true(answer_us(c) != 0);
	client_free(c);
}

/* ---- late frames ---- */

static void a_late_frame_comes_so_much_later_and_nothing_before_it(void **state)
{
	struct client *good = client_with(FAULTS({ .kind = SIM_FAULT_CHATTER }));
	struct client *c =
		client_with(FAULTS({ .kind = SIM_FAULT_DELAY_REPLY, .nth = 9, .amount = 300 }));
	uint64_t usual_us;
	uint8_t frame[14];
	(void)state;

	client_enter_rom(good);
	usual_us = answer_us(good);
	client_enter_rom(c);
	assert_in_range(answer_us(c), usual_us + 300000, usual_us + 300010);
	assert_in_range(answer_us(c), usual_us, usual_us + 10);

	/* One that was sent behind a late one waits for it. */
	client_free(c);
	c = client_with(FAULTS({ .kind = SIM_FAULT_DELAY_REPLY, .nth = 9, .amount = 300 }));
	client_enter_rom(c);
	put_read_reg(frame);
	client_send_raw(c, frame, sizeof(frame));
	client_wait_ms(c, 100);
	assert_int_equal(c->in_size, 0);
	client_send_raw(c, frame, sizeof(frame));
	client_wait_ms(c, 100);
	assert_int_equal(c->in_size, 0);
	client_wait_ms(c, 110);
	assert_int_equal(c->in_size, 2 * 14);
	client_free(c);
	client_free(good);
}

static void every_frame_can_be_late_without_adding_up(void **state)
{
	struct client *c =
		client_with(FAULTS({ .kind = SIM_FAULT_DELAY_REPLY, .nth = 0, .amount = 20 }));
	(void)state;

	client_enter_rom(c);
	for (int i = 0; i < 10; i++)
		assert_in_range(answer_us(c), 20000, 25000);
	client_free(c);
}

/* More than are remembered one by one, if those that came long ago were not forgotten. */
static void late_frames_come_the_same_however_seldom_anyone_looks(void **state)
{
	size_t got[2];
	(void)state;

	for (int coarse = 0; coarse < 2; coarse++) {
		struct client *c = client_with(
			FAULTS({ .kind = SIM_FAULT_DELAY_REPLY, .nth = 0, .amount = 20 }));
		uint8_t frame[14], all[100 * sizeof(frame)];

		client_enter_rom(c);
		put_read_reg(frame);
		for (size_t i = 0; i < 100; i++)
			memcpy(all + i * sizeof(frame), frame, sizeof(frame));
		client_send_raw(c, all, sizeof(all));
		if (coarse)
			c->now_us += 100000;
		else
			client_wait_ms(c, 100);
		got[coarse] = c->in_size + sim_unit_read(c->unit, c->now_us, c->in + c->in_size,
							 sizeof(c->in) - c->in_size);
		client_free(c);
	}
	assert_int_equal(got[0], got[1]);
	assert_in_range(got[0], 40 * 14, 90 * 14);
}

/* ---- standing still ---- */

/* Bytes until now: two SYNCs of 46 and the first READ_REG. */
static void a_bridge_stands_still_before_the_nth_byte_and_loses_nothing(void **state)
{
	struct client *good = client_new(NULL);
	uint64_t usual_us;
	(void)state;

	client_enter_rom(good);
	usual_us = answer_us(good);
	client_free(good);
	for (unsigned nth = 2 * 46 + 1; nth <= 2 * 46 + 15; nth++) {
		struct client *c =
			client_with(FAULTS({ .kind = SIM_FAULT_STALL, .nth = nth, .amount = 500 }));
		bool is_first = nth <= 2 * 46 + 14;
		uint64_t us;

		client_enter_rom(c);
		assert_int_equal(client_fired(c), 0);
		us = answer_us(c);
		assert_int_equal(client_fired(c), is_first);
		assert_in_range(us, usual_us + 500000 * is_first,
				usual_us + 500000 * is_first + 10);
		us = answer_us(c);
		assert_in_range(us, usual_us + 500000 * !is_first,
				usual_us + 500000 * !is_first + 10);
		client_free(c);
	}
}

static void a_bridge_that_stands_still_fills_up_and_drains_again(void **state)
{
	struct client *c =
		client_with(FAULTS({ .kind = SIM_FAULT_STALL, .nth = 1000, .amount = 2000 }));
	static const uint8_t junk[8192];
	size_t taken = sim_unit_write(c->unit, c->now_us, junk, sizeof(junk));
	struct sim_counters n;
	(void)state;

	assert_int_equal(taken, 4096 + 576);
	client_wait_ms(c, 100); /* 999 bytes take 87 ms */
	assert_int_equal(sim_unit_write(c->unit, c->now_us, junk, sizeof(junk)), 999);
	client_wait_ms(c, 1900);
	assert_int_equal(sim_unit_write(c->unit, c->now_us, junk, sizeof(junk)), 0);
	client_wait_ms(c, 1000);
	assert_in_range(sim_unit_write(c->unit, c->now_us, junk, sizeof(junk)), 4096, 4700);
	sim_unit_counters(c->unit, &n);
	assert_int_equal(n.faults_fired, 1);
	client_free(c);
}

static void what_the_unit_says_waits_with_the_bridge(void **state)
{
	struct client *c =
		client_with(FAULTS({ .kind = SIM_FAULT_CHATTER },
				   { .kind = SIM_FAULT_STALL, .nth = 1, .amount = 1000 },
				   { .kind = SIM_FAULT_STALL, .nth = 2, .amount = 500 }));
	size_t before;
	(void)state;

	client_put_firmware(c, 0x1000, 0);
	client_reset(c, false);
	client_wait_ms(c, 3000);
	before = c->in_size;
	client_send_raw(c, "x", 1);
	client_wait_ms(c, 950);
	assert_true(c->in_size <= before);
	/* The second one begins when the byte before it has gone: what had come got through. */
	client_send_raw(c, "y", 1);
	client_wait_ms(c, 100);
	assert_in_range(c->in_size, before + 1000 * 11, before + 1000 * 12);
	before = c->in_size;
	client_wait_ms(c, 440);
	assert_true(c->in_size == before);
	client_wait_ms(c, 20);
	assert_in_range(c->in_size, before + 500 * 11, before + 520 * 12);
	assert_int_equal(client_fired(c), 3);
	client_free(c);
}

static void a_rate_that_is_set_while_the_bridge_stands_still_waits_too(void **state)
{
	struct client *c =
		client_with(FAULTS({ .kind = SIM_FAULT_STALL, .nth = 2 * 46 + 1, .amount = 400 }));
	uint8_t frame[14];
	(void)state;

	client_enter_rom(c);
	put_read_reg(frame);
	client_send_raw(c, frame, sizeof(frame));
	client_wait_ms(c, 50);
	client_rate(c, 230400);
	client_wait_ms(c, 50);
	client_rate(c, 115200);
	client_wait_ms(c, 295);
	assert_int_equal(c->in_size, 0);
	client_wait_ms(c, 20);
	assert_int_equal(c->in_size, 14);
	client_free(c);
}

/* ---- rates ---- */

/* Chip and host at this rate from 115200 on; whether a READ_REG is answered then. */
static bool works_at(struct client *c, uint32_t baud)
{
	client_ask_words(c, 0x0F, WORDS(baud, 0));
	client_rate(c, baud);
	client_wait_ms(c, 50);
	c->in_size = 0;
	return answer_us(c) != 0;
}

static void a_bridge_garbles_one_rate_and_no_other(void **state)
{
	const struct sim_fault fault = { .kind = SIM_FAULT_GARBLE_RATE, .amount = 921600 };
	struct client *c = client_with(FAULTS(fault));
	(void)state;

	client_enter_rom(c);
	assert_true(works_at(c, 460800));
	assert_true(works_at(c, 1500000));
	assert_int_equal(client_fired(c), 0);
	assert_false(works_at(c, 921600));
	assert_true(client_fired(c) >= 14);
	client_free(c);
}

static void what_the_unit_sends_is_junk_at_a_garbled_rate(void **state)
{
	const struct sim_fault fault = { .kind = SIM_FAULT_GARBLE_RATE, .amount = 115200 };
	struct client *c = client_with(FAULTS(fault));
	const char *text;
	(void)state;

	client_reset(c, true);
	text = client_text(c, 100);
	assert_null(strstr(text, "rst:"));
	assert_true(client_fired(c) > 100);
	client_free(c);
}

static void a_bridge_snaps_to_another_rate_and_does_not_say_so(void **state)
{
	struct client *c = client_with(
		FAULTS({ .kind = SIM_FAULT_SNAP_RATE, .at = 460800, .amount = 512000 }));
	(void)state;

	client_enter_rom(c);
	client_ask_words(c, 0x0F, WORDS(460800, 0));
	assert_int_equal(sim_unit_rate(c->unit, c->now_us, 460800), CP2104_460800);
	client_wait_ms(c, 50);
	assert_true(answer_us(c) == 0);
	assert_int_equal(client_fired(c), 1);
	/* The chip at the rate that it really makes hears it. */
	client_rate(c, 115200);
	client_enter_rom(c);
	client_ask_words(c, 0x0F, WORDS(512000, 0));
	client_rate(c, 460800);
	client_wait_ms(c, 50);
	c->in_size = 0;
	assert_true(answer_us(c) != 0);
	client_free(c);
}

static void one_change_of_the_rate_is_lost_and_the_next_is_not(void **state)
{
	/* The first is the one to 115200. */
	struct client *c = client_with(FAULTS({ .kind = SIM_FAULT_LOSE_RATE, .nth = 2 }));
	(void)state;

	client_enter_rom(c);
	client_ask_words(c, 0x0F, WORDS(460800, 0));
	assert_int_equal(sim_unit_rate(c->unit, c->now_us, 460800), CP2104_460800);
	assert_int_equal(sim_unit_rate(c->unit, c->now_us, 460800), CP2104_460800);
	client_wait_ms(c, 50);
	assert_true(answer_us(c) == 0);
	assert_int_equal(client_fired(c), 1);
	client_rate(c, 115200);
	assert_int_equal(sim_unit_rate(c->unit, c->now_us, 460800), CP2104_460800);
	client_wait_ms(c, 50);
	c->in_size = 0;
	assert_true(answer_us(c) != 0);
	client_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_doubled_byte_to_the_unit_changes_that_frame_alone),
		cmocka_unit_test(a_doubled_byte_from_the_unit_makes_its_frame_longer),
		cmocka_unit_test(a_late_frame_comes_so_much_later_and_nothing_before_it),
		cmocka_unit_test(every_frame_can_be_late_without_adding_up),
		cmocka_unit_test(late_frames_come_the_same_however_seldom_anyone_looks),
		cmocka_unit_test(a_bridge_stands_still_before_the_nth_byte_and_loses_nothing),
		cmocka_unit_test(a_bridge_that_stands_still_fills_up_and_drains_again),
		cmocka_unit_test(what_the_unit_says_waits_with_the_bridge),
		cmocka_unit_test(a_rate_that_is_set_while_the_bridge_stands_still_waits_too),
		cmocka_unit_test(a_bridge_garbles_one_rate_and_no_other),
		cmocka_unit_test(what_the_unit_sends_is_junk_at_a_garbled_rate),
		cmocka_unit_test(a_bridge_snaps_to_another_rate_and_does_not_say_so),
		cmocka_unit_test(one_change_of_the_rate_is_lost_and_the_next_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
