#include "tests/station/tree.h"

#include "station/queue.h"

#include <poll.h>
#include <pthread.h>

static bool is_readable(const struct queue *q)
{
	struct pollfd fd = { .fd = queue_fd(q), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

static struct fact fact_of(enum fact_kind kind, unsigned slot)
{
	return (struct fact){ .kind = kind, .slot = slot };
}

static void facts_come_out_in_the_order_they_went_in(void **state)
{
	struct queue *q = queue_new(2);
	struct fact f;

	(void)state;
	assert_false(is_readable(q));
	for (unsigned i = 0; i < 10; i++) {
		f = fact_of(FACT_STARTED, i);
		assert_true(queue_push(q, &f, false));
	}
	assert_true(is_readable(q));
	for (unsigned i = 0; i < 10; i++) {
		assert_true(queue_take(q, &f));
		assert_int_equal(f.slot, i);
	}
	assert_false(queue_take(q, &f));
	assert_false(is_readable(q));
	queue_free(q);
}

static void minor_facts_never_take_the_room_of_those_that_must_arrive(void **state)
{
	const unsigned jobs = 3;
	struct queue *q = queue_new(jobs);
	struct fact f = fact_of(FACT_STEP, 0);
	unsigned minor = 0, major = 0;

	(void)state;
	while (queue_push(q, &f, true))
		minor++;
	assert_true(minor > 0);
	f.kind = FACT_VERDICT;
	for (; major < jobs * FACTS_PER_JOB; major++)
		assert_true(queue_push(q, &f, false));
	while (queue_take(q, &f)) {
		minor -= f.kind == FACT_STEP;
		major -= f.kind == FACT_VERDICT;
	}
	assert_int_equal(minor, 0);
	assert_int_equal(major, 0);
	queue_free(q);
}

#define THREADS 4

static void *push_some(void *arg)
{
	for (unsigned i = 0; i < FACTS_PER_JOB; i++) {
		const struct fact f = fact_of(FACT_CLOSED, i);

		queue_push(arg, &f, false);
	}
	return NULL;
}

static void nothing_is_lost_between_threads(void **state)
{
	struct queue *q = queue_new(THREADS);
	pthread_t threads[THREADS];
	unsigned taken = 0;
	struct fact f;

	(void)state;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, push_some, q), 0);
	while (taken < THREADS * FACTS_PER_JOB) {
		struct pollfd fd = { .fd = queue_fd(q), .events = POLLIN };

		poll(&fd, 1, -1);
		while (queue_take(q, &f))
			taken++;
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_false(queue_take(q, &f));
	queue_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_come_out_in_the_order_they_went_in),
		cmocka_unit_test(minor_facts_never_take_the_room_of_those_that_must_arrive),
		cmocka_unit_test(nothing_is_lost_between_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
