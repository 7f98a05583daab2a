#include "recipes/unit_values.h"

#include "engine/base/secret.h"
#include "recipes/csv.h"
#include "recipes/utf8.h"

#include <stdlib.h>
#include <string.h>

struct key_row {
	const char *key;
	size_t row;
};

struct key_list { /* sorted by key */
	struct key_row *items;
	size_t count;
};

struct unit_values {
	struct csv *csv; /* secret cells of it are wiped */
	size_t rows, columns;
	bool *is_secret;         /* of each column */
	struct secret **secrets; /* rows * columns; NULL where the column is none */
	char (*macs)[MAC_TEXT_BYTES];
	size_t serial_column; /* columns: none */
	struct key_list by_mac, by_serial;
};

/* ---- texts ---- */

bool unit_mac_parse(const char *text, char mac[static MAC_TEXT_BYTES])
{
	char digits[2 * MAC_BYTES + 1];
	uint8_t bytes[MAC_BYTES];
	size_t count = 0;
	char separator = text[0] && text[1] ? text[2] : '\0';
	bool is_parted = separator == ':' || separator == '-';

	for (const char *c = text; *c; c++) {
		if (is_parted && (size_t)(c - text) % 3 == 2) {
			if (*c != separator || !c[1])
				return false;
			continue;
		}
		if (count == sizeof(digits) - 1)
			return false;
		digits[count++] = *c;
	}
	digits[count] = '\0';
	if (!hex_bytes(digits, bytes, MAC_BYTES))
		return false;
	mac_text(bytes, mac);
	return true;
}

const char *unit_serial_fault(const char *serial)
{
	if (!serial[0])
		return "it is empty";
	for (const char *c = serial; *c; c++) {
		if (utf8_control((const uint8_t *)c))
			return "a control character stands in it";
	}
	if (serial[0] == ' ' || serial[strlen(serial) - 1] == ' ')
		return "it begins or ends with a blank";
	return strlen(serial) > UNIT_SERIAL_MAX ? "it has more than 80 bytes" : NULL;
}

/* ---- columns ---- */

static const struct csv_row *head_of(const struct unit_values *v)
{
	return &v->csv->rows[0];
}

static const struct csv_row *row_of(const struct unit_values *v, size_t row)
{
	return &v->csv->rows[row + 1];
}

/* v->columns when there is none. */
static size_t find_column(const struct unit_values *v, const char *name)
{
	size_t i = 0;

	while (i < v->columns && strcmp(csv_text(head_of(v), i), name) != 0)
		i++;
	return i;
}

static size_t need_column(const struct unit_values *v, const struct unit_values_wish *wish,
			  const char *name, struct diag_list *diags)
{
	size_t column = find_column(v, name);

	if (column == v->columns)
		diag_error(diags, wish->at, "%s has no column '%s': its first line names them",
			   wish->name, name);
	return column;
}

static void check_head(const struct unit_values *v, struct diag_list *diags)
{
	const struct csv_row *head = head_of(v);

	for (size_t i = 0; i < v->columns; i++) {
		size_t first = find_column(v, csv_text(head, i));

		if (!csv_text(head, i)[0])
			diag_error(diags, csv_place(v->csv, head, i),
				   "the column has no name: expected one in the first line");
		else if (first != i)
			diag_error(diags, csv_place(v->csv, head, i),
				   "column '%s' is there twice: the first is column %zu",
				   csv_text(head, i), first + 1);
	}
}

static void check_lengths(const struct unit_values *v, struct diag_list *diags)
{
	for (size_t i = 0; i < v->rows; i++) {
		const struct csv_row *row = row_of(v, i);

		if (row->count != v->columns)
			diag_error(diags, unit_values_place(v, i),
				   "the row has %zu cells, the first line %zu: a value with commas "
				   "goes in '\"'",
				   row->count, v->columns);
	}
}

/* ---- keys ---- */

static int by_key(const void *a, const void *b)
{
	const struct key_row *left = a, *right = b;
	int order = strcmp(left->key, right->key);

	return order ? order : (left->row > right->row) - (left->row < right->row);
}

/* No message shows a cell that is no MAC: in a table whose columns are shifted it may be a secret.
 */
static void sort_keys(const struct unit_values *v, struct key_list *list, size_t column,
		      struct diag_list *diags)
{
	qsort(list->items, list->count, sizeof(*list->items), by_key);
	for (size_t i = 1; i < list->count; i++) {
		const struct key_row *k = &list->items[i];

		if (strcmp(k->key, k[-1].key) == 0)
			diag_error(diags, csv_place(v->csv, row_of(v, k->row), column),
				   "%s stands in line %u already: each unit has one row",
				   list == &v->by_mac ? k->key : "this number",
				   row_of(v, k[-1].row)->line);
	}
}

static enum status no_memory(const struct unit_values_wish *wish, struct err *err)
{
	return err_set(err, STATUS_NO_MEMORY, "%s: no memory", wish->name);
}

static enum status take_macs(struct unit_values *v, const struct unit_values_wish *wish,
			     struct diag_list *diags, struct err *err)
{
	size_t column;

	if (!wish->mac_column)
		return STATUS_OK;
	column = need_column(v, wish, wish->mac_column, diags);
	v->macs = calloc(v->rows + 1, sizeof(*v->macs));
	v->by_mac.items = calloc(v->rows + 1, sizeof(*v->by_mac.items));
	if (!v->macs || !v->by_mac.items)
		return no_memory(wish, err);
	for (size_t i = 0; i < v->rows && column < v->columns; i++) {
		const char *text = csv_text(row_of(v, i), column);

		if (unit_mac_parse(text, v->macs[i]))
			v->by_mac.items[v->by_mac.count++] = (struct key_row){ v->macs[i], i };
		else if (text[0] || !wish->may_lack_mac)
			diag_error(diags, csv_place(v->csv, row_of(v, i), column),
				   "this is no MAC: expected one such as 24:0a:c4:00:01:10");
	}
	sort_keys(v, &v->by_mac, column, diags);
	return STATUS_OK;
}

static enum status take_serials(struct unit_values *v, const struct unit_values_wish *wish,
				struct diag_list *diags, struct err *err)
{
	v->serial_column = v->columns;
	if (!wish->serial_column)
		return STATUS_OK;
	v->serial_column = need_column(v, wish, wish->serial_column, diags);
	v->by_serial.items = calloc(v->rows + 1, sizeof(*v->by_serial.items));
	if (!v->by_serial.items)
		return no_memory(wish, err);
	for (size_t i = 0; i < v->rows && v->serial_column < v->columns; i++) {
		const char *text = csv_text(row_of(v, i), v->serial_column);
		const char *fault = unit_serial_fault(text);

		if (fault)
			diag_error(diags, csv_place(v->csv, row_of(v, i), v->serial_column),
				   "this is no serial number: %s", fault);
		else
			v->by_serial.items[v->by_serial.count++] = (struct key_row){ text, i };
	}
	sort_keys(v, &v->by_serial, v->serial_column, diags);
	return STATUS_OK;
}

/* ---- secrets ---- */

static void mark_secrets(struct unit_values *v, const struct unit_values_wish *wish,
			 struct diag_list *diags)
{
	for (size_t i = 0; i < wish->secret_count; i++) {
		size_t column = need_column(v, wish, wish->secret[i], diags);

		if ((wish->mac_column && strcmp(wish->secret[i], wish->mac_column) == 0) ||
		    (wish->serial_column && strcmp(wish->secret[i], wish->serial_column) == 0))
			diag_error(diags, wish->at,
				   "column '%s' is secret, and rows are found by it: records name "
				   "what a unit is found by",
				   wish->secret[i]);
		else if (column < v->columns)
			v->is_secret[column] = true;
	}
}

/* Each out of the table, into a memory of its own. */
static enum status take_secrets(struct unit_values *v, const struct unit_values_wish *wish,
				struct err *err)
{
	for (size_t i = 0; i < v->rows * v->columns; i++) {
		const struct csv_row *row = row_of(v, i / v->columns);
		size_t column = i % v->columns, size;

		if (!v->is_secret[column] || column >= row->count)
			continue;
		size = strlen(csv_text(row, column));
		v->secrets[i] = secret_new(csv_text(row, column), size);
		if (!v->secrets[i])
			return no_memory(wish, err);
		csv_wipe_cell(v->csv, row, column);
	}
	return STATUS_OK;
}

/* ---- reading ---- */

static enum status take_columns(struct unit_values *v, const struct unit_values_wish *wish,
				struct diag_list *diags, struct err *err)
{
	v->columns = head_of(v)->count;
	v->rows = v->csv->count - 1;
	if (v->columns > UNIT_COLUMNS_MAX) {
		diag_error(diags, csv_place(v->csv, head_of(v), UNIT_COLUMNS_MAX),
			   "%zu columns: expected %d at most", v->columns, UNIT_COLUMNS_MAX);
		return STATUS_OK;
	}
	v->is_secret = calloc(v->columns, sizeof(*v->is_secret));
	v->secrets = calloc(v->rows * v->columns + 1, sizeof(struct secret *));
	if (!v->is_secret || !v->secrets)
		return no_memory(wish, err);
	check_head(v, diags);
	mark_secrets(v, wish, diags);
	TRY(take_secrets(v, wish, err));
	check_lengths(v, diags);
	TRY(take_macs(v, wish, diags, err));
	return take_serials(v, wish, diags, err);
}

/* Takes csv over, also on failure. */
static enum status read_csv(struct csv *csv, const struct unit_values_wish *wish,
			    struct unit_values **out, struct diag_list *diags, struct err *err)
{
	struct unit_values *v = calloc(1, sizeof(*v));
	size_t errors = diags->error_count;
	enum status st = STATUS_OK;

	if (!v) {
		csv_free(csv);
		return no_memory(wish, err);
	}
	v->csv = csv;
	if (csv->count)
		st = take_columns(v, wish, diags, err);
	else
		diag_error(diags, (struct place){ csv->file, 0, 0 },
			   "nothing in it: expected a first line with the columns' names");
	if (!st && diags->error_count > errors)
		st = err_set(err, STATUS_RECIPE, "%s: %zu errors", wish->name,
			     diags->error_count - errors);
	if (st) {
		unit_values_free(v);
		return st;
	}
	*out = v;
	return STATUS_OK;
}

enum status unit_values_read_file(const char *path, const struct unit_values_wish *wish,
				  struct unit_values **out, struct diag_list *diags,
				  struct err *err)
{
	struct csv *csv;

	*out = NULL;
	TRY(csv_read_file(path, &csv, diags, err));
	return read_csv(csv, wish, out, diags, err);
}

enum status unit_values_read_text(const char *text, size_t size,
				  const struct unit_values_wish *wish, struct unit_values **out,
				  struct diag_list *diags, struct err *err)
{
	struct csv *csv;

	*out = NULL;
	TRY(csv_read_text(wish->name, text, size, &csv, diags, err));
	return read_csv(csv, wish, out, diags, err);
}

void unit_values_free(struct unit_values *v)
{
	if (!v)
		return;
	for (size_t i = 0; v->secrets && i < v->rows * v->columns; i++)
		secret_free(v->secrets[i]);
	free(v->secrets);
	free(v->is_secret);
	free(v->macs);
	free(v->by_mac.items);
	free(v->by_serial.items);
	csv_free(v->csv);
	free(v);
}

/* ---- looking into it ---- */

size_t unit_values_rows(const struct unit_values *v)
{
	return v->rows;
}

struct place unit_values_place(const struct unit_values *v, size_t row)
{
	return csv_place(v->csv, row_of(v, row), 0);
}

const char *unit_values_mac(const struct unit_values *v, size_t row)
{
	return v->macs ? v->macs[row] : "";
}

const char *unit_values_serial(const struct unit_values *v, size_t row)
{
	return v->serial_column < v->columns ? csv_text(row_of(v, row), v->serial_column) : "";
}

static bool find(const struct key_list *list, const char *key, size_t *row)
{
	size_t from = 0, to = list->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = strcmp(key, list->items[middle].key);

		if (order == 0) {
			*row = list->items[middle].row;
			return true;
		}
		from = order > 0 ? middle + 1 : from;
		to = order < 0 ? middle : to;
	}
	return false;
}

bool unit_values_by_mac(const struct unit_values *v, const char *mac, size_t *row)
{
	return find(&v->by_mac, mac, row);
}

bool unit_values_by_serial(const struct unit_values *v, const char *serial, size_t *row)
{
	return find(&v->by_serial, serial, row);
}

size_t unit_values_columns(const struct unit_values *v)
{
	return v->columns;
}

const char *unit_values_column(const struct unit_values *v, size_t column)
{
	return csv_text(head_of(v), column);
}

bool unit_values_is_secret(const struct unit_values *v, size_t column)
{
	return v->is_secret[column];
}

void unit_values_fill(const struct unit_values *v, size_t row,
		      struct nvs_value items[static UNIT_COLUMNS_MAX])
{
	for (size_t i = 0; i < v->columns; i++) {
		const struct secret *secret = v->secrets[row * v->columns + i];

		items[i].name = unit_values_column(v, i);
		items[i].value = secret ? secret_text(secret) : csv_text(row_of(v, row), i);
	}
}
