/* How a batch, a recipe, a rule and a unit stand, after all that was decided about them. */
#include "tests/db/world.h"

#include "db/decide.h"
#include "db/decided.h"
#include "db/decisions.h"
#include "db/run.h"

#define MAC "24:0a:c4:00:01:10"

static void a_name_that_nobody_opened_is_no_batch(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	struct batch_state batch;
	struct err err;

	world_put(db, "01931f2e-4c00-7000-8000-000000000001"); /* in WO-4711, typed only */
	assert_int_equal(decided_batch(db, "WO-4711", &batch, &err), STATUS_OK);
	assert_false(batch.is_known);
	assert_false(batch.is_open);
	assert_int_equal(batch.passed, 1);
	assert_int_equal(batch.runs, 1);
	assert_int_equal(decided_batch(db, "WO-4712", &batch, &err), STATUS_OK);
	assert_int_equal(batch.runs, 0);
	db_close(db);
}

static void without_a_decision_nothing_is_decided(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	struct disposition_state disposition;
	char word[DECIDED_TEXT_BYTES];
	bool is_approved = true;
	struct err err;

	assert_int_equal(decided_approval(db, sample_recipe.digest, &is_approved, &err), STATUS_OK);
	assert_false(is_approved);
	assert_int_equal(decided_rule(db, "approval", word, &err), STATUS_OK);
	assert_string_equal(word, "");
	assert_int_equal(decided_disposition(db, MAC, &disposition, &err), STATUS_OK);
	assert_string_equal(disposition.state, "");
	assert_int_equal(disposition.seq, 0);
	db_close(db);
}

/* ---- as it was decided ---- */

static void put(struct db *db, enum record_kind kind, const void *record)
{
	struct err err;

	if (db_put(db, kind, record, &err))
		fail_msg("%s", err.text);
}

static void change(struct db *db, const char *what, int64_t quota)
{
	const struct record_batch_change record = {
		.batch = "WO-4711",
		.change = what,
		.quota = quota,
		.operator_name = "ann",
		.reason = "why not",
		.utc_ms = 1795350000000 + quota,
	};

	put(db, RECORD_BATCH_CHANGE, &record);
}

static const struct record_batch order = {
	.batch = "WO-4711",
	.work_order = "4711",
	.part_number = "PN-1",
	.part_revision = "C",
	.customer = "ACME",
	.quantity = 500,
	.quota = 510,
	.operator_name = "ann",
	.opened_utc_ms = 1795340000000,
};

static struct batch_state batch_of(struct db *db)
{
	struct batch_state batch;
	struct err err;

	assert_int_equal(decided_batch(db, "WO-4711", &batch, &err), STATUS_OK);
	return batch;
}

static void a_batch_is_as_it_was_opened_and_changed_last(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	struct batch_state batch;

	put(db, RECORD_BATCH, &order);
	batch = batch_of(db);
	assert_true(batch.is_known && batch.is_open);
	assert_int_equal(batch.quantity, 500);
	assert_int_equal(batch.quota, 510);
	assert_string_equal(batch.recipe_digest, "");
	assert_string_equal(batch.work_order, "4711");
	assert_string_equal(batch.part_number, "PN-1");
	assert_string_equal(batch.part_revision, "C");
	assert_string_equal(batch.customer, "ACME");
	assert_int_equal(batch.opened_utc_ms, 1795340000000);
	change(db, "QUOTA", 520);
	change(db, "CLOSED", 0);
	change(db, "QUOTA", 530);
	batch = batch_of(db);
	assert_false(batch.is_open);
	assert_int_equal(batch.quota, 530);
	assert_int_equal(batch.closed_utc_ms, 1795350000000);
	change(db, "REOPENED", 0);
	batch = batch_of(db);
	assert_true(batch.is_open);
	assert_int_equal(batch.quota, 530);
	db_close(db);
}

/* A run in WO-4711; outcome NULL: it stays open. */
static void put_run(struct db *db, const char *run_id, const char *kind, const char *mac,
		    const char *outcome)
{
	struct record_result result = sample_result;
	struct record_run run = sample_run;
	struct err err;

	run.run_id = result.run_id = run_id;
	run.kind = kind;
	result.mac = mac;
	result.outcome = outcome;
	assert_int_equal(db_put_run(db, &run, &err), STATUS_OK);
	if (outcome)
		assert_int_equal(db_put_result(db, &result, &err), STATUS_OK);
}

static void a_batch_counts_units_and_not_runs(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	const struct record_disposition scrap = {
		.mac = "24:0a:c4:00:00:01",
		.state = "SCRAP",
		.operator_name = "ann",
		.reason = "bent",
		.utc_ms = 1,
	};
	struct batch_state batch;
	struct batch_units units;
	struct err err;

	assert_int_equal(db_put_recipe(db, &sample_recipe, &err), STATUS_OK);
	put_run(db, "run-1", "FLASH", "24:0a:c4:00:00:01", "PASS");
	put_run(db, "run-2", "FLASH", "24:0a:c4:00:00:01", "PASS");
	put_run(db, "run-3", "FLASH", "24:0a:c4:00:00:01", "FAIL");
	put_run(db, "run-4", "VERIFY", "24:0a:c4:00:00:02", "PASS");
	put_run(db, "run-5", "FLASH", "24:0a:c4:00:00:03", "ERROR");
	put_run(db, "run-6", "FLASH", "24:0a:c4:00:00:04", "ABORTED");
	put_run(db, "run-7", "FLASH", NULL, "ERROR");
	put_run(db, "run-8", "FLASH", NULL, NULL);
	put_run(db, "run-9", "FLASH", "24:0a:c4:00:00:05", "PASS");
	put(db, RECORD_DISPOSITION, &scrap);
	batch = batch_of(db);
	assert_int_equal(batch.passed, 2);
	assert_int_equal(batch.runs, 8);
	assert_int_equal(batch_units_read(db, "WO-4711", &units, &err), STATUS_OK);
	assert_int_equal(units.runs, 8);
	assert_int_equal(units.passed, 2);
	assert_int_equal(units.failed, 1);
	assert_int_equal(units.unjudged, 1);
	assert_int_equal(units.set_aside, 1);
	assert_int_equal(units.open_runs, 1);
	assert_int_equal(units.unknown_runs, 1);
	db_close(db);
}

static void judge_recipe(struct db *db, const char *word)
{
	const struct record_approval record = {
		.recipe_digest = sample_recipe.digest,
		.state = word,
		.operator_name = "ann",
		.utc_ms = 1,
	};

	put(db, RECORD_APPROVAL, &record);
}

static void expect_recipe(struct db *db, bool approved, bool retired)
{
	bool is_approved, is_retired;
	struct err err;

	assert_int_equal(decided_approval(db, sample_recipe.digest, &is_approved, &err), STATUS_OK);
	assert_int_equal(decided_retired(db, sample_recipe.digest, &is_retired, &err), STATUS_OK);
	assert_int_equal(is_approved, approved);
	assert_int_equal(is_retired, retired);
}

static void the_newest_judgement_of_a_recipe_counts(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	struct err err;

	assert_int_equal(db_put_recipe(db, &sample_recipe, &err), STATUS_OK);
	expect_recipe(db, false, false);
	judge_recipe(db, "RETIRED");
	expect_recipe(db, false, true);
	judge_recipe(db, "APPROVED");
	expect_recipe(db, true, false);
	judge_recipe(db, "RETIRED");
	expect_recipe(db, false, true);
	db_close(db);
}

static void dispose(struct db *db, const char *state)
{
	const struct record_disposition record = {
		.mac = MAC,
		.state = state,
		.operator_name = "ann",
		.reason = "bent",
		.utc_ms = 7,
	};

	put(db, RECORD_DISPOSITION, &record);
}

static void released_undoes_what_was_decided_about_a_unit(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	struct disposition_state unit, before;
	struct err err;

	dispose(db, "QUARANTINE");
	assert_int_equal(decided_disposition(db, MAC, &before, &err), STATUS_OK);
	assert_string_equal(before.state, "QUARANTINE");
	assert_string_equal(before.reason, "bent");
	assert_string_equal(before.operator_name, "ann");
	assert_int_equal(before.utc_ms, 7);
	dispose(db, "RELEASED");
	assert_int_equal(decided_disposition(db, MAC, &unit, &err), STATUS_OK);
	assert_string_equal(unit.state, "");
	assert_true(unit.seq > before.seq);
	assert_int_equal(decided_disposition(db, "24:0a:c4:00:00:02", &unit, &err), STATUS_OK);
	assert_string_equal(unit.state, "");
	db_close(db);
}

/* As the ledger has it, not as the ids sort: the clock was wrong when the first was decided. */
static void a_clock_that_was_set_back_brings_no_old_decision_back(void **state)
{
	static const char *const from_the_future[] = {
		"INSERT INTO rule VALUES ('ffffffff-4c00-7000-8000-000000000001', 'approval', "
		"'off',"
		" 'ann', 'x', 1)",
		"INSERT INTO ledger SELECT max(seq) + 1, 1, 'rule',"
		" 'ffffffff-4c00-7000-8000-000000000001', '{}', zeroblob(32), zeroblob(32)"
		" FROM ledger",
	};
	const struct record_rule rule = {
		.name = "approval",
		.word = "required",
		.operator_name = "ann",
		.reason = "x",
		.utc_ms = 2,
	};
	struct db *db = world_open(*state, DB_WRITE);
	char word[DECIDED_TEXT_BYTES];
	const char *message;
	struct err err;

	for (size_t i = 0; i < 2; i++) {
		if (world_do(*state, from_the_future[i], &message))
			fail_msg("%s", message);
	}
	assert_int_equal(decided_rule(db, "approval", word, &err), STATUS_OK);
	assert_string_equal(word, "off");
	put(db, RECORD_RULE, &rule);
	assert_int_equal(decided_rule(db, "approval", word, &err), STATUS_OK);
	assert_string_equal(word, "required");
	db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_name_that_nobody_opened_is_no_batch, world_set_up,
						world_tear_down),
		cmocka_unit_test_setup_teardown(without_a_decision_nothing_is_decided, world_set_up,
						world_tear_down),
		cmocka_unit_test_setup_teardown(a_batch_is_as_it_was_opened_and_changed_last,
						world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(a_batch_counts_units_and_not_runs, world_set_up,
						world_tear_down),
		cmocka_unit_test_setup_teardown(the_newest_judgement_of_a_recipe_counts,
						world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(released_undoes_what_was_decided_about_a_unit,
						world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			a_clock_that_was_set_back_brings_no_old_decision_back, world_set_up,
			world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
