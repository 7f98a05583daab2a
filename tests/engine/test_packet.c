#include "engine/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(...) ((const uint8_t[]){ __VA_ARGS__ })

static void the_checksum_is_an_xor_that_starts_with_ef(void **state)
{
	(void)state;
	assert_int_equal(packet_checksum(NULL, 0), 0xEF);
	assert_int_equal(packet_checksum(BYTES(0xEF), 1), 0x00);
	assert_int_equal(packet_checksum(BYTES(1, 2, 4, 8), 4), 0xE0);
}

static void a_sync_takes_46_bytes_on_the_wire(void **state)
{
	uint8_t payload[36], wire[128], expected[46];

	(void)state;
	memset(payload, 0x55, sizeof(payload));
	memcpy(payload, BYTES(7, 7, 0x12, 0x20), 4);
	memcpy(expected, BYTES(0xC0, 0, 8, 36, 0, 0, 0, 0, 0), 9);
	memcpy(expected + 9, payload, 36);
	expected[45] = 0xC0;
	assert_int_equal(packet_request(OP_SYNC, payload, sizeof(payload), 0, wire), 46);
	assert_memory_equal(wire, expected, 46);
}

static void header_and_payload_are_escaped_after_the_size_is_known(void **state)
{
	uint8_t wire[64];
	const uint8_t expected[] = { 0xC0, 0, 7, 2, 0, 0xDB, 0xDC, 0, 0, 0, 0xDB, 0xDD, 1, 0xC0 };

	(void)state;
	assert_int_equal(packet_request(OP_MEM_DATA, BYTES(0xDB, 1), 2, 0xC0, wire),
			 sizeof(expected));
	assert_memory_equal(wire, expected, sizeof(expected));
}

static void an_answer_gives_opcode_value_and_body(void **state)
{
	const uint8_t frame[] = { 1, 0x0A, 4, 0, 0x78, 0x56, 0x34, 0x12, 0, 5, 6, 7 };
	struct packet p;

	(void)state;
	assert_int_equal(packet_parse(frame, sizeof(frame), &p), PACKET_ANSWER);
	assert_int_equal(p.op, 0x0A);
	assert_int_equal(p.value, 0x12345678);
	assert_int_equal(p.size, 4);
	assert_ptr_equal(p.body, frame + 8);
}

static void an_answer_cut_short_at_any_byte_is_none(void **state)
{
	const uint8_t frame[] = { 1, 0x0A, 4, 0, 0x78, 0x56, 0x34, 0x12, 0, 5, 6, 7 };
	struct packet p;

	(void)state;
	for (size_t size = 0; size < sizeof(frame); size++)
		assert_int_equal(packet_parse(frame, size, &p),
				 size < 8 ? PACKET_FOREIGN : PACKET_DAMAGED);
}

static void an_answer_with_a_byte_too_many_is_damaged(void **state)
{
	const uint8_t frame[] = { 1, 0x0A, 2, 0, 0, 0, 0, 0, 0, 0, 9 };
	struct packet p;

	(void)state;
	assert_int_equal(packet_parse(frame, sizeof(frame), &p), PACKET_DAMAGED);
	assert_int_equal(p.op, 0x0A);
}

static void an_answer_without_status_is_damaged(void **state)
{
	const uint8_t frame[] = { 1, 0x0A, 0, 0, 0, 0, 0, 0 };
	struct packet p;

	(void)state;
	assert_int_equal(packet_parse(frame, sizeof(frame), &p), PACKET_DAMAGED);
}

static void a_request_or_text_is_no_answer(void **state)
{
	struct packet p;

	(void)state;
	assert_int_equal(packet_parse(BYTES(0, 8, 2, 0, 0, 0, 0, 0, 0, 0), 10, &p), PACKET_FOREIGN);
	assert_int_equal(packet_parse(BYTES('O', 'H', 'A', 'I'), 4, &p), PACKET_FOREIGN);
}

static void status_stands_behind_the_data_or_first_when_there_is_none(void **state)
{
	static const struct {
		size_t body, data, at;
	} rows[] = {
		{ 4, 0, 0 },    { 2, 0, 0 },  { 36, 32, 32 }, { 34, 32, 32 }, { 18, 16, 16 },
		{ 20, 16, 16 }, { 4, 32, 0 }, { 2, 16, 0 },   { 33, 32, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet p = { .size = rows[i].body };

		assert_int_equal(packet_status_at(&p, rows[i].data), rows[i].at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_checksum_is_an_xor_that_starts_with_ef),
		cmocka_unit_test(a_sync_takes_46_bytes_on_the_wire),
		cmocka_unit_test(header_and_payload_are_escaped_after_the_size_is_known),
		cmocka_unit_test(an_answer_gives_opcode_value_and_body),
		cmocka_unit_test(an_answer_cut_short_at_any_byte_is_none),
		cmocka_unit_test(an_answer_with_a_byte_too_many_is_damaged),
		cmocka_unit_test(an_answer_without_status_is_damaged),
		cmocka_unit_test(a_request_or_text_is_no_answer),
		cmocka_unit_test(status_stands_behind_the_data_or_first_when_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
