/*
 * What a run without faults sends: how long each frame to the unit is. A fault that
 * strikes once strikes within these, because until then nothing is different.
 */
#ifndef TESTS_SIM_FAULT_FRAMES_H
#define TESTS_SIM_FAULT_FRAMES_H

#include "tests/sim/fault_case.h"

#define FAULT_FRAMES_MAX 400

struct fault_frames {
	uint32_t sizes[FAULT_FRAMES_MAX]; /* on the wire, delimiters and escapes included */
	size_t count;
	uint64_t bytes;      /* host -> unit, all of them */
	uint64_t frames_out; /* unit -> host */
};

/* The case's own faults are left out. Fails the test when the run does not pass. */
void fault_frames_record(struct fault_frames *f, const struct fault_case *c);

#endif
