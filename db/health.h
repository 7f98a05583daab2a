/*
 * How a database stands, for somebody who only looks: no lock is taken, nothing is brought up
 * to date, no run is closed. While a station works it is read beside it.
 */
#ifndef DB_HEALTH_H
#define DB_HEALTH_H

#include "db/db.h"
#include "db/ledger/ledger.h"

#include <stdbool.h>
#include <stdint.h>

struct db_health {
	bool is_there;          /* false: nothing else is known */
	int64_t schema, newest; /* of the file, and what this program writes */
	int64_t runs, open_runs;
	int64_t size_bytes;
	int64_t last_utc_ms;     /* of the newest record; 0 none */
	struct ledger_head head; /* seq 0: nothing is in it, or an older schema */
	bool is_checked_whole;   /* for damage; else its newest part (db/damage.h) */
	char other_host[256];    /* where the chain was begun, if on another computer; else "" */
};

/* STATUS_DATABASE: it cannot be read, is not a database of this program, or is damaged; the text
 * says which. */
enum status db_health(const char *path, struct db_health *health, struct err *err);

/* What has to be free on its disk before a run starts, as it is now: db/room.h. */
int64_t db_room_needed(const char *path);

#endif
