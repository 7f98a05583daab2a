/* The three forms of a report: they say the same, and no name can break out of them. */
#define _XOPEN_SOURCE 700 /* nftw, mkdtemp */
#include "db/facts.h"
#include "db/run.h"
#include "db/sql.h"
#include "db/text.h"
#include "station/report/report_sheet.h"

#include <ftw.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <cmocka.h>

#define EPOCH INT64_C(1795341600000)

struct forms {
	char dir[64], path[96];
	struct report report;
	struct sheet sheet;
	struct textbuf text, html;
	json_t *json;
	char *rows;  /* of the page's tables: "\ncell|cell|cell\n..." */
	char *lines; /* of the text, the same */
};

/* ---- records ---- */

static const char *const hostile[] = {
	"<script>alert('x')</script>",
	"\"><img src=x onerror=alert(1)>",
	"&lt;b&gt; & co",
	"caf\xe9 \xff\xc0\xaf",
	"\xe2\x80\xaegpj.exe\xe2\x80\xac",
	"\xd9\x85\xd8\xad\xd9\x85\xd8\xaf",
	"a very long name that goes on and on and does not end before it has seventy characters",
	"line\nfeed\x1b[31m",
};
#define HOSTILE (sizeof(hostile) / sizeof(hostile[0]))

static void put_run(struct db *db, int i)
{
	const bool is_pass = i % 7 != 3;
	const char *name = hostile[i % HOSTILE];
	const struct record_measurement boot = { .name = name,
						 .has_value = true,
						 .value = 2 + i % 5,
						 .unit = "s",
						 .has_high = true,
						 .high = 9 };
	char id[16], mac[24];
	struct record_run run = { .run_id = id,
				  .kind = "FLASH",
				  .slot = i % 2 ? "pci-0000:00:14.0/1.4:1.0" : name,
				  .start_utc_ms = EPOCH + i * 240000,
				  .recipe_digest = i % 3 ? "d1d1d1d1" : "d2d2d2d2",
				  .operator_name = name,
				  .batch = hostile[0],
				  .bridge = name,
				  .bridge_driver = name };
	struct record_result result = { .run_id = id,
					.outcome = is_pass ? "PASS" : "ERROR",
					.code = is_pass ? "OK"
						: i % 2 ? "NO_ANSWER"
							: "PORT_GONE",
					.party = is_pass ? "NONE"
						 : i % 2 ? "LINK"
							 : "FIXTURE",
					.proof = is_pass ? "CHIP_MD5" : "NONE",
					.end_utc_ms = EPOCH + i * 240000 + 8000 + i * 10,
					.duration_us = 8000000 + i * 10000,
					.mac = mac,
					.chip = "ESP32",
					.revision = name,
					.is_rescued = is_pass && i % 9 == 0,
					.rungs = name,
					.suspects = name,
					.is_duplicate_mac = i == 5,
					.measurements = &boot,
					.measurement_count = 1 };
	struct err err;

	snprintf(id, sizeof(id), "r%03d", i);
	snprintf(mac, sizeof(mac), "24:0a:c4:00:00:%02x", i * 3 / 4);
	if (fact_run(db, &run, &err) || fact_result(db, &result, &err))
		fail_msg("%s", err.text);
}

static void put_recipes(struct db *db)
{
	struct record_recipe recipe = { .digest = "d1d1d1d1",
					.name = hostile[0],
					.revision = 1,
					.product = hostile[1],
					.canonical = "",
					.process = "FLASH" };
	struct err err;

	assert_int_equal(db_put_recipe(db, &recipe, &err), STATUS_OK);
	recipe.digest = "d2d2d2d2";
	recipe.process = hostile[2];
	assert_int_equal(db_put_recipe(db, &recipe, &err), STATUS_OK);
}

/* ---- rows of both forms ---- */

static void add(struct textbuf *rows, const char *bytes, size_t size)
{
	textbuf_bytes(rows, bytes, size);
}

/* What a browser shows of a piece of HTML. */
static void add_unescaped(struct textbuf *rows, const char *from, const char *to)
{
	static const char *const names[][2] = {
		{ "&amp;", "&" },   { "&lt;", "<" },  { "&gt;", ">" },
		{ "&quot;", "\"" }, { "&#39;", "'" },
	};

	while (from < to) {
		size_t i = 0;

		if (*from == '<') {
			from = strchr(from, '>') + 1;
			continue;
		}
		while (i < 5 && strncmp(from, names[i][0], strlen(names[i][0])) != 0)
			i++;
		if (*from == '&' && i == 5)
			fail_msg("an ampersand of its own: %.20s", from);
		add(rows, i < 5 ? names[i][1] : from, 1);
		from += i < 5 ? strlen(names[i][0]) : 1;
	}
}

static char *rows_of_html(const char *html)
{
	struct textbuf rows = { 0 };

	add(&rows, "\n", 1);
	for (const char *tr = html; (tr = strstr(tr, "<tr>")); tr++) {
		const char *end = strstr(tr, "</tr>");

		for (const char *cell = tr + 4; cell < end;) {
			const char *next = strstr(cell, cell[2] == 'd' ? "</td>" : "</th>");

			add_unescaped(&rows, cell, next);
			cell = next + 5;
			add(&rows, cell < end ? "|" : "\n", 1);
		}
	}
	return rows.bytes;
}

/* Two blanks or more stand between cells. */
static char *rows_of_text(const char *text)
{
	struct textbuf rows = { 0 };

	add(&rows, "\n", 1);
	for (const char *at = text; *at;) {
		size_t blanks = strspn(at, " ");
		bool is_begin = at == text || at[-1] == '\n';

		if (blanks > 1 && !is_begin)
			add(&rows, "|", 1);
		else if (blanks == 1 && !is_begin)
			add(&rows, " ", 1);
		at += blanks;
		size_t word = strcspn(at, " \n");
		add(&rows, at, word);
		at += word;
		if (*at == '\n')
			add(&rows, at++, 1);
	}
	return rows.bytes;
}

/* ---- set-up ---- */

static void make_forms(struct forms *f, const struct report_filter *filter)
{
	struct db *db;
	struct err err;

	if (db_open(f->path, DB_READ, &db, &err) || report_read(db, filter, &f->report, &err))
		fail_msg("%s", err.text);
	db_close(db);
	sheet_make(&f->sheet, &f->report);
	report_text_print(&f->report, &f->sheet, &f->text);
	report_html_print(&f->report, &f->sheet, &f->html);
	f->json = report_json(&f->report);
	assert_false(f->sheet.has_failed || f->text.has_failed || f->html.has_failed);
	f->rows = rows_of_html(textbuf_string(&f->html));
	f->lines = rows_of_text(textbuf_string(&f->text));
}

static int set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct forms *f = calloc(1, sizeof(*f));
	struct db *db;
	struct err err;

	snprintf(f->dir, sizeof(f->dir), "%s/flashline-report-XXXXXX",
		 tmp && strlen(tmp) < 32 ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/records.db", f->dir);
	if (db_open(f->path, DB_WRITE, &db, &err))
		fail_msg("%s", err.text);
	put_recipes(db);
	assert_int_equal(sql_exec(db, "BEGIN IMMEDIATE", &err), STATUS_OK);
	for (int i = 0; i < 64; i++)
		put_run(db, i);
	assert_int_equal(sql_exec(db, "COMMIT", &err), STATUS_OK);
	db_close(db);
	*state = f;
	return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)info, (void)type, (void)where;
	return remove(path);
}

static int tear_down(void **state)
{
	struct forms *f = *state;

	free(f->rows);
	free(f->lines);
	json_decref(f->json);
	textbuf_release(&f->text);
	textbuf_release(&f->html);
	sheet_release(&f->sheet);
	report_release(&f->report);
	nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

static const struct report_filter batch = { .batch = "<script>alert('x')</script>" };

/* ---- the same figures ---- */

/* In both forms there is a row that begins so. */
__attribute__((format(printf, 2, 3))) static void expect_row(const struct forms *f,
							     const char *format, ...)
{
	char row[700] = "\n";
	va_list args;

	va_start(args, format);
	vsnprintf(row + 1, sizeof(row) - 1, format, args);
	va_end(args);
	if (!strstr(f->rows, row))
		fail_msg("the page has no row%s", row);
	if (!strstr(f->lines, row))
		fail_msg("the text has no row%s\n%s", row, f->lines);
}

static const char *text_at(json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static int64_t at(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (!json_is_integer(value))
		fail_msg("no integer %s", name);
	return json_integer_value(value);
}

static void expect_yield_row(const struct forms *f, json_t *yield, const char *name,
			     const char *member)
{
	json_t *s = json_object_get(yield, member);
	char share[FIGURE_BYTES];

	expect_row(f, "%s|%s|%s|%" PRId64 "|%" PRId64 "|%s|%.1f - %.1f %%\n",
		   text_at(yield, "product"), text_at(yield, "process"), name, at(s, "k"),
		   at(s, "n"), share_text(at(s, "k"), at(s, "n"), share),
		   100 * json_real_value(json_object_get(s, "low")),
		   100 * json_real_value(json_object_get(s, "high")));
	if (at(s, "n"))
		assert_true(json_real_value(json_object_get(s, "share")) ==
			    (double)at(s, "k") / (double)at(s, "n"));
}

static void expect_times_row(const struct forms *f, const char *name, json_t *t)
{
	static const char *const members[] = { "min_ms", "median_ms", "p90_ms", "p95_ms",
					       "max_ms" };
	char row[300], text[FIGURE_BYTES];
	int size = snprintf(row, sizeof(row), "%s|%" PRId64, name, at(t, "n"));

	for (size_t i = 0; i < 5; i++)
		size += snprintf(row + size, sizeof(row) - (size_t)size, "|%s",
				 seconds_text(at(t, members[i]), text));
	expect_row(f, "%s\n", row);
}

static void text_page_and_json_say_the_same_figures(void **state)
{
	struct forms *f = *state;
	char text[FIGURE_BYTES];
	size_t i;
	json_t *item, *part;

	make_forms(f, &batch);
	json_array_foreach(json_object_get(f->json, "yields"), i, item)
	{
		expect_yield_row(f, item, "first pass", "first_pass");
		expect_yield_row(f, item, "final", "final");
		expect_yield_row(f, item, "station", "station");
	}
	assert_int_equal(i, 2);
	json_array_foreach(json_object_get(f->json, "failures"), i, item)
		expect_row(f, "%zu|%s|%s|%" PRId64 "|", i + 1, text_at(item, "code"),
			   text_at(item, "party"), at(item, "runs"));
	assert_int_equal(i, 2);
	part = json_object_get(f->json, "runs");
	expect_row(f, "flash runs|%" PRId64, at(part, "flash"));
	expect_row(f, "PASS|%" PRId64, at(part, "pass"));
	expect_row(f, "ERROR|%" PRId64, at(part, "error"));
	expect_row(f, "judged|%" PRId64, at(part, "judged"));
	expect_row(f, "one MAC twice|%" PRId64, at(part, "duplicate_mac"));
	json_array_foreach(json_object_get(f->json, "points"), i, item)
		expect_row(f, "%.10s %.5s|%" PRId64 "|%" PRId64 "|%s|", text_at(item, "begin"),
			   text_at(item, "begin") + 11, at(item, "judged"), at(item, "failed"),
			   share_text(at(item, "failed"), at(item, "judged"), text));
	assert_int_equal(i, 5);
	json_array_foreach(json_object_get(json_object_get(f->json, "by"), "slot"), i,
			   item) if (strlen(text_at(item, "name")) < 26 &&
				     text_at(item, "name")[0] == 'p')
		expect_row(f, "%s|%" PRId64 "|%" PRId64 "|%s|%" PRId64, text_at(item, "name"),
			   at(item, "judged"), at(item, "failed"),
			   share_text(at(item, "failed"), at(item, "judged"), text),
			   at(item, "rescued"));
	part = json_object_get(f->json, "takt");
	expect_times_row(f, "a run that passes", json_object_get(part, "run"));
	expect_times_row(f, "unit to unit in a slot", json_object_get(part, "unit_to_unit"));
	snprintf(text, sizeof(text), "%.1f units an",
		 json_real_value(json_object_get(part, "units_per_hour")));
	assert_non_null(strstr(textbuf_string(&f->text), text));
	assert_non_null(strstr(textbuf_string(&f->html), text));
	assert_non_null(strstr(textbuf_string(&f->text), text_at(f->json, "anchor")));
	assert_non_null(strstr(textbuf_string(&f->html), text_at(f->json, "anchor")));
}

/* ---- nothing breaks out ---- */

static void expect_utf8(const char *text)
{
	for (size_t left = strlen(text), len; left; left -= len, text += len) {
		len = utf8_length(text, left);
		if (!len)
			fail_msg("not UTF-8: %.20s", text);
	}
}

static bool is_one_of(const char *name, const char *words)
{
	char word[24];

	snprintf(word, sizeof(word), " %s ", name);
	return strstr(words, word) != NULL;
}

/* Tags as they stand: known ones, closed in their order, without handlers. */
static void expect_sound_tags(const char *html)
{
	static const char known[] = " html head meta title style body main header section h1 h2 p "
				    "ul li dl div dt dd br bdi "
				    "table caption thead tbody tr th td span figure svg defs "
				    "pattern rect line circle path "
				    "text ";
	char open[40][16];
	size_t depth = 0;

	for (const char *tag = strstr(html, "<html"); (tag = strchr(tag, '<')); tag++) {
		const bool is_end = tag[1] == '/';
		const char *begin = tag + 1 + is_end, *end = strchr(tag, '>');
		size_t size = strcspn(begin, " >/");
		char name[16];

		assert_non_null(end);
		assert_true(size > 0 && size < sizeof(name));
		snprintf(name, sizeof(name), "%.*s", (int)size, begin);
		if (!is_one_of(name, known))
			fail_msg("a tag <%s>", name);
		for (const char *c = begin; c < end; c++) {
			if (*c == '"') /* a value: none of them holds a quote or an angle */
				c = strchr(c + 1, '"');
			if (strncmp(c, " on", 3) == 0 || strncmp(c, " src", 4) == 0 ||
			    strncmp(c, " href", 5) == 0)
				fail_msg("%.*s", (int)(end - tag), tag);
		}
		if (strcmp(name, "meta") == 0 || strcmp(name, "br") == 0 || end[-1] == '/')
			continue;
		if (!is_end) {
			assert_true(depth < 40);
			memcpy(open[depth++], name, sizeof(name));
		} else if (!depth || strcmp(open[--depth], name) != 0) {
			fail_msg("</%s> closes <%s>", name, open[depth]);
		}
	}
	assert_int_equal(depth, 0);
}

static void hostile_names_stay_text(void **state)
{
	struct forms *f = *state;
	const char *html;

	make_forms(f, &batch);
	html = textbuf_string(&f->html);
	expect_utf8(html);
	expect_utf8(textbuf_string(&f->text));
	expect_sound_tags(html);
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, "<img"));
	assert_non_null(strstr(html, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
	/* What turns writing around is gone from both; escape sequences as well. */
	assert_null(strstr(html, "\xe2\x80\xae"));
	assert_null(strstr(textbuf_string(&f->text), "\xe2\x80\xae"));
	assert_null(strchr(textbuf_string(&f->text), '\x1b'));
	/* Writing from right to left itself stays. */
	assert_non_null(strstr(html, "<bdi>\xd9\x85\xd8\xad\xd9\x85\xd8\xaf</bdi>"));
}

static void the_page_asks_for_nothing_from_outside(void **state)
{
	struct forms *f = *state;
	const char *at_url;

	make_forms(f, &batch);
	for (at_url = textbuf_string(&f->html); (at_url = strstr(at_url, "url(")); at_url++)
		assert_memory_equal(at_url, "url(#", 5);
	for (at_url = textbuf_string(&f->html); (at_url = strstr(at_url, "://")); at_url++)
		assert_memory_equal(at_url, "://www.w3.org/2000/svg\"", 23);
	assert_non_null(strstr(textbuf_string(&f->html), "<html lang=\"en\">"));
	assert_non_null(strstr(textbuf_string(&f->html), "default-src 'none'"));
	assert_null(strstr(textbuf_string(&f->html), "@import"));
}

static void the_text_fits_a_hundred_columns(void **state)
{
	struct forms *f = *state;

	make_forms(f, &batch);
	for (char *line = f->text.bytes, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		/* The head of the ledger is one word, to be copied as a whole. */
		if (text_columns(line) > 100 && strcmp(line, f->report.anchor) != 0)
			fail_msg("%d columns: %s", text_columns(line), line);
	}
}

static void an_empty_period_says_so_in_every_form(void **state)
{
	struct forms *f = *state;

	make_forms(f, &(struct report_filter){ .has_to = true, .to_utc_ms = EPOCH });
	assert_non_null(strstr(textbuf_string(&f->text), "No run is recorded in what was chosen."));
	assert_non_null(strstr(textbuf_string(&f->html), "No run is recorded in what was chosen."));
	assert_int_equal(at(json_object_get(f->json, "runs"), "flash"), 0);
	assert_int_equal(json_array_size(json_object_get(f->json, "yields")), 0);
	expect_sound_tags(textbuf_string(&f->html));
}

/* ---- how figures are written ---- */

static void a_chart_that_leaves_products_out_says_so(void **state)
{
	struct report_yield yields[10] = { { .product = "p", .process = "FLASH" } };
	struct report r = { .yields = yields, .yield_count = 8, .judged = 10, .flash_runs = 10 };
	struct textbuf page = { 0 };
	struct sheet sheet = { 0 };

	(void)state;
	for (size_t i = 0; i < 10; i++)
		yields[i] = (struct report_yield){ .product = "p",
						   .process = "FLASH",
						   .station = { 0, 1, { 0, 0.8 } } };
	for (; r.yield_count <= 10; r.yield_count += 2) {
		sheet_make(&sheet, &r);
		report_html_print(&r, &sheet, &page);
		if (!strstr(textbuf_string(&page), "in the table</text>") != (r.yield_count == 8))
			fail_msg("%zu yields", r.yield_count);
		textbuf_release(&page);
		sheet_release(&sheet);
	}
}

static void a_report_without_a_pass_says_so_first(void **state)
{
	struct report r = { .judged = 1, .flash_runs = 1, .failed = 1 };
	struct textbuf text = { 0 };
	struct sheet sheet = { 0 };

	(void)state;
	sheet_make(&sheet, &r);
	report_text_print(&r, &sheet, &text);
	assert_non_null(strstr(textbuf_string(&text), "No run has passed."));
	textbuf_release(&text);
	sheet_release(&sheet);
}

static void shares_are_never_rounded_to_all_or_nothing(void **state)
{
	static const struct {
		int64_t k, n;
		const char *text;
	} rows[] = {
		{ 0, 0, "-" },
		{ 0, 7, "0.0 %" },
		{ 7, 7, "100.0 %" },
		{ 1, 3, "33.3 %" },
		{ 999, 1000, "99.9 %" },
		{ 9999, 10000, "99.99 %" },
		{ 1, 10000, "0.01 %" },
		{ 1, 1000000, "0.0001 %" },
		{ 999999, 1000000, "99.9999 %" },
	};
	char text[FIGURE_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(share_text(rows[i].k, rows[i].n, text), rows[i].text);
	/* Nor is a band, which would leave the share itself out. */
	assert_string_equal(band_text(&(struct report_share){ 7, 7, { 0.6457, 1 } }, text),
			    "64.6 - 100.0 %");
	assert_string_equal(
		band_text(&(struct report_share){ 99999, 100000, { 0.999943, 0.999998 } }, text),
		"99.99 - 99.9998 %");
	assert_string_equal(
		band_text(&(struct report_share){ 1, 100000, { 0.0000018, 0.0000566 } }, text),
		"0.0002 - 0.01 %");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(text_page_and_json_say_the_same_figures),
		TEST(hostile_names_stay_text),
		TEST(the_page_asks_for_nothing_from_outside),
		TEST(the_text_fits_a_hundred_columns),
		TEST(an_empty_period_says_so_in_every_form),
		cmocka_unit_test(a_chart_that_leaves_products_out_says_so),
		cmocka_unit_test(a_report_without_a_pass_says_so_first),
		cmocka_unit_test(shares_are_never_rounded_to_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
