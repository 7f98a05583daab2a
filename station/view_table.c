/* The table at the end of a session, for screens and for plain output. */
#include "station/view.h"

#include "engine/base/bytes.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS 8
#define CELL_BYTES 64

struct row {
	char cells[COLUMNS][CELL_BYTES];
};

static void fill_done(const struct slot_view *slot, struct row *row)
{
	const struct status_row *status = status_row(slot->status);

	snprintf(row->cells[4], CELL_BYTES, "%s", outcome_name(status->outcome));
	if (status->outcome != OUTCOME_PASS)
		snprintf(row->cells[5], CELL_BYTES, "%s", status->code);
	if (slot->report && slot->report->rate_actual)
		snprintf(row->cells[6], CELL_BYTES, "%u", (unsigned)slot->report->rate_actual);
	snprintf(row->cells[7], CELL_BYTES, "%.1f", (double)slot->elapsed_us / 1e6);
}

static void fill(const struct slot_view *slot, struct row *row)
{
	const struct ident *ident = slot->ident;

	memset(row, 0, sizeof(*row));
	snprintf(row->cells[0], CELL_BYTES, "%.63s", slot->short_name);
	snprintf(row->cells[1], CELL_BYTES, "%.63s", slot->port->name);
	if (ident->has_mac)
		mac_text(ident->mac, row->cells[2]);
	if (ident->chip)
		snprintf(row->cells[3], CELL_BYTES, "%s", ident->chip->name);
	if (slot->state == SLOT_DONE)
		fill_done(slot, row);
	else
		snprintf(row->cells[4], CELL_BYTES, "%s", slot_state_name(slot->state));
}

/* Figures stand at the right of their column. */
static bool is_figure(unsigned column)
{
	return column >= 6;
}

static void add_row(const struct row *row, const int *widths, const char *colour,
		    struct textbuf *out)
{
	for (unsigned c = 0; c < COLUMNS; c++) {
		int pad = widths[c] - text_columns(row->cells[c]);

		if (is_figure(c))
			textbuf_pad(out, ' ', pad);
		if (c == 4 && colour)
			textbuf_add(out, "%s%s\033[0m", colour, row->cells[c]);
		else
			textbuf_add(out, "%s", row->cells[c]);
		if (c + 1 == COLUMNS)
			break;
		if (!is_figure(c))
			textbuf_pad(out, ' ', pad);
		textbuf_add(out, "  ");
	}
	textbuf_add(out, "\n");
}

static const char *row_colour(const struct slot_view *slot, const struct screen *screen)
{
	if (!screen->has_colour || slot->state != SLOT_DONE)
		return NULL;
	return status_row(slot->status)->outcome == OUTCOME_PASS ? "\033[1;32m" : "\033[1;31m";
}

static void add_advice(const struct slot_view *slot, struct textbuf *out)
{
	const struct status_row *status = status_row(slot->status);

	if (slot->state != SLOT_DONE || status->outcome == OUTCOME_PASS)
		return;
	textbuf_add(out, "%s: %s\n", slot->short_name, status->sentence);
	if (slot->detail[0])
		textbuf_add(out, "    %s\n", slot->detail);
}

static void add_totals(const struct snapshot *s, struct textbuf *out)
{
	struct snapshot_counts counts = snapshot_count(s);

	textbuf_add(out, "%zu unit%s in %.1f s: %u PASS", s->slot_count,
		    s->slot_count == 1 ? "" : "s", (double)s->elapsed_us / 1e6,
		    counts.outcomes[OUTCOME_PASS]);
	for (unsigned i = OUTCOME_PASS + 1; i < OUTCOME_COUNT; i++) {
		if (counts.outcomes[i])
			textbuf_add(out, ", %u %s", counts.outcomes[i], outcome_name(i));
	}
	if (counts.not_started)
		textbuf_add(out, ", %u not started", counts.not_started);
	textbuf_add(out, "\n");
}

void table_render(const struct snapshot *s, const struct screen *screen, struct textbuf *out)
{
	static const struct row header = { { "slot", "port", "MAC", "chip", "result", "code",
					     "rate", "seconds" } };
	int widths[COLUMNS];
	struct row row;

	for (unsigned c = 0; c < COLUMNS; c++)
		widths[c] = text_columns(header.cells[c]);
	for (size_t i = 0; i < s->slot_count; i++) {
		fill(&s->slots[i], &row);
		for (unsigned c = 0; c < COLUMNS; c++) {
			int columns = text_columns(row.cells[c]);

			widths[c] = columns > widths[c] ? columns : widths[c];
		}
	}
	textbuf_add(out, "\n");
	add_row(&header, widths, NULL, out);
	for (size_t i = 0; i < s->slot_count; i++) {
		fill(&s->slots[i], &row);
		add_row(&row, widths, row_colour(&s->slots[i], screen), out);
	}
	textbuf_add(out, "\n");
	for (size_t i = 0; i < s->slot_count; i++)
		add_advice(&s->slots[i], out);
	add_totals(s, out);
}
