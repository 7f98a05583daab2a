/*
 * Is it the slot? One that needs help far more often than others of its kind has a bad
 * cable, hub or nest; when all slots of a hub do, it is the hub.
 *
 * Pure. The rule, also in docs/records.md:
 * - Counted are the runs behind the bridge that the slot saw last, which passed or which
 *   the link made fail. Needed help: was rescued, passed in a lowered way that the slot is
 *   remembered to need, or failed by the link.
 * - Compared with: other slots with that bridge; of these the better half (ordered by
 *   their share of runs that needed help), taken together, so that as many as half
 *   of all may be bad.
 * - Bad: at least HEALTH_RUNS runs here and there, at least HEALTH_EVENTS rescues or failures
 *   (one rescue lowers the next few runs too), a share of at least HEALTH_SHARE, and the
 *   lower 99 % bound of this share lies above the upper one of the others' (Wilson's
 *   interval for a proportion: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209).
 */
#ifndef STATION_SLOT_HEALTH_H
#define STATION_SLOT_HEALTH_H

#include "db/slots.h"

#define HEALTH_RUNS 8
#define HEALTH_EVENTS 3
#define HEALTH_SHARE 0.1

enum slot_judgement {
	SLOT_TOO_FEW, /* runs, here or elsewhere */
	SLOT_SOUND,
	SLOT_BAD,
};

struct slot_health {
	const struct slot_count *last; /* of the bridge that was seen last */
	int64_t runs, passes, rescued, lowered, link_failures; /* behind all bridges */
	/* What was judged. */
	int64_t judged, helped;
	int64_t events; /* rescues and failures among the helped */
	int64_t others_judged, others_helped;
	enum slot_judgement judgement;
	char hub[200];   /* "pci-0000:00:14.0/1": the slot without its last port */
	bool is_hub_bad; /* all its slots that can be judged are, and they are two at least */
};

/* One for each slot in counts, in their order, from the heap; NULL without memory, or
 * without slots. They point into counts. */
struct slot_health *slot_health_new(const struct slot_counts *counts, size_t *slots);

/* Bounds of a share of k in n at 99 %; n 0: 0 and 1. */
void wilson_bounds(int64_t k, int64_t n, double *low, double *high);

/* The hub of a slot: "pci-0000:00:14.0/1" of "pci-0000:00:14.0/1.4:1.0", the controller
 * itself for a port on its root hub; "" for what is no USB slot. */
void slot_hub(const char *slot, char *hub, size_t size);

#endif
