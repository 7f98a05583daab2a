#include "db/damage.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INTERRUPT_AGAIN_NS 10000000

const char *damage_last_line(const char *text)
{
	const char *newline = strrchr(text, '\n');

	return newline ? newline + 1 : text;
}

/* One check, which answers with "ok" or with the first thing that is wrong. */
static enum status check(struct db *db, const char *pragma, struct err *err)
{
	sqlite3_stmt *stmt;
	enum status st = STATUS_OK;

	TRY(sql_prepare(db, pragma, &stmt, err));
	int rc = sqlite3_step(stmt);
	const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
	if (rc != SQLITE_ROW)
		st = sql_fail(db, rc, err);
	else if (!text || strcmp(text, "ok"))
		st = sql_fail_at(db->path, SQLITE_CORRUPT, text ? damage_last_line(text) : NULL,
				 err);
	sqlite3_finalize(stmt);
	return st;
}

/* ---- the newest part ---- */

/* Text and all: reading a value reads every page that it stands on. */
static const char newest_entries[] = "SELECT sum(length(body)) FROM "
				     "(SELECT body FROM ledger ORDER BY seq DESC LIMIT 1000)";
/* clang-format off */
static const char newest_runs[] =
	"SELECT sum(length(usb_path)) + sum(length(detail)) + sum(length(evidence))"
	" + sum((SELECT length(text) FROM unit_log WHERE unit_log.run_id = r.run_id))"
	" + sum((SELECT sum(length(note)) FROM step WHERE step.run_id = r.run_id))"
	" + sum((SELECT count(value) FROM measurement WHERE measurement.run_id = r.run_id))"
	" FROM (SELECT run_id, usb_path FROM run ORDER BY start_utc_ms DESC, run_id DESC LIMIT 300) r"
	" LEFT JOIN result USING (run_id)";
/* clang-format on */

static enum status check_newest(struct db *db, struct err *err)
{
	int64_t length;

	TRY(check(db, "PRAGMA quick_check(sqlite_schema)", err));
	TRY(sql_integer(db, newest_entries, &length, err));
	return sql_integer(db, newest_runs, &length, err);
}

enum status damage_check(struct db *db, int64_t whole_bytes, struct err *err)
{
	int64_t pages, page_bytes;

	TRY(sql_integer(db, "PRAGMA page_count", &pages, err));
	TRY(sql_integer(db, "PRAGMA page_size", &page_bytes, err));
	if (pages * page_bytes > whole_bytes)
		return check_newest(db, err);
	TRY(check(db, "PRAGMA quick_check(1)", err));
	db->is_checked = true;
	return STATUS_OK;
}

/* ---- the rest, while others work ---- */

struct damage_watch {
	struct db db; /* the thread's, but for the interrupt */
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t done;
	bool is_stopping, is_done; /* protected by mutex */
	void (*found)(void *ctx, const struct err *err);
	void *ctx;
};

static bool is_stopping(struct damage_watch *watch)
{
	pthread_mutex_lock(&watch->mutex);
	bool answer = watch->is_stopping;
	pthread_mutex_unlock(&watch->mutex);
	return answer;
}

/* A table at a time, so that the log can be emptied in between. */
static const char tables[] = "SELECT format('PRAGMA quick_check(%Q)', name) FROM sqlite_schema "
			     "WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";

static enum status check_tables(struct damage_watch *watch, struct err *err)
{
	char *checks[64];
	size_t count = 0;
	sqlite3_stmt *stmt;
	enum status st;

	TRY(sql_prepare(&watch->db, tables, &stmt, err));
	while (count < sizeof(checks) / sizeof(checks[0]) && sqlite3_step(stmt) == SQLITE_ROW)
		checks[count++] = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	st = STATUS_OK;
	for (size_t i = 0; i < count; i++) {
		if (!st && checks[i] && !is_stopping(watch))
			st = check(&watch->db, checks[i], err);
		sqlite3_free(checks[i]);
	}
	return st;
}

static void *watch_until_done(void *ctx)
{
	struct damage_watch *watch = ctx;
	struct err err;
	enum status st = check_tables(watch, &err);

	/* Busy, interrupted, no memory: that says nothing of the file. */
	if (st == STATUS_DATABASE && !is_stopping(watch) &&
	    (watch->db.last_code == SQLITE_OK || watch->db.last_code == SQLITE_CORRUPT ||
	     watch->db.last_code == SQLITE_IOERR))
		watch->found(watch->ctx, &err);
	pthread_mutex_lock(&watch->mutex);
	watch->is_done = true;
	pthread_cond_signal(&watch->done);
	pthread_mutex_unlock(&watch->mutex);
	return NULL;
}

static void release(struct damage_watch *watch)
{
	sqlite3_close(watch->db.sql);
	pthread_cond_destroy(&watch->done);
	pthread_mutex_destroy(&watch->mutex);
	free(watch->db.path);
	free(watch);
}

/* By the clock that nobody sets: one that is set back would make a short wait last for hours. */
static void init_done(pthread_cond_t *done)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(done, &attributes);
	pthread_condattr_destroy(&attributes);
}

enum status damage_watch_new(const char *path, void (*found)(void *ctx, const struct err *err),
			     void *ctx, struct damage_watch **out, struct err *err)
{
	struct damage_watch *watch = calloc(1, sizeof(*watch));
	sigset_t all, before;

	*out = NULL;
	if (!watch)
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory to check it", path);
	watch->db.path = strdup(path);
	watch->db.lock_fd = -1;
	watch->found = found;
	watch->ctx = ctx;
	pthread_mutex_init(&watch->mutex, NULL);
	init_done(&watch->done);
	int rc = watch->db.path
			 ? sqlite3_open_v2(path, &watch->db.sql,
					   SQLITE_OPEN_READONLY | SQLITE_OPEN_EXRESCODE, NULL)
			 : SQLITE_NOMEM;
	enum status st = rc == SQLITE_OK ? STATUS_OK : sql_fail_at(path, rc, NULL, err);
	/* Signals belong to the thread that expects them. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = st ? 0 : pthread_create(&watch->thread, NULL, watch_until_done, watch);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		st = err_set(err, STATUS_NO_MEMORY, "%s: no thread to check it (%s)", path,
			     strerror(failed));
	if (st) {
		release(watch);
		return st;
	}
	*out = watch;
	return STATUS_OK;
}

void damage_watch_free(struct damage_watch *watch)
{
	if (!watch)
		return;
	pthread_mutex_lock(&watch->mutex);
	watch->is_stopping = true;
	/* An interrupt only hits what is running at that moment: it may be between two checks. */
	while (!watch->is_done) {
		struct timespec until;

		sqlite3_interrupt(watch->db.sql);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += INTERRUPT_AGAIN_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&watch->done, &watch->mutex, &until);
	}
	pthread_mutex_unlock(&watch->mutex);
	pthread_join(watch->thread, NULL);
	release(watch);
}
