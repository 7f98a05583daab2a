/* What the records tell about slots: the newest runs of one, and counts of all. */
#include "tests/db/world.h"

#include "db/run.h"
#include "db/slots.h"
#include "engine/base/clock.h"

#include <stdio.h>
#include <string.h>

#define SLOT_A "pci-0000:00:14.0/1.1:1.0"
#define SLOT_B "pci-0000:00:14.0/1.2:1.0"

/* A run that started at that millisecond; what the row says is put into the record. */
struct told {
	const char *slot, *bridge;
	int64_t at_ms;
	const char *outcome, *party;
	bool is_rescued;
	const char *start_way;
	int64_t rate, ram_block;
	const char *kind;
};

static void tell(struct db *db, const struct told *t)
{
	char id[RUN_ID_BYTES];
	const struct record_run run = {
		.run_id = id,
		.kind = t->kind ? t->kind : "FLASH",
		.slot = t->slot,
		.bridge = t->bridge,
		.bridge_vid_pid = "1a86:55d4",
		.bridge_serial = "S1",
		.start_utc_ms = t->at_ms,
		.start_way = t->start_way,
	};
	const struct record_result result = {
		.run_id = id,
		.outcome = t->outcome,
		.code = "X",
		.party = t->party,
		.proof = "NONE",
		.loader = "stub",
		.is_rescued = t->is_rescued,
		.has_rate = t->rate != 0,
		.rate_asked = t->rate,
		.ram_block_bytes = t->ram_block,
		.data_block_bytes = 4096,
		.has_pace = true,
		.pace_bytes = 64,
	};
	struct err err;

	db_new_run_id(id);
	if (db_put_run(db, &run, &err) || (t->outcome && db_put_result(db, &result, &err)))
		fail_msg("%s", err.text);
}

static const struct told story[] = {
	{ SLOT_A, "CH9102F", 1000, "PASS", "NONE", true, NULL, 921600, 1024, NULL },
	{ SLOT_A, "CH9102F", 2000, "PASS", "NONE", false, "stub 921600", 921600, 1024, NULL },
	{ SLOT_A, "CP2104", 2500, "PASS", "NONE", false, NULL, 1500000, 6144, NULL },
	{ SLOT_A, "CH9102F", 3000, "ERROR", "LINK", false, "stub 921600", 0, 0, NULL },
	{ SLOT_A, "CH9102F", 4000, "FAIL", "UNIT", false, "stub 921600", 921600, 1024, NULL },
	{ SLOT_A, "CH9102F", 5000, "PASS", "NONE", false, NULL, 115200, 0, "VERIFY" },
	{ SLOT_A, "CH9102F", 6000, NULL, NULL, false, NULL, 0, 0, NULL }, /* still open */
	{ SLOT_B, "CP2104", 1500, "TIMEOUT", "LINK", false, NULL, 1500000, 6144, NULL },
	{ NULL, "CP2104", 1600, "PASS", "NONE", false, NULL, 1500000, 6144, NULL },
};

static void tell_story(const struct world *w)
{
	struct db *db = world_open(w, DB_WRITE);

	for (size_t i = 0; i < sizeof(story) / sizeof(story[0]); i++)
		tell(db, &story[i]);
	db_close(db);
}

static void a_slots_runs_behind_a_bridge_come_newest_first(void **state)
{
	struct world *w = *state;
	struct slot_run runs[16];
	struct db *db;
	struct err err;
	size_t count;

	tell_story(w);
	db = world_open(w, DB_READ);
	assert_int_equal(slot_history(db, SLOT_A, "CH9102F", runs, 16, &count, &err), STATUS_OK);
	assert_int_equal(count, 5);
	assert_false(runs[0].is_flash);
	assert_true(runs[0].is_pass);
	assert_true(runs[1].is_flash);
	assert_false(runs[1].is_pass || runs[1].is_link_failure);
	assert_true(runs[1].began_lowered);
	assert_true(runs[2].is_link_failure);
	assert_int_equal(runs[2].rate_baud, 0);
	assert_true(runs[3].is_pass && runs[3].began_lowered && !runs[3].is_rescued);
	assert_true(runs[4].is_pass && !runs[4].began_lowered && runs[4].is_rescued);
	assert_true(runs[4].with_stub);
	assert_int_equal(runs[4].rate_baud, 921600);
	assert_int_equal(runs[4].ram_block_bytes, 1024);
	assert_int_equal(runs[4].data_block_bytes, 4096);
	assert_int_equal(runs[4].pace_bytes, 64);

	/* The room bounds what is looked at; the open run is in it and tells nothing. */
	assert_int_equal(slot_history(db, SLOT_A, "CH9102F", runs, 2, &count, &err), STATUS_OK);
	assert_int_equal(count, 1);
	assert_int_equal(slot_history(db, SLOT_A, "FT232R", runs, 16, &count, &err), STATUS_OK);
	assert_int_equal(count, 0);
	db_close(db);
}

static void every_slot_is_counted_bridge_by_bridge(void **state)
{
	struct world *w = *state;
	struct slot_counts counts;
	struct db *db;
	struct err err;

	tell_story(w);
	db = world_open(w, DB_READ);
	assert_int_equal(slot_counts_read(db, 0, 0, &counts, &err), STATUS_OK);
	assert_int_equal(counts.count, 3);
	assert_string_equal(counts.items[0].slot, SLOT_A);
	assert_string_equal(counts.items[0].bridge, "CH9102F");
	assert_string_equal(counts.items[0].bridge_vid_pid, "1a86:55d4");
	assert_string_equal(counts.items[0].bridge_serial, "S1");
	assert_int_equal(counts.items[0].runs, 5);
	assert_int_equal(counts.items[0].passes, 3);
	assert_int_equal(counts.items[0].rescued, 1);
	assert_int_equal(counts.items[0].lowered, 1);
	assert_int_equal(counts.items[0].link_failures, 1);
	assert_int_equal(counts.items[0].last_utc_ms, 5000);
	assert_string_equal(counts.items[1].slot, SLOT_A);
	assert_string_equal(counts.items[1].bridge, "CP2104");
	assert_int_equal(counts.items[1].runs, 1);
	assert_string_equal(counts.items[2].slot, SLOT_B);
	assert_int_equal(counts.items[2].link_failures, 1);
	slot_counts_release(&counts);

	assert_int_equal(slot_counts_read(db, 3000, 0, &counts, &err), STATUS_OK);
	assert_int_equal(counts.count, 1);
	assert_int_equal(counts.items[0].runs, 3);
	slot_counts_release(&counts);
	/* The newest two of each slot, of which one is still open. */
	assert_int_equal(slot_counts_read(db, 0, 2, &counts, &err), STATUS_OK);
	assert_int_equal(counts.count, 2);
	assert_int_equal(counts.items[0].runs, 1);
	slot_counts_release(&counts);
	db_close(db);
}

/* 64 slots ask at each start, with years of records in the file: no run of another slot is
 * touched, and nothing is sorted but the rows that are returned. */
static void a_slots_history_is_found_by_its_index(void **state)
{
	struct world *w = *state;
	sqlite3 *sql;
	sqlite3_stmt *stmt;
	char plan[400] = "";

	tell_story(w);
	sql = world_raw(w);
	assert_int_equal(sqlite3_prepare_v2(sql,
					    "EXPLAIN QUERY PLAN SELECT * FROM run WHERE slot = 'a' "
					    "AND bridge = 'b' ORDER BY start_utc_ms DESC, run_id "
					    "DESC LIMIT 9",
					    -1, &stmt, NULL),
			 SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		strncat(plan, (const char *)sqlite3_column_text(stmt, 3),
			sizeof(plan) - strlen(plan) - 1);
	sqlite3_finalize(stmt);
	sqlite3_close(sql);
	if (!strstr(plan, "USING INDEX run_by_slot (slot=? AND bridge=?)") ||
	    strstr(plan, "TEMP B-TREE"))
		fail_msg("%s", plan);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_slots_runs_behind_a_bridge_come_newest_first),
		TEST(every_slot_is_counted_bridge_by_bridge),
		TEST(a_slots_history_is_found_by_its_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
