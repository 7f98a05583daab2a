/*
 * Numbers, faults and whole cases from a seed.
 */
#ifndef TESTS_SIM_FAULT_DRAW_H
#define TESTS_SIM_FAULT_DRAW_H

#include "tests/sim/fault_case.h"

/* Each call moves *random on. */
uint64_t draw_below(uint64_t *random, uint64_t end);                    /* 0 .. end - 1 */
uint64_t draw_between(uint64_t *random, uint64_t first, uint64_t last); /* both included */
/* The same, small numbers as likely as large ones: 1 .. last. */
uint64_t draw_size(uint64_t *random, uint64_t last);

/* The case that belongs to a seed: a chip, a recipe, a bridge, and 1 .. FAULT_CASE_MAX faults. */
void draw_case(uint64_t seed, struct fault_case *c);

#endif
