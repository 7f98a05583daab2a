/*
 * Memory of what works: with which way the next run in a slot begins.
 *
 * The cable, hub and nest belong to the slot, the bridge to the unit that is put into
 * it: what is remembered is kept per slot and type of bridge. It stands nowhere but in
 * the records: each run tells in which way it passed and whether it had to be
 * rescued, and this pure function reads the newest of them. docs/records.md, What a slot
 * needs.
 *
 * - A run that was rescued leaves its last way behind; the next run begins with that.
 * - After MEMORY_CLEAN passes in a row without a rescue the next run begins with the best again:
 *   it may have been the unit that needed help, and the healthy ones behind it shall not
 *   be slow for long.
 * - When that needs a rescue, it was the slot: from then on one notch up at a
 *   time, one figure better, the others as they are; each attempt after twice as many
 *   passes as the last, at most MEMORY_CLEAN_MAX, and if several figures are lowered
 *   with another one of them.
 * - A run that the link made fail begins the count of passes anew, and ends an attempt as a rescue
 *   does: a recipe with a single try has no rescues.
 * - After MEMORY_FORGET runs in a row that the link made fail, what is remembered is of no
 *   use: the next begins with the best, and after as many more with what worked, by turns.
 * - Verify runs neither use it nor count.
 */
#ifndef STATION_MEMORY_H
#define STATION_MEMORY_H

#include "db/slots.h"
#include "engine/flasher.h"

#define MEMORY_CLEAN 3
#define MEMORY_CLEAN_MAX 48
#define MEMORY_FORGET 3
/* Runs to look back at: two of the longest waits with their rescues, and some failures. */
#define MEMORY_RUNS 128

/* The best way that the bridge and the recipe allow; plan NULL: no recipe. */
struct flash_way memory_best_way(const struct link_profile *link, const struct flash_plan *plan);

/* Is there a run among them that tells in which way it passed? */
bool memory_is_told(const struct slot_run *runs, size_t count, const struct link_profile *link);

/*
 * true: begin with *way, which is below the best. Whatever the recipe and the bridge
 * do not allow is taken out of it. *is_raised: above what worked last.
 * runs: newest first, as slot_history() gives them.
 */
bool memory_next(const struct slot_run *runs, size_t count, const struct link_profile *link,
		 const struct flash_plan *plan, struct flash_way *way, bool *is_raised);

/* "stub 460800, RAM blocks of 1024, data blocks of 4096, 64 bytes at a time"; what is
 * usual is left out. */
#define WAY_TEXT_BYTES 120
void memory_way_text(const struct flash_way *way, const struct flash_way *best,
		     char text[static WAY_TEXT_BYTES]);

#endif
