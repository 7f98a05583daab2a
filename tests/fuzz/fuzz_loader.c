/* Whatever a unit sends, the loader comes back with a status, in bounds and in time. */
#include "engine/loader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct babbler {
	struct transport t;
	struct clock clock;
	uint64_t now_us;
	const uint8_t *bytes;
	size_t left;
};

static uint64_t now_us(void *ctx)
{
	return ((struct babbler *)ctx)->now_us;
}

static void sleep_until_us(void *ctx, uint64_t at_us)
{
	struct babbler *b = ctx;

	if (at_us > b->now_us)
		b->now_us = at_us;
}

/* The first byte of each piece says how long it is and whether it comes late. */
static enum status babble(struct transport *t, uint8_t *buf, size_t size, size_t *got,
			  struct deadline d, struct err *err)
{
	struct babbler *b = (struct babbler *)t;
	size_t len;

	(void)err;
	*got = 0;
	if (b->left < 2 || b->bytes[0] >= 0xf0) {
		b->left -= b->left ? 1 : 0;
		b->bytes += b->left ? 1 : 0;
		sleep_until_us(b, d.at_us);
		return STATUS_OK;
	}
	len = 1 + b->bytes[0] % 64;
	if (len > b->left - 1)
		len = b->left - 1;
	if (len > size)
		len = size;
	memcpy(buf, b->bytes + 1, len);
	b->bytes += 1 + len;
	b->left -= 1 + len;
	b->now_us += 100;
	*got = len;
	return STATUS_OK;
}

static enum status swallow(struct transport *t, const uint8_t *buf, size_t size, struct deadline d,
			   struct err *err)
{
	(void)t;
	(void)buf;
	(void)size;
	(void)d;
	(void)err;
	return STATUS_OK;
}

static enum status any_baud(struct transport *t, uint32_t rate_baud, uint32_t *actual_baud,
			    struct err *err)
{
	(void)t;
	(void)err;
	*actual_baud = rate_baud;
	return STATUS_OK;
}

static enum status any_lines(struct transport *t, bool dtr, bool rts, struct err *err)
{
	(void)t;
	(void)dtr;
	(void)rts;
	(void)err;
	return STATUS_OK;
}

static enum status keep(struct transport *t, struct err *err)
{
	(void)t;
	(void)err;
	return STATUS_OK;
}

static void do_nothing(struct transport *t)
{
	(void)t;
}

static const struct transport_ops ops = { babble, swallow, any_baud, any_lines, keep, do_nothing };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct babbler b = { .bytes = data, .left = size };
	uint8_t info[SECURITY_INFO_BYTES], md5[16];
	struct sync_report report;
	struct loader l;
	size_t info_size;
	uint32_t value;
	struct err err;

	b.t.ops = &ops;
	b.t.clock = &b.clock;
	b.clock = (struct clock){ now_us, sleep_until_us, &b };
	if (loader_init(&l, &b.t, 115200, deadline_after_ms(&b.clock, 60000), &err))
		return 0;
	if (size & 1)
		loader_sync(&l, 3, &report, &err);
	for (unsigned n = 0; n < 8 && b.left; n++) {
		if (n == 4)
			l.kind = LOADER_STUB;
		loader_read_reg(&l, 0x40001000, &value, &err);
		loader_security_info(&l, info, &info_size, &err);
		loader_flash_md5(&l, 0, 0x1000, md5, &err);
		loader_flash_data(&l, true, data, size < 64 ? size : 64, n, 100, &err);
	}
	loader_drain(&l, 500, &err);
	assert(b.now_us < 200u * 1000 * 1000);
	loader_release(&l);
	return 0;
}
