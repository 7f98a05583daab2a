#include "tests/recipes/nvs_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define PAGE 4096u

static uint32_t le(const uint8_t *p, unsigned size)
{
	uint32_t value = 0;

	while (size--)
		value = value << 8 | p[size];
	return value;
}

static bool is_blank(const uint8_t *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != 0xff)
			return false;
	return true;
}

#define WRONG(...)                                                                                 \
	do {                                                                                       \
		if (!r->wrong[0])                                                                  \
			snprintf(r->wrong, sizeof(r->wrong), __VA_ARGS__);                         \
	} while (0)

/* One head and its data, whichever page it is in. */
struct head {
	const uint8_t *at;
	size_t page;
	unsigned entry, span;
};

static uint32_t crc_of(const uint8_t *data, size_t size)
{
	return (uint32_t)crc32(0xffffffff, data, (uInt)size);
}

static bool has_data(uint8_t type)
{
	return type == 0x21 || type == 0x41 || type == 0x42;
}

static void check_head(struct read_image *r, const struct head *h)
{
	uint32_t crc = (uint32_t)crc32(crc_of(h->at, 4), h->at + 8, 24);
	size_t key = strnlen((const char *)h->at + 8, 16);

	if (le(h->at + 4, 4) != crc)
		WRONG("page %zu entry %u: CRC of the entry", h->page, h->entry);
	if (!key || key > 15)
		WRONG("page %zu entry %u: key", h->page, h->entry);
	for (size_t i = key; i < 16 && key < 16; i++)
		if (h->at[8 + i])
			WRONG("page %zu entry %u: bytes behind the key", h->page, h->entry);
	if (has_data(h->at[1])) {
		uint32_t size = le(h->at + 24, 2);

		if (h->span != 1 + (size + 31) / 32)
			WRONG("page %zu entry %u: span %u for %u bytes", h->page, h->entry, h->span,
			      size);
		else if (le(h->at + 28, 4) != crc_of(h->at + 32, size))
			WRONG("page %zu entry %u: CRC of the data", h->page, h->entry);
		else if (!is_blank(h->at + 32 + size, (h->span - 1) * 32 - size))
			WRONG("page %zu entry %u: bytes behind the data", h->page, h->entry);
		if (le(h->at + 26, 2) != 0xffff)
			WRONG("page %zu entry %u: reserved bytes", h->page, h->entry);
	} else if (h->span != 1) {
		WRONG("page %zu entry %u: span %u of a number", h->page, h->entry, h->span);
	} else if (h->at[1] == 0x48) {
		if (le(h->at + 30, 2) != 0xffff || h->at[29])
			WRONG("page %zu entry %u: index", h->page, h->entry);
	} else if (!is_blank(h->at + 24 + (h->at[1] & 0xf), 8 - (h->at[1] & 0xf))) {
		WRONG("page %zu entry %u: bytes behind the number", h->page, h->entry);
	}
	if (h->at[1] != 0x42 && h->at[3] != 0xff)
		WRONG("page %zu entry %u: chunk number", h->page, h->entry);
}

/* All heads in the order of the pages' numbers, which is that of the pages. */
static struct head *find_heads(const uint8_t *image, size_t size, struct read_image *r,
			       size_t *count)
{
	struct head *heads = calloc(size / 32 + 1, sizeof(*heads));

	*count = 0;
	for (size_t p = 0; p < size / PAGE; p++) {
		const uint8_t *page = image + p * PAGE;
		bool is_last = (p + 1) * PAGE == size || is_blank(page + PAGE, PAGE);
		unsigned i = 0;

		if (is_blank(page, PAGE))
			break;
		r->pages++;
		if (le(page, 4) != (is_last ? 0xfffffffe : 0xfffffffc))
			WRONG("page %zu: state %08x", p, le(page, 4));
		if (le(page + 4, 4) != p || (page[8] != 0xfe && page[8] != 0xff))
			WRONG("page %zu: number %u, version %02x", p, le(page + 4, 4), page[8]);
		if (!is_blank(page + 9, 19) || le(page + 28, 4) != crc_of(page + 4, 24))
			WRONG("page %zu: header", p);
		while (i < 126 && (page[32 + i / 4] >> i % 4 * 2 & 3) == 2) {
			struct head h = { page + 64 + i * 32, p, i, page[64 + i * 32 + 2] };

			if (!h.span || i + h.span > 126) {
				WRONG("page %zu entry %u: span %u", p, i, h.span);
				return heads;
			}
			check_head(r, &h);
			heads[(*count)++] = h;
			for (unsigned last = i + h.span; i < last; i++)
				if ((page[32 + i / 4] >> i % 4 * 2 & 3) != 2)
					WRONG("page %zu entry %u: not written", p, i);
		}
		for (unsigned j = i; j < 128; j++)
			if ((page[32 + j / 4] >> j % 4 * 2 & 3) != 3)
				WRONG("page %zu entry %u: written behind the end", p, j);
		if (!is_blank(page + 64 + i * 32, (126 - i) * 32))
			WRONG("page %zu: bytes behind its entries", p);
	}
	if (!is_blank(image + r->pages * PAGE, size - r->pages * PAGE))
		WRONG("bytes behind the pages");
	return heads;
}

/* The chunks of a blob, put together. */
static void join(struct read_image *r, const struct head *heads, size_t count, const uint8_t *index,
		 struct read_value *v)
{
	size_t have = 0;

	v->size = le(index + 24, 4);
	v->data = malloc(v->size + 1);
	for (unsigned chunk = 0; v->data && chunk < index[28]; chunk++) {
		const uint8_t *found = NULL;

		for (size_t i = 0; i < count; i++) {
			const uint8_t *h = heads[i].at;

			if (h[0] != index[0] || h[1] != 0x42 || h[3] != chunk ||
			    memcmp(h + 8, index + 8, 16) != 0)
				continue;
			if (found)
				WRONG("chunk %u is there twice", chunk);
			found = h;
		}
		if (!found || have + le(found + 24, 2) > v->size) {
			WRONG("chunk %u of %u is not there or too long", chunk, index[28]);
			return;
		}
		memcpy(v->data + have, found + 32, le(found + 24, 2));
		have += le(found + 24, 2);
	}
	if (have != v->size)
		WRONG("the chunks have %zu bytes, the index says %zu", have, v->size);
}

static void read_values(struct read_image *r, const struct head *heads, size_t count)
{
	char names[256][16] = { { 0 } };
	size_t chunks = 0, indexed = 0;

	r->values = calloc(count + 1, sizeof(*r->values));
	for (size_t i = 0; r->values && i < count; i++) {
		const uint8_t *h = heads[i].at;
		struct read_value *v = &r->values[r->count];

		if (h[0] == 0) {
			if (h[1] != 1 || !h[24] || h[24] == 255 || names[h[24]][0])
				WRONG("namespace number %u", h[24]);
			memcpy(names[h[24]], h + 8, 15);
			r->namespaces++;
			continue;
		}
		chunks += h[1] == 0x42;
		indexed += h[1] == 0x48 ? h[28] : 0;
		if (h[1] == 0x42)
			continue;
		if (!names[h[0]][0])
			WRONG("namespace %u has no name", h[0]);
		memcpy(v->namespace, names[h[0]], 15);
		memcpy(v->key, h + 8, 15);
		v->type = h[1];
		r->count++;
		if (h[1] == 0x48) {
			join(r, heads, count, h, v);
		} else if (has_data(h[1])) {
			v->size = le(h + 24, 2);
			v->data = malloc(v->size + 1);
			if (v->data)
				memcpy(v->data, h + 32, v->size);
		} else {
			v->number = le(h + 24, 4) | (uint64_t)le(h + 28, 4) << 32;
			if ((h[1] & 0xf) < 8)
				v->number &= (UINT64_C(1) << 8 * (h[1] & 0xf)) - 1;
		}
	}
	if (chunks != indexed)
		WRONG("%zu chunks, indexes name %zu", chunks, indexed);
}

void nvs_read(const uint8_t *image, size_t size, struct read_image *r)
{
	struct head *heads;
	size_t count;

	memset(r, 0, sizeof(*r));
	heads = find_heads(image, size, r, &count);
	if (heads && !r->wrong[0])
		read_values(r, heads, count);
	free(heads);
}

void nvs_read_release(struct read_image *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->values[i].data);
	free(r->values);
	memset(r, 0, sizeof(*r));
}

const struct read_value *nvs_read_find(const struct read_image *r, const char *namespace,
				       const char *key)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->values[i].namespace, namespace) == 0 &&
		    strcmp(r->values[i].key, key) == 0)
			return &r->values[i];
	return NULL;
}
