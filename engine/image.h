/*
 * Espressif application images: header, checks, and the patch a flasher makes.
 *
 * Pure functions over bytes; addr never matters here. Layout:
 * docs/protocol.md, image header.
 */
#ifndef ENGINE_IMAGE_H
#define ENGINE_IMAGE_H

#include "engine/base/err.h"
#include "engine/chip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_MAGIC 0xE9
#define IMAGE_HEADER_BYTES 24

enum flash_mode {
	FLASH_MODE_QIO,
	FLASH_MODE_QOUT,
	FLASH_MODE_DIO,
	FLASH_MODE_DOUT,
	FLASH_MODE_KEEP
};

struct image_info {
	uint8_t segments;
	enum flash_mode mode;
	uint8_t size_nibble, frequency_nibble;
	uint32_t entry;
	uint16_t chip_id;
	uint8_t min_rev_legacy;
	uint16_t min_rev, max_rev; /* major * 100 + minor; 0 and 65535 = no limit */
	bool has_digest;
	size_t data_bytes;  /* through the checksum-padded end, without the digest */
	size_t total_bytes; /* data_bytes, plus 32 with a digest */
};

/*
 * Parse and check an image that starts at data[0] and may have other bytes
 * behind it (merged images). Magic, segment bounds, checksum and the appended
 * digest are checked; err says which byte is wrong. STATUS_RECIPE.
 */
enum status image_parse(const uint8_t *data, size_t size, struct image_info *info, struct err *err);

struct image_patch {
	enum flash_mode mode; /* FLASH_MODE_KEEP leaves it */
	bool set_frequency;
	uint8_t frequency_nibble;
	bool set_size;
	uint8_t size_nibble;
};

/* Change the header in place and recompute the appended digest. *changed says
 * whether any byte differs now. data must have passed image_parse as info. */
void image_apply_patch(uint8_t *data, const struct image_info *info,
		       const struct image_patch *patch, bool *changed);

#endif
