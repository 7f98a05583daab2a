/*
 * Following a unit through a restart of its own USB: the port vanishes and comes back at
 * the same place, perhaps with another node and another product number.
 */
#ifndef STATION_REOPEN_H
#define STATION_REOPEN_H

#include "engine/transport.h"
#include "station/bridge.h"
#include "station/ports.h"

struct reopen {
	const char *sysfs_tty;
	const char *slot;
	const atomic_bool *cancel;
	enum status (*open_port)(const char *node, const atomic_bool *cancel,
				 struct transport **out, struct err *err);
};

/*
 * Closes *transport and opens what stands at the slot, as soon as it is a chip's own USB
 * and lets itself be opened; until udev has seen a new port, that may be refused. At
 * most until d, by d's clock. *found and *bridge say what was opened.
 * STATUS_PORT_GONE nothing came back, STATUS_CANCELLED, or why it could not be
 * opened; then *transport is NULL.
 */
enum status reopen_port(const struct reopen *r, struct transport **transport, struct port *found,
			const struct bridge **bridge, struct deadline d, struct err *err);

#endif
