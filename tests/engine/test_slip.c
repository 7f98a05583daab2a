#include "engine/slip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 16

/* What a reader makes of an input: frames one after the other, each behind its length. */
struct outcome {
	uint8_t frames[256];
	size_t size;
	uint8_t dropped[256];
	size_t dropped_size;
	uint32_t bad_frames, noise_bytes;
};

static void keep_dropped(void *ctx, const uint8_t *bytes, size_t size)
{
	struct outcome *o = ctx;

	assert_true(o->dropped_size + size <= sizeof(o->dropped));
	memcpy(o->dropped + o->dropped_size, bytes, size);
	o->dropped_size += size;
}

static void feed(struct slip_reader *r, struct outcome *o, const uint8_t *bytes, size_t size)
{
	while (size) {
		bool is_complete;
		size_t n = slip_take(r, bytes, size, &is_complete);

		assert_true(n > 0 && n <= size);
		bytes += n;
		size -= n;
		if (!is_complete)
			continue;
		assert_true(o->size + 1 + r->len <= sizeof(o->frames));
		o->frames[o->size++] = (uint8_t)r->len;
		memcpy(o->frames + o->size, r->frame, r->len);
		o->size += r->len;
	}
}

static struct outcome read_in_two(const uint8_t *bytes, size_t size, size_t first)
{
	struct outcome o = { .size = 0 };
	struct slip_reader r;
	uint8_t frame[ROOM];

	slip_reader_init(&r, frame, sizeof(frame));
	r.dropped = keep_dropped;
	r.ctx = &o;
	feed(&r, &o, bytes, first);
	feed(&r, &o, bytes + first, size - first);
	o.bad_frames = r.bad_frames;
	o.noise_bytes = r.noise_bytes;
	return o;
}

/* The input read whole and split at every byte gives the same, expected frames. */
static struct outcome check(const uint8_t *bytes, size_t size, const uint8_t *frames,
			    size_t frames_size)
{
	struct outcome whole = read_in_two(bytes, size, size);

	assert_int_equal(whole.size, frames_size);
	assert_memory_equal(whole.frames, frames, frames_size);
	for (size_t first = 0; first < size; first++) {
		struct outcome split = read_in_two(bytes, size, first);

		assert_memory_equal(&split, &whole, sizeof(split));
	}
	return whole;
}

#define BYTES(...) ((const uint8_t[]){ __VA_ARGS__ })
#define CHECK(input, frames) check(input, sizeof(input), frames, sizeof(frames))

static void a_frame_is_the_payload_between_two_delimiters(void **state)
{
	uint8_t out[16];
	const uint8_t expected[] = { 0xC0, 1, 2, 3, 0xC0 };

	(void)state;
	assert_int_equal(slip_encode(BYTES(1, 2, 3), 3, out), sizeof(expected));
	assert_memory_equal(out, expected, sizeof(expected));
}

static void delimiter_and_escape_are_written_as_two_bytes(void **state)
{
	uint8_t out[16];
	const uint8_t expected[] = { 0xC0, 0xDB, 0xDC, 0xDB, 0xDD, 0xDC, 0xC0 };

	(void)state;
	assert_int_equal(slip_encode(BYTES(0xC0, 0xDB, 0xDC), 3, out), sizeof(expected));
	assert_memory_equal(out, expected, sizeof(expected));
}

static void every_byte_value_comes_back(void **state)
{
	(void)state;
	for (unsigned value = 0; value < 256; value++) {
		const uint8_t payload[] = { (uint8_t)value, 7, (uint8_t)value };
		const uint8_t frames[] = { 3, (uint8_t)value, 7, (uint8_t)value };
		uint8_t wire[2 * sizeof(payload) + 2];
		size_t size = slip_encode(payload, sizeof(payload), wire);

		check(wire, size, frames, sizeof(frames));
	}
}

static void text_before_the_first_frame_is_dropped_and_shown(void **state)
{
	const uint8_t input[] = { 'r', 's', 't', 0xC0, 1, 2, 0xC0 };
	struct outcome o;

	(void)state;
	o = CHECK(input, BYTES(2, 1, 2));
	assert_int_equal(o.noise_bytes, 3);
	assert_int_equal(o.dropped_size, 3);
	assert_memory_equal(o.dropped, "rst", 3);
}

static void doubled_delimiters_are_no_frames(void **state)
{
	const uint8_t input[] = { 0xC0, 0xC0, 1, 0xC0, 0xC0, 0xC0, 2, 0xC0, 0xC0 };

	(void)state;
	CHECK(input, BYTES(1, 1, 1, 2));
}

static void a_lost_delimiter_between_two_frames_loses_neither(void **state)
{
	const uint8_t input[] = { 0xC0, 1, 0xC0, 2, 0xC0 };

	(void)state;
	CHECK(input, BYTES(1, 1, 1, 2));
}

static void a_stray_delimiter_in_noise_costs_no_frame(void **state)
{
	const uint8_t input[] = { 9, 0xC0, 8, 0xC0, 1, 2, 0xC0, 0xC0, 3, 0xC0 };

	(void)state;
	CHECK(input, BYTES(1, 8, 2, 1, 2, 1, 3));
}

static void a_bad_escape_loses_its_frame_only(void **state)
{
	const uint8_t input[] = { 0xC0, 1, 0xDB, 5, 6, 0xC0, 0xC0, 2, 0xC0 };
	struct outcome o;

	(void)state;
	o = CHECK(input, BYTES(1, 2));
	assert_int_equal(o.bad_frames, 1);
	assert_int_equal(o.noise_bytes, 1);
	assert_memory_equal(o.dropped, BYTES(1, 6), 2);
}

static void an_escape_cut_short_by_a_delimiter_loses_its_frame_only(void **state)
{
	const uint8_t input[] = { 0xC0, 1, 0xDB, 0xC0, 2, 0xC0 };
	struct outcome o;

	(void)state;
	o = CHECK(input, BYTES(1, 2));
	assert_int_equal(o.bad_frames, 1);
}

static void a_frame_that_fills_the_room_is_taken_and_a_longer_one_is_not(void **state)
{
	uint8_t input[2 * (ROOM + 3)] = { 0xC0 }, frames[1 + ROOM] = { ROOM };
	struct outcome o;

	(void)state;
	memset(input + 1, 4, ROOM);
	memset(frames + 1, 4, ROOM);
	input[1 + ROOM] = 0xC0;
	o = check(input, ROOM + 2, frames, sizeof(frames));
	assert_int_equal(o.bad_frames, 0);

	memset(input + 1, 4, ROOM + 1);
	memcpy(input + ROOM + 2, BYTES(0xC0, 0xC0, 9, 0xC0), 4);
	o = check(input, ROOM + 6, BYTES(1, 9), 2);
	assert_int_equal(o.bad_frames, 1);
}

static void a_frame_stays_readable_until_the_next_call(void **state)
{
	const uint8_t input[] = { 0xC0, 1, 2, 0xC0, 3, 0xC0 };
	struct slip_reader r;
	uint8_t frame[ROOM];
	bool is_complete;
	size_t n;

	(void)state;
	slip_reader_init(&r, frame, sizeof(frame));
	n = slip_take(&r, input, sizeof(input), &is_complete);
	assert_int_equal(n, 4);
	assert_true(is_complete);
	assert_int_equal(r.len, 2);
	assert_memory_equal(r.frame, BYTES(1, 2), 2);
	n = slip_take(&r, input + 4, 2, &is_complete);
	assert_int_equal(n, 2);
	assert_true(is_complete);
	assert_memory_equal(r.frame, BYTES(3), 1);
}

static void a_reset_forgets_the_frame_begun(void **state)
{
	struct slip_reader r;
	uint8_t frame[ROOM];
	bool is_complete;

	(void)state;
	slip_reader_init(&r, frame, sizeof(frame));
	slip_take(&r, BYTES(0xC0, 1, 2), 3, &is_complete);
	slip_reader_reset(&r);
	slip_take(&r, BYTES(3, 0xC0, 4, 0xC0), 4, &is_complete);
	assert_true(is_complete);
	assert_int_equal(r.len, 1);
	assert_memory_equal(r.frame, BYTES(4), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_the_payload_between_two_delimiters),
		cmocka_unit_test(delimiter_and_escape_are_written_as_two_bytes),
		cmocka_unit_test(every_byte_value_comes_back),
		cmocka_unit_test(text_before_the_first_frame_is_dropped_and_shown),
		cmocka_unit_test(doubled_delimiters_are_no_frames),
		cmocka_unit_test(a_lost_delimiter_between_two_frames_loses_neither),
		cmocka_unit_test(a_stray_delimiter_in_noise_costs_no_frame),
		cmocka_unit_test(a_bad_escape_loses_its_frame_only),
		cmocka_unit_test(an_escape_cut_short_by_a_delimiter_loses_its_frame_only),
		cmocka_unit_test(a_frame_that_fills_the_room_is_taken_and_a_longer_one_is_not),
		cmocka_unit_test(a_frame_stays_readable_until_the_next_call),
		cmocka_unit_test(a_reset_forgets_the_frame_begun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
