/*
 * Following things through the records: a unit backward to everything that happened to it, and
 * forward from a firmware, a slot, a bridge, a batch or a recipe to every unit.
 *
 * Reading only, each in one read transaction, by indexes. Runs and what belongs to them stand in
 * the order of the ledger, which is the order in which they were stored: a clock that was
 * set back does not change it. What has no entry was put into the file by another program: it comes
 * last, by start and run id, with a warning.
 * All texts are owned by the result and live until it is released; NULL is unknown.
 */
#ifndef DB_TRACE_H
#define DB_TRACE_H

#include "db/db.h"
#include "db/trace/trace_flash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_memory; /* where a result keeps its texts */

/* All zero: everything. since and until are about the start of runs. */
struct trace_window {
	bool has_since, has_until;
	int64_t since_utc_ms, until_utc_ms; /* at or after, before */
	uint64_t last;                      /* only the newest so many; 0 = all */
};

/* How a run came into the trace of a unit. */
enum trace_relation {
	TRACE_OWN,       /* the chip told its MAC */
	TRACE_BY_SERIAL, /* it told none, but the serial number was declared */
	TRACE_OTHER_MAC, /* the same serial number was declared for another MAC */
};

struct trace_run {
	const char *run_id, *kind;
	const char *outcome, *code; /* NULL while it is open */
	const char *proof, *detail;
	const char *mac, *custom_mac, *serial;
	const char *chip, *revision, *package, *flash_id;
	const char *slot, *bridge, *bridge_vid_pid, *bridge_serial;
	const char *batch, *operator_name, *station;
	const char *recipe, *recipe_digest, *product;
	const char *overridden;     /* codes of guards */
	const char *purpose;        /* "GOLDEN": it judged the station, not the unit */
	const char *unit_outcome;   /* of its unit's newest run; in trace_runs() only */
	int64_t recipe_revision;    /* 0 unknown */
	int64_t generation;         /* 0 unknown */
	int64_t nest;               /* number of the slot; 0 it has none */
	int64_t flash_bytes, tries; /* 0 unknown */
	int64_t start_utc_ms;
	int64_t end_utc_ms;  /* 0 while it is open */
	int64_t duration_us; /* -1 unknown */
	int64_t seq;         /* in the ledger; 0 none */
	int64_t end_seq;     /* of its result in the ledger; 0 none; in trace_unit() only */
	bool is_rescued, is_duplicate_mac;
	bool has_written; /* it came as far as erasing or writing, as its steps say */
	enum trace_relation relation;
};

/* ---- a unit ---- */

/* One of the two is set: a serial alone when no run of it ever told a MAC. */
struct trace_subject {
	const char *mac, *serial;
	const char *found_by; /* "MAC", "custom MAC", "serial" */
};

struct trace_subjects {
	struct trace_subject *items;
	size_t count;
	/* Nothing was found: what is recorded and looks most like it, at most two of a kind. */
	const char *near[4];
	size_t near_count;
	struct trace_memory *memory;
};

/*
 * Which units a text names, as a MAC (see filter_mac), a custom MAC, or a serial number that was
 * declared: several, where it is more than one of these, or a serial number had several MACs.
 * None: count is 0. Release in any case.
 */
enum status trace_find_unit(struct db *db, const char *text, struct trace_subjects *found,
			    struct err *err);
void trace_subjects_release(struct trace_subjects *found);

enum trace_state {
	TRACE_PASSED,
	TRACE_NEEDS_RERUN, /* its newest run that a guard did not refuse has not passed */
	TRACE_OPEN,        /* a run is going on, or its station was killed and not started since */
	TRACE_SET_ASIDE,   /* by a person: the disposition says how */
	TRACE_NO_RUN_YET,  /* guards have refused all, or there is only a disposition */
};
/* "PASSED", "NEEDS RE-RUN", "RUNNING", "SET ASIDE", "NO RUN": stable, for scripts as well. */
const char *trace_state_name(enum trace_state state);

enum trace_event_kind {
	TRACE_EVENT_RUN,
	TRACE_EVENT_OVERRIDE,
	TRACE_EVENT_DISPOSITION,
	TRACE_EVENT_ALARM,
	TRACE_EVENT_ATTACHMENT,
	TRACE_EVENT_SERIAL,       /* a state of a serial number */
	TRACE_EVENT_CONSOLE,      /* what the unit said in the boot check is there */
	TRACE_EVENT_LABEL,        /* printed, and what became of it */
	TRACE_EVENT_LOCKOUT,      /* in the trace of a slot: its begin or its end */
	TRACE_EVENT_CLAIM,        /* of another station, as the plant's server told it */
	TRACE_EVENT_BATCH_OPENED, /* in the trace of a batch */
	TRACE_EVENT_BATCH_CHANGE,
	TRACE_EVENT_APPROVAL, /* in the trace of a recipe */
};
#define TRACE_EVENT_COUNT (TRACE_EVENT_APPROVAL + 1)
/* "run", "override" and so on. */
const char *trace_event_name(enum trace_event_kind kind);

struct trace_event {
	enum trace_event_kind kind;
	int64_t utc_ms;              /* start of a run */
	int64_t seq;                 /* in the ledger; 0 none */
	const struct trace_run *run; /* of TRACE_EVENT_RUN */
	const char *run_id;          /* that it belongs to */
	/* Of a guard, disposition, alarm, change; kind of a claim; state of a number or a label,
	 * "COPY" of a label that is printed; code of a lockout, of its end how it ended. */
	const char *code;
	/* Text of an alarm or lockout, name of a file, what was claimed, number and source, label,
	 * code of a lockout that ended. */
	const char *detail;
	const char *operator_name, *reason;
};

/* What somebody who reads the rest must not overlook. */
struct trace_warning {
	/* DUPLICATE_MAC, SERIAL_ELSEWHERE, SEVERAL_SERIALS, CLAIMED_ELSEWHERE, UNCERTAIN_FLASH,
	 * STOPPED_NEARBY, CLOCK_WENT_BACK, NOT_IN_LEDGER, or an alarm's code. */
	const char *code;
	const char *detail;          /* a MAC, serial numbers, an alarm's text; may be NULL */
	const struct trace_run *run; /* it is about this one; may be NULL */
};

struct trace_unit {
	const char *mac, *custom_mac;
	const char *const *serials; /* as declared, the newest last */
	size_t serial_count;
	const char *chip, *revision, *package, *flash_id;
	int64_t flash_bytes;               /* 0 unknown */
	int64_t first_utc_ms, last_utc_ms; /* starts of its first and newest run; 0 none */
	enum trace_state state;
	enum trace_state state_by_runs;    /* the same, whatever people have decided */
	const struct trace_run *deciding;  /* the run that state_by_runs is about; NULL none */
	const struct trace_run *last_pass; /* NULL: it has never passed */
	/* The newest, unless it is RELEASED, or REWORK that a PASS has used up; NULL none. */
	const struct trace_event *disposition;
	const struct trace_run *runs; /* all, in order; trace_carried counts in it */
	size_t run_count;
	struct trace_flash flash;         /* what it carries, and carried */
	const struct trace_event *events; /* those of the window */
	size_t event_count, events_left_out;
	const struct trace_warning *warnings;
	size_t warning_count;
	struct trace_memory *memory;
};

/* STATUS_DATABASE, STATUS_NO_MEMORY. Release in any case. */
enum status trace_unit(struct db *db, const struct trace_subject *subject,
		       const struct trace_window *window, struct trace_unit *unit, struct err *err);
void trace_unit_release(struct trace_unit *unit);

/* ---- a firmware ---- */

#define TRACE_DIGITS_MIN 6

/* A recipe or an image. */
struct trace_target {
	bool is_recipe;
	const char *digest; /* all of it */
	const char *name;   /* of the recipe, or the file as a recipe named it */
	const char *version;
	int64_t revision, size_bytes; /* of a recipe; of an image */
};

struct trace_targets {
	struct trace_target *items;
	size_t count;
	struct trace_memory *memory;
};

/* All images and recipes whose digest begins so. STATUS_USAGE when it is no hex, or shorter than
 * TRACE_DIGITS_MIN. Release in any case. */
enum status trace_find_firmware(struct db *db, const char *digits, struct trace_targets *found,
				struct err *err);
/* Images that a recipe named so, in any folder: another content under the same name. */
enum status trace_find_file(struct db *db, const char *name, struct trace_targets *found,
			    struct err *err);
void trace_targets_release(struct trace_targets *found);

/* A unit that carries the firmware, may carry it or did. */
struct trace_carrier {
	const char *mac, *serial; /* the MAC is NULL where only a serial number is known */
	enum trace_carry carry;
	enum trace_cause cause;
	bool was_carried; /* of what is gone: it was certainly there */
	bool is_duplicate_mac;
	int64_t addr;                              /* of an image; -1: of a recipe, several */
	const char *batch;                         /* of since_run */
	const char *since_run, *last_run, *by_run; /* last: of the unit; by: NULL none */
	const char *last_outcome, *by_code, *by_recipe;
	int64_t since_utc_ms, last_utc_ms, by_utc_ms;
	int64_t by_revision; /* of by_recipe */
};

struct trace_firmware {
	int64_t now, unproven; /* units that carry it; of them, without the chip's proof */
	int64_t uncertain, gone;
	int64_t untouched;    /* a run with it began, but wrote and found nothing */
	int64_t unknown_runs; /* may have written it to a unit that nobody knows */
	const struct trace_recipe *const *recipes; /* that contain it */
	size_t recipe_count;
	const struct trace_carrier *carriers; /* now, uncertain, gone; each the oldest first */
	size_t carrier_count, carriers_left_out;
	struct trace_memory *memory;
};

/*
 * The window is about the runs that brought it (since_run); last: so many carriers.
 * Time goes with the number of units that had it, some 50 us each.
 */
enum status trace_firmware(struct db *db, const struct trace_target *target,
			   const struct trace_window *window, struct trace_firmware *firmware,
			   struct err *err);
void trace_firmware_release(struct trace_firmware *firmware);

/* ---- a slot, a bridge, a batch, a recipe ---- */

enum trace_what {
	TRACE_SLOT,
	TRACE_BRIDGE_TYPE, /* CH9102F */
	TRACE_BRIDGE_VID_PID,
	TRACE_BRIDGE_SERIAL,
	TRACE_BATCH,
	TRACE_RECIPE, /* name is a digest */
};

struct trace_place {
	enum trace_what what;
	const char *name;
};

struct trace_places {
	struct trace_place *items;
	size_t count;
	bool is_ambiguous; /* items are candidates, not all meant */
	const char **near; /* nothing was found: all names there are, at most 1000 */
	size_t near_count;
	struct trace_memory *memory;
};

/*
 * What a name means.
 * slot: all of it, or a part that only one slot has: "1.4:1.0", "1.4".
 * bridge: a type in any case, vendor and product number, or a USB serial number.
 * batch: all of it.
 * recipe: a name, meaning all recipes that are called so, or the first digits of a digest.
 * Release in any case.
 */
enum status trace_find_slot(struct db *db, const char *text, struct trace_places *found,
			    struct err *err);
enum status trace_find_bridge(struct db *db, const char *text, struct trace_places *found,
			      struct err *err);
enum status trace_find_batch(struct db *db, const char *text, struct trace_places *found,
			     struct err *err);
enum status trace_find_recipe(struct db *db, const char *text, struct trace_places *found,
			      struct err *err);
void trace_places_release(struct trace_places *found);

struct trace_code_count {
	const char *outcome, *code;
	int64_t runs;
};

struct trace_recipe_count {
	const struct trace_recipe *recipe; /* NULL: runs without one */
	const char *approval;              /* "APPROVED", "RETIRED"; NULL nobody said */
	int64_t runs, passes;
};

/* An order as it stands. */
struct trace_order {
	const char *work_order, *part_number, *part_revision, *customer, *recipe_digest;
	int64_t quantity, quota; /* 0 none */
	bool is_opened;          /* false: the name was only ever typed */
	bool is_closed;
};

struct trace_summary {
	int64_t runs, open, passes, rescued;  /* rescued: of the passes */
	int64_t units;                        /* MACs */
	int64_t units_passed;                 /* with a FLASH run here that passed */
	int64_t unknown;                      /* runs in which no MAC was told */
	int64_t first_utc_ms, last_utc_ms;    /* starts; 0 without a run */
	const struct trace_code_count *codes; /* of what did not pass, most frequent first */
	size_t code_count;
	const struct trace_recipe_count *recipes; /* by name and revision */
	size_t recipe_count;
	struct trace_order order; /* of a batch */
	/* Of a batch or a recipe: what people did with it. Of a slot: its lockouts in the window.
	 */
	const struct trace_event *events;
	size_t event_count;
};

/* Both are called in one read transaction; what they get is lent for the call. A status other
 * than STATUS_OK ends the trace and is returned. */
struct trace_reader {
	void *ctx;
	enum status (*summary)(void *ctx, const struct trace_summary *summary, struct err *err);
	enum status (*run)(void *ctx, const struct trace_run *run, struct err *err);
};

/*
 * The totals of all runs of these places in the window, then each run, the newest last, by
 * start. All places are of one kind. STATUS_DATABASE, STATUS_NO_MEMORY.
 */
enum status trace_runs(struct db *db, const struct trace_place *places, size_t place_count,
		       const struct trace_window *window, const struct trace_reader *reader,
		       struct err *err);

#endif
