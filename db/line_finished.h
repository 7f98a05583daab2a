/*
 * What a unit that stands in a slot got in its last run there, before the station was started.
 *
 * Only what the records leave no doubt about: its newest run at all, by the order of the ledger,
 * because clocks are set back at times, was in this slot of this computer, with this recipe, and
 * ended with PASS or FAIL; no other run was in the slot since, and nobody has decided anything
 * about the unit. Runs that touched nothing (ALREADY_FINISHED, NOT_GOLDEN) do not count.
 *
 * A run that was cut off tells no MAC: it may have been this unit's, half written in another slot.
 * So since then there is none of which the bridge does not say that it was another unit's.
 */
#ifndef DB_LINE_FINISHED_H
#define DB_LINE_FINISHED_H

#include "db/db.h"

#include <stdbool.h>
#include <stdint.h>

struct line_present { /* the unit, and its run that has just begun */
	const char *run_id, *mac, *slot, *recipe_digest;
	/* Of the unit itself. NULL: unknown, or the nest's, which says nothing about the unit. */
	const char *bridge_vid_pid, *bridge_serial;
};

struct line_finished {
	bool is_there;
	char run_id[RUN_ID_BYTES], code[40]; /* of a status: "OK", "MD5_MISMATCH" */
	int64_t end_utc_ms;
};

/* By the unit's own runs, and the ledger's entries since the last one. STATUS_DATABASE. */
enum status line_finished_read(struct db *db, const struct line_present *present,
			       struct line_finished *finished, struct err *err);

#endif
