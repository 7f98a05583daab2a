#include "db/export/export.h"

#include "db/out_file.h"
#include "db/out_folder.h"
#include "db/select.h"
#include "db/export/unit_text.h"

#define RUN_ID_TAIL 6

static enum status export_run(struct db *db, sqlite3_stmt *row, const struct run_parts *parts,
			      const char *dir, struct err *err)
{
	char name[RUN_FILE_NAME_BYTES];
	char path[DB_PATH_BYTES];
	struct out_file file;

	run_file_name(row, RUN_ID_TAIL, ".txt", name);
	TRY(out_folder_path(dir, name, path, err));
	TRY(out_file_open(&file, path, err));
	return out_file_close(&file, unit_text(db, file.file, row, parts, err), err);
}

static enum status export_rows(struct db *db, const struct run_filter *filter, const char *dir,
			       const struct run_parts *parts, uint64_t *count, struct err *err)
{
	sqlite3_stmt *row;
	bool has_row;
	enum status st;

	TRY(select_runs(db, filter, &row, err));
	while (!(st = select_next(db, row, &has_row, err)) && has_row) {
		if (!select_text(row, "outcome"))
			continue; /* it has no verdict yet */
		st = export_run(db, row, parts, dir, err);
		if (st)
			break;
		++*count;
	}
	sqlite3_finalize(row);
	return st;
}

enum status export_unit_logs(struct db *db, const struct run_filter *filter, const char *dir,
			     uint64_t *count, struct err *err)
{
	struct run_parts parts;
	enum status st;

	*count = 0;
	TRY(out_folder_make(dir, err));
	st = run_parts_prepare(db, &parts, err);
	if (!st)
		st = export_rows(db, filter, dir, &parts, count, err);
	run_parts_release(&parts);
	return st;
}
