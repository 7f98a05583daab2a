/* What people type and read: filters, the log's table, unit logs. */
#define _XOPEN_SOURCE 700
#include "tests/db/world.h"

#include "db/export/export.h"
#include "db/run.h"
#include "db/run_list.h"
#include "db/unit_log.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- what they type ---- */

static void times_are_read_as_utc_unless_they_say_otherwise(void **state)
{
	static const struct {
		const char *text;
		int64_t utc_ms;
	} rows[] = {
		{ "1970-01-01", 0 },
		{ "2026-11-22", 1795305600000 },
		{ "2024-02-29", 1709164800000 },
		{ "2026-11-22T12:31", 1795350660000 },
		{ "2026-11-22 12:31:18", 1795350678000 },
		{ "2026-11-22T12:31:18.25", 1795350678250 },
		{ "2026-11-22T12:31:18.250Z", 1795350678250 },
		{ "2026-11-22t12:31:18.2509z", 1795350678250 },
		{ "2026-11-22T20:31:18+08:00", 1795350678000 },
		{ "2026-11-22T07:01:18-0530", 1795350678000 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = { 0 };
		int64_t utc_ms = -1;

		if (filter_time(rows[i].text, &utc_ms, &err) || utc_ms != rows[i].utc_ms)
			fail_msg("%s: %lld, not %lld %s", rows[i].text, (long long)utc_ms,
				 (long long)rows[i].utc_ms, err.text);
	}
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"yesterday",
		"2026",
		"2026-11",
		"2026-13-01",
		"2026-02-29",
		"2026-11-31",
		"2026-11-22T",
		"2026-11-22T25:00",
		"2026-11-22T12:60",
		"2026-11-22T12:00:60",
		"2026-11-22T12:00:0",
		"2026-11-22T12:00+15:00",
		"2026-11-22T12:00 UTC",
		"2026-11-22Z",
		"2026-1-22",
		"22.11.2026",
		"2026-11-22T12:00Zjunk",
		"-026-11-22",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err;
		int64_t utc_ms;

		if (filter_time(rows[i], &utc_ms, &err) != STATUS_USAGE)
			fail_msg("'%s' was taken as %lld", rows[i], (long long)utc_ms);
	}
}

static void a_mac_is_read_however_it_is_written(void **state)
{
	static const char *const good[] = { "24:0a:c4:00:01:1f", "24:0A:C4:00:01:1F",
					    "24-0a-c4-00-01-1f", "240ac400011f", "240AC400011F" };
	static const char *const bad[] = { "",
					   "24:0a:c4:00:01",
					   "24:0a:c4:00:01:1f:",
					   "240ac400011",
					   "240ac400011f0",
					   ":24:0a:c4:00:01:1f",
					   "24:0a:c4:00:01:1g",
					   "2:40:ac:40:00:11f",
					   "24::0a:c4:00:01:1f",
					   "24 0a c4 00 01 1f" };
	char mac[MAC_TEXT_BYTES];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(filter_mac(good[i], mac, &err), STATUS_OK);
		assert_string_equal(mac, "24:0a:c4:00:01:1f");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (filter_mac(bad[i], mac, &err) != STATUS_USAGE)
			fail_msg("'%s' was taken as %s", bad[i], mac);
}

static void an_outcome_is_one_of_five_words(void **state)
{
	const char *outcome;
	struct err err;

	(void)state;
	assert_int_equal(filter_outcome("pass", &outcome, &err), STATUS_OK);
	assert_string_equal(outcome, "PASS");
	assert_int_equal(filter_outcome("TimeOut", &outcome, &err), STATUS_OK);
	assert_string_equal(outcome, "TIMEOUT");
	assert_int_equal(filter_outcome("good", &outcome, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "ABORTED"));
}

/* ---- the log ---- */

static char *list_text(const struct world *w, const struct run_filter *filter, uint64_t *count)
{
	struct db *db = world_open(w, DB_READ);
	struct err err;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (run_list(db, filter, out, count, &err))
		fail_msg("%s", err.text);
	fclose(out);
	db_close(db);
	return text;
}

static void make_three_runs(const struct world *w)
{
	struct db *db = world_open(w, DB_WRITE);
	struct record_run bad = { .run_id = "x",
				  .kind = "VERIFY",
				  .slot = "pci-0/1.2:1.0",
				  .start_utc_ms = 1795350679000,
				  .bridge = "CP2104\x1b[2J" };
	struct record_run open_run = { .run_id = "y",
				       .kind = "FLASH",
				       .start_utc_ms = 1795350680000 };
	struct record_result result = { .run_id = "x",
					.outcome = "ERROR",
					.code = "SYNC_NO_REPLY",
					.party = "LINK",
					.proof = "NONE",
					.detail = "no reply to 7 sync frames\nat 115200",
					.device_code = "0107",
					.duration_us = 4200000,
					.end_utc_ms = 1795350683200 };
	struct err err;

	world_put(db, sample_run.run_id);
	assert_int_equal(db_put_run(db, &bad, &err), STATUS_OK);
	assert_int_equal(db_put_result(db, &result, &err), STATUS_OK);
	assert_int_equal(db_put_run(db, &open_run, &err), STATUS_OK);
	db_close(db);
}

static void the_log_is_a_table_of_one_line_a_run(void **state)
{
	struct world *w = *state;
	uint64_t count;

	make_three_runs(w);
	char *text = list_text(w, &(struct run_filter){ 0 }, &count);
	assert_int_equal(count, 3);
	assert_string_equal(text, "START (UTC)          KIND    OUTCOME  CODE           MAC        "
				  "        CHIP        "
				  "SLOT                      BRIDGE             RATE     SECONDS  "
				  "RECIPE                 "
				  "WHY\n"
				  "2026-11-22 12:31:18  FLASH   PASS     OK             "
				  "24:0a:c4:00:01:10  ESP32 v3.1  "
				  "pci-0000:00:14.0/1.4:1.0  CH9102F 1a86:55d4  1498039  22.8     "
				  "core2-factory-test r7  "
				  "2 regions proven\n"
				  "2026-11-22 12:31:19  VERIFY  ERROR    SYNC_NO_REPLY  -          "
				  "        -           "
				  "pci-0/1.2:1.0             CP2104?[2J         -        4.2      "
				  "-                      "
				  "no reply to 7 sync frames?at 115200\n"
				  "2026-11-22 12:31:20  FLASH   (open)   -              -          "
				  "        -           "
				  "-                         -                  -        -        "
				  "-                      "
				  "\n");
	free(text);
	text = list_text(w, &(struct run_filter){ .batch = "none" }, &count);
	assert_int_equal(count, 0);
	assert_string_equal(text, "");
	free(text);
}

static void a_pass_without_proof_says_so(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct record_run run = { .run_id = "x", .kind = "FLASH", .start_utc_ms = 1 };
	struct record_result result = { .run_id = "x",
					.outcome = "PASS",
					.code = "OK",
					.party = "NONE",
					.proof = "NONE",
					.end_utc_ms = 2 };
	uint64_t count;

	assert_int_equal(db_put_run(db, &run, NULL), STATUS_OK);
	assert_int_equal(db_put_result(db, &result, NULL), STATUS_OK);
	db_close(db);
	char *text = list_text(w, &(struct run_filter){ 0 }, &count);
	assert_non_null(strstr(text, "PASS (no proof)"));
	free(text);
}

/* ---- unit logs ---- */

/* The text of the one file in dir whose name ends in suffix. */
static char *file_ending_in(const char *dir, const char *suffix, char name[static 256])
{
	static char text[65536];
	char path[600];
	unsigned found = 0;
	DIR *folder = opendir(dir);

	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));) {
		size_t len = strlen(entry->d_name);

		if (len < strlen(suffix) || strcmp(entry->d_name + len - strlen(suffix), suffix))
			continue;
		snprintf(name, 256, "%s", entry->d_name);
		found++;
	}
	closedir(folder);
	assert_int_equal(found, 1);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *file = fopen(path, "r");
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static enum status export_logs(const struct world *w, const char *dir, uint64_t *count,
			       struct err *err)
{
	struct db *db = world_open(w, DB_READ);
	enum status st = export_unit_logs(db, &(struct run_filter){ 0 }, dir, count, err);

	db_close(db);
	return st;
}

static void expect_parts(const char *text, const char *const *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *found = strstr(text, parts[i]);

		if (!found) {
			fail_msg("'%s' is not there, or not there yet, in:\n%s", parts[i], text);
			return;
		}
		text = found + strlen(parts[i]);
	}
}

static void a_unit_log_tells_who_what_was_tried_and_how_it_ended(void **state)
{
	static const char *const good[] = {
		"PASS, proven by the chip's own MD5\ntry another cable\n",
		"mac              24:0a:c4:00:01:10\n",
		"chip             ESP32\n",
		"slot             pci-0000:00:14.0/1.4:1.0\n",
		"bridge_vid_pid   1a86:55d4\n",
		"recipe_digest    dd00",
		"images of the recipe\n  0x00001000      17392 bytes  sha256 aa00",
		"firmware/app.bin\n",
		"images of this unit alone\n  0x003f0000      24576 bytes  sha256 aa00",
		"  fctry\n  0x003f8000      12288 bytes  sha256 (not kept: it holds secrets)  "
		"secrets\n",
		"  1  connect        0.000     0.532  OK ",
		"  2  write          0.900    11.000  NO_ANSWER              block 17 of 300\n",
		"console of the boot check\n    1.204 I (312) main: board ok\n",
		"log (seconds since the start)\n    0.532 sync\n   22.757 pass\n",
	};
	static const char *const bad[] = {
		"ERROR SYNC_NO_REPLY (LINK)\nno answer from the unit: check that it has power",
		"mac              (unknown)\n",
		"bridge           CP2104?[2J\n",
		"detail           no reply to 7 sync frames?at 115200\n",
		"device_code      0107\n",
	};
	struct world *w = *state;
	char dir[200], name[256];
	struct err err;
	uint64_t count;

	make_three_runs(w);
	snprintf(dir, sizeof(dir), "%s", world_file(w, "logs"));
	assert_int_equal(export_logs(w, dir, &count, &err), STATUS_OK);
	assert_int_equal(count, 2); /* the open run has no verdict yet */
	const char *text = file_ending_in(dir, "_000001.txt", name);
	assert_string_equal(name, "2026-11-22T12-31-18.250Z_24-0a-c4-00-01-10_"
				  "pci-0000-00-14.0-1.4-1.0_000001.txt");
	expect_parts(text, good, sizeof(good) / sizeof(good[0]));
	text = file_ending_in(dir, "_x.txt", name);
	assert_string_equal(name, "2026-11-22T12-31-19.000Z_no-mac_pci-0-1.2-1.0_x.txt");
	expect_parts(text, bad, sizeof(bad) / sizeof(bad[0]));
	/* Once more over the same files is fine. */
	assert_int_equal(export_logs(w, dir, &count, &err), STATUS_OK);
	assert_int_equal(count, 2);
}

static void a_slot_cannot_lead_a_unit_log_out_of_its_folder(void **state)
{
	struct world *w = *state;
	struct db *db = world_open(w, DB_WRITE);
	struct record_run run = { .run_id = "x/../y",
				  .kind = "FLASH",
				  .start_utc_ms = 0,
				  .slot = "../../etc/cron.d/evil\n" };
	struct record_result result = { .run_id = "x/../y",
					.outcome = "PASS",
					.code = "OK",
					.party = "NONE",
					.proof = "NONE" };
	char dir[200], name[256];
	uint64_t count;

	assert_int_equal(db_put_run(db, &run, NULL), STATUS_OK);
	assert_int_equal(db_put_result(db, &result, NULL), STATUS_OK);
	db_close(db);
	snprintf(dir, sizeof(dir), "%s", world_file(w, "logs"));
	assert_int_equal(export_logs(w, dir, &count, NULL), STATUS_OK);
	file_ending_in(dir, ".txt", name);
	assert_string_equal(name,
			    "1970-01-01T00-00-00.000Z_no-mac_..-..-etc-cron.d-evil-_x-..-y.txt");
}

static void unit_logs_into_a_file_or_nowhere_are_refused(void **state)
{
	struct world *w = *state;
	struct err err;
	uint64_t count;

	make_three_runs(w);
	assert_int_equal(export_logs(w, w->path, &count, &err), STATUS_FILE);
	assert_non_null(strstr(err.text, "is no folder"));
	assert_int_equal(export_logs(w, world_file(w, "none/logs"), &count, &err), STATUS_FILE);
}

/* ---- the log while it grows ---- */

static void a_short_log_is_kept_whole_with_its_times(void **state)
{
	struct unit_log *log = unit_log_new();

	(void)state;
	assert_string_equal(unit_log_text(log), "");
	unit_log_add(log, 0, "hello");
	unit_log_add(log, 12345678, "tab\tand\nnewline\x1b");
	assert_string_equal(unit_log_text(log), "    0.000 hello\n   12.345 tab?and?newline?\n");
	unit_log_add(log, 99999000000, "late");
	assert_non_null(strstr(unit_log_text(log), "\n99999.000 late\n"));
	unit_log_free(log);
	unit_log_add(NULL, 0, "no memory, no log");
	assert_string_equal(unit_log_text(NULL), "");
}

/* Whatever the number of lines: first and last are there, every kept line is whole, and the
 * gap says exactly how many are not. */
static void a_long_log_keeps_both_ends_and_counts_what_it_dropped(void **state)
{
	(void)state;
	for (unsigned lines = 1; lines < 60000; lines = lines * 3 / 2 + 1) {
		struct unit_log *log = unit_log_new();
		unsigned kept = 0, dropped = 0, expected = 0;
		char line[64];

		for (unsigned i = 0; i < lines; i++) {
			snprintf(line, sizeof(line), "line %u%s", i, i % 7 ? "" : " and some more");
			unit_log_add(log, i, line);
		}
		char *text = strdup(unit_log_text(log));
		assert_true(strlen(text) <= UNIT_LOG_BYTES + 80);
		for (char *at = text, *end; (end = strchr(at, '\n')); at = end + 1) {
			unsigned number;

			*end = '\0';
			if (sscanf(at, " ... %u lines left out here ...", &dropped) == 1) {
				expected += dropped;
				continue;
			}
			assert_int_equal(sscanf(at, "%*f line %u", &number), 1);
			assert_int_equal(number, expected);
			expected++;
			kept++;
		}
		assert_int_equal(expected, lines);
		assert_int_equal(kept + dropped, lines);
		assert_true(kept == lines || kept > 1000);
		free(text);
		unit_log_free(log);
	}
}

static void a_line_that_is_too_long_is_cut_and_says_so(void **state)
{
	char line[2 * UNIT_LOG_LINE_BYTES];
	struct unit_log *log = unit_log_new();

	(void)state;
	memset(line, 'a', sizeof(line));
	line[UNIT_LOG_LINE_BYTES] = '\0';
	unit_log_add(log, 0, line);
	assert_null(strstr(unit_log_text(log), "..."));
	line[UNIT_LOG_LINE_BYTES] = 'a';
	line[sizeof(line) - 1] = '\0';
	unit_log_add(log, 0, line);
	assert_non_null(strstr(unit_log_text(log), "aaa...\n"));
	assert_int_equal(strlen(unit_log_text(log)), 2 * (10 + UNIT_LOG_LINE_BYTES + 1));
	unit_log_free(log);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(times_are_read_as_utc_unless_they_say_otherwise),
		TEST(what_is_no_time_is_refused),
		TEST(a_mac_is_read_however_it_is_written),
		TEST(an_outcome_is_one_of_five_words),
		TEST(the_log_is_a_table_of_one_line_a_run),
		TEST(a_pass_without_proof_says_so),
		TEST(a_unit_log_tells_who_what_was_tried_and_how_it_ended),
		TEST(a_slot_cannot_lead_a_unit_log_out_of_its_folder),
		TEST(unit_logs_into_a_file_or_nowhere_are_refused),
		TEST(a_short_log_is_kept_whole_with_its_times),
		TEST(a_long_log_keeps_both_ends_and_counts_what_it_dropped),
		TEST(a_line_that_is_too_long_is_cut_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
