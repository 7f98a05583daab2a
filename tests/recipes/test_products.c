#include "tests/recipes/world.h"

#include "recipes/product.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

static struct world w;

static int make(void **state)
{
	(void)state;
	world_make(&w);
	return 0;
}

static int remove_world(void **state)
{
	(void)state;
	world_remove(&w);
	return 0;
}

static void every_product_loads_without_a_message(void **state)
{
	size_t count;
	const struct product *rows = product_rows(&count);

	(void)state;
	assert_true(count >= 5);
	for (size_t i = 0; i < count; i++) {
		struct place at = { "recipe", 1, 1 };
		struct diag_list diags = { 0 };
		struct yaml *y;

		assert_int_equal(product_read(rows[i].key, NULL, at, &y, &diags, NULL), STATUS_OK);
		if (diags.count)
			fail_msg("%s: %s", rows[i].key, diags.items[0].text);
		assert_string_equal(yaml_find(&y->root, "product")->text, rows[i].key);
		assert_string_equal(yaml_find(&y->root, "title")->text, rows[i].title);
		yaml_tree_free(y);
	}
}

static void no_product_stands_twice(void **state)
{
	size_t count;
	const struct product *rows = product_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(rows[i].key, rows[j].key);
			assert_string_not_equal(rows[i].title, rows[j].title);
		}
}

/* A whole recipe for a product: the three images of its chip. */
static void good_recipe(const char *key, char *yaml, size_t size)
{
	struct place at = { "recipe", 1, 1 };
	struct diag_list diags = { 0 };
	struct yaml *y;
	const char *chip;

	assert_int_equal(product_read(key, NULL, at, &y, &diags, NULL), STATUS_OK);
	chip = yaml_find(&y->root, "target.chip")->text;
	assert_non_null(chip_by_key(chip));
	snprintf(yaml, size,
		 "recipe: %s\nrevision: 1\nproduct: %s\nimages:\n"
		 "  - {file: %s/bootloader.bin, address: 0x%x}\n"
		 "  - {file: %s/partitions.bin, address: 0x8000}\n"
		 "  - {file: %s/app.bin, partition: app0}\nflash: {size: detect}\n",
		 key, key, chip, chip_by_key(chip)->boot_addr, chip, chip);
	yaml_tree_free(y);
}

static void every_product_makes_a_good_recipe(void **state)
{
	size_t count;
	const struct product *rows = product_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char yaml[1000];

		good_recipe(rows[i].key, yaml, sizeof(yaml));
		if (world_load(&w, yaml) || w.diags.count)
			fail_msg("%s:\n%s", rows[i].key, world_messages(&w));
		assert_string_equal(w.plan->product, rows[i].key);
		assert_string_equal(w.plan->product_title, rows[i].title);
	}
}

static void the_products_that_a_factory_asks_for_first_are_there(void **state)
{
	static const char *const keys[] = { "m5stack/basic", "m5stack/core2",
					    "m5stack/stickc-plus2", "m5stack/atoms3",
					    "m5stack/stamp-c3" };
	size_t count;
	const struct product *rows = product_rows(&count);

	(void)state;
	for (size_t k = 0; k < 5; k++) {
		size_t i = 0;

		while (i < count && strcmp(rows[i].key, keys[k]) != 0)
			i++;
		if (i == count)
			fail_msg("%s is missing", keys[k]);
	}
}

/* Loads esp32 images with the products folder of this world. */
static enum status load_with_folder(const char *product, const char *more)
{
	char path[200], folder[200], yaml[1000];

	snprintf(yaml, sizeof(yaml),
		 "recipe: a\nproduct: %s\n%simages:\n"
		 "  - {file: esp32/bootloader.bin, address: 0x1000}\n",
		 product, more);
	world_write(&w, "recipe.yaml", yaml, strlen(yaml));
	snprintf(path, sizeof(path), "%s/recipe.yaml", w.folder);
	snprintf(folder, sizeof(folder), "%s/products", w.folder);
	world_forget(&w);
	return plan_load(path, folder, &w.plan, &w.diags, &w.err);
}

static void write_preset(const char *name, const char *text)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/products", w.folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/products/m5stack", w.folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "products/m5stack/%s.yaml", name);
	world_write(&w, path, text, strlen(text));
}

static void a_file_takes_the_place_of_a_built_in_product(void **state)
{
	(void)state;
	write_preset("core2", "product: m5stack/core2\ntitle: Our Core2\n"
			      "target: {chip: esp32, flash_size: 8MB}\n");
	assert_int_equal(load_with_folder("m5stack/core2", ""), STATUS_OK);
	assert_string_equal(w.plan->product_title, "Our Core2");
	assert_int_equal(w.plan->flash.flash_bytes, 8 << 20);
	assert_int_equal(load_with_folder("m5stack/tough", ""), STATUS_OK);
	assert_int_equal(w.plan->flash.flash_bytes, 16 << 20);
}

static void a_file_adds_a_product(void **state)
{
	(void)state;
	write_preset("new", "product: m5stack/new\ntitle: New\ntarget: {chip: esp32}\n"
			    "link: {max_rate: 460800}\n");
	assert_int_equal(load_with_folder("m5stack/new", ""), STATUS_OK);
	assert_int_equal(w.plan->max_rate, 460800);
}

static void the_recipe_wins_over_the_product(void **state)
{
	(void)state;
	write_preset("new", "product: m5stack/new\ntitle: New\n"
			    "target: {chip: esp32, flash_size: 8MB}\nlink: {max_rate: 460800}\n");
	assert_int_equal(load_with_folder("m5stack/new", "target: {flash_size: 4MB}\n"
							 "link: {max_rate: 230400}\n"),
			 STATUS_OK);
	assert_int_equal(w.plan->flash.flash_bytes, 4 << 20);
	assert_int_equal(w.plan->max_rate, 230400);
	assert_int_equal(w.plan->flash.chip->id, 0);
}

static void a_changed_product_changes_the_digest(void **state)
{
	char first[SHA256_TEXT_BYTES];

	(void)state;
	write_preset("new", "product: m5stack/new\ntitle: New\ntarget: {chip: esp32}\n");
	assert_int_equal(load_with_folder("m5stack/new", ""), STATUS_OK);
	strcpy(first, w.plan->digest_text);
	write_preset("new", "# a comment\ntitle: Newer\nproduct: m5stack/new\n"
			    "target: {chip: esp32}\n");
	assert_int_equal(load_with_folder("m5stack/new", ""), STATUS_OK);
	assert_string_equal(w.plan->digest_text, first);
	write_preset("new", "product: m5stack/new\ntitle: New\n"
			    "target: {chip: esp32, flash_size: 4MB}\n");
	assert_int_equal(load_with_folder("m5stack/new", ""), STATUS_OK);
	assert_string_not_equal(w.plan->digest_text, first);
}

static void an_error_in_a_product_file_is_told_with_its_place(void **state)
{
	(void)state;
	write_preset("new", "product: m5stack/other\ntitle: New\ntarget: {chip: esp32}\n"
			    "images: []\n");
	assert_int_equal(load_with_folder("m5stack/new", ""), STATUS_RECIPE);
	assert_string_equal(
		world_messages(&w),
		"products/m5stack/new.yaml:1:10: error: this file is the preset of "
		"'m5stack/other', its name says 'm5stack/new'\n"
		"products/m5stack/new.yaml:4:1: error: unknown key 'images': expected "
		"one of product, title, target, sku, flash_sizes, psram, bridges, flash, "
		"link, download, note\n"
		"recipe.yaml:1:1: warning: no partition table among the images: what "
		"they fit into is not checked\n");
}

static void a_recipe_for_another_chip_than_the_products_is_warned_about(void **state)
{
	(void)state;
	assert_int_equal(load_with_folder("m5stack/atoms3", "target: {chip: esp32}\n"), STATUS_OK);
	assert_non_null(strstr(world_messages(&w),
			       "m5stack/atoms3 has an esp32s3, this recipe says esp32"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_product_loads_without_a_message),
		cmocka_unit_test(no_product_stands_twice),
		cmocka_unit_test(every_product_makes_a_good_recipe),
		cmocka_unit_test(the_products_that_a_factory_asks_for_first_are_there),
		cmocka_unit_test(a_file_takes_the_place_of_a_built_in_product),
		cmocka_unit_test(a_file_adds_a_product),
		cmocka_unit_test(the_recipe_wins_over_the_product),
		cmocka_unit_test(a_changed_product_changes_the_digest),
		cmocka_unit_test(an_error_in_a_product_file_is_told_with_its_place),
		cmocka_unit_test(a_recipe_for_another_chip_than_the_products_is_warned_about),
	};

	return cmocka_run_group_tests(tests, make, remove_world);
}
