/*
 * Following a unit whose port vanishes and comes back at the same place under another
 * node: a chip's own USB does at each restart, perhaps with another product number; a
 * bridge does when its cable, its hub or its supply fails for a moment.
 */
#ifndef STATION_REOPEN_H
#define STATION_REOPEN_H

#include "engine/transport.h"
#include "station/bridge.h"
#include "station/ports.h"

struct reopen {
	const char *sysfs_tty;
	const struct port *port;     /* as it was */
	const struct bridge *bridge; /* what stood there */
	const atomic_bool *cancel;
	void (*waiting)(void *ctx); /* after REOPEN_TOLD_MS without a port, once; NULL: nobody */
	/* At each look, before anything is opened. found NULL: nothing is there. Anything but
	 * STATUS_OK ends the waiting so. NULL: nothing is in the way. */
	enum status (*may_wait)(void *ctx, const struct port *found, struct err *err);
	/* Could what has come be another unit? Then it is not opened. NULL: it could not. */
	bool (*is_stranger)(void *ctx, const struct port *found);
	void *ctx;
	enum status (*open_port)(const char *node, const atomic_bool *cancel,
				 struct transport **out, struct err *err);
};

/* A restart takes a chip's own USB away for some 100 ms: that is not worth a word. */
#define REOPEN_TOLD_MS 700

/*
 * Closes *transport and opens what stands at the slot, as soon as it is of the same kind
 * (any chip's own USB where one stood, else a bridge with the same VID:PID) and lets itself
 * be opened; until udev has seen a new port, that may be refused. At
 * most until d, by d's clock. *found and *bridge say what was opened.
 * STATUS_PORT_GONE nothing came back, or a stranger, or a bridge with another number or name,
 * STATUS_CANCELLED, what may_wait said, or why it could not be opened; then *transport is NULL.
 */
enum status reopen_port(const struct reopen *r, struct transport **transport, struct port *found,
			const struct bridge **bridge, struct deadline d, struct err *err);

#endif
