#include "db/export/run_parts.h"

#include "db/select.h"

static const char images_sql[] =
	"SELECT addr, size_bytes, sha256, file FROM run "
	"JOIN recipe_image USING (recipe_digest) JOIN image USING (sha256) "
	"WHERE run_id = ?1 ORDER BY position";
static const char steps_sql[] = "SELECT try_no, name, start_us, took_us, code, note FROM step "
				"WHERE run_id = ?1 ORDER BY position";
static const char measurements_sql[] =
	"SELECT step, name, value, text, unit, low, high, outcome FROM measurement "
	"WHERE run_id = ?1 ORDER BY position";
static const char log_sql[] = "SELECT text FROM unit_log WHERE run_id = ?1";

enum status run_parts_prepare(struct db *db, struct run_parts *parts, struct err *err)
{
	*parts = (struct run_parts){ 0 };
	TRY(sql_prepare(db, images_sql, &parts->images, err));
	TRY(sql_prepare(db, steps_sql, &parts->steps, err));
	TRY(sql_prepare(db, measurements_sql, &parts->measurements, err));
	return sql_prepare(db, log_sql, &parts->log, err);
}

void run_parts_release(struct run_parts *parts)
{
	sqlite3_finalize(parts->images);
	sqlite3_finalize(parts->steps);
	sqlite3_finalize(parts->measurements);
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
