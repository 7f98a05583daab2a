/*
 * An entry out of a row. Internal to db/.
 */
#ifndef DB_LEDGER_READ_H
#define DB_LEDGER_READ_H

#include "db/ledger/ledger.h"
#include "db/sql.h"

#define LEDGER_COLUMNS "seq, utc_ms, kind, ref, body, prev, hash"

/* The row of a query that selects these columns first. Texts are lent until its next step. What
 * cannot be in an entry is read as something that its hash cannot be of. */
void ledger_read_entry(sqlite3_stmt *row, struct ledger_entry *entry);

#endif
