/*
 * What the records tell a line about itself: how the last units went, in a slot and with a
 * recipe, how good the yield is, when the golden unit was there, and how new the newest record
 * is. Each is by an index and costs as much as it returns, however long the records are.
 *
 * A run is *judged* here as in db/report/report.h: a FLASH run that has ended, not ABORTED, and not
 * made to fail by the station or a person. *Ordinary* is one that is not golden. Runs of a recipe
 * come in the order of their ids, which is that of their starts. All return STATUS_DATABASE
 * when the records cannot be read, and what was asked for is then empty.
 */
#ifndef DB_LINE_FACTS_H
#define DB_LINE_FACTS_H

#include "db/db.h"
#include "engine/base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line_run {
	char run_id[RUN_ID_BYTES];
	char mac[MAC_TEXT_BYTES]; /* "" unknown */
	char outcome[12], code[40], party[12];
	int64_t start_utc_ms, end_utc_ms;
	bool is_flash, is_golden, is_judged;
};

/* The newest runs of a slot that have ended, of any kind and recipe, the newest first; at most room
 * of them, looked for among the newest 4 * room. */
enum status line_slot_runs(struct db *db, const char *slot, struct line_run *runs, size_t room,
			   size_t *count, struct err *err);

/* The newest judged ordinary runs of a recipe, the newest first, at most room. */
enum status line_recipe_runs(struct db *db, const char *recipe_digest, int64_t since_utc_ms,
			     struct line_run *runs, size_t room, size_t *count, struct err *err);

/* Of the newest judged ordinary runs of a recipe that started at or after since_utc_ms, at most
 * last of them (0: all of them). */
struct line_yield {
	int64_t judged, passed;
	int64_t units;        /* whose first judged run in the product and process is among them */
	int64_t first_passed; /* of these, those that passed in it: the first-pass yield */
};
enum status line_yield_read(struct db *db, const char *recipe_digest, int64_t since_utc_ms,
			    uint64_t last, struct line_yield *yield, struct err *err);

/* The newest golden run of the recipe that passed, and how many judged ordinary runs of it came
 * since (all of them where no golden run ever passed); no more than most are counted. */
struct line_golden {
	bool is_there;
	char run_id[RUN_ID_BYTES], mac[MAC_TEXT_BYTES];
	int64_t end_utc_ms;
	int64_t judged_since;
};
enum status line_golden_read(struct db *db, const char *recipe_digest, int64_t most,
			     struct line_golden *golden, struct err *err);

/* The latest time in the records, of the starts of all runs and the last 200 entries of the ledger;
 * 0 none. A clock that is before it was set back. */
enum status line_newest_utc_ms(struct db *db, int64_t *utc_ms, struct err *err);

#endif
