/* docs/protocol.md: flash id to size, and how the SPI registers run one command. */
#include "engine/ident.h"

#include "engine/chip_read.h"
#include "engine/loader.h"
#include "engine/spi_command.h"

#define SPI_CMD_RDID 0x9fu
#define RDID_BITS 24
#define RDID_ATTEMPTS 4

#define KB UINT32_C(1024)
#define MB UINT32_C(0x100000)

uint32_t flash_bytes_of_id(uint32_t flash_id)
{
	uint8_t vendor = (uint8_t)flash_id;
	uint8_t type = (uint8_t)(flash_id >> 8);
	uint8_t capacity = (uint8_t)(flash_id >> 16);

	if (vendor == 0x1f) { /* Adesto counts in the second byte */
		unsigned n = type & 0x1f;

		return n >= 0x04 && n <= 0x09 ? (512 * KB) << (n - 0x04) : 0;
	}
	if (capacity >= 0x12 && capacity <= 0x1c)
		return (256 * KB) << (capacity - 0x12);
	if (capacity >= 0x20 && capacity <= 0x22)
		return (64 * MB) << (capacity - 0x20);
	if (capacity >= 0x32 && capacity <= 0x3a)
		return (256 * KB) << (capacity - 0x32);
	return 0;
}

/* No vendor has 00 or FF: that is a bus that nothing drives. */
static bool is_bad_id(uint32_t id)
{
	uint8_t vendor = (uint8_t)id;

	return vendor == 0 || vendor == 0xff || id == 0xffff3f;
}

/* As chip_read_reg: it decides, so two readings must agree. */
static enum status read_id_twice(struct loader *l, const struct spi_regs *spi, uint32_t *id,
				 struct err *err)
{
	static const struct spi_command read_id = { .op = SPI_CMD_RDID, .in_bits = RDID_BITS };
	uint32_t last = 0;

	for (unsigned n = 0; n < RDID_ATTEMPTS; n++) {
		uint32_t now;

		TRY(spi_command(l, spi, &read_id, &now, err));
		if (n && now == last) {
			*id = now;
			return STATUS_OK;
		}
		last = now;
	}
	return err_set(err, STATUS_FLASH_ID_BAD, "the flash id reads differently every time");
}

enum status ident_read_flash(struct loader *l, struct ident *ident, struct err *err)
{
	const struct chip *chip = ident->chip;
	uint32_t pins = 0;
	uint32_t id = 0;

	if (chip->spi_pins)
		TRY(chip->spi_pins(chip, l, &pins, err));
	TRY(loader_spi_attach(l, pins, err));
	TRY(read_id_twice(l, &chip->spi, &id, err));
	ident->has_flash_id = true;
	ident->flash_id = id;
	if (is_bad_id(id))
		return err_set(err, STATUS_FLASH_ID_BAD, "flash id reads %06x", (unsigned)id);
	ident->flash_bytes = flash_bytes_of_id(id);
	return STATUS_OK;
}
