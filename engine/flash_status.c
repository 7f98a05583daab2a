#include "engine/flash_status.h"

#include "engine/ident.h"
#include "engine/loader.h"
#include "engine/spi_command.h"

#include <stdio.h>
#include <string.h>

#define READ_STATUS_1 0x05
#define READ_STATUS_2 0x35
#define READ_STATUS_3 0x15
#define WRITE_STATUS_1 0x01
#define WRITE_STATUS_2 0x31
#define WRITE_STATUS_3 0x11
#define WRITE_ENABLE 0x06
#define WRITE_DISABLE 0x04

#define BUSY (1u << 0)
#define WRITE_ENABLED (1u << 1)
#define BP_SHIFT 2
#define BP_MASK 7u
#define TOP_BOTTOM (1u << 5)
#define SECTORS (1u << 6)
/* Register 2. */
#define COMPLEMENT (1u << 6)

#define UNKNOWN 0xff
#define READINGS_MAX 4
/* Writing a status register takes 15 ms at most, erasing a block that a try before has left
 * behind 2 s, by the data sheets. */
#define IDLE_ASKS_MAX 40
#define IDLE_ASK_MS 50

#define TYPE_ANY 0

/*
 * What is known of a maker. A read command that one maker has may switch another's chip into
 * another mode: 35 does so with Macronix and ISSI. So only register 1 is for everybody.
 */
static const struct maker {
	uint8_t vendor, type; /* of the JEDEC id */
	uint8_t protect;      /* bits of register 1 that take part in protecting */
	bool has_three;       /* registers 2 and 3 by 35 and 15, written by 31 and 11 */
	bool has_winbond_map; /* BP0..2, TB, SEC and CMP as W25Q has them */
} makers[] = {
	{ 0xef, TYPE_ANY, 0x7c, true, true },   /* Winbond */
	{ 0xc8, TYPE_ANY, 0x7c, true, true },   /* GigaDevice: BP3 is TB, BP4 is SEC */
	{ 0x68, TYPE_ANY, 0x7c, true, true },   /* Boya, the same */
	{ 0x20, 0x40, 0x7c, true, false },      /* XMC; other types of 20 are Micron's */
	{ 0x20, 0x41, 0x7c, true, false },      /* XMC */
	{ 0xc2, TYPE_ANY, 0x3c, false, false }, /* Macronix: bit 6 is QE */
	{ 0x9d, TYPE_ANY, 0x3c, false, false }, /* ISSI: bit 6 is QE */
};
static const struct maker any_maker = { .protect = 0x3c };

/* Above that size the map has another bit in it: BP3 in place of TB, TB in place of SEC. */
#define WINBOND_MAP_MAX 0x1000000u

static const struct maker *maker_of(uint32_t flash_id)
{
	uint8_t vendor = (uint8_t)flash_id, type = (uint8_t)(flash_id >> 8);

	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		if (makers[i].vendor == vendor &&
		    (makers[i].type == TYPE_ANY || makers[i].type == type))
			return &makers[i];
	}
	return &any_maker;
}

/* ---- reading ---- */

static enum status read_reg(struct loader *l, const struct spi_regs *spi, uint8_t op, uint8_t *reg,
			    struct err *err)
{
	const struct spi_command c = { .op = op, .in_bits = 8 };
	uint32_t value;

	TRY(spi_command(l, spi, &c, &value, err));
	*reg = (uint8_t)value;
	return STATUS_OK;
}

/* Register 1, once nothing is being written or erased. */
static enum status read_idle(struct loader *l, const struct spi_regs *spi, uint8_t *reg,
			     struct err *err)
{
	for (unsigned n = 0; n < IDLE_ASKS_MAX; n++) {
		TRY(read_reg(l, spi, READ_STATUS_1, reg, err));
		if (!(*reg & BUSY)) {
			*reg &= (uint8_t)~WRITE_ENABLED;
			return STATUS_OK;
		}
		clock_sleep_ms(l->clock, IDLE_ASK_MS);
	}
	return err_set(err, STATUS_NO_ANSWER, "the flash stays busy: status register 1 reads %02x",
		       *reg);
}

static enum status read_once(struct loader *l, const struct spi_regs *spi, const struct maker *m,
			     struct flash_status *s, struct err *err)
{
	memset(s->regs, UNKNOWN, sizeof(s->regs));
	TRY(read_idle(l, spi, &s->regs[0], err));
	if (!m->has_three)
		return STATUS_OK;
	TRY(read_reg(l, spi, READ_STATUS_2, &s->regs[1], err));
	return read_reg(l, spi, READ_STATUS_3, &s->regs[2], err);
}

/* Answers carry no checksum; what decides is read until two readings agree. */
static enum status read_surely(struct loader *l, const struct spi_regs *spi, const struct maker *m,
			       struct flash_status *s, struct err *err)
{
	struct flash_status again;

	TRY(read_once(l, spi, m, s, err));
	for (unsigned n = 1; n < READINGS_MAX; n++) {
		TRY(read_once(l, spi, m, &again, err));
		if (memcmp(s, &again, sizeof(again)) == 0)
			return STATUS_OK;
		*s = again;
	}
	return err_set(err, STATUS_GARBLED,
		       "the flash's status registers read differently every time");
}

enum status flash_status_read(struct loader *l, const struct spi_regs *spi, uint32_t flash_id,
			      struct flash_status *s, struct err *err)
{
	const struct maker *m = maker_of(flash_id);

	TRY(read_once(l, spi, m, s, err));
	if (flash_status_judge(flash_id, flash_bytes_of_id(flash_id), s) == FLASH_OPEN)
		return STATUS_OK; /* should that be an altered answer, the proof will say so */
	return read_surely(l, spi, m, s, err);
}

/* ---- meaning ---- */

static bool is_complemented(const struct maker *m, const struct flash_status *s)
{
	return m->has_winbond_map && s->regs[1] != UNKNOWN && (s->regs[1] & COMPLEMENT);
}

enum flash_protection flash_status_judge(uint32_t flash_id, uint32_t flash_bytes,
					 const struct flash_status *s)
{
	const struct maker *m = maker_of(flash_id);
	uint8_t bp = s->regs[0] >> BP_SHIFT & BP_MASK;

	if (s->regs[0] == UNKNOWN)
		return FLASH_OPEN; /* nothing answers there */
	if (m->has_winbond_map && flash_bytes <= WINBOND_MAP_MAX)
		return bp || is_complemented(m, s) ? FLASH_PROTECTED : FLASH_OPEN;
	return s->regs[0] & m->protect ? FLASH_HINT : FLASH_OPEN;
}

/* The bytes at one end of the flash that BP and SEC name. */
static uint32_t named_bytes(const struct flash_status *s, uint32_t flash_bytes)
{
	unsigned bp = s->regs[0] >> BP_SHIFT & BP_MASK;
	uint64_t bytes;

	if (!bp)
		return 0;
	if (bp == BP_MASK)
		return flash_bytes;
	if (s->regs[0] & SECTORS)
		bytes = UINT64_C(0x1000) << (bp < 4 ? bp - 1 : 3);
	else
		bytes = (uint64_t)(flash_bytes / 64 > 0x10000 ? flash_bytes / 64 : 0x10000)
			<< (bp - 1);
	return bytes < flash_bytes ? (uint32_t)bytes : flash_bytes;
}

bool flash_status_covers(const struct flash_status *s, uint32_t flash_bytes, uint32_t addr,
			 uint32_t size_bytes)
{
	uint32_t bytes = named_bytes(s, flash_bytes);
	bool is_bottom = s->regs[0] & TOP_BOTTOM;
	uint32_t from, to;

	if (s->regs[1] != UNKNOWN && (s->regs[1] & COMPLEMENT)) {
		bytes = flash_bytes - bytes;
		is_bottom = !is_bottom;
	}
	from = is_bottom ? 0 : flash_bytes - bytes;
	to = is_bottom ? bytes : flash_bytes;
	return addr < to && (uint64_t)addr + size_bytes > from;
}

void flash_status_text(const struct flash_status *s, char *text, size_t size)
{
	if (s->regs[1] == UNKNOWN && s->regs[2] == UNKNOWN)
		snprintf(text, size, "%02x", s->regs[0]);
	else
		snprintf(text, size, "%02x %02x %02x", s->regs[0], s->regs[1], s->regs[2]);
}

/* ---- clearing ---- */

static enum status write_regs(struct loader *l, const struct spi_regs *spi, uint8_t op,
			      uint32_t value, uint8_t bits, struct err *err)
{
	const struct spi_command enable = { .op = WRITE_ENABLE, .is_change = true };
	const struct spi_command write = {
		.op = op, .out = value, .out_bits = bits, .is_change = true
	};
	uint8_t reg;

	TRY(spi_command(l, spi, &enable, NULL, err));
	TRY(spi_command(l, spi, &write, NULL, err));
	return read_idle(l, spi, &reg, err);
}

/*
 * Some parts take registers 1 and 2 together, and set 2 to 0 when it does not come along;
 * others take one only. So both first, then what is still missing by itself.
 */
static enum status write_wanted(struct loader *l, const struct spi_regs *spi, const struct maker *m,
				const struct flash_status *wanted, struct err *err)
{
	static const uint8_t write_ops[] = { WRITE_STATUS_1, WRITE_STATUS_2, WRITE_STATUS_3 };
	struct flash_status now;

	if (m->has_three)
		TRY(write_regs(l, spi, WRITE_STATUS_1,
			       wanted->regs[0] | (uint32_t)wanted->regs[1] << 8, 16, err));
	TRY(read_surely(l, spi, m, &now, err));
	for (size_t i = 0; i < (m->has_three ? FLASH_STATUS_REGS : 1); i++) {
		if (now.regs[i] == wanted->regs[i])
			continue;
		TRY(write_regs(l, spi, write_ops[i], wanted->regs[i], 8, err));
		TRY(read_surely(l, spi, m, &now, err));
	}
	return STATUS_OK;
}

enum status flash_status_clear(struct loader *l, const struct spi_regs *spi, uint32_t flash_id,
			       struct flash_status *s, struct err *err)
{
	const struct spi_command disable = { .op = WRITE_DISABLE, .is_change = true };
	const struct maker *m = maker_of(flash_id);
	struct flash_status wanted = *s;
	char was[9], is[9];

	flash_status_text(s, was, sizeof(was));
	wanted.regs[0] &= (uint8_t)~m->protect;
	if (is_complemented(m, s))
		wanted.regs[1] &= (uint8_t)~COMPLEMENT;
	TRY(write_wanted(l, spi, m, &wanted, err));
	TRY(spi_command(l, spi, &disable, NULL, err));
	TRY(read_surely(l, spi, m, s, err));
	if (memcmp(s, &wanted, sizeof(wanted)) == 0)
		return STATUS_OK;
	flash_status_text(s, is, sizeof(is));
	return err_set(err, STATUS_FLASH_PROTECTED,
		       "the flash's block protection cannot be cleared: its status registers were "
		       "%s and are %s: a lock bit or its write-protect pin holds them",
		       was, is);
}
