/* backup: a copy of the records, also while a station works. */
#include "station/command.h"

#include "db/backup.h"
#include "db/db.h"
#include "station/json.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

/* Only for somebody who watches. */
static void show_progress(void *ctx, int64_t done, int64_t of)
{
	(void)ctx;
	fprintf(stderr, "\r%3.0f %% of %.1f MB copied", 100.0 * (double)done / (double)of,
		(double)of * 4096 / 1e6);
	if (done >= of)
		fprintf(stderr, "; reading it again ...\r");
}

static void print_json(const char *path, const struct backup_report *r, const char *anchor)
{
	struct textbuf line = { 0 };
	json_t *event = json_event("backup");

	json_object_set_new(event, "file", json_text(path));
	json_object_set_new(event, "bytes", json_integer(r->size_bytes));
	json_object_set_new(event, "runs", json_integer(r->runs));
	json_object_set_new(event, "open_runs", json_integer(r->open_runs));
	json_object_set_new(event, "chain_id", json_text(r->head.chain_id));
	json_object_set_new(event, "seq", json_integer(r->head.seq));
	json_object_set_new(event, "anchor", json_text(anchor));
	json_line(event, &line);
	fputs(textbuf_string(&line), stdout);
	textbuf_release(&line);
}

static void print_text(const char *path, const struct backup_report *r, const char *anchor)
{
	printf("%s: %" PRId64 " runs, %.1f MB, read again and sound\n", path, r->runs,
	       (double)r->size_bytes / 1e6);
	if (r->open_runs)
		printf("%" PRId64 " of them %s under way: in the copy %s no result\n", r->open_runs,
		       r->open_runs == 1 ? "was" : "were",
		       r->open_runs == 1 ? "it has" : "they have");
	printf("ledger head: %s\n", anchor);
}

enum exit_code cmd_backup(const struct options *options)
{
	const char *path = options->operands[0];
	char anchor[LEDGER_ANCHOR_BYTES];
	struct backup_report report;
	struct db *db = NULL;
	enum status st;
	struct err err;

	st = open_for_reading(options, &db, &err);
	if (!st)
		st = backup_to(db, path, isatty(STDERR_FILENO) ? show_progress : NULL, NULL,
			       &report, &err);
	db_close(db);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%60s\r", "");
	if (st)
		return complain(&err);
	ledger_anchor_text(&report.head, anchor);
	if (options->json)
		print_json(path, &report, anchor);
	else
		print_text(path, &report, anchor);
	return finish_stdout(EXIT_CODE_PASSED);
}
