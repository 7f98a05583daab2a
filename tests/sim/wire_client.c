#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <cmocka.h>

#define STUB_BYTES 0x40u

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

struct sim_unit_config client_config(const char *chip)
{
	return (struct sim_unit_config){
		.name = "unit",
		.chip = chip,
		.revision = strcmp(chip, "esp32") ? 3 : 300,
		.mac = { 0x24, 0x0A, 0xC4, 0x00, 0x01, 0x10 },
		.flash_bytes = 4u << 20,
		.bridge = "cp2104",
		.seed = 1,
	};
}

/* Where Espressif's own stubs go. */
static uint32_t ram_of(const char *chip, unsigned revision)
{
	static const struct {
		const char *chip;
		uint32_t addr;
	} rows[] = {
		{ "esp32", 0x400A8000 },   { "esp32s2", 0x40028000 },  { "esp32s3", 0x40378000 },
		{ "esp32c2", 0x40380000 }, { "esp32c3", 0x40380000 },  { "esp32c5", 0x40800000 },
		{ "esp32c6", 0x40800000 }, { "esp32c61", 0x40800000 }, { "esp32h2", 0x40800000 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!strcmp(chip, rows[i].chip))
			return rows[i].addr;
	}
	return revision < 300 ? 0x4FF10000 : 0x4FF50000; /* ESP32-P4 */
}

struct client *client_new(const struct sim_unit_config *config)
{
	struct sim_unit_config usual = client_config("esp32");
	struct client *c = calloc(1, sizeof(*c));
	char error[128];

	assert_non_null(c);
	config = config ? config : &usual;
	c->ram = ram_of(config->chip, config->revision);
	c->unit = sim_unit_new(config, error, sizeof(error));
	if (!c->unit)
		fail_msg("%s", error);
	sim_unit_advance(c->unit, 0);
	client_wait_ms(c, 1000);
	sim_unit_open(c->unit, c->now_us);
	client_rate(c, 115200);
	return c;
}

struct client *client_with(size_t fault_count, const struct sim_fault *faults)
{
	struct sim_unit_config config = client_config("esp32");

	assert_true(fault_count <= SIM_FAULTS_MAX);
	memcpy(config.faults, faults, fault_count * sizeof(faults[0]));
	config.fault_count = fault_count;
	return client_new(&config);
}

uint64_t client_fired(const struct client *c)
{
	struct sim_counters n;

	sim_unit_counters(c->unit, &n);
	return n.faults_fired;
}

void client_free(struct client *c)
{
	sim_unit_free(c->unit);
	free(c);
}

/* ---- time ---- */

static void take(struct client *c)
{
	c->in_size +=
		sim_unit_read(c->unit, c->now_us, c->in + c->in_size, sizeof(c->in) - c->in_size);
}

/* To the unit's next event, at most until_us. */
static void step(struct client *c, uint64_t until_us)
{
	uint64_t next_us = sim_unit_next_us(c->unit);

	next_us = next_us < until_us ? next_us : until_us;
	c->now_us = next_us > c->now_us ? next_us : c->now_us + 1;
	take(c);
}

void client_wait_ms(struct client *c, unsigned ms)
{
	uint64_t until_us = c->now_us + ms * 1000ull;

	while (c->now_us < until_us)
		step(c, until_us);
}

void client_rate(struct client *c, uint32_t baud)
{
	sim_unit_rate(c->unit, c->now_us, baud);
}

void client_reset(struct client *c, bool into_loader)
{
	sim_unit_lines(c->unit, c->now_us, false, true);
	client_wait_ms(c, 100);
	sim_unit_lines(c->unit, c->now_us, into_loader, false);
	client_wait_ms(c, 50);
	sim_unit_lines(c->unit, c->now_us, false, false);
	client_wait_ms(c, 50);
}

const char *client_text(struct client *c, unsigned ms)
{
	client_wait_ms(c, ms);
	assert_true(c->in_size < sizeof(c->in));
	c->in[c->in_size] = '\0';
	c->in_size = 0;
	return (const char *)c->in;
}

/* ---- sending ---- */

void client_send_raw(struct client *c, const void *bytes, size_t size)
{
	const uint8_t *p = bytes;

	while (size && !sim_unit_is_unplugged(c->unit)) {
		size_t n = sim_unit_write(c->unit, c->now_us, p, size);

		p += n;
		size -= n;
		if (size)
			step(c, UINT64_MAX);
	}
}

void client_send(struct client *c, const void *payload, size_t size)
{
	const uint8_t *p = payload;
	uint8_t *wire = malloc(2 * size + 2);
	size_t n = 0;

	assert_non_null(wire);
	wire[n++] = 0xC0;
	for (size_t i = 0; i < size; i++) {
		if (p[i] == 0xC0 || p[i] == 0xDB) {
			wire[n++] = 0xDB;
			wire[n++] = p[i] == 0xC0 ? 0xDC : 0xDD;
		} else {
			wire[n++] = p[i];
		}
	}
	wire[n++] = 0xC0;
	client_send_raw(c, wire, n);
	free(wire);
}

void client_send_command(struct client *c, uint8_t opcode, const void *data, size_t size,
			 uint32_t sum)
{
	uint8_t *packet = malloc(8 + size);

	assert_non_null(packet);
	packet[0] = 0;
	packet[1] = opcode;
	packet[2] = (uint8_t)size;
	packet[3] = (uint8_t)(size >> 8);
	put32(packet + 4, sum);
	if (size)
		memcpy(packet + 8, data, size);
	client_send(c, packet, 8 + size);
	free(packet);
}

/* ---- receiving ---- */

/* The first whole frame out of c->in. */
static bool cut_frame(struct client *c)
{
	size_t i = 0, n = 0;

	while (i < c->in_size && c->in[i] != 0xC0)
		i++;
	for (i++; i < c->in_size; i++) {
		uint8_t b = c->in[i];

		if (b == 0xC0) {
			if (!n)
				continue;
			c->size = n;
			c->in_size -= i + 1;
			memmove(c->in, c->in + i + 1, c->in_size);
			return true;
		}
		if (b == 0xDB && i + 1 < c->in_size)
			b = c->in[++i] == 0xDC ? 0xC0 : 0xDB;
		if (n < sizeof(c->frame))
			c->frame[n++] = b;
	}
	return false;
}

bool client_receive(struct client *c, unsigned ms)
{
	uint64_t until_us = c->now_us + ms * 1000ull;

	take(c);
	while (!cut_frame(c)) {
		if (c->now_us >= until_us)
			return false;
		step(c, until_us);
	}
	return true;
}

void client_ask(struct client *c, uint8_t opcode, const void *data, size_t size)
{
	client_send_command(c, opcode, data, size, 0);
	if (!client_receive(c, 10000))
		fail_msg("no answer to 0x%02x\n%s", opcode, sim_unit_journal(c->unit));
}

void client_ask_words(struct client *c, uint8_t opcode, size_t count, const uint32_t *words)
{
	uint8_t data[64];

	assert_true(count <= sizeof(data) / 4);
	for (size_t i = 0; i < count; i++)
		put32(data + 4 * i, words[i]);
	client_ask(c, opcode, data, 4 * count);
}

void client_ask_block(struct client *c, uint8_t opcode, uint32_t seq, const void *block,
		      size_t size)
{
	uint8_t *data = calloc(1, 16 + size), sum = 0xEF;

	assert_non_null(data);
	put32(data, (uint32_t)size);
	put32(data + 4, seq);
	memcpy(data + 16, block, size);
	for (size_t i = 0; i < size; i++)
		sum ^= data[16 + i];
	client_send_command(c, opcode, data, 16 + size, sum);
	free(data);
	if (!client_receive(c, 60000))
		fail_msg("no answer to block %u of 0x%02x\n%s", seq, opcode,
			 sim_unit_journal(c->unit));
}

/* ---- getting in ---- */

void client_sync(struct client *c)
{
	uint8_t data[36] = { 0x07, 0x07, 0x12, 0x20 };

	memset(data + 4, 0x55, 32);
	for (int tries = 0; tries < 5; tries++) {
		int answers = 0;

		client_send_command(c, 0x08, data, sizeof(data), 0);
		while (client_receive(c, 100))
			answers += c->frame[1] == 0x08;
		if (answers == 8)
			return;
	}
	fail_msg("no answer to SYNC\n%s", sim_unit_journal(c->unit));
}

void client_enter_rom(struct client *c)
{
	client_reset(c, true);
	client_sync(c);
}

void client_enter_stub(struct client *c)
{
	uint8_t code[STUB_BYTES] = { 1, 2, 3 };

	client_enter_rom(c);
	client_ask_words(c, 0x05, WORDS(STUB_BYTES, 1, STUB_BYTES, c->ram));
	client_ask_block(c, 0x07, 0, code, sizeof(code));
	client_ask_words(c, 0x06, WORDS(0, c->ram + 4));
	assert_true(client_receive(c, 100));
	assert_int_equal(c->size, 4);
	assert_memory_equal(c->frame, "OHAI", 4);
}

/* ---- looking ---- */

uint32_t client_value(const struct client *c)
{
	return get32(c->frame + 4);
}

unsigned client_status(const struct client *c, size_t n)
{
	assert_true(c->size >= 10 + n);
	return (unsigned)c->frame[8 + n] << 8 | c->frame[9 + n];
}

uint32_t client_read_reg(struct client *c, uint32_t addr)
{
	client_ask_words(c, 0x0A, WORDS(addr));
	assert_int_equal(c->frame[8], 0);
	return client_value(c);
}

void client_write_reg(struct client *c, uint32_t addr, uint32_t value)
{
	client_ask_words(c, 0x09, WORDS(addr, value, UINT32_MAX, 0));
	assert_int_equal(c->frame[8], 0);
}

/* ---- firmware ---- */

void client_put_image(uint8_t *p, uint16_t chip_id)
{
	unsigned len = 32;
	uint8_t sum = 0xEF;

	memset(p, 0, 24 + 8 + 32);
	p[0] = 0xE9;
	p[1] = 1;
	p[2] = 2;
	put32(p + 4, 0x40080400);
	p[12] = (uint8_t)chip_id;
	p[23] = 1;
	put32(p + 24, 0x3FFF0030);
	put32(p + 28, 16);
	for (int i = 0; i < 16; i++) {
		p[32 + i] = (uint8_t)(17 * i);
		sum ^= p[32 + i];
	}
	p[63] = sum;
	EVP_Digest(p, 64, p + 64, &len, EVP_sha256(), NULL);
}

uint8_t *client_put_firmware(struct client *c, uint32_t boot_offset, uint16_t chip_id)
{
	static const uint8_t app[] = { 0xAA, 0x50, 0, 0x10, 0, 0, 1, 0, 0, 0, 1, 0 };
	size_t size;
	uint8_t *flash = sim_unit_flash_edit(c->unit, &size);

	client_put_image(flash + boot_offset, chip_id);
	memcpy(flash + 0x8000, app, sizeof(app));
	client_put_image(flash + 0x10000, chip_id);
	return flash;
}
