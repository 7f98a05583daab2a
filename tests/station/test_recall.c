/* What the records remember of a slot. */
#include "tests/station/tree.h"

#include "station/recall.h"

#include "db/db.h"
#include "db/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOT "pci-0000:00:14.0/1.1:1.0"

struct world {
	char folder[32], path[64];
	struct db *db;
	int64_t now_ms;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err err;

	strcpy(w->folder, "/tmp/recall.XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof(w->path), "%s/db", w->folder);
	if (db_open(w->path, DB_WRITE, &w->db, &err))
		fail_msg("%s", err.text);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm", ".lock" };
	struct world *w = *state;
	char path[80];

	db_close(w->db);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", w->path, ends[i]);
		unlink(path);
	}
	rmdir(w->folder);
	free(w);
	return 0;
}

/* A PASS with blocks of 1024, rescued or begun so. */
static void put(struct world *w, const char *bridge, bool is_rescued)
{
	char id[RUN_ID_BYTES];
	const struct record_run run = {
		.run_id = id,
		.kind = "FLASH",
		.slot = SLOT,
		.bridge = bridge,
		.start_utc_ms = ++w->now_ms,
		.start_way = is_rescued ? NULL : "stub 921600, RAM blocks of 1024",
	};
	const struct record_result result = {
		.run_id = id,
		.outcome = "PASS",
		.code = "OK",
		.party = "NONE",
		.proof = "CHIP_MD5",
		.loader = "stub",
		.is_rescued = is_rescued,
		.has_rate = true,
		.rate_asked = 921600,
		.ram_block_bytes = 1024,
		.data_block_bytes = 0x4000,
		.has_pace = true,
	};
	struct err err;

	db_new_run_id(id);
	if (db_put_run(w->db, &run, &err) || db_put_result(w->db, &result, &err))
		fail_msg("%s", err.text);
}

static const struct bridge *named(const char *name)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	}
	fail_msg("%s", name);
	return NULL;
}

/* RAM blocks of the next run; 0 when it begins with the best. */
static uint32_t next_blocks(struct world *w, const char *bridge)
{
	const struct link_profile link = bridge_link(named(bridge), NULL);
	struct flash_way way;
	bool is_lowered, is_raised;
	struct err err;

	if (recall_way(w->db, SLOT, named(bridge), NULL, &link, &way, &is_lowered, &is_raised,
		       &err))
		fail_msg("%s", err.text);
	return is_lowered ? way.ram_block_bytes : 0;
}

static void another_kind_of_bridge_is_another_memory(void **state)
{
	struct world *w = *state;

	assert_int_equal(next_blocks(w, "CH9102F"), 0);
	put(w, "CH9102F", true);
	assert_int_equal(next_blocks(w, "CH9102F"), 1024);
	assert_int_equal(next_blocks(w, "CP2104"), 0);
	assert_int_equal(next_blocks(w, "CH9102X"), 0);
}

/* Somebody lets the program ask the bridge which part it is, or no longer. */
static void a_part_that_gets_its_name_late_is_the_same_in_memory(void **state)
{
	struct world *w = *state;

	put(w, "CH9102", true);
	assert_int_equal(next_blocks(w, "CH9102F"), 1024);
	put(w, "CH9102F", false);
	assert_int_equal(next_blocks(w, "CH9102F"), 1024);
	assert_int_equal(next_blocks(w, "CH9102"), 1024);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(another_kind_of_bridge_is_another_memory),
		TEST(a_part_that_gets_its_name_late_is_the_same_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
