/*
 * One command on the flash's own pins, through the chip's SPI controller and its registers.
 *
 * Works with the ROM and with the stub, not in secure download mode. docs/protocol.md,
 * Flash id and Block protection.
 */
#ifndef ENGINE_SPI_COMMAND_H
#define ENGINE_SPI_COMMAND_H

#include "engine/chip.h"

#include <stdint.h>

struct spi_command {
	uint8_t op;
	uint8_t out_bits, in_bits; /* 0 .. 32, after the opcode */
	uint32_t out;              /* the first byte in the lowest eight bits */
	/* It changes something in the flash: what the registers hold is read back before
	 * the controller is told to go. */
	bool is_change;
};

/*
 * *in (may be NULL) is what came back, the first byte lowest. The controller's registers are
 * put back as they were. STATUS_FLASH_ID_BAD: the controller does not finish;
 * STATUS_GARBLED: its registers could not be set as wanted.
 */
enum status spi_command(struct loader *l, const struct spi_regs *spi, const struct spi_command *c,
			uint32_t *in, struct err *err);

#endif
