#include "db/trace/trace_inside.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 65536

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

struct trace_memory {
	struct block *first;
	bool has_failed;
};

struct trace_memory *trace_memory_new(void)
{
	return calloc(1, sizeof(struct trace_memory));
}

static void free_blocks(struct block *b)
{
	while (b) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
}

void trace_memory_free(struct trace_memory *m)
{
	if (!m)
		return;
	free_blocks(m->first);
	free(m);
}

void trace_memory_reset(struct trace_memory *m)
{
	if (!m->first)
		return;
	free_blocks(m->first->next);
	m->first->next = NULL;
	m->first->used = 0;
}

static struct block *block_with(struct trace_memory *m, size_t size)
{
	size_t room = size > BLOCK_BYTES / 4 ? size : BLOCK_BYTES;
	struct block *b;

	if (m->first && m->first->size - m->first->used >= size)
		return m->first;
	b = malloc(sizeof(*b) + room);
	if (!b)
		return NULL;
	b->used = 0;
	b->size = room;
	/* A large piece has its block alone; the one that is being filled stays in front. */
	if (m->first && room == size) {
		b->next = m->first->next;
		m->first->next = b;
	} else {
		b->next = m->first;
		m->first = b;
	}
	return b;
}

void *trace_take(struct trace_memory *m, size_t size)
{
	size_t whole = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct block *b = m ? block_with(m, whole) : NULL;

	if (!b) {
		if (m)
			m->has_failed = true;
		return NULL;
	}
	b->used += whole;
	return memset(b->bytes + b->used - whole, 0, whole);
}

const char *trace_text(struct trace_memory *m, const char *text)
{
	size_t size = text ? strlen(text) + 1 : 0;
	char *copy = text ? trace_take(m, size) : NULL;

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

const char *trace_column(struct trace_memory *m, sqlite3_stmt *row, int column)
{
	return trace_text(m, (const char *)sqlite3_column_text(row, column));
}

enum status trace_memory_judge(const struct trace_memory *m, enum status st, struct err *err)
{
	if (st || (m && !m->has_failed))
		return st;
	return err_set(err, STATUS_NO_MEMORY, "no memory for the trace");
}

void *trace_append(struct trace_memory *m, struct trace_list *list)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		void *items = trace_take(m, room * list->item_bytes);

		if (!items)
			return NULL;
		if (list->count)
			memcpy(items, list->items, list->count * list->item_bytes);
		list->items = items;
		list->room = room;
	}
	return (char *)list->items + list->count++ * list->item_bytes;
}
