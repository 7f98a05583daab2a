/*
 * The power goes at any moment: what was promised is on the disk, and work goes on.
 *
 * A session is watched once, with every write and sync that it makes. Then the disk is made as a
 * cut after note 1, 2, 3 ... would have left it, and opened as the next start does. The usual run
 * of the tests takes a sample of the moments, FLASHLINE_SWEEP=full all.
 */
#include "tests/db/watched_vfs.h"
#include "tests/db/world.h"

#include "db/ledger/ledger.h"
#include "db/run.h"
#include "db/sql.h"
#include "db/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS 9
#define SESSION_RUNS 6 /* of these in the first of two sessions */

/* What may be promised. */
#define RUN_STANDS(i) (i)
#define RESULT_STANDS(i) (100 + (i))
#define HEAD_STANDS(i) (200 + (i))

struct session {
	struct watched *watched;
	char run_ids[RUNS][RUN_ID_BYTES];
	struct ledger_head heads[RUNS]; /* told outside, after run i */
};

struct promise {
	struct session *session;
	int number;
};

static void promise(void *ctx, enum status st, const struct err *err)
{
	struct promise *p = ctx;

	(void)err;
	if (!st)
		watched_mark(p->session->watched, p->number);
}

static void must(enum status st, const struct err *err)
{
	if (st)
		fail_msg("%s", err->text);
}

static struct record_result result_of(const struct session *s, int i)
{
	static char long_log[9000];
	struct record_result result = sample_result;

	memset(long_log, 'x', sizeof(long_log) - 1);
	result.run_id = s->run_ids[i];
	result.log = i % 2 ? long_log : sample_result.log;
	return result;
}

static void start_run(struct session *s, struct writer *writer, int i)
{
	struct record_run run = sample_run;
	struct err err;

	db_new_run_id(s->run_ids[i]);
	run.run_id = s->run_ids[i];
	must(writer_put_run(writer, &run, &err), &err);
	watched_mark(s->watched, RUN_STANDS(i));
}

/* The head as a reader prints it, beside the writer. */
static void tell_head(struct session *s, const struct world *w, int i)
{
	struct db *db = world_open(w, DB_READ);
	struct err err;

	must(ledger_head(db, &s->heads[i], &err), &err);
	db_close(db);
	watched_mark(s->watched, HEAD_STANDS(i));
}

static struct writer *open_session(const struct world *w, struct db **db)
{
	struct writer *writer;
	struct err err;

	*db = world_open(w, DB_WRITE);
	/* So that the log is emptied into the database, and begun again, several times. */
	must(sql_exec(*db, "PRAGMA wal_autocheckpoint = 40", &err), &err);
	must(db_put_recipe(*db, &sample_recipe, &err), &err);
	must(writer_new(*db, &writer, &err), &err);
	return writer;
}

/* One after the other, and then three whose results come together. */
static void first_session(struct session *s, const struct world *w)
{
	struct promise promises[SESSION_RUNS];
	struct db *db;
	struct writer *writer = open_session(w, &db);
	struct err err;

	for (int i = 0; i < SESSION_RUNS; i++) {
		struct record_result result;

		start_run(s, writer, i);
		if (i >= 3)
			continue;
		result = result_of(s, i);
		must(writer_put_result(writer, &result, &err), &err);
		watched_mark(s->watched, RESULT_STANDS(i));
		tell_head(s, w, i);
	}
	for (int i = 3; i < SESSION_RUNS; i++) {
		struct record_result result = result_of(s, i);

		promises[i] = (struct promise){ .session = s, .number = RESULT_STANDS(i) };
		must(writer_queue_result(writer, &result,
					 (struct writer_done){ promise, &promises[i] }, &err),
		     &err);
	}
	writer_free(writer);
	db_close(db);
}

/* The last run gets no result: that process is killed. */
static void second_session(struct session *s, const struct world *w)
{
	struct db *db;
	struct writer *writer = open_session(w, &db);
	struct err err;

	for (int i = SESSION_RUNS; i < RUNS; i++) {
		struct record_result result;

		start_run(s, writer, i);
		if (i == RUNS - 1)
			break;
		result = result_of(s, i);
		must(writer_put_result(writer, &result, &err), &err);
		watched_mark(s->watched, RESULT_STANDS(i));
		tell_head(s, w, i);
	}
	writer_free(writer);
	db_close(db);
}

/* run_id is ?1 of the query. */
static int64_t ask_number(struct db *db, const char *query, const char *run_id)
{
	sqlite3_stmt *stmt;
	struct err err;

	must(sql_prepare(db, query, &stmt, &err), &err);
	if (run_id)
		sql_bind_text(stmt, 1, run_id);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	int64_t number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return number;
}

static void check_promises(struct session *s, size_t notes, struct db *db)
{
	for (int i = 0; i < RUNS; i++) {
		if (watched_promised(s->watched, notes, RUN_STANDS(i)) &&
		    !ask_number(db, "SELECT count(*) FROM run WHERE run_id = ?1", s->run_ids[i]))
			fail_msg("cut after note %zu: run %d, which had begun, is gone", notes, i);
		if (watched_promised(s->watched, notes, RESULT_STANDS(i)) &&
		    !ask_number(db,
				"SELECT count(*) FROM runs JOIN unit_log USING (run_id) WHERE "
				"run_id = ?1 AND outcome = 'PASS'",
				s->run_ids[i]))
			fail_msg("cut after note %zu: the PASS of run %d, which was shown, is gone",
				 notes, i);
	}
	assert_int_equal(ask_number(db,
				    "SELECT count(*) FROM runs WHERE outcome IS NULL OR "
				    "(outcome <> 'PASS' AND code <> 'STATION_STOPPED')",
				    NULL),
			 0);
	/* A result came whole or not at all. */
	assert_int_equal(ask_number(db,
				    "SELECT count(*) FROM result WHERE outcome = 'PASS' AND "
				    "2 <> (SELECT count(*) FROM step WHERE "
				    "step.run_id = result.run_id)",
				    NULL),
			 0);
}

static void check_ledger(struct session *s, size_t notes, struct db *db)
{
	struct ledger_head anchors[RUNS];
	struct ledger_report report;
	struct err err;
	size_t count = 0;

	for (int i = 0; i < RUNS; i++)
		if (watched_promised(s->watched, notes, HEAD_STANDS(i)))
			anchors[count++] = s->heads[i];
	must(ledger_verify(db, anchors, count, NULL, NULL, &report, &err), &err);
	if (report.fault)
		fail_msg("cut after note %zu: the ledger is %s: %s", notes,
			 ledger_fault_name(report.fault), report.text);
}

/* The next start: everything is there that has to be, and work goes on. */
static void check_next_start(struct session *s, const struct world *w, size_t notes)
{
	struct db *db = world_open(w, DB_WRITE);
	char run_id[RUN_ID_BYTES];

	check_promises(s, notes, db);
	check_ledger(s, notes, db);
	db_new_run_id(run_id);
	world_put(db, run_id);
	assert_int_equal(ask_number(db, "SELECT count(*) FROM runs WHERE run_id = ?1", run_id), 1);
	db_close(db);
}

static void watch_sessions(struct session *s, const struct world *w)
{
	*s = (struct session){ .watched = watched_begin() };
	first_session(s, w);
	second_session(s, w);
	watched_end(s->watched);
}

static bool is_full_sweep(void)
{
	const char *sweep = getenv("FLASHLINE_SWEEP");

	return sweep && !strcmp(sweep, "full");
}

/* Of a full sweep every moment, else one in so many, each time another kind of cut. */
static void sweep(const struct world *w, enum cut_kind kind, size_t step)
{
	struct session s;

	watch_sessions(&s, w);
	size_t count = watched_count(s.watched);
	for (size_t notes = step / 2; notes <= count; notes += is_full_sweep() ? 1 : step) {
		watched_cut(s.watched, notes, kind, notes, w->dir);
		check_next_start(&s, w, notes);
	}
	watched_free(s.watched);
}

static void what_was_promised_outlives_the_loss_of_all_that_was_not_synced(void **state)
{
	sweep(*state, CUT_KEEPS_SYNCED, 20);
}

static void what_was_promised_outlives_torn_and_reordered_writes(void **state)
{
	sweep(*state, CUT_KEEPS_SOME, 20);
}

static void what_was_promised_outlives_the_death_of_the_process(void **state)
{
	sweep(*state, CUT_KEEPS_ALL, 40);
}

/* The watcher has to be able to see a broken promise: without a sync there is one. */
static void a_database_that_does_not_sync_is_found_out(void **state)
{
	struct world *w = *state;
	struct session s = { .watched = watched_begin() };
	struct db *db = world_open(w, DB_WRITE);
	struct err err;

	must(sql_exec(db, "PRAGMA synchronous = OFF", &err), &err);
	world_put(db, "unsynced");
	size_t notes = watched_count(s.watched);
	watched_end(s.watched);
	db_close(db);
	watched_cut(s.watched, notes, CUT_KEEPS_SYNCED, 1, w->dir);
	db = world_open(w, DB_WRITE);
	assert_int_equal(ask_number(db, "SELECT count(*) FROM run", NULL), 0);
	db_close(db);
	watched_cut(s.watched, notes, CUT_KEEPS_ALL, 1, w->dir);
	db = world_open(w, DB_WRITE);
	assert_int_equal(ask_number(db, "SELECT count(*) FROM run", NULL), 1);
	db_close(db);
	watched_free(s.watched);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_promised_outlives_the_loss_of_all_that_was_not_synced),
		TEST(what_was_promised_outlives_torn_and_reordered_writes),
		TEST(what_was_promised_outlives_the_death_of_the_process),
		TEST(a_database_that_does_not_sync_is_found_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
