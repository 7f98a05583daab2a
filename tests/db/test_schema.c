#include "tests/db/world.h"

#include "db/query.h"
#include "db/run.h"

#include <stdio.h>
#include <string.h>

static const char *const fact_tables[] = {
	"schema_version", "station",     "recipe",         "image",
	"recipe_image",   "run",         "unit",           "result",
	"step",           "unit_log",    "ledger",         "chain",
	"operator",       "slot",        "batch",          "batch_change",
	"approval",       "rule",        "override",       "disposition",
	"measurement",    "attachment",  "attachment_use", "alarm",
	"serial_block",   "outbox",      "plant_claim",    "serial_state",
	"console_log",    "unit_image",  "print_job",      "print_event",
	"lockout",        "lockout_end",
};
#define TABLE_COUNT (sizeof(fact_tables) / sizeof(fact_tables[0]))

static void make_one_of_each(const struct world *w)
{
	struct db *db = world_open(w, DB_WRITE);

	world_put_each(db);
	db_close(db);
}

static void every_table_is_known_here_and_strict(void **state)
{
	struct world *w = *state;
	char number[8];

	make_one_of_each(w);
	snprintf(number, sizeof(number), "%zu", TABLE_COUNT);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM pragma_table_list "
					 "WHERE schema = 'main' AND type = 'table' AND strict"),
			    number);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM pragma_table_list WHERE schema = "
					 "'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'"),
			    number);
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		char sql[100];

		snprintf(sql, sizeof(sql), "SELECT count(*) >= 1 FROM %s", fact_tables[i]);
		assert_string_equal(world_ask(w, sql), "1");
	}
}

/* A rowid that is no named key could be replaced past the triggers. */
static void no_table_has_a_key_that_its_triggers_do_not_see(void **state)
{
	struct world *w = *state;

	make_one_of_each(w);
	assert_string_equal(
		world_ask(w,
			  "SELECT group_concat(t.name) FROM pragma_table_list t WHERE t.schema = "
			  "'main' AND t.type = 'table' AND NOT t.wr AND t.name NOT LIKE 'sqlite_%' "
			  "AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) c "
			  "WHERE c.pk = 1 AND c.type = 'INTEGER')"),
		"NULL");
}

static void expect_refusal(const struct world *w, const char *sql)
{
	const char *message;

	if (world_do(w, sql, &message) == SQLITE_OK)
		fail_msg("was accepted: %s", sql);
	if (!strstr(message, "records are only added"))
		fail_msg("%s: %s", sql, message);
}

/* The connection is SQLite's own default: what the sqlite3 tool, or anybody, would do. */
static void no_program_can_change_or_delete_a_fact(void **state)
{
	struct world *w = *state;

	make_one_of_each(w);
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		char sql[200], first[64];

		snprintf(sql, sizeof(sql), "SELECT name FROM pragma_table_info('%s') LIMIT 1",
			 fact_tables[i]);
		snprintf(first, sizeof(first), "%s", world_ask(w, sql));
		snprintf(sql, sizeof(sql), "UPDATE %s SET %s = %s", fact_tables[i], first, first);
		expect_refusal(w, sql);
		snprintf(sql, sizeof(sql), "DELETE FROM %s", fact_tables[i]);
		expect_refusal(w, sql);
		snprintf(sql, sizeof(sql), "INSERT OR REPLACE INTO %s SELECT * FROM %s",
			 fact_tables[i], fact_tables[i]);
		expect_refusal(w, sql);
		snprintf(sql, sizeof(sql), "REPLACE INTO %s SELECT * FROM %s", fact_tables[i],
			 fact_tables[i]);
		expect_refusal(w, sql);
	}
}

static void a_unique_key_beside_the_primary_one_cannot_be_replaced(void **state)
{
	struct world *w = *state;

	make_one_of_each(w);
	expect_refusal(w, "INSERT OR REPLACE INTO station (station_id, host, program_version, "
			  "first_seen_utc_ms) SELECT 99, host, program_version, 1 FROM station");
	expect_refusal(w, "INSERT OR REPLACE INTO unit_log (run_id, text) SELECT run_id, 'x' "
			  "FROM unit_log");
	expect_refusal(w, "INSERT INTO result SELECT * FROM result WHERE true "
			  "ON CONFLICT (run_id) DO UPDATE SET outcome = 'FAIL'");
}

static void the_file_is_in_write_ahead_mode_and_names_its_version(void **state)
{
	struct world *w = *state;

	make_one_of_each(w);
	assert_string_equal(world_ask(w, "PRAGMA journal_mode"), "wal");
	assert_string_equal(world_ask(w, "PRAGMA user_version"), "5");
	assert_string_equal(world_ask(w, "PRAGMA application_id"), "1179407176");
	assert_string_equal(world_ask(w, "SELECT group_concat(version) FROM schema_version"),
			    "1,2,3,4,5");
}

static void the_view_runs_has_exactly_the_columns_of_the_table_of_columns(void **state)
{
	struct world *w = *state;
	size_t count;
	const struct column *columns = column_rows(&count);
	char sql[100], number[8];

	make_one_of_each(w);
	snprintf(number, sizeof(number), "%zu", count);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM pragma_table_info('runs')"), number);
	for (size_t i = 0; i < count; i++) {
		snprintf(sql, sizeof(sql),
			 "SELECT name FROM pragma_table_info('runs') WHERE cid = %zu", i);
		assert_string_equal(world_ask(w, sql), columns[i].name);
	}
}

static void a_value_of_the_wrong_type_is_refused(void **state)
{
	struct world *w = *state;
	const char *message;

	make_one_of_each(w);
	assert_int_not_equal(world_do(w, "INSERT INTO image VALUES ('x', 'large', NULL)", &message),
			     SQLITE_OK);
	assert_non_null(strstr(message, "cannot store TEXT value in INTEGER column"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(every_table_is_known_here_and_strict),
		TEST(no_table_has_a_key_that_its_triggers_do_not_see),
		TEST(no_program_can_change_or_delete_a_fact),
		TEST(a_unique_key_beside_the_primary_one_cannot_be_replaced),
		TEST(the_file_is_in_write_ahead_mode_and_names_its_version),
		TEST(the_view_runs_has_exactly_the_columns_of_the_table_of_columns),
		TEST(a_value_of_the_wrong_type_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
