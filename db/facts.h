/*
 * The inserts of one fact each, inside a transaction that the caller has begun, with
 * their entries of the ledger. Internal to db/; the public sides are db/run.h, db/decide.h and
 * db/writer.h.
 */
#ifndef DB_FACTS_H
#define DB_FACTS_H

#include "db/decide.h"
#include "db/record.h"
#include "db/sql.h"

enum status fact_run(struct db *db, const struct record_run *run, struct err *err);
enum status fact_result(struct db *db, const struct record_result *result, struct err *err);
/* Every record of db/decide.h, and what it says of statuses. */
enum status fact_put(struct db *db, enum record_kind kind, const void *record, struct err *err);

/* The rest has no check of its own: names and bytes that others refer to. All add nothing when
 * they are there already. */
enum status fact_operator(struct db *db, const char *name, int64_t utc_ms, struct err *err);
/* The bytes, and that they belong to owner and ref. */
enum status fact_attachment(struct db *db, const struct record_attachment *attachment,
			    struct err *err);

#endif
