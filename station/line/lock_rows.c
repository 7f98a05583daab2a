#include "station/line/locks.h"

#include <string.h>

/* clang-format off */
static const struct lock_row rows[LOCK_CODE_COUNT] = {
	[LOCK_GOLDEN_DUE] = {
		.code = "GOLDEN_DUE",
		.sentence = "plug in a golden unit: no other unit is flashed until one has passed",
		.may_be_overridden = true,
	},
	[LOCK_YIELD_LOW] = {
		.code = "YIELD_LOW",
		.sentence = "too few of the last units passed: call the line lead, find the cause first",
		.may_be_overridden = true,
	},
	[LOCK_SLOT_FAILS] = {
		.code = "SLOT_FAILS",
		.sentence = "too many in a row did not pass in this slot: look at its cable and contacts, use another slot meanwhile",
		.is_of_slot = true,
		.may_be_overridden = true,
	},
	[LOCK_DISK_LOW] = {
		.code = "DISK_LOW",
		.sentence = "the disk of the records is nearly full: make room on it",
		.may_be_overridden = true,
	},
	[LOCK_CLOCK_BACK] = {
		.code = "CLOCK_BACK",
		.sentence = "the computer's clock is wrong: set it, or wait until the network has",
		.may_be_overridden = true,
	},
	[LOCK_LEDGER_BEHIND] = {
		.code = "LEDGER_BEHIND",
		.sentence = "the plant has not got this station's records for too long: look at the network and the plant's server",
		.may_be_overridden = true,
	},
	/* A unit that nobody records must not be made: there is nothing to decide. */
	[LOCK_RECORDS_FAILED] = {
		.code = "RECORDS_FAILED",
		.sentence = "the records take no more runs: do what the text says; after a lost result start the station again",
		.may_be_overridden = false,
	},
	[LOCK_PRINTER] = {
		.code = "PRINTER",
		.sentence = "the label printer is not ready: look at its paper, ribbon, cover and cable",
		.may_be_overridden = true,
	},
	[LOCK_LABEL_MISMATCH] = {
		.code = "LABEL_MISMATCH",
		.sentence = "another label was scanned: find out which unit has which label before you go on",
		.is_of_slot = true,
		.may_be_overridden = true,
	},
	[LOCK_SLOT_DISABLED] = {
		.code = "SLOT_DISABLED",
		.sentence = "somebody took this slot out of use: use another one until it is in use again",
		.is_of_slot = true,
		.may_be_overridden = true,
		.is_shown_by_slot = true,
	},
};
/* clang-format on */

const struct lock_row *lock_row(enum lock_code code)
{
	return &rows[code];
}

enum lock_code lock_by_name(const char *code)
{
	int i = 0;

	while (i < LOCK_CODE_COUNT && strcmp(rows[i].code, code) != 0)
		i++;
	return (enum lock_code)i;
}
