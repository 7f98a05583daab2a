/*
 * From what people type to the key of a record. Each returns STATUS_USAGE when there is none,
 * or when there are several - these are then listed - and STATUS_DATABASE.
 */
#ifndef DB_FIND_H
#define DB_FIND_H

#include "db/db.h"
#include "engine/base/bytes.h"

#include <stdbool.h>

#define FIND_DIGITS_MIN 6 /* of a digest or an id, so that nothing is found by accident */

#define DIGEST_BYTES 65
/* Six hex digits or more: may be the beginning of a digest. */
bool find_is_digest(const char *text);
/* The recipe whose digest begins so. */
enum status find_recipe(struct db *db, const char *text, char digest[static DIGEST_BYTES],
			struct err *err);

/* The run whose id begins so. */
enum status find_run(struct db *db, const char *text, char run_id[static RUN_ID_BYTES],
		     struct err *err);

/*
 * A unit by its MAC, in any spelling, or by the serial number of one of its runs. A MAC need
 * not be in the records: *is_known tells. Twelve hex digits may be both; then what is in
 * the records counts, and if both are, the MAC has to be written with colons.
 */
enum status find_unit(struct db *db, const char *text, char mac[static MAC_TEXT_BYTES],
		      bool *is_known, struct err *err);

#endif
