#include "db/guard_facts.h"

#include "db/sql.h"

#include <stdio.h>

/*
 * CROSS JOIN fixes the order of the tables: first what has the MAC or the serial number, of which
 * there are few. Without it SQLite may begin with all runs of a recipe.
 */
#define RUNS_OF_MAC                                                                                \
	" FROM result CROSS JOIN run USING (run_id) CROSS JOIN recipe USING (recipe_digest)"       \
	" WHERE result.mac = ?1 AND run.kind = 'FLASH'"
#define PRODUCT " coalesce(recipe.product, recipe.name) = "
#define PROCESS " coalesce(recipe.process, 'FLASH') = "
/* Claims of the database's own chains are this station's, also those before a new chain. */
#define NOT_OURS " AND chain_id NOT IN (SELECT chain_id FROM chain)"

/* A query with texts for ?1 and so on, up to the first NULL, and its first row. *row is NULL
 * without one; the caller finalizes *stmt in any case. */
static enum status ask(struct db *db, const char *sql, const char *const *texts,
		       sqlite3_stmt **stmt, sqlite3_stmt **row, struct err *err)
{
	int rc;

	*row = NULL;
	TRY(sql_prepare(db, sql, stmt, err));
	for (int i = 0; texts[i]; i++)
		sql_bind_text(*stmt, i + 1, texts[i]);
	rc = sqlite3_step(*stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return sql_fail(db, rc, err);
	*row = rc == SQLITE_ROW ? *stmt : NULL;
	return STATUS_OK;
}

static void copy_text(char *to, size_t size, sqlite3_stmt *row, int column)
{
	const unsigned char *text = sqlite3_column_text(row, column);

	snprintf(to, size, "%s", text ? (const char *)text : "");
}

static enum status ask_text(struct db *db, const char *sql, const char *const *texts, char *to,
			    size_t size, struct err *err)
{
	sqlite3_stmt *stmt = NULL, *row;
	enum status st = ask(db, sql, texts, &stmt, &row, err);

	to[0] = '\0';
	if (row)
		copy_text(to, size, row, 0);
	sqlite3_finalize(stmt);
	return st;
}

enum status guard_passed(struct db *db, const char *mac, const char *recipe_digest,
			 struct guard_pass *pass, struct err *err)
{
	static const char sql[] =
		"SELECT run_id, end_utc_ms, (SELECT max(seq) FROM ledger WHERE ref = run_id"
		"  AND ledger.kind = 'result') AS entry"
		" FROM result CROSS JOIN run USING (run_id)"
		" WHERE result.mac = ?1 AND outcome = 'PASS' AND run.kind = 'FLASH'"
		"  AND recipe_digest = ?2 ORDER BY entry DESC, run_id DESC LIMIT 1";
	const char *const texts[] = { mac, recipe_digest, NULL };
	sqlite3_stmt *stmt = NULL, *row;
	enum status st = ask(db, sql, texts, &stmt, &row, err);

	*pass = (struct guard_pass){ .is_there = row != NULL };
	if (row) {
		copy_text(pass->run_id, sizeof(pass->run_id), row, 0);
		pass->end_utc_ms = sqlite3_column_int64(row, 1);
		pass->seq = sqlite3_column_int64(row, 2);
	}
	sqlite3_finalize(stmt);
	return st;
}

enum status guard_counts_in_batch(struct db *db, const char *mac, const char *batch, bool *counts,
				  struct err *err)
{
	static const char sql[] = "SELECT 1 FROM result CROSS JOIN run USING (run_id)"
				  " WHERE result.mac = ?1 AND outcome = 'PASS'"
				  "  AND run.kind = 'FLASH' AND run.batch = ?2 LIMIT 1";
	const char *const texts[] = { mac, batch, NULL };
	sqlite3_stmt *stmt = NULL, *row;
	enum status st = ask(db, sql, texts, &stmt, &row, err);

	*counts = row != NULL;
	sqlite3_finalize(stmt);
	return st;
}

enum status guard_serial_holder(struct db *db, const char *serial, const char *product,
				const char *but_mac, char mac[static MAC_TEXT_BYTES],
				struct err *err)
{
	static const char sql[] =
		"SELECT mac FROM run CROSS JOIN result USING (run_id)"
		" CROSS JOIN recipe USING (recipe_digest)"
		" WHERE run.serial = ?1 AND run.kind = 'FLASH' AND outcome = 'PASS'"
		"  AND" PRODUCT "?2 AND mac <> ?3 ORDER BY run_id DESC LIMIT 1";
	const char *const texts[] = { serial, product, but_mac, NULL };

	return ask_text(db, sql, texts, mac, MAC_TEXT_BYTES, err);
}

enum status guard_serial_of(struct db *db, const char *mac, const char *product,
			    char serial[static GUARD_SERIAL_BYTES], struct err *err)
{
	static const char sql[] = "SELECT run.serial" RUNS_OF_MAC
				  " AND outcome = 'PASS' AND run.serial IS NOT NULL AND" PRODUCT
				  "?2 ORDER BY (SELECT max(seq) FROM ledger WHERE ref = run_id"
				  "  AND ledger.kind = 'result') DESC, run_id DESC LIMIT 1";
	const char *const texts[] = { mac, product, NULL };

	return ask_text(db, sql, texts, serial, GUARD_SERIAL_BYTES, err);
}

static enum status ask_claim(struct db *db, const char *sql, const char *const *texts,
			     struct guard_claim *claim, struct err *err)
{
	sqlite3_stmt *stmt = NULL, *row;
	enum status st = ask(db, sql, texts, &stmt, &row, err);

	*claim = (struct guard_claim){ .is_there = row != NULL };
	if (row) {
		copy_text(claim->station, sizeof(claim->station), row, 0);
		claim->claimed_utc_ms = sqlite3_column_int64(row, 1);
		claim->generation = sqlite3_column_int64(row, 2);
	}
	sqlite3_finalize(stmt);
	return st;
}

enum status guard_mac_claim(struct db *db, const char *mac, const char *product,
			    const char *process, struct guard_claim *claim, struct err *err)
{
	static const char sql[] =
		"SELECT station, claimed_utc_ms, generation FROM plant_claim WHERE value = ?1"
		" AND kind = 'MAC' AND product = ?2 AND process = ?3" NOT_OURS
		" ORDER BY generation DESC, plant_seq DESC LIMIT 1";
	const char *const texts[] = { mac, product, process, NULL };

	return ask_claim(db, sql, texts, claim, err);
}

enum status guard_serial_claim(struct db *db, const char *serial, const char *product,
			       struct guard_claim *claim, struct err *err)
{
	static const char sql[] =
		"SELECT station, claimed_utc_ms, generation FROM plant_claim WHERE value = ?1"
		" AND kind = 'SERIAL' AND product = ?2" NOT_OURS " ORDER BY plant_seq DESC LIMIT 1";
	const char *const texts[] = { serial, product, NULL };

	return ask_claim(db, sql, texts, claim, err);
}

enum status guard_generation(struct db *db, const char *mac, const char *product,
			     const char *process, struct guard_generations *generation,
			     struct err *err)
{
	static const char sql[] =
		"SELECT max(coalesce(generation, outcome = 'PASS')),"
		" max(iif(outcome = 'PASS', coalesce(generation, 1), 0))" RUNS_OF_MAC " AND" PRODUCT
		"?2 AND" PROCESS "?3";
	const char *const texts[] = { mac, product, process, NULL };
	sqlite3_stmt *stmt = NULL, *row;
	enum status st = ask(db, sql, texts, &stmt, &row, err);

	*generation = (struct guard_generations){ 0 };
	if (row) {
		generation->last = sqlite3_column_int64(row, 0);
		generation->passed = sqlite3_column_int64(row, 1);
	}
	sqlite3_finalize(stmt);
	return st;
}
