/*
 * What the two halves of the line to the plant share: plant_link.c is called by everyone,
 * plant_link_work.c is the thread.
 */
#ifndef STATION_PLANT_LINK_INSIDE_H
#define STATION_PLANT_LINK_INSIDE_H

#include "station/plant_link.h"

#include "db/plant/plant_sync.h"

#include <pthread.h>

/* A claim that somebody waits for. It belongs to the worker until the thread takes it, then to
 * both: whoever is last frees it. */
struct ask {
	struct ask *next;
	bool is_serial, is_rework, is_hold_overridden;
	char value[100], product[200], process[100], run_id[RUN_ID_BYTES];
	pthread_cond_t told;
	bool is_taken, is_told, is_abandoned; /* protected by the link's mutex, like grant */
	struct plant_grant grant;
};

struct plant_link {
	char *server;
	struct writer *writer;
	pthread_t thread;
	pthread_mutex_t mutex; /* protects all of this block */
	pthread_cond_t work;
	struct ask *first, **end;
	bool is_woken, is_stopping;
	uint64_t stopping_us, stop_at_us; /* of is_stopping: since when, and until when */
	pthread_cond_t ended;
	bool has_ended;  /* the thread has nothing to do any more */
	bool is_opening; /* it may look up a name, which nobody can end */
	bool is_left;    /* nobody waits for it: it releases the link itself */
	struct plant_state state;

	/* The thread's alone from here on. */
	struct db *db, *notes; /* to read; for claims, NULL when it could not be opened */
	struct plant *plant;   /* NULL: not connected */
	struct plant_sync sync;
	uint32_t backoff_ms;
	uint64_t tried_us, retry_us, fetch_us;
	uint32_t random;
	bool is_drained;
};

void *plant_link_work(void *ctx);
void ask_free(struct ask *ask);
void plant_link_release(struct plant_link *link);

#endif
