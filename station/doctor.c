#include "station/doctor_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check {
	const char *name, *group, *about;
	void (*run)(struct doctor *d, struct doctor_result *r);
};

/* clang-format off */
static const struct check checks[] = {
	{ "access", "Ports", "may this user open the serial ports", doctor_check_access },
	{ "holders", "Ports", "does another program have a port open", doctor_check_holders },
	{ "daemons", "Ports", "programs that take serial ports by themselves", doctor_check_daemons },
	{ "udev_rules", "Ports", "are Flashline's udev rules in force", doctor_check_rules },
	{ "drivers", "Ports", "has each bridge the kernel driver that it should have", doctor_check_drivers },
	{ "latency", "Ports", "may FTDI's latency timers be shortened", doctor_check_latency },
	{ "hubs", "USB", "speed and depth of the hubs", doctor_check_hubs },
	{ "endpoints", "USB", "how much of each controller is used", doctor_check_endpoints },
	{ "translators", "USB", "slots that share a hub's transaction translator", doctor_check_translators },
	{ "switches", "USB", "hub ports whose power can be switched", doctor_check_switches },
	{ "suspend", "USB", "bridges that may be put to sleep", doctor_check_suspend },
	{ "database", "Records", "can the records be read, are they sound", doctor_check_database },
	{ "disk", "Records", "room and kind of the disk they are on", doctor_check_disk },
	{ "clock", "Records", "does the clock fit the records", doctor_check_clock },
	{ "limits", "Computer", "limits of this process", doctor_check_limits },
	{ "kernel", "Computer", "what this version of Linux can do", doctor_check_kernel },
	{ "stubs", "Computer", "Espressif's flasher stubs in this program", doctor_check_stubs },
};
/* clang-format on */
#define CHECKS (sizeof(checks) / sizeof(checks[0]))

const char *doctor_verdict_name(enum doctor_verdict verdict)
{
	switch (verdict) {
	case DOCTOR_OK:
		return "OK";
	case DOCTOR_NOTE:
		return "NOTE";
	case DOCTOR_BAD:
		return "BAD";
	}
	return "";
}

void doctor_say(struct doctor *d, struct doctor_result *r, enum doctor_verdict verdict,
		const char *where, const char *todo, const char *what, ...)
{
	struct doctor_finding *findings, *f;
	va_list args;

	if (verdict > r->verdict)
		r->verdict = verdict;
	findings = realloc(r->findings, (r->finding_count + 1) * sizeof(*findings));
	if (!findings) {
		d->has_failed = true;
		return;
	}
	r->findings = findings;
	f = &findings[r->finding_count++];
	f->verdict = verdict;
	va_start(args, what);
	vsnprintf(f->what, sizeof(f->what), what, args);
	va_end(args);
	snprintf(f->where, sizeof(f->where), "%s", where);
	snprintf(f->todo, sizeof(f->todo), "%s", todo);
	text_clean(f->what);
	text_clean(f->where);
	text_clean(f->todo);
}

void doctor_names_add(struct doctor_names *names, const char *name)
{
	size_t length = strlen(names->text);

	names->count++;
	/* Room for " and 4294967295 more" stays. */
	if (names->left_out || length + strlen(name) + 24 > sizeof(names->text))
		names->left_out++;
	else
		snprintf(names->text + length, sizeof(names->text) - length, "%s%s",
			 length ? ", " : "", name);
}

const char *doctor_names_text(struct doctor_names *names)
{
	size_t length = strlen(names->text);

	if (names->left_out)
		snprintf(names->text + length, sizeof(names->text) - length, " and %u more",
			 names->left_out);
	names->left_out = 0;
	return names->text;
}

/* Where there is nothing the list stays empty: a machine without a serial port has no such folder
 * content, one without /sys (a bare container) not even the folder. */
static enum status read_machine(struct doctor *d, struct err *err)
{
	char path[DOCTOR_PATH_BYTES];
	struct err ignored;

	doctor_path(d, PORTS_SYSFS, path);
	if (ports_scan(path, &d->ports, &ignored) == STATUS_NO_MEMORY) {
		*err = ignored;
		return STATUS_NO_MEMORY;
	}
	doctor_path(d, "/sys/bus/usb/devices", path);
	TRY(usb_tree_read(path, &d->ports, &d->usb, err));
	d->health_err.status = STATUS_OK;
	if (d->machine.db[0])
		(void)db_health(d->machine.db, &d->health, &d->health_err);
	else
		err_set(&d->health_err, STATUS_DATABASE, "%s", d->machine.no_db);
	return STATUS_OK;
}

static enum status run_checks(struct doctor *d, struct err *err)
{
	d->results = calloc(CHECKS, sizeof(*d->results));
	if (!d->results)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the checks");
	for (size_t i = 0; i < CHECKS; i++) {
		struct doctor_result *r = &d->results[d->result_count++];

		r->name = checks[i].name;
		r->group = checks[i].group;
		r->about = checks[i].about;
		checks[i].run(d, r);
	}
	if (d->has_failed)
		return err_set(err, STATUS_NO_MEMORY, "no memory for what was found");
	return STATUS_OK;
}

enum status doctor_examine(const struct doctor_machine *machine, struct doctor **out,
			   struct err *err)
{
	struct doctor *d = calloc(1, sizeof(*d));
	enum status st;

	*out = NULL;
	if (!d)
		return err_set(err, STATUS_NO_MEMORY, "no memory to look at this machine");
	d->machine = *machine;
	st = read_machine(d, err);
	if (!st)
		st = run_checks(d, err);
	if (st) {
		doctor_free(d);
		return st;
	}
	*out = d;
	return STATUS_OK;
}

void doctor_free(struct doctor *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->result_count; i++)
		free(d->results[i].findings);
	free(d->results);
	usb_tree_release(&d->usb);
	ports_release(&d->ports);
	free(d);
}

const struct doctor_result *doctor_results(const struct doctor *d, size_t *count)
{
	*count = d->result_count;
	return d->results;
}

enum doctor_verdict doctor_verdict_of(const struct doctor *d)
{
	enum doctor_verdict worst = DOCTOR_OK;

	for (size_t i = 0; i < d->result_count; i++) {
		if (d->results[i].verdict > worst)
			worst = d->results[i].verdict;
	}
	return worst;
}
