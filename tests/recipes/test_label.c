/* Templates of labels, filled in. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "recipes/label.h"
#include "recipes/label_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct label_value readings[] = { { "fw", "1.2.3" } };

static const struct label_values usual = {
	.of = { [LABEL_SERIAL] = "M5C2-000123",
		[LABEL_MAC_HEX] = "240AC4000110",
		[LABEL_QR] = "M5C2-000123",
		[LABEL_SLOT] = "7" },
	.values = readings,
	.value_count = 1,
};

static struct plan_label label_of(const char *template, bool is_zpl)
{
	return (struct plan_label){ .template = (char *)template,
				    .template_bytes = strlen(template),
				    .is_zpl = is_zpl };
}

static enum status fill(const char *template, bool is_zpl, const struct label_values *values,
			char *text, size_t size, struct err *err)
{
	struct plan_label l = label_of(template, is_zpl);
	struct page page = { 0 };
	enum status st = label_fill(&l, values, &page, err);

	snprintf(text, size, "%s", page.data ? page.data : "");
	free(page.data);
	return st;
}

static void expect(const char *template, bool is_zpl, const struct label_values *values,
		   const char *wanted)
{
	char text[512];
	struct err err;

	assert_int_equal(fill(template, is_zpl, values, text, sizeof(text), &err), STATUS_OK);
	assert_string_equal(text, wanted);
}

static void names_become_values_and_double_braces_braces(void **state)
{
	(void)state;
	expect("S/N {serial}, slot {slot}, {{fw {value:fw}}}", false, &usual,
	       "S/N M5C2-000123, slot 7, {fw 1.2.3}");
	expect("{batch}|{part}|", false, &usual, "||");
}

static void no_value_can_become_a_command_of_the_printer(void **state)
{
	struct label_values values = usual;

	(void)state;
	values.of[LABEL_SERIAL] = "^XZ~JA_5E\x01\xc3\xbc";
	expect("^XA^FH^FD{serial}^FS^XZ", true, &values,
	       "^XA^CI28^FH^FD_5EXZ_7EJA_5F5E_01_C3_BC^FS^XZ");
	/* The field may have a sign of its own for hex. */
	values.of[LABEL_SERIAL] = "a#b_^";
	expect("^XA^FH#^FD{serial}^FS^XZ", true, &values, "^XA^CI28^FH#^FDa#23b_#5E^FS^XZ");
}

static void utf8_is_announced_once_and_only_where_nothing_else_is(void **state)
{
	(void)state;
	expect("^XA^FS^XZ^xa^XZ", true, &usual, "^XA^CI28^FS^XZ^xa^CI28^XZ");
	expect("^XA^CI13^FS^XZ", true, &usual, "^XA^CI13^FS^XZ");
	expect("^XA", false, &usual, "^XA");
}

static void a_label_of_no_unit_is_not_made(void **state)
{
	struct label_values values = usual;
	char text[64];
	struct err err;

	(void)state;
	values.of[LABEL_SERIAL] = "";
	assert_int_equal(fill("{serial}", false, &values, text, sizeof(text), &err),
			 STATUS_UNIT_DATA_MISSING);
	assert_string_equal(err.text, "label: the unit has no {serial}");
	assert_int_equal(fill("{value:hw}", false, &usual, text, sizeof(text), &err),
			 STATUS_UNIT_DATA_MISSING);
	assert_string_equal(err.text, "label: the unit has no {value:hw}");
}

static void text_takes_no_control_characters(void **state)
{
	struct label_values values = usual;
	char text[64];
	struct err err;

	(void)state;
	values.of[LABEL_SERIAL] = "a\033[2J";
	assert_int_equal(fill("{serial}", false, &values, text, sizeof(text), &err),
			 STATUS_UNIT_DATA_BAD);
}

/* The first thing that is wrong with a template. */
static struct label_piece first_wrong(const char *template, bool is_zpl)
{
	struct label_reader reader = { .text = template,
				       .end = template + strlen(template),
				       .is_zpl = is_zpl,
				       .line = 1,
				       .column = 1 };
	struct label_piece piece;

	do {
		label_next(&reader, &piece);
	} while (piece.kind == PIECE_TEXT || piece.kind == PIECE_NAME);
	return piece;
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
	struct label_piece piece;

	(void)state;
	piece = first_wrong("a\n  \xc3\xbc{serail}", false);
	assert_int_equal(piece.kind, PIECE_WRONG);
	assert_int_equal(piece.line, 2);
	assert_int_equal(piece.column, 4);
	assert_non_null(strstr(piece.why, "{serail}: no such value: did you mean {serial}?"));
	assert_int_equal(first_wrong("{serial", false).kind, PIECE_WRONG);
	assert_int_equal(first_wrong("{value:}", false).kind, PIECE_WRONG);
	assert_int_equal(first_wrong("{}", false).kind, PIECE_WRONG);
	assert_int_equal(first_wrong("{serial\n}", false).kind, PIECE_WRONG);
}

static void in_zpl_a_name_has_to_stand_in_a_field_with_hex(void **state)
{
	(void)state;
	assert_int_equal(first_wrong("^XA^FD{serial}^FS", true).kind, PIECE_WRONG);
	assert_int_equal(first_wrong("^XA^FH{serial}^FD^FS", true).kind, PIECE_WRONG);
	assert_int_equal(first_wrong("^XA^FH^FDa^FS{serial}", true).kind, PIECE_WRONG);
	assert_int_equal(first_wrong("^XA^FH^FDa^FS^FD{serial}^FS", true).kind, PIECE_WRONG);
	assert_int_equal(first_wrong("^XA^fh^fd{serial}^FS^FH\\^FV{mac}^FS", true).kind, PIECE_END);
}

static void every_name_is_known_by_its_own_word(void **state)
{
	char template[64];

	(void)state;
	for (unsigned i = 0; i < LABEL_VALUE; i++) {
		struct label_reader reader;
		struct label_piece piece;

		snprintf(template, sizeof(template), "{%s}", label_name_word(i));
		reader = (struct label_reader){
			.text = template, .end = template + strlen(template), .line = 1, .column = 1
		};
		label_next(&reader, &piece);
		assert_int_equal(piece.kind, PIECE_NAME);
		assert_int_equal(piece.name, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_values_and_double_braces_braces),
		cmocka_unit_test(no_value_can_become_a_command_of_the_printer),
		cmocka_unit_test(utf8_is_announced_once_and_only_where_nothing_else_is),
		cmocka_unit_test(a_label_of_no_unit_is_not_made),
		cmocka_unit_test(text_takes_no_control_characters),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
		cmocka_unit_test(in_zpl_a_name_has_to_stand_in_a_field_with_hex),
		cmocka_unit_test(every_name_is_known_by_its_own_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
