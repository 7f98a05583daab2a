/*
 * The inserts of one fact each, inside a transaction that the caller has begun.
 * Internal to db/; the public sides are db/run.h and db/writer.h.
 */
#ifndef DB_FACTS_H
#define DB_FACTS_H

#include "db/record.h"
#include "db/sql.h"

enum status fact_recipe(struct db *db, const struct record_recipe *recipe, struct err *err);
enum status fact_run(struct db *db, const struct record_run *run, struct err *err);
enum status fact_result(struct db *db, const struct record_result *result, struct err *err);

#endif
