#include "recipes/nvs_csv.h"

#include "recipes/csv.h"
#include "recipes/nvs_encoding.h"
#include "recipes/nvs_names.h"
#include "recipes/read_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_FILE_MAX (2 * NVS_BLOB_MAX + 4096) /* the largest blob as hexadecimal digits */
#define MESSAGE_BYTES 400                        /* of an error, before its place */

enum column { KEY, TYPE, ENCODING, VALUE };
#define COLUMN_COUNT 4
static const char *const column_names[COLUMN_COUNT] = { "key", "type", "encoding", "value" };

struct item { /* a row */
	const struct csv_row *row;
	struct nvs_encoding encoding;
	bool is_file;
	bool has_names; /* its value is made for each unit */
	struct nvs_entry entry;
	uint8_t *bytes; /* what entry lends; NULL with names */
};

struct nvs_csv {
	struct csv *csv;
	char *folder; /* "" or ending with '/' */
	size_t columns[COLUMN_COUNT];
	struct item *items;
	size_t count, namespaces;
};

static struct place place_of(const struct nvs_csv *t, const struct csv_row *row, enum column c)
{
	return csv_place(t->csv, row, t->columns[c]);
}

static const char *text_of(const struct nvs_csv *t, const struct csv_row *row, enum column c)
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
static enum status make_value(const struct nvs_csv *t, const struct item *item,
			      const struct nvs_values *values, struct nvs_entry *e, uint8_t **bytes,
			      struct err *err)
{
	const char *text = text_of(t, item->row, VALUE);
	uint8_t *name = NULL;
	struct err why = { 0 };
	enum status st;
	size_t size;

	st = nvs_fill_in(text, values, item->is_file, bytes, &size, &why);
	if (!st && item->is_file) {
		name = *bytes;
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

/* ---- reading the rows ---- */

static bool find_columns(struct nvs_csv *t, const struct csv_row *head, struct diag_list *diags)
{
	size_t found = 0;

	for (unsigned c = 0; c < COLUMN_COUNT; c++) {
		size_t times = 0;

		for (size_t i = 0; i < head->count; i++) {
			if (strcmp(head->cells[i].text, column_names[c]) != 0)
				continue;
			t->columns[c] = i;
			times++;
		}
		found += times == 1;
		if (times != 1)
			diag_error(diags, (struct place){ t->csv->file, head->line, 1 },
				   "column '%s' is there %zu times: expected the first line "
				   "key,type,encoding,value",
				   column_names[c], times);
	}
	return found == COLUMN_COUNT;
}

/* Cells are not shown: a value may stand in the wrong column. */
static bool read_type(struct nvs_csv *t, struct item *item, struct diag_list *diags)
{
	const struct csv_row *row = item->row;
	const char *type = text_of(t, row, TYPE);

	if (strcmp(type, "namespace") == 0) {
		item->entry.type = NVS_NAMESPACE;
		return true;
	}
	item->is_file = strcmp(type, "file") == 0;
	if (!item->is_file && strcmp(type, "data") != 0) {
		diag_error(diags, place_of(t, row, TYPE),
			   "unknown type: expected namespace, data or file, without blanks");
		return false;
	}
	if (!nvs_encoding_by_name(text_of(t, row, ENCODING), &item->encoding)) {
		diag_error(
			diags, place_of(t, row, ENCODING),
			"unknown encoding: expected u8, i8, u16, i16, u32, i32, u64, i64, string, "
			"hex2bin, base64, binary, blob_fill(N;0xBB) or blob_sz_fill(N;0xBB), "
			"without blanks");
		return false;
	}
	item->entry.type = item->encoding.type;
	if (row->count > t->columns[VALUE])
		return true;
	diag_error(diags, place_of(t, row, VALUE), "the row has no value");
	return false;
}

static enum status read_row(struct nvs_csv *t, const struct csv_row *head,
			    const struct csv_row *row, struct diag_list *diags, struct err *err)
{
	struct item *item = &t->items[t->count];
	struct nvs_piece piece;
	struct err why = { 0 };
	enum status st;

	*item = (struct item){ .row = row, .entry.key = text_of(t, row, KEY) };
	if (row->count > head->count) {
		diag_error(diags, csv_place(t->csv, row, head->count),
			   "the row has %zu cells, the first line %zu: a value with commas goes in "
			   "'\"'",
			   row->count, head->count);
		return STATUS_OK;
	}
	if (nvs_unknown_name(item->entry.key, NULL, &piece)) {
		diag_error(diags, place_of(t, row, KEY),
			   "{%.*s} in a key: only values and file names are filled in",
			   (int)piece.size, piece.text);
		return STATUS_OK;
	}
	if (!read_type(t, item, diags))
		return STATUS_OK;
	t->count++;
	t->namespaces += item->entry.type == NVS_NAMESPACE;
	if (item->entry.type == NVS_NAMESPACE)
		return STATUS_OK;
	item->has_names = nvs_unknown_name(text_of(t, row, VALUE), NULL, &piece);
	if (item->has_names)
		return STATUS_OK;
	st = make_value(t, item, NULL, &item->entry, &item->bytes, &why);
	if (st == STATUS_NO_MEMORY)
		return err_set(err, st, "%s: %s", t->csv->file, why.text);
	if (st)
		diag_error(diags, place_of(t, row, VALUE), "%s", why.text);
	return STATUS_OK;
}

static struct nvs_entry *copy_entries(const struct nvs_csv *t)
{
	struct nvs_entry *entries = calloc(t->count + 1, sizeof(*entries));

	for (size_t i = 0; entries && i < t->count; i++)
		entries[i] = t->items[i].entry;
	return entries;
}

/* What is wrong with an entry, at its place. */
static struct place find_fault(const struct nvs_csv *t, const struct nvs_result *result,
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
	return place_of(t, t->items[result->entry].row, result->is_key ? KEY : VALUE);
}

static enum status check_keys(const struct nvs_csv *t, struct diag_list *diags, struct err *err)
{
	struct nvs_content content = { .entries = copy_entries(t), .count = t->count };
	struct nvs_result result;
	struct err why = { 0 };
	enum status st;

	if (!content.entries)
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory", t->csv->file);
	st = nvs_check_keys(&content, &result, &why);
	if (st == STATUS_NO_MEMORY) {
		err_set(err, st, "%s: %s", t->csv->file, why.text);
	} else if (st) {
		struct place at = find_fault(t, &result, &why);

		diag_error(diags, at, "%s", why.text);
	}
	free((void *)content.entries);
	return st == STATUS_NO_MEMORY ? st : STATUS_OK;
}

static enum status read_rows(struct nvs_csv *t, struct diag_list *diags, struct err *err)
{
	const struct csv *csv = t->csv;
	size_t errors = diags->error_count;

	if (!csv->count) {
		diag_error(diags, (struct place){ csv->file, 0, 0 },
			   "nothing in it: expected the first line key,type,encoding,value");
	} else if (find_columns(t, csv->rows, diags)) {
		t->items = calloc(csv->count, sizeof(*t->items));
		if (!t->items)
			return err_set(err, STATUS_NO_MEMORY, "%s: no memory", csv->file);
		for (size_t i = 1; i < csv->count; i++)
			TRY(read_row(t, csv->rows, &csv->rows[i], diags, err));
		/* A row that was left out would make its neighbours look wrong. */
		if (diags->error_count == errors)
			TRY(check_keys(t, diags, err));
	}
	if (diags->error_count == errors)
		return STATUS_OK;
	return err_set(err, STATUS_RECIPE, "%s: %zu errors", csv->file,
		       diags->error_count - errors);
}

/* Takes csv over, also on failure. */
static enum status read_csv(struct csv *csv, const char *folder, size_t folder_size,
			    struct nvs_csv **out, struct diag_list *diags, struct err *err)
{
	struct nvs_csv *t = calloc(1, sizeof(*t));
	char *copy = strndup(folder, folder_size);
	enum status st;

	if (!t || !copy) {
		free(t);
		free(copy);
		csv_free(csv);
		return err_set(err, STATUS_NO_MEMORY, "no memory");
	}
	t->csv = csv;
	t->folder = copy;
	st = read_rows(t, diags, err);
	if (st) {
		nvs_csv_free(t);
		return st;
	}
	*out = t;
	return STATUS_OK;
}

enum status nvs_csv_read_file(const char *path, struct nvs_csv **out, struct diag_list *diags,
			      struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct csv *csv;

	*out = NULL;
	TRY(csv_read_file(path, &csv, diags, err));
	return read_csv(csv, path, slash ? (size_t)(slash - path) + 1 : 0, out, diags, err);
}

enum status nvs_csv_read_text(const char *name, const char *folder, const char *text, size_t size,
			      struct nvs_csv **out, struct diag_list *diags, struct err *err)
{
	struct csv *csv;

	*out = NULL;
	TRY(csv_read_text(name, text, size, &csv, diags, err));
	return read_csv(csv, folder, strlen(folder), out, diags, err);
}

void nvs_csv_free(struct nvs_csv *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		free(t->items[i].bytes);
	free(t->items);
	free(t->folder);
	csv_free(t->csv);
	free(t);
}

size_t nvs_csv_keys(const struct nvs_csv *t)
{
	return t->count - t->namespaces;
}

size_t nvs_csv_namespaces(const struct nvs_csv *t)
{
	return t->namespaces;
}

/* ---- names ---- */

bool nvs_csv_has_name(const struct nvs_csv *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++) {
		const char *at = text_of(t, t->items[i].row, VALUE);
		struct nvs_piece piece;

		while (t->items[i].has_names && nvs_next_piece(&at, &piece))
			if (piece.is_name && piece.size == strlen(name) &&
			    memcmp(piece.text, name, piece.size) == 0)
				return true;
	}
	return false;
}

enum status nvs_csv_check_names(const struct nvs_csv *t, const struct nvs_values *values,
				struct diag_list *diags)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < t->count; i++) {
		const struct csv_row *row = t->items[i].row;
		struct nvs_piece piece;

		if (!t->items[i].has_names ||
		    !nvs_unknown_name(text_of(t, row, VALUE), values, &piece))
			continue;
		diag_error(diags, place_of(t, row, VALUE),
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
		const struct item *item = &t->items[i];
		struct place at = place_of(t, item->row, VALUE);
		struct nvs_piece piece;
		struct err why = { 0 };

		if (!item->has_names)
			continue;
		if (nvs_unknown_name(text_of(t, item->row, VALUE), values, &piece)) {
			err_set(&why, STATUS_RECIPE, "key '%s': nothing is known for {%.*s}",
				item->entry.key, (int)piece.size, piece.text);
			return err_at(at, &why, err);
		}
		if (make_value(t, item, values, &entries[i], &bytes[i], &why))
			return err_at(at, &why, err);
	}
	return STATUS_OK;
}

enum status nvs_csv_image(const struct nvs_csv *t, const struct nvs_values *values,
			  enum nvs_version version, uint32_t size_bytes, uint8_t *image,
			  struct nvs_result *result, struct err *err)
{
	struct nvs_entry *entries = copy_entries(t);
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
				err_at(find_fault(t, result, &why), &why, err);
		}
	}
	for (size_t i = 0; bytes && i < t->count; i++)
		free(bytes[i]);
	free(bytes);
	free(entries);
	return st;
}
