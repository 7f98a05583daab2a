#include "station/label/zpl_status.h"

#include <ctype.h>
#include <string.h>

#define STX '\002'
#define ETX '\003'
#define ANSWER_LINES 3
#define FIELDS_MAX 16

/* The flags that stop printing: their line, and which number of it. */
static const struct flag {
	unsigned line, field;
	const char *why;
} flags[] = {
	{ 1, 2, "its head is open: close it" },
	{ 0, 1, "it has no paper: put paper in" },
	{ 1, 3, "it has no ribbon: put a ribbon in" },
	{ 0, 2, "it pauses: press its pause key" },
	{ 0, 10, "it is too cold or too warm: wait" },
	{ 0, 11, "it is too cold or too warm: wait" },
	{ 0, 9, "its memory is damaged: switch it off and on" },
	{ 0, 5, "its buffer is full: wait" },
};

struct line {
	const char *fields[FIELDS_MAX];
	size_t lengths[FIELDS_MAX];
	size_t count;
};

/* The fields of a line between two marks. */
static void split(const char *text, const char *end, struct line *line)
{
	line->count = 0;
	while (line->count < FIELDS_MAX) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *stop = comma ? comma : end;

		line->fields[line->count] = text;
		line->lengths[line->count++] = (size_t)(stop - text);
		if (!comma)
			break;
		text = comma + 1;
	}
}

/* Some print modes of newer printers are letters. */
static bool is_value(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)text[i]))
			return false;
	}
	return length > 0;
}

static bool is_set(const struct line *line, unsigned field)
{
	for (size_t i = 0; i < line->lengths[field]; i++) {
		if (line->fields[field][i] != '0')
			return true;
	}
	return false;
}

/* Lines of the answer as far as they have come. */
static size_t read_lines(const char *bytes, size_t size, struct line lines[static ANSWER_LINES])
{
	const char *p = bytes, *end = bytes + size;
	size_t count = 0;

	while (count < ANSWER_LINES) {
		const char *begin = memchr(p, STX, (size_t)(end - p)), *stop;

		stop = begin ? memchr(begin, ETX, (size_t)(end - begin)) : NULL;
		if (!stop)
			break;
		split(begin + 1, stop, &lines[count++]);
		p = stop + 1;
	}
	return count;
}

enum zpl_answer zpl_status_read(const char *bytes, size_t size, const char **why)
{
	struct line lines[ANSWER_LINES];
	size_t count = read_lines(bytes, size, lines);

	*why = NULL;
	if (count < ANSWER_LINES)
		return size < ZPL_STATUS_BYTES ? ZPL_INCOMPLETE : ZPL_GARBLED;
	/* 12 numbers, then 11, then the password and one more. */
	if (lines[0].count != 12 || lines[1].count != 11)
		return ZPL_GARBLED;
	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < lines[i].count; k++) {
			if (!is_value(lines[i].fields[k], lines[i].lengths[k]))
				return ZPL_GARBLED;
		}
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (is_set(&lines[flags[i].line], flags[i].field)) {
			*why = flags[i].why;
			return ZPL_NOT_READY;
		}
	}
	return ZPL_READY;
}
