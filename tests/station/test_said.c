/* What a line says: sentences with blanks, in English and taken apart. */
#include "tests/station/tree.h"

#include "station/line/said.h"

#include <stdio.h>
#include <string.h>

static void blank_is(const struct said *said, unsigned index, const char *wanted_name,
		     const char *wanted)
{
	char name[SAID_NAME_BYTES], value[SAID_TEXT_BYTES];

	assert_non_null(said_value(said, index, name, value));
	assert_string_equal(name, wanted_name);
	assert_string_equal(value, wanted);
}

static void no_blank(const struct said *said, unsigned index)
{
	char name[SAID_NAME_BYTES], value[SAID_TEXT_BYTES];

	assert_null(said_value(said, index, name, value));
}

static void a_sentence_has_its_values_and_gives_them_back(void **state)
{
	struct said said;

	(void)state;
	said_set(&said, SAID_SLOT_GETS_INSTEAD, "%u" SAID_NEXT "%s" SAID_NEXT "%s", 7u, "M5C2-1",
		 "M5C2-2");
	assert_string_equal(said.text, "slot 7: its unit gets M5C2-1, instead of M5C2-2");
	blank_is(&said, 0, "slot", "7");
	blank_is(&said, 1, "serial", "M5C2-1");
	blank_is(&said, 2, "before", "M5C2-2");
	no_blank(&said, 3);
	said_plain(&said, SAID_RESUMED);
	assert_string_equal(said.text, "units are started again");
	no_blank(&said, 0);
}

/* Somebody scans rubbish: it stays one line, and stays in its blank. */
static void what_people_type_stays_in_its_blank(void **state)
{
	struct said said;

	(void)state;
	said_set(&said, SAID_SERIAL_OTHER, "%s" SAID_NEXT "%s", "{pattern}\n\x1b[2J", "^{3}$");
	assert_string_equal(said.text, "'{pattern}??[2J' is no serial number: expected ^{3}$");
	blank_is(&said, 0, "serial", "{pattern}??[2J");
	blank_is(&said, 1, "pattern", "^{3}$");
	said_set(&said, SAID_RECIPE_STAYS, "%s", "a" SAID_NEXT "b");
	assert_string_equal(said.text, "the recipe stays as it is: a?b");
}

static void what_is_too_long_or_not_there_is_cut_and_not_read_beyond(void **state)
{
	char longer[2 * SAID_TEXT_BYTES];
	struct said said;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	for (unsigned i = 0; i < SAID_CODE_COUNT; i++) {
		said_set(&said, (enum said_code)i, "%s", longer);
		assert_true(strlen(said.text) < SAID_TEXT_BYTES);
		said_set(&said, (enum said_code)i, "%s", "x");
		assert_true(strlen(said.text) > 0);
	}
	said_set(&said, SAID_SLOT_GETS, "%s", "7");
	assert_string_equal(said.text, "slot 7: its unit gets ");
	blank_is(&said, 1, "serial", "");
}

/* A page would have words for one of them only. */
static void no_two_sentences_share_a_code(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SAID_CODE_COUNT; i++) {
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(said_row((enum said_code)i)->code,
						said_row((enum said_code)j)->code);
	}
}

/* As the records keep it: why a lockout holds. */
static void why_a_lock_holds_is_read_again_as_it_was_said(void **state)
{
	static const char values[] = "24:0a:c4:00:01:10" SAID_NEXT "7" SAID_NEXT "FAIL" SAID_NEXT
				     "MD5_MISMATCH" SAID_NEXT "";

	(void)state;
	for (int i = SAID_WHY_STARTED; i < SAID_CODE_COUNT; i++) {
		char name[SAID_NAME_BYTES], value[SAID_TEXT_BYTES], text[SAID_TEXT_BYTES] = "";
		struct said said, again;
		unsigned blanks = 0;

		said_plain(&said, (enum said_code)i);
		while (said_value(&said, blanks, name, value))
			blanks++;
		/* So many of them as the row has blanks. */
		for (const char *at = values; blanks; blanks--) {
			size_t length = strcspn(at, SAID_NEXT);

			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s%s",
				 (int)length, at, blanks > 1 ? SAID_NEXT : "");
			at += length + 1;
		}
		said_set(&said, (enum said_code)i, "%s", text);
		assert_true(said_read(&again, said.text));
		assert_int_equal(again.code, i);
		assert_string_equal(again.text, said.text);
		assert_string_equal(again.values, said.values);
	}
}

static void a_text_from_elsewhere_is_not_taken_apart(void **state)
{
	char longer[2 * SAID_TEXT_BYTES];
	struct said said;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_false(said_read(&said, ""));
	assert_false(said_read(&said, longer));
	assert_false(said_read(&said, "the station started again"));
	assert_false(said_read(&said, "the station"));
	assert_false(said_read(&said, " in a row did not pass"));
	assert_false(said_read(&said, "the printer is out of paper"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sentence_has_its_values_and_gives_them_back),
		cmocka_unit_test(what_people_type_stays_in_its_blank),
		cmocka_unit_test(what_is_too_long_or_not_there_is_cut_and_not_read_beyond),
		cmocka_unit_test(no_two_sentences_share_a_code),
		cmocka_unit_test(why_a_lock_holds_is_read_again_as_it_was_said),
		cmocka_unit_test(a_text_from_elsewhere_is_not_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
