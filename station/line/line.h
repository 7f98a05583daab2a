/*
 * A line: the slots of a fixture that units are plugged into and taken out of all day.
 * docs/line.md tells people the rules.
 *
 * The part of the owner loop (station/station.h) that a session of chosen ports does not have. A
 * unit's life in its slot: a port comes and settles, the unit waits for its turn, is run, and its
 * result stays until it is taken out; what it leaves behind is one entry of slot_view.past. What
 * the owner does never waits: ports are looked at, recipes read, and the records asked by
 * others.
 */
#ifndef STATION_LINE_LINE_H
#define STATION_LINE_LINE_H

#include "recipes/plan.h"
#include "station/line/arrivals.h"
#include "station/line/requests.h"
#include "station/line/station_file.h"

struct attempt;
struct hooks;
struct labels;
struct scanner;
struct session;

/* Jobs of a slot that may be stuck in a system call before the slot takes no units any more. */
#define LINE_STUCK_MAX 3

/* How often a slot is looked at whose units are seen by their chips. A test has it more often. */
struct line_look_times {
	uint64_t empty_us; /* an empty slot, from one look to the next */
	uint64_t done_us;  /* a unit that waits, or is finished; first so long behind its result */
	uint64_t rest_us;  /* the same, once its result is old_us old */
	uint64_t old_us;
	uint64_t unsure_us; /* after something new, until it is sure */
	uint64_t apart_us;  /* between the beginnings of two looks */
	uint64_t fresh_us;  /* a unit that waits was seen within so long, or it is not started */
};
extern const struct line_look_times line_look_times_usual;

struct line_setup {
	const struct station_file *file; /* its slots are those of arrivals */
	struct arrivals *arrivals;
	struct requests *requests; /* NULL: nobody asks for anything */
	struct labels *labels;     /* NULL: none are printed */
	struct scanner *scanner;   /* NULL: none; only its news are told here */
	struct hooks *hooks;       /* NULL: none; only their troubles are told here */
	/* What is flashed first; the line's from station_run() on. It stands in the records. */
	struct plan *plan;
	const char *products_dir;                 /* for recipes that come later; NULL none */
	const char *operator_name, *batch;        /* at the start; NULL none */
	bool has_memory;                          /* units begin with what their slot needs */
	bool has_locks;                           /* as the station file's lockouts say */
	const struct line_look_times *look_times; /* NULL: the usual ones */
};

/* ---- for the owner loop ---- */

/* Guards, memory, locks. STATUS_DATABASE, STATUS_NO_MEMORY. */
enum status line_begin(struct session *s, struct err *err);
/* Gives back all that it has; after a failed line_begin() as well. */
void line_end(struct session *s);

int line_arrivals_fd(const struct session *s);
int line_requests_fd(const struct session *s);
/* -1: no slot is looked at. */
int line_looks_fd(const struct session *s);
/* Before line_end(): false while a thread that looks at a chip is stuck. */
bool line_looks_end(struct session *s, uint32_t wait_ms);
/* Once in each turn of the loop: who came, who left, what was asked for, who begins. */
void line_turn(struct session *s);
/* Before each tick of the view. */
void line_tick(struct session *s);
/* When it wants to be called again at the latest. */
uint64_t line_next_us(const struct session *s);
/* The end was asked for, and nothing is at work. */
bool line_is_over(const struct session *s);
/* false: the line has no use for it, and the loop is to stop. */
bool line_takes_signal(struct session *s, int signal_number);
/* Its unit stood there when the line was started. */
bool line_was_there(const struct session *s, unsigned slot);
/* Are its units seen by their chips? Not through a chip's own USB, which comes and goes with it. */
bool line_is_by_chip(const struct session *s, unsigned slot);
/* The unit in this slot is done. */
void line_result(struct session *s, unsigned slot);
/* A job has been freed: what it was the last user of goes as well. */
void line_free_epochs(struct session *s);

#endif
