#include "recipes/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool grow(struct text *t, size_t more)
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

void text_add(struct text *t, const char *format, ...)
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

void text_add_json(struct text *t, const char *value)
{
	if (!value) {
		text_add(t, "null");
		return;
	}
	text_add(t, "\"");
	for (const char *c = value; *c; c++) {
		if (*c == '"' || *c == '\\')
			text_add(t, "\\%c", *c);
		else if ((unsigned char)*c < 0x20)
			text_add(t, "\\u%04x", (unsigned)*c);
		else
			text_add(t, "%c", *c);
	}
	text_add(t, "\"");
}

char *text_take(struct text *t)
{
	char *data = t->data;

	if (t->has_failed) {
		free(data);
		data = NULL;
	}
	memset(t, 0, sizeof(*t));
	return data;
}
