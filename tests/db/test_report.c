/* What a report counts, in records of a few runs each. */
#include "tests/db/report_world.h"

#include "db/decide.h"
#include "db/run.h"

#include <stdio.h>
#include <string.h>

#define MAC_1 "24:0a:c4:00:00:01"
#define MAC_2 "24:0a:c4:00:00:02"
#define MAC_3 "24:0a:c4:00:00:03"

/* The runs of a test, in a fresh database. */
static void put_all(const struct world *w, const struct report_run *runs, size_t count)
{
	struct db *db = world_open(w, DB_WRITE);

	report_begin(db);
	for (size_t i = 0; i < count; i++)
		report_put(db, &runs[i]);
	report_commit(db);
	db_close(db);
}

static void expect_share(const struct report_share *s, int64_t k, int64_t n)
{
	if (s->k != k || s->n != n)
		fail_msg("%lld of %lld instead of %lld of %lld", (long long)s->k, (long long)s->n,
			 (long long)k, (long long)n);
}

static const struct report_filter all = { 0 };

static void the_first_judged_run_of_a_unit_decides_the_first_pass_yield(void **state)
{
	static const struct report_run runs[] = {
		/* failed first, passed later */
		{ .id = "1", .at_ms = 0, .mac = MAC_1, .code = "MD5_MISMATCH" },
		{ .id = "2", .at_ms = 10000, .mac = MAC_1 },
		/* passed first, failed later */
		{ .id = "3", .at_ms = 20000, .mac = MAC_2 },
		{ .id = "4", .at_ms = 30000, .mac = MAC_2, .code = "NO_ANSWER" },
		/* recorded before run 6, but begun after it: time counts, not the id */
		{ .id = "5", .at_ms = 50000, .mac = MAC_3 },
		{ .id = "6", .at_ms = 40000, .mac = MAC_3, .code = "PORT_GONE" },
	};
	struct world *w = *state;
	struct report r;

	put_all(w, runs, 6);
	report_of(w, &all, &r);
	expect_share(&yield_of(&r, "product-a", "FLASH")->first_pass, 1, 3);
	expect_share(&yield_of(&r, "product-a", "FLASH")->final, 2, 3);
	expect_share(&yield_of(&r, "product-a", "FLASH")->station, 3, 6);
	assert_true(r.yields[0].first_pass.band.low > 0.06 &&
		    r.yields[0].first_pass.band.low < 0.07);
	report_release(&r);
}

static void runs_that_station_or_people_made_fail_count_only_when_strict(void **state)
{
	static const struct report_run runs[] = {
		{ .id = "1", .at_ms = 0, .mac = MAC_1, .code = "WRONG_CHIP" },
		{ .id = "2", .at_ms = 10000, .mac = MAC_1 },
		{ .id = "3", .at_ms = 20000, .mac = MAC_2, .code = "PORT_BUSY" },
		{ .id = "4", .at_ms = 30000, .mac = MAC_3, .code = "SYNC_NO_REPLY" },
	};
	struct world *w = *state;
	struct report r;

	put_all(w, runs, 4);
	report_of(w, &all, &r);
	expect_share(&yield_of(&r, "product-a", "FLASH")->first_pass, 1, 2);
	expect_share(&yield_of(&r, "product-a", "FLASH")->station, 1, 2);
	assert_int_equal(r.excluded, 2);
	assert_int_equal(r.not_counted.total, 2);
	assert_int_equal(r.failures.total, 1);
	report_release(&r);

	report_of(w, &(struct report_filter){ .is_strict = true }, &r);
	expect_share(&yield_of(&r, "product-a", "FLASH")->first_pass, 0, 3);
	expect_share(&yield_of(&r, "product-a", "FLASH")->final, 1, 3);
	expect_share(&yield_of(&r, "product-a", "FLASH")->station, 1, 4);
	assert_int_equal(r.excluded, 0);
	assert_int_equal(r.not_counted.total, 0);
	assert_int_equal(r.failures.total, 3);
	report_release(&r);
}

static void aborted_runs_are_never_judged(void **state)
{
	static const struct report_run runs[] = {
		{ .id = "1", .at_ms = 0, .mac = MAC_1, .code = "CANCELLED" },
		{ .id = "2", .at_ms = 10000, .mac = MAC_1 },
		{ .id = "3", .at_ms = 20000, .mac = MAC_2, .code = "ALREADY_PASSED" },
	};
	struct world *w = *state;
	struct report r;

	put_all(w, runs, 3);
	for (int strict = 0; strict < 2; strict++) {
		report_of(w, &(struct report_filter){ .is_strict = strict }, &r);
		expect_share(&yield_of(&r, "product-a", "FLASH")->first_pass, 1, 1);
		expect_share(&yield_of(&r, "product-a", "FLASH")->station, 1, 1);
		assert_int_equal(r.aborted, 2);
		assert_int_equal(r.aborts.count, 2);
		assert_int_equal(r.failures.total + r.not_counted.total, 0);
		report_release(&r);
	}
}

static void a_unit_that_was_run_before_the_period_is_no_first_pass_in_it(void **state)
{
	static const struct report_run runs[] = {
		{ .id = "1", .at_ms = 0, .mac = MAC_1, .code = "NO_ANSWER" },
		{ .id = "2", .at_ms = HOUR_MS, .mac = MAC_1 },
		{ .id = "3", .at_ms = HOUR_MS + 1, .mac = MAC_2 },
		/* behind the period: changes nothing in it */
		{ .id = "4", .at_ms = 2 * HOUR_MS, .mac = MAC_2, .code = "NO_ANSWER" },
	};
	const struct report_filter hour = { .has_from = true,
					    .from_utc_ms = REPORT_EPOCH + HOUR_MS,
					    .has_to = true,
					    .to_utc_ms = REPORT_EPOCH + 2 * HOUR_MS };
	struct world *w = *state;
	struct report r;

	put_all(w, runs, 4);
	report_of(w, &hour, &r);
	expect_share(&yield_of(&r, "product-a", "FLASH")->first_pass, 1, 1);
	expect_share(&yield_of(&r, "product-a", "FLASH")->final, 2, 2);
	assert_int_equal(yield_of(&r, "product-a", "FLASH")->seen_before, 1);
	assert_int_equal(r.flash_runs, 2);
	report_release(&r);
}

static void a_new_revision_of_the_recipe_gives_no_second_first_run(void **state)
{
	static const struct report_run runs[] = {
		{ .id = "1", .at_ms = 0, .mac = MAC_1, .code = "NO_ANSWER" },
		{ .id = "2", .at_ms = 10000, .mac = MAC_1, .recipe = RECIPE_A_NEW },
		{ .id = "3", .at_ms = 20000, .mac = MAC_2, .recipe = RECIPE_A_NEW },
	};
	struct world *w = *state;
	struct report r;

	put_all(w, runs, 3);
	report_of(w, &(struct report_filter){ .recipe = "A2A2A2A2" }, &r);
	expect_share(&yield_of(&r, "product-a", "FLASH")->first_pass, 1, 1);
	assert_int_equal(yield_of(&r, "product-a", "FLASH")->seen_before, 1);
	report_release(&r);
}

static void processes_are_told_apart_and_multiplied(void **state)
{
	static const struct report_run runs[] = {
		{ .id = "1", .at_ms = 0, .mac = MAC_1 },
		{ .id = "2", .at_ms = 10000, .mac = MAC_2, .code = "MD5_MISMATCH" },
		{ .id = "3", .at_ms = 20000, .mac = MAC_1, .recipe = RECIPE_A_TEST },
		{ .id = "4", .at_ms = 30000, .mac = MAC_2, .recipe = RECIPE_A_TEST },
		{ .id = "5",
		  .at_ms = 40000,
		  .mac = MAC_3,
		  .recipe = RECIPE_A_TEST,
		  .code = "MD5_MISMATCH" },
		{ .id = "6", .at_ms = 50000, .mac = MAC_3, .recipe = RECIPE_B },
		{ .id = "7", .at_ms = 60000, .mac = MAC_1, .recipe = RECIPE_BARE },
	};
	struct world *w = *state;
	struct report r;

	put_all(w, runs, 7);
	report_of(w, &all, &r);
	assert_int_equal(r.yield_count, 4);
	expect_share(&yield_of(&r, "product-a", "FLASH")->first_pass, 1, 2);
	expect_share(&yield_of(&r, "product-a", "TEST")->first_pass, 2, 3);
	expect_share(&yield_of(&r, "product-b", "FLASH")->first_pass, 1, 1);
	/* A recipe without a product is a product by its name; without a process it is FLASH. */
	expect_share(&yield_of(&r, "bare", "FLASH")->first_pass, 1, 1);
	assert_int_equal(r.rolled_count, 1);
	assert_string_equal(r.rolled[0].product, "product-a");
	assert_true(r.rolled[0].yield > 0.333 && r.rolled[0].yield < 0.334);
	report_release(&r);
}

static void verify_runs_runs_without_mac_and_open_runs_stand_apart(void **state)
{
	static const struct report_run runs[] = {
		{ .id = "1", .at_ms = 0, .mac = MAC_1, .kind = "VERIFY", .code = "MD5_MISMATCH" },
		{ .id = "2", .at_ms = 10000, .mac = MAC_1, .kind = "VERIFY" },
		{ .id = "3", .at_ms = 20000, .code = "SYNC_NO_REPLY" },
		{ .id = "4", .at_ms = 30000, .mac = MAC_1 },
		{ .id = "5", .at_ms = 40000, .is_open = true },
		{ .id = "6", .at_ms = 50000, .mac = MAC_2, .proof = "NONE" },
	};
	struct world *w = *state;
	struct report r;

	put_all(w, runs, 6);
	report_of(w, &all, &r);
	assert_int_equal(r.verify_runs, 2);
	assert_int_equal(r.verify_passed, 1);
	assert_int_equal(r.without_mac, 1);
	assert_int_equal(r.open_runs, 1);
	assert_int_equal(r.without_proof, 1);
	assert_int_equal(r.flash_runs, 3);
	expect_share(&r.yields[0].first_pass, 2, 2);
	expect_share(&r.yields[0].station, 2, 3);
	assert_int_equal(r.yields[0].without_mac, 1);
	report_release(&r);
}

/* Each of them would change every figure that it counted in. */
static void golden_runs_are_counted_apart_and_in_nothing_else(void **state)
{
	static const struct report_run runs[] = {
		{ .id = "1",
		  .at_ms = 0,
		  .mac = MAC_1,
		  .kind = "VERIFY",
		  .purpose = "GOLDEN",
		  .code = "MD5_MISMATCH" },
		{ .id = "2",
		  .at_ms = 10000,
		  .mac = MAC_1,
		  .purpose = "GOLDEN",
		  .code = "MD5_MISMATCH",
		  .measured = 9 },
		{ .id = "3", .at_ms = 20000, .mac = MAC_1, .purpose = "GOLDEN" },
		{ .id = "4", .at_ms = 30000, .mac = MAC_1, .measured = 2 },
		{ .id = "5", .at_ms = 40000, .mac = MAC_2 },
	};
	struct world *w = *state;
	struct report r;

	put_all(w, runs, 5);
	report_of(w, &all, &r);
	assert_int_equal(r.golden_runs, 3);
	assert_int_equal(r.golden_passed, 1);
	assert_int_equal(r.verify_runs, 0);
	assert_int_equal(r.flash_runs, 2);
	assert_int_equal(r.judged, 2);
	assert_int_equal(r.failures.total, 0);
	assert_int_equal(r.yields[0].seen_before, 0);
	expect_share(&r.yields[0].first_pass, 2, 2);
	expect_share(&r.yields[0].final, 2, 2);
	expect_share(&r.yields[0].station, 2, 2);
	assert_int_equal(r.measures[0].spread.n, 1);
	assert_int_equal(r.unit_times.n, 1);
	report_release(&r);
}

static void lockouts_are_listed_by_their_time(void **state)
{
	static const struct report_run runs[] = {
		{ .id = "1", .at_ms = 0, .mac = MAC_1, .batch = "b1" },
		{ .id = "2", .at_ms = 60000, .mac = MAC_2, .batch = "b1" },
		{ .id = "3", .at_ms = 120000, .mac = MAC_2, .batch = "b2" },
	};
	static const struct record_lockout begun[] = {
		{ "l1", "SLOT_FAILS", "s7", "3 in a row", REPORT_EPOCH + 30000 },
		{ "l2", "DISK_LOW", NULL, "400 MB", REPORT_EPOCH + 90000 },
	};
	const struct record_lockout_end end = { .lockout_id = "l1",
						.how = "OVERRIDDEN",
						.operator_name = "qa",
						.reason = "new cable",
						.utc_ms = REPORT_EPOCH + 42000 };
	struct world *w = *state;
	struct report r;

	put_all(w, runs, 3);
	struct db *db = world_open(w, DB_WRITE);
	assert_int_equal(db_put(db, RECORD_LOCKOUT, &begun[0], NULL), STATUS_OK);
	assert_int_equal(db_put(db, RECORD_LOCKOUT, &begun[1], NULL), STATUS_OK);
	assert_int_equal(db_put(db, RECORD_LOCKOUT_END, &end, NULL), STATUS_OK);
	db_close(db);
	report_of(w, &all, &r);
	assert_int_equal(r.lockouts.total, 2);
	assert_string_equal(r.lockouts.items[0].what, "SLOT_FAILS");
	assert_string_equal(r.lockouts.items[0].slot, "s7");
	assert_string_equal(r.lockouts.items[0].operator_name, "qa");
	assert_string_equal(r.lockouts.items[0].text,
			    "3 in a row; overridden after 12 s: new cable");
	assert_string_equal(r.lockouts.items[1].text, "400 MB; open");
	assert_null(r.lockouts.items[1].slot);
	report_release(&r);
	report_of(w, &(struct report_filter){ .batch = "b1" }, &r);
	assert_int_equal(r.lockouts.total, 1);
	report_release(&r);
	report_of(w,
		  &(struct report_filter){ .has_from = true, .from_utc_ms = REPORT_EPOCH + 90000 },
		  &r);
	assert_int_equal(r.lockouts.total, 1);
	assert_string_equal(r.lockouts.items[0].what, "DISK_LOW");
	report_release(&r);
}

static void a_slot_that_fails_by_more_than_chance_is_named_and_a_sound_one_is_not(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct report r;
	size_t flagged = 0;

	report_begin(db);
	for (int i = 0; i < 160; i++) {
		char id[16], mac[24], slot[8];
		struct report_run run = { .id = id, .at_ms = i * 1000, .mac = mac, .slot = slot };

		snprintf(id, sizeof(id), "r%03d", i);
		snprintf(mac, sizeof(mac), "24:0a:c4:00:01:%02x", i);
		snprintf(slot, sizeof(slot), "s%d", i % 8);
		/* Slot s3 fails every second run, the others one of twenty. */
		if (i % 8 == 3 ? i / 8 % 2 == 0 : i / 8 == i % 8)
			run.code = "NO_ANSWER";
		report_put(db, &run);
	}
	report_commit(db);
	db_close(db);
	report_of(w, &all, &r);
	for (size_t kind = 0; kind < SPLIT_COUNT; kind++)
		for (size_t i = 0; i < r.splits[kind].count; i++)
			flagged += r.splits[kind].items[i].is_flagged;
	assert_int_equal(flagged, 1);
	assert_true(r.splits[SPLIT_SLOT].items[0].is_flagged);
	assert_string_equal(r.splits[SPLIT_SLOT].items[0].name, "s3");
	assert_int_equal(r.splits[SPLIT_SLOT].items[0].failed, 10);
	assert_string_equal(r.splits[SPLIT_SLOT].items[0].worst, "NO_ANSWER");
	assert_true(r.splits[SPLIT_SLOT].items[0].chance < 0.00125);
	report_release(&r);
}

/* Of eight slots, s7 fails so often, each other one once in 20 runs. */
static bool is_named(const struct world *w, int failures)
{
	struct db *db = world_open(w, DB_WRITE);
	bool is_flagged = false;
	struct report r;

	report_begin(db);
	for (int i = 0; i < 160; i++) {
		char id[24], slot[8];
		struct report_run run = { .id = id, .at_ms = i * 1000, .slot = slot };

		snprintf(id, sizeof(id), "r%03d", i);
		snprintf(slot, sizeof(slot), "s%d", i % 8);
		if (i / 8 < (i % 8 == 7 ? failures : 1))
			run.code = "NO_ANSWER";
		report_put(db, &run);
	}
	report_commit(db);
	db_close(db);
	report_of(w, &all, &r);
	for (size_t i = 0; i < r.splits[SPLIT_SLOT].count; i++)
		is_flagged |= r.splits[SPLIT_SLOT].items[i].is_flagged;
	report_release(&r);
	return is_flagged;
}

/* Of 20 runs 5 or more fail by chance in 0.44 % of cases, 6 or more in 0.065 %; of eight
 * slots the limit is 0.125 %. */
static void five_failures_are_not_enough_where_there_are_eight_slots(void **state)
{
	assert_false(is_named(*state, 5));
}

static void six_failures_are_enough_where_there_are_eight_slots(void **state)
{
	assert_true(is_named(*state, 6));
}

static void chips_that_never_answered_are_no_bad_revision(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct report r;

	report_begin(db);
	for (int i = 0; i < 60; i++) {
		char id[16], mac[24];
		struct report_run run = { .id = id, .at_ms = i * 1000, .revision = "v3.1" };

		snprintf(id, sizeof(id), "r%03d", i);
		snprintf(mac, sizeof(mac), "24:0a:c4:00:01:%02x", i);
		if (i % 3)
			run.mac = mac;
		else
			run.code = "SYNC_NO_REPLY";
		report_put(db, &run);
	}
	report_commit(db);
	db_close(db);
	report_of(w, &all, &r);
	assert_int_equal(r.splits[SPLIT_REVISION].count, 2);
	assert_null(r.splits[SPLIT_REVISION].items[0].name);
	assert_int_equal(r.splits[SPLIT_REVISION].items[0].failed, 20);
	assert_false(r.splits[SPLIT_REVISION].items[0].is_flagged);
	assert_string_equal(r.splits[SPLIT_REVISION].items[1].name, "ESP32 v3.1");
	report_release(&r);
}

static void an_hour_outside_three_sigma_is_marked(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct report r;

	report_begin(db);
	for (int i = 0; i < 240; i++) {
		char id[16];
		struct report_run run = { .id = id,
					  .at_ms = i / 40 * HOUR_MS + i % 40 * MINUTE_MS };

		snprintf(id, sizeof(id), "r%03d", i);
		if (i / 40 == 4 ? i % 2 : i % 40 == 7)
			run.code = "NO_ANSWER";
		report_put(db, &run);
	}
	report_commit(db);
	db_close(db);
	report_of(w, &all, &r);
	assert_int_equal(r.point_count, 6);
	assert_int_equal(r.point_ms, HOUR_MS);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(r.points[i].begin_utc_ms, REPORT_EPOCH + (int64_t)i * HOUR_MS);
		assert_int_equal(r.points[i].judged, 40);
		assert_int_equal(r.points[i].failed, i == 4 ? 20 : 1);
		assert_int_equal(r.points[i].is_outside, i == 4);
	}
	report_release(&r);
}

static void many_hours_become_days_and_lose_no_run(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct report r;
	int64_t judged = 0;

	report_begin(db);
	for (int i = 0; i < 150; i++) {
		char id[16];
		struct report_run run = { .id = id, .at_ms = i * HOUR_MS };

		snprintf(id, sizeof(id), "r%03d", i);
		report_put(db, &run);
	}
	report_commit(db);
	db_close(db);
	report_of(w, &all, &r);
	assert_int_equal(r.point_ms, 24 * HOUR_MS);
	assert_int_equal(r.point_count, 7); /* 10:00 on the 22nd to 15:00 on the 28th */
	for (size_t i = 0; i < r.point_count; i++) {
		assert_int_equal(r.points[i].begin_utc_ms % (24 * HOUR_MS), 0);
		judged += r.points[i].judged;
	}
	assert_int_equal(judged, 150);
	assert_int_equal(r.active_hours, 150);
	report_release(&r);
}

static void unit_to_unit_is_from_pass_to_pass_in_one_slot_without_pauses(void **state)
{
	static const struct report_run runs[] = {
		{ .id = "1", .at_ms = 0, .mac = MAC_1, .slot = "s1", .duration_ms = 8000 },
		{ .id = "2", .at_ms = 5000, .mac = MAC_2, .slot = "s2", .duration_ms = 9000 },
		{ .id = "3", .at_ms = 10000, .mac = MAC_3, .slot = "s1", .code = "NO_ANSWER" },
		{ .id = "4", .at_ms = 20000, .mac = MAC_3, .slot = "s1", .duration_ms = 10000 },
		{ .id = "5",
		  .at_ms = 3 * HOUR_MS,
		  .mac = MAC_1,
		  .slot = "s1",
		  .duration_ms = 8000 },
	};
	struct world *w = *state;
	struct report r;

	put_all(w, runs, 5);
	report_of(w, &all, &r);
	assert_int_equal(r.run_times.n, 4);
	assert_int_equal(r.run_times.least, 8000);
	assert_int_equal(r.run_times.median, 8000);
	assert_int_equal(r.run_times.greatest, 10000);
	assert_int_equal(r.unit_times.n, 1); /* 8 s to 30 s in s1 */
	assert_int_equal(r.unit_times.median, 22000);
	assert_int_equal(r.pauses, 1);
	report_release(&r);
}

static void what_people_did_is_listed_with_the_batch_that_it_belongs_to(void **state)
{
	static const struct report_run runs[] = {
		{ .id = "1", .at_ms = 0, .mac = MAC_1, .batch = "b1", .slot = "s7" },
		{ .id = "2", .at_ms = 10000, .mac = MAC_2, .batch = "b2", .is_duplicate = true },
	};
	const struct record_override override = { .run_id = "1",
						  .code = "ALREADY_PASSED",
						  .operator_name = "li.wei",
						  .reason = "new language",
						  .utc_ms = REPORT_EPOCH };
	const struct record_disposition disposition = { .mac = MAC_2,
							.state = "QUARANTINE",
							.operator_name = "qa",
							.reason = "twice",
							.utc_ms = REPORT_EPOCH };
	const struct record_alarm alarm = {
		.code = "FORKED", .detail = "two histories", .mac = MAC_2, .utc_ms = REPORT_EPOCH
	};
	struct world *w = *state;
	struct report r;
	struct err err;

	put_all(w, runs, 2);
	struct db *db = world_open(w, DB_WRITE);
	if (db_put(db, RECORD_OVERRIDE, &override, &err) ||
	    db_put(db, RECORD_DISPOSITION, &disposition, &err) ||
	    db_put(db, RECORD_ALARM, &alarm, &err))
		fail_msg("%s", err.text);
	db_close(db);

	report_of(w, &(struct report_filter){ .batch = "b1" }, &r);
	assert_int_equal(r.overrides.total, 1);
	assert_string_equal(r.overrides.items[0].what, "ALREADY_PASSED");
	assert_string_equal(r.overrides.items[0].mac, MAC_1);
	assert_string_equal(r.overrides.items[0].slot, "s7");
	assert_string_equal(r.overrides.items[0].operator_name, "li.wei");
	assert_int_equal(r.dispositions.total + r.alarms.total + r.duplicates.total, 0);
	report_release(&r);

	report_of(w, &(struct report_filter){ .batch = "b2" }, &r);
	assert_int_equal(r.overrides.total, 0);
	assert_string_equal(r.dispositions.items[0].what, "QUARANTINE");
	assert_string_equal(r.alarms.items[0].text, "two histories");
	assert_string_equal(r.duplicates.items[0].mac, MAC_2);
	report_release(&r);

	report_of(w, &(struct report_filter){ .has_to = true, .to_utc_ms = REPORT_EPOCH }, &r);
	assert_int_equal(r.overrides.total + r.dispositions.total + r.alarms.total, 0);
	report_release(&r);
}

static void an_order_is_told_with_what_is_to_go_and_the_head_of_the_ledger(void **state)
{
	static const struct report_run runs[] = {
		{ .id = "1", .at_ms = 0, .mac = MAC_1, .batch = "b1" },
		{ .id = "2", .at_ms = 10000, .mac = MAC_1, .batch = "b1" },
	};
	const struct record_batch batch = { .batch = "b1",
					    .work_order = "WO-1",
					    .quantity = 500,
					    .operator_name = "li.wei",
					    .opened_utc_ms = REPORT_EPOCH };
	struct world *w = *state;
	struct ledger_head head;
	struct report r;
	struct err err;

	put_all(w, runs, 2);
	struct db *db = world_open(w, DB_WRITE);
	if (db_put(db, RECORD_BATCH, &batch, &err))
		fail_msg("%s", err.text);
	db_close(db);
	report_of(w, &(struct report_filter){ .batch = "b1" }, &r);
	assert_true(r.batch.is_known && r.batch.is_open);
	assert_string_equal(r.batch.work_order, "WO-1");
	assert_int_equal(r.batch.quantity, 500);
	assert_int_equal(r.batch.passed, 1);
	assert_int_equal(ledger_anchor_read(r.anchor, &head, &err), STATUS_OK);
	assert_int_equal(head.seq, r.ledger_entries);
	assert_true(head.seq >= 5);
	report_release(&r);
}

static void an_empty_period_is_no_error_and_a_name_nobody_used_is_one(void **state)
{
	static const struct report_run runs[] = { { .id = "1", .mac = MAC_1, .batch = "b1" } };
	const struct report_filter empty = { .has_to = true, .to_utc_ms = REPORT_EPOCH };
	static const struct report_filter wrong[] = {
		{ .batch = "b2" },
		{ .recipe = "no-such-recipe" },
		{ .recipe = "a1a1a1a" }, /* seven digits are a name */
		{ .has_from = true, .from_utc_ms = 5, .has_to = true, .to_utc_ms = 5 },
	};
	struct world *w = *state;
	struct report r;
	struct err err;

	put_all(w, runs, 1);
	report_of(w, &empty, &r);
	assert_int_equal(r.flash_runs, 0);
	assert_int_equal(r.yield_count, 0);
	assert_int_equal(r.first_utc_ms, 0);
	report_release(&r);
	struct db *db = world_open(w, DB_READ);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(report_read(db, &wrong[i], &r, &err), STATUS_USAGE);
		report_release(&r);
	}
	/* Nothing is left behind: the connection goes on. */
	assert_int_equal(report_read(db, &all, &r, &err), STATUS_OK);
	report_release(&r);
	db_close(db);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_first_judged_run_of_a_unit_decides_the_first_pass_yield),
		TEST(runs_that_station_or_people_made_fail_count_only_when_strict),
		TEST(aborted_runs_are_never_judged),
		TEST(a_unit_that_was_run_before_the_period_is_no_first_pass_in_it),
		TEST(a_new_revision_of_the_recipe_gives_no_second_first_run),
		TEST(processes_are_told_apart_and_multiplied),
		TEST(verify_runs_runs_without_mac_and_open_runs_stand_apart),
		TEST(golden_runs_are_counted_apart_and_in_nothing_else),
		TEST(lockouts_are_listed_by_their_time),
		TEST(a_slot_that_fails_by_more_than_chance_is_named_and_a_sound_one_is_not),
		TEST(five_failures_are_not_enough_where_there_are_eight_slots),
		TEST(six_failures_are_enough_where_there_are_eight_slots),
		TEST(chips_that_never_answered_are_no_bad_revision),
		TEST(an_hour_outside_three_sigma_is_marked),
		TEST(many_hours_become_days_and_lose_no_run),
		TEST(unit_to_unit_is_from_pass_to_pass_in_one_slot_without_pauses),
		TEST(what_people_did_is_listed_with_the_batch_that_it_belongs_to),
		TEST(an_order_is_told_with_what_is_to_go_and_the_head_of_the_ledger),
		TEST(an_empty_period_is_no_error_and_a_name_nobody_used_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
