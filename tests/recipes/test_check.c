#include "recipes/check.h"

#include "tests/recipes/world.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define IMAGES                                                                                     \
	"images:\n"                                                                                \
	"  - {file: esp32/bootloader.bin, address: 0x1000}\n"                                      \
	"  - {file: esp32/partitions.bin, address: 0x8000}\n"                                      \
	"  - {file: esp32/app.bin, partition: app0}\n"

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

static char *text_of(const char *yaml)
{
	char *text;

	if (world_load(&w, yaml))
		fail_msg("refused:\n%s", world_messages(&w));
	assert_int_equal(plan_describe(w.plan, &text), STATUS_OK);
	return text;
}

static json_t *json_of(const char *yaml)
{
	json_error_t error;
	json_t *root;
	char *text;

	if (world_load(&w, yaml))
		fail_msg("refused:\n%s", world_messages(&w));
	assert_int_equal(plan_describe_json(w.plan, &text), STATUS_OK);
	root = json_loads(text, 0, &error);
	if (!root)
		fail_msg("%s: %s", error.text, text);
	free(text);
	return root;
}

static void assert_says(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("no '%s' in:\n%s", what, text);
}

static void the_text_names_every_image_with_its_sizes(void **state)
{
	char *text = text_of("recipe: line 4\nrevision: 7\nproduct: m5stack/core2\n" IMAGES);

	(void)state;
	assert_says(text, "recipe   line 4, revision 7\n");
	assert_says(text, w.plan->digest_text);
	assert_says(text, "product  M5Stack Core2 (m5stack/core2)\n");
	assert_says(text, "target   ESP32, revision v3.99 or earlier, 16 MB of flash\n");
	assert_says(text, "bridges  CP2104, CH9102; any other with a warning\n");
	assert_says(text, "0x00010000     32768");
	assert_says(text, "application     app0         esp32/app.bin, version 1.0.0\n");
	assert_says(text, "in 4 regions");
	free(text);
}

static void the_text_names_every_interlock(void **state)
{
	char *text = text_of("recipe: a\nproduct: m5stack/stickc-plus2\n"
			     "target: {package: [PICO-V3-02, PICO-D4]}\n"
			     "link: {bridge: refuse}\n" IMAGES);

	(void)state;
	assert_says(text, "package  PICO-V3-02 or PICO-D4\n");
	assert_says(text, "psram    2 MB in the package, where the chip tells it\n");
	assert_says(text, "security open: units in another state are refused\n");
	assert_says(text, "bridges  CH9102; any other is refused\n");
	assert_null(strstr(text, "proof "));
	free(text);
	text = text_of("recipe: a\ntarget: {chip: esp32s3, flash_size: 8MB, security: "
		       "secure_download}\npolicy: {accept_unproven: yes}\nimages:\n"
		       "  - {file: esp32s3/app.bin, address: 0x10000}\n");
	assert_says(text, "security secure_download: units in another state are refused\n");
	assert_says(text, "proof    none: a PASS is what the unit acknowledged, no more\n");
	assert_null(strstr(text, "with stub"));
	free(text);
}

static void the_json_names_every_interlock(void **state)
{
	json_t *root = json_of("recipe: a\nproduct: m5stack/stickc-plus2\n"
			       "link: {bridge: any}\n" IMAGES);
	const json_t *target = json_object_get(root, "target");
	const json_t *bridge = json_array_get(json_object_get(root, "bridges"), 0);

	(void)state;
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(target, "packages"), 0)),
		"ESP32-PICO-V3-02");
	assert_int_equal(json_integer_value(json_object_get(target, "psram_bytes")), 2 << 20);
	assert_string_equal(json_string_value(json_object_get(target, "security")), "open");
	assert_true(json_is_false(json_object_get(target, "accept_unproven")));
	assert_true(json_is_false(json_object_get(target, "clear_protection")));
	assert_string_equal(json_string_value(json_object_get(bridge, "name")), "CH9102");
	assert_int_equal(json_array_size(json_object_get(bridge, "rates")), 0);
	assert_string_equal(json_string_value(json_object_get(root, "bridge_policy")), "any");
	json_decref(root);
}

static void text_and_json_name_the_guards(void **state)
{
	char *text = text_of("recipe: a\nproduct: m5stack/stickc-plus2\n" IMAGES);
	json_t *root;

	(void)state;
	assert_says(text, "process  FLASH\n");
	assert_says(text, "refused in a batch, and flashed again without one\n");
	assert_null(strstr(text, "plant "));
	free(text);
	text = text_of("recipe: a\nproduct: m5stack/stickc-plus2\nprocess: FINAL\n"
		       "policy: {already_passed: refuse, plant: strict}\n" IMAGES);
	assert_says(text, "process  FINAL\n");
	assert_says(text, "passed   units that passed this recipe before are refused\n");
	assert_says(text, "plant    strict: ");
	free(text);
	root = json_of("recipe: a\nproduct: m5stack/stickc-plus2\nprocess: FINAL\n"
		       "policy: {already_passed: flash, plant: standalone}\n" IMAGES);
	assert_string_equal(json_string_value(json_object_get(root, "process")), "FINAL");
	assert_string_equal(json_string_value(json_object_get(root, "already_passed")), "flash");
	assert_string_equal(json_string_value(json_object_get(root, "plant")), "standalone");
	json_decref(root);
	root = json_of("recipe: a\nproduct: m5stack/stickc-plus2\n" IMAGES);
	assert_true(json_is_null(json_object_get(root, "already_passed")));
	assert_string_equal(json_string_value(json_object_get(root, "plant")), "leased");
	json_decref(root);
}

static void the_text_names_what_is_lost(void **state)
{
	char *text = text_of("recipe: a\ntarget: {chip: esp32}\nerase: all\n" IMAGES);

	(void)state;
	assert_says(text, "erases   all\n");
	assert_says(text, "loses    partition 'nvs' (0x9000, 20 KB): no image fills it\n");
	assert_says(text, "loses    partition 'spiffs'");
	free(text);
	text = text_of("recipe: a\ntarget: {chip: esp32}\nerase: rooms\n" IMAGES);
	assert_says(text, "erases   rooms; besides what is written: 0x18000 to 0x150000\n");
	free(text);
}

static void the_limit_of_the_rate_ends_the_table_of_seconds(void **state)
{
	char *text = text_of("recipe: a\ntarget: {chip: esp32}\nlink: {max_rate: 460800}\n" IMAGES);

	(void)state;
	assert_says(text, "    115200 ");
	assert_says(text, "    460800 ");
	assert_null(strstr(text, "    921600 "));
	free(text);
}

static void a_path_that_is_not_used_has_no_seconds(void **state)
{
	char *text = text_of("recipe: a\ntarget: {chip: esp32}\nlink: {stub: never}\n" IMAGES);

	(void)state;
	assert_null(strstr(text, "with stub"));
	assert_says(text, "ROM only");
	free(text);
}

static void a_product_of_few_rates_shows_just_those(void **state)
{
	json_t *root = json_of("recipe: a\nproduct: m5stack/atom-lite\n" IMAGES);
	const json_t *expected = json_object_get(root, "expected");

	(void)state;
	assert_int_equal(json_array_size(expected), 5);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(expected, 0), "rate")),
			 115200);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(expected, 1), "rate")),
			 250000);
	json_decref(root);
}

static void the_json_says_what_the_plan_holds(void **state)
{
	json_t *root =
		json_of("recipe: \"a \\\"b\\\" \\\\ \\u00e4\"\ntarget: {chip: esp32}\n" IMAGES);
	const json_t *image = json_array_get(json_object_get(root, "images"), 2);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(root, "recipe")),
			    "a \"b\" \\ \xc3\xa4");
	assert_string_equal(json_string_value(json_object_get(root, "digest")),
			    w.plan->digest_text);
	assert_true(json_is_null(json_object_get(root, "revision")));
	assert_true(json_is_null(json_object_get(root, "product")));
	assert_int_equal(json_array_size(json_object_get(root, "images")), 3);
	assert_string_equal(json_string_value(json_object_get(image, "file")), "esp32/app.bin");
	assert_int_equal(json_integer_value(json_object_get(image, "address")), 0x10000);
	assert_int_equal(json_integer_value(json_object_get(image, "bytes")), 32768);
	assert_true(json_integer_value(json_object_get(image, "compressed_bytes")) < 32768);
	assert_true(json_integer_value(json_object_get(root, "limit_ms")) > 0);
	json_decref(root);
}

static void faster_rates_are_expected_to_take_fewer_seconds(void **state)
{
	json_t *root = json_of("recipe: a\ntarget: {chip: esp32}\n" IMAGES);
	const json_t *expected = json_object_get(root, "expected");
	double last = 1e9;

	(void)state;
	assert_int_equal(json_array_size(expected), 6);
	for (size_t i = 0; i < json_array_size(expected); i++) {
		double s = json_real_value(
			json_object_get(json_array_get(expected, i), "stub_seconds"));

		assert_true(s > 0 && s <= last);
		last = s;
	}
	json_decref(root);
}

/* Two images share a region: each counts with its part, the FF around them with none. */
static void compressed_sizes_add_up_to_what_is_sent(void **state)
{
	json_t *root = json_of("recipe: a\ntarget: {chip: esp32}\n" IMAGES
			       "  - {file: data.bin, address: 0x290800}\n"
			       "  - {file: hello.bin, address: 0x292800}\n");
	const json_t *images = json_object_get(root, "images");
	json_int_t sum = 0, all = json_integer_value(json_object_get(root, "compressed_bytes"));

	(void)state;
	for (size_t i = 0; i < json_array_size(images); i++)
		sum += json_integer_value(
			json_object_get(json_array_get(images, i), "compressed_bytes"));
	assert_in_range(sum, all - 40, all);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_names_every_image_with_its_sizes),
		cmocka_unit_test(the_text_names_every_interlock),
		cmocka_unit_test(the_json_names_every_interlock),
		cmocka_unit_test(text_and_json_name_the_guards),
		cmocka_unit_test(the_text_names_what_is_lost),
		cmocka_unit_test(the_limit_of_the_rate_ends_the_table_of_seconds),
		cmocka_unit_test(a_path_that_is_not_used_has_no_seconds),
		cmocka_unit_test(a_product_of_few_rates_shows_just_those),
		cmocka_unit_test(the_json_says_what_the_plan_holds),
		cmocka_unit_test(faster_rates_are_expected_to_take_fewer_seconds),
		cmocka_unit_test(compressed_sizes_add_up_to_what_is_sent),
	};

	return cmocka_run_group_tests(tests, make, remove_world);
}
