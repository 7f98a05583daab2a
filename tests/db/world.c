#define _XOPEN_SOURCE 700 /* nftw, mkdtemp */
#include "tests/db/world.h"

#include "db/decide.h"
#include "db/run.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct record_image sample_images[] = {
	{
		.sha256 = "aa00000000000000000000000000000000000000000000000000000000000001",
		.file = "firmware/bootloader.bin",
		.addr = 0x1000,
		.size_bytes = 17392,
		.kind = "boot loader",
	},
	{
		.sha256 = "aa00000000000000000000000000000000000000000000000000000000000002",
		.file = "firmware/app.bin",
		.addr = 0x10000,
		.size_bytes = 1234567,
		.kind = "application",
		.version = "v2.7",
		.partition = "app0",
	},
};

const struct record_recipe sample_recipe = {
	.digest = "dd00000000000000000000000000000000000000000000000000000000000001",
	.name = "core2-factory-test",
	.revision = 7,
	.product = "m5stack/core2",
	.canonical = "recipe: core2-factory-test\n",
	.process = "FLASH",
	.source = "# core2, first article\nrecipe: core2-factory-test\n",
	.source_name = "core2.yaml",
	.images = sample_images,
	.image_count = 2,
};

const struct record_run sample_run = {
	.run_id = "01931f2e-4c00-7000-8000-000000000001",
	.kind = "FLASH",
	.slot = "pci-0000:00:14.0/1.4:1.0",
	.node = "/dev/ttyUSB3",
	.usb_path = "/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.4/1-1.4:1.0",
	.start_utc_ms = 1795350678250, /* 2026-11-22T12:31:18.250Z */
	.recipe_digest = "dd00000000000000000000000000000000000000000000000000000000000001",
	.operator_name = "li.wei",
	.batch = "WO-4711",
	.serial = "SN00042",
	.bridge = "CH9102F",
	.bridge_vid_pid = "1a86:55d4",
	.bridge_serial = "5424021153",
	.bridge_product = "USB Single Serial",
	.bridge_release = "0443",
	.bridge_driver = "cdc_acm",
	.start_way = "stub 921600, RAM blocks of 1024",
	.nest = 7,
};

static const struct record_step sample_steps[] = {
	{ .try_no = 1, .name = "connect", .start_us = 0, .took_us = 532000, .code = "OK" },
	{
		.try_no = 2,
		.name = "write",
		.start_us = 900000,
		.took_us = 11000001,
		.code = "NO_ANSWER",
		.note = "block 17 of 300",
	},
};

static const struct record_measurement sample_measurements[] = {
	{
		.step = "write",
		.name = "data_rate",
		.has_value = true,
		.value = 94.25,
		.unit = "KB/s",
		.has_low = true,
		.low = 40.5,
		.has_high = true,
		.high = 2000,
		.outcome = "PASS",
	},
	{ .name = "boot_text", .text = "ets Jul 29 2019" },
};

static const struct record_unit_image sample_unit_images[] = {
	{
		.partition = "fctry",
		.addr = 0x3f0000,
		.size_bytes = 24576,
		.sha256 = "aa00000000000000000000000000000000000000000000000000000000000003",
	},
	{ .partition = "secrets", .addr = 0x3f8000, .size_bytes = 12288 },
};

const struct record_batch sample_batch = {
	.batch = "WO-4711",
	.work_order = "PO-99",
	.part_number = "K010",
	.part_revision = "B",
	.customer = "Example Ltd",
	.quantity = 500,
	.quota = 510,
	.operator_name = "wang.fang",
	.opened_utc_ms = 1795340000000,
};

const struct record_override sample_override = {
	.run_id = "01931f2e-4c00-7000-8000-000000000001",
	.code = "ALREADY_PASSED",
	.detail = "passed on 2026-11-21",
	.operator_name = "wang.fang",
	.reason = "new case",
	.utc_ms = 1795350679000,
};

const struct record_result sample_result = {
	.run_id = "01931f2e-4c00-7000-8000-000000000001",
	.outcome = "PASS",
	.code = "OK",
	.party = "NONE",
	.proof = "CHIP_MD5",
	.detail = "2 regions proven",
	.device_code = "07000000",
	.end_utc_ms = 1795350701007,
	.duration_us = 22757123,
	.mac = "24:0a:c4:00:01:10",
	.custom_mac = "02:00:00:00:00:07",
	.chip = "ESP32",
	.package = "ESP32-D0WDQ6-V3",
	.revision = "v3.1",
	.features = "Wi-Fi, BT, Dual Core, 240MHz",
	.has_crystal = true,
	.crystal_mhz = 40,
	.flash_id = "c84018",
	.has_flash_bytes = true,
	.flash_bytes = 16777216,
	.embedded_flash_bytes = 4194304,
	.has_embedded_psram = true,
	.embedded_psram_bytes = 2097152,
	.security = "secure boot",
	.has_security = true,
	.secure_boot = true,
	.secure_download = true,
	.security_flags = "00000105",
	.secure_boot_v1 = true,
	.has_crypt_count = true,
	.crypt_count = 3,
	.key_purposes = "0 XTS_AES_128_KEY, 1 SECURE_BOOT_DIGEST0",
	.loader = "stub",
	.has_rate = true,
	.rate_asked = 1500000,
	.rate_actual = 1498039,
	.tries = 2,
	.rungs = "stub 1500000; stub 921600",
	.evidence = "sync echoes clean",
	.is_rescued = true,
	.suspects = "driver, bridge, cable",
	.advice = "try another cable",
	.ram_block_bytes = 1024,
	.data_block_bytes = 16384,
	.has_pace = true,
	.pace_bytes = 256,
	.flash_status = "1c 02 00",
	.flash_status_set = "00 02 00",
	.raw_bytes = 1251968,
	.wire_bytes = 801234,
	.skipped_bytes = 4096,
	.data_us = 8500500,
	.is_duplicate_mac = true,
	.has_generation = true,
	.generation = 2,
	.steps = sample_steps,
	.step_count = 2,
	.measurements = sample_measurements,
	.measurement_count = 2,
	.unit_images = sample_unit_images,
	.unit_image_count = 2,
	.console = "    1.204 I (312) main: board ok\n",
	.log = "    0.532 sync\n   22.757 pass\n",
};

int world_set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->dir, sizeof(w->dir), "%s/flashline-db-XXXXXX",
		 tmp && strlen(tmp) < 32 ? tmp : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->path, sizeof(w->path), "%s/records.db", w->dir);
	*state = w;
	return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)info, (void)type, (void)where;
	return remove(path);
}

int world_tear_down(void **state)
{
	struct world *w = *state;

	nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(w);
	return 0;
}

const char *world_file(const struct world *w, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	return path;
}

struct db *world_open(const struct world *w, enum db_mode mode)
{
	struct err err;
	struct db *db;

	if (db_open(w->path, mode, &db, &err))
		fail_msg("%s", err.text);
	return db;
}

sqlite3 *world_raw(const struct world *w)
{
	sqlite3 *sql;

	assert_int_equal(sqlite3_open(w->path, &sql), SQLITE_OK);
	return sql;
}

const char *world_ask_on(sqlite3 *sql, const char *query)
{
	static char answer[4096];
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(sql, query, -1, &stmt, NULL))
		fail_msg("%s: %s", query, sqlite3_errmsg(sql));
	int rc = sqlite3_step(stmt);
	const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
	snprintf(answer, sizeof(answer), "%s",
		 rc != SQLITE_ROW ? "(no row)"
		 : text           ? text
				  : "NULL");
	sqlite3_finalize(stmt);
	return answer;
}

const char *world_ask(const struct world *w, const char *query)
{
	sqlite3 *sql = world_raw(w);
	const char *answer = world_ask_on(sql, query);

	sqlite3_close(sql);
	return answer;
}

int world_do(const struct world *w, const char *statement, const char **message)
{
	static char text[512];
	sqlite3 *sql = world_raw(w);
	int rc = sqlite3_exec(sql, statement, NULL, NULL, NULL);

	snprintf(text, sizeof(text), "%s", sqlite3_errmsg(sql));
	*message = text;
	sqlite3_close(sql);
	return rc;
}

void world_put_each(struct db *db)
{
	const char *run_id = sample_run.run_id;
	const struct record_batch_change change = { .batch = sample_batch.batch,
						    .change = "QUOTA",
						    .quota = 520,
						    .operator_name = "wang.fang",
						    .reason = "ten more",
						    .utc_ms = 1795350690000 };
	const struct record_approval approval = { .recipe_digest = sample_recipe.digest,
						  .state = "APPROVED",
						  .operator_name = "q.engineer",
						  .reason = "first article",
						  .utc_ms = 1795340000001 };
	const struct record_rule rule = { .name = "approval",
					  .word = "required",
					  .operator_name = "q.engineer",
					  .reason = "series",
					  .utc_ms = 1795340000002 };
	const struct record_disposition disposition = { .mac = sample_result.mac,
							.state = "QUARANTINE",
							.operator_name = "q.engineer",
							.reason = "cracked case",
							.run_id = run_id,
							.utc_ms = 1795350800000 };
	const struct record_attachment attachment = { .owner = "run",
						      .ref = run_id,
						      .name = "photo.jpg",
						      .media_type = "image/jpeg",
						      .content = "\xff\xd8\0x",
						      .size_bytes = 4,
						      .operator_name = "q.engineer",
						      .utc_ms = 1795350800001 };
	const struct record_alarm alarm = { .code = "FORKED",
					    .detail = "the server knows another history",
					    .mac = sample_result.mac,
					    .run_id = run_id,
					    .utc_ms = 1795350800002 };
	const struct record_serial_block block = { .block_id = "b1",
						   .product = "m5stack/core2",
						   .prefix = "SN",
						   .width = 5,
						   .first = 1,
						   .last = 500,
						   .leased_utc_ms = 1795340000003 };
	const struct record_serial_state serial_state = { .product = "m5stack/core2",
							  .serial = "SN00043",
							  .state = "RESERVED",
							  .source = "RANGE",
							  .run_id = run_id,
							  .mac = sample_result.mac,
							  .operator_name = "li.wei",
							  .reason = "label lost",
							  .utc_ms = 1795350800005 };
	const struct record_print_job print_job = { .print_id = "p1",
						    .run_id = run_id,
						    .copy = 2,
						    .mac = sample_result.mac,
						    .serial = "SN00042",
						    .printer = "zpl 192.168.1.50:9100",
						    .template_sha256 = "ee01",
						    .content = "^XA^FDSN00042^FS^XZ",
						    .operator_name = "li.wei",
						    .reason = "smeared",
						    .utc_ms = 1795350800006 };
	const struct record_print_event print_event = { .print_id = "p1",
							.state = "MISMATCH",
							.detail = "SN00041",
							.operator_name = "li.wei",
							.utc_ms = 1795350800007 };
	const struct record_lockout lockout = { .lockout_id = "l1",
						.code = "FAILS_IN_A_ROW",
						.slot = sample_run.slot,
						.detail = "3 of 3 failed",
						.utc_ms = 1795350800008 };
	const struct record_lockout_end lockout_end = { .lockout_id = "l1",
							.how = "OVERRIDDEN",
							.operator_name = "q.engineer",
							.reason = "cable changed",
							.utc_ms = 1795350800009 };
	const struct record_ack ack = {
		.server = "plant", .chain_id = "c", .up_to_seq = 3, .acked_utc_ms = 1795350800003
	};
	const struct record_plant_claim claim = { .server = "plant",
						  .plant_seq = 7,
						  .kind = "MAC",
						  .value = "24:0a:c4:00:01:11",
						  .product = "m5stack/core2",
						  .process = "FLASH",
						  .generation = 1,
						  .chain_id = "d",
						  .station = "bench2",
						  .claimed_utc_ms = 1795350800004 };
	const struct {
		enum record_kind kind;
		const void *record;
	} rows[] = {
		{ RECORD_BATCH, &sample_batch },       { RECORD_BATCH_CHANGE, &change },
		{ RECORD_APPROVAL, &approval },        { RECORD_RULE, &rule },
		{ RECORD_OVERRIDE, &sample_override }, { RECORD_DISPOSITION, &disposition },
		{ RECORD_ATTACHMENT, &attachment },    { RECORD_ALARM, &alarm },
		{ RECORD_SERIAL_BLOCK, &block },       { RECORD_ACK, &ack },
		{ RECORD_PLANT_CLAIM, &claim },        { RECORD_SERIAL_STATE, &serial_state },
		{ RECORD_PRINT_JOB, &print_job },      { RECORD_PRINT_EVENT, &print_event },
		{ RECORD_LOCKOUT, &lockout },          { RECORD_LOCKOUT_END, &lockout_end },
	};
	struct err err;

	world_put(db, run_id);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (db_put(db, rows[i].kind, rows[i].record, &err))
			fail_msg("%s", err.text);
}

void world_put(struct db *db, const char *run_id)
{
	struct record_result result = sample_result;
	struct record_run run = sample_run;
	struct err err;

	run.run_id = result.run_id = run_id;
	if (db_put_recipe(db, &sample_recipe, &err) || db_put_run(db, &run, &err) ||
	    db_put_result(db, &result, &err))
		fail_msg("%s", err.text);
}
