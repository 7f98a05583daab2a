#include "tests/station/tree.h"

#include "station/slot.h"

static enum slot_state after(const enum slot_event *events, size_t count)
{
	enum slot_state state = SLOT_WAITING;

	for (size_t i = 0; i < count; i++)
		state = slot_next(state, events[i]);
	return state;
}
#define AFTER(...)                                                                                 \
	after((const enum slot_event[]){ __VA_ARGS__ },                                            \
	      sizeof((const enum slot_event[]){ __VA_ARGS__ }) / sizeof(enum slot_event))

static void a_run_goes_from_waiting_to_done(void **state)
{
	(void)state;
	assert_int_equal(AFTER(SLOT_START), SLOT_STARTING);
	assert_int_equal(AFTER(SLOT_START, SLOT_RECORDED), SLOT_OPENING);
	assert_int_equal(AFTER(SLOT_START, SLOT_RECORDED, SLOT_OPENED), SLOT_RUNNING);
	assert_int_equal(AFTER(SLOT_START, SLOT_RECORDED, SLOT_OPENED, SLOT_VERDICT), SLOT_STORING);
	assert_int_equal(AFTER(SLOT_START, SLOT_RECORDED, SLOT_OPENED, SLOT_VERDICT, SLOT_STORED),
			 SLOT_DONE);
}

static void a_refused_port_has_a_verdict_too(void **state)
{
	(void)state;
	assert_int_equal(AFTER(SLOT_START, SLOT_RECORDED, SLOT_VERDICT), SLOT_STORING);
}

static void no_verdict_comes_before_the_run_is_recorded(void **state)
{
	(void)state;
	assert_int_equal(AFTER(SLOT_START, SLOT_VERDICT), SLOT_STARTING);
	assert_int_equal(AFTER(SLOT_START, SLOT_OPENED), SLOT_STARTING);
}

static void nothing_changes_what_is_done(void **state)
{
	(void)state;
	for (unsigned event = 0; event < SLOT_EVENT_COUNT; event++) {
		assert_int_equal(slot_next(SLOT_DONE, event), SLOT_DONE);
		assert_int_equal(slot_next(SLOT_NOT_STARTED, event), SLOT_NOT_STARTED);
	}
}

static void a_second_verdict_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(slot_next(SLOT_STORING, SLOT_VERDICT), SLOT_STORING);
}

static void a_started_unit_is_never_dismissed(void **state)
{
	(void)state;
	assert_int_equal(slot_next(SLOT_WAITING, SLOT_DISMISS), SLOT_NOT_STARTED);
	assert_int_equal(slot_next(SLOT_OPENING, SLOT_DISMISS), SLOT_OPENING);
	assert_int_equal(slot_next(SLOT_RUNNING, SLOT_DISMISS), SLOT_RUNNING);
	assert_int_equal(slot_next(SLOT_STORING, SLOT_DISMISS), SLOT_STORING);
}

static void every_state_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SLOT_STATE_COUNT; i++) {
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(slot_state_name(i), slot_state_name(j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_goes_from_waiting_to_done),
		cmocka_unit_test(a_refused_port_has_a_verdict_too),
		cmocka_unit_test(no_verdict_comes_before_the_run_is_recorded),
		cmocka_unit_test(nothing_changes_what_is_done),
		cmocka_unit_test(a_second_verdict_changes_nothing),
		cmocka_unit_test(a_started_unit_is_never_dismissed),
		cmocka_unit_test(every_state_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
