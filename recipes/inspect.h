/*
 * The firmware set as a whole: does it fit together, this chip and this flash?
 *
 * Finds the boot loader, the partition table and the applications, whether each
 * has a file of its own or lies inside a merged one, places images that name a
 * partition, and reports everything that could not work on a unit.
 */
#ifndef RECIPES_INSPECT_H
#define RECIPES_INSPECT_H

#include "recipes/firmware.h"
#include "recipes/partition.h"

struct inspection {
	const struct recipe *recipe;
	struct diag_list *diags;
	struct firmware *images; /* in the recipe's order */
	size_t count;

	bool has_table;
	bool table_failed; /* there is one, and it was reported */
	struct partition_table table;

	bool has_boot; /* a good boot loader stands at the chip's boot address */
	struct image_info boot;

	uint16_t min_rev, max_rev; /* target and images together */
	uint32_t limit;            /* end of the flash, as far as it is known */

	/* What each unit gets for itself, for the canonical form; taken by the plan behind
	 * inspect(). */
	struct plan_serial serial;
	struct unit_data *unit_data; /* NULL none */
	struct plan_label *label;    /* NULL none */
};

/* images: read, not yet placed. What is wrong goes to diags. */
void inspect(struct inspection *in, const struct recipe *recipe, struct firmware *images,
	     size_t count, struct diag_list *diags);

/* The bytes of f that lie in [addr, end): NULL when there are none. */
const uint8_t *inspect_slice(const struct firmware *f, uint32_t addr, uint32_t end, size_t *size);

#endif
