/* Who is in which slot: line.h. */
#include "station/line/line_inside.h"

#include "station/line/finished.h"

#include <stdio.h>
#include <string.h>

/*
 * A bridge has its own supply and stays while its unit restarts: when it is gone, the unit is. A
 * short time is left for a hub that loses it for a moment. Our choice.
 */
#define GONE_BRIDGE_US UINT64_C(400000)
/* A chip's own USB vanishes at each restart, and comes back within 3 s at most
 * (station/select.h). */
#define GONE_NATIVE_US UINT64_C(3500000)
/*
 * The loader in silicon (USB-Serial/JTAG) stays on USB until the application takes the port over,
 * which then comes at once: hands take longer. Our choice.
 */
#define TAKES_OVER_US UINT64_C(1500000)
/* One that vanishes so soon after its verdict was restarted; later it was taken out. */
#define RESTART_US UINT64_C(1500000)

/* ---- visits ---- */

static void tell(struct session *s, enum event_kind kind, unsigned slot)
{
	session_tell(s, kind, slot);
}

/* Nothing of the unit stays but what the slot counts. */
static void empty_slot(struct session *s, unsigned slot)
{
	struct slot_view *view = &s->views[slot];
	struct line_slot *ls = &s->line->slots[slot];
	struct slot_view kept = *view;
	struct port place = { 0 };

	session_part_with(s, slot);
	memcpy(place.slot, ls->port.slot, sizeof(place.slot));
	ls->port = place;
	ls->done_us = ls->gone_us = 0;
	ls->is_lost = ls->is_golden = ls->has_restarted = false;
	presence_clear(&ls->presence);
	ls->stood_there = false;
	ls->look_us = 0;
	s->units[slot] = (struct unit){ .port = &ls->port, .deadline_us = NEVER };
	*view = (struct slot_view){
		.number = kept.number,
		.port = &ls->port,
		.bridge = "",
		.state = SLOT_EMPTY,
		.ident = &s->units[slot].ident,
		.start_way = "",
		.detail = kept.is_disabled ? ls->off : "",
		.left_s = -1,
		.visit = kept.visit,
		.is_disabled = kept.is_disabled,
		.will_retest = kept.will_retest,
		.past_count = kept.past_count,
		.units = kept.units,
		.passed = kept.passed,
		.failed_in_row = kept.failed_in_row,
	};
	memcpy(view->short_name, kept.short_name, sizeof(view->short_name));
	memcpy(view->past, kept.past, sizeof(view->past));
}

static void keep_past(struct session *s, unsigned slot)
{
	struct slot_view *view = &s->views[slot];
	struct slot_past *past = &view->past[0];

	memmove(&view->past[1], past, (SLOT_PAST_MAX - 1) * sizeof(*past));
	*past = (struct slot_past){
		.visit = view->visit,
		.end_utc_ms = clock_utc_ms() -
			      (int64_t)((session_now_us() - s->line->slots[slot].done_us) / 1000),
		.status = view->status,
		.took_us = view->elapsed_us,
	};
	if (view->ident->has_mac)
		mac_text(view->ident->mac, past->mac);
	memcpy(past->serial, view->serial, sizeof(past->serial));
	memcpy(past->run_id, view->run_id, sizeof(past->run_id));
	if (view->past_count < SLOT_PAST_MAX)
		view->past_count++;
}

void line_leave(struct session *s, unsigned slot)
{
	struct slot_view *view = &s->views[slot];
	const bool has_arrived = view->state != SLOT_SETTLING;

	if (view->state == SLOT_DONE)
		keep_past(s, slot);
	session_take_event(s, slot, SLOT_LEAVE);
	line_label_left(s, slot);
	empty_slot(s, slot);
	if (has_arrived)
		tell(s, EVENT_LEFT, slot);
}

void line_put_off(struct session *s, unsigned slot, const char *why)
{
	struct line_slot *ls = &s->line->slots[slot];
	struct slot_view *view = &s->views[slot];

	view->is_disabled = why != NULL;
	snprintf(ls->off, sizeof(ls->off), "%s", why ? why : "");
	if (why && (view->state == SLOT_SETTLING || view->state == SLOT_WAITING))
		line_leave(s, slot);
	if (view->state == SLOT_EMPTY)
		view->detail = why ? ls->off : "";
}

static void take_port(struct session *s, unsigned slot)
{
	struct line_slot *ls = &s->line->slots[slot];

	ls->port = ls->here.port;
	s->units[slot].port = &ls->port;
	s->units[slot].bridge = ls->here.bridge;
	session_prepare_unit(s, slot);
}

void line_arrive(struct session *s, unsigned slot)
{
	take_port(s, slot);
	session_take_event(s, slot, SLOT_ARRIVE);
}

void line_settle(struct session *s, unsigned slot)
{
	struct line *l = s->line;
	struct slot_view *view = &s->views[slot];

	take_port(s, slot); /* its bridge may have named its part meanwhile */
	l->slots[slot].arrived_us = session_now_us();
	session_take_event(s, slot, SLOT_SETTLE);
	view->visit++;
	if (l->bound_serial[0] && !view->serial[0]) {
		memcpy(view->serial, l->bound_serial, sizeof(view->serial));
		l->bound_serial[0] = '\0';
		s->snapshot.bound_serial = NULL;
	}
	tell(s, EVENT_ARRIVED, slot);
}

/* ---- is it still the same unit? ---- */

static uint64_t gone_limit_us(const struct unit *unit)
{
	return unit->bridge->is_native_usb ? GONE_NATIVE_US : GONE_BRIDGE_US;
}

/* What has come shows a MAC: is it this unit's? Where the run learned none, what its port showed.
 */
static bool is_mac_of(const struct unit *unit, const struct port *was,
		      const uint8_t mac[static MAC_BYTES])
{
	uint8_t own[MAC_BYTES];

	if (unit->ident.has_mac)
		return memcmp(mac, unit->ident.mac, MAC_BYTES) == 0;
	return bridge_port_mac(was, own) && memcmp(mac, own, MAC_BYTES) == 0;
}

/*
 * Another plug stands where the unit was: is it the same unit after its restart? In doubt it is
 * another one: that costs a look at its MAC, which tells.
 */
static bool is_same_unit(const struct session *s, unsigned slot)
{
	const struct line_slot *ls = &s->line->slots[slot];
	const struct unit *unit = &s->units[slot];
	/* Gone for less than a look at the slots takes: it left when it came. */
	const uint64_t left_us = ls->gone_us ? ls->gone_us : ls->here.since_us;
	const bool is_late = left_us > ls->done_us + RESTART_US;
	const bool is_long = ls->here.since_us > left_us + TAKES_OVER_US;
	uint8_t mac[MAC_BYTES];

	if (!unit->bridge->is_native_usb || !ls->here.has_port || !ls->here.bridge->is_native_usb)
		return false;
	/* One that finds nothing to start comes and goes for ever, but never goes for long: that
	 * was somebody who wants it run again. */
	if (bridge_port_mac(&ls->here.port, mac))
		return is_mac_of(unit, &ls->port, mac) && !(is_late && is_long);
	/* A loader in ROM that waits: no application that was started looks like that. */
	if (ls->here.bridge->is_usb_otg && !ls->here.bridge->is_application)
		return false;
	if (is_late || (is_long && !unit->bridge->is_usb_otg))
		return false;
	return !ls->has_restarted && ls->here.since_us < ls->done_us + GONE_NATIVE_US;
}

static void follow_done(struct session *s, unsigned slot)
{
	struct line_slot *ls = &s->line->slots[slot];
	struct slot_view *view = &s->views[slot];
	const struct unit *unit = &s->units[slot];
	const uint64_t now = session_now_us();

	/* Of a unit that its job saw leave that may be an old look, or its driver's hiccup. */
	if (ls->here.is_there && arrival_is_same_plug(&ls->here.port, &ls->port)) {
		view->is_gone = false;
		ls->has_restarted |= ls->here.has_port && ls->here.bridge->is_application;
		ls->gone_us = 0;
		return;
	}
	if (line_waits_for_label(s, slot)) {
		view->is_gone = !ls->here.is_there;
		return;
	}
	if (ls->here.is_there) {
		if (!ls->is_lost && view->state == SLOT_DONE && is_same_unit(s, slot)) {
			ls->port.usb_bus = ls->here.port.usb_bus;
			ls->port.usb_device = ls->here.port.usb_device;
			ls->port.usb_plug = ls->here.port.usb_plug;
			ls->has_restarted |= ls->here.bridge->is_application;
			ls->gone_us = 0;
			view->is_gone = false;
		} else {
			line_leave(s, slot);
		}
		return;
	}
	ls->gone_us = ls->here.since_us;
	/* Nothing stands there. Its MAC may be anywhere else now. */
	if (s->claims && unit->attempt)
		claims_leave(s->claims, slot);
	if (now - ls->here.since_us < gone_limit_us(unit))
		return;
	/* What its job saw leave, and what may live on without USB, is shown until another comes.
	 */
	if (view->state == SLOT_DONE &&
	    (ls->is_lost ||
	     (unit->bridge->is_native_usb && ls->here.since_us < ls->done_us + RESTART_US)))
		view->is_gone = true;
	else
		line_leave(s, slot);
}

static void follow(struct session *s, unsigned slot)
{
	struct line_slot *ls = &s->line->slots[slot];

	switch (s->views[slot].state) {
	case SLOT_EMPTY:
		if (!ls->here.has_port || s->views[slot].is_disabled || line_is_by_chip(s, slot))
			break;
		line_arrive(s, slot);
		if (ls->here.is_settled)
			line_settle(s, slot);
		break;
	case SLOT_SETTLING:
		if (!ls->here.has_port)
			line_leave(s, slot);
		else if (ls->here.is_settled && !line_is_by_chip(s, slot))
			line_settle(s, slot);
		break;
	case SLOT_WAITING:
		if (!ls->here.has_port || !arrival_is_same_plug(&ls->here.port, &ls->port))
			line_leave(s, slot);
		break;
	case SLOT_DONE:
	case SLOT_NOT_STARTED:
		follow_done(s, slot);
		break;
	case SLOT_STARTING:
	case SLOT_OPENING:
	case SLOT_RUNNING:
	case SLOT_STORING:
		break; /* its job follows its port */
	}
}

bool line_was_there(const struct session *s, unsigned slot)
{
	const struct line_slot *ls = &s->line->slots[slot];

	if (line_is_by_chip(s, slot))
		return ls->stood_there;
	return (ls->first.is_usb && arrival_is_same_plug(&ls->first, &ls->port)) ||
	       ls->here.since_us < FINISHED_BOOT_US;
}

/* ---- all of them ---- */

static enum slot_presence presence_of(const struct station_file *f, unsigned number)
{
	for (size_t i = 0; i < f->slot_count; i++) {
		if (f->slots[i].number == number)
			return f->slots[i].presence;
	}
	return f->presence;
}

static void add_slot(struct session *s, unsigned slot)
{
	struct line_slot *ls = &s->line->slots[slot];

	arrivals_take(s->line->setup->arrivals, slot, &ls->here);
	if (!s->pool && ls->here.has_port)
		ls->first = ls->here.port;
	memcpy(ls->port.slot, ls->here.port.slot, sizeof(ls->port.slot));
	s->slot_names[slot] = ls->port.slot;
	s->views[slot].number = arrivals_number(s->line->setup->arrivals, slot);
	ls->is_by_chip =
		presence_of(s->line->setup->file, s->views[slot].number) == PRESENCE_BY_CHIP;
	empty_slot(s, slot);
}

void line_follow(struct session *s)
{
	struct arrivals *a = s->line->setup->arrivals;
	const size_t count = arrivals_slots(a);
	const bool has_more = s->count < count;

	while (s->count < count)
		add_slot(s, (unsigned)s->count++);
	s->snapshot.slot_count = s->count;
	if (has_more) {
		snapshot_name_slots(s->views, s->count);
		line_locks_slots(s);
	}
	if (!s->pool)
		return; /* the session begins: nobody is to be told yet */
	for (unsigned i = 0; i < s->count; i++) {
		struct arrival here;

		if (arrivals_take(a, i, &here))
			s->line->slots[i].here = here;
		follow(s, i);
	}
}
