#include "station/terminal/canvas.h"

#include "recipes/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct span {
	uint32_t first, last;
};

/* Columns by Unicode's East Asian Width (W and F), in whole blocks. */
static const struct span wide[] = {
	{ 0x1100, 0x115F },   /* Hangul */
	{ 0x2E80, 0x303E },   /* radicals, punctuation */
	{ 0x3041, 0x33FF },   /* kana and what stands with them */
	{ 0x3400, 0x4DBF },   /* Chinese characters */
	{ 0x4E00, 0x9FFF },   /* the same */
	{ 0xA000, 0xA4CF },   /* Yi */
	{ 0xAC00, 0xD7A3 },   /* Hangul */
	{ 0xF900, 0xFAFF },   /* Chinese characters */
	{ 0xFE30, 0xFE6F },   /* forms of punctuation */
	{ 0xFF00, 0xFF60 },   /* full width forms */
	{ 0xFFE0, 0xFFE6 },   /* the same */
	{ 0x1F300, 0x1F64F }, /* pictures */
	{ 0x1F900, 0x1F9FF }, /* the same */
	{ 0x20000, 0x3FFFD }, /* Chinese characters */
};

/* They stand on the character before them. */
static const struct span marks[] = {
	{ 0x0300, 0x036F }, { 0x200B, 0x200D }, { 0x20D0, 0x20FF },
	{ 0x3099, 0x309A }, { 0xFE00, 0xFE0F }, { 0xFEFF, 0xFEFF },
};

static bool is_in(const struct span *spans, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++) {
		if (code >= spans[i].first && code <= spans[i].last)
			return true;
	}
	return false;
}

static int columns_of(uint32_t code)
{
	if (code < 0x300)
		return 1;
	if (is_in(marks, sizeof(marks) / sizeof(marks[0]), code))
		return 0;
	return is_in(wide, sizeof(wide) / sizeof(wide[0]), code) ? 2 : 1;
}

/* The next character of a text that is not at its end, made harmless. */
static uint32_t next_code(const char **text)
{
	static const uint8_t lead[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
	const uint8_t *p = (const uint8_t *)*text;
	size_t length = utf8_span(p, strnlen(*text, 4)), control = utf8_control(p);
	uint32_t code;

	if (control || !length) {
		*text += control ? control : 1;
		return '?';
	}
	code = p[0] & lead[length];
	for (size_t i = 1; i < length; i++)
		code = code << 6 | (p[i] & 0x3F);
	*text += length;
	return code;
}

void canvas_begin(struct canvas *s, int columns, int lines, bool has_utf8)
{
	struct glyph *glyphs;

	columns = columns < 0 ? 0 : columns > CANVAS_COLUMNS_MAX ? CANVAS_COLUMNS_MAX : columns;
	lines = lines < 0 ? 0 : lines > CANVAS_LINES_MAX ? CANVAS_LINES_MAX : lines;
	s->has_utf8 = has_utf8;
	if (!s->glyphs || s->columns != columns || s->lines != lines) {
		glyphs =
			realloc(s->glyphs, ((size_t)columns * (size_t)lines + 1) * sizeof(*glyphs));
		s->has_failed = !glyphs;
		if (!glyphs) {
			s->columns = s->lines = 0;
			return;
		}
		s->glyphs = glyphs;
		s->columns = columns;
		s->lines = lines;
	}
	for (size_t i = 0; i < (size_t)columns * (size_t)lines; i++)
		s->glyphs[i] = (struct glyph){ .code = ' ', .style = STYLE_PLAIN };
}

void canvas_release(struct canvas *s)
{
	free(s->glyphs);
	*s = (struct canvas){ 0 };
}

static void set(struct canvas *s, int x, int y, enum style style, uint32_t code)
{
	struct glyph *glyph = &s->glyphs[(size_t)y * (size_t)s->columns + (size_t)x];

	/* Half of a wide character is none. */
	if (glyph->code == 0 && x > 0)
		glyph[-1].code = ' ';
	if (columns_of(glyph->code) == 2 && x + 1 < s->columns)
		glyph[1].code = ' ';
	glyph->code = code;
	glyph->style = (uint8_t)style;
}

int canvas_text(struct canvas *s, int x, int y, int room, enum style style, const char *text)
{
	int begin = x;

	if (x < 0 || y < 0 || y >= s->lines)
		return 0;
	room = room < s->columns - x ? room : s->columns - x;
	while (*text) {
		uint32_t code = next_code(&text);
		int columns;

		if (!s->has_utf8 && code > 0x7E)
			code = '?';
		columns = columns_of(code);
		if (x - begin + columns > room)
			break;
		if (columns == 0)
			continue;
		set(s, x, y, style, code);
		if (columns == 2)
			set(s, x + 1, y, style, ' ');
		if (columns == 2) { /* the second set() took the first for a neighbour's half */
			s->glyphs[(size_t)y * (size_t)s->columns + (size_t)x].code = code;
			s->glyphs[(size_t)y * (size_t)s->columns + (size_t)x + 1].code = 0;
		}
		x += columns;
	}
	return x - begin;
}

int canvas_format(struct canvas *s, int x, int y, int room, enum style style, const char *format,
		  ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return canvas_text(s, x, y, room, style, text);
}

void canvas_fill(struct canvas *s, int x, int y, int columns, enum style style, uint32_t code)
{
	if (y < 0 || y >= s->lines)
		return;
	for (int i = x < 0 ? 0 : x; i < x + columns && i < s->columns; i++)
		set(s, i, y, style, code);
}

/* Bytes of the longest beginning of text that fits into room columns, broken at a blank where
 * there is one. */
static size_t line_bytes(const char *text, int room)
{
	const char *p = text, *blank = NULL;
	int columns = 0;

	while (*p) {
		const char *before = p;
		uint32_t code = next_code(&p);

		columns += columns_of(code);
		if (columns > room) {
			p = blank ? blank : before;
			break;
		}
		if (code == ' ')
			blank = before;
	}
	return (size_t)(p - text);
}

int canvas_paragraph(struct canvas *s, int x, int y, int room, int lines, enum style style,
		     const char *text)
{
	char line[1024];
	int used = 0;

	while (*text && used < lines && room > 1) {
		size_t bytes = line_bytes(text, room);

		if (bytes == 0 || bytes >= sizeof(line))
			break;
		snprintf(line, sizeof(line), "%.*s", (int)bytes, text);
		canvas_text(s, x, y + used++, room, style, line);
		text += bytes;
		text += strspn(text, " ");
	}
	return used;
}

void canvas_choose(struct canvas *s, int x, int y, int columns, int lines)
{
	for (int j = y < 0 ? 0 : y; j < y + lines && j < s->lines; j++) {
		for (int i = x < 0 ? 0 : x; i < x + columns && i < s->columns; i++)
			s->glyphs[(size_t)j * (size_t)s->columns + (size_t)i].is_chosen = true;
	}
}

int canvas_width(const char *text)
{
	int columns = 0;

	while (*text)
		columns += columns_of(next_code(&text));
	return columns;
}
