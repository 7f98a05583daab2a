/* What a flasher reads out of a chip: efuses, straps, and the flash behind the SPI controller. */
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct client *rom(const struct sim_unit_config *config)
{
	struct client *c = client_new(config);

	client_enter_rom(c);
	client_ask_words(c, 0x0D, WORDS(0, 0));
	return c;
}

static void the_mac_stands_where_each_chip_keeps_it(void **state)
{
	const struct {
		const char *chip;
		uint32_t low, high;
	} rows[] = {
		{ "esp32", 0x3FF5A004, 0x3FF5A008 },
		{ "esp32s3", 0x60007044, 0x60007048 },
		{ "esp32c3", 0x60008844, 0x60008848 },
	};
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		struct sim_unit_config config = client_config(rows[i].chip);
		struct client *c = rom(&config);

		assert_int_equal(client_read_reg(c, rows[i].low), 0xC4000110);
		assert_int_equal(client_read_reg(c, rows[i].high) & 0xFFFF, 0x240A);
		client_free(c);
	}
}

static void the_esp32_keeps_its_revision_in_three_places(void **state)
{
	const struct {
		unsigned revision, bits;
	} rows[] = { { 0, 0 }, { 100, 1 }, { 200, 3 }, { 301, 7 } };
	(void)state;

	for (size_t i = 0; i < 4; i++) {
		struct sim_unit_config config = client_config("esp32");
		struct client *c;
		unsigned bits;

		config.revision = rows[i].revision;
		c = rom(&config);
		bits = client_read_reg(c, 0x3FF5A00C) >> 15 & 1;
		bits |= (client_read_reg(c, 0x3FF5A014) >> 20 & 1) << 1;
		bits |= client_read_reg(c, 0x3FF6607C) >> 31 << 2;
		assert_int_equal(bits, rows[i].bits);
		assert_int_equal(client_read_reg(c, 0x3FF5A014) >> 24 & 3, rows[i].revision % 100);
		client_free(c);
	}
}

static void the_others_keep_it_in_block_1(void **state)
{
	const uint32_t bases[] = { 0x60007000, 0x60008800 };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config = client_config(i ? "esp32c3" : "esp32s3");
		struct client *c;
		uint32_t w3, w5;

		config.revision = 111; /* 1.11: the minor number needs its fourth bit */
		c = rom(&config);
		w3 = client_read_reg(c, bases[i] + 0x50);
		w5 = client_read_reg(c, bases[i] + 0x58);
		assert_int_equal((w5 >> 23 & 1) << 3 | (w3 >> 18 & 7), 11);
		assert_int_equal(w5 >> 24 & 3, 1);
		client_free(c);
	}
}

static void packages_are_told_apart(void **state)
{
	struct sim_unit_config config = client_config("esp32");
	struct client *c;
	(void)state;

	config.package = "PICO-D4";
	config.revision = 100;
	c = rom(&config);
	assert_int_equal(client_read_reg(c, 0x3FF5A00C) >> 9 & 7, 5);
	assert_int_equal(client_read_reg(c, 0x3FF5A014) & 0xFFFFF,
			 6 | 17 << 5 | 8 << 10 | 16 << 15);
	client_free(c);
	config = client_config("esp32s3");
	config.package = "PICO-1";
	c = rom(&config);
	assert_int_equal(client_read_reg(c, 0x60007050) >> 21 & 7, 1);
	assert_int_equal(client_read_reg(c, 0x60007050) >> 27 & 7, 1); /* 8 MB inside */
	client_free(c);
}

static void security_is_burnt_where_it_is_looked_for(void **state)
{
	struct sim_unit_config config = client_config("esp32");
	struct client *c;
	(void)state;

	config.secure_boot = config.flash_encryption = true;
	c = rom(&config);
	assert_int_equal(client_read_reg(c, 0x3FF5A018) >> 4 & 3,
			 2); /* version 2 from revision 3 */
	assert_int_equal(client_read_reg(c, 0x3FF5A000) >> 20 & 0x7F, 1);
	client_free(c);
	config = client_config("esp32c3");
	config.flash_encryption = true;
	c = rom(&config);
	assert_int_equal(client_read_reg(c, 0x60008834) >> 18 & 7, 1);
	assert_int_equal(client_read_reg(c, 0x60008838) >> 20 & 1, 0);
	client_free(c);
}

static void the_crystal_shows_in_the_uarts_divider(void **state)
{
	const unsigned crystals[] = { 26, 40 };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config = client_config("esp32");
		struct client *c;
		uint32_t divider;

		config.crystal_mhz = crystals[i];
		c = rom(&config);
		divider = client_read_reg(c, 0x3FF40014) & 0xFFFFF;
		assert_in_range(divider * 115200 / 1000000, crystals[i] - 1, crystals[i]);
		client_free(c);
	}
}

static void the_strap_register_tells_the_boot_mode(void **state)
{
	struct sim_unit_config config = client_config("esp32s3");
	struct client *c = rom(&config);
	(void)state;

	assert_int_equal(client_read_reg(c, 0x60004038) >> 3 & 1, 0); /* IO0 was low */
	client_free(c);
}

/* ---- the flash's own commands ---- */

struct spi {
	const char *chip;
	uint32_t base, usr, usr1, usr2, mosi_dlen, miso_dlen, w0;
	bool msb_first;
};

static const struct spi spis[] = {
	{ "esp32", 0x3FF42000, 0x1C, 0x20, 0x24, 0x28, 0x2C, 0x80, true },
	{ "esp32s3", 0x60002000, 0x18, 0x1C, 0x20, 0x24, 0x28, 0x58, false },
	{ "esp32c3", 0x60002000, 0x18, 0x1C, 0x20, 0x24, 0x28, 0x58, false },
};

static uint32_t spi(struct client *c, const struct spi *s, uint8_t command, unsigned read_bits,
		    unsigned addr_bits, uint32_t addr, unsigned dummy)
{
	uint32_t usr = 1u << 31;

	if (read_bits)
		client_write_reg(c, s->base + s->miso_dlen, read_bits - 1);
	if (addr_bits || dummy)
		client_write_reg(c, s->base + s->usr1,
				 (addr_bits ? (addr_bits - 1) << 26 : 0) | (dummy ? dummy - 1 : 0));
	usr |= read_bits ? 1u << 28 : 0;
	usr |= addr_bits ? 1u << 30 : 0;
	usr |= dummy ? 1u << 29 : 0;
	client_write_reg(c, s->base + s->usr, usr);
	client_write_reg(c, s->base + s->usr2, 7u << 28 | command);
	if (addr_bits)
		client_write_reg(c, s->base + 4, s->msb_first ? addr << (32 - addr_bits) : addr);
	client_write_reg(c, s->base + s->w0, 0);
	client_write_reg(c, s->base, 1u << 18);
	assert_int_equal(client_read_reg(c, s->base) & 1u << 18, 0);
	return client_read_reg(c, s->base + s->w0);
}

static void the_flash_answers_through_each_chips_own_registers(void **state)
{
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		struct sim_unit_config config = client_config(spis[i].chip);
		struct client *c;

		config.flash_id = 0xEF4016;
		c = rom(&config);
		assert_int_equal(spi(c, &spis[i], 0x9F, 24, 0, 0, 0), 0x1640EF);
		assert_int_equal(spi(c, &spis[i], 0x5A, 32, 24, 0, 8), 0x50444653);
		assert_int_equal(spi(c, &spis[i], 0x5A, 8, 24, 0x10, 8), 0xEF);
		assert_int_equal(spi(c, &spis[i], 0x05, 8, 0, 0, 0), 0);
		spi(c, &spis[i], 0x06, 0, 0, 0, 0);
		assert_int_equal(spi(c, &spis[i], 0x05, 8, 0, 0, 0), 2);
		spi(c, &spis[i], 0xB9, 0, 0, 0, 0); /* asleep */
		assert_int_equal(spi(c, &spis[i], 0x9F, 24, 0, 0, 0), 0xFFFFFF);
		spi(c, &spis[i], 0xAB, 0, 0, 0, 0);
		spi(c, &spis[i], 0x66, 0, 0, 0, 0);
		spi(c, &spis[i], 0x99, 0, 0, 0, 0);
		assert_int_equal(spi(c, &spis[i], 0x9F, 24, 0, 0, 0), 0x1640EF);
		client_free(c);
	}
}

static void the_id_tells_the_size(void **state)
{
	(void)state;

	for (unsigned capacity = 20; capacity <= 24; capacity++) {
		struct sim_unit_config config = client_config("esp32");
		struct client *c;

		config.flash_bytes = 1u << capacity;
		c = rom(&config);
		assert_int_equal(spi(c, &spis[0], 0x9F, 24, 0, 0, 0) >> 16, capacity);
		client_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_mac_stands_where_each_chip_keeps_it),
		cmocka_unit_test(the_esp32_keeps_its_revision_in_three_places),
		cmocka_unit_test(the_others_keep_it_in_block_1),
		cmocka_unit_test(packages_are_told_apart),
		cmocka_unit_test(security_is_burnt_where_it_is_looked_for),
		cmocka_unit_test(the_crystal_shows_in_the_uarts_divider),
		cmocka_unit_test(the_strap_register_tells_the_boot_mode),
		cmocka_unit_test(the_flash_answers_through_each_chips_own_registers),
		cmocka_unit_test(the_id_tells_the_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
