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

static void nothing_but_taking_the_unit_out_changes_what_is_done(void **state)
{
	(void)state;
	for (unsigned event = 0; event < SLOT_EVENT_COUNT; event++) {
		if (event == SLOT_LEAVE)
			continue;
		assert_int_equal(slot_next(SLOT_DONE, event), SLOT_DONE);
		assert_int_equal(slot_next(SLOT_NOT_STARTED, event), SLOT_NOT_STARTED);
	}
	assert_int_equal(slot_next(SLOT_DONE, SLOT_LEAVE), SLOT_EMPTY);
	assert_int_equal(slot_next(SLOT_NOT_STARTED, SLOT_LEAVE), SLOT_EMPTY);
}

static void an_empty_slot_only_takes_a_unit(void **state)
{
	(void)state;
	for (unsigned event = 0; event < SLOT_EVENT_COUNT; event++)
		assert_int_equal(slot_next(SLOT_EMPTY, event),
				 event == SLOT_ARRIVE ? SLOT_SETTLING : SLOT_EMPTY);
}

static void a_unit_settles_before_it_waits(void **state)
{
	(void)state;
	assert_int_equal(slot_next(SLOT_SETTLING, SLOT_START), SLOT_SETTLING);
	assert_int_equal(slot_next(SLOT_SETTLING, SLOT_SETTLE), SLOT_WAITING);
	assert_int_equal(slot_next(SLOT_SETTLING, SLOT_LEAVE), SLOT_EMPTY);
	assert_int_equal(slot_next(SLOT_WAITING, SLOT_LEAVE), SLOT_EMPTY);
}

static void a_slot_with_a_run_is_not_emptied_before_its_verdict(void **state)
{
	static const enum slot_state states[] = { SLOT_STARTING, SLOT_OPENING, SLOT_RUNNING,
						  SLOT_STORING };

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		assert_int_equal(slot_next(states[i], SLOT_LEAVE), states[i]);
		assert_int_equal(slot_next(states[i], SLOT_ARRIVE), states[i]);
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
		cmocka_unit_test(nothing_but_taking_the_unit_out_changes_what_is_done),
		cmocka_unit_test(an_empty_slot_only_takes_a_unit),
		cmocka_unit_test(a_unit_settles_before_it_waits),
		cmocka_unit_test(a_slot_with_a_run_is_not_emptied_before_its_verdict),
		cmocka_unit_test(a_second_verdict_changes_nothing),
		cmocka_unit_test(a_started_unit_is_never_dismissed),
		cmocka_unit_test(every_state_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
