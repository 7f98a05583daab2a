#include "db/trace/trace_inside.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[TRACE_EVENT_COUNT] = {
	[TRACE_EVENT_RUN] = "run",
	[TRACE_EVENT_OVERRIDE] = "override",
	[TRACE_EVENT_DISPOSITION] = "disposition",
	[TRACE_EVENT_ALARM] = "alarm",
	[TRACE_EVENT_ATTACHMENT] = "attachment",
	[TRACE_EVENT_SERIAL] = "serial",
	[TRACE_EVENT_CONSOLE] = "console",
	[TRACE_EVENT_LABEL] = "label",
	[TRACE_EVENT_LOCKOUT] = "lockout",
	[TRACE_EVENT_CLAIM] = "claim",
	[TRACE_EVENT_BATCH_OPENED] = "batch_opened",
	[TRACE_EVENT_BATCH_CHANGE] = "batch_change",
	[TRACE_EVENT_APPROVAL] = "approval",
};

const char *trace_event_name(enum trace_event_kind kind)
{
	return names[kind];
}

/* A row is: utc_ms, number in the ledger, run_id, code, detail, operator, reason; ?1 is the
 * key, ?2 a second one where there is one. */
struct source {
	enum trace_event_kind kind;
	const char *sql;
};

#define SEQ(ref, kind)                                                                             \
	" (SELECT max(seq) FROM ledger WHERE ledger.ref = " ref " AND ledger.kind = '" kind "'),"
#define ATTACHED(owner)                                                                            \
	"SELECT utc_ms," SEQ(                                                                      \
		"use_id",                                                                          \
		"attachment_use") " iif(owner = 'run', ref, NULL), NULL,"                          \
				  " name || ' (sha256 ' || sha256 || ')', operator, NULL"          \
				  " FROM attachment_use WHERE ref = ?1 AND owner = '" owner "'"

#define SERIAL_STATES                                                                              \
	"SELECT utc_ms," SEQ("serial_state_id",                                                    \
			     "serial_state") " run_id, state,"                                     \
					     " serial || ' (' || source || ')', operator, reason " \
					     "FROM serial_state WHERE "

/* clang-format off */
static const struct source of_unit[] = {
	{ TRACE_EVENT_DISPOSITION,
	  "SELECT utc_ms," SEQ("disposition_id", "disposition") " run_id, state, NULL, operator, reason"
	  " FROM disposition WHERE mac = ?1" },
	{ TRACE_EVENT_ALARM,
	  "SELECT utc_ms," SEQ("alarm_id", "alarm") " run_id, code, detail, NULL, NULL"
	  " FROM alarm WHERE mac = ?1" },
	{ TRACE_EVENT_SERIAL, SERIAL_STATES "mac = ?1" },
};
static const struct source of_value[] = {
	{ TRACE_EVENT_CLAIM,
	  "SELECT claimed_utc_ms, 0, NULL, kind, value || ' by station ' || station || ', product '"
	  " || product || ', process ' || process || ', generation ' || generation, NULL, NULL"
	  " FROM plant_claim WHERE value = ?1 AND chain_id NOT IN (SELECT chain_id FROM chain)" },
};
static const struct source of_run[] = {
	{ TRACE_EVENT_OVERRIDE,
	  "SELECT utc_ms," SEQ("run_id || '/' || code", "override") " run_id, code, detail, operator, reason"
	  " FROM override WHERE run_id = ?1" },
	{ TRACE_EVENT_ALARM, /* those with a MAC come with its unit */
	  "SELECT utc_ms," SEQ("alarm_id", "alarm") " run_id, code, detail, NULL, NULL"
	  " FROM alarm WHERE run_id = ?1 AND mac IS NULL" },
	{ TRACE_EVENT_ATTACHMENT, ATTACHED("run") },
	/* Before the unit told its MAC. */
	{ TRACE_EVENT_SERIAL, SERIAL_STATES "run_id = ?1 AND mac IS NULL" },
	{ TRACE_EVENT_CONSOLE,
	  "SELECT end_utc_ms," SEQ("run_id", "result") " run_id, NULL, (length(text) - "
	  " length(replace(text, char(10), ''))) || ' lines', NULL, NULL"
	  " FROM console_log JOIN result USING (run_id) WHERE run_id = ?1" },
	{ TRACE_EVENT_LABEL,
	  "SELECT utc_ms," SEQ("print_id", "print_job") " run_id, 'COPY', copy || coalesce(' of '"
	  " || serial, '') || ', ' || printer, operator, reason FROM print_job WHERE run_id = ?1" },
	{ TRACE_EVENT_LABEL,
	  "SELECT e.utc_ms," SEQ("print_event_id", "print_event") " run_id, state, 'copy ' || copy"
	  " || coalesce(': ' || detail, ''), e.operator, NULL"
	  " FROM print_job JOIN print_event e USING (print_id) WHERE run_id = ?1" },
};
static const struct source of_batch[] = {
	{ TRACE_EVENT_BATCH_OPENED,
	  "SELECT opened_utc_ms," SEQ("batch", "batch") " NULL, 'OPENED',"
	  " iif(quota IS NULL, NULL, 'quota ' || quota), operator, NULL FROM batch WHERE batch = ?1" },
	{ TRACE_EVENT_BATCH_CHANGE,
	  "SELECT utc_ms," SEQ("batch || '/' || position", "batch_change") " NULL, change,"
	  " iif(quota IS NULL, NULL, 'quota ' || quota), operator, reason"
	  " FROM batch_change WHERE batch = ?1" },
	{ TRACE_EVENT_ATTACHMENT, ATTACHED("batch") },
};
static const struct source of_slot[] = {
	{ TRACE_EVENT_LOCKOUT,
	  "SELECT utc_ms," SEQ("lockout_id", "lockout") " NULL, code, detail, NULL, NULL"
	  " FROM lockout WHERE slot = ?1 AND slot IS NOT NULL" },
	{ TRACE_EVENT_LOCKOUT,
	  "SELECT e.utc_ms," SEQ("lockout_id", "lockout_end") " NULL, how, code, operator, reason"
	  " FROM lockout JOIN lockout_end e USING (lockout_id)"
	  " WHERE slot = ?1 AND slot IS NOT NULL" },
};
static const struct source of_recipe[] = {
	{ TRACE_EVENT_APPROVAL,
	  "SELECT utc_ms," SEQ("approval_id", "approval") " NULL, state, recipe_digest, operator, reason"
	  " FROM approval WHERE recipe_digest = ?1" },
	{ TRACE_EVENT_ATTACHMENT, ATTACHED("recipe") },
};
/* clang-format on */
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct adding {
	struct trace_memory *m;
	struct trace_list *list;
	enum trace_event_kind kind;
};

static enum status add_event(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct adding *a = ctx;
	struct trace_event *e;

	(void)err;
	a->list->item_bytes = sizeof(*e);
	e = trace_append(a->m, a->list);
	if (!e)
		return STATUS_OK; /* told at the end, with the rest of the memory */
	*e = (struct trace_event){
		.kind = a->kind,
		.utc_ms = sqlite3_column_int64(row, 0),
		.seq = sqlite3_column_int64(row, 1),
		.run_id = trace_column(a->m, row, 2),
		.code = trace_column(a->m, row, 3),
		.detail = trace_column(a->m, row, 4),
		.operator_name = trace_column(a->m, row, 5),
		.reason = trace_column(a->m, row, 6),
	};
	return STATUS_OK;
}

static enum status add_all(struct db *db, struct trace_memory *m, const struct source *sources,
			   size_t count, const char *key, struct trace_list *list, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct adding a = { .m = m, .list = list, .kind = sources[i].kind };

		TRY(trace_query(db, sources[i].sql, &key, 1, add_event, &a, err));
	}
	return STATUS_OK;
}

enum status trace_events_of_unit(struct db *db, struct trace_memory *m, const char *mac,
				 struct trace_list *list, struct err *err)
{
	return add_all(db, m, of_unit, COUNT(of_unit), mac, list, err);
}

enum status trace_events_of_value(struct db *db, struct trace_memory *m, const char *value,
				  struct trace_list *list, struct err *err)
{
	return add_all(db, m, of_value, COUNT(of_value), value, list, err);
}

enum status trace_events_of_run(struct db *db, struct trace_memory *m, const char *run_id,
				struct trace_list *list, struct err *err)
{
	return add_all(db, m, of_run, COUNT(of_run), run_id, list, err);
}

enum status trace_events_of_batch(struct db *db, struct trace_memory *m, const char *batch,
				  struct trace_list *list, struct err *err)
{
	return add_all(db, m, of_batch, COUNT(of_batch), batch, list, err);
}

enum status trace_events_of_slot(struct db *db, struct trace_memory *m, const char *slot,
				 struct trace_list *list, struct err *err)
{
	return add_all(db, m, of_slot, COUNT(of_slot), slot, list, err);
}

enum status trace_events_of_recipe(struct db *db, struct trace_memory *m, const char *digest,
				   struct trace_list *list, struct err *err)
{
	return add_all(db, m, of_recipe, COUNT(of_recipe), digest, list, err);
}

/* ---- order ---- */

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int64_t place_of(const struct trace_event *e)
{
	return e->seq ? e->seq : INT64_MAX;
}

/* Claims are put behind all others for now. */
static int by_ledger(const void *a, const void *b)
{
	const struct trace_event *p = a, *q = b;
	bool is_p_claim = p->kind == TRACE_EVENT_CLAIM, is_q_claim = q->kind == TRACE_EVENT_CLAIM;
	int order = is_p_claim - is_q_claim;

	if (!order)
		order = compare_numbers(place_of(p), place_of(q));
	if (!order)
		order = compare_numbers(p->utc_ms, q->utc_ms);
	if (!order && p->run_id && q->run_id)
		order = strcmp(p->run_id, q->run_id);
	return order ? order : (int)p->kind - (int)q->kind;
}

/* Before the first event that is later. */
static void place_claim(struct trace_event *events, size_t at)
{
	struct trace_event claim = events[at];
	size_t to = 0;

	while (to < at && events[to].utc_ms <= claim.utc_ms)
		to++;
	memmove(events + to + 1, events + to, (at - to) * sizeof(events[0]));
	events[to] = claim;
}

void trace_events_sort(struct trace_event *events, size_t count)
{
	if (!count)
		return;
	qsort(events, count, sizeof(events[0]), by_ledger);
	for (size_t i = 0; i < count; i++)
		if (events[i].kind == TRACE_EVENT_CLAIM)
			place_claim(events, i);
}
