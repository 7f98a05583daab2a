/*
 * Everything against everything: the entries among themselves, each with the record that it
 * is of, then whether a record is there that no entry is of, then what was told outside.
 */
#include "db/damage.h"
#include "db/ledger/ledger_body.h"
#include "db/ledger/ledger_diff.h"
#include "db/ledger/ledger_read.h"
#include "db/ledger/ledger_schema.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_ENTRIES 4096

struct verifier {
	struct db *db;
	struct body_reader *reader;
	struct ledger_head *anchors; /* in order of their numbers */
	size_t anchor_count, next_anchor;
	struct ledger_report *report;
	int64_t entries[LEDGER_KINDS_MAX]; /* so far, of each kind */
	int64_t child_rows[LEDGER_KINDS_MAX][LEDGER_CHILDREN_MAX];
	uint8_t prev[SHA256_BYTES]; /* hash of the last entry */
	char chain_id[37];          /* in force at the last entry */
};

/* The first thing that is wrong ends the search. */
__attribute__((format(printf, 5, 6))) static void found(struct verifier *v, enum ledger_fault fault,
							const char *table, const char *ref,
							const char *format, ...)
{
	struct ledger_report *report = v->report;
	va_list args;

	if (report->fault)
		return;
	report->fault = fault;
	snprintf(report->table, sizeof(report->table), "%s", table ? table : "");
	snprintf(report->ref, sizeof(report->ref), "%s", ref ? ref : "");
	va_start(args, format);
	vsnprintf(report->text, sizeof(report->text), format, args);
	va_end(args);
}

static void found_at(struct verifier *v, int64_t seq)
{
	v->report->first_bad_seq = seq;
}

/* ---- an entry and the one before ---- */

static void check_link(struct verifier *v, const struct ledger_entry *entry)
{
	int64_t expected = v->report->entries + 1;
	uint8_t hash[SHA256_BYTES];
	long long seq = entry->seq;

	ledger_hash(entry, hash);
	if (entry->seq > expected)
		found(v, LEDGER_ENTRY_MISSING, NULL, NULL,
		      "entry %lld is missing: %lld comes behind %lld", (long long)expected, seq,
		      (long long)expected - 1);
	else if (entry->seq < expected)
		found(v, LEDGER_CHAIN_BROKEN, NULL, NULL,
		      "entry %lld: there is no such number: the first is 1", seq);
	else if (memcmp(entry->prev, v->prev, sizeof(v->prev)) != 0)
		found(v, LEDGER_CHAIN_BROKEN, NULL, NULL,
		      "entry %lld does not follow entry %lld: it was made behind another one", seq,
		      seq - 1);
	else if (memcmp(entry->hash, hash, sizeof(hash)) != 0)
		found(v, LEDGER_ENTRY_CHANGED, NULL, NULL,
		      "entry %lld is not what it was: its hash is of another text", seq);
	if (v->report->fault)
		found_at(v, entry->seq > expected ? expected : entry->seq);
}

/* ---- an entry and its record ---- */

/* Where the entry itself was changed, its record tells what. */
static void name_change(struct verifier *v, const struct ledger_entry *entry,
			const struct body *body)
{
	struct ledger_report *report = v->report;
	size_t len = strlen(report->text);
	char difference[300];

	snprintf(report->table, sizeof(report->table), "%s", entry->kind);
	snprintf(report->ref, sizeof(report->ref), "%s", entry->ref);
	if (body->is_there && strcmp(body->text, entry->body) != 0 &&
	    ledger_diff(entry->body, body->text, difference, sizeof(difference)))
		snprintf(report->text + len, sizeof(report->text) - len,
			 "; %s (was: in the entry, is: in its record)", difference);
}

static void check_record(struct verifier *v, const struct ledger_entry *entry,
			 const struct body *body)
{
	long long seq = entry->seq;
	char difference[300];

	if (!body->is_there) {
		found(v, LEDGER_ROW_MISSING, entry->kind, entry->ref,
		      "%s %.80s: entry %lld is there, the record is not: it was deleted, or its "
		      "key was changed",
		      entry->kind, entry->ref, seq);
	} else if (strcmp(body->text, entry->body) != 0) {
		ledger_diff(entry->body, body->text, difference, sizeof(difference));
		found(v, LEDGER_ROW_CHANGED, entry->kind, entry->ref,
		      "%s %.80s differs from entry %lld: %s", entry->kind, entry->ref, seq,
		      difference);
	}
	if (v->report->fault)
		found_at(v, entry->seq);
}

/* ---- what was told outside ---- */

static void check_anchor(struct verifier *v, const struct ledger_entry *entry)
{
	for (; v->next_anchor < v->anchor_count; v->next_anchor++) {
		const struct ledger_head *anchor = &v->anchors[v->next_anchor];

		if (anchor->seq > entry->seq)
			break;
		if (anchor->seq < 1) /* of a ledger that was empty */
			continue;
		if (strcmp(anchor->chain_id, v->chain_id) == 0 &&
		    memcmp(anchor->hash, entry->hash, sizeof(entry->hash)) == 0)
			continue;
		found(v, LEDGER_ANCHOR_DIFFERS, NULL, NULL,
		      "entry %lld of chain %s is not the one that the anchor tells of (chain %s): "
		      "the ledger was written anew, or this one is not its continuation",
		      (long long)entry->seq, v->chain_id, anchor->chain_id);
		found_at(v, entry->seq);
	}
}

static void check_anchors_beyond(struct verifier *v)
{
	if (v->next_anchor < v->anchor_count) {
		const struct ledger_head *anchor = &v->anchors[v->next_anchor];

		found(v, LEDGER_TAIL_CUT, NULL, NULL,
		      "the ledger ends with entry %lld, but entry %lld was told: what is behind "
		      "%lld "
		      "was cut off, or an older copy was brought back",
		      (long long)v->report->entries, (long long)anchor->seq,
		      (long long)v->report->entries);
		found_at(v, v->report->entries + 1);
	}
}

/* ---- the walk ---- */

/* From its own entry on a chain is in force. */
static enum status note_chain(struct verifier *v, const struct ledger_entry *entry, struct err *err)
{
	sqlite3_stmt *stmt;

	TRY(sql_prepare(v->db, "SELECT first_seq, adopted FROM chain WHERE chain_id = ?1", &stmt,
			err));
	sql_bind_text(stmt, 1, entry->ref);
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		if (sqlite3_column_int64(stmt, 0) != entry->seq) {
			found(v, LEDGER_CHAIN_BROKEN, "chain", entry->ref,
			      "chain %.80s says that it begins with entry %lld, and begins with "
			      "entry %lld",
			      entry->ref, (long long)sqlite3_column_int64(stmt, 0),
			      (long long)entry->seq);
			found_at(v, entry->seq);
		}
		v->report->adopted += sqlite3_column_int64(stmt, 1);
	}
	sqlite3_finalize(stmt);
	snprintf(v->chain_id, sizeof(v->chain_id), "%s", entry->ref);
	return STATUS_OK;
}

static enum status check_entry(struct verifier *v, const struct ledger_entry *entry,
			       struct err *err)
{
	const struct ledger_kind *kind = ledger_kind_named(entry->kind);
	struct body body = { .is_there = false };

	check_link(v, entry);
	if (kind)
		TRY(body_read(v->reader, kind, entry->ref, &body, err));
	if (v->report->fault == LEDGER_ENTRY_CHANGED && kind)
		name_change(v, entry, &body);
	if (v->report->fault)
		return STATUS_OK;
	v->report->entries = entry->seq;
	memcpy(v->prev, entry->hash, sizeof(v->prev));
	if (!kind || (entry->seq == 1 && strcmp(entry->kind, "chain"))) {
		found(v, LEDGER_CHAIN_BROKEN, NULL, NULL, "entry %lld is of the kind '%.40s': %s",
		      (long long)entry->seq, entry->kind,
		      kind ? "a ledger begins with its chain" : "there is none of that name");
		found_at(v, entry->seq);
		return STATUS_OK;
	}
	check_record(v, entry, &body);
	if (strcmp(entry->kind, "chain") == 0)
		TRY(note_chain(v, entry, err));
	check_anchor(v, entry);
	size_t number = (size_t)(kind - ledger_kinds(&(size_t){ 0 }));
	v->entries[number]++;
	for (size_t i = 0; i < kind->child_count; i++)
		v->child_rows[number][i] += body.child_rows[i];
	v->report->records++;
	return STATUS_OK;
}

static enum status walk(struct verifier *v, void (*progress)(void *ctx, int64_t done, int64_t of),
			void *ctx, struct err *err)
{
	int64_t of = v->report->head.seq;
	enum status st = STATUS_OK;
	sqlite3_stmt *stmt;
	int rc = SQLITE_DONE;

	TRY(sql_prepare(v->db, "SELECT " LEDGER_COLUMNS " FROM ledger ORDER BY seq", &stmt, err));
	while (!st && !v->report->fault && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct ledger_entry entry;

		ledger_read_entry(stmt, &entry);
		st = check_entry(v, &entry, err);
		if (progress && entry.seq % PROGRESS_ENTRIES == 0)
			progress(ctx, entry.seq, of);
	}
	if (!st && rc != SQLITE_ROW && rc != SQLITE_DONE)
		st = sql_fail(v->db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

/* ---- records that no entry is of ---- */

/* The first text that sql gives, in *text; false without one. sql is freed. */
static enum status first_text(struct verifier *v, char *sql, char *text, size_t size,
			      bool *is_there, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	enum status st = sql ? sql_prepare(v->db, sql, &stmt, err)
			     : sql_fail_at(v->db->path, SQLITE_NOMEM, NULL, err);

	sqlite3_free(sql);
	TRY(st);
	int rc = sqlite3_step(stmt);
	*is_there = rc == SQLITE_ROW;
	if (*is_there) {
		const char *value = (const char *)sqlite3_column_text(stmt, 0);

		snprintf(text, size, "%s", value ? value : "");
	}
	st = rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK : sql_fail(v->db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

/* All rows, not an index over them: it could leave some out. */
static enum status count_rows(struct verifier *v, const char *table, int64_t *count,
			      struct err *err)
{
	char sql[100];

	sqlite3_snprintf(sizeof(sql), sql, "SELECT count(*) FROM \"%w\" NOT INDEXED", table);
	return sql_integer(v->db, sql, count, err);
}

static enum status check_rows(struct verifier *v, const struct ledger_kind *kind, int64_t entries,
			      struct err *err)
{
	char ref[200] = "";
	bool is_there;
	int64_t rows;

	TRY(count_rows(v, kind->name, &rows, err));
	if (rows == entries)
		return STATUS_OK;
	TRY(first_text(
		v,
		sqlite3_mprintf("SELECT %s FROM \"%w\" WHERE NOT EXISTS (SELECT 1 FROM ledger "
				"WHERE ref = %s AND ledger.kind = %Q) LIMIT 1",
				kind->ref_sql, kind->name, kind->ref_sql, kind->name),
		ref, sizeof(ref), &is_there, err));
	found(v, rows > entries ? LEDGER_ROW_ADDED : LEDGER_ROW_MISSING, kind->name, ref,
	      "%s %.80s: %lld records and %lld entries: %s", kind->name, ref, (long long)rows,
	      (long long)entries,
	      is_there ? "this record has no entry: it was added by hand, or the end of the "
			 "ledger was cut off"
		       : "a record has two entries");
	return STATUS_OK;
}

static enum status check_child_rows(struct verifier *v, const struct ledger_kind *kind,
				    const struct ledger_child *child, int64_t seen, struct err *err)
{
	char ref[200] = "";
	bool is_there;
	int64_t rows;

	TRY(count_rows(v, child->table, &rows, err));
	if (rows == seen)
		return STATUS_OK;
	TRY(first_text(v,
		       sqlite3_mprintf(
			       "SELECT \"%w\" FROM \"%w\" AS child WHERE NOT EXISTS (SELECT 1 FROM "
			       "\"%w\" AS parent WHERE parent.\"%w\" = child.\"%w\") LIMIT 1",
			       child->key, child->table, kind->name, kind->key, child->key),
		       ref, sizeof(ref), &is_there, err));
	found(v, LEDGER_ROW_ADDED, child->table, ref,
	      "%s of %s %.80s: was added by hand: there is no such %s", child->table, kind->name,
	      ref, kind->name);
	return STATUS_OK;
}

/* A unit is known by the result that told its MAC. */
static enum status check_units(struct verifier *v, struct err *err)
{
	char mac[80] = "";
	bool is_there;

	TRY(first_text(
		v,
		sqlite3_mprintf("SELECT mac FROM unit WHERE NOT EXISTS (SELECT 1 FROM result "
				"WHERE run_id = unit.first_run_id AND mac = unit.mac) LIMIT 1"),
		mac, sizeof(mac), &is_there, err));
	if (is_there)
		found(v, LEDGER_ROW_ADDED, "unit", mac,
		      "unit %s: no run has seen it: the result that it comes from does not tell "
		      "this MAC",
		      mac);
	return STATUS_OK;
}

/* A server that has more than we do has the rest of a ledger that was cut here. */
static enum status check_acks(struct verifier *v, struct err *err)
{
	char server[100] = "";
	bool is_there;

	TRY(first_text(v,
		       sqlite3_mprintf(
			       "SELECT server FROM outbox WHERE chain_id = %Q AND up_to_seq > %lld "
			       "LIMIT 1",
			       v->chain_id, (long long)v->report->entries),
		       server, sizeof(server), &is_there, err));
	if (!is_there)
		return STATUS_OK;
	found(v, LEDGER_TAIL_CUT, NULL, NULL,
	      "the ledger ends with entry %lld, but the server %s has confirmed more of it: its "
	      "end "
	      "was cut off, or an older copy was brought back",
	      (long long)v->report->entries, server);
	found_at(v, v->report->entries + 1);
	return STATUS_OK;
}

/* The records are all there: but a query that goes by an index sees what the index has. SQLite
 * compares each with its table. */
static enum status check_indexes(struct verifier *v, struct err *err)
{
	char first[300] = "";
	bool is_there;

	TRY(first_text(v, sqlite3_mprintf("PRAGMA integrity_check(1)"), first, sizeof(first),
		       &is_there, err));
	if (strcmp(first, "ok") != 0)
		found(v, LEDGER_INDEX_DIFFERS, NULL, NULL,
		      "every record is there, but the file does not hold together: lists and "
		      "exports may leave some out (%s)",
		      damage_last_line(first));
	return STATUS_OK;
}

static enum status check_rest(struct verifier *v, struct err *err)
{
	size_t count;
	const struct ledger_kind *kinds = ledger_kinds(&count);

	for (size_t i = 0; i < count && !v->report->fault; i++) {
		TRY(check_rows(v, &kinds[i], v->entries[i], err));
		for (size_t k = 0; k < kinds[i].child_count && !v->report->fault; k++)
			TRY(check_child_rows(v, &kinds[i], &kinds[i].children[k],
					     v->child_rows[i][k], err));
	}
	TRY(check_units(v, err));
	check_anchors_beyond(v);
	TRY(check_acks(v, err));
	return v->report->fault ? STATUS_OK : check_indexes(v, err);
}

/* ---- all of it ---- */

static void found_in_schema(struct verifier *v, const struct schema_difference *difference)
{
	bool is_trigger = strncmp(difference->text, "trigger", 7) == 0;

	found(v, is_trigger ? LEDGER_TRIGGER_MISSING : LEDGER_SCHEMA_CHANGED, difference->name,
	      NULL, "%s", difference->text);
}

static enum status verify(struct verifier *v, void (*progress)(void *ctx, int64_t done, int64_t of),
			  void *ctx, struct err *err)
{
	struct schema_difference difference;

	TRY(schema_compare(v->db, &difference, err));
	if (difference.is_table) { /* then nobody knows what the rest means */
		found_in_schema(v, &difference);
		return STATUS_OK;
	}
	TRY(ledger_head(v->db, &v->report->head, err));
	TRY(walk(v, progress, ctx, err));
	if (!v->report->fault && !v->report->entries) {
		found(v, LEDGER_ENTRY_MISSING, NULL, NULL,
		      "the ledger is empty: every database begins with the entry of its chain");
		found_at(v, 1);
	}
	if (!v->report->fault)
		TRY(check_rest(v, err));
	if (!v->report->fault && difference.is_there)
		found_in_schema(v, &difference);
	return STATUS_OK;
}

static int by_seq(const void *a, const void *b)
{
	int64_t first = ((const struct ledger_head *)a)->seq;
	int64_t second = ((const struct ledger_head *)b)->seq;

	return (first > second) - (first < second);
}

static enum status sort_anchors(struct verifier *v, const struct ledger_head *anchors, size_t count,
				struct err *err)
{
	v->anchors = calloc(count + 1, sizeof(*anchors));
	if (!v->anchors)
		return sql_fail_at(v->db->path, SQLITE_NOMEM, NULL, err);
	if (count)
		memcpy(v->anchors, anchors, count * sizeof(*anchors));
	v->anchor_count = count;
	qsort(v->anchors, count, sizeof(*anchors), by_seq);
	return STATUS_OK;
}

enum status ledger_verify(struct db *db, const struct ledger_head *anchors, size_t anchor_count,
			  void (*progress)(void *ctx, int64_t done, int64_t of), void *ctx,
			  struct ledger_report *report, struct err *err)
{
	struct verifier v = { .db = db, .report = report };

	*report = (struct ledger_report){ .fault = LEDGER_SOUND };
	v.reader = body_reader_new(db);
	if (!v.reader)
		return sql_fail_at(db->path, SQLITE_NOMEM, NULL, err);
	enum status st = sort_anchors(&v, anchors, anchor_count, err);
	if (!st)
		st = sql_exec(db, "BEGIN", err);
	if (!st) {
		st = verify(&v, progress, ctx, err);
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	}
	body_reader_free(v.reader);
	free(v.anchors);
	return st;
}
