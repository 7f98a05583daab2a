/* Requests in pieces, each waited out, and a unit that never stops sending. */
#include "engine/loader.h"
#include "tests/engine/wire_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define RATE 115200
#define LIMIT_MS 600000

struct world {
	struct wire_script s;
	struct transport_ops ops;
	const struct transport_ops *script_ops;
	uint64_t write_us[64]; /* when each write came */
	struct loader l;
	struct err err;
};

static struct world w;

/* Notes the time of each write. */
static enum status timed_write(struct transport *t, const uint8_t *buf, size_t size,
			       struct deadline d, struct err *err)
{
	w.write_us[w.s.write_count] = w.s.now_us;
	return w.script_ops->write(t, buf, size, d, err);
}

static int set_up(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	script_init(&w.s);
	w.script_ops = w.s.base.ops;
	w.ops = *w.script_ops;
	w.ops.write = timed_write;
	w.s.base.ops = &w.ops;
	return loader_init(&w.l, &w.s.base, RATE, deadline_after_ms(&w.s.clock, LIMIT_MS), &w.err);
}

static int tear_down(void **state)
{
	(void)state;
	loader_release(&w.l);
	return 0;
}

static enum status send_block(size_t size)
{
	static uint8_t bytes[0x400];

	memset(bytes, 0x11, sizeof(bytes));
	return loader_mem_data(&w.l, bytes, size, 0, &w.err);
}

static void a_request_goes_out_at_once_without_a_pace(void **state)
{
	(void)state;
	assert_int_equal(send_block(256), STATUS_NO_ANSWER);
	assert_int_equal(w.s.write_count, 1);
}

static void a_paced_request_is_the_same_bytes_in_pieces_that_the_wire_has_drained(void **state)
{
	uint8_t whole[600];
	size_t size;

	(void)state;
	assert_int_equal(send_block(256), STATUS_NO_ANSWER);
	size = w.s.written_size;
	memcpy(whole, w.s.written, size);
	tear_down(NULL);
	set_up(NULL);
	w.l.pace_bytes = 64;
	assert_int_equal(send_block(256), STATUS_NO_ANSWER);
	assert_int_equal(w.s.written_size, size);
	assert_memory_equal(w.s.written, whole, size);
	assert_int_equal(w.s.write_count, (size + 63) / 64);
	for (int i = 0; i < w.s.write_count; i++) {
		size_t piece;

		script_write(&w.s, i, &piece);
		assert_in_range(piece, 1, 64);
		if (i)
			assert_true(w.write_us[i] - w.write_us[i - 1] > wire_us(64, RATE));
	}
	assert_int_equal(w.l.sent_bytes, size);
}

static void a_deadline_has_the_time_that_pacing_costs(void **state)
{
	uint64_t start_us = w.s.now_us, sending_us;

	(void)state;
	w.l.pace_bytes = 16;
	assert_int_equal(send_block(0x200), STATUS_NO_ANSWER);
	sending_us = paced_us(w.l.sent_bytes, RATE, 16);
	assert_true(sending_us > wire_us(w.l.sent_bytes, RATE) + 30 * LOADER_PACE_GAP_US);
	assert_in_range(w.s.now_us - start_us, 3000000 + sending_us, 3020000 + sending_us);
}

static void a_sync_is_paced_too(void **state)
{
	struct sync_report report;

	(void)state;
	w.l.pace_bytes = 16;
	assert_int_equal(loader_sync(&w.l, 1, &report, &w.err), STATUS_SYNC_NO_REPLY);
	assert_int_equal(w.s.write_count, 3); /* 46 bytes */
}

static void a_paced_request_ends_when_the_run_is_stopped(void **state)
{
	(void)state;
	w.l.pace_bytes = 16;
	w.s.gone_at_write = 5;
	assert_int_equal(send_block(0x200), STATUS_PORT_GONE);
	assert_int_equal(w.s.write_count, 5);
}

/* ---- a unit that sends frame after frame, none of them an answer ---- */

static enum status endless_read(struct transport *t, uint8_t *buf, size_t size, size_t *got,
				struct deadline d, struct err *err)
{
	static const uint8_t frame[] = { 0xC0, 'c', 'h', 'a', 't', 't', 'e', 'r', '!', '!', 0xC0 };

	(void)t;
	(void)d;
	(void)err;
	assert_true(size >= sizeof(frame));
	memcpy(buf, frame, sizeof(frame));
	*got = sizeof(frame);
	w.s.now_us += wire_us(sizeof(frame), RATE);
	return STATUS_OK;
}

static void a_stream_of_frames_does_not_outlast_any_deadline(void **state)
{
	struct sync_report report;
	uint64_t start_us;

	(void)state;
	w.ops.read = endless_read;
	start_us = w.s.now_us;
	assert_int_not_equal(send_block(4), STATUS_OK);
	assert_in_range(w.s.now_us - start_us, 3000000, 3200000);

	start_us = w.s.now_us;
	assert_int_not_equal(loader_sync(&w.l, 3, &report, &w.err), STATUS_OK);
	assert_in_range(w.s.now_us - start_us, 300000, 1000000);

	start_us = w.s.now_us;
	assert_int_equal(loader_await_stub(&w.l, &w.err), STATUS_STUB_NO_START);
	assert_in_range(w.s.now_us - start_us, 3000000, 4000000);

	start_us = w.s.now_us;
	assert_int_equal(loader_drain(&w.l, 2000, &w.err), STATUS_OK);
	assert_in_range(w.s.now_us - start_us, 2000000, 2100000);
}

static void an_application_that_talks_without_a_boot_text_was_not_reset(void **state)
{
	struct sync_report report;

	(void)state;
	script_bytes(&w.s, 0, 1000, "I (81234) app: alive\r\n", 22);
	assert_int_equal(loader_sync(&w.l, 2, &report, &w.err), STATUS_WRONG_BOOT_MODE);
	assert_non_null(strstr(w.err.text, "no boot text came with the reset"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_goes_out_at_once_without_a_pace),
		TEST(a_paced_request_is_the_same_bytes_in_pieces_that_the_wire_has_drained),
		TEST(a_deadline_has_the_time_that_pacing_costs),
		TEST(a_sync_is_paced_too),
		TEST(a_paced_request_ends_when_the_run_is_stopped),
		TEST(a_stream_of_frames_does_not_outlast_any_deadline),
		TEST(an_application_that_talks_without_a_boot_text_was_not_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
