/* batch: batches are opened, changed, closed and shown. */
#include "station/cmd_decide.h"

#include "db/decide.h"
#include "db/decided.h"
#include "engine/base/clock.h"
#include "station/json.h"
#include "station/table.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* All that is known about a batch. */
struct batch_view {
	const char *name;
	struct batch_state state;
	struct batch_units units;
	char recipe[RECIPE_TEXT_BYTES]; /* "" any */
	const char *approval;           /* of the recipe; NULL any */
};

static enum status read_batch(struct db *db, const char *name, struct batch_view *v,
			      struct err *err)
{
	*v = (struct batch_view){ .name = name };
	TRY(decided_order(db, name, &v->state, err));
	TRY(batch_units_read(db, name, &v->units, err));
	if (!v->state.recipe_digest[0])
		return STATUS_OK;
	TRY(approval_word(db, v->state.recipe_digest, &v->approval, err));
	return recipe_text(db, v->state.recipe_digest, v->recipe, err);
}

static const char *state_word(const struct batch_view *v)
{
	return !v->state.is_known ? "not opened" : v->state.is_open ? "open" : "closed";
}

/* -1: nobody planned a quantity. */
static int64_t to_go(const struct batch_view *v)
{
	const int64_t planned = v->state.quantity;

	if (!planned)
		return -1;
	return v->units.passed < planned ? planned - v->units.passed : 0;
}

/* ---- for people ---- */

static void add_order(const struct batch_view *v, struct textbuf *out)
{
	const struct {
		const char *label, *value;
	} rows[] = {
		{ "work order", v->state.work_order },
		{ "part number", v->state.part_number },
		{ "part revision", v->state.part_revision },
		{ "customer", v->state.customer },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].value[0])
			textbuf_add(out, "  %-14s %s\n", rows[i].label, rows[i].value);
	}
	textbuf_add(out, "  %-14s %s\n", "recipe", v->recipe[0] ? v->recipe : "any");
}

static const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

static void add_counts(const struct batch_view *v, struct textbuf *out)
{
	const struct batch_units *u = &v->units;

	if (v->state.quantity)
		textbuf_add(out, "  %-14s %" PRId64 " unit%s\n", "planned", v->state.quantity,
			    plural(v->state.quantity));
	if (v->state.quota)
		textbuf_add(out, "  %-14s %" PRId64 " unit%s may pass, no more\n", "quota",
			    v->state.quota, plural(v->state.quota));
	textbuf_add(out, "  %-14s %" PRId64 " unit%s", "passed", u->passed, plural(u->passed));
	if (u->set_aside)
		textbuf_add(out, ", %" PRId64 " of them set aside since", u->set_aside);
	textbuf_add(out, "\n  %-14s %" PRId64 " unit%s, which never passed in it\n", "failed",
		    u->failed, plural(u->failed));
	if (u->unjudged)
		textbuf_add(out, "  %-14s %" PRId64 " unit%s, refused or stopped\n", "not judged",
			    u->unjudged, plural(u->unjudged));
	if (to_go(v) >= 0)
		textbuf_add(out, "  %-14s %" PRId64 " unit%s\n", "to go", to_go(v),
			    plural(to_go(v)));
	textbuf_add(out, "  %-14s %" PRId64, "runs", u->runs);
	if (u->open_runs)
		textbuf_add(out, ", %" PRId64 " under way", u->open_runs);
	if (u->unknown_runs)
		textbuf_add(out, ", %" PRId64 " ended before the unit was known", u->unknown_runs);
	textbuf_add(out, "\n");
}

static enum status show_for_people(struct db *db, const struct batch_view *v, struct err *err)
{
	struct textbuf out = { 0 };
	enum status st;

	textbuf_add(&out, "batch %s: %s\n", v->name, state_word(v));
	if (v->state.is_known)
		add_order(v, &out);
	add_counts(v, &out);
	st = decisions_text(db, DECISIONS_OF_BATCH, v->name, &out, err);
	if (!st)
		st = attachments_text(db, "batch", v->name, &out, err);
	show_text(&out);
	return st;
}

/* ---- for programs ---- */

static void set_count(json_t *object, const char *name, int64_t count, bool is_known)
{
	json_object_set_new(object, name, is_known ? json_integer(count) : json_null());
}

static json_t *json_batch(const struct batch_view *v)
{
	const struct batch_state *s = &v->state;
	json_t *object = json_event("batch");

	json_object_set_new(object, "batch", json_text(v->name));
	json_object_set_new(object, "state", json_text(state_word(v)));
	json_object_set_new(object, "work_order", json_text(s->work_order));
	json_object_set_new(object, "part_number", json_text(s->part_number));
	json_object_set_new(object, "part_revision", json_text(s->part_revision));
	json_object_set_new(object, "customer", json_text(s->customer));
	json_object_set_new(object, "recipe_digest", json_text(s->recipe_digest));
	json_object_set_new(object, "recipe_approval", json_text(v->approval));
	set_count(object, "quantity", s->quantity, s->quantity);
	set_count(object, "quota", s->quota, s->quota);
	set_count(object, "passed", v->units.passed, true);
	set_count(object, "failed", v->units.failed, true);
	set_count(object, "unjudged", v->units.unjudged, true);
	set_count(object, "to_go", to_go(v), to_go(v) >= 0);
	set_count(object, "set_aside", v->units.set_aside, true);
	set_count(object, "runs", v->units.runs, true);
	set_count(object, "open_runs", v->units.open_runs, true);
	set_count(object, "unknown_runs", v->units.unknown_runs, true);
	set_time(object, "opened", s->opened_utc_ms);
	set_time(object, "closed", s->closed_utc_ms);
	return object;
}

static enum status show_for_programs(struct db *db, const struct batch_view *v, struct err *err)
{
	json_t *object = json_batch(v), *decisions = NULL, *attachments = NULL;
	enum status st = decisions_json(db, DECISIONS_OF_BATCH, v->name, &decisions, err);

	if (!st)
		st = attachments_json(db, "batch", v->name, &attachments, err);
	json_object_set_new(object, "decisions", decisions);
	json_object_set_new(object, "attachments", attachments);
	if (st)
		json_decref(object);
	else
		show_json(object);
	return st;
}

static enum status show_batch(const struct options *o, struct db *db, struct err *err)
{
	struct batch_view v;

	TRY(read_batch(db, o->operands[1], &v, err));
	return o->json ? show_for_programs(db, &v, err) : show_for_people(db, &v, err);
}

/* ---- actions ---- */

static enum status check_order(const struct options *o, struct err *err)
{
	const struct {
		const char *what, *text;
	} rows[] = {
		{ "the batch's name", o->operands[1] }, { "--work-order", o->work_order },
		{ "--part-number", o->part_number },    { "--part-revision", o->part_revision },
		{ "--customer", o->customer },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].text)
			TRY(check_text(rows[i].what, rows[i].text, DECIDED_TEXT_MAX, err));
	}
	return STATUS_OK;
}

static enum status batch_open(const struct options *o, struct db *db, struct err *err)
{
	char digest[65];

	TRY(check_order(o, err));
	if (o->recipe)
		TRY(named_recipe(o, o->recipe, true, db, digest, err));
	const struct record_batch batch = {
		.batch = o->operands[1],
		.work_order = o->work_order,
		.part_number = o->part_number,
		.part_revision = o->part_revision,
		.customer = o->customer,
		.quantity = (int64_t)o->quantity,
		.quota = (int64_t)(o->quota ? o->quota : o->quantity),
		.recipe_digest = o->recipe ? digest : NULL,
		.operator_name = o->operator_name,
		.opened_utc_ms = clock_utc_ms(),
	};
	TRY(db_put(db, RECORD_BATCH, &batch, err));
	return show_batch(o, db, err);
}

static enum status change_batch(const struct options *o, const char *change, struct db *db,
				struct err *err)
{
	const struct record_batch_change record = {
		.batch = o->operands[1],
		.change = change,
		.quota = (int64_t)o->quota,
		.operator_name = o->operator_name,
		.reason = o->reason,
		.utc_ms = clock_utc_ms(),
	};

	TRY(db_put(db, RECORD_BATCH_CHANGE, &record, err));
	return show_batch(o, db, err);
}

static enum status batch_quota(const struct options *o, struct db *db, struct err *err)
{
	return change_batch(o, "QUOTA", db, err);
}

static enum status batch_close(const struct options *o, struct db *db, struct err *err)
{
	return change_batch(o, "CLOSED", db, err);
}

static enum status batch_reopen(const struct options *o, struct db *db, struct err *err)
{
	return change_batch(o, "REOPENED", db, err);
}

struct search {
	const char *name;
	bool is_found;
};

static enum status compare_name(void *ctx, const char *batch, struct err *err)
{
	struct search *search = ctx;

	(void)err;
	search->is_found = search->is_found || strcmp(batch, search->name) == 0;
	return STATUS_OK;
}

static enum status batch_show(const struct options *o, struct db *db, struct err *err)
{
	struct search search = { .name = o->operands[1] };
	struct batch_view v;

	TRY(read_batch(db, o->operands[1], &v, err));
	/* A name may have come with verify runs alone, which are not counted. */
	if (!v.state.is_known && !v.units.runs)
		TRY(batch_names_walk(db, 0, compare_name, &search, err));
	if (!v.state.is_known && !v.units.runs && !search.is_found)
		return err_set(err, STATUS_USAGE,
			       "batch %s: is not in these records: 'flashline batch list' shows "
			       "which are",
			       o->operands[1]);
	return o->json ? show_for_programs(db, &v, err) : show_for_people(db, &v, err);
}

/* ---- list ---- */

struct listing {
	struct db *db;
	bool is_json;
	struct table table;
};

static enum status list_one(void *ctx, const char *name, struct err *err)
{
	struct listing *l = ctx;
	struct table *t = &l->table;
	struct batch_view v;
	char time[UTC_TEXT_BYTES];

	TRY(read_batch(l->db, name, &v, err));
	if (l->is_json) {
		show_json(json_batch(&v));
		return STATUS_OK;
	}
	add_cell(t, name);
	add_cell(t, state_word(&v));
	if (v.state.quantity)
		table_add(t, NULL, "%" PRId64, v.state.quantity);
	else
		add_cell(t, NULL);
	if (v.state.quota)
		table_add(t, NULL, "%" PRId64, v.state.quota);
	else
		add_cell(t, NULL);
	table_add(t, NULL, "%" PRId64, v.units.passed);
	table_add(t, NULL, "%" PRId64, v.units.failed);
	if (to_go(&v) >= 0)
		table_add(t, NULL, "%" PRId64, to_go(&v));
	else
		add_cell(t, NULL);
	add_cell(t, utc_words(v.state.opened_utc_ms, time));
	add_cell(t, utc_words(v.state.closed_utc_ms, time));
	add_cell(t, v.recipe[0] ? v.recipe : v.state.is_known ? "any" : "-");
	return STATUS_OK;
}

static enum status batch_list(const struct options *o, struct db *db, struct err *err)
{
	static const char *const headers[] = {
		"batch",  "state", "planned",      "quota",        "passed",
		"failed", "to go", "opened (UTC)", "closed (UTC)", "recipe",
	};
	struct listing l = { .db = db, .is_json = o->json };
	struct textbuf out = { 0 };

	table_init(&l.table, headers, sizeof(headers) / sizeof(headers[0]), 0x7Cu);
	enum status st = batch_names_walk(db, o->last, list_one, &l, err);
	if (!st && !o->json && !l.table.count)
		fprintf(stderr, "flashline: no batch is recorded\n");
	else if (!st && !o->json)
		table_print(&l.table, &out);
	table_release(&l.table);
	show_text(&out);
	return st;
}

#define ORDER                                                                                      \
	(TAKES(QUOTA) | TAKES(WORK_ORDER) | TAKES(PART_NUMBER) | TAKES(PART_REVISION) |            \
	 TAKES(CUSTOMER) | TAKES(RECIPE) | TAKES(PRODUCTS))

static const struct action actions[] = {
	{
		.name = "open",
		.operands = "NAME",
		.operand_count = 1,
		.needs = TAKES(QUANTITY) | TAKES(OPERATOR),
		.takes = ORDER,
		.is_decision = true,
		.run = batch_open,
	},
	{
		.name = "quota",
		.operands = "NAME",
		.operand_count = 1,
		.needs = TAKES(QUOTA) | TAKES(OPERATOR) | TAKES(REASON),
		.is_decision = true,
		.run = batch_quota,
	},
	{
		.name = "close",
		.operands = "NAME",
		.operand_count = 1,
		.needs = TAKES(OPERATOR) | TAKES(REASON),
		.is_decision = true,
		.run = batch_close,
	},
	{
		.name = "reopen",
		.operands = "NAME",
		.operand_count = 1,
		.needs = TAKES(OPERATOR) | TAKES(REASON),
		.is_decision = true,
		.run = batch_reopen,
	},
	{ .name = "show", .operands = "NAME", .operand_count = 1, .run = batch_show },
	{ .name = "list", .operands = "", .takes = TAKES(LAST), .run = batch_list },
};

enum exit_code cmd_batch(const struct options *options)
{
	return action_run("batch", actions, sizeof(actions) / sizeof(actions[0]), options);
}
