#include "tests/db/world.h"

#include "db/decide.h"
#include "db/plant/plant_blocks.h"
#include "db/run.h"
#include "db/serials.h"
#include "db/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRODUCT "m5stack/core2"
#define MAC_A "24:0a:c4:00:00:0a"
#define MAC_B "24:0a:c4:00:00:0b"

static const struct serial_range range = {
	.product = PRODUCT, .source = "RANGE", .prefix = "M5-", .width = 5, .first = 1, .last = 20
};

static enum status put_state(struct db *db, const char *serial, const char *state,
			     const char *run_id, const char *mac, struct err *err)
{
	const struct record_serial_state record = { .product = PRODUCT,
						    .serial = serial,
						    .state = state,
						    .source = "RANGE",
						    .run_id = run_id,
						    .mac = mac,
						    .utc_ms = 1795350678250 };

	return db_put(db, RECORD_SERIAL_STATE, &record, err);
}

/* words: the states one after another, "RESERVED WRITTEN". */
static void live(struct db *db, const char *serial, const char *words, const char *run_id,
		 const char *mac)
{
	char text[64], *rest = NULL;
	struct err err;

	snprintf(text, sizeof(text), "%s", words);
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		if (put_state(db, serial, word, run_id, mac, &err))
			fail_msg("%s", err.text);
}

static void expect_refused(struct db *db, const char *serial, const char *state, const char *run_id,
			   const char *mac, enum status expected, const char *words)
{
	struct err err;

	assert_int_equal(put_state(db, serial, state, run_id, mac, &err), expected);
	if (!strstr(err.text, words))
		fail_msg("'%s' lacks '%s'", err.text, words);
}

static void expect_standing(struct db *db, const char *serial, const char *standing,
			    const char *mac)
{
	struct serial_now now;
	struct err err;

	if (serial_look_up(db, PRODUCT, serial, &now, &err))
		fail_msg("%s", err.text);
	assert_string_equal(serial_standing_name(now.standing), standing);
	assert_string_equal(now.mac, mac);
	assert_string_equal(now.serial, serial);
}

static struct serial_pick pick_of(struct db *db, const struct serial_range *of)
{
	struct serial_pick pick;
	struct err err;

	if (serial_pick_next(db, of, &pick, &err))
		fail_msg("%s", err.text);
	return pick;
}

static void expect_next(struct db *db, const char *serial)
{
	struct serial_pick pick = pick_of(db, &range);

	if (!pick.is_there || strcmp(pick.serial, serial))
		fail_msg("next is %s, not %s", pick.is_there ? pick.serial : "none", serial);
}

/* ---- the life of a number ---- */

static void a_number_that_is_reserved_is_no_other_units(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);

	live(db, "M5-00001", "RESERVED", "r1", MAC_A);
	expect_refused(db, "M5-00001", "RESERVED", "r2", MAC_B, STATUS_SERIAL_TAKEN,
		       "is RESERVED for unit " MAC_A " (run r1), and this is " MAC_B);
	expect_refused(db, "M5-00001", "RESERVED", "r2", NULL, STATUS_SERIAL_TAKEN, "another");
	live(db, "M5-00002", "RESERVED", "r3", NULL);
	expect_refused(db, "M5-00002", "RESERVED", "r2", NULL, STATUS_SERIAL_TAKEN,
		       "a unit without a MAC yet");
	expect_standing(db, "M5-00001", "RESERVED", MAC_A);
	expect_standing(db, "M5-00003", "FREE", "");
	db_close(db);
}

static void a_second_commit_for_another_unit_is_refused_by_name(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	const char *message;

	live(db, "M5-00001", "RESERVED WRITTEN COMMITTED", "r1", MAC_A);
	expect_refused(db, "M5-00001", "RESERVED", "r2", MAC_B, STATUS_SERIAL_TAKEN,
		       "M5-00001 of " PRODUCT ": is COMMITTED for unit " MAC_A);
	expect_refused(db, "M5-00001", "COMMITTED", "r2", MAC_B, STATUS_SERIAL_TAKEN,
		       "is COMMITTED for unit " MAC_A " (run r1)");
	db_close(db);
	/* No program gets it past the file's own rule. */
	assert_int_not_equal(world_do(w,
				      "INSERT INTO serial_state VALUES ('x', '" PRODUCT
				      "', 'M5-00001', 4, "
				      "'COMMITTED', 'RANGE', 'r2', '" MAC_B "', NULL, NULL, 1)",
				      &message),
			     SQLITE_OK);
	assert_non_null(strstr(message, "is of one unit"));
}

static void the_states_come_in_their_order_and_of_their_own_run(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);

	expect_refused(db, "M5-00001", "WRITTEN", "r1", MAC_A, STATUS_USAGE, "it is FREE");
	live(db, "M5-00001", "RESERVED", "r1", MAC_A);
	expect_refused(db, "M5-00001", "WRITTEN", "r2", MAC_A, STATUS_USAGE, "by run r1");
	live(db, "M5-00001", "WRITTEN", "r1", MAC_A);
	expect_refused(db, "M5-00001", "RETURNED", "r1", MAC_A, STATUS_USAGE,
		       "cannot become RETURNED, it is WRITTEN by run r1");
	live(db, "M5-00001", "VOID", "r1", MAC_A);
	expect_refused(db, "M5-00001", "COMMITTED", "r1", MAC_A, STATUS_USAGE, "it is VOID");
	db_close(db);
}

static void a_void_number_is_kept_for_its_unit_alone(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);

	live(db, "M5-00001", "RESERVED WRITTEN VOID", "r1", MAC_A);
	expect_refused(db, "M5-00001", "RESERVED", "r2", MAC_B, STATUS_SERIAL_TAKEN, "is VOID");
	expect_next(db, "M5-00002");
	live(db, "M5-00001", "RESERVED WRITTEN COMMITTED", "r3", MAC_A);
	expect_standing(db, "M5-00001", "COMMITTED", MAC_A);
	db_close(db);
}

/* Its second run reserved the number, and wrote nothing. */
static void a_unit_that_comes_again_and_leaves_keeps_its_number(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);

	live(db, "M5-00001", "RESERVED WRITTEN COMMITTED", "r1", MAC_A);
	live(db, "M5-00001", "RESERVED RETURNED", "r2", MAC_A);
	expect_standing(db, "M5-00001", "COMMITTED", MAC_A);
	expect_refused(db, "M5-00001", "RESERVED", "r3", MAC_B, STATUS_SERIAL_TAKEN, "COMMITTED");
	expect_next(db, "M5-00002");
	db_close(db);
}

static void a_number_that_a_unit_passed_with_before_states_were_kept_is_its_own(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);

	world_put(db, sample_run.run_id); /* passed with SN00042, which was declared */
	expect_standing(db, "SN00042", "PASSED", sample_result.mac);
	expect_refused(db, "SN00042", "RESERVED", "r1", MAC_B, STATUS_SERIAL_TAKEN,
		       "unit 24:0a:c4:00:01:10 passed with it");
	live(db, "SN00042", "RESERVED RETURNED", "r2", sample_result.mac);
	expect_standing(db, "SN00042", "PASSED", sample_result.mac);
	db_close(db);
}

static void a_number_that_another_station_claimed_is_not_free(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	const struct record_plant_claim claim = { .server = "plant",
						  .plant_seq = 1,
						  .kind = "SERIAL",
						  .value = "M5-00001",
						  .product = PRODUCT,
						  .process = "FLASH",
						  .generation = 1,
						  .chain_id = "other",
						  .station = "bench2",
						  .claimed_utc_ms = 1 };

	assert_int_equal(db_put(db, RECORD_PLANT_CLAIM, &claim, NULL), STATUS_OK);
	expect_standing(db, "M5-00001", "CLAIMED", "");
	expect_refused(db, "M5-00001", "RESERVED", "r1", MAC_A, STATUS_SERIAL_TAKEN,
		       "station bench2 has claimed it");
	expect_next(db, "M5-00002");
	db_close(db);
}

/* ---- with its result ---- */

static void the_end_of_a_number_is_stored_with_its_result_or_not_at_all(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct record_serial_state end = { .product = PRODUCT,
					   .serial = "M5-00001",
					   .state = "COMMITTED",
					   .source = "RANGE",
					   .run_id = "someone else's",
					   .mac = MAC_A,
					   .utc_ms = 5 };
	struct record_result result = sample_result;
	struct err err;

	result.serial_end = &end;
	assert_int_equal(db_put_recipe(db, &sample_recipe, &err), STATUS_OK);
	assert_int_equal(db_put_run(db, &sample_run, &err), STATUS_OK);
	live(db, "M5-00001", "RESERVED WRITTEN", sample_run.run_id, MAC_A);
	assert_int_equal(db_put_result(db, &result, &err), STATUS_USAGE);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM result"), "0");
	end.run_id = sample_run.run_id;
	assert_int_equal(db_put_result(db, &result, &err), STATUS_OK);
	expect_standing(db, "M5-00001", "COMMITTED", MAC_A);
	db_close(db);
	assert_string_equal(world_ask(w, "SELECT group_concat(printf('%d %s %d %d %s', position, "
					 "partition, addr, size_bytes, ifnull(sha256, '-')), '|') "
					 "FROM unit_image"),
			    "0 fctry 4128768 24576 aa000000000000000000000000000000000000000000000"
			    "00000000000000003|1 secrets 4161536 12288 -");
	assert_string_equal(world_ask(w, "SELECT text FROM console_log"), sample_result.console);
}

/* ---- what a crash leaves ---- */

static void what_a_crash_left_open_is_settled_at_the_next_start(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);

	live(db, "M5-00001", "RESERVED", "r1", MAC_A);
	live(db, "M5-00002", "RESERVED WRITTEN", "r2", MAC_B);
	live(db, "M5-00003", "RESERVED WRITTEN COMMITTED", "r3", MAC_A);
	live(db, "M5-00004", "RESERVED", NULL, NULL);
	db_close(db);
	db = world_open(w, DB_WRITE);
	assert_int_equal(db_settled_serials(db), 3);
	expect_standing(db, "M5-00001", "FREE", MAC_A);
	expect_standing(db, "M5-00002", "VOID", MAC_B);
	expect_standing(db, "M5-00003", "COMMITTED", MAC_A);
	expect_standing(db, "M5-00004", "FREE", "");
	assert_string_equal(world_ask(w, "SELECT group_concat(reason) FROM serial_state "
					 "WHERE serial = 'M5-00002' AND state = 'VOID'"),
			    "the station stopped before this was settled");
	db_close(db);
	db = world_open(w, DB_WRITE);
	assert_int_equal(db_settled_serials(db), 0);
	db_close(db);
}

/* ---- the numbers of a unit ---- */

static void a_unit_has_the_numbers_that_no_other_got_since_the_newest_first(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	struct serial_now *rows;
	size_t count;

	live(db, "M5-00001", "RESERVED WRITTEN VOID", "r1", MAC_A);
	live(db, "M5-00002", "RESERVED RETURNED", "r2", MAC_A);
	live(db, "M5-00002", "RESERVED", "r3", MAC_B);
	live(db, "M5-00003", "RESERVED WRITTEN COMMITTED", "r4", MAC_A);
	assert_int_equal(serials_of_mac(db, PRODUCT, MAC_A, &rows, &count, NULL), STATUS_OK);
	assert_int_equal(count, 2);
	assert_string_equal(rows[0].serial, "M5-00003");
	assert_string_equal(rows[0].run_id, "r4");
	assert_string_equal(rows[0].source, "RANGE");
	assert_string_equal(rows[1].serial, "M5-00001");
	assert_int_equal(rows[1].standing, SERIAL_VOIDED);
	free(rows);
	assert_int_equal(serials_of_mac(db, "another product", MAC_A, &rows, &count, NULL),
			 STATUS_OK);
	assert_int_equal(count, 0);
	assert_null(rows);
	world_put(db, sample_run.run_id);
	assert_int_equal(serials_of_mac(db, PRODUCT, sample_result.mac, &rows, &count, NULL),
			 STATUS_OK);
	assert_int_equal(count, 1);
	assert_string_equal(rows[0].serial, "SN00042");
	assert_int_equal(rows[0].standing, SERIAL_PASSED);
	free(rows);
	db_close(db);
}

/* ---- the next one of a range ---- */

static void a_range_is_given_out_upwards_and_what_came_back_first(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);

	expect_next(db, "M5-00001");
	live(db, "M5-00001", "RESERVED WRITTEN COMMITTED", "r1", MAC_A);
	expect_next(db, "M5-00002");
	live(db, "M5-00002", "RESERVED", "r2", NULL);
	live(db, "M5-00003", "RESERVED", "r3", NULL);
	live(db, "M5-00004", "RESERVED", "r4", NULL);
	live(db, "M5-00003", "RETURNED", "r3", NULL);
	live(db, "M5-00002", "RETURNED", "r2", NULL);
	assert_true(pick_of(db, &range).is_returned);
	assert_int_equal(pick_of(db, &range).left, 16);
	expect_next(db, "M5-00002");
	live(db, "M5-00002", "RESERVED", "r5", NULL);
	expect_next(db, "M5-00003");
	live(db, "M5-00003", "RESERVED", "r6", NULL);
	expect_next(db, "M5-00005");
	assert_false(pick_of(db, &range).is_returned);
	assert_int_equal(pick_of(db, &range).left, 15);
	db_close(db);
}

static void numbers_of_another_source_are_passed_over(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	struct record_serial_state typed = { .product = PRODUCT,
					     .serial = "M5-00002",
					     .state = "RESERVED",
					     .source = "TYPED",
					     .run_id = "r2",
					     .mac = MAC_B,
					     .utc_ms = 5 };

	live(db, "M5-00001", "RESERVED", "r1", MAC_A);
	assert_int_equal(db_put(db, RECORD_SERIAL_STATE, &typed, NULL), STATUS_OK);
	/* It does not begin behind the last one because somebody typed that. */
	typed.serial = "M5-00020";
	assert_int_equal(db_put(db, RECORD_SERIAL_STATE, &typed, NULL), STATUS_OK);
	expect_next(db, "M5-00003");
	db_close(db);
}

static void at_its_end_a_range_gives_out_what_was_left_below(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	struct serial_range upper = range, both = range;
	char serial[SERIAL_TEXT_BYTES];

	upper.first = 18;
	both.first = 16;
	for (int64_t i = 18; i <= 20; i++) {
		snprintf(serial, sizeof(serial), "M5-%05" PRId64, i);
		assert_string_equal(pick_of(db, &upper).serial, serial);
		live(db, serial, "RESERVED WRITTEN COMMITTED", serial, MAC_A);
	}
	assert_false(pick_of(db, &upper).is_there);
	assert_int_equal(pick_of(db, &upper).left, 0);
	assert_string_equal(pick_of(db, &both).serial, "M5-00016");
	live(db, "M5-00016", "RESERVED WRITTEN COMMITTED", "r", MAC_A);
	assert_string_equal(pick_of(db, &both).serial, "M5-00017");
	live(db, "M5-00017", "RESERVED WRITTEN VOID", "r", MAC_B);
	assert_false(pick_of(db, &both).is_there);
	db_close(db);
}

/* It came back before the range reached up to where the next ones were given out. */
static void at_its_end_a_range_gives_out_what_came_back_long_ago(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	struct serial_range first = range, rest = range, both = range;

	first.last = 1;
	rest.first = 2;
	rest.last = both.last = 3;
	live(db, pick_of(db, &first).serial, "RESERVED RETURNED", "r1", MAC_A);
	live(db, pick_of(db, &rest).serial, "RESERVED WRITTEN COMMITTED", "r2", MAC_A);
	assert_string_equal(pick_of(db, &both).serial, "M5-00003");
	live(db, "M5-00003", "RESERVED WRITTEN COMMITTED", "r3", MAC_B);
	assert_string_equal(pick_of(db, &both).serial, "M5-00001");
	assert_true(pick_of(db, &both).is_returned);
	live(db, "M5-00001", "RESERVED", "r4", MAC_B);
	assert_false(pick_of(db, &both).is_there);
	db_close(db);
}

/* Steps of SQLite's machine: what a statement does, however it is planned. */
static int add_steps(unsigned kind, void *steps, void *stmt, void *ns)
{
	(void)kind, (void)ns;
	*(int *)steps += sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0);
	return 0;
}

static void the_next_number_costs_the_same_after_a_thousand(void **state)
{
	static const char fill[] =
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
		" INSERT INTO serial_state SELECT printf('%06d-%d', i, p), '" PRODUCT
		"', printf('M5-%05d', i), p, iif(p = 1, 'RESERVED', 'COMMITTED'), 'RANGE',"
		" 'r', printf('24:0a:c4:01:%02x:%02x', i / 256, i % 256), NULL, NULL, 1"
		" FROM n, (SELECT 1 AS p UNION SELECT 2) ORDER BY i, p";
	struct serial_range large = range;
	struct world *w = *state;
	struct serial_now *rows;
	const char *message;
	size_t count;
	int steps = 0;

	db_close(world_open(w, DB_WRITE));
	assert_int_equal(world_do(w, fill, &message), SQLITE_OK);
	struct db *db = world_open(w, DB_READ);
	sqlite3_trace_v2(db->sql, SQLITE_TRACE_PROFILE, add_steps, &steps);
	large.last = 99999;
	assert_string_equal(pick_of(db, &large).serial, "M5-01001");
	assert_int_equal(serials_of_mac(db, PRODUCT, "24:0a:c4:01:00:07", &rows, &count, NULL),
			 STATUS_OK);
	assert_int_equal(count, 1);
	free(rows);
	assert_in_range(steps, 1, 1000);
	db_close(db);
}

static void a_leased_block_counts_what_was_given_out(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	const struct record_serial_block lease = { .block_id = "b1",
						   .product = PRODUCT,
						   .prefix = "SN",
						   .width = 5,
						   .first = 42,
						   .last = 60,
						   .leased_utc_ms = 1 };
	struct serial_block *blocks;
	size_t count;

	world_put(db, sample_run.run_id); /* passed with SN00042 */
	assert_int_equal(db_put(db, RECORD_SERIAL_BLOCK, &lease, NULL), STATUS_OK);
	live(db, "SN00042", "RESERVED WRITTEN COMMITTED", "r1", sample_result.mac);
	live(db, "SN00043", "RESERVED WRITTEN VOID", "r2", MAC_A);
	live(db, "SN00044", "RESERVED RETURNED", "r3", MAC_A);
	live(db, "SN00045", "RESERVED", "r4", MAC_A);
	live(db, "SN00061", "RESERVED", "r5", MAC_A); /* not of the block */
	assert_int_equal(serial_blocks_read(db, NULL, &blocks, &count, NULL), STATUS_OK);
	assert_int_equal(count, 1);
	assert_int_equal(blocks[0].used, 3);
	assert_string_equal(blocks[0].prefix, "SN");
	assert_int_equal(blocks[0].width, 5);
	assert_int_equal(blocks[0].first, 42);
	assert_int_equal(blocks[0].last, 60);
	assert_string_equal(blocks[0].first_serial, "SN00042");
	free(blocks);
	db_close(db);
}

static void a_range_that_is_none_is_refused_with_its_limits(void **state)
{
	struct db *db = world_open(*state, DB_WRITE);
	const struct {
		int64_t width, first, last;
		const char *words;
	} rows[] = {
		{ 0, 1, 2, "1 to 18 are possible" }, { 19, 1, 2, "a width of 19 digits" },
		{ 3, 1, 1000, "up to 999" },         { 3, 9, 8, "the last not below the first" },
		{ 3, -1, 8, "go from 0" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct serial_range bad = range;
		struct serial_pick pick;
		struct err err;

		bad.width = rows[i].width;
		bad.first = rows[i].first;
		bad.last = rows[i].last;
		assert_int_equal(serial_pick_next(db, &bad, &pick, &err), STATUS_USAGE);
		if (!strstr(err.text, rows[i].words))
			fail_msg("'%s' lacks '%s'", err.text, rows[i].words);
	}
	db_close(db);
}

static void a_text_is_of_a_range_only_with_its_prefix_and_its_digits(void **state)
{
	static const char *const outside[] = { "M5-0001",  "M5-000001", "M6-00001", "M5-0000x",
					       "M5-00021", "M5-00000",  "M5-",      "" };
	int64_t number;

	(void)state;
	assert_true(serial_in_range(&range, "M5-00020", &number));
	assert_int_equal(number, 20);
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		assert_false(serial_in_range(&range, outside[i], &number));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
		TEST(a_number_that_is_reserved_is_no_other_units),
		TEST(a_second_commit_for_another_unit_is_refused_by_name),
		TEST(the_states_come_in_their_order_and_of_their_own_run),
		TEST(a_void_number_is_kept_for_its_unit_alone),
		TEST(a_unit_that_comes_again_and_leaves_keeps_its_number),
		TEST(a_number_that_a_unit_passed_with_before_states_were_kept_is_its_own),
		TEST(a_number_that_another_station_claimed_is_not_free),
		TEST(the_end_of_a_number_is_stored_with_its_result_or_not_at_all),
		TEST(what_a_crash_left_open_is_settled_at_the_next_start),
		TEST(a_unit_has_the_numbers_that_no_other_got_since_the_newest_first),
		TEST(a_range_is_given_out_upwards_and_what_came_back_first),
		TEST(numbers_of_another_source_are_passed_over),
		TEST(at_its_end_a_range_gives_out_what_was_left_below),
		TEST(at_its_end_a_range_gives_out_what_came_back_long_ago),
		TEST(the_next_number_costs_the_same_after_a_thousand),
		TEST(a_leased_block_counts_what_was_given_out),
		TEST(a_range_that_is_none_is_refused_with_its_limits),
		TEST(a_text_is_of_a_range_only_with_its_prefix_and_its_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
