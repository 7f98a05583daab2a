#include "station/reopen.h"

/* How often the system is looked at; a port takes some 100 ms to come back. */
#define LOOK_MS 20

static bool is_native_at(const struct reopen *r, struct port *found, const struct bridge **bridge)
{
	if (!ports_find_at(r->sysfs_tty, r->slot, found))
		return false;
	*bridge = bridge_of_port(found);
	return *bridge && (*bridge)->is_native_usb;
}

enum status reopen_port(const struct reopen *r, struct transport **transport, struct port *found,
			const struct bridge **bridge, struct deadline d, struct err *err)
{
	const uint64_t limit_us = deadline_left_us(d);
	enum status st; /* of the last attempt to open, while there is a port to open */

	transport_close(*transport);
	*transport = NULL;
	for (;;) {
		if (r->cancel && atomic_load(r->cancel))
			return err_set(err, STATUS_CANCELLED,
				       "stopped while waiting for the port to come back");
		st = STATUS_OK;
		if (is_native_at(r, found, bridge)) {
			st = r->open_port(found->node, r->cancel, transport, err);
			if (!st || st == STATUS_CANCELLED || st == STATUS_NO_MEMORY)
				return st;
		}
		if (deadline_passed(d))
			break;
		clock_sleep_ms(d.clock, LOOK_MS);
	}
	if (st)
		return st;
	return err_set(err, STATUS_PORT_GONE, "%s: the unit did not come back on USB within %.1f s",
		       r->slot, (double)limit_us / 1e6);
}
