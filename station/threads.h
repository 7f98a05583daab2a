/*
 * What the station's threads share: they take no signals, and they wait by the clock that nobody
 * sets, so that a clock set back never makes one of them wait for an hour.
 */
#ifndef STATION_THREADS_H
#define STATION_THREADS_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* As pthread_create() with the usual attributes, every signal held back. 0, or an errno. */
int thread_start(pthread_t *thread, void *(*run)(void *ctx), void *ctx);

/* A condition whose timed waits take thread_time_at() and thread_time_after(). */
void thread_cond_init(pthread_cond_t *cond);
/* A moment of clock_monotonic. */
struct timespec thread_time_at(uint64_t at_us);
struct timespec thread_time_after(uint32_t wait_ms);

#endif
