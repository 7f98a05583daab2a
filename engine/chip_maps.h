/*
 * The efuse maps that the rows in chips.c point to; nobody else includes this.
 */
#ifndef ENGINE_CHIP_MAPS_H
#define ENGINE_CHIP_MAPS_H

#include "engine/chip.h"

extern const struct efuse_map efuse_map_s2, efuse_map_s3, efuse_map_c2, efuse_map_c3, efuse_map_c5,
	efuse_map_c6, efuse_map_c61, efuse_map_h2, efuse_map_p4;

#endif
