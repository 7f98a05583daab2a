#include "tests/engine/reg_unit.h"

#include "engine/base/bytes.h"

#include <assert.h>
#include <string.h>

#define SPI_CMD_USR (1u << 18)

static uint64_t now(void *ctx)
{
	return ((struct reg_unit *)ctx)->now_us;
}

static void sleep_until(void *ctx, uint64_t at_us)
{
	struct reg_unit *u = ctx;

	if (at_us > u->now_us)
		u->now_us = at_us;
}

static struct reg_unit *unit_of(struct transport *t)
{
	return (struct reg_unit *)(void *)t;
}

void reg_unit_set(struct reg_unit *u, uint32_t addr, uint32_t value)
{
	for (size_t i = 0; i < u->reg_count; i++) {
		if (u->addrs[i] == addr) {
			u->values[i] = value;
			return;
		}
	}
	assert(u->reg_count < REG_UNIT_REGS);
	u->addrs[u->reg_count] = addr;
	u->values[u->reg_count++] = value;
}

uint32_t reg_unit_get(const struct reg_unit *u, uint32_t addr)
{
	for (size_t i = 0; i < u->reg_count; i++) {
		if (u->addrs[i] == addr)
			return u->values[i];
	}
	return 0;
}

static void answer(struct reg_unit *u, uint8_t op, uint32_t value, const uint8_t *data, size_t size,
		   uint8_t status, uint8_t error)
{
	uint8_t packet[64] = { 0x01, op };

	size_t status_bytes = u->has_short_status ? 2 : 4;

	put_le16(packet + 2, (uint16_t)(size + status_bytes));
	put_le32(packet + 4, value);
	if (size)
		memcpy(packet + 8, data, size);
	packet[8 + size] = status;
	packet[9 + size] = error;
	u->out_len += slip_encode(packet, size + 8 + status_bytes, u->out + u->out_len);
}

static void write_regs(struct reg_unit *u, const uint8_t *p, size_t size)
{
	for (; size >= 16; p += 16, size -= 16) {
		uint32_t addr = get_le32(p), mask = get_le32(p + 8);

		reg_unit_set(u, addr, (reg_unit_get(u, addr) & ~mask) | (get_le32(p + 4) & mask));
		if (addr == u->spi_cmd_reg && (get_le32(p + 4) & SPI_CMD_USR)) {
			reg_unit_set(u, u->spi_w0_reg, u->flash_id);
			reg_unit_set(u, addr, 0);
		}
	}
}

static void take_mem_data(struct reg_unit *u, uint8_t op, const uint8_t *p)
{
	uint32_t len = get_le32(p);

	if (u->largest_block && len > u->largest_block) {
		answer(u, op, 0, NULL, 0, 1, 0x07);
		return;
	}
	assert(u->ram_len + len <= sizeof(u->ram));
	memcpy(u->ram + u->ram_len, p + 16, len);
	u->ram_len += len;
	answer(u, op, 0, NULL, 0, 0, 0);
}

static void read_reg(struct reg_unit *u, uint8_t op, uint32_t addr)
{
	uint32_t value = reg_unit_get(u, addr);

	u->reads++;
	if (u->refuses_registers) {
		answer(u, op, 0, NULL, 0, 1, 0x05);
		return;
	}
	answer(u, op, u->reads == u->lie_at ? value ^ 0x10 : value, NULL, 0, 0, 0);
}

static void take_frame(struct reg_unit *u, const uint8_t *f)
{
	uint8_t op = f[1];
	const uint8_t *p = f + 8;

	switch (op) {
	case 0x05:
		u->ram_addr[u->ram_begins % 4] = get_le32(p + 12);
		u->ram_total[u->ram_begins++ % 4] = get_le32(p);
		answer(u, op, 0, NULL, 0, 0, 0);
		break;
	case 0x06:
		u->entry = get_le32(p + 4);
		answer(u, op, 0, NULL, 0, 0, 0);
		u->out_len += slip_encode((const uint8_t *)"OHAI", 4, u->out + u->out_len);
		break;
	case 0x07:
		take_mem_data(u, op, p);
		break;
	case 0x09:
		write_regs(u, p, get_le16(f + 2));
		answer(u, op, 0, NULL, 0, 0, 0);
		break;
	case 0x0a:
		read_reg(u, op, get_le32(p));
		break;
	case 0x0d:
		u->attached_pins = get_le32(p);
		answer(u, op, 0, NULL, 0, 0, 0);
		break;
	case 0x14:
		if (u->has_security) {
			answer(u, op, 0, u->security, u->security_size, 0, 0);
			break;
		}
		answer(u, u->last_op, 0, NULL, 0, 1, 0x05);
		return;
	default:
		answer(u, u->last_op, 0, NULL, 0, 1, 0x05);
		return;
	}
	u->last_op = op;
}

static enum status unit_write(struct transport *t, const uint8_t *buf, size_t size,
			      struct deadline d, struct err *err)
{
	struct reg_unit *u = unit_of(t);
	bool is_complete;

	(void)d;
	(void)err;
	u->now_us += size;
	for (size_t at = 0; at < size;) {
		at += slip_take(&u->reader, buf + at, size - at, &is_complete);
		if (is_complete)
			take_frame(u, u->frame);
	}
	return STATUS_OK;
}

static enum status unit_read(struct transport *t, uint8_t *buf, size_t size, size_t *got,
			     struct deadline d, struct err *err)
{
	struct reg_unit *u = unit_of(t);

	(void)err;
	*got = u->out_len - u->out_at < size ? u->out_len - u->out_at : size;
	memcpy(buf, u->out + u->out_at, *got);
	u->out_at += *got;
	if (u->out_at == u->out_len)
		u->out_at = u->out_len = 0;
	if (!*got)
		sleep_until(u, d.at_us);
	return STATUS_OK;
}

static enum status unit_set_baud(struct transport *t, uint32_t rate_baud, uint32_t *actual_baud,
				 struct err *err)
{
	(void)t;
	(void)err;
	*actual_baud = rate_baud;
	return STATUS_OK;
}

static enum status unit_set_lines(struct transport *t, bool dtr, bool rts, struct err *err)
{
	(void)t;
	(void)dtr;
	(void)rts;
	(void)err;
	return STATUS_OK;
}

static enum status unit_discard(struct transport *t, struct err *err)
{
	(void)err;
	unit_of(t)->out_at = unit_of(t)->out_len = 0;
	return STATUS_OK;
}

static void unit_close(struct transport *t)
{
	(void)t;
}

static const struct transport_ops unit_ops = {
	.read = unit_read,
	.write = unit_write,
	.set_baud = unit_set_baud,
	.set_lines = unit_set_lines,
	.discard = unit_discard,
	.close = unit_close,
};

void reg_unit_init(struct reg_unit *u)
{
	enum status st;

	memset(u, 0, sizeof(*u));
	u->clock = (struct clock){ .now_us = now, .sleep_until_us = sleep_until, .ctx = u };
	u->base = (struct transport){ .ops = &unit_ops, .clock = &u->clock };
	slip_reader_init(&u->reader, u->frame, sizeof(u->frame));
	st = loader_init(&u->loader, &u->base, 115200, deadline_after_ms(&u->clock, 600000), NULL);
	assert(st == STATUS_OK);
	(void)st;
}

void reg_unit_release(struct reg_unit *u)
{
	loader_release(&u->loader);
}
