/*
 * The database: one SQLite file with the record of every run.
 *
 * Facts are only ever added; triggers in the file refuse UPDATE and DELETE to
 * every program. Readers are always welcome, also while a station writes.
 * There is one station: its lock file stands beside the database (FILE.lock),
 * and a second one is refused with the process number of the first. What people decide
 * (db/decide.h) may be put in beside it, one short transaction at a time.
 * Tables and columns: docs/records.md.
 *
 * A struct db is used by one thread at a time; handing it on is fine.
 */
#ifndef DB_DB_H
#define DB_DB_H

#include "db/record.h"
#include "engine/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct db;

enum db_mode {
	DB_READ,   /* for log and export: the file has to exist; see below for older ones */
	DB_WRITE,  /* for a station: makes the file, brings it up to this program's schema */
	DB_DECIDE, /* for db_put and db_put_recipe, also while a station works */
};

#define DB_PATH_BYTES 4096

/*
 * $XDG_STATE_HOME/flashline/flashline.db, or ~/.local/state/flashline/flashline.db.
 * The folder is made unless mode is DB_READ.
 * STATUS_DATABASE: no home folder known, or the folder cannot be made.
 */
enum status db_default_path(enum db_mode mode, char path[static DB_PATH_BYTES], struct err *err);

/*
 * Open, check and bring up to date. *out is NULL on failure; db_close(NULL) is fine.
 *
 * DB_WRITE also checks the file for damage (a large one in part: db/damage.h), notes this
 * station (host name and program version), closes every run that an earlier process left open
 * as ABORTED STATION_STOPPED, and settles its serial number: holding the writer's lock proves that
 * none is alive. DB_READ changes no record. A file of an older schema is brought up to date first,
 * if nobody writes to it and it may be written; else it is refused.
 *
 * DB_DECIDE takes no lock and does none of a station's duties: no run is closed, nothing is
 * checked. That is safe beside a station, because every transaction that writes is BEGIN
 * IMMEDIATE and reads the ledger's head within: SQLite lets one in at a time, the others wait
 * (BUSY_MS at most, a commit takes milliseconds). Only to make the file, or to bring an older
 * one up to date, it takes the lock, for as long as that takes; then it is refused as a
 * second station would be.
 * STATUS_DATABASE: the text names the file and what to do - not there, a folder,
 * no database, another program's, damaged, made by a newer Flashline, not
 * writable, no room, or in use by another writer.
 */
enum status db_open(const char *path, enum db_mode mode, struct db **out, struct err *err);
void db_close(struct db *db);

/* Absolute, lent. */
const char *db_path(const struct db *db);
/*
 * NULL, or the host where these records were begun, when that was another computer: the file was
 * copied or moved. Two copies that both go on are two histories of one chain; whoever goes
 * on with a copy has to say so ('flashline ledger new-chain'), nobody does it silently.
 */
const char *db_other_machine(const struct db *db);
/* How many runs db_open closed as STATION_STOPPED. */
size_t db_stopped_runs(const struct db *db);
/* How many serial numbers it settled that an earlier process left between two states: RETURNED
 * where nothing can have been written, else VOID (db/serials.h). */
size_t db_settled_serials(const struct db *db);

/* A new run id: UUID version 7 (RFC 9562), so that ids sort by time. Any thread. */
void db_new_run_id(char run_id[static RUN_ID_BYTES]);

#endif
