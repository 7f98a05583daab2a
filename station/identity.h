/*
 * What an identify session tells of its units: a table, and which products they could be.
 */
#ifndef STATION_IDENTITY_H
#define STATION_IDENTITY_H

#include "recipes/product_match.h"
#include "station/view.h"

#define GUESSES_MAX 256

/*
 * Which products the unit in this slot could be, those that ship with its bridge first.
 * Returns how many; 0 also where the snapshot has no list of products.
 */
size_t identity_guess(const struct snapshot *s, const struct slot_view *slot,
		      struct product_guess guesses[static GUESSES_MAX]);

/* A row per unit, and a paragraph for each that was identified. */
void identity_render(const struct snapshot *s, const struct screen *screen, struct textbuf *out);

#endif
