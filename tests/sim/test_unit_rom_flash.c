/* The mask ROM's flash commands. docs/protocol.md, flash write commands. */
#include "tests/sim/wire_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#define MB (1u << 20)
#define BLOCK 0x400

static struct client *attached(const char *chip)
{
	struct sim_unit_config config = client_config(chip);
	struct client *c = client_new(&config);

	client_enter_rom(c);
	client_ask_words(c, 0x0D, WORDS(0, 0));
	client_ask_words(c, 0x0B, WORDS(0, 4 * MB, 0x10000, 0x1000, 0x100, 0xFFFF));
	return c;
}

static unsigned begin(struct client *c, uint8_t opcode, uint32_t size, uint32_t blocks,
		      uint32_t addr)
{
	client_ask_words(c, opcode, WORDS(size, blocks, BLOCK, addr));
	return client_status(c, 0) >> 8 ? client_status(c, 0) : 0;
}

static unsigned status(const struct client *c, size_t n)
{
	return client_status(c, n) >> 8 ? client_status(c, n) : 0;
}

static void begin_wants_16_bytes_on_the_esp32_and_20_elsewhere(void **state)
{
	struct client *c = attached("esp32");
	(void)state;

	client_ask_words(c, 0x02, WORDS(BLOCK, 1, BLOCK, 0, 0));
	assert_int_equal(status(c, 0), 0x0105);
	client_ask_words(c, 0x02, WORDS(BLOCK, 1, BLOCK, 0));
	assert_int_equal(status(c, 0), 0);
	client_free(c);
	for (int i = 0; i < 2; i++) {
		c = attached(i ? "esp32s3" : "esp32c3");
		client_ask_words(c, 0x10, WORDS(BLOCK, 1, BLOCK, 0));
		assert_int_equal(status(c, 0), 0x0105);
		client_ask_words(c, 0x10, WORDS(BLOCK, 1, BLOCK, 0, 0));
		assert_int_equal(status(c, 0), 0);
		client_free(c);
	}
}

static void begin_refuses_what_it_cannot_erase_or_hold(void **state)
{
	struct client *c = attached("esp32");
	(void)state;

	assert_int_equal(begin(c, 0x02, BLOCK, 1, 0x800), 0x0106);
	assert_int_equal(begin(c, 0x02, BLOCK, 1, 4 * MB), 0x0106);
	client_ask_words(c, 0x02, WORDS(0x1801, 1, 0x1801, 0));
	assert_int_equal(status(c, 0), 0x0105);
	client_free(c);
}

static void the_rom_takes_the_flash_for_2_mb_until_it_is_told(void **state)
{
	struct sim_unit_config config = client_config("esp32");
	struct client *c = client_new(&config);
	(void)state;

	client_enter_rom(c);
	assert_int_equal(begin(c, 0x02, BLOCK, 1, 0), 0x0106); /* not attached yet */
	client_ask_words(c, 0x0D, WORDS(0));                   /* four bytes will do */
	assert_int_equal(begin(c, 0x02, BLOCK, 1, 2 * MB - 4096), 0);
	assert_int_equal(begin(c, 0x02, BLOCK, 1, 2 * MB), 0x0106);
	client_ask_words(c, 0x0B, WORDS(0, 4 * MB, 0x10000, 0x1000, 0x100, 0xFFFF));
	assert_int_equal(begin(c, 0x02, BLOCK, 1, 2 * MB), 0);
	client_free(c);
}

static void begin_erases_all_of_it_before_it_answers(void **state)
{
	struct client *c = attached("esp32");
	size_t size;
	uint8_t *flash = sim_unit_flash_edit(c->unit, &size);
	uint64_t start_us = c->now_us;
	(void)state;

	memset(flash, 0, 0x30000);
	assert_int_equal(begin(c, 0x02, 0x20001, 129, 0x1000), 0);
	assert_int_equal(flash[0xFFF], 0);
	assert_int_equal(flash[0x1000], 0xFF);
	assert_int_equal(flash[0x21FFF], 0xFF); /* rounded up to sectors */
	assert_int_equal(flash[0x22000], 0);
	assert_in_range(c->now_us - start_us, 300000, 2000000);
	client_free(c);
}

static void blocks_are_written_one_after_the_other(void **state)
{
	uint8_t data[3 * BLOCK];
	struct client *c = attached("esp32");
	(void)state;

	data_fill(data, sizeof(data));
	assert_int_equal(begin(c, 0x02, sizeof(data), 3, 0x10000), 0);
	for (uint32_t seq = 0; seq < 3; seq++) {
		client_ask_block(c, 0x03, seq, data + seq * BLOCK, BLOCK);
		assert_int_equal(status(c, 0), 0);
	}
	client_assert_flash(c, 0x10000, data, sizeof(data));
	client_free(c);
}

static void a_block_in_the_wrong_order_too_long_or_odd_is_refused(void **state)
{
	uint8_t data[2 * BLOCK] = { 1 };
	struct client *c = attached("esp32");
	(void)state;

	begin(c, 0x02, 4 * BLOCK, 4, 0);
	client_ask_block(c, 0x03, 1, data, BLOCK);
	assert_int_equal(status(c, 0), 0x0105);
	client_ask_block(c, 0x03, 0, data, BLOCK + 4);
	assert_int_equal(status(c, 0), 0x0105);
	client_ask_block(c, 0x03, 0, data, BLOCK - 1);
	assert_int_equal(status(c, 0), 0x0105);
	client_ask_block(c, 0x03, 0, data, BLOCK);
	assert_int_equal(status(c, 0), 0);
	client_free(c);
}

static void a_block_that_was_refused_for_its_sum_can_follow_under_the_next_number(void **state)
{
	uint8_t data[16 + BLOCK] = { 0, BLOCK >> 8 };
	struct client *c = attached("esp32");
	(void)state;

	data_fill(data + 16, BLOCK);
	begin(c, 0x02, BLOCK, 1, 0);
	client_send_command(c, 0x03, data, sizeof(data), 0x5A);
	assert_true(client_receive(c, 1000));
	assert_int_equal(status(c, 0), 0x0107);
	client_ask_block(c, 0x03, 0, data + 16, BLOCK);
	assert_int_equal(status(c, 0), 0x0105);
	client_ask_block(c, 0x03, 1, data + 16, BLOCK);
	assert_int_equal(status(c, 0), 0);
	client_assert_flash(c, 0, data + 16, BLOCK);
	client_free(c);
}

static void what_does_not_read_back_is_refused_and_the_address_stays(void **state)
{
	uint8_t data[BLOCK];
	size_t size;
	struct client *c = attached("esp32");
	uint8_t *flash = sim_unit_flash_edit(c->unit, &size);
	(void)state;

	memset(data, 0xFF, sizeof(data));
	data[0] = 0xFE;
	begin(c, 0x02, BLOCK, 1, 0);
	flash[1] = 0x7F;
	client_ask_block(c, 0x03, 0, data, BLOCK);
	assert_int_equal(status(c, 0), 0x0108);
	flash[1] = 0xFF;
	client_ask_block(c, 0x03, 1, data, BLOCK);
	assert_int_equal(status(c, 0), 0);
	assert_int_equal(flash[0], 0xFE);
	client_free(c);
}

static void blocks_beyond_the_declared_ones_are_still_written(void **state)
{
	uint8_t data[BLOCK];
	struct client *c = attached("esp32");
	(void)state;

	data_fill(data, sizeof(data));
	begin(c, 0x02, BLOCK, 1, 0);
	for (uint32_t seq = 0; seq < 2; seq++) {
		client_ask_block(c, 0x03, seq, data, BLOCK);
		assert_int_equal(status(c, 0), 0);
	}
	client_assert_flash(c, BLOCK, data, BLOCK);
	client_free(c);
}

static bool is_in_loader(struct client *c)
{
	client_wait_ms(c, 100);
	client_send_command(c, 0x0A, (uint8_t[]){ 0, 0x10, 0, 0x40 }, 4, 0);
	return client_receive(c, 500);
}

static void blocks_without_a_begin_are_refused_empty_or_not(void **state)
{
	struct client *c = attached("esp32");
	(void)state;

	for (uint8_t opcode = 0x03; opcode <= 0x11; opcode += 0x11 - 0x03) {
		client_ask_block(c, opcode, 0, "abcd", 4);
		assert_int_equal(status(c, 0), 0x0105);
		client_ask_block(c, opcode, 0, "", 0);
		assert_int_equal(status(c, 0), 0x0105);
	}
	client_free(c);
}

static void flash_end_counts_a_block_that_was_refused_for_its_sum(void **state)
{
	uint8_t data[16 + BLOCK] = { 0, BLOCK >> 8 };
	struct client *c = attached("esp32c3");
	(void)state;

	client_ask_words(c, 0x02, WORDS(BLOCK, 1, BLOCK, 0, 0));
	client_send_command(c, 0x03, data, sizeof(data), 0x5A);
	assert_true(client_receive(c, 1000));
	client_ask_block(c, 0x03, 1, data + 16, BLOCK);
	assert_int_equal(status(c, 0), 0);
	client_ask_words(c, 0x04, WORDS(1));
	assert_int_equal(status(c, 0), 0x0106);
	client_free(c);
}

static void flash_end_leaves_the_loader_whatever_it_answers(void **state)
{
	uint8_t data[BLOCK] = { 1 };
	(void)state;

	for (uint32_t stay = 0; stay < 2; stay++) {
		struct client *c = attached("esp32");

		client_ask_words(c, 0x04, WORDS(stay)); /* without a begin */
		assert_int_equal(status(c, 0), 0x0106);
		assert_false(is_in_loader(c));
		client_free(c);
		c = attached("esp32");
		begin(c, 0x02, BLOCK, 1, 0);
		client_ask_block(c, 0x03, 0, data, BLOCK);
		client_ask_words(c, 0x04, WORDS(stay));
		assert_int_equal(status(c, 0), 0);
		assert_false(is_in_loader(c));
		client_free(c);
	}
}

static void flash_end_counts_bytes_too(void **state)
{
	uint8_t data[BLOCK] = { 1 };
	struct client *c = attached("esp32");
	(void)state;

	begin(c, 0x02, BLOCK - 4, 1, 0);
	client_ask_block(c, 0x03, 0, data, BLOCK);
	client_ask_words(c, 0x04, WORDS(1));
	assert_int_equal(status(c, 0), 0x0106);
	client_free(c);
}

/* ---- compressed ---- */

static unsigned send_block(struct client *c, const struct stream *s, uint32_t seq)
{
	stream_ask_block(c, s, seq);
	return status(c, 0);
}

static void a_compressed_stream_is_written(void **state)
{
	struct client *c = attached("esp32");
	struct stream *s = stream_new(100000, BLOCK);
	(void)state;

	assert_true(s->blocks > 10);
	assert_int_equal(begin(c, 0x10, 100352, s->blocks, 0x10000), 0);
	for (uint32_t seq = 0; seq < s->blocks; seq++)
		assert_int_equal(send_block(c, s, seq), 0);
	client_assert_flash(c, 0x10000, s->plain, 100000);
	client_ask_words(c, 0x12, WORDS(1));
	assert_int_equal(status(c, 0), 0);
	assert_true(is_in_loader(c));
	free(s);
	client_free(c);
}

static void one_declared_block_too_many_leaves_the_tail_unwritten(void **state)
{
	struct client *c = attached("esp32");
	struct stream *s = stream_new(40000, BLOCK);
	uint8_t blank[40000 - 32768];
	(void)state;

	memset(blank, 0xFF, sizeof(blank));
	begin(c, 0x10, 40960, s->blocks + 1, 0);
	for (uint32_t seq = 0; seq < s->blocks; seq++)
		assert_int_equal(send_block(c, s, seq), 0);
	client_assert_flash(c, 0, s->plain, 32768);
	client_assert_flash(c, 32768, blank, sizeof(blank));
	client_ask_words(c, 0x12, WORDS(1));
	assert_int_equal(status(c, 0), 0x0106);
	assert_true(is_in_loader(c));
	free(s);
	client_free(c);
}

static void one_declared_block_too_few_fails_on_the_extra_one(void **state)
{
	struct client *c = attached("esp32");
	struct stream *s = stream_new(40000, BLOCK);
	(void)state;

	begin(c, 0x10, 40960, s->blocks - 1, 0);
	for (uint32_t seq = 0; seq + 1 < s->blocks; seq++)
		assert_int_equal(send_block(c, s, seq), 0);
	assert_int_equal(send_block(c, s, s->blocks - 1), 0x010C);
	free(s);
	client_free(c);
}

static void defl_end_compares_numbers_and_needs_no_begin(void **state)
{
	struct client *c = attached("esp32");
	uint8_t head[16] = { 0 };
	(void)state;

	client_ask_words(c, 0x12, WORDS(1));
	assert_int_equal(status(c, 0), 0);
	begin(c, 0x10, 4096, 1, 0);
	client_send_command(c, 0x11, head, sizeof(head), 0x5A); /* an empty block, a wrong sum */
	assert_true(client_receive(c, 1000));
	assert_int_equal(status(c, 0), 0x0107);
	client_ask_words(c, 0x12, WORDS(1));
	assert_int_equal(status(c, 0), 0);
	client_free(c);
}

static void the_last_block_is_known_by_its_number(void **state)
{
	uint8_t head[16] = { 0 }, blank[3000];
	struct client *c = attached("esp32");
	struct stream *s = stream_new(sizeof(blank), BLOCK);
	(void)state;

	memset(blank, 0xFF, sizeof(blank));
	begin(c, 0x10, 4096, s->blocks, 0);
	client_send_command(c, 0x11, head, sizeof(head), 0x5A);
	assert_true(client_receive(c, 1000));
	/* Each block under the next number: the last one but one is taken for the last. */
	for (uint32_t seq = 0; seq < s->blocks; seq++) {
		size_t at = (size_t)seq * BLOCK, left = s->size - at;

		client_ask_block(c, 0x11, seq + 1, s->packed + at, left < BLOCK ? left : BLOCK);
		assert_int_equal(status(c, 0), seq + 1 < s->blocks ? 0 : 0x010C);
	}
	client_ask_words(c, 0x12, WORDS(1));
	assert_int_equal(status(c, 0), 0x0106);
	client_assert_flash(c, 2048, blank, sizeof(blank) - 2048);
	free(s);
	client_free(c);
}

static void a_bad_stream_and_a_bad_sum_are_told_apart(void **state)
{
	struct client *c = attached("esp32");
	struct stream *s = stream_new(3000, BLOCK);
	(void)state;

	begin(c, 0x10, 4096, 1, 0);
	client_ask_block(c, 0x11, 0, "not zlib at all.", 16);
	assert_int_equal(status(c, 0), 0x010B);
	begin(c, 0x10, 4096, s->blocks, 0);
	s->packed[s->size - 1] ^= 1;
	for (uint32_t seq = 0; seq + 1 < s->blocks; seq++)
		assert_int_equal(send_block(c, s, seq), 0);
	assert_int_equal(send_block(c, s, s->blocks - 1), 0x010C);
	free(s);
	client_free(c);
}

static void output_beyond_the_declared_size_is_not_refused(void **state)
{
	struct client *c = attached("esp32");
	struct stream *s = stream_new(5000, BLOCK);
	(void)state;

	begin(c, 0x10, 4096, s->blocks, 0);
	for (uint32_t seq = 0; seq < s->blocks; seq++)
		assert_int_equal(send_block(c, s, seq), 0);
	client_assert_flash(c, 0, s->plain, 5000);
	free(s);
	client_free(c);
}

static void encryption_is_refused_where_the_rom_knows_the_word(void **state)
{
	struct client *c = attached("esp32c3");
	(void)state;

	client_ask_words(c, 0x10, WORDS(BLOCK, 1, BLOCK, 0, 1));
	assert_int_equal(status(c, 0), 0x0164);
	client_free(c);
}

/* ---- reading ---- */

static void md5_comes_as_hex_and_past_the_flash_as_09(void **state)
{
	struct client *c = attached("esp32");
	uint8_t md5[16];
	char text[33];
	unsigned len = 16;
	(void)state;

	assert_int_equal(EVP_Digest("\xFF\xFF\xFF\xFF\xFF", 5, md5, &len, EVP_md5(), NULL), 1);
	for (int i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02x", md5[i]);
	client_ask_words(c, 0x13, WORDS(0x12345, 5, 0, 0));
	assert_int_equal(c->size, 8 + 32 + 4);
	assert_memory_equal(c->frame + 8, text, 32);
	assert_int_equal(status(c, 32), 0);
	client_ask_words(c, 0x13, WORDS(4 * MB - 4, 5, 0, 0));
	assert_int_equal(c->size, 8 + 32 + 4);
	assert_int_equal(status(c, 32), 0x0109);
	client_ask_words(c, 0x13, WORDS(0, 0, 0, 0));
	assert_int_equal(status(c, 32), 0);
	assert_memory_equal(c->frame + 8, "d41d8cd98f00b204e9800998ecf8427e", 32);
	client_free(c);
}

static void read_slow_always_carries_64_bytes(void **state)
{
	struct client *c = attached("esp32");
	size_t size;
	(void)state;

	memcpy(sim_unit_flash_edit(c->unit, &size) + 0x1001, "abcd", 4);
	client_ask_words(c, 0x0E, WORDS(0x1001, 4));
	assert_int_equal(c->size, 8 + 64 + 4);
	assert_memory_equal(c->frame + 8, "abcd", 4);
	assert_int_equal(status(c, 64), 0);
	client_ask_words(c, 0x0E, WORDS(0, 65));
	assert_int_equal(c->size, 8 + 64 + 4);
	assert_int_equal(status(c, 64), 0x010A);
	client_ask_words(c, 0x0E, WORDS(4 * MB, 1));
	assert_int_equal(status(c, 64), 0x0109);
	client_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begin_wants_16_bytes_on_the_esp32_and_20_elsewhere),
		cmocka_unit_test(begin_refuses_what_it_cannot_erase_or_hold),
		cmocka_unit_test(the_rom_takes_the_flash_for_2_mb_until_it_is_told),
		cmocka_unit_test(begin_erases_all_of_it_before_it_answers),
		cmocka_unit_test(blocks_are_written_one_after_the_other),
		cmocka_unit_test(a_block_in_the_wrong_order_too_long_or_odd_is_refused),
		cmocka_unit_test(
			a_block_that_was_refused_for_its_sum_can_follow_under_the_next_number),
		cmocka_unit_test(what_does_not_read_back_is_refused_and_the_address_stays),
		cmocka_unit_test(blocks_beyond_the_declared_ones_are_still_written),
		cmocka_unit_test(blocks_without_a_begin_are_refused_empty_or_not),
		cmocka_unit_test(flash_end_counts_a_block_that_was_refused_for_its_sum),
		cmocka_unit_test(flash_end_leaves_the_loader_whatever_it_answers),
		cmocka_unit_test(flash_end_counts_bytes_too),
		cmocka_unit_test(a_compressed_stream_is_written),
		cmocka_unit_test(one_declared_block_too_many_leaves_the_tail_unwritten),
		cmocka_unit_test(one_declared_block_too_few_fails_on_the_extra_one),
		cmocka_unit_test(defl_end_compares_numbers_and_needs_no_begin),
		cmocka_unit_test(the_last_block_is_known_by_its_number),
		cmocka_unit_test(a_bad_stream_and_a_bad_sum_are_told_apart),
		cmocka_unit_test(output_beyond_the_declared_size_is_not_refused),
		cmocka_unit_test(encryption_is_refused_where_the_rom_knows_the_word),
		cmocka_unit_test(md5_comes_as_hex_and_past_the_flash_as_09),
		cmocka_unit_test(read_slow_always_carries_64_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
