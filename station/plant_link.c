#include "station/plant_link_inside.h"
#include "station/threads.h"

#include "engine/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What the thread is given to see that its time is over, unless it looks up a name. */
#define LOOK_UP_US 300000

void ask_free(struct ask *ask)
{
	pthread_cond_destroy(&ask->told);
	free(ask);
}

/* ---- beginning and end ---- */

void plant_link_release(struct plant_link *link)
{
	plant_sync_release(&link->sync);
	plant_close(link->plant);
	db_close(link->notes);
	db_close(link->db);
	pthread_cond_destroy(&link->ended);
	pthread_cond_destroy(&link->work);
	pthread_mutex_destroy(&link->mutex);
	free(link->server);
	free(link);
}

enum status plant_link_new(const char *server, const char *db_path, struct writer *writer,
			   struct plant_link **out, struct err *err)
{
	struct plant_link *link;
	enum status st;
	int failed;

	*out = NULL;
	TRY(plant_check(server, err));
	link = calloc(1, sizeof(*link));
	if (!link)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the line to the plant");
	pthread_mutex_init(&link->mutex, NULL);
	thread_cond_init(&link->work);
	thread_cond_init(&link->ended);
	link->end = &link->first;
	link->writer = writer;
	link->server = strdup(server);
	link->random = (uint32_t)clock_now_us(&clock_monotonic);
	st = link->server ? db_open(db_path, DB_READ, &link->db, err)
			  : err_set(err, STATUS_NO_MEMORY, "no memory for the line to the plant");
	if (!st)
		st = plant_outbox_pending(link->db, &link->state.pending, err);
	/* Claims of others are a convenience: without room for them the line works all the same. */
	if (!st && db_open(db_path, DB_DECIDE, &link->notes, NULL))
		link->notes = NULL;
	failed = st ? 0 : thread_start(&link->thread, plant_link_work, link);
	if (failed)
		st = err_set(err, STATUS_NO_MEMORY, "no thread for the line to the plant (%s)",
			     strerror(failed));
	if (st) {
		plant_link_release(link);
		return st;
	}
	*out = link;
	return STATUS_OK;
}

/*
 * A name server that does not answer takes 10 s and more of the thread's time, and nobody can
 * end that. Then the thread is left behind: it goes nowhere but to its own end. With the mutex.
 */
static bool leave_looking_up(struct plant_link *link)
{
	const uint64_t at_us = link->stop_at_us + LOOK_UP_US;
	const struct timespec at = thread_time_at(at_us);

	while (!link->has_ended &&
	       pthread_cond_timedwait(&link->ended, &link->mutex, &at) != ETIMEDOUT)
		;
	link->is_left = !link->has_ended && link->is_opening;
	return link->is_left;
}

void plant_link_free(struct plant_link *link, uint32_t grace_ms)
{
	if (!link)
		return;
	pthread_mutex_lock(&link->mutex);
	link->is_stopping = link->is_woken = true; /* whatever was stored last goes, too */
	link->stopping_us = clock_now_us(&clock_monotonic);
	link->stop_at_us = link->stopping_us + (uint64_t)grace_ms * 1000;
	pthread_cond_signal(&link->work);
	bool is_left = leave_looking_up(link);
	pthread_t thread = link->thread;
	pthread_mutex_unlock(&link->mutex);
	if (is_left) {
		pthread_detach(thread);
		return;
	}
	pthread_join(thread, NULL);
	plant_link_release(link);
}

void plant_link_wake(struct plant_link *link)
{
	pthread_mutex_lock(&link->mutex);
	link->is_woken = true;
	pthread_cond_signal(&link->work);
	pthread_mutex_unlock(&link->mutex);
}

void plant_link_state(struct plant_link *link, struct plant_state *state)
{
	pthread_mutex_lock(&link->mutex);
	*state = link->state;
	pthread_mutex_unlock(&link->mutex);
}

/* ---- claims ---- */

static struct ask *ask_new(const struct plant_claim *claim)
{
	struct ask *ask = calloc(1, sizeof(*ask));

	if (!ask)
		return NULL;
	thread_cond_init(&ask->told);
	ask->is_serial = claim->is_serial;
	ask->is_rework = claim->is_rework;
	ask->is_hold_overridden = claim->is_hold_overridden;
	snprintf(ask->value, sizeof(ask->value), "%s", claim->value);
	snprintf(ask->product, sizeof(ask->product), "%s", claim->product ? claim->product : "");
	snprintf(ask->process, sizeof(ask->process), "%s", claim->process ? claim->process : "");
	snprintf(ask->run_id, sizeof(ask->run_id), "%s", claim->run_id);
	return ask;
}

static void take_from_queue(struct plant_link *link, const struct ask *ask)
{
	struct ask **at = &link->first;

	while (*at != ask)
		at = &(*at)->next;
	*at = ask->next;
	while (*at)
		at = &(*at)->next;
	link->end = at;
}

static void wait_until_told(struct plant_link *link, struct ask *ask, uint64_t at_us)
{
	const struct timespec at = thread_time_at(at_us);

	while (!ask->is_told && pthread_cond_timedwait(&ask->told, &link->mutex, &at) != ETIMEDOUT)
		;
}

void plant_link_claim(struct plant_link *link, const struct plant_claim *claim, uint32_t wait_ms,
		      struct plant_grant *grant)
{
	uint64_t at_us = clock_now_us(&clock_monotonic) + (uint64_t)wait_ms * 1000;
	struct ask *ask = ask_new(claim);

	*grant = (struct plant_grant){ .answer = PLANT_NO_ANSWER };
	if (!ask) {
		snprintf(grant->why, sizeof(grant->why), "no memory for the claim");
		return;
	}
	pthread_mutex_lock(&link->mutex);
	*link->end = ask;
	link->end = &ask->next;
	pthread_cond_signal(&link->work);
	wait_until_told(link, ask, at_us);
	bool is_mine = ask->is_told || !ask->is_taken;
	if (ask->is_told) {
		*grant = ask->grant;
	} else {
		snprintf(grant->why, sizeof(grant->why), "no answer within %u ms%s%.150s",
			 (unsigned)wait_ms, link->state.trouble[0] ? ": " : "",
			 link->state.trouble);
		if (ask->is_taken)
			ask->is_abandoned = true; /* the thread frees it */
		else
			take_from_queue(link, ask);
	}
	pthread_mutex_unlock(&link->mutex);
	if (is_mine)
		ask_free(ask);
}
