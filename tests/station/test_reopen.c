/* Following a unit whose own USB restarts: a made-up sysfs, on a clock that changes it. */
#include "tests/station/tree.h"

#include "station/reopen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICE "devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.4"
#define SLOT "pci-0000:00:14.0/1.4:1.0"

/* ---- a bench on which something happens at a certain time ---- */

struct bench {
	struct tree *tree;
	uint64_t now_us, plug_at_us, allow_at_us;
	const struct tree_usb *comes; /* at plug_at_us; NULL nothing */
	uint64_t unplug_at_us;        /* what has come leaves; 0 never */
	struct clock clock;
	atomic_bool cancel;
	uint64_t cancel_at_us;
	unsigned closes, opens;
	unsigned waits;
	uint64_t told_at_us;
	const struct port *was; /* NULL: a chip's own USB */
	char opened[80];
	struct transport first;
};
static struct bench *now; /* what the transport's functions have no argument for */

static uint64_t bench_now(void *ctx)
{
	return ((struct bench *)ctx)->now_us;
}

static void bench_sleep(void *ctx, uint64_t at_us)
{
	struct bench *b = ctx;

	b->now_us = at_us;
	if (b->comes && at_us >= b->plug_at_us) {
		tree_plug(b->tree, b->comes);
		b->comes = NULL;
	}
	if (b->unplug_at_us && at_us >= b->unplug_at_us) {
		tree_remove(b->tree, "class/tty/ttyACM7");
		b->unplug_at_us = 0;
	}
	if (b->cancel_at_us && at_us >= b->cancel_at_us)
		atomic_store(&b->cancel, true);
}

static void close_one(struct transport *t)
{
	now->closes++;
	if (t != &now->first)
		free(t);
}

static const struct transport_ops ops = { .close = close_one };

static enum status open_one(const char *node, const atomic_bool *cancel, struct transport **out,
			    struct err *err)
{
	*out = NULL;
	now->opens++;
	if (now->now_us < now->allow_at_us)
		return err_set(err, STATUS_PORT_DENIED, "%s: not yet", node);
	snprintf(now->opened, sizeof(now->opened), "%s", node);
	*out = calloc(1, sizeof(**out));
	assert_non_null(*out);
	**out = (struct transport){ .ops = &ops, .clock = &now->clock, .cancel = cancel };
	return STATUS_OK;
}

static struct bench bench_of(void **state)
{
	return (struct bench){ .tree = *state, .first = { .ops = &ops } };
}

static const struct tree_usb jtag = {
	.device = DEVICE,
	.interface = "1-1.4:1.0",
	.tty = "ttyACM7",
	.vid = "303a",
	.pid = "1001",
	.driver = "cdc_acm",
};

static const struct port native_port = {
	.slot = SLOT, .is_usb = true, .vid = 0x303a, .pid = 0x1001
};

static void count_wait(void *ctx)
{
	struct bench *b = ctx;

	b->waits++;
	b->told_at_us = b->now_us;
}

static enum status reopen(struct bench *b, struct port *found, struct err *err)
{
	const struct port *was = b->was ? b->was : &native_port;
	const struct reopen r = {
		.sysfs_tty = b->tree->tty,
		.port = was,
		.bridge = bridge_of_port(was),
		.cancel = &b->cancel,
		.waiting = count_wait,
		.ctx = b,
		.open_port = open_one,
	};
	struct transport *t = &b->first;
	const struct bridge *bridge = NULL;
	enum status st;

	now = b;
	b->clock = (struct clock){ .now_us = bench_now, .sleep_until_us = bench_sleep, .ctx = b };
	st = reopen_port(&r, &t, found, &bridge, deadline_after_ms(&b->clock, 3000), err);
	assert_int_equal(b->closes, 1);
	if (st)
		assert_null(t);
	else
		assert_true(bridge->is_native_usb == r.bridge->is_native_usb);
	transport_close(t);
	return st;
}

/* ---- reopen_port ---- */

static void a_port_that_comes_back_under_another_number_is_opened(void **state)
{
	struct bench b = bench_of(state);
	struct port found;
	struct err err;

	b.comes = &jtag;
	b.plug_at_us = 400000;
	assert_int_equal(reopen(&b, &found, &err), STATUS_OK);
	assert_string_equal(b.opened, "/dev/ttyACM7");
	assert_int_equal(found.pid, 0x1001);
	assert_true(b.now_us >= 400000 && b.now_us < 500000);
}

static void another_product_number_at_the_same_place_is_the_same_unit(void **state)
{
	struct tree_usb otg = jtag;
	struct bench b = bench_of(state);
	struct port found;
	struct err err;

	otg.pid = "0009";
	otg.interface = "1-1.4:1.2"; /* an application's interfaces need not be the loader's */
	b.comes = &otg;
	assert_int_equal(reopen(&b, &found, &err), STATUS_OK);
	assert_int_equal(found.pid, 0x0009);
}

static void a_port_that_may_not_be_opened_yet_is_tried_again(void **state)
{
	struct bench b = bench_of(state);
	struct port found;
	struct err err;

	b.comes = &jtag;
	b.allow_at_us = 1000000;
	assert_int_equal(reopen(&b, &found, &err), STATUS_OK);
	assert_true(b.opens > 1);
	assert_true(b.now_us >= 1000000 && b.now_us < 1100000);
}

static void why_it_could_not_be_opened_is_said_at_the_end(void **state)
{
	struct bench b = bench_of(state);
	struct port found;
	struct err err;

	b.comes = &jtag;
	b.allow_at_us = UINT64_MAX;
	assert_int_equal(reopen(&b, &found, &err), STATUS_PORT_DENIED);
	assert_string_equal(err.text, "/dev/ttyACM7: not yet");
}

static const struct tree_usb cp2104 = {
	.device = DEVICE,
	.interface = "1-1.4:1.0",
	.tty = "ttyUSB5",
	.vid = "10c4",
	.pid = "ea60",
	.product = "CP2104 USB to UART Bridge Controller",
	.driver = "cp210x",
};
static const struct port cp2104_port = { .slot = SLOT,
					 .is_usb = true,
					 .vid = 0x10c4,
					 .pid = 0xea60,
					 .product = "CP2104 USB to UART Bridge Controller" };

static void a_bridge_that_left_is_followed_to_its_new_node(void **state)
{
	struct bench b = bench_of(state);
	struct port found;
	struct err err;

	b.was = &cp2104_port;
	b.comes = &cp2104;
	b.plug_at_us = 1200000;
	assert_int_equal(reopen(&b, &found, &err), STATUS_OK);
	assert_string_equal(b.opened, "/dev/ttyUSB5");
}

/* CP2104 and CP2102N share VID and PID. */
static void a_bridge_of_another_name_or_number_is_another_unit(void **state)
{
	struct bench b = bench_of(state);
	struct port was = cp2104_port;
	struct port found;
	struct err err;

	b.comes = &cp2104;
	b.was = &was;
	snprintf(was.product, sizeof(was.product), "CP2102N USB to UART Bridge Controller");
	assert_int_equal(reopen(&b, &found, &err), STATUS_PORT_GONE);
	assert_string_equal(b.opened, "");
}

/* Another bridge in the same place is another unit, and so is a chip's own USB. */
static void a_bridge_of_another_kind_does_not_take_its_place(void **state)
{
	struct tree_usb other = cp2104;
	struct bench b = bench_of(state);
	struct port found;
	struct err err;

	other.vid = "1a86";
	other.pid = "55d4";
	b.was = &cp2104_port;
	b.comes = &other;
	assert_int_equal(reopen(&b, &found, &err), STATUS_PORT_GONE);
	assert_int_equal(b.opens, 0);
	b = bench_of(state);
	b.was = &cp2104_port;
	b.comes = &jtag;
	assert_int_equal(reopen(&b, &found, &err), STATUS_PORT_GONE);
	assert_int_equal(b.opens, 0);
}

/* A restart is none of the operator's business; a cable that was pulled is. */
static void a_port_that_stays_away_is_told_once_and_soon(void **state)
{
	struct bench b = bench_of(state);
	struct port found;
	struct err err;

	assert_int_equal(reopen(&b, &found, &err), STATUS_PORT_GONE);
	assert_int_equal(b.waits, 1);
	assert_in_range(b.told_at_us, 700000, 800000);
	b = bench_of(state);
	b.comes = &jtag;
	b.plug_at_us = 400000;
	assert_int_equal(reopen(&b, &found, &err), STATUS_OK);
	assert_int_equal(b.waits, 0);
}

/* The system may still show it for a moment, and no longer open it. */
static void a_port_that_shows_up_and_leaves_is_gone(void **state)
{
	struct bench b = bench_of(state);
	struct port found;
	struct err err;

	b.comes = &jtag;
	b.allow_at_us = UINT64_MAX;
	b.unplug_at_us = 100000;
	assert_int_equal(reopen(&b, &found, &err), STATUS_PORT_GONE);
	assert_true(b.opens > 0);
	assert_non_null(strstr(err.text, "did not come back"));
}

static void nothing_but_the_same_place_counts(void **state)
{
	struct tree_usb next = jtag, bridge = jtag;
	struct bench b = bench_of(state);
	struct port found;
	struct err err;

	next.device = "devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.41";
	next.interface = "1-1.41:1.0";
	next.tty = "ttyACM1";
	tree_plug(b.tree, &next);
	/* A bridge there is another unit. */
	bridge.tty = "ttyUSB0";
	bridge.vid = "10c4";
	bridge.pid = "ea60";
	b.comes = &bridge;
	assert_int_equal(reopen(&b, &found, &err), STATUS_PORT_GONE);
	assert_non_null(strstr(err.text, "did not come back on USB within 3.0 s"));
	assert_int_equal(b.opens, 0);
	assert_true(b.now_us >= 3000000 && b.now_us < 3100000);
}

static void a_stop_ends_the_wait(void **state)
{
	struct bench b = bench_of(state);
	struct port found;
	struct err err;

	b.cancel_at_us = 100000;
	assert_int_equal(reopen(&b, &found, &err), STATUS_CANCELLED);
	assert_true(b.now_us < 200000);
}

/* ---- ports_find_at ---- */

static void of_several_ports_of_a_device_the_same_interface_is_taken(void **state)
{
	const struct tree *tree = *state;
	struct tree_usb other = jtag;
	struct port found;

	other.interface = "1-1.4:1.2";
	other.tty = "ttyACM0";
	tree_plug(tree, &other);
	assert_true(ports_find_at(tree->tty, SLOT, &found));
	assert_string_equal(found.name, "ttyACM0");
	tree_plug(tree, &jtag);
	assert_true(ports_find_at(tree->tty, SLOT, &found));
	assert_string_equal(found.name, "ttyACM7");
	assert_true(ports_find_at(tree->tty, "pci-0000:00:14.0/1.4:1.4", &found));
	assert_string_equal(found.slot, SLOT);
}

static void a_place_that_is_no_usb_port_holds_nothing(void **state)
{
	const struct tree *tree = *state;
	struct port found;

	tree_plug(tree, &jtag);
	assert_false(ports_find_at(tree->tty, "ttyS0", &found));
	assert_false(ports_find_at(tree->tty, "pci-0000:00:14.0/1.5:1.0", &found));
	assert_false(ports_find_at("/nowhere", SLOT, &found));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_set_up, tree_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_port_that_comes_back_under_another_number_is_opened),
		TEST(another_product_number_at_the_same_place_is_the_same_unit),
		TEST(a_port_that_may_not_be_opened_yet_is_tried_again),
		TEST(a_port_that_shows_up_and_leaves_is_gone),
		TEST(why_it_could_not_be_opened_is_said_at_the_end),
		TEST(a_bridge_that_left_is_followed_to_its_new_node),
		TEST(a_bridge_of_another_name_or_number_is_another_unit),
		TEST(a_bridge_of_another_kind_does_not_take_its_place),
		TEST(a_port_that_stays_away_is_told_once_and_soon),
		TEST(nothing_but_the_same_place_counts),
		TEST(a_stop_ends_the_wait),
		TEST(of_several_ports_of_a_device_the_same_interface_is_taken),
		TEST(a_place_that_is_no_usb_port_holds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
