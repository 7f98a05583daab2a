/*
 * What is plugged in: serial ports and the USB bridges behind them, from sysfs.
 *
 * A port is named three ways. The node (/dev/ttyUSB3) is given out anew at each
 * plug; the slot is the place on the fixture and stays: controller, port chain
 * and interface, such as "pci-0000:00:14.0/1.4:1.0" or
 * "platform-fe980000.usb/1.2:1.0", without the bus number, which changes over
 * boots. No two ports of a list have one slot. usb_path is where sysfs describes the interface.
 * docs/serial-ports.md.
 */
#ifndef STATION_PORTS_H
#define STATION_PORTS_H

#include "engine/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PORTS_SYSFS "/sys/class/tty"
#define PORTS_PROC "/proc"

/* What became of asking a bridge for its part: station/usb_query.h. */
enum usb_asked {
	USB_NOT_ASKED,
	USB_ANSWERED,
	USB_NOT_PERMITTED, /* this user may not write to the device's node */
	USB_IN_USE,        /* some program has the port open */
	USB_SILENT,        /* no such node, refused, or not in time */
};

struct usb_answer {
	enum usb_asked asked;
	uint8_t part;  /* of USB_ANSWERED: the maker's number for the part */
	bool is_short; /* a CP2102 that answers two bytes with one, as copies do */
};

/* Strings are "" where the system tells nothing. */
struct port {
	char name[64];  /* "ttyUSB0" */
	char node[80];  /* "/dev/ttyUSB0" */
	char slot[200]; /* as above; the name itself where there is no USB behind the port */
	bool is_usb;    /* else the rest is unknown */
	uint16_t vid, pid;
	char manufacturer[128];
	char product[128];
	char serial[128];
	char release[16]; /* bcdDevice, "0100" */
	char driver[64];  /* kernel driver of the interface: "cp210x", "cdc_acm" */
	unsigned speed_mbps;
	unsigned usb_bus, usb_device; /* where it is on USB until the next plug; 0 unknown */
	/*
	 * Another for each plug: the inode of the device's folder in sysfs. Device numbers begin
	 * anew behind 127, so that the next unit in a place can get the number of the one before.
	 */
	uint64_t usb_plug;
	struct usb_answer answer; /* ports_scan() asks nothing */
	char usb_path[512];
	pid_t holder_pid; /* who has it open; 0 nobody, or nobody we may see */
	char holder[64];  /* that program's command line, cut */
};

struct port_list {
	struct port *items; /* USB ports first, each group in natural order of the slot */
	size_t count;
};

/*
 * Every serial port under sysfs_tty (PORTS_SYSFS, or a made-up tree). Entries
 * that vanish while they are read are left out. Virtual terminals and the
 * placeholders of absent UARTs are not ports. STATUS_FILE, STATUS_NO_MEMORY.
 */
enum status ports_scan(const char *sysfs_tty, struct port_list *list, struct err *err);
void ports_release(struct port_list *list);

/*
 * The port that stands at the USB port of this slot now, under whatever node and
 * number; of a device with several interfaces the same one, else the first. false:
 * nothing is there.
 */
bool ports_find_at(const char *sysfs_tty, const char *slot, struct port *found);
/* The port that has this name now ("ttyUSB0"): names are given out anew. false: none has. */
bool ports_find_name(const char *sysfs_tty, const char *name, struct port *found);

/*
 * Fill in holder_pid and holder as far as proc (PORTS_PROC) lets us read:
 * other users' programs stay hidden from everybody but root.
 */
void ports_find_holders(struct port_list *list, const char *proc);

/*
 * The slot that a sysfs path lies in, and where the interface's folder ends in
 * it (*interface_end, from the start of path). false: there is no USB interface
 * in the path.
 */
bool slot_from_path(const char *path, char *slot, size_t size, size_t *interface_end);

#endif
