/* Supplies that dip, reset lines that do nothing or are slow, plugs that are pulled. */
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SYNC_BYTES 46

static struct sim_counters counters(const struct client *c)
{
	struct sim_counters n;

	sim_unit_counters(c->unit, &n);
	return n;
}

static bool answers(struct client *c)
{
	const uint8_t data[] = { 0, 0x10, 0, 0x40 };

	client_send_command(c, 0x0A, data, sizeof(data), 0);
	return client_receive(c, 200) && c->size >= 10 && c->frame[1] == 0x0A;
}

/* ---- brown-outs ---- */

/* Behind two SYNCs, the first for the rate alone, 14 bytes: the 106th ends the command. */
static void the_supply_dips_when_the_nth_byte_arrives(void **state)
{
	(void)state;

	for (unsigned nth = 2 * SYNC_BYTES + 1; nth <= 2 * SYNC_BYTES + 15; nth++) {
		struct client *c = client_with(FAULTS({ .kind = SIM_FAULT_BROWN_OUT, .nth = nth }));
		bool in_first = nth <= 2 * SYNC_BYTES + 14;

		client_enter_rom(c);
		assert_int_equal(client_fired(c), 0);
		/* The last byte ends the command: its answer is cut off, not the command. */
		assert_int_equal(answers(c), !in_first);
		assert_int_equal(client_fired(c), in_first);
		assert_false(answers(c));
		assert_int_equal(client_fired(c), 1);
		assert_int_equal(counters(c).loader_entries, 1);
		assert_int_equal(counters(c).frames_in, 1 + !in_first + (nth == 106));
		client_enter_rom(c);
		assert_true(answers(c));
		client_free(c);
	}
}

static void a_dip_in_the_loader_is_told_by_the_rom_alone(void **state)
{
	static const struct {
		const char *chip, *text;
	} rows[] = {
		{ "esp32", "rst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13" },
		{ "esp32s3", "rst:0xf (BROWNOUT_RST),boot:0x8" },
		{ "esp32c6", "rst:0xf (LP_BOD_SYS),boot:0xc" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_unit_config config = client_config(rows[i].chip);
		struct client *c;
		const char *text;

		config.faults[0] = (struct sim_fault){ .kind = SIM_FAULT_BROWN_OUT,
						       .nth = 2 * SYNC_BYTES + 3 };
		config.fault_count = 1;
		c = client_new(&config);
		client_enter_rom(c);
		client_send_raw(c, "\xC0\x00\x0A", 3);
		text = client_text(c, 200);
		if (!strstr(text, rows[i].text))
			fail_msg("%s: %s", rows[i].chip, text);
		assert_null(strstr(text, "Brownout detector"));
		client_free(c);
	}
}

static void a_dip_under_an_application_is_told_by_it_first(void **state)
{
	struct client *c = client_with(FAULTS({ .kind = SIM_FAULT_BROWN_OUT, .nth = 1 }));
	const char *text, *told, *reset;
	(void)state;

	client_put_firmware(c, 0x1000, 0);
	client_reset(c, false);
	client_wait_ms(c, 2000);
	assert_true(sim_unit_runs_application(c->unit));
	c->in_size = 0;
	client_send_raw(c, "x", 1);
	text = client_text(c, 1000);
	told = strstr(text, "Brownout detector was triggered");
	reset = strstr(text, "rst:0x3 (SW_RESET)");
	assert_non_null(told);
	assert_non_null(reset);
	assert_true(told < reset);
	assert_true(sim_unit_runs_application(c->unit));
	assert_int_equal(counters(c).app_starts, 2);
	client_free(c);
}

static void a_dip_comes_again_after_each_further_bytes(void **state)
{
	struct client *c =
		client_with(FAULTS({ .kind = SIM_FAULT_BROWN_OUT, .nth = 10, .amount = 1000 }));
	static const uint8_t junk[1000];
	(void)state;

	client_send_raw(c, junk, 9);
	client_wait_ms(c, 10);
	assert_int_equal(client_fired(c), 0);
	for (unsigned n = 1; n < 5; n++) {
		client_send_raw(c, junk, n == 1 ? 1 : 1000);
		client_wait_ms(c, 200);
		assert_int_equal(client_fired(c), n);
	}
	/* Those that nobody heard count as well: the supply hangs on the cable. */
	client_send_raw(c, junk, 999);
	client_wait_ms(c, 200);
	assert_int_equal(client_fired(c), 4);
	client_free(c);
}

static void a_dip_takes_ram_rate_and_stub(void **state)
{
	struct client *c = client_with(
		FAULTS({ .kind = SIM_FAULT_BROWN_OUT, .nth = 2 * SYNC_BYTES + 32 + 92 + 18 + 18 }));
	(void)state;

	client_enter_stub(c);
	client_ask_words(c, 0x0F, WORDS(230400, 115200));
	client_rate(c, 230400);
	client_wait_ms(c, 50);
	while (!client_fired(c) && answers(c))
		;
	assert_int_equal(client_fired(c), 1);
	client_wait_ms(c, 100);
	client_rate(c, 115200);
	client_enter_rom(c);
	/* What was uploaded before is gone: starting it is a crash. */
	client_ask_words(c, 0x06, WORDS(0, c->ram + 4));
	client_wait_ms(c, 500);
	assert_int_equal(counters(c).crashes, 1);
	client_free(c);
}

/* With GPIO0 held low through the dip the chip comes back in its loader. */
static void after_a_dip_the_strap_says_where_to(void **state)
{
	(void)state;

	for (int is_low = 0; is_low < 2; is_low++) {
		struct client *c = client_with(
			FAULTS({ .kind = SIM_FAULT_BROWN_OUT, .nth = 2 * SYNC_BYTES + 1 }));

		client_enter_rom(c);
		sim_unit_lines(c->unit, c->now_us, is_low, false);
		client_send_raw(c, "x", 1);
		client_wait_ms(c, 100);
		assert_int_equal(counters(c).loader_entries, 1 + is_low);
		client_free(c);
	}
}

static void a_chip_in_reset_does_not_mind_a_dip(void **state)
{
	struct client *c = client_with(FAULTS({ .kind = SIM_FAULT_BROWN_OUT, .nth = 1 }));
	uint64_t resets;
	(void)state;

	sim_unit_lines(c->unit, c->now_us, false, true);
	client_wait_ms(c, 20);
	resets = counters(c).resets;
	client_send_raw(c, "x", 1);
	client_wait_ms(c, 100);
	assert_int_equal(client_fired(c), 1);
	assert_int_equal(counters(c).resets, resets);
	sim_unit_lines(c->unit, c->now_us, true, false);
	client_wait_ms(c, 100);
	assert_int_equal(counters(c).loader_entries, 1);
	client_free(c);
}

/* ---- the reset line and the strap ---- */

static void a_stuck_reset_line_leaves_the_application_running(void **state)
{
	struct client *c = client_with(FAULTS({ .kind = SIM_FAULT_EN_STUCK }));
	uint64_t resets;
	(void)state;

	client_put_firmware(c, 0x1000, 0);
	client_wait_ms(c, 3000);
	assert_true(sim_unit_runs_application(c->unit));
	resets = counters(c).resets;
	client_reset(c, true);
	assert_true(sim_unit_runs_application(c->unit));
	assert_int_equal(counters(c).resets, resets);
	assert_int_equal(client_fired(c), 1);
	client_free(c);
}

static void a_stuck_strap_makes_every_reset_start_the_flash(void **state)
{
	struct client *c = client_with(FAULTS({ .kind = SIM_FAULT_STRAP_STUCK }));
	(void)state;

	client_put_firmware(c, 0x1000, 0);
	client_reset(c, true);
	client_wait_ms(c, 1000);
	assert_true(sim_unit_runs_application(c->unit));
	assert_int_equal(client_fired(c), 1);
	sim_unit_press_reset(c->unit, c->now_us, true);
	client_wait_ms(c, 1000);
	assert_true(sim_unit_runs_application(c->unit));
	assert_int_equal(counters(c).loader_entries, 0);
	client_free(c);
}

static void a_units_own_usb_can_be_deaf_to_resets_and_to_the_loader(void **state)
{
	(void)state;

	for (int strap = 0; strap < 2; strap++) {
		struct sim_unit_config config = client_config("esp32s3");
		struct client *c;

		config.bridge = "usb-jtag";
		config.faults[0].kind = strap ? SIM_FAULT_STRAP_STUCK : SIM_FAULT_EN_STUCK;
		config.fault_count = 1;
		c = client_new(&config);
		client_put_firmware(c, 0, 9);
		client_wait_ms(c, 3000);
		sim_unit_lines(c->unit, c->now_us, false, false);
		sim_unit_lines(c->unit, c->now_us, true, false);
		sim_unit_lines(c->unit, c->now_us, true, true);
		sim_unit_lines(c->unit, c->now_us, false, true);
		client_wait_ms(c, 1000);
		assert_true(sim_unit_runs_application(c->unit));
		assert_int_equal(counters(c).app_starts, strap ? 2 : 1);
		assert_int_equal(counters(c).loader_entries, 0);
		client_free(c);
	}
}

/* GPIO0 is held low for so long behind the release of EN. */
static uint64_t entries_with(uint32_t slow_ms, unsigned held_ms)
{
	struct client *c = client_with(FAULTS({ .kind = SIM_FAULT_SLOW_EN, .amount = slow_ms }));
	uint64_t n;

	sim_unit_lines(c->unit, c->now_us, false, true);
	client_wait_ms(c, 100);
	sim_unit_lines(c->unit, c->now_us, true, false);
	client_wait_ms(c, held_ms);
	sim_unit_lines(c->unit, c->now_us, false, false);
	client_wait_ms(c, 1000);
	n = counters(c).loader_entries;
	client_free(c);
	return n;
}

static void a_slow_reset_line_wants_the_long_delay(void **state)
{
	(void)state;

	assert_int_equal(entries_with(30, 50), 1);
	assert_int_equal(entries_with(200, 50), 0);
	assert_int_equal(entries_with(200, 550), 1);
	assert_int_equal(entries_with(600, 550), 0);
}

/* Pulled low again before it was up: it starts from the bottom. */
static void a_slow_reset_line_that_is_pulled_again_starts_anew(void **state)
{
	struct client *c = client_with(FAULTS({ .kind = SIM_FAULT_SLOW_EN, .amount = 300 }));
	uint64_t resets;
	(void)state;

	sim_unit_lines(c->unit, c->now_us, false, true);
	client_wait_ms(c, 100);
	resets = counters(c).resets;
	for (int i = 0; i < 3; i++) {
		sim_unit_lines(c->unit, c->now_us, false, false);
		client_wait_ms(c, 200);
		sim_unit_lines(c->unit, c->now_us, false, true);
		client_wait_ms(c, 10);
	}
	assert_int_equal(counters(c).resets, resets);
	sim_unit_lines(c->unit, c->now_us, false, false);
	client_wait_ms(c, 310);
	assert_int_equal(counters(c).resets, resets + 1);
	client_free(c);
}

/* A watchdog reset while the line is on its way down does not let the chip get away. */
static void a_reset_from_inside_does_not_end_one_by_the_line(void **state)
{
	(void)state;

	/* Without a boot loader a watchdog resets it each second or so. */
	for (unsigned at_ms = 0; at_ms < 1100; at_ms += 1) {
		struct client *c = client_new(NULL);
		uint64_t entries;

		client_wait_ms(c, at_ms);
		client_reset(c, true);
		entries = counters(c).loader_entries;
		client_free(c);
		if (entries != 1)
			fail_msg("missed the loader %u ms after the start", at_ms);
	}
}

/* ---- text ---- */

static void junk_comes_before_the_boot_text(void **state)
{
	struct client *good = client_new(NULL);
	struct client *c = client_with(FAULTS({ .kind = SIM_FAULT_NOISY_BOOT, .amount = 500 }));
	size_t usual;
	(void)state;

	client_reset(good, true);
	good->in_size = 0;
	client_reset(good, true);
	client_wait_ms(good, 200);
	usual = good->in_size;
	client_reset(c, true);
	c->in_size = 0;
	client_reset(c, true);
	client_wait_ms(c, 200);
	assert_int_equal(c->in_size, usual + 500);
	assert_memory_equal(c->in + 500, good->in, usual);
	client_sync(c);
	client_free(c);
	client_free(good);
}

static void a_chattering_application_never_stops_and_the_loader_is_quiet(void **state)
{
	struct client *c = client_with(FAULTS({ .kind = SIM_FAULT_CHATTER }));
	(void)state;

	client_put_firmware(c, 0x1000, 0);
	client_reset(c, false);
	client_wait_ms(c, 2000);
	for (int i = 0; i < 100; i++) {
		c->in_size = 0;
		client_wait_ms(c, 10);
		assert_in_range(c->in_size, 110, 120);
	}
	client_enter_rom(c);
	c->in_size = 0;
	client_wait_ms(c, 1000);
	assert_int_equal(c->in_size, 0);
	client_free(c);
}

/* ---- the plug ---- */

static void a_unit_that_is_plugged_in_again_keeps_its_flash_alone(void **state)
{
	struct client *c = client_new(NULL);
	unsigned generation = sim_unit_port_generation(c->unit);
	(void)state;

	client_put_firmware(c, 0x1000, 0);
	client_enter_stub(c);
	sim_unit_pull(c->unit, c->now_us);
	assert_true(sim_unit_is_unplugged(c->unit));
	assert_false(sim_unit_is_present(c->unit));
	assert_int_equal(sim_unit_write(c->unit, c->now_us, (const uint8_t *)"x", 1), 0);
	assert_true(sim_unit_next_us(c->unit) == SIM_NEVER);
	c->now_us += 1000000;
	sim_unit_plug(c->unit, c->now_us);
	assert_true(sim_unit_is_present(c->unit));
	assert_int_equal(sim_unit_port_generation(c->unit), generation + 1);
	client_wait_ms(c, 1000);
	assert_true(sim_unit_runs_application(c->unit));
	assert_int_equal(counters(c).app_starts, 1);
	/* Nobody has the new port open. */
	assert_int_equal(c->in_size, 0);
	sim_unit_open(c->unit, c->now_us);
	client_rate(c, 115200);
	client_enter_stub(c);
	client_free(c);
}

static void each_unplugging_strikes_once(void **state)
{
	struct client *c = client_with(FAULTS({ .kind = SIM_FAULT_UNPLUG, .nth = 10 },
					      { .kind = SIM_FAULT_UNPLUG, .nth = 30 }));
	static const uint8_t junk[100];
	(void)state;

	assert_int_equal(sim_unit_write(c->unit, c->now_us, junk, 100), 10);
	assert_true(sim_unit_is_unplugged(c->unit));
	sim_unit_plug(c->unit, c->now_us);
	sim_unit_open(c->unit, c->now_us);
	assert_int_equal(sim_unit_write(c->unit, c->now_us, junk, 100), 20);
	assert_true(sim_unit_is_unplugged(c->unit));
	assert_int_equal(client_fired(c), 2);
	sim_unit_plug(c->unit, c->now_us);
	sim_unit_open(c->unit, c->now_us);
	assert_int_equal(sim_unit_write(c->unit, c->now_us, junk, 100), 100);
	client_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_supply_dips_when_the_nth_byte_arrives),
		cmocka_unit_test(a_dip_in_the_loader_is_told_by_the_rom_alone),
		cmocka_unit_test(a_dip_under_an_application_is_told_by_it_first),
		cmocka_unit_test(a_dip_comes_again_after_each_further_bytes),
		cmocka_unit_test(a_dip_takes_ram_rate_and_stub),
		cmocka_unit_test(after_a_dip_the_strap_says_where_to),
		cmocka_unit_test(a_chip_in_reset_does_not_mind_a_dip),
		cmocka_unit_test(a_stuck_reset_line_leaves_the_application_running),
		cmocka_unit_test(a_stuck_strap_makes_every_reset_start_the_flash),
		cmocka_unit_test(a_units_own_usb_can_be_deaf_to_resets_and_to_the_loader),
		cmocka_unit_test(a_slow_reset_line_wants_the_long_delay),
		cmocka_unit_test(a_slow_reset_line_that_is_pulled_again_starts_anew),
		cmocka_unit_test(a_reset_from_inside_does_not_end_one_by_the_line),
		cmocka_unit_test(junk_comes_before_the_boot_text),
		cmocka_unit_test(a_chattering_application_never_stops_and_the_loader_is_quiet),
		cmocka_unit_test(a_unit_that_is_plugged_in_again_keeps_its_flash_alone),
		cmocka_unit_test(each_unplugging_strikes_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
