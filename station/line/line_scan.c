/* What a scanner read, in a line: line_inside.h. */
#include "station/line/line_inside.h"

#include "recipes/boot_check.h"
#include "station/guards.h"
#include "station/textbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A trigger that is held reads a code several times. */
#define SAME_CODE_US UINT64_C(2000000)
/* Whoever scans a slot has the label of its unit in the hand. Our choice. */
#define SELECTED_US UINT64_C(60000000)

#define SLOT_PREFIX "SLOT:"

__attribute__((format(printf, 3, 4))) static enum status say(char *answer, enum status st,
							     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(answer, REQUEST_TEXT_BYTES, format, args);
	va_end(args);
	text_clean(answer);
	return st;
}

/* The slot with this number; -1 none. */
static int slot_numbered(const struct session *s, unsigned long number)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->views[i].number == number)
			return (int)i;
	}
	return -1;
}

static enum status select_slot(struct session *s, const char *digits, char *answer)
{
	char *end;
	const unsigned long number = strtoul(digits, &end, 10);
	const int slot = *digits >= '0' && *digits <= '9' && !*end ? slot_numbered(s, number) : -1;

	if (slot < 0)
		return say(answer, STATUS_USAGE, "'%s%s': there is no such slot", SLOT_PREFIX,
			   digits);
	s->line->selected = slot;
	s->line->selected_until_us = session_now_us() + SELECTED_US;
	return say(answer, STATUS_OK, "slot %lu: scan the number of its unit now", number);
}

/* ---- serial numbers ---- */

static bool matches(const struct pattern *pattern, const char *serial)
{
	return !pattern || pattern_matches(pattern, serial, strlen(serial)) == PATTERN_YES;
}

/* Fit to be a number at all, and nobody else's here. */
static enum status check_serial(const struct session *s, const char *serial, char *answer)
{
	const struct line *l = s->line;
	struct err err;

	if (!serial[0] || strlen(serial) >= SLOT_SERIAL_BYTES || guard_check_serial(serial, &err))
		return say(answer, STATUS_USAGE,
			   "'%s': expected a serial number: one line, %d bytes at most", serial,
			   SLOT_SERIAL_BYTES - 1);
	if (!matches(l->serial_pattern, serial))
		return say(answer, STATUS_USAGE, "'%s' is no serial number: expected %s", serial,
			   l->setup->file->scanner.serial);
	for (size_t i = 0; i < s->count; i++) {
		const struct slot_view *view = &s->views[i];

		if (strcmp(view->serial, serial) == 0 && (int)i != l->selected)
			return say(answer, STATUS_USAGE,
				   "'%s' is the number of the unit in slot %u", serial,
				   view->number);
	}
	return STATUS_OK;
}

static enum status bind(struct session *s, unsigned slot, const char *serial, char *answer)
{
	struct slot_view *view = &s->views[slot];
	char before[SLOT_SERIAL_BYTES];

	if (view->state >= SLOT_STARTING && view->state < SLOT_DONE)
		return say(answer, STATUS_USAGE, "slot %u: its unit is at work already",
			   view->number);
	if (view->state >= SLOT_DONE)
		return say(answer, STATUS_USAGE,
			   "slot %u: its unit is done: take it out, then scan for the next one",
			   view->number);
	memcpy(before, view->serial, sizeof(before));
	snprintf(view->serial, sizeof(view->serial), "%s", serial);
	if (before[0] && strcmp(before, serial) != 0)
		return say(answer, STATUS_OK, "slot %u: its unit gets %s, instead of %s",
			   view->number, serial, before);
	return say(answer, STATUS_OK, "slot %u: its unit gets %s", view->number, serial);
}

/* The unit that has settled and has no number yet; of several the one that waits longest. */
static int unit_without(const struct session *s)
{
	int found = -1;

	for (unsigned i = 0; i < s->count; i++) {
		if (s->views[i].state != SLOT_WAITING || s->views[i].serial[0])
			continue;
		if (found < 0 || s->line->slots[i].arrived_us < s->line->slots[found].arrived_us)
			found = (int)i;
	}
	return found;
}

static enum status bind_next(struct session *s, const char *serial, char *answer)
{
	struct line *l = s->line;
	const int waiting = unit_without(s);
	char before[SLOT_SERIAL_BYTES];

	if (waiting >= 0)
		return bind(s, (unsigned)waiting, serial, answer);
	memcpy(before, l->bound_serial, sizeof(before));
	snprintf(l->bound_serial, sizeof(l->bound_serial), "%s", serial);
	s->snapshot.bound_serial = l->bound_serial;
	if (before[0] && strcmp(before, serial) != 0)
		return say(answer, STATUS_OK, "the next unit gets %s, instead of %s", serial,
			   before);
	return say(answer, STATUS_OK, "the next unit gets %s", serial);
}

static enum status scan_serial(struct session *s, const char *serial, char *answer)
{
	struct line *l = s->line;
	const bool is_for_slot = l->selected >= 0 && session_now_us() < l->selected_until_us;
	const int slot = l->selected;

	TRY(check_serial(s, serial, answer));
	l->selected = -1;
	return is_for_slot ? bind(s, (unsigned)slot, serial, answer) : bind_next(s, serial, answer);
}

enum status line_scan(struct session *s, const char *text, char *answer)
{
	struct line *l = s->line;
	const uint64_t now = session_now_us();
	const bool is_same = l->last_scan[0] && strcmp(l->last_scan, text) == 0 &&
			     now - l->last_scan_us < SAME_CODE_US;
	enum status st;

	snprintf(l->last_scan, sizeof(l->last_scan), "%s", text);
	l->last_scan_us = now;
	if (is_same)
		return say(answer, STATUS_OK, "%s: read twice, taken once", text);
	if (strncasecmp(text, SLOT_PREFIX, strlen(SLOT_PREFIX)) == 0)
		return select_slot(s, text + strlen(SLOT_PREFIX), answer);
	if (line_scan_label(s, text, answer, &st))
		return st;
	return scan_serial(s, text, answer);
}
