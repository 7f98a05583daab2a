/*
 * Which units have a verdict already: a unit that passed or failed is not flashed again when it is
 * plugged in again, unless the station file or somebody says so.
 *
 * For one recipe, as long as the line runs; a unit is its MAC. Only verdicts about the unit count:
 * one that ended with ERROR, TIMEOUT or ABORTED is run again. Of a unit that stood in its slot when
 * the line was started, what it got before counts as well (finished.h). Any thread; one mutex.
 */
#ifndef STATION_LINE_AGAIN_H
#define STATION_LINE_AGAIN_H

#include "engine/base/bytes.h"
#include "engine/base/err.h"
#include "station/line/station_file.h"

struct again;

/* NULL without memory. */
struct again *again_new(enum again_policy policy);
/* One more who gives it back by again_free(). */
struct again *again_share(struct again *a);
void again_free(struct again *a); /* NULL is fine */

/*
 * May this unit be flashed? STATUS_OK, or STATUS_ALREADY_FINISHED with what it got before in err
 * and in *before.
 */
enum status again_judge(struct again *a, const uint8_t mac[static MAC_BYTES], enum status *before,
			struct err *err);

/*
 * A run of this unit has ended, and that is stored. *is_first: it is the first one that is told.
 * Without memory for one more, it is not remembered: it would be flashed again, which the records
 * show.
 */
void again_put(struct again *a, const uint8_t mac[static MAC_BYTES], enum status status,
	       bool *is_first);

/* Has a run of this unit ended since the line was started, or is known what it got before? */
bool again_is_known(struct again *a, const uint8_t mac[static MAC_BYTES]);
/* It got this before: PASS or FAIL. Nothing when it is known. */
void again_put_before(struct again *a, const uint8_t mac[static MAC_BYTES], enum status status);

/* The unit was written to, and no verdict is stored of that: whatever it got before is not true of
 * it any more. */
void again_forget(struct again *a, const uint8_t mac[static MAC_BYTES]);

#endif
