/*
 * Lockouts as the records tell them: which are open, and what there was. They are put in as
 * RECORD_LOCKOUT and RECORD_LOCKOUT_END (db/decide.h).
 */
#ifndef DB_LOCKOUTS_H
#define DB_LOCKOUTS_H

#include "db/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lockout_row {
	char lockout_id[RUN_ID_BYTES];
	char code[40];
	char slot[200]; /* port path; "" the whole line */
	char detail[500];
	int64_t begin_utc_ms;
	bool has_ended;
	int64_t end_utc_ms;      /* the rest: of those that have ended */
	char how[16];            /* "CURED", "OVERRIDDEN" */
	char operator_name[128]; /* "" nobody */
	char reason[256];        /* "", cut */
};

/* All zero: every one. Conditions are joined by "and". */
struct lockout_choice {
	bool is_open;              /* only those that have not ended */
	const char *slot;          /* of this slot alone */
	bool has_since, has_until; /* of the next two */
	int64_t since_utc_ms;      /* those that ended before are left out */
	int64_t until_utc_ms;      /* and those that began at or after */
	uint64_t last;             /* the newest so many; 0 all */
};

/*
 * By their begin, the oldest first. A lock that was open when the station stopped is open still: it
 * is among those of {.is_open = true}, whoever stored it. *rows is for free(). STATUS_DATABASE,
 * STATUS_NO_MEMORY.
 */
enum status lockouts_read(struct db *db, const struct lockout_choice *choice,
			  struct lockout_row **rows, size_t *count, struct err *err);

#endif
