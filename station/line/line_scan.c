/* What a scanner read, in a line: line_inside.h. */
#include "station/line/line_inside.h"

#include "recipes/boot_check.h"
#include "station/guards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A trigger that is held reads a code several times. */
#define SAME_CODE_US UINT64_C(2000000)
/* Whoever scans a slot has the label of its unit in the hand. Our choice. */
#define SELECTED_US UINT64_C(60000000)

#define SLOT_PREFIX "SLOT:"

/* The slot with this number; -1 none. */
static int slot_numbered(const struct session *s, unsigned long number)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->views[i].number == number)
			return (int)i;
	}
	return -1;
}

static enum status select_slot(struct session *s, const char *digits, struct said *answer)
{
	char *end;
	const unsigned long number = strtoul(digits, &end, 10);
	const int slot = *digits >= '0' && *digits <= '9' && !*end ? slot_numbered(s, number) : -1;

	if (slot < 0) {
		said_set(answer, SAID_SLOT_UNKNOWN, SLOT_PREFIX "%s", digits);
		return STATUS_USAGE;
	}
	s->line->selected = slot;
	s->line->selected_until_us = session_now_us() + SELECTED_US;
	said_set(answer, SAID_SLOT_CHOSEN, "%lu", number);
	return STATUS_OK;
}

/* ---- serial numbers ---- */

static bool matches(const struct pattern *pattern, const char *serial)
{
	return !pattern || pattern_matches(pattern, serial, strlen(serial)) == PATTERN_YES;
}

/* Fit to be a number at all, and nobody else's here. */
static enum status check_serial(const struct session *s, const char *serial, struct said *answer)
{
	const struct line *l = s->line;
	struct err err;

	if (!serial[0] || strlen(serial) >= SLOT_SERIAL_BYTES || guard_check_serial(serial, &err)) {
		said_set(answer, SAID_SERIAL_BAD, "%s" SAID_NEXT "%d", serial,
			 SLOT_SERIAL_BYTES - 1);
		return STATUS_USAGE;
	}
	if (!matches(l->serial_pattern, serial)) {
		said_set(answer, SAID_SERIAL_OTHER, "%s" SAID_NEXT "%s", serial,
			 l->setup->file->scanner.serial);
		return STATUS_USAGE;
	}
	for (size_t i = 0; i < s->count; i++) {
		const struct slot_view *view = &s->views[i];

		if (strcmp(view->serial, serial) == 0 && (int)i != l->selected) {
			said_set(answer, SAID_SERIAL_HERE, "%s" SAID_NEXT "%u", serial,
				 view->number);
			return STATUS_USAGE;
		}
	}
	return STATUS_OK;
}

static enum status bind(struct session *s, unsigned slot, const char *serial, struct said *answer)
{
	struct slot_view *view = &s->views[slot];
	char before[SLOT_SERIAL_BYTES];

	if (view->state >= SLOT_STARTING) {
		said_set(answer, view->state < SLOT_DONE ? SAID_UNIT_AT_WORK : SAID_UNIT_DONE, "%u",
			 view->number);
		return STATUS_USAGE;
	}
	memcpy(before, view->serial, sizeof(before));
	snprintf(view->serial, sizeof(view->serial), "%s", serial);
	if (before[0] && strcmp(before, serial) != 0)
		said_set(answer, SAID_SLOT_GETS_INSTEAD, "%u" SAID_NEXT "%s" SAID_NEXT "%s",
			 view->number, serial, before);
	else
		said_set(answer, SAID_SLOT_GETS, "%u" SAID_NEXT "%s", view->number, serial);
	return STATUS_OK;
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

static enum status bind_next(struct session *s, const char *serial, struct said *answer)
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
		said_set(answer, SAID_NEXT_GETS_INSTEAD, "%s" SAID_NEXT "%s", serial, before);
	else
		said_set(answer, SAID_NEXT_GETS, "%s", serial);
	return STATUS_OK;
}

static enum status scan_serial(struct session *s, const char *serial, struct said *answer)
{
	struct line *l = s->line;
	const bool is_for_slot = l->selected >= 0 && session_now_us() < l->selected_until_us;
	const int slot = l->selected;

	TRY(check_serial(s, serial, answer));
	l->selected = -1;
	return is_for_slot ? bind(s, (unsigned)slot, serial, answer) : bind_next(s, serial, answer);
}

enum status line_scan(struct session *s, const char *text, struct said *answer)
{
	struct line *l = s->line;
	const uint64_t now = session_now_us();
	const bool is_same = l->last_scan[0] && strcmp(l->last_scan, text) == 0 &&
			     now - l->last_scan_us < SAME_CODE_US;
	enum status st;

	snprintf(l->last_scan, sizeof(l->last_scan), "%s", text);
	l->last_scan_us = now;
	if (is_same) {
		said_set(answer, SAID_READ_TWICE, "%s", text);
		return STATUS_OK;
	}
	if (strncasecmp(text, SLOT_PREFIX, strlen(SLOT_PREFIX)) == 0)
		return select_slot(s, text + strlen(SLOT_PREFIX), answer);
	if (line_scan_label(s, text, answer, &st))
		return st;
	return scan_serial(s, text, answer);
}
