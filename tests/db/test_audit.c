#define _XOPEN_SOURCE 700
#include "tests/db/nasty.h"
#include "tests/db/world.h"

#include "db/export/audit_facts.h"
#include "db/export/audit_pack.h"
#include "db/export/canonical_row.h"
#include "db/decide.h"
#include "db/ledger/ledger_kinds.h"
#include "db/run.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* ---- what belongs to a pack ---- */

static void every_kind_of_record_is_in_a_pack_but_the_serial_numbers_of_the_plant(void **state)
{
	size_t kind_count, fact_count, left_out = 0;
	const struct ledger_kind *kinds = ledger_kinds(&kind_count);
	const struct audit_fact *facts = audit_facts(&fact_count);

	(void)state;
	for (size_t i = 0; i < kind_count; i++) {
		unsigned found = 0;

		for (size_t j = 0; j < fact_count; j++)
			found += strcmp(facts[j].kind, kinds[i].name) == 0;
		if (strcmp(kinds[i].name, "serial_block") == 0) {
			left_out++;
			assert_int_equal(found, 0);
		} else if (found != 1) {
			fail_msg("kind '%s' stands %u times in the table of packs", kinds[i].name,
				 found);
		}
	}
	assert_int_equal(fact_count, kind_count - left_out);
}

/* Two programs that wrote the same page of db/ledger/ledger.h. */
static void a_row_is_as_canonical_in_a_pack_as_in_the_ledger(void **state)
{
	struct world *w = *state;
	struct canonical_row row;
	sqlite3_stmt *stmt;
	unsigned rows = 0;
	struct span body;
	struct err err;

	nasty_world(w);
	sqlite3 *sql = world_raw(w);
	assert_int_equal(sqlite3_prepare_v2(sql,
					    "SELECT run.*, ledger.body FROM run JOIN ledger "
					    "ON ledger.kind = 'run' AND ledger.ref = run_id",
					    -1, &stmt, NULL),
			 SQLITE_OK);
	int columns = sqlite3_column_count(stmt) - 1;
	assert_int_equal(canonical_row_init(&row, stmt, columns, &err), STATUS_OK);
	for (; sqlite3_step(stmt) == SQLITE_ROW; rows++) {
		assert_int_equal(canonical_row_read(&row, &body, &err), STATUS_OK);
		assert_int_equal(body.size_bytes, sqlite3_column_bytes(stmt, columns));
		assert_memory_equal(body.text, sqlite3_column_text(stmt, columns), body.size_bytes);
	}
	assert_int_equal(rows, NASTY_RUNS);
	canonical_row_release(&row);
	sqlite3_finalize(stmt);
	sqlite3_close(sql);
}

/* ---- packs ---- */

static void put_run(struct db *db, const char *run_id, const char *batch)
{
	struct record_run run = {
		.run_id = run_id, .kind = "FLASH", .start_utc_ms = 1795350678250, .batch = batch
	};
	struct record_result result = { .run_id = run_id,
					.outcome = "PASS",
					.code = "OK",
					.party = "NONE",
					.proof = "CHIP_MD5",
					.end_utc_ms = 1795350679250,
					.log = "    0.100 connected\n" };
	struct err err;

	if (db_put_run(db, &run, &err) || db_put_result(db, &result, &err))
		fail_msg("%s", err.text);
}

static void make_batch(const struct world *w)
{
	const struct record_batch batch = { .batch = "WO-1",
					    .quantity = 5,
					    .quota = 5,
					    .operator_name = "li.wei",
					    .opened_utc_ms = 1795350600000 };
	struct db *db = world_open(w, DB_WRITE);
	struct err err;

	if (db_put(db, RECORD_BATCH, &batch, &err))
		fail_msg("%s", err.text);
	world_put(db, sample_run.run_id); /* another batch */
	put_run(db, "01931f2e-4c00-7000-8000-00000000000a", "WO-1");
	put_run(db, "01931f2e-4c00-7000-8000-00000000000b", "only typed");
	db_close(db);
}

static enum status pack(const struct world *w, const char *batch, const char *path,
			struct audit_done *done, struct err *err)
{
	struct db *db = world_open(w, DB_READ);
	enum status st = audit_pack(db, batch, path, done, err);

	db_close(db);
	return st;
}

static char *file_bytes(const char *path, size_t *size)
{
	static const size_t room = 1 << 20;
	char *bytes = malloc(room);
	FILE *file = fopen(path, "r");

	if (!file)
		fail_msg("%s is not there", path);
	*size = fread(bytes, 1, room, file);
	assert_in_range(*size, 1, room - 1);
	fclose(file);
	return bytes;
}

static unsigned files_in(const char *dir)
{
	unsigned count = 0;
	DIR *folder = opendir(dir);

	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));)
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count;
}

static void the_same_records_give_the_same_pack_in_any_time_zone(void **state)
{
	struct world *w = *state;
	struct audit_done done;
	char *bytes[2], path[200];
	size_t size[2];
	struct err err;

	make_batch(w);
	for (int i = 0; i < 2; i++) {
		setenv("TZ", i ? "Asia/Shanghai" : "America/New_York", 1);
		snprintf(path, sizeof(path), "%s", world_file(w, i ? "b.zip" : "a.zip"));
		if (pack(w, "WO-1", path, &done, &err))
			fail_msg("%s", err.text);
		assert_int_equal(done.runs, 1);
		bytes[i] = file_bytes(path, &size[i]);
	}
	unsetenv("TZ");
	assert_int_equal(size[0], size[1]);
	assert_memory_equal(bytes[0], bytes[1], size[0]);
	free(bytes[0]);
	free(bytes[1]);
}

static void a_batch_that_was_only_typed_can_be_packed_and_an_unknown_one_cannot(void **state)
{
	struct world *w = *state;
	struct audit_done done;
	char path[200];
	struct err err;

	make_batch(w);
	snprintf(path, sizeof(path), "%s", world_file(w, "typed.zip"));
	assert_int_equal(pack(w, "only typed", path, &done, &err), STATUS_OK);
	assert_int_equal(done.runs, 1);
	snprintf(path, sizeof(path), "%s", world_file(w, "unknown.zip"));
	assert_int_equal(pack(w, "WO-2", path, &done, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "no batch 'WO-2'"));
	struct stat info;
	assert_int_equal(stat(path, &info), -1);
}

/* A file of at most so many bytes may be written: what a full disk does, at any byte. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_pack_that_finds_no_room_leaves_the_old_one_and_nothing_beside_it(void **state)
{
	struct world *w = *state;
	struct audit_done done;
	char path[240], dir[200];
	struct err err;
	size_t size;

	make_batch(w);
	signal(SIGXFSZ, SIG_IGN);
	snprintf(dir, sizeof(dir), "%s", world_file(w, "out"));
	assert_int_equal(mkdir(dir, 0755), 0);
	snprintf(path, sizeof(path), "%s/pack.zip", dir);
	FILE *old = fopen(path, "w");
	fputs("old", old);
	fclose(old);
	struct db *db = world_open(w, DB_READ);
	assert_int_equal(audit_pack(db, "WO-1", world_file(w, "whole.zip"), &done, &err),
			 STATUS_OK);
	free(file_bytes(world_file(w, "whole.zip"), &size));
	for (size_t room = 0; room < size; room += 1 + size / 23) {
		limit_files(room);
		enum status st = audit_pack(db, "WO-1", path, &done, &err);
		limit_files(RLIM_INFINITY);
		assert_int_equal(st, STATUS_FILE);
		assert_int_equal(files_in(dir), 1);
		char *bytes = file_bytes(path, &(size_t){ 0 });
		assert_memory_equal(bytes, "old", 3);
		free(bytes);
	}
	/* The connection is as good as before. */
	assert_int_equal(audit_pack(db, "WO-1", path, &done, &err), STATUS_OK);
	assert_int_equal(files_in(dir), 1);
	db_close(db);
}

/* Somebody with the sqlite3 tool, and what the pack then says. */
static void expect_refused(struct world *w, const char *tampering, const char *says)
{
	struct audit_done done;
	const char *message;
	struct stat info;
	struct err err;

	if (world_do(w, tampering, &message))
		fail_msg("%s", message);
	assert_int_equal(pack(w, "WO-1", world_file(w, "refused.zip"), &done, &err),
			 STATUS_DATABASE);
	if (!strstr(err.text, says))
		fail_msg("'%s' lacks '%s'", err.text, says);
	assert_int_equal(stat(world_file(w, "refused.zip"), &info), -1);
}

static void a_run_that_was_changed_makes_no_pack(void **state)
{
	make_batch(*state);
	expect_refused(*state,
		       "DROP TRIGGER run_no_update; "
		       "UPDATE run SET operator = 'nobody' WHERE batch = 'WO-1'",
		       "(run 01931f2e-4c00-7000-8000-00000000000a) differs from its record");
}

static void a_log_that_was_changed_makes_no_pack(void **state)
{
	make_batch(*state);
	expect_refused(*state,
		       "DROP TRIGGER unit_log_no_update; UPDATE unit_log SET text = 'all well'",
		       "(result 01931f2e-4c00-7000-8000-00000000000a) differs from its record");
}

static void a_run_that_was_put_in_by_hand_makes_no_pack(void **state)
{
	make_batch(*state);
	expect_refused(*state,
		       "INSERT INTO run (run_id, kind, station_id, start_utc_ms, batch) "
		       "VALUES ('smuggled', 'FLASH', 1, 5, 'WO-1')",
		       "a record (run smuggled) has no entry");
}

static void a_result_that_was_taken_out_makes_no_pack(void **state)
{
	make_batch(*state);
	expect_refused(*state,
		       "DROP TRIGGER result_no_delete; DELETE FROM result "
		       "WHERE run_id = '01931f2e-4c00-7000-8000-00000000000a'",
		       "(result 01931f2e-4c00-7000-8000-00000000000a) has no record any more");
}

/* Of another batch, behind this one's entries: their chain is part of the proof. */
static void an_entry_of_another_batch_that_was_changed_makes_no_pack(void **state)
{
	make_batch(*state);
	expect_refused(*state,
		       "DROP TRIGGER ledger_no_update; UPDATE ledger SET body = '{}' "
		       "WHERE ref = '01931f2e-4c00-7000-8000-00000000000b' AND kind = 'run'",
		       "was changed");
}

static void an_entry_that_is_missing_makes_no_pack(void **state)
{
	make_batch(*state);
	expect_refused(*state,
		       "DROP TRIGGER ledger_no_delete; DELETE FROM ledger "
		       "WHERE ref = '01931f2e-4c00-7000-8000-00000000000b' AND kind = 'run'",
		       "does not follow the one before");
}

/* ---- while a station writes ---- */

struct station {
	const struct world *w;
	atomic_bool is_over;
};

static void *write_runs(void *ctx)
{
	struct station *s = ctx;
	struct db *db = world_open(s->w, DB_WRITE);

	for (unsigned i = 0; !atomic_load(&s->is_over); i++) {
		char run_id[40];

		snprintf(run_id, sizeof(run_id), "01931f2e-4c00-7000-8000-00000b%06u", i);
		put_run(db, run_id, "WO-1");
	}
	db_close(db);
	return NULL;
}

/* A number that a shell command prints about a member of the pack; "" all of them. */
static long tell(const char *path, const char *member, const char *filter)
{
	char command[700], answer[40] = "";

	snprintf(command, sizeof(command), "unzip -p '%s' %s | %s", path, member, filter);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	if (!fgets(answer, sizeof(answer), pipe))
		fail_msg("'%s' says nothing", command);
	pclose(pipe);
	return atol(answer);
}

static void all_parts_of_a_pack_are_of_one_moment_while_a_station_writes(void **state)
{
	struct world *w = *state;
	struct station station = { .w = w };
	struct audit_done done;
	char path[200];
	pthread_t thread;
	struct err err;

	if (system("command -v unzip >/dev/null"))
		skip();
	make_batch(w);
	snprintf(path, sizeof(path), "%s", world_file(w, "pack.zip"));
	struct db *db = world_open(w, DB_READ);
	pthread_create(&thread, NULL, write_runs, &station);
	for (int i = 0; i < 3; i++) {
		if (audit_pack(db, "WO-1", path, &done, &err))
			fail_msg("%s", err.text);
		long runs = (long)done.runs;
		assert_int_equal(tell(path, "runs.jsonl", "wc -l"), runs);
		assert_int_equal(tell(path, "summary.txt", "sed -n 's/^  runs  *//p' | head -1"),
				 runs);
		assert_int_equal(tell(path, "ledger/entries.jsonl", "grep -c '\"kind\":\"run\"'"),
				 runs);
		assert_int_equal(tell(path, "SHA256SUMS", "grep -c '  unit-logs/'") +
					 tell(path, "summary.txt",
					      "sed -n 's/^  not_ended  *//p' | head -1"),
				 runs);
	}
	atomic_store(&station.is_over, true);
	pthread_join(thread, NULL);
	db_close(db);
}

/* ---- names and texts of any kind ---- */

static void the_pack_has_the_lockouts_of_its_time_and_the_numbers_of_its_runs(void **state)
{
	static const struct record_lockout lockouts[] = {
		{ "before", "DISK_LOW", NULL, "d", 1795350600000 },
		{ "within", "DISK_LOW", NULL, "d", 1795350678500 },
		{ "into", "DISK_LOW", NULL, "d", 1795350600000 },
		{ "behind", "DISK_LOW", NULL, "d", 1795350679251 },
	};
	const struct record_lockout_end ends[] = {
		{ "before", "CURED", NULL, NULL, 1795350601000 },
		{ "into", "OVERRIDDEN", "kim", "r", 1795350678300 },
	};
	struct record_serial_state number = { .product = "p",
					      .serial = "M5-7",
					      .state = "RESERVED",
					      .source = "RANGE",
					      .run_id = "r-1",
					      .utc_ms = 1 };
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct audit_done done;
	struct err err;
	char path[200];

	put_run(db, "r-1", "WO-7");
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(db_put(db, RECORD_LOCKOUT, &lockouts[i], NULL), STATUS_OK);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(db_put(db, RECORD_LOCKOUT_END, &ends[i], NULL), STATUS_OK);
	assert_int_equal(db_put(db, RECORD_SERIAL_STATE, &number, NULL), STATUS_OK);
	number.run_id = "r-2"; /* of no run of the batch */
	number.serial = "M5-8";
	assert_int_equal(db_put(db, RECORD_SERIAL_STATE, &number, NULL), STATUS_OK);
	db_close(db);
	snprintf(path, sizeof(path), "%s", world_file(w, "WO-7.zip"));
	assert_int_equal(pack(w, "WO-7", path, &done, &err), STATUS_OK);
	assert_int_equal(tell(path, "records/lockout.jsonl", "wc -l"), 2);
	assert_int_equal(tell(path, "records/lockout.jsonl", "grep -c within"), 1);
	assert_int_equal(tell(path, "records/lockout_end.jsonl", "grep -c OVERRIDDEN"), 1);
	assert_int_equal(tell(path, "records/serial_state.jsonl", "wc -l"), 1);
	assert_int_equal(tell(path, "records/operator.jsonl", "grep -c kim"), 1);
	assert_int_equal(
		tell(path, "summary.json", "grep -c '\"lockouts\":2,\"lockouts_overridden\":1'"),
		1);
	assert_int_equal(
		tell(path, "summary.json", "grep -c '\"state\":\"RESERVED\",\"numbers\":1'"), 1);
	assert_int_equal(tell(path, "summary.json", "grep -c '\"printed\":0'"), 1);
}

static void a_batch_of_any_name_can_be_packed_and_read_as_utf_8(void **state)
{
	struct world *w = *state;
	struct audit_done done;
	char path[200];
	struct err err;

	nasty_world(w);
	bool has_unzip = system("command -v unzip >/dev/null") == 0;
	snprintf(path, sizeof(path), "%s", world_file(w, "pack.zip"));
	struct db *db = world_open(w, DB_READ);
	for (size_t i = 0; i < NASTY_COUNT; i++) {
		bool is_utf8 = !nasties[i].json;

		if (audit_pack(db, nasties[i].text, path, &done, &err))
			fail_msg("'%s': %s", nasties[i].text, err.text);
		assert_int_equal(done.runs, 1);
		if (!has_unzip)
			continue;
		/* Its bytes are there all the same, in hex. */
		assert_int_equal(tell(path, "ledger/entries.jsonl",
				      "grep '\"kind\":\"run\"' | grep -c '\"body_hex\":' ; true"),
				 is_utf8 ? 0 : 1);
		assert_int_equal(tell(path, "", "iconv -f utf-8 -t utf-8 >/dev/null; echo $?"), 0);
	}
	db_close(db);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(every_kind_of_record_is_in_a_pack_but_the_serial_numbers_of_the_plant),
		TEST(a_row_is_as_canonical_in_a_pack_as_in_the_ledger),
		TEST(the_same_records_give_the_same_pack_in_any_time_zone),
		TEST(a_batch_that_was_only_typed_can_be_packed_and_an_unknown_one_cannot),
		TEST(a_pack_that_finds_no_room_leaves_the_old_one_and_nothing_beside_it),
		TEST(a_run_that_was_changed_makes_no_pack),
		TEST(a_log_that_was_changed_makes_no_pack),
		TEST(a_run_that_was_put_in_by_hand_makes_no_pack),
		TEST(a_result_that_was_taken_out_makes_no_pack),
		TEST(an_entry_of_another_batch_that_was_changed_makes_no_pack),
		TEST(an_entry_that_is_missing_makes_no_pack),
		TEST(the_pack_has_the_lockouts_of_its_time_and_the_numbers_of_its_runs),
		TEST(a_batch_of_any_name_can_be_packed_and_read_as_utf_8),
		TEST(all_parts_of_a_pack_are_of_one_moment_while_a_station_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
