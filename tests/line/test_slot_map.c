#include "tests/station/tree.h"

#include "station/line/slot_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT "pci-0000:00:14.0/1.4:1.0"

static void expect(const char *text, const char *hub, const char *wanted)
{
	char *got = slot_map_insert(text, 7, AT, hub);

	assert_non_null(got);
	assert_string_equal(got, wanted);
	free(got);
}

static void a_new_file_begins_with_the_keys_that_it_needs(void **state)
{
	(void)state;
	expect("", "",
	       "station: line-1  # its name\n"
	       "recipe: recipe.yaml  # named from the folder of this file\n"
	       "slots:\n"
	       "  - {number: 7, at: \"" AT "\"}\n");
}

static void a_slot_is_added_behind_the_others_and_all_else_stays(void **state)
{
	(void)state;
	expect("station: a\n"
	       "slots: # the map\n"
	       "    # first row\n"
	       "    - number: 1 # bent\n"
	       "      at: x\n"
	       "\n"
	       "# who\n"
	       "operator: Kim\n",
	       "0bda:5411 multi",
	       "station: a\n"
	       "slots: # the map\n"
	       "    # first row\n"
	       "    - number: 1 # bent\n"
	       "      at: x\n"
	       "    - {number: 7, at: \"" AT "\", hub: \"0bda:5411 multi\"}\n"
	       "\n"
	       "# who\n"
	       "operator: Kim\n");
}

static void a_list_that_is_not_indented_stays_so(void **state)
{
	(void)state;
	expect("slots:\n- {number: 1, at: x}\nagain: never\n", "",
	       "slots:\n- {number: 1, at: x}\n- {number: 7, at: \"" AT "\"}\nagain: never\n");
}

static void a_file_without_slots_and_without_a_last_newline_gets_both(void **state)
{
	(void)state;
	expect("station: a", "", "station: a\nslots:\n  - {number: 7, at: \"" AT "\"}\n");
}

static enum status read_text(const struct tree *t, const char *text, struct slot_map *map)
{
	struct diag_list diags = { 0 };
	char path[128];
	enum status st;
	struct err err;

	tree_file(t, "station.yaml", text);
	snprintf(path, sizeof(path), "%s/station.yaml", t->root);
	st = slot_map_read(path, map, &diags, &err);
	diag_list_release(&diags);
	return st;
}

static void the_next_number_is_above_all_others_and_known_places_keep_theirs(void **state)
{
	const struct tree *t = *state;
	struct slot_map map;
	unsigned number;
	struct err err;

	assert_int_equal(read_text(t,
				   "station: a\nslots:\n  - {number: 9, at: a/1:1.0}\n  - {number: "
				   "2, at: a/2:1.0}\n",
				   &map),
			 STATUS_OK);
	assert_int_equal(slot_map_number(&map, "a/2:1.0"), 2);
	assert_int_equal(slot_map_number(&map, AT), 0);
	assert_int_equal(slot_map_add(&map, AT, "", &number, &err), STATUS_OK);
	assert_int_equal(number, 10);
	assert_int_equal(slot_map_number(&map, AT), 10);
	slot_map_release(&map);
	/* It stands in the file. */
	struct diag_list diags = { 0 };
	char path[128];

	snprintf(path, sizeof(path), "%s/station.yaml", t->root);
	assert_int_equal(slot_map_read(path, &map, &diags, &err), STATUS_OK);
	assert_int_equal(slot_map_number(&map, AT), 10);
	assert_int_equal(map.count, 3);
	slot_map_release(&map);
	diag_list_release(&diags);
}

static void slots_in_one_line_are_refused_because_no_line_fits_in(void **state)
{
	struct slot_map map;

	assert_int_equal(read_text(*state, "station: a\nslots: [{number: 1, at: x}]\n", &map),
			 STATUS_RECIPE);
	slot_map_release(&map);
}

static void a_recipe_gets_no_slots_and_no_file_is_promised_where_none_can_be_made(void **state)
{
	struct diag_list diags = { 0 };
	struct slot_map map;
	struct err err;

	assert_int_equal(read_text(*state, "recipe: a\nimages: []\n", &map), STATUS_RECIPE);
	slot_map_release(&map);
	assert_int_equal(slot_map_read("no/such/folder/line.yaml", &map, &diags, &err),
			 STATUS_FILE);
	slot_map_release(&map);
	assert_int_equal(slot_map_read("line.yaml", &map, &diags, &err), STATUS_OK);
	slot_map_release(&map);
	diag_list_release(&diags);
}

static void a_file_that_may_not_be_replaced_stays_as_it_was(void **state)
{
	const struct tree *t = *state;
	char folder[128];
	struct slot_map map;
	unsigned number;
	struct err err;

	if (geteuid() == 0)
		skip(); /* root may write anywhere */
	assert_int_equal(read_text(t, "station: a\n", &map), STATUS_OK);
	snprintf(folder, sizeof(folder), "%s", t->root);
	chmod(folder, 0500);
	assert_int_equal(slot_map_add(&map, AT, "", &number, &err), STATUS_FILE);
	chmod(folder, 0700);
	assert_int_equal(map.count, 0);
	slot_map_release(&map);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, tree_set_up, tree_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_file_begins_with_the_keys_that_it_needs),
		cmocka_unit_test(a_slot_is_added_behind_the_others_and_all_else_stays),
		cmocka_unit_test(a_list_that_is_not_indented_stays_so),
		cmocka_unit_test(a_file_without_slots_and_without_a_last_newline_gets_both),
		TEST(the_next_number_is_above_all_others_and_known_places_keep_theirs),
		TEST(slots_in_one_line_are_refused_because_no_line_fits_in),
		TEST(a_recipe_gets_no_slots_and_no_file_is_promised_where_none_can_be_made),
		TEST(a_file_that_may_not_be_replaced_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
