/* What somebody who reads the trace of a unit must not overlook. */
#include "db/trace/trace_inside.h"

#include "db/lock.h"
#include "engine/base/bytes.h"
#include "engine/base/status.h"

#include <string.h>

struct warning_list {
	struct trace_memory *m;
	struct trace_list list;
};

static void warn(struct warning_list *l, const char *code, const char *detail,
		 const struct trace_run *run)
{
	struct trace_warning *w = trace_append(l->m, &l->list);

	if (w)
		*w = (struct trace_warning){ .code = code, .detail = detail, .run = run };
}

static void warn_of_duplicate(struct warning_list *l, const struct trace_unit *unit)
{
	for (size_t i = unit->run_count; i-- > 0;) {
		if (unit->runs[i].relation == TRACE_OWN && unit->runs[i].is_duplicate_mac) {
			warn(l, "DUPLICATE_MAC", NULL, &unit->runs[i]);
			return;
		}
	}
}

static bool is_told_later(const struct trace_unit *unit, size_t at)
{
	for (size_t i = at + 1; i < unit->run_count; i++)
		if (unit->runs[i].relation == TRACE_OTHER_MAC &&
		    strcmp(unit->runs[i].mac, unit->runs[at].mac) == 0)
			return true;
	return false;
}

/* Once for each other MAC, about its newest run. */
static void warn_of_serials(struct warning_list *l, const struct trace_unit *unit)
{
	char all[200] = "";

	for (size_t i = 0; i < unit->run_count; i++)
		if (unit->runs[i].relation == TRACE_OTHER_MAC && !is_told_later(unit, i))
			warn(l, "SERIAL_ELSEWHERE", unit->runs[i].mac, &unit->runs[i]);
	if (unit->serial_count < 2)
		return;
	for (size_t i = 0; i < unit->serial_count; i++)
		text_append(all, sizeof(all), ", ", unit->serials[i]);
	warn(l, "SEVERAL_SERIALS", trace_text(l->m, all), NULL);
}

static void warn_of_clock(struct warning_list *l, const struct trace_unit *unit)
{
	for (size_t i = 1; i < unit->run_count; i++) {
		if (unit->runs[i].seq &&
		    unit->runs[i].start_utc_ms < unit->runs[i - 1].start_utc_ms) {
			warn(l, "CLOCK_WENT_BACK", NULL, &unit->runs[i]);
			return;
		}
	}
}

static void warn_of_strangers(struct warning_list *l, const struct trace_unit *unit)
{
	for (size_t i = 0; i < unit->run_count; i++)
		if (!unit->runs[i].seq)
			warn(l, "NOT_IN_LEDGER", unit->runs[i].run_id, &unit->runs[i]);
}

static void warn_of_flash(struct warning_list *l, const struct trace_unit *unit)
{
	for (size_t i = 0; i < unit->flash.count; i++) {
		if (unit->flash.items[i].carry == TRACE_UNCERTAIN) {
			warn(l, "UNCERTAIN_FLASH", NULL, &unit->runs[unit->flash.items[i].by_run]);
			return;
		}
	}
}

static void warn_of_events(struct warning_list *l, const struct trace_event *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (events[i].kind == TRACE_EVENT_ALARM)
			warn(l, events[i].code, events[i].detail, NULL);
		if (events[i].kind == TRACE_EVENT_CLAIM)
			warn(l, "CLAIMED_ELSEWHERE", events[i].detail, NULL);
	}
}

/* ---- a run of nobody in the same place ---- */

/* ?1 slot, ?2 bridge, ?3 run: what came next there, behind the same type of bridge. */
static const char next_sql[] =
	"SELECT " TRACE_RUN_COLUMNS " FROM (SELECT other.run_id AS run_id FROM run AS mine"
	" CROSS JOIN run AS other ON other.slot = ?1 AND other.bridge = ?2"
	"  AND (other.start_utc_ms, other.run_id) > (mine.start_utc_ms, mine.run_id)"
	" WHERE mine.run_id = ?3 ORDER BY other.start_utc_ms, other.run_id LIMIT 1) AS next"
	" CROSS JOIN run ON run.run_id = next.run_id" TRACE_RUN_JOINS;

struct next {
	struct trace_memory *m;
	struct trace_run *run;
};

static enum status read_next(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct next *n = ctx;

	(void)err;
	n->run = trace_take(n->m, sizeof(*n->run));
	if (n->run)
		trace_run_of(n->m, row, n->run);
	return STATUS_OK;
}

static bool differ(const char *a, const char *b)
{
	return a && b && strcmp(a, b) != 0;
}

/* Cut short before it told its unit. One that is open was as well when no station works on the
 * records: it was killed, and none was started since. */
static bool was_cut_short(const struct db *db, const struct trace_run *run)
{
	if (!run->outcome)
		return !lock_is_held(db_path(db));
	return !run->mac && run->code &&
	       strcmp(run->code, status_code(STATUS_STATION_STOPPED)) == 0;
}

/* A station was killed before the next run in the slot told its unit: it may have been this one. */
static enum status warn_of_stopped(struct db *db, struct warning_list *l,
				   const struct trace_unit *unit, struct err *err)
{
	const struct trace_run *last = NULL;
	struct next next = { .m = l->m };

	for (size_t i = 0; i < unit->run_count; i++)
		if (unit->runs[i].relation == TRACE_OWN)
			last = &unit->runs[i];
	if (!last || !last->slot || !last->bridge)
		return STATUS_OK;
	const char *keys[] = { last->slot, last->bridge, last->run_id };
	TRY(trace_query(db, next_sql, keys, 3, read_next, &next, err));
	if (next.run && strcmp(next.run->kind, "FLASH") == 0 && !next.run->serial &&
	    !differ(next.run->bridge_serial, last->bridge_serial) && was_cut_short(db, next.run))
		warn(l, "STOPPED_NEARBY", NULL, next.run);
	return STATUS_OK;
}

enum status trace_warn(struct db *db, struct trace_memory *m, struct trace_unit *unit,
		       const struct trace_event *events, size_t event_count, struct err *err)
{
	struct warning_list l = { .m = m, .list.item_bytes = sizeof(struct trace_warning) };

	warn_of_strangers(&l, unit);
	warn_of_duplicate(&l, unit);
	warn_of_serials(&l, unit);
	warn_of_events(&l, events, event_count);
	warn_of_flash(&l, unit);
	TRY(warn_of_stopped(db, &l, unit, err));
	warn_of_clock(&l, unit);
	unit->warnings = l.list.items;
	unit->warning_count = l.list.count;
	return trace_memory_judge(m, STATUS_OK, err);
}
