/* What the owner does while a session lasts: start, listen, count the time. */
#include "station/session.h"

#include "station/line/line.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* ---- starting ---- */

/* The job notes it in the unit's log, and refuses the unit if the recipe wants that. */
static void warn_of_bridge(struct session *s, unsigned slot)
{
	const struct bridge *bridge = s->units[slot].bridge;
	const struct plan *plan = s->epoch->order.plan;
	char text[ERR_TEXT_BYTES];

	if (bridge_is_expected(bridge, plan) || plan->bridge_policy != BRIDGE_WARN)
		return;
	bridge_complaint(bridge, plan, text, sizeof(text));
	session_warn(s, slot, "%s", text);
}

/* NULL without memory. */
static struct attempt *attempt_new(struct session *s, const struct job_unit *unit)
{
	struct attempt *attempt = calloc(1, sizeof(*attempt));

	if (!attempt)
		return NULL;
	attempt->job = job_new(&s->epoch->order, unit);
	if (!attempt->job) {
		free(attempt);
		return NULL;
	}
	attempt->epoch = s->epoch;
	attempt->epoch->users++;
	attempt->slot = unit->slot;
	attempt->is_current = true;
	attempt->close_limit_us = NEVER;
	attempt->next = s->attempts;
	s->attempts = attempt;
	return attempt;
}

void session_start_unit(struct session *s, unsigned slot, unsigned turn, bool is_golden)
{
	struct slot_view *view = &s->views[slot];
	struct unit *unit = &s->units[slot];
	const struct job_unit about = {
		.slot = slot,
		.nest = s->line ? view->number : 0,
		.turn = turn,
		.port = unit->port,
		.bridge = unit->bridge,
		.link = &unit->link,
		.start = unit->start,
		.operator_name = s->snapshot.operator_name,
		.serial = view->serial[0] ? view->serial : s->setup->serial,
		.is_golden = is_golden,
		.is_retest = view->will_retest,
		.was_there = s->line && line_was_there(s, slot),
		.is_bridge_of_nest = s->line && line_is_by_chip(s, slot),
	};

	session_take_event(s, slot, SLOT_START);
	unit->attempt = attempt_new(s, &about);
	if (!unit->attempt) {
		verdict_not_started(s, slot, STATUS_NO_MEMORY, "no memory for the run");
		return;
	}
	view->limit_us = s->setup->limits->open_us + job_limit_ms(unit_job(unit)) * UINT64_C(1000) +
			 s->setup->limits->verdict_us;
	if (s->setup->writer)
		snprintf(view->run_id, sizeof(view->run_id), "%s", job_run_id(unit_job(unit)));
	warn_of_bridge(s, slot);
	unit->attempt->has_worker = true;
	pool_run(s->pool, job_run, unit_job(unit));
}

static unsigned count_busy(const struct session *s)
{
	unsigned busy = 0;

	for (const struct attempt *a = s->attempts; a; a = a->next)
		busy += a->has_worker;
	return busy;
}

static void start_waiting(struct session *s)
{
	unsigned busy = count_busy(s);
	unsigned turn = 0;

	for (unsigned i = 0; i < s->count && busy < s->snapshot.jobs; i++) {
		if (s->views[i].state == SLOT_WAITING) {
			session_start_unit(s, i, turn++, false);
			busy += unit_has_worker(&s->units[i]);
		}
	}
}

/* ---- what is heard ---- */

static void earlier(uint64_t *deadline_us, uint64_t at_us)
{
	if (at_us < *deadline_us)
		*deadline_us = at_us;
}

void session_stop(struct session *s)
{
	uint64_t until_us = session_now_us() + (s->stop_requests ? s->setup->limits->stop_again_us
								 : s->setup->limits->stop_us);

	s->stop_requests++;
	s->snapshot.is_stopping = true;
	session_dismiss_waiting(s);
	for (struct attempt *a = s->attempts; a; a = a->next) {
		struct unit *unit = &s->units[a->slot];

		job_cancel(a->job);
		if (a->is_current && s->views[a->slot].state < SLOT_DONE)
			earlier(&unit->deadline_us, until_us);
		if (a->has_worker && (!a->is_current || s->views[a->slot].state >= SLOT_STORING))
			earlier(&a->close_limit_us, until_us);
	}
	if (s->stop_requests == 1) {
		const struct event e = { .kind = EVENT_STOPPING };

		session_tell_event(s, &e);
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

static void hear_overridden(struct session *s, const struct fact *fact)
{
	struct guard_overridden rows[GUARD_COUNT];
	struct unit *unit = &s->units[fact->slot];
	size_t count = job_overridden(fact->job, rows);

	for (; unit->overridden < count; unit->overridden++) {
		const struct event e = {
			.kind = EVENT_OVERRIDE,
			.slot = &s->views[fact->slot],
			.text = rows[unit->overridden].detail,
			.code = rows[unit->overridden].code,
		};

		session_tell_event(s, &e);
	}
}

static void hear_started(struct session *s, const struct fact *fact)
{
	session_take_event(s, fact->slot, SLOT_RECORDED);
	allow(s, fact->slot, s->setup->limits->open_us);
	job_start_way(fact->job, s->units[fact->slot].start_way);
	session_tell(s, EVENT_RUN_START, fact->slot);
}

/* What the job of the unit in the slot has to say. */
static void hear_current(struct session *s, const struct fact *fact, struct attempt *attempt)
{
	struct slot_view *view = &s->views[fact->slot];
	struct unit *unit = &s->units[fact->slot];

	switch (fact->kind) {
	case FACT_STARTED:
		if (view->state == SLOT_STARTING)
			hear_started(s, fact);
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
	case FACT_OVERRIDDEN:
		hear_overridden(s, fact);
		break;
	case FACT_STEP:
		hear_step(s, fact);
		break;
	case FACT_PORT_LEFT:
		if (view->state == SLOT_RUNNING)
			session_tell(s, EVENT_PORT_LEFT, fact->slot);
		break;
	case FACT_VERDICT:
		if (view->state != SLOT_OPENING && view->state != SLOT_RUNNING)
			break; /* given up on before */
		attempt->close_limit_us = session_now_us() + s->setup->limits->close_us;
		verdict_from_job(s, fact->slot);
		break;
	case FACT_STORED:
		verdict_stored(s, fact->slot, fact->status);
		break;
	case FACT_CLOSED:
		break;
	}
}

/* A unit that has left its slot says nothing about the one that is in it now. */
static void hear(struct session *s, const struct fact *fact)
{
	struct attempt *attempt = s->attempts;

	while (attempt->job != fact->job)
		attempt = attempt->next;
	if (fact->kind == FACT_CLOSED) {
		attempt->is_closed = true;
		attempt->has_worker = false;
		attempt->close_limit_us = NEVER;
	}
	if (fact->kind == FACT_STORED) {
		attempt->is_at_writer = false;
		s->stores--;
	}
	if (attempt->is_current)
		hear_current(s, fact, attempt);
	session_heard_last(s, attempt);
}

/* ---- what was not heard in time ---- */

static void check_state(struct session *s, unsigned slot, uint64_t now)
{
	struct unit *unit = &s->units[slot];

	if (now < unit->deadline_us)
		return;
	unit->deadline_us = NEVER;
	switch (s->views[slot].state) {
	case SLOT_STARTING: /* the database is slow, and people wait */
		session_take_event(s, slot, SLOT_DISMISS);
		session_replace_worker(s, unit->attempt);
		s->has_failed = true;
		break;
	case SLOT_OPENING:
	case SLOT_RUNNING:
		verdict_give_up(s, slot);
		break;
	case SLOT_STORING:
		verdict_stored(s, slot, STATUS_DATABASE);
		break;
	case SLOT_EMPTY:
	case SLOT_SETTLING:
	case SLOT_WAITING:
	case SLOT_DONE:
	case SLOT_NOT_STARTED:
		break;
	}
}

static void check_deadlines(struct session *s)
{
	const uint64_t now = session_now_us();

	for (unsigned i = 0; i < s->count; i++)
		check_state(s, i, now);
	for (struct attempt *a = s->attempts; a; a = a->next) {
		if (now < a->close_limit_us)
			continue;
		session_replace_worker(s, a);
		session_warn(s, a->slot,
			     "%s: closing the port hangs; its thread is left behind, and "
			     "the verdict stands",
			     job_node(a->job));
	}
}

static uint64_t next_deadline_us(const struct session *s)
{
	uint64_t next = s->next_tick_us;

	for (size_t i = 0; i < s->count; i++)
		earlier(&next, s->units[i].deadline_us);
	for (const struct attempt *a = s->attempts; a; a = a->next)
		earlier(&next, a->close_limit_us);
	if (s->line)
		earlier(&next, line_next_us(s));
	return next;
}

/* ---- the loop ---- */

static void show_progress(struct session *s, unsigned slot, uint64_t now)
{
	struct slot_view *view = &s->views[slot];
	const struct unit *unit = &s->units[slot];
	struct job_progress p;

	if (view->state != SLOT_OPENING && view->state != SLOT_RUNNING)
		return;
	p = job_progress(unit_job(unit));
	view->elapsed_us = now - job_started_us(unit_job(unit));
	view->is_waiting = p.is_waiting;
	job_serial(unit_job(unit), view->serial);
	if (p.is_known) {
		view->has_progress = true;
		view->progress = p.progress;
	}
	view->left_s = snapshot_slot_left_s(view, unit->expected_s,
					    p.write_start_us ? now - p.write_start_us : 0);
	/* All bytes are there, and the unit is still busy. */
	if (p.boot_start_us)
		view->left_s =
			snapshot_boot_left_s(unit->attempt->epoch->order.plan->flash.boot.within_ms,
					     now - p.boot_start_us);
}

/* Nothing comes to an end: whoever looks shall know why. */
static void watch_writer(struct session *s)
{
	bool was_locked = s->is_locked;
	struct err err;

	s->is_locked = s->setup->writer && writer_waits(s->setup->writer, &err);
	if (s->is_locked && !was_locked)
		session_warn(s, SESSION_NO_SLOT, "results wait to be stored: %s", err.text);
}

static void tick(struct session *s)
{
	const uint64_t now = session_now_us();

	for (unsigned i = 0; i < s->count; i++)
		show_progress(s, i, now);
	watch_writer(s);
	session_watch_plant(s);
	s->snapshot.elapsed_us = now - s->start_us;
	if (s->line)
		line_tick(s);
	else
		s->snapshot.left_s = snapshot_left_s(&s->snapshot, s->units[0].expected_s);
	s->setup->view.tick(s->setup->view.ctx, &s->snapshot);
	s->next_tick_us = now + s->setup->view.tick_ms * UINT64_C(1000);
}

static bool is_finished(const struct session *s)
{
	if (s->line && !s->stop_requests && !line_is_over(s))
		return false;
	for (size_t i = 0; i < s->count; i++) {
		const enum slot_state state = s->views[i].state;
		const bool is_idle = state == SLOT_EMPTY || state == SLOT_SETTLING ||
				     (s->line && state == SLOT_WAITING);

		if (!is_idle && state < SLOT_DONE)
			return false;
	}
	return count_busy(s) == 0;
}

static void take_signals(struct session *s)
{
	struct signalfd_siginfo info;

	while (read(s->setup->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (!s->line || !line_takes_signal(s, (int)info.ssi_signo))
			session_stop(s);
	}
}

static void wait_for_something(struct session *s)
{
	/* poll() passes over what is negative. */
	struct pollfd fds[] = {
		{ .fd = queue_fd(s->facts), .events = POLLIN },
		{ .fd = s->setup->signal_fd, .events = POLLIN },
		{ .fd = s->line ? line_arrivals_fd(s) : -1, .events = POLLIN },
		{ .fd = s->line ? line_requests_fd(s) : -1, .events = POLLIN },
		{ .fd = s->line ? line_looks_fd(s) : -1, .events = POLLIN },
	};
	const uint64_t until = next_deadline_us(s), now = session_now_us();

	/* Rounded up, so that a deadline has passed when we look at it. */
	poll(fds, sizeof(fds) / sizeof(fds[0]), now >= until ? 0 : (int)((until - now) / 1000 + 1));
	if (fds[1].revents & POLLIN)
		take_signals(s);
}

void session_loop(struct session *s)
{
	struct fact fact;

	take_signals(s); /* that came while the records were opened: then nothing starts */
	for (;;) {
		while (queue_take(s->facts, &fact))
			hear(s, &fact);
		check_deadlines(s);
		if (s->line)
			line_turn(s);
		else
			start_waiting(s);
		if (is_finished(s))
			return;
		if (session_now_us() >= s->next_tick_us)
			tick(s);
		wait_for_something(s);
	}
}
