#include "tests/sim/sim_transport.h"

#include <assert.h>
#include <stddef.h>

#define POWER_UP_US 1000000u
/* A driver reports another rate than was asked for: so much is still the same rate. */
#define RATE_TOLERANCE_PERCENT 2u
/* How soon a read or write notices that it was told to stop. */
#define CANCEL_POLL_US 50000u

static struct sim_transport *of(struct transport *t)
{
	return (struct sim_transport *)((char *)t - offsetof(struct sim_transport, base));
}

static uint64_t now_us(void *ctx)
{
	return ((struct sim_transport *)ctx)->now_us;
}

static void move_to(struct sim_transport *st, uint64_t at_us)
{
	if (at_us > st->now_us)
		st->now_us = at_us;
	if (st->now_us >= st->cancel_at_us)
		atomic_store(&st->cancel, true);
	sim_unit_advance(st->unit, st->now_us);
}

static void sleep_until_us(void *ctx, uint64_t at_us)
{
	move_to(ctx, at_us);
}

/* The port that was opened, and not one that came after it. */
static bool has_port(const struct sim_transport *st)
{
	return sim_unit_is_present(st->unit) &&
	       sim_unit_port_generation(st->unit) == st->port_generation;
}

static enum status check(struct sim_transport *st, struct err *err)
{
	if (atomic_load(&st->cancel))
		return err_set(err, STATUS_CANCELLED, "simulated port: cancelled");
	if (sim_unit_is_unplugged(st->unit))
		return err_set(err, STATUS_PORT_GONE, "simulated port: unplugged");
	if (!has_port(st))
		return err_set(err, STATUS_PORT_GONE, "simulated port: vanished with a restart");
	return STATUS_OK;
}

/* To the next event inside the unit, to the deadline, or far enough to notice a stop. */
static void wait_for_unit(struct sim_transport *st, uint64_t until_us)
{
	uint64_t next_us = sim_unit_next_us(st->unit);

	if (next_us > until_us)
		next_us = until_us;
	if (next_us > st->now_us + CANCEL_POLL_US)
		next_us = st->now_us + CANCEL_POLL_US;
	/* An event that is due already has happened in the call before: always move. */
	move_to(st, next_us > st->now_us ? next_us : st->now_us + 1);
}

static enum status sim_read(struct transport *t, uint8_t *buf, size_t size, size_t *got,
			    struct deadline d, struct err *err)
{
	struct sim_transport *st = of(t);

	*got = 0;
	for (;;) {
		TRY(check(st, err));
		*got = sim_unit_read(st->unit, st->now_us, buf, size);
		if (*got || st->now_us >= d.at_us)
			return STATUS_OK;
		wait_for_unit(st, d.at_us);
	}
}

static enum status sim_write(struct transport *t, const uint8_t *buf, size_t size,
			     struct deadline d, struct err *err)
{
	struct sim_transport *st = of(t);

	for (;;) {
		size_t taken;

		TRY(check(st, err));
		taken = sim_unit_write(st->unit, st->now_us, buf, size);
		buf += taken;
		size -= taken;
		if (!size)
			return check(st, err);
		if (st->now_us >= d.at_us)
			return err_set(err, STATUS_NO_ANSWER,
				       "simulated port: %zu bytes not taken in time", size);
		wait_for_unit(st, d.at_us);
	}
}

static enum status sim_set_baud(struct transport *t, uint32_t rate_baud, uint32_t *actual_baud,
				struct err *err)
{
	struct sim_transport *st = of(t);
	uint64_t apart;

	TRY(check(st, err));
	*actual_baud = sim_unit_rate(st->unit, st->now_us, rate_baud);
	apart = *actual_baud > rate_baud ? *actual_baud - rate_baud : rate_baud - *actual_baud;
	if (apart * 100 > (uint64_t)rate_baud * RATE_TOLERANCE_PERCENT)
		return err_set(err, STATUS_RATE_FAILED, "simulated port: asked for %u, got %u",
			       rate_baud, *actual_baud);
	return STATUS_OK;
}

static enum status sim_set_lines(struct transport *t, bool dtr, bool rts, struct err *err)
{
	struct sim_transport *st = of(t);

	TRY(check(st, err));
	sim_unit_lines(st->unit, st->now_us, dtr, rts);
	return STATUS_OK;
}

static enum status sim_discard(struct transport *t, struct err *err)
{
	struct sim_transport *st = of(t);

	TRY(check(st, err));
	sim_unit_discard(st->unit, st->now_us);
	return STATUS_OK;
}

static void sim_close(struct transport *t)
{
	struct sim_transport *st = of(t);

	if (st->is_open && has_port(st))
		sim_unit_close(st->unit, st->now_us, false);
	st->is_open = false;
}

static const struct transport_ops ops = {
	.read = sim_read,
	.write = sim_write,
	.set_baud = sim_set_baud,
	.set_lines = sim_set_lines,
	.discard = sim_discard,
	.close = sim_close,
};

bool sim_transport_init(struct sim_transport *st, const struct sim_unit_config *config, char *error,
			size_t error_size)
{
	*st = (struct sim_transport){ .cancel_at_us = SIM_NEVER };
	st->unit = sim_unit_new(config, error, error_size);
	if (!st->unit)
		return false;
	st->clock = (struct clock){
		.now_us = now_us,
		.sleep_until_us = sleep_until_us,
		.ctx = st,
	};
	st->base = (struct transport){ .ops = &ops, .clock = &st->clock, .cancel = &st->cancel };
	sim_unit_advance(st->unit, 0);
	move_to(st, POWER_UP_US);
	sim_transport_reopen(st);
	return true;
}

void sim_transport_reopen(struct sim_transport *st)
{
	assert(!st->is_open);
	sim_unit_open(st->unit, st->now_us);
	st->port_generation = sim_unit_port_generation(st->unit);
	st->is_open = true;
}

bool sim_transport_follow(struct sim_transport *st, uint64_t until_us)
{
	transport_close(&st->base);
	while (!sim_unit_is_present(st->unit) && !sim_unit_is_unplugged(st->unit)) {
		if (st->now_us >= until_us)
			return false;
		wait_for_unit(st, until_us);
	}
	if (sim_unit_is_unplugged(st->unit))
		return false;
	sim_transport_reopen(st);
	return true;
}

void sim_transport_release(struct sim_transport *st)
{
	if (st->unit && st->is_open && has_port(st))
		sim_unit_close(st->unit, st->now_us, true);
	sim_unit_free(st->unit);
	*st = (struct sim_transport){ .unit = NULL };
}

void sim_transport_wait_ms(struct sim_transport *st, uint32_t ms)
{
	move_to(st, st->now_us + (uint64_t)ms * 1000u);
}
