/* Which records belong to a batch: the one table behind everything in an audit pack. Internal to
 * db/. In all its SQL :batch is the batch. */
#ifndef DB_AUDIT_FACTS_H
#define DB_AUDIT_FACTS_H

#include "db/sql.h"

#include <stdbool.h>
#include <stddef.h>

#define AUDIT_RUNS "SELECT run_id FROM run WHERE batch = :batch"
#define AUDIT_RECIPES                                                                              \
	"SELECT recipe_digest FROM run WHERE batch = :batch "                                      \
	"UNION SELECT recipe_digest FROM batch WHERE batch = :batch"
#define AUDIT_UNITS "SELECT mac FROM result WHERE run_id IN (" AUDIT_RUNS ")"
#define AUDIT_LABELS "SELECT print_id FROM print_job WHERE run_id IN (" AUDIT_RUNS ")"
/* Those that fell into the time of the batch, on this station: from its first run to its last
 * result. */
#define AUDIT_LOCKOUTS                                                                             \
	"SELECT lockout_id FROM lockout LEFT JOIN lockout_end AS e USING (lockout_id) "            \
	"WHERE lockout.utc_ms <= (SELECT max(end_utc_ms) FROM result "                             \
	"WHERE run_id IN (" AUDIT_RUNS ")) AND ifnull(e.utc_ms, 9e18) >= "                         \
	"(SELECT min(start_utc_ms) FROM run WHERE batch = :batch)"
#define AUDIT_USES                                                                                 \
	"(owner = 'run' AND ref IN (" AUDIT_RUNS ") OR owner = 'recipe' AND ref IN "               \
	"(" AUDIT_RECIPES ") OR owner = 'batch' AND ref = :batch)"

struct audit_fact {
	const char *kind;  /* of the ledger, and its table */
	const char *where; /* the rows that belong to the batch */
	bool is_own;  /* it is about this batch: the chain is proven from the first of these on */
	bool is_file; /* its rows stand in records/KIND.jsonl; of the others, elsewhere */
};

const struct audit_fact *audit_facts(size_t *count);

/* sql with :batch bound; batch has to live until the statement is finalized. */
enum status audit_prepare(struct db *db, const char *sql, const char *batch, sqlite3_stmt **stmt,
			  struct err *err);

/* Numbers of the ledger's entries of all these facts, ascending: one column, seq. */
enum status audit_entries(struct db *db, const char *batch, sqlite3_stmt **stmt, struct err *err);
/* The first of those that are its own; 0 without one. */
enum status audit_first_entry(struct db *db, const char *batch, int64_t *seq, struct err *err);

/* STATUS_DATABASE when a record of the batch has no entry in the ledger: somebody put it in by
 * hand. */
enum status audit_check_entries(struct db *db, const char *batch, struct err *err);

/* Is there anything by that name: opened, or typed with a run? */
enum status audit_is_known(struct db *db, const char *batch, bool *is_known, struct err *err);

#endif
