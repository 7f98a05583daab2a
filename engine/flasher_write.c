/*
 * One contiguous part on its way into the flash: BEGIN, blocks, END.
 *
 * An answer to a block means "received", never "written"; after silence no block
 * is sent again; what the stub refuses as damaged it has not consumed.
 * docs/protocol.md, what a flasher may believe.
 */
#include "engine/flasher_run.h"

/* A block is sent so often in one size before it is sent in a smaller one. */
#define BLOCK_SENDS_MAX 2
#define END_ASKS_MAX 2

#define STUB_BAD_LENGTH 0xc0
#define STUB_BAD_CHECKSUM 0xc1
#define STUB_TOO_LITTLE 0xc8
#define STUB_TOO_MUCH 0xc9
#define STUB_BEGIN_MS 3000
/* A stub erases ahead in blocks, and keeps as much of a stream as its inflater looks back. */
#define ERASE_AHEAD_BYTES 0x10000u
#define WINDOW_BYTES 0x8000u
/* Deflate cannot do better: 258 bytes for two bits. RFC 1951. */
#define INFLATE_MOST 1032u

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

enum status run_judge_code(const struct run *r, const struct err *err, enum status chips_no)
{
	uint8_t code = refusal_code(err);

	for (size_t i = 0; i < sizeof(chip_says_no) / sizeof(chip_says_no[0]); i++) {
		if (chip_says_no[i].kind == r->loader.kind && chip_says_no[i].code == code)
			return chips_no;
	}
	return STATUS_GARBLED;
}

static enum status judge_refusal(struct run *r, const struct flash_region *g, const char *when,
				 enum status chips_no)
{
	struct err why = r->report->err;

	return err_set_device(&r->report->err, run_judge_code(r, &why, chips_no), why.device,
			      why.device_len, "%s at %08x, %s: %s", g->label, (unsigned)g->addr,
			      when, why.text);
}

/* ---- begin ---- */

struct sending {
	const struct flash_region *part;
	const uint8_t *bytes;
	size_t size_bytes;
	bool is_packed;
	uint32_t block_bytes, blocks;
	uint32_t write_bytes; /* as the loader wants it declared */
	size_t sent_bytes;    /* of bytes, so far */
	uint32_t last_bytes;  /* the block before */
};

static struct sending plan_sending(const struct run *r, const struct flash_region *g)
{
	struct sending s = {
		.part = g,
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
	return g->addr + (uint32_t)(run_sector_count(g) * FLASH_SECTOR_BYTES);
}

static enum status begin(struct run *r, const struct sending *s, bool *is_begun)
{
	const struct flash_region *g = s->part;
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
	*is_begun = !st;
	if (!st && is_rom)
		st = run_set_flash_size(r, r->flash_bytes);
	return st;
}

/* ---- blocks ---- */

/* What bytes from .. to of a stream make at most: as measured, else what any could. */
static size_t inflated(const struct sending *s, size_t from, size_t to)
{
	const uint32_t *marks = s->part->packed_marks;

	if (!s->is_packed)
		return to - from;
	if (marks)
		return marks[(to + PACK_MARK_BYTES - 1) / PACK_MARK_BYTES] -
		       marks[from / PACK_MARK_BYTES];
	return (to - from) * INFLATE_MOST;
}

/* The answer to a block comes when the one before it has been written. */
static uint32_t block_wait_ms(const struct sending *s, size_t len)
{
	size_t bytes = inflated(s, s->sent_bytes - s->last_bytes, s->sent_bytes + len);

	if (s->is_packed)
		bytes += WINDOW_BYTES;
	if (bytes > s->part->size_bytes)
		bytes = s->part->size_bytes;
	return loader_write_ms((uint32_t)(bytes + ERASE_AHEAD_BYTES));
}

bool run_shrink_data(struct run *r)
{
	struct way next = r->way;

	if (!way_shrink_data(&next))
		return false;
	run_add_way(r);
	run_use_way(r, &next);
	return true;
}

/*
 * Refusals by which the stub says that a block came damaged. It looks at length and sum
 * before it touches the block, ignores the numbers declared in BEGIN and knows no block
 * boundaries in a stream: the same bytes may go again in blocks of any size.
 */
static bool is_not_consumed(const struct run *r, const struct sending *s)
{
	uint8_t code = refusal_code(&r->report->err);

	if (r->loader.kind != LOADER_STUB)
		return false; /* a ROM has used up the sequence number */
	if (!s->is_packed && (code == STUB_TOO_LITTLE || code == STUB_TOO_MUCH))
		return true;
	return code == STUB_BAD_LENGTH || code == STUB_BAD_CHECKSUM;
}

static void note_refused(struct run *r, const struct sending *s, size_t len)
{
	uint8_t code = refusal_code(&r->report->err);

	r->is_odd = true;
	run_log(r,
		"%s: block of %zu bytes refused with %02X at %zu of %zu, not consumed: sent again",
		s->part->label, len, code, s->sent_bytes, s->size_bytes);
}

static enum status send_blocks(struct run *r, struct sending *s)
{
	const struct flash_region *g = s->part;
	struct err *err = &r->report->err;
	uint64_t base = r->done_bytes;
	unsigned sends = 0;

	/* Only the first block may be number 0: with it the stub's inflater starts anew. */
	for (uint32_t seq = 0; s->sent_bytes < s->size_bytes;) {
		size_t len = s->size_bytes - s->sent_bytes;
		enum status st;

		if (len > s->block_bytes)
			len = s->block_bytes;
		st = loader_flash_data(&r->loader, s->is_packed, s->bytes + s->sent_bytes, len, seq,
				       block_wait_ms(s, len), err);
		if (!st) {
			seq++;
			sends = 0;
			s->sent_bytes += len;
			s->last_bytes = (uint32_t)len;
			run_progress(r, base + (uint64_t)g->size_bytes * s->sent_bytes /
							s->size_bytes);
			continue;
		}
		if (st != STATUS_REFUSED)
			return st;
		if (!is_not_consumed(r, s))
			return judge_refusal(r, g, "block", STATUS_WRITE_REFUSED);
		note_refused(r, s, len);
		if (++sends < BLOCK_SENDS_MAX)
			continue;
		if (!run_shrink_data(r))
			return judge_refusal(r, g, "block", STATUS_WRITE_REFUSED);
		s->block_bytes = r->way.data_block_bytes;
		sends = 0;
	}
	return STATUS_OK;
}

/* ---- end ---- */

/*
 * The end is answered when all is written. A stub that was told another size
 * than was sent says so here, twice: then the request that began the region was
 * altered, and the unit has erased something that nobody planned.
 */
static enum status end(struct run *r, const struct sending *s)
{
	const struct flash_region *g = s->part;
	struct err *err = &r->report->err;
	enum status st;

	if (r->loader.kind == LOADER_ROM && !s->is_packed)
		return STATUS_OK; /* it would leave the loader */
	for (unsigned n = 1;; n++) {
		st = loader_flash_end(&r->loader, s->is_packed, block_wait_ms(s, 0), err);
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

enum status run_send(struct run *r, const struct flash_region *g, struct data_phase *phase,
		     bool *is_begun)
{
	struct sending s = plan_sending(r, g);
	uint64_t start_us, start_bytes;
	enum status st;

	*is_begun = false;
	TRY(begin(r, &s, is_begun));
	start_us = clock_now_us(r->loader.clock);
	start_bytes = r->loader.sent_bytes;
	st = send_blocks(r, &s);
	if (!st)
		st = end(r, &s);
	if (phase) {
		phase->raw_bytes += (uint64_t)g->size_bytes * s.sent_bytes / s.size_bytes;
		phase->wire_bytes += r->loader.sent_bytes - start_bytes;
		phase->took_us += clock_now_us(r->loader.clock) - start_us;
	}
	return st;
}
