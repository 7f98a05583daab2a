/* The table of bridges, and the links that are made from it. */
#include "tests/station/tree.h"

#include "station/bridge.h"

#include <string.h>

static struct port usb_port(uint16_t vid, uint16_t pid, const char *manufacturer,
			    const char *product)
{
	struct port p = { .is_usb = true, .vid = vid, .pid = pid };

	strcpy(p.manufacturer, manufacturer);
	strcpy(p.product, product);
	return p;
}

static const char *name_of(uint16_t vid, uint16_t pid, const char *manufacturer,
			   const char *product)
{
	const struct port p = usb_port(vid, pid, manufacturer, product);
	const struct bridge *b = bridge_of_port(&p);

	return b ? b->name : "(none)";
}

static void every_row_is_complete_and_reachable(void **state)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	(void)state;
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		const struct bridge *b = &rows[i];
		const struct port p =
			usb_port(b->vid, b->pid, b->manufacturer ? b->manufacturer : "",
				 b->product ? b->product : "");

		assert_ptr_equal(bridge_of_port(&p), b);
		assert_true(b->name && b->driver && b->source);
		assert_true(b->reset_count >= 1 && b->reset_count <= LINK_RESETS_MAX);
		assert_true(b->ram_block_bytes >= 0x100 && b->ram_block_bytes <= 0x1800);
		assert_int_equal(b->is_native_usb, b->rates[0] == 0);
	}
}

static void every_ladder_falls_and_ends_above_the_first_rate(void **state)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t r = 0; r < LINK_RATES_MAX && rows[i].rates[r]; r++) {
			assert_true(rows[i].rates[r] > 115200);
			assert_true(r == 0 || rows[i].rates[r] < rows[i].rates[r - 1]);
		}
	}
}

static void names_differ(void **state)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(rows[i].name, rows[j].name);
	}
}

static void strings_tell_bridges_apart_that_share_an_id(void **state)
{
	(void)state;
	assert_string_equal(
		name_of(0x10C4, 0xEA60, "Silicon Labs", "CP2104 USB to UART Bridge Controller"),
		"CP2104");
	assert_string_equal(
		name_of(0x10C4, 0xEA60, "Silicon Labs", "CP2102N USB to UART Bridge Controller"),
		"CP2102N");
	assert_string_equal(
		name_of(0x10C4, 0xEA60, "Silicon Labs", "CP2102 USB to UART Bridge Controller"),
		"CP210x");
	assert_string_equal(name_of(0x10C4, 0xEA60, "", ""), "CP210x");
	assert_string_equal(name_of(0x0403, 0x6001, "Hades2001", "M5stack"),
			    "M5Stack USB (FTDI-alike)");
	assert_string_equal(name_of(0x0403, 0x6001, "FTDI", "FT232R USB UART"), "FT232R");
	assert_string_equal(name_of(0x1A86, 0x55D4, "", "USB Single Serial"), "CH9102");
	assert_string_equal(name_of(0x1A86, 0x7523, "", "USB Serial"), "CH340");
	assert_string_equal(name_of(0x303A, 0x1001, "Espressif", "USB JTAG/serial debug unit"),
			    "USB-Serial/JTAG");
}

static void what_has_no_row_is_never_guessed(void **state)
{
	const struct port uart = { .name = "ttyS0" };

	(void)state;
	assert_string_equal(name_of(0x12D1, 0x1506, "HUAWEI", "HUAWEI Mobile"), "(none)");
	assert_null(bridge_of_port(&uart));
}

static void the_m5_look_alike_is_only_asked_for_rates_that_it_makes(void **state)
{
	static const uint32_t makes[] = { 1500000, 750000, 500000, 250000 };
	const struct port p = usb_port(0x0403, 0x6001, "Hades2001", "M5stack");
	const struct link_profile link = bridge_link(bridge_of_port(&p), 0);

	(void)state;
	assert_int_equal(link.rate_count, 4);
	assert_memory_equal(link.rates, makes, sizeof(makes));
}

static void the_recipe_cuts_the_ladder_from_above(void **state)
{
	const struct port p =
		usb_port(0x10C4, 0xEA60, "Silicon Labs", "CP2104 USB to UART Bridge Controller");
	const struct bridge *b = bridge_of_port(&p);
	struct link_profile link;

	(void)state;
	link = bridge_link(b, 921600);
	assert_int_equal(link.rates[0], 921600);
	link = bridge_link(b, 921599);
	assert_int_equal(link.rates[0], 460800);
	link = bridge_link(b, 115200);
	assert_int_equal(link.rate_count, 0);
	assert_int_equal(link.resets[0], RESET_TIGHT);
}

static void native_usb_has_no_rates_and_its_own_reset(void **state)
{
	const struct port p = usb_port(0x303A, 0x1001, "Espressif", "USB JTAG/serial debug unit");
	const struct link_profile link = bridge_link(bridge_of_port(&p), 0);

	(void)state;
	assert_true(link.is_native_usb);
	assert_int_equal(link.rate_count, 0);
	assert_int_equal(link.reset_count, 1);
	assert_int_equal(link.resets[0], RESET_USB_JTAG);
}

static void an_unknown_bridge_gets_a_careful_link(void **state)
{
	const struct link_profile link = bridge_link(bridge_generic(), 0);

	(void)state;
	assert_true(link.rate_count > 0 && link.rates[0] <= 921600);
	assert_int_equal(link.reset_count, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete_and_reachable),
		cmocka_unit_test(every_ladder_falls_and_ends_above_the_first_rate),
		cmocka_unit_test(names_differ),
		cmocka_unit_test(strings_tell_bridges_apart_that_share_an_id),
		cmocka_unit_test(what_has_no_row_is_never_guessed),
		cmocka_unit_test(the_m5_look_alike_is_only_asked_for_rates_that_it_makes),
		cmocka_unit_test(the_recipe_cuts_the_ladder_from_above),
		cmocka_unit_test(native_usb_has_no_rates_and_its_own_reset),
		cmocka_unit_test(an_unknown_bridge_gets_a_careful_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
