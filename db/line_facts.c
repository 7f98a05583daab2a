#include "db/line_facts.h"

#include "db/sql.h"

#include <stdio.h>

#define COPY(to, row, column) snprintf(to, sizeof(to), "%s", sql_text(row, column))

/* As db/report/ counts them. */
#define JUDGED                                                                                     \
	"(run.kind = 'FLASH' AND outcome <> 'ABORTED'"                                             \
	" AND NOT (outcome <> 'PASS' AND party IN ('STATION', 'OPERATOR')))"
#define COLUMNS                                                                                    \
	" run.run_id, mac, outcome, code, party, start_utc_ms, end_utc_ms, run.kind = 'FLASH',"    \
	" purpose IS 'GOLDEN', " JUDGED

/*
 * CROSS JOIN: runs first, by the index on the recipe whose rows are in the order of run_id, so that
 * the newest come at once. Values: recipe, since, how many.
 */
#define OF_RECIPE                                                                                  \
	" FROM run INDEXED BY run_by_recipe CROSS JOIN result USING (run_id)"                      \
	" WHERE recipe_digest = ?1 AND start_utc_ms >= ?2 AND purpose IS NULL AND " JUDGED         \
	" ORDER BY run.run_id DESC LIMIT ?3"

static void read_run(sqlite3_stmt *row, struct line_run *run)
{
	*run = (struct line_run){ .start_utc_ms = sql_time_ms(row, 5),
				  .end_utc_ms = sql_time_ms(row, 6),
				  .is_flash = sqlite3_column_int(row, 7),
				  .is_golden = sqlite3_column_int(row, 8),
				  .is_judged = sqlite3_column_int(row, 9) };
	COPY(run->run_id, row, 0);
	COPY(run->mac, row, 1);
	COPY(run->outcome, row, 2);
	COPY(run->code, row, 3);
	COPY(run->party, row, 4);
}

/* The rows of a prepared query, which is finalized. */
static enum status read_runs(struct db *db, sqlite3_stmt *stmt, struct line_run *runs, size_t room,
			     size_t *count, struct err *err)
{
	int rc = SQLITE_DONE;
	enum status st;

	while (*count < room && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		read_run(stmt, &runs[(*count)++]);
	st = rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
	if (st)
		*count = 0;
	sqlite3_finalize(stmt);
	return st;
}

enum status line_slot_runs(struct db *db, const char *slot, struct line_run *runs, size_t room,
			   size_t *count, struct err *err)
{
	static const char sql[] =
		"SELECT" COLUMNS " FROM (SELECT * FROM run WHERE slot = ?1"
		" ORDER BY start_utc_ms DESC, run_id DESC LIMIT 4 * ?2) AS run"
		" CROSS JOIN result USING (run_id) ORDER BY start_utc_ms DESC, run.run_id DESC";
	sqlite3_stmt *stmt;

	*count = 0;
	TRY(sql_prepare(db, sql, &stmt, err));
	sql_bind_text(stmt, 1, slot);
	sqlite3_bind_int64(stmt, 2, (int64_t)room);
	return read_runs(db, stmt, runs, room, count, err);
}

enum status line_recipe_runs(struct db *db, const char *recipe_digest, int64_t since_utc_ms,
			     struct line_run *runs, size_t room, size_t *count, struct err *err)
{
	sqlite3_stmt *stmt;

	*count = 0;
	TRY(sql_prepare(db, "SELECT" COLUMNS OF_RECIPE, &stmt, err));
	sql_bind_text(stmt, 1, recipe_digest);
	sqlite3_bind_int64(stmt, 2, since_utc_ms);
	sqlite3_bind_int64(stmt, 3, (int64_t)room);
	return read_runs(db, stmt, runs, room, count, err);
}

/* A unit counts where none of its judged runs in the product and process was before. */
static const char yield_sql[] =
	"WITH chosen AS (SELECT run.run_id, mac, outcome = 'PASS' AS is_pass" OF_RECIPE "),"
	" asked AS (SELECT coalesce(product, name) AS product, coalesce(process, 'FLASH') AS "
	"process"
	"  FROM recipe WHERE recipe_digest = ?1)"
	" SELECT count(*), total(is_pass), total(is_first), total(is_first AND is_pass)"
	" FROM (SELECT is_pass, mac IS NOT NULL AND NOT EXISTS (SELECT 1 FROM result"
	"  CROSS JOIN run USING (run_id) CROSS JOIN recipe USING (recipe_digest), asked"
	"  WHERE result.mac = chosen.mac AND result.run_id < chosen.run_id AND purpose IS NULL"
	"  AND " JUDGED " AND coalesce(recipe.product, recipe.name) = asked.product"
	"  AND coalesce(recipe.process, 'FLASH') = asked.process) AS is_first FROM chosen)";

enum status line_yield_read(struct db *db, const char *recipe_digest, int64_t since_utc_ms,
			    uint64_t last, struct line_yield *yield, struct err *err)
{
	sqlite3_stmt *stmt;

	*yield = (struct line_yield){ 0 };
	TRY(sql_prepare(db, yield_sql, &stmt, err));
	sql_bind_text(stmt, 1, recipe_digest);
	sqlite3_bind_int64(stmt, 2, since_utc_ms);
	sqlite3_bind_int64(stmt, 3, last ? (int64_t)last : -1);
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*yield = (struct line_yield){
			.judged = sqlite3_column_int64(stmt, 0),
			.passed = sqlite3_column_int64(stmt, 1),
			.units = sqlite3_column_int64(stmt, 2),
			.first_passed = sqlite3_column_int64(stmt, 3),
		};
	enum status st = rc == SQLITE_ROW ? STATUS_OK : sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

/* ---- golden runs ---- */

static enum status count_since(struct db *db, const char *recipe_digest, int64_t most,
			       struct line_golden *golden, struct err *err)
{
	static const char sql[] =
		"SELECT count(*) FROM (SELECT 1 FROM run INDEXED BY run_by_recipe"
		" CROSS JOIN result USING (run_id) WHERE recipe_digest = ?1 AND run.run_id > ?2"
		" AND purpose IS NULL AND " JUDGED " LIMIT ?3)";
	sqlite3_stmt *stmt;

	TRY(sql_prepare(db, sql, &stmt, err));
	sql_bind_text(stmt, 1, recipe_digest);
	sql_bind_text(stmt, 2, golden->run_id);
	sqlite3_bind_int64(stmt, 3, most);
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		golden->judged_since = sqlite3_column_int64(stmt, 0);
	enum status st = rc == SQLITE_ROW ? STATUS_OK : sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

enum status line_golden_read(struct db *db, const char *recipe_digest, int64_t most,
			     struct line_golden *golden, struct err *err)
{
	static const char sql[] =
		"SELECT run.run_id, mac, end_utc_ms FROM run INDEXED BY run_golden"
		" CROSS JOIN result USING (run_id) WHERE purpose = 'GOLDEN' AND purpose IS NOT NULL"
		" AND recipe_digest = ?1 AND outcome = 'PASS' ORDER BY run.run_id DESC LIMIT 1";
	sqlite3_stmt *stmt;

	*golden = (struct line_golden){ .is_there = false };
	TRY(sql_prepare(db, sql, &stmt, err));
	sql_bind_text(stmt, 1, recipe_digest);
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		golden->is_there = true;
		COPY(golden->run_id, stmt, 0);
		COPY(golden->mac, stmt, 1);
		golden->end_utc_ms = sql_time_ms(stmt, 2);
	}
	enum status st = rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	TRY(st);
	return count_since(db, recipe_digest, most, golden, err);
}

/* ---- the clock ---- */

enum status line_newest_utc_ms(struct db *db, int64_t *utc_ms, struct err *err)
{
	/* The run that started last need not have ended last; the ledger's last entries tell. */
	return sql_integer(db,
			   "SELECT max(ifnull((SELECT max(start_utc_ms) FROM run), 0),"
			   " ifnull((SELECT max(utc_ms) FROM (SELECT utc_ms FROM ledger"
			   "  ORDER BY seq DESC LIMIT 200)), 0))",
			   utc_ms, err);
}
