/*
 * Rows and columns for people: each column as wide as its widest cell.
 */
#ifndef STATION_TABLE_H
#define STATION_TABLE_H

#include "station/textbuf.h"

#include <stddef.h>

struct table_cell {
	char *text;
	const char *colour; /* escape sequence before it, NULL none */
};

struct table {
	const char *const *headers;
	size_t columns;
	unsigned right; /* bit n: column n holds figures, which stand at its right */
	struct table_cell *cells;
	size_t count, room;
	bool has_failed;
};

/* headers: columns of them, lent. */
void table_init(struct table *t, const char *const *headers, size_t columns, unsigned right);
void table_release(struct table *t);
/* The next cell, row by row. colour as above. */
__attribute__((format(printf, 3, 4))) void table_add(struct table *t, const char *colour,
						     const char *format, ...);
/* Header and rows; the last column is not padded. */
void table_print(const struct table *t, struct textbuf *out);

#endif
