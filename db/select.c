#include "db/select.h"

#include <assert.h>
#include <string.h>

static void append_columns(sqlite3_str *text)
{
	size_t count;
	const struct column *columns = column_rows(&count);

	for (size_t i = 0; i < count; i++)
		sqlite3_str_appendf(text, "%s%s", i ? ", " : "", columns[i].name);
}

/* The conditions that filter sets, their values by name. */
static void append_conditions(sqlite3_str *text, const struct run_filter *filter)
{
	if (filter->has_since)
		sqlite3_str_appendall(text, " AND start_utc_ms >= :since");
	if (filter->has_until)
		sqlite3_str_appendall(text, " AND start_utc_ms < :until");
	if (filter->batch)
		sqlite3_str_appendall(text, " AND batch = :batch");
	if (filter->outcome)
		sqlite3_str_appendall(text, " AND outcome = :outcome");
	if (filter->mac)
		sqlite3_str_appendall(text, " AND mac = :mac");
	if (filter->run_id)
		sqlite3_str_appendall(text, " AND run_id = :run_id");
	if (filter->failed_only)
		sqlite3_str_appendall(text, " AND outcome <> 'PASS'");
}

/* 0 is no parameter's number: SQLite refuses it, and nothing is bound. */
static void bind_conditions(sqlite3_stmt *stmt, const struct run_filter *filter)
{
	sqlite3_bind_int64(stmt, sqlite3_bind_parameter_index(stmt, ":since"),
			   filter->since_utc_ms);
	sqlite3_bind_int64(stmt, sqlite3_bind_parameter_index(stmt, ":until"),
			   filter->until_utc_ms);
	sqlite3_bind_int64(stmt, sqlite3_bind_parameter_index(stmt, ":last"),
			   filter->last > INT64_MAX ? INT64_MAX : (int64_t)filter->last);
	sql_bind_text(stmt, sqlite3_bind_parameter_index(stmt, ":batch"), filter->batch);
	sql_bind_text(stmt, sqlite3_bind_parameter_index(stmt, ":outcome"), filter->outcome);
	sql_bind_text(stmt, sqlite3_bind_parameter_index(stmt, ":mac"), filter->mac);
	sql_bind_text(stmt, sqlite3_bind_parameter_index(stmt, ":run_id"), filter->run_id);
}

static void append_query(sqlite3_str *text, const struct run_filter *filter)
{
	sqlite3_str_appendall(text, filter->last ? "SELECT * FROM (SELECT " : "SELECT ");
	append_columns(text);
	sqlite3_str_appendall(text, " FROM runs WHERE true");
	append_conditions(text, filter);
	if (filter->last)
		sqlite3_str_appendall(text,
				      " ORDER BY start_utc_ms DESC, run_id DESC LIMIT :last)");
	sqlite3_str_appendall(text, " ORDER BY start_utc_ms, run_id");
}

static enum status prepare(struct db *db, const struct run_filter *filter, sqlite3_str *text,
			   sqlite3_stmt **stmt, struct err *err)
{
	enum status st;
	char *sql = sqlite3_str_finish(text);
	st = sql ? sql_prepare(db, sql, stmt, err) : sql_fail_at(db->path, SQLITE_NOMEM, NULL, err);
	sqlite3_free(sql);
	if (!st)
		bind_conditions(*stmt, filter);
	return st;
}

enum status select_runs(struct db *db, const struct run_filter *filter, sqlite3_stmt **stmt,
			struct err *err)
{
	sqlite3_str *text = sqlite3_str_new(db->sql);

	*stmt = NULL;
	append_query(text, filter);
	return prepare(db, filter, text, stmt, err);
}

enum status select_from_runs(struct db *db, const struct run_filter *filter, const char *head,
			     const char *tail, sqlite3_stmt **stmt, struct err *err)
{
	sqlite3_str *text = sqlite3_str_new(db->sql);

	*stmt = NULL;
	sqlite3_str_appendf(text, "SELECT %s FROM (", head);
	append_query(text, filter);
	sqlite3_str_appendf(text, ") %s", tail);
	return prepare(db, filter, text, stmt, err);
}

enum status select_next(struct db *db, sqlite3_stmt *stmt, bool *has_row, struct err *err)
{
	int rc = sqlite3_step(stmt);

	*has_row = rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
}

int select_column(const char *name)
{
	size_t count;
	const struct column *columns = column_rows(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(columns[i].name, name) == 0)
			return (int)i;
	assert(!"a column of the view runs");
	return -1;
}

const char *select_known(sqlite3_stmt *stmt, const char *name)
{
	return sql_text(stmt, select_column(name));
}

const char *select_text(sqlite3_stmt *stmt, const char *name)
{
	return (const char *)sqlite3_column_text(stmt, select_column(name));
}
