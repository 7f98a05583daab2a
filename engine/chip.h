/*
 * What differs between chips: one row each. Adding a chip is adding a row.
 */
#ifndef ENGINE_CHIP_H
#define ENGINE_CHIP_H

#include "engine/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLASH_SECTOR_BYTES 0x1000u

struct loader;
struct ident;

/* How far a row was proven: docs/proof.md. */
enum proof_level { PROOF_FACTS, PROOF_SIMULATOR, PROOF_SECOND_LOADER, PROOF_SILICON };

struct frequency_code {
	uint8_t mhz;
	uint8_t nibble; /* low half of image byte 3 */
};

struct watchdog_regs { /* all 0: never touched; swd_conf 0: nothing to switch off */
	uint32_t config0, config1, wprotect, swd_conf, swd_wprotect, swd_key;
	uint8_t swd_feed_bit;
	bool can_reset;
};

/* What tells and decides how a chip with USB starts next; 0: it has no such register. */
struct boot_regs {
	uint32_t strap; /* bit 3: GPIO0 (or its like) was high */
	uint32_t force_download;
	uint8_t force_download_bit;
	bool clear_force; /* before any restart, or the chip may stay in its loader */
};

struct spi_regs {
	uint32_t base;
	uint16_t usr, usr1, usr2, mosi_dlen, miso_dlen, w0;
};

/* Where a value stands in the efuse registers; width 0: the chip has no such field. */
struct efuse_field {
	uint16_t reg; /* offset from efuse_base */
	uint8_t shift, width;
};

/* One word for a field's value; a table of them ends with text NULL. */
struct value_text {
	uint8_t value;
	uint8_t to;          /* 0: value alone; else value .. to */
	uint32_t size_bytes; /* of memory in the package, else 0 */
	const char *text;    /* "": not worth a word */
};

/* The efuse layout that all chips since the ESP32-S2 share, with their own places. */
struct efuse_map {
	uint16_t mac; /* low word; the high one follows */
	/* Where a maker may burn a MAC of its own, first byte lowest. */
	struct {
		uint16_t reg;
		uint8_t shift; /* a multiple of 8 */
	} custom_mac;
	struct efuse_field minor_low, minor_high, major_low, major_high;
	/* What the package's name follows from: the high part stands above the low one. */
	struct efuse_field package_low, package_high;
	struct efuse_field flash, flash_vendor;
	struct efuse_field psram_low, psram_high, psram_vendor;
	struct efuse_field calibration;
	struct efuse_field crypt_count, secure_boot, no_manual_encrypt;
	struct efuse_field block_major, block_minor; /* ESP32-S3: they mark its revision 0 */
	const char *base_features;
	const struct value_text *packages, *flashes, *flash_vendors, *psrams, *psram_vendors;
	const struct value_text *calibrations;
	const struct value_text *key_purposes; /* NULL: its key blocks have none that it tells */
};

#define CHIP_MAGICS 4

struct chip {
	const char *name;             /* "ESP32-S3", as the maker words it */
	const char *key;              /* "esp32s3", as recipes and stub files spell it */
	const char *stub;             /* stub file's name without .json */
	const char *early_stub;       /* below that revision; NULL: there is none for them */
	uint16_t early_stub_below;    /* 0: one stub for all revisions */
	bool secure_boot_bars_stub;   /* with secure boot the stub does not start */
	uint32_t magics[CHIP_MAGICS]; /* at 0x40001000; 0 ends the list */
	uint16_t id;                  /* in image headers and in security info */
	/* A register that gives the chip away where neither id nor magic does. */
	struct {
		uint32_t addr, mask, value;
	} known_reg;
	bool tells_id;            /* security info carries the id */
	bool has_short_info;      /* 12 bytes of security info, and no id in them */
	bool has_native_usb;      /* USB-Serial/JTAG, USB-OTG or both */
	uint8_t legacy_rev_scale; /* image byte 14 counts: 100 = major, 1 = minor */
	uint8_t rom_begin_words;  /* 4 or 5 */
	uint8_t crystal_mhz;      /* 0 where it has to be measured */
	uint32_t boot_addr;       /* where the second-stage boot loader stands */
	uint32_t max_flash_bytes;
	const struct frequency_code *frequencies; /* ends with mhz 0 */
	const struct efuse_map *efuse;            /* NULL where read_ident needs none */
	const char *const *package_names;         /* NULL: those of efuse; ends with NULL */
	uint32_t efuse_base;
	uint32_t probe_reg;       /* half of the MAC: a harmless question with a known answer */
	uint32_t uart_clkdiv_reg; /* 0 where the crystal is fixed */
	struct spi_regs spi;
	struct watchdog_regs watchdog;
	struct boot_regs boot;
	/* Read MAC, revision, package, features and security state into ident. */
	enum status (*read_ident)(const struct chip *chip, struct loader *l, struct ident *ident,
				  struct err *err);
	/* Pins word for SPI_ATTACH; NULL means 0. */
	enum status (*spi_pins)(const struct chip *chip, struct loader *l, uint32_t *pins,
				struct err *err);
	/* Supply of the flash, where somebody has to switch it on; NULL: nobody has. */
	enum status (*power_flash)(const struct chip *chip, struct loader *l, uint16_t revision,
				   struct err *err);
	/* What to tell its ROM so that rate_baud comes out; NULL: rate_baud itself. */
	enum status (*rom_rate)(const struct chip *chip, struct loader *l, uint32_t rate_baud,
				uint32_t *told_baud, struct err *err);
	enum proof_level proof;
	const char *source;
};

/* Every row, and how many. */
const struct chip *chip_rows(size_t *count);
/* NULL when there is none. */
const struct chip *chip_by_key(const char *key);
const struct chip *chip_by_id(uint16_t id);
const struct chip *chip_by_magic(uint32_t magic);

/* The name of a chip of Espressif's that has no row, "ESP32-H4": NULL when it is none that is
 * known. id: of security info or an image header; magic: as those of the rows. */
const char *chip_stranger_by_id(uint32_t id);
const char *chip_stranger_by_magic(uint32_t magic);

/* Stub file's name for that revision; NULL: its stub does not run there. */
const char *chip_stub_name(const struct chip *chip, uint16_t revision);

/* false when the chip's header knows no such frequency. */
bool chip_frequency_nibble(const struct chip *chip, unsigned mhz, uint8_t *nibble);
/* High half of image byte 3: 0 = 1 MB .. 7 = 128 MB. false for other sizes. */
bool chip_flash_size_nibble(uint32_t flash_bytes, uint8_t *nibble);

/* The packages that a chip comes in, each as ident->package says it: the i-th, from 0;
 * NULL after the last. */
const char *chip_package_name(const struct chip *chip, size_t i);

/* "v3.1" from 301. text has room for 12 bytes. */
void chip_revision_text(uint16_t revision, char *text, size_t size);

#endif
