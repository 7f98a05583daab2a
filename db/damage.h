/*
 * Is the file damaged? Asked at each start of a station. Internal to db/.
 *
 * Reading every page of a database of some gigabytes takes minutes from a disk. Up to
 * DAMAGE_WHOLE_BYTES the start reads it all. Of a larger one it reads what this session will
 * write beside, the newest entries of the ledger and the newest runs with all that belongs to
 * them, and damage_watch reads the rest while the station works already.
 *
 * What neither finds is damage that leaves a page in order: other letters in a text. The ledger
 * does: 'flashline ledger verify', on the database or on a backup.
 */
#ifndef DB_DAMAGE_H
#define DB_DAMAGE_H

#include "db/sql.h"

#include <stdbool.h>

/* Our choice: two seconds from a disk that reads 100 MB/s. */
#define DAMAGE_WHOLE_BYTES (INT64_C(192) << 20)

/*
 * All of a file of up to whole_bytes, of a larger one its newest part. Sets db->is_checked when
 * all was read.
 * STATUS_DATABASE: damaged; the text says what to do.
 */
enum status damage_check(struct db *db, int64_t whole_bytes, struct err *err);

/* Above what is wrong, SQLite's checks may say in which of several databases: a message is one
 * line. Points into text. */
const char *damage_last_line(const char *text);

/* Reads the whole file on a thread and a connection of its own, table by table, while others
 * write. found is called there, at most once, when something is damaged. */
struct damage_watch;
enum status damage_watch_new(const char *path, void (*found)(void *ctx, const struct err *err),
			     void *ctx, struct damage_watch **out, struct err *err);
/* Stops in the middle where it has not come to the end. NULL is fine. */
void damage_watch_free(struct damage_watch *watch);

#endif
