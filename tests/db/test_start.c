/* What a start finds out about the file it opens: damage, and runs that were left open. */
#include "tests/db/world.h"

#include "db/damage.h"
#include "db/lock.h"
#include "db/open_runs.h"
#include "db/run.h"
#include "db/sql.h"
#include "db/writer.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOTHING_WHOLE 0 /* a limit that makes every file a large one */

static void must(enum status st, const struct err *err)
{
	if (st)
		fail_msg("%s", err->text);
}

static void put_runs(struct db *db, int runs)
{
	for (int i = 0; i < runs; i++) {
		char run_id[RUN_ID_BYTES];

		db_new_run_id(run_id);
		world_put(db, run_id);
	}
}

static void make_records(const struct world *w, int runs)
{
	struct db *db = world_open(w, DB_WRITE);

	put_runs(db, runs);
	db_close(db);
}

/* A run without a result; the process that began it is gone. */
static void leave_open(const struct world *w, const char *run_id)
{
	struct db *db = world_open(w, DB_WRITE);
	struct record_run run = sample_run;
	struct err err;

	run.run_id = run_id;
	must(db_put_recipe(db, &sample_recipe, &err), &err);
	must(db_put_run(db, &run, &err), &err);
	db_close(db);
}

static size_t stopped_at_start(const struct world *w)
{
	struct db *db = world_open(w, DB_WRITE);
	size_t stopped = db_stopped_runs(db);

	db_close(db);
	return stopped;
}

/* ---- damage ---- */

static void overwrite_root_page(const struct world *w, const char *name)
{
	uint8_t rubbish[4096];
	char query[120];

	snprintf(query, sizeof(query), "SELECT rootpage FROM sqlite_schema WHERE name = '%s'",
		 name);
	long page = atol(world_ask(w, query));
	memset(rubbish, 0xff, sizeof(rubbish));
	int fd = open(w->path, O_RDWR);
	assert_true(page > 1);
	assert_int_equal(pwrite(fd, rubbish, sizeof(rubbish), (page - 1) * 4096), sizeof(rubbish));
	close(fd);
}

struct finding {
	pthread_mutex_t mutex;
	pthread_cond_t told;
	bool is_told;
	struct err err;
};

static void note_finding(void *ctx, const struct err *err)
{
	struct finding *finding = ctx;

	pthread_mutex_lock(&finding->mutex);
	finding->is_told = true;
	finding->err = *err;
	pthread_cond_signal(&finding->told);
	pthread_mutex_unlock(&finding->mutex);
}

/* Rarely visited: no start of a large file reads it. */
static void what_the_start_does_not_read_is_read_while_the_station_works(void **state)
{
	struct world *w = *state;
	struct finding finding = { .mutex = PTHREAD_MUTEX_INITIALIZER,
				   .told = PTHREAD_COND_INITIALIZER };
	struct damage_watch *watch;
	struct err err;

	make_records(w, 3);
	overwrite_root_page(w, "result_by_mac");
	struct db *db = world_open(w, DB_READ);
	must(damage_check(db, NOTHING_WHOLE, &err), &err);
	assert_false(db->is_checked);
	db_close(db);

	must(damage_watch_new(w->path, note_finding, &finding, &watch, &err), &err);
	pthread_mutex_lock(&finding.mutex);
	while (!finding.is_told)
		pthread_cond_wait(&finding.told, &finding.mutex);
	pthread_mutex_unlock(&finding.mutex);
	damage_watch_free(watch);
	assert_non_null(strstr(finding.err.text, w->path));
	assert_non_null(strstr(finding.err.text, "is damaged: restore a backup"));
}

static void damage_to_the_newest_part_is_found_at_the_start_of_any_size(void **state)
{
	static const char *const tables[] = { "run", "result", "ledger", "step", "unit_log" };
	struct world *w = *state;
	char copy[256];

	make_records(w, 3);
	snprintf(copy, sizeof(copy), "cp %s %s/whole", w->path, w->dir);
	assert_int_equal(system(copy), 0);
	snprintf(copy, sizeof(copy), "cp %s/whole %s", w->dir, w->path);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct db *db = world_open(w, DB_READ);
		struct err err;

		overwrite_root_page(w, tables[i]);
		if (damage_check(db, NOTHING_WHOLE, &err) != STATUS_DATABASE)
			fail_msg("damage to %s is not found", tables[i]);
		assert_non_null(strstr(err.text, "is damaged"));
		db_close(db);
		assert_int_equal(system(copy), 0);
	}
}

static void a_sound_file_makes_no_finding_and_a_check_can_be_stopped(void **state)
{
	struct world *w = *state;
	struct finding finding = { .mutex = PTHREAD_MUTEX_INITIALIZER,
				   .told = PTHREAD_COND_INITIALIZER };
	struct damage_watch *watch;
	struct err err;

	make_records(w, 30);
	for (int i = 0; i < 20; i++) {
		must(damage_watch_new(w->path, note_finding, &finding, &watch, &err), &err);
		damage_watch_free(watch);
	}
	assert_false(finding.is_told);
}

static void a_station_that_finds_damage_starts_no_new_run(void **state)
{
	struct world *w = *state;
	struct record_run run = sample_run;
	struct writer *writer;
	struct err err;

	make_records(w, 3);
	struct db *db = world_open(w, DB_WRITE);
	db->is_checked = false;                  /* as of a large file */
	overwrite_root_page(w, "result_by_mac"); /* no run writes there, only results */
	must(writer_new(db, &writer, &err), &err);
	/* Until it comes there, runs may start. */
	enum status st = STATUS_OK;
	while (!st && writer_is_sound(writer, NULL)) {
		char run_id[RUN_ID_BYTES];

		db_new_run_id(run_id);
		run.run_id = run_id;
		st = writer_put_run(writer, &run, &err);
	}
	assert_int_equal(writer_put_run(writer, &run, &err), STATUS_DATABASE);
	assert_non_null(strstr(err.text, "is damaged"));
	writer_free(writer);
	db_close(db);
}

/* ---- open runs ---- */

static void open_runs_are_found_with_and_without_the_note(void **state)
{
	static const char *const notes[] = {
		NULL, /* as the last session left it */
		"",
		"closed",
		"closed 9999999 00",
		"closed 3 0000",
		"closed 3 0000000000000000000000000000000000000000000000000000000000000000",
		"closed -1 ff",
		"rubbish \x01 rubbish",
	};
	struct world *w = *state;

	make_records(w, 3);
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		char run_id[RUN_ID_BYTES];
		int fd;

		db_new_run_id(run_id);
		leave_open(w, run_id);
		if (notes[i]) {
			fd = open(world_file(w, "records.db.lock"), O_RDWR);
			lock_note_write(fd, notes[i]);
			close(fd);
		}
		assert_int_equal(stopped_at_start(w), 1);
		assert_int_equal(stopped_at_start(w), 0);
	}
	assert_string_equal(world_ask(w, "SELECT count(*) FROM runs WHERE outcome IS NULL"), "0");
}

/* Its lock file knows of later sessions. */
static void an_open_run_of_a_database_that_was_brought_back_is_closed(void **state)
{
	struct world *w = *state;
	char run_id[RUN_ID_BYTES], command[256];

	make_records(w, 2);
	db_new_run_id(run_id);
	leave_open(w, run_id);
	snprintf(command, sizeof(command), "cp %s %s/backup", w->path, w->dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(stopped_at_start(w), 1);
	make_records(w, 5);
	snprintf(command, sizeof(command), "mv %s/backup %s", w->dir, w->path);
	assert_int_equal(system(command), 0);
	assert_int_equal(stopped_at_start(w), 1);
}

static void the_note_spares_the_start_what_is_closed(void **state)
{
	struct world *w = *state;
	struct db *db;
	sqlite3_stmt *stmt;
	struct err err;

	make_records(w, 3);
	db = world_open(w, DB_WRITE);
	must(open_runs_query(db, &stmt, &err), &err);
	assert_non_null(strstr(sqlite3_sql(stmt), "seq > ?1"));
	sqlite3_finalize(stmt);
	db_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_start_does_not_read_is_read_while_the_station_works),
		TEST(damage_to_the_newest_part_is_found_at_the_start_of_any_size),
		TEST(a_sound_file_makes_no_finding_and_a_check_can_be_stopped),
		TEST(a_station_that_finds_damage_starts_no_new_run),
		TEST(open_runs_are_found_with_and_without_the_note),
		TEST(an_open_run_of_a_database_that_was_brought_back_is_closed),
		TEST(the_note_spares_the_start_what_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
