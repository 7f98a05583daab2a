/*
 * A factory that never was: seeded, so that the same numbers give the same records.
 *
 * Units of six products in orders of some hundred, on 64 slots behind hubs. A run in
 * thirty does not pass, and its unit is run again; two slots have a bad cable; one
 * unit in a hundred comes back for rework. What a run says of its steps, its log and its
 * measurements has the length of real ones (a log of a run that passed has 1000 bytes).
 */
#ifndef TESTS_BENCH_FACTORY_H
#define TESTS_BENCH_FACTORY_H

#include "db/record.h"
#include "engine/base/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FACTORY_RECIPES 24
#define FACTORY_SLOTS 64
#define FACTORY_STEPS 22
#define FACTORY_MEASUREMENTS 3

struct factory_plan {
	uint64_t seed;
	uint64_t runs;       /* in all; only the times depend on it */
	uint64_t batch_size; /* units */
	uint64_t days;       /* over which the runs are spread, the last one ends on 2026-11-20 */
	size_t log_bytes;    /* of a run that passed; others have four times as many; 0 no logs */
};

/* A recipe with texts of its own. */
struct factory_recipe {
	struct record_recipe recipe;
	struct record_image images[3];
	char digest[SHA256_TEXT_BYTES], sha256[3][SHA256_TEXT_BYTES];
	char name[48], canonical[400], version[24];
};

/* Points into itself: it stays where factory_init() found it. */
struct factory {
	struct factory_plan plan;
	uint64_t random;
	uint64_t run_count;     /* made so far */
	uint64_t unit_count;    /* units begun so far */
	uint64_t unit;          /* the one at work */
	unsigned attempts;      /* at it */
	bool is_rework, is_new; /* of the unit; the next run takes another one */
	bool starts_batch;      /* the run made last is the first of its batch */
	char batch[24];
	const struct record_recipe *recipe;             /* of that run */
	struct factory_recipe recipes[FACTORY_RECIPES]; /* four revisions of each product's */
};

/* A run with its result; everything in both points into this, or is constant. */
struct factory_run {
	struct record_run run;
	struct record_result result;
	struct record_step steps[FACTORY_STEPS];
	struct record_measurement measurements[FACTORY_MEASUREMENTS];
	char run_id[RUN_ID_BYTES], slot[40], node[24], usb_path[96], bridge_serial[24], mac[18];
	char serial[24], detail[200], notes[FACTORY_STEPS][100];
	char log[65536];
};

void factory_init(struct factory *f, const struct factory_plan *plan);
/* The next run in order of time. f->starts_batch: f->batch was not used before. */
void factory_next(struct factory *f, struct factory_run *out);

#endif
