/*
 * One setting of a recipe: from the recipe itself, else from its product's preset.
 */
#ifndef RECIPES_SETTING_H
#define RECIPES_SETTING_H

#include "recipes/recipe.h"

struct setting {
	const struct yaml_node *node; /* NULL: not set, or wrong and reported */
	struct place at;
};

/* path: keys parted by dots, "target.chip". */
struct setting setting_find(const struct recipe *r, const char *path);

/* What it means; unset when it is not set. */
uint64_t setting_number(const struct recipe *r, const char *path, uint64_t unset);
int setting_choice(const struct recipe *r, const char *path, int unset);
const char *setting_text(const struct recipe *r, const char *path); /* NULL not set */

#endif
