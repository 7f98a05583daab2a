#include "station/reopen.h"

#include <string.h>

/* How often the system is looked at; a port takes some 100 ms to come back. */
#define LOOK_MS 20

/* A bridge of another kind is another unit. */
static bool is_back(const struct reopen *r, struct port *found, const struct bridge **bridge)
{
	if (!ports_find_at(r->sysfs_tty, r->port->slot, found))
		return false;
	*bridge = bridge_of_port(found);
	if (r->bridge->is_native_usb)
		return *bridge && (*bridge)->is_native_usb;
	/* Nobody asks it for its part again. */
	*bridge = r->bridge;
	return found->vid == r->port->vid && found->pid == r->port->pid &&
	       strcmp(found->slot, r->port->slot) == 0;
}

static enum status ask_owner(const struct reopen *r, const struct port *found, struct err *err)
{
	return r->may_wait ? r->may_wait(r->ctx, found, err) : STATUS_OK;
}

static bool is_another(const char *was, const char *is)
{
	return was[0] && is[0] && strcmp(was, is) != 0;
}

/* A bridge is soldered to its unit: one with another number, or another name, is another's. */
static bool is_other_bridge(const struct reopen *r, const struct port *found)
{
	const struct port *port = r->port;

	if (r->bridge->is_native_usb)
		return false;
	return is_another(port->serial, found->serial) || is_another(port->product, found->product);
}

enum status reopen_port(const struct reopen *r, struct transport **transport, struct port *found,
			const struct bridge **bridge, struct deadline d, struct err *err)
{
	const uint64_t limit_us = deadline_left_us(d);
	struct deadline told = deadline_after_ms(d.clock, REOPEN_TOLD_MS);
	bool is_told = !r->waiting;
	enum status st; /* of the last attempt to open, while there is a port to open */
	bool is_there;

	transport_close(*transport);
	*transport = NULL;
	for (;;) {
		if (r->cancel && atomic_load(r->cancel))
			return err_set(err, STATUS_CANCELLED,
				       "stopped while waiting for the port to come back");
		st = STATUS_OK;
		is_there = is_back(r, found, bridge);
		TRY(ask_owner(r, is_there ? found : NULL, err));
		if (is_there) {
			if (r->is_stranger && r->is_stranger(r->ctx, found))
				return err_set(err, STATUS_PORT_GONE,
					       "%s: the unit left before its MAC was known, and "
					       "what has come may be another one",
					       r->port->slot);
			if (is_other_bridge(r, found))
				return err_set(err, STATUS_PORT_GONE,
					       "%s: the unit was taken out, and another one's "
					       "bridge has come",
					       r->port->slot);
			st = r->open_port(found->node, r->cancel, transport, err);
			if (!st || st == STATUS_CANCELLED || st == STATUS_NO_MEMORY)
				return st;
		}
		if (deadline_passed(d))
			break;
		if (!is_told && deadline_passed(told)) {
			r->waiting(r->ctx);
			is_told = true;
		}
		clock_sleep_ms(d.clock, LOOK_MS);
	}
	if (st)
		return st;
	return err_set(err, STATUS_PORT_GONE, "%s: the unit did not come back on USB within %.1f s",
		       r->port->slot, (double)limit_us / 1e6);
}
