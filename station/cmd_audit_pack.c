/* audit-pack: everything about a batch in one zip file. */
#include "station/command.h"
#include "station/help.h"

#include "db/export/audit_pack.h"
#include "db/db.h"
#include "db/decisions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME_BYTES 200

/* "BATCH.zip" in this folder: letters, digits, '.', '_' and '-' of the name. */
static void default_file(const char *batch, char name[static FILE_NAME_BYTES])
{
	snprintf(name, FILE_NAME_BYTES, "%.150s.zip", batch);
	for (char *c = name; *c; c++)
		if (!strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-",
			    *c))
			*c = '-';
	if (name[0] == '.' || name[0] == '-')
		name[0] = '_';
}

/* The batch that is nearest to a name that is none. */
struct search {
	const char *batch;
	char *nearest;
};

static enum status look_at(void *ctx, const char *batch, struct err *err)
{
	struct search *s = ctx;
	const char *words[2] = { batch, s->nearest };
	const char *best = nearest_word(s->batch, words, s->nearest ? 2 : 1);

	if (best != batch)
		return STATUS_OK;
	char *copy = strdup(batch);
	if (!copy)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the names of batches");
	free(s->nearest);
	s->nearest = copy;
	return STATUS_OK;
}

static enum status check_batch(struct db *db, const char *batch, struct err *err)
{
	struct search search = { .batch = batch };
	bool is_known;
	enum status st;

	TRY(audit_pack_is_known(db, batch, &is_known, err));
	if (is_known)
		return STATUS_OK;
	st = batch_names_walk(db, 0, look_at, &search, err);
	if (!st && search.nearest)
		st = err_set(err, STATUS_USAGE, "no batch '%s' is recorded: did you mean '%s'?",
			     batch, search.nearest);
	else if (!st)
		st = err_set(err, STATUS_USAGE,
			     "no batch '%s' is recorded: see 'flashline batch list'", batch);
	free(search.nearest);
	return st;
}

enum exit_code cmd_audit_pack(const struct options *options)
{
	const char *batch = options->operands[0], *path = options->output;
	char name[FILE_NAME_BYTES];
	struct audit_done done;
	struct db *db = NULL;
	enum status st;
	struct err err;

	default_file(batch, name);
	if (!path)
		path = name;
	if (strcmp(path, "-") == 0) {
		err_set(&err, STATUS_USAGE, "a pack is a zip file: name one with --output");
		return complain(&err);
	}
	st = open_for_reading(options, &db, &err);
	if (!st)
		st = check_batch(db, batch, &err);
	if (!st)
		st = audit_pack(db, batch, path, &done, &err);
	db_close(db);
	if (st)
		return complain(&err);
	remark("%" PRIu64 " runs written to %s, with %" PRId64
	       " entries of the ledger in full and the digests of %" PRId64 " others",
	       done.runs, path, done.entries_in_full, done.entries_digests);
	return finish_stdout(EXIT_CODE_PASSED);
}
