/*
 * Presets and bridge rows are written apart and meet by name only.
 */
#include "recipes/diag.h"
#include "recipes/product.h"
#include "station/bridge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct bridge *row_of(const char *name)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static bool has_rate(const struct bridge *b, uint64_t rate)
{
	for (size_t i = 0; i < LINK_RATES_MAX && b->rates[i]; i++)
		if (b->rates[i] == rate)
			return true;
	return rate == 115200;
}

static void check_bridge(const char *key, const struct yaml_node *item)
{
	const char *name = yaml_find(item, "name")->text;
	const struct yaml_node *rates = yaml_find(item, "rates");
	const struct bridge *b = row_of(name);

	if (!b)
		fail_msg("%s: no row is named '%s'", key, name);
	for (size_t i = 0; rates && i < rates->count; i++)
		if (!has_rate(b, rates->items[i].number))
			fail_msg("%s: %s does not know %s", key, name, rates->items[i].text);
}

static void every_bridge_of_a_preset_is_a_row_that_knows_its_rates(void **state)
{
	size_t count;
	const struct product *rows = product_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct place at = { rows[i].key, 1, 1 };
		struct diag_list diags = { 0 };
		const struct yaml_node *list;
		struct yaml *y;

		assert_int_equal(product_read(rows[i].key, NULL, at, &y, &diags, NULL), STATUS_OK);
		list = yaml_find(&y->root, "bridges");
		for (size_t j = 0; list && j < list->count; j++)
			check_bridge(rows[i].key, &list->items[j]);
		yaml_tree_free(y);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bridge_of_a_preset_is_a_row_that_knows_its_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
