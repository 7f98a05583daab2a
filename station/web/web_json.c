#include "station/web/web_json.h"

#include "station/json.h"

#include <jansson.h>

static void set_text(json_t *o, const char *name, const char *text)
{
	json_object_set_new(o, name, json_text(text));
}

/* What is not so, or not there, is left out of the objects that are sent often. */
static void add_flag(json_t *o, const char *name, bool is_so)
{
	if (is_so)
		json_object_set_new(o, name, json_true());
}

static void add_text(json_t *o, const char *name, const char *text)
{
	if (text[0])
		set_text(o, name, text);
}

static void add_number(json_t *o, const char *name, int64_t number, bool is_known)
{
	if (is_known)
		json_object_set_new(o, name, json_integer(number));
}

static json_t *json_locks(const struct web_head *head)
{
	json_t *array = json_array();

	for (size_t i = 0; i < head->lock_count; i++) {
		const struct web_lock *lock = &head->locks[i];
		json_t *o = json_object();
		struct said why;

		set_text(o, "code", lock->code);
		set_text(o, "sentence", lock->sentence);
		set_text(o, "detail", lock->detail);
		if (said_read(&why, lock->detail)) {
			json_object_set_new(o, "why", json_object());
			web_json_said(&why, json_object_get(o, "why"));
		}
		add_number(o, "slot", lock->number, lock->number > 0);
		json_object_set_new(o, "since", json_integer(lock->since_utc_ms));
		json_array_append_new(array, o);
	}
	return array;
}

void web_json_said(const struct said *said, json_t *o)
{
	char name[SAID_NAME_BYTES], value[SAID_TEXT_BYTES];
	json_t *values;

	if (said->code == SAID_TEXT)
		return;
	values = json_object();
	for (unsigned i = 0; said_value(said, i, name, value); i++)
		set_text(values, name, value);
	set_text(o, "code", said_row(said->code)->code);
	json_object_set_new(o, "values", values);
}

static json_t *json_notices(const struct web_head *head)
{
	json_t *array = json_array();

	for (size_t i = 0; i < head->notice_count; i++) {
		const struct web_notice *notice = &head->notices[i];
		json_t *o = json_object();

		json_object_set_new(o, "time", json_integer(notice->utc_ms));
		add_number(o, "slot", notice->number, notice->number > 0);
		set_text(o, "text", notice->text);
		add_text(o, "from", notice->from);
		add_flag(o, "refused", notice->is_refused);
		web_json_said(&notice->said, o);
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *json_counts(const struct line_counts *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "units", json_integer(c->units));
	json_object_set_new(o, "passed", json_integer(c->passed));
	json_object_set_new(o, "failed", json_integer(c->failed));
	json_object_set_new(o, "errors", json_integer(c->errors));
	json_object_set_new(o, "first_units", json_integer(c->first_units));
	json_object_set_new(o, "first_passed", json_integer(c->first_passed));
	return o;
}

static json_t *json_plant(const struct web_head *head)
{
	json_t *o = json_object();

	json_object_set_new(o, "connected", json_boolean(head->is_connected));
	json_object_set_new(o, "pending", json_integer(head->pending));
	set_text(o, "trouble", head->trouble);
	set_text(o, "alarm", head->alarm);
	return o;
}

json_t *web_json_head(const struct web_head *head)
{
	json_t *o = json_object();

	set_text(o, "station", head->station);
	set_text(o, "kind", flash_kind_name(head->kind));
	set_text(o, "recipe", head->recipe);
	json_object_set_new(o, "revision", json_integer(head->revision));
	set_text(o, "product", head->product);
	set_text(o, "digest", head->digest);
	set_text(o, "operator", head->operator_name);
	set_text(o, "batch", head->batch);
	add_number(o, "batch_passed", head->batch_passed, head->has_batch_count);
	add_number(o, "batch_of", head->batch_of, head->has_batch_count);
	add_text(o, "next_recipe", head->next_recipe);
	add_text(o, "bound_serial", head->bound_serial);
	add_flag(o, "draining", head->is_draining);
	add_flag(o, "stopping", head->is_stopping);
	add_flag(o, "ended", head->has_ended);
	add_flag(o, "records", head->has_records);
	add_flag(o, "scans_serials", head->scans_serials);
	if (head->has_plant)
		json_object_set_new(o, "plant", json_plant(head));
	json_object_set_new(o, "columns", json_integer(head->columns));
	json_object_set_new(o, "slots", json_integer(head->slot_count));
	json_object_set_new(o, "begun", json_integer(head->begun_utc_ms));
	json_object_set_new(o, "counts", json_counts(&head->counts));
	json_object_set_new(o, "locks", json_locks(head));
	add_number(o, "locks_left_out", (int64_t)head->locks_left_out, head->locks_left_out > 0);
	json_object_set_new(o, "notices", json_notices(head));
	return o;
}

json_t *web_json_live(unsigned number, const struct web_live *live)
{
	bool is_at_work = live->state >= SLOT_STARTING && live->state <= SLOT_STORING;
	json_t *o = json_object();

	json_object_set_new(o, "n", json_integer(number));
	set_text(o, "state", slot_state_name(live->state));
	if (is_at_work && live->try_no)
		set_text(o, "step", flash_step_name(live->step));
	add_number(o, "try", live->try_no, is_at_work && live->try_no > 1);
	add_number(o, "percent", live->percent, live->percent >= 0);
	add_number(o, "left", live->left_s, live->left_s >= 0);
	add_number(o, "took", live->took_s, live->state >= SLOT_STARTING);
	add_number(o, "limit", live->over_s, live->over_s > 0);
	add_flag(o, "away", live->is_away);
	return o;
}

static void add_result(const struct web_tile *tile, json_t *o)
{
	const struct status_row *row = status_row(tile->status);

	set_text(o, "code", row->code);
	set_text(o, "outcome", outcome_name(row->outcome));
	set_text(o, "party", party_name(row->party));
	if (tile->status == STATUS_ALREADY_FINISHED) {
		set_text(o, "before", status_code(tile->before));
		set_text(o, "before_outcome", outcome_name(status_row(tile->before)->outcome));
	}
	add_text(o, "detail", tile->detail);
	add_text(o, "hint", tile->hint);
	add_flag(o, "stored", tile->is_stored);
	add_flag(o, "rescued", tile->is_rescued);
	add_flag(o, "duplicate_mac", tile->is_duplicate_mac);
}

json_t *web_json_tile(const struct web_tile *tile)
{
	json_t *o = json_object();

	json_object_set_new(o, "n", json_integer(tile->number));
	json_object_set_new(o, "visit", json_integer(tile->visit));
	add_text(o, "place", tile->place);
	add_text(o, "bridge", tile->bridge);
	add_text(o, "chip", tile->chip);
	add_text(o, "mac", tile->mac);
	add_text(o, "serial", tile->serial);
	if (tile->has_result)
		add_result(tile, o);
	else if (tile->is_disabled)
		add_text(o, "detail", tile->detail); /* why */
	add_flag(o, "golden", tile->is_golden);
	add_flag(o, "disabled", tile->is_disabled);
	add_flag(o, "gone", tile->is_gone);
	add_flag(o, "retest", tile->will_retest);
	if (tile->label != LABEL_NONE)
		set_text(o, "label", label_state_name(tile->label));
	add_text(o, "label_text", tile->label_text);
	json_object_set_new(o, "units", json_integer(tile->units));
	json_object_set_new(o, "passed", json_integer(tile->passed));
	add_number(o, "failed_in_row", tile->failed_in_row, tile->failed_in_row > 0);
	return o;
}

static json_t *json_past(const struct slot_past *past)
{
	const struct status_row *row = status_row(past->status);
	json_t *o = json_object();

	json_object_set_new(o, "end", json_integer(past->end_utc_ms));
	set_text(o, "code", row->code);
	set_text(o, "outcome", outcome_name(row->outcome));
	json_object_set_new(o, "seconds", json_real((double)past->took_us / 1e6));
	set_text(o, "mac", past->mac);
	set_text(o, "serial", past->serial);
	set_text(o, "run_id", past->run_id);
	return o;
}

json_t *web_json_history(const struct web_slot *slot)
{
	const struct web_tile *tile = &slot->tile;
	json_t *o = web_json_tile(tile), *past = json_array();

	set_text(o, "state", slot_state_name(slot->live.state));
	set_text(o, "run_id", tile->run_id);
	set_text(o, "evidence", tile->evidence);
	set_text(o, "suspects", tile->suspects);
	set_text(o, "advice", tile->advice);
	set_text(o, "rungs", tile->rungs);
	for (size_t i = 0; i < slot->past_count; i++)
		json_array_append_new(past, json_past(&slot->past[i]));
	json_object_set_new(o, "past", past);
	return o;
}

json_t *web_json_words(void)
{
	json_t *o = json_object(), *statuses = json_array(), *states = json_array();
	json_t *steps = json_array(), *labels = json_array();

	for (unsigned i = 0; i < STATUS_COUNT; i++) {
		const struct status_row *row = status_row((enum status)i);
		json_t *status = json_object();

		set_text(status, "code", row->code);
		set_text(status, "outcome", outcome_name(row->outcome));
		set_text(status, "sentence", row->sentence);
		json_array_append_new(statuses, status);
	}
	for (unsigned i = 0; i < SLOT_STATE_COUNT; i++)
		json_array_append_new(states, json_text(slot_state_name((enum slot_state)i)));
	for (unsigned i = 0; i < STEP_COUNT; i++)
		json_array_append_new(steps, json_text(flash_step_name((enum flash_step)i)));
	for (unsigned i = 0; i < LABEL_STATE_COUNT; i++)
		json_array_append_new(labels, json_text(label_state_name((enum label_state)i)));
	json_object_set_new(o, "statuses", statuses);
	json_object_set_new(o, "states", states);
	json_object_set_new(o, "steps", steps);
	json_object_set_new(o, "labels", labels);
	return o;
}
