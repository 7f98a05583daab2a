#include "station/cmd_serial_states.h"

#include "db/decide.h"
#include "db/out_file.h"
#include "db/plant/plant_blocks.h"
#include "db/serial_states.h"
#include "engine/base/clock.h"
#include "recipes/serial_source.h"
#include "station/cmd_session.h"
#include "station/table.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_json(json_t *object)
{
	struct textbuf line = { 0 };

	json_line(object, &line);
	fputs(textbuf_string(&line), stdout);
	textbuf_release(&line);
}

/* ---- states ---- */

static void print_counts(const struct serial_count *rows, size_t count)
{
	static const char *const headers[] = { "product",  "committed", "void",
					       "returned", "written",   "reserved" };
	struct textbuf out = { 0 };
	struct table table;

	if (!count) {
		fprintf(stderr, "flashline: no serial number was given to a unit\n");
		return;
	}
	table_init(&table, headers, sizeof(headers) / sizeof(headers[0]), 0x3eu);
	for (size_t i = 0; i < count; i++) {
		table_add(&table, NULL, "%s", rows[i].product);
		table_add(&table, NULL, "%" PRId64, rows[i].committed);
		table_add(&table, NULL, "%" PRId64, rows[i].voided);
		table_add(&table, NULL, "%" PRId64, rows[i].returned);
		table_add(&table, NULL, "%" PRId64, rows[i].written);
		table_add(&table, NULL, "%" PRId64, rows[i].reserved);
	}
	table_print(&table, &out);
	table_release(&table);
	fputs(textbuf_string(&out), stdout);
	textbuf_release(&out);
}

static json_t *json_counts(const struct serial_count *rows, size_t count)
{
	json_t *object = json_event("serial_states"), *array = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *row = json_object();

		json_object_set_new(row, "product", json_text(rows[i].product));
		json_object_set_new(row, "committed", json_integer(rows[i].committed));
		json_object_set_new(row, "void", json_integer(rows[i].voided));
		json_object_set_new(row, "returned", json_integer(rows[i].returned));
		json_object_set_new(row, "written", json_integer(rows[i].written));
		json_object_set_new(row, "reserved", json_integer(rows[i].reserved));
		json_array_append_new(array, row);
	}
	json_object_set_new(object, "products", array);
	return object;
}

enum status serials_states(const struct options *o, struct db *db, struct err *err)
{
	struct serial_count *rows;
	size_t count;

	TRY(serial_counts(db, o->product, &rows, &count, err));
	if (o->json)
		print_json(json_counts(rows, count));
	else
		print_counts(rows, count);
	free(rows);
	return STATUS_OK;
}

/* ---- show ---- */

static void print_life(const struct serial_moment *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct serial_moment *m = &rows[i];
		char utc[UTC_TEXT_BYTES];

		utc_text(m->utc_ms, utc);
		printf("%s  %s  %s, %s%s%s%s%s", utc, m->product, m->state, m->source,
		       m->mac[0] ? ", " : "", m->mac, m->run_id[0] ? ", run " : "", m->run_id);
		if (m->operator_name[0])
			printf(", by %s: %s", m->operator_name, m->reason);
		printf("\n");
	}
}

static json_t *json_life(const char *serial, const struct serial_moment *rows, size_t count)
{
	json_t *object = json_event("serial"), *array = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct serial_moment *m = &rows[i];
		json_t *row = json_object();
		char utc[UTC_TEXT_BYTES];

		utc_text(m->utc_ms, utc);
		json_object_set_new(row, "time", json_text(utc));
		json_object_set_new(row, "product", json_text(m->product));
		json_object_set_new(row, "state", json_text(m->state));
		json_object_set_new(row, "source", json_text(m->source));
		json_object_set_new(row, "mac", json_text(m->mac));
		json_object_set_new(row, "run_id", json_text(m->run_id));
		json_object_set_new(row, "operator", json_text(m->operator_name));
		json_object_set_new(row, "reason", json_text(m->reason));
		json_array_append_new(array, row);
	}
	json_object_set_new(object, "serial", json_text(serial));
	json_object_set_new(object, "moments", array);
	return object;
}

enum status serials_show(const struct options *o, struct db *db, struct err *err)
{
	const char *serial = o->operands[1];
	struct serial_moment *rows;
	size_t count;

	TRY(serial_life(db, o->product, serial, &rows, &count, err));
	if (!count)
		return err_set(
			err, STATUS_USAGE,
			"%s: was never given out here%s%s: 'flashline trace' looks for units "
			"with a number that was declared",
			serial, o->product ? " for " : "", o->product ? o->product : "");
	if (o->json)
		print_json(json_life(serial, rows, count));
	else
		print_life(rows, count);
	free(rows);
	return STATUS_OK;
}

/* ---- void ---- */

enum status serials_void(const struct options *o, struct db *db, struct err *err)
{
	const struct record_serial_state state = {
		.product = o->product,
		.serial = o->operands[1],
		.state = "VOID",
		.source = "TYPED",
		.operator_name = o->operator_name,
		.reason = o->reason,
		.utc_ms = clock_utc_ms(),
	};
	const char *fault = unit_serial_fault(o->operands[1]);

	if (fault)
		return err_set(err, STATUS_USAGE, "serials void: this is no serial number: %s",
			       fault);
	TRY(db_put(db, RECORD_SERIAL_STATE, &state, err));
	if (!o->json)
		printf("%s of %s is void: no unit gets it from now on\n", state.serial,
		       state.product);
	else
		TRY(serials_show(o, db, err));
	return STATUS_OK;
}

/* ---- unused ---- */

struct unused {
	struct db *db;
	const char *product;
	FILE *out;
	size_t count, of;
};

static enum status add_if_free(struct unused *u, const char *serial, const char *mac,
			       struct err *err)
{
	struct serial_now now;

	u->of++;
	TRY(serial_look_up(u->db, u->product, serial, &now, err));
	if (now.standing != SERIAL_FREE)
		return STATUS_OK;
	u->count++;
	/* As in RFC 4180, where a number has what needs it. */
	if (serial[strcspn(serial, ",\"")]) {
		fputc('"', u->out);
		for (const char *c = serial; *c; c++)
			fprintf(u->out, *c == '"' ? "\"\"" : "%c", *c);
		fputc('"', u->out);
	} else {
		fputs(serial, u->out);
	}
	if (mac)
		fprintf(u->out, ",%s", mac);
	fputc('\n', u->out);
	return STATUS_OK;
}

static enum status add_range(struct unused *u, const char *prefix, int width, int64_t first,
			     int64_t last, struct err *err)
{
	char serial[SERIAL_BYTES + 24];

	for (int64_t n = first; n <= last; n++) {
		snprintf(serial, sizeof(serial), "%s%0*" PRId64, prefix, width, n);
		TRY(add_if_free(u, serial, NULL, err));
	}
	return STATUS_OK;
}

static enum status add_blocks(struct unused *u, struct err *err)
{
	struct serial_block *blocks;
	enum status st = STATUS_OK;
	size_t count;

	TRY(serial_blocks_read(u->db, NULL, &blocks, &count, err));
	for (size_t i = 0; i < count && !st; i++)
		if (blocks[i].holds && strcmp(blocks[i].product, u->product) == 0)
			st = add_range(u, blocks[i].prefix, (int)blocks[i].width, blocks[i].first,
				       blocks[i].last, err);
	free(blocks);
	return st;
}

static enum status add_all(struct unused *u, const struct plan_serial *s, struct err *err)
{
	fprintf(u->out, s->by_mac ? "serial,mac\n" : "serial\n");
	if (s->source == SERIAL_FROM_RANGE)
		return add_range(u, s->prefix ? s->prefix : "", (int)s->width, s->first, s->last,
				 err);
	if (s->source == SERIAL_FROM_PLANT)
		return add_blocks(u, err);
	for (size_t i = 0; i < unit_values_rows(s->file); i++)
		TRY(add_if_free(u, unit_values_serial(s->file, i),
				s->by_mac ? unit_values_mac(s->file, i) : NULL, err));
	return STATUS_OK;
}

static enum status write_unused(const struct options *o, struct unused *u,
				const struct plan_serial *s, struct err *err)
{
	struct out_file file;
	enum status st;

	if (s->source != SERIAL_FROM_RANGE && s->source != SERIAL_FROM_CSV &&
	    s->source != SERIAL_FROM_PLANT)
		return err_set(
			err, STATUS_USAGE,
			"%s: 'serial.from' is %s: numbers can be left over of range, csv and plant",
			o->operands[1], s->source ? serial_source_name(s->source) : "not given");
	if (!o->output || strcmp(o->output, "-") == 0) {
		u->out = stdout;
		TRY(add_all(u, s, err));
	} else {
		TRY(out_file_open(&file, o->output, err));
		u->out = file.file;
		st = add_all(u, s, err);
		TRY(out_file_close(&file, st, err));
	}
	remark("%zu of %zu serial numbers of %s are unused", u->count, u->of, u->product);
	return STATUS_OK;
}

enum status serials_unused(const struct options *o, struct db *db, struct err *err)
{
	struct unused u = { .db = db };
	enum exit_code ignored;
	struct plan *plan = read_recipe_file(o->operands[1], o->products, &ignored);
	enum status st;

	err_clear(err);
	if (!plan)
		return STATUS_RECIPE; /* told already */
	u.product = plan->product ? plan->product : plan->name;
	st = write_unused(o, &u, &plan->serial, err);
	plan_free(plan);
	return st;
}
