#include "engine/base/status.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void every_status_has_a_code_of_capitals_that_no_other_has(void **state)
{
	(void)state;
	for (int a = 0; a < STATUS_COUNT; a++) {
		const char *code = status_code((enum status)a);

		assert_non_null(code);
		assert_true(strlen(code) > 1);
		for (const char *c = code; *c; c++)
			assert_true(isupper((unsigned char)*c) || isdigit((unsigned char)*c) ||
				    *c == '_');
		for (int b = 0; b < a; b++)
			assert_string_not_equal(code, status_code((enum status)b));
	}
}

static void every_status_has_a_sentence_in_lower_case_without_a_full_stop(void **state)
{
	(void)state;
	for (int st = 0; st < STATUS_COUNT; st++) {
		const char *sentence = status_row((enum status)st)->sentence;

		assert_non_null(sentence);
		assert_true(strlen(sentence) > 10);
		assert_true(islower((unsigned char)sentence[0]));
		assert_int_not_equal(sentence[strlen(sentence) - 1], '.');
	}
}

static void only_ok_passes_and_only_it_blames_nobody(void **state)
{
	(void)state;
	for (int st = 0; st < STATUS_COUNT; st++) {
		const struct status_row *row = status_row((enum status)st);

		assert_int_equal(row->outcome == OUTCOME_PASS, st == STATUS_OK);
		assert_int_equal(row->party == PARTY_NONE, st == STATUS_OK);
	}
}

static void a_failure_that_counts_against_the_unit_is_the_units(void **state)
{
	(void)state;
	for (int st = 0; st < STATUS_COUNT; st++) {
		const struct status_row *row = status_row((enum status)st);

		if (row->outcome == OUTCOME_FAIL)
			assert_int_equal(row->party, PARTY_UNIT);
	}
}

static void only_the_runs_own_limit_is_a_timeout(void **state)
{
	(void)state;
	for (int st = 0; st < STATUS_COUNT; st++)
		assert_int_equal(status_row((enum status)st)->outcome == OUTCOME_TIMEOUT,
				 st == STATUS_RUN_TIMEOUT);
}

static void codes_that_stand_in_databases_keep_their_names(void **state)
{
	(void)state;
	assert_string_equal(status_code(STATUS_SYNC_NO_REPLY), "SYNC_NO_REPLY");
	assert_string_equal(status_code(STATUS_WRONG_CHIP), "WRONG_CHIP");
	assert_string_equal(status_code(STATUS_FLASH_TOO_SMALL), "FLASH_TOO_SMALL");
	assert_string_equal(status_code(STATUS_SECURITY_STATE), "SECURITY_STATE");
	assert_string_equal(status_code(STATUS_STUB_UPLOAD_CHECKSUM), "STUB_UPLOAD_CHECKSUM");
	assert_string_equal(status_code(STATUS_MD5_MISMATCH), "MD5_MISMATCH");
	assert_string_equal(status_code(STATUS_PORT_GONE), "PORT_GONE");
	assert_string_equal(status_code(STATUS_PORT_BUSY), "PORT_BUSY");
	assert_string_equal(status_code(STATUS_DUPLICATE_MAC), "DUPLICATE_MAC");
}

static void a_status_is_found_by_its_code_and_by_no_other_text(void **state)
{
	enum status found;

	(void)state;
	for (int st = 0; st < STATUS_COUNT; st++) {
		found = st ? STATUS_OK : STATUS_INTERNAL;
		assert_true(status_find(status_code((enum status)st), &found));
		assert_int_equal(found, st);
	}
	assert_false(status_find("FROM_TOMORROW", &found));
	assert_false(status_find("", &found));
	assert_false(status_find(NULL, &found));
}

static void outcomes_and_parties_have_the_words_of_the_field(void **state)
{
	(void)state;
	assert_string_equal(outcome_name(OUTCOME_PASS), "PASS");
	assert_string_equal(outcome_name(OUTCOME_FAIL), "FAIL");
	assert_string_equal(outcome_name(OUTCOME_ERROR), "ERROR");
	assert_string_equal(outcome_name(OUTCOME_TIMEOUT), "TIMEOUT");
	assert_string_equal(outcome_name(OUTCOME_ABORTED), "ABORTED");
	assert_string_equal(party_name(PARTY_NONE), "NONE");
	assert_string_equal(party_name(PARTY_UNIT), "UNIT");
	assert_string_equal(party_name(PARTY_LINK), "LINK");
	assert_string_equal(party_name(PARTY_FIXTURE), "FIXTURE");
	assert_string_equal(party_name(PARTY_STATION), "STATION");
	assert_string_equal(party_name(PARTY_OPERATOR), "OPERATOR");
}

/* "| `CODE` | OUTCOME | PARTY | means | tried | to do |": docs/troubleshooting.md. */
static unsigned lines_about(const char *page, enum status st, bool *is_right)
{
	const struct status_row *row = status_row(st);
	char begin[64], whole[120];
	unsigned count = 0;

	snprintf(begin, sizeof(begin), "\n| `%s` |", row->code);
	snprintf(whole, sizeof(whole), "\n| `%s` | %s | %s | ", row->code,
		 outcome_name(row->outcome), party_name(row->party));
	*is_right = true;
	for (const char *at = strstr(page, begin); at; at = strstr(at + 1, begin)) {
		unsigned cells = 0;

		for (const char *c = at + 1; *c && *c != '\n'; c++)
			cells += *c == '|';
		count++;
		*is_right = *is_right && cells == 7 && strncmp(at, whole, strlen(whole)) == 0;
	}
	return count;
}

static void the_page_for_trouble_has_every_code_once_and_no_other(void **state)
{
	static char page[64 * 1024];
	FILE *file = fopen(SOURCE_DIR "/docs/troubleshooting.md", "r");
	unsigned lines = 0;
	size_t length;

	(void)state;
	assert_non_null(file);
	length = fread(page, 1, sizeof(page) - 1, file);
	fclose(file);
	assert_in_range(length, 1, sizeof(page) - 2);
	for (int st = STATUS_OK + 1; st < STATUS_COUNT; st++) {
		bool is_right;

		if (lines_about(page, (enum status)st, &is_right) != 1 || !is_right)
			fail_msg("%s: expected one line '| `%s` | %s | %s | ... | ... | ... |'",
				 status_code((enum status)st), status_code((enum status)st),
				 outcome_name(status_row((enum status)st)->outcome),
				 party_name(status_row((enum status)st)->party));
	}
	for (const char *at = strstr(page, "\n| `"); at; at = strstr(at + 1, "\n| `"))
		lines += isupper((unsigned char)at[4]) != 0;
	assert_int_equal(lines, STATUS_COUNT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_has_a_code_of_capitals_that_no_other_has),
		cmocka_unit_test(every_status_has_a_sentence_in_lower_case_without_a_full_stop),
		cmocka_unit_test(only_ok_passes_and_only_it_blames_nobody),
		cmocka_unit_test(a_failure_that_counts_against_the_unit_is_the_units),
		cmocka_unit_test(only_the_runs_own_limit_is_a_timeout),
		cmocka_unit_test(codes_that_stand_in_databases_keep_their_names),
		cmocka_unit_test(a_status_is_found_by_its_code_and_by_no_other_text),
		cmocka_unit_test(outcomes_and_parties_have_the_words_of_the_field),
		cmocka_unit_test(the_page_for_trouble_has_every_code_once_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
