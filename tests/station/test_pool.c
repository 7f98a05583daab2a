#define _GNU_SOURCE /* pthread_getattr_np */
#include "tests/station/tree.h"

#include "station/pool.h"

#include <pthread.h>
#include <semaphore.h>

/* A task that says that it runs, and returns when it is let go. */
struct task {
	sem_t runs, may_return, returned;
};

static void task_init(struct task *t)
{
	sem_init(&t->runs, 0, 0);
	sem_init(&t->may_return, 0, 0);
	sem_init(&t->returned, 0, 0);
}

static void task_run(void *ctx)
{
	struct task *t = ctx;

	sem_post(&t->runs);
	sem_wait(&t->may_return);
	sem_post(&t->returned);
}

static struct pool *new_pool(unsigned threads)
{
	struct pool *p;
	struct err err;

	if (pool_new(threads, &p, &err))
		fail_msg("%s", err.text);
	return p;
}

static void as_many_tasks_run_at_once_as_there_are_threads(void **state)
{
	struct pool *p = new_pool(3);
	struct task tasks[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		task_init(&tasks[i]);
		pool_run(p, task_run, &tasks[i]);
	}
	for (unsigned i = 0; i < 3; i++)
		sem_wait(&tasks[i].runs); /* all of them, before any may return */
	for (unsigned i = 0; i < 3; i++)
		sem_post(&tasks[i].may_return);
	for (unsigned i = 0; i < 3; i++)
		sem_wait(&tasks[i].returned);
	assert_int_equal(pool_free(p, 60000), 0);
}

static void a_thread_takes_the_next_task_when_it_is_done(void **state)
{
	struct pool *p = new_pool(1);
	struct task task;

	(void)state;
	task_init(&task);
	for (unsigned i = 0; i < 50; i++) {
		pool_run(p, task_run, &task);
		sem_wait(&task.runs);
		sem_post(&task.may_return);
		sem_wait(&task.returned);
	}
	assert_int_equal(pool_free(p, 60000), 0);
}

static void a_task_that_hangs_does_not_keep_others_from_running(void **state)
{
	struct pool *p = new_pool(1);
	struct task stuck, next;
	bool is_smaller;

	(void)state;
	task_init(&stuck);
	task_init(&next);
	pool_run(p, task_run, &stuck);
	sem_wait(&stuck.runs);
	assert_true(pool_give_up(p, &stuck, &is_smaller));
	assert_false(is_smaller);
	pool_run(p, task_run, &next);
	sem_wait(&next.runs);
	sem_post(&next.may_return);
	sem_wait(&next.returned);
	/* One that comes back late ends quietly. */
	sem_post(&stuck.may_return);
	sem_wait(&stuck.returned);
	assert_int_equal(pool_free(p, 60000), 0);
}

static void a_task_is_given_up_on_once(void **state)
{
	struct pool *p = new_pool(1);
	struct task task;
	bool is_smaller;

	(void)state;
	task_init(&task);
	assert_false(pool_give_up(p, &task, &is_smaller));
	pool_run(p, task_run, &task);
	sem_wait(&task.runs);
	assert_true(pool_give_up(p, &task, &is_smaller));
	assert_false(pool_give_up(p, &task, &is_smaller));
	sem_post(&task.may_return);
	assert_int_equal(pool_free(p, 60000), 0);
}

static void the_end_counts_those_that_never_come_back(void **state)
{
	struct pool *p = new_pool(2);
	/* Static: it outlives the test, as what a stuck thread uses must. */
	static struct task stuck;
	bool is_smaller;

	(void)state;
	task_init(&stuck);
	pool_run(p, task_run, &stuck);
	sem_wait(&stuck.runs);
	assert_true(pool_give_up(p, &stuck, &is_smaller));
	assert_int_equal(pool_free(p, 1), 1);
	/* So that the process ends without a thread at work. */
	sem_post(&stuck.may_return);
	sem_wait(&stuck.returned);
	assert_int_equal(pool_free(p, 60000), 0);
}

/* A task that looks, once it is let go, whether anybody still waits for its thread. */
struct left_behind {
	struct task task;
	int detach_state;
};

static void look_when_left_behind(void *ctx)
{
	struct left_behind *l = ctx;
	pthread_attr_t attributes;

	sem_post(&l->task.runs);
	sem_wait(&l->task.may_return);
	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getdetachstate(&attributes, &l->detach_state);
	pthread_attr_destroy(&attributes);
	sem_post(&l->task.returned);
}

static void a_thread_that_the_end_leaves_behind_needs_nobody_to_join_it(void **state)
{
	struct pool *p = new_pool(1);
	static struct left_behind stuck;

	(void)state;
	task_init(&stuck.task);
	pool_run(p, look_when_left_behind, &stuck);
	sem_wait(&stuck.task.runs);
	assert_int_equal(pool_free(p, 1), 1);
	sem_post(&stuck.task.may_return);
	sem_wait(&stuck.task.returned);
	assert_int_equal(stuck.detach_state, PTHREAD_CREATE_DETACHED);
	assert_int_equal(pool_free(p, 60000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_tasks_run_at_once_as_there_are_threads),
		cmocka_unit_test(a_thread_takes_the_next_task_when_it_is_done),
		cmocka_unit_test(a_task_that_hangs_does_not_keep_others_from_running),
		cmocka_unit_test(a_task_is_given_up_on_once),
		cmocka_unit_test(the_end_counts_those_that_never_come_back),
		cmocka_unit_test(a_thread_that_the_end_leaves_behind_needs_nobody_to_join_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
