/*
 * Putting facts into the ledger, in the transaction that has just inserted their rows.
 * Internal to db/.
 *
 * Nothing of the ledger is kept from one transaction to the next but prepared statements: other
 * programs put in entries as well.
 */
#ifndef DB_LEDGER_APPEND_H
#define DB_LEDGER_APPEND_H

#include "db/sql.h"

/* The row of table kind with the key ref, as it stands now, with its children. */
enum status ledger_append(struct db *db, const char *kind, const char *ref, struct err *err);

/* The first entry of a database: its chain; and one for every fact that is there already, in the
 * order in which they happened. */
enum status ledger_begin(struct db *db, struct err *err);

/* The statements that db keeps for this; before it is closed. NULL is fine. */
struct ledger_writer;
void ledger_writer_free(struct ledger_writer *writer);

#endif
