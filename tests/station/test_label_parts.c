/* A printer's state, and keys of a scanner. */
#include "tests/station/tree.h"

#include "station/label/label_printer.h"
#include "station/label/zpl_status.h"
#include "station/line/scan_keys.h"

#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#define THIRD                                                                                      \
	"\002"                                                                                     \
	"1234,0"                                                                                   \
	"\003\r\n"

/* The answer with one flag set: line 0 or 1, and which number of it. */
static enum zpl_answer answer(unsigned line, unsigned field, const char **why)
{
	const char *first[12] = { "030", "0", "0",   "1245", "000", "0",
				  "0",   "0", "000", "0",    "0",   "0" };
	const char *second[11] = {
		"000", "0", "0", "0", "0", "2", "4", "0", "00000000", "1", "000"
	};
	char text[256] = "\002";

	if (line == 0)
		first[field] = "1";
	if (line == 1)
		second[field] = "1";
	for (unsigned i = 0; i < 12; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? "," : "",
			 first[i]);
	strcat(text, "\003\r\n\002");
	for (unsigned i = 0; i < 11; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? "," : "",
			 second[i]);
	strcat(text, "\003\r\n" THIRD);
	return zpl_status_read(text, strlen(text), why);
}

static void each_flag_that_stops_a_printer_says_what_to_do(void **state)
{
	const char *why;

	(void)state;
	assert_int_equal(answer(2, 0, &why), ZPL_READY);
	assert_int_equal(answer(0, 1, &why), ZPL_NOT_READY);
	assert_string_equal(why, "it has no paper: put paper in");
	assert_int_equal(answer(0, 2, &why), ZPL_NOT_READY);
	assert_string_equal(why, "it pauses: press its pause key");
	assert_int_equal(answer(1, 2, &why), ZPL_NOT_READY);
	assert_string_equal(why, "its head is open: close it");
	assert_int_equal(answer(1, 3, &why), ZPL_NOT_READY);
	assert_string_equal(why, "it has no ribbon: put a ribbon in");
	assert_int_equal(answer(0, 5, &why), ZPL_NOT_READY);
	assert_int_equal(answer(0, 11, &why), ZPL_NOT_READY);
	/* A label waits to be taken, a thermal transfer printer: both print. */
	assert_int_equal(answer(1, 7, &why), ZPL_READY);
	assert_int_equal(answer(1, 4, &why), ZPL_READY);
}

static void an_answer_counts_once_it_is_whole(void **state)
{
	static const char text[] = "\002030,0,0,1245,000,0,0,0,000,0,0,0\003\r\n"
				   "\002000,0,0,0,0,2,4,0,00000000,1,000\003\r\n" THIRD;
	const char *why;

	(void)state;
	for (size_t size = 0; size < sizeof(text) - 3; size++)
		assert_int_equal(zpl_status_read(text, size, &why), ZPL_INCOMPLETE);
	assert_int_equal(zpl_status_read(text, sizeof(text) - 1, &why), ZPL_READY);
}

static void what_is_no_status_is_not_taken_for_one(void **state)
{
	static const char web[] = "\002HTTP/1.1 200 OK\003\002a\003\002b\003";
	char much[ZPL_STATUS_BYTES];
	const char *why;

	(void)state;
	assert_int_equal(zpl_status_read(web, sizeof(web) - 1, &why), ZPL_GARBLED);
	memset(much, 'x', sizeof(much));
	assert_int_equal(zpl_status_read(much, sizeof(much), &why), ZPL_GARBLED);
}

static void addresses_of_printers_are_read_or_refused(void **state)
{
	static const struct {
		const char *text, *host, *port; /* host NULL: refused */
	} rows[] = {
		{ "192.168.1.50:9101", "192.168.1.50", "9101" },
		{ "labels.example", "labels.example", "9100" },
		{ "[fd00::5]:9100", "fd00::5", "9100" },
		{ "[fd00::5]", "fd00::5", "9100" },
		{ "[fd00::5", NULL, NULL },
		{ "[fd00::5]x", NULL, NULL },
		{ ":9100", NULL, NULL },
		{ "a:0", NULL, NULL },
		{ "a:65536", NULL, NULL },
		{ "a:91x", NULL, NULL },
		{ "a:", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct station_printer setup = { .zpl = rows[i].text };
		struct label_printer p;
		struct err err;
		enum status st = label_printer_init(&p, &setup, &err);

		assert_int_equal(st, rows[i].host ? STATUS_OK : STATUS_USAGE);
		if (rows[i].host) {
			assert_string_equal(p.host, rows[i].host);
			assert_string_equal(p.port, rows[i].port);
		}
	}
}

/* ---- keys ---- */

static bool press(struct scan_keys *k, uint16_t code)
{
	bool is_whole = scan_keys_take(k, EV_KEY, code, 1);

	return scan_keys_take(k, EV_KEY, code, 0) || is_whole;
}

static void keys_are_the_text_that_was_scanned(void **state)
{
	struct scan_keys k = { 0 };

	(void)state;
	scan_keys_take(&k, EV_KEY, KEY_LEFTSHIFT, 1);
	press(&k, KEY_M);
	press(&k, KEY_SEMICOLON);
	scan_keys_take(&k, EV_KEY, KEY_LEFTSHIFT, 0);
	press(&k, KEY_5);
	press(&k, KEY_MINUS);
	press(&k, KEY_KP7);
	assert_true(scan_keys_take(&k, EV_KEY, KEY_ENTER, 1));
	assert_string_equal(k.text, "M:5-7");
	assert_false(scan_keys_take(&k, EV_KEY, KEY_ENTER, 0));
	/* Nothing of it is left for the next one. */
	assert_false(press(&k, KEY_KPENTER));
	press(&k, KEY_A);
	assert_true(press(&k, KEY_ENTER));
	assert_string_equal(k.text, "a");
}

static void caps_lock_turns_letters_and_nothing_else(void **state)
{
	struct scan_keys k = { 0 };

	(void)state;
	press(&k, KEY_CAPSLOCK);
	press(&k, KEY_A);
	press(&k, KEY_1);
	scan_keys_take(&k, EV_KEY, KEY_RIGHTSHIFT, 1);
	press(&k, KEY_A);
	press(&k, KEY_1);
	press(&k, KEY_ENTER);
	assert_string_equal(k.text, "A1a!");
}

static void keys_that_repeat_and_shortcuts_are_no_text(void **state)
{
	struct scan_keys k = { 0 };

	(void)state;
	press(&k, KEY_A);
	scan_keys_take(&k, EV_KEY, KEY_A, 2);
	scan_keys_take(&k, EV_KEY, KEY_LEFTCTRL, 1);
	press(&k, KEY_C);
	scan_keys_take(&k, EV_KEY, KEY_LEFTCTRL, 0);
	press(&k, KEY_F1);
	scan_keys_take(&k, EV_REL, KEY_B, 1);
	press(&k, KEY_B);
	press(&k, KEY_ENTER);
	assert_string_equal(k.text, "ab");
}

static void a_text_of_which_a_part_is_lost_is_none(void **state)
{
	struct scan_keys k = { 0 };

	(void)state;
	press(&k, KEY_A);
	scan_keys_take(&k, EV_SYN, SYN_DROPPED, 0);
	assert_false(press(&k, KEY_ENTER));
	for (unsigned i = 0; i < sizeof(k.text); i++)
		press(&k, KEY_A);
	assert_false(press(&k, KEY_ENTER));
	press(&k, KEY_B);
	assert_true(press(&k, KEY_ENTER));
	assert_string_equal(k.text, "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_flag_that_stops_a_printer_says_what_to_do),
		cmocka_unit_test(an_answer_counts_once_it_is_whole),
		cmocka_unit_test(what_is_no_status_is_not_taken_for_one),
		cmocka_unit_test(addresses_of_printers_are_read_or_refused),
		cmocka_unit_test(keys_are_the_text_that_was_scanned),
		cmocka_unit_test(caps_lock_turns_letters_and_nothing_else),
		cmocka_unit_test(keys_that_repeat_and_shortcuts_are_no_text),
		cmocka_unit_test(a_text_of_which_a_part_is_lost_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
