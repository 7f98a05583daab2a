/* The doctor's checks of serial ports: rights, holders, drivers, latency timers. */
#include "station/doctor_inside.h"

#include "engine/port_holder.h"
#include "station/bridge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERIAL_GROUP "dialout" /* Debian's; a port that is there says which it really is */

static bool is_root(const struct doctor *d)
{
	return (d->machine.user ? d->machine.user->uid : geteuid()) == 0;
}

static void node_path(const struct doctor *d, const struct port *p, char *path)
{
	doctor_path(d, p->node, path);
}

/* ---- access ---- */

static bool user_is_in(const struct doctor_user *user, gid_t group)
{
	for (size_t i = 0; i < user->group_count; i++) {
		if (user->groups[i] == group)
			return true;
	}
	return false;
}

static bool may_open(const struct doctor *d, const char *path, const struct stat *node)
{
	const struct doctor_user *user = d->machine.user;
	unsigned shift;

	if (!user)
		return access(path, R_OK | W_OK) == 0;
	shift = user->uid == node->st_uid ? 6 : user_is_in(user, node->st_gid) ? 3 : 0;
	return user->uid == 0 || ((node->st_mode >> shift) & 6) == 6;
}

/* Ports that this user may not open, those of one group together. */
struct refused {
	gid_t group;
	bool is_groups; /* the group may read and write */
	struct doctor_names names;
	char mode[8];
};

static void say_refused(struct doctor *d, struct doctor_result *r, struct refused *refused)
{
	char group[64], user[64], todo[300];
	uid_t uid = d->machine.user ? d->machine.user->uid : geteuid();
	bool is_member;

	doctor_group_name(d, refused->group, group, sizeof(group));
	is_member = doctor_is_member(d, uid, group, user, sizeof(user));
	if (!refused->is_groups)
		snprintf(todo, sizeof(todo),
			 "the nodes have the mode %s: a udev rule of this machine made it so; 'ls "
			 "-l "
			 "/dev/tty*' and 'grep -r tty /etc/udev/rules.d' show more",
			 refused->mode);
	else if (strcmp(group, "root") == 0)
		snprintf(
			todo, sizeof(todo),
			"udev's own rules give serial ports to %s: does udev run? Flashline's udev "
			"rules do it too",
			SERIAL_GROUP);
	else if (is_member)
		snprintf(todo, sizeof(todo),
			 "%s was put into the group %s, but this session began before: log out and "
			 "in again",
			 user, group);
	else
		snprintf(todo, sizeof(todo), "sudo usermod -aG %s %s, then log out and in again",
			 group, user);
	doctor_say(d, r, DOCTOR_BAD, doctor_names_text(&refused->names), todo,
		   "%u port%s this user may not open: %s the group %s", refused->names.count,
		   PLURAL(refused->names.count),
		   refused->names.count == 1 ? "it is for" : "they are for", group);
}

static void say_no_port(struct doctor *d, struct doctor_result *r)
{
	char user[64], todo[200];
	uid_t uid = d->machine.user ? d->machine.user->uid : geteuid();

	if (is_root(d) || doctor_is_member(d, uid, SERIAL_GROUP, user, sizeof(user))) {
		doctor_say(d, r, DOCTOR_NOTE, "", "plug units in and ask again",
			   "no serial port with a known bridge is plugged in");
		return;
	}
	snprintf(todo, sizeof(todo), "sudo usermod -aG %s %s, then log out and in again",
		 SERIAL_GROUP, user);
	doctor_say(d, r, DOCTOR_NOTE, "", todo,
		   "no serial port with a known bridge is plugged in, and this user is not in the "
		   "group %s, which has them on Debian",
		   SERIAL_GROUP);
}

/* Adds the port to those of its group; false when there is no room for one more group. */
static void add_refused(struct refused *refused, size_t *count, size_t room, const struct port *p,
			const struct stat *node)
{
	bool is_groups = (node->st_mode & 060) == 060;
	size_t at = 0;

	while (at < *count &&
	       (refused[at].group != node->st_gid || refused[at].is_groups != is_groups))
		at++;
	if (at == room)
		at--;
	if (at == *count) {
		refused[at] = (struct refused){ .group = node->st_gid, .is_groups = is_groups };
		snprintf(refused[at].mode, sizeof(refused[at].mode), "%04o",
			 (unsigned)(node->st_mode & 07777));
		(*count)++;
	}
	doctor_names_add(&refused[at].names, p->name);
}

void doctor_check_access(struct doctor *d, struct doctor_result *r)
{
	struct doctor_names missing = { .count = 0 };
	struct refused refused[4];
	size_t groups = 0;
	unsigned open = 0, known = 0;

	for (size_t i = 0; i < d->ports.count; i++) {
		const struct port *p = &d->ports.items[i];
		char path[DOCTOR_PATH_BYTES];
		struct stat node;

		if (!bridge_of_port(p))
			continue;
		known++;
		node_path(d, p, path);
		if (stat(path, &node) != 0)
			doctor_names_add(&missing, p->name);
		else if (may_open(d, path, &node))
			open++;
		else
			add_refused(refused, &groups, sizeof(refused) / sizeof(refused[0]), p,
				    &node);
	}
	if (known == 0) {
		say_no_port(d, r);
		return;
	}
	if (open)
		doctor_say(d, r, DOCTOR_OK, "", "",
			   "%u port%s with a known bridge, which this user may open", open,
			   PLURAL(open));
	for (size_t i = 0; i < groups; i++)
		say_refused(d, r, &refused[i]);
	if (missing.count)
		doctor_say(d, r, DOCTOR_BAD, doctor_names_text(&missing),
			   "udev makes the nodes: does it run? In a container, hand the devices in",
			   "%u port%s without a node in /dev", missing.count,
			   PLURAL(missing.count));
}

/* ---- holders ---- */

static const struct {
	const char *word;
	enum doctor_verdict verdict;
	const char *todo;
} holders[] = {
	{ "flashline", DOCTOR_NOTE,
	  "another session of Flashline works with it: wait until it ends" },
	{ "ModemManager", DOCTOR_BAD,
	  "install Flashline's udev rules, or: sudo systemctl disable --now ModemManager" },
	{ "brltty", DOCTOR_BAD,
	  "sudo apt remove brltty, or: sudo systemctl mask --now brltty.path brltty.service" },
	{ "gpsd", DOCTOR_BAD, "sudo systemctl disable --now gpsd.service gpsd.socket" },
	{ "", DOCTOR_BAD, "end that program" },
};

void doctor_check_holders(struct doctor *d, struct doctor_result *r)
{
	struct port_held *held = calloc(d->ports.count + 1, sizeof(*held));
	char path[DOCTOR_PATH_BYTES];

	if (!held) {
		d->has_failed = true;
		return;
	}
	for (size_t i = 0; i < d->ports.count; i++) {
		struct stat node;

		node_path(d, &d->ports.items[i], path);
		/* No device has the number 0. */
		if (stat(path, &node) == 0)
			held[i].device = node.st_rdev;
	}
	doctor_path(d, PORTS_PROC, path);
	port_holders_find(path, held, d->ports.count);
	for (size_t i = 0; i < d->ports.count; i++) {
		const struct port *p = &d->ports.items[i];
		size_t row = 0;

		if (!held[i].holder.pid || !bridge_of_port(p))
			continue;
		while (!strstr(held[i].holder.command, holders[row].word))
			row++;
		doctor_say(d, r, holders[row].verdict, p->slot, holders[row].todo,
			   "%s is open in process %ld: %s", p->name, (long)held[i].holder.pid,
			   held[i].holder.command);
	}
	free(held);
	if (!r->finding_count)
		doctor_say(
			d, r, DOCTOR_OK, "", "", "%s",
			is_root(d)
				? "no program has a port open"
				: "no program has a port open, as far as this user may see; root "
				  "sees all");
}

/* ---- drivers ---- */

/* Ids of bridges whose port is missing: no driver took the device, or something took it away. */
static const struct bridge *bridge_without_port(const struct usb_device *dev)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	for (size_t i = 0; i < count && !dev->tty_count && !dev->is_hub; i++) {
		if (rows[i].is_application) /* its program may well have no port */
			continue;
		for (size_t k = 0; k < BRIDGE_IDS_MAX && rows[i].ids[k].vid; k++) {
			if (rows[i].ids[k].vid == dev->vid && rows[i].ids[k].pid == dev->pid)
				return &rows[i];
		}
	}
	return NULL;
}

void doctor_check_drivers(struct doctor *d, struct doctor_result *r)
{
	unsigned usual = 0;
	char todo[300];

	for (size_t i = 0; i < d->ports.count; i++) {
		const struct port *p = &d->ports.items[i];
		const struct bridge *b = bridge_of_port(p);

		if (!b || !b->driver)
			continue;
		if (strcmp(b->driver, p->driver) == 0) {
			usual++;
			continue;
		}
		snprintf(todo, sizeof(todo),
			 "its rates and lines are known with the driver %s alone: remove the other "
			 "one where runs fail (modinfo %s tells where it came from)",
			 b->driver, p->driver);
		doctor_say(d, r, DOCTOR_NOTE, p->slot, p->driver[0] ? todo : "",
			   "%s, a %s, has the driver %s, not %s", p->name, b->name,
			   p->driver[0] ? p->driver : "(none)", b->driver);
	}
	for (size_t i = 0; i < d->usb.count; i++) {
		const struct usb_device *dev = &d->usb.devices[i];
		const struct bridge *b = bridge_without_port(dev);

		if (!b)
			continue;
		snprintf(todo, sizeof(todo),
			 "is the driver there (sudo modprobe %s), and did brltty take the device "
			 "(sudo dmesg | tail)?",
			 b->driver);
		doctor_say(d, r, DOCTOR_BAD, dev->name, todo,
			   "%04x:%04x, a %s, is plugged in and has no serial port", dev->vid,
			   dev->pid, b->name);
	}
	if (!r->finding_count)
		doctor_say(d, r, DOCTOR_OK, "", "",
			   usual ? "%u port%s with the usual driver" : "no port", usual,
			   PLURAL(usual));
}

/* ---- latency timers ---- */

void doctor_check_latency(struct doctor *d, struct doctor_result *r)
{
	struct doctor_names fixed = { .count = 0 };
	unsigned timers = 0, ms = 0;

	for (size_t i = 0; i < d->ports.count; i++) {
		char path[200], full[DOCTOR_PATH_BYTES], text[16];

		snprintf(path, sizeof(path), "%s/%s/device/latency_timer", PORTS_SYSFS,
			 d->ports.items[i].name);
		if (!doctor_read(d, path, text, sizeof(text)))
			continue;
		timers++;
		doctor_path(d, path, full);
		if (strtoul(text, NULL, 10) <= 1 || access(full, W_OK) == 0)
			continue;
		ms = (unsigned)strtoul(text, NULL, 10);
		doctor_names_add(&fixed, d->ports.items[i].name);
	}
	if (fixed.count)
		doctor_say(d, r, DOCTOR_NOTE, doctor_names_text(&fixed),
			   "install Flashline's udev rules, then it is shortened while a unit is "
			   "flashed; or: echo 1 | sudo tee "
			   "/sys/bus/usb-serial/devices/ttyUSB*/latency_timer",
			   "%u latency timer%s of %u ms that this user may not shorten: each short "
			   "answer waits so long",
			   fixed.count, PLURAL(fixed.count), ms);
	else if (timers)
		doctor_say(d, r, DOCTOR_OK, "", "", "%u latency timer%s that a run can shorten",
			   timers, PLURAL(timers));
	else
		doctor_say(d, r, DOCTOR_OK, "", "", "no port has one");
}
