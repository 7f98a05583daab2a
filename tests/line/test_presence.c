/* Who is in a slot whose bridge stays, from one glance after the other. */
#include "station/line/presence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SETTLE_US 500000
#define STEP_US 300000

/* One glance each: '.' silence, '~' a voice, '?' a loader without a MAC, else a unit of that name.
 */
static struct glance glance_of(char c)
{
	struct glance g = { .kind = c == '.'   ? GLANCE_NOTHING
				    : c == '~' ? GLANCE_VOICE
				    : c == '?' ? GLANCE_ANSWER
					       : GLANCE_UNIT };

	if (g.kind == GLANCE_UNIT)
		memset(g.mac, c, MAC_BYTES);
	return g;
}

static uint64_t now_us;

/* What each glance brought: '-' nothing, 'c' coming, 'w' went, 'C' came, 'L' left, 'O' other. */
static void expect(struct presence *p, const char *glances, const char *wanted)
{
	static const char letters[] = {
		[PRESENCE_SAME] = '-', [PRESENCE_COMING] = 'c', [PRESENCE_WENT] = 'w',
		[PRESENCE_CAME] = 'C', [PRESENCE_LEFT] = 'L',   [PRESENCE_OTHER] = 'O'
	};
	char got[80] = "";

	for (size_t i = 0; glances[i]; i++) {
		const struct glance g = glance_of(glances[i]);

		now_us += STEP_US;
		got[i] = letters[presence_look(p, &g, now_us, SETTLE_US)];
	}
	if (strcmp(got, wanted) != 0)
		fail_msg("%s: got %s, expected %s", glances, got, wanted);
}

static struct presence empty(void)
{
	struct presence p;

	presence_clear(&p);
	return p;
}

/* Its unit came, and its run told the same MAC. */
static struct presence done(char unit)
{
	const struct glance g = glance_of(unit);
	struct presence p = empty();

	expect(&p, ".", "-");
	for (unsigned i = 0; i < 8 && !p.has_unit; i++) {
		now_us += STEP_US;
		presence_look(&p, &g, now_us, SETTLE_US);
	}
	assert_true(p.has_unit);
	presence_done(&p, g.kind == GLANCE_UNIT ? g.mac : NULL, g.kind == GLANCE_VOICE);
	return p;
}

static void a_unit_has_come_when_it_was_seen_for_the_settle_time(void **state)
{
	struct presence p = empty();

	(void)state;
	expect(&p, "..aaaaa", "--ccC--");
	p = empty();
	expect(&p, "a.a.ab", "cwcwcc");
	expect(&p, "bba", "cC-");
}

static void a_loader_without_a_mac_and_a_voice_have_to_be_seen_more_often(void **state)
{
	struct presence p = empty();

	(void)state;
	expect(&p, "???", "ccC");
	p = empty();
	expect(&p, "~~~~~", "ccccC");
	p = empty();
	expect(&p, "~~?~~~~~", "cccccccC");
}

static void a_board_that_talks_while_it_is_seated_comes_as_what_it_is_then(void **state)
{
	struct presence p = empty();

	(void)state;
	expect(&p, "~?aaa", "ccccC");
	assert_int_equal(p.who.kind, GLANCE_UNIT);
	assert_int_equal(p.who.mac[0], 'a');
}

static void one_glance_that_went_wrong_takes_no_unit_away(void **state)
{
	struct presence p = done('a');

	(void)state;
	expect(&p, "a.a~a?aba.?~.b.?a", "-----------------");
	assert_int_equal(p.who.mac[0], 'a');
}

static void a_unit_has_left_after_two_silences_in_a_row(void **state)
{
	struct presence p = done('a');

	(void)state;
	expect(&p, "a..", "--L");
	expect(&p, ".aaa", "-ccC");
}

static void another_mac_is_the_next_unit(void **state)
{
	struct presence p = done('a');

	(void)state;
	expect(&p, "abbb", "---O");
	assert_int_equal(p.who.mac[0], 'b');
	expect(&p, "b", "-");
}

static void a_bad_board_behind_a_good_one_does_not_keep_its_result(void **state)
{
	struct presence p = done('a');

	(void)state;
	expect(&p, "a~~~~~", "-----O");
	p = done('a');
	expect(&p, "a???", "---O");
}

static void units_that_tell_no_mac_are_apart_when_their_nest_was_empty(void **state)
{
	struct presence p = done('?');

	(void)state;
	expect(&p, "???..???", "----LccC");
	p = done('?');
	expect(&p, "?aaa", "---O");
}

static void silence_takes_no_unit_away_that_was_silent_in_its_run(void **state)
{
	struct presence p = done('~');

	(void)state;
	expect(&p, "......~~~...", "------------");
	expect(&p, "bbb", "--O");
	/* It was seen, and its run never reached it. */
	p = done('a');
	presence_done(&p, NULL, true);
	expect(&p, "....a...a", "---------");
	expect(&p, "bbb", "--O");
}

static void a_unit_that_nobody_asked_leaves_like_any_other(void **state)
{
	struct presence p = done('a');

	(void)state;
	presence_done(&p, NULL, false);
	expect(&p, "a..", "--L");
}

static void the_mac_of_its_run_is_the_units(void **state)
{
	const struct glance b = glance_of('b');
	struct presence p = done('?');

	(void)state;
	presence_done(&p, b.mac, false);
	expect(&p, "bbb..", "----L");
}

static void what_somebody_said_is_there_stays_until_another_answers(void **state)
{
	struct presence p = empty();

	(void)state;
	presence_force(&p);
	expect(&p, "...", "---");
	presence_done(&p, NULL, true);
	expect(&p, "....", "----");
	expect(&p, "aaa", "--O");
	/* What had begun to come is who was meant. */
	p = empty();
	expect(&p, "a", "c");
	presence_force(&p);
	assert_int_equal(p.who.mac[0], 'a');
	expect(&p, "aa..", "---L");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_unit_has_come_when_it_was_seen_for_the_settle_time),
		cmocka_unit_test(a_loader_without_a_mac_and_a_voice_have_to_be_seen_more_often),
		cmocka_unit_test(a_board_that_talks_while_it_is_seated_comes_as_what_it_is_then),
		cmocka_unit_test(one_glance_that_went_wrong_takes_no_unit_away),
		cmocka_unit_test(a_unit_has_left_after_two_silences_in_a_row),
		cmocka_unit_test(another_mac_is_the_next_unit),
		cmocka_unit_test(a_bad_board_behind_a_good_one_does_not_keep_its_result),
		cmocka_unit_test(units_that_tell_no_mac_are_apart_when_their_nest_was_empty),
		cmocka_unit_test(silence_takes_no_unit_away_that_was_silent_in_its_run),
		cmocka_unit_test(a_unit_that_nobody_asked_leaves_like_any_other),
		cmocka_unit_test(the_mac_of_its_run_is_the_units),
		cmocka_unit_test(what_somebody_said_is_there_stays_until_another_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
