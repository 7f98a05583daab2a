/* A line in lines for people, and the table at its end. */
#include "station/view_line.h"

#include "engine/base/bytes.h"
#include "station/json.h"
#include "station/table.h"
#include "station/view.h"

#include <stdio.h>

void override_text(const struct snapshot *s, const struct event *e, struct textbuf *out)
{
	textbuf_add(out, "%s is overridden by %s (%s): %s\n", status_code(e->code),
		    s->operator_name, s->reason, e->text);
}

const char *verdict_text(enum status status, char text[static VERDICT_TEXT_BYTES])
{
	const struct status_row *row = status_row(status);
	bool is_pass = row->outcome == OUTCOME_PASS;

	snprintf(text, VERDICT_TEXT_BYTES, "%s%s%s", outcome_name(row->outcome), is_pass ? "" : " ",
		 is_pass ? "" : row->code);
	return text;
}

double line_first_pass(const struct line_counts *counts)
{
	/* Errors alone say nothing about units. */
	if (!counts->first_units || !(counts->passed + counts->failed))
		return -1;
	return 100.0 * counts->first_passed / counts->first_units;
}

static void add_prefix(const struct snapshot *s, const struct slot_view *slot, struct textbuf *out)
{
	char when[UTC_TEXT_BYTES];

	textbuf_add(out, "%s  ",
		    utc_words(s->begun_utc_ms + (int64_t)(s->elapsed_us / 1000), when));
	if (slot)
		textbuf_add(out, "slot %u: ", slot->number);
}

/* Text that somebody typed or scanned may hold anything. */
static void add_text(struct textbuf *out, const char *before, const char *text)
{
	char clean[1024];

	if (!text || !text[0])
		return;
	snprintf(clean, sizeof(clean), "%s", text);
	text_clean(clean);
	textbuf_add(out, "%s%s", before, clean);
}

static void add_batch(const struct snapshot *s, struct textbuf *out)
{
	if (!s->has_batch_count)
		return;
	add_text(out, "batch ", s->batch);
	textbuf_add(out, ": %lld of %lld\n", (long long)s->batch_passed, (long long)s->batch_of);
}

static void add_start(const struct snapshot *s, struct textbuf *out)
{
	add_prefix(s, NULL, out);
	if (s->station && s->station[0]) {
		add_text(out, "line ", s->station);
		textbuf_add(out, ": ");
	}
	textbuf_add(out, "%s", flash_kind_name(s->kind));
	if (s->plan)
		textbuf_add(out, " %s revision %u (%.12s)", s->plan->name, s->plan->revision,
			    s->plan->digest_text);
	if (s->slot_count)
		textbuf_add(out, ", %zu slot%s", s->slot_count, s->slot_count == 1 ? "" : "s");
	else
		textbuf_add(out, ", each port with a known bridge is a slot");
	textbuf_add(out, ", %u at a time\n", s->jobs);
	add_batch(s, out);
	if (s->db_path)
		textbuf_add(out, "records: %s\n", s->db_path);
}

static void add_result(const struct slot_view *slot, struct textbuf *out)
{
	char text[VERDICT_TEXT_BYTES], mac[MAC_TEXT_BYTES];

	textbuf_add(out, "%s%s after %.1f s", slot->is_golden ? "golden unit: " : "",
		    verdict_text(slot->status, text), (double)slot->elapsed_us / 1e6);
	if (slot->ident && slot->ident->has_mac) {
		mac_text(slot->ident->mac, mac);
		textbuf_add(out, ", MAC %s", mac);
	}
	add_text(out, ", serial ", slot->serial);
	if (snapshot_is_rescued(slot))
		textbuf_add(out, ", rescued");
	if (slot->status == STATUS_ALREADY_FINISHED)
		textbuf_add(out, ": it got %s before", verdict_text(slot->before, text));
	else if (slot->detail && slot->detail[0])
		textbuf_add(out, ": %s", slot->detail);
	textbuf_add(out, "\n");
}

static void add_left(const struct slot_view *slot, struct textbuf *out)
{
	const struct slot_past *past = snapshot_left(slot);
	char text[VERDICT_TEXT_BYTES];

	if (past)
		textbuf_add(out, "taken out, %s\n", verdict_text(past->status, text));
	else
		textbuf_add(out, "taken out before it had a result\n");
}

static void add_lock(const struct snapshot *s, const struct event *e, struct textbuf *out)
{
	const struct lock_view *lock = e->lock;
	bool has_slot = lock->slot >= 0 && (size_t)lock->slot < s->slot_count;

	add_prefix(s, has_slot ? &s->slots[lock->slot] : NULL, out);
	if (e->kind == EVENT_LOCKED) {
		textbuf_add(out, "LOCKED %s: %s", lock->code, lock->sentence);
		add_text(out, "; ", lock->detail);
	} else {
		textbuf_add(out, "unlocked %s", lock->code);
		add_text(out, ": ", e->text);
	}
	textbuf_add(out, "\n");
}

static void add_plant(const struct plant_state *plant, struct textbuf *out)
{
	textbuf_add(out, "plant's ledger: %s", plant->is_connected ? "connected" : "not reached");
	add_text(out, ", ", plant->trouble);
	textbuf_add(out, "; entries that it does not have yet: %lld", (long long)plant->pending);
	add_text(out, "; ALARM: ", plant->alarm);
	textbuf_add(out, "\n");
}

static void add_line(const struct snapshot *s, const struct event *e, const char *before,
		     const char *text, struct textbuf *out)
{
	add_prefix(s, e->slot, out);
	textbuf_add(out, "%s", before);
	add_text(out, "", text);
	textbuf_add(out, "\n");
}

void line_plain(const struct snapshot *s, const struct event *e, struct textbuf *out)
{
	switch (e->kind) {
	case EVENT_STATION_START:
		add_start(s, out);
		break;
	case EVENT_ARRIVED:
		add_prefix(s, e->slot, out);
		textbuf_add(out, "a unit on %s", e->slot->port->name);
		add_text(out, ", ", e->slot->bridge);
		textbuf_add(out, "\n");
		break;
	case EVENT_LEFT:
		add_prefix(s, e->slot, out);
		add_left(e->slot, out);
		break;
	case EVENT_LABEL:
		add_prefix(s, e->slot, out);
		textbuf_add(out, "label: %s", label_state_name(e->slot->label));
		add_text(out, ", ", e->slot->label_text);
		textbuf_add(out, "\n");
		break;
	case EVENT_LOCKED:
	case EVENT_UNLOCKED:
		add_lock(s, e, out);
		break;
	case EVENT_REQUEST:
		add_line(s, e, "asked: ", e->text, out);
		break;
	case EVENT_BATCH_FULL:
		add_prefix(s, NULL, out);
		add_text(out, "the batch has all its units: ", s->batch);
		textbuf_add(out, ", %lld of %lld\n", (long long)s->batch_passed,
			    (long long)s->batch_of);
		break;
	case EVENT_OVERRIDE:
		add_prefix(s, e->slot, out);
		override_text(s, e, out);
		break;
	case EVENT_RESULT:
		add_prefix(s, e->slot, out);
		add_result(e->slot, out);
		break;
	case EVENT_PLANT:
		add_prefix(s, NULL, out);
		add_plant(&s->plant, out);
		break;
	case EVENT_WARNING:
		add_line(s, e, "warning: ", e->text, out);
		break;
	case EVENT_STOPPING:
		add_line(s, e,
			 s->is_stopping
				 ? "stopping: every unit that was started is recorded as ABORTED"
				 : "ending: units at work finish, no other is started",
			 "", out);
		break;
	case EVENT_RUN_START:
	case EVENT_IDENTIFIED:
	case EVENT_STEP:
	case EVENT_PORT_LEFT:
	case EVENT_SUMMARY: /* the table says it */
		break;
	}
}

/* ---- the table at the end ---- */

static void add_row(struct table *t, const struct slot_view *slot, const struct screen *screen)
{
	char text[VERDICT_TEXT_BYTES];
	bool is_done = slot->state == SLOT_DONE;
	/* The unit that is still in the slot, or the one that was. */
	enum status last = is_done ? slot->status : slot->past[0].status;

	table_add(t, NULL, "%u", slot->number);
	table_add(t, NULL, "%s", slot->short_name);
	table_add(t, NULL, "%u", slot->units);
	table_add(t, NULL, "%u", slot->passed);
	table_add(t, NULL, "%u", slot->units - slot->passed);
	if (is_done || slot->past_count)
		table_add(t, table_colour(status_row(last)->outcome, screen), "%s",
			  verdict_text(last, text));
	else
		table_add(t, NULL, "%s", "");
}

static void add_locks(const struct snapshot *s, struct textbuf *out)
{
	for (size_t i = 0; i < s->lock_count; i++) {
		const struct lock_view *lock = &s->locks[i];

		textbuf_add(out, "LOCKED %s", lock->code);
		if (lock->slot >= 0 && (size_t)lock->slot < s->slot_count)
			textbuf_add(out, ", slot %u", s->slots[lock->slot].number);
		textbuf_add(out, ": %s", lock->sentence);
		add_text(out, "; ", lock->detail);
		textbuf_add(out, "\n");
	}
}

void line_table(const struct snapshot *s, const struct screen *screen, struct textbuf *out)
{
	static const char *const headers[] = { "slot",   "place",      "units",
					       "passed", "not passed", "last" };
	const struct line_counts *c = &s->counts;
	struct table table;
	bool has_rows = false;

	table_init(&table, headers, sizeof(headers) / sizeof(headers[0]), 0x1d);
	for (size_t i = 0; i < s->slot_count; i++) {
		if (s->slots[i].visit) {
			add_row(&table, &s->slots[i], screen);
			has_rows = true;
		}
	}
	textbuf_add(out, "\n");
	if (has_rows) {
		table_print(&table, out);
		textbuf_add(out, "\n");
	}
	table_release(&table);
	add_locks(s, out);
	textbuf_add(out, "%u unit%s in %.1f s: %u PASS, %u FAIL, %u ERROR, TIMEOUT or ABORTED",
		    c->units, c->units == 1 ? "" : "s", (double)s->elapsed_us / 1e6, c->passed,
		    c->failed, c->errors);
	if (line_first_pass(c) >= 0)
		textbuf_add(out, "; passed at once: %.1f %%", line_first_pass(c));
	textbuf_add(out, "\n");
	add_batch(s, out);
}
