/*
 * Records for the tests of reports: runs in one line each, and a factory of some hundred runs
 * in which everything happens that a report tells of. Seeded: the same every time.
 */
#ifndef TESTS_DB_REPORT_WORLD_H
#define TESTS_DB_REPORT_WORLD_H

#include "tests/db/world.h"

#include "db/report/report.h"

#define REPORT_EPOCH INT64_C(1795341600000) /* 2026-11-22T10:00:00Z */
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)

/* What differs; the rest is usual. Members that are not set: FLASH, PASS, slot "s1", 8 s. */
struct report_run {
	const char *id;
	int64_t at_ms; /* behind REPORT_EPOCH */
	const char *mac;
	const char *code; /* of a status: outcome and party are its own; NULL OK */
	const char *kind, *purpose, *recipe, *batch, *slot, *bridge, *driver, *operator_name,
		*revision, *proof;
	const char *rungs, *suspects;
	bool is_rescued, is_duplicate, is_open;
	int64_t duration_ms;
	double measured; /* "boot_time", 0 none; limits 1 .. 3 s */
};

/* Digests of the recipes that report_begin() puts in: of product-a in processes FLASH and TEST,
 * of product-b in FLASH, and one that names neither product nor process. */
#define RECIPE_A "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define RECIPE_A_NEW "a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"
#define RECIPE_A_TEST "a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3"
#define RECIPE_B "b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1"
#define RECIPE_BARE "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"
/* One transaction for many runs: the recipes are there, and report_put() may come. */
void report_begin(struct db *db);
void report_put(struct db *db, const struct report_run *run);
void report_commit(struct db *db);

/* count runs of all sorts; batches "b0", "b1" ... of 60 runs each. */
void report_factory(struct db *db, unsigned count);

/* Read or fail the test. */
void report_of(const struct world *w, const struct report_filter *filter, struct report *report);
/* The yield of a product and process; fails the test when there is none. */
const struct report_yield *yield_of(const struct report *r, const char *product,
				    const char *process);

#endif
