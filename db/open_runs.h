/*
 * Closing the runs that have no result, and settling the serial numbers that stand where a stop
 * left them, without asking every run there ever was. Internal to db/.
 *
 * Every start closes what it finds open, so only runs that came to the ledger since can be
 * open at the next one. Up to which entry that was done stands as a note in the lock file
 * ("closed 1204 9a3e...": number and hash). It is believed only where the ledger has that
 * entry; without it all runs are looked at, which takes seconds with a million of them.
 */
#ifndef DB_OPEN_RUNS_H
#define DB_OPEN_RUNS_H

#include "db/sql.h"

/* Of a writer, in its first transaction: every open run is closed as STATION_STOPPED, and every
 * number that is RESERVED or WRITTEN settled as db/serials.h says. */
enum status open_runs_close(struct db *db, struct err *err);

/* Those runs: a query whose rows are their ids. Of a writer. */
enum status open_runs_query(struct db *db, sqlite3_stmt **stmt, struct err *err);

/* No run and no number of the ledger as it stands now is open. Best effort. */
void open_runs_note(struct db *db);

/* The same, if it is so: of a writer that ends. */
void open_runs_note_end(struct db *db);

#endif
