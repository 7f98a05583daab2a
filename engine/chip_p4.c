/* docs/chips.md 6: the flash supply of the ESP32-P4's revisions 3.1 and 3.2. */
#include "engine/chip_read.h"

#include "engine/loader.h"

#define PAD_POWER 0x5011010cu
#define LDO 0x501151b8u
#define LDO_ANALOG 0x501151bcu
#define FORCE 0x501153fcu
#define ALL UINT32_MAX

#define LDO_TIE_HIGH (1u << 7)
#define LDO_TARGET (0xffu << 23)
#define LDO_CURRENT_LIMIT (1u << 27)
#define FORCE_FLASH_ON 3u

#define EFUSE_ROM_SUPPLIES_REG 0x34u
#define EFUSE_ROM_SUPPLIES (1u << 16)

/*
 * Its ROM switches the flash on by itself, and does so again after a reset
 * where it is on already; that is not safe unless the force is taken off first.
 */
static enum status release_force(struct loader *l, struct err *err)
{
	uint32_t force;

	TRY(chip_read_reg(l, FORCE, &force, err));
	if ((force & FORCE_FLASH_ON) != FORCE_FLASH_ON)
		return STATUS_OK;
	return loader_write_reg(l, FORCE, 0, FORCE_FLASH_ON, 0, err);
}

/* A record's delay comes before its write; the last one, which changes nothing, waits. */
static enum status power_up(struct loader *l, struct err *err)
{
	static const struct {
		uint32_t addr, value, mask, delay_us;
	} writes[] = {
		/* clang-format off */
		{ PAD_POWER,  1,                 ALL,               0 },
		{ LDO_ANALOG, LDO_CURRENT_LIMIT, LDO_CURRENT_LIMIT, 10000 },
		{ LDO,        LDO_TIE_HIGH,      LDO_TIE_HIGH,      0 },
		{ FORCE,      FORCE_FLASH_ON,    FORCE_FLASH_ON,    0 },
		{ LDO_ANALOG, 0,                 LDO_CURRENT_LIMIT, 50 },
		{ LDO,        0,                 LDO_TARGET,        0 },
		{ LDO,        0x80,              0x80,              0 },
		{ LDO,        0,                 LDO_TIE_HIGH,      0 },
		{ LDO,        0,                 0,                 1800 },
		/* clang-format on */
	};

	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++)
		TRY(loader_write_reg(l, writes[i].addr, writes[i].value, writes[i].mask,
				     writes[i].delay_us, err));
	return STATUS_OK;
}

enum status chip_power_flash_p4(const struct chip *chip, struct loader *l, uint16_t revision,
				struct err *err)
{
	uint32_t efuse;

	if (revision != 301 && revision != 302)
		return STATUS_OK;
	if (revision == 302) {
		TRY(chip_read_reg(l, chip->efuse_base + EFUSE_ROM_SUPPLIES_REG, &efuse, err));
		if (efuse & EFUSE_ROM_SUPPLIES)
			return release_force(l, err);
	}
	return power_up(l, err);
}
