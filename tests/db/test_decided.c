/* How a batch, a recipe, a rule and a unit stand, after all that was decided about them. */
#include "tests/db/world.h"

#include "db/decided.h"
#include "db/run.h"

#include <stdio.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_name_that_nobody_opened_is_no_batch, world_set_up,
						world_tear_down),
		cmocka_unit_test_setup_teardown(without_a_decision_nothing_is_decided, world_set_up,
						world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
