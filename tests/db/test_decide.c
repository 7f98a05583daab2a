/* Putting in what people and rules decide. */
#include "tests/db/ledger_world.h"

#include "db/decide.h"
#include "db/run.h"
#include "db/writer.h"

#include <stdio.h>
#include <string.h>

#define RUN_ID "01931f2e-4c00-7000-8000-000000000001"

/* ---- what goes in ---- */

struct expected {
	const char *sql, *value;
};

static void every_record_comes_back_as_it_went_in(void **state)
{
	static const struct expected rows[] = {
		{ "SELECT printf('%s|%s|%s|%s|%s|%d|%d|%s|%s|%d', batch, work_order, part_number,"
		  " part_revision, customer, quantity, quota, ifnull(recipe_digest, '-'), operator,"
		  " opened_utc_ms) FROM batch",
		  "WO-4711|PO-99|K010|B|Example Ltd|500|510|-|wang.fang|1795340000000" },
		{ "SELECT printf('%s|%d|%s|%d|%s|%s|%d', batch, position, change, quota, operator, "
		  "reason,"
		  " utc_ms) FROM batch_change",
		  "WO-4711|1|QUOTA|520|wang.fang|ten more|1795350690000" },
		{ "SELECT printf('%s|%s|%s|%s|%d', recipe_digest, state, operator, reason, utc_ms)"
		  " FROM approval",
		  "dd00000000000000000000000000000000000000000000000000000000000001|APPROVED|"
		  "q.engineer|first article|1795340000001" },
		{ "SELECT printf('%s|%s|%s|%s|%d', name, word, operator, reason, utc_ms) FROM rule",
		  "approval|required|q.engineer|series|1795340000002" },
		{ "SELECT printf('%s|%s|%s|%s|%s|%d', run_id, code, detail, operator, reason, "
		  "utc_ms)"
		  " FROM override",
		  RUN_ID "|ALREADY_PASSED|passed on 2026-11-21|wang.fang|new case|1795350679000" },
		{ "SELECT printf('%s|%s|%s|%s|%s|%d', mac, state, operator, reason, run_id, utc_ms)"
		  " FROM disposition",
		  "24:0a:c4:00:01:10|QUARANTINE|q.engineer|cracked case|" RUN_ID "|1795350800000" },
		{ "SELECT printf('%s|%s|%s|%s|%s|%s|%d|%s|%d', owner, ref, name, hex(content), "
		  "operator,"
		  " media_type, size_bytes, attachment_use.sha256, utc_ms) FROM attachment_use"
		  " JOIN attachment USING (sha256) WHERE owner = 'run'",
		  "run|" RUN_ID "|photo.jpg|FFD80078|q.engineer|image/jpeg|4|"
		  "1c8636e10d28802bc4ca423a1a9d6bd883ef044acc4ee4da1059d6d4b51ba355|"
		  "1795350800001" },
		{ "SELECT printf('%s|%s|%s|%s|%d', code, detail, mac, run_id, utc_ms) FROM alarm",
		  "FORKED|the server knows another history|24:0a:c4:00:01:10|" RUN_ID
		  "|1795350800002" },
		{ "SELECT printf('%s|%d|%s|%s|%d|%d|%d|%d', block_id, chain_id = (SELECT chain_id "
		  "FROM"
		  " chain), product, prefix, width, first, last, leased_utc_ms) FROM serial_block",
		  "b1|1|m5stack/core2|SN|5|1|500|1795340000003" },
		{ "SELECT printf('%s|%s|%d|%d', server, chain_id, up_to_seq, acked_utc_ms) FROM "
		  "outbox",
		  "plant|c|3|1795350800003" },
		{ "SELECT printf('%s|%d|%s|%s|%s|%s|%d|%s|%s|%d', server, plant_seq, kind, value, "
		  "product,"
		  " process, generation, chain_id, station, claimed_utc_ms) FROM plant_claim",
		  "plant|7|MAC|24:0a:c4:00:01:11|m5stack/core2|FLASH|1|d|bench2|1795350800004" },
		{ "SELECT group_concat(name || ' ' || first_seen_utc_ms, ', ') FROM operator",
		  "li.wei 1795350678250, q.engineer 1795340000001, wang.fang 1795340000000" },
		{ "SELECT group_concat(slot || ' ' || first_seen_utc_ms) FROM slot",
		  "pci-0000:00:14.0/1.4:1.0 1795350678250" },
		{ "SELECT group_concat(printf('%s|%s|%s|%s|%s|%s|%s|%s', ifnull(step, '-'), name,"
		  " ifnull(value, '-'), ifnull(text, '-'), ifnull(unit, '-'), ifnull(low, '-'),"
		  " ifnull(high, '-'), ifnull(outcome, '-')), ', ') FROM measurement",
		  "write|data_rate|94.25|-|KB/s|40.5|2000.0|PASS, "
		  "-|boot_text|-|ets Jul 29 2019|-|-|-|-" },
		{ "SELECT name || '|' || media_type || '|' || CAST(content AS TEXT) FROM "
		  "attachment_use"
		  " JOIN attachment USING (sha256) WHERE owner = 'recipe'",
		  "core2.yaml|application/yaml|# core2, first article\nrecipe: "
		  "core2-factory-test\n" },
	};
	const struct world *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(world_ask(w, rows[i].sql), rows[i].value);
}

/* The comments of a recipe may change, its digest does not. */
static void each_source_of_a_recipe_is_kept_once(void **state)
{
	const struct world *w = *state;
	struct db *db = world_open(w, DB_DECIDE);
	struct record_recipe recipe = sample_recipe;

	recipe.source = "# better words\nrecipe: core2-factory-test\n";
	for (int i = 0; i < 3; i++)
		assert_int_equal(db_put_recipe(db, &recipe, NULL), STATUS_OK);
	db_close(db);
	assert_string_equal(
		world_ask(w, "SELECT count(*) FROM attachment_use WHERE owner = 'recipe'"), "2");
	assert_string_equal(world_ask(w, "SELECT count(*) FROM recipe"), "1");
}

static void what_a_server_says_twice_is_one_record(void **state)
{
	const struct world *w = *state;
	struct db *db = world_open(w, DB_DECIDE);
	const struct record_ack ack = { "plant", "c", 3, 9 };
	const struct record_plant_claim claim = { .server = "plant",
						  .plant_seq = 7,
						  .kind = "MAC",
						  .value = "other",
						  .product = "p",
						  .process = "FLASH",
						  .generation = 1,
						  .chain_id = "d",
						  .station = "s" };

	assert_int_equal(db_put(db, RECORD_ACK, &ack, NULL), STATUS_OK);
	assert_int_equal(db_put(db, RECORD_PLANT_CLAIM, &claim, NULL), STATUS_OK);
	db_close(db);
	assert_string_equal(world_ask(w, "SELECT count(*) || ' ' || acked_utc_ms FROM outbox"),
			    "1 1795350800003");
	assert_string_equal(world_ask(w, "SELECT count(*) || ' ' || value FROM plant_claim"),
			    "1 24:0a:c4:00:01:11");
}

static void an_attachment_without_bytes_is_one(void **state)
{
	const struct world *w = *state;
	struct db *db = world_open(w, DB_DECIDE);
	const struct record_attachment empty = {
		.owner = "batch", .ref = "WO-4711", .name = "empty.txt", .media_type = "text/plain"
	};

	assert_int_equal(db_put(db, RECORD_ATTACHMENT, &empty, NULL), STATUS_OK);
	db_close(db);
	assert_string_equal(
		world_ask(w, "SELECT typeof(content) || size_bytes || sha256 FROM attachment "
			     "WHERE media_type = 'text/plain'"),
		"blob0e3b0c44298fc1c149afbf4c8996fb924"
		"27ae41e4649b934ca495991b7852b855");
}

/* ---- what contradicts the records ---- */

static void what_contradicts_the_records_is_refused_and_leaves_nothing(void **state)
{
	const struct record_batch again = sample_batch, foreign = { .batch = "new",
								    .recipe_digest = "dd99",
								    .operator_name = "nobody" };
	const struct record_batch_change unknown = { "none", "QUOTA", 5, "nobody", "r", 1 },
					 reopened = { "WO-4711", "REOPENED", 0, "nobody", "r", 1 };
	const struct record_approval approval = { "dd99", "APPROVED", "nobody", "r", 1 };
	const struct record_override no_run = { "none", "ALREADY_PASSED", NULL, "nobody", "r", 1 };
	const struct record_disposition no_such_run = { .mac = "m",
							.state = "SCRAP",
							.operator_name = "nobody",
							.reason = "r",
							.run_id = "none" };
	const struct record_attachment to_run = { .owner = "run",
						  .ref = "none",
						  .name = "n",
						  .media_type = "t",
						  .operator_name = "nobody" },
				       to_recipe = { .owner = "recipe",
						     .ref = "dd99",
						     .name = "n",
						     .media_type = "t",
						     .operator_name = "nobody" },
				       to_batch = { .owner = "batch",
						    .ref = "none",
						    .name = "n",
						    .media_type = "t",
						    .operator_name = "nobody" };
	const struct record_alarm alarm = { "FORKED", "d", NULL, "none", 1 };
	const struct record_serial_block block = { "b1", "p", "SN", 5, 1, 500, 1 };
	const struct {
		enum record_kind kind;
		const void *record;
		const char *text;
	} rows[] = {
		{ RECORD_BATCH, &again, "batch WO-4711: was opened before" },
		{ RECORD_BATCH, &foreign, "recipe dd99: is not in these records" },
		{ RECORD_BATCH_CHANGE, &unknown, "batch none: was never opened" },
		{ RECORD_BATCH_CHANGE, &reopened, "batch WO-4711: is open" },
		{ RECORD_APPROVAL, &approval, "recipe dd99: is not in these records" },
		{ RECORD_OVERRIDE, &no_run, "run none: is not in these records" },
		{ RECORD_OVERRIDE, &sample_override,
		  "ALREADY_PASSED was overridden for it already" },
		{ RECORD_DISPOSITION, &no_such_run, "run none: is not in these records" },
		{ RECORD_ATTACHMENT, &to_run, "run none: is not in these records" },
		{ RECORD_ATTACHMENT, &to_recipe, "recipe dd99: is not in these records" },
		{ RECORD_ATTACHMENT, &to_batch, "batch none: is not in these records" },
		{ RECORD_ALARM, &alarm, "run none: is not in these records" },
		{ RECORD_SERIAL_BLOCK, &block, "SN1 to 500: are leased here already" },
	};
	const struct world *w = *state;
	struct ledger_head before = head_of(w), after;
	struct db *db = world_open(w, DB_DECIDE);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = { 0 };
		enum status st = db_put(db, rows[i].kind, rows[i].record, &err);

		if (st != STATUS_USAGE || !strstr(err.text, rows[i].text))
			fail_msg("row %zu: %d '%s', expected '%s'", i, st, err.text, rows[i].text);
	}
	db_close(db);
	after = head_of(w);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_string_equal(world_ask(w, "SELECT count(*) FROM operator WHERE name = 'nobody'"),
			    "0");
}

static void a_closed_order_can_be_opened_again_and_closed_again(void **state)
{
	static const char *const changes[] = { "CLOSED", "REOPENED", "QUOTA", "CLOSED" };
	const struct world *w = *state;
	struct db *db = world_open(w, DB_DECIDE);
	struct record_batch_change change = {
		.batch = "WO-4711", .quota = 7, .operator_name = "o", .reason = "r"
	};
	struct err err;

	for (size_t i = 0; i < 4; i++) {
		change.change = changes[i];
		assert_int_equal(db_put(db, RECORD_BATCH_CHANGE, &change, &err), STATUS_OK);
	}
	assert_int_equal(db_put(db, RECORD_BATCH_CHANGE, &change, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "is closed already"));
	db_close(db);
	assert_string_equal(
		world_ask(w, "SELECT group_concat(position || change) FROM batch_change"),
		"1QUOTA,2CLOSED,3REOPENED,4QUOTA,5CLOSED");
	assert_string_equal(world_ask(w, "SELECT group_concat(ref) FROM (SELECT ref FROM ledger "
					 "WHERE kind = 'batch_change' ORDER BY seq)"),
			    "WO-4711/1,WO-4711/2,WO-4711/3,WO-4711/4,WO-4711/5");
}

/* A name may hold the mark between the two parts of a key. */
static void a_batch_may_have_a_slash_in_its_name(void **state)
{
	const struct world *w = *state;
	struct db *db = world_open(w, DB_DECIDE);
	const struct record_batch batch = { .batch = "WO/47/11", .operator_name = "o" };
	const struct record_batch_change change = { "WO/47/11", "CLOSED", 0, "o", "r", 1 };

	assert_int_equal(db_put(db, RECORD_BATCH, &batch, NULL), STATUS_OK);
	assert_int_equal(db_put(db, RECORD_BATCH_CHANGE, &change, NULL), STATUS_OK);
	db_close(db);
	struct ledger_report report = verify(w);
	expect_fault(&report, LEDGER_SOUND, 0, NULL, NULL);
}

/* ---- while a station works ---- */

static void a_writer_takes_every_record_that_db_put_takes(void **state)
{
	const struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	const struct record_rule rule = { "approval", "off", "o", "r", 5 };
	const struct record_batch_change closing = { "WO-4711", "CLOSED", 0, "o", "r", 1 };
	struct record_run run = sample_run;
	struct writer *writer;
	struct err err;

	assert_int_equal(writer_new(db, &writer, &err), STATUS_OK);
	assert_int_equal(writer_put(writer, RECORD_RULE, &rule, &err), STATUS_OK);
	assert_int_equal(writer_put(writer, RECORD_BATCH, &sample_batch, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "was opened before"));
	assert_int_equal(writer_put(writer, RECORD_BATCH_CHANGE, &closing, &err), STATUS_OK);
	/* What was refused is no loss: runs go on. */
	run.run_id = "01931f2e-4c00-7000-8000-00000000000c";
	assert_int_equal(writer_put_run(writer, &run, &err), STATUS_OK);
	writer_free(writer);
	db_close(db);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM rule WHERE word = 'off'"), "1");
	struct ledger_report report = verify(w);
	expect_fault(&report, LEDGER_SOUND, 0, NULL, NULL);
}

/* Two who decide at once: each entry follows the other. */
static void several_programs_put_in_records_by_turns(void **state)
{
	const struct world *w = *state;
	struct db *station = world_open(w, DB_WRITE), *one = world_open(w, DB_DECIDE),
		  *other = world_open(w, DB_DECIDE);
	const struct record_rule rule = { "approval", "off", "o", "r", 5 };

	for (int i = 0; i < 5; i++) {
		char run_id[RUN_ID_BYTES];

		assert_int_equal(db_put(one, RECORD_RULE, &rule, NULL), STATUS_OK);
		db_new_run_id(run_id);
		world_put(station, run_id);
		assert_int_equal(db_put(other, RECORD_RULE, &rule, NULL), STATUS_OK);
	}
	db_close(one);
	db_close(other);
	db_close(station);
	struct ledger_report report = verify(w);
	expect_fault(&report, LEDGER_SOUND, 0, NULL, NULL);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM rule"), "11");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, ledger_world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(every_record_comes_back_as_it_went_in),
		TEST(each_source_of_a_recipe_is_kept_once),
		TEST(what_a_server_says_twice_is_one_record),
		TEST(an_attachment_without_bytes_is_one),
		TEST(what_contradicts_the_records_is_refused_and_leaves_nothing),
		TEST(a_closed_order_can_be_opened_again_and_closed_again),
		TEST(a_batch_may_have_a_slash_in_its_name),
		TEST(a_writer_takes_every_record_that_db_put_takes),
		TEST(several_programs_put_in_records_by_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
