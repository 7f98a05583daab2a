/* The line on a terminal: what stands where, and what keys ask for. */
#include "tests/station/tree.h"

#include "station/terminal/layout.h"
#include "tests/station/line_world.h"

#include <stdio.h>
#include <string.h>

struct world {
	struct line_world line;
	struct scene scene;
	struct canvas canvas;
	struct desk desk;
	char text[64 * 1024];
};

static int set_up(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof(world));
	line_world_make(&world.line, 8, 4);
	scene_take(&world.scene, &world.line.snapshot);
	*state = &world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	canvas_release(&w->canvas);
	return 0;
}

/* The canvas as text; what is not ASCII as '~'. */
static const char *drawn(struct world *w, int columns, int lines, bool has_utf8)
{
	char *to = w->text;

	canvas_begin(&w->canvas, columns, lines, has_utf8);
	layout_draw(&w->canvas, &w->scene, &w->desk);
	for (int i = 0; i < columns * lines; i++) {
		uint32_t code = w->canvas.glyphs[i].code;

		if (code)
			*to++ = (char)(code < 0x80 ? code : '~');
		if (i % columns == columns - 1)
			*to++ = '\n';
	}
	*to = '\0';
	return w->text;
}

static void slots_say_their_state_by_word_and_sign_without_colour(void **state)
{
	struct world *w = *state;
	const char *text = drawn(w, 80, 12, false);

	assert_non_null(strstr(text, " line-3  core2-factory-test revision 7  batch B-2026-11: "
				     "37 of 500     12:30:09 \n"
				     " 40 units  37 passed  2 failed  1 error  first pass 90.0 %  "
				     "Kim"));
	assert_non_null(strstr(text, " 1 + PASS          < 2 > write           3 X FAIL          "
				     "  4 . empty          \n"
				     "M5C2-000001        <#######........ 4 s MD5_MISMATCH"));
	assert_non_null(strstr(text, " 5 ! ERROR           6 > connect         7 ! SCAN LABEL    "
				     "  8 = ABORTED        \n"
				     "SYNC_NO_REPLY                           24:0a:c4:00:01:16   "
				     "before: PASS       "));
}

static void every_slot_of_a_full_line_is_on_80x24(void **state)
{
	struct world *w = *state;
	char number[8];
	const char *text;

	line_world_make(&w->line, 64, 8);
	scene_take(&w->scene, &w->line.snapshot);
	text = drawn(w, 80, 24, true);
	for (unsigned i = 1; i <= 64; i++) {
		snprintf(number, sizeof(number), "%2u ", i);
		if (!strstr(text, number))
			fail_msg("no slot %u in:\n%s", i, text);
	}
	assert_non_null(strstr(text, "57 !SCAN  58 =ABORT 59 -off "));
	assert_null(strstr(text, "of 64"));
}

/* No slot over another, none beyond the edge, and all of them, or a page with the chosen one. */
static void slots_never_overlap_nor_leave_the_screen(void **state)
{
	static const size_t counts[] = { 1, 2, 7, 8, 24, 63, 64 };
	static const unsigned fixtures[] = { 0, 1, 3, 8, 16, 64 };

	(void)state;
	for (size_t n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
		for (size_t f = 0; f < sizeof(fixtures) / sizeof(fixtures[0]); f++) {
			for (int columns = 9; columns <= 250; columns++) {
				size_t chosen = counts[n] - 1;
				struct layout p = layout_plan(counts[n], fixtures[f], chosen,
							      columns, 3, columns % 60 + 1);

				assert_true(p.columns * p.cell_columns <= columns);
				assert_true(p.rows * p.cell_lines <= columns % 60 + 1);
				assert_true(p.cell_columns >= LAYOUT_CELL_MIN && p.cell_lines > 0);
				assert_true(p.first <= chosen && chosen < p.first + p.shown);
				assert_true(p.shown <= (size_t)(p.columns * p.rows));
			}
		}
	}
}

static void slots_stand_as_on_the_fixture_where_that_fits(void **state)
{
	(void)state;
	assert_int_equal(layout_plan(64, 16, 0, 240, 3, 56).columns, 16);
	assert_int_equal(layout_plan(24, 8, 0, 80, 3, 20).columns, 8);
	assert_int_equal(layout_plan(24, 6, 0, 132, 3, 39).columns, 6);
	/* 16 columns of slots do not go into 80 columns of text. */
	assert_true(layout_plan(64, 16, 0, 80, 3, 20).columns < 9);
	assert_int_equal((int)layout_plan(64, 16, 0, 80, 3, 20).shown, 64);
}

static void what_does_not_fit_is_said(void **state)
{
	struct world *w = *state;
	const char *text;

	line_world_make(&w->line, 64, 0);
	scene_take(&w->scene, &w->line.snapshot);
	w->desk.selected = 60;
	text = drawn(w, 60, 12, true);
	assert_non_null(strstr(text, " slots 49-64 of 64"));
	assert_non_null(strstr(text, "61 ~PASS <"));
	assert_non_null(strstr(drawn(w, 15, 4, true), "too small"));
}

static void no_size_of_the_window_is_fatal(void **state)
{
	struct world *w = *state;

	line_world_make(&w->line, 64, 8);
	w->line.snapshot.lock_count = 2;
	scene_take(&w->scene, &w->line.snapshot);
	for (int columns = 1; columns < 240; columns += 7) {
		for (int lines = 1; lines < 70; lines += 3) {
			for (unsigned page = DESK_SLOTS; page <= DESK_HELP; page++) {
				w->desk.page = page;
				w->desk.ask = lines % 2 ? ASK_WHO : ASK_NOTHING;
				drawn(w, columns, lines, columns % 2);
			}
		}
	}
}

static void a_lock_is_in_sight_with_what_to_do(void **state)
{
	struct world *w = *state;

	w->line.snapshot.lock_count = 2;
	scene_take(&w->scene, &w->line.snapshot);
	assert_non_null(strstr(drawn(w, 80, 24, false),
			       " LOCKED GOLDEN_DUE (and 1 more): run the golden unit in any slot"));
	assert_non_null(strstr(w->text, " 4 # LOCKED"));
}

static void details_have_the_evidence_and_the_history(void **state)
{
	struct world *w = *state;
	const char *text;

	w->desk.selected = LINE_NO_REPLY;
	w->desk.page = DESK_DETAILS;
	text = drawn(w, 80, 24, false);
	assert_non_null(strstr(text, " SLOT 5  ! ERROR SYNC_NO_REPLY"));
	assert_non_null(
		strstr(text, " do        no answer from the unit: check that it has power"));
	assert_non_null(strstr(text, " why       no answer to 5 SYNCs"));
	assert_non_null(strstr(text, " 12:20:00  ! ERROR PORT_GONE                7.1 s  "
				     "24:0a:c4:00:02:00"));
}

static void nothing_that_was_scanned_can_move_the_cursor(void **state)
{
	struct world *w = *state;

	snprintf(w->line.slots[0].serial, SLOT_SERIAL_BYTES, "a\033[2J\xe2\x80\xae\xffz");
	scene_take(&w->scene, &w->line.snapshot);
	drawn(w, 80, 24, true);
	for (int i = 0; i < 80 * 24; i++) {
		uint32_t code = w->canvas.glyphs[i].code;

		assert_true(code >= 0x20 && code != 0x7F && code != 0x202E);
	}
	assert_non_null(strstr(w->text, "a?[2J??z"));
}

static void wide_characters_take_two_columns(void **state)
{
	struct world *w = *state;

	snprintf(w->line.slots[0].serial, SLOT_SERIAL_BYTES, "\xe7\x94\xb0\xe4\xb8\xad");
	scene_take(&w->scene, &w->line.snapshot);
	drawn(w, 80, 24, true);
	assert_int_equal(w->canvas.glyphs[4 * 80].code, 0x7530);
	assert_int_equal(w->canvas.glyphs[4 * 80 + 1].code, 0);
	assert_int_equal(w->canvas.glyphs[4 * 80 + 2].code, 0x4E2D);
	/* Half of one is not shown: the second does not fit into three columns. */
	canvas_begin(&w->canvas, 3, 1, true);
	assert_int_equal(canvas_text(&w->canvas, 0, 0, 3, STYLE_PLAIN, "\xe7\x94\xb0\xe4\xb8\xad"),
			 2);
	/* Where there are no such characters they are '?'. */
	canvas_begin(&w->canvas, 3, 1, false);
	assert_int_equal(canvas_text(&w->canvas, 0, 0, 3, STYLE_PLAIN, "\xe7\x94\xb0\xe4\xb8\xad"),
			 2);
	assert_int_equal(w->canvas.glyphs[0].code, '?');
}

/* ---- keys ---- */

/* A person: each key alone. */
static enum desk_order press(struct world *w, int key, uint64_t *now)
{
	enum desk_order order;

	*now += 200000;
	order = desk_key(&w->desk, &w->scene, key, *now);
	if (order)
		return order;
	*now += DESK_BURST_US;
	return desk_tick(&w->desk, &w->scene, *now);
}

static enum desk_order type(struct world *w, const char *text, uint64_t *now)
{
	for (; *text; text++)
		assert_int_equal(press(w, *text, now), ORDER_NONE);
	return press(w, DESK_ENTER, now);
}

/* A scanner: 5 ms between two keys. */
static enum desk_order scan(struct world *w, const char *text, uint64_t *now)
{
	for (; *text; text++) {
		*now += 5000;
		assert_int_equal(desk_tick(&w->desk, &w->scene, *now), ORDER_NONE);
		assert_int_equal(desk_key(&w->desk, &w->scene, *text, *now), ORDER_NONE);
	}
	*now += 5000;
	return desk_key(&w->desk, &w->scene, DESK_ENTER, *now);
}

static void what_is_typed_fast_is_a_scan_and_no_command(void **state)
{
	struct world *w = *state;
	uint64_t now = 1000000;

	/* 'r', 'd' and 'q' are commands when a person types them. */
	assert_int_equal(scan(w, "rdq-000123", &now), ORDER_PUT);
	assert_int_equal(w->desk.request.kind, REQUEST_SCAN);
	assert_string_equal(w->desk.request.text, "rdq-000123");
	assert_string_equal(w->desk.request.from, "terminal");
}

static void the_same_code_at_once_again_is_not_taken(void **state)
{
	struct world *w = *state;
	uint64_t now = 1000000;

	assert_int_equal(scan(w, "M5C2-1", &now), ORDER_PUT);
	assert_int_equal(scan(w, "M5C2-1", &now), ORDER_NONE);
	assert_int_equal(scan(w, "M5C2-2", &now), ORDER_PUT);
	now += DESK_SCAN_AGAIN_US;
	assert_int_equal(scan(w, "M5C2-2", &now), ORDER_PUT);
}

static void a_scan_without_its_end_is_not_left_over_for_the_next_one(void **state)
{
	struct world *w = *state;
	uint64_t now = 1000000;

	for (const char *c = "M5C2"; *c; c++)
		desk_key(&w->desk, &w->scene, *c, now);
	assert_int_equal(desk_next_us(&w->desk), now + DESK_SCAN_END_US);
	now += DESK_SCAN_END_US;
	assert_int_equal(desk_tick(&w->desk, &w->scene, now), ORDER_NONE);
	assert_true(w->desk.is_refusal);
	assert_int_equal(scan(w, "SLOT:07", &now), ORDER_PUT);
	assert_string_equal(w->desk.request.text, "SLOT:07");
}

static void a_key_alone_is_a_command_once_no_scan_can_follow(void **state)
{
	struct world *w = *state;
	uint64_t now = 1000000;

	assert_int_equal(desk_key(&w->desk, &w->scene, 'r', now), ORDER_NONE);
	assert_int_equal(desk_next_us(&w->desk), now + DESK_BURST_US);
	assert_int_equal(desk_tick(&w->desk, &w->scene, now + DESK_BURST_US - 1), ORDER_NONE);
	assert_int_equal(desk_tick(&w->desk, &w->scene, now + DESK_BURST_US), ORDER_PUT);
	assert_int_equal(w->desk.request.kind, REQUEST_RETEST);
	assert_int_equal(w->desk.request.slot, 0);
	assert_int_equal(desk_next_us(&w->desk), UINT64_MAX);
}

static void numbers_and_arrows_choose_slots(void **state)
{
	struct world *w = *state;
	uint64_t now = 1000000;

	line_world_make(&w->line, 64, 8);
	scene_take(&w->scene, &w->line.snapshot);
	drawn(w, 80, 24, true);
	press(w, '4', &now);
	assert_int_equal(w->desk.selected, 3);
	press(w, '2', &now);
	assert_int_equal(w->desk.selected, 41);
	press(w, DESK_UP, &now);
	assert_int_equal(w->desk.selected, 33);
	press(w, DESK_RIGHT, &now);
	assert_int_equal(w->desk.selected, 34);
	press(w, DESK_HOME, &now);
	press(w, DESK_UP, &now);
	press(w, DESK_LEFT, &now);
	assert_int_equal(w->desk.selected, 0);
	press(w, 'n', &now); /* the next one that needs somebody */
	assert_int_equal(w->desk.selected, LINE_FAILED);
	now += 5000000; /* the digits of long ago belong to another number */
	press(w, '5', &now);
	assert_int_equal(w->desk.selected, 4);
}

static void a_lock_is_not_overridden_without_who_and_why(void **state)
{
	struct world *w = *state;
	uint64_t now = 1000000;

	press(w, 'u', &now);
	assert_true(w->desk.is_refusal); /* nothing is locked */
	w->line.snapshot.lock_count = 2;
	scene_take(&w->scene, &w->line.snapshot);
	press(w, 'u', &now);
	assert_non_null(strstr(drawn(w, 80, 24, false), "unlock GOLDEN_DUE: who does it? Kim_"));
	assert_int_equal(press(w, DESK_ENTER, &now), ORDER_NONE);
	assert_int_equal(press(w, DESK_ENTER, &now), ORDER_NONE);
	assert_true(w->desk.is_refusal);
	assert_int_equal(w->desk.ask, ASK_WHY);
	assert_int_equal(type(w, "golden unit is lost", &now), ORDER_PUT);
	assert_int_equal(w->desk.request.kind, REQUEST_UNLOCK);
	assert_string_equal(w->desk.request.code, "GOLDEN_DUE");
	assert_int_equal(w->desk.request.slot, -1);
	assert_string_equal(w->desk.request.operator_name, "Kim");
	assert_string_equal(w->desk.request.text, "golden unit is lost");
	/* At a slot with a lock of its own, that one is meant. */
	w->desk.selected = LINE_STANDS_EMPTY;
	press(w, 'u', &now);
	assert_string_equal(w->desk.request.code, "SLOT_FAILS");
	assert_int_equal(w->desk.request.slot, LINE_STANDS_EMPTY);
	press(w, DESK_ESCAPE, &now);
	assert_int_equal(w->desk.ask, ASK_NOTHING);
}

static void switching_a_slot_off_needs_a_reason_and_on_only_a_name(void **state)
{
	struct world *w = *state;
	uint64_t now = 1000000;

	press(w, 'd', &now);
	assert_int_equal(press(w, DESK_ENTER, &now), ORDER_NONE);
	assert_int_equal(type(w, "bent pin", &now), ORDER_PUT);
	assert_int_equal(w->desk.request.kind, REQUEST_DISABLE);
	w->scene.slots[0].is_disabled = true;
	press(w, 'd', &now);
	assert_int_equal(press(w, DESK_ENTER, &now), ORDER_PUT);
	assert_int_equal(w->desk.request.kind, REQUEST_ENABLE);
	assert_string_equal(w->desk.request.operator_name, "Kim");
}

static void the_end_is_asked_for_twice(void **state)
{
	struct world *w = *state;
	uint64_t now = 1000000;

	press(w, 'q', &now);
	assert_int_equal(w->desk.ask, ASK_END);
	assert_int_equal(press(w, 'n', &now), ORDER_NONE);
	press(w, 'q', &now);
	assert_int_equal(press(w, 'y', &now), ORDER_PUT);
	assert_int_equal(w->desk.request.kind, REQUEST_DRAIN);
	/* Once it drains, q means now: units at work would be cut off. */
	w->scene.is_draining = true;
	press(w, 'q', &now);
	assert_int_equal(w->desk.ask, ASK_STOP);
	assert_int_equal(press(w, 'y', &now), ORDER_STOP);
}

static void the_program_is_not_suspended_while_units_are_at_work(void **state)
{
	struct world *w = *state;
	uint64_t now = 1000000;

	assert_true(w->scene.at_work > 0);
	assert_int_equal(press(w, DESK_SUSPEND, &now), ORDER_NONE);
	assert_true(w->desk.is_refusal);
	w->scene.at_work = 0;
	assert_int_equal(press(w, DESK_SUSPEND, &now), ORDER_SUSPEND);
}

static void answers_are_shown_for_a_while(void **state)
{
	struct world *w = *state;

	desk_answer(&w->desk, STATUS_USAGE, "slot 7: has no label", 1000000);
	assert_non_null(strstr(drawn(w, 80, 24, false), "\n slot 7: has no label "));
	desk_tick(&w->desk, &w->scene, 1000000 + DESK_MESSAGE_US);
	assert_null(strstr(drawn(w, 80, 24, false), "has no label"));
}

static void backspace_takes_whole_characters(void **state)
{
	struct world *w = *state;
	uint64_t now = 1000000;

	press(w, 'o', &now);
	for (int i = 0; i < 3; i++)
		press(w, DESK_ERASE, &now);
	for (const char *c = "J\xc3\xb6"; *c; c++)
		press(w, (unsigned char)*c, &now);
	press(w, DESK_ERASE, &now);
	assert_string_equal(w->desk.field, "J");
	assert_int_equal(press(w, DESK_ENTER, &now), ORDER_PUT);
	assert_int_equal(w->desk.request.kind, REQUEST_OPERATOR);
	assert_string_equal(w->desk.request.text, "J");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(slots_say_their_state_by_word_and_sign_without_colour),
		TEST(every_slot_of_a_full_line_is_on_80x24),
		TEST(slots_never_overlap_nor_leave_the_screen),
		TEST(slots_stand_as_on_the_fixture_where_that_fits),
		TEST(what_does_not_fit_is_said),
		TEST(no_size_of_the_window_is_fatal),
		TEST(a_lock_is_in_sight_with_what_to_do),
		TEST(details_have_the_evidence_and_the_history),
		TEST(nothing_that_was_scanned_can_move_the_cursor),
		TEST(wide_characters_take_two_columns),
		TEST(what_is_typed_fast_is_a_scan_and_no_command),
		TEST(the_same_code_at_once_again_is_not_taken),
		TEST(a_scan_without_its_end_is_not_left_over_for_the_next_one),
		TEST(a_key_alone_is_a_command_once_no_scan_can_follow),
		TEST(numbers_and_arrows_choose_slots),
		TEST(a_lock_is_not_overridden_without_who_and_why),
		TEST(switching_a_slot_off_needs_a_reason_and_on_only_a_name),
		TEST(the_end_is_asked_for_twice),
		TEST(the_program_is_not_suspended_while_units_are_at_work),
		TEST(answers_are_shown_for_a_while),
		TEST(backspace_takes_whole_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
