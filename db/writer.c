#include "db/writer.h"

#include "db/damage.h"
#include "db/facts.h"
#include "db/record_copy.h"
#include "db/room.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Several times the slots of a large station: full only when the disk stalls. */
#define QUEUE_MAX 256

struct fact {
	struct fact *next;
	const struct record_run *run; /* one of the three; none: whether a run would be taken */
	const struct record_result *result;
	const void *record; /* of this kind */
	enum record_kind kind;
	struct writer_done done;
	bool is_copy;             /* result and the fact itself are the writer's to free */
	bool is_database_failure; /* not just this one fact refused */
	enum status st;
	struct err err;
};

struct writer {
	struct db *db; /* the thread's alone */
	pthread_t thread;
	pthread_mutex_t mutex; /* protects all below */
	pthread_cond_t work;   /* facts wait, or it is time to stop */
	pthread_cond_t room;   /* the queue is no longer full */
	struct fact *first, **end;
	size_t count;
	bool is_stopping;
	struct err lost;             /* status is STATUS_OK until a result was lost */
	struct err locked;           /* status is STATUS_OK unless results wait for the file */
	struct damage_watch *damage; /* NULL: the file was read whole before */
};

/* ---- the thread ---- */

/* The disk is full, or says so in another way (a quota, a limit): it is worth a try with more
 * room. */
static bool lacks_room(const struct db *db)
{
	return db->last_code == SQLITE_FULL || db->last_code == SQLITE_IOERR;
}

/* A unit is not touched before there is room for its result as well. */
static enum status store_run(struct db *db, const struct record_run *run, struct err *err)
{
	TRY(room_for_run(db, err));
	return fact_run(db, run, err);
}

static enum status store_one(struct db *db, const struct fact *fact, struct err *err)
{
	if (fact->run)
		return store_run(db, fact->run, err);
	if (fact->result)
		return fact_result(db, fact->result, err);
	if (fact->record)
		return fact_put(db, fact->kind, fact->record, err);
	return room_for_run(db, err);
}

/* A fact that fails takes only itself out of the transaction. STATUS_OK unless the
 * whole transaction is gone. */
static enum status store_fact(struct db *db, struct fact *fact, struct err *err)
{
	TRY(sql_exec(db, "SAVEPOINT fact", err));
	fact->st = store_one(db, fact, &fact->err);
	if (fact->st) {
		fact->is_database_failure = db->last_code != SQLITE_CONSTRAINT;
		if (sqlite3_get_autocommit(db->sql)) {
			*err = fact->err;
			return fact->st;
		}
		TRY(sql_exec(db, "ROLLBACK TO fact", err));
	}
	return sql_exec(db, "RELEASE fact", err);
}

/* What is committed to a file that was moved or deleted is nowhere to be found: SQLite does not
 * look in write-ahead mode. */
static enum status check_is_in_place(struct db *db, struct err *err)
{
	int has_moved = 0;

	sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
	if (!has_moved)
		return STATUS_OK;
	return err_set(
		err, STATUS_DATABASE,
		"%s: was moved or deleted while it was in use: bring it back, then start again",
		db->path);
}

/* Everything but the COMMIT. *is_full: some of it failed for want of room. */
static enum status put_facts(struct db *db, struct fact *facts, bool *is_full, struct err *err)
{
	enum status st;

	*is_full = false;
	err_clear(err);
	st = sql_exec(db, "BEGIN IMMEDIATE", err);
	for (struct fact *fact = facts; fact && !st; fact = fact->next) {
		fact->st = STATUS_OK;
		fact->is_database_failure = false;
		err_clear(&fact->err);
		db->last_code = SQLITE_OK;
		st = store_fact(db, fact, err);
		*is_full = *is_full || (fact->st && lacks_room(db));
	}
	if (!st)
		st = check_is_in_place(db, err);
	*is_full = *is_full || (st && lacks_room(db));
	return st;
}

static enum status commit(struct db *db, bool *is_full, struct err *err)
{
	enum status st = sql_exec(db, "COMMIT", err);

	*is_full = st && lacks_room(db);
	return st;
}

/* All facts in one transaction, once more with the room of the reserve when it does not fit; each
 * knows afterwards what became of it. False: none is stored, because another program keeps the
 * file locked. */
static bool store_facts(struct db *db, struct fact *facts)
{
	bool is_full, is_stored = false;
	struct err err;
	enum status st = put_facts(db, facts, &is_full, &err);

	if (!st && !is_full) {
		st = commit(db, &is_full, &err);
		is_stored = !st;
	}
	if (is_full && room_give_back(db)) {
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
		st = put_facts(db, facts, &is_full, &err);
	}
	if (!st && !is_stored)
		st = commit(db, &is_full, &err);
	if (!st)
		return true;
	bool is_locked = db->last_code == SQLITE_BUSY;
	sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	for (struct fact *fact = facts; fact; fact = fact->next) {
		if (fact->st)
			continue; /* it has its own reason */
		fact->st = st;
		fact->err = err;
		fact->is_database_failure = true;
	}
	return !is_locked;
}

struct fact_list { /* in order */
	struct fact *first, **end;
};

static void list_add(struct fact_list *list, struct fact *fact)
{
	fact->next = NULL;
	if (!list->first)
		list->end = &list->first;
	*list->end = fact;
	list->end = &fact->next;
}

/* Another program keeps the file locked: results go back to the front of the queue, because nobody
 * was told of them yet, and late is better than lost. Everything else is refused: nothing was done
 * to those units. At the end of the writer nobody can wait. */
static struct fact *keep_results(struct writer *w, struct fact *facts)
{
	struct fact_list kept = { .first = NULL }, refused = { .first = NULL };

	pthread_mutex_lock(&w->mutex);
	for (struct fact *fact = facts, *next; fact; fact = next) {
		bool is_kept = fact->result && !w->is_stopping;

		next = fact->next;
		list_add(is_kept ? &kept : &refused, fact);
		if (!is_kept)
			continue;
		w->locked = fact->err;
		w->count++;
	}
	if (kept.first) {
		*kept.end = w->first;
		w->end = w->first ? w->end : kept.end;
		w->first = kept.first;
	}
	pthread_mutex_unlock(&w->mutex);
	return refused.first;
}

static void note_not_locked(struct writer *w)
{
	pthread_mutex_lock(&w->mutex);
	err_clear(&w->locked);
	pthread_mutex_unlock(&w->mutex);
}

static void note_losses(struct writer *w, const struct fact *facts)
{
	pthread_mutex_lock(&w->mutex);
	for (const struct fact *fact = facts; fact; fact = fact->next)
		if (fact->result && fact->st && fact->is_database_failure && !w->lost.status)
			w->lost = fact->err;
	pthread_mutex_unlock(&w->mutex);
}

/* Whoever waits may take a fact that is not a copy away as soon as it was told. */
static void tell_all(struct fact *facts)
{
	for (struct fact *fact = facts, *next; fact; fact = next) {
		bool is_copy = fact->is_copy;

		next = fact->next;
		if (fact->done.call)
			fact->done.call(fact->done.ctx, fact->st, &fact->err);
		if (is_copy) {
			free((void *)fact->result);
			free(fact);
		}
	}
}

/* All that waits; blocks until there is something. NULL: time to stop. */
static struct fact *take_facts(struct writer *w)
{
	pthread_mutex_lock(&w->mutex);
	while (!w->first && !w->is_stopping)
		pthread_cond_wait(&w->work, &w->mutex);
	struct fact *facts = w->first;
	w->first = NULL;
	w->end = &w->first;
	w->count = 0;
	pthread_cond_broadcast(&w->room);
	pthread_mutex_unlock(&w->mutex);
	return facts;
}

static void *write_until_stopped(void *ctx)
{
	struct writer *w = ctx;
	struct fact *facts;

	while ((facts = take_facts(w))) {
		if (store_facts(w->db, facts))
			note_not_locked(w);
		else
			facts = keep_results(w, facts);
		note_losses(w, facts);
		tell_all(facts);
	}
	return NULL;
}

/* ---- its owner ---- */

static int start_thread(struct writer *w)
{
	sigset_t all, before;
	int failed;

	/* Signals belong to the thread that expects them. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&w->thread, NULL, write_until_stopped, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

/* Found while runs go on: those are finished, as far as it works, and no other starts. */
static void note_damage(void *ctx, const struct err *err)
{
	struct writer *w = ctx;

	pthread_mutex_lock(&w->mutex);
	if (!w->lost.status)
		w->lost = *err;
	pthread_mutex_unlock(&w->mutex);
}

static void release(struct writer *w)
{
	damage_watch_free(w->damage);
	room_leave(w->db);
	pthread_cond_destroy(&w->room);
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}

enum status writer_new(struct db *db, struct writer **out, struct err *err)
{
	struct writer *w = calloc(1, sizeof(*w));
	int failed;

	*out = NULL;
	assert(db->lock_fd >= 0); /* opened with DB_WRITE */
	if (!w)
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory for the writer", db_path(db));
	if (room_for_run(db, err)) {
		free(w);
		return err->status;
	}
	w->db = db;
	w->end = &w->first;
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->work, NULL);
	pthread_cond_init(&w->room, NULL);
	if (!db->is_checked && damage_watch_new(db->path, note_damage, w, &w->damage, err)) {
		release(w);
		return err->status;
	}
	failed = start_thread(w);
	if (failed) {
		release(w);
		return err_set(err, STATUS_NO_MEMORY, "%s: no thread for the writer (%s)",
			       db_path(db), strerror(failed));
	}
	*out = w;
	return STATUS_OK;
}

void writer_free(struct writer *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->mutex);
	w->is_stopping = true;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->mutex);
	pthread_join(w->thread, NULL);
	release(w);
}

/* ---- everyone else ---- */

static void queue_fact(struct writer *w, struct fact *fact)
{
	pthread_mutex_lock(&w->mutex);
	while (w->count >= QUEUE_MAX)
		pthread_cond_wait(&w->room, &w->mutex);
	*w->end = fact;
	w->end = &fact->next;
	w->count++;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->mutex);
}

struct waiter {
	pthread_mutex_t mutex;
	pthread_cond_t told;
	bool is_told; /* protected by mutex, like the two below */
	enum status st;
	struct err err;
};

static void wake_waiter(void *ctx, enum status st, const struct err *err)
{
	struct waiter *waiter = ctx;

	pthread_mutex_lock(&waiter->mutex);
	waiter->st = st;
	waiter->err = *err;
	waiter->is_told = true;
	pthread_cond_signal(&waiter->told);
	pthread_mutex_unlock(&waiter->mutex);
}

/* The caller's record lives until this returns, so nothing is copied. */
static enum status queue_and_wait(struct writer *w, struct fact *fact, struct err *err)
{
	struct waiter waiter = { .is_told = false };

	pthread_mutex_init(&waiter.mutex, NULL);
	pthread_cond_init(&waiter.told, NULL);
	fact->done = (struct writer_done){ .call = wake_waiter, .ctx = &waiter };
	queue_fact(w, fact);
	pthread_mutex_lock(&waiter.mutex);
	while (!waiter.is_told)
		pthread_cond_wait(&waiter.told, &waiter.mutex);
	pthread_mutex_unlock(&waiter.mutex);
	pthread_cond_destroy(&waiter.told);
	pthread_mutex_destroy(&waiter.mutex);
	if (waiter.st && err)
		*err = waiter.err;
	return waiter.st;
}

enum status writer_put_run(struct writer *w, const struct record_run *run, struct err *err)
{
	struct fact fact = { .run = run };

	if (!writer_is_sound(w, err))
		return err ? err->status : STATUS_DATABASE;
	return queue_and_wait(w, &fact, err);
}

enum status writer_takes_runs(struct writer *w, struct err *err)
{
	struct fact question = { .run = NULL };

	if (!writer_is_sound(w, err))
		return err ? err->status : STATUS_DATABASE;
	return queue_and_wait(w, &question, err);
}

enum status writer_put_result(struct writer *w, const struct record_result *result, struct err *err)
{
	struct fact fact = { .result = result };

	return queue_and_wait(w, &fact, err);
}

enum status writer_put(struct writer *w, enum record_kind kind, const void *record, struct err *err)
{
	struct fact fact = { .record = record, .kind = kind };

	return queue_and_wait(w, &fact, err);
}

enum status writer_queue_result(struct writer *w, const struct record_result *result,
				struct writer_done done, struct err *err)
{
	struct fact *fact = calloc(1, sizeof(*fact));
	struct record_result *copy = fact ? record_result_copy(result) : NULL;

	if (!copy) {
		free(fact);
		return err_set(err, STATUS_NO_MEMORY, "run %s: no memory to queue its result",
			       result->run_id);
	}
	*fact = (struct fact){ .result = copy, .done = done, .is_copy = true };
	queue_fact(w, fact);
	return STATUS_OK;
}

/* Is there nothing to say? Else what it is. trouble is one of w's own. */
static bool is_quiet(struct writer *w, const struct err *trouble, struct err *err)
{
	pthread_mutex_lock(&w->mutex);
	bool is_quiet = !trouble->status;
	if (!is_quiet && err)
		*err = *trouble;
	pthread_mutex_unlock(&w->mutex);
	return is_quiet;
}

bool writer_is_sound(struct writer *w, struct err *err)
{
	return is_quiet(w, &w->lost, err);
}

bool writer_waits(struct writer *w, struct err *err)
{
	return !is_quiet(w, &w->locked, err);
}
