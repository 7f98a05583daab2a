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

enum status open_runs_query(struct db *db, sqlite3_stmt **stmt, struct err *err)
{
	int64_t seq = closed_up_to(db);

	TRY(sql_prepare(db, seq ? since_entry : of_all, stmt, err));
	if (seq)
		sqlite3_bind_int64(*stmt, 1, seq);
	return STATUS_OK;
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

void open_runs_note_end(struct db *db)
{
	sqlite3_stmt *stmt;
	struct err err;

	if (!closed_up_to(db) || open_runs_query(db, &stmt, &err))
		return;
	int rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	if (rc == SQLITE_DONE)
		open_runs_note(db);
}
