/* Status registers of the flash, what they protect, and what ROM and stub make of it. */
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <cmocka.h>

/* The ESP32's flash controller. */
#define SPI 0x3FF42000
#define SPI_CMD (SPI + 0x00)
#define SPI_ADDR (SPI + 0x04)
#define SPI_USR (SPI + 0x1C)
#define SPI_USR1 (SPI + 0x20)
#define SPI_USR2 (SPI + 0x24)
#define SPI_MOSI_DLEN (SPI + 0x28)
#define SPI_MISO_DLEN (SPI + 0x2C)
#define SPI_W0 (SPI + 0x80)

#define STATUS_WRITE_MS 20

static struct sim_fault protect(uint32_t bits)
{
	return (struct sim_fault){ .kind = SIM_FAULT_BLOCK_PROTECT, .amount = bits };
}

/* A unit in its ROM's loader, its flash attached. */
static struct client *in_rom(uint32_t bits)
{
	struct client *c = client_with(FAULTS(protect(bits)));

	client_enter_rom(c);
	client_ask_words(c, 0x0D, WORDS(0, 0));
	return c;
}

static struct client *in_stub(uint32_t bits)
{
	struct client *c = client_with(FAULTS(protect(bits)));

	client_enter_stub(c);
	return c;
}

/* One command on the flash's pins; addr UINT32_MAX: without. Returns 8 bits read. */
static uint8_t spi(struct client *c, uint8_t command, uint32_t addr, unsigned out_bytes,
		   uint32_t out)
{
	bool has_addr = addr != UINT32_MAX;

	client_write_reg(c, SPI_MISO_DLEN, 7);
	if (out_bytes)
		client_write_reg(c, SPI_MOSI_DLEN, 8 * out_bytes - 1);
	client_write_reg(c, SPI_USR1, has_addr ? 23u << 26 : 0);
	client_write_reg(c, SPI_USR,
			 1u << 31 | (has_addr ? 1u << 30 : 0) | (out_bytes ? 1u << 27 : 1u << 28));
	client_write_reg(c, SPI_USR2, 7u << 28 | command);
	if (has_addr)
		client_write_reg(c, SPI_ADDR, addr << 8);
	client_write_reg(c, SPI_W0, out);
	client_write_reg(c, SPI_CMD, 1u << 18);
	return (uint8_t)client_read_reg(c, SPI_W0);
}

static uint8_t status(struct client *c, unsigned n)
{
	static const uint8_t commands[] = { 0x05, 0x35, 0x15 };

	return spi(c, commands[n], UINT32_MAX, 0, 0);
}

/* enable: 06 or 50. */
static void write_status(struct client *c, uint8_t enable, uint8_t command, unsigned bytes,
			 uint32_t value)
{
	spi(c, enable, UINT32_MAX, 0, 0);
	spi(c, command, UINT32_MAX, bytes, value);
	client_wait_ms(c, STATUS_WRITE_MS);
}

static bool takes_a_write(struct client *c, uint32_t addr)
{
	uint8_t *flash = sim_unit_flash_edit(c->unit, NULL);

	flash[addr] = 0xFF;
	spi(c, 0x06, UINT32_MAX, 0, 0);
	spi(c, 0x02, addr, 1, 0x55);
	client_wait_ms(c, 2);
	assert_int_equal(status(c, 0) & 0x03, 0);
	return flash[addr] == 0x55;
}

/* ---- the registers ---- */

static void a_status_write_needs_its_enable_and_uses_it_up(void **state)
{
	struct client *c = in_rom(0x1C);
	(void)state;

	assert_int_equal(status(c, 0), 0x1C);
	assert_int_equal(status(c, 1), 0);
	assert_int_equal(status(c, 2), 0);
	spi(c, 0x01, UINT32_MAX, 1, 0);
	assert_int_equal(status(c, 0), 0x1C);
	spi(c, 0x06, UINT32_MAX, 0, 0);
	assert_int_equal(status(c, 0), 0x1E);
	spi(c, 0x04, UINT32_MAX, 0, 0);
	assert_int_equal(status(c, 0), 0x1C);
	/* 50 sets no bit that can be seen. */
	spi(c, 0x50, UINT32_MAX, 0, 0);
	assert_int_equal(status(c, 0), 0x1C);
	write_status(c, 0x06, 0x01, 1, 0x04);
	assert_int_equal(status(c, 0), 0x04);
	spi(c, 0x01, UINT32_MAX, 1, 0);
	assert_int_equal(status(c, 0), 0x04);
	client_free(c);
}

static void a_lasting_write_is_busy_and_another_is_not(void **state)
{
	struct client *c = in_rom(0x1C);
	(void)state;

	spi(c, 0x06, UINT32_MAX, 0, 0);
	client_write_reg(c, SPI_USR, 1u << 31 | 1u << 27);
	client_write_reg(c, SPI_USR2, 7u << 28 | 0x01);
	client_write_reg(c, SPI_MOSI_DLEN, 7);
	client_write_reg(c, SPI_W0, 0);
	/* Write and look in one request: ten would take as long as the write does. */
	client_ask_words(c, 0x09,
			 WORDS(SPI_CMD, 1u << 18, UINT32_MAX, 0, SPI_USR, 1u << 31 | 1u << 28,
			       UINT32_MAX, 0, SPI_USR2, 7u << 28 | 0x05, UINT32_MAX, 0, SPI_CMD,
			       1u << 18, UINT32_MAX, 0));
	assert_int_equal(client_read_reg(c, SPI_W0) & 0xFF, 0x01);
	client_wait_ms(c, STATUS_WRITE_MS);
	assert_int_equal(status(c, 0), 0x00);
	spi(c, 0x50, UINT32_MAX, 0, 0);
	spi(c, 0x01, UINT32_MAX, 1, 0x1C);
	assert_int_equal(status(c, 0), 0x1C);
	client_free(c);
}

static void one_byte_leaves_the_second_register_two_write_both(void **state)
{
	struct client *c = in_rom(0x1C);
	(void)state;

	write_status(c, 0x06, 0x31, 1, 0x02);
	assert_int_equal(status(c, 1), 0x02);
	write_status(c, 0x06, 0x01, 1, 0x08);
	assert_int_equal(status(c, 0), 0x08);
	assert_int_equal(status(c, 1), 0x02);
	write_status(c, 0x06, 0x01, 2, 0x4004);
	assert_int_equal(status(c, 0), 0x04);
	assert_int_equal(status(c, 1), 0x40);
	write_status(c, 0x06, 0x11, 1, 0xFF);
	assert_int_equal(status(c, 2), 0x60);
	/* What nobody can write stays. */
	write_status(c, 0x06, 0x01, 1, 0x03);
	assert_int_equal(status(c, 0), 0);
	client_free(c);
}

static void cycle_power(struct client *c)
{
	sim_unit_pull(c->unit, c->now_us);
	c->now_us += 1000000;
	sim_unit_plug(c->unit, c->now_us);
	client_wait_ms(c, 1000);
	sim_unit_open(c->unit, c->now_us);
	client_rate(c, 115200);
	client_enter_rom(c);
	client_ask_words(c, 0x0D, WORDS(0, 0));
}

static void lasting_bits_survive_the_power_and_others_do_not(void **state)
{
	struct client *c = in_rom(0x1C);
	(void)state;

	write_status(c, 0x50, 0x01, 1, 0);
	assert_int_equal(status(c, 0), 0);
	client_enter_rom(c); /* a reset of the chip is not one of the flash */
	client_ask_words(c, 0x0D, WORDS(0, 0));
	assert_int_equal(status(c, 0), 0);
	spi(c, 0x66, UINT32_MAX, 0, 0);
	spi(c, 0x99, UINT32_MAX, 0, 0);
	assert_int_equal(status(c, 0), 0x1C);
	write_status(c, 0x50, 0x01, 1, 0);
	cycle_power(c);
	assert_int_equal(status(c, 0), 0x1C);
	write_status(c, 0x06, 0x01, 1, 0);
	cycle_power(c);
	assert_int_equal(status(c, 0), 0);
	client_free(c);
}

static void a_locked_register_takes_no_write_until_the_power_goes(void **state)
{
	struct client *c = in_rom(0x1C);
	(void)state;

	write_status(c, 0x06, 0x31, 1, 0x01);
	write_status(c, 0x06, 0x01, 1, 0);
	assert_int_equal(status(c, 0), 0x1C);
	cycle_power(c);
	assert_int_equal(status(c, 1), 0);
	write_status(c, 0x06, 0x01, 1, 0);
	assert_int_equal(status(c, 0), 0);
	client_free(c);
}

/* ---- the range ---- */

struct range {
	uint32_t flash_bytes;
	uint8_t first, second;
	uint32_t from, to;
};

/* W25Q80, 32 and 128: Status Register Memory Protection. */
static const struct range ranges[] = {
	{ 4u << 20, 0x00, 0, 0, 0 },
	{ 4u << 20, 0x04, 0, 0x3F0000, 0x400000 },
	{ 4u << 20, 0x08, 0, 0x3E0000, 0x400000 },
	{ 4u << 20, 0x0C, 0, 0x3C0000, 0x400000 },
	{ 4u << 20, 0x18, 0, 0x200000, 0x400000 },
	{ 4u << 20, 0x1C, 0, 0, 0x400000 },
	{ 4u << 20, 0x24, 0, 0, 0x010000 },
	{ 4u << 20, 0x38, 0, 0, 0x200000 },
	{ 4u << 20, 0x3C, 0, 0, 0x400000 },
	{ 4u << 20, 0x44, 0, 0x3FF000, 0x400000 },
	{ 4u << 20, 0x4C, 0, 0x3FC000, 0x400000 },
	{ 4u << 20, 0x54, 0, 0x3F8000, 0x400000 },
	{ 4u << 20, 0x64, 0, 0, 0x001000 },
	{ 4u << 20, 0x70, 0, 0, 0x008000 },
	{ 4u << 20, 0x7C, 0, 0, 0x400000 },
	{ 4u << 20, 0x00, 0x40, 0, 0x400000 },
	{ 4u << 20, 0x04, 0x40, 0, 0x3F0000 },
	{ 4u << 20, 0x24, 0x40, 0x010000, 0x400000 },
	{ 4u << 20, 0x64, 0x40, 0x001000, 0x400000 },
	{ 4u << 20, 0x1C, 0x40, 0, 0 },
	{ 1u << 20, 0x04, 0, 0x0F0000, 0x100000 },
	{ 1u << 20, 0x10, 0, 0x080000, 0x100000 },
	{ 1u << 20, 0x14, 0, 0, 0x100000 },
	{ 16u << 20, 0x04, 0, 0xFC0000, 0x1000000 },
	{ 16u << 20, 0x24, 0, 0, 0x040000 },
};

static void bits_protect_the_range_of_the_data_sheet(void **state)
{
	(void)state;

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		const struct range *r = &ranges[i];
		uint32_t places[] = {
			0, r->from - 1, r->from, r->to - 1, r->to, r->flash_bytes - 1
		};
		struct sim_unit_config config = client_config("esp32");
		struct client *c;

		config.flash_bytes = r->flash_bytes;
		config.faults[0] = protect(r->first);
		config.fault_count = 1;
		c = client_new(&config);
		client_enter_rom(c);
		client_ask_words(c, 0x0D, WORDS(0, 0));
		if (r->second)
			write_status(c, 0x06, 0x31, 1, r->second);
		for (size_t p = 0; p < sizeof(places) / sizeof(places[0]); p++) {
			uint32_t at = places[p];

			if (at >= r->flash_bytes)
				continue;
			if (takes_a_write(c, at) == (at >= r->from && at < r->to))
				fail_msg("status %02x %02x of %u KB at 0x%x", r->first, r->second,
					 r->flash_bytes >> 10, at);
		}
		client_free(c);
	}
}

static void a_protected_range_takes_no_erase_and_the_rest_does(void **state)
{
	struct client *c = in_rom(0x64); /* the first 4 KB */
	uint8_t *flash = sim_unit_flash_edit(c->unit, NULL);
	(void)state;

	memset(flash, 0, 4u << 20);
	spi(c, 0x06, UINT32_MAX, 0, 0);
	spi(c, 0x20, 0, 0, 0);
	spi(c, 0x06, UINT32_MAX, 0, 0);
	spi(c, 0xD8, 0, 0, 0); /* a part of the block is protected: none of it */
	spi(c, 0x06, UINT32_MAX, 0, 0);
	spi(c, 0xC7, UINT32_MAX, 0, 0);
	assert_int_equal(status(c, 0), 0x64); /* not busy, no longer enabled */
	for (size_t i = 0; i < 4u << 20; i += 4096)
		assert_int_equal(flash[i], 0);
	spi(c, 0x06, UINT32_MAX, 0, 0);
	spi(c, 0x20, 0x1000, 0, 0);
	assert_int_equal(flash[0x1000], 0xFF);
	assert_int_equal(flash[0x0FFF], 0);
	client_free(c);
}

/* ---- the loaders ---- */

static bool md5_is_of(struct client *c, uint32_t addr, const uint8_t *bytes, size_t size)
{
	uint8_t md5[16];

	client_ask_words(c, 0x13, WORDS(addr, (uint32_t)size, 0, 0));
	assert_int_equal(client_status(c, 16), 0);
	EVP_Digest(bytes, size, md5, NULL, EVP_md5(), NULL);
	return !memcmp(c->frame + 8, md5, sizeof(md5));
}

static void the_stub_acknowledges_a_write_that_the_flash_ignores(void **state)
{
	struct client *c = in_stub(0x1C);
	uint8_t block[0x400], *flash = sim_unit_flash_edit(c->unit, NULL);
	struct sim_counters n;
	(void)state;

	memset(block, 0x33, sizeof(block));
	memset(flash, 0x77, 0x1000);
	client_ask_words(c, 0x02, WORDS(sizeof(block), 1, sizeof(block), 0));
	assert_int_equal(client_status(c, 0), 0);
	client_ask_block(c, 0x03, 0, block, sizeof(block));
	assert_int_equal(client_status(c, 0), 0);
	client_ask_words(c, 0x04, WORDS(1));
	assert_int_equal(client_status(c, 0), 0);
	assert_false(md5_is_of(c, 0, block, sizeof(block)));
	client_ask_words(c, 0xD1, WORDS(0, 0x1000));
	assert_int_equal(client_status(c, 0), 0);
	client_ask(c, 0xD0, NULL, 0);
	assert_int_equal(client_status(c, 0), 0);
	for (size_t i = 0; i < 0x1000; i++)
		assert_int_equal(flash[i], 0x77);
	sim_unit_counters(c->unit, &n);
	assert_int_equal(n.sectors_erased, 0);
	assert_int_equal(n.bytes_programmed, 0);
	assert_true(n.faults_fired > 0);
	client_free(c);
}

static void cleared_for_good_the_stub_writes(void **state)
{
	struct client *c = in_stub(0x1C);
	uint8_t block[0x400];
	(void)state;

	memset(block, 0x33, sizeof(block));
	write_status(c, 0x06, 0x01, 1, 0);
	client_ask_words(c, 0x02, WORDS(sizeof(block), 1, sizeof(block), 0));
	client_ask_block(c, 0x03, 0, block, sizeof(block));
	assert_true(md5_is_of(c, 0, block, sizeof(block)));
	cycle_power(c);
	assert_int_equal(status(c, 0), 0);
	client_free(c);
}

static void the_rom_clears_the_protection_before_it_erases(void **state)
{
	struct client *c = in_rom(0x1C);
	uint8_t block[0x400];
	(void)state;

	memset(block, 0x33, sizeof(block));
	client_ask_words(c, 0x02, WORDS(sizeof(block), 1, sizeof(block), 0x1000));
	assert_int_equal(client_status(c, 0), 0);
	client_ask_block(c, 0x03, 0, block, sizeof(block));
	assert_int_equal(client_status(c, 0), 0);
	assert_memory_equal(sim_unit_flash(c->unit, NULL) + 0x1000, block, sizeof(block));
	cycle_power(c);
	assert_int_equal(status(c, 0), 0);
	client_free(c);
}

/* With the rest of the bits cleared CMP protects everything. */
static void the_esp32s_rom_leaves_the_second_register_alone(void **state)
{
	struct client *c = in_rom(0x04);
	uint8_t block[0x400];
	(void)state;

	memset(block, 0x33, sizeof(block));
	block[0] = 0x77; /* the sum is not that of blank flash */
	write_status(c, 0x06, 0x31, 1, 0x42);
	client_ask_words(c, 0x02, WORDS(sizeof(block), 1, sizeof(block), 0x1000));
	assert_int_equal(client_status(c, 0), 0);
	client_ask_block(c, 0x03, 0, block, sizeof(block));
	assert_int_equal(client_status(c, 0), 0x0108);
	assert_int_equal(status(c, 0), 0);
	assert_int_equal(status(c, 1), 0x42);
	client_free(c);
}

/* A status register that is locked cannot be cleared by a ROM either. */
static void the_rom_notices_by_its_read_back_what_it_could_not_unlock(void **state)
{
	struct client *c = in_rom(0x1C);
	uint8_t block[0x400];
	(void)state;

	memset(block, 0x33, sizeof(block));
	block[0] = 0x77; /* the sum is not that of blank flash */
	write_status(c, 0x06, 0x31, 1, 0x01);
	client_ask_words(c, 0x02, WORDS(sizeof(block), 1, sizeof(block), 0x1000));
	assert_int_equal(client_status(c, 0), 0);
	client_ask_block(c, 0x03, 0, block, sizeof(block));
	assert_int_equal(client_status(c, 0), 0x0108);
	client_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_write_needs_its_enable_and_uses_it_up),
		cmocka_unit_test(a_lasting_write_is_busy_and_another_is_not),
		cmocka_unit_test(one_byte_leaves_the_second_register_two_write_both),
		cmocka_unit_test(lasting_bits_survive_the_power_and_others_do_not),
		cmocka_unit_test(a_locked_register_takes_no_write_until_the_power_goes),
		cmocka_unit_test(bits_protect_the_range_of_the_data_sheet),
		cmocka_unit_test(a_protected_range_takes_no_erase_and_the_rest_does),
		cmocka_unit_test(the_stub_acknowledges_a_write_that_the_flash_ignores),
		cmocka_unit_test(cleared_for_good_the_stub_writes),
		cmocka_unit_test(the_rom_clears_the_protection_before_it_erases),
		cmocka_unit_test(the_esp32s_rom_leaves_the_second_register_alone),
		cmocka_unit_test(the_rom_notices_by_its_read_back_what_it_could_not_unlock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
