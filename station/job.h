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
#include "station/memory.h"
#include "station/ports.h"
#include "station/queue.h"
#include "station/snapshot.h"

#include <stdatomic.h>

struct again;
struct finished;
struct serial_numbers;
struct recaller;
struct station_golden;

/* What is done with every unit; const as long as one of its jobs is there. */
struct job_order {
	enum flash_kind kind;
	const struct plan *plan; /* NULL: identify */
	struct writer *writer;   /* NULL: nothing is recorded (identify) */
	const char *batch;
	struct guards *guards;          /* NULL: nothing is refused for the factory's rules */
	struct serial_numbers *numbers; /* NULL: the recipe gives none: serial_numbers.h */
	struct again *again;       /* NULL: nobody minds what a unit got before: line/again.h */
	struct finished *finished; /* NULL: nobody minds what it got before the start */
	const struct station_golden *golden; /* whom job_unit.is_golden is about; NULL: nobody */
	struct recaller *recaller;           /* NULL: only job_unit.start is remembered: recall.h */
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
	uint64_t boot_start_us;  /* the boot check; 0 not yet */
	bool is_waiting;         /* for the port to come back */
};

struct job;

/* What is particular to this unit. All is copied. */
struct job_unit {
	unsigned slot;           /* index */
	unsigned nest;           /* its number on the fixture; 0 it has none */
	unsigned turn;           /* units that begin just before it: it waits a few ms for each */
	const struct port *port; /* its place, and what stands there */
	const struct bridge *bridge;
	const struct link_profile *link;
	const struct flash_way *start;      /* the way to begin with; NULL the best */
	const char *operator_name, *serial; /* NULL unknown */
	bool is_golden;                     /* this run judges the station: verify, write nothing */
	bool is_retest;                     /* whatever the unit got before */
	bool was_there;                     /* when the line was started: line/finished.h */
	bool is_bridge_of_nest;             /* which stays when units are changed */
};

/*
 * order must stay valid as long as the job. Owned by the caller and by the worker that job_run()
 * runs on. NULL without memory.
 */
struct job *job_new(const struct job_order *order, const struct job_unit *unit);

/* The worker's side: struct job as void, for pool_run(). Gives up the worker's share. */
void job_run(void *job);

/* Gives up the owner's share. NULL is fine. */
void job_release(struct job *job);

/* ---- the owner's side, any time ---- */

/* Ask the flasher to stop; it does within some 50 ms unless a system call holds it. */
void job_cancel(struct job *job);
const char *job_run_id(const struct job *job);
/* The port that it began with. */
const char *job_node(const struct job *job);
/* Milliseconds from the opened port to the verdict, at most. */
uint32_t job_limit_ms(const struct job *job);
struct job_progress job_progress(struct job *job);
/* What was identified so far; ident->chip is NULL when nothing was. */
void job_ident(struct job *job, struct ident *ident);
/* When FACT_STARTED was posted: clock_monotonic, and UTC. */
uint64_t job_started_us(struct job *job);
/* Then also: with which way it begins, "" the best. */
void job_start_way(struct job *job, char text[static WAY_TEXT_BYTES]);
/* Where its unit is on USB now, as far as the job followed it: port's bus, device and plug. */
void job_usb(struct job *job, struct port *port);
/* Its flash is perhaps not what it was: the first byte was allowed to go out. */
bool job_has_written(struct job *job);
/* What it got before, of a unit that ended with STATUS_ALREADY_FINISHED. */
enum status job_before(struct job *job);
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

/* The unit's serial number as far as it is known: declared, or given; "" none. */
void job_serial(struct job *job, char serial[static SLOT_SERIAL_BYTES]);
/*
 * The run has ended so: what becomes of its number, and what was made for its unit, into its
 * result. Lent by the job. has_report: FACT_VERDICT came. Once; from then on the job gives no
 * number and writes none.
 */
void job_end_data(struct job *job, enum status status, bool has_report,
		  struct record_result *result);

/* ---- the owner's side, after FACT_VERDICT only ---- */

/* Why a VERIFY run did not look at what is the unit's own; "" it did, or there is nothing. */
const char *job_not_judged(const struct job *job);

const struct flash_report *job_report(const struct job *job);
/* What the unit said in its boot check: a copy, to be freed; NULL: nothing was heard. */
char *job_console(const struct job *job);
/* 0: the guards did not come so far. */
int64_t job_generation(const struct job *job);

#endif
