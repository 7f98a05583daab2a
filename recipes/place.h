/*
 * Where each image goes: by its address, or by a partition of the set's own table.
 */
#ifndef RECIPES_PLACE_H
#define RECIPES_PLACE_H

#include "recipes/inspect.h"

/*
 * Find the partition table, give every image its address, and report tables that
 * cannot work, unknown partitions, overlaps and images behind the end of the
 * flash. Sets is_placed, addr, and kind for tables and merged files.
 */
void place_images(struct inspection *in);

#endif
