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

/* The ways of all tries when every one fails alike, as one text. */
static void ways_after(enum status failed, enum flash_step step, const struct link_profile *link,
		       unsigned tries, bool may_drop_stub, char *text, size_t size)
{
	struct way way;
	unsigned done = 0;

	way_init(&way, link, true);
	text[0] = '\0';
	do {
		char one[60];

		way_text(&way, link, one, sizeof(one));
		snprintf(text + strlen(text), size - strlen(text), "%s%s", done ? "; " : "", one);
		done++;
	} while (remedy_next(&way, link, failed, step, tries - done, may_drop_stub));
	assert_true(done <= tries);
}

static void interlocks_and_lost_ports_are_not_tried_again(void **state)
{
	static const enum status final[] = {
		STATUS_PORT_GONE,      STATUS_PORT_FAILED,    STATUS_UNKNOWN_CHIP,
		STATUS_WRONG_CHIP,     STATUS_WRONG_REVISION, STATUS_FLASH_TOO_SMALL,
		STATUS_SECURITY_STATE, STATUS_DUPLICATE_MAC,  STATUS_WRONG_FLASH_SIZE,
		STATUS_UNIT_CHANGED,   STATUS_RUN_TIMEOUT,    STATUS_CANCELLED,
		STATUS_STUB_MISSING,   STATUS_NO_MEMORY,      STATUS_INTERNAL,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++) {
		for (int step = 0; step < STEP_COUNT; step++) {
			struct way way;

			way_init(&way, &link_cp2104, true);
			assert_false(remedy_next(&way, &link_cp2104, final[i],
						 (enum flash_step)step, 9, true));
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

	(void)state;
	for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++) {
		for (int step = 0; step < STEP_COUNT; step++) {
			struct way way;

			way_init(&way, &link_cp2104, true);
			assert_true(remedy_next(&way, &link_cp2104, again[i], (enum flash_step)step,
						1, true));
			assert_false(remedy_next(&way, &link_cp2104, again[i],
						 (enum flash_step)step, 0, true));
		}
	}
}

static void a_rate_that_fails_goes_down_the_ladder_to_115200(void **state)
{
	char text[400];

	(void)state;
	ways_after(STATUS_RATE_FAILED, STEP_RATE, &link_cp2104, 10, true, text, sizeof(text));
	assert_non_null(strstr(text, "stub 1500000; stub 921600; stub 460800; stub 115200"));
}

static void the_last_try_takes_115200_at_once(void **state)
{
	char text[200];

	(void)state;
	ways_after(STATUS_RATE_FAILED, STEP_RATE, &link_cp2104, 3, true, text, sizeof(text));
	assert_string_equal(text, "stub 1500000; stub 921600; stub 115200");
	ways_after(STATUS_RATE_FAILED, STEP_RATE, &link_cp2104, 2, true, text, sizeof(text));
	assert_string_equal(text, "stub 1500000; stub 115200");
}

static void an_upload_that_loses_bytes_shrinks_its_blocks_then_drops_the_stub(void **state)
{
	char text[400];

	(void)state;
	ways_after(STATUS_STUB_UPLOAD_CHECKSUM, STEP_STUB, &link_cp2104, 4, true, text,
		   sizeof(text));
	assert_string_equal(text, "stub 1500000; stub 1500000, blocks of 1024; "
				  "stub 1500000, blocks of 256; ROM 1500000");
}

static void a_recipe_that_wants_the_stub_keeps_it(void **state)
{
	char text[400];

	(void)state;
	ways_after(STATUS_STUB_NO_START, STEP_STUB, &link_cp2104, 4, false, text, sizeof(text));
	assert_null(strstr(text, "ROM"));
	ways_after(STATUS_STUB_NO_START, STEP_STUB, &link_cp2104, 3, true, text, sizeof(text));
	assert_string_equal(text, "stub 1500000; stub 1500000; ROM 1500000");
}

static void native_usb_has_no_rates_to_lower(void **state)
{
	char text[200];

	(void)state;
	ways_after(STATUS_NO_ANSWER, STEP_WRITE, &link_usb, 3, false, text, sizeof(text));
	assert_string_equal(text, "stub; stub, blocks of 1024; stub, blocks of 256");
}

static void another_reset_timing_goes_first_after_no_contact(void **state)
{
	struct way way;

	(void)state;
	way_init(&way, &link_cp2104, true);
	assert_true(remedy_next(&way, &link_cp2104, STATUS_SYNC_NO_REPLY, STEP_CONNECT, 2, true));
	assert_int_equal(way.reset_at, 1);
	way_init(&way, &link_usb, true);
	assert_true(remedy_next(&way, &link_usb, STATUS_SYNC_NO_REPLY, STEP_CONNECT, 2, true));
	assert_int_equal(way.reset_at, 0);
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
		cmocka_unit_test(a_link_over_usb_otg_takes_2_kb_at_a_time),
		cmocka_unit_test(interlocks_and_lost_ports_are_not_tried_again),
		cmocka_unit_test(what_the_link_or_the_flash_did_is_tried_again),
		cmocka_unit_test(a_rate_that_fails_goes_down_the_ladder_to_115200),
		cmocka_unit_test(the_last_try_takes_115200_at_once),
		cmocka_unit_test(an_upload_that_loses_bytes_shrinks_its_blocks_then_drops_the_stub),
		cmocka_unit_test(a_recipe_that_wants_the_stub_keeps_it),
		cmocka_unit_test(native_usb_has_no_rates_to_lower),
		cmocka_unit_test(another_reset_timing_goes_first_after_no_contact),
		cmocka_unit_test(blocks_for_a_rom_divide_a_sector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
