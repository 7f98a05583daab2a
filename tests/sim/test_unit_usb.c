/* A chip's own USB: what resets it, when its port is there, and whose it is. */
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sim_unit_config native(const char *chip, const char *bridge)
{
	struct sim_unit_config config = client_config(chip);

	config.bridge = bridge;
	return config;
}

static void lines(struct client *c, bool dtr, bool rts)
{
	sim_unit_lines(c->unit, c->now_us, dtr, rts);
}

/* The sequence for USB-Serial/JTAG. */
static void jtag_enter(struct client *c)
{
	lines(c, true, false);
	client_wait_ms(c, 100);
	lines(c, true, true);
	lines(c, false, true);
	client_wait_ms(c, 100);
	lines(c, false, false);
	client_wait_ms(c, 50);
}

static void reset_by_lines(struct client *c)
{
	lines(c, false, true);
	client_wait_ms(c, 200);
	lines(c, false, false);
	client_wait_ms(c, 50);
}

static void reopen(struct client *c)
{
	client_wait_ms(c, 500);
	assert_true(sim_unit_is_present(c->unit));
	sim_unit_open(c->unit, c->now_us);
	lines(c, false, false);
	client_text(c, 0);
}

static bool is_in_loader(struct client *c)
{
	uint8_t sync[36] = { 7, 7, 0x12, 0x20 };
	bool answers;

	memset(sync + 4, 0x55, 32);
	client_text(c, 0);
	client_send_command(c, 0x08, sync, sizeof(sync), 0);
	answers = client_receive(c, 200);
	client_text(c, 20); /* the other seven */
	return answers;
}

static void usb_jtag_stays_through_a_reset(void **state)
{
	struct sim_unit_config config = native("esp32c6", "usb-jtag");
	struct client *c = client_new(&config);
	(void)state;

	jtag_enter(c);
	assert_true(is_in_loader(c));
	assert_int_equal(sim_unit_port_generation(c->unit), 1);
	client_free(c);
}

static void a_port_that_reenumerates_is_gone_for_a_while_and_then_another(void **state)
{
	struct sim_unit_config config = native("esp32s3", "usb-jtag");
	struct client *c;
	unsigned before;
	(void)state;

	config.reenumerates = SIM_ON;
	config.hand_download = true; /* no resets of its own */
	c = client_new(&config);
	before = sim_unit_port_generation(c->unit);
	lines(c, true, false);
	client_wait_ms(c, 10);
	lines(c, true, true);
	lines(c, false, true);
	assert_false(sim_unit_is_present(c->unit));
	assert_false(sim_unit_is_unplugged(c->unit));
	assert_int_equal(sim_unit_write(c->unit, c->now_us, (const uint8_t *)"x", 1), 0);
	lines(c, true, false);
	assert_true(sim_unit_next_us(c->unit) != SIM_NEVER);
	client_wait_ms(c, 500);
	assert_true(sim_unit_is_present(c->unit));
	assert_int_equal(sim_unit_port_generation(c->unit), before + 1);
	assert_int_equal(sim_unit_read(c->unit, c->now_us, c->in, 1), 0); /* closed */
	reopen(c);
	assert_true(is_in_loader(c));
	client_free(c);
}

static void otg_reenumerates_and_is_the_loaders_only(void **state)
{
	const char *const chips[] = { "esp32s2", "esp32s3", "esp32p4" };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		struct sim_unit_config config = native(chips[i], "usb-otg");
		struct client *c = client_new(&config);

		assert_true(is_in_loader(c)); /* there would be no port otherwise */
		reset_by_lines(c);
		assert_false(sim_unit_is_present(c->unit));
		reopen(c);
		assert_int_equal(sim_unit_port_generation(c->unit), 2);
		assert_true(is_in_loader(c)); /* the strap was not read again */
		client_free(c);
	}
}

static void arm_watchdog(struct client *c, uint32_t protect, uint32_t config1, uint32_t config0)
{
	client_write_reg(c, protect, 0x50D83AA1);
	client_write_reg(c, config1, 2000);
	client_write_reg(c, config0, 0x80000000u | 5u << 28 | 1u << 8 | 2);
	client_write_reg(c, protect, 0);
}

static void only_a_watchdog_leaves_a_loader_that_a_hand_chose(void **state)
{
	const struct {
		const char *chip, *bridge;
		uint32_t protect, config1, config0;
	} rows[] = {
		{ "esp32s2", "usb-otg", 0x3F4080AC, 0x3F408098, 0x3F408094 },
		{ "esp32s3", "usb-otg", 0x600080B0, 0x6000809C, 0x60008098 },
		{ "esp32p4", "usb-otg", 0x50116018, 0x50116004, 0x50116000 },
		{ "esp32s3", "usb-jtag", 0x600080B0, 0x6000809C, 0x60008098 },
		{ "esp32c3", "usb-jtag", 0x600080A8, 0x60008094, 0x60008090 },
		{ "esp32c5", "usb-jtag", 0x600B1C18, 0x600B1C04, 0x600B1C00 },
		{ "esp32c61", "usb-jtag", 0x600B1C18, 0x600B1C04, 0x600B1C00 },
		{ "esp32p4", "usb-jtag", 0x50116018, 0x50116004, 0x50116000 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_unit_config config = native(rows[i].chip, rows[i].bridge);
		struct sim_counters before, after;
		struct client *c;

		config.hand_download = true;
		c = client_new(&config);
		assert_true(is_in_loader(c));
		reset_by_lines(c);
		reopen(c);
		assert_true(is_in_loader(c));
		sim_unit_counters(c->unit, &before);
		arm_watchdog(c, rows[i].protect, rows[i].config1, rows[i].config0);
		client_wait_ms(c, 300);
		sim_unit_counters(c->unit, &after);
		assert_true(after.resets > before.resets);
		assert_int_equal(after.loader_entries, before.loader_entries);
		client_free(c);
	}
}

static void the_watchdogs_of_c6_and_h2_freeze_them_until_somebody_comes(void **state)
{
	const struct {
		const char *chip;
		uint32_t protect;
	} rows[] = { { "esp32c6", 0x600B1C18 }, { "esp32h2", 0x600B1C1C } };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config = native(rows[i].chip, "usb-jtag");
		struct client *c;

		config.hand_download = true;
		c = client_new(&config);
		arm_watchdog(c, rows[i].protect, 0x600B1C04, 0x600B1C00);
		client_wait_ms(c, 300);
		assert_false(is_in_loader(c));
		sim_unit_press_reset(c->unit, c->now_us, true);
		client_wait_ms(c, 50);
		assert_true(is_in_loader(c));
		client_free(c);
	}
}

static void a_watchdog_that_nobody_stops_ends_the_loader_after_some_seconds(void **state)
{
	const struct {
		const char *chip;
		uint32_t protect, config0, super_protect, super_key, super_config, feed;
	} rows[] = {
		{ "esp32s3", 0x600080B0, 0x60008098, 0x600080B8, 0x8F1D312A, 0x600080B4, 31 },
		{ "esp32c3", 0x600080A8, 0x60008090, 0x600080B0, 0x8F1D312A, 0x600080AC, 31 },
		{ "esp32c6", 0x600B1C18, 0x600B1C00, 0x600B1C20, 0x50D83AA1, 0x600B1C1C, 18 },
		{ "esp32h2", 0x600B1C1C, 0x600B1C00, 0x600B1C24, 0x50D83AA1, 0x600B1C20, 18 },
		{ "esp32p4", 0x50116018, 0x50116000, 0x50116020, 0x50D83AA1, 0x5011601C, 18 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned stopped = 0; stopped < 4; stopped++) {
			struct sim_unit_config config = native(rows[i].chip, "usb-jtag");
			struct client *c = client_new(&config);

			jtag_enter(c);
			assert_true(is_in_loader(c));
			if (stopped & 1) {
				client_write_reg(c, rows[i].protect, 0x50D83AA1);
				client_write_reg(c, rows[i].config0, 0);
				client_write_reg(c, rows[i].protect, 0);
			}
			if (stopped & 2) {
				client_write_reg(c, rows[i].super_protect, rows[i].super_key);
				client_write_reg(c, rows[i].super_config, 1u << rows[i].feed);
				client_write_reg(c, rows[i].super_protect, 0);
			}
			client_wait_ms(c, 20000);
			assert_int_equal(is_in_loader(c), stopped == 3);
			client_free(c);
		}
	}
}

static void a_stub_stops_the_watchdogs_by_itself(void **state)
{
	struct sim_unit_config config = native("esp32c3", "usb-jtag");
	struct client *c = client_new(&config);
	(void)state;

	jtag_enter(c);
	client_ask_words(c, 0x05, WORDS(4, 1, 4, c->ram));
	client_ask_block(c, 0x07, 0, "stub", 4);
	client_ask_words(c, 0x06, WORDS(0, c->ram));
	assert_true(client_receive(c, 100));
	client_wait_ms(c, 20000);
	assert_true(is_in_loader(c));
	client_free(c);
}

static void a_download_forced_by_register_survives_the_lines(void **state)
{
	struct sim_unit_config config = native("esp32s3", "usb-jtag");
	struct client *c = client_new(&config);
	(void)state;

	jtag_enter(c);
	client_write_reg(c, 0x6000812C, 1);
	reset_by_lines(c);
	reset_by_lines(c);
	assert_true(is_in_loader(c));
	assert_int_equal(client_read_reg(c, 0x6000812C) & 1, 1);
	client_write_reg(c, 0x6000812C, 0);
	reset_by_lines(c);
	assert_false(is_in_loader(c));
	client_free(c);
}

static void an_application_that_takes_usb_over_has_a_port_without_lines(void **state)
{
	const char *const bridges[] = { "usb-jtag", "usb-otg" };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config = native("esp32s3", bridges[i]);
		struct client *c;
		unsigned before;

		config.app_usb = config.hand_download = true;
		c = client_new(&config);
		client_put_firmware(c, 0, 9);
		before = sim_unit_port_generation(c->unit);
		assert_false(sim_unit_shows_app_usb(c->unit));
		sim_unit_press_reset(c->unit, c->now_us, false);
		client_wait_ms(c, 2000);
		assert_true(sim_unit_runs_application(c->unit));
		assert_true(sim_unit_is_present(c->unit));
		assert_true(sim_unit_shows_app_usb(c->unit));
		assert_int_equal(sim_unit_port_generation(c->unit), before + 1);
		reopen(c);
		reset_by_lines(c);
		jtag_enter(c);
		assert_true(sim_unit_runs_application(c->unit));
		sim_unit_press_reset(c->unit, c->now_us, true);
		assert_false(sim_unit_is_present(c->unit));
		reopen(c);
		assert_false(sim_unit_shows_app_usb(c->unit));
		assert_true(is_in_loader(c));
		client_free(c);
	}
}

static void without_its_loader_an_otg_unit_has_no_port(void **state)
{
	struct sim_unit_config config = native("esp32s2", "usb-otg");
	struct client *c = client_new(&config);
	(void)state;

	client_put_firmware(c, 0x1000, 2);
	sim_unit_press_reset(c->unit, c->now_us, false);
	client_wait_ms(c, 3000);
	assert_true(sim_unit_runs_application(c->unit));
	assert_false(sim_unit_is_present(c->unit));
	client_free(c);
}

static void otg_brings_no_large_block_through(void **state)
{
	const uint32_t sizes[] = { 0x800, 0x804 };
	uint8_t block[0x804] = { 0 };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config = native("esp32s3", "usb-otg");
		struct client *c = client_new(&config);

		client_ask_words(c, 0x05, WORDS(0x1800, 1, 0x1800, c->ram));
		client_ask_block(c, 0x07, 0, block, sizes[i]);
		assert_int_equal(client_status(c, 0), i ? 0x0107 : 0);
		client_ask_words(c, 0x05, WORDS(64, 1, 64, c->ram));
		client_ask_block(c, 0x07, 0, block, 64);
		client_ask_words(c, 0x06, WORDS(0, c->ram));
		assert_true(client_receive(c, 100));
		client_ask_words(c, 0x02, WORDS(0x1000, 2, 0x1000, 0));
		client_ask_block(c, 0x03, 0, block, sizes[i]);
		assert_int_equal(client_status(c, 0), i ? 0xC100 : 0);
		client_free(c);
	}
}

static void a_key_chooses_what_a_reset_leads_to(void **state)
{
	const char *const bridges[] = { "usb-jtag", "cp2104" };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config = native("esp32s3", bridges[i]);
		struct client *c = client_new(&config);

		lines(c, false, false);
		sim_unit_press_reset(c->unit, c->now_us, true);
		client_wait_ms(c, 100);
		is_in_loader(c); /* behind a bridge the first goes to auto-baud */
		assert_true(is_in_loader(c));
		sim_unit_press_reset(c->unit, c->now_us, false);
		client_wait_ms(c, 100);
		assert_false(is_in_loader(c));
		client_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usb_jtag_stays_through_a_reset),
		cmocka_unit_test(a_port_that_reenumerates_is_gone_for_a_while_and_then_another),
		cmocka_unit_test(otg_reenumerates_and_is_the_loaders_only),
		cmocka_unit_test(only_a_watchdog_leaves_a_loader_that_a_hand_chose),
		cmocka_unit_test(the_watchdogs_of_c6_and_h2_freeze_them_until_somebody_comes),
		cmocka_unit_test(a_watchdog_that_nobody_stops_ends_the_loader_after_some_seconds),
		cmocka_unit_test(a_stub_stops_the_watchdogs_by_itself),
		cmocka_unit_test(a_download_forced_by_register_survives_the_lines),
		cmocka_unit_test(an_application_that_takes_usb_over_has_a_port_without_lines),
		cmocka_unit_test(without_its_loader_an_otg_unit_has_no_port),
		cmocka_unit_test(otg_brings_no_large_block_through),
		cmocka_unit_test(a_key_chooses_what_a_reset_leads_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
