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

/* ---- beside a station ---- */

static void a_decision_needs_no_station_to_end(void **state)
{
	const struct world *w = *state;
	struct db *station = world_open(w, DB_WRITE), *decider;
	struct record_run run = sample_run;
	struct err err;

	assert_int_equal(db_put_recipe(station, &sample_recipe, &err), STATUS_OK);
	assert_int_equal(db_put_run(station, &run, &err), STATUS_OK);
	decider = world_open(w, DB_DECIDE);
	assert_int_equal(db_stopped_runs(decider), 0);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM result"), "0"); /* the run goes on */
	db_close(decider);
	db_close(station);
}

static void the_first_decision_makes_the_database(void **state)
{
	const struct world *w = *state;
	struct db *db = world_open(w, DB_DECIDE);

	db_close(db);
	db = world_open(w, DB_READ);
	db_close(db);
	db = world_open(w, DB_WRITE);
	assert_int_equal(db_stopped_runs(db), 0);
	db_close(db);
}

static void a_station_may_start_while_somebody_decides(void **state)
{
	const struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);

	db_close(db);
	struct db *decider = world_open(w, DB_DECIDE);
	db = world_open(w, DB_WRITE);
	world_put(db, "01931f2e-4c00-7000-8000-000000000001");
	db_close(db);
	db_close(decider);
}

static void only_the_one_that_makes_the_file_needs_it_alone(void **state)
{
	const struct world *w = *state;
	char name[128];
	struct err err;
	struct db *db;

	/* The lock without the file: a station that is just making it. */
	db = world_open(w, DB_WRITE);
	snprintf(name, sizeof(name), "%s", world_file(w, "moved.db"));
	assert_int_equal(rename(w->path, name), 0);
	assert_int_equal(db_open(w->path, DB_DECIDE, &(struct db *){ NULL }, &err),
			 STATUS_DATABASE);
	assert_non_null(strstr(err.text, "is writing to it"));
	db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_name_that_nobody_opened_is_no_batch, world_set_up,
						world_tear_down),
		cmocka_unit_test_setup_teardown(without_a_decision_nothing_is_decided, world_set_up,
						world_tear_down),
		cmocka_unit_test_setup_teardown(a_decision_needs_no_station_to_end, world_set_up,
						world_tear_down),
		cmocka_unit_test_setup_teardown(the_first_decision_makes_the_database, world_set_up,
						world_tear_down),
		cmocka_unit_test_setup_teardown(a_station_may_start_while_somebody_decides,
						world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(only_the_one_that_makes_the_file_needs_it_alone,
						world_set_up, world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
