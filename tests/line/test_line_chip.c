/* Slots whose bridge is part of the nest: boards are seated, lifted and exchanged on it. */
#define _XOPEN_SOURCE 700 /* kill */
#include "tests/line/script.h"

#include <string.h>

/* As often as it goes: time on the wire is virtual. */
static const struct line_look_times quick = {
	.empty_us = 1000,
	.done_us = 2000,
	.rest_us = 2000,
	.old_us = 60000000,
	.unsure_us = 1000,
	.apart_us = 0,
	.fresh_us = 60000000,
};
/* Finished units are not looked at by themselves. */
static const struct line_look_times seldom = {
	.empty_us = 1000,
	.done_us = 600000000,
	.rest_us = 600000000,
	.old_us = 60000000,
	.unsure_us = 1000,
	.apart_us = 0,
	.fresh_us = 60000000,
};

static struct hand_unit *bridges[NESTS];

/* The first so many nests have bridges of their own, and slots whose units are seen by their
 * chips. */
static struct world *with_bridges(void **state, unsigned count)
{
	struct world *w = *state;

	w->look_times = &quick;
	w->file->settle_ms = w->settle_ms;
	for (unsigned i = 0; i < count; i++) {
		w->file->slots[i].presence = PRESENCE_BY_CHIP;
		bridges[i] = nests_bridge(&w->nests, i);
	}
	return w;
}

static void seat(struct world *w, unsigned nest, struct hand_unit *u)
{
	nests_seat(&w->nests, nest, u);
}

static void lift(struct world *w, unsigned nest)
{
	nests_lift(&w->nests, nest);
}

static void exchange(struct world *w, unsigned nest, struct hand_unit *u)
{
	pthread_mutex_lock(&w->nests.lock);
	bridges[nest]->board->nest = -1;
	bridges[nest]->board = u;
	u->nest = (int)nest;
	pthread_mutex_unlock(&w->nests.lock);
}

static struct hand_unit *units[8];

/* ---- boards come and go ---- */

static void many(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) seat(w, 0, units[0]);
		seat(w, 1, units[1]);
		seat(w, 2, units[2]);
		WHEN(1, is_done(s, 0, STATUS_OK, 1) && is_done(s, 1, STATUS_OK, 1) &&
				is_done(s, 2, STATUS_OK, 1))
		lift(w, 0);
		exchange(w, 1, units[4]);
		WHEN(2, is_empty(s, 0) && is_done(s, 1, STATUS_OK, 2)) seat(w, 0, units[3]);
		lift(w, 1);
		WHEN(3, is_done(s, 0, STATUS_OK, 2) && is_empty(s, 1) && s->slots[2].visit == 1)
		end();
	}
}

static void boards_follow_each_other_while_their_bridges_stay(void **state)
{
	struct world *w = with_bridges(state, 3);

	for (uint8_t i = 0; i < 5; i++)
		units[i] = nests_unit(&w->nests, "esp32", (uint8_t)(i + 1));
	script_run(w, many);
	assert_int_equal(w->step, 4);
	assert_int_equal(w->counts.passed, 5);
	assert_int_equal(w->warnings, 0);
	/* Who stayed kept its result. */
	assert_int_equal(w->at_end[2].state, SLOT_DONE);
	assert_int_equal(w->mac_end[2], 3);
	for (unsigned i = 0; i < 5; i++)
		assert_true(nests_programmed(units[i]) > 0);
}

static void bad_then_good(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) seat(w, 0, units[0]);
		WHEN(1, is_done(s, 0, STATUS_WRONG_CHIP, 1)) exchange(w, 0, units[1]);
		WHEN(2, is_done(s, 0, STATUS_OK, 2)) exchange(w, 0, units[2]);
		WHEN(3, is_done(s, 0, STATUS_WRONG_BOOT_MODE, 3)) exchange(w, 0, units[3]);
		WHEN(4, is_done(s, 0, STATUS_OK, 4)) end();
	}
}

static void a_good_board_behind_a_bad_one_has_its_own_result_and_so_has_a_bad_one(void **state)
{
	const struct sim_fault strap = { .kind = SIM_FAULT_STRAP_STUCK };
	struct world *w = with_bridges(state, 1);

	units[0] = nests_unit(&w->nests, "esp32s2", 1);
	units[1] = nests_unit(&w->nests, "esp32", 2);
	units[2] = nests_unit_with(&w->nests, "esp32", 3, &strap);
	units[3] = nests_unit(&w->nests, "esp32", 4);
	script_run(w, bad_then_good);
	assert_int_equal(w->step, 5);
	assert_int_equal(w->results, 4);
	assert_int_equal(nests_programmed(units[0]), 0);
}

static uint64_t programmed;

static void put_back(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) seat(w, 0, units[0]);
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) lift(w, 0);
		programmed = nests_programmed(units[0]);
		WHEN(2, is_empty(s, 0)) seat(w, 0, units[0]);
		WHEN(3, is_done(s, 0, STATUS_ALREADY_FINISHED, 2))
		assert_int_equal(nests_programmed(units[0]), programmed);
		ask(w, REQUEST_RETEST, 0, "");
		WHEN(4, is_done(s, 0, STATUS_OK, 3)) end();
	}
}

static void a_board_that_is_put_back_is_not_flashed_again_unless_somebody_asks(void **state)
{
	struct world *w = with_bridges(state, 1);

	units[0] = nests_unit(&w->nests, "esp32", 1);
	script_run(w, put_back);
	assert_int_equal(w->step, 5);
	assert_true(nests_programmed(units[0]) > programmed);
}

static void in_its_run(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) seat(w, 0, units[0]);
		WHEN(1, is_done(s, 0, STATUS_OK, 2)) end();
	}
}

static void a_board_that_is_exchanged_in_its_run_leaves_nothing_to_the_next(void **state)
{
	struct world *w = with_bridges(state, 1);

	units[0] = nests_unit(&w->nests, "esp32", 1);
	units[1] = nests_unit(&w->nests, "esp32", 2);
	units[0]->leaves_when_written = true;
	units[0]->written = 4096;
	units[0]->next = units[1];
	script_run(w, in_its_run);
	assert_int_equal(w->step, 2);
	assert_int_equal(w->results, 2);
	assert_int_equal(w->left, 1);
	assert_int_equal(w->at_end[0].past[0].status, STATUS_UNIT_CHANGED);
	assert_int_equal(w->mac_end[0], 2);
	assert_true(nests_programmed(units[1]) > 0);
}

/* ---- nobody there ---- */

static void nobody(struct world *w, const struct snapshot *s)
{
	(void)s;
	switch (w->step) {
		WHEN(0, nests_opens(bridges[0]) >= 30 && nests_opens(bridges[1]) >= 30) end();
	}
}

static void an_empty_nest_is_no_error_and_leaves_no_trace(void **state)
{
	struct world *w = with_bridges(state, 2);

	script_run(w, nobody);
	assert_int_equal(w->step, 1);
	assert_int_equal(w->arrived + w->left + w->results + w->warnings, 0);
	assert_int_equal(w->at_end[0].state, SLOT_EMPTY);
	assert_int_equal(w->at_end[0].visit, 0);
}

static void silent_board(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, nests_opens(bridges[0]) >= 10) ask(w, REQUEST_RETEST, 0, "");
		WHEN(1, is_done(s, 0, STATUS_SYNC_NO_REPLY, 1))
		w->written = nests_opens(bridges[0]);
		WHEN(2, nests_opens(bridges[0]) >= w->written + 10)
		assert_true(is_done(s, 0, STATUS_SYNC_NO_REPLY, 1));
		seat(w, 0, units[0]);
		WHEN(3, is_done(s, 0, STATUS_OK, 2)) end();
	}
}

static void a_board_that_nobody_hears_is_run_when_somebody_asks_and_stays_red(void **state)
{
	struct world *w = with_bridges(state, 1);

	units[0] = nests_unit(&w->nests, "esp32", 1);
	script_run(w, silent_board);
	assert_int_equal(w->step, 4);
	assert_int_equal(w->results, 2);
}

static void held(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, w->warnings == 1) w->written = nests_opens(bridges[1]);
		WHEN(1, nests_opens(bridges[1]) >= w->written + 30)
		assert_int_equal(w->warnings, 1);
		pthread_mutex_lock(&w->nests.lock);
		bridges[0]->is_held = false;
		pthread_mutex_unlock(&w->nests.lock);
		WHEN(2, is_done(s, 0, STATUS_OK, 1)) end();
	}
}

static void a_port_that_lets_nobody_look_is_told_about_once(void **state)
{
	struct world *w = with_bridges(state, 2);

	units[0] = nests_unit(&w->nests, "esp32", 1);
	bridges[0]->is_held = true;
	seat(w, 0, units[0]);
	script_run(w, held);
	assert_int_equal(w->step, 3);
	assert_non_null(strstr(w->warning, "another program has it"));
}

static void slow(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, nests_opens(bridges[0]) >= 3) seat(w, 0, units[0]);
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) end();
	}
}

static void a_board_that_one_reset_sequence_does_not_reach_is_seen_by_another(void **state)
{
	const struct sim_fault capacitor = { .kind = SIM_FAULT_SLOW_EN, .amount = 200 };
	struct world *w = with_bridges(state, 1);

	units[0] = nests_unit_with(&w->nests, "esp32", 1, &capacitor);
	script_run(w, slow);
	assert_int_equal(w->step, 2);
	assert_int_equal(w->results, 1);
}

/* ---- who may not be touched ---- */

static void disabled(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) ask(w, REQUEST_DISABLE, 0, "its pins are bent");
		WHEN(1, s->slots[0].is_disabled) seat(w, 0, units[0]);
		WHEN(2, nests_opens(bridges[1]) >= 30) w->written = nests_opens(bridges[0]);
		WHEN(3, nests_opens(bridges[1]) >= 60)
		/* One may have been under way. */
		assert_true(nests_opens(bridges[0]) <= w->written + 1);
		assert_true(is_empty(s, 0));
		ask(w, REQUEST_ENABLE, 0, "");
		WHEN(4, is_done(s, 0, STATUS_OK, 1)) end();
	}
}

static void a_disabled_slot_is_not_looked_at(void **state)
{
	struct world *w = with_bridges(state, 2);

	units[0] = nests_unit(&w->nests, "esp32", 1);
	script_run(w, disabled);
	assert_int_equal(w->step, 5);
}

static void locked(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) seat(w, 0, units[0]);
		WHEN(1, is_done(s, 0, STATUS_WRONG_CHIP, 1) && s->lock_count == 1)
		w->written = nests_opens(bridges[0]);
		exchange(w, 0, units[1]);
		w->seen = nests_opens(bridges[1]);
		WHEN(2, nests_opens(bridges[1]) >= w->seen + 30)
		assert_true(nests_opens(bridges[0]) <= w->written + 1); /* one was under way */
		assert_true(is_done(s, 0, STATUS_WRONG_CHIP, 1));
		{
			struct request q = { .kind = REQUEST_UNLOCK, .slot = 0, .from = "test" };

			snprintf(q.code, sizeof(q.code), "%s", s->locks[0].code);
			snprintf(q.text, sizeof(q.text), "cable changed");
			snprintf(q.operator_name, sizeof(q.operator_name), "ann");
			requests_put(w->requests, &q, 0, NULL);
		}
		WHEN(3, is_done(s, 0, STATUS_OK, 2)) end();
	}
}

static void a_locked_slot_keeps_its_result_until_it_is_unlocked(void **state)
{
	struct world *w = with_bridges(state, 2);

	w->file->lockouts.slot_failures = 1;
	units[0] = nests_unit(&w->nests, "esp32s2", 1);
	units[1] = nests_unit(&w->nests, "esp32", 2);
	script_run(w, locked);
	assert_int_equal(w->step, 4);
}

static void golden(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, s->lock_count == 1) seat(w, 0, units[0]);
		WHEN(1, is_done(s, 0, STATUS_NOT_GOLDEN, 1)) exchange(w, 0, units[1]);
		WHEN(2, s->slots[0].state == SLOT_DONE && s->slots[0].visit == 2)
		assert_true(s->slots[0].is_golden);
		end();
	}
}

static void a_golden_check_takes_boards_as_they_come(void **state)
{
	struct world *w = with_bridges(state, 1);
	struct station_golden *rule = &w->file->lockouts.golden;

	rule->unit_count = 1;
	memcpy(rule->units[0], "\x24\x0a\xc4\x00\x01\x77", MAC_BYTES);
	rule->at_start = true;
	units[0] = nests_unit(&w->nests, "esp32", 1);
	units[1] = nests_unit(&w->nests, "esp32", 0x77);
	script_run(w, golden);
	assert_int_equal(w->step, 3);
	assert_int_equal(nests_programmed(units[0]) + nests_programmed(units[1]), 0);
}

static void drained(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) seat(w, 0, units[0]);
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) end();
		exchange(w, 0, units[1]);
	}
}

static void a_drained_line_starts_no_board_and_ends(void **state)
{
	struct world *w = with_bridges(state, 1);

	units[0] = nests_unit(&w->nests, "esp32", 1);
	units[1] = nests_unit(&w->nests, "esp32", 2);
	script_run(w, drained);
	assert_int_equal(w->step, 2);
	assert_int_equal(w->exit_code, EXIT_CODE_PASSED);
	assert_int_equal(w->results, 1);
	assert_int_equal(nests_programmed(units[1]), 0);
}

/* ---- one MAC, several nests ---- */

static void carried(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) seat(w, 0, units[0]);
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) lift(w, 0);
		seat(w, 1, units[0]);
		WHEN(2, s->slots[1].state == SLOT_DONE) end();
	}
}

static void a_board_that_is_carried_to_another_nest_is_nobodys_twin(void **state)
{
	struct world *w = with_bridges(state, 2);

	w->look_times = &seldom;
	units[0] = nests_unit(&w->nests, "esp32", 1);
	script_run(w, carried);
	assert_int_equal(w->step, 3);
	assert_int_equal(w->at_end[1].status, STATUS_ALREADY_FINISHED);
}

static void changes_places(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) seat(w, 0, units[0]);
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) exchange(w, 0, units[1]);
		seat(w, 1, units[0]);
		WHEN(2, s->slots[1].state == SLOT_DONE && is_done(s, 0, STATUS_OK, 2)) end();
	}
}

static void a_board_whose_place_another_took_at_once_is_nobodys_twin(void **state)
{
	struct world *w = with_bridges(state, 2);

	w->look_times = &seldom;
	units[0] = nests_unit(&w->nests, "esp32", 1);
	units[1] = nests_unit(&w->nests, "esp32", 2);
	script_run(w, changes_places);
	assert_int_equal(w->step, 3);
	assert_int_equal(w->at_end[1].status, STATUS_ALREADY_FINISHED);
}

static void carried_while_written(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) seat(w, 0, units[0]);
		WHEN(1, nests_is_out(units[0])) seat(w, 1, units[0]);
		WHEN(2, s->slots[1].state == SLOT_DONE && is_empty(s, 0)) end();
	}
}

static void a_board_that_is_carried_while_it_is_written_is_run_when_that_run_is_over(void **state)
{
	struct world *w = with_bridges(state, 2);

	units[0] = nests_unit(&w->nests, "esp32", 1);
	units[0]->leaves_when_written = true;
	units[0]->written = 4096;
	script_run(w, carried_while_written);
	assert_int_equal(w->step, 3);
	assert_int_equal(w->at_end[1].status, STATUS_OK);
	assert_int_equal(w->results, 2);
}

static void twins(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) seat(w, 0, units[0]);
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) seat(w, 1, units[1]);
		WHEN(2, s->slots[1].state == SLOT_DONE) end();
	}
}

static void two_boards_with_one_mac_are_refused_as_ever(void **state)
{
	struct world *w = with_bridges(state, 2);

	units[0] = nests_unit(&w->nests, "esp32", 1);
	units[1] = nests_unit(&w->nests, "esp32", 1);
	script_run(w, twins);
	assert_int_equal(w->step, 3);
	assert_int_equal(w->at_end[1].status, STATUS_DUPLICATE_MAC);
	assert_int_equal(nests_programmed(units[1]), 0);
}

static void hiding(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) seat(w, 0, units[0]);
		WHEN(1, s->slots[0].state == SLOT_DONE && s->slots[0].visit == 1) lift(w, 0);
		WHEN(2, is_empty(s, 0)) seat(w, 0, units[1]);
		WHEN(3, s->slots[0].state == SLOT_DONE && s->slots[0].visit == 2) end();
	}
}

static void boards_that_hide_their_mac_are_apart_when_the_nest_was_empty(void **state)
{
	struct world *w = with_bridges(state, 1);

	units[0] = nests_unit_with(&w->nests, "esp32c3", 1, NULL);
	units[1] = nests_unit_with(&w->nests, "esp32c3", 2, NULL);
	script_run(w, hiding);
	assert_int_equal(w->step, 4);
	assert_int_equal(w->results, 2);
}

/* ---- a restart of the station ---- */

static void stays_over_a_restart(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) seat(w, 0, units[0]);
		seat(w, 1, units[1]);
		WHEN(1, is_done(s, 0, STATUS_OK, 1) && is_done(s, 1, STATUS_OK, 1)) end();
	}
}

static void after_a_restart(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, is_done(s, 0, STATUS_ALREADY_FINISHED, 1))
		w->seen = nests_opens(bridges[1]);
		WHEN(1, nests_opens(bridges[1]) > w->seen + 2) seat(w, 1, units[1]);
		WHEN(2, is_done(s, 1, STATUS_OK, 1)) end();
	}
}

static void after_a_restart_only_who_stands_in_the_nest_at_once_is_finished(void **state)
{
	struct world *w = with_bridges(state, 2);

	units[0] = nests_unit(&w->nests, "esp32", 1);
	units[1] = nests_unit(&w->nests, "esp32", 2);
	script_run(w, stays_over_a_restart);
	lift(w, 1);
	script_start_anew(w);
	script_run(w, after_a_restart);
	assert_int_equal(w->step, 3);
}

/* ---- the nest itself ---- */

static void nest_is_replugged(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) seat(w, 0, units[0]);
		WHEN(1, is_done(s, 0, STATUS_OK, 1)) nests_unplug(&w->nests, 0);
		WHEN(2, is_empty(s, 0)) nests_plug(&w->nests, 0, bridges[0]);
		WHEN(3, is_done(s, 0, STATUS_ALREADY_FINISHED, 2)) end();
	}
}

static void a_nest_that_is_plugged_in_again_is_looked_at_again(void **state)
{
	struct world *w = with_bridges(state, 1);

	units[0] = nests_unit(&w->nests, "esp32", 1);
	script_run(w, nest_is_replugged);
	assert_int_equal(w->step, 4);
}

static void native(struct world *w, const struct snapshot *s)
{
	switch (w->step) {
		WHEN(0, true) nests_plug(&w->nests, 0, units[0]);
		WHEN(1, s->slots[0].state == SLOT_DONE) end();
	}
}

static void a_chip_on_its_own_usb_is_seen_by_that_whatever_the_file_says(void **state)
{
	struct world *w = with_bridges(state, 0);

	w->file->slots[0].presence = PRESENCE_BY_CHIP;
	units[0] = nests_unit(&w->nests, "esp32s3", 1);
	script_run(w, native);
	assert_int_equal(w->step, 2);
	assert_int_equal(w->arrived, 1);
	assert_int_equal(nests_opens(units[0]), 1); /* by its run alone */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(boards_follow_each_other_while_their_bridges_stay),
		TEST(a_good_board_behind_a_bad_one_has_its_own_result_and_so_has_a_bad_one),
		TEST(a_board_that_is_put_back_is_not_flashed_again_unless_somebody_asks),
		TEST(a_board_that_is_exchanged_in_its_run_leaves_nothing_to_the_next),
		TEST(an_empty_nest_is_no_error_and_leaves_no_trace),
		TEST(a_board_that_nobody_hears_is_run_when_somebody_asks_and_stays_red),
		TEST(a_port_that_lets_nobody_look_is_told_about_once),
		TEST(a_board_that_one_reset_sequence_does_not_reach_is_seen_by_another),
		TEST(a_disabled_slot_is_not_looked_at),
		TEST(a_locked_slot_keeps_its_result_until_it_is_unlocked),
		TEST(a_golden_check_takes_boards_as_they_come),
		TEST(a_drained_line_starts_no_board_and_ends),
		TEST(a_board_that_is_carried_to_another_nest_is_nobodys_twin),
		TEST(a_board_whose_place_another_took_at_once_is_nobodys_twin),
		TEST(a_board_that_is_carried_while_it_is_written_is_run_when_that_run_is_over),
		TEST(two_boards_with_one_mac_are_refused_as_ever),
		TEST(boards_that_hide_their_mac_are_apart_when_the_nest_was_empty),
		TEST(after_a_restart_only_who_stands_in_the_nest_at_once_is_finished),
		TEST(a_nest_that_is_plugged_in_again_is_looked_at_again),
		TEST(a_chip_on_its_own_usb_is_seen_by_that_whatever_the_file_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
