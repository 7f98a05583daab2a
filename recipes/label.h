/*
 * label: of a recipe: the template of what is printed for each unit that passes, and filling it in.
 * docs/labels.md tells people.
 *
 * A name in braces stands for a value, {{ and }} for braces. In ZPL a name has to stand in a field
 * with ^FH, in which each byte can be written in hex: so no value can be taken for a command.
 */
#ifndef RECIPES_LABEL_H
#define RECIPES_LABEL_H

#include "recipes/diag.h"
#include "recipes/page.h"
#include "recipes/recipe.h"
#include "recipes/schema.h"

#define LABEL_TEMPLATE_MAX (64u << 10) /* bytes; our choice: a page of ZPL is 2 KB */

enum label_name {
	LABEL_SERIAL,
	LABEL_MAC,        /* 24:0a:c4:00:01:10 */
	LABEL_MAC_HEX,    /* 240AC4000110 */
	LABEL_MAC_TAIL,   /* 000110 */
	LABEL_QR,         /* what a scanner shall read back: the serial number, else mac_hex */
	LABEL_PART,       /* of the batch's order */
	LABEL_REV,        /* the same: the part's revision */
	LABEL_WORK_ORDER, /* the same */
	LABEL_BATCH,
	LABEL_DATE, /* 2026-11-22, local time of the PASS */
	LABEL_TIME, /* 12:30:05 */
	LABEL_SLOT, /* its number */
	LABEL_STATION,
	LABEL_RECIPE,
	LABEL_REVISION, /* of the recipe */
	LABEL_FIRMWARE, /* version of the application; of several the first */
	LABEL_PRODUCT,
	LABEL_CHIP,
	LABEL_OPERATOR,
	LABEL_VALUE, /* {value:fw}: what the unit told in its boot check */
};
#define LABEL_NAME_COUNT (LABEL_VALUE + 1)

/* "serial", "mac_hex" */
const char *label_name_word(enum label_name name);

struct label_value { /* of {value:name} */
	const char *name, *text;
};

struct label_values {
	const char *of[LABEL_NAME_COUNT]; /* NULL: there is none; that of LABEL_VALUE is not used */
	const struct label_value *values;
	size_t value_count;
};

/* The keys of label:, for the recipe's rows. */
extern const struct schema_row label_rows[];

/*
 * What the recipe says, its template read and proven; *out is NULL without one. Everything wrong
 * goes to diags with the place in the template. STATUS_NO_MEMORY.
 */
enum status label_take(const struct recipe *r, const char *path, struct plan_label **out,
		       struct diag_list *diags, struct err *err);
struct plan_label *label_copy(const struct plan_label *l); /* NULL: no memory */
void label_free(struct plan_label *l);
/* Its lines of the canonical form. */
void label_canonical(const struct plan_label *l, struct page *t);

/*
 * The label with its values, appended to out. A batch or part without a value is left empty.
 * STATUS_UNIT_DATA_MISSING: the unit has no serial number, MAC or value that the label has;
 * STATUS_UNIT_DATA_BAD: a value has what a label of text cannot show (control characters).
 */
enum status label_fill(const struct plan_label *l, const struct label_values *values,
		       struct page *out, struct err *err);

#endif
