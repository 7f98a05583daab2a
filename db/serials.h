/*
 * The serial numbers that a station gives to its units: where a number stands, which numbers a
 * unit has, and the next one that is free. Reads only; each is by an index, however long the
 * records are. A number's moments are put in as RECORD_SERIAL_STATE (db/decide.h), the last one
 * with the result of its run (serial_end of db/record.h).
 *
 * The life of a number, of one product (the recipe's product, or its name where it has none):
 *
 *   free -> RESERVED -> WRITTEN -> COMMITTED
 *              |           +-----> VOID       of this unit alone from now on
 *              +-> RETURNED                   free again
 *
 * What is put in is checked against what is there, in the transaction that stores it, so two
 * units never get one number, whoever asks:
 * - RESERVED needs a number that is free (serial_look_up says what that is), or one that the same
 *   MAC had before, whatever became of it: a unit that is flashed again keeps its number.
 *   Else STATUS_SERIAL_TAKEN, which names the other unit or run.
 * - WRITTEN, COMMITTED, RETURNED and VOID need a number that their own run has reserved, and
 *   RETURNED one that is not written yet. Else STATUS_USAGE, which names what it is. But a person,
 *   with operator and reason, makes any number VOID that no run is at: no unit gets it any more.
 * A number that was RETURNED by a unit which had it before (COMMITTED or VOID) is that unit's
 * still. COMMITTED does not need WRITTEN before it: of a recipe that writes no number nothing is.
 *
 * What a crash leaves open is settled by db_open(DB_WRITE), in the transaction that closes the
 * open runs: RESERVED becomes RETURNED, because no byte goes out before WRITTEN is stored;
 * WRITTEN becomes VOID. Nobody else has to.
 *
 * All return STATUS_DATABASE when the records cannot be read, and what was asked for is then
 * empty; STATUS_NO_MEMORY where there is a list.
 */
#ifndef DB_SERIALS_H
#define DB_SERIALS_H

#include "db/db.h"
#include "db/guard_facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIAL_TEXT_BYTES GUARD_SERIAL_BYTES

enum serial_standing {
	SERIAL_FREE, /* never named here, or RETURNED */
	SERIAL_RESERVED,
	SERIAL_WRITTEN,
	SERIAL_COMMITTED,
	SERIAL_VOIDED,
	SERIAL_PASSED,  /* none of these, but a unit of the product passed with it: it was declared
			 */
	SERIAL_CLAIMED, /* nothing of that, but another station has it, as the plant's ledger told
			 */
};

/* "FREE", "RESERVED", ... "VOID", "PASSED", "CLAIMED" */
const char *serial_standing_name(enum serial_standing standing);

struct serial_now {
	enum serial_standing standing;
	char serial[SERIAL_TEXT_BYTES];
	char mac[MAC_TEXT_BYTES];  /* whose it is, of FREE whose it was; "" unknown */
	char run_id[RUN_ID_BYTES]; /* that said so; "" none */
	char source[16];           /* "RANGE" and so on; "" without a state */
	char station[128];         /* of CLAIMED */
	int64_t utc_ms;            /* since when; 0 of FREE that was never named */
};

enum status serial_look_up(struct db *db, const char *product, const char *serial,
			   struct serial_now *now, struct err *err);

/* May this unit have it: is it free, or this MAC's own? mac "" or NULL: not known yet. */
bool serial_may_have(const struct serial_now *now, const char *mac);

/*
 * The numbers that are this unit's (RESERVED, WRITTEN, COMMITTED, VOID), the newest first; where
 * there is none, the one that it passed with before anybody kept states (PASSED). What a unit that
 * comes again keeps is the first that is COMMITTED or PASSED, else the first. *rows is for free().
 */
enum status serials_of_mac(struct db *db, const char *product, const char *mac,
			   struct serial_now **rows, size_t *count, struct err *err);

/* "M5-00001" to "M5-99999": prefix, and first to last in width digits. */
struct serial_range {
	const char *product;
	const char *source; /* "RANGE", "PLANT": what the numbers are reserved as */
	const char *prefix; /* "" none */
	int64_t width, first, last;
};

struct serial_pick {
	bool is_there; /* false: all of the range are given out */
	char serial[SERIAL_TEXT_BYTES];
	int64_t number;
	bool is_returned; /* it was reserved before, and came back */
	int64_t left;     /* numbers above all that were ever given out, this one not among them */
};

/*
 * The number to give out next:
 * 1. the lowest of those that came back since the highest was given out, so that a unit which
 *    was pulled out too early leaves no gap;
 * 2. else the one above the highest that was reserved here from this source, passing over those
 *    that are not free (typed, declared, claimed by another station);
 * 3. at the end of the range the lowest one that is free: below a first number that was moved
 *    down, or come back long ago. This reads all numbers of the range (0.1 s for 100,000);
 *    1 and 2 read a handful.
 * Nothing is reserved by asking: whoever asks holds others off until RESERVED is stored, or asks
 * again when it was refused with STATUS_SERIAL_TAKEN.
 * STATUS_USAGE: the range is none (last below first, a number with more digits than width, width
 * beyond 18, a prefix that is too long).
 */
enum status serial_pick_next(struct db *db, const struct serial_range *range,
			     struct serial_pick *pick, struct err *err);

/* The number of a text in a range; false: it is not of it. */
bool serial_in_range(const struct serial_range *range, const char *serial, int64_t *number);

#endif
