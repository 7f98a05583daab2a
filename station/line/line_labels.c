/* Labels, as a line has them printed: line_inside.h. */
#include "station/line/line_inside.h"

#include "station/label/label.h"
#include "station/line/locks.h"
#include "station/textbuf.h"

#include <stdio.h>
#include <string.h>

/* A label that has to be printed, and a printer that cannot: no unit is taken, as it would wait. */
static void watch_printer(struct session *s)
{
	const struct line *l = s->line;
	const struct plan_label *label = s->snapshot.plan->label;
	char why[LABEL_TEXT_BYTES];

	if (!l->locks)
		return;
	if (label && label->is_required && !labels_is_ready(l->setup->labels, why, sizeof(why)))
		locks_begin(l->locks, LOCK_PRINTER, -1, why);
	else
		locks_cure(l->locks, LOCK_PRINTER, -1);
}

void line_watch_labels(struct session *s)
{
	char text[LABEL_TEXT_BYTES];
	enum label_state state;
	unsigned slot;

	while (labels_next_change(s->line->setup->labels, &slot, &state, text)) {
		struct slot_view *view = &s->views[slot];

		if (view->state != SLOT_DONE)
			continue;
		view->label = state;
		memcpy(view->label_text, text, sizeof(view->label_text));
		session_tell(s, EVENT_LABEL, slot);
	}
	watch_printer(s);
}

void line_print_label(struct session *s, unsigned slot)
{
	const struct plan_label *label = s->snapshot.plan->label;

	labels_print(s->line->setup->labels, &s->snapshot, &s->views[slot]);
	/* Told with the next tick, behind the result; but the unit may not leave before. */
	if (label && label->is_scan_back)
		s->views[slot].label = LABEL_PRINTING;
}

void line_label_left(struct session *s, unsigned slot)
{
	if (s->line->setup->labels)
		labels_left(s->line->setup->labels, slot);
}

bool line_waits_for_label(const struct session *s, unsigned slot)
{
	const struct slot_view *view = &s->views[slot];
	const struct plan_label *label = s->snapshot.plan->label;

	if (!s->line->setup->labels || view->state != SLOT_DONE)
		return false;
	return view->label == LABEL_TO_SCAN || view->label == LABEL_MISMATCH ||
	       (view->label == LABEL_PRINTING && label && label->is_scan_back);
}

/* The slot that was scanned just before, as long as that counts. */
static int selected(const struct session *s)
{
	const struct line *l = s->line;

	return l->selected >= 0 && session_now_us() < l->selected_until_us ? l->selected : -1;
}

bool line_scan_label(struct session *s, const char *text, struct said *answer, enum status *st)
{
	struct line *l = s->line;
	bool is_label, matches;
	unsigned slot;

	if (!l->setup->labels)
		return false;
	labels_scanned(l->setup->labels, text, selected(s), l->operator_name, &is_label, &slot,
		       &matches);
	if (!is_label)
		return false;
	l->selected = -1;
	*st = matches ? STATUS_OK : STATUS_USAGE;
	if (matches) {
		said_set(answer, SAID_LABEL_RIGHT, "%u", s->views[slot].number);
		if (l->locks)
			locks_cure(l->locks, LOCK_LABEL_MISMATCH, (int)slot);
	} else {
		said_set(answer, SAID_LABEL_WRONG, "%u" SAID_NEXT "%.80s", s->views[slot].number,
			 text);
		if (l->locks)
			locks_begin(l->locks, LOCK_LABEL_MISMATCH, (int)slot, answer->text);
	}
	line_watch_labels(s);
	return true;
}

enum status line_reprint(struct session *s, unsigned slot, const char *operator_name,
			 const char *reason, struct said *answer)
{
	enum status st = STATUS_USAGE;
	struct err err;

	said_plain(answer, SAID_NO_LABELS);
	if (!s->line->setup->labels)
		return st;
	st = labels_reprint(s->line->setup->labels, slot, operator_name, reason, &err);
	if (st)
		said_set(answer, SAID_LABEL_REFUSED, "%u" SAID_NEXT "%.200s", s->views[slot].number,
			 err.text);
	else
		said_set(answer, SAID_LABEL_AGAIN, "%u", s->views[slot].number);
	line_watch_labels(s);
	return st;
}
