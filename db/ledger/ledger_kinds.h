/*
 * Which facts the ledger holds: one row per table. Internal to db/.
 */
#ifndef DB_LEDGER_KINDS_H
#define DB_LEDGER_KINDS_H

#include <stddef.h>

#define LEDGER_CHILDREN_MAX 5
#define LEDGER_KINDS_MAX 32

/* A table whose rows belong to a row of the kind, and go into its entry. */
struct ledger_child {
	const char *table;
	const char *key;   /* its column with the parent's key */
	const char *order; /* its column for the order of the rows */
};

struct ledger_kind {
	const char *name;    /* of the kind, and of its table */
	const char *key;     /* the column that ref is, or that it begins with */
	const char *key_2;   /* the one behind the last "/" of ref; NULL none */
	const char *ref_sql; /* ref as an SQL expression over the row */
	struct ledger_child children[LEDGER_CHILDREN_MAX];
	size_t child_count;
	/* When it happened, in milliseconds: for rows that are older than the ledger. NULL: the
	 * table is not older. */
	const char *adopt_time_sql;
};

/* In the order in which facts of the same moment go in: whoever is referred to comes first. */
const struct ledger_kind *ledger_kinds(size_t *count);
/* NULL: there is none of that name. */
const struct ledger_kind *ledger_kind_named(const char *name);

#endif
