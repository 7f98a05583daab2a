#include "db/trace/trace_inside.h"

#include "engine/base/status.h"

#include <string.h>

static const char *const state_names[] = {
	[TRACE_PASSED] = "PASSED",     [TRACE_NEEDS_RERUN] = "NEEDS RE-RUN",
	[TRACE_OPEN] = "RUNNING",      [TRACE_SET_ASIDE] = "SET ASIDE",
	[TRACE_NO_RUN_YET] = "NO RUN",
};

const char *trace_state_name(enum trace_state state)
{
	return state_names[state];
}

/* What is being put together; unit->memory holds it all. */
struct work {
	struct db *db;
	struct trace_unit *unit;
	struct trace_memory *m;
	struct trace_recipes recipes;
	struct trace_list runs, events, serials;
};

/* ---- runs ---- */

static const char runs_sql[] =
	"WITH" TRACE_UNIT_RUNS " SELECT " TRACE_RUN_COLUMNS ", about.relation, " TRACE_RUN_SEQ
	" AS seq,"
	" (SELECT max(seq) FROM ledger WHERE ledger.ref = run.run_id AND ledger.kind = 'result')"
	" FROM about CROSS JOIN run ON run.run_id = about.run_id" TRACE_RUN_JOINS
	" ORDER BY seq NULLS LAST, run.start_utc_ms, run.run_id";

static enum status add_run(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct work *w = ctx;
	struct trace_run *run = trace_append(w->m, &w->runs);

	(void)err;
	if (!run)
		return STATUS_OK;
	trace_run_of(w->m, row, run);
	run->relation = (enum trace_relation)sqlite3_column_int(row, TRACE_RUN_COLUMN_COUNT);
	run->seq = sqlite3_column_int64(row, TRACE_RUN_COLUMN_COUNT + 1);
	run->end_seq = sqlite3_column_int64(row, TRACE_RUN_COLUMN_COUNT + 2);
	return STATUS_OK;
}

static void add_serial(struct work *w, const char *serial)
{
	const char **items = w->serials.items, **slot;

	for (size_t i = 0; i < w->serials.count; i++) {
		if (strcmp(items[i], serial) == 0) {
			/* The newest stands last. */
			memmove(items + i, items + i + 1,
				(w->serials.count - i - 1) * sizeof(*items));
			items[w->serials.count - 1] = serial;
			return;
		}
	}
	slot = trace_append(w->m, &w->serials);
	if (slot)
		*slot = serial;
}

static const char *newer(const char *known, const char *now)
{
	return now ? now : known;
}

static void identify(struct work *w, const struct trace_run *run)
{
	struct trace_unit *unit = w->unit;

	if (!unit->first_utc_ms)
		unit->first_utc_ms = run->start_utc_ms;
	unit->last_utc_ms = run->start_utc_ms;
	unit->custom_mac = newer(unit->custom_mac, run->custom_mac);
	unit->chip = newer(unit->chip, run->chip);
	unit->revision = newer(unit->revision, run->revision);
	unit->package = newer(unit->package, run->package);
	unit->flash_id = newer(unit->flash_id, run->flash_id);
	if (run->flash_bytes)
		unit->flash_bytes = run->flash_bytes;
	if (run->serial)
		add_serial(w, run->serial);
}

static enum status replay(struct work *w, size_t at, struct err *err)
{
	const struct trace_run *run = &w->unit->runs[at];
	const struct trace_recipe *recipe;
	enum trace_effect effect =
		trace_effect_of(run->kind, run->outcome, run->code, run->proof, run->has_written);

	if (effect == TRACE_NO_EFFECT)
		return STATUS_OK;
	TRY(trace_recipe_get(w->db, w->m, &w->recipes, run->recipe_digest, &recipe, err));
	trace_flash_add(&w->unit->flash, at, effect, run->proof && strcmp(run->proof, "NONE") != 0,
			recipe, run->detail);
	return w->unit->flash.has_failed ? err_set(err, STATUS_NO_MEMORY, "no memory for the trace")
					 : STATUS_OK;
}

static enum status read_runs(struct work *w, const struct trace_subject *subject, struct err *err)
{
	const char *keys[] = { subject->mac ? subject->mac : "", subject->serial };
	struct trace_unit *unit = w->unit;

	TRY(trace_query(w->db, runs_sql, keys, 2, add_run, w, err));
	TRY(trace_memory_judge(w->m, STATUS_OK, err));
	unit->runs = w->runs.items;
	unit->run_count = w->runs.count;
	for (size_t i = 0; i < unit->run_count; i++) {
		if (unit->runs[i].relation == TRACE_OTHER_MAC)
			continue;
		identify(w, &unit->runs[i]);
		TRY(replay(w, i, err));
	}
	unit->serials = w->serials.items;
	unit->serial_count = w->serials.count;
	return trace_memory_judge(w->m, STATUS_OK, err);
}

/* ---- events ---- */

static enum status read_events(struct work *w, struct err *err)
{
	const struct trace_unit *unit = w->unit;

	for (size_t i = 0; i < unit->run_count; i++) {
		struct trace_event *e = trace_append(w->m, &w->events);

		if (!e)
			return trace_memory_judge(w->m, STATUS_OK, err);
		*e = (struct trace_event){
			.kind = TRACE_EVENT_RUN,
			.utc_ms = unit->runs[i].start_utc_ms,
			.seq = unit->runs[i].seq,
			.run = &unit->runs[i],
			.run_id = unit->runs[i].run_id,
		};
		if (unit->runs[i].relation != TRACE_OTHER_MAC)
			TRY(trace_events_of_run(w->db, w->m, unit->runs[i].run_id, &w->events,
						err));
	}
	if (unit->mac) {
		TRY(trace_events_of_unit(w->db, w->m, unit->mac, &w->events, err));
		TRY(trace_events_of_value(w->db, w->m, unit->mac, &w->events, err));
	}
	for (size_t i = 0; i < unit->serial_count; i++)
		TRY(trace_events_of_value(w->db, w->m, unit->serials[i], &w->events, err));
	TRY(trace_memory_judge(w->m, STATUS_OK, err));
	trace_events_sort(w->events.items, w->events.count);
	return STATUS_OK;
}

/* The newest disposition, before the window hides it. */
static void find_disposition(struct work *w)
{
	const struct trace_event *events = w->events.items;

	for (size_t i = w->events.count; i-- > 0;) {
		if (events[i].kind != TRACE_EVENT_DISPOSITION)
			continue;
		if (strcmp(events[i].code, "RELEASED") != 0) {
			struct trace_event *copy = trace_take(w->m, sizeof(*copy));

			if (copy)
				*copy = events[i];
			w->unit->disposition = copy;
		}
		return;
	}
}

static void apply_window(struct work *w, const struct trace_window *window)
{
	struct trace_event *events = w->events.items;
	size_t kept = 0, first = 0;

	for (size_t i = 0; i < w->events.count; i++) {
		if (window->has_since && events[i].utc_ms < window->since_utc_ms)
			continue;
		if (window->has_until && events[i].utc_ms >= window->until_utc_ms)
			continue;
		events[kept++] = events[i];
	}
	if (window->last && kept > window->last)
		first = kept - (size_t)window->last;
	w->unit->events = events ? events + first : NULL;
	w->unit->event_count = kept - first;
	w->unit->events_left_out = w->events.count - w->unit->event_count;
}

/* ---- how it stands ---- */

/* Refused by a rule of the factory or of the line before anything was done to the unit. */
static bool is_refused(const struct trace_run *run)
{
	for (int st = STATUS_ALREADY_PASSED; run->code && st <= STATUS_UNIT_DATA_BAD; st++)
		if (strcmp(run->code, status_code((enum status)st)) == 0)
			return true;
	return false;
}

/* REWORK lets a unit through once more: a flash run that passed since has used it up, as the guard
 * ALREADY_PASSED sees it. A verify run has not. */
static bool is_used_up(const struct trace_unit *unit, const struct trace_event *disposition)
{
	bool is_used = false;

	for (size_t i = 0; i < unit->run_count; i++) {
		const struct trace_run *run = &unit->runs[i];

		is_used = is_used ||
			  (run->relation != TRACE_OTHER_MAC && run->outcome &&
			   strcmp(run->outcome, "PASS") == 0 && strcmp(run->kind, "FLASH") == 0 &&
			   run->end_seq > disposition->seq);
	}
	return is_used && strcmp(disposition->code, "REWORK") == 0;
}

static void judge(struct trace_unit *unit)
{
	unit->state_by_runs = TRACE_NO_RUN_YET;
	for (size_t i = unit->run_count; i-- > 0;) {
		const struct trace_run *run = &unit->runs[i];
		bool is_pass = run->outcome && strcmp(run->outcome, "PASS") == 0;

		/* A golden run tells how the station stands. */
		if (run->relation == TRACE_OTHER_MAC || run->purpose || is_refused(run))
			continue;
		if (is_pass && !unit->last_pass)
			unit->last_pass = run;
		if (unit->deciding)
			continue;
		unit->deciding = run;
		unit->state_by_runs = !run->outcome ? TRACE_OPEN
				      : is_pass     ? TRACE_PASSED
						    : TRACE_NEEDS_RERUN;
	}
	if (unit->disposition && is_used_up(unit, unit->disposition))
		unit->disposition = NULL;
	unit->state = unit->disposition ? TRACE_SET_ASIDE : unit->state_by_runs;
}

static enum status make(struct work *w, const struct trace_subject *subject,
			const struct trace_window *window, struct err *err)
{
	w->unit->mac = trace_text(w->m, subject->mac);
	TRY(read_runs(w, subject, err));
	TRY(read_events(w, err));
	find_disposition(w);
	judge(w->unit);
	TRY(trace_warn(w->db, w->m, w->unit, w->events.items, w->events.count, err));
	apply_window(w, window);
	return trace_memory_judge(w->m, STATUS_OK, err);
}

enum status trace_unit(struct db *db, const struct trace_subject *subject,
		       const struct trace_window *window, struct trace_unit *unit, struct err *err)
{
	struct work w = {
		.db = db,
		.unit = unit,
		.runs.item_bytes = sizeof(struct trace_run),
		.events.item_bytes = sizeof(struct trace_event),
		.serials.item_bytes = sizeof(const char *),
	};

	*unit = (struct trace_unit){ .memory = trace_memory_new() };
	w.m = unit->memory;
	TRY(trace_memory_judge(w.m, STATUS_OK, err));
	TRY(sql_exec(db, "BEGIN", err));
	enum status st = make(&w, subject, window, err);
	sqlite3_exec(db->sql, "COMMIT", NULL, NULL, NULL);
	return st;
}

void trace_unit_release(struct trace_unit *unit)
{
	trace_flash_release(&unit->flash);
	trace_memory_free(unit->memory);
	*unit = (struct trace_unit){ 0 };
}
