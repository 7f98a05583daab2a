/*
 * Time for whoever has to wait: a clock that a test can own, and deadlines.
 *
 * All times are microseconds of a clock that never goes back. A command makes
 * one deadline and passes it down; nobody below invents a timeout.
 */
#ifndef ENGINE_BASE_CLOCK_H
#define ENGINE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock {
	uint64_t (*now_us)(void *ctx);
	void (*sleep_until_us)(void *ctx, uint64_t at_us);
	void *ctx;
};

/* CLOCK_MONOTONIC of this machine. */
extern const struct clock clock_monotonic;

uint64_t clock_now_us(const struct clock *c);
void clock_sleep_ms(const struct clock *c, uint32_t ms);
void clock_sleep_us(const struct clock *c, uint64_t us);

struct deadline {
	const struct clock *clock;
	uint64_t at_us;
};

struct deadline deadline_after_ms(const struct clock *c, uint64_t ms);
struct deadline deadline_after_us(const struct clock *c, uint64_t us);
/* The one that comes first. Both on the same clock. */
struct deadline deadline_earlier(struct deadline a, struct deadline b);
bool deadline_passed(struct deadline d);
/* 0 once it has passed. */
uint64_t deadline_left_us(struct deadline d);

/* Milliseconds since 1970 in UTC: for records and logs only. */
int64_t clock_utc_ms(void);

#endif
