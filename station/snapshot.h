/*
 * What can be seen of a session at one moment: one model for every view.
 *
 * The owner loop keeps it up to date; views only read it, on the same thread. A
 * PASS stands here no sooner than it stands in the database.
 */
#ifndef STATION_SNAPSHOT_H
#define STATION_SNAPSHOT_H

#include "engine/base/bytes.h"
#include "engine/flasher.h"
#include "recipes/plan.h"
#include "recipes/product_match.h"
#include "station/line/said.h"
#include "station/plant_link.h"
#include "station/ports.h"
#include "station/slot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOT_SERIAL_BYTES 81
#define SLOT_PAST_MAX 16
#define LABEL_TEXT_BYTES 160
#define LOCKS_MAX 80 /* one for each slot, and those of the line */
#define NOTICES_MAX 32

/* How a unit of a slot ended before. */
struct slot_past {
	unsigned visit; /* slot_view.visit of then */
	int64_t end_utc_ms;
	enum status status;
	uint64_t took_us;
	char mac[MAC_TEXT_BYTES]; /* "" unknown */
	char serial[SLOT_SERIAL_BYTES];
	char run_id[40];
};

/* Where a unit's label is. */
enum label_state {
	LABEL_NONE,     /* none is wanted, or the unit has not passed */
	LABEL_PRINTING, /* on its way to the printer */
	LABEL_PRINTED,
	LABEL_TO_SCAN,  /* printed; the operator has to scan it */
	LABEL_SCANNED,  /* and it was the right one */
	LABEL_MISMATCH, /* another one was scanned */
	LABEL_FAILED,   /* not printed */
};
#define LABEL_STATE_COUNT 7

/* "none", "printing", "to_scan": as events and the web page name it. */
const char *label_state_name(enum label_state state);

/*
 * In a line (snapshot.is_line) a slot outlives its units: what belongs to the unit is emptied when
 * it leaves, but for past. port is never NULL: of an empty slot only port->slot is known.
 */
struct slot_view {
	unsigned number; /* what stands on the fixture: 1 .. in a session of named ports */
	const struct port *port;
	const char *bridge;   /* "CP2104" */
	char short_name[200]; /* as much of port->slot as tells it from the others */
	enum slot_state state;
	char run_id[40];           /* "" before it started, and where nothing is recorded */
	const struct ident *ident; /* ident->chip is NULL as long as nothing is known */
	bool has_progress;
	struct flash_progress progress;
	uint64_t elapsed_us;   /* since its start, up to the verdict */
	double left_s;         /* below 0: unknown */
	const char *start_way; /* "stub 460800": what the slot is remembered to need; "" the best */
	uint64_t limit_us;     /* from its start to the verdict at most; 0 not started */
	bool is_waiting;       /* its port is gone, and may come back */

	/* From SLOT_DONE on. */
	enum status status;
	const char *detail;                /* "" when there is nothing to add */
	const struct flash_report *report; /* NULL when the flasher gave none */
	bool is_duplicate_mac;
	int64_t generation; /* 1 the first time in its process, more: rework; 0 unknown */
	bool is_stored;     /* in the database; false also where nothing is recorded */

	/* Of a line. */
	unsigned visit; /* which unit in this slot since the start, from 1; 0 none */
	char serial[SLOT_SERIAL_BYTES]; /* this unit's number; "" none */
	bool is_golden;                 /* this run judges the station */
	bool is_disabled;               /* takes no units: station file, or somebody said so */
	bool is_gone;                   /* its result stays, though its port is gone: see line.h */
	bool will_retest;               /* the next unit is run whatever it got before */
	enum status before;             /* of ALREADY_FINISHED: what it got then */
	enum label_state label;
	char label_text[LABEL_TEXT_BYTES];    /* what to do about it; "" nothing */
	struct slot_past past[SLOT_PAST_MAX]; /* newest first */
	size_t past_count;
	unsigned units, passed; /* since the start; golden and refused ones not counted */
	unsigned failed_in_row; /* FAIL, ERROR or TIMEOUT */
};

/* Why no unit is started, in the whole line or in one slot: station/line/locks.h. */
struct lock_view {
	char lock_id[40];
	const char *code;     /* "GOLDEN_DUE" */
	const char *sentence; /* what to do */
	int slot;             /* index; -1 the whole line */
	char detail[200];
	int64_t since_utc_ms;
};

/* What a person should have seen: warnings and refusals, newest first. */
struct notice {
	int64_t utc_ms;
	int slot;         /* index; -1 none */
	char text[300];   /* "web: refused: slot 7: ..." */
	struct said said; /* the same, taken apart */
	const char *from; /* who asked for it: "web"; NULL nobody did. A constant */
	bool is_refused;
};

/* Units with a verdict since the start of the line, golden and refused ones not counted. */
struct line_counts {
	unsigned units, passed, failed; /* failed: FAIL */
	unsigned errors;                /* ERROR, TIMEOUT, ABORTED */
	unsigned first_passed; /* of first_units: passed in their first run of this session */
	unsigned first_units;  /* different MACs */
};

struct snapshot {
	enum flash_kind kind;
	const struct plan *plan;             /* NULL: identify */
	const struct product_list *products; /* to compare units with; NULL: they are not */
	const char *db_path;                 /* NULL: nothing is recorded */
	const char *operator_name, *batch, *reason;
	const char *serial; /* of the one unit; NULL unknown */
	bool has_batch_count;
	int64_t batch_passed, batch_of; /* good units of the batch, and how many it shall have */
	bool has_plant;
	struct plant_state plant;
	const struct slot_view *slots;
	size_t slot_count;
	unsigned jobs;
	uint64_t elapsed_us;
	double left_s; /* of the whole session; below 0: unknown */
	bool is_stopping;

	/* Of a line: 'flashline run'. */
	bool is_line;
	const char *station; /* its name */
	unsigned columns;    /* of the fixture: how tiles are laid out; 0 as fits */
	int64_t begun_utc_ms;
	bool is_draining;         /* no unit is started; the program ends when all slots are free,
				   * or goes on with next_recipe */
	const char *next_recipe;  /* "core2-factory-test revision 8"; NULL none */
	const char *bound_serial; /* scanned for the next unit; NULL none */
	struct line_counts counts;
	const struct lock_view *locks;
	size_t lock_count;
	const struct notice *notices;
	size_t notice_count;
};

struct snapshot_counts {
	unsigned empty, waiting, running, done, not_started;
	unsigned outcomes[OUTCOME_COUNT]; /* of those done */
	unsigned not_passed;              /* done, and not PASS */
};
struct snapshot_counts snapshot_count(const struct snapshot *s);

/* "flash", "verify", "identify" */
const char *flash_kind_name(enum flash_kind kind);

/*
 * What the unit that was in this slot last got; NULL when it left without a verdict. Of a slot of
 * which EVENT_LEFT is told.
 */
const struct slot_past *snapshot_left(const struct slot_view *slot);

/* What to do by hand, where that is what a unit needs and the recipe's product says it; else NULL.
 */
const char *snapshot_download_hint(const struct snapshot *s, const struct slot_view *slot);

/* What the operator should do, in one sentence: the run's own advice where it has one. */
const char *snapshot_sentence(const struct slot_view *slot);

/* A PASS that needed another way than the run began with. */
bool snapshot_is_rescued(const struct slot_view *slot);

/* Fill in short_name of every slot. */
void snapshot_name_slots(struct slot_view *slots, size_t count);

/*
 * Seconds a slot still needs: from the pace of its data phase once that can be
 * judged, from what the plan expects before. write_us: since the data phase
 * began, 0 not yet. Below 0 where nothing is expected, and once that has passed.
 */
double snapshot_slot_left_s(const struct slot_view *slot, double expected_s, uint64_t write_us);

/*
 * The same in its boot check, which may end sooner: boot_us since it began. Below 0 once it is
 * over, as when the unit is restarted once more.
 */
double snapshot_boot_left_s(uint32_t within_ms, uint64_t boot_us);

/* Seconds until the last slot is done, as far as slots know theirs; below 0: none does. */
double snapshot_left_s(const struct snapshot *s, double expected_s);

/* ---- what happens, told to a view ---- */

enum event_kind {
	EVENT_STATION_START, /* once, first */
	EVENT_ARRIVED,       /* of a line, slot: a unit has come and settled */
	EVENT_LEFT,          /* of a line, slot: it was taken out; what it got stands in past[0] */
	EVENT_LABEL,         /* of a line, slot: its label_state has changed */
	EVENT_LOCKED,        /* of a line, lock: no unit is started because of it */
	EVENT_UNLOCKED,      /* of a line, lock: it was cured, or text says who overrode it */
	EVENT_REQUEST,       /* of a line, text: what somebody asked for, and what became of it */
	EVENT_BATCH_FULL,    /* of a line: the batch has all its units */
	EVENT_RUN_START,     /* slot: its run is recorded, its port about to be opened */
	EVENT_IDENTIFIED,    /* slot: chip and MAC are known */
	EVENT_OVERRIDE,      /* slot: the guard `code` would have refused it; text says why */
	EVENT_STEP,          /* slot: progress.step began */
	EVENT_PORT_LEFT,     /* slot: its port is gone, and is waited for */
	EVENT_RESULT,        /* slot: done */
	EVENT_PLANT,         /* how the line to the plant stands has changed */
	EVENT_WARNING,       /* text, slot or no slot */
	EVENT_STOPPING,      /* the operator asked for the end */
	EVENT_SUMMARY,       /* once, last */
};

struct event {
	enum event_kind kind;
	const struct slot_view *slot; /* NULL where the whole session is meant */
	const char *text;             /* EVENT_WARNING, EVENT_OVERRIDE, EVENT_REQUEST */
	const struct lock_view *lock; /* EVENT_LOCKED, EVENT_UNLOCKED */
	enum status code;             /* EVENT_OVERRIDE */
	int exit_code;                /* EVENT_SUMMARY */
};

/* One way to show a session. Neither function may block. */
struct view {
	void *ctx;
	void (*event)(void *ctx, const struct snapshot *s, const struct event *e);
	void (*tick)(void *ctx, const struct snapshot *s); /* every tick_ms while something runs */
	uint32_t tick_ms;
};

#endif
