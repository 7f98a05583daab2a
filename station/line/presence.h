/*
 * Who is in a slot whose bridge stays: pure. Glances at the chip (engine/glance.h) go in; that a
 * unit came, left, or was exchanged comes out.
 *
 * One glance decides nothing: a reset can go wrong, and a board that is just being seated talks in
 * pieces. What differs from the unit that the slot is taken for has to be seen several times in a
 * row, and anything else between begins anew. In doubt the slot keeps its unit, with its result.
 */
#ifndef STATION_LINE_PRESENCE_H
#define STATION_LINE_PRESENCE_H

#include "engine/glance.h"

#include <stdbool.h>
#include <stdint.h>

enum presence_news {
	PRESENCE_SAME,   /* nothing new */
	PRESENCE_COMING, /* of an empty slot: something was seen, not for long enough yet */
	PRESENCE_WENT,   /* and is not seen any more */
	PRESENCE_CAME,   /* a unit is in the slot that was empty */
	PRESENCE_LEFT,   /* the slot is empty */
	PRESENCE_OTHER,  /* another unit is in the slot */
};

struct presence {
	/* Whom the slot is taken for. GLANCE_NOTHING: it is empty, or its unit never was heard. */
	struct glance who;
	bool has_unit;
	/* Its run ended and never had its MAC: silence is what it was like, and no sign that it is
	 * gone. */
	bool is_mute;
	/* The row of glances that differ from it. */
	struct glance seen;
	unsigned looks;   /* 0: there is no row */
	uint64_t seen_us; /* the first of them */
};

/* The slot is empty. */
void presence_clear(struct presence *p);
/* A unit is in the slot though none came by itself: somebody said so. */
void presence_force(struct presence *p);
/*
 * Its run has ended. mac: NULL, it was not read. keeps_silent: not because the unit hides it, nor
 * because nobody asked.
 */
void presence_done(struct presence *p, const uint8_t *mac, bool keeps_silent);
/*
 * A glance, over at now_us. After PRESENCE_CAME, _LEFT and _OTHER the slot is taken for what is
 * there now. settle_us: so long a unit has to be seen.
 */
enum presence_news presence_look(struct presence *p, const struct glance *g, uint64_t now_us,
				 uint64_t settle_us);
/* A row has begun: the next glance should come soon. */
bool presence_is_unsure(const struct presence *p);

#endif
