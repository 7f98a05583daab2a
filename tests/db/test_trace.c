/* Units backward and firmware forward, in small built histories. */
#include "tests/db/history.h"

#include "db/decide.h"
#include "db/run.h"
#include "db/trace/trace.h"

#include <stdio.h>
#include <string.h>

#define MAC_1 "24:0a:c4:00:00:01"
#define MAC_2 "24:0a:c4:00:00:02"
#define MAC_3 "24:0a:c4:00:00:03"
#define WROTE "connect identify stub erase write"

static const struct trace_window all;

/* Recipes 11 (boot loader b1, application a1), 22 (application a2 alone, at the same place), 33
 * (data d1 elsewhere), 44 (erases all, application a4 elsewhere). */
static struct db *begin(const struct world *w)
{
	struct db *db = world_open(w, DB_WRITE);

	history_recipe(db, "11", "core2", 1, "sectors", "b1@1000+4000 a1@10000+20000/app0");
	history_recipe(db, "22", "core2-app", 1, "sectors", "a2@10000+18000/app0");
	history_recipe(db, "33", "core2-data", 1, "sectors", "d1@200000+1000/storage");
	history_recipe(db, "44", "fresh", 1, "all", "a4@100000+1000/app1");
	return db;
}

static void run(struct db *db, struct history_run r)
{
	history_run(db, &r);
}

static struct trace_unit unit_in(struct db *db, const char *text, struct trace_window window)
{
	struct trace_subjects found;
	struct trace_unit unit;
	struct err err;

	assert_int_equal(trace_find_unit(db, text, &found, &err), STATUS_OK);
	assert_int_equal(found.count, 1);
	if (trace_unit(db, &found.items[0], &window, &unit, &err))
		fail_msg("%s", err.text);
	trace_subjects_release(&found);
	return unit;
}

static struct trace_unit unit_of(struct db *db, const char *text)
{
	return unit_in(db, text, all);
}

static void expect_state(struct db *db, const char *text, enum trace_state state)
{
	struct trace_unit unit = unit_of(db, text);

	assert_string_equal(trace_state_name(unit.state), trace_state_name(state));
	trace_unit_release(&unit);
}

static const struct trace_warning *warning(const struct trace_unit *unit, const char *code)
{
	for (size_t i = 0; i < unit->warning_count; i++)
		if (strcmp(unit->warnings[i].code, code) == 0)
			return &unit->warnings[i];
	return NULL;
}

/* "now uncertain gone" of an image or a recipe. */
static const char *counts_in(struct db *db, const char *digits, struct trace_window window)
{
	static char text[80];
	struct trace_firmware f;
	struct trace_targets t;
	struct err err;

	assert_int_equal(trace_find_firmware(db, history_digest(digits), &t, &err), STATUS_OK);
	assert_int_equal(t.count, 1);
	if (trace_firmware(db, &t.items[0], &window, &f, &err))
		fail_msg("%s", err.text);
	snprintf(text, sizeof(text), "%d %d %d", (int)f.now, (int)f.uncertain, (int)f.gone);
	assert_int_equal(f.now + f.uncertain + f.gone, f.carrier_count + f.carriers_left_out);
	trace_firmware_release(&f);
	trace_targets_release(&t);
	return text;
}

static const char *counts(struct db *db, const char *digits)
{
	return counts_in(db, digits, all);
}

/* ---- how a unit stands ---- */

static void a_unit_stands_as_its_newest_run_ended(void **state)
{
	struct db *db = begin(*state);

	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "FAIL", .steps = WROTE });
	expect_state(db, MAC_1, TRACE_NEEDS_RERUN);
	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .steps = WROTE });
	expect_state(db, MAC_1, TRACE_PASSED);
	run(db, (struct history_run){ MAC_1, .recipe = "22", .outcome = "ERROR",
				      .code = "PORT_GONE", .steps = "connect identify" });
	struct trace_unit unit = unit_of(db, MAC_1);
	assert_int_equal(unit.state, TRACE_NEEDS_RERUN);
	assert_string_equal(unit.deciding->code, "PORT_GONE");
	assert_string_equal(unit.last_pass->recipe, "core2");
	assert_int_equal(unit.run_count, 3);
	assert_string_equal(unit.chip, "ESP32");
	assert_null(warning(&unit, "UNCERTAIN_FLASH"));
	trace_unit_release(&unit);
	db_close(db);
}

static void what_a_guard_refused_changes_nothing(void **state)
{
	struct db *db = begin(*state);

	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .steps = WROTE });
	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "ABORTED",
				      .code = "ALREADY_PASSED", .steps = "connect identify" });
	expect_state(db, MAC_1, TRACE_PASSED);
	run(db, (struct history_run){ MAC_2, .recipe = "11", .outcome = "ABORTED",
				      .code = "MAC_ELSEWHERE", .steps = "connect identify" });
	expect_state(db, MAC_2, TRACE_NO_RUN_YET);
	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "ABORTED",
				      .code = "ALREADY_FINISHED", .steps = "connect identify" });
	expect_state(db, MAC_1, TRACE_PASSED);
	assert_string_equal(counts(db, "a1"), "1 0 0");
	db_close(db);
}

static void a_golden_run_tells_nothing_about_its_unit(void **state)
{
	struct db *db = begin(*state);

	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .steps = WROTE });
	run(db, (struct history_run){ MAC_1, .recipe = "11", .kind = "VERIFY", .outcome = "ERROR",
				      .code = "PORT_GONE", .purpose = "GOLDEN" });
	struct trace_unit unit = unit_of(db, MAC_1);
	assert_int_equal(unit.state, TRACE_PASSED);
	assert_int_equal(unit.run_count, 2);
	assert_string_equal(unit.runs[1].purpose, "GOLDEN");
	trace_unit_release(&unit);
	db_close(db);
}

static void a_unit_whose_station_was_killed_needs_a_rerun(void **state)
{
	struct db *db = begin(*state);

	run(db, (struct history_run){ MAC_1, .serial = "S-1", .recipe = "11", .outcome = "PASS",
				      .steps = WROTE });
	run(db, (struct history_run){ NULL, .serial = "S-1", .recipe = "22" });
	expect_state(db, MAC_1, TRACE_OPEN);
	db_close(db);

	db = world_open(*state, DB_WRITE); /* the next station closes the run */
	assert_int_equal(db_stopped_runs(db), 1);
	struct trace_unit unit = unit_of(db, MAC_1);
	assert_int_equal(unit.state, TRACE_NEEDS_RERUN);
	assert_string_equal(unit.deciding->code, "STATION_STOPPED");
	assert_int_equal(unit.deciding->relation, TRACE_BY_SERIAL);
	assert_non_null(warning(&unit, "UNCERTAIN_FLASH"));
	trace_unit_release(&unit);
	assert_string_equal(counts(db, "a1"), "0 1 0");
	assert_string_equal(counts(db, "a2"), "0 1 0");
	assert_string_equal(counts(db, "b1"), "1 0 0");

	run(db, (struct history_run){ MAC_1, .serial = "S-1", .recipe = "22", .outcome = "PASS",
				      .steps = WROTE });
	expect_state(db, MAC_1, TRACE_PASSED);
	assert_string_equal(counts(db, "a1"), "0 0 1");
	assert_string_equal(counts(db, "a2"), "1 0 0");
	db_close(db);
}

static void a_stopped_run_of_nobody_in_the_same_place_is_a_warning(void **state)
{
	struct db *db = begin(*state);
	struct history_run passed = { MAC_1,
				      .recipe = "11",
				      .outcome = "PASS",
				      .steps = WROTE,
				      .slot = "pci/1.1",
				      .bridge = "CH9102F",
				      .bridge_serial = "X1" };
	struct history_run open = { .recipe = "11", .slot = "pci/1.1", .bridge = "CH9102F" };

	run(db, passed);
	run(db, open);
	struct trace_unit unit = unit_of(db, MAC_1);
	assert_null(warning(&unit, "STOPPED_NEARBY")); /* its station works on */
	trace_unit_release(&unit);
	db_close(db);
	db = world_open(*state, DB_READ); /* it is gone, and none was started since */
	unit = unit_of(db, MAC_1);
	const struct trace_warning *w = warning(&unit, "STOPPED_NEARBY");
	assert_non_null(w);
	assert_null(w->run->outcome);
	trace_unit_release(&unit);
	db_close(db);
	db = world_open(*state, DB_WRITE);
	unit = unit_of(db, MAC_1);
	assert_int_equal(unit.state, TRACE_PASSED);
	w = warning(&unit, "STOPPED_NEARBY");
	assert_non_null(w);
	assert_string_equal(w->run->code, "STATION_STOPPED");
	trace_unit_release(&unit);

	/* Another bridge is another unit; and a run of its own behind it settles the matter. */
	passed.mac = MAC_2;
	run(db, passed);
	open.bridge_serial = "X2";
	run(db, open);
	db_close(db);
	db = world_open(*state, DB_WRITE);
	unit = unit_of(db, MAC_2);
	assert_null(warning(&unit, "STOPPED_NEARBY"));
	trace_unit_release(&unit);
	passed.mac = MAC_1;
	run(db, passed);
	unit = unit_of(db, MAC_1);
	assert_null(warning(&unit, "STOPPED_NEARBY"));
	trace_unit_release(&unit);
	db_close(db);
}

static void a_person_may_set_a_unit_aside_and_release_it(void **state)
{
	struct db *db = begin(*state);
	struct record_disposition d = { .mac = MAC_1,
					.state = "QUARANTINE",
					.operator_name = "chen",
					.reason = "scratched",
					.utc_ms = 1795360000000 };
	struct err err;

	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .steps = WROTE });
	assert_int_equal(db_put(db, RECORD_DISPOSITION, &d, &err), STATUS_OK);
	struct trace_unit unit = unit_of(db, MAC_1);
	assert_int_equal(unit.state, TRACE_SET_ASIDE);
	assert_int_equal(unit.state_by_runs, TRACE_PASSED);
	assert_string_equal(unit.disposition->code, "QUARANTINE");
	assert_string_equal(unit.disposition->reason, "scratched");
	assert_int_equal(unit.event_count, 2);
	trace_unit_release(&unit);

	d.state = "RELEASED";
	d.utc_ms = 5; /* the clock was set back: the ledger tells which is newer */
	assert_int_equal(db_put(db, RECORD_DISPOSITION, &d, &err), STATUS_OK);
	unit = unit_of(db, MAC_1);
	assert_int_equal(unit.state, TRACE_PASSED);
	assert_null(unit.disposition);
	assert_string_equal(unit.events[2].code, "RELEASED");
	trace_unit_release(&unit);
	db_close(db);
}

static void a_pass_uses_a_rework_up(void **state)
{
	struct db *db = begin(*state);
	struct record_disposition d = { .mac = MAC_1,
					.state = "REWORK",
					.operator_name = "chen",
					.reason = "new firmware",
					.utc_ms = 1 };
	struct err err;

	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .steps = WROTE });
	assert_int_equal(db_put(db, RECORD_DISPOSITION, &d, &err), STATUS_OK);
	expect_state(db, MAC_1, TRACE_SET_ASIDE);
	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .steps = WROTE });
	expect_state(db, MAC_1, TRACE_PASSED);
	db_close(db);
}

/* It proves what is there and flashes nothing: the guard lets the unit through still. */
static void a_verify_run_uses_no_rework_up(void **state)
{
	struct db *db = begin(*state);
	struct record_disposition d = { .mac = MAC_1,
					.state = "REWORK",
					.operator_name = "chen",
					.reason = "new firmware",
					.utc_ms = 1 };
	struct err err;

	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .steps = WROTE });
	assert_int_equal(db_put(db, RECORD_DISPOSITION, &d, &err), STATUS_OK);
	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .kind = "VERIFY" });
	expect_state(db, MAC_1, TRACE_SET_ASIDE);
	db_close(db);
}

/* Somebody wrote it down while the unit was being flashed. */
static void a_rework_is_used_up_by_the_run_that_ends_behind_it(void **state)
{
	struct db *db = begin(*state);
	struct record_disposition d = { .mac = MAC_1,
					.state = "REWORK",
					.operator_name = "chen",
					.reason = "new firmware",
					.utc_ms = 1 };
	struct record_result result = { .outcome = "PASS",
					.code = "OK",
					.party = "NONE",
					.proof = "CHIP_MD5",
					.mac = MAC_1,
					.end_utc_ms = 1,
					.duration_us = 1 };
	struct err err;

	result.run_id = history_run(db, &(struct history_run){ MAC_1, .recipe = "11" });
	assert_int_equal(db_put(db, RECORD_DISPOSITION, &d, &err), STATUS_OK);
	assert_int_equal(db_put_result(db, &result, &err), STATUS_OK);
	expect_state(db, MAC_1, TRACE_PASSED);
	db_close(db);
}

static void everything_that_happened_stands_in_the_order_of_the_ledger(void **state)
{
	static const char *const wanted[] = { "run", "override", "attachment", "alarm", "run" };
	struct db *db = begin(*state);
	struct record_attachment file = { .owner = "run",
					  .name = "photo.jpg",
					  .media_type = "image/jpeg",
					  .content = "x",
					  .size_bytes = 1,
					  .utc_ms = 1 };
	struct record_override override = {
		.code = "ALREADY_PASSED", .operator_name = "chen", .reason = "again", .utc_ms = 1
	};
	struct record_alarm alarm = {
		.code = "MAC_CONFLICT", .detail = "two stations", .mac = MAC_1, .utc_ms = 1
	};
	struct err err;

	const char *id =
		history_run(db, &(struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS",
						       .start_utc_ms = 2000000000000 });
	override.run_id = file.ref = id;
	assert_int_equal(db_put(db, RECORD_OVERRIDE, &override, &err), STATUS_OK);
	assert_int_equal(db_put(db, RECORD_ATTACHMENT, &file, &err), STATUS_OK);
	assert_int_equal(db_put(db, RECORD_ALARM, &alarm, &err), STATUS_OK);
	run(db, (struct history_run){ MAC_1, .recipe = "22", .outcome = "PASS",
				      .start_utc_ms = 1795360000000 }); /* set back by years */

	struct trace_unit unit = unit_of(db, MAC_1);
	assert_int_equal(unit.event_count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(trace_event_name(unit.events[i].kind), wanted[i]);
	assert_string_equal(unit.events[0].run->overridden, "ALREADY_PASSED");
	assert_non_null(strstr(unit.events[2].detail, "photo.jpg"));
	assert_string_equal(unit.deciding->recipe, "core2-app");
	assert_non_null(warning(&unit, "CLOCK_WENT_BACK"));
	assert_string_equal(warning(&unit, "MAC_CONFLICT")->detail, "two stations");
	trace_unit_release(&unit);
	assert_string_equal(counts(db, "a1"), "0 0 1");
	assert_string_equal(counts(db, "a2"), "1 0 0");
	db_close(db);
}

static void put_serial(struct db *db, const char *run_id, const char *mac, const char *state)
{
	const struct record_serial_state record = { .product = "p",
						    .serial = "M5-7",
						    .state = state,
						    .source = "RANGE",
						    .run_id = run_id,
						    .mac = mac,
						    .utc_ms = 1 };
	struct err err;

	if (db_put(db, RECORD_SERIAL_STATE, &record, &err))
		fail_msg("%s", err.text);
}

static void the_numbers_the_console_and_the_labels_of_a_unit_stand_in_its_trace(void **state)
{
	static const char *const wanted[] = { "run",     "serial RESERVED", "serial COMMITTED",
					      "console", "label COPY",      "label MISMATCH" };
	struct db *db = begin(*state);
	struct record_print_job job = { .print_id = "p1",
					.copy = 1,
					.serial = "M5-7",
					.printer = "command lp",
					.template_sha256 = "ee",
					.content = "x",
					.utc_ms = 2 };
	const struct record_print_event event = {
		.print_id = "p1", .state = "MISMATCH", .detail = "M5-8", .utc_ms = 3
	};
	struct err err;

	const char *id =
		history_run(db, &(struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS",
						       .console = "a\nb\n" });
	put_serial(db, id, NULL, "RESERVED"); /* before it told its MAC */
	put_serial(db, id, MAC_1, "COMMITTED");
	job.run_id = id;
	assert_int_equal(db_put(db, RECORD_PRINT_JOB, &job, &err), STATUS_OK);
	assert_int_equal(db_put(db, RECORD_PRINT_EVENT, &event, &err), STATUS_OK);
	struct trace_unit unit = unit_of(db, MAC_1);
	assert_int_equal(unit.event_count, 6);
	unsigned seen = 0;
	for (size_t i = 0; i < 6; i++) {
		const struct trace_event *e = &unit.events[i];
		char text[60];

		snprintf(text, sizeof(text), "%s%s%s", trace_event_name(e->kind),
			 e->code ? " " : "", e->code ? e->code : "");
		for (unsigned k = 0; k < 6; k++)
			seen |= (unsigned)(strcmp(text, wanted[k]) == 0) << k;
		if (e->kind == TRACE_EVENT_CONSOLE)
			assert_string_equal(e->detail, "2 lines");
		if (e->kind == TRACE_EVENT_SERIAL)
			assert_string_equal(e->detail, "M5-7 (RANGE)");
	}
	assert_int_equal(seen, 0x3f);
	assert_string_equal(unit.events[4].detail, "1 of M5-7, command lp");
	assert_string_equal(unit.events[5].detail, "copy 1: M5-8");
	trace_unit_release(&unit);
	db_close(db);
}

/* Somebody gives a unit a PASS that it never had. */
static void a_run_that_is_not_in_the_ledger_comes_last_with_a_warning(void **state)
{
	struct db *db = begin(*state);
	const char *message;

	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "FAIL", .steps = WROTE });
	assert_int_equal(
		world_do(*state,
			 "INSERT INTO run (run_id, kind, station_id, start_utc_ms)"
			 " SELECT '0', kind, station_id, 1 FROM run;"
			 "INSERT INTO result (run_id, outcome, code, party, proof,"
			 " end_utc_ms, mac) SELECT '0', 'PASS', 'OK', 'NONE', 'CHIP_MD5', 2,"
			 " mac FROM result",
			 &message),
		0);
	struct trace_unit unit = unit_of(db, MAC_1);
	assert_int_equal(unit.run_count, 2);
	assert_string_equal(unit.runs[1].run_id, "0");
	assert_string_equal(warning(&unit, "NOT_IN_LEDGER")->detail, "0");
	assert_null(warning(&unit, "CLOCK_WENT_BACK"));
	trace_unit_release(&unit);
	db_close(db);
}

static void a_window_hides_events_and_changes_no_state(void **state)
{
	struct db *db = begin(*state);
	struct trace_window window = { .has_since = true, .since_utc_ms = 2000, .has_until = true };

	run(db,
	    (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .start_utc_ms = 1000 });
	run(db,
	    (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .start_utc_ms = 2000 });
	run(db,
	    (struct history_run){ MAC_1, .recipe = "11", .outcome = "FAIL", .start_utc_ms = 3000 });
	window.until_utc_ms = 3000;
	struct trace_unit unit = unit_in(db, MAC_1, window);
	assert_int_equal(unit.event_count, 1);
	assert_int_equal(unit.events[0].utc_ms, 2000);
	assert_int_equal(unit.events_left_out, 2);
	assert_int_equal(unit.run_count, 3);
	assert_int_equal(unit.state, TRACE_NEEDS_RERUN);
	trace_unit_release(&unit);
	unit = unit_in(db, MAC_1, (struct trace_window){ .last = 2 });
	assert_int_equal(unit.event_count, 2);
	assert_int_equal(unit.events[0].utc_ms, 2000);
	trace_unit_release(&unit);
	db_close(db);
}

/* ---- by which name ---- */

static void a_unit_is_found_by_mac_custom_mac_and_serial(void **state)
{
	struct db *db = begin(*state);

	run(db, (struct history_run){ MAC_1, .serial = "S-1", .recipe = "11", .outcome = "PASS",
				      .custom_mac = "02:00:00:00:00:07" });
	static const char *const words[] = { MAC_1, "240AC4000001", "02-00-00-00-00-07", "S-1" };
	static const char *const by[] = { "MAC", "MAC", "custom MAC", "serial" };
	for (size_t i = 0; i < 4; i++) {
		struct trace_subjects found;
		struct err err;

		assert_int_equal(trace_find_unit(db, words[i], &found, &err), STATUS_OK);
		assert_int_equal(found.count, 1);
		assert_string_equal(found.items[0].mac, MAC_1);
		assert_string_equal(found.items[0].found_by, by[i]);
		trace_subjects_release(&found);
	}
	struct trace_unit unit = unit_of(db, "S-1");
	assert_int_equal(unit.serial_count, 1);
	assert_string_equal(unit.custom_mac, "02:00:00:00:00:07");
	trace_unit_release(&unit);
	db_close(db);
}

static void a_number_that_is_one_units_mac_and_anothers_serial_means_both(void **state)
{
	struct db *db = begin(*state);
	struct trace_subjects found;
	struct err err;

	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS" });
	run(db, (struct history_run){ MAC_2, .serial = "240ac4000001", .recipe = "11",
				      .outcome = "PASS" });
	assert_int_equal(trace_find_unit(db, "240ac4000001", &found, &err), STATUS_OK);
	assert_int_equal(found.count, 2);
	assert_string_equal(found.items[0].mac, MAC_1);
	assert_string_equal(found.items[0].found_by, "MAC");
	assert_string_equal(found.items[1].mac, MAC_2);
	assert_string_equal(found.items[1].found_by, "serial");
	trace_subjects_release(&found);
	/* A unit whose serial number is its own MAC is one unit. */
	run(db, (struct history_run){ MAC_3, .serial = "240ac4000003", .recipe = "11",
				      .outcome = "PASS" });
	assert_int_equal(trace_find_unit(db, "240ac4000003", &found, &err), STATUS_OK);
	assert_int_equal(found.count, 1);
	trace_subjects_release(&found);
	db_close(db);
}

static void an_unknown_name_gets_the_ones_that_stand_next_to_it(void **state)
{
	struct db *db = begin(*state);
	struct trace_subjects found;
	struct err err;

	run(db,
	    (struct history_run){ MAC_1, .serial = "S-0001", .recipe = "11", .outcome = "PASS" });
	run(db, (struct history_run){ "f0:00:00:00:00:01", .serial = "X-9", .recipe = "11",
				      .outcome = "PASS" });
	assert_int_equal(trace_find_unit(db, MAC_2, &found, &err), STATUS_OK);
	assert_int_equal(found.count, 0);
	assert_int_equal(found.near_count, 1);
	assert_string_equal(found.near[0], MAC_1);
	trace_subjects_release(&found);
	assert_int_equal(trace_find_unit(db, "S-0002", &found, &err), STATUS_OK);
	assert_int_equal(found.count, 0);
	assert_int_equal(found.near_count, 1);
	assert_string_equal(found.near[0], "S-0001");
	trace_subjects_release(&found);
	db_close(db);
}

static void one_serial_on_two_macs_is_told_at_both(void **state)
{
	struct db *db = begin(*state);
	struct trace_subjects found;
	struct err err;

	run(db, (struct history_run){ MAC_1, .serial = "S-1", .recipe = "11", .outcome = "PASS" });
	run(db, (struct history_run){ NULL, .serial = "S-1", .recipe = "11", .outcome = "ERROR",
				      .code = "SYNC_NO_REPLY" });
	run(db, (struct history_run){ MAC_2, .serial = "S-1", .recipe = "11", .outcome = "PASS" });
	run(db, (struct history_run){ MAC_2, .serial = "S-2", .recipe = "11", .outcome = "PASS" });
	assert_int_equal(trace_find_unit(db, "S-1", &found, &err), STATUS_OK);
	assert_int_equal(found.count, 2);
	assert_string_equal(found.items[0].mac, MAC_1);
	assert_string_equal(found.items[1].mac, MAC_2);
	trace_subjects_release(&found);

	struct trace_unit unit = unit_of(db, MAC_1);
	assert_int_equal(unit.run_count, 3);
	assert_int_equal(unit.runs[1].relation, TRACE_BY_SERIAL);
	assert_int_equal(unit.runs[2].relation, TRACE_OTHER_MAC);
	assert_string_equal(warning(&unit, "SERIAL_ELSEWHERE")->detail, MAC_2);
	assert_null(warning(&unit, "SEVERAL_SERIALS"));
	/* It did not answer the last time. */
	assert_int_equal(unit.state, TRACE_NEEDS_RERUN);
	trace_unit_release(&unit);
	unit = unit_of(db, MAC_2);
	assert_int_equal(unit.state, TRACE_PASSED);
	assert_string_equal(warning(&unit, "SEVERAL_SERIALS")->detail, "S-1, S-2");
	trace_unit_release(&unit);
	db_close(db);
}

static void a_serial_without_a_mac_is_a_unit_too(void **state)
{
	struct db *db = begin(*state);

	run(db, (struct history_run){ NULL, .serial = "S-1", .recipe = "11", .outcome = "ERROR",
				      .code = "SYNC_NO_REPLY" });
	struct trace_unit unit = unit_of(db, "S-1");
	assert_null(unit.mac);
	assert_int_equal(unit.run_count, 1);
	assert_int_equal(unit.state, TRACE_NEEDS_RERUN);
	assert_int_equal(unit.flash.count, 0);
	trace_unit_release(&unit);
	db_close(db);
}

static void a_mac_in_two_slots_at_once_is_a_warning(void **state)
{
	struct db *db = begin(*state);

	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS" });
	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "ERROR",
				      .code = "DUPLICATE_MAC", .is_duplicate_mac = true });
	struct trace_unit unit = unit_of(db, MAC_1);
	assert_string_equal(warning(&unit, "DUPLICATE_MAC")->run->code, "DUPLICATE_MAC");
	trace_unit_release(&unit);
	db_close(db);
}

/* What the plant said of another station's unit shows, also when it was never here. */
static void a_claim_of_another_station_is_told(void **state)
{
	struct db *db = begin(*state);
	struct record_plant_claim claim = { .server = "plant",
					    .plant_seq = 7,
					    .kind = "MAC",
					    .value = MAC_3,
					    .product = "core2",
					    .process = "FLASH",
					    .generation = 1,
					    .chain_id = "c",
					    .station = "line-2",
					    .claimed_utc_ms = 1 };
	struct err err;

	assert_int_equal(db_put(db, RECORD_PLANT_CLAIM, &claim, &err), STATUS_OK);
	struct trace_unit unit = unit_of(db, MAC_3);
	assert_int_equal(unit.state, TRACE_NO_RUN_YET);
	assert_int_equal(unit.event_count, 1);
	assert_non_null(strstr(unit.events[0].detail, "line-2"));
	assert_non_null(warning(&unit, "CLAIMED_ELSEWHERE"));
	trace_unit_release(&unit);

	/* Its own claim, which the server tells as well, is none. */
	char chain[64];
	snprintf(chain, sizeof(chain), "%s", world_ask(*state, "SELECT chain_id FROM chain"));
	claim.plant_seq = 8;
	claim.value = MAC_2;
	claim.chain_id = chain;
	assert_int_equal(db_put(db, RECORD_PLANT_CLAIM, &claim, &err), STATUS_OK);
	unit = unit_of(db, MAC_2);
	assert_int_equal(unit.event_count, 0);
	trace_unit_release(&unit);
	db_close(db);
}

/* ---- firmware ---- */

static void firmware_is_carried_until_it_is_replaced(void **state)
{
	struct db *db = begin(*state);

	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .steps = WROTE });
	run(db, (struct history_run){ MAC_2, .recipe = "11", .outcome = "PASS", .steps = WROTE });
	run(db, (struct history_run){ MAC_3, .recipe = "11", .outcome = "PASS", .steps = WROTE });
	assert_string_equal(counts(db, "a1"), "3 0 0");
	run(db, (struct history_run){ MAC_1, .recipe = "22", .outcome = "PASS", .steps = WROTE });
	run(db, (struct history_run){ MAC_2, .recipe = "33", .outcome = "PASS", .steps = WROTE });
	run(db, (struct history_run){ MAC_3, .recipe = "44", .outcome = "PASS", .steps = WROTE });
	assert_string_equal(counts(db, "a1"), "1 0 2");
	assert_string_equal(counts(db, "b1"), "2 0 1");
	assert_string_equal(counts(db, "a2"), "1 0 0");
	assert_string_equal(counts(db, "d1"), "1 0 0");
	/* A recipe is carried as long as all of its images are. */
	assert_string_equal(counts(db, "11"), "1 0 2");
	assert_string_equal(counts(db, "44"), "1 0 0");
	db_close(db);
}

static void who_replaced_it_and_when_is_told(void **state)
{
	struct db *db = begin(*state);
	struct trace_firmware f;
	struct trace_targets t;
	struct err err;

	run(db, (struct history_run){ MAC_1, .serial = "S-1", .recipe = "11", .outcome = "PASS",
				      .batch = "WO-1" });
	char by[RUN_ID_BYTES];
	snprintf(by, sizeof(by), "%s",
		 history_run(db, &(struct history_run){ MAC_1, .serial = "S-1", .recipe = "22",
							.outcome = "PASS" }));
	run(db, (struct history_run){ MAC_1, .serial = "S-1", .recipe = "33", .outcome = "PASS" });
	assert_int_equal(trace_find_firmware(db, "A10000", &t, &err), STATUS_OK);
	assert_int_equal(t.count, 1);
	assert_string_equal(t.items[0].name, "a1.bin");
	assert_int_equal(trace_firmware(db, &t.items[0], &all, &f, &err), STATUS_OK);
	assert_int_equal(f.carrier_count, 1);
	assert_int_equal(f.carriers[0].cause, TRACE_PARTLY);
	assert_string_equal(f.carriers[0].by_run, by);
	assert_string_equal(f.carriers[0].by_recipe, "core2-app");
	assert_string_equal(f.carriers[0].batch, "WO-1");
	assert_string_equal(f.carriers[0].serial, "S-1");
	assert_true(f.carriers[0].was_carried);
	assert_true(f.carriers[0].last_utc_ms > f.carriers[0].by_utc_ms);
	assert_int_equal(f.carriers[0].addr, 0x10000);
	assert_int_equal(f.recipe_count, 1);
	assert_string_equal(f.recipes[0]->name, "core2");
	trace_firmware_release(&f);
	trace_targets_release(&t);
	db_close(db);
}

static void a_later_run_that_did_not_pass_makes_it_uncertain_only_if_it_wrote(void **state)
{
	struct db *db = begin(*state);
	struct history_run failed = { MAC_1, .recipe = "22", .outcome = "ERROR",
				      .code = "NO_ANSWER" };

	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .steps = WROTE });
	failed.steps = "connect identify stub rate compare";
	run(db, failed);
	assert_string_equal(counts(db, "a1"), "1 0 0");
	assert_string_equal(counts(db, "a2"), "0 0 0");
	failed.steps = "connect identify stub rate compare erase";
	run(db, failed);
	assert_string_equal(counts(db, "a1"), "0 1 0");
	assert_string_equal(counts(db, "a2"), "0 1 0");
	assert_string_equal(counts(db, "b1"), "1 0 0");
	assert_string_equal(counts(db, "11"), "0 1 0");
	/* A verify run of the old firmware shows that it is still there. */
	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .kind = "VERIFY" });
	assert_string_equal(counts(db, "a1"), "1 0 0");
	assert_string_equal(counts(db, "a2"), "0 0 1");
	db_close(db);
}

static void a_verify_run_alone_is_evidence_and_its_failure_a_doubt(void **state)
{
	struct db *db = begin(*state);

	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .kind = "VERIFY" });
	assert_string_equal(counts(db, "a1"), "1 0 0");
	run(db, (struct history_run){ MAC_1, .recipe = "11", .outcome = "FAIL",
				      .code = "MD5_MISMATCH", .kind = "VERIFY",
				      .detail = "a1.bin at 00010000: the chip's MD5 is another" });
	assert_string_equal(counts(db, "a1"), "0 1 0");
	assert_string_equal(counts(db, "b1"), "1 0 0");
	/* To verify something else that was never there tells nothing of what is. */
	run(db, (struct history_run){ MAC_1, .recipe = "33", .outcome = "FAIL",
				      .code = "MD5_MISMATCH", .kind = "VERIFY" });
	assert_string_equal(counts(db, "d1"), "0 0 0");
	db_close(db);
}

static void a_run_counts_once_however_often_its_recipe_has_the_image(void **state)
{
	struct db *db = begin(*state);
	struct trace_firmware f;
	struct trace_targets t;
	struct err err;

	history_recipe(db, "77", "twice", 1, "sectors", "a7@10000+1000/app0 a7@20000+1000/app1");
	run(db, (struct history_run){ .recipe = "77" });
	assert_int_equal(trace_find_firmware(db, "a70000", &t, &err), STATUS_OK);
	assert_int_equal(trace_firmware(db, &t.items[0], &all, &f, &err), STATUS_OK);
	assert_int_equal(f.unknown_runs, 1);
	trace_firmware_release(&f);
	trace_targets_release(&t);
	db_close(db);
}

static void runs_whose_unit_nobody_knows_are_counted_apart(void **state)
{
	struct db *db = begin(*state);
	struct trace_firmware f;
	struct trace_targets t;
	struct err err;

	run(db, (struct history_run){ .recipe = "11" });
	run(db, (struct history_run){ NULL, .serial = "S-7", .recipe = "11" });
	run(db, (struct history_run){ NULL, .recipe = "11", .outcome = "ERROR",
				      .code = "SYNC_NO_REPLY" });
	db_close(db);
	db = world_open(*state, DB_WRITE);
	assert_int_equal(trace_find_firmware(db, "a10000", &t, &err), STATUS_OK);
	assert_int_equal(trace_firmware(db, &t.items[0], &all, &f, &err), STATUS_OK);
	assert_int_equal(f.unknown_runs, 1);
	assert_int_equal(f.uncertain, 1); /* the unit with that serial number */
	assert_null(f.carriers[0].mac);
	assert_string_equal(f.carriers[0].serial, "S-7");
	trace_firmware_release(&f);
	/* The serial number finds its unit later: then it is that one. */
	run(db, (struct history_run){ MAC_1, .serial = "S-7", .recipe = "33", .outcome = "PASS" });
	assert_int_equal(trace_firmware(db, &t.items[0], &all, &f, &err), STATUS_OK);
	assert_int_equal(f.carrier_count, 1);
	assert_string_equal(f.carriers[0].mac, MAC_1);
	assert_int_equal(f.carriers[0].carry, TRACE_UNCERTAIN);
	assert_false(f.carriers[0].was_carried);
	trace_firmware_release(&f);
	trace_targets_release(&t);
	db_close(db);
}

static void a_window_chooses_by_the_run_that_brought_it(void **state)
{
	struct db *db = begin(*state);

	run(db,
	    (struct history_run){ MAC_1, .recipe = "11", .outcome = "PASS", .start_utc_ms = 1000 });
	run(db,
	    (struct history_run){ MAC_2, .recipe = "11", .outcome = "PASS", .start_utc_ms = 2000 });
	run(db,
	    (struct history_run){ MAC_1, .recipe = "22", .outcome = "PASS", .start_utc_ms = 3000 });
	assert_string_equal(
		counts_in(db, "a1",
			  (struct trace_window){ .has_since = true, .since_utc_ms = 2000 }),
		"1 0 0");
	assert_string_equal(
		counts_in(db, "a1",
			  (struct trace_window){ .has_until = true, .until_utc_ms = 2000 }),
		"0 0 1");
	assert_string_equal(counts_in(db, "a1", (struct trace_window){ .last = 1 }), "1 0 1");
	db_close(db);
}

static void a_short_digest_names_all_that_begin_so(void **state)
{
	struct db *db = begin(*state);
	struct trace_targets t;
	struct err err;

	history_recipe(db, "a100000f", NULL, 1, "sectors", "a1@10000+20000");
	assert_int_equal(trace_find_firmware(db, "a10000", &t, &err), STATUS_OK);
	assert_int_equal(t.count, 2);
	trace_targets_release(&t);
	assert_int_equal(trace_find_firmware(db, "a100000f", &t, &err), STATUS_OK);
	assert_int_equal(t.count, 1);
	assert_true(t.items[0].is_recipe);
	trace_targets_release(&t);
	assert_int_equal(trace_find_firmware(db, "abcdef", &t, &err), STATUS_OK);
	assert_int_equal(t.count, 0);
	trace_targets_release(&t);
	assert_int_equal(trace_find_firmware(db, "a1000", &t, &err), STATUS_USAGE);
	assert_int_equal(trace_find_firmware(db, "app.bin", &t, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "'app.bin' is no digest"));
	db_close(db);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_unit_stands_as_its_newest_run_ended),
		TEST(what_a_guard_refused_changes_nothing),
		TEST(a_golden_run_tells_nothing_about_its_unit),
		TEST(the_numbers_the_console_and_the_labels_of_a_unit_stand_in_its_trace),
		TEST(a_unit_whose_station_was_killed_needs_a_rerun),
		TEST(a_stopped_run_of_nobody_in_the_same_place_is_a_warning),
		TEST(a_person_may_set_a_unit_aside_and_release_it),
		TEST(a_pass_uses_a_rework_up),
		TEST(a_verify_run_uses_no_rework_up),
		TEST(a_rework_is_used_up_by_the_run_that_ends_behind_it),
		TEST(everything_that_happened_stands_in_the_order_of_the_ledger),
		TEST(a_run_that_is_not_in_the_ledger_comes_last_with_a_warning),
		TEST(a_window_hides_events_and_changes_no_state),
		TEST(a_unit_is_found_by_mac_custom_mac_and_serial),
		TEST(a_number_that_is_one_units_mac_and_anothers_serial_means_both),
		TEST(an_unknown_name_gets_the_ones_that_stand_next_to_it),
		TEST(one_serial_on_two_macs_is_told_at_both),
		TEST(a_serial_without_a_mac_is_a_unit_too),
		TEST(a_mac_in_two_slots_at_once_is_a_warning),
		TEST(a_claim_of_another_station_is_told),
		TEST(firmware_is_carried_until_it_is_replaced),
		TEST(who_replaced_it_and_when_is_told),
		TEST(a_later_run_that_did_not_pass_makes_it_uncertain_only_if_it_wrote),
		TEST(a_verify_run_alone_is_evidence_and_its_failure_a_doubt),
		TEST(a_run_counts_once_however_often_its_recipe_has_the_image),
		TEST(runs_whose_unit_nobody_knows_are_counted_apart),
		TEST(a_window_chooses_by_the_run_that_brought_it),
		TEST(a_short_digest_names_all_that_begin_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
