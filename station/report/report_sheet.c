#include "station/report/report_sheet.h"

#include "station/json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts ---- */

__attribute__((format(printf, 2, 0))) static char *format_text(struct sheet *sheet,
							       const char *format, va_list args)
{
	va_list again;
	char *text;
	int size;

	va_copy(again, args);
	size = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = size < 0 ? NULL : malloc((size_t)size + 1);
	if (!text) {
		sheet->has_failed = true;
		return NULL;
	}
	vsnprintf(text, (size_t)size + 1, format, args);
	text_clean(text);
	return text;
}

/* ---- items ---- */

static struct sheet_item *new_item(struct sheet *sheet, enum sheet_kind kind)
{
	if (sheet->count == sheet->room) {
		size_t room = sheet->room ? sheet->room * 2 : 64;
		struct sheet_item *items = realloc(sheet->items, room * sizeof(*items));

		if (!items) {
			sheet->has_failed = true;
			return NULL;
		}
		sheet->items = items;
		sheet->room = room;
	}
	sheet->items[sheet->count] = (struct sheet_item){ .kind = kind };
	return &sheet->items[sheet->count++];
}

void sheet_add(struct sheet *sheet, enum sheet_kind kind, const char *format, ...)
{
	struct sheet_item *item = new_item(sheet, kind);
	va_list args;

	if (!item)
		return;
	va_start(args, format);
	item->text = format_text(sheet, format, args);
	va_end(args);
}

void sheet_chart(struct sheet *sheet, enum sheet_chart chart)
{
	struct sheet_item *item = new_item(sheet, SHEET_CHART);

	if (item)
		item->chart = chart;
}

void sheet_table(struct sheet *sheet, const char *caption, const struct sheet_column *columns,
		 size_t count)
{
	struct sheet_item *item;

	sheet_add(sheet, SHEET_TABLE, "%s", caption ? caption : "");
	if (sheet->has_failed)
		return;
	item = &sheet->items[sheet->count - 1];
	item->table.column_count = count;
	memcpy(item->table.columns, columns, count * sizeof(*columns));
}

static struct sheet_cell *new_cell(struct sheet *sheet)
{
	struct sheet_table *t;

	if (sheet->has_failed)
		return NULL;
	t = &sheet->items[sheet->count - 1].table;
	if (t->count == t->room) {
		size_t room = t->room ? t->room * 2 : 64;
		struct sheet_cell *cells = realloc(t->cells, room * sizeof(*cells));

		if (!cells) {
			sheet->has_failed = true;
			return NULL;
		}
		t->cells = cells;
		t->room = room;
	}
	t->cells[t->count] = (struct sheet_cell){ 0 };
	return &t->cells[t->count++];
}

void sheet_cell(struct sheet *sheet, const char *format, ...)
{
	struct sheet_cell *cell = new_cell(sheet);
	va_list args;

	if (!cell)
		return;
	va_start(args, format);
	cell->text = format_text(sheet, format, args);
	va_end(args);
}

void sheet_figure(struct sheet *sheet, double part, bool is_marked, const char *format, ...)
{
	struct sheet_cell *cell = new_cell(sheet);
	va_list args;

	if (!cell)
		return;
	cell->part = part;
	cell->is_marked = is_marked;
	va_start(args, format);
	cell->text = format_text(sheet, format, args);
	va_end(args);
}

void sheet_release(struct sheet *sheet)
{
	for (size_t i = 0; i < sheet->count; i++) {
		struct sheet_table *t = &sheet->items[i].table;

		for (size_t j = 0; j < t->count; j++)
			free(t->cells[j].text);
		free(t->cells);
		free(sheet->items[i].text);
	}
	free(sheet->items);
	*sheet = (struct sheet){ 0 };
}

/* ---- figures ---- */

const char *ratio_text(double share, char text[static FIGURE_BYTES])
{
	double percent = 100 * share;

	/* One of a million is not nothing, and one missing is not all. */
	for (int digits = 1; digits <= 5; digits++) {
		double unit = pow(10, -digits);

		snprintf(text, FIGURE_BYTES, "%.*f %%", digits, percent);
		if (share <= 0 || share >= 1 || (percent >= unit / 2 && percent < 100 - unit / 2))
			break;
	}
	return text;
}

const char *share_text(int64_t k, int64_t n, char text[static FIGURE_BYTES])
{
	if (!n) {
		snprintf(text, FIGURE_BYTES, "-");
		return text;
	}
	return ratio_text((double)k / (double)n, text);
}

const char *band_text(const struct report_share *share, char text[static FIGURE_BYTES])
{
	char low[FIGURE_BYTES], high[FIGURE_BYTES];

	if (!share->n) {
		snprintf(text, FIGURE_BYTES, "-");
		return text;
	}
	/* One "%" behind both is enough. */
	ratio_text(share->band.low, low);
	low[strcspn(low, " ")] = '\0';
	snprintf(text, FIGURE_BYTES, "%.16s - %.16s", low, ratio_text(share->band.high, high));
	return text;
}

const char *seconds_text(int64_t ms, char text[static FIGURE_BYTES])
{
	int64_t tenths = (ms + 50) / 100;

	snprintf(text, FIGURE_BYTES, "%lld.%lld", (long long)(tenths / 10),
		 (long long)(tenths % 10));
	return text;
}

const char *moment_text(int64_t utc_ms, char text[static FIGURE_BYTES])
{
	char utc[UTC_TEXT_BYTES];

	utc_text(utc_ms, utc);
	snprintf(text, FIGURE_BYTES, "%.10s %.5s", utc, strlen(utc) > 11 ? utc + 11 : "");
	return text;
}

const char *value_text(double value, char text[static FIGURE_BYTES])
{
	snprintf(text, FIGURE_BYTES, "%.6g", value);
	return text;
}

const char *chance_text(double chance, char text[static FIGURE_BYTES])
{
	double times = chance > 0 ? 1 / chance : INFINITY;

	if (times >= 1e9)
		snprintf(text, FIGURE_BYTES, "less than one in a billion");
	else if (times >= 1e6)
		snprintf(text, FIGURE_BYTES, "one in %.0f million", times / 1e6);
	else
		snprintf(text, FIGURE_BYTES, "one in %.0f", times);
	return text;
}

const char *point_word(int64_t point_ms)
{
	const int64_t days = point_ms / 86400000;

	return days == 0    ? "hour"
	       : days == 1  ? "day"
	       : days == 7  ? "week"
	       : days == 28 ? "4 weeks"
			    : "52 weeks";
}
