/*
 * Lines of a unit's console: bytes in, clean lines out. Pure.
 *
 * A line ends with \n or \r; empty ones are left out. Colours and whatever else a terminal is
 * told by escape codes is taken away, a tab is a blank, other control characters are dropped,
 * and a byte that is no UTF-8 becomes '?'. A line longer than CONSOLE_LINE_BYTES is handed out
 * cut, and the rest of it dropped. An escape code that lost its end ends with its line.
 */
#ifndef ENGINE_CONSOLE_LINES_H
#define ENGINE_CONSOLE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_LINE_BYTES 1024

enum console_escape {
	CONSOLE_TEXT,
	CONSOLE_ESCAPE,  /* behind ESC */
	CONSOLE_CONTROL, /* behind ESC [: until a letter */
	CONSOLE_COMMAND, /* behind ESC ]: until BEL or ESC \ */
};

struct console_lines {
	char text[CONSOLE_LINE_BYTES + 1]; /* the line that was handed out, or grows */
	size_t len;
	bool is_out; /* text was handed out: the next byte begins another line */
	bool is_odd; /* the line had bytes that are no text */
	enum console_escape escape;
	uint64_t bytes;     /* taken in all */
	uint64_t odd_bytes; /* of these, neither text nor line end: noise, or another rate */
};

void console_lines_init(struct console_lines *c);

/*
 * Takes bytes up to the end of a line, or all of them. Returns how many; has_line: c->text
 * is one, ending in 0, until the next call.
 */
size_t console_lines_take(struct console_lines *c, const uint8_t *bytes, size_t count,
			  bool *has_line);

/* Nothing more comes: true if c->text is a line without an end. */
bool console_lines_end(struct console_lines *c);

#endif
