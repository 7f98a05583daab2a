/*
 * Which runs have no result, and which serial numbers stand where a run that was stopped left
 * them, without asking every run there ever was. Internal to db/.
 *
 * Every start closes what it finds open, so only runs that came to the ledger since can be
 * open at the next one. Up to which entry that was done stands as a note in the lock file
 * ("closed 1204 9a3e...": number and hash). It is believed only where the ledger has that
 * entry; without it all runs are looked at, which takes seconds with a million of them.
 */
#ifndef DB_OPEN_RUNS_H
#define DB_OPEN_RUNS_H

#include "db/sql.h"

/* A query whose rows are the ids of runs without a result. Of a writer. */
enum status open_runs_query(struct db *db, sqlite3_stmt **stmt, struct err *err);

/* The same of serial numbers that are RESERVED or WRITTEN: product, serial, state, source, run_id,
 * mac. */
enum status open_serials_query(struct db *db, sqlite3_stmt **stmt, struct err *err);

/* No run and no number of the ledger as it stands now is open. Best effort. */
void open_runs_note(struct db *db);

/* The same, if it is so: of a writer that ends. */
void open_runs_note_end(struct db *db);

#endif
