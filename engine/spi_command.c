#include "engine/spi_command.h"

#include "engine/loader.h"

#define CMD_USR (1u << 18)
#define USR_COMMAND (1u << 31)
#define USR_MISO (1u << 28)
#define USR_MOSI (1u << 27)
#define USR2_8_BITS (7u << 28)
#define POLLS 10
#define SETS_MAX 3
#define ALL UINT32_MAX
#define SETTINGS 5

struct setting {
	uint32_t addr, value;
};

static enum status await_end(struct loader *l, const struct spi_regs *spi, struct err *err)
{
	for (unsigned n = 0; n < POLLS; n++) {
		uint32_t cmd;

		TRY(loader_read_reg(l, spi->base, &cmd, err));
		if (!(cmd & CMD_USR))
			return STATUS_OK;
	}
	return err_set(err, STATUS_FLASH_ID_BAD, "the SPI controller does not finish a command");
}

static enum status set(struct loader *l, const struct setting *s, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		TRY(loader_write_reg(l, s[i].addr, s[i].value, ALL, 0, err));
	return STATUS_OK;
}

/* A request to write a register carries no checksum. */
static enum status set_surely(struct loader *l, const struct setting *s, size_t count,
			      struct err *err)
{
	for (unsigned n = 0; n < SETS_MAX; n++) {
		bool is_set = true;

		TRY(set(l, s, count, err));
		for (size_t i = 0; i < count && is_set; i++) {
			uint32_t value;

			TRY(loader_read_reg(l, s[i].addr, &value, err));
			is_set = value == s[i].value;
		}
		if (is_set)
			return STATUS_OK;
	}
	return err_set(err, STATUS_GARBLED, "the SPI controller's registers do not keep values");
}

enum status spi_command(struct loader *l, const struct spi_regs *spi, const struct spi_command *c,
			uint32_t *in, struct err *err)
{
	uint32_t usr, usr2, w0 = 0;
	struct setting s[SETTINGS];
	size_t count = 0;

	TRY(loader_read_reg(l, spi->base + spi->usr, &usr, err));
	TRY(loader_read_reg(l, spi->base + spi->usr2, &usr2, err));
	if (c->out_bits)
		s[count++] = (struct setting){ spi->base + spi->mosi_dlen, c->out_bits - 1u };
	if (c->in_bits)
		s[count++] = (struct setting){ spi->base + spi->miso_dlen, c->in_bits - 1u };
	s[count++] =
		(struct setting){ spi->base + spi->usr, USR_COMMAND | (c->in_bits ? USR_MISO : 0) |
								(c->out_bits ? USR_MOSI : 0) };
	s[count++] = (struct setting){ spi->base + spi->usr2, USR2_8_BITS | c->op };
	s[count++] = (struct setting){ spi->base + spi->w0, c->out };
	TRY(c->is_change ? set_surely(l, s, count, err) : set(l, s, count, err));
	TRY(loader_write_reg(l, spi->base, CMD_USR, ALL, 0, err));
	TRY(await_end(l, spi, err));
	if (c->in_bits)
		TRY(loader_read_reg(l, spi->base + spi->w0, &w0, err));
	TRY(loader_write_reg(l, spi->base + spi->usr, usr, ALL, 0, err));
	TRY(loader_write_reg(l, spi->base + spi->usr2, usr2, ALL, 0, err));
	if (in)
		*in = c->in_bits < 32 ? w0 & ((UINT32_C(1) << c->in_bits) - 1) : w0;
	return STATUS_OK;
}
