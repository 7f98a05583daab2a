/* The latency timer of a made-up FTDI port. */
#define _XOPEN_SOURCE 700
#include "tests/station/tree.h"

#include "station/latency.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT "devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.4/1-1.4:1.0/ttyUSB0"

static const struct tree_usb ftdi = {
	.device = "devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.4",
	.interface = "1-1.4:1.0",
	.tty = "ttyUSB0",
	.vid = "0403",
	.pid = "6001",
	.driver = "ftdi_sio",
};

static const char *timer(const struct tree *t)
{
	static char text[16];
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/" PORT "/latency_timer", t->root);
	file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void the_timer_is_short_for_a_run_and_then_as_it_was(void **state)
{
	const struct tree *t = *state;
	struct latency l = { .path = "" };
	char note[120];

	tree_plug(t, &ftdi);
	tree_file(t, PORT "/latency_timer", "16\n");
	latency_shorten(&l, t->tty, "ttyUSB0", note, sizeof(note));
	assert_string_equal(timer(t), "1\n");
	assert_string_equal(note, "latency timer: 1 ms for this run, was 16 ms");
	latency_restore(&l);
	assert_string_equal(timer(t), "16\n");
}

static void what_was_put_back_once_is_left_alone(void **state)
{
	const struct tree *t = *state;
	struct latency l = { .path = "" };
	char note[120];

	tree_plug(t, &ftdi);
	tree_file(t, PORT "/latency_timer", "16\n");
	latency_shorten(&l, t->tty, "ttyUSB0", note, sizeof(note));
	latency_restore(&l);
	tree_file(t, PORT "/latency_timer", "8\n");
	latency_restore(&l);
	assert_string_equal(timer(t), "8\n");
}

static void opened_again_a_port_still_gets_back_what_it_had_at_first(void **state)
{
	const struct tree *t = *state;
	struct latency l = { .path = "" };
	char note[120];

	tree_plug(t, &ftdi);
	tree_file(t, PORT "/latency_timer", "16\n");
	latency_shorten(&l, t->tty, "ttyUSB0", note, sizeof(note));
	latency_shorten(&l, t->tty, "ttyUSB0", note, sizeof(note));
	assert_string_equal(timer(t), "1\n");
	latency_restore(&l);
	assert_string_equal(timer(t), "16\n");
}

static void what_came_in_its_place_gets_back_its_own(void **state)
{
	const struct tree *t = *state;
	struct latency l = { .path = "" };
	char note[120];

	tree_plug(t, &ftdi);
	tree_file(t, PORT "/latency_timer", "5\n");
	latency_shorten(&l, t->tty, "ttyUSB0", note, sizeof(note));
	/* Unplugged and plugged in: the driver begins anew. */
	tree_file(t, PORT "/latency_timer", "16\n");
	latency_shorten(&l, t->tty, "ttyUSB0", note, sizeof(note));
	assert_string_equal(timer(t), "1\n");
	latency_restore(&l);
	assert_string_equal(timer(t), "16\n");
}

static void a_timer_that_was_short_stays_so(void **state)
{
	const struct tree *t = *state;
	struct latency l = { .path = "" };
	char note[120];

	tree_plug(t, &ftdi);
	tree_file(t, PORT "/latency_timer", "1\n");
	latency_shorten(&l, t->tty, "ttyUSB0", note, sizeof(note));
	assert_string_equal(note, "latency timer: 1 ms");
	latency_restore(&l);
	assert_string_equal(timer(t), "1\n");
}

static void a_timer_that_may_not_be_changed_is_said_and_left(void **state)
{
	const struct tree *t = *state;
	struct latency l = { .path = "" };
	char note[120], path[256];

	if (geteuid() == 0)
		skip(); /* root may */
	tree_plug(t, &ftdi);
	tree_file(t, PORT "/latency_timer", "16\n");
	snprintf(path, sizeof(path), "%s/" PORT "/latency_timer", t->root);
	assert_int_equal(chmod(path, 0444), 0);
	latency_shorten(&l, t->tty, "ttyUSB0", note, sizeof(note));
	assert_string_equal(note, "latency timer: stays at 16 ms: this user may not change it");
	latency_restore(&l);
	assert_string_equal(timer(t), "16\n");
}

static void a_bridge_without_a_timer_has_nothing_to_say(void **state)
{
	const struct tree *t = *state;
	struct latency l = { .path = "" };
	char note[120] = "old";

	tree_plug(t, &ftdi);
	latency_shorten(&l, t->tty, "ttyUSB0", note, sizeof(note));
	assert_string_equal(note, "");
	latency_restore(&l);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_set_up, tree_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_timer_is_short_for_a_run_and_then_as_it_was),
		TEST(what_was_put_back_once_is_left_alone),
		TEST(opened_again_a_port_still_gets_back_what_it_had_at_first),
		TEST(what_came_in_its_place_gets_back_its_own),
		TEST(a_timer_that_was_short_stays_so),
		TEST(a_timer_that_may_not_be_changed_is_said_and_left),
		TEST(a_bridge_without_a_timer_has_nothing_to_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
