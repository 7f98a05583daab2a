/*
 * SQLite as db/ uses it: the connection, one-line statements, and errors that
 * name the file and what to do. Internal to db/.
 */
#ifndef DB_SQL_H
#define DB_SQL_H

#include "db/db.h"

#include <sqlite3.h>
#include <stdbool.h>

struct ledger_writer; /* db/ledger/ledger_append.h */

struct db {
	sqlite3 *sql;
	char *path;         /* absolute */
	int lock_fd;        /* -1: a reader */
	int64_t station_id; /* of a writer */
	size_t stopped_runs, settled_serials;
	bool is_checked;              /* for damage, all of it (db/damage.h) */
	struct ledger_writer *ledger; /* NULL: nothing was appended yet */
	char *other_host;             /* where the chain was begun, if not on this computer */
	int last_code;                /* of the last failure: SQLITE_CONSTRAINT and so on */
};

/* The last error of the connection as STATUS_DATABASE (STATUS_NO_MEMORY when that
 * is what it was); rc is what the call returned. */
enum status sql_fail(struct db *db, int rc, struct err *err);
/* The same before there is a connection worth asking. detail may be NULL. */
enum status sql_fail_at(const char *path, int rc, const char *detail, struct err *err);

/* Any number of statements without values. */
enum status sql_exec(struct db *db, const char *sql, struct err *err);

/* *stmt is NULL on failure; sqlite3_finalize(NULL) is fine. */
enum status sql_prepare(struct db *db, const char *sql, sqlite3_stmt **stmt, struct err *err);

/* Run a statement that returns no rows, then make it ready for the next values. */
enum status sql_run(struct db *db, sqlite3_stmt *stmt, struct err *err);

/* First column of the first row of a query with the values ?1 and ?2; 0 when there is no row.
 * NULL for what the query has not, or for NULL. */
enum status sql_ask(struct db *db, const char *sql, const char *a, const char *b, int64_t *value,
		    struct err *err);
/* The same of a query without values. */
enum status sql_integer(struct db *db, const char *sql, int64_t *value, struct err *err);

/*
 * All rows of a query whose values are bound, each taken into size zeroed bytes of a list that
 * grows; stmt is finalized. what: "lockouts", for the text of STATUS_NO_MEMORY. *rows is for
 * free(); NULL and 0 on failure.
 */
enum status sql_read_all(struct db *db, sqlite3_stmt *stmt, size_t size,
			 void (*take)(void *to, sqlite3_stmt *row), const char *what, void **rows,
			 size_t *count, struct err *err);

/* A text that every row has; "" where it was taken out by hand, past the schema's rules. Lent
 * until the next step. */
const char *sql_text(sqlite3_stmt *row, int column);

/* A time to reckon with. In a file that was changed by hand it may be anything: it is cut to
 * 140,000 years, so that nothing overflows that is added. */
#define SQL_TIME_MAX_MS (INT64_C(1) << 52)
int64_t sql_time_ms(sqlite3_stmt *row, int column);

/* NULL text binds NULL. text has to live until the statement has run. */
void sql_bind_text(sqlite3_stmt *stmt, int index, const char *text);

#endif
