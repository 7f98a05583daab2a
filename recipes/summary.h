/*
 * Figures and words about a plan that its text and its JSON share.
 */
#ifndef RECIPES_SUMMARY_H
#define RECIPES_SUMMARY_H

#include "recipes/plan.h"

#define SUMMARY_RATES_MAX 16

struct summary_bytes {
	uint64_t raw, packed; /* bytes to write, and as they are sent; a unit's own with them */
	size_t regions;
};

struct summary_bytes summary_bytes(const struct flash_plan *f);

/*
 * Compressed bytes of one image: of the regions in it, shared ones by their part.
 * The first variant stands for all; they differ in the boot loader's header only.
 */
uint64_t summary_packed(const struct plan *p, const struct plan_image *image);

/*
 * The rates that a line engineer asks about, up to the recipe's limit, each once,
 * rising: the usual ones and those of the product's bridges; these alone where no
 * bridge of the product takes others. Returns how many.
 */
size_t summary_rates(const struct plan *p, uint32_t rates[static SUMMARY_RATES_MAX]);

/* The longest a run can take, ms: on a bridge that has to try everything down to 115200. */
uint32_t summary_limit_ms(const struct plan *p);

/* The words of a recipe for them. */
const char *erase_words(enum erase_mode erase);
const char *stub_words(enum stub_policy stub);
const char *security_words(enum security_wanted security);
const char *bridge_words(enum bridge_policy policy);
const char *passed_words(enum passed_policy policy); /* NULL: not given */
const char *plant_words(enum plant_policy policy);

#endif
