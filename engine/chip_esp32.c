/* docs/chips.md: MAC, revision and package, security efuses of the ESP32. */
#include "engine/chip_read.h"

#include "engine/loader.h"

#include <stdio.h>

#define APB_CTL_DATE 0x3ff6607cu
#define BLOCK3 0x78u /* from efuse_base */
#define CUSTOM_MAC_VERSION 1u
#define MAC_CRC_POLYNOMIAL 0x8cu  /* of the CRC-8 that goes through each byte from its low end */
#define CRYSTAL_COUNT 0x3ff5f06cu /* what the ROM counted when it measured its crystal */

enum esp32_package {
	PACKAGE_D0WDQ6 = 0,
	PACKAGE_D0WD = 1,
	PACKAGE_D2WD = 2,
	PACKAGE_U4WDH = 4,
	PACKAGE_PICO = 5,
	PACKAGE_PICO_V3_02 = 6,
	PACKAGE_D0WDR2_V3 = 7,
};

#define MB UINT32_C(0x100000)

static const struct esp32_package_row {
	uint8_t package;
	const char *single_core, *dual_core, *dual_core_v3;
	uint32_t flash_bytes, psram_bytes; /* in the package */
} packages[] = {
	/* clang-format off */
	{ PACKAGE_D0WDQ6,     "ESP32-S0WDQ6",     "ESP32-D0WDQ6",     "ESP32-D0WDQ6-V3",  0,      0 },
	{ PACKAGE_D0WD,       "ESP32-S0WD",       "ESP32-D0WD",       "ESP32-D0WD-V3",    0,      0 },
	{ PACKAGE_D2WD,       "ESP32-D2WD",       "ESP32-D2WD",       "ESP32-D2WD",       2 * MB, 0 },
	{ PACKAGE_U4WDH,      "ESP32-U4WDH",      "ESP32-U4WDH",      "ESP32-U4WDH",      4 * MB, 0 },
	{ PACKAGE_PICO,       "ESP32-PICO-D4",    "ESP32-PICO-D4",    "ESP32-PICO-V3",    4 * MB, 0 },
	{ PACKAGE_PICO_V3_02, "ESP32-PICO-V3-02", "ESP32-PICO-V3-02", "ESP32-PICO-V3-02", 8 * MB, 2 * MB },
	{ PACKAGE_D0WDR2_V3,  "ESP32-D0WDR2-V3",  "ESP32-D0WDR2-V3",  "ESP32-D0WDR2-V3",  0,      0 },
	/* clang-format on */
};

/* Every name of the rows above, for recipes that ask for one. */
const char *const chip_packages_esp32[] = {
	"ESP32-D0WDQ6",
	"ESP32-D0WDQ6-V3",
	"ESP32-D0WD",
	"ESP32-D0WD-V3",
	"ESP32-D2WD",
	"ESP32-U4WDH",
	"ESP32-PICO-D4",
	"ESP32-PICO-V3",
	"ESP32-PICO-V3-02",
	"ESP32-D0WDR2-V3",
	"ESP32-S0WDQ6",
	"ESP32-S0WD",
	NULL,
};

static const struct esp32_package_row *package_row(unsigned package)
{
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++) {
		if (packages[i].package == package)
			return &packages[i];
	}
	return NULL;
}

static void take_mac(uint32_t word1, uint32_t word2, struct ident *ident)
{
	ident->mac[0] = (uint8_t)(word2 >> 8);
	ident->mac[1] = (uint8_t)word2;
	ident->mac[2] = (uint8_t)(word1 >> 24);
	ident->mac[3] = (uint8_t)(word1 >> 16);
	ident->mac[4] = (uint8_t)(word1 >> 8);
	ident->mac[5] = (uint8_t)word1;
	ident->has_mac = true;
}

static uint8_t mac_crc8(const uint8_t mac[static MAC_BYTES])
{
	uint8_t crc = 0;

	for (unsigned i = 0; i < MAC_BYTES; i++) {
		crc ^= mac[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (uint8_t)(crc & 1 ? crc >> 1 ^ MAC_CRC_POLYNOMIAL : crc >> 1);
	}
	return crc;
}

/* docs/chips.md 3: it counts with the right version and checksum only. */
static enum status read_custom_mac(const struct chip *chip, struct loader *l, struct ident *ident,
				   struct err *err)
{
	uint32_t low, high, version;
	uint8_t mac[MAC_BYTES];

	TRY(chip_read_reg(l, chip->efuse_base + BLOCK3 + 4 * 5, &version, err));
	if (version >> 24 != CUSTOM_MAC_VERSION)
		return STATUS_OK;
	TRY(chip_read_reg(l, chip->efuse_base + BLOCK3, &low, err));
	TRY(chip_read_reg(l, chip->efuse_base + BLOCK3 + 4, &high, err));
	for (unsigned i = 0; i < MAC_BYTES; i++)
		mac[i] = (uint8_t)(i < 3 ? low >> (8 * i + 8) : high >> (8 * i - 24));
	if (mac_crc8(mac) == (uint8_t)low)
		chip_take_custom_mac(mac, ident);
	return STATUS_OK;
}

static void take_revision(uint32_t word3, uint32_t word5, uint32_t apb_date, struct ident *ident)
{
	unsigned bits = (word3 >> 15 & 1) | (word5 >> 20 & 1) << 1 | (apb_date >> 31) << 2;
	unsigned major = bits == 1 ? 1 : bits == 3 ? 2 : bits == 7 ? 3 : 0;

	ident->revision = (uint16_t)(major * 100 + (word5 >> 24 & 3));
	ident->has_revision = true;
}

static void take_package(uint32_t word3, struct ident *ident)
{
	unsigned package = (word3 >> 9 & 7) | (word3 >> 2 & 1) << 3;
	const struct esp32_package_row *row = package_row(package);

	if (!row) {
		snprintf(ident->package, sizeof(ident->package), "unknown ESP32 (package %u)",
			 package);
		return;
	}
	snprintf(ident->package, sizeof(ident->package), "%s",
		 word3 & 1                ? row->single_core
		 : ident->revision >= 300 ? row->dual_core_v3
					  : row->dual_core);
	ident->embedded_flash_bytes = row->flash_bytes;
	ident->embedded_psram_bytes = row->psram_bytes;
	/* The other packages may have some outside, of which the chip knows nothing. */
	ident->tells_psram = row->psram_bytes != 0;
}

static void take_features(const uint32_t words[7], struct ident *ident)
{
	static const char *const coding[] = {
		"Coding Scheme None",
		"Coding Scheme 3/4",
		"Coding Scheme Repeat (UNSUPPORTED)",
		"Coding Scheme None (may contain encoding data)",
	};
	uint32_t word3 = words[3];

	ident->features[0] = '\0';
	chip_add_feature(ident, "Wi-Fi");
	if (!(word3 & 1u << 1))
		chip_add_feature(ident, "BT");
	chip_add_feature(ident, word3 & 1 ? "Single Core + LP Core" : "Dual Core + LP Core");
	if (word3 & 1u << 13)
		chip_add_feature(ident, word3 & 1u << 12 ? "160MHz" : "240MHz");
	if (ident->embedded_flash_bytes)
		chip_add_feature(ident, "Embedded Flash");
	if (ident->embedded_psram_bytes)
		chip_add_feature(ident, "Embedded PSRAM");
	if (words[4] >> 8 & 0x1f)
		chip_add_feature(ident, "Vref calibration in eFuse");
	if (word3 & 1u << 14)
		chip_add_feature(ident, "BLK3 partially reserved");
	chip_add_feature(ident, coding[words[6] & 3]);
}

/* There is no secure download mode here: a later ESP32 locks its loader altogether. */
static void take_security(const uint32_t words[7], struct ident *ident)
{
	struct security *s = &ident->security;

	s->crypt_count = (uint8_t)(words[0] >> 20 & 0x7f);
	s->flash_encryption = chip_crypt_count_is_on(s->crypt_count);
	s->secure_boot_v1 = words[6] & 1u << 4;
	/* Secure boot version 2 exists from revision 3.0 on. */
	s->secure_boot = s->secure_boot_v1 || (ident->revision >= 300 && (words[6] & 1u << 5));
	s->no_manual_encrypt = words[6] & 1u << 7;
	s->hidden_keys = (uint8_t)(words[0] >> 16 & 7);
	s->is_known = true;
}

enum status chip_read_esp32(const struct chip *chip, struct loader *l, struct ident *ident,
			    struct err *err)
{
	uint32_t words[7];
	uint32_t apb_date;

	for (unsigned i = 0; i < 7; i++)
		TRY(chip_read_reg(l, chip->efuse_base + 4 * i, &words[i], err));
	TRY(chip_read_reg(l, APB_CTL_DATE, &apb_date, err));
	take_mac(words[1], words[2], ident);
	TRY(read_custom_mac(chip, l, ident, err));
	take_revision(words[3], words[5], apb_date, ident);
	take_package(words[3], ident);
	take_features(words, ident);
	take_security(words, ident);
	return STATUS_OK;
}

enum status chip_pins_esp32(const struct chip *chip, struct loader *l, uint32_t *pins,
			    struct err *err)
{
	uint32_t word3, word5;
	uint32_t clk, q, d, cs, hd; /* as coded in the efuses; SPI_ATTACH takes the same codes */

	TRY(chip_read_reg(l, chip->efuse_base + 4 * 3, &word3, err));
	TRY(chip_read_reg(l, chip->efuse_base + 4 * 5, &word5, err));
	clk = word5 & 0x1f;
	q = word5 >> 5 & 0x1f;
	d = word5 >> 10 & 0x1f;
	cs = word5 >> 15 & 0x1f;
	hd = word3 >> 4 & 0x1f;
	*pins = hd << 24 | cs << 18 | d << 12 | q << 6 | clk;
	return STATUS_OK;
}

/* docs/protocol.md, rate change. A count that is no crystal's is not believed. */
enum status chip_rom_rate_esp32(const struct chip *chip, struct loader *l, uint32_t rate_baud,
				uint32_t *told_baud, struct err *err)
{
	uint32_t count, word4;
	uint64_t rom_hz, valid_hz;

	TRY(chip_read_reg(l, CRYSTAL_COUNT, &count, err));
	TRY(chip_read_reg(l, chip->efuse_base + 4 * 4, &word4, err));
	rom_hz = (uint64_t)(count >> 7 & 0x1ffffff) * 15625 * (word4 & 0xff) / 40;
	valid_hz = rom_hz > 33000000 ? 40000000 : 26000000;
	*told_baud = rate_baud;
	if (rom_hz > valid_hz * 9 / 10 && rom_hz < valid_hz * 11 / 10)
		*told_baud = (uint32_t)(rate_baud * rom_hz / valid_hz);
	return STATUS_OK;
}
