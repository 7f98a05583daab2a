/* With which way a run begins, from what the records tell of the runs before it. */
#include "tests/station/tree.h"

#include "station/memory.h"

#include <stdio.h>
#include <string.h>

static const struct link_profile ch9102 = {
	.rates = { 1500000, 921600, 460800, 230400 },
	.rate_count = 4,
	.ram_block_bytes = 0x1800,
	.bridge = "CH9102F",
};
static const struct link_profile native = { .is_native_usb = true, .ram_block_bytes = 0x1800 };

/* ---- a slot that is simulated: a run is recorded as the flasher would report it ---- */

struct slot_story {
	struct slot_run runs[MEMORY_RUNS * 2]; /* newest first */
	size_t count;
};

static void put(struct slot_story *s, struct slot_run r)
{
	const size_t room = sizeof(s->runs) / sizeof(s->runs[0]);

	if (s->count == room)
		s->count--;
	memmove(&s->runs[1], &s->runs[0], s->count * sizeof(s->runs[0]));
	s->runs[0] = r;
	s->count++;
}

static struct slot_run passed(struct flash_way way, bool is_rescued, bool began_lowered)
{
	return (struct slot_run){
		.is_flash = true,
		.is_pass = true,
		.is_rescued = is_rescued,
		.began_lowered = began_lowered,
		.with_stub = way.with_stub,
		.rate_baud = way.rate_baud,
		.ram_block_bytes = way.ram_block_bytes,
		.data_block_bytes = way.data_block_bytes,
		.pace_bytes = way.pace_bytes,
	};
}

static bool next(const struct slot_story *s, const struct link_profile *link,
		 const struct flash_plan *plan, struct flash_way *way, bool *is_raised)
{
	size_t count = s->count < MEMORY_RUNS ? s->count : MEMORY_RUNS;
	bool has = memory_next(s->runs, count, link, plan, way, is_raised);

	if (!has)
		*way = memory_best_way(link, plan);
	return has;
}

static void expect_way(const struct flash_way *way, const struct flash_way *wanted)
{
	char is[WAY_TEXT_BYTES], should[WAY_TEXT_BYTES];
	const struct flash_way all = { 0 };

	memory_way_text(way, &all, is);
	memory_way_text(wanted, &all, should);
	assert_string_equal(is, should);
}

static const struct flash_way best = { true, 1500000, 0x1800, 0x4000, 0 };
static const struct flash_way small_blocks = { true, 1500000, 0x400, 0x4000, 0 };
static const struct flash_way slow = { true, 460800, 0x1800, 0x4000, 0 };

/* ---- what is remembered ---- */

static void a_slot_without_a_past_begins_with_the_best(void **state)
{
	struct flash_way way;
	bool is_raised;

	(void)state;
	assert_false(memory_next(NULL, 0, &ch9102, NULL, &way, &is_raised));
	way = memory_best_way(&ch9102, NULL);
	expect_way(&way, &best);
}

static void what_rescued_a_unit_is_what_the_next_run_begins_with(void **state)
{
	static const struct flash_way ways[] = {
		{ true, 1500000, 0x400, 0x4000, 0 },    { true, 460800, 0x1800, 0x4000, 0 },
		{ true, 115200, 0x100, 0x400, 64 },     { false, 230400, 0x1800, 0x400, 0 },
		{ true, 1500000, 0x1800, 0x4000, 256 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct slot_story s = { 0 };
		struct flash_way way;
		bool is_raised;

		put(&s, passed(ways[i], true, false));
		assert_true(next(&s, &ch9102, NULL, &way, &is_raised));
		assert_false(is_raised);
		expect_way(&way, &ways[i]);
	}
}

static void a_pass_at_the_recipes_own_lower_rate_lowers_nothing(void **state)
{
	struct slot_story s = { 0 };
	struct flash_way way;
	bool is_raised;

	(void)state;
	put(&s, passed(slow, false, false));
	assert_false(next(&s, &ch9102, NULL, &way, &is_raised));
}

static void a_rescue_that_ended_in_the_best_way_lowers_nothing(void **state)
{
	struct slot_story s = { 0 };
	struct flash_way way;
	bool is_raised;

	(void)state;
	put(&s, passed(best, true, false)); /* by another reset timing, say */
	assert_false(next(&s, &ch9102, NULL, &way, &is_raised));
}

static void failures_and_verify_runs_do_not_make_it_forget(void **state)
{
	struct slot_story s = { 0 };
	struct flash_way way;
	bool is_raised;

	(void)state;
	put(&s, passed(slow, true, false));
	for (int i = 0; i < 10; i++)
		put(&s, (struct slot_run){ .is_flash = true }); /* the unit's own fault */
	put(&s, (struct slot_run){ .is_pass = true });
	put(&s, (struct slot_run){ .is_flash = true, .is_link_failure = true });
	put(&s, (struct slot_run){ .is_flash = true, .is_link_failure = true });
	assert_true(next(&s, &ch9102, NULL, &way, &is_raised));
	expect_way(&way, &slow);
}

static void a_pass_that_sent_nothing_tells_nothing(void **state)
{
	struct flash_way no_rate = { true, 0, 0x1800, 0x4000, 0 };
	struct slot_story s = { 0 };
	struct flash_way way;
	bool is_raised;

	(void)state;
	put(&s, passed(slow, true, false));
	put(&s, passed(no_rate, false, false));
	assert_true(next(&s, &ch9102, NULL, &way, &is_raised));
	expect_way(&way, &slow);
}

static void three_link_failures_in_a_row_change_between_the_best_and_what_worked(void **state)
{
	struct slot_story s = { 0 };
	struct flash_way way;
	bool is_raised;

	(void)state;
	put(&s, passed(slow, true, false));
	for (unsigned turn = 0; turn < 4; turn++) {
		for (unsigned i = 0; i < MEMORY_FORGET; i++) {
			assert_int_equal(next(&s, &ch9102, NULL, &way, &is_raised), turn % 2 == 0);
			put(&s, (struct slot_run){ .is_flash = true, .is_link_failure = true });
			put(&s, (struct slot_run){ .is_link_failure = true }); /* verify */
		}
	}
}

/* ---- limits of recipe and link ---- */

static void the_recipe_and_the_bridge_win_over_what_is_remembered(void **state)
{
	static const struct flash_way rom = { false, 921600, 0x1800, 0x400, 0 };
	const struct flash_plan never = { .stub = STUB_NEVER }, always = { .stub = STUB_ALWAYS };
	struct link_profile capped = ch9102;
	struct slot_story s = { 0 };
	struct flash_way way;
	bool is_raised;

	(void)state;
	/* A rate above the recipe's limit, and one that is none of the link's. */
	capped.rates[0] = 460800;
	capped.rate_count = 1;
	put(&s, passed((struct flash_way){ true, 921600, 0x400, 0x4000, 0 }, true, false));
	assert_true(next(&s, &capped, NULL, &way, &is_raised));
	assert_int_equal(way.rate_baud, 460800);
	capped.rates[0] = 1000000;
	next(&s, &capped, NULL, &way, &is_raised);
	assert_int_equal(way.rate_baud, 115200);
	/* 'stub: never', 'stub: always' */
	assert_true(next(&s, &ch9102, &never, &way, &is_raised));
	assert_false(way.with_stub);
	assert_int_equal(way.data_block_bytes, 0x400);
	put(&s, passed(rom, true, false));
	assert_true(next(&s, &ch9102, &always, &way, &is_raised));
	assert_true(way.with_stub);
	assert_int_equal(way.data_block_bytes, 0x4000);
	/* Blocks that were made smaller stay so under another program. */
	put(&s, passed((struct flash_way){ true, 921600, 0x100, 0x100, 0 }, true, false));
	assert_true(next(&s, &ch9102, &never, &way, &is_raised));
	assert_false(way.with_stub);
	assert_int_equal(way.data_block_bytes, 0x100);
	/* No block larger than USB-OTG takes. */
	struct link_profile otg = { .is_native_usb = true,
				    .is_usb_otg = true,
				    .ram_block_bytes = 0x800 };
	struct slot_story usb = { 0 };
	put(&usb, passed((struct flash_way){ true, 0, 0x1800, 0x4000, 256 }, true, false));
	assert_true(next(&usb, &otg, NULL, &way, &is_raised));
	assert_int_equal(way.ram_block_bytes, 0x800);
	assert_int_equal(way.data_block_bytes, 0x800);
}

static void a_chips_own_usb_has_blocks_to_remember_and_no_rate(void **state)
{
	static const struct flash_way small = { true, 0, 0x400, 0x1000, 0 };
	struct slot_story s = { 0 };
	struct flash_way way;
	bool is_raised;

	(void)state;
	put(&s, passed(small, true, false));
	assert_true(next(&s, &native, NULL, &way, &is_raised));
	expect_way(&way, &small);
}

/* ---- raised again ---- */

/* One unit more, in a slot that can be talked to in the ways that it bears: what the memory begins
 * with, and what the flasher makes of it, whose ladder leads to floor. Returns true for a raise. */
static bool one_unit(struct slot_story *s, bool (*bears)(const struct flash_way *way),
		     const struct flash_way *floor, unsigned *rescues)
{
	struct flash_way way;
	bool is_raised, has = next(s, &ch9102, NULL, &way, &is_raised);

	if (bears(&way)) {
		put(s, passed(way, false, has));
	} else {
		put(s, passed(*floor, true, has));
		++*rescues;
	}
	return is_raised;
}

static bool bears_small_ram(const struct flash_way *way)
{
	return way->ram_block_bytes <= 0x400;
}

static bool bears_all(const struct flash_way *way)
{
	(void)way;
	return true;
}

static void each_raise_that_fails_waits_twice_as_long_up_to_a_limit(void **state)
{
	static const unsigned waits[] = { 3, 6, 12, 24, 48, 48, 48, 48 };
	struct slot_story s = { 0 };
	unsigned rescues = 0;

	(void)state;
	one_unit(&s, bears_small_ram, &small_blocks, &rescues);
	assert_int_equal(rescues, 1);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		unsigned clean = 0;

		while (!one_unit(&s, bears_small_ram, &small_blocks, &rescues))
			clean++;
		assert_int_equal(clean, waits[i]);
		assert_int_equal(rescues, i + 2);
	}
}

static void a_slot_that_was_repaired_is_back_at_the_best_notch_by_notch(void **state)
{
	static const struct flash_way bottom = { false, 115200, 0x100, 0x400, 64 };
	struct slot_story s = { 0 };
	struct flash_way way, before;
	unsigned rescues = 0, units = 0, raises = 0;
	bool is_raised;

	(void)state;
	put(&s, passed(bottom, true, false));
	put(&s, passed(bottom, true, false)); /* the attempt with the best */
	next(&s, &ch9102, NULL, &before, &is_raised);
	for (;;) {
		bool has = next(&s, &ch9102, NULL, &way, &is_raised);
		int changed = (way.with_stub != before.with_stub) +
			      (way.rate_baud != before.rate_baud) +
			      (way.ram_block_bytes != before.ram_block_bytes) +
			      (way.pace_bytes != before.pace_bytes);

		/* A new program takes blocks of another size; else it is one figure. */
		assert_true(changed <= 1);
		assert_true(way.rate_baud >= before.rate_baud);
		if (!has)
			break;
		raises += one_unit(&s, bears_all, &best, &rescues);
		before = way;
		assert_true(++units < 100);
	}
	assert_int_equal(rescues, 0);
	/* 4 rates, pace 64 256 1024 none, RAM 100 400 1000 1800, the stub: the last one is to the
	 * best, and leaves the memory. */
	assert_int_equal(raises, 4 + 3 + 3 + 1 - 1);
	expect_way(&way, &best);
}

/* 460800 and small RAM blocks, of which only the blocks are really needed. */
static void when_one_figure_cannot_be_raised_another_one_is_tried(void **state)
{
	struct flash_way floor = { true, 460800, 0x400, 0x4000, 0 };
	struct slot_story s = { 0 };
	unsigned rescues = 0;

	(void)state;
	put(&s, passed(floor, true, false));
	put(&s, passed(floor, true, false));
	for (unsigned units = 0; units < 200; units++) {
		struct flash_way way;
		bool is_raised;

		next(&s, &ch9102, NULL, &way, &is_raised);
		/* The ladder undoes the raise and nothing else. */
		floor = way;
		floor.ram_block_bytes = 0x400;
		one_unit(&s, bears_small_ram, &floor, &rescues);
	}
	assert_int_equal(s.runs[0].rate_baud, 1500000);
	assert_int_equal(s.runs[0].ram_block_bytes, 0x400);
	assert_true(rescues <= 8);
}

/* 16 bytes at a time cost fifteen times as long. */
static void one_bad_unit_slows_three_healthy_ones_down_and_no_more(void **state)
{
	static const struct flash_way crawl = { false, 115200, 0x100, 0x100, 16 };
	struct slot_story s = { 0 };
	struct flash_way way;
	unsigned rescues = 0;
	bool is_raised;

	(void)state;
	for (unsigned bad = 0; bad < 5; bad++) {
		put(&s, passed(crawl, true, false));
		for (unsigned i = 0; i < MEMORY_CLEAN; i++) {
			assert_true(next(&s, &ch9102, NULL, &way, &is_raised));
			one_unit(&s, bears_all, &best, &rescues);
		}
		assert_false(next(&s, &ch9102, NULL, &way, &is_raised));
		assert_true(is_raised);
		one_unit(&s, bears_all, &best, &rescues);
		assert_false(next(&s, &ch9102, NULL, &way, &is_raised));
	}
}

/* With 'tries: 1' what is tried in vain fails, and nothing rescues it. */
static void an_attempt_that_fails_outright_is_not_made_again_at_once(void **state)
{
	struct slot_story s = { 0 };
	unsigned failures = 0, units = 0;

	(void)state;
	put(&s, passed(small_blocks, true, false));
	for (; units < 300; units++) {
		struct flash_way way;
		bool is_raised, has = next(&s, &ch9102, NULL, &way, &is_raised);

		if (bears_small_ram(&way)) {
			put(&s, passed(way, false, has));
			continue;
		}
		put(&s, (struct slot_run){ .is_flash = true, .is_link_failure = true });
		failures++;
		assert_true(next(&s, &ch9102, NULL, &way, &is_raised));
		assert_false(is_raised);
		expect_way(&way, &small_blocks);
	}
	/* After 3, 6, 12, 24, 48, 48, ... passes. */
	assert_in_range(failures, 5, 9);
}

/* The history is cut off at MEMORY_RUNS: that must not look like a slot without a past. */
static void a_slot_that_needs_help_for_good_is_never_forgotten(void **state)
{
	struct slot_story s = { 0 };
	unsigned rescues = 0;

	(void)state;
	for (unsigned units = 0; units < 2000; units++)
		one_unit(&s, bears_small_ram, &small_blocks, &rescues);
	/* One in 49 at last. */
	assert_in_range(rescues, 40, 47);
}

static void a_way_is_told_in_words_without_what_is_usual(void **state)
{
	static const struct flash_way odd = { true, 460800, 0x400, 0x1000, 64 };
	struct flash_way rom = { false, 0, 0x400, 0x400, 0 };
	char text[WAY_TEXT_BYTES];

	(void)state;
	memory_way_text(&best, &best, text);
	assert_string_equal(text, "stub 1500000");
	memory_way_text(&odd, &best, text);
	assert_string_equal(text, "stub 460800, RAM blocks of 1024, data blocks of 4096, "
				  "64 bytes at a time");
	memory_way_text(&rom, &best, text);
	assert_string_equal(text, "ROM");
	rom.data_block_bytes = 0x100;
	memory_way_text(&rom, &best, text);
	assert_string_equal(text, "ROM, data blocks of 256");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_without_a_past_begins_with_the_best),
		cmocka_unit_test(what_rescued_a_unit_is_what_the_next_run_begins_with),
		cmocka_unit_test(a_pass_at_the_recipes_own_lower_rate_lowers_nothing),
		cmocka_unit_test(a_rescue_that_ended_in_the_best_way_lowers_nothing),
		cmocka_unit_test(failures_and_verify_runs_do_not_make_it_forget),
		cmocka_unit_test(a_pass_that_sent_nothing_tells_nothing),
		cmocka_unit_test(
			three_link_failures_in_a_row_change_between_the_best_and_what_worked),
		cmocka_unit_test(the_recipe_and_the_bridge_win_over_what_is_remembered),
		cmocka_unit_test(a_chips_own_usb_has_blocks_to_remember_and_no_rate),
		cmocka_unit_test(each_raise_that_fails_waits_twice_as_long_up_to_a_limit),
		cmocka_unit_test(a_slot_that_was_repaired_is_back_at_the_best_notch_by_notch),
		cmocka_unit_test(when_one_figure_cannot_be_raised_another_one_is_tried),
		cmocka_unit_test(one_bad_unit_slows_three_healthy_ones_down_and_no_more),
		cmocka_unit_test(an_attempt_that_fails_outright_is_not_made_again_at_once),
		cmocka_unit_test(a_slot_that_needs_help_for_good_is_never_forgotten),
		cmocka_unit_test(a_way_is_told_in_words_without_what_is_usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
