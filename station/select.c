#define _XOPEN_SOURCE 700 /* realpath */

#include "station/select.h"

#include <stdlib.h>
#include <string.h>

/* Is name what views call the slot for short: "1.4" of "pci-0000:00:14.0/1.4:1.0"? */
static bool is_short_name(const struct port *p, const char *name)
{
	const char *slash = strrchr(p->slot, '/');
	size_t length = strlen(name);

	if (!p->is_usb || !slash || strncmp(slash + 1, name, length) != 0)
		return false;
	return slash[1 + length] == '\0' || strcmp(slash + 1 + length, ":1.0") == 0;
}

/* Two controllers have the same chains: then only the whole slot will do. */
static size_t find_short_name(const struct port_list *ports, const char *name)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < ports->count; i++) {
		if (!is_short_name(&ports->items[i], name))
			continue;
		if (found != SIZE_MAX)
			return SIZE_MAX;
		found = i;
	}
	return found;
}

/* SIZE_MAX when there is no such port. */
static size_t find_port(const struct port_list *ports, const char *name)
{
	char *target = realpath(name, NULL);
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < ports->count && found == SIZE_MAX; i++) {
		const struct port *p = &ports->items[i];

		if (strcmp(name, p->slot) == 0 || strcmp(name, p->node) == 0 ||
		    strcmp(name, p->name) == 0 || (target && strcmp(target, p->node) == 0))
			found = i;
	}
	free(target);
	return found != SIZE_MAX ? found : find_short_name(ports, name);
}

static enum status mark_named(const struct port_list *ports, const char *const *names,
			      size_t name_count, bool *is_chosen, struct err *err)
{
	for (size_t n = 0; n < name_count; n++) {
		size_t found = find_port(ports, names[n]);

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
	if (!is_chosen || !selection->places)
		st = err_set(err, STATUS_NO_MEMORY, "no memory for %zu ports", ports->count);
	else if (name_count)
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
