/* slots learn: an operator plugs a unit into one nest after the other, and the map is written. */
#include "station/cmd_session.h"

#include "engine/base/clock.h"
#include "station/bridge.h"
#include "station/json.h"
#include "station/line/slot_map.h"
#include "station/station.h"

#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS 200
#define USB_SYSFS "/sys/bus/usb/devices"

struct learning {
	const struct options *options;
	struct slot_map map;
	struct port_list before; /* of the last look */
	struct port_list told;   /* of what stands there, what was told about */
	unsigned learned;
};

/* ---- telling ---- */

static void print_event(const char *event, const struct port *p, unsigned number, const char *hub,
			const char *text)
{
	json_t *object = json_event(event);
	struct textbuf line = { 0 };

	json_object_set_new(object, "number", number ? json_integer(number) : json_null());
	json_object_set_new(object, "at", p ? json_text(p->slot) : json_null());
	json_object_set_new(object, "node", p ? json_text(p->node) : json_null());
	json_object_set_new(object, "hub", json_text(hub));
	json_object_set_new(object, "text", json_text(text));
	json_line(object, &line);
	fputs(textbuf_string(&line), stdout);
	fflush(stdout);
	textbuf_release(&line);
}

static void tell(const struct learning *l, const char *event, const struct port *p, unsigned number,
		 const char *hub, const char *text)
{
	if (l->options->json) {
		print_event(event, p, number, hub, text);
		return;
	}
	if (number)
		printf("slot %u: ", number);
	printf("%s\n", text);
	fflush(stdout);
}

/* ---- learning ---- */

static const struct port *find(const struct port_list *ports, const struct port *p)
{
	for (size_t i = 0; i < ports->count; i++) {
		const struct port *q = &ports->items[i];

		if (strcmp(q->slot, p->slot) == 0 && q->usb_bus == p->usb_bus &&
		    q->usb_device == p->usb_device)
			return q;
	}
	return NULL;
}

static enum status learn(struct learning *l, const struct port_list *ports, const struct port *p,
			 struct err *err)
{
	const struct bridge *bridge = bridge_of_port(p);
	unsigned number = slot_map_number(&l->map, p->slot);
	char hub[SLOT_HUB_BYTES], text[400];
	struct usb_tree tree;

	if (number) {
		snprintf(text, sizeof(text), "%s is known: nothing changes", p->slot);
		tell(l, "slot_known", p, number, "", text);
		return STATUS_OK;
	}
	if (!p->is_usb || !bridge) {
		snprintf(text, sizeof(text),
			 "%s: no bridge that units have: it does not become a slot", p->node);
		tell(l, "slot_refused", p, 0, "", text);
		return STATUS_OK;
	}
	TRY(usb_tree_read(USB_SYSFS, ports, &tree, err));
	slot_map_hub(&tree, p->slot, hub);
	usb_tree_release(&tree);
	TRY(slot_map_add(&l->map, p->slot, hub, &number, err));
	l->learned++;
	snprintf(text, sizeof(text), "%s, %s%s%s", p->slot, bridge->name, hub[0] ? ", hub " : "",
		 hub);
	tell(l, "slot_learned", p, number, hub, text);
	return STATUS_OK;
}

/* Those that stood there at the last look as well, and are not told about yet. */
static enum status take_new(struct learning *l, const struct port_list *ports, struct err *err)
{
	const struct port *first = NULL;
	unsigned count = 0;

	for (size_t i = 0; i < ports->count; i++) {
		const struct port *p = &ports->items[i];

		if (!find(&l->before, p) || find(&l->told, p))
			continue;
		first = first ? first : p;
		count += slot_map_number(&l->map, p->slot) == 0;
	}
	if (!first)
		return STATUS_OK;
	if (count > 1) {
		tell(l, "slot_refused", NULL, 0, "",
		     "several ports came at once: take those units out, and plug them in one "
		     "after the other");
		return STATUS_OK;
	}
	for (size_t i = 0; i < ports->count; i++) {
		if (find(&l->before, &ports->items[i]) && !find(&l->told, &ports->items[i]))
			TRY(learn(l, ports, &ports->items[i], err));
	}
	return STATUS_OK;
}

static enum status look(struct learning *l, bool is_first, struct err *err)
{
	struct port_list ports, copy;
	enum status st;

	TRY(ports_scan(PORTS_SYSFS, &ports, err));
	st = ports_scan(PORTS_SYSFS, &copy, err);
	if (st) {
		ports_release(&ports);
		return st;
	}
	if (!is_first)
		st = take_new(l, &ports, err);
	/* What came with this look is judged at the next one. */
	if (is_first || !st) {
		struct port_list told = { 0 };

		told.items = copy.items;
		for (size_t i = 0; i < copy.count; i++) {
			if (is_first || find(&l->before, &copy.items[i]))
				told.items[told.count++] = copy.items[i];
		}
		ports_release(&l->told);
		l->told = told;
	} else {
		ports_release(&copy);
	}
	ports_release(&l->before);
	l->before = ports;
	return st;
}

/* Enter, or a signal. A program that has no input to give is not at its end. */
static bool is_over(int signal_fd, bool *reads_input)
{
	struct pollfd fds[] = { { .fd = signal_fd, .events = POLLIN },
				{ .fd = *reads_input ? STDIN_FILENO : -1, .events = POLLIN } };
	char text[256];

	poll(fds, 2, LOOK_MS);
	if (fds[0].revents)
		return true;
	if (!fds[1].revents)
		return false;
	if (read(STDIN_FILENO, text, sizeof(text)) > 0)
		return true;
	*reads_input = false;
	return false;
}

static void tell_beginning(const struct learning *l)
{
	char text[400];
	size_t count = 0;

	for (size_t i = 0; i < l->before.count; i++)
		count += bridge_of_port(&l->before.items[i]) != NULL;
	snprintf(text, sizeof(text),
		 "%s%s %zu slot%s. Plug a unit into the next nest, then into the one after it, and "
		 "so on; Enter ends%s",
		 l->map.path, l->map.text[0] ? " has" : " is a new file, with", l->map.count,
		 l->map.count == 1 ? "" : "s",
		 count ? ". What is plugged in already is not taken: pull it, and plug it in" : "");
	tell(l, "learn_start", NULL, 0, "", text);
}

static enum status learn_all(struct learning *l, int signal_fd, struct err *err)
{
	bool reads_input = true;

	TRY(look(l, true, err));
	tell_beginning(l);
	while (!is_over(signal_fd, &reads_input))
		TRY(look(l, false, err));
	return STATUS_OK;
}

enum exit_code cmd_slots_learn(const struct options *options)
{
	struct learning l = { .options = options };
	struct diag_list diags = { 0 };
	enum exit_code code = EXIT_CODE_PASSED;
	int signal_fd = stop_signals_open();
	char text[400];
	struct err err;
	enum status st;

	err_clear(&err);
	st = slot_map_read(options->operands[1], &l.map, &diags, &err);
	print_diags(&diags);
	diag_list_release(&diags);
	if (!st)
		st = learn_all(&l, signal_fd, &err);
	if (st) {
		code = complain(&err);
	} else {
		snprintf(text, sizeof(text), "%u new slot%s, %zu in all: %s", l.learned,
			 l.learned == 1 ? "" : "s", l.map.count, l.map.path);
		tell(&l, "learn_end", NULL, 0, "", text);
		code = finish_stdout(code);
	}
	ports_release(&l.before);
	ports_release(&l.told);
	slot_map_release(&l.map);
	stop_signals_close(signal_fd);
	return code;
}
