/* The ledger: what an entry is, where a chain begins, how older records come in. */
#define _XOPEN_SOURCE 700
#include "tests/db/ledger_world.h"

#include "db/decide.h"
#include "db/ledger/ledger_diff.h"
#include "db/migrate.h"
#include "db/run.h"
#include "engine/base/bytes.h"
#include "engine/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- entries ---- */

/* The digits are from another program (openssl dgst), over docs/ledger.md's example. */
static void the_hash_of_an_entry_is_as_the_manual_says(void **state)
{
	struct ledger_entry entry = {
		.seq = 1204,
		.utc_ms = 1795350701007,
		.kind = "unit",
		.ref = "24:0a:c4:00:01:10",
		.body = "{\"first_run_id\":\"r\",\"first_seen_utc_ms\":1795350701007,"
			"\"mac\":\"24:0a:c4:00:01:10\"}",
	};
	uint8_t hash[SHA256_BYTES];
	char text[SHA256_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(entry.prev); i++)
		entry.prev[i] = (uint8_t)i;
	ledger_hash(&entry, hash);
	hex_text(hash, sizeof(hash), text);
	assert_string_equal(text,
			    "2686dbd40e3f91a98f2c593fc6979d7bae67e1e32ec44cde81abd6e8d642799a");
}

static enum status collect(void *ctx, const struct ledger_entry *entry, struct err *err)
{
	char *text = ctx;
	size_t len = strlen(text);

	snprintf(text + len, 2000 - len, "%lld %s %s\n", (long long)entry->seq, entry->kind,
		 entry->ref);
	return strcmp(entry->kind, "recipe") ? STATUS_OK : err_set(err, STATUS_USAGE, "far enough");
}

static void a_walk_tells_entries_in_order_until_told_to_stop(void **state)
{
	const struct world *w = *state;
	struct db *db = world_open(w, DB_READ);
	char text[2000] = "";
	struct err err;

	assert_int_equal(ledger_walk(db, 2, 2, collect, text, &err), STATUS_OK);
	assert_int_equal(ledger_walk(db, 5, 100, collect, text, &err), STATUS_USAGE);
	assert_string_equal(err.text, "far enough");
	assert_int_equal(ledger_walk(db, 1000, 100, collect, text, &err), STATUS_OK);
	db_close(db);
	assert_string_equal(
		text,
		"2 station 1\n"
		"3 image aa00000000000000000000000000000000000000000000000000000000000001\n"
		"5 recipe dd00000000000000000000000000000000000000000000000000000000000001\n");
}

/* Names in the order of bytes, no space, no NULL, the four escapes, every kind of number. */
static void a_body_is_canonical(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct record_run run = { .run_id = "r",
				  .kind = "FLASH",
				  .start_utc_ms = -5,
				  .node = "\"\\\n\x1f\x7f\xc3\xa9\xff/" };
	struct record_measurement value = {
		.name = "v", .has_value = true, .value = 0.1, .has_low = true, .low = -1e300
	};
	struct record_result result = { .run_id = "r",
					.outcome = "FAIL",
					.code = "X",
					.party = "UNIT",
					.proof = "NONE",
					.measurements = &value,
					.measurement_count = 1 };
	char digest[100], expected[300];

	assert_int_equal(db_put_run(db, &run, NULL), STATUS_OK);
	assert_int_equal(db_put_result(db, &result, NULL), STATUS_OK);
	db_close(db);
	assert_string_equal(
		world_ask(w, "SELECT body FROM ledger WHERE kind = 'run' AND ref = 'r'"),
		"{\"kind\":\"FLASH\",\"node\":\"\\\"\\\\\\u000a\\u001f\x7f\xc3\xa9\xff/\","
		"\"run_id\":\"r\",\"start_utc_ms\":-5,\"station_id\":1}");
	/* Of rows that belong to it: the digest of their bodies, a line feed behind each. */
	static const char row[] = "{\"low\":-1.0000000000000001e+300,\"name\":\"v\",\"position\":0,"
				  "\"run_id\":\"r\",\"value\":0.10000000000000001}\n";
	uint8_t sha256[SHA256_BYTES];
	digest_sha256((const uint8_t *)row, sizeof(row) - 1, sha256);
	hex_text(sha256, sizeof(sha256), digest);
	snprintf(expected, sizeof(expected), "{\"rows\":1,\"sha256\":\"%s\"}", digest);
	assert_string_equal(world_ask(w, "SELECT json_extract(body, '$.measurement') FROM ledger "
					 "WHERE kind = 'result' AND ref = 'r'"),
			    expected);
}

/* ---- anchors ---- */

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void an_anchor_is_read_as_it_was_written(void **state)
{
	static const char *const bad[] = {
		"",
		"c",
		"c:1",
		":1:",
		"c:0:" ZEROS,
		"c:-1:" ZEROS,
		"c:+1:" ZEROS,
		"c:1x:" ZEROS,
		"c:99999999999999999999:" ZEROS,
		"c:1:0" ZEROS,
		"c:1:g" ZEROS,
		"c:1:" ZEROS " ",
		":1:" ZEROS,
		"0123456789012345678901234567890123456:1:" ZEROS,
		"c:1:00",
	};
	const struct world *w = *state;
	struct ledger_head head = head_of(w), again;
	char text[LEDGER_ANCHOR_BYTES];
	struct err err;

	ledger_anchor_text(&head, text);
	assert_int_equal(ledger_anchor_read(text, &again, &err), STATUS_OK);
	assert_memory_equal(&head, &again, sizeof(head));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ledger_anchor_read(bad[i], &again, &err) != STATUS_USAGE)
			fail_msg("'%s' was taken for an anchor", bad[i]);
}

static void every_head_that_was_told_stays_an_anchor(void **state)
{
	const struct world *w = *state;
	struct ledger_head heads[4];
	struct ledger_report report;

	for (size_t i = 0; i < 4; i++) {
		char run_id[RUN_ID_BYTES];
		struct db *db = world_open(w, DB_WRITE);

		db_new_run_id(run_id);
		world_put(db, run_id);
		db_close(db);
		heads[i] = head_of(w);
		assert_true(i == 0 || heads[i].seq > heads[i - 1].seq);
	}
	report = verify_with(w, heads, 4);
	expect_fault(&report, LEDGER_SOUND, 0, NULL, NULL);
	heads[2].hash[31] ^= 1;
	report = verify_with(w, heads, 4);
	expect_fault(&report, LEDGER_ANCHOR_DIFFERS, heads[2].seq, NULL, NULL);
}

/* ---- chains ---- */

static void a_new_database_begins_with_its_chain(void **state)
{
	const struct world *w = *state;

	assert_string_equal(world_ask(w,
				      "SELECT kind || (ref = chain_id) || first_seq || adopted || "
				      "ifnull(after_chain, '-') || hex(prev) FROM ledger, chain "
				      "WHERE seq = 1"),
			    "chain110-"
			    "0000000000000000000000000000000000000000000000000000000000000000");
}

static void a_new_chain_follows_the_old_one_and_comes_before_all_else(void **state)
{
	const struct world *w = *state;
	struct ledger_head before = head_of(w), after, lost = before;
	struct db *db = world_open(w, DB_DECIDE);
	struct err err;

	assert_int_equal(ledger_begin_chain(db, "boss", "restored", &err), STATUS_OK);
	db_close(db);
	after = head_of(w);
	assert_string_not_equal(before.chain_id, after.chain_id);
	assert_int_equal(after.seq, before.seq + 2); /* the chain, and boss is new */
	assert_string_equal(world_ask(w,
				      "SELECT kind FROM ledger WHERE seq = (SELECT first_seq FROM "
				      "chain WHERE operator = 'boss' AND reason = 'restored')"),
			    "chain");
	const struct ledger_head both[] = { before, after };
	struct ledger_report report = verify_with(w, both, 2);
	expect_fault(&report, LEDGER_SOUND, 0, NULL, NULL);
	/* What the old chain had, and this copy has not. */
	lost.seq += 1;
	report = verify_with(w, &lost, 1);
	expect_fault(&report, LEDGER_ANCHOR_DIFFERS, lost.seq, NULL, "not its continuation");
}

static void a_new_chain_is_refused_while_a_station_works(void **state)
{
	const struct world *w = *state;
	struct db *station = world_open(w, DB_WRITE), *db = world_open(w, DB_DECIDE);
	struct err err;

	assert_int_equal(ledger_begin_chain(db, "boss", "restored", &err), STATUS_DATABASE);
	assert_non_null(strstr(err.text, "is writing to it"));
	db_close(db);
	db_close(station);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM chain"), "1");
}

static void a_file_from_another_computer_says_so_until_it_has_its_own_chain(void **state)
{
	const struct world *w = *state;
	struct err err;

	if (access("/etc/machine-id", R_OK) != 0)
		skip(); /* then no computer can be told from another */
	struct db *db = world_open(w, DB_READ);
	assert_null(db_other_machine(db));
	db_close(db);
	tamper(w, "UPDATE chain SET machine = 'another', host = 'bench-7'");
	write_anew(w);
	for (int mode = DB_READ; mode <= DB_DECIDE; mode++) {
		db = world_open(w, (enum db_mode)mode);
		assert_string_equal(db_other_machine(db), "bench-7");
		db_close(db);
	}
	/* Nothing was begun by itself. */
	assert_string_equal(world_ask(w, "SELECT count(*) FROM chain"), "1");
	db = world_open(w, DB_DECIDE);
	assert_int_equal(ledger_begin_chain(db, "boss", "moved", &err), STATUS_OK);
	db_close(db);
	db = world_open(w, DB_READ);
	assert_null(db_other_machine(db));
	db_close(db);
}

/* ---- records that are older than the ledger ---- */

static void make_old_records(const struct world *w, size_t version)
{
	struct db db = { .sql = world_raw(w), .path = (char *)w->path };
	const char *message;
	struct err err;

	assert_int_equal(migrate(&db, migration_rows(&(size_t){ 0 }), version, &err), STATUS_OK);
	sqlite3_close(db.sql);
	assert_int_equal(
		world_do(w,
			 "INSERT INTO station VALUES (1, 'bench', '0.1.0', 10);"
			 "INSERT INTO recipe VALUES ('d1', 'late', 1, NULL, 'c', 5000),"
			 " ('d0', 'early', 1, NULL, 'c', 900);"
			 "INSERT INTO image VALUES ('i1', 100, NULL);"
			 "INSERT INTO recipe_image VALUES ('d1', 0, 'i1', 'a.bin', 0, NULL, NULL),"
			 " ('d0', 0, 'i1', 'a.bin', 0, NULL, NULL);"
			 "INSERT INTO run (run_id, kind, station_id, start_utc_ms, recipe_digest, "
			 "slot,"
			 " operator) VALUES ('b', 'FLASH', 1, 1000, 'd0', 's1', 'li'),"
			 " ('a', 'FLASH', 1, 2000, 'd0', 's1', 'li'),"
			 " ('open', 'FLASH', 1, 6000, 'd1', 's2', NULL);"
			 "INSERT INTO unit VALUES ('24:0a:c4:00:01:10', 'b', 1500);"
			 "INSERT INTO result (run_id, outcome, code, party, proof, end_utc_ms, "
			 "mac) VALUES"
			 " ('b', 'PASS', 'OK', 'NONE', 'CHIP_MD5', 1500, '24:0a:c4:00:01:10'),"
			 /* The clock was set back meanwhile. */
			 " ('a', 'ERROR', 'SYNC_NO_REPLY', 'LINK', 'NONE', 100, NULL);"
			 "INSERT INTO step VALUES ('b', 0, 1, 'connect', 0, 1, 'OK', NULL);"
			 "INSERT INTO unit_log (run_id, text) VALUES ('b', 'log')",
			 &message),
		SQLITE_OK);
}

/* From every version that ever was: all facts, in the order in which they happened, sealed. */
static void older_records_are_adopted_in_the_order_in_which_they_happened(void **state)
{
	for (size_t version = 1; version < 4; version++) {
		struct world *w;

		world_set_up((void **)&w);
		make_old_records(w, version);
		db_close(world_open(w, DB_READ));
		assert_string_equal(
			world_ask(w, "SELECT group_concat(kind || ' ' || ref, ', ') FROM "
				     "(SELECT * FROM ledger WHERE seq > 1 ORDER BY seq)"),
			"station 1, image i1, recipe d0, operator li, slot s1, run b, "
			"unit 24:0a:c4:00:01:10, result b, run a, result a, recipe d1, slot s2, "
			"run open");
		assert_string_equal(world_ask(w, "SELECT adopted FROM chain"), "13");
		struct ledger_head head = head_of(w);
		struct ledger_report report = verify_with(w, &head, 1);
		expect_fault(&report, LEDGER_SOUND, 0, NULL, NULL);
		assert_int_equal(report.adopted, 13);
		assert_int_equal(report.entries, 14);
		assert_string_equal(world_ask(w, "SELECT name || first_seen_utc_ms FROM operator"),
				    "li1000");

		/* And a station goes on with it; the run that was open is closed in the ledger too.
		 */
		struct db *db = world_open(w, DB_WRITE);
		world_put(db, sample_run.run_id);
		db_close(db);
		report = verify_with(w, &head, 1);
		expect_fault(&report, LEDGER_SOUND, 0, NULL, NULL);
		assert_string_equal(
			world_ask(w, "SELECT count(*) FROM ledger WHERE kind = 'result'"), "4");
		world_tear_down((void **)&w);
	}
	(void)state;
}

static void an_older_record_that_is_changed_after_its_adoption_is_found(void **state)
{
	struct world *w = *state;

	unlink(w->path);
	make_old_records(w, 2);
	db_close(world_open(w, DB_READ));
	tamper(w, "UPDATE unit_log SET text = 'other'");
	struct ledger_report report = verify(w);
	expect_fault(&report, LEDGER_ROW_CHANGED, 9, "result", "unit_log");
}

/* ---- readers ---- */

/* A transaction that is not over is no part of what is read, and does not hinder it. */
static void a_ledger_is_verified_beside_a_station_that_writes(void **state)
{
	const struct world *w = *state;
	struct db *station = world_open(w, DB_WRITE), *reader = world_open(w, DB_READ);
	struct ledger_report report;
	struct err err;

	assert_int_equal(sql_exec(station, "BEGIN IMMEDIATE; SAVEPOINT half", &err), STATUS_OK);
	assert_int_equal(sql_exec(station, "INSERT INTO slot VALUES ('s', 1)", &err), STATUS_OK);
	assert_int_equal(ledger_verify(reader, NULL, 0, NULL, NULL, &report, &err), STATUS_OK);
	expect_fault(&report, LEDGER_SOUND, 0, NULL, NULL);
	assert_int_equal(sql_exec(station, "ROLLBACK", &err), STATUS_OK);
	world_put(station, "01931f2e-4c00-7000-8000-00000000000b");
	assert_int_equal(ledger_verify(reader, NULL, 0, NULL, NULL, &report, &err), STATUS_OK);
	expect_fault(&report, LEDGER_SOUND, 0, NULL, NULL);
	assert_int_equal(report.entries, head_of(w).seq);
	db_close(reader);
	db_close(station);
}

#define NOBODY 65534

static void an_archive_that_nobody_may_write_is_verified(void **state)
{
	struct world *w = *state;
	int how;

	assert_int_equal(chmod(w->path, 0444), 0);
	assert_int_equal(chmod(w->dir, 0555), 0);
	pid_t child = fork();
	if (child == 0) {
		struct ledger_report report;
		struct err err;
		struct db *db;

		/* root may write everything: become somebody who may not */
		if (geteuid() == 0 && (setgid(NOBODY) || setuid(NOBODY)))
			_exit(99);
		if (db_open(w->path, DB_READ, &db, &err))
			_exit(1);
		if (ledger_verify(db, NULL, 0, NULL, NULL, &report, &err))
			_exit(2);
		db_close(db);
		_exit(report.fault ? 3 : 0);
	}
	waitpid(child, &how, 0);
	chmod(w->dir, 0755);
	assert_true(WIFEXITED(how));
	assert_int_equal(WEXITSTATUS(how), 0);
}

/* ---- differences in words ---- */

static void the_first_member_that_differs_is_told(void **state)
{
	static const struct {
		const char *was, *is, *text;
	} rows[] = {
		{ "{\"a\":1}", "{\"a\":2}", "a was 1 and is 2" },
		{ "{\"a\":1,\"b\":\"x\"}", "{\"a\":1}", "b was \"x\" and is unknown" },
		{ "{\"b\":\"x\"}", "{\"a\":-5,\"b\":\"x\"}", "a was unknown and is -5" },
		{ "{\"a\":\"}\\\",\"}", "{\"a\":\"}\\\"\"}", "a was \"}\\\",\" and is \"}\\\"\"" },
		{ "{\"s\":{\"rows\":2,\"sha256\":\"aa\"}}",
		  "{\"s\":{\"rows\":3,\"sha256\":\"bb\"}}", "it had 2 rows of s and has 3" },
		{ "{\"s\":{\"rows\":2,\"sha256\":\"aa\"}}",
		  "{\"s\":{\"rows\":2,\"sha256\":\"bb\"}}",
		  "its rows of s (2) are not what they were" },
		{ "{}", "{\"s\":{\"rows\":3,\"sha256\":\"bb\"}}", "it had 0 rows of s and has 3" },
	};
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(ledger_diff(rows[i].was, rows[i].is, text, sizeof(text)));
		assert_string_equal(text, rows[i].text);
	}
}

/* Cut at every byte: never beyond its end, and never without a word. */
static void no_text_makes_a_difference_read_beyond_it(void **state)
{
	static const char whole[] =
		"{\"a\":{\"rows\":2,\"sha256\":\"aa\"},\"b\\\"\":\"\\\\\",\"c\":-1.5}";
	char text[300];

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		char *cut = strndup(whole, len);

		ledger_diff(cut, whole, text, sizeof(text));
		assert_true(text[0]);
		ledger_diff(whole, cut, text, sizeof(text));
		assert_true(text[0]);
		free(cut);
	}
}

/* ---- ids ---- */

/* Of two decisions, the newer id is the later one: also within a millisecond. */
static void ids_sort_in_the_order_in_which_they_were_made(void **state)
{
	char before[RUN_ID_BYTES], now[RUN_ID_BYTES];
	unsigned later = 0;

	(void)state;
	for (int i = 0; i < 50; i++) {
		db_new_run_id(before);
		clock_sleep_us(&clock_monotonic, 5); /* no decision is made faster */
		db_new_run_id(now);
		later += strcmp(before, now) < 0;
	}
	assert_true(later >= 49); /* the clock may be set once meanwhile */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, ledger_world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_hash_of_an_entry_is_as_the_manual_says),
		TEST(a_walk_tells_entries_in_order_until_told_to_stop),
		TEST(a_body_is_canonical),
		TEST(an_anchor_is_read_as_it_was_written),
		TEST(every_head_that_was_told_stays_an_anchor),
		TEST(a_new_database_begins_with_its_chain),
		TEST(a_new_chain_follows_the_old_one_and_comes_before_all_else),
		TEST(a_new_chain_is_refused_while_a_station_works),
		TEST(a_file_from_another_computer_says_so_until_it_has_its_own_chain),
		TEST(older_records_are_adopted_in_the_order_in_which_they_happened),
		TEST(an_older_record_that_is_changed_after_its_adoption_is_found),
		TEST(a_ledger_is_verified_beside_a_station_that_writes),
		TEST(an_archive_that_nobody_may_write_is_verified),
		TEST(the_first_member_that_differs_is_told),
		TEST(no_text_makes_a_difference_read_beyond_it),
		TEST(ids_sort_in_the_order_in_which_they_were_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
