#include "engine/base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void integers_stand_low_byte_first(void **state)
{
	uint8_t b[4] = { 0x78, 0x56, 0x34, 0x92 };

	(void)state;
	assert_int_equal(get_le16(b), 0x5678);
	assert_int_equal(get_le32(b), 0x92345678);
	put_le32(b, 0xA1B2C3D4);
	assert_memory_equal(b, "\xD4\xC3\xB2\xA1", 4);
	put_le16(b, 0x0102);
	assert_memory_equal(b, "\x02\x01\xB2\xA1", 4);
}

static void hexadecimal_text_is_lower_case_and_comes_back(void **state)
{
	const uint8_t bytes[] = { 0x00, 0x9A, 0xBC, 0xFF };
	uint8_t back[4];
	char text[9];

	(void)state;
	hex_text(bytes, sizeof(bytes), text);
	assert_string_equal(text, "009abcff");
	assert_true(hex_bytes(text, back, sizeof(back)));
	assert_memory_equal(back, bytes, sizeof(bytes));
	assert_true(hex_bytes("009ABCFF", back, sizeof(back)));
	assert_memory_equal(back, bytes, sizeof(bytes));
}

static void what_is_not_exactly_hexadecimal_is_refused(void **state)
{
	static const char *const wrong[] = { "",         "009abcf",  "009abcff0", "009abcfg",
					     " 09abcff", "0x9abcff", "009abc f" };
	uint8_t back[4];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(hex_bytes(wrong[i], back, sizeof(back)));
}

static void a_mac_is_six_pairs_with_colons(void **state)
{
	const uint8_t mac[MAC_BYTES] = { 0x24, 0x0A, 0xC4, 0x00, 0x01, 0xF0 };
	char text[MAC_TEXT_BYTES];

	(void)state;
	mac_text(mac, text);
	assert_string_equal(text, "24:0a:c4:00:01:f0");
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
	char text[12] = "";

	(void)state;
	text_append(text, sizeof(text), "; ", "one");
	assert_string_equal(text, "one");
	text_append(text, sizeof(text), "; ", "");
	assert_string_equal(text, "one");
	text_append(text, sizeof(text), "; ", "sevenxx");
	assert_string_equal(text, "one");
	text_append(text, sizeof(text), "; ", "sixxxx");
	assert_string_equal(text, "one; sixxxx");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_fit_is_left_out_whole),
		cmocka_unit_test(integers_stand_low_byte_first),
		cmocka_unit_test(hexadecimal_text_is_lower_case_and_comes_back),
		cmocka_unit_test(what_is_not_exactly_hexadecimal_is_refused),
		cmocka_unit_test(a_mac_is_six_pairs_with_colons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
