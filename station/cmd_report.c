/* report: what was made, how much of it was good, what failed where, and how long it took. */
#include "station/command.h"

#include "db/db.h"
#include "db/out_file.h"
#include "db/query.h"
#include "db/report/report.h"
#include "station/json.h"
#include "station/report/report_sheet.h"

#include <stdio.h>
#include <string.h>

static enum status make_filter(const struct options *o, struct report_filter *filter,
			       struct err *err)
{
	*filter = (struct report_filter){
		.batch = o->batch,
		.recipe = o->recipe,
		.has_from = o->since != NULL,
		.has_to = o->until != NULL,
		.is_strict = o->strict,
	};
	if (o->since)
		TRY(filter_time(o->since, &filter->from_utc_ms, err));
	if (o->until)
		TRY(filter_time(o->until, &filter->to_utc_ms, err));
	return STATUS_OK;
}

static enum status check_memory(const struct sheet *sheet, const struct textbuf *out,
				struct err *err)
{
	if (sheet->has_failed || out->has_failed)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the report");
	return STATUS_OK;
}

/* Whole or not at all; "-" is standard output. */
static enum status write_html(const char *path, const struct textbuf *html, struct err *err)
{
	struct out_file file;

	if (strcmp(path, "-") == 0) {
		fputs(textbuf_string(html), stdout);
		return STATUS_OK;
	}
	TRY(out_file_open(&file, path, err));
	fputs(textbuf_string(html), file.file);
	TRY(out_file_close(&file, STATUS_OK, err));
	remark("the report was written to %s", path);
	return STATUS_OK;
}

static enum status print_report(const struct options *o, const struct report *report,
				struct err *err)
{
	struct sheet sheet = { 0 };
	struct textbuf html = { 0 }, text = { 0 };
	enum status st = STATUS_OK;

	sheet_make(&sheet, report);
	if (o->html) {
		report_html_print(report, &sheet, &html);
		st = check_memory(&sheet, &html, err);
		if (!st)
			st = write_html(o->html, &html, err);
	}
	if (o->json)
		json_line(report_json(report), &text);
	else if (!o->html)
		report_text_print(report, &sheet, &text);
	if (!st)
		st = check_memory(&sheet, &text, err);
	if (!st)
		fputs(textbuf_string(&text), stdout);
	textbuf_release(&html);
	textbuf_release(&text);
	sheet_release(&sheet);
	return st;
}

enum exit_code cmd_report(const struct options *options)
{
	struct report report = { 0 };
	struct report_filter filter;
	struct db *db = NULL;
	enum status st;
	struct err err;

	if (options->html && options->json && strcmp(options->html, "-") == 0)
		st = err_set(
			&err, STATUS_USAGE,
			"--html - and --json both want standard output: name a file for the page");
	else
		st = make_filter(options, &filter, &err);
	if (!st)
		st = open_for_reading(options, &db, &err);
	if (!st)
		st = report_read(db, &filter, &report, &err);
	db_close(db);
	if (!st)
		st = print_report(options, &report, &err);
	report_release(&report);
	return st ? complain(&err) : finish_stdout(EXIT_CODE_PASSED);
}
