/*
 * The owner loop with units that are made up: ports that hang, that are refused,
 * or behind which nobody answers. Their transports run on a clock of their own, so
 * that seconds of silence pass at once; the loop's own limits are a millisecond.
 */
#define _XOPEN_SOURCE 700 /* kill, open_memstream */
#include "tests/station/tree.h"

#include "db/db.h"
#include "db/export/export.h"
#include "db/run.h"
#include "station/guards.h"
#include "station/record_of.h"
#include "station/station.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS_MAX 4

/* ---- units that are made up ---- */

struct gate { /* something stuck waits here until it is let go */
	sem_t is_reached, may_pass;
};
static struct gate gate;
static atomic_bool close_hangs;
static atomic_bool wedge_interrupts; /* Ctrl-C comes when the open hangs already */

struct silent { /* a port behind which nobody answers */
	struct transport t;
	struct clock clock;
	uint64_t now_us;
};

static uint64_t silent_now(void *ctx)
{
	return ((struct silent *)ctx)->now_us;
}

static void silent_sleep(void *ctx, uint64_t at_us)
{
	struct silent *s = ctx;

	s->now_us = at_us > s->now_us ? at_us : s->now_us;
}

static enum status silent_read(struct transport *t, uint8_t *buf, size_t size, size_t *got,
			       struct deadline d, struct err *err)
{
	(void)buf;
	(void)size;
	*got = 0;
	if (t->cancel && atomic_load(t->cancel))
		return err_set(err, STATUS_CANCELLED, "stopped");
	silent_sleep(t, d.at_us);
	return STATUS_OK;
}

static enum status silent_write(struct transport *t, const uint8_t *buf, size_t size,
				struct deadline d, struct err *err)
{
	(void)buf;
	(void)size;
	(void)d;
	if (t->cancel && atomic_load(t->cancel))
		return err_set(err, STATUS_CANCELLED, "stopped");
	return STATUS_OK;
}

static enum status silent_set_baud(struct transport *t, uint32_t rate, uint32_t *actual,
				   struct err *err)
{
	(void)t;
	(void)err;
	*actual = rate;
	return STATUS_OK;
}

static enum status silent_set_lines(struct transport *t, bool dtr, bool rts, struct err *err)
{
	(void)t;
	(void)dtr;
	(void)rts;
	(void)err;
	return STATUS_OK;
}

static enum status silent_discard(struct transport *t, struct err *err)
{
	(void)t;
	(void)err;
	return STATUS_OK;
}

static void silent_close(struct transport *t)
{
	if (atomic_load(&close_hangs)) {
		sem_post(&gate.is_reached);
		sem_wait(&gate.may_pass);
	}
	free(t);
}

static const struct transport_ops silent_ops = {
	.read = silent_read,
	.write = silent_write,
	.set_baud = silent_set_baud,
	.set_lines = silent_set_lines,
	.discard = silent_discard,
	.close = silent_close,
};

/* How many more opens of "/dev/busy" are refused. */
static atomic_int busy_opens;

/* What a node does stands in its name. */
static enum status open_made_up(const char *node, const atomic_bool *cancel, struct transport **out,
				struct err *err)
{
	struct silent *s;

	*out = NULL;
	if (strcmp(node, "/dev/busy") == 0 && atomic_fetch_sub(&busy_opens, 1) > 0)
		return err_set(err, STATUS_PORT_BUSY, "%s: held by somebody", node);
	if (strcmp(node, "/dev/wedged") == 0) {
		sem_post(&gate.is_reached);
		if (atomic_load(&wedge_interrupts))
			kill(getpid(), SIGINT);
		sem_wait(&gate.may_pass);
		return err_set(err, STATUS_PORT_GONE, "%s: late", node);
	}
	s = calloc(1, sizeof(*s));
	assert_non_null(s);
	s->clock = (struct clock){ .now_us = silent_now, .sleep_until_us = silent_sleep, .ctx = s };
	s->t = (struct transport){ .ops = &silent_ops, .clock = &s->clock, .cancel = cancel };
	*out = &s->t;
	return STATUS_OK;
}

/* ---- a session around them ---- */

struct world {
	struct port ports[SLOTS_MAX];
	struct station_place places[SLOTS_MAX];
	size_t count;
	struct plan plan;
	uint8_t data[FLASH_SECTOR_BYTES];
	struct flash_region region;
	struct flash_variant variant;
	char path[128];
	struct db *db;
	struct writer *writer;
	int signal_fd;
	enum exit_code exit_code;
	unsigned events[EVENT_SUMMARY + 1];
	bool stop_at_first_start;
	struct station_limits limits;
	struct session *stuck;
	struct guards *guards;
	const struct plant_line *plant;
	int64_t pending_at_end;
};

/* Nothing is ever taken for stuck, unless a test says so. */
static const struct station_limits patient = {
	.open_us = 60000000,
	.verdict_us = 60000000,
	.stop_us = 60000000,
	.stop_again_us = 60000000,
	.close_us = 60000000,
	.store_us = 60000000,
};

static void on_event(void *ctx, const struct snapshot *s, const struct event *e)
{
	struct world *w = ctx;

	w->events[e->kind]++;
	w->pending_at_end = s->plant.pending;
	/* The stuck one was given up on: those that follow get all the time they need. */
	if (e->kind == EVENT_RESULT || e->kind == EVENT_WARNING)
		w->limits = patient;
	if (e->kind == EVENT_RUN_START && w->stop_at_first_start) {
		w->stop_at_first_start = false;
		kill(getpid(), SIGINT);
	}
}

static void on_tick(void *ctx, const struct snapshot *s)
{
	(void)ctx;
	(void)s;
}

static void make_plan(struct world *w)
{
	w->region = (struct flash_region){
		.label = "app.bin", .addr = 0x10000, .data = w->data, .size_bytes = sizeof(w->data)
	};
	w->variant = (struct flash_variant){ .regions = &w->region, .region_count = 1 };
	w->plan = (struct plan){
		.name = (char *)"test",
		.revision = 1,
		.canonical = (char *)"recipe: test\n",
		.digest_text = "00ff",
		.flash = { .chip = chip_by_key("esp32"),
			   .max_rev = 65535,
			   .end_addr = 0x11000,
			   .variants = &w->variant,
			   .variant_count = 1,
			   .stub = STUB_NEVER,
			   .tries = 1 },
	};
}

static int set_up(void **state)
{
	static struct world world;
	struct world *w = &world;
	struct tree *t;
	struct recipe_record recipe;
	struct err err;

	memset(w, 0, sizeof(*w));
	w->limits = patient;
	atomic_store(&busy_opens, INT_MAX);
	atomic_store(&close_hangs, false);
	atomic_store(&wedge_interrupts, false);
	sem_init(&gate.is_reached, 0, 0);
	sem_init(&gate.may_pass, 0, 0);
	if (tree_set_up((void **)&t))
		return -1;
	make_plan(w);
	snprintf(w->path, sizeof(w->path), "%s/flashline.db", t->root);
	free(t);
	w->signal_fd = stop_signals_open();
	if (db_open(w->path, DB_WRITE, &w->db, &err) || record_of_recipe(&w->plan, &recipe, &err) ||
	    db_put_recipe(w->db, &recipe.recipe, &err) || writer_new(w->db, &w->writer, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	record_of_recipe_release(&recipe);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	struct tree *gone = malloc(sizeof(*gone));
	void *holder = gone;

	stop_signals_close(w->signal_fd);
	*strrchr(w->path, '/') = '\0';
	snprintf(gone->root, sizeof(gone->root), "%.63s", w->path);
	return tree_tear_down(&holder);
}

static void plug(struct world *w, const char *node)
{
	struct port *p = &w->ports[w->count];
	size_t count;

	snprintf(p->node, sizeof(p->node), "/dev/%s", node);
	snprintf(p->name, sizeof(p->name), "%s", node);
	snprintf(p->slot, sizeof(p->slot), "pci-0000:00:14.0/1.%zu:1.0", w->count + 1);
	w->places[w->count] = (struct station_place){ .port = p, .bridge = bridge_rows(&count) };
	w->count++;
}

static void run(struct world *w, unsigned jobs)
{
	const struct station_setup setup = {
		.kind = FLASH_RUN_FLASH,
		.plan = &w->plan,
		.writer = w->writer,
		.operator_name = "ann",
		.reason = "a test",
		.guards = w->guards,
		.plant = w->plant,
		.places = w->places,
		.place_count = w->count,
		.jobs = jobs,
		.view = { .ctx = w, .event = on_event, .tick = on_tick, .tick_ms = 100 },
		.signal_fd = w->signal_fd,
		.limits = &w->limits,
		.open_port = open_made_up,
	};
	struct err err;

	if (station_run(&setup, &w->exit_code, &w->stuck, &err))
		fail_msg("%s", err.text);
}

/* What hung comes back at last, when all is over. */
static void let_go(struct world *w)
{
	sem_wait(&gate.is_reached);
	sem_post(&gate.may_pass);
	assert_true(station_reap(w->stuck, 60000));
}

/* The records as an array of objects; ends the writer. */
static json_t *records(struct world *w)
{
	const struct run_filter all = { 0 };
	json_t *array = json_array();
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	uint64_t count;
	struct err err;

	writer_free(w->writer);
	assert_non_null(memory);
	if (export_runs(w->db, EXPORT_JSONL, &all, memory, &count, &err))
		fail_msg("%s", err.text);
	fclose(memory);
	for (char *line = text; line && *line; line += strcspn(line, "\n") + 1)
		json_array_append_new(array, json_loads(line, JSON_DISABLE_EOF_CHECK, NULL));
	free(text);
	db_close(w->db);
	return array;
}

/* The member of the record whose node is this. */
static const char *recorded(const json_t *array, const char *node, const char *member)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *object = json_array_get(array, i);
		const char *value;

		if (strcmp(json_string_value(json_object_get(object, "node")), node) != 0)
			continue;
		value = json_string_value(json_object_get(object, member));
		return value ? value : "(null)";
	}
	return "(no record)";
}

static void each_port_gets_the_verdict_that_is_its_own(void **state)
{
	struct world *w = *state;
	json_t *array;

	plug(w, "silent");
	plug(w, "busy");
	run(w, 2);
	assert_null(w->stuck);
	assert_int_equal(w->exit_code, EXIT_CODE_UNITS);
	array = records(w);
	assert_int_equal(json_array_size(array), 2);
	assert_string_equal(recorded(array, "/dev/silent", "code"), "SYNC_NO_REPLY");
	assert_string_equal(recorded(array, "/dev/silent", "party"), "LINK");
	assert_string_equal(recorded(array, "/dev/silent", "mac"), "(null)");
	assert_string_equal(recorded(array, "/dev/busy", "code"), "PORT_BUSY");
	assert_string_equal(recorded(array, "/dev/busy", "detail"), "/dev/busy: held by somebody");
	json_decref(array);
}

static void a_port_that_is_let_go_of_in_time_is_used(void **state)
{
	struct world *w = *state;
	json_t *array;

	w->limits.busy_us = 60000000;
	atomic_store(&busy_opens, 2);
	plug(w, "busy");
	run(w, 1);
	array = records(w);
	assert_string_equal(recorded(array, "/dev/busy", "code"), "SYNC_NO_REPLY");
	json_decref(array);
}

static void fewer_workers_than_slots_serve_them_all(void **state)
{
	struct world *w = *state;
	json_t *array;

	plug(w, "silent");
	plug(w, "silent");
	plug(w, "busy");
	plug(w, "silent");
	run(w, 1);
	assert_int_equal(w->events[EVENT_RUN_START], 4);
	assert_int_equal(w->events[EVENT_RESULT], 4);
	array = records(w);
	assert_int_equal(json_array_size(array), 4);
	json_decref(array);
}

static void an_open_that_hangs_costs_only_its_own_slot(void **state)
{
	struct world *w = *state;
	json_t *array;

	/* Long enough for a busy machine to come as far as the open. */
	w->limits.open_us = 1000000;
	plug(w, "wedged");
	plug(w, "silent");
	run(w, 1);
	assert_int_equal(w->exit_code, EXIT_CODE_UNITS);
	assert_non_null(w->stuck);
	let_go(w);
	array = records(w);
	assert_string_equal(recorded(array, "/dev/wedged", "outcome"), "ERROR");
	assert_string_equal(recorded(array, "/dev/wedged", "code"), "PORT_WEDGED");
	assert_string_equal(recorded(array, "/dev/silent", "code"), "SYNC_NO_REPLY");
	json_decref(array);
}

static void a_close_that_hangs_leaves_the_verdict_as_it_is(void **state)
{
	struct world *w = *state;
	json_t *array;

	atomic_store(&close_hangs, true);
	w->limits.close_us = 1000;
	plug(w, "silent");
	plug(w, "busy");
	run(w, 1);
	assert_int_equal(w->events[EVENT_WARNING], 1);
	let_go(w);
	array = records(w);
	assert_string_equal(recorded(array, "/dev/silent", "code"), "SYNC_NO_REPLY");
	assert_string_equal(recorded(array, "/dev/busy", "code"), "PORT_BUSY");
	json_decref(array);
}

static void a_signal_ends_even_a_wedged_port_and_records_it(void **state)
{
	struct world *w = *state;
	json_t *array;

	atomic_store(&wedge_interrupts, true);
	w->limits.stop_us = 1000;
	plug(w, "wedged");
	plug(w, "silent");
	run(w, 1);
	assert_int_equal(w->exit_code, EXIT_CODE_INTERRUPTED);
	assert_int_equal(w->events[EVENT_STOPPING], 1);
	let_go(w);
	array = records(w);
	/* What was started is recorded, what was not is not. */
	assert_int_equal(json_array_size(array), 1);
	assert_string_equal(recorded(array, "/dev/wedged", "outcome"), "ABORTED");
	assert_string_equal(recorded(array, "/dev/wedged", "code"), "CANCELLED");
	json_decref(array);
}

static void every_started_unit_has_exactly_one_result(void **state)
{
	struct world *w = *state;
	json_t *array;

	plug(w, "silent");
	plug(w, "silent");
	plug(w, "busy");
	w->stop_at_first_start = true;
	run(w, 3);
	assert_int_equal(w->exit_code, EXIT_CODE_INTERRUPTED);
	assert_int_equal(w->events[EVENT_RESULT], w->events[EVENT_RUN_START]);
	array = records(w);
	assert_int_equal(json_array_size(array), w->events[EVENT_RESULT]);
	for (size_t i = 0; i < json_array_size(array); i++)
		assert_true(json_is_string(json_object_get(json_array_get(array, i), "outcome")));
	json_decref(array);
}

static void a_signal_that_comes_before_the_session_lets_nothing_start(void **state)
{
	struct world *w = *state;
	json_t *array;

	plug(w, "silent1");
	plug(w, "silent2");
	kill(getpid(), SIGTERM);
	run(w, 2);
	assert_int_equal(w->exit_code, EXIT_CODE_INTERRUPTED);
	assert_int_equal(w->events[EVENT_RUN_START], 0);
	assert_int_equal(w->events[EVENT_SUMMARY], 1);
	array = records(w);
	assert_int_equal(json_array_size(array), 0);
	json_decref(array);
}

static void a_signal_before_anything_is_opened_ends_the_program_as_interrupted(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			stop_signals_end_program();
			raise(signals[i]);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), EXIT_CODE_INTERRUPTED);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static struct plan_bridge shipped_with = { .name = (char *)"CH9102" };

static void
a_bridge_that_the_product_does_not_ship_with_is_refused_before_the_port_is_opened(void **state)
{
	struct world *w = *state;
	json_t *array;

	w->plan.bridges = &shipped_with;
	w->plan.bridge_count = 1;
	w->plan.bridge_policy = BRIDGE_REFUSE;
	plug(w, "busy"); /* an open would say so */
	run(w, 1);
	assert_int_equal(w->exit_code, EXIT_CODE_UNITS);
	assert_int_equal(w->events[EVENT_WARNING], 0);
	array = records(w);
	assert_string_equal(recorded(array, "/dev/busy", "outcome"), "ERROR");
	assert_string_equal(recorded(array, "/dev/busy", "code"), "WRONG_BRIDGE");
	assert_string_equal(recorded(array, "/dev/busy", "detail"),
			    "the unit is behind 'CP2104'; this product has shipped with CH9102");
	json_decref(array);
}

static void a_bridge_that_the_product_does_not_ship_with_is_warned_about(void **state)
{
	struct world *w = *state;
	json_t *array;

	w->plan.bridges = &shipped_with;
	w->plan.bridge_count = 1;
	w->plan.bridge_policy = BRIDGE_WARN;
	plug(w, "busy");
	run(w, 1);
	assert_int_equal(w->events[EVENT_WARNING], 1);
	array = records(w);
	assert_string_equal(recorded(array, "/dev/busy", "code"), "PORT_BUSY");
	json_decref(array);
}

static void where_any_bridge_will_do_nothing_is_said(void **state)
{
	struct world *w = *state;

	w->plan.bridges = &shipped_with;
	w->plan.bridge_count = 1;
	w->plan.bridge_policy = BRIDGE_ANY;
	plug(w, "busy");
	run(w, 1);
	assert_int_equal(w->events[EVENT_WARNING], 0);
	json_decref(records(w));
}

static void a_recipe_that_was_retired_is_refused_before_the_port_is_opened(void **state)
{
	const struct record_approval retired = {
		.recipe_digest = "00ff", .state = "RETIRED", .operator_name = "eve", .utc_ms = 1
	};
	struct world *w = *state;
	struct guard_setup rules = {
		.db_path = w->path, .plan = &w->plan, .writer = w->writer, .slots = SLOTS_MAX
	};
	struct err err;
	json_t *array;

	assert_int_equal(writer_put(w->writer, RECORD_APPROVAL, &retired, &err), STATUS_OK);
	assert_int_equal(guards_new(&rules, &w->guards, &err), STATUS_OK);
	plug(w, "busy"); /* an open would say so */
	run(w, 1);
	assert_int_equal(w->exit_code, EXIT_CODE_UNITS);
	guards_free(w->guards);

	rules.overrides = GUARD_BIT(STATUS_RECIPE_NOT_APPROVED);
	rules.operator_name = "ann";
	rules.reason = "a test";
	assert_int_equal(guards_new(&rules, &w->guards, &err), STATUS_OK);
	snprintf(w->ports[0].node, sizeof(w->ports[0].node), "/dev/silent");
	run(w, 1);
	assert_int_equal(w->events[EVENT_OVERRIDE], 1);
	guards_free(w->guards);
	array = records(w);
	assert_string_equal(recorded(array, "/dev/busy", "outcome"), "ABORTED");
	assert_string_equal(recorded(array, "/dev/busy", "code"), "RECIPE_NOT_APPROVED");
	assert_string_equal(recorded(array, "/dev/busy", "overridden"), "(null)");
	assert_string_equal(recorded(array, "/dev/silent", "code"), "SYNC_NO_REPLY");
	assert_string_equal(recorded(array, "/dev/silent", "overridden"), "RECIPE_NOT_APPROVED");
	json_decref(array);
}

/* ---- the plant ---- */

struct plant {
	struct plant_state state;
	unsigned wakes;
};

static void plant_wakes(void *ctx)
{
	((struct plant *)ctx)->wakes++;
}

static void plant_tells(void *ctx, struct plant_state *plant)
{
	*plant = ((struct plant *)ctx)->state;
}

static void the_plant_is_woken_for_each_result_and_shown_at_the_end(void **state)
{
	struct world *w = *state;
	struct plant plant = { .state = { .pending = 3 } };
	const struct plant_line line = { .ctx = &plant, .wake = plant_wakes, .state = plant_tells };

	w->plant = &line;
	plug(w, "silent");
	plug(w, "busy");
	run(w, 2);
	assert_int_equal(plant.wakes, 2);
	assert_int_equal(w->pending_at_end, 3);
	/* It stayed out of reach: told once, and at the end. */
	assert_in_range(w->events[EVENT_PLANT], 1, 2);
	json_decref(records(w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_port_gets_the_verdict_that_is_its_own),
		TEST(a_port_that_is_let_go_of_in_time_is_used),
		TEST(fewer_workers_than_slots_serve_them_all),
		TEST(an_open_that_hangs_costs_only_its_own_slot),
		TEST(a_close_that_hangs_leaves_the_verdict_as_it_is),
		TEST(a_signal_ends_even_a_wedged_port_and_records_it),
		TEST(every_started_unit_has_exactly_one_result),
		TEST(a_signal_that_comes_before_the_session_lets_nothing_start),
		cmocka_unit_test(
			a_signal_before_anything_is_opened_ends_the_program_as_interrupted),
		TEST(a_bridge_that_the_product_does_not_ship_with_is_refused_before_the_port_is_opened),
		TEST(a_bridge_that_the_product_does_not_ship_with_is_warned_about),
		TEST(where_any_bridge_will_do_nothing_is_said),
		TEST(a_recipe_that_was_retired_is_refused_before_the_port_is_opened),
		TEST(the_plant_is_woken_for_each_result_and_shown_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
