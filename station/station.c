#include "station/session.h"

#include "station/line/line_inside.h"
#include "station/textbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A bridge that does not answer its control transfers fails to open after 3 to 4 s, a
 * slow one needs several of up to 5 s each; its close can take 45 s
 * (docs/serial-ports.md, wedged bridges). A job whose limit has passed still restarts
 * its unit before it gives its verdict.
 */
const struct station_limits station_limits_usual = {
	.open_us = 20000000,
	.busy_us = 5000000, /* our choice: ModemManager looks at a new port for some seconds */
	.verdict_us = 5000000,
	.stop_us = 2500000,
	.stop_again_us = 300000,
	.close_us = 2000000,
	.store_us = 5000000,
	.plant_us = 2000000, /* our choice; what is left goes out with the next session */
};

#define PLANT_LOOK_MS 20

/* For the threads to end, at the very end. */
#define END_GRACE_MS 200
/* One that looks at a chip still restarts it into its application: engine/glance.h. */
#define LOOKS_GRACE_MS 2000

uint64_t session_now_us(void)
{
	return clock_now_us(&clock_monotonic);
}

void session_tell_event(struct session *s, const struct event *e)
{
	s->snapshot.elapsed_us = session_now_us() - s->start_us;
	s->setup->view.event(s->setup->view.ctx, &s->snapshot, e);
}

void session_tell(struct session *s, enum event_kind kind, unsigned slot)
{
	const struct event e = { .kind = kind, .slot = &s->views[slot] };

	session_tell_event(s, &e);
}

void session_warn(struct session *s, unsigned slot, const char *format, ...)
{
	const bool has_slot = slot != SESSION_NO_SLOT;
	char text[ERR_TEXT_BYTES];
	const struct event e = { .kind = EVENT_WARNING,
				 .slot = has_slot ? &s->views[slot] : NULL,
				 .text = text };
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_clean(text);
	if (s->line) {
		struct said said;

		said_set(&said, SAID_TEXT, "%s", text);
		line_notice(s, has_slot ? (int)slot : -1, &said, NULL, false);
	}
	session_tell_event(s, &e);
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

void session_count_batch(struct session *s)
{
	struct snapshot *view = &s->snapshot;

	view->has_batch_count =
		s->epoch->order.guards &&
		guards_batch_count(s->epoch->order.guards, &view->batch_passed, &view->batch_of);
}

void session_watch_plant(struct session *s)
{
	const struct event e = { .kind = EVENT_PLANT };
	struct plant_state *shown = &s->snapshot.plant;
	struct plant_state now;
	bool has_changed;

	if (!s->setup->plant)
		return;
	s->setup->plant->state(s->setup->plant->ctx, &now);
	has_changed = now.is_connected != shown->is_connected ||
		      strcmp(now.trouble, shown->trouble) != 0 ||
		      strcmp(now.alarm, shown->alarm) != 0;
	*shown = now;
	text_clean(shown->trouble);
	text_clean(shown->alarm);
	if (has_changed)
		session_tell_event(s, &e);
}

/* The last results have just been stored: they may still reach the plant. */
static void settle_plant(struct session *s)
{
	const struct event e = { .kind = EVENT_PLANT };
	struct deadline d = deadline_after_us(&clock_monotonic, s->setup->limits->plant_us);

	if (!s->setup->plant)
		return;
	if (!s->stop_requests && s->setup->limits->plant_us)
		clock_sleep_ms(&clock_monotonic, PLANT_LOOK_MS); /* to see what was stored last */
	session_watch_plant(s);
	while (s->snapshot.plant.is_connected && s->snapshot.plant.pending && !s->stop_requests &&
	       !deadline_passed(d)) {
		clock_sleep_ms(&clock_monotonic, PLANT_LOOK_MS);
		session_watch_plant(s);
	}
	session_tell_event(s, &e);
}

void session_dismiss_waiting(struct session *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		if (s->views[i].state == SLOT_WAITING)
			session_take_event(s, i, SLOT_DISMISS);
	}
}

/* ---- units and their jobs ---- */

/* The rate that the first guess of the seconds left is made with. A chip's own USB has none;
 * some 200 KB/s get through it, which is what this rate would carry. */
static uint32_t first_guess(const struct link_profile *link)
{
	if (link->is_native_usb)
		return 2000000;
	return link->rate_count ? link->rates[0] : 115200;
}

void session_prepare_unit(struct session *s, unsigned slot)
{
	const struct job_order *order = &s->epoch->order;
	const struct plan *plan = order->plan;
	struct slot_view *view = &s->views[slot];
	struct unit *unit = &s->units[slot];

	unit->link = bridge_link(unit->bridge, plan);
	unit->deadline_us = NEVER;
	unit->expected_s = 0;
	if (order->kind == FLASH_RUN_FLASH)
		unit->expected_s = flasher_expected_s(&plan->flash, first_guess(&unit->link),
						      plan->flash.stub != STUB_NEVER);
	if (unit->start) {
		const struct flash_way best = memory_best_way(&unit->link, &plan->flash);

		memory_way_text(unit->start, &best, unit->start_way);
	}
	view->port = unit->port;
	view->bridge = unit->bridge->name;
	view->ident = &unit->ident;
	view->detail = unit->detail;
	view->start_way = unit->start_way;
	view->left_s = -1;
}

/* Nothing of it is at work any more, and nobody looks at its report. */
static void free_if_over(struct session *s, struct attempt *attempt)
{
	struct attempt **link = &s->attempts;

	if (attempt->is_current || !attempt->is_closed || attempt->is_at_writer)
		return;
	while (*link != attempt)
		link = &(*link)->next;
	*link = attempt->next;
	attempt->epoch->users--;
	job_release(attempt->job);
	free(attempt);
	if (s->line)
		line_free_epochs(s);
}

void session_part_with(struct session *s, unsigned slot)
{
	struct attempt *attempt = s->units[slot].attempt;

	if (!attempt)
		return;
	if (s->claims)
		claims_leave(s->claims, slot);
	s->units[slot].attempt = NULL;
	attempt->is_current = false;
	free_if_over(s, attempt);
}

void session_heard_last(struct session *s, struct attempt *attempt)
{
	free_if_over(s, attempt);
}

/* ---- beginning and end ---- */

static enum status make_room(struct session *s, size_t room, struct err *err)
{
	s->room = room;
	s->units = calloc(room, sizeof(*s->units));
	s->views = calloc(room, sizeof(*s->views));
	s->slot_names = calloc(room, sizeof(*s->slot_names));
	s->facts = queue_new(room * (s->setup->line ? 1 + LINE_STUCK_MAX : 1));
	if (s->setup->kind != FLASH_RUN_IDENTIFY)
		s->claims = claims_new(room);
	if (!s->units || !s->views || !s->slot_names || !s->facts ||
	    (s->setup->kind != FLASH_RUN_IDENTIFY && !s->claims))
		return err_set(err, STATUS_NO_MEMORY, "no memory for %zu slots", room);
	for (size_t i = 0; i < room; i++)
		s->slot_names[i] = "";
	return STATUS_OK;
}

struct job_order session_order(const struct session *s)
{
	return (struct job_order){
		.kind = s->setup->kind,
		.writer = s->setup->writer,
		.facts = s->facts,
		.claims = s->claims,
		.slot_names = s->slot_names,
		.sysfs_tty = s->setup->sysfs_tty,
		.busy_us = s->setup->limits->busy_us,
		.open_port = s->setup->open_port,
	};
}

/* Of chosen ports: what every unit is done with is the caller's. */
static enum status lend_epoch(struct session *s, struct err *err)
{
	s->epoch = calloc(1, sizeof(*s->epoch));
	if (!s->epoch)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the session");
	s->epoch->order = session_order(s);
	s->epoch->order.plan = s->setup->plan;
	s->epoch->order.batch = s->setup->batch;
	s->epoch->order.guards = s->setup->guards;
	s->epoch->order.numbers = s->setup->numbers;
	return STATUS_OK;
}

static void fill_views(struct session *s)
{
	const struct station_setup *setup = s->setup;

	s->count = setup->place_count;
	for (unsigned i = 0; i < s->count; i++) {
		const struct station_place *place = &setup->places[i];
		struct unit *unit = &s->units[i];

		unit->port = place->port;
		unit->bridge = place->bridge;
		unit->start = place->has_start ? &place->start : NULL;
		s->slot_names[i] = place->port->slot;
		s->views[i] = (struct slot_view){ .number = i + 1, .state = SLOT_WAITING };
		session_prepare_unit(s, i);
	}
	snapshot_name_slots(s->views, s->count);
}

static enum status set_up(struct session *s, struct err *err)
{
	const struct station_setup *setup = s->setup;

	TRY(make_room(s, setup->line ? STATION_SLOTS_MAX : setup->place_count, err));
	s->start_us = session_now_us();
	s->snapshot = (struct snapshot){
		.kind = setup->kind,
		.plan = setup->plan,
		.products = setup->products,
		.db_path = setup->db_path,
		.operator_name = setup->operator_name,
		.batch = setup->batch,
		.reason = setup->reason,
		.serial = setup->serial,
		.has_plant = setup->plant != NULL,
		.slots = s->views,
		.jobs = setup->jobs,
		.left_s = -1,
	};
	if (setup->line) {
		TRY(line_begin(s, err));
	} else {
		TRY(lend_epoch(s, err));
		fill_views(s);
	}
	s->snapshot.slot_count = s->count;
	return pool_new(setup->jobs, &s->pool, err);
}

static enum exit_code exit_code_of(const struct session *s)
{
	struct snapshot_counts counts = snapshot_count(&s->snapshot);

	if (s->stop_requests)
		return EXIT_CODE_INTERRUPTED;
	if (s->has_failed)
		return EXIT_CODE_STATION;
	if (s->line)
		return EXIT_CODE_PASSED;
	return counts.not_passed || counts.not_started ? EXIT_CODE_UNITS : EXIT_CODE_PASSED;
}

bool station_reap(struct session *s, uint32_t wait_ms)
{
	struct fact fact;

	if (!s)
		return true;
	if (s->line && !line_looks_end(s, wait_ms ? LOOKS_GRACE_MS : 0))
		return false;
	if (pool_free(s->pool, wait_ms) > 0)
		return false;
	s->pool = NULL;
	while (s->facts && queue_take(s->facts, &fact))
		s->stores -= fact.kind == FACT_STORED;
	if (s->stores)
		return false;
	while (s->attempts) {
		struct attempt *attempt = s->attempts;

		s->attempts = attempt->next;
		job_release(attempt->job);
		free(attempt);
	}
	if (s->setup->line)
		line_end(s);
	else
		free(s->epoch);
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

		session_count_batch(s);
		session_tell_event(s, &start);
		session_loop(s);
		settle_plant(s);
		*exit_code = exit_code_of(s);
		end.exit_code = *exit_code;
		session_tell_event(s, &end);
	}
	if (!station_reap(s, END_GRACE_MS))
		*stuck = s;
	return st;
}
