/* attach: a copy of a file in the records, with a run or a batch. */
#include "station/cmd_decide.h"

#include "db/decide.h"
#include "db/decided.h"
#include "db/find.h"
#include "engine/base/clock.h"
#include "recipes/read_file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Records are copied and sent as a whole: what is larger belongs elsewhere, with its digest
 * in a small text here. Our choice. */
#define ATTACHMENT_BYTES_MAX (8u << 20)

struct content {
	uint8_t *bytes;
	size_t size;
};

/* ---- the file ---- */

static const char *media_type(const char *name)
{
	static const struct {
		const char *ending, *type;
	} rows[] = {
		{ "bin", "application/octet-stream" },
		{ "csv", "text/csv" },
		{ "gz", "application/gzip" },
		{ "htm", "text/html" },
		{ "html", "text/html" },
		{ "jpeg", "image/jpeg" },
		{ "jpg", "image/jpeg" },
		{ "json", "application/json" },
		{ "jsonl", "application/jsonl" },
		{ "log", "text/plain" },
		{ "md", "text/markdown" },
		{ "pdf", "application/pdf" },
		{ "png", "image/png" },
		{ "svg", "image/svg+xml" },
		{ "txt", "text/plain" },
		{ "xml", "application/xml" },
		{ "yaml", "application/yaml" },
		{ "yml", "application/yaml" },
		{ "zip", "application/zip" },
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcasecmp(dot + 1, rows[i].ending) == 0)
			return rows[i].type;
	}
	return "application/octet-stream";
}

/* c->bytes is for free(), whatever is returned. */
static enum status read_content(const char *path, struct content *c, struct err *err)
{
	struct err why;
	const enum status st = read_file(path, ATTACHMENT_BYTES_MAX, &c->bytes, &c->size, &why);

	if (st == STATUS_RECIPE) /* too large */
		return err_set(err, STATUS_USAGE,
			       "%s: %s: compress it, or attach a text that says where it is kept, "
			       "with its SHA-256",
			       path, why.text);
	if (st)
		return err_set(err, st == STATUS_FILE ? STATUS_USAGE : st, "%s: %s", path,
			       why.text);
	if (!c->size)
		return err_set(err, STATUS_USAGE, "%s: is empty: there is nothing to attach", path);
	return STATUS_OK;
}

/* ---- its owner ---- */

static enum status find_owner(struct db *db, const char *text, const char **owner,
			      char run_id[static RUN_ID_BYTES], struct err *err)
{
	struct batch_state batch;
	struct err no_run;

	TRY(decided_batch(db, text, &batch, err));
	const bool is_batch = batch.is_known || batch.runs;
	const enum status st = find_run(db, text, run_id, &no_run);
	if (st == STATUS_DATABASE) {
		*err = no_run;
		return st;
	}
	if (is_batch && st == STATUS_OK)
		return err_set(err, STATUS_USAGE,
			       "%s: is the name of a batch and the beginning of a run's id (%s): "
			       "give more of the id, or rename what you mean",
			       text, run_id);
	if (!is_batch && st)
		return err_set(err, STATUS_USAGE, "%s; nor is it a batch in these records",
			       no_run.text);
	*owner = is_batch ? "batch" : "run";
	return STATUS_OK;
}

static enum status attach(const struct options *o, struct db *db, struct content *c,
			  struct err *err)
{
	const char *path = o->operands[1], *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path, *owner = "run";
	char run_id[RUN_ID_BYTES];

	TRY(check_text("the file's name", name, DECIDED_REASON_MAX, err));
	TRY(find_owner(db, o->operands[0], &owner, run_id, err));
	TRY(read_content(path, c, err));
	const struct record_attachment record = {
		.owner = owner,
		.ref = strcmp(owner, "run") == 0 ? run_id : o->operands[0],
		.name = name,
		.media_type = media_type(name),
		.content = c->bytes,
		.size_bytes = c->size,
		.operator_name = o->operator_name,
		.utc_ms = clock_utc_ms(),
	};
	TRY(db_put(db, RECORD_ATTACHMENT, &record, err));
	printf("%s: %zu bytes (%s) are kept with %s %s\n", name, c->size, record.media_type, owner,
	       record.ref);
	return STATUS_OK;
}

enum exit_code cmd_attach(const struct options *options)
{
	struct content content = { 0 };
	struct db *db = NULL;
	enum status st;
	struct err err;

	st = options->operator_name
		     ? check_text("--operator", options->operator_name, DECIDED_TEXT_MAX, &err)
		     : err_set(&err, STATUS_USAGE,
			       "attach: --operator NAME is missing: who attaches it is recorded");
	if (!st)
		st = open_for_deciding(options, &db, &err);
	if (!st)
		st = attach(options, db, &content, &err);
	db_close(db);
	free(content.bytes);
	return st ? complain(&err) : finish_stdout(EXIT_CODE_PASSED);
}
