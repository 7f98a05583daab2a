#include "tests/sim/fault_case.h"

#include "tests/sim/flash_bench.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define FLASH_BYTES 0x100000u
/* The limit is watched between calls: so much is one call's own. */
#define CALL_US 60000u
/* A stop is noticed at once, but for a reset that is under way. */
#define STOP_US 2000000u
/* From the end of a PASS until the application must have been seen running. */
#define BOOT_MS 1500u
#define ROOM_ADDR 0x9000u
#define ROOM_BYTES 0x5000u

void fault_keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 64 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

/* ---- the world of a case ---- */

static struct sim_unit_config unit_of(const struct fault_case *c)
{
	struct sim_unit_config config = bench_unit(c->chip);

	config.flash_bytes = FLASH_BYTES;
	config.seed = c->seed;
	if (c->bridge)
		config.bridge = c->bridge;
	for (size_t i = 0; i < c->fault_count; i++)
		config.faults[config.fault_count++] = c->faults[i];
	return config;
}

static void plan_of(const struct fault_case *c, struct small_plan *p)
{
	small_plan_init(p, c->chip, 1);
	p->plan.stub = c->stub;
	p->plan.compress = c->compress;
	p->plan.skip = c->skip;
	p->plan.erase = c->erase;
	p->plan.clear_protection = c->clear_protection;
	p->plan.tries = c->tries ? c->tries : 3;
	p->rooms[0] = (struct flash_range){ ROOM_ADDR, ROOM_BYTES };
	p->plan.room_count = 1;
}

/* As an earlier run left it that was broken off: the table, and half of the application. */
static void leave_half(struct flash_bench *b, const struct small_plan *p)
{
	static const int parts[] = { SMALL_TABLE, SMALL_APP };
	size_t size;
	uint8_t *flash = sim_unit_flash_edit(b->unit, &size);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct flash_region *g = &p->regions[parts[i]];
		size_t bytes = parts[i] == SMALL_APP ? g->size_bytes / 2 : g->size_bytes;
		size_t room = (g->size_bytes + FLASH_SECTOR_BYTES - 1) / FLASH_SECTOR_BYTES *
			      FLASH_SECTOR_BYTES;

		memset(flash + g->addr, 0xff, room);
		memcpy(flash + g->addr, g->data, bytes);
		memcpy(b->before + g->addr, flash + g->addr, room);
	}
}

/* What is to be verified: the whole plan, or all but one bit of it. */
static void leave_plan(struct flash_bench *b, const struct small_plan *p, bool is_damaged)
{
	size_t size;
	uint8_t *flash = sim_unit_flash_edit(b->unit, &size);

	small_plan_apply(p, flash, size);
	if (is_damaged)
		flash[p->regions[SMALL_APP].addr + p->regions[SMALL_APP].size_bytes / 2] ^= 1;
	memcpy(b->before, flash, size);
}

static void prepare_flash(struct flash_bench *b, const struct small_plan *p,
			  const struct fault_case *c)
{
	if (c->kind == FLASH_RUN_VERIFY)
		leave_plan(b, p, c->is_half_there);
	else if (c->is_half_there)
		leave_half(b, p);
}

/* ---- the judgement ---- */

/* May a run of that kind change this sector? */
static bool is_allowed(const struct small_plan *p, enum flash_kind kind, size_t sector)
{
	const struct flash_range *room = &p->rooms[0];

	if (kind != FLASH_RUN_FLASH)
		return false;
	if (p->plan.erase == ERASE_ALL)
		return true;
	if (p->plan.erase == ERASE_ROOMS && sector >= room->addr &&
	    sector < room->addr + room->size_bytes)
		return true;
	for (size_t i = 0; i < SMALL_REGIONS; i++) {
		const struct flash_region *g = &p->regions[i];

		if (sector + FLASH_SECTOR_BYTES > g->addr && sector < g->addr + g->size_bytes)
			return true;
	}
	return false;
}

/* Sectors changed that the plan leaves alone; SIZE_MAX: none. */
static size_t find_stray(const struct flash_bench *b, const struct small_plan *p)
{
	size_t size;
	const uint8_t *flash = sim_unit_flash(b->unit, &size);

	for (size_t at = 0; at < size; at += FLASH_SECTOR_BYTES) {
		if (memcmp(flash + at, b->before + at, FLASH_SECTOR_BYTES) != 0 &&
		    !is_allowed(p, b->job.kind, at))
			return at;
	}
	return SIZE_MAX;
}

static bool may_stray(const struct fault_case *c)
{
	for (size_t i = 0; i < c->fault_count; i++) {
		if (fault_kinds[c->faults[i].kind].alters_requests)
			return true;
	}
	return false;
}

/* A status that says something about unit, link or fixture. */
static bool is_named(enum status st, const struct fault_case *c)
{
	switch (st) {
	case STATUS_CANCELLED:
		return c->cancel_at_ms;
	case STATUS_STUB_MISSING:
	case STATUS_NO_MEMORY:
	case STATUS_FILE:
	case STATUS_RECIPE:
	case STATUS_USAGE:
	case STATUS_DATABASE:
	case STATUS_NOT_SUPPORTED:
	case STATUS_INTERNAL:
	case STATUS_STATION_STOPPED:
		return false;
	default:
		return st < STATUS_COUNT && status_row(st)->code && status_row(st)->sentence[0];
	}
}

/* Reading what is there works, or says that the port is gone. */
static bool is_usable(struct flash_bench *b)
{
	struct transport *t = b->job.transport;
	struct err err = { .status = STATUS_OK };
	enum status st;

	st = transport_discard(t, &err);
	if (!st)
		st = transport_set_lines(t, false, false, &err);
	return !st || st == STATUS_PORT_GONE || st == STATUS_CANCELLED;
}

static void judge_pass(struct flash_bench *b, const struct small_plan *p, struct fault_run *run)
{
	if (b->job.kind == FLASH_RUN_VERIFY && !bench_is_untouched(b))
		snprintf(run->wrong, sizeof(run->wrong), "a verify run changed the flash");
	else if (!bench_holds(b, p))
		snprintf(run->wrong, sizeof(run->wrong),
			 "a false PASS: the flash is not what the plan says");
	else if (b->report.proof != FLASH_PROOF_CHIP_MD5)
		snprintf(run->wrong, sizeof(run->wrong), "a PASS without proof");
	else if (b->report.is_rescued && (!b->report.evidence[0] || !b->report.suspects[0]))
		snprintf(run->wrong, sizeof(run->wrong),
			 "rescued, and nothing says from what: evidence '%.150s', suspects '%s'",
			 b->report.evidence, b->report.suspects);
}

static void judge_failure(struct flash_bench *b, const struct small_plan *p,
			  const struct fault_case *c, struct fault_run *run)
{
	size_t stray = find_stray(b, p);

	run->went_astray = stray != SIZE_MAX;
	if (!is_named(run->status, c))
		snprintf(run->wrong, sizeof(run->wrong), "%s is no outcome of a bad line",
			 status_code(run->status));
	else if (b->report.err.status != run->status || !b->report.err.text[0])
		snprintf(run->wrong, sizeof(run->wrong), "the text of %s is '%.150s' (%s)",
			 status_code(run->status), b->report.err.text,
			 status_code(b->report.err.status));
	else if (!b->report.advice[0] && run->status != STATUS_CANCELLED)
		snprintf(run->wrong, sizeof(run->wrong), "%s, and no advice",
			 status_code(run->status));
	else if (run->went_astray && !may_stray(c))
		snprintf(run->wrong, sizeof(run->wrong),
			 "the sector at %zx changed, and no request was altered", stray);
}

static uint64_t latest_us(const struct fault_case *c, const struct fault_run *run)
{
	uint64_t stopped_us = (uint64_t)c->cancel_at_ms * 1000 + STOP_US;

	return c->cancel_at_ms && stopped_us < run->limit_us ? stopped_us : run->limit_us + CALL_US;
}

static void judge(struct flash_bench *b, const struct small_plan *p, const struct fault_case *c,
		  struct fault_run *run)
{
	if (run->status)
		judge_failure(b, p, c, run);
	else
		judge_pass(b, p, run);
	if (!run->wrong[0] && run->took_us > latest_us(c, run))
		snprintf(run->wrong, sizeof(run->wrong), "%.3f s, it may take %.3f s",
			 (double)run->took_us / 1e6, (double)latest_us(c, run) / 1e6);
	if (!run->wrong[0] && !is_usable(b))
		snprintf(run->wrong, sizeof(run->wrong), "the port is neither usable nor gone");
}

/* ---- the run ---- */

/* The bench stands first in it: the transport's address is this one's too. */
struct watched_bench {
	struct flash_bench bench;
	struct transport_ops ops;
	const struct transport_ops *real;
	void (*wrote)(void *ctx, const uint8_t *bytes, size_t size);
	void *ctx;
};

static enum status show_write(struct transport *t, const uint8_t *buf, size_t size,
			      struct deadline d, struct err *err)
{
	struct watched_bench *w = (struct watched_bench *)t;

	w->wrote(w->ctx, buf, size);
	return w->real->write(t, buf, size, d, err);
}

static void watch_writes(struct watched_bench *w)
{
	w->real = w->bench.port.base.ops;
	w->ops = *w->real;
	w->ops.write = show_write;
	w->bench.port.base.ops = &w->ops;
}

static char *tell(const struct flash_bench *b)
{
	char *story = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&story, &size);

	assert_non_null(out);
	fprintf(out, "%s: %s\n%u tries; rungs: %s\nevidence: %s\n-- log\n%s-- journal\n%s",
		status_code(b->report.status), b->report.err.text, b->report.tries, b->report.rungs,
		b->report.evidence, b->log, sim_unit_journal(b->unit));
	fclose(out);
	return story;
}

void fault_case_watch(const struct fault_case *c, struct fault_run *run,
		      void (*wrote)(void *ctx, const uint8_t *bytes, size_t size), void *ctx)
{
	struct sim_unit_config config = unit_of(c);
	struct watched_bench w = { .wrote = wrote, .ctx = ctx };
	struct flash_bench *b = &w.bench;
	struct small_plan p;
	uint64_t start_us;

	memset(run, 0, sizeof(*run));
	plan_of(c, &p);
	bench_init(b, &config);
	if (wrote)
		watch_writes(&w);
	prepare_flash(b, &p, c);
	b->limit_ms = c->limit_ms ? c->limit_ms : flasher_limit_ms(&p.plan, &b->link);
	run->limit_us = (uint64_t)b->limit_ms * 1000;
	b->can_power_cycle = c->can_switch_power;
	b->start = c->has_start ? &c->start : NULL;
	start_us = b->port.now_us;
	if (c->cancel_at_ms)
		b->port.cancel_at_us = start_us + (uint64_t)c->cancel_at_ms * 1000;
	run->status = bench_run(b, c->kind, &p.plan);
	run->took_us = b->port.now_us - start_us;
	run->is_rescued = b->report.is_rescued;
	sim_unit_counters(b->unit, &run->count);
	judge(b, &p, c, run);
	if (!run->status && !run->wrong[0]) {
		b->port.cancel_at_us = SIM_NEVER;
		sim_transport_wait_ms(&b->port, BOOT_MS);
		run->is_asleep = !sim_unit_runs_application(b->unit);
	}
	if (run->wrong[0])
		run->story = tell(b);
	bench_release(b);
	small_plan_release(&p);
}

void fault_case_run(const struct fault_case *c, struct fault_run *run)
{
	fault_case_watch(c, run, NULL, NULL);
}

void fault_run_release(struct fault_run *run)
{
	free(run->story);
	run->story = NULL;
}
