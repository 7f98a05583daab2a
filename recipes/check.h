/*
 * What 'flashline check' says about a plan: what will be written and erased, how
 * long a unit takes, and the digest that records will carry.
 */
#ifndef RECIPES_CHECK_H
#define RECIPES_CHECK_H

#include "recipes/plan.h"

/*
 * For people, several lines that end with a newline. *text is new: free() it.
 * STATUS_NO_MEMORY.
 */
enum status plan_describe(const struct plan *p, char **text);

/* The same as one JSON object without a newline; its members: docs/recipes.md, check. */
enum status plan_describe_json(const struct plan *p, char **text);

#endif
