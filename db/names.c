#include "db/names.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a, 64 bits. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 32;
}

/* Where text stands, or the free slot where it would. */
static uint32_t *find(const struct names *n, const char *text)
{
	size_t at = hash_of(text) & (n->slot_count - 1);

	while (n->slots[at] && strcmp(n->items[n->slots[at]], text) != 0)
		at = (at + 1) & (n->slot_count - 1);
	return &n->slots[at];
}

/* At most half full, a power of two. */
static int grow_slots(struct names *n)
{
	size_t old = n->slot_count;
	uint32_t *slots;

	if (old && n->count * 2 < old)
		return 0;
	slots = calloc(old ? old * 2 : 64, sizeof(*slots));
	if (!slots)
		return -1;
	free(n->slots);
	n->slots = slots;
	n->slot_count = old ? old * 2 : 64;
	for (size_t i = 1; i < n->count; i++)
		*find(n, n->items[i]) = (uint32_t)i;
	return 0;
}

static int grow_items(struct names *n)
{
	size_t room = n->room ? n->room * 2 : 16;
	char **items;

	if (n->count < n->room)
		return 0;
	items = realloc(n->items, room * sizeof(*items));
	if (!items)
		return -1;
	n->items = items;
	n->room = room;
	return 0;
}

size_t names_number(struct names *n, const char *text)
{
	uint32_t *slot;
	char *copy;

	if (!n->count) {
		if (grow_items(n))
			return NAMES_NO_MEMORY;
		n->items[n->count++] = NULL;
	}
	if (!text)
		return 0;
	if (grow_slots(n) || grow_items(n))
		return NAMES_NO_MEMORY;
	slot = find(n, text);
	if (*slot)
		return *slot;
	copy = strdup(text);
	if (!copy)
		return NAMES_NO_MEMORY;
	n->items[n->count] = copy;
	*slot = (uint32_t)n->count;
	return n->count++;
}

void names_release(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->items[i]);
	free(n->items);
	free(n->slots);
	*n = (struct names){ 0 };
}
