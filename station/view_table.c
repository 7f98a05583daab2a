/* The tables at the end of a session, for screens and for plain output. */
#include "station/view.h"

#include "engine/base/bytes.h"
#include "station/guards.h"
#include "station/identity.h"
#include "station/memory.h"
#include "station/table.h"
#include "station/view_line.h"

void table_add_unit(struct table *t, const struct slot_view *slot)
{
	const struct ident *ident = slot->ident;
	char mac[MAC_TEXT_BYTES] = "";

	if (ident->has_mac)
		mac_text(ident->mac, mac);
	table_add(t, NULL, "%s", slot->short_name);
	table_add(t, NULL, "%s", slot->port->name);
	table_add(t, NULL, "%s", mac);
	table_add(t, NULL, "%s", ident->chip ? ident->chip->name : "");
}

void table_add_empty(struct table *t, unsigned cells)
{
	while (cells--)
		table_add(t, NULL, "%s", "");
}

const char *table_colour(enum outcome outcome, const struct screen *screen)
{
	if (!screen->has_colour)
		return NULL;
	return outcome == OUTCOME_PASS ? "\033[1;32m" : "\033[1;31m";
}

static void add_result(struct table *t, const struct slot_view *slot, const struct screen *screen)
{
	const struct status_row *row = status_row(slot->status);

	table_add_unit(t, slot);
	if (slot->state != SLOT_DONE) {
		table_add(t, NULL, "%s", slot_state_name(slot->state));
		table_add_empty(t, 3);
		return;
	}
	table_add(t, table_colour(row->outcome, screen), "%s", outcome_name(row->outcome));
	table_add(t, NULL, "%s",
		  row->outcome != OUTCOME_PASS ? row->code
		  : snapshot_is_rescued(slot)  ? "rescued"
					       : "");
	if (slot->report && slot->report->rate_actual)
		table_add(t, NULL, "%u", (unsigned)slot->report->rate_actual);
	else
		table_add_empty(t, 1);
	table_add(t, NULL, "%.1f", (double)slot->elapsed_us / 1e6);
}

/* Why, and what was tried against it: of a run that failed or was rescued. */
static void add_cause(const struct slot_view *slot, struct textbuf *out)
{
	static const struct flash_way none;
	const struct flash_report *r = slot->report;
	char way[WAY_TEXT_BYTES];

	/* A rule refused it: nothing was wrong with the unit or the line. */
	if (!r || guard_is(slot->status))
		return;
	if (r->evidence[0])
		textbuf_add(out, "    evidence: %s\n", r->evidence);
	if (r->rungs[0])
		textbuf_add(out, "    tried: %s\n", r->rungs);
	if (snapshot_is_rescued(slot) && r->way.data_block_bytes) {
		memory_way_text(&r->way, &none, way);
		textbuf_add(out, "    passed with: %s\n", way);
	}
	/* The station's own verdict has another cause, which its sentence says. */
	if (r->status == slot->status && r->suspects[0])
		textbuf_add(out, "    suspects, the likeliest first: %s\n", r->suspects);
}

static void add_advice(const struct snapshot *s, const struct slot_view *slot, struct textbuf *out)
{
	const struct status_row *row = status_row(slot->status);
	const char *hint = snapshot_download_hint(s, slot);

	if (slot->state != SLOT_DONE ||
	    (row->outcome == OUTCOME_PASS && !snapshot_is_rescued(slot)))
		return;
	textbuf_add(out, "%s: %s\n", slot->short_name, snapshot_sentence(slot));
	if (slot->detail[0])
		textbuf_add(out, "    %s\n", slot->detail);
	add_cause(slot, out);
	if (hint)
		textbuf_add(out, "    download mode: %s\n", hint);
}

static void add_totals(const struct snapshot *s, struct textbuf *out)
{
	struct snapshot_counts counts = snapshot_count(s);

	textbuf_add(out, "%zu unit%s in %.1f s: %u %s", s->slot_count,
		    s->slot_count == 1 ? "" : "s", (double)s->elapsed_us / 1e6,
		    counts.outcomes[OUTCOME_PASS],
		    s->kind == FLASH_RUN_IDENTIFY ? "identified" : outcome_name(OUTCOME_PASS));
	for (unsigned i = OUTCOME_PASS + 1; i < OUTCOME_COUNT; i++) {
		if (counts.outcomes[i])
			textbuf_add(out, ", %u %s", counts.outcomes[i], outcome_name(i));
	}
	if (counts.not_started)
		textbuf_add(out, ", %u not started", counts.not_started);
	textbuf_add(out, "\n");
	if (s->has_batch_count)
		textbuf_add(out, "batch %s: %lld of %lld\n", s->batch, (long long)s->batch_passed,
			    (long long)s->batch_of);
}

void table_render(const struct snapshot *s, const struct screen *screen, struct textbuf *out)
{
	static const char *const results[] = { "slot",   "port", "MAC",  "chip",
					       "result", "code", "rate", "seconds" };
	struct table table;

	if (s->is_line) {
		line_table(s, screen, out);
		return;
	}
	textbuf_add(out, "\n");
	if (s->kind == FLASH_RUN_IDENTIFY) {
		identity_render(s, screen, out);
	} else {
		table_init(&table, results, sizeof(results) / sizeof(results[0]), 3u << 6);
		for (size_t i = 0; i < s->slot_count; i++)
			add_result(&table, &s->slots[i], screen);
		table_print(&table, out);
		table_release(&table);
	}
	textbuf_add(out, "\n");
	for (size_t i = 0; i < s->slot_count; i++)
		add_advice(s, &s->slots[i], out);
	add_totals(s, out);
}
