/* Labels, as a line has them printed: line_inside.h. */
#include "station/line/line_inside.h"

#include <stdio.h>

void line_watch_labels(struct session *s)
{
	(void)s;
}

void line_print_label(struct session *s, unsigned slot)
{
	(void)s;
	(void)slot;
}

void line_label_left(struct session *s, unsigned slot)
{
	(void)s;
	(void)slot;
}

bool line_waits_for_label(const struct session *s, unsigned slot)
{
	(void)s;
	(void)slot;
	return false;
}

bool line_scan_label(struct session *s, const char *text, char *answer, enum status *st)
{
	(void)s;
	(void)text;
	(void)answer;
	(void)st;
	return false;
}

enum status line_reprint(struct session *s, unsigned slot, const char *operator_name,
			 const char *reason, char *answer)
{
	(void)s;
	(void)slot;
	(void)operator_name;
	(void)reason;
	snprintf(answer, REQUEST_TEXT_BYTES, "no labels are printed here");
	return STATUS_USAGE;
}
