/*
 * Heads of the ledger that were told before, as people hand them in.
 */
#ifndef STATION_ANCHORS_H
#define STATION_ANCHORS_H

#include "db/ledger/ledger.h"

struct anchors {
	struct ledger_head *heads;
	size_t count;
};

/*
 * text is an anchor, or names a file that has some in it, whatever stands around them: what
 * 'flashline ledger head' printed day by day, a report, a member of an audit pack.
 * STATUS_USAGE: neither, or a file without one; STATUS_FILE: it cannot be read. Release it in
 * any case.
 */
enum status anchors_read(const char *text, struct anchors *anchors, struct err *err);
void anchors_release(struct anchors *anchors);

#endif
