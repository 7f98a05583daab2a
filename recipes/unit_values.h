/*
 * The values file: a CSV (recipes/csv.h) whose first line names its columns, and which has a row
 * for each unit. A row is found by its unit's MAC, by its serial number, or by either.
 *
 * Read once; immutable from then on, so that any thread may look into it. The cells of columns
 * that were called secret have the type for that (engine/base/secret.h): nothing here hands
 * them out but unit_values_fill(), for an image.
 */
#ifndef RECIPES_UNIT_VALUES_H
#define RECIPES_UNIT_VALUES_H

#include "engine/base/bytes.h"
#include "recipes/diag.h"
#include "recipes/nvs/nvs_csv.h"

#include <stdbool.h>
#include <stddef.h>

#define UNIT_SERIAL_MAX 80 /* bytes of a serial number */
#define UNIT_COLUMNS_MAX 64

struct unit_values_wish {
	const char *name;          /* how messages call the file */
	const char *mac_column;    /* each MAC stands in one row; NULL: rows are not found by it */
	bool may_lack_mac;         /* an empty cell: the row is for any unit */
	const char *serial_column; /* each number stands in one row; NULL: as above */
	const char *const *secret; /* columns */
	size_t secret_count;
	struct place at; /* in the recipe: where columns that are not there were named */
};

struct unit_values;

/*
 * *out is NULL unless there is no error; all errors are in diags, with line and column: columns
 * that are not there or twice, rows of another length, MACs that are none, keys that come twice.
 * STATUS_RECIPE, STATUS_FILE (the same), STATUS_NO_MEMORY.
 */
enum status unit_values_read_file(const char *path, const struct unit_values_wish *wish,
				  struct unit_values **out, struct diag_list *diags,
				  struct err *err);
enum status unit_values_read_text(const char *text, size_t size,
				  const struct unit_values_wish *wish, struct unit_values **out,
				  struct diag_list *diags, struct err *err);
void unit_values_free(struct unit_values *v);

size_t unit_values_rows(const struct unit_values *v);
/* Of the row, for messages. */
struct place unit_values_place(const struct unit_values *v, size_t row);

/* "" where the file has no such column, or the cell is empty. */
const char *unit_values_mac(const struct unit_values *v, size_t row); /* "24:0a:c4:00:01:10" */
const char *unit_values_serial(const struct unit_values *v, size_t row);
/* false: there is no such row. mac as above. */
bool unit_values_by_mac(const struct unit_values *v, const char *mac, size_t *row);
bool unit_values_by_serial(const struct unit_values *v, const char *serial, size_t *row);

size_t unit_values_columns(const struct unit_values *v);
const char *unit_values_column(const struct unit_values *v, size_t column);
bool unit_values_is_secret(const struct unit_values *v, size_t column);

/*
 * All columns of a row as values of a template, secrets too: for nvs_csv_image(), and for hiding
 * them. What items point to is lent.
 */
void unit_values_fill(const struct unit_values *v, size_t row,
		      struct nvs_value items[static UNIT_COLUMNS_MAX]);

/* "24:0A:C4:00:01:10", "24-0a-...", "240ac4000110"; false: it is none. */
bool unit_mac_parse(const char *text, char mac[static MAC_TEXT_BYTES]);
/* One line without control characters, 1 to UNIT_SERIAL_MAX bytes; else why not. */
const char *unit_serial_fault(const char *serial);

#endif
