/* The doctor's checks of programs that take serial ports by themselves, and of the udev rules that
 * keep them away. docs/serial-ports.md. */
#include "station/doctor_inside.h"

#include "station/bridge.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct daemon {
	const char *name; /* as the process is called */
	const char *program;
	const char *rules;  /* word in the names of its udev rules; NULL: it asks for every tty */
	const char *danger; /* what it does */
	const char *todo;
};

/* clang-format off */
static const struct daemon daemons[] = {
	{
		.name = "ModemManager", .program = "/usr/sbin/ModemManager",
		.danger = "opens ports that come, to find modems",
		.todo = "install Flashline's udev rules, which tell it to leave the bridges alone; or, on "
			"a station without a modem: sudo systemctl disable --now ModemManager",
	},
	{
		.name = "brltty", .program = "/usr/bin/brltty", .rules = "brltty",
		.danger = "takes bridges for Braille displays, and their ports vanish",
		.todo = "sudo apt remove brltty; or install Flashline's udev rules and plug the units in again",
	},
	{
		.name = "gpsd", .program = "/usr/sbin/gpsd", .rules = "gpsd",
		.danger = "takes bridges for GPS receivers",
		.todo = "sudo apt remove gpsd; or install Flashline's udev rules and plug the units in again",
	},
};
/* clang-format on */

/* ---- rules of others ---- */

/* udev's PRODUCT has no leading zeros: "403/6001/600". */
static bool names_id(const char *line, const struct usb_id *id)
{
	char product[16], vid[8], pid[8], lower[1024];
	size_t length = 0;

	for (; line[length] && length < sizeof(lower) - 1; length++)
		lower[length] = line[length] >= 'A' && line[length] <= 'F'
					? (char)(line[length] - 'A' + 'a')
					: line[length];
	lower[length] = '\0';
	snprintf(product, sizeof(product), "\"%x/%x/", id->vid, id->pid);
	snprintf(vid, sizeof(vid), "\"%04x\"", id->vid);
	snprintf(pid, sizeof(pid), "\"%04x\"", id->pid);
	return strstr(lower, product) || (strstr(lower, vid) && strstr(lower, pid));
}

static bool is_bridge_line(const char *line)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	line += strspn(line, " \t");
	if (*line == '#')
		return false;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < BRIDGE_IDS_MAX && rows[i].ids[k].vid; k++) {
			if (names_id(line, &rows[i].ids[k]))
				return true;
		}
	}
	return false;
}

static bool claims_bridge(void *ctx, const struct doctor *d, const char *path)
{
	char full[DOCTOR_PATH_BYTES], line[1024];
	bool is_found = false;
	FILE *file;

	doctor_path(d, path, full);
	file = fopen(full, "re");
	if (!file)
		return false;
	while (!is_found && fgets(line, sizeof(line), file))
		is_found = is_bridge_line(line);
	fclose(file);
	if (is_found)
		snprintf((char *)ctx, DOCTOR_PATH_BYTES, "%s", path);
	return is_found;
}

/* ---- the marks that udev gave ---- */

/* Ports with a known bridge whose entry in udev's database says that ModemManager is to ignore
 * them. known: how many there are. */
static unsigned ignored_ports(const struct doctor *d, unsigned *known)
{
	unsigned ignored = 0;

	*known = 0;
	for (size_t i = 0; i < d->ports.count; i++) {
		char path[200], text[8192], number[24];

		if (!bridge_of_port(&d->ports.items[i]))
			continue;
		(*known)++;
		snprintf(path, sizeof(path), "%s/%s/dev", PORTS_SYSFS, d->ports.items[i].name);
		if (!doctor_read(d, path, number, sizeof(number)))
			continue;
		number[strcspn(number, "\n")] = '\0';
		snprintf(path, sizeof(path), "/run/udev/data/c%s", number);
		ignored += doctor_read(d, path, text, sizeof(text)) &&
			   (strstr(text, "E:ID_MM_DEVICE_IGNORE=1") ||
			    strstr(text, "E:ID_MM_PORT_IGNORE=1"));
	}
	return ignored;
}

/* ---- the checks ---- */

static void judge_manager(struct doctor *d, struct doctor_result *r, const struct daemon *row,
			  pid_t pid)
{
	unsigned known, ignored = ignored_ports(d, &known);
	char running[40] = "is installed and does not run";

	if (pid)
		snprintf(running, sizeof(running), "runs (process %ld)", (long)pid);
	if (known ? ignored == known : doctor_has_rules(d))
		doctor_say(d, r, DOCTOR_OK, "", "", "%s %s, and is told to leave the bridges alone",
			   row->name, running);
	else if (known && doctor_has_rules(d))
		doctor_say(
			d, r, DOCTOR_NOTE, "",
			"sudo udevadm control --reload; sudo udevadm trigger; or plug the units in "
			"again",
			"%s %s, and %u of %u ports came before the rules that tell it to leave "
			"them "
			"alone",
			row->name, running, known - ignored, known);
	else
		doctor_say(d, r, DOCTOR_NOTE, row->program, row->todo, "%s %s, and %s", row->name,
			   running, row->danger);
}

static void judge_by_rules(struct doctor *d, struct doctor_result *r, const struct daemon *row)
{
	char path[DOCTOR_PATH_BYTES] = "";

	if (!doctor_rules_find(d, row->rules, claims_bridge, path))
		doctor_say(d, r, DOCTOR_OK, "", "",
			   "%s is installed; none of its udev rules names a known bridge",
			   row->name);
	else if (doctor_has_rules(d))
		doctor_say(d, r, DOCTOR_OK, path, "",
			   "%s is installed, and Flashline's udev rules keep it away", row->name);
	else
		doctor_say(d, r, DOCTOR_BAD, path, row->todo,
			   "%s is installed, and by its udev rules it %s", row->name, row->danger);
}

void doctor_check_daemons(struct doctor *d, struct doctor_result *r)
{
	for (size_t i = 0; i < sizeof(daemons) / sizeof(daemons[0]); i++) {
		const struct daemon *row = &daemons[i];
		pid_t pid = doctor_process(d, row->name);

		if (!pid && !doctor_has(d, row->program))
			continue;
		if (row->rules)
			judge_by_rules(d, r, row);
		else
			judge_manager(d, r, row, pid);
	}
	if (!r->finding_count)
		doctor_say(d, r, DOCTOR_OK, "", "",
			   "neither ModemManager, brltty nor gpsd is installed");
}

void doctor_check_rules(struct doctor *d, struct doctor_result *r)
{
	if (doctor_has_rules(d))
		doctor_say(d, r, DOCTOR_OK, "", "", "%s is in force", DOCTOR_RULES);
	else if (!doctor_has(d, "/run/udev"))
		doctor_say(d, r, DOCTOR_NOTE, "", "install them where udev runs: on the host",
			   "udev does not run here, as in a container");
	else
		doctor_say(
			d, r, DOCTOR_NOTE, "",
			"install Flashline's Debian package, or copy "
			"station/packaging/" DOCTOR_RULES
			" to /etc/udev/rules.d, then: sudo udevadm control --reload; sudo udevadm "
			"trigger",
			"%s is not installed: ports may be taken by other programs, and hub ports, "
			"latency timers and bridges' answers are for root alone",
			DOCTOR_RULES);
}
