/*
 * Runs that are hard to export: every text that a caller can set freely is one that some format
 * or reader takes for something else.
 */
#ifndef TESTS_DB_NASTY_H
#define TESTS_DB_NASTY_H

#include "tests/db/world.h"

struct nasty {
	const char *text;
	const char *csv;  /* as a CSV reader must see it */
	const char *json; /* as a JSON reader must see it; NULL = text */
};

#define NASTY_COUNT 26
extern const struct nasty nasties[NASTY_COUNT];

/* The sample run, one per nasty, and one that has not ended. */
void nasty_world(const struct world *w);
#define NASTY_RUNS (NASTY_COUNT + 2)

/* The nasty of a run by its id, NULL when it has none. */
const struct nasty *nasty_of(const char *run_id);

#endif
