/*
 * The page's words: each of the three languages has all of them, and everything that the program
 * can say about a unit, a slot or a lock has words.
 */
#include "tests/web/prelude.h"

#include "station/line/locks.h"
#include "station/line/said.h"
#include "station/web/web_json.h"
#include "station/web/web_routes.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const languages[] = { "en", "zh", "ja" };
#define LANGUAGES 3

struct words {
	json_t *all, *of[LANGUAGES];
};

static int set_up(void **state)
{
	struct words *w = calloc(1, sizeof(*w));
	const struct web_file *file = web_route_of("/words.js")->file;
	const char *text = (const char *)file->bytes;
	const char *brace = memchr(text, '{', file->size);
	size_t size = file->size - (size_t)(brace - text);
	json_error_t error;

	w->all = json_loadb(brace, size, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
	if (!w->all)
		fail_msg("words.js: line %d: %s", error.line, error.text);
	for (unsigned i = 0; i < LANGUAGES; i++)
		w->of[i] = json_object_get(w->all, languages[i]);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct words *w = *state;

	json_decref(w->all);
	free(w);
	return 0;
}

static void expect_words(const struct words *w, const char *prefix, const char *name)
{
	for (unsigned i = 0; i < LANGUAGES; i++) {
		char key[120];
		const char *text;

		snprintf(key, sizeof(key), "%s%s", prefix, name);
		text = json_string_value(json_object_get(w->of[i], key));
		if (!text || !text[0])
			fail_msg("%s has no words for %s", languages[i], key);
	}
}

/* Placeholders such as {n}, each once, as one sorted text. */
static void placeholders(const char *text, char *found, size_t size)
{
	found[0] = '\0';
	for (const char *at = strchr(text, '{'); at; at = strchr(at + 1, '{')) {
		size_t length = strcspn(at, "}") + 1;
		char one[40];

		snprintf(one, sizeof(one), "%.*s", (int)length, at);
		if (!strstr(found, one))
			snprintf(found + strlen(found), size - strlen(found), "%s", one);
	}
}

static bool has_same_placeholders(const char *a, const char *b)
{
	char of_a[200], of_b[200];

	placeholders(a, of_a, sizeof(of_a));
	placeholders(b, of_b, sizeof(of_b));
	/* Their order may differ: of {k} of {n}, "{n} 台中 {k} 台". */
	for (const char *at = of_a; *at; at += strcspn(at, "}") + 1) {
		char one[40];

		snprintf(one, sizeof(one), "%.*s", (int)strcspn(at, "}") + 1, at);
		if (!strstr(of_b, one))
			return false;
	}
	return strlen(of_a) == strlen(of_b);
}

static void every_text_stands_in_every_language_with_the_same_blanks(void **state)
{
	const struct words *w = *state;
	const char *key;
	json_t *value;

	assert_int_equal(json_object_size(w->all), LANGUAGES);
	for (unsigned i = 1; i < LANGUAGES; i++)
		assert_int_equal(json_object_size(w->of[0]), json_object_size(w->of[i]));
	json_object_foreach(w->of[0], key, value)
	{
		expect_words(w, "", key);
		for (unsigned i = 1; i < LANGUAGES; i++) {
			const char *other = json_string_value(json_object_get(w->of[i], key));

			if (!has_same_placeholders(json_string_value(value), other))
				fail_msg("%s: '%s' in en, '%s' in %s", key,
					 json_string_value(value), other, languages[i]);
		}
	}
}

static void every_status_has_a_reason_and_a_sentence(void **state)
{
	const struct words *w = *state;

	for (unsigned i = 0; i < STATUS_COUNT; i++) {
		const struct status_row *row = status_row((enum status)i);
		char key[80];

		expect_words(w, "reason.", row->code);
		expect_words(w, "status.", row->code);
		snprintf(key, sizeof(key), "status.%s", row->code);
		assert_string_equal(json_string_value(json_object_get(w->of[0], key)),
				    row->sentence);
	}
}

static void everything_that_a_line_says_has_words(void **state)
{
	const struct words *w = *state;

	for (unsigned i = SAID_TEXT + 1; i < SAID_CODE_COUNT; i++) {
		const struct said_row *row = said_row((enum said_code)i);
		char key[80];

		expect_words(w, "said.", row->code);
		snprintf(key, sizeof(key), "said.%s", row->code);
		assert_string_equal(json_string_value(json_object_get(w->of[0], key)), row->text);
	}
}

static void every_state_step_outcome_label_and_lock_has_words(void **state)
{
	const struct words *w = *state;

	for (unsigned i = 0; i < SLOT_STATE_COUNT; i++)
		expect_words(w, "state.", slot_state_name((enum slot_state)i));
	for (unsigned i = 0; i < STEP_COUNT; i++)
		expect_words(w, "step.", flash_step_name((enum flash_step)i));
	for (unsigned i = 0; i < OUTCOME_COUNT; i++)
		expect_words(w, "outcome.", outcome_name((enum outcome)i));
	for (unsigned i = 0; i < LABEL_STATE_COUNT; i++)
		expect_words(w, "label.", label_state_name((enum label_state)i));
	for (unsigned i = 0; i < LOCK_CODE_COUNT; i++) {
		const char *code = lock_row((enum lock_code)i)->code;
		char name[80];

		snprintf(name, sizeof(name), "%s.name", code);
		expect_words(w, "lock.", code);
		expect_words(w, "lock.", name);
	}
}

/* A text that words.js has, as "key" stands in a file of the page. */
static unsigned expect_used_keys(const struct words *w, const struct web_file *file,
				 const char *before, char end)
{
	char *text = strndup((const char *)file->bytes, file->size);
	unsigned count = 0;

	for (char *at = strstr(text, before); at; at = strstr(at + 1, before)) {
		char key[80], *begin = at + strlen(before);
		char *stop = strchr(begin, end);

		/* "get(" and the like end as t( does. */
		if (!stop || stop - begin >= (int)sizeof(key) ||
		    (at > text && isalpha((unsigned char)at[-1])))
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)(stop - begin), begin);
		/* "state." + name is one that is put together: the other tests have those. */
		if (key[0] && key[strlen(key) - 1] != '.' && key[strlen(key) - 1] != '\'')
			expect_words(w, "", key);
		count++;
	}
	free(text);
	return count;
}

static bool is_script(const char *path)
{
	return strstr(path, ".js") != NULL && strcmp(path, "/words.js") != 0;
}

static void every_text_that_the_page_uses_is_there(void **state)
{
	const struct words *w = *state;
	unsigned texts = 0, facts = 0;

	for (size_t i = 0; i < web_file_route_count; i++) {
		const struct web_route *route = &web_file_routes[i];

		if (!is_script(route->path))
			continue;
		texts += expect_used_keys(w, route->file, "t(\"", '"');
		facts += expect_used_keys(w, route->file, "fact(facts, \"", '"');
	}
	assert_true(texts > 50);
	assert_true(facts > 5);
	assert_true(expect_used_keys(w, web_route_of("/")->file, "data-t=\"", '"') > 5);
}

/* Neither quotes of HTML nor scripts: the page takes them for text anyway. */
static void no_text_holds_markup(void **state)
{
	const struct words *w = *state;

	for (unsigned i = 0; i < LANGUAGES; i++) {
		const char *key;
		json_t *value;

		json_object_foreach(w->of[i], key, value)
		{
			if (strpbrk(json_string_value(value), "<>&"))
				fail_msg("%s: %s", key, json_string_value(value));
		}
	}
}

static void the_page_never_makes_html_of_a_text(void **state)
{
	static const char *const never[] = { "innerHTML",      "outerHTML", "insertAdjacentHTML",
					     "document.write", "eval(",     "Function(",
					     "http://",        "https://" };

	(void)state;
	for (size_t f = 0; f < web_file_route_count; f++) {
		const struct web_route *route = &web_file_routes[f];
		char *text = strndup((const char *)route->file->bytes, route->file->size);

		for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
			char *at = strstr(text, never[i]);

			/* The name of SVG elements is no address that anybody asks. */
			if (at && strncmp(at, "http://www.w3.org/2000/svg", 26) != 0)
				fail_msg("%s uses %s", route->path, never[i]);
		}
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_text_stands_in_every_language_with_the_same_blanks),
		cmocka_unit_test(every_status_has_a_reason_and_a_sentence),
		cmocka_unit_test(everything_that_a_line_says_has_words),
		cmocka_unit_test(every_state_step_outcome_label_and_lock_has_words),
		cmocka_unit_test(every_text_that_the_page_uses_is_there),
		cmocka_unit_test(no_text_holds_markup),
		cmocka_unit_test(the_page_never_makes_html_of_a_text),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
