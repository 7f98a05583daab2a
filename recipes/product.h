/*
 * Presets: what is known about a product, so that a recipe need not say it.
 *
 * Those under recipes/m5 are compiled in. A file KEY.yaml in the products folder
 * (m5stack/core2.yaml for product m5stack/core2) takes the place of a built-in
 * one, or adds a product.
 */
#ifndef RECIPES_PRODUCT_H
#define RECIPES_PRODUCT_H

#include "recipes/schema.h"

/* Rows that recipe and preset share, ready to be named in a table of rows. */
extern const struct schema_row target_rows[];
extern const struct schema_row flash_rows[];
extern const struct schema_row link_rows[];

/*
 * Find and check the preset of a key. products_dir may be NULL.
 * at: where the recipe names it; an unknown key is reported there.
 * STATUS_RECIPE with errors in diags, STATUS_NO_MEMORY.
 */
enum status product_read(const char *key, const char *products_dir, struct place at,
			 struct yaml **out, struct diag_list *diags, struct err *err);

#endif
