/* The thread that prints: label after label, in the order of the PASSes. */
#include "station/label/labels_inside.h"
#include "station/threads.h"

#include "engine/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Our choices. */
#define RETRY_MS 2000       /* between two looks at a printer that is not ready */
#define PROBE_MS 5000       /* and at one that has nothing to do */
#define GIVE_UP_US 60000000 /* a label that is not required is waited for so long */
#define PROBES_LOST 2       /* silent so often in a row: not ready. One may have been busy */

/* ---- the records ---- */

static const char *given(const char *text)
{
	return text[0] ? text : NULL;
}

static enum status store_job(struct labels *l, const struct label_job *job, const char *content,
			     struct err *err)
{
	const struct record_print_job record = {
		.print_id = job->print_id,
		.run_id = given(job->run_id),
		.copy = job->copy,
		.mac = given(job->mac),
		.serial = given(job->serial),
		.printer = l->printer.name[0] ? l->printer.name : "none",
		.template_sha256 = job->label->sha256,
		.content = content,
		.operator_name = given(job->asked_by),
		.reason = given(job->reason),
		.utc_ms = clock_utc_ms(),
	};

	return writer_put(l->setup.writer, RECORD_PRINT_JOB, &record, err);
}

static void store_event(struct labels *l, const char *print_id, const char *state,
			const char *detail, const char *operator_name, int64_t utc_ms)
{
	const struct record_print_event record = {
		.print_id = print_id,
		.state = state,
		.detail = given(detail),
		.operator_name = given(operator_name),
		.utc_ms = utc_ms,
	};
	struct err err;

	/* The job itself is there; whoever looks finds no word of its end. */
	writer_put(l->setup.writer, RECORD_PRINT_EVENT, &record, &err);
}

/* ---- what people see ---- */

static void say(struct labels *l, const struct label_job *job, enum label_state state,
		const char *text)
{
	struct label_slot *slot = &l->slots[job->slot];

	pthread_mutex_lock(&l->lock);
	if (job->turn && slot->turn == job->turn)
		labels_say(slot, state, "%s", text);
	pthread_mutex_unlock(&l->lock);
}

static void set_ready(struct labels *l, bool is_ready, const char *why)
{
	pthread_mutex_lock(&l->lock);
	l->is_ready = is_ready;
	snprintf(l->why, sizeof(l->why), "%s", why);
	pthread_mutex_unlock(&l->lock);
}

static void finish(struct labels *l, const struct label_job *job)
{
	struct label_slot *slot = &l->slots[job->slot];

	pthread_mutex_lock(&l->lock);
	memcpy(l->known[l->known_at], job->code, sizeof(job->code));
	l->known_at = (l->known_at + 1) % LABELS_KNOWN;
	if (job->turn && slot->turn == job->turn) {
		memcpy(slot->print_id, job->print_id, sizeof(slot->print_id));
		if (job->label->is_scan_back) {
			slot->since_us = clock_now_us(&clock_monotonic);
			labels_say(slot, LABEL_TO_SCAN, "put the label on the unit, then scan it");
		} else {
			labels_say(slot, LABEL_PRINTED, "%s", "");
		}
	}
	pthread_mutex_unlock(&l->lock);
}

/* ---- one label ---- */

static bool is_ending(struct labels *l)
{
	bool ends;

	pthread_mutex_lock(&l->lock);
	ends = l->is_ending;
	pthread_mutex_unlock(&l->lock);
	return ends;
}

/* Under the lock: until something is to be done, or so long. */
static void wait_ms(struct labels *l, uint32_t ms)
{
	const struct timespec limit = thread_time_after(ms);

	pthread_cond_timedwait(&l->work, &l->lock, &limit);
}

static bool is_given_up(const struct label_job *job)
{
	return !job->label->is_required &&
	       clock_now_us(&clock_monotonic) - job->begin_us > GIVE_UP_US;
}

/* Until it is printed, or nothing more can be hoped for; err then says why. */
static enum print_end send(struct labels *l, const struct label_job *job, const struct page *page,
			   struct err *err)
{
	for (;;) {
		enum print_end end =
			label_printer_print(&l->printer, page->data, page->size, l->stop[0], err);

		set_ready(l, end == PRINT_DONE || end == PRINT_STOPPED, err->text);
		if (end != PRINT_LATER || is_ending(l) || is_given_up(job))
			return end;
		say(l, job, LABEL_PRINTING, err->text);
		pthread_mutex_lock(&l->lock);
		if (!l->is_ending)
			wait_ms(l, RETRY_MS);
		pthread_mutex_unlock(&l->lock);
	}
}

static void print(struct labels *l, struct label_job *job)
{
	struct page page = { 0 };
	enum print_end end;
	enum status st;
	struct err err;

	err_clear(&err);
	db_new_run_id(job->print_id);
	label_job_ask_order(job, l->setup.db_path);
	st = label_job_fill(job, &page, &err);
	if (st) {
		char why[ERR_TEXT_BYTES];
		struct err ignored;

		snprintf(why, sizeof(why), "%s", err.text);
		if (store_job(l, job, "", &ignored) == STATUS_OK)
			store_event(l, job->print_id, "FAILED", why, "", clock_utc_ms());
		say(l, job, LABEL_FAILED, why);
	} else if (store_job(l, job, page.data, &err)) {
		say(l, job, LABEL_FAILED, err.text); /* what is not recorded is not printed */
	} else {
		end = send(l, job, &page, &err);
		store_event(l, job->print_id, end == PRINT_DONE ? "SENT" : "FAILED",
			    end == PRINT_DONE ? "" : err.text, "", clock_utc_ms());
		if (end == PRINT_DONE)
			finish(l, job);
		else
			say(l, job, LABEL_FAILED, err.text);
	}
	free(page.data);
}

/* ---- the thread ---- */

static void store_notes(struct labels *l, struct label_note *notes)
{
	for (struct label_note *note = notes, *next; note; note = next) {
		next = note->next;
		store_event(l, note->print_id, note->state, note->detail, note->operator_name,
			    note->utc_ms);
		free(note);
	}
}

/* Nothing is to be done: is the printer still there? */
static void probe(struct labels *l, unsigned *lost)
{
	struct err err;

	err_clear(&err);
	if (!l->printer.is_zpl && l->printer.command)
		return; /* only a label tells */
	if (label_printer_ready(&l->printer, l->stop[0], &err) != PRINT_LATER) {
		*lost = 0;
		set_ready(l, true, "");
	} else if (++*lost >= PROBES_LOST || !l->printer.is_zpl) {
		set_ready(l, false, err.text);
	}
}

static struct label_note *take_notes(struct labels *l)
{
	struct label_note *notes = l->notes;

	l->notes = NULL;
	return notes;
}

static struct label_job *take_job(struct labels *l)
{
	struct label_job *job = l->first;

	if (job) {
		l->first = job->next;
		job->next = NULL;
	}
	return job;
}

void *labels_run(void *ctx)
{
	struct labels *l = ctx;
	unsigned lost = 0;
	bool goes_on = true;

	while (goes_on) {
		struct label_note *notes;
		struct label_job *job;
		bool is_idle;

		pthread_mutex_lock(&l->lock);
		notes = take_notes(l);
		job = take_job(l);
		is_idle = !notes && !job;
		if (is_idle && !l->is_ending)
			wait_ms(l, PROBE_MS);
		is_idle = is_idle && !l->first && !l->notes;
		goes_on = !l->is_ending || !is_idle;
		pthread_mutex_unlock(&l->lock);
		store_notes(l, notes);
		if (job)
			print(l, job);
		else if (is_idle && goes_on)
			probe(l, &lost);
		label_job_free(job);
	}
	pthread_mutex_lock(&l->lock);
	l->has_ended = true;
	pthread_cond_broadcast(&l->ended);
	pthread_mutex_unlock(&l->lock);
	return NULL;
}
