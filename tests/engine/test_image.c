#include "engine/image.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define IMAGE_ROOM 512

/* Two segments of 20 and 7 bytes; the checksum then stands at 67 + 12 = 79. */
#define DATA_BYTES 80

static size_t make_image(uint8_t image[IMAGE_ROOM], bool has_digest)
{
	static const uint32_t lens[] = { 20, 7 };
	uint8_t sum = 0xef;
	size_t at = IMAGE_HEADER_BYTES;

	memset(image, 0xff, IMAGE_ROOM);
	memset(image, 0, DATA_BYTES);
	image[0] = IMAGE_MAGIC;
	image[1] = 2;
	image[2] = FLASH_MODE_DIO;
	image[3] = 0x2f;
	put_le32(image + 4, 0x40080400);
	put_le16(image + 12, 9);
	image[14] = 1;
	put_le16(image + 15, 2);
	put_le16(image + 17, 99);
	image[23] = has_digest;
	for (size_t n = 0; n < 2; n++) {
		put_le32(image + at, 0x3fff0000);
		put_le32(image + at + 4, lens[n]);
		at += 8;
		for (uint32_t i = 0; i < lens[n]; i++) {
			image[at + i] = (uint8_t)(n * 31 + i * 7);
			sum ^= image[at + i];
		}
		at += lens[n];
	}
	assert_int_equal(at, 67);
	image[DATA_BYTES - 1] = sum;
	if (!has_digest)
		return DATA_BYTES;
	digest_sha256(image, DATA_BYTES, image + DATA_BYTES);
	return DATA_BYTES + SHA256_BYTES;
}

static void a_good_image_is_read(void **state)
{
	uint8_t image[IMAGE_ROOM];
	struct image_info info;
	size_t size;

	(void)state;
	size = make_image(image, true);
	assert_int_equal(image_parse(image, size, &info, NULL), STATUS_OK);
	assert_int_equal(info.segments, 2);
	assert_int_equal(info.mode, FLASH_MODE_DIO);
	assert_int_equal(info.size_nibble, 2);
	assert_int_equal(info.frequency_nibble, 0xf);
	assert_int_equal(info.entry, 0x40080400);
	assert_int_equal(info.chip_id, 9);
	assert_int_equal(info.min_rev_legacy, 1);
	assert_int_equal(info.min_rev, 2);
	assert_int_equal(info.max_rev, 99);
	assert_true(info.has_digest);
	assert_int_equal(info.data_bytes, DATA_BYTES);
	assert_int_equal(info.total_bytes, DATA_BYTES + SHA256_BYTES);
}

static void bytes_behind_an_image_do_not_matter(void **state)
{
	uint8_t image[IMAGE_ROOM];
	struct image_info info;

	(void)state;
	make_image(image, true);
	assert_int_equal(image_parse(image, IMAGE_ROOM, &info, NULL), STATUS_OK);
	make_image(image, false);
	assert_int_equal(image_parse(image, IMAGE_ROOM, &info, NULL), STATUS_OK);
	assert_int_equal(info.total_bytes, DATA_BYTES);
}

static void a_highest_revision_of_0_is_none(void **state)
{
	uint8_t image[IMAGE_ROOM];
	struct image_info info;

	(void)state;
	make_image(image, false);
	put_le16(image + 17, 0);
	assert_int_equal(image_parse(image, DATA_BYTES, &info, NULL), STATUS_OK);
	assert_int_equal(info.max_rev, 65535);
}

static void no_cut_image_passes(void **state)
{
	uint8_t image[IMAGE_ROOM];
	struct image_info info;
	size_t size;

	(void)state;
	size = make_image(image, true);
	for (size_t cut = 0; cut < size; cut++)
		assert_int_equal(image_parse(image, cut, &info, NULL), STATUS_RECIPE);
}

static void no_altered_byte_of_a_digested_image_passes(void **state)
{
	uint8_t image[IMAGE_ROOM];
	struct image_info info;
	size_t size;

	(void)state;
	size = make_image(image, true);
	for (size_t at = 0; at < size; at++) {
		/* 23 says whether there is a digest: clearing it hides the digest. */
		if (at == 23)
			continue;
		image[at] ^= 0x20;
		assert_int_equal(image_parse(image, size, &info, NULL), STATUS_RECIPE);
		image[at] ^= 0x20;
	}
}

static void an_error_names_the_byte(void **state)
{
	uint8_t image[IMAGE_ROOM];
	struct image_info info;
	struct err err;

	(void)state;
	make_image(image, true);
	image[0] = 0x7f;
	image_parse(image, IMAGE_ROOM, &info, &err);
	assert_string_equal(err.text, "byte 0: 7f where an image has e9");

	make_image(image, true);
	image[79] ^= 1;
	image_parse(image, IMAGE_ROOM, &info, &err);
	assert_non_null(strstr(err.text, "byte 79: checksum"));

	make_image(image, true);
	put_le32(image + 28, 0xfffffff0);
	image_parse(image, IMAGE_ROOM, &info, &err);
	assert_non_null(strstr(err.text, "byte 28: segment 0"));

	make_image(image, true);
	image[90] ^= 1;
	image_parse(image, IMAGE_ROOM, &info, &err);
	assert_non_null(strstr(err.text, "byte 80: the appended SHA-256"));
}

static void a_patched_image_is_good_again(void **state)
{
	static const struct image_patch patch = {
		.mode = FLASH_MODE_QIO,
		.set_frequency = true,
		.frequency_nibble = 0,
		.set_size = true,
		.size_nibble = 4,
	};
	uint8_t image[IMAGE_ROOM];
	struct image_info info;
	bool changed;

	(void)state;
	make_image(image, true);
	assert_int_equal(image_parse(image, IMAGE_ROOM, &info, NULL), STATUS_OK);
	image_apply_patch(image, &info, &patch, &changed);
	assert_true(changed);
	assert_int_equal(image[2], 0);
	assert_int_equal(image[3], 0x40);
	assert_int_equal(image_parse(image, IMAGE_ROOM, &info, NULL), STATUS_OK);
	image_apply_patch(image, &info, &patch, &changed);
	assert_false(changed);
}

static void what_a_patch_keeps_stays(void **state)
{
	static const struct image_patch keep = { .mode = FLASH_MODE_KEEP };
	static const struct image_patch size_only = { .mode = FLASH_MODE_KEEP,
						      .set_size = true,
						      .size_nibble = 3 };
	uint8_t image[IMAGE_ROOM], before[IMAGE_ROOM];
	struct image_info info;
	bool changed;

	(void)state;
	make_image(image, false);
	memcpy(before, image, sizeof(before));
	assert_int_equal(image_parse(image, IMAGE_ROOM, &info, NULL), STATUS_OK);
	image_apply_patch(image, &info, &keep, &changed);
	assert_false(changed);
	assert_memory_equal(image, before, sizeof(before));
	image_apply_patch(image, &info, &size_only, &changed);
	assert_true(changed);
	assert_int_equal(image[3], 0x3f);
	before[3] = 0x3f;
	assert_memory_equal(image, before, sizeof(before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_image_is_read),
		cmocka_unit_test(bytes_behind_an_image_do_not_matter),
		cmocka_unit_test(a_highest_revision_of_0_is_none),
		cmocka_unit_test(no_cut_image_passes),
		cmocka_unit_test(no_altered_byte_of_a_digested_image_passes),
		cmocka_unit_test(an_error_names_the_byte),
		cmocka_unit_test(a_patched_image_is_good_again),
		cmocka_unit_test(what_a_patch_keeps_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
