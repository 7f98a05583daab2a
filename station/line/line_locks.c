/* Lockouts, as a line asks for them: line_inside.h. */
#include "station/line/line_inside.h"

#include "station/line/hooks.h"
#include "station/line/locks.h"
#include "station/line/scanner.h"

#include <stdio.h>
#include <string.h>

/* ---- beginning and end ---- */

/* What the records say of a slot, or somebody has overridden as a lock. */
static void watch_disabled(struct session *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		const char *why = locks_disabled(s->line->locks, i);
		struct said said;

		if ((why != NULL) == s->views[i].is_disabled)
			continue;
		line_put_off(s, i, why);
		if (!why)
			continue; /* whoever overrode it was told */
		said_set(&said, SAID_LOCKED, "%s" SAID_NEXT "%s",
			 lock_row(LOCK_SLOT_DISABLED)->code, why);
		line_notice(s, (int)i, &said, NULL, false);
	}
}

void line_locks_slots(struct session *s)
{
	if (!s->line->locks)
		return;
	locks_slots_came(s->line->locks);
	watch_disabled(s);
}

enum status line_locks_begin(struct session *s, struct err *err)
{
	struct line *l = s->line;
	const struct locks_setup setup = {
		.rules = &l->setup->file->lockouts,
		.writer = s->setup->writer,
		.db_path = s->setup->db_path,
		.slot_names = s->slot_names,
		.slots = s->room,
		.recipe_digest = s->epoch->order.plan->digest_text,
	};

	TRY(locks_new(&setup, &l->locks, err));
	watch_disabled(s);
	s->snapshot.lock_count = locks_view(l->locks, l->locked);
	return STATUS_OK;
}

void line_locks_end(struct line *l)
{
	locks_free(l->locks);
	l->locks = NULL;
}

void line_locks_recipe(struct session *s)
{
	if (s->line->locks)
		locks_recipe(s->line->locks, s->epoch->order.plan->digest_text);
}

/* ---- what has changed ---- */

static void tell_lock(struct session *s, const struct lock_change *change)
{
	const struct lock_view *view = &change->view;
	struct said said;
	const struct event e = {
		.kind = change->has_begun ? EVENT_LOCKED : EVENT_UNLOCKED,
		.slot = view->slot >= 0 && (size_t)view->slot < s->count ? &s->views[view->slot]
									 : NULL,
		.lock = view,
		.text = change->has_begun ? NULL : change->how,
	};

	if (lock_row(change->code)->is_shown_by_slot)
		return; /* told as what somebody asked for */
	said_set(&said, change->has_begun ? SAID_LOCKED : SAID_UNLOCKED, "%s" SAID_NEXT "%s",
		 view->code, change->has_begun ? view->detail : change->how);
	line_notice(s, view->slot, &said, NULL, false);
	session_tell_event(s, &e);
}

static void watch_locks(struct session *s)
{
	struct line *l = s->line;
	struct lock_change change;

	while (locks_next_change(l->locks, &s->snapshot, &change)) {
		s->snapshot.lock_count = locks_view(l->locks, l->locked);
		tell_lock(s, &change);
	}
	s->snapshot.lock_count = locks_view(l->locks, l->locked);
}

static void watch_hooks(struct session *s)
{
	char text[300];

	while (hooks_next_trouble(s->line->setup->hooks, text, sizeof(text)))
		session_warn(s, SESSION_NO_SLOT, "%s", text);
}

static void watch_scanner(struct session *s)
{
	char text[300];

	while (scanner_next_news(s->line->setup->scanner, text, sizeof(text)))
		session_warn(s, SESSION_NO_SLOT, "%s", text);
}

/* Nothing can be recorded any more: whoever looks shall know why no unit is started. */
static void watch_records(struct session *s)
{
	struct err err;

	err_clear(&err);
	if (!writer_is_sound(s->setup->writer, &err))
		locks_begin(s->line->locks, LOCK_RECORDS_FAILED, -1, err.text);
}

void line_locks_tick(struct session *s)
{
	const struct line *l = s->line;

	if (l->setup->labels)
		line_watch_labels(s);
	if (l->setup->hooks)
		watch_hooks(s);
	if (l->setup->scanner)
		watch_scanner(s);
	if (l->locks) {
		watch_records(s);
		watch_locks(s);
		watch_disabled(s);
	}
}

/* ---- units ---- */

bool line_locks_allow(const struct session *s, unsigned slot, bool *golden)
{
	*golden = false;
	return !s->line->locks || locks_allow(s->line->locks, slot, golden);
}

void line_locks_result(struct session *s, unsigned slot)
{
	const struct line *l = s->line;
	const struct slot_view *view = &s->views[slot];

	if (l->locks)
		locks_result(l->locks, &s->snapshot, view);
	if (l->setup->labels && view->is_stored && view->status == STATUS_OK && !view->is_golden)
		line_print_label(s, slot);
}
