/*
 * The locks that hold now, each with where it is on its way through the records: pure. Internal to
 * the locks (locks.h).
 *
 *   absent -> beginning -> open -> ending -> absent
 *
 * A lock holds from the moment it begins until its end is stored. It is shown, and its
 * beginning told, once it is stored; while the records take nothing, without. What has to be stored
 * comes out as orders, one at a time for each lock.
 */
#ifndef STATION_LINE_LOCK_BOOK_H
#define STATION_LINE_LOCK_BOOK_H

#include "station/line/locks.h"

struct lock_book;

/* NULL without memory. */
struct lock_book *lock_book_new(size_t slots);
void lock_book_free(struct lock_book *b);

/* How many there can be at once. */
size_t lock_book_room(const struct lock_book *b);

/* slot: -1 of the line. One that is there gets the new detail, which is told if it differs; one
 * that is ending begins again afterwards. */
void lock_book_begin(struct lock_book *b, enum lock_code code, int slot, const char *detail,
		     int64_t utc_ms);
/* It is in the records already. Told once, as one that begins. */
void lock_book_restore(struct lock_book *b, enum lock_code code, int slot, const char *lock_id,
		       const char *detail, int64_t since_utc_ms);
/* Nothing when it is not there. Who and why: both, or NULL: it was cured. */
void lock_book_end(struct lock_book *b, enum lock_code code, int slot, const char *operator_name,
		   const char *reason, int64_t utc_ms);
/* There: it holds, or waits to be told of. */
bool lock_book_has(const struct lock_book *b, enum lock_code code, int slot);
/* Shown, and nobody has ended it yet. */
bool lock_book_is_open(const struct lock_book *b, enum lock_code code, int slot);
/* Whatever of it is stored: its detail if nobody has ended it, else NULL. */
const char *lock_book_wanted(const struct lock_book *b, enum lock_code code, int slot);
/* "" when it is not there. */
const char *lock_book_detail(const struct lock_book *b, enum lock_code code, int slot);

struct lock_order {
	bool is_end;
	enum lock_code code;
	int slot;
	char slot_path[200]; /* for whoever takes it out to fill in */
	char lock_id[40];
	char detail[200];
	bool is_override; /* of an end; then with the two below */
	char operator_name[81];
	char reason[300];
	int64_t utc_ms;
};
/* What has to be stored next; each comes out once. */
bool lock_book_next_order(struct lock_book *b, struct lock_order *order);
/* It is stored now. */
void lock_book_stored(struct lock_book *b, const struct lock_order *order);
/* The records take nothing now: locks are shown without. */
void lock_book_set_trouble(struct lock_book *b, bool has_trouble);

bool lock_book_next_change(struct lock_book *b, struct lock_change *change);
bool lock_book_allows(const struct lock_book *b, unsigned slot, bool *golden);
/* The line's first; LOCKS_MAX at most. */
size_t lock_book_view(const struct lock_book *b, struct lock_view *views);

#endif
