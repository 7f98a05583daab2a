/*
 * Where the database stands. Internal to db/, but for db_default_path in db/db.h.
 */
#ifndef DB_PATHS_H
#define DB_PATHS_H

#include "db/db.h"

/*
 * The one absolute path of a database, symbolic links resolved, so that two names for
 * one file share one lock; *out is for free(). The file need not be there for
 * DB_WRITE and DB_DECIDE, its folder has to. STATUS_DATABASE with the reason, STATUS_NO_MEMORY.
 */
enum status path_resolve(const char *path, enum db_mode mode, char **out, struct err *err);

#endif
