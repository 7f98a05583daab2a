/* A glance at a port: is a chip there, and which one? */
#include "engine/chip.h"
#include "engine/glance.h"
#include "tests/sim/sim_transport.h"
#include "tests/sim/small_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT_MS 2500

static const uint8_t mac[MAC_BYTES] = { 0x24, 0x0a, 0xc4, 0x00, 0x01, 0x10 };

static struct sim_unit_config unit_of(const char *chip)
{
	struct sim_unit_config config = {
		.name = "unit", .chip = chip, .flash_bytes = 0x400000, .bridge = "cp2104"
	};

	memcpy(config.mac, mac, MAC_BYTES);
	return config;
}

static void plug_in(struct sim_transport *st, const struct sim_unit_config *config)
{
	char error[200];

	if (!sim_transport_init(st, config, error, sizeof(error)))
		fail_msg("%s", error);
}

static enum status look(struct sim_transport *st, enum reset_kind reset, struct glance *seen)
{
	struct err err;

	return glance_take(&st->base, reset, deadline_after_ms(&st->clock, LIMIT_MS), seen, &err);
}

static struct glance seen_of(const struct sim_unit_config *config)
{
	struct sim_transport st;
	struct glance seen;

	plug_in(&st, config);
	assert_int_equal(look(&st, RESET_TIGHT, &seen), STATUS_OK);
	sim_transport_release(&st);
	return seen;
}

static void every_chip_is_seen_with_its_mac(void **state)
{
	size_t count;
	const struct chip *rows = chip_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct sim_unit_config config = unit_of(rows[i].key);
		struct glance seen;

		/* The least that is sold: docs/m5sim.md. */
		config.revision = strcmp(rows[i].key, "esp32p4") == 0 ? 103 : 100;
		seen = seen_of(&config);
		if (seen.kind != GLANCE_UNIT || memcmp(seen.mac, mac, MAC_BYTES) != 0)
			fail_msg("%s: seen as %d", rows[i].key, seen.kind);
	}
}

static void a_nest_without_a_board_is_silent_and_no_error(void **state)
{
	struct sim_unit_config config = unit_of("esp32");

	(void)state;
	config.faults[config.fault_count++] = (struct sim_fault){ .kind = SIM_FAULT_DEAD };
	assert_int_equal(seen_of(&config).kind, GLANCE_NOTHING);
}

static void a_unit_that_hides_its_mac_answers(void **state)
{
	static const char *const chips[] = { "esp32s2", "esp32s3", "esp32c3" };

	(void)state;
	for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
		struct sim_unit_config config = unit_of(chips[i]);

		config.secure_download = true;
		assert_int_equal(seen_of(&config).kind, GLANCE_ANSWER);
	}
}

static void a_unit_that_cannot_come_into_its_loader_is_heard(void **state)
{
	struct sim_unit_config config = unit_of("esp32");

	(void)state;
	config.faults[0] = (struct sim_fault){ .kind = SIM_FAULT_STRAP_STUCK };
	config.fault_count = 1;
	assert_int_equal(seen_of(&config).kind, GLANCE_VOICE);
	config.fault_count = 0;
	config.download_disabled = true;
	config.revision = 300; /* the first that can */
	assert_int_equal(seen_of(&config).kind, GLANCE_VOICE);
}

static void an_application_that_no_reset_stops_is_heard(void **state)
{
	struct sim_unit_config config = unit_of("esp32");
	struct small_plan small;
	struct sim_transport st;
	struct glance seen;

	(void)state;
	config.faults[config.fault_count++] = (struct sim_fault){ .kind = SIM_FAULT_CHATTER };
	config.faults[config.fault_count++] = (struct sim_fault){ .kind = SIM_FAULT_EN_STUCK };
	small_plan_init(&small, "esp32", 1);
	plug_in(&st, &config);
	for (size_t i = 0; i < SMALL_REGIONS; i++)
		assert_true(sim_unit_flash_put(st.unit, small.regions[i].addr,
					       small.regions[i].data, small.regions[i].size_bytes));
	sim_unit_press_reset(st.unit, st.now_us, false);
	sim_transport_wait_ms(&st, 1000);
	assert_int_equal(look(&st, RESET_TIGHT, &seen), STATUS_OK);
	assert_int_equal(seen.kind, GLANCE_VOICE);
	sim_transport_release(&st);
	small_plan_release(&small);
}

/* What the unit had been doing before, a stub or its application, does not matter. */
static void a_unit_is_left_restarted_with_both_lines_released(void **state)
{
	static const enum reset_kind resets[] = { RESET_TIGHT, RESET_TIGHT_LONG, RESET_CLASSIC,
						  RESET_CLASSIC_LONG };
	const struct sim_unit_config config = unit_of("esp32");
	struct sim_transport st;

	(void)state;
	plug_in(&st, &config);
	for (size_t i = 0; i < sizeof(resets) / sizeof(resets[0]); i++) {
		struct sim_counters before, after;
		struct glance seen;

		sim_unit_counters(st.unit, &before);
		assert_int_equal(look(&st, resets[i], &seen), STATUS_OK);
		assert_int_equal(seen.kind, GLANCE_UNIT);
		sim_transport_wait_ms(&st, 100);
		sim_unit_counters(st.unit, &after);
		assert_int_equal(after.loader_entries, before.loader_entries + 1);
		assert_int_equal(after.resets, before.resets + 2);
		assert_int_equal(after.stub_starts, 0);
		assert_int_equal(after.sectors_erased + after.bytes_programmed, 0);
	}
	sim_transport_release(&st);
}

/* Each byte of each answer in turn: a MAC is read right, or not at all. */
static void no_damaged_answer_makes_another_mac(void **state)
{
	static const enum sim_fault_kind kinds[] = { SIM_FAULT_FLIP_OUT, SIM_FAULT_DROP_OUT };
	unsigned fired = 0;

	(void)state;
	for (uint64_t nth = 1; nth < 40; nth++) {
		for (uint32_t at = 0; at < 24; at++) {
			struct sim_unit_config config = unit_of("esp32");
			struct sim_transport st;
			struct sim_counters c;
			struct glance seen;

			config.faults[config.fault_count++] = (struct sim_fault){
				.kind = kinds[(nth + at) % 2], .nth = nth, .at = at
			};
			plug_in(&st, &config);
			assert_int_equal(look(&st, RESET_TIGHT, &seen), STATUS_OK);
			sim_unit_counters(st.unit, &c);
			fired += c.faults_fired != 0;
			if (seen.kind == GLANCE_UNIT)
				assert_memory_equal(seen.mac, mac, MAC_BYTES);
			sim_transport_release(&st);
		}
	}
	assert_true(fired > 300);
}

static void a_port_that_goes_says_nothing_about_the_unit(void **state)
{
	(void)state;
	for (uint64_t nth = 1; nth < 200; nth += 20) {
		struct sim_unit_config config = unit_of("esp32");
		struct sim_transport st;
		struct glance seen;

		config.faults[config.fault_count++] =
			(struct sim_fault){ .kind = SIM_FAULT_UNPLUG, .nth = nth };
		plug_in(&st, &config);
		assert_int_equal(look(&st, RESET_TIGHT, &seen), STATUS_PORT_GONE);
		assert_int_equal(seen.kind, GLANCE_NOTHING);
		sim_transport_release(&st);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_chip_is_seen_with_its_mac),
		cmocka_unit_test(a_nest_without_a_board_is_silent_and_no_error),
		cmocka_unit_test(a_unit_that_hides_its_mac_answers),
		cmocka_unit_test(a_unit_that_cannot_come_into_its_loader_is_heard),
		cmocka_unit_test(an_application_that_no_reset_stops_is_heard),
		cmocka_unit_test(a_unit_is_left_restarted_with_both_lines_released),
		cmocka_unit_test(no_damaged_answer_makes_another_mac),
		cmocka_unit_test(a_port_that_goes_says_nothing_about_the_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
