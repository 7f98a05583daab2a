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
#include "tests/bench/factory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNS_AT_ONCE 4000

static enum status put_recipes(struct db *db, const struct factory *f, struct err *err)
{
	for (size_t i = 0; i < FACTORY_RECIPES; i++) {
		TRY(db_put_recipe(db, &f->recipes[i].recipe, err));
	}
	return STATUS_OK;
}

/* Runs until the next transaction has to begin: some thousand, or a new order. */
static enum status put_runs(struct db *db, struct factory *f, struct factory_run *run,
			    bool *is_waiting, struct err *err)
{
	TRY(sql_exec(db, "BEGIN IMMEDIATE", err));
	for (size_t i = 0; i < RUNS_AT_ONCE; i++) {
		if (!*is_waiting) {
			if (f->run_count == f->plan.runs)
				break;
			factory_next(f, run);
			*is_waiting = true;
			if (f->starts_batch)
				break;
		}
		TRY(fact_run(db, &run->run, err));
		TRY(fact_result(db, &run->result, err));
		*is_waiting = false;
	}
	return sql_exec(db, "COMMIT", err);
}

static enum status make(const char *path, const struct factory_plan *plan, struct err *err)
{
	struct factory *f = calloc(1, sizeof(*f));
	struct factory_run *run = calloc(1, sizeof(*run));
	struct db *db = NULL;
	bool is_waiting = false; /* a run that belongs to the next transaction */
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
	while (!st && (is_waiting || f->run_count < plan->runs)) {
		st = put_runs(db, f, run, &is_waiting, err);
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
