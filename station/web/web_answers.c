#include "station/web/web_answers.h"

#include "db/db.h"
#include "db/decided.h"
#include "db/export/export.h"
#include "db/report/report.h"
#include "db/trace/trace.h"
#include "station/json.h"
#include "station/report/report_sheet.h"
#include "station/trace/trace_view.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECTS_MAX 8 /* more units of one number than anybody looks at */
#define EVENTS_MAX 50  /* of a unit, the newest */

void web_answer_json(struct web_answer *a, unsigned code, json_t *object)
{
	a->code = code;
	a->kind = WEB_BODY_JSON;
	textbuf_clear(&a->body);
	json_line(object, &a->body);
}

void web_answer_error(struct web_answer *a, unsigned code, const char *format, ...)
{
	json_t *object = json_object();
	char text[ERR_TEXT_BYTES + 80];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_object_set_new(object, "error", json_text(text));
	web_answer_json(a, code, object);
}

void web_answer_failed(struct web_answer *a, const struct err *err)
{
	unsigned code = 500;

	if (err->status == STATUS_USAGE)
		code = 404;
	else if (err->status == STATUS_DATABASE)
		code = 503;
	web_answer_error(a, code, "%s", err->text);
}

/* false: the answer says why not. */
static bool open_records(const char *db_path, struct db **db, struct web_answer *a)
{
	struct err err;

	*db = NULL;
	if (!db_path) {
		web_answer_error(a, 404, "nothing is recorded by this station");
		return false;
	}
	if (db_open(db_path, DB_READ, db, &err) != STATUS_OK) {
		web_answer_failed(a, &err);
		return false;
	}
	return true;
}

/* ---- a unit ---- */

/* Lines of JSON objects as an array. */
static json_t *array_of_lines(char *lines)
{
	json_t *array = json_array();
	char *rest = lines;

	for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		json_t *object = json_loads(line, 0, NULL);

		if (object)
			json_array_append_new(array, object);
	}
	return array;
}

static enum status add_subject(struct db *db, const struct trace_subject *subject,
			       const char *asked, json_t *units, struct err *err)
{
	const struct trace_window window = { .last = EVENTS_MAX };
	struct textbuf lines = { 0 };
	struct trace_unit unit;
	enum status st;

	st = trace_unit(db, subject, &window, &unit, err);
	if (!st) {
		trace_json_unit(&unit, asked, subject->found_by, &window, &lines);
		if (lines.bytes && !lines.has_failed)
			json_array_append_new(units, array_of_lines(lines.bytes));
	}
	trace_unit_release(&unit);
	textbuf_release(&lines);
	return st;
}

static enum status add_found(struct db *db, const char *text, json_t *units, json_t *near,
			     struct err *err)
{
	struct trace_subjects found;
	enum status st;

	st = trace_find_unit(db, text, &found, err);
	for (size_t i = 0; !st && i < found.count && i < SUBJECTS_MAX; i++)
		st = add_subject(db, &found.items[i], text, units, err);
	for (size_t i = 0; !st && i < found.near_count; i++)
		json_array_append_new(near, json_text(found.near[i]));
	trace_subjects_release(&found);
	return st;
}

void web_answer_unit(struct web_feed *f, const char *db_path, const char *search,
		     struct web_answer *a)
{
	struct web_found found[WEB_FOUND_MAX];
	size_t count = web_feed_find(f, search, found, WEB_FOUND_MAX);
	json_t *o, *units = json_array(), *near = json_array(), *slots = json_array();
	struct db *db;
	struct err err;
	enum status st;

	if (!open_records(db_path, &db, a)) {
		json_decref(units);
		json_decref(near);
		json_decref(slots);
		return;
	}
	st = add_found(db, search, units, near, &err);
	for (size_t i = 0; i < count; i++) {
		if (found[i].is_there)
			json_array_append_new(slots, json_integer(found[i].number));
		/* The end of a number is not in the records as such: look for the whole of it. */
		if (!st && !json_array_size(units) && found[i].mac[0])
			st = add_found(db, found[i].mac, units, near, &err);
	}
	db_close(db);
	o = json_object();
	json_object_set_new(o, "slots", slots);
	json_object_set_new(o, "units", units);
	json_object_set_new(o, "near", near);
	if (st) {
		json_decref(o);
		web_answer_failed(a, &err);
		return;
	}
	web_answer_json(a, 200, o);
}

/* ---- a run ---- */

void web_answer_run(const char *db_path, const char *run_id, struct web_answer *a)
{
	char *text = NULL;
	size_t size = 0;
	struct db *db;
	struct err err;
	enum status st;
	FILE *out;

	if (!open_records(db_path, &db, a))
		return;
	out = open_memstream(&text, &size);
	st = out ? export_run_course(db, run_id, out, &err)
		 : err_set(&err, STATUS_NO_MEMORY, "no memory for a run's log");
	if (out && fclose(out) != 0 && !st)
		st = err_set(&err, STATUS_NO_MEMORY, "no memory for a run's log");
	db_close(db);
	if (st) {
		web_answer_failed(a, &err);
	} else {
		a->code = 200;
		a->kind = WEB_BODY_TEXT;
		textbuf_bytes(&a->body, text, size);
	}
	free(text);
}

/* ---- a recipe ---- */

void web_answer_recipe(const char *db_path, const char *digest, struct web_answer *a)
{
	bool is_approved = false, is_retired = false;
	struct db *db;
	struct err err;
	enum status st;
	json_t *o;

	if (!open_records(db_path, &db, a))
		return;
	st = decided_approval(db, digest, &is_approved, &err);
	if (!st)
		st = decided_retired(db, digest, &is_retired, &err);
	db_close(db);
	if (st) {
		web_answer_failed(a, &err);
		return;
	}
	o = json_object();
	json_object_set_new(o, "approved", json_boolean(is_approved));
	json_object_set_new(o, "retired", json_boolean(is_retired));
	web_answer_json(a, 200, o);
}

/* ---- the report ---- */

void web_answer_report(const char *db_path, const char *batch, int64_t since_utc_ms,
		       struct web_answer *a)
{
	const struct report_filter filter = {
		.batch = batch[0] ? batch : NULL,
		.has_from = !batch[0],
		.from_utc_ms = since_utc_ms,
	};
	struct report report = { 0 };
	struct sheet sheet = { 0 };
	struct db *db;
	struct err err;
	enum status st;

	if (!open_records(db_path, &db, a))
		return;
	st = report_read(db, &filter, &report, &err);
	db_close(db);
	if (!st) {
		sheet_make(&sheet, &report);
		report_html_print(&report, &sheet, &a->body);
		if (sheet.has_failed || a->body.has_failed)
			st = err_set(&err, STATUS_NO_MEMORY, "no memory for the report");
	}
	sheet_release(&sheet);
	report_release(&report);
	if (st) {
		web_answer_failed(a, &err);
		return;
	}
	a->code = 200;
	a->kind = WEB_BODY_REPORT;
}
