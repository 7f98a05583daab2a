/* The formats that are one file: what each does with a row. Internal to db/. */
#ifndef DB_EXPORT_FORMAT_H
#define DB_EXPORT_FORMAT_H

#include "db/export/export.h"

#include <sqlite3.h>

/* A format of one row per run: head may be NULL. */
struct table_format {
	void (*head)(FILE *out);
	void (*row)(FILE *out, sqlite3_stmt *row);
};

extern const struct table_format csv_format;
extern const struct table_format jsonl_format;

/* The same with the columns of any query. */
void csv_any_head(FILE *out, sqlite3_stmt *row);
void csv_any_row(FILE *out, sqlite3_stmt *row);

/* The runs that have ended, in one document. *count as in export_runs(). */
enum status junit_write(struct db *db, const struct run_filter *filter, FILE *out, uint64_t *count,
			struct err *err);

/* A row per measurement. *count: runs that have one. */
enum status measurements_write(struct db *db, const struct run_filter *filter, FILE *out,
			       uint64_t *count, struct err *err);

#endif
