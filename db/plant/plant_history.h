/*
 * Where the local ledger and the server's are the same. Internal to db/plant/plant_sync.c.
 */
#ifndef DB_PLANT_HISTORY_H
#define DB_PLANT_HISTORY_H

#include "db/plant/plant_sync.h"

/* The last entry of the segment that is there now. */
enum status local_end(struct db *db, const struct plant_segment *segment, int64_t *end,
		      struct err *err);

/* All chains of the database, in their order; *segments is for free(). */
enum status read_segments(struct db *db, struct plant_segment **segments, size_t *count,
			  struct err *err);

/*
 * Find the segment's branch and head on the server; open the chain, or a branch, when there
 * is none.
 */
enum status place_segment(struct plant_sync *s, struct plant_segment *segment, struct deadline d,
			  struct err *err);

/* "branch 2 of chain 0193...": stands in every alarm about it. */
#define BRANCH_TEXT_BYTES 80
void branch_text(const struct plant_segment *segment, char text[static BRANCH_TEXT_BYTES]);

#endif
