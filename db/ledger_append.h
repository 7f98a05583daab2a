/*
 * Putting a fact into the ledger, in the transaction that has just inserted its row.
 * Internal to db/.
 */
#ifndef DB_LEDGER_APPEND_H
#define DB_LEDGER_APPEND_H

#include "db/sql.h"

/* The row of table kind with the key ref, as it stands now, with its children. */
enum status ledger_append(struct db *db, const char *kind, const char *ref, struct err *err);

#endif
