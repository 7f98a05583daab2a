/*
 * The sweeps of one chip: every kind of fault at every event, for each way to flash it.
 */
#ifndef TESTS_SIM_FAULT_SUITE_H
#define TESTS_SIM_FAULT_SUITE_H

#include "tests/sim/fault_case.h"

#include <stddef.h>

/* What main returns. ways: chips and recipes, without faults; by stub, by stub, by ROM, by ROM. */
int fault_suite(const struct fault_case *ways, size_t count);

#endif
