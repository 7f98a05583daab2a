#include "db/text.h"

#include <string.h>

size_t utf8_length(const char *text, size_t size_bytes)
{
	const uint8_t *p = (const uint8_t *)text;
	uint32_t least, value;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2, least = 0x80, value = p[0] & 0x1fu;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		len = 3, least = 0x800, value = p[0] & 0x0fu;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4, least = 0x10000, value = p[0] & 0x07u;
	else
		return 0;
	if (size_bytes < len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (p[i] & 0x3fu);
	}
	if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	return len;
}

/* U+0080 .. U+009F: terminals obey these as well. */
static bool is_control(const char *text, size_t len)
{
	unsigned char first = (unsigned char)text[0];

	if (len == 1)
		return first < ' ' || first == 0x7f;
	return len == 2 && first == 0xc2 && (unsigned char)text[1] < 0xa0;
}

size_t text_print(FILE *out, const char *text, bool keep_newlines)
{
	size_t left = text ? strlen(text) : 0;
	size_t count = 0;

	while (left) {
		size_t len = utf8_length(text, left);
		size_t step = len ? len : 1;

		if (out) {
			if (!len)
				fputs(UTF8_REPLACEMENT, out);
			else if (is_control(text, len) && !(keep_newlines && *text == '\n'))
				fputc('?', out);
			else
				fwrite(text, 1, len, out);
		}
		text += step;
		left -= step;
		count++;
	}
	return count;
}
