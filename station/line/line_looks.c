/*
 * Slots whose bridge is part of the nest: a unit is seen by its chip (presence.h). line_inside.h.
 *
 * Each glance resets the chip, so a slot is looked at only while nothing else is done with its
 * unit, and never while no unit may be started in it anyway: what is locked, disabled, or drained
 * is left alone.
 */
#include "station/line/line_inside.h"

#include <string.h>

/*
 * Our choices. A board is exchanged by hand in some two seconds. Who stands in its nest over a
 * break is not restarted each other second all the while.
 */
const struct line_look_times line_look_times_usual = {
	.empty_us = 500000,
	.done_us = 2000000,
	.rest_us = 10000000,
	.old_us = 60000000,
	.unsure_us = 250000,
	.apart_us = 50000,
	.fresh_us = 4000000,
};

/* A port that lets nobody look so often in a row is told about, once. */
#define FAILURES_TOLD 5

/* The others take up to half a second longer: engine/lines.c. */
#define SILENCES 4

static const struct line_look_times *times(const struct session *s)
{
	return s->line->setup->look_times ? s->line->setup->look_times : &line_look_times_usual;
}

static uint64_t settle_us(const struct session *s)
{
	return s->line->setup->file->settle_ms * UINT64_C(1000);
}

bool line_is_by_chip(const struct session *s, unsigned slot)
{
	const struct line_slot *ls = &s->line->slots[slot];

	return ls->is_by_chip && ls->here.bridge && !ls->here.bridge->is_native_usb &&
	       ls->here.bridge->reset_count;
}

/* ---- when ---- */

/* A run has the port, or closes it still. */
static bool is_port_used(const struct session *s, unsigned slot)
{
	for (const struct attempt *a = s->attempts; a; a = a->next) {
		if (a->slot == slot && !a->is_closed)
			return true;
	}
	return false;
}

static bool may_look(const struct session *s, unsigned slot)
{
	const struct line_slot *ls = &s->line->slots[slot];
	const struct slot_view *view = &s->views[slot];
	bool golden;

	if (!line_is_by_chip(s, slot) || !ls->here.is_settled || view->is_disabled ||
	    is_port_used(s, slot))
		return false;
	switch (view->state) {
	case SLOT_EMPTY:
	case SLOT_SETTLING:
	case SLOT_WAITING:
		break;
	case SLOT_DONE:
		if (line_waits_for_label(s, slot))
			return false;
		break;
	case SLOT_STARTING:
	case SLOT_OPENING:
	case SLOT_RUNNING:
	case SLOT_STORING:
	case SLOT_NOT_STARTED:
		return false;
	}
	return line_locks_allow(s, slot, &golden);
}

static bool is_line_at_rest(const struct session *s)
{
	return s->snapshot.is_draining || s->snapshot.is_stopping ||
	       !writer_is_sound(s->setup->writer, NULL);
}

/* The one that is due for longest. -1: none may be looked at now. */
static int next_slot(const struct session *s)
{
	const struct line *l = s->line;
	int found = -1;

	for (unsigned i = 0; i < s->count; i++) {
		if (!may_look(s, i) || (l->looks && looks_is_busy(l->looks, i)))
			continue;
		if (found < 0 || l->slots[i].look_us < l->slots[found].look_us)
			found = (int)i;
	}
	return found;
}

uint64_t line_next_look_us(const struct session *s)
{
	const struct line *l = s->line;
	const int slot = is_line_at_rest(s) ? -1 : next_slot(s);
	uint64_t at_us;

	if (slot < 0)
		return NEVER;
	at_us = l->slots[slot].look_us > l->next_look_us ? l->slots[slot].look_us : l->next_look_us;
	/* One that is due has no thread: that ends with a glance, which wakes the owner. */
	return at_us > session_now_us() ? at_us : NEVER;
}

static uint64_t pause_us(const struct session *s, unsigned slot)
{
	const struct line_slot *ls = &s->line->slots[slot];
	const struct line_look_times *t = times(s);

	if (presence_is_unsure(&ls->presence))
		return settle_us(s) < t->unsure_us ? settle_us(s) : t->unsure_us;
	switch (s->views[slot].state) {
	case SLOT_DONE:
		return session_now_us() - ls->done_us < t->old_us ? t->done_us : t->rest_us;
	case SLOT_WAITING:
		return t->done_us;
	case SLOT_EMPTY:
	case SLOT_SETTLING:
	case SLOT_STARTING:
	case SLOT_OPENING:
	case SLOT_RUNNING:
	case SLOT_STORING:
	case SLOT_NOT_STARTED:
		break;
	}
	return t->empty_us;
}

/* ---- what was seen ---- */

/* Who was seen here is shown in another slot as well: that one has to be looked at first, since a
 * unit that was carried over is nobody's twin. */
static void look_for_twins(struct session *s, unsigned slot)
{
	const struct glance *who = &s->line->slots[slot].presence.who;

	for (unsigned i = 0; i < s->count && who->kind == GLANCE_UNIT; i++) {
		if (i != slot && s->views[i].state == SLOT_DONE &&
		    glance_is_same(&s->line->slots[i].presence.who, who))
			s->line->slots[i].look_us = 0;
	}
}

static bool is_waited_for(const struct session *s, unsigned slot)
{
	const struct glance *who = &s->line->slots[slot].presence.who;

	for (unsigned i = 0; i < s->count && who->kind == GLANCE_UNIT; i++) {
		if (i != slot && s->views[i].state == SLOT_WAITING &&
		    glance_is_same(&s->line->slots[i].presence.who, who))
			return true;
	}
	return false;
}

static void arrive(struct session *s, unsigned slot)
{
	line_settle(s, slot);
	look_for_twins(s, slot);
}

static void leave(struct session *s, unsigned slot, const struct presence *now)
{
	line_leave(s, slot);
	s->line->slots[slot].presence = *now;
}

static void take_news(struct session *s, unsigned slot, enum presence_news news)
{
	struct line_slot *ls = &s->line->slots[slot];
	const struct presence now = ls->presence; /* leaving forgets it */

	switch (news) {
	case PRESENCE_SAME:
		break;
	case PRESENCE_COMING:
		if (s->views[slot].state == SLOT_EMPTY)
			line_arrive(s, slot);
		break;
	case PRESENCE_WENT:
	case PRESENCE_LEFT:
		leave(s, slot, &now);
		break;
	case PRESENCE_OTHER:
		leave(s, slot, &now);
		line_arrive(s, slot);
		arrive(s, slot);
		break;
	case PRESENCE_CAME:
		if (s->views[slot].state == SLOT_EMPTY)
			line_arrive(s, slot);
		arrive(s, slot);
		break;
	}
}

static void tell_failure(struct session *s, const struct look *look)
{
	struct line_slot *ls = &s->line->slots[look->slot];

	if (look->status == STATUS_PORT_GONE || look->status == STATUS_CANCELLED)
		return;
	if (++ls->failures == FAILURES_TOLD)
		session_warn(s, look->slot, "%s: nobody can see whether a unit is there: %s",
			     s->slot_names[look->slot], look->err.text);
}

/*
 * The sequence that was answered is the next one too, and one that only made the unit talk is not.
 * Silence speaks against none, because a ROM says something at each start: but a fuse can keep it
 * quiet, so that the others have their turn now and then.
 */
static void choose_reset(struct line_slot *ls, enum glance_kind seen)
{
	if (seen == GLANCE_VOICE || (seen == GLANCE_NOTHING && ++ls->silences % SILENCES == 0))
		ls->reset_at++;
}

static void take_look(struct session *s, const struct look *look)
{
	struct line_slot *ls = &s->line->slots[look->slot];
	const uint64_t now = session_now_us();
	enum presence_news news;

	ls->looked_us = now;
	/* Meanwhile it was disabled or locked, or the nest itself was changed. */
	if (!may_look(s, look->slot) || !arrival_is_same_plug(&look->port, &ls->here.port)) {
		ls->look_us = now + times(s)->empty_us;
		return;
	}
	if (look->status) {
		tell_failure(s, look);
		ls->look_us = now + times(s)->empty_us;
		return;
	}
	ls->failures = 0;
	if (!ls->has_looked && look->seen.kind != GLANCE_NOTHING)
		ls->stood_there = true;
	ls->has_looked = true;
	choose_reset(ls, look->seen.kind);
	if (look->seen.kind != GLANCE_NOTHING)
		ls->seen_us = now;
	/* Nothing there, or somebody else: its MAC may be anywhere else now. */
	if (!glance_is_same(&look->seen, &ls->presence.who) && s->claims &&
	    s->units[look->slot].attempt)
		claims_leave(s->claims, look->slot);
	news = presence_look(&ls->presence, &look->seen, now, settle_us(s));
	take_news(s, look->slot, news);
	ls->look_us = session_now_us() + pause_us(s, look->slot);
}

/* ---- looking ---- */

static struct looks *looks_of(struct session *s)
{
	const struct looks_setup setup = {
		.sysfs_tty = s->setup->sysfs_tty,
		.open_port = s->setup->open_port,
		.stuck_us = s->setup->limits->open_us + s->setup->limits->close_us,
	};
	struct line *l = s->line;
	struct err err;

	if (l->looks || l->has_no_looks)
		return l->looks;
	l->has_no_looks = looks_new(&setup, &l->looks, &err) != STATUS_OK;
	if (l->has_no_looks)
		session_warn(s, SESSION_NO_SLOT, "no unit is seen by its chip: %s", err.text);
	return l->looks;
}

static void begin(struct session *s)
{
	struct line *l = s->line;
	const uint64_t now = session_now_us();
	const int slot = now < l->next_look_us || is_line_at_rest(s) ? -1 : next_slot(s);
	struct line_slot *ls;

	if (slot < 0 || l->slots[slot].look_us > now || !looks_of(s))
		return;
	ls = &l->slots[slot];
	if (looks_begin(l->looks, (unsigned)slot, &ls->here.port,
			ls->here.bridge->resets[ls->reset_at % ls->here.bridge->reset_count]))
		l->next_look_us = now + times(s)->apart_us;
}

void line_look(struct session *s)
{
	struct looks *looks = s->line->looks;
	struct look look;
	unsigned slot;

	while (looks && looks_take(looks, &look))
		take_look(s, &look);
	while (looks && looks_check(looks, session_now_us(), &slot))
		session_warn(s, slot, "%s: its port hangs: no unit is seen there until it lets go",
			     s->slot_names[slot]);
	begin(s);
}

int line_looks_fd(const struct session *s)
{
	return s->line->looks ? looks_fd(s->line->looks) : -1;
}

bool line_is_looking(const struct session *s)
{
	return s->line->looks && looks_at_work(s->line->looks) > 0;
}

bool line_looks_end(struct session *s, uint32_t wait_ms)
{
	if (!looks_free(s->line->looks, wait_ms))
		return false;
	s->line->looks = NULL;
	return true;
}

/* ---- for the rest of the line ---- */

/*
 * Another slot has the same MAC. If that is at work it may have been carried over from there, and
 * its run has to end first; if it shows its result, it has to be looked at. That is not waited for
 * without end: where nobody can look, the claims decide.
 */
static bool has_unseen_twin(const struct session *s, unsigned slot)
{
	const struct line *l = s->line;
	const struct line_slot *ls = &l->slots[slot];

	for (unsigned i = 0; i < s->count && ls->presence.who.kind == GLANCE_UNIT; i++) {
		const struct line_slot *other = &l->slots[i];
		const uint64_t since_us =
			ls->arrived_us > other->done_us ? ls->arrived_us : other->done_us;

		if (i == slot || !glance_is_same(&other->presence.who, &ls->presence.who))
			continue;
		if (s->views[i].state >= SLOT_STARTING && s->views[i].state < SLOT_DONE)
			return true;
		if (s->views[i].state == SLOT_DONE && may_look(s, i) &&
		    other->looked_us < since_us && session_now_us() - since_us < times(s)->fresh_us)
			return true;
	}
	return false;
}

bool line_look_allows(const struct session *s, unsigned slot)
{
	const struct line_slot *ls = &s->line->slots[slot];

	if (!line_is_by_chip(s, slot))
		return true;
	if (s->line->looks && looks_is_busy(s->line->looks, slot))
		return false;
	/* Of one that nobody has heard somebody said that it is there. */
	if (ls->presence.who.kind != GLANCE_NOTHING &&
	    session_now_us() - ls->seen_us > times(s)->fresh_us)
		return false;
	return !has_unseen_twin(s, slot);
}

void line_look_result(struct session *s, unsigned slot)
{
	struct line_slot *ls = &s->line->slots[slot];
	const struct unit *unit = &s->units[slot];
	const enum outcome outcome = status_row(s->views[slot].status)->outcome;
	const bool keeps_silent = outcome != OUTCOME_PASS && outcome != OUTCOME_ABORTED &&
				  !unit->ident.security.secure_download;

	presence_done(&ls->presence, unit->ident.has_mac ? unit->ident.mac : NULL, keeps_silent);
	ls->look_us = is_waited_for(s, slot) ? 0 : session_now_us() + times(s)->done_us;
}

void line_look_force(struct session *s, unsigned slot)
{
	struct line_slot *ls = &s->line->slots[slot];
	struct presence now = ls->presence;

	if (s->views[slot].state != SLOT_EMPTY)
		line_leave(s, slot);
	presence_force(&now);
	line_arrive(s, slot);
	line_settle(s, slot);
	ls->presence = now;
	ls->seen_us = session_now_us();
}
