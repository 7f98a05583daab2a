/*
 * A line with nests that a test plugs units into and takes them out of. Each test is a script that
 * waits for what the line shows, and then does the next thing: none waits for time to pass.
 */
#define _GNU_SOURCE /* kill, syscall */
#include "tests/line/nests.h"

#include "db/db.h"
#include "db/run.h"
#include "station/line/line.h"
#include "station/line/locks.h"
#include "station/record_of.h"
#include "station/station.h"
#include "tests/sim/small_plan.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define HOUR_MS INT64_C(3600000)

/* What the wall clock is off by, in the whole program. */
static atomic_llong wall_clock_off_ms;

/* In place of the C library's. */
int clock_gettime(clockid_t id, struct timespec *t)
{
	int failed = (int)syscall(SYS_clock_gettime, id, t);

	if (!failed && id == CLOCK_REALTIME)
		t->tv_sec += (time_t)(atomic_load(&wall_clock_off_ms) / 1000);
	return failed;
}

struct world {
	struct nests nests;
	struct small_plan small;
	struct station_file *file;
	struct requests *requests;
	char path[128];
	struct db *db;
	struct writer *writer;
	struct plan *plan;
	int signal_fd;
	unsigned settle_ms;
	bool takes_all;
	unsigned jobs;

	/* The script. */
	void (*script)(struct world *w, const struct snapshot *s);
	unsigned step;
	bool ends_at_start;      /* of the first run */
	int64_t off_at_start_ms; /* the clock is set when the first run begins; 0: it is not */
	unsigned left, arrived, results, warnings;
	char warning[300];
	enum exit_code exit_code;
	struct slot_view at_end[NESTS]; /* what they point to is gone by then */
	uint8_t mac_end[NESTS];
	char place[NESTS][200];
	struct line_counts counts;
};

/* Nothing is taken for stuck. */
static const struct station_limits patient = {
	.open_us = 60000000,
	.verdict_us = 60000000,
	.stop_us = 60000000,
	.stop_again_us = 60000000,
	.close_us = 60000000,
	.store_us = 60000000,
};

static void go_on(struct world *w, const struct snapshot *s)
{
	unsigned before;

	do {
		before = w->step;
		w->script(w, s);
	} while (w->step != before);
}

static void on_event(void *ctx, const struct snapshot *s, const struct event *e)
{
	struct world *w = ctx;

	w->arrived += e->kind == EVENT_ARRIVED;
	w->left += e->kind == EVENT_LEFT;
	w->results += e->kind == EVENT_RESULT;
	if (e->kind == EVENT_RUN_START && w->ends_at_start)
		kill(getpid(), SIGINT);
	w->ends_at_start = w->ends_at_start && e->kind != EVENT_RUN_START;
	if (e->kind == EVENT_RUN_START && w->off_at_start_ms) {
		atomic_store(&wall_clock_off_ms, w->off_at_start_ms);
		w->off_at_start_ms = 0;
	}
	if (e->kind == EVENT_WARNING) {
		w->warnings++;
		snprintf(w->warning, sizeof(w->warning), "%s", e->text);
	}
	if (e->kind != EVENT_SUMMARY)
		return;
	for (size_t i = 0; i < s->slot_count && i < NESTS; i++) {
		w->at_end[i] = s->slots[i];
		w->mac_end[i] = s->slots[i].ident->mac[MAC_BYTES - 1];
		memcpy(w->place[i], s->slots[i].port->slot, sizeof(w->place[i]));
	}
	w->counts = s->counts;
}

static void on_tick(void *ctx, const struct snapshot *s)
{
	struct world *w = ctx;

	go_on(w, s);
}

static struct plan *make_plan(struct world *w)
{
	struct plan *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->name = strdup("test");
	p->revision = 1;
	p->recipe_path = strdup("/nowhere/test.yaml");
	p->canonical = strdup("recipe: test\n");
	p->process = strdup(PLAN_PROCESS_USUAL);
	strcpy(p->digest_text, "00ff");
	p->flash = w->small.plan;
	p->flash.stub = STUB_NEVER;
	return p;
}

static int set_up(void **state)
{
	static struct world world;
	struct world *w = &world;
	struct recipe_record recipe;
	struct err err;

	memset(w, 0, sizeof(*w));
	atomic_store(&wall_clock_off_ms, 0);
	nests_set_up(&w->nests);
	snprintf(w->path, sizeof(w->path), "%.63s/flashline.db", w->nests.tree.root);
	w->file = station_file_usual();
	w->file->stagger_ms = 0;
	w->settle_ms = 20;
	w->jobs = 4;
	for (unsigned i = 0; i < NESTS; i++)
		w->file->slots[w->file->slot_count++] = (struct station_slot){ .number = i + 1,
									       .at = nests_place(i),
									       .is_used = true };
	w->requests = requests_new();
	w->signal_fd = stop_signals_open();
	small_plan_init(&w->small, "esp32", 1);
	w->plan = make_plan(w);
	if (db_open(w->path, DB_WRITE, &w->db, &err) || record_of_recipe(w->plan, &recipe, &err) ||
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

	writer_free(w->writer);
	db_close(w->db);
	stop_signals_close(w->signal_fd);
	requests_free(w->requests);
	station_file_free(w->file);
	small_plan_release(&w->small);
	nests_tear_down(&w->nests);
	return 0;
}

/* The station is started anew, as after a power cut or kill -9: nothing is left but the records. */
static void start_anew(struct world *w)
{
	w->plan = make_plan(w); /* the line before had its own */
	w->step = w->results = w->arrived = w->left = 0;
}

/* Until the script ends it. */
static void run(struct world *w, void (*script)(struct world *w, const struct snapshot *s))
{
	const struct arrivals_setup watch = {
		.sysfs_tty = w->nests.tree.tty,
		.slots = w->file->slots,
		.slot_count = w->file->slot_count,
		.takes_all = w->takes_all,
		.settle_ms = w->settle_ms,
	};
	struct line_setup line = {
		.file = w->file,
		.requests = w->requests,
		.plan = w->plan,
		.has_memory = true,
		.has_locks = true,
	};
	struct station_setup setup = {
		.kind = FLASH_RUN_FLASH,
		.writer = w->writer,
		.db_path = w->path,
		.jobs = w->jobs,
		.line = &line,
		.view = { .ctx = w, .event = on_event, .tick = on_tick, .tick_ms = 5 },
		.signal_fd = w->signal_fd,
		.limits = &patient,
		.sysfs_tty = w->nests.tree.tty,
		.open_port = nests_open,
	};
	struct arrivals *arrivals;
	struct session *stuck;
	struct err err;

	alarm(120); /* a script that waits for what never comes */
	w->script = script;
	if (arrivals_new(&watch, &arrivals, &err))
		fail_msg("%s", err.text);
	line.arrivals = arrivals;
	if (station_run(&setup, &w->exit_code, &stuck, &err))
		fail_msg("%s", err.text);
	assert_true(station_reap(stuck, 60000));
	assert_true(arrivals_free(arrivals, 60000));
}

/* ---- words of scripts ---- */

#define WHEN(n, condition)                                                                         \
	break;                                                                                     \
	case n:                                                                                    \
		if (!(condition))                                                                  \
			return;                                                                    \
		w->step = (n) + 1;

static struct hand_unit *unit(struct world *w, unsigned i)
{
	return &w->nests.units[i];
}

static bool is_done(const struct snapshot *s, unsigned slot, enum status status, unsigned visit)
{
	const struct slot_view *view = &s->slots[slot];

	return view->state == SLOT_DONE && view->status == status && view->visit == visit;
}

static bool is_empty(const struct snapshot *s, unsigned slot)
{
	return s->slots[slot].state == SLOT_EMPTY;
}

static void end(void)
{
	kill(getpid(), SIGINT);
}

static void ask(struct world *w, enum request_kind kind, int slot, const char *text)
{
	struct request q = { .kind = kind, .slot = slot, .from = "test" };

	snprintf(q.text, sizeof(q.text), "%s", text);
	snprintf(q.operator_name, sizeof(q.operator_name), "ann");
	requests_put(w->requests, &q, 0, NULL);
}

/* ---- units come and go ---- */

static void two_after_another(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 1, unit(w, 0));
		WHEN(1, is_done(s, 1, STATUS_OK, 1)) nests_unplug(&w->nests, 1);
		WHEN(2, is_empty(s, 1)) nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(3, is_done(s, 1, STATUS_OK, 2)) end();
	}
}

static void a_slot_takes_one_unit_after_the_other(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	run(w, two_after_another);
	assert_int_equal(w->exit_code, EXIT_CODE_PASSED);
	assert_int_equal(w->arrived, 2);
	assert_int_equal(w->left, 1);
	assert_int_equal(w->at_end[1].units, 2);
	assert_int_equal(w->at_end[1].past_count, 1);
	assert_string_equal(w->at_end[1].past[0].mac, "24:0a:c4:00:01:01");
	assert_int_equal(w->counts.first_passed, 2);
}

static void result_stays(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(2, is_done(s, 1, STATUS_OK, 1)) end();
	}
}

static void a_result_stays_as_long_as_its_unit(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	run(w, result_stays);
	assert_int_equal(w->left, 0);
	assert_int_equal(w->at_end[0].state, SLOT_DONE);
	assert_int_equal(w->at_end[0].status, STATUS_OK);
}

static void swap_within_settling(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, s->slots[0].state == SLOT_SETTLING) nests_unplug(&w->nests, 0);
		nests_plug(&w->nests, 0, unit(w, 1));
		WHEN(2, is_done(s, 0, STATUS_OK, 1)) end();
	}
}

static void a_unit_that_is_swapped_while_it_settles_is_never_opened(void **state)
{
	struct world *w = *state;

	w->settle_ms = 2000; /* longer than two looks at the slots */
	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	run(w, swap_within_settling);
	assert_int_equal(nests_opens(unit(w, 0)), 0);
	assert_int_equal(w->arrived, 1);
	assert_int_equal(w->mac_end[0], 2);
}

static void swap_after_verdict(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) nests_unplug(&w->nests, 0);
		nests_plug(&w->nests, 0, unit(w, 1)); /* no look at the empty slot in between */
		WHEN(2, is_done(s, 0, STATUS_OK, 2)) end();
	}
}

static void a_unit_that_is_swapped_after_the_verdict_is_run_on_its_own(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	run(w, swap_after_verdict);
	assert_string_equal(w->at_end[0].past[0].mac, "24:0a:c4:00:01:01");
	assert_true(nests_programmed(unit(w, 1)) > 0);
	assert_int_equal(w->left, 1);
}

static void leaves_while_writing(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_PORT_GONE, 1));
		assert_int_equal(s->counts.errors, 1);
		WHEN(2, s->slots[0].is_gone) nests_plug(&w->nests, 0, unit(w, 1));
		WHEN(3, is_done(s, 0, STATUS_OK, 2)) end();
	}
}

static void a_unit_that_leaves_while_it_is_written_stays_red_until_the_next_one(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1)->leaves_when_written = true;
	nests_unit(&w->nests, "esp32", 2);
	run(w, leaves_while_writing);
	assert_true(nests_programmed(unit(w, 0)) > 0);
	assert_int_equal(w->at_end[0].past[0].status, STATUS_PORT_GONE);
	assert_int_equal(w->at_end[0].failed_in_row, 0);
}

static void swapped_while_writing(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 2)) end();
	}
}

static void a_unit_that_is_swapped_while_it_is_written_leaves_nothing_to_the_next(void **state)
{
	struct world *w = *state;
	struct hand_unit *first = nests_unit(&w->nests, "esp32", 1);

	first->leaves_when_written = true;
	first->next = nests_unit(&w->nests, "esp32", 2);
	run(w, swapped_while_writing);
	assert_int_equal(w->at_end[0].past[0].status, STATUS_PORT_GONE);
	assert_string_equal(w->at_end[0].past[0].mac, "24:0a:c4:00:01:01");
	assert_int_equal(w->mac_end[0], 2);
	assert_int_equal(w->results, 2);
}

/* ---- units that have been there before ---- */

static void plugged_again(struct world *w, const struct snapshot *s)
{
	static uint64_t programmed;

	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) programmed = nests_programmed(unit(w, 0));
		nests_unplug(&w->nests, 0);
		WHEN(2, is_empty(s, 0)) nests_plug(&w->nests, 2, unit(w, 0));
		WHEN(3, is_done(s, 2, STATUS_ALREADY_FINISHED, 1))
		assert_int_equal(nests_programmed(unit(w, 0)), programmed);
		assert_int_equal(s->slots[2].before, STATUS_OK);
		ask(w, REQUEST_RETEST, 2, "");
		WHEN(4, is_done(s, 2, STATUS_OK, 2))
		assert_true(nests_programmed(unit(w, 0)) > programmed);
		end();
	}
}

static void a_unit_that_passed_is_written_again_only_when_a_retest_is_asked_for(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	run(w, plugged_again);
	assert_int_equal(w->step, 5);
	assert_int_equal(w->counts.units, 2); /* the refused one does not count */
	assert_int_equal(w->counts.first_units, 1);
}

static void error_again(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_PORT_GONE, 1)) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(2, is_done(s, 0, STATUS_OK, 2)) end();
	}
}

static void a_unit_that_ended_with_an_error_is_run_again_when_it_comes_again(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1)->leaves_when_written = true;
	run(w, error_again);
	assert_int_equal(w->counts.passed, 1);
	assert_int_equal(w->counts.first_passed, 0);
}

static void pulled_out_of_its_retest(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1))
		unit(w, 0)->written = nests_programmed(unit(w, 0));
		unit(w, 0)->leaves_when_written = true;
		ask(w, REQUEST_RETEST, 0, "");
		WHEN(2, is_done(s, 0, STATUS_PORT_GONE, 2)) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(3, s->slots[0].state == SLOT_DONE && s->slots[0].visit == 3) end();
	}
}

static void a_pass_is_forgotten_when_a_retest_wrote_and_came_to_nothing(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	run(w, pulled_out_of_its_retest);
	assert_int_equal(w->at_end[0].status, STATUS_OK);
}

static void swapped_for_one_that_passed(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(1, is_done(s, 1, STATUS_OK, 1))
		unit(w, 1)->written = nests_programmed(unit(w, 1));
		nests_unplug(&w->nests, 1);
		ask(w, REQUEST_RETEST, 0, "");
		WHEN(2, is_empty(s, 1) && s->slots[0].will_retest)
		nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(3, s->slots[0].state == SLOT_DONE && s->slots[0].visit == 2) end();
	}
}

static void check_that_nothing_was_inherited(struct world *w)
{
	assert_int_equal(w->at_end[0].past[0].status, STATUS_PORT_GONE);
	assert_string_equal(w->at_end[0].past[0].mac, "");
	assert_int_equal(w->at_end[0].status, STATUS_ALREADY_FINISHED);
	assert_int_equal(nests_programmed(unit(w, 1)), unit(w, 1)->written);
}

static void a_unit_that_is_swapped_before_it_is_known_gives_its_retest_to_nobody(void **state)
{
	struct world *w = *state;
	struct hand_unit *first = nests_unit(&w->nests, "esp32", 1);

	first->leaves_when_asked = true;
	first->next = nests_unit(&w->nests, "esp32", 2);
	run(w, swapped_for_one_that_passed);
	check_that_nothing_was_inherited(w);
}

static void a_port_of_the_same_name_is_not_taken_for_the_unit(void **state)
{
	struct world *w = *state;
	struct hand_unit *first = nests_unit(&w->nests, "esp32", 1);

	first->leaves_when_opened = true;
	first->next = nests_unit(&w->nests, "esp32", 2);
	run(w, swapped_for_one_that_passed);
	check_that_nothing_was_inherited(w);
}

static void same_mac(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(2, is_done(s, 1, STATUS_DUPLICATE_MAC, 1)) nests_unplug(&w->nests, 0);
		nests_unplug(&w->nests, 1);
		WHEN(3, is_empty(s, 0) && is_empty(s, 1)) nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(4, is_done(s, 1, STATUS_ALREADY_FINISHED, 2)) end();
	}
}

static void one_mac_in_two_slots_is_refused_as_long_as_both_are_there(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 1);
	run(w, same_mac);
	assert_int_equal(nests_programmed(unit(w, 1)), 0);
}

static void three_units(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) unit(w, 2)->leaves_when_written = true;
		for (unsigned i = 0; i < 3; i++)
			nests_plug(&w->nests, i, unit(w, i));
		WHEN(1, is_done(s, 0, STATUS_OK, 1) && is_done(s, 1, STATUS_OK, 1) &&
				is_done(s, 2, STATUS_PORT_GONE, 1))
		end();
	}
}

static void three_units_after_a_restart(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 1, unit(w, 1)); /* after the start */
		WHEN(1, is_done(s, 0, STATUS_ALREADY_FINISHED, 1) && is_done(s, 1, STATUS_OK, 1) &&
				is_done(s, 2, STATUS_OK, 1))
		assert_int_equal(s->slots[0].before, STATUS_OK);
		assert_int_equal(nests_programmed(unit(w, 0)), unit(w, 0)->written);
		nests_unplug(&w->nests, 0);
		WHEN(2, is_empty(s, 0)) nests_plug(&w->nests, 3, unit(w, 0)); /* it stays so */
		WHEN(3, is_done(s, 3, STATUS_ALREADY_FINISHED, 1)) ask(w, REQUEST_RETEST, 3, "");
		WHEN(4, is_done(s, 3, STATUS_OK, 2)) end();
	}
}

static void a_restart_writes_no_unit_again_that_passed_and_never_left_its_slot(void **state)
{
	struct world *w = *state;

	for (uint8_t i = 1; i <= 3; i++)
		nests_unit(&w->nests, "esp32", i);
	run(w, three_units);
	unit(w, 0)->written = nests_programmed(unit(w, 0));
	nests_unplug(&w->nests, 1);
	nests_plug(&w->nests, 2, unit(w, 2));
	start_anew(w);
	run(w, three_units_after_a_restart);
	assert_int_equal(w->step, 5);
	assert_int_equal(w->counts.units, 3);
	assert_int_equal(w->counts.first_passed, 3); /* what is not counted before is counted now */
}

static void goes_to_another_slot(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, nests_is_out(unit(w, 0))) nests_plug(&w->nests, 1, unit(w, 0));
		WHEN(2, s->slots[1].state == SLOT_DONE && s->slots[0].state == SLOT_DONE) end();
	}
}

/* The run in the first slot waits for the unit as long as nobody tells it otherwise. */
static void a_unit_that_is_put_into_another_slot_while_it_is_written_is_run_there(void **state)
{
	struct world *w = *state;
	struct hand_unit *first = nests_unit(&w->nests, "esp32", 1);

	first->leaves_when_written = first->is_waited_for = true;
	run(w, goes_to_another_slot);
	assert_int_equal(w->at_end[0].status, STATUS_PORT_GONE);
	assert_false(w->at_end[0].is_duplicate_mac);
	assert_int_equal(w->at_end[1].status, STATUS_OK);
	assert_int_equal(w->mac_end[1], 1);
	assert_int_equal(w->counts.passed, 1);
	assert_int_equal(nests_opens(first), 2);
}

/* ---- the chip's own USB ---- */

static void restarts(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		/* Its final reset: gone, and back under another number. */
		WHEN(1, s->slots[0].state == SLOT_DONE) nests_unplug(&w->nests, 0);
		nests_plug(&w->nests, 0, unit(w, 0));
		nests_plug(&w->nests, 1, unit(w, 1));
		/* This one came later, and has settled as well. */
		WHEN(2, is_done(s, 1, STATUS_OK, 1)) end();
	}
}

static void a_unit_that_comes_back_after_its_reset_keeps_its_result(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32s3", 1);
	nests_unit(&w->nests, "esp32", 2);
	run(w, restarts);
	assert_int_equal(w->left, 0);
	assert_int_equal(w->at_end[0].visit, 1);
	assert_int_equal(w->at_end[0].state, SLOT_DONE);
	assert_false(w->at_end[0].is_gone);
}

static void another_comes_back(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, s->slots[0].state == SLOT_DONE) nests_unplug(&w->nests, 0);
		nests_plug(&w->nests, 0, unit(w, 1));
		WHEN(2, s->slots[0].state == SLOT_DONE && s->slots[0].visit == 2) end();
	}
}

static void another_unit_in_its_place_is_told_by_its_number_on_usb(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32s3", 1);
	nests_unit(&w->nests, "esp32s3", 2);
	run(w, another_comes_back);
	assert_int_equal(w->left, 1);
	assert_int_equal(nests_opens(unit(w, 1)), 1);
}

static void another_runs_an_application(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, s->slots[0].state == SLOT_DONE) nests_unplug(&w->nests, 0);
		unit(w, 0)->runs_uiflow = true;
		nests_plug(&w->nests, 0, unit(w, 0));
		nests_plug(&w->nests, 1, unit(w, 1));
		/* This one came later, so the application has settled. */
		WHEN(2, is_done(s, 1, STATUS_OK, 1)) nests_unplug(&w->nests, 0);
		nests_plug(&w->nests, 0, unit(w, 2));
		WHEN(3, s->slots[0].state == SLOT_DONE && s->slots[0].visit == 2) end();
	}
}

static void another_unit_with_the_same_application_gets_no_result_of_the_first(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32s3", 1);
	nests_unit(&w->nests, "esp32", 2);
	nests_unit(&w->nests, "esp32s3", 3)->runs_uiflow = true;
	run(w, another_runs_an_application);
	assert_int_equal(w->left, 1);
	assert_int_equal(nests_opens(unit(w, 2)), 1);
}

static void no_word_of_the_first(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, s->slots[0].state == SLOT_DONE)
		assert_false(s->slots[0].ident->has_mac);
		nests_unplug(&w->nests, 0);
		nests_plug(&w->nests, 0, unit(w, 1));
		WHEN(2, is_done(s, 0, STATUS_WRONG_CHIP, 2)) end();
	}
}

static void another_unit_behind_one_that_told_no_mac_is_run_on_its_own(void **state)
{
	struct world *w = *state;

	nests_deaf_unit(&w->nests, "esp32s3", 1);
	nests_unit(&w->nests, "esp32s3", 2); /* the recipe is for another chip */
	run(w, no_word_of_the_first);
	assert_int_equal(w->left, 1);
	assert_int_equal(w->mac_end[0], 2);
}

/* Longer than a chip's own USB is away when it restarts; a slow machine only makes it longer. */
static bool has_passed(uint64_t *since_us)
{
	const uint64_t now_us = clock_now_us(&clock_monotonic);

	*since_us = *since_us ? *since_us : now_us;
	return now_us > *since_us + 1700000;
}

static void put_in_again(struct world *w, const struct snapshot *s)
{
	static uint64_t done_us, out_us;

	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_NEEDS_HAND, 1) && has_passed(&done_us))
		nests_unplug(&w->nests, 0);
		WHEN(2, has_passed(&out_us)) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(3, is_done(s, 0, STATUS_NEEDS_HAND, 2)) end();
	}
}

static void a_unit_on_its_own_usb_that_is_put_in_again_is_run_again(void **state)
{
	struct world *w = *state;

	nests_deaf_unit(&w->nests, "esp32s3", 1);
	run(w, put_in_again);
	assert_int_equal(w->left, 1);
	assert_int_equal(w->results, 2);
}

/* ---- ports, stops, people ---- */

static void stranger(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug_stranger(&w->nests);
		nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) end();
	}
}

static void a_port_that_is_no_slot_is_never_opened(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	run(w, stranger);
	assert_int_equal(w->nests.opens_elsewhere, 0);
	assert_int_equal(w->arrived, 1);
}

static void grows(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) assert_int_equal(s->slot_count, 0);
		nests_plug(&w->nests, 2, unit(w, 0));
		WHEN(1, s->slot_count == 1 && is_done(s, 0, STATUS_OK, 1))
		nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(2, s->slot_count == 2 && is_done(s, 1, STATUS_OK, 1)) end();
	}
}

static void without_a_map_each_port_gets_the_next_number(void **state)
{
	struct world *w = *state;

	w->takes_all = true;
	w->file->slot_count = 0;
	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	run(w, grows);
	assert_int_equal(w->at_end[1].number, 2);
	assert_string_equal(w->place[1], nests_place(1));
}

static void drains(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(1, s->is_draining);
	}
}

static void a_drained_line_ends_what_works_and_starts_no_other(void **state)
{
	struct world *w = *state;

	w->jobs = 1;
	w->ends_at_start = true;
	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	run(w, drains);
	assert_int_equal(w->exit_code, EXIT_CODE_PASSED);
	/* The first may have ended before the signal was read: then the other one began. */
	assert_int_equal(w->results, nests_opens(unit(w, 0)) + nests_opens(unit(w, 1)));
	assert_int_equal(w->counts.passed, w->results);
}

static void recipe_is_wrong(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) kill(getpid(), SIGHUP);
		WHEN(1, w->warnings) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(2, is_done(s, 0, STATUS_OK, 1)) end();
	}
}

static void a_recipe_that_is_wrong_changes_nothing(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	run(w, recipe_is_wrong);
	assert_non_null(strstr(w->warning, "/nowhere/test.yaml"));
}

static void serials(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) ask(w, REQUEST_SCAN, -1, "SLOT:02");
		ask(w, REQUEST_SCAN, -1, "SN-2");
		ask(w, REQUEST_SCAN, -1, "SN-1");
		WHEN(1, s->bound_serial) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(2, is_done(s, 0, STATUS_OK, 1)) nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(3, is_done(s, 1, STATUS_OK, 1)) end();
	}
}

static void a_scanned_number_goes_to_the_chosen_slot_else_to_the_next_unit(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	run(w, serials);
	assert_string_equal(w->at_end[0].serial, "SN-1");
	assert_string_equal(w->at_end[1].serial, "SN-2");
}

static void disabled(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) ask(w, REQUEST_DISABLE, 0, "its pins are bent");
		WHEN(1, s->slots[0].is_disabled) nests_plug(&w->nests, 0, unit(w, 0));
		nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(2, is_done(s, 1, STATUS_OK, 1)) assert_true(is_empty(s, 0));
		ask(w, REQUEST_ENABLE, 0, "");
		WHEN(3, is_done(s, 0, STATUS_OK, 1)) end();
	}
}

static void a_slot_that_is_disabled_takes_no_unit_until_it_is_enabled(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	run(w, disabled);
	assert_int_equal(w->step, 4);
}

static void put_out_of_use(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) ask(w, REQUEST_DISABLE, 0, "its pins are bent");
		WHEN(1, s->slots[0].is_disabled) end();
	}
}

static void still_out_of_use(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) assert_true(s->slots[0].is_disabled);
		assert_string_equal(s->slots[0].detail, "its pins are bent (ann)");
		nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(1, is_done(s, 1, STATUS_OK, 1)) assert_true(is_empty(s, 0));
		ask(w, REQUEST_ENABLE, 0, "");
		WHEN(2, is_done(s, 0, STATUS_OK, 1)) assert_int_equal(s->lock_count, 0);
		end();
	}
}

static void in_use_again(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) assert_false(s->slots[0].is_disabled);
		end();
	}
}

static void a_slot_that_is_disabled_stays_so_over_restarts_until_it_is_enabled(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	run(w, put_out_of_use);
	nests_plug(&w->nests, 0, unit(w, 0));
	for (unsigned i = 0; i < 2; i++) {
		start_anew(w);
		run(w, i ? in_use_again : still_out_of_use);
	}
	assert_int_equal(w->step, 1);
}

/* ---- the computer's clock is set ---- */

static bool is_locked(const struct snapshot *s, enum lock_code code)
{
	for (size_t i = 0; i < s->lock_count; i++) {
		if (strcmp(s->locks[i].code, lock_row(code)->code) == 0)
			return true;
	}
	return false;
}

static void set_back(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1) && is_locked(s, LOCK_CLOCK_BACK))
		assert_true(s->slots[0].is_stored);
		assert_true(s->slots[0].elapsed_us < UINT64_C(3600000000));
		nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(2, s->slots[1].state == SLOT_WAITING) atomic_store(&wall_clock_off_ms, 0);
		WHEN(3, is_done(s, 1, STATUS_OK, 1)) assert_int_equal(s->lock_count, 0);
		end();
	}
}

static void a_clock_that_is_set_back_loses_no_verdict_and_stops_the_line(void **state)
{
	struct world *w = *state;

	w->off_at_start_ms = -3 * HOUR_MS;
	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	run(w, set_back);
	assert_int_equal(w->exit_code, EXIT_CODE_PASSED);
	assert_int_equal(w->counts.passed, 2);
}

static void override_clock(struct world *w)
{
	struct request q = { .kind = REQUEST_UNLOCK,
			     .slot = -1,
			     .code = "CLOCK_BACK",
			     .operator_name = "ann",
			     .text = "it was fast, and is right now",
			     .from = "test" };

	requests_put(w->requests, &q, 0, NULL);
}

static void set_forward(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) assert_true(s->slots[0].is_stored);
		nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(2, is_done(s, 1, STATUS_OK, 1)) atomic_store(&wall_clock_off_ms, 0);
		WHEN(3, is_locked(s, LOCK_CLOCK_BACK)) nests_plug(&w->nests, 2, unit(w, 2));
		WHEN(4, s->slots[2].state == SLOT_WAITING) override_clock(w);
		WHEN(5, is_done(s, 2, STATUS_OK, 1)) end();
	}
}

static void a_clock_that_was_fast_for_a_while_is_overridden_with_a_reason(void **state)
{
	struct world *w = *state;

	w->off_at_start_ms = 5 * HOUR_MS;
	for (uint8_t i = 1; i <= 3; i++)
		nests_unit(&w->nests, "esp32", i);
	run(w, set_forward);
	assert_int_equal(w->counts.passed, 3);
}

static void golden(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, s->lock_count == 1) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_NOT_GOLDEN, 1))
		assert_int_equal(nests_programmed(unit(w, 0)), 0);
		end();
	}
}

static void while_a_golden_unit_is_due_no_other_is_written(void **state)
{
	struct world *w = *state;
	struct station_golden *rule = &w->file->lockouts.golden;

	rule->unit_count = 1;
	memcpy(rule->units[0], "\x24\x0a\xc4\x00\x01\x77", MAC_BYTES);
	rule->at_start = true;
	nests_unit(&w->nests, "esp32", 1);
	run(w, golden);
	assert_int_equal(w->step, 2);
	assert_int_equal(w->counts.units, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_slot_takes_one_unit_after_the_other),
		TEST(a_result_stays_as_long_as_its_unit),
		TEST(a_unit_that_is_swapped_while_it_settles_is_never_opened),
		TEST(a_unit_that_is_swapped_after_the_verdict_is_run_on_its_own),
		TEST(a_unit_that_leaves_while_it_is_written_stays_red_until_the_next_one),
		TEST(a_unit_that_is_swapped_while_it_is_written_leaves_nothing_to_the_next),
		TEST(a_unit_that_passed_is_written_again_only_when_a_retest_is_asked_for),
		TEST(a_unit_that_ended_with_an_error_is_run_again_when_it_comes_again),
		TEST(a_pass_is_forgotten_when_a_retest_wrote_and_came_to_nothing),
		TEST(a_unit_that_is_swapped_before_it_is_known_gives_its_retest_to_nobody),
		TEST(a_port_of_the_same_name_is_not_taken_for_the_unit),
		TEST(one_mac_in_two_slots_is_refused_as_long_as_both_are_there),
		TEST(a_restart_writes_no_unit_again_that_passed_and_never_left_its_slot),
		TEST(a_unit_that_is_put_into_another_slot_while_it_is_written_is_run_there),
		TEST(a_unit_that_comes_back_after_its_reset_keeps_its_result),
		TEST(another_unit_in_its_place_is_told_by_its_number_on_usb),
		TEST(another_unit_with_the_same_application_gets_no_result_of_the_first),
		TEST(another_unit_behind_one_that_told_no_mac_is_run_on_its_own),
		TEST(a_unit_on_its_own_usb_that_is_put_in_again_is_run_again),
		TEST(a_port_that_is_no_slot_is_never_opened),
		TEST(without_a_map_each_port_gets_the_next_number),
		TEST(a_drained_line_ends_what_works_and_starts_no_other),
		TEST(a_recipe_that_is_wrong_changes_nothing),
		TEST(a_scanned_number_goes_to_the_chosen_slot_else_to_the_next_unit),
		TEST(a_slot_that_is_disabled_takes_no_unit_until_it_is_enabled),
		TEST(a_slot_that_is_disabled_stays_so_over_restarts_until_it_is_enabled),
		TEST(a_clock_that_is_set_back_loses_no_verdict_and_stops_the_line),
		TEST(a_clock_that_was_fast_for_a_while_is_overridden_with_a_reason),
		TEST(while_a_golden_unit_is_due_no_other_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
