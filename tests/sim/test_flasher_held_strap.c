/*
 * A CP2102C moves RTS by itself when bytes arrive, as its flow control has it; on two
 * transistors RTS alone resets the unit. docs/protocol.md, Resets.
 */
#include "tests/sim/flash_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Longer than EN must be low for a reset. */
#define TWITCH_MS 6

static struct {
	const struct transport_ops *real;
	bool dtr, rts;
	unsigned twitches;
} bridge;

static struct transport_ops twitching;

static enum status note_lines(struct transport *t, bool dtr, bool rts, struct err *err)
{
	bridge.dtr = dtr;
	bridge.rts = rts;
	return bridge.real->set_lines(t, dtr, rts, err);
}

static enum status read_and_twitch(struct transport *t, uint8_t *buf, size_t size, size_t *got,
				   struct deadline d, struct err *err)
{
	enum status st = bridge.real->read(t, buf, size, got, d, err);

	if (!st && *got && !bridge.rts) {
		bridge.twitches++;
		bridge.real->set_lines(t, bridge.dtr, true, err);
		sim_transport_wait_ms((struct sim_transport *)t, TWITCH_MS);
		bridge.real->set_lines(t, bridge.dtr, false, err);
	}
	return st;
}

/* resets: of the bridge's row. */
static void init(struct flash_bench *b, struct small_plan *p, enum reset_kind first,
		 enum reset_kind second)
{
	struct sim_unit_config config = bench_unit("esp32");

	small_plan_init(p, "esp32", 1);
	p->plan.stub = STUB_NEVER;
	bench_init(b, &config);
	b->link.resets[0] = first;
	b->link.resets[1] = second;
	b->link.reset_count = 2;
	bridge.real = b->port.base.ops;
	bridge.twitches = 0;
	twitching = *bridge.real;
	twitching.read = read_and_twitch;
	twitching.set_lines = note_lines;
	b->port.base.ops = &twitching;
}

static void release(struct flash_bench *b, struct small_plan *p)
{
	bench_release(b);
	small_plan_release(p);
}

static void a_held_strap_keeps_the_unit_in_its_loader_and_lets_it_go_at_the_end(void **state)
{
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, RESET_TIGHT_HELD, RESET_TIGHT_HELD_LONG);
	assert_int_equal(bench_run(&b, FLASH_RUN_FLASH, &p.plan), STATUS_OK);
	assert_true(bench_holds(&b, &p));
	assert_int_equal(b.report.tries, 1);
	assert_true(bridge.twitches > 0);
	/* The boot text came over the same bridge, and left the application alone. */
	assert_true(bridge.dtr && !bridge.rts);
	sim_transport_wait_ms(&b.port, 1000);
	assert_true(sim_unit_runs_application(b.unit));
	release(&b, &p);
}

static void the_usual_resets_cannot_pass_behind_it(void **state)
{
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init(&b, &p, RESET_TIGHT, RESET_TIGHT_LONG);
	assert_int_not_equal(bench_run(&b, FLASH_RUN_FLASH, &p.plan), STATUS_OK);
	assert_true(bench_is_untouched(&b));
	release(&b, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_held_strap_keeps_the_unit_in_its_loader_and_lets_it_go_at_the_end),
		cmocka_unit_test(the_usual_resets_cannot_pass_behind_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
