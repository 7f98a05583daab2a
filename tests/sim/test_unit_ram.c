/* RAM under uploads: what lies there lies there. docs/protocol.md, RAM download and the stub. */
#include "fixtures/sim_unit.h"
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define RAM 0x40080000u
#define BLOCK 1024u
#define BLOCKS 6u
#define MEM_BEGIN 0x05
#define MEM_END 0x06
#define MEM_DATA 0x07

static uint8_t code[BLOCKS * BLOCK];

static struct client *rom(const struct sim_fault *fault)
{
	struct client *c = fault ? client_with(1, fault) : client_new(NULL);

	for (size_t i = 0; i < sizeof(code); i++)
		code[i] = (uint8_t)(i / 4 + i / BLOCK * 0x40 + 1);
	client_enter_rom(c);
	return c;
}

/* Announce the blocks from there on to the end. */
static void announce(struct client *c, uint32_t block)
{
	client_ask_words(
		c, MEM_BEGIN,
		WORDS(sizeof(code) - block * BLOCK, BLOCKS - block, BLOCK, RAM + block * BLOCK));
	assert_int_equal(client_status(c, 0) >> 8, 0);
}

static void put(struct client *c, uint32_t block, uint32_t seq)
{
	client_ask_block(c, MEM_DATA, seq, code + block * BLOCK, BLOCK);
	assert_int_equal(client_status(c, 0) >> 8, 0);
}

/* A block whose checksum is wrong. */
static void put_wrong(struct client *c, uint32_t seq)
{
	uint8_t data[16 + BLOCK] = { 0 };

	data[1] = BLOCK >> 8;
	data[4] = (uint8_t)seq;
	client_send_command(c, MEM_DATA, data, sizeof(data), 0);
	assert_true(client_receive(c, 1000));
	assert_int_equal(client_status(c, 0), 0x0107);
}

static void put_all(struct client *c)
{
	announce(c, 0);
	for (uint32_t i = 0; i < BLOCKS; i++)
		put(c, i, i);
}

static void expect_all(struct client *c)
{
	for (uint32_t at = 0; at < sizeof(code); at += BLOCK / 2) {
		uint32_t word = (uint32_t)code[at] | (uint32_t)code[at + 1] << 8 |
				(uint32_t)code[at + 2] << 16 | (uint32_t)code[at + 3] << 24;

		assert_int_equal(client_read_reg(c, RAM + at), word);
	}
}

static bool starts(struct client *c)
{
	struct sim_counters n;

	client_ask_words(c, MEM_END, WORDS(0, RAM));
	client_wait_ms(c, 100);
	sim_unit_counters(c->unit, &n);
	assert_int_equal(n.stub_starts + n.crashes, 1);
	return n.stub_starts == 1;
}

static void an_upload_inside_another_leaves_the_rest_of_it_as_it_was(void **state)
{
	struct client *c = rom(NULL);
	(void)state;

	put_all(c);
	client_ask_words(c, MEM_BEGIN, WORDS(BLOCK, 1, BLOCK, RAM + 2 * BLOCK));
	expect_all(c);
	put(c, 2, 0);
	expect_all(c);
	assert_true(starts(c));
	client_free(c);
}

static void an_upload_at_the_same_place_leaves_what_it_does_not_reach(void **state)
{
	struct client *c = rom(NULL);
	(void)state;

	put_all(c);
	client_ask_words(c, MEM_BEGIN, WORDS(BLOCK, 1, BLOCK, RAM));
	put(c, 0, 0);
	expect_all(c);
	assert_true(starts(c));
	client_free(c);
}

static void a_refused_block_can_be_sent_by_an_upload_that_begins_there(void **state)
{
	struct client *c = rom(NULL);
	(void)state;

	announce(c, 0);
	put(c, 0, 0);
	put_wrong(c, 1);
	announce(c, 1);
	for (uint32_t i = 1; i < BLOCKS; i++)
		put(c, i, i - 1);
	expect_all(c);
	assert_true(starts(c));
	client_free(c);
}

static void the_block_after_a_refused_one_lies_in_its_place(void **state)
{
	struct client *c = rom(NULL);
	(void)state;

	announce(c, 0);
	put_wrong(c, 0);
	put(c, 0, 1);
	for (uint32_t i = 1; i < BLOCKS; i++)
		put(c, i, i + 1);
	expect_all(c);
	assert_true(starts(c));
	client_free(c);
}

static void a_part_that_no_upload_has_brought_keeps_it_from_running(void **state)
{
	struct client *c = rom(NULL);
	(void)state;

	announce(c, 0);
	put(c, 0, 0);
	announce(c, 2);
	for (uint32_t i = 2; i < BLOCKS; i++)
		put(c, i, i - 2);
	assert_false(starts(c));
	client_free(c);
}

static void an_upload_begun_anew_need_not_bring_what_the_first_had_announced(void **state)
{
	struct client *c = rom(NULL);
	(void)state;

	announce(c, 0);
	put(c, 0, 0);
	client_ask_words(c, MEM_BEGIN, WORDS(2 * BLOCK, 2, BLOCK, RAM));
	put(c, 0, 0);
	put(c, 1, 1);
	assert_true(starts(c));
	client_free(c);
}

/* The frame in which the host sends what comes next, once the loader answers: the first one
 * told it the rate, and it has not heard that one. */
static unsigned next_frame(void)
{
	struct client *c = rom(NULL);
	struct sim_counters n;

	sim_unit_counters(c->unit, &n);
	client_free(c);
	return (unsigned)n.frames_in + 2;
}

static void a_block_that_was_altered_unnoticed_crashes_until_it_is_sent_again(void **state)
{
	/* A word of the block's header that no checksum covers. */
	struct sim_fault fault = { SIM_FAULT_FLIP_IN, .nth = next_frame() + 1, .at = 20 };
	(void)state;

	for (int again = 0; again < 2; again++) {
		struct client *c = rom(&fault);

		put_all(c);
		assert_int_equal(client_fired(c), 1);
		if (again) {
			client_ask_words(c, MEM_BEGIN, WORDS(BLOCK, 1, BLOCK, RAM));
			put(c, 0, 0);
		}
		assert_int_equal(starts(c), again);
		client_free(c);
	}
}

static void an_upload_whose_announcement_was_altered_crashes_until_it_is_sent_again(void **state)
{
	/* MEM_BEGIN's address: the low byte of the fourth word. */
	struct sim_fault fault = { SIM_FAULT_FLIP_IN, .nth = next_frame(), .at = 21 };
	(void)state;

	for (int again = 0; again < 2; again++) {
		struct client *c = rom(&fault);

		put_all(c);
		assert_int_equal(client_fired(c), 1);
		if (again) {
			put_all(c);
			expect_all(c);
		}
		assert_int_equal(starts(c), again);
		client_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_upload_inside_another_leaves_the_rest_of_it_as_it_was),
		cmocka_unit_test(an_upload_at_the_same_place_leaves_what_it_does_not_reach),
		cmocka_unit_test(a_refused_block_can_be_sent_by_an_upload_that_begins_there),
		cmocka_unit_test(the_block_after_a_refused_one_lies_in_its_place),
		cmocka_unit_test(a_part_that_no_upload_has_brought_keeps_it_from_running),
		cmocka_unit_test(an_upload_begun_anew_need_not_bring_what_the_first_had_announced),
		cmocka_unit_test(a_block_that_was_altered_unnoticed_crashes_until_it_is_sent_again),
		cmocka_unit_test(
			an_upload_whose_announcement_was_altered_crashes_until_it_is_sent_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
