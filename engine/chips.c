/* One row per chip. Every number: docs/chips.md, the section named in .source. */
#include "engine/chip_read.h"

#define MB UINT32_C(0x100000)

/* docs/chips.md 6 */
static const struct frequency_code frequencies_80[] = {
	{ .mhz = 80, .nibble = 0xf },
	{ .mhz = 40, .nibble = 0x0 },
	{ .mhz = 26, .nibble = 0x1 },
	{ .mhz = 20, .nibble = 0x2 },
	{ .mhz = 0 },
};

/* docs/chips.md 4 */
static const struct value_text s3_packages[] = {
	{ .value = 0, .text = "ESP32-S3 (QFN56)" },
	{ .value = 1, .text = "ESP32-S3-PICO-1 (LGA56)" },
	{ .text = NULL },
};

static const struct value_text s3_flashes[] = {
	{ .value = 1, .size_bytes = 8 * MB, .text = "8MB" },
	{ .value = 2, .size_bytes = 4 * MB, .text = "4MB" },
	{ .text = NULL },
};

static const struct value_text s3_flash_vendors[] = {
	{ .value = 1, .text = "XMC" }, { .value = 2, .text = "GD" }, { .value = 3, .text = "FM" },
	{ .value = 4, .text = "TT" },  { .value = 5, .text = "BY" }, { .text = NULL },
};

static const struct value_text s3_psrams[] = {
	{ .value = 1, .size_bytes = 8 * MB, .text = "8MB" },
	{ .value = 2, .size_bytes = 2 * MB, .text = "2MB" },
	{ .value = 3, .size_bytes = 16 * MB, .text = "16MB" },
	{ .value = 4, .size_bytes = 4 * MB, .text = "4MB" },
	{ .text = NULL },
};

static const struct value_text s3_psram_vendors[] = {
	{ .value = 1, .text = "AP_3v3" },
	{ .value = 2, .text = "AP_1v8" },
	{ .text = NULL },
};

static const struct efuse_map s3_efuse = {
	.mac = 0x44,
	.minor_low = { .reg = 0x50, .shift = 18, .width = 3 },
	.minor_high = { .reg = 0x58, .shift = 23, .width = 1 },
	.major = { .reg = 0x58, .shift = 24, .width = 2 },
	.package = { .reg = 0x50, .shift = 21, .width = 3 },
	.flash = { .reg = 0x50, .shift = 27, .width = 3 },
	.flash_vendor = { .reg = 0x54, .shift = 0, .width = 3 },
	.psram_low = { .reg = 0x54, .shift = 3, .width = 2 },
	.psram_high = { .reg = 0x58, .shift = 19, .width = 1 },
	.psram_vendor = { .reg = 0x54, .shift = 7, .width = 2 },
	.crypt_count = { .reg = 0x34, .shift = 18, .width = 3 },
	.secure_boot = { .reg = 0x38, .shift = 20, .width = 1 },
	.block_major = { .reg = 0x6c, .shift = 0, .width = 2 },
	.block_minor = { .reg = 0x50, .shift = 24, .width = 3 },
	.base_features = "Wi-Fi, BT 5 (LE), Dual Core + LP Core, 240MHz",
	.packages = s3_packages,
	.flashes = s3_flashes,
	.flash_vendors = s3_flash_vendors,
	.psrams = s3_psrams,
	.psram_vendors = s3_psram_vendors,
};

static const struct value_text c3_packages[] = {
	{ .value = 0, .text = "ESP32-C3 (QFN32)" },
	{ .value = 1, .text = "ESP8685 (QFN28)" },
	{ .value = 2, .text = "ESP32-C3 AZ (QFN32)" },
	{ .value = 3, .text = "ESP8686 (QFN24)" },
	{ .text = NULL },
};

static const struct value_text c3_flashes[] = {
	{ .value = 1, .size_bytes = 4 * MB, .text = "4MB" },
	{ .value = 2, .size_bytes = 2 * MB, .text = "2MB" },
	{ .value = 3, .size_bytes = 1 * MB, .text = "1MB" },
	{ .value = 4, .size_bytes = 8 * MB, .text = "8MB" },
	{ .text = NULL },
};

static const struct value_text c3_flash_vendors[] = {
	{ .value = 1, .text = "XMC" }, { .value = 2, .text = "GD" },   { .value = 3, .text = "FM" },
	{ .value = 4, .text = "TT" },  { .value = 5, .text = "ZBIT" }, { .text = NULL },
};

static const struct efuse_map c3_efuse = {
	.mac = 0x44,
	.minor_low = { .reg = 0x50, .shift = 18, .width = 3 },
	.minor_high = { .reg = 0x58, .shift = 23, .width = 1 },
	.major = { .reg = 0x58, .shift = 24, .width = 2 },
	.package = { .reg = 0x50, .shift = 21, .width = 3 },
	.flash = { .reg = 0x50, .shift = 27, .width = 3 },
	.flash_vendor = { .reg = 0x54, .shift = 0, .width = 3 },
	.crypt_count = { .reg = 0x34, .shift = 18, .width = 3 },
	.secure_boot = { .reg = 0x38, .shift = 20, .width = 1 },
	.base_features = "Wi-Fi, BT 5 (LE), Single Core, 160MHz",
	.packages = c3_packages,
	.flashes = c3_flashes,
	.flash_vendors = c3_flash_vendors,
};

static const struct chip rows[] = {
	{
		.name = "ESP32",
		.key = "esp32",
		.stub = "esp32",
		.id = 0,
		.tells_id = false, /* its ROM refuses the question */
		.magics = { 0x00f01d83 },
		.boot_addr = 0x1000,
		.max_flash_bytes = 16 * MB,
		.rom_begin_words = 4, /* its ROM insists on 16 bytes */
		.legacy_rev_scale = 100,
		.frequencies = frequencies_80,
		.spi = { .base = 0x3ff42000,
			 .usr = 0x1c,
			 .usr1 = 0x20,
			 .usr2 = 0x24,
			 .mosi_dlen = 0x28,
			 .miso_dlen = 0x2c,
			 .w0 = 0x80 },
		.uart_clkdiv_reg = 0x3ff40014,
		.crystal_mhz = 0, /* 26 or 40 */
		.efuse_base = 0x3ff5a000,
		.probe_reg = 0x3ff5a004,
		.efuse = NULL,
		.has_native_usb = false,
		.read_ident = chip_read_esp32,
		.spi_pins = chip_pins_esp32,
		.rom_rate = chip_rom_rate_esp32,
		.proof = PROOF_SIMULATOR,
		.source = "docs/chips.md 1 to 9",
	},
	{
		.name = "ESP32-S3",
		.key = "esp32s3",
		.stub = "esp32s3",
		.id = 9,
		.tells_id = true,
		.magics = { 0x00000009 },
		.boot_addr = 0x0,
		.max_flash_bytes = 128 * MB,
		.rom_begin_words = 5,
		.legacy_rev_scale = 100,
		.frequencies = frequencies_80,
		.spi = { .base = 0x60002000,
			 .usr = 0x18,
			 .usr1 = 0x1c,
			 .usr2 = 0x20,
			 .mosi_dlen = 0x24,
			 .miso_dlen = 0x28,
			 .w0 = 0x58 },
		.uart_clkdiv_reg = 0,
		.crystal_mhz = 40,
		.efuse_base = 0x60007000,
		.probe_reg = 0x60007044,
		.efuse = &s3_efuse,
		.watchdog = { .config0 = 0x60008098,
			      .config1 = 0x6000809c,
			      .wprotect = 0x600080b0,
			      .swd_conf = 0x600080b4,
			      .swd_wprotect = 0x600080b8,
			      .swd_key = 0x8f1d312a,
			      .swd_feed_bit = 31,
			      .can_reset = true },
		.has_native_usb = true,
		.read_ident = chip_read_efuse_map,
		.spi_pins = NULL,
		.proof = PROOF_SIMULATOR,
		.source = "docs/chips.md 1 to 9",
	},
	{
		.name = "ESP32-C3",
		.key = "esp32c3",
		.stub = "esp32c3",
		.id = 5,
		.tells_id = true,
		.magics = { 0x6921506f, 0x1b31506f, 0x4881606f, 0x4361606f },
		.boot_addr = 0x0,
		.max_flash_bytes = 16 * MB,
		.rom_begin_words = 5, /* its ROM insists on 20 bytes */
		.legacy_rev_scale = 1,
		.frequencies = frequencies_80,
		.spi = { .base = 0x60002000,
			 .usr = 0x18,
			 .usr1 = 0x1c,
			 .usr2 = 0x20,
			 .mosi_dlen = 0x24,
			 .miso_dlen = 0x28,
			 .w0 = 0x58 },
		.uart_clkdiv_reg = 0,
		.crystal_mhz = 40,
		.efuse_base = 0x60008800,
		.probe_reg = 0x60008844,
		.efuse = &c3_efuse,
		.watchdog = { .config0 = 0x60008090,
			      .config1 = 0x60008094,
			      .wprotect = 0x600080a8,
			      .swd_conf = 0x600080ac,
			      .swd_wprotect = 0x600080b0,
			      .swd_key = 0x8f1d312a,
			      .swd_feed_bit = 31,
			      .can_reset = true },
		.has_native_usb = true,
		.read_ident = chip_read_efuse_map,
		.spi_pins = NULL,
		.proof = PROOF_SIMULATOR,
		.source = "docs/chips.md 1 to 9",
	},
};

const struct chip *chip_rows(size_t *count)
{
	*count = sizeof(rows) / sizeof(rows[0]);
	return rows;
}
