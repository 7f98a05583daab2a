/*
 * serial: of a recipe: where its units' numbers come from (struct plan_serial of recipes/plan.h).
 * Giving them out is the station's work. docs/unit-data.md tells people.
 */
#ifndef RECIPES_SERIAL_SOURCE_H
#define RECIPES_SERIAL_SOURCE_H

#include "recipes/page.h"
#include "recipes/recipe.h"
#include "recipes/schema.h"
#include "recipes/unit_values.h"

#define SERIAL_NUMBER_BYTES (UNIT_SERIAL_MAX + 1)

/* The keys of serial:, for the recipe's rows. */
extern const struct schema_row serial_rows[];

/*
 * What the recipe says, checked; the CSV is read. path: the recipe's own, to which file names are
 * relative. Everything wrong goes to diags. STATUS_NO_MEMORY; serial_source_release() in any case.
 */
enum status serial_source_take(const struct recipe *r, const char *path, struct plan_serial *s,
			       struct diag_list *diags, struct err *err);
void serial_source_release(struct plan_serial *s);

/* "range", as the recipe has it. */
const char *serial_source_name(enum serial_source source);

/* Does it fit the recipe's `match`? True without one. Any thread. */
bool serial_source_matches(const struct plan_serial *s, const char *serial);

/* The number of a MAC ("24:0a:c4:00:01:10"): SERIAL_FROM_MAC. */
void serial_source_of_mac(const struct plan_serial *s, const char *mac,
			  char serial[static SERIAL_NUMBER_BYTES]);

/* A number such as units get, to try a template with. */
void serial_source_example(const struct plan_serial *s, char serial[static SERIAL_NUMBER_BYTES]);

/* Its lines of the canonical form; none without 'serial'. */
void serial_source_canonical(const struct plan_serial *s, struct page *t);

#endif
