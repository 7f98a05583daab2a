#include "station/long_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void long_table_begin(struct long_table *t, const struct long_column *columns, size_t column_count,
		      const char *indent, struct textbuf *out)
{
	*t = (struct long_table){
		.columns = columns,
		.column_count = column_count,
		.indent = indent,
		.out = out,
	};
}

static int width_of(const struct long_table *t, size_t column, const char *text)
{
	int width = text_columns(text), max = t->columns[column].max;

	return max && width > max ? max : width;
}

/* Bytes of so many characters at most. */
static size_t bytes_of(const char *text, int characters)
{
	size_t size = 0;

	while (text[size]) {
		if (((unsigned char)text[size] & 0xC0) != 0x80 && characters-- == 0)
			break;
		size++;
	}
	return size;
}

static void print_row(struct long_table *t, char *const *cells)
{
	textbuf_add(t->out, "%s", t->indent);
	for (size_t i = 0; i < t->column_count; i++) {
		const char *text = cells[i] ? cells[i] : "";
		int width = text_columns(text), max = t->columns[i].max;

		if (max && width > max) {
			textbuf_bytes(t->out, text, bytes_of(text, max - 2));
			textbuf_add(t->out, "..");
			width = max;
		} else {
			textbuf_add(t->out, "%s", text);
		}
		/* A late cell may be wider than its column: better out of line than cut. */
		if (i + 1 < t->column_count)
			textbuf_pad(t->out, ' ',
				    width < t->widths[i] ? t->widths[i] - width + 2 : 2);
	}
	textbuf_trim(t->out);
	textbuf_bytes(t->out, "\n", 1);
}

static void flush(struct long_table *t)
{
	char *headers[LONG_TABLE_COLUMNS_MAX];

	assert(t->column_count > 0 && t->column_count <= LONG_TABLE_COLUMNS_MAX);
	for (size_t i = 0; i < t->column_count; i++) {
		headers[i] = strdup(t->columns[i].header);
		t->widths[i] = text_columns(t->columns[i].header);
	}
	for (size_t i = 0; i < t->count; i++) {
		size_t column = i % t->column_count;
		int width = t->cells[i] ? width_of(t, column, t->cells[i]) : 0;

		if (width > t->widths[column])
			t->widths[column] = width;
	}
	print_row(t, headers);
	for (size_t i = 0; i < t->column_count; i++)
		free(headers[i]);
	for (size_t i = 0; i < t->count; i += t->column_count)
		print_row(t, t->cells + i);
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i]);
	t->count = 0;
	t->is_begun = true;
}

static char *clean_copy(const char *text, bool is_last)
{
	char *copy = strdup(text && text[0] ? text : is_last ? "" : "-");

	if (copy)
		text_clean(copy);
	return copy;
}

void long_table_row(struct long_table *t, const char *const *cells)
{
	char *row[LONG_TABLE_COLUMNS_MAX];

	assert(t->column_count > 0 && t->column_count <= LONG_TABLE_COLUMNS_MAX);
	for (size_t i = 0; i < t->column_count; i++) {
		row[i] = clean_copy(cells[i], i + 1 == t->column_count);
		t->out->has_failed = t->out->has_failed || !row[i];
	}
	if (!t->is_begun && t->count == t->room) {
		size_t room = t->room ? t->room * 2 : 32 * t->column_count;
		char **more = realloc(t->cells, room * sizeof(*more));

		t->out->has_failed = t->out->has_failed || !more;
		t->cells = more ? more : t->cells;
		t->room = more ? room : t->room;
	}
	if (!t->is_begun && t->count < t->room) {
		memcpy(t->cells + t->count, row, t->column_count * sizeof(*row));
		t->count += t->column_count;
		if (t->count >= LONG_TABLE_FIRST_ROWS * t->column_count)
			flush(t);
		return;
	}
	if (t->is_begun)
		print_row(t, row);
	for (size_t i = 0; i < t->column_count; i++)
		free(row[i]);
}

void long_table_end(struct long_table *t)
{
	if (t->count)
		flush(t);
	free(t->cells);
	*t = (struct long_table){ 0 };
}
