/* What a unit's flash holds after its runs: the model alone. */
#include "db/trace/trace_flash.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

/* clang-format off */
static const struct trace_image base_images[] = {
	{ .sha256 = "b1", .file = "boot.bin", .addr = 0x1000, .size_bytes = 0x4000, .kind = "boot loader" },
	{ .sha256 = "t1", .file = "table.bin", .addr = 0x8000, .size_bytes = 0xc00, .kind = "partition table" },
	{ .sha256 = "a1", .file = "app.bin", .addr = 0x10000, .size_bytes = 0x20000, .partition = "app0" },
	{ .sha256 = "d1", .file = "data.bin", .addr = 0x200000, .size_bytes = 0x1000, .partition = "storage" },
};
static const struct trace_image app_images[] = {
	{ .sha256 = "a2", .file = "app.bin", .addr = 0x10000, .size_bytes = 0x8000, .partition = "app0" },
};
static const struct trace_image big_images[] = {
	{ .sha256 = "a3", .file = "merged.bin", .addr = 0x1000, .size_bytes = 0x300000, .kind = "merged" },
};
/* Ends one byte into the sector in which the next image begins. */
static const struct trace_image low_images[] = {
	{ .sha256 = "l1", .file = "low.bin", .addr = 0x300000, .size_bytes = 0x1001 },
};
static const struct trace_image high_images[] = {
	{ .sha256 = "h1", .file = "high.bin", .addr = 0x301800, .size_bytes = 0x100 },
};
static const struct trace_image next_images[] = {
	{ .sha256 = "n1", .file = "next.bin", .addr = 0x302000, .size_bytes = 0x100 },
};
/* clang-format on */
#define RECIPE(key, how)                                                                           \
	{                                                                                          \
		.digest = #key, .name = #key, .erase = how, .images = key##_images,                \
		.image_count = sizeof(key##_images) / sizeof(key##_images[0]),                     \
	}
static const struct trace_recipe base = RECIPE(base, TRACE_ERASE_SECTORS);
static const struct trace_recipe app = RECIPE(app, TRACE_ERASE_SECTORS);
static const struct trace_recipe app_in_room = RECIPE(app, TRACE_ERASE_ROOMS);
static const struct trace_recipe app_alone = RECIPE(app, TRACE_ERASE_ALL);
static const struct trace_recipe big = RECIPE(big, TRACE_ERASE_SECTORS);
static const struct trace_recipe low = RECIPE(low, TRACE_ERASE_SECTORS);
static const struct trace_recipe high = RECIPE(high, TRACE_ERASE_SECTORS);
static const struct trace_recipe next = RECIPE(next, TRACE_ERASE_SECTORS);

static void pass(struct trace_flash *f, size_t run, const struct trace_recipe *recipe)
{
	trace_flash_add(f, run, TRACE_WROTE, true, recipe, NULL);
}

static void fail_writing(struct trace_flash *f, size_t run, const struct trace_recipe *recipe)
{
	trace_flash_add(f, run, TRACE_MAYBE, false, recipe, NULL);
}

/* The newest item with that content. */
static const struct trace_carried *item(const struct trace_flash *f, const char *sha256)
{
	for (size_t i = f->count; i-- > 0;)
		if (strcmp(f->items[i].image->sha256, sha256) == 0)
			return &f->items[i];
	fail_msg("%s never came", sha256);
	return NULL;
}

static void expect(const struct trace_flash *f, const char *sha256, enum trace_carry carry,
		   enum trace_cause cause, size_t by)
{
	const struct trace_carried *c = item(f, sha256);

	if (c->carry != carry || c->cause != cause || c->by_run != by)
		fail_msg("%s: carry %d, cause %d, by %zu; expected %d, %d, %zu", sha256, c->carry,
			 c->cause, c->by_run, carry, cause, by);
}

static void a_pass_brings_all_its_images(void **state)
{
	struct trace_flash f = { 0 };

	(void)state;
	pass(&f, 3, &base);
	assert_int_equal(f.count, 4);
	for (size_t i = 0; i < 4; i++)
		expect(&f, base_images[i].sha256, TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	assert_int_equal(item(&f, "a1")->since_run, 3);
	trace_flash_release(&f);
}

static void a_pass_over_its_place_replaces_an_image_and_leaves_the_others(void **state)
{
	struct trace_flash f = { 0 };

	(void)state;
	pass(&f, 0, &base);
	pass(&f, 1, &app);
	/* The new one is shorter: the old one's end is still there, but not the image. */
	expect(&f, "a1", TRACE_GONE, TRACE_PARTLY, 1);
	expect(&f, "a2", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	expect(&f, "b1", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	expect(&f, "d1", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	pass(&f, 2, &big);
	expect(&f, "b1", TRACE_GONE, TRACE_REPLACED, 2);
	expect(&f, "d1", TRACE_GONE, TRACE_REPLACED, 2);
	expect(&f, "a1", TRACE_GONE, TRACE_PARTLY, 1); /* it was gone before */
	trace_flash_release(&f);
}

static void the_same_image_again_is_there_since_the_first_time(void **state)
{
	struct trace_flash f = { 0 };

	(void)state;
	pass(&f, 0, &base);
	pass(&f, 4, &base);
	assert_int_equal(f.count, 4);
	assert_int_equal(item(&f, "a1")->since_run, 0);
	assert_int_equal(item(&f, "a1")->confirmed_run, 4);
	trace_flash_release(&f);
}

static void an_image_that_comes_back_is_there_since_it_came_back(void **state)
{
	struct trace_flash f = { 0 };

	(void)state;
	pass(&f, 0, &base);
	pass(&f, 1, &app);
	pass(&f, 2, &base);
	expect(&f, "a1", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	assert_int_equal(item(&f, "a1")->since_run, 2);
	expect(&f, "a2", TRACE_GONE, TRACE_REPLACED, 2);
	assert_int_equal(f.count, 6);
	trace_flash_release(&f);
}

static void erasing_all_takes_what_is_not_written_again(void **state)
{
	struct trace_flash f = { 0 };

	(void)state;
	pass(&f, 0, &base);
	pass(&f, 1, &app_alone);
	expect(&f, "d1", TRACE_GONE, TRACE_ERASED, 1);
	expect(&f, "b1", TRACE_GONE, TRACE_ERASED, 1);
	expect(&f, "a1", TRACE_GONE, TRACE_PARTLY, 1);
	trace_flash_release(&f);
}

static void erasing_rooms_spares_partitions_of_another_name(void **state)
{
	static const struct trace_image nameless_images[] = {
		{ .sha256 = "x1", .file = "x.bin", .addr = 0x90000, .size_bytes = 0x1000 },
	};
	static const struct trace_recipe nameless = RECIPE(nameless, TRACE_ERASE_SECTORS);
	struct trace_flash f = { 0 };

	(void)state;
	pass(&f, 0, &base);
	pass(&f, 1, &nameless);
	pass(&f, 2, &app_in_room);
	expect(&f, "d1", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	expect(&f, "b1", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	expect(&f, "t1", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	/* It may lie behind the application, in the same partition: nobody wrote down which. */
	expect(&f, "x1", TRACE_UNCERTAIN, TRACE_MAYBE_ERASED, 2);
	trace_flash_release(&f);
}

static void images_that_share_a_sector_replace_each_other(void **state)
{
	struct trace_flash f = { 0 };

	(void)state;
	pass(&f, 0, &low);
	pass(&f, 1, &next); /* begins in the sector behind */
	expect(&f, "l1", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	pass(&f, 2, &high);
	expect(&f, "l1", TRACE_GONE, TRACE_PARTLY, 2);
	expect(&f, "n1", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	trace_flash_release(&f);
}

static void a_failed_write_leaves_old_and_new_uncertain_until_a_pass(void **state)
{
	struct trace_flash f = { 0 };

	(void)state;
	pass(&f, 0, &base);
	fail_writing(&f, 1, &app);
	expect(&f, "a1", TRACE_UNCERTAIN, TRACE_WRITTEN_OVER, 1);
	expect(&f, "a2", TRACE_UNCERTAIN, TRACE_NOT_PASSED, 1);
	expect(&f, "b1", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	assert_false(item(&f, "a2")->was_carried);
	/* The first doubt is the one that is told. */
	fail_writing(&f, 2, &app);
	expect(&f, "a1", TRACE_UNCERTAIN, TRACE_WRITTEN_OVER, 1);
	pass(&f, 3, &base);
	expect(&f, "a1", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	assert_int_equal(item(&f, "a1")->since_run, 3);
	expect(&f, "a2", TRACE_GONE, TRACE_REPLACED, 3);
	trace_flash_release(&f);
}

static void a_failed_run_that_erases_all_leaves_everything_uncertain(void **state)
{
	struct trace_flash f = { 0 };

	(void)state;
	pass(&f, 0, &base);
	fail_writing(&f, 1, &app_alone);
	expect(&f, "d1", TRACE_UNCERTAIN, TRACE_WRITTEN_OVER, 1);
	pass(&f, 2, &base);
	fail_writing(&f, 3, NULL); /* of a recipe that nobody knows */
	expect(&f, "d1", TRACE_UNCERTAIN, TRACE_WRITTEN_OVER, 3);
	trace_flash_release(&f);
}

static void a_passed_verify_run_is_evidence(void **state)
{
	struct trace_flash f = { 0 };

	(void)state;
	trace_flash_add(&f, 0, TRACE_FOUND, true, &base, NULL);
	expect(&f, "a1", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	/* Somebody else has written another application since. */
	trace_flash_add(&f, 1, TRACE_FOUND, true, &app, NULL);
	expect(&f, "a1", TRACE_GONE, TRACE_FOUND_OTHER, 1);
	expect(&f, "a2", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	fail_writing(&f, 2, &base);
	expect(&f, "a2", TRACE_UNCERTAIN, TRACE_WRITTEN_OVER, 2);
	trace_flash_add(&f, 3, TRACE_FOUND, true, &app, NULL);
	expect(&f, "a2", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	expect(&f, "b1", TRACE_UNCERTAIN, TRACE_WRITTEN_OVER, 2);
	trace_flash_release(&f);
}

static void a_failed_verify_run_doubts_the_image_it_names(void **state)
{
	struct trace_flash f = { 0 };

	(void)state;
	pass(&f, 0, &base);
	trace_flash_add(&f, 1, TRACE_MISSED, false, &base,
			"data.bin at 00200000: the chip's MD5 is not app.bin's");
	expect(&f, "d1", TRACE_UNCERTAIN, TRACE_DIFFERS, 1);
	expect(&f, "a1", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	/* What it was to find and nobody wrote, it does not bring. */
	trace_flash_add(&f, 2, TRACE_MISSED, false, &low, NULL);
	assert_int_equal(f.count, 4);
	/* It names none: any of them may be the one. */
	trace_flash_add(&f, 3, TRACE_MISSED, false, &base, NULL);
	expect(&f, "a1", TRACE_UNCERTAIN, TRACE_DIFFERS, 3);
	expect(&f, "b1", TRACE_UNCERTAIN, TRACE_DIFFERS, 3);
	trace_flash_release(&f);
}

static void a_pass_without_proof_is_carried_but_unproven(void **state)
{
	struct trace_flash f = { 0 };

	(void)state;
	trace_flash_add(&f, 0, TRACE_WROTE, false, &base, NULL);
	expect(&f, "a1", TRACE_UNPROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	trace_flash_add(&f, 1, TRACE_FOUND, true, &base, NULL);
	expect(&f, "a1", TRACE_PROVEN, TRACE_NO_CAUSE, TRACE_NO_RUN);
	trace_flash_release(&f);
}

static void the_effect_of_a_run_follows_from_its_outcome_and_steps(void **state)
{
	static const struct {
		const char *kind, *outcome, *code, *proof;
		bool has_written;
		enum trace_effect effect;
	} rows[] = {
		{ "FLASH", "PASS", "OK", "CHIP_MD5", false, TRACE_WROTE },
		{ "FLASH", "PASS", "OK", "NONE", false, TRACE_WROTE },
		{ "FLASH", "FAIL", "MD5_MISMATCH", "NONE", true, TRACE_MAYBE },
		{ "FLASH", "ERROR", "WRONG_CHIP", "NONE", false, TRACE_NO_EFFECT },
		{ "FLASH", "ABORTED", "ALREADY_PASSED", "NONE", false, TRACE_NO_EFFECT },
		{ "FLASH", "ABORTED", "STATION_STOPPED", "NONE", false, TRACE_MAYBE },
		{ "FLASH", NULL, NULL, NULL, false, TRACE_MAYBE },
		{ "VERIFY", "PASS", "OK", "CHIP_MD5", false, TRACE_FOUND },
		{ "VERIFY", "PASS", "OK", "NONE", false, TRACE_NO_EFFECT },
		{ "VERIFY", "FAIL", "MD5_MISMATCH", "NONE", false, TRACE_MISSED },
		{ "VERIFY", "ERROR", "SYNC_NO_REPLY", "NONE", false, TRACE_NO_EFFECT },
		{ "VERIFY", "ABORTED", "STATION_STOPPED", "NONE", false, TRACE_NO_EFFECT },
		{ "VERIFY", NULL, NULL, NULL, false, TRACE_NO_EFFECT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (trace_effect_of(rows[i].kind, rows[i].outcome, rows[i].code, rows[i].proof,
				    rows[i].has_written) != rows[i].effect)
			fail_msg("row %zu", i);
}

static void the_canonical_text_says_what_is_erased(void **state)
{
	(void)state;
	assert_int_equal(trace_erase_of("# canonical form 1\nerase: all\nimages:\n"),
			 TRACE_ERASE_ALL);
	assert_int_equal(trace_erase_of("# canonical form 1\nerase: rooms\nimages:\n"),
			 TRACE_ERASE_ROOMS);
	assert_int_equal(trace_erase_of("# canonical form 1\nproduct: erase: all\nimages:\n"),
			 TRACE_ERASE_SECTORS);
	assert_int_equal(trace_erase_of(NULL), TRACE_ERASE_SECTORS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pass_brings_all_its_images),
		cmocka_unit_test(a_pass_over_its_place_replaces_an_image_and_leaves_the_others),
		cmocka_unit_test(the_same_image_again_is_there_since_the_first_time),
		cmocka_unit_test(an_image_that_comes_back_is_there_since_it_came_back),
		cmocka_unit_test(erasing_all_takes_what_is_not_written_again),
		cmocka_unit_test(erasing_rooms_spares_partitions_of_another_name),
		cmocka_unit_test(images_that_share_a_sector_replace_each_other),
		cmocka_unit_test(a_failed_write_leaves_old_and_new_uncertain_until_a_pass),
		cmocka_unit_test(a_failed_run_that_erases_all_leaves_everything_uncertain),
		cmocka_unit_test(a_passed_verify_run_is_evidence),
		cmocka_unit_test(a_failed_verify_run_doubts_the_image_it_names),
		cmocka_unit_test(a_pass_without_proof_is_carried_but_unproven),
		cmocka_unit_test(the_effect_of_a_run_follows_from_its_outcome_and_steps),
		cmocka_unit_test(the_canonical_text_says_what_is_erased),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
