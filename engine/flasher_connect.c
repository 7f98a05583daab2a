/* First contact, at 115200: find the loader, learn what the unit is, have it judged. */
#include "engine/flasher_run.h"

#include "engine/boot_text.h"

#include <string.h>

#define SYNCS_PER_RESET 5
/* Enough for a unit that somebody has put into its loader. */
#define SYNCS_AS_IT_IS 2
/* Our choice: a port that goes on leaving is the next try's. */
#define FOLLOWS_PER_RESET 3
/* More junk than comes with any reset, and how long its end is waited for. */
#define NOISE_BYTES 1000u
#define NOISE_MS 3000u
/* For the port of a chip's own USB to come back: it enumerates anew. */
#define REOPEN_MS 5000u
/* For a hub's port to be off long enough, and for the unit to come back. */
#define POWER_CYCLE_MS 10000u

/* ---- a port that comes and goes ---- */

enum status run_follow_port(struct run *r, struct deadline d, struct err *err)
{
	const struct flash_job *job = r->job;
	enum status st;

	if (!job->reopen || !r->transport)
		return STATUS_PORT_GONE;
	d = deadline_earlier(deadline_after_ms(r->loader.clock, REOPEN_MS), d);
	st = job->reopen(job->reopen_ctx, &r->transport, d, err);
	if (st) {
		r->transport = NULL;
		return st;
	}
	loader_use(&r->loader, r->transport);
	way_fit_link(&r->way, r->link);
	return STATUS_OK;
}

enum status run_reopen(struct run *r)
{
	struct err why = { .status = STATUS_OK };
	enum status st = run_follow_port(r, r->loader.limit, &why);

	if (st == STATUS_PORT_GONE && !why.status)
		return st;
	if (st) {
		run_log(r, "the unit's port did not come back: %s", why.text);
		if (st != STATUS_PORT_GONE)
			r->report->err = why;
		return st;
	}
	run_log(r, "the unit's port left and came back");
	run_evidence(r, "the port left and came back");
	return STATUS_OK;
}

enum status run_power_cycle(struct run *r)
{
	const struct flash_job *job = r->job;
	struct deadline d = deadline_earlier(deadline_after_ms(r->loader.clock, POWER_CYCLE_MS),
					     r->loader.limit);
	struct err why = { .status = STATUS_OK };
	enum status st;

	r->facts.was_power_cycled = true;
	facts_watch(&r->facts, false);
	run_log(r, "the hub's port is switched off and on");
	st = job->power_cycle(job->reopen_ctx, &r->transport, d, &why);
	if (st) {
		r->transport = NULL;
		r->report->err = why;
		return st;
	}
	loader_use(&r->loader, r->transport);
	way_fit_link(&r->way, r->link);
	return STATUS_OK;
}

enum status run_wait(struct run *r, uint32_t ms)
{
	struct deadline end =
		deadline_earlier(deadline_after_ms(r->loader.clock, ms), r->loader.limit);

	run_log(r, "%u s are waited: the way to the unit may have stalled", (unsigned)ms / 1000);
	/* A drain ends at the first quiet. */
	while (!deadline_passed(end))
		TRY(loader_drain(&r->loader, ms, &r->report->err));
	return STATUS_OK;
}

/* ---- connect ---- */

/*
 * A reset brings back the ROM at 115200, whatever ran before. A driver that believes to be
 * there already tells its bridge nothing, so after a failure it is set to something else first.
 */
static enum status back_to_first_rate(struct run *r)
{
	uint32_t actual;

	if (r->report->tries > 1 && !r->link->is_native_usb)
		(void)transport_set_baud(r->transport, FIRST_RATE / 2, &actual, NULL);
	TRY(transport_set_baud(r->transport, FIRST_RATE, &actual, &r->report->err));
	r->loader.rate_baud = actual;
	r->loader.kind = LOADER_ROM;
	return STATUS_OK;
}

static void tell_contact(struct run *r, const struct sync_report *sync, const char *how)
{
	const char *who = sync->is_stub ? "a stub" : "the ROM";

	if (how)
		run_note(r, "%s answers after reset '%s'", who, how);
	else
		run_note(r, "%s answers without a reset", who);
}

static void count_echoes(struct run *r, const struct sync_report *sync)
{
	struct link_facts *f = &r->facts;

	if (!f->altered_echoes)
		f->odd_echo = sync->odd_value;
	f->echoes += sync->answers;
	f->altered_echoes += sync->altered;
}

/* What it prints while nobody could make it answer. */
static void judge_printed(struct run *r, const struct sync_report *sync)
{
	struct boot_text boot;
	char signs[120];

	boot_text_read(sync->boot_text, &boot);
	r->facts.is_deaf |= boot.mode == BOOT_MODE_LOADER;
	if (boot_text_signs(&boot, signs, sizeof(signs)))
		run_evidence(r, "the unit's text tells of: %s", signs);
	if (sync->boot_text[0])
		run_evidence(r, UNIT_PRINTED "%.120s\"", sync->boot_text);
}

/* Where the adapter has no lines, somebody may have pressed the buttons. */
static enum status reset_unit(struct run *r, enum reset_kind reset)
{
	enum status st = lines_enter_loader(r->transport, reset, &r->report->err);

	if (st != STATUS_NOT_SUPPORTED)
		return st;
	r->has_no_lines = true;
	run_evidence(r, "the adapter has no DTR and RTS: the unit was not reset");
	return STATUS_OK;
}

/* Junk from a line that the chip has not set up yet: the loader comes behind it. */
static bool is_noise(const struct loader_noise *n)
{
	return n->bytes > NOISE_BYTES && n->odd_bytes * 4 > n->bytes;
}

/* reset NULL: ask the unit as it is. */
static enum status reset_and_sync(struct run *r, const enum reset_kind *reset, unsigned syncs)
{
	struct err *err = &r->report->err;
	struct sync_report sync = { .answers = 0 };
	const char *how;
	enum status st;

	facts_watch(&r->facts, false);
	TRY(back_to_first_rate(r));
	if (reset)
		TRY(reset_unit(r, *reset));
	how = reset && !r->has_no_lines ? reset_kind_name(*reset) : NULL;
	st = loader_sync(&r->loader, syncs, &sync, err);
	if (st == STATUS_SYNC_NO_REPLY && is_noise(&r->loader.noise)) {
		TRY(loader_drain(&r->loader, NOISE_MS, err));
		st = loader_sync(&r->loader, syncs, &sync, err);
	}
	count_echoes(r, &sync);
	facts_watch(&r->facts, !st);
	if (!st) {
		r->is_in_loader = r->had_contact = true;
		tell_contact(r, &sync, how);
		return STATUS_OK;
	}
	judge_printed(r, &sync);
	run_log(r, "reset '%s': %s", how ? how : "none", err->text);
	return st;
}

static bool is_no_contact(enum status st)
{
	return st == STATUS_SYNC_NO_REPLY || st == STATUS_SYNC_ALTERED ||
	       st == STATUS_WRONG_BOOT_MODE;
}

/*
 * The port of a chip's own USB may leave with the reset; what comes back is asked as it is. That of
 * a blank unit leaves by itself as well, every second, perhaps just before the reset: a port that
 * has just come stands for the longest, so it is not asked for long before it is reset again.
 */
static enum status reset_and_follow(struct run *r, const enum reset_kind *reset, unsigned syncs)
{
	enum status st = reset_and_sync(r, reset, syncs);

	for (unsigned i = 0; st == STATUS_PORT_GONE && i < FOLLOWS_PER_RESET; i++) {
		TRY(run_reopen(r));
		st = reset_and_sync(r, NULL, reset ? SYNCS_AS_IT_IS : syncs);
		if (reset && is_no_contact(st))
			st = reset_and_sync(r, reset, syncs);
	}
	return st;
}

/*
 * Over a chip's own USB a reset only works with the application's help. A unit
 * that somebody has put into its loader is taken as it is.
 */
static enum status ask_as_it_is(struct run *r)
{
	enum status st = reset_and_follow(r, NULL, SYNCS_AS_IT_IS);

	r->is_by_hand = !st;
	return st;
}

static enum status judge_no_contact(struct run *r, const struct err *told)
{
	r->report->err = *told;
	if (!r->link->is_native_usb || r->had_contact || told->status == STATUS_SYNC_ALTERED)
		return told->status;
	/* docs/chips.md 9: nothing tells these apart from a cause that a hand can mend. */
	return err_set(&r->report->err, STATUS_NEEDS_HAND,
		       r->facts.is_deaf
			       ? "the unit's loader waits and hears nothing over its own USB "
				 "(its fuses may bar that port: try its UART): %s"
			       : "the unit's own USB does not bring it into its loader "
				 "(or its fuses forbid that): %s",
		       told->text);
}

/* Once round the resets, beginning with the one that worked before. */
static enum status find_loader(struct run *r)
{
	size_t count = r->link->reset_count;
	struct err told = { .status = STATUS_OK };
	enum status st;

	r->is_in_loader = false;
	if (!count)
		return reset_and_follow(r, NULL, SYNCS_PER_RESET);
	if (r->link->is_native_usb && !r->had_contact) {
		st = ask_as_it_is(r);
		if (!st || !is_no_contact(st))
			return st;
	}
	for (size_t i = 0; i < count; i++) {
		size_t at = (r->way.reset_at + i) % count;

		st = reset_and_follow(r, &r->link->resets[at], SYNCS_PER_RESET);
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
	return judge_no_contact(r, &told);
}

/* Only a reset brings a chip back from a rate at which nothing arrives. */
static void keep_first_rate(struct run *r)
{
	bool can_reset = r->link->reset_count && !r->has_no_lines;

	if (can_reset || r->link->is_native_usb || r->way.rate_at >= r->link->rate_count)
		return;
	r->way.rate_at = r->link->rate_count;
	run_log(r, "stays at %u baud: nothing could bring the unit back from a rate that fails",
		FIRST_RATE);
	run_evidence(r, "no reset, so no rate above %u", FIRST_RATE);
}

enum status run_connect(struct run *r)
{
	TRY(find_loader(r));
	keep_first_rate(r);
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

static enum status read_all(struct run *r, struct ident *ident)
{
	struct loader *l = &r->loader;
	struct err *err = &r->report->err;
	const struct chip *chip;
	bool is_jtag = r->link->is_native_usb && !r->link->is_usb_otg;

	TRY(ident_detect(l, ident, err));
	chip = ident->chip;
	if (is_jtag && l->kind == LOADER_ROM && !ident->security.secure_download)
		TRY(ident_stop_watchdogs(l, chip, err));
	TRY(ident_read(l, ident, err));
	if (r->link->is_native_usb && chip->uart_clkdiv_reg)
		ident->crystal_mhz = 0; /* nobody has measured it on that UART */
	/* A unit that may not be written is left alone from here on. */
	if (r->plan)
		TRY(run_judge_unit(r, ident));
	if (ident->security.secure_download)
		return r->plan ? loader_spi_attach(l, 0, err) : STATUS_OK; /* it hides its flash */
	if (chip->power_flash)
		TRY(chip->power_flash(chip, l, ident->revision, err));
	return ident_read_flash(l, ident, err);
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
	if (ident->security.secure_download) {
		run_note(r, "%s in secure download mode: it tells no more", ident->chip->name);
		return;
	}
	run_note(r, "%s, %s, MAC %s, flash %06x %u KB",
		 ident->package[0] ? ident->package : ident->chip->name, revision, mac,
		 (unsigned)ident->flash_id, (unsigned)(ident->flash_bytes / 1024));
}

/*
 * A flash that has told its id in this run is there. When it is silent later it is still
 * busy with what an earlier try began: that is no verdict on the unit.
 */
static enum status judge_silent_flash(struct run *r)
{
	struct err *err = &r->report->err;
	struct err why = *err;

	if (!r->good_flash_id)
		return STATUS_FLASH_ID_BAD;
	return err_set(err, STATUS_NO_ANSWER,
		       "%s, and was %06x before: the flash may still be busy with the try before",
		       why.text, (unsigned)r->good_flash_id);
}

/* What was read stays in the report even when the unit is refused. */
static enum status identify(struct run *r)
{
	struct ident now = { .chip = NULL };
	struct ident *before = &r->report->ident;
	enum status st = read_all(r, &now);
	/* Whatever else is wrong with another unit, it is no verdict on this one. */
	enum status same = judge_same_unit(before, &now, &r->report->err);

	if (same)
		st = same;
	else if (st == STATUS_FLASH_ID_BAD)
		st = judge_silent_flash(r);
	if (!before->has_mac || !st)
		*before = now;
	TRY(st);
	r->good_flash_id = now.flash_id;
	tell_unit(r, &now);
	if (r->plan) {
		TRY(run_judge_flash(r, &now));
		TRY(run_set_flash_size(r, r->flash_bytes));
	}
	TRY(ask_watch(r));
	return run_take_own(r);
}

/* All of it only asks. */
enum status run_identify(struct run *r)
{
	enum status st;

	r->subject = RUN_FLASH;
	run_allow_repeats(r, RUN_REPEATS_MAX);
	st = identify(r);
	run_allow_repeats(r, 0);
	return st;
}
