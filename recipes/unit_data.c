#include "recipes/unit_data.h"
#include "recipes/unit_data_inside.h"

#include "engine/base/secret.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const unit_key_words[] = { "mac", "serial", NULL };

/* ---- what a template may name ---- */

/* What is known of every unit, whatever its row says. A column of the same name is not used: the
 * records say what a unit's number and MAC are. */
static const char *const fixed_names[UNIT_FIXED_VALUES] = { "serial", "mac", "mac_hex", "batch" };

bool unit_data_is_fixed(const char *name)
{
	for (size_t i = 0; i < UNIT_FIXED_VALUES; i++)
		if (strcmp(name, fixed_names[i]) == 0)
			return true;
	return false;
}

void unit_data_collect(const struct unit_part *p, const struct unit_id *unit, size_t row,
		       struct unit_value_set *set)
{
	struct nvs_value columns[UNIT_COLUMNS_MAX];
	const char *fixed[UNIT_FIXED_VALUES] = { unit->serial, unit->mac, NULL, unit->batch };
	uint8_t used = 0;

	set->count = 0;
	for (const char *c = unit->mac; c && *c && used < UNIT_MAC_HEX_BYTES - 1; c++)
		if (*c != ':')
			set->mac_hex[used++] = *c;
	set->mac_hex[used] = '\0';
	fixed[2] = unit->mac ? set->mac_hex : NULL;
	for (size_t i = 0; i < UNIT_FIXED_VALUES; i++)
		if (fixed[i])
			set->items[set->count++] = (struct nvs_value){ fixed_names[i], fixed[i] };
	if (row == SIZE_MAX)
		return;
	unit_values_fill(p->values, row, columns);
	for (size_t i = 0; i < unit_values_columns(p->values); i++)
		if (!unit_data_is_fixed(columns[i].name))
			set->items[set->count++] = columns[i];
}

static void wipe_set(struct unit_value_set *set)
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

enum status unit_data_image_of_row(const struct unit_part *p, const struct unit_id *unit,
				   size_t row, uint8_t *image, struct err *err)
{
	struct unit_value_set set;
	struct nvs_result result;
	struct err why = { 0 };
	enum status st;

	unit_data_collect(p, unit, row, &set);
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
	return unit_data_image_of_row(p, unit, row, image, err);
}

/* ---- what is shown of it ---- */

bool unit_data_names_secret(const struct unit_part *p, const char *text)
{
	for (size_t i = 0; p->values && i < unit_values_columns(p->values); i++)
		if (unit_values_is_secret(p->values, i) &&
		    nvs_text_has_name(text, unit_values_column(p->values, i)))
			return true;
	return false;
}

struct unit_example unit_data_example(const struct unit_part *p, const struct plan_serial *serial,
				      size_t row)
{
	struct unit_example e = { .row = row };
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

bool unit_data_looks_secret(const char *key)
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

bool unit_data_is_literal_secret(const struct nvs_csv_line *line)
{
	static const struct nvs_values none = { NULL, 0 };
	char *text;

	if (line->is_namespace || !unit_data_looks_secret(line->key) || line->encoding[0] == 'u' ||
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
	struct unit_example e = unit_data_example(p, serial, 0);
	struct nvs_csv_line row;
	struct unit_value_set set;
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
		.is_secret =
			unit_data_names_secret(p, row.value) || unit_data_is_literal_secret(&row),
	};
	if (line->is_secret)
		return true;
	unit_data_collect(p, &e.unit, e.row, &set);
	text = nvs_csv_fill(&row, &(struct nvs_values){ set.items, set.count });
	wipe_set(&set);
	snprintf(line->value, sizeof(line->value), "%s%s", row.is_file ? "file " : "",
		 text ? text : "");
	free(text);
	return true;
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
			if (unit_data_is_literal_secret(&line) && !line.is_file)
				secret_hide(text, line.value);
	}
}

/* ---- the recipe's identity ---- */

/* Which columns the template uses; what stands in them is each unit's, not the recipe's. */
static void add_columns(const struct unit_part *p, struct page *t)
{
	for (size_t i = 0; i < unit_values_columns(p->values); i++) {
		const char *name = unit_values_column(p->values, i);

		if (!unit_data_is_fixed(name) && nvs_csv_has_name(p->template, name))
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
		page_add(t, "    key: %s\n", unit_key_words[p->key - UNIT_KEY_MAC]);
		add_columns(p, t);
	}
}
