/*
 * What stands in each slot of a line now: a thread of its own looks at sysfs.
 *
 * Sysfs can block for seconds while a device is set up or reset, and a bridge may have to be asked
 * which part it is: the owner loop only takes what the thread has found. Every ARRIVALS_LOOK_MS the
 * links of the ports are compared with those of the last look, and all is read anew only when one
 * has changed.
 *
 * A slot is a USB port (station/ports.h: its path). What stands there is a plug: another device
 * is another plug, the same unit or not. A plug has settled once it has had a port for the
 * settle time. The USB device counts as well as its port: a unit whose application has no serial
 * port, but something else on USB, is still there. Ports that stand in no slot are not asked,
 * not opened and not told about.
 */
#ifndef STATION_LINE_ARRIVALS_H
#define STATION_LINE_ARRIVALS_H

#include "station/line/station_file.h"
#include "station/usb_query.h"

#define ARRIVALS_LOOK_MS 100

struct arrivals_setup {                   /* lent, as long as it looks */
	const char *sysfs_tty;            /* PORTS_SYSFS */
	const struct usb_bus *bus;        /* NULL: no bridge is asked for its part */
	const struct station_slot *slots; /* by number; those that are not used are not looked at */
	size_t slot_count;
	/* Every port with a known bridge that stands in no slot becomes one, with the next number,
	 * STATION_SLOTS_MAX at most. */
	bool takes_all;
	uint32_t settle_ms;
};

struct arrival {
	bool is_there;               /* a USB device stands at the path */
	bool has_port, is_settled;   /* and it has a serial port; has had it for the settle time */
	uint64_t since_us;           /* clock_monotonic: plugged in, or taken out; 0 never was */
	struct port port;            /* the last one that was seen; slot is always known */
	const struct bridge *bridge; /* of has_port; bridge_generic() for a port without a row */
};

/* Of one USB port: the same plug? */
bool arrival_is_same_plug(const struct port *a, const struct port *b);
/* Has this very plug the port's name still? A port keeps its name as long as it is there. Reads
 * sysfs. */
bool arrival_has_port(const char *sysfs_tty, const struct port *port);

struct arrivals;

/* Has looked once when it returns. STATUS_FILE sysfs cannot be read, STATUS_NO_MEMORY. */
enum status arrivals_new(const struct arrivals_setup *setup, struct arrivals **out,
			 struct err *err);
/* false: its thread is stuck in the system, and nothing is freed. NULL is fine. */
bool arrivals_free(struct arrivals *a, uint32_t wait_ms);

/* ---- the owner's side; none blocks ---- */

/* Readable once something has changed. */
int arrivals_fd(const struct arrivals *a);
/* Slots that are known: it never gets fewer. number: what stands on the fixture. */
size_t arrivals_slots(struct arrivals *a);
unsigned arrivals_number(struct arrivals *a, size_t slot);
/* What stands in the slot (index) now. false: nothing has changed since the last call. */
bool arrivals_take(struct arrivals *a, size_t slot, struct arrival *arrival);

#endif
