#include "db/health.h"

#include "db/damage.h"
#include "db/machine.h"
#include "db/migrate.h"
#include "db/paths.h"
#include "db/room.h"
#include "db/sql.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 2000
/* The schema that brought the ledger and the chain. */
#define LEDGER_SCHEMA 4

static bool has_log(const char *path)
{
	char wal[DB_PATH_BYTES + 8];

	snprintf(wal, sizeof(wal), "%s-wal", path);
	return access(wal, F_OK) == 0;
}

/* A reader of a write-ahead log makes files beside the database. Where no log is, nobody writes,
 * and it is read as it stands. */
static enum status connect_to(struct db *db, bool is_at_rest, struct err *err)
{
	sqlite3_str *name = sqlite3_str_new(NULL);
	char *uri;
	int rc;

	sqlite3_str_appendall(name, "file:");
	for (const char *c = db->path; *c; c++)
		sqlite3_str_appendf(name, strchr("%?#", *c) ? "%%%02x" : "%c", *c);
	if (is_at_rest)
		sqlite3_str_appendall(name, "?immutable=1");
	uri = sqlite3_str_finish(name);
	if (!uri)
		return sql_fail_at(db->path, SQLITE_NOMEM, NULL, err);
	rc = sqlite3_open_v2(uri, &db->sql,
			     SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
				     SQLITE_OPEN_EXRESCODE,
			     NULL);
	sqlite3_free(uri);
	if (rc != SQLITE_OK)
		return sql_fail(db, rc, err);
	sqlite3_busy_timeout(db->sql, BUSY_MS);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return STATUS_OK;
}

static enum status read_other_host(struct db *db, struct db_health *h, struct err *err)
{
	char machine[SHA256_TEXT_BYTES];
	sqlite3_stmt *stmt;

	if (!machine_digest(machine))
		return STATUS_OK;
	TRY(sql_prepare(db,
			"SELECT host FROM (SELECT * FROM chain ORDER BY first_seq DESC LIMIT 1) "
			"WHERE machine <> ?1",
			&stmt, err));
	sql_bind_text(stmt, 1, machine);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		snprintf(h->other_host, sizeof(h->other_host), "%s",
			 (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return STATUS_OK;
}

static enum status read_all(struct db *db, struct db_health *h, struct err *err)
{
	size_t newest;

	migration_rows(&newest);
	h->newest = (int64_t)newest;
	TRY(migrate_version(db, h->newest, &h->schema, err));
	if (h->schema == 0)
		return STATUS_OK;
	/* Of an older schema the parts are called otherwise: all of it, then. */
	TRY(damage_check(db, h->schema < h->newest ? INT64_MAX : DAMAGE_WHOLE_BYTES, err));
	h->is_checked_whole = db->is_checked;
	TRY(sql_integer(db, "SELECT count(*) FROM run", &h->runs, err));
	TRY(sql_integer(db, "SELECT (SELECT count(*) FROM run) - (SELECT count(*) FROM result)",
			&h->open_runs, err));
	TRY(sql_integer(db, "SELECT coalesce(max(start_utc_ms), 0) FROM run", &h->last_utc_ms,
			err));
	if (h->schema < LEDGER_SCHEMA)
		return STATUS_OK;
	TRY(ledger_head(db, &h->head, err));
	/* The newest by number: what was adopted or written under a wrong clock may be later. */
	TRY(sql_integer(db, "SELECT utc_ms FROM ledger ORDER BY seq DESC LIMIT 1", &h->last_utc_ms,
			err));
	return read_other_host(db, h, err);
}

static enum status look(char *path, bool is_at_rest, struct db_health *h, struct err *err)
{
	struct db db = { .path = path, .lock_fd = -1 };
	enum status st = connect_to(&db, is_at_rest, err);

	if (!st)
		st = read_all(&db, h, err);
	sqlite3_close(db.sql);
	return st;
}

enum status db_health(const char *path, struct db_health *health, struct err *err)
{
	bool is_at_rest;
	struct stat info;
	enum status st;
	char *real;

	*health = (struct db_health){ .is_there = false };
	if (stat(path, &info) && errno == ENOENT)
		return STATUS_OK;
	TRY(path_resolve(path, DB_READ, &real, err));
	health->is_there = true;
	health->size_bytes = stat(real, &info) == 0 ? info.st_size : 0;
	is_at_rest = !has_log(real);
	st = look(real, is_at_rest, health, err);
	/* A station began to write in that moment: what was read may be of two states. */
	if (is_at_rest && has_log(real)) {
		*health = (struct db_health){ .is_there = true, .size_bytes = info.st_size };
		st = look(real, false, health, err);
	}
	free(real);
	return st;
}

int64_t db_room_needed(const char *path)
{
	char reserve[DB_PATH_BYTES + 16];

	snprintf(reserve, sizeof(reserve), "%s.reserve", path);
	return ROOM_FREE_BYTES + (access(reserve, F_OK) == 0 ? 0 : ROOM_RESERVE_BYTES);
}
