/* Flash that is worn, slow, interrupted, or does not say what it is. */
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECTOR 0x1000u
#define SPI 0x3FF42000

static struct client *in_stub(struct sim_fault fault)
{
	struct client *c = client_with(1, &fault);

	client_enter_stub(c);
	return c;
}

/* Written by the stub, whatever stood there. */
static void write_at(struct client *c, uint32_t addr, const uint8_t *bytes, uint32_t size)
{
	client_ask_words(c, 0x02, WORDS(size, 1, size, addr));
	assert_int_equal(client_status(c, 0), 0);
	client_ask_block(c, 0x03, 0, bytes, size);
	assert_int_equal(client_status(c, 0), 0);
	client_ask_words(c, 0x04, WORDS(1));
	assert_int_equal(client_status(c, 0), 0);
}

static unsigned bits_apart(const uint8_t *a, const uint8_t *b, size_t size)
{
	unsigned n = 0;

	for (size_t i = 0; i < size; i++)
		n += (unsigned)__builtin_popcount(a[i] ^ b[i]);
	return n;
}

static void a_worn_sector_keeps_one_bit_in_64_bytes(void **state)
{
	struct client *c =
		in_stub((struct sim_fault){ .kind = SIM_FAULT_BAD_SECTOR, .at = SECTOR });
	uint8_t *flash = sim_unit_flash_edit(c->unit, NULL);
	uint8_t all[SECTOR];
	(void)state;

	/* Blank, its bits stay 1; full of zeros, they stay 0. */
	memset(all, 0, sizeof(all));
	write_at(c, SECTOR, all, sizeof(all));
	assert_int_equal(bits_apart(flash + SECTOR, all, SECTOR), 64);
	for (size_t i = 0; i < SECTOR; i += 64)
		assert_int_equal(bits_apart(flash + SECTOR + i, all, 64), 1);
	memset(flash + SECTOR, 0, SECTOR);
	client_ask_words(c, 0xD1, WORDS(SECTOR, SECTOR));
	assert_int_equal(client_status(c, 0), 0);
	memset(all, 0xFF, sizeof(all));
	assert_int_equal(bits_apart(flash + SECTOR, all, SECTOR), 64);
	assert_int_equal(client_fired(c), 128);
	client_free(c);
}

static void the_sectors_beside_a_worn_one_are_sound(void **state)
{
	struct client *c =
		in_stub((struct sim_fault){ .kind = SIM_FAULT_BAD_SECTOR, .at = SECTOR });
	uint8_t all[3 * SECTOR];
	const uint8_t *flash;
	(void)state;

	memset(all, 0, sizeof(all));
	write_at(c, 0, all, sizeof(all));
	flash = sim_unit_flash(c->unit, NULL);
	assert_memory_equal(flash, all, SECTOR);
	assert_int_equal(bits_apart(flash + SECTOR, all, SECTOR), 64);
	assert_memory_equal(flash + 2 * SECTOR, all, SECTOR);
	client_free(c);
}

static void which_bits_are_worn_follows_from_the_seed(void **state)
{
	uint8_t seen[3][SECTOR], zeros[SECTOR] = { 0 };
	(void)state;

	for (unsigned i = 0; i < 3; i++) {
		struct sim_unit_config config = client_config("esp32");
		struct client *c;

		config.seed = i < 2 ? 5 : 6;
		config.faults[0] =
			(struct sim_fault){ .kind = SIM_FAULT_BAD_SECTOR, .at = 0x3F0123 };
		config.fault_count = 1;
		c = client_new(&config);
		client_enter_stub(c);
		write_at(c, 0x3F0000, zeros, SECTOR);
		memcpy(seen[i], sim_unit_flash(c->unit, NULL) + 0x3F0000, SECTOR);
		client_free(c);
	}
	assert_memory_equal(seen[0], seen[1], SECTOR);
	assert_memory_not_equal(seen[0], seen[2], SECTOR);
}

static void what_fits_a_worn_sector_by_chance_is_written_right(void **state)
{
	struct client *c =
		in_stub((struct sim_fault){ .kind = SIM_FAULT_BAD_SECTOR, .at = SECTOR });
	uint8_t all[SECTOR];
	(void)state;

	memset(all, 0xFF, sizeof(all));
	write_at(c, SECTOR, all, sizeof(all));
	assert_int_equal(client_fired(c), 0);
	client_free(c);
}

/* The ROM reads a block back, and compares 8 bits. */
static void the_rom_notices_most_worn_bits(void **state)
{
	unsigned noticed = 0;
	(void)state;

	for (unsigned seed = 1; seed <= 20; seed++) {
		struct sim_unit_config config = client_config("esp32");
		uint8_t block[0x400] = { 0 };
		struct client *c;

		config.seed = seed;
		config.faults[0] = (struct sim_fault){ .kind = SIM_FAULT_BAD_SECTOR, .at = SECTOR };
		config.fault_count = 1;
		c = client_new(&config);
		client_enter_rom(c);
		client_ask_words(c, 0x0D, WORDS(0, 0));
		client_ask_words(c, 0x02, WORDS(0x400, 1, 0x400, SECTOR));
		client_ask_block(c, 0x03, 0, block, sizeof(block));
		noticed += client_status(c, 0) == 0x0108;
		client_free(c);
	}
	assert_in_range(noticed, 15, 20);
}

static uint64_t program_us(uint32_t factor)
{
	struct client *c =
		in_stub((struct sim_fault){ .kind = SIM_FAULT_SLOW_PROGRAM, .amount = factor });
	uint8_t block[0x4000] = { 0 };
	uint64_t us;

	client_ask_words(c, 0x02, WORDS(sizeof(block), 1, sizeof(block), 0));
	client_ask_block(c, 0x03, 0, block, sizeof(block));
	us = c->now_us;
	client_ask_words(c, 0x04, WORDS(1)); /* answered when all is written */
	us = c->now_us - us;
	client_free(c);
	return us;
}

static void a_slow_flash_programs_so_many_times_slower(void **state)
{
	uint64_t usual = program_us(1), slow = program_us(11);
	(void)state;

	/* 64 pages of 0.4 ms. */
	assert_in_range(slow - usual, 10 * 64 * 400, 10 * 64 * 400 + 100);
}

/* RDID by the registers, as flashers do. */
static uint32_t flash_id(struct client *c)
{
	client_write_reg(c, SPI + 0x2C, 23);
	client_write_reg(c, SPI + 0x1C, 1u << 31 | 1u << 28);
	client_write_reg(c, SPI + 0x24, 7u << 28 | 0x9F);
	client_write_reg(c, SPI + 0x80, 0);
	client_write_reg(c, SPI, 1u << 18);
	return client_read_reg(c, SPI + 0x80) & 0xFFFFFF;
}

static void a_flash_does_not_say_what_it_is_for_some_reads_or_ever(void **state)
{
	(void)state;

	for (unsigned reads = 0; reads < 4; reads++) {
		struct client *c =
			client_with(FAULTS({ .kind = SIM_FAULT_NO_FLASH_ID, .nth = reads }));

		client_enter_rom(c);
		client_ask_words(c, 0x0D, WORDS(0, 0));
		for (unsigned n = 1; n < 6; n++) {
			bool is_told = reads && n > reads;

			assert_int_equal(flash_id(c), is_told ? 0x1640C8 : 0);
			assert_int_equal(client_fired(c), is_told ? reads : n);
		}
		client_free(c);
	}
}

/* ---- interrupted ---- */

#define BLOCK 0x4000u

/* A block of zeros that the stub has acknowledged and is writing, 64 pages of 0.4 ms. */
static struct client *writing(void)
{
	static const uint8_t block[BLOCK];
	struct client *c = client_new(NULL);

	client_enter_stub(c);
	client_ask_words(c, 0x02, WORDS(BLOCK, 1, BLOCK, 0));
	client_ask_block(c, 0x03, 0, block, BLOCK);
	client_wait_ms(c, 10);
	return c;
}

static unsigned whole_pages(const uint8_t *flash, uint8_t value)
{
	unsigned pages = 0;

	for (size_t at = 0; at < BLOCK; at += 256) {
		size_t i = 0;

		while (i < 256 && flash[at + i] == value)
			i++;
		pages += i == 256;
	}
	return pages;
}

static void power_that_goes_leaves_a_page_half_written(void **state)
{
	struct client *c = writing();
	const uint8_t *flash;
	struct sim_counters n;
	unsigned done;
	(void)state;

	sim_unit_pull(c->unit, c->now_us);
	flash = sim_unit_flash(c->unit, NULL);
	done = whole_pages(flash, 0);
	assert_in_range(done, 20, 30);
	assert_int_equal(whole_pages(flash, 0xFF), 64 - done - 1);
	for (size_t i = 0; i < 256 * done; i++)
		assert_int_equal(flash[i], 0);
	sim_unit_counters(c->unit, &n);
	assert_int_equal(n.bytes_programmed, 256 * (done + 1));
	client_free(c);
}

static void a_reset_of_the_chip_leaves_whole_pages_and_no_more(void **state)
{
	struct client *c = writing();
	const uint8_t *flash;
	unsigned done;
	(void)state;

	client_reset(c, true);
	flash = sim_unit_flash(c->unit, NULL);
	done = whole_pages(flash, 0);
	assert_in_range(done, 30, 45); /* EN has to be low for 5 ms */
	assert_int_equal(whole_pages(flash, 0xFF), 64 - done);
	client_free(c);
}

static void power_that_goes_leaves_a_sector_half_erased(void **state)
{
	struct client *c = client_new(NULL);
	uint8_t *flash = sim_unit_flash_edit(c->unit, NULL);
	unsigned ones = 0;
	(void)state;

	client_enter_stub(c);
	memset(flash, 0x0F, 2 * SECTOR);
	client_send_command(c, 0xD1, ((uint8_t[]){ 0, 0, 0, 0, 0, 0x20, 0, 0 }), 8, 0);
	client_wait_ms(c, 20); /* a sector takes 40 */
	sim_unit_pull(c->unit, c->now_us);
	for (size_t i = 0; i < SECTOR; i++) {
		assert_int_equal(flash[i] & 0x0F, 0x0F);
		ones += (unsigned)__builtin_popcount(flash[i] & 0xF0);
		assert_int_equal(flash[SECTOR + i], 0x0F);
	}
	assert_in_range(ones, SECTOR, 3 * SECTOR);
	client_free(c);
}

/* It has its command: what drives it can go away. */
static void an_erase_in_work_outlives_the_resets_of_the_chip(void **state)
{
	struct client *c = client_with(FAULTS({ .kind = SIM_FAULT_SLOW_ERASE, .amount = 1000 }));
	uint8_t *flash = sim_unit_flash_edit(c->unit, NULL);
	(void)state;

	client_enter_stub(c);
	memset(flash, 0, 2 * SECTOR);
	client_send_command(c, 0xD1, ((uint8_t[]){ 0, 0, 0, 0, 0, 0x20, 0, 0 }), 8, 0);
	client_wait_ms(c, 20);
	for (int i = 0; i < 3; i++) {
		client_enter_rom(c);
		client_ask_words(c, 0x0D, WORDS(0, 0));
		assert_int_equal(flash_id(c), 0xFFFFFF); /* busy, and deaf */
	}
	client_wait_ms(c, 40000);
	assert_int_equal(flash_id(c), 0x1640C8);
	assert_int_equal(flash[SECTOR - 1], 0xFF);
	assert_int_equal(flash[SECTOR], 0);
	client_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worn_sector_keeps_one_bit_in_64_bytes),
		cmocka_unit_test(the_sectors_beside_a_worn_one_are_sound),
		cmocka_unit_test(which_bits_are_worn_follows_from_the_seed),
		cmocka_unit_test(what_fits_a_worn_sector_by_chance_is_written_right),
		cmocka_unit_test(the_rom_notices_most_worn_bits),
		cmocka_unit_test(a_slow_flash_programs_so_many_times_slower),
		cmocka_unit_test(a_flash_does_not_say_what_it_is_for_some_reads_or_ever),
		cmocka_unit_test(power_that_goes_leaves_a_page_half_written),
		cmocka_unit_test(a_reset_of_the_chip_leaves_whole_pages_and_no_more),
		cmocka_unit_test(power_that_goes_leaves_a_sector_half_erased),
		cmocka_unit_test(an_erase_in_work_outlives_the_resets_of_the_chip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
