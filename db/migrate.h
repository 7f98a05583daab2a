/*
 * From any older schema to this program's, in one transaction. Internal to db/.
 *
 * The version stands in user_version, its history in the table schema_version;
 * application_id tells our files from other people's. A change of the schema is a new
 * row at the end of the list; rows that were ever released stay as they are.
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "db/sql.h"

#include <stddef.h>
#include <stdint.h>

#define DB_APPLICATION_ID 0x464c5348 /* "FLSH" */

extern const char schema_sql[], schema_2_sql[], schema_3_sql[], schema_4_sql[], schema_5_sql[];

/* The list; row i leads from version i to i + 1. */
const char *const *migration_rows(size_t *count);

/*
 * The version that the file has; 0 for an empty one. STATUS_DATABASE: it is
 * another program's, or newer than newest.
 */
enum status migrate_version(struct db *db, int64_t newest, int64_t *version, struct err *err);

/*
 * Bring an older or empty file to version count. Nothing is changed on failure.
 * Tables that are new get the triggers that refuse UPDATE, DELETE and replacement.
 */
enum status migrate(struct db *db, const char *const *rows, size_t count, struct err *err);

#endif
