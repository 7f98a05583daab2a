#define _GNU_SOURCE /* kill, syscall */
#include "tests/line/script.h"

#include "db/run.h"
#include "station/record_of.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

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

void script_set_wall_clock(int64_t off_ms)
{
	atomic_store(&wall_clock_off_ms, off_ms);
}

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

int script_set_up(void **state)
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

int script_tear_down(void **state)
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

void script_start_anew(struct world *w)
{
	w->plan = make_plan(w); /* the line before had its own */
	w->step = w->results = w->arrived = w->left = 0;
}

void script_run(struct world *w, void (*script)(struct world *w, const struct snapshot *s))
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
		.look_times = w->look_times,
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
