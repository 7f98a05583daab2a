#include "db/decisions.h"

#include "db/sql.h"

#include <inttypes.h>
#include <stdio.h>

/* Where a row stands in the ledger: see NEWEST in db/decided.c. */
#define IN_ORDER(table, id)                                                                        \
	" ORDER BY ifnull((SELECT max(seq) FROM ledger WHERE ref = " id " AND kind = '" table      \
	"'), 0), " id

static const char *const lists[] = {
	[DECISIONS_OF_BATCH] =
		"SELECT 'OPENED', quota, operator, NULL, opened_utc_ms, 0 AS position"
		" FROM batch WHERE batch = ?1 UNION ALL"
		" SELECT change, quota, operator, reason, utc_ms, position"
		" FROM batch_change WHERE batch = ?1 ORDER BY position",
	[DECISIONS_OF_RECIPE] = "SELECT state, 0, operator, reason, utc_ms FROM approval WHERE "
				"recipe_digest = ?1" IN_ORDER("approval", "approval_id"),
	[DECISIONS_OF_RULE] =
		"SELECT word, 0, operator, reason, utc_ms FROM rule WHERE name = ?1" IN_ORDER(
			"rule", "rule_id"),
	[DECISIONS_OF_UNIT] = "SELECT state, 0, operator, reason, utc_ms FROM disposition WHERE "
			      "mac = ?1" IN_ORDER("disposition", "disposition_id"),
};

static const char *text_at(sqlite3_stmt *row, int column)
{
	return (const char *)sqlite3_column_text(row, column);
}

/* What a walk does with each row, and what of it is the caller's. */
struct walk {
	enum status (*row)(const struct walk *walk, sqlite3_stmt *row, struct err *err);
	union {
		enum status (*decision)(void *ctx, const struct decision *d, struct err *err);
		enum status (*name)(void *ctx, const char *name, struct err *err);
		enum status (*recipe)(void *ctx, const struct recipe_row *r, struct err *err);
		enum status (*image)(void *ctx, const struct recipe_image_row *i, struct err *err);
		enum status (*attachment)(void *ctx, const struct attachment_row *a,
					  struct err *err);
	} each;
	void *ctx;
};

static enum status walk_rows(struct db *db, const char *sql, const char *a, const char *b,
			     const struct walk *walk, struct err *err)
{
	enum status st = STATUS_OK;
	sqlite3_stmt *stmt;
	int rc = SQLITE_DONE;

	TRY(sql_prepare(db, sql, &stmt, err));
	if (a)
		sql_bind_text(stmt, 1, a);
	if (b)
		sql_bind_text(stmt, 2, b);
	while (!st && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		st = walk->row(walk, stmt, err);
	if (!st && rc != SQLITE_DONE)
		st = sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

static enum status decision_row(const struct walk *walk, sqlite3_stmt *row, struct err *err)
{
	const struct decision decision = {
		.what = text_at(row, 0),
		.number = sqlite3_column_int64(row, 1),
		.operator_name = text_at(row, 2),
		.reason = text_at(row, 3),
		.utc_ms = sqlite3_column_int64(row, 4),
	};

	return walk->each.decision(walk->ctx, &decision, err);
}

enum status decisions_walk(struct db *db, enum decision_list list, const char *key,
			   enum status (*each)(void *ctx, const struct decision *decision,
					       struct err *err),
			   void *ctx, struct err *err)
{
	const struct walk walk = { .row = decision_row, .each.decision = each, .ctx = ctx };

	return walk_rows(db, lists[list], key, NULL, &walk, err);
}

/* ---- batches ---- */

static enum status name_row(const struct walk *walk, sqlite3_stmt *row, struct err *err)
{
	return walk->each.name(walk->ctx, text_at(row, 0), err);
}

enum status batch_names_walk(struct db *db, uint64_t last,
			     enum status (*each)(void *ctx, const char *batch, struct err *err),
			     void *ctx, struct err *err)
{
	/* Each name by one step into the index, not each run. */
	static const char sql[] =
		"WITH RECURSIVE typed (batch) AS ("
		" SELECT (SELECT min(batch) FROM run WHERE batch IS NOT NULL) UNION ALL"
		" SELECT (SELECT min(batch) FROM run WHERE batch > typed.batch) FROM typed"
		"  WHERE typed.batch IS NOT NULL)"
		" SELECT batch FROM batch UNION SELECT batch FROM typed WHERE batch IS NOT NULL"
		" ORDER BY 1";
	/* Ids of runs begin with their time, twelve digits of it with a dash behind the eighth: so
	 * the newest run of a batch is one step into the index, and comparable with its opening. */
	static const char newest_sql[] =
		"WITH RECURSIVE typed (batch) AS ("
		" SELECT (SELECT min(batch) FROM run WHERE batch IS NOT NULL) UNION ALL"
		" SELECT (SELECT min(batch) FROM run WHERE batch > typed.batch) FROM typed"
		"  WHERE typed.batch IS NOT NULL),"
		" names (batch, opened_utc_ms) AS (SELECT batch, opened_utc_ms FROM batch UNION ALL"
		"  SELECT batch, 0 FROM typed WHERE batch IS NOT NULL"
		"  AND batch NOT IN (SELECT batch FROM batch))"
		" SELECT batch FROM (SELECT batch FROM names ORDER BY max("
		"  ifnull((SELECT max(run_id) FROM run WHERE run.batch = names.batch), ''),"
		"  format('%08x-%04x', opened_utc_ms / 65536, opened_utc_ms % 65536)) DESC"
		"  LIMIT CAST(?1 AS INTEGER)) ORDER BY 1";
	const struct walk walk = { .row = name_row, .each.name = each, .ctx = ctx };
	char limit[24];

	snprintf(limit, sizeof(limit), "%" PRIu64, last < INT32_MAX ? last : INT32_MAX);
	return last ? walk_rows(db, newest_sql, limit, NULL, &walk, err)
		    : walk_rows(db, sql, NULL, NULL, &walk, err);
}

enum status batch_units_read(struct db *db, const char *batch, struct batch_units *units,
			     struct err *err)
{
	static const char sql[] =
		"WITH runs_in AS MATERIALIZED (SELECT outcome, mac, result.run_id IS NULL AS "
		"is_open"
		"  FROM run LEFT JOIN result INDEXED BY result_by_run_outcome USING (run_id)"
		"  WHERE batch = ?1 AND kind = 'FLASH'),"
		" units_in AS MATERIALIZED (SELECT mac, max(outcome = 'PASS') AS passed,"
		"  max(outcome NOT IN ('PASS', 'ABORTED')) AS judged FROM runs_in"
		"  WHERE mac IS NOT NULL GROUP BY mac)"
		" SELECT (SELECT total(passed) FROM units_in),"
		" (SELECT total(NOT passed AND judged) FROM units_in),"
		" (SELECT total(NOT passed AND NOT judged) FROM units_in),"
		" (SELECT count(*) FROM units_in WHERE passed AND (SELECT state FROM disposition"
		"  WHERE disposition.mac = units_in.mac ORDER BY (SELECT max(seq) FROM ledger"
		"  WHERE ref = disposition_id AND kind = 'disposition') DESC, disposition_id DESC"
		"  LIMIT 1) IN ('QUARANTINE', 'SCRAP', 'RMA')),"
		" (SELECT total(is_open) FROM runs_in),"
		" (SELECT total(NOT is_open AND mac IS NULL) FROM runs_in),"
		" (SELECT count(*) FROM runs_in)";
	sqlite3_stmt *stmt;

	*units = (struct batch_units){ 0 };
	TRY(sql_prepare(db, sql, &stmt, err));
	sql_bind_text(stmt, 1, batch);
	int rc = sqlite3_step(stmt);
	enum status st = rc == SQLITE_ROW ? STATUS_OK : sql_fail(db, rc, err);
	if (!st)
		*units = (struct batch_units){
			.passed = sqlite3_column_int64(stmt, 0),
			.failed = sqlite3_column_int64(stmt, 1),
			.unjudged = sqlite3_column_int64(stmt, 2),
			.set_aside = sqlite3_column_int64(stmt, 3),
			.open_runs = sqlite3_column_int64(stmt, 4),
			.unknown_runs = sqlite3_column_int64(stmt, 5),
			.runs = sqlite3_column_int64(stmt, 6),
		};
	sqlite3_finalize(stmt);
	return st;
}

/* ---- recipes ---- */

static enum status recipe_row(const struct walk *walk, sqlite3_stmt *row, struct err *err)
{
	const struct recipe_row recipe = {
		.digest = sql_text(row, 0),
		.name = sql_text(row, 1),
		.revision = sqlite3_column_int64(row, 2),
		.product = text_at(row, 3),
		.process = text_at(row, 4),
		.canonical = sql_text(row, 5),
		.first_seen_utc_ms = sqlite3_column_int64(row, 6),
	};

	return walk->each.recipe(walk->ctx, &recipe, err);
}

enum status recipes_walk(struct db *db, const char *digest,
			 enum status (*each)(void *ctx, const struct recipe_row *recipe,
					     struct err *err),
			 void *ctx, struct err *err)
{
	static const char all[] = "SELECT recipe_digest, name, revision, product, process,"
				  " canonical, first_seen_utc_ms FROM recipe"
				  " ORDER BY first_seen_utc_ms, recipe_digest";
	static const char one[] = "SELECT recipe_digest, name, revision, product, process,"
				  " canonical, first_seen_utc_ms FROM recipe"
				  " WHERE recipe_digest = ?1";
	const struct walk walk = { .row = recipe_row, .each.recipe = each, .ctx = ctx };

	return walk_rows(db, digest ? one : all, digest, NULL, &walk, err);
}

enum status recipe_use_read(struct db *db, const char *digest, struct recipe_use *use,
			    struct err *err)
{
	static const char sql[] =
		"SELECT count(*), count(DISTINCT iif(outcome = 'PASS', mac, NULL)),"
		" min(start_utc_ms), max(start_utc_ms) FROM run"
		" LEFT JOIN result INDEXED BY result_by_run_outcome USING (run_id)"
		" WHERE recipe_digest = ?1 AND kind = 'FLASH'";
	sqlite3_stmt *stmt;

	*use = (struct recipe_use){ 0 };
	TRY(sql_prepare(db, sql, &stmt, err));
	sql_bind_text(stmt, 1, digest);
	int rc = sqlite3_step(stmt);
	enum status st = rc == SQLITE_ROW ? STATUS_OK : sql_fail(db, rc, err);
	if (!st)
		*use = (struct recipe_use){
			.runs = sqlite3_column_int64(stmt, 0),
			.passed_units = sqlite3_column_int64(stmt, 1),
			.first_utc_ms = sqlite3_column_int64(stmt, 2),
			.last_utc_ms = sqlite3_column_int64(stmt, 3),
		};
	sqlite3_finalize(stmt);
	return st;
}

static enum status image_row(const struct walk *walk, sqlite3_stmt *row, struct err *err)
{
	const struct recipe_image_row image = {
		.addr = sqlite3_column_int64(row, 0),
		.size_bytes = sqlite3_column_int64(row, 1),
		.sha256 = text_at(row, 2),
		.file = text_at(row, 3),
		.kind = text_at(row, 4),
		.version = text_at(row, 5),
		.partition = text_at(row, 6),
	};

	return walk->each.image(walk->ctx, &image, err);
}

enum status recipe_images_walk(struct db *db, const char *digest,
			       enum status (*each)(void *ctx, const struct recipe_image_row *image,
						   struct err *err),
			       void *ctx, struct err *err)
{
	static const char sql[] =
		"SELECT addr, size_bytes, sha256, file, kind, version, partition"
		" FROM recipe_image JOIN image USING (sha256) WHERE recipe_digest = ?1"
		" ORDER BY position";
	const struct walk walk = { .row = image_row, .each.image = each, .ctx = ctx };

	return walk_rows(db, sql, digest, NULL, &walk, err);
}

/* ---- attachments ---- */

static enum status attachment_row(const struct walk *walk, sqlite3_stmt *row, struct err *err)
{
	struct attachment_row attachment = {
		.name = sql_text(row, 0),
		.media_type = sql_text(row, 1),
		.sha256 = sql_text(row, 2),
		.size_bytes = sqlite3_column_int64(row, 3),
		.operator_name = text_at(row, 4),
		.utc_ms = sqlite3_column_int64(row, 5),
		.content = sqlite3_column_blob(row, 6),
	};

	/* What the row says of its size may have been changed by hand. */
	if (attachment.content)
		attachment.size_bytes = sqlite3_column_bytes(row, 6);
	return walk->each.attachment(walk->ctx, &attachment, err);
}

enum status attachments_walk(struct db *db, const char *owner, const char *ref, bool with_content,
			     enum status (*each)(void *ctx, const struct attachment_row *attachment,
						 struct err *err),
			     void *ctx, struct err *err)
{
	static const char bare[] =
		"SELECT name, media_type, sha256, size_bytes, operator, utc_ms, NULL"
		" FROM attachment_use JOIN attachment USING (sha256)"
		" WHERE ref = ?2 AND owner = ?1" IN_ORDER("attachment_use", "use_id");
	static const char whole[] =
		"SELECT name, media_type, sha256, size_bytes, operator, utc_ms, content"
		" FROM attachment_use JOIN attachment USING (sha256)"
		" WHERE ref = ?2 AND owner = ?1" IN_ORDER("attachment_use", "use_id");
	const struct walk walk = { .row = attachment_row, .each.attachment = each, .ctx = ctx };

	return walk_rows(db, with_content ? whole : bare, owner, ref, &walk, err);
}
