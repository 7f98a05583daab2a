#include "db/open_runs.h"

#include "db/ledger/ledger.h"
#include "db/lock.h"
#include "engine/base/bytes.h"

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

enum status open_serials_query(struct db *db, sqlite3_stmt **stmt, struct err *err)
{
	return prepare(db, serials_of_all, serials_since_entry, stmt, err);
}

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
