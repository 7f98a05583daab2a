/* A text with its length, because a text in the database may hold anything, NUL too. Internal to
 * db/. */
#ifndef DB_SPAN_H
#define DB_SPAN_H

#include <sqlite3.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *text; /* not NULL unless size_bytes is 0 */
	size_t size_bytes;
};

/* The text of a column; lent until the next step. */
static inline struct span span_at(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return (struct span){ text, text ? (size_t)sqlite3_column_bytes(row, column) : 0 };
}

static inline struct span span_of(const char *text)
{
	return (struct span){ text, text ? strlen(text) : 0 };
}

#endif
