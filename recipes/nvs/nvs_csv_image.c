#include "recipes/nvs/nvs_csv_inside.h"

#include "engine/base/bytes.h"
#include "engine/base/secret.h"
#include "recipes/nvs/nvs_names.h"
#include "recipes/read_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_FILE_MAX (2 * NVS_BLOB_MAX + 4096) /* the largest blob as hexadecimal digits */
#define MESSAGE_BYTES 400                        /* of an error, before its place */

struct place nvs_place_of(const struct nvs_csv *t, const struct csv_row *row, enum nvs_column c)
{
	return csv_place(t->csv, row, t->columns[c]);
}

const char *nvs_text_of(const struct nvs_csv *t, const struct csv_row *row, enum nvs_column c)
{
	return csv_text(row, t->columns[c]);
}

/* ---- values ---- */

static enum status read_value_file(const struct nvs_csv *t, const char *name, uint8_t **bytes,
				   size_t *size, struct err *err)
{
	const char *folder = name[0] == '/' ? "" : t->folder;
	size_t room = strlen(folder) + strlen(name) + 1;
	char *path = malloc(room);
	enum status st;

	if (!path)
		return err_set(err, STATUS_NO_MEMORY, "no memory");
	snprintf(path, room, "%s%s", folder, name);
	st = read_file(path, VALUE_FILE_MAX, bytes, size, err);
	free(path);
	return st;
}

/* *bytes is the caller's to free in any case. */
enum status nvs_make_value(const struct nvs_csv *t, const struct nvs_item *item,
			   const struct nvs_values *values, struct nvs_entry *e, uint8_t **bytes,
			   struct err *err)
{
	const char *text = nvs_text_of(t, item->row, NVS_VALUE);
	uint8_t *name = NULL;
	struct err why = { 0 };
	enum status st;
	size_t size;

	st = nvs_fill_in(text, values, item->is_file, bytes, &size, &why);
	if (!st && item->is_file) {
		name = *bytes;
		*bytes = NULL;
		st = read_value_file(t, (char *)name, bytes, &size, &why);
		free(name);
		/* The name as the CSV has it: values are not shown, not even in names. */
		if (st)
			return err_set(err, st, "key '%s': file %.200s: %s", e->key, text,
				       why.text);
	}
	if (st)
		return err_set(err, st, "key '%s': %s", e->key, why.text);
	return nvs_decode(&item->encoding, bytes, size, e, err);
}

struct nvs_entry *nvs_copy_entries(const struct nvs_csv *t)
{
	struct nvs_entry *entries = calloc(t->count + 1, sizeof(*entries));

	for (size_t i = 0; entries && i < t->count; i++)
		entries[i] = t->items[i].entry;
	return entries;
}

/* What is wrong with an entry, at its place. */
struct place nvs_find_fault(const struct nvs_csv *t, const struct nvs_result *result,
			    struct err *err)
{
	char text[MESSAGE_BYTES];

	if (result->entry >= t->count)
		return (struct place){ t->csv->file, 0, 0 };
	if (result->first < t->count) {
		snprintf(text, sizeof(text), "%.300s (first in line %u)", err->text,
			 t->items[result->first].row->line);
		err_set(err, err->status, "%s", text);
	}
	return nvs_place_of(t, t->items[result->entry].row, result->is_key ? NVS_KEY : NVS_VALUE);
}

/* With its length, so that nothing can pass for something else. */
static void digest_text(struct digest *d, const void *data, size_t size)
{
	uint8_t length[4];

	put_le32(length, (uint32_t)size);
	digest_add(d, length, sizeof(length));
	digest_add(d, data, size);
}

void nvs_csv_digest(const struct nvs_csv *t, uint8_t sha256[static SHA256_BYTES])
{
	struct digest *d = digest_new();

	for (size_t i = 0; i < t->count; i++) {
		const struct nvs_item *item = &t->items[i];
		const char *value = nvs_text_of(t, item->row, NVS_VALUE);
		const char *encoding = nvs_text_of(t, item->row, NVS_ENCODING);
		uint8_t number[8];

		digest_text(d, item->entry.key, strlen(item->entry.key));
		put_le32(number, (uint32_t)item->entry.type);
		digest_add(d, number, 4);
		put_le32(number, item->has_names ? 1 + item->is_file : 0);
		digest_add(d, number, 4);
		put_le32(number, (uint32_t)item->entry.number);
		put_le32(number + 4, (uint32_t)(item->entry.number >> 32));
		digest_add(d, number, 8);
		if (item->has_names) {
			digest_text(d, encoding, strlen(encoding));
			digest_text(d, value, strlen(value));
		} else {
			digest_text(d, item->entry.data, item->entry.size);
		}
	}
	digest_finish(d, sha256);
}

/* ---- names ---- */

bool nvs_text_has_name(const char *text, const char *name)
{
	struct nvs_piece piece;

	while (nvs_next_piece(&text, &piece))
		if (piece.is_name && piece.size == strlen(name) &&
		    memcmp(piece.text, name, piece.size) == 0)
			return true;
	return false;
}

bool nvs_csv_has_name(const struct nvs_csv *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->items[i].has_names &&
		    nvs_text_has_name(nvs_text_of(t, t->items[i].row, NVS_VALUE), name))
			return true;
	return false;
}

bool nvs_csv_line(const struct nvs_csv *t, size_t i, struct nvs_csv_line *line)
{
	const struct nvs_item *item = &t->items[i];

	if (i >= t->count)
		return false;
	*line = (struct nvs_csv_line){
		.space = "",
		.key = item->entry.key,
		.encoding = nvs_text_of(t, item->row, NVS_ENCODING),
		.value = nvs_text_of(t, item->row, NVS_VALUE),
		.is_namespace = item->entry.type == NVS_NAMESPACE,
		.is_file = item->is_file,
		.at = nvs_place_of(t, item->row, NVS_VALUE),
	};
	while (i-- > 0)
		if (t->items[i].entry.type == NVS_NAMESPACE) {
			line->space = t->items[i].entry.key;
			break;
		}
	return true;
}

char *nvs_csv_fill(const struct nvs_csv_line *line, const struct nvs_values *values)
{
	struct err ignored;
	struct nvs_piece piece;
	uint8_t *text;
	size_t size;

	if (nvs_unknown_name(line->value, values, &piece) ||
	    nvs_fill_in(line->value, values, false, &text, &size, &ignored))
		return NULL;
	return (char *)text;
}

enum status nvs_csv_check_names(const struct nvs_csv *t, const struct nvs_values *values,
				struct diag_list *diags)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < t->count; i++) {
		const struct csv_row *row = t->items[i].row;
		struct nvs_piece piece;

		if (!t->items[i].has_names ||
		    !nvs_unknown_name(nvs_text_of(t, row, NVS_VALUE), values, &piece))
			continue;
		diag_error(diags, nvs_place_of(t, row, NVS_VALUE),
			   "key '%s': nothing is known for {%.*s}; as plain text it is {{%.*s}}",
			   t->items[i].entry.key, (int)piece.size, piece.text, (int)piece.size,
			   piece.text);
		st = STATUS_RECIPE;
	}
	return st;
}

/* ---- images ---- */

static enum status err_at(struct place at, const struct err *why, struct err *err)
{
	if (!at.line)
		return err_set(err, why->status, "%s: %s", at.file, why->text);
	return err_set(err, why->status, "%s:%u:%u: %s", at.file, at.line, at.column, why->text);
}

static enum status fill_items(const struct nvs_csv *t, const struct nvs_values *values,
			      struct nvs_entry *entries, uint8_t **bytes, struct err *err)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct nvs_item *item = &t->items[i];
		struct place at = nvs_place_of(t, item->row, NVS_VALUE);
		struct nvs_piece piece;
		struct err why = { 0 };

		if (!item->has_names)
			continue;
		if (nvs_unknown_name(nvs_text_of(t, item->row, NVS_VALUE), values, &piece)) {
			err_set(&why, STATUS_RECIPE, "key '%s': nothing is known for {%.*s}",
				item->entry.key, (int)piece.size, piece.text);
			return err_at(at, &why, err);
		}
		if (nvs_make_value(t, item, values, &entries[i], &bytes[i], &why))
			return err_at(at, &why, err);
	}
	return STATUS_OK;
}

enum status nvs_csv_image(const struct nvs_csv *t, const struct nvs_values *values,
			  enum nvs_version version, uint32_t size_bytes, uint8_t *image,
			  struct nvs_result *result, struct err *err)
{
	struct nvs_entry *entries = nvs_copy_entries(t);
	uint8_t **bytes = calloc(t->count + 1, sizeof(*bytes));
	struct nvs_content content = { entries, t->count, version };
	struct err why = { 0 };
	enum status st;

	*result = (struct nvs_result){ .entry = t->count, .first = t->count };
	if (!entries || !bytes) {
		st = err_set(err, STATUS_NO_MEMORY, "%s: no memory", t->csv->file);
	} else {
		st = fill_items(t, values, entries, bytes, err);
		if (!st) {
			st = nvs_image(&content, size_bytes, image, result, &why);
			if (st)
				err_at(nvs_find_fault(t, result, &why), &why, err);
		}
	}
	for (size_t i = 0; bytes && i < t->count; i++) {
		if (bytes[i] && entries[i].data)
			secret_wipe(bytes[i], entries[i].size);
		free(bytes[i]);
	}
	free(bytes);
	free(entries);
	return st;
}
