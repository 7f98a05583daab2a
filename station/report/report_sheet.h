/*
 * A report as people read it: parts with sentences, tables and charts, in their order.
 *
 * Both the text and the HTML page are made of this, so that they cannot say different figures; the
 * JSON object is made of struct report itself. All texts in it are clean: no control characters,
 * valid UTF-8, none of the characters that turn the direction of writing. Internal to report_*.
 */
#ifndef STATION_REPORT_SHEET_H
#define STATION_REPORT_SHEET_H

#include "db/report/report.h"
#include "station/textbuf.h"

#include <stdbool.h>
#include <stddef.h>

enum sheet_kind {
	SHEET_PART,  /* a title; begins a part */
	SHEET_SAY,   /* a sentence */
	SHEET_POINT, /* one of a list of sentences */
	SHEET_NOTE,  /* small print */
	SHEET_TABLE,
	SHEET_CHART,
};

enum sheet_chart { CHART_YIELDS, CHART_PARETO, CHART_POINTS, CHART_RUN_TIMES, CHART_UNIT_TIMES };

enum sheet_column_kind {
	COLUMN_NAME,   /* what the row is about; may be cut in its middle */
	COLUMN_WORD,   /* shown whole */
	COLUMN_FIGURE, /* stands at the right */
	COLUMN_SHARE,  /* a figure with a bar behind it, where there is room for one */
	COLUMN_HEAT,   /* a figure with a shade behind it */
	COLUMN_PROSE,  /* a sentence: below its row where there is little room */
};

struct sheet_column {
	const char *header;
	enum sheet_column_kind kind;
};
#define SHEET_COLUMNS_MAX 16

struct sheet_cell {
	char *text;
	double part;    /* of a bar or a shade, 0 .. 1 */
	bool is_marked; /* stands out */
};

struct sheet_table {
	struct sheet_column columns[SHEET_COLUMNS_MAX];
	size_t column_count;
	struct sheet_cell *cells;
	size_t count, room;
};

struct sheet_item {
	enum sheet_kind kind;
	char *text; /* of a table: its caption, NULL none */
	struct sheet_table table;
	enum sheet_chart chart;
};

/* Starts as { 0 }. When memory runs out has_failed stays true; nobody has to check each addition.
 */
struct sheet {
	struct sheet_item *items;
	size_t count, room;
	bool has_failed;
};

void sheet_release(struct sheet *sheet);

__attribute__((format(printf, 3, 4))) void sheet_add(struct sheet *sheet, enum sheet_kind kind,
						     const char *format, ...);
void sheet_chart(struct sheet *sheet, enum sheet_chart chart);
/* Cells that follow belong to it, row by row. caption may be NULL. */
void sheet_table(struct sheet *sheet, const char *caption, const struct sheet_column *columns,
		 size_t count);
__attribute__((format(printf, 2, 3))) void sheet_cell(struct sheet *sheet, const char *format, ...);
/* As sheet_cell for a figure of COLUMN_SHARE or COLUMN_HEAT, or one that stands out. */
__attribute__((format(printf, 4, 5))) void sheet_figure(struct sheet *sheet, double part,
							bool is_marked, const char *format, ...);

/* The whole report. */
void sheet_make(struct sheet *sheet, const struct report *report);
/* Parts of it: report_where.c. */
void sheet_where(struct sheet *sheet, const struct report *report);
void sheet_when(struct sheet *sheet, const struct report *report);
void sheet_lists(struct sheet *sheet, const struct report *report);

/* ---- how figures are written, everywhere ---- */

#define FIGURE_BYTES 48
/* "97.3 %": as many digits as it takes not to round something to all or to nothing. "-" of none. */
const char *share_text(int64_t k, int64_t n, char text[static FIGURE_BYTES]);
const char *ratio_text(double share, char text[static FIGURE_BYTES]);
/* "94.1 - 98.9 %" */
const char *band_text(const struct report_share *share, char text[static FIGURE_BYTES]);
/* "12.3", of milliseconds */
const char *seconds_text(int64_t ms, char text[static FIGURE_BYTES]);
/* "2026-11-22 12:31" */
const char *moment_text(int64_t utc_ms, char text[static FIGURE_BYTES]);
/* A measured value: six significant digits. */
const char *value_text(double value, char text[static FIGURE_BYTES]);
/* "one in 3 million": how rare a chance is. */
const char *chance_text(double chance, char text[static FIGURE_BYTES]);
/* "hour", "day", "week", ... of report->point_ms. */
const char *point_word(int64_t point_ms);
/* How many of the causes have columns of their own. */
#define SHEET_CAUSES 5

/* ---- the two forms ---- */

/* At most 100 columns wide. */
void report_text_print(const struct report *report, const struct sheet *sheet, struct textbuf *out);
void report_html_print(const struct report *report, const struct sheet *sheet, struct textbuf *out);
/* A new reference. */
struct json_t *report_json(const struct report *report);

/* One SVG element; internal to the page. */
void chart_print(const struct report *report, enum sheet_chart chart, struct textbuf *out);
/* Text as HTML: & < > " ' escaped. */
void html_text(struct textbuf *out, const char *text);

#endif
