/* Where the efuses of each chip since the ESP32-S2 keep what: docs/chips.md 3, 4, 9. */
#include "engine/chip_maps.h"

#define MB UINT32_C(0x100000)

/* clang-format off */

/* ---- shared words ---- */

static const struct value_text xmc_to_by[] = {
	{ .value = 1, .text = "XMC" },
	{ .value = 2, .text = "GD" },
	{ .value = 3, .text = "FM" },
	{ .value = 4, .text = "TT" },
	{ .value = 5, .text = "BY" },
	{ .text = NULL },
};

static const struct value_text xmc_to_zbit[] = {
	{ .value = 1, .text = "XMC" },
	{ .value = 2, .text = "GD" },
	{ .value = 3, .text = "FM" },
	{ .value = 4, .text = "TT" },
	{ .value = 5, .text = "ZBIT" },
	{ .text = NULL },
};

/* Bits 200 to 247 of BLOCK3, which begins at 7C. */
#define CUSTOM_MAC_IN_BLOCK3                                                                       \
	{ .reg = 0x94, .shift = 8 }

/* ---- what key blocks are for: docs/chips.md 9 ---- */

#define HMAC_AND_DIGESTS                                                                           \
	{ .value = 5, .text = "HMAC_DOWN_ALL" },                                                   \
	{ .value = 6, .text = "HMAC_DOWN_JTAG" },                                                  \
	{ .value = 7, .text = "HMAC_DOWN_DIGITAL_SIGNATURE" },                                     \
	{ .value = 8, .text = "HMAC_UP" },                                                         \
	{ .value = 9, .text = "SECURE_BOOT_DIGEST0" },                                             \
	{ .value = 10, .text = "SECURE_BOOT_DIGEST1" },                                            \
	{ .value = 11, .text = "SECURE_BOOT_DIGEST2" }

static const struct value_text purposes_s2[] = {
	{ .value = 1, .text = "RESERVED" },
	{ .value = 2, .text = "XTS_AES_256_KEY_1" },
	{ .value = 3, .text = "XTS_AES_256_KEY_2" },
	{ .value = 4, .text = "XTS_AES_128_KEY" },
	HMAC_AND_DIGESTS,
	{ .text = NULL },
};

static const struct value_text purposes_c3[] = {
	{ .value = 1, .text = "RESERVED" },
	{ .value = 4, .text = "XTS_AES_128_KEY" },
	HMAC_AND_DIGESTS,
	{ .text = NULL },
};

static const struct value_text purposes_c5[] = {
	{ .value = 1, .text = "ECDSA_KEY" },
	{ .value = 4, .text = "XTS_AES_128_KEY" },
	HMAC_AND_DIGESTS,
	{ .value = 12, .text = "KM_INIT_KEY" },
	{ .value = 15, .text = "XTS_AES_128_PSRAM_KEY" },
	{ .value = 16, .text = "ECDSA_KEY_P192" },
	{ .value = 17, .text = "ECDSA_KEY_P384_L" },
	{ .value = 18, .text = "ECDSA_KEY_P384_H" },
	{ .text = NULL },
};

static const struct value_text purposes_c61[] = {
	{ .value = 1, .text = "ECDSA_KEY" },
	{ .value = 4, .text = "XTS_AES_128_KEY" },
	{ .value = 9, .text = "SECURE_BOOT_DIGEST0" },
	{ .value = 10, .text = "SECURE_BOOT_DIGEST1" },
	{ .value = 11, .text = "SECURE_BOOT_DIGEST2" },
	{ .text = NULL },
};

/* Also the ESP32-P4's, which alone has the last one. */
static const struct value_text purposes_h2[] = {
	{ .value = 1, .text = "ECDSA_KEY" },
	{ .value = 2, .text = "XTS_AES_256_KEY_1" },
	{ .value = 3, .text = "XTS_AES_256_KEY_2" },
	{ .value = 4, .text = "XTS_AES_128_KEY" },
	HMAC_AND_DIGESTS,
	{ .value = 12, .text = "KM_INIT_KEY" },
	{ .text = NULL },
};

/* ---- ESP32-S2 ---- */

/* It has no package number that tells: the name follows from flash and PSRAM. */
#define S2_MEMORY(flash, psram) ((flash) | (psram) << 4)
static const struct value_text s2_packages[] = {
	{ .value = S2_MEMORY(0, 0), .text = "ESP32-S2" },
	{ .value = S2_MEMORY(1, 0), .text = "ESP32-S2FH2" },
	{ .value = S2_MEMORY(2, 0), .text = "ESP32-S2FH4" },
	{ .value = S2_MEMORY(0, 1), .text = "ESP32-S2R2" },
	{ .value = S2_MEMORY(2, 1), .text = "ESP32-S2FNR2" },
	{ .text = NULL },
};

static const struct value_text s2_flashes[] = {
	{ .value = 0, .text = "No Embedded Flash" },
	{ .value = 1, .size_bytes = 2 * MB, .text = "Embedded Flash 2MB" },
	{ .value = 2, .size_bytes = 4 * MB, .text = "Embedded Flash 4MB" },
	{ .text = NULL },
};

static const struct value_text s2_psrams[] = {
	{ .value = 0, .text = "No Embedded PSRAM" },
	{ .value = 1, .size_bytes = 2 * MB, .text = "Embedded PSRAM 2MB" },
	{ .value = 2, .size_bytes = 4 * MB, .text = "Embedded PSRAM 4MB" },
	{ .text = NULL },
};

static const struct value_text s2_calibrations[] = {
	{ .value = 0, .text = "No calibration in BLK2 of efuse" },
	{ .value = 1, .text = "ADC and temperature sensor calibration in BLK2 of eFuse V1" },
	{ .value = 2, .text = "ADC and temperature sensor calibration in BLK2 of eFuse V2" },
	{ .text = NULL },
};

const struct efuse_map efuse_map_s2 = {
	.mac = 0x44,
	.custom_mac = CUSTOM_MAC_IN_BLOCK3,
	.minor_low = { .reg = 0x54, .shift = 4, .width = 3 },
	.minor_high = { .reg = 0x50, .shift = 20, .width = 1 },
	.major_low = { .reg = 0x50, .shift = 18, .width = 2 },
	.package_low = { .reg = 0x50, .shift = 21, .width = 4 },
	.package_high = { .reg = 0x50, .shift = 28, .width = 4 },
	.flash = { .reg = 0x50, .shift = 21, .width = 4 },
	.psram_low = { .reg = 0x50, .shift = 28, .width = 4 },
	.calibration = { .reg = 0x6c, .shift = 4, .width = 3 },
	.crypt_count = { .reg = 0x34, .shift = 18, .width = 3 },
	.secure_boot = { .reg = 0x38, .shift = 20, .width = 1 },
	.no_manual_encrypt = { .reg = 0x30, .shift = 19, .width = 1 },
	.base_features = "Wi-Fi, Single Core, 240MHz",
	.packages = s2_packages,
	.flashes = s2_flashes,
	.psrams = s2_psrams,
	.calibrations = s2_calibrations,
	.key_purposes = purposes_s2,
};

/* ---- ESP32-S3 ---- */

static const struct value_text s3_packages[] = {
	{ .value = 0, .text = "ESP32-S3 (QFN56)" },
	{ .value = 1, .text = "ESP32-S3-PICO-1 (LGA56)" },
	{ .text = NULL },
};

static const struct value_text s3_flashes[] = {
	{ .value = 0, .text = "" },
	{ .value = 1, .size_bytes = 8 * MB, .text = "Embedded Flash 8MB" },
	{ .value = 2, .size_bytes = 4 * MB, .text = "Embedded Flash 4MB" },
	{ .text = NULL },
};

static const struct value_text s3_psrams[] = {
	{ .value = 0, .text = "" },
	{ .value = 1, .size_bytes = 8 * MB, .text = "Embedded PSRAM 8MB" },
	{ .value = 2, .size_bytes = 2 * MB, .text = "Embedded PSRAM 2MB" },
	{ .value = 3, .size_bytes = 16 * MB, .text = "Embedded PSRAM 16MB" },
	{ .value = 4, .size_bytes = 4 * MB, .text = "Embedded PSRAM 4MB" },
	{ .text = NULL },
};

static const struct value_text s3_psram_vendors[] = {
	{ .value = 1, .text = "AP_3v3" },
	{ .value = 2, .text = "AP_1v8" },
	{ .text = NULL },
};

const struct efuse_map efuse_map_s3 = {
	.mac = 0x44,
	.custom_mac = CUSTOM_MAC_IN_BLOCK3,
	.minor_low = { .reg = 0x50, .shift = 18, .width = 3 },
	.minor_high = { .reg = 0x58, .shift = 23, .width = 1 },
	.major_low = { .reg = 0x58, .shift = 24, .width = 2 },
	.package_low = { .reg = 0x50, .shift = 21, .width = 3 },
	.flash = { .reg = 0x50, .shift = 27, .width = 3 },
	.flash_vendor = { .reg = 0x54, .shift = 0, .width = 3 },
	.psram_low = { .reg = 0x54, .shift = 3, .width = 2 },
	.psram_high = { .reg = 0x58, .shift = 19, .width = 1 },
	.psram_vendor = { .reg = 0x54, .shift = 7, .width = 2 },
	.crypt_count = { .reg = 0x34, .shift = 18, .width = 3 },
	.secure_boot = { .reg = 0x38, .shift = 20, .width = 1 },
	.no_manual_encrypt = { .reg = 0x30, .shift = 20, .width = 1 },
	.block_major = { .reg = 0x6c, .shift = 0, .width = 2 },
	.block_minor = { .reg = 0x50, .shift = 24, .width = 3 },
	.base_features = "Wi-Fi, BT 5 (LE), Dual Core + LP Core, 240MHz",
	.packages = s3_packages,
	.flashes = s3_flashes,
	.flash_vendors = xmc_to_by,
	.psrams = s3_psrams,
	.psram_vendors = s3_psram_vendors,
	.key_purposes = purposes_s2,
};

/* ---- ESP32-C2 ---- */

static const struct value_text c2_packages[] = {
	{ .value = 0, .text = "ESP32-C2" },
	{ .value = 1, .text = "ESP8684H" },
	{ .text = NULL },
};

static const struct value_text c2_flashes[] = {
	{ .value = 0, .text = "" },
	{ .value = 1, .size_bytes = 4 * MB, .text = "Embedded Flash 4MB" },
	{ .value = 2, .size_bytes = 2 * MB, .text = "Embedded Flash 2MB" },
	{ .value = 3, .size_bytes = 1 * MB, .text = "Embedded Flash 1MB" },
	{ .text = NULL },
};

/* All in BLOCK2, which begins at 40. */
const struct efuse_map efuse_map_c2 = {
	.mac = 0x40,
	.custom_mac = { .reg = 0x34, .shift = 0 }, /* BLOCK1 */
	.minor_low = { .reg = 0x44, .shift = 16, .width = 4 },
	.major_low = { .reg = 0x44, .shift = 20, .width = 2 },
	.package_low = { .reg = 0x44, .shift = 22, .width = 3 },
	.flash = { .reg = 0x5c, .shift = 29, .width = 3 },
	.flash_vendor = { .reg = 0x5c, .shift = 24, .width = 3 },
	.crypt_count = { .reg = 0x30, .shift = 7, .width = 3 },
	.secure_boot = { .reg = 0x30, .shift = 21, .width = 1 },
	.no_manual_encrypt = { .reg = 0x30, .shift = 6, .width = 1 },
	.base_features = "Wi-Fi, BT 5 (LE), Single Core, 120MHz",
	.packages = c2_packages,
	.flashes = c2_flashes,
	.flash_vendors = xmc_to_zbit,
};

/* ---- ESP32-C3 ---- */

static const struct value_text c3_packages[] = {
	{ .value = 0, .text = "ESP32-C3 (QFN32)" },
	{ .value = 1, .text = "ESP8685 (QFN28)" },
	{ .value = 2, .text = "ESP32-C3 AZ (QFN32)" },
	{ .value = 3, .text = "ESP8686 (QFN24)" },
	{ .text = NULL },
};

static const struct value_text c3_flashes[] = {
	{ .value = 0, .text = "" },
	{ .value = 1, .size_bytes = 4 * MB, .text = "Embedded Flash 4MB" },
	{ .value = 2, .size_bytes = 2 * MB, .text = "Embedded Flash 2MB" },
	{ .value = 3, .size_bytes = 1 * MB, .text = "Embedded Flash 1MB" },
	{ .value = 4, .size_bytes = 8 * MB, .text = "Embedded Flash 8MB" },
	{ .text = NULL },
};

const struct efuse_map efuse_map_c3 = {
	.mac = 0x44,
	.custom_mac = CUSTOM_MAC_IN_BLOCK3,
	.minor_low = { .reg = 0x50, .shift = 18, .width = 3 },
	.minor_high = { .reg = 0x58, .shift = 23, .width = 1 },
	.major_low = { .reg = 0x58, .shift = 24, .width = 2 },
	.package_low = { .reg = 0x50, .shift = 21, .width = 3 },
	.flash = { .reg = 0x50, .shift = 27, .width = 3 },
	.flash_vendor = { .reg = 0x54, .shift = 0, .width = 3 },
	.crypt_count = { .reg = 0x34, .shift = 18, .width = 3 },
	.secure_boot = { .reg = 0x38, .shift = 20, .width = 1 },
	.no_manual_encrypt = { .reg = 0x30, .shift = 20, .width = 1 },
	.base_features = "Wi-Fi, BT 5 (LE), Single Core, 160MHz",
	.packages = c3_packages,
	.flashes = c3_flashes,
	.flash_vendors = xmc_to_zbit,
	.key_purposes = purposes_c3,
};

/* ---- ESP32-C5 ---- */

static const struct value_text c5_packages[] = {
	{ .value = 0, .text = "ESP32-C5" },
	{ .text = NULL },
};

const struct efuse_map efuse_map_c5 = {
	.mac = 0x44,
	.custom_mac = CUSTOM_MAC_IN_BLOCK3,
	.minor_low = { .reg = 0x4c, .shift = 0, .width = 4 },
	.major_low = { .reg = 0x4c, .shift = 4, .width = 2 },
	.package_low = { .reg = 0x4c, .shift = 26, .width = 3 },
	.crypt_count = { .reg = 0x34, .shift = 16, .width = 3 },
	.secure_boot = { .reg = 0x38, .shift = 25, .width = 1 },
	.no_manual_encrypt = { .reg = 0x30, .shift = 20, .width = 1 },
	.base_features = "Wi-Fi 6 (dual-band), BT 5 (LE), IEEE802.15.4, Single Core + LP Core, 240MHz",
	.packages = c5_packages,
	.key_purposes = purposes_c5,
};

/* ---- ESP32-C6 ---- */

/* Package in the upper three bits, flash in the lower: of package 1 there are two names. */
#define C6_PACKAGE(package, flash) ((package) << 3 | (flash))
static const struct value_text c6_packages[] = {
	{ .value = C6_PACKAGE(0, 0), .to = C6_PACKAGE(0, 7), .text = "ESP32-C6 (QFN40)" },
	{ .value = C6_PACKAGE(1, 1), .text = "ESP32-C6FH4 (QFN32)" },
	{ .value = C6_PACKAGE(1, 2), .text = "ESP32-C6FH8 (QFN32)" },
	{ .text = NULL },
};

static const struct value_text c6_flashes[] = {
	{ .value = 1, .size_bytes = 4 * MB, .text = "Embedded Flash 4MB" },
	{ .value = 2, .size_bytes = 8 * MB, .text = "Embedded Flash 8MB" },
	{ .text = NULL },
};

const struct efuse_map efuse_map_c6 = {
	.mac = 0x44,
	.custom_mac = CUSTOM_MAC_IN_BLOCK3,
	.minor_low = { .reg = 0x50, .shift = 18, .width = 4 },
	.major_low = { .reg = 0x50, .shift = 22, .width = 2 },
	.package_low = { .reg = 0x54, .shift = 0, .width = 3 },
	.package_high = { .reg = 0x50, .shift = 24, .width = 3 },
	.flash = { .reg = 0x54, .shift = 0, .width = 3 },
	.crypt_count = { .reg = 0x34, .shift = 18, .width = 3 },
	.secure_boot = { .reg = 0x38, .shift = 20, .width = 1 },
	.no_manual_encrypt = { .reg = 0x30, .shift = 20, .width = 1 },
	.base_features = "Wi-Fi 6, BT 5 (LE), IEEE802.15.4, Single Core + LP Core, 160MHz",
	.packages = c6_packages,
	.flashes = c6_flashes,
	.key_purposes = purposes_c3,
};

/* ---- ESP32-C61 ---- */

static const struct value_text c61_packages[] = {
	{ .value = 0, .text = "ESP32-C61" },
	{ .text = NULL },
};

const struct efuse_map efuse_map_c61 = {
	.mac = 0x44,
	.custom_mac = CUSTOM_MAC_IN_BLOCK3,
	.minor_low = { .reg = 0x4c, .shift = 0, .width = 4 },
	.major_low = { .reg = 0x4c, .shift = 4, .width = 2 },
	.package_low = { .reg = 0x4c, .shift = 26, .width = 3 },
	.crypt_count = { .reg = 0x30, .shift = 23, .width = 3 },
	.secure_boot = { .reg = 0x34, .shift = 26, .width = 1 },
	.no_manual_encrypt = { .reg = 0x30, .shift = 14, .width = 1 },
	.base_features = "Wi-Fi 6, BT 5 (LE), Single Core, 160MHz",
	.packages = c61_packages,
	.key_purposes = purposes_c61,
};

/* ---- ESP32-H2 ---- */

static const struct value_text h2_packages[] = {
	{ .value = 0, .text = "ESP32-H2" },
	{ .text = NULL },
};

const struct efuse_map efuse_map_h2 = {
	.mac = 0x44,
	.custom_mac = CUSTOM_MAC_IN_BLOCK3,
	.minor_low = { .reg = 0x50, .shift = 18, .width = 3 },
	.major_low = { .reg = 0x50, .shift = 21, .width = 2 },
	.package_low = { .reg = 0x54, .shift = 0, .width = 3 },
	.crypt_count = { .reg = 0x34, .shift = 18, .width = 3 },
	.secure_boot = { .reg = 0x38, .shift = 20, .width = 1 },
	.no_manual_encrypt = { .reg = 0x30, .shift = 20, .width = 1 },
	.base_features = "BT 5 (LE), IEEE802.15.4, Single Core, 96MHz",
	.packages = h2_packages,
	.key_purposes = purposes_h2,
};

/* ---- ESP32-P4 ---- */

static const struct value_text p4_packages[] = {
	{ .value = 0, .text = "ESP32-P4" },
	{ .text = NULL },
};

const struct efuse_map efuse_map_p4 = {
	.mac = 0x44,
	.custom_mac = CUSTOM_MAC_IN_BLOCK3,
	.minor_low = { .reg = 0x4c, .shift = 0, .width = 4 },
	.major_low = { .reg = 0x4c, .shift = 4, .width = 2 },
	.major_high = { .reg = 0x4c, .shift = 23, .width = 1 },
	.package_low = { .reg = 0x4c, .shift = 20, .width = 3 },
	.crypt_count = { .reg = 0x34, .shift = 18, .width = 3 },
	.secure_boot = { .reg = 0x38, .shift = 20, .width = 1 },
	.no_manual_encrypt = { .reg = 0x30, .shift = 20, .width = 1 },
	.base_features = "Dual Core + LP Core, 400MHz",
	.packages = p4_packages,
	.key_purposes = purposes_h2,
};
/* clang-format on */
