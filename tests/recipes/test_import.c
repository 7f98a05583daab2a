/* Recipes out of what other tools made. */
#include "recipes/firmware.h"
#include "recipes/import.h"
#include "tests/recipes/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct world w;

static int set_up(void **state)
{
	(void)state;
	world_make(&w);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_remove(&w);
	return 0;
}

static const char *path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", w.folder, name);
	return path;
}

static struct import *read_text(const char *text, const char *chip, struct err *err)
{
	struct import *in;

	world_write(&w, "source.json", text, strlen(text));
	err_clear(err);
	import_read(path_of("source.json"), chip ? chip_by_key(chip) : NULL, &in, err);
	return in;
}

static void refused(const char *text, const char *chip, const char *expected)
{
	struct err err;

	assert_null(read_text(text, chip, &err));
	if (!strstr(err.text, expected))
		fail_msg("'%s' does not say '%s'", err.text, expected);
}

/* Every piece at its place in a flash of FF. */
static uint8_t *put_together(const struct import *in, size_t size)
{
	uint8_t *flash = malloc(size);

	assert_non_null(flash);
	memset(flash, 0xff, size);
	for (size_t i = 0; i < in->part_count; i++) {
		const struct import_part *part = &in->parts[i];

		assert_true(part->addr + part->size_bytes <= size);
		memcpy(flash + part->addr, part->data, part->size_bytes);
	}
	return flash;
}

static void the_pieces_of_a_merged_image_are_all_of_it(void **state)
{
	static const char *const chips[] = { "esp32",   "esp32s2", "esp32s3", "esp32c3",
					     "esp32c6", "esp32h2", "esp32p4" };
	(void)state;
	for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
		const struct chip *chip = chip_by_key(chips[i]);
		char name[60];
		uint8_t *merged, *flash;
		struct import *in;
		struct err err;
		size_t size;

		snprintf(name, sizeof(name), "%s/merged.bin", chips[i]);
		merged = world_read(&w, name, &size);
		if (import_read(path_of(name), NULL, &in, &err))
			fail_msg("%s", err.text);
		assert_ptr_equal(in->chip, chip);
		assert_int_equal(in->parts[0].addr, chip->boot_addr);
		/* make_firmware's merged images begin with the boot loader, as M5Stack's do. */
		flash = put_together(in, chip->boot_addr + size);
		for (size_t at = 0; at < size; at++)
			if (flash[chip->boot_addr + at] != merged[at])
				fail_msg("%s: byte 0x%zx differs", name, at);
		free(flash);
		free(merged);
		import_free(in);
	}
}

static void a_merged_image_from_address_0_is_split_as_well(void **state)
{
	size_t size;
	uint8_t *merged = world_read(&w, "esp32/merged.bin", &size);
	uint8_t *whole = malloc(size + 0x1000), *flash;
	struct import *in;
	struct err err;

	(void)state;
	memset(whole, 0xff, 0x1000);
	memcpy(whole + 0x1000, merged, size);
	whole[0x20] = 0x5a;   /* outside of every named place */
	whole[0x9010] = 0xa5; /* in nvs */
	world_write(&w, "whole.bin", whole, size + 0x1000);
	assert_int_equal(import_read(path_of("whole.bin"), NULL, &in, &err), STATUS_OK);
	flash = put_together(in, size + 0x1000);
	assert_memory_equal(flash, whole, size + 0x1000);
	assert_int_equal(in->parts[0].addr, 0);
	free(flash);
	free(whole);
	free(merged);
	import_free(in);
}

static void an_imported_merged_image_writes_what_the_image_holds(void **state)
{
	struct import *in;
	struct err err;
	char *recipe;

	(void)state;
	assert_int_equal(import_read(path_of("esp32s3/merged.bin"), NULL, &in, &err), STATUS_OK);
	for (size_t i = 0; i < in->part_count; i++)
		world_write(&w, in->parts[i].file, in->parts[i].data, in->parts[i].size_bytes);
	recipe = import_recipe(in, NULL, "");
	assert_non_null(recipe);
	if (world_load(&w, recipe))
		fail_msg("%s\n%s", recipe, world_messages(&w));
	assert_int_equal(w.plan->image_count, in->part_count);
	assert_string_equal(w.plan->images[0].kind, "boot loader");
	free(recipe);
	import_free(in);
}

static const char idf[] =
	"{\"write_flash_args\": [\"--flash_mode\", \"dio\"],\n"
	" \"flash_settings\": {\"flash_mode\": \"dio\", \"flash_size\": \"4MB\", \"flash_freq\": "
	"\"40m\"},\n"
	" \"flash_files\": {\"0x8000\": \"esp32/partitions.bin\", \"0x1000\": "
	"\"esp32/bootloader.bin\", \"0x10000\": \"esp32/app.bin\"},\n"
	" \"bootloader\": {\"offset\": \"0x1000\", \"file\": \"esp32/bootloader.bin\", "
	"\"encrypted\": \"false\"},\n"
	" \"app\": {\"offset\": \"0x10000\", \"file\": \"esp32/app.bin\", \"encrypted\": "
	"\"false\"},\n"
	" \"extra_esptool_args\": {\"after\": \"hard_reset\", \"stub\": true, \"chip\": "
	"\"esp32\"}}\n";

static void a_build_of_esp_idf_becomes_a_recipe(void **state)
{
	struct import *in;
	struct err err;
	char *recipe;

	(void)state;
	in = read_text(idf, NULL, &err);
	if (!in)
		fail_msg("%s", err.text);
	assert_string_equal(in->name, "app");
	recipe = import_recipe(in, NULL, "");
	if (world_load(&w, recipe))
		fail_msg("%s\n%s", recipe, world_messages(&w));
	assert_int_equal(w.plan->image_count, 3);
	assert_int_equal(w.plan->images[0].addr, 0x1000);
	assert_non_null(strstr(recipe, "flash: {mode: dio, frequency: 40m, size: 4MB}"));
	free(recipe);
	recipe = import_recipe(in, "m5stack/core2", "build/");
	assert_non_null(strstr(recipe, "product: \"m5stack/core2\"\n"));
	assert_non_null(strstr(recipe, "  - file: \"build/esp32/bootloader.bin\"\n"));
	free(recipe);
	import_free(in);
}

static const char manifest[] =
	"{\"name\": \"Hello\", \"version\": \"1.2\", \"builds\": [\n"
	" {\"chipFamily\": \"ESP8266\", \"parts\": [{\"path\": \"a.bin\", \"offset\": 0}]},\n"
	" {\"chipFamily\": \"ESP32-S3\", \"parts\": [{\"path\": \"esp32s3/merged.bin\", "
	"\"offset\": 0}]},\n"
	" {\"chipFamily\": \"ESP32\", \"parts\": [{\"path\": \"esp32/app.bin\", \"offset\": "
	"65536}, {\"path\": \"esp32/bootloader.bin\", \"offset\": 4096}]}]}";

static void the_build_for_the_chip_is_taken_from_a_manifest(void **state)
{
	struct import *in;
	struct err err;

	(void)state;
	refused(manifest, NULL, "has builds for ESP8266, ESP32-S3, ESP32: choose one with --chip");
	refused(manifest, "esp32c3", "has no build for ESP32-C3, only for ESP8266, ESP32-S3");
	in = read_text(manifest, "esp32", &err);
	if (!in)
		fail_msg("%s", err.text);
	assert_string_equal(in->name, "Hello");
	assert_int_equal(in->part_count, 2);
	assert_int_equal(in->parts[0].addr, 0x1000);
	assert_string_equal(in->parts[1].file, "esp32/app.bin");
	import_free(in);
}

static void what_a_recipe_cannot_say_is_refused(void **state)
{
	(void)state;
	refused("{\"flash_files\": {\"0x0\": \"a\"}, \"app\": {\"encrypted\": \"true\"}, "
		"\"extra_esptool_args\": {\"chip\": \"esp32\"}}",
		NULL, "'app' is to be written encrypted");
	refused("{\"builds\": [{\"chipFamily\": \"ESP32\", \"parts\": [{\"path\": "
		"\"https://example.org/a.bin\", \"offset\": 0}]}]}",
		NULL, "parts[0]: 'https://example.org/a.bin' is an address on the web");
	refused("{\"builds\": [{\"chipFamily\": \"ESP8266\", \"parts\": []}]}", NULL,
		"chip 'ESP8266' is not supported");
	refused("{\"builds\": [{\"chipFamily\": \"ESP32\", \"parts\": [{\"path\": \"a\", "
		"\"offset\": -1}]}]}",
		NULL, "parts[0]: 'offset' is missing or no address");
	refused("{\"flash_files\": {\"zero\": \"a\"}}", NULL, "'zero' is no address");
	refused("{\"flash_files\": {\"0x0\": \"a\"}}", NULL,
		"'extra_esptool_args.chip' is missing");
	refused("{\"flash_files\": {\"0x0\": \"a\"}, \"extra_esptool_args\": {\"chip\": "
		"\"esp32\"}}",
		"esp32s3", "it is for ESP32, not for ESP32-S3");
	refused("{\"files\": 1}", NULL, "has no 'flash_files' and no 'builds'");
	refused("{\"builds\": [}", NULL, "source.json: line 1, column 13");
	refused("neither", NULL, "no JSON, and no merged image either");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pieces_of_a_merged_image_are_all_of_it),
		cmocka_unit_test(a_merged_image_from_address_0_is_split_as_well),
		cmocka_unit_test(an_imported_merged_image_writes_what_the_image_holds),
		cmocka_unit_test(a_build_of_esp_idf_becomes_a_recipe),
		cmocka_unit_test(the_build_for_the_chip_is_taken_from_a_manifest),
		cmocka_unit_test(what_a_recipe_cannot_say_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
