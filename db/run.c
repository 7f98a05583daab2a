#include "db/run.h"

#include "db/facts.h"
#include "db/fields.h"
#include "db/ledger/ledger_append.h"
#include "engine/base/clock.h"

#include <string.h>

/* ---- recipe ---- */

static enum status put_image(struct db *db, const struct record_image *image, struct err *err)
{
	sqlite3_stmt *stmt;

	TRY(sql_prepare(db,
			"INSERT INTO image (sha256, size_bytes, version) SELECT ?1, ?2, ?3 "
			"WHERE NOT EXISTS (SELECT 1 FROM image WHERE sha256 = ?1)",
			&stmt, err));
	sql_bind_text(stmt, 1, image->sha256);
	sqlite3_bind_int64(stmt, 2, image->size_bytes);
	sql_bind_text(stmt, 3, image->version);
	enum status st = sql_run(db, stmt, err);
	sqlite3_finalize(stmt);
	if (!st && sqlite3_changes(db->sql))
		st = ledger_append(db, "image", image->sha256, err);
	return st;
}

static enum status put_images(struct db *db, const struct record_recipe *recipe, struct err *err)
{
	sqlite3_stmt *stmt;
	enum status st = STATUS_OK;

	TRY(fields_prepare(db, &image_fields, &stmt, err));
	for (size_t i = 0; i < recipe->image_count && !st; i++) {
		st = put_image(db, &recipe->images[i], err);
		if (st)
			break;
		sql_bind_text(stmt, 1, recipe->digest);
		sqlite3_bind_int64(stmt, 2, (int64_t)i);
		fields_bind(stmt, &image_fields, &recipe->images[i]);
		st = sql_run(db, stmt, err);
	}
	sqlite3_finalize(stmt);
	return st;
}

static enum status put_source(struct db *db, const struct record_recipe *recipe, struct err *err)
{
	const struct record_attachment source = {
		.owner = "recipe",
		.ref = recipe->digest,
		.name = recipe->source_name ? recipe->source_name : recipe->name,
		.media_type = "application/yaml", /* RFC 9512 */
		.content = recipe->source,
		.size_bytes = strlen(recipe->source),
		.utc_ms = clock_utc_ms(),
	};

	return fact_attachment(db, &source, err);
}

static enum status put_recipe(struct db *db, const struct record_recipe *recipe, struct err *err)
{
	sqlite3_stmt *stmt;

	TRY(sql_prepare(db,
			"INSERT INTO recipe (recipe_digest, name, revision, product, canonical, "
			"first_seen_utc_ms, process) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 "
			"WHERE NOT EXISTS (SELECT 1 FROM recipe WHERE recipe_digest = ?1)",
			&stmt, err));
	sql_bind_text(stmt, 1, recipe->digest);
	sql_bind_text(stmt, 2, recipe->name);
	sqlite3_bind_int64(stmt, 3, recipe->revision);
	sql_bind_text(stmt, 4, recipe->product);
	sql_bind_text(stmt, 5, recipe->canonical);
	sqlite3_bind_int64(stmt, 6, clock_utc_ms());
	sql_bind_text(stmt, 7, recipe->process);
	enum status st = sql_run(db, stmt, err);
	sqlite3_finalize(stmt);
	/* The digest covers the images, so a recipe that was there has them all. */
	if (st || !sqlite3_changes(db->sql))
		return st;
	TRY(put_images(db, recipe, err));
	return ledger_append(db, "recipe", recipe->digest, err);
}

static enum status fact_recipe(struct db *db, const struct record_recipe *recipe, struct err *err)
{
	TRY(put_recipe(db, recipe, err));
	/* What the digest does not cover, comments, may differ each time. */
	return recipe->source ? put_source(db, recipe, err) : STATUS_OK;
}

/* ---- run ---- */

/* sql inserts key ?1 at ?2 unless it is there. */
static enum status put_seen(struct db *db, const char *sql, const char *kind, const char *key,
			    int64_t utc_ms, struct err *err)
{
	sqlite3_stmt *stmt;

	if (!key)
		return STATUS_OK;
	TRY(sql_prepare(db, sql, &stmt, err));
	sql_bind_text(stmt, 1, key);
	sqlite3_bind_int64(stmt, 2, utc_ms);
	enum status st = sql_run(db, stmt, err);
	sqlite3_finalize(stmt);
	if (!st && sqlite3_changes(db->sql))
		st = ledger_append(db, kind, key, err);
	return st;
}

enum status fact_operator(struct db *db, const char *name, int64_t utc_ms, struct err *err)
{
	return put_seen(db,
			"INSERT INTO operator (name, first_seen_utc_ms) SELECT ?1, ?2 "
			"WHERE NOT EXISTS (SELECT 1 FROM operator WHERE name = ?1)",
			"operator", name, utc_ms, err);
}

static enum status fact_slot(struct db *db, const char *slot, int64_t utc_ms, struct err *err)
{
	return put_seen(db,
			"INSERT INTO slot (slot, first_seen_utc_ms) SELECT ?1, ?2 "
			"WHERE NOT EXISTS (SELECT 1 FROM slot WHERE slot = ?1)",
			"slot", slot, utc_ms, err);
}

enum status fact_run(struct db *db, const struct record_run *run, struct err *err)
{
	sqlite3_stmt *stmt;

	TRY(fact_operator(db, run->operator_name, run->start_utc_ms, err));
	TRY(fact_slot(db, run->slot, run->start_utc_ms, err));
	TRY(fields_prepare(db, &run_fields, &stmt, err));
	sqlite3_bind_int64(stmt, 1, db->station_id);
	fields_bind(stmt, &run_fields, run);
	enum status st = sql_run(db, stmt, err);
	sqlite3_finalize(stmt);
	return st ? st : ledger_append(db, "run", run->run_id, err);
}

/* ---- result ---- */

static enum status put_unit(struct db *db, const struct record_result *result, struct err *err)
{
	sqlite3_stmt *stmt;

	TRY(sql_prepare(db,
			"INSERT INTO unit (mac, first_run_id, first_seen_utc_ms) SELECT ?1, ?2, ?3 "
			"WHERE NOT EXISTS (SELECT 1 FROM unit WHERE mac = ?1)",
			&stmt, err));
	sql_bind_text(stmt, 1, result->mac);
	sql_bind_text(stmt, 2, result->run_id);
	sqlite3_bind_int64(stmt, 3, result->end_utc_ms);
	enum status st = sql_run(db, stmt, err);
	sqlite3_finalize(stmt);
	if (!st && sqlite3_changes(db->sql))
		st = ledger_append(db, "unit", result->mac, err);
	return st;
}

static enum status put_steps(struct db *db, const struct record_result *result, struct err *err)
{
	sqlite3_stmt *stmt;
	enum status st = STATUS_OK;

	TRY(fields_prepare(db, &step_fields, &stmt, err));
	for (size_t i = 0; i < result->step_count && !st; i++) {
		sql_bind_text(stmt, 1, result->run_id);
		sqlite3_bind_int64(stmt, 2, (int64_t)i);
		fields_bind(stmt, &step_fields, &result->steps[i]);
		st = sql_run(db, stmt, err);
	}
	sqlite3_finalize(stmt);
	return st;
}

static enum status put_measurements(struct db *db, const struct record_result *result,
				    struct err *err)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < result->measurement_count && !st; i++)
		st = fields_insert(db, &measurement_fields, result->run_id, (int64_t)i,
				   &result->measurements[i], err);
	return st;
}

static enum status put_unit_images(struct db *db, const struct record_result *result,
				   struct err *err)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < result->unit_image_count && !st; i++)
		st = fields_insert(db, &unit_image_fields, result->run_id, (int64_t)i,
				   &result->unit_images[i], err);
	return st;
}

/* sql inserts run ?1 with text ?2. */
static enum status put_text(struct db *db, const char *sql, const char *run_id, const char *text,
			    struct err *err)
{
	sqlite3_stmt *stmt;

	if (!text)
		return STATUS_OK;
	TRY(sql_prepare(db, sql, &stmt, err));
	sql_bind_text(stmt, 1, run_id);
	sql_bind_text(stmt, 2, text);
	enum status st = sql_run(db, stmt, err);
	sqlite3_finalize(stmt);
	return st;
}

/* Its row, and those that go into its entry of the ledger with it. */
static enum status put_result(struct db *db, const struct record_result *result, struct err *err)
{
	TRY(fields_insert(db, &result_fields, NULL, 0, result, err));
	TRY(put_steps(db, result, err));
	TRY(put_measurements(db, result, err));
	TRY(put_unit_images(db, result, err));
	TRY(put_text(db, "INSERT INTO console_log (run_id, text) VALUES (?1, ?2)", result->run_id,
		     result->console, err));
	return put_text(db, "INSERT INTO unit_log (run_id, text) VALUES (?1, ?2)", result->run_id,
			result->log, err);
}

enum status fact_result(struct db *db, const struct record_result *result, struct err *err)
{
	if (result->mac)
		TRY(put_unit(db, result, err));
	TRY(put_result(db, result, err));
	TRY(ledger_append(db, "result", result->run_id, err));
	return result->serial_end ? fact_put(db, RECORD_SERIAL_STATE, result->serial_end, err)
				  : STATUS_OK;
}

/* ---- one fact, one transaction ---- */

static enum status finish(struct db *db, enum status st, struct err *err)
{
	if (!st)
		st = sql_exec(db, "COMMIT", err);
	if (st)
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return st;
}

enum status db_put_recipe(struct db *db, const struct record_recipe *recipe, struct err *err)
{
	TRY(sql_exec(db, "BEGIN IMMEDIATE", err));
	return finish(db, fact_recipe(db, recipe, err), err);
}

enum status db_put_run(struct db *db, const struct record_run *run, struct err *err)
{
	TRY(sql_exec(db, "BEGIN IMMEDIATE", err));
	return finish(db, fact_run(db, run, err), err);
}

enum status db_put_result(struct db *db, const struct record_result *result, struct err *err)
{
	TRY(sql_exec(db, "BEGIN IMMEDIATE", err));
	return finish(db, fact_result(db, result, err), err);
}
