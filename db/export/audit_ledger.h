/* The part of an audit pack that proves it: entries of the ledger. Internal to db/. */
#ifndef DB_AUDIT_LEDGER_H
#define DB_AUDIT_LEDGER_H

#include "db/sql.h"

#include <stdint.h>
#include <stdio.h>

/*
 * From entry first_seq to the head, one JSON object a line, without a gap. Of the batch's own facts
 * in full: seq, utc_ms, kind, ref, body, prev, hash; of all others {"seq":N,"entry":"..."}, the
 * SHA-256 of their text, so that the chain can be computed and nothing of them be read. A
 * body (ref) that is no valid UTF-8 is given as body_hex (ref_hex), its bytes.
 * *in_full counts the first, *digests the others.
 *
 * Here and in audit_write_earlier(): an entry that does not hold, or that differs from its record,
 * is STATUS_DATABASE, because an auditor shall not get a proof that is none.
 */
enum status audit_write_entries(struct db *db, const char *batch, int64_t first_seq, FILE *out,
				int64_t *in_full, int64_t *digests, struct err *err);

/* The batch's facts before first_seq, in full: a recipe that is older than the batch, and so on. */
enum status audit_write_earlier(struct db *db, const char *batch, int64_t first_seq, FILE *out,
				struct err *err);

/*
 * The rows that an entry has only the digest of: {"kind","ref","table","body"}, where
 * SHA-256 over the bodies of one kind, ref and table, each with a line feed behind it, is what the
 * entry says. The images of recipes; steps, measurements and log of results.
 */
enum status audit_write_children(struct db *db, const char *batch, FILE *out, struct err *err);

#endif
