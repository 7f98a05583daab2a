#include "station/line/looks.h"

#include "station/line/arrivals.h"
#include "station/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Of one glance, but for opening, closing and the resets themselves. */
#define GLANCE_MS 2500

struct task {
	struct looks *looks;
	struct look look;
	enum reset_kind reset;
	uint64_t since_us;
	bool is_given_up; /* the owner's */
	bool is_over;     /* under looks.lock; the task is the owner's from then on */
	struct task *next;
};

struct looks {
	struct looks_setup setup;
	struct pool *pool;
	struct task *tasks;
	unsigned at_work, threads; /* tasks that have one; threads that there are */
	int wake_fd;
	atomic_bool cancel;
	pthread_mutex_t lock;
};

/* ---- a thread's side ---- */

static enum status glance_at(struct task *task, struct err *err)
{
	const struct looks_setup *setup = &task->looks->setup;
	struct look *look = &task->look;
	struct transport *t = NULL;
	enum status st;

	if (setup->sysfs_tty && !arrival_has_port(setup->sysfs_tty, &look->port))
		return err_set(err, STATUS_PORT_GONE, "%s: the port is gone", look->port.node);
	TRY(setup->open_port(look->port.node, &task->looks->cancel, &t, err));
	/* Another device may have taken the name before it was open. */
	if (setup->sysfs_tty && !arrival_has_port(setup->sysfs_tty, &look->port))
		st = err_set(err, STATUS_PORT_GONE, "%s: the port is gone", look->port.node);
	else
		st = glance_take(t, task->reset, deadline_after_ms(t->clock, GLANCE_MS),
				 &look->seen, err);
	transport_close(t);
	return st;
}

static void run(void *ctx)
{
	struct task *task = ctx;
	struct looks *l = task->looks;
	const uint64_t one = 1;

	err_clear(&task->look.err);
	task->look.status = glance_at(task, &task->look.err);
	pthread_mutex_lock(&l->lock);
	task->is_over = true; /* from here on it may be freed */
	pthread_mutex_unlock(&l->lock);
	/* Fails only when the counter is full: then the owner is woken anyway. */
	if (write(l->wake_fd, &one, sizeof(one)) < 0)
		return;
}

/* ---- the owner's side ---- */

static void release(struct looks *l)
{
	while (l->tasks) {
		struct task *task = l->tasks;

		l->tasks = task->next;
		free(task);
	}
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

enum status looks_new(const struct looks_setup *setup, struct looks **out, struct err *err)
{
	struct looks *l = calloc(1, sizeof(*l));
	enum status st;

	*out = NULL;
	if (!l)
		return err_set(err, STATUS_NO_MEMORY, "no memory to look for chips");
	l->setup = *setup;
	l->threads = LOOKS_AT_ONCE;
	atomic_init(&l->cancel, false);
	pthread_mutex_init(&l->lock, NULL);
	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	st = l->wake_fd < 0 ? err_set(err, STATUS_NO_MEMORY, "no descriptor to look for chips")
			    : pool_new(LOOKS_AT_ONCE, &l->pool, err);
	if (st) {
		release(l);
		return st;
	}
	*out = l;
	return STATUS_OK;
}

bool looks_free(struct looks *l, uint32_t wait_ms)
{
	if (!l)
		return true;
	atomic_store(&l->cancel, true);
	if (pool_free(l->pool, wait_ms) > 0)
		return false;
	release(l);
	return true;
}

int looks_fd(const struct looks *l)
{
	return l->wake_fd;
}

bool looks_is_busy(const struct looks *l, unsigned slot)
{
	for (const struct task *task = l->tasks; task; task = task->next) {
		if (task->look.slot == slot)
			return true;
	}
	return false;
}

unsigned looks_at_work(const struct looks *l)
{
	return l->at_work;
}

bool looks_begin(struct looks *l, unsigned slot, const struct port *port, enum reset_kind reset)
{
	struct task *task;

	if (l->at_work >= l->threads || looks_is_busy(l, slot))
		return false;
	task = calloc(1, sizeof(*task));
	if (!task)
		return false;
	task->looks = l;
	task->look.slot = slot;
	task->look.port = *port;
	task->reset = reset;
	task->since_us = clock_now_us(&clock_monotonic);
	task->next = l->tasks;
	l->tasks = task;
	l->at_work++;
	pool_run(l->pool, run, task);
	return true;
}

bool looks_take(struct looks *l, struct look *look)
{
	struct task **link = &l->tasks, *task;
	uint64_t wakes;

	pthread_mutex_lock(&l->lock);
	if (read(l->wake_fd, &wakes, sizeof(wakes)) < 0)
		wakes = 0; /* it was not raised */
	while (*link && !(*link)->is_over)
		link = &(*link)->next;
	pthread_mutex_unlock(&l->lock);
	task = *link;
	if (!task)
		return false;
	*link = task->next;
	l->at_work -= !task->is_given_up;
	*look = task->look;
	free(task);
	return true;
}

bool looks_check(struct looks *l, uint64_t now_us, unsigned *slot)
{
	for (struct task *task = l->tasks; task; task = task->next) {
		bool is_over, is_smaller;

		pthread_mutex_lock(&l->lock);
		is_over = task->is_over;
		pthread_mutex_unlock(&l->lock);
		if (is_over || task->is_given_up || now_us - task->since_us < l->setup.stuck_us ||
		    !pool_give_up(l->pool, task, &is_smaller))
			continue;
		task->is_given_up = true;
		l->at_work--;
		l->threads -= is_smaller; /* the system has no other one to give */
		*slot = task->look.slot;
		return true;
	}
	return false;
}
