/* The owner's side of the labels; label_thread.c prints them. */
#include "station/label/labels_inside.h"
#include "station/threads.h"

#include "engine/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

void labels_say(struct label_slot *slot, enum label_state state, const char *format, ...)
{
	char text[LABEL_TEXT_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (slot->state == state && strcmp(slot->text, text) == 0)
		return;
	slot->state = state;
	memcpy(slot->text, text, sizeof(text));
	slot->has_changed = true;
}

/* ---- beginning and end ---- */

static void release(struct labels *l)
{
	for (struct label_job *job = l->first, *next; job; job = next) {
		next = job->next;
		label_job_free(job);
	}
	for (struct label_note *note = l->notes, *next; note; note = next) {
		next = note->next;
		free(note);
	}
	for (size_t i = 0; l->slots && i < l->setup.slots; i++)
		label_job_free(l->slots[i].last);
	free(l->slots);
	for (int i = 0; i < 2; i++) {
		if (l->stop[i] >= 0)
			close(l->stop[i]);
	}
	pthread_cond_destroy(&l->work);
	pthread_cond_destroy(&l->ended);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

enum status labels_new(const struct labels_setup *setup, struct labels **out, struct err *err)
{
	struct labels *l = calloc(1, sizeof(*l));
	enum status st = STATUS_OK;

	*out = NULL;
	if (!l)
		return err_set(err, STATUS_NO_MEMORY, "no memory for labels");
	l->setup = *setup;
	l->stop[0] = l->stop[1] = -1;
	l->is_ready = true; /* as long as nobody found otherwise */
	pthread_mutex_init(&l->lock, NULL);
	thread_cond_init(&l->work);
	thread_cond_init(&l->ended);
	l->slots = calloc(setup->slots ? setup->slots : 1, sizeof(*l->slots));
	if (!l->slots || pipe(l->stop))
		st = err_set(err, STATUS_NO_MEMORY, "no memory for labels");
	for (int i = 0; !st && i < 2; i++)
		fcntl(l->stop[i], F_SETFD, FD_CLOEXEC);
	if (!st)
		st = label_printer_init(&l->printer, setup->printer, err);
	if (!st && thread_start(&l->thread, labels_run, l))
		st = err_set(err, STATUS_NO_MEMORY, "no thread for labels");
	if (st) {
		release(l);
		return st;
	}
	*out = l;
	return STATUS_OK;
}

void labels_free(struct labels *l, uint32_t wait_ms)
{
	const struct timespec limit = thread_time_after(wait_ms);
	ssize_t told;

	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->is_ending = true;
	pthread_cond_broadcast(&l->work);
	while (!l->has_ended && pthread_cond_timedwait(&l->ended, &l->lock, &limit) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&l->lock);
	told = write(l->stop[1], "", 1);
	(void)told;
	pthread_join(l->thread, NULL);
	release(l);
}

/* ---- printing ---- */

/* Under the lock. */
static void queue(struct labels *l, struct label_job *job)
{
	struct label_job **end = &l->first;

	while (*end)
		end = &(*end)->next;
	*end = job;
	job->begin_us = clock_now_us(&clock_monotonic);
	pthread_cond_broadcast(&l->work);
}

static bool has_printer(const struct labels *l)
{
	return l->printer.is_zpl || l->printer.command;
}

void labels_print(struct labels *l, const struct snapshot *s, const struct slot_view *slot)
{
	unsigned index = (unsigned)(slot - s->slots);
	struct label_job *job, *last;

	if (!s->plan->label || index >= l->setup.slots ||
	    (!has_printer(l) && !s->plan->label->is_required))
		return;
	job = label_job_new(s, slot);
	last = job ? label_job_copy(job) : NULL;
	pthread_mutex_lock(&l->lock);
	l->slots[index].turn++;
	l->slots[index].is_there = true;
	label_job_free(l->slots[index].last);
	l->slots[index].last = last;
	if (job) {
		job->slot = index;
		job->turn = l->slots[index].turn;
		labels_say(&l->slots[index], LABEL_PRINTING, "%s", "");
		queue(l, job);
	} else {
		labels_say(&l->slots[index], LABEL_FAILED, "no memory for the label");
	}
	pthread_mutex_unlock(&l->lock);
}

enum status labels_reprint(struct labels *l, unsigned slot, const char *operator_name,
			   const char *reason, struct err *err)
{
	struct label_job *last, *job;

	if (!operator_name || !operator_name[0] || !reason || !reason[0])
		return err_set(err, STATUS_USAGE, "who prints it again, and why?");
	pthread_mutex_lock(&l->lock);
	last = slot < l->setup.slots ? l->slots[slot].last : NULL;
	job = last ? label_job_copy(last) : NULL;
	if (job) {
		job->copy = ++last->copy;
		job->slot = slot;
		/* Of a unit that has left it is printed, and says nothing to the slot. */
		job->turn = l->slots[slot].is_there ? l->slots[slot].turn : 0;
		snprintf(job->asked_by, sizeof(job->asked_by), "%s", operator_name);
		snprintf(job->reason, sizeof(job->reason), "%s", reason);
		if (job->turn)
			labels_say(&l->slots[slot], LABEL_PRINTING, "%s", "");
		queue(l, job);
	}
	pthread_mutex_unlock(&l->lock);
	if (!last)
		return err_set(err, STATUS_USAGE, "no label was printed for this slot yet");
	return job ? STATUS_OK : err_set(err, STATUS_NO_MEMORY, "no memory for the label");
}

void labels_left(struct labels *l, unsigned slot)
{
	pthread_mutex_lock(&l->lock);
	if (slot < l->setup.slots) {
		l->slots[slot].turn++;
		l->slots[slot].is_there = false;
		l->slots[slot].state = LABEL_NONE;
		l->slots[slot].text[0] = '\0';
		l->slots[slot].has_changed = false;
	}
	pthread_mutex_unlock(&l->lock);
}

bool labels_next_change(struct labels *l, unsigned *slot, enum label_state *state,
			char text[static LABEL_TEXT_BYTES])
{
	bool found = false;

	pthread_mutex_lock(&l->lock);
	for (unsigned i = 0; i < l->setup.slots && !found; i++) {
		if (!l->slots[i].has_changed)
			continue;
		l->slots[i].has_changed = false;
		*slot = i;
		*state = l->slots[i].state;
		memcpy(text, l->slots[i].text, LABEL_TEXT_BYTES);
		found = true;
	}
	pthread_mutex_unlock(&l->lock);
	return found;
}

bool labels_is_ready(struct labels *l, char *why, size_t size)
{
	bool is_ready;

	pthread_mutex_lock(&l->lock);
	is_ready = l->is_ready;
	snprintf(why, size, "%s", is_ready ? "" : l->why);
	pthread_mutex_unlock(&l->lock);
	return is_ready;
}

/* ---- scanning ---- */

static bool is_waiting(const struct label_slot *slot)
{
	return slot->state == LABEL_TO_SCAN || slot->state == LABEL_MISMATCH;
}

/* However its MAC is written. */
static bool is_code_of(const struct label_job *job, const char *text)
{
	return strcmp(text, job->code) == 0 || (job->serial[0] && strcmp(text, job->serial) == 0) ||
	       strcasecmp(text, job->mac_hex) == 0 || strcasecmp(text, job->mac) == 0;
}

static bool was_printed(const struct labels *l, const char *text)
{
	for (size_t i = 0; i < LABELS_KNOWN; i++) {
		if (l->known[i][0] && strcasecmp(l->known[i], text) == 0)
			return true;
	}
	return false;
}

/* Whose label is meant; setup.slots: nobody's. Under the lock. */
static size_t meant(const struct labels *l, const char *text, int at)
{
	size_t oldest = l->setup.slots;

	if (at >= 0 && (size_t)at < l->setup.slots && is_waiting(&l->slots[at]))
		return (size_t)at;
	for (size_t i = 0; i < l->setup.slots; i++) {
		const struct label_slot *slot = &l->slots[i];

		if (!is_waiting(slot))
			continue;
		if (slot->last && is_code_of(slot->last, text))
			return i;
		if (oldest == l->setup.slots || slot->since_us < l->slots[oldest].since_us)
			oldest = i;
	}
	return was_printed(l, text) ? oldest : l->setup.slots;
}

/* For the thread to store. Under the lock. */
static void note(struct labels *l, const struct label_slot *slot, const char *state,
		 const char *detail, const char *operator_name)
{
	struct label_note *n = calloc(1, sizeof(*n)), **end = &l->notes;

	if (!n)
		return;
	memcpy(n->print_id, slot->print_id, sizeof(n->print_id));
	n->state = state;
	snprintf(n->detail, sizeof(n->detail), "%s", detail);
	snprintf(n->operator_name, sizeof(n->operator_name), "%s",
		 operator_name ? operator_name : "");
	n->utc_ms = clock_utc_ms();
	while (*end)
		end = &(*end)->next;
	*end = n;
	pthread_cond_broadcast(&l->work);
}

void labels_scanned(struct labels *l, const char *text, int at, const char *operator_name,
		    bool *is_label, unsigned *slot, bool *matches)
{
	size_t found;

	pthread_mutex_lock(&l->lock);
	found = meant(l, text, at);
	*is_label = found < l->setup.slots;
	*slot = (unsigned)found;
	*matches = *is_label && l->slots[found].last && is_code_of(l->slots[found].last, text);
	if (*matches) {
		labels_say(&l->slots[found], LABEL_SCANNED, "%s", "");
		note(l, &l->slots[found], "SCANNED", "", operator_name);
	} else if (*is_label) {
		labels_say(&l->slots[found], LABEL_MISMATCH,
			   "another label was scanned: %.40s, expected %.40s", text,
			   l->slots[found].last ? l->slots[found].last->code : "");
		note(l, &l->slots[found], "MISMATCH", text, operator_name);
	}
	pthread_mutex_unlock(&l->lock);
}
