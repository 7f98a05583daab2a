/*
 * A fact as the ledger writes it: its row, and the rows that belong to it, as canonical
 * JSON (db/ledger/ledger.h says which). Internal to db/.
 *
 * A reader keeps its statements from one fact to the next; it belongs to one connection, and has
 * to be freed before that is closed.
 */
#ifndef DB_LEDGER_BODY_H
#define DB_LEDGER_BODY_H

#include "db/ledger/ledger_kinds.h"
#include "db/sql.h"

#include <stdbool.h>

struct body_reader;

/* NULL without memory. */
struct body_reader *body_reader_new(struct db *db);
void body_reader_free(struct body_reader *reader);

struct body {
	bool is_there;    /* false: no row has this key; then the rest is nothing */
	const char *text; /* lent until the next call */
	size_t size_bytes;
	int64_t child_rows[LEDGER_CHILDREN_MAX]; /* in the order of kind->children */
};

/* STATUS_DATABASE, STATUS_NO_MEMORY. */
enum status body_read(struct body_reader *reader, const struct ledger_kind *kind, const char *ref,
		      struct body *body, struct err *err);

#endif
