#define _XOPEN_SOURCE 700 /* setenv */
#include "tests/station/tree.h"

#include "station/line/golden.h"
#include "station/line/lock_judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)

/* ---- a station's time ---- */

static void live_in(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

/* "2026-03-29 01:30" in UTC */
static int64_t utc(const char *text)
{
	int year, month, day, hour, minute;

	assert_int_equal(sscanf(text, "%d-%d-%d %d:%d", &year, &month, &day, &hour, &minute), 5);
	/* Days since 1970, by counting years and months. */
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int64_t days =
		(year - 1970) * INT64_C(365) + (year - 1969) / 4 + before[month - 1] + day - 1;
	if (year % 4 == 0 && month > 2)
		days++;
	return ((days * 24 + hour) * 60 + minute) * MINUTE_MS;
}

static void begins(const struct station_golden *rule, const char *now, const char *begin)
{
	int64_t found = golden_shift_begin(rule, utc(now), NULL);

	if (found != utc(begin))
		fail_msg("at %s the shift began %" PRId64 " minutes after %s", now,
			 (found - utc(begin)) / MINUTE_MS, begin);
}

static const struct station_golden three_shifts = {
	.unit_count = 1,
	.units = { { 0x24, 0x0a, 0xc4, 0, 1, 0x10 } },
	.shifts = { 6 * 60, 14 * 60, 22 * 60 },
	.shift_count = 3,
};

static void a_shift_goes_on_over_midnight(void **state)
{
	(void)state;
	live_in("UTC");
	begins(&three_shifts, "2026-11-22 06:00", "2026-11-22 06:00");
	begins(&three_shifts, "2026-11-22 13:59", "2026-11-22 06:00");
	begins(&three_shifts, "2026-11-22 22:00", "2026-11-22 22:00");
	begins(&three_shifts, "2026-11-23 00:00", "2026-11-22 22:00");
	begins(&three_shifts, "2026-11-23 05:59", "2026-11-22 22:00");
	begins(&three_shifts, "2027-01-01 03:00", "2026-12-31 22:00");
}

static void shifts_are_in_local_time_also_after_a_change_of_the_clocks(void **state)
{
	(void)state;
	live_in(BERLIN);
	/* 29 March 2026, 02:00 becomes 03:00. */
	begins(&three_shifts, "2026-03-28 05:00", "2026-03-28 05:00");
	begins(&three_shifts, "2026-03-29 03:59", "2026-03-28 21:00");
	begins(&three_shifts, "2026-03-29 04:00", "2026-03-29 04:00");
	/* 25 October, 03:00 becomes 02:00. */
	begins(&three_shifts, "2026-10-25 04:59", "2026-10-24 20:00");
	begins(&three_shifts, "2026-10-25 05:00", "2026-10-25 05:00");
}

static void a_shift_in_the_hour_that_is_left_out_begins_as_much_later(void **state)
{
	const struct station_golden night = { .shifts = { 150 }, .shift_count = 1 };

	(void)state;
	live_in(BERLIN);
	begins(&night, "2026-03-29 00:59", "2026-03-28 01:30");
	begins(&night, "2026-03-29 01:29", "2026-03-28 01:30");
	begins(&night, "2026-03-29 01:30", "2026-03-29 01:30"); /* 03:30 there */
	begins(&night, "2026-03-30 00:29", "2026-03-29 01:30");
	begins(&night, "2026-03-30 00:30", "2026-03-30 00:30");
}

static void a_shift_in_the_hour_that_comes_twice_begins_once(void **state)
{
	const struct station_golden night = { .shifts = { 150 }, .shift_count = 1 };

	(void)state;
	live_in(BERLIN);
	begins(&night, "2026-10-25 00:29", "2026-10-24 00:30");
	begins(&night, "2026-10-25 00:30", "2026-10-25 00:30"); /* 02:30, summer time */
	begins(&night, "2026-10-25 01:29", "2026-10-25 00:30");
	begins(&night, "2026-10-25 01:30", "2026-10-25 00:30"); /* 02:30 again */
	begins(&night, "2026-10-26 01:29", "2026-10-25 00:30");
	begins(&night, "2026-10-26 01:30", "2026-10-26 01:30");
}

static void without_shifts_none_begins(void **state)
{
	const struct station_golden none = { .shift_count = 0 };

	(void)state;
	assert_int_equal(golden_shift_begin(&none, utc("2026-11-22 06:00"), NULL), 0);
}

/* ---- a judge ---- */

struct world {
	struct station_lockouts rules;
	struct lock_judge *judge;
	struct lock_facts facts;
	char detail[LOCK_DETAIL_BYTES];
	unsigned next_unit;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	live_in("UTC");
	w->facts.now_utc_ms = utc("2026-11-22 10:00");
	w->facts.records_trouble = "";
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	lock_judge_free(w->judge);
	free(w);
	return 0;
}

static void begin_of(struct world *w, const struct lock_past *past)
{
	w->judge = lock_judge_new(&w->rules, 4);
	assert_non_null(w->judge);
	lock_judge_begin_recipe(w->judge, false);
	lock_judge_past(w->judge, past);
}

static void begin(struct world *w)
{
	begin_of(w, &(struct lock_past){ .golden_utc_ms = 0 });
}

static enum lock_cause cause(struct world *w, enum lock_code code, int slot)
{
	lock_judge_look(w->judge, &w->facts);
	return lock_judge_cause(w->judge, code, slot, &w->facts, w->detail);
}

static void pass_time(struct world *w, int64_t ms)
{
	w->facts.now_utc_ms += ms;
	w->facts.now_us += (uint64_t)ms * 1000;
}

static struct lock_run run_of(struct world *w, unsigned unit, enum status status)
{
	struct lock_run run = { .status = status };

	pass_time(w, 1000);
	run.end_utc_ms = w->facts.now_utc_ms;
	if (unit)
		snprintf(run.mac, sizeof(run.mac), "24:0a:c4:00:%02x:%02x", unit >> 8 & 0xff,
			 unit & 0xff);
	return run;
}

/* A new unit in slot 0. */
static void unit_ends(struct world *w, enum status status)
{
	struct lock_run run = run_of(w, ++w->next_unit, status);

	lock_judge_run(w->judge, 0, &run);
}

static void golden_ends(struct world *w, enum status status)
{
	struct lock_run run = run_of(w, 0x110, status);

	lock_judge_golden(w->judge, 2, 7, &run);
}

static void is(struct world *w, enum lock_cause expected, enum lock_code code)
{
	enum lock_cause found = cause(w, code, -1);

	if (found != expected)
		fail_msg("%s: cause %d, expected %d: %s", lock_row(code)->code, found, expected,
			 w->detail);
}

/* ---- golden checks ---- */

static void a_golden_check_is_due_at_the_start(void **state)
{
	struct world *w = *state;

	w->rules.golden = three_shifts;
	w->rules.golden.shift_count = 0;
	w->rules.golden.at_start = true;
	/* Also when one has just passed: the station itself is what is judged. */
	begin_of(w, &(struct lock_past){ .golden_utc_ms = w->facts.now_utc_ms - 1000 });
	is(w, CAUSE_THERE, LOCK_GOLDEN_DUE);
	assert_string_equal(w->detail, "the station started");
	golden_ends(w, STATUS_OK);
	is(w, CAUSE_NONE, LOCK_GOLDEN_DUE);
}

static void without_golden_units_no_check_is_due(void **state)
{
	struct world *w = *state;

	w->rules.golden = three_shifts;
	w->rules.golden.unit_count = 0;
	w->rules.golden.at_start = true;
	w->rules.golden.every = 1;
	begin(w);
	unit_ends(w, STATUS_OK);
	is(w, CAUSE_NONE, LOCK_GOLDEN_DUE);
}

static void a_golden_check_is_due_when_the_recipe_changes(void **state)
{
	struct world *w = *state;

	w->rules.golden = three_shifts;
	w->rules.golden.shift_count = 0;
	w->rules.golden.at_start = true;
	begin(w);
	golden_ends(w, STATUS_OK);
	is(w, CAUSE_NONE, LOCK_GOLDEN_DUE);
	lock_judge_begin_recipe(w->judge, true);
	is(w, CAUSE_THERE, LOCK_GOLDEN_DUE);
	assert_string_equal(w->detail, "the recipe was changed");
}

static void a_check_of_this_shift_is_enough_for_a_start_in_its_middle(void **state)
{
	struct world *w = *state;

	w->rules.golden = three_shifts; /* it is 10:00, the shift began at 06:00 */
	begin_of(w, &(struct lock_past){ .golden_utc_ms = utc("2026-11-22 06:00") });
	is(w, CAUSE_NONE, LOCK_GOLDEN_DUE);
}

static void a_check_of_the_shift_before_is_not(void **state)
{
	struct world *w = *state;

	w->rules.golden = three_shifts;
	begin_of(w, &(struct lock_past){ .golden_utc_ms = utc("2026-11-22 06:00") - 1 });
	is(w, CAUSE_THERE, LOCK_GOLDEN_DUE);
	assert_string_equal(w->detail, "no golden unit has passed since this shift began at 06:00");
}

static void a_check_is_due_as_soon_as_a_shift_begins(void **state)
{
	struct world *w = *state;

	w->rules.golden = three_shifts;
	begin_of(w, &(struct lock_past){ .golden_utc_ms = utc("2026-11-22 09:00") });
	w->facts.now_utc_ms = utc("2026-11-22 14:00") - 1;
	is(w, CAUSE_NONE, LOCK_GOLDEN_DUE);
	w->facts.now_utc_ms++;
	is(w, CAUSE_THERE, LOCK_GOLDEN_DUE);
	golden_ends(w, STATUS_OK);
	is(w, CAUSE_NONE, LOCK_GOLDEN_DUE);
	w->facts.now_utc_ms = utc("2026-11-22 22:00");
	is(w, CAUSE_THERE, LOCK_GOLDEN_DUE);
}

static void until_the_records_were_asked_no_shift_is_judged(void **state)
{
	struct world *w = *state;

	w->rules.golden = three_shifts;
	w->judge = lock_judge_new(&w->rules, 4);
	lock_judge_begin_recipe(w->judge, false);
	is(w, CAUSE_NONE, LOCK_GOLDEN_DUE);
	lock_judge_past(w->judge, &(struct lock_past){ .golden_utc_ms = 0 });
	is(w, CAUSE_THERE, LOCK_GOLDEN_DUE);
}

/* The check was at 14:10 by a clock that was wrong by an hour. */
static void a_clock_set_back_does_not_save_a_later_check(void **state)
{
	struct world *w = *state;

	w->rules.golden = three_shifts;
	w->facts.now_utc_ms = utc("2026-11-22 14:10");
	begin(w);
	golden_ends(w, STATUS_OK);
	w->facts.now_utc_ms = utc("2026-11-22 13:10");
	is(w, CAUSE_NONE, LOCK_GOLDEN_DUE); /* it was before now, whatever the clock said */
	w->facts.now_utc_ms = utc("2026-11-22 14:00");
	is(w, CAUSE_THERE, LOCK_GOLDEN_DUE);
}

static void a_golden_check_is_due_after_so_many_units(void **state)
{
	struct world *w = *state;

	w->rules.golden = three_shifts;
	w->rules.golden.shift_count = 0;
	w->rules.golden.every = 5;
	begin_of(w, &(struct lock_past){ .golden_utc_ms = 1, .units_since_golden = 3 });
	unit_ends(w, STATUS_OK);
	unit_ends(w, STATUS_ALREADY_FINISHED); /* aborted: no unit was made */
	unit_ends(w, STATUS_WRONG_CHIP);       /* the operator's: not judged */
	is(w, CAUSE_NONE, LOCK_GOLDEN_DUE);
	unit_ends(w, STATUS_MD5_MISMATCH);
	is(w, CAUSE_THERE, LOCK_GOLDEN_DUE);
	assert_string_equal(w->detail, "5 units since the last golden unit passed (every 5)");
	golden_ends(w, STATUS_OK);
	for (int i = 0; i < 4; i++)
		unit_ends(w, STATUS_OK);
	is(w, CAUSE_NONE, LOCK_GOLDEN_DUE);
	unit_ends(w, STATUS_OK);
	is(w, CAUSE_THERE, LOCK_GOLDEN_DUE);
}

static void only_a_golden_pass_ends_the_wait(void **state)
{
	struct world *w = *state;

	w->rules.golden = three_shifts;
	w->rules.golden.at_start = true;
	begin(w);
	golden_ends(w, STATUS_NOT_GOLDEN); /* another unit */
	is(w, CAUSE_THERE, LOCK_GOLDEN_DUE);
	assert_string_equal(w->detail, "the station started");
	golden_ends(w, STATUS_MD5_MISMATCH);
	is(w, CAUSE_THERE, LOCK_GOLDEN_DUE);
	assert_string_equal(
		w->detail,
		"golden unit 24:0a:c4:00:01:10 did not pass in slot 7: FAIL MD5_MISMATCH");
	golden_ends(w, STATUS_OK);
	is(w, CAUSE_NONE, LOCK_GOLDEN_DUE);
}

static void a_golden_unit_that_does_not_pass_locks_also_when_none_was_due(void **state)
{
	struct world *w = *state;

	w->rules.golden = three_shifts;
	w->rules.golden.shift_count = 0;
	begin(w);
	golden_ends(w, STATUS_SYNC_NO_REPLY);
	is(w, CAUSE_THERE, LOCK_GOLDEN_DUE);
}

static void an_overridden_check_is_due_again_with_the_next_shift(void **state)
{
	struct world *w = *state;

	w->rules.golden = three_shifts;
	begin(w);
	is(w, CAUSE_THERE, LOCK_GOLDEN_DUE);
	lock_judge_forget(w->judge, LOCK_GOLDEN_DUE, -1, &w->facts);
	is(w, CAUSE_NONE, LOCK_GOLDEN_DUE);
	w->facts.now_utc_ms = utc("2026-11-22 13:59");
	is(w, CAUSE_NONE, LOCK_GOLDEN_DUE);
	w->facts.now_utc_ms = utc("2026-11-22 14:00");
	is(w, CAUSE_THERE, LOCK_GOLDEN_DUE);
}

/* ---- yield ---- */

static void a_yield_is_not_judged_before_so_many_units(void **state)
{
	struct world *w = *state;

	w->rules.yield_floor = 90;
	w->rules.yield_over = 10;
	begin(w);
	for (int i = 0; i < 9; i++)
		unit_ends(w, STATUS_MD5_MISMATCH);
	is(w, CAUSE_NONE, LOCK_YIELD_LOW);
	unit_ends(w, STATUS_MD5_MISMATCH);
	is(w, CAUSE_THERE, LOCK_YIELD_LOW);
}

static void a_yield_at_its_floor_is_enough(void **state)
{
	struct world *w = *state;

	w->rules.yield_floor = 90;
	w->rules.yield_over = 10;
	begin(w);
	unit_ends(w, STATUS_MD5_MISMATCH);
	for (int i = 0; i < 9; i++)
		unit_ends(w, STATUS_OK);
	is(w, CAUSE_NONE, LOCK_YIELD_LOW);
	unit_ends(w, STATUS_MD5_MISMATCH); /* the first one left the window */
	is(w, CAUSE_NONE, LOCK_YIELD_LOW);
	unit_ends(w, STATUS_MD5_MISMATCH);
	is(w, CAUSE_THERE, LOCK_YIELD_LOW);
	assert_string_equal(w->detail, "8 of the last 10 units passed at their first try (80.0 %), "
				       "at least 90 % have to");
}

static void a_unit_counts_by_its_first_run(void **state)
{
	struct world *w = *state;
	struct lock_run run;

	w->rules.yield_floor = 100;
	w->rules.yield_over = 2;
	begin(w);
	run = run_of(w, 1, STATUS_MD5_MISMATCH);
	lock_judge_run(w->judge, 0, &run);
	run = run_of(w, 1, STATUS_OK);
	lock_judge_run(w->judge, 0, &run);
	run = run_of(w, 1, STATUS_OK);
	lock_judge_run(w->judge, 0, &run);
	is(w, CAUSE_NONE, LOCK_YIELD_LOW); /* one unit so far */
	run = run_of(w, 2, STATUS_OK);
	lock_judge_run(w->judge, 0, &run);
	is(w, CAUSE_THERE, LOCK_YIELD_LOW);
}

static void units_without_a_mac_count_each(void **state)
{
	struct world *w = *state;

	w->rules.yield_floor = 50;
	w->rules.yield_over = 3;
	begin(w);
	for (int i = 0; i < 3; i++) {
		struct lock_run run = run_of(w, 0, STATUS_SYNC_NO_REPLY);

		lock_judge_run(w->judge, 0, &run);
	}
	is(w, CAUSE_THERE, LOCK_YIELD_LOW);
}

static void golden_and_refused_units_are_not_in_the_yield(void **state)
{
	struct world *w = *state;

	w->rules.golden = three_shifts;
	w->rules.yield_floor = 90;
	w->rules.yield_over = 1;
	begin(w);
	golden_ends(w, STATUS_MD5_MISMATCH);
	unit_ends(w, STATUS_ALREADY_FINISHED);
	unit_ends(w, STATUS_WRONG_CHIP);
	unit_ends(w, STATUS_PORT_BUSY);
	is(w, CAUSE_NONE, LOCK_YIELD_LOW);
}

static void runs_that_were_under_way_may_bring_the_yield_up(void **state)
{
	struct world *w = *state;

	w->rules.yield_floor = 50;
	w->rules.yield_over = 2;
	begin(w);
	unit_ends(w, STATUS_MD5_MISMATCH);
	unit_ends(w, STATUS_MD5_MISMATCH);
	is(w, CAUSE_THERE, LOCK_YIELD_LOW);
	unit_ends(w, STATUS_OK);
	is(w, CAUSE_NONE, LOCK_YIELD_LOW);
}

static void an_overridden_yield_is_judged_anew(void **state)
{
	struct world *w = *state;

	w->rules.yield_floor = 50;
	w->rules.yield_over = 2;
	begin(w);
	unit_ends(w, STATUS_MD5_MISMATCH);
	unit_ends(w, STATUS_MD5_MISMATCH);
	lock_judge_forget(w->judge, LOCK_YIELD_LOW, -1, &w->facts);
	unit_ends(w, STATUS_MD5_MISMATCH);
	is(w, CAUSE_NONE, LOCK_YIELD_LOW);
	unit_ends(w, STATUS_MD5_MISMATCH);
	is(w, CAUSE_THERE, LOCK_YIELD_LOW);
}

static void an_override_in_the_future_hides_no_unit_from_the_yield(void **state)
{
	struct world *w = *state;

	w->rules.yield_floor = 50;
	w->rules.yield_over = 2;
	begin(w);
	w->facts.now_utc_ms += 180 * MINUTE_MS; /* the clock was wrong then */
	lock_judge_forget(w->judge, LOCK_YIELD_LOW, -1, &w->facts);
	w->facts.now_utc_ms -= 180 * MINUTE_MS;
	unit_ends(w, STATUS_MD5_MISMATCH);
	unit_ends(w, STATUS_MD5_MISMATCH);
	is(w, CAUSE_THERE, LOCK_YIELD_LOW);
}

static void the_records_fill_the_window(void **state)
{
	struct world *w = *state;
	const struct lock_unit units[] = {
		{ .end_utc_ms = 1, .mac = "a", .has_passed = true }, /* leaves the window */
		{ .end_utc_ms = 2, .mac = "b" },
		{ .end_utc_ms = 3, .mac = "b", .has_passed = true }, /* its second try */
		{ .end_utc_ms = 4, .mac = "c" },
		{ .end_utc_ms = 5, .mac = "d", .has_passed = true },
	};

	w->rules.yield_floor = 50;
	w->rules.yield_over = 3;
	begin_of(w, &(struct lock_past){ .units = units, .unit_count = 5 });
	is(w, CAUSE_THERE, LOCK_YIELD_LOW);
	assert_non_null(strstr(w->detail, "1 of the last 3"));
}

/* The recipe was changed: results come while the records are asked about it. */
static void a_result_that_the_records_have_already_counts_once(void **state)
{
	struct world *w = *state;
	struct lock_run run = run_of(w, 0, STATUS_SYNC_NO_REPLY);
	const struct lock_unit units[] = {
		{ .end_utc_ms = run.end_utc_ms - 1000, .mac = "a", .has_passed = true },
		{ .end_utc_ms = run.end_utc_ms },
	};

	w->rules.yield_floor = 50;
	w->rules.yield_over = 3;
	w->judge = lock_judge_new(&w->rules, 4);
	lock_judge_begin_recipe(w->judge, true);
	lock_judge_run(w->judge, 0, &run);
	lock_judge_past(w->judge, &(struct lock_past){ .units = units, .unit_count = 2 });
	is(w, CAUSE_NONE, LOCK_YIELD_LOW); /* two of three units */
	unit_ends(w, STATUS_MD5_MISMATCH);
	is(w, CAUSE_THERE, LOCK_YIELD_LOW);
	assert_non_null(strstr(w->detail, "1 of the last 3"));
}

static void what_was_overridden_before_the_start_is_left_out(void **state)
{
	struct world *w = *state;
	const struct lock_unit units[] = { { .end_utc_ms = 1, .mac = "a" },
					   { .end_utc_ms = 2, .mac = "b" } };

	w->rules.yield_floor = 50;
	w->rules.yield_over = 2;
	w->judge = lock_judge_new(&w->rules, 4);
	lock_judge_begin_recipe(w->judge, false);
	lock_judge_yield_since(w->judge, 1);
	lock_judge_past(w->judge, &(struct lock_past){ .units = units, .unit_count = 2 });
	is(w, CAUSE_NONE, LOCK_YIELD_LOW);
}

/* ---- slots ---- */

static void so_many_in_a_row_lock_their_slot_alone(void **state)
{
	struct world *w = *state;

	w->rules.slot_failures = 3;
	begin(w);
	unit_ends(w, STATUS_MD5_MISMATCH);
	unit_ends(w, STATUS_SYNC_NO_REPLY);
	unit_ends(w, STATUS_ALREADY_FINISHED); /* aborted: says nothing of the slot */
	assert_int_equal(cause(w, LOCK_SLOT_FAILS, 0), CAUSE_NONE);
	unit_ends(w, STATUS_RUN_TIMEOUT);
	assert_int_equal(cause(w, LOCK_SLOT_FAILS, 0), CAUSE_THERE);
	assert_string_equal(w->detail, "3 in a row did not pass, the last: TIMEOUT RUN_TIMEOUT");
	assert_int_equal(cause(w, LOCK_SLOT_FAILS, 1), CAUSE_NONE);
}

static void a_pass_begins_the_row_anew(void **state)
{
	struct world *w = *state;

	w->rules.slot_failures = 2;
	begin(w);
	unit_ends(w, STATUS_MD5_MISMATCH);
	unit_ends(w, STATUS_OK);
	unit_ends(w, STATUS_MD5_MISMATCH);
	assert_int_equal(cause(w, LOCK_SLOT_FAILS, 0), CAUSE_NONE);
	unit_ends(w, STATUS_MD5_MISMATCH);
	assert_int_equal(cause(w, LOCK_SLOT_FAILS, 0), CAUSE_THERE);
	lock_judge_forget(w->judge, LOCK_SLOT_FAILS, 0, &w->facts);
	unit_ends(w, STATUS_MD5_MISMATCH);
	assert_int_equal(cause(w, LOCK_SLOT_FAILS, 0), CAUSE_NONE);
}

static void a_row_goes_on_over_a_restart(void **state)
{
	struct world *w = *state;

	w->rules.slot_failures = 3;
	begin(w);
	lock_judge_slot_fails(w->judge, 0, 2);
	assert_int_equal(cause(w, LOCK_SLOT_FAILS, 0), CAUSE_NONE);
	unit_ends(w, STATUS_MD5_MISMATCH);
	assert_int_equal(cause(w, LOCK_SLOT_FAILS, 0), CAUSE_THERE);
	lock_judge_restore(w->judge, LOCK_SLOT_FAILS, 3, "3 in a row");
	assert_int_equal(cause(w, LOCK_SLOT_FAILS, 3), CAUSE_THERE);
}

static void without_a_number_no_slot_is_locked(void **state)
{
	struct world *w = *state;

	begin(w);
	for (int i = 0; i < 100; i++)
		unit_ends(w, STATUS_MD5_MISMATCH);
	assert_int_equal(cause(w, LOCK_SLOT_FAILS, 0), CAUSE_NONE);
	is(w, CAUSE_NONE, LOCK_YIELD_LOW);
}

/* ---- conditions ---- */

static void a_full_disk_locks_until_there_is_a_little_more_than_enough(void **state)
{
	struct world *w = *state;

	w->rules.disk_bytes = 1600;
	begin(w);
	is(w, CAUSE_UNKNOWN, LOCK_DISK_LOW); /* nobody has looked */
	w->facts.has_disk = true;
	w->facts.disk_free_bytes = 1599;
	is(w, CAUSE_THERE, LOCK_DISK_LOW);
	w->facts.disk_free_bytes = 1600;
	is(w, CAUSE_UNKNOWN, LOCK_DISK_LOW); /* as it was */
	w->facts.disk_free_bytes = 1700;
	is(w, CAUSE_NONE, LOCK_DISK_LOW);
}

static void an_overridden_condition_comes_again_only_anew(void **state)
{
	struct world *w = *state;

	w->rules.disk_bytes = 1600;
	w->facts.has_disk = true;
	begin(w);
	is(w, CAUSE_THERE, LOCK_DISK_LOW);
	lock_judge_forget(w->judge, LOCK_DISK_LOW, -1, &w->facts);
	is(w, CAUSE_NONE, LOCK_DISK_LOW);
	is(w, CAUSE_NONE, LOCK_DISK_LOW);
	w->facts.disk_free_bytes = 5000;
	is(w, CAUSE_NONE, LOCK_DISK_LOW);
	w->facts.disk_free_bytes = 0;
	is(w, CAUSE_THERE, LOCK_DISK_LOW);
}

static void a_clock_before_the_newest_record_locks(void **state)
{
	struct world *w = *state;
	int64_t now = w->facts.now_utc_ms;

	w->rules.clock = true;
	begin(w);
	is(w, CAUSE_NONE, LOCK_CLOCK_BACK); /* no records */
	lock_judge_newest(w->judge, now + CLOCK_SLACK_MS);
	is(w, CAUSE_UNKNOWN, LOCK_CLOCK_BACK); /* a correction from the network */
	lock_judge_newest(w->judge, now + 61 * MINUTE_MS);
	is(w, CAUSE_THERE, LOCK_CLOCK_BACK);
	assert_string_equal(w->detail, "the clock is 3660 s before the newest record");
	w->facts.now_utc_ms = now + 61 * MINUTE_MS;
	is(w, CAUSE_NONE, LOCK_CLOCK_BACK);
}

static void a_clock_that_is_set_back_while_the_line_works_locks(void **state)
{
	struct world *w = *state;

	w->rules.clock = true;
	begin(w);
	unit_ends(w, STATUS_OK);
	is(w, CAUSE_NONE, LOCK_CLOCK_BACK);
	w->facts.now_utc_ms -= HOUR_MS;
	is(w, CAUSE_THERE, LOCK_CLOCK_BACK);
	w->rules.clock = false;
	is(w, CAUSE_NONE, LOCK_CLOCK_BACK);
}

static void a_plant_may_be_behind_for_a_while(void **state)
{
	struct world *w = *state;

	w->rules.ledger_pending = 100;
	w->rules.ledger_ms = 30 * 60000;
	begin(w);
	is(w, CAUSE_UNKNOWN, LOCK_LEDGER_BEHIND); /* no plant was named */
	w->facts.has_plant = true;
	w->facts.plant_pending = 100;
	is(w, CAUSE_UNKNOWN, LOCK_LEDGER_BEHIND);
	pass_time(w, 20 * MINUTE_MS);
	w->facts.plant_pending = 99;
	is(w, CAUSE_NONE, LOCK_LEDGER_BEHIND); /* it went on: the time begins anew */
	w->facts.plant_pending = 200;
	is(w, CAUSE_UNKNOWN, LOCK_LEDGER_BEHIND);
	pass_time(w, 30 * MINUTE_MS);
	/* The wall clock is not what counts. */
	w->facts.now_utc_ms -= HOUR_MS;
	is(w, CAUSE_THERE, LOCK_LEDGER_BEHIND);
	assert_string_equal(w->detail, "200 entries wait to be sent, 100 or more for 30 minutes");
}

static void records_that_fail_lock_and_say_why(void **state)
{
	struct world *w = *state;

	begin(w);
	is(w, CAUSE_UNKNOWN, LOCK_RECORDS_FAILED);
	w->facts.has_records = true;
	is(w, CAUSE_NONE, LOCK_RECORDS_FAILED);
	w->facts.records_trouble = "a.db: disk I/O error";
	is(w, CAUSE_THERE, LOCK_RECORDS_FAILED);
	assert_string_equal(w->detail, "a.db: disk I/O error");
}

static void what_others_watch_is_never_judged(void **state)
{
	struct world *w = *state;

	begin(w);
	is(w, CAUSE_UNKNOWN, LOCK_PRINTER);
	assert_int_equal(cause(w, LOCK_LABEL_MISMATCH, 1), CAUSE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		cmocka_unit_test(a_shift_goes_on_over_midnight),
		cmocka_unit_test(shifts_are_in_local_time_also_after_a_change_of_the_clocks),
		cmocka_unit_test(a_shift_in_the_hour_that_is_left_out_begins_as_much_later),
		cmocka_unit_test(a_shift_in_the_hour_that_comes_twice_begins_once),
		cmocka_unit_test(without_shifts_none_begins),
		TEST(a_golden_check_is_due_at_the_start),
		TEST(without_golden_units_no_check_is_due),
		TEST(a_golden_check_is_due_when_the_recipe_changes),
		TEST(a_check_of_this_shift_is_enough_for_a_start_in_its_middle),
		TEST(a_check_of_the_shift_before_is_not),
		TEST(a_check_is_due_as_soon_as_a_shift_begins),
		TEST(until_the_records_were_asked_no_shift_is_judged),
		TEST(a_clock_set_back_does_not_save_a_later_check),
		TEST(a_golden_check_is_due_after_so_many_units),
		TEST(only_a_golden_pass_ends_the_wait),
		TEST(a_golden_unit_that_does_not_pass_locks_also_when_none_was_due),
		TEST(an_overridden_check_is_due_again_with_the_next_shift),
		TEST(a_yield_is_not_judged_before_so_many_units),
		TEST(a_yield_at_its_floor_is_enough),
		TEST(a_unit_counts_by_its_first_run),
		TEST(units_without_a_mac_count_each),
		TEST(golden_and_refused_units_are_not_in_the_yield),
		TEST(runs_that_were_under_way_may_bring_the_yield_up),
		TEST(an_overridden_yield_is_judged_anew),
		TEST(an_override_in_the_future_hides_no_unit_from_the_yield),
		TEST(the_records_fill_the_window),
		TEST(a_result_that_the_records_have_already_counts_once),
		TEST(what_was_overridden_before_the_start_is_left_out),
		TEST(so_many_in_a_row_lock_their_slot_alone),
		TEST(a_pass_begins_the_row_anew),
		TEST(a_row_goes_on_over_a_restart),
		TEST(without_a_number_no_slot_is_locked),
		TEST(a_full_disk_locks_until_there_is_a_little_more_than_enough),
		TEST(an_overridden_condition_comes_again_only_anew),
		TEST(a_clock_before_the_newest_record_locks),
		TEST(a_clock_that_is_set_back_while_the_line_works_locks),
		TEST(a_plant_may_be_behind_for_a_while),
		TEST(records_that_fail_lock_and_say_why),
		TEST(what_others_watch_is_never_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
