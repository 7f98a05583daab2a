/* Units come to a line, are run, and go: with the bridges that are their own. */
#define _GNU_SOURCE /* kill */
#include "tests/line/script.h"

#include "station/line/locks.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)

/* ---- units come and go ---- */

static void two_after_another(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 1, unit(w, 0));
		WHEN(1, is_done(s, 1, STATUS_OK, 1)) nests_unplug(&w->nests, 1);
		WHEN(2, is_empty(s, 1)) nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(3, is_done(s, 1, STATUS_OK, 2)) end();
	}
}

static void a_slot_takes_one_unit_after_the_other(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	script_run(w, two_after_another);
	assert_int_equal(w->exit_code, EXIT_CODE_PASSED);
	assert_int_equal(w->arrived, 2);
	assert_int_equal(w->left, 1);
	assert_int_equal(w->at_end[1].units, 2);
	assert_int_equal(w->at_end[1].past_count, 1);
	assert_string_equal(w->at_end[1].past[0].mac, "24:0a:c4:00:01:01");
	assert_int_equal(w->counts.first_passed, 2);
}

static void result_stays(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(2, is_done(s, 1, STATUS_OK, 1)) end();
	}
}

static void a_result_stays_as_long_as_its_unit(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	script_run(w, result_stays);
	assert_int_equal(w->left, 0);
	assert_int_equal(w->at_end[0].state, SLOT_DONE);
	assert_int_equal(w->at_end[0].status, STATUS_OK);
}

static void swap_within_settling(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, s->slots[0].state == SLOT_SETTLING) nests_unplug(&w->nests, 0);
		nests_plug(&w->nests, 0, unit(w, 1));
		WHEN(2, is_done(s, 0, STATUS_OK, 1)) end();
	}
}

static void a_unit_that_is_swapped_while_it_settles_is_never_opened(void **state)
{
	struct world *w = *state;

	w->settle_ms = 2000; /* longer than two looks at the slots */
	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	script_run(w, swap_within_settling);
	assert_int_equal(nests_opens(unit(w, 0)), 0);
	assert_int_equal(w->arrived, 1);
	assert_int_equal(w->mac_end[0], 2);
}

static void swap_after_verdict(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) nests_unplug(&w->nests, 0);
		nests_plug(&w->nests, 0, unit(w, 1)); /* no look at the empty slot in between */
		WHEN(2, is_done(s, 0, STATUS_OK, 2)) end();
	}
}

static void a_unit_that_is_swapped_after_the_verdict_is_run_on_its_own(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	script_run(w, swap_after_verdict);
	assert_string_equal(w->at_end[0].past[0].mac, "24:0a:c4:00:01:01");
	assert_true(nests_programmed(unit(w, 1)) > 0);
	assert_int_equal(w->left, 1);
}

static void leaves_while_writing(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_PORT_GONE, 1));
		assert_int_equal(s->counts.errors, 1);
		WHEN(2, s->slots[0].is_gone) nests_plug(&w->nests, 0, unit(w, 1));
		WHEN(3, is_done(s, 0, STATUS_OK, 2)) end();
	}
}

static void a_unit_that_leaves_while_it_is_written_stays_red_until_the_next_one(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1)->leaves_when_written = true;
	nests_unit(&w->nests, "esp32", 2);
	script_run(w, leaves_while_writing);
	assert_true(nests_programmed(unit(w, 0)) > 0);
	assert_int_equal(w->at_end[0].past[0].status, STATUS_PORT_GONE);
	assert_int_equal(w->at_end[0].failed_in_row, 0);
}

static void swapped_while_writing(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 2)) end();
	}
}

static void a_unit_that_is_swapped_while_it_is_written_leaves_nothing_to_the_next(void **state)
{
	struct world *w = *state;
	struct hand_unit *first = nests_unit(&w->nests, "esp32", 1);

	first->leaves_when_written = true;
	first->next = nests_unit(&w->nests, "esp32", 2);
	script_run(w, swapped_while_writing);
	assert_int_equal(w->at_end[0].past[0].status, STATUS_PORT_GONE);
	assert_string_equal(w->at_end[0].past[0].mac, "24:0a:c4:00:01:01");
	assert_int_equal(w->mac_end[0], 2);
	assert_int_equal(w->results, 2);
}

/* ---- units that have been there before ---- */

static void plugged_again(struct world *w, const struct snapshot *s)
{
	static uint64_t programmed;

	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) programmed = nests_programmed(unit(w, 0));
		nests_unplug(&w->nests, 0);
		WHEN(2, is_empty(s, 0)) nests_plug(&w->nests, 2, unit(w, 0));
		WHEN(3, is_done(s, 2, STATUS_ALREADY_FINISHED, 1))
		assert_int_equal(nests_programmed(unit(w, 0)), programmed);
		assert_int_equal(s->slots[2].before, STATUS_OK);
		ask(w, REQUEST_RETEST, 2, "");
		WHEN(4, is_done(s, 2, STATUS_OK, 2))
		assert_true(nests_programmed(unit(w, 0)) > programmed);
		end();
	}
}

static void a_unit_that_passed_is_written_again_only_when_a_retest_is_asked_for(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	script_run(w, plugged_again);
	assert_int_equal(w->step, 5);
	assert_int_equal(w->counts.units, 2); /* the refused one does not count */
	assert_int_equal(w->counts.first_units, 1);
}

static void error_again(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_PORT_GONE, 1)) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(2, is_done(s, 0, STATUS_OK, 2)) end();
	}
}

static void a_unit_that_ended_with_an_error_is_run_again_when_it_comes_again(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1)->leaves_when_written = true;
	script_run(w, error_again);
	assert_int_equal(w->counts.passed, 1);
	assert_int_equal(w->counts.first_passed, 0);
}

static void pulled_out_of_its_retest(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1))
		unit(w, 0)->written = nests_programmed(unit(w, 0));
		unit(w, 0)->leaves_when_written = true;
		ask(w, REQUEST_RETEST, 0, "");
		WHEN(2, is_done(s, 0, STATUS_PORT_GONE, 2)) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(3, s->slots[0].state == SLOT_DONE && s->slots[0].visit == 3) end();
	}
}

static void a_pass_is_forgotten_when_a_retest_wrote_and_came_to_nothing(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	script_run(w, pulled_out_of_its_retest);
	assert_int_equal(w->at_end[0].status, STATUS_OK);
}

static void swapped_for_one_that_passed(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(1, is_done(s, 1, STATUS_OK, 1))
		unit(w, 1)->written = nests_programmed(unit(w, 1));
		nests_unplug(&w->nests, 1);
		ask(w, REQUEST_RETEST, 0, "");
		WHEN(2, is_empty(s, 1) && s->slots[0].will_retest)
		nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(3, s->slots[0].state == SLOT_DONE && s->slots[0].visit == 2) end();
	}
}

static void check_that_nothing_was_inherited(struct world *w)
{
	assert_int_equal(w->at_end[0].past[0].status, STATUS_PORT_GONE);
	assert_string_equal(w->at_end[0].past[0].mac, "");
	assert_int_equal(w->at_end[0].status, STATUS_ALREADY_FINISHED);
	assert_int_equal(nests_programmed(unit(w, 1)), unit(w, 1)->written);
}

static void a_unit_that_is_swapped_before_it_is_known_gives_its_retest_to_nobody(void **state)
{
	struct world *w = *state;
	struct hand_unit *first = nests_unit(&w->nests, "esp32", 1);

	first->leaves_when_asked = true;
	first->next = nests_unit(&w->nests, "esp32", 2);
	script_run(w, swapped_for_one_that_passed);
	check_that_nothing_was_inherited(w);
}

static void a_port_of_the_same_name_is_not_taken_for_the_unit(void **state)
{
	struct world *w = *state;
	struct hand_unit *first = nests_unit(&w->nests, "esp32", 1);

	first->leaves_when_opened = true;
	first->next = nests_unit(&w->nests, "esp32", 2);
	script_run(w, swapped_for_one_that_passed);
	check_that_nothing_was_inherited(w);
}

static void same_mac(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(2, is_done(s, 1, STATUS_DUPLICATE_MAC, 1)) nests_unplug(&w->nests, 0);
		nests_unplug(&w->nests, 1);
		WHEN(3, is_empty(s, 0) && is_empty(s, 1)) nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(4, is_done(s, 1, STATUS_ALREADY_FINISHED, 2)) end();
	}
}

static void one_mac_in_two_slots_is_refused_as_long_as_both_are_there(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 1);
	script_run(w, same_mac);
	assert_int_equal(nests_programmed(unit(w, 1)), 0);
}

static void three_units(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) unit(w, 2)->leaves_when_written = true;
		for (unsigned i = 0; i < 3; i++)
			nests_plug(&w->nests, i, unit(w, i));
		WHEN(1, is_done(s, 0, STATUS_OK, 1) && is_done(s, 1, STATUS_OK, 1) &&
				is_done(s, 2, STATUS_PORT_GONE, 1))
		end();
	}
}

static void three_units_after_a_restart(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 1, unit(w, 1)); /* after the start */
		WHEN(1, is_done(s, 0, STATUS_ALREADY_FINISHED, 1) && is_done(s, 1, STATUS_OK, 1) &&
				is_done(s, 2, STATUS_OK, 1))
		assert_int_equal(s->slots[0].before, STATUS_OK);
		assert_int_equal(nests_programmed(unit(w, 0)), unit(w, 0)->written);
		nests_unplug(&w->nests, 0);
		WHEN(2, is_empty(s, 0)) nests_plug(&w->nests, 3, unit(w, 0)); /* it stays so */
		WHEN(3, is_done(s, 3, STATUS_ALREADY_FINISHED, 1)) ask(w, REQUEST_RETEST, 3, "");
		WHEN(4, is_done(s, 3, STATUS_OK, 2)) end();
	}
}

static void a_restart_writes_no_unit_again_that_passed_and_never_left_its_slot(void **state)
{
	struct world *w = *state;

	for (uint8_t i = 1; i <= 3; i++)
		nests_unit(&w->nests, "esp32", i);
	script_run(w, three_units);
	unit(w, 0)->written = nests_programmed(unit(w, 0));
	nests_unplug(&w->nests, 1);
	nests_plug(&w->nests, 2, unit(w, 2));
	script_start_anew(w);
	script_run(w, three_units_after_a_restart);
	assert_int_equal(w->step, 5);
	assert_int_equal(w->counts.units, 3);
	assert_int_equal(w->counts.first_passed, 3); /* what is not counted before is counted now */
}

static void goes_to_another_slot(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, nests_is_out(unit(w, 0))) nests_plug(&w->nests, 1, unit(w, 0));
		WHEN(2, s->slots[1].state == SLOT_DONE && s->slots[0].state == SLOT_DONE) end();
	}
}

/* The run in the first slot waits for the unit as long as nobody tells it otherwise. */
static void a_unit_that_is_put_into_another_slot_while_it_is_written_is_run_there(void **state)
{
	struct world *w = *state;
	struct hand_unit *first = nests_unit(&w->nests, "esp32", 1);

	first->leaves_when_written = first->is_waited_for = true;
	script_run(w, goes_to_another_slot);
	assert_int_equal(w->at_end[0].status, STATUS_PORT_GONE);
	assert_false(w->at_end[0].is_duplicate_mac);
	assert_int_equal(w->at_end[1].status, STATUS_OK);
	assert_int_equal(w->mac_end[1], 1);
	assert_int_equal(w->counts.passed, 1);
	assert_int_equal(nests_opens(first), 2);
}

/* ---- the chip's own USB ---- */

static void restarts(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		/* Its final reset: gone, and back under another number. */
		WHEN(1, s->slots[0].state == SLOT_DONE) nests_unplug(&w->nests, 0);
		nests_plug(&w->nests, 0, unit(w, 0));
		nests_plug(&w->nests, 1, unit(w, 1));
		/* This one came later, and has settled as well. */
		WHEN(2, is_done(s, 1, STATUS_OK, 1)) end();
	}
}

static void a_unit_that_comes_back_after_its_reset_keeps_its_result(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32s3", 1);
	nests_unit(&w->nests, "esp32", 2);
	script_run(w, restarts);
	assert_int_equal(w->left, 0);
	assert_int_equal(w->at_end[0].visit, 1);
	assert_int_equal(w->at_end[0].state, SLOT_DONE);
	assert_false(w->at_end[0].is_gone);
}

static void another_comes_back(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, s->slots[0].state == SLOT_DONE) nests_unplug(&w->nests, 0);
		nests_plug(&w->nests, 0, unit(w, 1));
		WHEN(2, s->slots[0].state == SLOT_DONE && s->slots[0].visit == 2) end();
	}
}

static void another_unit_in_its_place_is_told_by_its_number_on_usb(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32s3", 1);
	nests_unit(&w->nests, "esp32s3", 2);
	script_run(w, another_comes_back);
	assert_int_equal(w->left, 1);
	assert_int_equal(nests_opens(unit(w, 1)), 1);
}

static void another_runs_an_application(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, s->slots[0].state == SLOT_DONE) nests_unplug(&w->nests, 0);
		unit(w, 0)->runs_uiflow = true;
		nests_plug(&w->nests, 0, unit(w, 0));
		nests_plug(&w->nests, 1, unit(w, 1));
		/* This one came later, so the application has settled. */
		WHEN(2, is_done(s, 1, STATUS_OK, 1)) nests_unplug(&w->nests, 0);
		nests_plug(&w->nests, 0, unit(w, 2));
		WHEN(3, s->slots[0].state == SLOT_DONE && s->slots[0].visit == 2) end();
	}
}

static void another_unit_with_the_same_application_gets_no_result_of_the_first(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32s3", 1);
	nests_unit(&w->nests, "esp32", 2);
	nests_unit(&w->nests, "esp32s3", 3)->runs_uiflow = true;
	script_run(w, another_runs_an_application);
	assert_int_equal(w->left, 1);
	assert_int_equal(nests_opens(unit(w, 2)), 1);
}

static void no_word_of_the_first(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, s->slots[0].state == SLOT_DONE)
		assert_false(s->slots[0].ident->has_mac);
		nests_unplug(&w->nests, 0);
		nests_plug(&w->nests, 0, unit(w, 1));
		WHEN(2, is_done(s, 0, STATUS_WRONG_CHIP, 2)) end();
	}
}

static void another_unit_behind_one_that_told_no_mac_is_run_on_its_own(void **state)
{
	struct world *w = *state;

	nests_deaf_unit(&w->nests, "esp32s3", 1);
	nests_unit(&w->nests, "esp32s3", 2); /* the recipe is for another chip */
	script_run(w, no_word_of_the_first);
	assert_int_equal(w->left, 1);
	assert_int_equal(w->mac_end[0], 2);
}

/* Longer than a chip's own USB is away when it restarts; a slow machine only makes it longer. */
static bool has_passed(uint64_t *since_us)
{
	const uint64_t now_us = clock_now_us(&clock_monotonic);

	*since_us = *since_us ? *since_us : now_us;
	return now_us > *since_us + 1700000;
}

static void put_in_again(struct world *w, const struct snapshot *s)
{
	static uint64_t done_us, out_us;

	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_NEEDS_HAND, 1) && has_passed(&done_us))
		nests_unplug(&w->nests, 0);
		WHEN(2, has_passed(&out_us)) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(3, is_done(s, 0, STATUS_NEEDS_HAND, 2)) end();
	}
}

static void a_unit_on_its_own_usb_that_is_put_in_again_is_run_again(void **state)
{
	struct world *w = *state;

	nests_deaf_unit(&w->nests, "esp32s3", 1);
	script_run(w, put_in_again);
	assert_int_equal(w->left, 1);
	assert_int_equal(w->results, 2);
}

static void comes_and_goes(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, s->slots[0].state == SLOT_DONE) end();
	}
}

/* As a blank unit does every second; the recipe is for another chip. */
static void a_unit_on_its_own_usb_that_restarts_as_its_port_is_opened_is_run(void **state)
{
	struct world *w = *state;
	struct hand_unit *u = nests_unit(&w->nests, "esp32s3", 1);

	u->leaves_when_opened = true;
	u->next = u;
	script_run(w, comes_and_goes);
	assert_int_equal(w->at_end[0].status, STATUS_WRONG_CHIP);
	assert_int_equal(w->at_end[0].visit, 1);
	assert_int_equal(w->results, 1);
}

/* ---- ports, stops, people ---- */

static void stranger(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug_stranger(&w->nests);
		nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) end();
	}
}

static void a_port_that_is_no_slot_is_never_opened(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	script_run(w, stranger);
	assert_int_equal(w->nests.opens_elsewhere, 0);
	assert_int_equal(w->arrived, 1);
}

static void grows(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) assert_int_equal(s->slot_count, 0);
		nests_plug(&w->nests, 2, unit(w, 0));
		WHEN(1, s->slot_count == 1 && is_done(s, 0, STATUS_OK, 1))
		nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(2, s->slot_count == 2 && is_done(s, 1, STATUS_OK, 1)) end();
	}
}

static void without_a_map_each_port_gets_the_next_number(void **state)
{
	struct world *w = *state;

	w->takes_all = true;
	w->file->slot_count = 0;
	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	script_run(w, grows);
	assert_int_equal(w->at_end[1].number, 2);
	assert_string_equal(w->place[1], nests_place(1));
}

static void drains(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(1, s->is_draining);
	}
}

static void a_drained_line_ends_what_works_and_starts_no_other(void **state)
{
	struct world *w = *state;

	w->jobs = 1;
	w->ends_at_start = true;
	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	script_run(w, drains);
	assert_int_equal(w->exit_code, EXIT_CODE_PASSED);
	/* The first may have ended before the signal was read: then the other one began. */
	assert_int_equal(w->results, nests_opens(unit(w, 0)) + nests_opens(unit(w, 1)));
	assert_int_equal(w->counts.passed, w->results);
}

static void recipe_is_wrong(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) kill(getpid(), SIGHUP);
		WHEN(1, w->warnings) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(2, is_done(s, 0, STATUS_OK, 1)) end();
	}
}

static void a_recipe_that_is_wrong_changes_nothing(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	script_run(w, recipe_is_wrong);
	assert_non_null(strstr(w->warning, "/nowhere/test.yaml"));
}

static void serials(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) ask(w, REQUEST_SCAN, -1, "SLOT:02");
		ask(w, REQUEST_SCAN, -1, "SN-2");
		ask(w, REQUEST_SCAN, -1, "SN-1");
		WHEN(1, s->bound_serial) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(2, is_done(s, 0, STATUS_OK, 1)) nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(3, is_done(s, 1, STATUS_OK, 1)) end();
	}
}

static void a_scanned_number_goes_to_the_chosen_slot_else_to_the_next_unit(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	script_run(w, serials);
	assert_string_equal(w->at_end[0].serial, "SN-1");
	assert_string_equal(w->at_end[1].serial, "SN-2");
}

static void disabled(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) ask(w, REQUEST_DISABLE, 0, "its pins are bent");
		WHEN(1, s->slots[0].is_disabled) nests_plug(&w->nests, 0, unit(w, 0));
		nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(2, is_done(s, 1, STATUS_OK, 1)) assert_true(is_empty(s, 0));
		ask(w, REQUEST_ENABLE, 0, "");
		WHEN(3, is_done(s, 0, STATUS_OK, 1)) end();
	}
}

static void a_slot_that_is_disabled_takes_no_unit_until_it_is_enabled(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	script_run(w, disabled);
	assert_int_equal(w->step, 4);
}

static void put_out_of_use(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) ask(w, REQUEST_DISABLE, 0, "its pins are bent");
		WHEN(1, s->slots[0].is_disabled) end();
	}
}

static void still_out_of_use(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) assert_true(s->slots[0].is_disabled);
		assert_string_equal(s->slots[0].detail, "its pins are bent (ann)");
		nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(1, is_done(s, 1, STATUS_OK, 1)) assert_true(is_empty(s, 0));
		ask(w, REQUEST_ENABLE, 0, "");
		WHEN(2, is_done(s, 0, STATUS_OK, 1)) assert_int_equal(s->lock_count, 0);
		end();
	}
}

static void in_use_again(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) assert_false(s->slots[0].is_disabled);
		end();
	}
}

static void a_slot_that_is_disabled_stays_so_over_restarts_until_it_is_enabled(void **state)
{
	struct world *w = *state;

	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	script_run(w, put_out_of_use);
	nests_plug(&w->nests, 0, unit(w, 0));
	for (unsigned i = 0; i < 2; i++) {
		script_start_anew(w);
		script_run(w, i ? in_use_again : still_out_of_use);
	}
	assert_int_equal(w->step, 1);
}

/* ---- the computer's clock is set ---- */

static bool is_locked(const struct snapshot *s, enum lock_code code)
{
	for (size_t i = 0; i < s->lock_count; i++) {
		if (strcmp(s->locks[i].code, lock_row(code)->code) == 0)
			return true;
	}
	return false;
}

static void set_back(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1) && is_locked(s, LOCK_CLOCK_BACK))
		assert_true(s->slots[0].is_stored);
		assert_true(s->slots[0].elapsed_us < UINT64_C(3600000000));
		nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(2, s->slots[1].state == SLOT_WAITING) script_set_wall_clock(0);
		WHEN(3, is_done(s, 1, STATUS_OK, 1)) assert_int_equal(s->lock_count, 0);
		end();
	}
}

static void a_clock_that_is_set_back_loses_no_verdict_and_stops_the_line(void **state)
{
	struct world *w = *state;

	w->off_at_start_ms = -3 * HOUR_MS;
	nests_unit(&w->nests, "esp32", 1);
	nests_unit(&w->nests, "esp32", 2);
	script_run(w, set_back);
	assert_int_equal(w->exit_code, EXIT_CODE_PASSED);
	assert_int_equal(w->counts.passed, 2);
}

static void override_clock(struct world *w)
{
	struct request q = { .kind = REQUEST_UNLOCK,
			     .slot = -1,
			     .code = "CLOCK_BACK",
			     .operator_name = "ann",
			     .text = "it was fast, and is right now",
			     .from = "test" };

	requests_put(w->requests, &q, 0, NULL);
}

static void set_forward(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) assert_true(s->slots[0].is_stored);
		nests_plug(&w->nests, 1, unit(w, 1));
		WHEN(2, is_done(s, 1, STATUS_OK, 1)) script_set_wall_clock(0);
		WHEN(3, is_locked(s, LOCK_CLOCK_BACK)) nests_plug(&w->nests, 2, unit(w, 2));
		WHEN(4, s->slots[2].state == SLOT_WAITING) override_clock(w);
		WHEN(5, is_done(s, 2, STATUS_OK, 1)) end();
	}
}

static void a_clock_that_was_fast_for_a_while_is_overridden_with_a_reason(void **state)
{
	struct world *w = *state;

	w->off_at_start_ms = 5 * HOUR_MS;
	for (uint8_t i = 1; i <= 3; i++)
		nests_unit(&w->nests, "esp32", i);
	script_run(w, set_forward);
	assert_int_equal(w->counts.passed, 3);
}

static void golden(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, s->lock_count == 1) nests_plug(&w->nests, 0, unit(w, 0));
		WHEN(1, is_done(s, 0, STATUS_NOT_GOLDEN, 1))
		assert_int_equal(nests_programmed(unit(w, 0)), 0);
		end();
	}
}

static void while_a_golden_unit_is_due_no_other_is_written(void **state)
{
	struct world *w = *state;
	struct station_golden *rule = &w->file->lockouts.golden;

	rule->unit_count = 1;
	memcpy(rule->units[0], "\x24\x0a\xc4\x00\x01\x77", MAC_BYTES);
	rule->at_start = true;
	nests_unit(&w->nests, "esp32", 1);
	script_run(w, golden);
	assert_int_equal(w->step, 2);
	assert_int_equal(w->counts.units, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_slot_takes_one_unit_after_the_other),
		TEST(a_result_stays_as_long_as_its_unit),
		TEST(a_unit_that_is_swapped_while_it_settles_is_never_opened),
		TEST(a_unit_that_is_swapped_after_the_verdict_is_run_on_its_own),
		TEST(a_unit_that_leaves_while_it_is_written_stays_red_until_the_next_one),
		TEST(a_unit_that_is_swapped_while_it_is_written_leaves_nothing_to_the_next),
		TEST(a_unit_that_passed_is_written_again_only_when_a_retest_is_asked_for),
		TEST(a_unit_that_ended_with_an_error_is_run_again_when_it_comes_again),
		TEST(a_pass_is_forgotten_when_a_retest_wrote_and_came_to_nothing),
		TEST(a_unit_that_is_swapped_before_it_is_known_gives_its_retest_to_nobody),
		TEST(a_port_of_the_same_name_is_not_taken_for_the_unit),
		TEST(one_mac_in_two_slots_is_refused_as_long_as_both_are_there),
		TEST(a_restart_writes_no_unit_again_that_passed_and_never_left_its_slot),
		TEST(a_unit_that_is_put_into_another_slot_while_it_is_written_is_run_there),
		TEST(a_unit_that_comes_back_after_its_reset_keeps_its_result),
		TEST(another_unit_in_its_place_is_told_by_its_number_on_usb),
		TEST(another_unit_with_the_same_application_gets_no_result_of_the_first),
		TEST(another_unit_behind_one_that_told_no_mac_is_run_on_its_own),
		TEST(a_unit_on_its_own_usb_that_is_put_in_again_is_run_again),
		TEST(a_unit_on_its_own_usb_that_restarts_as_its_port_is_opened_is_run),
		TEST(a_port_that_is_no_slot_is_never_opened),
		TEST(without_a_map_each_port_gets_the_next_number),
		TEST(a_drained_line_ends_what_works_and_starts_no_other),
		TEST(a_recipe_that_is_wrong_changes_nothing),
		TEST(a_scanned_number_goes_to_the_chosen_slot_else_to_the_next_unit),
		TEST(a_slot_that_is_disabled_takes_no_unit_until_it_is_enabled),
		TEST(a_slot_that_is_disabled_stays_so_over_restarts_until_it_is_enabled),
		TEST(a_clock_that_is_set_back_loses_no_verdict_and_stops_the_line),
		TEST(a_clock_that_was_fast_for_a_while_is_overridden_with_a_reason),
		TEST(while_a_golden_unit_is_due_no_other_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
