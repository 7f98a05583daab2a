#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void md5_has_the_answers_of_rfc_1321(void **state)
{
	static const struct {
		const char *data, *md5;
	} rows[] = {
		{ "", "d41d8cd98f00b204e9800998ecf8427e" },
		{ "abc", "900150983cd24fb0d6963f7d28e17f72" },
		{ "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t md5[MD5_BYTES];
		char text[2 * MD5_BYTES + 1];

		digest_md5((const uint8_t *)rows[i].data, strlen(rows[i].data), md5);
		hex_text(md5, sizeof(md5), text);
		assert_string_equal(text, rows[i].md5);
	}
}

static const char abc_sha256[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void sha256_has_the_answer_of_fips_180(void **state)
{
	uint8_t sha256[SHA256_BYTES];
	char text[SHA256_TEXT_BYTES];

	(void)state;
	digest_sha256((const uint8_t *)"abc", 3, sha256);
	hex_text(sha256, sizeof(sha256), text);
	assert_string_equal(text, abc_sha256);
}

static void sha256_in_pieces_is_the_same_wherever_they_are_cut(void **state)
{
	(void)state;
	for (size_t first = 0; first <= 3; first++) {
		struct digest *d = digest_new();
		uint8_t sha256[SHA256_BYTES];
		char text[SHA256_TEXT_BYTES];

		digest_add(d, "abc", first);
		digest_add(d, &"abc"[first], 3 - first);
		digest_finish(d, sha256);
		hex_text(sha256, sizeof(sha256), text);
		assert_string_equal(text, abc_sha256);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(md5_has_the_answers_of_rfc_1321),
		cmocka_unit_test(sha256_has_the_answer_of_fips_180),
		cmocka_unit_test(sha256_in_pieces_is_the_same_wherever_they_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
