/*
 * What each chip since the ESP32-S2 tells about itself, from efuse words that are
 * composed here as docs/chips.md 3, 4 and 9 write them: B1wN is word N of BLOCK1.
 */
#include "engine/ident.h"

#include "tests/engine/reg_unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* A word of a block and its value; block 0 counts from +30, C2's block 2 from +40. */
struct word {
	unsigned block, word;
	uint32_t value;
};

struct vector {
	const char *chip;
	unsigned id;
	uint32_t efuse;
	struct word words[6];
	uint16_t revision;
	const char *package;
	const char *features;
	uint32_t flash_mb, psram_mb;
};

#define W(block_, word_, value_)                                                                   \
	{                                                                                          \
		.block = (block_), .word = (word_), .value = (value_)                              \
	}

/* clang-format off */
static const struct vector vectors[] = {
	{ "esp32s2", 0, 0x3F41A000, { W(1, 3, 1u << 18), W(1, 4, 0) },
	  100, "ESP32-S2", "Wi-Fi, Single Core, 240MHz, No Embedded Flash, No Embedded PSRAM, "
	  "No calibration in BLK2 of efuse", 0, 0 },
	{ "esp32s2", 0, 0x3F41A000, { W(1, 3, 1u << 20 | 1u << 21), W(1, 4, 5u << 4), W(2, 4, 2u << 4) },
	  13, "ESP32-S2FH2", "Wi-Fi, Single Core, 240MHz, Embedded Flash 2MB, No Embedded PSRAM, "
	  "ADC and temperature sensor calibration in BLK2 of eFuse V2", 2, 0 },
	{ "esp32s2", 0, 0x3F41A000, { W(1, 3, 2u << 21) },
	  0, "ESP32-S2FH4", "Wi-Fi, Single Core, 240MHz, Embedded Flash 4MB, No Embedded PSRAM, "
	  "No calibration in BLK2 of efuse", 4, 0 },
	{ "esp32s2", 0, 0x3F41A000, { W(1, 3, 1u << 28), W(2, 4, 1u << 4) },
	  0, "ESP32-S2R2", "Wi-Fi, Single Core, 240MHz, No Embedded Flash, Embedded PSRAM 2MB, "
	  "ADC and temperature sensor calibration in BLK2 of eFuse V1", 0, 2 },
	{ "esp32s2", 0, 0x3F41A000, { W(1, 3, 2u << 21 | 1u << 28) },
	  0, "ESP32-S2FNR2", "Wi-Fi, Single Core, 240MHz, Embedded Flash 4MB, Embedded PSRAM 2MB, "
	  "No calibration in BLK2 of efuse", 4, 2 },
	{ "esp32c2", 12, 0x60008800, { W(2, 1, 2u << 16 | 1u << 20), W(2, 7, 0) },
	  102, "ESP32-C2", "Wi-Fi, BT 5 (LE), Single Core, 120MHz", 0, 0 },
	{ "esp32c2", 12, 0x60008800, { W(2, 1, 2u << 20 | 1u << 22), W(2, 7, 2u << 29 | 1u << 24) },
	  200, "ESP8684H", "Wi-Fi, BT 5 (LE), Single Core, 120MHz, Embedded Flash 2MB (XMC)", 2, 0 },
	{ "esp32c2", 12, 0x60008800, { W(2, 1, 1u << 22), W(2, 7, 1u << 29 | 5u << 24) },
	  0, "ESP8684H", "Wi-Fi, BT 5 (LE), Single Core, 120MHz, Embedded Flash 4MB (ZBIT)", 4, 0 },
	{ "esp32c5", 23, 0x600B4800, { W(1, 2, 0u | 1u << 4) },
	  100, "ESP32-C5", "Wi-Fi 6 (dual-band), BT 5 (LE), IEEE802.15.4, Single Core + LP Core, 240MHz", 0, 0 },
	{ "esp32c5", 23, 0x600B4800, { W(1, 2, 2u | 3u << 4 | 1u << 26) },
	  302, "unknown ESP32-C5 (package 1)", "Wi-Fi 6 (dual-band), BT 5 (LE), IEEE802.15.4, Single Core + LP Core, 240MHz", 0, 0 },
	{ "esp32c6", 13, 0x600B0800, { W(1, 3, 1u << 18) },
	  1, "ESP32-C6 (QFN40)", "Wi-Fi 6, BT 5 (LE), IEEE802.15.4, Single Core + LP Core, 160MHz, Unknown Embedded Flash", 0, 0 },
	{ "esp32c6", 13, 0x600B0800, { W(1, 3, 1u << 24 | 2u << 22), W(1, 4, 1) },
	  200, "ESP32-C6FH4 (QFN32)", "Wi-Fi 6, BT 5 (LE), IEEE802.15.4, Single Core + LP Core, 160MHz, Embedded Flash 4MB", 4, 0 },
	{ "esp32c6", 13, 0x600B0800, { W(1, 3, 1u << 24), W(1, 4, 2) },
	  0, "ESP32-C6FH8 (QFN32)", "Wi-Fi 6, BT 5 (LE), IEEE802.15.4, Single Core + LP Core, 160MHz, Embedded Flash 8MB", 8, 0 },
	{ "esp32c6", 13, 0x600B0800, { W(1, 3, 0), W(1, 4, 2) },
	  0, "ESP32-C6 (QFN40)", "Wi-Fi 6, BT 5 (LE), IEEE802.15.4, Single Core + LP Core, 160MHz, Embedded Flash 8MB", 8, 0 },
	{ "esp32c61", 20, 0x600B4800, { W(1, 2, 1u | 1u << 4) },
	  101, "ESP32-C61", "Wi-Fi 6, BT 5 (LE), Single Core, 160MHz", 0, 0 },
	{ "esp32h2", 16, 0x600B0800, { W(1, 3, 2u << 18 | 1u << 21), W(1, 4, 0) },
	  102, "ESP32-H2", "BT 5 (LE), IEEE802.15.4, Single Core, 96MHz", 0, 0 },
	{ "esp32h2", 16, 0x600B0800, { W(1, 4, 3) },
	  0, "unknown ESP32-H2 (package 3)", "BT 5 (LE), IEEE802.15.4, Single Core, 96MHz", 0, 0 },
	{ "esp32p4", 18, 0x5012D000, { W(1, 2, 3u | 1u << 4) },
	  103, "ESP32-P4", "Dual Core + LP Core, 400MHz", 0, 0 },
	{ "esp32p4", 18, 0x5012D000, { W(1, 2, 1u | 3u << 4) },
	  301, "ESP32-P4", "Dual Core + LP Core, 400MHz", 0, 0 },
	{ "esp32p4", 18, 0x5012D000, { W(1, 2, 1u << 23 | 1u << 4) },
	  500, "ESP32-P4", "Dual Core + LP Core, 400MHz", 0, 0 },
};
/* clang-format on */

/* Where a block begins: BLOCK2 of the C2 is what the others call nothing. */
static uint32_t word_addr(const struct vector *v, const struct word *w)
{
	static const uint32_t begins[] = { 0x30, 0x44, 0x5c };
	uint32_t begin = w->block == 2 && strcmp(v->chip, "esp32c2") == 0 ? 0x40 : begins[w->block];

	return v->efuse + begin + 4 * w->word;
}

static void be(struct reg_unit *u, const struct vector *v)
{
	uint32_t mac = v->efuse + (strcmp(v->chip, "esp32c2") == 0 ? 0x40 : 0x44);

	reg_unit_init(u);
	u->has_security = true;
	u->security_size = v->id ? 20 : 12;
	u->security[12] = (uint8_t)v->id;
	if (!v->id)
		reg_unit_set(u, 0x40001000, 0x000007C6);
	/* 60:55:F9:F7:2C:A2, and FF FE where a chip keeps the middle of its EUI-64. */
	reg_unit_set(u, mac, 0xf9f72ca2);
	reg_unit_set(u, mac + 4, 0xfffe6055);
	if (strcmp(v->chip, "esp32c2") == 0) /* its other fields stand above the MAC */
		reg_unit_set(u, mac + 4, 0x6055);
	for (size_t i = 0; i < sizeof(v->words) / sizeof(v->words[0]); i++) {
		uint32_t addr = word_addr(v, &v->words[i]);

		if (v->words[i].block || v->words[i].value)
			reg_unit_set(u, addr, reg_unit_get(u, addr) | v->words[i].value);
	}
}

static void read_unit(struct reg_unit *u, struct ident *ident)
{
	struct err err = { .text = "" };

	*ident = (struct ident){ .chip = NULL };
	if (ident_detect(&u->loader, ident, &err) || ident_read(&u->loader, ident, &err))
		fail_msg("%s", err.text);
}

static void every_chip_tells_what_its_efuses_say(void **state)
{
	static const uint8_t mac[] = { 0x60, 0x55, 0xf9, 0xf7, 0x2c, 0xa2 };

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct vector *v = &vectors[i];
		struct ident ident;
		struct reg_unit u;

		be(&u, v);
		read_unit(&u, &ident);
		assert_string_equal(ident.chip->key, v->chip);
		assert_memory_equal(ident.mac, mac, sizeof(mac));
		if (ident.revision != v->revision)
			fail_msg("%s, row %zu: revision %u, wanted %u", v->chip, i, ident.revision,
				 v->revision);
		assert_string_equal(ident.package, v->package);
		assert_string_equal(ident.features, v->features);
		assert_int_equal(ident.embedded_flash_bytes, v->flash_mb << 20);
		assert_int_equal(ident.embedded_psram_bytes, v->psram_mb << 20);
		assert_int_equal(ident.tells_psram, strcmp(v->chip, "esp32s2") == 0);
		assert_true(ident.security.is_known);
		assert_false(ident.security.secure_boot || ident.security.flash_encryption);
		reg_unit_release(&u);
	}
}

/* ---- security: docs/chips.md 9 ---- */

struct place {
	uint32_t reg;
	unsigned bit;
};

static const struct {
	const char *chip;
	unsigned id;
	uint32_t efuse;
	struct place crypt, boot, manual;
} security[] = {
	/* clang-format off */
	{ "esp32s2",  0,  0x3F41A000, { 0x34, 18 }, { 0x38, 20 }, { 0x30, 19 } },
	{ "esp32s3",  9,  0x60007000, { 0x34, 18 }, { 0x38, 20 }, { 0x30, 20 } },
	{ "esp32c3",  5,  0x60008800, { 0x34, 18 }, { 0x38, 20 }, { 0x30, 20 } },
	{ "esp32c6",  13, 0x600B0800, { 0x34, 18 }, { 0x38, 20 }, { 0x30, 20 } },
	{ "esp32h2",  16, 0x600B0800, { 0x34, 18 }, { 0x38, 20 }, { 0x30, 20 } },
	{ "esp32c2",  12, 0x60008800, { 0x30, 7 },  { 0x30, 21 }, { 0x30, 6 } },
	{ "esp32c5",  23, 0x600B4800, { 0x34, 16 }, { 0x38, 25 }, { 0x30, 20 } },
	{ "esp32c61", 20, 0x600B4800, { 0x30, 23 }, { 0x34, 26 }, { 0x30, 14 } },
	{ "esp32p4",  18, 0x5012D000, { 0x34, 18 }, { 0x38, 20 }, { 0x30, 20 } },
	/* clang-format on */
};

/* With one of its places set; count is of the crypt counter's three bits. */
static struct security read_security(size_t i, struct place place, uint32_t count)
{
	struct vector v = { .chip = security[i].chip,
			    .id = security[i].id,
			    .efuse = security[i].efuse };
	struct ident ident;
	struct reg_unit u;

	be(&u, &v);
	reg_unit_set(&u, v.efuse + place.reg, count << place.bit);
	read_unit(&u, &ident);
	reg_unit_release(&u);
	return ident.security;
}

static void security_efuses_stand_where_section_9_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(security) / sizeof(security[0]); i++) {
		struct security s = read_security(i, security[i].boot, 1);

		if (!s.secure_boot || s.flash_encryption || s.no_manual_encrypt)
			fail_msg("%s: secure boot", security[i].chip);
		s = read_security(i, security[i].manual, 1);
		if (s.secure_boot || s.flash_encryption || !s.no_manual_encrypt)
			fail_msg("%s: manual encryption", security[i].chip);
		for (uint32_t count = 0; count < 8; count++) {
			bool is_odd = (count ^ count >> 1 ^ count >> 2) & 1;

			s = read_security(i, security[i].crypt, count);
			if (s.secure_boot || s.flash_encryption != is_odd)
				fail_msg("%s: crypt count %u", security[i].chip, (unsigned)count);
		}
	}
}

static void key_purposes_come_with_the_security_info(void **state)
{
	struct vector v = { .chip = "esp32c6", .id = 13, .efuse = 0x600B0800 };
	struct ident ident;
	struct reg_unit u;

	(void)state;
	be(&u, &v);
	for (uint8_t n = 0; n < KEY_PURPOSES; n++)
		u.security[5 + n] = (uint8_t)(n + 4);
	read_unit(&u, &ident);
	for (uint8_t n = 0; n < KEY_PURPOSES; n++)
		assert_int_equal(ident.security.key_purposes[n], n + 4);
	reg_unit_release(&u);
}

static void key_purposes_are_named_as_each_chip_has_them(void **state)
{
	static const struct {
		const char *chip;
		unsigned id;
		uint32_t efuse;
		uint8_t purposes[KEY_PURPOSES];
		const char *text;
	} rows[] = {
		/* clang-format off */
		{ "esp32s3", 9, 0x60007000, { 0, 0, 0, 0, 0, 0, 0 }, "none" },
		{ "esp32s3", 9, 0x60007000, { 0, 0, 0, 0, 0, 0, 12 }, "none" },
		{ "esp32s3", 9, 0x60007000, { 2, 3, 9, 10, 11, 1, 0 },
		  "0 XTS_AES_256_KEY_1, 1 XTS_AES_256_KEY_2, 2 SECURE_BOOT_DIGEST0, "
		  "3 SECURE_BOOT_DIGEST1, 4 SECURE_BOOT_DIGEST2, 5 RESERVED" },
		{ "esp32c3", 5, 0x60008800, { 4, 9, 0, 5, 6, 7, 0 },
		  "0 XTS_AES_128_KEY, 1 SECURE_BOOT_DIGEST0, 3 HMAC_DOWN_ALL, 4 HMAC_DOWN_JTAG, "
		  "5 HMAC_DOWN_DIGITAL_SIGNATURE" },
		{ "esp32c3", 5, 0x60008800, { 2, 0, 0, 0, 0, 8, 0 }, "0 purpose 2, 5 HMAC_UP" },
		{ "esp32c6", 13, 0x600B0800, { 1, 4, 0, 0, 0, 0, 0 }, "0 RESERVED, 1 XTS_AES_128_KEY" },
		{ "esp32c5", 23, 0x600B4800, { 1, 12, 15, 16, 17, 18, 0 },
		  "0 ECDSA_KEY, 1 KM_INIT_KEY, 2 XTS_AES_128_PSRAM_KEY, 3 ECDSA_KEY_P192, "
		  "4 ECDSA_KEY_P384_L, 5 ECDSA_KEY_P384_H" },
		{ "esp32c61", 20, 0x600B4800, { 1, 5, 11, 0, 0, 0, 0 },
		  "0 ECDSA_KEY, 1 purpose 5, 2 SECURE_BOOT_DIGEST2" },
		{ "esp32h2", 16, 0x600B0800, { 1, 2, 3, 0, 0, 0, 0 },
		  "0 ECDSA_KEY, 1 XTS_AES_256_KEY_1, 2 XTS_AES_256_KEY_2" },
		{ "esp32p4", 18, 0x5012D000, { 12, 4, 0, 0, 0, 0, 19 }, "0 KM_INIT_KEY, 1 XTS_AES_128_KEY" },
		{ "esp32c2", 12, 0x60008800, { 4, 9, 0, 0, 0, 0, 0 }, "" },
		/* clang-format on */
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vector v = { .chip = rows[i].chip,
				    .id = rows[i].id,
				    .efuse = rows[i].efuse };
		struct ident ident;
		struct reg_unit u;

		be(&u, &v);
		memcpy(u.security + 5, rows[i].purposes, KEY_PURPOSES);
		read_unit(&u, &ident);
		security_key_text(&ident, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
		/* Never beyond its room. */
		for (size_t size = 1; size < 20; size++) {
			memset(text, '#', sizeof(text));
			security_key_text(&ident, text, size);
			assert_true(strlen(text) < size);
		}
		reg_unit_release(&u);
	}
}

static void security_flags_are_named(void **state)
{
	static const struct {
		uint32_t flags;
		const char *text;
	} rows[] = {
		{ 0, "" },
		{ 1, "SECURE_BOOT_EN" },
		{ 5, "SECURE_BOOT_EN, SECURE_DOWNLOAD_ENABLE" },
		{ 0x7c2, "SECURE_BOOT_AGGRESSIVE_REVOKE, SOFT_DIS_JTAG, HARD_DIS_JTAG, DIS_USB, "
			 "DIS_DOWNLOAD_DCACHE, DIS_DOWNLOAD_ICACHE" },
		{ 0x38,
		  "SECURE_BOOT_KEY_REVOKE0, SECURE_BOOT_KEY_REVOKE1, SECURE_BOOT_KEY_REVOKE2" },
		{ 0x80000800, "bit 11, bit 31" },
	};
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct security s = { .has_flags = true, .flags = rows[i].flags };

		security_flags_text(&s, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
		s.has_flags = false;
		security_flags_text(&s, text, sizeof(text));
		assert_string_equal(text, "");
	}
}

static void a_unit_that_was_not_read_has_no_keys_to_name(void **state)
{
	struct ident nobody = { .chip = NULL }, silent = { .chip = chip_by_key("esp32s3") };
	char text[20] = "x";

	(void)state;
	security_key_text(&nobody, text, sizeof(text));
	assert_string_equal(text, "");
	strcpy(text, "x");
	security_key_text(&silent, text, sizeof(text));
	assert_string_equal(text, "");
}

/* ---- a maker's own MAC: docs/chips.md 3 ---- */

static void a_custom_mac_stands_in_block_3_and_in_the_c2_s_block_1(void **state)
{
	static const uint8_t mac[] = { 0xac, 0xde, 0x48, 0x00, 0x01, 0x80 };

	(void)state;
	for (size_t i = 0; i < sizeof(security) / sizeof(security[0]); i++) {
		struct vector v = { .chip = security[i].chip,
				    .id = security[i].id,
				    .efuse = security[i].efuse };
		bool is_c2 = strcmp(v.chip, "esp32c2") == 0;
		struct ident ident;
		struct reg_unit u;

		be(&u, &v);
		read_unit(&u, &ident);
		assert_false(ident.has_custom_mac);
		reg_unit_set(&u, v.efuse + (is_c2 ? 0x34 : 0x94), is_c2 ? 0x0048deac : 0x48deac55);
		reg_unit_set(&u, v.efuse + (is_c2 ? 0x38 : 0x98), is_c2 ? 0x55558001 : 0x55800100);
		read_unit(&u, &ident);
		assert_true(ident.has_custom_mac);
		assert_memory_equal(ident.custom_mac, mac, sizeof(mac));
		reg_unit_set(&u, v.efuse + (is_c2 ? 0x34 : 0x94), UINT32_MAX);
		reg_unit_set(&u, v.efuse + (is_c2 ? 0x38 : 0x98), UINT32_MAX);
		read_unit(&u, &ident);
		assert_false(ident.has_custom_mac);
		reg_unit_release(&u);
	}
}

/* ---- restart ---- */

static void a_watchdog_that_resets_is_armed_and_locked_again(void **state)
{
	struct reg_unit u;

	(void)state;
	reg_unit_init(&u);
	assert_int_equal(ident_watchdog_reset(&u.loader, chip_by_key("esp32p4"), NULL), STATUS_OK);
	assert_int_equal(reg_unit_get(&u, 0x50116004), 2000);
	assert_int_equal(reg_unit_get(&u, 0x50116000), 0xD0000102);
	assert_int_equal(reg_unit_get(&u, 0x50116018), 0);
	reg_unit_release(&u);
}

static void an_s2_has_no_watchdog_to_stop(void **state)
{
	struct reg_unit u;

	(void)state;
	reg_unit_init(&u);
	reg_unit_set(&u, 0x3F408094, 0x12345678);
	assert_int_equal(ident_stop_watchdogs(&u.loader, chip_by_key("esp32s2"), NULL), STATUS_OK);
	assert_int_equal(reg_unit_get(&u, 0x3F408094), 0x12345678);
	reg_unit_release(&u);
}

/* ---- what ROMs are told ---- */

static void roms_with_a_wrong_crystal_are_told_another_rate(void **state)
{
	static const struct {
		const char *chip;
		uint32_t divider, believed_mhz, told_baud;
	} rows[] = {
		/* clang-format off */
		{ "esp32c2", 347, 0,  921600 },
		{ "esp32c2", 226, 0,  1417846 },
		{ "esp32c5", 347, 40, 921600 },
		{ "esp32c5", 417, 40, 768000 },
		{ "esp32c5", 347, 48, 1105920 },
		{ "esp32c5", 417, 48, 921600 },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct chip *chip = chip_by_key(rows[i].chip);
		uint32_t told_baud;
		struct reg_unit u;

		reg_unit_init(&u);
		reg_unit_set(&u, 0x60000014, rows[i].divider);
		reg_unit_set(&u, 0x60096110, rows[i].believed_mhz << 24 | 0x80000001);
		assert_int_equal(chip->rom_rate(chip, &u.loader, 921600, &told_baud, NULL),
				 STATUS_OK);
		assert_int_equal(told_baud, rows[i].told_baud);
		reg_unit_release(&u);
	}
}

/* ---- the P4's flash supply: docs/chips.md 6 ---- */

static void only_a_p4_of_revision_3_1_and_3_2_has_its_flash_powered(void **state)
{
	static const uint16_t others[] = { 0, 103, 300, 303 };
	const struct chip *p4 = chip_by_key("esp32p4");
	struct reg_unit u;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		reg_unit_init(&u);
		assert_int_equal(p4->power_flash(p4, &u.loader, others[i], NULL), STATUS_OK);
		assert_int_equal(u.reg_count, 0);
		reg_unit_release(&u);
	}
	for (uint16_t revision = 301; revision <= 302; revision++) {
		reg_unit_init(&u);
		reg_unit_set(&u, 0x501151bc, 0xffffffff);
		reg_unit_set(&u, 0x501151b8, 0xffffffff);
		assert_int_equal(p4->power_flash(p4, &u.loader, revision, NULL), STATUS_OK);
		assert_int_equal(reg_unit_get(&u, 0x5011010c), 1);
		assert_int_equal(reg_unit_get(&u, 0x501153fc), 3);
		assert_int_equal(reg_unit_get(&u, 0x501151bc), 0xf7ffffff);
		assert_int_equal(reg_unit_get(&u, 0x501151b8), 0x807fff7f);
		reg_unit_release(&u);
	}
}

static void a_p4_whose_rom_powers_its_flash_only_has_the_force_taken_off(void **state)
{
	const struct chip *p4 = chip_by_key("esp32p4");
	struct reg_unit u;

	(void)state;
	reg_unit_init(&u);
	reg_unit_set(&u, 0x5012d034, 1u << 16);
	reg_unit_set(&u, 0x501153fc, 0xf3);
	assert_int_equal(p4->power_flash(p4, &u.loader, 302, NULL), STATUS_OK);
	assert_int_equal(reg_unit_get(&u, 0x501153fc), 0xf0);
	assert_int_equal(reg_unit_get(&u, 0x5011010c), 0);
	reg_unit_release(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_chip_tells_what_its_efuses_say),
		cmocka_unit_test(security_efuses_stand_where_section_9_says),
		cmocka_unit_test(key_purposes_come_with_the_security_info),
		cmocka_unit_test(key_purposes_are_named_as_each_chip_has_them),
		cmocka_unit_test(security_flags_are_named),
		cmocka_unit_test(a_unit_that_was_not_read_has_no_keys_to_name),
		cmocka_unit_test(a_custom_mac_stands_in_block_3_and_in_the_c2_s_block_1),
		cmocka_unit_test(a_watchdog_that_resets_is_armed_and_locked_again),
		cmocka_unit_test(an_s2_has_no_watchdog_to_stop),
		cmocka_unit_test(roms_with_a_wrong_crystal_are_told_another_rate),
		cmocka_unit_test(only_a_p4_of_revision_3_1_and_3_2_has_its_flash_powered),
		cmocka_unit_test(a_p4_whose_rom_powers_its_flash_only_has_the_force_taken_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
