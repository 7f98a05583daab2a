/* One row per chip. Every number: docs/chips.md, the section named in .source. */
#include "engine/chip_maps.h"
#include "engine/chip_read.h"

#define MB UINT32_C(0x100000)

/* ---- docs/chips.md 6: the frequency code of the image header ---- */

/* clang-format off */
static const struct frequency_code frequencies_80[] = {
	{ .mhz = 80, .nibble = 0xf },
	{ .mhz = 40, .nibble = 0x0 },
	{ .mhz = 26, .nibble = 0x1 },
	{ .mhz = 20, .nibble = 0x2 },
	{ .mhz = 0 },
};

static const struct frequency_code frequencies_c2[] = {
	{ .mhz = 60, .nibble = 0xf },
	{ .mhz = 30, .nibble = 0x0 },
	{ .mhz = 20, .nibble = 0x1 },
	{ .mhz = 15, .nibble = 0x2 },
	{ .mhz = 0 },
};

/* Its ROM takes 80 for 40, and its boot loader raises the clock by itself. */
static const struct frequency_code frequencies_c6[] = {
	{ .mhz = 80, .nibble = 0x0 },
	{ .mhz = 40, .nibble = 0x0 },
	{ .mhz = 20, .nibble = 0x2 },
	{ .mhz = 0 },
};

static const struct frequency_code frequencies_c5[] = {
	{ .mhz = 80, .nibble = 0xf },
	{ .mhz = 40, .nibble = 0x0 },
	{ .mhz = 20, .nibble = 0x2 },
	{ .mhz = 0 },
};

static const struct frequency_code frequencies_h2[] = {
	{ .mhz = 48, .nibble = 0xf },
	{ .mhz = 24, .nibble = 0x0 },
	{ .mhz = 16, .nibble = 0x1 },
	{ .mhz = 12, .nibble = 0x2 },
	{ .mhz = 0 },
};

/* ---- shared parts of rows ---- */

/* docs/chips.md 2: the SPI controller's registers stand alike in all chips since the S2. */
#define SPI_SINCE_S2(base_)                                                                        \
	{ .base = (base_), .usr = 0x18, .usr1 = 0x1c, .usr2 = 0x20,                                \
	  .mosi_dlen = 0x24, .miso_dlen = 0x28, .w0 = 0x58 }

/* docs/chips.md 7: C5, C6 and C61 have the same low-power watchdogs. */
#define WATCHDOG_C6(can_reset_)                                                                    \
	{ .config0 = 0x600b1c00, .config1 = 0x600b1c04, .wprotect = 0x600b1c18,                    \
	  .swd_conf = 0x600b1c1c, .swd_wprotect = 0x600b1c20, .swd_key = 0x50d83aa1,               \
	  .swd_feed_bit = 18, .can_reset = (can_reset_) }

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
		.spi = { .base = 0x3ff42000, .usr = 0x1c, .usr1 = 0x20, .usr2 = 0x24,
			 .mosi_dlen = 0x28, .miso_dlen = 0x2c, .w0 = 0x80 },
		.uart_clkdiv_reg = 0x3ff40014,
		.crystal_mhz = 0, /* 26 or 40 */
		.efuse_base = 0x3ff5a000,
		.probe_reg = 0x3ff5a004,
		.efuse = NULL,
		.package_names = chip_packages_esp32,
		.has_native_usb = false,
		.read_ident = chip_read_esp32,
		.spi_pins = chip_pins_esp32,
		.rom_rate = chip_rom_rate_esp32,
		.proof = PROOF_SIMULATOR,
		.source = "docs/chips.md 1 to 9",
	},
	{
		.name = "ESP32-S2",
		.key = "esp32s2",
		.stub = "esp32s2",
		.id = 2,
		.tells_id = false,
		.has_short_info = true,
		.magics = { 0x000007c6 },
		.boot_addr = 0x1000,
		.max_flash_bytes = 128 * MB,
		.rom_begin_words = 5,
		.legacy_rev_scale = 100,
		.frequencies = frequencies_80,
		.spi = SPI_SINCE_S2(0x3f402000),
		.crystal_mhz = 40,
		.efuse_base = 0x3f41a000,
		.probe_reg = 0x3f41a044,
		.efuse = &efuse_map_s2,
		/* No USB-Serial/JTAG, so nothing to switch off; only to restart by. */
		.watchdog = { .config0 = 0x3f408094, .config1 = 0x3f408098,
			      .wprotect = 0x3f4080ac, .can_reset = true },
		.boot = { .strap = 0x3f404038, .force_download = 0x3f408128,
			  .force_download_bit = 0 },
		.has_native_usb = true,
		.read_ident = chip_read_efuse_map,
		.proof = PROOF_SIMULATOR,
		.source = "docs/chips.md 1 to 9",
	},
	{
		.name = "ESP32-S3",
		.key = "esp32s3",
		.stub = "esp32s3",
		.secure_boot_bars_stub = true, /* a fault of its ROM: MEM_END does not start it */
		.id = 9,
		.tells_id = true,
		.magics = { 0x00000009 },
		.boot_addr = 0x0,
		.max_flash_bytes = 128 * MB,
		.rom_begin_words = 5,
		.legacy_rev_scale = 100,
		.frequencies = frequencies_80,
		.spi = SPI_SINCE_S2(0x60002000),
		.crystal_mhz = 40,
		.efuse_base = 0x60007000,
		.probe_reg = 0x60007044,
		.efuse = &efuse_map_s3,
		.watchdog = { .config0 = 0x60008098, .config1 = 0x6000809c,
			      .wprotect = 0x600080b0, .swd_conf = 0x600080b4,
			      .swd_wprotect = 0x600080b8, .swd_key = 0x8f1d312a,
			      .swd_feed_bit = 31, .can_reset = true },
		.boot = { .strap = 0x60004038, .force_download = 0x6000812c,
			  .force_download_bit = 0, .clear_force = true },
		.has_native_usb = true,
		.read_ident = chip_read_efuse_map,
		.proof = PROOF_SIMULATOR,
		.source = "docs/chips.md 1 to 9",
	},
	{
		.name = "ESP32-C2",
		.key = "esp32c2",
		.stub = "esp32c2",
		.early_stub = NULL, /* the stub does not run on revision 0.0 */
		.early_stub_below = 1,
		.id = 12,
		.tells_id = true,
		.magics = { 0x6f51306f, 0x7c41a06f, 0x0c21e06f },
		.boot_addr = 0x0,
		.max_flash_bytes = 16 * MB,
		.rom_begin_words = 5,
		.legacy_rev_scale = 100,
		.frequencies = frequencies_c2,
		.spi = SPI_SINCE_S2(0x60002000),
		.uart_clkdiv_reg = 0x60000014,
		.crystal_mhz = 0, /* 26 or 40 */
		.efuse_base = 0x60008800,
		.probe_reg = 0x60008840,
		.efuse = &efuse_map_c2,
		.has_native_usb = false,
		.read_ident = chip_read_efuse_map,
		.rom_rate = chip_rom_rate_c2,
		.proof = PROOF_SIMULATOR,
		.source = "docs/chips.md 1 to 9",
	},
	{
		.name = "ESP32-C3",
		.key = "esp32c3",
		.stub = "esp32c3",
		.secure_boot_bars_stub = true,
		.id = 5,
		.tells_id = true,
		.magics = { 0x6921506f, 0x1b31506f, 0x4881606f, 0x4361606f },
		.boot_addr = 0x0,
		.max_flash_bytes = 16 * MB,
		.rom_begin_words = 5, /* its ROM insists on 20 bytes */
		.legacy_rev_scale = 1,
		.frequencies = frequencies_80,
		.spi = SPI_SINCE_S2(0x60002000),
		.crystal_mhz = 40,
		.efuse_base = 0x60008800,
		.probe_reg = 0x60008844,
		.efuse = &efuse_map_c3,
		.watchdog = { .config0 = 0x60008090, .config1 = 0x60008094,
			      .wprotect = 0x600080a8, .swd_conf = 0x600080ac,
			      .swd_wprotect = 0x600080b0, .swd_key = 0x8f1d312a,
			      .swd_feed_bit = 31, .can_reset = true },
		.has_native_usb = true,
		.read_ident = chip_read_efuse_map,
		.proof = PROOF_SIMULATOR,
		.source = "docs/chips.md 1 to 9",
	},
	{
		.name = "ESP32-C5",
		.key = "esp32c5",
		.stub = "esp32c5",
		.id = 23,
		.tells_id = true,
		.magics = { 0x1101406f, 0x63e1406f, 0x5fd1406f, 0x30e1706f },
		.boot_addr = 0x2000,
		.max_flash_bytes = 32 * MB,
		.rom_begin_words = 5,
		.legacy_rev_scale = 100,
		.frequencies = frequencies_c5,
		.spi = SPI_SINCE_S2(0x60003000),
		.uart_clkdiv_reg = 0x60000014,
		.crystal_mhz = 0, /* 40 or 48 */
		.efuse_base = 0x600b4800,
		.probe_reg = 0x600b4844,
		.efuse = &efuse_map_c5,
		.watchdog = WATCHDOG_C6(true),
		.has_native_usb = true,
		.read_ident = chip_read_efuse_map,
		.rom_rate = chip_rom_rate_c5,
		.proof = PROOF_SIMULATOR,
		.source = "docs/chips.md 1 to 9",
	},
	{
		.name = "ESP32-C6",
		.key = "esp32c6",
		.stub = "esp32c6",
		.id = 13,
		.tells_id = true,
		.magics = { 0x2ce0806f },
		.boot_addr = 0x0,
		.max_flash_bytes = 16 * MB,
		.rom_begin_words = 5,
		.legacy_rev_scale = 100,
		.frequencies = frequencies_c6,
		.spi = SPI_SINCE_S2(0x60003000),
		.crystal_mhz = 40,
		.efuse_base = 0x600b0800,
		.probe_reg = 0x600b0844,
		.efuse = &efuse_map_c6,
		.watchdog = WATCHDOG_C6(false), /* its USB may be gone until a power cycle */
		.has_native_usb = true,
		.read_ident = chip_read_efuse_map,
		.proof = PROOF_SIMULATOR,
		.source = "docs/chips.md 1 to 9",
	},
	{
		.name = "ESP32-C61",
		.key = "esp32c61",
		.stub = "esp32c61",
		.id = 20,
		.tells_id = true,
		.magics = { 0x33f0206f, 0x2421606f, 0x4f81606f, 0x7211606f },
		.boot_addr = 0x0,
		.max_flash_bytes = 32 * MB,
		.rom_begin_words = 5,
		.legacy_rev_scale = 100,
		.frequencies = frequencies_c5,
		.spi = SPI_SINCE_S2(0x60003000),
		.crystal_mhz = 40,
		.efuse_base = 0x600b4800,
		.probe_reg = 0x600b4844,
		.efuse = &efuse_map_c61,
		.watchdog = WATCHDOG_C6(true),
		.has_native_usb = true,
		.read_ident = chip_read_efuse_map,
		.proof = PROOF_SIMULATOR,
		.source = "docs/chips.md 1 to 9",
	},
	{
		.name = "ESP32-H2",
		.key = "esp32h2",
		.stub = "esp32h2",
		.id = 16,
		.tells_id = true,
		.magics = { 0xd7b73e80, 0x97e30068 },
		.boot_addr = 0x0,
		.max_flash_bytes = 16 * MB,
		.rom_begin_words = 5,
		.legacy_rev_scale = 100,
		.frequencies = frequencies_h2,
		.spi = SPI_SINCE_S2(0x60003000),
		.crystal_mhz = 32,
		.efuse_base = 0x600b0800,
		.probe_reg = 0x600b0844,
		.efuse = &efuse_map_h2,
		.watchdog = { .config0 = 0x600b1c00, .config1 = 0x600b1c04,
			      .wprotect = 0x600b1c1c, .swd_conf = 0x600b1c20,
			      .swd_wprotect = 0x600b1c24, .swd_key = 0x50d83aa1,
			      .swd_feed_bit = 18, .can_reset = false },
		.has_native_usb = true,
		.read_ident = chip_read_efuse_map,
		.proof = PROOF_SIMULATOR,
		.source = "docs/chips.md 1 to 9",
	},
	{
		.name = "ESP32-P4",
		.key = "esp32p4",
		.stub = "esp32p4",
		.early_stub = "esp32p4-rev1", /* the memory map changed with revision 3.0 */
		.early_stub_below = 300,
		.id = 18,
		.tells_id = true,
		.magics = { 0x0addbad0, 0x07039ad9 }, /* and 0, which says nothing */
		.known_reg = { .addr = 0x500d0000, .mask = 0x07ffffff, .value = 0x02207202 },
		.boot_addr = 0x2000,
		.max_flash_bytes = 64 * MB,
		.rom_begin_words = 5,
		.legacy_rev_scale = 100,
		.frequencies = frequencies_80,
		.spi = SPI_SINCE_S2(0x5008d000),
		.crystal_mhz = 40,
		.efuse_base = 0x5012d000,
		.probe_reg = 0x5012d044,
		.efuse = &efuse_map_p4,
		.watchdog = { .config0 = 0x50116000, .config1 = 0x50116004,
			      .wprotect = 0x50116018, .swd_conf = 0x5011601c,
			      .swd_wprotect = 0x50116020, .swd_key = 0x50d83aa1,
			      .swd_feed_bit = 18, .can_reset = true },
		/* No .boot: over USB-OTG it is restarted by the watchdog whatever the strap was. */
		.has_native_usb = true,
		.read_ident = chip_read_efuse_map,
		.power_flash = chip_power_flash_p4,
		.proof = PROOF_SIMULATOR,
		.source = "docs/chips.md 1 to 9",
	},
};
/* clang-format on */

const struct chip *chip_rows(size_t *count)
{
	*count = sizeof(rows) / sizeof(rows[0]);
	return rows;
}
