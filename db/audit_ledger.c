#include "db/audit_ledger.h"

#include "db/audit_facts.h"
#include "db/canonical_row.h"
#include "db/json_out.h"
#include "db/ledger_kinds.h"
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

/* SHA-256 of its text; db/ledger.h says which. */
static void put_digest(FILE *out, sqlite3_stmt *row)
{
	struct digest *digest = digest_new();
	uint8_t sha256[SHA256_BYTES];
	char number[48];
	unsigned count = 0;

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
	fputc('{', out);
	json_out_member_integer(out, &count, "seq", sqlite3_column_int64(row, 0));
	json_out_name(out, &count, "entry");
	put_hex(out, sha256, sizeof(sha256));
	fputs("}\n", out);
}

/* ---- the chain ---- */

/* Both in order of seq: an entry that is the next of the facts is one of them. */
static enum status write_chain(struct db *db, sqlite3_stmt *entry, sqlite3_stmt *fact, FILE *out,
			       int64_t *in_full, int64_t *digests, struct err *err)
{
	bool has_entry, has_fact;

	TRY(select_next(db, fact, &has_fact, err));
	for (;;) {
		TRY(select_next(db, entry, &has_entry, err));
		if (!has_entry || ferror(out))
			return STATUS_OK;
		int64_t seq = sqlite3_column_int64(entry, 0);
		while (has_fact && sqlite3_column_int64(fact, 0) < seq)
			TRY(select_next(db, fact, &has_fact, err));
		if (has_fact && sqlite3_column_int64(fact, 0) == seq) {
			put_entry(out, entry);
			++*in_full;
		} else {
			put_digest(out, entry);
			++*digests;
		}
	}
}

enum status audit_write_entries(struct db *db, const char *batch, int64_t first_seq, FILE *out,
				int64_t *in_full, int64_t *digests, struct err *err)
{
	sqlite3_stmt *entry = NULL, *fact = NULL;
	char sql[200];
	enum status st;

	*in_full = *digests = 0;
	snprintf(sql, sizeof(sql), "%sWHERE seq >= ?1 ORDER BY seq", entries_sql);
	st = sql_prepare(db, sql, &entry, err);
	if (!st)
		st = audit_entries(db, batch, &fact, err);
	if (!st) {
		sqlite3_bind_int64(entry, 1, first_seq);
		st = write_chain(db, entry, fact, out, in_full, digests, err);
	}
	sqlite3_finalize(entry);
	sqlite3_finalize(fact);
	return st;
}

enum status audit_write_earlier(struct db *db, const char *batch, int64_t first_seq, FILE *out,
				struct err *err)
{
	sqlite3_stmt *entry = NULL, *fact = NULL;
	bool has_fact, has_entry;
	char sql[200];
	enum status st;

	snprintf(sql, sizeof(sql), "%sWHERE seq = ?1", entries_sql);
	st = sql_prepare(db, sql, &entry, err);
	if (!st)
		st = audit_entries(db, batch, &fact, err);
	while (!st && !(st = select_next(db, fact, &has_fact, err)) && has_fact &&
	       sqlite3_column_int64(fact, 0) < first_seq) {
		sqlite3_bind_int64(entry, 1, sqlite3_column_int64(fact, 0));
		st = select_next(db, entry, &has_entry, err);
		if (!st && has_entry)
			put_entry(out, entry);
		sqlite3_reset(entry);
	}
	sqlite3_finalize(entry);
	sqlite3_finalize(fact);
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
