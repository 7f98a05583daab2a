/* What the owner does while a session lasts: start, listen, count the time. */
#include "station/session.h"

#include <poll.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* ---- starting ---- */

/* The job notes it in the unit's log, and refuses the unit if the recipe wants that. */
static void warn_of_bridge(struct session *s, unsigned slot)
{
	const struct bridge *bridge = s->setup->places[slot].bridge;
	const struct plan *plan = s->setup->plan;
	char text[ERR_TEXT_BYTES];

	if (bridge_is_expected(bridge, plan) || plan->bridge_policy != BRIDGE_WARN)
		return;
	bridge_complaint(bridge, plan, text, sizeof(text));
	session_warn(s, slot, "%s", text);
}

static void start_unit(struct session *s, unsigned slot, unsigned turn)
{
	const struct station_place *place = &s->setup->places[slot];
	struct slot_view *view = &s->views[slot];
	struct unit *unit = &s->units[slot];

	session_take_event(s, slot, SLOT_START);
	unit->job = job_new(&s->order, slot, turn, place->port, place->bridge, &unit->link,
			    place->has_start ? &place->start : NULL);
	if (!unit->job) {
		verdict_not_started(s, slot, STATUS_NO_MEMORY, "no memory for the run");
		return;
	}
	view->limit_us = s->setup->limits->open_us + job_limit_ms(unit->job) * UINT64_C(1000) +
			 s->setup->limits->verdict_us;
	if (s->setup->writer)
		snprintf(view->run_id, sizeof(view->run_id), "%s", job_run_id(unit->job));
	warn_of_bridge(s, slot);
	unit->has_worker = true;
	pool_run(s->pool, job_run, unit->job);
}

static void start_waiting(struct session *s)
{
	unsigned busy = 0;
	unsigned turn = 0;

	for (unsigned i = 0; i < s->setup->place_count; i++)
		busy += s->units[i].has_worker;
	for (unsigned i = 0; i < s->setup->place_count && busy < s->snapshot.jobs; i++) {
		if (s->views[i].state == SLOT_WAITING) {
			start_unit(s, i, turn++);
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
		unit->close_limit_us = session_now_us() + s->setup->limits->close_us;
		verdict_from_job(s, fact->slot);
		break;
	case FACT_CLOSED:
		unit->has_worker = false;
		unit->close_limit_us = NEVER;
		break;
	case FACT_STORED:
		s->stores--;
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
			case SLOT_EMPTY:
			case SLOT_SETTLING:
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
		view->is_waiting = p.is_waiting;
		if (p.is_known) {
			view->has_progress = true;
			view->progress = p.progress;
		}
		view->left_s = snapshot_slot_left_s(view, unit->expected_s,
						    p.write_start_us ? now - p.write_start_us : 0);
	}
	session_watch_plant(s);
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

static void take_signals(struct session *s)
{
	struct signalfd_siginfo info;

	while (read(s->setup->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		stop(s);
}

static void wait_for_something(struct session *s)
{
	struct pollfd fds[] = {
		{ .fd = queue_fd(s->facts), .events = POLLIN },
		{ .fd = s->setup->signal_fd, .events = POLLIN },
	};
	const uint64_t until = next_deadline_us(s), now = session_now_us();

	/* Rounded up, so that a deadline has passed when we look at it. */
	poll(fds, 2, now >= until ? 0 : (int)((until - now) / 1000 + 1));
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
		start_waiting(s);
		if (is_finished(s))
			return;
		if (session_now_us() >= s->next_tick_us)
			tick(s);
		wait_for_something(s);
	}
}
