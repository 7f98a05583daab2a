#include "tests/station/tree.h"

#include "recipes/yaml.h"
#include "station/line/station_file.h"

#include <stdio.h>
#include <string.h>

static const char whole[] =
	"station: line-3\n"
	"recipe: [a.yaml, sub/b.yaml]\n"
	"batch: B-7\n"
	"operator: Kim\n"
	"layout: {columns: 8}\n"
	"settle: 300ms\n"
	"stagger: 0ms\n"
	"again: failed\n"
	"presence: chip\n"
	"slots:\n"
	"  - {number: 2, at: \"pci-0000:00:14.0/1.2:1.0\", use: no, presence: usb}\n"
	"  - {number: 1, at: \"pci-0000:00:14.0/1.4:1.0\", hub: \"0bda:5411 multi\"}\n"
	"web: {listen: 0.0.0.0, port: 80, token_file: t, origins: \"https://line3.example\"}\n"
	"printer: {zpl: \"192.168.1.50:9100\"}\n"
	"scanner: {device: /dev/input/event3, serial: \"^M5C2-[0-9]{6}$\"}\n"
	"hooks: {passed: 'echo 1', limit: 2s}\n"
	"lockouts:\n"
	"  golden: {units: \"24:0A:c4:00:01:10\", every: 500, shifts: [\"06:00\", \"14:30\"]}\n"
	"  yield: {floor: 90, over: 50}\n"
	"  slot_failures: 3\n"
	"  disk: 2GB\n"
	"  ledger: {pending: 1000, for: 2h}\n"
	"  clock: no\n";

/* Reads text as <root>/station.yaml; says holds what was wrong, all in one. */
static struct station_file *read_text(const struct tree *t, const char *text, char *said,
				      size_t size)
{
	struct station_file *file = NULL;
	struct diag_list diags = { 0 };
	struct err err;
	char path[128];

	tree_file(t, "a.yaml", "x\n");
	tree_file(t, "sub/b.yaml", "x\n");
	tree_file(t, "station.yaml", text);
	snprintf(path, sizeof(path), "%s/station.yaml", t->root);
	said[0] = '\0';
	station_file_read(path, &file, &diags, &err);
	for (size_t i = 0; i < diags.count; i++) {
		size_t used = strlen(said);
		char line[600];

		diag_text(&diags.items[i], line, sizeof(line));
		snprintf(said + used, size - used, "%s\n", line + strlen(path) + 1);
	}
	diag_list_release(&diags);
	return file;
}

static void every_key_is_taken(void **state)
{
	struct station_file *f;
	const struct station_golden *golden;
	char said[4000];

	f = read_text(*state, whole, said, sizeof(said));
	if (!f)
		fail_msg("%s", said);
	golden = &f->lockouts.golden;
	assert_string_equal(f->name, "line-3");
	assert_int_equal(f->recipe_count, 2);
	assert_non_null(strstr(f->recipes[1], "/sub/b.yaml"));
	assert_string_equal(f->batch, "B-7");
	assert_string_equal(f->operator_name, "Kim");
	assert_int_equal(f->columns, 8);
	assert_int_equal(f->settle_ms, 300);
	assert_int_equal(f->stagger_ms, 0);
	assert_int_equal(f->again, AGAIN_FAILED);
	assert_int_equal(f->slot_count, 2);
	assert_int_equal(f->slots[0].number, 1);
	assert_string_equal(f->slots[0].hub, "0bda:5411 multi");
	assert_true(f->slots[0].is_used);
	assert_false(f->slots[1].is_used);
	assert_int_equal(f->presence, PRESENCE_BY_CHIP);
	assert_int_equal(f->slots[0].presence, PRESENCE_BY_CHIP); /* which does not say */
	assert_int_equal(f->slots[1].presence, PRESENCE_BY_USB);
	assert_true(f->web.is_on && f->web_is_said);
	assert_int_equal(f->web.port, 80);
	assert_int_equal(f->web.origin_count, 1);
	assert_string_equal(f->printer.zpl, "192.168.1.50:9100");
	assert_string_equal(f->scanner.serial, "^M5C2-[0-9]{6}$");
	assert_int_equal(f->hooks.limit_ms, 2000);
	assert_int_equal(golden->unit_count, 1);
	assert_memory_equal(golden->units[0], "\x24\x0a\xc4\x00\x01\x10", MAC_BYTES);
	assert_int_equal(golden->every, 500);
	assert_int_equal(golden->shifts[1], 14 * 60 + 30);
	assert_int_equal(f->lockouts.yield_floor, 90);
	assert_int_equal(f->lockouts.slot_failures, 3);
	assert_true(f->lockouts.disk_bytes == UINT64_C(2) << 30);
	assert_true(f->lockouts.ledger_ms == 7200000);
	assert_false(f->lockouts.clock);
	station_file_free(f);
}

struct wrong {
	const char *text, *said;
};

#define HEAD "station: a\nrecipe: a.yaml\n"
#define AT "pci-0000:00:14.0/1.4:1.0"

static const struct wrong rows[] = {
	{ "recipe: a.yaml\n", "1:1: error: 'station' is missing" },
	{ "station: a\n", "1:1: error: 'recipe' is missing" },
	{ "station: a\nrecipe: none.yaml\n",
	  "2:9: error: 'recipe' is 'none.yaml': there is no such" },
	{ HEAD "slot: []\n", "3:1: error: unknown key 'slot': did you mean 'slots'?" },
	{ HEAD "slots:\n  - {number: 1, at: " AT "}\n  - {number: 1, at: pci-b/1:1.0}\n",
	  "5:14: error: slot 1 is there twice" },
	{ HEAD "slots:\n  - {number: 1, at: " AT "}\n  - {number: 2, at: " AT "}\n",
	  "5:21: error: '" AT "' is slot 1 already" },
	{ HEAD "slots:\n  - {number: 1, at: ttyUSB0}\n",
	  "4:21: error: 'at' is 'ttyUSB0': expected" },
	{ HEAD "slots:\n  - {number: 1, at: PCI-0000:00:14.0/1.4:1.0}\n",
	  "4:21: error: 'at' is 'PCI-0000:00:14.0/1.4:1.0': expected" },
	{ HEAD "slots:\n  - {number: 1, at: \" pci-0000:00:14.0/1.4:1.0\"}\n",
	  "4:21: error: 'at' is ' pci-0000:00:14.0/1.4:1.0': expected" },
	{ HEAD "settle: 5\n", "3:9: error: 'settle' is '5': expected a duration" },
	{ HEAD "again: maybe\n", "3:8: error: 'again' is 'maybe': expected" },
	{ HEAD "printer: {zpl: a:1, command: b}\n", "3:10: error: expected 'zpl'" },
	{ HEAD "web: {origins: line3}\n", "3:16: error: " },
	{ HEAD "scanner: {serial: \"(\"}\n", "3:19: error: " },
	{ HEAD "lockouts: {golden: {units: \"24:0a:c4:00:01:1g\", every: 1}}\n",
	  "3:28: error: 'units' is '24:0a:c4:00:01:1g': expected a MAC" },
	{ HEAD "lockouts: {golden: {units: \"24:0a:c4:00:01:10\"}}\n",
	  "3:20: error: when is the golden unit due?" },
	{ HEAD "lockouts: {golden: {units: \"24:0a:c4:00:01:10\", shifts: [\"24:00\"]}}\n",
	  "3:58: error: 'shifts' is '24:00': expected a time of day" },
	{ HEAD
	  "lockouts: {golden: {units: \"24:0a:c4:00:01:10\", shifts: [\"06:00\", \"05:00\"]}}\n",
	  "3:67: error: 'shifts': 05:00 does not come after" },
	{ HEAD "lockouts: {golden: {units: \"24:0a:c4:00:01:10\", at_start: no}}\n",
	  "3:20: error: when is the golden unit due?" },
	{ HEAD "lockouts: {golden: {units: [240ac4000110, \"24-0A-C4-00-01-10\"], every: 1}}\n",
	  "3:43: error: 'units': 24-0A-C4-00-01-10 is there twice" },
	{ HEAD "lockouts: {golden: {units: a, shifts: 6}}\n",
	  "3:39: error: 'shifts' is '6': expected a time of day" },
	{ HEAD "lockouts: {disk: 500}\n", "3:18: error: 'disk' is 500: expected 1MB to 1024GB" },
	{ HEAD "lockouts: {disk: 10%}\n", "3:18: error: 'disk' is '10%': expected bytes such as" },
	{ HEAD "settle: 11s\n", "3:9: error: 'settle' is 11s: expected 100ms to 10s" },
	{ HEAD "hooks: {limit: 1h}\n", "3:16: error: 'limit' is 1h: expected 100ms to 5m" },
	{ HEAD "layout: 8\n",
	  "3:9: error: 'layout' is a text: expected keys with values: columns" },
	{ "station: a\nrecipe: [a.yaml, [x], a.yaml]\n",
	  "2:23: error: 'recipe': 'a.yaml' is there twice" },
	{ HEAD "slots:\n  - {number: 1, at: " AT ", hub: 0bda-5411 multi}\n",
	  "4:52: error: 'hub' is '0bda-5411 multi': expected VID:PID and single or multi" },
	{ HEAD "printer: {zpl: \"10.0.0.1:zpl\"}\n",
	  "3:16: error: 'zpl' is '10.0.0.1:zpl': expected an address" },
	{ HEAD "printer: {zpl: a printer}\n", "3:16: error: 'zpl' is 'a printer': expected" },
	{ HEAD "printer: {command: cat, status: no}\n", "3:33: error: 'status' is about a" },
	{ HEAD "web: {origins: [[a]]}\n", "3:17: error: 'origins' is a list" },
	{ HEAD "web: {origins: \"https://line3.example/\"}\n",
	  "3:16: error: 'origins' is 'https://line3.example/': expected an origin" },
	{ HEAD "web: {origins: \"https://\"}\n", "3:16: error: 'origins' is 'https://': expected" },
};

static void what_is_wrong_is_said_with_its_place(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char said[4000];

		if (read_text(*state, rows[i].text, said, sizeof(said)))
			fail_msg("taken:\n%s", rows[i].text);
		if (!strstr(said, rows[i].said))
			fail_msg("%sgot:\n%swanted: %s", rows[i].text, said, rows[i].said);
	}
}

static void only_a_file_that_names_a_station_is_a_station_file(void **state)
{
	const struct tree *t = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/x.yaml", t->root);
	assert_false(station_file_is_one(path));
	tree_file(t, "x.yaml", "recipe: a\nserial: {station: b}\n");
	assert_false(station_file_is_one(path));
	tree_file(t, "x.yaml", "# a line\n\nrecipe: a\nstation: b\n");
	assert_true(station_file_is_one(path));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, tree_set_up, tree_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_key_is_taken),
		TEST(what_is_wrong_is_said_with_its_place),
		TEST(only_a_file_that_names_a_station_is_a_station_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
