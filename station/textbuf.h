/*
 * Text that grows, and text from outside made safe to show.
 *
 * A struct textbuf starts as { 0 } and is always a string once something was added.
 * When memory runs out it stops growing and has_failed stays true; nobody has to
 * check each addition.
 */
#ifndef STATION_TEXTBUF_H
#define STATION_TEXTBUF_H

#include <stdbool.h>
#include <stddef.h>

struct textbuf {
	char *bytes; /* NULL as long as nothing was added */
	size_t len, room;
	bool has_failed;
};

void textbuf_release(struct textbuf *t);
void textbuf_clear(struct textbuf *t); /* keeps the memory */
void textbuf_bytes(struct textbuf *t, const char *bytes, size_t size);
__attribute__((format(printf, 2, 3))) void textbuf_add(struct textbuf *t, const char *format, ...);
/* The same character count times; count <= 0 adds none. */
void textbuf_pad(struct textbuf *t, char c, int count);
/* Take the blanks from its end. */
void textbuf_trim(struct textbuf *t);
/* t->bytes, or "" when nothing was added. */
const char *textbuf_string(const struct textbuf *t);

/*
 * Make a string from a device, a file name or an error fit for a terminal and
 * for JSON, in place: control characters, marks that turn the direction of writing
 * (U+202E and the like) and bytes that are not UTF-8 become '?'. It never gets longer.
 */
void text_clean(char *string);

/* Columns that a UTF-8 string takes on a terminal, one per character. */
int text_columns(const char *string);

/* Order by text, with runs of digits compared as numbers: "1.2" before "1.10". */
int text_compare_natural(const char *a, const char *b);

#endif
