#include "db/trace/trace_flash.h"

#include "engine/base/status.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR_BYTES 4096 /* what is erased at once; layout.h: regions are whole sectors */

const char *trace_carry_name(enum trace_carry carry)
{
	static const char *const names[] = {
		[TRACE_PROVEN] = "PROVEN",
		[TRACE_UNPROVEN] = "UNPROVEN",
		[TRACE_UNCERTAIN] = "UNCERTAIN",
		[TRACE_GONE] = "GONE",
	};

	return names[carry];
}

const char *trace_cause_name(enum trace_cause cause)
{
	static const char *const names[] = {
		[TRACE_NOT_PASSED] = "NOT_PASSED",
		[TRACE_WRITTEN_OVER] = "WRITTEN_OVER",
		[TRACE_MAYBE_ERASED] = "MAYBE_ERASED",
		[TRACE_DIFFERS] = "DIFFERS",
		[TRACE_REPLACED] = "REPLACED",
		[TRACE_PARTLY] = "PARTLY_REPLACED",
		[TRACE_ERASED] = "ERASED",
		[TRACE_FOUND_OTHER] = "FOUND_OTHER",
	};

	return names[cause];
}

enum trace_erase trace_erase_of(const char *canonical)
{
	if (canonical && strstr(canonical, "\nerase: all\n"))
		return TRACE_ERASE_ALL;
	if (canonical && strstr(canonical, "\nerase: rooms\n"))
		return TRACE_ERASE_ROOMS;
	return TRACE_ERASE_SECTORS;
}

static bool is(const char *text, const char *word)
{
	return text && strcmp(text, word) == 0;
}

enum trace_effect trace_effect_of(const char *kind, const char *outcome, const char *code,
				  const char *proof, bool has_written)
{
	bool is_pass = is(outcome, outcome_name(OUTCOME_PASS));

	if (is(kind, "FLASH")) {
		if (is_pass)
			return TRACE_WROTE;
		if (!outcome || is(code, status_code(STATUS_STATION_STOPPED)) || has_written)
			return TRACE_MAYBE;
		return TRACE_NO_EFFECT;
	}
	if (is_pass && proof && !is(proof, "NONE"))
		return TRACE_FOUND;
	if (is(code, status_code(STATUS_MD5_MISMATCH)))
		return TRACE_MISSED;
	return TRACE_NO_EFFECT;
}

/* ---- places ---- */

static int64_t first_of(const struct trace_image *image)
{
	return image->addr - image->addr % SECTOR_BYTES;
}

static int64_t end_of(const struct trace_image *image)
{
	int64_t end = image->addr + image->size_bytes + SECTOR_BYTES - 1;

	return end - end % SECTOR_BYTES;
}

static bool overlap(const struct trace_image *a, const struct trace_image *b)
{
	return first_of(a) < end_of(b) && first_of(b) < end_of(a);
}

static bool is_same(const struct trace_image *a, const struct trace_image *b)
{
	return a->addr == b->addr && strcmp(a->sha256, b->sha256) == 0;
}

static bool is_in(const struct trace_recipe *recipe, const struct trace_image *image)
{
	for (size_t i = 0; i < recipe->image_count; i++)
		if (is_same(&recipe->images[i], image))
			return true;
	return false;
}

static bool is_touched(const struct trace_recipe *recipe, const struct trace_image *image)
{
	for (size_t i = 0; i < recipe->image_count; i++)
		if (overlap(&recipe->images[i], image))
			return true;
	return false;
}

static bool is_covered(const struct trace_recipe *recipe, const struct trace_image *image)
{
	int64_t at = first_of(image);
	bool has_moved = true;

	while (at < end_of(image) && has_moved) {
		has_moved = false;
		for (size_t i = 0; i < recipe->image_count; i++) {
			const struct trace_image *over = &recipe->images[i];

			if (first_of(over) <= at && end_of(over) > at) {
				at = end_of(over);
				has_moved = true;
			}
		}
	}
	return at >= end_of(image);
}

/* Boot loader and partition table lie in no partition. */
static bool is_outside_partitions(const struct trace_image *image)
{
	return is(image->kind, "boot loader") || is(image->kind, "partition table");
}

/*
 * The sizes of partitions are not recorded, their names are. An image that the recipe does not
 * touch lies in a partition that the recipe writes unless the names say otherwise.
 */
static bool may_share_room(const struct trace_recipe *recipe, const struct trace_image *image)
{
	if (is_outside_partitions(image))
		return false;
	for (size_t i = 0; i < recipe->image_count; i++) {
		const struct trace_image *written = &recipe->images[i];

		if (is_outside_partitions(written))
			continue;
		if (!image->partition || !written->partition ||
		    strcmp(image->partition, written->partition) == 0)
			return true;
	}
	return false;
}

/* ---- what becomes of an image that is there ---- */

static void lose(struct trace_carried *c, enum trace_carry carry, enum trace_cause cause,
		 size_t run)
{
	/* The first doubt is the one to tell of. */
	if (c->carry == TRACE_UNCERTAIN && carry == TRACE_UNCERTAIN)
		return;
	c->carry = carry;
	c->cause = cause;
	c->by_run = run;
}

static void after_write(struct trace_carried *c, const struct trace_recipe *recipe, size_t run)
{
	if (is_in(recipe, c->image))
		return;
	if (is_touched(recipe, c->image))
		lose(c, TRACE_GONE, is_covered(recipe, c->image) ? TRACE_REPLACED : TRACE_PARTLY,
		     run);
	else if (recipe->erase == TRACE_ERASE_ALL)
		lose(c, TRACE_GONE, TRACE_ERASED, run);
	else if (recipe->erase == TRACE_ERASE_ROOMS && may_share_room(recipe, c->image))
		lose(c, TRACE_UNCERTAIN, TRACE_MAYBE_ERASED, run);
}

static void after_failure(struct trace_carried *c, const struct trace_recipe *recipe, size_t run)
{
	if (!recipe || recipe->erase == TRACE_ERASE_ALL || is_touched(recipe, c->image) ||
	    (recipe->erase == TRACE_ERASE_ROOMS && may_share_room(recipe, c->image)))
		lose(c, TRACE_UNCERTAIN, TRACE_WRITTEN_OVER, run);
}

static void after_found(struct trace_carried *c, const struct trace_recipe *recipe, size_t run)
{
	if (!is_in(recipe, c->image) && is_touched(recipe, c->image))
		lose(c, TRACE_GONE, TRACE_FOUND_OTHER, run);
}

/* "firmware/app.bin at 00010000: ...": the label of the region is the names of its images. */
static bool is_named(const char *detail, const struct trace_image *image)
{
	const char *at = detail && image->file ? strstr(detail, image->file) : NULL;
	const char *end = detail ? strchr(detail, ':') : NULL;

	return at && (!end || at < end);
}

static void after_missed(struct trace_carried *c, const struct trace_recipe *recipe,
			 const char *detail, size_t run)
{
	bool is_any_named = false;

	for (size_t i = 0; i < recipe->image_count; i++)
		is_any_named = is_any_named || is_named(detail, &recipe->images[i]);
	for (size_t i = 0; i < recipe->image_count; i++) {
		const struct trace_image *image = &recipe->images[i];

		if (is_same(image, c->image) && (!is_any_named || is_named(detail, image)))
			lose(c, TRACE_UNCERTAIN, TRACE_DIFFERS, run);
	}
}

/* ---- the list ---- */

static struct trace_carried *live(struct trace_flash *flash, const struct trace_image *image)
{
	for (size_t i = 0; i < flash->count; i++)
		if (flash->items[i].carry != TRACE_GONE && is_same(flash->items[i].image, image))
			return &flash->items[i];
	return NULL;
}

static struct trace_carried *append(struct trace_flash *flash)
{
	if (flash->count == flash->room) {
		size_t room = flash->room ? flash->room * 2 : 16;
		struct trace_carried *items = realloc(flash->items, room * sizeof(*items));

		if (!items) {
			flash->has_failed = true;
			return NULL;
		}
		flash->items = items;
		flash->room = room;
	}
	return &flash->items[flash->count++];
}

static void bring(struct trace_flash *flash, size_t run, enum trace_carry carry,
		  const struct trace_recipe *recipe, const struct trace_image *image)
{
	struct trace_carried *c = live(flash, image);
	bool is_certain = carry != TRACE_UNCERTAIN;

	if (c && !is_certain)
		return; /* after_failure() has marked it */
	if (c && c->carry != TRACE_UNCERTAIN) {
		c->carry = carry;
		c->confirmed_run = run;
		return;
	}
	if (!c)
		c = append(flash);
	if (!c)
		return;
	*c = (struct trace_carried){
		.recipe = recipe,
		.image = image,
		.carry = carry,
		.cause = is_certain ? TRACE_NO_CAUSE : TRACE_NOT_PASSED,
		.was_carried = is_certain,
		.since_run = run,
		.confirmed_run = is_certain ? run : TRACE_NO_RUN,
		.by_run = is_certain ? TRACE_NO_RUN : run,
	};
}

static void change(struct trace_carried *c, size_t run, enum trace_effect effect,
		   const struct trace_recipe *recipe, const char *detail)
{
	switch (effect) {
	case TRACE_NO_EFFECT:
		return;
	case TRACE_WROTE:
		after_write(c, recipe, run);
		return;
	case TRACE_MAYBE:
		after_failure(c, recipe, run);
		return;
	case TRACE_FOUND:
		after_found(c, recipe, run);
		return;
	case TRACE_MISSED:
		after_missed(c, recipe, detail, run);
		return;
	}
}

void trace_flash_add(struct trace_flash *flash, size_t run, enum trace_effect effect,
		     bool is_proven, const struct trace_recipe *recipe, const char *detail)
{
	if (effect == TRACE_NO_EFFECT || (!recipe && effect != TRACE_MAYBE))
		return;
	for (size_t i = 0; i < flash->count; i++)
		if (flash->items[i].carry != TRACE_GONE)
			change(&flash->items[i], run, effect, recipe, detail);
	if (!recipe || effect == TRACE_MISSED)
		return;
	for (size_t i = 0; i < recipe->image_count; i++)
		bring(flash, run,
		      effect == TRACE_MAYBE ? TRACE_UNCERTAIN
		      : is_proven           ? TRACE_PROVEN
					    : TRACE_UNPROVEN,
		      recipe, &recipe->images[i]);
}

void trace_flash_clear(struct trace_flash *flash)
{
	flash->count = 0;
}

void trace_flash_release(struct trace_flash *flash)
{
	free(flash->items);
	*flash = (struct trace_flash){ 0 };
}
