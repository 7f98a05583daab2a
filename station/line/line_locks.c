/* Lockouts and labels, as a line asks for them: line.h. */
#include "station/line/line_inside.h"

enum status line_locks_begin(struct session *s, struct err *err)
{
	(void)s;
	(void)err;
	return STATUS_OK;
}

void line_locks_end(struct line *l)
{
	(void)l;
}

void line_locks_tick(struct session *s)
{
	(void)s;
}

bool line_locks_allow(const struct session *s, unsigned slot, bool *golden)
{
	(void)s;
	(void)slot;
	*golden = false;
	return true;
}

void line_locks_result(struct session *s, unsigned slot)
{
	(void)s;
	(void)slot;
}

void line_locks_left(struct session *s, unsigned slot)
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
