#include "recipes/csv.h"

#include "engine/base/secret.h"
#include "recipes/read_file.h"
#include "recipes/utf8.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	struct csv *csv;
	const char *at, *end;
	unsigned line, column;
	char *text; /* where the next byte of a cell goes */
	size_t cell_count, cell_room, row_room;
	const char *wrong; /* NULL: nothing yet */
	unsigned wrong_line, wrong_column;
};

static void refuse(struct reader *r, unsigned line, unsigned column, const char *what)
{
	r->wrong = what;
	r->wrong_line = line;
	r->wrong_column = column;
}

static bool at_line_end(const struct reader *r)
{
	return r->at == r->end || *r->at == '\n' || *r->at == '\r';
}

static void skip_line_end(struct reader *r)
{
	if (r->at == r->end)
		return;
	r->at += *r->at == '\r' && r->end - r->at > 1 && r->at[1] == '\n' ? 2 : 1;
	r->line++;
	r->column = 1;
}

/* One character into the cell; false: there is none. */
static bool take(struct reader *r)
{
	size_t length = utf8_span((const uint8_t *)r->at, (size_t)(r->end - r->at));

	if (!length || !*r->at) {
		refuse(r, r->line, r->column,
		       length ? "a zero byte: expected text" : "this is not UTF-8 text");
		return false;
	}
	memcpy(r->text, r->at, length);
	r->text += length;
	r->at += length;
	r->column++;
	return true;
}

/* Behind the '"' that opens it, up to behind the one that closes it. */
static void take_quoted(struct reader *r, unsigned line, unsigned column)
{
	while (r->at < r->end) {
		if (at_line_end(r)) {
			skip_line_end(r);
			*r->text++ = '\n';
			if (r->at < r->end && *r->at == '#') {
				refuse(r, r->line, r->column,
				       "this line of a quoted cell begins with '#': it would be a "
				       "comment to other tools");
				return;
			}
			continue;
		}
		if (*r->at != '"') {
			if (!take(r))
				return;
			continue;
		}
		r->at++;
		r->column++;
		if (r->at == r->end || *r->at != '"') {
			if (!at_line_end(r) && *r->at != ',')
				refuse(r, r->line, r->column,
				       "text behind the closing '\"': expected a comma or the "
				       "line's end; a '\"' inside of quotes is doubled");
			return;
		}
		take(r); /* the second of two */
	}
	refuse(r, line, column, "the '\"' that begins here is never closed");
}

static enum status add_cell(struct reader *r, struct err *err)
{
	struct csv_cell *cells = r->csv->cells;

	if (r->cell_count == r->cell_room) {
		r->cell_room = r->cell_room ? r->cell_room * 2 : 64;
		cells = realloc(cells, r->cell_room * sizeof(*cells));
		if (!cells)
			return err_set(err, STATUS_NO_MEMORY, "%s: no memory", r->csv->file);
		r->csv->cells = cells;
	}
	cells[r->cell_count++] = (struct csv_cell){ r->text, r->line, r->column };
	if (r->at < r->end && *r->at == '"') {
		r->at++;
		r->column++;
		take_quoted(r, r->line, r->column - 1);
	} else {
		while (!at_line_end(r) && *r->at != ',' && take(r))
			;
	}
	*r->text++ = '\0';
	return STATUS_OK;
}

static enum status add_row(struct reader *r, struct err *err)
{
	struct csv *c = r->csv;
	size_t first = r->cell_count;
	unsigned line = r->line;

	if (c->count == r->row_room) {
		struct csv_row *rows;

		r->row_room = r->row_room ? r->row_room * 2 : 32;
		rows = realloc(c->rows, r->row_room * sizeof(*rows));
		if (!rows)
			return err_set(err, STATUS_NO_MEMORY, "%s: no memory", c->file);
		c->rows = rows;
	}
	for (;;) {
		TRY(add_cell(r, err));
		if (r->wrong || at_line_end(r))
			break;
		r->at++; /* the comma */
		r->column++;
	}
	skip_line_end(r);
	c->rows[c->count++] = (struct csv_row){ NULL, r->cell_count - first, line };
	return STATUS_OK;
}

static enum status read_rows(struct reader *r, struct err *err)
{
	struct csv *c = r->csv;
	size_t first = 0;

	while (r->at < r->end && !r->wrong) {
		if (at_line_end(r)) {
			skip_line_end(r);
		} else if (*r->at == '#') {
			while (!at_line_end(r))
				r->at++;
		} else {
			TRY(add_row(r, err));
		}
	}
	for (size_t i = 0; i < c->count; i++) { /* the cells move no more */
		c->rows[i].cells = c->cells + first;
		first += c->rows[i].count;
	}
	return STATUS_OK;
}

enum status csv_read_text(const char *name, const char *text, size_t size, struct csv **out,
			  struct diag_list *diags, struct err *err)
{
	struct reader r = { .at = text, .end = text + size, .line = 1, .column = 1 };
	enum status st;

	*out = NULL;
	r.csv = calloc(1, sizeof(*r.csv));
	if (r.csv) {
		r.csv->file = strdup(name);
		/* A cell's zero byte takes the place of the comma or line end behind it. */
		r.csv->storage = malloc(size + 1);
		r.csv->storage_bytes = size + 1;
	}
	if (!r.csv || !r.csv->file || !r.csv->storage) {
		csv_free(r.csv);
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory", name);
	}
	r.text = r.csv->storage;
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		r.at += 3;
	st = read_rows(&r, err);
	if (!st && r.wrong) {
		diag_error(diags, (struct place){ name, r.wrong_line, r.wrong_column }, "%s",
			   r.wrong);
		st = err_set(err, STATUS_RECIPE, "%s:%u:%u: %s", name, r.wrong_line, r.wrong_column,
			     r.wrong);
	}
	if (st) {
		csv_free(r.csv);
		return st;
	}
	*out = r.csv;
	return STATUS_OK;
}

enum status csv_read_file(const char *path, struct csv **out, struct diag_list *diags,
			  struct err *err)
{
	struct err why = { 0 };
	uint8_t *data;
	size_t size;
	enum status st = read_file(path, CSV_FILE_MAX, &data, &size, &why);

	*out = NULL;
	if (st) {
		if (st != STATUS_NO_MEMORY)
			diag_error(diags, (struct place){ path, 0, 0 }, "%s", why.text);
		return err_set(err, st, "%s: %s", path, why.text);
	}
	st = csv_read_text(path, (const char *)data, size, out, diags, err);
	secret_wipe(data, size);
	free(data);
	return st;
}

void csv_free(struct csv *c)
{
	if (!c)
		return;
	free(c->rows);
	free(c->cells);
	if (c->storage)
		secret_wipe(c->storage, c->storage_bytes);
	free(c->storage);
	free(c->file);
	free(c);
}

const char *csv_text(const struct csv_row *row, size_t i)
{
	return i < row->count ? row->cells[i].text : "";
}

struct place csv_place(const struct csv *c, const struct csv_row *row, size_t i)
{
	if (i < row->count)
		return (struct place){ c->file, row->cells[i].line, row->cells[i].column };
	return (struct place){ c->file, row->line, row->cells[row->count - 1].column };
}

void csv_wipe_cell(struct csv *c, const struct csv_row *row, size_t i)
{
	char *text = c->storage + (row->cells[i].text - c->storage);

	secret_wipe(text, strlen(text));
}
