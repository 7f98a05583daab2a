#include "station/cmd_decide.h"

#include "db/decided.h"
#include "db/find.h"
#include "db/run.h"
#include "station/cmd_session.h"
#include "station/help.h"
#include "station/record_of.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACTIONS_MAX 8

enum status open_for_deciding(const struct options *o, struct db **db, struct err *err)
{
	char path[DB_PATH_BYTES];

	*db = NULL;
	if (!o->db)
		TRY(db_default_path(DB_DECIDE, path, err));
	return db_open(o->db ? o->db : path, DB_DECIDE, db, err);
}

/* ---- actions ---- */

static enum status unknown_action(const char *command, const struct action *rows, size_t count,
				  const char *word, struct err *err)
{
	const char *names[ACTIONS_MAX], *nearest;
	char list[200] = "";

	for (size_t i = 0; i < count; i++) {
		names[i] = rows[i].name;
		text_append(list, sizeof(list), i + 1 < count ? ", " : " or ", rows[i].name);
	}
	nearest = nearest_word(word, names, count);
	if (nearest)
		return err_set(err, STATUS_USAGE,
			       "%s: unknown action '%s': did you mean '%s'? Expected %s", command,
			       word, nearest, list);
	return err_set(err, STATUS_USAGE, "%s: unknown action '%s': expected %s", command, word,
		       list);
}

static enum status check_options(const char *command, const struct action *action,
				 const struct options *o, struct err *err)
{
	const uint64_t always = TAKES(DB) | TAKES(JSON);
	const struct option_row *rows = option_rows();

	for (unsigned id = 0; id < OPTION_COUNT; id++) {
		const uint64_t bit = UINT64_C(1) << id;

		if ((o->given & bit) && !((action->needs | action->takes | always) & bit))
			return err_set(err, STATUS_USAGE,
				       "%s %s: --%s has no meaning here: leave it out", command,
				       action->name, rows[id].name);
		if (!(o->given & bit) && (action->needs & bit))
			return err_set(err, STATUS_USAGE, "%s %s: --%s %s is missing: %s", command,
				       action->name, rows[id].name, rows[id].value,
				       rows[id].meaning);
	}
	return STATUS_OK;
}

static enum status check_operands(const char *command, const struct action *action,
				  const struct options *o, struct err *err)
{
	size_t count = o->operand_count - 1;

	if (count < action->operand_count)
		return err_set(err, STATUS_USAGE, "%s %s: %s is missing: 'flashline %s %s %s'",
			       command, action->name, action->operands, command, action->name,
			       action->operands);
	if (count > action->operand_count)
		return err_set(err, STATUS_USAGE, "%s %s: '%s' is one word too many", command,
			       action->name, o->operands[action->operand_count + 1]);
	return STATUS_OK;
}

static enum status check_texts(const struct options *o, struct err *err)
{
	if (o->operator_name)
		TRY(check_text("--operator", o->operator_name, DECIDED_TEXT_MAX, err));
	if (o->reason)
		TRY(check_text("--reason", o->reason, DECIDED_REASON_MAX, err));
	return STATUS_OK;
}

static enum status do_action(const struct action *action, const struct options *o, struct err *err)
{
	struct db *db = NULL;
	enum status st = action->is_decision ? open_for_deciding(o, &db, err)
					     : open_for_reading(o, &db, err);

	if (!st)
		st = action->run(o, db, err);
	db_close(db);
	return st;
}

enum status action_find(const char *command, const struct action *rows, size_t count,
			const struct options *options, const struct action **action,
			struct err *err)
{
	*action = NULL;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].name, options->operands[0]) == 0)
			*action = &rows[i];
	}
	if (!*action)
		return unknown_action(command, rows, count, options->operands[0], err);
	TRY(check_operands(command, *action, options, err));
	TRY(check_options(command, *action, options, err));
	return check_texts(options, err);
}

enum exit_code action_run(const char *command, const struct action *rows, size_t count,
			  const struct options *options)
{
	const struct action *action;
	enum status st;
	struct err err;

	err_clear(&err);
	st = action_find(command, rows, count, options, &action, &err);
	assert(st || action);
	if (!st)
		st = do_action(action, options, &err);
	if (st && err.text[0])
		return complain(&err);
	if (st)
		return st == STATUS_RECIPE ? EXIT_CODE_USAGE : EXIT_CODE_STATION;
	return finish_stdout(EXIT_CODE_PASSED);
}

enum status check_text(const char *what, const char *text, size_t bytes_max, struct err *err)
{
	const size_t length = strlen(text);
	char *clean;

	if (length > bytes_max)
		return err_set(err, STATUS_USAGE, "%s: has %zu bytes: expected %zu at most", what,
			       length, bytes_max);
	if (strspn(text, " ") == length)
		return err_set(err, STATUS_USAGE, "%s: is empty: expected a word", what);
	clean = strdup(text);
	if (!clean)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the text of %s", what);
	text_clean(clean);
	const bool is_clean = strcmp(clean, text) == 0;
	free(clean);
	if (!is_clean)
		return err_set(err, STATUS_USAGE,
			       "%s: has control characters or is not UTF-8: expected one line of "
			       "text",
			       what);
	return STATUS_OK;
}

/* ---- recipes ---- */

static enum status put_name(void *ctx, const struct recipe_row *recipe, struct err *err)
{
	(void)err;
	snprintf(ctx, RECIPE_TEXT_BYTES / 2, "%s revision %" PRId64, recipe->name,
		 recipe->revision);
	return STATUS_OK;
}

/* A digest has one name in the records, the first that came with it. */
static enum status tell_name(struct db *db, const struct plan *plan, struct err *err)
{
	char typed[RECIPE_TEXT_BYTES / 2], name[RECIPE_TEXT_BYTES / 2] = "";

	TRY(recipes_walk(db, plan->digest_text, put_name, name, err));
	snprintf(typed, sizeof(typed), "%s revision %u", plan->name, plan->revision);
	if (strcmp(typed, name) != 0)
		remark("the content of %s is known as %s: the records keep that name", typed, name);
	return STATUS_OK;
}

enum status keep_recipe(struct db *db, const struct plan *plan, struct err *err)
{
	struct recipe_record record;

	TRY(record_of_recipe(plan, &record, err));
	enum status st = db_put_recipe(db, &record.recipe, err);
	record_of_recipe_release(&record);
	return st ? st : tell_name(db, plan, err);
}

enum status named_recipe(const struct options *o, const char *text, bool is_kept, struct db *db,
			 char digest[static 65], struct err *err)
{
	struct options of_file = *o;
	enum status st = STATUS_OK;
	enum exit_code code;
	struct plan *plan;

	if (access(text, F_OK) != 0) {
		if (find_is_digest(text))
			return find_recipe(db, text, digest, err);
		return err_set(err, STATUS_USAGE,
			       "'%s': no such file, and no digest: expected a recipe, or 6 or more "
			       "hex digits of its digest, as 'flashline recipe list' shows them",
			       text);
	}
	of_file.operands[0] = text;
	plan = read_recipe(&of_file, &code);
	if (!plan) {
		err_clear(err);
		return code == EXIT_CODE_USAGE ? STATUS_RECIPE : STATUS_FILE;
	}
	memcpy(digest, plan->digest_text, 65);
	if (is_kept)
		st = keep_recipe(db, plan, err);
	plan_free(plan);
	return st;
}

enum status approval_word(struct db *db, const char *digest, const char **word, struct err *err)
{
	bool is_approved, is_retired;

	TRY(decided_approval(db, digest, &is_approved, err));
	TRY(decided_retired(db, digest, &is_retired, err));
	*word = is_approved ? "approved" : is_retired ? "retired" : "not approved";
	return STATUS_OK;
}

enum status recipe_text(struct db *db, const char *digest, char text[static RECIPE_TEXT_BYTES],
			struct err *err)
{
	char name[RECIPE_TEXT_BYTES / 2] = "?";
	const char *word;

	TRY(recipes_walk(db, digest, put_name, name, err));
	TRY(approval_word(db, digest, &word, err));
	snprintf(text, RECIPE_TEXT_BYTES, "%s (%.12s, %s)", name, digest, word);
	return STATUS_OK;
}
