/*
 * Does the flash take writes where the plan wants them? Read before the first of them, and
 * named as the cause when one was not taken. docs/protocol.md, Block protection.
 */
#include "engine/flasher_run.h"

#include "engine/flash_status.h"

#include <string.h>

static uint32_t region_end(const struct flash_region *g)
{
	return g->addr + (uint32_t)(run_sector_count(g) * FLASH_SECTOR_BYTES);
}

/* The first address that will be written or erased and is protected. */
static bool find_protected(const struct run *r, const struct flash_status *s, uint32_t *addr)
{
	const struct flash_plan *plan = r->plan;

	*addr = 0;
	/* A chip that protects a part of itself does not erase the rest either. */
	if (plan->erase == ERASE_ALL && !r->is_erased)
		return flash_status_covers(s, r->flash_bytes, 0, r->flash_bytes);
	for (size_t i = 0; i < r->variant->region_count; i++) {
		const struct flash_region *g = &r->variant->regions[i];
		const uint8_t *sectors = run_sectors(r, i);

		for (*addr = g->addr; *addr < region_end(g); *addr += FLASH_SECTOR_BYTES) {
			if (!(sectors[(*addr - g->addr) / FLASH_SECTOR_BYTES] & SECTOR_RIGHT) &&
			    flash_status_covers(s, r->flash_bytes, *addr, FLASH_SECTOR_BYTES))
				return true;
		}
	}
	for (size_t i = 0; plan->erase == ERASE_ROOMS && i < plan->room_count; i++) {
		*addr = plan->rooms[i].addr;
		if (flash_status_covers(s, r->flash_bytes, *addr, plan->rooms[i].size_bytes))
			return true;
	}
	return false;
}

static enum status clear(struct run *r, const struct flash_status *before)
{
	struct flash_report *report = r->report;
	struct flash_status now = *before;
	char was[9], is[9];
	enum status st = flash_status_clear(&r->loader, &report->ident.chip->spi,
					    report->ident.flash_id, &now, &report->err);

	if (st && st != STATUS_FLASH_PROTECTED)
		return st;
	report->has_status_after = true;
	memcpy(report->status_after, now.regs, sizeof(now.regs));
	flash_status_text(before, was, sizeof(was));
	flash_status_text(&now, is, sizeof(is));
	run_log(r, "flash status was %s, cleared of block protection, is %s", was, is);
	run_evidence(r, "block protection cleared: flash status %s, then %s", was, is);
	return st;
}

static enum status refuse(struct run *r, const struct flash_status *s, uint32_t addr)
{
	char text[9];

	flash_status_text(s, text, sizeof(text));
	r->is_final = true; /* it was read twice, and stays so */
	return err_set(&r->report->err, STATUS_FLASH_PROTECTED,
		       "the flash's status register 1 is %02x (all: %s): block-protect bits cover "
		       "%08x, which the recipe writes; %s'policy: {clear_protection: yes}' would "
		       "clear them",
		       s->regs[0], text, (unsigned)addr,
		       r->report->tries == 1 ? "nothing written; " : "");
}

static void note_status(struct run *r, const struct flash_status *s, enum flash_protection kind)
{
	struct flash_report *report = r->report;
	char text[9];

	if (!report->has_status_before) {
		report->has_status_before = true;
		memcpy(report->status_before, s->regs, sizeof(s->regs));
	}
	flash_status_text(s, text, sizeof(text));
	r->is_protection_set = r->is_protection_hinted = kind != FLASH_OPEN;
	if (kind != FLASH_OPEN)
		run_evidence(r, "flash status %s: block-protect bits", text);
}

static enum status read_status(struct run *r, struct flash_status *s)
{
	const struct ident *ident = &r->report->ident;
	enum status st;

	run_allow_repeats(r, RUN_REPEATS_MAX);
	st = flash_status_read(&r->loader, &ident->chip->spi, ident->flash_id, s, &r->report->err);
	run_allow_repeats(r, 0);
	return st;
}

enum status run_check_protection(struct run *r)
{
	const struct ident *ident = &r->report->ident;
	struct flash_status s;
	enum flash_protection kind;
	uint32_t addr;

	r->subject = RUN_FLASH;
	if (r->is_unprovable || !ident->has_flash_id || !ident->chip->spi.base)
		return STATUS_OK;
	TRY(read_status(r, &s));
	kind = flash_status_judge(ident->flash_id, r->flash_bytes, &s);
	note_status(r, &s, kind);
	if (kind == FLASH_OPEN)
		return STATUS_OK;
	/* A write that was lost could not be told from one that went astray: so clear it now. */
	if (kind == FLASH_HINT)
		return r->plan->clear_protection ? clear(r, &s) : STATUS_OK;
	r->is_protection_hinted = find_protected(r, &s, &addr);
	if (!r->is_protection_hinted)
		return STATUS_OK;
	return r->plan->clear_protection ? clear(r, &s) : refuse(r, &s, addr);
}

/* A ROM clears register 1 by itself when it erases, asked or not. */
enum status run_note_protection_left(struct run *r)
{
	struct flash_report *report = r->report;
	struct flash_status s;

	if (!r->is_protection_set || r->loader.kind != LOADER_ROM || report->has_status_after)
		return STATUS_OK;
	TRY(read_status(r, &s));
	report->has_status_after = memcmp(s.regs, report->status_before, sizeof(s.regs)) != 0;
	memcpy(report->status_after, s.regs, sizeof(s.regs));
	return STATUS_OK;
}

enum status run_name_protection(struct run *r, enum status st)
{
	struct flash_report *report = r->report;
	struct err why = report->err;

	if (st != STATUS_MD5_MISMATCH && st != STATUS_WRITE_REFUSED && st != STATUS_ERASE_REFUSED)
		return st;
	if (!r->is_protection_hinted || report->has_status_after)
		return st;
	return err_set_device(&report->err, STATUS_FLASH_PROTECTED, why.device, why.device_len,
			      "%.300s; block-protect bits are set in the flash's status register "
			      "1: %02x",
			      why.text, report->status_before[0]);
}
