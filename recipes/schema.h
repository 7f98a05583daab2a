/*
 * What may stand in a recipe: one row for each key, and the meaning of its text.
 *
 * YAML types nothing, the row does. A capability that is planned but not built
 * has a row with is_later (or a choice in later): it is checked as if it were
 * there, and refused as "not supported yet", never accepted and ignored.
 */
#ifndef RECIPES_SCHEMA_H
#define RECIPES_SCHEMA_H

#include "recipes/yaml.h"

enum schema_kind {
	SCHEMA_TEXT,    /* min..max characters */
	SCHEMA_INTEGER, /* decimal, or hexadecimal with 0x */
	SCHEMA_SIZE,  /* bytes of a unit: an integer, also with K, KB, KiB, M, MB or MiB, binary */
	SCHEMA_ROOM,  /* bytes of a disk: the same, with G, GB and GiB; no address */
	SCHEMA_FLASH, /* a size that a flash chip has: 1MB, 2MB ... 128MB */
	SCHEMA_PSRAM, /* a size that PSRAM has, the same ones */
	SCHEMA_REVISION,  /* 3.1 is number 301 and 3.10 is 310 */
	SCHEMA_FREQUENCY, /* 40m or 40MHz: number in MHz */
	SCHEMA_DURATION,  /* 500ms, 5s, 2m, 1h: number in ms */
	SCHEMA_DECIMAL,   /* 3.3 or -40: value_decimal() of the text */
	SCHEMA_SHA256,    /* 64 hex digits, the text itself is the value */
	SCHEMA_CHOICE,    /* one of choices, nothing else */
	SCHEMA_MAP,       /* rows */
	SCHEMA_LIST,      /* items of row item */
};

struct schema_row {
	const char *key; /* NULL ends the rows */
	enum schema_kind kind;
	bool is_required;
	bool is_later;     /* not supported yet */
	bool takes_one;    /* LIST: of one, also without being a list */
	uint64_t min, max; /* of the number, a text's length, a list's items; max 0 = no limit */
	const char *const *choices;    /* words taken besides the kind's own; ends with NULL */
	const char *const *later;      /* words that are not supported yet; ends with NULL */
	const struct schema_row *rows; /* MAP: its keys */
	const struct schema_row *item; /* LIST: what each item is */
};

/*
 * Check a whole tree against rows and leave in each node what its text means
 * (number, choice). Everything wrong goes to diags with its place; a node that
 * is wrong becomes is_bad. The root has to be a map.
 */
void schema_check(struct yaml *y, const struct schema_row *rows, struct diag_list *diags);

/* The word of choices nearest to text, NULL when none is alike. */
const char *schema_nearest(const char *text, const char *const *words, size_t count);

#endif
