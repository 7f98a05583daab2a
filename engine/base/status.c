#include "engine/base/status.h"

#include <assert.h>
#include <string.h>

#define ROW(name, outcome_, party_, sentence_)                                                     \
	[STATUS_##name] = { .code = #name,                                                         \
			    .outcome = OUTCOME_##outcome_,                                         \
			    .party = PARTY_##party_,                                               \
			    .sentence = sentence_ }

/* clang-format off */
static const struct status_row rows[STATUS_COUNT] = {
	ROW(OK, PASS, NONE, "good: take it out"),

	ROW(PORT_GONE, ERROR, FIXTURE,
	    "the unit was unplugged or its USB bridge reset: check cable and nest, plug it in again"),
	ROW(PORT_BUSY, ERROR, STATION,
	    "another program holds the port: close it and start again"),
	ROW(PORT_DENIED, ERROR, STATION,
	    "this user may not open the port: add the user to the group dialout"),
	ROW(PORT_OPEN_FAILED, ERROR, FIXTURE,
	    "the port cannot be opened: plug the unit in again, try another cable"),
	ROW(PORT_WEDGED, ERROR, FIXTURE,
	    "the USB bridge stopped reacting: unplug the unit, then plug it in again"),
	ROW(PORT_FAILED, ERROR, FIXTURE,
	    "the system reports an error on the port: plug the unit in again, try another cable or hub"),

	ROW(SYNC_NO_REPLY, ERROR, LINK,
	    "no answer from the unit: check that it has power and sits well, or hold its boot button while plugging in"),
	ROW(SYNC_ALTERED, ERROR, LINK,
	    "the line alters bytes before anything is written: try another cable, hub or supply"),
	ROW(WRONG_BOOT_MODE, ERROR, FIXTURE,
	    "the unit starts its application instead of the loader: hold its boot button while plugging in"),
	ROW(NEEDS_HAND, ERROR, OPERATOR,
	    "this unit cannot be put into download mode over USB: do it by hand, then run it again"),
	ROW(DOWNLOAD_DISABLED, ERROR, UNIT,
	    "this unit's fuses forbid download mode: it can never be flashed over this port; take it out"),
	ROW(NO_ANSWER, ERROR, LINK,
	    "the unit stopped answering: check cable and supply, then run it again"),
	ROW(GARBLED, ERROR, LINK,
	    "answers arrive damaged: try another cable, hub or a lower rate"),
	ROW(REFUSED, ERROR, LINK,
	    "the unit refused a command: run it again, and set it aside if this comes back"),
	ROW(RATE_FAILED, ERROR, LINK,
	    "no rate above the first one works on this bridge: lower max_rate or try another cable"),
	ROW(STUB_UPLOAD_CHECKSUM, ERROR, LINK,
	    "bytes are lost on the way to the unit: try another cable, hub, supply or bridge driver"),
	ROW(STUB_UPLOAD_REFUSED, ERROR, LINK,
	    "the unit refused the flasher program: run it again, or use 'stub: never' in the recipe"),
	ROW(STUB_NO_START, ERROR, LINK,
	    "the flasher program did not start on the unit: run it again, or use 'stub: never' in the recipe"),
	ROW(STUB_MISSING, ERROR, STATION,
	    "this build carries no flasher program for the chip: install a complete build, or use 'stub: never'"),

	ROW(UNKNOWN_CHIP, ERROR, OPERATOR,
	    "a chip that this program does not know: take the unit out"),
	ROW(WRONG_CHIP, ERROR, OPERATOR,
	    "wrong product in this slot: take the unit out"),
	ROW(WRONG_REVISION, ERROR, OPERATOR,
	    "the recipe is not meant for this chip revision: take the unit out"),
	ROW(WRONG_PACKAGE, ERROR, OPERATOR,
	    "another variant of the product is in this slot: take the unit out"),
	ROW(WRONG_PSRAM, ERROR, OPERATOR,
	    "a unit with other memory is in this slot: take the unit out"),
	ROW(WRONG_BRIDGE, ERROR, OPERATOR,
	    "the unit's USB bridge is not one that this product has shipped with: take the unit out"),
	ROW(FLASH_ID_BAD, FAIL, UNIT,
	    "the unit's flash memory does not answer: set the unit aside"),
	ROW(FLASH_TOO_SMALL, ERROR, OPERATOR,
	    "the unit's flash is too small for this recipe: take the unit out"),
	ROW(WRONG_FLASH_SIZE, ERROR, OPERATOR,
	    "the unit's flash size is not the recipe's: take the unit out"),
	ROW(SECURITY_STATE, ERROR, OPERATOR,
	    "the unit is locked (secure boot, flash encryption or secure download): take the unit out"),
	ROW(NOT_PROVABLE, ERROR, UNIT,
	    "the unit cannot prove what it holds: it is not judged"),
	ROW(DUPLICATE_MAC, ERROR, UNIT,
	    "two slots report the same MAC: take both units out and give them to quality"),
	ROW(UNIT_CHANGED, ERROR, OPERATOR,
	    "the unit was changed during the run: leave units in until the slot shows a result"),

	ROW(ALREADY_PASSED, ABORTED, OPERATOR,
	    "this unit has passed this recipe before: take it out"),
	ROW(MAC_ELSEWHERE, ABORTED, OPERATOR,
	    "another station has claimed this unit's MAC: take it out and give it to quality"),
	ROW(SERIAL_TAKEN, ABORTED, OPERATOR,
	    "the serial number belongs to another unit: take the unit out and check its label"),
	ROW(SERIAL_DIFFERS, ABORTED, OPERATOR,
	    "this unit has another serial number in the records: check its label"),
	ROW(UNIT_BLOCKED, ABORTED, OPERATOR,
	    "this unit is in quarantine or scrapped: take it out and give it to quality"),
	ROW(BATCH_FULL, ABORTED, OPERATOR,
	    "the batch has all the good units that it may have: take the unit out, start the next batch"),
	ROW(BATCH_CLOSED, ABORTED, OPERATOR, "the batch is closed: name another batch"),
	ROW(BATCH_UNKNOWN, ABORTED, OPERATOR,
	    "this batch was not opened: check its name, or open it with 'flashline batch open'"),
	ROW(BATCH_RECIPE, ABORTED, OPERATOR,
	    "the batch was opened for another recipe: take the right one"),
	ROW(RECIPE_NOT_APPROVED, ABORTED, OPERATOR,
	    "this recipe is not approved: have it approved, or take an approved one"),
	ROW(PLANT_UNREACHABLE, ABORTED, STATION,
	    "the plant's ledger cannot be reached and the recipe asks for it: check the network"),

	ROW(ALREADY_FINISHED, ABORTED, OPERATOR,
	    "this unit has its result from before: take it out, or ask for a retest of its slot"),
	ROW(NOT_GOLDEN, ABORTED, OPERATOR,
	    "the station waits for its golden unit: take this one out, plug a golden unit in"),
	ROW(SERIAL_MISSING, ABORTED, OPERATOR,
	    "no serial number for this unit: scan its label, then plug it in again"),
	ROW(SERIALS_USED_UP, ABORTED, STATION,
	    "there is no free serial number left: call the line engineer for more"),
	ROW(UNIT_DATA_MISSING, ABORTED, STATION,
	    "the list has no data for this unit: put it aside, call the line engineer"),
	ROW(UNIT_DATA_BAD, ABORTED, STATION,
	    "the data for this unit do not fit its template: put it aside, call the line engineer"),

	ROW(ERASE_REFUSED, FAIL, UNIT,
	    "the unit's flash could not be erased: set the unit aside"),
	ROW(WRITE_REFUSED, FAIL, UNIT,
	    "the unit's flash refused to be written: set the unit aside"),
	ROW(FLASH_PROTECTED, FAIL, UNIT,
	    "the unit's flash is write-protected: the recipe may allow clearing that (policy.clear_protection), else set it aside"),
	ROW(MD5_MISMATCH, FAIL, UNIT,
	    "the unit's flash does not hold what the recipe says: set the unit aside"),

	ROW(BOOT_SILENT, FAIL, UNIT,
	    "written and proven, but the unit says nothing after its restart: put it aside for repair"),
	ROW(BOOT_NOT_SEEN, ERROR, LINK,
	    "written and proven, but its console could not be read after the restart: plug it in again"),
	ROW(BOOT_TEXT_MISSING, FAIL, UNIT,
	    "the firmware did not come as far as it should: put the unit aside for repair"),
	ROW(BOOT_TEXT_REJECTED, FAIL, UNIT,
	    "the firmware reports trouble: put the unit aside for repair"),
	ROW(BOOT_PANIC, FAIL, UNIT,
	    "the firmware crashes on this unit: put it aside for repair"),
	ROW(BOOT_BROWN_OUT, FAIL, UNIT,
	    "the unit's supply dips when its firmware starts: try another cable and nest, then repair"),
	ROW(BOOT_LOOP, FAIL, UNIT,
	    "the unit restarts again and again: put it aside for repair"),
	ROW(VALUE_MISSING, FAIL, UNIT,
	    "the firmware did not report a value that it should: put the unit aside for repair"),
	ROW(VALUE_OUT_OF_LIMITS, FAIL, UNIT,
	    "a value of the self-test is outside its limits: put the unit aside for repair"),

	ROW(RUN_TIMEOUT, TIMEOUT, LINK,
	    "the unit took longer than the run's limit: run it again, try another cable or slot"),
	ROW(CANCELLED, ABORTED, OPERATOR,
	    "stopped by a person: run the unit again"),
	ROW(STATION_STOPPED, ABORTED, STATION,
	    "the station stopped during this run: run the unit again"),

	ROW(NO_MEMORY, ERROR, STATION, "the station has no memory left: restart it"),
	ROW(FILE, ERROR, STATION, "a file cannot be read or written"),
	ROW(RECIPE, ERROR, STATION, "the recipe has errors: run 'flashline check'"),
	ROW(USAGE, ERROR, OPERATOR, "the command line is wrong: see --help"),
	ROW(DATABASE, ERROR, STATION, "the database cannot be used"),
	ROW(NOT_SUPPORTED, ERROR, STATION, "this program cannot do that yet"),
	ROW(INTERNAL, ERROR, STATION, "a fault in the program itself: please report it"),
};
/* clang-format on */

const struct status_row *status_row(enum status st)
{
	assert((unsigned)st < STATUS_COUNT);
	return &rows[st];
}

const char *status_code(enum status st)
{
	return status_row(st)->code;
}

bool status_find(const char *code, enum status *st)
{
	for (int i = 0; code && i < STATUS_COUNT; i++) {
		if (strcmp(status_code((enum status)i), code) == 0) {
			*st = (enum status)i;
			return true;
		}
	}
	return false;
}

const char *outcome_name(enum outcome o)
{
	static const char *const names[OUTCOME_COUNT] = {
		[OUTCOME_PASS] = "PASS",       [OUTCOME_FAIL] = "FAIL",
		[OUTCOME_ERROR] = "ERROR",     [OUTCOME_TIMEOUT] = "TIMEOUT",
		[OUTCOME_ABORTED] = "ABORTED",
	};

	assert((unsigned)o < OUTCOME_COUNT);
	return names[o];
}

const char *party_name(enum party p)
{
	static const char *const names[PARTY_COUNT] = {
		[PARTY_NONE] = "NONE",       [PARTY_UNIT] = "UNIT",
		[PARTY_LINK] = "LINK",       [PARTY_FIXTURE] = "FIXTURE",
		[PARTY_STATION] = "STATION", [PARTY_OPERATOR] = "OPERATOR",
	};

	assert((unsigned)p < PARTY_COUNT);
	return names[p];
}
