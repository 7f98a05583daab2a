#include "db/report/report.h"

#include "db/report/report_build.h"
#include "engine/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the parts share ---- */

enum status report_text(struct report_build *b, const char *text, const char **own, struct err *err)
{
	size_t number = names_number(&b->report->texts->names, text);

	if (number == NAMES_NO_MEMORY)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the report");
	*own = b->report->texts->names.items[number];
	return STATUS_OK;
}

const char *report_column(sqlite3_stmt *row, int column)
{
	return (const char *)sqlite3_column_text(row, column);
}

void report_conditions(sqlite3_str *text, const struct report_filter *filter, bool with_times)
{
	if (filter->batch)
		sqlite3_str_appendall(text, " AND run.batch = :batch");
	if (filter->recipe)
		sqlite3_str_appendall(
			text, " AND run.recipe_digest IN (SELECT recipe_digest FROM recipe"
			      " WHERE name = :recipe OR (length(:recipe) >= 8 AND"
			      " substr(recipe_digest, 1, length(:recipe)) = lower(:recipe)))");
	if (with_times && filter->has_from)
		sqlite3_str_appendall(text, " AND run.start_utc_ms >= :from");
	if (with_times && filter->has_to)
		sqlite3_str_appendall(text, " AND run.start_utc_ms < :to");
}

/* 0 is no parameter's number: SQLite refuses it, and nothing is bound. */
static void bind_filter(sqlite3_stmt *stmt, const struct report_filter *filter)
{
	sqlite3_bind_int64(stmt, sqlite3_bind_parameter_index(stmt, ":from"), filter->from_utc_ms);
	sqlite3_bind_int64(stmt, sqlite3_bind_parameter_index(stmt, ":to"), filter->to_utc_ms);
	sqlite3_bind_int(stmt, sqlite3_bind_parameter_index(stmt, ":strict"), filter->is_strict);
	sql_bind_text(stmt, sqlite3_bind_parameter_index(stmt, ":batch"), filter->batch);
	sql_bind_text(stmt, sqlite3_bind_parameter_index(stmt, ":recipe"), filter->recipe);
}

enum status report_prepare(struct report_build *b, sqlite3_str *text, sqlite3_stmt **stmt,
			   struct err *err)
{
	char *sql = sqlite3_str_finish(text);
	enum status st;

	*stmt = NULL;
	st = sql ? sql_prepare(b->db, sql, stmt, err)
		 : sql_fail_at(b->db->path, SQLITE_NOMEM, NULL, err);
	sqlite3_free(sql);
	if (!st)
		bind_filter(*stmt, b->filter);
	return st;
}

enum status report_step(struct report_build *b, sqlite3_stmt *stmt, bool *has_row, struct err *err)
{
	int rc = sqlite3_step(stmt);

	*has_row = rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK : sql_fail(b->db, rc, err);
}

enum status report_grow(void *items, size_t *count, size_t size, void **item, struct err *err)
{
	char **array = items;

	/* Room for 8, 16, 32 ... of them: full when the count is such a number. */
	if (*count == 0 || (*count >= 8 && (*count & (*count - 1)) == 0)) {
		char *more = realloc(*array, (*count ? *count * 2 : 8) * size);

		if (!more) {
			err_set(err, STATUS_NO_MEMORY, "no memory for the report");
			return STATUS_NO_MEMORY;
		}
		*array = more;
	}
	*item = *array + *count * size;
	memset(*item, 0, size);
	++*count;
	return STATUS_OK;
}

/* ---- recipes, and the yields of their products ---- */

static enum status find_yield(struct report_build *b, const char *product, const char *process,
			      size_t *number, struct err *err)
{
	struct report *r = b->report;
	const char *own_product = NULL, *own_process = NULL;
	void *item;

	TRY(report_text(b, product, &own_product, err));
	TRY(report_text(b, process, &own_process, err));
	/* Own texts are kept once, so the same text is the same pointer. */
	for (*number = 0; *number < r->yield_count; ++*number)
		if (r->yields[*number].product == own_product &&
		    r->yields[*number].process == own_process)
			return STATUS_OK;
	TRY(report_grow(&r->yields, &r->yield_count, sizeof(*r->yields), &item, err));
	*(struct report_yield *)item =
		(struct report_yield){ .product = own_product, .process = own_process };
	return STATUS_OK;
}

/* Row number of recipe_yields and recipe_labels, as names_number() counts. */
static enum status add_recipe(struct report_build *b, sqlite3_stmt *row, struct err *err)
{
	const char *digest = row ? report_column(row, 0) : NULL;
	size_t number = names_number(&b->recipes, digest);
	char label[300];

	if (number == NAMES_NO_MEMORY)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the recipes");
	if (!row)
		return find_yield(b, NULL, "FLASH", &b->recipe_yields[number], err);
	snprintf(label, sizeof(label), "%.200s r%lld %.8s", report_column(row, 1),
		 (long long)sqlite3_column_int64(row, 2), digest);
	TRY(report_text(b, label, &b->recipe_labels[number], err));
	return find_yield(b, report_column(row, 3), report_column(row, 4),
			  &b->recipe_yields[number], err);
}

/* The recipes, and a yield for each of their products and processes. */
static enum status read_recipes(struct report_build *b, struct err *err)
{
	sqlite3_stmt *stmt;
	bool has_row = true;
	int64_t count;

	TRY(sql_integer(b->db, "SELECT count(*) FROM recipe", &count, err));
	b->recipe_count = (size_t)count + 1;
	b->recipe_yields = calloc(b->recipe_count, sizeof(*b->recipe_yields));
	b->recipe_labels = calloc(b->recipe_count, sizeof(*b->recipe_labels));
	if (!b->recipe_yields || !b->recipe_labels)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the recipes");
	TRY(sql_prepare(b->db,
			"SELECT recipe_digest, name, revision, ifnull(product, name),"
			" ifnull(process, 'FLASH') FROM recipe ORDER BY recipe_digest",
			&stmt, err));
	enum status st = add_recipe(b, NULL, err);
	while (!st && has_row) {
		st = report_step(b, stmt, &has_row, err);
		if (!st && has_row)
			st = add_recipe(b, stmt, err);
	}
	sqlite3_finalize(stmt);
	return st;
}

enum status report_recipe_number(struct report_build *b, const char *digest, size_t *number,
				 struct err *err)
{
	*number = names_number(&b->recipes, digest);
	if (*number == NAMES_NO_MEMORY)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the recipes");
	if (*number >= b->recipe_count)
		return sql_fail_at(b->db->path, SQLITE_CORRUPT,
				   "a run names a recipe that is missing", err);
	return STATUS_OK;
}

/* ---- what was asked for ---- */

static enum status ask(struct report_build *b, const char *sql, int64_t *answer, struct err *err)
{
	sqlite3_stmt *stmt;
	bool has_row;

	TRY(sql_prepare(b->db, sql, &stmt, err));
	bind_filter(stmt, b->filter);
	enum status st = report_step(b, stmt, &has_row, err);
	*answer = !st && has_row ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return st;
}

/* A name that nobody ever used is more likely mistyped than a batch without runs. */
static enum status check_filter(struct report_build *b, struct err *err)
{
	const struct report_filter *f = b->filter;
	int64_t is_there = 1;

	if (f->batch)
		TRY(ask(b,
			"SELECT EXISTS (SELECT 1 FROM run WHERE batch = :batch) OR"
			" EXISTS (SELECT 1 FROM batch WHERE batch = :batch)",
			&is_there, err));
	if (!is_there)
		return err_set(err, STATUS_USAGE,
			       "batch '%s': neither an order nor a run has that name: "
			       "'flashline batch list' shows the orders",
			       f->batch);
	if (f->recipe)
		TRY(ask(b,
			"SELECT EXISTS (SELECT 1 FROM recipe WHERE name = :recipe OR"
			" (length(:recipe) >= 8 AND"
			" substr(recipe_digest, 1, length(:recipe)) = lower(:recipe)))",
			&is_there, err));
	if (!is_there)
		return err_set(
			err, STATUS_USAGE,
			"recipe '%s': no recorded recipe has that name or digest (8 hex digits or "
			"more): 'flashline recipe list' shows them",
			f->recipe);
	if (f->has_from && f->has_to && f->from_utc_ms >= f->to_utc_ms)
		return err_set(
			err, STATUS_USAGE,
			"the report would end before it begins: --to has to be later than --from");
	return STATUS_OK;
}

static enum status read_head(struct report_build *b, struct err *err)
{
	const struct report_filter *f = b->filter;
	struct report *r = b->report;
	struct ledger_head head;

	r->taken_utc_ms = clock_utc_ms();
	r->is_strict = f->is_strict;
	r->has_from = f->has_from;
	r->has_to = f->has_to;
	r->from_utc_ms = f->from_utc_ms;
	r->to_utc_ms = f->to_utc_ms;
	TRY(report_text(b, f->batch, &r->batch_name, err));
	TRY(report_text(b, f->recipe, &r->recipe_filter, err));
	if (f->batch)
		TRY(decided_batch(b->db, f->batch, &r->batch, err));
	TRY(ledger_head(b->db, &head, err));
	r->ledger_entries = head.seq;
	if (head.seq)
		ledger_anchor_text(&head, r->anchor);
	/* The ledger has two entries for each run, and few others. */
	b->all_runs = head.seq / 2;
	return STATUS_OK;
}

/* ---- all of it ---- */

static enum status read_parts(struct report_build *b, struct err *err)
{
	TRY(check_filter(b, err));
	TRY(read_head(b, err));
	TRY(read_recipes(b, err));
	TRY(report_read_runs(b, err));
	TRY(report_read_units(b, err));
	TRY(report_read_measures(b, err));
	return report_read_lists(b, err);
}

static int compare_yields(const void *a, const void *b)
{
	const struct report_yield *p = a, *q = b;
	int order = strcmp(p->product ? p->product : "", q->product ? q->product : "");

	return order ? order : strcmp(p->process, q->process);
}

/* Only the ones that have something to tell, by name. */
static void keep_used_yields(struct report *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->yield_count; i++) {
		struct report_yield *y = &r->yields[i];

		if (!y->station.n)
			continue;
		y->first_pass.band = interval_wilson(y->first_pass.k, y->first_pass.n);
		y->final.band = interval_wilson(y->final.k, y->final.n);
		y->station.band = interval_wilson(y->station.k, y->station.n);
		r->yields[count++] = *y;
	}
	r->yield_count = count;
	if (count)
		qsort(r->yields, count, sizeof(*r->yields), compare_yields);
}

static enum status roll_yields(struct report *r, struct err *err)
{
	for (size_t i = 0; i < r->yield_count;) {
		struct report_rolled rolled = { .product = r->yields[i].product, .yield = 1 };
		void *item;

		for (; i < r->yield_count && r->yields[i].product == rolled.product; i++) {
			const struct report_share *s = &r->yields[i].first_pass;

			if (!s->n)
				continue;
			rolled.yield *= (double)s->k / (double)s->n;
			rolled.processes++;
		}
		if (rolled.processes < 2)
			continue;
		TRY(report_grow(&r->rolled, &r->rolled_count, sizeof(rolled), &item, err));
		*(struct report_rolled *)item = rolled;
	}
	return STATUS_OK;
}

enum status report_read(struct db *db, const struct report_filter *filter, struct report *report,
			struct err *err)
{
	struct report_build b = { .db = db, .filter = filter, .report = report };
	enum status st;

	*report = (struct report){ .texts = calloc(1, sizeof(*report->texts)) };
	if (!report->texts)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the report");
	/* One transaction, so that all parts see the same records. */
	st = sql_exec(db, "BEGIN", err);
	if (!st) {
		st = read_parts(&b, err);
		sqlite3_exec(db->sql, "COMMIT", NULL, NULL, NULL);
	}
	if (!st) {
		keep_used_yields(report);
		report_fold_points(report);
		report_judge(report);
		st = roll_yields(report, err);
	}
	names_release(&b.recipes);
	free(b.recipe_yields);
	free(b.recipe_labels);
	return st;
}

static void release_list(struct report_list *list)
{
	free(list->items);
}

void report_release(struct report *r)
{
	for (size_t i = 0; i < SPLIT_COUNT; i++) {
		for (size_t j = 0; j < r->splits[i].count; j++)
			free(r->splits[i].items[j].by_cause);
		free(r->splits[i].items);
	}
	free(r->yields);
	free(r->rolled);
	free(r->failures.items);
	free(r->not_counted.items);
	free(r->aborts.items);
	free(r->points);
	free(r->rescue_ways.items);
	free(r->rescue_suspects.items);
	free(r->measures);
	release_list(&r->overrides);
	release_list(&r->duplicates);
	release_list(&r->dispositions);
	release_list(&r->alarms);
	release_list(&r->lockouts);
	if (r->texts)
		names_release(&r->texts->names);
	free(r->texts);
	*r = (struct report){ 0 };
}

const char *report_split_name(enum report_split_kind kind)
{
	static const char *const names[SPLIT_COUNT] = {
		[SPLIT_SLOT] = "slot",         [SPLIT_BRIDGE] = "bridge",
		[SPLIT_REVISION] = "revision", [SPLIT_RECIPE] = "recipe",
		[SPLIT_OPERATOR] = "operator", [SPLIT_STATION] = "station",
	};

	return names[kind];
}

const char *report_sentence(const char *code)
{
	enum status st;

	return status_find(code, &st) ? status_row(st)->sentence : "";
}
