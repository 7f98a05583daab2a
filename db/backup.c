#define _XOPEN_SOURCE 700 /* realpath */
#include "db/backup.h"

#include "db/damage.h"
#include "db/out_file.h"
#include "db/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* 1 MB between two signs of progress: our choice. */
#define PAGES_AT_ONCE 256

/* The database's header, https://www.sqlite.org/fileformat.html 1.3: which journal its last
 * writer used, 2 for the write-ahead log, and whose file it is. */
#define HEADER_BYTES 100
#define HEADER_WRITE_VERSION 18
#define HEADER_READ_VERSION 19
#define HEADER_APPLICATION_ID 68
#define VERSION_ROLLBACK 1

static enum status cannot_write(const char *path, const char *why, struct err *err)
{
	return err_set(err, STATUS_FILE, "%s: the backup cannot be written (%s)", path, why);
}

/* ---- what may stand there already ---- */

static enum status not_to_be_replaced(const char *path, const char *what, struct err *err)
{
	return err_set(err, STATUS_USAGE, "%s: %s: name another file for the backup", path, what);
}

/* Without the station's part of opening: a backup is not changed by looking at it. */
static enum status open_copy(struct db *copy, char *path, struct err *err)
{
	*copy = (struct db){ .path = path, .lock_fd = -1 };
	int rc = sqlite3_open_v2(path, &copy->sql, SQLITE_OPEN_READONLY | SQLITE_OPEN_EXRESCODE,
				 NULL);

	return rc == SQLITE_OK ? STATUS_OK : sql_fail(copy, rc, err);
}

/* Is everything that the backup holds in these records as well? */
static enum status check_is_older(struct db *db, char *path, struct err *err)
{
	struct ledger_head head;
	sqlite3_stmt *stmt = NULL;
	struct db copy;
	bool is_older = false;
	enum status st = open_copy(&copy, path, err);

	if (!st)
		st = ledger_head(&copy, &head, err);
	sqlite3_close(copy.sql);
	if (st)
		return not_to_be_replaced(path, "cannot be read as a backup of these records", err);
	TRY(sql_prepare(db, "SELECT hash = ?2 FROM ledger WHERE seq = ?1", &stmt, err));
	sqlite3_bind_int64(stmt, 1, head.seq);
	sqlite3_bind_blob(stmt, 2, head.hash, sizeof(head.hash), SQLITE_STATIC);
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		is_older = sqlite3_column_int(stmt, 0);
	st = rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	if (!st && !is_older)
		st = not_to_be_replaced(
			path, "holds records that this database does not have, so it is kept", err);
	return st;
}

static enum status check_header(const char *path, struct err *err)
{
	uint8_t header[HEADER_BYTES] = { 0 };
	FILE *file = fopen(path, "rb");

	if (!file)
		return cannot_write(path, strerror(errno), err);
	size_t size = fread(header, 1, sizeof(header), file);
	fclose(file);
	if (size < sizeof(header) || memcmp(header, "SQLite format 3", 16) != 0 ||
	    memcmp(header + HEADER_APPLICATION_ID, "FLSH", 4) != 0) /* DB_APPLICATION_ID */
		return not_to_be_replaced(path, "is there, and is no backup of Flashline", err);
	if (header[HEADER_WRITE_VERSION] != VERSION_ROLLBACK)
		return not_to_be_replaced(path, "is a database that a station works with", err);
	return STATUS_OK;
}

/* "records.db-wal" and so on belong to the database, also while they are not there. */
static enum status check_name(const struct db *db, const char *real, const char *path,
			      struct err *err)
{
	static const char *const ends[] = { "-wal", "-shm", "-journal", ".lock", ".reserve" };
	size_t length = strlen(db->path);
	bool is_part = false;

	if (strncmp(real, db->path, length) == 0)
		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
			is_part = is_part || !strcmp(real + length, ends[i]);
	return is_part ? not_to_be_replaced(path, "belongs to the database", err) : STATUS_OK;
}

static enum status check_new_name(const struct db *db, const struct out_file *f, const char *path,
				  struct err *err)
{
	char *real = realpath(f->temp_path, NULL); /* the name with seven characters more */

	if (!real)
		return cannot_write(path, strerror(errno), err);
	real[strlen(real) - strlen(".XXXXXX")] = '\0';
	enum status st = check_name(db, real, path, err);
	free(real);
	return st;
}

static enum status check_target(struct db *db, const char *path, struct err *err)
{
	struct stat info, own;
	char *real;

	if (stat(path, &info))
		return STATUS_OK; /* out_file_open says what else is wrong */
	if (S_ISDIR(info.st_mode))
		return not_to_be_replaced(path, "is a folder", err);
	if (!S_ISREG(info.st_mode))
		return not_to_be_replaced(path, "is no plain file", err);
	if (stat(db->path, &own) == 0 && own.st_dev == info.st_dev && own.st_ino == info.st_ino)
		return not_to_be_replaced(path, "is the database itself", err);
	real = realpath(path, NULL);
	if (!real)
		return cannot_write(path, strerror(errno), err);
	enum status st = check_name(db, real, path, err);
	if (!st && info.st_size) /* an empty one is mktemp's */
		st = check_header(path, err);
	if (!st && info.st_size)
		st = check_is_older(db, real, err);
	free(real);
	return st;
}

static enum status check_room(struct db *db, const char *temp_path, int64_t *size, struct err *err)
{
	struct statvfs disk;
	int64_t pages, page_bytes;

	TRY(sql_integer(db, "PRAGMA page_count", &pages, err));
	TRY(sql_integer(db, "PRAGMA page_size", &page_bytes, err));
	*size = pages * page_bytes;
	if (statvfs(temp_path, &disk))
		return STATUS_OK; /* the write itself will tell */
	double free_bytes = (double)disk.f_bavail * (double)disk.f_frsize;
	if (free_bytes >= (double)*size)
		return STATUS_OK;
	return err_set(
		err, STATUS_FILE,
		"%s: no room for the backup: %.1f MB are free there and it has %.1f MB: make "
		"room, or name a file on another disk",
		temp_path, free_bytes / 1e6, (double)*size / 1e6);
}

/* ---- the copy ---- */

struct copying {
	struct db *db;
	const char *path; /* as the user named it */
	void (*progress)(void *ctx, int64_t done, int64_t of);
	void *ctx;
};

static enum status copy_failed(const struct copying *c, sqlite3 *to, int rc, struct err *err)
{
	/* What went wrong stands with the copy, also when it was the reading. */
	const char *text = rc == sqlite3_errcode(to) ? sqlite3_errmsg(to) : sqlite3_errstr(rc);

	return (rc & 0xff) == SQLITE_CORRUPT ? sql_fail_at(c->db->path, rc, text, err)
					     : cannot_write(c->path, text, err);
}

/* One reading transaction of db's holds the moment; pages are copied as they are. */
static enum status copy_pages(const struct copying *c, const char *temp_path, struct err *err)
{
	sqlite3 *to = NULL;
	int rc = sqlite3_open_v2(temp_path, &to, SQLITE_OPEN_READWRITE, NULL);

	/* If it fails the file goes away, so nothing has to be undone; it is synced at the end. */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL,
				  NULL, NULL);
	sqlite3_backup *backup =
		rc == SQLITE_OK ? sqlite3_backup_init(to, "main", c->db->sql, "main") : NULL;
	while (backup && (rc = sqlite3_backup_step(backup, PAGES_AT_ONCE)) == SQLITE_OK) {
		int64_t of = sqlite3_backup_pagecount(backup);

		if (c->progress)
			c->progress(c->ctx, of - sqlite3_backup_remaining(backup), of);
	}
	if (backup)
		sqlite3_backup_finish(backup);
	else if (rc == SQLITE_OK)
		rc = sqlite3_errcode(to);
	enum status st = rc == SQLITE_DONE ? STATUS_OK : copy_failed(c, to, rc, err);
	sqlite3_close(to);
	return st;
}

/* The copy says that its last writer used a write-ahead log. It has none: any program shall be
 * able to read it as one file, also where it may write nothing beside it. */
static enum status make_single(const struct out_file *f, const char *path, struct err *err)
{
	static const uint8_t versions[] = { VERSION_ROLLBACK, VERSION_ROLLBACK };
	int fd = fileno(f->file);

	if (pwrite(fd, versions, sizeof(versions), HEADER_WRITE_VERSION) != sizeof(versions) ||
	    fsync(fd))
		return cannot_write(path, strerror(errno), err);
	/* What is checked next is what the disk has, as far as the system lets us. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return STATUS_OK;
}

static enum status differs(const char *path, const char *how, struct err *err)
{
	return err_set(err, STATUS_FILE,
		       "%s: no backup was made: what was written does not read back the same (%s): "
		       "check the disk, or name a file on another one",
		       path, how);
}

/* Pages are copied as they are, damage and all. */
static enum status check_damage(struct db *copy, const char *original, const char *path,
				struct err *err)
{
	sqlite3_stmt *stmt;
	enum status st = STATUS_OK;

	TRY(sql_prepare(copy, "PRAGMA quick_check(1)", &stmt, err));
	int rc = sqlite3_step(stmt);
	const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0)
					    : sqlite3_errmsg(copy->sql);
	if (rc != SQLITE_ROW || strcmp(text, "ok") != 0)
		st = err_set(err, STATUS_FILE,
			     "%s: no backup was made: the copy is damaged (%s), so %s is, or the "
			     "disk of the copy: start no run with it before 'flashline ledger "
			     "verify' says what is wrong",
			     path, damage_last_line(text), original);
	sqlite3_finalize(stmt);
	return st;
}

static enum status check_copy(const struct copying *c, char *temp_path,
			      const struct backup_report *wanted, struct err *err)
{
	const struct ledger_head *head = &wanted->head;
	struct ledger_head found;
	int64_t runs = 0;
	struct db copy;
	enum status st = open_copy(&copy, temp_path, err);

	if (!st)
		st = check_damage(&copy, c->db->path, c->path, err);
	if (!st)
		st = ledger_head(&copy, &found, err);
	if (!st)
		st = sql_integer(&copy, "SELECT count(*) FROM run", &runs, err);
	sqlite3_close(copy.sql);
	TRY(st);
	if (strcmp(found.chain_id, head->chain_id) != 0 || found.seq != head->seq ||
	    memcmp(found.hash, head->hash, sizeof(found.hash)) != 0)
		return differs(c->path, "its ledger ends with another entry", err);
	return runs == wanted->runs ? STATUS_OK : differs(c->path, "runs are missing", err);
}

static enum status copy_to_file(const struct copying *c, struct out_file *f,
				struct backup_report *report, struct err *err)
{
	TRY(sql_integer(c->db, "SELECT count(*) FROM run", &report->runs, err));
	TRY(sql_integer(c->db,
			"SELECT count(*) FROM run WHERE NOT EXISTS "
			"(SELECT 1 FROM result WHERE result.run_id = run.run_id)",
			&report->open_runs, err));
	TRY(ledger_head(c->db, &report->head, err));
	TRY(check_room(c->db, f->temp_path, &report->size_bytes, err));
	TRY(copy_pages(c, f->temp_path, err));
	TRY(make_single(f, c->path, err));
	return check_copy(c, f->temp_path, report, err);
}

/* A name that is to survive a power cut. */
static void sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

enum status backup_to(struct db *db, const char *path,
		      void (*progress)(void *ctx, int64_t done, int64_t of), void *ctx,
		      struct backup_report *report, struct err *err)
{
	const struct copying copying = { .db = db, .path = path, .progress = progress, .ctx = ctx };
	struct out_file f;
	enum status st;

	*report = (struct backup_report){ 0 };
	TRY(check_target(db, path, err));
	TRY(out_file_open(&f, path, err));
	st = check_new_name(db, &f, path, err);
	if (!st)
		st = sql_exec(db, "BEGIN", err);
	if (!st) {
		st = copy_to_file(&copying, &f, report, err);
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	}
	st = out_file_close(&f, st, err);
	if (!st)
		sync_folder(path);
	return st;
}
