/*
 * Which slot has which MAC: two at once with the same one are both refused.
 *
 * A claim lasts until its unit leaves the slot (claims_enter(), claims_leave()), so a MAC seen in
 * one slot is refused in every other slot meanwhile. The second slot never gets to write. The
 * first is stopped too, as long as it has not begun to write; afterwards it is
 * left to finish, because a half written unit is worse, and is only marked.
 *
 * One mutex protects the table; any thread may call.
 */
#ifndef STATION_CLAIMS_H
#define STATION_CLAIMS_H

#include "engine/base/bytes.h"

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

#endif
