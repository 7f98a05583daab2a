/*
 * Six functions between the protocol and whatever carries its bytes: a serial
 * port (transport_serial) or, in tests, a simulated unit on a virtual clock.
 *
 * Nothing below sets a timeout of its own: what waits takes a deadline. A
 * transport that was told to stop (*cancel became true) returns
 * STATUS_CANCELLED from read and write within 50 ms. STATUS_PORT_GONE means
 * the other end hung up; it stays that way until the transport is closed.
 */
#ifndef ENGINE_TRANSPORT_H
#define ENGINE_TRANSPORT_H

#include "engine/base/clock.h"
#include "engine/base/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transport;

struct transport_ops {
	enum status (*read)(struct transport *t, uint8_t *buf, size_t size, size_t *got,
			    struct deadline d, struct err *err);
	enum status (*write)(struct transport *t, const uint8_t *buf, size_t size,
			     struct deadline d, struct err *err);
	enum status (*set_baud)(struct transport *t, uint32_t rate_baud, uint32_t *actual_baud,
				struct err *err);
	enum status (*set_lines)(struct transport *t, bool dtr, bool rts, struct err *err);
	enum status (*discard)(struct transport *t, struct err *err);
	void (*close)(struct transport *t);
};

struct transport {
	const struct transport_ops *ops;
	const struct clock *clock;
	const atomic_bool *cancel; /* may be NULL; set by another thread */
};

/*
 * Wait for at least one byte, take at most size. At the deadline *got is 0 and
 * the status STATUS_OK: silence is for the caller to judge.
 */
enum status transport_read(struct transport *t, uint8_t *buf, size_t size, size_t *got,
			   struct deadline d, struct err *err);

/* All of it handed to the system, or STATUS_NO_ANSWER at the deadline. */
enum status transport_write(struct transport *t, const uint8_t *buf, size_t size, struct deadline d,
			    struct err *err);

/*
 * Change the rate at once, even under bytes still on their way. *actual_baud is
 * what the driver reports afterwards (CP210x and CH340 cannot make every rate).
 * STATUS_RATE_FAILED when that is more than 2 % off or the driver refuses.
 */
enum status transport_set_baud(struct transport *t, uint32_t rate_baud, uint32_t *actual_baud,
			       struct err *err);

/* Both lines in one request. true = asserted = pin low on the unit's circuit.
 * STATUS_NOT_SUPPORTED where the adapter has no such lines. */
enum status transport_set_lines(struct transport *t, bool dtr, bool rts, struct err *err);

/* Drop what has arrived and was not read. */
enum status transport_discard(struct transport *t, struct err *err);

/* Gives the transport back; may block for as long as the kernel likes. NULL is fine. */
void transport_close(struct transport *t);

#endif
