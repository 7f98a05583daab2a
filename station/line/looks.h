/*
 * Glances at chips (engine/glance.h), taken by a few threads of their own, so that neither the
 * owner loop waits for a port nor a run waits for a glance.
 *
 * A port is opened for each glance and closed behind it. Opening moves both lines at once, which
 * on a unit with two transistors is no reset (docs/serial-ports.md); and a port that is closed is
 * free for the run, for its name after the bridge has been away, and for whoever has to look.
 * Lines stay released: hang-up on close is off.
 *
 * A glance that does not come back - a wedged bridge can hold open or close for 45 s, or for good -
 * is given up on, and a fresh thread takes its place; its slot is not looked at until it returns.
 *
 * All functions are for one thread, the owner.
 */
#ifndef STATION_LINE_LOOKS_H
#define STATION_LINE_LOOKS_H

#include "engine/glance.h"
#include "station/ports.h"

/*
 * At once. One glance takes 0.4 .. 1 s: sixteen empty slots are looked at every 1.6 s, sixty-four
 * every 5 s (measured with m5sim); and no more units than these are reset at one moment.
 */
#define LOOKS_AT_ONCE 8

struct looks_setup {
	const char *sysfs_tty; /* PORTS_SYSFS; NULL: ports are not followed */
	/* transport_serial_open, or a test's */
	enum status (*open_port)(const char *node, const atomic_bool *cancel,
				 struct transport **out, struct err *err);
	uint64_t stuck_us; /* a glance that takes longer is given up on */
};

struct look {
	unsigned slot;
	struct port port;   /* that was looked at */
	struct glance seen; /* of STATUS_OK */
	enum status status;
	struct err err;
};

struct looks;

/* STATUS_NO_MEMORY */
enum status looks_new(const struct looks_setup *setup, struct looks **out, struct err *err);
/* Cancels what is under way. false: a thread did not come back, and nothing is freed; it may be
 * called again. NULL is fine. */
bool looks_free(struct looks *l, uint32_t wait_ms);

/* Readable once a glance is over. */
int looks_fd(const struct looks *l);
/* false: as many as may be are under way, or one of this slot, or no memory. */
bool looks_begin(struct looks *l, unsigned slot, const struct port *port, enum reset_kind reset);
/* How many are under way, but for those that were given up on. */
unsigned looks_at_work(const struct looks *l);
/* A glance at this slot is under way, or is not taken yet. */
bool looks_is_busy(const struct looks *l, unsigned slot);
/* One that is over; false: none is. */
bool looks_take(struct looks *l, struct look *look);
/* Gives up on what is stuck; true: the slot of one. */
bool looks_check(struct looks *l, uint64_t now_us, unsigned *slot);

#endif
