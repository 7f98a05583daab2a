/*
 * Which slot has which MAC: two at once with the same one are both refused.
 *
 * A claim lasts until the table is freed, so a MAC seen in one slot is refused in
 * every other slot of the same session. The second slot never gets to write. The
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
 * The unit in slot has this MAC. cancel: set if another slot turns up with it while
 * this one may still be stopped; it must stay valid as long as the table. false:
 * another slot has the MAC already, its index in *other.
 */
bool claims_take(struct claims *c, unsigned slot, const uint8_t mac[static MAC_BYTES],
		 atomic_bool *cancel, unsigned *other);

/* From now on slot is not stopped any more. false: it was, just before. */
bool claims_begin_writing(struct claims *c, unsigned slot);

/* Did another slot turn up with this slot's MAC, and which? */
bool claims_is_duplicate(struct claims *c, unsigned slot, unsigned *other);

#endif
