/* log and export: reading the records. */
#include "station/command.h"

#include "db/db.h"
#include "db/export/export.h"
#include "db/query.h"
#include "db/run_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The options have been checked one by one: what can still fail is their meaning. */
static enum status make_filter(const struct options *o, struct run_filter *filter,
			       char mac[static MAC_TEXT_BYTES], struct err *err)
{
	*filter = (struct run_filter){
		.has_since = o->since != NULL,
		.has_until = o->until != NULL,
		.batch = o->batch,
		.failed_only = o->failed,
		.last = o->last,
	};
	if (o->since)
		TRY(filter_time(o->since, &filter->since_utc_ms, err));
	if (o->until)
		TRY(filter_time(o->until, &filter->until_utc_ms, err));
	if (o->outcome)
		TRY(filter_outcome(o->outcome, &filter->outcome, err));
	if (o->unit) {
		TRY(filter_mac(o->unit, mac, err));
		filter->mac = mac;
	}
	return STATUS_OK;
}

enum status open_for_reading(const struct options *o, struct db **db, struct err *err)
{
	char path[DB_PATH_BYTES];

	*db = NULL;
	if (!o->db)
		TRY(db_default_path(DB_READ, path, err));
	return db_open(o->db ? o->db : path, DB_READ, db, err);
}

enum exit_code cmd_log(const struct options *options)
{
	char mac[MAC_TEXT_BYTES];
	struct run_filter filter;
	struct db *db = NULL;
	uint64_t count = 0;
	enum status st;
	struct err err;

	st = make_filter(options, &filter, mac, &err);
	if (!st)
		st = open_for_reading(options, &db, &err);
	if (!st)
		st = options->json ? export_runs(db, EXPORT_JSONL, &filter, stdout, &count, &err)
				   : run_list(db, &filter, stdout, &count, &err);
	db_close(db);
	if (st)
		return complain(&err);
	if (count == 0 && !options->json)
		fprintf(stderr, "flashline: no such run is recorded\n");
	return finish_stdout(EXIT_CODE_PASSED);
}

/* The number of the process in WATS. */
static enum status read_process_code(const struct options *o, int *code, struct err *err)
{
	const char *text = o->process_code;
	long value;
	char *end;

	*code = EXPORT_PROCESS_CODE;
	if (!text)
		return STATUS_OK;
	value = strtol(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || value < 1 || value > EXPORT_PROCESS_CODE_MAX)
		return err_set(err, STATUS_USAGE,
			       "--process-code %s: expected a number from 1 to %d", text,
			       EXPORT_PROCESS_CODE_MAX);
	*code = (int)value;
	return STATUS_OK;
}

static enum status export_reports(const struct options *o, struct db *db,
				  const struct run_filter *filter, int process_code,
				  struct err *err)
{
	struct export_reports done;

	TRY(export_wsjf(db, filter, o->output, process_code, &done, err));
	remark("%" PRIu64 " reports written to %s", done.reports, o->output);
	if (done.open_runs)
		fprintf(stderr, "flashline: %" PRIu64 " runs are left out: they have not ended\n",
			done.open_runs);
	if (done.wildcards)
		fprintf(stderr,
			"flashline: %" PRIu64 " reports have a part, serial, revision or station "
			"with one of * %% ? _ [ ] ^ !, which WATS takes for wildcards\n",
			done.wildcards);
	return STATUS_OK;
}

static enum status export_table(const struct options *o, struct db *db, enum export_format format,
				const struct run_filter *filter, struct err *err)
{
	uint64_t count = 0;

	if (!o->output || strcmp(o->output, "-") == 0)
		return export_runs(db, format, filter, stdout, &count, err);
	TRY(export_runs_to(db, format, filter, o->output, &count, err));
	remark("%" PRIu64 " runs written to %s", count, o->output);
	return STATUS_OK;
}

/* What the options ask for together, before any file is touched. */
static enum status choose_format(const struct options *o, enum export_format *format,
				 int *process_code, struct err *err)
{
	*format = EXPORT_CSV;
	if (o->format)
		TRY(export_format_by_name(o->format, format, err));
	TRY(read_process_code(o, process_code, err));
	if (*format == EXPORT_WSJF && (!o->output || strcmp(o->output, "-") == 0))
		return err_set(
			err, STATUS_USAGE,
			"--format wsjf writes one file per run: name a folder with --output");
	if (*format != EXPORT_WSJF && o->process_code)
		return err_set(err, STATUS_USAGE, "--process-code belongs to --format wsjf");
	return STATUS_OK;
}

enum exit_code cmd_export(const struct options *options)
{
	char mac[MAC_TEXT_BYTES];
	enum export_format format;
	struct run_filter filter;
	struct db *db = NULL;
	uint64_t count = 0;
	int process_code;
	enum status st;
	struct err err;

	st = make_filter(options, &filter, mac, &err);
	if (!st)
		st = choose_format(options, &format, &process_code, &err);
	if (!st)
		st = open_for_reading(options, &db, &err);
	if (!st && format == EXPORT_WSJF)
		st = export_reports(options, db, &filter, process_code, &err);
	else if (!st && (options->output || !options->unit_logs))
		st = export_table(options, db, format, &filter, &err);
	if (!st && options->unit_logs) {
		st = export_unit_logs(db, &filter, options->unit_logs, &count, &err);
		if (!st)
			remark("%" PRIu64 " files written to %s", count, options->unit_logs);
	}
	db_close(db);
	return st ? complain(&err) : finish_stdout(EXIT_CODE_PASSED);
}
