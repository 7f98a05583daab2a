/*
 * A loader that answers at once from a table of registers, on a virtual clock:
 * enough of a ROM for identity and for stub upload, with nothing else behind it.
 */
#ifndef TESTS_ENGINE_REG_UNIT_H
#define TESTS_ENGINE_REG_UNIT_H

#include "engine/loader.h"

#define REG_UNIT_REGS 64
#define REG_UNIT_RAM 0x4000

struct reg_unit {
	struct transport base;
	struct clock clock;
	uint64_t now_us;
	struct loader loader;

	uint32_t addrs[REG_UNIT_REGS], values[REG_UNIT_REGS];
	size_t reg_count;
	unsigned reads;  /* READ_REG requests so far */
	unsigned lie_at; /* the nth READ_REG is answered with one bit flipped; 0 never */
	bool refuses_registers;
	bool has_short_status; /* two bytes behind an answer, as the ESP8266's ROM sends */
	uint32_t flash_id;     /* put into W0 when the SPI user command runs */
	uint32_t spi_cmd_reg, spi_w0_reg;

	bool has_security;
	uint8_t security[20];
	size_t security_size;

	uint32_t attached_pins;
	uint32_t ram_addr[4], ram_total[4];
	size_t ram_begins, ram_len;
	uint8_t ram[REG_UNIT_RAM];
	uint32_t largest_block; /* a longer MEM_DATA is refused with 07 */
	uint32_t entry;

	struct slip_reader reader;
	uint8_t frame[0x8000];
	uint8_t out[4096];
	size_t out_at, out_len;
	uint8_t last_op;
};

void reg_unit_init(struct reg_unit *u);
void reg_unit_release(struct reg_unit *u);
void reg_unit_set(struct reg_unit *u, uint32_t addr, uint32_t value);
uint32_t reg_unit_get(const struct reg_unit *u, uint32_t addr);

#endif
