/* docs/protocol.md: image header and patching. */
#include "engine/image.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <string.h>

#define SEGMENTS_MAX 16
#define SEGMENT_HEADER_BYTES 8
#define CHECKSUM_SEED 0xef
#define DIGEST_FLAG_AT 23

static enum status bad(struct err *err, size_t at, const char *what)
{
	return err_set(err, STATUS_RECIPE, "byte %zu: %s", at, what);
}

static void read_header(const uint8_t *data, struct image_info *info)
{
	memset(info, 0, sizeof(*info));
	info->segments = data[1];
	info->mode = (enum flash_mode)data[2];
	info->size_nibble = data[3] >> 4;
	info->frequency_nibble = data[3] & 0xf;
	info->entry = get_le32(data + 4);
	info->chip_id = get_le16(data + 12);
	info->min_rev_legacy = data[14];
	info->min_rev = get_le16(data + 15);
	info->max_rev = get_le16(data + 17);
	if (!info->max_rev) /* written by tools that did not know the field yet */
		info->max_rev = UINT16_MAX;
	info->has_digest = data[DIGEST_FLAG_AT] == 1;
}

static enum status check_header(const uint8_t *data, size_t size, struct image_info *info,
				struct err *err)
{
	if (size < IMAGE_HEADER_BYTES)
		return err_set(err, STATUS_RECIPE, "%zu bytes are too few for an image header",
			       size);
	if (data[0] != IMAGE_MAGIC)
		return err_set(err, STATUS_RECIPE, "byte 0: %02x where an image has %02x", data[0],
			       IMAGE_MAGIC);
	read_header(data, info);
	if (!info->segments || info->segments > SEGMENTS_MAX)
		return err_set(err, STATUS_RECIPE, "byte 1: %u segments, 1 to %d are possible",
			       info->segments, SEGMENTS_MAX);
	if (data[2] > FLASH_MODE_DOUT)
		return err_set(err, STATUS_RECIPE, "byte 2: %02x is no flash mode", data[2]);
	if (data[DIGEST_FLAG_AT] > 1)
		return err_set(err, STATUS_RECIPE,
			       "byte %d: %02x where 0 or 1 says if a digest follows",
			       DIGEST_FLAG_AT, data[DIGEST_FLAG_AT]);
	return STATUS_OK;
}

/* Walk over the segments; *end is behind the last one. */
static enum status sum_segments(const uint8_t *data, size_t size, const struct image_info *info,
				size_t *end, uint8_t *sum, struct err *err)
{
	size_t at = IMAGE_HEADER_BYTES;

	*sum = CHECKSUM_SEED;
	for (unsigned n = 0; n < info->segments; n++) {
		size_t len;

		if (size - at < SEGMENT_HEADER_BYTES)
			return bad(err, at, "the image ends before its last segment begins");
		len = get_le32(data + at + 4);
		if (len > size - at - SEGMENT_HEADER_BYTES)
			return err_set(err, STATUS_RECIPE,
				       "byte %zu: segment %u has %zu bytes, only %zu are left",
				       at + 4, n, len, size - at - SEGMENT_HEADER_BYTES);
		at += SEGMENT_HEADER_BYTES;
		for (size_t i = 0; i < len; i++)
			*sum ^= data[at + i];
		at += len;
	}
	*end = at;
	return STATUS_OK;
}

enum status image_parse(const uint8_t *data, size_t size, struct image_info *info, struct err *err)
{
	uint8_t digest[SHA256_BYTES];
	uint8_t sum = 0;
	size_t end = 0;

	TRY(check_header(data, size, info, err));
	TRY(sum_segments(data, size, info, &end, &sum, err));
	/* The checksum is the last byte of the next 16. */
	info->data_bytes = (end | 15) + 1;
	info->total_bytes = info->data_bytes + (info->has_digest ? SHA256_BYTES : 0);
	if (info->total_bytes > size)
		return bad(err, size, "the image ends before its checksum and digest");
	if (data[info->data_bytes - 1] != sum)
		return err_set(err, STATUS_RECIPE,
			       "byte %zu: checksum is %02x, the data sums to %02x",
			       info->data_bytes - 1, data[info->data_bytes - 1], sum);
	if (!info->has_digest)
		return STATUS_OK;
	digest_sha256(data, info->data_bytes, digest);
	if (memcmp(digest, data + info->data_bytes, SHA256_BYTES) != 0)
		return bad(err, info->data_bytes, "the appended SHA-256 differs from the image's");
	return STATUS_OK;
}

void image_apply_patch(uint8_t *data, const struct image_info *info,
		       const struct image_patch *patch, bool *changed)
{
	uint8_t mode = patch->mode == FLASH_MODE_KEEP ? data[2] : (uint8_t)patch->mode;
	uint8_t size_nibble = patch->set_size ? patch->size_nibble : data[3] >> 4;
	uint8_t frequency_nibble = patch->set_frequency ? patch->frequency_nibble : data[3] & 0xf;
	uint8_t size_frequency = (uint8_t)(size_nibble << 4 | frequency_nibble);

	*changed = mode != data[2] || size_frequency != data[3];
	if (!*changed)
		return;
	data[2] = mode;
	data[3] = size_frequency;
	if (info->has_digest)
		digest_sha256(data, info->data_bytes, data + info->data_bytes);
}
