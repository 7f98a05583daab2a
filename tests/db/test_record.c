#include "tests/db/world.h"

#include "db/run.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct expected {
	const char *column;
	const char *value;
};

/* What the samples must look like in 'runs'. station is the host's name: asked apart. */
static const struct expected full_run[] = {
	{ "run_id", "01931f2e-4c00-7000-8000-000000000001" },
	{ "kind", "FLASH" },
	{ "outcome", "PASS" },
	{ "code", "OK" },
	{ "party", "NONE" },
	{ "proof", "CHIP_MD5" },
	{ "mac", "24:0a:c4:00:01:10" },
	{ "custom_mac", "02:00:00:00:00:07" },
	{ "serial", "SN00042" },
	{ "generation", "2" },
	{ "duplicate_mac", "1" },
	{ "chip", "ESP32" },
	{ "revision", "v3.1" },
	{ "package", "ESP32-D0WDQ6-V3" },
	{ "features", "Wi-Fi, BT, Dual Core, 240MHz" },
	{ "crystal_mhz", "40" },
	{ "flash_id", "c84018" },
	{ "flash_bytes", "16777216" },
	{ "embedded_flash_bytes", "4194304" },
	{ "embedded_psram_bytes", "2097152" },
	{ "security", "secure boot" },
	{ "secure_boot", "1" },
	{ "secure_boot_v1", "1" },
	{ "flash_encryption", "0" },
	{ "secure_download", "1" },
	{ "security_flags", "00000105" },
	{ "crypt_count", "3" },
	{ "key_purposes", "0 XTS_AES_128_KEY, 1 SECURE_BOOT_DIGEST0" },
	{ "flash_status", "1c 02 00" },
	{ "flash_status_set", "00 02 00" },
	{ "nest", "7" },
	{ "slot", "pci-0000:00:14.0/1.4:1.0" },
	{ "node", "/dev/ttyUSB3" },
	{ "usb_path", "/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.4/1-1.4:1.0" },
	{ "bridge", "CH9102F" },
	{ "bridge_vid_pid", "1a86:55d4" },
	{ "bridge_serial", "5424021153" },
	{ "bridge_product", "USB Single Serial" },
	{ "bridge_release", "0443" },
	{ "bridge_driver", "cdc_acm" },
	{ "recipe", "core2-factory-test" },
	{ "recipe_revision", "7" },
	{ "product", "m5stack/core2" },
	{ "process", "FLASH" },
	{ "recipe_digest", "dd00000000000000000000000000000000000000000000000000000000000001" },
	{ "batch", "WO-4711" },
	{ "work_order", "PO-99" },
	{ "part_number", "K010" },
	{ "part_revision", "B" },
	{ "customer", "Example Ltd" },
	{ "operator", "li.wei" },
	{ "overridden", "ALREADY_PASSED" },
	{ "program_version", FLASHLINE_VERSION },
	{ "start_time", "2026-11-22T12:31:18.250Z" },
	{ "end_time", "2026-11-22T12:31:41.007Z" },
	{ "start_utc_ms", "1795350678250" },
	{ "end_utc_ms", "1795350701007" },
	{ "duration_s", "22.757123" },
	{ "start_way", "stub 921600, RAM blocks of 1024" },
	{ "loader", "stub" },
	{ "rate_asked", "1500000" },
	{ "rate_actual", "1498039" },
	{ "ram_block_bytes", "1024" },
	{ "data_block_bytes", "16384" },
	{ "pace_bytes", "256" },
	{ "tries", "2" },
	{ "rungs", "stub 1500000; stub 921600" },
	{ "rescued", "1" },
	{ "evidence", "sync echoes clean" },
	{ "suspects", "driver, bridge, cable" },
	{ "advice", "try another cable" },
	{ "raw_bytes", "1251968" },
	{ "wire_bytes", "801234" },
	{ "skipped_bytes", "4096" },
	{ "data_s", "8.5005" },
	{ "detail", "2 regions proven" },
	{ "device_code", "07000000" },
};
#define FULL_COUNT (sizeof(full_run) / sizeof(full_run[0]))

static const char *ask_run(const struct world *w, const char *column)
{
	char sql[100];

	snprintf(sql, sizeof(sql), "SELECT %s FROM runs", column);
	return world_ask(w, sql);
}

static void every_column_comes_back_as_it_went_in(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	char host[256], number[8];

	world_put_each(db);
	db_close(db);
	for (size_t i = 0; i < FULL_COUNT; i++) {
		const char *value = ask_run(w, full_run[i].column);

		if (strcmp(value, full_run[i].value))
			fail_msg("%s is '%s', not '%s'", full_run[i].column, value,
				 full_run[i].value);
	}
	gethostname(host, sizeof(host));
	assert_string_equal(ask_run(w, "station"), host);
	/* The sample is an ordinary run. */
	assert_string_equal(ask_run(w, "purpose"), "NULL");
	/* ... and with station and purpose that is all of them. */
	snprintf(number, sizeof(number), "%zu", FULL_COUNT + 2);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM pragma_table_info('runs')"), number);
}

static void steps_log_images_and_unit_come_back_as_they_went_in(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);

	world_put(db, sample_run.run_id);
	db_close(db);
	assert_string_equal(
		world_ask(w, "SELECT group_concat(printf('%d %d %s %d %d %s %s', position, try_no, "
			     "name, start_us, took_us, code, ifnull(note, '-')), '|') FROM step"),
		"0 1 connect 0 532000 OK -|1 2 write 900000 11000001 NO_ANSWER block 17 of 300");
	assert_string_equal(world_ask(w, "SELECT text FROM unit_log"), sample_result.log);
	assert_string_equal(
		world_ask(w, "SELECT group_concat(printf('%d %s %d %d %s %s %s', position, file, "
			     "addr, size_bytes, kind, ifnull(version, '-'), ifnull(partition, "
			     "'-')), '|') FROM recipe_image JOIN image USING (sha256)"),
		"0 firmware/bootloader.bin 4096 17392 boot loader - -|"
		"1 firmware/app.bin 65536 1234567 application v2.7 app0");
	assert_string_equal(world_ask(w, "SELECT canonical FROM recipe"), sample_recipe.canonical);
	assert_string_equal(world_ask(w, "SELECT mac || ' ' || first_run_id || ' ' || "
					 "first_seen_utc_ms FROM unit"),
			    "24:0a:c4:00:01:10 01931f2e-4c00-7000-8000-000000000001 1795350701007");
}

static void what_is_unknown_is_null_and_never_a_default(void **state)
{
	static const char *const always[] = { "run_id",       "kind",       "outcome",
					      "code",         "party",      "proof",
					      "station",      "start_time", "end_time",
					      "start_utc_ms", "end_utc_ms", "program_version" };
	static const char *const zeros[] = { "duplicate_mac", "tries",      "raw_bytes",
					     "rescued",       "wire_bytes", "skipped_bytes",
					     "duration_s" };
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct record_run run = { .run_id = "r", .kind = "FLASH", .start_utc_ms = 1 };
	struct record_result result = {
		.run_id = "r",
		.outcome = "ERROR",
		.code = "SYNC_NO_REPLY",
		.party = "LINK",
		.proof = "NONE",
		.end_utc_ms = 2,
		/* Values without their flag are rubbish, and must not be kept. */
		.crystal_mhz = 40,
		.flash_bytes = 4,
		.rate_asked = 115200,
		.rate_actual = 115200,
		.crypt_count = 1,
		.pace_bytes = 64,
	};
	struct err err;

	assert_int_equal(db_put_run(db, &run, &err), STATUS_OK);
	assert_int_equal(db_put_result(db, &result, &err), STATUS_OK);
	db_close(db);
	for (size_t i = 0; i < FULL_COUNT; i++) {
		bool is_known = false, is_zero = false;

		for (size_t k = 0; k < sizeof(always) / sizeof(always[0]); k++)
			is_known |= strcmp(always[k], full_run[i].column) == 0;
		for (size_t k = 0; k < sizeof(zeros) / sizeof(zeros[0]); k++)
			is_zero |= strcmp(zeros[k], full_run[i].column) == 0;
		const char *value = ask_run(w, full_run[i].column);
		if ((strcmp(value, "NULL") != 0) != (is_known || is_zero))
			fail_msg("%s is %s", full_run[i].column, value);
		if (is_zero && strcmp(value, "0") && strcmp(value, "0.0"))
			fail_msg("%s is %s, not 0", full_run[i].column, value);
	}
	assert_string_equal(world_ask(w, "SELECT count(*) FROM unit"), "0");
	assert_string_equal(world_ask(w, "SELECT count(*) FROM unit_log"), "0");
}

static void an_open_run_has_its_identity_and_no_outcome(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct err err;

	assert_int_equal(db_put_recipe(db, &sample_recipe, &err), STATUS_OK);
	assert_int_equal(db_put_run(db, &sample_run, &err), STATUS_OK);
	assert_string_equal(ask_run(w, "slot"), sample_run.slot);
	assert_string_equal(ask_run(w, "outcome"), "NULL");
	assert_string_equal(ask_run(w, "end_time"), "NULL");
	db_close(db);
}

static void a_run_gets_one_result_and_no_second(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct record_result second = sample_result;
	struct err err;

	world_put(db, sample_run.run_id);
	second.outcome = "FAIL";
	second.mac = "24:0a:c4:ff:ff:ff";
	assert_int_equal(db_put_result(db, &second, &err), STATUS_DATABASE);
	assert_non_null(strstr(err.text, "result is already there"));
	db_close(db);
	assert_string_equal(ask_run(w, "outcome"), "PASS");
	assert_string_equal(world_ask(w, "SELECT count(*) FROM unit"), "1");
}

static void a_result_needs_its_run_and_a_run_its_recipe(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct err err;

	assert_int_equal(db_put_result(db, &sample_result, &err), STATUS_DATABASE);
	assert_int_equal(db_put_run(db, &sample_run, &err), STATUS_DATABASE);
	db_close(db);
	assert_string_equal(world_ask(w, "SELECT count(*) FROM run"), "0");
	assert_string_equal(world_ask(w, "SELECT count(*) FROM result"), "0");
	assert_string_equal(world_ask(w, "SELECT count(*) FROM unit"), "0");
}

static void an_outcome_outside_the_five_words_is_refused(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct record_result result = sample_result;
	struct err err;

	assert_int_equal(db_put_recipe(db, &sample_recipe, &err), STATUS_OK);
	assert_int_equal(db_put_run(db, &sample_run, &err), STATUS_OK);
	result.outcome = "GOOD";
	assert_int_equal(db_put_result(db, &result, &err), STATUS_DATABASE);
	db_close(db);
}

static void a_unit_is_one_row_however_often_it_comes(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);

	world_put(db, "01931f2e-4c00-7000-8000-00000000000a");
	world_put(db, "01931f2e-4c00-7000-8000-00000000000b");
	db_close(db);
	assert_string_equal(world_ask(w, "SELECT count(*) || first_run_id FROM unit"),
			    "101931f2e-4c00-7000-8000-00000000000a");
	assert_string_equal(world_ask(w, "SELECT count(*) FROM runs WHERE mac = "
					 "'24:0a:c4:00:01:10'"),
			    "2");
	assert_string_equal(world_ask(w, "SELECT count(*) FROM recipe_image"), "2");
	assert_string_equal(world_ask(w, "SELECT count(*) FROM station"), "1");
}

/* RFC 9562, 5.7; and ids of later milliseconds sort behind. */
static void a_run_id_is_a_uuid_of_version_7(void **state)
{
	char id[RUN_ID_BYTES], other[RUN_ID_BYTES];

	(void)state;
	db_new_run_id(id);
	db_new_run_id(other);
	assert_int_equal(strlen(id), 36);
	for (int i = 0; i < 36; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23)
			assert_int_equal(id[i], '-');
		else
			assert_true(isdigit((unsigned char)id[i]) ||
				    (id[i] >= 'a' && id[i] <= 'f'));
	}
	assert_int_equal(id[14], '7');
	assert_non_null(strchr("89ab", id[19]));
	assert_string_not_equal(id, other);
	assert_true(strncmp(id, other, 13) <= 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(every_column_comes_back_as_it_went_in),
		TEST(steps_log_images_and_unit_come_back_as_they_went_in),
		TEST(what_is_unknown_is_null_and_never_a_default),
		TEST(an_open_run_has_its_identity_and_no_outcome),
		TEST(a_run_gets_one_result_and_no_second),
		TEST(a_result_needs_its_run_and_a_run_its_recipe),
		TEST(an_outcome_outside_the_five_words_is_refused),
		TEST(a_unit_is_one_row_however_often_it_comes),
		TEST(a_run_id_is_a_uuid_of_version_7),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
