#define _XOPEN_SOURCE 700 /* realpath */
#include "station/power.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How often a wait looks whether it was cancelled. */
#define LOOK_MS 20
/* bDeviceClass of a hub: USB 2.0, 11.23.1. */
#define CLASS_HUB "09"
#define ON_TRIES 5
#define ON_PAUSE_MS 100

/* ---- the file ---- */

static bool join(char *path, const char *folder, const char *name)
{
	return (size_t)snprintf(path, POWER_PATH_BYTES, "%s/%s", folder, name) < POWER_PATH_BYTES;
}

/* Without links, because the device's own folder goes with its power. */
static bool resolve(const char *path, char resolved[static POWER_PATH_BYTES])
{
	char *real = realpath(path, NULL);
	bool fits = real && strlen(real) < POWER_PATH_BYTES;

	if (fits)
		strcpy(resolved, real);
	free(real);
	return fits;
}

/* Where Linux has it when the device carries no link to its port: in the hub's folder,
 * "1-1:1.0/1-1-port4" for 1-1.4, "1-0:1.0/usb1-port3" for 1-3. */
static bool hub_port_folder(const char *device, char folder[static POWER_PATH_BYTES])
{
	const char *name = strrchr(device, '/'), *number;
	int hub_length, written;

	if (!name || name == device)
		return false;
	number = strrchr(name, '.');
	if (number) {
		hub_length = (int)(number - name - 1);
		written = snprintf(folder, POWER_PATH_BYTES, "%.*s/%.*s:1.0/%.*s-port%s",
				   (int)(name - device), device, hub_length, name + 1, hub_length,
				   name + 1, number + 1);
	} else {
		number = strchr(name, '-');
		if (!number)
			return false;
		hub_length = (int)(number - name - 1);
		written = snprintf(folder, POWER_PATH_BYTES, "%.*s/%.*s-0:1.0/usb%.*s-port%s",
				   (int)(name - device), device, hub_length, name + 1, hub_length,
				   name + 1, number + 1);
	}
	return written > 0 && written < POWER_PATH_BYTES;
}

static bool find_port_folder(const char *device, char folder[static POWER_PATH_BYTES])
{
	char path[POWER_PATH_BYTES];

	if (join(path, device, "port") && resolve(path, folder))
		return true;
	return hub_port_folder(device, path) && resolve(path, folder);
}

/* ---- what hangs there ---- */

static bool read_line(const char *folder, const char *name, char *text, int size)
{
	char path[POWER_PATH_BYTES];
	FILE *file;
	bool is_read;

	if (!join(path, folder, name))
		return false;
	file = fopen(path, "re");
	if (!file)
		return false;
	is_read = fgets(text, size, file) != NULL;
	fclose(file);
	if (is_read)
		text[strcspn(text, "\n")] = '\0';
	return is_read;
}

static bool is_hub(const char *device)
{
	char text[16];

	if (read_line(device, "bDeviceClass", text, sizeof(text)) && strcmp(text, CLASS_HUB) == 0)
		return true;
	return read_line(device, "maxchild", text, sizeof(text)) && strtol(text, NULL, 10) > 0;
}

/* Another tty of the same device would lose its unit too. */
static bool carries_other_ports(const char *sysfs_tty, const struct port *port, const char *device)
{
	const size_t length = strlen(device);
	struct port_list ports;
	struct err ignored;
	bool is_other = false;

	if (ports_scan(sysfs_tty, &ports, &ignored))
		return true;
	for (size_t i = 0; i < ports.count; i++)
		is_other |= strncmp(ports.items[i].usb_path, device, length) == 0 &&
			    ports.items[i].usb_path[length] == '/' &&
			    strcmp(ports.items[i].slot, port->slot) != 0;
	ports_release(&ports);
	return is_other;
}

/* The folder links to the device on it: it has to be this one, or nobody. */
static bool is_anothers(const char *folder, const char *device)
{
	char path[POWER_PATH_BYTES], there[POWER_PATH_BYTES], here[POWER_PATH_BYTES];

	return join(path, folder, "device") && resolve(path, there) &&
	       (!resolve(device, here) || strcmp(there, here) != 0);
}

static void find_peer(struct power_switch *p, const char *folder)
{
	char path[POWER_PATH_BYTES], peer[POWER_PATH_BYTES];

	if (!join(path, folder, "peer") || !resolve(path, peer) || is_anothers(peer, "") ||
	    !join(p->peer, peer, "disable") || access(p->peer, W_OK) != 0)
		p->peer[0] = '\0';
}

bool power_find(struct power_switch *p, const char *sysfs_tty, const struct port *port,
		char note[static POWER_NOTE_BYTES])
{
	char device[POWER_PATH_BYTES], folder[POWER_PATH_BYTES];
	const char *slash = strrchr(port->usb_path, '/');

	p->path[0] = p->peer[0] = note[0] = '\0';
	if (!port->is_usb || !slash)
		return false;
	snprintf(device, sizeof(device), "%.*s", (int)(slash - port->usb_path), port->usb_path);
	if (!find_port_folder(device, folder) || !join(p->path, folder, "disable") ||
	    access(p->path, F_OK) != 0) {
		p->path[0] = '\0';
		return false;
	}
	if (access(p->path, W_OK) != 0)
		snprintf(note, POWER_NOTE_BYTES,
			 "the hub's port has a switch, but this user may not use it");
	else if (is_hub(device) || is_anothers(folder, device))
		snprintf(note, POWER_NOTE_BYTES,
			 "the hub's port is not switched: another hub hangs on it");
	else if (carries_other_ports(sysfs_tty, port, device))
		snprintf(note, POWER_NOTE_BYTES,
			 "the hub's port is not switched: it carries other ports too");
	if (note[0]) {
		p->path[0] = '\0';
		return false;
	}
	find_peer(p, folder);
	return true;
}

/* ---- off and on ---- */

/* 0 or an errno. */
static int write_switch(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC), number = 0;

	if (fd < 0)
		return errno;
	if (write(fd, value, strlen(value)) < 0)
		number = errno;
	close(fd);
	return number;
}

bool power_restore(struct power_switch *p)
{
	int number;

	if (!atomic_load(&p->is_off))
		return true;
	if (p->peer[0])
		(void)write_switch(p->peer, "0\n");
	number = write_switch(p->path, "0\n");
	if (!number)
		atomic_store(&p->is_off, false);
	return !number;
}

static bool switch_on(struct power_switch *p, const struct clock *clock)
{
	for (unsigned i = 0; i < ON_TRIES; i++) {
		if (power_restore(p))
			return true;
		clock_sleep_ms(clock, ON_PAUSE_MS);
	}
	return false;
}

enum status power_cycle(struct power_switch *p, const struct clock *clock, uint32_t off_ms,
			const atomic_bool *cancel, struct err *err)
{
	struct deadline d = deadline_after_ms(clock, off_ms);
	int number;

	/* Said before it is so: whoever has to switch it on again must not miss it. */
	atomic_store(&p->is_off, true);
	number = write_switch(p->path, "1\n");
	if (!number && p->peer[0])
		(void)write_switch(p->peer, "1\n");
	while (!number && !deadline_passed(d) && !(cancel && atomic_load(cancel)))
		clock_sleep_ms(clock, LOOK_MS);
	if (number) {
		atomic_store(&p->is_off, false);
		return err_set(err, STATUS_NOT_SUPPORTED,
			       "the hub's port cannot be switched off (%s)", strerror(number));
	}
	if (!switch_on(p, clock))
		return err_set(err, STATUS_PORT_FAILED,
			       "the hub's port could not be switched on again: write 0 to %s, or "
			       "plug the hub in again",
			       p->path);
	if (cancel && atomic_load(cancel))
		return err_set(err, STATUS_CANCELLED, "stopped while the unit was without power");
	return STATUS_OK;
}

void power_find_off(const char *sysfs_usb, void (*found)(void *ctx, const char *path), void *ctx)
{
	char pattern[POWER_PATH_BYTES];
	glob_t files;

	snprintf(pattern, sizeof(pattern), "%s/*:1.0/*-port*", sysfs_usb);
	if (glob(pattern, GLOB_NOSORT, NULL, &files) != 0)
		return;
	for (size_t i = 0; i < files.gl_pathc; i++) {
		char path[POWER_PATH_BYTES], state[8];

		if (read_line(files.gl_pathv[i], "disable", state, sizeof(state)) &&
		    strcmp(state, "1") == 0 && join(path, files.gl_pathv[i], "disable"))
			found(ctx, path);
	}
	globfree(&files);
}
