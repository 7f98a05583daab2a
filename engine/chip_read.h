/*
 * How the rows in chips.c read a unit's identity; nobody else includes this.
 */
#ifndef ENGINE_CHIP_READ_H
#define ENGINE_CHIP_READ_H

#include "engine/chip.h"
#include "engine/ident.h"

/*
 * A register that decides something. Answers carry no checksum, so it is read
 * until two readings in a row agree. STATUS_GARBLED when none do.
 */
enum status chip_read_reg(struct loader *l, uint32_t addr, uint32_t *value, struct err *err);

/* An odd number of set bits in its counter means that flash encryption is on. */
bool chip_crypt_count_is_on(uint32_t count);

/* A MAC that a maker burned; all zeros and all ones are none. */
void chip_take_custom_mac(const uint8_t mac[static MAC_BYTES], struct ident *ident);

/* Append ", " and text. */
void chip_add_feature(struct ident *ident, const char *text);

/* ESP32: every name that chip_read_esp32 gives a package; ends with NULL. */
extern const char *const chip_packages_esp32[];

/* ESP32: efuse words of its own, revision also from the APB's date register. */
enum status chip_read_esp32(const struct chip *chip, struct loader *l, struct ident *ident,
			    struct err *err);
/* ESP32: the flash of the PICO and U4WDH packages hangs on pins that efuses name. */
enum status chip_pins_esp32(const struct chip *chip, struct loader *l, uint32_t *pins,
			    struct err *err);

/* ESP32: its ROM measures the crystal against a poor clock and divides by the result. */
enum status chip_rom_rate_esp32(const struct chip *chip, struct loader *l, uint32_t rate_baud,
				uint32_t *told_baud, struct err *err);

/* ESP32-C2: its ROM believes in 40 MHz whatever the crystal is. */
enum status chip_rom_rate_c2(const struct chip *chip, struct loader *l, uint32_t rate_baud,
			     uint32_t *told_baud, struct err *err);
/* ESP32-C5: its ROM may believe in the other of its two crystals. */
enum status chip_rom_rate_c5(const struct chip *chip, struct loader *l, uint32_t rate_baud,
			     uint32_t *told_baud, struct err *err);
/* ESP32-P4, revisions 3.1 and 3.2: its flash comes up without supply. */
enum status chip_power_flash_p4(const struct chip *chip, struct loader *l, uint16_t revision,
				struct err *err);

/*
 * The crystal, from the divider that the ROM's auto-baud found at l->rate_baud.
 * Means something only while the ROM runs and is spoken to through a UART.
 */
enum status chip_measure_crystal(const struct chip *chip, struct loader *l, uint8_t *mhz,
				 struct err *err);

/* All later chips: chip->efuse says where things stand. */
enum status chip_read_efuse_map(const struct chip *chip, struct loader *l, struct ident *ident,
				struct err *err);

#endif
