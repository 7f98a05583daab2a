/*
 * The log of one run while it grows: lines, capped, and it says so.
 *
 * The first half of the room keeps the beginning, the second half the end; what had
 * to go from the middle is counted in one line in its place. One thread at a time.
 */
#ifndef DB_UNIT_LOG_H
#define DB_UNIT_LOG_H

#include <stddef.h>
#include <stdint.h>

#define UNIT_LOG_BYTES 65536    /* of text kept */
#define UNIT_LOG_LINE_BYTES 500 /* a longer line is cut and ends in "..." */

struct unit_log;

/* NULL without memory; adding to NULL is fine and keeps nothing. */
struct unit_log *unit_log_new(void);
void unit_log_free(struct unit_log *log);

/* at_us: since the run began. line: no newline; other control characters become '?'. */
void unit_log_add(struct unit_log *log, uint64_t at_us, const char *line);

/* "     0.532 sync after 2 tries\n" and so on; lent until the next call or free. "" for NULL. */
const char *unit_log_text(struct unit_log *log);

#endif
