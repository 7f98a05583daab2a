/* WATS reports: one file per run, in a folder. */
#include "db/export/export.h"

#include "db/out_file.h"
#include "db/out_folder.h"
#include "db/select.h"
#include "db/export/wsjf.h"

static enum status write_report(struct db *db, sqlite3_stmt *row, const struct run_parts *parts,
				const char *dir, int process_code, bool *has_wildcards,
				struct err *err)
{
	char name[RUN_FILE_NAME_BYTES];
	char path[DB_PATH_BYTES];
	struct out_file file;

	run_file_name(row, RUN_ID_BYTES, ".json", name);
	TRY(out_folder_path(dir, name, path, err));
	TRY(out_file_open(&file, path, err));
	return out_file_close(
		&file, wsjf_write(db, file.file, row, parts, process_code, has_wildcards, err),
		err);
}

static enum status write_reports(struct db *db, const struct run_filter *filter, const char *dir,
				 int process_code, const struct run_parts *parts,
				 struct export_reports *done, struct err *err)
{
	sqlite3_stmt *row;
	bool has_row, has_wildcards;
	enum status st;

	TRY(select_runs(db, filter, &row, err));
	while (!(st = select_next(db, row, &has_row, err)) && has_row) {
		if (!select_text(row, "outcome")) {
			done->open_runs++;
			continue;
		}
		st = write_report(db, row, parts, dir, process_code, &has_wildcards, err);
		if (st)
			break;
		done->reports++;
		done->wildcards += has_wildcards;
	}
	sqlite3_finalize(row);
	return st;
}

enum status export_wsjf(struct db *db, const struct run_filter *filter, const char *dir,
			int process_code, struct export_reports *done, struct err *err)
{
	struct run_parts parts = { 0 };
	enum status st;

	*done = (struct export_reports){ 0 };
	TRY(out_folder_make(dir, err));
	st = run_parts_prepare(db, &parts, err);
	if (!st)
		st = write_reports(db, filter, dir, process_code, &parts, done, err);
	run_parts_release(&parts);
	return st;
}
