/*
 * Is the file still made as this program makes it? Internal to db/.
 */
#ifndef DB_LEDGER_SCHEMA_H
#define DB_LEDGER_SCHEMA_H

#include "db/sql.h"

#include <stdbool.h>
#include <stddef.h>

struct schema_difference {
	bool is_there;
	bool is_table; /* a table, not a trigger, an index or a view */
	char name[32]; /* of the table, trigger ...; cut */
	char text[200];
};

/* The first difference from a database that this program has just made. Tables first. What
 * others added - a table, an index, a view - is none; a trigger is. */
enum status schema_compare(struct db *db, struct schema_difference *difference, struct err *err);

#endif
