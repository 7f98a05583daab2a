#include "db/json_out.h"

#include "db/text.h"

#include <math.h>
#include <stdlib.h>

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

void json_out_text(FILE *out, struct span span)
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

/* The shortest of 15 or 17 digits that reads back as the same number; value is finite. */
static void json_out_real(FILE *out, double value)
{
	char text[40];

	snprintf(text, sizeof(text), "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof(text), "%.17g", value);
	fputs(text, out);
}

void json_out_name(FILE *out, unsigned *count, const char *name)
{
	fprintf(out, "%s\"%s\":", *count ? "," : "", name);
	++*count;
}

void json_out_member_span(FILE *out, unsigned *count, const char *name, struct span span)
{
	json_out_name(out, count, name);
	json_out_text(out, span);
}

void json_out_member(FILE *out, unsigned *count, const char *name, const char *text)
{
	if (text)
		json_out_member_span(out, count, name, span_of(text));
}

void json_out_member_real(FILE *out, unsigned *count, const char *name, double value)
{
	json_out_name(out, count, name);
	json_out_real(out, value);
}

void json_out_member_integer(FILE *out, unsigned *count, const char *name, long long value)
{
	json_out_name(out, count, name);
	fprintf(out, "%lld", value);
}

static void put_value(FILE *out, sqlite3_stmt *row, int column)
{
	double real;

	switch (sqlite3_column_type(row, column)) {
	case SQLITE_TEXT:
		json_out_text(out, span_at(row, column));
		break;
	case SQLITE_INTEGER:
		fprintf(out, "%lld", (long long)sqlite3_column_int64(row, column));
		break;
	case SQLITE_FLOAT:
		real = sqlite3_column_double(row, column);
		if (isfinite(real))
			json_out_real(out, real);
		else
			fputs("null", out);
		break;
	default:
		fputs("null", out);
	}
}

void json_out_row(FILE *out, sqlite3_stmt *row)
{
	unsigned count = 0;

	fputc('{', out);
	for (int i = 0; i < sqlite3_column_count(row); i++) {
		json_out_name(out, &count, sqlite3_column_name(row, i));
		put_value(out, row, i);
	}
	fputc('}', out);
}
