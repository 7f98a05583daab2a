#include "engine/remedy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct link_profile link_cp2104 = {
	.resets = { RESET_TIGHT, RESET_TIGHT_LONG, RESET_CLASSIC },
	.reset_count = 3,
	.rates = { 1500000, 921600, 460800 },
	.rate_count = 3,
	.ram_block_bytes = 0x1800,
};

static const struct link_profile link_usb = {
	.resets = { RESET_USB_JTAG },
	.reset_count = 1,
	.is_native_usb = true,
	.ram_block_bytes = 0x1800,
};

static const struct remedy_limits usual = { .tries_left = 9, .may_drop_stub = true };

/* The ways of all tries when every one fails alike, as one text. */
static void ways_after(const struct failure *f, const struct link_profile *link, unsigned tries,
		       bool may_drop_stub, char *text, size_t size)
{
	struct remedy_limits may = { .may_drop_stub = may_drop_stub };
	struct way way;
	unsigned done = 0;

	way_init(&way, link, true);
	text[0] = '\0';
	do {
		char one[80];

		way_text(&way, link, one, sizeof(one));
		snprintf(text + strlen(text), size - strlen(text), "%s%s", done ? "; " : "", one);
		done++;
		may.tries_left = tries - done;
	} while (remedy_next(&way, link, f, &may));
	assert_true(done <= tries);
}

/* The same for what is tried within one try. */
static void ways_in_try(const struct failure *f, const struct link_profile *link, char *text,
			size_t size)
{
	struct way way;
	unsigned done = 0;

	way_init(&way, link, true);
	text[0] = '\0';
	do {
		char one[80];

		way_text_until(&way, link, f->step, one, sizeof(one));
		snprintf(text + strlen(text), size - strlen(text), "%s%s", done ? "; " : "", one);
		assert_true(++done < 20);
	} while (remedy_in_try(&way, link, f));
}

static void interlocks_and_lost_ports_are_not_tried_again(void **state)
{
	static const enum status final[] = {
		STATUS_PORT_GONE,      STATUS_PORT_FAILED,    STATUS_UNKNOWN_CHIP,
		STATUS_WRONG_CHIP,     STATUS_WRONG_REVISION, STATUS_FLASH_TOO_SMALL,
		STATUS_SECURITY_STATE, STATUS_DUPLICATE_MAC,  STATUS_WRONG_FLASH_SIZE,
		STATUS_UNIT_CHANGED,   STATUS_RUN_TIMEOUT,    STATUS_CANCELLED,
		STATUS_STUB_MISSING,   STATUS_NO_MEMORY,      STATUS_DOWNLOAD_DISABLED,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++) {
		for (int step = 0; step < STEP_COUNT; step++) {
			struct failure f = { final[i], (enum flash_step)step, HOW_ANY };
			struct way way;

			way_init(&way, &link_cp2104, true);
			assert_false(remedy_next(&way, &link_cp2104, &f, &usual));
			assert_false(remedy_in_try(&way, &link_cp2104, &f));
		}
	}
}

static void what_the_link_or_the_flash_did_is_tried_again(void **state)
{
	static const enum status again[] = {
		STATUS_SYNC_NO_REPLY,
		STATUS_SYNC_ALTERED,
		STATUS_WRONG_BOOT_MODE,
		STATUS_NO_ANSWER,
		STATUS_GARBLED,
		STATUS_REFUSED,
		STATUS_RATE_FAILED,
		STATUS_STUB_UPLOAD_CHECKSUM,
		STATUS_STUB_UPLOAD_REFUSED,
		STATUS_STUB_NO_START,
		STATUS_MD5_MISMATCH,
		STATUS_WRITE_REFUSED,
		STATUS_ERASE_REFUSED,
		STATUS_FLASH_ID_BAD,
	};
	const struct remedy_limits last = { .tries_left = 1, .may_drop_stub = true };
	const struct remedy_limits none = { .may_drop_stub = true, .may_power_cycle = true };

	(void)state;
	for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++) {
		for (int n = 0; n < STEP_COUNT * 4; n++) {
			struct failure f = { again[i], (enum flash_step)(n / 4),
					     (enum failure_how)(n % 4) };
			struct way way;

			way_init(&way, &link_cp2104, true);
			assert_true(remedy_next(&way, &link_cp2104, &f, &last));
			assert_false(way.wants_power_cycle);
			assert_false(remedy_next(&way, &link_cp2104, &f, &none));
		}
	}
}

/* ---- rates ---- */

static void a_rate_that_fails_goes_down_to_115200_within_the_try(void **state)
{
	const struct failure f = { STATUS_RATE_FAILED, STEP_RATE, HOW_ANY };
	char text[400];

	(void)state;
	ways_in_try(&f, &link_cp2104, text, sizeof(text));
	assert_string_equal(text, "stub 1500000; stub 921600; stub 460800; stub 115200");
}

/* A slot that remembers a low rate meets a unit for which just that one fails. */
static void a_rate_that_fails_alone_is_gone_round(void **state)
{
	const struct failure f = { STATUS_RATE_FAILED, STEP_RATE, HOW_ANY };
	const struct flash_way start = { .with_stub = true, .rate_baud = 921600 };
	struct way way;
	size_t rates[3];

	(void)state;
	way_init(&way, &link_cp2104, true);
	way_start(&way, &link_cp2104, &start, true);
	for (size_t i = 0; i < 3; i++) {
		assert_true(remedy_in_try(&way, &link_cp2104, &f));
		rates[i] = way.rate_at;
	}
	assert_int_equal(rates[0], 2); /* 460800 */
	assert_int_equal(rates[1], 0); /* 1500000: above the one that failed */
	assert_int_equal(rates[2], 3); /* 115200 */
	assert_false(remedy_in_try(&way, &link_cp2104, &f));
}

static void the_last_try_takes_115200_at_once(void **state)
{
	const struct failure f = { STATUS_NO_ANSWER, STEP_WRITE, HOW_ANY };
	char text[200];

	(void)state;
	ways_after(&f, &link_cp2104, 3, true, text, sizeof(text));
	assert_string_equal(text, "stub 1500000; stub 921600; stub 115200");
	ways_after(&f, &link_cp2104, 2, true, text, sizeof(text));
	assert_string_equal(text, "stub 1500000; stub 115200");
}

/* ---- blocks ---- */

static void an_upload_that_loses_bytes_is_repeated_then_shrinks_then_is_paced(void **state)
{
	const struct failure f = { STATUS_STUB_UPLOAD_CHECKSUM, STEP_STUB, HOW_LOST_BYTES };
	char text[400];

	(void)state;
	ways_in_try(&f, &link_cp2104, text, sizeof(text));
	assert_string_equal(text, "upload, blocks of 6144; upload, blocks of 6144; "
				  "upload, blocks of 1024; upload, blocks of 256; "
				  "upload, blocks of 256 in pieces of 64; "
				  "upload, blocks of 256 in pieces of 16");
}

static void an_upload_that_nothing_helps_drops_the_stub(void **state)
{
	const struct failure f = { STATUS_STUB_UPLOAD_CHECKSUM, STEP_STUB, HOW_LOST_BYTES };
	struct way way;

	(void)state;
	way_init(&way, &link_cp2104, true);
	while (remedy_in_try(&way, &link_cp2104, &f))
		;
	assert_true(way.with_stub);
	assert_true(remedy_next(&way, &link_cp2104, &f, &usual));
	assert_false(way.with_stub);
	/* What did not pass in long blocks will not do so now. */
	assert_int_equal(way.data_block_bytes, 0x100);
	assert_int_equal(way.pace_bytes, 16);
}

static void lost_bytes_on_a_clean_line_want_smaller_blocks_before_lower_rates(void **state)
{
	const struct failure lost = { STATUS_GARBLED, STEP_WRITE, HOW_LOST_BYTES };
	const struct failure noisy = { STATUS_GARBLED, STEP_WRITE, HOW_NOISY };
	char text[400];

	(void)state;
	ways_after(&lost, &link_cp2104, 4, true, text, sizeof(text));
	assert_string_equal(text, "stub 1500000; stub 1500000, data blocks of 4096; "
				  "stub 1500000, data blocks of 1024; "
				  "stub 1500000, data blocks of 256 in pieces of 64");
	ways_after(&noisy, &link_cp2104, 3, true, text, sizeof(text));
	assert_string_equal(text, "stub 1500000; stub 921600; stub 115200");
}

static void silence_behind_a_bridge_known_for_it_wants_smaller_blocks_first(void **state)
{
	const struct failure f = { STATUS_NO_ANSWER, STEP_WRITE, HOW_ANY };
	struct link_profile link = link_cp2104;
	char text[200];

	(void)state;
	link.bridge = "CH9102F";
	ways_after(&f, &link, 2, true, text, sizeof(text));
	assert_string_equal(text, "stub 1500000; stub 1500000, data blocks of 256 in pieces of 64");
}

static void a_unit_that_restarted_is_tried_the_same_way(void **state)
{
	const struct failure f = { STATUS_NO_ANSWER, STEP_WRITE, HOW_RESTARTED };
	char text[200];

	(void)state;
	ways_after(&f, &link_cp2104, 2, true, text, sizeof(text));
	assert_string_equal(text, "stub 1500000; stub 1500000");
}

static void altered_echoes_are_met_with_the_smallest_pieces(void **state)
{
	const struct failure f = { STATUS_SYNC_ALTERED, STEP_CONNECT, HOW_NOISY };
	struct way way;
	char text[80];

	(void)state;
	way_init(&way, &link_cp2104, true);
	assert_true(remedy_next(&way, &link_cp2104, &f, &usual));
	way_text_until(&way, &link_cp2104, STEP_CONNECT, text, sizeof(text));
	assert_string_equal(text, "sync, 'tight' first, in pieces of 16");
	/* Once: then the reset is changed. */
	assert_true(remedy_next(&way, &link_cp2104, &f, &usual));
	assert_int_equal(way.reset_at, 1);
}

static void a_recipe_that_wants_the_stub_keeps_it(void **state)
{
	const struct failure f = { STATUS_STUB_NO_START, STEP_STUB, HOW_ANY };
	char text[400];

	(void)state;
	ways_after(&f, &link_cp2104, 4, false, text, sizeof(text));
	assert_null(strstr(text, "ROM"));
	ways_after(&f, &link_cp2104, 3, true, text, sizeof(text));
	assert_string_equal(text, "stub 1500000; stub 1500000; ROM 1500000");
}

static void native_usb_has_no_rates_to_lower(void **state)
{
	const struct failure f = { STATUS_NO_ANSWER, STEP_WRITE, HOW_ANY };
	char text[200];

	(void)state;
	ways_after(&f, &link_usb, 3, false, text, sizeof(text));
	assert_string_equal(text, "stub; stub, data blocks of 4096; "
				  "stub, data blocks of 256 in pieces of 64");
}

static void another_reset_timing_goes_first_after_no_contact(void **state)
{
	const struct failure f = { STATUS_SYNC_NO_REPLY, STEP_CONNECT, HOW_ANY };
	struct way way;

	(void)state;
	way_init(&way, &link_cp2104, true);
	assert_true(remedy_next(&way, &link_cp2104, &f, &usual));
	assert_int_equal(way.reset_at, 1);
	way_init(&way, &link_usb, true);
	assert_true(remedy_next(&way, &link_usb, &f, &usual));
	assert_int_equal(way.reset_at, 0);
}

/* ---- power ---- */

static void a_silent_unit_loses_its_power_before_the_last_try_where_that_can_be_done(void **state)
{
	const struct failure f = { STATUS_SYNC_NO_REPLY, STEP_CONNECT, HOW_ANY };
	struct remedy_limits may = usual;
	struct way way;

	(void)state;
	may.may_power_cycle = true;
	way_init(&way, &link_cp2104, true);
	assert_true(remedy_next(&way, &link_cp2104, &f, &may));
	assert_false(way.wants_power_cycle);
	may.tries_left = 1;
	assert_true(remedy_next(&way, &link_cp2104, &f, &may));
	assert_true(way.wants_power_cycle);
}

static void a_port_that_fails_is_tried_again_only_with_its_power_off_and_on(void **state)
{
	const struct failure f = { STATUS_PORT_FAILED, STEP_WRITE, HOW_ANY };
	struct remedy_limits may = usual;
	struct way way;

	(void)state;
	may.may_power_cycle = true;
	way_init(&way, &link_cp2104, true);
	assert_true(remedy_next(&way, &link_cp2104, &f, &may));
	assert_true(way.wants_power_cycle);
}

static void damaged_data_is_no_reason_to_switch_the_power(void **state)
{
	const struct failure f = { STATUS_GARBLED, STEP_WRITE, HOW_LOST_BYTES };
	const struct remedy_limits may = { .tries_left = 1, .may_power_cycle = true };
	struct way way;

	(void)state;
	way_init(&way, &link_cp2104, true);
	assert_true(remedy_next(&way, &link_cp2104, &f, &may));
	assert_false(way.wants_power_cycle);
}

/* ---- what worked the last time ---- */

static void assert_same(const struct flash_way *a, const struct flash_way *b)
{
	assert_int_equal(a->with_stub, b->with_stub);
	assert_int_equal(a->rate_baud, b->rate_baud);
	assert_int_equal(a->ram_block_bytes, b->ram_block_bytes);
	assert_int_equal(a->data_block_bytes, b->data_block_bytes);
	assert_int_equal(a->pace_bytes, b->pace_bytes);
}

static void a_run_begins_with_what_worked_before(void **state)
{
	const struct flash_way start = {
		.with_stub = true,
		.rate_baud = 460800,
		.ram_block_bytes = 0x400,
		.data_block_bytes = 0x400,
		.pace_bytes = 64,
	};
	struct flash_way figures;
	struct way way;

	(void)state;
	way_init(&way, &link_cp2104, true);
	way_start(&way, &link_cp2104, &start, true);
	figures = way_figures(&way, &link_cp2104);
	assert_same(&figures, &start);
}

static void what_the_link_cannot_do_is_not_taken_over(void **state)
{
	static const struct flash_way starts[] = {
		{ .with_stub = true, .rate_baud = 2000000, .ram_block_bytes = 0x4000 },
		{ .with_stub = true, .ram_block_bytes = 100, .data_block_bytes = 0x8000 },
		{ .with_stub = true, .ram_block_bytes = 1, .data_block_bytes = 3 },
		{ .with_stub = false },
	};
	struct flash_way best, figures;
	struct way way;

	(void)state;
	way_init(&way, &link_cp2104, true);
	best = way_figures(&way, &link_cp2104);
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		way_init(&way, &link_cp2104, true);
		way_start(&way, &link_cp2104, &starts[i], true);
		figures = way_figures(&way, &link_cp2104);
		assert_same(&figures, &best);
	}
	way_start(&way, &link_cp2104, NULL, true);
	figures = way_figures(&way, &link_cp2104);
	assert_same(&figures, &best);
}

static void a_recipe_that_wants_the_stub_does_not_begin_without(void **state)
{
	const struct flash_way start = { .rate_baud = 921600, .data_block_bytes = 0x400 };
	struct way way;

	(void)state;
	way_init(&way, &link_cp2104, true);
	way_start(&way, &link_cp2104, &start, false);
	assert_true(way.with_stub);
	way_start(&way, &link_cp2104, &start, true);
	assert_false(way.with_stub);
	assert_int_equal(link_cp2104.rates[way.rate_at], 921600);
}

/* A ROM's packed size is rounded up to blocks; that may not reach another sector. */
static void blocks_for_a_rom_divide_a_sector(void **state)
{
	struct way way;

	(void)state;
	way_init(&way, &link_cp2104, false);
	assert_int_equal(FLASH_SECTOR_BYTES % way.data_block_bytes, 0);
	way_init(&way, &link_cp2104, true);
	way_use_rom(&way);
	assert_int_equal(FLASH_SECTOR_BYTES % way.data_block_bytes, 0);
}

static void a_link_over_usb_otg_takes_2_kb_at_a_time(void **state)
{
	struct link_profile link = { .is_native_usb = true, .ram_block_bytes = 0x1800 };
	struct way w;

	(void)state;
	way_init(&w, &link, true);
	assert_int_equal(w.ram_block_bytes, 0x1800);
	assert_int_equal(w.data_block_bytes, 0x4000);
	/* The application's port left, and the ROM's came. */
	link.is_usb_otg = true;
	way_fit_link(&w, &link);
	assert_int_equal(w.ram_block_bytes, 0x800);
	assert_int_equal(w.data_block_bytes, 0x800);
	way_init(&w, &link, false);
	assert_int_equal(w.data_block_bytes, 0x400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interlocks_and_lost_ports_are_not_tried_again),
		cmocka_unit_test(what_the_link_or_the_flash_did_is_tried_again),
		cmocka_unit_test(a_rate_that_fails_goes_down_to_115200_within_the_try),
		cmocka_unit_test(a_rate_that_fails_alone_is_gone_round),
		cmocka_unit_test(the_last_try_takes_115200_at_once),
		cmocka_unit_test(an_upload_that_loses_bytes_is_repeated_then_shrinks_then_is_paced),
		cmocka_unit_test(an_upload_that_nothing_helps_drops_the_stub),
		cmocka_unit_test(lost_bytes_on_a_clean_line_want_smaller_blocks_before_lower_rates),
		cmocka_unit_test(silence_behind_a_bridge_known_for_it_wants_smaller_blocks_first),
		cmocka_unit_test(a_unit_that_restarted_is_tried_the_same_way),
		cmocka_unit_test(altered_echoes_are_met_with_the_smallest_pieces),
		cmocka_unit_test(a_recipe_that_wants_the_stub_keeps_it),
		cmocka_unit_test(native_usb_has_no_rates_to_lower),
		cmocka_unit_test(another_reset_timing_goes_first_after_no_contact),
		cmocka_unit_test(
			a_silent_unit_loses_its_power_before_the_last_try_where_that_can_be_done),
		cmocka_unit_test(a_port_that_fails_is_tried_again_only_with_its_power_off_and_on),
		cmocka_unit_test(damaged_data_is_no_reason_to_switch_the_power),
		cmocka_unit_test(a_run_begins_with_what_worked_before),
		cmocka_unit_test(what_the_link_cannot_do_is_not_taken_over),
		cmocka_unit_test(a_recipe_that_wants_the_stub_does_not_begin_without),
		cmocka_unit_test(blocks_for_a_rom_divide_a_sector),
		cmocka_unit_test(a_link_over_usb_otg_takes_2_kb_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
