/* A recipe's boot check, against lines as units say them. */
#include "recipes/boot_check.h"
#include "tests/recipes/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct world w;

static int make(void **state)
{
	(void)state;
	world_make(&w);
	return 0;
}

static int remove_world(void **state)
{
	(void)state;
	world_remove(&w);
	return 0;
}

/* The plan of a recipe with this boot check. */
static const struct plan *plan_of(const char *boot_check)
{
	char yaml[4000];

	snprintf(yaml, sizeof(yaml),
		 "recipe: boot\ntarget: {chip: esp32}\nimages:\n"
		 "  - {file: esp32/bootloader.bin, address: 0x1000}\n"
		 "  - {file: esp32/partitions.bin, address: 0x8000}\n"
		 "  - {file: esp32/app.bin, partition: app0}\n%s",
		 boot_check);
	if (world_load(&w, yaml))
		fail_msg("%s", world_messages(&w));
	return w.plan;
}

/* One unit that says lines, with \n between them. */
struct unit {
	struct boot_check_run *run;
	enum boot_heard heard; /* after the last line */
	enum status status;
	struct err err;
	struct flash_reading told[FLASH_READINGS_MAX];
	size_t count;
};

static struct unit listen(const char *boot_check, const char *text)
{
	const struct plan *plan = plan_of(boot_check);
	const struct flash_boot *boot;
	struct unit u = { .heard = BOOT_GOES_ON };
	char copy[2000], *rest = NULL;

	u.run = boot_check_run_new(plan->boot_check, NULL, NULL);
	assert_non_null(u.run);
	boot = boot_check_run_boot(u.run);
	boot->begin(boot->ctx);
	strcpy(copy, text);
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		u.heard = boot->hear(boot->ctx, line, 100);
	u.status = boot->judge(boot->ctx, &u.err);
	u.count = boot->readings(boot->ctx, u.told);
	return u;
}

static const struct flash_reading *told(const struct unit *u, const char *name)
{
	for (size_t i = 0; i < u->count; i++) {
		if (strcmp(u->told[i].name, name) == 0)
			return &u->told[i];
	}
	return NULL;
}

static const struct {
	const char *check, *lines;
	enum boot_heard heard;
	enum status status;
} rows[] = {
	{ "expect: [ready]", "boot\nI (5) app ready", BOOT_COMPLETE, STATUS_OK },
	{ "expect: [ready]", "boot", BOOT_GOES_ON, STATUS_BOOT_TEXT_MISSING },
	{ "expect: [ready]", "Ready", BOOT_GOES_ON, STATUS_BOOT_TEXT_MISSING },
	{ "expect: ['(?i)READY']", "ready", BOOT_COMPLETE, STATUS_OK },
	{ "expect: [a, b]", "b\na", BOOT_COMPLETE, STATUS_OK },
	{ "expect: [a, b]", "a b", BOOT_COMPLETE, STATUS_OK },
	{ "expect: [a, b], in_order: yes", "b\na", BOOT_GOES_ON, STATUS_BOOT_TEXT_MISSING },
	{ "expect: [a, b], in_order: yes", "a b\nb", BOOT_COMPLETE, STATUS_OK },
	{ "expect: [a, b], in_order: yes", "a b", BOOT_GOES_ON, STATUS_BOOT_TEXT_MISSING },
	{ "expect: [x, x], in_order: yes", "x\nx", BOOT_COMPLETE, STATUS_OK },
	{ "expect: [a], reject: [bad]", "bad\na", BOOT_FAILED, STATUS_BOOT_TEXT_REJECTED },
	{ "expect: [a], reject: [bad]", "a\nbad", BOOT_FAILED, STATUS_BOOT_TEXT_REJECTED },
	{ "reject: [bad]", "good", BOOT_GOES_ON, STATUS_OK },
	{ "expect: ['\xc2\xb0"
	  "C$']",
	  "25 \xc2\xb0"
	  "C",
	  BOOT_COMPLETE, STATUS_OK },
	/* Values. */
	{ "expect: ['v=(?<v>\\S+)'], values: [{name: v, low: 3, high: 4}]", "v=3", BOOT_COMPLETE,
	  STATUS_OK },
	{ "expect: ['v=(?<v>\\S+)'], values: [{name: v, low: 3, high: 4}]", "v=4.0001",
	  BOOT_COMPLETE, STATUS_VALUE_OUT_OF_LIMITS },
	{ "expect: ['v=(?<v>\\S+)'], values: [{name: v, low: 3}]", "v=nan", BOOT_COMPLETE,
	  STATUS_VALUE_OUT_OF_LIMITS },
	{ "expect: ['v=(?<v>\\S+)'], values: [{name: v, low: -3}]", "v=-2.9e0", BOOT_COMPLETE,
	  STATUS_OK },
	{ "expect: ['v=(?<v>\\S+)'], values: [{name: v, equal: 1.10}]", "v=1.1", BOOT_COMPLETE,
	  STATUS_VALUE_OUT_OF_LIMITS },
	{ "expect: ['v=(?<v>\\d+)?'], values: [{name: v}]", "v=", BOOT_COMPLETE,
	  STATUS_VALUE_MISSING },
	{ "expect: ['v=(?<v>\\d+)?'], values: [{name: v, required: no}]", "v=", BOOT_COMPLETE,
	  STATUS_OK },
	{ "values: [{name: v, match: 'v=(\\d+)', high: 9}]", "x\nv=5", BOOT_COMPLETE, STATUS_OK },
	{ "values: [{name: v, match: 'v=(\\d+)', high: 9}]", "x", BOOT_GOES_ON,
	  STATUS_VALUE_MISSING },
	{ "expect: [a], values: [{name: v, match: 'v=(\\d+)'}]", "a", BOOT_GOES_ON,
	  STATUS_VALUE_MISSING },
	{ "expect: [a], values: [{name: v, match: 'v=(\\d+)', required: no, high: 1}]", "a",
	  BOOT_COMPLETE, STATUS_OK },
	/* The first one counts. */
	{ "values: [{name: v, match: 'v=(\\d+)', high: 9}]", "v=5\nv=50", BOOT_COMPLETE,
	  STATUS_OK },
	{ "values: [{name: v, match: '(?<x>a)v=(?<v>\\d+)', high: 9}]", "av=50", BOOT_COMPLETE,
	  STATUS_VALUE_OUT_OF_LIMITS },
};

static void each_check_ends_as_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char check[400];
		struct unit u;

		snprintf(check, sizeof(check), "boot_check: {within: 5s, %s}\n", rows[i].check);
		u = listen(check, rows[i].lines);
		if (u.status != rows[i].status || u.heard != rows[i].heard)
			fail_msg("%s with '%s': %s, %d: %s", rows[i].check, rows[i].lines,
				 status_code(u.status), (int)u.heard, u.status ? u.err.text : "");
		boot_check_run_free(u.run);
	}
}

static void what_is_missing_is_named_with_what_was_heard(void **state)
{
	struct unit u = listen("boot_check: {within: 5s, expect: [one, two, three]}\n",
			       "one\nthree\nstuck here");

	(void)state;
	assert_string_equal(u.err.text, "'two' was not heard within 5.0 s, 2 of 3 were; the last "
					"line was \"stuck here\"");
	boot_check_run_free(u.run);
}

static void a_number_is_one_only_where_nothing_is_lost(void **state)
{
	struct unit u =
		listen("boot_check:\n  within: 5s\n"
		       "  expect: ['(?<fw>\\S+) (?<plain>\\S+) (?<volt>\\S+) (?<word>\\S+)']\n"
		       "  values: [{name: volt, unit: V}]\n",
		       "1.10 24 3.30 abc");

	(void)state;
	assert_int_equal(u.count, 4);
	assert_false(told(&u, "fw")->is_number);
	assert_string_equal(told(&u, "fw")->text, "1.10");
	assert_true(told(&u, "plain")->is_number);
	assert_true(told(&u, "volt")->is_number);
	assert_true(told(&u, "volt")->number == 3.3);
	assert_string_equal(told(&u, "volt")->unit, "V");
	assert_false(told(&u, "volt")->is_judged);
	assert_false(told(&u, "word")->is_number);
	boot_check_run_free(u.run);
}

static void a_restart_forgets_what_was_heard(void **state)
{
	struct unit u = listen(
		"boot_check: {within: 5s, expect: ['v=(?<v>\\d+)'], reject: [bad]}\n", "v=3\nbad");
	const struct flash_boot *boot = boot_check_run_boot(u.run);

	(void)state;
	boot->begin(boot->ctx);
	assert_int_equal(boot->judge(boot->ctx, &u.err), STATUS_BOOT_TEXT_MISSING);
	assert_int_equal(boot->readings(boot->ctx, u.told), 0);
	boot_check_run_free(u.run);
}

/* A pattern with repeats in repeats, and a line that it nearly matches: without a limit it would
 * take longer than anybody lives. */
static void a_pattern_that_would_never_end_ends_and_is_named(void **state)
{
	static const char *const checks[] = {
		"boot_check: {within: 5s, expect: ['(a+)+$']}\n",
		"boot_check: {within: 5s, expect: [never], reject: "
		"['^(([a-z])+.)+[A-Z]([a-z])+$']}\n",
		/* Not required, but judged if it is told: nobody knows whether it is. */
		"boot_check: {within: 5s, expect: [a], values: [{name: v, match: '(a+)+$', "
		"required: no, high: 3}]}\n",
	};
	static const char *const named[] = { "'(a+)+$'", "'^(([a-z])+.)+", "'(a+)+$'" };
	char line[200];

	(void)state;
	memset(line, 'a', sizeof(line));
	line[sizeof(line) - 2] = '!';
	line[sizeof(line) - 1] = '\0';
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct unit u = listen(checks[i], line);

		assert_int_equal(u.status, STATUS_RECIPE);
		assert_non_null(strstr(u.err.text, named[i]));
		assert_non_null(strstr(u.err.text, "too many steps"));
		boot_check_run_free(u.run);
	}
}

/* More than a record keeps is not equal to its beginning. */
static void a_text_that_goes_on_is_not_the_one_that_is_wanted(void **state)
{
	char check[300], line[200], text[FLASH_READING_BYTES];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	snprintf(check, sizeof(check),
		 "boot_check: {within: 5s, values: [{name: v, match: 'v=(\\S+)', equal: %s}]}\n",
		 text);
	for (size_t more = 0; more < 2; more++) {
		struct unit u;

		snprintf(line, sizeof(line), "v=%s%s", text, more ? "y" : "");
		u = listen(check, line);
		assert_int_equal(u.status, more ? STATUS_VALUE_OUT_OF_LIMITS : STATUS_OK);
		boot_check_run_free(u.run);
	}
}

static void text_that_is_no_utf8_matches_what_is_text(void **state)
{
	struct pattern *p;
	struct err err;

	(void)state;
	assert_int_equal(pattern_new("re.dy", &p, &err), STATUS_OK);
	assert_int_equal(pattern_matches(p, "\xff\xfe ready \xc3", 10), PATTERN_YES);
	assert_int_equal(pattern_matches(p,
					 "re\xff"
					 "dy",
					 5),
			 PATTERN_NO);
	assert_int_equal(pattern_matches(p,
					 "re\xc3\xa4"
					 "dy",
					 6),
			 PATTERN_YES);
	assert_string_equal(pattern_text(p), "re.dy");
	pattern_free(p);
}

static void a_pattern_that_is_wrong_says_where(void **state)
{
	char longest[PATTERN_BYTES_MAX + 2];
	struct pattern *p;
	struct err err;

	(void)state;
	assert_int_equal(pattern_new("ab[c", &p, &err), STATUS_RECIPE);
	assert_null(p);
	assert_non_null(strstr(err.text, "at character 5"));
	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(pattern_new(longest, &p, &err), STATUS_RECIPE);
	longest[PATTERN_BYTES_MAX] = '\0';
	assert_int_equal(pattern_new(longest, &p, &err), STATUS_OK);
	pattern_free(p);
}

static void everything_in_it_changes_the_digest(void **state)
{
	static const char *const checks[] = {
		"{within: 5s, expect: [a]}",
		"{within: 6s, expect: [a]}",
		"{within: 5s, expect: [b]}",
		"{within: 5s, reject: [a]}",
		"{within: 5s, expect: [a], rate: 9600}",
		"{within: 5s, expect: [a], loops: 1}",
		"{within: 5s, expect: [a], in_order: yes}",
		"{within: 5s, values: [{name: v, match: (b)}]}",
		"{within: 5s, values: [{name: v, match: (c)}]}",
		"{within: 5s, values: [{name: v, match: (b), low: 1}]}",
		"{within: 5s, values: [{name: v, match: (b), high: 1}]}",
		"{within: 5s, values: [{name: v, match: (b), unit: V}]}",
		"{within: 5s, values: [{name: v, match: (b), equal: V}]}",
		"{within: 5s, values: [{name: v, match: (b), required: no}]}",
	};
	char digests[sizeof(checks) / sizeof(checks[0])][SHA256_TEXT_BYTES];
	char without[SHA256_TEXT_BYTES];

	(void)state;
	strcpy(without, plan_of("")->digest_text);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		char check[200];

		snprintf(check, sizeof(check), "boot_check: %s\n", checks[i]);
		strcpy(digests[i], plan_of(check)->digest_text);
		assert_string_not_equal(digests[i], without);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(digests[i], digests[j]);
	}
	/* The default in so many words is the default. */
	assert_string_equal(
		digests[0],
		plan_of("boot_check: {within: 5000ms, expect: [a], loops: 0, in_order: no}\n")
			->digest_text);
}

static void the_plan_knows_what_the_flasher_needs(void **state)
{
	const struct plan *plan = plan_of("boot_check: {within: 5s, rate: 921600, loops: 2}\n");
	uint32_t with_ms = 0, without_ms;
	const struct link_profile link = { .resets = { RESET_TIGHT }, .reset_count = 1 };

	(void)state;
	assert_int_equal(plan->flash.boot.within_ms, 5000);
	assert_int_equal(plan->flash.boot.rate_baud, 921600);
	assert_int_equal(plan->flash.boot.resets, 2);
	with_ms = flasher_limit_ms(&plan->flash, &link);
	plan = plan_of("");
	assert_null(plan->boot_check);
	without_ms = flasher_limit_ms(&plan->flash, &link);
	/* Twice, where the first restart was missed. */
	assert_true(with_ms >= without_ms + 2 * 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_check_ends_as_it_says),
		cmocka_unit_test(what_is_missing_is_named_with_what_was_heard),
		cmocka_unit_test(a_number_is_one_only_where_nothing_is_lost),
		cmocka_unit_test(a_restart_forgets_what_was_heard),
		cmocka_unit_test(a_pattern_that_would_never_end_ends_and_is_named),
		cmocka_unit_test(a_text_that_goes_on_is_not_the_one_that_is_wanted),
		cmocka_unit_test(text_that_is_no_utf8_matches_what_is_text),
		cmocka_unit_test(a_pattern_that_is_wrong_says_where),
		cmocka_unit_test(everything_in_it_changes_the_digest),
		cmocka_unit_test(the_plan_knows_what_the_flasher_needs),
	};

	return cmocka_run_group_tests(tests, make, remove_world);
}
