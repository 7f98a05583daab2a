/* Which units may have got a firmware. */
#include "db/trace/trace_inside.h"

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

/* A recipe may write an image to several addresses: its runs count once. */
#define RUNS_WITH_IMAGE                                                                            \
	"SELECT run_id FROM (SELECT DISTINCT recipe_digest FROM recipe_image WHERE sha256 = ?1)"   \
	" AS with_image CROSS JOIN run ON run.recipe_digest = with_image.recipe_digest"
static const char units_of_image_sql[] = UNITS_OF(RUNS_WITH_IMAGE);
static const char units_of_recipe_sql[] =
	UNITS_OF("SELECT run_id FROM run WHERE recipe_digest = ?1");

/* Runs that may have written it, but told neither MAC nor serial number. */
#define UNKNOWN_OF(runs)                                                                           \
	"WITH with_it(run_id) AS (" runs ")"                                                       \
	" SELECT count(*) FROM with_it CROSS JOIN run ON run.run_id = with_it.run_id"              \
	" LEFT JOIN result ON result.run_id = run.run_id"                                          \
	" WHERE run.serial IS NULL AND result.mac IS NULL AND run.kind = 'FLASH'"                  \
	" AND (result.run_id IS NULL OR result.code = 'STATION_STOPPED')"
static const char unknown_of_image_sql[] = UNKNOWN_OF(RUNS_WITH_IMAGE);
static const char unknown_of_recipe_sql[] =
	UNKNOWN_OF("SELECT run_id FROM run WHERE recipe_digest = ?1");

struct candidates {
	struct db *db;
	struct trace_memory *m;
	struct trace_recipes *recipes;
	struct trace_list *containing, *units;
};

static enum status add_unit(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct candidates *c = ctx;
	struct trace_subject *s = trace_append(c->m, c->units);

	(void)err;
	if (s)
		*s = (struct trace_subject){
			.mac = trace_column(c->m, row, 0),
			.serial = trace_column(c->m, row, 1),
		};
	return STATUS_OK;
}

static enum status add_containing(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct candidates *c = ctx;
	const struct trace_recipe **slot, *recipe;

	TRY(trace_recipe_get(c->db, c->m, c->recipes, (const char *)sqlite3_column_text(row, 0),
			     &recipe, err));
	slot = recipe ? trace_append(c->m, c->containing) : NULL;
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

static const char recipes_of_image_sql[] =
	"SELECT DISTINCT recipe_digest FROM recipe_image CROSS JOIN recipe USING (recipe_digest)"
	" WHERE sha256 = ?1 ORDER BY name, revision";

enum status trace_candidates(struct db *db, struct trace_memory *m, struct trace_recipes *recipes,
			     const struct trace_target *target, struct trace_list *containing,
			     struct trace_list *units, int64_t *unknown_runs, struct err *err)
{
	struct candidates c = {
		.db = db,
		.m = m,
		.recipes = recipes,
		.containing = containing,
		.units = units,
	};
	const bool is_recipe = target->is_recipe;
	const char *key = target->digest;

	containing->item_bytes = sizeof(const struct trace_recipe *);
	units->item_bytes = sizeof(struct trace_subject);
	TRY(trace_query(db, is_recipe ? "SELECT ?1" : recipes_of_image_sql, &key, 1, add_containing,
			&c, err));
	TRY(trace_query(db, is_recipe ? units_of_recipe_sql : units_of_image_sql, &key, 1, add_unit,
			&c, err));
	TRY(trace_query(db, is_recipe ? unknown_of_recipe_sql : unknown_of_image_sql, &key, 1,
			take_count, unknown_runs, err));
	return trace_memory_judge(m, STATUS_OK, err);
}
