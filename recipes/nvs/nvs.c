/* Pages and entries; nvs_check.c judges what goes into them. */
#include "recipes/nvs/nvs_inside.h"

#include "engine/base/bytes.h"

#include <string.h>

#define PAGE_ACTIVE 0xfffffffeu
#define PAGE_FULL 0xfffffffcu
#define NO_CHUNK 0xff
#define DATA_ADDR 64u /* of the first entry in its page */
#define BITMAP_ADDR 32u

/* Type bytes of entries; the low digit of an integer's is its size. */
static const uint8_t type_bytes[] = {
	[NVS_NAMESPACE] = 0x01, [NVS_U8] = 0x01,     [NVS_I8] = 0x11,   [NVS_U16] = 0x02,
	[NVS_I16] = 0x12,       [NVS_U32] = 0x04,    [NVS_I32] = 0x14,  [NVS_U64] = 0x08,
	[NVS_I64] = 0x18,       [NVS_STRING] = 0x21, [NVS_BLOB] = 0x41,
};
#define TYPE_BLOB_CHUNK 0x42
#define TYPE_BLOB_INDEX 0x48

struct writer {
	uint8_t *image; /* NULL: only measure */
	size_t room;    /* pages that may be written; those behind are only counted */
	size_t page;    /* the one that is being filled */
	unsigned used;  /* of its entries */
	enum nvs_version version;
	uint8_t namespace;
};

/* IEEE 802.3, but from 0 on instead of FFFFFFFF: so the chip's library calls it. More bytes
 * go on with what it returned for those before. */
static uint32_t crc32_more(uint32_t before, const uint8_t *data, size_t size)
{
	static const uint32_t nibbles[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = ~before;

	for (size_t i = 0; i < size; i++) {
		crc = crc >> 4 ^ nibbles[(crc ^ data[i]) & 15];
		crc = crc >> 4 ^ nibbles[(crc ^ (data[i] >> 4)) & 15];
	}
	return ~crc;
}

#define CRC_START 0xffffffffu

/* NULL: there is no such page, or nothing is written. */
static uint8_t *page_of(const struct writer *w)
{
	return w->image && w->page < w->room ? w->image + w->page * NVS_PAGE_BYTES : NULL;
}

static void begin_page(struct writer *w)
{
	uint8_t *page = page_of(w);

	w->used = 0;
	if (!page)
		return;
	put_le32(page, PAGE_ACTIVE);
	put_le32(page + 4, (uint32_t)w->page);
	page[8] = w->version == NVS_VERSION_2 ? 0xfe : 0xff;
	put_le32(page + 28, crc32_more(CRC_START, page + 4, 24));
}

static void next_page(struct writer *w)
{
	uint8_t *page = page_of(w);

	if (page)
		put_le32(page, PAGE_FULL);
	w->page++;
	begin_page(w);
}

/* size bytes as one or more entries, and their bits: 10 is written. */
static void put(struct writer *w, const uint8_t *data, size_t size)
{
	unsigned count = (unsigned)((size + NVS_ENTRY_BYTES - 1) / NVS_ENTRY_BYTES);
	uint8_t *page = page_of(w);

	if (page && size)
		memcpy(page + DATA_ADDR + w->used * NVS_ENTRY_BYTES, data, size);
	for (unsigned i = w->used; page && i < w->used + count; i++)
		page[BITMAP_ADDR + i / 4] &= (uint8_t) ~(1u << i % 4 * 2);
	w->used += count;
}

/* The first entry of a value; its last 8 bytes are FF yet. */
static void make_head(const struct writer *w, const char *key, uint8_t type, unsigned span,
		      uint8_t head[static NVS_ENTRY_BYTES])
{
	memset(head, 0xff, NVS_ENTRY_BYTES);
	head[0] = w->namespace;
	head[1] = type;
	head[2] = (uint8_t)span;
	memset(head + 8, 0, 16);
	memcpy(head + 8, key, strlen(key));
}

/* The CRC of all but itself, and out with it. */
static void put_head(struct writer *w, uint8_t head[static NVS_ENTRY_BYTES])
{
	uint32_t crc = crc32_more(CRC_START, head, 4);

	put_le32(head + 4, crc32_more(crc, head + 8, 24));
	put(w, head, NVS_ENTRY_BYTES);
}

static void put_integer(struct writer *w, const struct nvs_entry *e, uint64_t number)
{
	uint8_t head[NVS_ENTRY_BYTES];
	uint8_t type = type_bytes[e->type];

	if (w->used == NVS_PAGE_ENTRIES)
		next_page(w);
	make_head(w, e->key, type, 1, head);
	for (unsigned i = 0; i < (type & 0x0fu); i++)
		head[24 + i] = (uint8_t)(number >> 8 * i);
	put_head(w, head);
}

/* The data of one head, behind it. */
static void put_data(struct writer *w, uint8_t head[static NVS_ENTRY_BYTES], const uint8_t *data,
		     size_t size)
{
	put_le16(head + 24, (uint16_t)size);
	put_le32(head + 28, crc32_more(CRC_START, data, size));
	put_head(w, head);
	put(w, data, size);
}

/*
 * A value that stands in one page as a whole. The generator leaves the last entry of a page
 * free here; only what fills a page may have it, because there is no other place for it.
 */
static void put_whole(struct writer *w, const struct nvs_entry *e)
{
	uint8_t head[NVS_ENTRY_BYTES], text[NVS_STRING_MAX + 1];
	const uint8_t *data = e->data;
	size_t size = e->size;
	unsigned span;

	if (e->type == NVS_STRING) { /* with its zero */
		if (size)
			memcpy(text, data, size);
		text[size++] = '\0';
		data = text;
	}
	span = 1 + (unsigned)((size + NVS_ENTRY_BYTES - 1) / NVS_ENTRY_BYTES);
	if (w->used && w->used + span >= NVS_PAGE_ENTRIES)
		next_page(w);
	make_head(w, e->key, type_bytes[e->type], span, head);
	put_data(w, head, data, size);
}

/* Chunks as large as the pages have room, also of no byte at all, then the index of them. */
static void put_blob(struct writer *w, const struct nvs_entry *e)
{
	uint8_t head[NVS_ENTRY_BYTES];
	size_t left = e->size;
	uint8_t chunks = 0;

	if (w->used == NVS_PAGE_ENTRIES)
		next_page(w);
	do {
		size_t room = (size_t)(NVS_PAGE_ENTRIES - w->used - 1) * NVS_ENTRY_BYTES;
		size_t size = left < room ? left : room;
		size_t span = 1 + (size + NVS_ENTRY_BYTES - 1) / NVS_ENTRY_BYTES;

		make_head(w, e->key, TYPE_BLOB_CHUNK, (unsigned)span, head);
		head[3] = chunks++;
		put_data(w, head, size ? e->data + (e->size - left) : NULL, size);
		left -= size;
		if (left || w->used == NVS_PAGE_ENTRIES)
			next_page(w);
	} while (left);
	make_head(w, e->key, TYPE_BLOB_INDEX, 1, head);
	head[3] = NO_CHUNK;
	put_le32(head + 24, (uint32_t)e->size);
	head[28] = chunks;
	head[29] = 0; /* the first chunk's number */
	put_head(w, head);
}

static void put_entry(struct writer *w, const struct nvs_entry *e, uint8_t *namespaces)
{
	switch (e->type) {
	case NVS_NAMESPACE:
		w->namespace = 0; /* names are keys of namespace 0 */
		put_integer(w, e, ++*namespaces);
		w->namespace = *namespaces;
		return;
	case NVS_STRING:
		put_whole(w, e);
		return;
	case NVS_BLOB:
		if (w->version == NVS_VERSION_2)
			put_blob(w, e);
		else
			put_whole(w, e);
		return;
	case NVS_U8:
	case NVS_I8:
	case NVS_U16:
	case NVS_I16:
	case NVS_U32:
	case NVS_I32:
	case NVS_U64:
	case NVS_I64:
		put_integer(w, e, e->number);
		return;
	}
}

static enum status refuse_size(uint32_t size_bytes, size_t pages, size_t room, struct err *err)
{
	size_t enough = (pages + 1) * NVS_PAGE_BYTES; /* two pages or more: writable */

	return err_set(
		err, STATUS_RECIPE,
		"the entries need %zu pages of 4096 bytes, and the partition has room for %zu: "
		"0x%zx bytes would be enough, with the page that stays free; it has 0x%x",
		pages, room, enough, size_bytes);
}

enum status nvs_image(const struct nvs_content *content, uint32_t size_bytes, uint8_t *image,
		      struct nvs_result *result, struct err *err)
{
	size_t room = size_bytes / NVS_PAGE_BYTES - (size_bytes >= NVS_SIZE_MIN);
	struct writer w = { .image = image, .room = room, .version = content->version };
	uint8_t namespaces = 0;

	*result = (struct nvs_result){ .entry = content->count, .first = content->count };
	if (!size_bytes || size_bytes % NVS_PAGE_BYTES || size_bytes > NVS_SIZE_MAX)
		return err_set(err, STATUS_RECIPE,
			       "an NVS partition of 0x%x bytes: expected a multiple of 0x1000, "
			       "0x3000 or more unless it is read only, 0x%x at most",
			       size_bytes, NVS_SIZE_MAX);
	TRY(nvs_check_keys(content, result, err));
	TRY(nvs_check_values(content, result, err));
	if (image)
		memset(image, 0xff, size_bytes);
	begin_page(&w);
	for (size_t i = 0; i < content->count; i++) {
		put_entry(&w, &content->entries[i], &namespaces);
		if (w.page >= room && result->entry == content->count)
			result->entry = i;
	}
	result->pages = w.page + 1;
	return result->pages > room ? refuse_size(size_bytes, result->pages, room, err) : STATUS_OK;
}
