/* The run: tries through a table of steps, a remedy between tries, the restart at the end. */
#include "engine/flasher_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the steps of a try ---- */

static bool always(const struct run *r)
{
	(void)r;
	return true;
}

/* MD5 is all that a verify run asks, and the ROM answers that. */
static bool wants_stub(const struct run *r)
{
	return r->plan && r->way.with_stub;
}

static bool wants_rate(const struct run *r)
{
	if (r->is_unprovable && r->report->ident.chip->rom_rate)
		return false; /* its registers would have to say what its ROM is to be told */
	return r->job->kind == FLASH_RUN_FLASH && !r->link->is_native_usb &&
	       r->way.rate_at < r->link->rate_count;
}

static bool is_verify(const struct run *r)
{
	return r->job->kind == FLASH_RUN_VERIFY;
}

static bool is_flash(const struct run *r)
{
	return r->job->kind == FLASH_RUN_FLASH;
}

static bool is_flash_with_work(const struct run *r)
{
	return is_flash(r) && run_has_work(r);
}

static const struct try_step {
	enum flash_step step;
	bool (*is_wanted)(const struct run *r);
	enum status (*work)(struct run *r);
} try_steps[] = {
	{ STEP_CONNECT, always, run_connect },
	{ STEP_IDENTIFY, always, run_identify },
	{ STEP_STUB, wants_stub, run_stub },
	{ STEP_RATE, wants_rate, run_rate },
	{ STEP_COMPARE, is_flash, run_compare },
	{ STEP_ERASE, is_flash_with_work, run_erase },
	{ STEP_WRITE, is_flash_with_work, run_write_body },
	{ STEP_VERIFY, is_flash_with_work, run_verify_body },
	{ STEP_WRITE, is_flash_with_work, run_write_boot },
	{ STEP_VERIFY, is_flash, run_verify_boot },
	{ STEP_VERIFY, is_verify, run_verify_all },
};

static enum status run_steps(struct run *r)
{
	for (size_t i = 0; i < sizeof(try_steps) / sizeof(try_steps[0]); i++) {
		const struct try_step *s = &try_steps[i];
		enum status st;

		if (!s->is_wanted(r))
			continue;
		run_step_begin(r, s->step);
		st = s->work(r);
		run_step_end(r, st);
		if (st)
			return st;
	}
	return STATUS_OK;
}

/* ---- tries ---- */

static bool may_drop_stub(const struct run *r)
{
	return r->plan && r->plan->stub == STUB_AUTO;
}

/* A native port that left and came back is worth a try, the same way. */
static bool may_try_again(struct run *r, enum status *st)
{
	unsigned tries = r->plan ? r->plan->tries : 2;
	unsigned left = tries - r->report->tries;

	if (r->is_final || deadline_passed(r->loader.limit))
		return false;
	if (*st == STATUS_PORT_GONE) {
		if (!left)
			return false;
		*st = run_reopen(r);
		return *st == STATUS_OK;
	}
	return remedy_next(&r->way, r->link, *st, r->step, left, may_drop_stub(r));
}

/* What comes after it may be no more than its consequence. */
static void keep_first_failure(struct run *r, const struct err *why)
{
	if (r->report->tries == 1)
		run_evidence(r, "try 1 failed in %s, %s: %.150s", flash_step_name(r->step),
			     status_code(why->status), why->text);
}

static enum status run_tries(struct run *r)
{
	enum status st;

	for (;;) {
		struct err why;

		r->report->tries++;
		r->done_bytes = 0;
		st = run_steps(r);
		why = r->report->err;
		run_add_way(r);
		if (!st || !may_try_again(r, &st))
			break;
		keep_first_failure(r, &why);
	}
	if (!st && r->is_astray)
		st = err_set(&r->report->err, STATUS_GARBLED,
			     "the plan is proven now, but a request was altered on its way before: "
			     "the unit may have changed elsewhere too");
	if (st && deadline_passed(r->loader.limit) && st != STATUS_PORT_GONE &&
	    st != STATUS_CANCELLED) {
		struct err why = r->report->err;

		st = err_set(&r->report->err, STATUS_RUN_TIMEOUT, "the run's limit passed: %s",
			     why.text);
	}
	return st;
}

/* ---- the end ---- */

static size_t regions_max(const struct flash_plan *plan)
{
	size_t most = 1;

	for (size_t i = 0; plan && i < plan->variant_count; i++) {
		if (plan->variants[i].region_count > most)
			most = plan->variants[i].region_count;
	}
	return most;
}

static enum status run_init(struct run *r)
{
	const struct flash_job *job = r->job;
	uint32_t limit_ms = job->limit_ms ? job->limit_ms : flasher_limit_ms(job->plan, job->link);
	uint32_t work_ms = limit_ms > 2 * RUN_RESTART_MS ? limit_ms - RUN_RESTART_MS : limit_ms / 2;
	bool with_stub = job->plan && job->plan->stub != STUB_NEVER;

	if (job->kind != FLASH_RUN_FLASH) /* asking is all; the ROM can answer */
		with_stub = job->plan && job->plan->stub == STUB_ALWAYS;
	r->plan = job->kind == FLASH_RUN_IDENTIFY ? NULL : job->plan;
	way_init(&r->way, r->link, with_stub);
	r->start_us = clock_now_us(r->clock);
	r->is_proven = calloc(regions_max(r->plan), sizeof(r->is_proven[0]));
	r->sectors = run_new_sectors(r->plan);
	if (!r->is_proven || !r->sectors)
		return err_set(&r->report->err, STATUS_NO_MEMORY, "no memory for a run");
	return loader_init(&r->loader, job->transport, FIRST_RATE,
			   deadline_after_ms(r->clock, work_ms), &r->report->err);
}

static void fill_report(struct run *r, enum status st)
{
	struct flash_report *report = r->report;

	report->status = st;
	if (!st)
		err_clear(&report->err);
	report->proof =
		st || !r->plan || r->is_unprovable ? FLASH_PROOF_NONE : FLASH_PROOF_CHIP_MD5;
	report->skipped_bytes = r->skipped_bytes;
	if (report->tries > 1 || r->way.ram_block_bytes < r->link->ram_block_bytes)
		snprintf(report->rungs, sizeof(report->rungs), "%s", r->ways);
	report->total_us = clock_now_us(r->clock) - r->start_us;
}

enum status flasher_run(const struct flash_job *job, struct flash_report *report)
{
	struct run r = {
		.job = job,
		.link = job->link,
		.report = report,
		.transport = job->transport,
		.clock = job->transport->clock,
	};
	enum status st;

	memset(report, 0, sizeof(*report));
	st = run_init(&r);
	if (!st) {
		st = run_tries(&r);
		run_restart(&r, st);
	}
	fill_report(&r, st);
	loader_release(&r.loader);
	free(r.is_proven);
	free(r.sectors);
	return st;
}
