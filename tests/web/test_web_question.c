/* What a browser sends is read strictly. */
#include "tests/web/prelude.h"

#include "station/web/web_question.h"

#include <stdio.h>
#include <string.h>

static enum status read_body(const char *body, struct request *request, unsigned *number,
			     struct err *err)
{
	return web_question_request(body, strlen(body), request, number, err);
}

static void a_request_is_read_member_by_member(void **state)
{
	struct request request;
	unsigned number;
	struct err err;

	(void)state;
	assert_int_equal(
		read_body("{\"request\": \"disable\", \"slot\": 7, \"text\": \"nest worn\","
			  " \"operator\": \" Kim \"}",
			  &request, &number, &err),
		STATUS_OK);
	assert_int_equal(request.kind, REQUEST_DISABLE);
	assert_int_equal(number, 7);
	assert_int_equal(request.slot, -1);
	assert_string_equal(request.text, "nest worn");
	assert_string_equal(request.operator_name, "Kim");
	assert_string_equal(request.from, "web");
	assert_int_equal(read_body("{\"request\": \"unlock\", \"code\": \"GOLDEN_DUE\", \"text\": "
				   "\"\\u6807\\u51c6\\u4ef6\", \"operator\": \"Kim\"}",
				   &request, &number, &err),
			 STATUS_OK);
	assert_string_equal(request.code, "GOLDEN_DUE");
	assert_int_equal(number, 0);
}

static void what_is_no_request_is_refused_with_its_reason(void **state)
{
	static const struct {
		const char *body, *why;
	} rows[] = {
		{ "", "JSON object" },
		{ "[]", "JSON object" },
		{ "\"scan\"", "JSON object" },
		{ "{\"request\": \"scan\", \"text\": \"A\"} x", "JSON object" },
		{ "{\"request\": \"scan\", \"request\": \"scan\", \"text\": \"A\"}", "twice" },
		{ "{}", "request is missing" },
		{ "{\"request\": \"flash\"}", "there is no 'flash'" },
		{ "{\"request\": 3}", "a text was expected" },
		{ "{\"request\": \"retest\"}", "slot is missing" },
		{ "{\"request\": \"retest\", \"slot\": 0}", "slot" },
		{ "{\"request\": \"retest\", \"slot\": -1}", "slot" },
		{ "{\"request\": \"retest\", \"slot\": 1.5}", "slot" },
		{ "{\"request\": \"retest\", \"slot\": \"7\"}", "slot" },
		{ "{\"request\": \"retest\", \"slot\": 99999999999999999999}", "JSON" },
		{ "{\"request\": \"scan\"}", "text is missing" },
		{ "{\"request\": \"unlock\", \"code\": \"GOLDEN_DUE\", \"text\": \"x\", "
		  "\"operator\": \"  \"}",
		  "operator is missing" },
		{ "{\"request\": \"disable\", \"slot\": 7, \"text\": \" \", \"operator\": "
		  "\"Kim\"}",
		  "text is missing" },
		{ "{\"request\": \"scan\", \"text\": \"A\\u0000B\"}", "JSON" },
		{ "{\"request\": \"scan\", \"text\": \"A\\u001b[2J\"}", "control" },
		{ "{\"request\": \"scan\", \"text\": \"A\\u202eB\"}", "control" },
		{ "{\"request\": \"scan\", \"text\": \"A\", \"recipe\": \"x\"}", "unknown member" },
		{ "{\"request\": \"unlock\", \"text\": \"why\", \"operator\": \"Kim\"}", "code" },
		{ "{\"request\": \"unlock\", \"code\": \"YIELD_LOW\", \"operator\": \"Kim\"}",
		  "reason" },
		{ "{\"request\": \"unlock\", \"code\": \"YIELD_LOW\", \"text\": \"why\"}",
		  "operator" },
		{ "{\"request\": \"disable\", \"slot\": 1, \"operator\": \"Kim\"}", "reason" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct request request;
		unsigned number;
		struct err err;

		if (read_body(rows[i].body, &request, &number, &err) != STATUS_USAGE)
			fail_msg("%s was taken", rows[i].body);
		if (!strstr(err.text, rows[i].why))
			fail_msg("%s: says '%s', expected '%s'", rows[i].body, err.text,
				 rows[i].why);
	}
}

static void a_text_has_its_room_and_no_more(void **state)
{
	char body[WEB_BODY_MAX], text[REQUEST_TEXT_BYTES + 1] = { 0 };
	struct request request;
	unsigned number;
	struct err err;

	(void)state;
	memset(text, 'x', REQUEST_TEXT_BYTES - 1);
	snprintf(body, sizeof(body), "{\"request\": \"scan\", \"text\": \"%s\"}", text);
	assert_int_equal(read_body(body, &request, &number, &err), STATUS_OK);
	assert_string_equal(request.text, text);
	memset(text, 'x', REQUEST_TEXT_BYTES);
	snprintf(body, sizeof(body), "{\"request\": \"scan\", \"text\": \"%s\"}", text);
	assert_int_equal(read_body(body, &request, &number, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "299"));
}

static void only_a_number_is_a_number(void **state)
{
	static const char *const bad[] = {
		"",   "0",  "00",    "-1",  "+1",  " 1",
		"1 ", "1x", "10000", "0x1", "1.0", "99999999999999999999"
	};
	unsigned number;

	(void)state;
	assert_true(web_question_number("7", &number));
	assert_int_equal(number, 7);
	assert_true(web_question_number("9999", &number));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (web_question_number(bad[i], &number))
			fail_msg("'%s' is a number", bad[i]);
	}
	assert_false(web_question_number(NULL, &number));
}

static void a_search_is_visible_characters(void **state)
{
	char search[WEB_SEARCH_BYTES], text[100];

	(void)state;
	assert_true(web_question_search("  M5C2-000418 ", search));
	assert_string_equal(search, "M5C2-000418");
	assert_false(web_question_search("ab", search));
	assert_false(web_question_search("     ", search));
	assert_false(web_question_search("a\x1b[2J", search));
	assert_false(web_question_search("\xff\xfe\xfd", search));
	assert_false(web_question_search(NULL, search));
	memset(text, 'x', 81);
	text[80] = '\0';
	assert_true(web_question_search(text, search));
	text[80] = 'x';
	text[81] = '\0';
	assert_false(web_question_search(text, search));
}

static void a_login_is_a_token_alone(void **state)
{
	char token[40];

	(void)state;
	assert_true(web_question_login("{\"token\": \"abc\"}", 16, token, sizeof(token)));
	assert_string_equal(token, "abc");
	assert_false(web_question_login("{\"token\": 1}", 12, token, sizeof(token)));
	assert_false(web_question_login("{}", 2, token, sizeof(token)));
	assert_false(web_question_login("{\"token\": \"a\", \"b\": 1}", 22, token, sizeof(token)));
	assert_false(web_question_login("{\"token\": \"abcdefg\"}", 20, token, 7));
	assert_false(web_question_login("", 0, token, sizeof(token)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read_member_by_member),
		cmocka_unit_test(what_is_no_request_is_refused_with_its_reason),
		cmocka_unit_test(a_text_has_its_room_and_no_more),
		cmocka_unit_test(only_a_number_is_a_number),
		cmocka_unit_test(a_search_is_visible_characters),
		cmocka_unit_test(a_login_is_a_token_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
