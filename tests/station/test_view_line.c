/* What people and programs get to see of a line, in lines. */
#include "tests/station/tree.h"

#include "station/view.h"
#include "station/view_line.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SLOTS 4

/* A line with a unit that passed, one at work, an empty slot and one that is switched off. */
struct world {
	struct port ports[SLOTS];
	struct ident idents[SLOTS];
	struct slot_view slots[SLOTS];
	struct lock_view lock;
	struct plan plan;
	struct snapshot snapshot;
	struct textbuf text, last;
};

static void add_slot(struct world *w, unsigned i)
{
	snprintf(w->ports[i].slot, sizeof(w->ports[i].slot), "pci-0000:00:14.0/1.%u:1.0", i + 1);
	snprintf(w->ports[i].name, sizeof(w->ports[i].name), "ttyUSB%u", i);
	w->slots[i] = (struct slot_view){
		.number = i + 5,
		.port = &w->ports[i],
		.bridge = "CP2104",
		.ident = &w->idents[i],
		.left_s = -1,
		.detail = "",
		.start_way = "",
	};
}

static void add_units(struct world *w)
{
	static const uint8_t mac[MAC_BYTES] = { 0x24, 0x0A, 0xC4, 0x00, 0x01, 0x10 };

	w->idents[0] = (struct ident){ .chip = chip_by_key("esp32"), .has_mac = true };
	memcpy(w->idents[0].mac, mac, MAC_BYTES);
	w->slots[0].visit = 3;
	w->slots[0].state = SLOT_DONE;
	w->slots[0].elapsed_us = 8200000;
	w->slots[0].is_stored = true;
	w->slots[0].units = 3;
	w->slots[0].passed = 2;
	strcpy(w->slots[0].serial, "M5C2-000123");
	strcpy(w->slots[0].run_id, "run-3");
	w->slots[1].visit = 1;
	w->slots[1].state = SLOT_RUNNING;
	w->slots[1].has_progress = true;
	w->slots[1].progress = (struct flash_progress){
		.step = STEP_WRITE, .try_no = 1, .done_bytes = 500, .total_bytes = 1000
	};
	w->slots[1].left_s = 4;
	w->slots[3].is_disabled = true;
}

static int set_up(void **state)
{
	static struct world world;
	struct world *w = &world;

	memset(w, 0, sizeof(*w));
	for (unsigned i = 0; i < SLOTS; i++)
		add_slot(w, i);
	add_units(w);
	snapshot_name_slots(w->slots, SLOTS);
	w->lock = (struct lock_view){ .code = "SLOT_FAILS",
				      .sentence = "look at the slot's contacts",
				      .slot = 1,
				      .detail = "3 in a row" };
	w->plan = (struct plan){ .name = (char *)"core2", .revision = 7 };
	w->plan.flash.chip = chip_by_key("esp32");
	w->snapshot = (struct snapshot){
		.kind = FLASH_RUN_FLASH,
		.plan = &w->plan,
		.slots = w->slots,
		.slot_count = SLOTS,
		.jobs = SLOTS,
		.is_line = true,
		.station = "line-3",
		.begun_utc_ms = INT64_C(1795350600000), /* 2026-11-22 12:30:00 */
		.elapsed_us = 9000000,
		.counts = { .units = 4,
			    .passed = 3,
			    .failed = 1,
			    .first_units = 4,
			    .first_passed = 3 },
		.locks = &w->lock,
		.lock_count = 1,
	};
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	textbuf_release(&w->text);
	textbuf_release(&w->last);
	return 0;
}

static const char *plain(struct world *w, const struct event *e)
{
	textbuf_clear(&w->text);
	plain_render(&w->snapshot, e, &w->text);
	return textbuf_string(&w->text);
}

static json_t *json(struct world *w, const struct event *e)
{
	json_error_t error;
	json_t *object;

	textbuf_clear(&w->text);
	json_render(&w->snapshot, e, &w->text);
	object = json_loads(textbuf_string(&w->text), JSON_REJECT_DUPLICATES, &error);
	if (!object)
		fail_msg("%s in: %s", error.text, textbuf_string(&w->text));
	return object;
}

static const char *member(json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "(none)";
}

static void what_comes_and_what_it_gets_is_one_line_each(void **state)
{
	struct world *w = *state;

	assert_string_equal(
		plain(w, &(struct event){ .kind = EVENT_ARRIVED, .slot = &w->slots[0] }),
		"2026-11-22 12:30:09  slot 5: a unit on ttyUSB0, CP2104\n");
	assert_string_equal(plain(w, &(struct event){ .kind = EVENT_RESULT, .slot = &w->slots[0] }),
			    "2026-11-22 12:30:09  slot 5: PASS after 8.2 s, MAC 24:0a:c4:00:01:10, "
			    "serial M5C2-000123\n");
}

static void the_steps_of_a_run_are_no_lines(void **state)
{
	struct world *w = *state;
	uint8_t milestones[SLOTS] = { 0 };

	assert_string_equal(
		plain(w, &(struct event){ .kind = EVENT_RUN_START, .slot = &w->slots[1] }), "");
	assert_string_equal(plain(w, &(struct event){ .kind = EVENT_STEP, .slot = &w->slots[1] }),
			    "");
	plain_render_tick(&w->snapshot, milestones, &w->text);
	assert_string_equal(textbuf_string(&w->text), "");
	json_render(&w->snapshot, &(struct event){ .kind = EVENT_STEP, .slot = &w->slots[1] },
		    &w->text);
	assert_string_equal(textbuf_string(&w->text), "");
}

static void a_unit_that_left_without_a_verdict_does_not_get_that_of_the_one_before(void **state)
{
	struct world *w = *state;
	const struct event e = { .kind = EVENT_LEFT, .slot = &w->slots[0] };
	json_t *object;

	w->slots[0].past_count = 1;
	w->slots[0].past[0] = (struct slot_past){ .visit = 2, .status = STATUS_MD5_MISMATCH };
	assert_non_null(strstr(plain(w, &e), "slot 5: taken out before it had a result\n"));
	object = json(w, &e);
	assert_true(json_is_null(json_object_get(object, "code")));
	json_decref(object);
	w->slots[0].past[0].visit = 3;
	assert_non_null(strstr(plain(w, &e), "slot 5: taken out, FAIL MD5_MISMATCH\n"));
	object = json(w, &e);
	assert_string_equal(member(object, "code"), "MD5_MISMATCH");
	assert_string_equal(member(object, "outcome"), "FAIL");
	json_decref(object);
}

static void a_unit_that_was_finished_shows_what_it_got_before(void **state)
{
	struct world *w = *state;
	const struct event e = { .kind = EVENT_RESULT, .slot = &w->slots[0] };
	json_t *object;

	w->slots[0].status = STATUS_ALREADY_FINISHED;
	w->slots[0].before = STATUS_MD5_MISMATCH;
	assert_non_null(strstr(plain(w, &e), ": it got FAIL MD5_MISMATCH before\n"));
	object = json(w, &e);
	assert_string_equal(member(object, "before"), "MD5_MISMATCH");
	json_decref(object);
}

static void an_end_that_waits_for_units_is_not_told_as_one_that_stops_them(void **state)
{
	const struct event e = { .kind = EVENT_STOPPING };
	struct world *w = *state;

	w->snapshot.is_draining = true;
	assert_non_null(strstr(plain(w, &e), "units at work finish"));
	assert_null(strstr(plain(w, &e), "ABORTED"));
	w->snapshot.is_stopping = true;
	assert_non_null(strstr(plain(w, &e), "is recorded as ABORTED"));
}

static void a_line_without_a_name_or_slots_does_not_show_where_they_would_stand(void **state)
{
	const struct event e = { .kind = EVENT_STATION_START };
	struct world *w = *state;

	assert_non_null(strstr(plain(w, &e), "  line line-3: flash core2"));
	w->snapshot.station = "";
	w->snapshot.slot_count = 0;
	assert_non_null(strstr(plain(w, &e), "  flash core2 revision 7"));
	assert_non_null(strstr(plain(w, &e), "each port with a known bridge is a slot"));
}

static void locks_name_their_slot_and_what_to_do(void **state)
{
	struct world *w = *state;
	const struct event locked = { .kind = EVENT_LOCKED, .lock = &w->lock };
	const struct event unlocked = { .kind = EVENT_UNLOCKED,
					.lock = &w->lock,
					.text = "overridden by Kim: cleaned" };
	json_t *object;

	assert_string_equal(plain(w, &locked),
			    "2026-11-22 12:30:09  slot 6: LOCKED SLOT_FAILS: look at the slot's "
			    "contacts; 3 in a row\n");
	assert_string_equal(plain(w, &unlocked),
			    "2026-11-22 12:30:09  slot 6: unlocked SLOT_FAILS: overridden by Kim: "
			    "cleaned\n");
	object = json(w, &locked);
	assert_string_equal(member(object, "event"), "locked");
	assert_int_equal(json_integer_value(json_object_get(object, "number")), 6);
	json_decref(object);
	w->lock.slot = -1;
	assert_non_null(strstr(plain(w, &locked), "12:30:09  LOCKED SLOT_FAILS"));
	object = json(w, &unlocked);
	assert_true(json_is_null(json_object_get(object, "number")));
	assert_string_equal(member(object, "text"), "overridden by Kim: cleaned");
	json_decref(object);
}

static void what_was_scanned_cannot_write_to_the_terminal(void **state)
{
	struct world *w = *state;
	const struct event e = { .kind = EVENT_REQUEST, .text = "scan \033[2J: no such" };

	assert_null(strchr(plain(w, &e), '\033'));
	assert_non_null(strstr(textbuf_string(&w->text), "asked: scan ?[2J: no such\n"));
}

static void json_events_of_a_slot_have_its_number_and_visit(void **state)
{
	struct world *w = *state;
	json_t *object = json(w, &(struct event){ .kind = EVENT_RESULT, .slot = &w->slots[0] });

	assert_int_equal(json_integer_value(json_object_get(object, "number")), 5);
	assert_int_equal(json_integer_value(json_object_get(object, "visit")), 3);
	assert_string_equal(member(object, "slot"), "pci-0000:00:14.0/1.1:1.0");
	assert_string_equal(member(object, "serial"), "M5C2-000123");
	assert_true(json_is_false(json_object_get(object, "golden")));
	json_decref(object);
}

static void the_start_has_the_map_of_the_slots(void **state)
{
	struct world *w = *state;
	json_t *object = json(w, &(struct event){ .kind = EVENT_STATION_START }), *slots;

	assert_string_equal(member(object, "station"), "line-3");
	slots = json_object_get(object, "slots");
	assert_int_equal(json_array_size(slots), SLOTS);
	assert_string_equal(member(json_array_get(slots, 3), "slot"), "pci-0000:00:14.0/1.4:1.0");
	assert_true(json_is_true(json_object_get(json_array_get(slots, 3), "disabled")));
	assert_null(json_object_get(object, "ports"));
	json_decref(object);
}

static void the_state_is_told_again_only_when_it_has_changed(void **state)
{
	struct world *w = *state;
	json_t *object, *slots;

	json_render_state(&w->snapshot, &w->last, &w->text);
	object = json_loads(textbuf_string(&w->text), JSON_REJECT_DUPLICATES, NULL);
	assert_string_equal(member(object, "event"), "state");
	slots = json_object_get(object, "slots");
	/* The empty one is not among them. */
	assert_int_equal(json_array_size(slots), 3);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(slots, 1), "percent")),
			 50);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(object, "counts"), "passed")),
		3);
	json_decref(object);
	textbuf_clear(&w->text);
	w->snapshot.elapsed_us += 5000000;
	json_render_state(&w->snapshot, &w->last, &w->text);
	assert_string_equal(textbuf_string(&w->text), "");
	w->snapshot.counts.failed++;
	json_render_state(&w->snapshot, &w->last, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text), "\"failed\":2"));
}

static void ticks_tell_the_state_every_five_seconds_and_no_progress(void **state)
{
	struct world *w = *state;
	struct printer *printer;
	struct view_state *v;
	struct view view;
	char text[8192] = "";
	int ends[2];
	struct err err;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(printer_new(ends[1], &printer, &err), STATUS_OK);
	v = view_new(VIEW_JSON, printer, ends[1], SLOTS);
	view = view_of(v);
	view.tick(view.ctx, &w->snapshot);
	w->slots[1].progress.done_bytes = 600;
	w->snapshot.elapsed_us += 4900000;
	view.tick(view.ctx, &w->snapshot);
	w->snapshot.elapsed_us += 100000;
	view.tick(view.ctx, &w->snapshot);
	view_free(v);
	assert_true(printer_free(printer, 10000, NULL));
	close(ends[1]);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	close(ends[0]);
	assert_null(strstr(text, "\"progress\""));
	assert_non_null(strstr(text, "\"percent\":50"));
	assert_non_null(strstr(text, "\"percent\":60"));
	/* Two objects, of three ticks. */
	assert_ptr_equal(strchr(strchr(text, '\n') + 1, '\n'), strrchr(text, '\n'));
}

static void the_table_at_the_end_counts_units_and_not_slots(void **state)
{
	const struct screen screen = { .columns = 80, .lines = 24 };
	struct world *w = *state;

	w->slots[1].past_count = 1;
	w->slots[1].past[0].status = STATUS_PORT_GONE;
	w->slots[1].units = 1;
	table_render(&w->snapshot, &screen, &w->text);
	assert_string_equal(
		textbuf_string(&w->text),
		"\n"
		"slot  place  units  passed  not passed  last\n"
		"   5  1.1        3       2           1  PASS\n"
		"   6  1.2        1       0           1  ERROR PORT_GONE\n"
		"\n"
		"LOCKED SLOT_FAILS, slot 6: look at the slot's contacts; 3 in a row\n"
		"4 units in 9.0 s: 3 PASS, 1 FAIL, 0 ERROR, TIMEOUT or ABORTED; passed at "
		"once: 75.0 %\n");
}

static void the_summary_has_the_counts_of_the_line(void **state)
{
	struct world *w = *state;
	json_t *object = json(w, &(struct event){ .kind = EVENT_SUMMARY }), *counts;

	counts = json_object_get(object, "counts");
	assert_int_equal(json_integer_value(json_object_get(object, "units")), 4);
	assert_int_equal(json_integer_value(json_object_get(counts, "failed")), 1);
	assert_int_equal(json_integer_value(json_object_get(counts, "first_passed")), 3);
	assert_null(json_object_get(object, "not_started"));
	json_decref(object);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static void there_is_no_yield_of_units_that_were_not_judged(void **state)
{
	const struct line_counts none = { .units = 16, .errors = 16, .first_units = 16 };
	const struct line_counts failed = { .units = 1, .failed = 1, .first_units = 1 };

	(void)state;
	assert_true(line_first_pass(&none) < 0);
	assert_true(line_first_pass(&failed) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_no_yield_of_units_that_were_not_judged),
		TEST(what_comes_and_what_it_gets_is_one_line_each),
		TEST(the_steps_of_a_run_are_no_lines),
		TEST(a_unit_that_left_without_a_verdict_does_not_get_that_of_the_one_before),
		TEST(a_unit_that_was_finished_shows_what_it_got_before),
		TEST(an_end_that_waits_for_units_is_not_told_as_one_that_stops_them),
		TEST(a_line_without_a_name_or_slots_does_not_show_where_they_would_stand),
		TEST(locks_name_their_slot_and_what_to_do),
		TEST(what_was_scanned_cannot_write_to_the_terminal),
		TEST(json_events_of_a_slot_have_its_number_and_visit),
		TEST(the_start_has_the_map_of_the_slots),
		TEST(the_state_is_told_again_only_when_it_has_changed),
		TEST(ticks_tell_the_state_every_five_seconds_and_no_progress),
		TEST(the_table_at_the_end_counts_units_and_not_slots),
		TEST(the_summary_has_the_counts_of_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
