#include "tests/station/tree.h"

#include "db/lockouts.h"
#include "db/run.h"
#include "db/writer.h"
#include "engine/base/clock.h"
#include "station/line/locks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HANGS_MS 60000
#define RECIPE "dd00000000000000000000000000000000000000000000000000000000000001"
#define OTHER "dd00000000000000000000000000000000000000000000000000000000000002"
#define SLOTS 2

static const char *paths[SLOTS] = { "pci-0000:00:14.0/1.1:1.0", "pci-0000:00:14.0/1.2:1.0" };

/* A line of two slots with records. */
struct world {
	struct tree *tree;
	char path[128];
	struct db *db;
	struct writer *writer;
	struct station_lockouts rules;
	struct locks *locks;
	struct port ports[SLOTS];
	struct ident ident;
	struct slot_view slots[SLOTS];
	struct snapshot s;
	unsigned units;
};

static void no_error(enum status st, const struct err *err)
{
	if (st)
		fail_msg("%s", err->text);
}

static void open_records(struct world *w)
{
	struct record_recipe recipe = {
		.digest = RECIPE, .name = "a", .revision = 1, .canonical = "a", .process = "FLASH"
	};
	struct err err;

	no_error(db_open(w->path, DB_WRITE, &w->db, &err), &err);
	no_error(db_put_recipe(w->db, &recipe, &err), &err);
	recipe.digest = OTHER;
	no_error(db_put_recipe(w->db, &recipe, &err), &err);
	no_error(writer_new(w->db, &w->writer, &err), &err);
}

static void close_records(struct world *w)
{
	locks_free(w->locks);
	w->locks = NULL;
	writer_free(w->writer);
	db_close(w->db);
	w->writer = NULL;
	w->db = NULL;
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	void *tree;

	tree_set_up(&tree);
	w->tree = tree;
	snprintf(w->path, sizeof(w->path), "%s/records.db", w->tree->root);
	for (unsigned i = 0; i < SLOTS; i++) {
		snprintf(w->ports[i].slot, sizeof(w->ports[i].slot), "%s", paths[i]);
		w->slots[i] = (struct slot_view){
			.number = i + 1, .port = &w->ports[i], .ident = &w->ident, .detail = ""
		};
	}
	w->ident.has_mac = true;
	w->s = (struct snapshot){ .slots = w->slots, .slot_count = SLOTS, .is_line = true };
	open_records(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	void *tree = w->tree;

	close_records(w);
	tree_tear_down(&tree);
	free(w);
	return 0;
}

static void begin(struct world *w)
{
	const struct locks_setup setup = {
		.rules = &w->rules,
		.writer = w->writer,
		.db_path = w->path,
		.slot_names = paths,
		.slots = SLOTS,
		.recipe_digest = RECIPE,
	};
	struct err err;

	no_error(locks_new(&setup, &w->locks, &err), &err);
}

/* The station ends, and another begins. */
static void restart(struct world *w)
{
	close_records(w);
	open_records(w);
	begin(w);
}

static struct lock_change next(struct world *w)
{
	struct deadline d = deadline_after_ms(&clock_monotonic, HANGS_MS);
	struct lock_change change;

	while (!locks_next_change(w->locks, &w->s, &change)) {
		assert_false(deadline_passed(d));
		clock_sleep_ms(&clock_monotonic, 2);
	}
	return change;
}

static struct lock_change begins(struct world *w, enum lock_code code)
{
	struct lock_change change = next(w);

	assert_string_equal(change.view.code, lock_row(code)->code);
	assert_true(change.has_begun);
	return change;
}

static struct lock_change ends(struct world *w, enum lock_code code)
{
	struct lock_change change = next(w);

	assert_string_equal(change.view.code, lock_row(code)->code);
	assert_false(change.has_begun);
	return change;
}

/* One run in the records, and told. */
static void unit_ends(struct world *w, unsigned slot, enum status status, bool is_golden)
{
	struct slot_view *v = &w->slots[slot];
	const struct status_row *row = status_row(status);
	char mac[MAC_TEXT_BYTES];
	struct err err;

	db_new_run_id(v->run_id);
	w->ident.mac[5] = (uint8_t)++w->units;
	mac_text(w->ident.mac, mac);
	const struct record_run run = {
		.run_id = v->run_id,
		.kind = is_golden ? "VERIFY" : "FLASH",
		.purpose = is_golden ? "GOLDEN" : NULL,
		.slot = paths[slot],
		.start_utc_ms = clock_utc_ms(),
		.recipe_digest = RECIPE,
	};
	const struct record_result result = {
		.run_id = v->run_id,
		.outcome = outcome_name(row->outcome),
		.code = row->code,
		.party = party_name(row->party),
		.proof = status ? "NONE" : "CHIP_MD5",
		.end_utc_ms = clock_utc_ms(),
		.mac = mac,
	};
	no_error(writer_put_run(w->writer, &run, &err), &err);
	no_error(writer_put_result(w->writer, &result, &err), &err);
	v->state = SLOT_DONE;
	v->status = status;
	v->is_golden = is_golden;
	locks_result(w->locks, &w->s, v);
}

static bool allows(const struct world *w, unsigned slot)
{
	bool golden;

	return locks_allow(w->locks, slot, &golden) && !golden;
}

static bool allows_golden(const struct world *w, unsigned slot)
{
	bool golden;

	return locks_allow(w->locks, slot, &golden) && golden;
}

/* "CODE how" of each, one a line, the oldest first. */
static const char *recorded(const struct world *w)
{
	static char text[2048];
	const struct lockout_choice all = { .last = 0 };
	struct lockout_row *rows;
	struct db *db;
	size_t count, len = 0;
	struct err err;

	text[0] = '\0';
	no_error(db_open(w->path, DB_READ, &db, &err), &err);
	no_error(lockouts_read(db, &all, &rows, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s%s%s%s%s\n",
					rows[i].code, rows[i].has_ended ? rows[i].how : "open",
					rows[i].operator_name[0] ? " by " : "",
					rows[i].operator_name, rows[i].reason[0] ? ": " : "",
					rows[i].reason);
	free(rows);
	db_close(db);
	return text;
}

static size_t shown(const struct world *w, struct lock_view *views)
{
	return locks_view(w->locks, views);
}

/* ---- tests ---- */

static void a_lock_is_stored_before_it_is_shown_and_holds_before(void **state)
{
	struct world *w = *state;
	struct lock_view views[LOCKS_MAX];

	w->rules.slot_failures = 2;
	begin(w);
	unit_ends(w, 0, STATUS_MD5_MISMATCH, false);
	assert_true(allows(w, 0));
	unit_ends(w, 0, STATUS_MD5_MISMATCH, false);
	assert_false(allows(w, 0));
	assert_true(allows(w, 1));
	struct lock_change change = begins(w, LOCK_SLOT_FAILS);
	assert_string_equal(recorded(w), "SLOT_FAILS open\n");
	assert_int_equal(change.view.slot, 0);
	assert_int_equal(shown(w, views), 1);
	assert_string_equal(views[0].lock_id, change.view.lock_id);
	assert_string_equal(views[0].detail,
			    "2 in a row did not pass, the last: FAIL MD5_MISMATCH");
}

static void an_override_is_recorded_with_name_and_reason(void **state)
{
	struct world *w = *state;
	struct err err;

	w->rules.slot_failures = 1;
	begin(w);
	unit_ends(w, 1, STATUS_MD5_MISMATCH, false);
	begins(w, LOCK_SLOT_FAILS);
	assert_int_equal(locks_override(w->locks, LOCK_SLOT_FAILS, 1, "Kim", " ", &err),
			 STATUS_USAGE);
	assert_int_equal(locks_override(w->locks, LOCK_SLOT_FAILS, 1, "", "why", &err),
			 STATUS_USAGE);
	assert_int_equal(locks_override(w->locks, LOCK_SLOT_FAILS, 0, "Kim", "why", &err),
			 STATUS_USAGE);
	assert_string_equal(err.text, "SLOT_FAILS: does not hold now");
	assert_false(allows(w, 1));
	no_error(locks_override(w->locks, LOCK_SLOT_FAILS, 1, "Kim", "new cable", &err), &err);
	struct lock_change change = ends(w, LOCK_SLOT_FAILS);
	assert_string_equal(change.how, "overridden by Kim: new cable");
	assert_string_equal(recorded(w), "SLOT_FAILS OVERRIDDEN by Kim: new cable\n");
	assert_true(allows(w, 1));
	unit_ends(w, 1, STATUS_MD5_MISMATCH, false);
	assert_false(allows(w, 1));
}

static void lost_records_are_nothing_to_override(void **state)
{
	struct world *w = *state;
	struct err err;

	begin(w);
	locks_begin(w->locks, LOCK_RECORDS_FAILED, -1, "a.db: disk I/O error");
	begins(w, LOCK_RECORDS_FAILED);
	assert_int_equal(locks_override(w->locks, LOCK_RECORDS_FAILED, -1, "Kim", "go on", &err),
			 STATUS_USAGE);
	assert_non_null(strstr(err.text, "nobody may override it"));
	assert_false(allows(w, 0));
	/* The thread finds them sound, but whoever began it has to end it. */
	unit_ends(w, 0, STATUS_OK, false);
	assert_false(allows(w, 0));
	locks_cure(w->locks, LOCK_RECORDS_FAILED, -1);
	assert_string_equal(ends(w, LOCK_RECORDS_FAILED).how, "cured");
	assert_true(allows(w, 0));
}

static void an_open_lock_holds_again_after_a_restart(void **state)
{
	struct world *w = *state;
	struct lock_change before, after;
	struct err err;

	w->rules.slot_failures = 2;
	begin(w);
	unit_ends(w, 0, STATUS_MD5_MISMATCH, false);
	unit_ends(w, 0, STATUS_MD5_MISMATCH, false);
	before = begins(w, LOCK_SLOT_FAILS);
	locks_begin(w->locks, LOCK_LABEL_MISMATCH, 1, "scanned X, expected Y");
	begins(w, LOCK_LABEL_MISMATCH);
	restart(w);
	assert_false(allows(w, 0));
	assert_false(allows(w, 1));
	after = begins(w, LOCK_SLOT_FAILS);
	assert_string_equal(after.view.lock_id, before.view.lock_id);
	assert_string_equal(after.view.detail, before.view.detail);
	assert_int_equal(after.view.since_utc_ms, before.view.since_utc_ms);
	begins(w, LOCK_LABEL_MISMATCH);
	no_error(locks_override(w->locks, LOCK_SLOT_FAILS, 0, "Kim", "cleaned", &err), &err);
	ends(w, LOCK_SLOT_FAILS);
	locks_cure(w->locks, LOCK_LABEL_MISMATCH, 1);
	ends(w, LOCK_LABEL_MISMATCH);
	/* Over, and not because of what was before either. */
	restart(w);
	assert_true(allows(w, 0));
	assert_true(allows(w, 1));
	assert_string_equal(recorded(w), "SLOT_FAILS OVERRIDDEN by Kim: cleaned\n"
					 "LABEL_MISMATCH CURED\n");
}

static void a_lock_of_a_slot_without_a_port_waits_for_it(void **state)
{
	struct world *w = *state;
	const char *path = paths[1];
	struct lock_change change;

	begin(w);
	locks_begin(w->locks, LOCK_LABEL_MISMATCH, 1, "scanned X, expected Y");
	begins(w, LOCK_LABEL_MISMATCH);
	paths[1] = "";
	restart(w);
	assert_false(locks_next_change(w->locks, &w->s, &change));
	assert_true(allows(w, 1));
	paths[1] = path;
	assert_int_equal(begins(w, LOCK_LABEL_MISMATCH).view.slot, 1);
	assert_false(allows(w, 1));
	assert_string_equal(recorded(w), "LABEL_MISMATCH open\n");
}

static void a_slot_out_of_use_has_one_reason_and_is_in_no_list(void **state)
{
	struct world *w = *state;
	struct lock_view views[LOCKS_MAX];

	begin(w);
	locks_disable(w->locks, 1, "bent pins");
	assert_string_equal(locks_disabled(w->locks, 1), "bent pins");
	assert_null(locks_disabled(w->locks, 0));
	assert_false(allows(w, 1));
	begins(w, LOCK_SLOT_DISABLED);
	assert_int_equal(shown(w, views), 0);
	locks_disable(w->locks, 1, "its cable"); /* another reason is another lock */
	locks_disable(w->locks, 1, "its cable");
	ends(w, LOCK_SLOT_DISABLED);
	assert_string_equal(begins(w, LOCK_SLOT_DISABLED).view.detail, "its cable");
	restart(w);
	assert_string_equal(locks_disabled(w->locks, 1), "its cable");
	begins(w, LOCK_SLOT_DISABLED);
	locks_enable(w->locks, 1, "Kim");
	assert_null(locks_disabled(w->locks, 1));
	ends(w, LOCK_SLOT_DISABLED);
	assert_true(allows(w, 1));
	assert_string_equal(recorded(w), "SLOT_DISABLED CURED\n"
					 "SLOT_DISABLED OVERRIDDEN by Kim: it is in use again\n");
}

static void failures_in_a_row_go_on_over_a_restart(void **state)
{
	struct world *w = *state;

	w->rules.slot_failures = 3;
	begin(w);
	unit_ends(w, 0, STATUS_MD5_MISMATCH, false);
	unit_ends(w, 0, STATUS_OK, false);
	unit_ends(w, 0, STATUS_MD5_MISMATCH, false);
	unit_ends(w, 0, STATUS_SYNC_NO_REPLY, false);
	restart(w);
	assert_true(allows(w, 0));
	unit_ends(w, 0, STATUS_ALREADY_FINISHED, false);
	assert_true(allows(w, 0));
	unit_ends(w, 0, STATUS_RUN_TIMEOUT, false);
	assert_false(allows(w, 0));
}

static void the_yield_goes_on_over_a_restart_and_an_override(void **state)
{
	struct world *w = *state;
	struct err err;

	w->rules.yield_floor = 60;
	w->rules.yield_over = 3;
	begin(w);
	unit_ends(w, 0, STATUS_OK, false);
	unit_ends(w, 0, STATUS_MD5_MISMATCH, false);
	restart(w);
	assert_true(allows(w, 0));
	unit_ends(w, 1, STATUS_MD5_MISMATCH, false);
	assert_false(allows(w, 0));
	assert_false(allows(w, 1));
	begins(w, LOCK_YIELD_LOW);
	no_error(locks_override(w->locks, LOCK_YIELD_LOW, -1, "Kim", "bad lot", &err), &err);
	ends(w, LOCK_YIELD_LOW);
	restart(w);
	assert_true(allows(w, 0));
	unit_ends(w, 0, STATUS_MD5_MISMATCH, false);
	unit_ends(w, 0, STATUS_MD5_MISMATCH, false);
	assert_true(allows(w, 0));
	unit_ends(w, 0, STATUS_MD5_MISMATCH, false);
	assert_false(allows(w, 0));
}

static void a_run_counts_once_however_often_it_is_told(void **state)
{
	struct world *w = *state;

	w->rules.slot_failures = 2;
	begin(w);
	unit_ends(w, 0, STATUS_MD5_MISMATCH, false);
	locks_result(w->locks, &w->s, &w->slots[0]);
	w->slots[0].state = SLOT_EMPTY;
	w->slots[0].run_id[0] = '\0';
	locks_result(w->locks, &w->s, &w->slots[0]);
	assert_true(allows(w, 0));
	unit_ends(w, 0, STATUS_MD5_MISMATCH, false);
	assert_false(allows(w, 0));
}

static void golden(struct world *w)
{
	w->rules.golden.unit_count = 1;
	memcpy(w->rules.golden.units[0], "\x24\x0a\xc4\x00\x01\x10", MAC_BYTES);
	w->rules.golden.at_start = true;
}

static void a_due_check_lets_golden_units_in_alone(void **state)
{
	struct world *w = *state;
	const uint8_t other[MAC_BYTES] = { 1 };

	golden(w);
	begin(w);
	assert_false(allows(w, 0));
	begins(w, LOCK_GOLDEN_DUE);
	assert_true(allows_golden(w, 0));
	assert_true(allows_golden(w, 1));
	assert_true(locks_is_golden(w->locks, w->rules.golden.units[0]));
	assert_false(locks_is_golden(w->locks, other));
	unit_ends(w, 0, STATUS_NOT_GOLDEN, true);
	assert_true(allows_golden(w, 0));
	unit_ends(w, 0, STATUS_OK, true);
	ends(w, LOCK_GOLDEN_DUE);
	assert_true(allows(w, 0));
	assert_true(allows(w, 1));
}

static void a_golden_unit_that_does_not_pass_is_told(void **state)
{
	struct world *w = *state;
	struct lock_change first, again;

	golden(w);
	begin(w);
	first = begins(w, LOCK_GOLDEN_DUE);
	assert_string_equal(first.view.detail, "the station started");
	unit_ends(w, 1, STATUS_MD5_MISMATCH, true);
	again = begins(w, LOCK_GOLDEN_DUE);
	assert_string_equal(again.view.lock_id, first.view.lock_id);
	assert_non_null(strstr(again.view.detail, "did not pass in slot 2: FAIL MD5_MISMATCH"));
	assert_true(allows_golden(w, 0));
	assert_string_equal(recorded(w), "GOLDEN_DUE open\n");
}

static void another_lock_keeps_golden_units_out_as_well(void **state)
{
	struct world *w = *state;

	golden(w);
	begin(w);
	begins(w, LOCK_GOLDEN_DUE);
	locks_begin(w->locks, LOCK_PRINTER, -1, "paper out");
	assert_false(allows_golden(w, 0));
	begins(w, LOCK_PRINTER);
	locks_cure(w->locks, LOCK_PRINTER, -1);
	ends(w, LOCK_PRINTER);
	assert_true(allows_golden(w, 0));
}

static void checks_are_counted_from_the_records_of_their_recipe(void **state)
{
	struct world *w = *state;

	golden(w);
	w->rules.golden.at_start = false;
	w->rules.golden.every = 3;
	begin(w);
	unit_ends(w, 0, STATUS_OK, true);
	unit_ends(w, 0, STATUS_OK, false);
	unit_ends(w, 1, STATUS_OK, false);
	restart(w);
	assert_true(allows(w, 0));
	unit_ends(w, 0, STATUS_OK, false);
	assert_false(allows(w, 0));
	begins(w, LOCK_GOLDEN_DUE);
	/* Another recipe: still due, since no golden unit passed. */
	locks_recipe(w->locks, OTHER);
	assert_true(allows_golden(w, 0));
	unit_ends(w, 0, STATUS_OK, true);
	ends(w, LOCK_GOLDEN_DUE);
	/* Back to the first, of which the last golden pass counts: by RECIPE in the records. */
	locks_recipe(w->locks, RECIPE);
	unit_ends(w, 0, STATUS_OK, false);
	unit_ends(w, 0, STATUS_OK, false);
	assert_true(allows(w, 0));
	unit_ends(w, 0, STATUS_OK, false);
	assert_false(allows(w, 0));
}

static void a_change_of_recipe_makes_a_check_due(void **state)
{
	struct world *w = *state;

	golden(w);
	begin(w);
	begins(w, LOCK_GOLDEN_DUE);
	unit_ends(w, 0, STATUS_OK, true);
	ends(w, LOCK_GOLDEN_DUE);
	locks_recipe(w->locks, RECIPE);
	assert_true(allows(w, 0));
	locks_recipe(w->locks, OTHER);
	assert_false(allows(w, 0));
	assert_string_equal(begins(w, LOCK_GOLDEN_DUE).view.detail, "the recipe was changed");
}

static void a_rule_that_is_gone_leaves_no_lock(void **state)
{
	struct world *w = *state;

	golden(w);
	w->rules.slot_failures = 1;
	begin(w);
	begins(w, LOCK_GOLDEN_DUE);
	unit_ends(w, 0, STATUS_MD5_MISMATCH, false);
	begins(w, LOCK_SLOT_FAILS);
	w->rules = (struct station_lockouts){ .disk_bytes = 0 };
	restart(w);
	unsigned told = 0;
	while (!allows(w, 0)) {
		next(w);
		assert_true(++told < 10);
	}
	assert_string_equal(recorded(w), "GOLDEN_DUE CURED\nSLOT_FAILS CURED\n");
}

static void a_disk_without_room_locks(void **state)
{
	struct world *w = *state;

	w->rules.disk_bytes = UINT64_MAX / 2;
	begin(w);
	assert_non_null(strstr(begins(w, LOCK_DISK_LOW).view.detail, "MB are free on it"));
	assert_false(allows(w, 1));
}

static void a_plant_that_is_behind_locks_until_it_is_not(void **state)
{
	struct world *w = *state;

	w->rules.ledger_pending = 10;
	begin(w);
	w->s.has_plant = true;
	w->s.plant.pending = 10;
	begins(w, LOCK_LEDGER_BEHIND);
	w->s.plant.pending = 9;
	ends(w, LOCK_LEDGER_BEHIND);
	assert_true(allows(w, 0));
}

static void a_lock_that_comes_again_while_it_ends_holds_again(void **state)
{
	struct world *w = *state;

	begin(w);
	locks_begin(w->locks, LOCK_PRINTER, -1, "paper out");
	locks_cure(w->locks, LOCK_PRINTER, -1);
	locks_begin(w->locks, LOCK_PRINTER, -1, "ribbon out");
	assert_string_equal(begins(w, LOCK_PRINTER).view.detail, "paper out");
	ends(w, LOCK_PRINTER);
	assert_string_equal(begins(w, LOCK_PRINTER).view.detail, "ribbon out");
	assert_false(allows(w, 0));
}

static void the_same_again_is_nothing_new(void **state)
{
	struct world *w = *state;
	struct lock_change change;
	char longest[600] = "";

	memset(longest, 'x', sizeof(longest) - 1);
	begin(w);
	for (int i = 0; i < 3; i++) {
		locks_begin(w->locks, LOCK_PRINTER, -1, longest);
		if (i == 0)
			begins(w, LOCK_PRINTER);
	}
	assert_false(locks_next_change(w->locks, &w->s, &change));
}

static void a_lock_is_shown_also_when_it_cannot_be_stored(void **state)
{
	struct world *w = *state;

	w->rules.slot_failures = 1;
	begin(w);
	unit_ends(w, 1, STATUS_OK, false);
	/* In a file that is not where it was nobody would find it again. */
	char moved[160];
	snprintf(moved, sizeof(moved), "%s.moved", w->path);
	assert_int_equal(rename(w->path, moved), 0);
	locks_begin(w->locks, LOCK_PRINTER, -1, "paper out");
	bool has_printer = false, has_records = false;
	while (!has_printer || !has_records) {
		struct lock_change change = next(w);

		assert_true(change.has_begun);
		has_printer = has_printer || change.code == LOCK_PRINTER;
		has_records = has_records || change.code == LOCK_RECORDS_FAILED;
	}
	assert_false(allows(w, 0));
	/* It is back: what waited is stored, and the lock about it is over. */
	assert_int_equal(rename(moved, w->path), 0);
	ends(w, LOCK_RECORDS_FAILED);
	assert_non_null(strstr(recorded(w), "PRINTER open\n"));
	assert_non_null(strstr(recorded(w), "RECORDS_FAILED CURED\n"));
	assert_false(allows(w, 0));
}

static void every_lock_has_a_name_and_a_sentence(void **state)
{
	(void)state;
	for (int code = 0; code < LOCK_CODE_COUNT; code++) {
		const struct lock_row *row = lock_row((enum lock_code)code);

		assert_int_equal(lock_by_name(row->code), code);
		assert_true(strlen(row->sentence) > 20);
		assert_int_equal(row->may_be_overridden, code != LOCK_RECORDS_FAILED);
	}
	assert_int_equal(lock_by_name("NONE"), LOCK_CODE_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_lock_is_stored_before_it_is_shown_and_holds_before),
		TEST(an_override_is_recorded_with_name_and_reason),
		TEST(lost_records_are_nothing_to_override),
		TEST(an_open_lock_holds_again_after_a_restart),
		TEST(a_lock_of_a_slot_without_a_port_waits_for_it),
		TEST(a_slot_out_of_use_has_one_reason_and_is_in_no_list),
		TEST(failures_in_a_row_go_on_over_a_restart),
		TEST(the_yield_goes_on_over_a_restart_and_an_override),
		TEST(a_run_counts_once_however_often_it_is_told),
		TEST(a_due_check_lets_golden_units_in_alone),
		TEST(a_golden_unit_that_does_not_pass_is_told),
		TEST(another_lock_keeps_golden_units_out_as_well),
		TEST(checks_are_counted_from_the_records_of_their_recipe),
		TEST(a_change_of_recipe_makes_a_check_due),
		TEST(a_rule_that_is_gone_leaves_no_lock),
		TEST(a_disk_without_room_locks),
		TEST(a_plant_that_is_behind_locks_until_it_is_not),
		TEST(a_lock_that_comes_again_while_it_ends_holds_again),
		TEST(the_same_again_is_nothing_new),
		TEST(a_lock_is_shown_also_when_it_cannot_be_stored),
		cmocka_unit_test(every_lock_has_a_name_and_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
