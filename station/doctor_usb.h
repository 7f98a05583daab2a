/*
 * The USB tree of a machine, as far as it decides what a fixture can carry: controllers, hubs with
 * their transaction translators (TT), endpoints, and which serial ports hang where.
 *
 * A hub of 480 Mbit/s carries units of 12 Mbit/s through a TT: one for all of its ports (single
 * TT), or one for each (multi TT: bDeviceProtocol 2, USB 2.0, 11.23.1). docs/doctor.md.
 */
#ifndef STATION_DOCTOR_USB_H
#define STATION_DOCTOR_USB_H

#include "engine/base/err.h"
#include "station/ports.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USB_NONE SIZE_MAX

struct usb_device {
	char path[512]; /* in sysfs, links resolved */
	char name[64];  /* "1-1.4", "usb1" */
	char chain[64]; /* "1.4"; "" a root hub */
	size_t parent;  /* the hub it hangs on; USB_NONE: a root hub */
	size_t controller;
	unsigned bus, speed_mbps; /* 0 unknown; 1.5 Mbit/s is 1 */
	uint16_t vid, pid;
	uint8_t protocol;
	bool is_hub, is_configured;
	unsigned hubs_above;  /* without the root hub */
	unsigned endpoints;   /* with endpoint 0; 0: of a root hub */
	bool is_put_to_sleep; /* power/control: auto */
	char product[128];
	char ttys[96]; /* "ttyUSB0 ttyUSB1" */
	unsigned tty_count;
	const char *bridge; /* name of its row; NULL none */
	/* The TT that its traffic shares; USB_NONE: none (itself not slow, or on a root hub). */
	size_t tt_hub;
	unsigned tt_port; /* of a multi-TT hub; else 0 */
	/* Of a hub. */
	unsigned ports, switches,
		switches_usable; /* ports that can be switched off; by this user */
	unsigned tt_slots;       /* serial ports through its TT; multi TT: through the fullest */
};

struct usb_controller {
	char path[512];
	char name[160]; /* as slots begin: "pci-0000:00:14.0" */
	bool is_xhci;
	unsigned endpoints, devices; /* without root hubs */
};

struct usb_tree {
	struct usb_device *devices; /* by bus; a hub before what hangs on it */
	size_t count;
	struct usb_controller *controllers;
	size_t controller_count;
};

/* sysfs_usb: "/sys/bus/usb/devices"; where it is not, the tree is empty. ports: what
 * ports_scan() found there. STATUS_NO_MEMORY. */
enum status usb_tree_read(const char *sysfs_usb, const struct port_list *ports,
			  struct usb_tree *tree, struct err *err);
void usb_tree_release(struct usb_tree *tree);

static inline bool usb_is_multi_tt(const struct usb_device *hub)
{
	return hub->protocol == 2;
}

#endif
