/*
 * A row as canonical JSON, as the ledger's digests cover it (db/ledger/ledger.h): members in the
 * order of their names, NULL left out, of texts only " \ and bytes below 0x20 escaped.
 *
 * Written apart from db/ledger/ledger_body.c, so that a pack's proof is not made by the code that
 * it is to prove; a test holds both against each other. Internal to db/.
 */
#ifndef DB_CANONICAL_ROW_H
#define DB_CANONICAL_ROW_H

#include "db/span.h"
#include "engine/base/err.h"

#include <stdio.h>

/* Starts as { 0 }; canonical_row_release in any case. */
struct canonical_row {
	sqlite3_stmt *stmt; /* the caller's */
	int *columns;       /* in the order of their names */
	int count;
	FILE *out; /* a memory stream */
	char *text;
	size_t size_bytes;
};

/* Of a prepared statement, its first count columns. STATUS_NO_MEMORY. */
enum status canonical_row_init(struct canonical_row *row, sqlite3_stmt *stmt, int count,
			       struct err *err);
/* The row that stmt stands on; lent until the next call. */
enum status canonical_row_read(struct canonical_row *row, struct span *body, struct err *err);
void canonical_row_release(struct canonical_row *row);

#endif
