/* What is recorded of a run, and what stays unknown. */
#include "tests/station/tree.h"

#include "station/record_of.h"

#include <string.h>

static struct flash_report full_report(void)
{
	struct flash_report r = {
		.status = STATUS_WRITE_REFUSED,
		.err = { .device = { 0x01, 0x08 }, .device_len = 2, .text = "refused at 0x10000" },
		.proof = FLASH_PROOF_CHIP_MD5,
		.ident = { .chip = chip_by_key("esp32s3"),
			   .has_mac = true,
			   .mac = { 0x24, 0x0A, 0xC4, 0, 1, 0x10 },
			   .has_revision = true,
			   .revision = 301,
			   .package = "ESP32-D0WDQ6-V3",
			   .features = "Wi-Fi, BT",
			   .crystal_mhz = 40,
			   .security = { .is_known = true,
					 .secure_boot = true,
					 .secure_download = true,
					 .has_flags = true,
					 .flags = 0x105,
					 .secure_boot_v1 = true,
					 .key_purposes = { 4, 9 },
					 .crypt_count = 7 },
			   .has_custom_mac = true,
			   .custom_mac = { 2, 0, 0, 0, 0, 7 },
			   .embedded_flash_bytes = 4u << 20,
			   .embedded_psram_bytes = 2u << 20,
			   .has_flash_id = true,
			   .flash_id = 0x164020,
			   .flash_bytes = 4u << 20 },
		.used_stub = true,
		.rate_asked = 921600,
		.rate_actual = 923077,
		.tries = 2,
		.rungs = "stub 921600; stub 460800",
		.evidence = "8 sync echoes clean",
		.way = { .with_stub = true,
			 .rate_baud = 921600,
			 .ram_block_bytes = 1024,
			 .data_block_bytes = 4096,
			 .pace_bytes = 64 },
		.is_rescued = true,
		.suspects = "driver, cable",
		.advice = "try another cable",
		.has_status_before = true,
		.status_before = { 0x1c, 0x02, 0 },
		.has_status_after = true,
		.status_after = { 0, 0x02, 0 },
		.raw_bytes = 1000,
		.wire_bytes = 600,
		.skipped_bytes = 4096,
		.data_us = 70000,
		.step_count = 1,
	};

	r.steps[0] = (struct flash_step_report){ .step = STEP_WRITE,
						 .try_no = 2,
						 .start_us = 5,
						 .took_us = 7,
						 .status = STATUS_WRITE_REFUSED,
						 .note = "block 3" };
	return r;
}

static void everything_that_is_known_is_recorded(void **state)
{
	const struct flash_report r = full_report();
	const struct verdict v = { .status = r.status,
				   .detail = r.err.text,
				   .duration_us = 123,
				   .end_utc_ms = 456,
				   .is_duplicate_mac = true,
				   .log = "line\n" };
	struct record_storage storage;
	struct record_result out;

	(void)state;
	record_of_result("id", &v, &r, &r.ident, &storage, &out);
	assert_string_equal(out.run_id, "id");
	assert_string_equal(out.outcome, "FAIL");
	assert_string_equal(out.code, "WRITE_REFUSED");
	assert_string_equal(out.party, "UNIT");
	assert_string_equal(out.proof, "CHIP_MD5");
	assert_string_equal(out.detail, "refused at 0x10000");
	assert_string_equal(out.device_code, "0108");
	assert_int_equal(out.end_utc_ms, 456);
	assert_int_equal(out.duration_us, 123);
	assert_string_equal(out.mac, "24:0a:c4:00:01:10");
	assert_string_equal(out.chip, "ESP32-S3");
	assert_string_equal(out.package, "ESP32-D0WDQ6-V3");
	assert_string_equal(out.revision, "v3.1");
	assert_string_equal(out.features, "Wi-Fi, BT");
	assert_true(out.has_crystal && out.has_flash_bytes && out.has_rate);
	assert_int_equal(out.crystal_mhz, 40);
	assert_string_equal(out.flash_id, "164020");
	assert_int_equal(out.flash_bytes, 4 << 20);
	assert_string_equal(out.security, "secure boot, secure download");
	assert_true(out.has_security && out.secure_boot && out.secure_download);
	assert_false(out.flash_encryption);
	assert_string_equal(out.security_flags, "00000105");
	assert_int_equal(out.embedded_flash_bytes, 4 << 20);
	assert_int_equal(out.embedded_psram_bytes, 2 << 20);
	assert_string_equal(out.custom_mac, "02:00:00:00:00:07");
	assert_true(out.secure_boot_v1 && out.has_crypt_count);
	assert_int_equal(out.crypt_count, 7);
	assert_string_equal(out.key_purposes, "0 XTS_AES_128_KEY, 1 SECURE_BOOT_DIGEST0");
	assert_true(out.is_rescued);
	assert_string_equal(out.suspects, "driver, cable");
	assert_string_equal(out.advice, "try another cable");
	assert_int_equal(out.ram_block_bytes, 1024);
	assert_int_equal(out.data_block_bytes, 4096);
	assert_true(out.has_pace);
	assert_int_equal(out.pace_bytes, 64);
	assert_string_equal(out.flash_status, "1c 02 00");
	assert_string_equal(out.flash_status_set, "00 02 00");
	assert_string_equal(out.loader, "stub");
	assert_int_equal(out.rate_asked, 921600);
	assert_int_equal(out.rate_actual, 923077);
	assert_int_equal(out.tries, 2);
	assert_string_equal(out.rungs, r.rungs);
	assert_string_equal(out.evidence, r.evidence);
	assert_int_equal(out.raw_bytes, 1000);
	assert_int_equal(out.wire_bytes, 600);
	assert_int_equal(out.skipped_bytes, 4096);
	assert_int_equal(out.data_us, 70000);
	assert_true(out.is_duplicate_mac);
	assert_int_equal(out.step_count, 1);
	assert_string_equal(out.steps[0].name, "write");
	assert_string_equal(out.steps[0].code, "WRITE_REFUSED");
	assert_string_equal(out.steps[0].note, "block 3");
	assert_int_equal(out.steps[0].try_no, 2);
	assert_int_equal(out.steps[0].start_us, 5);
	assert_int_equal(out.steps[0].took_us, 7);
	assert_string_equal(out.log, "line\n");
}

static void what_is_unknown_is_null_and_never_a_default(void **state)
{
	const struct flash_report r = { .status = STATUS_PORT_BUSY };
	const struct verdict v = { .status = r.status, .detail = "" };
	struct record_storage storage;
	struct record_result out;

	(void)state;
	record_of_result("id", &v, &r, &r.ident, &storage, &out);
	assert_string_equal(out.proof, "NONE");
	assert_null(out.detail);
	assert_null(out.device_code);
	assert_null(out.mac);
	assert_null(out.chip);
	assert_null(out.package);
	assert_null(out.revision);
	assert_null(out.features);
	assert_false(out.has_crystal || out.has_flash_bytes || out.has_rate);
	assert_null(out.flash_id);
	assert_null(out.security);
	assert_null(out.security_flags);
	assert_false(out.has_security || out.has_crypt_count || out.has_pace);
	assert_null(out.custom_mac);
	assert_null(out.key_purposes);
	assert_null(out.flash_status);
	assert_null(out.flash_status_set);
	assert_int_equal(out.ram_block_bytes, 0);
	assert_int_equal(out.data_block_bytes, 0);
	assert_null(out.loader);
	assert_null(out.rungs);
	assert_null(out.evidence);
	assert_null(out.log);
	assert_int_equal(out.step_count, 0);
	assert_int_equal(out.measurement_count, 0);
	assert_false(out.has_generation);
}

static void a_job_that_was_given_up_on_keeps_what_was_identified(void **state)
{
	const struct flash_report r = full_report();
	const struct verdict v = { .status = STATUS_PORT_WEDGED, .detail = "stuck" };
	struct record_storage storage;
	struct record_result out;

	(void)state;
	record_of_result("id", &v, NULL, &r.ident, &storage, &out);
	assert_string_equal(out.code, "PORT_WEDGED");
	assert_string_equal(out.proof, "NONE");
	assert_string_equal(out.mac, "24:0a:c4:00:01:10");
	assert_null(out.loader);
	assert_int_equal(out.step_count, 0);
}

/* The port was never had, the flasher was given up on, or the station itself knows better. */
static void a_verdict_that_is_not_the_flashers_has_its_own_suspects(void **state)
{
	struct flash_report busy = { .status = STATUS_PORT_BUSY }, stopped = full_report();
	struct verdict v = { .status = STATUS_PORT_BUSY, .detail = "process 7 holds the port" };
	struct record_storage storage;
	struct record_result out;

	(void)state;
	record_of_result("id", &v, &busy, &busy.ident, &storage, &out);
	assert_string_equal(out.evidence, "process 7 holds the port");
	assert_string_equal(out.suspects, "station");
	assert_string_equal(out.advice, status_row(STATUS_PORT_BUSY)->sentence);
	v.status = STATUS_PORT_WEDGED;
	record_of_result("id", &v, NULL, &busy.ident, &storage, &out);
	assert_string_equal(out.evidence, v.detail);
	assert_string_equal(out.suspects, "cable, nest, hub");
	/* Stopped by the station for its twin, not by a person. */
	stopped.status = STATUS_CANCELLED;
	strcpy(stopped.suspects, "operator");
	v.status = STATUS_DUPLICATE_MAC;
	record_of_result("id", &v, &stopped, &stopped.ident, &storage, &out);
	assert_string_equal(out.evidence, stopped.evidence);
	assert_string_equal(out.suspects, "unit");
	assert_string_equal(out.advice, status_row(STATUS_DUPLICATE_MAC)->sentence);
	v.status = STATUS_OK;
	v.detail = "";
	busy.status = STATUS_OK;
	record_of_result("id", &v, &busy, &busy.ident, &storage, &out);
	assert_null(out.evidence);
	assert_null(out.suspects);
	assert_null(out.advice);
}

static void what_was_measured_is_recorded_with_its_unit(void **state)
{
	struct flash_report r = full_report();
	const struct verdict v = { .status = STATUS_OK, .detail = "", .generation = 3 };
	struct record_storage storage;
	struct record_result out;

	(void)state;
	r.raw_bytes = 200 * 1024;
	r.wire_bytes = 100 * 1024;
	r.data_us = 2000000;
	r.steps[r.step_count++] =
		(struct flash_step_report){ .step = STEP_CONNECT, .took_us = 250000 };
	record_of_result("id", &v, &r, &r.ident, &storage, &out);
	assert_true(out.has_generation);
	assert_int_equal(out.generation, 3);
	assert_int_equal(out.measurement_count, 3);
	assert_string_equal(out.measurements[0].name, "connect_time");
	assert_string_equal(out.measurements[0].unit, "s");
	assert_true(out.measurements[0].value == 0.25);
	assert_string_equal(out.measurements[1].name, "data_rate");
	assert_string_equal(out.measurements[1].step, "write");
	assert_string_equal(out.measurements[1].unit, "KB/s");
	assert_true(out.measurements[1].has_value);
	assert_true(out.measurements[1].value == 100);
	assert_string_equal(out.measurements[2].name, "wire_rate");
	assert_true(out.measurements[2].value == 50);
	assert_null(out.measurements[0].outcome);
}

static void a_recipe_is_recorded_with_all_its_images(void **state)
{
	struct plan_image images[] = {
		{ .file = (char *)"boot.bin",
		  .addr = 0x1000,
		  .size_bytes = 17,
		  .sha256 = { 0xAB },
		  .kind = "boot loader" },
		{ .file = (char *)"app.bin",
		  .addr = 0x10000,
		  .size_bytes = 99,
		  .partition = (char *)"app0",
		  .kind = "application",
		  .version = (char *)"1.2" },
	};
	const struct plan plan = { .recipe_path = (char *)"recipes/of/core2.yaml",
				   .source = (char *)"# as written",
				   .process = (char *)"FINAL",
				   .name = (char *)"core2",
				   .revision = 7,
				   .product = (char *)"m5stack/core2",
				   .canonical = (char *)"recipe: core2\n",
				   .digest_text = "00ff",
				   .images = images,
				   .image_count = 2 };
	struct recipe_record r;
	struct err err;

	(void)state;
	assert_int_equal(record_of_recipe(&plan, &r, &err), STATUS_OK);
	assert_string_equal(r.recipe.digest, "00ff");
	assert_string_equal(r.recipe.name, "core2");
	assert_int_equal(r.recipe.revision, 7);
	assert_string_equal(r.recipe.product, "m5stack/core2");
	assert_string_equal(r.recipe.process, "FINAL");
	assert_string_equal(r.recipe.source, "# as written");
	assert_string_equal(r.recipe.source_name, "core2.yaml");
	assert_int_equal(r.recipe.image_count, 2);
	assert_memory_equal(r.recipe.images[0].sha256, "ab00", 4);
	assert_int_equal(r.recipe.images[0].addr, 0x1000);
	assert_null(r.recipe.images[0].partition);
	assert_string_equal(r.recipe.images[1].file, "app.bin");
	assert_string_equal(r.recipe.images[1].partition, "app0");
	assert_string_equal(r.recipe.images[1].version, "1.2");
	record_of_recipe_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_that_is_known_is_recorded),
		cmocka_unit_test(what_is_unknown_is_null_and_never_a_default),
		cmocka_unit_test(a_job_that_was_given_up_on_keeps_what_was_identified),
		cmocka_unit_test(a_verdict_that_is_not_the_flashers_has_its_own_suspects),
		cmocka_unit_test(what_was_measured_is_recorded_with_its_unit),
		cmocka_unit_test(a_recipe_is_recorded_with_all_its_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
