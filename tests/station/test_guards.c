/*
 * The guards on a real database with its writer; only the plant is made up. A MAC is told by
 * its last byte.
 */
#define _XOPEN_SOURCE 700 /* open_memstream */
#include "tests/station/tree.h"

#include "db/db.h"
#include "db/export/export.h"
#include "db/run.h"
#include "station/guards.h"
#include "station/rules.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 24
#define DIGEST "11aa"
#define OTHER_DIGEST "22bb"

/* ---- a plant that is made up ---- */

struct plant {
	enum plant_answer answer, serial_answer;
	int64_t generation;
	bool is_held; /* in quarantine, so nobody gets it unless that is overridden */
	unsigned asked;
	struct plant_claim last; /* its texts are gone */
	struct plant_line line;
};

static void made_up_claim(void *ctx, const struct plant_claim *claim, uint32_t wait_ms,
			  struct plant_grant *grant)
{
	struct plant *p = ctx;

	(void)wait_ms;
	p->asked++;
	p->last = *claim;
	grant->answer = claim->is_serial ? p->serial_answer : p->answer;
	if (p->is_held && !claim->is_serial && !claim->is_hold_overridden) {
		grant->answer = PLANT_REFUSED;
		grant->is_held = true;
		snprintf(grant->owner, sizeof(grant->owner), "conflict 7");
		return;
	}
	grant->is_held = false;
	/* As the server does it: a rework is granted as the next generation. */
	if (grant->answer == PLANT_REFUSED && claim->is_rework) {
		grant->answer = PLANT_GRANTED;
		grant->generation = p->generation;
	} else if (grant->answer == PLANT_GRANTED) {
		grant->generation = claim->is_rework ? p->generation : 1;
	}
	snprintf(grant->owner, sizeof(grant->owner), "station line-2");
	snprintf(grant->why, sizeof(grant->why), "no route");
}

/* ---- the records ---- */

struct world {
	struct tree tree;
	char path[128];
	struct plan plan;
	struct db *db;
	struct writer *writer;
	struct guards *guards;
	struct guard_setup setup;
	struct plant plant;
	atomic_bool cancel;
	char log[4000];
	pthread_mutex_t log_lock;
	char run_id[RUN_ID_BYTES]; /* of the last judge() */
	int64_t generation;
	bool gives_serials; /* "G-7" to each unit */
	unsigned given;
	struct guard_run *run; /* of the last judge() */
	struct err err;
};

static void must(struct world *w, enum status st)
{
	if (st)
		fail_msg("%s: %s", status_code(st), w->err.text);
}

static void put_recipe(struct world *w, const char *digest)
{
	const struct record_recipe recipe = {
		.digest = digest,
		.name = "lamp",
		.revision = 1,
		.canonical = "# canonical form 1\n",
		.process = "FLASH",
	};

	must(w, db_put_recipe(w->db, &recipe, &w->err));
}

static int set_up(void **state)
{
	static struct world world;
	struct world *w = &world;
	struct tree *t;

	memset(w, 0, sizeof(*w));
	if (tree_set_up((void **)&t))
		return -1;
	w->tree = *t;
	free(t);
	snprintf(w->path, sizeof(w->path), "%.63s/flashline.db", w->tree.root);
	w->plan = (struct plan){
		.name = (char *)"lamp",
		.revision = 1,
		.process = (char *)"FLASH",
		.digest_text = DIGEST,
	};
	pthread_mutex_init(&w->log_lock, NULL);
	must(w, db_open(w->path, DB_WRITE, &w->db, &w->err));
	put_recipe(w, DIGEST);
	put_recipe(w, OTHER_DIGEST);
	must(w, writer_new(w->db, &w->writer, &w->err));
	w->setup = (struct guard_setup){
		.db_path = w->path, .plan = &w->plan, .writer = w->writer, .slots = SLOTS
	};
	w->plant.line = (struct plant_line){ .ctx = &w->plant, .claim = made_up_claim };
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	struct tree *gone = malloc(sizeof(*gone));
	void *holder = gone;

	guards_free(w->guards);
	writer_free(w->writer);
	db_close(w->db);
	pthread_mutex_destroy(&w->log_lock);
	*gone = w->tree;
	return tree_tear_down(&holder);
}

/* A session with what setup says; ends the one before. */
static void begin(struct world *w)
{
	guards_free(w->guards);
	must(w, guards_new(&w->setup, &w->guards, &w->err));
}

static void override(struct world *w, const char *codes)
{
	must(w, guard_overrides(codes, &w->setup.overrides, &w->err));
	w->setup.operator_name = "ann";
	w->setup.reason = "rework of order 4711";
}

static void put_run(struct world *w, const char *run_id)
{
	const struct record_run run = {
		.run_id = run_id,
		.kind = "FLASH",
		.slot = "1.1",
		.node = "/dev/ttyUSB0",
		.start_utc_ms = clock_utc_ms(),
		.recipe_digest = w->plan.digest_text,
		.batch = w->setup.batch,
		.serial = w->setup.serial,
		.bridge = "CP2104",
	};
	struct err err;

	if (writer_put_run(w->writer, &run, &err))
		fail_msg("%s", err.text);
}

static void put_result(struct world *w, const char *run_id, uint8_t mac, const char *outcome,
		       int64_t generation)
{
	char text[MAC_TEXT_BYTES];
	const struct record_result result = {
		.run_id = run_id,
		.outcome = outcome,
		.code = strcmp(outcome, "PASS") == 0 ? "OK" : "MD5_MISMATCH",
		.party = strcmp(outcome, "PASS") == 0 ? "NONE" : "UNIT",
		.proof = "NONE",
		.end_utc_ms = clock_utc_ms(),
		.mac = text,
		.has_generation = generation != 0,
		.generation = generation,
	};
	struct err err;

	snprintf(text, sizeof(text), "24:0a:c4:00:00:%02x", mac);
	if (writer_put_result(w->writer, &result, &err))
		fail_msg("%s", err.text);
}

/* A run of this unit in setup's batch, with setup's serial number, and how it ended. */
static void made(struct world *w, uint8_t mac, const char *outcome, int64_t generation)
{
	char run_id[RUN_ID_BYTES];

	db_new_run_id(run_id);
	put_run(w, run_id);
	put_result(w, run_id, mac, outcome, generation);
}

static void on_note(void *ctx, const char *line)
{
	struct world *w = ctx;
	size_t used;

	pthread_mutex_lock(&w->log_lock);
	used = strlen(w->log);
	snprintf(w->log + used, sizeof(w->log) - used, "%s\n", line);
	pthread_mutex_unlock(&w->log_lock);
}

static enum status give_serial(void *ctx, const char *mac, struct err *err)
{
	struct world *w = ctx;

	(void)mac;
	(void)err;
	w->given++;
	w->run->serial = "G-7";
	return STATUS_OK;
}

/* Both phases, of a run that is recorded. */
static enum status judge_in(struct world *w, unsigned slot, uint8_t last, struct guard_run *run,
			    char run_id[static RUN_ID_BYTES], struct err *err)
{
	const uint8_t mac[MAC_BYTES] = { 0x24, 0x0a, 0xc4, 0, 0, last };
	enum status st;

	db_new_run_id(run_id);
	put_run(w, run_id);
	*run = (struct guard_run){
		.slot = slot,
		.run_id = run_id,
		.cancel = &w->cancel,
		.note = on_note,
		.give_serial = w->gives_serials ? give_serial : NULL,
		.ctx = w,
	};
	if (w->gives_serials) /* never in several threads */
		w->run = run;
	st = guards_before_port(w->guards, run, err);
	return st ? st : guards_identified(w->guards, run, mac, err);
}

static enum status judge(struct world *w, unsigned slot, uint8_t last)
{
	struct guard_run run;
	enum status st;

	err_clear(&w->err);
	st = judge_in(w, slot, last, &run, w->run_id, &w->err);
	w->generation = run.has_generation ? run.generation : 0;
	return st;
}

/* What the guards say of the unit, in a session of its own. */
#define assert_says(w, mac, wanted)                                                                \
	do {                                                                                       \
		begin(w);                                                                          \
		assert_string_equal(status_code(judge(w, 0, mac)), #wanted);                       \
	} while (0)

/* Column of the record of a run; lent until the next call. */
static const char *recorded(struct world *w, const char *run_id, const char *column)
{
	static char value[300];
	const struct run_filter one = { .run_id = run_id };
	const json_t *member;
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	struct db *db;
	uint64_t count;
	json_t *object;

	must(w, db_open(w->path, DB_READ, &db, &w->err));
	must(w, export_runs(db, EXPORT_JSONL, &one, memory, &count, &w->err));
	db_close(db);
	fclose(memory);
	object = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
	free(text);
	member = json_object_get(object, column);
	assert_non_null(member);
	snprintf(value, sizeof(value), "%s",
		 json_is_string(member) ? json_string_value(member) : "NULL");
	json_decref(object);
	return value;
}

static void decide(struct world *w, enum record_kind kind, const void *record)
{
	must(w, writer_put(w->writer, kind, record, &w->err));
}

static void set_rule(struct world *w, enum rule_id rule, bool strict)
{
	const struct rule_row *row = &rule_rows()[rule];
	const struct record_rule record = {
		.name = row->name,
		.word = row->words[strict].word,
		.operator_name = "eve",
		.reason = "order of quality",
		.utc_ms = clock_utc_ms(),
	};

	decide(w, RECORD_RULE, &record);
}

static void open_batch(struct world *w, const char *name, int64_t quota, const char *digest)
{
	const struct record_batch record = {
		.batch = name,
		.quota = quota,
		.recipe_digest = digest,
		.operator_name = "eve",
		.opened_utc_ms = clock_utc_ms(),
	};

	decide(w, RECORD_BATCH, &record);
}

static void change_batch(struct world *w, const char *name, const char *change, int64_t quota)
{
	const struct record_batch_change record = {
		.batch = name,
		.change = change,
		.quota = quota,
		.operator_name = "eve",
		.reason = "the customer wants it",
		.utc_ms = clock_utc_ms(),
	};

	decide(w, RECORD_BATCH_CHANGE, &record);
}

static void dispose(struct world *w, uint8_t mac, const char *what)
{
	char text[MAC_TEXT_BYTES];
	const struct record_disposition record = {
		.mac = text,
		.state = what,
		.operator_name = "eve",
		.reason = "scratched",
		.utc_ms = clock_utc_ms(),
	};

	snprintf(text, sizeof(text), "24:0a:c4:00:00:%02x", mac);
	decide(w, RECORD_DISPOSITION, &record);
}

static void claimed_elsewhere(struct world *w, int64_t seq, const char *kind, const char *value,
			      int64_t generation)
{
	const struct record_plant_claim record = {
		.server = "plant",
		.plant_seq = seq,
		.kind = kind,
		.value = value,
		.product = "lamp",
		.process = "FLASH",
		.generation = generation,
		.chain_id = "another",
		.station = "line-2",
		.claimed_utc_ms = clock_utc_ms(),
	};

	decide(w, RECORD_PLANT_CLAIM, &record);
}

/* ---- nothing to refuse ---- */

static void a_unit_that_nobody_knows_goes_through_as_the_first_generation(void **state)
{
	struct world *w = *state;

	assert_says(w, 1, OK);
	assert_int_equal(w->generation, 1);
	assert_string_equal(recorded(w, w->run_id, "overridden"), "NULL");
}

/* ---- passed before ---- */

static void a_unit_that_passed_is_refused_in_a_batch_and_only_there(void **state)
{
	struct world *w = *state;

	made(w, 1, "PASS", 1);
	made(w, 2, "FAIL", 1);
	assert_says(w, 1, OK);
	assert_int_equal(w->generation, 1);
	w->setup.batch = "B1";
	assert_says(w, 1, ALREADY_PASSED);
	assert_int_equal(w->generation, 0);
	assert_non_null(strstr(w->err.text, "24:0a:c4:00:00:01 passed this recipe at "));
	assert_says(w, 2, OK);
}

static void of_recipe_and_rule_the_stricter_one_holds(void **state)
{
	static const struct {
		enum passed_policy policy;
		bool in_batch, is_ruled, is_refused;
	} rows[] = {
		{ PASSED_USUAL, false, false, false }, { PASSED_USUAL, true, false, true },
		{ PASSED_USUAL, false, true, true },   { PASSED_FLASH, false, false, false },
		{ PASSED_FLASH, true, false, false },  { PASSED_FLASH, false, true, true },
		{ PASSED_REFUSE, false, false, true }, { PASSED_REFUSE, true, true, true },
	};
	struct world *w = *state;

	made(w, 1, "PASS", 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		w->plan.passed_policy = rows[i].policy;
		w->setup.batch = rows[i].in_batch ? "B1" : NULL;
		set_rule(w, RULE_ALREADY_PASSED, rows[i].is_ruled);
		begin(w);
		if (judge(w, 0, 1) != (rows[i].is_refused ? STATUS_ALREADY_PASSED : STATUS_OK))
			fail_msg("row %zu: %s", i, w->err.text);
	}
}

static void a_unit_that_passed_another_recipe_has_not_passed_this_one(void **state)
{
	struct world *w = *state;

	made(w, 1, "PASS", 1);
	memcpy(w->plan.digest_text, OTHER_DIGEST, sizeof(OTHER_DIGEST));
	w->plan.passed_policy = PASSED_REFUSE;
	assert_says(w, 1, OK);
}

static void a_unit_sent_to_rework_goes_through_once(void **state)
{
	struct world *w = *state;

	w->plan.passed_policy = PASSED_REFUSE;
	made(w, 1, "PASS", 1);
	dispose(w, 1, "REWORK");
	assert_says(w, 1, OK);
	assert_int_equal(w->generation, 2);
	put_result(w, w->run_id, 1, "PASS", w->generation);
	assert_says(w, 1, ALREADY_PASSED);
}

static void a_unit_that_was_set_aside_is_refused_until_it_is_released(void **state)
{
	static const char *const blocked[] = { "QUARANTINE", "SCRAP", "RMA" };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(blocked) / sizeof(blocked[0]); i++) {
		dispose(w, 1, blocked[i]);
		assert_says(w, 1, UNIT_BLOCKED);
		assert_non_null(strstr(w->err.text, blocked[i]));
		assert_non_null(strstr(w->err.text, "by eve: scratched"));
		dispose(w, 1, "RELEASED");
		assert_says(w, 1, OK);
	}
}

/* ---- recipes and batches ---- */

static void where_approval_is_required_a_recipe_needs_it(void **state)
{
	struct record_approval record = {
		.recipe_digest = DIGEST, .state = "APPROVED", .operator_name = "eve", .utc_ms = 1
	};
	struct world *w = *state;

	set_rule(w, RULE_APPROVAL, true);
	assert_says(w, 1, RECIPE_NOT_APPROVED);
	decide(w, RECORD_APPROVAL, &record);
	assert_says(w, 1, OK);
	record.state = "RETIRED";
	decide(w, RECORD_APPROVAL, &record);
	assert_says(w, 1, RECIPE_NOT_APPROVED);
}

static void where_batches_have_to_be_opened_no_other_name_is_taken(void **state)
{
	struct world *w = *state;

	w->setup.batch = "B1";
	assert_says(w, 1, OK);
	set_rule(w, RULE_BATCH, true);
	assert_says(w, 1, BATCH_UNKNOWN);
	open_batch(w, "B1", 0, NULL);
	assert_says(w, 1, OK);
	w->setup.batch = NULL;
	assert_says(w, 1, BATCH_UNKNOWN);
}

static void a_closed_batch_takes_no_unit_until_it_is_reopened(void **state)
{
	struct world *w = *state;

	open_batch(w, "B1", 0, NULL);
	w->setup.batch = "B1";
	begin(w);
	assert_int_equal(judge(w, 0, 1), STATUS_OK);
	/* The session goes on. */
	change_batch(w, "B1", "CLOSED", 0);
	assert_int_equal(judge(w, 1, 2), STATUS_BATCH_CLOSED);
	change_batch(w, "B1", "REOPENED", 0);
	assert_int_equal(judge(w, 2, 2), STATUS_OK);
}

static void a_batch_for_one_recipe_takes_no_other(void **state)
{
	struct world *w = *state;

	open_batch(w, "B1", 0, OTHER_DIGEST);
	w->setup.batch = "B1";
	assert_says(w, 1, BATCH_RECIPE);
}

/* ---- places ---- */

struct racer {
	pthread_t thread;
	struct world *w;
	unsigned slot;
	enum status status;
};

static void *race(void *ctx)
{
	struct racer *r = ctx;
	char run_id[RUN_ID_BYTES];
	struct guard_run run;
	struct err err;

	err_clear(&err);
	r->status = judge_in(r->w, r->slot, (uint8_t)(r->slot + 1), &run, run_id, &err);
	if (!r->status)
		put_result(r->w, run_id, (uint8_t)(r->slot + 1), "PASS", 1);
	guards_end(r->w->guards, r->slot, !r->status);
	return NULL;
}

static void many_slots_at_once_make_not_one_unit_too_many(void **state)
{
	enum { QUOTA = 7 };
	struct world *w = *state;
	struct racer racers[SLOTS];
	unsigned passed = 0, full = 0;
	int64_t count, of;

	open_batch(w, "B1", QUOTA, NULL);
	w->setup.batch = "B1";
	begin(w);
	for (unsigned i = 0; i < SLOTS; i++) {
		racers[i] = (struct racer){ .w = w, .slot = i };
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (unsigned i = 0; i < SLOTS; i++) {
		pthread_join(racers[i].thread, NULL);
		passed += racers[i].status == STATUS_OK;
		full += racers[i].status == STATUS_BATCH_FULL;
	}
	assert_int_equal(passed, QUOTA);
	assert_int_equal(full, SLOTS - QUOTA);
	assert_true(guards_batch_count(w->guards, &count, &of));
	assert_int_equal(count, QUOTA);
	assert_int_equal(of, QUOTA);
	assert_says(w, 99, BATCH_FULL);
}

static void a_place_is_free_again_when_its_unit_does_not_pass(void **state)
{
	struct world *w = *state;
	int64_t count, of;

	open_batch(w, "B1", 1, NULL);
	w->setup.batch = "B1";
	begin(w);
	assert_int_equal(judge(w, 0, 1), STATUS_OK);
	assert_int_equal(judge(w, 1, 2), STATUS_BATCH_FULL);
	guards_end(w->guards, 0, false);
	assert_int_equal(judge(w, 2, 2), STATUS_OK);
	put_result(w, w->run_id, 2, "PASS", 1);
	guards_end(w->guards, 2, true);
	assert_int_equal(judge(w, 3, 3), STATUS_BATCH_FULL);
	assert_true(guards_batch_count(w->guards, &count, &of));
	assert_int_equal(count, 1);
}

static void a_unit_that_counts_in_the_batch_takes_no_second_place(void **state)
{
	struct world *w = *state;

	w->plan.passed_policy = PASSED_FLASH;
	open_batch(w, "B1", 2, NULL);
	w->setup.batch = "B1";
	made(w, 1, "PASS", 1);
	begin(w);
	assert_int_equal(judge(w, 0, 1), STATUS_OK);
	assert_int_equal(judge(w, 1, 2), STATUS_OK);
	assert_int_equal(judge(w, 2, 3), STATUS_BATCH_FULL);
}

static void a_slot_that_was_given_up_on_takes_no_place_afterwards(void **state)
{
	struct world *w = *state;

	open_batch(w, "B1", 1, NULL);
	w->setup.batch = "B1";
	begin(w);
	guards_end(w->guards, 0, false);
	assert_int_equal(judge(w, 0, 1), STATUS_CANCELLED);
	assert_int_equal(judge(w, 1, 2), STATUS_OK);
}

static void a_quota_that_is_raised_meanwhile_holds_at_once(void **state)
{
	struct world *w = *state;

	open_batch(w, "B1", 1, NULL);
	w->setup.batch = "B1";
	begin(w);
	assert_int_equal(judge(w, 0, 1), STATUS_OK);
	assert_int_equal(judge(w, 1, 2), STATUS_BATCH_FULL);
	change_batch(w, "B1", "QUOTA", 2);
	assert_int_equal(judge(w, 2, 2), STATUS_OK);
}

/* ---- serial numbers ---- */

static void a_serial_number_belongs_to_the_unit_that_passed_with_it(void **state)
{
	struct world *w = *state;

	w->setup.serial = "L-0001";
	made(w, 1, "FAIL", 1);
	assert_says(w, 2, OK);
	made(w, 1, "PASS", 1);
	assert_says(w, 2, SERIAL_TAKEN);
	assert_says(w, 1, OK);
	w->setup.serial = "L-0002";
	assert_says(w, 1, SERIAL_DIFFERS);
	assert_says(w, 2, OK);
	w->plan.name = (char *)"torch"; /* another product has numbers of its own */
	w->setup.serial = "L-0001";
	assert_says(w, 2, OK);
}

/* The clock was set back between two numbers: ids begin with the time, the ledger does not. */
static void a_unit_has_the_serial_number_that_it_passed_with_last(void **state)
{
	struct world *w = *state;

	w->setup.serial = "L-0001";
	put_run(w, "ffffffff-0000-7000-8000-000000000001");
	put_result(w, "ffffffff-0000-7000-8000-000000000001", 1, "PASS", 1);
	w->setup.serial = "L-0002";
	put_run(w, "00000000-0000-7000-8000-000000000001");
	put_result(w, "00000000-0000-7000-8000-000000000001", 1, "PASS", 1);
	assert_says(w, 1, OK);
	w->setup.serial = "L-0001";
	assert_says(w, 1, SERIAL_DIFFERS);
}

static void a_serial_number_is_one_line_of_eighty_characters_at_most(void **state)
{
	char longest[200] = "";
	struct err err;

	(void)state;
	for (unsigned i = 0; i < GUARD_SERIAL_MAX; i++)
		strcat(longest, "\xc3\xa4");
	assert_int_equal(guard_check_serial(longest, &err), STATUS_OK);
	strcat(longest, "a");
	assert_int_equal(guard_check_serial(longest, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "81 characters"));
	assert_int_equal(guard_check_serial("a\nb", &err), STATUS_USAGE);
	assert_int_equal(guard_check_serial("a\xe2\x80\xae"
					    "b",
					    &err),
			 STATUS_USAGE);
	assert_int_equal(guard_check_serial("*%?_[]!", &err), STATUS_OK);
}

/* ---- overrides ---- */

static void an_override_lets_its_guard_alone_through_and_is_recorded(void **state)
{
	struct world *w = *state;

	w->plan.passed_policy = PASSED_REFUSE;
	made(w, 1, "PASS", 1);
	override(w, "ALREADY_PASSED");
	assert_says(w, 1, OK);
	assert_int_equal(w->generation, 2);
	assert_string_equal(recorded(w, w->run_id, "overridden"), "ALREADY_PASSED");
	assert_non_null(
		strstr(w->log, "ALREADY_PASSED is overridden by ann (rework of order 4711): "));
	dispose(w, 1, "SCRAP");
	assert_says(w, 1, UNIT_BLOCKED);
	/* The run was refused: there is nothing that was let through. */
	assert_string_equal(recorded(w, w->run_id, "overridden"), "NULL");
}

static void a_rework_that_failed_is_tried_again_as_the_same_generation(void **state)
{
	struct world *w = *state;

	w->plan.passed_policy = PASSED_REFUSE;
	made(w, 1, "PASS", 0); /* as earlier versions recorded it */
	override(w, "ALREADY_PASSED");
	assert_says(w, 1, OK);
	assert_int_equal(w->generation, 2);
	put_result(w, w->run_id, 1, "FAIL", w->generation);
	assert_says(w, 1, OK);
	assert_int_equal(w->generation, 2);
	put_result(w, w->run_id, 1, "PASS", w->generation);
	assert_says(w, 1, OK);
	assert_int_equal(w->generation, 3);
}

static void each_guard_that_would_have_refused_is_recorded_and_no_other(void **state)
{
	struct world *w = *state;

	set_rule(w, RULE_APPROVAL, true);
	open_batch(w, "B1", 1, NULL);
	w->setup.batch = "B1";
	made(w, 2, "PASS", 1);
	override(w, "unit_blocked,BATCH_FULL,RECIPE_NOT_APPROVED");
	assert_says(w, 1, OK);
	assert_string_equal(recorded(w, w->run_id, "overridden"),
			    "BATCH_FULL, RECIPE_NOT_APPROVED");
	assert_int_equal(w->generation, 1);
}

static void an_override_that_cannot_be_stored_lets_nothing_through(void **state)
{
	static const uint8_t mac[MAC_BYTES] = { 0x24, 0x0a, 0xc4, 0, 0, 1 };
	struct world *w = *state;
	struct guard_run run = { .run_id = "this run is not recorded",
				 .cancel = &w->cancel,
				 .note = on_note,
				 .ctx = w };

	made(w, 1, "PASS", 1);
	w->plan.passed_policy = PASSED_REFUSE;
	override(w, "ALREADY_PASSED");
	begin(w);
	assert_int_equal(guards_identified(w->guards, &run, mac, &w->err), STATUS_DATABASE);
	assert_int_equal(run.overridden_count, 0);
	assert_false(run.has_generation);
}

static void a_word_that_is_no_guard_is_refused_with_the_list_of_guards(void **state)
{
	static const char *const wrong[] = {
		"DUPLICATE_MAC", "ALREADY_PASSED,", "", ",", "ALREADY_PASSED BATCH_FULL", "OK"
	};
	unsigned bits;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(guard_overrides(wrong[i], &bits, &err), STATUS_USAGE);
		for (unsigned st = 0; st < STATUS_COUNT; st++) {
			if (guard_is((enum status)st))
				assert_non_null(strstr(err.text, status_code((enum status)st)));
		}
	}
	assert_int_equal(guard_overrides("batch_full,ALREADY_PASSED", &bits, &err), STATUS_OK);
	assert_int_equal(bits, GUARD_BIT(STATUS_BATCH_FULL) | GUARD_BIT(STATUS_ALREADY_PASSED));
}

/* ---- the plant ---- */

static void with_plant(struct world *w, enum plant_answer mac, enum plant_answer serial,
		       int64_t generation)
{
	w->setup.plant = &w->plant.line;
	w->plant.answer = mac;
	w->plant.serial_answer = serial;
	w->plant.generation = generation;
	w->plant.asked = 0;
}

static void lease(struct world *w, const char *prefix, int64_t width, int64_t first, int64_t last)
{
	const struct record_serial_block block = {
		.block_id = "01931f2e-4c00-7000-8000-000000000001",
		.product = "lamp",
		.prefix = prefix,
		.width = width,
		.first = first,
		.last = last,
		.leased_utc_ms = clock_utc_ms(),
	};

	must(w, writer_put(w->writer, RECORD_SERIAL_BLOCK, &block, &w->err));
}

static void what_the_plant_refuses_is_not_written(void **state)
{
	struct world *w = *state;

	with_plant(w, PLANT_REFUSED, PLANT_GRANTED, 0);
	assert_says(w, 1, MAC_ELSEWHERE);
	assert_non_null(strstr(w->err.text, "station line-2"));
	with_plant(w, PLANT_GRANTED, PLANT_REFUSED, 0);
	assert_says(w, 1, OK);
	w->setup.serial = "L-0001";
	assert_says(w, 1, SERIAL_TAKEN);
}

static void a_claim_is_overridden_by_one_for_the_next_generation(void **state)
{
	struct world *w = *state;

	with_plant(w, PLANT_REFUSED, PLANT_GRANTED, 4);
	override(w, "MAC_ELSEWHERE");
	assert_says(w, 1, OK);
	assert_int_equal(w->plant.asked, 2);
	assert_true(w->plant.last.is_rework);
	assert_int_equal(w->generation, 4);
	assert_string_equal(recorded(w, w->run_id, "overridden"), "MAC_ELSEWHERE");
}

static void a_unit_that_the_plant_holds_is_blocked_whatever_else_is_overridden(void **state)
{
	struct world *w = *state;

	with_plant(w, PLANT_REFUSED, PLANT_GRANTED, 4);
	w->plant.is_held = true;
	made(w, 1, "PASS", 1);
	dispose(w, 1, "REWORK");
	override(w, "MAC_ELSEWHERE");
	assert_says(w, 1, UNIT_BLOCKED);
	assert_non_null(strstr(w->err.text, "in quarantine because of conflict 7"));
	/* Held, and another station's as well: each is a decision of its own. */
	override(w, "UNIT_BLOCKED");
	dispose(w, 1, "RELEASED");
	assert_says(w, 1, MAC_ELSEWHERE);
	override(w, "UNIT_BLOCKED,MAC_ELSEWHERE");
	assert_says(w, 1, OK);
	assert_int_equal(w->generation, 4);
}

static void without_the_plant_serial_numbers_come_out_of_own_blocks(void **state)
{
	struct world *w = *state;

	with_plant(w, PLANT_NO_ANSWER, PLANT_NO_ANSWER, 0);
	w->setup.serial = "L-0150";
	assert_says(w, 1, OK); /* this product has no blocks here */
	lease(w, "L-", 4, 101, 200);
	assert_says(w, 2, OK);
	w->setup.serial = "L-0201";
	assert_says(w, 3, SERIAL_TAKEN);
	assert_non_null(strstr(w->err.text, "in no block of this station's"));
	/* A unit keeps the number that it has. */
	w->setup.serial = "X-1";
	made(w, 4, "PASS", 1);
	assert_says(w, 4, OK);
	/* Found to be a copy: the one that it is of has the same block. */
	must(w, writer_put(w->writer, RECORD_ALARM,
			   &(struct record_alarm){ .code = "PLANT_FORKED",
						   .detail = "a copy",
						   .utc_ms = clock_utc_ms() },
			   &w->err));
	w->setup.serial = "L-0151";
	assert_says(w, 5, SERIAL_TAKEN);
	assert_non_null(strstr(w->err.text, "void"));
	with_plant(w, PLANT_GRANTED, PLANT_GRANTED, 0); /* who knows better */
	assert_says(w, 5, OK);
}

static void rework_here_does_not_take_what_another_station_has_had_since(void **state)
{
	struct world *w = *state;

	made(w, 1, "PASS", 1);
	dispose(w, 1, "REWORK");
	with_plant(w, PLANT_GRANTED, PLANT_GRANTED, 2);
	w->setup.serial = "L-0001";
	assert_says(w, 1, OK);
	assert_int_equal(w->generation, 2);
	/* Its number is asked for as any other: it may be somebody's. */
	assert_true(w->plant.last.is_serial);
	assert_false(w->plant.last.is_rework);
	with_plant(w, PLANT_GRANTED, PLANT_GRANTED, 3);
	assert_says(w, 1, MAC_ELSEWHERE);
	override(w, "MAC_ELSEWHERE");
	assert_says(w, 1, OK);
	assert_int_equal(w->generation, 3);
}

static void a_plant_that_does_not_answer_holds_up_strict_recipes_alone(void **state)
{
	struct world *w = *state;

	with_plant(w, PLANT_NO_ANSWER, PLANT_NO_ANSWER, 0);
	assert_says(w, 1, OK);
	assert_int_equal(w->plant.asked, 1); /* it says at once that nobody is there */
	assert_non_null(strstr(w->log, "did not answer: no route"));
	w->plan.plant_policy = PLANT_STRICT;
	assert_says(w, 1, PLANT_UNREACHABLE);
	with_plant(w, PLANT_GRANTED, PLANT_GRANTED, 0);
	assert_says(w, 1, OK);
	w->setup.plant = NULL;
	assert_says(w, 1, PLANT_UNREACHABLE);
}

static void without_the_plant_its_known_claims_hold(void **state)
{
	struct world *w = *state;

	claimed_elsewhere(w, 1, "MAC", "24:0a:c4:00:00:01", 1);
	claimed_elsewhere(w, 2, "SERIAL", "L-0001", 1);
	assert_says(w, 1, MAC_ELSEWHERE);
	assert_says(w, 2, OK);
	with_plant(w, PLANT_NO_ANSWER, PLANT_NO_ANSWER, 0);
	assert_says(w, 1, MAC_ELSEWHERE);
	w->setup.serial = "L-0001";
	assert_says(w, 2, SERIAL_TAKEN);
	with_plant(w, PLANT_GRANTED, PLANT_GRANTED, 0); /* who knows better */
	assert_says(w, 1, OK);
}

static void a_standalone_recipe_claims_nothing_and_fears_no_claim(void **state)
{
	struct world *w = *state;

	claimed_elsewhere(w, 1, "MAC", "24:0a:c4:00:00:01", 1);
	with_plant(w, PLANT_REFUSED, PLANT_REFUSED, 0);
	w->plan.plant_policy = PLANT_STANDALONE;
	assert_says(w, 1, OK);
	assert_int_equal(w->plant.asked, 0);
}

static void what_was_taken_over_from_another_station_is_ours_again(void **state)
{
	struct world *w = *state;

	claimed_elsewhere(w, 1, "MAC", "24:0a:c4:00:00:01", 3);
	override(w, "MAC_ELSEWHERE");
	assert_says(w, 1, OK);
	assert_int_equal(w->generation, 4);
	put_result(w, w->run_id, 1, "FAIL", w->generation);
	w->setup.overrides = 0;
	assert_says(w, 1, OK);
	assert_int_equal(w->generation, 4); /* the same one, once more */
}

static void a_unit_without_a_mac_is_judged_by_what_is_left(void **state)
{
	struct world *w = *state;
	struct guard_run run = {
		.run_id = w->run_id, .cancel = &w->cancel, .note = on_note, .ctx = w
	};

	db_new_run_id(w->run_id);
	put_run(w, w->run_id);
	begin(w);
	must(w, guards_identified(w->guards, &run, NULL, &w->err));
	assert_false(run.has_generation);
	with_plant(w, PLANT_GRANTED, PLANT_GRANTED, 1);
	w->plan.plant_policy = PLANT_STRICT;
	begin(w);
	assert_int_equal(guards_identified(w->guards, &run, NULL, &w->err),
			 STATUS_PLANT_UNREACHABLE);
	assert_int_equal(w->plant.asked, 0);
}

/* A number that is given is claimed like one that was declared, and only for a unit that may go on.
 */
static void a_number_that_is_given_is_claimed_too(void **state)
{
	struct world *w = *state;

	w->gives_serials = true;
	with_plant(w, PLANT_GRANTED, PLANT_GRANTED, 0);
	assert_says(w, 1, OK);
	assert_int_equal(w->plant.asked, 2);
	assert_true(w->plant.last.is_serial);
	with_plant(w, PLANT_GRANTED, PLANT_REFUSED, 0);
	assert_says(w, 2, SERIAL_TAKEN);
	assert_int_equal(w->given, 2);
	w->plan.passed_policy = PASSED_REFUSE;
	made(w, 3, "PASS", 1);
	assert_says(w, 3, ALREADY_PASSED);
	assert_int_equal(w->given, 2);
}

/* Whatever became of the run: a number that may stand on one unit is no other's. */
static void a_number_that_was_given_is_no_other_units(void **state)
{
	static const char *const states[] = { "RESERVED", "WRITTEN", "VOID" };
	struct world *w = *state;
	char run_id[RUN_ID_BYTES];

	db_new_run_id(run_id);
	for (size_t i = 0; i < 3; i++) {
		const struct record_serial_state record = {
			.product = "lamp",
			.serial = "G-9",
			.state = states[i],
			.source = "RANGE",
			.run_id = run_id,
			.mac = "24:0a:c4:00:00:01",
			.utc_ms = clock_utc_ms(),
		};

		must(w, writer_put(w->writer, RECORD_SERIAL_STATE, &record, &w->err));
		w->setup.serial = "G-9";
		assert_says(w, 2, SERIAL_TAKEN);
		assert_says(w, 1, OK);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_unit_that_nobody_knows_goes_through_as_the_first_generation),
		TEST(a_unit_that_passed_is_refused_in_a_batch_and_only_there),
		TEST(of_recipe_and_rule_the_stricter_one_holds),
		TEST(a_unit_that_passed_another_recipe_has_not_passed_this_one),
		TEST(a_unit_sent_to_rework_goes_through_once),
		TEST(a_unit_that_was_set_aside_is_refused_until_it_is_released),
		TEST(where_approval_is_required_a_recipe_needs_it),
		TEST(where_batches_have_to_be_opened_no_other_name_is_taken),
		TEST(a_closed_batch_takes_no_unit_until_it_is_reopened),
		TEST(a_batch_for_one_recipe_takes_no_other),
		TEST(many_slots_at_once_make_not_one_unit_too_many),
		TEST(a_place_is_free_again_when_its_unit_does_not_pass),
		TEST(a_unit_that_counts_in_the_batch_takes_no_second_place),
		TEST(a_slot_that_was_given_up_on_takes_no_place_afterwards),
		TEST(a_quota_that_is_raised_meanwhile_holds_at_once),
		TEST(a_serial_number_belongs_to_the_unit_that_passed_with_it),
		TEST(a_unit_has_the_serial_number_that_it_passed_with_last),
		cmocka_unit_test(a_serial_number_is_one_line_of_eighty_characters_at_most),
		TEST(an_override_lets_its_guard_alone_through_and_is_recorded),
		TEST(a_rework_that_failed_is_tried_again_as_the_same_generation),
		TEST(each_guard_that_would_have_refused_is_recorded_and_no_other),
		TEST(an_override_that_cannot_be_stored_lets_nothing_through),
		cmocka_unit_test(a_word_that_is_no_guard_is_refused_with_the_list_of_guards),
		TEST(what_the_plant_refuses_is_not_written),
		TEST(a_claim_is_overridden_by_one_for_the_next_generation),
		TEST(a_unit_that_the_plant_holds_is_blocked_whatever_else_is_overridden),
		TEST(without_the_plant_serial_numbers_come_out_of_own_blocks),
		TEST(rework_here_does_not_take_what_another_station_has_had_since),
		TEST(a_plant_that_does_not_answer_holds_up_strict_recipes_alone),
		TEST(without_the_plant_its_known_claims_hold),
		TEST(a_standalone_recipe_claims_nothing_and_fears_no_claim),
		TEST(what_was_taken_over_from_another_station_is_ours_again),
		TEST(a_number_that_is_given_is_claimed_too),
		TEST(a_number_that_was_given_is_no_other_units),
		TEST(a_unit_without_a_mac_is_judged_by_what_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
