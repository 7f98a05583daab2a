/*
 * What a line's records must not contradict: the checks of db/decide.h for serial numbers, labels
 * and lockouts, inside the transaction that puts them in. Internal to db/.
 */
#ifndef DB_DECIDE_LINE_H
#define DB_DECIDE_LINE_H

#include "db/decide.h"
#include "db/sql.h"

/* STATUS_OK also for kinds that are not its own. */
enum status decide_check_line(struct db *db, enum record_kind kind, const void *record,
			      struct err *err);

#endif
