/* Between first contact and the flash: the stub, the rate, and finding the loader again. */
#include "engine/flasher_run.h"

#include "engine/stub.h"

#define RESYNCS 5
/* How often an upload goes on behind blocks that were accepted, without another remedy. */
#define UPLOAD_GOES_ON_MAX 12
#define RATE_SYNCS 3
#define RATE_QUESTIONS 2
/* A unit that cannot start says so once a second. */
#define LISTEN_MS 1300u

/* ---- the stub ---- */

static bool has_moved(const struct stub_place *from, const struct stub_place *to)
{
	return from->segment != to->segment || from->at != to->at;
}

/*
 * Only RAM is written, so an upload that lost bytes goes on at once from the block that
 * failed: as long as it gets on the same way, then with smaller blocks, because some
 * bridges lose bytes of long writes only.
 */
static enum status upload(struct run *r, const struct stub_image *image)
{
	struct err *err = &r->report->err;
	struct stub_place place = { .at = 0 };
	unsigned goes_on = 0;

	for (;;) {
		struct stub_place begun = place;
		enum status st =
			stub_upload(&r->loader, image, r->way.ram_block_bytes, &place, err);

		if (!st)
			return STATUS_OK;
		run_log(r, "%s", err->text);
		/* The ROM's buffer is in an unknown state then: a SYNC clears that up. */
		if (loader_was_lost(st))
			TRY(run_resync(r));
		r->is_odd = true;
		if (has_moved(&begun, &place) && ++goes_on <= UPLOAD_GOES_ON_MAX)
			continue;
		if (!run_remedy_in_try(r, st))
			return st;
	}
}

const char *run_stub_bar(const struct ident *ident)
{
	const struct chip *chip = ident->chip;

	if (ident->security.secure_download)
		return "in secure download mode";
	if (chip->secure_boot_bars_stub && ident->security.secure_boot)
		return "with secure boot";
	if (!chip_stub_name(chip, ident->revision))
		return "of this revision";
	return NULL;
}

enum status run_stub(struct run *r)
{
	struct err *err = &r->report->err;
	const struct ident *ident = &r->report->ident;
	const char *bar = run_stub_bar(ident);
	const struct stub_image *image = NULL;

	r->way.again_in_try = 0;
	if (r->loader.kind == LOADER_STUB) {
		run_note(r, "a stub runs already");
		return STATUS_OK;
	}
	if (bar) {
		run_note(r, "none runs on an %s %s: the ROM does it", ident->chip->name, bar);
		way_use_rom(&r->way);
		return STATUS_OK;
	}
	image = stub_by_name(chip_stub_name(ident->chip, ident->revision));
	if (!image && r->plan->stub == STUB_ALWAYS)
		return err_set(err, STATUS_STUB_MISSING,
			       "this build carries no stub for %s, the recipe says 'stub: always'",
			       ident->chip->name);
	if (!image) {
		run_note(r, "this build carries none for %s: the ROM does it", ident->chip->name);
		way_use_rom(&r->way);
		return STATUS_OK;
	}
	TRY(upload(r, image));
	/* One that was damaged in a way that a sum does not show crashes, and the chip restarts. */
	facts_watch(&r->facts, false);
	TRY(stub_start(&r->loader, image, err));
	facts_watch(&r->facts, true);
	run_note(r, "started, uploaded in blocks of %u bytes", (unsigned)r->way.ram_block_bytes);
	return run_set_flash_size(r, r->flash_bytes);
}

enum status run_set_flash_size(struct run *r, uint32_t flash_bytes)
{
	TRY(loader_spi_params(&r->loader, flash_bytes, &r->report->err));
	return loader_spi_params(&r->loader, flash_bytes, &r->report->err);
}

/* ---- the rate ---- */

static bool ends_run(enum status st)
{
	return st == STATUS_PORT_GONE || st == STATUS_PORT_FAILED || st == STATUS_CANCELLED ||
	       st == STATUS_RUN_TIMEOUT;
}

/* At the new rate: do SYNC and a question with a known answer come through? */
static enum status judge_rate(struct run *r)
{
	const struct ident *ident = &r->report->ident;
	uint32_t expected = (uint32_t)ident->mac[2] << 24 | (uint32_t)ident->mac[3] << 16 |
			    (uint32_t)ident->mac[4] << 8 | ident->mac[5];
	struct err *err = &r->report->err;
	struct sync_report sync;

	TRY(loader_sync(&r->loader, RATE_SYNCS, &sync, err));
	/* In secure download mode the eight echoes have to do. */
	for (unsigned n = 0; !r->is_unprovable && n < RATE_QUESTIONS; n++) {
		uint32_t value;

		TRY(loader_read_reg(&r->loader, ident->chip->probe_reg, &value, err));
		if (value != expected)
			return err_set(err, STATUS_GARBLED,
				       "register %08x reads %08x instead of %08x",
				       (unsigned)ident->chip->probe_reg, (unsigned)value,
				       (unsigned)expected);
	}
	return STATUS_OK;
}

static enum status change_rate(struct run *r, uint32_t rate_baud)
{
	const struct chip *chip = r->report->ident.chip;
	struct err *err = &r->report->err;
	uint32_t told_baud = rate_baud;

	if (r->loader.kind == LOADER_ROM && chip->rom_rate)
		TRY(chip->rom_rate(chip, &r->loader, rate_baud, &told_baud, err));
	if (told_baud != rate_baud)
		run_log(r, "told the ROM %u baud for %u: its clock is off", (unsigned)told_baud,
			(unsigned)rate_baud);
	return loader_change_rate(&r->loader, told_baud, rate_baud, FIRST_RATE, err);
}

enum status run_rate(struct run *r)
{
	struct flash_report *report = r->report;
	uint32_t rate = r->link->rates[r->way.rate_at];
	struct err why;
	enum status st = change_rate(r, rate);

	if (!st)
		st = judge_rate(r);
	if (!st) {
		run_note(r, "%u baud, the port makes %u", (unsigned)rate,
			 (unsigned)r->loader.rate_baud);
		return STATUS_OK;
	}
	if (ends_run(st))
		return st;
	why = report->err;
	facts_add_failed_rate(&r->facts, rate);
	return err_set(&report->err, STATUS_RATE_FAILED, "%u baud does not work: %s",
		       (unsigned)rate, why.text);
}

/* ---- silence ---- */

/*
 * A unit that restarted by itself speaks at the first rate, and one whose boot loader is
 * gone says so every second.
 */
static void listen_for_restart(struct run *r)
{
	struct deadline end =
		deadline_earlier(deadline_after_ms(r->clock, LISTEN_MS), r->loader.limit);
	struct err ignored;
	uint32_t actual;

	if (r->link->is_native_usb || r->step == STEP_RATE || !r->facts.is_watched ||
	    transport_set_baud(r->transport, FIRST_RATE, &actual, &ignored))
		return;
	r->loader.rate_baud = actual;
	while (r->facts.is_watched && !deadline_passed(end)) {
		if (loader_drain(&r->loader, LISTEN_MS, &ignored))
			return;
		facts_judge_text(&r->facts);
	}
}

enum status run_resync(struct run *r)
{
	struct err silence = r->report->err;
	enum loader_kind kind = r->loader.kind;
	struct sync_report sync = { .answers = 0 };
	enum status st = loader_sync(&r->loader, RESYNCS, &sync, &r->report->err);

	r->is_odd = true;
	if (sync.late_error[0])
		run_log(r, "sync: an earlier write had failed: %02x %02x", sync.late_error[0],
			sync.late_error[1]);
	if (ends_run(st))
		return st;
	if (!st && r->loader.kind == kind) {
		run_log(r, "the %s answers again", kind == LOADER_STUB ? "stub" : "ROM");
		return STATUS_OK;
	}
	if (st)
		listen_for_restart(r);
	else
		facts_add_restart(&r->facts);
	r->report->err = silence;
	if (!st)
		return err_set(&r->report->err, STATUS_NO_ANSWER,
			       "the unit restarted by itself: its ROM answers, a stub was running");
	return silence.status;
}

/* Nothing has changed on the unit: that makes no run odd. */
static enum status find_again(void *ctx)
{
	struct run *r = ctx;
	bool was_odd = r->is_odd;

	run_log(r, "%s; asked again", r->report->err.text);
	TRY(run_resync(r));
	r->is_odd = was_odd;
	return STATUS_OK;
}

void run_allow_repeats(struct run *r, unsigned times)
{
	r->loader.repeats =
		(struct loader_repeats){ .left = times, .find_again = find_again, .ctx = r };
}
