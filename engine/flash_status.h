/*
 * The status registers of a flash chip, and what of it they protect from writing.
 *
 * Which bits mean what differs between makers; a row knows one of them. Where no row
 * fits, BP bits are only a hint. docs/protocol.md, Block protection.
 */
#ifndef ENGINE_FLASH_STATUS_H
#define ENGINE_FLASH_STATUS_H

#include "engine/chip.h"

#include <stdbool.h>
#include <stdint.h>

#define FLASH_STATUS_REGS 3

struct flash_status {
	uint8_t regs[FLASH_STATUS_REGS]; /* FF: this maker has none, or it was not asked for */
};

/* Read the registers that this maker is known to have; waits until the flash is idle.
 * STATUS_NO_ANSWER when it never is. */
enum status flash_status_read(struct loader *l, const struct spi_regs *spi, uint32_t flash_id,
			      struct flash_status *s, struct err *err);

enum flash_protection {
	FLASH_OPEN,      /* no bit is set that could protect anything */
	FLASH_HINT,      /* bits are set, and what they mean with this maker is not known */
	FLASH_PROTECTED, /* a range is protected, see flash_status_covers() */
};
enum flash_protection flash_status_judge(uint32_t flash_id, uint32_t flash_bytes,
					 const struct flash_status *s);

/* FLASH_PROTECTED only: does the protected range touch addr .. addr + size_bytes? */
bool flash_status_covers(const struct flash_status *s, uint32_t flash_bytes, uint32_t addr,
			 uint32_t size_bytes);

/*
 * Clear what protects, for good, and keep every other bit. *s is what the registers hold
 * afterwards. STATUS_FLASH_PROTECTED: they do not take it (a lock bit or a pin holds them).
 */
enum status flash_status_clear(struct loader *l, const struct spi_regs *spi, uint32_t flash_id,
			       struct flash_status *s, struct err *err);

/* "1c 02 00", "1c" where the others are unknown. text has room for 9 bytes. */
void flash_status_text(const struct flash_status *s, char *text, size_t size);

#endif
