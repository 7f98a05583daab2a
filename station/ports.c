#define _XOPEN_SOURCE 700 /* realpath */

#include "station/ports.h"

#include "engine/port_holder.h"
#include "station/textbuf.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* From here on a device is on a root hub of its own, whose ports are counted apart. */
#define SUPER_SPEED_MBPS 5000u

/* "1-1.4:1.0", a folder of one USB interface: bus-chain:configuration.interface. */
static bool is_interface(const char *name, size_t len)
{
	size_t at = strspn(name, "0123456789");
	size_t chain;

	if (at == 0 || at >= len || name[at] != '-')
		return false;
	at++;
	chain = strspn(name + at, "0123456789.");
	if (chain == 0 || at + chain >= len || name[at + chain] != ':')
		return false;
	at += chain + 1;
	return at < len && at + strspn(name + at, "0123456789.") == len;
}

/* "usb3", the root hub's folder: what stands before it is the controller. */
static bool is_root_hub(const char *name, size_t len)
{
	return len > 3 && strncmp(name, "usb", 3) == 0 && 3 + strspn(name + 3, "0123456789") == len;
}

/* "0000:00:14.0" */
static bool is_pci_address(const char *name, size_t len)
{
	unsigned colons = 0, dots = 0;

	for (size_t i = 0; i < len; i++) {
		colons += name[i] == ':';
		dots += name[i] == '.';
		if (name[i] != ':' && name[i] != '.' && !isxdigit((unsigned char)name[i]))
			return false;
	}
	return colons == 2 && dots == 1;
}

/* Numbered in the order of probing, so no name for a place: its parent is. */
static bool is_anonymous_controller(const char *name, size_t len)
{
	static const char *const drivers[] = { "xhci-hcd.", "ci_hdrc.", "musb-hdrc." };

	if (len > 5 && strncmp(name + len - 5, ".auto", 5) == 0)
		return true;
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		size_t start = strlen(drivers[i]);

		if (len > start && strncmp(name, drivers[i], start) == 0)
			return true;
	}
	return false;
}

/* Below this folder there is nothing that names a place. */
static bool is_nameless_parent(const char *name, size_t len)
{
	return !name || (len == strlen("platform") && strncmp(name, "platform", len) == 0);
}

bool slot_from_path(const char *path, char *slot, size_t size, size_t *interface_end)
{
	const char *controller = NULL, *interface = NULL, *chain;
	size_t controller_len = 0, interface_len = 0;
	const char *before = NULL;
	size_t before_len = 0;
	int length;

	for (const char *name = path; *name;) {
		size_t len = strcspn(name, "/");

		if (is_root_hub(name, len) && before) {
			controller = before;
			controller_len = before_len;
		}
		if (is_interface(name, len)) {
			interface = name;
			interface_len = len;
		}
		if (len && (!is_anonymous_controller(name, len) ||
			    is_nameless_parent(before, before_len))) {
			before = name;
			before_len = len;
		}
		name += len;
		name += *name == '/';
	}
	if (!controller || !interface)
		return false;
	chain = memchr(interface, '-', interface_len);
	chain++;
	length = snprintf(slot, size, "%s-%.*s/%.*s",
			  is_pci_address(controller, controller_len) ? "pci" : "platform",
			  (int)controller_len, controller, (int)(interface + interface_len - chain),
			  chain);
	*interface_end = (size_t)(interface + interface_len - path);
	return length > 0 && (size_t)length < size; /* cut, it could be another's */
}

/* One line of a sysfs attribute, cleaned; "" when it cannot be read. */
static bool read_attribute(const char *folder, const char *name, char *value, size_t size)
{
	char path[PATH_MAX];
	FILE *file;
	bool is_read;

	value[0] = '\0';
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		return false;
	file = fopen(path, "re");
	if (!file)
		return false;
	is_read = fgets(value, (int)size, file) != NULL;
	fclose(file);
	if (!is_read)
		value[0] = '\0';
	value[strcspn(value, "\n")] = '\0';
	text_clean(value);
	return is_read;
}

static bool read_hex(const char *folder, const char *name, uint16_t *value)
{
	char text[16];
	char *end;
	unsigned long number;

	if (!read_attribute(folder, name, text, sizeof(text)))
		return false;
	number = strtoul(text, &end, 16);
	*value = (uint16_t)number;
	return end != text && *end == '\0' && number <= UINT16_MAX;
}

/* 0 where there is none. */
static unsigned read_number(const char *folder, const char *name)
{
	char text[16];

	if (!read_attribute(folder, name, text, sizeof(text)))
		return 0;
	return (unsigned)strtoul(text, NULL, 10);
}

/* The last part of where folder/driver points to. */
static void read_driver(const char *folder, char *driver, size_t size)
{
	char path[PATH_MAX];
	char *target;
	const char *slash;

	driver[0] = '\0';
	if ((size_t)snprintf(path, sizeof(path), "%s/driver", folder) >= sizeof(path))
		return;
	target = realpath(path, NULL);
	if (!target)
		return;
	slash = strrchr(target, '/');
	snprintf(driver, size, "%s", slash ? slash + 1 : target);
	text_clean(driver);
	free(target);
}

/* slot_from_path(), and "ss" before the chain of a SuperSpeed device. */
static bool slot_of_device(const char *device, char *slot, size_t size, size_t *interface_end)
{
	char folder[PATH_MAX], *slash;

	if (!slot_from_path(device, slot, size, interface_end) || *interface_end >= sizeof(folder))
		return false;
	snprintf(folder, sizeof(folder), "%.*s", (int)*interface_end, device);
	slash = strrchr(folder, '/');
	if (!slash)
		return false;
	*slash = '\0';
	if (read_number(folder, "speed") < SUPER_SPEED_MBPS)
		return true;
	slash = strrchr(slot, '/');
	if (strlen(slot) + strlen("ss") >= size)
		return false;
	memmove(slash + 3, slash + 1, strlen(slash + 1) + 1);
	memcpy(slash + 1, "ss", 2);
	return true;
}

/* Several ports on one interface share its slot: all but the first get a suffix. */
static void add_port_number(const char *device, char *slot, size_t size)
{
	char number[16];
	size_t len = strlen(slot);

	if (read_attribute(device, "port_number", number, sizeof(number)) && number[0] &&
	    strcmp(number, "0") != 0)
		snprintf(slot + len, size - len, ".port%s", number);
}

/* false when the device went away under our hands. device: a resolved path, changed here. */
static bool read_usb(char *device, size_t interface_end, struct port *p)
{
	struct stat folder;
	char *slash;

	add_port_number(device, p->slot, sizeof(p->slot));
	read_driver(device, p->driver, sizeof(p->driver));
	device[interface_end] = '\0';
	if (strlen(device) >= sizeof(p->usb_path))
		return false;
	strcpy(p->usb_path, device);
	/* The interface's driver is the bridge's; usb-serial's own name is second best. */
	char interface_driver[sizeof(p->driver)];

	read_driver(device, interface_driver, sizeof(interface_driver));
	if (interface_driver[0])
		memcpy(p->driver, interface_driver, sizeof(p->driver));

	slash = strrchr(device, '/');
	if (!slash)
		return false;
	*slash = '\0';
	if (!read_hex(device, "idVendor", &p->vid) || !read_hex(device, "idProduct", &p->pid))
		return false;
	read_attribute(device, "manufacturer", p->manufacturer, sizeof(p->manufacturer));
	read_attribute(device, "product", p->product, sizeof(p->product));
	read_attribute(device, "serial", p->serial, sizeof(p->serial));
	read_attribute(device, "bcdDevice", p->release, sizeof(p->release));
	p->speed_mbps = read_number(device, "speed");
	p->usb_bus = read_number(device, "busnum");
	p->usb_device = read_number(device, "devnum");
	if (stat(device, &folder) == 0)
		p->usb_plug = folder.st_ino;
	p->is_usb = true;
	return true;
}

/* false: not a port, or gone meanwhile. */
static bool read_port(const char *sysfs_tty, const char *name, struct port *p)
{
	char path[PATH_MAX], type[16];
	size_t interface_end;
	char *device;
	bool is_port = true;

	*p = (struct port){ 0 };
	if (strlen(name) >= sizeof(p->name) ||
	    (size_t)snprintf(path, sizeof(path), "%s/%s/device", sysfs_tty, name) >= sizeof(path))
		return false;
	strcpy(p->name, name);
	snprintf(p->node, sizeof(p->node), "/dev/%s", name);
	device = realpath(path, NULL); /* virtual terminals have none */
	if (!device)
		return false;
	if (slot_of_device(device, p->slot, sizeof(p->slot), &interface_end)) {
		is_port = read_usb(device, interface_end, p);
	} else {
		snprintf(p->slot, sizeof(p->slot), "%s", name);
		read_driver(device, p->driver, sizeof(p->driver));
		/* Type 0 is "no UART found here": the kernel's four placeholders. */
		snprintf(path, sizeof(path), "%s/%s", sysfs_tty, name);
		if (read_attribute(path, "type", type, sizeof(type)))
			is_port = strcmp(type, "0") != 0;
	}
	free(device);
	return is_port;
}

static int compare_ports(const void *a, const void *b)
{
	const struct port *p = a, *q = b;

	int order;

	if (p->is_usb != q->is_usb)
		return p->is_usb ? -1 : 1;
	order = text_compare_natural(p->slot, q->slot);
	return order ? order : text_compare_natural(p->name, q->name);
}

/* Some makers' drivers have all ports of a chip on one interface and do not number them. */
static void tell_slots_apart(struct port_list *list)
{
	unsigned nth = 0;

	for (size_t i = 1; i < list->count; i++) {
		const struct port *first = &list->items[i - 1 - nth];
		struct port *p = &list->items[i];
		size_t length = strlen(p->slot);

		nth = strcmp(p->slot, first->slot) == 0 ? nth + 1 : 0;
		if (nth)
			snprintf(p->slot + length, sizeof(p->slot) - length, ".port%u", nth);
	}
}

enum status ports_scan(const char *sysfs_tty, struct port_list *list, struct err *err)
{
	enum status st = STATUS_OK;
	struct dirent *entry;
	size_t room = 0;
	DIR *dir;

	*list = (struct port_list){ 0 };
	dir = opendir(sysfs_tty);
	if (!dir)
		return err_set(err, STATUS_FILE, "%s: %s", sysfs_tty, strerror(errno));
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (list->count == room) {
			struct port *items;

			room = room ? room * 2 : 16;
			items = realloc(list->items, room * sizeof(*items));
			if (!items) {
				st = err_set(err, STATUS_NO_MEMORY, "no memory for %zu ports",
					     room);
				break;
			}
			list->items = items;
		}
		if (read_port(sysfs_tty, entry->d_name, &list->items[list->count]))
			list->count++;
	}
	closedir(dir);
	if (st) {
		ports_release(list);
	} else if (list->count) {
		qsort(list->items, list->count, sizeof(*list->items), compare_ports);
		tell_slots_apart(list);
	}
	return st;
}

/* Is name's device in the USB port whose slots begin with these length bytes? */
static bool is_at(const char *sysfs_tty, const char *name, const char *slot, size_t length)
{
	char path[PATH_MAX], its_slot[sizeof(((struct port *)NULL)->slot)];
	size_t interface_end;
	char *device;
	bool is;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s/device", sysfs_tty, name) >= sizeof(path))
		return false;
	device = realpath(path, NULL);
	is = device && slot_of_device(device, its_slot, sizeof(its_slot), &interface_end) &&
	     strncmp(its_slot, slot, length) == 0;
	free(device);
	return is;
}

bool ports_find_at(const char *sysfs_tty, const char *slot, struct port *found)
{
	const char *colon = strrchr(slot, ':'), *slash = strrchr(slot, '/');
	bool is_found = false;
	struct dirent *entry;
	DIR *dir;

	if (!colon || !slash || colon < slash)
		return false;
	dir = opendir(sysfs_tty);
	if (!dir)
		return false;
	while ((entry = readdir(dir)) != NULL) {
		struct port p;

		/* With the colon, so that 1.4 is not 1.41. */
		if (entry->d_name[0] == '.' ||
		    !is_at(sysfs_tty, entry->d_name, slot, (size_t)(colon + 1 - slot)) ||
		    !read_port(sysfs_tty, entry->d_name, &p) || !p.is_usb)
			continue;
		if (!is_found || strcmp(p.slot, slot) == 0 ||
		    (strcmp(found->slot, slot) != 0 && compare_ports(&p, found) < 0))
			*found = p;
		is_found = true;
	}
	closedir(dir);
	return is_found;
}

bool ports_find_name(const char *sysfs_tty, const char *name, struct port *found)
{
	return read_port(sysfs_tty, name, found);
}

void ports_release(struct port_list *list)
{
	free(list->items);
	*list = (struct port_list){ 0 };
}

void ports_find_holders(struct port_list *list, const char *proc)
{
	struct port_held *held = calloc(list->count + 1, sizeof(*held));

	if (!held)
		return;
	for (size_t i = 0; i < list->count; i++) {
		struct stat node;

		/* No device has the number 0. */
		if (stat(list->items[i].node, &node) == 0)
			held[i].device = node.st_rdev;
	}
	port_holders_find(proc, held, list->count);
	for (size_t i = 0; i < list->count; i++) {
		struct port *p = &list->items[i];

		p->holder_pid = held[i].holder.pid;
		snprintf(p->holder, sizeof(p->holder), "%s", held[i].holder.command);
		text_clean(p->holder);
	}
	free(held);
}
