/*
 * Whatever a unit answers, while it writes what it is sent: a run ends with a name and in
 * time, and passes only where the flash holds the plan.
 */
#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/blank.h"
#include "engine/flasher.h"
#include "engine/packet.h"
#include "engine/slip.h"

#include <assert.h>
#include <string.h>

#define REGIONS 3
#define FLASH_BYTES 0x20000u
#define BLOCK_HEAD_BYTES 16u
#define FRAME_MOST 17000
#define OUT_MOST 8192
#define MAGIC_REG 0x40001000u
#define ESP32_MAGIC 0x00f01d83u
#define READ_ID 0x9f
#define FLASH_ID 0x1640c8u
#define LONGEST_WAIT_US 2000000u

struct puppet {
	struct transport t;
	struct clock clock;
	uint64_t now_us;
	const uint8_t *bytes; /* how to answer, a byte each */
	size_t left;
	bool is_stub;
	struct slip_reader in;
	uint8_t frame[FRAME_MOST];
	uint8_t out[OUT_MOST];
	size_t out_at, out_len;
	uint8_t spi_op;
	const struct flash_plan *plan;
	uint8_t flash[FLASH_BYTES];
	uint32_t write_at;
};

static uint8_t next(struct puppet *p)
{
	if (!p->left)
		return 0;
	p->left--;
	return *p->bytes++;
}

static uint64_t now_us(void *ctx)
{
	return ((struct puppet *)ctx)->now_us;
}

static void sleep_until_us(void *ctx, uint64_t at_us)
{
	struct puppet *p = ctx;

	if (at_us > p->now_us)
		p->now_us = at_us;
}

/* ---- what the unit says ---- */

static void say(struct puppet *p, const uint8_t *bytes, size_t size)
{
	if (size > OUT_MOST - p->out_len)
		size = OUT_MOST - p->out_len;
	memcpy(p->out + p->out_len, bytes, size);
	p->out_len += size;
}

static void say_answer(struct puppet *p, uint8_t op, uint32_t value, const uint8_t *data,
		       size_t size, uint8_t code)
{
	uint8_t packet[8 + 32 + 4] = { 1, op }, wire[2 * sizeof(packet) + 2];
	size_t body = size + (p->is_stub ? 2 : 4);

	packet[2] = (uint8_t)body;
	put_le32(packet + 4, value);
	if (size)
		memcpy(packet + 8, data, size);
	packet[8 + size] = code && !p->is_stub ? 1 : code;
	packet[9 + size] = p->is_stub ? 0 : code;
	say(p, wire, slip_encode(packet, 8 + body, wire));
}

static uint32_t reg(struct puppet *p, const uint8_t *payload)
{
	uint32_t addr = get_le32(payload);

	if (addr == MAGIC_REG)
		return ESP32_MAGIC;
	if (addr == p->plan->chip->spi.base + p->plan->chip->spi.w0)
		return p->spi_op == READ_ID ? FLASH_ID : next(p);
	return 0;
}

/* Of what the flash holds; now and then of something else. */
static void digest(struct puppet *p, const uint8_t *payload, uint8_t md5[static MD5_BYTES])
{
	uint32_t addr = get_le32(payload), size = get_le32(payload + 4);
	uint8_t what = next(p);

	if (what < 0xe0 && addr < FLASH_BYTES && size <= FLASH_BYTES - addr)
		digest_md5(p->flash + addr, size, md5);
	else if (what < 0xf0 && size <= 0x400000)
		blank_md5(size, md5);
	else
		memset(md5, what, MD5_BYTES);
}

/* A ROM erases at once, a stub as it writes: for a run that is the same. */
static void write_flash(struct puppet *p, uint8_t op, const uint8_t *payload, size_t size)
{
	if (op == OP_FLASH_BEGIN && size >= BLOCK_HEAD_BYTES) {
		uint32_t bytes = (get_le32(payload) + 0xfff) & ~0xfffu;

		p->write_at = get_le32(payload + 12);
		if (p->write_at < FLASH_BYTES && bytes <= FLASH_BYTES - p->write_at)
			memset(p->flash + p->write_at, 0xff, bytes);
	} else if (op == OP_FLASH_DATA && size > BLOCK_HEAD_BYTES) {
		size -= BLOCK_HEAD_BYTES;
		if (p->write_at < FLASH_BYTES && size <= FLASH_BYTES - p->write_at)
			memcpy(p->flash + p->write_at, payload + BLOCK_HEAD_BYTES, size);
		p->write_at += (uint32_t)size;
	} else if (op == OP_ERASE_REGION && size >= 8 && get_le32(payload) < FLASH_BYTES &&
		   get_le32(payload + 4) <= FLASH_BYTES - get_le32(payload)) {
		memset(p->flash + get_le32(payload), 0xff, get_le32(payload + 4));
	}
}

static void say_md5(struct puppet *p, const uint8_t *payload)
{
	uint8_t md5[MD5_BYTES];
	char text[2 * MD5_BYTES + 1];

	digest(p, payload, md5);
	hex_text(md5, MD5_BYTES, text);
	say_answer(p, OP_SPI_FLASH_MD5, 0, p->is_stub ? md5 : (const uint8_t *)text,
		   p->is_stub ? MD5_BYTES : 2 * MD5_BYTES, 0);
}

static void say_right(struct puppet *p, uint8_t op, const uint8_t *payload, size_t size)
{
	const struct spi_regs *spi = &p->plan->chip->spi;

	if (op == OP_READ_REG && size >= 4) {
		say_answer(p, op, reg(p, payload), NULL, 0, 0);
	} else if (op == OP_SPI_FLASH_MD5 && size >= 8) {
		say_md5(p, payload);
	} else if (op == OP_GET_SECURITY_INFO) {
		say_answer(p, op, 0, NULL, 0, 5);
	} else if (op == OP_SYNC) {
		for (unsigned i = 0; i < 8; i++)
			say_answer(p, op, p->is_stub ? 0 : 0x20120707, NULL, 0, 0);
	} else {
		if (op == OP_WRITE_REG && size >= 8 && get_le32(payload) == spi->base + spi->usr2)
			p->spi_op = payload[4];
		say_answer(p, op, 0, NULL, 0, 0);
	}
}

static void answer(struct puppet *p)
{
	uint8_t how = next(p), op = p->frame[1];
	const uint8_t *payload = p->frame + PACKET_HEADER_BYTES;
	size_t size = p->in.len - PACKET_HEADER_BYTES, before = p->out_len;

	if (how < 0xb8 || how >= 0xd8)
		write_flash(p, op, payload, size);
	if (how < 0xb8) {
		say_right(p, op, payload, size);
	} else if (how < 0xc8) {
		say_answer(p, op, 0, NULL, 0, next(p));
	} else if (how < 0xd8) {
		uint8_t len = next(p);

		say(p, p->bytes, len < p->left ? len : p->left);
	} else if (how < 0xe8) {
		say_right(p, op, payload, size);
		if (p->out_len > before)
			p->out[before + next(p) % (p->out_len - before)] ^= 1u << (how & 7);
	} else if (how < 0xf0) {
		say_right(p, op ^ 1u, payload, size);
	} else if (how < 0xf4) {
		p->is_stub = !p->is_stub;
	} /* else silence */
}

/* ---- the port ---- */

static enum status speak(struct transport *t, uint8_t *buf, size_t size, size_t *got,
			 struct deadline d, struct err *err)
{
	struct puppet *p = (struct puppet *)t;

	(void)err;
	*got = p->out_len - p->out_at < size ? p->out_len - p->out_at : size;
	memcpy(buf, p->out + p->out_at, *got);
	p->out_at += *got;
	if (p->out_at == p->out_len)
		p->out_at = p->out_len = 0;
	if (*got)
		p->now_us += 100;
	else
		sleep_until_us(p, d.at_us);
	return STATUS_OK;
}

static enum status listen(struct transport *t, const uint8_t *buf, size_t size, struct deadline d,
			  struct err *err)
{
	struct puppet *p = (struct puppet *)t;

	(void)d;
	(void)err;
	p->now_us += 200 + size * 10;
	for (size_t at = 0; at < size;) {
		bool is_complete;

		at += slip_take(&p->in, buf + at, size - at, &is_complete);
		if (is_complete && p->in.len >= PACKET_HEADER_BYTES)
			answer(p);
	}
	return STATUS_OK;
}

static enum status take_rate(struct transport *t, uint32_t rate_baud, uint32_t *actual_baud,
			     struct err *err)
{
	(void)t;
	(void)err;
	*actual_baud = rate_baud;
	return STATUS_OK;
}

static enum status take_lines(struct transport *t, bool dtr, bool rts, struct err *err)
{
	(void)t;
	(void)dtr;
	(void)rts;
	(void)err;
	return STATUS_OK;
}

static enum status drop(struct transport *t, struct err *err)
{
	struct puppet *p = (struct puppet *)t;

	(void)err;
	p->out_at = p->out_len = 0;
	return STATUS_OK;
}

static void leave(struct transport *t)
{
	(void)t;
}

static const struct transport_ops ops = { speak, listen, take_rate, take_lines, drop, leave };

/* ---- the plan ---- */

static const struct link_profile link_profile = {
	.resets = { RESET_TIGHT, RESET_CLASSIC },
	.reset_count = 2,
	.rates = { 921600 },
	.rate_count = 1,
	.ram_block_bytes = 0x1800,
};

static void fill_plan(const uint8_t *shape, uint8_t *bytes, struct flash_region *regions,
		      struct flash_variant *variant, struct flash_plan *plan)
{
	static const uint32_t addrs[REGIONS] = { 0x8000, 0x10000, 0x1000 };
	static const size_t sizes[REGIONS] = { 0xc00, 0x9004, 0x1000 };
	static const struct flash_range room = { 0x9000, 0x5000 };

	for (size_t i = 0, at = 0; i < REGIONS; at += sizes[i++]) {
		regions[i] = (struct flash_region){ .label = "image",
						    .addr = addrs[i],
						    .data = bytes + at,
						    .size_bytes = sizes[i],
						    .is_boot_sector = i == REGIONS - 1 };
		for (size_t n = 0; n < sizes[i]; n++)
			bytes[at + n] = (uint8_t)(n * 7 + n / 251 + i);
		digest_md5(regions[i].data, sizes[i], regions[i].md5);
	}
	*variant = (struct flash_variant){ .regions = regions, .region_count = REGIONS };
	*plan = (struct flash_plan){
		.chip = chip_by_magic(ESP32_MAGIC),
		.max_rev = UINT16_MAX,
		.end_addr = 0x20000,
		.variants = variant,
		.variant_count = 1,
		.erase = shape[0] & 1 ? ERASE_ROOMS : ERASE_SECTORS,
		.rooms = &room,
		.room_count = shape[0] & 1,
		.stub = STUB_NEVER,
		.skip = shape[0] & 2 ? SKIP_UNCHANGED : SKIP_NEVER,
		.tries = 1 + (shape[0] >> 2) % 3,
		.clear_protection = shape[0] & 16,
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct puppet p;
	static uint8_t bytes[0x10000];
	static struct flash_report report;
	struct flash_region regions[REGIONS];
	struct flash_variant variant;
	struct flash_plan plan;
	struct flash_job job = {
		.kind = FLASH_RUN_FLASH, .plan = &plan, .link = &link_profile, .transport = &p.t
	};
	enum status st;

	if (size < 2)
		return 0;
	fill_plan(data, bytes, regions, &variant, &plan);
	memset(&p, 0, sizeof(p));
	p.t.ops = &ops;
	p.t.clock = &p.clock;
	p.clock = (struct clock){ now_us, sleep_until_us, &p };
	p.bytes = data + 1;
	p.left = size - 1;
	p.plan = &plan;
	p.is_stub = data[0] & 32;
	memset(p.flash, data[0] & 128 ? 0xff : 0x5a, sizeof(p.flash));
	slip_reader_init(&p.in, p.frame, sizeof(p.frame));
	if (data[0] & 64)
		job.kind = FLASH_RUN_VERIFY;
	st = flasher_run(&job, &report);
	for (size_t i = 0; i < REGIONS && !st; i++)
		assert(memcmp(p.flash + regions[i].addr, regions[i].data, regions[i].size_bytes) ==
		       0);
	assert(report.total_us <=
	       flasher_limit_ms(&plan, &link_profile) * UINT64_C(1000) + LONGEST_WAIT_US);
	return 0;
}
