#include "station/line/said.h"

#include "station/textbuf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ROW(code_, text_) [SAID_##code_] = { .code = #code_, .text = text_ }

/* clang-format off */
static const struct said_row rows[SAID_CODE_COUNT] = {
	ROW(TEXT, "{text}"),
	ROW(OPERATOR_IS, "{operator} works here from the next unit on"),
	ROW(OPERATOR_NONE, "no operator is named from the next unit on"),
	ROW(NAME_TOO_LONG, "'{text}': expected one line of {n} characters at most"),
	ROW(BATCH_IS, "batch {batch} from the next unit on"),
	ROW(BATCH_NONE, "no batch from the next unit on"),
	ROW(BATCH_STAYS, "the batch stays as it is: {why}"),
	ROW(BATCH_COMPLETE, "batch {batch} is complete: {n} units"),
	ROW(WHICH_SLOT, "{request}: which slot?"),
	ROW(RETEST_NOW, "slot {slot}: its unit is run again"),
	ROW(RETEST_NEXT, "slot {slot}: the next unit is run whatever it got before"),
	ROW(RETEST_TOO_EARLY, "slot {slot}: its unit is at work: ask again when it is done"),
	ROW(SLOT_OFF, "slot {slot} takes no units"),
	ROW(SLOT_OFF_BY, "slot {slot} takes no units, says {operator}: {reason}"),
	ROW(SLOT_ON, "slot {slot} takes units again"),
	ROW(SLOT_ON_BY, "slot {slot} takes units again, says {operator}"),
	ROW(LOCKED, "{code}: {detail}"),
	ROW(UNLOCKED, "{code} is over: {how}"),
	ROW(OVERRIDDEN, "{code} is overridden by {operator}: {reason}"),
	ROW(LOCK_UNKNOWN, "'{code}': there is no such lockout"),
	ROW(UNLOCK_WHO, "{code}: who overrides it, and why? Give name and reason"),
	ROW(RECIPE_READ, "{recipe} is read, and taken over when no unit is at work: until then none is started"),
	ROW(RECIPE_IS, "the recipe is {recipe} now"),
	ROW(RECIPE_SAME, "{recipe}: the recipe has not changed"),
	ROW(RECIPE_STAYS, "the recipe stays as it is: {why}"),
	ROW(RECIPE_UNKNOWN, "'{recipe}' is no recipe that the station file lists"),
	ROW(DRAINING, "no unit is started any more; the station ends when those at work are done"),
	ROW(RESUMED, "units are started again"),
	ROW(NOT_DRAINING, "units are started: there is nothing to take back"),
	ROW(SLOT_CHOSEN, "slot {slot}: scan the number of its unit now"),
	ROW(SLOT_UNKNOWN, "'{code}': there is no such slot"),
	ROW(SERIAL_BAD, "'{serial}': expected a serial number: one line, {n} bytes at most"),
	ROW(SERIAL_OTHER, "'{serial}' is no serial number: expected {pattern}"),
	ROW(SERIAL_HERE, "'{serial}' is the number of the unit in slot {slot}"),
	ROW(UNIT_AT_WORK, "slot {slot}: its unit is at work already"),
	ROW(UNIT_DONE, "slot {slot}: its unit is done: take it out, then scan for the next one"),
	ROW(SLOT_GETS, "slot {slot}: its unit gets {serial}"),
	ROW(SLOT_GETS_INSTEAD, "slot {slot}: its unit gets {serial}, instead of {before}"),
	ROW(NEXT_GETS, "the next unit gets {serial}"),
	ROW(NEXT_GETS_INSTEAD, "the next unit gets {serial}, instead of {before}"),
	ROW(READ_TWICE, "{code}: read twice, taken once"),
	ROW(LABEL_RIGHT, "slot {slot}: the label is right"),
	ROW(LABEL_WRONG, "slot {slot}: '{label}' is not its unit's label: put the right one on, and scan that"),
	ROW(LABEL_AGAIN, "slot {slot}: its label is printed again"),
	ROW(LABEL_REFUSED, "slot {slot}: {why}"),
	ROW(NO_LABELS, "no labels are printed here"),
	ROW(STATION_ENDS, "the station ends"),
	ROW(NOT_YET, "the station has not come to it yet, and still may do it"),
	ROW(TOO_MANY, "too many requests wait: the station takes no more of them now"),
	ROW(WHY_STARTED, "the station started"),
	ROW(WHY_RECIPE_CHANGED, "the recipe was changed"),
	ROW(WHY_SHIFT, "no golden unit has passed since this shift began at {time}"),
	ROW(WHY_UNITS, "{n} units since the last golden unit passed (every {every})"),
	ROW(WHY_GOLDEN_UNIT, "golden unit {mac} did not pass in slot {slot}: {outcome} {reason}"),
	ROW(WHY_GOLDEN_SLOT, "golden unit did not pass in slot {slot}: {outcome} {reason}"),
	ROW(WHY_DISK, "{free} MB are free on it, and {needed} MB have to be"),
	ROW(WHY_CLOCK, "the clock is {n} s before the newest record"),
	ROW(WHY_PLANT, "{n} entries wait to be sent, {limit} or more for {minutes} minutes"),
	ROW(WHY_YIELD, "{passed} of the last {n} units passed at their first try ({percent} %), at least {floor} % have to"),
	ROW(WHY_ROW_LAST, "{n} in a row did not pass, the last: {outcome} {reason}"),
	ROW(WHY_ROW, "{n} in a row did not pass"),
};
/* clang-format on */

const struct said_row *said_row(enum said_code code)
{
	assert((unsigned)code < SAID_CODE_COUNT);
	return &rows[code];
}

/* The blank's name, and what stands behind it; NULL when there is none from here on. */
static const char *next_blank(const char *text, char name[static SAID_NAME_BYTES])
{
	const char *brace = strchr(text, '{');
	size_t length;

	if (!brace)
		return NULL;
	length = strcspn(brace + 1, "}");
	snprintf(name, SAID_NAME_BYTES, "%.*s", (int)length, brace + 1);
	return brace + 1 + length + 1;
}

const char *said_value(const struct said *said, unsigned index, char name[static SAID_NAME_BYTES],
		       char value[static SAID_TEXT_BYTES])
{
	const char *text = rows[said->code].text, *at = said->values;

	for (unsigned i = 0;; i++) {
		char following[SAID_NAME_BYTES];
		const char *end;
		size_t length;

		text = next_blank(text, name);
		if (!text)
			return NULL;
		/* The last one has the rest, whatever stands in it. */
		end = next_blank(text, following) ? strchr(at, SAID_NEXT[0]) : NULL;
		length = end ? (size_t)(end - at) : strlen(at);
		if (i == index) {
			snprintf(value, SAID_TEXT_BYTES, "%.*s", (int)length, at);
			text_clean(value);
			return value;
		}
		at += length + (end != NULL);
	}
}

static void write_sentence(struct said *said)
{
	const char *text = rows[said->code].text;
	char name[SAID_NAME_BYTES], value[SAID_TEXT_BYTES];
	size_t used = 0;

	for (unsigned i = 0; used < sizeof(said->text) - 1; i++) {
		size_t plain = strcspn(text, "{");

		used += (size_t)snprintf(said->text + used, sizeof(said->text) - used, "%.*s%s",
					 (int)plain, text,
					 said_value(said, i, name, value) ? value : "");
		text = next_blank(text, name);
		if (!text)
			break;
	}
	text_clean(said->text);
}

void said_plain(struct said *said, enum said_code code)
{
	memset(said, 0, sizeof(*said));
	said->code = code;
	write_sentence(said);
}

void said_set(struct said *said, enum said_code code, const char *format, ...)
{
	va_list args;

	memset(said, 0, sizeof(*said)); /* two that say the same have the same bytes */
	said->code = code;
	va_start(args, format);
	vsnprintf(said->values, sizeof(said->values), format, args);
	va_end(args);
	write_sentence(said);
}

/* The text against the row's, word by word; the values go into said. */
static bool is_made_of(struct said *said, const char *text)
{
	const char *row = rows[said->code].text;
	char name[SAID_NAME_BYTES], *value = said->values;

	while (*row) {
		const char *end;

		if (*row != '{') {
			if (*text++ != *row++)
				return false;
			continue;
		}
		row = next_blank(row, name);
		/* Up to what stands behind the blank; no row has two blanks side by side. */
		end = text + strlen(text);
		if (*row) {
			char behind[SAID_TEXT_BYTES];

			snprintf(behind, sizeof(behind), "%.*s", (int)strcspn(row, "{"), row);
			end = strstr(text, behind);
		}
		if (!end || end == text)
			return false;
		if (value != said->values)
			*value++ = SAID_NEXT[0];
		memcpy(value, text, (size_t)(end - text));
		value += end - text;
		text = end;
	}
	return *text == '\0';
}

bool said_read(struct said *said, const char *text)
{
	if (strlen(text) >= sizeof(said->text))
		return false;
	for (int code = SAID_WHY_STARTED; code < SAID_CODE_COUNT; code++) {
		memset(said, 0, sizeof(*said));
		said->code = (enum said_code)code;
		if (is_made_of(said, text)) {
			write_sentence(said);
			return true;
		}
	}
	return false;
}
