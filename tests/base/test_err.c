#include "engine/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void setting_an_error_returns_its_status(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, STATUS_FILE, "%s: line %d", "a.yaml", 3), STATUS_FILE);
	assert_int_equal(err.status, STATUS_FILE);
	assert_string_equal(err.text, "a.yaml: line 3");
	assert_int_equal(err.device_len, 0);
}

static void nobody_has_to_want_the_text(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, STATUS_FILE, "x"), STATUS_FILE);
	assert_int_equal(err_set_device(NULL, STATUS_REFUSED, NULL, 0, "x"), STATUS_REFUSED);
}

static void the_devices_bytes_are_kept_up_to_four(void **state)
{
	const uint8_t bytes[] = { 1, 7, 0, 0, 9, 9 };
	struct err err;

	(void)state;
	err_set_device(&err, STATUS_REFUSED, bytes, 2, "refused");
	assert_int_equal(err.device_len, 2);
	assert_memory_equal(err.device, bytes, 2);
	err_set_device(&err, STATUS_REFUSED, bytes, sizeof(bytes), "refused");
	assert_int_equal(err.device_len, ERR_DEVICE_BYTES);
	assert_memory_equal(err.device, bytes, ERR_DEVICE_BYTES);
}

static void a_later_error_keeps_nothing_of_an_earlier_one(void **state)
{
	const uint8_t bytes[] = { 1, 7 };
	const uint8_t zeros[ERR_DEVICE_BYTES] = { 0 };
	struct err err;

	(void)state;
	err_set_device(&err, STATUS_REFUSED, bytes, 2, "a long text");
	err_set(&err, STATUS_FILE, "short");
	assert_int_equal(err.device_len, 0);
	assert_memory_equal(err.device, zeros, sizeof(zeros));
	assert_string_equal(err.text, "short");
	err_clear(&err);
	assert_int_equal(err.status, STATUS_OK);
	assert_string_equal(err.text, "");
}

static void a_text_that_is_too_long_is_cut(void **state)
{
	static char longer[2 * ERR_TEXT_BYTES];
	struct err err;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	err_set(&err, STATUS_FILE, "%s", longer);
	assert_int_equal(strlen(err.text), ERR_TEXT_BYTES - 1);
}

static enum status try_it(enum status st, bool *went_on)
{
	*went_on = false;
	TRY(st);
	*went_on = true;
	return STATUS_OK;
}

static void try_goes_on_only_after_ok(void **state)
{
	bool went_on;

	(void)state;
	assert_int_equal(try_it(STATUS_CANCELLED, &went_on), STATUS_CANCELLED);
	assert_false(went_on);
	assert_int_equal(try_it(STATUS_OK, &went_on), STATUS_OK);
	assert_true(went_on);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setting_an_error_returns_its_status),
		cmocka_unit_test(nobody_has_to_want_the_text),
		cmocka_unit_test(the_devices_bytes_are_kept_up_to_four),
		cmocka_unit_test(a_later_error_keeps_nothing_of_an_earlier_one),
		cmocka_unit_test(a_text_that_is_too_long_is_cut),
		cmocka_unit_test(try_goes_on_only_after_ok),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
