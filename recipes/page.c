#include "recipes/page.h"

#include "recipes/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool grow(struct page *t, size_t more)
{
	size_t room = t->room ? t->room : 256;
	char *data;

	while (room - t->size < more + 1)
		room *= 2;
	if (room == t->room)
		return true;
	data = realloc(t->data, room);
	if (!data) {
		t->has_failed = true;
		return false;
	}
	t->data = data;
	t->room = room;
	return true;
}

void page_add(struct page *t, const char *format, ...)
{
	va_list args, again;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length >= 0 && !t->has_failed && grow(t, (size_t)length)) {
		vsnprintf(t->data + t->size, (size_t)length + 1, format, again);
		t->size += (size_t)length;
	}
	va_end(again);
	va_end(args);
}

void page_add_json(struct page *t, const char *value)
{
	if (!value) {
		page_add(t, "null");
		return;
	}
	page_add(t, "\"");
	for (size_t left = strlen(value), length; left; value += length, left -= length) {
		length = utf8_span((const uint8_t *)value, left);
		if (*value == '"' || *value == '\\')
			page_add(t, "\\%c", *value);
		else if (length && (unsigned char)*value < 0x20)
			page_add(t, "\\u%04x", (unsigned)*value);
		else
			page_add(t, "%.*s", length ? (int)length : 1, length ? value : "?");
		length = length ? length : 1;
	}
	page_add(t, "\"");
}

char *page_take(struct page *t)
{
	char *data = t->data;

	if (t->has_failed) {
		free(data);
		data = NULL;
	}
	memset(t, 0, sizeof(*t));
	return data;
}
