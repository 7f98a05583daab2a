/*
 * What to change when something failed: rows of (what failed, in which step, how, on
 * which bridge).
 *
 * Pure. A way is how a try talks to the unit; a remedy turns one way into the next. Some
 * are taken within a try, where nothing was written yet (the upload, the rate); the others
 * cost one of the recipe's tries. docs/protocol.md, remedies.
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

/* The same in figures, for the record. */
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

/* Another rate of the link than those that failed: lower ones first, then higher ones, 115200
 * at last. false: it was there already. */
bool way_other_rate(struct way *w, const struct link_profile *link);

/* No stub any more: ROM blocks. */
void way_use_rom(struct way *w);

/* "stub 921600", "ROM 115200, blocks of 256 in pieces of 64" */
void way_text(const struct way *w, const struct link_profile *link, char *text, size_t size);
/* All that is true of an attempt that ended in that step, before stub and rate: "sync,
 * 'tight' first", "upload, blocks of 1024", else as way_text. */
void way_text_until(const struct way *w, const struct link_profile *link, enum flash_step step,
		    char *text, size_t size);

/* ---- the ladder ---- */

/* How it failed, from what was seen on the line. */
enum failure_how {
	HOW_ANY,        /* nothing more is known; in a row: however */
	HOW_LOST_BYTES, /* a block was refused for its checksum, and short requests are clean */
	HOW_NOISY,      /* short requests are altered as well: SYNC echoes tell */
	HOW_RESTARTED,  /* the unit restarted by itself */
	HOW_STALLED,    /* it had answered in this run, and now nothing does */
};

struct failure {
	enum status status;
	enum flash_step step;
	enum failure_how how;
};

/* What a remedy may use. */
struct remedy_limits {
	unsigned tries_left;  /* counts the next one */
	bool may_drop_stub;   /* the recipe lets the ROM do it */
	bool may_power_cycle; /* the hub's port can be switched, and was not in this run */
};

/* Change w and go on within the try. false: this try has ended. */
bool remedy_in_try(struct way *w, const struct link_profile *link, const struct failure *f);

/* Change w for another try. false: nothing can help. */
bool remedy_next(struct way *w, const struct link_profile *link, const struct failure *f,
		 const struct remedy_limits *may);

#endif
