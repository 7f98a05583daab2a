#include "station/session.h"

#include "station/textbuf.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/*
 * A bridge that does not answer its control transfers fails to open after 3 to 4 s, a
 * slow one needs several of up to 5 s each; its close can take 45 s
 * (docs/serial-ports.md, wedged bridges). A job whose limit has passed still restarts
 * its unit before it gives its verdict.
 */
const struct station_limits station_limits_usual = {
	.open_us = 20000000,
	.verdict_us = 5000000,
	.stop_us = 2500000,
	.stop_again_us = 300000,
	.close_us = 2000000,
	.store_us = 5000000,
};

/* For the threads to end, at the very end. */
#define END_GRACE_MS 200

uint64_t session_now_us(void)
{
	return clock_now_us(&clock_monotonic);
}

static void tell(struct session *s, const struct event *e)
{
	s->snapshot.elapsed_us = session_now_us() - s->start_us;
	s->setup->view.event(s->setup->view.ctx, &s->snapshot, e);
}

void session_tell(struct session *s, enum event_kind kind, unsigned slot)
{
	const struct event e = { .kind = kind, .slot = &s->views[slot] };

	tell(s, &e);
}

void session_warn(struct session *s, unsigned slot, const char *format, ...)
{
	char text[ERR_TEXT_BYTES];
	const struct event e = { .kind = EVENT_WARNING, .slot = &s->views[slot], .text = text };
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_clean(text);
	tell(s, &e);
}

void session_detail(struct session *s, unsigned slot, const char *format, ...)
{
	char *detail = s->units[slot].detail;
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(s->units[slot].detail), format, args);
	va_end(args);
	text_clean(detail);
}

void session_take_event(struct session *s, unsigned slot, enum slot_event event)
{
	s->views[slot].state = slot_next(s->views[slot].state, event);
}

void session_dismiss_waiting(struct session *s)
{
	for (unsigned i = 0; i < s->setup->place_count; i++) {
		if (s->views[i].state == SLOT_WAITING)
			session_take_event(s, i, SLOT_DISMISS);
	}
}

/* ---- starting ---- */

static void start_unit(struct session *s, unsigned slot)
{
	const struct station_place *place = &s->setup->places[slot];
	struct slot_view *view = &s->views[slot];
	struct unit *unit = &s->units[slot];

	session_take_event(s, slot, SLOT_START);
	unit->job = job_new(&s->order, slot, place->port, place->bridge->name, &unit->link);
	if (!unit->job) {
		verdict_not_started(s, slot, STATUS_NO_MEMORY, "no memory for the run");
		return;
	}
	if (s->setup->writer)
		snprintf(view->run_id, sizeof(view->run_id), "%s", job_run_id(unit->job));
	unit->has_worker = true;
	pool_run(s->pool, job_run, unit->job);
}

static void start_waiting(struct session *s)
{
	unsigned busy = 0;

	for (unsigned i = 0; i < s->setup->place_count; i++)
		busy += s->units[i].has_worker;
	for (unsigned i = 0; i < s->setup->place_count && busy < s->snapshot.jobs; i++) {
		if (s->views[i].state == SLOT_WAITING) {
			start_unit(s, i);
			busy += s->units[i].has_worker;
		}
	}
}

/* ---- what is heard ---- */

static void earlier(uint64_t *deadline_us, uint64_t at_us)
{
	if (at_us < *deadline_us)
		*deadline_us = at_us;
}

static void stop(struct session *s)
{
	uint64_t until_us = session_now_us() + (s->stop_requests ? s->setup->limits->stop_again_us
								 : s->setup->limits->stop_us);

	s->stop_requests++;
	s->snapshot.is_stopping = true;
	session_dismiss_waiting(s);
	for (unsigned i = 0; i < s->setup->place_count; i++) {
		struct unit *unit = &s->units[i];

		if (!unit->job)
			continue;
		job_cancel(unit->job);
		if (s->views[i].state < SLOT_DONE)
			earlier(&unit->deadline_us, until_us);
		if (unit->has_worker && s->views[i].state >= SLOT_STORING)
			earlier(&unit->close_limit_us, until_us);
	}
	if (s->stop_requests == 1) {
		const struct event e = { .kind = EVENT_STOPPING };

		tell(s, &e);
	}
}

/* The port's state as the next fact will find it, at most so long. */
static void allow(struct session *s, unsigned slot, uint64_t us)
{
	if (s->stop_requests)
		us = us < s->setup->limits->stop_us ? us : s->setup->limits->stop_us;
	s->units[slot].deadline_us = session_now_us() + us;
}

static void hear_step(struct session *s, const struct fact *fact)
{
	struct slot_view *view = &s->views[fact->slot];

	if (view->state != SLOT_RUNNING)
		return;
	view->progress = job_progress(fact->job).progress;
	view->progress.step = fact->step;
	view->progress.try_no = fact->try_no;
	view->has_progress = true;
	session_tell(s, EVENT_STEP, fact->slot);
}

static void hear(struct session *s, const struct fact *fact)
{
	struct slot_view *view = &s->views[fact->slot];
	struct unit *unit = &s->units[fact->slot];

	switch (fact->kind) {
	case FACT_STARTED:
		if (view->state != SLOT_STARTING)
			break;
		session_take_event(s, fact->slot, SLOT_RECORDED);
		allow(s, fact->slot, s->setup->limits->open_us);
		session_tell(s, EVENT_RUN_START, fact->slot);
		break;
	case FACT_NOT_RECORDED:
		if (view->state != SLOT_STARTING)
			break;
		verdict_not_started(s, fact->slot, fact->status, job_report(fact->job)->err.text);
		break;
	case FACT_OPENED:
		if (view->state != SLOT_OPENING)
			break;
		session_take_event(s, fact->slot, SLOT_OPENED);
		allow(s, fact->slot,
		      job_limit_ms(fact->job) * UINT64_C(1000) + s->setup->limits->verdict_us);
		break;
	case FACT_IDENTIFIED:
		if (view->state != SLOT_RUNNING)
			break;
		job_ident(fact->job, &unit->ident);
		session_tell(s, EVENT_IDENTIFIED, fact->slot);
		break;
	case FACT_STEP:
		hear_step(s, fact);
		break;
	case FACT_VERDICT:
		if (view->state != SLOT_OPENING && view->state != SLOT_RUNNING)
			break; /* given up on before */
		unit->close_limit_us = session_now_us() + s->setup->limits->close_us;
		verdict_from_job(s, fact->slot);
		break;
	case FACT_CLOSED:
		unit->has_worker = false;
		unit->close_limit_us = NEVER;
		break;
	case FACT_STORED:
		verdict_stored(s, fact->slot, fact->status);
		break;
	}
}

/* ---- what was not heard in time ---- */

static void check_deadlines(struct session *s)
{
	const uint64_t now = session_now_us();

	for (unsigned i = 0; i < s->setup->place_count; i++) {
		struct unit *unit = &s->units[i];

		if (now >= unit->deadline_us) {
			unit->deadline_us = NEVER;
			switch (s->views[i].state) {
			case SLOT_STARTING: /* the database is slow, and people wait */
				session_take_event(s, i, SLOT_DISMISS);
				session_replace_worker(s, i);
				s->has_failed = true;
				break;
			case SLOT_OPENING:
			case SLOT_RUNNING:
				verdict_give_up(s, i);
				break;
			case SLOT_STORING:
				verdict_stored(s, i, STATUS_DATABASE);
				break;
			case SLOT_WAITING:
			case SLOT_DONE:
			case SLOT_NOT_STARTED:
				break;
			}
		}
		if (now >= unit->close_limit_us) {
			session_replace_worker(s, i);
			session_warn(s, i,
				     "%s: closing the port hangs; its thread is left behind, and "
				     "the verdict stands",
				     s->views[i].port->node);
		}
	}
}

static uint64_t next_deadline_us(const struct session *s)
{
	uint64_t next = s->next_tick_us;

	for (size_t i = 0; i < s->setup->place_count; i++) {
		earlier(&next, s->units[i].deadline_us);
		earlier(&next, s->units[i].close_limit_us);
	}
	return next;
}

/* ---- the loop ---- */

static void tick(struct session *s)
{
	const uint64_t now = session_now_us();

	for (unsigned i = 0; i < s->setup->place_count; i++) {
		struct slot_view *view = &s->views[i];
		struct unit *unit = &s->units[i];
		struct job_progress p;

		if (view->state != SLOT_OPENING && view->state != SLOT_RUNNING)
			continue;
		p = job_progress(unit->job);
		view->elapsed_us = now - job_started_us(unit->job);
		if (p.is_known) {
			view->has_progress = true;
			view->progress = p.progress;
		}
		view->left_s = snapshot_slot_left_s(view, unit->expected_s,
						    p.write_start_us ? now - p.write_start_us : 0);
	}
	s->snapshot.elapsed_us = now - s->start_us;
	s->snapshot.left_s = snapshot_left_s(&s->snapshot, s->units[0].expected_s);
	s->setup->view.tick(s->setup->view.ctx, &s->snapshot);
	s->next_tick_us = now + s->setup->view.tick_ms * UINT64_C(1000);
}

static bool is_finished(const struct session *s)
{
	for (size_t i = 0; i < s->setup->place_count; i++) {
		if (s->views[i].state < SLOT_DONE || s->units[i].has_worker)
			return false;
	}
	return true;
}

static void wait_for_something(struct session *s)
{
	struct pollfd fds[] = {
		{ .fd = queue_fd(s->facts), .events = POLLIN },
		{ .fd = s->setup->signal_fd, .events = POLLIN },
	};
	const uint64_t until = next_deadline_us(s), now = session_now_us();
	struct signalfd_siginfo info;

	/* Rounded up, so that a deadline has passed when we look at it. */
	poll(fds, 2, now >= until ? 0 : (int)((until - now) / 1000 + 1));
	if (fds[1].revents & POLLIN) {
		while (read(s->setup->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
			stop(s);
	}
}

static void run(struct session *s)
{
	struct fact fact;

	for (;;) {
		while (queue_take(s->facts, &fact))
			hear(s, &fact);
		check_deadlines(s);
		start_waiting(s);
		if (is_finished(s))
			return;
		if (session_now_us() >= s->next_tick_us)
			tick(s);
		wait_for_something(s);
	}
}

/* ---- around the loop ---- */

static enum status set_up(struct session *s, struct err *err)
{
	const struct station_setup *setup = s->setup;
	const size_t count = setup->place_count;

	s->units = calloc(count, sizeof(*s->units));
	s->views = calloc(count, sizeof(*s->views));
	s->slot_names = calloc(count, sizeof(*s->slot_names));
	s->facts = queue_new(count);
	if (setup->kind != FLASH_RUN_IDENTIFY)
		s->claims = claims_new(count);
	if (!s->units || !s->views || !s->slot_names || !s->facts ||
	    (setup->kind != FLASH_RUN_IDENTIFY && !s->claims))
		return err_set(err, STATUS_NO_MEMORY, "no memory for %zu slots", count);
	s->order = (struct job_order){
		.kind = setup->kind,
		.plan = setup->plan,
		.writer = setup->writer,
		.operator_name = setup->operator_name,
		.batch = setup->batch,
		.facts = s->facts,
		.claims = s->claims,
		.slot_names = s->slot_names,
		.open_port = setup->open_port,
	};
	return pool_new(setup->jobs, &s->pool, err);
}

static void fill_views(struct session *s)
{
	const struct station_setup *setup = s->setup;
	const struct plan *plan = setup->plan;

	for (unsigned i = 0; i < setup->place_count; i++) {
		const struct station_place *place = &setup->places[i];
		struct unit *unit = &s->units[i];

		unit->link = bridge_link(place->bridge, plan ? plan->max_rate : 0);
		unit->deadline_us = NEVER;
		unit->close_limit_us = NEVER;
		if (plan)
			unit->expected_s = flasher_expected_s(
				&plan->flash, unit->link.rate_count ? unit->link.rates[0] : 115200,
				plan->flash.stub != STUB_NEVER);
		s->slot_names[i] = place->port->slot;
		s->views[i] = (struct slot_view){
			.number = i + 1,
			.port = place->port,
			.bridge = place->bridge->name,
			.ident = &unit->ident,
			.detail = unit->detail,
			.left_s = -1,
		};
	}
	snapshot_name_slots(s->views, setup->place_count);
	s->snapshot = (struct snapshot){
		.kind = setup->kind,
		.plan = plan,
		.db_path = setup->db_path,
		.operator_name = setup->operator_name,
		.batch = setup->batch,
		.slots = s->views,
		.slot_count = setup->place_count,
		.jobs = setup->jobs,
		.left_s = -1,
	};
}

static enum exit_code exit_code_of(const struct session *s)
{
	struct snapshot_counts counts = snapshot_count(&s->snapshot);

	if (s->stop_requests)
		return EXIT_CODE_INTERRUPTED;
	if (s->has_failed)
		return EXIT_CODE_STATION;
	return counts.not_passed || counts.not_started ? EXIT_CODE_UNITS : EXIT_CODE_PASSED;
}

bool station_reap(struct session *s, uint32_t wait_ms)
{
	if (!s)
		return true;
	if (pool_free(s->pool, wait_ms) > 0)
		return false;
	for (size_t i = 0; s->units && i < s->own_setup.place_count; i++)
		job_release(s->units[i].job);
	free(s->units);
	free(s->views);
	free(s->slot_names);
	claims_free(s->claims);
	queue_free(s->facts);
	free(s);
	return true;
}

enum status station_run(const struct station_setup *setup, enum exit_code *exit_code,
			struct session **stuck, struct err *err)
{
	/* On the heap, because a stuck worker may outlive this call. */
	struct session *s = calloc(1, sizeof(*s));
	enum status st;

	*stuck = NULL;
	*exit_code = EXIT_CODE_STATION;
	if (!s)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the session");
	s->own_setup = *setup;
	s->setup = &s->own_setup;
	st = set_up(s, err);
	if (!st) {
		const struct event start = { .kind = EVENT_STATION_START };
		struct event end = { .kind = EVENT_SUMMARY };

		s->start_us = session_now_us();
		fill_views(s);
		tell(s, &start);
		run(s);
		*exit_code = exit_code_of(s);
		end.exit_code = *exit_code;
		tell(s, &end);
	}
	if (!station_reap(s, END_GRACE_MS))
		*stuck = s;
	return st;
}
