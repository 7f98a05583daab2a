#include "engine/ident.h"

#include "tests/engine/ident_unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void read_unit(struct reg_unit *u, struct ident *ident)
{
	struct err err = { .text = "" };

	*ident = (struct ident){ .chip = NULL };
	if (ident_detect(&u->loader, ident, &err) || ident_read(&u->loader, ident, &err))
		fail_msg("%s", err.text);
}

/* ---- what it tells ---- */

static void an_esp32_tells_all_about_itself(void **state)
{
	static const uint8_t mac[] = { 0x24, 0x0a, 0xc4, 0x12, 0x34, 0x56 };
	struct ident ident;
	struct reg_unit u;

	(void)state;
	be_esp32(&u);
	read_unit(&u, &ident);
	assert_memory_equal(ident.mac, mac, sizeof(mac));
	assert_int_equal(ident.revision, 300);
	assert_string_equal(ident.package, "ESP32-D0WDQ6-V3");
	assert_string_equal(ident.features,
			    "Wi-Fi, BT, Dual Core + LP Core, 240MHz, Coding Scheme None");
	assert_int_equal(ident.crystal_mhz, 40);
	assert_true(ident.security.is_known);
	assert_false(ident.security.secure_boot || ident.security.flash_encryption ||
		     ident.security.secure_download);
	reg_unit_release(&u);
}

/* The example of espefuse's manual: checksum 75, then the MAC, then the version. */
static void an_esp32_s_custom_mac_needs_version_and_checksum(void **state)
{
	static const uint8_t mac[] = { 0x48, 0x63, 0x92, 0x15, 0x72, 0x16 };
	static const struct {
		uint32_t low, high, version;
		bool is_one;
	} rows[] = {
		{ 0x92634875, 0x00167215, 0x01000000, true },
		{ 0x92634875, 0xff167215, 0x01ffffff, true },
		{ 0x92634874, 0x00167215, 0x01000000, false },
		{ 0x92634875, 0x00167115, 0x01000000, false },
		{ 0x92634875, 0x00167215, 0, false },
		{ 0x92634875, 0x00167215, 0x02000000, false },
		{ 0, 0, 0x01000000, false }, /* the checksum of zeros is 0 */
		{ 0, 0, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ident ident;
		struct reg_unit u;

		be_esp32(&u);
		reg_unit_set(&u, ESP32_EFUSE + 0x78, rows[i].low);
		reg_unit_set(&u, ESP32_EFUSE + 0x7c, rows[i].high);
		reg_unit_set(&u, ESP32_EFUSE + 0x8c, rows[i].version);
		read_unit(&u, &ident);
		if (ident.has_custom_mac != rows[i].is_one)
			fail_msg("row %zu: %d", i, ident.has_custom_mac);
		if (rows[i].is_one)
			assert_memory_equal(ident.custom_mac, mac, sizeof(mac));
		assert_int_equal(ident.mac[0], 0x24); /* the chip's own stays what it is */
		reg_unit_release(&u);
	}
}

static void each_esp32_package_has_its_name(void **state)
{
	static const struct {
		uint32_t word3, word5, apb_date;
		const char *package;
		uint16_t revision;
		uint32_t flash_bytes, psram_bytes;
	} rows[] = {
		/* clang-format off */
		{ 0,                               0,                  0,          "ESP32-D0WDQ6",     0,   0,        0 },
		{ 1u << 15,                        0,                  0,          "ESP32-D0WDQ6",     100, 0,        0 },
		{ 1u << 15 | 1,                    0,                  0,          "ESP32-S0WDQ6",     100, 0,        0 },
		{ 1u << 15 | 1u << 9,              1u << 20,           0,          "ESP32-D0WD",       200, 0,        0 },
		{ 1u << 15 | 1u << 9,              1u << 20 | 1u << 24, 0x80000000, "ESP32-D0WD-V3",   301, 0,        0 },
		{ 2u << 9,                         0,                  0,          "ESP32-D2WD",       0,   0x200000, 0 },
		{ 1u << 15 | 4u << 9,              1u << 20,           0x80000000, "ESP32-U4WDH",      300, 0x400000, 0 },
		{ 1u << 15 | 5u << 9,              0,                  0,          "ESP32-PICO-D4",    100, 0x400000, 0 },
		{ 1u << 15 | 5u << 9,              1u << 20,           0x80000000, "ESP32-PICO-V3",    300, 0x400000, 0 },
		{ 1u << 15 | 6u << 9,              1u << 20,           0x80000000, "ESP32-PICO-V3-02", 300, 0x800000, 0x200000 },
		{ 1u << 15 | 7u << 9,              1u << 20,           0x80000000, "ESP32-D0WDR2-V3",  300, 0,        0 },
		{ 1u << 2,                         0,                  0,          "unknown ESP32 (package 8)", 0, 0, 0 },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ident ident;
		struct reg_unit u;

		be_esp32(&u);
		reg_unit_set(&u, ESP32_EFUSE + 0x0c, rows[i].word3);
		reg_unit_set(&u, ESP32_EFUSE + 0x14, rows[i].word5);
		reg_unit_set(&u, 0x3ff6607c, rows[i].apb_date);
		read_unit(&u, &ident);
		assert_string_equal(ident.package, rows[i].package);
		assert_int_equal(ident.revision, rows[i].revision);
		assert_int_equal(ident.embedded_flash_bytes, rows[i].flash_bytes);
		assert_int_equal(ident.embedded_psram_bytes, rows[i].psram_bytes);
		reg_unit_release(&u);
	}
}

static void the_crystal_follows_from_the_uart_divider(void **state)
{
	static const struct {
		uint32_t clkdiv;
		unsigned mhz;
	} rows[] = { { 347, 40 }, { 0x00b0015b, 40 }, { 226, 26 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ident ident;
		struct reg_unit u;

		be_esp32(&u);
		reg_unit_set(&u, 0x3ff40014, rows[i].clkdiv);
		read_unit(&u, &ident);
		assert_int_equal(ident.crystal_mhz, rows[i].mhz);
		reg_unit_release(&u);
	}
}

static void esp32_security_efuses_are_seen(void **state)
{
	static const struct {
		uint32_t word0, word6;
		bool is_rev3;
		const char *text;
	} rows[] = {
		{ 0, 0, true, "none" },
		{ 1u << 20, 0, true, "flash encryption" },
		{ 7u << 20, 0, true, "flash encryption" },
		{ 3u << 20, 0, true, "none" },
		{ 1u << 26, 0, true, "flash encryption" },
		{ 0, 1u << 4, false, "secure boot" },
		{ 0, 1u << 5, true, "secure boot" },
		{ 0, 1u << 5, false, "none" }, /* the bit means nothing before revision 3 */
		{ 1u << 20, 1u << 4, true, "secure boot, flash encryption" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ident ident;
		struct reg_unit u;
		char text[64];

		be_esp32(&u);
		reg_unit_set(&u, ESP32_EFUSE, rows[i].word0);
		reg_unit_set(&u, ESP32_EFUSE + 0x18, rows[i].word6);
		if (!rows[i].is_rev3)
			reg_unit_set(&u, 0x3ff6607c, 0);
		read_unit(&u, &ident);
		security_text(&ident.security, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
		reg_unit_release(&u);
	}
}

static void an_esp32_s_hidden_keys_are_named(void **state)
{
	static const struct {
		uint32_t word0;
		const char *text;
	} rows[] = {
		{ 0, "none" },
		{ 1u << 16, "1 flash_encryption" },
		{ 1u << 17, "2 secure_boot_v1" },
		{ 7u << 16, "1 flash_encryption, 2 secure_boot_v1" },
		{ 1u << 18, "none" }, /* block 3 is the maker's */
	};
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ident ident;
		struct reg_unit u;

		be_esp32(&u);
		reg_unit_set(&u, ESP32_EFUSE, rows[i].word0);
		read_unit(&u, &ident);
		security_key_text(&ident, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
		reg_unit_release(&u);
	}
}

static void an_s3_tells_all_about_itself(void **state)
{
	static const uint8_t mac[] = { 0x7c, 0xdf, 0xde, 0xad, 0xbe, 0xef };
	struct ident ident;
	struct reg_unit u;

	(void)state;
	be_new_chip(&u, 9, S3_EFUSE);
	reg_unit_set(&u, S3_EFUSE + 0x50, 2u << 18 | 1u << 21 | 1u << 27);
	reg_unit_set(&u, S3_EFUSE + 0x54, 2u | 1u << 3 | 1u << 7);
	reg_unit_set(&u, S3_EFUSE + 0x58, 0u << 24);
	read_unit(&u, &ident);
	assert_memory_equal(ident.mac, mac, sizeof(mac));
	assert_int_equal(ident.revision, 2);
	assert_string_equal(ident.package, "ESP32-S3-PICO-1 (LGA56)");
	assert_string_equal(ident.features, "Wi-Fi, BT 5 (LE), Dual Core + LP Core, 240MHz, "
					    "Embedded Flash 8MB (GD), Embedded PSRAM 8MB (AP_3v3)");
	assert_int_equal(ident.embedded_flash_bytes, 0x800000);
	assert_int_equal(ident.embedded_psram_bytes, 0x800000);
	assert_int_equal(ident.crystal_mhz, 40);
	reg_unit_release(&u);
}

static void the_first_s3_is_revision_0_whatever_its_other_bits_say(void **state)
{
	struct ident ident;
	struct reg_unit u;

	(void)state;
	be_new_chip(&u, 9, S3_EFUSE);
	reg_unit_set(&u, S3_EFUSE + 0x50, 1u << 24);
	reg_unit_set(&u, S3_EFUSE + 0x58, 1u << 23 | 2u << 24);
	read_unit(&u, &ident);
	assert_int_equal(ident.revision, 208);
	reg_unit_set(&u, S3_EFUSE + 0x6c, 1);
	read_unit(&u, &ident);
	assert_int_equal(ident.revision, 0);
	reg_unit_release(&u);
}

static void a_c3_tells_all_about_itself(void **state)
{
	struct ident ident;
	struct reg_unit u;

	(void)state;
	be_new_chip(&u, 5, C3_EFUSE);
	reg_unit_set(&u, C3_EFUSE + 0x50, 4u << 18 | 3u << 21 | 1u << 27);
	reg_unit_set(&u, C3_EFUSE + 0x54, 5);
	reg_unit_set(&u, C3_EFUSE + 0x58, 1u << 24);
	read_unit(&u, &ident);
	assert_int_equal(ident.revision, 104);
	assert_string_equal(ident.package, "ESP8686 (QFN24)");
	assert_string_equal(ident.features, "Wi-Fi, BT 5 (LE), Single Core, 160MHz, "
					    "Embedded Flash 4MB (ZBIT)");
	reg_unit_release(&u);
}

static void security_of_new_chips_is_seen_in_info_and_in_efuses(void **state)
{
	static const struct {
		uint32_t id, efuse;
	} chips[] = { { 9, S3_EFUSE }, { 5, C3_EFUSE } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ident ident;
		struct reg_unit u;

		be_new_chip(&u, chips[i].id, chips[i].efuse);
		u.security[0] = 0x01;
		u.security[4] = 0x07;
		read_unit(&u, &ident);
		assert_true(ident.security.secure_boot);
		assert_true(ident.security.flash_encryption);
		reg_unit_release(&u);

		be_new_chip(&u, chips[i].id, chips[i].efuse);
		reg_unit_set(&u, chips[i].efuse + 0x34, 1u << 18);
		reg_unit_set(&u, chips[i].efuse + 0x38, 1u << 20);
		read_unit(&u, &ident);
		assert_true(ident.security.secure_boot);
		assert_true(ident.security.flash_encryption);
		reg_unit_release(&u);
	}
}

static void secure_download_leaves_the_mac_unknown(void **state)
{
	struct ident ident;
	struct reg_unit u;
	char text[64];

	(void)state;
	be_new_chip(&u, 5, C3_EFUSE);
	u.security[0] = 0x04;
	u.refuses_registers = true;
	read_unit(&u, &ident);
	assert_false(ident.has_mac);
	assert_false(ident.has_revision);
	security_text(&ident.security, text, sizeof(text));
	assert_string_equal(text, "secure download");
	reg_unit_release(&u);
}

static void no_single_altered_answer_changes_what_a_unit_is(void **state)
{
	struct ident clean;
	struct reg_unit u;
	unsigned reads;

	(void)state;
	be_esp32(&u);
	read_unit(&u, &clean);
	reads = u.reads;
	reg_unit_release(&u);
	for (unsigned n = 1; n <= reads; n++) {
		struct ident ident;

		be_esp32(&u);
		u.lie_at = n;
		read_unit(&u, &ident);
		assert_memory_equal(ident.mac, clean.mac, sizeof(clean.mac));
		assert_int_equal(ident.revision, clean.revision);
		assert_string_equal(ident.package, clean.package);
		assert_int_equal(ident.crystal_mhz, clean.crystal_mhz);
		assert_false(ident.security.secure_boot || ident.security.flash_encryption);
		reg_unit_release(&u);
	}
}

static void a_package_is_known_by_each_of_its_names(void **state)
{
	static const struct {
		const char *chip, *package, *name;
		bool is_it;
	} rows[] = {
		/* clang-format off */
		{ "esp32",    "ESP32-PICO-V3-02",        "PICO-V3-02",       true },
		{ "esp32",    "ESP32-PICO-V3-02",        "esp32-pico-v3-02", true },
		{ "esp32",    "ESP32-PICO-V3-02",        "PICO-V3",          false },
		{ "esp32",    "ESP32-PICO-V3",           "PICO-V3-02",       false },
		{ "esp32",    "ESP32-D0WDQ6-V3",         "D0WDQ6",           false },
		{ "esp32s3",  "ESP32-S3 (QFN56)",        "qfn56",            true },
		{ "esp32s3",  "ESP32-S3 (QFN56)",        "QFN5",             false },
		{ "esp32s3",  "ESP32-S3-PICO-1 (LGA56)", "PICO-1",           true },
		{ "esp32s3",  "ESP32-S3-PICO-1 (LGA56)", "S3-PICO-1",        true },
		{ "esp32s3",  "ESP32-S3-PICO-1 (LGA56)", "QFN56",            false },
		{ "esp32c6",  "ESP32-C6FH4 (QFN32)",     "C6FH4",            true },
		{ "esp32c6",  "ESP32-C6FH4 (QFN32)",     "FH4",              true },
		{ "esp32c6",  "ESP32-C6FH4 (QFN32)",     "FH8",              false },
		{ "esp32s2",  "ESP32-S2FNR2",            "S2FNR2",           true },
		{ "esp32c3",  "ESP8685 (QFN28)",         "ESP8685",          true },
		{ "esp32c3",  "",                        "QFN32",            false },
		{ "esp32c3",  "ESP32-C3 (QFN32)",        "",                 false },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ident ident = { .chip = chip_by_key(rows[i].chip) };

		snprintf(ident.package, sizeof(ident.package), "%s", rows[i].package);
		if (ident_package_is(&ident, rows[i].name) != rows[i].is_it)
			fail_msg("'%s' is%s '%s'", rows[i].package, rows[i].is_it ? " not" : "",
				 rows[i].name);
	}
}

/* ---- flash ---- */

static void the_flash_is_asked_through_the_spi_registers(void **state)
{
	struct ident ident;
	struct reg_unit u;

	(void)state;
	be_esp32(&u);
	reg_unit_set(&u, 0x3ff4201c, 0x70000000);
	reg_unit_set(&u, 0x3ff42024, 0x12345678);
	read_unit(&u, &ident);
	assert_int_equal(ident_read_flash(&u.loader, &ident, NULL), STATUS_OK);
	assert_int_equal(ident.flash_id, 0x184020);
	assert_int_equal(ident.flash_bytes, 16 * 1024 * 1024);
	assert_int_equal(u.attached_pins, 0);
	/* The controller is left as it was found. */
	assert_int_equal(reg_unit_get(&u, 0x3ff4201c), 0x70000000);
	assert_int_equal(reg_unit_get(&u, 0x3ff42024), 0x12345678);
	assert_int_equal(reg_unit_get(&u, 0x3ff4202c), 23);
	reg_unit_release(&u);
}

static void flash_inside_the_package_is_attached_by_its_pins(void **state)
{
	struct ident ident;
	struct reg_unit u;

	(void)state;
	be_esp32(&u); /* a PICO-D4: clk 6, q 17, d 8, cs 16, hd 11 */
	reg_unit_set(&u, ESP32_EFUSE + 0x0c, 5u << 9 | 11u << 4);
	reg_unit_set(&u, ESP32_EFUSE + 0x14, 6u | 17u << 5 | 8u << 10 | 16u << 15);
	read_unit(&u, &ident);
	assert_int_equal(ident_read_flash(&u.loader, &ident, NULL), STATUS_OK);
	assert_int_equal(u.attached_pins, 11u << 24 | 16u << 18 | 8u << 12 | 17u << 6 | 6u);
	reg_unit_release(&u);
}

static void a_flash_that_does_not_answer_is_called_bad(void **state)
{
	static const uint32_t ids[] = { 0xffffff, 0x000000, 0xffff3f, 0x164000, 0x1640ff };

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct ident ident;
		struct reg_unit u;

		be_new_chip(&u, 9, S3_EFUSE);
		u.flash_id = ids[i];
		read_unit(&u, &ident);
		assert_int_equal(ident_read_flash(&u.loader, &ident, NULL), STATUS_FLASH_ID_BAD);
		assert_int_equal(ident.flash_bytes, 0);
		reg_unit_release(&u);
	}
}

static void flash_ids_have_their_sizes(void **state)
{
	static const struct {
		uint32_t id, size_kb;
	} rows[] = {
		{ 0x1640ef, 4096 },   { 0x174020, 8192 },  { 0x184020, 16384 },
		{ 0x1540c8, 2048 },   { 0x124020, 256 },   { 0x194020, 32768 },
		{ 0x1c4020, 262144 }, { 0x204020, 65536 }, { 0x224020, 262144 },
		{ 0x324020, 256 },    { 0x3a4020, 65536 }, { 0x00841f, 512 },
		{ 0x00891f, 16384 },  { 0x114020, 0 },     { 0x1d4020, 0 },
		{ 0x234020, 0 },      { 0x3b4020, 0 },     { 0x008a1f, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(flash_bytes_of_id(rows[i].id), rows[i].size_kb * 1024);
}

static void watchdogs_are_stopped_and_locked_again(void **state)
{
	struct reg_unit u;

	(void)state;
	be_new_chip(&u, 9, S3_EFUSE);
	reg_unit_set(&u, 0x60008098, 0xffffffff);
	reg_unit_set(&u, 0x600080b4, 0x00000003);
	assert_int_equal(ident_stop_watchdogs(&u.loader, chip_by_key("esp32s3"), NULL), STATUS_OK);
	assert_int_equal(reg_unit_get(&u, 0x60008098), 0);
	assert_int_equal(reg_unit_get(&u, 0x600080b4), 0x80000003);
	assert_int_equal(reg_unit_get(&u, 0x600080b0), 0);
	assert_int_equal(reg_unit_get(&u, 0x600080b8), 0);
	reg_unit_release(&u);
}

/* Counted 40.8 MHz: it divides by too much, so it is told more. */
static void an_esp32_rom_is_told_a_rate_that_makes_up_for_its_clock(void **state)
{
	static const struct {
		uint32_t count, word4, rate, told;
	} rows[] = {
		{ 2611u << 7, 40, 921600, 939960 }, { 2611u << 7, 40, 1500000, 1529882 },
		{ 1664u << 7, 40, 921600, 921600 }, /* 26 MHz to the dot */
		{ 0, 40, 921600, 921600 },          /* never counted */
		{ 2611u << 7, 0, 921600, 921600 },  { 0xffffffff, 0xff, 921600, 921600 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct chip *chip = chip_by_key("esp32");
		struct reg_unit u;
		uint32_t told;

		be_esp32(&u);
		reg_unit_set(&u, 0x3ff5f06c, rows[i].count);
		reg_unit_set(&u, ESP32_EFUSE + 0x10, rows[i].word4);
		assert_int_equal(chip->rom_rate(chip, &u.loader, rows[i].rate, &told, NULL),
				 STATUS_OK);
		assert_int_equal(told, rows[i].told);
		reg_unit_release(&u);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_package_is_known_by_each_of_its_names),
		cmocka_unit_test(an_esp32_tells_all_about_itself),
		cmocka_unit_test(an_esp32_s_custom_mac_needs_version_and_checksum),
		cmocka_unit_test(each_esp32_package_has_its_name),
		cmocka_unit_test(the_crystal_follows_from_the_uart_divider),
		cmocka_unit_test(esp32_security_efuses_are_seen),
		cmocka_unit_test(an_esp32_s_hidden_keys_are_named),
		cmocka_unit_test(an_s3_tells_all_about_itself),
		cmocka_unit_test(the_first_s3_is_revision_0_whatever_its_other_bits_say),
		cmocka_unit_test(a_c3_tells_all_about_itself),
		cmocka_unit_test(security_of_new_chips_is_seen_in_info_and_in_efuses),
		cmocka_unit_test(secure_download_leaves_the_mac_unknown),
		cmocka_unit_test(no_single_altered_answer_changes_what_a_unit_is),
		cmocka_unit_test(the_flash_is_asked_through_the_spi_registers),
		cmocka_unit_test(flash_inside_the_package_is_attached_by_its_pins),
		cmocka_unit_test(a_flash_that_does_not_answer_is_called_bad),
		cmocka_unit_test(flash_ids_have_their_sizes),
		cmocka_unit_test(an_esp32_rom_is_told_a_rate_that_makes_up_for_its_clock),
		cmocka_unit_test(watchdogs_are_stopped_and_locked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
