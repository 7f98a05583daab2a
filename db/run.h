/*
 * Putting facts into the database, one transaction each, blocking until they
 * are on the disk. For a station with workers, see db/writer.h.
 *
 * Each returns STATUS_DATABASE with the file and the reason when the fact is
 * not in the database; nothing of it is then.
 */
#ifndef DB_RUN_H
#define DB_RUN_H

#include "db/db.h"
#include "db/record.h"

/* A recipe with its images. The same digest again is no error and adds nothing. */
enum status db_put_recipe(struct db *db, const struct record_recipe *recipe, struct err *err);

/* Its recipe has to be there already, unless recipe_digest is NULL. */
enum status db_put_run(struct db *db, const struct record_run *run, struct err *err);

/* Result, steps, measurements, log, console, the unit's own images, how its serial number ends, and
 * the unit when its MAC is new. A second result for the same run is refused, as is one without a
 * run, and one whose serial_end contradicts the number's states (db/serials.h). */
enum status db_put_result(struct db *db, const struct record_result *result, struct err *err);

#endif
