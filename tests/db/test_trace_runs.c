/* Slots, bridges, batches and recipes forward; and how every trace finds its rows. */
#include "tests/db/history.h"

#include "db/decide.h"
#include "db/run.h"
#include "db/sql.h"
#include "db/trace/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAC_1 "24:0a:c4:00:00:01"
#define MAC_2 "24:0a:c4:00:00:02"
#define SLOT_A "pci-0000:00:14.0/1.4:1.0"
#define SLOT_B "pci-0000:00:14.0/1.14:1.0"

static const struct trace_window all;

typedef enum status finder(struct db *db, const char *text, struct trace_places *found,
			   struct err *err);

/* What a reader saw. */
struct seen {
	struct trace_summary summary; /* its texts are gone: only numbers may be read */
	char codes[200], recipes[300], events[200], runs[400];
	struct trace_order order;
	char work_order[40];
};

static void add(char *text, size_t size, const char *more)
{
	size_t length = strlen(text);

	snprintf(text + length, size - length, "%s%s", length ? " " : "", more);
}

static enum status see_summary(void *ctx, const struct trace_summary *s, struct err *err)
{
	struct seen *seen = ctx;
	char word[100];

	(void)err;
	seen->summary = *s;
	seen->order = s->order;
	snprintf(seen->work_order, sizeof(seen->work_order), "%s",
		 s->order.work_order ? s->order.work_order : "-");
	for (size_t i = 0; i < s->code_count; i++) {
		snprintf(word, sizeof(word), "%d*%s", (int)s->codes[i].runs, s->codes[i].code);
		add(seen->codes, sizeof(seen->codes), word);
	}
	for (size_t i = 0; i < s->recipe_count; i++) {
		const struct trace_recipe_count *c = &s->recipes[i];

		snprintf(word, sizeof(word), "%s-r%d:%d/%d:%s",
			 c->recipe ? c->recipe->name : "none",
			 c->recipe ? (int)c->recipe->revision : 0, (int)c->passes, (int)c->runs,
			 c->approval ? c->approval : "-");
		add(seen->recipes, sizeof(seen->recipes), word);
	}
	for (size_t i = 0; i < s->event_count; i++)
		add(seen->events, sizeof(seen->events), s->events[i].code);
	return STATUS_OK;
}

static enum status see_run(void *ctx, const struct trace_run *run, struct err *err)
{
	struct seen *seen = ctx;
	char word[100];

	(void)err;
	snprintf(word, sizeof(word), "%d:%s/%s", (int)run->start_utc_ms,
		 run->outcome ? run->outcome : "open", run->unit_outcome ? run->unit_outcome : "-");
	add(seen->runs, sizeof(seen->runs), word);
	return STATUS_OK;
}

static struct seen see(struct db *db, finder *find, const char *text, struct trace_window window)
{
	struct trace_places found;
	struct seen seen = { 0 };
	const struct trace_reader reader = { &seen, see_summary, see_run };
	struct err err;

	if (find(db, text, &found, &err))
		fail_msg("%s", err.text);
	if (!found.count || found.is_ambiguous)
		fail_msg("%s: found %zu", text, found.count);
	if (trace_runs(db, found.items, found.count, &window, &reader, &err))
		fail_msg("%s", err.text);
	trace_places_release(&found);
	return seen;
}

static void run(struct db *db, struct history_run r)
{
	history_run(db, &r);
}

/* Two slots, two bridges, a batch, two revisions of a recipe. Starts are 1000, 2000 ... */
static struct db *begin(const struct world *w)
{
	struct db *db = world_open(w, DB_WRITE);
	struct history_run r = { MAC_1,
				 .recipe = "11",
				 .outcome = "PASS",
				 .slot = SLOT_A,
				 .bridge = "CH9102F",
				 .bridge_vid_pid = "1a86:55d4",
				 .bridge_serial = "X1",
				 .batch = "WO-1",
				 .is_rescued = true,
				 .start_utc_ms = 1000 };

	history_recipe(db, "11", "core2", 1, "sectors", "b1@1000+4000 a1@10000+20000/app0");
	history_recipe(db, "22", "core2", 2, "sectors", "b1@1000+4000 a2@10000+20000/app0");
	history_recipe(db, "33", "core2", 3, "sectors", "a3@10000+20000/app0");
	run(db, r);
	r.start_utc_ms = 2000;
	r.outcome = "FAIL";
	r.is_rescued = false;
	run(db, r);
	r.start_utc_ms = 3000;
	r.mac = MAC_2;
	r.recipe = "22";
	r.slot = SLOT_B;
	r.bridge = "CP2104";
	r.bridge_vid_pid = "10c4:ea60";
	r.bridge_serial = NULL;
	run(db, r);
	r.start_utc_ms = 4000;
	r.outcome = "PASS";
	r.kind = "VERIFY";
	run(db, r);
	r.start_utc_ms = 5000;
	r.mac = NULL;
	r.outcome = "ERROR";
	r.code = "SYNC_NO_REPLY";
	r.kind = NULL;
	run(db, r);
	r.start_utc_ms = 6000;
	r.outcome = NULL;
	run(db, r);
	return db;
}

static void totals_count_runs_units_and_codes(void **state)
{
	struct db *db = begin(*state);
	struct seen s = see(db, trace_find_batch, "WO-1", all);

	assert_int_equal(s.summary.runs, 6);
	assert_int_equal(s.summary.open, 1);
	assert_int_equal(s.summary.passes, 2);
	assert_int_equal(s.summary.rescued, 1);
	assert_int_equal(s.summary.units, 2);
	assert_int_equal(s.summary.units_passed, 1); /* the other one was only verified */
	assert_int_equal(s.summary.unknown, 2);
	assert_int_equal(s.summary.first_utc_ms, 1000);
	assert_int_equal(s.summary.last_utc_ms, 6000);
	assert_string_equal(s.codes, "2*WRITE_REFUSED 1*SYNC_NO_REPLY");
	assert_string_equal(s.recipes, "core2-r1:1/2:- core2-r2:1/4:-");
	assert_false(s.order.is_opened);
	db_close(db);
}

static void runs_come_oldest_first_with_how_their_unit_ended(void **state)
{
	struct db *db = begin(*state);
	struct seen s = see(db, trace_find_batch, "WO-1", all);

	assert_string_equal(s.runs, "1000:PASS/FAIL 2000:FAIL/FAIL 3000:FAIL/PASS 4000:PASS/PASS "
				    "5000:ERROR/- 6000:open/-");
	db_close(db);
}

/* Its clock was set back: the id begins with an earlier time. */
static void a_units_newest_run_is_the_one_that_was_stored_last(void **state)
{
	static const char early[] = "00000000-01f4-7000-8000-000000000001";
	struct db *db = begin(*state);
	const struct record_run run = { .run_id = early, .kind = "FLASH", .start_utc_ms = 500 };
	const struct record_result result = { .run_id = early,
					      .outcome = "TIMEOUT",
					      .code = "RUN_TIMEOUT",
					      .party = "LINK",
					      .proof = "NONE",
					      .end_utc_ms = 600,
					      .mac = MAC_1 };
	struct err err;

	assert_int_equal(db_put_run(db, &run, &err), STATUS_OK);
	assert_int_equal(db_put_result(db, &result, &err), STATUS_OK);
	struct seen s = see(db, trace_find_batch, "WO-1", all);
	assert_string_equal(s.runs, "1000:PASS/TIMEOUT 2000:FAIL/TIMEOUT 3000:FAIL/PASS "
				    "4000:PASS/PASS 5000:ERROR/- 6000:open/-");
	db_close(db);
}

static void a_window_chooses_runs_and_their_totals(void **state)
{
	struct db *db = begin(*state);
	static finder *const finders[] = { trace_find_batch, trace_find_recipe, trace_find_slot,
					   trace_find_bridge, trace_find_bridge };
	static const char *const names[] = { "WO-1", "core2", "1.14", "CP2104", "10C4:EA60" };

	for (size_t i = 0; i < 5; i++) {
		struct trace_window last = { .last = 2 };
		struct trace_window time = { .has_since = true,
					     .since_utc_ms = 4000,
					     .has_until = true,
					     .until_utc_ms = 6000 };
		struct seen s = see(db, finders[i], names[i], last);

		assert_string_equal(s.runs, "5000:ERROR/- 6000:open/-");
		assert_int_equal(s.summary.runs, 2);
		s = see(db, finders[i], names[i], time);
		assert_string_equal(s.runs, "4000:PASS/PASS 5000:ERROR/-");
		assert_int_equal(s.summary.runs, 2);
	}
	db_close(db);
}

static void a_slot_is_found_by_a_part_that_is_its_own(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		const char *name;
	} rows[] = {
		{ SLOT_A, 1, SLOT_A },   { "1.4", 1, SLOT_A },   { "1.14", 1, SLOT_B },
		{ "14:1.0", 1, SLOT_B }, { "/1.4:", 1, SLOT_A }, { "pci", 2, NULL },
		{ "1.0", 2, NULL },      { "2.2", 0, NULL },
	};
	struct db *db = begin(*state);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trace_places found;
		struct err err;

		assert_int_equal(trace_find_slot(db, rows[i].text, &found, &err), STATUS_OK);
		if (found.count != rows[i].count)
			fail_msg("%s: %zu found", rows[i].text, found.count);
		assert_int_equal(found.is_ambiguous, rows[i].count > 1);
		if (rows[i].name)
			assert_string_equal(found.items[0].name, rows[i].name);
		if (!rows[i].count)
			assert_int_equal(found.near_count, 2);
		trace_places_release(&found);
	}
	db_close(db);
}

static void a_bridge_is_a_type_a_product_number_or_a_serial(void **state)
{
	static const struct {
		const char *text;
		enum trace_what what;
	} rows[] = {
		{ "ch9102f", TRACE_BRIDGE_TYPE },
		{ "1A86:55D4", TRACE_BRIDGE_VID_PID },
		{ "X1", TRACE_BRIDGE_SERIAL },
	};
	struct db *db = begin(*state);
	struct trace_places found;
	struct err err;

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(trace_find_bridge(db, rows[i].text, &found, &err), STATUS_OK);
		assert_int_equal(found.count, 1);
		assert_int_equal(found.items[0].what, rows[i].what);
		trace_places_release(&found);
		assert_string_equal(see(db, trace_find_bridge, rows[i].text, all).runs,
				    "1000:PASS/FAIL 2000:FAIL/FAIL");
	}
	assert_int_equal(trace_find_bridge(db, "FT232R", &found, &err), STATUS_OK);
	assert_int_equal(found.count, 0);
	assert_int_equal(found.near_count, 2); /* the types there are */
	trace_places_release(&found);
	db_close(db);
}

static void a_recipes_name_means_all_its_revisions(void **state)
{
	struct db *db = begin(*state);
	struct record_approval approval = { .recipe_digest = history_digest("22"),
					    .state = "APPROVED",
					    .operator_name = "chen",
					    .utc_ms = 1 };
	struct trace_places found;
	struct err err;

	assert_int_equal(db_put(db, RECORD_APPROVAL, &approval, &err), STATUS_OK);
	struct seen s = see(db, trace_find_recipe, "core2", all);
	assert_string_equal(s.recipes, "core2-r1:1/2:- core2-r2:1/4:APPROVED core2-r3:0/0:-");
	assert_string_equal(s.events, "APPROVED");
	approval.state = "RETIRED";
	assert_int_equal(db_put(db, RECORD_APPROVAL, &approval, &err), STATUS_OK);
	s = see(db, trace_find_recipe, "220000", all);
	assert_string_equal(s.recipes, "core2-r2:1/4:RETIRED");
	assert_string_equal(s.events, "APPROVED RETIRED");
	history_recipe(db, "220000f", NULL, 1, "sectors", "a1@10000+20000");
	assert_int_equal(trace_find_recipe(db, "220000", &found, &err), STATUS_OK);
	assert_true(found.is_ambiguous);
	trace_places_release(&found);
	assert_int_equal(trace_find_recipe(db, "core3", &found, &err), STATUS_OK);
	assert_int_equal(found.count, 0);
	assert_int_equal(found.near_count, 2);
	trace_places_release(&found);
	db_close(db);
}

static void a_batch_shows_its_order_as_it_stands(void **state)
{
	struct db *db = begin(*state);
	struct record_batch order = { .batch = "WO-2",
				      .work_order = "4711",
				      .quantity = 500,
				      .quota = 510,
				      .operator_name = "chen",
				      .opened_utc_ms = 1 };
	struct record_batch_change change = { .batch = "WO-2",
					      .change = "QUOTA",
					      .quota = 520,
					      .operator_name = "chen",
					      .reason = "spares",
					      .utc_ms = 2 };
	struct err err;

	if (db_put(db, RECORD_BATCH, &order, &err) ||
	    db_put(db, RECORD_BATCH_CHANGE, &change, &err))
		fail_msg("%s", err.text);
	change.change = "CLOSED";
	change.quota = 0;
	if (db_put(db, RECORD_BATCH_CHANGE, &change, &err))
		fail_msg("%s", err.text);
	struct seen s = see(db, trace_find_batch, "WO-2", all); /* without a run */
	assert_int_equal(s.summary.runs, 0);
	assert_true(s.order.is_opened);
	assert_true(s.order.is_closed);
	assert_int_equal(s.order.quantity, 500);
	assert_int_equal(s.order.quota, 520);
	assert_string_equal(s.work_order, "4711");
	assert_string_equal(s.events, "OPENED QUOTA CLOSED");
	db_close(db);
}

/* ---- how rows are found ---- */

/* Names of what may be walked from end to end: results of another search, and tables that hold
 * a row for each recipe, order or person, not for each run. */
static const char *const small[] = {
	"CONSTANT", "about", "own",    "serials", "with_it",   "nameless", "chosen",
	"v",        "next",  "recipe", "batch",   "(subquery", "(join-",   "with_image",
};

static bool is_small(const char *name)
{
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
		size_t length = strlen(small[i]);

		if (strncmp(name, small[i], length) == 0 &&
		    (!name[length] || name[length] == ' ' || small[i][0] == '('))
			return true;
	}
	return false;
}

/* The first step of the statement's plan that walks through a large table; "" none. */
static const char *long_walk(sqlite3 *sql, const char *statement)
{
	static char step[200];
	sqlite3_stmt *stmt;
	char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", statement);

	step[0] = '\0';
	if (sqlite3_prepare_v2(sql, explain, -1, &stmt, NULL))
		fail_msg("%s: %s", statement, sqlite3_errmsg(sql));
	while (!step[0] && sqlite3_step(stmt) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(stmt, 3);

		/* An automatic index is made by walking through its table. */
		if ((strncmp(text, "SCAN ", 5) == 0 && !is_small(text + 5)) ||
		    strstr(text, " AUTOMATIC "))
			snprintf(step, sizeof(step), "%s", text);
	}
	sqlite3_finalize(stmt);
	sqlite3_free(explain);
	return step;
}

static void lock(struct db *db, const char *id, const char *slot, int64_t utc_ms, bool is_ended)
{
	const struct record_lockout lockout = {
		.lockout_id = id, .code = id, .slot = slot, .detail = "d", .utc_ms = utc_ms
	};
	const struct record_lockout_end end = { .lockout_id = id,
						.how = "CURED",
						.utc_ms = utc_ms + 100 };

	assert_int_equal(db_put(db, RECORD_LOCKOUT, &lockout, NULL), STATUS_OK);
	if (is_ended)
		assert_int_equal(db_put(db, RECORD_LOCKOUT_END, &end, NULL), STATUS_OK);
}

static void a_slot_tells_its_own_lockouts_of_that_time(void **state)
{
	struct db *db = begin(*state);
	struct seen seen;

	run(db, (struct history_run){ MAC_1, .recipe = "11", .slot = SLOT_A, .outcome = "PASS" });
	run(db, (struct history_run){ MAC_1, .recipe = "11", .slot = SLOT_B, .outcome = "PASS" });
	lock(db, "FIRST", SLOT_A, 1000, true);
	lock(db, "LINE", NULL, 1500, true);
	lock(db, "SECOND", SLOT_A, 2000, false);
	lock(db, "OTHER", SLOT_B, 3000, false);
	seen = see(db, trace_find_slot, "1.4", all);
	assert_string_equal(seen.events, "FIRST CURED SECOND");
	seen = see(db, trace_find_slot, "1.4",
		   (struct trace_window){ .has_since = true, .since_utc_ms = 1050 });
	assert_string_equal(seen.events, "CURED SECOND");
	seen = see(db, trace_find_slot, "1.4", (struct trace_window){ .last = 1 });
	assert_string_equal(seen.events, "SECOND");
	db_close(db);
}

struct watch {
	char *statements[96];
	size_t count;
};

static int keep_statement(unsigned what, void *ctx, void *stmt, void *text)
{
	struct watch *w = ctx;
	const char *sql = sqlite3_sql(stmt);

	(void)what;
	(void)text;
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->statements[i], sql) == 0)
			return 0;
	if (strncmp(sql, "BEGIN", 5) && strncmp(sql, "COMMIT", 6) && w->count < 96)
		w->statements[w->count++] = strdup(sql);
	return 0;
}

static void trace_all(struct db *db)
{
	static const struct trace_window windows[] = {
		{ 0 },
		{ .has_since = true, .since_utc_ms = 1, .last = 3 },
		{ .has_until = true, .until_utc_ms = INT64_MAX },
	};
	static const char *const units[] = { MAC_1, MAC_2, "02:00:00:00:00:07", "S-1", "S-2" };
	struct err err;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct trace_subjects found;
		struct trace_unit unit;

		assert_int_equal(trace_find_unit(db, units[i], &found, &err), STATUS_OK);
		if (found.count) {
			assert_int_equal(trace_unit(db, &found.items[0], &all, &unit, &err),
					 STATUS_OK);
			trace_unit_release(&unit);
		}
		trace_subjects_release(&found);
	}
	for (size_t i = 0; i < 3; i++) {
		see(db, trace_find_slot, "1.4", windows[i]);
		see(db, trace_find_bridge, "CP2104", windows[i]);
		see(db, trace_find_bridge, "10c4:ea60", windows[i]);
		see(db, trace_find_bridge, "X1", windows[i]);
		see(db, trace_find_batch, "WO-1", windows[i]);
		see(db, trace_find_recipe, "core2", windows[i]);
		see(db, trace_find_recipe, "220000", windows[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		struct trace_targets targets;
		struct trace_firmware firmware;

		assert_int_equal(trace_find_firmware(db, i ? "a10000" : "110000", &targets, &err),
				 STATUS_OK);
		assert_int_equal(trace_firmware(db, &targets.items[0], &all, &firmware, &err),
				 STATUS_OK);
		trace_firmware_release(&firmware);
		trace_targets_release(&targets);
	}
}

static void no_trace_walks_through_all_runs(void **state)
{
	struct db *db = begin(*state);
	struct watch watch = { .count = 0 };

	run(db, (struct history_run){ MAC_1, .serial = "S-1", .recipe = "11", .outcome = "PASS" });
	run(db, (struct history_run){ .serial = "S-1", .recipe = "11" });
	sqlite3_trace_v2(db->sql, SQLITE_TRACE_STMT, keep_statement, &watch);
	trace_all(db);
	sqlite3_trace_v2(db->sql, 0, NULL, NULL);
	assert_in_range(watch.count, 20, 95);

	sqlite3 *sql = world_raw(*state);
	for (size_t i = 0; i < watch.count; i++) {
		const char *step = long_walk(sql, watch.statements[i]);

		if (step[0])
			fail_msg("%s\nwalks: %s", watch.statements[i], step);
		free(watch.statements[i]);
	}
	/* The judge itself: these would be found out. */
	assert_string_not_equal(long_walk(sql, "SELECT * FROM run WHERE operator = 'x'"), "");
	assert_string_not_equal(long_walk(sql, "SELECT DISTINCT slot FROM run"), "");
	assert_string_not_equal(long_walk(sql, "SELECT 1 FROM result AS newest WHERE code = ''"),
				"");
	sqlite3_close(sql);
	db_close(db);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(totals_count_runs_units_and_codes),
		TEST(runs_come_oldest_first_with_how_their_unit_ended),
		TEST(a_units_newest_run_is_the_one_that_was_stored_last),
		TEST(a_window_chooses_runs_and_their_totals),
		TEST(a_slot_is_found_by_a_part_that_is_its_own),
		TEST(a_bridge_is_a_type_a_product_number_or_a_serial),
		TEST(a_recipes_name_means_all_its_revisions),
		TEST(a_batch_shows_its_order_as_it_stands),
		TEST(a_slot_tells_its_own_lockouts_of_that_time),
		TEST(no_trace_walks_through_all_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
