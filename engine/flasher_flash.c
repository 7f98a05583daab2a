/* The flash steps in their order: compare, erase, write, prove; the boot sector last. */
#include "engine/flasher_run.h"

#include "engine/blank.h"

#include <string.h>

static const struct flash_region *region(const struct run *r, size_t i)
{
	return &r->variant->regions[i];
}

static size_t region_count(const struct run *r)
{
	return r->variant->region_count;
}

static bool is_boot(const struct run *r, size_t i)
{
	return region(r, i)->is_boot_sector;
}

static bool erases_more(const struct run *r)
{
	return r->plan->erase == ERASE_ALL ||
	       (r->plan->erase == ERASE_ROOMS && r->plan->room_count);
}

/* ---- compare ---- */

bool run_has_work(const struct run *r)
{
	if (erases_more(r) && !r->is_erased)
		return true;
	for (size_t i = 0; i < region_count(r); i++) {
		if (!r->is_proven[i])
			return true;
	}
	return false;
}

/* May region i be left as it is, if the chip's MD5 says that it is right? */
static bool may_stay(const struct run *r, size_t i)
{
	if (r->plan->erase == ERASE_ALL && !r->is_erased)
		return false;
	return r->plan->skip == SKIP_UNCHANGED || r->was_sent[i];
}

/*
 * If anything is to be done at all, the boot sector is done too: erased first
 * and written last, so that a unit interrupted in between does not start.
 */
static void include_boot_sector(struct run *r)
{
	if (!run_has_work(r))
		return;
	for (size_t i = 0; i < region_count(r); i++) {
		if (is_boot(r, i))
			r->is_proven[i] = false;
	}
}

enum status run_compare(struct run *r)
{
	size_t kept = 0;

	r->skipped_bytes = 0;
	memset(r->is_proven, 0, region_count(r) * sizeof(r->is_proven[0]));
	for (size_t i = 0; i < region_count(r); i++) {
		if (may_stay(r, i))
			TRY(run_region_equals(r, region(r, i), &r->is_proven[i]));
	}
	include_boot_sector(r);
	for (size_t i = 0; i < region_count(r); i++) {
		if (!r->is_proven[i])
			continue;
		kept++;
		r->done_bytes += region(r, i)->size_bytes;
		if (!r->was_sent[i])
			r->skipped_bytes += region(r, i)->size_bytes;
	}
	run_note(r, "%zu of %zu regions are there already", kept, region_count(r));
	return STATUS_OK;
}

/* ---- erase ---- */

/*
 * Erased by writing a blank sector: unlike an erase command, of which the unit
 * repeats nothing, this tells when it was altered on its way, and is proven.
 */
static enum status blank_boot_sector(struct run *r, const struct flash_region *g)
{
	struct flash_region blank = blank_sector_region(g->addr);
	bool is_blank;

	TRY(run_region_equals(r, &blank, &is_blank));
	if (is_blank)
		return STATUS_OK;
	TRY(run_write_region(r, &blank, NULL));
	return run_prove_written(r, &blank);
}

static enum status erase_range(struct run *r, uint32_t addr, uint32_t size_bytes)
{
	struct loader *l = &r->loader;
	struct err *err = &r->report->err;
	uint32_t block_bytes = r->way.data_block_bytes;
	enum status st;

	if (l->kind == LOADER_STUB)
		st = loader_erase_region(l, addr, size_bytes, err);
	else /* docs/protocol.md: a begin and nothing else is how a ROM erases */
		st = loader_flash_begin(l, false, size_bytes,
					(size_bytes + block_bytes - 1) / block_bytes, block_bytes,
					addr, r->report->ident.chip->rom_begin_words,
					loader_erase_ms(size_bytes), err);
	if (st == STATUS_REFUSED) {
		struct err why = *err;

		return err_set_device(err, STATUS_ERASE_REFUSED, why.device, why.device_len,
				      "erasing %u bytes at %08x: %s", (unsigned)size_bytes,
				      (unsigned)addr, why.text);
	}
	return st;
}

/* Erasing twice does no harm, so after silence it is asked for once more. */
static enum status erase_surely(struct run *r, uint32_t addr, uint32_t size_bytes)
{
	struct flash_region first = blank_sector_region(addr);
	struct flash_region last = blank_sector_region(addr + size_bytes - FLASH_SECTOR_BYTES);
	enum status st = erase_range(r, addr, size_bytes);

	if (st == STATUS_NO_ANSWER || st == STATUS_GARBLED) {
		TRY(run_resync(r));
		st = erase_range(r, addr, size_bytes);
	}
	TRY(st);
	TRY(run_prove_written(r, &first));
	return run_prove_written(r, &last);
}

/* The end of the region that covers addr, or addr. */
static uint32_t covered_until(const struct run *r, uint32_t addr)
{
	for (size_t i = 0; i < region_count(r); i++) {
		const struct flash_region *g = region(r, i);
		uint32_t sectors =
			(uint32_t)((g->size_bytes + FLASH_SECTOR_BYTES - 1) / FLASH_SECTOR_BYTES);
		uint32_t end = g->addr + sectors * FLASH_SECTOR_BYTES;

		if (addr >= g->addr && addr < end)
			return end;
	}
	return addr;
}

static uint32_t next_region(const struct run *r, uint32_t addr, uint32_t end)
{
	for (size_t i = 0; i < region_count(r); i++) {
		if (region(r, i)->addr > addr && region(r, i)->addr < end)
			end = region(r, i)->addr;
	}
	return end;
}

/* What of a room no region covers. */
static enum status erase_room(struct run *r, const struct flash_range *room)
{
	uint32_t end = room->addr + room->size_bytes;

	for (uint32_t at = room->addr; at < end;) {
		uint32_t covered = covered_until(r, at);
		uint32_t stop;

		if (covered > at) {
			at = covered;
			continue;
		}
		stop = next_region(r, at, end);
		TRY(erase_surely(r, at, stop - at));
		at = stop;
	}
	return STATUS_OK;
}

static enum status erase_all(struct run *r)
{
	uint32_t flash_bytes = r->report->ident.flash_bytes;
	enum status st;

	if (r->loader.kind == LOADER_ROM)
		return erase_surely(r, 0, flash_bytes);
	st = loader_erase_flash(&r->loader, &r->report->err);
	if (st == STATUS_REFUSED) {
		struct err why = r->report->err;

		return err_set_device(&r->report->err, STATUS_ERASE_REFUSED, why.device,
				      why.device_len, "erasing the whole flash: %s", why.text);
	}
	return st;
}

static enum status erase_more(struct run *r)
{
	if (r->plan->erase == ERASE_ALL)
		return erase_all(r);
	for (size_t i = 0; i < r->plan->room_count; i++)
		TRY(erase_room(r, &r->plan->rooms[i]));
	return STATUS_OK;
}

enum status run_erase(struct run *r)
{
	for (size_t i = 0; i < region_count(r); i++) {
		if (is_boot(r, i))
			TRY(blank_boot_sector(r, region(r, i)));
	}
	if (!erases_more(r) || r->is_erased)
		return STATUS_OK;
	TRY(erase_more(r));
	r->is_erased = true;
	return STATUS_OK;
}

/* ---- write and prove ---- */

static enum status write_regions(struct run *r, bool boot)
{
	struct flash_report *report = r->report;
	struct data_phase phase = { .raw_bytes = 0 };
	enum status st = STATUS_OK;

	report->used_stub = r->loader.kind == LOADER_STUB;
	report->rate_asked = r->link->is_native_usb                 ? 0
			     : r->way.rate_at < r->link->rate_count ? r->link->rates[r->way.rate_at]
								    : FIRST_RATE;
	report->rate_actual = r->link->is_native_usb ? 0 : r->loader.rate_baud;
	for (size_t i = 0; i < region_count(r); i++) {
		if (r->is_proven[i] || is_boot(r, i) != boot)
			continue;
		st = run_write_region(r, region(r, i), &phase);
		if (st)
			break;
		r->was_sent[i] = true;
		r->done_bytes += region(r, i)->size_bytes;
	}
	report->raw_bytes += phase.raw_bytes;
	report->wire_bytes += phase.wire_bytes;
	report->data_us += phase.took_us;
	run_note(r, "%llu bytes, %llu on the wire", (unsigned long long)phase.raw_bytes,
		 (unsigned long long)phase.wire_bytes);
	return st;
}

static enum status verify_regions(struct run *r, bool boot)
{
	size_t proven = 0;

	for (size_t i = 0; i < region_count(r); i++) {
		if (r->is_proven[i] || is_boot(r, i) != boot)
			continue;
		TRY(run_prove_written(r, region(r, i)));
		r->is_proven[i] = true;
		proven++;
	}
	run_note(r, "%zu regions proven by the chip's MD5", proven);
	return STATUS_OK;
}

enum status run_write_body(struct run *r)
{
	return write_regions(r, false);
}

enum status run_verify_body(struct run *r)
{
	return verify_regions(r, false);
}

enum status run_write_boot(struct run *r)
{
	return write_regions(r, true);
}

enum status run_verify_all(struct run *r)
{
	for (size_t i = 0; i < region_count(r); i++) {
		enum status st = run_prove_region(r, region(r, i));

		/* Where nothing is written, asking again changes nothing. */
		if (st == STATUS_MD5_MISMATCH && r->job->kind == FLASH_RUN_VERIFY)
			r->is_final = true;
		TRY(st);
		r->is_proven[i] = true;
		r->done_bytes += region(r, i)->size_bytes;
		run_progress(r, r->done_bytes);
	}
	run_note(r, "%zu regions proven by the chip's MD5", region_count(r));
	return STATUS_OK;
}

/* After trouble on the way, and after erasing next to what was kept, nothing is taken on trust. */
enum status run_verify_boot(struct run *r)
{
	TRY(verify_regions(r, true));
	if (r->is_odd || r->report->tries > 1 || (erases_more(r) && r->skipped_bytes))
		return run_verify_all(r);
	return STATUS_OK;
}
