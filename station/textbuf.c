#include "station/textbuf.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void textbuf_release(struct textbuf *t)
{
	free(t->bytes);
	*t = (struct textbuf){ 0 };
}

void textbuf_clear(struct textbuf *t)
{
	t->len = 0;
	t->has_failed = false;
	if (t->bytes)
		t->bytes[0] = '\0';
}

/* Room for size more bytes and the terminating zero. */
static bool reserve(struct textbuf *t, size_t size)
{
	size_t room = t->room ? t->room : 128;
	char *bytes;

	if (t->has_failed)
		return false;
	while (room < t->len + size + 1)
		room *= 2;
	if (room == t->room)
		return true;
	bytes = realloc(t->bytes, room);
	if (!bytes) {
		t->has_failed = true;
		return false;
	}
	t->bytes = bytes;
	t->room = room;
	return true;
}

void textbuf_bytes(struct textbuf *t, const char *bytes, size_t size)
{
	if (!reserve(t, size))
		return;
	memcpy(t->bytes + t->len, bytes, size);
	t->len += size;
	t->bytes[t->len] = '\0';
}

void textbuf_add(struct textbuf *t, const char *format, ...)
{
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (size < 0 || !reserve(t, (size_t)size))
		return;
	va_start(args, format);
	vsnprintf(t->bytes + t->len, (size_t)size + 1, format, args);
	va_end(args);
	t->len += (size_t)size;
}

void textbuf_pad(struct textbuf *t, char c, int count)
{
	if (count <= 0 || !reserve(t, (size_t)count))
		return;
	memset(t->bytes + t->len, c, (size_t)count);
	t->len += (size_t)count;
	t->bytes[t->len] = '\0';
}

void textbuf_trim(struct textbuf *t)
{
	while (t->len && t->bytes[t->len - 1] == ' ')
		t->bytes[--t->len] = '\0';
}

const char *textbuf_string(const struct textbuf *t)
{
	return t->bytes ? t->bytes : "";
}

/* Bytes of the UTF-8 character at s, 0 when it is none. */
static size_t utf8_length(const unsigned char *s)
{
	size_t length = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;

	if (s[0] > 0xF4)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	}
	/* Overlong forms, surrogates, and what lies behind the last code point. */
	if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
	    (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
		return 0;
	/* The C1 control characters: some terminals obey them. */
	if (s[0] == 0xC2 && s[1] < 0xA0)
		return 0;
	return length;
}

/* Bytes of the mark at s that turns what stands behind it around, or breaks the line, so that a
 * name could pass for another: U+061C, U+200E, U+200F, U+2028 .. U+202E, U+2066 .. U+2069. */
static size_t mark_length(const unsigned char *s)
{
	if (s[0] == 0xD8 && s[1] == 0x9C)
		return 2;
	if (s[0] != 0xE2)
		return 0;
	if (s[1] == 0x80 && (s[2] == 0x8E || s[2] == 0x8F || (s[2] >= 0xA8 && s[2] <= 0xAE)))
		return 3;
	return s[1] == 0x81 && s[2] >= 0xA6 && s[2] <= 0xA9 ? 3 : 0;
}

void text_clean(char *string)
{
	unsigned char *to = (unsigned char *)string;

	for (const unsigned char *s = to; *s;) {
		size_t length = utf8_length(s), mark = mark_length(s);

		if (mark || length == 0 || *s < 0x20 || *s == 0x7F) {
			*to++ = '?';
			s += mark ? mark : 1;
			continue;
		}
		memmove(to, s, length);
		to += length;
		s += length;
	}
	*to = '\0';
}

int text_columns(const char *string)
{
	int columns = 0;

	for (; *string; string++)
		columns += ((unsigned char)*string & 0xC0) != 0x80;
	return columns;
}

int text_compare_natural(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			size_t length_a, length_b;
			int order;

			a += strspn(a, "0");
			b += strspn(b, "0");
			length_a = strspn(a, "0123456789");
			length_b = strspn(b, "0123456789");
			if (length_a != length_b)
				return length_a < length_b ? -1 : 1;
			order = strncmp(a, b, length_a);
			if (order)
				return order;
			a += length_a;
			b += length_b;
			continue;
		}
		if (*a != *b)
			break;
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}
