/*
 * Patterns and what their groups have caught, for the files that hold the boot check.
 * Nobody outside recipes/boot_check*.c includes this.
 */
#ifndef RECIPES_BOOT_CHECK_INSIDE_H
#define RECIPES_BOOT_CHECK_INSIDE_H

#include "recipes/boot_check.h"

/* One group: which, and where in the text it was found. */
struct capture {
	unsigned group; /* from 1; set by the caller */
	bool is_set;
	size_t at, len;
};

/* captures are filled in on PATTERN_YES. */
enum pattern_answer pattern_find(const struct pattern *p, const char *text, size_t len,
				 struct capture *captures, size_t count);
unsigned pattern_group_count(const struct pattern *p);
/* false: the group has none. */
bool pattern_group_name(const struct pattern *p, unsigned group, char name[static BOOT_NAME_BYTES]);

#endif
