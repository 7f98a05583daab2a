/*
 * JUnit XML, as Jenkins and GitLab read it; docs/exports.md says why it has this shape.
 *
 * A suite per recipe and batch holds a suite per run, with the columns as properties (the schema
 * of Jenkins' xUnit plugin allows them there, and not in a test case), and one test case.
 */
#include "db/export/export_format.h"

#include "db/select.h"
#include "db/snapshot.h"
#include "db/span.h"
#include "db/export/unit_text.h"
#include "db/export/xml_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

/* Of steps and log kept per run: GitLab takes no file above 30 MB. Half from the beginning, half
 * from the end. */
#define COURSE_BYTES 16384
#define NAME_BYTES 400

/* What the runs of one recipe and batch share, and how many there are. */
static const char groups_head[] =
	"recipe, recipe_revision, batch, count(*), sum(outcome = 'FAIL'), "
	"sum(outcome IN ('ERROR', 'TIMEOUT')), sum(outcome = 'ABORTED'), "
	"total(max(duration_s, 0)), min(start_time)";
static const char groups_tail[] =
	"WHERE outcome IS NOT NULL GROUP BY recipe, recipe_revision, recipe_digest, batch "
	"ORDER BY recipe, recipe_revision, recipe_digest, batch";
static const char rows_tail[] = "WHERE outcome IS NOT NULL ORDER BY recipe, recipe_revision, "
				"recipe_digest, batch, start_utc_ms, run_id";

/* The element that says so in a test case; NULL for PASS. */
static const char *element_of(const char *outcome)
{
	if (strcmp(outcome, "PASS") == 0)
		return NULL;
	if (strcmp(outcome, "FAIL") == 0)
		return "failure";
	return strcmp(outcome, "ABORTED") == 0 ? "skipped" : "error";
}

__attribute__((format(printf, 3, 4))) static void attribute(FILE *out, const char *name,
							    const char *format, ...)
{
	char text[NAME_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	xml_attribute(out, name, span_of(text));
}

static void write_group_begin(FILE *out, sqlite3_stmt *group)
{
	const char *recipe = (const char *)sqlite3_column_text(group, 0);
	const char *revision = (const char *)sqlite3_column_text(group, 1);
	const char *batch = (const char *)sqlite3_column_text(group, 2);

	fputs(" <testsuite", out);
	attribute(out, "name", "%.120s%s%s, %s%.120s", recipe ? recipe : "no recipe",
		  revision ? " r" : "", revision ? revision : "", batch ? "batch " : "no batch",
		  batch ? batch : "");
	xml_attribute(out, "tests", span_at(group, 3));
	xml_attribute(out, "failures", span_at(group, 4));
	xml_attribute(out, "errors", span_at(group, 5));
	xml_attribute(out, "skipped", span_at(group, 6));
	attribute(out, "time", "%.3f", sqlite3_column_double(group, 7));
	xml_attribute(out, "timestamp", span_at(group, 8));
	fputs(">\n", out);
}

static void write_properties(FILE *out, sqlite3_stmt *row)
{
	size_t count;
	const struct column *columns = column_rows(&count);

	fputs("   <properties>\n", out);
	for (int i = 0; i < (int)count; i++) {
		if (sqlite3_column_type(row, i) == SQLITE_NULL)
			continue; /* unknown */
		fprintf(out, "    <property name=\"%s\"", columns[i].name);
		/* Not a NULL pointer: an empty text is a value. */
		xml_attribute(out, "value", span_at(row, i));
		fputs("/>\n", out);
	}
	fputs("   </properties>\n", out);
}

/* Class names have a dot between their parts and nowhere else. */
static void write_classname(FILE *out, sqlite3_stmt *row)
{
	const char *recipe = select_text(row, "recipe"), *batch = select_text(row, "batch");
	char parts[2][128];

	snprintf(parts[0], sizeof(parts[0]), "%s", recipe ? recipe : "no recipe");
	snprintf(parts[1], sizeof(parts[1]), "%s", batch ? batch : "no batch");
	for (int i = 0; i < 2; i++)
		for (char *dot; (dot = strchr(parts[i], '.'));)
			*dot = '-';
	attribute(out, "classname", "%s.%s", parts[0], parts[1]);
}

/* The schema knows no negative time. */
static void write_time(FILE *out, sqlite3_stmt *row)
{
	int column = select_column("duration_s");

	if (sqlite3_column_type(row, column) != SQLITE_NULL)
		attribute(out, "time", "%.3f", fmax(sqlite3_column_double(row, column), 0));
}

static const char *unit_of(sqlite3_stmt *row)
{
	const char *mac = select_text(row, "mac"), *serial = select_text(row, "serial");

	return serial ? serial : mac ? mac : "no MAC";
}

static void write_verdict(FILE *out, sqlite3_stmt *row)
{
	const char *element = element_of(select_text(row, "outcome"));
	const char *code = select_known(row, "code");
	const char *detail = select_text(row, "detail"), *advice = select_text(row, "advice");
	const char *sentence = unit_text_sentence(code);

	if (!element)
		return;
	if (!advice || !advice[0])
		advice = sentence;
	fprintf(out, "    <%s", element);
	xml_attribute(out, "type", span_of(code));
	xml_attribute(out, "message", span_of(detail ? detail : sentence));
	fputc('>', out);
	/* GitLab shows this text, Jenkins the message. */
	xml_text(out, span_of(select_text(row, "outcome")));
	fputc(' ', out);
	xml_text(out, span_of(code));
	for (int i = 0; i < 2; i++) {
		const char *text = i ? detail : advice;

		if (text) {
			fputc('\n', out);
			xml_text(out, span_of(text));
		}
	}
	fprintf(out, "</%s>\n", element);
}

/* Back to the beginning of a character. */
static size_t whole_characters(const char *text, size_t at)
{
	while (at && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static void write_capped(FILE *out, struct span text)
{
	size_t head = text.size_bytes, tail = text.size_bytes;

	if (text.size_bytes > COURSE_BYTES) {
		head = whole_characters(text.text, COURSE_BYTES / 2);
		tail = whole_characters(text.text, text.size_bytes - COURSE_BYTES / 2);
	}
	xml_text(out, (struct span){ text.text, head });
	if (tail > head)
		fprintf(out,
			"\n... %zu bytes are left out here; 'flashline export --unit-logs' "
			"has them ...\n",
			tail - head);
	xml_text(out, (struct span){ text.text + tail, text.size_bytes - tail });
}

static enum status write_course(struct db *db, FILE *out, const char *run_id,
				const struct run_parts *parts, struct err *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *course = open_memstream(&text, &size);
	enum status st;

	if (!course)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the log of run %s", run_id);
	st = unit_text_course(db, course, run_id, parts, err);
	if (fclose(course) && !st)
		st = err_set(err, STATUS_NO_MEMORY, "no memory for the log of run %s", run_id);
	if (!st && size) {
		fputs("    <system-out>", out);
		write_capped(out, (struct span){ text, size });
		fputs("</system-out>\n", out);
	}
	free(text);
	return st;
}

static enum status write_run(struct db *db, FILE *out, sqlite3_stmt *row,
			     const struct run_parts *parts, struct err *err)
{
	const char *element = element_of(select_text(row, "outcome"));
	const char *run_id = select_text(row, "run_id");

	fputs("  <testsuite", out);
	attribute(out, "name", "%.120s %s", unit_of(row), select_text(row, "start_time"));
	attribute(out, "tests", "1");
	attribute(out, "failures", "%d", element && strcmp(element, "failure") == 0);
	attribute(out, "errors", "%d", element && strcmp(element, "error") == 0);
	attribute(out, "skipped", "%d", element && strcmp(element, "skipped") == 0);
	write_time(out, row);
	xml_attribute(out, "timestamp", span_of(select_text(row, "start_time")));
	xml_attribute(out, "hostname", span_of(select_text(row, "station")));
	xml_attribute(out, "id", span_of(run_id));
	fputs(">\n", out);
	write_properties(out, row);

	fputs("   <testcase", out);
	write_classname(out, row);
	/* With its id, because GitLab takes two cases of one name for one. */
	attribute(out, "name", "%.120s run %.60s", unit_of(row), run_id);
	write_time(out, row);
	fputs(">\n", out);
	write_verdict(out, row);
	TRY(write_course(db, out, run_id, parts, err));
	fputs("   </testcase>\n  </testsuite>\n", out);
	return STATUS_OK;
}

static enum status write_group(struct db *db, FILE *out, sqlite3_stmt *group, sqlite3_stmt *row,
			       const struct run_parts *parts, uint64_t *count, struct err *err)
{
	bool has_row;

	write_group_begin(out, group);
	for (int64_t left = sqlite3_column_int64(group, 3); left > 0; left--) {
		TRY(select_next(db, row, &has_row, err));
		if (!has_row)
			break;
		TRY(write_run(db, out, row, parts, err));
		++*count;
	}
	fputs(" </testsuite>\n", out);
	return STATUS_OK;
}

static enum status write_groups(struct db *db, const struct run_filter *filter, FILE *out,
				const struct run_parts *parts, uint64_t *count, struct err *err)
{
	sqlite3_stmt *group = NULL, *row = NULL;
	bool has_group;
	enum status st;

	st = select_from_runs(db, filter, groups_head, groups_tail, &group, err);
	if (!st)
		st = select_from_runs(db, filter, "*", rows_tail, &row, err);
	while (!st && !(st = select_next(db, group, &has_group, err)) && has_group && !ferror(out))
		st = write_group(db, out, group, row, parts, count, err);
	sqlite3_finalize(group);
	sqlite3_finalize(row);
	return st;
}

enum status junit_write(struct db *db, const struct run_filter *filter, FILE *out, uint64_t *count,
			struct err *err)
{
	struct run_parts parts = { 0 };
	enum status st;

	TRY(snapshot_begin(db, err));
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"flashline\">\n", out);
	st = run_parts_prepare(db, &parts, err);
	if (!st)
		st = write_groups(db, filter, out, &parts, count, err);
	run_parts_release(&parts);
	fputs("</testsuites>\n", out);
	return snapshot_end(db, st);
}
