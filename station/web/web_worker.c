#include "station/web/web_worker.h"
#include "station/threads.h"

#include <pthread.h>
#include <stdlib.h>

#define JOBS_WAITING 32

struct web_worker {
	void (*work)(void *job);
	pthread_t thread;
	pthread_mutex_t lock; /* protects the rest, but for is_joined, of who ends it */
	pthread_cond_t news;
	void *jobs[JOBS_WAITING]; /* a ring */
	unsigned first, count;
	bool is_ending, is_joined;
};

static void *run(void *arg)
{
	struct web_worker *w = arg;

	pthread_mutex_lock(&w->lock);
	while (w->count || !w->is_ending) {
		void *job;

		if (!w->count) {
			pthread_cond_wait(&w->news, &w->lock);
			continue;
		}
		job = w->jobs[w->first];
		w->first = (w->first + 1) % JOBS_WAITING;
		w->count--;
		pthread_mutex_unlock(&w->lock);
		w->work(job);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

enum status web_worker_new(void (*work)(void *job), struct web_worker **out, struct err *err)
{
	struct web_worker *w = calloc(1, sizeof(*w));

	*out = NULL;
	if (!w)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the web page");
	w->work = work;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->news, NULL);
	if (thread_start(&w->thread, run, w) != 0) {
		free(w);
		return err_set(err, STATUS_NO_MEMORY,
			       "the system gives no thread for the web page");
	}
	*out = w;
	return STATUS_OK;
}

bool web_worker_put(struct web_worker *w, void *job)
{
	bool is_taken;

	pthread_mutex_lock(&w->lock);
	is_taken = w->count < JOBS_WAITING && !w->is_ending;
	if (is_taken)
		w->jobs[(w->first + w->count++) % JOBS_WAITING] = job;
	pthread_cond_signal(&w->news);
	pthread_mutex_unlock(&w->lock);
	return is_taken;
}

void web_worker_end(struct web_worker *w)
{
	if (!w || w->is_joined)
		return;
	pthread_mutex_lock(&w->lock);
	w->is_ending = true;
	pthread_cond_signal(&w->news);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	w->is_joined = true;
}

void web_worker_free(struct web_worker *w)
{
	if (!w)
		return;
	web_worker_end(w);
	pthread_cond_destroy(&w->news);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
