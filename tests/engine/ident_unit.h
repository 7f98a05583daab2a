/* Units of register files (reg_unit.h) as chips are sold. */
#ifndef TESTS_ENGINE_IDENT_UNIT_H
#define TESTS_ENGINE_IDENT_UNIT_H

#include "tests/engine/reg_unit.h"

#define MAGIC_REG 0x40001000u
#define ESP32_EFUSE 0x3ff5a000u
#define S3_EFUSE 0x60007000u
#define C3_EFUSE 0x60008800u

/* A Core2: D0WDQ6-V3, revision 3.0, 24:0a:c4:12:34:56. */
void be_esp32(struct reg_unit *u);
/* A chip that tells its id, with its efuses at `efuse`: MAC 7c:df:de:ad:be:ef. */
void be_new_chip(struct reg_unit *u, uint32_t id, uint32_t efuse);

#endif
