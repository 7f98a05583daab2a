#define _XOPEN_SOURCE 700
#include "tests/db/nasty.h"
#include "tests/db/world.h"
#include "tests/db/xml_read.h"

#include "db/export/export.h"
#include "db/run.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct run_filter all = { 0 };

/* ---- the database as SQLite tells it ---- */

/* The run under that id, every column of the view in its order. */
static sqlite3_stmt *run_row(sqlite3 *sql, const char *run_id)
{
	char text[4096] = "SELECT ";
	size_t count;
	const struct column *columns = column_rows(&count);
	sqlite3_stmt *row;

	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? ", " : "",
			 columns[i].name);
	strcat(text, " FROM runs WHERE run_id = ?1");
	assert_int_equal(sqlite3_prepare_v2(sql, text, -1, &row, NULL), SQLITE_OK);
	sqlite3_bind_text(row, 1, run_id, -1, SQLITE_TRANSIENT);
	if (sqlite3_step(row) != SQLITE_ROW)
		fail_msg("there is no run '%s'", run_id);
	return row;
}

/* A stored text as a reader of UTF-8 has to see it. */
static const char *readable(const char *run_id, const char *value)
{
	const struct nasty *nasty = nasty_of(run_id);

	return nasty && nasty->json && strcmp(value, nasty->text) == 0 ? nasty->json : value;
}

/* A text with a NUL and a control character inside, and numbers at their ends: by SQLite alone,
 * because no caller of the program can give them. */
static void put_odd(const struct world *w)
{
	const char *message;

	if (world_do(w,
		     "INSERT INTO run (run_id, kind, station_id, start_utc_ms, operator, batch, "
		     "serial) "
		     "VALUES ('odd', 'FLASH', 1, 1795350678251, CAST(x'610062' AS TEXT), "
		     "CAST(x'07' AS TEXT), '');"
		     "INSERT INTO result (run_id, outcome, code, party, proof, end_utc_ms, "
		     "duration_us, "
		     "flash_bytes, raw_bytes) VALUES ('odd', 'TIMEOUT', 'RUN_TIMEOUT', 'LINK', "
		     "'NONE', "
		     "1795350678252, -5, 9223372036854775807, -9223372036854775808);"
		     "INSERT INTO measurement (run_id, position, step, name, value, text, unit, "
		     "low, high, "
		     "outcome) VALUES ('odd', 0, 'write', 'rate', 0.1, NULL, 'KB/s', NULL, 0.05, "
		     "'FAIL'), "
		     "('odd', 1, NULL, 'volt', 3.3, NULL, 'V', 3.0, 3.6, 'PASS'), "
		     "('odd', 2, NULL, 'id', NULL, 'c8', NULL, NULL, NULL, NULL), "
		     "('odd', 3, NULL, 'ends', 9e999, NULL, NULL, NULL, NULL, NULL)",
		     &message))
		fail_msg("%s", message);
}

static void make_runs(const struct world *w)
{
	nasty_world(w);
	put_odd(w);
}
#define RUNS_ENDED (NASTY_RUNS - 1 + 1)

/* ---- JUnit ---- */

/*
 * Which element stands where with which attributes: the facts of junit-10.xsd of Jenkins'
 * xUnit plugin, as far as they are used. "!" marks an attribute that has to be there.
 */
/* clang-format off */
static const struct {
	const char *parent, *element, *attributes;
} schema[] = {
	{ "",           "testsuites", " name time tests failures errors " },
	{ "testsuites", "testsuite",  " !name !tests !failures !errors skipped time timestamp hostname id " },
	{ "testsuite",  "testsuite",  " !name !tests !failures !errors skipped time timestamp hostname id " },
	{ "testsuite",  "properties", " " },
	{ "properties", "property",   " !name !value " },
	{ "testsuite",  "testcase",   " !name classname time " },
	{ "testcase",   "failure",    " type message " },
	{ "testcase",   "error",      " type message " },
	{ "testcase",   "skipped",    " type message " },
	{ "testcase",   "system-out", " " },
};
/* clang-format on */

static void expect_in_schema(const struct xml *x)
{
	const char *parent = x->depth > 1 ? x->open[x->depth - 2] : "";
	const char *attributes = NULL, *required;
	char word[64];

	for (size_t i = 0; i < sizeof(schema) / sizeof(schema[0]); i++)
		if (strcmp(schema[i].parent, parent) == 0 &&
		    strcmp(schema[i].element, xml_element(x)) == 0)
			attributes = schema[i].attributes;
	if (!attributes)
		fail_msg("<%s> may not stand in <%s>", xml_element(x), parent);
	for (size_t i = 0; i < x->attribute_count; i++) {
		snprintf(word, sizeof(word), " %s ", x->attributes[i].name);
		char *bang = strstr(attributes, x->attributes[i].name);
		if (!bang || (!strstr(attributes, word) && bang[-1] != '!'))
			fail_msg("<%s> has no attribute '%s'", xml_element(x),
				 x->attributes[i].name);
	}
	for (required = attributes; (required = strchr(required, '!')); required++) {
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(required + 1, " "), required + 1);
		if (!xml_attribute_of(x, word))
			fail_msg("<%s> lacks the attribute '%s'", xml_element(x), word);
	}
	const char *time = xml_attribute_of(x, "time");
	assert_true(!time || strspn(time, "0123456789.") == strlen(time));
}

/* XML cannot say a control character; its picture stands for it. */
static const char *as_xml(const char *text, size_t size)
{
	static char out[8192];
	size_t len = 0;

	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
			len += (size_t)snprintf(out + len, sizeof(out) - len, "\xe2\x90%c",
						0x80 + c);
		else
			out[len++] = text[i];
	}
	out[len] = '\0';
	char *none = strstr(out, "\xef\xbf\xbe");
	if (none)
		memcpy(none, "\xef\xbf\xbd", 3);
	return out;
}

/* What a suite of one run says, until it is closed. */
struct suite {
	char run_id[64], outcome[16], verdict[16], out[65536];
	size_t properties;
	unsigned cases;
	char tests[8], failures[8], errors[8], skipped[8];
};

static void expect_property(sqlite3_stmt *row, const struct suite *suite, const char *name,
			    const char *value)
{
	size_t count;
	const struct column *columns = column_rows(&count);

	for (int i = 0; i < (int)count; i++) {
		if (strcmp(columns[i].name, name))
			continue;
		const char *stored = (const char *)sqlite3_column_text(row, i);
		assert_non_null(stored); /* what is unknown has no property */
		size_t size = (size_t)sqlite3_column_bytes(row, i);
		const char *shown = readable(suite->run_id, stored);
		const char *expected = as_xml(shown, shown == stored ? size : strlen(shown));
		if (strcmp(value, expected))
			fail_msg("run %s, %s: '%s' exported as '%s'", suite->run_id, name, expected,
				 value);
		return;
	}
	fail_msg("'%s' is no column", name);
}

static size_t known_columns(sqlite3_stmt *row)
{
	size_t known = 0;

	for (int i = 0; i < sqlite3_column_count(row); i++)
		known += sqlite3_column_type(row, i) != SQLITE_NULL;
	return known;
}

static void expect_suite(sqlite3_stmt *row, const struct suite *s)
{
	bool is_failure = strcmp(s->outcome, "FAIL") == 0;
	bool is_skipped = strcmp(s->outcome, "ABORTED") == 0;
	bool is_error = strcmp(s->outcome, "ERROR") == 0 || strcmp(s->outcome, "TIMEOUT") == 0;

	assert_int_equal(s->properties, known_columns(row));
	assert_int_equal(s->cases, 1);
	assert_string_equal(s->verdict, is_failure   ? "failure"
					: is_skipped ? "skipped"
					: is_error   ? "error"
						     : "");
	assert_string_equal(s->tests, "1");
	assert_string_equal(s->failures, is_failure ? "1" : "0");
	assert_string_equal(s->errors, is_error ? "1" : "0");
	assert_string_equal(s->skipped, is_skipped ? "1" : "0");
}

static void open_suite(const struct xml *x, struct suite *s)
{
	*s = (struct suite){ .cases = 0 };
	snprintf(s->tests, 8, "%s", xml_attribute_of(x, "tests"));
	snprintf(s->failures, 8, "%s", xml_attribute_of(x, "failures"));
	snprintf(s->errors, 8, "%s", xml_attribute_of(x, "errors"));
	snprintf(s->skipped, 8, "%s", xml_attribute_of(x, "skipped"));
	snprintf(s->run_id, sizeof(s->run_id), "%s", xml_attribute_of(x, "id"));
}

/* Sums of the suites of runs have to be what the suite around them says. */
struct group {
	long tests, failures, errors, skipped;
};

static void add_suite(struct group *group, const struct suite *s)
{
	group->tests -= atol(s->tests);
	group->failures -= atol(s->failures);
	group->errors -= atol(s->errors);
	group->skipped -= atol(s->skipped);
}

static void read_open(const struct xml *x, sqlite3 *sql, struct suite *s, sqlite3_stmt **row,
		      struct group *group)
{
	const char *element = xml_element(x);

	expect_in_schema(x);
	if (strcmp(element, "testsuite") == 0 && x->depth == 2) {
		*group = (struct group){ atol(xml_attribute_of(x, "tests")),
					 atol(xml_attribute_of(x, "failures")),
					 atol(xml_attribute_of(x, "errors")),
					 atol(xml_attribute_of(x, "skipped")) };
	} else if (strcmp(element, "testsuite") == 0) {
		open_suite(x, s);
		*row = run_row(sql, s->run_id);
	} else if (strcmp(element, "property") == 0) {
		const char *name = xml_attribute_of(x, "name");
		const char *value = xml_attribute_of(x, "value");

		if (strcmp(name, "outcome") == 0)
			snprintf(s->outcome, sizeof(s->outcome), "%s", value);
		expect_property(*row, s, name, value);
		s->properties++;
	} else if (strcmp(element, "testcase") == 0) {
		s->cases++;
		assert_non_null(strstr(xml_attribute_of(x, "name"), s->run_id));
	} else if (strcmp(element, "system-out") && x->depth == 5) {
		assert_string_equal(s->verdict, "");
		snprintf(s->verdict, sizeof(s->verdict), "%s", element);
	}
}

static char *junit_text(const struct world *w, const struct run_filter *filter, uint64_t *count)
{
	struct db *db = world_open(w, DB_READ);
	struct err err;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (export_runs(db, EXPORT_JUNIT, filter, out, count, &err))
		fail_msg("%s", err.text);
	fclose(out);
	assert_int_equal(strlen(text), size);
	db_close(db);
	return text;
}

static void junit_equals_the_database_in_every_column_and_keeps_to_the_schema(void **state)
{
	struct world *w = *state;
	struct group group = { 0 };
	struct suite *suite = calloc(1, sizeof(*suite));
	sqlite3_stmt *row = NULL;
	enum xml_event event;
	uint64_t exported, suites = 0;
	struct xml x;

	make_runs(w);
	char *text = junit_text(w, &all, &exported);
	sqlite3 *sql = world_raw(w);
	xml_begin(&x, text);
	while ((event = xml_next(&x)) != XML_END) {
		if (event == XML_OPEN)
			read_open(&x, sql, suite, &row, &group);
		if (event == XML_CLOSE && row && x.depth == 2) {
			expect_suite(row, suite);
			add_suite(&group, suite);
			sqlite3_finalize(row);
			row = NULL;
			suites++;
		} else if (event == XML_CLOSE && x.depth == 1) {
			assert_memory_equal(&group, &(struct group){ 0 }, sizeof(group));
		}
	}
	xml_release(&x);
	assert_int_equal(suites, RUNS_ENDED);
	assert_int_equal(exported, RUNS_ENDED);
	sqlite3_close(sql);
	free(suite);
	free(text);
}

static void a_long_log_is_cut_in_the_middle_of_its_test_case_and_says_so(void **state)
{
	struct world *w = *state;
	struct record_result result = sample_result;
	struct record_run run = sample_run;
	struct db *db = world_open(w, DB_WRITE);
	char *log = malloc(65536);
	uint64_t count;
	struct err err;

	/* Two bytes a character, at an odd offset: a cut must not halve one. */
	for (size_t i = 0; i + 2 < 65535; i += 2)
		memcpy(log + i, "\xc3\xa9", 2);
	log[65534] = 'Z';
	log[65535] = '\0';
	log[0] = log[1] = 'A';
	result.log = log;
	if (db_put_recipe(db, &sample_recipe, &err) || db_put_run(db, &run, &err) ||
	    db_put_result(db, &result, &err))
		fail_msg("%s", err.text);
	db_close(db);
	char *text = junit_text(w, &all, &count);
	struct xml x;
	const char *out = NULL;
	xml_begin(&x, text);
	while (!out && xml_next(&x) != XML_END)
		if (x.text && strcmp(xml_element(&x), "system-out") == 0)
			out = x.text;
	assert_non_null(out);
	assert_in_range(strlen(out), 16384, 16384 + 200);
	assert_non_null(strstr(out, "log (seconds since the start)\nAA"));
	assert_non_null(strstr(out, " bytes are left out here"));
	assert_int_equal(out[strlen(out) - 1], 'Z');
	assert_null(strstr(out, "\xef\xbf\xbd"));
	xml_release(&x);
	free(text);
	free(log);
}

/* ---- WSJF, read by SQLite's JSON functions ---- */

/* The one row of a query with the report as ?1; "NULL" for unknown. */
static const char *ask(sqlite3 *sql, const char *report, const char *query, const char *value)
{
	static char answer[16384];
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(sql, query, -1, &stmt, NULL))
		fail_msg("%s: %s", query, sqlite3_errmsg(sql));
	sqlite3_bind_text(stmt, 1, report, -1, SQLITE_STATIC);
	if (sqlite3_bind_parameter_count(stmt) > 1)
		sqlite3_bind_text(stmt, 2, value, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) != SQLITE_ROW)
		fail_msg("%s: %s: %.200s", query, sqlite3_errmsg(sql), report);
	const char *text = (const char *)sqlite3_column_text(stmt, 0);
	snprintf(answer, sizeof(answer), "%s", text ? text : "NULL");
	sqlite3_finalize(stmt);
	return answer;
}

static const char *member(sqlite3 *sql, const char *report, const char *path)
{
	return ask(sql, report, "SELECT json_extract(?1, ?2)", path);
}

/* The pieces of a column in miscInfos, put together again. */
static const char *column_of(sqlite3 *sql, const char *report, const char *column)
{
	return ask(sql, report,
		   "SELECT group_concat(json_extract(value, '$.text'), '') FROM "
		   "(SELECT value FROM json_each(?1, '$.miscInfos') "
		   "WHERE json_extract(value, '$.description') = ?2 "
		   "OR json_extract(value, '$.description') LIKE ?2 || ' (%)' ORDER BY key)",
		   column);
}

static char *read_report(const char *dir, const char *name)
{
	char path[600];
	char *text = calloc(1, 400000);

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_in_range(fread(text, 1, 400000, file), 2, 399999);
	fclose(file);
	return text;
}

static void expect_report(sqlite3 *sql, const char *report)
{
	static const char *const letters[] = { "PASS P", "FAIL F", "ERROR E", "TIMEOUT E",
					       "ABORTED T" };
	static const char *const ids[] = { "$.pn",          "$.sn",       "$.rev",
					   "$.machineName", "$.location", "$.purpose" };
	char run_id[64], expected[40];
	bool is_known_outcome = false;
	size_t count;
	const struct column *columns = column_rows(&count);

	snprintf(run_id, sizeof(run_id), "%s", column_of(sql, report, "run_id"));
	sqlite3_stmt *row = run_row(sql, run_id);
	for (int i = 0; i < (int)count; i++) {
		const char *stored = (const char *)sqlite3_column_text(row, i);
		const char *got = column_of(sql, report, columns[i].name);

		if (!stored)
			stored = "NULL";
		if (strcmp(got, readable(run_id, stored)))
			fail_msg("run %s, %s: '%s' exported as '%s'", run_id, columns[i].name,
				 stored, got);
	}
	snprintf(expected, sizeof(expected), "%s ", column_of(sql, report, "outcome"));
	strncat(expected, member(sql, report, "$.result"), 8);
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		is_known_outcome |= strcmp(letters[i], expected) == 0;
	if (!is_known_outcome)
		fail_msg("outcome and result: %s", expected);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		int length = atoi(ask(sql, report, "SELECT length(json_extract(?1, ?2))", ids[i]));

		if (length < 1 || length > 100)
			fail_msg("run %s, %s has %d characters", run_id, ids[i], length);
	}
	assert_string_equal(ask(sql, report,
				"SELECT max(length(json_extract(value, '$.text'))) <= 100 "
				"FROM json_each(?1, '$.miscInfos')",
				NULL),
			    "1");
	sqlite3_finalize(row);
}

static struct export_reports export_all(const struct world *w, const char *dir, int process_code)
{
	struct db *db = world_open(w, DB_READ);
	struct export_reports done;
	struct err err;

	if (export_wsjf(db, &all, dir, process_code, &done, &err))
		fail_msg("%s", err.text);
	db_close(db);
	return done;
}

static void wsjf_equals_the_database_in_every_column(void **state)
{
	struct world *w = *state;
	char dir[200];
	unsigned reports = 0;

	make_runs(w);
	snprintf(dir, sizeof(dir), "%s", world_file(w, "wats"));
	struct export_reports done = export_all(w, dir, 42);
	sqlite3 *sql = world_raw(w);
	DIR *folder = opendir(dir);
	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));) {
		if (entry->d_name[0] == '.')
			continue;
		char *report = read_report(dir, entry->d_name);
		assert_string_equal(member(sql, report, "$.processCode"), "42");
		expect_report(sql, report);
		free(report);
		reports++;
	}
	closedir(folder);
	sqlite3_close(sql);
	assert_int_equal(reports, RUNS_ENDED);
	assert_int_equal(done.reports, RUNS_ENDED);
	assert_int_equal(done.open_runs, 1);
}

/* The report of the only run. */
static char *only_report(const struct world *w)
{
	char dir[200], name[300] = "";

	snprintf(dir, sizeof(dir), "%s", world_file(w, "wats"));
	assert_int_equal(export_all(w, dir, EXPORT_PROCESS_CODE).reports, 1);
	DIR *folder = opendir(dir);
	for (struct dirent *entry; (entry = readdir(folder));)
		if (entry->d_name[0] != '.')
			snprintf(name, sizeof(name), "%s", entry->d_name);
	closedir(folder);
	return read_report(dir, name);
}

static void expect_member(sqlite3 *sql, const char *report, const char *path, const char *expected)
{
	const char *got = member(sql, report, path);

	if (strcmp(got, expected))
		fail_msg("%s is '%s', expected '%s'", path, got, expected);
}

static void a_report_has_the_head_steps_and_limits_that_wats_expects(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	const struct record_measurement measurements[] = {
		{ .name = "rate",
		  .has_value = true,
		  .value = 0.1,
		  .unit = "KB/s",
		  .has_high = true,
		  .high = 0.05,
		  .outcome = "FAIL" },
		{ .name = "volt",
		  .has_value = true,
		  .value = 3.3,
		  .unit = "V",
		  .has_low = true,
		  .low = 3,
		  .has_high = true,
		  .high = 3.6,
		  .outcome = "PASS" },
		{ .name = "id", .text = "c8" },
	};
	struct record_result result = sample_result;
	struct record_run run = sample_run;
	struct err err;

	run.serial = NULL;
	result.measurements = measurements;
	result.measurement_count = 3;
	result.is_duplicate_mac = false;
	if (db_put_recipe(db, &sample_recipe, &err) || db_put_run(db, &run, &err) ||
	    db_put_result(db, &result, &err))
		fail_msg("%s", err.text);
	db_close(db);
	char *r = only_report(w);
	sqlite3 *sql = world_raw(w);
	expect_member(sql, r, "$.type", "T");
	expect_member(sql, r, "$.id", sample_run.run_id);
	expect_member(sql, r, "$.pn", "m5stack/core2");
	expect_member(sql, r, "$.sn", "24:0a:c4:00:01:10");
	expect_member(sql, r, "$.rev", "-");
	expect_member(sql, r, "$.processCode", "10");
	expect_member(sql, r, "$.result", "P");
	expect_member(sql, r, "$.start", "2026-11-22T12:31:18.250+00:00");
	expect_member(sql, r, "$.startUTC", "2026-11-22T12:31:18.250Z");
	expect_member(sql, r, "$.uut.user", "li.wei");
	expect_member(sql, r, "$.uut.batchSN", "WO-4711");
	expect_member(sql, r, "$.uut.execTime", "22.757123");
	expect_member(sql, r, "$.root.stepType", "SequenceCall");
	expect_member(sql, r, "$.root.status", "P");
	expect_member(sql, r, "$.root.steps[0].name", "connect");
	expect_member(sql, r, "$.root.steps[0].status", "P");
	expect_member(sql, r, "$.root.steps[1].name", "write (try 2)");
	expect_member(sql, r, "$.root.steps[1].status", "E");
	expect_member(sql, r, "$.root.steps[1].start", "2026-11-22T12:31:19.150+00:00");
	expect_member(sql, r, "$.root.steps[1].totTime", "11.000001");
	expect_member(sql, r, "$.root.steps[2].stepType", "NumericLimitTest");
	expect_member(sql, r, "$.root.steps[2].numericMeas[0].compOp", "LE");
	expect_member(sql, r, "$.root.steps[2].numericMeas[0].lowLimit", "0.05");
	expect_member(sql, r, "$.root.steps[2].numericMeas[0].highLimit", "NULL");
	expect_member(sql, r, "$.root.steps[2].status", "F");
	expect_member(sql, r, "$.root.steps[3].numericMeas[0].compOp", "GELE");
	expect_member(sql, r, "$.root.steps[3].numericMeas[0].lowLimit", "3");
	expect_member(sql, r, "$.root.steps[3].numericMeas[0].highLimit", "3.6");
	expect_member(sql, r, "$.root.steps[3].numericMeas[0].value", "3.3");
	expect_member(sql, r, "$.root.steps[4].stepType", "StringValueTest");
	expect_member(sql, r, "$.root.steps[4].stringMeas[0].value", "c8");
	expect_member(sql, r, "$.root.steps[5]", "NULL");
	sqlite3_close(sql);
	free(r);
}

/* WATS takes reports of one sn, pn, process and start for one. */
static void no_two_runs_share_a_file_or_an_identity_in_wats(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	char dir[200], keys[6][700];
	unsigned count = 0;
	struct err err;

	/* The same moment: two unknown units, one MAC in two slots, two long serial numbers. */
	for (int i = 0; i < 6; i++) {
		char id[40], slot[16], serial[200];
		struct record_run run = { .run_id = id, .kind = "FLASH", .start_utc_ms = 1000 };
		struct record_result result = { .run_id = id,
						.outcome = "ERROR",
						.code = "NO_ANSWER",
						.party = "LINK",
						.proof = "NONE",
						.end_utc_ms = 2000 };

		snprintf(id, sizeof(id), "01931f2e-4c00-7000-8000-0000000a%04d", i);
		snprintf(slot, sizeof(slot), "slot-%d", i);
		snprintf(serial, sizeof(serial), "%0150d%d", 0, i);
		if (i == 2 || i == 3) {
			run.slot = slot;
			result.mac = "24:0a:c4:00:01:10";
			result.is_duplicate_mac = true;
		}
		if (i > 3)
			run.serial = serial;
		if (db_put_run(db, &run, &err) || db_put_result(db, &result, &err))
			fail_msg("%s", err.text);
	}
	db_close(db);
	snprintf(dir, sizeof(dir), "%s", world_file(w, "wats"));
	assert_int_equal(export_all(w, dir, EXPORT_PROCESS_CODE).reports, 6);
	sqlite3 *sql = world_raw(w);
	DIR *folder = opendir(dir);
	for (struct dirent *entry; (entry = readdir(folder));) {
		if (entry->d_name[0] == '.')
			continue;
		char *report = read_report(dir, entry->d_name);
		assert_in_range(count, 0, 5);
		snprintf(keys[count], sizeof(keys[0]), "%s",
			 ask(sql, report,
			     "SELECT json_extract(?1, '$.sn') || json_extract(?1, '$.pn')", NULL));
		for (unsigned i = 0; i < count; i++)
			assert_string_not_equal(keys[i], keys[count]);
		count++;
		free(report);
	}
	closedir(folder);
	sqlite3_close(sql);
	assert_int_equal(count, 6);
}

static void wsjf_is_no_single_file(void **state)
{
	struct world *w = *state;
	uint64_t count;
	struct err err;

	db_close(world_open(w, DB_WRITE));
	struct db *db = world_open(w, DB_READ);
	assert_int_equal(export_runs(db, EXPORT_WSJF, &all, stdout, &count, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "folder"));
	db_close(db);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(junit_equals_the_database_in_every_column_and_keeps_to_the_schema),
		TEST(a_long_log_is_cut_in_the_middle_of_its_test_case_and_says_so),
		TEST(wsjf_equals_the_database_in_every_column),
		TEST(a_report_has_the_head_steps_and_limits_that_wats_expects),
		TEST(no_two_runs_share_a_file_or_an_identity_in_wats),
		TEST(wsjf_is_no_single_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
