/*
 * The door to PostgreSQL: one connection to the plant's ledger. The only file that knows libpq;
 * a build without it has the same functions, and they answer STATUS_NOT_SUPPORTED.
 *
 * A server can hang as well as refuse (a stopped process, a cable pulled), and then libpq
 * waits for ever. So nothing here blocks in libpq: it is asked not to wait, and every wait
 * has the caller's deadline. Looking up a host's name is the exception: the system's
 * resolver has its own limits (resolv.conf(5)); an address instead of a name needs no look-up.
 *
 * After STATUS_PLANT_UNREACHABLE a connection is useless: close it. Whether the call that
 * failed was done is then unknown; every function of the server may be called again.
 *
 * Values are always bound, never written into a statement. No text made here holds a
 * connection string, as there may be a password in it. One thread at a time.
 */
#ifndef DB_PLANT_H
#define DB_PLANT_H

#include "engine/base/clock.h"
#include "engine/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct plant;

/* Asked about ten times a second while a call waits; true ends it as unreachable. May be NULL. */
struct plant_patience {
	bool (*has_ended)(void *ctx);
	void *ctx;
};

/* Can this be the plant's server? Without asking it. STATUS_USAGE, STATUS_NOT_SUPPORTED. */
enum status plant_check(const char *server, struct err *err);

/*
 * server: a connection string or URI as libpq takes it ("host=ledger dbname=plant user=line1
 * sslmode=verify-full"); what it leaves out comes from libpq's variables and files.
 * STATUS_USAGE: not a connection string. STATUS_PLANT_UNREACHABLE: no connection, with the
 * reason that libpq gives. STATUS_NOT_SUPPORTED: this build is without libpq.
 */
enum status plant_open(const char *server, struct plant_patience patience, struct deadline d,
		       struct plant **out, struct err *err);
/* Does not wait for the server. NULL is fine. */
void plant_close(struct plant *plant);

/* "ledger:5432/plant", for people; lent. */
const char *plant_where(const struct plant *plant);

struct plant_param {
	const char *bytes; /* NULL: unknown */
	size_t size;       /* of is_binary; a text ends with its zero byte */
	bool is_binary;
};

struct plant_rows;

/*
 * One statement with $1 .. $count; one transaction of its own. *rows is NULL on failure;
 * rows may be NULL when nobody wants them.
 * STATUS_DATABASE: the server refused; the text has its words and what to do.
 */
enum status plant_call(struct plant *plant, const char *sql, const struct plant_param *params,
		       size_t count, struct deadline d, struct plant_rows **rows, struct err *err);
/* Any number of statements without values, one transaction. */
enum status plant_script(struct plant *plant, const char *sql, struct deadline d, struct err *err);

size_t plant_row_count(const struct plant_rows *rows);
/* "" when it is NULL; lent until the rows are freed. */
const char *plant_text(const struct plant_rows *rows, size_t row, int column);
bool plant_is_null(const struct plant_rows *rows, size_t row, int column);
/* 0 when it is no number. */
int64_t plant_integer(const struct plant_rows *rows, size_t row, int column);
void plant_rows_free(struct plant_rows *rows);

#endif
