/*
 * What the terminal shows of a line, as a copy of its own: the owner makes one at each tick, and
 * the thread that draws keeps it as long as it likes. Everything in it is text and numbers.
 */
#ifndef STATION_TERMINAL_SCENE_H
#define STATION_TERMINAL_SCENE_H

#include "station/json.h"
#include "station/snapshot.h"

#define SCENE_SLOTS_MAX 64
#define SCENE_LOCKS_SHOWN 8
#define SCENE_NOTICES_SHOWN 8

/* How a slot looks at a glance. */
enum look {
	LOOK_EMPTY,
	LOOK_OFF,     /* disabled: takes no unit */
	LOOK_SETTLES, /* a unit has come, or waits for its turn */
	LOOK_WORK,
	LOOK_PASS,
	LOOK_FAIL, /* the unit is bad */
	LOOK_CARE, /* somebody has to do something: ERROR, TIMEOUT, a label to scan */
	LOOK_STOP, /* refused or stopped by a rule */
	LOOK_LOCKED,
};
#define LOOK_COUNT (LOOK_LOCKED + 1)

struct scene_past {
	char when[UTC_TEXT_BYTES]; /* "12:30:05" */
	char verdict[64];
	char mac[MAC_TEXT_BYTES];
	char serial[SLOT_SERIAL_BYTES];
	double took_s;
	enum look look;
};

struct scene_slot {
	unsigned number, visit;
	enum slot_state state;
	enum look look;
	char word[24]; /* "PASS", "write", "SCAN LABEL" */
	char code[40]; /* of what did not pass; "" */
	int percent;   /* below 0: nothing to wait for */
	double left_s, took_s;
	char mac[MAC_TEXT_BYTES];
	char serial[SLOT_SERIAL_BYTES];
	char place[200], port[64], bridge[64], chip[80], run_id[40];
	char sentence[450];
	char detail[ERR_TEXT_BYTES + 128];
	char evidence[400], rungs[200], suspects[80];
	char label[LABEL_TEXT_BYTES + 24];
	bool is_golden, is_gone, will_retest, is_disabled, is_rescued;
	unsigned rate_baud, tries, units, passed, failed_in_row;
	struct scene_past past[SLOT_PAST_MAX];
	size_t past_count;
};

struct scene_lock {
	char code[40], sentence[200], detail[200];
	unsigned number; /* of the slot; 0 the whole line */
	int slot;        /* its index; -1 the whole line */
	char since[UTC_TEXT_BYTES];
};

struct scene {
	bool is_there; /* false: nothing was told yet */
	char station[80], recipe[160], next_recipe[160], operator_name[81], batch[81];
	char bound_serial[SLOT_SERIAL_BYTES];
	bool has_batch_count, has_plant, plant_is_connected, is_draining, is_stopping;
	int64_t batch_passed, batch_of, pending;
	char alarm[200];
	struct line_counts counts;
	unsigned columns; /* of the fixture; 0 as fits */
	unsigned at_work; /* units with a run under way */
	int64_t now_utc_ms;
	struct scene_lock locks[SCENE_LOCKS_SHOWN];
	size_t lock_count; /* all; SCENE_LOCKS_SHOWN of them stand here at most */
	char notices[SCENE_NOTICES_SHOWN][400];
	size_t notice_count;
	struct scene_slot slots[SCENE_SLOTS_MAX];
	size_t slot_count;
};

/* Pure. A line has never more slots than SCENE_SLOTS_MAX; more would not be shown. */
void scene_take(struct scene *scene, const struct snapshot *s);

#endif
