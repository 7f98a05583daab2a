#include "station/memory.h"

#include <stdio.h>
#include <string.h>

#define FIRST_RATE_BAUD 115200u
/* docs/protocol.md: the stub takes 16 KB at once, the ROMs 1 KB, USB-OTG 2 KB. */
#define STUB_DATA_BLOCK 0x4000u
#define ROM_DATA_BLOCK 0x400u
#define OTG_DATA_BLOCK 0x800u
/* Sizes were lowered about fourfold, and are raised so. */
#define NOTCH 4
/* A write of so many bytes without waiting is as good as no limit. */
#define PACE_MAX 0x1000u

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t best_data_block(const struct link_profile *link, bool with_stub)
{
	if (!with_stub)
		return ROM_DATA_BLOCK;
	return link->is_usb_otg ? OTG_DATA_BLOCK : STUB_DATA_BLOCK;
}

struct flash_way memory_best_way(const struct link_profile *link, const struct flash_plan *plan)
{
	bool with_stub = !plan || plan->stub != STUB_NEVER;

	return (struct flash_way){
		.with_stub = with_stub,
		.rate_baud = link->is_native_usb ? 0
			     : link->rate_count  ? link->rates[0]
						 : FIRST_RATE_BAUD,
		.ram_block_bytes = link->ram_block_bytes,
		.data_block_bytes = best_data_block(link, with_stub),
	};
}

/* ---- one way against another ---- */

static bool is_same(const struct flash_way *a, const struct flash_way *b)
{
	return a->with_stub == b->with_stub && a->rate_baud == b->rate_baud &&
	       (!a->with_stub || a->ram_block_bytes == b->ram_block_bytes) &&
	       a->data_block_bytes == b->data_block_bytes && a->pace_bytes == b->pace_bytes;
}

/* Take out what this link or this recipe does not allow. */
static void fit(struct flash_way *w, const struct link_profile *link, const struct flash_plan *plan,
		const struct flash_way *best)
{
	uint32_t rate = FIRST_RATE_BAUD;

	if (plan && plan->stub != STUB_AUTO && w->with_stub != best->with_stub) {
		/* Small blocks stay small; what was this program's largest becomes the other's. */
		if (w->data_block_bytes >= best_data_block(link, w->with_stub))
			w->data_block_bytes = best->data_block_bytes;
		w->with_stub = best->with_stub;
	}
	if (!w->ram_block_bytes || w->ram_block_bytes > best->ram_block_bytes)
		w->ram_block_bytes = best->ram_block_bytes;
	w->data_block_bytes = least(w->data_block_bytes, best_data_block(link, w->with_stub));
	if (link->is_native_usb) {
		w->rate_baud = 0;
		return;
	}
	/* The rates stand best first. */
	for (size_t i = link->rate_count; i-- > 0;) {
		if (link->rates[i] <= w->rate_baud)
			rate = link->rates[i];
	}
	w->rate_baud = rate;
}

/* ---- one notch up ---- */

static uint32_t next_rate(const struct link_profile *link, uint32_t rate_baud)
{
	for (size_t i = link->rate_count; i-- > 0;) {
		if (link->rates[i] > rate_baud)
			return link->rates[i];
	}
	return rate_baud;
}

/* The ways that are better in one figure, the one that gains most time first. */
static size_t raised_ways(const struct flash_way *w, const struct link_profile *link,
			  const struct flash_way *best, struct flash_way ways[static 5])
{
	size_t count = 0;

	if (!w->with_stub && best->with_stub) {
		ways[count] = *w;
		ways[count].with_stub = true;
		ways[count++].data_block_bytes = best->data_block_bytes;
	}
	if (w->pace_bytes) {
		uint32_t more = w->pace_bytes * NOTCH;

		ways[count] = *w;
		ways[count++].pace_bytes = more < PACE_MAX ? more : 0;
	}
	if (w->rate_baud < best->rate_baud) {
		ways[count] = *w;
		ways[count++].rate_baud = next_rate(link, w->rate_baud);
	}
	if (w->data_block_bytes < best_data_block(link, w->with_stub)) {
		ways[count] = *w;
		ways[count++].data_block_bytes =
			least(w->data_block_bytes * NOTCH, best_data_block(link, w->with_stub));
	}
	if (w->with_stub && w->ram_block_bytes < best->ram_block_bytes) {
		ways[count] = *w;
		ways[count++].ram_block_bytes =
			least(w->ram_block_bytes * NOTCH, best->ram_block_bytes);
	}
	return count;
}

/* ---- the history ---- */

static struct flash_way way_of(const struct slot_run *r)
{
	return (struct flash_way){
		.with_stub = r->with_stub,
		.rate_baud = r->rate_baud,
		.ram_block_bytes = r->ram_block_bytes,
		.data_block_bytes = r->data_block_bytes,
		.pace_bytes = r->pace_bytes,
	};
}

/* Did data go out in this run and arrive? Only that tells what works. */
static bool tells(const struct slot_run *r, const struct link_profile *link)
{
	return r->is_flash && r->is_pass && r->data_block_bytes &&
	       (r->rate_baud || link->is_native_usb);
}

bool memory_is_told(const struct slot_run *runs, size_t count, const struct link_profile *link)
{
	for (size_t i = 0; i < count; i++) {
		if (tells(&runs[i], link))
			return true;
	}
	return false;
}

static bool is_failure(const struct slot_run *r)
{
	return r->is_flash && r->is_link_failure;
}

/* A run that shows that its way did not work. */
static bool ends_attempt(const struct slot_run *r)
{
	return r->is_rescued || is_failure(r);
}

/*
 * Passes in the same lowered way without a rescue, from *at on towards older runs, but for
 * those that tell nothing. *at: the first run beyond them that tells something, or count.
 */
static unsigned clean_passes(const struct slot_run *runs, size_t count,
			     const struct link_profile *link, size_t *at)
{
	struct flash_way way = { 0 };
	unsigned clean = 0;

	for (; *at < count; ++*at) {
		const struct slot_run *r = &runs[*at];
		struct flash_way its = way_of(r);

		if (!tells(r, link) && !is_failure(r))
			continue;
		if (ends_attempt(r) || !r->began_lowered || (clean && !is_same(&its, &way)))
			return clean;
		way = its;
		clean++;
	}
	return clean;
}

/* How often a rescue has ended in this way. */
static unsigned rescues_to(const struct slot_run *runs, size_t count,
			   const struct link_profile *link, const struct flash_way *way)
{
	unsigned rescues = 0;

	for (size_t i = 0; i < count; i++) {
		struct flash_way its = way_of(&runs[i]);

		rescues += tells(&runs[i], link) && runs[i].is_rescued && is_same(&its, way);
	}
	return rescues;
}

/* Has the slot needed help only once since a run passed that began with the best? */
static bool is_first_rescue(const struct slot_run *runs, size_t count,
			    const struct link_profile *link)
{
	unsigned rescues = 0;

	for (size_t i = 0; i < count; i++) {
		if (!tells(&runs[i], link))
			continue;
		if (!runs[i].is_rescued && !runs[i].began_lowered)
			break;
		rescues += runs[i].is_rescued;
	}
	return rescues == 1;
}

/* Is it time for another attempt? */
static bool may_raise(const struct slot_run *runs, size_t count, const struct link_profile *link)
{
	size_t at = 0;
	unsigned clean = clean_passes(runs, count, link, &at);
	unsigned wait = MEMORY_CLEAN;

	if (at < count && ends_attempt(&runs[at])) {
		unsigned last;

		/* So many had passed before what ended the last attempt. */
		at++;
		last = clean_passes(runs, count, link, &at);
		if (2 * last > wait)
			wait = 2 * last;
	}
	return clean >= (wait < MEMORY_CLEAN_MAX ? wait : MEMORY_CLEAN_MAX);
}

bool memory_next(const struct slot_run *runs, size_t count, const struct link_profile *link,
		 const struct flash_plan *plan, struct flash_way *way, bool *is_raised)
{
	const struct flash_way best = memory_best_way(link, plan);
	struct flash_way worked, raised[5];
	unsigned failures = 0;
	size_t newest = 0;

	*is_raised = false;
	for (; newest < count && !tells(&runs[newest], link); newest++)
		failures += is_failure(&runs[newest]);
	if (newest == count || failures / MEMORY_FORGET % 2 == 1 ||
	    (!runs[newest].is_rescued && !runs[newest].began_lowered))
		return false;
	worked = way_of(&runs[newest]);
	*way = worked;
	fit(way, link, plan, &best);
	if (may_raise(runs, count, link)) {
		size_t ways = raised_ways(way, link, &best, raised);
		unsigned rescues = rescues_to(runs, count, link, &worked);

		if (is_first_rescue(runs, count, link))
			*way = best;
		else if (ways)
			*way = raised[(rescues ? rescues - 1 : 0) % ways];
		*is_raised = ways != 0;
	}
	return !is_same(way, &best);
}

void memory_way_text(const struct flash_way *way, const struct flash_way *best,
		     char text[static WAY_TEXT_BYTES])
{
	uint32_t usual_block = way->with_stub == best->with_stub ? best->data_block_bytes
			       : way->with_stub                  ? STUB_DATA_BLOCK
								 : ROM_DATA_BLOCK;
	size_t used;

	snprintf(text, WAY_TEXT_BYTES, "%s", way->with_stub ? "stub" : "ROM");
	used = strlen(text);
	if (way->rate_baud)
		snprintf(text + used, WAY_TEXT_BYTES - used, " %u", (unsigned)way->rate_baud);
	used = strlen(text);
	if (way->with_stub && way->ram_block_bytes != best->ram_block_bytes)
		snprintf(text + used, WAY_TEXT_BYTES - used, ", RAM blocks of %u",
			 (unsigned)way->ram_block_bytes);
	used = strlen(text);
	if (way->data_block_bytes != usual_block)
		snprintf(text + used, WAY_TEXT_BYTES - used, ", data blocks of %u",
			 (unsigned)way->data_block_bytes);
	used = strlen(text);
	if (way->pace_bytes)
		snprintf(text + used, WAY_TEXT_BYTES - used, ", %u bytes at a time",
			 (unsigned)way->pace_bytes);
}
