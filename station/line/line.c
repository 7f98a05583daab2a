#include "station/line/line_inside.h"

#include "recipes/boot_check.h"
#include "recipes/unit_data.h"
#include "station/line/finished.h"
#include "station/line/locks.h"
#include "station/recall.h"
#include "station/textbuf.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- beginning and end ---- */

static enum status begin(struct session *s, struct line *l, struct err *err)
{
	struct recipe_in_use *recipe;
	enum status st;

	recipe = recipe_in_use_new(l->setup->plan, l->setup->file->again, NULL);
	if (!recipe)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the line");
	if (l->setup->file->scanner.serial)
		TRY(pattern_new(l->setup->file->scanner.serial, &l->serial_pattern, err));
	if (l->setup->has_memory)
		TRY(recaller_new(s->setup->db_path, &l->recaller, err));
	TRY(finished_new(s->setup->db_path, &l->finished, err));
	st = epoch_begin(s, recipe, l->setup->batch, err);
	recipe_in_use_release(recipe);
	TRY(st);
	line_follow(s); /* the slots themselves; who stands there is told in the first turn */
	return l->setup->has_locks ? line_locks_begin(s, err) : STATUS_OK;
}

enum status line_begin(struct session *s, struct err *err)
{
	const struct line_setup *setup = s->setup->line;
	struct line *l = calloc(1, sizeof(*l));
	struct snapshot *view = &s->snapshot;

	if (!l) {
		plan_free(setup->plan);
		return err_set(err, STATUS_NO_MEMORY, "no memory for the line");
	}
	s->line = l;
	l->setup = setup;
	l->selected = -1;
	snprintf(l->operator_name, sizeof(l->operator_name), "%s",
		 setup->operator_name ? setup->operator_name : "");
	view->is_line = true;
	view->station = setup->file->name;
	view->columns = setup->file->columns;
	view->begun_utc_ms = clock_utc_ms();
	view->operator_name = l->operator_name[0] ? l->operator_name : NULL;
	view->notices = l->notices;
	view->locks = l->locked;
	return begin(s, l, err);
}

void line_end(struct session *s)
{
	struct line *l = s->line;

	if (!l)
		return;
	recipe_change_free(l->change);
	recipe_in_use_release(l->next);
	epoch_free_unused(s, true);
	line_locks_end(l);
	recaller_free(l->recaller);
	finished_free(l->finished);
	pattern_free(l->serial_pattern);
	free(l);
	s->line = NULL;
}

int line_arrivals_fd(const struct session *s)
{
	return arrivals_fd(s->line->setup->arrivals);
}

int line_requests_fd(const struct session *s)
{
	return s->line->setup->requests ? requests_fd(s->line->setup->requests) : -1;
}

void line_free_epochs(struct session *s)
{
	epoch_free_unused(s, false);
}

void line_notice(struct session *s, int slot, const struct said *said, const char *from,
		 bool is_refused)
{
	struct line *l = s->line;
	struct notice *n = &l->notices[0];

	memmove(&l->notices[1], n, (NOTICES_MAX - 1) * sizeof(*n));
	*n = (struct notice){ .utc_ms = clock_utc_ms(),
			      .slot = slot,
			      .said = *said,
			      .from = from,
			      .is_refused = is_refused };
	snprintf(n->text, sizeof(n->text), "%s%s%s%.250s", from ? from : "", from ? ": " : "",
		 is_refused ? "refused: " : "", said->text);
	text_clean(n->text);
	if (s->snapshot.notice_count < NOTICES_MAX)
		s->snapshot.notice_count++;
}

/* ---- starting ---- */

unsigned line_stuck(const struct session *s, unsigned slot)
{
	unsigned stuck = 0;

	for (const struct attempt *a = s->attempts; a; a = a->next)
		stuck += a->slot == slot && !a->is_closed && !a->has_worker;
	return stuck;
}

static bool is_working(enum slot_state state)
{
	return state >= SLOT_STARTING && state < SLOT_DONE;
}

bool line_is_busy(const struct session *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (is_working(s->views[i].state))
			return true;
	}
	return false;
}

/* A golden check is under way: what it says counts for all others. */
static bool is_golden_running(const struct session *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->line->slots[i].is_golden && is_working(s->views[i].state))
			return true;
	}
	return false;
}

/* Somebody has to scan a number before this unit may begin. */
static bool lacks_serial(const struct session *s, unsigned slot)
{
	return s->epoch->order.plan->serial.source == SERIAL_FROM_SCAN && !s->views[slot].serial[0];
}

static bool may_start(const struct session *s, unsigned slot, bool *golden)
{
	const struct slot_view *view = &s->views[slot];

	*golden = false;
	if (view->state != SLOT_WAITING || view->is_disabled ||
	    line_stuck(s, slot) >= LINE_STUCK_MAX)
		return false;
	if (!line_locks_allow(s, slot, golden))
		return false;
	return (*golden ? !is_golden_running(s) : !lacks_serial(s, slot)) &&
	       line_look_allows(s, slot);
}

/* The one that waits longest. -1: nobody may. */
static int next_unit(const struct session *s, bool *golden)
{
	int found = -1;

	for (unsigned i = 0; i < s->count; i++) {
		bool is_golden;

		if (!may_start(s, i, &is_golden))
			continue;
		if (found >= 0 && s->line->slots[i].arrived_us >= s->line->slots[found].arrived_us)
			continue;
		found = (int)i;
		*golden = is_golden;
	}
	return found;
}

static unsigned count_busy(const struct session *s)
{
	unsigned busy = 0;

	for (const struct attempt *a = s->attempts; a; a = a->next)
		busy += a->has_worker;
	return busy;
}

static void start_units(struct session *s)
{
	struct line *l = s->line;
	unsigned busy = count_busy(s);
	unsigned turn = 0;

	if (s->snapshot.is_draining || s->snapshot.is_stopping ||
	    !writer_is_sound(s->setup->writer, NULL))
		return;
	while (busy < s->snapshot.jobs && session_now_us() >= l->next_start_us) {
		bool is_golden = false;
		int slot = next_unit(s, &is_golden);

		if (slot < 0)
			return;
		l->slots[slot].is_golden = s->views[slot].is_golden = is_golden;
		session_start_unit(s, (unsigned)slot, turn++, is_golden);
		if (l->locks)
			locks_run_begins(l->locks);
		s->views[slot].will_retest = false;
		busy += unit_has_worker(&s->units[slot]);
		l->next_start_us = session_now_us() + l->setup->file->stagger_ms * UINT64_C(1000);
	}
}

/* ---- recipe change and drain ---- */

static void warn(struct session *s, enum said_code code, const char *value)
{
	struct said said;
	const struct event e = { .kind = EVENT_WARNING, .text = said.text };

	said_set(&said, code, "%s", value);
	line_notice(s, -1, &said, NULL, false);
	session_tell_event(s, &e);
}

static void read_done(struct session *s)
{
	struct line *l = s->line;
	char text[REQUEST_TEXT_BYTES];
	bool is_same;
	struct plan *plan = recipe_change_take(l->change, text, sizeof(text));

	recipe_change_free(l->change);
	l->change = NULL;
	if (!plan) {
		warn(s, SAID_RECIPE_STAYS, text);
		return;
	}
	is_same = strcmp(plan->digest_text, s->epoch->order.plan->digest_text) == 0;
	if (is_same && !plan->serial.file && !unit_data_has_values(plan->unit_data)) {
		snprintf(text, sizeof(text), "%s revision %u", plan->name, plan->revision);
		warn(s, SAID_RECIPE_SAME, text);
		plan_free(plan);
		return;
	}
	recipe_in_use_release(l->next);
	snprintf(l->next_recipe, sizeof(l->next_recipe), "%s revision %u%s", plan->name,
		 plan->revision, is_same ? ", with its units' values read again" : "");
	/* The values of units are not of its digest: it is the same recipe, with its verdicts. */
	l->next = recipe_in_use_new(plan, l->setup->file->again,
				    is_same ? s->epoch->recipe->again : NULL);
	if (!l->next)
		session_warn(s, SESSION_NO_SLOT, "no memory for another recipe");
}

/* Units that wait have been prepared for the recipe before. */
static void prepare_anew(struct session *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		if (s->views[i].state == SLOT_WAITING)
			session_prepare_unit(s, i);
	}
}

static void take_over(struct session *s)
{
	struct line *l = s->line;
	const struct event told = { .kind = EVENT_REQUEST, .text = l->next_recipe };
	struct said said;
	struct err err;

	if (epoch_begin(s, l->next, s->snapshot.batch, &err)) {
		warn(s, SAID_RECIPE_STAYS, err.text);
	} else {
		prepare_anew(s);
		line_locks_recipe(s);
		said_set(&said, SAID_RECIPE_IS, "%s", l->next_recipe);
		line_notice(s, -1, &said, NULL, false);
		session_tell_event(s, &told);
	}
	recipe_in_use_release(l->next);
	l->next = NULL;
}

static void change_recipe(struct session *s)
{
	struct line *l = s->line;

	if (l->change && recipe_change_is_done(l->change))
		read_done(s);
	if (l->next && !line_is_busy(s))
		take_over(s);
	s->snapshot.next_recipe = l->next ? l->next_recipe : NULL;
	s->snapshot.is_draining = l->is_ending || l->next;
}

enum status line_read_recipe(struct session *s, const char *path, struct err *err)
{
	struct line *l = s->line;

	if (l->change)
		return err_set(err, STATUS_USAGE, "another recipe is being read: ask again");
	return recipe_change_new(path, l->setup->products_dir, s->setup->db_path, &l->change, err);
}

void line_drain(struct session *s)
{
	const struct event e = { .kind = EVENT_STOPPING };
	struct said said;

	s->line->is_ending = s->snapshot.is_draining = true;
	said_plain(&said, SAID_DRAINING);
	line_notice(s, -1, &said, NULL, false);
	session_tell_event(s, &e);
}

bool line_takes_signal(struct session *s, int signal_number)
{
	struct err err;

	if (signal_number == SIGHUP) {
		if (line_read_recipe(s, s->epoch->order.plan->recipe_path, &err))
			session_warn(s, SESSION_NO_SLOT, "%s", err.text);
		return true;
	}
	if (s->line->is_ending)
		return false;
	line_drain(s);
	return true;
}

bool line_is_over(const struct session *s)
{
	return s->line->is_ending && !line_is_busy(s) && !line_is_looking(s);
}

/* ---- results ---- */

/* A rule refused it, or it was no product: it says nothing about units or slots. */
static bool is_counted(const struct session *s, unsigned slot)
{
	const struct slot_view *view = &s->views[slot];

	if (view->is_golden)
		return false;
	return status_row(view->status)->outcome != OUTCOME_ABORTED ||
	       view->status == STATUS_CANCELLED;
}

static void count_result(struct session *s, unsigned slot, bool is_first)
{
	struct line_counts *counts = &s->snapshot.counts;
	struct slot_view *view = &s->views[slot];
	const enum outcome outcome = status_row(view->status)->outcome;

	counts->units++;
	view->units++;
	counts->first_units += is_first;
	switch (outcome) {
	case OUTCOME_PASS:
		counts->passed++;
		counts->first_passed += is_first;
		view->passed++;
		view->failed_in_row = 0;
		break;
	case OUTCOME_FAIL:
		counts->failed++;
		view->failed_in_row++;
		break;
	case OUTCOME_ERROR:
	case OUTCOME_TIMEOUT:
		counts->errors++;
		view->failed_in_row++;
		break;
	case OUTCOME_ABORTED:
		counts->errors++;
		break;
	}
}

/* A retest that came to nothing has taken the PASS away which the unit had. */
static void forget_verdict(struct session *s, unsigned slot)
{
	const struct unit *unit = &s->units[slot];
	const struct slot_view *view = &s->views[slot];
	const enum outcome outcome = status_row(view->status)->outcome;

	if (view->is_stored && (outcome == OUTCOME_PASS || outcome == OUTCOME_FAIL))
		return;
	if (unit->attempt && unit->ident.has_mac && job_has_written(unit_job(unit)))
		again_forget(unit->attempt->epoch->recipe->again, unit->ident.mac);
}

static void tell_full_batch(struct session *s)
{
	const struct event e = { .kind = EVENT_BATCH_FULL };
	const struct snapshot *view = &s->snapshot;
	bool is_full =
		view->has_batch_count && view->batch_of > 0 && view->batch_passed >= view->batch_of;

	if (is_full && !s->line->is_batch_told) {
		struct said said;

		said_set(&said, SAID_BATCH_COMPLETE, "%s" SAID_NEXT "%lld", view->batch,
			 (long long)view->batch_of);
		line_notice(s, -1, &said, NULL, false);
		session_tell_event(s, &e);
	}
	s->line->is_batch_told = is_full;
}

void line_result(struct session *s, unsigned slot)
{
	const struct unit *unit = &s->units[slot];
	const struct slot_view *view = &s->views[slot];
	struct line_slot *ls = &s->line->slots[slot];
	bool is_first = false;

	ls->done_us = session_now_us();
	/* Where another unit answered in its place, that one's plug is not its own. */
	if (unit->attempt && view->status != STATUS_UNIT_CHANGED)
		job_usb(unit_job(unit), &ls->port);
	ls->is_lost = view->status == STATUS_PORT_GONE || view->status == STATUS_UNIT_CHANGED;
	line_look_result(s, slot);
	forget_verdict(s, slot);
	if (is_counted(s, slot)) {
		if (unit->attempt && view->is_stored && unit->ident.has_mac)
			again_put(unit->attempt->epoch->recipe->again, unit->ident.mac,
				  view->status, &is_first);
		count_result(s, slot, is_first);
	}
	line_locks_result(s, slot);
	tell_full_batch(s);
	if (line_stuck(s, slot) >= LINE_STUCK_MAX)
		session_warn(s, slot,
			     "%s: %d threads are stuck in it, and it takes no more units: unplug "
			     "its hub, then start the station anew",
			     s->slot_names[slot], LINE_STUCK_MAX);
}

/* ---- the wheel ---- */

void line_turn(struct session *s)
{
	line_follow(s);
	line_take_requests(s);
	change_recipe(s);
	line_look(s);
	start_units(s);
}

void line_tick(struct session *s)
{
	line_locks_tick(s);
}

uint64_t line_next_us(const struct session *s)
{
	const uint64_t look_us = line_next_look_us(s);
	uint64_t start_us = s->line->next_start_us;
	bool is_golden;

	/* The tick comes often enough for windows of time; only starts are to be in step. */
	if (s->snapshot.is_draining || count_busy(s) >= s->snapshot.jobs ||
	    next_unit(s, &is_golden) < 0 || start_us <= session_now_us())
		start_us = NEVER;
	return look_us < start_us ? look_us : start_us;
}
