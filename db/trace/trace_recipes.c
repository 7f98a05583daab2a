#include "db/trace/trace_inside.h"

#include <string.h>

struct reading {
	struct trace_memory *m;
	struct trace_recipe *recipe;
	struct trace_list images;
};

static enum status read_recipe(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct reading *r = ctx;

	(void)err;
	r->recipe = trace_take(r->m, sizeof(*r->recipe));
	if (!r->recipe)
		return STATUS_OK; /* told at the end, with the rest of the memory */
	r->recipe->digest = trace_column(r->m, row, 0);
	r->recipe->name = trace_text(r->m, sql_text(row, 1));
	r->recipe->revision = sqlite3_column_int64(row, 2);
	r->recipe->product = trace_column(r->m, row, 3);
	r->recipe->erase = trace_erase_of((const char *)sqlite3_column_text(row, 4));
	return STATUS_OK;
}

static enum status read_image(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct reading *r = ctx;
	struct trace_image *image = trace_append(r->m, &r->images);

	(void)err;
	if (!image)
		return STATUS_OK;
	*image = (struct trace_image){
		.sha256 = trace_column(r->m, row, 0),
		.file = trace_column(r->m, row, 1),
		.addr = sqlite3_column_int64(row, 2),
		.size_bytes = sqlite3_column_int64(row, 3),
		.kind = trace_column(r->m, row, 4),
		.version = trace_column(r->m, row, 5),
		.partition = trace_column(r->m, row, 6),
	};
	return STATUS_OK;
}

static const struct trace_recipe *known(const struct trace_recipes *recipes, const char *digest)
{
	struct trace_recipe *const *items = recipes->list.items;

	/* The newest first: runs of one recipe come together. */
	for (size_t i = recipes->list.count; i-- > 0;)
		if (strcmp(items[i]->digest, digest) == 0)
			return items[i];
	return NULL;
}

enum status trace_recipe_get(struct db *db, struct trace_memory *m, struct trace_recipes *recipes,
			     const char *digest, const struct trace_recipe **recipe,
			     struct err *err)
{
	struct reading r = { .m = m, .images.item_bytes = sizeof(struct trace_image) };
	struct trace_recipe **slot;

	*recipe = digest ? known(recipes, digest) : NULL;
	if (*recipe || !digest)
		return STATUS_OK;
	TRY(trace_query(db,
			"SELECT recipe_digest, name, revision, product, canonical FROM recipe"
			" WHERE recipe_digest = ?1",
			&digest, 1, read_recipe, &r, err));
	if (!r.recipe)
		return trace_memory_judge(m, STATUS_OK, err);
	TRY(trace_query(db,
			"SELECT sha256, file, addr, size_bytes, kind, version, partition"
			" FROM recipe_image JOIN image USING (sha256) WHERE recipe_digest = ?1"
			" ORDER BY addr, position",
			&digest, 1, read_image, &r, err));
	r.recipe->images = r.images.items;
	r.recipe->image_count = r.images.count;
	recipes->list.item_bytes = sizeof(*slot);
	slot = trace_append(m, &recipes->list);
	if (slot)
		*slot = r.recipe;
	*recipe = r.recipe;
	return trace_memory_judge(m, STATUS_OK, err);
}
