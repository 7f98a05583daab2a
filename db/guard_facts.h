/*
 * What the records know about a unit before it is flashed: whether it passed, which serial
 * number it has, and what other stations have claimed. One read each, by an index on
 * the MAC or the number, however long the records are.
 *
 * A product is the recipe's product, or the recipe's name where it names none. All return
 * STATUS_DATABASE when the records cannot be read, and what was asked for is then empty.
 */
#ifndef DB_GUARD_FACTS_H
#define DB_GUARD_FACTS_H

#include "db/db.h"
#include "engine/base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

#define GUARD_SERIAL_BYTES 320 /* 80 characters of 4 bytes */

/* Its newest FLASH run with this recipe that passed. */
struct guard_pass {
	bool is_there;
	char run_id[RUN_ID_BYTES];
	int64_t end_utc_ms;
	int64_t seq; /* of the result's entry in the ledger; 0 none */
};
enum status guard_passed(struct db *db, const char *mac, const char *recipe_digest,
			 struct guard_pass *pass, struct err *err);

/* Does this MAC count in the batch: has a FLASH run of it passed there? */
enum status guard_counts_in_batch(struct db *db, const char *mac, const char *batch, bool *counts,
				  struct err *err);

/* Another unit of the product that passed with this serial number; "" none. */
enum status guard_serial_holder(struct db *db, const char *serial, const char *product,
				const char *but_mac, char mac[static MAC_TEXT_BYTES],
				struct err *err);

/* The serial number that this unit of the product passed with last; "" none. */
enum status guard_serial_of(struct db *db, const char *mac, const char *product,
			    char serial[static GUARD_SERIAL_BYTES], struct err *err);

/* A claim of another station, as the plant's server told it; of a MAC the highest generation. */
struct guard_claim {
	bool is_there;
	char station[128];
	int64_t claimed_utc_ms;
	int64_t generation;
};
enum status guard_mac_claim(struct db *db, const char *mac, const char *product,
			    const char *process, struct guard_claim *claim, struct err *err);
enum status guard_serial_claim(struct db *db, const char *serial, const char *product,
			       struct guard_claim *claim, struct err *err);

/* The highest generations of this MAC here, in the product and process: in which it was taken, and
 * in which it passed. A pass that was recorded without one is the first. 0: never. */
struct guard_generations {
	int64_t last, passed;
};
enum status guard_generation(struct db *db, const char *mac, const char *product,
			     const char *process, struct guard_generations *generation,
			     struct err *err);

#endif
