/*
 * Compress once, for every unit: zlib streams as small as they get. And fast, for what a
 * single unit still needs.
 *
 * libdeflate at its highest level makes 1.7 to 3 % fewer bytes than zlib's 9, in
 * about half a second for a typical recipe; the wire repays that at once. A resumed
 * part is packed while its unit waits: there a fast level saves more than it costs. The
 * one door to libdeflate, and to zlib, which measures what was packed.
 */
#ifndef RECIPES_PACK_H
#define RECIPES_PACK_H

#include "engine/base/err.h"

#include <stddef.h>
#include <stdint.h>

/*
 * *packed is a new zlib stream of data (free() it), or NULL when it would be no
 * shorter than data. STATUS_NO_MEMORY.
 */
enum status pack(const uint8_t *data, size_t size, uint8_t **packed, size_t *packed_bytes,
		 struct err *err);
/* The same in a quarter of the time, 20 to 30 ms a MB, and 3 % longer: flash_plan.pack. */
enum status pack_part(const uint8_t *data, size_t size, uint8_t **packed, size_t *packed_bytes,
		      struct err *err);

/* flash_region.packed_marks of a stream that pack made; free() it. NULL: no memory. */
uint32_t *pack_marks(const uint8_t *packed, size_t packed_bytes, size_t size);

#endif
