#include "station/web/web_model.h"

#include <stdio.h>
#include <string.h>

/* Cut where it does not fit; the rest of the room stays zero. */
static void copy_text(char *room, size_t size, const char *text)
{
	size_t length = text ? strnlen(text, size - 1) : 0;

	if (length)
		memcpy(room, text, length);
}
#define COPY(room, text) copy_text(room, sizeof(room), text)

static unsigned number_of(const struct snapshot *s, int slot)
{
	return slot >= 0 && (size_t)slot < s->slot_count ? s->slots[slot].number : 0;
}

static void copy_locks(const struct snapshot *s, struct web_head *head)
{
	for (size_t i = 0; i < s->lock_count; i++) {
		const struct lock_view *view = &s->locks[i];
		struct web_lock *lock;

		if (head->lock_count == WEB_LOCKS_MAX) {
			head->locks_left_out++;
			continue;
		}
		lock = &head->locks[head->lock_count++];
		COPY(lock->code, view->code);
		COPY(lock->sentence, view->sentence);
		COPY(lock->detail, view->detail);
		lock->number = number_of(s, view->slot);
		lock->since_utc_ms = view->since_utc_ms;
	}
}

static void copy_notices(const struct snapshot *s, struct web_head *head)
{
	for (size_t i = 0; i < s->notice_count && i < WEB_NOTICES_MAX; i++) {
		struct web_notice *notice = &head->notices[head->notice_count++];

		notice->utc_ms = s->notices[i].utc_ms;
		notice->number = number_of(s, s->notices[i].slot);
		COPY(notice->text, s->notices[i].text);
		notice->said = s->notices[i].said;
		COPY(notice->from, s->notices[i].from);
		notice->is_refused = s->notices[i].is_refused;
	}
}

void web_model_head(const struct snapshot *s, struct web_head *head)
{
	memset(head, 0, sizeof(*head));
	head->kind = s->kind;
	head->is_line = s->is_line;
	head->is_stopping = s->is_stopping;
	head->is_draining = s->is_draining;
	head->scans_serials = s->plan && s->plan->serial.source == SERIAL_FROM_SCAN;
	head->has_records = s->db_path != NULL;
	COPY(head->station, s->station);
	COPY(head->operator_name, s->operator_name);
	COPY(head->batch, s->batch);
	if (s->plan) {
		COPY(head->recipe, s->plan->name);
		COPY(head->product,
		     s->plan->product_title ? s->plan->product_title : s->plan->product);
		COPY(head->digest, s->plan->digest_text);
		head->revision = s->plan->revision;
	}
	COPY(head->next_recipe, s->next_recipe);
	COPY(head->bound_serial, s->bound_serial);
	head->has_batch_count = s->has_batch_count;
	head->batch_passed = s->batch_passed;
	head->batch_of = s->batch_of;
	head->has_plant = s->has_plant;
	if (s->has_plant) {
		head->is_connected = s->plant.is_connected;
		head->pending = s->plant.pending;
		COPY(head->trouble, s->plant.trouble);
		COPY(head->alarm, s->plant.alarm);
	}
	head->columns = s->columns;
	head->slot_count =
		(unsigned)(s->slot_count < WEB_SLOTS_MAX ? s->slot_count : WEB_SLOTS_MAX);
	head->begun_utc_ms = s->begun_utc_ms;
	head->counts = s->counts;
	copy_locks(s, head);
	copy_notices(s, head);
}

static int percent_of(const struct slot_view *view)
{
	const struct flash_progress *p = &view->progress;

	if (!view->has_progress || !p->total_bytes)
		return -1;
	if (p->done_bytes >= p->total_bytes)
		return 100;
	return (int)(p->done_bytes * 100 / p->total_bytes);
}

static void copy_live(const struct slot_view *view, struct web_live *live)
{
	bool is_at_work = view->state >= SLOT_STARTING && view->state <= SLOT_STORING;

	live->state = view->state;
	live->percent = -1;
	live->left_s = -1;
	live->took_s = (int)(view->elapsed_us / 1000000);
	if (!is_at_work)
		return;
	live->percent = percent_of(view);
	if (view->has_progress) {
		live->step = view->progress.step;
		live->try_no = view->progress.try_no;
	}
	/* To the whole second, upwards: 0 is shown when it is over, not before. */
	if (view->left_s >= 0 && view->left_s < 1e6)
		live->left_s = (int)(view->left_s + 0.999);
	live->over_s = (int)(view->limit_us / 1000000);
	live->is_away = view->is_waiting;
}

static void copy_result(const struct snapshot *s, const struct slot_view *view,
			struct web_tile *tile)
{
	const struct flash_report *r = view->report;

	tile->has_result = true;
	tile->status = view->status;
	tile->before = view->before;
	tile->is_stored = view->is_stored;
	tile->is_rescued = snapshot_is_rescued(view);
	tile->is_duplicate_mac = view->is_duplicate_mac;
	COPY(tile->detail, view->detail);
	COPY(tile->hint, snapshot_download_hint(s, view));
	if (!r)
		return;
	COPY(tile->evidence, r->evidence);
	COPY(tile->suspects, r->suspects);
	COPY(tile->rungs, r->rungs);
	if (r->status == view->status)
		COPY(tile->advice, r->advice);
}

void web_model_slot(const struct snapshot *s, const struct slot_view *view, struct web_slot *slot)
{
	struct web_tile *tile = &slot->tile;

	memset(slot, 0, sizeof(*slot));
	copy_live(view, &slot->live);
	tile->number = view->number;
	tile->visit = view->visit;
	COPY(tile->place, view->short_name[0] ? view->short_name : view->port->slot);
	if (view->state != SLOT_EMPTY) {
		COPY(tile->bridge, view->bridge);
		COPY(tile->serial, view->serial);
		COPY(tile->run_id, view->run_id);
		if (view->ident && view->ident->chip)
			COPY(tile->chip, view->ident->chip->name);
		if (view->ident && view->ident->has_mac)
			mac_text(view->ident->mac, tile->mac);
		tile->is_golden = view->is_golden;
		tile->is_gone = view->is_gone;
		tile->label = view->label;
		COPY(tile->label_text, view->label_text);
	}
	if (view->state == SLOT_DONE)
		copy_result(s, view, tile);
	else if (view->is_disabled)
		COPY(tile->detail, view->detail); /* why */
	tile->is_disabled = view->is_disabled;
	tile->will_retest = view->will_retest;
	tile->units = view->units;
	tile->passed = view->passed;
	tile->failed_in_row = view->failed_in_row;
	slot->past_count = view->past_count < SLOT_PAST_MAX ? view->past_count : SLOT_PAST_MAX;
	for (size_t i = 0; i < slot->past_count; i++)
		memcpy(&slot->past[i], &view->past[i], sizeof(slot->past[i]));
}
