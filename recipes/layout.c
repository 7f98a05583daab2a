#include "recipes/layout.h"

#include "recipes/pack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Applications and data first, the boot loader last: an interrupted unit must not look good. */
enum order { ORDER_DATA, ORDER_TABLE, ORDER_BOOT_REST, ORDER_BOOT_SECTOR };

#define SECTOR FLASH_SECTOR_BYTES
#define BOOT_PIECES_MAX 2
#define SIZES_MAX 8

/* Images that touch common sectors, as one piece of memory of whole sectors. */
struct span {
	uint32_t addr, end;
	uint8_t *data;
	char *label;
	bool has_table; /* begins with the partition table, and nothing else */
};

struct piece {
	struct flash_region region;
	enum order order;
};

struct work {
	struct layout *layout;
	const struct inspection *in;
	struct span *spans;
	size_t span_count;
	struct piece *pieces;
	size_t piece_count;
	size_t boot_first; /* pieces of the boot loader: up to two, at the end */
};

static uint32_t sector_of(uint32_t addr)
{
	return addr & ~(SECTOR - 1);
}

static uint32_t sector_end(uint32_t addr)
{
	return (addr + SECTOR - 1) & ~(SECTOR - 1);
}

/* Hands block over to the layout; NULL in, NULL out. */
static void *keep(struct layout *l, void *block)
{
	void **blocks;

	if (!block)
		return NULL;
	blocks = realloc(l->blocks, (l->block_count + 1) * sizeof(*blocks));
	if (!blocks) {
		free(block);
		return NULL;
	}
	l->blocks = blocks;
	l->blocks[l->block_count++] = block;
	return block;
}

static void *room_for(struct layout *l, size_t count, size_t size)
{
	return keep(l, calloc(count ? count : 1, size));
}

static enum status no_memory(struct err *err)
{
	return err_set(err, STATUS_NO_MEMORY, "no memory for the plan");
}

static char *join_labels(struct layout *l, struct firmware **images, size_t count)
{
	size_t size = 1;
	char *label;

	for (size_t i = 0; i < count; i++)
		size += strlen(images[i]->recipe->file) + 3;
	label = room_for(l, size, 1);
	for (size_t i = 0; label && i < count; i++) {
		strcat(label, i ? " + " : "");
		strcat(label, images[i]->recipe->file);
	}
	return label;
}

/* One image that begins at a sector stays where it was read; others are put together. */
static enum status make_span(struct work *w, struct firmware **images, size_t count,
			     struct err *err)
{
	struct span *s = &w->spans[w->span_count++];

	s->addr = sector_of(images[0]->addr);
	s->end = sector_end(firmware_end(images[count - 1]));
	s->has_table = count == 1 && images[0]->kind == FIRMWARE_TABLE;
	s->label = join_labels(w->layout, images, count);
	if (count == 1 && images[0]->addr == s->addr) {
		s->data = keep(w->layout, images[0]->data);
		images[0]->data = NULL;
	} else {
		s->data = keep(w->layout, malloc(s->end - s->addr));
		if (s->data)
			memset(s->data, 0xff, s->end - s->addr);
		for (size_t i = 0; s->data && i < count; i++) {
			memcpy(s->data + (images[i]->addr - s->addr), images[i]->data,
			       images[i]->size_bytes);
			firmware_release(images[i]);
		}
	}
	return s->label && s->data ? STATUS_OK : no_memory(err);
}

static enum status make_spans(struct work *w, struct err *err)
{
	const struct inspection *in = w->in;
	struct firmware **sorted = calloc(in->count ? in->count : 1, sizeof(*sorted));
	enum status st = STATUS_OK;

	w->spans = calloc(in->count ? in->count : 1, sizeof(*w->spans));
	if (!sorted || !w->spans) {
		free(sorted);
		return no_memory(err);
	}
	for (size_t i = 0; i < in->count; i++)
		sorted[i] = &in->images[i];
	qsort(sorted, in->count, sizeof(*sorted), firmware_by_addr);
	for (size_t from = 0, to; !st && from < in->count; from = to) {
		for (to = from + 1; to < in->count; to++)
			if (sector_of(sorted[to]->addr) >= sector_end(firmware_end(sorted[to - 1])))
				break;
		st = make_span(w, sorted + from, to - from, err);
	}
	free(sorted);
	return st;
}

static void cut(struct work *w, const struct span *s, uint32_t addr, uint32_t end, enum order order)
{
	struct piece *p;

	if (addr >= end)
		return;
	p = &w->pieces[w->piece_count++];
	p->order = order;
	p->region = (struct flash_region){
		.label = s->label,
		.addr = addr,
		.data = s->data + (addr - s->addr),
		.size_bytes = end - addr,
		.is_boot_sector = order == ORDER_BOOT_SECTOR,
	};
}

static void cut_span(struct work *w, const struct span *s)
{
	uint32_t boot = w->in->recipe->chip->boot_addr;
	uint32_t boot_end = sector_end(boot + (uint32_t)w->in->boot.total_bytes);

	if (!w->in->has_boot || boot < s->addr || boot >= s->end) {
		cut(w, s, s->addr, s->end, s->has_table ? ORDER_TABLE : ORDER_DATA);
		return;
	}
	cut(w, s, s->addr, boot, ORDER_DATA);
	cut(w, s, boot, boot + SECTOR, ORDER_BOOT_SECTOR);
	cut(w, s, boot + SECTOR, boot_end, ORDER_BOOT_REST);
	cut(w, s, boot_end, s->end, ORDER_DATA);
}

static int by_order(const void *a, const void *b)
{
	const struct piece *left = a, *right = b;

	if (left->order != right->order)
		return left->order < right->order ? -1 : 1;
	return (left->region.addr > right->region.addr) - (left->region.addr < right->region.addr);
}

static enum status make_pieces(struct work *w, struct err *err)
{
	/* A span is cut into four at most. */
	w->pieces = calloc(4 * w->span_count + 1, sizeof(*w->pieces));
	if (!w->pieces)
		return no_memory(err);
	for (size_t i = 0; i < w->span_count; i++)
		cut_span(w, &w->spans[i]);
	qsort(w->pieces, w->piece_count, sizeof(*w->pieces), by_order);
	w->boot_first = w->piece_count;
	while (w->boot_first && w->pieces[w->boot_first - 1].order >= ORDER_BOOT_REST)
		w->boot_first--;
	return STATUS_OK;
}

static enum status finish_region(struct layout *l, struct flash_region *r, struct err *err)
{
	uint32_t *marks;
	uint8_t *packed;

	digest_md5(r->data, r->size_bytes, r->md5);
	TRY(pack(r->data, r->size_bytes, &packed, &r->packed_bytes, err));
	r->packed = packed;
	if (!packed)
		return STATUS_OK;
	if (!keep(l, packed)) {
		r->packed = NULL;
		return no_memory(err);
	}
	marks = pack_marks(packed, r->packed_bytes, r->size_bytes);
	r->packed_marks = marks;
	if (!marks || !keep(l, marks)) {
		r->packed_marks = NULL;
		return no_memory(err);
	}
	return STATUS_OK;
}

static enum status finish_pieces(struct work *w, struct err *err)
{
	for (size_t i = 0; i < w->piece_count; i++)
		TRY(finish_region(w->layout, &w->pieces[i].region, err));
	return STATUS_OK;
}

static struct image_patch patch_for(const struct recipe *r, uint32_t size_bytes)
{
	struct image_patch patch = { .mode = r->mode };

	patch.set_frequency = r->frequency_mhz && chip_frequency_nibble(r->chip, r->frequency_mhz,
									&patch.frequency_nibble);
	patch.set_size = size_bytes && chip_flash_size_nibble(size_bytes, &patch.size_nibble);
	return patch;
}

/*
 * The boot loader's pieces with its header changed. They lie behind each other
 * in flash: the sector first in flash, last in the order.
 */
static enum status patch_boot(struct work *w, struct flash_region *boot, uint32_t size_bytes,
			      struct err *err)
{
	struct image_patch patch = patch_for(w->in->recipe, size_bytes);
	size_t count = w->piece_count - w->boot_first, total = 0;
	const struct flash_region *sector = &w->pieces[w->piece_count - 1].region;
	bool changed = false;
	uint8_t *data;

	for (size_t i = 0; i < count; i++) {
		boot[i] = w->pieces[w->boot_first + i].region;
		total += boot[i].size_bytes;
	}
	if (!w->in->has_boot)
		return STATUS_OK;
	assert(total > 0);
	data = malloc(total);
	if (!data)
		return no_memory(err);
	memcpy(data, sector->data, total);
	image_apply_patch(data, &w->in->boot, &patch, &changed);
	if (!changed) {
		free(data);
		return STATUS_OK;
	}
	if (!keep(w->layout, data))
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		boot[i].data = data + (boot[i].addr - sector->addr);
		TRY(finish_region(w->layout, &boot[i], err));
	}
	return STATUS_OK;
}

static enum status add_variant(struct work *w, uint32_t flash_bytes, uint32_t header_bytes,
			       struct err *err)
{
	struct layout *l = w->layout;
	struct flash_region *regions = room_for(l, w->piece_count, sizeof(*regions));
	struct flash_region boot[BOOT_PIECES_MAX];

	if (!regions)
		return no_memory(err);
	for (size_t i = 0; i < w->boot_first; i++)
		regions[i] = w->pieces[i].region;
	TRY(patch_boot(w, boot, header_bytes, err));
	for (size_t i = w->boot_first; i < w->piece_count; i++)
		regions[i] = boot[i - w->boot_first];
	l->variants[l->variant_count++] = (struct flash_variant){
		.flash_bytes = flash_bytes,
		.regions = regions,
		.region_count = w->piece_count,
	};
	return STATUS_OK;
}

static enum status make_variants(struct work *w, struct err *err)
{
	const struct recipe *r = w->in->recipe;
	struct layout *l = w->layout;
	uint8_t nibble;

	l->variants = room_for(l, SIZES_MAX, sizeof(*l->variants));
	if (!l->variants)
		return no_memory(err);
	if (!w->in->has_boot || r->header_size == HEADER_SIZE_KEEP)
		return add_variant(w, 0, 0, err);
	if (r->header_size == HEADER_SIZE_FIXED)
		return add_variant(w, 0, r->header_size_bytes, err);
	if (r->flash_bytes) /* the engine refuses every other size */
		return add_variant(w, 0, r->flash_bytes, err);
	for (uint32_t size = 1u << 20; size && size <= r->chip->max_flash_bytes; size <<= 1)
		if (size >= l->end_addr && chip_flash_size_nibble(size, &nibble))
			TRY(add_variant(w, size, size, err));
	return STATUS_OK;
}

static void find_end(struct work *w)
{
	const struct inspection *in = w->in;
	uint32_t end = w->spans[w->span_count - 1].end;

	/* Partitions that the flash does not have make a unit that fails later. */
	if (in->has_table && in->table.end_addr > end)
		end = in->table.end_addr;
	if (in->has_boot && in->recipe->header_size == HEADER_SIZE_FIXED &&
	    in->recipe->header_size_bytes > end)
		end = in->recipe->header_size_bytes;
	w->layout->end_addr = end;
}

/* What of a partition no region covers. */
static void add_rooms(struct work *w, const struct partition *p)
{
	struct layout *l = w->layout;
	uint32_t at = p->addr, end = p->addr + p->size_bytes;

	for (size_t i = 0; i <= w->span_count && at < end; i++) {
		const struct span *s = i < w->span_count ? &w->spans[i] : NULL;
		uint32_t stop = s && s->addr < end ? s->addr : end;

		if (s && s->end <= at)
			continue;
		if (stop > at)
			l->rooms[l->room_count++] = (struct flash_range){ at, stop - at };
		at = s && s->end > at ? s->end : end;
	}
}

static enum status make_rooms(struct work *w, struct err *err)
{
	const struct partition_table *table = &w->in->table;
	struct layout *l = w->layout;

	if (w->in->recipe->erase != ERASE_ROOMS || !w->in->has_table)
		return STATUS_OK;
	/* Each span parts a partition once more. */
	l->rooms = room_for(l, table->count * 2 + w->span_count, sizeof(*l->rooms));
	if (!l->rooms)
		return no_memory(err);
	for (size_t i = 0; i < table->count; i++) {
		const struct partition *p = &table->rows[i];
		bool is_written = false;

		for (size_t j = 0; j < w->span_count; j++)
			is_written = is_written || (w->spans[j].addr < p->addr + p->size_bytes &&
						    w->spans[j].end > p->addr);
		if (is_written)
			add_rooms(w, p);
	}
	return STATUS_OK;
}

enum status layout_make(struct layout *l, struct inspection *in, struct err *err)
{
	struct work w = { .layout = l, .in = in };
	enum status st;

	memset(l, 0, sizeof(*l));
	st = make_spans(&w, err);
	if (!st)
		st = make_pieces(&w, err);
	if (!st)
		st = finish_pieces(&w, err);
	if (!st) {
		find_end(&w);
		st = make_variants(&w, err);
	}
	if (!st)
		st = make_rooms(&w, err);
	free(w.spans);
	free(w.pieces);
	for (size_t i = 0; i < in->count; i++)
		firmware_release(&in->images[i]);
	return st;
}

void layout_release(struct layout *l)
{
	for (size_t i = 0; i < l->block_count; i++)
		free(l->blocks[i]);
	free(l->blocks);
	memset(l, 0, sizeof(*l));
}
