/* A line as members of JSON objects. */
#include "station/view_line.h"

#include "engine/base/bytes.h"
#include "station/json.h"

#include <jansson.h>

static json_t *utc(int64_t utc_ms)
{
	char text[UTC_TEXT_BYTES];

	if (!utc_ms)
		return json_null();
	utc_text(utc_ms, text);
	return json_string(text);
}

/* The number of the slot with this index, null for the whole line. */
static json_t *number_of(const struct snapshot *s, int slot)
{
	if (slot < 0 || (size_t)slot >= s->slot_count)
		return json_null();
	return json_integer(s->slots[slot].number);
}

static void add_lock(const struct snapshot *s, const struct lock_view *lock, json_t *object)
{
	json_object_set_new(object, "code", json_text(lock->code));
	json_object_set_new(object, "number", number_of(s, lock->slot));
	json_object_set_new(object, "sentence", json_text(lock->sentence));
	json_object_set_new(object, "detail", json_text(lock->detail));
	json_object_set_new(object, "since", utc(lock->since_utc_ms));
}

static json_t *json_locks(const struct snapshot *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->lock_count; i++) {
		json_t *object = json_object();

		add_lock(s, &s->locks[i], object);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *json_counts(const struct line_counts *c)
{
	json_t *object = json_object();

	json_object_set_new(object, "units", json_integer(c->units));
	json_object_set_new(object, "passed", json_integer(c->passed));
	json_object_set_new(object, "failed", json_integer(c->failed));
	json_object_set_new(object, "errors", json_integer(c->errors));
	json_object_set_new(object, "first_units", json_integer(c->first_units));
	json_object_set_new(object, "first_passed", json_integer(c->first_passed));
	return object;
}

void line_json_slot(const struct slot_view *slot, json_t *object)
{
	json_object_set_new(object, "number", json_integer(slot->number));
	json_object_set_new(object, "visit", slot->visit ? json_integer(slot->visit) : json_null());
}

void line_json_start(const struct snapshot *s, json_t *object)
{
	json_t *slots = json_array();

	json_object_set_new(object, "line", json_true());
	json_object_set_new(object, "station", json_text(s->station));
	for (size_t i = 0; i < s->slot_count; i++) {
		const struct slot_view *slot = &s->slots[i];
		json_t *row = json_object();

		json_object_set_new(row, "number", json_integer(slot->number));
		json_object_set_new(row, "slot", json_text(slot->port->slot));
		json_object_set_new(row, "disabled", json_boolean(slot->is_disabled));
		json_array_append_new(slots, row);
	}
	json_object_set_new(object, "slots", slots);
	json_object_set_new(object, "locks", json_locks(s));
}

void line_json_result(const struct slot_view *slot, json_t *object)
{
	bool is_finished = slot->status == STATUS_ALREADY_FINISHED;

	json_object_set_new(object, "serial", json_text(slot->serial));
	json_object_set_new(object, "golden", json_boolean(slot->is_golden));
	json_object_set_new(object, "before",
			    is_finished ? json_string(status_code(slot->before)) : json_null());
}

void line_json_summary(const struct snapshot *s, json_t *object)
{
	json_object_set_new(object, "units", json_integer(s->counts.units));
	json_object_set_new(object, "counts", json_counts(&s->counts));
	json_object_set_new(object, "locks", json_locks(s));
}

static void add_left(const struct slot_view *slot, json_t *object)
{
	const struct slot_past *past = snapshot_left(slot);
	const struct status_row *row = past ? status_row(past->status) : NULL;

	json_object_set_new(object, "run_id", json_text(past ? past->run_id : NULL));
	json_object_set_new(object, "outcome",
			    row ? json_string(outcome_name(row->outcome)) : json_null());
	json_object_set_new(object, "code", row ? json_string(row->code) : json_null());
	json_object_set_new(object, "mac", json_text(past ? past->mac : NULL));
	json_object_set_new(object, "serial", json_text(past ? past->serial : NULL));
}

void line_json_event(const struct snapshot *s, const struct event *e, json_t *object)
{
	switch (e->kind) {
	case EVENT_ARRIVED:
		json_object_set_new(object, "bridge", json_text(e->slot->bridge));
		json_object_set_new(object, "serial", json_text(e->slot->serial));
		break;
	case EVENT_LEFT:
		add_left(e->slot, object);
		break;
	case EVENT_LABEL:
		json_object_set_new(object, "state", json_string(label_state_name(e->slot->label)));
		json_object_set_new(object, "text", json_text(e->slot->label_text));
		json_object_set_new(object, "serial", json_text(e->slot->serial));
		break;
	case EVENT_LOCKED:
		add_lock(s, e->lock, object);
		break;
	case EVENT_UNLOCKED:
		add_lock(s, e->lock, object);
		json_object_set_new(object, "text", json_text(e->text));
		break;
	case EVENT_REQUEST:
		json_object_set_new(object, "text", json_text(e->text));
		break;
	case EVENT_BATCH_FULL:
		json_object_set_new(object, "batch", json_text(s->batch));
		view_json_batch_count(s, object);
		break;
	case EVENT_STATION_START:
	case EVENT_RUN_START:
	case EVENT_IDENTIFIED:
	case EVENT_OVERRIDE:
	case EVENT_STEP:
	case EVENT_PORT_LEFT:
	case EVENT_RESULT:
	case EVENT_PLANT:
	case EVENT_WARNING:
	case EVENT_STOPPING:
	case EVENT_SUMMARY:
		break;
	}
}

/* What a unit at work has done, null where nobody is to wait for an end. */
static void add_work(const struct slot_view *slot, json_t *object)
{
	const struct flash_progress *p = &slot->progress;

	json_object_set_new(object, "step", json_string(flash_step_name(p->step)));
	json_object_set_new(
		object, "percent",
		p->total_bytes ? json_integer((json_int_t)(p->done_bytes * 100 / p->total_bytes))
			       : json_null());
	json_object_set_new(object, "seconds_left",
			    slot->left_s < 0 ? json_null()
					     : json_integer((json_int_t)(slot->left_s + 0.5)));
}

static json_t *json_slot_state(const struct slot_view *slot)
{
	json_t *object = json_object();

	json_object_set_new(object, "number", json_integer(slot->number));
	json_object_set_new(object, "visit", slot->visit ? json_integer(slot->visit) : json_null());
	json_object_set_new(object, "state", json_string(slot_state_name(slot->state)));
	if (slot->state == SLOT_RUNNING && slot->has_progress)
		add_work(slot, object);
	if (slot->state == SLOT_DONE)
		json_object_set_new(object, "code", json_string(status_code(slot->status)));
	if (slot->label != LABEL_NONE)
		json_object_set_new(object, "label", json_string(label_state_name(slot->label)));
	if (slot->is_disabled)
		json_object_set_new(object, "disabled", json_true());
	return object;
}

json_t *line_json_state(const struct snapshot *s)
{
	json_t *object = json_object(), *slots = json_array();

	json_object_set_new(object, "recipe", view_json_recipe(s->plan));
	json_object_set_new(object, "next_recipe", json_text(s->next_recipe));
	json_object_set_new(object, "operator", json_text(s->operator_name));
	json_object_set_new(object, "batch", json_text(s->batch));
	view_json_batch_count(s, object);
	json_object_set_new(object, "bound_serial", json_text(s->bound_serial));
	json_object_set_new(object, "draining", json_boolean(s->is_draining));
	json_object_set_new(object, "stopping", json_boolean(s->is_stopping));
	json_object_set_new(object, "pending",
			    s->has_plant ? json_integer(s->plant.pending) : json_null());
	json_object_set_new(object, "counts", json_counts(&s->counts));
	json_object_set_new(object, "locks", json_locks(s));
	for (size_t i = 0; i < s->slot_count; i++) {
		if (s->slots[i].state != SLOT_EMPTY || s->slots[i].is_disabled)
			json_array_append_new(slots, json_slot_state(&s->slots[i]));
	}
	json_object_set_new(object, "slots", slots);
	return object;
}
