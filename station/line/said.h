/*
 * What a line says to people: answers to what they asked for, and notices. Each sentence of a
 * fixed set has a code and blanks, so that a page can say it in another language; what comes from
 * elsewhere (a reason, a file's error) stands in a blank, or is a sentence of its own: SAID_TEXT.
 * Pure.
 */
#ifndef STATION_LINE_SAID_H
#define STATION_LINE_SAID_H

#include <stdbool.h>
#include <stddef.h>

#define SAID_TEXT_BYTES 300
#define SAID_NAME_BYTES 24 /* of a blank */

enum said_code {
	SAID_TEXT, /* no sentence of the set: {text} */
	SAID_OPERATOR_IS,
	SAID_OPERATOR_NONE,
	SAID_NAME_TOO_LONG,
	SAID_BATCH_IS,
	SAID_BATCH_NONE,
	SAID_BATCH_STAYS,
	SAID_BATCH_COMPLETE,
	SAID_WHICH_SLOT,
	SAID_RETEST_NOW,
	SAID_RETEST_NEXT,
	SAID_RETEST_TOO_EARLY,
	SAID_SLOT_OFF,
	SAID_SLOT_OFF_BY,
	SAID_SLOT_ON,
	SAID_SLOT_ON_BY,
	SAID_LOCKED,
	SAID_UNLOCKED,
	SAID_OVERRIDDEN,
	SAID_LOCK_UNKNOWN,
	SAID_UNLOCK_WHO,
	SAID_RECIPE_READ,
	SAID_RECIPE_IS,
	SAID_RECIPE_SAME,
	SAID_RECIPE_STAYS,
	SAID_RECIPE_UNKNOWN,
	SAID_DRAINING,
	SAID_RESUMED,
	SAID_NOT_DRAINING,
	SAID_SLOT_CHOSEN,
	SAID_SLOT_UNKNOWN,
	SAID_SERIAL_BAD,
	SAID_SERIAL_OTHER,
	SAID_SERIAL_HERE,
	SAID_UNIT_AT_WORK,
	SAID_UNIT_DONE,
	SAID_SLOT_GETS,
	SAID_SLOT_GETS_INSTEAD,
	SAID_NEXT_GETS,
	SAID_NEXT_GETS_INSTEAD,
	SAID_READ_TWICE,
	SAID_LABEL_RIGHT,
	SAID_LABEL_WRONG,
	SAID_LABEL_AGAIN,
	SAID_LABEL_REFUSED,
	SAID_NO_LABELS,
	SAID_STATION_ENDS,
	SAID_NOT_YET,
	SAID_TOO_MANY,
	/* The figures of a lockout: why it holds. */
	SAID_WHY_STARTED,
	SAID_WHY_RECIPE_CHANGED,
	SAID_WHY_SHIFT,
	SAID_WHY_UNITS,
	SAID_WHY_GOLDEN_UNIT,
	SAID_WHY_GOLDEN_SLOT,
	SAID_WHY_DISK,
	SAID_WHY_CLOCK,
	SAID_WHY_PLANT,
	SAID_WHY_YIELD,
	SAID_WHY_ROW_LAST,
	SAID_WHY_ROW,
};
#define SAID_CODE_COUNT (SAID_WHY_ROW + 1)

struct said_row {
	const char *code; /* "RETEST_NOW": as the page's words name it */
	const char *text; /* in English, with blanks: "slot {slot}: its unit is run again" */
};
const struct said_row *said_row(enum said_code code);

/* Zeroed: nothing was said. */
struct said {
	enum said_code code;
	char text[SAID_TEXT_BYTES];   /* the whole sentence, in English, one line */
	char values[SAID_TEXT_BYTES]; /* of the blanks; said_value() takes them apart */
};

/* Between two values of said_set(). */
#define SAID_NEXT "\x1f"

/* The values in the order in which the row has their blanks, SAID_NEXT between them:
 * said_set(&said, SAID_SLOT_GETS, "%u" SAID_NEXT "%s", number, serial). What is too long is cut. */
__attribute__((format(printf, 3, 4))) void said_set(struct said *said, enum said_code code,
						    const char *format, ...);

/* A sentence without blanks. */
void said_plain(struct said *said, enum said_code code);

/*
 * A sentence as it was stored, which is one of SAID_WHY_...: taken apart again. Each blank takes as
 * little as it can. false: a text from elsewhere.
 */
bool said_read(struct said *said, const char *text);

/* One blank after the other, from index 0 on: its name and its value. NULL: there are no more. */
const char *said_value(const struct said *said, unsigned index, char name[static SAID_NAME_BYTES],
		       char value[static SAID_TEXT_BYTES]);

#endif
