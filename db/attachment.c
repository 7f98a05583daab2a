/* Bytes that belong to a record, kept once whatever refers to them. */
#include "db/facts.h"

#include "db/ledger/ledger_append.h"
#include "engine/base/bytes.h"
#include "engine/base/digest.h"

static enum status put_content(struct db *db, const struct record_attachment *attachment,
			       const char *sha256, struct err *err)
{
	sqlite3_stmt *stmt;

	TRY(sql_prepare(db,
			"INSERT INTO attachment (sha256, media_type, size_bytes, content) "
			"SELECT ?1, ?2, ?3, ?4 "
			"WHERE NOT EXISTS (SELECT 1 FROM attachment WHERE sha256 = ?1)",
			&stmt, err));
	sql_bind_text(stmt, 1, sha256);
	sql_bind_text(stmt, 2, attachment->media_type);
	sqlite3_bind_int64(stmt, 3, (int64_t)attachment->size_bytes);
	/* Without a pointer SQLite would store NULL, also where there are no bytes. */
	sqlite3_bind_blob64(stmt, 4, attachment->content ? attachment->content : "",
			    attachment->size_bytes, SQLITE_STATIC);
	enum status st = sql_run(db, stmt, err);
	sqlite3_finalize(stmt);
	if (!st && sqlite3_changes(db->sql))
		st = ledger_append(db, "attachment", sha256, err);
	return st;
}

/* The same bytes under the same name once more say nothing new. */
static enum status put_use(struct db *db, const struct record_attachment *attachment,
			   const char *sha256, struct err *err)
{
	char use_id[RUN_ID_BYTES];
	sqlite3_stmt *stmt;

	TRY(sql_prepare(
		db,
		"INSERT INTO attachment_use (use_id, owner, ref, name, sha256, operator, utc_ms) "
		"SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS "
		"(SELECT 1 FROM attachment_use "
		"WHERE ref = ?3 AND owner = ?2 AND name = ?4 AND sha256 = ?5)",
		&stmt, err));
	db_new_run_id(use_id);
	sql_bind_text(stmt, 1, use_id);
	sql_bind_text(stmt, 2, attachment->owner);
	sql_bind_text(stmt, 3, attachment->ref);
	sql_bind_text(stmt, 4, attachment->name);
	sql_bind_text(stmt, 5, sha256);
	sql_bind_text(stmt, 6, attachment->operator_name);
	sqlite3_bind_int64(stmt, 7, attachment->utc_ms);
	enum status st = sql_run(db, stmt, err);
	sqlite3_finalize(stmt);
	if (!st && sqlite3_changes(db->sql))
		st = ledger_append(db, "attachment_use", use_id, err);
	return st;
}

enum status fact_attachment(struct db *db, const struct record_attachment *attachment,
			    struct err *err)
{
	uint8_t digest[SHA256_BYTES];
	char sha256[SHA256_TEXT_BYTES];

	digest_sha256(attachment->content, attachment->size_bytes, digest);
	hex_text(digest, sizeof(digest), sha256);
	TRY(put_content(db, attachment, sha256, err));
	return put_use(db, attachment, sha256, err);
}
