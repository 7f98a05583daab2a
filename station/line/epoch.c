#include "station/line/line_inside.h"

#include "db/run.h"
#include "station/guards.h"
#include "station/serial_numbers.h"
#include "station/record_of.h"
#include "station/textbuf.h"
#include "station/threads.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- recipes ---- */

struct recipe_in_use *recipe_in_use_new(struct plan *plan, enum again_policy policy,
					struct again *again)
{
	struct recipe_in_use *r = calloc(1, sizeof(*r));

	again = again ? again_share(again) : again_new(policy);
	if (!r || !again) {
		again_free(again);
		free(r);
		plan_free(plan);
		return NULL;
	}
	r->plan = plan;
	r->again = again;
	r->users = 1;
	return r;
}

void recipe_in_use_release(struct recipe_in_use *r)
{
	if (!r || --r->users)
		return;
	again_free(r->again);
	plan_free(r->plan);
	free(r);
}

/* ---- epochs ---- */

static void epoch_free(struct epoch *e)
{
	if (!e)
		return;
	guards_free(e->guards);
	serial_numbers_free(e->numbers);
	recipe_in_use_release(e->recipe);
	free(e->batch);
	free(e);
}

/* One that still has jobs knows their places in the batch, which no record tells yet. */
static struct epoch *find_same(const struct line *l, const struct recipe_in_use *recipe,
			       const char *batch)
{
	for (struct epoch *e = l->epochs; e; e = e->next) {
		if (e->recipe == recipe &&
		    strcmp(e->batch ? e->batch : "", batch ? batch : "") == 0)
			return e;
	}
	return NULL;
}

static void put_first(struct line *l, struct epoch *e)
{
	struct epoch **link = &l->epochs;

	while (*link && *link != e)
		link = &(*link)->next;
	if (*link)
		*link = e->next;
	e->next = l->epochs;
	l->epochs = e;
}

static enum status open_guards(struct session *s, struct epoch *e, struct err *err)
{
	const struct guard_setup setup = {
		.db_path = s->setup->db_path,
		.plan = e->recipe->plan,
		.writer = s->setup->writer,
		.batch = e->batch,
		.plant = s->setup->plant,
		.slots = STATION_SLOTS_MAX,
	};

	return guards_new(&setup, &e->guards, err);
}

static enum status open_numbers(struct session *s, struct epoch *e, struct err *err)
{
	const struct serial_numbers_setup setup = {
		.db_path = s->setup->db_path,
		.plan = e->recipe->plan,
		.writer = s->setup->writer,
		.is_scanned = true,
	};

	return serial_numbers_new(&setup, &e->numbers, err);
}

static enum status epoch_new(struct session *s, struct recipe_in_use *recipe, const char *batch,
			     struct epoch **out, struct err *err)
{
	struct epoch *e = calloc(1, sizeof(*e));
	enum status st = STATUS_OK;

	*out = NULL;
	if (e && batch)
		e->batch = strdup(batch);
	if (!e || (batch && !e->batch)) {
		free(e);
		return err_set(err, STATUS_NO_MEMORY, "no memory for another recipe or batch");
	}
	e->recipe = recipe;
	recipe->users++;
	st = open_guards(s, e, err);
	if (!st)
		st = open_numbers(s, e, err);
	if (st) {
		epoch_free(e);
		return st;
	}
	e->order = session_order(s);
	e->order.plan = recipe->plan;
	e->order.batch = e->batch;
	e->order.guards = e->guards;
	e->order.numbers = e->numbers;
	e->order.again = recipe->again;
	e->order.golden = &s->line->setup->file->lockouts.golden;
	e->order.recaller = s->line->recaller;
	e->order.finished = s->line->finished;
	*out = e;
	return STATUS_OK;
}

enum status epoch_begin(struct session *s, struct recipe_in_use *recipe, const char *batch,
			struct err *err)
{
	struct epoch *e = find_same(s->line, recipe, batch);

	if (!e)
		TRY(epoch_new(s, recipe, batch, &e, err));
	assert(e);
	put_first(s->line, e);
	s->epoch = e;
	s->snapshot.plan = recipe->plan;
	s->snapshot.batch = e->batch;
	session_count_batch(s);
	epoch_free_unused(s, false);
	return STATUS_OK;
}

void epoch_free_unused(struct session *s, bool all)
{
	struct epoch **link = &s->line->epochs;

	while (*link) {
		struct epoch *e = *link;

		if (!all && (e == s->epoch || e->users)) {
			link = &e->next;
			continue;
		}
		*link = e->next;
		epoch_free(e);
	}
	if (all)
		s->epoch = NULL;
}

/* ---- reading a recipe ---- */

struct recipe_change {
	pthread_t thread;
	char *path, *products_dir, *db_path;
	pthread_mutex_t lock; /* protects is_done; the rest is the thread's until then */
	bool is_done;
	struct plan *plan;
	char text[REQUEST_TEXT_BYTES];
};

/* The first error: there is room for one, and 'flashline check' tells all. */
static void tell_first(struct recipe_change *c, const struct diag_list *diags,
		       const struct err *err)
{
	for (size_t i = 0; i < diags->count; i++) {
		if (diags->items[i].is_warning)
			continue;
		diag_text(&diags->items[i], c->text, sizeof(c->text));
		return;
	}
	snprintf(c->text, sizeof(c->text), "%.*s", (int)sizeof(c->text) - 1, err->text);
}

/* Beside the station's writer: that is one short transaction. */
static enum status keep(const struct recipe_change *c, struct err *err)
{
	struct recipe_record record;
	struct db *db;
	enum status st;

	TRY(db_open(c->db_path, DB_DECIDE, &db, err));
	st = record_of_recipe(c->plan, &record, err);
	if (!st) {
		st = db_put_recipe(db, &record.recipe, err);
		record_of_recipe_release(&record);
	}
	db_close(db);
	return st;
}

static void *read_recipe(void *ctx)
{
	struct recipe_change *c = ctx;
	struct diag_list diags = { 0 };
	struct err err;

	err_clear(&err);
	if (plan_load(c->path, c->products_dir, &c->plan, &diags, &err)) {
		tell_first(c, &diags, &err);
	} else if (keep(c, &err)) {
		snprintf(c->text, sizeof(c->text), "%.*s", (int)sizeof(c->text) - 1, err.text);
		plan_free(c->plan);
		c->plan = NULL;
	}
	text_clean(c->text);
	diag_list_release(&diags);
	pthread_mutex_lock(&c->lock);
	c->is_done = true;
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static void release(struct recipe_change *c)
{
	pthread_mutex_destroy(&c->lock);
	plan_free(c->plan);
	free(c->path);
	free(c->products_dir);
	free(c->db_path);
	free(c);
}

enum status recipe_change_new(const char *path, const char *products_dir, const char *db_path,
			      struct recipe_change **out, struct err *err)
{
	struct recipe_change *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (!c)
		return err_set(err, STATUS_NO_MEMORY, "no memory to read %s", path);
	pthread_mutex_init(&c->lock, NULL);
	c->path = strdup(path);
	c->products_dir = products_dir ? strdup(products_dir) : NULL;
	c->db_path = strdup(db_path);
	if (!c->path || !c->db_path || (products_dir && !c->products_dir) ||
	    thread_start(&c->thread, read_recipe, c) != 0) {
		release(c);
		return err_set(err, STATUS_NO_MEMORY, "no memory or thread to read %s", path);
	}
	*out = c;
	return STATUS_OK;
}

bool recipe_change_is_done(struct recipe_change *c)
{
	bool is_done;

	pthread_mutex_lock(&c->lock);
	is_done = c->is_done;
	pthread_mutex_unlock(&c->lock);
	return is_done;
}

struct plan *recipe_change_take(struct recipe_change *c, char *text, size_t size)
{
	struct plan *plan = c->plan;

	c->plan = NULL;
	snprintf(text, size, "%s", c->text);
	return plan;
}

void recipe_change_free(struct recipe_change *c)
{
	if (!c)
		return;
	pthread_join(c->thread, NULL);
	release(c);
}
