/* Forward from an image or a recipe to the units that carry it. */
#include "db/trace_inside.h"

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
	sqlite3_stmt *history;
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

/* ---- whom it may be about ---- */

/* A run that told no MAC, but a serial number, is about the unit of that number. */
#define NAMELESS                                                                                   \
	" FROM with_it CROSS JOIN run USING (run_id) LEFT JOIN result USING (run_id)"              \
	" WHERE result.mac IS NULL AND run.serial IS NOT NULL"
#define OF_SAME_SERIAL                                                                             \
	" FROM run AS same CROSS JOIN result AS told USING (run_id)"                               \
	" WHERE same.serial = nameless.serial AND same.serial IS NOT NULL"                         \
	" AND told.mac IS NOT NULL"
#define UNITS_OF(runs)                                                                             \
	"WITH with_it(run_id) AS (" runs "), nameless(serial) AS (SELECT DISTINCT serial" NAMELESS \
	") SELECT mac, NULL FROM with_it CROSS JOIN result USING (run_id) WHERE mac IS NOT NULL"   \
	" UNION SELECT told.mac, NULL FROM nameless CROSS JOIN run AS same"                        \
	"  ON same.serial = nameless.serial AND same.serial IS NOT NULL"                           \
	"  CROSS JOIN result AS told ON told.run_id = same.run_id WHERE told.mac IS NOT NULL"      \
	" UNION SELECT NULL, serial FROM nameless WHERE NOT EXISTS (SELECT 1" OF_SAME_SERIAL ")"

static const char units_of_image_sql[] = UNITS_OF("SELECT run.run_id FROM recipe_image CROSS JOIN "
						  "run USING (recipe_digest) WHERE sha256 = ?1");
static const char units_of_recipe_sql[] =
	UNITS_OF("SELECT run_id FROM run WHERE recipe_digest = ?1");

/* Runs that may have written it, but told neither MAC nor serial number. */
#define UNKNOWN_OF(runs)                                                                           \
	"WITH with_it(run_id) AS (" runs ")"                                                       \
	" SELECT count(*) FROM with_it CROSS JOIN run ON run.run_id = with_it.run_id"              \
	" LEFT JOIN result ON result.run_id = run.run_id"                                          \
	" WHERE run.serial IS NULL AND result.mac IS NULL AND run.kind = 'FLASH'"                  \
	" AND (result.run_id IS NULL OR result.code = 'STATION_STOPPED')"
static const char unknown_of_image_sql[] =
	UNKNOWN_OF("SELECT run.run_id FROM recipe_image CROSS JOIN run USING (recipe_digest) WHERE "
		   "sha256 = ?1");
static const char unknown_of_recipe_sql[] =
	UNKNOWN_OF("SELECT run_id FROM run WHERE recipe_digest = ?1");

static enum status add_unit(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct work *w = ctx;
	struct trace_subject *s = trace_append(w->m, &w->units);

	(void)err;
	if (s)
		*s = (struct trace_subject){
			.mac = trace_column(w->m, row, 0),
			.serial = trace_column(w->m, row, 1),
		};
	return STATUS_OK;
}

static enum status add_containing(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct work *w = ctx;
	const struct trace_recipe **slot, *recipe;

	TRY(trace_recipe_get(w->db, w->m, &w->recipes, (const char *)sqlite3_column_text(row, 0),
			     &recipe, err));
	slot = recipe ? trace_append(w->m, &w->containing) : NULL;
	if (slot)
		*slot = recipe;
	return STATUS_OK;
}

static enum status take_count(void *ctx, sqlite3_stmt *row, struct err *err)
{
	int64_t *count = ctx;

	(void)err;
	*count = sqlite3_column_int64(row, 0);
	return STATUS_OK;
}

static enum status find_units(struct work *w, struct err *err)
{
	const bool is_recipe = w->target->is_recipe;
	const char *key = w->target->digest;

	TRY(trace_query(w->db,
			is_recipe ? "SELECT ?1"
				  : "SELECT DISTINCT recipe_digest FROM recipe_image"
				    " CROSS JOIN recipe USING (recipe_digest) WHERE sha256 = ?1"
				    " ORDER BY name, revision",
			&key, 1, add_containing, w, err));
	TRY(trace_query(w->db, is_recipe ? units_of_recipe_sql : units_of_image_sql, &key, 1,
			add_unit, w, err));
	TRY(trace_query(w->db, is_recipe ? unknown_of_recipe_sql : unknown_of_image_sql, &key, 1,
			take_count, &w->firmware->unknown_runs, err));
	return trace_memory_judge(w->m, STATUS_OK, err);
}

/* ---- one unit ---- */

static const char history_sql[] =
	"WITH" TRACE_UNIT_RUNS
	" SELECT run.run_id, run.kind, result.outcome, result.code, result.proof, result.detail,"
	" run.recipe_digest, run.batch, run.serial, run.start_utc_ms,"
	" ifnull(result.duplicate_mac, 0), " TRACE_HAS_WRITTEN ", " TRACE_RUN_SEQ " AS seq"
	" FROM about CROSS JOIN run ON run.run_id = about.run_id"
	" LEFT JOIN result ON result.run_id = run.run_id WHERE about.relation < 2"
	" ORDER BY seq, run.start_utc_ms, run.run_id";

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

static enum status replay(struct work *w, const struct trace_subject *unit, struct err *err)
{
	enum status st = STATUS_OK;
	int rc = SQLITE_DONE;

	trace_flash_clear(&w->flash);
	w->past_count = 0;
	sql_bind_text(w->history, 1, unit->mac ? unit->mac : "");
	sql_bind_text(w->history, 2, unit->serial);
	while (!st && (rc = sqlite3_step(w->history)) == SQLITE_ROW)
		st = add_past(w, w->history, err);
	if (!st && rc != SQLITE_DONE)
		st = sql_fail(w->db, rc, err);
	sqlite3_reset(w->history);
	return st;
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

	trace_memory_reset(w->texts);
	TRY(replay(w, unit, err));
	TRY(trace_memory_judge(w->texts, STATUS_OK, err));
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

	TRY(find_units(w, err));
	units = w->units.items;
	TRY(sql_prepare(w->db, history_sql, &w->history, err));
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
		.containing.item_bytes = sizeof(const struct trace_recipe *),
		.units.item_bytes = sizeof(struct trace_subject),
		.carriers.item_bytes = sizeof(struct trace_carrier),
	};

	*firmware = (struct trace_firmware){ .memory = trace_memory_new() };
	w.m = firmware->memory;
	TRY(trace_memory_judge(w.m, STATUS_OK, err));
	TRY(sql_exec(db, "BEGIN", err));
	enum status st = make(&w, err);
	sqlite3_finalize(w.history);
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
