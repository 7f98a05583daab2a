#include "station/pool.h"
#include "station/threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct worker {
	struct pool *pool;
	pthread_t thread;
	struct worker *next; /* the owner's: only it changes the list */
	/* protected by the pool's lock */
	void (*run)(void *ctx); /* NULL: idle */
	void *ctx;
	bool is_given_up;
	bool is_ended;
	bool is_detached; /* the owner's: nobody waits for its end any more */
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work;     /* for workers: a task, or the end */
	pthread_cond_t returned; /* for the owner: a task has returned, or a worker ended */
	bool is_stopping;
	struct worker *workers;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		void (*run)(void *ctx);

		while (!w->run && !p->is_stopping)
			pthread_cond_wait(&p->work, &p->lock);
		if (!w->run)
			break;
		run = w->run;
		pthread_mutex_unlock(&p->lock);
		run(w->ctx);
		pthread_mutex_lock(&p->lock);
		w->run = NULL;
		w->ctx = NULL;
		if (w->is_given_up)
			break;
		pthread_cond_signal(&p->returned);
	}
	w->is_ended = true;
	pthread_cond_signal(&p->returned);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static bool add_worker(struct pool *p)
{
	struct worker *w = calloc(1, sizeof(*w));
	pthread_attr_t attributes;
	bool is_made;

	if (!w)
		return false;
	w->pool = p;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, POOL_STACK_BYTES);
	is_made = pthread_create(&w->thread, &attributes, work, w) == 0;
	pthread_attr_destroy(&attributes);
	if (!is_made) {
		free(w);
		return false;
	}
	w->next = p->workers;
	p->workers = w;
	return true;
}

enum status pool_new(unsigned threads, struct pool **out, struct err *err)
{
	struct pool *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (!p)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the workers");
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	thread_cond_init(&p->returned);
	for (unsigned i = 0; i < threads; i++) {
		if (!add_worker(p)) {
			pool_free(p, 1000);
			return err_set(err, STATUS_NO_MEMORY,
				       "the system gives no more than %u of %u threads", i,
				       threads);
		}
	}
	*out = p;
	return STATUS_OK;
}

/* Workers that came back after they were given up: joined, and gone from the list. */
static void reap(struct pool *p)
{
	struct worker **link = &p->workers;

	while (*link) {
		struct worker *w = *link;
		bool is_ended;

		pthread_mutex_lock(&p->lock);
		is_ended = w->is_ended;
		pthread_mutex_unlock(&p->lock);
		if (!is_ended) {
			link = &w->next;
			continue;
		}
		*link = w->next;
		if (!w->is_detached)
			pthread_join(w->thread, NULL);
		free(w);
	}
}

static struct worker *find_idle(struct pool *p)
{
	for (struct worker *w = p->workers; w; w = w->next) {
		if (!w->run && !w->is_given_up)
			return w;
	}
	return NULL;
}

void pool_run(struct pool *p, void (*run)(void *ctx), void *ctx)
{
	struct worker *w;

	reap(p);
	pthread_mutex_lock(&p->lock);
	/* A task that has said its last word may not have returned yet. */
	while (!(w = find_idle(p)))
		pthread_cond_wait(&p->returned, &p->lock);
	w->ctx = ctx;
	w->run = run;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
}

bool pool_give_up(struct pool *p, const void *ctx, bool *is_smaller)
{
	bool is_found = false;

	*is_smaller = false;
	pthread_mutex_lock(&p->lock);
	for (struct worker *w = p->workers; w && !is_found; w = w->next) {
		is_found = w->run && w->ctx == ctx && !w->is_given_up;
		if (is_found)
			w->is_given_up = true;
	}
	pthread_mutex_unlock(&p->lock);
	if (is_found)
		*is_smaller = !add_worker(p);
	return is_found;
}

/* Workers in their task, and workers on their way out. */
static void count_left(const struct pool *p, size_t *stuck, size_t *leaving)
{
	*stuck = *leaving = 0;
	for (const struct worker *w = p->workers; w; w = w->next) {
		if (!w->is_ended)
			*(w->run ? stuck : leaving) += 1;
	}
}

/* The process may end before they do, and joins nothing then. Under the lock. */
static void detach_stuck(struct pool *p)
{
	for (struct worker *w = p->workers; w; w = w->next) {
		if (w->is_ended || w->is_detached)
			continue;
		pthread_detach(w->thread);
		w->is_detached = true;
	}
}

size_t pool_free(struct pool *p, uint32_t wait_ms)
{
	struct timespec until;
	bool is_late = false;
	size_t stuck, leaving;

	if (!p)
		return 0;
	until = thread_time_after(wait_ms);
	pthread_mutex_lock(&p->lock);
	p->is_stopping = true;
	pthread_cond_broadcast(&p->work);
	for (;;) {
		count_left(p, &stuck, &leaving);
		if (!leaving && (!stuck || is_late))
			break;
		/* Those that leave are gone in a moment; those at work have until then. */
		if (is_late)
			pthread_cond_wait(&p->returned, &p->lock);
		else
			is_late =
				pthread_cond_timedwait(&p->returned, &p->lock, &until) == ETIMEDOUT;
	}
	detach_stuck(p);
	pthread_mutex_unlock(&p->lock);
	reap(p);
	if (stuck)
		return stuck;
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->returned);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return 0;
}
