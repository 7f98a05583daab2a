#include "db/ledger/ledger.h"

#include "db/ledger/ledger_read.h"
#include "engine/base/bytes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one entry ---- */

void ledger_hash(const struct ledger_entry *entry, uint8_t hash[static SHA256_BYTES])
{
	uint8_t sealed[2 * SHA256_BYTES];
	struct digest *d = digest_new();
	char numbers[48];

	snprintf(numbers, sizeof(numbers), "%" PRId64 "\n%" PRId64 "\n", entry->seq, entry->utc_ms);
	digest_add(d, numbers, strlen(numbers));
	digest_add(d, entry->kind, strlen(entry->kind));
	digest_add(d, "\n", 1);
	digest_add(d, entry->ref, strlen(entry->ref));
	digest_add(d, "\n", 1);
	digest_add(d, entry->body, strlen(entry->body));
	memcpy(sealed, entry->prev, SHA256_BYTES);
	digest_finish(d, sealed + SHA256_BYTES);
	digest_sha256(sealed, sizeof(sealed), hash);
}

/* ---- anchors ---- */

void ledger_anchor_text(const struct ledger_head *head, char text[static LEDGER_ANCHOR_BYTES])
{
	char hex[SHA256_TEXT_BYTES];

	hex_text(head->hash, sizeof(head->hash), hex);
	snprintf(text, LEDGER_ANCHOR_BYTES, "%s:%" PRId64 ":%s", head->chain_id, head->seq, hex);
}

static enum status bad_anchor(const char *text, struct err *err)
{
	return err_set(err, STATUS_USAGE,
		       "anchor '%.160s': expected CHAIN:NUMBER:HASH as 'flashline ledger head' "
		       "prints it",
		       text);
}

enum status ledger_anchor_read(const char *text, struct ledger_head *head, struct err *err)
{
	const char *number = strchr(text, ':');
	const char *hash = number ? strchr(number + 1, ':') : NULL;
	char *end;

	*head = (struct ledger_head){ .seq = 0 };
	if (!hash || number == text || (size_t)(number - text) >= sizeof(head->chain_id))
		return bad_anchor(text, err);
	memcpy(head->chain_id, text, (size_t)(number - text));
	errno = 0;
	head->seq = strtoll(number + 1, &end, 10);
	if (errno || end != hash || number[1] < '1' || number[1] > '9' ||
	    !hex_bytes(hash + 1, head->hash, sizeof(head->hash)))
		return bad_anchor(text, err);
	return STATUS_OK;
}

/* ---- reading ---- */

enum status ledger_head(struct db *db, struct ledger_head *head, struct err *err)
{
	sqlite3_stmt *stmt;

	*head = (struct ledger_head){ .seq = 0 };
	TRY(sql_prepare(db,
			"SELECT (SELECT chain_id FROM chain ORDER BY first_seq DESC LIMIT 1), "
			"(SELECT max(seq) FROM ledger), "
			"(SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1)",
			&stmt, err));
	int rc = sqlite3_step(stmt);
	enum status st = rc == SQLITE_ROW ? STATUS_OK : sql_fail(db, rc, err);
	if (!st) {
		const char *chain_id = (const char *)sqlite3_column_text(stmt, 0);
		const void *hash = sqlite3_column_blob(stmt, 2);

		snprintf(head->chain_id, sizeof(head->chain_id), "%s", chain_id ? chain_id : "");
		head->seq = sqlite3_column_int64(stmt, 1);
		if (hash && sqlite3_column_bytes(stmt, 2) == SHA256_BYTES)
			memcpy(head->hash, hash, SHA256_BYTES);
	}
	sqlite3_finalize(stmt);
	return st;
}

/* A hash has 32 bytes, unless somebody made the table anew without that rule. */
static bool read_hash(sqlite3_stmt *row, int column, uint8_t hash[static SHA256_BYTES])
{
	const void *data = sqlite3_column_blob(row, column);

	if (!data || sqlite3_column_bytes(row, column) != SHA256_BYTES)
		return false;
	memcpy(hash, data, SHA256_BYTES);
	return true;
}

/* What is no text at all, or has a zero byte within, can have no hash: it is read as another. */
static const char *read_text(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	if (!text || strlen(text) != (size_t)sqlite3_column_bytes(row, column))
		return "";
	return text;
}

void ledger_read_entry(sqlite3_stmt *row, struct ledger_entry *entry)
{
	*entry = (struct ledger_entry){
		.seq = sqlite3_column_int64(row, 0),
		.utc_ms = sqlite3_column_int64(row, 1),
		.kind = read_text(row, 2),
		.ref = read_text(row, 3),
		.body = read_text(row, 4),
	};
	if (!read_hash(row, 5, entry->prev))
		memset(entry->prev, 0xff, sizeof(entry->prev));
	if (!read_hash(row, 6, entry->hash))
		memset(entry->hash, 0xff, sizeof(entry->hash));
}

enum status ledger_walk(struct db *db, int64_t from_seq, int64_t limit,
			enum status (*each)(void *ctx, const struct ledger_entry *entry,
					    struct err *err),
			void *ctx, struct err *err)
{
	enum status st = STATUS_OK;
	sqlite3_stmt *stmt;
	int rc = SQLITE_DONE;

	TRY(sql_prepare(
		db, "SELECT " LEDGER_COLUMNS " FROM ledger WHERE seq >= ?1 ORDER BY seq LIMIT ?2",
		&stmt, err));
	sqlite3_bind_int64(stmt, 1, from_seq);
	sqlite3_bind_int64(stmt, 2, limit);
	while (!st && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct ledger_entry entry;

		ledger_read_entry(stmt, &entry);
		st = each(ctx, &entry, err);
	}
	if (!st && rc != SQLITE_DONE)
		st = sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

const char *ledger_fault_name(enum ledger_fault fault)
{
	switch (fault) {
	case LEDGER_SOUND:
		return "SOUND";
	case LEDGER_ENTRY_MISSING:
		return "ENTRY_MISSING";
	case LEDGER_ENTRY_CHANGED:
		return "ENTRY_CHANGED";
	case LEDGER_CHAIN_BROKEN:
		return "CHAIN_BROKEN";
	case LEDGER_ROW_MISSING:
		return "ROW_MISSING";
	case LEDGER_ROW_CHANGED:
		return "ROW_CHANGED";
	case LEDGER_ROW_ADDED:
		return "ROW_ADDED";
	case LEDGER_TAIL_CUT:
		return "TAIL_CUT";
	case LEDGER_ANCHOR_DIFFERS:
		return "ANCHOR_DIFFERS";
	case LEDGER_TRIGGER_MISSING:
		return "TRIGGER_MISSING";
	case LEDGER_SCHEMA_CHANGED:
		return "SCHEMA_CHANGED";
	case LEDGER_INDEX_DIFFERS:
		return "INDEX_DIFFERS";
	}
	return "";
}
