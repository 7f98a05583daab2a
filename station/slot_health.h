/*
 * Is it the slot? One that needs help far more often than others of its kind has a bad
 * cable, hub or nest; when all slots of a hub do, it is the hub.
 *
 * Pure. The rule, also in docs/records.md:
 * - Counted are the runs behind the bridge that the slot saw last, which passed or which
 *   the link made fail. Of these, put to the test: all but the passes in a lowered way
 *   without a rescue. They follow from a rescue before, and say nothing of the next unit.
 *   Needed help: was rescued, or failed by the link.
 * - Compared with: other slots with that bridge; of these the better half (ordered by
 *   their share of tests that needed help), taken together, so that as many as half
 *   of all may be bad. Because they are the better half, each is granted one more that
 *   needed help.
 * - Bad: at least HEALTH_RUNS runs here and there, at least HEALTH_EVENTS tests that needed help, a
 *   share of at least HEALTH_SHARE and HEALTH_TIMES that of the others, and with the others' share
 *   so many would come by chance in less than HEALTH_CHANCE / slots of all cases
 *   (binomial tail; divided, because of many slots one is always the worst).
 */
#ifndef STATION_SLOT_HEALTH_H
#define STATION_SLOT_HEALTH_H

#include "db/slots.h"

#define HEALTH_RUNS 8
#define HEALTH_EVENTS 3
#define HEALTH_SHARE 0.1
#define HEALTH_TIMES 2
#define HEALTH_CHANCE 0.01

enum slot_judgement {
	SLOT_TOO_FEW, /* runs, here or elsewhere */
	SLOT_SOUND,
	SLOT_BAD,
};

struct slot_health {
	const struct slot_count *last; /* of the bridge that was seen last */
	int64_t runs, passes, rescued, lowered, link_failures; /* behind all bridges */
	/* What was judged. */
	int64_t judged, tested, helped;
	int64_t others_judged, others_tested, others_helped;
	enum slot_judgement judgement;
	char hub[200];   /* "pci-0000:00:14.0/1": the slot without its last port */
	bool is_hub_bad; /* all its slots that can be judged are, and they are two at least */
};

/* One for each slot in counts, in their order, from the heap; NULL without memory, or
 * without slots. They point into counts. */
struct slot_health *slot_health_new(const struct slot_counts *counts, size_t *slots);

/* The chance of at least k in n when each has the share; n below 10^6, or so. */
double chance_of(int64_t k, int64_t n, double share);

/* The hub of a slot: "pci-0000:00:14.0/1" of "pci-0000:00:14.0/1.4:1.0", the controller
 * itself for a port on its root hub; "" for what is no USB slot. */
void slot_hub(const char *slot, char *hub, size_t size);

#endif
