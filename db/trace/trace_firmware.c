/* Forward from an image or a recipe to the units that carry it. */
#include "db/trace/trace_inside.h"

#include <stdlib.h>
#include <string.h>

struct work {
	struct db *db;
	struct trace_memory *m;
	struct trace_firmware *firmware;
	const struct trace_target *target;
	const struct trace_window *window;
	struct trace_recipes recipes;
	struct trace_list containing; /* of const struct trace_recipe * */
	struct trace_list units;      /* of struct trace_subject */
	struct trace_list carriers;
	/* The unit that is looked at. */
	sqlite3_stmt *history, *ordered;
	struct trace_flash flash;
	struct past *past;
	size_t past_count, past_room;
	struct trace_memory *texts; /* of it */
};

/* A run of a unit, as far as its flash is concerned. */
struct past {
	const char *run_id, *outcome, *code, *batch, *serial, *recipe;
	int64_t start_utc_ms, revision;
	bool is_duplicate_mac;
};

/* ---- one unit ---- */

#define HISTORY_BY(order)                                                                          \
	"WITH" TRACE_UNIT_RUNS                                                                     \
	" SELECT run.run_id, run.kind, result.outcome, result.code, result.proof, result.detail,"  \
	" run.recipe_digest, run.batch, coalesce(run.serial,"                                      \
	"  (SELECT CASE state WHEN 'RETURNED' THEN NULL ELSE serial END FROM serial_state"         \
	"  WHERE serial_state.run_id = run.run_id ORDER BY position DESC LIMIT 1)),"               \
	" run.start_utc_ms,"                                                                       \
	" ifnull(result.duplicate_mac, 0), " TRACE_HAS_WRITTEN                                     \
	" FROM about CROSS JOIN run ON run.run_id = about.run_id"                                  \
	" LEFT JOIN result ON result.run_id = run.run_id WHERE about.relation < 2"                 \
	" ORDER BY " order "run.start_utc_ms, run.run_id"

/* Most units have one run, and need no search for its place in the ledger. */
static const char history_sql[] = HISTORY_BY("");
static const char order_sql[] = HISTORY_BY(TRACE_RUN_SEQ " NULLS LAST, ");

static struct past *append_past(struct work *w)
{
	if (w->past_count == w->past_room) {
		size_t room = w->past_room ? w->past_room * 2 : 16;
		struct past *past = realloc(w->past, room * sizeof(*past));

		if (!past)
			return NULL;
		w->past = past;
		w->past_room = room;
	}
	return &w->past[w->past_count++];
}

static const char *text_at(sqlite3_stmt *row, int column)
{
	return (const char *)sqlite3_column_text(row, column);
}

static enum status add_past(struct work *w, sqlite3_stmt *row, struct err *err)
{
	const char *proof = text_at(row, 4);
	const struct trace_recipe *recipe;
	struct past *p = append_past(w);

	if (!p)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the trace");
	TRY(trace_recipe_get(w->db, w->m, &w->recipes, text_at(row, 6), &recipe, err));
	*p = (struct past){
		.run_id = trace_column(w->texts, row, 0),
		.outcome = trace_column(w->texts, row, 2),
		.code = trace_column(w->texts, row, 3),
		.batch = trace_column(w->texts, row, 7),
		.serial = trace_column(w->texts, row, 8),
		.recipe = recipe ? recipe->name : NULL,
		.revision = recipe ? recipe->revision : 0,
		.start_utc_ms = sqlite3_column_int64(row, 9),
		.is_duplicate_mac = sqlite3_column_int(row, 10),
	};
	trace_flash_add(&w->flash, w->past_count - 1,
			trace_effect_of(text_at(row, 1), p->outcome, p->code, proof,
					sqlite3_column_int(row, 11)),
			proof && strcmp(proof, "NONE") != 0, recipe, text_at(row, 5));
	return w->flash.has_failed ? err_set(err, STATUS_NO_MEMORY, "no memory for the trace")
				   : STATUS_OK;
}

static enum status read_past(struct work *w, sqlite3_stmt *history,
			     const struct trace_subject *unit, struct err *err)
{
	enum status st = STATUS_OK;
	int rc = SQLITE_DONE;

	trace_flash_clear(&w->flash);
	trace_memory_reset(w->texts);
	w->past_count = 0;
	sql_bind_text(history, 1, unit->mac ? unit->mac : "");
	sql_bind_text(history, 2, unit->serial);
	while (!st && (rc = sqlite3_step(history)) == SQLITE_ROW)
		st = add_past(w, history, err);
	if (!st && rc != SQLITE_DONE)
		st = sql_fail(w->db, rc, err);
	sqlite3_reset(history);
	return trace_memory_judge(w->texts, st, err);
}

static enum status replay(struct work *w, const struct trace_subject *unit, struct err *err)
{
	TRY(read_past(w, w->history, unit, err));
	return w->past_count > 1 ? read_past(w, w->ordered, unit, err) : STATUS_OK;
}

/* ---- what it carries of the target ---- */

/* The better one of two places of the same image. */
static bool is_better(const struct trace_carried *a, const struct trace_carried *b)
{
	if (a->carry != b->carry)
		return a->carry < b->carry;
	if (a->was_carried != b->was_carried)
		return a->was_carried;
	return a->since_run > b->since_run;
}

static const struct trace_carried *find_image(const struct work *w, const char *sha256,
					      const int64_t *addr)
{
	const struct trace_carried *best = NULL;

	for (size_t i = 0; i < w->flash.count; i++) {
		const struct trace_carried *c = &w->flash.items[i];

		if (strcmp(c->image->sha256, sha256) != 0 || (addr && c->image->addr != *addr))
			continue;
		if (!best || is_better(c, best))
			best = c;
	}
	return best;
}

/* Of a recipe: its images together are what the worst of them is. */
static const struct trace_carried *find_recipe(const struct work *w,
					       const struct trace_recipe *recipe, size_t *since)
{
	const struct trace_carried *worst = NULL;

	*since = 0;
	for (size_t i = 0; i < recipe->image_count; i++) {
		const struct trace_carried *c =
			find_image(w, recipe->images[i].sha256, &recipe->images[i].addr);

		if (!c)
			return NULL;
		/* Of what is gone: the one that went first. */
		if (!worst || c->carry > worst->carry ||
		    (c->carry == worst->carry && c->by_run < worst->by_run))
			worst = c;
		if (c->since_run > *since)
			*since = c->since_run;
	}
	return worst;
}

static const char *unit_serial(const struct work *w, const struct trace_subject *unit)
{
	for (size_t i = w->past_count; i-- > 0;)
		if (w->past[i].serial)
			return w->past[i].serial;
	return unit->serial;
}

static void tell_by(struct work *w, struct trace_carrier *t, const struct past *by)
{
	t->by_run = trace_text(w->m, by->run_id);
	t->by_code = trace_text(w->m, by->code);
	t->by_recipe = by->recipe;
	t->by_revision = by->revision;
	t->by_utc_ms = by->start_utc_ms;
}

static void add_carrier(struct work *w, const struct trace_subject *unit,
			const struct trace_carried *c, size_t since)
{
	const struct past *first = &w->past[since], *last = &w->past[w->past_count - 1];
	struct trace_carrier *t = trace_append(w->m, &w->carriers);

	if (!t)
		return;
	*t = (struct trace_carrier){
		.mac = unit->mac,
		.serial = trace_text(w->m, unit_serial(w, unit)),
		.carry = c->carry,
		.cause = c->cause,
		.was_carried = c->was_carried,
		.addr = w->target->is_recipe ? -1 : c->image->addr,
		.batch = trace_text(w->m, first->batch),
		.since_run = trace_text(w->m, first->run_id),
		.since_utc_ms = first->start_utc_ms,
		.last_run = trace_text(w->m, last->run_id),
		.last_outcome = trace_text(w->m, last->outcome),
		.last_utc_ms = last->start_utc_ms,
	};
	for (size_t i = 0; i < w->past_count; i++)
		t->is_duplicate_mac = t->is_duplicate_mac || w->past[i].is_duplicate_mac;
	if (c->by_run != TRACE_NO_RUN)
		tell_by(w, t, &w->past[c->by_run]);
}

static bool is_in_window(const struct trace_window *window, int64_t utc_ms)
{
	return !(window->has_since && utc_ms < window->since_utc_ms) &&
	       !(window->has_until && utc_ms >= window->until_utc_ms);
}

static void count_carrier(struct trace_firmware *f, enum trace_carry carry)
{
	switch (carry) {
	case TRACE_UNPROVEN:
		f->unproven++;
		f->now++;
		return;
	case TRACE_PROVEN:
		f->now++;
		return;
	case TRACE_UNCERTAIN:
		f->uncertain++;
		return;
	case TRACE_GONE:
		f->gone++;
		return;
	}
}

static enum status judge_unit(struct work *w, const struct trace_subject *unit, struct err *err)
{
	const struct trace_recipe *const *recipes = w->containing.items;
	const struct trace_carried *c;
	size_t since = 0;

	TRY(replay(w, unit, err));
	if (w->target->is_recipe) {
		c = w->containing.count ? find_recipe(w, recipes[0], &since) : NULL;
	} else {
		c = find_image(w, w->target->digest, NULL);
		since = c ? c->since_run : 0;
	}
	if (!c) {
		w->firmware->untouched++;
	} else if (is_in_window(w->window, w->past[since].start_utc_ms)) {
		count_carrier(w->firmware, c->carry);
		add_carrier(w, unit, c, since);
	}
	return trace_memory_judge(w->m, STATUS_OK, err);
}

/* ---- all of it ---- */

static int carry_rank(enum trace_carry carry)
{
	return carry == TRACE_UNPROVEN ? TRACE_PROVEN : (int)carry;
}

static int by_carry_and_time(const void *a, const void *b)
{
	const struct trace_carrier *p = a, *q = b;
	int order = carry_rank(p->carry) - carry_rank(q->carry);

	if (!order)
		order = (p->since_utc_ms > q->since_utc_ms) - (p->since_utc_ms < q->since_utc_ms);
	return order ? order : strcmp(p->since_run, q->since_run);
}

static int newest_first(const void *a, const void *b)
{
	const struct trace_carrier *p = a, *q = b;
	int order = (p->since_utc_ms < q->since_utc_ms) - (p->since_utc_ms > q->since_utc_ms);

	return order ? order : strcmp(q->since_run, p->since_run);
}

static void finish(struct work *w)
{
	struct trace_carrier *carriers = w->carriers.items;
	struct trace_firmware *f = w->firmware;
	size_t count = w->carriers.count;

	if (count && w->window->last && count > w->window->last) {
		qsort(carriers, count, sizeof(*carriers), newest_first);
		f->carriers_left_out = count - (size_t)w->window->last;
		count = (size_t)w->window->last;
	}
	if (count)
		qsort(carriers, count, sizeof(*carriers), by_carry_and_time);
	f->carriers = carriers;
	f->carrier_count = count;
	f->recipes = w->containing.items;
	f->recipe_count = w->containing.count;
}

static enum status make(struct work *w, struct err *err)
{
	const struct trace_subject *units;

	TRY(trace_candidates(w->db, w->m, &w->recipes, w->target, &w->containing, &w->units,
			     &w->firmware->unknown_runs, err));
	units = w->units.items;
	TRY(sql_prepare(w->db, history_sql, &w->history, err));
	TRY(sql_prepare(w->db, order_sql, &w->ordered, err));
	w->texts = trace_memory_new();
	TRY(trace_memory_judge(w->texts, STATUS_OK, err));
	for (size_t i = 0; i < w->units.count; i++)
		TRY(judge_unit(w, &units[i], err));
	finish(w);
	return trace_memory_judge(w->m, STATUS_OK, err);
}

enum status trace_firmware(struct db *db, const struct trace_target *target,
			   const struct trace_window *window, struct trace_firmware *firmware,
			   struct err *err)
{
	struct work w = {
		.db = db,
		.firmware = firmware,
		.target = target,
		.window = window,
		.carriers.item_bytes = sizeof(struct trace_carrier),
	};

	*firmware = (struct trace_firmware){ .memory = trace_memory_new() };
	w.m = firmware->memory;
	TRY(trace_memory_judge(w.m, STATUS_OK, err));
	TRY(sql_exec(db, "BEGIN", err));
	enum status st = make(&w, err);
	sqlite3_finalize(w.history);
	sqlite3_finalize(w.ordered);
	sqlite3_exec(db->sql, "COMMIT", NULL, NULL, NULL);
	trace_memory_free(w.texts);
	trace_flash_release(&w.flash);
	free(w.past);
	return st;
}

void trace_firmware_release(struct trace_firmware *firmware)
{
	trace_memory_free(firmware->memory);
	*firmware = (struct trace_firmware){ 0 };
}
