/*
 * Between the files of nvs_csv: a CSV that was read. Not for others.
 */
#ifndef RECIPES_NVS_CSV_INSIDE_H
#define RECIPES_NVS_CSV_INSIDE_H

#include "recipes/csv.h"
#include "recipes/nvs/nvs_csv.h"
#include "recipes/nvs/nvs_encoding.h"

enum nvs_column { NVS_KEY, NVS_TYPE, NVS_ENCODING, NVS_VALUE };
#define NVS_COLUMN_COUNT 4

struct nvs_item { /* a row */
	const struct csv_row *row;
	struct nvs_encoding encoding;
	bool is_file;
	bool has_names; /* its value is made for each unit */
	struct nvs_entry entry;
	uint8_t *bytes; /* what entry lends; NULL with names */
};

struct nvs_csv {
	struct csv *csv;
	char *folder; /* "" or ending with '/' */
	size_t columns[NVS_COLUMN_COUNT];
	struct nvs_item *items;
	size_t count, namespaces;
};

struct place nvs_place_of(const struct nvs_csv *t, const struct csv_row *row, enum nvs_column c);
const char *nvs_text_of(const struct nvs_csv *t, const struct csv_row *row, enum nvs_column c);

/* The value of an item into e, whose key is there already. *bytes is what e lends, the
 * caller's to free in any case. All names have to be known. */
enum status nvs_make_value(const struct nvs_csv *t, const struct nvs_item *item,
			   const struct nvs_values *values, struct nvs_entry *e, uint8_t **bytes,
			   struct err *err);

/* All entries, those with names without their values; for free(), NULL without memory. */
struct nvs_entry *nvs_copy_entries(const struct nvs_csv *t);
/* Where the fault of a result is; err gets the other line that belongs to it. */
struct place nvs_find_fault(const struct nvs_csv *t, const struct nvs_result *result,
			    struct err *err);

#endif
