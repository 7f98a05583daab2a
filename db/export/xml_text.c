#include "db/export/xml_text.h"

#include "db/text.h"

/* Written in place of a character of one byte; NULL: as it is. */
static const char *reference(char c, int is_attribute)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\r':
		return "&#13;";
	case '"':
		return is_attribute ? "&quot;" : NULL;
	case '\t':
		return is_attribute ? "&#9;" : NULL;
	case '\n':
		return is_attribute ? "&#10;" : NULL;
	}
	return NULL;
}

static void put_byte(FILE *out, char c, int is_attribute)
{
	const char *text = reference(c, is_attribute);

	if (text)
		fputs(text, out);
	else if ((unsigned char)c < ' ' && c != '\t' && c != '\n')
		fprintf(out, "\xe2\x90%c", 0x80 + c); /* U+2400 + c */
	else
		fputc(c, out);
}

static void put(FILE *out, struct span span, int is_attribute)
{
	while (span.size_bytes) {
		size_t len = utf8_length(span.text, span.size_bytes);
		size_t step = len ? len : 1;
		int is_no_character = len == 3 && (memcmp(span.text, "\xef\xbf\xbe", 3) == 0 ||
						   memcmp(span.text, "\xef\xbf\xbf", 3) == 0);

		if (!len || is_no_character)
			fputs(UTF8_REPLACEMENT, out);
		else if (len == 1)
			put_byte(out, *span.text, is_attribute);
		else
			fwrite(span.text, 1, len, out);
		span.text += step;
		span.size_bytes -= step;
	}
}

void xml_text(FILE *out, struct span span)
{
	put(out, span, 0);
}

void xml_attribute(FILE *out, const char *name, struct span span)
{
	if (!span.text)
		return;
	fprintf(out, " %s=\"", name);
	put(out, span, 1);
	fputc('"', out);
}
