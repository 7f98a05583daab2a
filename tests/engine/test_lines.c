#include "engine/lines.h"
#include "tests/engine/wire_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What the port has to show: both lines, and for how long. docs/protocol.md, resets. */
struct shown {
	int dtr, rts;
	uint32_t hold_ms;
};

static void check(const struct wire_script *s, const struct shown *shown, size_t count)
{
	assert_int_equal(s->line_count, count);
	for (size_t i = 0; i < count; i++) {
		uint64_t end_us = i + 1 < count ? s->lines[i + 1].at_us : s->now_us;

		assert_int_equal(s->lines[i].dtr, shown[i].dtr);
		assert_int_equal(s->lines[i].rts, shown[i].rts);
		assert_int_equal(end_us - s->lines[i].at_us, shown[i].hold_ms * 1000);
	}
}

#define CHECK_ENTER(kind, ...)                                                                     \
	do {                                                                                       \
		const struct shown shown[] = { __VA_ARGS__ };                                      \
		struct wire_script s;                                                              \
		struct err err;                                                                    \
		script_init(&s);                                                                   \
		assert_int_equal(lines_enter_loader(&s.base, kind, &err), STATUS_OK);              \
		check(&s, shown, sizeof(shown) / sizeof(shown[0]));                                \
	} while (0)

static void tight_passes_through_both_asserted_and_holds_the_strap(void **state)
{
	(void)state;
	CHECK_ENTER(RESET_TIGHT, { 0, 0, 0 }, { 1, 1, 0 }, { 0, 1, 100 }, { 1, 0, 50 },
		    { 0, 0, 0 });
	CHECK_ENTER(RESET_TIGHT_LONG, { 0, 0, 0 }, { 1, 1, 0 }, { 0, 1, 100 }, { 1, 0, 550 },
		    { 0, 0, 0 });
}

static void classic_moves_dtr_before_rts(void **state)
{
	(void)state;
	CHECK_ENTER(RESET_CLASSIC, { 0, 1, 100 }, { 1, 1, 0 }, { 1, 0, 50 }, { 0, 0, 0 });
	CHECK_ENTER(RESET_CLASSIC_LONG, { 0, 1, 100 }, { 1, 1, 0 }, { 1, 0, 550 }, { 0, 0, 0 });
}

static void usb_jtag_never_releases_both_before_the_reset(void **state)
{
	(void)state;
	CHECK_ENTER(RESET_USB_JTAG, { 0, 0, 100 }, { 1, 0, 100 }, { 1, 1, 0 }, { 0, 1, 100 },
		    { 0, 0, 0 });
}

static void held_leaves_the_strap_low(void **state)
{
	(void)state;
	CHECK_ENTER(RESET_TIGHT_HELD, { 0, 0, 0 }, { 1, 1, 0 }, { 0, 1, 100 }, { 1, 0, 50 });
	CHECK_ENTER(RESET_TIGHT_HELD_LONG, { 0, 0, 0 }, { 1, 1, 0 }, { 0, 1, 100 }, { 1, 0, 550 });
	for (int kind = 0; kind < RESET_KIND_COUNT; kind++)
		assert_int_equal(reset_kind_holds_strap((enum reset_kind)kind),
				 kind == RESET_TIGHT_HELD || kind == RESET_TIGHT_HELD_LONG);
}

static void a_restart_never_pulls_the_strap(void **state)
{
	static const struct shown behind_bridge[] = { { 0, 1, 100 }, { 0, 0, 0 } };
	static const struct shown native[] = { { 0, 0, 100 }, { 0, 1, 200 }, { 0, 0, 200 } };
	/* The chip starts while both are asserted, which on two transistors is neither. */
	static const struct shown held[] = { { 0, 1, 100 }, { 1, 1, 100 }, { 1, 0, 0 } };
	struct wire_script s;
	struct err err;

	(void)state;
	script_init(&s);
	assert_int_equal(lines_run_application(&s.base, RUN_BEHIND_BRIDGE, &err), STATUS_OK);
	check(&s, behind_bridge, 2);
	script_init(&s);
	assert_int_equal(lines_run_application(&s.base, RUN_NATIVE_USB, &err), STATUS_OK);
	check(&s, native, 3);
	script_init(&s);
	assert_int_equal(lines_run_application(&s.base, RUN_STRAP_HELD, &err), STATUS_OK);
	check(&s, held, 3);
}

static void a_reset_drops_what_was_said_before_it_and_nothing_after(void **state)
{
	uint8_t text[16];
	size_t got;

	(void)state;
	for (int kind = 0; kind < RESET_KIND_COUNT; kind++) {
		struct wire_script s;
		struct err err;

		script_init(&s);
		script_bytes(&s, SCRIPT_BEFORE, 0, "old", 3);
		script_bytes(&s, SCRIPT_BEFORE, 50000, "older", 5);
		script_bytes(&s, SCRIPT_BEFORE, 310000, "rst:", 4);
		assert_int_equal(lines_enter_loader(&s.base, (enum reset_kind)kind, &err),
				 STATUS_OK);
		assert_int_equal(transport_read(&s.base, text, sizeof(text), &got,
						deadline_after_ms(&s.clock, 1000), &err),
				 STATUS_OK);
		assert_int_equal(got, 4);
		assert_memory_equal(text, "rst:", 4);
	}
}

static void an_adapter_without_lines_is_told_apart(void **state)
{
	struct wire_script s;
	struct err err;

	(void)state;
	script_init(&s);
	s.lines_status = STATUS_NOT_SUPPORTED;
	assert_int_equal(lines_enter_loader(&s.base, RESET_TIGHT, &err), STATUS_NOT_SUPPORTED);
	assert_int_equal(err.status, STATUS_NOT_SUPPORTED);
	assert_int_equal(lines_run_application(&s.base, RUN_BEHIND_BRIDGE, &err),
			 STATUS_NOT_SUPPORTED);
}

static void every_reset_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int a = 0; a < RESET_KIND_COUNT; a++) {
		assert_non_null(reset_kind_name((enum reset_kind)a));
		for (int b = 0; b < a; b++)
			assert_string_not_equal(reset_kind_name((enum reset_kind)a),
						reset_kind_name((enum reset_kind)b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tight_passes_through_both_asserted_and_holds_the_strap),
		cmocka_unit_test(classic_moves_dtr_before_rts),
		cmocka_unit_test(usb_jtag_never_releases_both_before_the_reset),
		cmocka_unit_test(held_leaves_the_strap_low),
		cmocka_unit_test(a_restart_never_pulls_the_strap),
		cmocka_unit_test(a_reset_drops_what_was_said_before_it_and_nothing_after),
		cmocka_unit_test(an_adapter_without_lines_is_told_apart),
		cmocka_unit_test(every_reset_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
