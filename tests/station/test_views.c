/* What people and programs get to see of a session. */
#include "tests/station/tree.h"

#include "station/view.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define SLOTS 4

/* A session with one slot in each of four conditions. */
struct world {
	struct port ports[SLOTS];
	struct ident idents[SLOTS];
	struct flash_report report;
	struct slot_view slots[SLOTS];
	struct plan plan;
	struct snapshot snapshot;
	struct textbuf text;
};

static void add_slot(struct world *w, unsigned i, const char *slot, const char *name)
{
	struct slot_view *view = &w->slots[i];

	w->ports[i] = (struct port){ .is_usb = true, .vid = 0x1A86, .pid = 0x55D4 };
	snprintf(w->ports[i].slot, sizeof(w->ports[i].slot), "%s", slot);
	snprintf(w->ports[i].name, sizeof(w->ports[i].name), "%s", name);
	snprintf(w->ports[i].node, sizeof(w->ports[i].node), "/dev/%s", name);
	*view = (struct slot_view){
		.number = i + 1,
		.state = SLOT_WAITING,
		.port = &w->ports[i],
		.bridge = "CH9102",
		.ident = &w->idents[i],
		.left_s = -1,
		.detail = "",
		.start_way = "",
		.limit_us = 120000000,
	};
}

static void identify(struct ident *ident, uint8_t tail)
{
	static const uint8_t mac[MAC_BYTES] = { 0x24, 0x0A, 0xC4, 0x00, 0x01, 0x00 };

	*ident = (struct ident){ .chip = chip_by_key("esp32"), .has_mac = true };
	memcpy(ident->mac, mac, MAC_BYTES);
	ident->mac[5] = tail;
}

static int set_up(void **state)
{
	static struct world world;
	struct world *w = &world;

	memset(w, 0, sizeof(*w));
	add_slot(w, 0, "pci-0000:00:14.0/1.1:1.0", "ttyACM0");
	add_slot(w, 1, "pci-0000:00:14.0/1.2:1.0", "ttyACM1");
	add_slot(w, 2, "pci-0000:00:14.0/1.3:1.0", "ttyACM2");
	add_slot(w, 3, "pci-0000:00:14.0/1.4:1.0", "ttyACM3");
	snapshot_name_slots(w->slots, SLOTS);

	identify(&w->idents[0], 0x10);
	w->slots[0].state = SLOT_DONE;
	w->slots[0].status = STATUS_OK;
	w->slots[0].is_stored = true;
	w->slots[0].elapsed_us = 8250000;
	w->report.proof = FLASH_PROOF_CHIP_MD5;
	w->report.rate_asked = w->report.rate_actual = 921600;
	w->report.tries = 1;
	w->report.used_stub = true;
	w->slots[0].report = &w->report;

	identify(&w->idents[1], 0x11);
	w->slots[1].state = SLOT_RUNNING;
	w->slots[1].has_progress = true;
	w->slots[1].progress = (struct flash_progress){ .step = STEP_WRITE,
							.try_no = 1,
							.done_bytes = 500,
							.total_bytes = 1000,
							.rate_baud = 921600 };
	w->slots[1].left_s = 4;

	w->slots[2].state = SLOT_DONE;
	w->slots[2].status = STATUS_SYNC_NO_REPLY;
	w->slots[2].elapsed_us = 3000000;
	w->slots[2].detail = "no answer to 5 SYNCs";

	w->plan = (struct plan){ .name = (char *)"core2", .revision = 7 };
	w->plan.flash.chip = chip_by_key("esp32");
	w->snapshot = (struct snapshot){
		.kind = FLASH_RUN_FLASH,
		.plan = &w->plan,
		.slots = w->slots,
		.slot_count = SLOTS,
		.jobs = 3,
		.elapsed_us = 9000000,
		.left_s = 12,
	};
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	textbuf_release(&w->text);
	return 0;
}

static void the_screen_has_a_line_for_each_slot_and_a_summary(void **state)
{
	const struct screen screen = { .columns = 80, .lines = 24 };
	struct world *w = *state;

	screen_render(&w->snapshot, &screen, &w->text);
	assert_string_equal(
		textbuf_string(&w->text),
		"1.1  ttyACM0  ESP32    00:01:10 PASS     8.2 s at 921600\n"
		"1.2  ttyACM1  ESP32    00:01:11 write    [###########...........] 921600  4 s\n"
		"1.3  ttyACM2                    ERROR    SYNC_NO_REPLY: no answer from the unit:\n"
		"1.4  ttyACM3                    waiting\n"
		"2/4 done  1 passed  1 not passed  9 s, about 12 s left\n");
}

static void colours_come_with_words_and_only_when_wanted(void **state)
{
	struct screen screen = { .columns = 80, .lines = 24 };
	struct world *w = *state;

	screen_render(&w->snapshot, &screen, &w->text);
	table_render(&w->snapshot, &screen, &w->text);
	assert_null(strchr(textbuf_string(&w->text), '\033'));
	textbuf_clear(&w->text);
	screen.has_colour = true;
	screen_render(&w->snapshot, &screen, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text), "\033[1;32mPASS"));
}

/* The longest line, in columns, and how many lines there are. */
static int longest_line(const char *text, unsigned *lines)
{
	int longest = 0;

	*lines = 0;
	while (*text) {
		size_t length = strcspn(text, "\n");
		char line[1024];

		snprintf(line, sizeof(line), "%.*s", (int)length, text);
		longest = text_columns(line) > longest ? text_columns(line) : longest;
		text += length + (text[length] == '\n');
		(*lines)++;
	}
	return longest;
}

static void the_screen_fits_every_terminal(void **state)
{
	struct world *w = *state;

	for (int columns = 10; columns <= 200; columns++) {
		for (int lines = 2; lines <= 10; lines++) {
			const struct screen screen = { .columns = columns, .lines = lines };
			unsigned shown;

			textbuf_clear(&w->text);
			screen_render(&w->snapshot, &screen, &w->text);
			assert_true(longest_line(textbuf_string(&w->text), &shown) <= columns);
			assert_true(shown < (unsigned)lines || lines < 4);
		}
	}
}

static void without_room_for_all_slots_the_urgent_ones_are_shown(void **state)
{
	const struct screen screen = { .columns = 80, .lines = 4 };
	struct world *w = *state;
	const char *text;

	screen_render(&w->snapshot, &screen, &w->text);
	text = textbuf_string(&w->text);
	assert_non_null(strstr(text, "1.2  ttyACM1"));
	assert_non_null(strstr(text, "SYNC_NO_REPLY"));
	assert_null(strstr(text, "PASS"));
	assert_non_null(strstr(text, "\n2 more  2/4 done  "));
}

static void the_table_names_each_result_and_says_what_to_do(void **state)
{
	const struct screen screen = { .columns = 80, .lines = 24 };
	struct world *w = *state;

	w->slots[1].state = SLOT_DONE;
	w->slots[1].status = STATUS_MD5_MISMATCH;
	w->slots[1].elapsed_us = 9100000;
	w->slots[3].state = SLOT_NOT_STARTED;
	table_render(&w->snapshot, &screen, &w->text);
	assert_string_equal(
		textbuf_string(&w->text),
		"\n"
		"slot  port     MAC                chip   result       code             rate  "
		"seconds\n"
		"1.1   ttyACM0  24:0a:c4:00:01:10  ESP32  PASS                        921600      "
		"8.2\n"
		"1.2   ttyACM1  24:0a:c4:00:01:11  ESP32  FAIL         MD5_MISMATCH               "
		"9.1\n"
		"1.3   ttyACM2                            ERROR        SYNC_NO_REPLY              "
		"3.0\n"
		"1.4   ttyACM3                            not started\n"
		"\n"
		"1.2: the unit's flash does not hold what the recipe says: set the unit aside\n"
		"1.3: no answer from the unit: check that it has power and sits well, or hold its "
		"boot button while plugging in\n"
		"    no answer to 5 SYNCs\n"
		"4 units in 9.0 s: 1 PASS, 1 FAIL, 1 ERROR, 1 not started\n");
}

static void plain_lines_tell_results(void **state)
{
	struct world *w = *state;
	const struct event e = { .kind = EVENT_RESULT, .slot = &w->slots[2] };

	plain_render(&w->snapshot, &e, &w->text);
	assert_string_equal(textbuf_string(&w->text),
			    "    9.0 s  1.3 ttyACM2: ERROR SYNC_NO_REPLY after 3.0 s: "
			    "no answer to 5 SYNCs\n");
}

static void a_milestone_is_told_once(void **state)
{
	struct world *w = *state;
	uint8_t milestones[SLOTS] = { 0 };

	plain_render_tick(&w->snapshot, milestones, &w->text);
	assert_string_equal(textbuf_string(&w->text),
			    "    9.0 s  1.2 ttyACM1: write 50 %, 4 s left\n");
	textbuf_clear(&w->text);
	plain_render_tick(&w->snapshot, milestones, &w->text);
	assert_string_equal(textbuf_string(&w->text), "");
}

static json_t *only_object(const char *line)
{
	json_error_t error;
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);

	if (!object)
		fail_msg("%s in: %s", error.text, line);
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
	return object;
}

static void every_event_is_one_json_object_on_one_line(void **state)
{
	const struct lock_view lock = { .code = "DISK_LOW", .slot = -1 };
	struct world *w = *state;

	for (unsigned kind = 0; kind <= EVENT_SUMMARY; kind++) {
		bool is_of_slot = (kind >= EVENT_RUN_START && kind <= EVENT_RESULT) ||
				  (kind >= EVENT_ARRIVED && kind <= EVENT_LABEL);
		const struct event e = { .kind = kind,
					 .slot = is_of_slot ? &w->slots[0] : NULL,
					 .lock = &lock,
					 .text = "a\nb\"c\xff" };
		json_t *object;

		textbuf_clear(&w->text);
		json_render(&w->snapshot, &e, &w->text);
		object = only_object(textbuf_string(&w->text));
		assert_int_equal(json_integer_value(json_object_get(object, "version")), 1);
		assert_true(json_is_string(json_object_get(object, "time")));
		assert_true(json_is_string(json_object_get(object, "event")));
		json_decref(object);
	}
}

static const char *member(json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "(none)";
}

static void a_json_result_carries_verdict_proof_and_identity(void **state)
{
	struct world *w = *state;
	const struct event e = { .kind = EVENT_RESULT, .slot = &w->slots[0] };
	json_t *object;

	json_render(&w->snapshot, &e, &w->text);
	object = only_object(textbuf_string(&w->text));
	assert_string_equal(member(object, "event"), "result");
	assert_string_equal(member(object, "slot"), "pci-0000:00:14.0/1.1:1.0");
	assert_string_equal(member(object, "outcome"), "PASS");
	assert_string_equal(member(object, "code"), "OK");
	assert_string_equal(member(object, "proof"), "CHIP_MD5");
	assert_string_equal(member(object, "mac"), "24:0a:c4:00:01:10");
	assert_string_equal(member(object, "chip"), "ESP32");
	assert_string_equal(member(object, "loader"), "stub");
	assert_int_equal(json_integer_value(json_object_get(object, "rate_actual")), 921600);
	/* What is not known is null, never a default. */
	assert_true(json_is_null(json_object_get(object, "package")));
	assert_true(json_is_null(json_object_get(object, "flash_bytes")));
	json_decref(object);
}

static void to_be_identified_is_not_to_pass(void **state)
{
	struct world *w = *state;
	const struct event e = { .kind = EVENT_RESULT, .slot = &w->slots[0] };
	json_t *object;

	w->snapshot.kind = FLASH_RUN_IDENTIFY;
	w->snapshot.plan = NULL;
	json_render(&w->snapshot, &e, &w->text);
	object = only_object(textbuf_string(&w->text));
	assert_true(json_is_null(json_object_get(object, "outcome")));
	json_decref(object);
}

static const struct screen wide = { .columns = 200, .lines = 24 };

/* The first slot as an identified PICO-D4 behind this bridge, compared with all presets. */
static struct product_list *identify_pico(struct world *w, const char *bridge)
{
	struct ident *ident = &w->idents[0];
	struct product_list *products;
	struct err err;

	assert_int_equal(product_list_new(NULL, &products, &err), STATUS_OK);
	w->snapshot.kind = FLASH_RUN_IDENTIFY;
	w->snapshot.plan = NULL;
	w->snapshot.products = products;
	w->slots[0].bridge = bridge;
	strcpy(ident->package, "ESP32-PICO-D4");
	strcpy(ident->features, "Wi-Fi, BT, Embedded Flash");
	ident->has_flash_id = true;
	ident->flash_id = 0x1640C8;
	ident->flash_bytes = 4u << 20;
	ident->tells_psram = true;
	return products;
}

static void an_identified_unit_shows_its_memory_and_which_products_it_could_be(void **state)
{
	struct world *w = *state;
	struct product_list *products = identify_pico(w, "M5Stack USB (FTDI-alike)");
	const char *text;

	table_render(&w->snapshot, &wide, &w->text);
	text = textbuf_string(&w->text);
	assert_non_null(strstr(text, "4 MB 1640c8  none   "));
	assert_non_null(strstr(text, "1.1 could be m5stack/atom-echo, m5stack/atom-lite, "));
	assert_non_null(strstr(text, "or, behind an adapter, one of "));
	assert_non_null(strstr(text, " more\n"));
	assert_null(strstr(text, "m5stack/core2"));
	product_list_free(products);
}

static void what_a_maker_burned_has_a_line_of_its_own(void **state)
{
	static const uint8_t mac[] = { 0x48, 0x63, 0x92, 0x15, 0x72, 0x16 };
	struct world *w = *state;
	struct product_list *products = identify_pico(w, "M5Stack USB (FTDI-alike)");
	struct ident *ident = &w->idents[0];

	ident->chip = chip_by_key("esp32");
	ident->security.is_known = true;
	table_render(&w->snapshot, &wide, &w->text);
	assert_null(strstr(textbuf_string(&w->text), "maker"));
	assert_null(strstr(textbuf_string(&w->text), "fuses"));
	ident->has_custom_mac = true;
	memcpy(ident->custom_mac, mac, sizeof(mac));
	ident->security.hidden_keys = 1;
	table_render(&w->snapshot, &wide, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text),
			       "1.1 has a MAC of its maker: 48:63:92:15:72:16\n"
			       "1.1 has keys in its fuses: 1 flash_encryption\n"));
	product_list_free(products);
}

static void behind_a_bridge_that_no_such_product_has_an_adapter_is_supposed(void **state)
{
	struct world *w = *state;
	struct product_list *products = identify_pico(w, "CH340");

	table_render(&w->snapshot, &wide, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text),
			       "1.1 could be, behind an adapter ('CH340'), m5stack/atom-echo, "));
	product_list_free(products);
}

static void a_unit_that_is_no_product_is_not_called_a_chip_without_one(void **state)
{
	struct world *w = *state;
	struct product_list *products = identify_pico(w, "CH340");

	strcpy(w->idents[0].package, "ESP32-D0WD");
	w->idents[0].flash_bytes = 2u << 20;
	table_render(&w->snapshot, &wide, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text),
			       "1.1: no known product has such chip, package, flash and memory\n"));
	product_list_free(products);
}

static void identify_as_json_has_features_and_products_as_arrays(void **state)
{
	struct world *w = *state;
	struct product_list *products = identify_pico(w, "M5Stack USB (FTDI-alike)");
	const struct event e = { .kind = EVENT_RESULT, .slot = &w->slots[0] };
	json_t *object, *features, *first;

	json_render(&w->snapshot, &e, &w->text);
	object = only_object(textbuf_string(&w->text));
	features = json_object_get(object, "feature_list");
	assert_int_equal(json_array_size(features), 3);
	assert_string_equal(json_string_value(json_array_get(features, 2)), "Embedded Flash");
	assert_int_equal(json_integer_value(json_object_get(object, "embedded_psram_bytes")), 0);
	assert_true(json_is_null(json_object_get(object, "embedded_flash_bytes")));
	first = json_array_get(json_object_get(object, "could_be"), 0);
	assert_string_equal(member(first, "product"), "m5stack/atom-echo");
	assert_true(json_is_true(json_object_get(first, "ships_with_bridge")));
	json_decref(object);
	product_list_free(products);
}

static void a_unit_that_needs_a_hand_shows_what_its_product_says(void **state)
{
	const struct screen screen = { .columns = 120, .lines = 24 };
	struct world *w = *state;
	const struct event e = { .kind = EVENT_RESULT, .slot = &w->slots[2] };
	json_t *object;

	w->plan.download_hint = (char *)"hold G0 and press reset";
	w->slots[2].status = STATUS_NEEDS_HAND;
	table_render(&w->snapshot, &screen, &w->text);
	assert_non_null(
		strstr(textbuf_string(&w->text), "    download mode: hold G0 and press reset\n"));
	textbuf_clear(&w->text);
	screen_render(&w->snapshot, &screen, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text), "NEEDS_HAND: hold G0 and press reset\n"));
	textbuf_clear(&w->text);
	json_render(&w->snapshot, &e, &w->text);
	object = only_object(textbuf_string(&w->text));
	assert_string_equal(member(object, "download"), "hold G0 and press reset");
	json_decref(object);
	/* Others get no such advice. */
	w->slots[2].status = STATUS_SYNC_NO_REPLY;
	assert_null(snapshot_download_hint(&w->snapshot, &w->slots[2]));
}

static void slots_are_named_by_their_chain_as_long_as_that_is_enough(void **state)
{
	struct world *w = *state;

	snprintf(w->ports[3].slot, sizeof(w->ports[3].slot), "pci-0000:00:14.0/1.4:1.1");
	snapshot_name_slots(w->slots, SLOTS);
	assert_string_equal(w->slots[0].short_name, "1.1");
	assert_string_equal(w->slots[3].short_name, "1.4:1.1");
	/* The same chain on a second controller: then all say their controller. */
	snprintf(w->ports[3].slot, sizeof(w->ports[3].slot), "pci-0000:03:00.0/1.1:1.0");
	snapshot_name_slots(w->slots, SLOTS);
	assert_string_equal(w->slots[0].short_name, "pci-0000:00:14.0/1.1:1.0");
	assert_string_equal(w->slots[3].short_name, "pci-0000:03:00.0/1.1:1.0");
}

static void seconds_left_follow_the_pace_of_the_data(void **state)
{
	struct world *w = *state;
	struct slot_view *slot = &w->slots[1];

	slot->elapsed_us = 2000000;
	assert_true(snapshot_slot_left_s(slot, 10, 0) == 8);
	/* Half of the bytes took three seconds. */
	assert_true(snapshot_slot_left_s(slot, 10, 3000000) == 3);
	assert_true(snapshot_slot_left_s(slot, 0, 3000000) < 0);
	/* Behind the data the boot check listens for a time of its own. */
	assert_true(snapshot_boot_left_s(60000, 20000000) == 40);
	assert_true(snapshot_boot_left_s(60000, 60500000) < 0);
}

static void a_unit_that_takes_longer_than_expected_says_no_time(void **state)
{
	struct world *w = *state;
	struct slot_view *slot = &w->slots[1];

	slot->progress = (struct flash_progress){ .step = STEP_CONNECT, .try_no = 1 };
	slot->elapsed_us = 2000000;
	slot->left_s = snapshot_slot_left_s(slot, 1, 0);
	assert_true(slot->left_s < 0);
	w->slots[3].state = SLOT_DONE;
	assert_true(snapshot_left_s(&w->snapshot, 1) < 0);
	/* A neighbour that knows speaks for both. */
	w->slots[3].state = SLOT_RUNNING;
	w->slots[3].left_s = 7;
	assert_true(snapshot_left_s(&w->snapshot, 1) == 7);
	w->slots[3].state = SLOT_WAITING;
	assert_true(snapshot_left_s(&w->snapshot, 5) == 5);
}

static void a_narrow_terminal_still_says_how_many_slots_it_leaves_out(void **state)
{
	const struct screen screen = { .columns = 12, .lines = 4 };
	struct world *w = *state;

	screen_render(&w->snapshot, &screen, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text), "\n2 more"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static void rescue(struct world *w)
{
	struct flash_report *r = &w->report;

	r->is_rescued = true;
	r->way = (struct flash_way){ true, 921600, 1024, 4096, 64 };
	strcpy(r->evidence, "RAM block of 6144 bytes refused with 07, 1024 accepted");
	strcpy(r->rungs, "upload, blocks of 6144; stub 921600, blocks of 1024");
	strcpy(r->suspects, "driver, bridge, cable");
	strcpy(r->advice, "long writes lose bytes: try another cable");
}

static void a_rescued_unit_ends_with_its_cause_in_every_view(void **state)
{
	const struct screen screen = { .columns = 120, .lines = 24 };
	struct world *w = *state;
	const struct event e = { .kind = EVENT_RESULT, .slot = &w->slots[0] };
	const char *text;

	rescue(w);
	screen_render(&w->snapshot, &screen, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text),
			       "PASS     8.2 s at 921600, rescued: long writes lose bytes"));
	textbuf_clear(&w->text);
	plain_render(&w->snapshot, &e, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text),
			       "PASS after 8.2 s, rescued: long writes lose bytes: try another "
			       "cable\n"));
	textbuf_clear(&w->text);
	table_render(&w->snapshot, &screen, &w->text);
	assert_non_null(
		strstr(textbuf_string(&w->text),
		       "1.1: long writes lose bytes: try another cable\n"
		       "    evidence: RAM block of 6144 bytes refused with 07, 1024 accepted\n"
		       "    tried: upload, blocks of 6144; stub 921600, blocks of 1024\n"
		       "    passed with: stub 921600, RAM blocks of 1024, data blocks of 4096, "
		       "64 bytes at a time\n"
		       "    suspects, the likeliest first: driver, bridge, cable\n"));
	textbuf_clear(&w->text);
	json_render(&w->snapshot, &e, &w->text);
	text = textbuf_string(&w->text);
	assert_non_null(strstr(text, "\"sentence\":\"long writes lose bytes: try another cable\""));
	assert_non_null(strstr(text, "\"rescued\":true"));
	assert_non_null(strstr(text, "\"suspects\":\"driver, bridge, cable\""));
	assert_non_null(strstr(text, "\"way\":{\"loader\":\"stub\",\"rate_baud\":921600,"
				     "\"ram_block_bytes\":1024,\"data_block_bytes\":4096,"
				     "\"pace_bytes\":64}"));
}

/* The flasher passed; the station knows of the unit's twin. */
static void advice_about_the_link_is_not_given_for_the_stations_own_verdict(void **state)
{
	struct world *w = *state;

	rescue(w);
	w->slots[0].status = STATUS_DUPLICATE_MAC;
	assert_string_equal(snapshot_sentence(&w->slots[0]),
			    status_row(STATUS_DUPLICATE_MAC)->sentence);
	assert_false(snapshot_is_rescued(&w->slots[0]));
}

static void a_run_says_at_its_start_how_long_it_may_take_and_how_it_begins(void **state)
{
	struct world *w = *state;
	const struct event e = { .kind = EVENT_RUN_START, .slot = &w->slots[3] };

	w->slots[3].start_way = "stub 460800";
	plain_render(&w->snapshot, &e, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text),
			       "started, CH9102, at most 120 s, begins with stub 460800\n"));
	textbuf_clear(&w->text);
	json_render(&w->snapshot, &e, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text),
			       "\"limit_s\":120.0,\"start_way\":\"stub 460800\""));
}

static void a_port_that_is_gone_is_waited_for_in_sight(void **state)
{
	const struct screen screen = { .columns = 80, .lines = 24 };
	struct world *w = *state;
	const struct event e = { .kind = EVENT_PORT_LEFT, .slot = &w->slots[1] };

	w->slots[1].is_waiting = true;
	screen_render(&w->snapshot, &screen, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text), "00:01:11 waiting for the port\n"));
	textbuf_clear(&w->text);
	plain_render(&w->snapshot, &e, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text), "the port is gone: waiting for it\n"));
}

static void a_unit_that_a_rule_refused_shows_the_rule_and_no_suspects(void **state)
{
	const struct screen screen = { .columns = 120, .lines = 24 };
	struct world *w = *state;
	const struct event e = { .kind = EVENT_RESULT, .slot = &w->slots[0] };

	snprintf(w->report.evidence, sizeof(w->report.evidence), "8 sync echoes clean");
	w->report.status = w->slots[0].status = STATUS_BATCH_FULL;
	w->slots[0].detail = "batch 'B7' may have 2 good units";
	screen_render(&w->snapshot, &screen, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text),
			       "ABORTED  BATCH_FULL: the batch has all the good units"));
	assert_non_null(strstr(textbuf_string(&w->text), "0 passed  2 not passed"));
	textbuf_clear(&w->text);
	plain_render(&w->snapshot, &e, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text),
			       "ABORTED BATCH_FULL after 8.2 s: batch 'B7' may have"));
	textbuf_clear(&w->text);
	table_render(&w->snapshot, &screen, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text), "1.1: the batch has all the good units"));
	assert_null(strstr(textbuf_string(&w->text), "evidence"));
}

static void the_count_of_a_batch_is_in_sight_everywhere(void **state)
{
	const struct screen screen = { .columns = 120, .lines = 24 };
	struct world *w = *state;
	const struct event start = { .kind = EVENT_STATION_START };
	const struct event end = { .kind = EVENT_SUMMARY };
	json_t *object;

	table_render(&w->snapshot, &screen, &w->text);
	assert_null(strstr(textbuf_string(&w->text), "batch"));
	w->snapshot.batch = "B7";
	w->snapshot.has_batch_count = true;
	w->snapshot.batch_passed = 37;
	w->snapshot.batch_of = 500;
	textbuf_clear(&w->text);
	plain_render(&w->snapshot, &start, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text), "batch B7: 37 of 500\n"));
	textbuf_clear(&w->text);
	screen_render(&w->snapshot, &screen, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text), "  batch B7: 37 of 500\n"));
	textbuf_clear(&w->text);
	table_render(&w->snapshot, &screen, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text), "\nbatch B7: 37 of 500\n"));
	textbuf_clear(&w->text);
	json_render(&w->snapshot, &end, &w->text);
	object = only_object(textbuf_string(&w->text));
	assert_int_equal(json_integer_value(json_object_get(object, "batch_passed")), 37);
	assert_int_equal(json_integer_value(json_object_get(object, "batch_units")), 500);
	json_decref(object);
}

static void an_override_is_told_with_who_and_why(void **state)
{
	struct world *w = *state;
	const struct event e = { .kind = EVENT_OVERRIDE,
				 .slot = &w->slots[1],
				 .text = "it passed before",
				 .code = STATUS_ALREADY_PASSED };
	json_t *object;

	w->snapshot.operator_name = "ann";
	w->snapshot.reason = "order 4711";
	plain_render(&w->snapshot, &e, &w->text);
	assert_string_equal(textbuf_string(&w->text),
			    "    9.0 s  1.2 ttyACM1: ALREADY_PASSED is overridden by ann "
			    "(order 4711): it passed before\n");
	textbuf_clear(&w->text);
	json_render(&w->snapshot, &e, &w->text);
	object = only_object(textbuf_string(&w->text));
	assert_string_equal(member(object, "event"), "override");
	assert_string_equal(member(object, "code"), "ALREADY_PASSED");
	assert_string_equal(member(object, "operator"), "ann");
	assert_string_equal(member(object, "reason"), "order 4711");
	assert_string_equal(member(object, "detail"), "it passed before");
	json_decref(object);
}

static void the_plants_ledger_and_its_alarms_are_in_sight(void **state)
{
	const struct screen screen = { .columns = 120, .lines = 24 };
	struct world *w = *state;
	const struct event e = { .kind = EVENT_PLANT };
	json_t *object;

	w->snapshot.has_plant = true;
	w->snapshot.plant = (struct plant_state){ .pending = 12, .trouble = "no route" };
	plain_render(&w->snapshot, &e, &w->text);
	assert_string_equal(
		textbuf_string(&w->text),
		"    9.0 s  plant's ledger: not reached, no route; entries that it does "
		"not have yet: 12\n");
	textbuf_clear(&w->text);
	screen_render(&w->snapshot, &screen, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text), "  plant not reached"));
	snprintf(w->snapshot.plant.alarm, sizeof(w->snapshot.plant.alarm), "FORKED");
	textbuf_clear(&w->text);
	plain_render(&w->snapshot, &e, &w->text);
	assert_non_null(strstr(textbuf_string(&w->text), "\nALARM: FORKED\n"));
	textbuf_clear(&w->text);
	json_render(&w->snapshot, &e, &w->text);
	object = only_object(textbuf_string(&w->text));
	assert_string_equal(member(object, "event"), "plant");
	assert_true(json_is_false(json_object_get(object, "connected")));
	assert_int_equal(json_integer_value(json_object_get(object, "pending")), 12);
	assert_true(json_is_null(json_object_get(object, "last_ack_utc_ms")));
	assert_string_equal(member(object, "alarm"), "FORKED");
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_unit_that_a_rule_refused_shows_the_rule_and_no_suspects),
		TEST(the_count_of_a_batch_is_in_sight_everywhere),
		TEST(an_override_is_told_with_who_and_why),
		TEST(the_plants_ledger_and_its_alarms_are_in_sight),
		TEST(a_rescued_unit_ends_with_its_cause_in_every_view),
		TEST(advice_about_the_link_is_not_given_for_the_stations_own_verdict),
		TEST(a_run_says_at_its_start_how_long_it_may_take_and_how_it_begins),
		TEST(a_port_that_is_gone_is_waited_for_in_sight),
		TEST(the_screen_has_a_line_for_each_slot_and_a_summary),
		TEST(colours_come_with_words_and_only_when_wanted),
		TEST(the_screen_fits_every_terminal),
		TEST(without_room_for_all_slots_the_urgent_ones_are_shown),
		TEST(the_table_names_each_result_and_says_what_to_do),
		TEST(plain_lines_tell_results),
		TEST(a_milestone_is_told_once),
		TEST(every_event_is_one_json_object_on_one_line),
		TEST(a_json_result_carries_verdict_proof_and_identity),
		TEST(to_be_identified_is_not_to_pass),
		TEST(what_a_maker_burned_has_a_line_of_its_own),
		TEST(an_identified_unit_shows_its_memory_and_which_products_it_could_be),
		TEST(behind_a_bridge_that_no_such_product_has_an_adapter_is_supposed),
		TEST(a_unit_that_is_no_product_is_not_called_a_chip_without_one),
		TEST(identify_as_json_has_features_and_products_as_arrays),
		TEST(a_unit_that_needs_a_hand_shows_what_its_product_says),
		TEST(slots_are_named_by_their_chain_as_long_as_that_is_enough),
		TEST(seconds_left_follow_the_pace_of_the_data),
		TEST(a_unit_that_takes_longer_than_expected_says_no_time),
		TEST(a_narrow_terminal_still_says_how_many_slots_it_leaves_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
