#include "recipes/nvs/nvs_encoding.h"

#include "engine/base/bytes.h"
#include "recipes/utf8.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	struct nvs_encoding encoding;
} names[] = {
	{ "u8", { .type = NVS_U8, .decoding = NVS_AS_NUMBER } },
	{ "i8", { .type = NVS_I8, .decoding = NVS_AS_NUMBER } },
	{ "u16", { .type = NVS_U16, .decoding = NVS_AS_NUMBER } },
	{ "i16", { .type = NVS_I16, .decoding = NVS_AS_NUMBER } },
	{ "u32", { .type = NVS_U32, .decoding = NVS_AS_NUMBER } },
	{ "i32", { .type = NVS_I32, .decoding = NVS_AS_NUMBER } },
	{ "u64", { .type = NVS_U64, .decoding = NVS_AS_NUMBER } },
	{ "i64", { .type = NVS_I64, .decoding = NVS_AS_NUMBER } },
	{ "string", { .type = NVS_STRING, .decoding = NVS_AS_TEXT } },
	{ "binary", { .type = NVS_BLOB, .decoding = NVS_AS_BYTES } },
	{ "hex2bin", { .type = NVS_BLOB, .decoding = NVS_AS_HEX } },
	{ "base64", { .type = NVS_BLOB, .decoding = NVS_AS_BASE64 } },
};

/* The value of a digit in bases up to 16; 99 when it is none. */
static unsigned digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10u : 99;
}

/* "(32;0x00)" */
static bool read_fill(const char *text, struct nvs_encoding *encoding)
{
	size_t size = 0;

	if (*text++ != '(' || digit((uint8_t)*text) > 9)
		return false;
	for (; digit((uint8_t)*text) < 10; text++) {
		size = size * 10 + digit((uint8_t)*text);
		if (size > NVS_BLOB_MAX)
			return false;
	}
	if (strncmp(text, ";0x", 3) != 0 || digit((uint8_t)text[3]) > 15 ||
	    digit((uint8_t)text[4]) > 15 || strcmp(text + 5, ")") != 0)
		return false;
	encoding->type = NVS_BLOB;
	encoding->fill_size = size;
	encoding->fill_byte = (uint8_t)(digit((uint8_t)text[3]) << 4 | digit((uint8_t)text[4]));
	return true;
}

bool nvs_encoding_by_name(const char *name, struct nvs_encoding *encoding)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, name) != 0)
			continue;
		*encoding = names[i].encoding;
		return true;
	}
	if (strncmp(name, "blob_fill", 9) == 0) {
		encoding->decoding = NVS_AS_FILLED;
		return read_fill(name + 9, encoding);
	}
	if (strncmp(name, "blob_sz_fill", 12) == 0) {
		encoding->decoding = NVS_AS_SIZED_FILLED;
		return read_fill(name + 12, encoding);
	}
	return false;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Without the blanks around; the zero byte behind it stays. */
static size_t trim(uint8_t *bytes, size_t size)
{
	size_t first = 0;

	while (size && is_blank(bytes[size - 1]))
		size--;
	while (first < size && is_blank(bytes[first]))
		first++;
	size -= first;
	memmove(bytes, bytes + first, size);
	bytes[size] = '\0';
	return size;
}

/* Decimal, zeros in front allowed as in serial numbers, or 0x and hexadecimal. */
static bool read_number(const char *text, bool *is_negative, bool *is_large, uint64_t *number)
{
	unsigned base = 10;

	*is_negative = *text == '-';
	*is_large = false;
	*number = 0;
	text += *text == '-' || *text == '+';
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned d = digit((uint8_t)*text);

		if (d >= base)
			return false;
		if (*number > (UINT64_MAX - d) / base)
			*is_large = true;
		*number = *number * base + d;
	}
	return true;
}

/* Is a number with that sign in the range of the type? Out of 64 bits it never is. */
static bool is_in_range(enum nvs_type type, bool is_negative, uint64_t magnitude)
{
	if (is_negative && magnitude > (uint64_t)INT64_MAX + 1)
		return false;
	if (type == NVS_U64)
		return !is_negative || !magnitude;
	if (!is_negative && magnitude > INT64_MAX)
		return false; /* as two's complement it would be a negative one */
	return nvs_fits(type, is_negative ? 0 - magnitude : magnitude);
}

static enum status decode_number(uint8_t *bytes, size_t size, struct nvs_entry *e, struct err *err)
{
	bool is_negative, is_large;
	uint64_t magnitude;

	size = trim(bytes, size);
	if (strlen((char *)bytes) != size ||
	    !read_number((char *)bytes, &is_negative, &is_large, &magnitude))
		return err_set(err, STATUS_RECIPE,
			       "key '%s': the value (%zu characters) is no whole number: expected "
			       "%s",
			       e->key, size, nvs_range(e->type));
	if (is_large || !is_in_range(e->type, is_negative, magnitude))
		return err_set(err, STATUS_RECIPE,
			       "key '%s': the number is out of range: expected %s", e->key,
			       nvs_range(e->type));
	e->number = is_negative ? 0 - magnitude : magnitude;
	return STATUS_OK;
}

static enum status decode_hex(uint8_t *bytes, size_t size, struct nvs_entry *e, struct err *err)
{
	size = trim(bytes, size);
	for (size_t i = 0; i < size; i++)
		if (digit(bytes[i]) > 15)
			return err_set(err, STATUS_RECIPE,
				       "key '%s': character %zu of %zu is no hexadecimal digit",
				       e->key, i + 1, size);
	if (size % 2)
		return err_set(err, STATUS_RECIPE,
			       "key '%s' has %zu hexadecimal digits: expected pairs", e->key, size);
	for (size_t i = 0; i < size / 2; i++)
		bytes[i] = (uint8_t)(digit(bytes[2 * i]) << 4 | digit(bytes[2 * i + 1]));
	e->size = size / 2;
	return STATUS_OK;
}

/* RFC 4648; blanks and line ends between the characters do not count. */
static enum status decode_base64(uint8_t *bytes, size_t size, struct nvs_entry *e, struct err *err)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned quad = 0, have = 0, padding = 0;

	for (size_t i = 0; i < size; i++) {
		const char *at = bytes[i] ? strchr(alphabet, bytes[i]) : NULL;

		if (is_blank(bytes[i]))
			continue;
		if (bytes[i] == '=' && have % 4 >= 2 && padding < 2)
			padding++;
		else if (!at || padding)
			return err_set(err, STATUS_RECIPE,
				       "key '%s': character %zu of %zu does not belong there in "
				       "base64",
				       e->key, i + 1, size);
		quad = quad << 6 | (unsigned)(padding ? 0 : at - alphabet);
		if (++have % 4)
			continue;
		/* Three bytes for four characters: never past what was read. */
		for (unsigned b = 0; b < 3 - padding; b++)
			bytes[e->size++] = (uint8_t)(quad >> (16 - 8 * b));
		quad = 0;
	}
	if (have % 4)
		return err_set(err, STATUS_RECIPE,
			       "key '%s' has %u characters of base64: expected a multiple of 4, "
			       "with '=' at its end",
			       e->key, have);
	return STATUS_OK;
}

static enum status decode_text(uint8_t *bytes, size_t size, struct nvs_entry *e, struct err *err)
{
	for (size_t at = 0, length; at < size; at += length) {
		length = utf8_span(bytes + at, size - at);
		if (!length)
			return err_set(
				err, STATUS_RECIPE,
				"key '%s': byte %zu of %zu is not UTF-8 text: use the encoding "
				"binary",
				e->key, at + 1, size);
	}
	e->size = size;
	return STATUS_OK;
}

static enum status decode_filled(const struct nvs_encoding *encoding, uint8_t **bytes, size_t size,
				 struct nvs_entry *e, struct err *err)
{
	size_t front = encoding->decoding == NVS_AS_SIZED_FILLED ? 4 : 0;
	uint8_t *larger;

	if (size > encoding->fill_size)
		return err_set(err, STATUS_RECIPE, "key '%s' has %zu bytes to fill up to %zu",
			       e->key, size, encoding->fill_size);
	larger = realloc(*bytes, front + encoding->fill_size + 1);
	if (!larger)
		return err_set(err, STATUS_NO_MEMORY, "key '%s': no memory", e->key);
	*bytes = larger;
	memmove(larger + front, larger, size);
	if (front)
		put_le32(larger, (uint32_t)size);
	memset(larger + front + size, encoding->fill_byte, encoding->fill_size - size);
	e->size = front + encoding->fill_size;
	return STATUS_OK;
}

enum status nvs_decode(const struct nvs_encoding *encoding, uint8_t **bytes, size_t size,
		       struct nvs_entry *e, struct err *err)
{
	enum status st = STATUS_OK;

	e->type = encoding->type;
	e->number = 0;
	e->size = 0;
	switch (encoding->decoding) {
	case NVS_AS_NUMBER:
		st = decode_number(*bytes, size, e, err);
		break;
	case NVS_AS_TEXT:
		st = decode_text(*bytes, size, e, err);
		break;
	case NVS_AS_BYTES:
		e->size = size;
		break;
	case NVS_AS_HEX:
		st = decode_hex(*bytes, size, e, err);
		break;
	case NVS_AS_BASE64:
		st = decode_base64(*bytes, size, e, err);
		break;
	case NVS_AS_FILLED:
	case NVS_AS_SIZED_FILLED:
		st = decode_filled(encoding, bytes, size, e, err);
		break;
	}
	e->data = *bytes;
	return st;
}
