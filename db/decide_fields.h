/*
 * The records of db/decide.h as rows: a table of kinds. Internal to db/.
 */
#ifndef DB_DECIDE_FIELDS_H
#define DB_DECIDE_FIELDS_H

#include "db/decide.h"
#include "db/fields.h"

struct decide_row {
	struct field_table fields; /* of an attachment none: its bytes go elsewhere than its use */
	size_t operator_at;        /* offset of the name and of its time; 0 none */
	size_t time_at;
};

const struct decide_row *decide_row(enum record_kind kind);

#endif
