/* What of the plan is to be written, writing it, proving it; the boot sector last. */
#include "engine/flasher_run.h"

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

/* ---- compare ---- */

bool run_has_work(const struct run *r)
{
	if (run_erases_more(r) && !r->is_erased)
		return true;
	for (size_t i = 0; i < region_count(r); i++) {
		if (!r->is_proven[i])
			return true;
	}
	return false;
}

/* Has any of it been sent in this run, or all of it? */
static bool was_any_sent(const struct run *r, size_t i)
{
	return run_bytes_with(region(r, i), run_sectors(r, i), SECTOR_SENT, SECTOR_SENT) > 0;
}

static bool was_all_sent(const struct run *r, size_t i)
{
	return run_bytes_with(region(r, i), run_sectors(r, i), SECTOR_SENT, 0) == 0;
}

/*
 * Which sectors of region i are as planned already? Only those count that the recipe lets
 * us leave as they were found, and those that this run has sent.
 */
static enum status compare_region(struct run *r, size_t i, size_t *compared)
{
	const struct flash_region *g = region(r, i);
	bool may_stay = r->plan->skip == SKIP_UNCHANGED;
	uint8_t *sectors = run_sectors(r, i);

	if (r->plan->erase == ERASE_ALL && !r->is_erased)
		return STATUS_OK;
	if (!may_stay && !was_any_sent(r, i))
		return STATUS_OK;
	++*compared;
	if (may_stay || was_all_sent(r, i)) {
		TRY(run_region_equals(r, g, &r->is_proven[i]));
		if (r->is_proven[i] || run_sector_count(g) == 1)
			return STATUS_OK;
	}
	return run_find_right(r, g, sectors, may_stay ? 0 : SECTOR_SENT,
			      was_any_sent(r, i) ? SEARCH_AGAIN : SEARCH_UNCHANGED);
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

/* A region that is right is right in each of its sectors, and one that will be written is not. */
static void settle_sectors(struct run *r, size_t i)
{
	uint8_t *sectors = run_sectors(r, i);

	for (size_t n = 0; n < run_sector_count(region(r, i)); n++) {
		if (r->is_proven[i])
			sectors[n] |= SECTOR_RIGHT;
		else if (is_boot(r, i))
			sectors[n] &= (uint8_t)~SECTOR_RIGHT;
	}
}

/* Does the unit carry one of its own regions already? */
static bool has_own(const struct run *r)
{
	for (size_t i = 0; i < region_count(r); i++) {
		for (size_t n = 0; r->is_proven[i] && n < r->own_count; n++) {
			if (region(r, i)->addr == r->own[n].addr)
				return true;
		}
	}
	return false;
}

enum status run_compare(struct run *r)
{
	size_t compared = 0, kept = 0;
	uint64_t kept_bytes = 0;

	r->report->used_stub = r->loader.kind == LOADER_STUB;
	r->skipped_bytes = 0;
	memset(r->is_proven, 0, region_count(r) * sizeof(r->is_proven[0]));
	for (size_t i = 0; i < region_count(r); i++) {
		for (size_t n = 0; n < run_sector_count(region(r, i)); n++)
			run_sectors(r, i)[n] &= (uint8_t)~SECTOR_RIGHT;
	}
	for (size_t i = 0; i < region_count(r); i++)
		TRY(compare_region(r, i, &compared));
	include_boot_sector(r);
	for (size_t i = 0; i < region_count(r); i++) {
		const struct flash_region *g = region(r, i);

		settle_sectors(r, i);
		kept += r->is_proven[i];
		kept_bytes += run_bytes_with(g, run_sectors(r, i), SECTOR_RIGHT, SECTOR_RIGHT);
		r->done_bytes += r->is_proven[i] ? g->size_bytes : 0;
		r->skipped_bytes += run_bytes_with(g, run_sectors(r, i), SECTOR_RIGHT | SECTOR_SENT,
						   SECTOR_RIGHT);
	}
	if (has_own(r))
		TRY(run_ask_watch(r));
	run_note(r, "%zu regions, %zu compared, %zu stay as they are, %llu bytes need not be sent",
		 region_count(r), compared, kept, (unsigned long long)kept_bytes);
	return STATUS_OK;
}

/* ---- write and prove ---- */

static enum status write_regions(struct run *r, bool boot)
{
	struct flash_report *report = r->report;
	struct data_phase phase = { .raw_bytes = 0 };
	enum status st = STATUS_OK;

	report->rate_asked = r->link->is_native_usb                 ? 0
			     : r->way.rate_at < r->link->rate_count ? r->link->rates[r->way.rate_at]
								    : FIRST_RATE;
	report->rate_actual = r->link->is_native_usb ? 0 : r->loader.rate_baud;
	for (size_t i = 0; i < region_count(r); i++) {
		if (r->is_proven[i] || is_boot(r, i) != boot)
			continue;
		st = run_write_region(r, region(r, i), run_sectors(r, i), &phase);
		if (st)
			break;
	}
	report->raw_bytes += phase.raw_bytes;
	report->wire_bytes += phase.wire_bytes;
	report->data_us += phase.took_us;
	run_note(r, "%llu bytes, %llu on the wire", (unsigned long long)phase.raw_bytes,
		 (unsigned long long)phase.wire_bytes);
	return st;
}

static void tell_proven(struct run *r, size_t count)
{
	if (r->is_unprovable)
		run_note(r, "secure download mode: nothing can be proven");
	else
		run_note(r, "%zu regions proven by the chip's MD5", count);
}

static enum status verify_regions(struct run *r, bool boot)
{
	size_t proven = 0;

	for (size_t i = 0; i < region_count(r); i++) {
		if (r->is_proven[i] || is_boot(r, i) != boot)
			continue;
		TRY(run_prove_region(r, region(r, i)));
		r->is_proven[i] = true;
		proven++;
	}
	tell_proven(r, proven);
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
	tell_proven(r, region_count(r));
	return STATUS_OK;
}

/* After trouble on the way, and after erasing next to what was kept, nothing is taken on trust. */
enum status run_verify_boot(struct run *r)
{
	TRY(verify_regions(r, true));
	TRY(run_note_protection_left(r));
	if (r->is_unprovable && (r->is_odd || r->report->tries > 1)) {
		r->is_final = true;
		return err_set(&r->report->err, STATUS_NOT_PROVABLE,
			       "something was lost or refused on the way, and in secure download "
			       "mode nothing tells what the flash holds now");
	}
	if (r->is_odd || r->report->tries > 1 || (run_erases_more(r) && r->skipped_bytes))
		return run_verify_all(r);
	return STATUS_OK;
}
