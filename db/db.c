#include "db/db.h"

#include "db/damage.h"
#include "db/facts.h"
#include "db/ledger/ledger_append.h"
#include "db/lock.h"
#include "db/machine.h"
#include "db/migrate.h"
#include "db/open_runs.h"
#include "db/paths.h"
#include "db/sql.h"
#include "engine/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long another program may keep the file locked (somebody's sqlite3 shell in a
 * transaction) before a statement gives up. */
#define BUSY_MS 5000

/* How long whoever makes the file, or brings it up to date, may keep others out: a decision and
 * a reader, who would do the same, and a station. Our choice: making it takes 0.1 s. */
#define BRING_UP_MS 1500
#define START_MS 500

/* In KiB. A station keeps its connections all day, and each grows to what it may keep of the file:
 * 2 MB by SQLite's own choice, which is enough to read, 4 MB for the writer. 64 MB make neither
 * commits nor reports of a million runs faster. Our choice; measured in docs/durability.md, Memory.
 */
#define CACHE_WRITER "PRAGMA cache_size = -4096"

static enum status set_up_connection(struct db *db, struct err *err)
{
	sqlite3_busy_timeout(db->sql, BUSY_MS);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return sql_exec(db, "PRAGMA recursive_triggers = ON", err);
}

static enum status connect_to(struct db *db, const char *name, int flags, struct err *err)
{
	int rc = sqlite3_open_v2(name, &db->sql,
				 flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

	return rc == SQLITE_OK ? set_up_connection(db, err) : sql_fail(db, rc, err);
}

/* ---- writers ---- */

/* The file of a backup has no write-ahead log yet. Of several who begin with it at once, SQLite
 * tells all but one that it is locked, and does not wait, because they may wait for each other. */
static int step_until_free(sqlite3_stmt *stmt)
{
	const struct deadline deadline = deadline_after_ms(&clock_monotonic, BUSY_MS);
	int rc;

	while (((rc = sqlite3_step(stmt)) & 0xff) == SQLITE_BUSY && !deadline_passed(deadline)) {
		sqlite3_reset(stmt);
		sqlite3_sleep(10);
	}
	return rc;
}

static enum status use_wal(struct db *db, struct err *err)
{
	sqlite3_stmt *stmt;
	enum status st = STATUS_OK;

	TRY(sql_prepare(db, "PRAGMA journal_mode = WAL", &stmt, err));
	int rc = step_until_free(stmt);
	if (rc != SQLITE_ROW)
		st = sql_fail(db, rc, err);
	else if (strcmp((const char *)sqlite3_column_text(stmt, 0), "wal"))
		st = err_set(
			err, STATUS_DATABASE,
			"%s: its file system cannot keep it safely (no write-ahead log): put it "
			"on a local disk, name it with --db",
			db->path);
	sqlite3_finalize(stmt);
	TRY(st);
	return sql_exec(db, "PRAGMA synchronous = FULL", err);
}

static enum status note_station(struct db *db, struct err *err)
{
	char host[HOST_BYTES], ref[24];
	sqlite3_stmt *stmt;
	enum status st;

	machine_host(host);
	st = sql_prepare(db,
			 "INSERT INTO station (host, program_version, first_seen_utc_ms) "
			 "SELECT ?1, ?2, ?3 WHERE NOT EXISTS "
			 "(SELECT 1 FROM station WHERE host = ?1 AND program_version = ?2)",
			 &stmt, err);
	TRY(st);
	sql_bind_text(stmt, 1, host);
	sql_bind_text(stmt, 2, FLASHLINE_VERSION);
	sqlite3_bind_int64(stmt, 3, clock_utc_ms());
	st = sql_run(db, stmt, err);
	sqlite3_finalize(stmt);
	TRY(st);
	bool is_new = sqlite3_changes(db->sql) > 0;

	TRY(sql_prepare(db,
			"SELECT station_id FROM station WHERE host = ?1 AND program_version = ?2",
			&stmt, err));
	sql_bind_text(stmt, 1, host);
	sql_bind_text(stmt, 2, FLASHLINE_VERSION);
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		db->station_id = sqlite3_column_int64(stmt, 0);
	else
		st = sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	TRY(st);
	snprintf(ref, sizeof(ref), "%lld", (long long)db->station_id);
	return is_new ? ledger_append(db, "station", ref, err) : STATUS_OK;
}

/* The first facts of a session, in one transaction. */
static enum status begin_session(struct db *db, struct err *err)
{
	TRY(sql_exec(db, "BEGIN IMMEDIATE", err));
	enum status st = note_station(db, err);
	if (!st)
		st = open_runs_close(db, err);
	if (!st)
		st = sql_exec(db, "COMMIT", err);
	if (st)
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return st;
}

static enum status open_writer(struct db *db, struct err *err)
{
	int64_t version;
	size_t newest;
	const char *const *rows = migration_rows(&newest);

	TRY(lock_wait(db->path, START_MS, &db->lock_fd, err));
	TRY(connect_to(db, db->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err));
	TRY(migrate_version(db, (int64_t)newest, &version, err));
	/* An older file is read whole, because it is going to be changed whole. */
	TRY(damage_check(db, version < (int64_t)newest ? INT64_MAX : DAMAGE_WHOLE_BYTES, err));
	TRY(use_wal(db, err));
	TRY(migrate(db, rows, newest, err));
	TRY(sql_exec(db, "PRAGMA foreign_keys = ON", err));
	TRY(begin_session(db, err));
	open_runs_note(db);
	return STATUS_OK;
}

/* ---- readers ---- */

/*
 * A write-ahead log needs a -shm file beside the database. Where a folder may not be
 * written (an archive, a read-only share) and no log is pending, nobody can be
 * changing the file, so it is read as it stands.
 */
static enum status connect_archive(struct db *db, struct err *err)
{
	char wal[DB_PATH_BYTES + 8];

	snprintf(wal, sizeof(wal), "%s-wal", db->path);
	if (access(wal, F_OK) == 0)
		return err_set(
			err, STATUS_DATABASE,
			"%s: its newest records are in %s, and the folder may not be written: "
			"copy both files elsewhere and read the copy",
			db->path, wal);
	sqlite3_str *name = sqlite3_str_new(NULL);
	sqlite3_str_appendall(name, "file:");
	for (const char *c = db->path; *c; c++)
		sqlite3_str_appendf(name, strchr("%?#", *c) ? "%%%02x" : "%c", *c);
	sqlite3_str_appendall(name, "?immutable=1");
	char *uri = sqlite3_str_finish(name);
	if (!uri)
		return sql_fail_at(db->path, SQLITE_NOMEM, NULL, err);
	sqlite3_close(db->sql);
	db->sql = NULL;
	enum status st = connect_to(db, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
	sqlite3_free(uri);
	return st;
}

static enum status connect_reader(struct db *db, struct err *err)
{
	TRY(connect_to(db, db->path, SQLITE_OPEN_READONLY, err));
	int rc = sqlite3_exec(db->sql, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
	if ((rc & 0xff) == SQLITE_CANTOPEN || (rc & 0xff) == SQLITE_READONLY)
		return connect_archive(db, err);
	return rc == SQLITE_OK ? STATUS_OK : sql_fail(db, rc, err);
}

/* As a writer does it, for somebody else who finds an older file, or (with SQLITE_OPEN_CREATE)
 * none, that no writer has. */
static enum status bring_up(char *path, int flags, struct err *err)
{
	struct db db = { .path = path, .lock_fd = -1 };
	size_t newest;
	const char *const *rows = migration_rows(&newest);
	enum status st = lock_wait(path, BRING_UP_MS, &db.lock_fd, err);
	int64_t version;

	if (!st)
		st = connect_to(&db, path, SQLITE_OPEN_READWRITE | flags, err);
	if (!st)
		st = migrate_version(&db, (int64_t)newest, &version, err);
	if (!st)
		st = damage_check(&db, INT64_MAX, err);
	if (!st)
		st = use_wal(&db, err);
	if (!st)
		st = migrate(&db, rows, newest, err);
	ledger_writer_free(db.ledger);
	sqlite3_close(db.sql);
	if (db.lock_fd >= 0)
		close(db.lock_fd);
	return st;
}

static enum status open_reader(struct db *db, struct err *err)
{
	int64_t version;
	size_t newest;

	migration_rows(&newest);
	TRY(connect_reader(db, err));
	TRY(migrate_version(db, (int64_t)newest, &version, err));
	if (version == (int64_t)newest)
		return STATUS_OK;
	if (version == 0)
		return err_set(err, STATUS_DATABASE,
			       "%s: is empty: 'flashline flash' writes the first record", db->path);
	sqlite3_close(db->sql);
	db->sql = NULL;
	bring_up(db->path, 0, err); /* or somebody else just did */
	TRY(connect_reader(db, err));
	TRY(migrate_version(db, (int64_t)newest, &version, err));
	if (version == (int64_t)newest)
		return STATUS_OK;
	return err_set(
		err, STATUS_DATABASE,
		"%s: was made by an older flashline (schema %lld, this program reads %zu): the "
		"next 'flashline flash' brings it up to date",
		db->path, (long long)version, newest);
}

/* ---- short writers beside a station ---- */

static enum status connect_decider(struct db *db, int64_t *version, struct err *err)
{
	size_t newest;

	migration_rows(&newest);
	TRY(connect_to(db, db->path, SQLITE_OPEN_READWRITE, err));
	return migrate_version(db, (int64_t)newest, version, err);
}

/* Makes the file, or brings it up to date, unless somebody else was quicker. */
static enum status connect_to_older(struct db *db, int64_t newest, struct err *err)
{
	int64_t version = 0;
	struct err why;
	enum status st = bring_up(db->path, SQLITE_OPEN_CREATE, &why);

	if (access(db->path, F_OK) == 0)
		TRY(connect_decider(db, &version, err));
	if (!st || version == newest)
		return STATUS_OK;
	if (err)
		*err = why;
	return st;
}

/* Without the lock, so that neither a station that works keeps it out, nor a station that
 * starts in this moment finds the database taken. */
static enum status open_decider(struct db *db, struct err *err)
{
	int64_t version = 0;
	size_t newest;

	migration_rows(&newest);
	if (access(db->path, F_OK) == 0)
		TRY(connect_decider(db, &version, err));
	if (version != (int64_t)newest) {
		sqlite3_close(db->sql);
		db->sql = NULL;
		TRY(connect_to_older(db, (int64_t)newest, err));
	}
	TRY(use_wal(db, err));
	return sql_exec(db, "PRAGMA foreign_keys = ON", err);
}

static enum status open_by_mode(struct db *db, enum db_mode mode, struct err *err)
{
	switch (mode) {
	case DB_READ:
		return open_reader(db, err);
	case DB_WRITE:
		return open_writer(db, err);
	case DB_DECIDE:
		return open_decider(db, err);
	}
	return STATUS_INTERNAL;
}

/* Where the file was changed by hand there may be no answer: 'flashline ledger verify' says so. */
static void compare_machine(struct db *db)
{
	static const char sql[] =
		"SELECT host FROM (SELECT * FROM chain ORDER BY first_seq DESC LIMIT 1) "
		"WHERE machine <> ?1";
	char machine[SHA256_TEXT_BYTES];
	sqlite3_stmt *stmt;

	if (!machine_digest(machine) || sql_prepare(db, sql, &stmt, NULL))
		return;
	sql_bind_text(stmt, 1, machine);
	const char *host = sqlite3_step(stmt) == SQLITE_ROW
				   ? (const char *)sqlite3_column_text(stmt, 0)
				   : NULL;
	if (host)
		db->other_host = strdup(host);
	sqlite3_finalize(stmt);
}

enum status db_open(const char *path, enum db_mode mode, struct db **out, struct err *err)
{
	enum status st;
	struct db *db;

	*out = NULL;
	db = calloc(1, sizeof(*db));
	if (!db)
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory for the database", path);
	db->lock_fd = -1;
	st = path_resolve(path, mode, &db->path, err);
	if (!st)
		st = open_by_mode(db, mode, err);
	if (st) {
		db_close(db);
		return st;
	}
	compare_machine(db);
	if (mode == DB_WRITE)
		sqlite3_exec(db->sql, CACHE_WRITER, NULL, NULL, NULL); /* it works without, too */
	*out = db;
	return STATUS_OK;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	if (db->station_id)
		open_runs_note_end(db);
	ledger_writer_free(db->ledger);
	sqlite3_close(db->sql);
	if (db->lock_fd >= 0)
		close(db->lock_fd); /* after the file: the next writer finds it at rest */
	free(db->other_host);
	free(db->path);
	free(db);
}

const char *db_path(const struct db *db)
{
	return db->path;
}

const char *db_other_machine(const struct db *db)
{
	return db->other_host;
}

size_t db_stopped_runs(const struct db *db)
{
	return db->stopped_runs;
}

size_t db_settled_serials(const struct db *db)
{
	return db->settled_serials;
}
