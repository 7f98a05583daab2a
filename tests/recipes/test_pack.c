/* Streams, small and fast, and how far each part of one reaches. */
#include "recipes/pack.h"

#include "engine/flasher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

#define SIZE 0x40000u
#define GAP_FROM 0x8000u
#define GAP_TO 0x38000u

/* Seven bits of each byte are random, with a long gap of FF between. */
static uint8_t *firmware(void)
{
	uint8_t *data = malloc(SIZE);
	uint32_t x = 1;

	assert_non_null(data);
	for (size_t i = 0; i < SIZE; i++) {
		x = x * 1664525u + 1013904223u;
		data[i] = i >= GAP_FROM && i < GAP_TO ? 0xff : x >> 25;
	}
	return data;
}

static void expect_same(const uint8_t *packed, size_t packed_bytes, const uint8_t *data)
{
	uint8_t *again = malloc(SIZE);
	uLongf size = SIZE;

	assert_non_null(again);
	assert_int_equal(uncompress(again, &size, packed, packed_bytes), Z_OK);
	assert_int_equal(size, SIZE);
	assert_memory_equal(again, data, SIZE);
	free(again);
}

static void both_ways_to_pack_give_back_what_was_packed(void **state)
{
	uint8_t *data = firmware(), *small, *fast;
	size_t small_bytes, fast_bytes;
	struct err err;

	(void)state;
	assert_int_equal(pack(data, SIZE, &small, &small_bytes, &err), STATUS_OK);
	assert_int_equal(pack_part(data, SIZE, &fast, &fast_bytes, &err), STATUS_OK);
	expect_same(small, small_bytes, data);
	expect_same(fast, fast_bytes, data);
	assert_true(fast_bytes < SIZE / 2);
	free(small);
	free(fast);
	free(data);
}

static void what_does_not_get_shorter_is_not_packed(void **state)
{
	static const uint8_t few[] = { 1, 2, 3, 4 };
	uint8_t *packed;
	size_t packed_bytes;
	struct err err;

	(void)state;
	assert_int_equal(pack_part(few, sizeof(few), &packed, &packed_bytes, &err), STATUS_OK);
	assert_null(packed);
}

/* What a piece of the stream makes is never more than its marks say, and the gap stands out. */
static void the_marks_bound_what_each_piece_of_a_stream_makes(void **state)
{
	uint8_t *data = firmware(), *packed, *room = malloc(SIZE);
	size_t packed_bytes, count;
	uint32_t *marks, most = 0;
	z_stream z = { .next_in = NULL };
	struct err err;

	(void)state;
	assert_non_null(room);
	assert_int_equal(pack(data, SIZE, &packed, &packed_bytes, &err), STATUS_OK);
	marks = pack_marks(packed, packed_bytes, SIZE);
	assert_non_null(marks);
	count = (packed_bytes + PACK_MARK_BYTES - 1) / PACK_MARK_BYTES;
	assert_int_equal(marks[0], 0);
	assert_int_equal(marks[count], SIZE);
	assert_int_equal(inflateInit(&z), Z_OK);
	z.next_in = packed;
	z.next_out = room;
	z.avail_out = SIZE;
	for (size_t at = 0; at < packed_bytes; at++) { /* byte by byte */
		z.avail_in = 1;
		inflate(&z, Z_NO_FLUSH);
		assert_in_range(z.total_out, marks[at / PACK_MARK_BYTES],
				marks[at / PACK_MARK_BYTES + 1]);
	}
	inflateEnd(&z);
	for (size_t i = 0; i < count; i++)
		most = marks[i + 1] - marks[i] > most ? marks[i + 1] - marks[i] : most;
	assert_in_range(most, GAP_TO - GAP_FROM, SIZE);
	free(marks);
	free(packed);
	free(room);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_to_pack_give_back_what_was_packed),
		cmocka_unit_test(what_does_not_get_shorter_is_not_packed),
		cmocka_unit_test(the_marks_bound_what_each_piece_of_a_stream_makes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
