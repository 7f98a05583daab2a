#include "db/export/canonical_row.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static enum status no_memory(struct err *err)
{
	return err_set(err, STATUS_NO_MEMORY, "no memory for a record");
}

enum status canonical_row_init(struct canonical_row *row, sqlite3_stmt *stmt, int count,
			       struct err *err)
{
	*row = (struct canonical_row){ .stmt = stmt, .count = count };
	row->columns = calloc((size_t)count + 1, sizeof(row->columns[0]));
	row->out = open_memstream(&row->text, &row->size_bytes);
	if (!row->columns || !row->out)
		return no_memory(err);
	/* By insertion: a table has a few dozen columns. */
	for (int i = 0; i < count; i++) {
		int at = i;

		for (; at > 0 && strcmp(sqlite3_column_name(stmt, row->columns[at - 1]),
					sqlite3_column_name(stmt, i)) > 0;
		     at--)
			row->columns[at] = row->columns[at - 1];
		row->columns[at] = i;
	}
	return STATUS_OK;
}

void canonical_row_release(struct canonical_row *row)
{
	if (row->out)
		fclose(row->out);
	free(row->text);
	free(row->columns);
	*row = (struct canonical_row){ 0 };
}

static void put_text(FILE *out, struct span span)
{
	fputc('"', out);
	for (size_t i = 0; i < span.size_bytes; i++) {
		unsigned char c = (unsigned char)span.text[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void put_value(FILE *out, sqlite3_stmt *stmt, int column)
{
	uint8_t sha256[SHA256_BYTES];
	char hex[SHA256_TEXT_BYTES];
	double real;

	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_INTEGER:
		fprintf(out, "%" PRId64, (int64_t)sqlite3_column_int64(stmt, column));
		break;
	case SQLITE_FLOAT:
		real = sqlite3_column_double(stmt, column);
		if (isinf(real))
			fputs(real < 0 ? "-9e999" : "9e999", out);
		else
			fprintf(out, "%.17g", real);
		break;
	case SQLITE_TEXT:
		put_text(out, span_at(stmt, column));
		break;
	default: {
		const void *data = sqlite3_column_blob(stmt, column);

		digest_sha256(data ? data : (const void *)"",
			      (size_t)sqlite3_column_bytes(stmt, column), sha256);
		hex_text(sha256, sizeof(sha256), hex);
		fprintf(out, "\"sha256:%s\"", hex);
	}
	}
}

enum status canonical_row_read(struct canonical_row *row, struct span *body, struct err *err)
{
	bool is_first = true;

	if (fseek(row->out, 0, SEEK_SET))
		return no_memory(err);
	fputc('{', row->out);
	for (int i = 0; i < row->count; i++) {
		int column = row->columns[i];

		if (sqlite3_column_type(row->stmt, column) == SQLITE_NULL)
			continue;
		fputs(is_first ? "" : ",", row->out);
		is_first = false;
		put_text(row->out, span_of(sqlite3_column_name(row->stmt, column)));
		fputc(':', row->out);
		put_value(row->out, row->stmt, column);
	}
	fputc('}', row->out);
	if (fflush(row->out) || ferror(row->out))
		return no_memory(err);
	*body = (struct span){ row->text, row->size_bytes };
	return STATUS_OK;
}
