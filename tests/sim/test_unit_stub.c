/* The uploaded loader, frame by frame. docs/protocol.md, the parts marked stub. */
#include "tests/sim/wire_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#define MB (1u << 20)
#define BLOCK 0x4000

static struct client *stub(const char *chip)
{
	struct sim_unit_config config = client_config(chip);
	struct client *c = client_new(&config);

	client_enter_stub(c);
	return c;
}

static void replies_carry_two_status_bytes_and_no_old_value(void **state)
{
	struct client *c = stub("esp32");
	(void)state;

	assert_int_equal(client_read_reg(c, 0x40001000), 0x00F01D83);
	assert_int_equal(c->size, 10);
	client_ask_words(c, 0x0D, WORDS(0));
	assert_int_equal(c->size, 10);
	assert_int_equal(client_value(c), 0);
	client_free(c);
}

static void sync_is_answered_eight_times_with_zero(void **state)
{
	struct client *c = stub("esp32c3");
	(void)state;

	client_sync(c);
	assert_int_equal(client_value(c), 0);
	client_ask_words(c, 0x08, WORDS(0));
	assert_int_equal(client_status(c, 0), 0xC000);
	client_free(c);
}

static void lengths_are_checked_against_the_frame(void **state)
{
	const uint8_t lying[] = { 0, 0x0A, 5, 0, 0, 0, 0, 0, 0, 0x10, 0, 0x40 };
	struct client *c = stub("esp32");
	(void)state;

	client_send(c, lying, sizeof(lying));
	assert_true(client_receive(c, 100));
	assert_int_equal(c->frame[1], 0x0A);
	assert_int_equal(client_status(c, 0), 0xC000);
	client_ask_words(c, 0x0D, WORDS(0, 0)); /* eight bytes: the ROM's form */
	assert_int_equal(client_status(c, 0), 0xC000);
	client_ask_words(c, 0x0B, WORDS(0, 0));
	assert_int_equal(client_status(c, 0), 0xC000);
	client_ask(c, 0x09, NULL, 0);
	assert_int_equal(client_status(c, 0), 0xC800);
	client_free(c);
}

static void unknown_commands_are_refused_under_their_own_name(void **state)
{
	const uint8_t backwards[] = { 1, 0x0A, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	const struct {
		uint8_t opcode;
		unsigned status;
	} rows[] = {
		{ 0x77, 0xC300 }, { 0x0E, 0xC300 }, { 0xD4, 0xC300 },
		{ 0xD5, 0xFF00 }, { 0xEF, 0xFF00 }, { 0xF0, 0xC300 },
	};
	struct client *c = stub("esp32");
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		client_ask(c, rows[i].opcode, NULL, 0);
		assert_int_equal(c->frame[1], rows[i].opcode);
		assert_int_equal(client_status(c, 0), rows[i].status);
	}
	client_send(c, backwards, sizeof(backwards));
	assert_true(client_receive(c, 100));
	assert_int_equal(client_status(c, 0), 0xC300);
	client_send_command(c, 0xD3, NULL, 0, 0);
	assert_false(client_receive(c, 200));
	client_read_reg(c, 0x40001000);
	client_free(c);
}

static void security_info_is_not_implemented_where_the_rom_has_none(void **state)
{
	struct client *c = stub("esp32");
	(void)state;

	client_ask(c, 0x14, NULL, 0);
	assert_int_equal(client_status(c, 0), 0xFF00);
	client_free(c);
	c = stub("esp32s3");
	client_ask(c, 0x14, NULL, 0);
	assert_int_equal(c->size, 8 + 20 + 2);
	assert_int_equal(c->frame[8 + 12], 9);
	assert_int_equal(client_status(c, 20), 0);
	client_free(c);
}

static void a_frame_with_a_bad_escape_gets_no_answer_and_swaps_the_delimiters(void **state)
{
	const uint8_t bad[] = { 0xC0, 0, 0x0A, 0xDB, 0x40, 0xC0 };
	struct client *c = stub("esp32");
	(void)state;

	client_send_raw(c, bad, sizeof(bad));
	assert_false(client_receive(c, 100));
	/* The dropped frame's own end was taken for a beginning. */
	client_send_command(c, 0x0D, (uint8_t[4]){ 0 }, 4, 0);
	assert_false(client_receive(c, 100));
	client_send_raw(c, "\xC0", 1);
	assert_false(client_receive(c, 100));
	client_read_reg(c, 0x40001000);
	client_free(c);
}

static void one_stray_delimiter_is_healed_by_another(void **state)
{
	struct client *c = stub("esp32");
	(void)state;

	client_send_raw(c, "\xC0", 1);
	client_send_command(c, 0x0D, (uint8_t[4]){ 0 }, 4, 0);
	assert_false(client_receive(c, 100));
	client_send_raw(c, "\xC0", 1);
	client_read_reg(c, 0x40001000);
	client_send_raw(c, "\xC0\xC0", 2); /* a pair does nothing */
	client_read_reg(c, 0x40001000);
	client_free(c);
}

static void a_frame_without_its_end_is_completed_by_the_next_ones_beginning(void **state)
{
	const uint8_t open[] = { 0xC0, 0, 0x0D, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct client *c = stub("esp32");
	(void)state;

	client_send_raw(c, open, sizeof(open));
	client_ask_words(c, 0x0A, WORDS(0x40001000));
	assert_int_equal(c->frame[1], 0x0D);
	client_free(c);
}

static void the_rate_of_the_rom_is_kept_and_can_be_changed(void **state)
{
	struct client *c = stub("esp32");
	(void)state;

	client_ask_words(c, 0x0F, WORDS(1500000, 115200)); /* the second word is ignored */
	assert_int_equal(client_status(c, 0), 0);
	client_rate(c, 1500000);
	client_wait_ms(c, 50);
	client_read_reg(c, 0x40001000);
	client_free(c);
}

static void mem_commands_check_their_state(void **state)
{
	uint8_t block[16] = { 1 };
	struct client *c = stub("esp32");
	(void)state;

	client_ask_block(c, 0x07, 0, block, sizeof(block));
	assert_int_equal(client_status(c, 0), 0xC600);
	client_ask_words(c, 0x06, WORDS(1, 0));
	assert_int_equal(client_status(c, 0), 0xC600);
	client_ask_words(c, 0x05, WORDS(16, 1, 16, 0x40090000));
	client_ask_block(c, 0x07, 5, block, sizeof(block)); /* any number, any sum */
	assert_int_equal(client_status(c, 0), 0);
	client_ask_block(c, 0x07, 0, block, sizeof(block));
	assert_int_equal(client_status(c, 0), 0xC900);
	client_free(c);
}

/* ---- plain writes ---- */

static void begin(struct client *c, uint8_t opcode, uint32_t size, uint32_t blocks, uint32_t addr)
{
	client_ask_words(c, opcode, WORDS(size, blocks, BLOCK, addr));
	assert_int_equal(client_status(c, 0), 0);
}

static void a_write_ignores_the_sequence_and_drops_what_is_too_much(void **state)
{
	uint8_t data[256];
	uint8_t blank[256];
	struct client *c = stub("esp32");
	(void)state;

	data_fill(data, sizeof(data));
	memset(blank, 0xFF, sizeof(blank));
	begin(c, 0x02, 300, 2, 0x10000);
	client_ask_block(c, 0x03, 7, data, sizeof(data));
	assert_int_equal(client_status(c, 0), 0);
	client_ask_block(c, 0x03, 7, data, sizeof(data));
	assert_int_equal(client_status(c, 0), 0);
	client_ask_words(c, 0x04, WORDS(1));
	assert_int_equal(client_status(c, 0), 0);
	client_assert_flash(c, 0x10000, data, 256);
	client_assert_flash(c, 0x10100, data, 44);
	client_assert_flash(c, 0x1012C, blank, 100);
	client_free(c);
}

static void refusals_of_a_block_leave_it_to_be_sent_again(void **state)
{
	uint8_t data[16 + 64] = { 64 };
	struct client *c = stub("esp32");
	(void)state;

	data_fill(data + 16, 64);
	client_ask_block(c, 0x03, 0, data + 16, 64);
	assert_int_equal(client_status(c, 0), 0xC600);
	begin(c, 0x02, 64, 1, 0);
	client_send_command(c, 0x03, data, sizeof(data), 0x5A);
	assert_true(client_receive(c, 100));
	assert_int_equal(client_status(c, 0), 0xC100);
	client_send_command(c, 0x03, data, sizeof(data) - 1, 0);
	assert_true(client_receive(c, 100));
	assert_int_equal(client_status(c, 0), 0xC900);
	client_send_command(c, 0x03, data, 15, 0);
	assert_true(client_receive(c, 100));
	assert_int_equal(client_status(c, 0), 0xC800);
	client_ask_block(c, 0x03, 0, data + 16, 64);
	assert_int_equal(client_status(c, 0), 0);
	client_ask_words(c, 0x04, WORDS(1));
	client_assert_flash(c, 0, data + 16, 64);
	client_free(c);
}

static void the_checksum_word_counts_with_all_four_bytes(void **state)
{
	uint8_t data[16 + 4] = { 4 };
	struct client *c = stub("esp32");
	(void)state;

	begin(c, 0x02, 4, 1, 0);
	client_send_command(c, 0x03, data, sizeof(data), 0x1EF);
	assert_true(client_receive(c, 100));
	assert_int_equal(client_status(c, 0), 0xC100);
	client_free(c);
}

static void a_block_is_acknowledged_before_it_is_written(void **state)
{
	static uint8_t data[BLOCK];
	struct client *c = stub("esp32");
	uint64_t sent_us, answered_us;
	(void)state;

	data_fill(data, sizeof(data));
	client_ask_words(c, 0x0F, WORDS(921600, 0));
	client_rate(c, 921600);
	client_wait_ms(c, 50);
	begin(c, 0x02, 2 * BLOCK, 2, 0);
	sent_us = c->now_us;
	client_ask_block(c, 0x03, 0, data, BLOCK);
	answered_us = c->now_us;
	/* 16 KB take 178 ms on the wire; writing them takes 26 ms more. */
	assert_in_range(answered_us - sent_us, 177000, 190000);
	/* The end cannot be answered before the write is over. */
	client_ask_words(c, 0x04, WORDS(1));
	assert_int_equal(client_status(c, 0), 0xC000); /* half of it is missing */
	assert_in_range(c->now_us - answered_us, 26000, 60000);
	client_ask_block(c, 0x03, 1, data, BLOCK);
	client_ask_words(c, 0x04, WORDS(0));
	assert_int_equal(client_status(c, 0), 0);
	client_read_reg(c, 0x40001000); /* the reboot flag is ignored */
	client_free(c);
}

static void a_failed_write_is_told_by_the_next_command_once(void **state)
{
	uint8_t data[64] = { 1 };
	struct client *c = stub("esp32");
	(void)state;

	begin(c, 0x02, 4096 + 64, 2, 4 * MB - 4096);
	for (int i = 0; i < 64; i++)
		client_ask_block(c, 0x03, 0, data, sizeof(data));
	assert_int_equal(client_status(c, 0), 0);
	client_ask_block(c, 0x03, 0, data, sizeof(data)); /* this one does not fit */
	assert_int_equal(client_status(c, 0), 0);
	client_ask_words(c, 0x0A, WORDS(0x40001000));
	assert_int_equal(c->frame[1], 0x0A);
	assert_int_equal(client_status(c, 0), 0xC400);
	assert_int_equal(client_value(c), 0);
	assert_int_equal(client_read_reg(c, 0x40001000), 0x00F01D83);
	client_free(c);
}

static void with_three_blocks_in_flight_one_is_lost(void **state)
{
	static uint8_t data[16 + 0x1000];
	struct client *c = stub("esp32");
	uint8_t sum = 0xEF;
	int answers = 0;
	(void)state;

	data[1] = 0x10;
	for (int i = 0; i < 0x1000; i++)
		sum ^= data[16 + i];
	client_ask_words(c, 0x0F, WORDS(2000000, 0));
	client_rate(c, 2000000);
	client_wait_ms(c, 50);
	memset(sim_unit_flash_edit(c->unit, &(size_t){ 0 }), 0, MB);
	begin(c, 0x02, 8 * 0x1000, 8, 0x1000);
	for (int i = 0; i < 8; i++)
		client_send_command(c, 0x03, data, sizeof(data), sum);
	while (client_receive(c, 2000))
		answers++;
	assert_in_range(answers, 2, 7);
	client_free(c);
}

/* ---- erasing ---- */

static void a_blank_flash_is_not_erased(void **state)
{
	static uint8_t data[BLOCK];
	struct sim_counters n;
	struct client *c = stub("esp32");
	(void)state;

	data_fill(data, sizeof(data));
	begin(c, 0x02, sizeof(data), 1, 0x10000);
	client_ask_block(c, 0x03, 0, data, sizeof(data));
	client_ask_words(c, 0x04, WORDS(1));
	sim_unit_counters(c->unit, &n);
	assert_int_equal(n.sectors_erased, 0);
	client_free(c);
}

static void a_write_erases_whole_sectors_outwards(void **state)
{
	uint8_t data[64];
	size_t size;
	struct client *c = stub("esp32");
	uint8_t *flash = sim_unit_flash_edit(c->unit, &size);
	(void)state;

	data_fill(data, sizeof(data));
	memset(flash, 0, 0x4000);
	begin(c, 0x02, sizeof(data), 1, 0x1FE0);
	client_ask_block(c, 0x03, 0, data, sizeof(data));
	client_ask_words(c, 0x04, WORDS(1));
	assert_int_equal(flash[0x0FFF], 0);
	assert_int_equal(flash[0x1000], 0xFF);
	assert_memory_equal(flash + 0x1FE0, data, sizeof(data));
	assert_int_equal(flash[0x2FFF], 0xFF);
	assert_int_equal(flash[0x3000], 0);
	client_free(c);
}

static void erase_commands_answer_when_they_are_done(void **state)
{
	size_t size;
	struct client *c = stub("esp32");
	uint8_t *flash = sim_unit_flash_edit(c->unit, &size);
	uint64_t start_us;
	(void)state;

	memset(flash, 0, size);
	client_ask_words(c, 0xD1, WORDS(0x800, 0x1000));
	assert_int_equal(client_status(c, 0), 0xC000);
	start_us = c->now_us;
	client_ask_words(c, 0xD1, WORDS(0x1000, 0x2000));
	assert_int_equal(client_status(c, 0), 0);
	assert_in_range(c->now_us - start_us, 60000, 120000);
	assert_int_equal(flash[0xFFF], 0);
	assert_int_equal(flash[0x1000], 0xFF);
	assert_int_equal(flash[0x3000], 0);
	start_us = c->now_us;
	client_ask(c, 0xD0, NULL, 0);
	assert_int_equal(client_status(c, 0), 0);
	assert_in_range(c->now_us - start_us, 5000000, 20000000);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(flash[i], 0xFF);
	client_free(c);
}

static void a_long_range_gets_the_patience_of_all_its_sectors(void **state)
{
	size_t size;
	struct client *c = stub("esp32");
	uint8_t *flash = sim_unit_flash_edit(c->unit, &size);
	(void)state;

	/* 295 sectors have 35 s, which is more nanoseconds than 32 bits hold. */
	memset(flash, 0, size);
	client_ask_words(c, 0xD1, WORDS(0x29000, 0x127000));
	assert_int_equal(client_status(c, 0), 0);
	assert_int_equal(flash[0x28FFF], 0);
	assert_int_equal(flash[0x29000], 0xFF);
	assert_int_equal(flash[0x14FFFF], 0xFF);
	assert_int_equal(flash[0x150000], 0);
	client_free(c);
}

/* ---- compressed ---- */

static unsigned send_block(struct client *c, const struct stream *s, uint32_t seq)
{
	stream_ask_block(c, s, seq);
	return client_status(c, 0);
}

static void a_compressed_stream_is_written(void **state)
{
	struct client *c = stub("esp32s3");
	struct stream *s = stream_new(200000, BLOCK);
	(void)state;

	assert_true(s->blocks > 3);
	begin(c, 0x10, 200000, s->blocks, 0x10000);
	for (uint32_t seq = 0; seq < s->blocks; seq++)
		assert_int_equal(send_block(c, s, seq), 0);
	client_ask_words(c, 0x12, WORDS(1));
	assert_int_equal(client_status(c, 0), 0);
	client_assert_flash(c, 0x10000, s->plain, 200000);
	client_ask_words(c, 0x12, WORDS(1));
	assert_int_equal(client_status(c, 0), 0xC600);
	free(s);
	client_free(c);
}

static void an_inflate_error_is_told_by_the_next_command(void **state)
{
	struct client *c = stub("esp32");
	(void)state;

	begin(c, 0x10, 4096, 1, 0);
	client_ask_block(c, 0x11, 0, "not zlib at all.", 16);
	assert_int_equal(client_status(c, 0), 0);
	client_ask_words(c, 0x12, WORDS(1));
	assert_int_equal(client_status(c, 0), 0xC700);
	client_free(c);
}

static void the_sum_of_a_stream_is_checked_only_if_it_is_one_block(void **state)
{
	struct client *c = stub("esp32");
	struct stream *s = stream_new(3000, BLOCK);
	(void)state;

	s->packed[s->size - 1] ^= 1;
	begin(c, 0x10, 3000, 1, 0);
	assert_int_equal(send_block(c, s, 0), 0);
	client_ask_words(c, 0x12, WORDS(1));
	assert_int_equal(client_status(c, 0), 0xC700);
	/* None of it was written, so the end misses it. */
	client_ask_words(c, 0x12, WORDS(1));
	assert_int_equal(client_status(c, 0), 0xC000);
	memset(s->plain, 0xFF, 3000);
	client_assert_flash(c, 0, s->plain, 3000);
	/* Beyond a window of 32 KB it is forgotten, also within one block. */
	memset(s->plain, 0, 40000);
	stream_pack(s, 40000);
	s->packed[s->size - 1] ^= 1;
	begin(c, 0x10, 40000, 1, 0);
	assert_int_equal(send_block(c, s, 0), 0);
	client_ask_words(c, 0x12, WORDS(1));
	assert_int_equal(client_status(c, 0), 0);
	client_assert_flash(c, 0, s->plain, 40000);
	free(s);
	s = stream_new(200000, BLOCK);
	s->packed[s->size - 1] ^= 1;
	begin(c, 0x10, 200000, s->blocks, 0x10000);
	for (uint32_t seq = 0; seq < s->blocks; seq++)
		assert_int_equal(send_block(c, s, seq), 0);
	client_ask_words(c, 0x12, WORDS(1));
	assert_int_equal(client_status(c, 0), 0);
	free(s);
	client_free(c);
}

static void missing_data_is_told_at_the_end(void **state)
{
	struct client *c = stub("esp32");
	struct stream *s = stream_new(200000, BLOCK);
	(void)state;

	begin(c, 0x10, 200000, s->blocks, 0);
	for (uint32_t seq = 0; seq + 1 < s->blocks; seq++)
		assert_int_equal(send_block(c, s, seq), 0);
	client_ask_words(c, 0x12, WORDS(1));
	assert_int_equal(client_status(c, 0), 0xC000);
	free(s);
	client_free(c);
}

static void a_block_sent_twice_is_inflated_twice(void **state)
{
	struct client *c = stub("esp32");
	struct stream *s = stream_new(200000, BLOCK);
	uint8_t got[1000];
	(void)state;

	begin(c, 0x10, 200000, s->blocks, 0);
	assert_int_equal(send_block(c, s, 0), 0);
	assert_int_equal(send_block(c, s, 1), 0);
	client_ask_block(c, 0x11, 1, s->packed + BLOCK, BLOCK);
	assert_int_equal(client_status(c, 0), 0); /* acknowledged all the same */
	for (uint32_t seq = 2; seq < s->blocks; seq++)
		send_block(c, s, seq);
	client_ask_words(c, 0x0D, WORDS(0));
	sim_unit_flash_read(c->unit, 190000, got, sizeof(got));
	assert_memory_not_equal(got, s->plain + 190000, sizeof(got));
	free(s);
	client_free(c);
}

static void more_output_than_was_declared_hangs_the_stub(void **state)
{
	struct client *c = stub("esp32");
	struct stream *s = stream_new(9000, BLOCK);
	(void)state;

	begin(c, 0x10, 4000, s->blocks, 0);
	for (uint32_t seq = 0; seq < s->blocks; seq++)
		assert_int_equal(send_block(c, s, seq), 0);
	client_send_command(c, 0x0D, (uint8_t[4]){ 0 }, 4, 0);
	assert_false(client_receive(c, 5000));
	client_enter_stub(c); /* a reset heals it */
	free(s);
	client_free(c);
}

/* ---- reading ---- */

static void md5_comes_as_sixteen_bytes(void **state)
{
	uint8_t md5[16];
	unsigned len = 16;
	struct client *c = stub("esp32");
	(void)state;

	assert_int_equal(EVP_Digest("\xFF\xFF\xFF\xFF\xFF", 5, md5, &len, EVP_md5(), NULL), 1);
	client_ask_words(c, 0x13, WORDS(0x12345, 5, 0, 0));
	assert_int_equal(c->size, 8 + 16 + 2);
	assert_memory_equal(c->frame + 8, md5, 16);
	assert_int_equal(client_status(c, 16), 0);
	client_ask_words(c, 0x13, WORDS(0, 16));
	assert_int_equal(client_status(c, 0), 0xC000);
	client_free(c);
}

static void acknowledge(struct client *c, uint32_t bytes)
{
	const uint8_t word[] = { (uint8_t)bytes, (uint8_t)(bytes >> 8), (uint8_t)(bytes >> 16),
				 (uint8_t)(bytes >> 24) };

	client_send(c, word, sizeof(word));
}

static void flash_streams_out_packet_by_packet_and_ends_with_its_md5(void **state)
{
	uint8_t md5[16];
	unsigned len = 16;
	size_t size;
	struct client *c = stub("esp32");
	uint8_t *flash = sim_unit_flash_edit(c->unit, &size);
	uint32_t got = 0;
	(void)state;

	data_fill(flash, 0x10000);
	flash[0x1003] = 0xC0;
	flash[0x1004] = 0xDB;
	client_ask_words(c, 0xD2, WORDS(0x1001, 10000, 4096, 64));
	assert_int_equal(client_status(c, 0), 0);
	while (got < 10000) {
		assert_true(client_receive(c, 1000));
		assert_int_equal(c->size, 10000 - got < 4096 ? 10000 - got : 4096);
		assert_memory_equal(c->frame, flash + 0x1001 + got, c->size);
		got += (uint32_t)c->size;
		acknowledge(c, got);
	}
	assert_true(client_receive(c, 1000));
	assert_int_equal(EVP_Digest(flash + 0x1001, 10000, md5, &len, EVP_md5(), NULL), 1);
	assert_int_equal(c->size, 16);
	assert_memory_equal(c->frame, md5, 16);
	client_read_reg(c, 0x40001000);
	client_free(c);
}

static void an_acknowledgement_of_another_size_ends_the_reading(void **state)
{
	struct client *c = stub("esp32");
	(void)state;

	client_ask_words(c, 0xD2, WORDS(0, 100000, 1024, 1));
	assert_true(client_receive(c, 1000));
	assert_int_equal(c->size, 1024);
	client_send(c, "abc", 3);
	assert_true(client_receive(c, 1000));
	assert_int_equal(c->size, 16);
	client_read_reg(c, 0x40001000);
	client_free(c);
}

static void too_large_a_packet_streams_nothing_and_is_told_later(void **state)
{
	struct client *c = stub("esp32");
	(void)state;

	client_ask_words(c, 0xD2, WORDS(0, 100000, 4097, 1));
	assert_int_equal(client_status(c, 0), 0);
	assert_false(client_receive(c, 200));
	client_ask_words(c, 0x0D, WORDS(0));
	assert_int_equal(client_status(c, 0), 0xC000);
	client_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_carry_two_status_bytes_and_no_old_value),
		cmocka_unit_test(sync_is_answered_eight_times_with_zero),
		cmocka_unit_test(lengths_are_checked_against_the_frame),
		cmocka_unit_test(unknown_commands_are_refused_under_their_own_name),
		cmocka_unit_test(security_info_is_not_implemented_where_the_rom_has_none),
		cmocka_unit_test(a_frame_with_a_bad_escape_gets_no_answer_and_swaps_the_delimiters),
		cmocka_unit_test(one_stray_delimiter_is_healed_by_another),
		cmocka_unit_test(a_frame_without_its_end_is_completed_by_the_next_ones_beginning),
		cmocka_unit_test(the_rate_of_the_rom_is_kept_and_can_be_changed),
		cmocka_unit_test(mem_commands_check_their_state),
		cmocka_unit_test(a_write_ignores_the_sequence_and_drops_what_is_too_much),
		cmocka_unit_test(refusals_of_a_block_leave_it_to_be_sent_again),
		cmocka_unit_test(the_checksum_word_counts_with_all_four_bytes),
		cmocka_unit_test(a_block_is_acknowledged_before_it_is_written),
		cmocka_unit_test(a_failed_write_is_told_by_the_next_command_once),
		cmocka_unit_test(with_three_blocks_in_flight_one_is_lost),
		cmocka_unit_test(a_blank_flash_is_not_erased),
		cmocka_unit_test(a_write_erases_whole_sectors_outwards),
		cmocka_unit_test(erase_commands_answer_when_they_are_done),
		cmocka_unit_test(a_long_range_gets_the_patience_of_all_its_sectors),
		cmocka_unit_test(a_compressed_stream_is_written),
		cmocka_unit_test(an_inflate_error_is_told_by_the_next_command),
		cmocka_unit_test(the_sum_of_a_stream_is_checked_only_if_it_is_one_block),
		cmocka_unit_test(missing_data_is_told_at_the_end),
		cmocka_unit_test(a_block_sent_twice_is_inflated_twice),
		cmocka_unit_test(more_output_than_was_declared_hangs_the_stub),
		cmocka_unit_test(md5_comes_as_sixteen_bytes),
		cmocka_unit_test(flash_streams_out_packet_by_packet_and_ends_with_its_md5),
		cmocka_unit_test(an_acknowledgement_of_another_size_ends_the_reading),
		cmocka_unit_test(too_large_a_packet_streams_nothing_and_is_told_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
