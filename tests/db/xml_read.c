#include "tests/db/xml_read.h"

#include "db/text.h"
#include "tests/db/world.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void expect(struct xml *x, const char *text)
{
	if (strncmp(x->at, text, strlen(text)))
		fail_msg("XML: expected '%s' at '%.40s'", text, x->at);
	x->at += strlen(text);
}

/* XML 1.0, 2.2: what is a character at all. */
static size_t character(const char *at)
{
	size_t len = utf8_length(at, strlen(at));
	unsigned char c = (unsigned char)*at;

	if (!len || (c < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
	    strncmp(at, "\xef\xbf\xbe", 3) == 0 || strncmp(at, "\xef\xbf\xbf", 3) == 0)
		fail_msg("XML: no character: '%.40s'", at);
	return len;
}

/* &lt; and the like, to their characters. */
static size_t reference(struct xml *x, char *out)
{
	static const struct {
		const char *name;
		char c;
	} names[] = { { "&lt;", '<' },  { "&gt;", '>' },   { "&amp;", '&' }, { "&quot;", '"' },
		      { "&#9;", '\t' }, { "&#10;", '\n' }, { "&#13;", '\r' } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(x->at, names[i].name, strlen(names[i].name)) == 0) {
			x->at += strlen(names[i].name);
			*out = names[i].c;
			return 1;
		}
	}
	fail_msg("XML: unknown reference: '%.40s'", x->at);
	return 0;
}

/* Up to end, decoded as a parser hands it on: a raw line end in a value would become a space. */
static char *content(struct xml *x, char end, bool is_value)
{
	char *text = malloc(strlen(x->at) + 1);
	size_t len = 0;

	assert_non_null(text);
	while (*x->at != end) {
		size_t step;

		if (*x->at == '&') {
			len += reference(x, text + len);
			continue;
		}
		assert_true(*x->at && *x->at != '<' && strncmp(x->at, "]]>", 3));
		step = character(x->at);
		assert_int_not_equal(*x->at, '\r');
		memcpy(text + len, x->at, step);
		if (is_value && strchr("\t\n", *x->at))
			text[len] = ' ';
		len += step;
		x->at += step;
	}
	text[len] = '\0';
	return text;
}

static void name(struct xml *x, char *to, size_t size)
{
	size_t len = strspn(x->at, "abcdefghijklmnopqrstuvwxyz-");

	assert_in_range(len, 1, size - 1);
	memcpy(to, x->at, len);
	to[len] = '\0';
	x->at += len;
}

static void forget(struct xml *x)
{
	for (size_t i = 0; i < x->attribute_count; i++)
		free(x->attributes[i].value);
	x->attribute_count = 0;
	free(x->text);
	x->text = NULL;
}

void xml_begin(struct xml *x, const char *text)
{
	*x = (struct xml){ .at = text };
	expect(x, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
}

void xml_release(struct xml *x)
{
	forget(x);
}

static enum xml_event open_element(struct xml *x)
{
	expect(x, "<");
	assert_in_range(x->depth, 0, XML_DEPTH_MAX - 1);
	name(x, x->open[x->depth], sizeof(x->open[0]));
	x->depth++;
	while (*x->at == ' ') {
		size_t i = x->attribute_count++;

		assert_in_range(i, 0, XML_ATTRIBUTES_MAX - 1);
		x->at++;
		name(x, x->attributes[i].name, sizeof(x->attributes[i].name));
		for (size_t before = 0; before < i; before++)
			assert_string_not_equal(x->attributes[before].name, x->attributes[i].name);
		expect(x, "=\"");
		x->attributes[i].value = content(x, '"', true);
		x->at++;
	}
	x->is_empty = *x->at == '/';
	expect(x, x->is_empty ? "/>" : ">");
	return XML_OPEN;
}

static enum xml_event close_element(struct xml *x)
{
	char closed[32];

	if (!x->is_empty) {
		expect(x, "</");
		name(x, closed, sizeof(closed));
		expect(x, ">");
		assert_true(x->depth > 0);
		assert_string_equal(closed, x->open[x->depth - 1]);
	}
	x->is_empty = false;
	x->depth--;
	return XML_CLOSE;
}

enum xml_event xml_next(struct xml *x)
{
	forget(x);
	if (x->is_empty)
		return close_element(x);
	if (!x->depth) {
		while (isspace((unsigned char)*x->at))
			x->at++;
		return *x->at ? open_element(x) : XML_END;
	}
	if (*x->at != '<') {
		x->text = content(x, '<', false);
		return XML_TEXT;
	}
	return x->at[1] == '/' ? close_element(x) : open_element(x);
}

const char *xml_attribute_of(const struct xml *x, const char *of)
{
	for (size_t i = 0; i < x->attribute_count; i++)
		if (strcmp(x->attributes[i].name, of) == 0)
			return x->attributes[i].value;
	return NULL;
}

const char *xml_element(const struct xml *x)
{
	return x->depth ? x->open[x->depth - 1] : "";
}
