/*
 * What the records remember of a slot, put together: its history and station/memory.h.
 */
#ifndef STATION_RECALL_H
#define STATION_RECALL_H

#include "db/slots.h"
#include "station/bridge.h"

/* true in *is_lowered: the next run in that slot begins with *way, else with the best. As
 * memory_next() otherwise; plan NULL: a recipe without limits. A part that was recorded under
 * another name, because nobody could or may ask which it is, is remembered all the same. */
enum status recall_way(struct db *db, const char *slot, const struct bridge *bridge,
		       const struct flash_plan *plan, const struct link_profile *link,
		       struct flash_way *way, bool *is_lowered, bool *is_raised, struct err *err);

#endif
