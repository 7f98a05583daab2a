/*
 * Collects what is wrong with a recipe, each with its place, so that all of it
 * can be said at once. The list itself is part of recipes/plan.h.
 */
#ifndef RECIPES_DIAG_H
#define RECIPES_DIAG_H

#include "recipes/plan.h"

/* A place in a file; line and column count from 1, 0 = the file as a whole. */
struct place {
	const char *file; /* lent */
	unsigned line, column;
};

/* More errors than this are counted, and the last stored one says so. */
#define DIAG_MAX 100

/* Both drop the message silently when memory is short: error_count still counts it. */
__attribute__((format(printf, 3, 4))) void diag_error(struct diag_list *list, struct place at,
						      const char *format, ...);
__attribute__((format(printf, 3, 4))) void diag_warning(struct diag_list *list, struct place at,
							const char *format, ...);

/* In the order of the file: by file, line and column. */
void diag_sort(struct diag_list *list);

#endif
