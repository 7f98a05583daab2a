/* All runs in a slot, behind a bridge, in a batch or with a recipe. */
#include "db/trace/trace_inside.h"

#include <stdlib.h>
#include <string.h>

/* The index that finds them is named: with a limit, the planner may prefer to walk through all
 * runs by their start. Those of slots and bridges have all that is needed to find the newest. */
struct way {
	const char *index, *column;
};

static const struct way ways[] = {
	[TRACE_SLOT] = { "run_by_slot", "slot" },
	[TRACE_BRIDGE_TYPE] = { "run_by_bridge", "bridge" },
	[TRACE_BRIDGE_VID_PID] = { "run_by_bridge_vid_pid", "bridge_vid_pid" },
	[TRACE_BRIDGE_SERIAL] = { "run_by_bridge_serial", "bridge_serial" },
	[TRACE_BATCH] = { "run_by_batch", "batch" },
	[TRACE_RECIPE] = { "run_by_recipe", "recipe_digest" },
};

struct chosen {
	const char *run_id;
	int64_t start_utc_ms;
};

struct told_mac {
	const char *mac;
	bool is_passed;
};

struct work {
	struct db *db;
	struct trace_memory *m;
	const struct trace_place *places;
	size_t place_count;
	const struct trace_window *window;
	struct trace_summary *summary;
	struct trace_recipes recipes;
	struct trace_list chosen, macs, codes, counts, events;
};

/* ---- choosing ---- */

static void append_choice(sqlite3_str *sql, const struct work *w)
{
	const struct way *way = &ways[w->places[0].what];

	sqlite3_str_appendf(sql,
			    "SELECT run_id FROM run INDEXED BY %s WHERE %s IS NOT NULL AND %s ",
			    way->index, way->column, way->column);
	for (size_t i = 0; i < w->place_count; i++)
		sqlite3_str_appendf(sql, "%s?", i ? ", " : w->place_count > 1 ? "IN (" : "= ");
	if (w->place_count > 1)
		sqlite3_str_appendall(sql, ")");
	if (w->window->has_since)
		sqlite3_str_appendall(sql, " AND start_utc_ms >= :since");
	if (w->window->has_until)
		sqlite3_str_appendall(sql, " AND start_utc_ms < :until");
	/* An id begins with the time; these two indexes are in its order. */
	if (w->window->last)
		sqlite3_str_appendf(sql, " ORDER BY %s DESC LIMIT :last",
				    w->places[0].what >= TRACE_BATCH ? "run_id"
								     : "start_utc_ms DESC, run_id");
}

static enum status prepare_choice(struct work *w, sqlite3_stmt **stmt, struct err *err)
{
	sqlite3_str *sql = sqlite3_str_new(w->db->sql);
	enum status st;

	*stmt = NULL;
	sqlite3_str_appendall(sql,
			      "SELECT run.run_id, run.start_utc_ms, run.kind,"
			      " run.recipe_digest, outcome, code, ifnull(rescued, 0), mac FROM (");
	append_choice(sql, w);
	sqlite3_str_appendall(sql, ") AS chosen CROSS JOIN run ON run.run_id = chosen.run_id"
				   " LEFT JOIN result ON result.run_id = run.run_id");
	char *text = sqlite3_str_finish(sql);
	st = text ? sql_prepare(w->db, text, stmt, err)
		  : sql_fail_at(w->db->path, SQLITE_NOMEM, NULL, err);
	sqlite3_free(text);
	TRY(st);
	for (size_t i = 0; i < w->place_count; i++)
		sql_bind_text(*stmt, (int)i + 1, w->places[i].name);
	/* 0 is no parameter's number: SQLite refuses it, and nothing is bound. */
	sqlite3_bind_int64(*stmt, sqlite3_bind_parameter_index(*stmt, ":since"),
			   w->window->since_utc_ms);
	sqlite3_bind_int64(*stmt, sqlite3_bind_parameter_index(*stmt, ":until"),
			   w->window->until_utc_ms);
	sqlite3_bind_int64(*stmt, sqlite3_bind_parameter_index(*stmt, ":last"),
			   w->window->last > INT64_MAX ? INT64_MAX : (int64_t)w->window->last);
	return STATUS_OK;
}

/* ---- counting ---- */

static void count_code(struct work *w, const char *outcome, const char *code)
{
	struct trace_code_count *items = w->codes.items, *c;

	for (size_t i = 0; i < w->codes.count; i++) {
		if (strcmp(items[i].code, code) == 0 && strcmp(items[i].outcome, outcome) == 0) {
			items[i].runs++;
			return;
		}
	}
	c = trace_append(w->m, &w->codes);
	if (c)
		*c = (struct trace_code_count){
			.outcome = trace_text(w->m, outcome),
			.code = trace_text(w->m, code),
			.runs = 1,
		};
}

static enum status recipe_counter(struct work *w, const char *digest,
				  struct trace_recipe_count **counter, struct err *err)
{
	struct trace_recipe_count *items = w->counts.items;
	const struct trace_recipe *recipe;

	*counter = NULL;
	TRY(trace_recipe_get(w->db, w->m, &w->recipes, digest, &recipe, err));
	for (size_t i = 0; i < w->counts.count; i++) {
		if (items[i].recipe == recipe) {
			*counter = &items[i];
			return STATUS_OK;
		}
	}
	*counter = trace_append(w->m, &w->counts);
	if (*counter)
		(*counter)->recipe = recipe;
	return trace_memory_judge(w->m, STATUS_OK, err);
}

static void count_times(struct trace_summary *s, int64_t start)
{
	if (!s->first_utc_ms || start < s->first_utc_ms)
		s->first_utc_ms = start;
	if (start > s->last_utc_ms)
		s->last_utc_ms = start;
}

static enum status count_run(struct work *w, sqlite3_stmt *row, struct err *err)
{
	const char *kind = sql_text(row, 2);
	const char *outcome = (const char *)sqlite3_column_text(row, 4);
	const char *code = sql_text(row, 5);
	bool is_pass = outcome && strcmp(outcome, "PASS") == 0;
	struct chosen *chosen = trace_append(w->m, &w->chosen);
	struct trace_summary *s = w->summary;
	struct trace_recipe_count *recipe;

	TRY(recipe_counter(w, (const char *)sqlite3_column_text(row, 3), &recipe, err));
	TRY(trace_memory_judge(w->m, STATUS_OK, err));
	chosen->run_id = trace_column(w->m, row, 0);
	chosen->start_utc_ms = sqlite3_column_int64(row, 1);
	count_times(s, chosen->start_utc_ms);
	s->runs++;
	recipe->runs++;
	if (!outcome)
		s->open++;
	if (is_pass) {
		s->passes++;
		recipe->passes++;
		s->rescued += sqlite3_column_int(row, 6);
	} else if (outcome) {
		count_code(w, outcome, code);
	}
	if (sqlite3_column_type(row, 7) == SQLITE_NULL) {
		s->unknown++;
		return STATUS_OK;
	}
	struct told_mac *told = trace_append(w->m, &w->macs);
	if (told)
		*told = (struct told_mac){
			.mac = trace_column(w->m, row, 7),
			.is_passed = is_pass && strcmp(kind, "FLASH") == 0,
		};
	return trace_memory_judge(w->m, STATUS_OK, err);
}

/* ---- the summary ---- */

static int by_mac(const void *a, const void *b)
{
	const struct told_mac *p = a, *q = b;

	return strcmp(p->mac, q->mac);
}

static void count_units(struct work *w)
{
	struct told_mac *macs = w->macs.items;

	if (w->macs.count)
		qsort(macs, w->macs.count, sizeof(*macs), by_mac);
	for (size_t from = 0, to; from < w->macs.count; from = to) {
		bool is_passed = false;

		for (to = from; to < w->macs.count && by_mac(&macs[to], &macs[from]) == 0; to++)
			is_passed = is_passed || macs[to].is_passed;
		w->summary->units++;
		w->summary->units_passed += is_passed;
	}
}

static int by_count(const void *a, const void *b)
{
	const struct trace_code_count *p = a, *q = b;

	if (p->runs != q->runs)
		return p->runs < q->runs ? 1 : -1;
	return strcmp(p->code, q->code);
}

static int by_recipe(const void *a, const void *b)
{
	const struct trace_recipe *p = ((const struct trace_recipe_count *)a)->recipe;
	const struct trace_recipe *q = ((const struct trace_recipe_count *)b)->recipe;
	int order;

	if (!p || !q)
		return !p - !q;
	order = strcmp(p->name, q->name);
	if (!order)
		order = (p->revision > q->revision) - (p->revision < q->revision);
	return order ? order : strcmp(p->digest, q->digest);
}

static int by_start(const void *a, const void *b)
{
	const struct chosen *p = a, *q = b;
	int order = (p->start_utc_ms > q->start_utc_ms) - (p->start_utc_ms < q->start_utc_ms);

	return order ? order : strcmp(p->run_id, q->run_id);
}

static enum status read_runs(struct work *w, struct err *err)
{
	enum status st = STATUS_OK;
	sqlite3_stmt *stmt;
	int rc = SQLITE_DONE;

	TRY(prepare_choice(w, &stmt, err));
	while (!st && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		st = count_run(w, stmt, err);
	if (!st && rc != SQLITE_DONE)
		st = sql_fail(w->db, rc, err);
	sqlite3_finalize(stmt);
	TRY(st);
	if (w->chosen.count)
		qsort(w->chosen.items, w->chosen.count, sizeof(struct chosen), by_start);
	count_units(w);
	if (w->codes.count)
		qsort(w->codes.items, w->codes.count, sizeof(struct trace_code_count), by_count);
	w->summary->codes = w->codes.items;
	w->summary->code_count = w->codes.count;
	return STATUS_OK;
}

static enum status read_recipes(struct work *w, struct err *err)
{
	struct trace_recipe_count *counter, *items;

	/* All revisions are told, also those that no run was made with. */
	for (size_t i = 0; w->places[0].what == TRACE_RECIPE && i < w->place_count; i++)
		TRY(recipe_counter(w, w->places[i].name, &counter, err));
	items = w->counts.items;
	for (size_t i = 0; i < w->counts.count; i++) {
		if (items[i].recipe)
			TRY(trace_approval_of(w->db, w->m, items[i].recipe->digest,
					      &items[i].approval, err));
	}
	if (w->counts.count)
		qsort(items, w->counts.count, sizeof(*items), by_recipe);
	w->summary->recipes = items;
	w->summary->recipe_count = w->counts.count;
	return STATUS_OK;
}

static bool is_in_window(const struct trace_window *window, int64_t utc_ms)
{
	return !(window->has_since && utc_ms < window->since_utc_ms) &&
	       !(window->has_until && utc_ms >= window->until_utc_ms);
}

/* A slot stands for years: only the lockouts that the window is about. */
static void choose_lockouts(struct work *w)
{
	struct trace_event *events = w->events.items;
	uint64_t last = w->window->last;
	size_t kept = 0;

	for (size_t i = 0; i < w->events.count; i++)
		if (is_in_window(w->window, events[i].utc_ms))
			events[kept++] = events[i];
	size_t first = last && kept > last ? kept - (size_t)last : 0;
	w->summary->events = events ? events + first : NULL;
	w->summary->event_count = kept - first;
}

/* What people did with a batch or a recipe, and when a slot took no units. */
static enum status read_decisions(struct work *w, struct err *err)
{
	for (size_t i = 0; i < w->place_count; i++) {
		const struct trace_place *p = &w->places[i];

		if (p->what == TRACE_BATCH) {
			TRY(trace_order_of(w->db, w->m, p->name, &w->summary->order, err));
			TRY(trace_events_of_batch(w->db, w->m, p->name, &w->events, err));
		}
		if (p->what == TRACE_RECIPE)
			TRY(trace_events_of_recipe(w->db, w->m, p->name, &w->events, err));
		if (p->what == TRACE_SLOT)
			TRY(trace_events_of_slot(w->db, w->m, p->name, &w->events, err));
	}
	TRY(trace_memory_judge(w->m, STATUS_OK, err));
	trace_events_sort(w->events.items, w->events.count);
	w->summary->events = w->events.items;
	w->summary->event_count = w->events.count;
	if (w->places[0].what == TRACE_SLOT)
		choose_lockouts(w);
	return STATUS_OK;
}

/* ---- telling ---- */

static const char run_sql[] =
	"SELECT " TRACE_RUN_COLUMNS ", (SELECT newest.outcome FROM result AS newest"
	" WHERE newest.mac = result.mac ORDER BY (SELECT max(seq) FROM ledger"
	"  WHERE ledger.ref = newest.run_id AND ledger.kind = 'run') DESC, newest.run_id DESC"
	" LIMIT 1)"
	" FROM run" TRACE_RUN_JOINS " WHERE run.run_id = ?1";

static enum status tell_runs(struct work *w, const struct trace_reader *reader, struct err *err)
{
	const struct chosen *chosen = w->chosen.items;
	enum status st = STATUS_OK;
	struct trace_run run;
	sqlite3_stmt *stmt;

	TRY(sql_prepare(w->db, run_sql, &stmt, err));
	for (size_t i = 0; !st && i < w->chosen.count; i++) {
		sql_bind_text(stmt, 1, chosen[i].run_id);
		int rc = sqlite3_step(stmt);
		if (rc == SQLITE_ROW) {
			trace_run_lent(stmt, &run);
			run.unit_outcome =
				(const char *)sqlite3_column_text(stmt, TRACE_RUN_COLUMN_COUNT);
			st = reader->run(reader->ctx, &run, err);
		} else if (rc != SQLITE_DONE) {
			st = sql_fail(w->db, rc, err);
		}
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	return st;
}

static enum status make(struct work *w, const struct trace_reader *reader, struct err *err)
{
	TRY(trace_memory_judge(w->m, STATUS_OK, err));
	TRY(read_runs(w, err));
	TRY(read_recipes(w, err));
	TRY(read_decisions(w, err));
	TRY(trace_memory_judge(w->m, STATUS_OK, err));
	TRY(reader->summary(reader->ctx, w->summary, err));
	return tell_runs(w, reader, err);
}

enum status trace_runs(struct db *db, const struct trace_place *places, size_t place_count,
		       const struct trace_window *window, const struct trace_reader *reader,
		       struct err *err)
{
	struct trace_summary summary = { 0 };
	struct work w = {
		.db = db,
		.m = trace_memory_new(),
		.places = places,
		.place_count = place_count,
		.window = window,
		.summary = &summary,
		.chosen.item_bytes = sizeof(struct chosen),
		.macs.item_bytes = sizeof(struct told_mac),
		.codes.item_bytes = sizeof(struct trace_code_count),
		.counts.item_bytes = sizeof(struct trace_recipe_count),
		.events.item_bytes = sizeof(struct trace_event),
	};

	enum status st = sql_exec(db, "BEGIN", err);
	if (!st) {
		st = make(&w, reader, err);
		sqlite3_exec(db->sql, "COMMIT", NULL, NULL, NULL);
	}
	trace_memory_free(w.m);
	return st;
}
