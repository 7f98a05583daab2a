/*
 * One kind of fault at every event that it can hit, one run each: the first, the
 * second, ... until none is left.
 *
 * Where a frame has many bytes, or a run many, an ordinary sweep takes a sample from a
 * seed; with FLASHLINE_SWEEP=full in the environment it takes every byte of a short frame
 * and 70 of a long one, minutes for a chip. FLASHLINE_SEED=N draws another sample.
 */
#ifndef TESTS_SIM_FAULT_SWEEP_H
#define TESTS_SIM_FAULT_SWEEP_H

#include "tests/sim/fault_case.h"

struct fault_tally {
	unsigned runs, fired, passes, rescued;
	unsigned fails;   /* outcome FAIL: counted against the unit */
	unsigned accused; /* an interlock refused the right unit */
	unsigned timeouts, astray, asleep;
	unsigned by_status[STATUS_COUNT];
	double slowest; /* of its limit, 1 = all of it */
};

bool fault_sweep_is_full(void);
uint64_t fault_sweep_seed(void);

/*
 * base says chip and recipe; its faults stay and one of the kind is added. Fails the
 * test at the first run that breaks a rule, and prints the case so that it can be run
 * again. Adds to t.
 */
void fault_sweep_kind(const struct fault_case *base, enum sim_fault_kind kind,
		      struct fault_tally *t);

/* One case, judged and counted; what breaks a rule fails the test. true: a fault fired. */
bool fault_sweep_run(const struct fault_case *c, struct fault_tally *t, struct fault_run *run);

void fault_tally_add(struct fault_tally *t, const struct fault_run *run);
void fault_tally_print(const char *what, const struct fault_tally *t);

#endif
