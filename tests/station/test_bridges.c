/* The table of bridges, and the links that are made from it. */
#include "tests/station/tree.h"

#include "station/bridge.h"

#include <stdio.h>
#include <string.h>

/* A number that no row has. */
#define OTHER_PART 0xEE

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

/* A port that has what a row asks for. */
static struct port port_of(const struct bridge *b, size_t id)
{
	struct port p =
		usb_port(b->ids[id].vid, b->ids[id].pid, b->manufacturer ? b->manufacturer : "",
			 b->product ? b->product : "");

	strcpy(p.release, b->release ? b->release : "");
	snprintf(p.slot, sizeof(p.slot), "pci-0000:00:14.0/1.4:%s",
		 b->interface ? b->interface : "1.0");
	if (!b->product && (b->parts[0] || b->is_other_part)) {
		p.answer.asked = USB_ANSWERED;
		p.answer.part = b->parts[0] ? b->parts[0] : OTHER_PART;
	}
	return p;
}

static void every_row_is_complete_and_reachable(void **state)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	(void)state;
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		const struct bridge *b = &rows[i];

		assert_int_not_equal(b->ids[0].vid, 0);
		for (size_t id = 0; id < BRIDGE_IDS_MAX && b->ids[id].vid; id++) {
			const struct port p = port_of(b, id);

			assert_ptr_equal(bridge_of_port(&p), b);
		}
		assert_true(b->name && b->driver && b->source);
		assert_true(b->reset_count >= 1 && b->reset_count <= LINK_RESETS_MAX);
		assert_true(b->ram_block_bytes >= 0x100 && b->ram_block_bytes <= 0x1800);
		assert_int_equal(b->is_native_usb, b->rates[0] == 0);
		assert_true(b->is_native_usb || (!b->is_usb_otg && !b->is_application));
	}
}

/*
 * docs/bridges.md once more, by hand: id, name, the ladder, the part's own limit, what it
 * must not be asked for.
 */
/* clang-format off */
static const struct {
	const char *id, *name, *driver;
	uint32_t rates[5], bad[6], max_baud;
} sheet[] = {
	{ "10c4:ea60", "CP2104",  "cp210x", { 1500000, 921600, 460800, 230400 }, { 0 }, 2000000 },
	{ "10c4:ea61", "CP2104",  "cp210x", { 1500000, 921600, 460800, 230400 }, { 0 }, 2000000 },
	{ "10c4:ea63", "CP2104",  "cp210x", { 1500000, 921600, 460800, 230400 }, { 0 }, 2000000 },
	{ "10c4:ea60", "CP2102N", "cp210x", { 1500000, 921600, 460800, 230400 }, { 0 }, 3000000 },
	{ "10c4:ea61", "CP2102N", "cp210x", { 1500000, 921600, 460800, 230400 }, { 0 }, 3000000 },
	{ "10c4:ea63", "CP2102N", "cp210x", { 1500000, 921600, 460800, 230400 }, { 0 }, 3000000 },
	{ "10c4:ea60", "CP2102",  "cp210x", { 921600, 460800, 230400 }, { 1152000, 1500000 }, 1000000 },
	{ "10c4:ea61", "CP2102",  "cp210x", { 921600, 460800, 230400 }, { 1152000, 1500000 }, 1000000 },
	{ "10c4:ea63", "CP2102",  "cp210x", { 921600, 460800, 230400 }, { 1152000, 1500000 }, 1000000 },
	{ "10c4:ea60", "CP2103",  "cp210x", { 921600, 460800, 230400 }, { 1152000, 1500000 }, 1000000 },
	{ "10c4:ea61", "CP2103",  "cp210x", { 921600, 460800, 230400 }, { 1152000, 1500000 }, 1000000 },
	{ "10c4:ea63", "CP2103",  "cp210x", { 921600, 460800, 230400 }, { 1152000, 1500000 }, 1000000 },
	{ "10c4:ea60", "CP2101",  "cp210x", { 921600, 460800, 230400 }, { 1000000, 1152000, 1500000 }, 921600 },
	{ "10c4:ea61", "CP2101",  "cp210x", { 921600, 460800, 230400 }, { 1000000, 1152000, 1500000 }, 921600 },
	{ "10c4:ea63", "CP2101",  "cp210x", { 921600, 460800, 230400 }, { 1000000, 1152000, 1500000 }, 921600 },
	{ "10c4:ea60", "CP210x",  "cp210x", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "10c4:ea61", "CP210x",  "cp210x", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "10c4:ea63", "CP210x",  "cp210x", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "10c4:ea64", "CP2102C", "cp210x", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "10c4:ea70", "CP2105 ECI", "cp210x", { 1500000, 921600, 460800, 230400 }, { 0 }, 2000000 },
	{ "10c4:ea7a", "CP2105 ECI", "cp210x", { 1500000, 921600, 460800, 230400 }, { 0 }, 2000000 },
	{ "10c4:ea70", "CP2105 SCI", "cp210x", { 921600, 460800, 230400 }, { 0 }, 921600 },
	{ "10c4:ea7a", "CP2105 SCI", "cp210x", { 921600, 460800, 230400 }, { 0 }, 921600 },
	{ "10c4:ea71", "CP2108",  "cp210x", { 921600, 460800, 230400 }, { 0 }, 2000000 },
	{ "10c4:ea7b", "CP2108",  "cp210x", { 921600, 460800, 230400 }, { 0 }, 2000000 },
	{ "1a86:7523", "CH340",   "ch341", { 1000000, 460800, 230400 }, { 921600, 1152000 }, 3000000 },
	{ "1a86:7522", "CH340K",  "ch341", { 1000000, 460800, 230400 }, { 921600, 1152000 }, 3000000 },
	{ "1a86:5523", "CH341",   "ch341", { 1000000, 460800, 230400 }, { 921600, 1152000 }, 3000000 },
	{ "4348:5523", "CH341",   "ch341", { 1000000, 460800, 230400 }, { 921600, 1152000 }, 3000000 },
	{ "1a86:55d4", "CH9102X", "cdc_acm", { 1500000, 921600, 460800, 230400 }, { 0 }, 4000000 },
	{ "1a86:55d4", "CH9102F", "cdc_acm", { 1500000, 921600, 460800, 230400 }, { 0 }, 4000000 },
	{ "1a86:55d4", "CH9102",  "cdc_acm", { 1500000, 921600, 460800, 230400 }, { 0 }, 4000000 },
	{ "1a86:55d3", "CH343K",  "cdc_acm", { 1500000, 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55d3", "CH343J",  "cdc_acm", { 1500000, 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55d3", "CH343G",  "cdc_acm", { 1500000, 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55d3", "CH343GP",  "cdc_acm", { 1500000, 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55d3", "CH343",   "cdc_acm", { 1500000, 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55d2", "CH342",   "cdc_acm", { 460800, 230400 }, { 921600 }, 0 },
	{ "1a86:55d5", "CH344",   "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55d6", "CH9143",  "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55d7", "CH9103",  "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55d8", "CH9101",  "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55da", "CH347",   "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55db", "CH347",   "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55dd", "CH347",   "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55de", "CH347",   "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55df", "CH9104",  "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55e7", "CH339W",  "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55e8", "CH9114",  "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55e9", "CH9111",  "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55ea", "CH9111",  "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55eb", "CH346",   "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "1a86:55ec", "CH346",   "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "0403:6001", "M5Stack USB (FTDI-alike)", "ftdi_sio", { 1500000, 750000, 500000, 250000 },
	  { 230400, 460800, 921600, 1000000, 1152000, 2000000 }, 1500000 },
	{ "0403:6001", "FT232R",  "ftdi_sio", { 1500000, 921600, 460800, 230400 }, { 0 }, 3000000 },
	{ "0403:6001", "FT232",   "ftdi_sio", { 1500000, 921600, 460800, 230400 }, { 0 }, 3000000 },
	{ "0403:6010", "FT2232",  "ftdi_sio", { 1500000, 921600, 460800, 230400 }, { 0 }, 3000000 },
	{ "0403:6011", "FT4232H", "ftdi_sio", { 1500000, 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "0403:6014", "FT232H",  "ftdi_sio", { 1500000, 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "0403:6015", "FT230X",  "ftdi_sio", { 1500000, 921600, 460800, 230400 }, { 0 }, 3000000 },
	{ "0403:6040", "FT232HP", "ftdi_sio", { 1500000, 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "0403:6041", "FT232HP", "ftdi_sio", { 1500000, 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "0403:6042", "FT232HP", "ftdi_sio", { 1500000, 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "0403:6043", "FT232HP", "ftdi_sio", { 1500000, 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "0403:6044", "FT232HP", "ftdi_sio", { 1500000, 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "0403:6045", "FT232HP", "ftdi_sio", { 1500000, 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "0403:6048", "FT232HP", "ftdi_sio", { 1500000, 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "067b:2303", "PL2303",  "pl2303", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "067b:23a3", "PL2303G", "pl2303", { 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "067b:23b3", "PL2303G", "pl2303", { 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "067b:23c3", "PL2303G", "pl2303", { 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "067b:23d3", "PL2303G", "pl2303", { 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "067b:23e3", "PL2303G", "pl2303", { 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "067b:23f3", "PL2303G", "pl2303", { 921600, 460800, 230400 }, { 0 }, 12000000 },
	{ "303a:1001", "USB-Serial/JTAG", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:1002", "esp-usb-bridge", "cdc_acm", { 921600, 460800, 230400 }, { 0 }, 0 },
	{ "303a:0002", "USB-OTG (ESP32-S2 ROM)", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:0009", "USB-OTG (ESP32-S3 ROM)", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:0012", "USB-OTG (ESP32-P4 ROM)", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:4001", "USB of an application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:8120", "USB of UiFlow2", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:8119", "USB of a CoreS3 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:811a", "USB of a CoreS3 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:811b", "USB of a CoreS3 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:8348", "USB of a CoreS3 SE application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:811c", "USB of a StickS3 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:811d", "USB of a StickS3 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:811e", "USB of a StickS3 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:811f", "USB of an AtomS3 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:8121", "USB of an AtomS3 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:8185", "USB of an AtomS3 Lite application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:815f", "USB of an AtomS3 Lite application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:8160", "USB of an AtomS3 Lite application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:8186", "USB of an AtomS3U application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:8187", "USB of an AtomS3U application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:8188", "USB of an AtomS3U application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:816a", "USB of a StampS3 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:816b", "USB of a StampS3 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:816c", "USB of a StampS3 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:816d", "USB of a TimerCamS3 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:816e", "USB of a TimerCamS3 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:816f", "USB of a TimerCamS3 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:81d9", "USB of a Cardputer application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:81da", "USB of a Cardputer application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:81db", "USB of a Cardputer application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:81dc", "USB of a Dial application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:81dd", "USB of a Dial application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:81de", "USB of a Dial application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:830a", "USB of a DinMeter application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:830b", "USB of a DinMeter application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:830c", "USB of a DinMeter application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:832a", "USB of a Tab5 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:832b", "USB of a Tab5 application", "cdc_acm", { 0 }, { 0 }, 0 },
	{ "303a:832c", "USB of a Tab5 application", "cdc_acm", { 0 }, { 0 }, 0 },
};
/* clang-format on */
#define SHEET_ROWS (sizeof(sheet) / sizeof(sheet[0]))

static const struct bridge *row_named(const char *name, const char *id)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	for (size_t i = 0; i < count; i++) {
		for (size_t n = 0; n < BRIDGE_IDS_MAX; n++) {
			char text[10];

			snprintf(text, sizeof(text), "%04x:%04x", rows[i].ids[n].vid,
				 rows[i].ids[n].pid);
			if (strcmp(rows[i].name, name) == 0 && strcmp(text, id) == 0)
				return &rows[i];
		}
	}
	fail_msg("no row %s, %s", name, id);
	return NULL;
}

static bool is_in_sheet(const struct bridge *b, struct usb_id id)
{
	char text[10];

	snprintf(text, sizeof(text), "%04x:%04x", id.vid, id.pid);
	for (size_t i = 0; i < SHEET_ROWS; i++) {
		if (strcmp(sheet[i].name, b->name) == 0 && strcmp(sheet[i].id, text) == 0)
			return true;
	}
	return false;
}

static void every_figure_is_the_sheets(void **state)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	(void)state;
	for (size_t i = 0; i < SHEET_ROWS; i++) {
		const struct bridge *b = row_named(sheet[i].name, sheet[i].id);

		assert_string_equal(b->driver, sheet[i].driver);
		assert_int_equal(b->max_baud, sheet[i].max_baud);
		for (size_t r = 0; r < LINK_RATES_MAX; r++) {
			assert_int_equal(b->rates[r], r < 5 ? sheet[i].rates[r] : 0);
			assert_int_equal(b->bad_rates[r], r < 6 ? sheet[i].bad[r] : 0);
		}
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t n = 0; n < BRIDGE_IDS_MAX && rows[i].ids[n].vid; n++) {
			if (!is_in_sheet(&rows[i], rows[i].ids[n]))
				fail_msg("%s, %04x:%04x: the sheet above has no such line",
					 rows[i].name, rows[i].ids[n].vid, rows[i].ids[n].pid);
		}
	}
}

static void no_ladder_has_a_rate_that_the_part_cannot_make(void **state)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct bridge *b = &rows[i];

		for (size_t r = 0; r < LINK_RATES_MAX && b->rates[r]; r++) {
			assert_true(!b->max_baud || b->rates[r] <= b->max_baud);
			for (size_t n = 0; n < LINK_RATES_MAX; n++)
				assert_int_not_equal(b->rates[r], b->bad_rates[n]);
		}
	}
}

static void usb_of_the_chip_itself_is_told_by_its_number(void **state)
{
	(void)state;
	assert_false(row_named("USB-Serial/JTAG", "303a:1001")->is_usb_otg);
	assert_true(row_named("USB-OTG (ESP32-S2 ROM)", "303a:0002")->is_usb_otg);
	assert_true(row_named("USB-OTG (ESP32-S3 ROM)", "303a:0009")->is_usb_otg);
	assert_true(row_named("USB-OTG (ESP32-P4 ROM)", "303a:0012")->is_usb_otg);
	assert_int_equal(row_named("USB-OTG (ESP32-S3 ROM)", "303a:0009")->ram_block_bytes, 0x800);
	assert_int_equal(row_named("USB-Serial/JTAG", "303a:1001")->ram_block_bytes, 0x1800);
	assert_true(row_named("USB of an application", "303a:4001")->is_application);
	assert_true(row_named("USB of UiFlow2", "303a:8120")->is_application);
	assert_false(row_named("esp-usb-bridge", "303a:1002")->is_native_usb);
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
		"CP2102");
	assert_string_equal(name_of(0x10C4, 0xEA60, "", ""), "CP210x");
	assert_string_equal(name_of(0x0403, 0x6001, "Hades2001", "M5stack"),
			    "M5Stack USB (FTDI-alike)");
	assert_string_equal(name_of(0x0403, 0x6001, "FTDI", "USB <-> Serial"), "FT232");
	assert_string_equal(name_of(0x0403, 0x6001, "Somebody", "M5stack"), "FT232");
	assert_string_equal(name_of(0x1A86, 0x55D4, "", "USB Single Serial"), "CH9102");
	assert_string_equal(name_of(0x1A86, 0x7523, "", "USB Serial"), "CH340");
	assert_string_equal(name_of(0x303A, 0x1001, "Espressif", "USB JTAG/serial debug unit"),
			    "USB-Serial/JTAG");
}

static void release_and_interface_tell_bridges_apart_that_share_an_id(void **state)
{
	struct port ftdi = usb_port(0x0403, 0x6001, "FTDI", "FT232R USB UART");
	struct port two = usb_port(0x10C4, 0xEA70, "Silicon Labs", "CP2105");

	(void)state;
	strcpy(ftdi.release, "0600");
	assert_string_equal(bridge_of_port(&ftdi)->name, "FT232R");
	strcpy(ftdi.release, "0400");
	assert_string_equal(bridge_of_port(&ftdi)->name, "FT232");
	strcpy(two.slot, "pci-0000:00:14.0/1.4:1.0");
	assert_string_equal(bridge_of_port(&two)->name, "CP2105 ECI");
	strcpy(two.slot, "pci-0000:00:14.0/1.4:1.1");
	assert_string_equal(bridge_of_port(&two)->name, "CP2105 SCI");
	strcpy(two.slot, "pci-0000:00:14.0/1.4:1.10");
	assert_null(bridge_of_port(&two));
}

static struct port answering(uint16_t vid, uint16_t pid, uint8_t part)
{
	struct port p = usb_port(vid, pid, "", "");

	p.answer = (struct usb_answer){ .asked = USB_ANSWERED, .part = part };
	return p;
}

/* docs/bridges.md, Which part, once more by hand. */
static void the_part_tells_bridges_apart_that_share_id_and_strings(void **state)
{
	/* clang-format off */
	static const struct {
		uint16_t vid, pid;
		uint8_t part;
		const char *name, *told_by;
	} rows[] = {
		{ 0x10C4, 0xEA60, 0x01, "CP2101",  "vendor query" },
		{ 0x10C4, 0xEA60, 0x02, "CP2102",  "vendor query" },
		{ 0x10C4, 0xEA60, 0x03, "CP2103",  "vendor query" },
		{ 0x10C4, 0xEA60, 0x04, "CP2104",  "vendor query" },
		{ 0x10C4, 0xEA60, 0x20, "CP2102N", "vendor query" },
		{ 0x10C4, 0xEA60, 0x21, "CP2102N", "vendor query" },
		{ 0x10C4, 0xEA60, 0x22, "CP2102N", "vendor query" },
		{ 0x10C4, 0xEA61, 0x04, "CP2104",  "vendor query" },
		{ 0x10C4, 0xEA63, 0x02, "CP2102",  "vendor query" },
		{ 0x10C4, 0xEA60, 0x05, "CP210x",  "id only" }, /* a CP2105 has ids of its own */
		{ 0x10C4, 0xEA60, 0xFF, "CP210x",  "id only" },
		{ 0x10C4, 0xEA60, 0x00, "CP210x",  "id only" },
		{ 0x1A86, 0x55D4, 0x09, "CH9102X", "vendor query" },
		{ 0x1A86, 0x55D4, 0x08, "CH9102F", "vendor query" },
		{ 0x1A86, 0x55D4, 0x00, "CH9102F", "vendor query" },
		{ 0x1A86, 0x55D3, 0x01, "CH343K",  "vendor query" },
		{ 0x1A86, 0x55D3, 0x02, "CH343J",  "vendor query" },
		{ 0x1A86, 0x55D3, 0x18, "CH343G",  "vendor query" },
		{ 0x1A86, 0x55D3, 0x09, "CH343GP", "vendor query" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct port p = answering(rows[i].vid, rows[i].pid, rows[i].part);

		assert_string_equal(bridge_of_port(&p)->name, rows[i].name);
		assert_string_equal(bridge_told_by(&p), rows[i].told_by);
	}
}

static void how_a_bridge_was_told_is_said(void **state)
{
	struct port p = usb_port(0x10C4, 0xEA60, "Silicon Labs", "CP2104 USB to UART Bridge");
	char text[BRIDGE_NOTE_BYTES];

	(void)state;
	bridge_note(&p, text, sizeof(text));
	assert_string_equal(text, "told by product string");
	strcpy(p.product, "Factory jig 7");
	bridge_note(&p, text, sizeof(text));
	assert_string_equal(text, "told by id only");
	p.answer.asked = USB_NOT_PERMITTED;
	bridge_note(&p, text, sizeof(text));
	assert_string_equal(text, "told by id only; this user may not ask the bridge for its part");
	p.answer = (struct usb_answer){ USB_ANSWERED, .part = 0x02, .is_short = true };
	bridge_note(&p, text, sizeof(text));
	assert_string_equal(text,
			    "told by vendor query, part 02; it answers as a copy of a CP2102 does");
	p = usb_port(0x0403, 0x6001, "FTDI", "FT232R USB UART");
	strcpy(p.release, "0600");
	assert_string_equal(bridge_told_by(&p), "release");
	strcpy(p.release, "0400");
	assert_string_equal(bridge_told_by(&p), "id only");
	p = usb_port(0x0403, 0x6001, "Hades2001", "M5stack");
	assert_string_equal(bridge_told_by(&p), "product string");
	p = usb_port(0x10C4, 0xEA70, "", "");
	strcpy(p.slot, "pci-0000:00:14.0/1.4:1.1");
	assert_string_equal(bridge_told_by(&p), "interface");
	p = usb_port(0x12D1, 0x1506, "", "");
	assert_null(bridge_told_by(&p));
}

/* One question of a row would be asked for nothing: no answer leads anywhere else. */
static void every_question_has_rows_that_it_leads_to(void **state)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		unsigned led_to = 0;

		for (size_t j = 0; j < i; j++)
			led_to += (rows[j].parts[0] || rows[j].is_other_part) &&
				  rows[j].ids[0].pid == rows[i].ids[0].pid;
		assert_int_equal(rows[i].question != ASK_NOTHING,
				 led_to > 1 && !rows[i].parts[0] && !rows[i].is_other_part);
	}
}

static void a_preset_that_names_a_family_or_one_of_its_kinds_is_satisfied(void **state)
{
	struct plan_bridge bridge = { .name = (char *)"CH9102" };
	const struct plan plan = { .bridges = &bridge, .bridge_count = 1 };

	(void)state;
	assert_ptr_equal(bridge_in_plan(row_named("CH9102F", "1a86:55d4"), &plan), &bridge);
	assert_ptr_equal(bridge_in_plan(row_named("CH9102", "1a86:55d4"), &plan), &bridge);
	assert_null(bridge_in_plan(row_named("CH343GP", "1a86:55d3"), &plan));
	bridge.name = (char *)"CH9102X";
	assert_ptr_equal(bridge_in_plan(row_named("CH9102X", "1a86:55d4"), &plan), &bridge);
	assert_ptr_equal(bridge_in_plan(row_named("CH9102", "1a86:55d4"), &plan), &bridge);
	assert_null(bridge_in_plan(row_named("CH9102F", "1a86:55d4"), &plan));
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
	const struct link_profile link = bridge_link(bridge_of_port(&p), NULL);

	(void)state;
	assert_int_equal(link.rate_count, 4);
	assert_memory_equal(link.rates, makes, sizeof(makes));
}

static void the_recipe_cuts_the_ladder_from_above(void **state)
{
	const struct port p =
		usb_port(0x10C4, 0xEA60, "Silicon Labs", "CP2104 USB to UART Bridge Controller");
	const struct bridge *b = bridge_of_port(&p);
	struct plan plan = { .max_rate = 921600 };
	struct link_profile link;

	(void)state;
	link = bridge_link(b, &plan);
	assert_int_equal(link.rates[0], 921600);
	plan.max_rate = 921599;
	link = bridge_link(b, &plan);
	assert_int_equal(link.rates[0], 460800);
	plan.max_rate = 115200;
	link = bridge_link(b, &plan);
	assert_int_equal(link.rate_count, 0);
	assert_int_equal(link.resets[0], RESET_TIGHT);
}

static void a_presets_rates_replace_the_ladder_but_for_those_that_cannot_work(void **state)
{
	struct plan_bridge bridge = { .name = (char *)"M5Stack USB (FTDI-alike)",
				      .rates = { 115200, 250000, 921600, 750000, 2000000 },
				      .rate_count = 5 };
	const struct plan plan = { .bridges = &bridge, .bridge_count = 1 };
	const struct port p = usb_port(0x0403, 0x6001, "Hades2001", "M5stack");
	const struct link_profile link = bridge_link(bridge_of_port(&p), &plan);

	(void)state;
	assert_int_equal(link.rate_count, 2);
	assert_int_equal(link.rates[0], 750000);
	assert_int_equal(link.rates[1], 250000);
}

static void to_a_preset_a_chips_own_usb_is_one_bridge(void **state)
{
	struct plan_bridge bridge = { .name = (char *)"USB-Serial/JTAG" };
	const struct plan plan = { .bridges = &bridge, .bridge_count = 1 };

	(void)state;
	assert_ptr_equal(bridge_in_plan(row_named("USB-Serial/JTAG", "303a:1001"), &plan), &bridge);
	assert_ptr_equal(bridge_in_plan(row_named("USB of UiFlow2", "303a:8120"), &plan), &bridge);
	assert_ptr_equal(bridge_in_plan(row_named("USB-OTG (ESP32-S3 ROM)", "303a:0009"), &plan),
			 &bridge);
	assert_null(bridge_in_plan(row_named("CP2104", "10c4:ea60"), &plan));
	assert_null(bridge_in_plan(row_named("esp-usb-bridge", "303a:1002"), &plan));
}

static void native_usb_has_no_rates_and_its_own_reset(void **state)
{
	const struct port p = usb_port(0x303A, 0x1001, "Espressif", "USB JTAG/serial debug unit");
	const struct link_profile link = bridge_link(bridge_of_port(&p), NULL);

	(void)state;
	assert_true(link.is_native_usb);
	assert_int_equal(link.rate_count, 0);
	assert_int_equal(link.reset_count, 1);
	assert_int_equal(link.resets[0], RESET_USB_JTAG);
}

static void an_unknown_bridge_gets_a_careful_link(void **state)
{
	const struct link_profile link = bridge_link(bridge_generic(), NULL);

	(void)state;
	assert_true(link.rate_count > 0 && link.rates[0] <= 921600);
	assert_int_equal(link.reset_count, 4);
}

static void a_part_is_known_by_the_name_that_it_had_before_it_could_be_asked(void **state)
{
	static const struct {
		const char *name, *alike;
	} rows[] = {
		{ "CH9102F", "CH9102F CH9102" },
		{ "CH9102", "CH9102 CH9102X CH9102F" },
		{ "CP2104", "CP2104 CP210x" },
		{ "CP210x", "CP210x CP2104 CP2102N CP2102 CP2103 CP2101" },
		{ "CH340", "CH340" },
	};
	size_t count;
	const struct bridge *all = bridge_rows(&count);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[200] = "";

		for (size_t j = 0; j < count; j++) {
			const char *names[BRIDGE_ALIKE_MAX];
			size_t alike;

			if (strcmp(all[j].name, rows[i].name) != 0)
				continue;
			alike = bridge_alike(&all[j], names);
			for (size_t k = 0; k < alike; k++)
				snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
					 k ? " " : "", names[k]);
		}
		assert_string_equal(text, rows[i].alike);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete_and_reachable),
		cmocka_unit_test(every_figure_is_the_sheets),
		cmocka_unit_test(no_ladder_has_a_rate_that_the_part_cannot_make),
		cmocka_unit_test(usb_of_the_chip_itself_is_told_by_its_number),
		cmocka_unit_test(release_and_interface_tell_bridges_apart_that_share_an_id),
		cmocka_unit_test(a_presets_rates_replace_the_ladder_but_for_those_that_cannot_work),
		cmocka_unit_test(to_a_preset_a_chips_own_usb_is_one_bridge),
		cmocka_unit_test(every_ladder_falls_and_ends_above_the_first_rate),
		cmocka_unit_test(names_differ),
		cmocka_unit_test(strings_tell_bridges_apart_that_share_an_id),
		cmocka_unit_test(the_part_tells_bridges_apart_that_share_id_and_strings),
		cmocka_unit_test(how_a_bridge_was_told_is_said),
		cmocka_unit_test(every_question_has_rows_that_it_leads_to),
		cmocka_unit_test(a_preset_that_names_a_family_or_one_of_its_kinds_is_satisfied),
		cmocka_unit_test(what_has_no_row_is_never_guessed),
		cmocka_unit_test(the_m5_look_alike_is_only_asked_for_rates_that_it_makes),
		cmocka_unit_test(the_recipe_cuts_the_ladder_from_above),
		cmocka_unit_test(native_usb_has_no_rates_and_its_own_reset),
		cmocka_unit_test(a_part_is_known_by_the_name_that_it_had_before_it_could_be_asked),
		cmocka_unit_test(an_unknown_bridge_gets_a_careful_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
