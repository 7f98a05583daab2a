/*
 * small_plan with an application of many blocks and sectors, and a packer for parts of it.
 */
#ifndef TESTS_SIM_LARGE_PLAN_H
#define TESTS_SIM_LARGE_PLAN_H

#include "tests/sim/small_plan.h"

#define LARGE_APP_BYTES 0x41200u /* 66 sectors, the last one in part */
#define LARGE_APP_SECTORS 66u

struct large_plan {
	struct small_plan small;
	uint8_t *app, *packed;
	uint32_t *marks; /* of packed */
};

/* seed: another one gives another application, alike in no sector. */
void large_plan_init(struct large_plan *p, const char *chip_key, uint32_t seed);
void large_plan_release(struct large_plan *p);

/* Another sector of the application, by its number; the packed stream follows. */
void large_plan_change(struct large_plan *p, size_t sector);

/* Of all regions. */
size_t large_plan_bytes(const struct large_plan *p);

#endif
