/*
 * The bridges that M5Stack units and their downloaders come with.
 * Every figure is from docs/bridges.md, in the section that the row names.
 */
#include "station/bridge.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RESETS(array) .resets = (array), .reset_count = COUNT(array)

/* RAM blocks of the stub upload: what every ROM takes, and what a USB-OTG ROM takes. */
#define RAM_BLOCK 0x1800
#define RAM_BLOCK_OTG 0x800

static const enum reset_kind two_transistors[] = {
	RESET_TIGHT,
	RESET_TIGHT_LONG,
	RESET_CLASSIC,
	RESET_CLASSIC_LONG,
};

static const enum reset_kind usb_jtag[] = {
	RESET_USB_JTAG,
};

/* clang-format off */
static const struct bridge rows[] = {
	{
		.name = "CP2104",
		.vid = 0x10C4, .pid = 0xEA60,
		.product = "CP2104",
		/* Makes 24 MHz / n; one M5Paper fails at the 2 M that it is sold for. */
		.rates = { 1500000, 921600, 460800, 230400 },
		RESETS(two_transistors),
		.ram_block_bytes = RAM_BLOCK,
		.driver = "cp210x",
		.proof = PROOF_SIMULATOR,
		.source = "docs/bridges.md, CP210x",
	},
	{
		.name = "CP2102N",
		.vid = 0x10C4, .pid = 0xEA60,
		.product = "CP2102N",
		.rates = { 1500000, 921600, 460800, 230400 },
		RESETS(two_transistors),
		.ram_block_bytes = RAM_BLOCK,
		.driver = "cp210x",
		.proof = PROOF_FACTS,
		.source = "docs/bridges.md, CP210x",
	},
	{
		/* CP2102 and its like, also unprogrammed ones: asked for 1.5 M they
		 * silently make 921600, the top of their table. */
		.name = "CP210x",
		.vid = 0x10C4, .pid = 0xEA60,
		.rates = { 921600, 460800, 230400 },
		RESETS(two_transistors),
		.ram_block_bytes = RAM_BLOCK,
		.driver = "cp210x",
		.proof = PROOF_FACTS,
		.source = "docs/bridges.md, CP210x",
	},
	{
		/* F and X share the id and tell no manufacturer. */
		.name = "CH9102",
		.vid = 0x1A86, .pid = 0x55D4,
		.rates = { 1500000, 921600, 460800, 230400 },
		RESETS(two_transistors),
		.ram_block_bytes = RAM_BLOCK,
		.driver = "cdc_acm",
		.proof = PROOF_SIMULATOR,
		.source = "docs/bridges.md, WCH CDC family",
	},
	{
		.name = "CH343",
		.vid = 0x1A86, .pid = 0x55D3,
		.rates = { 1500000, 921600, 460800, 230400 },
		RESETS(two_transistors),
		.ram_block_bytes = RAM_BLOCK,
		.driver = "cdc_acm",
		.proof = PROOF_FACTS,
		.source = "docs/bridges.md, WCH CDC family",
	},
	{
		/* 921600 is among the worst that its divider makes; 1000000 is exact. */
		.name = "CH340",
		.vid = 0x1A86, .pid = 0x7523,
		.rates = { 1000000, 460800, 230400 },
		RESETS(two_transistors),
		.ram_block_bytes = RAM_BLOCK,
		.driver = "ch341",
		.proof = PROOF_SIMULATOR,
		.source = "docs/bridges.md, CH340",
	},
	{
		.name = "CH340K",
		.vid = 0x1A86, .pid = 0x7522,
		.rates = { 1000000, 460800, 230400 },
		RESETS(two_transistors),
		.ram_block_bytes = RAM_BLOCK,
		.driver = "ch341",
		.proof = PROOF_FACTS,
		.source = "docs/bridges.md, CH340",
	},
	{
		/* A CH552 whose firmware imitates an FT232: 1.5 MHz / n and nothing
		 * else; 921600, 460800 and 230400 lose the unit after the change. */
		.name = "M5Stack USB (FTDI-alike)",
		.vid = 0x0403, .pid = 0x6001,
		.manufacturer = "Hades2001",
		.product = "M5stack",
		.rates = { 1500000, 750000, 500000, 250000 },
		RESETS(two_transistors),
		.ram_block_bytes = RAM_BLOCK,
		.driver = "ftdi_sio",
		.proof = PROOF_SIMULATOR,
		.source = "docs/bridges.md, M5Stack's FTDI look-alike",
	},
	{
		.name = "FT232R",
		.vid = 0x0403, .pid = 0x6001,
		.rates = { 1500000, 921600, 460800, 230400 },
		RESETS(two_transistors),
		.ram_block_bytes = RAM_BLOCK,
		.driver = "ftdi_sio",
		.proof = PROOF_FACTS,
		.source = "docs/bridges.md, table",
	},
	{
		.name = "FT230X",
		.vid = 0x0403, .pid = 0x6015,
		.rates = { 1500000, 921600, 460800, 230400 },
		RESETS(two_transistors),
		.ram_block_bytes = RAM_BLOCK,
		.driver = "ftdi_sio",
		.proof = PROOF_FACTS,
		.source = "docs/bridges.md, table",
	},
	{
		/* No wire behind it and so no rates: no ladder. */
		.name = "USB-Serial/JTAG",
		.vid = 0x303A, .pid = 0x1001,
		RESETS(usb_jtag),
		.is_native_usb = true,
		.ram_block_bytes = RAM_BLOCK,
		.driver = "cdc_acm",
		.proof = PROOF_SIMULATOR,
		.source = "docs/bridges.md, Espressif's native USB",
	},
};

static const struct bridge generic = {
	.name = "unknown bridge",
	.rates = { 921600, 460800, 230400 },
	RESETS(two_transistors),
	.ram_block_bytes = RAM_BLOCK,
	.proof = PROOF_FACTS,
	.source = "docs/bridges.md, workarounds",
};
/* clang-format on */

const struct bridge *bridge_rows(size_t *count)
{
	*count = COUNT(rows);
	return rows;
}

const struct bridge *bridge_generic(void)
{
	return &generic;
}
