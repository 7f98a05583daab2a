#define _XOPEN_SOURCE 700
#include "tests/db/ledger_world.h"

#include "db/ledger/ledger_body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void copy_file(const char *from, const char *to)
{
	static char bytes[1 << 20];
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");

	assert_non_null(in);
	assert_non_null(out);
	for (size_t n; (n = fread(bytes, 1, sizeof(bytes), in)) > 0;)
		assert_int_equal(fwrite(bytes, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

int ledger_world_set_up(void **state)
{
	world_set_up(state);
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);

	world_put_each(db);
	db_close(db);
	copy_file(w->path, world_file(w, "as-it-was"));
	return 0;
}

void ledger_world_restore(const struct world *w)
{
	char log[128];

	snprintf(log, sizeof(log), "%s-wal", w->path);
	unlink(log);
	snprintf(log, sizeof(log), "%s-shm", w->path);
	unlink(log);
	copy_file(world_file(w, "as-it-was"), w->path);
}

/* ---- changing it ---- */

static void run(sqlite3 *sql, const char *statements)
{
	char *message = NULL;

	if (sqlite3_exec(sql, statements, NULL, NULL, &message))
		fail_msg("%s: %s", statements, message);
}

/* What query gives in its first column, one behind the other. */
static char *collect(sqlite3 *sql, const char *query)
{
	sqlite3_str *all = sqlite3_str_new(sql);
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_prepare_v2(sql, query, -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		sqlite3_str_appendf(all, "%s;\n", sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return sqlite3_str_finish(all);
}

void tamper(const struct world *w, const char *statements)
{
	sqlite3 *sql = world_raw(w);
	char *back = collect(sql, "SELECT sql FROM sqlite_schema WHERE type = 'trigger'");
	char *drop = collect(sql, "SELECT 'DROP TRIGGER ' || name FROM sqlite_schema "
				  "WHERE type = 'trigger'");

	run(sql, "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF;"
		 "PRAGMA synchronous = OFF; BEGIN");
	run(sql, drop);
	run(sql, statements);
	run(sql, back);
	run(sql, "COMMIT");
	sqlite3_free(back);
	sqlite3_free(drop);
	sqlite3_close(sql);
}

/* ---- looking at it ---- */

struct ledger_report verify_with(const struct world *w, const struct ledger_head *anchors,
				 size_t count)
{
	struct db *db = world_open(w, DB_READ);
	struct ledger_report report;
	struct err err;

	if (ledger_verify(db, anchors, count, NULL, NULL, &report, &err))
		fail_msg("%s", err.text);
	db_close(db);
	return report;
}

void expect_fault(const struct ledger_report *report, enum ledger_fault fault, int64_t seq,
		  const char *table, const char *part)
{
	if (report->fault != fault || report->first_bad_seq != seq ||
	    (table && strcmp(report->table, table)) || (part && !strstr(report->text, part)))
		fail_msg("got %s at %lld, table '%s', '%s'; expected %s at %lld, table '%s', '%s'",
			 ledger_fault_name(report->fault), (long long)report->first_bad_seq,
			 report->table, report->text, ledger_fault_name(fault), (long long)seq,
			 table ? table : "(any)", part ? part : "");
	assert_true(fault == LEDGER_SOUND || report->text[0]);
}

struct ledger_head head_of(const struct world *w)
{
	struct db *db = world_open(w, DB_READ);
	struct ledger_head head;
	struct err err;

	assert_int_equal(ledger_head(db, &head, &err), STATUS_OK);
	db_close(db);
	return head;
}

/* ---- sealing it anew ---- */

struct writer_anew {
	struct db db;
	struct body_reader *reader;
	sqlite3_stmt *update;
	uint8_t prev[SHA256_BYTES];
};

static void seal(struct writer_anew *a, struct ledger_entry *entry)
{
	struct body body;
	struct err err;

	assert_int_equal(
		body_read(a->reader, ledger_kind_named(entry->kind), entry->ref, &body, &err),
		STATUS_OK);
	assert_true(body.is_there);
	entry->body = body.text;
	memcpy(entry->prev, a->prev, sizeof(entry->prev));
	ledger_hash(entry, a->prev);
	sqlite3_bind_int64(a->update, 1, entry->seq);
	sqlite3_bind_text(a->update, 2, entry->body, -1, SQLITE_STATIC);
	sqlite3_bind_blob(a->update, 3, entry->prev, SHA256_BYTES, SQLITE_STATIC);
	sqlite3_bind_blob(a->update, 4, a->prev, SHA256_BYTES, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(a->update), SQLITE_DONE);
	sqlite3_reset(a->update);
}

void write_anew(const struct world *w)
{
	struct writer_anew a = { .db = { .sql = world_raw(w), .path = (char *)w->path } };
	sqlite3_stmt *read;

	char *back = collect(a.db.sql, "SELECT sql FROM sqlite_schema WHERE type = 'trigger'");
	char *drop = collect(a.db.sql, "SELECT 'DROP TRIGGER ' || name FROM sqlite_schema "
				       "WHERE type = 'trigger'");
	run(a.db.sql, "PRAGMA synchronous = OFF; BEGIN");
	run(a.db.sql, drop);
	a.reader = body_reader_new(&a.db);
	sqlite3_prepare_v2(a.db.sql, "SELECT seq, utc_ms, kind, ref FROM ledger ORDER BY seq", -1,
			   &read, NULL);
	sqlite3_prepare_v2(a.db.sql,
			   "UPDATE ledger SET body = ?2, prev = ?3, hash = ?4 WHERE seq = ?1", -1,
			   &a.update, NULL);
	while (sqlite3_step(read) == SQLITE_ROW) {
		struct ledger_entry entry = {
			.seq = sqlite3_column_int64(read, 0),
			.utc_ms = sqlite3_column_int64(read, 1),
			.kind = (const char *)sqlite3_column_text(read, 2),
			.ref = (const char *)sqlite3_column_text(read, 3),
		};
		seal(&a, &entry);
	}
	sqlite3_finalize(read);
	sqlite3_finalize(a.update);
	body_reader_free(a.reader);
	run(a.db.sql, back);
	run(a.db.sql, "COMMIT");
	sqlite3_free(back);
	sqlite3_free(drop);
	sqlite3_close(a.db.sql);
}
