#include "db/open_runs.h"

#include "db/facts.h"
#include "db/ledger/ledger.h"
#include "db/ledger/ledger_append.h"
#include "db/lock.h"
#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char of_all[] = "SELECT run_id FROM run WHERE NOT EXISTS "
			     "(SELECT 1 FROM result WHERE result.run_id = run.run_id)";
static const char since_entry[] =
	"SELECT ref FROM ledger WHERE seq > ?1 AND kind = 'run' AND NOT EXISTS "
	"(SELECT 1 FROM result WHERE result.run_id = ledger.ref)";

#define OPEN_SERIAL                                                                                \
	"s.state IN ('RESERVED', 'WRITTEN') AND NOT EXISTS (SELECT 1 FROM serial_state later"      \
	" WHERE later.product = s.product AND later.serial = s.serial"                             \
	" AND later.position > s.position)"
#define SERIAL "SELECT s.product, s.serial, s.state, s.source, s.run_id, s.mac FROM "
static const char serials_of_all[] = SERIAL "serial_state s WHERE " OPEN_SERIAL;
static const char serials_since_entry[] =
	SERIAL "ledger CROSS JOIN serial_state s ON s.serial_state_id = ledger.ref"
	       " WHERE seq > ?1 AND ledger.kind = 'serial_state' AND " OPEN_SERIAL;

static bool is_in_ledger(struct db *db, int64_t seq, const char *hash_text)
{
	char hex[SHA256_TEXT_BYTES] = "";
	sqlite3_stmt *stmt;
	struct err err;

	if (sql_prepare(db, "SELECT hash FROM ledger WHERE seq = ?1", &stmt, &err))
		return false;
	sqlite3_bind_int64(stmt, 1, seq);
	if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_bytes(stmt, 0) == SHA256_BYTES)
		hex_text(sqlite3_column_blob(stmt, 0), SHA256_BYTES, hex);
	sqlite3_finalize(stmt);
	return hex[0] && !strcmp(hex, hash_text);
}

/* The number of the last entry before which all is closed; 0 unknown. */
static int64_t closed_up_to(struct db *db)
{
	char note[LOCK_NOTE_BYTES], hash[SHA256_TEXT_BYTES];
	int64_t seq;

	lock_note_read(db->lock_fd, note);
	if (sscanf(note, "closed %" SCNd64 " %64[0-9a-f]", &seq, hash) != 2)
		return 0;
	return is_in_ledger(db, seq, hash) ? seq : 0;
}

static enum status prepare(struct db *db, const char *all, const char *since, sqlite3_stmt **stmt,
			   struct err *err)
{
	int64_t seq = closed_up_to(db);

	TRY(sql_prepare(db, seq ? since : all, stmt, err));
	if (seq)
		sqlite3_bind_int64(*stmt, 1, seq);
	return STATUS_OK;
}

enum status open_runs_query(struct db *db, sqlite3_stmt **stmt, struct err *err)
{
	return prepare(db, of_all, since_entry, stmt, err);
}

static enum status open_serials_query(struct db *db, sqlite3_stmt **stmt, struct err *err)
{
	return prepare(db, serials_of_all, serials_since_entry, stmt, err);
}

/* ---- closing them ---- */

static enum status stop_run(struct db *db, sqlite3_stmt *insert, const char *run_id,
			    struct err *err)
{
	const struct status_row *row = status_row(STATUS_STATION_STOPPED);

	sql_bind_text(insert, 1, run_id);
	sql_bind_text(insert, 2, outcome_name(row->outcome));
	sql_bind_text(insert, 3, row->code);
	sql_bind_text(insert, 4, party_name(row->party));
	sql_bind_text(insert, 5,
		      "the station stopped before this run had a result; closed when a station "
		      "opened the database again");
	sqlite3_bind_int64(insert, 6, clock_utc_ms());
	TRY(sql_run(db, insert, err));
	db->stopped_runs++;
	return ledger_append(db, "result", run_id, err);
}

/* What was unknown at the power cut stays unknown: only the verdict is written. */
static enum status close_open_runs(struct db *db, struct err *err)
{
	sqlite3_stmt *open_runs, *insert = NULL;
	enum status st;
	int rc = SQLITE_DONE;

	TRY(open_runs_query(db, &open_runs, err));
	st = sql_prepare(
		db,
		"INSERT INTO result (run_id, outcome, code, party, proof, detail, end_utc_ms) "
		"SELECT run_id, ?2, ?3, ?4, 'NONE', ?5, max(?6, start_utc_ms) FROM run "
		"WHERE run_id = ?1",
		&insert, err);
	while (!st && (rc = sqlite3_step(open_runs)) == SQLITE_ROW)
		st = stop_run(db, insert, (const char *)sqlite3_column_text(open_runs, 0), err);
	if (!st && rc != SQLITE_DONE)
		st = sql_fail(db, rc, err);
	sqlite3_finalize(insert);
	sqlite3_finalize(open_runs);
	return st;
}

/* row has the columns of open_serials_query(). No byte goes out before WRITTEN is stored. */
static enum status settle_serial(struct db *db, sqlite3_stmt *row, struct err *err)
{
	const bool is_written = strcmp(sql_text(row, 2), "WRITTEN") == 0;
	const struct record_serial_state end = {
		.product = sql_text(row, 0),
		.serial = sql_text(row, 1),
		.state = is_written ? "VOID" : "RETURNED",
		.source = sql_text(row, 3),
		.run_id = (const char *)sqlite3_column_text(row, 4),
		.mac = (const char *)sqlite3_column_text(row, 5),
		.reason = "the station stopped before this was settled",
		.utc_ms = clock_utc_ms(),
	};

	db->settled_serials++;
	return fact_put(db, RECORD_SERIAL_STATE, &end, err);
}

static enum status settle_open_serials(struct db *db, struct err *err)
{
	enum status st = STATUS_OK;
	int rc = SQLITE_DONE;
	sqlite3_stmt *stmt;

	TRY(open_serials_query(db, &stmt, err));
	while (!st && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		st = settle_serial(db, stmt, err);
	if (!st && rc != SQLITE_DONE)
		st = sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

enum status open_runs_close(struct db *db, struct err *err)
{
	TRY(close_open_runs(db, err));
	return settle_open_serials(db, err);
}

/* ---- the note ---- */

void open_runs_note(struct db *db)
{
	char note[LOCK_NOTE_BYTES], hex[SHA256_TEXT_BYTES];
	struct ledger_head head;
	struct err err;

	if (ledger_head(db, &head, &err))
		return;
	hex_text(head.hash, sizeof(head.hash), hex);
	snprintf(note, sizeof(note), "closed %" PRId64 " %s", head.seq, hex);
	lock_note_write(db->lock_fd, note);
}

static bool has_none(struct db *db,
		     enum status (*query)(struct db *, sqlite3_stmt **, struct err *))
{
	sqlite3_stmt *stmt;
	struct err err;

	if (query(db, &stmt, &err))
		return false;
	int rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE;
}

void open_runs_note_end(struct db *db)
{
	if (closed_up_to(db) && has_none(db, open_runs_query) && has_none(db, open_serials_query))
		open_runs_note(db);
}
