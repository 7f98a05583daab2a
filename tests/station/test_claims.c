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

/* ---- a unit that goes from slot to slot ---- */

static const struct port port_a = {
	.slot = "pci-0000:00:14.0/1:1.0", .is_usb = true, .usb_bus = 1, .usb_device = 5
};
static const struct port port_b = {
	.slot = "pci-0000:00:14.0/2:1.0", .is_usb = true, .usb_bus = 1, .usb_device = 6
};

/* Slot 0 writes the unit with mac_a; slot 1 has one of which nothing is known yet. */
static struct claims *one_writes(atomic_bool cancel[2])
{
	struct claims *c = claims_new(2);
	unsigned other;

	claims_enter(c, 0, &cancel[0]);
	claims_enter(c, 1, &cancel[1]);
	assert_true(claims_stays(c, 0, &cancel[0], &port_a, NULL));
	assert_true(claims_stays(c, 1, &cancel[1], &port_b, NULL));
	assert_true(claims_take(c, 0, mac_a, &cancel[0], &other));
	assert_true(claims_begin_writing(c, 0, &cancel[0]));
	return c;
}

static void a_mac_that_was_taken_over_is_no_twin_and_its_first_run_opens_nothing(void **state)
{
	atomic_bool cancel[2] = { false, false };
	struct claims *c = one_writes(cancel);
	struct claim_holder holder;
	char where[sizeof(port_a.slot)];
	unsigned other;

	(void)state;
	assert_false(claims_find(c, 1, mac_b, &holder));
	assert_true(claims_find(c, 1, mac_a, &holder));
	assert_string_equal(holder.port.slot, port_a.slot);
	claims_take_over(c, 1, &holder);
	assert_true(claims_take(c, 1, mac_a, &cancel[1], &other));
	assert_false(claims_is_duplicate(c, 0, &other));
	assert_false(claims_stays(c, 0, &cancel[0], &port_a, where));
	assert_string_equal(where, port_b.slot);
	claims_free(c);
}

static void a_run_that_has_found_its_port_again_keeps_its_mac(void **state)
{
	struct port again = port_a;
	atomic_bool cancel[2] = { false, false };
	struct claims *c = one_writes(cancel);
	struct claim_holder holder;
	unsigned other;

	(void)state;
	assert_true(claims_find(c, 1, mac_a, &holder));
	again.usb_device = 9;
	assert_true(claims_stays(c, 0, &cancel[0], &again, NULL)); /* just before */
	claims_take_over(c, 1, &holder);
	assert_false(claims_take(c, 1, mac_a, &cancel[1], &other));
	assert_true(claims_stays(c, 0, &cancel[0], NULL, NULL));
	claims_free(c);
}

static void a_run_ends_for_others_when_it_is_stored_or_its_slot_has_another(void **state)
{
	atomic_bool cancel[2] = { false, false };
	struct claims *c = one_writes(cancel);
	struct claim_holder holder;

	(void)state;
	assert_true(claims_find(c, 1, mac_a, &holder));
	assert_false(claims_has_ended(c, &holder));
	claims_end(c, 0);
	assert_true(claims_has_ended(c, &holder));
	claims_enter(c, 0, &cancel[0]); /* the next one, with the memory of the first */
	assert_true(claims_has_ended(c, &holder));
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
		cmocka_unit_test(
			a_mac_that_was_taken_over_is_no_twin_and_its_first_run_opens_nothing),
		cmocka_unit_test(a_run_that_has_found_its_port_again_keeps_its_mac),
		cmocka_unit_test(a_run_ends_for_others_when_it_is_stored_or_its_slot_has_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
