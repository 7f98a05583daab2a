/*
 * The factory's rules, judged for each FLASH run before a byte of flash is written: is the recipe
 * approved, is the batch open and not full, has the unit passed before, is it blocked, does its
 * serial number or its MAC belong to another one? docs/guards.md tells people.
 *
 * A guard that refuses ends the run as ABORTED with its code. One that is overridden is recorded
 * (RECORD_OVERRIDE) and the run goes on; what cannot be recorded does not go on.
 *
 * What people have decided is read for each run, because they may decide while the station works.
 * How many units of the batch have passed is read once and counted here from then on: only
 * this process stores runs. Any thread may call; one mutex protects the connection
 * and the places in the batch, and is not held while the plant is asked.
 */
#ifndef STATION_GUARDS_H
#define STATION_GUARDS_H

#include "db/guard_facts.h"
#include "db/writer.h"
#include "engine/base/bytes.h"
#include "recipes/plan.h"
#include "station/plant_line.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUARD_COUNT (STATUS_PLANT_UNREACHABLE - STATUS_ALREADY_PASSED + 1)
#define GUARD_DETAIL_BYTES 300
/* How long a run waits for the plant's answer, for its MAC and for its serial number. */
#define GUARD_CLAIM_MS 3000

/* The codes of guards stand side by side in the list. */
bool guard_is(enum status code);

/* Which guards shall not refuse: bit 0 is the first code. */
#define GUARD_BIT(code) (1u << ((code)-STATUS_ALREADY_PASSED))

/*
 * "BATCH_FULL,ALREADY_PASSED" as bits. STATUS_USAGE for a word that is no guard's code: the text
 * lists them. Case does not count.
 */
enum status guard_overrides(const char *words, unsigned *bits, struct err *err);

/* One line, no control characters, GUARD_SERIAL_MAX at most: STATUS_USAGE. */
#define GUARD_SERIAL_MAX 80
enum status guard_check_serial(const char *serial, struct err *err);

/* All lent, as long as the guards are there; NULL: not given. */
struct guard_setup {
	const char *db_path;
	const struct plan *plan;
	struct writer *writer;
	const char *batch, *serial;
	unsigned overrides; /* GUARD_BIT()s; only with the next two */
	const char *operator_name, *reason;
	const struct plant_line *plant; /* NULL: no server was named */
	size_t slots;
};

struct guards;

/* Opens the database for reading. STATUS_DATABASE, STATUS_NO_MEMORY; *out is NULL then. */
enum status guards_new(const struct guard_setup *setup, struct guards **out, struct err *err);
void guards_free(struct guards *g);

/* How much longer a run may take because of them, ms. */
uint32_t guards_wait_ms(const struct guards *g);

struct guard_overridden {
	enum status code;
	char detail[GUARD_DETAIL_BYTES];
};

/* One run, as long as it is judged; the caller's, on the run's thread. */
struct guard_run {
	unsigned slot;
	const char *run_id;
	const char *serial; /* declared for this unit, or given to it; NULL: guard_setup.serial */
	const atomic_bool *cancel; /* no longer ask the plant */
	/* A line for the unit's log. */
	void (*note)(void *ctx, const char *line);
	/*
	 * Gives the unit its serial number, once nothing speaks against the unit itself, and before
	 * the plant is asked for both: puts it into `serial`. mac NULL: it tells none. Anything but
	 * STATUS_OK ends the run so. NULL: it has what was declared.
	 */
	enum status (*give_serial)(void *ctx, const char *mac, struct err *err);
	void *ctx;

	/* What came out of it. */
	struct guard_overridden overridden[GUARD_COUNT];
	size_t overridden_count;
	bool has_generation;
	int64_t generation;
};

/* What can be judged before the port is opened. The run has to be recorded. A guard's code with
 * the facts in err, or STATUS_DATABASE. */
enum status guards_before_port(struct guards *g, struct guard_run *run, struct err *err);

/* The rest, once the unit is known and before it is written. mac NULL: it tells none. Blocks
 * for the disk, and up to GUARD_CLAIM_MS for each of the plant's answers. */
enum status guards_identified(struct guards *g, struct guard_run *run, const uint8_t *mac,
			      struct err *err);

/* This run is the slot's now, run_id by its address: what another one of the slot still asks for
 * comes too late. Where a slot has one run only, nobody need say so. */
void guards_begin(struct guards *g, unsigned slot, const char *run_id);

/* The run in this slot has ended, and its result is stored: its place in the batch
 * counts, or is free again. From then on the run takes none. */
void guards_end(struct guards *g, unsigned slot, bool has_passed);

/* How far the batch is: passed of its quantity, or of its quota when none is planned. false:
 * it has neither. */
bool guards_batch_count(struct guards *g, int64_t *passed, int64_t *of);

#endif
