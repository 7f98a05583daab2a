#include "station/ports_table.h"

#include "station/bridge.h"
#include "station/table.h"

static void add_port(struct table *t, const struct port *p)
{
	const struct bridge *bridge = bridge_of_port(p);

	table_add(t, NULL, "%s", p->slot);
	table_add(t, NULL, "%s", p->node);
	table_add(t, NULL, "%s", bridge ? bridge->name : p->is_usb ? "unknown" : "");
	if (p->is_usb)
		table_add(t, NULL, "%04x:%04x", p->vid, p->pid);
	else
		table_add(t, NULL, "%s", "");
	table_add(t, NULL, "%s", p->driver);
	table_add(t, NULL, "%s", p->serial);
	table_add(t, NULL, "%s", p->product);
	if (p->holder_pid)
		table_add(t, NULL, "process %d: %s", (int)p->holder_pid, p->holder);
	else
		table_add(t, NULL, "%s", "");
}

void ports_table(const struct port_list *ports, struct textbuf *out)
{
	static const char *const headers[] = { "slot",   "node",   "bridge",  "VID:PID",
					       "driver", "serial", "product", "held by" };
	struct table table;

	if (ports->count == 0) {
		textbuf_add(out, "no serial port\n");
		return;
	}
	table_init(&table, headers, sizeof(headers) / sizeof(headers[0]), 0);
	for (size_t i = 0; i < ports->count; i++)
		add_port(&table, &ports->items[i]);
	table_print(&table, out);
	table_release(&table);
}
