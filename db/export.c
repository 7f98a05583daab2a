#include "db/export.h"

#include "db/out_file.h"
#include "db/select.h"
#include "db/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

struct span {
	const char *text;
	size_t size_bytes;
};

static struct span text_at(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return (struct span){ text, (size_t)sqlite3_column_bytes(row, column) };
}

/* ---- CSV: RFC 4180 ---- */

static void csv_head(FILE *out)
{
	size_t count;
	const struct column *columns = column_rows(&count);

	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? "," : "", columns[i].name);
	fputs("\r\n", out);
}

static bool csv_needs_quotes(struct span span)
{
	if (span.size_bytes == 0 || span.text[0] == ' ' || span.text[span.size_bytes - 1] == ' ')
		return true;
	for (size_t i = 0; i < span.size_bytes; i++)
		if (strchr(",\"\r\n", span.text[i]))
			return true;
	return false;
}

static void csv_text(FILE *out, struct span span)
{
	bool has_quotes = csv_needs_quotes(span);

	if (has_quotes)
		fputc('"', out);
	/* What a spreadsheet would run as a formula: OWASP, CSV injection. */
	if (span.size_bytes && strchr("=+-@\t\r\n", span.text[0]))
		fputc('\'', out);
	while (span.size_bytes) {
		size_t len = utf8_length(span.text, span.size_bytes);
		size_t step = len ? len : 1;

		if (*span.text == '"')
			fputc('"', out);
		fwrite(len ? span.text : UTF8_REPLACEMENT, 1, len ? len : 3, out);
		span.text += step;
		span.size_bytes -= step;
	}
	if (has_quotes)
		fputc('"', out);
}

static void csv_row(FILE *out, sqlite3_stmt *row)
{
	size_t count;
	const struct column *columns = column_rows(&count);

	for (int i = 0; i < (int)count; i++) {
		if (i)
			fputc(',', out);
		if (sqlite3_column_type(row, i) == SQLITE_NULL)
			continue;
		if (columns[i].type == COLUMN_TEXT)
			csv_text(out, text_at(row, i));
		else
			fputs((const char *)sqlite3_column_text(row, i), out);
	}
	fputs("\r\n", out);
}

/* ---- JSON lines: RFC 8259, one object a line ---- */

static void json_head(FILE *out)
{
	(void)out;
}

static void json_control(FILE *out, char c)
{
	static const char named[] = "\bb\ff\nn\rr\tt";

	for (const char *pair = named; *pair; pair += 2) {
		if (*pair == c) {
			fprintf(out, "\\%c", pair[1]);
			return;
		}
	}
	fprintf(out, "\\u%04x", (unsigned)(unsigned char)c);
}

static void json_text(FILE *out, struct span span)
{
	fputc('"', out);
	while (span.size_bytes) {
		size_t len = utf8_length(span.text, span.size_bytes);
		size_t step = len ? len : 1;
		char c = *span.text;

		if (!len)
			fputs(UTF8_REPLACEMENT, out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if ((unsigned char)c < ' ' || c == 0x7f)
			json_control(out, c);
		else
			fwrite(span.text, 1, len, out);
		span.text += step;
		span.size_bytes -= step;
	}
	fputc('"', out);
}

static void json_value(FILE *out, enum column_type type, sqlite3_stmt *row, int column)
{
	if (sqlite3_column_type(row, column) == SQLITE_NULL) {
		fputs("null", out);
		return;
	}
	switch (type) {
	case COLUMN_TEXT:
		json_text(out, text_at(row, column));
		break;
	case COLUMN_INTEGER:
	case COLUMN_REAL:
		fputs((const char *)sqlite3_column_text(row, column), out);
		break;
	case COLUMN_BOOL:
		fputs(sqlite3_column_int(row, column) ? "true" : "false", out);
		break;
	}
}

static void json_row(FILE *out, sqlite3_stmt *row)
{
	size_t count;
	const struct column *columns = column_rows(&count);

	for (int i = 0; i < (int)count; i++) {
		fprintf(out, "%s\"%s\":", i ? "," : "{", columns[i].name);
		json_value(out, columns[i].type, row, i);
	}
	fputs("}\n", out);
}

/* ---- both ---- */

struct format {
	const char *name;
	void (*head)(FILE *out);
	void (*row)(FILE *out, sqlite3_stmt *row);
};

static const struct format formats[] = {
	[EXPORT_CSV] = { .name = "csv", .head = csv_head, .row = csv_row },
	[EXPORT_JSONL] = { .name = "jsonl", .head = json_head, .row = json_row },
};

enum status export_format_by_name(const char *name, enum export_format *format, struct err *err)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcasecmp(name, formats[i].name) == 0) {
			*format = (enum export_format)i;
			return STATUS_OK;
		}
	}
	return err_set(err, STATUS_USAGE, "'%s' is no export format: expected csv or jsonl", name);
}

enum status export_runs(struct db *db, enum export_format format, const struct run_filter *filter,
			FILE *out, uint64_t *count, struct err *err)
{
	sqlite3_stmt *row;
	bool has_row;
	enum status st;

	*count = 0;
	TRY(select_runs(db, filter, &row, err));
	formats[format].head(out);
	while (!(st = select_next(db, row, &has_row, err)) && has_row && !ferror(out)) {
		formats[format].row(out, row);
		++*count;
	}
	sqlite3_finalize(row);
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
