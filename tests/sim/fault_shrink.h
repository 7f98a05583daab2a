/*
 * The smallest case that still fails.
 */
#ifndef TESTS_SIM_FAULT_SHRINK_H
#define TESTS_SIM_FAULT_SHRINK_H

#include "tests/sim/fault_case.h"

/*
 * Simplify *c, of which fails() is true, as long as that stays so: faults are left out,
 * their numbers made smaller by bisection, the recipe's options the usual ones. Nothing in
 * the result can be left out, and no number of it be one less. Asks at most `most` times;
 * returns how often it did.
 */
unsigned fault_shrink(struct fault_case *c, bool (*fails)(void *ctx, const struct fault_case *c),
		      void *ctx, unsigned most);

#endif
