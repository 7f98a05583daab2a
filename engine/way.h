/*
 * How a try talks to the unit: the reset that it begins with, the rate, stub or ROM, how
 * large blocks are and in which pieces they go out.
 *
 * Pure. The station's memory and the record have the same in figures, struct flash_way.
 * Sources of the sizes: docs/bridges.md, Ladder; docs/protocol.md, Remedies.
 */
#ifndef ENGINE_WAY_H
#define ENGINE_WAY_H

#include "engine/flasher.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a SYNC has behind its head may be lost; what comes in pieces this small is not. */
#define WAY_SMALLEST_PIECE 16u

struct way {
	size_t reset_at;           /* in link->resets: tried first */
	size_t rate_at;            /* in link->rates; rate_count = stay at 115200 */
	uint16_t failed_rates;     /* bit i: link->rates[i] was tried in vain */
	uint32_t ram_block_bytes;  /* of the stub's upload */
	uint32_t data_block_bytes; /* of flash data */
	uint32_t pace_bytes;       /* at most so many at once, each waited out; 0 = no limit */
	bool with_stub;
	bool is_shrunk;         /* blocks or pace are no longer those it began with */
	bool wants_power_cycle; /* before the next try; whoever does it clears this */
	uint32_t wait_ms;       /* the same */
	unsigned again;         /* tries in a row without a change */
	unsigned again_in_try;  /* within this one */
};

/* The way of the first try. */
void way_init(struct way *w, const struct link_profile *link, bool with_stub);

/*
 * Begin with what worked before, as far as this link can do it; NULL changes nothing.
 * may_drop_stub: without the stub, if it was so then.
 */
void way_start(struct way *w, const struct link_profile *link, const struct flash_way *start,
	       bool may_drop_stub);

/* The same in figures, for the record. 0: no rate on a chip's own USB, no RAM blocks without
 * the stub. */
struct flash_way way_figures(const struct way *w, const struct link_profile *link);

/* The link has become another: no block larger than it takes. */
void way_fit_link(struct way *w, const struct link_profile *link);

/*
 * One rung down: smaller blocks, then pieces that the wire drains one by one. The upload's
 * rung takes the data blocks along, the data's leaves the upload's size alone. false: there
 * is none.
 */
bool way_shrink_upload(struct way *w);
bool way_shrink_data(struct way *w);

/* Every request in the smallest pieces, SYNC too. false: it is so already. */
bool way_use_smallest_pieces(struct way *w);

/* Another rate of the link than those that failed: lower ones first, then higher ones, 115200
 * at last. false: it was there already. */
bool way_other_rate(struct way *w, const struct link_profile *link);

/* No stub any more: ROM blocks. */
void way_use_rom(struct way *w);

/* In words: "stub 921600", "ROM 115200, blocks of 256 in pieces of 64". text is cut to size
 * bytes, its end included. */
void way_text(const struct way *w, const struct link_profile *link, char *text, size_t size);
/* All that is true of an attempt that ended in that step, before stub and rate: "sync,
 * 'tight' first", "upload, blocks of 1024", else as way_text. */
void way_text_until(const struct way *w, const struct link_profile *link, enum flash_step step,
		    char *text, size_t size);

#endif
