/* docs/chips.md 5; docs/protocol.md, rate change: crystals, and what ROMs think they are. */
#include "engine/chip_read.h"

#include "engine/loader.h"

#define C5_CLOCK_CONF 0x60096110u /* bits 30:24: the crystal that its ROM believes in, MHz */

enum status chip_measure_crystal(const struct chip *chip, struct loader *l, uint8_t *mhz,
				 struct err *err)
{
	uint32_t clkdiv;
	uint64_t hz;

	TRY(chip_read_reg(l, chip->uart_clkdiv_reg, &clkdiv, err));
	/* The fraction bits are left out: the borders lie far from all values. */
	hz = (uint64_t)l->rate_baud * (clkdiv & 0xfffff);
	*mhz = hz > 45000000 ? 48 : hz > 33000000 ? 40 : 26;
	return STATUS_OK;
}

enum status chip_rom_rate_c2(const struct chip *chip, struct loader *l, uint32_t rate_baud,
			     uint32_t *told_baud, struct err *err)
{
	uint8_t mhz;

	TRY(chip_measure_crystal(chip, l, &mhz, err));
	*told_baud = mhz == 26 ? (uint32_t)((uint64_t)rate_baud * 40 / 26) : rate_baud;
	return STATUS_OK;
}

enum status chip_rom_rate_c5(const struct chip *chip, struct loader *l, uint32_t rate_baud,
			     uint32_t *told_baud, struct err *err)
{
	uint32_t conf, believed;
	uint8_t mhz;

	TRY(chip_measure_crystal(chip, l, &mhz, err));
	TRY(chip_read_reg(l, C5_CLOCK_CONF, &conf, err));
	believed = conf >> 24 & 0x7f;
	*told_baud = rate_baud;
	if ((mhz == 48 && believed == 40) || (mhz == 40 && believed == 48))
		*told_baud = (uint32_t)((uint64_t)rate_baud * believed / mhz);
	return STATUS_OK;
}
