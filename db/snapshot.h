/* Several reads of one state of the records, also while a station writes. Internal to db/. */
#ifndef DB_SNAPSHOT_H
#define DB_SNAPSHOT_H

#include "db/sql.h"

/* From the first read after it to snapshot_end(), every read sees the same. db is a reader's. One
 * may be inside another. */
enum status snapshot_begin(struct db *db, struct err *err);
/* Returns st. */
enum status snapshot_end(struct db *db, enum status st);

#endif
