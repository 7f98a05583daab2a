/*
 * Where two bodies of one fact differ. Internal to db/.
 */
#ifndef DB_LEDGER_DIFF_H
#define DB_LEDGER_DIFF_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One sentence about the first member that differs, by the order of names: "outcome was
 * \"FAIL\" and is \"PASS\"". Members that hold a digest of other rows say how many there were. What
 * was and what is are cut where they are long. true: there is such a member. Either text may be
 * anything at all: what is no body is called that.
 */
bool ledger_diff(const char *was, const char *is, char *text, size_t size);

#endif
