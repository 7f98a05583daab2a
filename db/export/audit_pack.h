/*
 * 'flashline audit-pack': everything about one batch in one zip file, for people outside.
 *
 * docs/exports.md says what is in it and how a third party verifies it. All of it is read in
 * one transaction, so it is one state of the records, also while a station writes; the same state
 * gives the same bytes. Nothing of other batches is in it but digests of their ledger entries.
 */
#ifndef DB_AUDIT_PACK_H
#define DB_AUDIT_PACK_H

#include "db/db.h"

#include <stdbool.h>
#include <stdint.h>

struct audit_done {
	uint64_t runs;
	int64_t entries_in_full, entries_digests; /* in the chain up to the head */
};

/* Was the batch opened, or typed with a run? */
enum status audit_pack_is_known(struct db *db, const char *batch, bool *is_known, struct err *err);

/*
 * The file appears whole or not at all, and replaces one that is there. A batch that nobody
 * opened can be packed as well. STATUS_USAGE: there is no such batch; STATUS_FILE (a device or
 * pipe cannot be a pack), STATUS_DATABASE (also where the ledger and the records of the batch do
 * not agree), STATUS_NO_MEMORY.
 */
enum status audit_pack(struct db *db, const char *batch, const char *path, struct audit_done *done,
		       struct err *err);

#endif
