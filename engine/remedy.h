/*
 * What to change when something failed: rows of (what failed, in which step, how, on
 * which bridge).
 *
 * Pure. A remedy turns one way (way.h) into the next. Some are taken within a try, where
 * nothing was written yet (the upload, the rate); the others cost one of the recipe's
 * tries. Writing that goes on behind what has arrived is flasher_write's and flasher_resume's,
 * without a row. docs/protocol.md, Remedies.
 */
#ifndef ENGINE_REMEDY_H
#define ENGINE_REMEDY_H

#include "engine/way.h"

#include <stdbool.h>

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
