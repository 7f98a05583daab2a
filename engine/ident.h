/*
 * What a unit tells about itself before anything is written.
 *
 * Whatever could not be read stays unknown (has_* false, sizes 0): a record
 * keeps NULL for it, never a default.
 */
#ifndef ENGINE_IDENT_H
#define ENGINE_IDENT_H

#include "engine/base/bytes.h"
#include "engine/base/err.h"
#include "engine/chip.h"

#include <stdbool.h>
#include <stdint.h>

/* The command tells seven; the last belongs to no key block, and anything may stand there. */
#define KEY_PURPOSES 7
#define KEY_BLOCKS 6

/* From the security info and from efuses; either of them saying yes counts. */
struct security {
	bool is_known;
	bool secure_boot;
	bool secure_boot_v1; /* ESP32 only: its boot loader is bound to this one unit */
	bool flash_encryption;
	bool secure_download;
	bool no_manual_encrypt; /* the loader may not encrypt what it writes */
	bool has_flags;
	uint32_t flags;                     /* GET_SECURITY_INFO, where the ROM has it */
	uint8_t key_purposes[KEY_PURPOSES]; /* with the flags; docs/chips.md 9 */
	uint8_t crypt_count;                /* flash_crypt_cnt */
	uint8_t hidden_keys; /* ESP32: bit N - 1: nobody can read efuse block N, 1 .. 3 */
};

struct ident {
	const struct chip *chip; /* NULL until found */
	bool has_mac;
	uint8_t mac[MAC_BYTES];
	bool has_custom_mac; /* a maker's own, burned beside the chip's; docs/chips.md */
	uint8_t custom_mac[MAC_BYTES];
	bool has_revision;
	uint16_t revision;   /* major * 100 + minor */
	char package[40];    /* "ESP32-D0WDQ6 (revision v1.0)" without the bracket; "" unknown */
	char features[200];  /* "Wi-Fi, BT, Dual Core, 240MHz"; "" unknown */
	uint8_t crystal_mhz; /* 0 unknown */
	struct security security;
	bool has_flash_id;
	uint32_t flash_id;    /* JEDEC: manufacturer | type << 8 | capacity << 16 */
	uint32_t flash_bytes; /* 0 unknown */
	uint32_t embedded_flash_bytes, embedded_psram_bytes; /* 0 none or unknown */
	bool tells_psram; /* embedded_psram_bytes is what the chip says, also when it is 0 */
};

struct loader;

/*
 * Which chip answers: security info first, then the magic register.
 * STATUS_UNKNOWN_CHIP names what was read, STATUS_NOT_SUPPORTED a chip that is known and
 * has no row: an ESP8266, an ESP32-H4.
 */
enum status ident_detect(struct loader *l, struct ident *ident, struct err *err);

/* Everything but the flash id, at the rate of first contact; ident->chip is set.
 * A chip in secure download mode keeps has_mac false and is no error. */
enum status ident_read(struct loader *l, struct ident *ident, struct err *err);

/* Watchdogs that would restart a chip on its own USB. Not while a stub runs, and not
 * in secure download mode. */
enum status ident_stop_watchdogs(struct loader *l, const struct chip *chip, struct err *err);

/* Restart the chip as its supply would: straps are read again, which a reset over its
 * own USB does not do. chip->watchdog.can_reset. It happens within 0.5 s. */
enum status ident_watchdog_reset(struct loader *l, const struct chip *chip, struct err *err);

/* JEDEC id and size through the SPI registers; attaches the flash first.
 * STATUS_FLASH_ID_BAD for ffffff, 000000 and the like; an id that is in no table
 * leaves flash_bytes 0. */
enum status ident_read_flash(struct loader *l, struct ident *ident, struct err *err);

/* Is the unit's package the one that a recipe names: "PICO-V3-02", "QFN56"? All of
 * ident->package will do, as identify shows it, and any word of it, whole or without its
 * chip: ESP32-C6FH4, C6FH4 and FH4 are one. Case does not count. */
bool ident_package_is(const struct ident *ident, const char *name);

/* Size for a JEDEC id, 0 when unknown. docs/chips.md, flash ids. */
uint32_t flash_bytes_of_id(uint32_t flash_id);

/* "none", "secure boot, flash encryption", "unknown". */
void security_text(const struct security *s, char *text, size_t size);

/* The flags of the security info by name: "SECURE_BOOT_EN, HARD_DIS_JTAG", "bit 20" for one
 * without a name; "" when none is set or the chip does not tell. docs/protocol.md. */
void security_flags_text(const struct security *s, char *text, size_t size);

/*
 * What the unit's key blocks are for, in espefuse's words: "0 XTS_AES_128_KEY, 1
 * SECURE_BOOT_DIGEST0"; "none" when no block has a purpose; "" where the chip does not
 * tell. The ESP32 has no purposes: its blocks 1 and 2 are for one thing each, and it is
 * named when nobody can read the block. docs/chips.md 9.
 */
void security_key_text(const struct ident *ident, char *text, size_t size);

#endif
