#define _XOPEN_SOURCE 700
#include "tests/db/world.h"

#include "db/run.h"
#include "db/sql.h"
#include "db/writer.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct writer *writer_on(struct db *db)
{
	struct writer *w;
	struct err err;

	if (writer_new(db, &w, &err))
		fail_msg("%s", err.text);
	return w;
}

static struct db *open_with_recipe(const struct world *w)
{
	struct db *db = world_open(w, DB_WRITE);
	struct err err;

	if (db_put_recipe(db, &sample_recipe, &err))
		fail_msg("%s", err.text);
	return db;
}

/* ---- many threads ---- */

#define THREADS 8
#define RUNS_PER_THREAD 250

struct tally {
	pthread_mutex_t mutex;
	unsigned stored, failed; /* protected by mutex */
};

static void count_result(void *ctx, enum status st, const struct err *err)
{
	struct tally *tally = ctx;

	(void)err;
	pthread_mutex_lock(&tally->mutex);
	if (st)
		tally->failed++;
	else
		tally->stored++;
	pthread_mutex_unlock(&tally->mutex);
}

struct slot_thread {
	pthread_t thread;
	struct writer *writer;
	struct tally *tally;
	unsigned number;
	unsigned refused;
};

/* Texts that are gone as soon as the call returns. */
static void *put_many(void *ctx)
{
	struct slot_thread *t = ctx;

	for (unsigned i = 0; i < RUNS_PER_THREAD; i++) {
		char run_id[RUN_ID_BYTES], mac[18], detail[40];
		struct record_run run = sample_run;
		struct record_result result = sample_result;

		db_new_run_id(run_id);
		snprintf(mac, sizeof(mac), "24:0a:c4:%02x:%02x:%02x", t->number, i >> 8, i & 0xff);
		snprintf(detail, sizeof(detail), "thread %u run %u", t->number, i);
		run.run_id = result.run_id = run_id;
		result.mac = mac;
		result.detail = detail;
		if (writer_put_run(t->writer, &run, NULL) ||
		    writer_queue_result(t->writer, &result,
					(struct writer_done){ count_result, t->tally }, NULL))
			t->refused++;
		memset(run_id, 'x', sizeof(run_id) - 1);
		memset(mac, 'x', sizeof(mac) - 1);
		memset(detail, 'x', sizeof(detail) - 1);
	}
	return NULL;
}

static void two_thousand_results_of_eight_threads_all_arrive(void **state)
{
	struct world *w = *state;
	struct db *db = open_with_recipe(w);
	struct writer *writer = writer_on(db);
	struct tally tally = { .mutex = PTHREAD_MUTEX_INITIALIZER };
	struct slot_thread threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		threads[i] = (struct slot_thread){ .writer = writer, .tally = &tally, .number = i };
		assert_int_equal(pthread_create(&threads[i].thread, NULL, put_many, &threads[i]),
				 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i].thread, NULL);
		assert_int_equal(threads[i].refused, 0);
	}
	writer_free(writer);
	db_close(db);
	assert_int_equal(tally.stored, THREADS * RUNS_PER_THREAD);
	assert_int_equal(tally.failed, 0);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM runs WHERE outcome = 'PASS'"),
			    "2000");
	assert_string_equal(world_ask(w, "SELECT count(DISTINCT mac) FROM runs"), "2000");
	assert_string_equal(world_ask(w, "SELECT count(DISTINCT detail) FROM runs "
					 "WHERE detail LIKE 'thread _ run %'"),
			    "2000");
	assert_string_equal(
		world_ask(w, "SELECT count(*) FROM step WHERE name IN ('connect', 'write')"),
		"4000");
	assert_string_equal(world_ask(w, "SELECT count(*) FROM unit_log WHERE text LIKE '%sync%'"),
			    "2000");
}

/* ---- told only after the commit ---- */

struct witness {
	const struct world *world;
	char seen[8];
};

static void look_into_the_file(void *ctx, enum status st, const struct err *err)
{
	struct witness *witness = ctx;

	(void)st, (void)err;
	snprintf(witness->seen, sizeof(witness->seen), "%s",
		 world_ask(witness->world, "SELECT outcome FROM runs"));
}

static void whoever_is_told_of_a_result_finds_it_in_the_file(void **state)
{
	struct world *w = *state;
	struct db *db = open_with_recipe(w);
	struct writer *writer = writer_on(db);
	struct witness witness = { .world = w };

	assert_int_equal(writer_put_run(writer, &sample_run, NULL), STATUS_OK);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM run"), "1");
	assert_int_equal(writer_queue_result(writer, &sample_result,
					     (struct writer_done){ look_into_the_file, &witness },
					     NULL),
			 STATUS_OK);
	writer_free(writer);
	db_close(db);
	assert_string_equal(witness.seen, "PASS");
}

/* Everything that the result points to is gone before the writer may store it. */
static void a_queued_result_is_kept_with_all_that_belongs_to_it(void **state)
{
	struct world *w = *state;
	struct db *db = open_with_recipe(w);
	struct writer *writer = writer_on(db);
	char serial[] = "M5-7", console[] = "board ok\n", partition[] = "fctry", name[] = "vbat";
	struct record_serial_state state_record = { .product = "p",
						    .serial = serial,
						    .state = "RESERVED",
						    .source = "RANGE",
						    .run_id = sample_run.run_id,
						    .mac = sample_result.mac,
						    .utc_ms = 1 };
	struct record_unit_image image = { .partition = partition, .addr = 1, .size_bytes = 2 };
	struct record_measurement value = { .name = name, .has_value = true, .value = 3.3 };
	struct record_result result = sample_result;

	assert_int_equal(writer_put_run(writer, &sample_run, NULL), STATUS_OK);
	assert_int_equal(writer_put(writer, RECORD_SERIAL_STATE, &state_record, NULL), STATUS_OK);
	state_record.state = "COMMITTED";
	result.serial_end = &state_record;
	result.console = console;
	result.unit_images = &image;
	result.measurements = &value;
	result.unit_image_count = result.measurement_count = 1;
	assert_int_equal(writer_queue_result(writer, &result, (struct writer_done){ 0 }, NULL),
			 STATUS_OK);
	memset(serial, 'x', 3);
	memset(console, 'x', 3);
	memset(partition, 'x', 3);
	memset(name, 'x', 3);
	memset(&image, 0, sizeof(image));
	memset(&value, 0, sizeof(value));
	memset(&state_record, 0, sizeof(state_record));
	writer_free(writer);
	db_close(db);
	assert_string_equal(world_ask(w, "SELECT serial || ' ' || state || ' ' || mac FROM "
					 "serial_state ORDER BY position DESC LIMIT 1"),
			    "M5-7 COMMITTED 24:0a:c4:00:01:10");
	assert_string_equal(world_ask(w, "SELECT text FROM console_log"), "board ok\n");
	assert_string_equal(world_ask(w, "SELECT partition || addr || size_bytes FROM unit_image"),
			    "fctry12");
	assert_string_equal(world_ask(w, "SELECT name || value FROM measurement"), "vbat3.3");
}

/* ---- failures ---- */

/* A callback that keeps the writer's thread until the test says go: all that is queued
 * meanwhile goes into one transaction. */
struct gate {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool is_reached, is_open; /* protected by mutex */
};

static void wait_at_gate(void *ctx, enum status st, const struct err *err)
{
	struct gate *gate = ctx;

	(void)st, (void)err;
	pthread_mutex_lock(&gate->mutex);
	gate->is_reached = true;
	pthread_cond_broadcast(&gate->changed);
	while (!gate->is_open)
		pthread_cond_wait(&gate->changed, &gate->mutex);
	pthread_mutex_unlock(&gate->mutex);
}

/* Puts the sample's run and result, and returns with the writer's thread at the gate. */
static void hold_writer(struct writer *writer, struct gate *gate)
{
	*gate = (struct gate){ .mutex = PTHREAD_MUTEX_INITIALIZER,
			       .changed = PTHREAD_COND_INITIALIZER };
	assert_int_equal(writer_put_run(writer, &sample_run, NULL), STATUS_OK);
	assert_int_equal(writer_queue_result(writer, &sample_result,
					     (struct writer_done){ wait_at_gate, gate }, NULL),
			 STATUS_OK);
	pthread_mutex_lock(&gate->mutex);
	while (!gate->is_reached)
		pthread_cond_wait(&gate->changed, &gate->mutex);
	pthread_mutex_unlock(&gate->mutex);
}

static void open_gate(struct gate *gate)
{
	pthread_mutex_lock(&gate->mutex);
	gate->is_open = true;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->mutex);
}

static void a_refused_fact_takes_no_other_with_it(void **state)
{
	struct world *w = *state;
	struct db *db = open_with_recipe(w);
	struct writer *writer = writer_on(db);
	struct record_result orphan = sample_result, second = sample_result;
	struct record_run second_run = sample_run;
	struct tally good = { .mutex = PTHREAD_MUTEX_INITIALIZER };
	struct tally bad = { .mutex = PTHREAD_MUTEX_INITIALIZER };
	struct writer_done to_good = { count_result, &good }, to_bad = { count_result, &bad };
	struct gate gate;
	struct err err;

	orphan.run_id = "no such run";
	second.run_id = second_run.run_id = "second";
	assert_int_equal(writer_put_run(writer, &second_run, &err), STATUS_OK);
	hold_writer(writer, &gate);
	assert_int_equal(writer_queue_result(writer, &orphan, to_bad, &err), STATUS_OK);
	assert_int_equal(writer_queue_result(writer, &second, to_good, &err), STATUS_OK);
	assert_int_equal(writer_queue_result(writer, &second, to_bad, &err), STATUS_OK);
	open_gate(&gate);
	assert_int_equal(writer_put_result(writer, &second, &err), STATUS_DATABASE);
	assert_non_null(strstr(err.text, "already there"));
	/* These were faults of the facts, not of the database. */
	assert_true(writer_is_sound(writer, &err));
	writer_free(writer);
	db_close(db);
	assert_int_equal(good.stored, 1);
	assert_int_equal(bad.failed, 2);
	assert_int_equal(bad.stored, 0);
	assert_string_equal(world_ask(w, "SELECT group_concat(outcome) FROM runs"), "PASS,PASS");
}

/* max_page_count makes SQLite report SQLITE_FULL, as a full disk does. The writer's thread
 * is idle between the calls here, so the connection may be touched. */
static void set_room(struct db *db, int64_t extra_pages)
{
	char sql[64];
	int64_t pages;

	assert_int_equal(sql_integer(db, "PRAGMA page_count", &pages, NULL), STATUS_OK);
	snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %" PRId64, pages + extra_pages);
	assert_int_equal(sql_exec(db, sql, NULL), STATUS_OK);
}

static char *long_log(size_t size)
{
	char *text = malloc(size + 1);

	memset(text, 'a', size);
	text[size] = '\0';
	return text;
}

static void a_full_disk_loses_no_stored_fact_and_stops_new_runs(void **state)
{
	struct world *w = *state;
	struct db *db = open_with_recipe(w);
	struct writer *writer = writer_on(db);
	struct record_run second = sample_run;
	struct record_result large = sample_result;
	struct err err;
	char *log = long_log(100000);

	second.run_id = "second";
	assert_int_equal(writer_put_run(writer, &sample_run, &err), STATUS_OK);
	set_room(db, 2);
	large.log = log;
	assert_int_equal(writer_put_result(writer, &large, &err), STATUS_DATABASE);
	assert_non_null(strstr(err.text, "no room left"));
	assert_non_null(strstr(err.text, w->path));
	assert_false(writer_is_sound(writer, &err));
	assert_non_null(strstr(err.text, "no room left"));

	/* A lost result stops new runs, even when there is room again ... */
	set_room(db, 1000);
	assert_int_equal(writer_put_run(writer, &second, &err), STATUS_DATABASE);
	/* ... but the run that is waiting for its result may still get it. */
	assert_int_equal(writer_put_result(writer, &large, &err), STATUS_OK);
	writer_free(writer);
	db_close(db);
	free(log);
	assert_string_equal(world_ask(w, "SELECT outcome FROM runs"), "PASS");
	assert_string_equal(world_ask(w, "SELECT count(*) FROM runs"), "1");
	assert_string_equal(world_ask(w, "PRAGMA integrity_check"), "ok");
}

#define GROUP 6

struct verdict {
	enum status st;
	unsigned told;
};

static void keep_verdict(void *ctx, enum status st, const struct err *err)
{
	struct verdict *verdict = ctx;

	(void)err;
	verdict->st = st;
	verdict->told++;
}

/* One transaction of six results with room for so many pages; how many were stored. */
static unsigned store_group_in(const struct world *w, int64_t extra_pages)
{
	static const char *const ids[GROUP] = { "a", "b", "c", "d", "e", "f" };
	struct db *db = open_with_recipe(w);
	struct writer *writer = writer_on(db);
	struct verdict verdicts[GROUP] = { 0 };
	struct gate gate;
	char *log = long_log(6000);
	unsigned stored = 0;

	for (int i = 0; i < GROUP; i++) {
		struct record_run run = sample_run;

		run.run_id = ids[i];
		assert_int_equal(writer_put_run(writer, &run, NULL), STATUS_OK);
	}
	hold_writer(writer, &gate);
	set_room(db, extra_pages);
	for (int i = 0; i < GROUP; i++) {
		struct record_result result = sample_result;

		result.run_id = ids[i];
		result.log = log;
		assert_int_equal(writer_queue_result(
					 writer, &result,
					 (struct writer_done){ keep_verdict, &verdicts[i] }, NULL),
				 STATUS_OK);
	}
	open_gate(&gate);
	writer_free(writer);
	db_close(db);
	free(log);
	for (int i = 0; i < GROUP; i++) {
		char sql[100];

		assert_int_equal(verdicts[i].told, 1);
		snprintf(sql, sizeof(sql),
			 "SELECT count(*) FROM result JOIN unit_log USING (run_id) "
			 "WHERE run_id = '%s'",
			 ids[i]);
		assert_string_equal(world_ask(w, sql), verdicts[i].st ? "0" : "1");
		stored += !verdicts[i].st;
	}
	return stored;
}

static void what_a_full_disk_stored_is_what_was_reported_at_every_size(void **state)
{
	unsigned least = GROUP, most = 0;

	(void)state;
	for (int64_t pages = 0; pages < 24; pages++) {
		void *world;

		world_set_up(&world);
		unsigned stored = store_group_in(world, pages);
		world_tear_down(&world);
		least = stored < least ? stored : least;
		most = stored > most ? stored : most;
	}
	assert_int_equal(least, 0);
	assert_int_equal(most, GROUP);
}

/* The writer's thread at the gate, and two open runs "a" and "b" whose results come next. */
static struct writer *hold_writer_with_two_runs(struct db *db, struct gate *gate)
{
	struct writer *writer = writer_on(db);
	struct record_run run = sample_run;

	run.run_id = "a";
	assert_int_equal(writer_put_run(writer, &run, NULL), STATUS_OK);
	run.run_id = "b";
	assert_int_equal(writer_put_run(writer, &run, NULL), STATUS_OK);
	hold_writer(writer, gate);
	return writer;
}

static void queue_both(struct writer *writer, struct verdict verdicts[static 2])
{
	struct record_result result = sample_result;

	for (int i = 0; i < 2; i++) {
		struct writer_done done = { keep_verdict, &verdicts[i] };

		result.run_id = i ? "b" : "a";
		assert_int_equal(writer_queue_result(writer, &result, done, NULL), STATUS_OK);
	}
}

/* Both results in one transaction, which fails as a whole. Ends the writer. */
static void expect_both_are_lost(const struct world *w, struct writer *writer, struct gate *gate,
				 const char *reason)
{
	struct verdict verdicts[2] = { 0 };
	struct record_run third = sample_run;
	struct err err;

	queue_both(writer, verdicts);
	open_gate(gate);
	/* A fact behind them: when it was told, they were. */
	third.run_id = "third";
	writer_put_run(writer, &third, NULL);
	assert_false(writer_is_sound(writer, &err));
	assert_non_null(strstr(err.text, reason));
	writer_free(writer);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(verdicts[i].told, 1);
		assert_int_equal(verdicts[i].st, STATUS_DATABASE);
	}
	assert_string_equal(world_ask(w, "SELECT count(*) FROM result WHERE run_id IN ('a', 'b')"),
			    "0");
}

/* Another program's transaction; ends with sqlite3_close(). */
static sqlite3 *lock_out(const struct world *w, struct db *db)
{
	sqlite3 *other = world_raw(w);

	sqlite3_busy_timeout(db->sql, 20);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	return other;
}

static void results_wait_for_whoever_keeps_the_file_locked_and_runs_do_not(void **state)
{
	struct world *w = *state;
	struct db *db = open_with_recipe(w);
	struct gate gate;
	struct writer *writer = hold_writer_with_two_runs(db, &gate);
	sqlite3 *other = lock_out(w, db);
	struct verdict verdicts[2] = { 0 };
	struct record_run third = sample_run;
	struct err err;

	third.run_id = "third";
	queue_both(writer, verdicts);
	open_gate(&gate);
	/* Twice: what has waited once waits again. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(writer_put_run(writer, &third, &err), STATUS_DATABASE);
		assert_non_null(strstr(err.text, "another program keeps it locked"));
	}
	assert_int_equal(writer_takes_runs(writer, &err), STATUS_DATABASE);
	assert_true(writer_waits(writer, &err));
	assert_non_null(strstr(err.text, "another program keeps it locked"));
	assert_true(writer_is_sound(writer, NULL));
	assert_int_equal(verdicts[0].told + verdicts[1].told, 0);
	sqlite3_close(other);
	/* A fact behind them: when it was told, they were. */
	assert_int_equal(writer_put_run(writer, &third, &err), STATUS_OK);
	assert_false(writer_waits(writer, NULL));
	assert_true(writer_is_sound(writer, NULL));
	writer_free(writer);
	db_close(db);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(verdicts[i].told, 1);
		assert_int_equal(verdicts[i].st, STATUS_OK);
	}
	assert_string_equal(world_ask(w, "SELECT group_concat(ref) FROM (SELECT ref FROM ledger "
					 "WHERE kind = 'result' AND length(ref) = 1 ORDER BY seq)"),
			    "a,b");
}

static void a_writer_that_ends_waits_no_longer_and_says_what_is_lost(void **state)
{
	struct world *w = *state;
	struct db *db = open_with_recipe(w);
	struct gate gate;
	struct writer *writer = hold_writer_with_two_runs(db, &gate);
	sqlite3 *other = lock_out(w, db);
	struct verdict verdicts[2] = { 0 };

	queue_both(writer, verdicts);
	open_gate(&gate);
	writer_free(writer);
	sqlite3_close(other);
	db_close(db);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(verdicts[i].told, 1);
		assert_int_equal(verdicts[i].st, STATUS_DATABASE);
	}
	db_close(world_open(w, DB_WRITE));
	assert_string_equal(world_ask(w, "SELECT group_concat(outcome || ' ' || code) FROM runs "
					 "WHERE run_id IN ('a', 'b')"),
			    "ABORTED STATION_STOPPED,ABORTED STATION_STOPPED");
}

/* The log of the transaction is written when it is committed: a file that may not
 * grow fails there. */
static void a_transaction_that_cannot_be_committed_loses_all_its_results_and_says_so(void **state)
{
	struct world *w = *state;
	struct db *db = open_with_recipe(w);
	struct gate gate;
	struct writer *writer = hold_writer_with_two_runs(db, &gate);
	struct rlimit before, small;
	struct stat log;
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);

	assert_int_equal(stat(world_file(w, "records.db-wal"), &log), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = (rlim_t)log.st_size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	expect_both_are_lost(w, writer, &gate, "its disk cannot be read or written");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, handler);
	db_close(db);
	db_close(world_open(w, DB_WRITE));
	assert_string_equal(world_ask(w, "SELECT group_concat(outcome) FROM runs"),
			    "PASS,ABORTED,ABORTED");
}

static void a_file_that_was_moved_away_takes_no_more_results(void **state)
{
	struct world *w = *state;
	struct db *db = open_with_recipe(w);
	struct writer *writer = writer_on(db);
	char *moved = strdup(world_file(w, "moved.db"));
	struct err err;

	assert_non_null(moved);
	assert_int_equal(writer_put_run(writer, &sample_run, &err), STATUS_OK);
	assert_int_equal(rename(w->path, moved), 0);
	assert_int_equal(writer_put_result(writer, &sample_result, &err), STATUS_DATABASE);
	assert_non_null(strstr(err.text, "was moved or deleted"));
	assert_false(writer_is_sound(writer, NULL));
	assert_int_equal(rename(moved, w->path), 0);
	writer_free(writer);
	db_close(db);
	free(moved);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM result"), "0");
}

static void a_run_that_does_not_fit_is_refused_before_it_starts(void **state)
{
	struct world *w = *state;
	struct db *db = open_with_recipe(w);
	struct writer *writer = writer_on(db);
	struct record_run large = sample_run;
	struct err err;
	char *text = long_log(100000);

	large.operator_name = text;
	set_room(db, 2);
	assert_int_equal(writer_put_run(writer, &large, &err), STATUS_DATABASE);
	assert_true(writer_is_sound(writer, NULL));
	assert_int_equal(writer_put_run(writer, &sample_run, &err), STATUS_OK);
	writer_free(writer);
	db_close(db);
	free(text);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM run"), "1");
}

/* ---- kill -9 ---- */

#define KILLED_THREADS 4

struct victim {
	struct writer *writer;
	int pipe;
};

/* One line per acknowledgement, after it: short writes to a pipe are atomic. */
static void *acknowledge_all(void *ctx)
{
	struct victim *v = ctx;

	for (;;) {
		char run_id[RUN_ID_BYTES], line[RUN_ID_BYTES + 3];
		struct record_run run = sample_run;
		struct record_result result = sample_result;

		db_new_run_id(run_id);
		run.run_id = result.run_id = run_id;
		if (writer_put_run(v->writer, &run, NULL))
			_exit(1);
		int len = snprintf(line, sizeof(line), "R%s\n", run_id);
		if (write(v->pipe, line, (size_t)len) != len ||
		    writer_put_result(v->writer, &result, NULL))
			_exit(2);
		line[0] = 'P';
		if (write(v->pipe, line, (size_t)len) != len)
			_exit(3);
	}
	return NULL;
}

static void be_the_victim(const struct world *w, int pipe)
{
	struct victim v = { .pipe = pipe };
	struct err err;
	struct db *db;
	pthread_t thread;

	if (db_open(w->path, DB_WRITE, &db, &err) || db_put_recipe(db, &sample_recipe, &err) ||
	    writer_new(db, &v.writer, &err))
		_exit(4);
	for (int i = 1; i < KILLED_THREADS; i++)
		if (pthread_create(&thread, NULL, acknowledge_all, &v))
			_exit(5);
	acknowledge_all(&v);
}

/* Reads acknowledgements, kills after the nth, and reads on what was still in the pipe. */
static FILE *kill_after(pid_t child, int pipe, unsigned nth)
{
	FILE *acknowledged = tmpfile();
	FILE *lines = fdopen(pipe, "r");
	char line[RUN_ID_BYTES + 3];

	for (unsigned i = 0; fgets(line, sizeof(line), lines); i++) {
		fputs(line, acknowledged);
		if (i == nth)
			kill(child, SIGKILL);
	}
	fclose(lines);
	rewind(acknowledged);
	return acknowledged;
}

static unsigned expect_all_there(const struct world *w, FILE *acknowledged)
{
	char line[RUN_ID_BYTES + 3], sql[160];
	unsigned count = 0;

	for (; fgets(line, sizeof(line), acknowledged); count++) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(sql, sizeof(sql), "SELECT outcome FROM runs WHERE run_id = '%s'",
			 line + 1);
		const char *outcome = world_ask(w, sql);
		if (line[0] == 'P')
			assert_string_equal(outcome, "PASS");
		else if (strcmp(outcome, "PASS") && strcmp(outcome, "ABORTED"))
			fail_msg("run %s is %s", line + 1, outcome);
	}
	return count;
}

static void kill_9_loses_nothing_that_was_acknowledged(void **state)
{
	static const unsigned moments[] = { 0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144 };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		int ends[2], how;

		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();
		if (child == 0) {
			close(ends[0]);
			be_the_victim(w, ends[1]);
		}
		close(ends[1]);
		FILE *acknowledged = kill_after(child, ends[0], moments[i]);
		assert_int_equal(waitpid(child, &how, 0), child);
		assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);

		char open_runs[16], closed[16];
		snprintf(open_runs, sizeof(open_runs), "%s",
			 world_ask(w, "SELECT count(*) FROM runs WHERE outcome IS NULL"));
		struct db *db = world_open(w, DB_WRITE);
		snprintf(closed, sizeof(closed), "%zu", db_stopped_runs(db));
		assert_string_equal(closed, open_runs);
		db_close(db);
		assert_true(expect_all_there(w, acknowledged) > moments[i]);
		fclose(acknowledged);
	}
	assert_string_equal(world_ask(w, "SELECT count(*) FROM runs WHERE outcome IS NULL"), "0");
	assert_string_equal(world_ask(w, "PRAGMA integrity_check"), "ok");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		/* First: it forks, and nothing else has made a thread yet. */
		TEST(kill_9_loses_nothing_that_was_acknowledged),
		TEST(two_thousand_results_of_eight_threads_all_arrive),
		TEST(whoever_is_told_of_a_result_finds_it_in_the_file),
		TEST(a_queued_result_is_kept_with_all_that_belongs_to_it),
		TEST(a_refused_fact_takes_no_other_with_it),
		TEST(a_full_disk_loses_no_stored_fact_and_stops_new_runs),
		TEST(what_a_full_disk_stored_is_what_was_reported_at_every_size),
		TEST(results_wait_for_whoever_keeps_the_file_locked_and_runs_do_not),
		TEST(a_writer_that_ends_waits_no_longer_and_says_what_is_lost),
		TEST(a_transaction_that_cannot_be_committed_loses_all_its_results_and_says_so),
		TEST(a_file_that_was_moved_away_takes_no_more_results),
		TEST(a_run_that_does_not_fit_is_refused_before_it_starts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
