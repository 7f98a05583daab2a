#define _XOPEN_SOURCE 700
#include "tests/db/nasty.h"
#include "tests/db/world.h"

#include "db/export/export.h"
#include "db/run.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a CSV reader of its own: RFC 4180 and nothing else ---- */

struct csv {
	char *bytes;
	const char *at;
};

/* One field, unquoted; false where the line ended before it. *last: it ends the line. */
static bool csv_field(struct csv *csv, char *field, size_t size, bool *is_quoted, bool *last)
{
	size_t len = 0;

	if (!*csv->at)
		return false;
	*is_quoted = *csv->at == '"';
	if (*is_quoted) {
		for (csv->at++; *csv->at != '"' || csv->at[1] == '"'; csv->at++) {
			assert_int_not_equal(*csv->at, '\0');
			if (*csv->at == '"')
				csv->at++;
			assert_true(len + 1 < size);
			field[len++] = *csv->at;
		}
		csv->at++;
	} else {
		while (*csv->at != ',' && strncmp(csv->at, "\r\n", 2)) {
			assert_true(*csv->at != '"' && *csv->at != '\n' && *csv->at != '\0');
			assert_true(len + 1 < size);
			field[len++] = *csv->at++;
		}
	}
	field[len] = '\0';
	*last = *csv->at != ',';
	if (*last)
		assert_memory_equal(csv->at, "\r\n", 2);
	csv->at += *last ? 2 : 1;
	return true;
}

/* ---- helpers ---- */

static char *export_text(const struct world *w, enum export_format format,
			 const struct run_filter *filter, uint64_t *count)
{
	struct db *db = world_open(w, DB_READ);
	struct err err;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (export_runs(db, format, filter, out, count, &err))
		fail_msg("%s", err.text);
	fclose(out);
	db_close(db);
	return text;
}

/* What sqlite3 says of one column of one run: "NULL" apart from the text "NULL". */
static const char *stored(sqlite3 *sql, const char *run_id, const char *column)
{
	char query[200];

	snprintf(query, sizeof(query), "SELECT %s FROM runs WHERE run_id = '%s'", column, run_id);
	return world_ask_on(sql, query);
}

static const struct run_filter all = { 0 };

/* ---- column by column ---- */

static void expect_csv_field(sqlite3 *sql, const char *run_id, const struct column *column,
			     const char *field, bool is_quoted)
{
	const struct nasty *nasty = nasty_of(run_id);
	const char *value = stored(sql, run_id, column->name);

	if (strcmp(value, "NULL") == 0) {
		assert_false(is_quoted);
		value = "";
	} else if (nasty && strcmp(value, nasty->text) == 0 && column->type == COLUMN_TEXT) {
		value = nasty->csv;
		assert_true(is_quoted || nasty->text[0]);
	}
	if (strcmp(field, value))
		fail_msg("run %s, %s: '%s' exported as '%s'", run_id, column->name, value, field);
}

static void csv_equals_the_database_in_every_column(void **state)
{
	struct world *w = *state;
	struct csv csv;
	size_t count, rows = 0;
	const struct column *columns = column_rows(&count);
	char field[4096], run_id[64];
	bool is_quoted = false, last = false;
	uint64_t exported;

	nasty_world(w);
	csv.at = csv.bytes = export_text(w, EXPORT_CSV, &all, &exported);
	sqlite3 *sql = world_raw(w);
	for (size_t i = 0; i < count; i++) {
		assert_true(csv_field(&csv, field, sizeof(field), &is_quoted, &last));
		assert_string_equal(field, columns[i].name);
		assert_int_equal(last, i + 1 == count);
	}
	for (; *csv.at; rows++) {
		for (size_t i = 0; i < count; i++) {
			assert_true(csv_field(&csv, field, sizeof(field), &is_quoted, &last));
			assert_int_equal(last, i + 1 == count);
			if (i == 0)
				snprintf(run_id, sizeof(run_id), "%.63s", field);
			expect_csv_field(sql, run_id, &columns[i], field, is_quoted);
		}
	}
	assert_int_equal(rows, NASTY_RUNS);
	assert_int_equal(exported, NASTY_RUNS);
	sqlite3_close(sql);
	free(csv.bytes);
}

/* SQLite's JSON functions read what we wrote. */
static void ask_json(sqlite3 *sql, const char *line, const char *path, char *type, char *value)
{
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_prepare_v2(sql, "SELECT json_type(?1, ?2), json_extract(?1, ?2)",
					    -1, &stmt, NULL),
			 SQLITE_OK);
	sqlite3_bind_text(stmt, 1, line, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, path, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) != SQLITE_ROW)
		fail_msg("%s: %s", sqlite3_errmsg(sql), line);
	const char *got_type = (const char *)sqlite3_column_text(stmt, 0);
	const char *got_value = (const char *)sqlite3_column_text(stmt, 1);
	snprintf(type, 16, "%s", got_type ? got_type : "(none)");
	snprintf(value, 4096, "%s", got_value ? got_value : "NULL");
	sqlite3_finalize(stmt);
}

static void expect_json_member(sqlite3 *sql, const char *run_id, const struct column *column,
			       const char *type, const char *value)
{
	const struct nasty *nasty = nasty_of(run_id);
	const char *expected = stored(sql, run_id, column->name);
	const char *expected_type = "text";

	if (strcmp(expected, "NULL") == 0)
		expected_type = "null";
	else if (column->type == COLUMN_INTEGER)
		expected_type = "integer";
	else if (column->type == COLUMN_REAL)
		expected_type = "real";
	else if (column->type == COLUMN_BOOL)
		expected_type = strcmp(expected, "0") ? "true" : "false";
	if (nasty && nasty->json && strcmp(expected, nasty->text) == 0)
		expected = nasty->json;
	if (strcmp(type, expected_type) || strcmp(value, expected))
		fail_msg("run %s, %s: %s '%s' exported as %s '%s'", run_id, column->name,
			 expected_type, expected, type, value);
}

static void json_lines_equal_the_database_in_every_column(void **state)
{
	struct world *w = *state;
	size_t count, rows = 0;
	const struct column *columns = column_rows(&count);
	char path[64], type[16], value[4096], run_id[64], members[16];
	uint64_t exported;

	nasty_world(w);
	char *text = export_text(w, EXPORT_JSONL, &all, &exported);
	sqlite3 *sql = world_raw(w);
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1, rows++) {
		*end = '\0';
		for (size_t i = 0; i < count; i++) {
			snprintf(path, sizeof(path), "$.%s", columns[i].name);
			ask_json(sql, line, path, type, value);
			if (i == 0)
				snprintf(run_id, sizeof(run_id), "%.63s", value);
			expect_json_member(sql, run_id, &columns[i], type, value);
		}
		/* ... and there is no member beyond the columns. */
		sqlite3_stmt *stmt;
		sqlite3_prepare_v2(sql, "SELECT count(*) FROM json_each(?1)", -1, &stmt, NULL);
		sqlite3_bind_text(stmt, 1, line, -1, SQLITE_STATIC);
		assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
		snprintf(members, sizeof(members), "%s", sqlite3_column_text(stmt, 0));
		sqlite3_finalize(stmt);
		assert_int_equal(atoi(members), count);
	}
	sqlite3_close(sql);
	assert_int_equal(rows, NASTY_RUNS);
	assert_int_equal(exported, NASTY_RUNS);
	free(text);
}

static const char *type_in_words(enum column_type type)
{
	switch (type) {
	case COLUMN_TEXT:
		return "text";
	case COLUMN_INTEGER:
		return "integer";
	case COLUMN_REAL:
		return "real";
	case COLUMN_BOOL:
		return "0 or 1";
	}
	return "";
}

static void the_page_about_records_names_every_column_with_its_meaning(void **state)
{
	static char page[65536];
	FILE *file = fopen(SOURCE_DIR "/docs/records.md", "r");
	size_t count;
	const struct column *columns = column_rows(&count);

	(void)state;
	assert_non_null(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	fclose(file);
	for (size_t i = 0; i < count; i++) {
		char line[300];

		snprintf(line, sizeof(line), "| `%s` | %s | %s | %s |\n", columns[i].name,
			 type_in_words(columns[i].type), column_source_name(columns[i].source),
			 columns[i].meaning);
		if (!strstr(page, line))
			fail_msg("docs/records.md lacks: %s", line);
	}
}

/* ---- filters ---- */

/* The ids that a filter lets through, in the order of the export. */
static const char *chosen(const struct world *w, const struct run_filter *filter)
{
	static char ids[200];
	uint64_t count, lines = 0;
	char *text = export_text(w, EXPORT_JSONL, filter, &count);

	ids[0] = '\0';
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1, lines++) {
		char *id = line + strlen("{\"run_id\":\"");

		snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), "%s%.*s", ids[0] ? " " : "",
			 (int)strcspn(id, "\""), id);
	}
	assert_int_equal(count, lines);
	free(text);
	return ids;
}

static void put_small(struct db *db, const char *id, int64_t start, const char *batch,
		      const char *outcome, const char *mac)
{
	struct record_run run = {
		.run_id = id, .kind = "FLASH", .start_utc_ms = start, .batch = batch
	};
	struct record_result result = { .run_id = id,
					.outcome = outcome,
					.code = "OK",
					.party = "NONE",
					.proof = "NONE",
					.end_utc_ms = start,
					.mac = mac };
	struct err err;

	if (db_put_run(db, &run, &err) || (outcome && db_put_result(db, &result, &err)))
		fail_msg("%s", err.text);
}

static void each_filter_chooses_its_runs_and_they_combine(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);

	put_small(db, "c", 3000, "b1", "FAIL", "m1");
	put_small(db, "a", 1000, "b1", "PASS", "m1");
	put_small(db, "d", 4000, NULL, NULL, NULL);
	put_small(db, "b", 2000, "b2", "ERROR", "m2");
	db_close(db);

	assert_string_equal(chosen(w, &(struct run_filter){ 0 }), "a b c d");
	assert_string_equal(chosen(w, &(struct run_filter){ .batch = "b1" }), "a c");
	assert_string_equal(chosen(w, &(struct run_filter){ .batch = "none" }), "");
	assert_string_equal(chosen(w, &(struct run_filter){ .outcome = "ERROR" }), "b");
	assert_string_equal(chosen(w, &(struct run_filter){ .mac = "m1" }), "a c");
	assert_string_equal(chosen(w, &(struct run_filter){ .run_id = "d" }), "d");
	assert_string_equal(chosen(w, &(struct run_filter){ .failed_only = true }), "b c");
	assert_string_equal(chosen(w, &(struct run_filter){ .last = 2 }), "c d");
	assert_string_equal(chosen(w, &(struct run_filter){ .last = UINT64_MAX }), "a b c d");
	assert_string_equal(
		chosen(w, &(struct run_filter){ .has_since = true, .since_utc_ms = 2000 }),
		"b c d");
	assert_string_equal(
		chosen(w, &(struct run_filter){ .has_until = true, .until_utc_ms = 2000 }), "a");
	assert_string_equal(chosen(w, &(struct run_filter){ .mac = "m1",
							    .batch = "b1",
							    .failed_only = true,
							    .has_since = true,
							    .since_utc_ms = 1,
							    .has_until = true,
							    .until_utc_ms = 9000,
							    .outcome = "FAIL",
							    .run_id = "c",
							    .last = 5 }),
			    "c");
}

/* ---- into files ---- */

static char *read_file(const char *path)
{
	static char text[65536];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static unsigned files_in(const char *dir)
{
	unsigned count = 0;
	DIR *folder = opendir(dir);

	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));)
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count;
}

static enum status export_to(const struct world *w, const char *path, struct err *err)
{
	struct db *db = world_open(w, DB_READ);
	uint64_t count;
	enum status st = export_runs_to(db, EXPORT_JSONL, &all, path, &count, err);

	db_close(db);
	return st;
}

static void an_export_replaces_a_file_and_leaves_nothing_beside_it(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct err err;
	struct stat info;

	put_small(db, "a", 1000, NULL, "PASS", NULL);
	db_close(db);
	assert_int_equal(mkdir(world_file(w, "out"), 0755), 0);
	char path[256];
	snprintf(path, sizeof(path), "%s", world_file(w, "out/runs.jsonl"));
	FILE *old = fopen(path, "w");
	fputs("something old, and much of it, and much of it, and much of it\n", old);
	fclose(old);

	mode_t mask = umask(0027);
	assert_int_equal(export_to(w, path, &err), STATUS_OK);
	umask(mask);
	assert_memory_equal(read_file(path), "{\"run_id\":\"a\",", 14);
	assert_int_equal(files_in(world_file(w, "out")), 1);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0640);
}

static void an_export_through_a_link_keeps_the_link(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct err err;
	struct stat info;
	char target[256], link[256];

	put_small(db, "a", 1000, NULL, "PASS", NULL);
	db_close(db);
	snprintf(target, sizeof(target), "%s", world_file(w, "target.jsonl"));
	snprintf(link, sizeof(link), "%s", world_file(w, "link.jsonl"));
	fclose(fopen(target, "w"));
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(export_to(w, link, &err), STATUS_OK);
	assert_int_equal(lstat(link, &info), 0);
	assert_true(S_ISLNK(info.st_mode));
	assert_memory_equal(read_file(target), "{\"run_id\":\"a\",", 14);
}

static void an_export_to_a_folder_or_nowhere_is_refused_by_name(void **state)
{
	struct world *w = *state;
	struct err err;
	const char *path;

	db_close(world_open(w, DB_WRITE));
	assert_int_equal(export_to(w, w->dir, &err), STATUS_FILE);
	assert_non_null(strstr(err.text, "is a folder"));
	path = world_file(w, "none/runs.csv");
	assert_int_equal(export_to(w, path, &err), STATUS_FILE);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(export_to(w, "", &err), STATUS_FILE);
}

static void an_export_that_finds_no_room_fails_and_a_device_stays_a_device(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct err err;
	struct stat info;

	put_small(db, "a", 1000, NULL, "PASS", NULL);
	db_close(db);
	assert_int_equal(export_to(w, "/dev/full", &err), STATUS_FILE);
	assert_int_equal(export_to(w, "/dev/null", &err), STATUS_OK);
	assert_int_equal(stat("/dev/null", &info), 0);
	assert_true(S_ISCHR(info.st_mode));
}

static void an_empty_export_still_has_its_head(void **state)
{
	struct world *w = *state;
	uint64_t count;

	db_close(world_open(w, DB_WRITE));
	char *csv = export_text(w, EXPORT_CSV, &all, &count);
	assert_memory_equal(csv, "run_id,kind,outcome,", 20);
	assert_string_equal(strstr(csv, "\r\n"), "\r\n");
	assert_int_equal(count, 0);
	free(csv);
	char *json = export_text(w, EXPORT_JSONL, &all, &count);
	assert_string_equal(json, "");
	free(json);
}

static void formats_are_known_by_name(void **state)
{
	enum export_format format;
	struct err err;

	(void)state;
	assert_int_equal(export_format_by_name("csv", &format, &err), STATUS_OK);
	assert_int_equal(format, EXPORT_CSV);
	assert_int_equal(export_format_by_name("JSONL", &format, &err), STATUS_OK);
	assert_int_equal(format, EXPORT_JSONL);
	assert_int_equal(export_format_by_name("xml", &format, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "csv, jsonl, junit, wsjf or measurements"));
}

static void measurements_are_a_row_each_with_their_run(void **state)
{
	static const char head[] =
		"run_id,start_time,mac,serial,product,process,recipe,recipe_revision,batch,station,"
		"slot,nest,kind,purpose,run_outcome,run_code,step,name,value,text,unit,low,high,"
		"outcome\r\n";
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	uint64_t count;

	world_put(db, sample_run.run_id);
	world_put(db, "01931f2e-4c00-7000-8000-000000000002");
	db_close(db);
	char *csv = export_text(w, EXPORT_MEASUREMENTS, &all, &count);
	assert_int_equal(count, 2);
	assert_memory_equal(csv, head, sizeof(head) - 1);
	assert_non_null(strstr(csv, ",7,FLASH,,PASS,OK,write,data_rate,94.25,,KB/s,40.5,2000.0,"
				    "PASS\r\n"));
	assert_non_null(strstr(csv, ",7,FLASH,,PASS,OK,,boot_text,,ets Jul 29 2019,,,,\r\n"));
	unsigned lines = 0;
	for (const char *c = csv; *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 1 + 2 * 2);
	free(csv);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(csv_equals_the_database_in_every_column),
		TEST(measurements_are_a_row_each_with_their_run),
		TEST(json_lines_equal_the_database_in_every_column),
		TEST(the_page_about_records_names_every_column_with_its_meaning),
		TEST(each_filter_chooses_its_runs_and_they_combine),
		TEST(an_export_replaces_a_file_and_leaves_nothing_beside_it),
		TEST(an_export_through_a_link_keeps_the_link),
		TEST(an_export_to_a_folder_or_nowhere_is_refused_by_name),
		TEST(an_export_that_finds_no_room_fails_and_a_device_stays_a_device),
		TEST(an_empty_export_still_has_its_head),
		TEST(formats_are_known_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
