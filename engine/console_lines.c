/* Escape codes as ECMA-48 has them: CSI 5.4, OSC 8.3.89, others one byte behind ESC. */
#include "engine/console_lines.h"

#include "engine/base/utf8.h"

#include <string.h>

#define ESC 0x1b
#define BEL 0x07

void console_lines_init(struct console_lines *c)
{
	*c = (struct console_lines){ .len = 0 };
}

/* What the byte is to an escape code that has begun. */
static void take_escape(struct console_lines *c, uint8_t byte)
{
	switch (c->escape) {
	case CONSOLE_TEXT:
		break;
	case CONSOLE_ESCAPE:
		if (byte == '[')
			c->escape = CONSOLE_CONTROL;
		else if (byte == ']')
			c->escape = CONSOLE_COMMAND;
		else if (byte < 0x20 || byte > 0x2f) /* those come before the last one */
			c->escape = CONSOLE_TEXT;
		break;
	case CONSOLE_CONTROL:
		if (byte < 0x20 || byte > 0x3f)
			c->escape = CONSOLE_TEXT;
		break;
	case CONSOLE_COMMAND:
		if (byte == BEL)
			c->escape = CONSOLE_TEXT;
		break;
	}
}

static void add(struct console_lines *c, uint8_t byte)
{
	if (byte == '\t')
		byte = ' ';
	if (byte < 0x20 || byte == 0x7f) {
		c->odd_bytes++;
		c->is_odd = true;
		return;
	}
	if (c->len < CONSOLE_LINE_BYTES)
		c->text[c->len++] = (char)byte;
}

/* What is no UTF-8 becomes '?', and so does a character that the end of the room has cut. */
static void clean(struct console_lines *c)
{
	for (size_t i = 0; i < c->len;) {
		size_t span = utf8_span((const uint8_t *)c->text + i, c->len - i);

		if (!span) {
			c->text[i] = '?';
			c->odd_bytes++;
			c->is_odd = true;
		}
		i += span ? span : 1;
	}
	c->text[c->len] = '\0';
}

static bool finish(struct console_lines *c)
{
	c->escape = CONSOLE_TEXT;
	if (!c->len)
		return false;
	clean(c);
	c->is_out = true;
	return true;
}

static void begin(struct console_lines *c)
{
	if (!c->is_out)
		return;
	c->len = 0;
	c->is_out = c->is_odd = false;
}

size_t console_lines_take(struct console_lines *c, const uint8_t *bytes, size_t count,
			  bool *has_line)
{
	size_t used = 0;

	begin(c);
	*has_line = false;
	while (used < count && !*has_line) {
		uint8_t byte = bytes[used++];

		if (byte == '\n' || byte == '\r')
			*has_line = finish(c);
		else if (byte == ESC)
			c->escape = CONSOLE_ESCAPE;
		else if (c->escape != CONSOLE_TEXT)
			take_escape(c, byte);
		else
			add(c, byte);
	}
	c->bytes += used;
	return used;
}

bool console_lines_end(struct console_lines *c)
{
	begin(c);
	return finish(c);
}
