/*
 * From placed images to what the engine writes: regions, variants, rooms.
 *
 * A region is whole flash sectors, FF where the images leave off, which is what
 * the erase leaves there: the chip's MD5 of the region then also proves the
 * padding, and every loader's block size divides it. Images that share a sector
 * become one region. Around the boot loader a region is cut so that its first
 * sector can be written last, and so that the variants for each flash size share
 * all the rest.
 */
#ifndef RECIPES_LAYOUT_H
#define RECIPES_LAYOUT_H

#include "recipes/inspect.h"

/* What a plan's flash part points to. */
struct layout {
	void **blocks; /* everything on the heap */
	size_t block_count;
	struct flash_variant *variants;
	size_t variant_count;
	struct flash_range *rooms;
	size_t room_count;
	uint32_t end_addr;
};

/*
 * in: inspected without an error. Takes over the images' bytes: their data is
 * NULL afterwards, also on failure. STATUS_NO_MEMORY.
 */
enum status layout_make(struct layout *l, struct inspection *in, struct err *err);
void layout_release(struct layout *l);

#endif
