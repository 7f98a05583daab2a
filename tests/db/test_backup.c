/* Copies of the records: whole, of one moment, and nothing else is lost by making one. */
#include "tests/db/world.h"

#include "db/backup.h"
#include "db/run.h"
#include "db/sql.h"
#include "db/writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGE_LOG 60000

static void put_runs(struct db *db, int runs)
{
	static char log[LARGE_LOG + 1];

	memset(log, 'x', LARGE_LOG);
	for (int i = 0; i < runs; i++) {
		struct record_result result = sample_result;
		struct record_run run = sample_run;
		char run_id[RUN_ID_BYTES];
		struct err err;

		db_new_run_id(run_id);
		run.run_id = result.run_id = run_id;
		result.log = log;
		if (db_put_recipe(db, &sample_recipe, &err) || db_put_run(db, &run, &err) ||
		    db_put_result(db, &result, &err))
			fail_msg("%s", err.text);
	}
}

static void make_records(const struct world *w, int runs)
{
	struct db *db = world_open(w, DB_WRITE);

	put_runs(db, runs);
	db_close(db);
}

static enum status back_up(const struct world *w, const char *path, struct err *err)
{
	struct db *db = world_open(w, DB_READ);
	struct backup_report report;
	enum status st = backup_to(db, path, NULL, NULL, &report, err);

	db_close(db);
	return st;
}

static void must_back_up(const struct world *w, const char *path)
{
	struct err err;

	if (back_up(w, path, &err))
		fail_msg("%s", err.text);
}

static void expect_refused(const struct world *w, const char *path, const char *part)
{
	struct err err;

	assert_int_equal(back_up(w, path, &err), STATUS_USAGE);
	if (!strstr(err.text, path) || !strstr(err.text, part))
		fail_msg("'%s' does not name '%s' and '%s'", err.text, path, part);
}

/* The first column of the first row, asked of any file, which is opened as it stands. */
static int64_t ask_file(const char *path, const char *query)
{
	sqlite3_stmt *stmt;
	sqlite3 *sql;

	assert_int_equal(sqlite3_open_v2(path, &sql, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(sql, query, -1, &stmt, NULL))
		fail_msg("%s: %s", path, sqlite3_errmsg(sql));
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	int64_t value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(sql);
	return value;
}

/* How many files of the world's folder begin with name. */
static int files_named(const struct world *w, const char *name)
{
	DIR *dir = opendir(w->dir);
	int count = 0;

	for (const struct dirent *entry; (entry = readdir(dir));)
		count += strncmp(entry->d_name, name, strlen(name)) == 0;
	closedir(dir);
	return count;
}

static void a_backup_is_one_file_with_every_record(void **state)
{
	static const char *const tables[] = { "run",    "result", "step",   "unit_log",      "unit",
					      "ledger", "chain",  "recipe", "schema_version" };
	struct world *w = *state;
	const char *path = world_file(w, "copy.db");

	make_records(w, 3);
	must_back_up(w, path);
	assert_int_equal(files_named(w, "copy"), 1);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		char query[80];

		snprintf(query, sizeof(query), "SELECT count(*) FROM %s", tables[i]);
		assert_int_equal(ask_file(path, query), ask_file(w->path, query));
		assert_true(ask_file(path, query) > 0);
	}
	assert_int_equal(files_named(w, "copy"), 1); /* reading makes none beside it */
}

/* Both sides of a backup that is being made. */
struct busy_station {
	struct writer *writer;
	int stored;
};

static void end_a_run(void *ctx, int64_t done, int64_t of)
{
	struct busy_station *station = ctx;
	struct record_result result = sample_result;
	struct record_run run = sample_run;
	char run_id[RUN_ID_BYTES];
	struct err err;

	assert_true(done < of);
	db_new_run_id(run_id);
	run.run_id = result.run_id = run_id;
	if (writer_put_run(station->writer, &run, &err) ||
	    writer_put_result(station->writer, &result, &err))
		fail_msg("%s", err.text);
	station->stored++;
}

static void runs_end_while_a_backup_of_the_moment_before_is_made(void **state)
{
	struct world *w = *state;
	struct busy_station station = { 0 };
	const char *path = world_file(w, "copy.db");
	struct db *db = world_open(w, DB_WRITE), *reader = world_open(w, DB_READ);
	struct backup_report report;
	struct ledger_head head;
	struct err err;

	put_runs(db, 60); /* four batches of pages */
	assert_int_equal(writer_new(db, &station.writer, &err), STATUS_OK);
	assert_int_equal(ledger_head(reader, &head, &err), STATUS_OK);
	if (backup_to(reader, path, end_a_run, &station, &report, &err))
		fail_msg("%s", err.text);
	writer_free(station.writer);
	db_close(reader);
	db_close(db);
	assert_true(station.stored >= 2);
	assert_int_equal(report.runs, 60);
	assert_int_equal(report.head.seq, head.seq);
	assert_memory_equal(report.head.hash, head.hash, sizeof(head.hash));
	assert_int_equal(ask_file(path, "SELECT count(*) FROM runs"), 60);
	assert_int_equal(ask_file(w->path, "SELECT count(*) FROM runs"), 60 + station.stored);
}

static void runs_under_way_are_counted(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE), *reader = world_open(w, DB_READ);
	struct backup_report report;
	struct err err;

	put_runs(db, 1);
	assert_int_equal(db_put_run(db, &sample_run, &err), STATUS_OK);
	if (backup_to(reader, world_file(w, "copy.db"), NULL, NULL, &report, &err))
		fail_msg("%s", err.text);
	assert_int_equal(report.runs, 2);
	assert_int_equal(report.open_runs, 1);
	db_close(reader);
	db_close(db);
}

static void an_older_backup_of_the_same_records_is_replaced(void **state)
{
	struct world *w = *state;
	const char *path = world_file(w, "copy.db");

	make_records(w, 1);
	must_back_up(w, path);
	make_records(w, 1);
	must_back_up(w, path);
	assert_int_equal(ask_file(path, "SELECT count(*) FROM runs"), 2);
}

/* The records were brought back from the first backup: the second knows more. */
static void a_backup_that_knows_more_is_kept(void **state)
{
	struct world *w = *state;
	char first[128], second[128];

	snprintf(first, sizeof(first), "%s/first.db", w->dir);
	snprintf(second, sizeof(second), "%s/second.db", w->dir);
	make_records(w, 1);
	must_back_up(w, first);
	make_records(w, 1);
	must_back_up(w, second);
	assert_int_equal(rename(first, w->path), 0);
	make_records(w, 1);
	expect_refused(w, second, "holds records that this database does not have");
	assert_int_equal(ask_file(second, "SELECT count(*) FROM runs"), 2);
}

static void the_backup_of_another_station_is_kept(void **state)
{
	struct world *w = *state;
	struct world other = *w;
	const char *path = world_file(w, "copy.db");

	snprintf(other.path, sizeof(other.path), "%s/other.db", w->dir);
	make_records(w, 1);
	make_records(&other, 1);
	must_back_up(&other, path);
	expect_refused(w, path, "holds records that this database does not have");
}

static void nothing_but_a_backup_is_replaced(void **state)
{
	struct world *w = *state;
	struct world other = *w;
	const char *message;
	char path[128];

	make_records(w, 1);
	snprintf(other.path, sizeof(other.path), "%s/other.db", w->dir);
	make_records(&other, 1);
	expect_refused(w, other.path, "a station works with");
	assert_int_equal(ask_file(other.path, "SELECT count(*) FROM runs"), 1);

	snprintf(other.path, sizeof(other.path), "%s/music.db", w->dir);
	assert_int_equal(world_do(&other, "CREATE TABLE song (title)", &message), SQLITE_OK);
	expect_refused(w, other.path, "no backup of Flashline");

	snprintf(path, sizeof(path), "%s/recipe.yaml", w->dir);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "recipe: x\n", 10), 10);
	close(fd);
	expect_refused(w, path, "no backup of Flashline");
	expect_refused(w, w->dir, "is a folder");
	expect_refused(w, "/dev/null", "is no plain file");
}

static void the_database_itself_is_no_place_under_any_name(void **state)
{
	static const char *const parts[] = { "records.db-wal", "records.db-shm",
					     "records.db-journal", "records.db.lock",
					     "records.db.reserve" };
	struct world *w = *state;
	char path[128];

	make_records(w, 1);
	expect_refused(w, w->path, "is the database itself");
	snprintf(path, sizeof(path), "%s/hard.db", w->dir);
	assert_int_equal(link(w->path, path), 0);
	expect_refused(w, path, "is the database itself");
	snprintf(path, sizeof(path), "%s/soft.db", w->dir);
	assert_int_equal(symlink(w->path, path), 0);
	expect_refused(w, path, "is the database itself");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		unlink(world_file(w, parts[i]));
		expect_refused(w, world_file(w, parts[i]), "belongs to the database");
		if (i >= 2) /* a reader makes the first two itself */
			assert_int_not_equal(access(world_file(w, parts[i]), F_OK), 0);
	}
}

/* ---- failures ---- */

static void the_backup_that_is_there_stays_when_the_next_one_fails(void **state)
{
	struct world *w = *state;
	const char *path = world_file(w, "copy.db");
	struct rlimit before, small;
	struct err err;

	make_records(w, 1);
	must_back_up(w, path);
	make_records(w, 4);
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 100000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	enum status st = back_up(w, path, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, handler);
	assert_int_equal(st, STATUS_FILE);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(files_named(w, "copy"), 1);
	assert_int_equal(ask_file(path, "SELECT count(*) FROM runs"), 1);
}

static void a_damaged_database_gives_no_backup(void **state)
{
	struct world *w = *state;
	const char *path = world_file(w, "copy.db");
	uint8_t rubbish[4096];
	struct err err;

	make_records(w, 4);
	int64_t page = ask_file(w->path, "SELECT rootpage FROM sqlite_schema WHERE name = "
					 "'result_by_mac'");
	memset(rubbish, 0xff, sizeof(rubbish));
	int fd = open(w->path, O_RDWR);
	assert_int_equal(pwrite(fd, rubbish, sizeof(rubbish), (page - 1) * 4096), sizeof(rubbish));
	close(fd);
	assert_int_equal(back_up(w, path, &err), STATUS_FILE);
	assert_non_null(strstr(err.text, "no backup was made"));
	assert_non_null(strstr(err.text, w->path));
	assert_int_equal(files_named(w, "copy"), 0);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
	struct world *w = *state;
	struct err err;

	make_records(w, 1);
	assert_int_equal(back_up(w, world_file(w, "none/copy.db"), &err), STATUS_FILE);
	assert_non_null(strstr(err.text, "none/copy.db"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_backup_is_one_file_with_every_record),
		TEST(runs_end_while_a_backup_of_the_moment_before_is_made),
		TEST(runs_under_way_are_counted),
		TEST(an_older_backup_of_the_same_records_is_replaced),
		TEST(a_backup_that_knows_more_is_kept),
		TEST(the_backup_of_another_station_is_kept),
		TEST(nothing_but_a_backup_is_replaced),
		TEST(the_database_itself_is_no_place_under_any_name),
		TEST(the_backup_that_is_there_stays_when_the_next_one_fails),
		TEST(a_damaged_database_gives_no_backup),
		TEST(a_folder_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
