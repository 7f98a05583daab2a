#include "station/terminal/scene.h"

#include "engine/base/bytes.h"
#include "station/view_line.h"

#include <stdio.h>
#include <string.h>

#define COPY(to, from) copy((to), sizeof(to), (from))

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

static enum look look_of_outcome(enum status status)
{
	switch (status_row(status)->outcome) {
	case OUTCOME_PASS:
		return LOOK_PASS;
	case OUTCOME_FAIL:
		return LOOK_FAIL;
	case OUTCOME_ERROR:
	case OUTCOME_TIMEOUT:
		return LOOK_CARE;
	case OUTCOME_ABORTED:
		return LOOK_STOP;
	}
	return LOOK_CARE;
}

static bool is_locked(const struct snapshot *s, size_t slot)
{
	for (size_t i = 0; i < s->lock_count; i++) {
		if (s->locks[i].slot == (int)slot)
			return true;
	}
	return false;
}

/* A unit that passed is not done as long as its label is not. */
static void judge_label(struct scene_slot *to, const struct slot_view *slot)
{
	switch (slot->label) {
	case LABEL_TO_SCAN:
		to->look = LOOK_CARE;
		COPY(to->word, "SCAN LABEL");
		break;
	case LABEL_MISMATCH:
		to->look = LOOK_CARE;
		COPY(to->word, "WRONG LABEL");
		break;
	case LABEL_FAILED:
		to->look = LOOK_CARE;
		COPY(to->word, "NO LABEL");
		break;
	case LABEL_NONE:
	case LABEL_PRINTING:
	case LABEL_PRINTED:
	case LABEL_SCANNED:
		break;
	}
}

static void take_done(struct scene_slot *to, const struct slot_view *slot)
{
	const struct status_row *row = status_row(slot->status);

	to->look = look_of_outcome(slot->status);
	COPY(to->word, outcome_name(row->outcome));
	COPY(to->sentence, snapshot_sentence(slot));
	COPY(to->detail, slot->detail);
	if (row->outcome != OUTCOME_PASS)
		COPY(to->code, row->code);
	if (slot->status == STATUS_ALREADY_FINISHED) {
		char text[VERDICT_TEXT_BYTES];

		snprintf(to->code, sizeof(to->code), "before: %s",
			 verdict_text(slot->before, text));
	}
	if (row->outcome == OUTCOME_PASS)
		judge_label(to, slot);
	to->is_rescued = snapshot_is_rescued(slot);
	if (!to->is_rescued && row->outcome == OUTCOME_PASS)
		to->sentence[0] = '\0';
	if (slot->report) {
		COPY(to->evidence, slot->report->evidence);
		COPY(to->rungs, slot->report->rungs);
		if (slot->report->status == slot->status)
			COPY(to->suspects, slot->report->suspects);
		to->rate_baud = slot->report->rate_actual;
		to->tries = slot->report->tries;
	}
}

static void take_work(struct scene_slot *to, const struct slot_view *slot)
{
	const struct flash_progress *p = &slot->progress;

	to->look = LOOK_WORK;
	if (slot->state != SLOT_RUNNING || !slot->has_progress) {
		COPY(to->word, slot_state_name(slot->state));
		return;
	}
	COPY(to->word, slot->is_waiting ? "port gone" : flash_step_name(p->step));
	if (p->total_bytes && p->done_bytes <= p->total_bytes)
		to->percent = (int)(p->done_bytes * 100 / p->total_bytes);
	to->rate_baud = p->rate_baud;
	to->tries = p->try_no;
}

static void take_ident(struct scene_slot *to, const struct ident *ident)
{
	char revision[16] = "";

	if (!ident || !ident->chip)
		return;
	if (ident->has_revision)
		chip_revision_text(ident->revision, revision, sizeof(revision));
	snprintf(to->chip, sizeof(to->chip), "%s%s%s",
		 ident->package[0] ? ident->package : ident->chip->name, revision[0] ? " " : "",
		 revision);
	if (ident->has_mac)
		mac_text(ident->mac, to->mac);
}

static void time_of_day(int64_t utc_ms, char text[static UTC_TEXT_BYTES])
{
	char whole[UTC_TEXT_BYTES];

	utc_words(utc_ms, whole);
	copy(text, UTC_TEXT_BYTES, strlen(whole) == 19 ? whole + 11 : whole);
}

static void take_past(struct scene_slot *to, const struct slot_view *slot)
{
	for (size_t i = 0; i < slot->past_count && i < SLOT_PAST_MAX; i++) {
		const struct slot_past *past = &slot->past[i];
		struct scene_past *row = &to->past[to->past_count++];
		char text[VERDICT_TEXT_BYTES];

		time_of_day(past->end_utc_ms, row->when);
		COPY(row->verdict, verdict_text(past->status, text));
		COPY(row->mac, past->mac);
		COPY(row->serial, past->serial);
		row->took_s = (double)past->took_us / 1e6;
		row->look = look_of_outcome(past->status);
	}
}

static void take_state(struct scene_slot *to, const struct slot_view *slot, bool locked)
{
	switch (slot->state) {
	case SLOT_EMPTY:
	case SLOT_NOT_STARTED:
		to->look = slot->is_disabled ? LOOK_OFF : locked ? LOOK_LOCKED : LOOK_EMPTY;
		COPY(to->word, slot->is_disabled ? "off" : locked ? "LOCKED" : "empty");
		break;
	case SLOT_SETTLING:
	case SLOT_WAITING:
		to->look = slot->is_disabled ? LOOK_OFF : locked ? LOOK_LOCKED : LOOK_SETTLES;
		COPY(to->word, slot->is_disabled ? "off"
			       : locked          ? "LOCKED"
						 : slot_state_name(slot->state));
		break;
	case SLOT_STARTING:
	case SLOT_OPENING:
	case SLOT_RUNNING:
	case SLOT_STORING:
		take_work(to, slot);
		break;
	case SLOT_DONE:
		take_done(to, slot);
		break;
	}
}

static void take_slot(struct scene_slot *to, const struct slot_view *slot, bool locked)
{
	to->number = slot->number;
	to->visit = slot->visit;
	to->state = slot->state;
	to->percent = -1;
	to->left_s = slot->state == SLOT_DONE ? -1 : slot->left_s;
	to->took_s = (double)slot->elapsed_us / 1e6;
	COPY(to->serial, slot->serial);
	COPY(to->place, slot->port->slot);
	COPY(to->port, slot->state == SLOT_EMPTY ? "" : slot->port->name);
	COPY(to->bridge, slot->bridge);
	COPY(to->run_id, slot->run_id);
	to->is_golden = slot->is_golden;
	to->is_gone = slot->is_gone;
	to->is_disabled = slot->is_disabled;
	to->will_retest = slot->will_retest;
	to->units = slot->units;
	to->passed = slot->passed;
	to->failed_in_row = slot->failed_in_row;
	take_ident(to, slot->ident);
	take_state(to, slot, locked);
	if (slot->label != LABEL_NONE)
		COPY(to->label,
		     slot->label_text[0] ? slot->label_text : label_state_name(slot->label));
	take_past(to, slot);
}

static void take_locks(struct scene *scene, const struct snapshot *s)
{
	scene->lock_count = s->lock_count;
	for (size_t i = 0; i < s->lock_count && i < SCENE_LOCKS_SHOWN; i++) {
		const struct lock_view *lock = &s->locks[i];
		struct scene_lock *to = &scene->locks[i];

		COPY(to->code, lock->code);
		COPY(to->sentence, lock->sentence);
		COPY(to->detail, lock->detail);
		to->slot = lock->slot;
		if (lock->slot >= 0 && (size_t)lock->slot < s->slot_count)
			to->number = s->slots[lock->slot].number;
		time_of_day(lock->since_utc_ms, to->since);
	}
}

static void take_notices(struct scene *scene, const struct snapshot *s)
{
	for (size_t i = 0; i < s->notice_count && i < SCENE_NOTICES_SHOWN; i++) {
		const struct notice *notice = &s->notices[i];
		char when[UTC_TEXT_BYTES];

		time_of_day(notice->utc_ms, when);
		if (notice->slot >= 0 && (size_t)notice->slot < s->slot_count)
			snprintf(scene->notices[i], sizeof(scene->notices[i]), "%s slot %u: %.280s",
				 when, s->slots[notice->slot].number, notice->text);
		else
			snprintf(scene->notices[i], sizeof(scene->notices[i]), "%s %.300s", when,
				 notice->text);
		scene->notice_count++;
	}
}

void scene_take(struct scene *scene, const struct snapshot *s)
{
	memset(scene, 0, sizeof(*scene)); /* too large for a literal on the stack */
	scene->is_there = true;
	COPY(scene->station, s->station);
	if (s->plan)
		snprintf(scene->recipe, sizeof(scene->recipe), "%s revision %u", s->plan->name,
			 s->plan->revision);
	COPY(scene->next_recipe, s->next_recipe);
	COPY(scene->operator_name, s->operator_name);
	COPY(scene->batch, s->batch);
	COPY(scene->bound_serial, s->bound_serial);
	scene->has_batch_count = s->has_batch_count;
	scene->batch_passed = s->batch_passed;
	scene->batch_of = s->batch_of;
	scene->has_plant = s->has_plant;
	scene->plant_is_connected = s->plant.is_connected;
	scene->pending = s->plant.pending;
	COPY(scene->alarm, s->plant.alarm);
	scene->is_draining = s->is_draining;
	scene->is_stopping = s->is_stopping;
	scene->counts = s->counts;
	scene->columns = s->columns;
	scene->now_utc_ms = s->begun_utc_ms + (int64_t)(s->elapsed_us / 1000);
	take_locks(scene, s);
	take_notices(scene, s);
	for (size_t i = 0; i < s->slot_count && i < SCENE_SLOTS_MAX; i++) {
		take_slot(&scene->slots[i], &s->slots[i], is_locked(s, i));
		scene->at_work +=
			s->slots[i].state >= SLOT_STARTING && s->slots[i].state < SLOT_DONE;
		scene->slot_count++;
	}
}
