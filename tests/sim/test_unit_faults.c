/* Faults hit what they were counted to hit, and a run is the same every time. */
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAGIC_ADDR 0x40001000

static struct client *with(struct sim_fault fault)
{
	struct sim_unit_config config = client_config("esp32");

	config.faults[0] = fault;
	config.fault_count = 1;
	return client_new(&config);
}

static uint64_t fired(const struct client *c)
{
	struct sim_counters n;

	sim_unit_counters(c->unit, &n);
	return n.faults_fired;
}

static void a_dead_unit_takes_everything_and_says_nothing(void **state)
{
	struct client *c = with((struct sim_fault){ .kind = SIM_FAULT_DEAD });
	uint8_t junk[100] = { 0 };
	(void)state;

	client_reset(c, true);
	assert_int_equal(sim_unit_write(c->unit, c->now_us, junk, sizeof(junk)), sizeof(junk));
	assert_int_equal(strlen(client_text(c, 5000)), 0);
	assert_true(sim_unit_next_us(c->unit) == SIM_NEVER);
	client_free(c);
}

static void the_port_vanishes_at_the_nth_byte(void **state)
{
	struct client *c = with((struct sim_fault){ .kind = SIM_FAULT_UNPLUG, .nth = 100 });
	uint8_t junk[99] = { 0 };
	(void)state;

	client_send_raw(c, junk, sizeof(junk));
	assert_false(sim_unit_is_unplugged(c->unit));
	assert_int_equal(sim_unit_write(c->unit, c->now_us, junk, sizeof(junk)), 1);
	assert_true(sim_unit_is_unplugged(c->unit));
	assert_int_equal(sim_unit_write(c->unit, c->now_us, junk, 1), 0);
	assert_true(sim_unit_next_us(c->unit) == SIM_NEVER);
	assert_int_equal(fired(c), 1);
	client_free(c);
}

/* Frames 1 and 2 are the SYNCs, 3 is a READ_REG. */
static bool third_frame_is_answered(struct sim_fault fault)
{
	const uint8_t data[] = { 0, 0x10, 0, 0x40 };
	struct client *c = with(fault);
	bool is_answered;

	client_enter_rom(c);
	client_send_command(c, 0x0A, data, sizeof(data), 0);
	is_answered = client_receive(c, 200) && c->size == 12 && c->frame[1] == 0x0A &&
		      client_value(c) == 0x00F01D83;
	assert_int_equal(fired(c), 1);
	client_free(c);
	return is_answered;
}

static void a_flipped_or_lost_byte_changes_that_frame_alone(void **state)
{
	(void)state;

	/* Byte 2 is the opcode, byte 9 the address's first. */
	for (uint32_t at = 0; at < 14; at++) {
		if (at >= 3 && at < 9)
			continue; /* the ROM looks neither at the size nor at the sum */
		assert_false(third_frame_is_answered(
			(struct sim_fault){ .kind = SIM_FAULT_FLIP_IN, .nth = 3, .at = at }));
		if (at != 0 && at != 13)
			assert_false(third_frame_is_answered((struct sim_fault){
				.kind = SIM_FAULT_DROP_IN, .nth = 3, .at = at }));
	}
}

static void replies_can_be_altered_or_lost(void **state)
{
	const struct sim_fault faults[] = {
		{ .kind = SIM_FAULT_LOSE_REPLY, .nth = 9 },
		{ .kind = SIM_FAULT_FLIP_OUT, .nth = 9, .at = 6 },
		{ .kind = SIM_FAULT_DROP_OUT, .nth = 9, .at = 6 },
	};
	(void)state;

	/* Eight answers to the second SYNC, then the ninth frame. */
	for (size_t i = 0; i < 3; i++)
		assert_false(third_frame_is_answered(faults[i]));
}

static void damage_that_slips_through_the_checksum_crashes_the_stub(void **state)
{
	/* The fourth frame is MEM_DATA; byte 0x19 is the first of the block. */
	struct sim_unit_config config = client_config("esp32");
	uint8_t code[64] = { 7 };
	struct sim_counters n;
	struct client *c;
	(void)state;

	for (uint32_t bit = 0; bit < 2; bit++) {
		config.faults[bit] = (struct sim_fault){ .kind = SIM_FAULT_FLIP_IN, .nth = 4 };
		config.faults[bit].at = 25 + 8 * bit;
	}
	config.fault_count = 2;
	/* Two flips of the same bit leave the XOR as it was: look for such a seed. */
	for (config.seed = 1; config.seed < 100; config.seed++) {
		c = client_new(&config);
		client_enter_rom(c);
		client_ask_words(c, 0x05, WORDS(64, 1, 64, 0x40080000));
		client_ask_block(c, 0x07, 0, code, sizeof(code));
		if (client_status(c, 0) >> 8 == 0)
			break;
		client_free(c);
	}
	assert_true(config.seed < 100);
	client_ask_words(c, 0x06, WORDS(0, 0x40080000));
	assert_non_null(strstr(client_text(c, 300), "Guru Meditation"));
	sim_unit_counters(c->unit, &n);
	assert_int_equal(n.crashes, 1);
	client_free(c);
}

static uint64_t erase_us(uint32_t factor)
{
	struct client *c =
		with((struct sim_fault){ .kind = SIM_FAULT_SLOW_ERASE, .amount = factor });
	uint64_t start_us;

	client_enter_rom(c);
	client_ask_words(c, 0x0D, WORDS(0, 0));
	start_us = c->now_us;
	client_ask_words(c, 0x02, WORDS(0x8000, 32, 0x400, 0));
	assert_int_equal(client_status(c, 0) >> 8, 0);
	start_us = c->now_us - start_us;
	client_free(c);
	return start_us;
}

static void a_slow_flash_erases_so_many_times_slower(void **state)
{
	uint64_t usual = erase_us(1);
	(void)state;

	assert_in_range(erase_us(10), 9 * usual, 10 * usual);
}

/* ---- a bridge that loses bytes of long writes ---- */

#define ROOM 576u

static struct client *behind_a_lossy_bridge(uint64_t seed)
{
	struct sim_unit_config config = client_config("esp32");

	config.seed = seed;
	config.faults[0] = (struct sim_fault){ .kind = SIM_FAULT_LOSSY_WRITES, .amount = ROOM };
	config.fault_count = 1;
	return client_new(&config);
}

static void fill(uint8_t *block, size_t size)
{
	for (size_t i = 0; i < size; i++)
		block[i] = (uint8_t)(i * 167 + (i >> 8));
}

static void a_lossy_bridge_damages_long_frames_and_no_short_ones(void **state)
{
	struct client *c = behind_a_lossy_bridge(1);
	uint8_t block[0x1800];
	(void)state;

	fill(block, sizeof(block));
	client_enter_rom(c);
	client_ask_words(c, 0x05, WORDS(0x2000, 32, 0x100, c->ram));
	for (uint32_t seq = 0; seq < 32; seq++) {
		client_ask_block(c, 0x07, seq, block, 0x100);
		assert_int_equal(client_status(c, 0), 0);
	}
	assert_int_equal(fired(c), 0);
	client_ask_words(c, 0x05, WORDS(sizeof(block), 1, sizeof(block), c->ram));
	client_ask_block(c, 0x07, 0, block, sizeof(block));
	assert_int_equal(client_status(c, 0), 0x0107);
	assert_in_range(fired(c), 50, 500);
	client_free(c);
}

static void a_lossy_bridge_has_room_again_for_what_its_wire_drained(void **state)
{
	struct client *c = behind_a_lossy_bridge(1);
	uint8_t bytes[1000];
	(void)state;

	fill(bytes, sizeof(bytes));
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(sim_unit_write(c->unit, c->now_us, bytes, ROOM), ROOM);
		client_wait_ms(c, 51); /* ROOM bytes at 115200 */
	}
	assert_int_equal(fired(c), 0);
	/* Pieces without a pause between them are one long write. */
	for (unsigned i = 0; i < 20; i++)
		sim_unit_write(c->unit, c->now_us, bytes, 100);
	assert_true(fired(c) > 0);
	client_free(c);
}

static uint64_t lost(uint64_t seed, size_t piece)
{
	struct client *c = behind_a_lossy_bridge(seed);
	uint8_t bytes[4000];
	uint64_t n;

	fill(bytes, sizeof(bytes));
	for (size_t at = 0; at < sizeof(bytes); at += piece)
		sim_unit_write(c->unit, c->now_us, bytes + at, piece);
	n = fired(c);
	client_free(c);
	return n;
}

static void what_a_lossy_bridge_loses_follows_from_the_seed(void **state)
{
	bool differs = false;
	(void)state;

	for (uint64_t seed = 1; seed < 10; seed++) {
		assert_int_equal(lost(seed, 4000), lost(seed, 4000));
		assert_int_equal(lost(seed, 4000), lost(seed, 50));
		differs |= lost(seed, 4000) != lost(1, 4000);
	}
	assert_true(differs);
}

/* ---- the same again ---- */

/* A run with many kinds of event; how it went, as one number. */
static uint64_t trace(uint64_t seed, unsigned step_us)
{
	struct sim_unit_config config = client_config("esp32");
	struct sim_unit *u;
	uint64_t hash = 0xCBF29CE484222325u, now_us = 0;
	uint8_t frame[64];
	char error[100];

	config.seed = seed;
	config.faults[0] = (struct sim_fault){ .kind = SIM_FAULT_FLIP_IN, .nth = 0, .at = 20 };
	config.faults[1] = (struct sim_fault){ .kind = SIM_FAULT_FLIP_OUT, .nth = 0, .at = 3 };
	config.fault_count = 2;
	u = sim_unit_new(&config, error, sizeof(error));
	assert_non_null(u);
	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i == 0 || i == 63 ? 0xC0 : i < 12 ? 8 * (i == 2) : 0x55);
	for (unsigned event = 0; event < 400; event++) {
		uint64_t until_us = now_us + 10000;
		uint8_t got[512];
		size_t n;

		if (event == 10)
			sim_unit_open(u, now_us);
		if (event == 11)
			sim_unit_rate(u, now_us, 115200);
		if (event == 20 || event == 200)
			sim_unit_lines(u, now_us, false, true);
		if (event == 30 || event == 210)
			sim_unit_lines(u, now_us, true, false);
		if (event == 150)
			sim_unit_rate(u, now_us, 130000);
		if (event > 40 && event % 3 == 0)
			sim_unit_write(u, now_us, frame, sizeof(frame));
		while (now_us < until_us) {
			now_us += step_us;
			sim_unit_advance(u, now_us);
		}
		n = sim_unit_read(u, now_us, got, sizeof(got));
		for (size_t i = 0; i < n; i++)
			hash = (hash ^ got[i]) * 0x100000001B3u;
	}
	sim_unit_free(u);
	return hash;
}

static void a_run_is_the_same_however_time_is_cut(void **state)
{
	(void)state;

	assert_true(trace(1, 10000) == trace(1, 10000));
	assert_true(trace(1, 10000) == trace(1, 100));
	assert_true(trace(1, 10000) != trace(2, 10000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dead_unit_takes_everything_and_says_nothing),
		cmocka_unit_test(the_port_vanishes_at_the_nth_byte),
		cmocka_unit_test(a_flipped_or_lost_byte_changes_that_frame_alone),
		cmocka_unit_test(replies_can_be_altered_or_lost),
		cmocka_unit_test(damage_that_slips_through_the_checksum_crashes_the_stub),
		cmocka_unit_test(a_slow_flash_erases_so_many_times_slower),
		cmocka_unit_test(a_lossy_bridge_damages_long_frames_and_no_short_ones),
		cmocka_unit_test(a_lossy_bridge_has_room_again_for_what_its_wire_drained),
		cmocka_unit_test(what_a_lossy_bridge_loses_follows_from_the_seed),
		cmocka_unit_test(a_run_is_the_same_however_time_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
