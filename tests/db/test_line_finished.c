/* Which units count as finished when a line begins: db/line_finished.h. */
#include "tests/db/world.h"

#include "db/decide.h"
#include "db/line_finished.h"
#include "db/run.h"

#include <stdio.h>
#include <string.h>

#define SLOT_A "pci-0000:00:14.0/1.1:1.0"
#define SLOT_B "pci-0000:00:14.0/1.2:1.0"
#define MAC_X "24:0a:c4:00:00:01"
#define MAC_Y "24:0a:c4:00:00:02"
#define OTHER_RECIPE "dd00000000000000000000000000000000000000000000000000000000000002"
#define CP2104 "10c4:ea60"
#define CHIP "303a:1001"

static const char of_nest[] = "the bridge is the nest's";

struct made {
	const char *slot, *mac, *outcome, *code; /* outcome NULL: the run was cut off */
	const char *kind, *purpose;              /* NULL: FLASH, none */
	bool is_other_recipe;
	int64_t utc_ms; /* 0: behind the one before */
	const char *vid_pid, *serial;
};

#define X_PASSED                                                                                   \
	{                                                                                          \
		.slot = SLOT_A, .mac = MAC_X, .outcome = "PASS", .code = "OK", .serial = "SX"      \
	}

static void put(struct db *db, unsigned number, const struct made *m)
{
	char id[RUN_ID_BYTES];
	const struct record_run run = {
		.run_id = id,
		.kind = m->kind ? m->kind : "FLASH",
		.slot = m->slot,
		.start_utc_ms = m->utc_ms ? m->utc_ms : 1000000 + 1000 * number,
		.recipe_digest = m->is_other_recipe ? OTHER_RECIPE : sample_recipe.digest,
		.purpose = m->purpose,
		.bridge_vid_pid = m->vid_pid ? m->vid_pid : CP2104,
		.bridge_serial = m->serial,
	};
	const struct record_result result = {
		.run_id = id,
		.outcome = m->outcome,
		.code = m->code,
		.party = "NONE",
		.proof = "NONE",
		.end_utc_ms = run.start_utc_ms + 500,
		.mac = m->mac,
	};
	struct err err;

	snprintf(id, sizeof(id), "run-%u", number);
	if (db_put_run(db, &run, &err) || (m->outcome && db_put_result(db, &result, &err)))
		fail_msg("%s", err.text);
}

/* One line after the other with these runs; the station is started, and X stands in slot A. */
static void read_after(const struct world *w, const struct made *made, size_t count,
		       struct line_present present, struct line_finished *finished)
{
	struct record_recipe other = sample_recipe;
	struct db *db = world_open(w, DB_WRITE);
	struct err err;

	other.digest = OTHER_RECIPE;
	if (db_put_recipe(db, &sample_recipe, &err) || db_put_recipe(db, &other, &err))
		fail_msg("%s", err.text);
	for (unsigned i = 0; i < count; i++)
		put(db, i, &made[i]);
	db_close(db);
	db = world_open(w, DB_WRITE); /* closes what was cut off */
	put(db, 99, &(struct made){ .slot = SLOT_A, .serial = "SX" });
	present.run_id = "run-99";
	present.mac = MAC_X;
	present.slot = present.slot ? present.slot : SLOT_A;
	present.recipe_digest = sample_recipe.digest;
	if (present.bridge_vid_pid == of_nest)
		present.bridge_vid_pid = NULL;
	else if (!present.bridge_vid_pid)
		present.bridge_vid_pid = CP2104;
	if (line_finished_read(db, &present, finished, &err))
		fail_msg("%s", err.text);
	db_close(db);
}

#define READ(w, present, finished, ...)                                                            \
	do {                                                                                       \
		const struct made made[] = { __VA_ARGS__ };                                        \
                                                                                                   \
		read_after(w, made, sizeof(made) / sizeof(made[0]), present, finished);            \
	} while (0)

static const struct line_present with_serial = { .bridge_serial = "SX" };

static void a_unit_has_what_its_last_run_in_this_slot_said(void **state)
{
	struct line_finished f;

	READ(*state, with_serial, &f,
	     { .slot = SLOT_A, .mac = MAC_X, .outcome = "PASS", .code = "OK" },
	     { .slot = SLOT_A, .mac = MAC_X, .outcome = "FAIL", .code = "MD5_MISMATCH" },
	     { .slot = SLOT_B, .mac = MAC_Y, .outcome = "PASS", .code = "OK" });
	assert_true(f.is_there);
	assert_string_equal(f.run_id, "run-1");
	assert_string_equal(f.code, "MD5_MISMATCH");
}

static void runs_that_touched_nothing_change_nothing(void **state)
{
	struct line_finished f;

	READ(*state, with_serial, &f, X_PASSED,
	     { .slot = SLOT_A, .mac = MAC_X, .outcome = "ABORTED", .code = "ALREADY_FINISHED" },
	     { .slot = SLOT_B, .mac = MAC_X, .outcome = "ABORTED", .code = "ALREADY_FINISHED" },
	     { .slot = SLOT_A,
	       .mac = MAC_X,
	       .outcome = "ABORTED",
	       .code = "NOT_GOLDEN",
	       .kind = "VERIFY",
	       .purpose = "GOLDEN" });
	assert_true(f.is_there);
	assert_string_equal(f.run_id, "run-0");
}

static void the_order_is_that_of_the_ledger_and_no_clocks(void **state)
{
	struct line_finished f;

	READ(*state, with_serial, &f, X_PASSED,
	     { .slot = SLOT_A,
	       .mac = MAC_X,
	       .outcome = "ERROR",
	       .code = "PORT_GONE",
	       .utc_ms = 1000 });
	assert_false(f.is_there);
}

#define EXPECT_NOTHING(...)                                                                        \
	do {                                                                                       \
		struct line_finished f;                                                            \
                                                                                                   \
		READ(*state, with_serial, &f, __VA_ARGS__);                                        \
		assert_false(f.is_there);                                                          \
	} while (0)

static void another_recipe_is_another_matter(void **state)
{
	EXPECT_NOTHING({ .slot = SLOT_A,
			 .mac = MAC_X,
			 .outcome = "PASS",
			 .code = "OK",
			 .is_other_recipe = true });
}

static void a_unit_that_was_in_another_slot_since_is_not_finished(void **state)
{
	EXPECT_NOTHING(X_PASSED, { .slot = SLOT_B, .mac = MAC_X, .outcome = "PASS", .code = "OK" });
}

static void a_slot_that_had_another_unit_since_says_nothing(void **state)
{
	EXPECT_NOTHING(X_PASSED,
		       { .slot = SLOT_A, .mac = MAC_Y, .outcome = "ERROR", .code = "PORT_GONE" });
}

static void a_verify_run_is_no_verdict_of_a_line(void **state)
{
	EXPECT_NOTHING(X_PASSED, { .slot = SLOT_A,
				   .mac = MAC_X,
				   .outcome = "FAIL",
				   .code = "MD5_MISMATCH",
				   .kind = "VERIFY" });
}

static void a_run_that_was_cut_off_in_this_slot_is_done_again(void **state)
{
	EXPECT_NOTHING(X_PASSED, { .slot = SLOT_A, .serial = "SY" });
}

static void one_that_was_cut_off_elsewhere_may_have_been_this_unit(void **state)
{
	EXPECT_NOTHING(X_PASSED, { .slot = SLOT_B, .serial = "SX" });
}

static void without_a_number_nobody_knows_whose_run_was_cut_off(void **state)
{
	EXPECT_NOTHING(X_PASSED, { .slot = SLOT_B });
}

static void another_bridge_was_another_unit(void **state)
{
	struct line_finished f;

	READ(*state, with_serial, &f, X_PASSED, { .slot = SLOT_B, .serial = "SY" },
	     { .slot = SLOT_B, .vid_pid = "1a86:7523" });
	assert_true(f.is_there);
}

static void a_bridge_of_the_nest_tells_no_unit(void **state)
{
	const struct line_present in_nest = { .bridge_vid_pid = of_nest };
	struct line_finished f;

	READ(*state, in_nest, &f, X_PASSED, { .slot = SLOT_B, .serial = "SY" });
	assert_false(f.is_there);
}

static void a_chips_own_number_is_its_mac_or_an_applications(void **state)
{
	const struct line_present chip = { .bridge_vid_pid = CHIP, .bridge_serial = MAC_X };
	const struct made passed = {
		.slot = SLOT_A, .mac = MAC_X, .outcome = "PASS", .code = "OK", .vid_pid = CHIP
	};
	struct line_finished f;

	READ(*state, chip, &f, passed,
	     { .slot = SLOT_B, .vid_pid = CHIP, .serial = "24:0A:C4:00:00:02" });
	assert_true(f.is_there);
}

static void an_applications_number_tells_no_unit(void **state)
{
	const struct line_present chip = { .bridge_vid_pid = CHIP, .bridge_serial = MAC_X };
	const struct made passed = {
		.slot = SLOT_A, .mac = MAC_X, .outcome = "PASS", .code = "OK", .vid_pid = CHIP
	};
	struct line_finished f;

	READ(*state, chip, &f, passed,
	     { .slot = SLOT_B, .vid_pid = "303a:8120", .serial = "UiFlow2" });
	assert_false(f.is_there);
}

static void a_unit_that_somebody_decided_about_is_not_finished(void **state)
{
	const struct record_disposition rework = {
		.mac = MAC_X,
		.state = "REWORK",
		.operator_name = "ann",
		.reason = "a new display",
		.utc_ms = 1,
	};
	const struct made passed = X_PASSED;
	struct db *db = world_open(*state, DB_WRITE);
	struct line_finished f;
	struct err err;

	assert_int_equal(db_put_recipe(db, &sample_recipe, &err), STATUS_OK);
	put(db, 50, &passed);
	if (db_put(db, RECORD_DISPOSITION, &rework, &err))
		fail_msg("%s", err.text);
	db_close(db);
	read_after(*state, NULL, 0, with_serial, &f);
	assert_false(f.is_there);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_unit_has_what_its_last_run_in_this_slot_said),
		TEST(runs_that_touched_nothing_change_nothing),
		TEST(the_order_is_that_of_the_ledger_and_no_clocks),
		TEST(another_recipe_is_another_matter),
		TEST(a_unit_that_was_in_another_slot_since_is_not_finished),
		TEST(a_slot_that_had_another_unit_since_says_nothing),
		TEST(a_verify_run_is_no_verdict_of_a_line),
		TEST(a_run_that_was_cut_off_in_this_slot_is_done_again),
		TEST(one_that_was_cut_off_elsewhere_may_have_been_this_unit),
		TEST(without_a_number_nobody_knows_whose_run_was_cut_off),
		TEST(another_bridge_was_another_unit),
		TEST(a_bridge_of_the_nest_tells_no_unit),
		TEST(a_chips_own_number_is_its_mac_or_an_applications),
		TEST(an_applications_number_tells_no_unit),
		TEST(a_unit_that_somebody_decided_about_is_not_finished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
