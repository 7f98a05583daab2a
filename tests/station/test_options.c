#include "tests/station/tree.h"

#include "station/command.h"
#include "station/help.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 16

/* Parse what stands behind 'flashline COMMAND'; the words are separated by blanks. */
static enum status parse(const char *name, const char *line, struct options *o, struct err *err)
{
	static char copy[512];
	char *argv[WORDS_MAX + 1] = { (char *)name };
	int argc = 1;

	strcpy(copy, line);
	for (char *word = copy; *word && argc < WORDS_MAX;) {
		size_t length = strcspn(word, " ");

		argv[argc++] = word;
		word += length;
		if (*word)
			*word++ = '\0';
	}
	return options_parse(command_by_name(name), argc, argv, o, err);
}

/* The command line is refused, and the answer contains word. */
static void expect_refused(const char *name, const char *line, const char *word)
{
	struct options o;
	struct err err;

	if (parse(name, line, &o, &err) != STATUS_USAGE)
		fail_msg("'%s %s' is accepted", name, line);
	if (!strstr(err.text, word))
		fail_msg("'%s %s': '%s' says nothing of '%s'", name, line, err.text, word);
	options_release(&o);
}

static void a_whole_command_line_is_understood(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	assert_int_equal(
		parse("flash",
		      "core2.yaml --ports /dev/ttyUSB0,ttyACM1 -p pci-0000:00:14.0/1.4:1.0 "
		      "--jobs=4 --json --db x.db --operator ann -b B1 --products dir",
		      &o, &err),
		STATUS_OK);
	assert_string_equal(o.operands[0], "core2.yaml");
	assert_int_equal(o.port_count, 3);
	assert_string_equal(o.ports[0], "/dev/ttyUSB0");
	assert_string_equal(o.ports[1], "ttyACM1");
	assert_string_equal(o.ports[2], "pci-0000:00:14.0/1.4:1.0");
	assert_int_equal(o.jobs, 4);
	assert_true(o.json);
	assert_false(o.all);
	assert_string_equal(o.db, "x.db");
	assert_string_equal(o.operator_name, "ann");
	assert_string_equal(o.batch, "B1");
	assert_string_equal(o.products, "dir");
	options_release(&o);
}

static void what_is_wrong_is_said_with_a_hint(void **state)
{
	(void)state;
	expect_refused("flash", "r.yaml --port x", "--ports");
	expect_refused("flash", "r.yaml --operater x", "--operator");
	expect_refused("flash", "r.yaml --xyzzy", "flash --help");
	expect_refused("flash", "r.yaml -x", "-x");
	expect_refused("flash", "", "RECIPE");
	expect_refused("flash", "a.yaml b.yaml", "b.yaml");
	expect_refused("ports", "/dev/ttyUSB0", "/dev/ttyUSB0");
	expect_refused("log", "--jobs 3", "--jobs");
}

static void values_out_of_range_are_refused(void **state)
{
	(void)state;
	expect_refused("flash", "r.yaml --jobs 0", "1 to 64");
	expect_refused("flash", "r.yaml --jobs 65", "1 to 64");
	expect_refused("flash", "r.yaml --jobs -1", "--jobs");
	expect_refused("flash", "r.yaml --jobs 2x", "--jobs");
	expect_refused("flash", "r.yaml --jobs 99999999999999999999", "--jobs");
	expect_refused("log", "--last 0", "--last");
	expect_refused("log", "--last -3", "--last");
	expect_refused("log", "--unit 24:0a", "24:0a");
	expect_refused("export", "--since yesterday", "yesterday");
	expect_refused("log", "--since 2026-11-22 --until 2026-11-22", "--until has to be later");
	expect_refused("trace", "unit x --to 2026-11-21 --from 2026-11-22", "--to has to be later");
	expect_refused("export", "--outcome GOOD", "GOOD");
	expect_refused("export", "--format xls", "xls");
}

static void values_that_are_missing_or_too_many_are_refused(void **state)
{
	(void)state;
	expect_refused("flash", "r.yaml --db", "--db");
	expect_refused("flash", "r.yaml --json=yes", "--json");
	expect_refused("flash", "r.yaml --db=", "--db");
	expect_refused("flash", "r.yaml --db a --db b", "twice");
	expect_refused("flash", "r.yaml --ports ttyUSB0,,ttyUSB1", "empty");
	expect_refused("flash", "r.yaml --ports=", "empty");
	expect_refused("flash", "r.yaml --all --ports ttyUSB0", "--all");
}

static void help_wins_over_what_else_is_wrong_behind_it(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	assert_int_equal(parse("flash", "--help --xyzzy", &o, &err), STATUS_OK);
	assert_true(o.help);
	options_release(&o);
}

static void words_behind_two_dashes_are_no_options(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	assert_int_equal(parse("flash", "--all -- --odd.yaml", &o, &err), STATUS_OK);
	assert_string_equal(o.operands[0], "--odd.yaml");
	options_release(&o);
}

static void every_command_has_a_summary_a_text_and_a_body(void **state)
{
	size_t count;
	const struct command *rows = command_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(command_by_name(rows[i].name), &rows[i]);
		assert_true(rows[i].summary && rows[i].text && rows[i].run);
		assert_true(rows[i].operands_min <= rows[i].operands_max);
		assert_int_equal(rows[i].operands_max > 0, rows[i].operands[0] != '\0');
	}
}

static void no_help_has_two_blank_lines_in_a_row(void **state)
{
	size_t count;
	const struct command *rows = command_rows(&count);

	(void)state;
	for (size_t i = 0; i <= count; i++) {
		char text[4000] = "";
		FILE *out = fmemopen(text, sizeof(text), "w");

		assert_non_null(out);
		help_show(i < count ? &rows[i] : NULL, out);
		assert_int_equal(fclose(out), 0);
		if (strstr(text, "\n\n\n") || strlen(text) + 1 >= sizeof(text) ||
		    text[strlen(text) - 1] != '\n')
			fail_msg("%s", text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_command_line_is_understood),
		cmocka_unit_test(what_is_wrong_is_said_with_a_hint),
		cmocka_unit_test(values_out_of_range_are_refused),
		cmocka_unit_test(values_that_are_missing_or_too_many_are_refused),
		cmocka_unit_test(help_wins_over_what_else_is_wrong_behind_it),
		cmocka_unit_test(words_behind_two_dashes_are_no_options),
		cmocka_unit_test(every_command_has_a_summary_a_text_and_a_body),
		cmocka_unit_test(no_help_has_two_blank_lines_in_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
