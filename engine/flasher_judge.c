/* May this unit be written? Everything that forbids it, before a byte of its flash changes. */
#include "engine/flasher_run.h"

#include <stdio.h>
#include <string.h>

/* The boot loader of secure boot V1 stands below, bound to its unit: never again written. */
#define V1_BOOT_END 0x8000u

/* ---- what the unit is ---- */

static enum status judge_chip(const struct run *r, const struct ident *ident, struct err *err)
{
	if (ident->chip == r->plan->chip)
		return STATUS_OK;
	return err_set(err, STATUS_WRONG_CHIP, "wrong chip: recipe says %s, unit is %s",
		       r->plan->chip->name, ident->chip->name);
}

static enum status judge_revision(const struct run *r, const struct ident *ident, struct err *err)
{
	char is[12], low[12], high[12];

	if (r->is_unprovable)
		return STATUS_OK; /* it does not tell; the recipe accepts that */
	if (!ident->has_revision)
		return err_set(err, STATUS_WRONG_REVISION, "the chip's revision cannot be read");
	if (ident->revision >= r->plan->min_rev && ident->revision <= r->plan->max_rev)
		return STATUS_OK;
	chip_revision_text(ident->revision, is, sizeof(is));
	chip_revision_text(r->plan->min_rev, low, sizeof(low));
	chip_revision_text(r->plan->max_rev, high, sizeof(high));
	if (ident->revision < r->plan->min_rev)
		return err_set(err, STATUS_WRONG_REVISION,
			       "wrong revision: unit is %s, recipe and images need %s or later", is,
			       low);
	return err_set(err, STATUS_WRONG_REVISION,
		       "wrong revision: unit is %s, images are made for %s at most", is, high);
}

static void add_name(char *text, size_t size, const char *name)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s", len ? " or " : "", name);
}

static enum status judge_package(const struct run *r, const struct ident *ident, struct err *err)
{
	const struct flash_plan *plan = r->plan;
	char wanted[120] = "";

	if (!plan->package_count || r->is_unprovable)
		return STATUS_OK;
	for (size_t i = 0; i < plan->package_count; i++) {
		if (ident_package_is(ident, plan->packages[i]))
			return STATUS_OK;
		add_name(wanted, sizeof(wanted), plan->packages[i]);
	}
	return err_set(err, STATUS_WRONG_PACKAGE, "wrong package: recipe says %s, unit is %s",
		       wanted, ident->package[0] ? ident->package : "of an unknown one");
}

static enum status judge_psram(const struct run *r, const struct ident *ident, struct err *err)
{
	uint32_t wanted = r->plan->psram_bytes;

	if (!wanted || !ident->tells_psram || ident->embedded_psram_bytes == wanted)
		return STATUS_OK;
	return err_set(err, STATUS_WRONG_PSRAM,
		       "wrong PSRAM: recipe says %u KB in the package, unit has %u KB",
		       (unsigned)(wanted / 1024), (unsigned)(ident->embedded_psram_bytes / 1024));
}

/* ---- security ---- */

static const char *wanted_text(enum security_wanted wanted)
{
	switch (wanted) {
	case SECURITY_OPEN:
		return "open";
	case SECURITY_SECURE_BOOT:
		return "secure boot";
	case SECURITY_SECURE_DOWNLOAD:
		return "secure download";
	}
	return "";
}

static bool is_wanted_state(const struct security *s, enum security_wanted wanted)
{
	/* Plain bytes in an encrypted flash make a unit that does not start. */
	if (!s->is_known || s->flash_encryption)
		return false;
	switch (wanted) {
	case SECURITY_OPEN:
		return !s->secure_boot && !s->secure_download;
	case SECURITY_SECURE_BOOT:
		return s->secure_boot && !s->secure_download;
	case SECURITY_SECURE_DOWNLOAD:
		return s->secure_download;
	}
	return false;
}

static bool writes_below(const struct flash_plan *plan, uint32_t end)
{
	if (plan->erase == ERASE_ALL)
		return true;
	for (size_t i = 0; plan->erase == ERASE_ROOMS && i < plan->room_count; i++) {
		if (plan->rooms[i].addr < end)
			return true;
	}
	for (size_t i = 0; i < plan->variant_count; i++) {
		const struct flash_variant *v = &plan->variants[i];

		for (size_t n = 0; n < v->region_count; n++) {
			if (v->regions[n].addr < end)
				return true;
		}
	}
	for (size_t i = 0; i < plan->own_range_count; i++) {
		if (plan->own_ranges[i].addr < end)
			return true;
	}
	return false;
}

static enum status judge_security(const struct run *r, const struct ident *ident, struct err *err)
{
	const struct security *s = &ident->security;
	char text[64];

	security_text(s, text, sizeof(text));
	if (!is_wanted_state(s, r->plan->security))
		return err_set(err, STATUS_SECURITY_STATE,
			       "security state of the unit: %s, recipe says %s; nothing written",
			       text, wanted_text(r->plan->security));
	if (s->secure_boot_v1 && r->job->kind == FLASH_RUN_FLASH &&
	    writes_below(r->plan, V1_BOOT_END))
		return err_set(err, STATUS_SECURITY_STATE,
			       "the unit has secure boot V1: nothing below %08x may be written or "
			       "erased, and the recipe does",
			       V1_BOOT_END);
	return STATUS_OK;
}

/* In secure download mode the unit tells nothing: who wants it written all the same says so. */
static enum status judge_proof(struct run *r, const struct ident *ident, struct err *err)
{
	const struct flash_plan *plan = r->plan;

	r->is_unprovable = ident->security.secure_download;
	if (!r->is_unprovable)
		return STATUS_OK;
	if (r->job->kind != FLASH_RUN_FLASH)
		return err_set(err, STATUS_NOT_PROVABLE,
			       "secure download mode: the unit tells nothing about its flash");
	if (!plan->accept_unproven)
		return err_set(err, STATUS_NOT_PROVABLE,
			       "secure download mode: the unit cannot prove what is written, and "
			       "the recipe does not accept that");
	if (!plan->flash_bytes)
		return err_set(err, STATUS_NOT_PROVABLE,
			       "secure download mode: the unit does not tell its flash size, and "
			       "neither does the recipe");
	return STATUS_OK;
}

static enum status judge_stub(const struct run *r, const struct ident *ident, struct err *err)
{
	const char *bar = run_stub_bar(ident);

	if (!bar || r->plan->stub != STUB_ALWAYS || r->job->kind != FLASH_RUN_FLASH)
		return STATUS_OK;
	return err_set(err, STATUS_NOT_SUPPORTED,
		       "no stub runs on an %s %s, and the recipe says 'stub: always'",
		       ident->chip->name, bar);
}

/* ---- flash ---- */

static uint32_t images_end(const struct flash_plan *plan)
{
	uint32_t end = 0;

	for (size_t i = 0; i < plan->variant_count; i++) {
		const struct flash_variant *v = &plan->variants[i];

		for (size_t n = 0; n < v->region_count; n++) {
			const struct flash_region *g = &v->regions[n];

			if (g->addr + (uint32_t)g->size_bytes > end)
				end = g->addr + (uint32_t)g->size_bytes;
		}
	}
	return end;
}

static enum status judge_end(const struct flash_plan *plan, uint32_t flash_bytes, struct err *err)
{
	uint32_t end = images_end(plan);

	if (plan->end_addr <= flash_bytes)
		return STATUS_OK;
	if (end > flash_bytes)
		return err_set(err, STATUS_FLASH_TOO_SMALL,
			       "flash too small: images end at %08x, unit has %08x bytes",
			       (unsigned)end, (unsigned)flash_bytes);
	return err_set(
		err, STATUS_FLASH_TOO_SMALL,
		"flash too small: the partition table or the flash size in the boot loader's "
		"header ends at %08x (the images at %08x), unit has %08x bytes",
		(unsigned)plan->end_addr, (unsigned)end, (unsigned)flash_bytes);
}

/* Who names the size in the recipe vouches for it. */
static enum status take_size_of_recipe(struct run *r, const struct ident *ident)
{
	const struct flash_plan *plan = r->plan;

	if (!plan->flash_bytes)
		return err_set(&r->report->err, STATUS_WRONG_FLASH_SIZE,
			       "flash id %06x is in no table: its size is unknown; a recipe that "
			       "names it (target.flash_size) can be flashed",
			       (unsigned)ident->flash_id);
	r->flash_bytes = plan->flash_bytes;
	/* Should it be smaller, what was written last may lie on what was written first. */
	r->is_odd = true;
	run_log(r,
		"flash id %06x is in no table: the recipe's size is taken, and all is proven "
		"again at the end",
		(unsigned)ident->flash_id);
	run_evidence(r, "flash id %06x in no table, %u KB is the recipe's word",
		     (unsigned)ident->flash_id, (unsigned)(plan->flash_bytes / 1024));
	return STATUS_OK;
}

/* Sets r->flash_bytes. */
static enum status judge_size(struct run *r, const struct ident *ident)
{
	const struct flash_plan *plan = r->plan;

	if (r->is_unprovable) {
		r->flash_bytes = plan->flash_bytes;
		return STATUS_OK;
	}
	if (!ident->flash_bytes)
		return take_size_of_recipe(r, ident);
	r->flash_bytes = ident->flash_bytes;
	if (plan->flash_bytes && ident->flash_bytes != plan->flash_bytes)
		return err_set(&r->report->err, STATUS_WRONG_FLASH_SIZE,
			       "wrong flash size: recipe says %u KB, unit has %u KB (id %06x)",
			       (unsigned)(plan->flash_bytes / 1024),
			       (unsigned)(ident->flash_bytes / 1024), (unsigned)ident->flash_id);
	return STATUS_OK;
}

static enum status find_variant(struct run *r, uint32_t flash_bytes)
{
	const struct flash_variant *fallback = NULL;

	r->variant = NULL;
	for (size_t i = 0; i < r->plan->variant_count; i++) {
		const struct flash_variant *v = &r->plan->variants[i];

		if (v->flash_bytes == flash_bytes)
			r->variant = v;
		else if (!v->flash_bytes)
			fallback = v;
	}
	if (!r->variant)
		r->variant = fallback;
	if (!r->variant)
		return err_set(&r->report->err, STATUS_WRONG_FLASH_SIZE,
			       "wrong flash size: the plan has no images for %u KB",
			       (unsigned)(flash_bytes / 1024));
	return STATUS_OK;
}

/* ---- all of it ---- */

enum status run_judge_unit(struct run *r, const struct ident *ident)
{
	struct err *err = &r->report->err;

	TRY(judge_chip(r, ident, err));
	TRY(judge_security(r, ident, err));
	TRY(judge_proof(r, ident, err));
	TRY(judge_revision(r, ident, err));
	TRY(judge_stub(r, ident, err));
	TRY(judge_package(r, ident, err));
	return judge_psram(r, ident, err);
}

enum status run_judge_flash(struct run *r, const struct ident *ident)
{
	TRY(judge_size(r, ident));
	TRY(judge_end(r->plan, r->flash_bytes, &r->report->err));
	return find_variant(r, r->flash_bytes);
}
