/* What belongs to a run in other tables: images of its recipe and its own, steps, measurements,
 * states of its serial number, labels, console, log. Internal to db/. */
#ifndef DB_RUN_PARTS_H
#define DB_RUN_PARTS_H

#include "db/sql.h"

/* Statements for the rows that belong to one run; their columns are as said here. */
struct run_parts {
	sqlite3_stmt *images;       /* addr, size_bytes, sha256, file */
	sqlite3_stmt *own_images;   /* addr, size_bytes, sha256, partition */
	sqlite3_stmt *steps;        /* try_no, name, start_us, took_us, code, note */
	sqlite3_stmt *measurements; /* step, name, value, text, unit, low, high, outcome */
	sqlite3_stmt *serials;      /* time, serial, state, source, reason */
	sqlite3_stmt *labels;       /* time, state, copy, detail, operator */
	sqlite3_stmt *console;      /* text */
	sqlite3_stmt *log;          /* text */
};

/* run_parts_release in any case. */
enum status run_parts_prepare(struct db *db, struct run_parts *parts, struct err *err);
void run_parts_release(struct run_parts *parts);

/* Every row of one of them for this run, in order, to each(). */
enum status run_part_each(struct db *db, sqlite3_stmt *part, const char *run_id,
			  void (*each)(void *ctx, sqlite3_stmt *row), void *ctx, struct err *err);

#endif
