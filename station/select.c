#define _XOPEN_SOURCE 700 /* realpath */

#include "station/select.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How often the system is looked at for a port to come back. */
#define LOOK_MS 20
/* As many as Linux follows. */
#define LINKS_MAX 40

/* Is name what views call the slot for short: "1.4" of "pci-0000:00:14.0/1.4:1.0"? */
static bool is_short_name(const struct port *p, const char *name)
{
	const char *slash = strrchr(p->slot, '/');
	size_t length = strlen(name);

	if (!p->is_usb || !slash || strncmp(slash + 1, name, length) != 0)
		return false;
	return slash[1 + length] == '\0' || strcmp(slash + 1 + length, ":1.0") == 0;
}

/* Might it be a slot's name, whole or short? No node has such a name. */
static bool is_slot_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	if (strncmp(name, "pci-", 4) == 0 || strncmp(name, "platform-", 9) == 0)
		return slash && strchr(slash, ':');
	return name[0] && name[strspn(name, "0123456789.:")] == '\0';
}

/* Two controllers have the same chains: then only the whole slot will do. */
static size_t find_short_name(const struct port_list *ports, const char *name, size_t *count)
{
	size_t found = SIZE_MAX;

	*count = 0;
	for (size_t i = 0; i < ports->count; i++) {
		if (!is_short_name(&ports->items[i], name))
			continue;
		found = i;
		*count += 1;
	}
	return *count == 1 ? found : SIZE_MAX;
}

/* The folder that a name is in, resolved, and the name in it: true when it fits. */
static bool resolve_folder(const char *name, char *path, size_t size)
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
	char folder[PATH_MAX], *resolved;
	int length;

	if ((size_t)snprintf(folder, sizeof(folder), "%.*s", (int)(base - name), name) >=
	    sizeof(folder))
		return false;
	resolved = realpath(folder[0] ? folder : ".", NULL);
	if (!resolved)
		return false;
	length = snprintf(path, size, "%s/%s", strcmp(resolved, "/") == 0 ? "" : resolved, base);
	free(resolved);
	return length > 0 && (size_t)length < size;
}

/* Where a name leads in the end, also when nothing is there: the kernel need not have a
 * node for a port to be known by it. true: path is absolute. */
static bool resolve(const char *name, char path[static PATH_MAX])
{
	char target[PATH_MAX], next[PATH_MAX];

	if (!resolve_folder(name, path, PATH_MAX))
		return false;
	for (unsigned links = 0; links < LINKS_MAX; links++) {
		ssize_t length = readlink(path, target, sizeof(target) - 1);

		if (length < 0)
			return true;
		target[length] = '\0';
		if (target[0] == '/')
			snprintf(next, sizeof(next), "%s", target);
		else if ((size_t)snprintf(next, sizeof(next), "%.*s/%s",
					  (int)(strrchr(path, '/') - path), path,
					  target) >= sizeof(next))
			return false;
		if (!resolve_folder(next, path, PATH_MAX))
			return false;
	}
	return false;
}

/* SIZE_MAX when no port has that name; *count: how many slots have it for a short one. */
static size_t find_port(const struct port_list *ports, const char *name, size_t *count)
{
	char target[PATH_MAX];
	bool has_target = resolve(name, target);
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < ports->count && found == SIZE_MAX; i++) {
		const struct port *p = &ports->items[i];

		if (strcmp(name, p->slot) == 0 || strcmp(name, p->node) == 0 ||
		    strcmp(name, p->name) == 0 || (has_target && strcmp(target, p->node) == 0))
			found = i;
	}
	return found != SIZE_MAX ? found : find_short_name(ports, name, count);
}

static bool is_any_slot_away(const struct port_list *ports, const char *const *names, size_t count)
{
	for (size_t n = 0; n < count; n++) {
		bool is_there = !is_slot_name(names[n]);

		for (size_t i = 0; i < ports->count && !is_there; i++)
			is_there = strcmp(names[n], ports->items[i].slot) == 0 ||
				   is_short_name(&ports->items[i], names[n]);
		if (!is_there)
			return true;
	}
	return false;
}

enum status select_scan(const char *sysfs_tty, const char *const *names, size_t name_count,
			struct deadline d, struct port_list *ports, struct err *err)
{
	TRY(ports_scan(sysfs_tty, ports, err));
	while (is_any_slot_away(ports, names, name_count) && !deadline_passed(d)) {
		ports_release(ports);
		clock_sleep_ms(d.clock, LOOK_MS);
		TRY(ports_scan(sysfs_tty, ports, err));
	}
	return STATUS_OK;
}

static enum status mark_named(const struct port_list *ports, const char *const *names,
			      size_t name_count, bool *is_chosen, struct err *err)
{
	for (size_t n = 0; n < name_count; n++) {
		size_t count = 0, found = find_port(ports, names[n], &count);

		if (count > 1)
			return err_set(
				err, STATUS_USAGE,
				"%s: %zu slots are called so for short: say the whole name, as "
				"'flashline ports' shows it",
				names[n], count);
		if (found == SIZE_MAX)
			return err_set(err, STATUS_USAGE,
				       "%s: no such serial port; see 'flashline ports'", names[n]);
		is_chosen[found] = true;
	}
	return STATUS_OK;
}

static enum status mark_known(const struct port_list *ports, bool is_all, bool *is_chosen,
			      bool *is_ambiguous, struct err *err)
{
	size_t count = 0;

	for (size_t i = 0; i < ports->count; i++) {
		is_chosen[i] = bridge_of_port(&ports->items[i]) != NULL;
		count += is_chosen[i];
	}
	if (count == 0)
		return err_set(err, STATUS_USAGE,
			       "no unit found: no port with a known bridge is plugged in");
	*is_ambiguous = count > 1 && !is_all;
	if (*is_ambiguous)
		return err_set(err, STATUS_USAGE,
			       "%zu units are plugged in: choose with --ports, or say --all",
			       count);
	return STATUS_OK;
}

enum status select_ports(const struct port_list *ports, const char *const *names, size_t name_count,
			 bool is_all, struct selection *selection, struct err *err)
{
	bool *is_chosen = calloc(ports->count + 1, sizeof(*is_chosen));
	enum status st;

	*selection = (struct selection){
		.places = calloc(ports->count + 1, sizeof(*selection->places)),
	};
	if (!is_chosen || !selection->places) {
		free(is_chosen);
		return err_set(err, STATUS_NO_MEMORY, "no memory for %zu ports", ports->count);
	}
	if (name_count)
		st = mark_named(ports, names, name_count, is_chosen, err);
	else
		st = mark_known(ports, is_all, is_chosen, &selection->is_ambiguous, err);
	for (size_t i = 0; !st && i < ports->count; i++) {
		const struct bridge *bridge = bridge_of_port(&ports->items[i]);

		if (is_chosen[i])
			selection->places[selection->count++] = (struct station_place){
				.port = &ports->items[i],
				.bridge = bridge ? bridge : bridge_generic(),
			};
	}
	free(is_chosen);
	return st;
}

void selection_release(struct selection *s)
{
	free(s->places);
	*s = (struct selection){ 0 };
}
