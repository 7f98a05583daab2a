/*
 * One attempt at one unit, on a worker's thread: record the run, open the port,
 * let the flasher work, give the verdict, close the port.
 *
 * A job is shared by the worker and the owner loop, and freed when both let go. What a
 * member may be used for, and when, stands beside it. The verdict is posted before
 * the port is closed, because a close can hang for 45 s on a wedged bridge.
 */
#ifndef STATION_JOB_H
#define STATION_JOB_H

#include "db/record.h"
#include "db/writer.h"
#include "engine/flasher.h"
#include "recipes/plan.h"
#include "station/bridge.h"
#include "station/claims.h"
#include "station/guards.h"
#include "station/ports.h"
#include "station/queue.h"

#include <stdatomic.h>

/* What a session does with every one of its units; const while it lasts. */
struct job_order {
	enum flash_kind kind;
	const struct plan *plan; /* NULL: identify */
	struct writer *writer;   /* NULL: nothing is recorded (identify) */
	const char *operator_name, *batch, *serial;
	struct guards *guards; /* NULL: nothing is refused for the factory's rules */
	struct queue *facts;
	struct claims *claims;         /* NULL: MACs are not compared (identify) */
	const char *const *slot_names; /* for people, indexed as the slots */
	const char *sysfs_tty;         /* where ports are looked for again; NULL: nowhere */
	uint64_t busy_us;              /* how long a port may be another program's */
	enum status (*open_port)(const char *node, const atomic_bool *cancel,
				 struct transport **out, struct err *err);
};

struct job_progress {
	bool is_known;
	struct flash_progress progress;
	uint64_t write_start_us; /* clock_monotonic: the first block of the data phase; 0 not yet */
	bool is_waiting;         /* for the port to come back */
};

struct job;

/*
 * port and bridge name the unit's place and must stay valid as long as the job.
 * turn: how many units begin just before this one; it waits a few ms for each.
 * start: the way to begin with, copied; NULL the best.
 * Owned by the caller and by the worker that job_run() runs on. NULL without memory.
 */
struct job *job_new(const struct job_order *order, unsigned slot, unsigned turn,
		    const struct port *port, const struct bridge *bridge,
		    const struct link_profile *link, const struct flash_way *start);

/* The worker's side: struct job as void, for pool_run(). Gives up the worker's share. */
void job_run(void *job);

/* Gives up the owner's share. NULL is fine. */
void job_release(struct job *job);

/* ---- the owner's side, any time ---- */

/* Ask the flasher to stop; it does within some 50 ms unless a system call holds it. */
void job_cancel(struct job *job);
const char *job_run_id(const struct job *job);
/* Milliseconds from the opened port to the verdict, at most. */
uint32_t job_limit_ms(const struct job *job);
struct job_progress job_progress(struct job *job);
/* What was identified so far; ident->chip is NULL when nothing was. */
void job_ident(struct job *job, struct ident *ident);
/* When FACT_STARTED was posted: clock_monotonic, and UTC. */
uint64_t job_started_us(struct job *job);
/* The guards that were overridden so far, into overridden; returns how many. */
size_t job_overridden(struct job *job, struct guard_overridden overridden[static GUARD_COUNT]);
/* Switch the unit's power on, if this job had just switched it off and is stuck. */
void job_restore_power(struct job *job);
/* A copy of the log so far, to be freed; NULL without memory. */
char *job_log(struct job *job);
/* A line into the unit's log; any thread. */
void job_note(struct job *job, const char *line);
/* For writer_done.call, with the job as ctx: posts FACT_STORED. Any thread. */
void job_stored(void *job, enum status st, const struct err *err);

/* ---- the owner's side, after FACT_VERDICT only ---- */

const struct flash_report *job_report(const struct job *job);
/* What the unit said in its boot check: a copy, to be freed; NULL: nothing was heard. */
char *job_console(const struct job *job);
/* 0: the guards did not come so far. */
int64_t job_generation(const struct job *job);

#endif
