#include "engine/console_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* All lines of a text that comes in two pieces, with | between them; the last one open. */
static const char *lines_of(const char *text, size_t size, size_t cut)
{
	static char all[8000];
	struct console_lines c;
	size_t len = 0;

	console_lines_init(&c);
	all[0] = '\0';
	for (size_t used = 0; used < size;) {
		size_t most = used < cut ? cut : size;
		bool has_line;

		used += console_lines_take(&c, (const uint8_t *)text + used, most - used,
					   &has_line);
		if (has_line)
			len += (size_t)snprintf(all + len, sizeof(all) - len, "%s|", c.text);
	}
	assert_int_equal(c.bytes, size);
	if (console_lines_end(&c))
		snprintf(all + len, sizeof(all) - len, "%s", c.text);
	return all;
}

static void each_line_is_clean_wherever_it_is_cut(void **state)
{
	static const struct {
		const char *text, *lines;
	} rows[] = {
		{ "one\r\ntwo\nthree\rfour", "one|two|three|four" },
		{ "\r\n\r\n\n", "" },
		{ "\x1b[0;32mI (312) main: ready\x1b[0m\n", "I (312) main: ready|" },
		{ "a\x1b[1;31;40mb\x1b[Kc\x1b[2J", "abc" },
		{ "\x1b]0;a title\x07shown\n", "shown|" },
		{ "\x1b(Bplain\x1b\x63\n", "plain|" },
		{ "\x1b[0;3\nnext line\n", "next line|" },
		{ "tab\there\n", "tab here|" },
		{ "bell\x07 and \x01"
		  "control\n",
		  "bell and control|" },
		{ "Stra\xc3\x9f"
		  "e 25\xc2\xb0"
		  "C\n",
		  "Stra\xc3\x9f"
		  "e 25\xc2\xb0"
		  "C|" },
		{ "no\xff text\xc3\n", "no? text?|" },
		{ "prompt> ", "prompt> " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = strlen(rows[i].text);

		for (size_t cut = 0; cut <= size; cut++)
			assert_string_equal(lines_of(rows[i].text, size, cut), rows[i].lines);
	}
}

static void a_long_line_is_cut_and_the_next_one_is_whole(void **state)
{
	char text[3 * CONSOLE_LINE_BYTES], wanted[3 * CONSOLE_LINE_BYTES];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + sizeof(text) - 6, "\nnext\n", 6);
	snprintf(wanted, sizeof(wanted), "%.*s|next|", CONSOLE_LINE_BYTES, text);
	assert_string_equal(lines_of(text, sizeof(text), 0), wanted);
}

/* Of three bytes, of which two would fit. */
static void a_character_at_the_end_of_the_room_is_not_halved(void **state)
{
	char text[CONSOLE_LINE_BYTES + 2];
	const char *line;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + CONSOLE_LINE_BYTES - 2, "\xe2\x82\xac\n", 4);
	line = lines_of(text, sizeof(text), 0);
	assert_int_equal(line[CONSOLE_LINE_BYTES - 1], '?');
	assert_int_equal(line[CONSOLE_LINE_BYTES - 2], '?');
}

static void what_is_no_text_is_counted(void **state)
{
	static const uint8_t bytes[] = { 'a', 0x00, 0xff, 0x80, 'b', '\n', 'c', '\n' };
	struct console_lines c;
	bool has_line;
	size_t used;

	(void)state;
	console_lines_init(&c);
	used = console_lines_take(&c, bytes, sizeof(bytes), &has_line);
	assert_true(has_line && c.is_odd);
	assert_string_equal(c.text, "a??b");
	assert_int_equal(c.odd_bytes, 3);
	console_lines_take(&c, bytes + used, sizeof(bytes) - used, &has_line);
	assert_true(has_line && !c.is_odd);
	assert_int_equal(c.odd_bytes, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_clean_wherever_it_is_cut),
		cmocka_unit_test(a_long_line_is_cut_and_the_next_one_is_whole),
		cmocka_unit_test(a_character_at_the_end_of_the_room_is_not_halved),
		cmocka_unit_test(what_is_no_text_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
