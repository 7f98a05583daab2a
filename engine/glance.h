/*
 * A glance at a port behind which a bridge always stands: is a chip there, and which one?
 *
 * It resets the chip into its loader, asks for its MAC, and restarts it into its application, so
 * nothing is written, nothing is kept, and who is not there is no error. One reset sequence, a few
 * SYNCs: half a second where nobody answers. A run that has to reach a bad unit does far more
 * (flasher.h).
 */
#ifndef ENGINE_GLANCE_H
#define ENGINE_GLANCE_H

#include "engine/base/bytes.h"
#include "engine/lines.h"

enum glance_kind {
	GLANCE_NOTHING, /* silence */
	GLANCE_VOICE,   /* something talks, and no loader answers: a strap or EN that is broken */
	GLANCE_ANSWER, /* a loader answers, and no MAC can be read: secure download mode hides it */
	GLANCE_UNIT,   /* a loader answers, and mac is its */
};

struct glance {
	enum glance_kind kind;
	uint8_t mac[MAC_BYTES]; /* of GLANCE_UNIT, else 0 */
};

/* Equal kinds, and equal MACs. */
bool glance_is_same(const struct glance *a, const struct glance *b);

/*
 * t: open; both lines are released behind it, but for a reset that holds the strap, which leaves
 * it held as a run does (lines.h). Blocks until d at most, and then for the restart, 0.1 .. 0.2 s.
 * Of a failed glance *seen is GLANCE_NOTHING, and says nothing: STATUS_PORT_GONE and the like, and
 * STATUS_NOT_SUPPORTED where the port has no DTR and RTS.
 */
enum status glance_take(struct transport *t, enum reset_kind reset, struct deadline d,
			struct glance *seen, struct err *err);

#endif
