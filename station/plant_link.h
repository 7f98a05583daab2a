/*
 * The running station's line to the plant's ledger: a thread that sends what the server does
 * not have yet, and claims that workers make before they write.
 *
 * A server that is slow, hangs or is gone never holds up a run for longer than a claim's own
 * wait, and never one that is writing. In a build without libpq plant_link_new() says so
 * (STATUS_NOT_SUPPORTED).
 */
#ifndef STATION_PLANT_LINK_H
#define STATION_PLANT_LINK_H

#include "db/writer.h"
#include "engine/base/err.h"
#include "recipes/plan.h"

#include <stdbool.h>
#include <stdint.h>

struct plant_link;

/*
 * server: a PostgreSQL connection string. db_path: the station's database, of which it reads
 * on its own; what the server acknowledged, its claims and alarms go through writer, which has
 * to outlive the link. Does not wait for the server.
 */
enum status plant_link_new(const char *server, const char *db_path, struct writer *writer,
			   struct plant_link **out, struct err *err);
/* Sends on for grace_ms at most (without a connection: tries once), ends the thread. NULL is
 * fine. A look-up of the server's name that goes on is left to end by itself. */
void plant_link_free(struct plant_link *link, uint32_t grace_ms);
/* Something was stored: send soon. Any thread, never blocks. */
void plant_link_wake(struct plant_link *link);

enum plant_answer {
	PLANT_GRANTED,
	PLANT_REFUSED,   /* somebody else has it: owner says who */
	PLANT_NO_ANSWER, /* unreachable, or too slow: nothing is known */
};

struct plant_claim {
	bool is_serial; /* value is a serial number; else a MAC */
	const char *value;
	const char *product, *process;
	const char *run_id;
	bool is_rework;          /* a next generation, on purpose: an override */
	bool is_hold_overridden; /* a person has decided on it although it is held */
};

struct plant_grant {
	enum plant_answer answer;
	int64_t generation; /* of PLANT_GRANTED */
	bool is_held;       /* of PLANT_REFUSED: in quarantine, owner is the "conflict 12" */
	char owner[200]; /* of PLANT_REFUSED: "station line-2, 2026-11-22 12:31 UTC, run 0193..." */
	char why[200];   /* of PLANT_NO_ANSWER */
};

/* Any worker thread; waits wait_ms at most. The same run may ask again. */
void plant_link_claim(struct plant_link *link, const struct plant_claim *claim, uint32_t wait_ms,
		      struct plant_grant *grant);

/* How it stands, for screens and records. */
struct plant_state {
	bool is_connected;
	int64_t pending;         /* entries that the server does not have yet */
	int64_t last_ack_utc_ms; /* 0 never */
	char trouble[200];       /* "" none */
	char alarm[200];         /* forked or rolled back; "" none */
};
void plant_link_state(struct plant_link *link, struct plant_state *state);

#endif
