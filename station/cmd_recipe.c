/* recipe: approved, retired, listed and shown as the records have them. */
#include "station/cmd_decide.h"

#include "db/decide.h"
#include "engine/base/clock.h"
#include "station/json.h"
#include "station/table.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* ---- what is known about one ---- */

/* The newest approval: lent texts are copied. */
struct judged {
	char state[16], by[DECIDED_TEXT_MAX + 1];
	int64_t utc_ms;
};

static enum status put_judged(void *ctx, const struct decision *d, struct err *err)
{
	struct judged *j = ctx;

	(void)err;
	snprintf(j->state, sizeof(j->state), "%s", d->what);
	snprintf(j->by, sizeof(j->by), "%s", d->operator_name ? d->operator_name : "");
	j->utc_ms = d->utc_ms;
	return STATUS_OK;
}

static const char *state_word(const struct judged *j)
{
	if (!j->state[0])
		return "not approved";
	return strcmp(j->state, "APPROVED") == 0 ? "approved" : "retired";
}

static json_t *json_recipe(const struct recipe_row *r, const struct judged *j,
			   const struct recipe_use *use)
{
	json_t *object = json_event("recipe");

	json_object_set_new(object, "recipe_digest", json_text(r->digest));
	json_object_set_new(object, "recipe", json_text(r->name));
	json_object_set_new(object, "recipe_revision", json_integer(r->revision));
	json_object_set_new(object, "product", json_text(r->product));
	json_object_set_new(object, "process", json_text(r->process));
	json_object_set_new(object, "approval", json_text(state_word(j)));
	json_object_set_new(object, "approval_by", json_text(j->by));
	set_time(object, "approval_time", j->utc_ms);
	set_time(object, "first_seen", r->first_seen_utc_ms);
	json_object_set_new(object, "runs", json_integer(use->runs));
	json_object_set_new(object, "passed", json_integer(use->passed_units));
	set_time(object, "first_run", use->first_utc_ms);
	set_time(object, "last_run", use->last_utc_ms);
	return object;
}

/* ---- show ---- */

struct showing {
	struct db *db;
	struct textbuf *out; /* for people, or */
	json_t *object;      /* for programs */
	bool is_whole;       /* with what it was written as */
	bool is_found;
};

static enum status show_image(void *ctx, const struct recipe_image_row *i, struct err *err)
{
	struct table *t = ctx;

	(void)err;
	table_add(t, NULL, "0x%06" PRIx64, (uint64_t)i->addr);
	table_add(t, NULL, "%" PRId64, i->size_bytes);
	add_cell(t, i->file);
	add_cell(t, i->kind);
	add_cell(t, i->version);
	add_cell(t, i->sha256);
	return STATUS_OK;
}

static enum status images_text(struct db *db, const char *digest, struct textbuf *out,
			       struct err *err)
{
	static const char *const headers[] = { "address", "bytes",   "image",
					       "kind",    "version", "SHA-256" };
	struct table t;

	table_init(&t, headers, 6, 3u);
	enum status st = recipe_images_walk(db, digest, show_image, &t, err);
	textbuf_add(out, "\n");
	table_print(&t, out);
	table_release(&t);
	return st;
}

static enum status append_image(void *ctx, const struct recipe_image_row *i, struct err *err)
{
	json_t *object = json_object();

	(void)err;
	json_object_set_new(object, "address", json_integer(i->addr));
	json_object_set_new(object, "size_bytes", json_integer(i->size_bytes));
	json_object_set_new(object, "sha256", json_text(i->sha256));
	json_object_set_new(object, "file", json_text(i->file));
	json_object_set_new(object, "kind", json_text(i->kind));
	json_object_set_new(object, "version", json_text(i->version));
	json_object_set_new(object, "partition", json_text(i->partition));
	json_array_append_new(ctx, object);
	return STATUS_OK;
}

/* Lines of YAML with a headline; no control character but the newline gets out. */
static void add_yaml(struct textbuf *out, const char *headline, const char *yaml, size_t size)
{
	char line[1024];

	textbuf_add(out, "\n--- %s\n", headline);
	while (size) {
		const char *newline = memchr(yaml, '\n', size);
		size_t length = newline ? (size_t)(newline - yaml) : size;
		size_t taken = length < sizeof(line) ? length : sizeof(line) - 1;

		memcpy(line, yaml, taken);
		line[taken] = '\0';
		text_clean(line);
		textbuf_add(out, "%s%s", line, taken == length ? "\n" : "");
		taken += taken == length && newline;
		yaml += taken;
		size -= taken;
	}
}

static enum status show_source(void *ctx, const struct attachment_row *a, struct err *err)
{
	struct showing *s = ctx;
	char headline[300];

	(void)err;
	if (strcmp(a->media_type, "application/yaml") != 0 || !a->content)
		return STATUS_OK;
	if (s->out) {
		snprintf(headline, sizeof(headline), "as the factory wrote it: %s", a->name);
		text_clean(headline);
		add_yaml(s->out, headline, a->content, (size_t)a->size_bytes);
		return STATUS_OK;
	}
	json_t *source = json_object();
	json_object_set_new(source, "name", json_text(a->name));
	json_object_set_new(source, "sha256", json_text(a->sha256));
	json_t *text = json_stringn(a->content, (size_t)a->size_bytes);
	json_object_set_new(source, "yaml", text ? text : json_null());
	json_array_append_new(json_object_get(s->object, "sources"), source);
	return STATUS_OK;
}

static enum status show_people(struct showing *s, const struct recipe_row *r,
			       const struct judged *j, const struct recipe_use *use,
			       struct err *err)
{
	char time[UTC_TEXT_BYTES];
	struct textbuf *out = s->out;

	textbuf_add(out, "recipe %s revision %" PRId64 ": %s\n", r->name, r->revision,
		    state_word(j));
	textbuf_add(out, "  %-12s %s\n", "digest", r->digest);
	textbuf_add(out, "  %-12s %s\n", "product", r->product ? r->product : "-");
	textbuf_add(out, "  %-12s %s\n", "process", r->process ? r->process : "-");
	textbuf_add(out, "  %-12s %s\n", "first seen", utc_words(r->first_seen_utc_ms, time));
	textbuf_add(out, "  %-12s %" PRId64 ", %" PRId64 " units passed\n", "runs", use->runs,
		    use->passed_units);
	if (use->runs)
		textbuf_add(out, "  %-12s %s\n", "newest run", utc_words(use->last_utc_ms, time));
	TRY(decisions_text(s->db, DECISIONS_OF_RECIPE, r->digest, out, err));
	TRY(images_text(s->db, r->digest, out, err));
	if (!s->is_whole)
		return STATUS_OK;
	TRY(attachments_text(s->db, "recipe", r->digest, out, err));
	add_yaml(out, "canonical, with its preset", r->canonical, strlen(r->canonical));
	return attachments_walk(s->db, "recipe", r->digest, true, show_source, s, err);
}

static enum status show_programs(struct showing *s, const struct recipe_row *r,
				 const struct judged *j, const struct recipe_use *use,
				 struct err *err)
{
	json_t *list;
	enum status st;

	s->object = json_recipe(r, j, use);
	st = decisions_json(s->db, DECISIONS_OF_RECIPE, r->digest, &list, err);
	json_object_set_new(s->object, "decisions", list);
	if (!st)
		st = recipe_images_walk(s->db, r->digest, append_image, list = json_array(), err);
	json_object_set_new(s->object, "images", list);
	if (st || !s->is_whole)
		return st;
	json_object_set_new(s->object, "canonical", json_string(r->canonical));
	json_object_set_new(s->object, "sources", json_array());
	return attachments_walk(s->db, "recipe", r->digest, true, show_source, s, err);
}

static enum status show_row(void *ctx, const struct recipe_row *r, struct err *err)
{
	struct judged judged = { .utc_ms = 0 };
	struct showing *s = ctx;
	struct recipe_use use;

	s->is_found = true;
	TRY(decisions_walk(s->db, DECISIONS_OF_RECIPE, r->digest, put_judged, &judged, err));
	TRY(recipe_use_read(s->db, r->digest, &use, err));
	return s->out ? show_people(s, r, &judged, &use, err)
		      : show_programs(s, r, &judged, &use, err);
}

static enum status show_recipe(const struct options *o, struct db *db, const char *digest,
			       bool is_whole, struct err *err)
{
	struct textbuf out = { 0 };
	struct showing s = { .db = db, .out = o->json ? NULL : &out, .is_whole = is_whole };
	enum status st = recipes_walk(db, digest, show_row, &s, err);

	if (!st && !s.is_found)
		st = err_set(err, STATUS_USAGE,
			     "%s: its recipe (%.12s) is not in these records: a run or 'flashline "
			     "recipe approve' puts it in; 'flashline check' shows what it will do",
			     o->operands[1], digest);
	if (!st && o->json)
		show_json(s.object);
	else
		json_decref(s.object);
	show_text(&out);
	return st;
}

static enum status recipe_show(const struct options *o, struct db *db, struct err *err)
{
	char digest[65];

	TRY(named_recipe(o, o->operands[1], false, db, digest, err));
	return show_recipe(o, db, digest, true, err);
}

/* ---- approve, retire ---- */

static enum status judge(const struct options *o, const char *state, struct db *db, struct err *err)
{
	char digest[65];

	TRY(named_recipe(o, o->operands[1], true, db, digest, err));
	const struct record_approval record = {
		.recipe_digest = digest,
		.state = state,
		.operator_name = o->operator_name,
		.reason = o->reason,
		.utc_ms = clock_utc_ms(),
	};
	TRY(db_put(db, RECORD_APPROVAL, &record, err));
	return show_recipe(o, db, digest, false, err);
}

static enum status recipe_approve(const struct options *o, struct db *db, struct err *err)
{
	return judge(o, "APPROVED", db, err);
}

static enum status recipe_retire(const struct options *o, struct db *db, struct err *err)
{
	return judge(o, "RETIRED", db, err);
}

/* ---- list ---- */

struct listing {
	struct db *db;
	bool is_json;
	struct table table;
};

static enum status list_row(void *ctx, const struct recipe_row *r, struct err *err)
{
	struct judged judged = { .utc_ms = 0 };
	char time[UTC_TEXT_BYTES];
	struct listing *l = ctx;
	struct table *t = &l->table;
	struct recipe_use use;

	TRY(decisions_walk(l->db, DECISIONS_OF_RECIPE, r->digest, put_judged, &judged, err));
	TRY(recipe_use_read(l->db, r->digest, &use, err));
	if (l->is_json) {
		show_json(json_recipe(r, &judged, &use));
		return STATUS_OK;
	}
	table_add(t, NULL, "%.12s", r->digest);
	add_cell(t, r->name);
	table_add(t, NULL, "%" PRId64, r->revision);
	add_cell(t, r->product);
	add_cell(t, r->process);
	add_cell(t, state_word(&judged));
	add_cell(t, judged.by[0] ? judged.by : NULL);
	add_cell(t, utc_words(judged.utc_ms, time));
	table_add(t, NULL, "%" PRId64, use.runs);
	table_add(t, NULL, "%" PRId64, use.passed_units);
	return STATUS_OK;
}

static enum status recipe_list(const struct options *o, struct db *db, struct err *err)
{
	static const char *const headers[] = { "digest",  "recipe",   "revision", "product",
					       "process", "approval", "by",       "since (UTC)",
					       "runs",    "passed" };
	struct listing l = { .db = db, .is_json = o->json };
	struct textbuf out = { 0 };

	table_init(&l.table, headers, sizeof(headers) / sizeof(headers[0]), 0x304u);
	enum status st = recipes_walk(db, NULL, list_row, &l, err);
	if (!st && !o->json && !l.table.count)
		fprintf(stderr, "flashline: no recipe is recorded\n");
	else if (!st && !o->json)
		table_print(&l.table, &out);
	table_release(&l.table);
	show_text(&out);
	return st;
}

static const struct action actions[] = {
	{
		.name = "approve",
		.operands = "RECIPE",
		.operand_count = 1,
		.needs = TAKES(OPERATOR),
		.takes = TAKES(REASON) | TAKES(PRODUCTS),
		.is_decision = true,
		.run = recipe_approve,
	},
	{
		.name = "retire",
		.operands = "RECIPE",
		.operand_count = 1,
		.needs = TAKES(OPERATOR) | TAKES(REASON),
		.takes = TAKES(PRODUCTS),
		.is_decision = true,
		.run = recipe_retire,
	},
	{
		.name = "show",
		.operands = "RECIPE",
		.operand_count = 1,
		.takes = TAKES(PRODUCTS),
		.run = recipe_show,
	},
	{ .name = "list", .operands = "", .run = recipe_list },
};

enum exit_code cmd_recipe(const struct options *options)
{
	return action_run("recipe", actions, sizeof(actions) / sizeof(actions[0]), options);
}
