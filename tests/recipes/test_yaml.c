#include "recipes/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The messages for a text, one a line. */
static const char *messages(const char *text, size_t size)
{
	static char all[4000];
	struct diag_list diags = { 0 };
	struct yaml *y;
	size_t used = 0;

	yaml_read_text("f", text, size, &y, &diags, NULL);
	yaml_tree_free(y);
	all[0] = '\0';
	for (size_t i = 0; i < diags.count && used < sizeof(all) - 800; i++) {
		diag_text(&diags.items[i], all + used, sizeof(all) - used);
		strcat(all, "\n");
		used = strlen(all);
	}
	diag_list_release(&diags);
	return all;
}

static void a_tree_has_every_text_with_its_place(void **state)
{
	static const char text[] = "a: 3.10\nb:\n  - {c: \"no\", d: 0x1000}\n  - e\n";
	struct diag_list diags = { 0 };
	const struct yaml_node *n;
	struct yaml *y;

	(void)state;
	assert_int_equal(yaml_read_text("f", text, strlen(text), &y, &diags, NULL), STATUS_OK);
	assert_int_equal(diags.count, 0);
	assert_string_equal(yaml_find(&y->root, "a")->text, "3.10");
	n = &yaml_find(&y->root, "b")->items[0];
	assert_string_equal(yaml_find(n, "c")->text, "no");
	assert_string_equal(yaml_find(n, "d")->text, "0x1000");
	assert_int_equal(yaml_find(n, "d")->line, 3);
	assert_int_equal(yaml_find(n, "d")->column, 18);
	assert_int_equal(yaml_find(n, "d")->key_column, 15);
	assert_null(yaml_find(&y->root, "b.c"));
	assert_null(yaml_find(&y->root, "aa"));
	yaml_tree_free(y);
}

/* clang-format off */
static const struct {
	const char *text, *messages;
} refused[] = {
	{ "",                  "f:1:1: error: the file is empty\n" },
	{ "# only a comment\n", "f:1:1: error: the file is empty\n" },
	{ "a: 1\nb: 2\na: 3\n", "f:3:1: error: 'a' stands here twice, first in line 1\n" },
	{ "a: {b: 1, b: 2}\n",  "f:1:11: error: 'b' stands here twice, first in line 1\n" },
	{ "a: &x 1\n",          "f:1:4: error: anchors (&name) are not allowed\n" },
	{ "&x a: 1\n",          "f:1:1: error: anchors (&name) are not allowed\n" },
	{ "a: *x\n",            "f:1:4: error: aliases (*name) are not allowed\n" },
	{ "a: !!int 1\n",       "f:1:4: error: tags (!name) are not allowed\n" },
	{ "a: &x [*x]\n",       "f:1:4: error: anchors (&name) are not allowed\n"
	                        "f:1:8: error: aliases (*name) are not allowed\n" },
	{ "? [a]\n: 1\n",       "f:1:3: error: a key must be one plain word\n" },
	{ "a: 1\n---\nb: 1\n",  "f:2:1: error: a second document in one file\n" },
	{ "%YAML 1.1\n---\na: 1\n", "f:1:1: error: directives (%YAML, %TAG) are not allowed\n" },
	{ "a: \"x\\0y\"\n",     "f:1:4: error: a text must not contain the character NUL\n" },
	{ "a: 1\nb: x\xff\n",   "f:2:5: error: byte 0xff is not UTF-8 text\n" },
	{ "a: \xc0\x80\n",      "f:1:4: error: byte 0xc0 is not UTF-8 text\n" },
	{ "a: \xed\xa0\x80\n",  "f:1:4: error: byte 0xed is not UTF-8 text\n" },
	{ "\xc3\xa4: 1\x01\n",  "f:1:5: error: control character 0x01: this is not a text file\n" },
	{ "\xef\xbb\xbf" "a: 1\n", "f:1:1: error: the file begins with a byte order mark: save it as UTF-8 without one\n" },
	{ "\xff\xfe" "a",       "f:1:1: error: the file is UTF-16: save it as UTF-8\n" },
	{ "a: [1, 2\n",         "f:2:1: error: not YAML: did not find expected ',' or ']', while parsing a flow sequence\n" },
	{ "a: 1\n\tb: 2\n",     "f:2:1: error: not YAML: found a tab character that violates indentation, while scanning a plain scalar\n" },
	{ "a: b: c\n",          "f:1:5: error: not YAML: mapping values are not allowed in this context\n" },
	{ "[[[[[[[[[1]]]]]]]]]", "f:1:9: error: nested more than 8 deep\n" },
	{ "<<: {a: 1}\n<<: {b: 1}\n", "f:2:1: error: '<<' stands here twice, first in line 1\n" },
};
/* clang-format on */

static void what_is_not_strict_yaml_is_refused_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_string_equal(messages(refused[i].text, strlen(refused[i].text)),
				    refused[i].messages);
}

static void a_nul_byte_is_refused_with_its_place(void **state)
{
	(void)state;
	assert_string_equal(messages("a: 1\nb: \0", 9),
			    "f:2:4: error: control character 0x00: this is not a text file\n");
}

static void a_megabyte_of_nesting_is_refused_at_the_ninth_bracket(void **state)
{
	char *text = malloc(YAML_FILE_MAX);

	(void)state;
	memset(text, '[', YAML_FILE_MAX);
	assert_string_equal(messages(text, YAML_FILE_MAX),
			    "f:1:9: error: nested more than 8 deep\n");
	for (size_t i = 0; i + 3 <= YAML_FILE_MAX; i += 3)
		memcpy(text + i, "{a:", 3);
	/* libyaml itself gives up at the key without a space; either way it is one line. */
	assert_int_equal(strncmp(messages(text, YAML_FILE_MAX - 1), "f:1:", 4), 0);
	free(text);
}

static void a_file_of_many_values_is_refused(void **state)
{
	size_t lines = YAML_NODES_MAX + 1, used = 0;
	char *text = malloc(lines * 12);

	(void)state;
	for (size_t i = 0; i < lines; i++)
		used += (size_t)sprintf(text + used, "k%zu: 1\n", i);
	assert_string_equal(messages(text, used),
			    "f:10000:8: error: more than 10000 values in one file\n");
	free(text);
}

static void no_cut_of_a_recipe_goes_without_a_message_or_a_tree(void **state)
{
	static const char text[] = "a: {b: [1, \"x\", 'y'], c: >\n}\nd: |\n  e\n";

	(void)state;
	for (size_t size = 0; size < sizeof(text); size++) {
		struct diag_list diags = { 0 };
		struct yaml *y;
		enum status st = yaml_read_text("f", text, size, &y, &diags, NULL);

		assert_true(st == STATUS_OK ? y && !diags.error_count : !y && diags.error_count);
		yaml_tree_free(y);
		diag_list_release(&diags);
	}
}

static void what_is_no_file_is_refused_by_name(void **state)
{
	struct diag_list diags = { 0 };
	struct yaml *y;
	char text[200];

	(void)state;
	assert_int_equal(yaml_read_file("/", &y, &diags, NULL), STATUS_RECIPE);
	assert_int_equal(yaml_read_file("/nowhere.yaml", &y, &diags, NULL), STATUS_RECIPE);
	assert_int_equal(yaml_read_file("/dev/zero", &y, &diags, NULL), STATUS_RECIPE);
	assert_int_equal(diags.count, 3);
	diag_text(&diags.items[0], text, sizeof(text));
	assert_string_equal(text, "/:1:1: error: is a directory");
	diag_text(&diags.items[1], text, sizeof(text));
	assert_string_equal(text, "/nowhere.yaml:1:1: error: No such file or directory");
	diag_text(&diags.items[2], text, sizeof(text));
	assert_string_equal(text, "/dev/zero:1:1: error: is not a regular file");
	diag_list_release(&diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_has_every_text_with_its_place),
		cmocka_unit_test(what_is_not_strict_yaml_is_refused_with_its_place),
		cmocka_unit_test(a_nul_byte_is_refused_with_its_place),
		cmocka_unit_test(a_megabyte_of_nesting_is_refused_at_the_ninth_bracket),
		cmocka_unit_test(a_file_of_many_values_is_refused),
		cmocka_unit_test(no_cut_of_a_recipe_goes_without_a_message_or_a_tree),
		cmocka_unit_test(what_is_no_file_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
