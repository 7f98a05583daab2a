/* guard: the rules of this station, and the guards that keep to them. */
#include "station/cmd_decide.h"

#include "db/decide.h"
#include "db/decided.h"
#include "engine/base/clock.h"
#include "station/guards.h"
#include "station/help.h"
#include "station/json.h"
#include "station/rules.h"
#include "station/table.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* The newest word of a rule; lent texts are copied. */
struct ruling {
	char word[DECIDED_TEXT_MAX + 1], by[DECIDED_TEXT_MAX + 1], reason[DECIDED_REASON_MAX + 1];
	int64_t utc_ms; /* 0: never set */
};

static enum status put_ruling(void *ctx, const struct decision *d, struct err *err)
{
	struct ruling *r = ctx;

	(void)err;
	snprintf(r->word, sizeof(r->word), "%s", d->what);
	snprintf(r->by, sizeof(r->by), "%s", d->operator_name ? d->operator_name : "");
	snprintf(r->reason, sizeof(r->reason), "%s", d->reason ? d->reason : "");
	r->utc_ms = d->utc_ms;
	return STATUS_OK;
}

static enum status read_ruling(struct db *db, const struct rule_row *rule, struct ruling *r,
			       struct err *err)
{
	*r = (struct ruling){ .utc_ms = 0 };
	snprintf(r->word, sizeof(r->word), "%s", rule->words[0].word);
	return decisions_walk(db, DECISIONS_OF_RULE, rule->name, put_ruling, r, err);
}

/* ---- list ---- */

static bool may_be_overridden(enum status code)
{
	struct err err;
	unsigned bits;

	return guard_overrides(status_code(code), &bits, &err) == STATUS_OK;
}

static const char *meaning_of(const struct rule_row *rule, const char *word)
{
	for (size_t i = 0; i < RULE_WORDS; i++) {
		if (strcmp(rule->words[i].word, word) == 0)
			return rule->words[i].meaning;
	}
	return "unknown to this program, so the stricter one holds";
}

static enum status add_rules(struct db *db, struct table *t, struct err *err)
{
	const struct rule_row *rules = rule_rows();
	char time[UTC_TEXT_BYTES];
	struct ruling r;

	for (size_t i = 0; i < RULE_COUNT; i++) {
		TRY(read_ruling(db, &rules[i], &r, err));
		add_cell(t, rules[i].name);
		add_cell(t, r.word);
		table_add(t, NULL, "%s, %s", rules[i].words[0].word, rules[i].words[1].word);
		add_cell(t, r.utc_ms ? utc_words(r.utc_ms, time) : "(never set)");
		add_cell(t, r.by[0] ? r.by : NULL);
		add_cell(t, meaning_of(&rules[i], r.word));
		add_cell(t, r.reason);
	}
	return STATUS_OK;
}

static enum status list_text(struct db *db, struct err *err)
{
	static const char *const rule_heads[] = { "rule", "word",    "words", "since (UTC)",
						  "by",   "meaning", "reason" };
	static const char *const guard_heads[] = { "guard", "override", "what the operator reads" };
	struct textbuf out = { 0 };
	struct table t;
	enum status st;

	table_init(&t, rule_heads, 7, 0);
	st = add_rules(db, &t, err);
	table_print(&t, &out);
	table_release(&t);
	table_init(&t, guard_heads, 3, 0);
	for (int code = STATUS_ALREADY_PASSED; guard_is((enum status)code); code++) {
		const struct status_row *row = status_row((enum status)code);

		add_cell(&t, row->code);
		add_cell(&t, may_be_overridden((enum status)code) ? "yes" : "no");
		add_cell(&t, row->sentence);
	}
	textbuf_add(&out, "\n");
	table_print(&t, &out);
	table_release(&t);
	textbuf_add(&out, "\nAn override is for one session, and is recorded with each run that "
			  "needed it:\nflashline flash ... --override CODE,... --operator NAME "
			  "--reason TEXT\n");
	if (st)
		textbuf_release(&out);
	else
		show_text(&out);
	return st;
}

static json_t *json_rule(const struct rule_row *rule, const struct ruling *r)
{
	json_t *object = json_event("rule"), *words = json_array();

	for (size_t i = 0; i < RULE_WORDS; i++)
		json_array_append_new(words, json_string(rule->words[i].word));
	json_object_set_new(object, "rule", json_string(rule->name));
	json_object_set_new(object, "word", json_text(r->word));
	json_object_set_new(object, "words", words);
	json_object_set_new(object, "meaning", json_text(meaning_of(rule, r->word)));
	set_time(object, "since", r->utc_ms);
	json_object_set_new(object, "operator", json_text(r->by));
	json_object_set_new(object, "reason", json_text(r->reason));
	return object;
}

static enum status list_json(struct db *db, struct err *err)
{
	const struct rule_row *rules = rule_rows();
	struct ruling r;

	for (size_t i = 0; i < RULE_COUNT; i++) {
		TRY(read_ruling(db, &rules[i], &r, err));
		show_json(json_rule(&rules[i], &r));
	}
	for (int code = STATUS_ALREADY_PASSED; guard_is((enum status)code); code++) {
		const struct status_row *row = status_row((enum status)code);
		json_t *object = json_event("guard");

		json_object_set_new(object, "code", json_string(row->code));
		json_object_set_new(object, "sentence", json_string(row->sentence));
		json_object_set_new(object, "overridable",
				    json_boolean(may_be_overridden((enum status)code)));
		show_json(object);
	}
	return STATUS_OK;
}

static enum status guard_list(const struct options *o, struct db *db, struct err *err)
{
	return o->json ? list_json(db, err) : list_text(db, err);
}

/* ---- set ---- */

static enum status unknown_rule(const char *name, struct err *err)
{
	const struct rule_row *rules = rule_rows();
	const char *names[RULE_COUNT], *nearest;
	char list[120] = "";

	for (size_t i = 0; i < RULE_COUNT; i++) {
		names[i] = rules[i].name;
		text_append(list, sizeof(list), i + 1 < RULE_COUNT ? ", " : " or ", names[i]);
	}
	nearest = nearest_word(name, names, RULE_COUNT);
	if (nearest)
		return err_set(err, STATUS_USAGE,
			       "guard set: unknown rule '%s': did you mean '%s'? Expected %s", name,
			       nearest, list);
	return err_set(err, STATUS_USAGE, "guard set: unknown rule '%s': expected %s", name, list);
}

static enum status check_word(const struct rule_row *rule, const char *word, struct err *err)
{
	for (size_t i = 0; i < RULE_WORDS; i++) {
		if (strcmp(rule->words[i].word, word) == 0)
			return STATUS_OK;
	}
	return err_set(err, STATUS_USAGE,
		       "guard set %s: unknown word '%s': expected '%s' (%s) or '%s' (%s)",
		       rule->name, word, rule->words[0].word, rule->words[0].meaning,
		       rule->words[1].word, rule->words[1].meaning);
}

static void show_rule(const struct options *o, const struct rule_row *rule, const struct ruling *r)
{
	char time[UTC_TEXT_BYTES];
	struct textbuf out = { 0 };

	if (o->json) {
		show_json(json_rule(rule, r));
		return;
	}
	textbuf_add(&out, "%s = %s since %s, by %s: %s\n", rule->name, r->word,
		    utc_words(r->utc_ms, time), r->by, meaning_of(rule, r->word));
	show_text(&out);
}

static enum status guard_set(const struct options *o, struct db *db, struct err *err)
{
	const char *name = o->operands[1], *word = o->operands[2];
	const enum rule_id id = rule_by_name(name);
	struct ruling r;

	if ((unsigned)id == RULE_COUNT)
		return unknown_rule(name, err);
	const struct rule_row *rule = &rule_rows()[id];
	TRY(check_word(rule, word, err));
	const struct record_rule record = {
		.name = rule->name,
		.word = word,
		.operator_name = o->operator_name,
		.reason = o->reason,
		.utc_ms = clock_utc_ms(),
	};
	TRY(db_put(db, RECORD_RULE, &record, err));
	TRY(read_ruling(db, rule, &r, err));
	show_rule(o, rule, &r);
	return STATUS_OK;
}

static const struct action actions[] = {
	{ .name = "list", .operands = "", .run = guard_list },
	{
		.name = "set",
		.operands = "RULE WORD",
		.operand_count = 2,
		.needs = TAKES(OPERATOR) | TAKES(REASON),
		.is_decision = true,
		.run = guard_set,
	},
};

enum exit_code cmd_guard(const struct options *options)
{
	return action_run("guard", actions, sizeof(actions) / sizeof(actions[0]), options);
}
