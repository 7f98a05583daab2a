/*
 * Room on the disk for the runs that have begun. Internal to db/.
 *
 * A unit is not touched before there is room for its record. While a station works, a
 * file of ROOM_RESERVE_BYTES stands beside the database (FILE.reserve); it holds nothing
 * but room. When a write does not fit, it is given back and the write is tried again: so
 * the results of open runs are stored also on a full disk, and new runs are refused until there is
 * room for the reserve again.
 *
 * The size is our choice: 64 runs at a time, each with the largest result. Those take 9.9 MB of the
 * write-ahead log, 38 pages each, 17 of them the unit log of 64 KiB (tests/db/test_room
 * measures it, and holds them to half of the reserve); 4 MB are there for what the log holds
 * already, the rest for what others write to the disk meanwhile.
 *
 * One thread at a time, the one that owns db.
 */
#ifndef DB_ROOM_H
#define DB_ROOM_H

#include "db/sql.h"

#include <stdbool.h>

#define ROOM_RESERVE_BYTES (INT64_C(32) << 20)
/* What has to be free beside the reserve before a run starts: as much again, because 64 runs may
 * start at once. */
#define ROOM_FREE_BYTES (INT64_C(32) << 20)

/*
 * Is there room for one more run? Makes the reserve when it is not there and fits.
 * STATUS_DATABASE: the text names the file, what is free, what is needed and what to do.
 */
enum status room_for_run(struct db *db, struct err *err);

/* A write failed. True: the reserve was given back, and the write is worth another try. */
bool room_give_back(struct db *db);

/* The station ends: the reserve is not needed any more. */
void room_leave(struct db *db);

#endif
