/* Lines for people whose terminal is a file, a pipe or a log. */
#include "station/view.h"

#include "engine/base/bytes.h"
#include "station/view_line.h"

#include <string.h>

static void add_prefix(const struct snapshot *s, const struct slot_view *slot, struct textbuf *out)
{
	textbuf_add(out, "%7.1f s  ", (double)s->elapsed_us / 1e6);
	if (slot)
		textbuf_add(out, "%s %s: ", slot->short_name, slot->port->name);
}

static void add_start(const struct snapshot *s, struct textbuf *out)
{
	textbuf_add(out, "%s", flash_kind_name(s->kind));
	if (s->plan)
		textbuf_add(out, " %s revision %u (%.12s)", s->plan->name, s->plan->revision,
			    s->plan->digest_text);
	textbuf_add(out, ": %zu unit%s, %u at a time\n", s->slot_count,
		    s->slot_count == 1 ? "" : "s", s->jobs);
	if (s->has_batch_count)
		textbuf_add(out, "batch %s: %lld of %lld\n", s->batch, (long long)s->batch_passed,
			    (long long)s->batch_of);
	if (s->db_path)
		textbuf_add(out, "records: %s\n", s->db_path);
}

static void add_ident(const struct ident *ident, struct textbuf *out)
{
	char mac[MAC_TEXT_BYTES], revision[16];

	textbuf_add(out, "%s", ident->package[0] ? ident->package : ident->chip->name);
	if (ident->has_revision) {
		chip_revision_text(ident->revision, revision, sizeof(revision));
		textbuf_add(out, " %s", revision);
	}
	if (ident->has_mac) {
		mac_text(ident->mac, mac);
		textbuf_add(out, ", MAC %s", mac);
	}
	if (ident->flash_bytes)
		textbuf_add(out, ", %u MB flash", (unsigned)(ident->flash_bytes >> 20));
	textbuf_add(out, "\n");
}

static void add_result(const struct snapshot *s, const struct slot_view *slot, struct textbuf *out)
{
	const char *hint = snapshot_download_hint(s, slot);
	const struct status_row *row = status_row(slot->status);
	bool is_rescued = snapshot_is_rescued(slot);

	textbuf_add(out, "%s", outcome_name(row->outcome));
	if (row->outcome != OUTCOME_PASS)
		textbuf_add(out, " %s", row->code);
	textbuf_add(out, " after %.1f s", (double)slot->elapsed_us / 1e6);
	if (is_rescued)
		textbuf_add(out, ", rescued");
	if (slot->detail[0])
		textbuf_add(out, ": %s", slot->detail);
	else if (is_rescued)
		textbuf_add(out, ": %s", snapshot_sentence(slot));
	if (hint)
		textbuf_add(out, "; download mode: %s", hint);
	if (s->has_batch_count && row->outcome == OUTCOME_PASS)
		textbuf_add(out, "; batch %s: %lld of %lld", s->batch, (long long)s->batch_passed,
			    (long long)s->batch_of);
	textbuf_add(out, "\n");
}

static void add_plant(const struct plant_state *plant, struct textbuf *out)
{
	textbuf_add(out, "plant's ledger: %s", plant->is_connected ? "connected" : "not reached");
	if (plant->trouble[0])
		textbuf_add(out, ", %s", plant->trouble);
	textbuf_add(out, "; entries that it does not have yet: %lld\n", (long long)plant->pending);
	if (plant->alarm[0])
		textbuf_add(out, "ALARM: %s\n", plant->alarm);
}

void plain_render(const struct snapshot *s, const struct event *e, struct textbuf *out)
{
	if (s->is_line) {
		line_plain(s, e, out);
		return;
	}
	switch (e->kind) {
	case EVENT_STATION_START:
		add_start(s, out);
		break;
	case EVENT_RUN_START:
		add_prefix(s, e->slot, out);
		textbuf_add(out, "started, %s, at most %.0f s", e->slot->bridge,
			    (double)e->slot->limit_us / 1e6);
		if (e->slot->start_way[0])
			textbuf_add(out, ", begins with %s", e->slot->start_way);
		textbuf_add(out, "\n");
		break;
	case EVENT_IDENTIFIED:
		add_prefix(s, e->slot, out);
		add_ident(e->slot->ident, out);
		break;
	case EVENT_OVERRIDE:
		add_prefix(s, e->slot, out);
		override_text(s, e, out);
		break;
	case EVENT_STEP:
		if (e->slot->progress.step != STEP_WRITE || e->slot->progress.done_bytes)
			break; /* the boot sector is written behind all others: the same step */
		add_prefix(s, e->slot, out);
		textbuf_add(out, "%s", flash_step_name(e->slot->progress.step));
		if (e->slot->progress.try_no > 1)
			textbuf_add(out, ", try %u", e->slot->progress.try_no);
		textbuf_add(out, "\n");
		break;
	case EVENT_PORT_LEFT:
		add_prefix(s, e->slot, out);
		textbuf_add(out, "the port is gone: waiting for it\n");
		break;
	case EVENT_RESULT:
		if (s->kind == FLASH_RUN_IDENTIFY && !e->slot->status)
			break;
		add_prefix(s, e->slot, out);
		add_result(s, e->slot, out);
		break;
	case EVENT_PLANT:
		add_prefix(s, NULL, out);
		add_plant(&s->plant, out);
		break;
	case EVENT_WARNING:
		add_prefix(s, e->slot, out);
		textbuf_add(out, "warning: %s\n", e->text);
		break;
	case EVENT_STOPPING:
		add_prefix(s, NULL, out);
		textbuf_add(out, "stopping: every unit that was started is recorded as ABORTED\n");
		break;
	case EVENT_ARRIVED:
	case EVENT_LEFT:
	case EVENT_LABEL:
	case EVENT_LOCKED:
	case EVENT_UNLOCKED:
	case EVENT_REQUEST:
	case EVENT_BATCH_FULL:
	case EVENT_SUMMARY:
		break;
	}
}

void plain_render_tick(const struct snapshot *s, uint8_t *milestones, struct textbuf *out)
{
	if (s->is_line)
		return;
	for (size_t i = 0; i < s->slot_count; i++) {
		const struct slot_view *slot = &s->slots[i];
		const struct flash_progress *p = &slot->progress;
		unsigned percent;

		if (slot->state != SLOT_RUNNING || !slot->has_progress || p->step != STEP_WRITE ||
		    !p->total_bytes)
			continue;
		percent = (unsigned)(p->done_bytes * 100 / p->total_bytes) / 25 * 25;
		if (percent == milestones[i] || percent == 0 || percent >= 100)
			continue;
		milestones[i] = (uint8_t)percent;
		add_prefix(s, slot, out);
		textbuf_add(out, "write %u %%", percent);
		if (slot->left_s >= 0)
			textbuf_add(out, ", %.0f s left", slot->left_s);
		textbuf_add(out, "\n");
	}
}
