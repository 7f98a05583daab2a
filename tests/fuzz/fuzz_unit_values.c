/* Any bytes as a values file: what is accepted finds each row by its keys, and has all its cells.
 */
#include "recipes/unit_values.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const struct unit_values *v, size_t row)
{
	const char *mac = unit_values_mac(v, row), *serial = unit_values_serial(v, row);
	struct nvs_value items[UNIT_COLUMNS_MAX];
	char again[MAC_TEXT_BYTES];
	size_t found;

	if (mac[0] && (!unit_values_by_mac(v, mac, &found) || found != row ||
		       !unit_mac_parse(mac, again) || strcmp(again, mac) != 0))
		__builtin_trap();
	if (serial[0] && (!unit_values_by_serial(v, serial, &found) || found != row ||
			  unit_serial_fault(serial)))
		__builtin_trap();
	unit_values_fill(v, row, items);
	for (size_t i = 0; i < unit_values_columns(v); i++)
		if (!items[i].name[0] || !items[i].value)
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const secret[] = { "wifi" };
	struct unit_values_wish wish = {
		.name = "v.csv",
		.mac_column = size % 2 ? "mac" : NULL,
		.may_lack_mac = size % 3 == 0,
		.serial_column = size % 5 ? "serial" : NULL,
		.secret = secret,
		.secret_count = size % 7 == 0,
		.at = { "r.yaml", 1, 1 },
	};
	struct diag_list diags = { 0 };
	struct unit_values *v;
	struct err err;

	if (!unit_values_read_text((const char *)data, size, &wish, &v, &diags, &err)) {
		for (size_t i = 0; i < unit_values_rows(v); i++)
			check_row(v, i);
		unit_values_free(v);
	} else if (!diags.error_count) {
		__builtin_trap(); /* refused without a word */
	}
	diag_list_release(&diags);
	return 0;
}
