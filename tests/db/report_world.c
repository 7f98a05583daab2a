#include "tests/db/report_world.h"

#include "db/facts.h"
#include "db/run.h"
#include "db/sql.h"

#include <stdio.h>
#include <string.h>

static void report_recipes(struct db *db)
{
	static const struct record_recipe recipes[] = {
		{ .digest = RECIPE_A,
		  .name = "a",
		  .revision = 1,
		  .product = "product-a",
		  .process = "FLASH" },
		{ .digest = RECIPE_A_NEW,
		  .name = "a",
		  .revision = 2,
		  .product = "product-a",
		  .process = "FLASH" },
		{ .digest = RECIPE_A_TEST,
		  .name = "a-test",
		  .revision = 1,
		  .product = "product-a",
		  .process = "TEST" },
		{ .digest = RECIPE_B,
		  .name = "b",
		  .revision = 1,
		  .product = "product-b",
		  .process = "FLASH" },
		{ .digest = RECIPE_BARE, .name = "bare", .revision = 3 },
	};
	struct err err;

	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		struct record_recipe recipe = recipes[i];

		recipe.canonical = recipe.name;
		if (db_put_recipe(db, &recipe, &err))
			fail_msg("%s", err.text);
	}
}

static const struct status_row *row_of(const char *code)
{
	for (int i = 0; i < STATUS_COUNT; i++)
		if (strcmp(status_code((enum status)i), code) == 0)
			return status_row((enum status)i);
	fail_msg("no such code: %s", code);
	return NULL;
}

void report_put(struct db *db, const struct report_run *r)
{
	const struct status_row *row = row_of(r->code ? r->code : "OK");
	const int64_t start = REPORT_EPOCH + r->at_ms,
		      took = r->duration_ms ? r->duration_ms : 8000;
	const struct record_measurement measured = {
		.name = "boot_time",
		.has_value = true,
		.value = r->measured,
		.unit = "s",
		.has_low = true,
		.has_high = true,
		.low = 1,
		.high = 3,
		.outcome = r->measured >= 1 && r->measured <= 3 ? "PASS" : "FAIL",
	};
	const struct record_run run = {
		.run_id = r->id,
		.kind = r->kind ? r->kind : "FLASH",
		.start_utc_ms = start,
		.slot = r->slot ? r->slot : "s1",
		.recipe_digest = r->recipe ? r->recipe : RECIPE_A,
		.operator_name = r->operator_name,
		.batch = r->batch,
		.bridge = r->bridge,
		.bridge_driver = r->driver,
		.purpose = r->purpose,
	};
	const struct record_result result = {
		.run_id = r->id,
		.outcome = outcome_name(row->outcome),
		.code = row->code,
		.party = party_name(row->party),
		.proof = r->proof                       ? r->proof
			 : row->outcome == OUTCOME_PASS ? "CHIP_MD5"
							: "NONE",
		.end_utc_ms = start + took,
		.duration_us = took * 1000,
		.mac = r->mac,
		.chip = r->mac ? "ESP32" : NULL,
		.revision = r->revision,
		.rungs = r->rungs,
		.suspects = r->suspects,
		.is_rescued = r->is_rescued,
		.is_duplicate_mac = r->is_duplicate,
		.measurements = r->measured > 0 ? &measured : NULL,
		.measurement_count = r->measured > 0,
	};
	struct err err;

	if (fact_run(db, &run, &err) || (!r->is_open && fact_result(db, &result, &err)))
		fail_msg("%s: %s", r->id, err.text);
}

void report_begin(struct db *db)
{
	struct err err;

	report_recipes(db);
	if (sql_exec(db, "BEGIN IMMEDIATE", &err))
		fail_msg("%s", err.text);
}

void report_commit(struct db *db)
{
	struct err err;

	if (sql_exec(db, "COMMIT", &err))
		fail_msg("%s", err.text);
}

/* xorshift64: the same numbers everywhere. */
static unsigned below(uint64_t *random, unsigned limit)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (unsigned)(*random >> 33) % limit;
}

static const char *code_by_chance(uint64_t *random)
{
	static const char *const codes[] = { "SYNC_NO_REPLY", "MD5_MISMATCH",    "PORT_GONE",
					     "WRONG_CHIP",    "PORT_BUSY",       "CANCELLED",
					     "RUN_TIMEOUT",   "STATION_STOPPED", "NO_ANSWER" };

	return below(random, 4) ? NULL : codes[below(random, 9)];
}

void report_factory(struct db *db, unsigned count)
{
	static const char *const recipes[] = { RECIPE_A,      RECIPE_A, RECIPE_A_NEW,
					       RECIPE_A_TEST, RECIPE_B, RECIPE_BARE };
	static const char *const operators[] = { "li.wei", "o'neill", NULL };
	uint64_t random = UINT64_C(0x9e3779b97f4a7c15);

	report_begin(db);
	for (unsigned i = 0; i < count; i++) {
		char id[24], mac[24], batch[12], slot[8];
		struct report_run run = { .id = id, .at_ms = i * 37000, .batch = batch };

		/* Ids do not sort by time here: only the time shall count. */
		snprintf(id, sizeof(id), "run-%06u", i * 7919 % 1000000);
		snprintf(mac, sizeof(mac), "24:0a:c4:00:%02x:%02x", below(&random, 2),
			 below(&random, 90));
		snprintf(batch, sizeof(batch), "b%u", i / 60);
		run.code = code_by_chance(&random);
		run.mac = run.code && below(&random, 3) == 0 ? NULL : mac;
		run.kind = below(&random, 12) ? "FLASH" : "VERIFY";
		run.recipe = recipes[below(&random, 6)];
		snprintf(slot, sizeof(slot), "s%u", 1 + below(&random, 4));
		run.slot = slot;
		run.bridge = below(&random, 2) ? "CP2104" : "CH9102F";
		run.driver = run.bridge[1] == 'P' ? "cp210x" : "cdc_acm";
		run.operator_name = operators[below(&random, 3)];
		run.revision = run.mac ? (below(&random, 2) ? "v3.1" : "v1.0") : NULL;
		run.duration_ms = 5000 + below(&random, 9000);
		run.is_rescued = !run.code && below(&random, 6) == 0;
		run.rungs = run.is_rescued ? "stub 921600; stub 460800" : NULL;
		run.suspects = run.is_rescued ? "cable, hub" : NULL;
		run.proof = !run.code && below(&random, 30) == 0 ? "NONE" : NULL;
		run.is_duplicate = run.mac && below(&random, 60) == 0;
		run.is_open = below(&random, 50) == 0;
		run.measured = run.code ? 0 : 0.9 + 0.01 * below(&random, 240);
		report_put(db, &run);
	}
	report_commit(db);
}

void report_of(const struct world *w, const struct report_filter *filter, struct report *report)
{
	struct db *db = world_open(w, DB_READ);
	struct err err;

	if (report_read(db, filter, report, &err))
		fail_msg("%s", err.text);
	db_close(db);
}

const struct report_yield *yield_of(const struct report *r, const char *product,
				    const char *process)
{
	for (size_t i = 0; i < r->yield_count; i++)
		if (strcmp(r->yields[i].product, product) == 0 &&
		    strcmp(r->yields[i].process, process) == 0)
			return &r->yields[i];
	fail_msg("no yield of %s in %s", product, process);
	return NULL;
}
