/*
 * What the units of a line are done with, as it changes: recipe, batch, and the rules that go with
 * them. Inside a line; docs/line.md, Changing the recipe.
 *
 * A recipe is read by a thread, because packing 16 MB takes a second; it is taken over between
 * units, when no slot works, and then told. A wrong one changes nothing. Plans, guards and the
 * memory of finished units live as long as a job uses them.
 */
#ifndef STATION_LINE_EPOCH_H
#define STATION_LINE_EPOCH_H

#include "recipes/plan.h"
#include "station/session.h"

struct again;

struct recipe_in_use {
	struct plan *plan;
	struct again *again; /* of its units */
	unsigned users;      /* epochs, and whoever has just made it */
};

/* A new one with this plan, which is its own from now on, also on failure. again: of the same
 * recipe, whose units have their verdicts; NULL: none yet. NULL without memory. */
struct recipe_in_use *recipe_in_use_new(struct plan *plan, enum again_policy policy,
					struct again *again);
void recipe_in_use_release(struct recipe_in_use *r); /* NULL is fine */

/*
 * From the next unit on: this recipe and this batch (NULL none). Nothing changes on failure:
 * STATUS_DATABASE, STATUS_NO_MEMORY.
 */
enum status epoch_begin(struct session *s, struct recipe_in_use *recipe, const char *batch,
			struct err *err);
/* Those that no job uses any more; with all, every one. */
void epoch_free_unused(struct session *s, bool all);

/* ---- reading a recipe ---- */

struct recipe_change;

/* STATUS_NO_MEMORY. path is copied. */
enum status recipe_change_new(const char *path, const char *products_dir, const char *db_path,
			      struct recipe_change **out, struct err *err);
bool recipe_change_is_done(struct recipe_change *c);
/* Once it is done: the plan, or NULL and why in text. The plan is the caller's. */
struct plan *recipe_change_take(struct recipe_change *c, char *text, size_t size);
/* Waits for the reading to end: some seconds at most. NULL is fine. */
void recipe_change_free(struct recipe_change *c);

#endif
