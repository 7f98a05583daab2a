/*
 * Threads that block so that others need not: one task each at a time.
 *
 * The pool keeps its number of usable threads: a thread that is stuck in a
 * system call (a wedged USB bridge can hold open, ioctl or close for 45 s) is
 * given up on, and a fresh one takes its place. What the stuck one works on must
 * stay valid for it; when its task returns at last, the thread ends.
 *
 * All functions but the tasks themselves are for one thread, the owner.
 */
#ifndef STATION_POOL_H
#define STATION_POOL_H

#include "engine/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of each thread; a job's deepest calls need about a tenth of it. */
#define POOL_STACK_BYTES (256u * 1024)

struct pool;

/* STATUS_NO_MEMORY when the system gives no such number of threads. */
enum status pool_new(unsigned threads, struct pool **out, struct err *err);

/*
 * Have run(ctx) called on a free thread; blocks until there is one. Hand in no more
 * tasks than threads, apart from those that are just about to return or were
 * given up on, and that is at once.
 */
void pool_run(struct pool *p, void (*run)(void *ctx), void *ctx);

/*
 * Stop counting on the thread that works on ctx and start another one. false: no thread
 * works on it (any more). A system without a thread to give leaves the pool
 * smaller: then *is_smaller is true.
 */
bool pool_give_up(struct pool *p, const void *ctx, bool *is_smaller);

/*
 * End all threads. Waits up to wait_ms for those still at work, and returns how
 * many did not come back; then the pool and all that the tasks use must stay, since
 * those threads still may use it. Calling again waits again.
 */
size_t pool_free(struct pool *p, uint32_t wait_ms);

#endif
