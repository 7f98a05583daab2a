/*
 * A text that grows as it is written. A failed allocation is kept in mind and
 * shows at the end, so that writers need not look after every line.
 */
#ifndef RECIPES_PAGE_H
#define RECIPES_PAGE_H

#include <stdbool.h>
#include <stddef.h>

struct page {
	char *data; /* NULL until something was added */
	size_t size, room;
	bool has_failed;
};

__attribute__((format(printf, 2, 3))) void page_add(struct page *t, const char *format, ...);
/* As a JSON string with its quotes; null for NULL. Bytes that are not UTF-8 become '?'. */
void page_add_json(struct page *t, const char *value);
/* The text, from now on the caller's to free; NULL when memory ran short. */
char *page_take(struct page *t);

#endif
