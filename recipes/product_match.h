/*
 * Which products could a unit be? What the loader tells narrows it, it never
 * names one: a Basic and a Core2 differ in what only an application can see.
 *
 * A product is left out when something that was seen contradicts its preset:
 * chip, package, flash size, PSRAM in the package. What was not seen, or is not
 * fixed in the preset, contradicts nothing. The bridge contradicts nothing
 * either (a Stamp is flashed through any downloader): it only sorts.
 */
#ifndef RECIPES_PRODUCT_MATCH_H
#define RECIPES_PRODUCT_MATCH_H

#include "engine/ident.h"
#include "recipes/plan.h"

/* What was seen; whatever is NULL, "" or 0 is unknown. */
struct product_sight {
	const struct ident *ident;
	const char *bridge; /* the station's name of it: "CP2104" */
};

struct product_guess {
	const struct product *product; /* key and title, of the list; yaml only if built in */
	bool has_bridge; /* it has shipped with the bridge that was seen, or none was seen */
};

/* The presets, read once. Immutable; any thread may ask. */
struct product_list;

/* The built-in presets, and those that products_dir (NULL none) has besides or in their
 * place. STATUS_RECIPE one is wrong: where and what, in err; STATUS_NO_MEMORY. */
enum status product_list_new(const char *products_dir, struct product_list **out, struct err *err);
void product_list_free(struct product_list *list);

/*
 * Fill guesses, those that ship with this bridge first, each group in the order of
 * the keys; at most max. Returns how many there are, which may be more than max. An
 * ident without a chip is no product's.
 */
size_t product_could_be(const struct product_list *list, const struct product_sight *seen,
			struct product_guess *guesses, size_t max);

/*
 * Is the bridge that was seen the one that a preset expects? Case does not count;
 * a family's name with x for a digit ("CP210x") is each of its members, because
 * some share VID, PID and strings.
 */
bool product_bridge_is(const char *seen, const char *expected);

#endif
