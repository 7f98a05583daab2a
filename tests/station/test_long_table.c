/* Rows for people, however many there are. */
#include "station/long_table.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const struct long_column columns[] = { { "NAME", 8 }, { "N", 0 }, { "NOTE", 0 } };

static void add(struct long_table *t, const char *name, const char *n, const char *note)
{
	const char *row[] = { name, n, note };

	long_table_row(t, row);
}

static void columns_are_as_wide_as_their_cells_up_to_their_limit(void **state)
{
	struct textbuf out = { 0 };
	struct long_table t;

	(void)state;
	long_table_begin(&t, columns, 3, "> ", &out);
	add(&t, "abc", "12345", "x");
	add(&t, "abcdefghij", NULL, NULL);
	/* Cut by characters, not by bytes. */
	add(&t, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", "",
	    "a  b");
	long_table_end(&t);
	assert_string_equal(textbuf_string(&out),
			    "> NAME      N      NOTE\n"
			    "> abc       12345  x\n"
			    "> abcdef..  -\n"
			    "> \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4..  -      a  b\n");
	textbuf_release(&out);
}

static void nothing_in_a_cell_commands_the_terminal(void **state)
{
	struct textbuf out = { 0 };
	struct long_table t;

	(void)state;
	long_table_begin(&t, columns, 3, "", &out);
	add(&t, "\033[2J", "\xff", "a\nb\xc2\x9b\xe2\x80\xae\xd7\x90\xe2\x81\xa6z");
	long_table_end(&t);
	assert_non_null(strstr(textbuf_string(&out), "?[2J  ?  a?b???\xd7\x90?z\n"));
	textbuf_release(&out);
}

static void without_a_row_there_is_no_header(void **state)
{
	struct textbuf out = { 0 };
	struct long_table t;

	(void)state;
	long_table_begin(&t, columns, 3, "", &out);
	long_table_end(&t);
	assert_int_equal(out.len, 0);
	textbuf_release(&out);
}

/* The first rows tell the widths; from then on nothing is kept. */
static void late_rows_go_out_at_once_in_the_width_of_the_first(void **state)
{
	struct textbuf out = { 0 };
	struct long_table t;
	char name[16];

	(void)state;
	long_table_begin(&t, columns, 3, "", &out);
	for (int i = 0; i < LONG_TABLE_FIRST_ROWS; i++) {
		assert_int_equal(out.len, 0);
		snprintf(name, sizeof(name), "u%d", i);
		add(&t, name, "1", "");
	}
	assert_true(out.len > 0);
	for (int i = 0; i < 3; i++) {
		textbuf_clear(&out);
		/* Out of line, but whole: figures are not cut. */
		add(&t, "u12345", "22", "late");
		assert_string_equal(textbuf_string(&out), "u12345  22  late\n");
	}
	textbuf_clear(&out);
	long_table_end(&t);
	assert_int_equal(out.len, 0);
	textbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_cells_up_to_their_limit),
		cmocka_unit_test(nothing_in_a_cell_commands_the_terminal),
		cmocka_unit_test(without_a_row_there_is_no_header),
		cmocka_unit_test(late_rows_go_out_at_once_in_the_width_of_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
