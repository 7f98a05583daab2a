/*
 * Rows for people, any number of them: columns as wide as the first ones need.
 * Cells are made fit for a terminal (text_clean). Memory is bounded, however many rows come.
 */
#ifndef STATION_LONG_TABLE_H
#define STATION_LONG_TABLE_H

#include "station/textbuf.h"

#include <stddef.h>

#define LONG_TABLE_COLUMNS_MAX 16
#define LONG_TABLE_FIRST_ROWS 500

struct long_column {
	const char *header;
	int max; /* characters, from 3 on: longer cells are cut; 0: never */
};

struct long_table {
	const struct long_column *columns;
	size_t column_count;
	const char *indent;
	struct textbuf *out; /* lines go to its end */
	char **cells;        /* of the first rows, until the widths are known */
	size_t count, room;
	int widths[LONG_TABLE_COLUMNS_MAX];
	bool is_begun; /* the header is out */
};

/* columns, indent and out are lent until long_table_end(). */
void long_table_begin(struct long_table *t, const struct long_column *columns, size_t column_count,
		      const char *indent, struct textbuf *out);
/* One cell for each column; NULL and "" show as "-", in the last column as nothing. */
void long_table_row(struct long_table *t, const char *const *cells);
/* The rest goes out; no row, no header. */
void long_table_end(struct long_table *t);

#endif
