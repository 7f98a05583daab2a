/*
 * Inside the guards (guards.h): what guards.c, which settles, guards_judge.c, which looks at the
 * facts, and guards_claim.c, which asks the plant, share. Nobody else includes this.
 */
#ifndef STATION_GUARDS_INSIDE_H
#define STATION_GUARDS_INSIDE_H

#include "db/decided.h"
#include "station/guards.h"

#include <pthread.h>

/* What would refuse the run, in the order in which it is said. */
struct findings {
	struct guard_overridden rows[GUARD_COUNT];
	size_t count;
};
__attribute__((format(printf, 3, 4))) void findings_add(struct findings *f, enum status code,
							const char *format, ...);

struct guard_place {
	bool is_taken; /* a place in the batch that no other unit may have */
	bool is_ended;
	const char *run_id; /* compared by its address alone; NULL: whichever comes */
};

struct guards {
	/* Const. */
	struct guard_setup setup;
	const char *product, *process;

	pthread_mutex_t lock; /* protects all below */
	struct db *db;
	int64_t passed; /* units that count in the batch */
	int64_t of;     /* to be made; 0 nobody said */
	unsigned taken; /* places */
	struct guard_place places[];
};

/* What is known about a unit, besides findings. */
struct unit_facts {
	bool is_rework; /* taken again on purpose */
	struct guard_generations generation;
	bool has_claim_to_fear; /* of another station, not older than our own last one */
	struct guard_claim claim;
};

/* ---- guards.c; all without the lock ---- */

/* A line for the unit's log. */
__attribute__((format(printf, 2, 3))) void guards_say(const struct guard_run *run,
						      const char *format, ...);
/* The first finding that nobody overrides; else all of them are recorded as overridden. */
enum status guards_settle(const struct guards *g, struct guard_run *run,
			  const struct findings *found, struct err *err);

/* What was declared for this run's unit; NULL none. */
static inline const char *guards_serial(const struct guards *g, const struct guard_run *run)
{
	return run->serial ? run->serial : g->setup.serial;
}

/* ---- guards_claim.c; without the lock ---- */

/* Claim the unit, or go by what is known here. It may raise run->generation. */
enum status guards_claim(struct guards *g, struct guard_run *run, const char *mac,
			 const struct unit_facts *facts, struct err *err);

/* ---- guards_judge.c; all with the lock held ---- */

enum status judge_before_port(struct guards *g, struct findings *found, struct err *err);
enum status judge_unit(struct guards *g, const char *mac, const char *serial,
		       struct findings *found, struct unit_facts *facts, struct err *err);
/* Another station's claims, as far as they are known here. mac NULL: only the serial number. */
enum status judge_known_claims(struct guards *g, const char *mac, const char *serial,
			       const struct unit_facts *facts, struct findings *found,
			       struct err *err);
/* Units that shall come out of it; 0 nobody said. */
int64_t batch_size(const struct batch_state *state);
/* Does the run need a place in the batch, and is none left? */
enum status judge_place(struct guards *g, const char *mac, bool *needs_one, struct findings *found,
			struct err *err);

#endif
