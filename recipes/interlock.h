/*
 * What a unit has to be besides chip, revision and flash size: package, PSRAM,
 * security state, bridge. Each is judged before a byte is written.
 */
#ifndef RECIPES_INTERLOCK_H
#define RECIPES_INTERLOCK_H

#include "recipes/recipe.h"

/* Take these settings; all others of r are taken already. What is wrong, or does
 * not go together, goes to diags. */
void interlock_take(struct recipe *r, struct diag_list *diags);

#endif
