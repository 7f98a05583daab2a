/*
 * What the chip says of its flash: MD5s, and when one of them may be believed.
 *
 * A question changes nothing and may be put again. An MD5 that equals the plan's is
 * proof: no damaged answer makes one. An MD5 that differs is believed when it was
 * said twice. docs/protocol.md, what a flasher may believe.
 */
#include "engine/flasher_run.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <string.h>

#define MD5_ASKS_MAX 3
/* Of 128: two contents differ in about 64, in so few never; that is a damaged answer. */
#define MD5_NEAR_BITS 16

enum status run_ask_md5(struct run *r, uint32_t addr, size_t size_bytes,
			uint8_t md5[static MD5_BYTES])
{
	struct err *err = &r->report->err;
	enum status st = loader_flash_md5(&r->loader, addr, (uint32_t)size_bytes, md5, err);

	if (!loader_was_lost(st) && st != STATUS_REFUSED)
		return st;
	run_log(r, "%s; asked again", err->text);
	TRY(run_resync(r));
	return loader_flash_md5(&r->loader, addr, (uint32_t)size_bytes, md5, err);
}

enum status run_ask_md5_surely(struct run *r, uint32_t addr, size_t size_bytes,
			       uint8_t md5[static MD5_BYTES])
{
	uint8_t again[MD5_BYTES];

	TRY(run_ask_md5(r, addr, size_bytes, md5));
	for (unsigned n = 0; n < MD5_ASKS_MAX; n++) {
		TRY(run_ask_md5(r, addr, size_bytes, again));
		if (memcmp(md5, again, MD5_BYTES) == 0)
			return STATUS_OK;
		memcpy(md5, again, MD5_BYTES);
	}
	return err_set(&r->report->err, STATUS_GARBLED,
		       "the MD5 at %08x reads differently every time", (unsigned)addr);
}

enum status run_range_equals(struct run *r, const struct flash_region *g, size_t at, size_t size,
			     bool *is_equal)
{
	uint8_t planned[MD5_BYTES], md5[MD5_BYTES];

	*is_equal = false;
	if (r->is_unprovable)
		return STATUS_OK;
	TRY(run_ask_md5(r, g->addr + (uint32_t)at, size, md5));
	digest_md5(g->data + at, size, planned);
	*is_equal = memcmp(md5, planned, MD5_BYTES) == 0;
	return STATUS_OK;
}

enum status run_region_equals(struct run *r, const struct flash_region *g, bool *is_equal)
{
	return run_range_equals(r, g, 0, g->size_bytes, is_equal);
}

static unsigned differing_bits(const uint8_t a[static MD5_BYTES], const uint8_t b[static MD5_BYTES])
{
	unsigned bits = 0;

	for (size_t i = 0; i < MD5_BYTES; i++) {
		for (unsigned x = a[i] ^ b[i]; x; x &= x - 1)
			bits++;
	}
	return bits;
}

bool run_md5s_alike(const uint8_t a[static MD5_BYTES], const uint8_t b[static MD5_BYTES])
{
	return differing_bits(a, b) < MD5_NEAR_BITS;
}

/*
 * The first sector that is not as planned; the region as a whole is known not to be.
 * Only for the message: what cannot be asked stays the region's beginning.
 */
static uint32_t first_wrong_sector(struct run *r, const struct flash_region *g)
{
	size_t first = 0, count = run_sector_count(g);
	struct err told = r->report->err;

	while (count > 1) {
		size_t half = count / 2;
		size_t at = first * FLASH_SECTOR_BYTES;
		bool is_equal;

		if (run_range_equals(r, g, at, half * FLASH_SECTOR_BYTES, &is_equal))
			break;
		first += is_equal ? half : 0;
		count = is_equal ? count - half : half;
	}
	r->report->err = told;
	return g->addr + (uint32_t)(first * FLASH_SECTOR_BYTES);
}

void run_name_sector(struct run *r, const struct flash_region *g)
{
	struct err why = r->report->err;

	if (r->is_unprovable)
		return;
	err_set_device(&r->report->err, why.status, why.device, why.device_len,
		       "%.400s; the first sector that differs is at %08x", why.text,
		       (unsigned)first_wrong_sector(r, g));
}

/* The chip has said no when it said so twice in the same words, far from the plan's. */
static enum status judge_difference(struct run *r, const struct flash_region *g,
				    const uint8_t md5[static MD5_BYTES], bool is_said_twice)
{
	char is[2 * MD5_BYTES + 1] = "(secret)", planned[2 * MD5_BYTES + 1] = "another one";
	unsigned bits = differing_bits(md5, g->md5);
	struct err *err = &r->report->err;

	if (!g->is_secret) {
		hex_text(md5, MD5_BYTES, is);
		hex_text(g->md5, MD5_BYTES, planned);
	}
	if (bits < MD5_NEAR_BITS)
		return err_set(err, STATUS_GARBLED,
			       "%s at %08x: MD5 %s arrived and differs from the plan's in %u of "
			       "128 bits: no other content does, the answer was altered",
			       g->label, (unsigned)g->addr, is, bits);
	if (!is_said_twice)
		return err_set(err, STATUS_GARBLED,
			       "%s at %08x: the chip's MD5 arrives differently every time, last %s",
			       g->label, (unsigned)g->addr, is);
	return err_set(err, STATUS_MD5_MISMATCH,
		       "%s at %08x: the chip's MD5 of %zu bytes is %s, the plan's %s; the first "
		       "sector that differs is at %08x",
		       g->label, (unsigned)g->addr, g->size_bytes, is, planned,
		       (unsigned)first_wrong_sector(r, g));
}

enum status run_prove_region(struct run *r, const struct flash_region *g)
{
	uint8_t md5[MD5_BYTES], last[MD5_BYTES];
	bool is_said_twice = false;

	r->subject = g->addr;
	if (r->is_unprovable)
		return STATUS_OK;
	for (unsigned n = 0; n < MD5_ASKS_MAX && !is_said_twice; n++) {
		TRY(run_ask_md5(r, g->addr, g->size_bytes, md5));
		if (memcmp(md5, g->md5, MD5_BYTES) == 0)
			return STATUS_OK;
		is_said_twice = n && memcmp(md5, last, MD5_BYTES) == 0;
		memcpy(last, md5, MD5_BYTES);
	}
	return judge_difference(r, g, md5, is_said_twice);
}
