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

/*
 * The same for a line, in which the writer owns the database: a connection of its own, for any
 * thread, one at a time. It takes some milliseconds.
 */
struct recaller;

enum status recaller_new(const char *db_path, struct recaller **out, struct err *err);
void recaller_free(struct recaller *r); /* NULL is fine */
enum status recaller_ask(struct recaller *r, const char *slot, const struct bridge *bridge,
			 const struct flash_plan *plan, const struct link_profile *link,
			 struct flash_way *way, bool *is_lowered, struct err *err);

#endif
