/* CSV: RFC 4180, and no formula that a spreadsheet would run. */
#include "db/export/export_format.h"

#include "db/query.h"
#include "db/span.h"
#include "db/text.h"

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

/* Texts are guarded by the type that the value has: a number that is negative is no formula. */
void csv_any_row(FILE *out, sqlite3_stmt *row)
{
	for (int i = 0; i < sqlite3_column_count(row); i++) {
		if (i)
			fputc(',', out);
		if (sqlite3_column_type(row, i) == SQLITE_TEXT)
			csv_text(out, span_at(row, i));
		else if (sqlite3_column_type(row, i) != SQLITE_NULL)
			fputs((const char *)sqlite3_column_text(row, i), out);
	}
	fputs("\r\n", out);
}

void csv_any_head(FILE *out, sqlite3_stmt *row)
{
	for (int i = 0; i < sqlite3_column_count(row); i++)
		fprintf(out, "%s%s", i ? "," : "", sqlite3_column_name(row, i));
	fputs("\r\n", out);
}

static void csv_head(FILE *out)
{
	size_t count;
	const struct column *columns = column_rows(&count);

	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? "," : "", columns[i].name);
	fputs("\r\n", out);
}

const struct table_format csv_format = { .head = csv_head, .row = csv_any_row };
