/* serials: blocks of serial numbers that the plant's ledger gave to this station, and numbers that
 * it gave to its units. */
#include "station/cmd_serial_states.h"

#include "db/decide.h"
#include "db/plant/plant_blocks.h"
#include "db/plant/plant_sync.h"
#include "engine/base/clock.h"
#include "station/json.h"
#include "station/plant_choice.h"
#include "station/table.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "M5C2-####": as many digits as it ends with #; 0 when there is none. */
static enum status split_prefix(const char *given, char *prefix, size_t size, int64_t *width,
				struct err *err)
{
	size_t length = strlen(given), digits = 0;

	while (digits < length && given[length - 1 - digits] == '#')
		digits++;
	if (digits > 18)
		return err_set(err, STATUS_USAGE, "--prefix %s: at most 18 digits", given);
	if (length - digits >= size)
		return err_set(err, STATUS_USAGE, "--prefix: longer than %zu characters", size - 1);
	memcpy(prefix, given, length - digits);
	prefix[length - digits] = '\0';
	*width = (int64_t)digits;
	return STATUS_OK;
}

/* ---- lists ---- */

static json_t *json_block(const struct serial_block *b)
{
	char utc[UTC_TEXT_BYTES];
	json_t *object = json_object();

	utc_text(b->leased_utc_ms, utc);
	json_object_set_new(object, "block_id", json_text(b->block_id));
	json_object_set_new(object, "product", json_text(b->product));
	json_object_set_new(object, "first", json_text(b->first_serial));
	json_object_set_new(object, "last", json_text(b->last_serial));
	json_object_set_new(object, "units", json_integer(b->units));
	json_object_set_new(object, "used", json_integer(b->used));
	json_object_set_new(object, "leased", json_text(utc));
	json_object_set_new(object, "holds", json_boolean(b->holds));
	return object;
}

static void print_json(const struct serial_block *blocks, size_t count)
{
	json_t *object = json_event("serials");
	json_t *array = json_array();
	struct textbuf line = { 0 };

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_block(&blocks[i]));
	json_object_set_new(object, "blocks", array);
	json_line(object, &line);
	fputs(textbuf_string(&line), stdout);
	textbuf_release(&line);
}

static void print_text(const struct serial_block *blocks, size_t count)
{
	static const char *const headers[] = { "product", "first",        "last", "units",
					       "used",    "leased (UTC)", "state" };
	struct textbuf out = { 0 };
	struct table table;

	if (!count) {
		fprintf(stderr, "flashline: no serial numbers are leased\n");
		return;
	}
	table_init(&table, headers, sizeof(headers) / sizeof(headers[0]), 0x18u);
	for (size_t i = 0; i < count; i++) {
		char utc[UTC_TEXT_BYTES];

		utc_text(blocks[i].leased_utc_ms, utc);
		table_add(&table, NULL, "%s", blocks[i].product);
		table_add(&table, NULL, "%s", blocks[i].first_serial);
		table_add(&table, NULL, "%s", blocks[i].last_serial);
		table_add(&table, NULL, "%" PRId64, blocks[i].units);
		table_add(&table, NULL, "%" PRId64, blocks[i].used);
		table_add(&table, NULL, "%.16s", utc);
		table_add(&table, NULL, "%s", blocks[i].holds ? "ours" : "void");
	}
	table_print(&table, &out);
	table_release(&table);
	fputs(textbuf_string(&out), stdout);
	textbuf_release(&out);
}

/* only: the one block to show; NULL all. */
static enum status show(const struct options *o, struct db *db, const char *only, struct err *err)
{
	struct serial_block *blocks;
	size_t count;

	TRY(serial_blocks_read(db, only, &blocks, &count, err));
	if (o->json)
		print_json(blocks, count);
	else
		print_text(blocks, count);
	free(blocks);
	return STATUS_OK;
}

/* ---- lease ---- */

static enum status put(void *ctx, enum record_kind kind, const void *record, struct err *err)
{
	return db_put(ctx, kind, record, err);
}

/* The server gives blocks to a place in its history, so it has to know ours first. */
static enum status lease(struct db *db, struct plant *plant, int64_t units,
			 struct plant_block *block, struct err *err)
{
	const struct plant_sink sink = { .put = put, .ctx = db, .db = db };
	const struct plant_segment *current;
	struct deadline d = deadline_after_ms(&clock_monotonic, PLANT_CHOICE_MS);
	struct plant_sync sync;
	enum status st;

	plant_sync_init(&sync, db, plant, sink);
	st = plant_sync_begin(&sync, d, err);
	current = plant_sync_current(&sync);
	if (!st)
		st = plant_lease(plant, current->chain_id, current->branch, units, block, d, err);
	plant_sync_release(&sync);
	TRY(st);
	return db_put(db, RECORD_SERIAL_BLOCK,
		      &(struct record_serial_block){ .block_id = block->block_id,
						     .product = block->product,
						     .prefix = block->prefix,
						     .width = block->width,
						     .first = block->first,
						     .last = block->last,
						     .leased_utc_ms = block->leased_utc_ms },
		      err);
}

static enum status serials_lease(const struct options *o, struct db *db, struct err *err)
{
	struct plant_block block = { .product = o->product };
	struct plant *plant = NULL;
	char prefix[60];
	enum status st;

	TRY(split_prefix(o->prefix, prefix, sizeof(prefix), &block.width, err));
	block.prefix = prefix;
	db_new_run_id(block.block_id);
	st = plant_connect(o, &plant, err);
	if (!st)
		st = lease(db, plant, (int64_t)o->units, &block, err);
	if (!st)
		st = show(o, db, block.block_id, err);
	plant_close(plant);
	return st;
}

static enum status serials_list(const struct options *o, struct db *db, struct err *err)
{
	return show(o, db, NULL, err);
}

static const struct action actions[] = {
	{ .name = "lease",
	  .operands = "",
	  .needs = TAKES(PRODUCT) | TAKES(PREFIX) | TAKES(UNITS),
	  .takes = TAKES(PLANT),
	  .is_decision = true,
	  .run = serials_lease },
	{ .name = "list", .operands = "", .takes = TAKES(PLANT), .run = serials_list },
	{ .name = "states", .operands = "", .takes = TAKES(PRODUCT), .run = serials_states },
	{ .name = "show",
	  .operands = "NUMBER",
	  .operand_count = 1,
	  .takes = TAKES(PRODUCT),
	  .run = serials_show },
	{ .name = "void",
	  .operands = "NUMBER",
	  .operand_count = 1,
	  .needs = TAKES(PRODUCT) | TAKES(OPERATOR) | TAKES(REASON),
	  .is_decision = true,
	  .run = serials_void },
	{ .name = "unused",
	  .operands = "RECIPE",
	  .operand_count = 1,
	  .takes = TAKES(OUTPUT) | TAKES(PRODUCTS),
	  .run = serials_unused },
};

enum exit_code cmd_serials(const struct options *options)
{
	const struct action *action;
	struct db *db = NULL;
	enum status st;
	struct err err;

	err_clear(&err);
	st = action_find("serials", actions, sizeof(actions) / sizeof(actions[0]), options, &action,
			 &err);
	if (!st)
		st = action->is_decision ? open_for_deciding(options, &db, &err)
					 : open_for_reading(options, &db, &err);
	if (!st)
		st = action->run(options, db, &err);
	db_close(db);
	if (st == STATUS_RECIPE && !err.text[0])
		return EXIT_CODE_USAGE; /* told already */
	return st ? plant_complain(&err) : finish_stdout(EXIT_CODE_PASSED);
}
