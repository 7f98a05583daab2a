#include "db/export/audit_facts.h"

#include "db/ledger/ledger_kinds.h"
#include "db/select.h"

#include <assert.h>

/* clang-format off */
static const struct audit_fact facts[] = {
	{ .kind = "chain", .where = "true", .is_file = true },
	{ .kind = "station", .is_file = true,
	  .where = "station_id IN (SELECT station_id FROM run WHERE batch = :batch)" },
	{ .kind = "operator", .is_file = true,
	  .where = "name IN (SELECT operator FROM run WHERE batch = :batch "
		"UNION SELECT operator FROM batch WHERE batch = :batch "
		"UNION SELECT operator FROM batch_change WHERE batch = :batch "
		"UNION SELECT operator FROM rule "
		"UNION SELECT operator FROM approval WHERE recipe_digest IN (" AUDIT_RECIPES ") "
		"UNION SELECT operator FROM override WHERE run_id IN (" AUDIT_RUNS ") "
		"UNION SELECT operator FROM disposition WHERE mac IN (" AUDIT_UNITS ") "
		"UNION SELECT operator FROM serial_state WHERE run_id IN (" AUDIT_RUNS ") "
		"UNION SELECT operator FROM print_job WHERE run_id IN (" AUDIT_RUNS ") "
		"UNION SELECT operator FROM print_event WHERE print_id IN (" AUDIT_LABELS ") "
		"UNION SELECT operator FROM lockout_end WHERE lockout_id IN (" AUDIT_LOCKOUTS ") "
		"UNION SELECT operator FROM attachment_use WHERE " AUDIT_USES ")" },
	{ .kind = "slot", .is_file = true,
	  .where = "slot IN (SELECT slot FROM run WHERE batch = :batch)" },
	{ .kind = "image", .is_file = true,
	  .where = "sha256 IN (SELECT sha256 FROM recipe_image WHERE recipe_digest IN (" AUDIT_RECIPES "))" },
	{ .kind = "recipe", .where = "recipe_digest IN (" AUDIT_RECIPES ")" },
	{ .kind = "batch", .is_own = true, .is_file = true, .where = "batch = :batch" },
	{ .kind = "batch_change", .is_own = true, .is_file = true, .where = "batch = :batch" },
	{ .kind = "approval", .is_file = true,
	  .where = "recipe_digest IN (" AUDIT_RECIPES ")" },
	{ .kind = "rule", .is_file = true, .where = "true" },
	{ .kind = "run", .is_own = true, .where = "batch = :batch" },
	{ .kind = "override", .is_own = true, .is_file = true, .where = "run_id IN (" AUDIT_RUNS ")" },
	{ .kind = "unit", .is_file = true, .where = "mac IN (" AUDIT_UNITS ")" },
	{ .kind = "result", .is_own = true, .where = "run_id IN (" AUDIT_RUNS ")" },
	{ .kind = "serial_state", .is_own = true, .is_file = true,
	  .where = "run_id IN (" AUDIT_RUNS ")" },
	{ .kind = "print_job", .is_own = true, .is_file = true, .where = "run_id IN (" AUDIT_RUNS ")" },
	{ .kind = "print_event", .is_own = true, .is_file = true,
	  .where = "print_id IN (" AUDIT_LABELS ")" },
	{ .kind = "lockout", .is_file = true, .where = "lockout_id IN (" AUDIT_LOCKOUTS ")" },
	{ .kind = "lockout_end", .is_file = true, .where = "lockout_id IN (" AUDIT_LOCKOUTS ")" },
	{ .kind = "disposition", .is_file = true,
	  .where = "mac IN (" AUDIT_UNITS ") OR run_id IN (" AUDIT_RUNS ")" },
	{ .kind = "attachment_use", .is_file = true, .where = AUDIT_USES },
	{ .kind = "attachment",
	  .where = "sha256 IN (SELECT sha256 FROM attachment_use WHERE " AUDIT_USES ")" },
	/* Also what concerns the station as a whole, such as another history of its records. */
	{ .kind = "alarm", .is_file = true,
	  .where = "run_id IN (" AUDIT_RUNS ") OR mac IN (" AUDIT_UNITS ") "
		"OR run_id IS NULL AND mac IS NULL" },
};
/* clang-format on */

const struct audit_fact *audit_facts(size_t *count)
{
	*count = sizeof(facts) / sizeof(facts[0]);
	return facts;
}

enum status audit_prepare(struct db *db, const char *sql, const char *batch, sqlite3_stmt **stmt,
			  struct err *err)
{
	TRY(sql_prepare(db, sql, stmt, err));
	sql_bind_text(*stmt, sqlite3_bind_parameter_index(*stmt, ":batch"), batch);
	return STATUS_OK;
}

/* WITH fact (kind, ref) of all facts, or of the own ones; then tail. */
static enum status prepare_facts(struct db *db, bool only_own, const char *tail, const char *batch,
				 sqlite3_stmt **stmt, struct err *err)
{
	sqlite3_str *text = sqlite3_str_new(db->sql);
	const char *between = "";
	enum status st;

	sqlite3_str_appendall(text, "WITH fact (kind, ref) AS (");
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		const struct ledger_kind *kind = ledger_kind_named(facts[i].kind);

		assert(kind);
		if (only_own && !facts[i].is_own)
			continue;
		sqlite3_str_appendf(text, "%sSELECT '%s', %s FROM \"%w\" WHERE %s", between,
				    kind->name, kind->ref_sql, kind->name, facts[i].where);
		between = " UNION ALL ";
	}
	sqlite3_str_appendf(text, ") %s", tail);
	char *sql = sqlite3_str_finish(text);
	*stmt = NULL;
	st = sql ? audit_prepare(db, sql, batch, stmt, err)
		 : sql_fail_at(db->path, SQLITE_NOMEM, NULL, err);
	sqlite3_free(sql);
	return st;
}

/* By the index on ref: the ledger may be a thousand times as long as the batch. */
#define THEIR_ENTRIES                                                                              \
	"FROM fact CROSS JOIN ledger ON ledger.ref = fact.ref AND ledger.kind = fact.kind"

enum status audit_entries(struct db *db, const char *batch, sqlite3_stmt **stmt, struct err *err)
{
	return prepare_facts(db, false, "SELECT seq " THEIR_ENTRIES " ORDER BY seq", batch, stmt,
			     err);
}

static enum status first_integer(struct db *db, sqlite3_stmt *stmt, int64_t *value, struct err *err)
{
	bool has_row;
	enum status st = select_next(db, stmt, &has_row, err);

	*value = !st && has_row ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return st;
}

enum status audit_first_entry(struct db *db, const char *batch, int64_t *seq, struct err *err)
{
	sqlite3_stmt *stmt;

	TRY(prepare_facts(db, true, "SELECT min(seq) " THEIR_ENTRIES, batch, &stmt, err));
	return first_integer(db, stmt, seq, err);
}

enum status audit_check_entries(struct db *db, const char *batch, struct err *err)
{
	sqlite3_stmt *stmt;
	bool has_row;
	enum status st;

	TRY(prepare_facts(db, false,
			  "SELECT kind, ref FROM fact WHERE NOT EXISTS (SELECT 1 FROM ledger "
			  "WHERE ledger.ref = fact.ref AND ledger.kind = fact.kind) LIMIT 1",
			  batch, &stmt, err));
	st = select_next(db, stmt, &has_row, err);
	if (!st && has_row)
		st = err_set(
			err, STATUS_DATABASE,
			"%s: a record (%s %s) has no entry in the ledger: no pack is made of that; "
			"'flashline ledger verify' says more",
			db->path, (const char *)sqlite3_column_text(stmt, 0),
			(const char *)sqlite3_column_text(stmt, 1));
	sqlite3_finalize(stmt);
	return st;
}

enum status audit_is_known(struct db *db, const char *batch, bool *is_known, struct err *err)
{
	sqlite3_stmt *stmt;
	int64_t value;

	TRY(audit_prepare(db,
			  "SELECT EXISTS (SELECT 1 FROM batch WHERE batch = :batch) OR "
			  "EXISTS (SELECT 1 FROM run WHERE batch = :batch)",
			  batch, &stmt, err));
	TRY(first_integer(db, stmt, &value, err));
	*is_known = value != 0;
	return STATUS_OK;
}
