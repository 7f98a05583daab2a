/* Asking bridges for their part: a made-up /dev/bus/usb, and requests that the test answers. */
#define _XOPEN_SOURCE 700 /* posix_openpt */
#include "tests/station/tree.h"

#include "engine/base/clock.h"
#include "station/usb_query.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the bridge under test answers; threads of usb_query_places() use it too. */
static struct {
	uint8_t request;
	uint16_t value;
	uint8_t bytes[8];
	int count;        /* of a first request; -1 fails */
	int count_of_two; /* of one for two bytes */
	atomic_int asked;
	int hold; /* a pipe to be read before it answers; 0: none */
} bridge;

static int answer(int fd, struct usbdevfs_ctrltransfer *t)
{
	int count = t->wLength == 2 ? bridge.count_of_two : bridge.count;
	char byte;

	(void)fd;
	atomic_fetch_add(&bridge.asked, 1);
	if (bridge.hold)
		while (read(bridge.hold, &byte, 1) < 0 && errno == EINTR)
			;
	/* Nothing but reading: what else comes would change the device. */
	if (t->bRequestType != 0xC0 || t->bRequest != bridge.request || t->wValue != bridge.value ||
	    t->wIndex != 0 || t->timeout == 0 || t->timeout > 1000) {
		errno = EPIPE;
		return -1;
	}
	if (count > t->wLength)
		count = t->wLength;
	if (count > 0)
		memcpy(t->data, bridge.bytes, (size_t)count);
	return count;
}

static void answers(uint8_t request, uint16_t value, uint8_t first, uint8_t second)
{
	bridge.request = request;
	bridge.value = value;
	memset(bridge.bytes, 0, sizeof(bridge.bytes));
	bridge.bytes[0] = first;
	bridge.bytes[1] = second;
	bridge.count = 8;
	bridge.count_of_two = 2;
	bridge.hold = 0;
	atomic_store(&bridge.asked, 0);
}

struct machine {
	char usb[96], proc[96];
	struct usb_bus bus;
};

/* node: what stands at device 7 of bus 1; the start of a device descriptor. */
static struct machine machine_new(const struct tree *t, uint16_t vid, uint16_t pid)
{
	struct machine m;
	char path[128];
	FILE *node;

	snprintf(m.usb, sizeof(m.usb), "%s/usb", t->root);
	snprintf(m.proc, sizeof(m.proc), "%s/proc", t->root);
	tree_file(t, "proc/locks", "");
	tree_file(t, "usb/001/007", "");
	snprintf(path, sizeof(path), "%s/001/007", m.usb);
	node = fopen(path, "w");
	assert_non_null(node);
	for (int i = 0; i < 8; i++)
		fputc(i, node);
	fputc(vid & 0xFF, node);
	fputc(vid >> 8, node);
	fputc(pid & 0xFF, node);
	fputc(pid >> 8, node);
	for (int i = 0; i < 6; i++)
		fputc(i, node);
	fclose(node);
	m.bus = (struct usb_bus){ .control = answer };
	return m;
}

static const struct usb_bus *bus_of(struct machine *m)
{
	m->bus.root = m->usb;
	m->bus.proc = m->proc;
	return &m->bus;
}

static struct port port_with(uint16_t vid, uint16_t pid)
{
	return (struct port){ .node = "/dev/no such node",
			      .is_usb = true,
			      .vid = vid,
			      .pid = pid,
			      .usb_bus = 1,
			      .usb_device = 7 };
}

static void a_cp210x_names_its_part(void **state)
{
	struct machine m = machine_new(*state, 0x10C4, 0xEA60);
	struct port p = port_with(0x10C4, 0xEA60);

	answers(0xFF, 0x370B, 0x04, 0);
	p.answer = usb_query(bus_of(&m), &p, ASK_CP210X_PART);
	assert_int_equal(p.answer.asked, USB_ANSWERED);
	assert_int_equal(p.answer.part, 0x04);
	assert_false(p.answer.is_short);
	assert_int_equal(atomic_load(&bridge.asked), 1);
	assert_string_equal(bridge_of_port(&p)->name, "CP2104");
}

static void a_copy_of_a_cp2102_gives_itself_away(void **state)
{
	struct machine m = machine_new(*state, 0x10C4, 0xEA60);
	struct port p = port_with(0x10C4, 0xEA60);

	answers(0xFF, 0x370B, 0x02, 0);
	p.answer = usb_query(bus_of(&m), &p, ASK_CP210X_PART);
	assert_int_equal(p.answer.part, 0x02);
	assert_false(p.answer.is_short);
	bridge.count_of_two = 1;
	p.answer = usb_query(bus_of(&m), &p, ASK_CP210X_PART);
	assert_int_equal(p.answer.asked, USB_ANSWERED);
	assert_int_equal(p.answer.part, 0x02);
	assert_true(p.answer.is_short);
}

static void the_second_byte_of_eight_is_a_wch_chips_type(void **state)
{
	struct machine m = machine_new(*state, 0x1A86, 0x55D4);
	struct port p = port_with(0x1A86, 0x55D4);

	answers(0x5F, 0, 0x43, 0x09);
	p.answer = usb_query(bus_of(&m), &p, ASK_WCH_TYPE);
	assert_int_equal(p.answer.asked, USB_ANSWERED);
	assert_int_equal(p.answer.part, 0x09);
	bridge.count = 1; /* too short to hold the type */
	p.answer = usb_query(bus_of(&m), &p, ASK_WCH_TYPE);
	assert_int_equal(p.answer.asked, USB_SILENT);
}

static void a_bridge_that_refuses_keeps_its_general_name(void **state)
{
	struct machine m = machine_new(*state, 0x10C4, 0xEA60);
	struct port p = port_with(0x10C4, 0xEA60);

	answers(0xFF, 0x370B, 0x04, 0);
	bridge.count = -1;
	p.answer = usb_query(bus_of(&m), &p, ASK_CP210X_PART);
	assert_int_equal(p.answer.asked, USB_SILENT);
	assert_string_equal(bridge_of_port(&p)->name, "CP210x");
}

static void another_device_at_the_same_number_is_not_asked(void **state)
{
	struct machine m = machine_new(*state, 0x12D1, 0x1506);
	const struct port p = port_with(0x10C4, 0xEA60);

	answers(0xFF, 0x370B, 0x04, 0);
	assert_int_equal(usb_query(bus_of(&m), &p, ASK_CP210X_PART).asked, USB_SILENT);
	assert_int_equal(atomic_load(&bridge.asked), 0);
}

static void what_has_no_node_is_not_asked(void **state)
{
	struct machine m = machine_new(*state, 0x10C4, 0xEA60);
	struct port p = port_with(0x10C4, 0xEA60);

	answers(0xFF, 0x370B, 0x04, 0);
	p.usb_device = 8;
	assert_int_equal(usb_query(bus_of(&m), &p, ASK_CP210X_PART).asked, USB_SILENT);
	p.usb_device = 0;
	assert_int_equal(usb_query(bus_of(&m), &p, ASK_CP210X_PART).asked, USB_NOT_ASKED);
	assert_int_equal(atomic_load(&bridge.asked), 0);
}

static void without_the_right_to_write_nothing_is_asked(void **state)
{
	const struct tree *t = *state;
	struct machine m = machine_new(t, 0x10C4, 0xEA60);
	const struct port p = port_with(0x10C4, 0xEA60);
	const bool is_root = geteuid() == 0;
	struct usb_answer got;
	char path[128];

	answers(0xFF, 0x370B, 0x04, 0);
	snprintf(path, sizeof(path), "%s/001/007", m.usb);
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(chmod(t->root, 0755), 0);
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	got = usb_query(bus_of(&m), &p, ASK_CP210X_PART);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(got.asked, USB_NOT_PERMITTED);
	assert_int_equal(atomic_load(&bridge.asked), 0);
}

static struct station_place place_of(struct port *p)
{
	return (struct station_place){ .port = p, .bridge = bridge_of_port(p) };
}

static void a_port_that_a_program_has_open_is_not_asked(void **state)
{
	struct machine m = machine_new(*state, 0x10C4, 0xEA60);
	struct port items[] = { port_with(0x10C4, 0xEA60), port_with(0x10C4, 0xEA60) };
	struct port_list ports = { .items = items, .count = 2 };
	struct station_place places[] = { place_of(&items[0]), place_of(&items[1]) };
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct usb_asking *stuck;

	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	snprintf(items[1].node, sizeof(items[1].node), "%s", ptsname(master));
	slave = open(items[1].node, O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	answers(0xFF, 0x370B, 0x04, 0);
	m.bus.root = m.usb;
	m.bus.proc = PORTS_PROC;
	usb_query_places(&m.bus, &ports, places, 2, 60000, &stuck);
	assert_null(stuck);
	assert_int_equal(items[0].answer.asked, USB_ANSWERED);
	assert_int_equal(items[1].answer.asked, USB_IN_USE);
	assert_string_equal(places[1].bridge->name, "CP210x");
	assert_int_equal(atomic_load(&bridge.asked), 1);
	close(slave);
	places[0] = place_of(&items[0]);
	usb_query_places(&m.bus, &ports, places, 2, 60000, &stuck);
	assert_int_equal(items[1].answer.asked, USB_ANSWERED);
	assert_string_equal(places[1].bridge->name, "CP2104");
	/* Whoever has answered is not asked again. */
	assert_int_equal(atomic_load(&bridge.asked), 2);
	assert_int_equal(items[0].answer.asked, USB_ANSWERED);
	close(master);
}

static void only_bridges_that_strings_leave_open_are_asked(void **state)
{
	struct machine m = machine_new(*state, 0x10C4, 0xEA60);
	struct port items[] = { port_with(0x10C4, 0xEA60), port_with(0x10C4, 0xEA60),
				port_with(0x303A, 0x1001) };
	struct port_list ports = { .items = items, .count = 3 };
	struct station_place places[3];
	struct usb_asking *stuck;

	answers(0xFF, 0x370B, 0x03, 0);
	strcpy(items[0].product, "CP2104 USB to UART Bridge Controller");
	for (size_t i = 0; i < 3; i++)
		places[i] = place_of(&items[i]);
	usb_query_places(bus_of(&m), &ports, places, 3, 60000, &stuck);
	assert_null(stuck);
	assert_int_equal(atomic_load(&bridge.asked), 1);
	assert_int_equal(items[0].answer.asked, USB_NOT_ASKED);
	assert_string_equal(places[0].bridge->name, "CP2104");
	assert_int_equal(items[1].answer.asked, USB_ANSWERED);
	assert_string_equal(places[1].bridge->name, "CP2103");
	assert_string_equal(places[2].bridge->name, "USB-Serial/JTAG");
}

static void a_bridge_that_hangs_holds_nobody_up(void **state)
{
	struct machine m = machine_new(*state, 0x10C4, 0xEA60);
	struct port item = port_with(0x10C4, 0xEA60);
	struct port_list ports = { .items = &item, .count = 1 };
	struct station_place place = place_of(&item);
	struct usb_asking *stuck;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	answers(0xFF, 0x370B, 0x04, 0);
	bridge.hold = ends[0];
	usb_query_places(bus_of(&m), &ports, &place, 1, 50, &stuck);
	assert_non_null(stuck);
	assert_int_equal(item.answer.asked, USB_SILENT);
	assert_string_equal(place.bridge->name, "CP210x");
	assert_false(usb_asking_free(stuck));

	/* Late, and for nobody: what it says then changes nothing. */
	assert_int_equal(write(ends[1], "x", 1), 1);
	while (!usb_asking_free(stuck))
		clock_sleep_ms(&clock_monotonic, 1);
	assert_int_equal(item.answer.asked, USB_SILENT);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_cp210x_names_its_part, tree_set_up,
						tree_tear_down),
		cmocka_unit_test_setup_teardown(a_copy_of_a_cp2102_gives_itself_away, tree_set_up,
						tree_tear_down),
		cmocka_unit_test_setup_teardown(the_second_byte_of_eight_is_a_wch_chips_type,
						tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(a_bridge_that_refuses_keeps_its_general_name,
						tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(another_device_at_the_same_number_is_not_asked,
						tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(what_has_no_node_is_not_asked, tree_set_up,
						tree_tear_down),
		cmocka_unit_test_setup_teardown(without_the_right_to_write_nothing_is_asked,
						tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(a_port_that_a_program_has_open_is_not_asked,
						tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(only_bridges_that_strings_leave_open_are_asked,
						tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(a_bridge_that_hangs_holds_nobody_up, tree_set_up,
						tree_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
