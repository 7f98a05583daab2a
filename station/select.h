/*
 * Which of the ports that are plugged in a session works on.
 */
#ifndef STATION_SELECT_H
#define STATION_SELECT_H

#include "engine/base/clock.h"
#include "station/station.h"

/* A chip's own USB is gone for as long as its unit restarts: some 100 ms, 3 s at most. */
#define SELECT_WAIT_MS 3000

/*
 * ports_scan() for select_ports(). Where a slot is named at which nothing is, it looks
 * again until d: the unit there may be restarting. No other name waits.
 */
enum status select_scan(const char *sysfs_tty, const char *const *names, size_t name_count,
			struct deadline d, struct port_list *ports, struct err *err);

struct selection {
	struct station_place *places; /* in the order of the list; they point into it */
	size_t count;
	bool is_ambiguous; /* several to choose from, and nothing was said */
};

/*
 * Named ports: nodes ("/dev/ttyUSB0", or "ttyUSB0"), links to nodes (also where no
 * node is there), slots, whole
 * or as views shorten them ("1.4") where that names one. One that was
 * named twice is taken once. Without names: with is_all every port with a
 * known bridge, else the only one.
 *
 * STATUS_USAGE says which name is no port, that there is no unit, or that there
 * are several (is_ambiguous); *selection is then empty.
 */
enum status select_ports(const struct port_list *ports, const char *const *names, size_t name_count,
			 bool is_all, struct selection *selection, struct err *err);
void selection_release(struct selection *s);

#endif
