#include "recipes/product_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#define MB 0x100000u
#define GUESSES_MAX 100

static struct product_list *list;

static int make(void **state)
{
	struct err err;

	(void)state;
	if (product_list_new(NULL, &list, &err))
		fail_msg("%s", err.text);
	return 0;
}

static int remove_list(void **state)
{
	(void)state;
	product_list_free(list);
	return 0;
}

static struct ident unit(const char *chip, const char *package, uint32_t flash_mb)
{
	struct ident ident = { .chip = chip_by_key(chip), .flash_bytes = flash_mb * MB };

	assert_non_null(ident.chip);
	snprintf(ident.package, sizeof(ident.package), "%s", package);
	return ident;
}

/* The keys without their maker; those with another bridge behind a bar. Static. */
static const char *guesses(const struct ident *ident, const char *bridge)
{
	struct product_sight seen = { ident, bridge };
	struct product_guess found[GUESSES_MAX];
	size_t count = product_could_be(list, &seen, found, GUESSES_MAX);
	static char text[4000];
	bool is_other = false;

	text[0] = '\0';
	assert_true(count <= GUESSES_MAX);
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(text);
		bool is_first_other = !found[i].has_bridge && !is_other;

		is_other = !found[i].has_bridge;
		snprintf(text + used, sizeof(text) - used, "%s%s%s", is_first_other ? "| " : "",
			 found[i].product->key + strlen("m5stack/"), i + 1 < count ? " " : "");
	}
	return text;
}

static void chip_package_and_flash_narrow_the_products(void **state)
{
	struct ident ident = unit("esp32", "ESP32-D0WDQ6-V3", 16);

	(void)state;
	assert_string_equal(guesses(&ident, "CP2104"),
			    "basic core2 core2-aws core2-aws-v1.3 core2-v1.3 fire gray m5go "
			    "m5go-lite paper paper-comm poecam station tough | core-metal "
			    "core2-v1.1 faces");
	ident = unit("esp32", "ESP32-D0WDQ6", 16);
	assert_string_equal(guesses(&ident, "CP2104"), "basic fire gray m5go m5go-lite | faces");
	ident = unit("esp32c6", "ESP32-C6FH4 (QFN32)", 4);
	assert_string_equal(guesses(&ident, "USB-Serial/JTAG"), "nanoc6");
}

static void a_size_that_differed_over_time_is_one_of_those(void **state)
{
	struct ident ident = unit("esp32", "ESP32-D0WDQ6", 4);

	(void)state;
	assert_string_equal(guesses(&ident, "CP2104"), "basic m5camera m5stick unit-cam | faces");
	ident.flash_bytes = 8 * MB;
	assert_string_equal(guesses(&ident, "CP2104"), "");
}

static void psram_in_the_package_tells_products_apart(void **state)
{
	struct ident ident = unit("esp32s3", "ESP32-S3 (QFN56)", 16);

	(void)state;
	assert_non_null(strstr(guesses(&ident, "USB-Serial/JTAG"), "papercolor"));
	ident.tells_psram = true;
	ident.embedded_psram_bytes = 8 * MB;
	assert_non_null(strstr(guesses(&ident, "USB-Serial/JTAG"), "papercolor"));
	ident.embedded_psram_bytes = 0;
	assert_null(strstr(guesses(&ident, "USB-Serial/JTAG"), "papercolor"));
	ident = unit("esp32s3", "ESP32-S3 (QFN56)", 8);
	ident.tells_psram = true;
	assert_non_null(strstr(guesses(&ident, "USB-Serial/JTAG"), "atoms3-lite"));
	ident.embedded_psram_bytes = 8 * MB;
	assert_null(strstr(guesses(&ident, "USB-Serial/JTAG"), "atoms3-lite"));
}

static void what_was_not_seen_contradicts_nothing(void **state)
{
	struct ident ident = unit("esp32c6", "", 0);

	(void)state;
	assert_string_equal(guesses(&ident, NULL), "nanoc6 nesso-n1 stamp-c6lora unit-c6l");
}

static void another_bridge_sorts_a_product_behind_the_rest(void **state)
{
	struct ident ident = unit("esp32c3", "ESP32-C3 (QFN32)", 4);

	(void)state;
	assert_string_equal(guesses(&ident, "CH9102"), "stamp-c3 | stamp-c3u");
	assert_string_equal(guesses(&ident, "USB-Serial/JTAG"), "stamp-c3u | stamp-c3");
	assert_string_equal(guesses(&ident, "FT232R"), "| stamp-c3 stamp-c3u");
}

static void a_unit_that_nobody_sells_is_no_product(void **state)
{
	struct ident ident = unit("esp32", "ESP32-PICO-D4", 16);
	struct ident none = { 0 };

	(void)state;
	assert_string_equal(guesses(&none, "CP2104"), "");
	assert_null(strstr(guesses(&ident, "CP2104"), "coreink"));
}

/* Each product, as its own preset describes it, is among its own guesses. */
static void every_product_is_recognised_by_what_it_is(void **state)
{
	size_t count;
	const struct product *rows = product_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct product_guess found[GUESSES_MAX];
		const char *chip = strstr(rows[i].yaml, "  chip: ") + strlen("  chip: ");
		struct ident ident = { 0 };
		struct product_sight seen = { &ident, NULL };
		char key[20] = "";
		size_t n, j = 0;

		memcpy(key, chip, strcspn(chip, "\n"));
		ident.chip = chip_by_key(key);
		n = product_could_be(list, &seen, found, GUESSES_MAX);
		while (j < n && strcmp(found[j].product->key, rows[i].key) != 0)
			j++;
		if (j == n)
			fail_msg("%s is no guess for an %s", rows[i].key, key);
	}
}

static void more_guesses_than_there_is_room_for_are_counted(void **state)
{
	struct ident ident = unit("esp32c6", "", 0);
	struct product_sight seen = { &ident, NULL };
	struct product_guess one[1];

	(void)state;
	assert_int_equal(product_could_be(list, &seen, one, 1), 4);
	assert_string_equal(one[0].product->key, "m5stack/nanoc6");
}

static void write_preset(const char *folder, const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/m5stack/%s.yaml", folder, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void a_folders_products_are_guessed_too(void **state)
{
	char folder[] = "/tmp/flashline-products.XXXXXX", path[200];
	struct ident ident = unit("esp32c3", "ESP32-C3 (QFN32)", 4);
	struct product_sight seen = { &ident, "CH9102" };
	struct product_guess found[3];
	struct product_list *own;
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/m5stack", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	write_preset(folder, "logger",
		     "product: m5stack/logger\ntitle: Logger\n"
		     "target: {chip: esp32c3}\nbridges: [{name: CH9102}]\n");
	write_preset(folder, "stamp-c3",
		     "product: m5stack/stamp-c3\ntitle: Ours\ntarget: {chip: esp32c6}\n");
	write_preset(folder, "any",
		     "product: m5stack/any\ntitle: Any chip\n"
		     "target: {flash_size: 4MB}\n");
	assert_int_equal(product_list_new(folder, &own, &err), STATUS_OK);
	assert_int_equal(product_could_be(own, &seen, found, 3), 2);
	assert_string_equal(found[0].product->key, "m5stack/logger");
	assert_string_equal(found[0].product->title, "Logger");
	assert_true(found[0].has_bridge);
	assert_string_equal(found[1].product->key, "m5stack/stamp-c3u");
	product_list_free(own);
	write_preset(folder, "logger", "product: m5stack/logger\ntarget: {chip: esp32c3}\n");
	assert_int_equal(product_list_new(folder, &own, &err), STATUS_RECIPE);
	assert_null(own);
	assert_non_null(strstr(err.text, "m5stack/logger.yaml:1:1: error: 'title' is missing"));
	snprintf(path, sizeof(path), "rm -r %s", folder);
	assert_int_equal(system(path), 0);
}

static void a_bridge_is_known_by_its_name_or_its_familys(void **state)
{
	(void)state;
	assert_true(product_bridge_is("CP2104", "CP2104"));
	assert_true(product_bridge_is("cp2104", "CP2104"));
	assert_true(product_bridge_is("CP210x", "CP2104"));
	assert_false(product_bridge_is("CP2102N", "CP2104"));
	assert_false(product_bridge_is("CP210", "CP2104"));
	assert_false(product_bridge_is("CP2104x", "CP2104"));
	assert_false(product_bridge_is("", "CP2104"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chip_package_and_flash_narrow_the_products),
		cmocka_unit_test(a_size_that_differed_over_time_is_one_of_those),
		cmocka_unit_test(psram_in_the_package_tells_products_apart),
		cmocka_unit_test(what_was_not_seen_contradicts_nothing),
		cmocka_unit_test(another_bridge_sorts_a_product_behind_the_rest),
		cmocka_unit_test(a_unit_that_nobody_sells_is_no_product),
		cmocka_unit_test(every_product_is_recognised_by_what_it_is),
		cmocka_unit_test(more_guesses_than_there_is_room_for_are_counted),
		cmocka_unit_test(a_folders_products_are_guessed_too),
		cmocka_unit_test(a_bridge_is_known_by_its_name_or_its_familys),
	};

	return cmocka_run_group_tests(tests, make, remove_list);
}
