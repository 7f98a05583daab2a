/* A hub's port switched off and on: a made-up sysfs, on a clock that sees what stands in it. */
#include "tests/station/tree.h"

#include "station/power.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HUB "devices/pci0000:00/0000:00:14.0/usb1/1-1"
#define DEVICE HUB "/1-1.4"
#define PORT HUB "/1-1:1.0/1-1-port4"
#define PEER "devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/2-1-port4"
#define SLOT "pci-0000:00:14.0/1.4:1.0"

static const struct tree_usb unit = {
	.device = DEVICE,
	.interface = "1-1.4:1.0",
	.tty = "ttyUSB0",
	.vid = "10c4",
	.pid = "ea60",
	.driver = "cp210x",
};

/* The unit that tree_plug() made, as ports_scan() sees it. */
static struct port find_port(const struct tree *t)
{
	struct port port;

	assert_true(ports_find_at(t->tty, SLOT, &port));
	return port;
}

static void make_switch(const struct tree *t)
{
	tree_plug(t, &unit);
	tree_file(t, PORT "/disable", "0\n");
	tree_link(t, PORT "/device", DEVICE);
}

static const char *content(const struct tree *t, const char *path)
{
	static char text[16];
	char full[300];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", t->root, path);
	file = fopen(full, "r");
	text[0] = '\0';
	if (file && !fgets(text, sizeof(text), file))
		text[0] = '\0';
	if (file)
		fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* ---- which switch ---- */

static void the_switch_is_found_with_and_without_a_link_to_it(void **state)
{
	const struct tree *t = *state;
	struct power_switch p = { .path = "" };
	char note[POWER_NOTE_BYTES], real[300];
	struct port port;

	make_switch(t);
	port = find_port(t);
	snprintf(real, sizeof(real), "%s/%s/disable", t->root, PORT);
	assert_true(power_find(&p, t->tty, &port, note));
	assert_string_equal(p.path, real);
	assert_string_equal(p.peer, "");
	/* Not by way of the device, whose folder goes with its power. */
	tree_link(t, DEVICE "/port", PORT);
	assert_true(power_find(&p, t->tty, &port, note));
	assert_string_equal(p.path, real);
}

static void a_port_of_the_root_hub_has_one_too(void **state)
{
	const struct tree *t = *state;
	struct tree_usb direct = unit;
	struct power_switch p = { .path = "" };
	char note[POWER_NOTE_BYTES];
	struct port port;

	direct.device = "devices/pci0000:00/0000:00:14.0/usb1/1-3";
	direct.interface = "1-3:1.0";
	tree_plug(t, &direct);
	tree_file(t, "devices/pci0000:00/0000:00:14.0/usb1/1-0:1.0/usb1-port3/disable", "0\n");
	assert_true(ports_find_at(t->tty, "pci-0000:00:14.0/3:1.0", &port));
	assert_true(power_find(&p, t->tty, &port, note));
	assert_non_null(strstr(p.path, "usb1-port3/disable"));
}

static void without_the_file_there_is_nothing_to_say(void **state)
{
	const struct tree *t = *state;
	struct power_switch p = { .path = "" };
	char note[POWER_NOTE_BYTES];
	struct port port;

	tree_plug(t, &unit);
	port = find_port(t);
	assert_false(power_find(&p, t->tty, &port, note));
	assert_string_equal(note, "");
	port.is_usb = false;
	assert_false(power_find(&p, t->tty, &port, note));
}

static void a_switch_that_this_user_may_not_write_is_left_alone(void **state)
{
	const struct tree *t = *state;
	struct power_switch p = { .path = "" };
	char note[POWER_NOTE_BYTES], path[300];
	struct port port;

	make_switch(t);
	port = find_port(t);
	snprintf(path, sizeof(path), "%s/%s/disable", t->root, PORT);
	if (geteuid() == 0) /* who may write everything */
		skip();
	assert_int_equal(chmod(path, 0444), 0);
	assert_false(power_find(&p, t->tty, &port, note));
	assert_non_null(strstr(note, "may not"));
}

static void a_port_that_carries_another_hub_is_never_switched(void **state)
{
	const struct tree *t = *state;
	struct power_switch p = { .path = "" };
	char note[POWER_NOTE_BYTES];
	struct port port;

	make_switch(t);
	port = find_port(t);
	tree_file(t, DEVICE "/maxchild", "4\n");
	assert_false(power_find(&p, t->tty, &port, note));
	assert_non_null(strstr(note, "another hub"));
	tree_file(t, DEVICE "/maxchild", "0\n");
	assert_true(power_find(&p, t->tty, &port, note));
	tree_file(t, DEVICE "/bDeviceClass", "09\n");
	assert_false(power_find(&p, t->tty, &port, note));
	tree_file(t, DEVICE "/bDeviceClass", "00\n");
	/* The port says that something else hangs on it. */
	tree_file(t, HUB "/1-1.5/idVendor", "05e3\n");
	tree_link(t, PORT "/device", HUB "/1-1.5");
	assert_false(power_find(&p, t->tty, &port, note));
}

static void a_device_that_carries_another_slot_is_never_switched(void **state)
{
	const struct tree *t = *state;
	struct tree_usb second = unit, neighbour = unit;
	struct power_switch p = { .path = "" };
	char note[POWER_NOTE_BYTES];
	struct port port;

	make_switch(t);
	port = find_port(t);
	neighbour.device = HUB "/1-1.41"; /* begins with the same letters */
	neighbour.interface = "1-1.41:1.0";
	neighbour.tty = "ttyUSB2";
	tree_plug(t, &neighbour);
	assert_true(power_find(&p, t->tty, &port, note));
	second.interface = "1-1.4:1.1";
	second.tty = "ttyUSB1";
	tree_plug(t, &second);
	assert_false(power_find(&p, t->tty, &port, note));
	assert_non_null(strstr(note, "other ports"));
	assert_string_equal(p.path, "");
}

/* ---- off and on ---- */

struct watched_clock {
	struct clock clock;
	const struct tree *t;
	uint64_t now_us, off_us; /* the time in which the file said 1 */
	uint64_t cancel_at_us;
	uint64_t peer_off_us;
	atomic_bool cancel;
};

static uint64_t watched_now(void *ctx)
{
	return ((struct watched_clock *)ctx)->now_us;
}

static void watched_sleep(void *ctx, uint64_t at_us)
{
	struct watched_clock *w = ctx;

	if (strcmp(content(w->t, PORT "/disable"), "1") == 0)
		w->off_us += at_us - w->now_us;
	if (strcmp(content(w->t, PEER "/disable"), "1") == 0)
		w->peer_off_us += at_us - w->now_us;
	w->now_us = at_us;
	if (w->cancel_at_us && at_us >= w->cancel_at_us)
		atomic_store(&w->cancel, true);
}

static enum status cycle(struct watched_clock *w, const struct tree *t, struct power_switch *p,
			 struct err *err)
{
	char note[POWER_NOTE_BYTES];
	struct port port;

	w->t = t;
	w->clock =
		(struct clock){ .now_us = watched_now, .sleep_until_us = watched_sleep, .ctx = w };
	make_switch(t);
	port = find_port(t);
	assert_true(power_find(p, t->tty, &port, note));
	return power_cycle(p, &w->clock, 1000, &w->cancel, err);
}

static void the_port_is_off_for_a_second_and_on_again(void **state)
{
	struct watched_clock w = { .now_us = 5 };
	struct power_switch p = { .path = "" };
	struct err err;

	assert_int_equal(cycle(&w, *state, &p, &err), STATUS_OK);
	assert_in_range(w.off_us, 1000000, 1100000);
	assert_string_equal(content(*state, PORT "/disable"), "0");
}

static void a_stop_in_the_middle_switches_it_on_at_once(void **state)
{
	struct watched_clock w = { .cancel_at_us = 100000 };
	struct power_switch p = { .path = "" };
	struct err err;

	assert_int_equal(cycle(&w, *state, &p, &err), STATUS_CANCELLED);
	assert_true(w.off_us < 200000);
	assert_string_equal(content(*state, PORT "/disable"), "0");
}

static void both_speeds_of_a_connector_are_switched(void **state)
{
	struct watched_clock w = { .now_us = 5 };
	struct power_switch p = { .path = "" };
	struct err err;

	tree_file(*state, PEER "/disable", "0\n");
	tree_link(*state, PORT "/peer", PEER);
	assert_int_equal(cycle(&w, *state, &p, &err), STATUS_OK);
	assert_in_range(w.peer_off_us, 1000000, 1100000);
	assert_string_equal(content(*state, PEER "/disable"), "0");
}

static void a_switch_that_refuses_is_no_failure_of_the_unit(void **state)
{
	const struct tree *t = *state;
	struct watched_clock w = { .now_us = 5 };
	struct power_switch p = { .path = "" };
	struct err err;

	assert_int_equal(cycle(&w, t, &p, &err), STATUS_OK);
	/* Its file is gone: neither off nor on. */
	tree_remove(t, PORT "/disable");
	assert_int_equal(power_cycle(&p, &w.clock, 1000, NULL, &err), STATUS_NOT_SUPPORTED);
}

/* A worker that is stuck between off and on. */
static void what_is_off_is_switched_on_by_whoever_comes_first(void **state)
{
	const struct tree *t = *state;
	struct watched_clock w = { .now_us = 5 };
	struct power_switch p = { .path = "" };
	struct err err;

	assert_int_equal(cycle(&w, t, &p, &err), STATUS_OK);
	tree_file(t, PORT "/disable", "1\n");
	assert_true(power_restore(&p)); /* somebody else's business */
	assert_string_equal(content(t, PORT "/disable"), "1");
	atomic_store(&p.is_off, true);
	assert_true(power_restore(&p));
	assert_string_equal(content(t, PORT "/disable"), "0");
	assert_false(atomic_load(&p.is_off));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_set_up, tree_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_switch_is_found_with_and_without_a_link_to_it),
		TEST(a_port_of_the_root_hub_has_one_too),
		TEST(without_the_file_there_is_nothing_to_say),
		TEST(a_switch_that_this_user_may_not_write_is_left_alone),
		TEST(a_port_that_carries_another_hub_is_never_switched),
		TEST(a_device_that_carries_another_slot_is_never_switched),
		TEST(the_port_is_off_for_a_second_and_on_again),
		TEST(a_stop_in_the_middle_switches_it_on_at_once),
		TEST(both_speeds_of_a_connector_are_switched),
		TEST(a_switch_that_refuses_is_no_failure_of_the_unit),
		TEST(what_is_off_is_switched_on_by_whoever_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
