/* What one unit gets for itself: its own regions, put among those of the plan. */
#include "engine/flasher_run.h"

#include "engine/base/digest.h"
#include "engine/base/secret.h"

#include <stdlib.h>
#include <string.h>

static enum status no_memory(struct run *r)
{
	return err_set(&r->report->err, STATUS_NO_MEMORY, "no memory for the unit's own regions");
}

/* What was promised beforehand has been judged; anything else was not. */
static enum status check_region(struct run *r, const struct flash_region *g,
				const struct flash_range *promised)
{
	if (g->addr == promised->addr && g->size_bytes == promised->size_bytes)
		return STATUS_OK;
	return err_set(&r->report->err, STATUS_INTERNAL,
		       "%s: %zu bytes at %08x for this unit, the plan says %u at %08x", g->label,
		       g->size_bytes, (unsigned)g->addr, (unsigned)promised->size_bytes,
		       (unsigned)promised->addr);
}

static enum status finish_region(struct run *r, struct flash_region *g)
{
	uint8_t *packed = NULL;

	g->packed = NULL;
	g->packed_bytes = 0;
	g->packed_marks = NULL;
	g->is_boot_sector = false;
	digest_md5(g->data, g->size_bytes, g->md5);
	if (!r->plan->compress || !r->plan->pack)
		return STATUS_OK;
	TRY(r->plan->pack(g->data, g->size_bytes, &packed, &g->packed_bytes, &r->report->err));
	g->packed = packed;
	return STATUS_OK;
}

static enum status make_own(struct run *r, const struct flash_region *regions, size_t count)
{
	if (!count && r->job->kind == FLASH_RUN_VERIFY) {
		run_log(r, "what this unit alone should hold is not known: it is not judged");
		return STATUS_OK;
	}
	if (count != r->plan->own_range_count)
		return err_set(&r->report->err, STATUS_INTERNAL,
			       "%zu regions for this unit, the plan says %zu", count,
			       r->plan->own_range_count);
	r->own = calloc(count + 1, sizeof(*r->own));
	if (!r->own)
		return no_memory(r);
	for (size_t i = 0; i < count; i++) {
		TRY(check_region(r, &regions[i], &r->plan->own_ranges[i]));
		r->own[i] = regions[i];
		r->own_count++;
		TRY(finish_region(r, &r->own[i]));
	}
	return STATUS_OK;
}

static enum status ask_own(struct run *r)
{
	const struct flash_job *job = r->job;
	const struct flash_region *regions = NULL;
	size_t count = 0;

	if (job->own_regions)
		TRY(job->own_regions(job->own_ctx, &r->report->ident, &regions, &count,
				     &r->report->err));
	return make_own(r, regions, count);
}

/* The order of the plan, with the boot loader's sector last. */
static void put_together(struct run *r)
{
	const struct flash_variant *v = r->variant;
	size_t count = 0;

	for (size_t i = 0; i < v->region_count; i++) {
		if (!v->regions[i].is_boot_sector)
			r->with_own[count++] = v->regions[i];
	}
	for (size_t i = 0; i < r->own_count; i++)
		r->with_own[count++] = r->own[i];
	for (size_t i = 0; i < v->region_count; i++) {
		if (v->regions[i].is_boot_sector)
			r->with_own[count++] = v->regions[i];
	}
	r->own_variant = (struct flash_variant){ v->flash_bytes, r->with_own, count };
	r->variant = &r->own_variant;
}

/* Room for the largest variant with them. */
static struct flash_region *new_regions(const struct flash_plan *plan)
{
	size_t most = 0;

	for (size_t i = 0; i < plan->variant_count; i++) {
		if (plan->variants[i].region_count > most)
			most = plan->variants[i].region_count;
	}
	return calloc(most + plan->own_range_count, sizeof(struct flash_region));
}

static enum status begin_own(struct run *r)
{
	r->with_own = new_regions(r->plan);
	return r->with_own ? ask_own(r) : no_memory(r);
}

/* The unit stays the same in all tries, and so do its bytes. */
enum status run_take_own(struct run *r)
{
	enum status st = STATUS_OK;

	if (!r->plan || !r->plan->own_range_count)
		return STATUS_OK;
	if (!r->with_own)
		st = begin_own(r);
	r->is_final = r->is_final || st;
	if (st || !r->with_own)
		return st;
	put_together(r);
	return STATUS_OK;
}

void run_release_own(struct run *r)
{
	for (size_t i = 0; i < r->own_count; i++) {
		/* It was packed from what may be secret. */
		if (r->own[i].packed)
			secret_wipe((void *)r->own[i].packed, r->own[i].packed_bytes);
		free((void *)r->own[i].packed);
	}
	free(r->own);
	free(r->with_own);
}
