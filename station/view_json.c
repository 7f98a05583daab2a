#include "station/view.h"

#include "station/identity.h"
#include "station/json.h"
#include "station/judgement.h"
#include "station/view_line.h"

#include "engine/base/bytes.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *view_json_seconds(double s)
{
	return json_real((double)(int64_t)(s * 1000 + 0.5) / 1000);
}

json_t *view_json_recipe(const struct plan *plan)
{
	json_t *object;

	if (!plan)
		return json_null();
	object = json_object();
	json_object_set_new(object, "name", json_text(plan->name));
	json_object_set_new(object, "revision", json_integer(plan->revision));
	json_object_set_new(object, "digest", json_text(plan->digest_text));
	json_object_set_new(object, "product", json_text(plan->product));
	json_object_set_new(object, "chip", json_text(plan->flash.chip->name));
	json_object_set_new(object, "path", json_text(plan->recipe_path));
	return object;
}

/* null where nobody said how many units the batch shall have. */
void view_json_batch_count(const struct snapshot *s, json_t *object)
{
	json_object_set_new(object, "batch_passed",
			    s->has_batch_count ? json_integer(s->batch_passed) : json_null());
	json_object_set_new(object, "batch_units",
			    s->has_batch_count ? json_integer(s->batch_of) : json_null());
}

static void add_override(const struct snapshot *s, const struct event *e, json_t *object)
{
	json_object_set_new(object, "code", json_string(status_code(e->code)));
	json_object_set_new(object, "detail", json_text(e->text));
	json_object_set_new(object, "operator", json_text(s->operator_name));
	json_object_set_new(object, "reason", json_text(s->reason));
}

static void add_plant(const struct plant_state *plant, json_t *object)
{
	json_object_set_new(object, "connected", json_boolean(plant->is_connected));
	json_object_set_new(object, "pending", json_integer(plant->pending));
	json_object_set_new(object, "last_ack_utc_ms",
			    plant->last_ack_utc_ms ? json_integer(plant->last_ack_utc_ms)
						   : json_null());
	json_object_set_new(object, "trouble", json_text(plant->trouble));
	json_object_set_new(object, "alarm", json_text(plant->alarm));
}

static void add_start(const struct snapshot *s, json_t *object)
{
	json_t *ports;

	json_object_set_new(object, "program", json_string("flashline"));
	json_object_set_new(object, "program_version", json_string(FLASHLINE_VERSION));
	json_object_set_new(object, "kind", json_string(flash_kind_name(s->kind)));
	json_object_set_new(object, "recipe", view_json_recipe(s->plan));
	json_object_set_new(object, "jobs", json_integer(s->jobs));
	json_object_set_new(object, "database", json_text(s->db_path));
	json_object_set_new(object, "operator", json_text(s->operator_name));
	json_object_set_new(object, "batch", json_text(s->batch));
	view_json_batch_count(s, object);
	json_object_set_new(object, "process", json_text(s->plan ? s->plan->process : NULL));
	if (s->is_line) {
		line_json_start(s, object);
		return;
	}
	ports = json_array();
	for (size_t i = 0; i < s->slot_count; i++)
		json_array_append_new(ports, json_port(s->slots[i].port));
	json_object_set_new(object, "ports", ports);
}

static void add_slot(const struct snapshot *s, const struct slot_view *slot, json_t *object)
{
	if (s->is_line)
		line_json_slot(slot, object);
	json_object_set_new(object, "slot", json_text(slot->port->slot));
	json_object_set_new(object, "node", json_text(slot->port->node));
	json_object_set_new(object, "run_id", json_text(slot->run_id));
}

static json_t *json_reports_step(const struct flash_step_report *step)
{
	json_t *object = json_object();

	json_object_set_new(object, "step", json_string(flash_step_name(step->step)));
	json_object_set_new(object, "try", json_integer(step->try_no));
	json_object_set_new(object, "start_s", view_json_seconds((double)step->start_us / 1e6));
	json_object_set_new(object, "seconds", view_json_seconds((double)step->took_us / 1e6));
	json_object_set_new(object, "code", json_string(status_code(step->status)));
	json_object_set_new(object, "note", json_text(step->note));
	return object;
}

static json_t *json_registers(bool is_known, const uint8_t registers[static 3])
{
	char text[9];

	snprintf(text, sizeof(text), "%02x %02x %02x", registers[0], registers[1], registers[2]);
	return json_text(is_known ? text : NULL);
}

static void add_report(const struct flash_report *r, json_t *object)
{
	json_t *steps = json_array();
	char device[2 * ERR_DEVICE_BYTES + 1] = "";

	hex_text(r->err.device, r->err.device_len, device);
	json_object_set_new(object, "device_code", json_text(device));
	json_object_set_new(object, "loader",
			    r->tries ? json_string(r->used_stub ? "stub" : "rom") : json_null());
	json_object_set_new(object, "rate_asked",
			    r->rate_asked ? json_integer(r->rate_asked) : json_null());
	json_object_set_new(object, "rate_actual",
			    r->rate_actual ? json_integer(r->rate_actual) : json_null());
	json_object_set_new(object, "tries", json_integer(r->tries));
	json_object_set_new(object, "rungs", json_text(r->rungs));
	json_object_set_new(object, "rescued", json_boolean(r->is_rescued));
	json_object_set_new(object, "way", json_way(&r->way));
	json_object_set_new(object, "flash_status",
			    json_registers(r->has_status_before, r->status_before));
	json_object_set_new(object, "flash_status_set",
			    json_registers(r->has_status_after, r->status_after));
	json_object_set_new(object, "raw_bytes", json_integer((json_int_t)r->raw_bytes));
	json_object_set_new(object, "wire_bytes", json_integer((json_int_t)r->wire_bytes));
	json_object_set_new(object, "skipped_bytes", json_integer((json_int_t)r->skipped_bytes));
	json_object_set_new(object, "data_s", view_json_seconds((double)r->data_us / 1e6));
	for (size_t i = 0; i < r->step_count; i++)
		json_array_append_new(steps, json_reports_step(&r->steps[i]));
	json_object_set_new(object, "measurements", json_measurements(r));
	json_object_set_new(object, "steps", steps);
}

static json_t *json_guesses(const struct snapshot *s, const struct slot_view *slot)
{
	struct product_guess *guesses = malloc(GUESSES_MAX * sizeof(*guesses));
	size_t count = guesses ? identity_guess(s, slot, guesses) : 0;
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *object = json_object();

		json_object_set_new(object, "product", json_text(guesses[i].product->key));
		json_object_set_new(object, "title", json_text(guesses[i].product->title));
		json_object_set_new(object, "ships_with_bridge",
				    json_boolean(guesses[i].has_bridge));
		json_array_append_new(array, object);
	}
	free(guesses);
	return array;
}

static void add_result(const struct snapshot *s, const struct slot_view *slot, json_t *object)
{
	const struct status_row *row = status_row(slot->status);
	bool is_proven = slot->report && slot->report->proof == FLASH_PROOF_CHIP_MD5;
	/* To be identified is not to be judged: a PASS means a proof. */
	bool is_judged = s->kind != FLASH_RUN_IDENTIFY || slot->status;
	json_t *ident = json_ident(slot->ident);
	struct judgement judgement;

	judgement_of(slot->status, slot->report, slot->detail, &judgement);
	json_object_set_new(object, "outcome",
			    is_judged ? json_string(outcome_name(row->outcome)) : json_null());
	json_object_set_new(object, "code", json_string(row->code));
	json_object_set_new(object, "party", json_string(party_name(row->party)));
	json_object_set_new(object, "proof", json_string(is_proven ? "CHIP_MD5" : "NONE"));
	json_object_set_new(object, "sentence", json_text(snapshot_sentence(slot)));
	json_object_set_new(object, "detail", json_text(slot->detail));
	json_object_set_new(object, "evidence", json_text(judgement.evidence));
	json_object_set_new(object, "suspects", json_text(judgement.suspects));
	json_object_set_new(object, "advice", json_text(judgement.advice));
	json_object_set_new(object, "download", json_text(snapshot_download_hint(s, slot)));
	json_object_set_new(object, "stored", json_boolean(slot->is_stored));
	json_object_set_new(object, "duplicate_mac", json_boolean(slot->is_duplicate_mac));
	json_object_set_new(object, "serial",
			    json_text(slot->serial[0] ? slot->serial : s->serial));
	if (s->is_line)
		line_json_result(slot, object);
	json_object_set_new(object, "generation",
			    slot->generation ? json_integer(slot->generation) : json_null());
	json_object_set_new(object, "seconds", view_json_seconds((double)slot->elapsed_us / 1e6));
	json_object_set_new(object, "limit_s", view_json_seconds((double)slot->limit_us / 1e6));
	json_object_set_new(object, "bridge", json_text(slot->bridge));
	json_object_update(object, ident);
	json_decref(ident);
	if (s->kind == FLASH_RUN_IDENTIFY)
		json_object_set_new(object, "could_be", json_guesses(s, slot));
	if (slot->report)
		add_report(slot->report, object);
}

static void add_unit_counts(const struct snapshot *s, json_t *object)
{
	struct snapshot_counts counts = snapshot_count(s);

	json_object_set_new(object, "units", json_integer((json_int_t)s->slot_count));
	json_object_set_new(object, "done", json_integer(counts.done));
	for (unsigned i = 0; i < OUTCOME_COUNT; i++) {
		bool is_identified = s->kind == FLASH_RUN_IDENTIFY && i == OUTCOME_PASS;
		char name[16];

		snprintf(name, sizeof(name), "%s", is_identified ? "IDENTIFIED" : outcome_name(i));
		for (char *c = name; *c; c++)
			*c = (char)(*c + ('a' - 'A'));
		json_object_set_new(object, name, json_integer(counts.outcomes[i]));
	}
	json_object_set_new(object, "not_started", json_integer(counts.not_started));
}

static void add_summary(const struct snapshot *s, int exit_code, json_t *object)
{
	if (s->is_line)
		line_json_summary(s, object);
	else
		add_unit_counts(s, object);
	view_json_batch_count(s, object);
	json_object_set_new(object, "seconds", view_json_seconds((double)s->elapsed_us / 1e6));
	json_object_set_new(object, "exit_status", json_integer(exit_code));
}

static const char *const event_names[] = {
	[EVENT_STATION_START] = "station_start",
	[EVENT_ARRIVED] = "arrived",
	[EVENT_LEFT] = "left",
	[EVENT_LABEL] = "label",
	[EVENT_LOCKED] = "locked",
	[EVENT_UNLOCKED] = "unlocked",
	[EVENT_REQUEST] = "request",
	[EVENT_BATCH_FULL] = "batch_full",
	[EVENT_RUN_START] = "run_start",
	[EVENT_IDENTIFIED] = "identified",
	[EVENT_OVERRIDE] = "override",
	[EVENT_STEP] = "step",
	[EVENT_PORT_LEFT] = "port_left",
	[EVENT_RESULT] = "result",
	[EVENT_PLANT] = "plant",
	[EVENT_WARNING] = "warning",
	[EVENT_STOPPING] = "stopping",
	[EVENT_SUMMARY] = "summary",
};

/* What an event of its kind has besides its head and its slot. */
static void add_members(const struct snapshot *s, const struct event *e, json_t *object)
{
	assert(e->slot || (e->kind != EVENT_RUN_START && e->kind != EVENT_IDENTIFIED &&
			   e->kind != EVENT_STEP && e->kind != EVENT_RESULT));
	switch (e->kind) {
	case EVENT_STATION_START:
		add_start(s, object);
		break;
	case EVENT_RUN_START:
		json_object_set_new(object, "bridge", json_text(e->slot->bridge));
		json_object_set_new(object, "limit_s",
				    view_json_seconds((double)e->slot->limit_us / 1e6));
		json_object_set_new(object, "start_way", json_text(e->slot->start_way));
		break;
	case EVENT_IDENTIFIED: {
		json_t *ident = json_ident(e->slot->ident);

		json_object_update(object, ident);
		json_decref(ident);
		break;
	}
	case EVENT_STEP:
		json_object_set_new(object, "step",
				    json_string(flash_step_name(e->slot->progress.step)));
		json_object_set_new(object, "try", json_integer(e->slot->progress.try_no));
		break;
	case EVENT_OVERRIDE:
		add_override(s, e, object);
		break;
	case EVENT_PLANT:
		add_plant(&s->plant, object);
		break;
	case EVENT_RESULT:
		add_result(s, e->slot, object);
		break;
	case EVENT_WARNING:
		json_object_set_new(object, "text", json_text(e->text));
		break;
	case EVENT_ARRIVED:
	case EVENT_LEFT:
	case EVENT_LABEL:
	case EVENT_LOCKED:
	case EVENT_UNLOCKED:
	case EVENT_REQUEST:
	case EVENT_BATCH_FULL:
		line_json_event(s, e, object);
		break;
	case EVENT_PORT_LEFT:
	case EVENT_STOPPING:
		break;
	case EVENT_SUMMARY:
		add_summary(s, e->exit_code, object);
		break;
	}
}

void json_render(const struct snapshot *s, const struct event *e, struct textbuf *out)
{
	json_t *object;

	/* An identify result says it all, right behind. */
	if (e->kind == EVENT_IDENTIFIED && s->kind == FLASH_RUN_IDENTIFY)
		return;
	if (e->kind == EVENT_STEP && s->is_line)
		return;
	object = json_event(event_names[e->kind]);
	if (e->slot)
		add_slot(s, e->slot, object);
	add_members(s, e, object);
	json_line(object, out);
}

void json_render_progress(const struct snapshot *s, const struct slot_view *slot,
			  struct textbuf *out)
{
	const struct flash_progress *p = &slot->progress;
	json_t *object = json_event("progress");

	add_slot(s, slot, object);
	json_object_set_new(object, "step", json_string(flash_step_name(p->step)));
	json_object_set_new(object, "try", json_integer(p->try_no));
	json_object_set_new(object, "done_bytes", json_integer((json_int_t)p->done_bytes));
	json_object_set_new(object, "total_bytes", json_integer((json_int_t)p->total_bytes));
	json_object_set_new(object, "rate_baud",
			    p->rate_baud ? json_integer(p->rate_baud) : json_null());
	json_object_set_new(object, "seconds_left",
			    slot->left_s < 0 ? json_null() : view_json_seconds(slot->left_s));
	json_line(object, out);
}

void json_render_state(const struct snapshot *s, struct textbuf *last, struct textbuf *out)
{
	json_t *state = line_json_state(s), *object;
	char *text = json_dumps(state, JSON_COMPACT);

	if (text && strcmp(text, textbuf_string(last)) != 0) {
		textbuf_clear(last);
		textbuf_add(last, "%s", text);
		object = json_event("state");
		json_object_update(object, state);
		json_line(object, out);
	}
	free(text);
	json_decref(state);
}
