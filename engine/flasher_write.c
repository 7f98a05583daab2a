/*
 * One region on its way into the flash, and its proof.
 *
 * An answer to a block means "received", never "written"; after silence no block
 * is sent again; what the stub refuses with a bad checksum it has not consumed.
 * docs/protocol.md, what a flasher may believe.
 */
#include "engine/flasher_run.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <string.h>

/* A region is begun at most so often in one try, a refused block sent. */
#define REGION_STARTS_MAX 3
#define BLOCK_SENDS_MAX 3
#define END_ASKS_MAX 2

#define STUB_BAD_LENGTH 0xc0
#define STUB_BAD_CHECKSUM 0xc1
#define STUB_BEGIN_MS 3000
#define PAGE_BYTES 256u
#define MD5_ASKS_MAX 3
/* Of 128: two contents differ in about 64, in so few never; that is a damaged answer. */
#define MD5_NEAR_BITS 16

/* ---- what a refusal means ---- */

/*
 * The chip's own no to erasing or writing. Every other code says that a request
 * did not arrive as it was sent, which is the link's fault.
 */
static const struct {
	enum loader_kind kind;
	uint8_t code;
} chip_says_no[] = {
	{ LOADER_STUB, 0xc4 }, /* flash operation failed */
	{ LOADER_STUB, 0xc5 }, /* flash unlock failed */
	{ LOADER_ROM, 0x06 },  /* erase failed */
	{ LOADER_ROM, 0x08 },  /* read back differs */
};

static uint8_t refusal_code(const struct err *err)
{
	return err->device_len >= 2 ? loader_code(err->device[0], err->device[1]) : 0;
}

static enum status judge_refusal(struct run *r, const struct flash_region *g, const char *when,
				 enum status chips_no)
{
	struct err why = r->report->err;
	uint8_t code = refusal_code(&why);
	enum status st = STATUS_GARBLED;

	for (size_t i = 0; i < sizeof(chip_says_no) / sizeof(chip_says_no[0]); i++) {
		if (chip_says_no[i].kind == r->loader.kind && chip_says_no[i].code == code)
			st = chips_no;
	}
	return err_set_device(&r->report->err, st, why.device, why.device_len, "%s at %08x, %s: %s",
			      g->label, (unsigned)g->addr, when, why.text);
}

/* ---- begin, blocks, end ---- */

struct sending {
	const uint8_t *bytes;
	size_t size_bytes;
	bool is_packed;
	uint32_t block_bytes, blocks;
	uint32_t write_bytes; /* as the loader wants it declared */
	size_t sent_bytes;    /* of bytes, so far */
};

static struct sending plan_sending(const struct run *r, const struct flash_region *g)
{
	struct sending s = {
		.is_packed = r->plan->compress && g->packed && !r->is_unprovable,
		.block_bytes = r->way.data_block_bytes,
		.write_bytes = (uint32_t)g->size_bytes,
	};

	s.bytes = s.is_packed ? g->packed : g->data;
	s.size_bytes = s.is_packed ? g->packed_bytes : g->size_bytes;
	s.blocks = (uint32_t)((s.size_bytes + s.block_bytes - 1) / s.block_bytes);
	/* A ROM wants whole blocks declared; they divide a sector, so none is added. */
	if (s.is_packed && r->loader.kind == LOADER_ROM)
		s.write_bytes = (s.write_bytes + s.block_bytes - 1) / s.block_bytes * s.block_bytes;
	return s;
}

static uint32_t sector_end(const struct flash_region *g)
{
	uint32_t end = g->addr + (uint32_t)g->size_bytes;

	return (end + FLASH_SECTOR_BYTES - 1) / FLASH_SECTOR_BYTES * FLASH_SECTOR_BYTES;
}

static enum status begin(struct run *r, const struct flash_region *g, const struct sending *s)
{
	struct flash_report *report = r->report;
	bool is_rom = r->loader.kind == LOADER_ROM;
	unsigned words = is_rom ? report->ident.chip->rom_begin_words : 4;
	uint32_t wait_ms = is_rom ? loader_erase_ms(s->write_bytes) : STUB_BEGIN_MS;
	enum status st;

	/*
	 * A ROM erases the whole range before it answers, and believes a size that was
	 * altered on its way; with the flash ending here it can erase nothing behind.
	 */
	if (is_rom)
		TRY(loader_spi_params(&r->loader, sector_end(g), &report->err));
	st = loader_flash_begin(&r->loader, s->is_packed, s->write_bytes, s->blocks, s->block_bytes,
				g->addr, words, wait_ms, &report->err);
	if (st == STATUS_REFUSED)
		return judge_refusal(r, g, "begin", STATUS_ERASE_REFUSED);
	if (!st && is_rom)
		st = run_set_flash_size(r, r->flash_bytes);
	return st;
}

/*
 * The answer to a block comes when the one before it has been written: inflated,
 * that can be nearly all of the region.
 */
static uint32_t block_wait_ms(const struct flash_region *g, const struct sending *s)
{
	size_t left = g->size_bytes;

	if (!s->is_packed)
		left = 2 * (size_t)s->block_bytes + 0x10000;
	return loader_write_ms((uint32_t)left);
}

static enum status send_block(struct run *r, const struct flash_region *g, const struct sending *s,
			      uint32_t seq, size_t len)
{
	struct err *err = &r->report->err;

	for (unsigned n = 1;; n++) {
		enum status st =
			loader_flash_data(&r->loader, s->is_packed, s->bytes + s->sent_bytes, len,
					  seq, block_wait_ms(g, s), err);

		if (st != STATUS_REFUSED)
			return st;
		if (r->loader.kind != LOADER_STUB || refusal_code(err) != STUB_BAD_CHECKSUM ||
		    n == BLOCK_SENDS_MAX)
			return judge_refusal(r, g, "block", STATUS_WRITE_REFUSED);
		r->is_odd = true;
		run_evidence(r, "block of %zu bytes refused with C1", len);
		run_log(r, "%s: block %u of %u refused with C1, not consumed: sent again", g->label,
			(unsigned)seq + 1, (unsigned)s->blocks);
	}
}

static enum status send_blocks(struct run *r, const struct flash_region *g, struct sending *s)
{
	for (uint32_t seq = 0; seq < s->blocks; seq++) {
		size_t len = s->size_bytes - s->sent_bytes;

		if (len > s->block_bytes)
			len = s->block_bytes;
		TRY(send_block(r, g, s, seq, len));
		s->sent_bytes += len;
		run_progress(r, r->done_bytes +
					(uint64_t)g->size_bytes * s->sent_bytes / s->size_bytes);
	}
	return STATUS_OK;
}

/*
 * The end is answered when all is written. A stub that was told another size
 * than was sent says so here, twice: then the request that began the region was
 * altered, and the unit has erased something that nobody planned.
 */
static enum status end(struct run *r, const struct flash_region *g, const struct sending *s)
{
	struct err *err = &r->report->err;
	enum status st;

	if (r->loader.kind == LOADER_ROM && !s->is_packed)
		return STATUS_OK; /* it would leave the loader */
	for (unsigned n = 1;; n++) {
		st = loader_flash_end(&r->loader, s->is_packed, block_wait_ms(g, s), err);
		if (st != STATUS_REFUSED || refusal_code(err) != STUB_BAD_LENGTH ||
		    n == END_ASKS_MAX)
			break;
	}
	if (st != STATUS_REFUSED)
		return st;
	if (r->loader.kind == LOADER_STUB && refusal_code(err) == STUB_BAD_LENGTH)
		run_astray(r, g->label);
	return judge_refusal(r, g, "end",
			     r->loader.kind == LOADER_STUB ? STATUS_WRITE_REFUSED : STATUS_GARBLED);
}

static enum status send_region(struct run *r, const struct flash_region *g,
			       struct data_phase *phase)
{
	struct sending s = plan_sending(r, g);
	uint64_t start_us, start_bytes;

	TRY(begin(r, g, &s));
	start_us = clock_now_us(r->loader.clock);
	start_bytes = r->loader.sent_bytes;
	TRY(send_blocks(r, g, &s));
	TRY(end(r, g, &s));
	if (phase) {
		phase->raw_bytes += g->size_bytes;
		phase->wire_bytes += r->loader.sent_bytes - start_bytes;
		phase->took_us += clock_now_us(r->loader.clock) - start_us;
	}
	return STATUS_OK;
}

static bool may_begin_again(const struct run *r, enum status st)
{
	return !r->is_astray && (st == STATUS_NO_ANSWER || st == STATUS_GARBLED);
}

enum status run_write_region(struct run *r, const struct flash_region *g, struct data_phase *phase)
{
	for (unsigned n = 1;; n++) {
		enum status st = send_region(r, g, phase);

		if (!st || n == REGION_STARTS_MAX || !may_begin_again(r, st))
			return st;
		run_log(r, "%s: %s; the region is begun again", g->label, r->report->err.text);
		TRY(run_resync(r));
	}
}

/* ---- proof ---- */

enum status run_ask_md5(struct run *r, uint32_t addr, size_t size_bytes,
			uint8_t md5[static MD5_BYTES])
{
	struct err *err = &r->report->err;
	enum status st = loader_flash_md5(&r->loader, addr, (uint32_t)size_bytes, md5, err);

	if (st != STATUS_NO_ANSWER && st != STATUS_GARBLED && st != STATUS_REFUSED)
		return st;
	run_log(r, "%s; asked again", err->text);
	TRY(run_resync(r));
	return loader_flash_md5(&r->loader, addr, (uint32_t)size_bytes, md5, err);
}

enum status run_region_equals(struct run *r, const struct flash_region *g, bool *is_equal)
{
	uint8_t md5[MD5_BYTES];

	*is_equal = false;
	if (r->is_unprovable)
		return STATUS_OK;
	TRY(run_ask_md5(r, g->addr, g->size_bytes, md5));
	*is_equal = memcmp(md5, g->md5, MD5_BYTES) == 0;
	return STATUS_OK;
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

/* The chip has said no when it said so twice in the same words, far from the plan's. */
static enum status judge_difference(struct run *r, const struct flash_region *g,
				    const uint8_t md5[static MD5_BYTES], bool is_said_twice)
{
	char is[2 * MD5_BYTES + 1], planned[2 * MD5_BYTES + 1];
	unsigned bits = differing_bits(md5, g->md5);
	struct err *err = &r->report->err;

	hex_text(md5, MD5_BYTES, is);
	hex_text(g->md5, MD5_BYTES, planned);
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
		       "%s at %08x: the chip's MD5 of %zu bytes is %s, the plan's %s", g->label,
		       (unsigned)g->addr, g->size_bytes, is, planned);
}

enum status run_prove_region(struct run *r, const struct flash_region *g)
{
	uint8_t md5[MD5_BYTES], last[MD5_BYTES];
	bool is_said_twice = false;

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

/* Its first page that is not blank: did that arrive where it belongs? */
static enum status is_in_place(struct run *r, const struct flash_region *g, bool *is_there)
{
	uint8_t planned[MD5_BYTES], md5[MD5_BYTES];
	size_t at = 0;
	size_t len;

	while (at + PAGE_BYTES < g->size_bytes && g->data[at] == 0xff)
		at += PAGE_BYTES;
	len = g->size_bytes - at < PAGE_BYTES ? g->size_bytes - at : PAGE_BYTES;
	digest_md5(g->data + at, len, planned);
	TRY(run_ask_md5(r, g->addr + (uint32_t)at, len, md5));
	*is_there = differing_bits(md5, planned) < MD5_NEAR_BITS;
	return STATUS_OK;
}

enum status run_prove_written(struct run *r, const struct flash_region *g)
{
	enum status st = run_prove_region(r, g);
	struct err why = r->report->err;
	bool is_there;

	if (st != STATUS_MD5_MISMATCH)
		return st;
	TRY(is_in_place(r, g, &is_there));
	r->report->err = why;
	if (!is_there)
		run_astray(r, g->label);
	return st;
}
