/*
 * Inside a line (line.h): shared by line.c, which turns the wheel, line_slots.c, which follows what
 * is plugged in, line_looks.c, which looks for chips where a bridge stays, line_requests.c, which
 * does what people ask, line_locks.c, which asks for locks and labels, and epoch.c, which changes
 * recipe and batch. All of it is the owner's alone.
 */
#ifndef STATION_LINE_LINE_INSIDE_H
#define STATION_LINE_LINE_INSIDE_H

#include "station/line/again.h"
#include "station/line/epoch.h"
#include "station/line/line.h"
#include "station/line/looks.h"
#include "station/line/presence.h"
#include "station/session.h"

#define OPERATOR_BYTES 330 /* 80 characters of 4 bytes */

struct finished;
struct locks;
struct recaller;

/* What a slot has beside its unit. */
struct line_slot {
	struct port port;    /* of the unit; of an empty slot only the place */
	struct arrival here; /* what stands there, as it was found last */
	struct port first;   /* what stood there when the line was started; not on USB: nothing */
	uint64_t arrived_us; /* the unit settled: who waits longest begins first */
	uint64_t done_us;    /* its verdict was told */
	bool is_lost;        /* its job saw it leave: another plug is another unit */
	uint64_t gone_us;    /* since then nothing stands there; 0: something does */
	bool has_restarted;  /* its application was on USB: another plug is another unit */
	bool is_golden;      /* its run is a golden check */
	char off[200];       /* of a slot out of use: why, and who said so */

	/* Of a slot whose units are seen by their chips. */
	bool is_by_chip;
	bool has_looked;  /* once */
	bool stood_there; /* its unit was there then */
	struct presence presence;
	uint64_t look_us;   /* due; 0 at once */
	uint64_t looked_us; /* the last glance was over */
	uint64_t seen_us;   /* the last one that saw something, or somebody said that it is there */
	size_t reset_at;    /* which of the bridge's reset sequences comes next */
	unsigned silences;
	unsigned failures; /* glances in a row that the port did not let happen */
};

struct line {
	const struct line_setup *setup;
	struct line_slot slots[STATION_SLOTS_MAX];
	struct recaller *recaller; /* NULL: nothing is remembered */
	struct finished *finished; /* what units got before */
	struct locks *locks;       /* NULL: none are wanted */
	struct looks *looks;       /* NULL: no slot is looked at so far */
	bool has_no_looks;         /* there were no threads for them */
	uint64_t next_look_us;
	struct epoch *epochs;         /* newest first */
	struct recipe_change *change; /* a recipe that is being read; NULL none */
	struct recipe_in_use *next;   /* it is read, and waits for the slots to be free */
	char operator_name[OPERATOR_BYTES], batch[OPERATOR_BYTES];
	char next_recipe[200];
	bool is_ending;     /* nothing is started any more, and then it is over */
	bool is_batch_told; /* that it is full */
	uint64_t next_start_us;

	/* Of the scanner. */
	struct pattern *serial_pattern; /* NULL: any */
	int selected;                   /* slot index that was scanned last; -1 none */
	uint64_t selected_until_us;
	char bound_serial[SLOT_SERIAL_BYTES]; /* for the next unit; "" none */
	char last_scan[REQUEST_TEXT_BYTES];
	uint64_t last_scan_us;

	struct notice notices[NOTICES_MAX];
	struct lock_view locked[LOCKS_MAX];
};

/* A line for people among the notices; slot -1: none in particular. from: who asked for it; NULL
 * nobody did. */
void line_notice(struct session *s, int slot, const struct said *said, const char *from,
		 bool is_refused);
/* No unit is run in this slot now, for a reason that is no lock. */
bool line_is_busy(const struct session *s);
/* Have the recipe read that a file holds; what comes of it is told. STATUS_USAGE one is being read.
 */
enum status line_read_recipe(struct session *s, const char *path, struct err *err);
/* No unit is started any more; it is over when none works. */
void line_drain(struct session *s);
/* How many jobs of this slot are stuck. */
unsigned line_stuck(const struct session *s, unsigned slot);

/* ---- line_slots.c ---- */

/* Take over what has come and gone. */
void line_follow(struct session *s);
/* The unit leaves the slot, or is seen as another one. */
void line_leave(struct session *s, unsigned slot);
/* It takes no units, for this reason; NULL: it takes units again. */
void line_put_off(struct session *s, unsigned slot, const char *why);

/* An empty slot: a unit has come. Then: it has stayed. */
void line_arrive(struct session *s, unsigned slot);
void line_settle(struct session *s, unsigned slot);

/* ---- line_looks.c; nothing is done of a slot that the USB tells of (line_is_by_chip()) ---- */

/* Take over what was seen, and begin what is due. */
void line_look(struct session *s);
uint64_t line_next_look_us(const struct session *s);
/* Its unit is there and not being looked at: it may be started. */
bool line_look_allows(const struct session *s, unsigned slot);
void line_look_result(struct session *s, unsigned slot);
/* There is a unit in the slot, says somebody. */
void line_look_force(struct session *s, unsigned slot);
bool line_is_looking(const struct session *s);

/* ---- line_requests.c ---- */

void line_take_requests(struct session *s);

/* ---- line_locks.c ---- */

enum status line_locks_begin(struct session *s, struct err *err);
void line_locks_end(struct line *l);
/* The recipe is another one now. */
void line_locks_recipe(struct session *s);
/* There are more slots than before, and no unit was started in them yet. */
void line_locks_slots(struct session *s);
/* What has begun and ended since. */
void line_locks_tick(struct session *s);
/* May a unit be started in this slot? golden: as a golden check. */
bool line_locks_allow(const struct session *s, unsigned slot, bool *golden);
void line_locks_result(struct session *s, unsigned slot);

/* ---- line_scan.c ---- */

/* A code was read: what becomes of it, in answer (REQUEST_TEXT_BYTES). STATUS_USAGE: nothing. */
enum status line_scan(struct session *s, const char *text, struct said *answer);

/* ---- line_labels.c; all do nothing where none are printed ---- */

/* What has changed since. */
void line_watch_labels(struct session *s);
void line_print_label(struct session *s, unsigned slot);
void line_label_left(struct session *s, unsigned slot);
/* false: it is no label; else what became of it. */
bool line_scan_label(struct session *s, const char *text, struct said *answer, enum status *st);
enum status line_reprint(struct session *s, unsigned slot, const char *operator_name,
			 const char *reason, struct said *answer);
/* The unit has to stay in its slot until its label was scanned. */
bool line_waits_for_label(const struct session *s, unsigned slot);

#endif
