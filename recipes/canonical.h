/*
 * The canonical form of a recipe: what a plan's digest covers.
 *
 * Settings after the preset is merged, in a fixed order, numbers in one
 * notation, those that have their default left out; then the images by address
 * with size and SHA-256. Name, revision, file names, comments and the order of
 * keys and images do not show. A key that is added to the language later leaves
 * the digests of older recipes as they are. docs/recipes.md, identity.
 */
#ifndef RECIPES_CANONICAL_H
#define RECIPES_CANONICAL_H

#include "recipes/inspect.h"

/* A new text (free() it), NULL when memory is short. */
char *canonical_text(const struct inspection *in);

#endif
