#include "station/line/lock_keeper.h"
#include "station/threads.h"

#include "engine/base/clock.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

/* Between two looks at disk and records, and between two tries to store. */
#define LOOK_EVERY_US 2000000
/* What the thread has at the end to store what waits. */
#define END_US 5000000

struct ring { /* of orders; bounded by the locks that there can be */
	struct lock_order *orders;
	size_t first, count;
};

struct lock_keeper {
	struct lock_keeper_setup setup;
	pthread_t thread;
	pthread_mutex_t mutex; /* protects all of this block */
	pthread_cond_t work, ended;
	struct ring wanted, stored;
	struct lock_question question;
	unsigned asked; /* which question it is */
	struct lock_history *history;
	struct lock_seen seen;
	bool is_woken, is_stopping, has_ended;
	bool wants_look; /* now, not at the next time */
	bool is_left;    /* nobody waits for the thread: it releases the keeper itself */

	uint64_t look_us; /* the thread's alone: the next look */
};

static uint64_t now_us(void)
{
	return clock_now_us(&clock_monotonic);
}

/* ---- rings, with the mutex ---- */

static void ring_put(const struct lock_keeper *k, struct ring *r, const struct lock_order *order)
{
	assert(r->count < k->setup.room);
	r->orders[(r->first + r->count) % k->setup.room] = *order;
	r->count++;
}

static bool ring_take(const struct lock_keeper *k, struct ring *r, struct lock_order *order)
{
	if (r->count == 0)
		return false;
	*order = r->orders[r->first];
	r->first = (r->first + 1) % k->setup.room;
	r->count--;
	return true;
}

/* ---- the thread ---- */

static enum status store(struct lock_keeper *k, const struct lock_order *order, struct err *err)
{
	const struct record_lockout begin = {
		.lockout_id = order->lock_id,
		.code = lock_row(order->code)->code,
		.slot = order->slot < 0 ? NULL : order->slot_path,
		.detail = order->detail,
		.utc_ms = order->utc_ms,
	};
	const struct record_lockout_end end = {
		.lockout_id = order->lock_id,
		.how = order->is_override ? "OVERRIDDEN" : "CURED",
		.operator_name = order->is_override ? order->operator_name : NULL,
		.reason = order->is_override ? order->reason : NULL,
		.utc_ms = order->utc_ms,
	};

	if (order->is_end)
		return writer_put(k->setup.writer, RECORD_LOCKOUT_END, &end, err);
	return writer_put(k->setup.writer, RECORD_LOCKOUT, &begin, err);
}

static bool peek_wanted(struct lock_keeper *k, struct lock_order *order)
{
	pthread_mutex_lock(&k->mutex);
	bool has_one = k->wanted.count > 0 && !k->is_left; /* then nothing lent is there any more */
	if (has_one)
		*order = k->wanted.orders[k->wanted.first];
	pthread_mutex_unlock(&k->mutex);
	return has_one;
}

/* The first that is not taken stays the first: a lock's end never comes before its beginning. */
static void store_wanted(struct lock_keeper *k)
{
	struct lock_order order;
	struct err err;

	while (peek_wanted(k, &order)) {
		enum status st = store(k, &order, &err);
		/* What the records contradict will never be taken: they know it already. */
		bool is_done = !st || st == STATUS_USAGE;

		pthread_mutex_lock(&k->mutex);
		k->seen.has_trouble = !is_done;
		if (is_done) {
			ring_take(k, &k->wanted, &order);
			ring_put(k, &k->stored, &order);
		} else {
			k->seen.has_records = true;
			snprintf(k->seen.trouble, sizeof(k->seen.trouble), "%.*s",
				 (int)sizeof(k->seen.trouble) - 1, err.text);
		}
		pthread_mutex_unlock(&k->mutex);
		if (!is_done)
			return;
	}
}

static void look(struct lock_keeper *k)
{
	struct statvfs disk;
	struct err err = { 0 };
	bool has_disk = statvfs(db_path(k->setup.db), &disk) == 0;
	bool takes_runs = writer_takes_runs(k->setup.writer, &err) == STATUS_OK;

	pthread_mutex_lock(&k->mutex);
	k->seen.has_disk = has_disk;
	if (has_disk)
		k->seen.disk_free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	k->seen.has_records = true;
	if (!k->seen.has_trouble)
		snprintf(k->seen.trouble, sizeof(k->seen.trouble), "%.*s",
			 (int)sizeof(k->seen.trouble) - 1, takes_runs ? "" : err.text);
	pthread_mutex_unlock(&k->mutex);
}

static void answer_question(struct lock_keeper *k)
{
	struct lock_history *history = NULL;

	pthread_mutex_lock(&k->mutex);
	struct lock_question question = k->question;
	unsigned asked = k->asked;
	pthread_mutex_unlock(&k->mutex);
	if (!question.digest[0] || lock_history_read(k->setup.db, &question, &history, NULL))
		return; /* with the next look again */
	pthread_mutex_lock(&k->mutex);
	if (asked == k->asked) { /* nothing else was asked meanwhile */
		k->history = history;
		k->question.digest[0] = '\0';
		history = NULL;
	}
	pthread_mutex_unlock(&k->mutex);
	free(history);
}

static bool has_orders(const struct lock_keeper *k)
{
	return k->wanted.count > 0 && !k->seen.has_trouble;
}

/* false: the station ends, and all is stored that can be. */
static bool wait_for_work(struct lock_keeper *k)
{
	const struct timespec at = thread_time_at(k->look_us);

	pthread_mutex_lock(&k->mutex);
	while (!k->is_stopping && !k->is_woken && now_us() < k->look_us && !has_orders(k))
		pthread_cond_timedwait(&k->work, &k->mutex, &at);
	k->is_woken = false;
	bool goes_on = !k->is_stopping || has_orders(k);
	pthread_mutex_unlock(&k->mutex);
	return goes_on;
}

static void release(struct lock_keeper *k)
{
	db_close(k->setup.db);
	pthread_cond_destroy(&k->ended);
	pthread_cond_destroy(&k->work);
	pthread_mutex_destroy(&k->mutex);
	free(k->history);
	free(k->wanted.orders);
	free(k->stored.orders);
	free(k);
}

/* Not of a keeper that is left: then nothing lent is there any more. */
static bool is_time_to_look(struct lock_keeper *k)
{
	pthread_mutex_lock(&k->mutex);
	bool is_time = !k->is_left && (k->wants_look || now_us() >= k->look_us);
	k->wants_look = false;
	pthread_mutex_unlock(&k->mutex);
	return is_time;
}

static void *work(void *ctx)
{
	struct lock_keeper *k = ctx;

	while (wait_for_work(k)) {
		/* Also what was not taken before: trouble may be over. */
		store_wanted(k);
		answer_question(k);
		if (is_time_to_look(k)) {
			look(k);
			k->look_us = now_us() + LOOK_EVERY_US;
		}
	}
	pthread_mutex_lock(&k->mutex);
	bool is_left = k->is_left;
	k->has_ended = true;
	pthread_cond_signal(&k->ended);
	pthread_mutex_unlock(&k->mutex);
	if (is_left)
		release(k);
	return NULL;
}

/* ---- beginning and end ---- */

enum status lock_keeper_new(const struct lock_keeper_setup *setup, struct lock_keeper **out,
			    struct err *err)
{
	struct lock_keeper *k = calloc(1, sizeof(*k));
	int failed;

	*out = NULL;
	if (!k) {
		db_close(setup->db);
		return err_set(err, STATUS_NO_MEMORY, "no memory for the locks");
	}
	k->setup = *setup;
	pthread_mutex_init(&k->mutex, NULL);
	thread_cond_init(&k->work);
	thread_cond_init(&k->ended);
	k->wanted.orders = calloc(setup->room, sizeof(*k->wanted.orders));
	k->stored.orders = calloc(setup->room, sizeof(*k->stored.orders));
	failed = k->wanted.orders && k->stored.orders ? thread_start(&k->thread, work, k) : ENOMEM;
	if (failed) {
		release(k);
		return err_set(err, STATUS_NO_MEMORY, "no thread for the locks (%s)",
			       strerror(failed));
	}
	*out = k;
	return STATUS_OK;
}

void lock_keeper_free(struct lock_keeper *k)
{
	if (!k)
		return;
	const struct timespec at = thread_time_at(now_us() + END_US);

	pthread_mutex_lock(&k->mutex);
	k->is_stopping = true;
	pthread_cond_signal(&k->work);
	while (!k->has_ended && pthread_cond_timedwait(&k->ended, &k->mutex, &at) != ETIMEDOUT)
		;
	k->is_left = !k->has_ended;
	bool is_left = k->is_left;
	pthread_t thread = k->thread;
	pthread_mutex_unlock(&k->mutex);
	if (is_left) {
		pthread_detach(thread);
		return;
	}
	pthread_join(thread, NULL);
	release(k);
}

/* ---- the owner ---- */

void lock_keeper_put(struct lock_keeper *k, const struct lock_order *order)
{
	pthread_mutex_lock(&k->mutex);
	ring_put(k, &k->wanted, order);
	pthread_cond_signal(&k->work);
	pthread_mutex_unlock(&k->mutex);
}

bool lock_keeper_take_stored(struct lock_keeper *k, struct lock_order *order)
{
	pthread_mutex_lock(&k->mutex);
	bool has_one = ring_take(k, &k->stored, order);
	pthread_mutex_unlock(&k->mutex);
	return has_one;
}

void lock_keeper_ask(struct lock_keeper *k, const struct lock_question *question)
{
	pthread_mutex_lock(&k->mutex);
	struct lock_history *dropped = k->history;
	k->history = NULL;
	k->question = *question;
	k->asked++;
	k->is_woken = true;
	pthread_cond_signal(&k->work);
	pthread_mutex_unlock(&k->mutex);
	free(dropped);
}

struct lock_history *lock_keeper_take_history(struct lock_keeper *k)
{
	pthread_mutex_lock(&k->mutex);
	struct lock_history *history = k->history;
	k->history = NULL;
	pthread_mutex_unlock(&k->mutex);
	return history;
}

void lock_keeper_hurry(struct lock_keeper *k)
{
	pthread_mutex_lock(&k->mutex);
	k->wants_look = k->is_woken = true;
	pthread_cond_signal(&k->work);
	pthread_mutex_unlock(&k->mutex);
}

void lock_keeper_look(struct lock_keeper *k, struct lock_seen *seen)
{
	pthread_mutex_lock(&k->mutex);
	*seen = k->seen;
	pthread_mutex_unlock(&k->mutex);
}
