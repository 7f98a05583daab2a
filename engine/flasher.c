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

static unsigned tries_left(const struct run *r)
{
	return (r->plan ? r->plan->tries : 2) - r->report->tries;
}

void run_use_way(struct run *r, const struct way *way)
{
	r->way = *way;
	r->loader.pace_bytes = way->pace_bytes;
	r->rungs++;
}

bool run_remedy_in_try(struct run *r, enum status st)
{
	struct failure f = run_failure(r, st);
	struct way next = r->way;

	if (r->is_final || deadline_passed(r->loader.limit) || !remedy_in_try(&next, r->link, &f))
		return false;
	run_add_way(r);
	run_use_way(r, &next);
	return true;
}

/* What fails before anything is written is done again from a new contact on, and costs no try. */
static bool may_begin_anew(struct run *r, enum status st)
{
	return (r->step == STEP_IDENTIFY || r->step == STEP_RATE) && run_remedy_in_try(r, st);
}

static enum status run_try(struct run *r)
{
	enum status st;

	r->done_bytes = 0;
	r->lost_blocks = 0;
	r->restarts_before = r->facts.restarts;
	do
		st = run_steps(r);
	while (st && may_begin_anew(r, st));
	run_add_way(r);
	return st;
}

/* A port that left and came back is worth a try, the same way. */
static bool may_follow(struct run *r, enum status *st)
{
	if (!tries_left(r))
		return false;
	*st = run_reopen(r);
	r->facts.has_left |= !*st;
	return !*st;
}

static bool may_try_again(struct run *r, enum status *st)
{
	struct failure f = run_failure(r, *st);
	const struct remedy_limits may = {
		.tries_left = tries_left(r),
		.may_drop_stub = may_drop_stub(r),
		/* Who is only asked keeps its power. */
		.may_power_cycle = r->plan && r->job->power_cycle && !r->facts.was_power_cycled,
	};
	struct way next = r->way;

	if (r->is_final || deadline_passed(r->loader.limit))
		return false;
	if (*st == STATUS_PORT_GONE)
		return may_follow(r, st);
	if (!remedy_next(&next, r->link, &f, &may))
		return false;
	run_use_way(r, &next);
	if (r->way.wants_power_cycle)
		*st = run_power_cycle(r);
	else if (r->way.wait_ms)
		*st = run_wait(r, r->way.wait_ms);
	else
		*st = STATUS_OK;
	r->way.wants_power_cycle = false;
	r->way.wait_ms = 0;
	return !*st;
}

/* What comes after it may be no more than its consequence. */
static void keep_first_failure(struct run *r, const struct err *why)
{
	if (r->report->tries != 1)
		return;
	r->first_failure = why->status;
	run_evidence(r, "try 1 failed in %s, %s: %.150s", flash_step_name(r->step),
		     status_code(why->status), why->text);
}

static bool calls_unit_bad(enum status st)
{
	return status_row(st)->outcome == OUTCOME_FAIL;
}

static void count_noes(struct run *r, enum status st)
{
	bool is_same = r->noes && r->no_subject == r->subject;

	r->noes = !calls_unit_bad(st) ? 0 : is_same ? r->noes + 1 : 1;
	r->no_subject = r->subject;
}

/*
 * One request that was altered on its way can make the chip say no. Where that was said once
 * and the recipe has no try left, it is asked once more, from a new contact on.
 */
static bool may_confirm(struct run *r, enum status st)
{
	if (!calls_unit_bad(st) || r->noes != 1 || r->was_confirmed || r->is_final ||
	    deadline_passed(r->loader.limit))
		return false;
	r->was_confirmed = r->is_odd = true;
	r->rungs++;
	run_log(r, "a no that was said once is asked for once more");
	return true;
}

static enum status judge_noes(struct run *r, enum status st)
{
	struct err why = r->report->err;

	if (!calls_unit_bad(st) || r->noes > 1 || r->is_final)
		return st;
	return err_set_device(&r->report->err, STATUS_GARBLED, why.device, why.device_len,
			      "%.400s; said once only, as after a request that was altered",
			      why.text);
}

/* docs/chips.md 6: only registers could switch it on, and nobody may write those there. */
static enum status judge_dark_flash(struct run *r, enum status st)
{
	struct err why = r->report->err;
	const struct chip *chip = r->report->ident.chip;

	if (st != STATUS_ERASE_REFUSED || !r->is_unprovable || !chip || !chip->power_flash)
		return st;
	return err_set_device(&r->report->err, STATUS_SECURITY_STATE, why.device, why.device_len,
			      "some revisions of %s want their flash supply switched on, which "
			      "secure download mode forbids: %s",
			      chip->name, why.text);
}

static enum status judge_limit(struct run *r, enum status st)
{
	struct err why = r->report->err;

	if (!st || !deadline_passed(r->loader.limit) || st == STATUS_PORT_GONE ||
	    st == STATUS_CANCELLED)
		return st;
	return err_set(&r->report->err, STATUS_RUN_TIMEOUT, "the run's limit passed: %s", why.text);
}

static enum status run_tries(struct run *r)
{
	enum status st;

	for (bool is_new = true;;) {
		struct err why;

		r->report->tries += is_new;
		st = run_try(r);
		why = r->report->err;
		count_noes(r, st);
		if (!st)
			break;
		is_new = may_try_again(r, &st);
		if (!is_new && !may_confirm(r, st))
			break;
		keep_first_failure(r, &why);
	}
	if (!st && r->is_astray)
		st = err_set(&r->report->err, STATUS_GARBLED,
			     "the plan is proven now, but a request was altered on its way before: "
			     "the unit may have changed elsewhere too");
	st = judge_noes(r, judge_dark_flash(r, st));
	return judge_limit(r, run_name_protection(r, st));
}

/* ---- the end ---- */

static size_t regions_max(const struct flash_plan *plan)
{
	size_t most = 1;

	for (size_t i = 0; plan && i < plan->variant_count; i++) {
		if (plan->variants[i].region_count > most)
			most = plan->variants[i].region_count;
	}
	return most + (plan ? plan->own_range_count : 0);
}

static enum status run_init(struct run *r)
{
	const struct flash_job *job = r->job;
	uint32_t limit_ms = job->limit_ms ? job->limit_ms : flasher_limit_ms(job->plan, job->link);
	uint32_t end_ms = RUN_RESTART_MS + (job->boot ? run_boot_ms(job->plan, job->link) : 0);
	uint32_t work_ms = limit_ms > end_ms + RUN_RESTART_MS ? limit_ms - end_ms : limit_ms / 2;
	bool with_stub = job->plan && job->plan->stub != STUB_NEVER;

	if (job->kind != FLASH_RUN_FLASH) /* asking is all; the ROM can answer */
		with_stub = job->plan && job->plan->stub == STUB_ALWAYS;
	r->plan = job->kind == FLASH_RUN_IDENTIFY ? NULL : job->plan;
	way_init(&r->way, r->link, with_stub);
	way_start(&r->way, r->link, job->start, job->plan && job->plan->stub == STUB_AUTO);
	r->start_us = clock_now_us(r->clock);
	r->is_proven = calloc(regions_max(r->plan), sizeof(r->is_proven[0]));
	r->sectors = run_new_sectors(r->plan);
	if (!r->is_proven || !r->sectors)
		return err_set(&r->report->err, STATUS_NO_MEMORY, "no memory for a run");
	TRY(loader_init(&r->loader, job->transport, FIRST_RATE,
			deadline_after_ms(r->clock, work_ms), &r->report->err));
	r->loader.pace_bytes = r->way.pace_bytes;
	run_watch_line(r);
	return STATUS_OK;
}

static void fill_report(struct run *r, enum status st)
{
	struct flash_report *report = r->report;

	report->status = st;
	if (!st)
		err_clear(&report->err);
	report->proof = !r->is_done || !r->plan || r->is_unprovable ? FLASH_PROOF_NONE
								    : FLASH_PROOF_CHIP_MD5;
	report->skipped_bytes = r->skipped_bytes;
	if (report->tries > 1 || r->rungs)
		run_tell_ways(r);
	run_tell_cause(r, st);
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
	enum status st, restarted;

	memset(report, 0, sizeof(*report));
	st = run_init(&r);
	if (!st) {
		st = run_tries(&r);
		r.is_done = !st;
		restarted = run_restart(&r, st);
		if (run_wants_boot(&r, st))
			st = run_boot(&r, restarted);
	}
	fill_report(&r, st);
	loader_release(&r.loader);
	run_release_own(&r);
	free(r.is_proven);
	free(r.sectors);
	return st;
}
