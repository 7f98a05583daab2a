#include "station/threads.h"

#include "engine/base/clock.h"

#include <signal.h>

int thread_start(pthread_t *thread, void *(*run)(void *ctx), void *ctx)
{
	sigset_t all, before;
	int failed;

	/* Signals belong to the thread that expects them; SIGPIPE to nobody. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(thread, NULL, run, ctx);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

void thread_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attributes);
	pthread_condattr_destroy(&attributes);
}

struct timespec thread_time_at(uint64_t at_us)
{
	return (struct timespec){
		.tv_sec = (time_t)(at_us / 1000000),
		.tv_nsec = (long)(at_us % 1000000) * 1000,
	};
}

struct timespec thread_time_after(uint32_t wait_ms)
{
	return thread_time_at(clock_now_us(&clock_monotonic) + wait_ms * UINT64_C(1000));
}
