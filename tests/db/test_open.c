#define _XOPEN_SOURCE 700 /* setenv */
#include "tests/db/world.h"

#include "db/ledger/ledger.h"
#include "db/lock.h"
#include "db/migrate.h"
#include "db/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The open has to fail with STATUS_DATABASE, and its text has to name path and hold each part. */
static void expect_refused(const char *path, enum db_mode mode, const char *part)
{
	struct db *db = (struct db *)1;
	struct err err = { 0 };
	enum status st = db_open(path, mode, &db, &err);

	if (!st)
		db_close(db);
	assert_int_equal(st, STATUS_DATABASE);
	assert_null(db);
	if (!strstr(err.text, path) || !strstr(err.text, part))
		fail_msg("'%s' does not name '%s' and '%s'", err.text, path, part);
	if (strchr(err.text, '\n'))
		fail_msg("'%s' is more than one line", err.text);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void make_records(const struct world *w, int runs)
{
	struct db *db = world_open(w, DB_WRITE);

	for (int i = 0; i < runs; i++) {
		char run_id[RUN_ID_BYTES];

		db_new_run_id(run_id);
		world_put(db, run_id);
	}
	db_close(db);
}

/* ---- files that are not what they should be ---- */

static void a_folder_is_refused(void **state)
{
	struct world *w = *state;

	expect_refused(w->dir, DB_WRITE, "is a folder");
	expect_refused(w->dir, DB_READ, "is a folder");
}

static void a_device_is_refused(void **state)
{
	(void)state;
	expect_refused("/dev/null", DB_WRITE, "is no plain file");
}

static void a_missing_folder_is_named(void **state)
{
	struct world *w = *state;

	expect_refused(world_file(w, "none/records.db"), DB_WRITE, "folder cannot be used");
}

static void an_empty_name_is_refused(void **state)
{
	(void)state;
	expect_refused("", DB_WRITE, "no file name");
}

static void a_reader_of_nothing_is_told_how_it_is_made(void **state)
{
	struct world *w = *state;

	expect_refused(w->path, DB_READ, "flashline flash");
	assert_int_not_equal(access(w->path, F_OK), 0);
}

static void an_empty_file_becomes_a_database(void **state)
{
	struct world *w = *state;

	write_file(w->path, "", 0);
	expect_refused(w->path, DB_READ, "is empty");
	make_records(w, 1);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM runs"), "1");
}

static void a_file_that_is_no_database_is_refused_and_kept(void **state)
{
	static const char recipe[] = "recipe: core2-factory-test\nrevision: 7\n";
	struct world *w = *state;
	char after[sizeof(recipe)] = "";

	write_file(w->path, recipe, sizeof(recipe));
	expect_refused(w->path, DB_WRITE, "is not a database");
	expect_refused(w->path, DB_READ, "is not a database");
	FILE *file = fopen(w->path, "r");
	assert_int_equal(fread(after, 1, sizeof(after), file), sizeof(recipe));
	fclose(file);
	assert_string_equal(after, recipe);
}

static void another_programs_database_is_refused_and_kept(void **state)
{
	struct world *w = *state;
	const char *message;

	assert_int_equal(world_do(w, "CREATE TABLE song (title)", &message), SQLITE_OK);
	expect_refused(w->path, DB_WRITE, "another program's database");
	expect_refused(w->path, DB_READ, "another program's database");
	assert_string_equal(world_ask(w, "SELECT group_concat(name) FROM sqlite_schema"), "song");
	assert_string_equal(world_ask(w, "PRAGMA journal_mode"), "delete");
}

static void a_newer_database_is_refused_with_both_versions(void **state)
{
	struct world *w = *state;
	const char *message;

	make_records(w, 1);
	assert_int_equal(world_do(w, "PRAGMA user_version = 9", &message), SQLITE_OK);
	expect_refused(w->path, DB_WRITE, "schema 9, this program knows up to 5");
	expect_refused(w->path, DB_READ, "newer flashline");
}

/* Every page in turn is overwritten: whatever breaks, the start says so. */
static void damage_to_any_page_is_found_at_the_start(void **state)
{
	struct world *w = *state;
	struct stat info;
	char page[4096], rubbish[4096];

	make_records(w, 12);
	assert_int_equal(stat(w->path, &info), 0);
	memset(rubbish, 0xff, sizeof(rubbish));
	int fd = open(w->path, O_RDWR);
	for (off_t at = 0; at < info.st_size; at += (off_t)sizeof(page)) {
		assert_int_equal(pread(fd, page, sizeof(page), at), sizeof(page));
		assert_int_equal(pwrite(fd, rubbish, sizeof(page), at), sizeof(page));
		expect_refused(w->path, DB_WRITE, at ? "is damaged" : "is not a database");
		assert_int_equal(pwrite(fd, page, sizeof(page), at), sizeof(page));
	}
	close(fd);
	make_records(w, 1);
}

static void a_file_cut_short_is_found_at_the_start(void **state)
{
	struct world *w = *state;
	struct stat info;

	make_records(w, 12);
	assert_int_equal(stat(w->path, &info), 0);
	assert_int_equal(truncate(w->path, info.st_size / 2), 0);
	expect_refused(w->path, DB_WRITE, "is damaged");
}

/* ---- rights: root may write everything, so a child becomes nobody ---- */

#define NOBODY 65534

static int as_nobody(void (*call)(const struct world *w), const struct world *w)
{
	int how;
	pid_t child = fork();

	if (child == 0) {
		if (geteuid() == 0 && (setgid(NOBODY) || setuid(NOBODY)))
			_exit(99);
		call(w);
		_exit(0);
	}
	waitpid(child, &how, 0);
	return WIFEXITED(how) ? WEXITSTATUS(how) : 98;
}

/* In a child cmocka's asserts would run the rest of the tests twice. */
static void write_is_refused_there(const struct world *w)
{
	struct err err;
	struct db *db;

	if (db_open(w->path, DB_WRITE, &db, &err) != STATUS_DATABASE ||
	    !strstr(err.text, w->path) || !strstr(err.text, "check the rights"))
		_exit(1);
}

static void read_works_there(const struct world *w)
{
	struct err err;
	struct db *db;
	int64_t count;

	if (db_open(w->path, DB_READ, &db, &err))
		_exit(1);
	if (sql_integer(db, "SELECT count(*) FROM runs", &count, &err) || count != 1)
		_exit(2);
	db_close(db);
}

static void a_file_in_a_folder_without_rights_is_read_and_not_written(void **state)
{
	struct world *w = *state;

	make_records(w, 1);
	assert_int_equal(chmod(w->path, 0444), 0);
	assert_int_equal(chmod(w->dir, 0555), 0);
	int wrote = as_nobody(write_is_refused_there, w);
	int read_it = as_nobody(read_works_there, w);
	chmod(w->dir, 0755);
	assert_int_equal(wrote, 0);
	assert_int_equal(read_it, 0);
}

static void a_read_only_file_in_a_writable_folder_is_refused(void **state)
{
	struct world *w = *state;

	make_records(w, 1);
	assert_int_equal(chmod(w->path, 0444), 0);
	assert_int_equal(chmod(w->dir, 0777), 0);
	assert_int_equal(chmod(world_file(w, "records.db.lock"), 0666), 0);
	int wrote = as_nobody(write_is_refused_there, w);
	assert_int_equal(wrote, 0);
}

/* ---- one writer ---- */

static void a_second_writer_is_refused_with_the_firsts_number(void **state)
{
	struct world *w = *state;
	struct db *first = world_open(w, DB_WRITE);
	char number[32];

	snprintf(number, sizeof(number), "process %ld is writing", (long)getpid());
	expect_refused(w->path, DB_WRITE, number);
	db_close(first);
	db_close(world_open(w, DB_WRITE));
}

static void another_name_of_the_file_is_the_same_file(void **state)
{
	struct world *w = *state;
	struct db *first = world_open(w, DB_WRITE);

	assert_int_equal(symlink(w->path, world_file(w, "alias.db")), 0);
	struct err err;
	struct db *second;
	assert_int_equal(db_open(world_file(w, "alias.db"), DB_WRITE, &second, &err),
			 STATUS_DATABASE);
	assert_non_null(strstr(err.text, "is writing to it"));
	db_close(first);
}

static void readers_are_welcome_beside_a_writer(void **state)
{
	struct world *w = *state;
	struct db *writer = world_open(w, DB_WRITE);
	struct db *reader = world_open(w, DB_READ);
	struct err err;
	int64_t count;

	world_put(writer, sample_run.run_id);
	assert_int_equal(sql_integer(reader, "SELECT count(*) FROM runs", &count, &err), STATUS_OK);
	assert_int_equal(count, 1);
	db_close(reader);
	db_close(writer);
}

static void a_reader_cannot_write(void **state)
{
	struct world *w = *state;
	struct err err;

	make_records(w, 1);
	struct db *reader = world_open(w, DB_READ);
	assert_int_equal(db_put_run(reader, &sample_run, &err), STATUS_DATABASE);
	db_close(reader);
}

/* ---- runs that nobody ended ---- */

static void a_start_closes_the_runs_that_it_finds_open(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct record_run open_run = sample_run;
	struct err err;

	assert_int_equal(db_stopped_runs(db), 0);
	world_put(db, "01931f2e-4c00-7000-8000-00000000000a");
	open_run.run_id = "01931f2e-4c00-7000-8000-00000000000b";
	assert_int_equal(db_put_run(db, &open_run, &err), STATUS_OK);
	db_close(db);

	db = world_open(w, DB_WRITE);
	assert_int_equal(db_stopped_runs(db), 1);
	db_close(db);
	assert_string_equal(
		world_ask(w, "SELECT outcome || ' ' || code || ' ' || party || ' ' || proof "
			     "FROM runs WHERE run_id LIKE '%b'"),
		"ABORTED STATION_STOPPED STATION NONE");
	assert_string_equal(world_ask(w, "SELECT count(duration_s) + count(tries) + count(mac) + "
					 "count(raw_bytes) FROM runs WHERE run_id LIKE '%b'"),
			    "0");
	assert_string_equal(world_ask(w, "SELECT end_utc_ms >= start_utc_ms FROM runs WHERE run_id "
					 "LIKE '%b'"),
			    "1");
	assert_string_equal(world_ask(w, "SELECT outcome FROM runs WHERE run_id LIKE '%a'"),
			    "PASS");
	db = world_open(w, DB_WRITE);
	assert_int_equal(db_stopped_runs(db), 0);
	db_close(db);
}

/* ---- migrations ---- */

static void an_older_database_is_brought_up_in_one_transaction(void **state)
{
	struct world *w = *state;
	const char *const rows[] = {
		schema_sql,
		schema_2_sql,
		schema_3_sql,
		schema_4_sql,
		schema_5_sql,
		/* clang-format off */
		"CREATE TABLE shift (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID; INSERT INTO shift VALUES ('early')",
		/* clang-format on */
		"ALTER TABLE run ADD COLUMN shift TEXT REFERENCES shift",
	};
	const char *message;
	struct err err;

	make_records(w, 3);
	struct db *db = world_open(w, DB_WRITE);
	assert_int_equal(migrate(db, rows, 7, &err), STATUS_OK);
	assert_int_equal(migrate(db, rows, 7, &err), STATUS_OK);
	db_close(db);
	assert_string_equal(world_ask(w, "PRAGMA user_version"), "7");
	assert_string_equal(world_ask(w, "SELECT group_concat(version) FROM schema_version"),
			    "1,2,3,4,5,6,7");
	assert_string_equal(world_ask(w, "SELECT count(*) || count(shift) FROM run"), "30");
	assert_int_not_equal(world_do(w, "DELETE FROM shift", &message), SQLITE_OK);
	assert_int_not_equal(world_do(w, "REPLACE INTO shift VALUES ('early')", &message),
			     SQLITE_OK);
}

/* A file as that version of the schema made it, with one run that has ended and one that has not.
 */
static void make_version(const struct world *w, size_t version)
{
	char expected[8];
	struct db db = { .sql = world_raw(w), .path = (char *)w->path };
	const char *message;
	struct err err;

	assert_int_equal(migrate(&db, migration_rows(&(size_t){ 0 }), version, &err), STATUS_OK);
	sqlite3_close(db.sql);
	assert_int_equal(
		world_do(w,
			 "INSERT INTO station VALUES (1, 'bench', '0.1.0', 1);"
			 "INSERT INTO run (run_id, kind, station_id, start_utc_ms) VALUES"
			 " ('a', 'FLASH', 1, 1000), ('b', 'FLASH', 1, 2000);"
			 "INSERT INTO unit VALUES ('24:0a:c4:00:01:10', 'a', 1500);"
			 "INSERT INTO result (run_id, outcome, code, party, proof, end_utc_ms, mac,"
			 " chip, flash_bytes, security) VALUES ('a', 'PASS', 'OK', 'NONE',"
			 " 'CHIP_MD5', 1500, '24:0a:c4:00:01:10', 'ESP32', 4194304, 'none')",
			 &message),
		SQLITE_OK);
	snprintf(expected, sizeof(expected), "%zu", version);
	assert_string_equal(world_ask(w, "PRAGMA user_version"), expected);
}

/* Of the two runs from before, nothing that only version 3 has. */
static void expect_version_3_unknown(const struct world *w)
{
	assert_string_equal(
		world_ask(w, "SELECT count(start_way) + count(custom_mac) + count(secure_boot_v1)"
			     " + count(crypt_count) + count(key_purposes) + count(flash_status)"
			     " + count(flash_status_set) + count(ram_block_bytes)"
			     " + count(data_block_bytes) + count(pace_bytes) + count(rescued)"
			     " + count(suspects) + count(advice) FROM runs"
			     " WHERE run_id IN ('a', 'b')"),
		"0");
}

static void records_of_version_1_stay_as_they_are_and_the_new_facts_are_unknown(void **state)
{
	struct world *w = *state;
	struct db *db;

	make_version(w, 1);
	db = world_open(w, DB_WRITE);
	db_close(db);
	assert_string_equal(world_ask(w, "PRAGMA user_version"), "5");
	assert_string_equal(
		world_ask(w, "SELECT group_concat(printf('%s %s %s %s %d %s', run_id, outcome, mac,"
			     " chip, flash_bytes, security)) FROM runs WHERE run_id = 'a'"),
		"a PASS 24:0a:c4:00:01:10 ESP32 4194304 none");
	assert_string_equal(
		world_ask(w, "SELECT count(embedded_flash_bytes) + count(embedded_psram_bytes) +"
			     " count(secure_boot) + count(flash_encryption) +"
			     " count(secure_download) + count(security_flags) FROM runs"),
		"0");
	expect_version_3_unknown(w);
	/* The run that was open is closed as in any file. */
	assert_string_equal(world_ask(w, "SELECT code FROM runs WHERE run_id = 'b'"),
			    "STATION_STOPPED");
}

static void records_of_version_2_stay_as_they_are_beside_those_of_version_3(void **state)
{
	struct world *w = *state;
	const char *message;
	struct db *db;

	make_version(w, 2);
	assert_int_equal(world_do(w,
				  "INSERT INTO run (run_id, kind, station_id, start_utc_ms) VALUES"
				  " ('c', 'FLASH', 1, 3000);"
				  "INSERT INTO result (run_id, outcome, code, party, proof,"
				  " end_utc_ms, secure_boot, security_flags, rungs) VALUES"
				  " ('c', 'FAIL', 'MD5_MISMATCH', 'UNIT', 'NONE', 3500, 1,"
				  " '00000001', 'stub 460800')",
				  &message),
			 SQLITE_OK);
	db = world_open(w, DB_WRITE);
	world_put(db, sample_run.run_id);
	db_close(db);
	assert_string_equal(world_ask(w, "PRAGMA user_version"), "5");
	assert_string_equal(
		world_ask(w, "SELECT printf('%s %d %s %s', code, secure_boot, security_flags,"
			     " rungs) FROM runs WHERE run_id = 'c'"),
		"MD5_MISMATCH 1 00000001 stub 460800");
	assert_string_equal(world_ask(w, "SELECT count(rescued) FROM runs WHERE run_id = 'c'"),
			    "0");
	expect_version_3_unknown(w);
	assert_string_equal(world_ask(w, "SELECT printf('%s|%d|%s|%d', custom_mac, rescued, advice,"
					 " ram_block_bytes) FROM runs WHERE start_way IS NOT NULL"),
			    "02:00:00:00:00:07|1|try another cable|1024");
	assert_int_not_equal(world_do(w, "UPDATE result SET rescued = 0", &message), SQLITE_OK);
	assert_int_not_equal(world_do(w, "UPDATE run SET start_way = NULL", &message), SQLITE_OK);
}

static void a_file_of_version_1_takes_new_records_and_keeps_refusing_changes(void **state)
{
	struct world *w = *state;
	const char *message;
	struct db *db;

	make_version(w, 1);
	db = world_open(w, DB_WRITE);
	world_put(db, sample_run.run_id);
	db_close(db);
	assert_string_equal(world_ask(w, "SELECT embedded_psram_bytes || ' ' || secure_download "
					 "|| ' ' || security_flags FROM runs WHERE mac IS NOT NULL "
					 "AND run_id <> 'a'"),
			    "2097152 1 00000105");
	assert_int_not_equal(world_do(w, "UPDATE result SET secure_boot = 1", &message), SQLITE_OK);
	assert_int_not_equal(world_do(w, "UPDATE result SET code = 'X'", &message), SQLITE_OK);
	assert_int_not_equal(world_do(w, "DELETE FROM result", &message), SQLITE_OK);
}

static void a_reader_of_a_version_1_file_that_is_being_written_is_told_what_to_do(void **state)
{
	struct world *w = *state;
	struct err err;
	int lock;

	make_version(w, 1);
	assert_int_equal(lock_take(w->path, &lock, &err), STATUS_OK);
	expect_refused(w->path, DB_READ, "was made by an older flashline");
	assert_string_equal(world_ask(w, "PRAGMA user_version"), "1");
	close(lock);
}

static void a_reader_brings_a_version_1_file_up_to_date_and_changes_no_record(void **state)
{
	struct world *w = *state;

	make_version(w, 1);
	db_close(world_open(w, DB_READ));
	assert_string_equal(world_ask(w, "PRAGMA user_version"), "5");
	assert_string_equal(world_ask(w, "SELECT outcome FROM runs WHERE run_id = 'a'"), "PASS");
	/* Only a station may say that another one has stopped. */
	assert_string_equal(world_ask(w, "SELECT count(*) FROM result"), "1");
	db_close(world_open(w, DB_WRITE));
}

/* What schema 5 added is taken out again: the file is as schema 4 left it. */
static void take_back_to_version_4(const struct world *w)
{
	static const char sql[] =
		"DROP VIEW runs; DROP TABLE lockout_end; DROP TABLE lockout; DROP TABLE "
		"print_event;"
		"DROP TABLE print_job; DROP TABLE unit_image; DROP TABLE console_log;"
		"DROP TABLE serial_state; DROP INDEX result_by_run_outcome; DROP INDEX run_golden;"
		"DROP INDEX run_by_batch; DROP INDEX run_by_recipe;"
		"ALTER TABLE run DROP COLUMN nest; ALTER TABLE run DROP COLUMN purpose;"
		"CREATE INDEX run_by_batch ON run (batch) WHERE batch IS NOT NULL;"
		"CREATE INDEX run_by_recipe ON run (recipe_digest);"
		"CREATE VIEW runs AS SELECT run_id, outcome FROM run JOIN result USING (run_id);"
		"DROP TRIGGER schema_version_no_update; DROP TRIGGER schema_version_no_delete;"
		"DELETE FROM schema_version WHERE version = 5; PRAGMA user_version = 4";
	const char *message;

	if (world_do(w, sql, &message) != SQLITE_OK)
		fail_msg("%s", message);
}

static void a_ledger_of_version_4_stays_sound_and_goes_on(void **state)
{
	struct world *w = *state;
	struct record_result result = sample_result;
	struct record_run run = sample_run;
	struct ledger_report report;
	struct err err;

	struct db *db = world_open(w, DB_WRITE);
	result.unit_images = NULL; /* schema 4 had neither these nor a nest */
	result.unit_image_count = 0;
	result.console = NULL;
	run.nest = 0;
	if (db_put_recipe(db, &sample_recipe, &err) || db_put_run(db, &run, &err) ||
	    db_put_result(db, &result, &err))
		fail_msg("%s", err.text);
	db_close(db);
	take_back_to_version_4(w);

	db = world_open(w, DB_WRITE);
	world_put(db, "01931f2e-4c00-7000-8000-00000000000c");
	assert_int_equal(ledger_verify(db, NULL, 0, NULL, NULL, &report, &err), STATUS_OK);
	if (report.fault)
		fail_msg("%s", report.text);
	db_close(db);
	assert_string_equal(world_ask(w, "PRAGMA user_version"), "5");
	assert_string_equal(world_ask(w, "SELECT group_concat(ifnull(nest, '-')) FROM runs"),
			    "-,7");
	assert_string_equal(world_ask(w, "SELECT count(*) FROM console_log"), "1");
}

static void a_migration_that_fails_changes_nothing(void **state)
{
	struct world *w = *state;
	const char *const rows[] = {
		schema_sql,
		schema_2_sql,
		schema_3_sql,
		schema_4_sql,
		schema_5_sql,
		"CREATE TABLE shift (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
		"ALTER TABLE absent ADD COLUMN shift TEXT",
	};
	struct err err;

	make_records(w, 3);
	struct db *db = world_open(w, DB_WRITE);
	assert_int_equal(migrate(db, rows, 7, &err), STATUS_DATABASE);
	assert_non_null(strstr(err.text, "no such table: absent"));
	db_close(db);
	assert_string_equal(world_ask(w, "PRAGMA user_version"), "5");
	assert_string_equal(world_ask(w, "SELECT count(*) FROM sqlite_schema WHERE name = 'shift'"),
			    "0");
	make_records(w, 1);
}

/* ---- where it stands by default ---- */

static void the_default_place_is_the_users_state_folder(void **state)
{
	struct world *w = *state;
	char path[DB_PATH_BYTES], expected[DB_PATH_BYTES];
	struct err err;
	struct stat info;

	setenv("XDG_STATE_HOME", world_file(w, "state"), 1);
	assert_int_equal(db_default_path(DB_READ, path, &err), STATUS_OK);
	snprintf(expected, sizeof(expected), "%s/state/flashline/flashline.db", w->dir);
	assert_string_equal(path, expected);
	assert_int_not_equal(access(world_file(w, "state"), F_OK), 0);
	assert_int_equal(db_default_path(DB_WRITE, path, &err), STATUS_OK);
	assert_int_equal(stat(world_file(w, "state/flashline"), &info), 0);
	assert_true(S_ISDIR(info.st_mode));

	setenv("XDG_STATE_HOME", "relative/does/not/count", 1);
	setenv("HOME", world_file(w, "home"), 1);
	assert_int_equal(db_default_path(DB_WRITE, path, &err), STATUS_OK);
	snprintf(expected, sizeof(expected), "%s/home/.local/state/flashline/flashline.db", w->dir);
	assert_string_equal(path, expected);
	assert_int_equal(access(world_file(w, "home/.local/state/flashline"), W_OK), 0);

	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	assert_int_equal(db_default_path(DB_READ, path, &err), STATUS_DATABASE);
	assert_non_null(strstr(err.text, "HOME"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_folder_is_refused),
		TEST(a_device_is_refused),
		TEST(a_missing_folder_is_named),
		TEST(an_empty_name_is_refused),
		TEST(a_reader_of_nothing_is_told_how_it_is_made),
		TEST(an_empty_file_becomes_a_database),
		TEST(a_file_that_is_no_database_is_refused_and_kept),
		TEST(another_programs_database_is_refused_and_kept),
		TEST(a_newer_database_is_refused_with_both_versions),
		TEST(damage_to_any_page_is_found_at_the_start),
		TEST(a_file_cut_short_is_found_at_the_start),
		TEST(a_file_in_a_folder_without_rights_is_read_and_not_written),
		TEST(a_read_only_file_in_a_writable_folder_is_refused),
		TEST(a_second_writer_is_refused_with_the_firsts_number),
		TEST(another_name_of_the_file_is_the_same_file),
		TEST(readers_are_welcome_beside_a_writer),
		TEST(a_reader_cannot_write),
		TEST(a_start_closes_the_runs_that_it_finds_open),
		TEST(an_older_database_is_brought_up_in_one_transaction),
		TEST(records_of_version_1_stay_as_they_are_and_the_new_facts_are_unknown),
		TEST(records_of_version_2_stay_as_they_are_beside_those_of_version_3),
		TEST(a_file_of_version_1_takes_new_records_and_keeps_refusing_changes),
		TEST(a_reader_of_a_version_1_file_that_is_being_written_is_told_what_to_do),
		TEST(a_reader_brings_a_version_1_file_up_to_date_and_changes_no_record),
		TEST(a_ledger_of_version_4_stays_sound_and_goes_on),
		TEST(a_migration_that_fails_changes_nothing),
		TEST(the_default_place_is_the_users_state_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
