/*
 * Facts on their way to the owner loop: a bounded queue from many threads to one.
 *
 * Pushing never blocks. A minor fact is refused when the queue gets short of
 * room; the rest of the room is kept for facts that must arrive, of which each
 * slot has only a few, so they always find room. The reader waits with poll() on
 * queue_fd().
 */
#ifndef STATION_QUEUE_H
#define STATION_QUEUE_H

#include "engine/base/err.h"
#include "engine/flasher.h"

#include <stdbool.h>
#include <stddef.h>

enum fact_kind {
	FACT_STARTED,      /* the run is recorded; the port is about to be opened */
	FACT_NOT_RECORDED, /* the run could not be recorded; the unit was not touched */
	FACT_OPENED,       /* the port is open */
	FACT_IDENTIFIED,   /* job_ident() now tells */
	FACT_OVERRIDDEN,   /* job_overridden() has more */
	FACT_STEP,         /* minor: a step began */
	FACT_PORT_LEFT,    /* minor: the port is gone, and the job waits for it to come back */
	FACT_VERDICT,      /* the report is complete; the port is still open */
	FACT_CLOSED,       /* the worker is free again */
	FACT_STORED,       /* the result is on the disk, or status says why not */
};

/* How many facts that are not minor one job can have in the queue at once. */
#define FACTS_PER_JOB 8

struct job;

struct fact {
	enum fact_kind kind;
	unsigned slot; /* index */
	struct job *job;
	enum flash_step step; /* FACT_STEP */
	unsigned try_no;
	enum status status; /* FACT_NOT_RECORDED, FACT_STORED */
};

struct queue;

/* Room for the facts that must arrive from `jobs` jobs, and for minor ones on top.
 * NULL without memory or file descriptors. */
struct queue *queue_new(size_t jobs);
void queue_free(struct queue *q);

/* Any thread. false: it was minor and there was little room left. */
bool queue_push(struct queue *q, const struct fact *fact, bool is_minor);
/* The reader. false: nothing waits. */
bool queue_take(struct queue *q, struct fact *fact);
/* Readable while facts may wait. */
int queue_fd(const struct queue *q);

#endif
