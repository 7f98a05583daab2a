/*
 * What the files that hold the units' data share: a unit's values, one image of them, and what is
 * secret among them. Nobody outside recipes/unit_data*.c includes this.
 */
#ifndef RECIPES_UNIT_DATA_INSIDE_H
#define RECIPES_UNIT_DATA_INSIDE_H

#include "recipes/serial_source.h"
#include "recipes/unit_data.h"

#define UNIT_FIXED_VALUES 4
#define UNIT_MAC_HEX_BYTES (2 * MAC_BYTES + 1)

/* In the order of enum unit_key, from the second on; also the names of the columns. */
extern const char *const unit_key_words[];

/* Values that units have whatever their row says: "serial", "mac", "mac_hex", "batch". */
bool unit_data_is_fixed(const char *name);

/* It may hold secrets: secret_wipe() it. */
struct unit_value_set {
	struct nvs_value items[UNIT_FIXED_VALUES + UNIT_COLUMNS_MAX];
	size_t count;
	char mac_hex[UNIT_MAC_HEX_BYTES];
};

/* row: of the values file; SIZE_MAX none. What is not known of the unit is not among them. */
void unit_data_collect(const struct unit_part *p, const struct unit_id *unit, size_t row,
		       struct unit_value_set *set);

/* As unit_part_image(), of a row that is known. */
enum status unit_data_image_of_row(const struct unit_part *p, const struct unit_id *unit,
				   size_t row, uint8_t *image, struct err *err);

/* A unit such as that of the row, or any: what a template is tried with. unit.serial is for the
 * caller to set to serial. */
struct unit_example {
	struct unit_id unit;
	size_t row;
	char serial[SERIAL_NUMBER_BYTES];
};
struct unit_example unit_data_example(const struct unit_part *p, const struct plan_serial *serial,
				      size_t row);

/* Does the text name a column that 'secret' names? */
bool unit_data_names_secret(const struct unit_part *p, const char *text);
/* A key that holds what nobody should read, as most people name them? */
bool unit_data_looks_secret(const char *key);
/* Such a key whose value stands in the template? */
bool unit_data_is_literal_secret(const struct nvs_csv_line *line);

#endif
