/* The thread of the line to the plant: connects, sends, asks, and waits when there is no server. */
#include "station/plant_link_inside.h"
#include "station/threads.h"

#include "engine/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* How long the server may take: to accept a connection, and to do one call (a batch of entries
 * took 20 to 80 ms on the machine of docs/plant.md). A claim has its worker's wait besides. */
#define CONNECT_MS 5000
#define CALL_MS 15000

/* Between tries, doubled each time, a quarter more or less so that stations do not come all at
 * once. A worker that asks may make the next try come sooner. */
#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 60000
#define ASKED_TRY_US 1000000

/* Other stations' claims, while nothing else happens. */
#define FETCH_EVERY_US 10000000

static uint64_t now_us(void)
{
	return clock_now_us(&clock_monotonic);
}

static struct deadline call_deadline(void)
{
	return deadline_after_ms(&clock_monotonic, CALL_MS);
}

/* A quarter less to a quarter more. */
static uint32_t with_jitter(struct plant_link *link, uint32_t ms)
{
	link->random = link->random * 1664525u + 1013904223u;
	return ms - ms / 4 + (uint32_t)((uint64_t)(ms / 2) * (link->random >> 8) >> 24);
}

/* ---- what others see ---- */

static void show_state(struct plant_link *link, const char *trouble)
{
	int64_t pending = link->sync.has_begun ? plant_sync_pending(&link->sync) : -1;

	if (pending < 0 && plant_outbox_pending(link->db, &pending, NULL))
		pending = 0;
	pthread_mutex_lock(&link->mutex);
	link->state.is_connected = link->plant != NULL;
	link->state.pending = pending;
	if (link->sync.last_ack_utc_ms)
		link->state.last_ack_utc_ms = link->sync.last_ack_utc_ms;
	if (trouble)
		snprintf(link->state.trouble, sizeof(link->state.trouble), "%.*s",
			 (int)sizeof(link->state.trouble) - 1, trouble);
	snprintf(link->state.alarm, sizeof(link->state.alarm), "%.*s",
		 (int)sizeof(link->state.alarm) - 1, link->sync.alarm);
	pthread_mutex_unlock(&link->mutex);
}

static bool has_time_ended(void *ctx)
{
	struct plant_link *link = ctx;

	pthread_mutex_lock(&link->mutex);
	bool has_ended = link->is_stopping && now_us() >= link->stop_at_us;
	pthread_mutex_unlock(&link->mutex);
	return has_ended;
}

/* ---- claims ---- */

static struct ask *take_ask(struct plant_link *link)
{
	pthread_mutex_lock(&link->mutex);
	struct ask *ask = link->first;
	if (ask) {
		link->first = ask->next;
		if (!link->first)
			link->end = &link->first;
		ask->is_taken = true;
	}
	pthread_mutex_unlock(&link->mutex);
	return ask;
}

static void tell(struct plant_link *link, struct ask *ask, const struct plant_grant *grant)
{
	pthread_mutex_lock(&link->mutex);
	bool is_mine = ask->is_abandoned;
	ask->grant = *grant;
	ask->is_told = true;
	if (!is_mine)
		pthread_cond_signal(&ask->told);
	pthread_mutex_unlock(&link->mutex);
	if (is_mine)
		ask_free(ask);
}

static void tell_all_no_answer(struct plant_link *link, const char *why)
{
	struct plant_grant grant = { .answer = PLANT_NO_ANSWER };
	struct ask *ask;

	snprintf(grant.why, sizeof(grant.why), "%.*s", (int)sizeof(grant.why) - 1, why);
	while ((ask = take_ask(link)))
		tell(link, ask, &grant);
}

static enum status serve(struct plant_link *link, struct ask *ask, struct err *err)
{
	const struct plant_segment *current = plant_sync_current(&link->sync);
	const struct plant_question question = {
		.is_serial = ask->is_serial,
		.value = ask->value,
		.product = ask->product,
		.process = ask->process,
		.run_id = ask->run_id,
		.is_rework = ask->is_rework,
		.is_hold_overridden = ask->is_hold_overridden,
	};
	struct plant_grant grant = { .answer = PLANT_NO_ANSWER };
	struct plant_verdict verdict;
	enum status st;

	st = plant_ask_claim(link->plant, current->chain_id, current->branch, &question,
			     call_deadline(), &verdict, err);
	if (st) {
		snprintf(grant.why, sizeof(grant.why), "%.*s", (int)sizeof(grant.why) - 1,
			 err->text);
	} else {
		grant.answer = verdict.is_granted ? PLANT_GRANTED : PLANT_REFUSED;
		grant.generation = verdict.generation;
		grant.is_held = verdict.is_held;
		snprintf(grant.owner, sizeof(grant.owner), "%s", verdict.owner);
	}
	tell(link, ask, &grant);
	return st;
}

static enum status serve_all(struct plant_link *link, struct err *err)
{
	struct ask *ask;

	while ((ask = take_ask(link)))
		TRY(serve(link, ask, err));
	return STATUS_OK;
}

/* ---- the connection ---- */

static void disconnect(struct plant_link *link, const struct err *err)
{
	uint32_t wait_ms;

	plant_sync_release(&link->sync);
	link->sync.has_begun = false;
	plant_close(link->plant);
	link->plant = NULL;
	link->backoff_ms = link->backoff_ms ? link->backoff_ms * 2 : BACKOFF_FIRST_MS;
	if (link->backoff_ms > BACKOFF_MAX_MS || err->status == STATUS_NOT_SUPPORTED)
		link->backoff_ms = BACKOFF_MAX_MS;
	wait_ms = with_jitter(link, link->backoff_ms);
	link->retry_us = now_us() + (uint64_t)wait_ms * 1000;
	show_state(link, err->text);
	tell_all_no_answer(link, err->text);
}

static enum status put(void *ctx, enum record_kind kind, const void *record, struct err *err)
{
	return writer_put(ctx, kind, record, err);
}

static enum status begin(struct plant_link *link, struct err *err)
{
	const struct plant_sink sink = { .put = put, .ctx = link->writer, .db = link->notes };
	int64_t last_ack = link->sync.last_ack_utc_ms;

	plant_sync_init(&link->sync, link->db, link->plant, sink);
	link->sync.last_ack_utc_ms = last_ack;
	return plant_sync_begin(&link->sync, call_deadline(), err);
}

static void note_opening(struct plant_link *link, bool is_opening)
{
	pthread_mutex_lock(&link->mutex);
	link->is_opening = is_opening;
	pthread_mutex_unlock(&link->mutex);
}

static void try_to_connect(struct plant_link *link)
{
	const struct plant_patience patience = { .has_ended = has_time_ended, .ctx = link };
	struct err err;
	enum status st;

	link->tried_us = now_us();
	note_opening(link, true);
	st = plant_open(link->server, patience, deadline_after_ms(&clock_monotonic, CONNECT_MS),
			&link->plant, &err);
	note_opening(link, false);
	if (!st)
		st = begin(link, &err);
	if (st) {
		disconnect(link, &err);
		return;
	}
	link->is_drained = false;
	link->fetch_us = now_us();
	show_state(link, "");
}

/* ---- the work ---- */

/* One batch, or one page of what others did: workers that ask do not wait longer than that. */
static void work_once(struct plant_link *link)
{
	bool has_all = true;
	struct err err;
	enum status st;

	st = serve_all(link, &err);
	if (!st && !link->is_drained)
		st = plant_sync_step(&link->sync, call_deadline(), &link->is_drained, &err);
	if (!st && link->is_drained && now_us() >= link->fetch_us) {
		st = plant_sync_fetch(&link->sync, call_deadline(), &has_all, &err);
		/* Alarms and quarantines that came of it are entries, too. */
		link->is_drained = plant_sync_pending(&link->sync) == 0;
		if (!st && has_all)
			link->fetch_us = now_us() + FETCH_EVERY_US;
	}
	if (st) {
		disconnect(link, &err);
		return;
	}
	link->backoff_ms = 0;
	show_state(link, "");
}

/* When something is to be done without anybody asking. */
static uint64_t due_us(const struct plant_link *link)
{
	if (!link->plant)
		return link->retry_us;
	return link->is_drained ? link->fetch_us : 0;
}

static void wait_for_work(struct plant_link *link)
{
	uint64_t at_us = due_us(link);
	const struct timespec at = thread_time_at(at_us);

	pthread_mutex_lock(&link->mutex);
	while (!link->first && !link->is_woken && !link->is_stopping && now_us() < at_us)
		pthread_cond_timedwait(&link->work, &link->mutex, &at);
	if (link->is_woken)
		link->is_drained = false;
	link->is_woken = false;
	pthread_mutex_unlock(&link->mutex);
}

/* Is anything left for the time that is left? Without a connection, one more try is. */
static bool is_over(struct plant_link *link)
{
	pthread_mutex_lock(&link->mutex);
	bool is_stopping = link->is_stopping, is_woken = link->is_woken;
	bool is_late = is_stopping && now_us() >= link->stop_at_us;
	uint64_t stopping_us = link->stopping_us;
	pthread_mutex_unlock(&link->mutex);
	if (!is_stopping || is_late)
		return is_late;
	return link->plant ? link->is_drained && !is_woken : link->tried_us >= stopping_us;
}

static void work(struct plant_link *link)
{
	pthread_mutex_lock(&link->mutex);
	bool is_asked = link->first != NULL, is_stopping = link->is_stopping;
	pthread_mutex_unlock(&link->mutex);

	if (link->plant) {
		work_once(link);
	} else if (now_us() >= link->retry_us || is_stopping ||
		   (is_asked && now_us() >= link->tried_us + ASKED_TRY_US)) {
		try_to_connect(link);
	} else {
		show_state(link, NULL);
		/* The try before has just failed: who asks now need not wait for the next. */
		tell_all_no_answer(link, link->state.trouble);
	}
}

void *plant_link_work(void *ctx)
{
	struct plant_link *link = ctx;
	bool has_all;

	while (!is_over(link)) {
		wait_for_work(link);
		work(link);
	}
	/* What was acknowledged, for those who read the database before the next start. */
	if (link->plant && !has_time_ended(link)) {
		link->sync.is_leaving = true;
		plant_sync_fetch(&link->sync, call_deadline(), &has_all, NULL);
	}
	tell_all_no_answer(link, "the station stops");
	pthread_mutex_lock(&link->mutex);
	bool is_left = link->is_left;
	link->has_ended = true;
	pthread_cond_signal(&link->ended);
	pthread_mutex_unlock(&link->mutex);
	if (is_left)
		plant_link_release(link);
	return NULL;
}
