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

#define NEVER UINT64_MAX

struct unit {
	struct job *job;         /* NULL until it is started */
	bool has_worker;         /* a thread that counts in the pool works on it */
	uint64_t deadline_us;    /* the present state is given up then */
	uint64_t close_limit_us; /* its worker is replaced then */
	double expected_s;       /* of the plan at this link's best rate */
	struct link_profile link;
	struct ident ident;
	char start_way[WAY_TEXT_BYTES];
	char detail[ERR_TEXT_BYTES + 128];
	size_t overridden; /* guards, that were told */
};

struct session {
	struct station_setup own_setup;
	const struct station_setup *setup; /* own_setup */
	struct job_order order;
	struct queue *facts;
	struct claims *claims; /* NULL: identify */
	struct pool *pool;
	struct unit *units;
	struct slot_view *views; /* of the units, for the snapshot */
	const char **slot_names;
	struct snapshot snapshot;
	uint64_t start_us, next_tick_us;
	unsigned stop_requests;
	unsigned stores; /* results that the writer has not answered for: it holds their jobs */
	bool has_failed; /* the station itself: database, memory, threads */
};

uint64_t session_now_us(void);

/* ---- station.c ---- */

void session_tell_event(struct session *s, const struct event *e);
/* Tell the view; slot may be the index of any unit. */
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
/* Put a text beside a slot's result. */
__attribute__((format(printf, 3, 4))) void session_detail(struct session *s, unsigned slot,
							  const char *format, ...);

/* ---- loop.c ---- */

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
/* Count no longer on the worker of this slot. */
void session_replace_worker(struct session *s, unsigned slot);

#endif
