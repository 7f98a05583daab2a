/* Any bytes as an image: parsing stays inside them, and what it accepts can be patched. */
#include "engine/image.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct image_patch patch = {
		.mode = FLASH_MODE_DIO,
		.set_frequency = true,
		.frequency_nibble = 0xf,
		.set_size = true,
		.size_nibble = 4,
	};
	struct image_info info;
	struct err err;
	uint8_t *copy;
	bool changed;

	if (image_parse(data, size, &info, &err))
		return 0;
	if (info.total_bytes > size)
		abort();
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	image_apply_patch(copy, &info, &patch, &changed);
	if (image_parse(copy, size, &info, &err))
		abort();
	free(copy);
	return 0;
}
