#include "db/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What each kind of failure means to the person who has to deal with it. */
struct sql_advice {
	int code;
	const char *text;
};

/* clang-format off */
static const struct sql_advice advices[] = {
	{ SQLITE_NOTADB,   "is not a database: name another file with --db" },
	{ SQLITE_CORRUPT,  "is damaged: restore a backup, or move it away and a new one is made ('sqlite3 FILE .recover' saves what can be read)" },
	{ SQLITE_FULL,     "no room left on its disk: make room, then start again" },
	{ SQLITE_READONLY, "may not be written: check the rights of the file and its folder, or name another file with --db" },
	{ SQLITE_PERM,     "may not be opened: check the rights of the file and its folder" },
	{ SQLITE_CANTOPEN, "cannot be opened: check its rights, and that its folder exists and may be written" },
	{ SQLITE_BUSY,     "another program keeps it locked: close that program" },
	{ SQLITE_LOCKED,   "another program keeps it locked: close that program" },
	{ SQLITE_PROTOCOL, "another program keeps it locked: close that program" },
	{ SQLITE_IOERR,    "its disk cannot be read or written: check the disk" },
	{ SQLITE_CONSTRAINT, "the record was refused" },
	{ SQLITE_TOOBIG,   "the record is too large" },
};
/* clang-format on */

enum status sql_fail_at(const char *path, int rc, const char *detail, struct err *err)
{
	int code = rc & 0xff;

	if (code == SQLITE_NOMEM)
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory for the database", path);
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (advices[i].code == code)
			return err_set(err, STATUS_DATABASE, "%s: %s (%s)", path, advices[i].text,
				       detail ? detail : sqlite3_errstr(rc));
	return err_set(err, STATUS_DATABASE, "%s: database error %d (%s)", path, rc,
		       detail ? detail : sqlite3_errstr(rc));
}

enum status sql_fail(struct db *db, int rc, struct err *err)
{
	db->last_code = rc & 0xff;
	return sql_fail_at(db->path, rc, db->sql ? sqlite3_errmsg(db->sql) : NULL, err);
}

enum status sql_exec(struct db *db, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? STATUS_OK : sql_fail(db, rc, err);
}

enum status sql_prepare(struct db *db, const char *sql, sqlite3_stmt **stmt, struct err *err)
{
	int rc = sqlite3_prepare_v2(db->sql, sql, -1, stmt, NULL);

	return rc == SQLITE_OK ? STATUS_OK : sql_fail(db, rc, err);
}

enum status sql_run(struct db *db, sqlite3_stmt *stmt, struct err *err)
{
	int rc = sqlite3_step(stmt);
	enum status st = rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);

	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return st;
}

enum status sql_ask(struct db *db, const char *sql, const char *a, const char *b, int64_t *value,
		    struct err *err)
{
	sqlite3_stmt *stmt;

	*value = 0;
	TRY(sql_prepare(db, sql, &stmt, err));
	if (a)
		sql_bind_text(stmt, 1, a);
	if (b)
		sql_bind_text(stmt, 2, b);
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*value = sqlite3_column_int64(stmt, 0);
	enum status st = rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

enum status sql_integer(struct db *db, const char *sql, int64_t *value, struct err *err)
{
	return sql_ask(db, sql, NULL, NULL, value, err);
}

static enum status read_rows(struct db *db, sqlite3_stmt *stmt, size_t size,
			     void (*take)(void *to, sqlite3_stmt *row), const char *what,
			     char **rows, size_t *count, struct err *err)
{
	size_t room = 0;
	int rc;

	for (; (rc = sqlite3_step(stmt)) == SQLITE_ROW; (*count)++) {
		if (*count == room) {
			size_t more = room ? 2 * room : 8;
			char *grown = realloc(*rows, more * size);

			if (!grown)
				return err_set(err, STATUS_NO_MEMORY, "no memory for %zu %s", more,
					       what);
			*rows = grown;
			room = more;
		}
		memset(*rows + *count * size, 0, size);
		take(*rows + *count * size, stmt);
	}
	return rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
}

enum status sql_read_all(struct db *db, sqlite3_stmt *stmt, size_t size,
			 void (*take)(void *to, sqlite3_stmt *row), const char *what, void **rows,
			 size_t *count, struct err *err)
{
	char *list = NULL;
	enum status st;

	*rows = NULL;
	*count = 0;
	st = read_rows(db, stmt, size, take, what, &list, count, err);
	sqlite3_finalize(stmt);
	if (st) {
		free(list);
		*count = 0;
		return st;
	}
	*rows = list;
	return STATUS_OK;
}

const char *sql_text(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return text ? text : "";
}

int64_t sql_time_ms(sqlite3_stmt *row, int column)
{
	int64_t ms = sqlite3_column_int64(row, column);

	return ms < -SQL_TIME_MAX_MS  ? -SQL_TIME_MAX_MS
	       : ms > SQL_TIME_MAX_MS ? SQL_TIME_MAX_MS
				      : ms;
}

void sql_bind_text(sqlite3_stmt *stmt, int index, const char *text)
{
	if (text)
		sqlite3_bind_text(stmt, index, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(stmt, index);
}
