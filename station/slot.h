/*
 * The life of one slot in a session, as states and events: pure.
 *
 * A verdict may come as soon as a unit was started, because a port can be
 * refused before it is open. An event that a state does not expect changes nothing:
 * that is how the late verdict of a job that was given up on is ignored.
 */
#ifndef STATION_SLOT_H
#define STATION_SLOT_H

enum slot_state {
	SLOT_EMPTY,       /* of a line: no unit is in it */
	SLOT_SETTLING,    /* of a line: a port has come, and has to stay for a moment */
	SLOT_WAITING,     /* for a free worker */
	SLOT_STARTING,    /* the run is being recorded; the unit is not touched yet */
	SLOT_OPENING,     /* the port is being opened */
	SLOT_RUNNING,     /* the flasher is at work */
	SLOT_STORING,     /* the verdict is known, its record is on the way to the disk */
	SLOT_DONE,        /* the verdict is stored and may be shown */
	SLOT_NOT_STARTED, /* the session was stopped first: there is no run */
};
#define SLOT_STATE_COUNT 9

enum slot_event {
	SLOT_ARRIVE,   /* of a line: a port has come */
	SLOT_SETTLE,   /* it has stayed */
	SLOT_LEAVE,    /* the unit was taken out */
	SLOT_START,    /* a worker takes it */
	SLOT_RECORDED, /* the run is on the disk */
	SLOT_OPENED,   /* the port is open */
	SLOT_VERDICT,  /* the job has one, or was given up on */
	SLOT_STORED,   /* the result is on the disk, or can't be */
	SLOT_DISMISS,  /* nothing will be started any more */
};
#define SLOT_EVENT_COUNT 9

/* The state after the event; the same one when the event means nothing in it. */
enum slot_state slot_next(enum slot_state state, enum slot_event event);

/* "waiting", "starting", ... */
const char *slot_state_name(enum slot_state state);

#endif
