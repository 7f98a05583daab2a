#include "station/line/requests.h"
#include "station/threads.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum entry_state {
	ENTRY_FREE,
	ENTRY_WAITS,    /* for the owner */
	ENTRY_TAKEN,    /* by the owner */
	ENTRY_ANSWERED, /* its asker has not read it yet */
};

struct entry {
	enum entry_state state;
	uint64_t ticket;
	bool is_asker_gone; /* nobody waits for the answer */
	struct request request;
	enum status status;
	struct said answer;
};

struct requests {
	pthread_mutex_t lock; /* protects all but wake_fd, which never changes */
	pthread_cond_t answered;
	pthread_cond_t left; /* the last asker has gone */
	uint64_t next_ticket;
	unsigned askers; /* inside requests_put() */
	bool is_ending;
	int wake_fd;
	struct entry entries[REQUESTS_MAX];
};

static const char *const names[REQUEST_KIND_COUNT] = {
	[REQUEST_SCAN] = "scan",     [REQUEST_OPERATOR] = "operator", [REQUEST_BATCH] = "batch",
	[REQUEST_RETEST] = "retest", [REQUEST_DISABLE] = "disable",   [REQUEST_ENABLE] = "enable",
	[REQUEST_UNLOCK] = "unlock", [REQUEST_REPRINT] = "reprint",   [REQUEST_RECIPE] = "recipe",
	[REQUEST_DRAIN] = "drain",   [REQUEST_RESUME] = "resume",
};

const char *request_kind_name(enum request_kind kind)
{
	assert((unsigned)kind < REQUEST_KIND_COUNT);
	return names[kind];
}

bool request_kind_named(const char *name, enum request_kind *kind)
{
	for (unsigned i = 0; i < REQUEST_KIND_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*kind = (enum request_kind)i;
			return true;
		}
	}
	return false;
}

struct requests *requests_new(void)
{
	struct requests *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->wake_fd < 0) {
		free(r);
		return NULL;
	}
	pthread_mutex_init(&r->lock, NULL);
	thread_cond_init(&r->answered);
	pthread_cond_init(&r->left, NULL);
	return r;
}

void requests_free(struct requests *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->is_ending = true;
	pthread_cond_broadcast(&r->answered);
	while (r->askers)
		pthread_cond_wait(&r->left, &r->lock);
	pthread_mutex_unlock(&r->lock);
	close(r->wake_fd);
	pthread_cond_destroy(&r->left);
	pthread_cond_destroy(&r->answered);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* ---- who asks ---- */

static void say(struct said *answer, enum said_code code)
{
	if (answer)
		said_plain(answer, code);
}

static struct entry *find_free(struct requests *r)
{
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		if (r->entries[i].state == ENTRY_FREE)
			return &r->entries[i];
	}
	return NULL;
}

/* Under the lock. */
static enum status wait_for_answer(struct requests *r, struct entry *e, uint32_t wait_ms,
				   struct said *answer)
{
	const struct timespec until = thread_time_after(wait_ms);
	bool is_late = wait_ms == 0;
	enum status st;

	while (e->state != ENTRY_ANSWERED && !r->is_ending && !is_late)
		is_late = pthread_cond_timedwait(&r->answered, &r->lock, &until) == ETIMEDOUT;
	if (e->state == ENTRY_ANSWERED) {
		if (answer)
			*answer = e->answer;
		st = e->status;
		e->state = ENTRY_FREE;
		return st;
	}
	e->is_asker_gone = true;
	if (r->is_ending) {
		say(answer, SAID_STATION_ENDS);
		return STATUS_CANCELLED;
	}
	say(answer, SAID_NOT_YET);
	return STATUS_NO_ANSWER;
}

enum status requests_put(struct requests *r, const struct request *request, uint32_t wait_ms,
			 struct said *answer)
{
	const uint64_t one = 1;
	struct entry *e;
	enum status st;

	pthread_mutex_lock(&r->lock);
	e = find_free(r);
	if (r->is_ending) {
		say(answer, SAID_STATION_ENDS);
		st = STATUS_CANCELLED;
	} else if (!e) {
		say(answer, SAID_TOO_MANY);
		st = STATUS_USAGE;
	} else {
		r->askers++;
		*e = (struct entry){ .state = ENTRY_WAITS,
				     .ticket = ++r->next_ticket,
				     .request = *request };
		/* Fails only when the counter is full, and then the owner is woken anyway. */
		if (write(r->wake_fd, &one, sizeof(one)) < 0)
			say(answer, SAID_NOT_YET);
		st = wait_for_answer(r, e, wait_ms, answer);
		if (--r->askers == 0 && r->is_ending)
			pthread_cond_signal(&r->left);
	}
	pthread_mutex_unlock(&r->lock);
	return st;
}

/* ---- the owner's side ---- */

int requests_fd(const struct requests *r)
{
	return r->wake_fd;
}

bool requests_take(struct requests *r, struct request *request, uint64_t *ticket)
{
	struct entry *oldest = NULL;
	uint64_t wakes;

	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		struct entry *e = &r->entries[i];

		if (e->state == ENTRY_WAITS && (!oldest || e->ticket < oldest->ticket))
			oldest = e;
	}
	if (oldest) {
		oldest->state = ENTRY_TAKEN;
		*request = oldest->request;
		*ticket = oldest->ticket;
	} else if (read(r->wake_fd, &wakes, sizeof(wakes)) < 0) {
		wakes = 0; /* it was not raised */
	}
	pthread_mutex_unlock(&r->lock);
	return oldest != NULL;
}

void requests_answer(struct requests *r, uint64_t ticket, enum status st, const struct said *answer)
{
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		struct entry *e = &r->entries[i];

		if (e->state != ENTRY_TAKEN || e->ticket != ticket)
			continue;
		e->status = st;
		e->answer = *answer;
		e->state = e->is_asker_gone ? ENTRY_FREE : ENTRY_ANSWERED;
	}
	pthread_cond_broadcast(&r->answered);
	pthread_mutex_unlock(&r->lock);
}
