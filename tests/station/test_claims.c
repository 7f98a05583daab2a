#include "tests/station/tree.h"

#include "station/claims.h"

static const uint8_t mac_a[MAC_BYTES] = { 0x24, 0x0A, 0xC4, 0, 0, 1 };
static const uint8_t mac_b[MAC_BYTES] = { 0x24, 0x0A, 0xC4, 0, 0, 2 };

static void different_macs_leave_each_other_alone(void **state)
{
	struct claims *c = claims_new(2);
	atomic_bool cancel[2] = { false, false };
	unsigned other;

	(void)state;
	claims_enter(c, 0, &cancel[0]);
	claims_enter(c, 1, &cancel[1]);
	assert_true(claims_take(c, 0, mac_a, &cancel[0], &other));
	assert_true(claims_take(c, 1, mac_b, &cancel[1], &other));
	assert_true(claims_begin_writing(c, 0, &cancel[0]));
	assert_true(claims_begin_writing(c, 1, &cancel[1]));
	assert_false(claims_is_duplicate(c, 0, &other));
	assert_false(cancel[0] || cancel[1]);
	claims_free(c);
}

static void neither_of_two_with_one_mac_gets_to_write(void **state)
{
	struct claims *c = claims_new(3);
	atomic_bool cancel[3] = { false, false, false };
	unsigned other;

	(void)state;
	claims_enter(c, 0, &cancel[0]);
	claims_enter(c, 2, &cancel[2]);
	assert_true(claims_take(c, 0, mac_a, &cancel[0], &other));
	assert_false(claims_take(c, 2, mac_a, &cancel[2], &other));
	assert_int_equal(other, 0);
	assert_true(cancel[0]);
	assert_false(claims_begin_writing(c, 0, &cancel[0]));
	assert_true(claims_is_duplicate(c, 0, &other));
	assert_int_equal(other, 2);
	assert_true(claims_is_duplicate(c, 2, &other));
	assert_int_equal(other, 0);
	claims_free(c);
}

static void one_that_is_writing_is_left_to_finish_but_marked(void **state)
{
	struct claims *c = claims_new(2);
	atomic_bool cancel[2] = { false, false };
	unsigned other;

	(void)state;
	claims_enter(c, 0, &cancel[0]);
	claims_enter(c, 1, &cancel[1]);
	assert_true(claims_take(c, 0, mac_a, &cancel[0], &other));
	assert_true(claims_begin_writing(c, 0, &cancel[0]));
	assert_false(claims_take(c, 1, mac_a, &cancel[1], &other));
	assert_false(cancel[0]);
	assert_true(claims_is_duplicate(c, 0, &other));
	assert_int_equal(other, 1);
	claims_free(c);
}

static void the_same_slot_may_tell_its_mac_again(void **state)
{
	struct claims *c = claims_new(2);
	atomic_bool cancel = false;
	unsigned other;

	(void)state;
	claims_enter(c, 0, &cancel);
	assert_true(claims_take(c, 0, mac_a, &cancel, &other));
	assert_true(claims_take(c, 0, mac_a, &cancel, &other));
	assert_false(cancel);
	claims_free(c);
}

static void a_unit_that_left_is_nobodys_twin(void **state)
{
	struct claims *c = claims_new(2);
	atomic_bool cancel[2] = { false, false };
	unsigned other;

	(void)state;
	claims_enter(c, 0, &cancel[0]);
	assert_true(claims_take(c, 0, mac_a, &cancel[0], &other));
	claims_leave(c, 0);
	claims_enter(c, 1, &cancel[1]);
	assert_true(claims_take(c, 1, mac_a, &cancel[1], &other));
	assert_false(cancel[0] || cancel[1]);
	claims_free(c);
}

static void one_that_comes_late_changes_nothing_for_the_next_unit(void **state)
{
	struct claims *c = claims_new(2);
	atomic_bool cancel[3] = { false, false, false };
	unsigned other;

	(void)state;
	claims_enter(c, 1, &cancel[1]);
	assert_true(claims_take(c, 1, mac_b, &cancel[1], &other));
	claims_enter(c, 0, &cancel[0]); /* its job is stuck, and it leaves */
	claims_enter(c, 0, &cancel[2]);
	assert_true(claims_take(c, 0, mac_a, &cancel[2], &other));
	assert_false(claims_take(c, 0, mac_b, &cancel[0], &other));
	assert_false(claims_begin_writing(c, 0, &cancel[0]));
	assert_true(claims_begin_writing(c, 0, &cancel[2]));
	assert_false(claims_is_duplicate(c, 1, &other));
	claims_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(different_macs_leave_each_other_alone),
		cmocka_unit_test(neither_of_two_with_one_mac_gets_to_write),
		cmocka_unit_test(one_that_is_writing_is_left_to_finish_but_marked),
		cmocka_unit_test(the_same_slot_may_tell_its_mac_again),
		cmocka_unit_test(a_unit_that_left_is_nobodys_twin),
		cmocka_unit_test(one_that_comes_late_changes_nothing_for_the_next_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
