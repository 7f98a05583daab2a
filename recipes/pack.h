/*
 * Compress once, for every unit: zlib streams as small as they get.
 *
 * libdeflate at its highest level makes 1.7 to 3 % fewer bytes than zlib's 9, in
 * about half a second for a typical recipe; the wire repays that at once. The
 * one door to libdeflate.
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

#endif
