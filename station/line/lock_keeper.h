/*
 * The thread of the locks (locks.h): stores what began and ended, looks at the disk, asks whether
 * the records would take a run, and reads what they say about a recipe. All that may block is here.
 * Internal to the locks.
 *
 * What the records do not take is tried again every few seconds, in order; until then there is
 * trouble.
 */
#ifndef STATION_LINE_LOCK_KEEPER_H
#define STATION_LINE_LOCK_KEEPER_H

#include "db/writer.h"
#include "station/line/lock_book.h"
#include "station/line/lock_records.h"

struct lock_keeper;

struct lock_keeper_setup { /* lent as long as it is there */
	struct writer *writer;
	struct db *db; /* to read; the keeper's from now on, also when it cannot begin */
	size_t room;   /* orders that may wait at once */
};

enum status lock_keeper_new(const struct lock_keeper_setup *setup, struct lock_keeper **out,
			    struct err *err);
/*
 * Stores what waits and ends; NULL is fine. Waits a few seconds at most: a thread that hangs in
 * the disk is left behind, and writer has to stay then, as it does for a stuck session.
 */
void lock_keeper_free(struct lock_keeper *k);

/* ---- the owner's side; none blocks ---- */

/* No more than room at once. */
void lock_keeper_put(struct lock_keeper *k, const struct lock_order *order);
/* The next that is stored. */
bool lock_keeper_take_stored(struct lock_keeper *k, struct lock_order *order);

/* The answer to an earlier question is dropped. */
void lock_keeper_ask(struct lock_keeper *k, const struct lock_question *question);
/* The answer, once, for free(). NULL: not there yet. */
struct lock_history *lock_keeper_take_history(struct lock_keeper *k);

struct lock_seen {
	bool has_disk, has_records; /* looked at */
	uint64_t disk_free_bytes;
	bool has_trouble;  /* an order could not be stored, and is tried again */
	char trouble[200]; /* why that is, or why the records take no runs; "" they are sound */
};
void lock_keeper_look(struct lock_keeper *k, struct lock_seen *seen);
/* What is seen may be old: look now. */
void lock_keeper_hurry(struct lock_keeper *k);

#endif
