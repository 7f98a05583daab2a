#include "db/trace/trace_inside.h"

enum status trace_query(struct db *db, const char *sql, const char *const *texts, size_t text_count,
			enum status (*each)(void *ctx, sqlite3_stmt *row, struct err *err),
			void *ctx, struct err *err)
{
	enum status st = STATUS_OK;
	sqlite3_stmt *stmt;
	int rc = SQLITE_DONE;

	TRY(sql_prepare(db, sql, &stmt, err));
	for (size_t i = 0; i < text_count; i++)
		sql_bind_text(stmt, (int)i + 1, texts[i]);
	while (!st && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		st = each(ctx, stmt, err);
	if (!st && rc != SQLITE_DONE)
		st = sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

/* In the order of TRACE_RUN_COLUMNS: texts, numbers, and three flags. */
static const size_t run_texts[] = {
	offsetof(struct trace_run, run_id),        offsetof(struct trace_run, kind),
	offsetof(struct trace_run, outcome),       offsetof(struct trace_run, code),
	offsetof(struct trace_run, proof),         offsetof(struct trace_run, detail),
	offsetof(struct trace_run, mac),           offsetof(struct trace_run, custom_mac),
	offsetof(struct trace_run, serial),        offsetof(struct trace_run, chip),
	offsetof(struct trace_run, revision),      offsetof(struct trace_run, package),
	offsetof(struct trace_run, flash_id),      offsetof(struct trace_run, slot),
	offsetof(struct trace_run, bridge),        offsetof(struct trace_run, bridge_vid_pid),
	offsetof(struct trace_run, bridge_serial), offsetof(struct trace_run, batch),
	offsetof(struct trace_run, operator_name), offsetof(struct trace_run, station),
	offsetof(struct trace_run, recipe),        offsetof(struct trace_run, recipe_digest),
	offsetof(struct trace_run, product),       offsetof(struct trace_run, overridden),
	offsetof(struct trace_run, purpose),
};
#define TEXT_COUNT ((int)(sizeof(run_texts) / sizeof(run_texts[0])))

static const size_t run_numbers[] = {
	offsetof(struct trace_run, recipe_revision),
	offsetof(struct trace_run, generation),
	offsetof(struct trace_run, nest),
	offsetof(struct trace_run, flash_bytes),
	offsetof(struct trace_run, tries),
	offsetof(struct trace_run, start_utc_ms),
	offsetof(struct trace_run, end_utc_ms),
	offsetof(struct trace_run, duration_us),
};
#define NUMBER_COUNT ((int)(sizeof(run_numbers) / sizeof(run_numbers[0])))
_Static_assert(TEXT_COUNT + NUMBER_COUNT + 3 == TRACE_RUN_COLUMN_COUNT, "TRACE_RUN_COLUMNS");

static void read_run(struct trace_memory *m, sqlite3_stmt *row, struct trace_run *run)
{
	char *base = (char *)run;

	*run = (struct trace_run){ 0 };
	for (int i = 0; i < TEXT_COUNT; i++)
		*(const char **)(void *)(base + run_texts[i]) =
			m ? trace_column(m, row, i) : (const char *)sqlite3_column_text(row, i);
	/* Every run has these, unless they were taken out by hand. */
	run->run_id = run->run_id ? run->run_id : "";
	run->kind = run->kind ? run->kind : "";
	if (run->outcome) {
		run->code = run->code ? run->code : "";
		run->proof = run->proof ? run->proof : "";
	}
	for (int i = 0; i < NUMBER_COUNT; i++)
		*(int64_t *)(void *)(base + run_numbers[i]) =
			sqlite3_column_int64(row, TEXT_COUNT + i);
	run->is_rescued = sqlite3_column_int(row, TEXT_COUNT + NUMBER_COUNT);
	run->is_duplicate_mac = sqlite3_column_int(row, TEXT_COUNT + NUMBER_COUNT + 1);
	run->has_written = sqlite3_column_int(row, TEXT_COUNT + NUMBER_COUNT + 2);
}

void trace_run_of(struct trace_memory *m, sqlite3_stmt *row, struct trace_run *run)
{
	read_run(m, row, run);
}

void trace_run_lent(sqlite3_stmt *row, struct trace_run *run)
{
	read_run(NULL, row, run);
}
