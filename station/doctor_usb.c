#define _XOPEN_SOURCE 700 /* realpath */
#include "station/doctor_usb.h"

#include "station/bridge.h"
#include "station/textbuf.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* bDeviceClass of a hub: USB 2.0, 11.23.1. */
#define CLASS_HUB 9
#define HIGH_SPEED_MBPS 480

/* ---- one device ---- */

static bool read_line(const char *folder, const char *name, char *text, size_t size)
{
	char path[PATH_MAX];
	FILE *file;

	text[0] = '\0';
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		return false;
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(text, (int)size, file))
		text[0] = '\0';
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	text_clean(text);
	return true;
}

static unsigned read_number(const char *folder, const char *name, int base)
{
	char text[32];

	return read_line(folder, name, text, sizeof(text)) ? (unsigned)strtoul(text, NULL, base)
							   : 0;
}

/* Ports of a hub, each a folder of its interface: those that have a switch. */
static void count_switches(const char *interface, struct usb_device *dev)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir(interface);

	while (dir && (entry = readdir(dir)) != NULL) {
		if (!strstr(entry->d_name, "-port"))
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s/disable", interface,
				     entry->d_name) >= sizeof(path) ||
		    access(path, F_OK) != 0)
			continue;
		dev->switches++;
		dev->switches_usable += access(path, W_OK) == 0;
	}
	if (dir)
		closedir(dir);
}

/* The interfaces are folders of the device: "1-1.4:1.0", of a root hub "1-0:1.0". */
static void read_interfaces(struct usb_device *dev)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir(dev->path);

	while (dir && (entry = readdir(dir)) != NULL) {
		if (!strchr(entry->d_name, ':') ||
		    (size_t)snprintf(path, sizeof(path), "%s/%s", dev->path, entry->d_name) >=
			    sizeof(path))
			continue;
		dev->endpoints += read_number(path, "bNumEndpoints", 16);
		if (dev->is_hub)
			count_switches(path, dev);
	}
	if (dir)
		closedir(dir);
}

static bool read_device(const char *path, struct usb_device *dev)
{
	const char *name = strrchr(path, '/'), *dash;
	char text[32];

	*dev = (struct usb_device){ .parent = USB_NONE, .tt_hub = USB_NONE };
	if (!name || strlen(path) >= sizeof(dev->path) || strlen(name + 1) >= sizeof(dev->name) ||
	    !read_line(path, "idVendor", text, sizeof(text)))
		return false;
	name++;
	strcpy(dev->path, path);
	strcpy(dev->name, name);
	dash = strchr(name, '-');
	snprintf(dev->chain, sizeof(dev->chain), "%s", dash ? dash + 1 : "");
	dev->vid = (uint16_t)strtoul(text, NULL, 16);
	dev->pid = (uint16_t)read_number(path, "idProduct", 16);
	dev->protocol = (uint8_t)read_number(path, "bDeviceProtocol", 16);
	dev->is_hub = read_number(path, "bDeviceClass", 16) == CLASS_HUB;
	dev->bus = read_number(path, "busnum", 10);
	dev->speed_mbps = read_number(path, "speed", 10);
	dev->ports = read_number(path, "maxchild", 10);
	/* Linux leaves it empty where no configuration could be set. */
	dev->is_configured = !read_line(path, "bConfigurationValue", text, sizeof(text)) ||
			     strtoul(text, NULL, 10) != 0;
	read_line(path, "product", dev->product, sizeof(dev->product));
	dev->is_put_to_sleep =
		read_line(path, "power/control", text, sizeof(text)) && strcmp(text, "auto") == 0;
	read_interfaces(dev);
	if (dev->chain[0])
		dev->endpoints++; /* endpoint 0, which no descriptor lists */
	else
		dev->endpoints = 0; /* the controller itself */
	return true;
}

/* ---- all of them ---- */

static int compare(const void *a, const void *b)
{
	const struct usb_device *p = a, *q = b;

	if (p->bus != q->bus)
		return p->bus < q->bus ? -1 : 1;
	return text_compare_natural(p->chain, q->chain);
}

static enum status read_devices(const char *sysfs_usb, struct usb_tree *tree, struct err *err)
{
	DIR *dir = opendir(sysfs_usb);
	struct dirent *entry;
	size_t room = 0;

	while (dir && (entry = readdir(dir)) != NULL) {
		char path[PATH_MAX], *real;

		if (entry->d_name[0] == '.' || strchr(entry->d_name, ':'))
			continue;
		if (tree->count == room) {
			struct usb_device *devices;

			room = room ? room * 2 : 32;
			devices = realloc(tree->devices, room * sizeof(*devices));
			if (!devices) {
				closedir(dir);
				return err_set(err, STATUS_NO_MEMORY,
					       "no memory for %zu USB devices", room);
			}
			tree->devices = devices;
		}
		snprintf(path, sizeof(path), "%.3000s/%s", sysfs_usb, entry->d_name);
		real = realpath(path, NULL);
		if (real && read_device(real, &tree->devices[tree->count]))
			tree->count++;
		free(real);
	}
	if (dir)
		closedir(dir);
	if (tree->count)
		qsort(tree->devices, tree->count, sizeof(*tree->devices), compare);
	return STATUS_OK;
}

/* The device whose folder holds this path; USB_NONE. */
static size_t holder_of(const struct usb_tree *tree, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	for (size_t i = 0; i < tree->count; i++) {
		if (strlen(tree->devices[i].path) == length &&
		    strncmp(tree->devices[i].path, path, length) == 0)
			return i;
	}
	return USB_NONE;
}

/* "pci-0000:00:14.0", as slots begin. root: the path of a root hub. */
static void name_controller(const char *root, struct usb_controller *c)
{
	char path[700], slot[200];
	size_t end;

	snprintf(c->path, sizeof(c->path), "%.*s", (int)(strrchr(root, '/') - root), root);
	snprintf(path, sizeof(path), "%s/1-1/1-1:1.0", root);
	if (slot_from_path(path, slot, sizeof(slot), &end))
		snprintf(c->name, sizeof(c->name), "%.*s", (int)strcspn(slot, "/"), slot);
	else
		snprintf(c->name, sizeof(c->name), "%s", "unknown");
}

/* The one of this root hub: it may have another for SuperSpeed. */
static struct usb_controller *controller_of(struct usb_tree *tree, const char *root)
{
	struct usb_controller *new = &tree->controllers[tree->controller_count];

	name_controller(root, new);
	for (size_t i = 0; i < tree->controller_count; i++) {
		if (strcmp(tree->controllers[i].path, new->path) == 0)
			return &tree->controllers[i];
	}
	tree->controller_count++;
	return new;
}

static bool is_xhci(const struct usb_controller *c, const struct usb_device *root)
{
	char path[PATH_MAX];
	char *driver;
	bool is;

	if (strstr(root->product, "xHCI"))
		return true;
	snprintf(path, sizeof(path), "%s/driver", c->path);
	driver = realpath(path, NULL);
	is = driver && strstr(driver, "xhci");
	free(driver);
	return is;
}

static void find_controllers(struct usb_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		struct usb_device *dev = &tree->devices[i];
		struct usb_controller *c;

		dev->parent = dev->chain[0] ? holder_of(tree, dev->path) : USB_NONE;
		if (dev->parent != USB_NONE) { /* it stands before, and is done */
			const struct usb_device *hub = &tree->devices[dev->parent];

			dev->controller = hub->controller;
			dev->hubs_above = hub->hubs_above + (hub->chain[0] != '\0');
		} else {
			c = controller_of(tree, dev->path);
			c->is_xhci |= is_xhci(c, dev);
			dev->controller = (size_t)(c - tree->controllers);
		}
		c = &tree->controllers[dev->controller];
		c->endpoints += dev->endpoints;
		c->devices += dev->chain[0] != '\0';
	}
}

static void put_ports(struct usb_tree *tree, const struct port_list *ports)
{
	for (size_t i = 0; i < ports->count; i++) {
		const struct port *p = &ports->items[i];
		size_t at = p->is_usb ? holder_of(tree, p->usb_path) : USB_NONE;
		const struct bridge *bridge = bridge_of_port(p);
		struct usb_device *dev;
		size_t length;

		if (at == USB_NONE)
			continue;
		dev = &tree->devices[at];
		length = strlen(dev->ttys);
		snprintf(dev->ttys + length, sizeof(dev->ttys) - length, "%s%s", length ? " " : "",
			 p->name);
		dev->tty_count++;
		if (bridge)
			dev->bridge = bridge->name;
	}
}

/* From the device upwards to the first hub of 480 Mbit/s: its TT carries the traffic, and the port
 * of it that leads here chooses which of several. A root hub has none: the controller does it. */
static void find_translator(struct usb_tree *tree, struct usb_device *dev)
{
	const struct usb_device *below = dev;

	if (dev->speed_mbps >= HIGH_SPEED_MBPS || dev->speed_mbps == 0)
		return;
	for (size_t at = dev->parent; at != USB_NONE; at = tree->devices[at].parent) {
		const struct usb_device *hub = &tree->devices[at];
		const char *last = strrchr(below->chain, '.');

		if (hub->speed_mbps >= HIGH_SPEED_MBPS) {
			if (!hub->chain[0])
				return;
			dev->tt_hub = at;
			if (usb_is_multi_tt(hub))
				dev->tt_port =
					(unsigned)strtoul(last ? last + 1 : below->chain, NULL, 10);
			return;
		}
		below = hub;
	}
}

static void count_slots(struct usb_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		find_translator(tree, &tree->devices[i]);
	for (size_t i = 0; i < tree->count; i++) {
		const struct usb_device *dev = &tree->devices[i];
		struct usb_device *hub;
		unsigned slots = 0;

		if (dev->tt_hub == USB_NONE)
			continue;
		hub = &tree->devices[dev->tt_hub];
		for (size_t k = 0; k < tree->count; k++) {
			if (tree->devices[k].tt_hub == dev->tt_hub &&
			    tree->devices[k].tt_port == dev->tt_port)
				slots += tree->devices[k].tty_count;
		}
		if (slots > hub->tt_slots)
			hub->tt_slots = slots;
	}
}

enum status usb_tree_read(const char *sysfs_usb, const struct port_list *ports,
			  struct usb_tree *tree, struct err *err)
{
	enum status st;

	*tree = (struct usb_tree){ 0 };
	st = read_devices(sysfs_usb, tree, err);
	if (!st) {
		tree->controllers = calloc(tree->count + 1, sizeof(*tree->controllers));
		if (!tree->controllers)
			st = err_set(err, STATUS_NO_MEMORY, "no memory for USB controllers");
	}
	if (st) {
		usb_tree_release(tree);
		return st;
	}
	find_controllers(tree);
	put_ports(tree, ports);
	count_slots(tree);
	return STATUS_OK;
}

void usb_tree_release(struct usb_tree *tree)
{
	free(tree->devices);
	free(tree->controllers);
	*tree = (struct usb_tree){ 0 };
}
