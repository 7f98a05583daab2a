/*
 * A canvas of characters in memory, as a terminal shows them: columns x lines, each with a style.
 *
 * Text is cut at the edges and never wraps. Whatever could move the cursor or turn the direction
 * of writing, and bytes that are not UTF-8, become '?'. A wide character (Chinese, Japanese,
 * Korean) takes two columns.
 */
#ifndef STATION_TERMINAL_CANVAS_H
#define STATION_TERMINAL_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum style {
	STYLE_PLAIN,
	STYLE_DIM,     /* nothing to see: an empty slot */
	STYLE_TITLE,   /* names and headings */
	STYLE_WORK,    /* a unit at work */
	STYLE_PASS,    /* words: green */
	STYLE_FAIL,    /* red */
	STYLE_CARE,    /* somebody has to look: yellow */
	STYLE_STOP,    /* refused or stopped by a rule: magenta */
	STYLE_ON_PASS, /* the same as a field of that colour, seen from far away */
	STYLE_ON_FAIL,
	STYLE_ON_CARE,
	STYLE_ON_STOP,
	STYLE_BAR, /* header and footer */
	STYLE_KEY, /* a key in the footer */
};
#define STYLE_COUNT (STYLE_KEY + 1)

struct glyph {
	uint32_t code; /* 0: the right half of the wide one before it */
	uint8_t style;
	bool is_chosen; /* the cursor's slot */
};

struct canvas {
	int columns, lines; /* 0 or more */
	bool has_utf8;      /* else what is not ASCII becomes '?' */
	struct glyph *glyphs;
	bool has_failed; /* no memory: it is empty */
};

#define CANVAS_COLUMNS_MAX 1000
#define CANVAS_LINES_MAX 500

/* A canvas starts as { 0 }. Blank, and of this size; larger ones are cut to the limits above. */
void canvas_begin(struct canvas *s, int columns, int lines, bool has_utf8);
void canvas_release(struct canvas *s);

/* Columns that it took; room: at most so many from x on. Outside of the canvas nothing happens. */
int canvas_text(struct canvas *s, int x, int y, int room, enum style style, const char *text);
__attribute__((format(printf, 6, 7))) int canvas_format(struct canvas *s, int x, int y, int room,
							enum style style, const char *format, ...);
/* One character, columns times. */
void canvas_fill(struct canvas *s, int x, int y, int columns, enum style style, uint32_t code);
/* Words in lines of room columns, at most lines of them; returns how many it took. */
int canvas_paragraph(struct canvas *s, int x, int y, int room, int lines, enum style style,
		     const char *text);
void canvas_choose(struct canvas *s, int x, int y, int columns, int lines);

/* Columns that a text would take. */
int canvas_width(const char *text);

#endif
