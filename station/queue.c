#include "station/queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
	pthread_mutex_t lock; /* protects all but wake_fd, which never changes */
	struct fact *facts;
	size_t room, reserve;
	size_t first, count;
	int wake_fd;
};

struct queue *queue_new(size_t jobs)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->reserve = jobs * FACTS_PER_JOB;
	q->room = q->reserve * 2 + 64;
	q->facts = calloc(q->room, sizeof(*q->facts));
	q->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!q->facts || q->wake_fd < 0) {
		if (q->wake_fd >= 0)
			close(q->wake_fd);
		free(q->facts);
		free(q);
		return NULL;
	}
	pthread_mutex_init(&q->lock, NULL);
	return q;
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	pthread_mutex_destroy(&q->lock);
	close(q->wake_fd);
	free(q->facts);
	free(q);
}

bool queue_push(struct queue *q, const struct fact *fact, bool is_minor)
{
	const uint64_t one = 1;
	bool has_room;

	pthread_mutex_lock(&q->lock);
	has_room = q->count + (is_minor ? q->reserve : 0) < q->room;
	assert(has_room || is_minor);
	if (has_room) {
		q->facts[(q->first + q->count) % q->room] = *fact;
		q->count++;
		/*
		 * Under the lock: whoever has taken the last fact may free the queue. Fails only
		 * when the counter is full, and then the reader is woken anyway.
		 */
		if (write(q->wake_fd, &one, sizeof(one)) < 0)
			has_room = true;
	}
	pthread_mutex_unlock(&q->lock);
	return has_room;
}

bool queue_take(struct queue *q, struct fact *fact)
{
	uint64_t wakes;
	bool has_one;

	pthread_mutex_lock(&q->lock);
	has_one = q->count > 0;
	if (has_one) {
		*fact = q->facts[q->first];
		q->first = (q->first + 1) % q->room;
		q->count--;
	} else if (read(q->wake_fd, &wakes, sizeof(wakes)) < 0) {
		wakes = 0; /* it was not raised */
	}
	pthread_mutex_unlock(&q->lock);
	return has_one;
}

int queue_fd(const struct queue *q)
{
	return q->wake_fd;
}
