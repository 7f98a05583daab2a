#include "db/export/audit_ledger.h"

#include "db/export/audit_facts.h"
#include "db/export/canonical_row.h"
#include "db/json_out.h"
#include "db/ledger/ledger_body.h"
#include "db/ledger/ledger_kinds.h"
#include "db/select.h"
#include "db/text.h"
#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <inttypes.h>
#include <stdlib.h>

static const char entries_sql[] = "SELECT seq, utc_ms, kind, ref, body, prev, hash FROM ledger ";

/* ---- one entry ---- */

static bool is_utf8(struct span span)
{
	while (span.size_bytes) {
		size_t len = utf8_length(span.text, span.size_bytes);

		if (!len)
			return false;
		span.text += len;
		span.size_bytes -= len;
	}
	return true;
}

static void put_hex(FILE *out, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	fputc('"', out);
	for (size_t i = 0; i < size; i++)
		fprintf(out, "%02x", bytes[i]);
	fputc('"', out);
}

/* So that a reader gets exactly these bytes: JSON is UTF-8, and a text of the records may be not.
 */
static void put_exact(FILE *out, unsigned *count, const char *name, struct span span)
{
	char hex_name[32];

	if (is_utf8(span)) {
		json_out_member_span(out, count, name, span);
		return;
	}
	snprintf(hex_name, sizeof(hex_name), "%s_hex", name);
	json_out_name(out, count, hex_name);
	put_hex(out, span.text, span.size_bytes);
}

static void put_blob(FILE *out, unsigned *count, const char *name, sqlite3_stmt *row, int column)
{
	json_out_name(out, count, name);
	put_hex(out, sqlite3_column_blob(row, column), (size_t)sqlite3_column_bytes(row, column));
}

static void put_entry(FILE *out, sqlite3_stmt *row)
{
	unsigned count = 0;

	fputc('{', out);
	json_out_member_integer(out, &count, "seq", sqlite3_column_int64(row, 0));
	json_out_member_integer(out, &count, "utc_ms", sqlite3_column_int64(row, 1));
	json_out_member_span(out, &count, "kind", span_at(row, 2));
	put_exact(out, &count, "ref", span_at(row, 3));
	put_exact(out, &count, "body", span_at(row, 4));
	put_blob(out, &count, "prev", row, 5);
	put_blob(out, &count, "hash", row, 6);
	fputs("}\n", out);
}

/* SHA-256 of its text; db/ledger/ledger.h says which. */
static void entry_digest(sqlite3_stmt *row, uint8_t sha256[static SHA256_BYTES])
{
	struct digest *digest = digest_new();
	char number[48];

	snprintf(number, sizeof(number), "%" PRId64 "\n%" PRId64 "\n",
		 (int64_t)sqlite3_column_int64(row, 0), (int64_t)sqlite3_column_int64(row, 1));
	digest_add(digest, number, strlen(number));
	for (int column = 2; column <= 4; column++) {
		struct span span = span_at(row, column);

		digest_add(digest, span.text, span.size_bytes);
		if (column < 4)
			digest_add(digest, "\n", 1);
	}
	digest_finish(digest, sha256);
}

static void put_digest(FILE *out, sqlite3_stmt *row)
{
	uint8_t sha256[SHA256_BYTES];
	unsigned count = 0;

	entry_digest(row, sha256);
	fputc('{', out);
	json_out_member_integer(out, &count, "seq", sqlite3_column_int64(row, 0));
	json_out_name(out, &count, "entry");
	put_hex(out, sha256, sizeof(sha256));
	fputs("}\n", out);
}

/* ---- does it hold? ---- */

static enum status does_not_hold(struct db *db, sqlite3_stmt *entry, const char *what,
				 struct err *err)
{
	return err_set(err, STATUS_DATABASE,
		       "%s: entry %" PRId64 " of the ledger (%s %s) %s: no pack is made of that; "
		       "'flashline ledger verify' says more",
		       db->path, (int64_t)sqlite3_column_int64(entry, 0),
		       (const char *)sqlite3_column_text(entry, 2),
		       (const char *)sqlite3_column_text(entry, 3), what);
}

/* Is its hash that of its text, and does it follow the hash before (NULL: not asked)? */
static enum status check_seal(struct db *db, sqlite3_stmt *entry, uint8_t *before, struct err *err)
{
	uint8_t both[2 * SHA256_BYTES], hash[SHA256_BYTES];

	if (sqlite3_column_bytes(entry, 5) != SHA256_BYTES ||
	    sqlite3_column_bytes(entry, 6) != SHA256_BYTES)
		return does_not_hold(db, entry, "has no hash", err);
	memcpy(both, sqlite3_column_blob(entry, 5), SHA256_BYTES);
	entry_digest(entry, both + SHA256_BYTES);
	digest_sha256(both, sizeof(both), hash);
	if (memcmp(hash, sqlite3_column_blob(entry, 6), SHA256_BYTES))
		return does_not_hold(db, entry, "was changed", err);
	if (before && memcmp(before, both, SHA256_BYTES))
		return does_not_hold(db, entry, "does not follow the one before", err);
	return STATUS_OK;
}

/* Is its record still what it says? */
static enum status check_record(struct db *db, struct body_reader *reader, sqlite3_stmt *entry,
				struct err *err)
{
	const struct ledger_kind *kind =
		ledger_kind_named((const char *)sqlite3_column_text(entry, 2));
	struct span said = span_at(entry, 4);
	struct body body;

	if (!kind)
		return does_not_hold(db, entry, "is of no known kind", err);
	TRY(body_read(reader, kind, (const char *)sqlite3_column_text(entry, 3), &body, err));
	if (!body.is_there || body.size_bytes != said.size_bytes ||
	    memcmp(body.text, said.text, said.size_bytes))
		return does_not_hold(db, entry, "differs from its record", err);
	return STATUS_OK;
}

/* Of an entry that is none of the batch's facts: or is it one whose record was taken out? */
static enum status check_is_there(struct db *db, sqlite3_stmt *there, sqlite3_stmt *entry,
				  struct err *err)
{
	bool has_row;
	enum status st;

	sqlite3_bind_value(there, 1, sqlite3_column_value(entry, 2));
	sqlite3_bind_value(there, 2, sqlite3_column_value(entry, 3));
	st = select_next(db, there, &has_row, err);
	if (!st && has_row && !sqlite3_column_int(there, 0))
		st = does_not_hold(db, entry, "has no record any more", err);
	sqlite3_reset(there);
	return st;
}

/* ---- the chain ---- */

static const char there_sql[] =
	"SELECT CASE ?1 WHEN 'run' THEN EXISTS (SELECT 1 FROM run WHERE run_id = ?2) "
	"WHEN 'result' THEN EXISTS (SELECT 1 FROM result WHERE run_id = ?2) "
	"WHEN 'batch' THEN EXISTS (SELECT 1 FROM batch WHERE batch = ?2) "
	"WHEN 'override' THEN EXISTS (SELECT 1 FROM override "
	"WHERE run_id = substr(?2, 1, instr(?2, '/') - 1) AND code = substr(?2, instr(?2, '/') + "
	"1)) "
	"ELSE true END";

/* What is needed to walk through it. */
struct walk {
	struct db *db;
	sqlite3_stmt *entry, *fact, *there;
	struct body_reader *reader;
};

static void walk_end(struct walk *w)
{
	sqlite3_finalize(w->entry);
	sqlite3_finalize(w->fact);
	sqlite3_finalize(w->there);
	body_reader_free(w->reader);
}

/* walk_end() in any case. */
static enum status walk_begin(struct walk *w, struct db *db, const char *batch, const char *which,
			      int64_t seq, struct err *err)
{
	char sql[200];

	*w = (struct walk){ .db = db, .reader = body_reader_new(db) };
	if (!w->reader)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the ledger's records");
	snprintf(sql, sizeof(sql), "%s%s", entries_sql, which);
	TRY(sql_prepare(db, sql, &w->entry, err));
	TRY(sql_prepare(db, there_sql, &w->there, err));
	sqlite3_bind_int64(w->entry, 1, seq);
	return audit_entries(db, batch, &w->fact, err);
}

static enum status write_fact(struct walk *w, FILE *out, struct err *err)
{
	TRY(check_record(w->db, w->reader, w->entry, err));
	put_entry(out, w->entry);
	return STATUS_OK;
}

/* Both in order of seq: an entry that is the next of the facts is one of them. */
static enum status write_chain(struct walk *w, FILE *out, int64_t *in_full, int64_t *digests,
			       struct err *err)
{
	uint8_t before[SHA256_BYTES];
	bool has_entry, has_fact, is_first = true;

	TRY(select_next(w->db, w->fact, &has_fact, err));
	for (;; is_first = false) {
		TRY(select_next(w->db, w->entry, &has_entry, err));
		if (!has_entry || ferror(out))
			return STATUS_OK;
		int64_t seq = sqlite3_column_int64(w->entry, 0);
		TRY(check_seal(w->db, w->entry, is_first ? NULL : before, err));
		memcpy(before, sqlite3_column_blob(w->entry, 6), SHA256_BYTES);
		while (has_fact && sqlite3_column_int64(w->fact, 0) < seq)
			TRY(select_next(w->db, w->fact, &has_fact, err));
		if (has_fact && sqlite3_column_int64(w->fact, 0) == seq) {
			TRY(write_fact(w, out, err));
			++*in_full;
		} else {
			TRY(check_is_there(w->db, w->there, w->entry, err));
			put_digest(out, w->entry);
			++*digests;
		}
	}
}

enum status audit_write_entries(struct db *db, const char *batch, int64_t first_seq, FILE *out,
				int64_t *in_full, int64_t *digests, struct err *err)
{
	struct walk walk;
	enum status st;

	*in_full = *digests = 0;
	st = walk_begin(&walk, db, batch, "WHERE seq >= ?1 ORDER BY seq", first_seq, err);
	if (!st)
		st = write_chain(&walk, out, in_full, digests, err);
	walk_end(&walk);
	return st;
}

static enum status write_earlier(struct walk *w, int64_t first_seq, FILE *out, struct err *err)
{
	bool has_fact, has_entry;

	for (;;) {
		TRY(select_next(w->db, w->fact, &has_fact, err));
		if (!has_fact || sqlite3_column_int64(w->fact, 0) >= first_seq)
			return STATUS_OK;
		sqlite3_bind_int64(w->entry, 1, sqlite3_column_int64(w->fact, 0));
		TRY(select_next(w->db, w->entry, &has_entry, err));
		if (has_entry) {
			TRY(check_seal(w->db, w->entry, NULL, err));
			TRY(write_fact(w, out, err));
		}
		sqlite3_reset(w->entry);
	}
}

enum status audit_write_earlier(struct db *db, const char *batch, int64_t first_seq, FILE *out,
				struct err *err)
{
	struct walk walk;
	enum status st;

	st = walk_begin(&walk, db, batch, "WHERE seq = ?1", 0, err);
	if (!st)
		st = write_earlier(&walk, first_seq, out, err);
	walk_end(&walk);
	return st;
}

/* ---- what the entries have only digests of ---- */

static enum status write_child(struct db *db, const struct ledger_kind *kind, const char *where,
			       const struct ledger_child *child, const char *batch, FILE *out,
			       struct err *err)
{
	/* In the order of the digest within each ref. The last column is the ref. */
	char *sql =
		sqlite3_mprintf("SELECT child.*, parent.ref FROM "
				"(SELECT %s AS ref, \"%w\" AS key FROM \"%w\" WHERE %s) AS parent "
				"CROSS JOIN \"%w\" AS child ON child.\"%w\" = parent.key "
				"ORDER BY parent.ref, child.\"%w\"",
				kind->ref_sql, kind->key, kind->name, where, child->table,
				child->key, child->order);
	struct canonical_row row = { 0 };
	sqlite3_stmt *stmt = NULL;
	bool has_row;
	enum status st;

	st = sql ? audit_prepare(db, sql, batch, &stmt, err)
		 : sql_fail_at(db->path, SQLITE_NOMEM, NULL, err);
	sqlite3_free(sql);
	if (!st)
		st = canonical_row_init(&row, stmt, sqlite3_column_count(stmt) - 1, err);
	while (!st && !(st = select_next(db, stmt, &has_row, err)) && has_row && !ferror(out)) {
		struct span body;
		unsigned count = 0;

		st = canonical_row_read(&row, &body, err);
		if (st)
			break;
		fputc('{', out);
		json_out_member(out, &count, "kind", kind->name);
		put_exact(out, &count, "ref", span_at(stmt, sqlite3_column_count(stmt) - 1));
		json_out_member(out, &count, "table", child->table);
		put_exact(out, &count, "body", body);
		fputs("}\n", out);
	}
	canonical_row_release(&row);
	sqlite3_finalize(stmt);
	return st;
}

enum status audit_write_children(struct db *db, const char *batch, FILE *out, struct err *err)
{
	size_t fact_count;
	const struct audit_fact *facts = audit_facts(&fact_count);

	for (size_t i = 0; i < fact_count; i++) {
		const struct ledger_kind *kind = ledger_kind_named(facts[i].kind);

		for (size_t child = 0; child < kind->child_count; child++)
			TRY(write_child(db, kind, facts[i].where, &kind->children[child], batch,
					out, err));
	}
	return STATUS_OK;
}
