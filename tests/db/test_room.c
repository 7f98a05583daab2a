/* A disk that fills up: new runs are refused in time, open ones are finished. */
#include "tests/db/watched_vfs.h"
#include "tests/db/world.h"

#include "db/room.h"
#include "db/run.h"
#include "db/unit_log.h"
#include "db/writer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATION_SLOTS 64
#define LONGEST_STEPS 40 /* three tries with all remedies make no more than that */

static void must(enum status st, const struct err *err)
{
	if (st)
		fail_msg("%s", err->text);
}

static int64_t size_of(const struct world *w, const char *name)
{
	struct stat info;

	return stat(world_file(w, name), &info) == 0 ? info.st_size : -1;
}

static struct writer *writer_on(const struct world *w, struct db **db)
{
	struct writer *writer;
	struct err err;

	*db = world_open(w, DB_WRITE);
	must(db_put_recipe(*db, &sample_recipe, &err), &err);
	must(writer_new(*db, &writer, &err), &err);
	return writer;
}

/* Everything as long as it gets. */
struct largest {
	struct record_result result;
	struct record_step steps[LONGEST_STEPS];
	char text[500], log[UNIT_LOG_BYTES + 1];
	char mac[18];
};

static void make_largest(struct largest *l, int number)
{
	memset(l->text, 't', sizeof(l->text) - 1);
	memset(l->log, 'l', sizeof(l->log) - 1);
	snprintf(l->mac, sizeof(l->mac), "24:0a:c4:00:%02x:%02x", (number * 37) & 0xff, number);
	for (size_t i = 0; i < LONGEST_STEPS; i++)
		l->steps[i] = (struct record_step){ .try_no = 1,
						    .name = "identify",
						    .code = "STUB_UPLOAD_CHECKSUM",
						    .note = l->text + 380 };
	l->result = sample_result;
	l->result.mac = l->mac;
	l->result.detail = l->result.evidence = l->result.rungs = l->result.advice = l->text;
	l->result.suspects = l->result.features = l->text;
	l->result.steps = l->steps;
	l->result.step_count = LONGEST_STEPS;
	l->result.log = l->log;
}

/* 64 of the largest results, each in a commit of its own, and none of them in the database yet. */
static void the_reserve_has_room_for_the_largest_results_of_all_slots(void **state)
{
	struct world *w = *state;
	struct largest *largest = calloc(1, sizeof(*largest));
	char run_ids[STATION_SLOTS][RUN_ID_BYTES];
	struct db *db;
	struct writer *writer = writer_on(w, &db);
	struct record_run run = sample_run;
	struct err err;

	for (int i = 0; i < STATION_SLOTS; i++) {
		db_new_run_id(run_ids[i]);
		run.run_id = run_ids[i];
		must(writer_put_run(writer, &run, &err), &err);
	}
	must(sql_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", &err), &err);
	must(sql_exec(db, "PRAGMA wal_autocheckpoint = 0", &err), &err);
	for (int i = 0; i < STATION_SLOTS; i++) {
		make_largest(largest, i);
		largest->result.run_id = run_ids[i];
		must(writer_put_result(writer, &largest->result, &err), &err);
	}
	int64_t log_bytes = size_of(w, "records.db-wal");
	writer_free(writer);
	db_close(db);
	free(largest);
	if (log_bytes > ROOM_RESERVE_BYTES / 2)
		fail_msg("64 results take %lld bytes, half of the reserve is %lld",
			 (long long)log_bytes, (long long)(ROOM_RESERVE_BYTES / 2));
	assert_true(log_bytes > STATION_SLOTS * UNIT_LOG_BYTES); /* they were that large */
}

static void the_reserve_is_there_while_a_station_works_and_no_longer(void **state)
{
	struct world *w = *state;
	struct db *db;
	struct writer *writer = writer_on(w, &db);

	assert_int_equal(size_of(w, "records.db.reserve"), ROOM_RESERVE_BYTES);
	writer_free(writer);
	assert_int_equal(size_of(w, "records.db.reserve"), -1);
	db_close(db);
}

/* The disk has what the reserve keeps, and nothing else. */
static bool reserve_takes_all(void *ctx)
{
	const struct world *w = ctx;

	return size_of(w, "records.db.reserve") >= 0;
}

/* The nth write of this result is the first that finds no room. False: it had room for all. */
static bool store_on_a_disk_full_after(const struct world *w, size_t writes)
{
	struct watched *watched = watched_begin();
	struct db *db;
	struct writer *writer = writer_on(w, &db);
	struct record_result result = sample_result;
	struct record_run run = sample_run;
	char run_id[RUN_ID_BYTES];
	struct err err;

	db_new_run_id(run_id);
	run.run_id = result.run_id = run_id;
	must(writer_put_run(writer, &run, &err), &err);
	watched_fill(watched, writes, reserve_takes_all, (void *)w);
	must(writer_put_result(writer, &result, &err), &err);
	watched_fill(watched, 0, NULL, NULL);
	bool was_full = size_of(w, "records.db.reserve") < 0;
	assert_true(writer_is_sound(writer, NULL));
	/* There is room again: so is the reserve, and the next run starts. */
	db_new_run_id(run_id);
	run.run_id = run_id;
	must(writer_put_run(writer, &run, &err), &err);
	assert_int_equal(size_of(w, "records.db.reserve"), ROOM_RESERVE_BYTES);
	writer_free(writer);
	db_close(db);
	watched_end(watched);
	watched_free(watched);
	return was_full;
}

static void a_result_is_stored_whichever_of_its_writes_finds_the_disk_full(void **state)
{
	struct world *w = *state;
	char count[16];
	size_t writes = 0;

	while (store_on_a_disk_full_after(w, writes))
		writes++;
	assert_true(writes > 10);
	snprintf(count, sizeof(count), "%zu", writes + 1);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM runs WHERE outcome = 'PASS'"),
			    count);
}

/* As above, but the reserve does not help: somebody else took that room as well. */
static bool nothing_helps(void *ctx)
{
	(void)ctx;
	return true;
}

static void what_the_reserve_cannot_save_stops_new_runs(void **state)
{
	struct world *w = *state;
	struct watched *watched = watched_begin();
	struct db *db;
	struct writer *writer = writer_on(w, &db);
	struct record_run second = sample_run;
	struct err err;

	second.run_id = "second";
	must(writer_put_run(writer, &sample_run, &err), &err);
	watched_fill(watched, 0, nothing_helps, NULL);
	assert_int_equal(writer_put_result(writer, &sample_result, &err), STATUS_DATABASE);
	assert_non_null(strstr(err.text, "no room left"));
	watched_fill(watched, 0, NULL, NULL);
	assert_int_equal(writer_put_run(writer, &second, &err), STATUS_DATABASE);
	must(writer_put_result(writer, &sample_result, &err), &err);
	writer_free(writer);
	db_close(db);
	watched_end(watched);
	watched_free(watched);
	assert_string_equal(world_ask(w, "SELECT group_concat(outcome) FROM runs"), "PASS");
}

static void a_limit_on_files_refuses_new_runs_with_its_figures(void **state)
{
	struct world *w = *state;
	struct db *db;
	struct writer *writer = writer_on(w, &db);
	struct record_run second = sample_run;
	struct rlimit before, small;
	struct err err;

	second.run_id = "second";
	must(writer_put_run(writer, &sample_run, &err), &err);
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 33000000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	enum status asked = writer_takes_runs(writer, NULL);
	enum status refused = writer_put_run(writer, &second, &err);
	struct err finish_err;
	enum status finished = writer_put_result(writer, &sample_result, &finish_err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, handler);
	assert_int_equal(asked, STATUS_DATABASE);
	assert_int_equal(refused, STATUS_DATABASE);
	assert_non_null(strstr(err.text, w->path));
	assert_non_null(strstr(err.text, "may grow to 33.0 MB"));
	assert_non_null(strstr(err.text, "33.6 MB have to be free"));
	must(finished, &finish_err);
	must(writer_takes_runs(writer, &err), &err);
	must(writer_put_run(writer, &second, &err), &err);
	writer_free(writer);
	db_close(db);
}

/* Only the writer makes the reserve; nobody has to try a run for it. */
static void who_asks_whether_a_run_would_be_taken_has_the_reserve_made(void **state)
{
	struct world *w = *state;
	struct db *db;
	struct writer *writer = writer_on(w, &db);
	char reserve[256];
	struct err err;

	snprintf(reserve, sizeof(reserve), "%s", world_file(w, "records.db.reserve"));
	assert_int_equal(unlink(reserve), 0);
	must(writer_takes_runs(writer, &err), &err);
	assert_int_equal(unlink(reserve), 0);
	assert_int_equal(mkdir(reserve, 0700), 0);
	assert_int_equal(writer_takes_runs(writer, &err), STATUS_DATABASE);
	assert_non_null(strstr(err.text, "move away what stands there"));
	assert_int_equal(rmdir(reserve), 0);
	must(writer_takes_runs(writer, &err), &err);
	writer_free(writer);
	db_close(db);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM run"), "0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_reserve_has_room_for_the_largest_results_of_all_slots),
		TEST(the_reserve_is_there_while_a_station_works_and_no_longer),
		TEST(a_result_is_stored_whichever_of_its_writes_finds_the_disk_full),
		TEST(what_the_reserve_cannot_save_stops_new_runs),
		TEST(a_limit_on_files_refuses_new_runs_with_its_figures),
		TEST(who_asks_whether_a_run_would_be_taken_has_the_reserve_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
