#include "db/serial_states.h"

#include "db/sql.h"

#include <stdio.h>
#include <stdlib.h>

static const char counts_sql[] =
	"SELECT product, sum(state = 'RESERVED'), sum(state = 'WRITTEN'), sum(state = 'COMMITTED'),"
	" sum(state = 'RETURNED'), sum(state = 'VOID') FROM serial_state s"
	" WHERE (?1 IS NULL OR product = ?1) AND position = (SELECT max(position) FROM "
	"serial_state o"
	"  WHERE o.product = s.product AND o.serial = s.serial) GROUP BY product ORDER BY product";
static const char life_sql[] =
	"SELECT product, state, source, run_id, mac, operator, reason, utc_ms FROM serial_state"
	" WHERE serial = ?2 AND (?1 IS NULL OR product = ?1) ORDER BY product, position";

static void copy(char *to, size_t size, sqlite3_stmt *row, int column)
{
	const unsigned char *text = sqlite3_column_text(row, column);

	snprintf(to, size, "%s", text ? (const char *)text : "");
}

static void take_count(void *to, sqlite3_stmt *row)
{
	struct serial_count *c = to;

	copy(c->product, sizeof(c->product), row, 0);
	c->reserved = sqlite3_column_int64(row, 1);
	c->written = sqlite3_column_int64(row, 2);
	c->committed = sqlite3_column_int64(row, 3);
	c->returned = sqlite3_column_int64(row, 4);
	c->voided = sqlite3_column_int64(row, 5);
}

static void take_moment(void *to, sqlite3_stmt *row)
{
	struct serial_moment *m = to;

	copy(m->product, sizeof(m->product), row, 0);
	copy(m->state, sizeof(m->state), row, 1);
	copy(m->source, sizeof(m->source), row, 2);
	copy(m->run_id, sizeof(m->run_id), row, 3);
	copy(m->mac, sizeof(m->mac), row, 4);
	copy(m->operator_name, sizeof(m->operator_name), row, 5);
	copy(m->reason, sizeof(m->reason), row, 6);
	m->utc_ms = sql_time_ms(row, 7);
}

/* All rows of a query, each taken into size bytes of *rows. */
static enum status read_rows(struct db *db, sqlite3_stmt *stmt, size_t size,
			     void (*take)(void *to, sqlite3_stmt *row), void **rows, size_t *count,
			     struct err *err)
{
	size_t room = 0;
	int rc;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (*count == room) {
			size_t more = room ? 2 * room : 8;
			void *grown = realloc(*rows, more * size);

			if (!grown)
				return err_set(err, STATUS_NO_MEMORY,
					       "no memory for the states of serial numbers");
			*rows = grown;
			room = more;
		}
		take((char *)*rows + (*count)++ * size, stmt);
	}
	return rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
}

static enum status query(struct db *db, const char *sql, const char *product, const char *serial,
			 size_t size, void (*take)(void *to, sqlite3_stmt *row), void **rows,
			 size_t *count, struct err *err)
{
	sqlite3_stmt *stmt;
	enum status st;

	*rows = NULL;
	*count = 0;
	TRY(sql_prepare(db, sql, &stmt, err));
	sql_bind_text(stmt, 1, product);
	if (serial)
		sql_bind_text(stmt, 2, serial);
	st = read_rows(db, stmt, size, take, rows, count, err);
	sqlite3_finalize(stmt);
	if (st) {
		free(*rows);
		*rows = NULL;
		*count = 0;
	}
	return st;
}

enum status serial_counts(struct db *db, const char *product, struct serial_count **rows,
			  size_t *count, struct err *err)
{
	void *list;
	enum status st =
		query(db, counts_sql, product, NULL, sizeof(**rows), take_count, &list, count, err);

	*rows = list;
	return st;
}

enum status serial_life(struct db *db, const char *product, const char *serial,
			struct serial_moment **rows, size_t *count, struct err *err)
{
	void *list;
	enum status st = query(db, life_sql, product, serial, sizeof(**rows), take_moment, &list,
			       count, err);

	*rows = list;
	return st;
}
