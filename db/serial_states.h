/*
 * The states of serial numbers, for people: how many of a product are in which, and the life of
 * one number. For giving them out: db/serials.h.
 */
#ifndef DB_SERIAL_STATES_H
#define DB_SERIAL_STATES_H

#include "db/db.h"
#include "db/serials.h"

#define SERIAL_PRODUCT_BYTES 128

struct serial_count { /* numbers of a product by their newest state */
	char product[SERIAL_PRODUCT_BYTES];
	int64_t reserved, written, committed, returned, voided;
};

/* Of each product that has states, in the order of names; product NULL: all. *rows is for free().
 * STATUS_DATABASE, STATUS_NO_MEMORY. */
enum status serial_counts(struct db *db, const char *product, struct serial_count **rows,
			  size_t *count, struct err *err);

struct serial_moment {
	char product[SERIAL_PRODUCT_BYTES];
	char state[16], source[16];
	char run_id[RUN_ID_BYTES], mac[MAC_TEXT_BYTES]; /* "" none */
	char operator_name[128], reason[256];           /* "" none */
	int64_t utc_ms;
};

/* The moments of this number, product by product, the oldest first; product NULL: of any. As
 * above. */
enum status serial_life(struct db *db, const char *product, const char *serial,
			struct serial_moment **rows, size_t *count, struct err *err);

#endif
