#include "db/export/run_parts.h"

#include "db/select.h"

static const char images_sql[] =
	"SELECT addr, size_bytes, sha256, file FROM run "
	"JOIN recipe_image USING (recipe_digest) JOIN image USING (sha256) "
	"WHERE run_id = ?1 ORDER BY position";
static const char own_images_sql[] =
	"SELECT addr, size_bytes, ifnull(sha256, '(not kept: it holds secrets)'),"
	" ifnull(partition, '') FROM unit_image WHERE run_id = ?1 ORDER BY position";
static const char steps_sql[] = "SELECT try_no, name, start_us, took_us, code, note FROM step "
				"WHERE run_id = ?1 ORDER BY position";
static const char measurements_sql[] =
	"SELECT step, name, value, text, unit, low, high, outcome FROM measurement "
	"WHERE run_id = ?1 ORDER BY position";
#define TIME(column)                                                                               \
	"strftime('%Y-%m-%dT%H:%M:%S', " column " / 1000, 'unixepoch')"                            \
	" || format('.%03dZ', " column " % 1000)"
static const char serials_sql[] =
	"SELECT " TIME("utc_ms") ", serial, state, source, reason FROM serial_state"
				 " WHERE run_id = ?1 ORDER BY serial, position";
/* In the order of the ledger, because the clock may have been set. */
static const char labels_sql[] = "SELECT " TIME(
	"utc_ms") ", 'PRINTED', copy, printer, operator, (SELECT max(seq) FROM ledger"
		  "  WHERE ref = print_id AND kind = 'print_job') AS seq FROM print_job WHERE "
		  "run_id = ?1"
		  " UNION ALL SELECT " TIME(
			  "e.utc_ms") ", state, copy, detail, e.operator, (SELECT max(seq)"
				      "  FROM ledger WHERE ref = print_event_id AND kind = "
				      "'print_event') FROM print_job"
				      " JOIN print_event e USING (print_id) WHERE run_id = ?1 "
				      "ORDER BY seq";
static const char console_sql[] = "SELECT text FROM console_log WHERE run_id = ?1";
static const char log_sql[] = "SELECT text FROM unit_log WHERE run_id = ?1";

enum status run_parts_prepare(struct db *db, struct run_parts *parts, struct err *err)
{
	*parts = (struct run_parts){ 0 };
	TRY(sql_prepare(db, images_sql, &parts->images, err));
	TRY(sql_prepare(db, own_images_sql, &parts->own_images, err));
	TRY(sql_prepare(db, steps_sql, &parts->steps, err));
	TRY(sql_prepare(db, measurements_sql, &parts->measurements, err));
	TRY(sql_prepare(db, serials_sql, &parts->serials, err));
	TRY(sql_prepare(db, labels_sql, &parts->labels, err));
	TRY(sql_prepare(db, console_sql, &parts->console, err));
	return sql_prepare(db, log_sql, &parts->log, err);
}

void run_parts_release(struct run_parts *parts)
{
	sqlite3_finalize(parts->images);
	sqlite3_finalize(parts->own_images);
	sqlite3_finalize(parts->steps);
	sqlite3_finalize(parts->measurements);
	sqlite3_finalize(parts->serials);
	sqlite3_finalize(parts->labels);
	sqlite3_finalize(parts->console);
	sqlite3_finalize(parts->log);
	*parts = (struct run_parts){ 0 };
}

enum status run_part_each(struct db *db, sqlite3_stmt *part, const char *run_id,
			  void (*each)(void *ctx, sqlite3_stmt *row), void *ctx, struct err *err)
{
	bool has_row;
	enum status st;

	sql_bind_text(part, 1, run_id);
	while (!(st = select_next(db, part, &has_row, err)) && has_row)
		each(ctx, part);
	sqlite3_reset(part);
	sqlite3_clear_bindings(part);
	return st;
}
