/* Reading and checking; nvs_csv_image.c makes values and images. */
#include "recipes/nvs/nvs_csv_inside.h"
#include "recipes/nvs/nvs_names.h"

#include <stdlib.h>
#include <string.h>

static const char *const column_names[NVS_COLUMN_COUNT] = { "key", "type", "encoding", "value" };

/* ---- reading the rows ---- */

static bool find_columns(struct nvs_csv *t, const struct csv_row *head, struct diag_list *diags)
{
	size_t found = 0;

	for (unsigned c = 0; c < NVS_COLUMN_COUNT; c++) {
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
				   "column '%s' %s: expected the first line "
				   "key,type,encoding,value",
				   column_names[c], times ? "is there twice" : "is missing");
	}
	return found == NVS_COLUMN_COUNT;
}

/* Cells are not shown: a value may stand in the wrong column. */
static bool read_type(struct nvs_csv *t, struct nvs_item *item, struct diag_list *diags)
{
	const struct csv_row *row = item->row;
	const char *type = nvs_text_of(t, row, NVS_TYPE);

	if (strcmp(type, "namespace") == 0) {
		item->entry.type = NVS_NAMESPACE;
		return true;
	}
	item->is_file = strcmp(type, "file") == 0;
	if (!item->is_file && strcmp(type, "data") != 0) {
		diag_error(diags, nvs_place_of(t, row, NVS_TYPE),
			   "unknown type: expected namespace, data or file, without blanks");
		return false;
	}
	if (!nvs_encoding_by_name(nvs_text_of(t, row, NVS_ENCODING), &item->encoding)) {
		diag_error(
			diags, nvs_place_of(t, row, NVS_ENCODING),
			"unknown encoding: expected u8, i8, u16, i16, u32, i32, u64, i64, string, "
			"hex2bin, base64, binary, blob_fill(N;0xBB) or blob_sz_fill(N;0xBB), "
			"without blanks");
		return false;
	}
	item->entry.type = item->encoding.type;
	if (row->count > t->columns[NVS_VALUE])
		return true;
	diag_error(diags, nvs_place_of(t, row, NVS_VALUE), "the row has no value");
	return false;
}

static enum status read_row(struct nvs_csv *t, const struct csv_row *head,
			    const struct csv_row *row, struct diag_list *diags, struct err *err)
{
	struct nvs_item *item = &t->items[t->count];
	struct nvs_piece piece;
	struct err why = { 0 };
	enum status st;

	*item = (struct nvs_item){ .row = row, .entry.key = nvs_text_of(t, row, NVS_KEY) };
	if (row->count > head->count) {
		diag_error(diags, csv_place(t->csv, row, head->count),
			   "the row has %zu cells, the first line %zu: a value with commas goes in "
			   "'\"'",
			   row->count, head->count);
		return STATUS_OK;
	}
	if (nvs_unknown_name(item->entry.key, NULL, &piece)) {
		diag_error(diags, nvs_place_of(t, row, NVS_KEY),
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
	item->has_names = nvs_unknown_name(nvs_text_of(t, row, NVS_VALUE), NULL, &piece);
	if (item->has_names)
		return STATUS_OK;
	st = nvs_make_value(t, item, NULL, &item->entry, &item->bytes, &why);
	if (st == STATUS_NO_MEMORY)
		return err_set(err, st, "%s: %s", t->csv->file, why.text);
	if (st)
		diag_error(diags, nvs_place_of(t, row, NVS_VALUE), "%s", why.text);
	return STATUS_OK;
}

static enum status check_keys(const struct nvs_csv *t, struct diag_list *diags, struct err *err)
{
	struct nvs_content content = { .entries = nvs_copy_entries(t), .count = t->count };
	struct nvs_result result;
	struct err why = { 0 };
	enum status st;

	if (!content.entries)
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory", t->csv->file);
	st = nvs_check_keys(&content, &result, &why);
	if (st == STATUS_NO_MEMORY) {
		err_set(err, st, "%s: %s", t->csv->file, why.text);
	} else if (st) {
		struct place at = nvs_find_fault(t, &result, &why);

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
