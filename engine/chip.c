#include "engine/chip.h"

#include <stdio.h>
#include <string.h>

const struct chip *chip_by_key(const char *key)
{
	size_t count;
	const struct chip *rows = chip_rows(&count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].key, key) == 0)
			return &rows[i];
	}
	return NULL;
}

const struct chip *chip_by_id(uint16_t id)
{
	size_t count;
	const struct chip *rows = chip_rows(&count);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].id == id)
			return &rows[i];
	}
	return NULL;
}

const struct chip *chip_by_magic(uint32_t magic)
{
	size_t count;
	const struct chip *rows = chip_rows(&count);

	for (size_t i = 0; magic && i < count; i++) {
		for (size_t m = 0; m < CHIP_MAGICS; m++) {
			if (rows[i].magics[m] == magic)
				return &rows[i];
		}
	}
	return NULL;
}

const char *chip_stub_name(const struct chip *chip, uint16_t revision)
{
	return revision < chip->early_stub_below ? chip->early_stub : chip->stub;
}

bool chip_frequency_nibble(const struct chip *chip, unsigned mhz, uint8_t *nibble)
{
	for (const struct frequency_code *f = chip->frequencies; f->mhz; f++) {
		if (f->mhz == mhz) {
			*nibble = f->nibble;
			return true;
		}
	}
	return false;
}

bool chip_flash_size_nibble(uint32_t flash_bytes, uint8_t *nibble)
{
	for (uint8_t n = 0; n <= 7; n++) {
		if (flash_bytes == UINT32_C(0x100000) << n) {
			*nibble = n;
			return true;
		}
	}
	return false;
}

const char *chip_package_name(const struct chip *chip, size_t i)
{
	/* Both lists end with NULL, and nobody asks beyond it. */
	if (chip->package_names)
		return chip->package_names[i];
	return chip->efuse && chip->efuse->packages ? chip->efuse->packages[i].text : NULL;
}

void chip_revision_text(uint16_t revision, char *text, size_t size)
{
	snprintf(text, size, "v%u.%u", revision / 100u, revision % 100u);
}
