/*
 * What the tests of the ledger share: somebody who changes the file past its triggers, as
 * anybody with the sqlite3 tool can, and puts the triggers back.
 */
#ifndef TESTS_DB_LEDGER_WORLD_H
#define TESTS_DB_LEDGER_WORLD_H

#include "tests/db/world.h"

#include "db/ledger/ledger.h"

/* cmocka set-up: a struct world with one of every record in it (world_put_each). */
int ledger_world_set_up(void **state);

/* Put the file back as it was after the set-up. */
void ledger_world_restore(const struct world *w);

/* Any statements, without triggers, checks and foreign keys; the triggers come back behind them.
 * Fails the test unless all of them work. */
void tamper(const struct world *w, const char *sql);

/* What the ledger says of the file, read as anybody reads it. */
struct ledger_report verify_with(const struct world *w, const struct ledger_head *anchors,
				 size_t count);
#define verify(w) verify_with((w), NULL, 0)

/* Fails with the report when it says something else. ref and part of the text may be NULL: any. */
void expect_fault(const struct ledger_report *report, enum ledger_fault fault, int64_t seq,
		  const char *table, const char *part);

struct ledger_head head_of(const struct world *w);

/* Seal what is there now anew as somebody would who has read
 * docs/ledger.md: bodies of records that still have an entry, numbers, hashes. */
void write_anew(const struct world *w);

#endif
