/* What the loader makes of the bytes that come back. */
#include "engine/packet.h"
#include "engine/slip.h"
#include "tests/engine/loader_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint8_t md5[16];
static uint8_t info[SECURITY_INFO_BYTES];

static enum status do_read_reg(void)
{
	uint32_t value;

	return loader_read_reg(&w.l, 0x3FF00050, &value, &w.err);
}

static enum status do_security_info(void)
{
	size_t size;

	return loader_security_info(&w.l, info, &size, &w.err);
}

static enum status do_md5(void)
{
	return loader_flash_md5(&w.l, 0x10000, 0x4000, md5, &w.err);
}

/* ---- what comes back ---- */

static void a_register_is_the_answers_value(void **state)
{
	uint32_t value = 0;

	(void)state;
	script_answer(&w.s, 0, 1000, OP_READ_REG, 0xC0DBDCDD, "\0\5\1\2", 4);
	assert_int_equal(loader_read_reg(&w.l, 0x3FF00050, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 0xC0DBDCDD);
}

static void two_status_bytes_from_a_rom_are_understood(void **state)
{
	uint32_t value = 0;

	(void)state;
	script_answer(&w.s, 0, 1000, OP_READ_REG, 7, "\0\0", 2);
	script_answer(&w.s, 1, 1000, OP_READ_REG, 0, "\1\5", 2);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 7);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_REFUSED);
	assert_int_equal(value, 7);
}

static void an_answer_split_at_any_byte_is_the_same(void **state)
{
	uint8_t frame[] = { 0xC0, 1, 0x0A, 4, 0, 0x78, 0x56, 0xDB, 0xDC, 0x12, 0, 0, 0, 0, 0xC0 };

	for (size_t first = 0; first <= sizeof(frame); first++) {
		uint32_t value = 0;

		loader_tear_down(state);
		loader_set_up(state);
		script_bytes(&w.s, 0, 1000, frame, first);
		script_bytes(&w.s, 0, 2000, frame + first, sizeof(frame) - first);
		assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
		assert_int_equal(value, 0x12C05678);
	}
}

static void an_answer_that_comes_byte_by_byte_is_the_same(void **state)
{
	uint32_t value = 0;

	(void)state;
	w.s.read_max = 1;
	script_answer(&w.s, 0, 1000, OP_READ_REG, 0x12345678, "\0\0\0\0", 4);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 0x12345678);
}

static void an_answer_to_an_older_command_is_skipped(void **state)
{
	uint32_t value = 0;

	(void)state;
	script_status(&w.s, 0, OP_SPI_FLASH_MD5, 2, 0xC4, 0);
	script_answer(&w.s, 0, 1000, OP_SYNC, 0x20120707, "\0\0\0\0", 4);
	script_answer(&w.s, 0, 2000, OP_READ_REG, 9, "\0\0\0\0", 4);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 9);
}

static void what_came_before_the_request_is_not_its_answer(void **state)
{
	uint32_t value = 0;

	(void)state;
	script_answer(&w.s, SCRIPT_BEFORE, 0, OP_READ_REG, 1, "\0\0\0\0", 4);
	script_answer(&w.s, 0, 1000, OP_READ_REG, 2, "\0\0\0\0", 4);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 2);
}

static void extra_delimiters_and_text_around_an_answer_do_no_harm(void **state)
{
	uint32_t value = 0;

	(void)state;
	script_bytes(&w.s, 0, 500, "\xC0\xC0 noise \xC0\xC0\xC0", 12);
	script_answer(&w.s, 0, 1000, OP_READ_REG, 2, "\0\0\0\0", 4);
	script_bytes(&w.s, 0, 1000, "\xC0", 1);
	script_answer(&w.s, 1, 1000, OP_READ_REG, 3, "\0\0\0\0", 4);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 3);
}

static void an_answer_with_any_byte_lost_is_never_believed(void **state)
{
	const uint8_t frame[] = { 0xC0, 1, 0x0A, 4, 0, 0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0, 0xC0 };

	for (size_t lost = 0; lost < sizeof(frame); lost++) {
		uint32_t value = 0;
		enum status st;

		loader_tear_down(state);
		loader_set_up(state);
		script_bytes(&w.s, 0, 1000, frame, lost);
		script_bytes(&w.s, 0, 1000, frame + lost + 1, sizeof(frame) - lost - 1);
		st = loader_read_reg(&w.l, 0, &value, &w.err);
		if (st != STATUS_GARBLED)
			assert_int_equal(st, STATUS_NO_ANSWER);
		assert_int_equal(value, 0);
	}
}

static void damaged_bytes_are_told_from_silence(void **state)
{
	(void)state;
	script_bytes(&w.s, 0, 1000, "\xC0\x01\x0A\x04\x80\x00\x12\x00\x00", 9);
	assert_int_equal(do_read_reg(), STATUS_GARBLED);
}

static void a_unit_that_prints_instead_of_answering_is_quoted(void **state)
{
	(void)state;
	script_bytes(&w.s, 0, 1000, "\r\nGuru Meditation Error: Core 0\r\n", 33);
	assert_int_equal(do_read_reg(), STATUS_NO_ANSWER);
	assert_non_null(strstr(w.err.text, "printed \"Guru Meditation Error: Core 0"));
}

static void a_unit_that_never_stops_printing_does_not_outlast_the_deadline(void **state)
{
	uint64_t start_us;

	(void)state;
	for (unsigned i = 0; i < 60; i++)
		script_bytes(&w.s, 0, (uint64_t)i * 100000, "tick ", 5);
	start_us = w.s.now_us;
	assert_int_equal(do_read_reg(), STATUS_NO_ANSWER);
	assert_in_range(w.s.now_us - start_us, 3000000, 3200000);
}

/* ---- a ROM that does not know the command ---- */

static void an_unknown_command_is_refused_under_the_last_opcode_and_drained(void **state)
{
	uint32_t value = 0;

	(void)state;
	w.l.last_op = OP_SYNC;
	for (unsigned i = 0; i < 8; i++)
		script_status(&w.s, 0, OP_SYNC, 4, 0x01, 0x05);
	script_answer(&w.s, 1, 1000, OP_READ_REG, 9, "\0\0\0\0", 4);
	assert_int_equal(do_security_info(), STATUS_REFUSED);
	assert_non_null(strstr(w.err.text, "GET_SECURITY_INFO refused by the ROM: 05"));
	assert_memory_equal(w.err.device, "\1\5", 2);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(w.s.chunks[i].taken, w.s.chunks[i].size);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 9);
}

static void a_second_unknown_command_is_refused_the_same_way(void **state)
{
	(void)state;
	w.l.last_op = OP_READ_REG;
	script_status(&w.s, 0, OP_READ_REG, 4, 0x01, 0x05);
	script_status(&w.s, 1, OP_READ_REG, 4, 0x01, 0x05);
	assert_int_equal(do_security_info(), STATUS_REFUSED);
	assert_int_equal(do_security_info(), STATUS_REFUSED);
}

static void another_refusal_under_an_older_opcode_is_not_taken(void **state)
{
	(void)state;
	w.l.last_op = OP_READ_REG;
	script_status(&w.s, 0, OP_READ_REG, 4, 0x01, 0x07);
	script_status(&w.s, 0, OP_SYNC, 4, 0x01, 0x05);
	assert_int_equal(do_security_info(), STATUS_NO_ANSWER);
}

static void a_stub_answers_under_the_right_opcode_only(void **state)
{
	(void)state;
	w.l.kind = LOADER_STUB;
	w.l.last_op = OP_READ_REG;
	script_status(&w.s, 0, OP_READ_REG, 4, 0x01, 0x05);
	assert_int_equal(do_security_info(), STATUS_NO_ANSWER);
}

/* ---- answers that carry data ---- */

static void security_info_has_20_bytes_or_12(void **state)
{
	static const struct {
		size_t body, size;
	} rows[] = { { 24, 20 }, { 22, 20 }, { 16, 12 }, { 14, 12 } };

	for (size_t i = 0; i < 4; i++) {
		uint8_t body[24] = { 0 };
		size_t size = 0;

		loader_tear_down(state);
		loader_set_up(state);
		for (size_t at = 0; at < rows[i].size; at++)
			body[at] = (uint8_t)(at + 1);
		script_answer(&w.s, 0, 1000, OP_GET_SECURITY_INFO, 0, body, rows[i].body);
		assert_int_equal(loader_security_info(&w.l, info, &size, &w.err), STATUS_OK);
		assert_int_equal(size, rows[i].size);
		assert_memory_equal(info, body, size);
	}
}

static void an_answer_without_the_data_it_should_carry_is_garbled(void **state)
{
	(void)state;
	script_answer(&w.s, 0, 1000, OP_SPI_FLASH_MD5, 0, "\0\0\0\0", 4);
	assert_int_equal(do_md5(), STATUS_GARBLED);
}

static const uint8_t some_md5[16] = { 0xD4, 0x1D, 0x8C, 0xD9, 0x8F, 0x00, 0xB2, 0x04,
				      0xE9, 0x80, 0x09, 0x98, 0xEC, 0xF8, 0x42, 0x7E };
static const struct {
	uint8_t digits[32];
} some_md5_text = { "d41d8cd98f00b204e9800998ecf8427e" };

static void an_md5_is_raw_from_a_stub_and_hexadecimal_from_a_rom(void **state)
{
	(void)state;
	for (size_t status = 2; status <= 4; status += 2) {
		uint8_t body[36] = { 0 };

		loader_tear_down(state);
		loader_set_up(state);
		memcpy(body, some_md5, 16);
		script_answer(&w.s, 0, 1000, OP_SPI_FLASH_MD5, 0, body, 16 + status);
		memset(body, 0, sizeof(body));
		memcpy(body, some_md5_text.digits, sizeof(some_md5_text.digits));
		script_answer(&w.s, 1, 1000, OP_SPI_FLASH_MD5, 0, body, 32 + status);
		for (unsigned i = 0; i < 2; i++) {
			memset(md5, 0, sizeof(md5));
			assert_int_equal(do_md5(), STATUS_OK);
			assert_memory_equal(md5, some_md5, 16);
		}
	}
}

static void an_md5_that_is_not_hexadecimal_leaves_the_result_alone(void **state)
{
	uint8_t body[36] = { 0 };

	(void)state;
	memcpy(body, some_md5_text.digits, sizeof(some_md5_text.digits));
	body[31] = 'x';
	script_answer(&w.s, 0, 1000, OP_SPI_FLASH_MD5, 0, body, sizeof(body));
	memset(md5, 0x77, sizeof(md5));
	assert_int_equal(do_md5(), STATUS_GARBLED);
	for (size_t i = 0; i < sizeof(md5); i++)
		assert_int_equal(md5[i], 0x77);
}

static void a_roms_md5_refusal_stands_behind_its_meaningless_data(void **state)
{
	const uint8_t status[] = { 0x01, 0x09, 0, 0 };
	uint8_t body[36];

	(void)state;
	memset(body, 'a', sizeof(body));
	memcpy(body + 32, status, sizeof(status));
	script_answer(&w.s, 0, 1000, OP_SPI_FLASH_MD5, 0, body, sizeof(body));
	assert_int_equal(do_md5(), STATUS_REFUSED);
	assert_memory_equal(w.err.device, status, sizeof(status));
	assert_non_null(strstr(w.err.text, "09 flash read failed"));
}

/* ---- whoever watches ---- */

struct watched {
	unsigned requests, answers;
	uint8_t op;
	size_t request_size, answer_size;
	enum status status;
	char noise[32];
	size_t noise_size;
};

static void watch_request(void *ctx, uint8_t op, const uint8_t *payload, size_t size)
{
	struct watched *seen = ctx;

	(void)payload;
	seen->requests++;
	seen->op = op;
	seen->request_size = size;
}

static void watch_answer(void *ctx, uint8_t op, enum status st, const uint8_t *frame, size_t size,
			 uint64_t took_us)
{
	struct watched *seen = ctx;

	(void)frame;
	seen->answers++;
	assert_int_equal(op, seen->op);
	assert_true(took_us > 0);
	seen->answer_size = size;
	seen->status = st;
}

static void watch_noise(void *ctx, const uint8_t *bytes, size_t size)
{
	struct watched *seen = ctx;

	assert_true(seen->noise_size + size < sizeof(seen->noise));
	memcpy(seen->noise + seen->noise_size, bytes, size);
	seen->noise_size += size;
}

static void a_watcher_sees_each_request_answer_and_noise(void **state)
{
	struct watched seen = { .requests = 0 };

	(void)state;
	w.l.trace = (struct loader_trace){
		.request = watch_request, .answer = watch_answer, .noise = watch_noise, .ctx = &seen
	};
	script_bytes(&w.s, 0, 500, "boo", 3);
	script_answer(&w.s, 0, 1000, OP_READ_REG, 2, "\0\0\0\0", 4);
	assert_int_equal(do_read_reg(), STATUS_OK);
	assert_int_equal(seen.requests, 1);
	assert_int_equal(seen.request_size, 4);
	assert_int_equal(seen.answer_size, 12);
	assert_string_equal(seen.noise, "boo");
	assert_int_equal(do_md5(), STATUS_NO_ANSWER);
	assert_int_equal(seen.answers, 2);
	assert_int_equal(seen.answer_size, 0);
	assert_int_equal(seen.status, STATUS_NO_ANSWER);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, loader_set_up, loader_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_register_is_the_answers_value),
		TEST(two_status_bytes_from_a_rom_are_understood),
		TEST(an_answer_split_at_any_byte_is_the_same),
		TEST(an_answer_that_comes_byte_by_byte_is_the_same),
		TEST(an_answer_to_an_older_command_is_skipped),
		TEST(what_came_before_the_request_is_not_its_answer),
		TEST(extra_delimiters_and_text_around_an_answer_do_no_harm),
		TEST(an_answer_with_any_byte_lost_is_never_believed),
		TEST(damaged_bytes_are_told_from_silence),
		TEST(a_unit_that_prints_instead_of_answering_is_quoted),
		TEST(a_unit_that_never_stops_printing_does_not_outlast_the_deadline),
		TEST(an_unknown_command_is_refused_under_the_last_opcode_and_drained),
		TEST(a_second_unknown_command_is_refused_the_same_way),
		TEST(another_refusal_under_an_older_opcode_is_not_taken),
		TEST(a_stub_answers_under_the_right_opcode_only),
		TEST(security_info_has_20_bytes_or_12),
		TEST(an_answer_without_the_data_it_should_carry_is_garbled),
		TEST(an_md5_is_raw_from_a_stub_and_hexadecimal_from_a_rom),
		TEST(an_md5_that_is_not_hexadecimal_leaves_the_result_alone),
		TEST(a_roms_md5_refusal_stands_behind_its_meaningless_data),
		TEST(a_watcher_sees_each_request_answer_and_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
