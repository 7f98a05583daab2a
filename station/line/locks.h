/*
 * Lockouts: why the line, or a slot, takes no more units. docs/lockouts.md tells people.
 *
 * The owner loop feeds it with what happens and asks before it starts a unit; it never blocks
 * the owner: what has to be looked up in the records or on the disk is looked up by a thread of its
 * own. Each lock that begins or ends is stored (RECORD_LOCKOUT, RECORD_LOCKOUT_END); those that
 * were open when the station stopped hold again.
 */
#ifndef STATION_LINE_LOCKS_H
#define STATION_LINE_LOCKS_H

#include "db/writer.h"
#include "station/line/station_file.h"
#include "station/snapshot.h"

enum lock_code {
	LOCK_GOLDEN_DUE,     /* the golden unit has to be run first */
	LOCK_YIELD_LOW,      /* too few of the last units passed */
	LOCK_SLOT_FAILS,     /* of a slot: so many in a row did not pass */
	LOCK_DISK_LOW,       /* the records' disk */
	LOCK_CLOCK_BACK,     /* the clock is before the newest record */
	LOCK_LEDGER_BEHIND,  /* the plant has not had our records for too long */
	LOCK_RECORDS_FAILED, /* the database takes no more runs */
	LOCK_PRINTER,        /* a label is required, and the printer is not ready */
	LOCK_LABEL_MISMATCH, /* of a slot: another label was scanned */
	LOCK_SLOT_DISABLED,  /* of a slot: somebody took it out of use */
};
#define LOCK_CODE_COUNT (LOCK_SLOT_DISABLED + 1)

struct lock_row {
	const char *code;     /* "GOLDEN_DUE" */
	const char *sentence; /* for the operator */
	bool is_of_slot;
	bool may_be_overridden; /* RECORDS_FAILED may not */
	bool is_shown_by_slot;  /* that is off: it stands in no list of locks */
};
const struct lock_row *lock_row(enum lock_code code);
/* LOCK_CODE_COUNT when there is none. */
enum lock_code lock_by_name(const char *code);

struct locks;

/* All lent as long as it is there. */
struct locks_setup {
	const struct station_lockouts *rules;
	struct writer *writer;
	const char *db_path;
	/* Port paths, indexed as the slots; "" as long as a slot has no port, and filled in on the
	 * owner's thread when it gets one. */
	const char *const *slot_names;
	size_t slots;
	const char *recipe_digest; /* golden and yield are counted per recipe */
};

/* Reads what is open in the records; what is due at the start holds when it returns. A lock of a
 * slot that has no port yet holds as soon as it has. STATUS_DATABASE, STATUS_NO_MEMORY. */
enum status locks_new(const struct locks_setup *setup, struct locks **out, struct err *err);
/* Stores what waits, for a few seconds at most. */
void locks_free(struct locks *l);

/* ---- the owner's side; none blocks ---- */

/* Somebody takes the slot out of use, and says why, or into use again; operator NULL: without a
 * name. */
void locks_disable(struct locks *l, unsigned slot, const char *why);
void locks_enable(struct locks *l, unsigned slot, const char *operator_name);
/* Why it is out of use, lent until the next call of any other; NULL: it is in use. */
const char *locks_disabled(const struct locks *l, unsigned slot);
/* Slots got their ports: what is open of them in the records holds from now on. */
void locks_slots_came(struct locks *l);

/* A run begins now: its start stands in the records, whatever the clock says when it ends. */
void locks_run_begins(struct locks *l);
/* A run has ended and is stored (golden ones as well), or a unit left. slot is one of s->slots;
 * each run counts once, however often it is told. */
void locks_result(struct locks *l, const struct snapshot *s, const struct slot_view *slot);
/* Something that others found: a mismatch, a printer, lost records. slot -1: the line. */
void locks_begin(struct locks *l, enum lock_code code, int slot, const char *detail);
/* It is over. Nothing when it was not there, so it may be said again and again: of a printer that
 * is ready, or is not needed any more, it has to be, because one from before the start holds again.
 */
void locks_cure(struct locks *l, enum lock_code code, int slot);
/* STATUS_USAGE: no such lock, or it may not be overridden; the text says. The lock's cause is
 * forgotten: it comes again only when it happens anew. */
enum status locks_override(struct locks *l, enum lock_code code, int slot,
			   const char *operator_name, const char *reason, struct err *err);
/* From now on units get another recipe; nothing when it is the same. Golden checks at_start are due
 * again; yield and golden units are counted anew, from what the records say of it. */
void locks_recipe(struct locks *l, const char *recipe_digest);

/*
 * Each tick, until it says false: what has begun and ended since. What was not stored yet is not
 * told yet, unless the records take nothing at all. A lock that is told again as begun, with the
 * same lock_id, has another detail: a golden unit that did not pass.
 */
struct lock_change {
	bool has_begun; /* else it has ended */
	enum lock_code code;
	struct lock_view view;
	char how[400]; /* of an end: "cured", or who overrode it and why */
};
bool locks_next_change(struct locks *l, const struct snapshot *s, struct lock_change *change);

/* May a unit be started in this slot now? golden: yes, but as a golden check. A lock holds until
 * its end is stored. */
bool locks_allow(const struct locks *l, unsigned slot, bool *golden);
/* Any thread: the station file's list. */
bool locks_is_golden(const struct locks *l, const uint8_t mac[static MAC_BYTES]);
/* The open ones but those that their slot shows, into views[LOCKS_MAX]; returns how many. */
size_t locks_view(const struct locks *l, struct lock_view *views);

#endif
