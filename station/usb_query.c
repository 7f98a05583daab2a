#include "station/usb_query.h"

#include "engine/base/bytes.h"
#include "engine/port_holder.h"
#include "station/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/usbdevice_fs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A vendor request to the device that reads: USB 2.0, table 9-2. */
#define VENDOR_READ 0xC0

/* cp210x.c and ch343.c: docs/bridges.md, Which part. */
#define CP210X_VENDOR_SPECIFIC 0xFF
#define CP210X_GET_PARTNUM 0x370B
#define CP210X_CP2102 0x02
#define WCH_GET_TYPE 0x5F
#define WCH_TYPE_BYTES 8

#define REQUEST_TIMEOUT_MS 200

/* As far as the product in a device descriptor, which is what the node reads as. */
#define DESCRIPTOR_BYTES 12
#define DESCRIPTOR_VENDOR 8
#define DESCRIPTOR_PRODUCT 10

static int control_by_ioctl(int fd, struct usbdevfs_ctrltransfer *transfer)
{
	return ioctl(fd, USBDEVFS_CONTROL, transfer);
}

const struct usb_bus usb_bus_linux = {
	.root = "/dev/bus/usb",
	.proc = PORTS_PROC,
	.control = control_by_ioctl,
};

/* ---- one bridge ---- */

static int read_vendor(const struct usb_bus *bus, int fd, uint8_t request, uint16_t value,
		       uint8_t *data, uint16_t size)
{
	struct usbdevfs_ctrltransfer transfer = {
		.bRequestType = VENDOR_READ,
		.bRequest = request,
		.wValue = value,
		.wLength = size,
		.timeout = REQUEST_TIMEOUT_MS,
		.data = data,
	};

	return bus->control(fd, &transfer);
}

static struct usb_answer ask_cp210x(const struct usb_bus *bus, int fd)
{
	struct usb_answer answer = { .asked = USB_SILENT };
	uint8_t data[2] = { 0 };

	if (read_vendor(bus, fd, CP210X_VENDOR_SPECIFIC, CP210X_GET_PARTNUM, data, 1) != 1)
		return answer;
	answer.asked = USB_ANSWERED;
	answer.part = data[0];
	if (answer.part == CP210X_CP2102)
		answer.is_short = read_vendor(bus, fd, CP210X_VENDOR_SPECIFIC, CP210X_GET_PARTNUM,
					      data, sizeof(data)) == 1;
	return answer;
}

static struct usb_answer ask_wch(const struct usb_bus *bus, int fd)
{
	struct usb_answer answer = { .asked = USB_SILENT };
	uint8_t data[WCH_TYPE_BYTES] = { 0 };

	if (read_vendor(bus, fd, WCH_GET_TYPE, 0, data, sizeof(data)) < 2)
		return answer;
	answer.asked = USB_ANSWERED;
	answer.part = data[1]; /* the byte before it is the version */
	return answer;
}

static struct usb_answer ask(const struct usb_bus *bus, int fd, enum usb_question question)
{
	switch (question) {
	case ASK_CP210X_PART:
		return ask_cp210x(bus, fd);
	case ASK_WCH_TYPE:
		return ask_wch(bus, fd);
	case ASK_NOTHING:
		break;
	}
	return (struct usb_answer){ .asked = USB_NOT_ASKED };
}

/* Numbers on the bus are used again: somebody else's device may have come since. */
static bool is_still(int fd, const struct port *p)
{
	uint8_t descriptor[DESCRIPTOR_BYTES];

	return read(fd, descriptor, sizeof(descriptor)) == (ssize_t)sizeof(descriptor) &&
	       get_le16(descriptor + DESCRIPTOR_VENDOR) == p->vid &&
	       get_le16(descriptor + DESCRIPTOR_PRODUCT) == p->pid;
}

static void node_path(const struct usb_bus *bus, const struct port *p, char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%03u/%03u", bus->root, p->usb_bus, p->usb_device);
}

/* EPERM and EROFS: a container's ways to say it. */
static struct usb_answer refused(int number)
{
	bool is_forbidden = number == EACCES || number == EPERM || number == EROFS;

	return (struct usb_answer){ .asked = is_forbidden ? USB_NOT_PERMITTED : USB_SILENT };
}

/* false: *answer says why not. Opening a node wakes the device up, so that is left to those who
 * may. */
static bool may_ask(const struct usb_bus *bus, const struct port *p, enum usb_question question,
		    struct usb_answer *answer)
{
	char path[PATH_MAX];

	*answer = (struct usb_answer){ .asked = USB_NOT_ASKED };
	if (question == ASK_NOTHING || !p->usb_bus || !p->usb_device)
		return false;
	node_path(bus, p, path);
	if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0)
		return true;
	*answer = refused(errno);
	return false;
}

struct usb_answer usb_query(const struct usb_bus *bus, const struct port *p,
			    enum usb_question question)
{
	struct usb_answer answer;
	char path[PATH_MAX];
	int fd;

	if (!may_ask(bus, p, question, &answer))
		return answer;
	node_path(bus, p, path);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return refused(errno);
	answer.asked = USB_SILENT;
	if (is_still(fd, p))
		answer = ask(bus, fd, question);
	close(fd);
	return answer;
}

/* ---- all of a session's ---- */

struct asked_bridge {
	const struct usb_bus *bus;
	size_t place;
	enum usb_question question;
	struct port port; /* a copy: a thread that is stuck outlives the list */
	bool is_in_use;
	struct usb_answer answer;
	atomic_bool is_done; /* then the answer is read */
};

struct usb_asking {
	struct pool *pool;
	struct asked_bridge *bridges;
	size_t count;
};

static void ask_one(void *ctx)
{
	struct asked_bridge *a = ctx;

	a->answer = usb_query(a->bus, &a->port, a->question);
	atomic_store(&a->is_done, true);
}

static struct port *port_of(struct port_list *ports, const struct station_place *place)
{
	return &ports->items[place->port - ports->items];
}

/*
 * By a lock as flashers have it, also of another user's program; or open, as far as this
 * user may see. All programs are looked through once, not once for each port. false:
 * nobody knows, without memory.
 */
static bool find_ports_in_use(const char *proc, struct usb_asking *asking)
{
	struct port_held *held = calloc(asking->count, sizeof(*held));

	if (!held)
		return false;
	for (size_t i = 0; i < asking->count; i++) {
		struct asked_bridge *a = &asking->bridges[i];
		struct port_holder locker;
		struct stat node;

		if (stat(a->port.node, &node) != 0)
			continue;
		held[i].device = node.st_rdev;
		a->is_in_use = port_holder_of_lock(proc, &node, &locker);
	}
	port_holders_find(proc, held, asking->count);
	for (size_t i = 0; i < asking->count; i++)
		asking->bridges[i].is_in_use |= held[i].holder.pid != 0;
	free(held);
	return true;
}

/* Those that may be asked; the others get their answer at once. NULL: none, or no memory. */
static struct usb_asking *asking_new(const struct usb_bus *bus, struct port_list *ports,
				     const struct station_place *places, size_t count)
{
	struct usb_asking *asking = calloc(1, sizeof(*asking));

	if (asking)
		asking->bridges = calloc(count, sizeof(*asking->bridges));
	for (size_t i = 0; asking && asking->bridges && i < count; i++) {
		struct asked_bridge *a = &asking->bridges[asking->count];
		struct port *p = port_of(ports, &places[i]);

		a->question = places[i].bridge->question;
		if (a->question == ASK_NOTHING || !may_ask(bus, p, a->question, &p->answer))
			continue;
		a->bus = bus;
		a->place = i;
		a->port = *p;
		atomic_init(&a->is_done, false);
		asking->count++;
	}
	if (asking && asking->count)
		return asking;
	usb_asking_free(asking);
	return NULL;
}

/* Blocks for wait_ms at most. What has an answer then is done. */
static void ask_all(struct usb_asking *asking, uint32_t wait_ms)
{
	struct err ignored;

	if (pool_new((unsigned)asking->count, &asking->pool, &ignored) != STATUS_OK)
		return;
	for (size_t i = 0; i < asking->count; i++) {
		if (!asking->bridges[i].is_in_use)
			pool_run(asking->pool, ask_one, &asking->bridges[i]);
	}
	if (pool_free(asking->pool, wait_ms) == 0)
		asking->pool = NULL;
}

void usb_query_places(const struct usb_bus *bus, struct port_list *ports,
		      struct station_place *places, size_t count, uint32_t wait_ms,
		      struct usb_asking **stuck)
{
	struct usb_asking *asking = asking_new(bus, ports, places, count);

	*stuck = NULL;
	if (!asking)
		return;
	if (find_ports_in_use(bus->proc, asking))
		ask_all(asking, wait_ms);
	for (size_t i = 0; i < asking->count; i++) {
		struct asked_bridge *a = &asking->bridges[i];
		struct port *p = port_of(ports, &places[a->place]);

		p->answer.asked = a->is_in_use ? USB_IN_USE : USB_SILENT;
		if (atomic_load(&a->is_done))
			p->answer = a->answer;
		places[a->place].bridge = bridge_of_port(p);
	}
	if (asking->pool)
		*stuck = asking;
	else
		usb_asking_free(asking);
}

bool usb_asking_free(struct usb_asking *asking)
{
	if (!asking)
		return true;
	if (asking->pool && pool_free(asking->pool, 0) != 0)
		return false;
	free(asking->bridges);
	free(asking);
	return true;
}
