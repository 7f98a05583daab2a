/* A made-up machine for the doctor: below the tree's root stand etc, proc, run, dev, usr, and
 * sys, which is the tree itself. */
#ifndef TESTS_STATION_DOCTOR_WORLD_H
#define TESTS_STATION_DOCTOR_WORLD_H

#include "tests/station/tree.h"

#include "station/doctor.h"

struct doctor_world {
	const struct tree *t;
	struct doctor_user user; /* somebody who is in no group */
	char db[160];            /* in the tree; nothing is there */
	struct doctor_machine machine;
	struct doctor *doctor;
};

/* Everything in order: a local disk with room, a kept clock, no port. */
void doctor_world_init(struct doctor_world *w, const struct tree *t);
void doctor_world_release(struct doctor_world *w);

/* Look at the machine as it is now. The result of a check is lent until the next look. */
const struct doctor_result *doctor_world_look(struct doctor_world *w, const char *check);
/* The check's worst finding is this one, and its words contain these (NULL: whatever). */
void doctor_world_expect(struct doctor_world *w, const char *check, enum doctor_verdict verdict,
			 const char *what, const char *todo);

/* A bridge with its /dev node, of this mode, in the group of whoever runs the test. */
void doctor_world_plug(struct doctor_world *w, const struct tree_usb *usb, unsigned mode);
/* tree_link() that leaves the target as it is. */
void doctor_world_link(const struct doctor_world *w, const char *path, const char *target);

#endif
