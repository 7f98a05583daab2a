/* What a recipe's data: says, taken and checked. */
#include "recipes/unit_data_inside.h"

#include "engine/base/secret.h"
#include "recipes/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct schema_row secret_row = {
	.key = "secret", .kind = SCHEMA_TEXT, .min = 1, .max = 80,
};
const struct schema_row unit_data_rows[] = {
	{ .key = "partition", .kind = SCHEMA_TEXT,    .is_required = true, .min = 1, .max = 16 },
	{ .key = "template",  .kind = SCHEMA_TEXT,    .is_required = true, .min = 1, .max = 1000 },
	{ .key = "values",    .kind = SCHEMA_TEXT,    .min = 1, .max = 1000 },
	{ .key = "key",       .kind = SCHEMA_CHOICE,  .choices = unit_key_words },
	{ .key = "secret",    .kind = SCHEMA_LIST,    .takes_one = true, .min = 1, .max = UNIT_COLUMNS_MAX, .item = &secret_row },
	{ .key = "version",   .kind = SCHEMA_INTEGER, .min = 1, .max = 2 },
	{ .key = NULL },
};
/* clang-format on */

/* A column of the values file whose cells go there, and which 'secret' does not name; NULL none. */
static const char *open_column(const struct unit_part *p, const char *text)
{
	for (size_t i = 0; p->values && i < unit_values_columns(p->values); i++) {
		const char *name = unit_values_column(p->values, i);

		if (!unit_values_is_secret(p->values, i) && !unit_data_is_fixed(name) &&
		    nvs_text_has_name(text, name))
			return name;
	}
	return NULL;
}

/* ---- checks ---- */

struct taking {
	const struct inspection *in;
	const char *path; /* the recipe's */
	struct diag_list *diags;
	struct unit_data *data;
};

static enum status no_memory(const struct taking *t, struct err *err)
{
	return err_set(err, STATUS_NO_MEMORY, "%s: no memory for the units' data", t->path);
}

static const struct yaml_node *good(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = yaml_find(map, key);

	return node && !node->is_bad ? node : NULL;
}

static struct place place_of(const struct taking *t, const struct yaml_node *node)
{
	return yaml_place(t->in->recipe->yaml, node);
}

static void check_place(const struct taking *t, const struct unit_part *p, struct place at)
{
	for (const struct unit_part *q = t->data->parts; q < p; q++)
		if (q->addr == p->addr && q->size_bytes)
			diag_error(t->diags, at, "partition '%s' is filled twice", p->partition);
	for (size_t i = 0; i < t->in->count; i++) {
		const struct firmware *f = &t->in->images[i];
		uint32_t end = p->addr + p->size_bytes;

		if (!f->is_placed || f->addr >= end ||
		    (firmware_end(f) + FLASH_SECTOR_BYTES - 1) / FLASH_SECTOR_BYTES *
				    FLASH_SECTOR_BYTES <=
			    p->addr)
			continue;
		diag_error(
			t->diags, at,
			"partition '%s' (0x%x to 0x%x) is each unit's own, and %s (0x%x to 0x%x) "
			"covers it: leave that part out ('flashline import' splits a merged "
			"file)",
			p->partition, p->addr, end, f->recipe->file, f->addr, firmware_end(f));
	}
}

static const char *partition_fault(const struct partition *row)
{
	if (row->type != PARTITION_DATA || row->subtype != PARTITION_NVS)
		return "is not of type data, nvs: expected one that is";
	if (row->flags & PARTITION_ENCRYPTED)
		return "is marked 'encrypted': images are made for partitions that are not";
	if (row->size_bytes > NVS_SIZE_MAX)
		return "has more than 16 MB: expected less";
	return NULL;
}

static void warn_of_keys(const struct taking *t, struct place at)
{
	const struct partition_table *table = &t->in->table;

	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].type == PARTITION_DATA &&
		    table->rows[i].subtype == PARTITION_NVS_KEYS)
			diag_warning(t->diags, at,
				     "the partition table has '%s' of type nvs_keys: firmware that "
				     "encrypts its NVS cannot read what is written here in clear",
				     table->rows[i].name);
}

static void take_partition(const struct taking *t, struct unit_part *p,
			   const struct yaml_node *node)
{
	struct place at = place_of(t, node);
	const struct partition *row;
	const char *fault;

	if (!t->in->has_table) {
		if (!t->in->table_failed)
			diag_error(t->diags, at,
				   "'partition' is '%s', but no image here holds a partition table",
				   node->text);
		return;
	}
	row = partition_named(&t->in->table, node->text);
	if (!row) {
		diag_error(t->diags, at, "the partition table has no '%s'", node->text);
		return;
	}
	fault = partition_fault(row);
	if (fault) {
		diag_error(t->diags, at, "partition '%s' %s", node->text, fault);
		return;
	}
	p->addr = row->addr;
	p->size_bytes = row->size_bytes;
	if (p->size_bytes < NVS_SIZE_MIN && !(row->flags & PARTITION_READONLY))
		diag_warning(t->diags, at,
			     "partition '%s' has less than 0x%x bytes: it has to be marked "
			     "'readonly' in the partition table",
			     node->text, NVS_SIZE_MIN);
	check_place(t, p, at);
	warn_of_keys(t, at);
}

/* Every name of the template is one of the unit's, or a column. */
static void check_names(const struct taking *t, const struct unit_part *p)
{
	static const struct unit_id all = { "00:00:00:00:00:01", "1", "BATCH" };
	struct unit_value_set set;

	unit_data_collect(p, &all, SIZE_MAX, &set);
	for (size_t i = 0; p->values && i < unit_values_columns(p->values); i++)
		if (!unit_data_is_fixed(unit_values_column(p->values, i)))
			set.items[set.count++] =
				(struct nvs_value){ unit_values_column(p->values, i), "" };
	nvs_csv_check_names(p->template, &(struct nvs_values){ set.items, set.count }, t->diags);
}

static void take_needs(const struct taking *t, struct unit_part *p)
{
	struct nvs_csv_line line;

	p->needs_serial = p->key == UNIT_KEY_SERIAL || nvs_csv_has_name(p->template, "serial");
	p->needs_mac = p->key == UNIT_KEY_MAC || nvs_csv_has_name(p->template, "mac") ||
		       nvs_csv_has_name(p->template, "mac_hex");
	p->needs_batch = nvs_csv_has_name(p->template, "batch");
	for (size_t i = 0; nvs_csv_line(p->template, i, &line); i++) {
		const char *column = open_column(p, line.value);

		if (unit_data_names_secret(p, line.value))
			p->is_secret = true;
		if (column && !line.is_namespace && unit_data_looks_secret(line.key))
			diag_warning(t->diags, line.at,
				     "key '%s' looks like a secret, and column '%s' is none: it is "
				     "shown and recorded; put it into 'secret'",
				     line.key, column);
		if (!unit_data_is_literal_secret(&line))
			continue;
		p->is_secret = true;
		secret_guard_process();
		diag_warning(
			t->diags, line.at,
			"key '%s' looks like a secret, and its value stands in the template: "
			"every unit gets the same, and whoever has the recipe's files reads it; "
			"put it into a column of the values file that 'secret' names",
			line.key);
	}
}

/* All rows, so that none of them fails at the line. */
static enum status try_rows(const struct taking *t, const struct unit_part *p, struct place at,
			    struct err *err)
{
	size_t rows = p->values ? unit_values_rows(p->values) : 1;

	for (size_t i = 0; i < rows; i++) {
		struct unit_example e = unit_data_example(p, &t->in->serial, i);
		struct err why = { 0 };
		enum status st;

		e.unit.serial = e.serial;
		st = unit_data_image_of_row(p, &e.unit, e.row, NULL, &why);
		if (st == STATUS_NO_MEMORY)
			return no_memory(t, err);
		if (st)
			diag_error(t->diags, p->values ? unit_values_place(p->values, i) : at,
				   "%s%s",
				   p->values ? "this row does not go into the template: " : "",
				   why.text);
	}
	if (!rows)
		diag_warning(t->diags, at, "%s has no row yet: no unit can be flashed",
			     p->values_name);
	return STATUS_OK;
}

static enum status measure(const struct taking *t, struct unit_part *p, struct err *err)
{
	struct unit_example e = unit_data_example(p, &t->in->serial, 0);
	uint8_t *image = malloc(p->size_bytes), *packed = NULL;
	struct err why = { 0 };
	enum status st;

	if (!image)
		return no_memory(t, err);
	e.unit.serial = e.serial;
	p->usual_packed_bytes = p->size_bytes;
	st = unit_data_image_of_row(p, &e.unit, e.row, image, &why);
	if (!st)
		st = pack_part(image, p->size_bytes, &packed, &p->usual_packed_bytes, &why);
	if (!packed)
		p->usual_packed_bytes = p->size_bytes;
	else
		secret_wipe(packed, p->usual_packed_bytes);
	secret_wipe(image, p->size_bytes);
	free(packed);
	free(image);
	return st == STATUS_NO_MEMORY ? no_memory(t, err) : STATUS_OK;
}

/* ---- taking what the recipe says ---- */

static enum status take_template(const struct taking *t, struct unit_part *p,
				 const struct yaml_node *node, struct err *err)
{
	char *path = recipe_join_path(t->path, node->text);
	enum status st;

	p->template_name = strdup(node->text);
	if (!path || !p->template_name) {
		free(path);
		return no_memory(t, err);
	}
	st = nvs_csv_read_file(path, &p->template, t->diags, err);
	free(path);
	return st == STATUS_NO_MEMORY ? st : STATUS_OK;
}

static enum status take_values(const struct taking *t, struct unit_part *p,
			       const struct yaml_node *entry, struct err *err)
{
	const struct yaml_node *file = good(entry, "values"), *key = good(entry, "key");
	const struct yaml_node *secret = good(entry, "secret");
	const char *secrets[UNIT_COLUMNS_MAX];
	struct unit_values_wish wish = { .secret = secrets };
	enum status st;
	char *path;

	if (!file || !key) {
		if (file && !yaml_find(entry, "key"))
			diag_error(t->diags, place_of(t, file),
				   "'values' needs 'key': mac or serial, the column by which a "
				   "unit's row is found");
		else if (!yaml_find(entry, "values") && (key || secret))
			diag_error(t->diags, place_of(t, key ? key : secret),
				   "'%s' is about the file that 'values' names, and there is none",
				   key ? "key" : "secret");
		return STATUS_OK;
	}
	p->key = (enum unit_key)(UNIT_KEY_MAC + key->choice);
	p->values_name = strdup(file->text);
	path = recipe_join_path(t->path, file->text);
	if (!p->values_name || !path) {
		free(path);
		return no_memory(t, err);
	}
	for (size_t i = 0; secret && i < yaml_text_count(secret); i++)
		secrets[wish.secret_count++] = yaml_text_at(secret, i);
	if (wish.secret_count)
		secret_guard_process();
	wish.name = path;
	wish.at = place_of(t, file);
	*(p->key == UNIT_KEY_MAC ? &wish.mac_column : &wish.serial_column) = key->text;
	st = unit_values_read_file(path, &wish, &p->values, t->diags, err);
	free(path);
	return st == STATUS_NO_MEMORY ? st : STATUS_OK;
}

static enum status take_part(const struct taking *t, const struct yaml_node *entry,
			     struct unit_part *p, struct err *err)
{
	const struct yaml_node *partition = good(entry, "partition");
	const struct yaml_node *template = good(entry, "template");
	const struct yaml_node *version = good(entry, "version");
	size_t errors = t->diags->error_count;

	if (!partition || !template)
		return STATUS_OK; /* reported */
	p->partition = strdup(partition->text);
	if (!p->partition)
		return no_memory(t, err);
	p->version = version && version->number == 1 ? NVS_VERSION_1 : NVS_VERSION_2;
	take_partition(t, p, partition);
	TRY(take_template(t, p, template, err));
	TRY(take_values(t, p, entry, err));
	if (t->diags->error_count > errors || !p->template)
		return STATUS_OK;
	check_names(t, p);
	take_needs(t, p);
	if (t->diags->error_count > errors || !p->size_bytes)
		return STATUS_OK;
	TRY(try_rows(t, p, place_of(t, template), err));
	return t->diags->error_count > errors ? STATUS_OK : measure(t, p, err);
}

static enum status take_parts(struct taking *t, const struct yaml_node *list, struct err *err)
{
	struct unit_data *d = calloc(1, sizeof(*d));

	t->data = d;
	if (!d)
		return no_memory(t, err);
	d->parts = calloc(list->count, sizeof(*d->parts));
	d->ranges = calloc(list->count, sizeof(*d->ranges));
	if (!d->parts || !d->ranges)
		return no_memory(t, err);
	for (size_t i = 0; i < list->count; i++) {
		struct unit_part *p = &d->parts[d->count++];

		if (!list->items[i].is_bad)
			TRY(take_part(t, &list->items[i], p, err));
		d->ranges[i] = (struct flash_range){ p->addr, p->size_bytes };
		d->packed_bytes += p->usual_packed_bytes;
	}
	return STATUS_OK;
}

enum status unit_data_take(const struct inspection *in, const char *path, struct unit_data **out,
			   struct diag_list *diags, struct err *err)
{
	const struct yaml_node *list = good(&in->recipe->yaml->root, "data");
	struct taking t = { .in = in, .path = path, .diags = diags };
	size_t errors = diags->error_count;
	enum status st;

	*out = NULL;
	if (!list)
		return STATUS_OK;
	st = take_parts(&t, list, err);
	if (st || diags->error_count > errors)
		unit_data_free(t.data);
	else
		*out = t.data;
	return st;
}
