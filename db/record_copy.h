/*
 * A result with everything it points to in one piece of memory. Internal to db/.
 */
#ifndef DB_RECORD_COPY_H
#define DB_RECORD_COPY_H

#include "db/record.h"

/* NULL without memory; for free(). */
struct record_result *record_result_copy(const struct record_result *result);

#endif
