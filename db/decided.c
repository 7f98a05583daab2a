#include "db/decided.h"

#include "db/sql.h"

#include <stdio.h>

/*
 * The newest of several decisions is the one with the highest number in the ledger: clocks of
 * factory computers are set back at times, and then the newer one has the smaller id.
 */
#define NEWEST(table, id)                                                                          \
	" ORDER BY ifnull((SELECT max(seq) FROM ledger WHERE ref = " id " AND kind = '" table      \
	"'), 0) DESC, " id " DESC LIMIT 1"

/* An unknown text is "". */
static void copy_text(char *to, size_t size, sqlite3_stmt *row, int column)
{
	const unsigned char *text = sqlite3_column_text(row, column);

	snprintf(to, size, "%s", text ? (const char *)text : "");
}

/* One row by one text key; *row is ready to be read, NULL without one. The caller finalizes
 * *stmt in any case. */
static enum status ask(struct db *db, const char *sql, const char *key, sqlite3_stmt **stmt,
		       sqlite3_stmt **row, struct err *err)
{
	*row = NULL;
	TRY(sql_prepare(db, sql, stmt, err));
	sql_bind_text(*stmt, 1, key);
	int rc = sqlite3_step(*stmt);
	if (rc == SQLITE_ROW)
		*row = *stmt;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
}

/* ---- batches ---- */

static const char order_sql[] =
	"SELECT batch.batch IS NOT NULL, quantity,"
	" coalesce((SELECT quota FROM batch_change WHERE batch = ?1 AND change = 'QUOTA'"
	"  ORDER BY position DESC LIMIT 1), quota),"
	" recipe_digest, work_order, part_number, part_revision, customer, opened_utc_ms,"
	" (SELECT iif(change = 'CLOSED', utc_ms, 0) FROM batch_change"
	"  WHERE batch = ?1 AND change <> 'QUOTA' ORDER BY position DESC LIMIT 1)"
	" FROM (SELECT 1) LEFT JOIN batch ON batch.batch = ?1";

enum status decided_order(struct db *db, const char *batch, struct batch_state *state,
			  struct err *err)
{
	sqlite3_stmt *stmt = NULL, *row;
	enum status st = ask(db, order_sql, batch, &stmt, &row, err);

	*state = (struct batch_state){ 0 };
	if (!st && row) {
		state->is_known = sqlite3_column_int(row, 0);
		state->quantity = sqlite3_column_int64(row, 1);
		state->quota = sqlite3_column_int64(row, 2);
		copy_text(state->recipe_digest, sizeof(state->recipe_digest), row, 3);
		copy_text(state->work_order, sizeof(state->work_order), row, 4);
		copy_text(state->part_number, sizeof(state->part_number), row, 5);
		copy_text(state->part_revision, sizeof(state->part_revision), row, 6);
		copy_text(state->customer, sizeof(state->customer), row, 7);
		state->opened_utc_ms = sqlite3_column_int64(row, 8);
		state->closed_utc_ms = sqlite3_column_int64(row, 9);
		state->is_open = state->is_known && !state->closed_utc_ms;
	}
	sqlite3_finalize(stmt);
	return st;
}

enum status decided_batch(struct db *db, const char *batch, struct batch_state *state,
			  struct err *err)
{
	static const char sql[] =
		"SELECT count(*), count(DISTINCT iif(outcome = 'PASS', mac, NULL))"
		" FROM run LEFT JOIN result INDEXED BY result_by_run_outcome USING (run_id)"
		" WHERE run.batch = ?1 AND kind = 'FLASH'";
	sqlite3_stmt *stmt = NULL, *row;

	TRY(decided_order(db, batch, state, err));
	enum status st = ask(db, sql, batch, &stmt, &row, err);
	if (!st && row) {
		state->runs = sqlite3_column_int64(row, 0);
		state->passed = sqlite3_column_int64(row, 1);
	}
	sqlite3_finalize(stmt);
	return st;
}

/* ---- recipes ---- */

static enum status is_newest(struct db *db, const char *recipe_digest, const char *sql, bool *is,
			     struct err *err)
{
	sqlite3_stmt *stmt = NULL, *row;
	enum status st = ask(db, sql, recipe_digest, &stmt, &row, err);

	*is = !st && row && sqlite3_column_int(row, 0);
	sqlite3_finalize(stmt);
	return st;
}

#define NEWEST_APPROVAL " FROM approval WHERE recipe_digest = ?1" NEWEST("approval", "approval_id")

enum status decided_approval(struct db *db, const char *recipe_digest, bool *is_approved,
			     struct err *err)
{
	return is_newest(db, recipe_digest, "SELECT state = 'APPROVED'" NEWEST_APPROVAL,
			 is_approved, err);
}

enum status decided_retired(struct db *db, const char *recipe_digest, bool *is_retired,
			    struct err *err)
{
	return is_newest(db, recipe_digest, "SELECT state = 'RETIRED'" NEWEST_APPROVAL, is_retired,
			 err);
}

/* ---- rules ---- */

enum status decided_rule(struct db *db, const char *name, char word[static DECIDED_TEXT_BYTES],
			 struct err *err)
{
	static const char sql[] = "SELECT word FROM rule WHERE name = ?1" NEWEST("rule", "rule_id");
	sqlite3_stmt *stmt = NULL, *row;
	enum status st = ask(db, sql, name, &stmt, &row, err);

	word[0] = '\0';
	if (!st && row)
		copy_text(word, DECIDED_TEXT_BYTES, row, 0);
	sqlite3_finalize(stmt);
	return st;
}

/* ---- units ---- */

enum status decided_disposition(struct db *db, const char *mac, struct disposition_state *state,
				struct err *err)
{
	static const char sql[] =
		"SELECT iif(state = 'RELEASED', '', state), reason, operator, utc_ms,"
		" (SELECT max(seq) FROM ledger WHERE ref = disposition_id"
		"  AND kind = 'disposition')"
		" FROM disposition WHERE mac = ?1" NEWEST("disposition", "disposition_id");
	sqlite3_stmt *stmt = NULL, *row;
	enum status st = ask(db, sql, mac, &stmt, &row, err);

	*state = (struct disposition_state){ 0 };
	if (!st && row) {
		copy_text(state->state, sizeof(state->state), row, 0);
		copy_text(state->reason, sizeof(state->reason), row, 1);
		copy_text(state->operator_name, sizeof(state->operator_name), row, 2);
		state->utc_ms = sqlite3_column_int64(row, 3);
		state->seq = sqlite3_column_int64(row, 4);
	}
	sqlite3_finalize(stmt);
	return st;
}
