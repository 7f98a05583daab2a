#include "db/export/export.h"

#include "db/export/export_format.h"
#include "db/out_file.h"
#include "db/select.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

struct format {
	const char *name;
	const struct table_format *table; /* a row per run */
	enum status (*write)(struct db *db, const struct run_filter *filter, FILE *out,
			     uint64_t *count, struct err *err); /* else all of it */
};

static const struct format formats[] = {
	[EXPORT_CSV] = { .name = "csv", .table = &csv_format },
	[EXPORT_JSONL] = { .name = "jsonl", .table = &jsonl_format },
	[EXPORT_JUNIT] = { .name = "junit", .write = junit_write },
	[EXPORT_WSJF] = { .name = "wsjf" },
	[EXPORT_MEASUREMENTS] = { .name = "measurements", .write = measurements_write },
};

enum status export_format_by_name(const char *name, enum export_format *format, struct err *err)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcasecmp(name, formats[i].name) == 0) {
			*format = (enum export_format)i;
			return STATUS_OK;
		}
	}
	return err_set(err, STATUS_USAGE,
		       "'%s' is no export format: expected csv, jsonl, junit, wsjf or measurements",
		       name);
}

static enum status write_table(struct db *db, const struct table_format *table,
			       const struct run_filter *filter, FILE *out, uint64_t *count,
			       struct err *err)
{
	sqlite3_stmt *row;
	bool has_row;
	enum status st;

	TRY(select_runs(db, filter, &row, err));
	if (table->head)
		table->head(out);
	while (!(st = select_next(db, row, &has_row, err)) && has_row && !ferror(out)) {
		table->row(out, row);
		++*count;
	}
	sqlite3_finalize(row);
	return st;
}

enum status export_runs(struct db *db, enum export_format format, const struct run_filter *filter,
			FILE *out, uint64_t *count, struct err *err)
{
	const struct format *f = &formats[format];
	enum status st;

	*count = 0;
	if (f->table)
		st = write_table(db, f->table, filter, out, count, err);
	else if (f->write)
		st = f->write(db, filter, out, count, err);
	else
		st = err_set(err, STATUS_USAGE, "%s is one file per run: name a folder for them",
			     f->name);
	if (!st && (fflush(out) || ferror(out)))
		st = err_set(err, STATUS_FILE, "the export cannot be written (%s)",
			     strerror(errno));
	return st;
}

enum status export_runs_to(struct db *db, enum export_format format,
			   const struct run_filter *filter, const char *path, uint64_t *count,
			   struct err *err)
{
	struct out_file file;

	*count = 0;
	TRY(out_file_open(&file, path, err));
	return out_file_close(&file, export_runs(db, format, filter, file.file, count, err), err);
}
