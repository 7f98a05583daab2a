/* Erasing: the boot sector before anything else, then what the recipe wants beyond its images. */
#include "engine/flasher_run.h"

#include "engine/base/digest.h"
#include "engine/blank.h"

#include <string.h>

#define ROM_REACH_BYTES 0x1000000u

bool run_erases_more(const struct run *r)
{
	return r->plan->erase == ERASE_ALL ||
	       (r->plan->erase == ERASE_ROOMS && r->plan->room_count);
}

/*
 * Erased by writing a blank sector: unlike an erase command, of which the unit
 * repeats nothing, this tells when it was altered on its way, and is proven.
 */
static enum status blank_boot_sector(struct run *r, const struct flash_region *g)
{
	struct flash_region blank = blank_sector_region(g->addr);
	uint8_t sector = 0;

	TRY(run_write_region(r, &blank, &sector, NULL));
	return run_prove_region(r, &blank);
}

static enum status erase_by_rom(struct run *r, uint32_t addr, uint32_t size_bytes)
{
	struct err *err = &r->report->err;
	uint32_t block_bytes = r->way.data_block_bytes;

	/* As for a region: with the flash ending here, nothing behind can be erased. */
	TRY(loader_spi_params(&r->loader, addr + size_bytes, err));
	/* docs/protocol.md: a begin and nothing else is how a ROM erases. */
	TRY(loader_flash_begin(&r->loader, false, size_bytes,
			       (size_bytes + block_bytes - 1) / block_bytes, block_bytes, addr,
			       r->report->ident.chip->rom_begin_words, loader_erase_ms(size_bytes),
			       err));
	return run_set_flash_size(r, r->flash_bytes);
}

static enum status erase_range(struct run *r, uint32_t addr, uint32_t size_bytes)
{
	struct err *err = &r->report->err;
	struct err why;
	enum status st = r->loader.kind == LOADER_ROM
				 ? erase_by_rom(r, addr, size_bytes)
				 : loader_erase_region(&r->loader, addr, size_bytes, err);

	if (st != STATUS_REFUSED)
		return st;
	why = *err;
	return err_set_device(err, run_judge_code(r, &why, STATUS_ERASE_REFUSED), why.device,
			      why.device_len, "erasing %u bytes at %08x: %s", (unsigned)size_bytes,
			      (unsigned)addr, why.text);
}

/* The end of the region that covers addr, or addr. */
static uint32_t covered_until(const struct run *r, uint32_t addr)
{
	for (size_t i = 0; i < r->variant->region_count; i++) {
		const struct flash_region *g = &r->variant->regions[i];
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
	for (size_t i = 0; i < r->variant->region_count; i++) {
		if (r->variant->regions[i].addr > addr && r->variant->regions[i].addr < end)
			end = r->variant->regions[i].addr;
	}
	return end;
}

/*
 * The unit repeats nothing of an erase command, so its range is judged by what it left: all
 * of it blank, and what lies behind as it was. What was blank before is not erased: nothing
 * could tell then where the command went.
 */
struct range_guard {
	uint32_t addr, size_bytes; /* 0: all behind is blank, nothing can be lost there */
	uint8_t md5[MD5_BYTES];
};

/* The shortest range behind that is not blank: an erase that goes too far and does harm
 * there leaves it blank. */
static enum status guard_range(struct run *r, uint32_t end, struct range_guard *g)
{
	uint8_t blank[MD5_BYTES];

	*g = (struct range_guard){ .addr = end };
	for (uint32_t n = FLASH_SECTOR_BYTES; !r->is_unprovable && end < r->flash_bytes; n *= 2) {
		bool is_all = n >= r->flash_bytes - end;

		n = is_all ? r->flash_bytes - end : n;
		blank_md5(n, blank);
		TRY(run_ask_md5_surely(r, end, n, g->md5));
		g->size_bytes = memcmp(g->md5, blank, MD5_BYTES) ? n : 0;
		if (g->size_bytes || is_all)
			break;
	}
	return STATUS_OK;
}

static enum status check_guard(struct run *r, const struct range_guard *g)
{
	uint8_t md5[MD5_BYTES];

	if (!g->size_bytes)
		return STATUS_OK;
	TRY(run_ask_md5_surely(r, g->addr, g->size_bytes, md5));
	if (memcmp(md5, g->md5, sizeof(md5)) != 0)
		run_astray(r, "erasing");
	return STATUS_OK;
}

static enum status is_range_blank(struct run *r, uint32_t addr, uint32_t size_bytes, bool *is_blank)
{
	uint8_t md5[MD5_BYTES], blank[MD5_BYTES];

	blank_md5(size_bytes, blank);
	TRY(run_ask_md5(r, addr, size_bytes, md5));
	*is_blank = memcmp(md5, blank, MD5_BYTES) == 0;
	return STATUS_OK;
}

/* Its first sector answers for most ranges that are not. */
static enum status is_blank_already(struct run *r, uint32_t addr, uint32_t size_bytes,
				    bool *is_blank)
{
	*is_blank = false;
	if (r->is_unprovable)
		return STATUS_OK;
	TRY(is_range_blank(r, addr, FLASH_SECTOR_BYTES, is_blank));
	return *is_blank ? is_range_blank(r, addr, size_bytes, is_blank) : STATUS_OK;
}

/* Of a range that is not blank, for the message. */
static uint32_t first_not_blank(struct run *r, uint32_t addr, uint32_t size_bytes)
{
	while (size_bytes > FLASH_SECTOR_BYTES) {
		uint32_t half = size_bytes / FLASH_SECTOR_BYTES / 2 * FLASH_SECTOR_BYTES;
		bool is_blank;

		if (is_range_blank(r, addr, half, &is_blank))
			break;
		addr += is_blank ? half : 0;
		size_bytes = is_blank ? size_bytes - half : half;
	}
	return addr;
}

static enum status prove_blank(struct run *r, uint32_t addr, uint32_t size_bytes)
{
	uint32_t first;
	bool is_blank;

	if (r->is_unprovable)
		return STATUS_OK;
	TRY(is_range_blank(r, addr, size_bytes, &is_blank));
	if (!is_blank) /* once more: only now it decides */
		TRY(is_range_blank(r, addr, size_bytes, &is_blank));
	if (is_blank)
		return STATUS_OK;
	first = first_not_blank(r, addr, size_bytes);
	return err_set(&r->report->err, STATUS_MD5_MISMATCH,
		       "%u bytes at %08x: erased and answered, and the sector at %08x is not blank",
		       (unsigned)size_bytes, (unsigned)addr, (unsigned)first);
}

/*
 * ERASE_REGION and ERASE_FLASH differ in one bit, and the stub looks at no length there: its
 * answer is then one to another command, which counts as silence.
 */
static enum status check_not_all_erased(struct run *r)
{
	bool is_blank;

	if (r->loader.kind == LOADER_ROM)
		return STATUS_OK;
	TRY(is_range_blank(r, 0, r->flash_bytes, &is_blank));
	if (is_blank)
		run_astray(r, "erasing");
	return STATUS_OK;
}

/* Erasing twice does no harm, so after silence or a refusal it is asked for once more. */
static enum status erase_surely(struct run *r, uint32_t addr, uint32_t size_bytes)
{
	struct range_guard guard;
	bool is_blank;
	enum status st;

	r->subject = addr;
	TRY(is_blank_already(r, addr, size_bytes, &is_blank));
	if (is_blank)
		return STATUS_OK;
	TRY(guard_range(r, addr + size_bytes, &guard));
	st = erase_range(r, addr, size_bytes);
	if (loader_was_lost(st) || st == STATUS_ERASE_REFUSED) {
		TRY(run_resync(r));
		TRY(check_not_all_erased(r));
		st = erase_range(r, addr, size_bytes);
	}
	TRY(st);
	TRY(check_guard(r, &guard));
	st = prove_blank(r, addr, size_bytes);
	if (st == STATUS_MD5_MISMATCH) /* it may have gone elsewhere */
		run_astray(r, "erasing");
	return st;
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
	uint32_t flash_bytes = r->flash_bytes;
	enum status st;

	r->subject = RUN_FLASH;
	if (r->loader.kind == LOADER_ROM)
		return erase_surely(r, 0, flash_bytes);
	st = loader_erase_flash(&r->loader, &r->report->err);
	if (st == STATUS_REFUSED) {
		struct err why = r->report->err;

		return err_set_device(&r->report->err,
				      run_judge_code(r, &why, STATUS_ERASE_REFUSED), why.device,
				      why.device_len, "erasing the whole flash: %s", why.text);
	}
	return st ? st : prove_blank(r, 0, flash_bytes);
}

static enum status erase_more(struct run *r)
{
	if (r->plan->erase == ERASE_ALL)
		return erase_all(r);
	for (size_t i = 0; i < r->plan->room_count; i++)
		TRY(erase_room(r, &r->plan->rooms[i]));
	return STATUS_OK;
}

/* Beyond its reach a ROM would begin at address 0 again. */
static enum status judge_reach(const struct run *r, struct err *err)
{
	uint32_t end = r->plan->end_addr;

	if (r->plan->erase == ERASE_ALL)
		end = r->flash_bytes;
	if (r->loader.kind == LOADER_STUB || end <= ROM_REACH_BYTES)
		return STATUS_OK;
	return err_set(err, STATUS_NOT_SUPPORTED,
		       "the ROM reaches the first 16 MB of flash, the plan ends at %08x: "
		       "it takes the stub",
		       (unsigned)end);
}

static enum status erase(struct run *r)
{
	for (size_t i = 0; i < r->variant->region_count; i++) {
		if (r->variant->regions[i].is_boot_sector)
			TRY(blank_boot_sector(r, &r->variant->regions[i]));
	}
	if (!run_erases_more(r) || r->is_erased)
		return STATUS_OK;
	TRY(erase_more(r));
	r->is_erased = true;
	return STATUS_OK;
}

enum status run_ask_watch(struct run *r)
{
	const struct flash_watch *watch = &r->job->watch;
	enum status st;

	if (r->may_write || !watch->may_write)
		return STATUS_OK;
	st = watch->may_write(watch->ctx, &r->report->err);
	r->may_write = st == STATUS_OK;
	r->is_final = st != STATUS_OK;
	return st;
}

enum status run_erase(struct run *r)
{
	TRY(judge_reach(r, &r->report->err));
	TRY(run_check_protection(r));
	TRY(run_ask_watch(r));
	return erase(r);
}
