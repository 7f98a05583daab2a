/*
 * What the records tell about places on the fixture: how the last runs in a slot went,
 * and how many of them needed help.
 */
#ifndef DB_SLOTS_H
#define DB_SLOTS_H

#include "db/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A run that has ended, as far as it tells how to talk through this slot. */
struct slot_run {
	bool is_flash; /* else a verify run: it sends no data */
	bool is_pass, is_rescued;
	bool is_link_failure; /* ended otherwise, and the link or the fixture was to blame */
	bool began_lowered;   /* with what the slot was remembered to need */
	/* The way of its last try; 0 unknown, and no rate on a chip's own USB. */
	bool with_stub;
	uint32_t rate_baud, ram_block_bytes, data_block_bytes, pace_bytes;
};

/*
 * The newest runs of a slot and a bridge, newest first, at most room of them. Costs some
 * 10 us a run by the index run_by_slot, however long the records are. *count is how many
 * there are; STATUS_DATABASE when they cannot be read.
 */
enum status slot_history(struct db *db, const char *slot, const char *bridge, struct slot_run *runs,
			 size_t room, size_t *count, struct err *err);

/* Runs of one slot behind one type of bridge. */
struct slot_count {
	char slot[200];
	char bridge[64];                             /* "" unknown */
	char bridge_vid_pid[12], bridge_serial[128]; /* of the newest */
	int64_t last_utc_ms;                         /* start of the newest */
	int64_t runs;                                /* that have ended */
	int64_t passes;
	int64_t rescued;       /* of the passes */
	int64_t lowered;       /* passes that were not rescued, but began lowered */
	int64_t link_failures; /* see slot_run */
};

struct slot_counts {
	struct slot_count *items; /* by slot; of one slot, the bridge that was last seen first */
	size_t count;
};

/*
 * The newest runs of every slot, at most last of each (0: all), started at or after
 * since_utc_ms. STATUS_NO_MEMORY, STATUS_DATABASE. Release in any case.
 */
enum status slot_counts_read(struct db *db, int64_t since_utc_ms, uint64_t last,
			     struct slot_counts *counts, struct err *err);
void slot_counts_release(struct slot_counts *counts);

#endif
