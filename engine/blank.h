/* A blank flash sector as a region: how a sector is erased and proven blank. */
#ifndef ENGINE_BLANK_H
#define ENGINE_BLANK_H

#include "engine/flasher.h"

/* FLASH_SECTOR_BYTES of FF, its zlib stream and its MD5. addr is a sector's. */
struct flash_region blank_sector_region(uint32_t addr);

/* MD5 of size_bytes of FF. */
void blank_md5(size_t size_bytes, uint8_t md5[static 16]);

#endif
