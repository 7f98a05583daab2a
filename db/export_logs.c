#include "db/export.h"

#include "db/out_file.h"
#include "db/select.h"
#include "db/text.h"
#include "engine/base/status.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

/* File systems allow names of 255 bytes. */
#define NAME_BYTES 200
#define RUN_ID_TAIL 6

/* Statements for the rows that belong to one run; ?1 is its id. */
struct parts {
	sqlite3_stmt *images, *steps, *log;
};

static const char images_sql[] =
	"SELECT addr, size_bytes, sha256, file FROM run "
	"JOIN recipe_image USING (recipe_digest) JOIN image USING (sha256) "
	"WHERE run_id = ?1 ORDER BY position";
static const char steps_sql[] = "SELECT try_no, name, start_us, took_us, code, note FROM step "
				"WHERE run_id = ?1 ORDER BY position";
static const char log_sql[] = "SELECT text FROM unit_log WHERE run_id = ?1";

/* ---- one file ---- */

/* The operator's sentence for a code; NULL for one that a newer program wrote. */
static const char *sentence_of(const char *code)
{
	for (int st = 0; st < STATUS_COUNT; st++)
		if (strcmp(status_code((enum status)st), code) == 0)
			return status_row((enum status)st)->sentence;
	return NULL;
}

static void write_verdict(FILE *out, sqlite3_stmt *row)
{
	const char *code = select_text(row, "code");
	const char *sentence = sentence_of(code);
	const char *advice = select_text(row, "advice");
	bool is_proven = strcmp(select_text(row, "proof"), "NONE") != 0;

	fprintf(out, "Flashline unit log\n\n%s", select_text(row, "outcome"));
	if (strcmp(select_text(row, "outcome"), "PASS"))
		fprintf(out, " %s (%s)", code, select_text(row, "party"));
	else
		fputs(is_proven ? ", proven by the chip's own MD5" : ", without proof", out);
	fputs("\n", out);
	if (advice && advice[0]) {
		text_print(out, advice, false);
		fputc('\n', out);
	} else if (sentence) {
		fprintf(out, "%s\n", sentence);
	}
	fputs("\n", out);
}

static void write_columns(FILE *out, sqlite3_stmt *row)
{
	size_t count;
	const struct column *columns = column_rows(&count);

	for (int i = 0; i < (int)count; i++) {
		const char *text = (const char *)sqlite3_column_text(row, i);

		fprintf(out, "%-16s ", columns[i].name);
		text_print(out, text ? text : "(unknown)", false);
		fputc('\n', out);
	}
}

static void write_image(FILE *out, sqlite3_stmt *image)
{
	fprintf(out, "  0x%08" PRIx64 " %10" PRId64 " bytes  sha256 ",
		(uint64_t)sqlite3_column_int64(image, 0), (int64_t)sqlite3_column_int64(image, 1));
	text_print(out, (const char *)sqlite3_column_text(image, 2), false);
	fputs("  ", out);
	text_print(out, (const char *)sqlite3_column_text(image, 3), false);
	fputc('\n', out);
}

static void write_step(FILE *out, sqlite3_stmt *step)
{
	const char *code = (const char *)sqlite3_column_text(step, 4);

	fprintf(out, "  %3d  %-10s %9.3f %9.3f  %-22s ", sqlite3_column_int(step, 0),
		(const char *)sqlite3_column_text(step, 1), sqlite3_column_double(step, 2) / 1e6,
		sqlite3_column_double(step, 3) / 1e6, code ? code : "");
	text_print(out, (const char *)sqlite3_column_text(step, 5), false);
	fputc('\n', out);
}

static void write_log(FILE *out, sqlite3_stmt *log)
{
	text_print(out, (const char *)sqlite3_column_text(log, 0), true);
}

/* All rows of stmt for this run, behind a title if there is any. */
static enum status write_part(struct db *db, FILE *out, const char *run_id, const char *title,
			      sqlite3_stmt *stmt, void (*write)(FILE *out, sqlite3_stmt *row),
			      struct err *err)
{
	bool has_row;
	enum status st;
	int count = 0;

	sql_bind_text(stmt, 1, run_id);
	while (!(st = select_next(db, stmt, &has_row, err)) && has_row) {
		if (!count++)
			fprintf(out, "\n%s\n", title);
		write(out, stmt);
	}
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return st;
}

static enum status write_run(struct db *db, FILE *out, sqlite3_stmt *row, const struct parts *parts,
			     struct err *err)
{
	const char *run_id = select_text(row, "run_id");

	write_verdict(out, row);
	write_columns(out, row);
	TRY(write_part(db, out, run_id, "images of the recipe", parts->images, write_image, err));
	TRY(write_part(db, out, run_id,
		       "steps\n  try  step         start s    took s  result                 note",
		       parts->steps, write_step, err));
	return write_part(db, out, run_id, "log (seconds since the start)", parts->log, write_log,
			  err);
}

/* ---- its name ---- */

/* Start, MAC, slot and the end of the run id; letters, digits, '.', '_' and '-' only. */
static void file_name(sqlite3_stmt *row, char name[static NAME_BYTES])
{
	const char *mac = select_text(row, "mac");
	const char *slot = select_text(row, "slot");
	const char *run_id = select_text(row, "run_id");
	size_t id_len = strlen(run_id);

	snprintf(name, NAME_BYTES, "%.24s_%.17s_%.120s_%s.txt", select_text(row, "start_time"),
		 mac ? mac : "no-mac", slot ? slot : "no-slot",
		 run_id + (id_len > RUN_ID_TAIL ? id_len - RUN_ID_TAIL : 0));
	for (char *c = name; *c; c++) {
		bool is_safe = (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') ||
			       (*c >= 'a' && *c <= 'z') || *c == '.' || *c == '_';

		if (!is_safe)
			*c = '-';
	}
}

/* ---- all of them ---- */

static enum status make_folder(const char *dir, struct err *err)
{
	struct stat info;

	if (mkdir(dir, 0777) == 0)
		return STATUS_OK;
	int why = errno;
	if (why != EEXIST)
		return err_set(err, STATUS_FILE, "%s: cannot be made (%s)", dir, strerror(why));
	if (stat(dir, &info) || !S_ISDIR(info.st_mode))
		return err_set(err, STATUS_FILE, "%s: is no folder: name one", dir);
	return STATUS_OK;
}

static enum status export_run(struct db *db, sqlite3_stmt *row, const struct parts *parts,
			      const char *dir, struct err *err)
{
	char name[NAME_BYTES];
	char path[DB_PATH_BYTES];
	struct out_file file;

	file_name(row, name);
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return err_set(err, STATUS_FILE, "%s: the path is too long", dir);
	TRY(out_file_open(&file, path, err));
	return out_file_close(&file, write_run(db, file.file, row, parts, err), err);
}

static enum status export_rows(struct db *db, const struct run_filter *filter, const char *dir,
			       const struct parts *parts, uint64_t *count, struct err *err)
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
	struct parts parts = { 0 };
	enum status st;

	*count = 0;
	TRY(make_folder(dir, err));
	st = sql_prepare(db, images_sql, &parts.images, err);
	if (!st)
		st = sql_prepare(db, steps_sql, &parts.steps, err);
	if (!st)
		st = sql_prepare(db, log_sql, &parts.log, err);
	if (!st)
		st = export_rows(db, filter, dir, &parts, count, err);
	sqlite3_finalize(parts.images);
	sqlite3_finalize(parts.steps);
	sqlite3_finalize(parts.log);
	return st;
}
