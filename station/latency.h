/*
 * The latency timer of FTDI's driver: how long a short answer waits in the bridge, 16 ms
 * unless somebody changed it. docs/bridges.md, FTDI.
 */
#ifndef STATION_LATENCY_H
#define STATION_LATENCY_H

#include <stddef.h>

struct latency {
	char path[512]; /* "" when there is nothing to put back */
	unsigned before_ms;
};

/*
 * 1 ms for this port, where its driver has such a timer and lets this user change it. l: zero
 * before the first call; again for a port that was opened anew, what it was at first
 * is kept as long as it is the same device.
 * note: a line for the unit's log, "" where there is no timer.
 */
void latency_shorten(struct latency *l, const char *sysfs_tty, const char *name, char *note,
		     size_t note_size);
/* As it was; once. */
void latency_restore(struct latency *l);

#endif
