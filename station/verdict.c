/* How a slot ends: session.h says which ways there are. */
#include "station/session.h"

#include "station/line/line.h"
#include "station/record_of.h"
#include "station/textbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void session_replace_worker(struct session *s, struct attempt *attempt)
{
	bool is_smaller;

	if (!attempt || !attempt->has_worker)
		return;
	attempt->has_worker = false;
	attempt->close_limit_us = NEVER;
	if (!pool_give_up(s->pool, attempt->job, &is_smaller) || !is_smaller)
		return;
	/* One slot fewer at a time; with none left, nothing more can be done. */
	s->has_failed = true;
	s->snapshot.jobs--;
	session_warn(s, attempt->slot, "the system gives no thread in place of the stuck one");
	if (s->snapshot.jobs == 0)
		session_dismiss_waiting(s);
}

/* Nothing is judged in an identify session; but who looks will want to know. */
static void warn_of_twin(struct session *s, unsigned slot)
{
	const struct ident *ident = &s->units[slot].ident;
	char mac[MAC_TEXT_BYTES];

	for (unsigned i = 0; i < s->count && ident->has_mac; i++) {
		const struct ident *other = &s->units[i].ident;

		if (i == slot || s->views[i].state != SLOT_DONE || !other->has_mac ||
		    memcmp(other->mac, ident->mac, MAC_BYTES) != 0)
			continue;
		s->views[slot].is_duplicate_mac = s->views[i].is_duplicate_mac = true;
		mac_text(ident->mac, mac);
		session_warn(s, slot, "MAC %s is also in slot %s", mac, s->units[i].port->slot);
	}
}

static void note_hint(struct session *s, unsigned slot)
{
	const char *hint = snapshot_download_hint(&s->snapshot, &s->views[slot]);
	char line[ERR_TEXT_BYTES];

	if (!hint)
		return;
	snprintf(line, sizeof(line), "download mode: %s", hint);
	job_note(unit_job(&s->units[slot]), line);
}

/* Hand the result to the writer; without one (identify) it is final at once. */
static void store(struct session *s, unsigned slot, const struct flash_report *report)
{
	struct slot_view *view = &s->views[slot];
	struct unit *unit = &s->units[slot];
	struct record_storage storage;
	struct record_result result;
	struct verdict verdict;
	enum status st;
	char *log, *console;

	view->report = report;
	view->generation = report ? job_generation(unit_job(unit)) : 0;
	session_take_event(s, slot, SLOT_VERDICT);
	unit->deadline_us =
		s->stop_requests ? session_now_us() + s->setup->limits->store_us : NEVER;
	if (!s->setup->writer) {
		warn_of_twin(s, slot);
		verdict_stored(s, slot, STATUS_OK);
		return;
	}
	note_hint(s, slot);
	log = job_log(unit_job(unit));
	/* A worker that is stuck may still be at it. */
	console = report ? job_console(unit_job(unit)) : NULL;
	verdict = (struct verdict){
		.status = view->status,
		.detail = unit->detail,
		.duration_us = view->elapsed_us,
		.end_utc_ms = clock_utc_ms(),
		.is_duplicate_mac = view->is_duplicate_mac,
		.generation = view->generation,
		.log = log,
		.console = console,
	};
	record_of_result(view->run_id, &verdict, report, &unit->ident, &storage, &result);
	job_end_data(unit_job(unit), view->status, report != NULL, &result);
	s->stores++;
	st = writer_queue_result(s->setup->writer, &result,
				 (struct writer_done){ .call = job_stored, .ctx = unit_job(unit) },
				 NULL);
	free(log);
	free(console);
	if (st) {
		s->stores--;
		verdict_stored(s, slot, st);
	} else {
		unit->attempt->is_at_writer = true;
	}
}

static void end_clock(struct session *s, unsigned slot)
{
	uint64_t started_us = job_started_us(unit_job(&s->units[slot]));

	s->views[slot].elapsed_us = started_us ? session_now_us() - started_us : 0;
}

/*
 * Two units with one MAC: neither may pass. The one that was stopped for it says
 * so; the one that was writing already was left to finish, and its proof stands.
 */
static void judge_duplicate(struct session *s, unsigned slot)
{
	struct slot_view *view = &s->views[slot];
	char mac[MAC_TEXT_BYTES];
	unsigned other;

	if (!s->claims || !claims_is_duplicate(s->claims, slot, &other))
		return;
	view->is_duplicate_mac = true;
	mac_text(s->units[slot].ident.mac, mac);
	if (view->status == STATUS_CANCELLED)
		session_detail(s, slot, "MAC %s is also in slot %s", mac,
			       s->units[other].port->slot);
	else if (view->status == STATUS_OK)
		session_detail(s, slot, "written and proven, but MAC %s is also in slot %s", mac,
			       s->units[other].port->slot);
	else
		return;
	view->status = STATUS_DUPLICATE_MAC;
}

void verdict_from_job(struct session *s, unsigned slot)
{
	const struct flash_report *report = job_report(unit_job(&s->units[slot]));
	struct slot_view *view = &s->views[slot];

	end_clock(s, slot);
	s->units[slot].ident = report->ident;
	if (!report->ident.chip) /* the hook may have seen more than a late failure left */
		job_ident(unit_job(&s->units[slot]), &s->units[slot].ident);
	view->status = report->status;
	view->before = job_before(unit_job(&s->units[slot]));
	session_detail(s, slot, "%s",
		       report->status ? report->err.text
				      : job_not_judged(unit_job(&s->units[slot])));
	job_serial(unit_job(&s->units[slot]), view->serial);
	judge_duplicate(s, slot);
	store(s, slot, report);
}

void verdict_give_up(struct session *s, unsigned slot)
{
	struct slot_view *view = &s->views[slot];
	struct unit *unit = &s->units[slot];
	const char *where = view->state == SLOT_OPENING ? "open"
			    : view->has_progress        ? flash_step_name(view->progress.step)
							: "connect";

	end_clock(s, slot);
	job_ident(unit_job(unit), &unit->ident);
	job_cancel(unit_job(unit)); /* should it come back, it shall not go on */
	job_restore_power(unit_job(unit));
	view->status = s->stop_requests ? STATUS_CANCELLED : STATUS_PORT_WEDGED;
	session_detail(s, slot, "%s did not come back from '%s' within %.0f s", view->port->node,
		       where, (double)view->elapsed_us / 1e6);
	job_note(unit_job(unit), unit->detail);
	session_replace_worker(s, unit->attempt);
	store(s, slot, NULL);
}

/* The unit's place in its batch counts now, or is free; and the plant has something to fetch. */
static void end_rules(struct session *s, unsigned slot)
{
	const struct attempt *attempt = s->units[slot].attempt;

	if (attempt && attempt->epoch->order.guards)
		guards_end(attempt->epoch->order.guards, slot, s->views[slot].status == STATUS_OK);
	session_count_batch(s);
	if (s->setup->plant)
		s->setup->plant->wake(s->setup->plant->ctx);
}

void verdict_stored(struct session *s, unsigned slot, enum status status)
{
	struct slot_view *view = &s->views[slot];

	if (view->state != SLOT_STORING)
		return;
	s->units[slot].deadline_us = NEVER;
	session_take_event(s, slot, SLOT_STORED);
	view->is_stored = s->setup->writer && !status;
	if (status) {
		struct err err;
		const char *verdict = status_code(view->status);

		/* What is not stored did not happen: not even a PASS. */
		err_clear(&err);
		writer_is_sound(s->setup->writer, &err);
		session_detail(s, slot, "the unit ended with %s, but that is not recorded: %s",
			       verdict, err.text[0] ? err.text : "the database did not answer");
		view->status = STATUS_DATABASE;
		s->has_failed = true;
		if (!s->line)
			session_dismiss_waiting(s);
	}
	end_rules(s, slot);
	if (s->line)
		line_result(s, slot);
	if (s->claims)
		claims_end(s->claims, slot);
	session_tell(s, EVENT_RESULT, slot);
}

void verdict_not_started(struct session *s, unsigned slot, enum status status, const char *why)
{
	s->views[slot].status = status;
	session_detail(s, slot, "%s", why);
	s->has_failed = true;
	s->units[slot].deadline_us = NEVER;
	session_take_event(s, slot, SLOT_STORED);
	if (s->line)
		line_result(s, slot);
	session_tell(s, EVENT_RESULT, slot);
	if (!s->line)
		session_dismiss_waiting(s);
}
