/* First contact, at 115200: find the loader, learn what the unit is, judge it. */
#include "engine/flasher_run.h"

#include <string.h>

#define SYNCS_PER_RESET 5

/* ---- connect ---- */

/* A reset brings back the ROM at 115200, whatever ran before. */
static enum status back_to_first_rate(struct run *r)
{
	uint32_t actual;

	TRY(transport_set_baud(r->job->transport, FIRST_RATE, &actual, &r->report->err));
	r->loader.rate_baud = actual;
	r->loader.kind = LOADER_ROM;
	return STATUS_OK;
}

static void tell_contact(struct run *r, const struct sync_report *sync, const char *how)
{
	run_note(r, "%s answers after reset '%s'", sync->is_stub ? "a stub" : "the ROM", how);
	if (sync->altered)
		run_evidence(r, "%u of %u sync echoes altered, first %08x", sync->altered,
			     sync->answers, (unsigned)sync->odd_value);
	else
		run_evidence(r, "%u sync echoes clean", sync->answers);
}

static enum status reset_and_sync(struct run *r, const enum reset_kind *reset)
{
	struct err *err = &r->report->err;
	const char *how = reset ? reset_kind_name(*reset) : "none";
	struct sync_report sync = { .answers = 0 };
	enum status st;

	TRY(back_to_first_rate(r));
	if (reset)
		TRY(lines_enter_loader(r->job->transport, *reset, err));
	st = loader_sync(&r->loader, SYNCS_PER_RESET, &sync, err);
	if (!st) {
		tell_contact(r, &sync, how);
		return STATUS_OK;
	}
	if (sync.boot_text[0])
		run_evidence(r, "the unit printed \"%.120s\"", sync.boot_text);
	if (st == STATUS_SYNC_ALTERED)
		run_evidence(r, "%u of %u sync echoes altered, first %08x", sync.altered,
			     sync.answers, (unsigned)sync.odd_value);
	run_log(r, "reset '%s': %s", how, err->text);
	return st;
}

static bool is_no_contact(enum status st)
{
	return st == STATUS_SYNC_NO_REPLY || st == STATUS_SYNC_ALTERED ||
	       st == STATUS_WRONG_BOOT_MODE;
}

/* Once round the resets, beginning with the one that worked before. */
enum status run_connect(struct run *r)
{
	size_t count = r->link->reset_count;
	struct err told = { .status = STATUS_OK };
	enum status st;

	if (!count)
		return reset_and_sync(r, NULL);
	for (size_t i = 0; i < count; i++) {
		size_t at = (r->way.reset_at + i) % count;

		st = reset_and_sync(r, &r->link->resets[at]);
		if (!st) {
			r->way.reset_at = at;
			return STATUS_OK;
		}
		if (!is_no_contact(st))
			return st;
		/* Mere silence after another reset does not hide what one has shown. */
		if (!told.status || st != STATUS_SYNC_NO_REPLY)
			told = r->report->err;
	}
	r->report->err = told;
	return told.status;
}

/* ---- judge ---- */

static enum status judge_chip(const struct run *r, const struct ident *ident, struct err *err)
{
	if (ident->chip == r->plan->chip)
		return STATUS_OK;
	return err_set(err, STATUS_WRONG_CHIP, "wrong chip: recipe says %s, unit is %s",
		       r->plan->chip->name, ident->chip->name);
}

static enum status judge_security(const struct ident *ident, struct err *err)
{
	const struct security *s = &ident->security;
	char text[64];

	if (s->is_known && !s->secure_boot && !s->flash_encryption && !s->secure_download)
		return STATUS_OK;
	security_text(s, text, sizeof(text));
	return err_set(err, STATUS_SECURITY_STATE,
		       "security state of the unit: %s; nothing written", text);
}

static enum status judge_revision(const struct run *r, const struct ident *ident, struct err *err)
{
	char is[12], low[12], high[12];

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

static enum status judge_flash(const struct run *r, const struct ident *ident, struct err *err)
{
	const struct flash_plan *plan = r->plan;

	if (!ident->flash_bytes)
		return err_set(err, STATUS_WRONG_FLASH_SIZE,
			       "flash id %06x is in no table: its size is unknown",
			       (unsigned)ident->flash_id);
	if (plan->flash_bytes && ident->flash_bytes != plan->flash_bytes)
		return err_set(err, STATUS_WRONG_FLASH_SIZE,
			       "wrong flash size: recipe says %u KB, unit has %u KB (id %06x)",
			       (unsigned)(plan->flash_bytes / 1024),
			       (unsigned)(ident->flash_bytes / 1024), (unsigned)ident->flash_id);
	if (plan->end_addr > ident->flash_bytes)
		return err_set(err, STATUS_FLASH_TOO_SMALL,
			       "flash too small: images end at %08x, unit has %08x bytes",
			       (unsigned)plan->end_addr, (unsigned)ident->flash_bytes);
	return STATUS_OK;
}

/* ---- identify ---- */

static enum status judge_same_unit(const struct ident *before, const struct ident *now,
				   struct err *err)
{
	char was[MAC_TEXT_BYTES], is[MAC_TEXT_BYTES];

	if (!before->has_mac || !now->has_mac || memcmp(before->mac, now->mac, MAC_BYTES) == 0)
		return STATUS_OK;
	mac_text(before->mac, was);
	mac_text(now->mac, is);
	return err_set(err, STATUS_UNIT_CHANGED, "the unit was %s and is now %s", was, is);
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

static enum status read_all(struct run *r, struct ident *ident)
{
	struct loader *l = &r->loader;
	struct err *err = &r->report->err;

	TRY(ident_detect(l, ident, err));
	if (r->link->is_native_usb && l->kind == LOADER_ROM && !ident->security.secure_download)
		TRY(ident_stop_watchdogs(l, ident->chip, err));
	TRY(ident_read(l, ident, err));
	if (ident->security.secure_download)
		return STATUS_OK; /* it does not tell its flash either */
	if (r->plan) {
		/* A unit that may not be written is left alone from here on. */
		TRY(judge_chip(r, ident, err));
		TRY(judge_security(ident, err));
		TRY(judge_revision(r, ident, err));
	}
	return ident_read_flash(l, ident, err);
}

static enum status judge_all(struct run *r, const struct ident *ident)
{
	struct err *err = &r->report->err;

	TRY(judge_chip(r, ident, err));
	TRY(judge_security(ident, err));
	TRY(judge_revision(r, ident, err));
	TRY(judge_flash(r, ident, err));
	TRY(find_variant(r, ident->flash_bytes));
	return run_set_flash_size(r, ident->flash_bytes);
}

static enum status ask_watch(struct run *r)
{
	const struct flash_watch *watch = &r->job->watch;
	enum status st;

	if (r->is_identified)
		return STATUS_OK;
	r->is_identified = true;
	if (!watch->identified)
		return STATUS_OK;
	st = watch->identified(watch->ctx, &r->report->ident, &r->report->err);
	r->is_final = st != STATUS_OK;
	return st;
}

static void tell_unit(struct run *r, const struct ident *ident)
{
	char mac[MAC_TEXT_BYTES] = "unknown";
	char revision[12] = "unknown";

	if (ident->has_mac)
		mac_text(ident->mac, mac);
	if (ident->has_revision)
		chip_revision_text(ident->revision, revision, sizeof(revision));
	run_note(r, "%s, %s, MAC %s, flash %06x %u KB",
		 ident->package[0] ? ident->package : ident->chip->name, revision, mac,
		 (unsigned)ident->flash_id, (unsigned)(ident->flash_bytes / 1024));
}

/* What was read stays in the report even when the unit is refused. */
enum status run_identify(struct run *r)
{
	struct ident now = { .chip = NULL };
	struct ident *before = &r->report->ident;
	enum status st = read_all(r, &now);
	enum status same = judge_same_unit(before, &now, st ? NULL : &r->report->err);

	if (!before->has_mac || (!st && !same))
		*before = now;
	TRY(st);
	TRY(same);
	tell_unit(r, &now);
	if (r->plan)
		TRY(judge_all(r, &now));
	return ask_watch(r);
}
