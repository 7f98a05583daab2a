#include "tests/station/doctor_world.h"

#include "station/doctor_inside.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTROLLER "devices/pci0000:00/0000:00:14.0/"

/* ---- a fixture ---- */

static void attribute(const struct tree *t, const char *device, const char *name, const char *value)
{
	char path[512], line[64];

	snprintf(path, sizeof(path), "%s/%s", device, name);
	snprintf(line, sizeof(line), "%s\n", value);
	tree_file(t, path, line);
}

/* A hub; device: "devices/.../usb1/1-2". protocol: 1 single TT, 2 multi TT. */
static void plug_hub(const struct tree *t, const char *device, const char *speed,
		     const char *protocol)
{
	const char *name = strrchr(device, '/') + 1;
	char path[300];

	attribute(t, device, "idVendor", "05e3");
	attribute(t, device, "idProduct", "0610");
	attribute(t, device, "bDeviceClass", "09");
	attribute(t, device, "bDeviceProtocol", protocol);
	attribute(t, device, "speed", speed);
	attribute(t, device, "maxchild", "16");
	attribute(t, device, "bConfigurationValue", "1");
	attribute(t, device, "product",
		  strstr(name, "usb") ? "xHCI Host Controller" : "USB2.0 Hub");
	attribute(t, device, "busnum", strchr(device, 'b') && strstr(device, "usb2") ? "2" : "1");
	snprintf(path, sizeof(path), "%s/%s:1.0/bNumEndpoints", device,
		 strstr(name, "usb") ? "1-0" : name);
	tree_file(t, path, "01\n");
	snprintf(path, sizeof(path), "bus/usb/devices/%s", name);
	tree_link(t, path, device);
}

/* CP2104s at ports 1, 2 ... of the hub. */
static void plug_units(struct doctor_world *w, const char *hub, unsigned first, unsigned count)
{
	const char *name = strrchr(hub, '/') + 1;

	for (unsigned i = 0; i < count; i++) {
		char device[200], interface[64], tty[16], path[300];
		const struct tree_usb usb = { .device = device,
					      .interface = interface,
					      .tty = tty,
					      .vid = "10c4",
					      .pid = "ea60",
					      .driver = "cp210x",
					      .product = "CP2104 USB to UART Bridge Controller" };

		snprintf(device, sizeof(device), "%s/%s.%u", hub, name, i + 1);
		snprintf(interface, sizeof(interface), "%s.%u:1.0", name, i + 1);
		snprintf(tty, sizeof(tty), "ttyUSB%u", first + i);
		doctor_world_plug(w, &usb, 0666);
		attribute(w->t, device, "bConfigurationValue", "1");
		attribute(w->t, device, "busnum", "1");
		snprintf(path, sizeof(path), "%s/%s", device, interface);
		attribute(w->t, path, "bNumEndpoints", "02");
	}
}

static void begin(struct doctor_world *w, const struct tree *t)
{
	doctor_world_init(w, t);
	plug_hub(t, CONTROLLER "usb1", "480", "00");
}

/* ---- translators ---- */

static void slots_of_a_single_tt_hub_are_counted_together(void **state)
{
	static const struct {
		unsigned units;
		enum doctor_verdict verdict;
		const char *what;
	} rows[] = {
		{ 5, DOCTOR_OK, "5 slots" },
		{ 6, DOCTOR_NOTE, "6 slots share this single-TT hub: enough for 921600" },
		{ 8, DOCTOR_NOTE, "enough for 921600" },
		{ 9, DOCTOR_NOTE, "close to what it carries" },
		{ 13, DOCTOR_NOTE, "close to what it carries" },
		{ 14, DOCTOR_BAD, "carries 1216 kB/s at most: 13" },
	};
	struct doctor_world w;

	begin(&w, *state);
	plug_hub(w.t, CONTROLLER "usb1/1-1", "480", "01");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		plug_units(&w, CONTROLLER "usb1/1-1", 0, rows[i].units);
		doctor_world_expect(&w, "translators", rows[i].verdict, rows[i].what, NULL);
	}
	doctor_world_release(&w);
}

static void a_multi_tt_hub_has_one_translator_for_each_port(void **state)
{
	struct doctor_world w;

	begin(&w, *state);
	plug_hub(w.t, CONTROLLER "usb1/1-1", "480", "02");
	plug_units(&w, CONTROLLER "usb1/1-1", 0, 14);
	doctor_world_expect(&w, "translators", DOCTOR_OK, "1 slot through one translator", NULL);
	doctor_world_release(&w);
}

static void units_behind_a_slow_hub_share_the_port_that_it_hangs_on(void **state)
{
	struct doctor_world w;

	begin(&w, *state);
	plug_hub(w.t, CONTROLLER "usb1/1-1", "480", "02");
	plug_hub(w.t, CONTROLLER "usb1/1-1/1-1.3", "12", "00");
	plug_units(&w, CONTROLLER "usb1/1-1/1-1.3", 0, 7);
	doctor_world_expect(&w, "translators", DOCTOR_NOTE, "7 slots share one port of this hub",
			    NULL);
	doctor_world_expect(&w, "hubs", DOCTOR_BAD, "runs at 12 Mbit/s, which its 7 ports share",
			    "another cable");
	doctor_world_release(&w);
}

static void a_fast_hub_below_another_has_its_own_translator(void **state)
{
	struct doctor_world w;

	begin(&w, *state);
	plug_hub(w.t, CONTROLLER "usb1/1-1", "480", "01");
	plug_hub(w.t, CONTROLLER "usb1/1-1/1-1.1", "480", "01");
	plug_hub(w.t, CONTROLLER "usb1/1-1/1-1.2", "480", "01");
	plug_units(&w, CONTROLLER "usb1/1-1/1-1.1", 0, 4);
	plug_units(&w, CONTROLLER "usb1/1-1/1-1.2", 4, 4);
	doctor_world_expect(&w, "translators", DOCTOR_OK, "4 slots through one translator", NULL);
	doctor_world_expect(&w, "hubs", DOCTOR_OK, "3 hubs, 2 in a row", NULL);
	doctor_world_release(&w);
}

/* ---- endpoints and the rest ---- */

static void endpoints_of_both_buses_of_a_controller_are_one_budget(void **state)
{
	struct doctor_world w;

	begin(&w, *state);
	plug_hub(w.t, CONTROLLER "usb2", "5000", "03");
	plug_hub(w.t, CONTROLLER "usb2/2-1", "5000", "03");
	plug_hub(w.t, CONTROLLER "usb1/1-1", "480", "02");
	plug_units(&w, CONTROLLER "usb1/1-1", 0, 3);
	/* Three of three each, two hubs of two each; root hubs take none. */
	doctor_world_expect(&w, "endpoints", DOCTOR_OK, "5 devices with 13 endpoints of about 96",
			    NULL);
	doctor_world_release(&w);
}

static void a_controller_that_some_computers_would_not_have_room_on_is_noted(void **state)
{
	struct doctor_world w;

	begin(&w, *state);
	plug_hub(w.t, CONTROLLER "usb1/1-1", "480", "02");
	plug_units(&w, CONTROLLER "usb1/1-1", 0, 20);
	doctor_world_expect(&w, "endpoints", DOCTOR_OK, "62 endpoints", NULL);
	plug_units(&w, CONTROLLER "usb1/1-1", 0, 21);
	doctor_world_expect(&w, "endpoints", DOCTOR_NOTE, "65 endpoints", "second controller");
	doctor_world_release(&w);
}

static void a_device_that_linux_could_not_configure_is_bad(void **state)
{
	struct doctor_world w;

	begin(&w, *state);
	plug_hub(w.t, CONTROLLER "usb1/1-1", "480", "02");
	plug_units(&w, CONTROLLER "usb1/1-1", 0, 1);
	doctor_world_expect(&w, "hubs", DOCTOR_OK, NULL, NULL);
	tree_file(w.t, CONTROLLER "usb1/1-1/1-1.1/bConfigurationValue", "");
	doctor_world_expect(&w, "hubs", DOCTOR_BAD, "could not switch it on", "endpoints");
	doctor_world_release(&w);
}

static void the_fifth_hub_in_a_row_is_the_last(void **state)
{
	static const char *const hubs[] = { "usb1/1-1", "usb1/1-1/1-1.1", "usb1/1-1/1-1.1/1-1.1.1",
					    "usb1/1-1/1-1.1/1-1.1.1/1-1.1.1.1",
					    "usb1/1-1/1-1.1/1-1.1.1/1-1.1.1.1/1-1.1.1.1.1" };
	struct doctor_world w;

	begin(&w, *state);
	for (size_t i = 0; i < 5; i++) {
		char device[200];

		snprintf(device, sizeof(device), CONTROLLER "%s", hubs[i]);
		plug_hub(w.t, device, "480", "02");
		doctor_world_expect(&w, "hubs", i < 4 ? DOCTOR_OK : DOCTOR_NOTE, NULL, NULL);
	}
	doctor_world_release(&w);
}

static void a_hub_port_that_was_left_off_is_bad(void **state)
{
	struct doctor_world w;

	begin(&w, *state);
	plug_hub(w.t, CONTROLLER "usb1/1-1", "480", "01");
	tree_link(w.t, "bus/usb/devices/1-1:1.0", CONTROLLER "usb1/1-1/1-1:1.0");
	doctor_world_expect(&w, "switches", DOCTOR_OK, "no hub here", NULL);
	tree_file(w.t, CONTROLLER "usb1/1-1/1-1:1.0/1-1-port3/disable", "0\n");
	tree_file(w.t, CONTROLLER "usb1/1-1/1-1:1.0/1-1-port4/disable", "0\n");
	doctor_world_expect(&w, "switches", DOCTOR_OK, "2 hub ports", NULL);
	tree_file(w.t, CONTROLLER "usb1/1-1/1-1:1.0/1-1-port4/disable", "1\n");
	doctor_world_expect(&w, "switches", DOCTOR_BAD, "switched off", "1-1-port4/disable");
	doctor_world_release(&w);
}

static void a_bridge_that_may_be_put_to_sleep_is_noted(void **state)
{
	struct doctor_world w;

	begin(&w, *state);
	plug_hub(w.t, CONTROLLER "usb1/1-1", "480", "01");
	plug_units(&w, CONTROLLER "usb1/1-1", 0, 2);
	tree_file(w.t, CONTROLLER "usb1/1-1/power/control", "auto\n"); /* usual for a hub */
	tree_file(w.t, CONTROLLER "usb1/1-1/1-1.1/power/control", "on\n");
	doctor_world_expect(&w, "suspend", DOCTOR_OK, "2 bridges", NULL);
	tree_file(w.t, CONTROLLER "usb1/1-1/1-1.2/power/control", "auto\n");
	doctor_world_expect(&w, "suspend", DOCTOR_NOTE, "1 bridge may", "power/control");
	doctor_world_release(&w);
}

/* ---- what is shown ---- */

static void the_drawing_shows_what_hangs_where(void **state)
{
	static const char wanted[] =
		"  pci-0000:00:14.0, xHCI, 15 endpoints\n"
		"    bus 1, 480 Mbit/s, 16 ports\n"
		"    |- 1                 05e3:0610 USB2.0 Hub, 480 Mbit/s, 16 ports, single TT: 2 "
		"slots\n"
		"    |  |- 1.1            10c4:ea60 CP2104, ttyUSB0\n"
		"    |  |- 1.2            10c4:ea60 CP2104, ttyUSB1\n"
		"    |  `- 1.3            05e3:0610 USB2.0 Hub, 480 Mbit/s, 16 ports, multi TT: 1 "
		"slot at "
		"most in one\n"
		"    |     `- 1.3.1       10c4:ea60 CP2104, ttyUSB2\n"
		"    `- 2                 05e3:0610 USB2.0 Hub, 480 Mbit/s, 16 ports, single TT\n";
	struct textbuf text = { 0 };
	struct doctor_world w;

	begin(&w, *state);
	plug_hub(w.t, CONTROLLER "usb1/1-2", "480", "01");
	plug_hub(w.t, CONTROLLER "usb1/1-1", "480", "01");
	plug_hub(w.t, CONTROLLER "usb1/1-1/1-1.3", "480", "02");
	plug_units(&w, CONTROLLER "usb1/1-1", 0, 2);
	plug_units(&w, CONTROLLER "usb1/1-1/1-1.3", 2, 1);
	doctor_world_look(&w, "hubs");
	doctor_draw(&w.doctor->usb, &text);
	assert_string_equal(textbuf_string(&text), wanted);
	textbuf_release(&text);
	doctor_world_release(&w);
}

static void json_has_one_object_for_each_check_and_a_summary(void **state)
{
	struct textbuf text = { 0 };
	struct doctor_world w;
	char *rest = NULL;
	size_t checks, lines = 0;

	begin(&w, *state);
	doctor_world_look(&w, "hubs");
	doctor_results(w.doctor, &checks);
	doctor_json(w.doctor, &text);
	for (char *line = strtok_r(text.bytes, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		const char *event = json_string_value(json_object_get(object, "event"));

		assert_non_null(event);
		assert_string_equal(event, lines < checks ? "doctor" : "doctor_summary");
		assert_non_null(json_string_value(json_object_get(object, "result")));
		assert_int_equal(json_array_size(json_object_get(object, "findings")) > 0,
				 lines < checks);
		json_decref(object);
		lines++;
	}
	assert_int_equal(lines, checks + 1);
	textbuf_release(&text);
	doctor_world_release(&w);
}

static void a_machine_without_usb_is_no_failure(void **state)
{
	struct doctor_world w;

	doctor_world_init(&w, *state);
	tree_remove(w.t, "bus");
	tree_remove(w.t, "class");
	doctor_world_expect(&w, "hubs", DOCTOR_NOTE, "shows no USB", NULL);
	doctor_world_expect(&w, "endpoints", DOCTOR_OK, NULL, NULL);
	doctor_world_release(&w);
}

int main(void)
{
#define IN_TREE(name) cmocka_unit_test_setup_teardown(name, tree_set_up, tree_tear_down)
	const struct CMUnitTest tests[] = {
		IN_TREE(slots_of_a_single_tt_hub_are_counted_together),
		IN_TREE(a_multi_tt_hub_has_one_translator_for_each_port),
		IN_TREE(units_behind_a_slow_hub_share_the_port_that_it_hangs_on),
		IN_TREE(a_fast_hub_below_another_has_its_own_translator),
		IN_TREE(endpoints_of_both_buses_of_a_controller_are_one_budget),
		IN_TREE(a_controller_that_some_computers_would_not_have_room_on_is_noted),
		IN_TREE(a_device_that_linux_could_not_configure_is_bad),
		IN_TREE(the_fifth_hub_in_a_row_is_the_last),
		IN_TREE(a_hub_port_that_was_left_off_is_bad),
		IN_TREE(a_bridge_that_may_be_put_to_sleep_is_noted),
		IN_TREE(the_drawing_shows_what_hangs_where),
		IN_TREE(json_has_one_object_for_each_check_and_a_summary),
		IN_TREE(a_machine_without_usb_is_no_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
