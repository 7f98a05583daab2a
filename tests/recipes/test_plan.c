#include "tests/recipes/world.h"

#include "engine/base/bytes.h"
#include "engine/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

#define FLASH_BYTES 0x400000u
#define HEAD "recipe: test\ntarget: {chip: esp32}\n"
#define BOOT "  - {file: esp32/bootloader.bin, address: 0x1000}\n"
#define TABLE "  - {file: esp32/partitions.bin, address: 0x8000}\n"
#define APP "  - {file: esp32/app.bin, partition: app0}\n"
#define MERGED "  - {file: esp32/merged.bin, address: 0x1000}\n"

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

static const struct plan *load(const char *yaml)
{
	world_load(&w, yaml);
	if (!w.plan)
		fail_msg("refused:\n%s", world_messages(&w));
	return w.plan;
}

static void assert_packed(const struct flash_region *r)
{
	uLongf size = r->size_bytes;
	uint8_t *data = malloc(r->size_bytes);

	if (r->packed) {
		assert_true(r->packed_bytes < r->size_bytes);
		assert_int_equal(uncompress(data, &size, r->packed, r->packed_bytes), Z_OK);
		assert_int_equal(size, r->size_bytes);
		assert_memory_equal(data, r->data, size);
	}
	free(data);
}

/* What engine/flasher.h promises about every plan. */
static void assert_contract(const struct flash_plan *f)
{
	assert_true(f->variant_count > 0);
	for (size_t v = 0; v < f->variant_count; v++) {
		const struct flash_region *r = f->variants[v].regions;
		size_t count = f->variants[v].region_count;

		assert_true(count > 0);
		for (size_t i = 0; i < count; i++) {
			uint8_t md5[MD5_BYTES];

			assert_int_equal(r[i].addr % FLASH_SECTOR_BYTES, 0);
			assert_int_equal(r[i].size_bytes % 4, 0);
			assert_true(r[i].size_bytes > 0);
			assert_true(r[i].addr + r[i].size_bytes <= f->end_addr);
			digest_md5(r[i].data, r[i].size_bytes, md5);
			assert_memory_equal(md5, r[i].md5, MD5_BYTES);
			assert_packed(&r[i]);
			assert_int_equal(r[i].is_boot_sector, r[i].addr == f->chip->boot_addr);
			assert_true(!r[i].is_boot_sector || i == count - 1);
			for (size_t j = 0; j < i; j++)
				assert_true(r[j].addr + r[j].size_bytes <= r[i].addr ||
					    r[i].addr + r[i].size_bytes <= r[j].addr);
		}
	}
}

/* The files at their addresses, FF up to the end of their sectors, 00 elsewhere. */
static void lay(uint8_t *flash, const char *name, uint32_t addr)
{
	uint32_t first = addr / FLASH_SECTOR_BYTES * FLASH_SECTOR_BYTES;
	size_t size;
	uint8_t *data = world_read(&w, name, &size);

	for (uint32_t at = first; at < addr + size; at += FLASH_SECTOR_BYTES)
		memset(flash + at, 0xff, FLASH_SECTOR_BYTES);
	memcpy(flash + addr, data, size);
	free(data);
}

static void assert_flash_is(const struct flash_variant *v, const uint8_t *want)
{
	uint8_t *got = world_flash(v, FLASH_BYTES);

	for (uint32_t i = 0; i < FLASH_BYTES; i++)
		if (got[i] != want[i])
			fail_msg("at 0x%x: plan %02x, files %02x", i, got[i], want[i]);
	free(got);
}

static void the_regions_are_the_files_at_their_addresses(void **state)
{
	const struct plan *p = load(HEAD "images:\n" BOOT TABLE APP);
	uint8_t *want = calloc(1, FLASH_BYTES);

	(void)state;
	assert_contract(&p->flash);
	assert_int_equal(p->flash.variant_count, 1);
	assert_int_equal(p->flash.variants[0].flash_bytes, 0);
	lay(want, "esp32/bootloader.bin", 0x1000);
	lay(want, "esp32/partitions.bin", 0x8000);
	lay(want, "esp32/app.bin", 0x10000);
	assert_flash_is(&p->flash.variants[0], want);
	free(want);
	assert_int_equal(p->image_count, 3);
	assert_string_equal(p->images[0].kind, "boot loader");
	assert_string_equal(p->images[1].kind, "partition table");
	assert_string_equal(p->images[2].kind, "application");
	assert_string_equal(p->images[2].version, "1.0.0");
	assert_string_equal(p->images[2].partition, "app0");
	assert_int_equal(p->images[2].addr, 0x10000);
	assert_int_equal(p->erased_count, 0);
}

static void applications_come_first_and_the_boot_sector_last(void **state)
{
	static const uint32_t order[] = { 0x10000, 0x8000, 0x2000, 0x1000 };
	const struct plan *p = load(HEAD "images:\n" BOOT TABLE APP);

	(void)state;
	assert_int_equal(p->flash.variants[0].region_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(p->flash.variants[0].regions[i].addr, order[i]);
}

static void a_merged_file_is_cut_around_its_boot_loader(void **state)
{
	const struct plan *p = load(HEAD "images:\n" MERGED);
	uint8_t *want = calloc(1, FLASH_BYTES);

	(void)state;
	assert_contract(&p->flash);
	lay(want, "esp32/merged.bin", 0x1000);
	assert_flash_is(&p->flash.variants[0], want);
	free(want);
	assert_int_equal(p->flash.variants[0].region_count, 3);
	assert_string_equal(p->images[0].kind, "merged");
	assert_string_equal(p->images[0].version, "1.0.0");
}

static void a_merged_files_gaps_are_named(void **state)
{
	const struct plan *p = load(HEAD "images:\n" MERGED);

	(void)state;
	assert_int_equal(p->erased_count, 2);
	assert_string_equal(p->erased[0].partition, "nvs");
	assert_int_equal(p->erased[0].addr, 0x9000);
	assert_int_equal(p->erased[0].size_bytes, 0x5000);
	assert_string_equal(p->erased[1].partition, "otadata");
	assert_int_equal(w.diags.count, 2);
	assert_true(w.diags.items[0].is_warning);
	assert_string_equal(w.diags.items[0].text, "esp32/merged.bin: its gap of FF erases "
						   "partition 'nvs' (0x9000, 20 KB)");
}

static void erase_all_loses_every_partition_without_an_image(void **state)
{
	const struct plan *p = load(HEAD "erase: all\nimages:\n" BOOT TABLE APP);

	(void)state;
	assert_int_equal(p->flash.erase, ERASE_ALL);
	assert_int_equal(p->erased_count, 4);
	assert_string_equal(p->erased[2].partition, "app1");
	assert_int_equal(w.diags.count, 0);
}

static void rooms_are_the_rest_of_each_images_partition(void **state)
{
	const struct plan *p = load(HEAD "erase: rooms\nimages:\n" BOOT TABLE APP
					 "  - {file: data.bin, address: 0x291000}\n");

	(void)state;
	assert_contract(&p->flash);
	assert_int_equal(p->flash.room_count, 3);
	assert_int_equal(p->flash.rooms[0].addr, 0x18000);
	assert_int_equal(p->flash.rooms[0].size_bytes, 0x138000);
	assert_int_equal(p->flash.rooms[1].addr, 0x290000);
	assert_int_equal(p->flash.rooms[1].size_bytes, 0x1000);
	assert_int_equal(p->flash.rooms[2].addr, 0x293000);
	assert_int_equal(p->flash.rooms[2].size_bytes, 0x16d000);
}

static void images_that_share_a_sector_are_one_region(void **state)
{
	const struct plan *p =
		load(HEAD "images:\n" BOOT TABLE APP "  - {file: hello.bin, address: 0x290ffc}\n"
			  "  - {file: hello.bin, address: 0x291010}\n"
			  "  - {file: hello.bin, address: 0x292000}\n");
	const struct flash_region *r = p->flash.variants[0].regions;
	uint8_t *want = calloc(1, FLASH_BYTES);

	(void)state;
	assert_contract(&p->flash);
	assert_int_equal(p->flash.variants[0].region_count, 6);
	assert_int_equal(r[1].addr, 0x290000);
	assert_int_equal(r[1].size_bytes, 0x2000);
	assert_string_equal(r[1].label, "hello.bin + hello.bin");
	lay(want, "esp32/bootloader.bin", 0x1000);
	lay(want, "esp32/partitions.bin", 0x8000);
	lay(want, "esp32/app.bin", 0x10000);
	memset(want + 0x290000, 0xff, 0x3000);
	memcpy(want + 0x290ffc, "hello", 5);
	memcpy(want + 0x291010, "hello", 5);
	memcpy(want + 0x292000, "hello", 5);
	assert_flash_is(&p->flash.variants[0], want);
	free(want);
}

/* The boot loader of a variant, as one piece. */
static void assert_boot_says(const struct flash_variant *v, uint8_t mode, uint8_t size_frequency)
{
	uint8_t *flash = world_flash(v, FLASH_BYTES);
	struct image_info info;
	struct err err = { 0 };

	if (image_parse(flash + 0x1000, 0x7000, &info, &err))
		fail_msg("%s", err.text);
	assert_true(info.has_digest);
	assert_int_equal(flash[0x1002], mode);
	assert_int_equal(flash[0x1003], size_frequency);
	free(flash);
}

static void detect_makes_a_variant_for_every_size_that_fits(void **state)
{
	const struct plan *p = load(HEAD "flash: {size: detect}\nimages:\n" BOOT TABLE APP);
	const struct flash_variant *v = p->flash.variants;

	(void)state;
	assert_contract(&p->flash);
	/* The table ends at 4 MB, an ESP32 has 16 MB at most. */
	assert_int_equal(p->flash.variant_count, 3);
	assert_int_equal(v[0].flash_bytes, 4 << 20);
	assert_int_equal(v[1].flash_bytes, 8 << 20);
	assert_int_equal(v[2].flash_bytes, 16 << 20);
	assert_boot_says(&v[0], 2, 0x2f);
	assert_boot_says(&v[1], 2, 0x3f);
	assert_boot_says(&v[2], 2, 0x4f);
	assert_ptr_equal(v[0].regions[0].data, v[2].regions[0].data);
	assert_ptr_equal(v[0].regions[0].packed, v[2].regions[0].packed);
}

static void detect_on_a_known_flash_is_one_variant(void **state)
{
	const struct plan *p = load("recipe: test\ntarget: {chip: esp32, flash_size: 8MB}\n"
				    "flash: {size: detect}\nimages:\n" BOOT TABLE APP);

	(void)state;
	assert_int_equal(p->flash.variant_count, 1);
	assert_int_equal(p->flash.flash_bytes, 8 << 20);
	assert_boot_says(&p->flash.variants[0], 2, 0x3f);
}

static void mode_frequency_and_size_are_patched_inside_a_merged_file(void **state)
{
	const struct plan *p =
		load(HEAD "flash: {mode: qio, frequency: 40m, size: 16MB}\nimages:\n" MERGED);
	uint8_t *want = calloc(1, FLASH_BYTES), *got;

	(void)state;
	assert_contract(&p->flash);
	assert_boot_says(&p->flash.variants[0], 0, 0x40);
	assert_int_equal(p->flash.end_addr, 16 << 20);
	lay(want, "esp32/merged.bin", 0x1000);
	got = world_flash(&p->flash.variants[0], FLASH_BYTES);
	/* Two bytes of the header and the digest; the boot loader ends at 0x6260. */
	assert_memory_equal(got + 0x1004, want + 0x1004, 0x5000);
	assert_memory_equal(got + 0x6260, want + 0x6260, FLASH_BYTES - 0x6260);
	free(want);
	free(got);
}

static void keep_leaves_every_byte(void **state)
{
	const struct plan *p = load(HEAD "flash: {mode: keep, frequency: keep, size: keep}\n"
					 "images:\n" BOOT TABLE APP);

	(void)state;
	assert_boot_says(&p->flash.variants[0], 2, 0x2f);
}

static void revisions_are_narrowed_by_the_images(void **state)
{
	const struct plan *p = load("recipe: test\ntarget: {chip: esp32, min_revision: 1.0}\n"
				    "images:\n" BOOT TABLE APP);

	(void)state;
	assert_int_equal(p->flash.min_rev, 100);
	assert_int_equal(p->flash.max_rev, 399);
}

static void a_settings_default_is_what_the_reference_says(void **state)
{
	const struct plan *p = load(HEAD "images:\n" BOOT TABLE APP);

	(void)state;
	assert_int_equal(p->flash.erase, ERASE_SECTORS);
	assert_int_equal(p->flash.stub, STUB_AUTO);
	assert_true(p->flash.compress);
	assert_int_equal(p->flash.skip, SKIP_NEVER);
	assert_int_equal(p->flash.tries, 3);
	assert_int_equal(p->flash.flash_bytes, 0);
	assert_int_equal(p->flash.end_addr, 0x400000);
	assert_int_equal(p->max_rate, 0);
	assert_int_equal(p->revision, 0);
	assert_int_equal(p->flash.package_count, 0);
	assert_int_equal(p->flash.psram_bytes, 0);
	assert_int_equal(p->flash.security, SECURITY_OPEN);
	assert_false(p->flash.accept_unproven);
	assert_int_equal(p->bridge_policy, BRIDGE_WARN);
}

static void every_setting_reaches_the_plan(void **state)
{
	const struct plan *p = load(
		"recipe: test\nrevision: 0x10\nproduct: m5stack/core2\n"
		"erase: rooms\nlink: {max_rate: 921600, stub: never, compress: no}\n"
		"policy: {tries: 10, skip: unchanged, already_passed: flash}\nimages:\n" BOOT TABLE
			APP);

	(void)state;
	assert_string_equal(p->name, "test");
	assert_int_equal(p->revision, 16);
	assert_string_equal(p->product, "m5stack/core2");
	assert_string_equal(p->product_title, "M5Stack Core2");
	assert_non_null(p->download_hint);
	assert_int_equal(p->flash.flash_bytes, 16 << 20);
	assert_int_equal(p->flash.erase, ERASE_ROOMS);
	assert_int_equal(p->max_rate, 921600);
	assert_int_equal(p->flash.stub, STUB_NEVER);
	assert_false(p->flash.compress);
	assert_int_equal(p->flash.skip, SKIP_UNCHANGED);
	assert_int_equal(p->flash.tries, 10);
}

static void a_recipe_without_boot_loader_or_table_is_warned_about(void **state)
{
	const struct plan *p = load(HEAD "flash: {size: detect}\nimages:\n"
					 "  - {file: esp32/app.bin, address: 0x10000}\n");

	(void)state;
	assert_contract(&p->flash);
	assert_int_equal(p->flash.variant_count, 1);
	assert_int_equal(w.diags.count, 3);
	assert_int_equal(w.diags.error_count, 0);
	assert_string_equal(
		world_messages(&w),
		"recipe.yaml:1:1: warning: no boot loader among the images: a unit keeps its own\n"
		"recipe.yaml:1:1: warning: no partition table among the images: what they fit into "
		"is not checked\n"
		"recipe.yaml:3:8: warning: 'flash' changes the boot loader's header, but there is "
		"none\n");
}

static void a_swapped_boot_loader_and_application_are_warned_about(void **state)
{
	(void)state;
	load(HEAD "images:\n  - {file: esp32/bootloader.bin, partition: app0}\n" TABLE);
	assert_non_null(strstr(world_messages(&w),
			       "looks like a boot loader, but stands in partition 'app0'"));
}

static void a_header_that_names_more_flash_than_the_target_is_warned_about(void **state)
{
	(void)state;
	world_load(&w, "recipe: test\ntarget: {chip: esp32, flash_size: 2MB}\nimages:\n" BOOT);
	assert_non_null(
		strstr(world_messages(&w), "header says 4 MB of flash, the target has 2 MB"));
}

static void an_absolute_path_is_taken_as_it_is(void **state)
{
	char yaml[400];

	(void)state;
	snprintf(yaml, sizeof(yaml),
		 HEAD "images:\n  - {file: %s/esp32/bootloader.bin, address: 0x1000}\n", w.folder);
	load(yaml);
}

/* ---- identity ---- */

static char *digest_of(const char *yaml)
{
	return strdup(load(yaml)->digest_text);
}

#define S3_IMAGES                                                                                  \
	"images:\n  - {file: esp32s3/bootloader.bin, address: 0}\n"                                \
	"  - {file: esp32s3/partitions.bin, address: 0x8000}\n"                                    \
	"  - {file: esp32s3/app.bin, partition: app0}\n"

static void every_interlock_reaches_the_plan(void **state)
{
	const struct plan *p = load("recipe: test\nproduct: m5stack/atoms3r\n"
				    "target: {package: [\"ESP32-S3 (QFN56)\", pico-1], psram: 2MB, "
				    "security: secure_boot}\nlink: {bridge: refuse}\n" S3_IMAGES);

	(void)state;
	assert_int_equal(p->flash.package_count, 2);
	assert_string_equal(p->flash.packages[0], "ESP32-S3 (QFN56)");
	assert_string_equal(p->flash.packages[1], "pico-1");
	assert_int_equal(p->flash.psram_bytes, 2 << 20);
	assert_int_equal(p->flash.security, SECURITY_SECURE_BOOT);
	assert_int_equal(p->bridge_policy, BRIDGE_REFUSE);
	p = load("recipe: test\nproduct: m5stack/stickc-plus2\nimages:\n" BOOT TABLE APP);
	assert_int_equal(p->flash.package_count, 1);
	assert_string_equal(p->flash.packages[0], "ESP32-PICO-V3-02");
	assert_int_equal(p->flash.psram_bytes, 2 << 20);
}

static void a_product_with_another_chip_asks_for_no_package(void **state)
{
	const struct plan *p = load("recipe: test\nproduct: m5stack/stickc-plus2\n"
				    "target: {chip: esp32s3}\n" S3_IMAGES);

	(void)state;
	assert_int_equal(p->flash.package_count, 0);
	assert_int_equal(p->flash.psram_bytes, 0);
}

static void secure_download_means_neither_stub_nor_compression(void **state)
{
	const struct plan *p = load("recipe: test\ntarget: {chip: esp32s3, flash_size: 8MB, "
				    "security: secure_download}\n"
				    "policy: {accept_unproven: yes}\n" S3_IMAGES);

	(void)state;
	assert_int_equal(p->flash.security, SECURITY_SECURE_DOWNLOAD);
	assert_true(p->flash.accept_unproven);
	assert_int_equal(p->flash.stub, STUB_NEVER);
	assert_false(p->flash.compress);
	assert_int_equal(p->flash.flash_bytes, 8 << 20);
}

static void acceptance_without_secure_download_is_warned_about(void **state)
{
	(void)state;
	load(HEAD "policy: {accept_unproven: yes}\nimages:\n" BOOT TABLE APP);
	assert_non_null(strstr(world_messages(&w), "warning: 'accept_unproven' means something"));
}

static void every_chips_firmware_is_taken_without_a_message(void **state)
{
	size_t count;
	const struct chip *chips = chip_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char yaml[1000];

		snprintf(yaml, sizeof(yaml),
			 "recipe: a\ntarget: {chip: %s}\nimages:\n"
			 "  - {file: %s/merged.bin, address: 0x%x}\n",
			 chips[i].key, chips[i].key, chips[i].boot_addr);
		if (world_load(&w, yaml) || w.diags.error_count)
			fail_msg("%s:\n%s", chips[i].key, world_messages(&w));
		assert_null(strstr(world_messages(&w), "looks like"));
		assert_string_equal(w.plan->images[0].version, "1.0.0");
	}
}

static void an_esp32p4s_images_say_which_revisions_they_are_for(void **state)
{
	const struct plan *p = load("recipe: a\nproduct: m5stack/tab5\nimages:\n"
				    "  - {file: esp32p4/merged.bin, address: 0x2000}\n");

	(void)state;
	assert_int_equal(p->flash.min_rev, 300);
	assert_int_equal(p->flash.max_rev, 399);
	p = load("recipe: a\nproduct: m5stack/tab5\nimages:\n"
		 "  - {file: esp32p4-rev1/merged.bin, address: 0x2000}\n");
	assert_int_equal(p->flash.min_rev, 0);
	assert_int_equal(p->flash.max_rev, 199);
}

/* What was recorded before these keys existed has to be found under the same digest. */
static void a_recipe_without_guard_keys_has_the_canonical_form_that_it_always_had(void **state)
{
	static const char settings[] = "# canonical form 1\ntarget.chip: esp32\nimages:\n"
				       "  - address: 0x1000\n    bytes: ";
	const struct plan *p = load(HEAD "images:\n" BOOT TABLE APP);
	char digest[SHA256_TEXT_BYTES];
	uint8_t bytes[SHA256_BYTES];

	(void)state;
	assert_memory_equal(p->canonical, settings, sizeof(settings) - 1);
	assert_null(strstr(p->canonical, "process"));
	assert_null(strstr(p->canonical, "policy"));
	digest_sha256((const uint8_t *)p->canonical, strlen(p->canonical), bytes);
	hex_text(bytes, sizeof(bytes), digest);
	assert_string_equal(p->digest_text, digest);
}

static void every_guard_key_that_says_something_changes_the_digest(void **state)
{
	static const char *const keys[] = {
		"",
		"process: FINAL_TEST\n",
		"policy: {already_passed: flash}\n",
		"policy: {already_passed: refuse}\n",
		"policy: {plant: strict}\n",
		"policy: {plant: standalone}\n",
	};
	enum { COUNT = sizeof(keys) / sizeof(keys[0]) };
	char *digests[COUNT], yaml[400];

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		snprintf(yaml, sizeof(yaml), HEAD "%simages:\n" BOOT TABLE APP, keys[i]);
		digests[i] = digest_of(yaml);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(digests[i], digests[j]);
	}
	for (size_t i = 0; i < COUNT; i++)
		free(digests[i]);
}

static void a_guard_key_that_says_the_usual_does_not_change_the_digest(void **state)
{
	char *first = digest_of(HEAD "images:\n" BOOT TABLE APP);
	char *same =
		digest_of(HEAD "process: FLASH\npolicy: {plant: leased}\nimages:\n" BOOT TABLE APP);

	(void)state;
	assert_string_equal(first, same);
	free(first);
	free(same);
}

static void guard_keys_reach_the_plan_and_are_not_given_without(void **state)
{
	const struct plan *p = load(HEAD "images:\n" BOOT TABLE APP);

	(void)state;
	assert_string_equal(p->process, "FLASH");
	assert_int_equal(p->passed_policy, PASSED_USUAL);
	assert_int_equal(p->plant_policy, PLANT_LEASED);
	p = load(HEAD "process: Final test\npolicy: {already_passed: refuse, plant: strict}\n"
		      "images:\n" BOOT TABLE APP);
	assert_string_equal(p->process, "Final test");
	assert_int_equal(p->passed_policy, PASSED_REFUSE);
	assert_int_equal(p->plant_policy, PLANT_STRICT);
	p = load(HEAD
		 "policy: {already_passed: flash, plant: standalone}\nimages:\n" BOOT TABLE APP);
	assert_int_equal(p->passed_policy, PASSED_FLASH);
	assert_int_equal(p->plant_policy, PLANT_STANDALONE);
}

static void the_plan_keeps_the_recipe_as_it_was_written(void **state)
{
	static const char yaml[] = "# why: \xc3\xa4\n" HEAD "images:\n" BOOT TABLE APP "# no end";

	(void)state;
	assert_string_equal(load(yaml)->source, yaml);
}

static void comments_order_labels_and_notation_do_not_change_the_digest(void **state)
{
	static const char *const same[] = {
		"recipe: b\nimages:\n" BOOT TABLE APP "target: {flash_size: 4MB, chip: esp32}\n",
		"# why\nrecipe: a\nrevision: 9\ntarget: {chip: esp32, flash_size: "
		"4096K}\nimages:\n" APP BOOT TABLE,
		"recipe: a\ntarget: {chip: \"esp32\", flash_size: 0x400000}\npolicy: {tries: 3}\n"
		"flash: {mode: keep}\nerase: sectors\nimages:\n" BOOT TABLE
		"  - {file: ./esp32/app.bin, address: 64K}\n",
	};
	char *first = digest_of(
		"recipe: a\ntarget: {chip: esp32, flash_size: 4MB}\nimages:\n" BOOT TABLE APP);

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		char *other = digest_of(same[i]);

		assert_string_equal(first, other);
		free(other);
	}
	free(first);
}

static void neither_order_nor_case_of_packages_changes_the_digest(void **state)
{
	char *first = digest_of("recipe: a\ntarget: {chip: esp32, package: [PICO-D4, U4WDH]}\n"
				"images:\n" BOOT TABLE APP);
	char *second = digest_of("recipe: a\ntarget: {chip: esp32, package: [u4wdh, pico-d4]}\n"
				 "images:\n" BOOT TABLE APP);

	(void)state;
	assert_string_equal(first, second);
	free(first);
	free(second);
}

static void every_setting_that_matters_changes_the_digest(void **state)
{
	static const char *const different[] = {
		"",
		"target: {flash_size: 8MB}\n",
		"target: {min_revision: 1.0}\n",
		"target: {max_revision: 3.0}\n",
		"flash: {mode: qio}\n",
		"flash: {frequency: 40m}\n",
		"flash: {size: detect}\n",
		"flash: {size: 8MB}\n",
		"erase: rooms\n",
		"erase: all\n",
		"link: {max_rate: 921600}\n",
		"link: {stub: never}\n",
		"link: {stub: always}\n",
		"link: {compress: no}\n",
		"policy: {tries: 1}\n",
		"policy: {skip: unchanged}\n",
		"policy: {accept_unproven: yes}\n",
		"policy: {clear_protection: yes}\n",
		"target: {package: ESP32-D0WDQ6}\n",
		"target: {psram: 8MB}\n",
		"target: {security: secure_boot}\n",
		"link: {bridge: refuse}\n",
		"link: {bridge: any}\n",
	};
	enum { COUNT = sizeof(different) / sizeof(different[0]) };
	char *digests[COUNT];

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		char yaml[1000];

		snprintf(yaml, sizeof(yaml),
			 "recipe: a\nproduct: m5stack/basic\n%simages:\n" BOOT TABLE APP,
			 different[i]);
		digests[i] = digest_of(yaml);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(digests[i], digests[j]);
	}
	for (size_t i = 0; i < COUNT; i++)
		free(digests[i]);
}

static void a_changed_byte_or_address_of_an_image_changes_the_digest(void **state)
{
	char *first =
		digest_of(HEAD "images:\n" BOOT TABLE "  - {file: data.bin, address: 0x290000}\n");
	char *moved =
		digest_of(HEAD "images:\n" BOOT TABLE "  - {file: data.bin, address: 0x291000}\n");
	size_t size;
	uint8_t *data = world_read(&w, "data.bin", &size);
	char *changed;

	(void)state;
	data[size - 1] ^= 1;
	world_write(&w, "data2.bin", data, size);
	changed =
		digest_of(HEAD "images:\n" BOOT TABLE "  - {file: data2.bin, address: 0x290000}\n");
	assert_string_not_equal(first, moved);
	assert_string_not_equal(first, changed);
	free(first);
	free(moved);
	free(changed);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_regions_are_the_files_at_their_addresses),
		cmocka_unit_test(applications_come_first_and_the_boot_sector_last),
		cmocka_unit_test(a_merged_file_is_cut_around_its_boot_loader),
		cmocka_unit_test(a_merged_files_gaps_are_named),
		cmocka_unit_test(erase_all_loses_every_partition_without_an_image),
		cmocka_unit_test(rooms_are_the_rest_of_each_images_partition),
		cmocka_unit_test(images_that_share_a_sector_are_one_region),
		cmocka_unit_test(detect_makes_a_variant_for_every_size_that_fits),
		cmocka_unit_test(detect_on_a_known_flash_is_one_variant),
		cmocka_unit_test(mode_frequency_and_size_are_patched_inside_a_merged_file),
		cmocka_unit_test(keep_leaves_every_byte),
		cmocka_unit_test(revisions_are_narrowed_by_the_images),
		cmocka_unit_test(a_settings_default_is_what_the_reference_says),
		cmocka_unit_test(every_setting_reaches_the_plan),
		cmocka_unit_test(every_interlock_reaches_the_plan),
		cmocka_unit_test(a_product_with_another_chip_asks_for_no_package),
		cmocka_unit_test(secure_download_means_neither_stub_nor_compression),
		cmocka_unit_test(acceptance_without_secure_download_is_warned_about),
		cmocka_unit_test(every_chips_firmware_is_taken_without_a_message),
		cmocka_unit_test(an_esp32p4s_images_say_which_revisions_they_are_for),
		cmocka_unit_test(neither_order_nor_case_of_packages_changes_the_digest),
		cmocka_unit_test(a_recipe_without_boot_loader_or_table_is_warned_about),
		cmocka_unit_test(a_swapped_boot_loader_and_application_are_warned_about),
		cmocka_unit_test(a_header_that_names_more_flash_than_the_target_is_warned_about),
		cmocka_unit_test(an_absolute_path_is_taken_as_it_is),
		cmocka_unit_test(
			a_recipe_without_guard_keys_has_the_canonical_form_that_it_always_had),
		cmocka_unit_test(every_guard_key_that_says_something_changes_the_digest),
		cmocka_unit_test(a_guard_key_that_says_the_usual_does_not_change_the_digest),
		cmocka_unit_test(guard_keys_reach_the_plan_and_are_not_given_without),
		cmocka_unit_test(the_plan_keeps_the_recipe_as_it_was_written),
		cmocka_unit_test(comments_order_labels_and_notation_do_not_change_the_digest),
		cmocka_unit_test(every_setting_that_matters_changes_the_digest),
		cmocka_unit_test(a_changed_byte_or_address_of_an_image_changes_the_digest),
	};

	return cmocka_run_group_tests(tests, make, remove_world);
}
