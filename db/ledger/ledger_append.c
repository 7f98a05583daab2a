#include "db/ledger/ledger_append.h"

#include "db/facts.h"
#include "db/ledger/ledger.h"
#include "db/ledger/ledger_body.h"
#include "db/lock.h"
#include "db/machine.h"
#include "engine/base/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- one entry ---- */

struct ledger_writer {
	struct body_reader *reader;
	sqlite3_stmt *last, *insert;
};

void ledger_writer_free(struct ledger_writer *writer)
{
	if (!writer)
		return;
	body_reader_free(writer->reader);
	sqlite3_finalize(writer->last);
	sqlite3_finalize(writer->insert);
	free(writer);
}

static enum status prepare(struct db *db, struct ledger_writer *writer, struct err *err)
{
	writer->reader = body_reader_new(db);
	if (!writer->reader)
		return sql_fail_at(db->path, SQLITE_NOMEM, NULL, err);
	TRY(sql_prepare(db, "SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1", &writer->last,
			err));
	return sql_prepare(db,
			   "INSERT INTO ledger (seq, utc_ms, kind, ref, body, prev, hash) "
			   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
			   &writer->insert, err);
}

static enum status get_writer(struct db *db, struct err *err)
{
	if (db->ledger)
		return STATUS_OK;
	struct ledger_writer *writer = calloc(1, sizeof(*writer));
	enum status st =
		writer ? prepare(db, writer, err) : sql_fail_at(db->path, SQLITE_NOMEM, NULL, err);
	if (st) {
		ledger_writer_free(writer);
		return st;
	}
	db->ledger = writer;
	return STATUS_OK;
}

/* Number and prev of the entry that comes next. */
static enum status read_last(struct db *db, struct ledger_entry *entry, struct err *err)
{
	sqlite3_stmt *stmt = db->ledger->last;
	enum status st = STATUS_OK;
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW) {
		const void *hash = sqlite3_column_blob(stmt, 1);
		int64_t last = sqlite3_column_int64(stmt, 0);

		if (last < INT64_MAX && hash && sqlite3_column_bytes(stmt, 1) == SHA256_BYTES) {
			entry->seq = last + 1;
			memcpy(entry->prev, hash, SHA256_BYTES);
		} else {
			st = sql_fail_at(db->path, SQLITE_CORRUPT,
					 "the last entry of the ledger is none", err);
		}
	} else if (rc == SQLITE_DONE) {
		entry->seq = 1;
	} else {
		st = sql_fail(db, rc, err);
	}
	sqlite3_reset(stmt);
	return st;
}

static enum status insert_entry(struct db *db, const struct ledger_entry *entry, struct err *err)
{
	sqlite3_stmt *stmt = db->ledger->insert;

	sqlite3_bind_int64(stmt, 1, entry->seq);
	sqlite3_bind_int64(stmt, 2, entry->utc_ms);
	sql_bind_text(stmt, 3, entry->kind);
	sql_bind_text(stmt, 4, entry->ref);
	sql_bind_text(stmt, 5, entry->body);
	sqlite3_bind_blob(stmt, 6, entry->prev, SHA256_BYTES, SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 7, entry->hash, SHA256_BYTES, SQLITE_STATIC);
	return sql_run(db, stmt, err);
}

enum status ledger_append(struct db *db, const char *kind, const char *ref, struct err *err)
{
	const struct ledger_kind *row = ledger_kind_named(kind);
	struct ledger_entry entry = { .utc_ms = clock_utc_ms(), .kind = kind, .ref = ref };
	struct body body;

	assert(row);
	if (!ref) /* of a file that was changed by hand */
		return sql_fail_at(db->path, SQLITE_CORRUPT, "a record without a key", err);
	TRY(get_writer(db, err));
	TRY(body_read(db->ledger->reader, row, ref, &body, err));
	if (!body.is_there)
		return sql_fail_at(db->path, SQLITE_CORRUPT,
				   "a record that was just stored is not there", err);
	entry.body = body.text;
	TRY(read_last(db, &entry, err));
	ledger_hash(&entry, entry.hash);
	return insert_entry(db, &entry, err);
}

/* ---- chains ---- */

struct chain {
	const char *after_chain, *operator_name, *reason;
	int64_t adopted;
};

static enum status begin_chain(struct db *db, const struct chain *chain, struct err *err)
{
	char chain_id[RUN_ID_BYTES], host[HOST_BYTES], machine[SHA256_TEXT_BYTES];
	sqlite3_stmt *stmt;

	TRY(sql_prepare(db,
			"INSERT INTO chain (chain_id, first_seq, begun_utc_ms, host, machine, "
			"after_chain, operator, reason, adopted) SELECT ?1, "
			"(SELECT ifnull(max(seq), 0) + 1 FROM ledger), ?2, ?3, ?4, ?5, ?6, ?7, ?8",
			&stmt, err));
	db_new_run_id(chain_id);
	machine_host(host);
	sql_bind_text(stmt, 1, chain_id);
	sqlite3_bind_int64(stmt, 2, clock_utc_ms());
	sql_bind_text(stmt, 3, host);
	sql_bind_text(stmt, 4, machine_digest(machine) ? machine : NULL);
	sql_bind_text(stmt, 5, chain->after_chain);
	sql_bind_text(stmt, 6, chain->operator_name);
	sql_bind_text(stmt, 7, chain->reason);
	sqlite3_bind_int64(stmt, 8, chain->adopted);
	enum status st = sql_run(db, stmt, err);
	sqlite3_finalize(stmt);
	return st ? st : ledger_append(db, "chain", chain_id, err);
}

static enum status begin_next_chain(struct db *db, const char *operator_name, const char *reason,
				    struct err *err)
{
	struct ledger_head head;

	TRY(ledger_head(db, &head, err));
	/* First of all the chain: what comes before it would be of the old one, and differ. */
	TRY(begin_chain(db,
			&(struct chain){ .after_chain = head.chain_id,
					 .operator_name = operator_name,
					 .reason = reason },
			err));
	return fact_operator(db, operator_name, clock_utc_ms(), err);
}

enum status ledger_begin_chain(struct db *db, const char *operator_name, const char *reason,
			       struct err *err)
{
	int lock_fd = -1;

	if (db->lock_fd < 0) /* no station shall be in the midst of its work */
		TRY(lock_take(db->path, &lock_fd, err));
	enum status st = sql_exec(db, "BEGIN IMMEDIATE", err);
	if (!st) {
		st = begin_next_chain(db, operator_name, reason, err);
		if (!st)
			st = sql_exec(db, "COMMIT", err);
		if (st)
			sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	}
	if (lock_fd >= 0)
		close(lock_fd);
	return st;
}

/* ---- facts that are older than the ledger ---- */

/* "SELECT <rank>, <ref> FROM ... ORDER BY time": the sorter has read all before the first row
 * comes out, so that entries may be inserted meanwhile. */
static char *old_facts_sql(void)
{
	sqlite3_str *text = sqlite3_str_new(NULL);
	const char *glue = "SELECT rank, ref FROM (";
	size_t count;
	const struct ledger_kind *kinds = ledger_kinds(&count);

	for (size_t i = 0; i < count; i++) {
		if (!kinds[i].adopt_time_sql)
			continue;
		sqlite3_str_appendf(text, "%sSELECT %s AS at, %d AS rank, %s AS ref FROM \"%w\"",
				    glue, kinds[i].adopt_time_sql, (int)i, kinds[i].ref_sql,
				    kinds[i].name);
		glue = " UNION ALL ";
	}
	sqlite3_str_appendall(text, ") ORDER BY at, rank, ref");
	return sqlite3_str_finish(text);
}

static enum status count_old_facts(struct db *db, int64_t *count, struct err *err)
{
	size_t kind_count;
	const struct ledger_kind *kinds = ledger_kinds(&kind_count);
	char sql[100];

	*count = 0;
	for (size_t i = 0; i < kind_count; i++) {
		int64_t rows;

		if (!kinds[i].adopt_time_sql)
			continue;
		sqlite3_snprintf(sizeof(sql), sql, "SELECT count(*) FROM \"%w\"", kinds[i].name);
		TRY(sql_integer(db, sql, &rows, err));
		*count += rows;
	}
	return STATUS_OK;
}

static enum status adopt_all(struct db *db, struct err *err)
{
	const struct ledger_kind *kinds = ledger_kinds(&(size_t){ 0 });
	char *sql = old_facts_sql();
	enum status st = STATUS_OK;
	sqlite3_stmt *stmt;
	int rc = SQLITE_DONE;

	if (!sql)
		return sql_fail_at(db->path, SQLITE_NOMEM, NULL, err);
	st = sql_prepare(db, sql, &stmt, err);
	sqlite3_free(sql);
	TRY(st);
	while (!st && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		st = ledger_append(db, kinds[sqlite3_column_int(stmt, 0)].name,
				   (const char *)sqlite3_column_text(stmt, 1), err);
	if (!st && rc != SQLITE_DONE)
		st = sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

enum status ledger_begin(struct db *db, struct err *err)
{
	struct chain first = { .adopted = 0 };

	TRY(count_old_facts(db, &first.adopted, err));
	TRY(begin_chain(db, &first, err));
	return first.adopted ? adopt_all(db, err) : STATUS_OK;
}
