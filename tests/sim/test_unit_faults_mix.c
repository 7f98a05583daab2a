/* Faults in any combination: the same every time, however often the unit is looked at. */
#include "fixtures/sim_fault.h"
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EVENTS 900
#define EVENT_US 10000u
#define SETS 40

static uint64_t next(uint64_t *random)
{
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return *random >> 33;
}

/* Any kind that the library itself carries out, hitting what the script below does. */
static struct sim_fault any_fault(uint64_t *random)
{
	struct sim_fault f = { .kind = (enum sim_fault_kind)(next(random) % SIM_FAULT_SLOW_OPEN) };

	f.nth = next(random) % 40;
	f.at = (uint32_t)(next(random) % 60);
	f.amount = (uint32_t)(1 + next(random) % 300);
	switch (f.kind) {
	case SIM_FAULT_UNPLUG:
	case SIM_FAULT_STALL:
	case SIM_FAULT_BROWN_OUT:
		f.nth = 1 + next(random) % 40000;
		f.amount *= 20;
		break;
	case SIM_FAULT_GARBLE_RATE:
		f.amount = next(random) % 2 ? 115200 : 460800;
		break;
	case SIM_FAULT_SNAP_RATE:
		f.at = next(random) % 2 ? 115200 : 460800;
		f.amount = 100000;
		break;
	case SIM_FAULT_BAD_SECTOR:
		f.at = 0x1000;
		break;
	case SIM_FAULT_DEAD:
		f.kind = SIM_FAULT_CHATTER;
		break;
	case SIM_FAULT_SLOW_CLOSE:
		f.kind = SIM_FAULT_BLOCK_PROTECT;
		break;
	default:
		break;
	}
	return f;
}

static struct sim_unit_config config_of(uint64_t set)
{
	static const char *const bridges[] = { "cp2104", "ch9102f", "ft231x", "usb-jtag" };
	struct sim_unit_config config = client_config("esp32s3");
	uint64_t random = set * 977;

	config.seed = set;
	config.bridge = bridges[set % 4];
	config.fault_count = 1 + next(&random) % SIM_FAULTS_MAX;
	for (size_t i = 0; i < config.fault_count; i++)
		config.faults[i] = any_fault(&random);
	return config;
}

static void put_frame(struct sim_unit *u, uint64_t now_us, uint8_t opcode, const void *data,
		      size_t size)
{
	uint8_t frame[2100] = { 0xC0, 0, opcode, (uint8_t)size, (uint8_t)(size >> 8) };
	size_t n = 9;

	for (size_t i = 0; i < size; i++)
		frame[n++] = ((const uint8_t *)data)[i] & 0x3F; /* nothing to escape */
	frame[n++] = 0xC0;
	sim_unit_write(u, now_us, frame, n);
}

/* What a host does that waits for nobody. */
static void act(struct sim_unit *u, uint64_t now_us, unsigned event)
{
	static const uint8_t block[2000] = { 0x10, 7, 0, 0, 1, 2, 3 };
	unsigned round = event % 150;

	if (round == 0)
		sim_unit_plug(u, now_us);
	if (round == 1)
		sim_unit_open(u, now_us);
	if (round == 2)
		sim_unit_rate(u, now_us, 115200);
	if (round == 3)
		sim_unit_lines(u, now_us, false, true);
	if (round == 13)
		sim_unit_lines(u, now_us, true, false);
	if (round == 18)
		sim_unit_lines(u, now_us, false, false);
	if (round >= 20 && round < 26)
		put_frame(u, now_us, 0x08, block, 36);
	if (round >= 30 && round < 60)
		put_frame(u, now_us, 0x0A, block, 4);
	if (round == 60)
		put_frame(u, now_us, 0x0F, block, 8);
	if (round == 62)
		sim_unit_rate(u, now_us, 460800);
	if (round >= 65 && round < 100)
		put_frame(u, now_us, 0x03, block, sizeof(block));
	if (round == 110)
		sim_unit_rate(u, now_us, 115200);
	if (round == 120)
		sim_unit_pull(u, now_us);
	if (round == 140 && event > 500)
		sim_unit_close(u, now_us, true);
}

static uint64_t hash(uint64_t h, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		h = (h ^ ((const uint8_t *)bytes)[i]) * 0x100000001B3u;
	return h;
}

/* step_us 0: only when the unit itself says that something happens. */
static uint64_t trace(uint64_t set, unsigned step_us, struct sim_counters *counters)
{
	struct sim_unit_config config = config_of(set);
	uint64_t h = 0xCBF29CE484222325u, now_us = 0;
	struct sim_unit *u;
	char error[100];

	u = sim_unit_new(&config, error, sizeof(error));
	assert_non_null(u);
	sim_unit_advance(u, 0);
	for (unsigned event = 0; event < EVENTS; event++) {
		uint64_t until_us = (event + 1ull) * EVENT_US;
		uint8_t got[512];
		size_t n;

		act(u, now_us, event);
		while (now_us < until_us) {
			uint64_t then = step_us ? now_us + step_us : sim_unit_next_us(u);

			now_us = then > now_us && then < until_us ? then : until_us;
			sim_unit_advance(u, now_us);
		}
		while ((n = sim_unit_read(u, now_us, got, sizeof(got))) > 0)
			h = hash(h, got, n);
	}
	h = hash(h, sim_unit_journal(u), strlen(sim_unit_journal(u)));
	h = hash(h, sim_unit_flash(u, NULL), config.flash_bytes);
	sim_unit_counters(u, counters);
	sim_unit_free(u);
	return hash(h, counters, sizeof(*counters));
}

static void any_mix_is_the_same_however_often_the_unit_is_looked_at(void **state)
{
	uint64_t fired = 0, bytes_out = 0, differs = 0;
	(void)state;

	for (uint64_t set = 1; set <= SETS; set++) {
		struct sim_counters n;
		uint64_t once = trace(set, EVENT_US, &n);

		if (trace(set, 333, &n) != once || trace(set, 0, &n) != once)
			fail_msg("set %u", (unsigned)set);
		fired += n.faults_fired;
		bytes_out += n.bytes_out;
		differs += n.loader_entries > 0;
	}
	/* The script is worth the name: units were in their loader, spoke, and were struck. */
	assert_true(fired > 1000);
	assert_true(bytes_out > 100000);
	assert_true(differs > SETS / 4);
}

/* ---- damage ---- */

static void damage_that_is_too_much_to_remember_counts_as_more_not_as_less(void **state)
{
	struct sim_unit_config config = client_config("esp32");
	struct sim_faults f;
	(void)state;

	sim_faults_init(&f, &config);
	for (uint64_t n = 1; n <= 2 * SIM_SCARS; n++)
		sim_faults_scar(&f, 100 * n, 100 * n);
	assert_false(sim_faults_scarred(&f, 100));
	for (uint64_t n = 1; n < SIM_SCARS; n++) {
		assert_true(sim_faults_scarred(&f, 100 * n + 1));
		assert_false(sim_faults_scarred(&f, 100 * n + 100));
	}
	for (uint64_t n = SIM_SCARS; n < 2 * SIM_SCARS; n++) {
		assert_true(sim_faults_scarred(&f, 100 * n + 1));
		assert_true(sim_faults_scarred(&f, 100 * n + 100));
	}
	assert_true(sim_faults_scarred(&f, 200 * SIM_SCARS + 1));
	assert_false(sim_faults_scarred(&f, UINT64_MAX));
}

/*
 * Behind a hundred damaged frames in one write comes a block that the running stub
 * takes without a look at its sum. Whether what it then starts runs.
 */
static bool second_stub_starts(uint32_t damaged_byte)
{
	struct client *c =
		client_with(FAULTS({ .kind = SIM_FAULT_FLIP_IN, .nth = 0, .at = damaged_byte }));
	uint8_t wire[100 * 41 + 42] = { 0 }, code[4] = { 1 }, *p = wire;
	struct sim_counters n;

	client_enter_rom(c);
	client_ask_words(c, 0x05, WORDS(4, 1, 4, c->ram)); /* too short to be struck */
	client_ask_block(c, 0x07, 0, code, sizeof(code));
	client_ask_words(c, 0x06, WORDS(0, c->ram));
	client_wait_ms(c, 100);
	client_ask_words(c, 0x05, WORDS(16, 1, 16, c->ram + 0x1000));
	for (int i = 0; i < 100; i++, p += 41)
		p[0] = p[40] = 0xC0;
	p[0] = p[41] = 0xC0;
	p[2] = 0x07;
	p[3] = 16 + 16;
	p[9] = 16;
	assert_int_equal(sim_unit_write(c->unit, c->now_us, wire, sizeof(wire)), sizeof(wire));
	client_wait_ms(c, 2000);
	c->in_size = 0;
	client_ask_words(c, 0x06, WORDS(0, c->ram + 0x1000));
	client_wait_ms(c, 500);
	sim_unit_counters(c->unit, &n);
	assert_int_equal(n.stub_starts + n.crashes, 2);
	client_free(c);
	return n.stub_starts == 2;
}

static void no_damaged_stub_starts_however_much_else_is_damaged(void **state)
{
	(void)state;

	assert_true(second_stub_starts(100));
	assert_false(second_stub_starts(30));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_mix_is_the_same_however_often_the_unit_is_looked_at),
		cmocka_unit_test(damage_that_is_too_much_to_remember_counts_as_more_not_as_less),
		cmocka_unit_test(no_damaged_stub_starts_however_much_else_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
