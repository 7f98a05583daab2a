/* Tables as text. */
#include "recipes/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* "a|b\nc" of what was read; "line:column: message" of what was not. Static. */
static const char *read_as(const char *text, size_t size)
{
	static char shown[500];
	struct diag_list diags = { 0 };
	struct csv *c;
	struct err err;
	char *copy = malloc(size + 1); /* exactly as large: a sanitizer sees the byte behind */

	assert_non_null(copy);
	memcpy(copy, text, size);
	shown[0] = '\0';
	if (csv_read_text("t.csv", copy, size, &c, &diags, &err)) {
		assert_int_equal(diags.error_count, 1);
		snprintf(shown, sizeof(shown), "%u:%u: %s", diags.items[0].line,
			 diags.items[0].column, diags.items[0].text);
	} else {
		for (size_t r = 0; r < c->count; r++)
			for (size_t i = 0; i < c->rows[r].count; i++)
				snprintf(shown + strlen(shown), sizeof(shown) - strlen(shown),
					 "%s%s",
					 i   ? "|"
					 : r ? "\n"
					     : "",
					 csv_text(&c->rows[r], i));
		csv_free(c);
	}
	diag_list_release(&diags);
	free(copy);
	return shown;
}

static void compare(const char *text, const char *expected)
{
	const char *got = read_as(text, strlen(text));

	if (strncmp(got, expected, strlen(expected)) != 0 ||
	    (expected[0] != '\0' && got[0] == '\0'))
		fail_msg("read as '%s', expected '%s'", got, expected);
}

static void cells_are_what_stands_between_commas(void **state)
{
	(void)state;
	compare("a,b\nc", "a|b\nc");
	compare("a,,\n", "a||");
	compare(" a , b ", " a | b ");
	compare("a\r\nb\rc\n", "a\nb\nc");
	compare("\n\r\n# a comment, with \" in it\na", "a");
	compare("a,#b", "a|#b");
	compare("\xef\xbb\xbf"
		"a",
		"a");
	compare("a \"b\" c", "a \"b\" c");
	compare("", "");
}

static void quotes_keep_commas_line_ends_and_quotes(void **state)
{
	(void)state;
	compare("\"a,b\",c", "a,b|c");
	compare("\"\"\"a\"\" b\"", "\"a\" b");
	compare("\"\",x", "|x");
	compare("\"one\r\ntwo\rthree\n\",x\ny", "one\ntwo\nthree\n|x\ny");
}

static void what_tools_differ_about_is_refused_with_its_place(void **state)
{
	(void)state;
	compare("a\nbc,\"d", "2:4: the '\"' that begins here is never closed");
	compare("\"a\" ,b", "1:4: text behind the closing '\"'");
	compare("\xc3\xa4,\"\n#x\"", "2:1: this line of a quoted cell begins with '#'");
	compare("\xc3\xa4\xc3\xa4,\xff", "1:4: this is not UTF-8 text");
	compare("\"\xc3", "1:2: this is not UTF-8 text");
	assert_string_equal(read_as("a,b\0c", 5), "1:4: a zero byte: expected text");
}

static void places_count_lines_and_characters(void **state)
{
	static const char text[] = "# x\n\xe6\x9d\xb1,\"a\nb\",c\n\nd\n";
	struct diag_list diags = { 0 };
	struct place at;
	struct csv *c;
	struct err err;

	(void)state;
	assert_int_equal(csv_read_text("t.csv", text, strlen(text), &c, &diags, &err), STATUS_OK);
	assert_int_equal(c->count, 2);
	at = csv_place(c, &c->rows[0], 1);
	assert_int_equal(at.line, 2);
	assert_int_equal(at.column, 3);
	at = csv_place(c, &c->rows[0], 2);
	assert_int_equal(at.line, 3);
	assert_int_equal(at.column, 4);
	at = csv_place(c, &c->rows[1], 5); /* there is none: the last one's */
	assert_int_equal(at.line, 5);
	assert_int_equal(at.column, 1);
	csv_free(c);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	struct diag_list diags = { 0 };
	struct csv *c;
	struct err err;

	(void)state;
	assert_int_equal(csv_read_file("no/such.csv", &c, &diags, &err), STATUS_FILE);
	assert_null(c);
	assert_string_equal(err.text, "no/such.csv: No such file or directory");
	assert_int_equal(csv_read_file("/", &c, &diags, &err), STATUS_FILE);
	assert_string_equal(diags.items[1].text, "is a folder: name the file in it");
	diag_list_release(&diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_what_stands_between_commas),
		cmocka_unit_test(quotes_keep_commas_line_ends_and_quotes),
		cmocka_unit_test(what_tools_differ_about_is_refused_with_its_place),
		cmocka_unit_test(places_count_lines_and_characters),
		cmocka_unit_test(a_file_that_cannot_be_read_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
