/* Which slots, bridges, batches and recipes a text means. */
#include "db/trace/trace_inside.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct finding {
	struct db *db;
	struct trace_memory *m;
	struct trace_places *found;
	struct trace_list places, names;
	enum trace_what what;
};

static enum status begin(struct finding *f, struct db *db, struct trace_places *found,
			 struct err *err)
{
	*found = (struct trace_places){ .memory = trace_memory_new() };
	*f = (struct finding){
		.db = db,
		.m = found->memory,
		.found = found,
		.places.item_bytes = sizeof(struct trace_place),
		.names.item_bytes = sizeof(const char *),
	};
	return trace_memory_judge(f->m, STATUS_OK, err);
}

static enum status finish(struct finding *f, enum status st, struct err *err)
{
	f->found->items = f->places.items;
	f->found->count = f->places.count;
	if (!f->found->count) {
		f->found->near = f->names.items;
		f->found->near_count = f->names.count;
	}
	return trace_memory_judge(f->m, st, err);
}

static void add_place(struct finding *f, enum trace_what what, const char *name)
{
	struct trace_place *p = trace_append(f->m, &f->places);

	if (p)
		*p = (struct trace_place){ .what = what, .name = name };
}

static enum status add_name(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct finding *f = ctx;
	const char **slot = trace_append(f->m, &f->names);

	(void)err;
	if (slot)
		*slot = trace_text(f->m, sql_text(row, 0));
	return STATUS_OK;
}

static enum status add_row(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct finding *f = ctx;

	(void)err;
	add_place(f, f->what, trace_text(f->m, sql_text(row, 0)));
	return STATUS_OK;
}

/* Each value of an indexed column once, one seek each. A view of all rows would take seconds. */
#define VALUES(column)                                                                             \
	"WITH RECURSIVE v(x) AS (SELECT (SELECT " column " FROM run WHERE " column " IS NOT NULL"  \
	"  ORDER BY " column " LIMIT 1)"                                                           \
	" UNION ALL SELECT (SELECT " column " FROM run WHERE " column " > v.x AND " column         \
	"  IS NOT NULL ORDER BY " column " LIMIT 1) FROM v WHERE v.x IS NOT NULL)"                 \
	" SELECT x FROM v WHERE x IS NOT NULL LIMIT 1000"

static enum status names_of(struct finding *f, const char *sql, struct err *err)
{
	TRY(trace_query(f->db, sql, NULL, 0, add_name, f, err));
	return trace_memory_judge(f->m, STATUS_OK, err);
}

/* ---- slots ---- */

static bool is_border(char c)
{
	return !c || strchr("/:.", c);
}

/* 4: all of it, 3: whole numbers within it, 2: its end, 1: any part, 0: none. */
static int slot_match(const char *slot, const char *text)
{
	size_t length = strlen(text), size = strlen(slot);
	int best = 0;

	if (strcmp(slot, text) == 0)
		return 4;
	for (const char *at = strstr(slot, text); at; at = strstr(at + 1, text)) {
		bool is_whole = (at == slot || strchr("/:-", at[-1])) && is_border(at[length]);
		int match = is_whole && at[length] != '.' ? 3 : at + length == slot + size ? 2 : 1;

		if (match > best)
			best = match;
	}
	return best;
}

enum status trace_find_slot(struct db *db, const char *text, struct trace_places *found,
			    struct err *err)
{
	struct finding f;
	int best = 1;

	TRY(begin(&f, db, found, err));
	enum status st = names_of(&f, VALUES("slot"), err);
	const char *const *names = f.names.items;
	for (size_t i = 0; !st && i < f.names.count; i++) {
		int match = slot_match(names[i], text);

		if (match > best)
			f.places.count = 0;
		if (match >= best) {
			add_place(&f, TRACE_SLOT, names[i]);
			best = match;
		}
	}
	found->is_ambiguous = f.places.count > 1;
	return finish(&f, st, err);
}

/* ---- bridges ---- */

/* What is the same but for the case of its letters. */
static void match_names(struct finding *f, enum trace_what what, const char *text)
{
	const char *const *names = f->names.items;

	for (size_t i = 0; i < f->names.count; i++)
		if (strcasecmp(names[i], text) == 0)
			add_place(f, what, names[i]);
}

enum status trace_find_bridge(struct db *db, const char *text, struct trace_places *found,
			      struct err *err)
{
	struct finding f;

	TRY(begin(&f, db, found, err));
	enum status st = names_of(&f, VALUES("bridge"), err);
	match_names(&f, TRACE_BRIDGE_TYPE, text);
	if (!st && !f.places.count) {
		struct trace_list types = f.names;

		f.names = (struct trace_list){ .item_bytes = sizeof(const char *) };
		st = names_of(&f, VALUES("bridge_vid_pid"), err);
		match_names(&f, TRACE_BRIDGE_VID_PID, text);
		f.names = types;
	}
	if (!st && !f.places.count) {
		f.what = TRACE_BRIDGE_SERIAL;
		st = trace_query(db,
				 "SELECT bridge_serial FROM run WHERE bridge_serial = ?1"
				 " AND bridge_serial IS NOT NULL LIMIT 1",
				 &text, 1, add_row, &f, err);
	}
	return finish(&f, st, err);
}

/* ---- batches and recipes ---- */

enum status trace_find_batch(struct db *db, const char *text, struct trace_places *found,
			     struct err *err)
{
	struct finding f;

	TRY(begin(&f, db, found, err));
	f.what = TRACE_BATCH;
	enum status st = trace_query(
		db,
		"SELECT ?1 WHERE EXISTS (SELECT 1 FROM run WHERE batch = ?1 AND batch IS NOT NULL)"
		" OR EXISTS (SELECT 1 FROM batch WHERE batch = ?1)",
		&text, 1, add_row, &f, err);
	if (!st && !f.places.count)
		st = names_of(&f, VALUES("batch"), err);
	if (!st && !f.places.count)
		st = names_of(
			&f,
			"SELECT batch FROM batch WHERE NOT EXISTS (SELECT 1 FROM run"
			" WHERE run.batch = batch.batch AND run.batch IS NOT NULL) LIMIT 1000",
			err);
	return finish(&f, st, err);
}

enum status trace_find_recipe(struct db *db, const char *text, struct trace_places *found,
			      struct err *err)
{
	char digits[TRACE_DIGEST_BYTES];
	const char *key = digits;
	struct finding f;

	TRY(begin(&f, db, found, err));
	f.what = TRACE_RECIPE;
	enum status st = trace_query(db,
				     "SELECT recipe_digest FROM recipe WHERE name = ?1"
				     " ORDER BY revision, first_seen_utc_ms",
				     &text, 1, add_row, &f, err);
	if (!st && !f.places.count && trace_is_digest(text, digits)) {
		st = trace_query(db,
				 "SELECT recipe_digest FROM recipe WHERE recipe_digest >= ?1"
				 " AND recipe_digest < ?1 || 'g'",
				 &key, 1, add_row, &f, err);
		found->is_ambiguous = f.places.count > 1;
	}
	if (!st && !f.places.count)
		st = names_of(&f, "SELECT DISTINCT name FROM recipe LIMIT 1000", err);
	return finish(&f, st, err);
}

void trace_places_release(struct trace_places *found)
{
	trace_memory_free(found->memory);
	*found = (struct trace_places){ 0 };
}
