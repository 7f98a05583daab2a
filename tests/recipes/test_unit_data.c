/* data: and serial: of a recipe: what is checked beforehand, and what each unit gets. */
#include "recipes/check.h"
#include "recipes/nvs/nvs_csv.h"
#include "recipes/serial_source.h"
#include "recipes/unit_data.h"
#include "tests/recipes/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define HEAD                                                                                       \
	"recipe: own\ntarget: {chip: esp32}\nimages:\n"                                            \
	"  - {file: esp32/bootloader.bin, address: 0x1000}\n"                                      \
	"  - {file: esp32/partitions.bin, address: 0x8000}\n"                                      \
	"  - {file: esp32/app.bin, partition: app0}\n"
#define RANGE "serial: {from: range, prefix: M5-, width: 4, first: 7, last: 20}\n"
#define ENTRY "  - {partition: nvs, template: t.csv, values: v.csv, key: mac, secret: [wifi]}\n"

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

static void put(const char *name, const char *text)
{
	world_write(&w, name, text, strlen(text));
}

static void put_usual(void)
{
	put("t.csv", "key,type,encoding,value\nfactory,namespace,,\nserial,data,string,{serial}\n"
		     "mac,data,hex2bin,{mac_hex}\nbatch,data,string,{batch}\n"
		     "wifi_pass,data,string,{wifi}\npower,data,i8,{power}\n");
	put("v.csv", "mac,wifi,power\n24:0a:c4:00:01:10,hush-1,12\n240AC4000111,hush-2,-4\n");
}

static const struct unit_part *load(const char *yaml)
{
	if (world_load(&w, yaml))
		fail_msg("%s", world_messages(&w));
	assert_non_null(w.plan->unit_data);
	return &w.plan->unit_data->parts[0];
}

static void expect(const char *yaml, const char *message)
{
	if (world_load(&w, yaml) != STATUS_RECIPE || !strstr(world_messages(&w), message))
		fail_msg("expected '%s', got\n%s", message, world_messages(&w));
}

/* What the template says by itself, with these values in its place. */
static void expect_image(const struct unit_part *p, const struct unit_id *unit,
			 const struct nvs_value *values, size_t count)
{
	uint8_t *image = malloc(p->size_bytes), *wanted = malloc(p->size_bytes);
	struct nvs_result result;
	struct err err;

	assert_int_equal(unit_part_image(p, unit, image, &err), STATUS_OK);
	assert_int_equal(nvs_csv_image(p->template, &(struct nvs_values){ values, count },
				       NVS_VERSION_2, p->size_bytes, wanted, &result, &err),
			 STATUS_OK);
	assert_memory_equal(image, wanted, p->size_bytes);
	free(image);
	free(wanted);
}

static void each_unit_gets_its_number_its_mac_and_its_row(void **state)
{
	const struct unit_id unit = { "24:0a:c4:00:01:11", "M5-0007", "B1" };
	const struct nvs_value values[] = { { "serial", "M5-0007" },
					    { "mac_hex", "240ac4000111" },
					    { "batch", "B1" },
					    { "wifi", "hush-2" },
					    { "power", "-4" } };
	const struct unit_part *p;

	(void)state;
	put_usual();
	p = load(HEAD RANGE "data:\n" ENTRY);
	assert_int_equal(p->addr, 0x9000);
	assert_int_equal(p->size_bytes, 0x5000);
	assert_int_equal(w.plan->flash.own_range_count, 1);
	assert_int_equal(w.plan->flash.own_ranges[0].addr, 0x9000);
	assert_true(w.plan->flash.own_packed_bytes > 0);
	assert_true(w.plan->flash.own_packed_bytes < 0x1000);
	expect_image(p, &unit, values, 5);
}

static void what_is_not_known_of_a_unit_has_its_own_status(void **state)
{
	static const struct {
		struct unit_id unit;
		enum status status;
		const char *words;
	} rows[] = {
		{ { NULL, "M5-0007", "B1" }, STATUS_UNIT_DATA_MISSING, "MAC" },
		{ { "24:0a:c4:00:01:11", NULL, "B1" }, STATUS_SERIAL_MISSING, "--serial" },
		{ { "24:0a:c4:00:01:11", "M5-0007", NULL }, STATUS_UNIT_DATA_MISSING, "--batch" },
		{ { "24:0a:c4:00:01:99", "M5-0007", "B1" },
		  STATUS_UNIT_DATA_MISSING,
		  "v.csv has no row whose mac is 24:0a:c4:00:01:99" },
	};
	char long_batch[4100];
	const struct unit_id bad = { "24:0a:c4:00:01:11", "M5-0007", long_batch };
	const struct unit_part *p;
	struct err err;

	(void)state;
	put_usual();
	p = load(HEAD RANGE "data:\n" ENTRY);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(unit_part_image(p, &rows[i].unit, NULL, &err), rows[i].status);
		if (!strstr(err.text, rows[i].words))
			fail_msg("no '%s' in '%s'", rows[i].words, err.text);
		if (i < 3)
			assert_non_null(unit_part_lacks(p, &rows[i].unit));
	}
	memset(long_batch, 'x', sizeof(long_batch) - 1);
	long_batch[sizeof(long_batch) - 1] = '\0';
	assert_int_equal(unit_part_image(p, &bad, NULL, &err), STATUS_UNIT_DATA_BAD);
	assert_non_null(strstr(err.text, "t.csv:5:"));
}

static void every_row_is_tried_beforehand(void **state)
{
	(void)state;
	put_usual();
	put("v.csv", "mac,wifi,power\n24:0a:c4:00:01:10,hush-1,12\n240AC4000111,hush-2,-4\n"
		     "240AC4000112,hush-3,400\n240AC4000111,hush-4,1\n24:0a:c4:00:01,hush-5,1\n"
		     "240AC4000113,hush-6\n");
	expect(HEAD RANGE "data:\n" ENTRY, "v.csv:5:1: error: 24:0a:c4:00:01:11 stands in line 3");
	assert_non_null(strstr(world_messages(&w), "v.csv:6:1: error: this is no MAC"));
	assert_non_null(strstr(world_messages(&w), "v.csv:7:1: error: the row has 2 cells"));
	assert_null(strstr(world_messages(&w), "hush"));
	put("v.csv", "mac,wifi,power\n24:0a:c4:00:01:10,hush-1,12\n240AC4000112,hush-3,400\n");
	expect(HEAD RANGE "data:\n" ENTRY,
	       "v.csv:3:1: error: this row does not go into the template");
	assert_null(strstr(world_messages(&w), "400"));
	assert_null(strstr(world_messages(&w), "hush"));
}

static void what_cannot_work_is_refused_by_name(void **state)
{
	(void)state;
	put_usual();
	expect(HEAD "data:\n  - {partition: nvz, template: t.csv}\n", "has no 'nvz'");
	expect(HEAD "data:\n  - {partition: otadata, template: t.csv}\n", "not of type data, nvs");
	expect(HEAD "data:\n  - {partition: nvs, template: t.csv}\n",
	       "nothing is known for {wifi}");
	expect(HEAD "data:\n  - {partition: nvs, template: t.csv, values: v.csv}\n",
	       "'values' needs 'key'");
	expect(HEAD "data:\n  - {partition: nvs, template: t.csv, key: mac}\n", "there is none");
	expect(HEAD "data:\n  - {partition: nvs, template: t.csv, values: v.csv, key: serial}\n",
	       "v.csv has no column 'serial'");
	expect(HEAD "data:\n  - {partition: nvs, template: t.csv, values: v.csv, key: mac, "
		    "secret: [mac]}\n",
	       "column 'mac' is secret, and rows are found by it");
	expect(HEAD "data:\n" ENTRY ENTRY, "partition 'nvs' is filled twice");
	expect("recipe: own\ntarget: {chip: esp32}\nimages:\n"
	       "  - {file: esp32/merged.bin, address: 0x1000}\ndata:\n" ENTRY,
	       "covers it");
	expect("recipe: own\ntarget: {chip: esp32}\nimages:\n"
	       "  - {file: esp32/app.bin, address: 0x10000}\ndata:\n" ENTRY,
	       "no image here holds a partition table");
}

static void an_encrypted_partition_is_refused(void **state)
{
	size_t size;
	uint8_t *table = world_read(&w, "esp32/partitions.bin", &size);

	(void)state;
	put_usual();
	table[28] = 1;
	memset(table + 5 * 32, 0xff, 32); /* without the MD5 row */
	world_write(&w, "esp32/encrypted.bin", table, size);
	free(table);
	expect("recipe: own\ntarget: {chip: esp32}\nimages:\n"
	       "  - {file: esp32/bootloader.bin, address: 0x1000}\n"
	       "  - {file: esp32/encrypted.bin, address: 0x8000}\ndata:\n" ENTRY,
	       "partition 'nvs' is marked 'encrypted'");
}

static void a_secret_in_the_template_gets_a_warning(void **state)
{
	(void)state;
	put("t.csv", "key,type,encoding,value\nfactory,namespace,,\nwifi_pass,data,string,abc\n"
		     "key_count,data,u8,3\nmonkey,data,u8,3\n");
	load(HEAD "data:\n  - {partition: nvs, template: t.csv}\n");
	assert_non_null(strstr(world_messages(&w), "t.csv:3:23: warning: key 'wifi_pass'"));
	assert_null(strstr(world_messages(&w), "monkey"));
	assert_true(w.plan->unit_data->parts[0].is_secret);
	put("t.csv", "key,type,encoding,value\nfactory,namespace,,\nWIFI_PWD,data,string,abc\n");
	assert_true(load(HEAD "data:\n  - {partition: nvs, template: t.csv}\n")->is_secret);
}

static void a_column_that_looks_secret_and_is_not_gets_a_warning(void **state)
{
	(void)state;
	put_usual();
	load(HEAD RANGE "data:\n" ENTRY);
	assert_null(strstr(world_messages(&w), "warning"));
	load(HEAD RANGE "data:\n  - {partition: nvs, template: t.csv, values: v.csv, key: mac}\n");
	assert_non_null(strstr(world_messages(&w),
			       "t.csv:6:23: warning: key 'wifi_pass' looks like a secret, and "
			       "column 'wifi' is none"));
}

/* A password with a comma in it, and nobody has quoted it. */
static void a_shifted_table_shows_nothing_of_its_cells(void **state)
{
	(void)state;
	put_usual();
	put("v.csv", "wifi,mac,power\nhush,planted,24:0a:c4:00:01:10,12\n");
	expect(HEAD RANGE "data:\n" ENTRY, "v.csv:2:6: error: this is no MAC");
	assert_null(strstr(world_messages(&w), "planted"));
	put("s.csv", "wifi,serial,power\nhush,planted,12\n");
	expect(HEAD "serial: {from: csv, file: s.csv, match: '^A-'}\n",
	       "s.csv:2:1: error: the number of this row does not match '^A-'");
	assert_null(strstr(world_messages(&w), "planted"));
}

static void the_digest_covers_the_template_and_not_the_rows(void **state)
{
	char first[SHA256_TEXT_BYTES];

	(void)state;
	put_usual();
	load(HEAD RANGE "data:\n" ENTRY);
	strcpy(first, w.plan->digest_text);
	put("v.csv", "mac,wifi,power,more\n24:0a:c4:00:01:12,other,1,x\n");
	load(HEAD RANGE "data:\n" ENTRY);
	assert_string_equal(w.plan->digest_text, first);
	put("t.csv", "key,type,encoding,value\nfactory,namespace,,\nserial,data,string,{mac}\n");
	load(HEAD RANGE "data:\n" ENTRY);
	assert_string_not_equal(w.plan->digest_text, first);
}

static void check_shows_the_first_unit_without_its_secrets(void **state)
{
	char *text;

	(void)state;
	put_usual();
	load(HEAD RANGE "data:\n" ENTRY);
	for (int json = 0; json < 2; json++) {
		assert_int_equal(json ? plan_describe_json(w.plan, &text)
				      : plan_describe(w.plan, &text),
				 STATUS_OK);
		assert_non_null(strstr(text, "M5-0007"));
		assert_non_null(strstr(text, "240ac4000110"));
		assert_non_null(strstr(text, "wifi_pass"));
		assert_null(strstr(text, "hush"));
		free(text);
	}
}

/* ---- serial ---- */

static void each_source_takes_its_own_keys_only(void **state)
{
	(void)state;
	put("s.csv", "serial,mac\nA-1,24:0a:c4:00:01:10\nA-2,\n");
	assert_int_equal(world_load(&w, HEAD RANGE), STATUS_OK);
	assert_int_equal(w.plan->serial.source, SERIAL_FROM_RANGE);
	assert_int_equal(w.plan->serial.last, 20);
	assert_int_equal(world_load(&w, HEAD "serial: {from: csv, file: s.csv, mac_column: mac}\n"),
			 STATUS_OK);
	assert_int_equal(unit_values_rows(w.plan->serial.file), 2);
	assert_string_equal(unit_values_serial(w.plan->serial.file, 1), "A-2");
	assert_int_equal(world_load(&w, HEAD "serial: {from: scan}\n"), STATUS_OK);
	expect(HEAD "serial: {from: scan, width: 4}\n", "'width' means nothing with 'from: scan'");
	expect(HEAD "serial: {from: range}\n", "'from: range' needs 'width'");
	expect(HEAD "serial: {from: csv}\n", "'from: csv' needs 'file'");
	expect(HEAD "serial: {from: range, width: 2, last: 100}\n",
	       "'last' has more than 2 digits");
	expect(HEAD "serial: {from: range, width: 2, first: 9, last: 8}\n", "'first' is above");
	expect(HEAD "serial: {from: range, width: 2, prefix: ' A'}\n",
	       "' A01' would be no serial number: it begins or ends with a blank");
	load(HEAD "serial: {from: range, width: 18, last: 999999999999999999}\n"
		  "data:\n" ENTRY);
	expect(HEAD "serial: {from: range, width: 2, match: '^A'}\n", "does not match '^A'");
	expect(HEAD "serial: {from: scan, match: '(A'}\n", "'match': ");
	put("s.csv", "serial\nA-1\nA-1\n");
	expect(HEAD "serial: {from: csv, file: s.csv}\n",
	       "s.csv:3:1: error: this number stands in line 2 already");
}

static void a_mac_makes_a_number(void **state)
{
	char serial[SERIAL_NUMBER_BYTES];

	(void)state;
	assert_int_equal(world_load(&w, HEAD "serial: {from: mac, prefix: X, match: '^X24'}\n"),
			 STATUS_OK);
	serial_source_of_mac(&w.plan->serial, "24:0a:c4:00:01:10", serial);
	assert_string_equal(serial, "X240ac4000110");
	assert_true(serial_source_matches(&w.plan->serial, serial));
	assert_false(serial_source_matches(&w.plan->serial, "240ac4000110"));
}

static void macs_are_read_in_each_usual_spelling(void **state)
{
	static const char *const good[] = { "24:0a:c4:00:01:10", "24:0A:C4:00:01:10",
					    "24-0a-c4-00-01-10", "240ac4000110" };
	static const char *const bad[] = { "",
					   "24:0a:c4:00:01",
					   "24:0a:c4:00:01:1",
					   "24:0a:c4:00:01:10:",
					   "24:0a:c4:00:01:10:11",
					   "24:0a-c4:00:01:10",
					   "240ac400011",
					   "240ac40001100",
					   "24 0ac4000110",
					   "2:40ac4000110" };
	char mac[MAC_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(unit_mac_parse(good[i], mac));
		assert_string_equal(mac, "24:0a:c4:00:01:10");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (unit_mac_parse(bad[i], mac))
			fail_msg("'%s' was taken for %s", bad[i], mac);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_unit_gets_its_number_its_mac_and_its_row),
		cmocka_unit_test(what_is_not_known_of_a_unit_has_its_own_status),
		cmocka_unit_test(every_row_is_tried_beforehand),
		cmocka_unit_test(what_cannot_work_is_refused_by_name),
		cmocka_unit_test(an_encrypted_partition_is_refused),
		cmocka_unit_test(a_secret_in_the_template_gets_a_warning),
		cmocka_unit_test(a_column_that_looks_secret_and_is_not_gets_a_warning),
		cmocka_unit_test(a_shifted_table_shows_nothing_of_its_cells),
		cmocka_unit_test(the_digest_covers_the_template_and_not_the_rows),
		cmocka_unit_test(check_shows_the_first_unit_without_its_secrets),
		cmocka_unit_test(each_source_takes_its_own_keys_only),
		cmocka_unit_test(a_mac_makes_a_number),
		cmocka_unit_test(macs_are_read_in_each_usual_spelling),
	};

	return cmocka_run_group_tests(tests, make, remove_world);
}
