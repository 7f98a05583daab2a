/* The end of a run: the unit runs its application again. docs/protocol.md, resets, watchdogs. */
#include "engine/flasher_run.h"

#include "engine/boot_text.h"

#define DRAIN_MS 2000u
#define LINES_MS 600u /* the longest that runs an application: engine/lines.c */
#define WATCHDOG_MS 500u
#define STILL_THERE_SYNCS 2
#define STRAP_HIGH (1u << 3)

#define BY_HAND "the unit stays in its loader: reset it by hand, or take its power away"

/* ---- by watchdog ---- */

/*
 * A unit that came into its loader by hand keeps its strap over a reset by the
 * lines. Over USB-OTG such a reset does not reach the chip when GPIO0 was low,
 * unless the application had asked for the loader itself.
 */
static enum status wants_watchdog(struct run *r, bool *is_wanted, struct err *err)
{
	const struct chip *chip = r->report->ident.chip;
	const struct boot_regs *boot = &chip->boot;
	uint32_t strap, force;

	*is_wanted = chip->watchdog.can_reset && r->is_by_hand;
	if (*is_wanted || !chip->watchdog.can_reset || !r->link->is_usb_otg)
		return STATUS_OK;
	*is_wanted = true;
	if (!boot->strap)
		return STATUS_OK;
	TRY(loader_read_reg(&r->loader, boot->strap, &strap, err));
	TRY(loader_read_reg(&r->loader, boot->force_download, &force, err));
	*is_wanted = !(strap & STRAP_HIGH) && !(force >> boot->force_download_bit & 1);
	return STATUS_OK;
}

/* *is_done: the unit restarts, and nobody needs to touch the lines. */
static enum status restart_by_watchdog(struct run *r, bool *is_done, struct err *err)
{
	const struct chip *chip = r->report->ident.chip;
	const struct boot_regs *boot = &chip->boot;

	*is_done = false;
	if (boot->clear_force)
		TRY(loader_write_reg(&r->loader, boot->force_download, 0,
				     UINT32_C(1) << boot->force_download_bit, 0, err));
	TRY(wants_watchdog(r, is_done, err));
	if (!*is_done)
		return STATUS_OK;
	TRY(ident_watchdog_reset(&r->loader, chip, err));
	clock_sleep_ms(r->clock, WATCHDOG_MS);
	return STATUS_OK;
}

static bool may_write_registers(const struct run *r)
{
	return r->link->is_native_usb && r->is_in_loader && r->report->ident.chip &&
	       !r->report->ident.security.secure_download;
}

/* ---- by the lines ---- */

/* What answers a SYNC is not the application. */
bool run_is_in_loader(struct run *r)
{
	struct sync_report sync = { .answers = 0 };
	struct err ignored;

	return r->is_by_hand && !loader_sync(&r->loader, STILL_THERE_SYNCS, &sync, &ignored);
}

/* What prints something else need not be asked. */
static bool is_still_in_loader(struct run *r)
{
	struct boot_text printed;

	boot_text_read(r->loader.noise.text, &printed);
	if (r->loader.noise.text_len && printed.mode != BOOT_MODE_LOADER)
		return false;
	return run_is_in_loader(r);
}

static enum run_kind run_kind_of(const struct link_profile *link)
{
	if (link->is_native_usb)
		return RUN_NATIVE_USB;
	return link->reset_count && reset_kind_holds_strap(link->resets[0]) ? RUN_STRAP_HELD
									    : RUN_BEHIND_BRIDGE;
}

/* The rate is set before: the ROM speaks as soon as the reset is over. */
enum status run_restart_by_lines(struct run *r, struct err *err)
{
	uint32_t actual;

	if (!r->link->is_native_usb)
		TRY(transport_set_baud(r->transport, run_console_rate(r), &actual, err));
	return lines_run_application(r->transport, run_kind_of(r->link), err);
}

static enum status restart_at_first_rate(struct run *r, struct err *err)
{
	uint32_t actual;

	transport_set_baud(r->transport, FIRST_RATE, &actual, err);
	return lines_run_application(r->transport, run_kind_of(r->link), err);
}

static enum status restart(struct run *r, enum status verdict, struct err *err)
{
	bool is_listened_to = run_wants_boot(r, verdict);
	bool is_done = false;
	enum status st = STATUS_OK;

	/* A cancelled transport still moves its lines, but carries no question. */
	if (verdict != STATUS_CANCELLED && may_write_registers(r))
		st = restart_by_watchdog(r, &is_done, err);
	if (st == STATUS_PORT_GONE)
		return st;
	if (!is_done || st)
		TRY(is_listened_to ? run_restart_by_lines(r, err) : restart_at_first_rate(r, err));
	if (verdict == STATUS_CANCELLED || is_listened_to)
		return STATUS_OK;
	return loader_drain(&r->loader, DRAIN_MS, err);
}

/*
 * For questions and for reading away, within the run's own limit. Moving the lines asks
 * nothing and comes on top.
 */
static struct deadline restart_limit(const struct run *r)
{
	const struct flash_job *job = r->job;
	uint32_t run_ms = job->limit_ms ? job->limit_ms : flasher_limit_ms(job->plan, job->link);
	struct deadline end = deadline_after_ms(r->clock, RUN_RESTART_MS - LINES_MS);
	uint64_t run_us = UINT64_C(1000) * run_ms, lines_us = UINT64_C(1000) * LINES_MS;
	uint64_t latest_us = r->start_us + (run_us > lines_us ? run_us - lines_us : 0);

	return deadline_earlier(end, (struct deadline){ .clock = r->clock, .at_us = latest_us });
}

/*
 * What the unit prints is read away, so that the port is not closed under bytes
 * on their way. A chip's own port leaves with a restart: that is none of ours.
 */
enum status run_restart(struct run *r, enum status verdict)
{
	struct err err;
	enum status st;

	if (verdict == STATUS_PORT_GONE || verdict == STATUS_PORT_FAILED || !r->transport)
		return verdict;
	facts_watch(&r->facts, false);
	run_step_begin(r, STEP_RESET);
	if (r->link->is_native_usb && r->is_by_hand && r->job->kind == FLASH_RUN_IDENTIFY) {
		/* Whoever put it there means to flash it next. */
		run_note(r, "left in its loader, as it was found");
		run_step_end(r, STATUS_OK);
		return STATUS_OK;
	}
	r->loader.limit = restart_limit(r);
	st = restart(r, verdict, &err);
	if (st && run_wants_boot(r, verdict))
		r->report->err = err;
	if (st == STATUS_PORT_GONE && r->link->is_native_usb) {
		run_note(r, "the port left as the unit restarted");
	} else if (st == STATUS_NOT_SUPPORTED) {
		run_note(r, "the adapter has no DTR and RTS: " BY_HAND);
	} else if (st) {
		run_log(r, "restart: %s", err.text);
		run_note(r, "%.100s", err.text);
	} else if (!run_wants_boot(r, verdict) && r->link->is_native_usb && is_still_in_loader(r)) {
		run_note(r, BY_HAND);
	} else if (r->loader.noise.text_len) {
		run_note(r, UNIT_PRINTED "%.80s\"", r->loader.noise.text);
	}
	run_step_end(r, STATUS_OK);
	return st;
}
