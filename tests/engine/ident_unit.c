#include "tests/engine/ident_unit.h"

void be_esp32(struct reg_unit *u)
{
	reg_unit_init(u);
	reg_unit_set(u, MAGIC_REG, 0x00f01d83);
	reg_unit_set(u, ESP32_EFUSE + 0x04, 0xc4123456);
	reg_unit_set(u, ESP32_EFUSE + 0x08, 0x00e7240a);
	reg_unit_set(u, ESP32_EFUSE + 0x0c, 1u << 15 | 1u << 13);
	reg_unit_set(u, ESP32_EFUSE + 0x14, 1u << 20);
	reg_unit_set(u, 0x3ff6607c, 0x96042000);
	reg_unit_set(u, 0x3ff40014, 347);
	u->spi_cmd_reg = 0x3ff42000;
	u->spi_w0_reg = 0x3ff42080;
	u->flash_id = 0x184020;
}

void be_new_chip(struct reg_unit *u, uint32_t id, uint32_t efuse)
{
	reg_unit_init(u);
	u->has_security = true;
	u->security_size = 20;
	u->security[12] = (uint8_t)id;
	reg_unit_set(u, efuse + 0x44, 0xdeadbeef);
	reg_unit_set(u, efuse + 0x48, 0x00007cdf);
	u->spi_cmd_reg = 0x60002000;
	u->spi_w0_reg = 0x60002058;
	u->flash_id = 0x1640ef;
}
