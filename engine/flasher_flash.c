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
	size_t compared = 0, kept = 0;

	r->report->used_stub = r->loader.kind == LOADER_STUB;
	r->skipped_bytes = 0;
	memset(r->is_proven, 0, region_count(r) * sizeof(r->is_proven[0]));
	for (size_t i = 0; i < region_count(r); i++) {
		if (!may_stay(r, i))
			continue;
		TRY(run_region_equals(r, region(r, i), &r->is_proven[i]));
		compared++;
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
	run_note(r, "%zu regions, %zu compared, %zu stay as they are", region_count(r), compared,
		 kept);
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
		TRY(run_prove_written(r, region(r, i)));
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
