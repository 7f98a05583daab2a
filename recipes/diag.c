#include "recipes/diag.h"

#include "recipes/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIAG_TEXT_BYTES 700

static void append(struct diag_list *list, struct place at, bool is_warning, const char *text)
{
	struct diag *items, *d;

	items = realloc(list->items, (list->count + 1) * sizeof(*items));
	if (!items)
		return;
	list->items = items;
	d = &items[list->count];
	d->file = strdup(at.file ? at.file : "");
	d->text = strdup(text);
	if (!d->file || !d->text) {
		free(d->file);
		free(d->text);
		return;
	}
	d->line = at.line;
	d->column = at.column;
	d->is_warning = is_warning;
	list->count++;
}

__attribute__((format(printf, 4, 0))) static void
add(struct diag_list *list, struct place at, bool is_warning, const char *format, va_list args)
{
	char text[DIAG_TEXT_BYTES];

	if (!is_warning)
		list->error_count++;
	if (list->count > DIAG_MAX)
		return;
	if (list->count == DIAG_MAX) {
		append(list, at, is_warning, "more than 100 messages: the rest is not shown");
		return;
	}
	vsnprintf(text, sizeof(text), format, args);
	/* One message is one line, whatever a file's own text contained. */
	for (uint8_t *c = (uint8_t *)text; *c; c++)
		memset(c, '?', utf8_control(c));
	append(list, at, is_warning, text);
}

void diag_error(struct diag_list *list, struct place at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(list, at, false, format, args);
	va_end(args);
}

void diag_warning(struct diag_list *list, struct place at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(list, at, true, format, args);
	va_end(args);
}

static bool stands_before(const struct diag *a, const struct diag *b)
{
	int files = strcmp(a->file, b->file);

	if (files)
		return files < 0;
	return a->line != b->line ? a->line < b->line : a->column < b->column;
}

void diag_sort(struct diag_list *list)
{
	/* By insertion: the list is short, and messages about one place keep their order. */
	for (size_t i = 1; i < list->count; i++) {
		struct diag d = list->items[i];
		size_t j = i;

		for (; j && stands_before(&d, &list->items[j - 1]); j--)
			list->items[j] = list->items[j - 1];
		list->items[j] = d;
	}
}

void diag_text(const struct diag *d, char *text, size_t size)
{
	const char *word = d->is_warning ? "warning" : "error";

	if (d->line)
		snprintf(text, size, "%s:%u:%u: %s: %s", d->file, d->line, d->column, word,
			 d->text);
	else
		snprintf(text, size, "%s: %s: %s", d->file, word, d->text);
}

void diag_list_release(struct diag_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].file);
		free(list->items[i].text);
	}
	free(list->items);
	memset(list, 0, sizeof(*list));
}
