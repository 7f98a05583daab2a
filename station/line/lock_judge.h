/*
 * Which locks have a cause now: pure. What happened and what is known go in, with the time; nothing
 * waits, reads or stores. Internal to the locks (locks.h).
 *
 * The rules, for people: docs/lockouts.md. Each cause is looked at in each tick:
 *   GOLDEN_DUE    stays until a golden unit passes with the present recipe
 *   YIELD_LOW     the window is full, and too few of it passed; ends when results that were
 *                 under way bring it up again
 *   SLOT_FAILS    k in a row; a PASS of that slot ends it
 *   DISK_LOW, CLOCK_BACK, LEDGER_BEHIND, RECORDS_FAILED: as long as it is so
 * PRINTER, LABEL_MISMATCH and SLOT_DISABLED are others' to begin and to end: the judge never knows.
 */
#ifndef STATION_LINE_LOCK_JUDGE_H
#define STATION_LINE_LOCK_JUDGE_H

#include "engine/base/status.h"
#include "station/line/locks.h"
#include "station/line/station_file.h"

/* What the clock may be before the newest record without a word: less is a correction from the
 * network, and a clock that lost its battery is off by years. Our choice. */
#define CLOCK_SLACK_MS 10000

struct lock_facts {
	int64_t now_utc_ms;
	uint64_t now_us; /* of a clock that never goes back */
	bool has_disk;   /* known */
	uint64_t disk_free_bytes;
	bool has_plant; /* a server was named */
	int64_t plant_pending;
	bool has_records;            /* known how they are */
	const char *records_trouble; /* "" sound; else why they take no more */
};

/* A run that has ended. */
struct lock_run {
	int64_t end_utc_ms;
	enum status status;
	char mac[MAC_TEXT_BYTES]; /* "" unknown */
};

/* A judged run of a unit, for the yield. */
struct lock_unit {
	int64_t end_utc_ms;
	bool has_passed;
	char mac[MAC_TEXT_BYTES];
};

/* What the records say about a recipe. */
struct lock_past {
	int64_t golden_utc_ms;         /* the newest golden pass, or override of one; 0 none */
	uint64_t units_since_golden;   /* judged runs since then, or all */
	const struct lock_unit *units; /* golden ones left out; oldest first */
	size_t unit_count;
};

struct lock_judge;

/* rules lent. NULL without memory. */
struct lock_judge *lock_judge_new(const struct station_lockouts *rules, size_t slots);
void lock_judge_free(struct lock_judge *j);

/* The station starts to work with a recipe: at its start, or because it was changed. */
void lock_judge_begin_recipe(struct lock_judge *j, bool is_change);
/* Once for each recipe, as soon as the records were asked. Results may have come before. */
void lock_judge_past(struct lock_judge *j, const struct lock_past *past);
/* The newest record of all, as the records say, or made just now; 0 none. */
void lock_judge_newest(struct lock_judge *j, int64_t newest_utc_ms);
/* It was open when the station stopped: its cause is taken to be there still. */
void lock_judge_restore(struct lock_judge *j, enum lock_code code, int slot, const char *detail);
/* Before the station's start, so many in a row did not pass. */
void lock_judge_slot_fails(struct lock_judge *j, unsigned slot, unsigned fails);
/* What ended before is left out of the past's yield: somebody overrode it then. Before the past is
 * told. What ends from now on counts: the clock may have been set back since. */
void lock_judge_yield_since(struct lock_judge *j, int64_t utc_ms);

/* A run of a unit has ended in this slot. */
void lock_judge_run(struct lock_judge *j, unsigned slot, const struct lock_run *run);
/* A golden check has ended. number: of the slot, for people. */
void lock_judge_golden(struct lock_judge *j, unsigned slot, unsigned number,
		       const struct lock_run *run);
/* Somebody overrode it: what caused it so far is forgotten. */
void lock_judge_forget(struct lock_judge *j, enum lock_code code, int slot,
		       const struct lock_facts *facts);

/* Once a tick, before the causes are asked for. */
void lock_judge_look(struct lock_judge *j, const struct lock_facts *facts);

enum lock_cause {
	CAUSE_NONE,
	CAUSE_THERE,
	CAUSE_UNKNOWN, /* nothing begins or ends because of it */
};
/* slot -1: the line. detail (LOCK_DETAIL_BYTES) says the figures, of CAUSE_THERE. */
#define LOCK_DETAIL_BYTES 200
enum lock_cause lock_judge_cause(const struct lock_judge *j, enum lock_code code, int slot,
				 const struct lock_facts *facts, char *detail);

/* Does this run count in a yield, as docs/report.md says it? */
bool lock_run_is_judged(enum status status);

#endif
