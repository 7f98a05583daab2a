/*
 * A database as a factory has it after months, made in minutes, for measurements:
 *
 *	make_records FILE [--runs N] [--batch-size UNITS] [--days N] [--seed N] [--log BYTES]
 *
 * FILE must not exist. The records go in as the station's own writer puts them in, ledger and all,
 * only more of them in one transaction.
 */
#include "db/facts.h"
#include "db/run.h"
#include "engine/base/clock.h"
#include "tests/bench/factory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNS_AT_ONCE 4000

/* The order of the run that comes now; the one before is done. */
static enum status change_batch(struct db *db, const struct factory *f, int64_t utc_ms,
				const char *before, struct err *err)
{
	const struct record_batch batch = {
		.batch = f->batch,
		.work_order = f->batch,
		.part_number = f->recipe->product,
		.part_revision = "A",
		.customer = "M5Stack",
		.quantity = (int64_t)f->plan.batch_size,
		.quota = (int64_t)f->plan.batch_size,
		.recipe_digest = f->recipe->digest,
		.operator_name = "planner",
		.opened_utc_ms = utc_ms,
	};
	const struct record_batch_change closing = {
		.batch = before,
		.change = "CLOSED",
		.operator_name = "planner",
		.reason = "done",
		.utc_ms = utc_ms,
	};

	if (before[0])
		TRY(fact_put(db, RECORD_BATCH_CHANGE, &closing, err));
	return fact_put(db, RECORD_BATCH, &batch, err);
}

/* Now and then somebody looks at a unit that failed. */
static enum status set_aside(struct db *db, const struct factory_run *run, struct err *err)
{
	const struct record_disposition disposition = {
		.mac = run->result.mac,
		.state = "QUARANTINE",
		.operator_name = "quality",
		.reason = "failed, to the laboratory",
		.run_id = run->run_id,
		.utc_ms = run->result.end_utc_ms,
	};

	return fact_put(db, RECORD_DISPOSITION, &disposition, err);
}

static enum status put_recipes(struct db *db, const struct factory *f, struct err *err)
{
	for (size_t i = 0; i < FACTORY_RECIPES; i++) {
		struct record_approval approval = {
			.recipe_digest = f->recipes[i].recipe.digest,
			.state = "APPROVED",
			.operator_name = "quality",
			.reason = "first article is good",
			.utc_ms = clock_utc_ms(),
		};

		TRY(db_put_recipe(db, &f->recipes[i].recipe, err));
		TRY(db_put(db, RECORD_APPROVAL, &approval, err));
	}
	return STATUS_OK;
}

static enum status put_run(struct db *db, struct factory *f, struct factory_run *run,
			   struct err *err)
{
	char before[sizeof(f->batch)];

	memcpy(before, f->batch, sizeof(before));
	factory_next(f, run);
	if (f->starts_batch)
		TRY(change_batch(db, f, run->run.start_utc_ms, before, err));
	TRY(fact_run(db, &run->run, err));
	TRY(fact_result(db, &run->result, err));
	if (!strcmp(run->result.outcome, "FAIL") && run->result.mac && f->run_count % 10 == 0)
		TRY(set_aside(db, run, err));
	return STATUS_OK;
}

static enum status put_runs(struct db *db, struct factory *f, struct factory_run *run,
			    struct err *err)
{
	enum status st = sql_exec(db, "BEGIN IMMEDIATE", err);

	for (size_t i = 0; i < RUNS_AT_ONCE && f->run_count < f->plan.runs && !st; i++)
		st = put_run(db, f, run, err);
	return st ? st : sql_exec(db, "COMMIT", err);
}

static enum status make(const char *path, const struct factory_plan *plan, struct err *err)
{
	struct factory *f = calloc(1, sizeof(*f));
	struct factory_run *run = calloc(1, sizeof(*run));
	struct db *db = NULL;
	enum status st;

	if (!f || !run) {
		free(f);
		free(run);
		return err_set(err, STATUS_NO_MEMORY, "no memory for the factory");
	}
	factory_init(f, plan);
	st = db_open(path, DB_WRITE, &db, err);
	/* Many more pages than a station touches in one transaction: 256 MB for them. */
	if (!st)
		st = sql_exec(db, "PRAGMA cache_size = -262144", err);
	if (!st)
		st = put_recipes(db, f, err);
	while (!st && f->run_count < plan->runs) {
		st = put_runs(db, f, run, err);
		if (isatty(2) && f->run_count % (RUNS_AT_ONCE * 5) < RUNS_AT_ONCE)
			fprintf(stderr, "\r%" PRIu64 " runs", f->run_count);
	}
	db_close(db);
	if (!st)
		printf("%s: %" PRIu64 " runs of %" PRIu64 " units\n", path, f->run_count,
		       f->unit_count);
	free(run);
	free(f);
	return st;
}

static bool read_option(const char *name, const char *value, struct factory_plan *plan)
{
	char *end;
	unsigned long long number = strtoull(value, &end, 10);

	if (!value[0] || *end)
		return false;
	if (!strcmp(name, "--runs"))
		plan->runs = number;
	else if (!strcmp(name, "--batch-size") && number)
		plan->batch_size = number;
	else if (!strcmp(name, "--days") && number)
		plan->days = number;
	else if (!strcmp(name, "--seed"))
		plan->seed = number;
	else if (!strcmp(name, "--log"))
		plan->log_bytes = number;
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct factory_plan plan = {
		.seed = 1, .runs = 10000, .batch_size = 500, .days = 200, .log_bytes = 1000
	};
	bool is_good = argc >= 2 && argv[1][0] != '-' && argc % 2 == 0;
	struct err err;

	for (int i = 2; is_good && i < argc; i += 2)
		is_good = read_option(argv[i], argv[i + 1], &plan);
	if (!is_good || access(argv[1], F_OK) == 0) {
		fprintf(stderr, "make_records FILE [--runs N] [--batch-size UNITS] [--days N] "
				"[--seed N] [--log BYTES]; FILE must not exist\n");
		return 2;
	}
	if (make(argv[1], &plan, &err) != STATUS_OK) {
		fprintf(stderr, "make_records: %s\n", err.text);
		return 3;
	}
	return 0;
}
