#include "station/rules.h"

#include "db/decided.h"

#include <string.h>

static const struct rule_row rows[RULE_COUNT] = {
	[RULE_APPROVAL] = {
		.name = "approval",
		.words = {
			{ "off", "any recipe is flashed that was not retired" },
			{ "required", "only recipes are flashed that were approved" },
		},
	},
	[RULE_ALREADY_PASSED] = {
		.name = "already_passed",
		.words = {
			{ "recipe", "the recipe says whether a unit that passed it may be flashed again" },
			{ "refuse", "a unit that passed a recipe is not flashed with it again" },
		},
	},
	[RULE_BATCH] = {
		.name = "batch",
		.words = {
			{ "any", "--batch takes any name" },
			{ "opened", "every run names a batch, and it was opened" },
		},
	},
};

const struct rule_row *rule_rows(void)
{
	return rows;
}

enum rule_id rule_by_name(const char *name)
{
	unsigned rule = 0;

	while (rule < RULE_COUNT && strcmp(rows[rule].name, name) != 0)
		rule++;
	return (enum rule_id)rule;
}

enum status rule_is_strict(struct db *db, enum rule_id rule, bool *is_strict, struct err *err)
{
	char word[DECIDED_TEXT_BYTES];

	*is_strict = true;
	TRY(decided_rule(db, rows[rule].name, word, err));
	*is_strict = word[0] && strcmp(word, rows[rule].words[0].word) != 0;
	return STATUS_OK;
}
