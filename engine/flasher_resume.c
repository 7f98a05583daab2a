/*
 * What of a region is on the chip already, and writing the rest.
 *
 * The chip's MD5 is asked of ever smaller ranges, as long as asking is cheaper than
 * writing. After a fault in the middle that finds what had arrived; before a write it
 * finds what need not be written (`skip: unchanged`). What is written is always whole
 * sectors, each run of them by a BEGIN of its own. docs/protocol.md, what a flasher may
 * believe.
 */
#include "engine/flasher_run.h"

#include <stdlib.h>
#include <string.h>

/* What asking costs: docs/protocol.md, Usual times. */
#define ROM_MD5_US_PER_SECTOR 3850u
#define STUB_MD5_US_PER_SECTOR 655u
#define QUESTION_BYTES 80u
#define TURNAROUND_US 4000u
/* What writing a sector costs at least, whatever the wire: erasing and programming. */
#define SECTOR_WRITE_US 20000u
#define NATIVE_USB_BAUD 921600u

/* So much may always be spent: nobody notices, and small images are searched too. */
#define SEARCH_LEAST_US 200000u
/* Questions of one search. */
#define QUESTIONS_MAX 400
#define CHUNK_SECTORS_MIN 16
#define CHUNKS_MAX 64
/* Longer ones by several BEGINs: how far a part's stream has come is not measured, so the
 * answer to a block may have to be waited for as long as the whole part takes. */
#define PART_SECTORS_MAX 256
/* Shorter ones are sent raw: packing saves less than a block's frame. */
#define PACK_MIN_BYTES 64
/* A start that brings less than so much of what is missing came to nothing. */
#define WORTH_IT 8

size_t run_sector_count(const struct flash_region *g)
{
	return (g->size_bytes + FLASH_SECTOR_BYTES - 1) / FLASH_SECTOR_BYTES;
}

uint8_t *run_new_sectors(const struct flash_plan *plan)
{
	size_t most = 1;

	for (size_t i = 0; plan && i < plan->variant_count; i++) {
		const struct flash_variant *v = &plan->variants[i];
		size_t count = 0;

		for (size_t n = 0; n < v->region_count; n++)
			count += run_sector_count(&v->regions[n]);
		most = count > most ? count : most;
	}
	for (size_t i = 0; plan && i < plan->own_range_count; i++)
		most += plan->own_ranges[i].size_bytes / FLASH_SECTOR_BYTES;
	return calloc(most, sizeof(uint8_t));
}

uint8_t *run_sectors(const struct run *r, size_t region)
{
	size_t at = 0;

	for (size_t i = 0; i < region; i++)
		at += run_sector_count(&r->variant->regions[i]);
	return r->sectors + at;
}

/* Of the region, in sectors first .. first + count. */
static size_t bytes_of(const struct flash_region *g, size_t first, size_t count)
{
	size_t from = first * FLASH_SECTOR_BYTES, to = (first + count) * FLASH_SECTOR_BYTES;

	return (to < g->size_bytes ? to : g->size_bytes) - from;
}

size_t run_bytes_with(const struct flash_region *g, const uint8_t *sectors, uint8_t mask,
		      uint8_t value)
{
	size_t bytes = 0;

	for (size_t i = 0; i < run_sector_count(g); i++) {
		if ((sectors[i] & mask) == value)
			bytes += bytes_of(g, i, 1);
	}
	return bytes;
}

/* ---- what it costs ---- */

static uint64_t question_us(const struct run *r, size_t count)
{
	uint64_t md5_us =
		r->loader.kind == LOADER_ROM ? ROM_MD5_US_PER_SECTOR : STUB_MD5_US_PER_SECTOR;

	return wire_us(QUESTION_BYTES, r->loader.rate_baud) + TURNAROUND_US + count * md5_us;
}

static uint64_t write_us(const struct run *r, const struct flash_region *g, size_t count)
{
	uint32_t rate = r->link->is_native_usb ? NATIVE_USB_BAUD : r->loader.rate_baud;
	uint64_t us = wire_us(FLASH_SECTOR_BYTES, rate);

	if (g->packed)
		us = us * g->packed_bytes / g->size_bytes;
	return count * (us > SECTOR_WRITE_US ? us : SECTOR_WRITE_US);
}

/* ---- search ---- */

struct search {
	struct run *r;
	const struct flash_region *g;
	uint8_t *sectors;
	uint64_t spent_us, allowed_us;
	unsigned asked;
	size_t found; /* sectors */
};

/* Asking may cost its allowance, and half of what it has saved so far. */
static bool may_ask(const struct search *s, size_t count)
{
	uint64_t saved_us = write_us(s->r, s->g, s->found) / 2;

	return s->asked < QUESTIONS_MAX &&
	       s->spent_us + question_us(s->r, count) <= s->allowed_us + saved_us;
}

static enum status ask(struct search *s, size_t first, size_t count, bool *is_right)
{
	s->asked++;
	s->spent_us += question_us(s->r, count);
	TRY(run_range_equals(s->r, s->g, first * FLASH_SECTOR_BYTES, bytes_of(s->g, first, count),
			     is_right));
	for (size_t i = first; *is_right && i < first + count; i++)
		s->sectors[i] |= SECTOR_RIGHT;
	s->found += *is_right ? count : 0;
	return STATUS_OK;
}

/*
 * A range that differs, by halves: when the first half is right, the second is not.
 * Taking a right sector for a wrong one does no harm: it is written once more.
 */
static enum status descend(struct search *s, size_t first, size_t count)
{
	while (count > 1 && may_ask(s, count / 2)) {
		size_t half = count / 2;
		bool is_right;

		TRY(ask(s, first, half, &is_right));
		if (!is_right) {
			TRY(descend(s, first, half));
			if (!may_ask(s, count - half))
				return STATUS_OK;
			TRY(ask(s, first + half, count - half, &is_right));
			if (is_right)
				return STATUS_OK;
		}
		first += half;
		count -= half;
	}
	return STATUS_OK;
}

/*
 * Sectors first .. first + count in chunks, then the chunks that differ. is_prefix: they
 * were being written in this order, so nothing behind the first that differs is right.
 */
static enum status search_run(struct search *s, size_t first, size_t count, bool is_prefix)
{
	size_t chunk =
		count / CHUNKS_MAX > CHUNK_SECTORS_MIN ? count / CHUNKS_MAX : CHUNK_SECTORS_MIN;
	size_t end = first + count;

	for (size_t at = first; at < end; at += chunk) {
		size_t n = end - at < chunk ? end - at : chunk;
		bool is_right;

		if (!may_ask(s, n))
			return STATUS_OK;
		TRY(ask(s, at, n, &is_right));
		if (!is_right && is_prefix)
			return descend(s, at, n);
	}
	for (size_t at = first; at < end; at += chunk) {
		size_t n = end - at < chunk ? end - at : chunk;

		if (!(s->sectors[at] & SECTOR_RIGHT))
			TRY(descend(s, at, n));
	}
	return STATUS_OK;
}

enum status run_find_right(struct run *r, const struct flash_region *g, uint8_t *sectors,
			   uint8_t wanted, enum search_kind kind)
{
	size_t count = run_sector_count(g);
	uint8_t mask = SECTOR_RIGHT | wanted;
	struct search s = { .r = r, .g = g, .sectors = sectors };

	if (r->is_unprovable)
		return STATUS_OK;
	for (size_t i = 0; i < count; i++)
		s.allowed_us += (sectors[i] & mask) == wanted ? write_us(r, g, 1) : 0;
	/* A search that nobody asked for has to be cheap where it finds nothing. */
	s.allowed_us /= kind == SEARCH_UNCHANGED ? 16 : 2;
	if (s.allowed_us < SEARCH_LEAST_US)
		s.allowed_us = SEARCH_LEAST_US;
	for (size_t i = 0, n; i < count; i += n) {
		for (n = 0; i + n < count && (sectors[i + n] & mask) == wanted; n++)
			;
		if (n)
			TRY(search_run(&s, i, n, kind == SEARCH_SENT));
		n = n ? n : 1;
	}
	run_log(r, "%s: %u MD5s asked, %zu of %zu sectors need not be sent", g->label, s.asked,
		s.found, count);
	return STATUS_OK;
}

/* ---- the rest ---- */

static enum status pack_part(const struct run *r, struct flash_region *part, uint8_t **packed)
{
	size_t packed_bytes = 0;

	*packed = NULL;
	part->packed = NULL;
	part->packed_marks = NULL;
	if (!r->plan->compress || !r->plan->pack || part->size_bytes < PACK_MIN_BYTES)
		return STATUS_OK;
	TRY(r->plan->pack(part->data, part->size_bytes, packed, &packed_bytes, &r->report->err));
	part->packed = *packed;
	part->packed_bytes = packed_bytes;
	return STATUS_OK;
}

static enum status write_sectors(struct run *r, const struct flash_region *g, uint8_t *sectors,
				 size_t first, size_t count, struct data_phase *phase)
{
	struct flash_region part = *g;
	uint8_t *packed = NULL;
	enum status st = STATUS_OK;

	if (count != run_sector_count(g)) {
		part.addr += (uint32_t)(first * FLASH_SECTOR_BYTES);
		part.data += first * FLASH_SECTOR_BYTES;
		part.size_bytes = bytes_of(g, first, count);
		st = pack_part(r, &part, &packed);
	}
	for (size_t i = first; !st && i < first + count; i++)
		sectors[i] |= SECTOR_SENT;
	if (!st)
		st = run_send_part(r, &part, phase);
	free(packed);
	if (st == STATUS_WRITE_REFUSED)
		run_name_sector(r, &part);
	r->done_bytes += st ? 0 : part.size_bytes;
	return st;
}

static enum status write_missing(struct run *r, const struct flash_region *g, uint8_t *sectors,
				 struct data_phase *phase)
{
	size_t count = run_sector_count(g);

	for (size_t i = 0, n; i < count; i += n) {
		for (n = 0; i + n < count && !(sectors[i + n] & SECTOR_RIGHT); n++)
			;
		if (n != count && n > PART_SECTORS_MAX)
			n = PART_SECTORS_MAX;
		if (n)
			TRY(write_sectors(r, g, sectors, i, n, phase));
		n = n ? n : 1;
	}
	return STATUS_OK;
}

static bool may_begin_again(struct run *r, enum status st)
{
	return !r->is_astray && loader_was_lost(st) && r->begins++ < RUN_BEGINS_MAX;
}

/*
 * After silence or damage: find the loader again, find what had arrived. Where that was
 * next to nothing, twice, the blocks are too long for the link.
 */
static enum status prepare_rest(struct run *r, const struct flash_region *g, uint8_t *sectors,
				unsigned *idle)
{
	size_t before = run_bytes_with(g, sectors, SECTOR_RIGHT, SECTOR_RIGHT);
	struct err why = r->report->err;
	size_t gained;

	run_log(r, "%s: %s; what is right of the region stays, the rest is begun again", g->label,
		why.text);
	TRY(run_resync(r));
	if (run_sector_count(g) > 1)
		TRY(run_find_right(r, g, sectors, SECTOR_SENT, SEARCH_SENT));
	gained = run_bytes_with(g, sectors, SECTOR_RIGHT, SECTOR_RIGHT) - before;
	if (gained && gained >= (g->size_bytes - before) / WORTH_IT) {
		*idle = 0;
	} else if (++*idle > 1 && !run_shrink_data(r)) {
		r->report->err = why;
		return why.status;
	}
	return STATUS_OK;
}

enum status run_write_region(struct run *r, const struct flash_region *g, uint8_t *sectors,
			     struct data_phase *phase)
{
	uint64_t base = r->done_bytes;
	unsigned idle = 0;

	r->subject = g->addr;
	for (;;) {
		enum status st;

		r->done_bytes = base + run_bytes_with(g, sectors, SECTOR_RIGHT, SECTOR_RIGHT);
		st = write_missing(r, g, sectors, phase);
		if (st && may_begin_again(r, st)) {
			TRY(prepare_rest(r, g, sectors, &idle));
			continue;
		}
		r->done_bytes = base + (st || !phase ? 0 : g->size_bytes);
		return st;
	}
}
