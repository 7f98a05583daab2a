#include "station/ports_table.h"

#include "station/bridge.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS 7
#define CELL_BYTES 208

struct cells {
	char cell[COLUMNS][CELL_BYTES];
};

static void fill(const struct port *p, struct cells *row)
{
	const struct bridge *bridge = bridge_of_port(p);

	memset(row, 0, sizeof(*row));
	snprintf(row->cell[0], CELL_BYTES, "%s", p->slot);
	snprintf(row->cell[1], CELL_BYTES, "%s", p->node);
	snprintf(row->cell[2], CELL_BYTES, "%s",
		 bridge      ? bridge->name
		 : p->is_usb ? "unknown"
			     : "");
	if (p->is_usb)
		snprintf(row->cell[3], CELL_BYTES, "%04x:%04x", p->vid, p->pid);
	snprintf(row->cell[4], CELL_BYTES, "%s", p->driver);
	snprintf(row->cell[5], CELL_BYTES, "%s", p->serial);
	snprintf(row->cell[6], CELL_BYTES, "%s", p->product);
}

void ports_table(const struct port_list *ports, struct textbuf *out)
{
	static const struct cells header = { { "slot", "node", "bridge", "VID:PID", "driver",
					       "serial", "product" } };
	int widths[COLUMNS];
	struct cells row;

	if (ports->count == 0) {
		textbuf_add(out, "no serial port\n");
		return;
	}
	for (unsigned c = 0; c < COLUMNS; c++)
		widths[c] = text_columns(header.cell[c]);
	for (size_t i = 0; i < ports->count; i++) {
		fill(&ports->items[i], &row);
		for (unsigned c = 0; c < COLUMNS; c++) {
			int columns = text_columns(row.cell[c]);

			widths[c] = columns > widths[c] ? columns : widths[c];
		}
	}
	row = header;
	for (size_t i = 0; i <= ports->count; i++) {
		for (unsigned c = 0; c < COLUMNS; c++) {
			textbuf_add(out, "%s", row.cell[c]);
			if (c + 1 < COLUMNS)
				textbuf_pad(out, ' ', widths[c] - text_columns(row.cell[c]) + 2);
		}
		if (i > 0 && ports->items[i - 1].holder_pid)
			textbuf_add(out, "  (held by process %d: %s)",
				    (int)ports->items[i - 1].holder_pid,
				    ports->items[i - 1].holder);
		textbuf_add(out, "\n");
		if (i < ports->count)
			fill(&ports->items[i], &row);
	}
}
