#include "station/slot.h"

#include <assert.h>

#define STAYS -1

/* clang-format off */
static const signed char next[SLOT_STATE_COUNT][SLOT_EVENT_COUNT] = {
	/*                     ARRIVE         SETTLE        LEAVE       START          RECORDED      OPENED        VERDICT       STORED     DISMISS */
	[SLOT_EMPTY]       = { SLOT_SETTLING, STAYS,        STAYS,      STAYS,         STAYS,        STAYS,        STAYS,        STAYS,     STAYS },
	[SLOT_SETTLING]    = { STAYS,         SLOT_WAITING, SLOT_EMPTY, STAYS,         STAYS,        STAYS,        STAYS,        STAYS,     STAYS },
	[SLOT_WAITING]     = { STAYS,         STAYS,        SLOT_EMPTY, SLOT_STARTING, STAYS,        STAYS,        STAYS,        STAYS,     SLOT_NOT_STARTED },
	[SLOT_STARTING]    = { STAYS,         STAYS,        STAYS,      STAYS,         SLOT_OPENING, STAYS,        STAYS,        SLOT_DONE, SLOT_NOT_STARTED },
	[SLOT_OPENING]     = { STAYS,         STAYS,        STAYS,      STAYS,         STAYS,        SLOT_RUNNING, SLOT_STORING, STAYS,     STAYS },
	[SLOT_RUNNING]     = { STAYS,         STAYS,        STAYS,      STAYS,         STAYS,        STAYS,        SLOT_STORING, STAYS,     STAYS },
	[SLOT_STORING]     = { STAYS,         STAYS,        STAYS,      STAYS,         STAYS,        STAYS,        STAYS,        SLOT_DONE, STAYS },
	[SLOT_DONE]        = { STAYS,         STAYS,        SLOT_EMPTY, STAYS,         STAYS,        STAYS,        STAYS,        STAYS,     STAYS },
	[SLOT_NOT_STARTED] = { STAYS,         STAYS,        SLOT_EMPTY, STAYS,         STAYS,        STAYS,        STAYS,        STAYS,     STAYS },
};
/* clang-format on */

enum slot_state slot_next(enum slot_state state, enum slot_event event)
{
	assert((unsigned)state < SLOT_STATE_COUNT && (unsigned)event < SLOT_EVENT_COUNT);
	return next[state][event] == STAYS ? state : (enum slot_state)next[state][event];
}

const char *slot_state_name(enum slot_state state)
{
	static const char *const names[SLOT_STATE_COUNT] = {
		[SLOT_EMPTY] = "empty",
		[SLOT_SETTLING] = "settling",
		[SLOT_WAITING] = "waiting",
		[SLOT_STARTING] = "starting",
		[SLOT_OPENING] = "opening",
		[SLOT_RUNNING] = "running",
		[SLOT_STORING] = "storing",
		[SLOT_DONE] = "done",
		[SLOT_NOT_STARTED] = "not started",
	};

	assert((unsigned)state < SLOT_STATE_COUNT);
	return names[state];
}
