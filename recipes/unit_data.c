#include "recipes/unit_data.h"

#include "engine/base/secret.h"
#include "recipes/pack.h"
#include "recipes/serial_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of enum unit_key, from the second on; also the names of the columns. */
static const char *const key_words[] = { "mac", "serial", NULL };

/* clang-format off */
static const struct schema_row secret_row = {
	.key = "secret", .kind = SCHEMA_TEXT, .min = 1, .max = 80,
};
const struct schema_row unit_data_rows[] = {
	{ .key = "partition", .kind = SCHEMA_TEXT,    .is_required = true, .min = 1, .max = 16 },
	{ .key = "template",  .kind = SCHEMA_TEXT,    .is_required = true, .min = 1, .max = 1000 },
	{ .key = "values",    .kind = SCHEMA_TEXT,    .min = 1, .max = 1000 },
	{ .key = "key",       .kind = SCHEMA_CHOICE,  .choices = key_words },
	{ .key = "secret",    .kind = SCHEMA_LIST,    .takes_one = true, .min = 1, .max = UNIT_COLUMNS_MAX, .item = &secret_row },
	{ .key = "version",   .kind = SCHEMA_INTEGER, .min = 1, .max = 2 },
	{ .key = NULL },
};
/* clang-format on */

/* ---- what a template may name ---- */

#define FIXED_VALUES 4
#define MAC_HEX_BYTES (2 * MAC_BYTES + 1)

/* What is known of every unit, whatever its row says. A column of the same name is not used: the
 * records say what a unit's number and MAC are. */
static const char *const fixed_names[FIXED_VALUES] = { "serial", "mac", "mac_hex", "batch" };

static bool is_fixed(const char *name)
{
	for (size_t i = 0; i < FIXED_VALUES; i++)
		if (strcmp(name, fixed_names[i]) == 0)
			return true;
	return false;
}

struct value_set {
	struct nvs_value items[FIXED_VALUES + UNIT_COLUMNS_MAX];
	size_t count;
	char mac_hex[MAC_HEX_BYTES];
};

/* row: of the values file; SIZE_MAX none. What is not known of the unit is not among them. */
static void collect(const struct unit_part *p, const struct unit_id *unit, size_t row,
		    struct value_set *set)
{
	struct nvs_value columns[UNIT_COLUMNS_MAX];
	const char *fixed[FIXED_VALUES] = { unit->serial, unit->mac, NULL, unit->batch };
	uint8_t used = 0;

	set->count = 0;
	for (const char *c = unit->mac; c && *c && used < MAC_HEX_BYTES - 1; c++)
		if (*c != ':')
			set->mac_hex[used++] = *c;
	set->mac_hex[used] = '\0';
	fixed[2] = unit->mac ? set->mac_hex : NULL;
	for (size_t i = 0; i < FIXED_VALUES; i++)
		if (fixed[i])
			set->items[set->count++] = (struct nvs_value){ fixed_names[i], fixed[i] };
	if (row == SIZE_MAX)
		return;
	unit_values_fill(p->values, row, columns);
	for (size_t i = 0; i < unit_values_columns(p->values); i++)
		if (!is_fixed(columns[i].name))
			set->items[set->count++] = columns[i];
}

static void wipe_set(struct value_set *set)
{
	secret_wipe(set, sizeof(*set));
}

/* ---- an image ---- */

const char *unit_part_lacks(const struct unit_part *p, const struct unit_id *unit)
{
	if (p->needs_mac && !unit->mac)
		return "its MAC";
	if (p->needs_serial && !unit->serial)
		return "its serial number";
	return p->needs_batch && !unit->batch ? "its batch" : NULL;
}

static enum status check_known(const struct unit_part *p, const struct unit_id *unit,
			       struct err *err)
{
	if (p->needs_mac && !unit->mac)
		return err_set(err, STATUS_UNIT_DATA_MISSING,
			       "partition '%s' needs the unit's MAC, and it tells none",
			       p->partition);
	if (p->needs_serial && !unit->serial)
		return err_set(
			err, STATUS_SERIAL_MISSING,
			"partition '%s' needs the unit's serial number, and it has none: scan "
			"it, give --serial, or let 'serial' of the recipe say where from",
			p->partition);
	if (p->needs_batch && !unit->batch)
		return err_set(err, STATUS_UNIT_DATA_MISSING,
			       "partition '%s' needs the batch, and none is named: use --batch",
			       p->partition);
	return STATUS_OK;
}

static enum status find_row(const struct unit_part *p, const struct unit_id *unit, size_t *row,
			    struct err *err)
{
	const char *key = p->key == UNIT_KEY_MAC ? unit->mac : unit->serial;

	*row = SIZE_MAX;
	if (!p->values)
		return STATUS_OK;
	if (p->key == UNIT_KEY_MAC ? unit_values_by_mac(p->values, key, row)
				   : unit_values_by_serial(p->values, key, row))
		return STATUS_OK;
	return err_set(err, STATUS_UNIT_DATA_MISSING,
		       "%s has no row whose %s is %s: add it, and read the recipe again (a running "
		       "line: SIGHUP, or its page)",
		       p->values_name, p->key == UNIT_KEY_MAC ? "mac" : "serial", key);
}

static enum status image_of_row(const struct unit_part *p, const struct unit_id *unit, size_t row,
				uint8_t *image, struct err *err)
{
	struct value_set set;
	struct nvs_result result;
	struct err why = { 0 };
	enum status st;

	collect(p, unit, row, &set);
	st = nvs_csv_image(p->template, &(struct nvs_values){ set.items, set.count }, p->version,
			   p->size_bytes, image, &result, &why);
	wipe_set(&set);
	if (!st)
		return STATUS_OK;
	return err_set(err, st == STATUS_NO_MEMORY ? st : STATUS_UNIT_DATA_BAD, "%s", why.text);
}

enum status unit_part_image(const struct unit_part *p, const struct unit_id *unit, uint8_t *image,
			    struct err *err)
{
	size_t row;

	TRY(check_known(p, unit, err));
	TRY(find_row(p, unit, &row, err));
	return image_of_row(p, unit, row, image, err);
}

/* ---- what is shown of it ---- */

static bool names_secret(const struct unit_part *p, const char *text)
{
	for (size_t i = 0; p->values && i < unit_values_columns(p->values); i++)
		if (unit_values_is_secret(p->values, i) &&
		    nvs_text_has_name(text, unit_values_column(p->values, i)))
			return true;
	return false;
}

/* A unit such as that of the row, or any: what a template is tried with. */
struct example {
	struct unit_id unit;
	size_t row;
	char serial[SERIAL_NUMBER_BYTES];
};

static struct example example_of(const struct unit_part *p, const struct plan_serial *serial,
				 size_t row)
{
	struct example e = { .row = row };
	size_t other;

	e.unit.batch = "BATCH";
	e.unit.mac = "00:00:00:00:00:01";
	serial_source_example(serial, e.serial);
	if (!p->values || row >= unit_values_rows(p->values)) {
		e.row = SIZE_MAX;
		return e;
	}
	if (p->key == UNIT_KEY_SERIAL)
		snprintf(e.serial, sizeof(e.serial), "%s", unit_values_serial(p->values, row));
	else
		e.unit.mac = unit_values_mac(p->values, row);
	if (serial->by_mac && p->key == UNIT_KEY_MAC &&
	    unit_values_by_mac(serial->file, e.unit.mac, &other))
		snprintf(e.serial, sizeof(e.serial), "%s", unit_values_serial(serial->file, other));
	if (serial->source == SERIAL_FROM_MAC)
		serial_source_of_mac(serial, e.unit.mac, e.serial);
	return e;
}

/* Keys that hold what nobody should read, as most people name them. */
static bool looks_secret(const char *key)
{
	static const char *const words[] = { "pass", "pwd", "secret", "token", "psk" };
	char small[32];
	size_t length = 0;

	for (; key[length] && length < sizeof(small) - 1; length++)
		small[length] = (char)(key[length] >= 'A' && key[length] <= 'Z' ? key[length] | 0x20
										: key[length]);
	small[length] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(small, words[i]))
			return true;
	return length >= 3 && strcmp(small + length - 3, "key") == 0;
}

/* A column of the values file whose cells go there, and which 'secret' does not name; NULL none. */
static const char *open_column(const struct unit_part *p, const char *text)
{
	for (size_t i = 0; p->values && i < unit_values_columns(p->values); i++) {
		const char *name = unit_values_column(p->values, i);

		if (!unit_values_is_secret(p->values, i) && !is_fixed(name) &&
		    nvs_text_has_name(text, name))
			return name;
	}
	return NULL;
}

static bool is_literal_secret(const struct nvs_csv_line *line)
{
	static const struct nvs_values none = { NULL, 0 };
	char *text;

	if (line->is_namespace || !looks_secret(line->key) || line->encoding[0] == 'u' ||
	    line->encoding[0] == 'i')
		return false;
	text = nvs_csv_fill(line, &none); /* NULL: it has names */
	if (!text)
		return false;
	free(text);
	return line->value[0] != '\0';
}

bool unit_part_line(const struct unit_part *p, const struct plan_serial *serial, size_t i,
		    struct unit_line *line)
{
	struct example e = example_of(p, serial, 0);
	struct nvs_csv_line row;
	struct value_set set;
	char *text;

	e.unit.serial = e.serial;
	for (size_t at = 0;; at++) {
		if (!nvs_csv_line(p->template, at, &row))
			return false;
		if (!row.is_namespace && i-- == 0)
			break;
	}
	*line = (struct unit_line){
		.space = row.space,
		.key = row.key,
		.encoding = row.encoding,
		.is_secret = names_secret(p, row.value) || is_literal_secret(&row),
	};
	if (line->is_secret)
		return true;
	collect(p, &e.unit, e.row, &set);
	text = nvs_csv_fill(&row, &(struct nvs_values){ set.items, set.count });
	wipe_set(&set);
	snprintf(line->value, sizeof(line->value), "%s%s", row.is_file ? "file " : "",
		 text ? text : "");
	free(text);
	return true;
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
	struct value_set set;

	collect(p, &all, SIZE_MAX, &set);
	for (size_t i = 0; p->values && i < unit_values_columns(p->values); i++)
		if (!is_fixed(unit_values_column(p->values, i)))
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

		if (names_secret(p, line.value))
			p->is_secret = true;
		if (column && !line.is_namespace && looks_secret(line.key))
			diag_warning(t->diags, line.at,
				     "key '%s' looks like a secret, and column '%s' is none: it is "
				     "shown and recorded; put it into 'secret'",
				     line.key, column);
		if (!is_literal_secret(&line))
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
		struct example e = example_of(p, &t->in->serial, i);
		struct err why = { 0 };
		enum status st;

		e.unit.serial = e.serial;
		st = image_of_row(p, &e.unit, e.row, NULL, &why);
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
	struct example e = example_of(p, &t->in->serial, 0);
	uint8_t *image = malloc(p->size_bytes), *packed = NULL;
	struct err why = { 0 };
	enum status st;

	if (!image)
		return no_memory(t, err);
	e.unit.serial = e.serial;
	p->usual_packed_bytes = p->size_bytes;
	st = image_of_row(p, &e.unit, e.row, image, &why);
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

void unit_data_free(struct unit_data *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++) {
		struct unit_part *p = &d->parts[i];

		free(p->partition);
		free(p->template_name);
		free(p->values_name);
		nvs_csv_free(p->template);
		unit_values_free(p->values);
	}
	free(d->parts);
	free(d->ranges);
	free(d);
}

bool unit_data_has_values(const struct unit_data *d)
{
	for (size_t i = 0; d && i < d->count; i++)
		if (d->parts[i].values)
			return true;
	return false;
}

bool unit_data_is_secret(const struct unit_data *d)
{
	for (size_t i = 0; d && i < d->count; i++)
		if (d->parts[i].is_secret)
			return true;
	return false;
}

/* ---- keeping it out of other texts ---- */

/* The secret cells of the unit's row. */
static void hide_cells(const struct unit_part *p, const struct unit_id *unit, char *text)
{
	struct nvs_value cells[UNIT_COLUMNS_MAX];
	const char *key = p->key == UNIT_KEY_MAC ? unit->mac : unit->serial;
	size_t row;

	if (!p->values || !key ||
	    !(p->key == UNIT_KEY_MAC ? unit_values_by_mac(p->values, key, &row)
				     : unit_values_by_serial(p->values, key, &row)))
		return;
	unit_values_fill(p->values, row, cells);
	for (size_t i = 0; i < unit_values_columns(p->values); i++)
		if (unit_values_is_secret(p->values, i))
			secret_hide(text, cells[i].value);
}

void unit_data_hide(const struct unit_data *d, const struct unit_id *unit, char *text)
{
	for (size_t i = 0; d && i < d->count; i++) {
		struct nvs_csv_line line;

		if (!d->parts[i].is_secret)
			continue;
		hide_cells(&d->parts[i], unit, text);
		for (size_t n = 0; nvs_csv_line(d->parts[i].template, n, &line); n++)
			if (is_literal_secret(&line) && !line.is_file)
				secret_hide(text, line.value);
	}
}

/* ---- the recipe's identity ---- */

/* Which columns the template uses; what stands in them is each unit's, not the recipe's. */
static void add_columns(const struct unit_part *p, struct page *t)
{
	for (size_t i = 0; i < unit_values_columns(p->values); i++) {
		const char *name = unit_values_column(p->values, i);

		if (!is_fixed(name) && nvs_csv_has_name(p->template, name))
			page_add(t, "    column: %s%s\n", name,
				 unit_values_is_secret(p->values, i) ? ", secret" : "");
	}
}

void unit_data_canonical(const struct unit_data *d, struct page *t)
{
	page_add(t, d ? "data:\n" : "");
	for (size_t i = 0; d && i < d->count; i++) {
		const struct unit_part *p = &d->parts[i];
		uint8_t sha256[SHA256_BYTES];
		char digest[SHA256_TEXT_BYTES];

		nvs_csv_digest(p->template, sha256);
		hex_text(sha256, SHA256_BYTES, digest);
		page_add(t, "  - address: 0x%" PRIx32 "\n    bytes: %" PRIu32 "\n", p->addr,
			 p->size_bytes);
		page_add(t, "    template: %s\n    version: %d\n", digest,
			 p->version == NVS_VERSION_1 ? 1 : 2);
		if (!p->values)
			continue;
		page_add(t, "    key: %s\n", key_words[p->key - UNIT_KEY_MAC]);
		add_columns(p, t);
	}
}
