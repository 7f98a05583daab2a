#include "tests/station/tree.h"

#include "station/select.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct port items[3];
static const struct port_list none = { 0 };
static struct port_list list = { .items = items };

static void plug(size_t i, const char *name, const char *slot, uint16_t vid, uint16_t pid)
{
	items[i] = (struct port){ .is_usb = vid != 0, .vid = vid, .pid = pid };
	snprintf(items[i].name, sizeof(items[i].name), "%s", name);
	snprintf(items[i].node, sizeof(items[i].node), "/dev/%s", name);
	snprintf(items[i].slot, sizeof(items[i].slot), "%s", slot);
}

/* A CH340, a CH9102, and somebody's modem. */
static int set_up(void **state)
{
	(void)state;
	plug(0, "ttyUSB0", "pci-0000:00:14.0/1.1:1.0", 0x1A86, 0x7523);
	plug(1, "ttyACM0", "pci-0000:00:14.0/1.2:1.0", 0x1A86, 0x55D4);
	plug(2, "ttyUSB1", "pci-0000:00:14.0/1.3:1.0", 0x12D1, 0x1506);
	list.count = 3;
	return 0;
}

static void the_only_known_port_is_used_without_being_named(void **state)
{
	struct port_list one = { .items = items + 1, .count = 2 };
	struct selection s;
	struct err err;

	(void)state;
	assert_int_equal(select_ports(&one, NULL, 0, false, &s, &err), STATUS_OK);
	assert_int_equal(s.count, 1);
	assert_string_equal(s.places[0].port->name, "ttyACM0");
	assert_string_equal(s.places[0].bridge->name, "CH9102");
	selection_release(&s);
}

static void the_short_name_that_views_show_is_taken_where_it_names_one_slot(void **state)
{
	static const char *const chain = "1.2", *const half = "1";
	struct selection s;
	struct err err;

	(void)state;
	assert_int_equal(select_ports(&list, &chain, 1, false, &s, &err), STATUS_OK);
	assert_int_equal(s.count, 1);
	assert_string_equal(s.places[0].port->name, "ttyACM0");
	selection_release(&s);
	assert_int_equal(select_ports(&list, &half, 1, false, &s, &err), STATUS_USAGE);
	selection_release(&s);
	/* A second controller with the same chain. */
	plug(2, "ttyUSB1", "pci-0000:03:00.0/1.2:1.0", 0x1A86, 0x7523);
	assert_int_equal(select_ports(&list, &chain, 1, false, &s, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "1.2: 2 slots are called so"));
	selection_release(&s);
}

static void several_known_ports_are_not_guessed_between(void **state)
{
	struct selection s;
	struct err err;

	(void)state;
	assert_int_equal(select_ports(&list, NULL, 0, false, &s, &err), STATUS_USAGE);
	assert_true(s.is_ambiguous);
	assert_int_equal(s.count, 0);
	selection_release(&s);
}

static void all_means_known_bridges_and_never_a_modem(void **state)
{
	struct selection s;
	struct err err;

	(void)state;
	assert_int_equal(select_ports(&list, NULL, 0, true, &s, &err), STATUS_OK);
	assert_int_equal(s.count, 2);
	selection_release(&s);
}

static void no_unit_is_an_error_even_with_all(void **state)
{
	struct port_list modem = { .items = items + 2, .count = 1 };
	struct selection s;
	struct err err;

	(void)state;
	assert_int_equal(select_ports(&none, NULL, 0, true, &s, &err), STATUS_USAGE);
	assert_false(s.is_ambiguous);
	selection_release(&s);
	assert_int_equal(select_ports(&modem, NULL, 0, true, &s, &err), STATUS_USAGE);
	selection_release(&s);
}

static void nodes_names_and_slots_name_ports(void **state)
{
	static const char *const names[] = { "/dev/ttyUSB0", "pci-0000:00:14.0/1.2:1.0",
					     "ttyUSB1" };
	struct selection s;
	struct err err;

	(void)state;
	assert_int_equal(select_ports(&list, names, 3, false, &s, &err), STATUS_OK);
	assert_int_equal(s.count, 3);
	/* A port that was named is used whatever stands behind it. */
	assert_ptr_equal(s.places[2].bridge, bridge_generic());
	selection_release(&s);
}

static void a_port_that_was_named_twice_is_taken_once(void **state)
{
	static const char *const names[] = { "/dev/ttyUSB0", "pci-0000:00:14.0/1.1:1.0" };
	struct selection s;
	struct err err;

	(void)state;
	assert_int_equal(select_ports(&list, names, 2, false, &s, &err), STATUS_OK);
	assert_int_equal(s.count, 1);
	selection_release(&s);
}

static void a_name_that_is_no_port_stops_everything_and_is_told(void **state)
{
	static const char *const names[] = { "/dev/ttyUSB0", "/dev/ttyUSB7" };
	struct selection s;
	struct err err;

	(void)state;
	assert_int_equal(select_ports(&list, names, 2, false, &s, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "/dev/ttyUSB7"));
	assert_int_equal(s.count, 0);
	selection_release(&s);
}

static void a_link_to_a_node_names_its_port(void **state)
{
	const struct tree *t = *state;
	char link[128];
	const char *const names[] = { link };
	struct selection s;
	struct err err;

	set_up(NULL);
	/* Any node that exists will do as the target. */
	plug(2, "null", "null", 0, 0);
	tree_file(t, "by-id/.keep", "");
	tree_link(t, "by-id/usb-thing", "../../../../../../../../dev/null");
	snprintf(link, sizeof(link), "%s/by-id/usb-thing", t->root);
	assert_int_equal(select_ports(&list, names, 1, false, &s, &err), STATUS_OK);
	assert_int_equal(s.count, 1);
	assert_string_equal(s.places[0].port->node, "/dev/null");
	selection_release(&s);
}

/* With exactly this target; path gets where the link is. */
static void make_link(const struct tree *t, const char *link, const char *target, char *path,
		      size_t size)
{
	snprintf(path, size, "%s/%s", t->root, link);
	assert_int_equal(symlink(target, path), 0);
}

static void expect_link(const struct tree *t, const char *link, const char *target)
{
	char path[128];
	const char *const names[] = { path };
	struct selection s;
	struct err err;

	make_link(t, link, target, path, sizeof(path));
	assert_int_equal(select_ports(&list, names, 1, false, &s, &err), STATUS_OK);
	assert_int_equal(s.count, 1);
	assert_string_equal(s.places[0].port->node, "/dev/unit-77");
	selection_release(&s);
}

static void a_link_names_its_port_also_while_no_node_is_there(void **state)
{
	const struct tree *t = *state;
	static const char *const relative = "../../../../../../../../dev/unit-77";
	struct selection s;
	struct err err;

	set_up(NULL);
	plug(2, "unit-77", "unit-77", 0, 0);
	tree_file(t, "by-id/.keep", "");
	expect_link(t, "by-id/relative", relative);
	expect_link(t, "by-id/absolute", "/dev/unit-77");
	expect_link(t, "by-id/twice", "relative");
	assert_int_equal(select_ports(&list, &relative, 1, false, &s, &err), STATUS_OK);
	selection_release(&s);
	/* Two that lead to each other lead nowhere. */
	char path[128];
	const char *const names[] = { path };
	make_link(t, "by-id/b", "a", path, sizeof(path));
	make_link(t, "by-id/a", "b", path, sizeof(path));
	assert_int_equal(select_ports(&list, names, 1, false, &s, &err), STATUS_USAGE);
	selection_release(&s);
}

/* ---- a unit that restarts just now ---- */

struct bench {
	const struct tree *tree;
	uint64_t now_us, plug_at_us; /* UINT64_MAX: never */
};

static uint64_t bench_now(void *ctx)
{
	return ((struct bench *)ctx)->now_us;
}

static void bench_sleep(void *ctx, uint64_t at_us)
{
	struct bench *b = ctx;

	b->now_us = at_us;
	if (at_us >= b->plug_at_us) {
		tree_plug(b->tree,
			  &(struct tree_usb){
				  .device = "devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.4",
				  .interface = "1-1.4:1.0",
				  .tty = "ttyACM7",
				  .vid = "303a",
				  .pid = "1001",
				  .driver = "cdc_acm",
			  });
		b->plug_at_us = UINT64_MAX;
	}
}

/* How long the scan for this name took, and how many ports it found. */
static uint64_t scan_us(const struct tree *t, const char *name, uint64_t plug_at_us, size_t *count)
{
	struct bench b = { .tree = t, .plug_at_us = plug_at_us };
	const struct clock clock = { .now_us = bench_now,
				     .sleep_until_us = bench_sleep,
				     .ctx = &b };
	struct port_list found;
	struct err err;

	tree_file(t, "class/tty/.keep", "");
	assert_int_equal(
		select_scan(t->tty, &name, 1, deadline_after_ms(&clock, 3000), &found, &err),
		STATUS_OK);
	*count = found.count;
	ports_release(&found);
	return b.now_us;
}

static void a_slot_whose_unit_restarts_is_waited_for(void **state)
{
	size_t count;

	assert_in_range(scan_us(*state, "pci-0000:00:14.0/1.4:1.0", 700000, &count), 700000,
			800000);
	assert_int_equal(count, 1);
	/* Now it is there, and both its names find it at once. */
	assert_int_equal(scan_us(*state, "pci-0000:00:14.0/1.4:1.0", UINT64_MAX, &count), 0);
	assert_int_equal(scan_us(*state, "1.4", UINT64_MAX, &count), 0);
}

static void a_slot_that_stays_empty_is_waited_for_no_longer_than_told(void **state)
{
	size_t count;

	assert_in_range(scan_us(*state, "1.4", UINT64_MAX, &count), 3000000, 3100000);
	assert_int_equal(count, 0);
}

static void no_node_is_waited_for(void **state)
{
	static const char *const nodes[] = { "/dev/ttyACM7", "ttyACM7", "../dev/ttyACM7",
					     "/dev/serial/by-path/pci-0000:00:14.0-usb-0:1.4:1.0" };
	size_t count;

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		assert_int_equal(scan_us(*state, nodes[i], UINT64_MAX, &count), 0);
}

#define TREE_TEST(function) cmocka_unit_test_setup_teardown(function, tree_set_up, tree_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_only_known_port_is_used_without_being_named, set_up),
		cmocka_unit_test_setup(
			the_short_name_that_views_show_is_taken_where_it_names_one_slot, set_up),
		cmocka_unit_test_setup(several_known_ports_are_not_guessed_between, set_up),
		cmocka_unit_test_setup(all_means_known_bridges_and_never_a_modem, set_up),
		cmocka_unit_test_setup(no_unit_is_an_error_even_with_all, set_up),
		cmocka_unit_test_setup(nodes_names_and_slots_name_ports, set_up),
		cmocka_unit_test_setup(a_port_that_was_named_twice_is_taken_once, set_up),
		cmocka_unit_test_setup(a_name_that_is_no_port_stops_everything_and_is_told, set_up),
		TREE_TEST(a_link_to_a_node_names_its_port),
		TREE_TEST(a_link_names_its_port_also_while_no_node_is_there),
		TREE_TEST(a_slot_whose_unit_restarts_is_waited_for),
		TREE_TEST(a_slot_that_stays_empty_is_waited_for_no_longer_than_told),
		TREE_TEST(no_node_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
