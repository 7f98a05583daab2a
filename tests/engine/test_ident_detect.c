/* Which chip is it? */
#include "engine/ident.h"

#include "tests/engine/ident_unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void an_esp32_is_known_by_its_magic(void **state)
{
	struct ident ident = { .chip = NULL };
	struct reg_unit u;

	(void)state;
	be_esp32(&u);
	assert_int_equal(ident_detect(&u.loader, &ident, NULL), STATUS_OK);
	assert_string_equal(ident.chip->key, "esp32");
	assert_false(ident.security.has_flags);
	reg_unit_release(&u);
}

static void a_new_chip_is_known_by_its_id(void **state)
{
	struct ident ident = { .chip = NULL };
	struct reg_unit u;

	(void)state;
	be_new_chip(&u, 9, S3_EFUSE);
	assert_int_equal(ident_detect(&u.loader, &ident, NULL), STATUS_OK);
	assert_string_equal(ident.chip->key, "esp32s3");
	assert_int_equal(u.reads, 0);
	reg_unit_release(&u);
}

static void an_unknown_id_or_magic_is_named(void **state)
{
	struct ident ident = { .chip = NULL };
	struct reg_unit u;
	struct err err;

	(void)state;
	be_new_chip(&u, 200, S3_EFUSE);
	assert_int_equal(ident_detect(&u.loader, &ident, &err), STATUS_UNKNOWN_CHIP);
	assert_non_null(strstr(err.text, "200"));
	reg_unit_release(&u);

	reg_unit_init(&u);
	reg_unit_set(&u, MAGIC_REG, 0x12345678);
	assert_int_equal(ident_detect(&u.loader, &ident, &err), STATUS_UNKNOWN_CHIP);
	assert_non_null(strstr(err.text, "12345678"));
	reg_unit_release(&u);
}

static void a_magic_that_no_rom_has_is_the_links_fault(void **state)
{
	static const uint32_t blank[] = { 0, UINT32_MAX };
	struct ident ident = { .chip = NULL };
	struct reg_unit u;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		reg_unit_init(&u);
		reg_unit_set(&u, MAGIC_REG, blank[i]);
		assert_int_equal(ident_detect(&u.loader, &ident, &err), STATUS_GARBLED);
		reg_unit_release(&u);
	}
}

static void an_esp8266_is_told_apart_and_not_supported(void **state)
{
	struct ident ident = { .chip = NULL };
	struct reg_unit u;
	struct err err;

	(void)state;
	reg_unit_init(&u);
	u.has_short_status = true;
	reg_unit_set(&u, MAGIC_REG, 0xfff0c101);
	assert_int_equal(ident_detect(&u.loader, &ident, &err), STATUS_NOT_SUPPORTED);
	assert_non_null(strstr(err.text, "ESP8266"));
	assert_null(ident.chip);
	reg_unit_release(&u);
}

static void chips_that_nothing_here_can_flash_are_named(void **state)
{
	static const struct {
		const char *name;
		uint32_t id, magic;
	} strangers[] = {
		{ "ESP32-H4", 28, 0 },
		{ "ESP32-H21", 25, 0 },
		{ "ESP32-E22", 31, 0 },
		{ "ESP32-S31", 32, 0 },
		{ "ESP32-S3 (beta2)", 4, 0xeb004136 },
		{ "ESP32-S3 (beta3)", 6, 0 },
		{ "ESP32-C6 (beta)", 7, 0x0da1806f },
		{ "ESP32-H2 (beta1)", 10, 0xca26cc22 },
		{ "ESP32-H2 (beta2)", 14, 0x6881b06f },
		{ "ESP32-C5 (beta3)", 17, 0xe10d8082 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		struct ident ident = { .chip = NULL };
		struct reg_unit u;
		struct err err;

		be_new_chip(&u, strangers[i].id, S3_EFUSE);
		assert_int_equal(ident_detect(&u.loader, &ident, &err), STATUS_NOT_SUPPORTED);
		assert_non_null(strstr(err.text, strangers[i].name));
		assert_null(ident.chip);
		reg_unit_release(&u);
		if (!strangers[i].magic)
			continue;
		reg_unit_init(&u);
		reg_unit_set(&u, MAGIC_REG, strangers[i].magic);
		assert_int_equal(ident_detect(&u.loader, &ident, &err), STATUS_NOT_SUPPORTED);
		assert_non_null(strstr(err.text, strangers[i].name));
		reg_unit_release(&u);
	}
}

static void an_s2_that_hides_its_registers_is_still_an_s2(void **state)
{
	struct ident ident = { .chip = NULL };
	struct reg_unit u;

	(void)state;
	be_new_chip(&u, 0, 0x3f41a000);
	u.security_size = 12;
	u.security[0] = 0x05;
	u.refuses_registers = true;
	assert_int_equal(ident_detect(&u.loader, &ident, NULL), STATUS_OK);
	assert_string_equal(ident.chip->key, "esp32s2");
	assert_true(ident.security.secure_download);
	assert_true(ident.security.secure_boot);
	reg_unit_release(&u);
}

static void a_p4_that_tells_no_id_is_known_by_another_register(void **state)
{
	struct ident ident = { .chip = NULL };
	struct reg_unit u;

	(void)state;
	reg_unit_init(&u);
	reg_unit_set(&u, 0x500d0000, 0x82207202);
	assert_int_equal(ident_detect(&u.loader, &ident, NULL), STATUS_OK);
	assert_string_equal(ident.chip->key, "esp32p4");
	reg_unit_release(&u);
}

static void an_id_of_0_is_not_taken_for_an_esp32(void **state)
{
	struct ident ident = { .chip = NULL };
	struct reg_unit u;

	(void)state;
	be_new_chip(&u, 0, S3_EFUSE);
	assert_int_equal(ident_detect(&u.loader, &ident, NULL), STATUS_UNKNOWN_CHIP);
	reg_unit_release(&u);
}

static void twelve_bytes_of_security_info_lead_to_the_magic(void **state)
{
	struct ident ident = { .chip = NULL };
	struct reg_unit u;

	(void)state;
	be_new_chip(&u, 0, C3_EFUSE);
	u.security_size = 12;
	reg_unit_set(&u, MAGIC_REG, 0x1b31506f);
	assert_int_equal(ident_detect(&u.loader, &ident, NULL), STATUS_OK);
	assert_string_equal(ident.chip->key, "esp32c3");
	reg_unit_release(&u);
}

static void a_loader_that_hides_its_registers_is_a_security_state(void **state)
{
	struct ident ident = { .chip = NULL };
	struct reg_unit u;
	struct err err;

	(void)state;
	reg_unit_init(&u);
	u.refuses_registers = true;
	assert_int_equal(ident_detect(&u.loader, &ident, &err), STATUS_SECURITY_STATE);
	assert_true(ident.security.secure_download);
	assert_int_equal(err.device[1], 0x05);
	reg_unit_release(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_esp32_is_known_by_its_magic),
		cmocka_unit_test(a_new_chip_is_known_by_its_id),
		cmocka_unit_test(an_unknown_id_or_magic_is_named),
		cmocka_unit_test(a_magic_that_no_rom_has_is_the_links_fault),
		cmocka_unit_test(an_esp8266_is_told_apart_and_not_supported),
		cmocka_unit_test(chips_that_nothing_here_can_flash_are_named),
		cmocka_unit_test(an_s2_that_hides_its_registers_is_still_an_s2),
		cmocka_unit_test(a_p4_that_tells_no_id_is_known_by_another_register),
		cmocka_unit_test(an_id_of_0_is_not_taken_for_an_esp32),
		cmocka_unit_test(twelve_bytes_of_security_info_lead_to_the_magic),
		cmocka_unit_test(a_loader_that_hides_its_registers_is_a_security_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
