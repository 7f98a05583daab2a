/* The efuse layout of all chips since the ESP32-S2: docs/chips.md, revision and package. */
#include "engine/chip_read.h"

#include "engine/base/bytes.h"
#include "engine/loader.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define READ_ATTEMPTS 4

enum status chip_read_reg(struct loader *l, uint32_t addr, uint32_t *value, struct err *err)
{
	uint32_t last = 0;

	for (unsigned n = 0; n < READ_ATTEMPTS; n++) {
		uint32_t now;

		TRY(loader_read_reg(l, addr, &now, err));
		if (n && now == last) {
			*value = now;
			return STATUS_OK;
		}
		last = now;
	}
	return err_set(err, STATUS_GARBLED, "register %08x reads differently every time",
		       (unsigned)addr);
}

bool chip_crypt_count_is_on(uint32_t count)
{
	bool is_odd = false;

	for (; count; count >>= 1)
		is_odd ^= count & 1;
	return is_odd;
}

void chip_take_custom_mac(const uint8_t mac[static MAC_BYTES], struct ident *ident)
{
	static const uint8_t blank[MAC_BYTES],
		burned_out[MAC_BYTES] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	ident->has_custom_mac =
		memcmp(mac, blank, MAC_BYTES) != 0 && memcmp(mac, burned_out, MAC_BYTES) != 0;
	if (ident->has_custom_mac)
		memcpy(ident->custom_mac, mac, MAC_BYTES);
}

void chip_add_feature(struct ident *ident, const char *text)
{
	size_t len = strlen(ident->features);

	snprintf(ident->features + len, sizeof(ident->features) - len, "%s%s", len ? ", " : "",
		 text);
}

/* ---- fields ---- */

#define EFUSE_WORDS 40

/* Each efuse word is asked for once, when the first field in it is wanted. */
struct efuses {
	const struct chip *chip;
	struct loader *loader;
	uint32_t words[EFUSE_WORDS];
	bool is_read[EFUSE_WORDS];
};

static enum status read_word(struct efuses *e, uint16_t reg, uint32_t *word, struct err *err)
{
	size_t at = reg / 4u;

	assert(at < EFUSE_WORDS);
	if (!e->is_read[at]) {
		TRY(chip_read_reg(e->loader, e->chip->efuse_base + reg, &e->words[at], err));
		e->is_read[at] = true;
	}
	*word = e->words[at];
	return STATUS_OK;
}

static enum status read_field(struct efuses *e, struct efuse_field f, uint32_t *value,
			      struct err *err)
{
	uint32_t word;

	*value = 0;
	if (!f.width)
		return STATUS_OK;
	TRY(read_word(e, f.reg, &word, err));
	*value = word >> f.shift & ((UINT32_C(1) << f.width) - 1);
	return STATUS_OK;
}

/* Two parts of one number; the low part's width says where the high one begins. */
static enum status read_split(struct efuses *e, struct efuse_field low, struct efuse_field high,
			      uint32_t *value, struct err *err)
{
	uint32_t high_bits;

	TRY(read_field(e, low, value, err));
	TRY(read_field(e, high, &high_bits, err));
	*value |= high_bits << low.width;
	return STATUS_OK;
}

static const struct value_text *find_text(const struct value_text *table, uint32_t value)
{
	for (; table && table->text; table++) {
		if (value == table->value || (value > table->value && value <= table->to))
			return table;
	}
	return NULL;
}

/* ---- what they say ---- */

static enum status read_mac(struct efuses *e, struct ident *ident, struct err *err)
{
	uint32_t low, high;

	TRY(read_word(e, e->chip->efuse->mac, &low, err));
	TRY(read_word(e, (uint16_t)(e->chip->efuse->mac + 4u), &high, err));
	ident->mac[0] = (uint8_t)(high >> 8);
	ident->mac[1] = (uint8_t)high;
	ident->mac[2] = (uint8_t)(low >> 24);
	ident->mac[3] = (uint8_t)(low >> 16);
	ident->mac[4] = (uint8_t)(low >> 8);
	ident->mac[5] = (uint8_t)low;
	ident->has_mac = true;
	return STATUS_OK;
}

/* It has no checksum on these chips; an unburned one is all zeros. */
static enum status read_custom_mac(struct efuses *e, struct ident *ident, struct err *err)
{
	const struct efuse_map *map = e->chip->efuse;
	uint8_t mac[MAC_BYTES];

	for (unsigned i = 0; i < MAC_BYTES; i++) {
		unsigned bit = map->custom_mac.shift + 8 * i;
		uint32_t word;

		TRY(read_word(e, (uint16_t)(map->custom_mac.reg + bit / 32 * 4), &word, err));
		mac[i] = (uint8_t)(word >> bit % 32);
	}
	chip_take_custom_mac(mac, ident);
	return STATUS_OK;
}

static enum status read_revision(struct efuses *e, struct ident *ident, struct err *err)
{
	const struct efuse_map *map = e->chip->efuse;
	uint32_t minor, major;

	TRY(read_split(e, map->minor_low, map->minor_high, &minor, err));
	TRY(read_split(e, map->major_low, map->major_high, &major, err));
	if (map->block_major.width && (minor & 7) == 0) {
		uint32_t block_major, block_minor;

		/* The first ESP32-S3 carries other bits here; its block version tells. */
		TRY(read_field(e, map->block_major, &block_major, err));
		TRY(read_field(e, map->block_minor, &block_minor, err));
		if (block_major == 1 && block_minor == 1)
			major = minor = 0;
	}
	ident->revision = (uint16_t)(major * 100 + minor);
	ident->has_revision = true;
	return STATUS_OK;
}

static enum status read_package(struct efuses *e, struct ident *ident, struct err *err)
{
	const struct efuse_map *map = e->chip->efuse;
	const struct value_text *row;
	uint32_t package;

	TRY(read_split(e, map->package_low, map->package_high, &package, err));
	row = find_text(map->packages, package);
	if (row)
		snprintf(ident->package, sizeof(ident->package), "%s", row->text);
	else
		snprintf(ident->package, sizeof(ident->package), "unknown %s (package %u)",
			 e->chip->name, (unsigned)package);
	return STATUS_OK;
}

/* "Embedded Flash 8MB (GD)"; without the bracket where a chip tells no vendor. */
static void add_memory(struct ident *ident, const char *kind, uint32_t value,
		       const struct value_text *sizes, uint32_t vendor,
		       const struct value_text *vendors, uint32_t *size_bytes)
{
	const struct value_text *size = find_text(sizes, value);
	const struct value_text *who = find_text(vendors, vendor);
	char text[64];
	int len;

	if (!sizes || (size && !size->text[0]))
		return;
	if (size) {
		len = snprintf(text, sizeof(text), "%s", size->text);
		*size_bytes = size->size_bytes;
	} else {
		len = snprintf(text, sizeof(text), "Unknown Embedded %s", kind);
	}
	if (vendors)
		snprintf(text + len, sizeof(text) - (size_t)len, " (%s)", who ? who->text : "");
	chip_add_feature(ident, text);
}

static enum status read_features(struct efuses *e, struct ident *ident, struct err *err)
{
	const struct efuse_map *map = e->chip->efuse;
	uint32_t flash, flash_vendor, psram, psram_vendor, calibration;
	const struct value_text *row;

	TRY(read_field(e, map->flash, &flash, err));
	TRY(read_field(e, map->flash_vendor, &flash_vendor, err));
	TRY(read_split(e, map->psram_low, map->psram_high, &psram, err));
	TRY(read_field(e, map->psram_vendor, &psram_vendor, err));
	TRY(read_field(e, map->calibration, &calibration, err));
	ident->features[0] = '\0';
	chip_add_feature(ident, map->base_features);
	add_memory(ident, "Flash", flash, map->flashes, flash_vendor, map->flash_vendors,
		   &ident->embedded_flash_bytes);
	add_memory(ident, "PSRAM", psram, map->psrams, psram_vendor, map->psram_vendors,
		   &ident->embedded_psram_bytes);
	ident->tells_psram = map->psrams && find_text(map->psrams, psram);
	row = find_text(map->calibrations, calibration);
	if (map->calibrations)
		chip_add_feature(ident, row ? row->text : "Unknown calibration in BLK2");
	return STATUS_OK;
}

/* Either source counts: what security info said in ident_detect, and the efuses. */
static enum status read_security(struct efuses *e, struct ident *ident, struct err *err)
{
	struct security *s = &ident->security;
	uint32_t crypt_count, secure_boot, no_manual_encrypt;

	TRY(read_field(e, e->chip->efuse->crypt_count, &crypt_count, err));
	TRY(read_field(e, e->chip->efuse->secure_boot, &secure_boot, err));
	TRY(read_field(e, e->chip->efuse->no_manual_encrypt, &no_manual_encrypt, err));
	if (!s->has_flags)
		s->crypt_count = (uint8_t)crypt_count;
	s->flash_encryption |= chip_crypt_count_is_on(crypt_count);
	s->secure_boot |= secure_boot;
	s->no_manual_encrypt = no_manual_encrypt;
	s->is_known = true;
	return STATUS_OK;
}

enum status chip_read_efuse_map(const struct chip *chip, struct loader *l, struct ident *ident,
				struct err *err)
{
	struct efuses e = { .chip = chip, .loader = l };

	TRY(read_mac(&e, ident, err));
	TRY(read_custom_mac(&e, ident, err));
	TRY(read_revision(&e, ident, err));
	TRY(read_package(&e, ident, err));
	TRY(read_features(&e, ident, err));
	return read_security(&e, ident, err);
}
