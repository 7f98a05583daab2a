/*
 * Asking what people have decided (db/decide.h puts it in): how a batch, a recipe, a rule and
 * a unit stand now. One read each, by an index, however long the records are. Of several
 * decisions about one thing the newest in the ledger counts, whatever the clock said.
 */
#ifndef DB_DECIDED_H
#define DB_DECIDED_H

#include "db/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECIDED_TEXT_BYTES 128

struct batch_state {
	bool is_open;            /* opened, and not closed since */
	bool is_known;           /* opened once; false: a name that was only typed, or never */
	int64_t quantity, quota; /* 0 none; quota as it was set last */
	char recipe_digest[65];  /* "" any */
	char work_order[DECIDED_TEXT_BYTES], part_number[DECIDED_TEXT_BYTES];
	char part_revision[DECIDED_TEXT_BYTES], customer[DECIDED_TEXT_BYTES];
	int64_t opened_utc_ms, closed_utc_ms; /* 0 not */
	int64_t passed; /* units, by MAC, with a FLASH run in it that passed */
	int64_t runs;   /* FLASH runs in it, open ones included */
};

/* A batch that nobody opened is no error: is_known is false. STATUS_DATABASE. Counting
 * reads every run of the batch; without it, passed and runs stay 0. */
enum status decided_batch(struct db *db, const char *batch, struct batch_state *state,
			  struct err *err);
enum status decided_order(struct db *db, const char *batch, struct batch_state *state,
			  struct err *err);

/* Approved, and not retired since. */
enum status decided_approval(struct db *db, const char *recipe_digest, bool *is_approved,
			     struct err *err);
/* Retired, and not approved since: what nobody ever judged is neither. */
enum status decided_retired(struct db *db, const char *recipe_digest, bool *is_retired,
			    struct err *err);

/* The word of a rule of the station; "" when it was never set. */
enum status decided_rule(struct db *db, const char *name, char word[static DECIDED_TEXT_BYTES],
			 struct err *err);

struct disposition_state {
	char state[16];   /* "QUARANTINE" ...; "" none, or RELEASED since */
	char reason[256]; /* cut */
	char operator_name[DECIDED_TEXT_BYTES];
	int64_t utc_ms;
	int64_t seq; /* its number in the ledger: what came before what, whatever the clock said */
};
enum status decided_disposition(struct db *db, const char *mac, struct disposition_state *state,
				struct err *err);

#endif
