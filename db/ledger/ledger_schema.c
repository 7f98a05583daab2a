#include "db/ledger/ledger_schema.h"

#include "db/ledger/ledger_append.h"
#include "db/migrate.h"

#include <stdio.h>
#include <string.h>

/* ---- what it should be: a database in memory, made as any other ---- */

static enum status make_reference(struct db *reference, struct err *err)
{
	size_t newest;
	const char *const *rows = migration_rows(&newest);
	int rc = sqlite3_open(":memory:", &reference->sql);

	return rc == SQLITE_OK ? migrate(reference, rows, newest, err)
			       : sql_fail(reference, rc, err);
}

static void release(struct db *reference)
{
	ledger_writer_free(reference->ledger);
	sqlite3_close(reference->sql);
}

/* ---- the two compared ---- */

static const char all_sql[] =
	"SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL "
	"AND (type = 'trigger' OR substr(name, 1, 7) <> 'sqlite_') "
	"ORDER BY type <> 'table', type, name";
static const char one_sql[] =
	"SELECT sql, tbl_name FROM sqlite_schema WHERE type = ?1 AND name = ?2";

static const char *text_at(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return text ? text : "";
}

static void differs(sqlite3_stmt *row, const char *how, struct schema_difference *difference)
{
	const char *type = text_at(row, 0);

	difference->is_there = true;
	difference->is_table = strcmp(type, "table") == 0;
	snprintf(difference->name, sizeof(difference->name), "%s", text_at(row, 1));
	snprintf(difference->text, sizeof(difference->text), "%.16s %.80s %s", type,
		 text_at(row, 1), how);
}

/* Every row of all has to be in one as it is, or (is_added) at least to be there. */
static enum status compare(struct db *db, sqlite3_stmt *all, struct db *other, sqlite3_stmt *one,
			   bool is_added, struct schema_difference *difference, struct err *err)
{
	enum status st = STATUS_OK;
	int rc = SQLITE_DONE;

	while (!difference->is_there && !st && (rc = sqlite3_step(all)) == SQLITE_ROW) {
		if (is_added && strcmp(text_at(all, 0), "trigger"))
			continue;
		sql_bind_text(one, 1, text_at(all, 0));
		sql_bind_text(one, 2, text_at(all, 1));
		int found = sqlite3_step(one);
		if (found != SQLITE_ROW && found != SQLITE_DONE)
			st = sql_fail(other, found, err);
		else if (found == SQLITE_DONE)
			differs(all,
				is_added ? "was added: this program makes none of that name"
					 : "is missing",
				difference);
		else if (strcmp(text_at(all, 3), text_at(one, 0)) ||
			 strcmp(text_at(all, 2), text_at(one, 1)))
			differs(all, "is not as this program makes it", difference);
		sqlite3_reset(one);
	}
	if (!st && rc != SQLITE_ROW && rc != SQLITE_DONE)
		st = sql_fail(db, rc, err);
	return st;
}

static enum status compare_with(struct db *db, struct db *other, bool is_added,
				struct schema_difference *difference, struct err *err)
{
	sqlite3_stmt *all = NULL, *one = NULL;
	enum status st = sql_prepare(db, all_sql, &all, err);

	if (!st)
		st = sql_prepare(other, one_sql, &one, err);
	if (!st)
		st = compare(db, all, other, one, is_added, difference, err);
	sqlite3_finalize(all);
	sqlite3_finalize(one);
	return st;
}

enum status schema_compare(struct db *db, struct schema_difference *difference, struct err *err)
{
	struct db reference = { .path = (char *)":memory:", .lock_fd = -1 };
	enum status st = make_reference(&reference, err);

	*difference = (struct schema_difference){ .is_there = false };
	if (!st)
		st = compare_with(&reference, db, false, difference, err);
	if (!st && !difference->is_there)
		st = compare_with(db, &reference, true, difference, err);
	release(&reference);
	return st;
}
