/*
 * Inside the owner loop (station.h): its state, shared by station.c, which makes and
 * releases it, loop.c, which starts jobs and listens, and verdict.c, which ends
 * them. All of it belongs to the thread that runs station_run().
 */
#ifndef STATION_SESSION_H
#define STATION_SESSION_H

#include "station/claims.h"
#include "station/guards.h"
#include "station/job.h"
#include "station/memory.h"
#include "station/pool.h"
#include "station/queue.h"
#include "station/station.h"

#include <limits.h>

#define NEVER UINT64_MAX
#define SESSION_NO_SLOT UINT_MAX /* of a warning: it is about none in particular */

struct line;
struct recipe_in_use;

/*
 * What a unit is done with. A session of chosen ports has one, of things that its caller lends. In
 * a line recipe and batch change between units: each unit keeps the one that it was started with,
 * and an epoch that is not the newest is freed with its last unit (line/epoch.h).
 */
struct epoch {
	struct job_order order;
	unsigned users; /* attempts that are there */
	struct epoch *next;
	/* Of a line. */
	struct recipe_in_use *recipe;
	struct guards *guards;
	struct serial_numbers *numbers;
	char *batch;
};

/* A job, and what of it has to come back before it may be freed. */
struct attempt {
	struct job *job;
	struct epoch *epoch;
	unsigned slot;
	bool is_current;         /* its unit is the one in the slot */
	bool has_worker;         /* a thread that counts in the pool works on it */
	bool is_closed;          /* the worker has said its last word */
	bool is_at_writer;       /* the writer has its result and has not answered */
	uint64_t close_limit_us; /* its worker is replaced then */
	struct attempt *next;
};

struct unit {
	struct attempt *attempt; /* NULL until it is started */
	const struct port *port;
	const struct bridge *bridge;
	const struct flash_way
		*start;       /* the next run begins with it; NULL the best, or as remembered */
	uint64_t deadline_us; /* the present state is given up then */
	double expected_s;    /* of the plan at this link's best rate */
	struct link_profile link;
	struct ident ident;
	char start_way[WAY_TEXT_BYTES];
	char detail[ERR_TEXT_BYTES + 128];
	size_t overridden; /* guards, that were told */
};

struct session {
	struct station_setup own_setup;
	const struct station_setup *setup; /* own_setup */
	struct epoch *epoch;               /* of the units that begin now; the newest of the list */
	struct queue *facts;
	struct claims *claims; /* NULL: identify */
	struct pool *pool;
	size_t count, room; /* slots; a line may get more */
	struct unit *units;
	struct slot_view *views; /* of the units, for the snapshot */
	const char **slot_names;
	struct attempt *attempts; /* all that are not freed */
	struct snapshot snapshot;
	uint64_t start_us, next_tick_us;
	unsigned stop_requests;
	unsigned stores;   /* results that the writer has not answered for: it holds their jobs */
	bool is_locked;    /* results wait for another program, and that was told */
	bool has_failed;   /* the station itself: database, memory, threads */
	struct line *line; /* NULL: a session of chosen ports, each once */
};

static inline struct job *unit_job(const struct unit *unit)
{
	return unit->attempt ? unit->attempt->job : NULL;
}

static inline bool unit_has_worker(const struct unit *unit)
{
	return unit->attempt && unit->attempt->has_worker;
}

uint64_t session_now_us(void);

/* ---- station.c ---- */

void session_tell_event(struct session *s, const struct event *e);
/* Tell the view. */
void session_tell(struct session *s, enum event_kind kind, unsigned slot);
__attribute__((format(printf, 3, 4))) void session_warn(struct session *s, unsigned slot,
							const char *format, ...);
void session_take_event(struct session *s, unsigned slot, enum slot_event event);
/* No unit is started any more. */
void session_dismiss_waiting(struct session *s);
/* How far the batch is, into the snapshot. */
void session_count_batch(struct session *s);
/* How the line to the plant stands, into the snapshot; told when that has changed. */
void session_watch_plant(struct session *s);
/* What is known of the unit in a slot once its port and bridge are; nothing of the one before. */
void session_prepare_unit(struct session *s, unsigned slot);
/* The slot's job is its unit's no longer; it is freed as soon as it has come back. */
void session_part_with(struct session *s, unsigned slot);
/* A fact came that may be the last one of this job. */
void session_heard_last(struct session *s, struct attempt *attempt);
/* What all orders of the session have in common. */
struct job_order session_order(const struct session *s);
/* Put a text beside a slot's result. */
__attribute__((format(printf, 3, 4))) void session_detail(struct session *s, unsigned slot,
							  const char *format, ...);

/* ---- loop.c ---- */

/* As the operator's signal; again: more urgent. */
void session_stop(struct session *s);
/* Hand the slot's unit to a worker. golden: to judge the station. */
void session_start_unit(struct session *s, unsigned slot, unsigned turn, bool is_golden);
/* Until every slot is done and its worker free, or both were given up on. */
void session_loop(struct session *s);

/* ---- verdict.c ---- */

/* The flasher's own verdict: judged against the other slots, and handed to the writer. */
void verdict_from_job(struct session *s, unsigned slot);
/* The job is stuck: a verdict without it. Its worker is replaced. */
void verdict_give_up(struct session *s, unsigned slot);
/* The result is on the disk, or it is not. */
void verdict_stored(struct session *s, unsigned slot, enum status status);
/* The run could not even begin: nothing is recorded about it. */
void verdict_not_started(struct session *s, unsigned slot, enum status status, const char *why);
/* Count no longer on the worker of this job. */
void session_replace_worker(struct session *s, struct attempt *attempt);

#endif
