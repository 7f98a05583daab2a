/*
 * A text that grows as it is written. A failed allocation is kept in mind and
 * shows at the end, so that writers need not look after every line.
 */
#ifndef RECIPES_TEXT_H
#define RECIPES_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *data; /* NULL until something was added */
	size_t size, room;
	bool has_failed;
};

__attribute__((format(printf, 2, 3))) void text_add(struct text *t, const char *format, ...);
/* As a JSON string with its quotes; null for NULL. value is UTF-8, as every text from a recipe is.
 */
void text_add_json(struct text *t, const char *value);
/* The text, from now on the caller's to free; NULL when memory ran short. */
char *text_take(struct text *t);

#endif
