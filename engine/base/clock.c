#include "engine/base/clock.h"

#include <errno.h>
#include <time.h>

static uint64_t monotonic_now_us(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

static void monotonic_sleep_until_us(void *ctx, uint64_t at_us)
{
	struct timespec ts = {
		.tv_sec = (time_t)(at_us / 1000000u),
		.tv_nsec = (long)(at_us % 1000000u) * 1000,
	};

	(void)ctx;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

const struct clock clock_monotonic = {
	.now_us = monotonic_now_us,
	.sleep_until_us = monotonic_sleep_until_us,
};

uint64_t clock_now_us(const struct clock *c)
{
	return c->now_us(c->ctx);
}

void clock_sleep_us(const struct clock *c, uint64_t us)
{
	c->sleep_until_us(c->ctx, clock_now_us(c) + us);
}

void clock_sleep_ms(const struct clock *c, uint32_t ms)
{
	clock_sleep_us(c, (uint64_t)ms * 1000u);
}

struct deadline deadline_after_us(const struct clock *c, uint64_t us)
{
	return (struct deadline){ .clock = c, .at_us = clock_now_us(c) + us };
}

struct deadline deadline_after_ms(const struct clock *c, uint64_t ms)
{
	return deadline_after_us(c, ms * 1000u);
}

struct deadline deadline_earlier(struct deadline a, struct deadline b)
{
	return a.at_us <= b.at_us ? a : b;
}

uint64_t deadline_left_us(struct deadline d)
{
	uint64_t now_us = clock_now_us(d.clock);

	return now_us < d.at_us ? d.at_us - now_us : 0;
}

bool deadline_passed(struct deadline d)
{
	return deadline_left_us(d) == 0;
}

int64_t clock_utc_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
