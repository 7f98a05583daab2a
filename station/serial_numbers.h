/*
 * Giving serial numbers to units, as the recipe's `serial` says. docs/unit-data.md tells people.
 *
 * A number is reserved once its unit is known and nobody refused it, and before anything is
 * written: so a unit that never answered costs none, and one that comes again keeps its own. Each
 * step is on the disk before the next thing happens (db/serials.h says which follow each other):
 *
 *   RESERVED   before the flasher goes on
 *   WRITTEN    before the first erase or write, where the number goes into the unit
 *   COMMITTED  with the result, of a PASS
 *   VOID       with the result, when it may stand on a unit that did not pass: that unit gets it
 *              again, another one never
 *   RETURNED   with the result, when it was not written
 *
 * Any thread; one mutex holds off others while a number is looked for and reserved, because only
 * what is on the disk counts as taken. Where two of these work for one product, the database
 * refuses the second: it then looks again.
 */
#ifndef STATION_SERIAL_NUMBERS_H
#define STATION_SERIAL_NUMBERS_H

#include "db/record.h"
#include "db/serials.h"
#include "db/writer.h"
#include "recipes/plan.h"

#include <pthread.h>

struct serial_numbers;

struct serial_numbers_setup { /* lent */
	const char *db_path;
	const struct plan *plan;
	struct writer *writer;
	bool is_scanned; /* what is declared was scanned, not typed */
};

/* *out is NULL where the recipe gives no numbers and needs none: what is declared is then only
 * recorded. STATUS_DATABASE, STATUS_NO_MEMORY. */
enum status serial_numbers_new(const struct serial_numbers_setup *setup,
			       struct serial_numbers **out, struct err *err);
void serial_numbers_free(struct serial_numbers *n);

enum serial_progress {
	SERIAL_NOT_GIVEN,
	SERIAL_BEING_RESERVED, /* on its way to the disk */
	SERIAL_GIVEN,
	SERIAL_BEING_WRITTEN, /* it may stand on the unit from now on */
};

/*
 * The number of one run. Its worker gives and writes it, its owner may ask and end it at any
 * time: after the end nothing is given or written any more.
 */
struct unit_serial {
	const char *run_id;   /* lent */
	const char *declared; /* scanned or typed for this unit; lent; NULL */

	pthread_mutex_t lock; /* protects the rest */
	enum serial_progress progress;
	bool is_ended;
	char serial[SERIAL_TEXT_BYTES]; /* "" none */
	char mac[MAC_TEXT_BYTES];       /* "" unknown */
	const char *source;             /* "RANGE" */
	bool is_picked;                 /* it was the next one, and another would do as well */

	/* Of the end, for the record. */
	struct record_serial_state end;
};

void unit_serial_init(struct unit_serial *u, const char *run_id, const char *declared);
void unit_serial_release(struct unit_serial *u);

/*
 * Reserves the number of the unit with this MAC (NULL: it tells none): the one it has, else the
 * one that was declared, else the next. Blocks for the disk. STATUS_SERIAL_MISSING,
 * STATUS_SERIALS_USED_UP, STATUS_SERIAL_TAKEN, STATUS_SERIAL_DIFFERS, STATUS_DATABASE;
 * STATUS_CANCELLED: the run has ended. n NULL: there is none to give.
 */
enum status serial_numbers_give(struct serial_numbers *n, struct unit_serial *u, const char *mac,
				struct err *err);

/* It may stand on the unit from now on. Blocks for the disk; anything but STATUS_OK: it must not.
 * A run without a number, or with a declared one that was refused and overridden: nothing
 * happens. */
enum status serial_numbers_write(struct serial_numbers *n, struct unit_serial *u, struct err *err);

/*
 * The run has ended so: what becomes of its number, for its result (serial_end), lent by u;
 * NULL: nothing is to be said of it.
 */
const struct record_serial_state *serial_numbers_end(struct serial_numbers *n,
						     struct unit_serial *u, enum status status);

/* A copy of the number, "" none. */
void unit_serial_text(struct unit_serial *u, char serial[static SERIAL_TEXT_BYTES]);

/* The number that this MAC has, by the records; "" none is known. Nothing is reserved. */
enum status serial_numbers_known(struct serial_numbers *n, const char *mac,
				 char serial[static SERIAL_TEXT_BYTES], struct err *err);

#endif
