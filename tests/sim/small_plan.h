/*
 * A plan as small as a real one can be: boot loader with its first sector apart,
 * partition table, and an application of two compressed blocks.
 */
#ifndef TESTS_SIM_SMALL_PLAN_H
#define TESTS_SIM_SMALL_PLAN_H

#include "engine/flasher.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMALL_REGIONS 4

enum { SMALL_BOOT_REST, SMALL_TABLE, SMALL_APP, SMALL_BOOT_SECTOR };

struct small_plan {
	struct flash_plan plan;
	struct flash_variant variant;
	struct flash_region regions[SMALL_REGIONS];
	struct flash_range rooms[2];
	uint8_t *bytes; /* of all regions and their packed streams */
};

/* version: another one gives other bytes in every region. Exits the test without memory. */
void small_plan_init(struct small_plan *p, const char *chip_key, unsigned version);
void small_plan_release(struct small_plan *p);

/* What the flash must hold afterwards, given what it held: before and after are size bytes. */
void small_plan_apply(const struct small_plan *p, uint8_t *flash, size_t size);

#endif
