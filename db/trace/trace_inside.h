/*
 * What the files of the trace share: the memory of a result, rows of runs, recipes.
 * Nobody outside db/trace*.c includes this.
 */
#ifndef DB_TRACE_INSIDE_H
#define DB_TRACE_INSIDE_H

#include "db/sql.h"
#include "db/trace/trace.h"

/* ---- memory: trace_memory.c ---- */

struct trace_memory *trace_memory_new(void);
void trace_memory_free(struct trace_memory *m);
/* All that was taken is void; one block stays for what comes next. */
void trace_memory_reset(struct trace_memory *m);
/* Zeroed; NULL when there is none, which trace_memory_judge() then tells. m may be
 * NULL: as if. */
void *trace_take(struct trace_memory *m, size_t size);
const char *trace_text(struct trace_memory *m, const char *text);
/* A column's text; NULL of NULL. */
const char *trace_column(struct trace_memory *m, sqlite3_stmt *row, int column);
/* STATUS_NO_MEMORY if it failed, else st. */
enum status trace_memory_judge(const struct trace_memory *m, enum status st, struct err *err);

/* An array that grows, in m: the old one stays there until m is freed. */
struct trace_list {
	void *items;
	size_t count, room, item_bytes;
};
/* The new item, zeroed; NULL without memory. */
void *trace_append(struct trace_memory *m, struct trace_list *list);

/* ---- rows: trace_rows.c ---- */

/*
 * Prepared and walked: each(ctx, row) for every row. Parameters ?1 and up are texts, NULL
 * ones are bound as NULL. Stops at a status that is not STATUS_OK.
 */
enum status trace_query(struct db *db, const char *sql, const char *const *texts, size_t text_count,
			enum status (*each)(void *ctx, sqlite3_stmt *row, struct err *err),
			void *ctx, struct err *err);

/* Number in the ledger of the start of a run. */
#define TRACE_RUN_SEQ                                                                              \
	"(SELECT max(seq) FROM ledger WHERE ledger.ref = run.run_id AND ledger.kind = 'run')"
/* A run that did not pass and came as far as erasing or writing. Where there are 64 steps, more may
 * have followed: no more are recorded (FLASH_STEPS_MAX of engine/flasher.h). */
#define TRACE_HAS_WRITTEN                                                                          \
	"(result.outcome <> 'PASS' AND"                                                            \
	" (EXISTS (SELECT 1 FROM step WHERE step.run_id = run.run_id"                              \
	"   AND step.name IN ('erase', 'write'))"                                                  \
	" OR (SELECT count(*) FROM step WHERE step.run_id = run.run_id) >= 64))"
/* What trace_run_of() reads, behind SELECT; run and TRACE_RUN_JOINS have to be behind FROM. */
#define TRACE_RUN_COLUMNS                                                                          \
	"run.run_id, run.kind, result.outcome, result.code, result.proof, result.detail,"          \
	" result.mac, result.custom_mac, run.serial, result.chip, result.revision,"                \
	" result.package, result.flash_id, run.slot, run.bridge, run.bridge_vid_pid,"              \
	" run.bridge_serial, run.batch, run.operator, station.host, recipe.name,"                  \
	" run.recipe_digest, recipe.product,"                                                      \
	" (SELECT group_concat(code, ', ') FROM override WHERE override.run_id = run.run_id),"     \
	" run.purpose, ifnull(recipe.revision, 0), ifnull(result.generation, 0),"                  \
	" ifnull(run.nest, 0),"                                                                    \
	" ifnull(result.flash_bytes, 0), ifnull(result.tries, 0), run.start_utc_ms,"               \
	" ifnull(result.end_utc_ms, 0), ifnull(result.duration_us, -1),"                           \
	" ifnull(result.rescued, 0), ifnull(result.duplicate_mac, 0), " TRACE_HAS_WRITTEN
#define TRACE_RUN_COLUMN_COUNT 36
#define TRACE_RUN_JOINS                                                                            \
	" JOIN station ON station.station_id = run.station_id"                                     \
	" LEFT JOIN recipe ON recipe.recipe_digest = run.recipe_digest"                            \
	" LEFT JOIN result ON result.run_id = run.run_id"
/* Texts are copied into m; the other one lends them until the next row. */
void trace_run_of(struct trace_memory *m, sqlite3_stmt *row, struct trace_run *run);
void trace_run_lent(sqlite3_stmt *row, struct trace_run *run);

/*
 * The runs that are about a unit, as (run_id, relation): ?1 its MAC ("" none), ?2 a serial
 * number (NULL none). Those of other MACs come by a serial number that was declared for it.
 */
#define TRACE_UNIT_RUNS                                                                            \
	" own(run_id) AS (SELECT run_id FROM result WHERE mac = ?1),"                              \
	" serials(serial) AS (SELECT run.serial FROM own JOIN run ON run.run_id = own.run_id"      \
	"  WHERE run.serial IS NOT NULL UNION SELECT ?2 WHERE ?2 IS NOT NULL),"                    \
	" about(run_id, relation) AS (SELECT run_id, 0 FROM own UNION ALL"                         \
	"  SELECT run.run_id, iif(result.mac IS NULL, 1, 2) FROM serials"                          \
	"  CROSS JOIN run ON run.serial = serials.serial AND run.serial IS NOT NULL"               \
	"  LEFT JOIN result ON result.run_id = run.run_id"                                         \
	"  WHERE result.mac IS NULL OR result.mac <> ?1)"

/* ---- recipes: trace_recipes.c ---- */

/* Those that were read. Zero is empty; the recipes stand in the memory that they were read with. */
struct trace_recipes {
	struct trace_list list; /* of struct trace_recipe * */
};
/* *recipe is NULL when digest is, or nothing is recorded under it. */
enum status trace_recipe_get(struct db *db, struct trace_memory *m, struct trace_recipes *recipes,
			     const char *digest, const struct trace_recipe **recipe,
			     struct err *err);

/* ---- events that are no runs: trace_events.c ---- */

/* Appended to list (of struct trace_event), in no order. A run's alarms that name a MAC come
 * with the unit. value: what a plant's claim is about, a MAC or a serial number. */
enum status trace_events_of_unit(struct db *db, struct trace_memory *m, const char *mac,
				 struct trace_list *list, struct err *err);
enum status trace_events_of_value(struct db *db, struct trace_memory *m, const char *value,
				  struct trace_list *list, struct err *err);
enum status trace_events_of_run(struct db *db, struct trace_memory *m, const char *run_id,
				struct trace_list *list, struct err *err);
enum status trace_events_of_batch(struct db *db, struct trace_memory *m, const char *batch,
				  struct trace_list *list, struct err *err);
enum status trace_events_of_slot(struct db *db, struct trace_memory *m, const char *slot,
				 struct trace_list *list, struct err *err);
enum status trace_events_of_recipe(struct db *db, struct trace_memory *m, const char *digest,
				   struct trace_list *list, struct err *err);
/* Into the order of the ledger; what has no number in it (a claim) goes where its time says. */
void trace_events_sort(struct trace_event *events, size_t count);

/* ---- warnings: trace_warn.c ---- */

/* Puts unit->warnings in: the rest of the unit is there, events are all there are. */
enum status trace_warn(struct db *db, struct trace_memory *m, struct trace_unit *unit,
		       const struct trace_event *events, size_t event_count, struct err *err);

/* ---- whom a firmware may be about: trace_candidates.c ---- */

/* containing: recipes that have it (const struct trace_recipe *); units: all that a run with
 * one of them was about (struct trace_subject); *unknown_runs: struct trace_firmware. */
enum status trace_candidates(struct db *db, struct trace_memory *m, struct trace_recipes *recipes,
			     const struct trace_target *target, struct trace_list *containing,
			     struct trace_list *units, int64_t *unknown_runs, struct err *err);

/* ---- orders: trace_order.c ---- */

enum status trace_order_of(struct db *db, struct trace_memory *m, const char *batch,
			   struct trace_order *order, struct err *err);
/* "APPROVED", "RETIRED"; NULL: nobody said. */
enum status trace_approval_of(struct db *db, struct trace_memory *m, const char *digest,
			      const char **approval, struct err *err);

/* ---- names: trace_names.c ---- */

#define TRACE_DIGEST_BYTES 65 /* of a SHA-256 in hex */
/* Enough hex digits for a digest, and no more? digits: in lower case. */
bool trace_is_digest(const char *text, char digits[static TRACE_DIGEST_BYTES]);

#endif
