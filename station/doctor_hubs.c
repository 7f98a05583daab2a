/* The doctor's checks of the USB tree. The figures and how far they are to be believed:
 * docs/doctor.md, USB. */
#include "station/doctor_inside.h"

#include "station/power.h"

#include <stdio.h>
#include <string.h>

/* Endpoints of one xHCI controller: about 96 on Intel's, and 64 where a BIOS gives fewer. Read in
 * reports, not tried here; other makers' are not known. */
#define ENDPOINTS_USUAL 96u
#define ENDPOINTS_FEW 64u

/* Units of 12 Mbit/s through one TT: 19 packets of 64 bytes in a millisecond at most, 1216 kB/s.
 * At 921600 baud a port needs 92 kB/s, at 1500000 150. What is planned with leaves room for
 * answers, polling and time that the hub itself takes: our choice. */
#define TT_MOST_921600 13u
#define TT_PLAN_921600 8u
#define TT_PLAN_1500000 5u

#define HUBS_MAX 5u /* in a row, without the root hub: USB 2.0, 4.1.1 */

static const char *controller_name(const struct doctor *d, const struct usb_device *dev)
{
	return d->usb.controllers[dev->controller].name;
}

static void place(const struct doctor *d, const struct usb_device *dev, char *text, size_t size)
{
	snprintf(text, size, "%s/%s", controller_name(d, dev), dev->chain);
}

/* Serial ports that hang somewhere below it. */
static unsigned ports_below(const struct usb_tree *usb, size_t hub)
{
	unsigned ports = 0;

	for (size_t i = 0; i < usb->count; i++) {
		for (size_t at = usb->devices[i].parent; at != USB_NONE;
		     at = usb->devices[at].parent) {
			if (at == hub)
				ports += usb->devices[i].tty_count;
		}
	}
	return ports;
}

void doctor_check_hubs(struct doctor *d, struct doctor_result *r)
{
	unsigned hubs = 0, deepest = 0;
	char where[240];

	for (size_t i = 0; i < d->usb.count; i++) {
		const struct usb_device *dev = &d->usb.devices[i];
		unsigned ports;

		place(d, dev, where, sizeof(where));
		if (!dev->is_configured && dev->chain[0])
			doctor_say(
				d, r, DOCTOR_BAD, where,
				"its controller may have no endpoints left, or the hub no power: "
				"put "
				"it on another controller, or on a hub with a supply of its own; "
				"sudo dmesg | tail says which",
				"%04x:%04x is plugged in, but Linux could not switch it on",
				dev->vid, dev->pid);
		if (!dev->is_hub || !dev->chain[0])
			continue;
		hubs++;
		ports = ports_below(&d->usb, i);
		if (dev->hubs_above + 1 > deepest)
			deepest = dev->hubs_above + 1;
		if (dev->hubs_above + 1 >= HUBS_MAX)
			doctor_say(d, r, DOCTOR_NOTE, where, "no further hub works below it",
				   "this hub is the %uth in a row, which is as deep as USB goes",
				   HUBS_MAX);
		if (dev->speed_mbps == 12 && ports > 0)
			doctor_say(d, r, ports > 1 ? DOCTOR_BAD : DOCTOR_NOTE, where,
				   "another cable, another port, or a hub of USB 2.0: these run at "
				   "480 "
				   "Mbit/s",
				   "this hub runs at 12 Mbit/s, which its %u port%s share", ports,
				   PLURAL(ports));
	}
	if (!d->usb.count)
		doctor_say(d, r, DOCTOR_NOTE, "", "", "this machine shows no USB");
	else
		doctor_say(d, r, DOCTOR_OK, "", "", "%u hub%s, %u in a row at most", hubs,
			   PLURAL(hubs), deepest);
}

void doctor_check_endpoints(struct doctor *d, struct doctor_result *r)
{
	for (size_t i = 0; i < d->usb.controller_count; i++) {
		const struct usb_controller *c = &d->usb.controllers[i];

		if (!c->is_xhci)
			doctor_say(d, r, DOCTOR_OK, c->name, "",
				   "%u device%s, %u endpoints; not an xHCI, no limit is known",
				   c->devices, PLURAL(c->devices), c->endpoints);
		else if (c->endpoints >= ENDPOINTS_FEW)
			doctor_say(d, r, DOCTOR_NOTE, c->name,
				   "put further units on a second controller (a PCI Express card): "
				   "one for "
				   "16 to 20 slots is safe",
				   "%u device%s with %u endpoints: Intel's controllers have about "
				   "%u, some "
				   "computers give %u",
				   c->devices, PLURAL(c->devices), c->endpoints, ENDPOINTS_USUAL,
				   ENDPOINTS_FEW);
		else
			doctor_say(d, r, DOCTOR_OK, c->name, "",
				   "%u device%s with %u endpoints of about %u", c->devices,
				   PLURAL(c->devices), c->endpoints, ENDPOINTS_USUAL);
	}
	if (!r->finding_count)
		doctor_say(d, r, DOCTOR_OK, "", "", "no controller");
}

void doctor_check_translators(struct doctor *d, struct doctor_result *r)
{
	unsigned most = 0;

	for (size_t i = 0; i < d->usb.count; i++) {
		const struct usb_device *hub = &d->usb.devices[i];
		const char *kind =
			usb_is_multi_tt(hub) ? "one port of this hub" : "this single-TT hub";
		char where[240];

		if (hub->tt_slots > most)
			most = hub->tt_slots;
		place(d, hub, where, sizeof(where));
		if (hub->tt_slots > TT_MOST_921600)
			doctor_say(d, r, DOCTOR_BAD, where,
				   "plug at most 8 of them here, or take hubs with one TT for each "
				   "port "
				   "(multi TT)",
				   "%u slots share %s, which carries 1216 kB/s at most: %u at "
				   "921600 baud",
				   hub->tt_slots, kind, TT_MOST_921600);
		else if (hub->tt_slots > TT_PLAN_921600)
			doctor_say(d, r, DOCTOR_NOTE, where,
				   "plan with 8 at 921600 baud and 5 at 1500000, or take multi-TT "
				   "hubs; or "
				   "lower link: max_rate in the recipe",
				   "%u slots share %s: at 921600 baud that is close to what it "
				   "carries",
				   hub->tt_slots, kind);
		else if (hub->tt_slots > TT_PLAN_1500000)
			doctor_say(
				d, r, DOCTOR_NOTE, where,
				"nothing, at 921600 baud; for 1500000 plan with 5, or take "
				"multi-TT "
				"hubs",
				"%u slots share %s: enough for 921600 baud, too many for 1500000",
				hub->tt_slots, kind);
	}
	if (!r->finding_count)
		doctor_say(d, r, DOCTOR_OK, "", "", "%u slot%s through one translator at most",
			   most, PLURAL(most));
}

/* ---- power ---- */

struct off_ports {
	struct doctor *d;
	struct doctor_result *r;
};

static void say_off(void *ctx, const char *path)
{
	struct off_ports *off = ctx;
	char todo[480];

	snprintf(todo, sizeof(todo), "echo 0 | sudo tee %.400s", path);
	doctor_say(off->d, off->r, DOCTOR_BAD, "", todo,
		   "a port of a hub is switched off: a session of Flashline was killed there, or "
		   "somebody did it");
}

void doctor_check_switches(struct doctor *d, struct doctor_result *r)
{
	struct off_ports off = { d, r };
	char path[DOCTOR_PATH_BYTES];
	unsigned switches = 0, usable = 0;

	for (size_t i = 0; i < d->usb.count; i++) {
		switches += d->usb.devices[i].switches;
		usable += d->usb.devices[i].switches_usable;
	}
	doctor_path(d, POWER_SYSFS, path);
	power_find_off(path, say_off, &off);
	if (switches > usable)
		doctor_say(d, r, DOCTOR_NOTE, "",
			   "install Flashline's udev rules: a unit that does not answer is then "
			   "switched off and on",
			   "%u of %u hub ports with a switch may not be used by this user",
			   switches - usable, switches);
	else if (switches)
		doctor_say(d, r, DOCTOR_OK, "", "", "%u hub port%s can be switched off and on",
			   switches, PLURAL(switches));
	else if (!r->finding_count)
		doctor_say(d, r, DOCTOR_OK, "", "",
			   "no hub here can switch its ports; that remedy is left out");
}

void doctor_check_suspend(struct doctor *d, struct doctor_result *r)
{
	struct doctor_names names = { .count = 0 };
	unsigned bridges = 0;

	for (size_t i = 0; i < d->usb.count; i++) {
		const struct usb_device *dev = &d->usb.devices[i];

		if (!dev->bridge)
			continue;
		bridges++;
		if (dev->is_put_to_sleep)
			doctor_names_add(&names, dev->ttys);
	}
	if (names.count)
		doctor_say(d, r, DOCTOR_NOTE, doctor_names_text(&names),
			   "install Flashline's udev rules, or: echo on | sudo tee "
			   "/sys/bus/usb/devices/*/power/control",
			   "%u bridge%s may be put to sleep while nobody has the port open",
			   names.count, PLURAL(names.count));
	else
		doctor_say(d, r, DOCTOR_OK, "", "", "%u bridge%s, none is put to sleep", bridges,
			   PLURAL(bridges));
}
