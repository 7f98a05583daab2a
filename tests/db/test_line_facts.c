#include "tests/db/world.h"

#include "db/decide.h"
#include "db/line_facts.h"
#include "db/lockouts.h"
#include "db/prints.h"
#include "db/run.h"
#include "db/serials.h"
#include "db/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_A "pci-0000:00:14.0/1.1:1.0"
#define SLOT_B "pci-0000:00:14.0/1.2:1.0"
#define OTHER_RECIPE "dd00000000000000000000000000000000000000000000000000000000000002"

struct made {
	int id; /* also its time, in seconds */
	const char *slot, *outcome, *party;
	int unit;            /* 0: no MAC was read */
	const char *purpose; /* NULL */
	const char *kind;    /* NULL: FLASH */
	bool is_other_recipe;
};

static const char *id_text(int id)
{
	static char text[RUN_ID_BYTES];

	snprintf(text, sizeof(text), "01931f2e-4c00-7000-8000-%012d", id);
	return text;
}

static const char *mac_of_unit(int unit)
{
	static char text[MAC_TEXT_BYTES];

	snprintf(text, sizeof(text), "24:0a:c4:00:00:%02x", (unsigned)unit & 0xff);
	return text;
}

static void put_recipes(struct db *db)
{
	struct record_recipe other = sample_recipe;
	struct err err;

	other.digest = OTHER_RECIPE;
	if (db_put_recipe(db, &sample_recipe, &err) || db_put_recipe(db, &other, &err))
		fail_msg("%s", err.text);
}

static void make(struct db *db, const struct made *made)
{
	const struct record_run run = {
		.run_id = id_text(made->id),
		.kind = made->kind ? made->kind : "FLASH",
		.slot = made->slot,
		.start_utc_ms = INT64_C(1000) * made->id,
		.recipe_digest = made->is_other_recipe ? OTHER_RECIPE : sample_recipe.digest,
		.purpose = made->purpose,
	};
	const struct record_result result = {
		.run_id = run.run_id,
		.outcome = made->outcome,
		.code = "CODE",
		.party = made->party,
		.proof = "NONE",
		.end_utc_ms = INT64_C(1000) * made->id + 500,
		.mac = made->unit ? mac_of_unit(made->unit) : NULL,
	};
	struct err err;

	if (db_put_run(db, &run, &err) || (made->outcome && db_put_result(db, &result, &err)))
		fail_msg("%s", err.text);
}

static const struct made afternoon[] = {
	{ .id = 1,
	  .slot = SLOT_A,
	  .outcome = "PASS",
	  .party = "NONE",
	  .unit = 9,
	  .purpose = "GOLDEN",
	  .kind = "VERIFY" },
	{ .id = 2, .slot = SLOT_A, .outcome = "FAIL", .party = "UNIT", .unit = 1 },
	{ .id = 3, .slot = SLOT_B, .outcome = "PASS", .party = "NONE", .unit = 2 },
	{ .id = 4, .slot = SLOT_A, .outcome = "PASS", .party = "NONE", .unit = 1 },
	{ .id = 5, .slot = SLOT_A, .outcome = "ABORTED", .party = "OPERATOR", .unit = 3 },
	{ .id = 6, .slot = SLOT_A, .outcome = "ERROR", .party = "STATION", .unit = 3 },
	{ .id = 7, .slot = SLOT_A, .outcome = "ERROR", .party = "LINK" },
	{ .id = 8,
	  .slot = SLOT_B,
	  .outcome = "PASS",
	  .party = "NONE",
	  .unit = 4,
	  .is_other_recipe = true },
	{ .id = 9,
	  .slot = SLOT_B,
	  .outcome = "FAIL",
	  .party = "UNIT",
	  .unit = 9,
	  .purpose = "GOLDEN",
	  .kind = "VERIFY" },
	{ .id = 10, .slot = SLOT_B, .outcome = "PASS", .party = "NONE", .unit = 4 },
	{ .id = 11, .slot = SLOT_A }, /* still running */
};

static struct db *db_of_afternoon(const struct world *w)
{
	struct db *db = world_open(w, DB_WRITE);

	put_recipes(db);
	for (size_t i = 0; i < sizeof(afternoon) / sizeof(afternoon[0]); i++)
		make(db, &afternoon[i]);
	return db;
}

static void expect_runs(const struct line_run *runs, size_t count, const char *expected)
{
	char text[200] = "";

	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%d%s%s", i ? " " : "",
			 atoi(runs[i].run_id + 24), runs[i].is_golden ? "g" : "",
			 runs[i].is_judged ? "j" : "");
	assert_string_equal(text, expected);
}

static void the_runs_of_a_slot_come_newest_first_without_those_that_run(void **state)
{
	struct db *db = db_of_afternoon(*state);
	struct line_run runs[8];
	size_t count;

	assert_int_equal(line_slot_runs(db, SLOT_A, runs, 8, &count, NULL), STATUS_OK);
	expect_runs(runs, count, "7j 6 5 4j 2j 1g");
	assert_string_equal(runs[0].outcome, "ERROR");
	assert_string_equal(runs[0].party, "LINK");
	assert_string_equal(runs[0].mac, "");
	assert_string_equal(runs[3].mac, mac_of_unit(1));
	assert_int_equal(runs[3].end_utc_ms, 4500);
	assert_false(runs[5].is_flash);
	assert_int_equal(line_slot_runs(db, SLOT_A, runs, 2, &count, NULL), STATUS_OK);
	expect_runs(runs, count, "7j 6");
	assert_int_equal(line_slot_runs(db, "nowhere", runs, 2, &count, NULL), STATUS_OK);
	assert_int_equal(count, 0);
	db_close(db);
}

static void the_judged_runs_of_a_recipe_are_ordinary_and_its_own(void **state)
{
	struct db *db = db_of_afternoon(*state);
	struct line_run runs[8];
	size_t count;

	assert_int_equal(line_recipe_runs(db, sample_recipe.digest, 0, runs, 8, &count, NULL),
			 STATUS_OK);
	expect_runs(runs, count, "10j 7j 4j 3j 2j");
	assert_int_equal(line_recipe_runs(db, sample_recipe.digest, 4000, runs, 8, &count, NULL),
			 STATUS_OK);
	expect_runs(runs, count, "10j 7j 4j");
	assert_int_equal(line_recipe_runs(db, sample_recipe.digest, 0, runs, 1, &count, NULL),
			 STATUS_OK);
	expect_runs(runs, count, "10j");
	db_close(db);
}

static void expect_yield(struct db *db, int64_t since, uint64_t last, int64_t judged,
			 int64_t passed, int64_t units, int64_t first_passed)
{
	struct line_yield y;

	assert_int_equal(line_yield_read(db, sample_recipe.digest, since, last, &y, NULL),
			 STATUS_OK);
	assert_int_equal(y.judged, judged);
	assert_int_equal(y.passed, passed);
	assert_int_equal(y.units, units);
	assert_int_equal(y.first_passed, first_passed);
}

/* Unit 4 was judged before in the product, with another recipe. */
static void a_first_pass_is_the_first_judged_run_of_the_product(void **state)
{
	struct db *db = db_of_afternoon(*state);

	expect_yield(db, 0, 0, 5, 3, 2, 1);
	expect_yield(db, 0, 3, 3, 2, 0, 0); /* 10, 7, 4: each unit was seen before */
	expect_yield(db, 3000, 0, 4, 3, 1, 1);
	expect_yield(db, 20000, 0, 0, 0, 0, 0);
	db_close(db);
}

static void the_newest_golden_run_that_passed_counts(void **state)
{
	struct db *db = db_of_afternoon(*state);
	struct line_golden golden;

	assert_int_equal(line_golden_read(db, sample_recipe.digest, 100, &golden, NULL), STATUS_OK);
	assert_true(golden.is_there);
	assert_string_equal(golden.run_id, id_text(1));
	assert_string_equal(golden.mac, mac_of_unit(9));
	assert_int_equal(golden.end_utc_ms, 1500);
	assert_int_equal(golden.judged_since, 5);
	assert_int_equal(line_golden_read(db, sample_recipe.digest, 2, &golden, NULL), STATUS_OK);
	assert_int_equal(golden.judged_since, 2);
	assert_int_equal(line_golden_read(db, OTHER_RECIPE, 100, &golden, NULL), STATUS_OK);
	assert_false(golden.is_there);
	assert_int_equal(golden.judged_since, 1);
	db_close(db);
}

static void the_newest_time_is_that_of_any_record(void **state)
{
	struct db *db = db_of_afternoon(*state);
	struct made late = { .id = 2000000000, .slot = SLOT_A };
	int64_t utc_ms, before;

	assert_int_equal(line_newest_utc_ms(db, &before, NULL), STATUS_OK);
	make(db, &late);
	assert_int_equal(line_newest_utc_ms(db, &utc_ms, NULL), STATUS_OK);
	assert_true(before > 11000); /* the ledger's entries are of now */
	assert_int_equal(utc_ms, INT64_C(2000000000000));
	db_close(db);
}

/* How far statements went through a whole table or index. */
static int add_full_steps(unsigned kind, void *steps, void *stmt, void *ns)
{
	(void)kind, (void)ns;
	*(int *)steps += sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
	return 0;
}

static void no_figure_of_a_line_reads_all_runs(void **state)
{
	struct db *db = db_of_afternoon(*state);
	const struct serial_range range = {
		.product = "p", .source = "RANGE", .prefix = "a", .width = 3, .first = 1, .last = 9
	};
	struct serial_pick pick;
	struct line_golden golden;
	struct line_yield yield;
	struct line_run runs[8];
	int64_t utc_ms;
	size_t count;
	int steps = 0;

	sqlite3_trace_v2(db->sql, SQLITE_TRACE_PROFILE, add_full_steps, &steps);
	assert_int_equal(line_slot_runs(db, SLOT_A, runs, 2, &count, NULL), STATUS_OK);
	assert_true(steps <= 2 * 4); /* of what it chose by the index */
	steps = 0;
	assert_int_equal(line_recipe_runs(db, OTHER_RECIPE, 0, runs, 8, &count, NULL), STATUS_OK);
	assert_int_equal(line_golden_read(db, OTHER_RECIPE, 9, &golden, NULL), STATUS_OK);
	assert_int_equal(serial_pick_next(db, &range, &pick, NULL), STATUS_OK);
	assert_int_equal(steps, 0);
	assert_int_equal(line_newest_utc_ms(db, &utc_ms, NULL), STATUS_OK);
	assert_true(steps <= 200); /* the last entries of the ledger, backwards */
	steps = 0;
	assert_int_equal(line_yield_read(db, OTHER_RECIPE, 0, 9, &yield, NULL), STATUS_OK);
	assert_true(steps <= yield.judged);
	db_close(db);
}

/* ---- lockouts ---- */

static void lock(struct db *db, const char *id, const char *slot, int64_t utc_ms)
{
	const struct record_lockout lockout = { .lockout_id = id,
						.code = "SLOT_FAILS",
						.slot = slot,
						.detail = "3 in a row",
						.utc_ms = utc_ms };
	struct err err;

	if (db_put(db, RECORD_LOCKOUT, &lockout, &err))
		fail_msg("%s", err.text);
}

static enum status end_lock(struct db *db, const char *id, const char *how, const char *who,
			    const char *why, int64_t utc_ms, struct err *err)
{
	const struct record_lockout_end end = {
		.lockout_id = id, .how = how, .operator_name = who, .reason = why, .utc_ms = utc_ms
	};

	return db_put(db, RECORD_LOCKOUT_END, &end, err);
}

static void expect_lockouts(struct db *db, struct lockout_choice choice, const char *expected)
{
	struct lockout_row *rows;
	char text[100] = "";
	size_t count;

	assert_int_equal(lockouts_read(db, &choice, &rows, &count, NULL), STATUS_OK);
	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 rows[i].lockout_id);
	free(rows);
	assert_string_equal(text, expected);
}

static void a_lockout_is_open_until_it_is_ended_also_over_a_restart(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct lockout_row *rows;
	size_t count;

	lock(db, "l1", NULL, 1000);
	lock(db, "l2", SLOT_A, 2000);
	lock(db, "l3", SLOT_B, 3000);
	assert_int_equal(end_lock(db, "l2", "OVERRIDDEN", "q.engineer", "cable", 2500, NULL),
			 STATUS_OK);
	db_close(db);
	db = world_open(w, DB_WRITE);
	expect_lockouts(db, (struct lockout_choice){ .is_open = true }, "l1 l3");
	expect_lockouts(db, (struct lockout_choice){ .slot = SLOT_A }, "l2");
	expect_lockouts(db, (struct lockout_choice){ .last = 2 }, "l2 l3");
	expect_lockouts(db, (struct lockout_choice){ .has_since = true, .since_utc_ms = 2501 },
			"l1 l3");
	expect_lockouts(db, (struct lockout_choice){ .has_until = true, .until_utc_ms = 2000 },
			"l1");
	assert_int_equal(lockouts_read(db, &(struct lockout_choice){ 0 }, &rows, &count, NULL),
			 STATUS_OK);
	assert_int_equal(count, 3);
	assert_false(rows[0].has_ended);
	assert_string_equal(rows[0].slot, "");
	assert_true(rows[1].has_ended);
	assert_string_equal(rows[1].how, "OVERRIDDEN");
	assert_string_equal(rows[1].operator_name, "q.engineer");
	assert_string_equal(rows[1].reason, "cable");
	assert_int_equal(rows[1].end_utc_ms, 2500);
	free(rows);
	db_close(db);
}

static void an_end_needs_a_lockout_that_is_open_and_an_override_a_name(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	struct err err;

	lock(db, "l1", NULL, 1000);
	assert_int_equal(end_lock(db, "l9", "CURED", NULL, NULL, 2, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "lockout l9: is not in these records"));
	assert_int_equal(end_lock(db, "l1", "OVERRIDDEN", "kim", NULL, 2, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "a name and a reason"));
	assert_int_equal(end_lock(db, "l1", "CURED", NULL, NULL, 2, &err), STATUS_OK);
	assert_int_equal(end_lock(db, "l1", "CURED", NULL, NULL, 3, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "has ended already"));
	const struct record_lockout again = {
		.lockout_id = "l1", .code = "DISK_LOW", .detail = "d", .utc_ms = 4
	};
	assert_int_equal(db_put(db, RECORD_LOCKOUT, &again, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "its own id"));
	db_close(db);
}

/* ---- labels ---- */

static enum status print(struct db *db, const char *id, const char *run_id, int64_t copy,
			 struct err *err)
{
	const struct record_print_job job = { .print_id = id,
					      .run_id = run_id,
					      .copy = copy,
					      .mac = sample_result.mac,
					      .serial = "SN00042",
					      .printer = "command cat",
					      .template_sha256 = "ee01",
					      .content = "^XA^FDSN00042^FS^XZ",
					      .operator_name = copy > 1 ? "kim" : NULL,
					      .reason = copy > 1 ? "smeared" : NULL,
					      .utc_ms = 1000 * copy };

	return db_put(db, RECORD_PRINT_JOB, &job, err);
}

static enum status tell(struct db *db, const char *id, const char *state, const char *detail,
			struct err *err)
{
	const struct record_print_event event = {
		.print_id = id, .state = state, .detail = detail, .utc_ms = 5
	};

	return db_put(db, RECORD_PRINT_EVENT, &event, err);
}

static void the_labels_of_a_run_come_with_what_became_of_them(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	struct print_list list;
	struct err err;

	world_put(db, id_text(1));
	world_put(db, id_text(2));
	assert_int_equal(print(db, "p1", id_text(1), 1, &err), STATUS_OK);
	assert_int_equal(tell(db, "p1", "FAILED", "no paper", &err), STATUS_OK);
	assert_int_equal(print(db, "p2", id_text(1), 2, &err), STATUS_OK);
	assert_int_equal(tell(db, "p2", "SENT", NULL, &err), STATUS_OK);
	assert_int_equal(tell(db, "p2", "SCANNED", NULL, &err), STATUS_OK);
	assert_int_equal(print(db, "p3", id_text(2), 1, &err), STATUS_OK);
	assert_int_equal(prints_of_run(db, id_text(1), &list, &err), STATUS_OK);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.rows[0].print_id, "p1");
	assert_int_equal(list.rows[0].event_count, 1);
	assert_string_equal(list.rows[0].events[0].detail, "no paper");
	assert_string_equal(list.rows[0].reason, "");
	assert_int_equal(list.rows[1].copy, 2);
	assert_string_equal(list.rows[1].reason, "smeared");
	assert_string_equal(list.rows[1].content, "^XA^FDSN00042^FS^XZ");
	assert_int_equal(list.rows[1].event_count, 2);
	assert_string_equal(list.rows[1].events[1].state, "SCANNED");
	prints_release(&list);
	assert_int_equal(prints_of_unit(db, sample_result.mac, &list, &err), STATUS_OK);
	assert_int_equal(list.count, 3);
	assert_string_equal(list.rows[2].run_id, id_text(2));
	prints_release(&list);
	assert_int_equal(prints_of_run(db, "none", &list, &err), STATUS_OK);
	assert_int_equal(list.count, 0);
	prints_release(&list);
	db_close(db);
}

static void a_label_needs_its_run_and_an_event_its_label(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	struct err err;

	assert_int_equal(print(db, "p1", id_text(7), 1, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "the run is not in these records"));
	assert_int_equal(tell(db, "p1", "SENT", NULL, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "label p1: SENT, but no such label"));
	assert_int_equal(print(db, "p1", NULL, 1, &err), STATUS_OK);
	assert_int_equal(print(db, "p1", NULL, 2, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "its own id"));
	db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
		TEST(the_runs_of_a_slot_come_newest_first_without_those_that_run),
		TEST(the_judged_runs_of_a_recipe_are_ordinary_and_its_own),
		TEST(a_first_pass_is_the_first_judged_run_of_the_product),
		TEST(the_newest_golden_run_that_passed_counts),
		TEST(the_newest_time_is_that_of_any_record),
		TEST(no_figure_of_a_line_reads_all_runs),
		TEST(a_lockout_is_open_until_it_is_ended_also_over_a_restart),
		TEST(an_end_needs_a_lockout_that_is_open_and_an_override_a_name),
		TEST(the_labels_of_a_run_come_with_what_became_of_them),
		TEST(a_label_needs_its_run_and_an_event_its_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
