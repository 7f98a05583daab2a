#include "db/migrate.h"

#include "db/ledger/ledger_append.h"
#include "engine/base/clock.h"

#include <stdlib.h>

#define LEDGER_VERSION 4 /* the first with a ledger */

static const char *const migrations[] = {
	schema_sql, schema_2_sql, schema_3_sql, schema_4_sql, schema_5_sql,
};

const char *const *migration_rows(size_t *count)
{
	*count = sizeof(migrations) / sizeof(migrations[0]);
	return migrations;
}

/* The history in the file knows of newer versions than the file says it has. */
static enum status check_history(struct db *db, int64_t version, struct err *err)
{
	int64_t has_history, applied;

	TRY(sql_integer(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'",
			&has_history, err));
	if (!has_history)
		return STATUS_OK;
	TRY(sql_integer(db, "SELECT max(version) FROM schema_version", &applied, err));
	if (applied <= version)
		return STATUS_OK;
	return err_set(err, STATUS_DATABASE,
		       "%s: was set to schema %lld by hand, its tables are those of schema %lld: "
		       "'PRAGMA user_version = %lld' sets it back, then 'flashline ledger verify' "
		       "tells whether more was changed",
		       db->path, (long long)version, (long long)applied, (long long)applied);
}

static enum status read_version(struct db *db, int64_t newest, int64_t *version, struct err *err)
{
	int64_t application_id, tables;

	TRY(sql_integer(db, "PRAGMA application_id", &application_id, err));
	TRY(sql_integer(db, "PRAGMA user_version", version, err));
	TRY(sql_integer(db, "SELECT count(*) FROM sqlite_schema", &tables, err));
	if (application_id != DB_APPLICATION_ID && (tables || *version || application_id))
		return err_set(err, STATUS_DATABASE,
			       "%s: is another program's database: name another file with --db",
			       db->path);
	if (*version > newest)
		return err_set(err, STATUS_DATABASE,
			       "%s: was made by a newer flashline (schema %lld, this program knows "
			       "up to %lld): update the program, or name another file with --db",
			       db->path, (long long)*version, (long long)newest);
	return check_history(db, *version, err);
}

/* All of one moment: another process may be bringing it up to date. */
enum status migrate_version(struct db *db, int64_t newest, int64_t *version, struct err *err)
{
	TRY(sql_exec(db, "SAVEPOINT version", err));
	enum status st = read_version(db, newest, version, err);

	sqlite3_exec(db->sql, "RELEASE version", NULL, NULL, NULL);
	return st;
}

/*
 * One row per key of a table (primary or unique): a condition that is true when the row
 * to be inserted has the same key as one that is there. Without it INSERT OR
 * REPLACE would delete the old row, and the delete trigger does not see that
 * unless the connection has set recursive_triggers, which others do not.
 */
static const char keys_sql[] =
	"WITH key(name, id, col) AS ("
	"  SELECT t.name, 'primary', c.name FROM sqlite_schema t, pragma_table_info(t.name) c"
	"    WHERE t.type = 'table' AND c.pk > 0"
	"  UNION ALL"
	"  SELECT t.name, i.name, c.name FROM sqlite_schema t, pragma_index_list(t.name) i,"
	"    pragma_index_info(i.name) c WHERE t.type = 'table' AND i.\"unique\" AND i.origin <> "
	"'pk')"
	"SELECT name, id, group_concat(format('\"%w\" = NEW.\"%w\"', col, col), ' AND ')"
	"  FROM key WHERE name NOT LIKE 'sqlite_%'"
	"    AND NOT EXISTS (SELECT 1 FROM sqlite_schema g WHERE g.type = 'trigger'"
	"      AND g.name = format('%s_keeps_%s', key.name, key.id))"
	"  GROUP BY name, id";

static const char tables_sql[] =
	"SELECT name FROM sqlite_schema t WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	"  AND NOT EXISTS (SELECT 1 FROM sqlite_schema g WHERE g.type = 'trigger'"
	"    AND g.name = t.name || '_no_update')";

/* Collect the text that query makes with printf-like format, then run it: the catalogue
 * must not change under the query that reads it. */
static enum status make_triggers(struct db *db, const char *query,
				 void (*add)(sqlite3_str *text, sqlite3_stmt *row), struct err *err)
{
	sqlite3_stmt *stmt;
	int rc;

	TRY(sql_prepare(db, query, &stmt, err));
	sqlite3_str *text = sqlite3_str_new(db->sql);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		add(text, stmt);
	enum status st = rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	if (!st && sqlite3_str_errcode(text))
		st = sql_fail_at(db->path, sqlite3_str_errcode(text), NULL, err);
	char *sql = sqlite3_str_finish(text);
	if (!st && sql)
		st = sql_exec(db, sql, err);
	sqlite3_free(sql);
	return st;
}

static void add_change_triggers(sqlite3_str *text, sqlite3_stmt *row)
{
	const char *name = (const char *)sqlite3_column_text(row, 0);

	sqlite3_str_appendf(
		text,
		"CREATE TRIGGER \"%w_no_update\" BEFORE UPDATE ON \"%w\" BEGIN "
		"SELECT RAISE(ABORT, 'records are only added: %q may not be changed'); END;"
		"CREATE TRIGGER \"%w_no_delete\" BEFORE DELETE ON \"%w\" BEGIN "
		"SELECT RAISE(ABORT, 'records are only added: %q may not be deleted'); "
		"END;",
		name, name, name, name, name, name);
}

static void add_key_trigger(sqlite3_str *text, sqlite3_stmt *row)
{
	const char *name = (const char *)sqlite3_column_text(row, 0);

	sqlite3_str_appendf(
		text,
		"CREATE TRIGGER \"%w_keeps_%w\" BEFORE INSERT ON \"%w\" "
		"WHEN EXISTS (SELECT 1 FROM \"%w\" WHERE %s) BEGIN "
		"SELECT RAISE(ABORT, 'records are only added: %q is already there'); END;",
		name, sqlite3_column_text(row, 1), name, name, sqlite3_column_text(row, 2), name);
}

static enum status note_version(struct db *db, size_t version, struct err *err)
{
	char sql[200];

	sqlite3_snprintf(sizeof(sql), sql,
			 "INSERT INTO schema_version VALUES (%d, %lld, %Q);"
			 "PRAGMA user_version = %d",
			 (int)version, (long long)clock_utc_ms(), FLASHLINE_VERSION, (int)version);
	return sql_exec(db, sql, err);
}

static enum status migrate_steps(struct db *db, const char *const *rows, size_t from, size_t count,
				 struct err *err)
{
	char sql[60];

	sqlite3_snprintf(sizeof(sql), sql, "PRAGMA application_id = %d", DB_APPLICATION_ID);
	TRY(sql_exec(db, sql, err));
	for (size_t i = from; i < count; i++) {
		TRY(sql_exec(db, rows[i], err));
		TRY(note_version(db, i + 1, err));
	}
	TRY(make_triggers(db, tables_sql, add_change_triggers, err));
	TRY(make_triggers(db, keys_sql, add_key_trigger, err));
	return from < LEDGER_VERSION && count >= LEDGER_VERSION ? ledger_begin(db, err) : STATUS_OK;
}

enum status migrate(struct db *db, const char *const *rows, size_t count, struct err *err)
{
	int64_t version;

	TRY(migrate_version(db, (int64_t)count, &version, err));
	if (version == (int64_t)count)
		return STATUS_OK;
	TRY(sql_exec(db, "BEGIN IMMEDIATE", err));
	enum status st = migrate_steps(db, rows, (size_t)version, count, err);
	if (!st)
		st = sql_exec(db, "COMMIT", err);
	if (st)
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return st;
}
