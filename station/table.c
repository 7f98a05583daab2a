#include "station/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_COLUMNS_MAX 16

void table_init(struct table *t, const char *const *headers, size_t columns, unsigned right)
{
	*t = (struct table){ .headers = headers, .columns = columns, .right = right };
}

void table_release(struct table *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i].text);
	free(t->cells);
	*t = (struct table){ 0 };
}

void table_add(struct table *t, const char *colour, const char *format, ...)
{
	struct textbuf text = { 0 };
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	textbuf_bytes(&text, line, strlen(line));
	if (t->count == t->room) {
		size_t room = t->room ? t->room * 2 : 64;
		struct table_cell *cells = realloc(t->cells, room * sizeof(*cells));

		if (!cells) {
			t->has_failed = true;
			textbuf_release(&text);
			return;
		}
		t->cells = cells;
		t->room = room;
	}
	t->cells[t->count++] = (struct table_cell){ .text = text.bytes, .colour = colour };
}

static const char *cell_text(const struct table_cell *cell)
{
	return cell->text ? cell->text : "";
}

static void print_cell(const struct table *t, size_t column, const char *text, const char *colour,
		       int width, struct textbuf *out)
{
	const bool is_last = column + 1 == t->columns;
	const int pad = width - text_columns(text);

	if (t->right & (1u << column))
		textbuf_pad(out, ' ', pad);
	textbuf_add(out, "%s%s%s", colour ? colour : "", text, colour ? "\033[0m" : "");
	if (is_last) {
		textbuf_trim(out);
		textbuf_bytes(out, "\n", 1);
		return;
	}
	if (!(t->right & (1u << column)))
		textbuf_pad(out, ' ', pad);
	textbuf_pad(out, ' ', 2);
}

void table_print(const struct table *t, struct textbuf *out)
{
	int widths[TABLE_COLUMNS_MAX];

	assert(t->columns > 0 && t->columns <= TABLE_COLUMNS_MAX);
	for (size_t c = 0; c < t->columns; c++)
		widths[c] = text_columns(t->headers[c]);
	for (size_t i = 0; i < t->count; i++) {
		int columns = text_columns(cell_text(&t->cells[i]));

		if (columns > widths[i % t->columns])
			widths[i % t->columns] = columns;
	}
	for (size_t c = 0; c < t->columns; c++)
		print_cell(t, c, t->headers[c], NULL, widths[c], out);
	for (size_t i = 0; i < t->count; i++)
		print_cell(t, i % t->columns, cell_text(&t->cells[i]), t->cells[i].colour,
			   widths[i % t->columns], out);
}
