/*
 * The blocks of serial numbers that the plant's ledger gave to this station, as the station's own
 * records know them: no server is asked.
 */
#ifndef DB_PLANT_BLOCKS_H
#define DB_PLANT_BLOCKS_H

#include "db/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIAL_BYTES 80

struct serial_block {
	char block_id[37], product[128];
	char first_serial[SERIAL_BYTES], last_serial[SERIAL_BYTES]; /* "M5C2-000001" */
	char prefix[SERIAL_BYTES];
	int64_t width, first, last; /* digits; both ends belong to it */
	int64_t units;
	int64_t used; /* numbers with a FLASH run that passed, or given out (db/serials.h) */
	int64_t leased_utc_ms;
	/* false: void. It was leased to another chain than the one that is written now, or this
	 * database was found to be a copy or rolled back since. */
	bool holds;
};

/* Oldest first; block_id: only that one, NULL all. *blocks is for free(). STATUS_DATABASE,
 * STATUS_NO_MEMORY. */
enum status serial_blocks_read(struct db *db, const char *block_id, struct serial_block **blocks,
			       size_t *count, struct err *err);

/* How a serial number stands to the blocks of its product. */
enum serial_lease {
	SERIAL_NO_BLOCKS, /* there is none that holds */
	SERIAL_OURS,      /* it is out of one that holds */
	SERIAL_VOID,      /* out of one that does not: another station may give it away, too */
	SERIAL_OUTSIDE,   /* out of none, though there are some that hold */
};

/* Of a file that was begun on another computer no block holds: that one may use it, too. */
enum status serial_lease_of(struct db *db, const char *serial, const char *product,
			    enum serial_lease *lease, struct err *err);

#endif
