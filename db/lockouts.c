#include "db/lockouts.h"

#include "db/sql.h"

#include <stdio.h>

static const char rows_sql[] =
	"SELECT * FROM (SELECT l.lockout_id, l.code, ifnull(l.slot, ''), l.detail, l.utc_ms AS "
	"began,"
	" e.lockout_id IS NOT NULL AS has_ended, e.utc_ms, e.how, e.operator, e.reason"
	" FROM lockout l LEFT JOIN lockout_end e USING (lockout_id)"
	" WHERE (NOT ?1 OR e.lockout_id IS NULL) AND (?2 IS NULL OR l.slot = ?2)"
	" AND (?3 IS NULL OR e.utc_ms IS NULL OR e.utc_ms >= ?3) AND (?4 IS NULL OR l.utc_ms < ?4)"
	" ORDER BY began DESC, l.lockout_id DESC LIMIT ?5) ORDER BY began, lockout_id";

#define COPY(to, row, column) snprintf(to, sizeof(to), "%s", sql_text(row, column))

static void read_row(void *to, sqlite3_stmt *row)
{
	struct lockout_row *l = to;

	l->begin_utc_ms = sql_time_ms(row, 4);
	l->has_ended = sqlite3_column_int(row, 5);
	l->end_utc_ms = sql_time_ms(row, 6);
	COPY(l->lockout_id, row, 0);
	COPY(l->code, row, 1);
	COPY(l->slot, row, 2);
	COPY(l->detail, row, 3);
	COPY(l->how, row, 7);
	COPY(l->operator_name, row, 8);
	COPY(l->reason, row, 9);
}

static void bind_time(sqlite3_stmt *stmt, int index, bool has_time, int64_t utc_ms)
{
	if (has_time)
		sqlite3_bind_int64(stmt, index, utc_ms);
}

static enum status prepare(struct db *db, const struct lockout_choice *choice, sqlite3_stmt **stmt,
			   struct err *err)
{
	TRY(sql_prepare(db, rows_sql, stmt, err));
	sqlite3_bind_int(*stmt, 1, choice->is_open);
	sql_bind_text(*stmt, 2, choice->slot);
	bind_time(*stmt, 3, choice->has_since, choice->since_utc_ms);
	bind_time(*stmt, 4, choice->has_until, choice->until_utc_ms);
	sqlite3_bind_int64(*stmt, 5, choice->last ? (int64_t)choice->last : -1);
	return STATUS_OK;
}

enum status lockouts_read(struct db *db, const struct lockout_choice *choice,
			  struct lockout_row **rows, size_t *count, struct err *err)
{
	sqlite3_stmt *stmt;
	enum status st;
	void *list;

	*rows = NULL;
	*count = 0;
	TRY(prepare(db, choice, &stmt, err));
	st = sql_read_all(db, stmt, sizeof(**rows), read_row, "lockouts", &list, count, err);
	*rows = list;
	return st;
}
