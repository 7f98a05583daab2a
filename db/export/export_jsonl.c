/* JSON lines: one object a line, every column in it. */
#include "db/export/export_format.h"

#include "db/json_out.h"
#include "db/query.h"

static void json_value(FILE *out, enum column_type type, sqlite3_stmt *row, int column)
{
	if (sqlite3_column_type(row, column) == SQLITE_NULL) {
		fputs("null", out);
		return;
	}
	switch (type) {
	case COLUMN_TEXT:
		json_out_text(out, span_at(row, column));
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

const struct table_format jsonl_format = { .row = json_row };
