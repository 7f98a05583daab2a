/*
 * A copy of the database, made while a station works.
 *
 * It is one moment of the records: the copy is made of the state that stood when it began, however
 * long it takes. Nobody waits for it: a station writes on, and only its write-ahead log
 * grows meanwhile. The copy is written beside FILE under another name, read again and compared, and
 * then takes FILE's name; a backup that is there stands until then.
 *
 * Going on with a copy that was brought back makes two histories with one name: docs/durability.md.
 */
#ifndef DB_BACKUP_H
#define DB_BACKUP_H

#include "db/db.h"
#include "db/ledger/ledger.h"

#include <stdint.h>

struct backup_report {
	struct ledger_head head; /* of the copy; the same as of the original at that moment */
	int64_t runs, open_runs;
	int64_t size_bytes;
};

/*
 * db is open with DB_READ. progress may be NULL.
 *
 * path may be a backup of these records already: one whose head stands in this
 * ledger, so that nothing is lost by replacing it. Anything else that is there is refused:
 * STATUS_USAGE for the database itself and for a database in use, and for what is no file,
 * no backup, or holds what these records do not.
 * STATUS_FILE: it cannot be written, or what was written does not read back the same.
 * STATUS_DATABASE: the original cannot be read.
 */
enum status backup_to(struct db *db, const char *path,
		      void (*progress)(void *ctx, int64_t done, int64_t of), void *ctx,
		      struct backup_report *report, struct err *err);

#endif
