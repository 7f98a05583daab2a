#include "db/serial_states.h"

#include "db/sql.h"

#include <stdio.h>

static const char counts_sql[] =
	"SELECT product, sum(state = 'RESERVED'), sum(state = 'WRITTEN'), sum(state = 'COMMITTED'),"
	" sum(state = 'RETURNED'), sum(state = 'VOID') FROM serial_state s"
	" WHERE (?1 IS NULL OR product = ?1) AND position = (SELECT max(position) FROM "
	"serial_state o"
	"  WHERE o.product = s.product AND o.serial = s.serial) GROUP BY product ORDER BY product";
static const char life_sql[] =
	"SELECT product, state, source, run_id, mac, operator, reason, utc_ms FROM serial_state"
	" WHERE serial = ?2 AND (?1 IS NULL OR product = ?1) ORDER BY product, position";

#define COPY(to, row, column) snprintf(to, sizeof(to), "%s", sql_text(row, column))

static void take_count(void *to, sqlite3_stmt *row)
{
	struct serial_count *c = to;

	COPY(c->product, row, 0);
	c->reserved = sqlite3_column_int64(row, 1);
	c->written = sqlite3_column_int64(row, 2);
	c->committed = sqlite3_column_int64(row, 3);
	c->returned = sqlite3_column_int64(row, 4);
	c->voided = sqlite3_column_int64(row, 5);
}

static void take_moment(void *to, sqlite3_stmt *row)
{
	struct serial_moment *m = to;

	COPY(m->product, row, 0);
	COPY(m->state, row, 1);
	COPY(m->source, row, 2);
	COPY(m->run_id, row, 3);
	COPY(m->mac, row, 4);
	COPY(m->operator_name, row, 5);
	COPY(m->reason, row, 6);
	m->utc_ms = sql_time_ms(row, 7);
}

static enum status query(struct db *db, const char *sql, const char *product, const char *serial,
			 size_t size, void (*take)(void *to, sqlite3_stmt *row), void **rows,
			 size_t *count, struct err *err)
{
	sqlite3_stmt *stmt;

	*rows = NULL;
	*count = 0;
	TRY(sql_prepare(db, sql, &stmt, err));
	sql_bind_text(stmt, 1, product);
	if (serial)
		sql_bind_text(stmt, 2, serial);
	return sql_read_all(db, stmt, size, take, "states of serial numbers", rows, count, err);
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
