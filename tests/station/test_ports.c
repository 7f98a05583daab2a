#define _XOPEN_SOURCE 700 /* getpid, mkdtemp */
#include "tests/station/tree.h"

#include "station/ports.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PCI "devices/pci0000:00/0000:00:14.0/"

static const struct tree_usb cp2104 = {
	.device = PCI "usb1/1-1/1-1.4",
	.interface = "1-1.4:1.0",
	.tty = "ttyUSB0",
	.vid = "10c4",
	.pid = "ea60",
	.manufacturer = "Silicon Labs",
	.product = "CP2104 USB to UART Bridge Controller",
	.serial = "01A2B3C4",
	.release = "0100",
	.driver = "cp210x",
};

static const struct tree_usb ch9102 = {
	.device = "devices/platform/soc/fe980000.usb/usb3/3-1/3-1.2",
	.interface = "3-1.2:1.0",
	.tty = "ttyACM0",
	.vid = "1a86",
	.pid = "55d4",
	.product = "USB Single Serial",
	.serial = "5647012345",
	.release = "0443",
	.driver = "cdc_acm",
};

static void scan(const struct tree *t, struct port_list *ports)
{
	struct err err;

	if (ports_scan(t->tty, ports, &err))
		fail_msg("%s", err.text);
}

static void a_usb_serial_port_tells_all_about_its_bridge(void **state)
{
	const struct tree *t = *state;
	struct port_list ports;
	const struct port *p;
	char path[256];

	tree_plug(t, &cp2104);
	scan(t, &ports);
	assert_int_equal(ports.count, 1);
	p = &ports.items[0];
	assert_string_equal(p->name, "ttyUSB0");
	assert_string_equal(p->node, "/dev/ttyUSB0");
	assert_string_equal(p->slot, "pci-0000:00:14.0/1.4:1.0");
	assert_true(p->is_usb);
	assert_int_equal(p->vid, 0x10C4);
	assert_int_equal(p->pid, 0xEA60);
	assert_string_equal(p->manufacturer, "Silicon Labs");
	assert_string_equal(p->product, "CP2104 USB to UART Bridge Controller");
	assert_string_equal(p->serial, "01A2B3C4");
	assert_string_equal(p->release, "0100");
	assert_string_equal(p->driver, "cp210x");
	assert_int_equal(p->speed_mbps, 12);
	snprintf(path, sizeof(path), "%s/" PCI "usb1/1-1/1-1.4/1-1.4:1.0", t->root);
	assert_string_equal(p->usb_path, path);
	ports_release(&ports);
}

static void a_cdc_port_on_a_platform_controller_has_a_slot_too(void **state)
{
	const struct tree *t = *state;
	struct port_list ports;

	tree_plug(t, &ch9102);
	scan(t, &ports);
	assert_int_equal(ports.count, 1);
	assert_string_equal(ports.items[0].slot, "platform-fe980000.usb/1.2:1.0");
	assert_string_equal(ports.items[0].manufacturer, "");
	assert_string_equal(ports.items[0].driver, "cdc_acm");
	ports_release(&ports);
}

static void another_bus_number_and_another_node_leave_the_slot_as_it_was(void **state)
{
	const struct tree *t = *state;
	struct tree_usb later = cp2104;
	struct port_list before, after;

	tree_plug(t, &cp2104);
	scan(t, &before);
	tree_remove(t, "class/tty/ttyUSB0");
	later.device = PCI "usb7/7-1/7-1.4";
	later.interface = "7-1.4:1.0";
	later.tty = "ttyUSB9";
	tree_plug(t, &later);
	scan(t, &after);
	assert_int_equal(after.count, 1);
	assert_string_equal(after.items[0].node, "/dev/ttyUSB9");
	assert_string_equal(after.items[0].slot, before.items[0].slot);
	ports_release(&before);
	ports_release(&after);
}

static void ports_stand_in_the_order_of_their_places(void **state)
{
	static const char *const chains[] = { "1.10", "1.2", "1.9" };
	const struct tree *t = *state;
	struct port_list ports;

	for (unsigned i = 0; i < 3; i++) {
		char device[128], interface[32], tty[16];
		struct tree_usb usb = cp2104;

		snprintf(device, sizeof(device), PCI "usb1/1-%s", chains[i]);
		snprintf(interface, sizeof(interface), "1-%s:1.0", chains[i]);
		snprintf(tty, sizeof(tty), "ttyUSB%u", i);
		usb.device = device;
		usb.interface = interface;
		usb.tty = tty;
		tree_plug(t, &usb);
	}
	scan(t, &ports);
	assert_int_equal(ports.count, 3);
	assert_string_equal(ports.items[0].slot, "pci-0000:00:14.0/1.2:1.0");
	assert_string_equal(ports.items[1].slot, "pci-0000:00:14.0/1.9:1.0");
	assert_string_equal(ports.items[2].slot, "pci-0000:00:14.0/1.10:1.0");
	ports_release(&ports);
}

static void an_entry_that_vanished_is_left_out_and_the_others_stay(void **state)
{
	const struct tree *t = *state;
	struct port_list ports;

	tree_plug(t, &cp2104);
	tree_plug(t, &ch9102);
	/* The link is still listed, the device behind it has gone. */
	tree_remove(t, PCI "usb1/1-1/1-1.4");
	scan(t, &ports);
	assert_int_equal(ports.count, 1);
	assert_string_equal(ports.items[0].name, "ttyACM0");
	ports_release(&ports);
}

static void a_device_that_lost_its_ids_meanwhile_is_left_out(void **state)
{
	const struct tree *t = *state;
	struct port_list ports;

	tree_plug(t, &cp2104);
	tree_remove(t, PCI "usb1/1-1/1-1.4/idVendor");
	scan(t, &ports);
	assert_int_equal(ports.count, 0);
	ports_release(&ports);
}

static void a_real_uart_is_listed_after_usb_and_an_absent_one_is_not(void **state)
{
	const struct tree *t = *state;
	struct port_list ports;

	tree_plug(t, &cp2104);
	tree_file(t, "devices/pnp0/00:04/tty/ttyS0/type", "4\n");
	tree_link(t, "class/tty/ttyS0", "devices/pnp0/00:04/tty/ttyS0");
	tree_link(t, "devices/pnp0/00:04/tty/ttyS0/device", "devices/pnp0/00:04");
	tree_file(t, "devices/platform/serial8250/tty/ttyS1/type", "0\n");
	tree_link(t, "class/tty/ttyS1", "devices/platform/serial8250/tty/ttyS1");
	tree_link(t, "devices/platform/serial8250/tty/ttyS1/device", "devices/platform/serial8250");
	scan(t, &ports);
	assert_int_equal(ports.count, 2);
	assert_string_equal(ports.items[0].name, "ttyUSB0");
	assert_string_equal(ports.items[1].slot, "ttyS0");
	assert_false(ports.items[1].is_usb);
	ports_release(&ports);
}

static void what_a_device_says_cannot_command_a_terminal(void **state)
{
	const struct tree *t = *state;
	struct tree_usb hostile = cp2104;
	struct port_list ports;

	hostile.product = "bad\033[2Jname";
	hostile.serial = "\xff\xfe";
	tree_plug(t, &hostile);
	scan(t, &ports);
	assert_string_equal(ports.items[0].product, "bad?[2Jname");
	assert_string_equal(ports.items[0].serial, "??");
	ports_release(&ports);
}

static void no_sysfs_is_an_error_that_names_it(void **state)
{
	struct port_list ports;
	struct err err;

	(void)state;
	assert_int_equal(ports_scan("/nonexistent/tty", &ports, &err), STATUS_FILE);
	assert_non_null(strstr(err.text, "/nonexistent/tty"));
}

static void slots_follow_the_controller_and_the_chain(void **state)
{
	static const struct {
		const char *path, *slot;
	} rows[] = {
		{ "/sys/devices/pci0000:00/0000:00:1c.4/0000:03:00.0/usb3/3-2/3-2.1/3-2.1:1.1/"
		  "ttyUSB4",
		  "pci-0000:03:00.0/2.1:1.1" },
		{ "/sys/devices/platform/axi/1000120000.pcie/1f00200000.usb/xhci-hcd.0/usb1/1-1/"
		  "1-1:1.0",
		  "platform-1f00200000.usb/1:1.0" },
		{ "/sys/devices/platform/dummy_hcd.0/usb1/1-1/1-1:1.0/ttyUSB0",
		  "platform-dummy_hcd.0/1:1.0" },
		{ "/sys/devices/platform/soc@0/32f10100.usb/38100000.usb/xhci-hcd.1.auto/usb1/1-1/"
		  "1-1:1.0",
		  "platform-38100000.usb/1:1.0" },
		{ "/sys/devices/platform/soc@0/30800000.bus/32e40000.usb/ci_hdrc.0/usb1/1-1/"
		  "1-1:1.0",
		  "platform-32e40000.usb/1:1.0" },
		{ "/sys/devices/platform/ocp/47400000.target-module/47401c00.usb/musb-hdrc.1/usb2/"
		  "2-1/2-1:1.0",
		  "platform-47401c00.usb/1:1.0" },
		{ "/sys/devices/pci0001:00/0001:00:00.0/0001:01:00.0/usb1/1-1/1-1:1.2",
		  "pci-0001:01:00.0/1:1.2" },
		{ "/sys/devices/platform/vhci_hcd.0/usb5/5-3/5-3:1.0/ttyUSB0",
		  "platform-vhci_hcd.0/3:1.0" },
		{ "/tmp/.devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.4/1-1.4:1.0/ttyUSB0",
		  "pci-0000:00:14.0/1.4:1.0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char slot[200];
		size_t end;

		assert_true(slot_from_path(rows[i].path, slot, sizeof(slot), &end));
		assert_string_equal(slot, rows[i].slot);
		assert_true(rows[i].path[end] == '/' || rows[i].path[end] == '\0');
	}
}

struct odd {
	const char *device, *interface, *tty, *speed, *slot;
};

/* The same place on two controllers, on the two root hubs of one, in another PCI domain. */
static void no_two_ports_have_one_slot(void **state)
{
	static const struct odd rows[] = {
		{ PCI "usb1/1-1", "1-1:1.0", "ttyUSB0", "12", "pci-0000:00:14.0/1:1.0" },
		{ PCI "usb2/2-1", "2-1:1.0", "ttyUSB1", "5000", "pci-0000:00:14.0/ss1:1.0" },
		{ PCI "usb1/1-1/1-1.4", "1-1.4:1.0", "ttyUSB2", "12", "pci-0000:00:14.0/1.4:1.0" },
		{ "devices/pci0000:00/0000:00:1d.0/usb3/3-1", "3-1:1.0", "ttyUSB4", "12",
		  "pci-0000:00:1d.0/1:1.0" },
		{ "devices/pci10000:00/10000:00:14.0/usb4/4-1", "4-1:1.0", "ttyUSB5", "12",
		  "pci-10000:00:14.0/1:1.0" },
		{ "devices/platform/vhci_hcd.0/usb5/5-1", "5-1:1.0", "ttyUSB6", "12",
		  "platform-vhci_hcd.0/1:1.0" },
		{ "devices/platform/vhci_hcd.1/usb7/7-1", "7-1:1.0", "ttyUSB7", "12",
		  "platform-vhci_hcd.1/1:1.0" },
		{ "devices/platform/xhci-hcd.0.auto/usb8/8-1", "8-1:1.0", "ttyUSB8", "12",
		  "platform-xhci-hcd.0.auto/1:1.0" },
		{ "devices/platform/xhci-hcd.1.auto/usb9/9-1", "9-1:1.0", "ttyUSB9", "12",
		  "platform-xhci-hcd.1.auto/1:1.0" },
		{ PCI "usb1/1-2/1-2.3/1-2.3.4/1-2.3.4.1/1-2.3.4.1.7/1-2.3.4.1.7.2",
		  "1-2.3.4.1.7.2:1.0", "ttyUSB10", "12", "pci-0000:00:14.0/2.3.4.1.7.2:1.0" },
		{ PCI "usb1/1-2/1-2.3/1-2.3.4/1-2.3.4.1/1-2.3.4.1.7/1-2.3.4.1.7.20",
		  "1-2.3.4.1.7.20:1.0", "ttyUSB11", "12", "pci-0000:00:14.0/2.3.4.1.7.20:1.0" },
	};
	const size_t count = sizeof(rows) / sizeof(rows[0]);
	const struct tree *t = *state;
	struct port_list ports;

	for (size_t i = 0; i < count; i++) {
		struct tree_usb usb = cp2104;
		char path[256];

		usb.device = rows[i].device;
		usb.interface = rows[i].interface;
		usb.tty = rows[i].tty;
		usb.serial = "0001"; /* as CP2102 have it */
		tree_plug(t, &usb);
		snprintf(path, sizeof(path), "%s/speed", rows[i].device);
		tree_file(t, path, rows[i].speed);
	}
	scan(t, &ports);
	assert_int_equal(ports.count, count);
	for (size_t i = 0; i < count; i++) {
		const struct port *p = NULL;

		for (size_t j = 0; j < count; j++) {
			if (strcmp(ports.items[j].name, rows[i].tty) == 0)
				p = &ports.items[j];
			if (j != i)
				assert_string_not_equal(ports.items[i].slot, ports.items[j].slot);
		}
		assert_non_null(p);
		assert_string_equal(p->slot, rows[i].slot);
	}
	ports_release(&ports);
}

/* Of a chip with several ports whose driver is not the kernel's own. */
static void ports_that_nobody_numbers_are_told_apart_by_their_order(void **state)
{
	const struct tree *t = *state;
	struct port_list ports;

	for (unsigned i = 0; i < 11; i++) {
		struct tree_usb usb = cp2104;
		char tty[16];

		snprintf(tty, sizeof(tty), "ttyUSB%u", i + 5);
		usb.tty = tty;
		tree_plug(t, &usb);
	}
	scan(t, &ports);
	assert_int_equal(ports.count, 11);
	assert_string_equal(ports.items[0].name, "ttyUSB5");
	assert_string_equal(ports.items[0].slot, "pci-0000:00:14.0/1.4:1.0");
	assert_string_equal(ports.items[1].name, "ttyUSB6");
	assert_string_equal(ports.items[1].slot, "pci-0000:00:14.0/1.4:1.0.port1");
	assert_string_equal(ports.items[10].name, "ttyUSB15");
	assert_string_equal(ports.items[10].slot, "pci-0000:00:14.0/1.4:1.0.port10");
	ports_release(&ports);
}

static void a_fast_device_is_not_taken_for_what_stands_at_the_same_number(void **state)
{
	const struct tree *t = *state;
	struct tree_usb fast = cp2104;
	struct port found;

	fast.device = PCI "usb2/2-1/2-1.4";
	fast.interface = "2-1.4:1.0";
	fast.tty = "ttyUSB1";
	tree_plug(t, &fast);
	tree_file(t, PCI "usb2/2-1/2-1.4/speed", "5000\n");
	assert_false(ports_find_at(t->tty, "pci-0000:00:14.0/1.4:1.0", &found));
	assert_true(ports_find_at(t->tty, "pci-0000:00:14.0/ss1.4:1.0", &found));
	tree_plug(t, &cp2104);
	assert_true(ports_find_at(t->tty, "pci-0000:00:14.0/1.4:1.0", &found));
	assert_string_equal(found.name, "ttyUSB0");
}

static void texts_of_any_kind_stay_on_one_line_and_valid(void **state)
{
	static const struct {
		const char *given, *shown;
	} rows[] = {
		{ "two\nlines", "two" },
		{ "", "" },
		{ "\tM5\r", "?M5?" },
		{ "M5Stack \xE2\x84\xA2 \xE4\xB8\xAD", "M5Stack \xE2\x84\xA2 \xE4\xB8\xAD" },
		{ "cut \xE2\x84", "cut ??" },
		{ "next line\xC2\x85", "next line??" },
	};
	const struct tree *t = *state;
	char many[200], path[128] = PCI "usb1/1-1/1-1.4/product";
	struct port_list ports;

	tree_plug(t, &cp2104);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tree_file(t, path, rows[i].given);
		scan(t, &ports);
		assert_int_equal(ports.count, 1);
		assert_string_equal(ports.items[0].product, rows[i].shown);
		ports_release(&ports);
	}
	/* Of a character that is cut in two, nothing that is not UTF-8 stays. */
	for (size_t i = 0; i + 3 < sizeof(many); i += 3)
		memcpy(many + i, "\xE4\xB8\xAD", 4);
	tree_file(t, path, many);
	scan(t, &ports);
	assert_int_equal(strlen(ports.items[0].product), 127);
	assert_string_equal(ports.items[0].product + 126, "?");
	ports_release(&ports);
}

static void a_path_without_usb_has_no_slot(void **state)
{
	char slot[200];
	size_t end;

	(void)state;
	/* Nor has one whose slot would be cut, and so might be another's. */
	assert_false(slot_from_path("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0", slot,
				    20, &end));
	assert_false(slot_from_path("/sys/devices/pnp0/00:04", slot, sizeof(slot), &end));
	assert_false(slot_from_path("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1", slot,
				    sizeof(slot), &end));
}

static void whoever_has_the_port_open_is_found_in_proc(void **state)
{
	const struct tree *t = *state;
	struct port port = { .node = "/dev/null" };
	struct port_list list = { .items = &port, .count = 1 };
	char proc[128], link[192];

	/* A made-up process 4711 with the device open as descriptor 3. */
	tree_file(t, "proc/4711/cmdline", "modem-manager");
	tree_file(t, "proc/4711/fd/.keep", "");
	snprintf(link, sizeof(link), "%s/proc/4711/fd/3", t->root);
	assert_int_equal(symlink("/dev/null", link), 0);
	snprintf(proc, sizeof(proc), "%s/proc", t->root);
	ports_find_holders(&list, proc);
	assert_int_equal(port.holder_pid, 4711);
	assert_string_equal(port.holder, "modem-manager");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, tree_set_up, tree_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_usb_serial_port_tells_all_about_its_bridge),
		TEST(a_cdc_port_on_a_platform_controller_has_a_slot_too),
		TEST(another_bus_number_and_another_node_leave_the_slot_as_it_was),
		TEST(ports_stand_in_the_order_of_their_places),
		TEST(an_entry_that_vanished_is_left_out_and_the_others_stay),
		TEST(a_device_that_lost_its_ids_meanwhile_is_left_out),
		TEST(a_real_uart_is_listed_after_usb_and_an_absent_one_is_not),
		TEST(what_a_device_says_cannot_command_a_terminal),
		TEST(no_sysfs_is_an_error_that_names_it),
		TEST(slots_follow_the_controller_and_the_chain),
		TEST(no_two_ports_have_one_slot),
		TEST(ports_that_nobody_numbers_are_told_apart_by_their_order),
		TEST(a_fast_device_is_not_taken_for_what_stands_at_the_same_number),
		TEST(texts_of_any_kind_stay_on_one_line_and_valid),
		TEST(a_path_without_usb_has_no_slot),
		TEST(whoever_has_the_port_open_is_found_in_proc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
