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
	int64_t units, used; /* used: numbers with a FLASH run that passed */
	int64_t leased_utc_ms;
	/* false: void. It was leased to another chain than the one that is written now, or this
	 * database was found to be a copy or rolled back since. */
	bool holds;
};

/* Oldest first; block_id: only that one, NULL all. *blocks is for free(). STATUS_DATABASE,
 * STATUS_NO_MEMORY. */
enum status serial_blocks_read(struct db *db, const char *block_id, struct serial_block **blocks,
			       size_t *count, struct err *err);

/* Does a serial number lie in a block of that product that holds? */
enum status serial_is_leased(struct db *db, const char *serial, const char *product, bool *is,
			     struct err *err);

#endif
