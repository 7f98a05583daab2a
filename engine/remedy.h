/*
 * What to change before the next try: rows of (what failed, in which step).
 *
 * Pure. A way is how a try talks to the unit; a remedy turns one way into the
 * next. docs/protocol.md, remedies.
 */
#ifndef ENGINE_REMEDY_H
#define ENGINE_REMEDY_H

#include "engine/flasher.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct way {
	size_t reset_at;           /* in link->resets: tried first */
	size_t rate_at;            /* in link->rates; rate_count = stay at 115200 */
	uint32_t ram_block_bytes;  /* of the stub's upload */
	uint32_t data_block_bytes; /* of flash data */
	uint32_t pace_bytes;       /* at most so many at once, each waited out; 0 = no limit */
	bool with_stub;
	unsigned again; /* tries in a row without a change */
};

/* The way of the first try. */
void way_init(struct way *w, const struct link_profile *link, bool with_stub);

/* The link has become another: no block larger than it takes. */
void way_fit_link(struct way *w, const struct link_profile *link);

/* The next smaller RAM block, and data blocks to match. false: there is none. */
bool way_shrink_blocks(struct way *w);

/* No stub any more: ROM blocks. */
void way_use_rom(struct way *w);

/* "stub 921600", "ROM 115200, RAM blocks of 1024" */
void way_text(const struct way *w, const struct link_profile *link, char *text, size_t size);
/* All that is true of a try that ended before stub and rate: "sync, 'tight' first", the
 * reset that it began with. */
void way_sync_text(const struct way *w, const struct link_profile *link, char *text, size_t size);

/*
 * Change w for another try after `failed` in `step`. false: nothing can help.
 * tries_left counts the next one. may_drop_stub: the recipe lets the ROM do it.
 */
bool remedy_next(struct way *w, const struct link_profile *link, enum status failed,
		 enum flash_step step, unsigned tries_left, bool may_drop_stub);

#endif
