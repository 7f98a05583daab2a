/*
 * Everything that can end a run or stop a call: one list, one row each.
 *
 * Screens, records, exports and exit codes take their words from here and
 * nowhere else. A status is what happened; its row says which outcome that is
 * for the run, whose fault it is counted as, and the sentence that an operator
 * reads. The names (status_code) are stable: they stand in databases.
 */
#ifndef ENGINE_BASE_STATUS_H
#define ENGINE_BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>

/* How a run ended, in the five words of the field. */
enum outcome {
	OUTCOME_PASS,    /* proven on the chip, and the checks after it held */
	OUTCOME_FAIL,    /* the chip itself said no; counted against the unit */
	OUTCOME_ERROR,   /* something kept us from judging the unit */
	OUTCOME_TIMEOUT, /* the run's own total limit passed */
	OUTCOME_ABORTED, /* somebody, or a rule, stopped it */
};
#define OUTCOME_COUNT 5

/* Who has to act on it. */
enum party {
	PARTY_NONE,
	PARTY_UNIT,
	PARTY_LINK,
	PARTY_FIXTURE,
	PARTY_STATION,
	PARTY_OPERATOR,
};
#define PARTY_COUNT 6

enum status {
	STATUS_OK,

	/* The port. */
	STATUS_PORT_GONE,
	STATUS_PORT_BUSY,
	STATUS_PORT_DENIED,
	STATUS_PORT_OPEN_FAILED,
	STATUS_PORT_WEDGED,
	STATUS_PORT_FAILED,

	/* Getting an answer. */
	STATUS_SYNC_NO_REPLY,
	STATUS_SYNC_ALTERED,
	STATUS_WRONG_BOOT_MODE,
	STATUS_NEEDS_HAND,
	STATUS_DOWNLOAD_DISABLED,
	STATUS_NO_ANSWER,
	STATUS_GARBLED,
	STATUS_REFUSED,
	STATUS_RATE_FAILED,
	STATUS_STUB_UPLOAD_CHECKSUM,
	STATUS_STUB_UPLOAD_REFUSED,
	STATUS_STUB_NO_START,
	STATUS_STUB_MISSING,

	/* Interlocks: judged before a byte of flash is written. */
	STATUS_UNKNOWN_CHIP,
	STATUS_WRONG_CHIP,
	STATUS_WRONG_REVISION,
	STATUS_WRONG_PACKAGE,
	STATUS_WRONG_PSRAM,
	STATUS_WRONG_BRIDGE,
	STATUS_FLASH_ID_BAD,
	STATUS_FLASH_TOO_SMALL,
	STATUS_WRONG_FLASH_SIZE,
	STATUS_SECURITY_STATE,
	STATUS_NOT_PROVABLE,
	STATUS_DUPLICATE_MAC,
	STATUS_UNIT_CHANGED,

	/* Guards: rules of the factory, judged before a byte of flash is written. */
	STATUS_ALREADY_PASSED,
	STATUS_MAC_ELSEWHERE,
	STATUS_SERIAL_TAKEN,
	STATUS_SERIAL_DIFFERS,
	STATUS_UNIT_BLOCKED,
	STATUS_BATCH_FULL,
	STATUS_BATCH_CLOSED,
	STATUS_BATCH_UNKNOWN,
	STATUS_BATCH_RECIPE,
	STATUS_RECIPE_NOT_APPROVED,
	STATUS_PLANT_UNREACHABLE,

	/* What a line refuses, and what a unit of its own data lacks; before anything is written.
	 */
	STATUS_ALREADY_FINISHED,
	STATUS_NOT_GOLDEN,
	STATUS_SERIAL_MISSING,
	STATUS_SERIALS_USED_UP,
	STATUS_UNIT_DATA_MISSING,
	STATUS_UNIT_DATA_BAD,

	/* Writing and proving. */
	STATUS_ERASE_REFUSED,
	STATUS_WRITE_REFUSED,
	STATUS_FLASH_PROTECTED,
	STATUS_MD5_MISMATCH,

	/* The boot check: what the unit said after its restart. */
	STATUS_BOOT_SILENT,
	STATUS_BOOT_NOT_SEEN,
	STATUS_BOOT_TEXT_MISSING,
	STATUS_BOOT_TEXT_REJECTED,
	STATUS_BOOT_PANIC,
	STATUS_BOOT_BROWN_OUT,
	STATUS_BOOT_LOOP,
	STATUS_VALUE_MISSING,
	STATUS_VALUE_OUT_OF_LIMITS,

	/* Limits and people. */
	STATUS_RUN_TIMEOUT,
	STATUS_CANCELLED,
	STATUS_STATION_STOPPED,

	/* The station's own trouble. */
	STATUS_NO_MEMORY,
	STATUS_FILE,
	STATUS_RECIPE,
	STATUS_USAGE,
	STATUS_DATABASE,
	STATUS_NOT_SUPPORTED,
	STATUS_INTERNAL,
};
#define STATUS_COUNT (STATUS_INTERNAL + 1)

struct status_row {
	const char *code; /* stable: "SYNC_NO_REPLY" */
	enum outcome outcome;
	enum party party;
	const char *sentence; /* for the operator: what to do, one sentence */
};

/* The row of a status; never NULL for a value of the enum. */
const struct status_row *status_row(enum status st);

/* Stable name of a status, outcome or party: "PASS", "LINK", "MD5_MISMATCH". */
const char *status_code(enum status st);
/* The status of a stored name. false: none has it, as of a newer program; code may be NULL. */
bool status_find(const char *code, enum status *st);
const char *outcome_name(enum outcome o);
const char *party_name(enum party p);

#endif
