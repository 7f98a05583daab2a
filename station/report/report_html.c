/* The report as one page: no script, no font, no picture from outside. */
#include "station/report/report_sheet.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void html_text(struct textbuf *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			textbuf_add(out, "&amp;");
			break;
		case '<':
			textbuf_add(out, "&lt;");
			break;
		case '>':
			textbuf_add(out, "&gt;");
			break;
		case '"':
			textbuf_add(out, "&quot;");
			break;
		case '\'':
			textbuf_add(out, "&#39;");
			break;
		default:
			textbuf_bytes(out, text, 1);
		}
	}
}

/* What does not come from a sheet_item: a name of the report itself. */
static void clean_text(struct textbuf *out, const char *text)
{
	struct textbuf copy = { 0 };

	textbuf_add(&copy, "%s", text);
	if (copy.bytes)
		text_clean(copy.bytes);
	html_text(out, textbuf_string(&copy));
	out->has_failed |= copy.has_failed;
	textbuf_release(&copy);
}

/* ---- style ---- */

/* A4 is 210 mm wide; a phone 360 units. Shades and bars are told to be printed. */
/* clang-format off */
static const char style[] =
	":root{--ink:#1d2733;--faint:#5b6673;--rule:#dfe4ea;--blue:#0072b2;--orange:#d55e00}\n"
	"*{box-sizing:border-box}\n"
	"html{-webkit-text-size-adjust:100%}\n"
	"body{margin:0;background:#fff;color:var(--ink);font:15px/1.5 system-ui,-apple-system,\"Segoe UI\","
	"Roboto,\"Noto Sans\",\"DejaVu Sans\",sans-serif;"
	"-webkit-print-color-adjust:exact;print-color-adjust:exact}\n"
	"main{max-width:56rem;margin:0 auto;padding:3rem 1.5rem 4rem}\n"
	"header p{margin:.15rem 0;color:var(--faint)}\n"
	"header .kind{font-size:.85rem;letter-spacing:.09em;text-transform:uppercase}\n"
	"h1{font-size:2rem;line-height:1.2;font-weight:600;margin:.2rem 0 .6rem;overflow-wrap:anywhere}\n"
	"h2{font-size:1.2rem;font-weight:600;margin:0 0 .8rem;padding-top:.9rem;"
	"border-top:1px solid var(--rule)}\n"
	"section{margin-top:3rem}\n"
	"p{margin:.6rem 0;max-width:44rem;overflow-wrap:anywhere}\n"
	"ul{margin:.6rem 0;padding-left:1.2rem}\n"
	"li{margin:.4rem 0;max-width:44rem;overflow-wrap:anywhere}\n"
	"li::marker{color:var(--orange)}\n"
	".note{font-size:.85rem;color:var(--faint)}\n"
	/* The figures at the head. */
	".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.6rem,1fr));gap:1.6rem;"
	"margin:2.2rem 0 0}\n"
	".tiles div{border-top:2px solid var(--blue);padding-top:.6rem}\n"
	".tiles dt{font-size:.85rem;color:var(--faint)}\n"
	".tiles dd{margin:0;font-variant-numeric:tabular-nums}\n"
	".tiles .big{font-size:1.75rem;line-height:1.25;font-weight:600;white-space:nowrap}\n"
	".tiles .small{font-size:.8rem;color:var(--faint)}\n"
	/* What is wider than the page can be moved sideways. */
	"figure,.wide{margin:1.2rem 0;overflow-x:auto}\n"
	"svg{display:block;width:100%;min-width:34rem;height:auto;font-size:12.5px;"
	"font-variant-numeric:tabular-nums}\n"
	"table{border-collapse:collapse;font-size:.87rem;font-variant-numeric:tabular-nums;"
	"line-height:1.35}\n"
	"caption{text-align:left;font-weight:600;padding:.4rem 0 .5rem;white-space:nowrap}\n"
	"th{text-align:left;font-weight:400;color:var(--faint);border-bottom:1px solid var(--ink);"
	"padding:.25rem 1.1rem .25rem 0;vertical-align:bottom;white-space:nowrap}\n"
	"td{padding:.3rem 1.1rem .3rem 0;border-bottom:1px solid var(--rule);vertical-align:top}\n"
	"tbody th{color:var(--ink);border-bottom:1px solid var(--rule);vertical-align:top;"
	"padding-top:.3rem;padding-bottom:.3rem}\n"
	"th:last-child,td:last-child{padding-right:.3rem}\n"
	/* Kinds of columns: name, word, figure, share, heat, prose; z: a shade of nothing. */
	"th.n,td.n{overflow-wrap:anywhere;white-space:normal;min-width:7rem;max-width:20rem}\n"
	"td.w,th.n.w,td.n.w{white-space:nowrap}\n"
	"th.f,td.f{text-align:right;white-space:nowrap}\n"
	"td.s svg{display:inline-block;width:3.2rem;min-width:0;height:.62rem}\n"
	"td.s span{display:inline-block;min-width:4.3rem}\n"
	"td.h{text-align:right;padding:.3rem .5rem;white-space:nowrap}\n"
	"th.h{text-align:right;padding:.25rem .5rem}\n"
	"td.z{color:#a9b2bd}\n"
	"td.p{color:var(--faint);min-width:10rem;overflow-wrap:anywhere}\n"
	".m{font-weight:700;color:#a84300}\n"
	".m::before{content:\"\\25C6\\00A0\";color:var(--orange)}\n"
	".facts th{color:var(--faint);padding-right:2rem}\n"
	"@media(max-width:40rem){main{padding:1.5rem 1rem}h1{font-size:1.5rem}section{margin-top:2.2rem}"
	".tiles{grid-template-columns:1fr 1fr;gap:1.2rem}.tiles .big{font-size:1.4rem}"
	"td.p{min-width:20rem}}\n"
	"@page{size:A4;margin:16mm 15mm 18mm}\n"
	"@media print{body{font-size:9.5pt;line-height:1.4}main{max-width:none;padding:0}"
	"section{margin-top:8mm}h1{font-size:18pt}h2{font-size:12pt;break-after:avoid}"
	"figure,.tiles,.tiles div,tr,li{break-inside:avoid}thead{display:table-header-group}"
	"caption{break-after:avoid}figure,.wide{overflow:visible;margin:4mm 0}svg{min-width:0}"
	".note,.tiles dt,header .kind{font-size:8.5pt}table,caption{font-size:8pt}"
	"th,td{padding-right:3mm}td,tbody th{padding-top:.55mm;padding-bottom:.55mm}td.p{min-width:0}"
	".tiles{grid-template-columns:repeat(auto-fit,minmax(30mm,1fr));gap:5mm 6mm;margin-top:6mm}"
	".tiles .big{font-size:15pt}.tiles .small{font-size:7.5pt}}\n";
/* clang-format on */

/* ---- head ---- */

static void print_dates(const struct report *r, struct textbuf *out)
{
	char from[FIGURE_BYTES], to[FIGURE_BYTES];

	if (r->has_from || r->has_to)
		textbuf_add(out, "<p>Runs started%s%s%s%s (UTC)</p>\n", r->has_from ? " from " : "",
			    r->has_from ? moment_text(r->from_utc_ms, from) : "",
			    r->has_to ? " before " : "",
			    r->has_to ? moment_text(r->to_utc_ms, to) : "");
	if (r->first_utc_ms)
		textbuf_add(out, "<p>First run %s, last %s (UTC)</p>\n",
			    moment_text(r->first_utc_ms, from), moment_text(r->last_utc_ms, to));
	if (r->is_strict)
		textbuf_add(out, "<p>Counted strictly</p>\n");
}

static void print_title(const struct report *r, struct textbuf *out)
{
	if (r->batch_name) {
		textbuf_add(out, "Batch <bdi>");
		clean_text(out, r->batch_name);
		textbuf_add(out, "</bdi>");
	} else if (r->recipe_filter) {
		textbuf_add(out, "Recipe <bdi>");
		clean_text(out, r->recipe_filter);
		textbuf_add(out, "</bdi>");
	} else {
		textbuf_add(out, "All runs");
	}
}

static void tile(struct textbuf *out, const char *name, const char *big, const char *small)
{
	textbuf_add(out,
		    "<div><dt>%s</dt><dd class=\"big\">%s</dd><dd class=\"small\">%s</dd></div>\n",
		    name, big, small);
}

static void yield_tile(struct textbuf *out, const char *name, const struct report_share *s,
		       const char *things)
{
	char big[FIGURE_BYTES], band[FIGURE_BYTES], small[3 * FIGURE_BYTES];

	snprintf(small, sizeof(small), "%" PRId64 " of %" PRId64 " %s<br>95 %%: %s", s->k, s->n,
		 things, band_text(s, band));
	tile(out, name, share_text(s->k, s->n, big), s->n ? small : "none was judged");
}

static void order_tile(const struct batch_state *b, struct textbuf *out)
{
	char big[FIGURE_BYTES], small[3 * FIGURE_BYTES];

	snprintf(big, sizeof(big), "%" PRId64, b->passed);
	snprintf(small, sizeof(small), "of %" PRId64 " units<br>%" PRId64 " to go", b->quantity,
		 b->quantity > b->passed ? b->quantity - b->passed : 0);
	tile(out, "Good units", big, small);
}

/* Yields of two products or processes are not one figure: then the tiles tell of runs alone. */
static void print_tiles(const struct report *r, struct textbuf *out)
{
	char big[FIGURE_BYTES], small[3 * FIGURE_BYTES], seconds[FIGURE_BYTES];

	textbuf_add(out, "<dl class=\"tiles\">\n");
	if (r->batch.quantity)
		order_tile(&r->batch, out);
	if (r->yield_count == 1) {
		yield_tile(out, "First-pass yield", &r->yields[0].first_pass, "units");
		yield_tile(out, "Final yield", &r->yields[0].final, "units");
		yield_tile(out, "Station yield", &r->yields[0].station, "runs");
	} else {
		snprintf(big, sizeof(big), "%" PRId64, r->judged);
		snprintf(small, sizeof(small), "in %zu products and processes", r->yield_count);
		tile(out, "Judged runs", big, small);
		snprintf(big, sizeof(big), "%" PRId64, r->passed);
		tile(out, "Passes", big, "");
		snprintf(big, sizeof(big), "%" PRId64, r->failures.total);
		tile(out, "Failed runs", big, "");
	}
	if (r->run_times.n) {
		snprintf(big, sizeof(big), "%s s", seconds_text(r->run_times.median, seconds));
		snprintf(small, sizeof(small), "median of %" PRId64 " passes<br>95 %%: up to %s s",
			 r->run_times.n, seconds_text(r->run_times.p95, seconds));
		tile(out, "A run takes", big, small);
	}
	textbuf_add(out, "</dl>\n");
}

static void print_head(const struct report *r, struct textbuf *out)
{
	textbuf_add(out,
		    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src 'unsafe-inline'\">\n<title>Production report: ");
	clean_text(out, r->batch_name      ? r->batch_name
			: r->recipe_filter ? r->recipe_filter
					   : "all runs");
	textbuf_add(out, "</title>\n<style>\n");
	textbuf_bytes(out, style, sizeof(style) - 1);
	textbuf_add(out, "</style>\n</head>\n<body>\n<main>\n<header>\n"
			 "<p class=\"kind\">Production report</p>\n<h1>");
	print_title(r, out);
	textbuf_add(out, "</h1>\n");
	if (r->batch_name && r->recipe_filter) {
		textbuf_add(out, "<p>Recipe <bdi>");
		clean_text(out, r->recipe_filter);
		textbuf_add(out, "</bdi></p>\n");
	}
	print_dates(r, out);
	if (r->judged)
		print_tiles(r, out);
	textbuf_add(out, "</header>\n");
}

/* ---- tables ---- */

static const char *const classes[] = {
	[COLUMN_NAME] = "n",    [COLUMN_WORD] = "w", [COLUMN_FIGURE] = "f",
	[COLUMN_SHARE] = "f s", [COLUMN_HEAT] = "h", [COLUMN_PROSE] = "p",
};

/* The bar behind a share: it is drawn, not coloured, so that it prints. */
static void print_bar(struct textbuf *out, double part)
{
	textbuf_add(out,
		    "<svg viewBox=\"0 0 54 10\" aria-hidden=\"true\" preserveAspectRatio=\"none\">"
		    "<rect width=\"54\" height=\"10\" fill=\"#eef1f5\"/>"
		    "<rect width=\"%.1f\" height=\"10\" fill=\"#5aa7d6\"/></svg>",
		    54 * part);
}

/* From white to a light orange: what stands on it stays readable, printed in grey as well. */
static void print_shade(struct textbuf *out, double part)
{
	double depth = part >= 0.5 ? 1 : part * 2;

	textbuf_add(out, " style=\"background:rgb(255,%d,%d)\"", (int)(255 - 75 * depth),
		    (int)(255 - 145 * depth));
}

/* A name that is no longer stays in one line. */
#define WHOLE_COLUMNS 36

static void print_table_cell(struct textbuf *out, const struct sheet_cell *cell,
			     enum sheet_column_kind kind, bool is_first)
{
	const char *text = cell->text ? cell->text : "";
	const char *tag = is_first ? "th" : "td";

	textbuf_add(out, "<%s%s class=\"%s%s\"", tag, is_first ? " scope=\"row\"" : "",
		    classes[kind],
		    kind == COLUMN_HEAT && cell->part <= 0                       ? " z"
		    : kind == COLUMN_NAME && text_columns(text) <= WHOLE_COLUMNS ? " w"
										 : "");
	if (kind == COLUMN_HEAT && cell->part > 0)
		print_shade(out, cell->part);
	textbuf_add(out, ">");
	if (kind == COLUMN_SHARE && strcmp(text, "-") != 0)
		print_bar(out, cell->part);
	if (cell->is_marked || kind == COLUMN_SHARE)
		textbuf_add(out, cell->is_marked ? "<span class=\"m\">" : "<span>");
	if (kind == COLUMN_NAME || kind == COLUMN_PROSE)
		textbuf_add(out, "<bdi>");
	html_text(out, text);
	if (kind == COLUMN_NAME || kind == COLUMN_PROSE)
		textbuf_add(out, "</bdi>");
	textbuf_add(out, "%s</%s>", cell->is_marked || kind == COLUMN_SHARE ? "</span>" : "", tag);
}

static void print_table(struct textbuf *out, const char *caption, const struct sheet_table *t)
{
	const bool has_headers = t->columns[0].header[0];

	assert(t->column_count > 0);
	textbuf_add(out, "<div class=\"wide\"><table%s>\n", has_headers ? "" : " class=\"facts\"");
	if (caption[0]) {
		textbuf_add(out, "<caption>");
		html_text(out, caption);
		textbuf_add(out, "</caption>\n");
	}
	if (has_headers) {
		textbuf_add(out, "<thead><tr>");
		for (size_t c = 0; c < t->column_count; c++) {
			textbuf_add(out, "<th scope=\"col\" class=\"%s\">",
				    t->columns[c].kind == COLUMN_SHARE
					    ? "f"
					    : classes[t->columns[c].kind]);
			html_text(out, t->columns[c].header);
			textbuf_add(out, "</th>");
		}
		textbuf_add(out, "</tr></thead>\n");
	}
	textbuf_add(out, "<tbody>\n");
	for (size_t i = 0; i < t->count; i++) {
		size_t c = i % t->column_count;

		textbuf_add(out, "%s", c ? "" : "<tr>");
		print_table_cell(out, &t->cells[i], t->columns[c].kind, c == 0);
		textbuf_add(out, "%s", c + 1 < t->column_count ? "" : "</tr>\n");
	}
	textbuf_add(out, "</tbody></table></div>\n");
}

/* ---- the whole ---- */

static void print_item(const struct report *r, const struct sheet_item *item, struct textbuf *out)
{
	const char *text = item->text ? item->text : "";

	switch (item->kind) {
	case SHEET_PART:
		textbuf_add(out, "<section>\n<h2>");
		html_text(out, text);
		textbuf_add(out, "</h2>\n");
		break;
	case SHEET_SAY:
	case SHEET_NOTE:
	case SHEET_POINT:
		textbuf_add(out, item->kind == SHEET_POINT  ? "<li>"
				 : item->kind == SHEET_NOTE ? "<p class=\"note\">"
							    : "<p>");
		html_text(out, text);
		textbuf_add(out, item->kind == SHEET_POINT ? "</li>\n" : "</p>\n");
		break;
	case SHEET_TABLE:
		print_table(out, text, &item->table);
		break;
	case SHEET_CHART:
		textbuf_add(out, "<figure>");
		chart_print(r, item->chart, out);
		textbuf_add(out, "</figure>\n");
		break;
	}
}

void report_html_print(const struct report *r, const struct sheet *sheet, struct textbuf *out)
{
	bool is_in_list = false, is_in_part = false;

	print_head(r, out);
	for (size_t i = 0; i < sheet->count; i++) {
		const struct sheet_item *item = &sheet->items[i];

		if (is_in_list && item->kind != SHEET_POINT)
			textbuf_add(out, "</ul>\n");
		if (is_in_part && item->kind == SHEET_PART)
			textbuf_add(out, "</section>\n");
		if (!is_in_list && item->kind == SHEET_POINT)
			textbuf_add(out, "<ul>\n");
		is_in_list = item->kind == SHEET_POINT;
		is_in_part |= item->kind == SHEET_PART;
		print_item(r, item, out);
	}
	textbuf_add(out, "%s%s</main>\n</body>\n</html>\n", is_in_list ? "</ul>\n" : "",
		    is_in_part ? "</section>\n" : "");
}
