/*
 * A label's template, whatever it is, filled with whatever values; what a printer says to ~HS; and
 * keys of a scanner. No value may become a command of the printer.
 */
#include "recipes/label.h"
#include "recipes/label_text.h"
#include "station/label/zpl_status.h"
#include "station/line/scan_keys.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t carets(const char *text, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += text[i] == '^' || text[i] == '~';
	return count;
}

static bool is_sound(const struct plan_label *l)
{
	struct label_reader reader = { .text = l->template,
				       .end = l->template + l->template_bytes,
				       .is_zpl = l->is_zpl,
				       .line = 1,
				       .column = 1 };
	struct label_piece piece;

	do {
		label_next(&reader, &piece);
		if (piece.kind == PIECE_WRONG)
			return false;
	} while (piece.kind != PIECE_END);
	return true;
}

/* The same label with a tame value and with this one has the same commands in it. */
static void fill_twice(const struct plan_label *l, const char *value)
{
	struct label_values values = { .value_count = 0 };
	struct page tame = { 0 }, wild = { 0 };
	struct err err;

	for (unsigned i = 0; i < LABEL_NAME_COUNT; i++)
		values.of[i] = "a";
	if (label_fill(l, &values, &tame, &err) == STATUS_OK) {
		for (unsigned i = 0; i < LABEL_NAME_COUNT; i++)
			values.of[i] = value;
		if (label_fill(l, &values, &wild, &err) == STATUS_OK && l->is_zpl)
			assert(carets(tame.data ? tame.data : "", tame.size) ==
			       carets(wild.data ? wild.data : "", wild.size));
	}
	free(tame.data);
	free(wild.data);
}

static void try_template(const uint8_t *data, size_t size, bool is_zpl)
{
	char value[33] = "";
	size_t value_bytes = size < sizeof(value) - 1 ? size : sizeof(value) - 1;
	char *text = malloc(size + 1);
	struct plan_label l = { .template = text, .template_bytes = size, .is_zpl = is_zpl };

	if (!text)
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	memcpy(value, data + size - value_bytes, value_bytes);
	if (!memchr(text, 0, size) && value[0] && is_sound(&l))
		fill_twice(&l, value);
	free(text);
}

static void try_keys(const uint8_t *data, size_t size)
{
	struct scan_keys keys = { 0 };

	for (; size >= 4; data += 4, size -= 4) {
		if (scan_keys_take(&keys, data[0] & 3, (uint16_t)(data[1] | data[2] << 8),
				   data[3] % 3))
			assert(strlen(keys.text) > 0 && strlen(keys.text) < sizeof(keys.text));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why;

	try_template(data, size, true);
	try_template(data, size, false);
	if (zpl_status_read((const char *)data, size, &why) == ZPL_NOT_READY)
		assert(why && why[0]);
	try_keys(data, size);
	return 0;
}
