#include "engine/link_facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void say(struct link_facts *f, const char *text)
{
	facts_add_text(f, (const uint8_t *)text, strlen(text));
}

/* ---- blocks ---- */

static void a_size_that_is_always_refused_above_one_that_never_is_shows_a_threshold(void **state)
{
	struct block_facts b = { .count = 0 };

	(void)state;
	facts_add_block(&b, 6144, 0, true, BLOCK_REFUSED, 0x07);
	facts_add_block(&b, 6144, 0, true, BLOCK_REFUSED, 0x07);
	facts_add_block(&b, 1024, 0, true, BLOCK_REFUSED, 0x07);
	assert_false(facts_show_threshold(&b));
	facts_add_block(&b, 256, 0, true, BLOCK_ACCEPTED, 0);
	assert_true(facts_show_threshold(&b));
	assert_int_equal(facts_worst_block(&b)->bytes, 6144);
	assert_int_equal(facts_best_block(&b)->bytes, 256);
}

static void a_size_that_passes_the_second_time_is_no_threshold(void **state)
{
	struct block_facts b = { .count = 0 };

	(void)state;
	facts_add_block(&b, 6144, 0, true, BLOCK_REFUSED, 0x07);
	facts_add_block(&b, 6144, 0, true, BLOCK_ACCEPTED, 0);
	facts_add_block(&b, 256, 0, false, BLOCK_ACCEPTED, 0);
	assert_false(facts_show_threshold(&b));
}

static void one_refusal_alone_is_no_threshold(void **state)
{
	struct block_facts b = { .count = 0 };

	(void)state;
	facts_add_block(&b, 16384, 0, true, BLOCK_REFUSED, 0xc1);
	facts_add_block(&b, 4096, 0, true, BLOCK_ACCEPTED, 0);
	assert_false(facts_show_threshold(&b));
}

static void the_same_size_in_pieces_is_smaller(void **state)
{
	struct block_facts b = { .count = 0 };

	(void)state;
	facts_add_block(&b, 256, 0, true, BLOCK_REFUSED, 0x07);
	facts_add_block(&b, 256, 0, true, BLOCK_REFUSED, 0x07);
	facts_add_block(&b, 256, 64, true, BLOCK_ACCEPTED, 0);
	assert_true(facts_show_threshold(&b));
	assert_int_equal(facts_best_block(&b)->pace_bytes, 64);
	assert_int_equal(block_burst(facts_best_block(&b)), 64);
}

static void silence_is_no_refusal(void **state)
{
	struct block_facts b = { .count = 0 };

	(void)state;
	facts_add_block(&b, 6144, 0, true, BLOCK_SILENT, 0);
	facts_add_block(&b, 6144, 0, true, BLOCK_SILENT, 0);
	facts_add_block(&b, 1024, 0, true, BLOCK_ACCEPTED, 0);
	assert_false(facts_show_threshold(&b));
	assert_int_equal(facts_worst_block(&b)->refused, 0);
}

static void blocks_of_many_sizes_do_not_push_out_a_failure(void **state)
{
	struct block_facts b = { .count = 0 };

	(void)state;
	for (uint32_t bytes = 4; bytes < 400; bytes += 4)
		facts_add_block(&b, bytes, 0, false, BLOCK_ACCEPTED, 0);
	assert_int_equal(b.count, 0);
	facts_add_block(&b, 1024, 0, false, BLOCK_REFUSED, 0x07);
	assert_int_equal(b.count, 1);
	for (uint32_t bytes = 4; bytes < 400; bytes += 4)
		facts_add_block(&b, bytes, 0, false, BLOCK_ACCEPTED, 0);
	assert_int_equal(b.count, BLOCK_FACTS_MAX);
	assert_int_equal(facts_worst_block(&b)->bytes, 1024);
}

/* ---- text ---- */

static void a_reset_that_was_not_asked_for_is_counted_once(void **state)
{
	struct link_facts f = { .echoes = 0 };

	(void)state;
	say(&f, "rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0))\r\n");
	facts_watch(&f, true);
	assert_int_equal(f.restarts, 0);
	say(&f, "rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n");
	say(&f, "invalid header: 0xffffffff\r\nrst:0x10 (RTCWDT_RTC_RESET),boot:0x13\r\n");
	assert_int_equal(f.restarts, 1);
	assert_false(f.saw_brown_out);
}

static void a_brown_out_is_known_by_its_words_however_they_come(void **state)
{
	static const char text[] = "\r\nBrownout detector was triggered\r\n\r\n";

	(void)state;
	for (size_t split = 0; split < sizeof(text); split++) {
		struct link_facts f = { .echoes = 0 };

		facts_add_text(&f, (const uint8_t *)text, split);
		facts_add_text(&f, (const uint8_t *)text + split, strlen(text) - split);
		facts_judge_text(&f);
		assert_true(f.saw_brown_out);
	}
}

static void a_brown_out_far_behind_other_text_is_still_seen(void **state)
{
	struct link_facts f = { .echoes = 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		say(&f, "I (1234) app: nothing new to report here ");
	say(&f, "rst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n");
	for (int i = 0; i < 100; i++)
		say(&f, "I (1234) app: nothing new to report here\r\n");
	assert_true(f.saw_brown_out);
}

static void a_rate_that_failed_is_kept_once(void **state)
{
	struct link_facts f = { .echoes = 0 };

	(void)state;
	for (unsigned n = 0; n < 3; n++)
		facts_add_failed_rate(&f, 921600);
	for (uint32_t rate = 1; rate < 100; rate++)
		facts_add_failed_rate(&f, rate);
	assert_int_equal(f.failed_rates[0], 921600);
	assert_int_equal(f.failed_rates[1], 1);
	assert_int_equal(f.failed_rate_count, LINK_RATES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_size_that_is_always_refused_above_one_that_never_is_shows_a_threshold),
		cmocka_unit_test(a_size_that_passes_the_second_time_is_no_threshold),
		cmocka_unit_test(one_refusal_alone_is_no_threshold),
		cmocka_unit_test(the_same_size_in_pieces_is_smaller),
		cmocka_unit_test(silence_is_no_refusal),
		cmocka_unit_test(blocks_of_many_sizes_do_not_push_out_a_failure),
		cmocka_unit_test(a_reset_that_was_not_asked_for_is_counted_once),
		cmocka_unit_test(a_brown_out_is_known_by_its_words_however_they_come),
		cmocka_unit_test(a_brown_out_far_behind_other_text_is_still_seen),
		cmocka_unit_test(a_rate_that_failed_is_kept_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
