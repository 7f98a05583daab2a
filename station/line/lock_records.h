/*
 * What the locks (locks.h) read of the records. Each may block as long as the disk does.
 * Internal to the locks.
 */
#ifndef STATION_LINE_LOCK_RECORDS_H
#define STATION_LINE_LOCK_RECORDS_H

#include "db/db.h"
#include "station/line/lock_judge.h"

/* What is asked about a recipe. */
struct lock_question {
	char digest[80];                  /* "" nothing is asked */
	int64_t golden_overridden_utc_ms; /* counts as a pass; 0 never */
	unsigned golden_every;
	unsigned yield_over;
};

struct lock_history {
	struct lock_past past; /* its units point behind this block */
	struct lock_unit units[];
};

/* *out is for free(). STATUS_DATABASE, STATUS_NO_MEMORY. */
enum status lock_history_read(struct db *db, const struct lock_question *question,
			      struct lock_history **out, struct err *err);

/* How many of a slot's newest runs did not pass, one after the other, since then; ABORTED ones are
 * left out. At most as many as are asked for. */
enum status lock_slot_fails_read(struct db *db, const char *slot, int64_t since_utc_ms,
				 unsigned most, unsigned *fails, struct err *err);

#endif
