/* The USB tree for people, drawn with letters that every terminal has, and for programs. */
#include "station/doctor_inside.h"
#include "station/json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define NAME_COLUMNS 24

static void describe_hub(const struct usb_device *dev, struct textbuf *out)
{
	textbuf_add(out, "%s, %u Mbit/s", dev->product[0] ? dev->product : "hub", dev->speed_mbps);
	if (dev->ports)
		textbuf_add(out, ", %u ports", dev->ports);
	if (dev->speed_mbps == 480)
		textbuf_add(out, ", %s TT", usb_is_multi_tt(dev) ? "multi" : "single");
	if (dev->tt_slots)
		textbuf_add(out, ": %u slot%s%s", dev->tt_slots, PLURAL(dev->tt_slots),
			    usb_is_multi_tt(dev) ? " at most in one" : "");
	if (dev->switches)
		textbuf_add(out, ", %u switched port%s", dev->switches, PLURAL(dev->switches));
}

static void describe(const struct usb_device *dev, struct textbuf *out)
{
	textbuf_add(out, "%04x:%04x ", dev->vid, dev->pid);
	if (dev->is_hub) {
		describe_hub(dev, out);
	} else {
		textbuf_add(out, "%s",
			    dev->bridge       ? dev->bridge
			    : dev->product[0] ? dev->product
					      : "device");
		if (dev->ttys[0])
			textbuf_add(out, ", %s", dev->ttys);
		if (dev->speed_mbps && dev->speed_mbps != 12)
			textbuf_add(out, ", %u Mbit/s", dev->speed_mbps);
	}
	if (!dev->is_configured)
		textbuf_add(out, ", NOT SWITCHED ON");
	textbuf_add(out, "\n");
}

static bool is_last(const struct usb_tree *usb, size_t at)
{
	for (size_t i = at + 1; i < usb->count; i++) {
		if (usb->devices[i].parent == usb->devices[at].parent)
			return false;
	}
	return true;
}

/* The lines that lead past this device to others further down, then its own branch. */
static void draw_branch(const struct usb_tree *usb, size_t at, struct textbuf *out)
{
	const struct usb_device *dev = &usb->devices[at];
	size_t above[16], depth = 0, start = out->len;

	for (size_t i = dev->parent; i != USB_NONE && usb->devices[i].chain[0] && depth < 16;
	     i = usb->devices[i].parent)
		above[depth++] = i;
	textbuf_add(out, "    ");
	while (depth > 0)
		textbuf_add(out, "%s  ", is_last(usb, above[--depth]) ? " " : "|");
	textbuf_add(out, "%s- %s", is_last(usb, at) ? "`" : "|", dev->chain);
	textbuf_pad(out, ' ', NAME_COLUMNS - (int)(out->len - start));
	textbuf_add(out, " ");
}

static void draw_bus(const struct usb_tree *usb, size_t root, struct textbuf *out)
{
	const struct usb_device *hub = &usb->devices[root];
	size_t count = 0;

	for (size_t i = root + 1; i < usb->count && usb->devices[i].bus == hub->bus; i++)
		count++;
	textbuf_add(out, "    bus %u, %u Mbit/s, %u ports%s\n", hub->bus, hub->speed_mbps,
		    hub->ports, count ? "" : ", nothing plugged in");
	for (size_t i = root + 1; i < usb->count && usb->devices[i].bus == hub->bus; i++) {
		draw_branch(usb, i, out);
		describe(&usb->devices[i], out);
	}
}

void doctor_draw(const struct usb_tree *usb, struct textbuf *out)
{
	for (size_t c = 0; c < usb->controller_count; c++) {
		textbuf_add(out, "  %s%s, %u endpoints\n", usb->controllers[c].name,
			    usb->controllers[c].is_xhci ? ", xHCI" : "",
			    usb->controllers[c].endpoints);
		for (size_t i = 0; i < usb->count; i++) {
			if (usb->devices[i].controller == c && !usb->devices[i].chain[0])
				draw_bus(usb, i, out);
		}
	}
}

/* ---- JSON ---- */

static json_t *device_json(const struct usb_device *dev)
{
	json_t *object = json_object();
	char id[12];

	snprintf(id, sizeof(id), "%04x:%04x", dev->vid, dev->pid);
	json_object_set_new(object, "bus", json_integer(dev->bus));
	json_object_set_new(object, "chain", json_text(dev->chain));
	json_object_set_new(object, "vid_pid", json_text(id));
	json_object_set_new(object, "product", json_text(dev->product));
	json_object_set_new(object, "bridge", json_text(dev->bridge));
	json_object_set_new(object, "ttys", json_text(dev->ttys));
	json_object_set_new(object, "speed_mbps",
			    dev->speed_mbps ? json_integer(dev->speed_mbps) : json_null());
	json_object_set_new(object, "endpoints", json_integer(dev->endpoints));
	json_object_set_new(object, "is_configured", json_boolean(dev->is_configured));
	json_object_set_new(object, "is_hub", json_boolean(dev->is_hub));
	if (!dev->is_hub)
		return object;
	json_object_set_new(object, "hub_ports", json_integer(dev->ports));
	json_object_set_new(object, "hubs_above", json_integer(dev->hubs_above));
	json_object_set_new(object, "is_multi_tt", json_boolean(usb_is_multi_tt(dev)));
	json_object_set_new(object, "tt_slots", json_integer(dev->tt_slots));
	json_object_set_new(object, "switches", json_integer(dev->switches));
	json_object_set_new(object, "switches_usable", json_integer(dev->switches_usable));
	return object;
}

json_t *doctor_usb_json(const struct usb_tree *usb)
{
	json_t *controllers = json_array();

	for (size_t c = 0; c < usb->controller_count; c++) {
		json_t *object = json_object(), *devices = json_array();

		json_object_set_new(object, "name", json_text(usb->controllers[c].name));
		json_object_set_new(object, "is_xhci", json_boolean(usb->controllers[c].is_xhci));
		json_object_set_new(object, "endpoints",
				    json_integer(usb->controllers[c].endpoints));
		for (size_t i = 0; i < usb->count; i++) {
			if (usb->devices[i].controller == c)
				json_array_append_new(devices, device_json(&usb->devices[i]));
		}
		json_object_set_new(object, "devices", devices);
		json_array_append_new(controllers, object);
	}
	return controllers;
}
