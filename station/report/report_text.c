/* The report for a terminal or a mail: plain text, at most 100 columns wide. */
#include "station/report/report_sheet.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 100
#define NAME_LEAST 12 /* a name is not cut below this */

/* ---- sentences ---- */

/* Columns of the word at text, and its bytes. */
static int word_columns(const char *text, size_t *bytes)
{
	int columns = 0;

	*bytes = strcspn(text, " ");
	for (size_t i = 0; i < *bytes; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

/* Words in lines of WIDTH; the first one begins behind lead, the others behind as many blanks. */
static void print_wrapped(struct textbuf *out, const char *lead, const char *text)
{
	int indent = (int)strlen(lead), at = indent;
	bool is_first = true;

	textbuf_add(out, "%s", lead);
	for (; *text; text += strspn(text, " ")) {
		size_t bytes;
		int columns = word_columns(text, &bytes);

		if (!is_first && at + 1 + columns > WIDTH) {
			textbuf_add(out, "\n");
			textbuf_pad(out, ' ', indent);
			at = indent;
			is_first = true;
		}
		if (!is_first)
			textbuf_add(out, " ");
		textbuf_bytes(out, text, bytes);
		at += columns + !is_first;
		is_first = false;
		text += bytes;
	}
	textbuf_add(out, "\n");
}

/* ---- tables ---- */

static bool is_figure(enum sheet_column_kind kind)
{
	return kind == COLUMN_FIGURE || kind == COLUMN_SHARE || kind == COLUMN_HEAT;
}

static const char *cell_text(const struct sheet_cell *cell)
{
	return cell->text ? cell->text : "";
}

static bool has_headers(const struct sheet_table *t)
{
	for (size_t c = 0; c < t->column_count; c++)
		if (t->columns[c].header[0])
			return true;
	return false;
}

/* Prose stands in its row where there is room for all of it, else below (width 0). */
static void place_prose(const struct sheet_table *t, int widths[SHEET_COLUMNS_MAX], int sum)
{
	const size_t last = t->column_count - 1;
	int widest = text_columns(t->columns[last].header);

	if (t->columns[last].kind != COLUMN_PROSE)
		return;
	for (size_t i = last; i < t->count; i += t->column_count) {
		int columns = text_columns(cell_text(&t->cells[i]));

		widest = columns > widest ? columns : widest;
	}
	if (sum + widest <= WIDTH)
		widths[last] = widest;
}

static void measure(const struct sheet_table *t, int widths[SHEET_COLUMNS_MAX])
{
	int sum = 0, over;

	assert(t->column_count > 0);
	for (size_t c = 0; c < t->column_count; c++)
		widths[c] =
			t->columns[c].kind == COLUMN_PROSE ? 0 : text_columns(t->columns[c].header);
	for (size_t i = 0; i < t->count; i++) {
		size_t c = i % t->column_count;
		int columns = text_columns(cell_text(&t->cells[i]));

		if (t->columns[c].kind != COLUMN_PROSE && columns > widths[c])
			widths[c] = columns;
	}
	for (size_t c = 0; c < t->column_count; c++)
		sum += widths[c] ? widths[c] + 2 : 0;
	over = sum - 2 - WIDTH;
	for (size_t c = 0; c < t->column_count && over > 0; c++) {
		int less = widths[c] - NAME_LEAST;

		if (t->columns[c].kind != COLUMN_NAME || less <= 0)
			continue;
		less = less < over ? less : over;
		widths[c] -= less;
		over -= less;
		sum -= less;
	}
	place_prose(t, widths, sum);
}

/* The first so many characters of text, in bytes. */
static size_t bytes_of(const char *text, int columns)
{
	size_t at = 0;

	while (text[at] && (columns > 0 || ((unsigned char)text[at] & 0xc0) == 0x80)) {
		columns -= ((unsigned char)text[at] & 0xc0) != 0x80;
		at++;
	}
	while (((unsigned char)text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

/* A name that is too long loses its middle: slots differ at their end. */
static void print_cut(struct textbuf *out, const char *text, int width)
{
	int columns = text_columns(text), head = (width - 2) / 2, tail = width - 2 - head;

	if (columns <= width) {
		textbuf_add(out, "%s", text);
		return;
	}
	textbuf_bytes(out, text, bytes_of(text, head));
	textbuf_add(out, "..%s", text + bytes_of(text, columns - tail));
}

static void print_cell(struct textbuf *out, const char *text, enum sheet_column_kind kind,
		       int width)
{
	int pad = width - text_columns(text);

	if (is_figure(kind))
		textbuf_pad(out, ' ', pad);
	print_cut(out, text, width);
	if (!is_figure(kind))
		textbuf_pad(out, ' ', pad);
	textbuf_add(out, "  ");
}

static void print_table(struct textbuf *out, const char *caption, const struct sheet_table *t)
{
	int widths[SHEET_COLUMNS_MAX];

	assert(t->column_count > 0);
	measure(t, widths);
	if (caption && caption[0])
		textbuf_add(out, "\n%s\n", caption);
	for (size_t c = 0; has_headers(t) && c < t->column_count; c++)
		if (widths[c])
			print_cell(out, t->columns[c].header, t->columns[c].kind, widths[c]);
	textbuf_trim(out);
	if (has_headers(t))
		textbuf_add(out, "\n");
	for (size_t i = 0; i < t->count; i++) {
		size_t c = i % t->column_count;

		if (widths[c])
			print_cell(out, cell_text(&t->cells[i]), t->columns[c].kind, widths[c]);
		if (c + 1 < t->column_count)
			continue;
		textbuf_trim(out);
		textbuf_add(out, "\n");
		if (!widths[c] && cell_text(&t->cells[i])[0])
			print_wrapped(out, "      ", cell_text(&t->cells[i]));
	}
}

/* ---- the whole ---- */

static void print_title(struct textbuf *out, const char *title, char under)
{
	textbuf_add(out, "\n%s\n", title);
	textbuf_pad(out, under, text_columns(title));
	textbuf_add(out, "\n");
}

static void print_head(const struct report *r, struct textbuf *out)
{
	struct textbuf line = { 0 };
	char from[FIGURE_BYTES], to[FIGURE_BYTES], *clean;

	textbuf_add(&line, "Production report%s%s%s%s", r->batch_name ? ": batch " : "",
		    r->batch_name ? r->batch_name : "", r->recipe_filter ? ", recipe " : "",
		    r->recipe_filter ? r->recipe_filter : "");
	clean = line.bytes;
	if (clean) {
		text_clean(clean);
		print_wrapped(out, "", clean);
		textbuf_pad(out, '=', text_columns(clean) < WIDTH ? text_columns(clean) : WIDTH);
		textbuf_add(out, "\n");
	}
	textbuf_release(&line);
	if (r->has_from || r->has_to)
		textbuf_add(out, "Runs started%s%s%s%s (UTC)\n", r->has_from ? " from " : "",
			    r->has_from ? moment_text(r->from_utc_ms, from) : "",
			    r->has_to ? " before " : "",
			    r->has_to ? moment_text(r->to_utc_ms, to) : "");
	if (r->first_utc_ms)
		textbuf_add(out, "First run %s, last %s (UTC)\n",
			    moment_text(r->first_utc_ms, from), moment_text(r->last_utc_ms, to));
}

void report_text_print(const struct report *r, const struct sheet *sheet, struct textbuf *out)
{
	enum sheet_kind before = SHEET_PART;

	print_head(r, out);
	for (size_t i = 0; i < sheet->count; i++) {
		const struct sheet_item *item = &sheet->items[i];
		const char *text = item->text ? item->text : "";

		if (item->kind == SHEET_CHART)
			continue;
		if (before == SHEET_TABLE && item->kind == SHEET_TABLE && !text[0])
			textbuf_add(out, "\n");
		switch (item->kind) {
		case SHEET_PART:
			print_title(out, text, '-');
			break;
		case SHEET_SAY:
		case SHEET_NOTE:
			print_wrapped(out, "", text);
			break;
		case SHEET_POINT:
			print_wrapped(out, "- ", text);
			break;
		case SHEET_TABLE:
			print_table(out, text, &item->table);
			break;
		case SHEET_CHART:
			break;
		}
		before = item->kind;
	}
}
