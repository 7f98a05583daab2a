/*
 * Asking a bridge which part it is, where its id and strings leave several.
 *
 * One or two vendor requests to the device's own control endpoint, of those that its
 * Linux driver sends it at every plug: they read a number and change nothing. usbfs
 * takes vendor requests without a claim, so the driver stays bound and the port as
 * it is; who may write to the device's node may send them. docs/bridges.md, Which part.
 *
 * Only ports that are chosen are asked, none that a program has open. Nothing here is
 * fatal: without an answer the bridge keeps its general name.
 */
#ifndef STATION_USB_QUERY_H
#define STATION_USB_QUERY_H

#include "station/bridge.h"
#include "station/station.h"

struct usbdevfs_ctrltransfer;

struct usb_bus {
	const char *root; /* "/dev/bus/usb" */
	const char *proc; /* "/proc", to see who has a port open */
	/* ioctl USBDEVFS_CONTROL: bytes that came, or -1 and errno. A test has its own. */
	int (*control)(int fd, struct usbdevfs_ctrltransfer *transfer);
};
extern const struct usb_bus usb_bus_linux;

/* For all bridges together; one that works answers within milliseconds. */
#define USB_QUERY_WAIT_MS 1000

/*
 * One port that nobody has open. Blocks for 0.4 s at most unless the kernel holds the
 * device: while it is being set up or reset, opening its node waits, however long.
 */
struct usb_answer usb_query(const struct usb_bus *bus, const struct port *p,
			    enum usb_question question);

/* Threads that did not come back, and what they use. */
struct usb_asking;

/*
 * Ask the bridges of those places whose row has a question, all at once, but for ports
 * that a program has open; places[].port points into ports. Answers are kept in the ports, and the
 * places get the rows that follow from them. Blocks for wait_ms at most; *stuck is what is to be
 * given to usb_asking_free() at the end, NULL mostly.
 */
void usb_query_places(const struct usb_bus *bus, struct port_list *ports,
		      struct station_place *places, size_t count, uint32_t wait_ms,
		      struct usb_asking **stuck);

/* false: a thread still uses it, and nothing is freed. NULL is fine. */
bool usb_asking_free(struct usb_asking *asking);

#endif
