/*
 * Which slot has which MAC: two at once with the same one are both refused.
 *
 * A claim lasts until its unit leaves the slot (claims_enter(), claims_leave()), so a MAC seen in
 * one slot is refused in every other slot meanwhile. The second slot never gets to write. The
 * first is stopped too, as long as it has not begun to write; afterwards it is
 * left to finish, because a half written unit is worse, and is only marked.
 *
 * A unit that is pulled out of one slot and put into another one is no twin, though the run in the
 * first may still wait for it. Whoever finds that the port of that run is gone takes the MAC over
 * (claims_find(), claims_take_over()), takes nothing else up before that run has ended
 * (claims_has_ended()), and that run never opens a port again (claims_stays()).
 *
 * One mutex protects the table; any thread may call.
 */
#ifndef STATION_CLAIMS_H
#define STATION_CLAIMS_H

#include "engine/base/bytes.h"
#include "station/ports.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct claims;

/* Room for one claim per slot. NULL without memory. */
struct claims *claims_new(size_t slots);
void claims_free(struct claims *c);

/*
 * A unit comes into the slot. cancel is set if another slot turns up with its MAC while it may
 * still be stopped, and tells this unit from those that the slot had before: whoever else
 * comes late with another one changes nothing. It must stay valid until claims_leave().
 */
void claims_enter(struct claims *c, unsigned slot, atomic_bool *cancel);
void claims_leave(struct claims *c, unsigned slot);

/*
 * The unit in slot has this MAC. false: another slot has the MAC already, its index in *other, or
 * the unit has left (then it is its own).
 */
bool claims_take(struct claims *c, unsigned slot, const uint8_t mac[static MAC_BYTES],
		 const atomic_bool *cancel, unsigned *other);

/* From now on slot is not stopped any more. false: it was, just before. */
bool claims_begin_writing(struct claims *c, unsigned slot, const atomic_bool *cancel);

/* Did another slot turn up with this slot's MAC, and which? */
bool claims_is_duplicate(struct claims *c, unsigned slot, unsigned *other);

/* ---- a unit that goes from slot to slot ---- */

/*
 * The unit of this slot stands behind port (copied); NULL: it has none now, and its run waits. To
 * be said before that port is opened. false: another slot has its MAC since, and where (200 bytes;
 * may be NULL) says which: then it is not opened.
 */
bool claims_stays(struct claims *c, unsigned slot, const atomic_bool *cancel,
		  const struct port *port, char *where);

struct claim_holder {
	unsigned slot, visit;
	struct port port; /* as claims_stays() was told */
};
/* Which other slot has this MAC? false: none. */
bool claims_find(struct claims *c, unsigned slot, const uint8_t mac[static MAC_BYTES],
		 struct claim_holder *holder);
/* The port of the holder is not there any more: its MAC is free for the unit in slot. Nothing when
 * its run has another port by now. */
void claims_take_over(struct claims *c, unsigned slot, const struct claim_holder *holder);
/* The run in this slot has ended, and that is stored, or cannot be. */
void claims_end(struct claims *c, unsigned slot);
bool claims_has_ended(struct claims *c, const struct claim_holder *holder);

#endif
