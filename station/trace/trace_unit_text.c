/* The trace of a unit for people. */
#include "station/trace/trace_cells.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the head of a unit ---- */

static void add_identity(const struct trace_unit *unit, struct textbuf *out)
{
	char text[400] = "", first[UTC_TEXT_BYTES], last[UTC_TEXT_BYTES];

	cells_field(out, "MAC", unit->mac ? unit->mac : "never told");
	cells_field(out, "custom MAC", unit->custom_mac);
	for (size_t i = unit->serial_count; i-- > 0;)
		cells_field(out, "serial number", unit->serials[i]);
	if (unit->chip) {
		snprintf(text, sizeof(text), "%s%s%s%s%s", unit->chip, unit->revision ? " " : "",
			 unit->revision ? unit->revision : "", unit->package ? ", " : "",
			 unit->package ? unit->package : "");
		cells_field(out, "chip", text);
	}
	if (unit->flash_bytes) {
		snprintf(text, sizeof(text), "%" PRId64 " KB%s%s", unit->flash_bytes / 1024,
			 unit->flash_id ? ", id " : "", unit->flash_id ? unit->flash_id : "");
		cells_field(out, "flash", text);
	}
	if (!unit->first_utc_ms)
		return;
	utc_words(unit->first_utc_ms, first);
	utc_words(unit->last_utc_ms, last);
	snprintf(text, sizeof(text), "%s, last %s (UTC)", first, last);
	cells_field(out, "first run", text);
}

static void add_warnings(const struct trace_unit *unit, struct textbuf *out)
{
	char text[TRACE_SENTENCE_BYTES];

	for (size_t i = 0; i < unit->warning_count; i++) {
		trace_warning_sentence(&unit->warnings[i], text);
		textbuf_add(out, "  WARNING: ");
		cells_clean(out, text);
		textbuf_bytes(out, "\n", 1);
	}
}

/* ---- what it carries ---- */

static const struct long_column carried_columns[] = {
	{ "ADDRESS", 0 }, { "FILE", 40 },       { "VERSION", 20 }, { "BYTES", 0 },
	{ "SHA-256", 0 }, { "SINCE (UTC)", 0 }, { "RECIPE", 32 },  { "STATE", 0 },
};
static const struct long_column gone_columns[] = {
	{ "ADDRESS", 0 },     { "FILE", 40 },       { "VERSION", 20 }, { "SHA-256", 0 },
	{ "SINCE (UTC)", 0 }, { "UNTIL (UTC)", 0 }, { "THEN", 32 },    { "WHY", 0 },
};

struct carried_cells {
	char addr[24], size[24], sha256[DIGEST_CELL_BYTES], since[UTC_TEXT_BYTES];
	char until[UTC_TEXT_BYTES], recipe[TRACE_NAME_BYTES], by[TRACE_NAME_BYTES];
	char state[TRACE_SENTENCE_BYTES];
};

static void make_cells(const struct trace_unit *unit, const struct trace_carried *c,
		       struct carried_cells *cells)
{
	const struct trace_run *by = c->by_run == TRACE_NO_RUN ? NULL : &unit->runs[c->by_run];

	cells_address(c->image->addr, cells->addr);
	cells_number(c->image->size_bytes, cells->size);
	cells_digest(c->image->sha256, cells->sha256);
	utc_words(unit->runs[c->since_run].start_utc_ms, cells->since);
	trace_recipe_name(c->recipe->name, c->recipe->revision, cells->recipe);
	trace_carry_sentence(c->carry, c->cause, cells->state);
	utc_words(by ? by->start_utc_ms : 0, cells->until);
	trace_recipe_name(by ? by->recipe : NULL, by ? by->recipe_revision : 0, cells->by);
}

static void add_carried(const struct trace_unit *unit, bool is_gone, struct textbuf *out)
{
	struct carried_cells c;
	struct long_table t;
	size_t count = 0;

	for (size_t i = 0; i < unit->flash.count; i++)
		count += (unit->flash.items[i].carry == TRACE_GONE) == is_gone;
	if (is_gone && !count)
		return;
	textbuf_add(out, is_gone ? "\ncarried before:\n" : "\ncarries now:\n");
	if (!count)
		textbuf_add(out, "  nothing that is recorded\n");
	if (is_gone)
		long_table_begin(&t, gone_columns, COUNT(gone_columns), "  ", out);
	else
		long_table_begin(&t, carried_columns, COUNT(carried_columns), "  ", out);
	for (size_t i = 0; i < unit->flash.count; i++) {
		const struct trace_carried *item = &unit->flash.items[i];

		if ((item->carry == TRACE_GONE) != is_gone)
			continue;
		make_cells(unit, item, &c);
		if (is_gone) {
			const char *row[] = { c.addr,
					      item->image->file,
					      item->image->version,
					      c.sha256,
					      c.since,
					      c.until,
					      c.by,
					      c.state };
			long_table_row(&t, row);
		} else {
			const char *row[] = { c.addr,
					      c.sha256[0] ? item->image->file : NULL,
					      item->image->version,
					      c.size,
					      c.sha256,
					      c.since,
					      c.recipe,
					      c.state };
			long_table_row(&t, row);
		}
	}
	long_table_end(&t);
}

/* ---- runs and events ---- */

static const struct long_column event_columns[] = {
	{ "TIME (UTC)", 0 }, { "WHAT", 0 },   { "RESULT", 28 },   { "RECIPE", 32 }, { "SLOT", 32 },
	{ "BRIDGE", 0 },     { "BATCH", 24 }, { "OPERATOR", 16 }, { "NOTE", 0 },
};
static void add_event(struct long_table *t, const struct trace_event *e)
{
	char time[UTC_TEXT_BYTES], note[TRACE_SENTENCE_BYTES] = "";
	struct run_cells c;

	if (e->run) {
		cells_of_run(e->run, &c);
		const char *row[] = { c.start,       e->run->kind,          c.result,
				      c.recipe,      e->run->slot,          c.bridge,
				      e->run->batch, e->run->operator_name, c.note };
		long_table_row(t, row);
		return;
	}
	utc_words(e->utc_ms, time);
	if (e->reason)
		cells_note(note, e->reason);
	if (e->detail)
		cells_note(note, e->detail);
	const char *row[] = { time, trace_event_name(e->kind), e->code, NULL, NULL, NULL,
			      NULL, e->operator_name,          note };
	long_table_row(t, row);
}

static void add_events(const struct trace_event *events, size_t count, struct textbuf *out)
{
	struct long_table t;

	long_table_begin(&t, event_columns, COUNT(event_columns), "  ", out);
	for (size_t i = 0; i < count; i++)
		add_event(&t, &events[i]);
	long_table_end(&t);
}

void trace_text_unit(const struct trace_unit *unit, const struct trace_window *window,
		     struct textbuf *out)
{
	char sentence[TRACE_SENTENCE_BYTES];

	trace_state_sentence(unit, sentence);
	textbuf_add(out, "unit ");
	cells_clean(out, unit->mac ? unit->mac : unit->serial_count ? unit->serials[0] : "");
	textbuf_add(out, ": %s\n  ", trace_state_word(unit));
	cells_clean(out, sentence);
	textbuf_bytes(out, "\n", 1);
	add_warnings(unit, out);
	textbuf_bytes(out, "\n", 1);
	add_identity(unit, out);
	add_carried(unit, false, out);
	add_carried(unit, true, out);
	textbuf_add(out, "\nwhat happened:\n");
	cells_scope(window, "entries", out);
	if (!unit->event_count)
		textbuf_add(out, "  nothing%s\n", unit->events_left_out ? " in this time" : "");
	add_events(unit->events, unit->event_count, out);
	if (unit->events_left_out)
		textbuf_add(out, "  %zu more are left out by --from, --to or --last\n",
			    unit->events_left_out);
}
