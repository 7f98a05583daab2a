/* Deciding while a station works on the same database (DB_DECIDE). */
#include "tests/db/world.h"

#include "db/decide.h"
#include "db/ledger/ledger.h"
#include "db/run.h"
#include "db/writer.h"
#include "engine/base/bytes.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

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

/* People who decide, each with a connection of its own, and units that are finished by
 * the station's writer, all at once. */
#define DECIDERS 3
#define WORKERS 4
#define ROUNDS 6

struct crowd {
	const struct world *world;
	struct writer *writer;
	pthread_barrier_t start;
};

struct member {
	struct crowd *crowd;
	int number;
	enum status st;
	struct err err;
};

static void *decide(void *arg)
{
	struct member *m = arg;
	char mac[MAC_TEXT_BYTES];

	pthread_barrier_wait(&m->crowd->start);
	for (int i = 0; i < ROUNDS && !m->st; i++) {
		const struct record_disposition record = {
			.mac = mac,
			.state = i % 2 ? "RELEASED" : "QUARANTINE",
			.operator_name = "ann",
			.reason = "x",
			.utc_ms = i + 1,
		};
		struct db *db;

		snprintf(mac, sizeof(mac), "24:0a:c4:00:00:%02x", (unsigned)m->number);
		m->st = db_open(m->crowd->world->path, DB_DECIDE, &db, &m->err);
		if (m->st)
			break;
		m->st = db_put(db, RECORD_DISPOSITION, &record, &m->err);
		db_close(db);
	}
	return NULL;
}

static void *work(void *arg)
{
	struct record_result result = sample_result;
	struct record_run run = sample_run;
	struct member *m = arg;
	char run_id[RUN_ID_BYTES];

	pthread_barrier_wait(&m->crowd->start);
	for (int i = 0; i < ROUNDS && !m->st; i++) {
		db_new_run_id(run_id);
		run.run_id = result.run_id = run_id;
		m->st = writer_put_run(m->crowd->writer, &run, &m->err);
		if (!m->st)
			m->st = writer_put_result(m->crowd->writer, &result, &m->err);
	}
	return NULL;
}

static void crowd_work(struct crowd *c)
{
	struct member members[DECIDERS + WORKERS];
	pthread_t threads[DECIDERS + WORKERS];

	pthread_barrier_init(&c->start, NULL, DECIDERS + WORKERS);
	for (int i = 0; i < DECIDERS + WORKERS; i++) {
		members[i] = (struct member){ .crowd = c, .number = i };
		assert_int_equal(pthread_create(&threads[i], NULL, i < DECIDERS ? decide : work,
						&members[i]),
				 0);
	}
	for (int i = 0; i < DECIDERS + WORKERS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&c->start);
	for (int i = 0; i < DECIDERS + WORKERS; i++) {
		if (members[i].st)
			fail_msg("member %d: %s", i, members[i].err.text);
	}
}

static void people_decide_while_a_station_works_and_the_ledger_holds(void **state)
{
	const struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct crowd crowd = { .world = w };
	struct ledger_report report;
	char counts[64];
	struct err err;

	assert_int_equal(db_put_recipe(db, &sample_recipe, &err), STATUS_OK);
	assert_int_equal(writer_new(db, &crowd.writer, &err), STATUS_OK);
	crowd_work(&crowd);
	writer_free(crowd.writer);
	snprintf(counts, sizeof(counts), "%d %d", DECIDERS * ROUNDS, WORKERS * ROUNDS);
	assert_string_equal(world_ask(w, "SELECT (SELECT count(*) FROM disposition) || ' ' ||"
					 " (SELECT count(*) FROM result)"),
			    counts);
	assert_int_equal(ledger_verify(db, NULL, 0, NULL, NULL, &report, &err), STATUS_OK);
	assert_string_equal(report.text, "");
	assert_int_equal(report.fault, LEDGER_SOUND);
	db_close(db);
}

/* Nobody has made the file: each would, and has to wait for the one that does. */
static void of_several_first_decisions_all_are_stored(void **state)
{
	const struct world *w = *state;
	struct crowd crowd = { .world = w };
	struct member members[DECIDERS];
	pthread_t threads[DECIDERS];
	char count[24];

	pthread_barrier_init(&crowd.start, NULL, DECIDERS);
	for (int i = 0; i < DECIDERS; i++) {
		members[i] = (struct member){ .crowd = &crowd, .number = i };
		assert_int_equal(pthread_create(&threads[i], NULL, decide, &members[i]), 0);
	}
	for (int i = 0; i < DECIDERS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&crowd.start);
	for (int i = 0; i < DECIDERS; i++) {
		if (members[i].st)
			fail_msg("member %d: %s", i, members[i].err.text);
	}
	snprintf(count, sizeof(count), "%d", DECIDERS * ROUNDS);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM disposition"), count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_decision_needs_no_station_to_end, world_set_up,
						world_tear_down),
		cmocka_unit_test_setup_teardown(the_first_decision_makes_the_database, world_set_up,
						world_tear_down),
		cmocka_unit_test_setup_teardown(a_station_may_start_while_somebody_decides,
						world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(only_the_one_that_makes_the_file_needs_it_alone,
						world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			people_decide_while_a_station_works_and_the_ledger_holds, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(of_several_first_decisions_all_are_stored,
						world_set_up, world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
