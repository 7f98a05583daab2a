/*
 * What the tests of the records share: a folder of their own, a record in which
 * every member is set and different, and a second, independent way into the file.
 */
#ifndef TESTS_DB_WORLD_H
#define TESTS_DB_WORLD_H

#include "db/db.h"
#include "db/record.h"

#include <sqlite3.h>
#include <stdbool.h>

/* The usual cmocka prelude, in its order. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

struct world {
	char dir[64];
	char path[96]; /* of the database, not made yet */
};

/* cmocka set-up and tear-down: *state is a struct world. */
int world_set_up(void **state);
int world_tear_down(void **state);

/* path inside the world's folder; lent until the next call */
const char *world_file(const struct world *w, const char *name);

/* Open or fail the test with the error's text. */
struct db *world_open(const struct world *w, enum db_mode mode);

/* A plain SQLite connection, as the sqlite3 tool has it. */
sqlite3 *world_raw(const struct world *w);
/* First column of the first row; "NULL" for unknown, "(no row)" without one. Lent until
 * the next call. */
const char *world_ask(const struct world *w, const char *sql);
/* The same on a connection that the caller has opened, for many questions. */
const char *world_ask_on(sqlite3 *sql, const char *query);
/* SQLITE_OK or the error, message in *message (lent until the next call). */
int world_do(const struct world *w, const char *sql, const char **message);

/* Everything set, everything different. Strings are static. */
extern const struct record_recipe sample_recipe;
extern const struct record_run sample_run;
extern const struct record_result sample_result;
extern const struct record_batch sample_batch;       /* the one that sample_run names */
extern const struct record_override sample_override; /* of sample_run */

/* A run and its passing result under that id, the rest as in the samples. */
void world_put(struct db *db, const char *run_id);

/* The sample run, and one of every record that people, rules and a plant make about it. */
void world_put_each(struct db *db);

#endif
