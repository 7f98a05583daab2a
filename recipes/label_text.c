#include "recipes/label_text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NAME_BYTES_MAX 60
#define VALUE_PREFIX "value:"

static const char *const words[LABEL_NAME_COUNT] = {
	[LABEL_SERIAL] = "serial",
	[LABEL_MAC] = "mac",
	[LABEL_MAC_HEX] = "mac_hex",
	[LABEL_MAC_TAIL] = "mac_tail",
	[LABEL_QR] = "qr",
	[LABEL_PART] = "part",
	[LABEL_REV] = "rev",
	[LABEL_WORK_ORDER] = "work_order",
	[LABEL_BATCH] = "batch",
	[LABEL_DATE] = "date",
	[LABEL_TIME] = "time",
	[LABEL_SLOT] = "slot",
	[LABEL_STATION] = "station",
	[LABEL_RECIPE] = "recipe",
	[LABEL_REVISION] = "revision",
	[LABEL_FIRMWARE] = "firmware",
	[LABEL_PRODUCT] = "product",
	[LABEL_CHIP] = "chip",
	[LABEL_OPERATOR] = "operator",
	[LABEL_VALUE] = "value:NAME",
};

const char *label_name_word(enum label_name name)
{
	return words[name];
}

static void advance(struct label_reader *r, size_t bytes)
{
	for (; bytes; bytes--, r->text++) {
		if (*r->text == '\n') {
			r->line++;
			r->column = 1;
		} else if (((unsigned char)*r->text & 0xC0) != 0x80) {
			r->column++;
		}
	}
}

static size_t left(const struct label_reader *r)
{
	return (size_t)(r->end - r->text);
}

static bool is_command(const char *p, const char *end, const char *command)
{
	return end - p >= 3 && p[0] == '^' && strncasecmp(p + 1, command, 2) == 0;
}

/* What a command at p, which is '^', means for the names behind it. */
static void follow(struct label_reader *r, const char *p)
{
	if (is_command(p, r->end, "FS") || is_command(p, r->end, "XA") ||
	    is_command(p, r->end, "XZ")) {
		r->in_field = false;
		r->indicator = 0;
	} else if (is_command(p, r->end, "FD") || is_command(p, r->end, "FV")) {
		r->in_field = true;
	} else if (is_command(p, r->end, "FH")) {
		bool is_given = r->end - p > 3 && !isspace((unsigned char)p[3]) && p[3] != '^' &&
				p[3] != '~' && p[3] != '{';

		r->indicator = is_given ? p[3] : '_';
	}
}

/* Bytes up to the next brace that stands for something, or the end. */
static size_t plain_bytes(struct label_reader *r)
{
	const char *p = r->text;

	for (; p < r->end; p++) {
		if (*p == '{' || (*p == '}' && p + 1 < r->end && p[1] == '}'))
			break;
		if (r->is_zpl && *p == '^')
			follow(r, p);
	}
	return (size_t)(p - r->text);
}

__attribute__((format(printf, 2, 3))) static void wrong(struct label_piece *piece,
							const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(piece->why, sizeof(piece->why), format, args);
	va_end(args);
	piece->kind = PIECE_WRONG;
}

static void take_value(struct label_piece *piece, const char *name, size_t size)
{
	if (size == 0 || size >= sizeof(piece->value)) {
		wrong(piece, "{value:NAME}: expected the name of a value of the boot check");
		return;
	}
	memcpy(piece->value, name, size);
	piece->value[size] = '\0';
	piece->name = LABEL_VALUE;
}

static void take_name(struct label_piece *piece, const char *name, size_t size)
{
	const size_t prefix = strlen(VALUE_PREFIX);
	const char *near;

	for (unsigned i = 0; i < LABEL_VALUE; i++) {
		if (strlen(words[i]) == size && memcmp(words[i], name, size) == 0) {
			piece->name = i;
			return;
		}
	}
	if (size > prefix && memcmp(name, VALUE_PREFIX, prefix) == 0) {
		take_value(piece, name + prefix, size - prefix);
		return;
	}
	{
		char text[NAME_BYTES_MAX + 1];

		snprintf(text, sizeof(text), "%.*s", (int)size, name);
		near = schema_nearest(text, words, LABEL_VALUE);
		if (near)
			wrong(piece,
			      "{%s}: no such value: did you mean {%s}? {{ stands for a brace", text,
			      near);
		else
			wrong(piece,
			      "{%s}: no such value: docs/labels.md lists them; {{ stands for a "
			      "brace",
			      text);
	}
}

static void read_name(struct label_reader *r, struct label_piece *piece)
{
	const char *close = memchr(r->text, '}', left(r));
	size_t size = close ? (size_t)(close - r->text) - 1 : 0;

	piece->kind = PIECE_NAME;
	if (!close || size > NAME_BYTES_MAX || memchr(r->text, '\n', size)) {
		wrong(piece, "'{' begins a name, and has no '}': {{ stands for a brace");
		advance(r, 1);
		return;
	}
	take_name(piece, r->text + 1, size);
	piece->indicator = r->is_zpl ? r->indicator : 0;
	if (piece->kind == PIECE_NAME && r->is_zpl && (!r->in_field || !r->indicator))
		wrong(piece,
		      "{%.*s} has to stand in a field with ^FH, so that no value can become a "
		      "command: ^FH^FD{%.*s}^FS",
		      (int)size, r->text + 1, (int)size, r->text + 1);
	advance(r, size + 2);
}

void label_next(struct label_reader *r, struct label_piece *piece)
{
	size_t size;

	*piece = (struct label_piece){ .line = r->line, .column = r->column };
	if (r->text == r->end) {
		piece->kind = PIECE_END;
		return;
	}
	piece->kind = PIECE_TEXT;
	piece->text = r->text;
	size = plain_bytes(r);
	if (size) {
		piece->size = size;
		advance(r, size);
	} else if (left(r) > 1 && r->text[1] == r->text[0]) {
		piece->size = 1; /* {{ or }} */
		advance(r, 2);
	} else {
		read_name(r, piece);
	}
}
