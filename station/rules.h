/*
 * The rules of a station that people set with 'flashline guard set': one table, for the command
 * that shows and sets them and for the guards that keep to them.
 *
 * A rule holds from when it is recorded (table rule) until a newer one of its name. Of a rule and a
 * recipe's own policy the stricter holds.
 *
 * What holds of units is no rule but a disposition (db/decided.h, decided_disposition):
 * QUARANTINE, SCRAP and RMA refuse the unit (UNIT_BLOCKED). REWORK lets it be flashed again
 * although it passed: ALREADY_PASSED does not refuse a unit whose newest disposition is
 * REWORK and newer than its newest PASS - newer in the ledger (disposition_state.seq
 * against the entry of the result), because clocks are set back at times.
 */
#ifndef STATION_RULES_H
#define STATION_RULES_H

#include "db/db.h"

#include <stdbool.h>
#include <stddef.h>

enum rule_id {
	RULE_APPROVAL,       /* may a recipe be flashed that nobody approved? */
	RULE_ALREADY_PASSED, /* may a unit be flashed that passed this recipe before? */
	RULE_BATCH,          /* may --batch name a batch that nobody opened? */
};
#define RULE_COUNT (RULE_BATCH + 1)
#define RULE_WORDS 2

struct rule_word {
	const char *word;
	const char *meaning; /* what holds then */
};

/* words[0] is the looser one, and holds when nobody has set the rule. */
struct rule_row {
	const char *name;
	struct rule_word words[RULE_WORDS];
};

/* RULE_COUNT rows, by enum rule_id. */
const struct rule_row *rule_rows(void);
/* RULE_COUNT when there is none. */
enum rule_id rule_by_name(const char *name);

/* Does the strict word (words[1]) hold now? STATUS_DATABASE. A word in the records that this
 * program does not know counts as the strict one. */
enum status rule_is_strict(struct db *db, enum rule_id rule, bool *is_strict, struct err *err);

#endif
